//! `GET /api/v1/certificates`: all certificates of whoever is signed in, as a list and one by one.

use axum::Json as Answer;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_pki::Certificate;

use crate::body::base64;
use crate::pages::cabinet::keys::{self, PAGE, Wanted};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::view;

#[derive(Debug, Serialize)]
pub(super) struct List {
    certificates: Vec<Entry>,
    /// What to ask for `after` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Entry {
    serial: String,
    purpose: &'static str,
    algorithm: String,
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
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Answer<List>, Problem> {
    let Query(wanted) = wanted.map_err(|_| Problem::bad_request())?;
    let (filter, after) = (wanted.filter(state.now()), wanted.after());
    let page = state
        .ra(move |ra| ra.certificate_page(&signed_in.session, &filter, after.as_ref(), PAGE))
        .await?;
    let last = page.items.last().filter(|_| page.more);
    Ok(Answer(List {
        certificates: page.items.iter().filter_map(entry).collect(),
        next: last.map(|record| record.serial.hex()),
    }))
}

/// `GET /api/v1/certificates/{serial}.cer` and `….pem`: one certificate of whoever is signed in, as a file (RFC 2585, 4.1;
/// RFC 7468, 5). `….proof.json`: the proof that the audit log tells of its issue, as `tanba audit prove` writes it.
pub(super) async fn file(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let missing = Problem::page_not_found;
    let (serial, form) = name.rsplit_once('.').ok_or_else(missing)?;
    let (serial, form) = match serial.strip_suffix(".proof") {
        Some(serial) if form == "json" => (serial, "proof.json"),
        Some(_) => return Err(missing()),
        None => (serial, form),
    };
    let asked = keys::serial(serial).ok_or_else(missing)?;
    if form == "proof.json" {
        let now = state.now();
        let session = signed_in.session.clone();
        let proof = state
            .ra(move |ra| ra.proof_of_issue(&session, &asked, now))
            .await?;
        let text = serde_json::to_vec(&proof).map_err(|error| Problem::internal(&error))?;
        return Ok(attachment(serial, form, "application/json", text));
    }
    let der = state
        .ra(move |ra| ra.own_certificate(&signed_in.session, &asked))
        .await?
        .filter(|record| record.serial.hex() == serial)
        .and_then(|record| record.der)
        .ok_or_else(missing)?;
    let (media_type, body) = match form {
        "cer" => ("application/pkix-cert", der),
        "pem" => {
            let certificate =
                Certificate::from_der(&der).map_err(|error| Problem::internal(&error))?;
            let text = certificate.to_pem().into_bytes();
            ("application/pem-certificate-chain", text)
        }
        _ => return Err(missing()),
    };
    // The name is that of the record, of which hexadecimal digits are all.
    Ok(attachment(serial, form, media_type, body))
}

/// A file to keep; `serial` is that of a record of the person.
fn attachment(serial: &str, form: &str, media_type: &'static str, body: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{serial}.{form}\"");
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    (headers, body).into_response()
}

/// Intents that came to nothing are no certificates.
fn entry(record: &CertificateRecord) -> Option<Entry> {
    let (status, revocation) = match record.status {
        Status::Intended | Status::Void => return None,
        Status::Valid => ("valid", None),
        Status::Revoked {
            at,
            reason: reason @ RevocationReason::CertificateHold,
        } => ("frozen", Some((at, reason))),
        Status::Revoked { at, reason } => ("revoked", Some((at, reason))),
    };
    Some(Entry {
        serial: record.serial.hex(),
        purpose: view::purpose(record.purpose),
        algorithm: view::algorithm(record),
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
