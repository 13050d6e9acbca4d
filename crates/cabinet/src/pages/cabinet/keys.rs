//! `/{lang}/cabinet/keys`: all certificates of the person, however they came about.

use axum::extract::State;
use axum::response::Html;
use minijinja::context;
use minijinja::value::Serde;

use crate::problem::Problem;
use crate::render::Screen;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("cabinet/keys.html", "keys", "menu-keys-list").help(&[8]);

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Html<String>, Problem> {
    let records = state.certificates_of(&signed_in).await?;
    let certificates = state.words(&visit).certificates(&records);
    Ok(state.render(
        &visit,
        Some(&signed_in),
        &SCREEN,
        context! { certificates => Serde(certificates) },
    ))
}
