//! `/{lang}/not-me/{token}`: looking changes nothing, because mail scanners follow links; the button freezes.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse};
use minijinja::context;
use tanba_ra::{NotMeError, PhoneTakenBack};

use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("not_me.html", "not-me", "not-me-title");

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let (asked, now) = (token.clone(), state.now());
    let found = match state
        .ra(move |ra| Ok::<_, Problem>(ra.not_me_page(&asked, now)))
        .await?
    {
        Ok(found) => found,
        Err(NotMeError::LinkExpired) => return used(&state, &visit),
        Err(error) => return Err(error.into()),
    };
    let (phone_back, phone_removed) = match found.taken_back.phone {
        Some(PhoneTakenBack::Back(number)) => (Some(number), None),
        Some(PhoneTakenBack::Removed(number)) => (None, Some(number)),
        None => (None, None),
    };
    let values = context! {
        valid => true,
        done => false,
        number => found.application.as_ref().map(|application| application.number.grouped()),
        created => found.application.as_ref().map(|application| state.words(&visit).date_time(application.created_at)),
        address_back => found.taken_back.address,
        phone_back,
        phone_removed,
        action => format!("/{}/not-me/{}", visit.language.tag(), crate::problem::encode(&token)),
    };
    Ok((StatusCode::OK, state.render(&visit, None, &SCREEN, values)))
}

pub(crate) async fn freeze(
    State(state): State<CabinetState>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let now = state.now();
    let frozen = match state
        .ra(move |ra| Ok::<_, Problem>(ra.not_me(&token, now)))
        .await?
    {
        Ok(frozen) => frozen,
        Err(NotMeError::LinkExpired) => return used(&state, &visit),
        Err(error) => return Err(error.into()),
    };
    let serials: Vec<String> = frozen
        .serials
        .iter()
        .map(tanba_pki::SerialNumber::hex)
        .collect();
    let values = context! { done => true, valid => false, serials };
    Ok((StatusCode::OK, state.render(&visit, None, &SCREEN, values)))
}

/// Only wrong links are counted: nobody guesses 128 bits, and whoever has to freeze her keys at once must not wait because a
/// neighbour of her network looked up too much.
fn used(state: &CabinetState, visit: &Visit) -> Result<(StatusCode, Html<String>), Problem> {
    visit.count(state, Limited::Link)?;
    let values = context! { done => false, valid => false };
    Ok((StatusCode::GONE, state.render(visit, None, &SCREEN, values)))
}
