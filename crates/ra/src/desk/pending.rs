//! Acts that wait for a second signature.

use tanba_crypto::sha256;
use tanba_model::audit::Actor;
use tanba_model::decision::{DecisionDocument, PendingAct, Step};
use tanba_model::id::ActId;
use tanba_model::person::Person;
use tanba_model::ports::{ActEnd, UnitOfWork, is_certificate_lost};
use tanba_pki::Timestamp;

use super::sign::Signed;
use super::{Clerk, DeskError, note};
use crate::RegistrationAuthority;
use crate::error::Unavailable;
use crate::evidence::{Evidence, person_object};
use crate::token::hex;

/// Acts of one page.
const PAGE: u32 = 50;
/// Decisions of a person that are looked through for a proposal: more than anybody has.
const ALL: u32 = 10_000;
/// Acts that lapse in one round.
const BATCH: u32 = 200;

/// An act that waits, as a clerk sees it.
#[derive(Debug)]
pub struct PendingView {
    /// The act.
    pub waiting: PendingAct,
    /// What was asked for.
    pub document: DecisionDocument,
    /// About whom.
    pub person: Person,
    /// Whether this clerk may agree.
    pub confirmable: bool,
    /// Whether nobody may any more, because the first signature does not count; looked up where one act is shown.
    pub is_lost: bool,
    /// Whether this clerk may take it back, or refuse it.
    pub withdrawable: bool,
}

impl RegistrationAuthority {
    /// Acts that wait at the clerk's centre, or at all of them for those who read everything; the oldest first, after a
    /// record.
    ///
    /// # Errors
    /// [`DeskError::Step`] when storage does not answer.
    pub fn desk_pending(
        &self,
        clerk: &Clerk,
        after: Option<ActId>,
    ) -> Result<Vec<PendingView>, DeskError> {
        let mut work = self.storage.snapshot()?;
        let waiting = work.decisions().pending_at(clerk.centre(), after, PAGE)?;
        waiting
            .into_iter()
            .map(|waiting| self.view(work.as_mut(), clerk, waiting))
            .collect()
    }

    /// One act that waits. It shows as much of its person as her page does, so that it was opened is evidence.
    ///
    /// # Errors
    /// [`DeskError::NothingWaits`] when it does not, or at another centre.
    pub fn desk_pending_act(
        &self,
        clerk: &Clerk,
        id: ActId,
        now: Timestamp,
    ) -> Result<PendingView, DeskError> {
        let mut work = self.storage.begin()?;
        let waiting = work
            .decisions()
            .pending(id)?
            .filter(|waiting| clerk.sees(Some(&waiting.centre)))
            .ok_or(DeskError::NothingWaits)?;
        let is_lost = match must_count(work.as_mut(), &waiting, now) {
            Ok(()) => false,
            Err(DeskError::ProposerLost) => true,
            Err(error) => return Err(error),
        };
        let view = self.view(work.as_mut(), clerk, waiting)?;
        let evidence = Evidence {
            actor: Actor::Staff(clerk.member.id),
            action: "desk.look",
            object: person_object(view.person.id),
            detail: view.waiting.act.name(),
        };
        evidence.record(work.as_mut(), now)?;
        work.commit()?;
        Ok(PendingView { is_lost, ..view })
    }

    fn view(
        &self,
        work: &mut dyn UnitOfWork,
        clerk: &Clerk,
        waiting: PendingAct,
    ) -> Result<PendingView, DeskError> {
        let document =
            DecisionDocument::from_bytes(&waiting.document).map_err(|_| DeskError::NothingWaits)?;
        let person = work
            .persons()
            .find(waiting.person)?
            .ok_or(DeskError::NoPerson)?;
        let decides = clerk.decides().is_ok() && clerk.is_stranger_to(&person).is_ok();
        Ok(PendingView {
            confirmable: decides && self.is_second(clerk, &waiting),
            is_lost: false,
            withdrawable: decides,
            waiting,
            document,
            person,
        })
    }

    /// Whether a clerk may be the second one: another person, in the role that the policy names or above.
    fn is_second(&self, clerk: &Clerk, waiting: &PendingAct) -> bool {
        clerk.person.id != waiting.first_person && self.config.desk().may_be_second(clerk.role())
    }

