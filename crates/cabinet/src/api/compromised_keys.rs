//! `POST /api/v1/compromised-keys`: whoever holds a key says that it is compromised.

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tanba_pki::{SerialNumber, hex};

use crate::body::{Json, octets};
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::state::CabinetState;
use crate::visit::Visit;

#[derive(Debug, Deserialize)]
pub(super) struct Statement {
    /// PKCS#10: PEM, or DER in base64.
    attestation: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Done {
    public_key_sha256: String,
    /// Serial numbers of the certificates that were revoked just now.
    revoked: Vec<String>,
    /// Serial numbers of certificates of the authority itself, about which people decide.
    left_to_people: Vec<String>,
}

pub(super) async fn attest(
    State(state): State<CabinetState>,
    visit: Visit,
    Json(sent): Json<Statement>,
) -> Result<Answer<Done>, Problem> {
    let limit = state.config().limits().attestations_per_minute;
    let now = state.now();
    state
        .limiter()
        .take(Limited::Attestation, &visit.network, limit, now)?;
    let statement = if sent.attestation.contains("-----BEGIN ") {
        sent.attestation.into_bytes()
    } else {
        octets(sent.attestation.trim())?
    };
    let origin = state.limiter().pseudonym(&visit.network);
    let done = state
        .ra(move |ra| ra.attest_compromise(&statement, &origin, now))
        .await?;
    let serials = |serials: &[SerialNumber]| serials.iter().map(SerialNumber::hex).collect();
    Ok(Answer(Done {
        public_key_sha256: hex::encode(&done.public_key_sha256),
        revoked: serials(&done.revoked),
        left_to_people: serials(&done.own),
    }))
}
