//! What a crash left behind: intents without a certificate.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::Arc;
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
}

/// Intents that are closed in one commit.
const BATCH: u32 = 500;
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
        self.desk().recover(self.known(), Scope::Start, now)
    }

    /// The same beside everything else: what was stopped or could not be signed at the start.
    ///
    /// # Errors
    /// [`IssuanceError`]; trying again later is fine.
    pub fn recover_waiting(&self, now: Timestamp) -> Result<Recovered, IssuanceError> {
        self.desk().recover(self.known(), Scope::Waiting, now)
    }

    /// Completes or gives up what somebody left open more than a minute ago: another program, which was ended between
    /// intent and signature. To be called every few seconds.
    ///
    /// # Errors
    /// [`IssuanceError`]; trying again later is fine.
    pub fn recover_left(&self, now: Timestamp) -> Result<Recovered, IssuanceError> {
        self.desk().recover(self.known(), Scope::Left, now)
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
        scope: Scope,
        now: Timestamp,
    ) -> Result<Recovered, IssuanceError> {
        let mut recovered = Recovered::default();
        let mut known_to_wait = BTreeSet::new();
        loop {
            // What waits comes first again each time, as it stays open.
            let waiting = u32::try_from(known_to_wait.len()).unwrap_or(u32::MAX);
            let mut open = self
                .storage
                .snapshot()?
                .certificates()
                .open_intents(BATCH.saturating_add(waiting))?;
            open.retain(|record| !known_to_wait.contains(&record.id));
            let (young, open): (Vec<_>, Vec<_>) =
                open.into_iter().partition(|record| !scope.has(record, now));
            known_to_wait.extend(young.iter().map(|record| record.id));
            if open.is_empty() && !young.is_empty() {
                continue;
            }
            if open.is_empty() {
                return Ok(recovered);
            }
            let to_complete = self.sort(known, &open, now, (&mut recovered, &mut known_to_wait))?;
            let mut signed = self.sign_all(to_complete, now)?;
            signed.sort_by_key(Signed::application);
            let groups: Vec<&[Signed]> = signed.chunk_by(Signed::belongs_to).collect();
            for outcome in self.store(&groups, &Actor::System, now)? {
                match outcome {
                    Outcome::Issued(record) => recovered.completed.push(record.serial),
                    Outcome::GivenUp(record, _) => recovered.voided.push(record.serial),
                }
            }
        }
    }

    /// Gives up what nobody could use; the rest. What answers one application has one fate.
    fn sort(
        &self,
        known: &[Arc<Issuer>],
        open: &[CertificateRecord],
        now: Timestamp,
        (recovered, known_to_wait): (&mut Recovered, &mut BTreeSet<CertificateId>),
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
                    (Fate::Wait, _) => waiting.push((record.id, record.serial)),
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
        for (id, serial) in waiting {
            known_to_wait.insert(id);
            recovered.waiting.push(serial);
        }
        Ok(items)
    }

    fn sign_all(&self, items: Vec<Item>, now: Timestamp) -> Result<Vec<Signed>, IssuanceError> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let share = items.len().div_ceil(threads).max(1);
        let mut items = items.into_iter();
        let shares = std::iter::from_fn(|| {
            let share: Vec<Item> = items.by_ref().take(share).collect();
            (!share.is_empty()).then_some(share)
        });
        std::thread::scope(|scope| {
            let workers: Vec<_> = shares
                .map(|share| {
                    scope.spawn(|| {
                        let signed = share.into_iter().map(|(issuer, record)| {
                            self.sign(&issuer, record, &Actor::System, now)
                        });
                        signed.collect::<Result<Vec<_>, _>>()
                    })
                })
                .collect();
            let mut signed = Vec::new();
            for worker in workers {
                let panicked = |_| Err(IssuanceError::Signer(SignError::Failed));
                signed.extend(worker.join().unwrap_or_else(panicked)?);
            }
            Ok(signed)
        })
    }
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
