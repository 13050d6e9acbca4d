//! `/{lang}/cabinet/password`: happens on the device alone; the server only brings the page.

use axum::extract::State;
use axum::response::Html;
use minijinja::context;

use crate::problem::Problem;
use crate::render::Screen;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen =
    Screen::new("cabinet/password.html", "password", "menu-keys-password").help(&[14]);

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Html<String>, Problem> {
    let values = context! { errors => Vec::<String>::new() };
    Ok(state.render(&visit, Some(&signed_in), &SCREEN, values))
}
