//! `/api/v1/revocations`: prepare a revocation of one's own certificates, and sign it.

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tanba_pki::SerialNumber;

use super::login::text;
use crate::body::{Json, octets};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::CabinetState;

#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    /// Serial numbers, hexadecimal.
    serials: Vec<String>,
    /// What happened: `lost`, `data-changed`, `not-needed` or `replaced`.
    event: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Document {
    /// Canonical JSON, to be signed as it is.
    document: String,
}

/// `POST /api/v1/revocations`
pub(super) async fn prepare(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    Json(wish): Json<Wish>,
) -> Result<Answer<Document>, Problem> {
    let now = state.now();
    let document = state
        .ra(move |ra| ra.prepare_revocation(&signed_in.session, &wish.serials, &wish.event, now))
        .await?;
    Ok(Answer(Document {
        document: text(document)?,
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    /// CMS signed data with the document inside, base64.
    signature: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Revoked {
    revoked: Vec<String>,
    reason: &'static str,
    revoked_at: String,
    /// Whether the session ended with its certificate.
    signed_out: bool,
}

/// `POST /api/v1/revocations/signature`
pub(super) async fn sign(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    Json(signed): Json<Signed>,
) -> Result<Answer<Revoked>, Problem> {
    let (message, now) = (octets(&signed.signature)?, state.now());
    let done = state
        .ra(move |ra| ra.revoke(&signed_in.session, &message, now))
        .await?;
    Ok(Answer(Revoked {
        revoked: done.serials.iter().map(SerialNumber::hex).collect(),
        reason: done.reason.name(),
        revoked_at: done.at.rfc3339(),
        signed_out: done.signed_out,
    }))
}
