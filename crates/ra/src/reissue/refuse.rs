//! Refusing what was confirmed already: nothing that was issued for it stays valid, and its owner is told.

use tanba_model::application::{Application, State};
use tanba_model::audit::Actor;
use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::id::ApplicationId;
use tanba_model::message::MessageBody;
use tanba_model::person::Person;
use tanba_model::ports::{StorageError, UnitOfWork, certificate_object, is_signer_lost};
use tanba_pki::{SerialNumber, Timestamp};

use super::confirm::reject;
use crate::RegistrationAuthority;
use crate::codes;
use crate::error::StepError;
use crate::evidence::Evidence;
use crate::notify::notify;

impl RegistrationAuthority {
    /// Refuses an application if it is still confirmed; what it is then.
    pub(super) fn refuse(
        &self,
        id: ApplicationId,
        reason: &'static str,
        now: Timestamp,
    ) -> Result<Application, StepError> {
        let mut work = self.storage.begin()?;
        let mut application = work.applications().find(id)?.ok_or(StepError::NotFound)?;
        if matches!(application.state, State::Confirmed { .. }) {
            let reason = precise(work.as_mut(), &application, reason)?;
            let person = work
                .persons()
                .find(application.person)?
                .ok_or(StepError::NotFound)?;
            let number = application.number.as_str().to_owned();
            let not_me = self.not_me_path(work.as_mut(), &person, &number, now)?;
            refuse_confirmed(work.as_mut(), &mut application, reason, not_me, now)?;
            work.commit()?;
            tracing::warn!(application = %application.id, reason, "a confirmed application was refused");
        }
        Ok(application)
    }
}

/// A key that was blocked after its intent was recorded counts as used before, too; that is not what its owner has to know.
fn precise(
    work: &mut dyn UnitOfWork,
    application: &Application,
    reason: &'static str,
) -> Result<&'static str, StorageError> {
    if reason != codes::REQUEST_REUSED_KEY {
        return Ok(reason);
    }
    if is_signer_lost(work, application)? {
        return Ok(codes::KEY_REVOKED);
    }
    for request in &application.requests {
        if work.keys().is_blocked(&request.public_key_sha256)? {
            return Ok(codes::REQUEST_BLOCKED_KEY);
        }
    }
    Ok(reason)
}

/// Refuses a confirmed application for a reason of [`codes::REASONS`]: every certificate that was issued for it is revoked
/// for good, with evidence, and its owner is told, all in this unit of work. An intent that is open now is given up by the
/// certification authority, because its application ended.
///
/// `not_me_path` is left out of the notice where it is empty.
pub(crate) fn refuse_confirmed(
    work: &mut dyn UnitOfWork,
    application: &mut Application,
    reason: &'static str,
    not_me_path: String,
    now: Timestamp,
) -> Result<(), StepError> {
    // Whoever has the key that signed has the new ones too.
    let why = if reason == codes::KEY_REVOKED {
        RevocationReason::KeyCompromise
    } else {
        RevocationReason::CessationOfOperation
    };
    let mut serials = Vec::new();
    for record in work.certificates().of_application(application.id)? {
        let at = match record.status {
            Status::Valid => now,
            Status::Revoked {
                at,
                reason: RevocationReason::CertificateHold,
            } => at,
            Status::Intended | Status::Void | Status::Revoked { .. } => continue,
        };
        work.certificates().set_status(
            record.id,
            record.status,
            Status::Revoked { at, reason: why },
            now,
        )?;
        let evidence = Evidence {
            actor: Actor::System,
            action: "certificate.revoke",
            object: certificate_object(record.issuer, &record.serial),
            detail: why.name(),
        };
        evidence.record(work, now)?;
        serials.push(record.serial);
    }
    reject(work, application, reason, now)?;
    let Some(person) = work.persons().find(application.person)? else {
        return Ok(());
    };
    let body = MessageBody::NotIssued {
        number: application.number.as_str().to_owned(),
        reason: reason.to_owned(),
        serials: serials.iter().map(SerialNumber::hex).collect(),
        not_me_path,
    };
    Ok(notify(work, &reachable(application, person), body, now)?)
}

/// Whoever applied for first keys is told at the address that she confirmed for them.
fn reachable(application: &Application, person: Person) -> Person {
    let Some(first) = &application.first else {
        return person;
    };
    Person {
        email: Some(first.address()),
        language: first.language,
        ..person
    }
}
