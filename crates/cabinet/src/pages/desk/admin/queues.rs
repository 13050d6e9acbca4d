//! `/{lang}/desk/admin/queues`: what waits, and for how long.

use axum::extract::State;
use axum::response::Html;
use minijinja::{Value, context};
use tanba_model::ports::Backlog;

use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new(
    "desk/admin/queues.html",
    "desk-admin-queues",
    "console-queues-title",
);

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
) -> Result<Html<String>, Problem> {
    let clerk = at_desk.0.clone();
    let queues = state.ra(move |ra| ra.console_queues(&clerk)).await?;
    let view = |key: String, backlog: &Backlog| -> Value {
        context! {
            key, waiting => backlog.waiting,
            oldest => backlog.oldest.map(|at| state.words(&visit).date_time(at)),
        }
    };
    let outbox: Vec<Value> = queues
        .outbox
        .iter()
        .map(|(channel, backlog)| view(format!("message-channel-{}", channel.name()), backlog))
        .collect();
    let applications: Vec<Value> = queues
        .applications
        .iter()
        .map(|(name, backlog)| view(format!("state-{name}"), backlog))
        .collect();
    let values = context! {
        outbox, applications, dead_letters => queues.dead_letters, open_intents => queues.open_intents,
    };
    Ok(state.render_desk(&visit, &at_desk, &SCREEN, values))
}
