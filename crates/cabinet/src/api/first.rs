//! First issuance: the proof of work, the requests for new keys, the signature. Who applies is told by the cookie.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use tanba_model::application::ApplicationNumber;

use crate::body::{Json, octets};
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::state::CabinetState;
use crate::visit::Visit;

#[derive(Debug, Serialize)]
pub(super) struct Work {
    /// The text to be solved, and how many leading zero bits are asked for.
    challenge: String,
}

/// `GET /api/v1/first/work`
pub(super) async fn work(
    State(state): State<CabinetState>,
    visit: Visit,
) -> Result<Answer<Work>, Problem> {
    visit.count(&state, Limited::First)?;
    let now = state.now();
    Ok(Answer(Work {
        challenge: state.authority().work_challenge(now),
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Requests {
    /// PKCS#10, DER, base64: authentication, signature.
    requests: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Prepared {
    number: String,
    /// Canonical JSON, to be signed as it is by the new signing key.
    document: String,
}

/// `POST /api/v1/first/requests`
pub(super) async fn requests(
    State(state): State<CabinetState>,
    headers: HeaderMap,
    Json(sent): Json<Requests>,
) -> Result<Answer<Prepared>, Problem> {
    let applicant = state.applicant(&headers).await?;
    applicant.check_header(&headers)?;
    let requests: Vec<Vec<u8>> = sent
        .requests
        .iter()
        .map(|request| octets(request))
        .collect::<Result<_, _>>()?;
    let (secret, now) = (Arc::clone(&applicant.secret), state.now());
    let (number, document) = state
        .ra(move |ra| ra.prepare_first(&secret, &requests, now))
        .await?;
    let document = String::from_utf8(document)
        .map_err(|_| Problem::internal(&"a document that is no text"))?;
    Ok(Answer(Prepared {
        number: number.as_str().to_owned(),
        document,
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Signature {
    /// The signature of the new signing key over the document, base64.
    signature: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Submitted {
    number: String,
    /// `SUBMITTED`, or `DRAFT` while the register of people does not answer.
    state: &'static str,
}

/// `POST /api/v1/first/signature`
pub(super) async fn signature(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Json(sent): Json<Signature>,
) -> Result<Answer<Submitted>, Problem> {
    let applicant = state.applicant(&headers).await?;
    applicant.check_header(&headers)?;
    let signature = octets(&sent.signature)?;
    let (secret, now) = (Arc::clone(&applicant.secret), state.now());
    let network = visit.network.to_string();
    let view = state
        .ra(move |ra| ra.submit_first(&secret, &signature, &network, now))
        .await?;
    Ok(Answer(Submitted {
        number: view
            .intake
            .number
            .as_ref()
            .map(ApplicationNumber::as_str)
            .unwrap_or_default()
            .to_owned(),
        state: view
            .application
            .map_or("DRAFT", |application| application.state.name()),
    }))
}
