//! The session cookie and who is signed in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use tanba_model::person::Person;
use tanba_model::ports::Session;

use crate::config::CabinetConfig;
use crate::csrf;
use crate::problem::Problem;
use crate::state::CabinetState;
use crate::visit::{cookie, is_api};

/// Somebody who is signed in. Taking it as an argument makes a handler refuse everybody else; calls of the API that
/// change something are checked for their token here, forms by [`SignedIn::check`].
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) person: Person,
}

/// Somebody who may be signed in.
#[derive(Clone, Debug)]
pub(crate) struct MaybeSignedIn(pub(crate) Option<SignedIn>);

impl SignedIn {
    /// Checks the token of a form.
    pub(crate) fn check(&self, headers: &HeaderMap, field: &str) -> Result<(), Problem> {
        csrf::check(&self.session, headers, Some(field))
    }
}

impl FromRequestParts<CabinetState> for MaybeSignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &CabinetState) -> Result<Self, Problem> {
        let Some(token) = token(&parts.headers, state.config()) else {
            return Ok(Self(None));
        };
        let now = state.now();
        let found = state.ra(move |ra| ra.session(&token, now)).await?;
        Ok(Self(
            found.map(|(session, person)| SignedIn { session, person }),
        ))
    }
}

impl FromRequestParts<CabinetState> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &CabinetState) -> Result<Self, Problem> {
        let MaybeSignedIn(found) = MaybeSignedIn::from_request_parts(parts, state).await?;
        let signed_in = found.ok_or_else(Problem::session_required)?;
        let changes = !matches!(parts.method, Method::GET | Method::HEAD);
        if changes && is_api(parts.uri.path()) {
            csrf::check(&signed_in.session, &parts.headers, None)?;
        }
        Ok(signed_in)
    }
}

/// The secret in the cookie, if it can be one.
pub(crate) fn token(headers: &HeaderMap, config: &CabinetConfig) -> Option<String> {
    cookie(headers, name(config))
        .filter(|token| token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Over HTTPS the prefix makes browsers insist on `Secure`, `Path=/` and this very host.
const fn name(config: &CabinetConfig) -> &'static str {
    if config.secure() {
        "__Host-tanba"
    } else {
        "tanba"
    }
}

/// `Set-Cookie` that opens a session; it ends with the browser, and on the server earlier.
pub(crate) fn opening_cookie(token: &str, config: &CabinetConfig) -> String {
    format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Strict{}",
        name(config),
        secure(config)
    )
}

/// `Set-Cookie` that forgets a session.
pub(crate) fn closing_cookie(config: &CabinetConfig) -> String {
    format!(
        "{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{}",
        name(config),
        secure(config)
    )
}

const fn secure(config: &CabinetConfig) -> &'static str {
    if config.secure() { "; Secure" } else { "" }
}
