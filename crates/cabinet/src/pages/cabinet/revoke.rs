//! `/{lang}/cabinet/revoke`: what can be done today about keys in other hands.

use axum::extract::State;
use axum::response::Html;
use minijinja::context;
use minijinja::value::Serde;

use crate::problem::Problem;
use crate::render::Screen;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::view;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("cabinet/revoke.html", "revoke", "menu-keys-revoke").help(&[8]);

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Html<String>, Problem> {
    let words = state.words(&visit);
    let mut records = state.certificates_of(&signed_in).await?;
    records.retain(|record| view::is_usable(record, words.now));
    let certificates = words.certificates(&records);
    Ok(state.render(
        &visit,
        Some(&signed_in),
        &SCREEN,
        context! { certificates => Serde(certificates) },
    ))
}
