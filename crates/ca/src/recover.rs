//! What a crash left behind: intents without a certificate.

use std::collections::BTreeMap;
use std::sync::Arc;

use tanba_model::application::State;
use tanba_model::audit::Actor;
use tanba_model::certificate::CertificateRecord;
use tanba_model::ports::{IssuanceError, StorageError, UnitOfWork};
use tanba_pki::{SerialNumber, Timestamp};

use crate::desk::Desk;
use crate::issue::give_up;
use crate::issuer::Issuer;
use crate::prepare::{Prepared, is_frozen};

/// What became of the open intents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Certificates that were completed: their owners get what they confirmed.
    pub completed: Vec<SerialNumber>,
    /// Intents that were given up.
    pub voided: Vec<SerialNumber>,
}

const BATCH: u32 = 200;

impl Desk {
    /// Completes each open intent, or gives it up where nobody could use the certificate any more.
    ///
    /// Signing the recorded bytes again is not a second certificate: a first signature that was not stored never
    /// left this program.
    #[tracing::instrument(name = "ca.recover", skip_all)]
    pub(crate) fn recover(
        &self,
        known: &[Arc<Issuer>],
        now: Timestamp,
    ) -> Result<Recovered, IssuanceError> {
        let mut recovered = Recovered::default();
        loop {
            let open = self
                .storage
                .snapshot()?
                .certificates()
                .open_intents(BATCH)?;
            if open.is_empty() {
                return Ok(recovered);
            }
            self.recover_batch(known, open, now, &mut recovered)?;
        }
    }

    fn recover_batch(
        &self,
        known: &[Arc<Issuer>],
        open: Vec<CertificateRecord>,
        now: Timestamp,
        recovered: &mut Recovered,
    ) -> Result<(), IssuanceError> {
        let mut unit = self.storage.begin()?;
        let mut to_complete: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for record in open {
            let issuer = known.iter().find(|issuer| issuer.id == record.issuer);
            let reason = match issuer {
                Some(_) => reason_to_void(unit.as_mut(), &record, now)?,
                None => Some("its issuer is gone"),
            };
            match (issuer, reason) {
                (Some(issuer), None) => {
                    let group = (record.person, record.application);
                    to_complete
                        .entry(group)
                        .or_default()
                        .push((Arc::clone(issuer), record));
                }
                (_, reason) => {
                    give_up(unit.as_mut(), &record, reason.unwrap_or_default(), now)?;
                    recovered.voided.push(record.serial);
                }
            }
        }
        unit.commit()?;
        for items in to_complete.into_values() {
            let prepared = Prepared {
                desk: self.clone(),
                items,
                actor: Actor::System,
            };
            let serials: Vec<_> = prepared.serials().collect();
            match prepared.issue(now) {
                Ok(_) => recovered.completed.extend(serials),
                Err(IssuanceError::Frozen) => recovered.voided.extend(serials),
                Err(error) => return Err(error),
            }
        }
        Ok(())
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
