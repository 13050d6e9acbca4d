//! Taking the signature under a prepared decision, and doing what it says.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::application::{Application, ApplicationNumber, FirstIssuance};
use tanba_model::audit::Actor;
use tanba_model::certificate::CertificateRecord;
use tanba_model::decision::{Act, DecisionDocument, Identification, NewDecision, Step};
use tanba_model::id::{ActId, ApplicationId, PersonId};
use tanba_model::iin::Iin;
use tanba_model::message::MessageBody;
use tanba_model::person::Person;
use tanba_model::ports::{ActEnd, NewPendingAct, TokenPurpose, UnitOfWork};
use tanba_model::staff::Right;
use tanba_pki::Timestamp;

use super::access::staff_role;
use super::application::{described, is_there, seen, waits};
use super::{Clerk, DeskError};
use crate::RegistrationAuthority;
use crate::error::StepError;
use crate::evidence::{Evidence, application_object, person_object};
use crate::first::announce_approved;
use crate::notify::notify;
use crate::signature::Signature;
use crate::token::hex;

/// How long a prepared decision waits for its signature.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// What came of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The application is approved, and its certificates are issued.
    Issued(ApplicationNumber),
    /// The application is approved; certificates follow as soon as the authority's key answers.
    Approved(ApplicationNumber),
    /// The application is refused.
    Rejected(ApplicationNumber),
    /// It was done, for that person.
    Done(Act, PersonId),
    /// It waits for the second signature.
    Waits(Act, PersonId),
    /// What waited was taken back.
    Withdrawn(Act, PersonId),
    /// What somebody else proposed was refused.
    Refused(Act, PersonId),
}

/// A signature that counts, over a document that was prepared.
pub(super) struct Signed<'a> {
    pub(super) clerk: &'a Clerk,
    pub(super) document: DecisionDocument,
    pub(super) bytes: Vec<u8>,
    message: &'a [u8],
    signer: CertificateRecord,
    act: Act,
    step: Step,
}

impl RegistrationAuthority {
    /// Hands a document out to be signed by this clerk, within ten minutes.
    pub(super) fn offer(
        &self,
        document: &DecisionDocument,
        clerk: &Clerk,
        now: Timestamp,
    ) -> Result<Vec<u8>, DeskError> {
        let bytes = document
            .to_bytes()
            .map_err(|_| tanba_model::ports::StorageError::Damaged("a decision".to_owned()))?;
        self.offer_bytes(&bytes, clerk, now)?;
        Ok(bytes)
    }

    /// Remembers the very bytes that this clerk may sign.
    pub(super) fn offer_bytes(
        &self,
        bytes: &[u8],
        clerk: &Clerk,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        let mut work = self.storage.begin()?;
        work.secrets().insert_token(
            TokenPurpose::Decision,
            &sha256(bytes),
            Some(clerk.person.id),
            &clerk.member.id.to_string(),
            now.plus(LIFE),
        )?;
        Ok(work.commit()?)
    }

    /// Whose certificate made a signature at the desk, if it is this clerk's own, signs documents and gives the right.
    pub(super) fn signer_of(
        &self,
        clerk: &Clerk,
        signature: &Signature,
        right: Right,
        now: Timestamp,
    ) -> Result<CertificateRecord, DeskError> {
        let signer = self
            .judge(signature, now)?
            .map_err(|refused| refused.fault)?;
        let allows = staff_role(&signer)
            .and_then(|said| clerk.member.role.limited_by(said))
            .is_some_and(|role| role.may(right));
        if signer.person != Some(clerk.person.id) || !allows || !signer.purpose.signs() {
            return Err(DeskError::OtherKey);
        }
        Ok(signer)
    }

    /// Takes the signature of a clerk under a prepared decision and does what it says: CMS signed data with the document
    /// inside, by her own key of staff, whose certificate counts at this moment and allows to decide.
    ///
    /// Change, evidence, audit event and notices are one unit of work. Of two who decide at once one is heard, and the other
    /// is told what happened.
    ///
    /// # Errors
    /// [`DeskError`] by what helps; then nothing changed, except where it says that an approved application is not issued.
    pub fn sign_decision(
        &self,
        clerk: &Clerk,
        message: &[u8],
        now: Timestamp,
    ) -> Result<Outcome, DeskError> {
        let signature = Signature::read(message, now)?;
        let signer = self.signer_of(clerk, &signature, Right::Decide, now)?;
        let document =
            DecisionDocument::from_bytes(&signature.content).map_err(|_| DeskError::NotPrepared)?;
        let (Some(act), Some(step)) = (document.act(), document.step()) else {
            return Err(DeskError::NotPrepared);
        };
        let signed = Signed {
            clerk,
            document,
            bytes: signature.content,
            message,
            signer,
            act,
            step,
        };
        match act {
            Act::Application => self.decide(&signed, now),
            Act::Freeze | Act::Release | Act::Revoke | Act::Email | Act::Names => {
                self.act(&signed, now)
            }
        }
    }

