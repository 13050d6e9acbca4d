//! `/{lang}/cabinet/profile`: what the register knows, language, reminders, open sessions. Works without script.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Deserialize;
use tanba_model::language::Language;

use crate::body::Form;
use crate::problem::Problem;
use crate::render::Screen;
use crate::session::{SignedIn, closing_cookie};
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen =
    Screen::new("cabinet/profile.html", "profile", "menu-name-profile").help(&[8]);

/// What a form of the page brings; each of them uses its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    csrf: String,
    language: String,
    reminders: Option<String>,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Html<String>, Problem> {
    let (session, now) = (signed_in.session.clone(), state.now());
    let open = state.ra(move |ra| ra.sessions(&session, now)).await?;
    let words = state.words(&visit);
    let sessions: Vec<Value> = open
        .iter()
        .map(|open| {
            context! {
                name => open.name.as_str(),
                serial => open.serial.as_ref().map(tanba_pki::SerialNumber::hex),
                opened => words.date_time(open.created_at),
                used => words.date_time(open.used_at),
                is_this => open.is_this,
            }
        })
        .collect();
    let values = context! {
        person => Serde(words.person(&signed_in.person)),
        reminders => signed_in.person.reminders,
        sessions,
    };
    Ok(state.render(&visit, Some(&signed_in), &SCREEN, values))
}

/// `POST /{lang}/cabinet/profile/language`: of pages (the browser remembers it) and of mails.
pub(crate) async fn language(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Redirect, Problem> {
    signed_in.check(&headers, &fields.csrf)?;
    let language = Language::from_tag(&fields.language).ok_or_else(Problem::bad_request)?;
    let now = state.now();
    state
        .ra(move |ra| ra.set_language(&signed_in.session, language, now))
        .await?;
    // The page behind sets the cookie of its own language.
    Ok(back(language, "language"))
}

/// `POST /{lang}/cabinet/profile/reminders`
pub(crate) async fn reminders(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Redirect, Problem> {
    signed_in.check(&headers, &fields.csrf)?;
    let (wanted, now) = (fields.reminders.is_some(), state.now());
    state
        .ra(move |ra| ra.set_reminders(&signed_in.session, wanted, now))
        .await?;
    Ok(back(visit.language, "notices"))
}

/// `POST /{lang}/cabinet/profile/sessions/{name}/end`
pub(crate) async fn end_session(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Path(name): Path<String>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    signed_in.check(&headers, &fields.csrf)?;
    let now = state.now();
    let ended_this = state
        .ra(move |ra| {
            let open = ra.sessions(&signed_in.session, now)?;
            ra.end_session(&signed_in.session, &name, now)?;
            let this = open.iter().find(|open| open.is_this);
            Ok::<_, Problem>(this.is_some_and(|this| this.name == name))
        })
        .await?;
    if ended_this {
        let front = Redirect::to(&format!("/{}", visit.language.tag()));
        return Ok(([(SET_COOKIE, closing_cookie(state.config()))], front).into_response());
    }
    Ok(back(visit.language, "sessions").into_response())
}

fn back(language: Language, part: &str) -> Redirect {
    Redirect::to(&format!("/{}/cabinet/profile#{part}", language.tag()))
}
