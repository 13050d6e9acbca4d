//! What a crash left behind: intents without a certificate.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::num::NonZero;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tanba_crypto::SignError;
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::id::{ApplicationId, CertificateId};
use tanba_model::ports::{IssuanceError, StorageError, UnitOfWork};
use tanba_pki::{SerialNumber, Timestamp};

use crate::authority::Authority;
use crate::desk::Desk;
use crate::fitness::unfit;
use crate::issue::{Outcome, Signed, give_up};
use crate::issuer::Issuer;
use crate::prepare::Item;
use crate::switch::is_stopped;
use crate::together::{lost, partners};

/// What became of the open intents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Certificates that were completed: their owners get what they confirmed.
    pub completed: Vec<SerialNumber>,
    /// Intents that were given up.
    pub voided: Vec<SerialNumber>,
    /// Intents that stay open, because an administrator stopped their authority or profile, or froze the authority.
    pub waiting: Vec<SerialNumber>,
    /// Whether there may be more behind those that were closed.
    pub more: bool,
}

impl Recovered {
    fn add(&mut self, other: Self) {
        self.completed.extend(other.completed);
        self.voided.extend(other.voided);
        self.waiting.extend(other.waiting);
    }
}

/// Intents that are closed in one commit at the start.
const BATCH: u32 = 500;
/// Intents that are looked at in one round beside everything else: lists wait for no more signatures than that.
const ROUND: u32 = 100;
/// Rounds in one call as long as nothing in them can be closed: they sign nothing, and what is behind many that wait does
/// not wait with them.
const IDLE_ROUNDS: usize = 20;
/// Whoever recorded an intent signs it at once; one that is older was left.
const LEFT_AFTER: Duration = Duration::from_secs(60);
/// The same for the authority's own certificates: their keys are in the memory of another program, which a ceremony keeps
/// for as long as people type.
const OWN_LEFT_AFTER: Duration = Duration::from_secs(60 * 60);

/// Which open intents are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them: nothing runs yet.
    Start,
    /// Those of people, beside those that are being signed; and all that were left.
    Waiting,
    /// Those that somebody left: a command that was ended, a signature that never came.
    Left,
}

impl Scope {
    fn has(self, record: &CertificateRecord, now: Timestamp) -> bool {
        let is_of_person = record.person.is_some();
        let after = if is_of_person {
            LEFT_AFTER
        } else {
            OWN_LEFT_AFTER
        };
        self == Self::Start
            || self == Self::Waiting && is_of_person
            || now >= record.created_at.plus(after)
    }
}

impl Authority {
    /// Completes or gives up what a crash left open. To be called once at the start, before anything is issued.
    ///
    /// # Errors
    /// [`IssuanceError`]; then the program should not go on.
    pub fn recover(&self, now: Timestamp) -> Result<Recovered, IssuanceError> {
        self.desk().recover(self.known(), now)
    }

    /// The same beside everything else: what was stopped or could not be signed at the start. A part in each call, which
    /// takes up where the last one ended.
    ///
    /// # Errors
    /// [`IssuanceError`]; trying again later is fine, and goes on behind what it is about.
    pub fn recover_waiting(&self, now: Timestamp) -> Result<Recovered, IssuanceError> {
        self.recover_some(Scope::Waiting, now)
    }

    /// Completes or gives up what somebody left open more than a minute ago: another program, which was ended between
    /// intent and signature. To be called every few seconds; each call does a part.
    ///
    /// # Errors
    /// As [`Authority::recover_waiting`].
    pub fn recover_left(&self, now: Timestamp) -> Result<Recovered, IssuanceError> {
        self.recover_some(Scope::Left, now)
    }

    /// The next part in which there is something to do.
    fn recover_some(&self, scope: Scope, now: Timestamp) -> Result<Recovered, IssuanceError> {
        let mut recovered = Recovered::default();
        for _ in 0..IDLE_ROUNDS {
            let page = self.next_page()?;
            let is_full = page.next.is_some();
            let (done, fault) = self.desk().recover_page(self.known(), page, scope, now)?;
            let is_idle = done.completed.is_empty() && done.voided.is_empty();
            recovered.add(done);
            if let Some(fault) = fault {
                return Err(fault);
            }
            recovered.more = is_full && !is_idle;
            if !is_full || !is_idle {
                break;
            }
        }
        Ok(recovered)
    }

