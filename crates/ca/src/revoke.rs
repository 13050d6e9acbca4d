//! Revoking, freezing and releasing.

use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::id::CertificateId;
use tanba_model::ports::{IssuanceError, UnitOfWork, certificate_object};
use tanba_model::revocation::AS_OF;
use tanba_pki::Timestamp;

use crate::authority::Authority;
use crate::desk::{Desk, audit};
use crate::prepare::Announce;

impl Authority {
    /// [`Authority::revoke_announced`], and the evidence says why in somebody's own words as well.
    ///
    /// # Errors
    /// As there.
    pub fn revoke_because(
        &self,
        certificate: CertificateId,
        (reason, why): (RevocationReason, &str),
        actor: &Actor,
        now: Timestamp,
        announce: Announce<'_>,
    ) -> Result<(), IssuanceError> {
        self.desk()
            .revoke(certificate, (reason, why), actor, now, announce)
    }
}

impl Desk {
    #[tracing::instrument(name = "ca.revoke", skip_all)]
    pub(crate) fn revoke(
        &self,
        id: CertificateId,
        (reason, why): (RevocationReason, &str),
        actor: &Actor,
        now: Timestamp,
        announce: Announce<'_>,
    ) -> Result<(), IssuanceError> {
        self.revoke_as_of(id, (reason, why), now, actor, now, announce)
    }

    /// The same, as of another instant than the one at which it is recorded.
    pub(crate) fn revoke_as_of(
        &self,
        id: CertificateId,
        (reason, why): (RevocationReason, &str),
        as_of: Timestamp,
        actor: &Actor,
        now: Timestamp,
        announce: Announce<'_>,
    ) -> Result<(), IssuanceError> {
        let mut unit = self.storage.begin()?;
        let record = find(unit.as_mut(), id)?;
        let at = match record.status {
            Status::Intended | Status::Void => return Err(IssuanceError::Unknown("certificate")),
            Status::Valid => as_of,
            Status::Revoked {
                reason: earlier, ..
            } if earlier == reason => return Ok(()),
            // It was not to be trusted since it was frozen, so that is when it ended.
            Status::Revoked {
                at,
                reason: RevocationReason::CertificateHold,
            } => at,
            Status::Revoked { .. } => return Err(IssuanceError::AlreadyRevoked),
        };
        let action = if reason == RevocationReason::CertificateHold {
            "certificate.hold"
        } else {
            "certificate.revoke"
        };
        // Readers of the log take the standard's word from the front.
        let detail = match why {
            "" if at != now && record.status.is_valid() => {
                format!("{}{AS_OF}{}", reason.name(), at.rfc3339())
            }
            "" => reason.name().to_owned(),
            why => format!("{}: {why}", reason.name()),
        };
        change(
            unit,
            &record,
            Status::Revoked { at, reason },
            (action, &detail),
            actor,
            now,
            announce,
        )
    }

    #[tracing::instrument(name = "ca.release", skip_all)]
    pub(crate) fn release(
        &self,
        id: CertificateId,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
        announce: Announce<'_>,
    ) -> Result<(), IssuanceError> {
        let mut unit = self.storage.begin()?;
        let record = find(unit.as_mut(), id)?;
        match record.status {
            Status::Intended | Status::Void => Err(IssuanceError::Unknown("certificate")),
            Status::Valid => Ok(()),
            Status::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            } => change(
                unit,
                &record,
                Status::Valid,
                ("certificate.release", reason),
                actor,
                now,
                announce,
            ),
            Status::Revoked { .. } => Err(IssuanceError::AlreadyRevoked),
        }
    }
}

fn find(unit: &mut dyn UnitOfWork, id: CertificateId) -> Result<CertificateRecord, IssuanceError> {
    unit.certificates()
        .find(id)?
        .ok_or(IssuanceError::Unknown("certificate"))
}

fn change(
    mut unit: Box<dyn UnitOfWork + '_>,
    record: &CertificateRecord,
    to: Status,
    (action, detail): (&str, &str),
    actor: &Actor,
    now: Timestamp,
    announce: Announce<'_>,
) -> Result<(), IssuanceError> {
    unit.certificates()
        .set_status(record.id, record.status, to, now)?;
    let object = certificate_object(record.issuer, &record.serial);
    audit(unit.as_mut(), actor, action, object, detail.to_owned(), now)?;
    announce(unit.as_mut(), &[record.serial])?;
    unit.commit()?;
    tracing::info!(serial = %record.serial, action, "status changed");
    Ok(())
}
