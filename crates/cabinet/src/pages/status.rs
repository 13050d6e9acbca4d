//! `/{lang}/status`: where an application stands, for whoever has its number.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use minijinja::context;
use serde::Deserialize;
use tanba_model::application::{ApplicationNumber, ApplicationNumberError};
use tanba_ra::{NextStep, PublicStatus};

use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::render::Screen;
use crate::session::MaybeSignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("status.html", "status", "menu-keys-status").help(&[12]);

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    number: Option<String>,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Query(fields): Query<Fields>,
) -> Result<Response, Problem> {
    let Some(typed) = fields.number else {
        return Ok(state
            .render(&visit, signed_in.as_ref(), &SCREEN, context! {})
            .into_response());
    };
    let (error, status) = match ApplicationNumber::parse(&typed) {
        _ if typed.trim().is_empty() => (Some("status-number-missing"), None),
        Err(ApplicationNumberError::CheckDigit) => (Some("status-number-check"), None),
        Err(_) => (Some("status-number-form"), None),
        Ok(number) => match state.look_up(&visit, number).await? {
            None => (Some("status-unknown"), None),
            found => (None, found),
        },
    };
    let number_error = error.map(|key| state.text(&visit, key));
    let screen = Screen {
        has_errors: number_error.is_some(),
        ..SCREEN
    };
    let application = status.map(|status| view(&state, &visit, &status));
    let values = context! { number_error, number_value => typed, application };
    let page = state.render(&visit, signed_in.as_ref(), &screen, values);
    let code = if screen.has_errors {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok((code, page).into_response())
}

fn view(state: &CabinetState, visit: &Visit, status: &PublicStatus) -> minijinja::Value {
    context! {
        number => status.number.as_str(),
        grouped => status.number.grouped(),
        state => status.state,
        since => state.words(visit).date_time(status.since),
        kind => status.kind,
        keystore => status.keystore.identifier(),
        next => status.next.key(),
        open => matches!(status.next, NextStep::Confirm | NextStep::EnterCode | NextStep::Install),
    }
}

impl CabinetState {
    /// The public status, as often as the limits allow. Unknown numbers get the same answer as those of others.
    pub(crate) async fn look_up(
        &self,
        visit: &Visit,
        number: ApplicationNumber,
    ) -> Result<Option<PublicStatus>, Problem> {
        let (limits, now) = (self.config().limits(), self.now());
        self.limiter().take(
            Limited::LookUp,
            &visit.network,
            limits.look_ups_per_minute,
            now,
        )?;
        self.limiter().take(
            Limited::Number,
            &number.as_str(),
            limits.look_ups_per_number_per_minute,
            now,
        )?;
        self.ra(move |ra| ra.status(&number)).await
    }
}
