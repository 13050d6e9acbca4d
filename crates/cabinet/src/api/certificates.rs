//! `GET /api/v1/certificates`: all certificates of whoever is signed in.

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::keystore_kind::KeystoreKind;

use crate::body::base64;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::view;

#[derive(Debug, Serialize)]
pub(super) struct List {
    certificates: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    serial: String,
    purpose: &'static str,
    keystore: Option<&'static str>,
    channel: &'static str,
    issued: String,
    not_before: String,
    not_after: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// DER, base64.
    certificate: String,
}

pub(super) async fn list(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
) -> Result<Answer<List>, Problem> {
    let records = state.certificates_of(&signed_in).await?;
    Ok(Answer(List {
        certificates: records.iter().filter_map(entry).collect(),
    }))
}

/// Intents that came to nothing are no certificates.
fn entry(record: &CertificateRecord) -> Option<Entry> {
    let (status, revocation) = match record.status {
        Status::Intended | Status::Void => return None,
        Status::Valid => ("valid", None),
        Status::Revoked { at, reason } => ("revoked", Some((at, reason))),
    };
    Some(Entry {
        serial: record.serial.hex(),
        purpose: view::purpose(record.purpose),
        keystore: record.keystore.map(KeystoreKind::identifier),
        channel: record.channel.name(),
        issued: record.created_at.rfc3339(),
        not_before: record.not_before.rfc3339(),
        not_after: record.not_after.rfc3339(),
        status,
        revoked_at: revocation.map(|(at, _)| at.rfc3339()),
        reason: revocation.map(|(_, reason)| reason.name()),
        certificate: base64(record.der.as_deref()?),
    })
}
