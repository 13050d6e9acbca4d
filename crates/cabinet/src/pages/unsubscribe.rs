//! `/{lang}/unsubscribe/{token}`: looking changes nothing; the button, or the one click of a mail program (RFC 8058),
//! stops reminders. No session and no CSRF token: the link is the authority, and whoever has it can do no more with it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse};
use minijinja::context;

use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("unsubscribe.html", "unsubscribe", "unsubscribe-title");

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let action = format!(
        "/{}/unsubscribe/{}",
        visit.language.tag(),
        crate::problem::encode(&token)
    );
    let wanted = state
        .ra(move |ra| Ok::<_, Problem>(ra.reminders_by_link(&token)?))
        .await?;
    page(&state, &visit, wanted, &action)
}

pub(crate) async fn stop(
    State(state): State<CabinetState>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let now = state.now();
    let stopped = state
        .ra(move |ra| Ok::<_, Problem>(ra.unsubscribe(&token, now)?))
        .await?;
    page(&state, &visit, stopped.then_some(false), "")
}

/// `wanted`: whether reminders are; `None` where the link is none of ours. Only such links are counted: the one click comes from
/// the few addresses of a provider of mail.
fn page(
    state: &CabinetState,
    visit: &Visit,
    wanted: Option<bool>,
    action: &str,
) -> Result<(StatusCode, Html<String>), Problem> {
    let status = if wanted.is_some() {
        StatusCode::OK
    } else {
        visit.count(state, Limited::Link)?;
        StatusCode::NOT_FOUND
    };
    let values = context! { valid => wanted.is_some(), wanted => wanted.unwrap_or(false), action };
    Ok((status, state.render(visit, None, &SCREEN, values)))
}
