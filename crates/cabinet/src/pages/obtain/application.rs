//! `/{lang}/obtain/application`: the number, where to come, until when; and what became of it. In the browser that applied
//! it is opened by the cookie, elsewhere by the secret in a mail's link. Opening shows; the button withdraws.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use minijinja::context;
use minijinja::value::Serde;
use serde::Deserialize;
use tanba_model::application::{Application, ApplicationNumber, State as Stage};
use tanba_model::intake::IntakeStage;
use tanba_ra::{FirstSecret, FirstStep, FirstView, NextStep, codes};

use super::come::Come;
use super::sheet::{self, SHEET};
use super::to_step;
use crate::body::Form;
use crate::csrf;
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::view::timeline::next_words;
use crate::visit::Visit;

const SCREEN: Screen =
    Screen::new("obtain/application.html", "obtain", "first-number-title").help(&[12]);

/// The form that withdraws.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Withdrawal {
    csrf: String,
    /// Whether she said that she means it.
    sure: Option<String>,
}

/// How a page was opened.
enum Opened<'a> {
    Cookie(&'a FirstSecret),
    Link(&'a FirstSecret),
}

/// What is shown of an application, whether it is one already or not.
struct Shown {
    state: &'static str,
    status: String,
    next: &'static str,
    since: Option<String>,
    /// Why it was refused; empty when it was not.
    reason: String,
    open: bool,
    ended: bool,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    if applicant.view.step != FirstStep::Done {
        return Ok(to_step(&visit, applicant.view.step));
    }
    let opened = Opened::Cookie(&applicant.secret);
    Ok(page(&state, &visit, &applicant.view, &opened, false)
        .await?
        .into_response())
}

/// `POST …/application/cancel`
pub(crate) async fn cancel(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Form(fields): Form<Withdrawal>,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    applicant.check(&headers, &fields.csrf)?;
    if fields.sure.is_none() && applicant.view.step == FirstStep::Done {
        let opened = Opened::Cookie(&applicant.secret);
        let asked = page(&state, &visit, &applicant.view, &opened, true).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, asked).into_response());
    }
    let (secret, now) = (Arc::clone(&applicant.secret), state.now());
    state.ra(move |ra| ra.cancel_first(&secret, now)).await?;
    Ok(to_step(&visit, FirstStep::Done))
}

/// `GET …/application/{secret}`: the link of a mail.
pub(crate) async fn link(
    State(state): State<CabinetState>,
    visit: Visit,
    Path(secret): Path<String>,
) -> Result<Response, Problem> {
    let (secret, view) = state.linked(&visit, &secret).await?;
    Ok(page(&state, &visit, &view, &Opened::Link(&secret), false)
        .await?
        .into_response())
}

/// `POST …/application/{secret}/cancel`
pub(crate) async fn cancel_by_link(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Path(secret): Path<String>,
    Form(fields): Form<Withdrawal>,
) -> Result<Response, Problem> {
    let (secret, view) = state.linked(&visit, &secret).await?;
    csrf::check(&secret.csrf(), &headers, Some(&fields.csrf))?;
    if fields.sure.is_none() {
        let asked = page(&state, &visit, &view, &Opened::Link(&secret), true).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, asked).into_response());
    }
    let (asked, now) = (Arc::clone(&secret), state.now());
    let _ = state.ra(move |ra| ra.cancel_by_link(&asked, now)).await?;
    let (lang, page) = (visit.language.tag(), link_path(&secret));
    Ok(Redirect::to(&format!("/{lang}{page}")).into_response())
}

impl CabinetState {
    /// The secret of a mail's link, and what it leads to. Only links that lead nowhere are counted: nobody guesses 128 bits,
    /// and a neighbour's look-ups close nobody's application.
    pub(super) async fn linked(
        &self,
        visit: &Visit,
        text: &str,
    ) -> Result<(Arc<FirstSecret>, FirstView), Problem> {
        let now = self.now();
        let found = match FirstSecret::read(text).map(Arc::new) {
            Some(secret) => {
                let asked = Arc::clone(&secret);
                let view = self.ra(move |ra| ra.first_by_link(&asked, now)).await;
                view.map(|view| (secret, view))
            }
            None => Err(Problem::new(StatusCode::GONE, codes::INTAKE_ENDED)),
        };
        if matches!(&found, Err(problem) if problem.code() == codes::INTAKE_ENDED) {
            visit.count(self, Limited::Link)?;
            // She may be in the right browser: it is the link that does not lead there.
            return Err(Problem::application_link_unknown());
        }
        found
    }
}

