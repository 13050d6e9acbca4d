//! `/{lang}/desk/pending` and `/{lang}/desk/pending/{act}`: what waits for a second signature.

use axum::extract::{Path, Query, State};
use axum::response::Html;
use minijinja::{Value, context};
use serde::Deserialize;
use tanba_model::decision::{Act, DecisionReason, Identification};
use tanba_model::id::ActId;
use tanba_ra::PendingView;

use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const LIST: Screen = Screen::new("desk/pending.html", "desk-pending", "desk-pending-title");
const ONE: Screen = Screen::new(
    "desk/pending_act.html",
    "desk-pending-act",
    "desk-pending-act-title",
);
/// Acts of one page.
const PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    /// After this record.
    after: Option<i64>,
}

pub(crate) async fn list(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let clerk = at_desk.0.clone();
    let waiting = state
        .ra(move |ra| ra.desk_pending(&clerk, fields.after.map(ActId)))
        .await?;
    let next = waiting
        .last()
        .filter(|_| waiting.len() >= PAGE)
        .map(|last| last.waiting.id.0);
    let acts: Vec<Value> = waiting
        .iter()
        .map(|one| view(&state, &visit, one))
        .collect();
    Ok(state.render_desk(&visit, &at_desk, &LIST, context! { acts, next }))
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Path(id): Path<i64>,
) -> Result<Html<String>, Problem> {
    at_desk.looks(&state).await?;
    let (clerk, now) = (at_desk.0.clone(), state.now());
    let found = state
        .ra(move |ra| ra.desk_pending_act(&clerk, ActId(id), now))
        .await?;
    let values = context! {
        act => view(&state, &visit, &found),
        confirmable => found.confirmable && !found.is_lost,
        is_lost => found.is_lost,
        withdrawable => found.withdrawable,
        first_is_me => at_desk.0.person.id == found.waiting.first_person,
        own => at_desk.0.person.id == found.person.id,
        errors => Vec::<String>::new(),
    };
    Ok(state.render_desk(&visit, &at_desk, &ONE, values))
}

fn view(state: &CabinetState, visit: &Visit, one: &PendingView) -> Value {
    let words = state.words(visit);
    let document = &one.document;
    let way = document
        .identification
        .as_deref()
        .and_then(Identification::from_oid);
    let changes: Vec<Value> = document
        .changes
        .iter()
        .map(|(field, value)| context! { field, value })
        .collect();
    context! {
        id => one.waiting.id.0,
        act => one.waiting.act.name(),
        person => one.person.full_name(),
        person_id => one.person.id.0,
        iin => one.person.iin.as_str(),
        operator => format!("{} {}", document.operator.surname, document.operator.given_name),
        asked => words.date_time(one.waiting.asked_at),
        expires => words.date_time(one.waiting.expires_at),
        centre => state.centre(visit, &one.waiting.centre),
        reason => document.reason.as_deref().filter(|name| DecisionReason::from_name(name).is_some()),
        identification => way.map(Identification::name),
        remark => document.remark.as_str(),
        present => Some(&one.person).filter(|_| one.waiting.act == Act::Email).map(|person| {
            person.email.as_ref().map(|email| email.as_str()).unwrap_or_default()
        }),
        certificates => document.certificates.clone(),
        changes,
    }
}
