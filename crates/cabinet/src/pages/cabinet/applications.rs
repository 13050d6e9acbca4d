//! `/{lang}/cabinet/applications` and `/{lang}/cabinet/applications/{number}`: the number, how far it got, installation.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{Html, Redirect};
use minijinja::context;
use minijinja::value::Serde;
use serde::Deserialize;
use tanba_model::application::ApplicationNumber;

use crate::body::{Form, number};
use crate::pages::obtain::come::Come;
use crate::problem::Problem;
use crate::render::Screen;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::view::ApplicationView;
use crate::visit::Visit;

const LIST: Screen = Screen::new(
    "cabinet/applications.html",
    "applications",
    "menu-keys-apps",
)
.help(&[8]);
const ONE: Screen = Screen::new(
    "cabinet/application.html",
    "application",
    "application-title",
)
.help(&[12, 13, 14, 15]);

/// Applications of one page.
const PAGE: u32 = 25;

/// Where the page before ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    after: String,
}

pub(crate) async fn list(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Problem> {
    let session = signed_in.session.clone();
    let after = ApplicationNumber::parse(&wanted.after).ok();
    let page = state
        .ra(move |ra| ra.history_page(&session, after.as_ref(), PAGE))
        .await?;
    let words = state.words(&visit);
    let applications: Vec<ApplicationView> = page
        .items
        .iter()
        .map(|history| words.history(&history.application, &history.steps, &history.signed))
        .collect();
    Ok(state.render(
        &visit,
        Some(&signed_in),
        &LIST,
        context! {
            next => page.items.last().filter(|_| page.more).map(|last| last.application.number.as_str()),
            applications => Serde(applications),
            is_first => wanted.after.is_empty(),
        },
    ))
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Path(asked): Path<String>,
) -> Result<Html<String>, Problem> {
    let (session, number) = (signed_in.session.clone(), number(&asked)?);
    let found = state.ra(move |ra| ra.history(&session, &number)).await?;
    let words = state.words(&visit);
    let (session, number) = (signed_in.session.clone(), found.application.number.clone());
    let reminder = state
        .ra(move |ra| ra.reminder(&session, &number).map_err(Problem::from))
        .await?
        .map(|at| words.date(at));
    let is_stopped = state.is_issuance_stopped().await?;
    let shown = words.history(&found.application, &found.steps, &found.signed);
    let values = context! {
        come => Serde(Come::of(&state, &visit, &found.application)),
        application => Serde(shown.while_stopped(is_stopped)),
        reminder,
        errors => Vec::<String>::new(),
    };
    Ok(state.render(&visit, Some(&signed_in), &ONE, values))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Fields {
    csrf: String,
}

pub(crate) async fn cancel(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Path(asked): Path<String>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Redirect, Problem> {
    signed_in.check(&headers, &fields.csrf)?;
    let (session, number, now) = (signed_in.session, number(&asked)?, state.now());
    let cancelled = state
        .ra(move |ra| ra.cancel(&session, &number, now))
        .await?;
    Ok(Redirect::to(&format!(
        "/{}/cabinet/applications/{}",
        visit.language.tag(),
        cancelled.number
    )))
}
