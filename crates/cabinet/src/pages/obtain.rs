//! `/{lang}/obtain`: how first keys are obtained.

use axum::extract::State;
use axum::response::Html;
use minijinja::context;

use crate::problem::Problem;
use crate::render::Screen;
use crate::session::MaybeSignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("obtain.html", "obtain", "home-obtain").help(&[1]);

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    MaybeSignedIn(signed_in): MaybeSignedIn,
) -> Result<Html<String>, Problem> {
    Ok(state.render(&visit, signed_in.as_ref(), &SCREEN, context! {}))
}