/// The page that a mail's link opens, without language.
pub(super) fn link_path(secret: &FirstSecret) -> String {
    format!("/obtain/application/{}", secret.expose())
}

/// The page; with `asks` it asks first whether she means to withdraw.
async fn page(
    state: &CabinetState,
    visit: &Visit,
    view: &FirstView,
    opened: &Opened<'_>,
    asks: bool,
) -> Result<Html<String>, Problem> {
    let mut shown = Shown::of(state, visit, view);
    if shown.next == NextStep::Wait.key() && state.is_issuance_stopped().await? {
        shown.next = "next-wait-stopped";
    }
    let asks = (asks && shown.open).then(|| state.text(visit, "first-cancel-tick"));
    let number = view.intake.number.as_ref();
    let come = view
        .application
        .as_ref()
        .and_then(|application| Come::of(state, visit, application));
    let (csrf, own) = match opened {
        Opened::Cookie(secret) => (secret.csrf(), super::path(FirstStep::Done).to_owned()),
        Opened::Link(secret) => (secret.csrf(), link_path(secret)),
    };
    let cancel = format!("{own}/cancel");
    let printable = view.application.as_ref().is_some_and(sheet::is_offered);
    // Without a typeface there is no print, and none is offered.
    let printable = printable && state.fonts().is_some();
    let sheet = printable.then(|| format!("/{}{own}{SHEET}", visit.language.tag()));
    let install = match (opened, number) {
        (Opened::Link(secret), Some(number)) => format!("/status/{number}/{}", secret.expose()),
        (Opened::Cookie(_), Some(number)) => format!("/status?number={number}"),
        (Opened::Cookie(_) | Opened::Link(_), None) => "/status".to_owned(),
    };
    let values = context! {
        number => number.map(ApplicationNumber::as_str),
        grouped => number.map(ApplicationNumber::grouped),
        state => shown.state,
        status => shown.status,
        since => shown.since,
        reason => shown.reason,
        next => shown.next,
        come => Serde(come),
        install,
        sheet,
        keystore => view.intake.content.keystore.as_deref(),
        cancel => shown.open.then_some(cancel),
        again => shown.ended && matches!(opened, Opened::Cookie(_)),
        cancel_error => asks.clone(),
        errors => asks.iter().map(|text| context! { field => "cancel-sure", text }).collect::<Vec<_>>(),
    };
    let screen = Screen {
        has_errors: asks.is_some(),
        ..SCREEN
    };
    Ok(state.render_with_token(visit, &csrf, &screen, values))
}

impl Shown {
    fn of(state: &CabinetState, visit: &Visit, view: &FirstView) -> Self {
        match (&view.application, view.intake.stage) {
            (Some(application), _) => Self::application(state, visit, application),
            (None, IntakeStage::Cancelled) => Self {
                status: state.text(visit, "state-CANCELLED"),
                ..Self::ended("CANCELLED")
            },
            (None, IntakeStage::Refused | IntakeStage::Submitted) => Self {
                status: state.text(visit, "first-state-refused"),
                ..Self::ended("REJECTED")
            },
            (None, IntakeStage::Open | IntakeStage::Waiting) => Self {
                state: "DRAFT",
                status: state.text(visit, "first-state-waiting"),
                next: NextStep::WaitForRegister.key(),
                since: None,
                reason: String::new(),
                open: true,
                ended: false,
            },
        }
    }

    fn ended(state: &'static str) -> Self {
        Self {
            state,
            status: String::new(),
            next: NextStep::BeginAgain.key(),
            since: None,
            reason: String::new(),
            open: false,
            ended: true,
        }
    }

    fn application(state: &CabinetState, visit: &Visit, application: &Application) -> Self {
        let next = NextStep::of(&application.state);
        let since = application.state.since();
        Self {
            state: application.state.name(),
            status: state.text(visit, &format!("state-{}", application.state.name())),
            next: next_words(application),
            since: since.map(|since| state.words(visit).date_time(since)),
            reason: state.words(visit).reason(&application.state),
            open: matches!(application.state, Stage::Submitted { .. }),
            ended: next == NextStep::BeginAgain,
        }
    }
}
