//! The session cookie and who is signed in.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use tanba_model::person::Person;
use tanba_model::ports::Session;

use crate::config::CabinetConfig;
use crate::csrf;
use crate::problem::Problem;
use crate::state::CabinetState;
use crate::visit::cookie;

/// Somebody who is signed in, as the guard of the door found out: see [`crate::doors::Rule`]. A handler behind a door with
/// another rule does not get one.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) person: Person,
}

/// Somebody who may be signed in.
#[derive(Clone, Debug)]
pub(crate) struct MaybeSignedIn(pub(crate) Option<SignedIn>);

impl SignedIn {
    /// Checks the token of a form that anybody may send.
    pub(crate) fn check(&self, headers: &HeaderMap, field: &str) -> Result<(), Problem> {
        csrf::check(&self.session.csrf, headers, Some(field))
    }
}

impl MaybeSignedIn {
    /// Looks for the session of a request's cookie.
    pub(crate) async fn find(state: &CabinetState, headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(token) = token(headers, state.config()) else {
            return Ok(Self(None));
        };
        let now = state.now();
        let found = state.ra(move |ra| ra.session(&token, now)).await?;
        Ok(Self(
            found.map(|(session, person)| SignedIn { session, person }),
        ))
    }
}

impl FromRequestParts<CabinetState> for MaybeSignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &CabinetState) -> Result<Self, Problem> {
        match parts.extensions.get::<SignedIn>() {
            Some(signed_in) => Ok(Self(Some(signed_in.clone()))),
            None => Self::find(state, &parts.headers).await,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| {
            Problem::internal(&"the rule of the door lets in people without a session")
        })
    }
}

/// The secret in the cookie, if it can be one.
pub(crate) fn token(headers: &HeaderMap, config: &CabinetConfig) -> Option<String> {
    secret(headers, name(config))
}

/// The secret in a cookie of this name, if it can be one.
pub(crate) fn secret(headers: &HeaderMap, name: &str) -> Option<String> {
    cookie(headers, name)
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
    opening(name(config), token, config)
}

/// `Set-Cookie` that opens a session under a name.
pub(crate) fn opening(name: &str, token: &str, config: &CabinetConfig) -> String {
    format!(
        "{name}={token}; Path=/; HttpOnly; SameSite=Strict{}",
        secure(config)
    )
}

/// `Set-Cookie` that forgets a session.
pub(crate) fn closing_cookie(config: &CabinetConfig) -> String {
    closing(name(config), config)
}

/// `Set-Cookie` that forgets a session under a name.
pub(crate) fn closing(name: &str, config: &CabinetConfig) -> String {
    format!(
        "{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{}",
        secure(config)
    )
}

const fn secure(config: &CabinetConfig) -> &'static str {
    if config.secure() { "; Secure" } else { "" }
}
