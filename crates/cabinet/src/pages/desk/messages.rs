//! `/{lang}/desk/messages`: messages that nobody took, to be sent again or laid to rest. What they say and the whole of an
//! address stand nowhere here. Works without script.

use axum::extract::{Query, State};
use axum::response::{Html, Redirect};
use minijinja::{Value, context};
use serde::Deserialize;
use tanba_model::id::MessageId;
use tanba_model::message::DeadMessage;
use tanba_ra::DeadLetterAct;

use crate::body::Form;
use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("desk/messages.html", "desk-messages", "desk-messages-title");

/// What may have become of a letter, as the page's address says it after an act.
pub(crate) const OUTCOMES: [&str; 3] = ["retried", "discarded", "gone"];

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    /// Only letters with a record below this one.
    before: Option<i64>,
    /// One of [`OUTCOMES`].
    done: Option<String>,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let (clerk, before) = (at_desk.0.clone(), fields.before.map(MessageId));
    let page = state
        .ra(move |ra| ra.desk_dead_letters(&clerk, before))
        .await?;
    let letters: Vec<Value> = page
        .letters
        .iter()
        .map(|letter| {
            let own = letter.person == Some(at_desk.0.person.id);
            view(&state, &visit, letter, own)
        })
        .collect();
    let done = OUTCOMES
        .into_iter()
        .find(|outcome| fields.done.as_deref() == Some(outcome));
    let values = context! {
        letters, done, before => fields.before, total => page.total, own_centre => page.total.is_none(), next => page.next.map(|next| next.0),
    };
    Ok(state.render_desk(&visit, &at_desk, &SCREEN, values))
}

fn view(state: &CabinetState, visit: &Visit, letter: &DeadMessage, own: bool) -> Value {
    let words = state.words(visit);
    let kind = format!("message-kind-{}", letter.kind);
    // A program of another version may have put in what this one does not know.
    let known = state.catalogue().has(visit.language, &kind);
    context! {
        id => letter.id.0,
        kind => if known { kind.as_str() } else { "message-kind-other" },
        channel => letter.to.channel().name(),
        to => letter.to.masked(),
        created => words.date_time(letter.created_at),
        given_up => words.date_time(letter.dead_at),
        tries => letter.tries,
        cause => cause(&letter.cause),
        own,
    }
}

/// The key of why a message was given up.
fn cause(words: &str) -> &'static str {
    match words {
        "refused" => "message-cause-refused",
        "no such recipient" => "message-cause-nobody",
        "too old" => "message-cause-too-old",
        _ => "message-cause-other",
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    message: i64,
    /// `retry` or `discard`.
    act: String,
    /// Why it is laid to rest.
    #[serde(default)]
    why: String,
    /// The page that was read, so that one stays on it.
    before: Option<String>,
}

/// `POST /{lang}/desk/messages`: sends one again, or lays it to rest.
pub(crate) async fn settle(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Form(wish): Form<Wish>,
) -> Result<Redirect, Problem> {
    let (act, outcome) = match wish.act.as_str() {
        "retry" => (DeadLetterAct::Retry, "retried"),
        "discard" => (DeadLetterAct::Discard, "discarded"),
        _ => return Err(Problem::bad_request()),
    };
    let (clerk, id, now) = (at_desk.0, MessageId(wish.message), state.now());
    let why = wish.why;
    let settled = state
        .ra(move |ra| ra.desk_settle_dead_letter(&clerk, id, (act, &why), now))
        .await?;
    let done = if settled { outcome } else { "gone" };
    let before: Option<i64> = wish.before.and_then(|before| before.parse().ok());
    let before = before.map_or_else(String::new, |before| format!("&before={before}"));
    let language = visit.language.tag();
    Ok(Redirect::to(&format!(
        "/{language}/desk/messages?done={done}{before}"
    )))
}
