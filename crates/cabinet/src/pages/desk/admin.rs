//! `/{lang}/desk/admin`: what the authority itself is made of, to read. Issuers, profiles and lists get pages under it.

use axum::extract::State;
use axum::response::Html;
use minijinja::context;

use crate::clerk::AtDesk;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("desk/admin.html", "desk-admin", "desk-admin-title");

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
) -> Html<String> {
    let centres: Vec<_> = state
        .authority()
        .centres()
        .iter()
        .map(|centre| {
            context! {
                code => centre.code.as_str(), name => centre.name(visit.language), address => centre.address(visit.language),
                hours => centre.hours.text(visit.language),
            }
        })
        .collect();
    state.render_desk(&visit, &at_desk, &SCREEN, context! { centres })
}