    /// Makes the document that agrees to an act that waits, refuses it, or takes it back where it is the clerk's own.
    ///
    /// # Errors
    /// [`DeskError`] by what helps.
    pub fn prepare_answer(
        &self,
        clerk: &Clerk,
        id: ActId,
        agrees: bool,
        words: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, DeskError> {
        let centre = clerk.decides()?;
        let seen = self.desk_pending_act(clerk, id, now)?;
        clerk.is_stranger_to(&seen.person)?;
        if agrees && !seen.confirmable {
            return Err(DeskError::Second);
        }
        if agrees && seen.is_lost {
            return Err(DeskError::ProposerLost);
        }
        let act = seen.waiting.act;
        let mut document = self.blank(clerk, centre, &seen.person, act, now);
        let step = if agrees {
            Step::Confirm
        } else if clerk.person.id == seen.waiting.first_person {
            Step::Withdraw
        } else {
            Step::Reject
        };
        document.step = step.name().to_owned();
        document.remark = note(words)?;
        document.certificates = seen.document.certificates;
        document.changes = seen.document.changes;
        document.identification = seen.document.identification;
        document.reason = seen.document.reason;
        document.first = Some(hex(&sha256(&seen.waiting.document)));
        self.offer(&document, clerk, now)
    }

    /// The act that a signed answer is about, if the answer may be given.
    pub(super) fn answered(
        &self,
        work: &mut dyn UnitOfWork,
        signed: &Signed<'_>,
        person: &Person,
        now: Timestamp,
    ) -> Result<PendingAct, DeskError> {
        let first = signed
            .document
            .first
            .as_deref()
            .ok_or(DeskError::NotPrepared)?;
        let waiting = work
            .decisions()
            .pending_of_person(person.id)?
            .into_iter()
            .find(|waiting| hex(&sha256(&waiting.document)) == first)
            .filter(|waiting| signed.clerk.sees(Some(&waiting.centre)))
            .ok_or(DeskError::NothingWaits)?;
        let asked =
            DecisionDocument::from_bytes(&waiting.document).map_err(|_| DeskError::NothingWaits)?;
        let same = waiting.act == signed.act()
            && asked.certificates == signed.document.certificates
            && asked.changes == signed.document.changes;
        if !same {
            return Err(DeskError::NotPrepared);
        }
        let confirms = signed.document.step() == Some(Step::Confirm);
        if confirms && !self.is_second(signed.clerk, &waiting) {
            return Err(DeskError::Second);
        }
        if confirms {
            must_count(work, &waiting, now)?;
        }
        Ok(waiting)
    }

    /// Ends what nobody agreed to in time; how many acts that were.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer; then nothing of this round happened.
    pub fn lapse_acts(&self, now: Timestamp) -> Result<u64, Unavailable> {
        let overdue = self.storage.snapshot()?.decisions().overdue(now, BATCH)?;
        if overdue.is_empty() {
            return Ok(0);
        }
        let mut work = self.storage.begin()?;
        let mut lapsed: u64 = 0;
        for waiting in overdue {
            if work.decisions().pending(waiting.id)?.is_none() {
                continue;
            }
            work.decisions().end(waiting.id, ActEnd::Lapsed, now)?;
            let evidence = Evidence {
                actor: Actor::System,
                action: "desk.lapse",
                object: person_object(waiting.person),
                detail: waiting.act.name(),
            };
            evidence.record(work.as_mut(), now)?;
            lapsed = lapsed.saturating_add(1);
        }
        work.commit()?;
        Ok(lapsed)
    }
}

/// Refuses where the first signature counts no more: who made it was dismissed or frozen, or the key that made it was lost.
/// Else a thief would have one of the two signatures that are asked for.
fn must_count(
    work: &mut dyn UnitOfWork,
    waiting: &PendingAct,
    now: Timestamp,
) -> Result<(), DeskError> {
    let member = work.staff().find(waiting.first)?;
    let works = member.is_some_and(|member| member.works(now));
    let decisions = work.decisions().of_person(waiting.person, None, ALL)?;
    let proposal = decisions.iter().find(|decision| {
        decision.made.pending == Some(waiting.id) && decision.made.step == Step::Propose
    });
    let Some(proposal) = proposal.filter(|_| works) else {
        return Err(DeskError::ProposerLost);
    };
    if work.persons().is_frozen(waiting.first_person)?
        || is_certificate_lost(work, proposal.made.signer)?
    {
        return Err(DeskError::ProposerLost);
    }
    Ok(())
}
