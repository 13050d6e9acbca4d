//! Signing in: a challenge, and the challenge signed with the authentication key.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use serde::{Deserialize, Serialize};

use super::Nothing;
use crate::body::{Json, octets};
use crate::device;
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::session::{SignedIn, closing_cookie, opening_cookie, token};
use crate::state::CabinetState;
use crate::visit::Visit;

#[derive(Debug, Serialize)]
pub(super) struct Challenge {
    /// Canonical JSON, to be signed as it is.
    challenge: String,
}

/// `POST /api/v1/login/challenge`
pub(super) async fn challenge(
    State(state): State<CabinetState>,
    visit: Visit,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Answer<Challenge>, Problem> {
    limit(&state, &visit, Limited::Challenge)?;
    let now = state.now();
    let bytes = state.ra(move |ra| ra.login_challenge(now)).await?;
    Ok(Answer(Challenge {
        challenge: text(bytes)?,
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    /// CMS signed data with the challenge inside, base64.
    signature: String,
}

#[derive(Debug, Serialize)]
struct Opened {
    csrf: String,
    next: String,
}

/// `POST /api/v1/login`
pub(super) async fn submit(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Json(signed): Json<Signed>,
) -> Result<impl IntoResponse, Problem> {
    limit(&state, &visit, Limited::SignIn)?;
    let message = octets(&signed.signature)?;
    let (now, language) = (state.now(), visit.language);
    let origin = state.limiter().pseudonym(&visit.network);
    let earlier = token(&headers, state.config());
    let mut device = device::of(&headers, state.config());
    if device.secret.is_empty() {
        device.secret = state.device_secret();
    }
    let remembering = device::remembering_cookie(&device.secret, state.config());
    let opened = state
        .ra(move |ra| ra.login_from(&message, &device, now, &origin))
        .await?;
    let cookie = opening_cookie(opened.token.expose(), state.config());
    let session = opened.session.clone();
    // Mails go out in the language in which she signed in last; the session of before has served its time. Neither is
    // worth failing for.
    let after = state.ra(move |ra| {
        ra.set_language(&session, language, now)?;
        earlier.map_or(Ok(()), |token| ra.logout(&token, now))
    });
    if let Err(problem) = after.await {
        tracing::warn!(id = %visit.request_id, code = problem.code(), "signed in, but the language was not remembered");
    }
    let answer = Opened {
        csrf: opened.session.csrf,
        next: format!("/{}/cabinet", language.tag()),
    };
    let cookies = AppendHeaders([(SET_COOKIE, cookie), (SET_COOKIE, remembering)]);
    Ok((cookies, Answer(answer)))
}

/// `POST /api/v1/logout`
pub(super) async fn logout(
    State(state): State<CabinetState>,
    _signed_in: SignedIn,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let (token, now) = (
        token(&headers, state.config()).unwrap_or_default(),
        state.now(),
    );
    state.ra(move |ra| ra.logout(&token, now)).await?;
    Ok((
        StatusCode::NO_CONTENT,
        [(SET_COOKIE, closing_cookie(state.config()))],
    ))
}

fn limit(state: &CabinetState, visit: &Visit, limited: Limited) -> Result<(), Problem> {
    let per_minute = state.config().limits().sign_ins_per_minute;
    Ok(state.limiter().take(
        limited,
        &("sign-in", visit.network),
        per_minute,
        state.now(),
    )?)
}

/// Bytes that are text.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|error| Problem::internal(&error))
}
