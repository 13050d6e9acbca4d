//! The cookie of a session without a key, and who is in it.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use tanba_model::person::Person;
use tanba_model::ports::LimitedSession;
use tanba_ra::Holder;

use crate::config::CabinetConfig;
use crate::problem::Problem;
use crate::session::MaybeSignedIn;
use crate::state::CabinetState;
use crate::visit::cookie;

/// Somebody without a key, as the guard of the door found out: see [`crate::doors::Rule`].
#[derive(Clone, Debug)]
pub(crate) struct Limited {
    pub(crate) session: LimitedSession,
    pub(crate) person: Person,
}

/// Somebody who may have a session without a key.
#[derive(Clone, Debug)]
pub(crate) struct MaybeLimited(pub(crate) Option<Limited>);

impl MaybeLimited {
    /// Looks for the session of a request's cookie.
    pub(crate) async fn find(state: &CabinetState, headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(token) = token(headers, state.config()) else {
            return Ok(Self(None));
        };
        let now = state.now();
        let found = state.ra(move |ra| ra.limited_session(&token, now)).await?;
        Ok(Self(
            found.map(|(session, person)| Limited { session, person }),
        ))
    }

    /// Whoever entered with a code, and may revoke and freeze.
    pub(crate) fn by_code(self) -> Option<Limited> {
        self.0
            .filter(|limited| limited.session.application.is_none())
    }
}

impl FromRequestParts<CabinetState> for MaybeLimited {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &CabinetState) -> Result<Self, Problem> {
        match parts.extensions.get::<Limited>() {
            Some(limited) => Ok(Self(Some(limited.clone()))),
            None => Self::find(state, &parts.headers).await,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Limited {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| {
            Problem::internal(&"the rule of the door lets in people without a limited session")
        })
    }
}

/// Who may act for an application: its owner in her session, or whoever proved its number. Which of them it is, is asked of
/// the application itself.
#[derive(Clone, Debug)]
pub(crate) struct ForApplication(pub(crate) Holder);

impl ForApplication {
    /// Looks for the sessions of a request's cookies; `None` when there is none at all.
    pub(crate) async fn find(
        state: &CabinetState,
        headers: &HeaderMap,
    ) -> Result<Option<Self>, Problem> {
        let MaybeSignedIn(signed_in) = MaybeSignedIn::find(state, headers).await?;
        let MaybeLimited(limited) = MaybeLimited::find(state, headers).await?;
        let limited = limited
            .map(|limited| limited.session)
            .filter(|session| session.application.is_some());
        if signed_in.is_none() && limited.is_none() {
            return Ok(None);
        }
        Ok(Some(Self(Holder {
            session: signed_in.map(|signed_in| signed_in.session),
            limited,
        })))
    }

    /// The tokens against cross-site requests, each of which only our own pages know.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let session = self.0.session.iter().map(|session| session.csrf.clone());
        let limited = self.0.limited.iter().map(|session| session.csrf.clone());
        session.chain(limited).collect()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ForApplication {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| Problem::internal(&"the rule of the door lets in people without proof"))
    }
}

/// The secret in the cookie, if it can be one.
pub(crate) fn token(headers: &HeaderMap, config: &CabinetConfig) -> Option<String> {
    hexadecimal(cookie(headers, name(config))?)
}

fn hexadecimal(token: String) -> Option<String> {
    let is = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    is.then_some(token)
}

const fn name(config: &CabinetConfig) -> &'static str {
    if config.secure() {
        "__Host-tanba-limited"
    } else {
        "tanba-limited"
    }
}

/// The name of the cookie that says who asked for a code.
const fn flow_name(config: &CabinetConfig) -> &'static str {
    if config.secure() {
        "__Host-tanba-entry"
    } else {
        "tanba-entry"
    }
}

/// Who asked for a code, if a cookie says so.
pub(crate) fn flow(headers: &HeaderMap, config: &CabinetConfig) -> Option<String> {
    hexadecimal(cookie(headers, flow_name(config))?)
}

/// `Set-Cookie` for the secret of whoever asked for a code.
pub(crate) fn flow_cookie(secret: &str, config: &CabinetConfig) -> String {
    set(flow_name(config), secret, config)
}

/// `Set-Cookie` that opens a limited session; it ends with the browser, and on the server earlier.
pub(crate) fn opening_cookie(secret: &str, config: &CabinetConfig) -> String {
    set(name(config), secret, config)
}

/// `Set-Cookie` that forgets a limited session.
pub(crate) fn closing_cookie(config: &CabinetConfig) -> String {
    set(name(config), "; Max-Age=0", config)
}

/// `Set-Cookie` that forgets who asked for a code.
pub(crate) fn flow_closing_cookie(config: &CabinetConfig) -> String {
    set(flow_name(config), "; Max-Age=0", config)
}

fn set(name: &str, value: &str, config: &CabinetConfig) -> String {
    let secure = if config.secure() { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}")
}
