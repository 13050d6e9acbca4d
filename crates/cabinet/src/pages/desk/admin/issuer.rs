//! `/{lang}/desk/admin/issuers/{issuer}`: one authority, and the switch that stops it.

use axum::extract::{Path, Query, State};
use axum::response::Html;
use minijinja::{Value, context};
use serde::Deserialize;
use tanba_model::administration::{Administration, AdministrationDocument, AdministrativeAct};

use super::view;
use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new(
    "desk/admin/issuer.html",
    "desk-admin-issuer",
    "console-issuer-title",
);

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    /// [`AdministrativeAct::name`] of what was just signed.
    done: Option<String>,
    /// The profile that it was about.
    profile: Option<String>,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Path(name): Path<String>,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let (clerk, now) = (at_desk.0.clone(), state.now());
    let found = state
        .ra(move |ra| ra.console_issuer(&clerk, &name, now))
        .await?
        .ok_or_else(Problem::page_not_found)?;
    let stopped: Vec<String> = found
        .issuer
        .profile_stops
        .iter()
        .filter_map(|stop| stop.profile.clone())
        .collect();
    let free: Vec<String> = found
        .profiles
        .iter()
        .filter(|profile| !stopped.contains(profile))
        .cloned()
        .collect();
    let orders = found.orders.iter();
    let done = fields
        .done
        .as_deref()
        .and_then(AdministrativeAct::from_name);
    // Only a name that is known is repeated.
    let profile = fields
        .profile
        .filter(|profile| found.profiles.contains(profile));
    let values = context! {
        issuer => view(&state, &visit, &found.issuer),
        stopped, free,
        orders => orders.filter_map(|order| signed(&state, &visit, order)).collect::<Vec<_>>(),
        done => done.map(|act| context! { act => act.name(), profile }),
        errors => Vec::<String>::new(),
    };
    Ok(state.render_desk(&visit, &at_desk, &SCREEN, values))
}

/// A signed order as pages show it, from the very document that was signed.
fn signed(state: &CabinetState, visit: &Visit, order: &Administration) -> Option<Value> {
    let document = AdministrationDocument::from_bytes(&order.made.document).ok()?;
    let who = &document.administrator;
    Some(context! {
        act => order.made.act.name(),
        at => state.words(visit).date_time(order.made.at),
        who => format!("{} {}", who.surname, who.given_name),
        role => document.role.as_str(),
        profile => document.scope()?.profile,
        reason => document.reason,
    })
}
