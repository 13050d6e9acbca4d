//! `/{lang}/desk/admin/blocked`: keys for which nothing is certified any more.

use axum::extract::{Query, State};
use axum::response::Html;
use minijinja::{Value, context};
use serde::Deserialize;
use tanba_ra::BlockedView;

use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new(
    "desk/admin/blocked.html",
    "desk-admin-blocked",
    "console-blocked-title",
);

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    /// The digest after which the page begins, hexadecimal.
    after: Option<String>,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let clerk = at_desk.0.clone();
    let after = fields.after.as_deref().and_then(digest);
    let page = state
        .ra(move |ra| ra.console_blocked(&clerk, after.as_ref()))
        .await?;
    let keys: Vec<Value> = page
        .keys
        .iter()
        .map(|key| view(&state, &visit, key))
        .collect();
    let next = page.next.map(|next| tanba_pki::hex::encode(&next));
    let values = context! { keys, next, first => after.is_none() };
    Ok(state.render_desk(&visit, &at_desk, &SCREEN, values))
}

fn view(state: &CabinetState, visit: &Visit, blocked: &BlockedView) -> Value {
    let key = &blocked.key;
    context! {
        certificates => blocked.certificates, valid => blocked.valid,
        digest => tanba_pki::hex::encode(&key.public_key_sha256), since => state.words(visit).date_time(key.at),
        source => key.source.name(), reason => key.reason.as_str(),
    }
}

/// 64 hexadecimal digits.
fn digest(text: &str) -> Option<[u8; 32]> {
    tanba_pki::hex::decode(text)?.try_into().ok()
}
