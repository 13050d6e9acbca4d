//! What a crash left behind: intents without a certificate.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::Arc;

use tanba_crypto::SignError;
use tanba_model::application::State;
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::id::CertificateId;
use tanba_model::ports::{IssuanceError, StorageError, UnitOfWork};
use tanba_pki::{SerialNumber, Timestamp};

use crate::desk::Desk;
use crate::issue::{BLOCKED, Outcome, Signed, give_up};
use crate::issuer::Issuer;
use crate::prepare::{Item, is_frozen};
use crate::switch::is_stopped;

/// What became of the open intents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Certificates that were completed: their owners get what they confirmed.
    pub completed: Vec<SerialNumber>,
    /// Intents that were given up.
    pub voided: Vec<SerialNumber>,
    /// Intents that stay open, because an administrator stopped their authority or profile.
    pub waiting: Vec<SerialNumber>,
}

/// Intents that are closed in one commit.
const BATCH: u32 = 500;

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
        let mut recovered = Recovered::default();
        let mut known_to_wait = BTreeSet::new();
        loop {
            // What waits comes first again each time, as it stays open.
            let waiting = u32::try_from(recovered.waiting.len()).unwrap_or(u32::MAX);
            let mut open = self
                .storage
                .snapshot()?
                .certificates()
                .open_intents(BATCH.saturating_add(waiting))?;
            open.retain(|record| !known_to_wait.contains(&record.id));
            if open.is_empty() {
                return Ok(recovered);
            }
            let to_complete = self.sort(known, &open, now, (&mut recovered, &mut known_to_wait))?;
            let signed = self.sign_all(to_complete, now)?;
            for outcome in self.store(&signed, &Actor::System, now)? {
                match outcome {
                    Outcome::Issued(record) => recovered.completed.push(record.serial),
                    Outcome::GivenUp(record, _) => recovered.voided.push(record.serial),
                }
            }
        }
    }

    /// Gives up what nobody could use; the rest.
    fn sort(
        &self,
        known: &[Arc<Issuer>],
        open: &[CertificateRecord],
        now: Timestamp,
        (recovered, known_to_wait): (&mut Recovered, &mut BTreeSet<CertificateId>),
    ) -> Result<Vec<Item>, IssuanceError> {
        let (items, voided, waiting) = self.storage.durably(&mut |unit| {
            let (mut items, mut voided, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
            for record in open {
                let issuer = known.iter().find(|issuer| issuer.id == record.issuer);
                let reason = match issuer {
                    Some(_) => reason_to_void(unit, record, now)?,
                    None => Some("its issuer is gone"),
                };
                match (issuer, reason) {
                    (Some(_), None)
                        if is_stopped(unit, record.person, record.issuer, &record.profile)? =>
                    {
                        waiting.push((record.id, record.serial));
                    }
                    (Some(issuer), None) => items.push((Arc::clone(issuer), record.clone())),
                    (_, reason) => {
                        let stored = unit.certificates().find(record.id)?;
                        if stored.is_some_and(|stored| stored.status == Status::Intended) {
                            give_up(unit, record, reason.unwrap_or_default(), now)?;
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

/// Why nobody could use the certificate.
fn reason_to_void(
    unit: &mut dyn UnitOfWork,
    record: &CertificateRecord,
    now: Timestamp,
) -> Result<Option<&'static str>, StorageError> {
    let Some(person) = record.person else {
        // The authority's own key was in the memory of the process that ended.
        return Ok(Some("its key was lost"));
    };
    if is_frozen(unit, person)? {
        return Ok(Some("person is frozen"));
    }
    if unit.keys().is_blocked(&record.public_key_sha256)? {
        return Ok(Some(BLOCKED));
    }
    if now >= record.not_after {
        return Ok(Some("it would have expired"));
    }
    if let Some(id) = record.application
        && let Some(application) = unit.applications().find(id)?
        && is_over(&application.state)
    {
        return Ok(Some("the application ended without it"));
    }
    Ok(None)
}

const fn is_over(state: &State) -> bool {
    match state {
        State::Rejected { .. } | State::Expired { .. } | State::Cancelled { .. } => true,
        State::Draft
        | State::Submitted { .. }
        | State::Awaiting2fa { .. }
        | State::Confirmed { .. }
        | State::Issued { .. }
        | State::Installed { .. } => false,
    }
}