    /// Whatever goes wrong with these, the next call looks at others.
    fn next_page(&self) -> Result<Page, StorageError> {
        let mut place = self
            .recovered_to
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let page = Page::read(self.desk(), *place, ROUND)?;
        *place = page.next;
        Ok(page)
    }
}

/// Open intents that are looked at together.
struct Page {
    open: Vec<CertificateRecord>,
    /// Behind which one there may be more.
    next: Option<CertificateId>,
}

impl Page {
    fn read(desk: &Desk, after: Option<CertificateId>, limit: u32) -> Result<Self, StorageError> {
        let mut unit = desk.storage.snapshot()?;
        let open = unit.certificates().open_intents(after, limit)?;
        let is_full = usize::try_from(limit).is_ok_and(|limit| open.len() >= limit);
        let last = open.last().map(|record| record.id);
        Ok(Self {
            open,
            next: last.filter(|_| is_full),
        })
    }
}

impl Desk {
    /// Completes each open intent, or gives it up where nobody could use the certificate any more.
    ///
    /// Signing the recorded bytes again is not a second certificate: a first signature that was not stored never
    /// left this program. Keys are the slow part, so all processors sign.
    #[tracing::instrument(name = "ca.recover", skip_all)]
    pub(crate) fn recover(
        &self,
        known: &[Arc<Issuer>],
        now: Timestamp,
    ) -> Result<Recovered, IssuanceError> {
        let (mut recovered, mut after, mut first) = (Recovered::default(), None, None);
        loop {
            let page = Page::read(self, after, BATCH)?;
            after = page.next;
            let (done, fault) = self.recover_page(known, page, Scope::Start, now)?;
            recovered.add(done);
            let is_away = fault.as_ref().is_some_and(is_unavailable);
            first = graver(first, fault);
            // Whoever starts does not wait for a device that is away once for each intent.
            if after.is_none() || is_away {
                return first.map_or(Ok(recovered), Err);
            }
        }
    }

    /// What became of some intents, and the first thing that went wrong with one of them; those stay open, and keep no
    /// others from being closed.
    fn recover_page(
        &self,
        known: &[Arc<Issuer>],
        page: Page,
        scope: Scope,
        now: Timestamp,
    ) -> Result<(Recovered, Option<IssuanceError>), IssuanceError> {
        let mut recovered = Recovered::default();
        let mut open = page.open;
        open.retain(|record| scope.has(record, now));
        if open.is_empty() {
            return Ok((recovered, None));
        }
        let to_complete = self.sort(known, &open, now, &mut recovered)?;
        let (mut signed, fault) = self.sign_all(to_complete, now)?;
        signed.sort_by_key(Signed::application);
        let groups: Vec<&[Signed]> = signed.chunk_by(Signed::belongs_to).collect();
        for outcome in self.store(&groups, &Actor::System, now)? {
            match outcome {
                Outcome::Issued(record) => recovered.completed.push(record.serial),
                Outcome::GivenUp(record, _) => recovered.voided.push(record.serial),
            }
        }
        Ok((recovered, fault))
    }

    /// Gives up what nobody could use; the rest. What answers one application has one fate.
    fn sort(
        &self,
        known: &[Arc<Issuer>],
        open: &[CertificateRecord],
        now: Timestamp,
        recovered: &mut Recovered,
    ) -> Result<Vec<Item>, IssuanceError> {
        let (items, voided, waiting) = self.storage.durably(&mut |unit| {
            let (mut items, mut voided, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
            let mut fates: BTreeMap<ApplicationId, Fate> = BTreeMap::new();
            for record in open {
                let decided = record.application.and_then(|id| fates.get(&id).copied());
                let fate = match decided {
                    Some(fate) => fate,
                    None => fate(unit, known, record, now)?,
                };
                if let Some(id) = record.application {
                    fates.insert(id, fate);
                }
                let issuer = known.iter().find(|issuer| issuer.id == record.issuer);
                match (fate, issuer) {
                    (Fate::Sign, Some(issuer)) => items.push((Arc::clone(issuer), record.clone())),
                    (Fate::Wait, _) => waiting.push(record.serial),
                    (Fate::Sign, None) => {}
                    (Fate::Void(reason), _) => {
                        for intent in partners(unit, record)? {
                            if intent.status != Status::Intended {
                                continue;
                            }
                            give_up(unit, &intent, reason, now)?;
                            if open.iter().all(|other| other.id != intent.id) {
                                voided.push(intent.serial);
                            }
                        }
                        voided.push(record.serial);
                    }
                }
            }
            Ok::<_, IssuanceError>((items, voided, waiting))
        })?;
        recovered.voided.extend(voided);
        recovered.waiting.extend(waiting);
        Ok(items)
    }

    /// What was signed, and the first thing that went wrong.
    fn sign_all(
        &self,
        items: Vec<Item>,
        now: Timestamp,
    ) -> Result<(Vec<Signed>, Option<IssuanceError>), IssuanceError> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let share = items.len().div_ceil(threads).max(1);
        let mut items = items.into_iter();
        let shares = std::iter::from_fn(|| {
            let share: Vec<Item> = items.by_ref().take(share).collect();
            (!share.is_empty()).then_some(share)
        });
        std::thread::scope(|scope| {
            let workers: Vec<_> = shares
                .map(|share| scope.spawn(|| self.sign_share(share, now)))
                .collect();
            let (mut signed, mut fault) = (Vec::new(), None);
            for worker in workers {
                let failed = || Some(IssuanceError::Signer(SignError::Failed));
                let panicked = |_| Ok((Vec::new(), failed()));
                let (some, went_wrong) = worker.join().unwrap_or_else(panicked)?;
                signed.extend(some);
                fault = graver(fault, went_wrong);
            }
            Ok((signed, fault))
        })
    }