    fn decide(&self, signed: &Signed<'_>, now: Timestamp) -> Result<Outcome, DeskError> {
        let number = ApplicationNumber::parse(signed.document.about())
            .map_err(|_| DeskError::NotPrepared)?;
        if signed.step == Step::Approve {
            let (application, person) = {
                let mut work = self.storage.snapshot()?;
                seen(work.as_mut(), signed.clerk, &number)?
            };
            waits(&application, now)?;
            self.agreed(&application, &person)?;
        }
        let mut work = self.storage.begin()?;
        let (mut application, person) = seen(work.as_mut(), signed.clerk, &number)?;
        signed.clerk.is_stranger_to(&person)?;
        waits(&application, now)?;
        signed.redeem(work.as_mut(), now)?;
        // What is decided is what was read: another document or other keys are another application.
        if signed.document.application.as_ref() != Some(&described(&application)) {
            return Err(DeskError::NotPrepared);
        }
        let reason = signed.document.reason.as_deref().unwrap_or_default();
        let (action, outcome) = match signed.step {
            Step::Approve => {
                if person.frozen_at.is_some() {
                    return Err(StepError::Frozen.into());
                }
                // Her keys or her address may be others than when the document was made.
                let known = self.known(work.as_mut(), &application, &person, now)?;
                let way = signed.document.identification.as_deref();
                is_there(&known, way.and_then(Identification::from_oid))?;
                if signed.document.changes != known.changes(&application, &person) {
                    return Err(DeskError::NotPrepared);
                }
                application.state = application.state.confirm(now).map_err(StepError::from)?;
                ("application.approve", Outcome::Approved(number))
            }
            Step::Reject => {
                let told = crate::codes::told(reason, &signed.document.remark);
                application.state = application
                    .state
                    .reject(now, told)
                    .map_err(StepError::from)?;
                ("application.reject", Outcome::Rejected(number))
            }
            Step::Propose | Step::Confirm | Step::Withdraw => return Err(DeskError::NotPrepared),
        };
        work.applications().update(&mut application)?;
        signed.keep(work.as_mut(), &person, Some(application.id), None, now)?;
        let evidence = Evidence {
            actor: Actor::Staff(signed.clerk.member.id),
            action,
            object: application_object(application.id),
            detail: signed.document.identification.as_deref().unwrap_or(reason),
        };
        evidence.record(work.as_mut(), now)?;
        if let Outcome::Rejected(number) = &outcome {
            self.tell_rejected(work.as_mut(), &person, number, &application, now)?;
        }
        work.commit()?;
        tracing::info!(application = %application.id, action, "decided at the desk");
        if let Outcome::Approved(number) = outcome {
            return self.issue_approved(application, number, now);
        }
        Ok(outcome)
    }

