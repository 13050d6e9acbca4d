//! Whether what a key signed still counts.

use super::{StorageError, UnitOfWork};
use crate::application::Application;
use crate::certificate::{RevocationReason, Status};
use crate::id::CertificateId;

/// Whether the key that signed an application counts no more: its certificate was frozen or revoked since, for anything but
/// a newer one, or the key is on the block list. Whoever called to have a stolen key revoked must not get what that key
/// signed. An application that nobody signed with a key, because an operator decides about it, has none to lose.
///
/// # Errors
/// [`StorageError`] when storage does not answer.
pub fn is_signer_lost(
    work: &mut dyn UnitOfWork,
    application: &Application,
) -> Result<bool, StorageError> {
    let Some(signed) = &application.signed else {
        return Ok(false);
    };
    is_certificate_lost(work, signed.signer)
}

/// Whether what a certificate signed counts no more, as [`is_signer_lost`] has it.
///
/// # Errors
/// [`StorageError`] when storage does not answer.
pub fn is_certificate_lost(
    work: &mut dyn UnitOfWork,
    signer: CertificateId,
) -> Result<bool, StorageError> {
    let Some(record) = work.certificates().find(signer)? else {
        return Ok(true);
    };
    match record.status {
        Status::Valid
        | Status::Revoked {
            reason: RevocationReason::Superseded,
            ..
        } => work.keys().is_blocked(&record.public_key_sha256),
        Status::Intended | Status::Void | Status::Revoked { .. } => Ok(true),
    }
}