    /// Signs one after the other. One that cannot be signed does not keep the others from it; a device that is away is
    /// not waited for again.
    fn sign_share(
        &self,
        share: Vec<Item>,
        now: Timestamp,
    ) -> Result<(Vec<Signed>, Option<IssuanceError>), IssuanceError> {
        let (mut signed, mut first) = (Vec::with_capacity(share.len()), None);
        let mut away = BTreeSet::new();
        for (issuer, record) in share {
            // Whoever has it signed now stores it too; if not, it is left.
            if away.contains(&issuer.id) || self.signing.is_claimed(record.id) {
                continue;
            }
            let serial = record.serial;
            match self.sign(&issuer, record, &Actor::System, now) {
                Ok(made) => signed.push(made),
                Err(error @ IssuanceError::Storage(_)) => return Err(error),
                Err(error) => {
                    let cause: &dyn Error = &error;
                    tracing::error!(%serial, error = cause, "what was left open cannot be signed");
                    if is_unavailable(&error) {
                        away.insert(issuer.id);
                    }
                    first = graver(first, Some(error));
                }
            }
        }
        Ok((signed, first))
    }
}

/// Which of two faults is told: a device that is away is what the others may come from.
fn graver(first: Option<IssuanceError>, other: Option<IssuanceError>) -> Option<IssuanceError> {
    match other {
        Some(other) if is_unavailable(&other) => Some(other),
        other => first.or(other),
    }
}

/// Whether it is about the device and not about what it was to sign.
const fn is_unavailable(error: &IssuanceError) -> bool {
    matches!(error, IssuanceError::Signer(SignError::Unavailable(_)))
}

/// What becomes of an intent, and of all others of its application.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Sign,
    /// One of them was stopped.
    Wait,
    /// Why nobody could use the certificate.
    Void(&'static str),
}

fn fate(
    unit: &mut dyn UnitOfWork,
    known: &[Arc<Issuer>],
    record: &CertificateRecord,
    now: Timestamp,
) -> Result<Fate, StorageError> {
    if record.person.is_none() {
        // The authority's own key was in the memory of the process that ended.
        return Ok(Fate::Void("its key was lost"));
    }
    let all = partners(unit, record)?;
    if let Some(lost) = lost(unit, &all)? {
        return Ok(Fate::Void(lost.reason()));
    }
    let mut fate = Fate::Sign;
    for intent in all.iter().filter(|one| one.status == Status::Intended) {
        if known.iter().all(|issuer| issuer.id != intent.issuer) {
            return Ok(Fate::Void("its issuer is gone"));
        }
        if now >= intent.not_after {
            return Ok(Fate::Void("it would have expired"));
        }
        let issuer = known.iter().find(|issuer| issuer.id == intent.issuer);
        if let Some(issuer) = issuer
            && let Some(unfit) = unfit(unit, issuer, &intent.profile, now)?
        {
            if unfit.why.is_final() {
                return Ok(Fate::Void(crate::fitness::LOST));
            }
            fate = Fate::Wait;
        }
        if is_stopped(unit, intent.person, intent.issuer, &intent.profile)? {
            fate = Fate::Wait;
        }
    }
    Ok(fate)
}
