//! `/{lang}/cabinet/profile`: what the register knows, the languages, and why notices cannot be turned off.

use axum::extract::State;
use axum::response::Html;
use minijinja::context;
use minijinja::value::Serde;

use crate::problem::Problem;
use crate::render::Screen;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen =
    Screen::new("cabinet/profile.html", "profile", "menu-name-profile").help(&[8]);

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Html<String>, Problem> {
    let person = state.words(&visit).person(&signed_in.person);
    Ok(state.render(
        &visit,
        Some(&signed_in),
        &SCREEN,
        context! { person => Serde(person) },
    ))
}
