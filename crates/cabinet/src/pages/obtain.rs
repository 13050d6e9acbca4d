//! `/{lang}/obtain`: first keys, for somebody who has none.
//!
//! One step on each page, all of them forms; only making keys and the proof of work need script. What was filled in lives
//! under the secret of a cookie, so that a reload, another tab and another day go on where it stopped.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use tanba_model::intake::AGREEMENT;
use tanba_pki::Timestamp;
use tanba_ra::{FirstError, FirstSecret, FirstStep, FirstView, Solution, codes};

use crate::body::Form;
use crate::config::CabinetConfig;
use crate::csrf;
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::{Visit, cookie};

pub(crate) mod address;
pub(crate) mod application;
pub(crate) mod come;
pub(crate) mod confirm;
pub(crate) mod person;
pub(crate) mod place;
pub(crate) mod sheet;

const SCREEN: Screen = Screen::new("obtain.html", "obtain", "obtain-title").help(&[1]);

/// Somebody who fills in an application for first keys.
#[derive(Clone, Debug)]
pub(crate) struct Applicant {
    pub(crate) secret: Arc<FirstSecret>,
    pub(crate) view: FirstView,
}

/// A field with what is wrong with it.
#[derive(Debug, Serialize)]
pub(super) struct Mistake {
    pub(super) field: &'static str,
    pub(super) text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Accepted {
    accepted: String,
}

/// A form that brings its token and a proof of work.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Worked {
    csrf: String,
    challenge: String,
    solution: String,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Html<String>, Problem> {
    let applicant = state.maybe_applicant(&headers).await?;
    Ok(agreement(&state, &visit, applicant.as_ref(), false))
}

/// `POST /{lang}/obtain`: the agreement was accepted.
pub(crate) async fn begin(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Form(fields): Form<Accepted>,
) -> Result<Response, Problem> {
    let applicant = state.maybe_applicant(&headers).await?;
    if fields.accepted != AGREEMENT {
        let page = agreement(&state, &visit, applicant.as_ref(), true);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    // A second click, or a second tab: what was filled in goes on.
    if let Some(applicant) = applicant.filter(|applicant| applicant.view.step != FirstStep::Done) {
        return Ok(to_step(&visit, applicant.view.step));
    }
    visit.count(&state, Limited::First)?;
    let now = state.now();
    let language = visit.language;
    let secret = state.ra(move |ra| ra.begin_first(language, now)).await?;
    let cookie = opening_cookie(&secret, state.config());
    Ok(([(SET_COOKIE, cookie)], to_step(&visit, FirstStep::Person)).into_response())
}

/// `POST /{lang}/obtain/again`: another application with what was typed for an ended one.
pub(crate) async fn again(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Form(fields): Form<Worked>,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    applicant.check(&headers, &fields.csrf)?;
    visit.count(&state, Limited::First)?;
    let now = state.now();
    let secret = Arc::clone(&applicant.secret);
    let solution = Solution {
        challenge: fields.challenge,
        number: fields.solution,
    };
    state
        .ra(move |ra| ra.begin_first_again(&secret, &solution, now))
        .await?;
    let applicant = state.applicant(&headers).await?;
    Ok(to_step(&visit, applicant.view.step))
}

fn agreement(
    state: &CabinetState,
    visit: &Visit,
    applicant: Option<&Applicant>,
    missing: bool,
) -> Html<String> {
    let tick_error = missing.then(|| state.text(visit, "agreement-missing"));
    let errors: Vec<Mistake> = tick_error
        .iter()
        .map(|text| Mistake {
            field: "accepted",
            text: text.clone(),
        })
        .collect();
    let waiting = applicant.map(|applicant| path(applicant.view.step));
    let screen = Screen {
        has_errors: missing,
        ..SCREEN
    };
    let values = context! {
        agreement => AGREEMENT, tick_error, waiting, errors => Serde(errors),
    };
    state.render_with_token(visit, "", &screen, values)
}

/// The address of a step, without language.
pub(super) const fn path(step: FirstStep) -> &'static str {
    match step {
        FirstStep::Person => "/obtain/person",
        FirstStep::Address => "/obtain/address",
        FirstStep::Place => "/obtain/place",
        FirstStep::Centre => "/obtain/centre",
        FirstStep::Confirm => "/obtain/confirm",
        FirstStep::Done => "/obtain/application",
    }
}

pub(super) fn to_step(visit: &Visit, step: FirstStep) -> Response {
    Redirect::to(&format!("/{}{}", visit.language.tag(), path(step))).into_response()
}

/// A moment of the last day on which she may come: that day ends just before `appear_by`.
pub(super) fn last_day(appear_by: Timestamp) -> Timestamp {
    appear_by.minus(Duration::from_secs(1))
}

/// Where to go instead, when somebody opens a page whose turn has not come or is over.
pub(super) fn elsewhere(
    visit: &Visit,
    applicant: &Applicant,
    wanted: FirstStep,
) -> Option<Response> {
    let next = applicant.view.step;
    (next < wanted || next == FirstStep::Done).then(|| to_step(visit, next))
}

/// A field of a form: what stands in it, and what is wrong with it.
pub(super) fn field(value: &str, mistakes: &[Mistake], name: &str) -> Value {
    let error = mistakes.iter().find(|mistake| mistake.field == name);
    context! { value, error => error.map(|mistake| mistake.text.as_str()) }
}

/// A page of a step, with the status that its mistakes ask for.
pub(super) fn answer(mistakes: &[Mistake], page: Html<String>) -> Response {
    if mistakes.is_empty() {
        page.into_response()
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
    }
}

impl Applicant {
    /// Checks the token of a form that anybody may send.
    pub(crate) fn check(&self, headers: &HeaderMap, field: &str) -> Result<(), Problem> {
        csrf::check(&self.secret.csrf(), headers, Some(field))
    }

