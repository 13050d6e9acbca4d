//! `/{lang}/desk/enter`: signing in at the desk with a key of staff; `POST /{lang}/desk/logout`: leaving it.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{Html, IntoResponse, Redirect};
use minijinja::context;
use serde::Deserialize;

use crate::clerk::{closing_cookie, token};
use crate::pages::enter::is_ours;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("desk/enter.html", "desk-enter", "desk-enter-title");

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    /// Where somebody wanted to go who had to sign in first.
    next: Option<String>,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    Query(fields): Query<Fields>,
) -> Html<String> {
    let next = fields.next.filter(|next| is_ours(next));
    let notice = next
        .as_ref()
        .map(|_| state.text(&visit, "error-desk-session-required-detail"));
    // Whoever asked for the desk as such begins where her role does.
    let desk = format!("/{}/desk", visit.language.tag());
    let next = next.filter(|next| *next != desk);
    let values = context! { next, notice, errors => Vec::<String>::new() };
    state.render(&visit, None, &SCREEN, values)
}

pub(crate) async fn leave(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let token = token(&headers, state.config()).unwrap_or_default();
    let now = state.now();
    state.ra(move |ra| ra.desk_logout(&token, now)).await?;
    let door = Redirect::to(&format!("/{}/desk/enter", visit.language.tag()));
    Ok(([(SET_COOKIE, closing_cookie(state.config()))], door))
}
