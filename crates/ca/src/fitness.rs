//! An authority whose own certificate or key counts no more, or one above it, issues nothing.
//!
//! It is asked like the switch: before a serial number is reserved, in the unit of work that records the intent, before
//! the key signs, and in the unit that stores the certificate. Lists and the certificates of OCSP responders go on:
//! whoever has a certificate of a revoked authority must go on learning what became of it.

use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::fitness::Unfitness;
use tanba_model::ports::{IssuanceError, IssuanceOrder, RequestFault, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::authority::Authority;
use crate::desk::{Desk, audit};
use crate::issue::{Signed, give_up};
use crate::issuer::{Issuer, Refused};
use crate::prepare::{Item, fault};
use crate::together::{Lost, lost, partners};

/// The profile of what tells status.
pub(crate) const RESPONDER: &str = "ocsp-responder";

/// What keeps an authority from issuing by a profile.
pub(crate) fn unfit(
    unit: &mut dyn UnitOfWork,
    issuer: &Issuer,
    profile: &str,
    now: Timestamp,
) -> Result<Option<Unfitness>, StorageError> {
    let found = issuer.path.judge(unit, now)?;
    Ok(found.filter(|found| profile != RESPONDER || !found.why.leaves_status()))
}

/// Refuses where something keeps the authority from issuing.
pub(crate) fn must_be_fit(
    unit: &mut dyn UnitOfWork,
    issuer: &Issuer,
    profile: &str,
    now: Timestamp,
) -> Result<(), IssuanceError> {
    match unfit(unit, issuer, profile, now)? {
        Some(unfit) => Err(IssuanceError::Unfit(unfit)),
        None => Ok(()),
    }
}

impl Desk {
    /// Refuses an order, for which nothing was recorded, with evidence, where the authority may not issue. What was issued
    /// for the same application already is not refused: it comes out again.
    pub(crate) fn admit(
        &self,
        issuer: &Issuer,
        order: &IssuanceOrder,
        now: Timestamp,
    ) -> Result<(), IssuanceError> {
        let mut unit = self.storage.snapshot()?;
        let Some(unfit) = unfit(unit.as_mut(), issuer, &order.profile, now)? else {
            return Ok(());
        };
        let earlier = match order.application {
            Some(application) => unit.certificates().of_application(application)?,
            None => Vec::new(),
        };
        drop(unit);
        if earlier
            .iter()
            .any(|record| !matches!(record.status, Status::Void | Status::Intended))
        {
            return Ok(());
        }
        // Its intents were given up, so its keys are used: waiting for another authority would not help.
        if !earlier.is_empty() && earlier.iter().all(|record| record.status == Status::Void) {
            return Err(fault(RequestFault::ReusedKey));
        }
        // What waits is asked about every few seconds; the first refusal is the evidence.
        let is_new = order
            .application
            .is_none_or(|application| issuer.refuses_first(application, Refused::Unfit));
        if is_new {
            let mut unit = self.storage.begin()?;
            let object = format!("issuer/{}/{}", issuer.name, order.profile);
            let detail = format!("{} {}", unfit.authority, unfit.why.name());
            audit(
                unit.as_mut(),
                &order.actor,
                "certificate.refuse",
                object,
                detail,
                now,
            )?;
            unit.commit()?;
            tracing::error!(
                issuer = issuer.name,
                why = unfit.why.name(),
                "the authority may not issue"
            );
        }
        Err(IssuanceError::Unfit(unfit))
    }

    /// Gives up intents that their authority will never sign, and what belongs to them.
    pub(crate) fn abandon(
        &self,
        items: &[Item],
        unfit: &Unfitness,
        now: Timestamp,
    ) -> Result<(), IssuanceError> {
        self.storage.durably(&mut |unit| {
            for (_, record) in items {
                for intent in partners(unit, record)? {
                    if intent.status == Status::Intended {
                        give_up(unit, &intent, LOST, now)?;
                    }
                }
            }
            Ok::<_, IssuanceError>(())
        })?;
        tracing::error!(
            why = unfit.why.name(),
            "intents of an authority that may not issue were given up"
        );
        Ok(())
    }
}

/// What the log says of an intent whose authority will never sign it.
pub(crate) const LOST: &str = "its authority may not issue any more";

/// Why what was signed is given up.
pub(crate) enum Fallen {
    /// Nobody may have it.
    Lost(Lost),
    /// Its authority may not issue any more.
    Authority(Unfitness),
}

impl Fallen {
    /// What the log says.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Lost(lost) => lost.reason(),
            Self::Authority(_) => LOST,
        }
    }

    /// What whoever asked is told.
    pub(crate) fn error(&self) -> IssuanceError {
        match self {
            Self::Lost(lost) => lost.error(),
            Self::Authority(unfit) => IssuanceError::Unfit(unfit.clone()),
        }
    }
}

/// Whether what belongs together is lost, or an authority lost the right to issue for ever while its key signed.
pub(crate) fn fallen(
    unit: &mut dyn UnitOfWork,
    group: &[Signed],
    all: &[CertificateRecord],
    now: Timestamp,
) -> Result<Option<Fallen>, StorageError> {
    if let Some(lost) = lost(unit, all)? {
        return Ok(Some(Fallen::Lost(lost)));
    }
    for signed in group.iter().filter(|one| one.is_new()) {
        let found = unfit(unit, &signed.issuer, &signed.record.profile, now)?;
        if let Some(found) = found.filter(|found| found.why.is_final()) {
            return Ok(Some(Fallen::Authority(found)));
        }
    }
    Ok(None)
}

impl Authority {
    /// What keeps the authority that issues now from doing so; `None` where nothing does.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    pub fn unfitness(&self, now: Timestamp) -> Result<Option<Unfitness>, StorageError> {
        let mut unit = self.desk().storage.snapshot()?;
        self.issuing.path.judge(unit.as_mut(), now)
    }
}
