//! Who sits at the desk: a cookie and a session of its own, beside that of the cabinet.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use tanba_ra::Clerk;

use crate::config::CabinetConfig;
use crate::problem::Problem;
use crate::rate_limit::{Limited, TooMany};
use crate::session::{closing, opening, secret};
use crate::state::CabinetState;

/// A member of staff at the desk, as the guard of the door found out: see [`crate::doors::Rule`].
#[derive(Clone, Debug)]
pub(crate) struct AtDesk(pub(crate) Clerk);

impl AtDesk {
    /// Looks for the session of a request's cookie.
    pub(crate) async fn find(
        state: &CabinetState,
        headers: &HeaderMap,
    ) -> Result<Option<Self>, Problem> {
        let Some(token) = token(headers, state.config()) else {
            return Ok(None);
        };
        let now = state.now();
        let found = state.ra(move |ra| ra.desk_session(&token, now)).await?;
        Ok(found.map(Self))
    }

    /// Counts that she looks for somebody, wherever she sits.
    pub(crate) fn finds(&self, state: &CabinetState) -> Result<(), Problem> {
        self.count(
            state,
            Limited::Find,
            state.config().limits().look_ups_per_minute,
        )
    }

    /// Counts that she opens a person, by her page, an application or an act that waits, or prepares a document about one: a
    /// counter needs a few in a minute, and as many in a day as there are visitors; who copies a register needs all of it. The
    /// day outlives this process.
    pub(crate) async fn looks(&self, state: &CabinetState) -> Result<(), Problem> {
        let limits = state.config().limits();
        self.count(state, Limited::Look, limits.persons_per_staff_per_minute)?;
        let (clerk, per_day) = (self.0.clone(), limits.persons_per_staff_per_day);
        let (staff, now) = (clerk.member.id, state.now());
        let wait = state
            .ra(move |ra| ra.desk_looks(&clerk, per_day, now))
            .await?;
        let Some(wait_seconds) = wait else {
            return Ok(());
        };
        tracing::warn!(%staff, per_day, "a member of staff opened as many persons as a day has");
        Err(Problem::too_many_persons(TooMany { wait_seconds }))
    }

    fn count(
        &self,
        state: &CabinetState,
        limited: Limited,
        per_minute: u32,
    ) -> Result<(), Problem> {
        let staff = self.0.member.id;
        state
            .limiter()
            .take(limited, &staff, per_minute, state.now())
            .map_err(Problem::too_many_persons)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AtDesk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = parts.extensions.get::<Self>().cloned();
        found
            .ok_or_else(|| Problem::internal(&"the rule of the door lets in people without a desk"))
    }
}

/// The secret in the desk's cookie, if it can be one.
pub(crate) fn token(headers: &HeaderMap, config: &CabinetConfig) -> Option<String> {
    secret(headers, name(config))
}

/// `Set-Cookie` that opens a session of the desk.
pub(crate) fn opening_cookie(token: &str, config: &CabinetConfig) -> String {
    opening(name(config), token, config)
}

/// `Set-Cookie` that forgets it.
pub(crate) fn closing_cookie(config: &CabinetConfig) -> String {
    closing(name(config), config)
}

const fn name(config: &CabinetConfig) -> &'static str {
    if config.secure() {
        "__Host-tanba-desk"
    } else {
        "tanba-desk"
    }
}
