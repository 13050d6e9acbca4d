//! `/{lang}/desk`: the queue of a registration centre, and finding what a person brings along.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use minijinja::context;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};
use tanba_model::id::{ApplicationId, DecisionId};
use tanba_model::ports::{QueueEntry, QueuePlace};
use tanba_pki::Timestamp;
use tanba_ra::{DeskError, Found, Mistyped, QueueWish, codes};

use crate::body::Form;
use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

pub(crate) mod admin;
pub(crate) mod application;
pub(crate) mod audit;
pub(crate) mod enter;
pub(crate) mod messages;
pub(crate) mod pending;
pub(crate) mod person;

const SCREEN: Screen = Screen::new("desk/queue.html", "desk", "desk-title");

/// States that the queue can be filtered by; the first one is what waits.
pub(crate) const STATES: [&str; 7] = [
    "SUBMITTED",
    "CONFIRMED",
    "ISSUED",
    "INSTALLED",
    "REJECTED",
    "EXPIRED",
    "CANCELLED",
];

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    /// One of [`STATES`], or `mine` for what the clerk decided.
    state: Option<String>,
    /// `newest` or `oldest`.
    order: Option<String>,
    /// Where the page starts: `{seconds}.{record}`, or a record of the clerk's decisions.
    after: Option<String>,
}

/// A row of the queue.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) number: String,
    pub(crate) grouped: String,
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) since: String,
    pub(crate) appear_by: String,
    pub(crate) centre: String,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    queue_page(&state, &visit, &at_desk, fields, None).await
}

async fn queue_page(
    state: &CabinetState,
    visit: &Visit,
    at_desk: &AtDesk,
    fields: Fields,
    mistake: Option<(String, String)>,
) -> Result<Html<String>, Problem> {
    let mine = fields.state.as_deref() == Some("mine") && at_desk.0.role().has_centre();
    let chosen = STATES
        .into_iter()
        .find(|name| fields.state.as_deref() == Some(name))
        .unwrap_or("SUBMITTED");
    let newest_first = fields.order.as_deref() == Some("newest");
    let clerk = at_desk.0.clone();
    let (entries, next) = if mine {
        let before = fields.after.as_deref().and_then(|after| after.parse().ok());
        let (entries, next) = state
            .ra(move |ra| ra.desk_decided(&clerk, before.map(DecisionId)))
            .await?;
        (entries, next.map(|id| id.to_string()))
    } else {
        let wish = QueueWish {
            state: chosen.to_owned(),
            newest_first,
            after: fields.after.as_deref().and_then(place),
        };
        let page = state.ra(move |ra| ra.desk_queue(&clerk, &wish)).await?;
        let next = page
            .next
            .map(|QueuePlace(at, id)| format!("{}.{id}", at.unix()));
        (page.entries, next)
    };
    let rows: Vec<Row> = entries
        .iter()
        .map(|entry| row(state, visit, entry))
        .collect();
    let filter = if mine { "mine" } else { chosen };
    let order = if newest_first { "newest" } else { "oldest" };
    let next = next.map(|next| {
        format!(
            "/{}/desk?state={filter}&order={order}&after={next}",
            visit.language.tag()
        )
    });
    let (typed, error) = mistake.unzip();
    let screen = Screen {
        has_errors: error.is_some(),
        ..SCREEN
    };
    let values = context! {
        rows => Serde(rows), next, filter, order, typed, error, states => STATES,
        first => fields.after.is_none(),
    };
    Ok(state.render_desk(visit, at_desk, &screen, values))
}

fn place(after: &str) -> Option<QueuePlace> {
    let (at, id) = after.split_once('.')?;
    Some(QueuePlace(
        Timestamp::from_unix(at.parse().ok()?),
        ApplicationId(id.parse().ok()?),
    ))
}

pub(crate) fn row(state: &CabinetState, visit: &Visit, entry: &QueueEntry) -> Row {
    let words = state.words(visit);
    Row {
        number: entry.number.as_str().to_owned(),
        grouped: entry.number.grouped(),
        name: entry.name.clone(),
        state: entry.state,
        since: words.date_time(entry.since),
        appear_by: entry
            .appear_by
            .map(|by| words.date(Timestamp::from_unix(by.unix() - 1)))
            .unwrap_or_default(),
        centre: state.centre(visit, &entry.centre),
    }
}

/// The text that says what is wrong with a number.
pub(crate) const fn mistyped_key(mistyped: Mistyped) -> &'static str {
    match mistyped {
        Mistyped::Missing => "desk-find-missing",
        Mistyped::Form => "desk-find-form",
        Mistyped::CheckDigit => "desk-find-check",
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Search {
    /// A number, an IIN, or what a scanner typed.
    what: String,
}

/// `POST /{lang}/desk/find`: what is searched for is personal, so it does not stand in an address.
pub(crate) async fn find(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Form(search): Form<Search>,
) -> Result<Response, Problem> {
    at_desk.finds(&state)?;
    let (clerk, text, now) = (at_desk.0.clone(), search.what.clone(), state.now());
    let found = state
        .ra(move |ra| Ok::<_, Problem>(ra.desk_find(&clerk, &text, now)))
        .await?;
    let language = visit.language.tag();
    match found {
        Ok(Found::Application(number)) => {
            Ok(Redirect::to(&format!("/{language}/desk/applications/{number}")).into_response())
        }
        Ok(Found::Person(id)) => {
            Ok(Redirect::to(&format!("/{language}/desk/persons/{id}")).into_response())
        }
        Err(error @ (DeskError::NoPerson | DeskError::OtherCentre)) => {
            let mistyped =
                Mistyped::of(&search.what).filter(|_| error.code() == codes::PERSON_UNKNOWN);
            let problem = Problem::from(error);
            let sentence = mistyped.map_or_else(
                || problem.sentence(state.catalogue(), &visit),
                |mistyped| state.text(&visit, mistyped_key(mistyped)),
            );
            let mistake = Some((search.what, sentence));
            let page = queue_page(&state, &visit, &at_desk, Fields::default(), mistake).await?;
            let status =
                mistyped.map_or_else(|| problem.status(), |_| StatusCode::UNPROCESSABLE_ENTITY);
            Ok((status, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