    /// Brings an approved application to its end. That it is approved stays so whatever comes of it.
    pub(super) fn issue_approved(
        &self,
        application: Application,
        number: ApplicationNumber,
        now: Timestamp,
    ) -> Result<Outcome, DeskError> {
        let id = application.id;
        match self.finish(application, now) {
            Ok(_) => Ok(Outcome::Issued(number)),
            Err(crate::reissue::IssueError::Delayed(_)) => {
                if let Err(error) = announce_approved(self, id, now) {
                    let cause: &dyn std::error::Error = &error;
                    tracing::error!(application = %id, error = cause, "an applicant was not told that she is approved");
                }
                Ok(Outcome::Approved(number))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn act(&self, signed: &Signed<'_>, now: Timestamp) -> Result<Outcome, DeskError> {
        let centre = signed.clerk.decides()?;
        let iin = Iin::parse(&signed.document.person.iin).map_err(|_| DeskError::NotPrepared)?;
        let mut work = self.storage.begin()?;
        let person = work
            .persons()
            .find_by_iin(&iin)?
            .ok_or(DeskError::NoPerson)?;
        signed.clerk.is_stranger_to(&person)?;
        signed.redeem(work.as_mut(), now)?;
        let mut asked_at = signed.document.created;
        let (pending, outcome) = match signed.step {
            Step::Approve if self.config.desk().needs_second(signed.act) => {
                return Err(DeskError::NotPrepared);
            }
            Step::Approve => (None, Outcome::Done(signed.act, person.id)),
            Step::Propose => {
                let asked = NewPendingAct {
                    act: signed.act,
                    person: person.id,
                    centre: centre.to_owned(),
                    first: signed.clerk.member.id,
                    asked_at: now,
                    expires_at: now.plus(self.config.desk().patience()),
                    document: signed.bytes.clone(),
                };
                let waiting = work.decisions().pending_of_person(person.id)?;
                if waiting.iter().any(|other| other.act == signed.act) {
                    return Err(DeskError::Waits);
                }
                let id = work.decisions().ask(&asked)?;
                (Some(id), Outcome::Waits(signed.act, person.id))
            }
            Step::Confirm | Step::Withdraw | Step::Reject => {
                let waiting = self.answered(work.as_mut(), signed, &person, now)?;
                asked_at = waiting.asked_at;
                let (how, outcome) = match signed.step {
                    Step::Confirm => (ActEnd::Done, Outcome::Done(signed.act, person.id)),
                    Step::Reject => (ActEnd::Withdrawn, Outcome::Refused(signed.act, person.id)),
                    Step::Withdraw | Step::Approve | Step::Propose => {
                        (ActEnd::Withdrawn, Outcome::Withdrawn(signed.act, person.id))
                    }
                };
                work.decisions().end(waiting.id, how, now)?;
                (Some(waiting.id), outcome)
            }
        };
        signed.keep(work.as_mut(), &person, None, pending, now)?;
        let evidence = Evidence {
            actor: Actor::Staff(signed.clerk.member.id),
            action: action(signed.step),
            object: person_object(person.id),
            detail: signed.act.name(),
        };
        evidence.record(work.as_mut(), now)?;
        let mut confirmed = Vec::new();
        if matches!(outcome, Outcome::Done(..)) {
            confirmed = self.carry_out(work.as_mut(), (signed, asked_at), &person, now)?;
        }
        work.commit()?;
        tracing::info!(person = %person.id, act = signed.act.name(), step = signed.step.name(), "signed at the desk");
        self.withhold_all(&confirmed, now);
        Ok(outcome)
    }

    pub(super) fn tell_rejected(
        &self,
        work: &mut dyn UnitOfWork,
        person: &Person,
        number: &ApplicationNumber,
        application: &Application,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        let tanba_model::application::State::Rejected { reason, .. } = &application.state else {
            return Ok(());
        };
        let body = MessageBody::ApplicationRejected {
            number: number.as_str().to_owned(),
            reason: reason.clone(),
        };
        // Whoever was refused before anybody knew her is told at the address that she confirmed.
        let person = Person {
            email: application
                .first
                .as_ref()
                .map(FirstIssuance::address)
                .or_else(|| person.email.clone()),
            language: application
                .first
                .as_ref()
                .map_or(person.language, |first| first.language),
            ..person.clone()
        };
        Ok(notify(work, &person, body, now)?)
    }
}

impl Signed<'_> {
    /// Uses the document up, if it was prepared for this clerk.
    fn redeem(&self, work: &mut dyn UnitOfWork, now: Timestamp) -> Result<(), DeskError> {
        redeem(work, &self.bytes, self.clerk, now)
    }

    fn keep(
        &self,
        work: &mut dyn UnitOfWork,
        person: &Person,
        application: Option<ApplicationId>,
        pending: Option<ActId>,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        let decision = NewDecision {
            staff: self.clerk.member.id,
            person: person.id,
            application,
            pending,
            act: self.act,
            step: self.step,
            at: now,
            signer: self.signer.id,
            document: self.bytes.clone(),
            signature: self.message.to_vec(),
        };
        let _ = work.decisions().insert(&decision)?;
        let evidence = Evidence {
            actor: Actor::Staff(self.clerk.member.id),
            action: "decision.sign",
            object: person_object(person.id),
            detail: &hex(&sha256(&self.bytes)),
        };
        Ok(evidence.record(work, now)?)
    }

    pub(super) const fn act(&self) -> Act {
        self.act
    }
}

/// Uses a document up, if it was prepared for this clerk.
pub(super) fn redeem(
    work: &mut dyn UnitOfWork,
    bytes: &[u8],
    clerk: &Clerk,
    now: Timestamp,
) -> Result<(), DeskError> {
    let token = work
        .secrets()
        .take_token(TokenPurpose::Decision, &sha256(bytes), now)?;
    let own = token.is_some_and(|(person, member)| {
        person == Some(clerk.person.id) && member == clerk.member.id.to_string()
    });
    if own {
        Ok(())
    } else {
        Err(DeskError::NotPrepared)
    }
}

const fn action(step: Step) -> &'static str {
    match step {
        Step::Approve => "desk.act",
        Step::Reject => "desk.decline",
        Step::Propose => "desk.propose",
        Step::Confirm => "desk.confirm",
        Step::Withdraw => "desk.withdraw",
    }
}