    /// Checks the token of the header.
    pub(crate) fn check_header(&self, headers: &HeaderMap) -> Result<(), Problem> {
        csrf::check(&self.secret.csrf(), headers, None)
    }
}

impl CabinetState {
    /// Who fills in an application in this browser.
    pub(crate) async fn applicant(&self, headers: &HeaderMap) -> Result<Applicant, Problem> {
        let found = self.maybe_applicant(headers).await?;
        found.ok_or_else(|| Problem::new(StatusCode::GONE, codes::INTAKE_ENDED))
    }

    /// The same where nobody may.
    pub(crate) async fn maybe_applicant(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<Applicant>, Problem> {
        let Some(secret) = cookie(headers, name(self.config()))
            .as_deref()
            .and_then(FirstSecret::read)
        else {
            return Ok(None);
        };
        let secret = Arc::new(secret);
        let asked = Arc::clone(&secret);
        let view = self
            .ra(move |ra| match ra.first(&asked) {
                Ok(view) => Ok(Some(view)),
                Err(FirstError::Ended) => Ok(None),
                Err(error) => Err(Problem::from(error)),
            })
            .await?;
        Ok(view.map(|view| Applicant { secret, view }))
    }

    /// Renders a page of an applicant.
    pub(super) fn render_first(
        &self,
        visit: &Visit,
        applicant: &Applicant,
        screen: &Screen,
        mistakes: &[Mistake],
        values: Value,
    ) -> Html<String> {
        let screen = Screen {
            has_errors: !mistakes.is_empty(),
            ..*screen
        };
        let values = context! { errors => Serde(mistakes), ..values };
        self.render_with_token(visit, &applicant.secret.csrf(), &screen, values)
    }
}

/// Over HTTPS the prefix makes browsers insist on `Secure`, `Path=/` and this very host.
const fn name(config: &CabinetConfig) -> &'static str {
    if config.secure() {
        "__Host-tanba-first"
    } else {
        "tanba-first"
    }
}

/// `Set-Cookie` that remembers the application for as long as it may wait.
fn opening_cookie(secret: &FirstSecret, config: &CabinetConfig) -> String {
    let secure = if config.secure() { "; Secure" } else { "" };
    format!(
        "{}={}; Path=/; Max-Age=5184000; HttpOnly; SameSite=Strict{secure}",
        name(config),
        secret.expose()
    )
}
