//! `/{lang}/revoke`: revoking or freezing without a key: IIN, code from the mail, choice. Works without script.

use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use tanba_model::iin::{Iin, IinError};
use tanba_model::revocation::LifeEvent;
use tanba_ra::{EntryError, RevokeError};

use crate::body::Form;
use crate::limited::{self, Limited, MaybeLimited};
use crate::problem::Problem;
use crate::rate_limit::Limited as Limit;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("revoke.html", "keyless", "keyless-title").help(&[14]);

#[derive(Debug, Serialize)]
struct Mistake {
    field: &'static str,
    text: String,
}

/// What the address of the page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Came {
    /// Whether a button was pressed after the session had ended.
    over: Option<String>,
}

/// Where whoever pressed a button too late is told that it did nothing.
pub(crate) fn over(language: &str) -> String {
    format!("/{language}/revoke?over=yes")
}

/// `GET /{lang}/revoke`: whoever entered with a code chooses; everybody else says who she is.
pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    limited: MaybeLimited,
    Query(came): Query<Came>,
) -> Result<Response, Problem> {
    if let Some(limited) = limited.by_code() {
        return choose(&state, &visit, &limited, &Choice::default(), Vec::new()).await;
    }
    if came.over.is_none() {
        return Ok(page(&state, &visit, "iin", &[], context! {}));
    }
    // A page without a word would let a frightened person believe that her key is dead.
    let mistakes = [mistake("", state.text(&visit, "keyless-over"))];
    let mut shown = page(&state, &visit, "iin", &mistakes, context! {});
    *shown.status_mut() = StatusCode::OK;
    Ok(shown)
}

#[derive(Debug, Deserialize)]
pub(crate) struct Who {
    #[serde(default)]
    iin: String,
}

/// `POST /{lang}/revoke`: sends a code, or does as if. Whatever the number is, the answer is the same.
pub(crate) async fn ask(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Form(who): Form<Who>,
) -> Result<Response, Problem> {
    let typed: String = who.iin.split_whitespace().collect();
    let iin = match Iin::parse(&typed) {
        Ok(iin) => iin,
        Err(error) => {
            let key = match error {
                _ if typed.is_empty() => "keyless-iin-missing",
                IinError::CheckDigit => "keyless-iin-check",
                IinError::Form | _ => "keyless-iin-form",
            };
            let mistakes = [mistake("iin", state.text(&visit, key))];
            let values = context! { iin => typed };
            return Ok(page(&state, &visit, "iin", &mistakes, values));
        }
    };
    let (limits, now) = (state.config().limits(), state.now());
    let (limiter, per_minute) = (state.limiter(), limits.entries_per_minute);
    let of_iin = limits.entries_per_iin_per_minute;
    // Before anybody looks whether there is such a person.
    limiter
        .take(Limit::Entry, &visit.network, per_minute, now)
        .and_then(|()| limiter.take(Limit::EntryOf, &iin.as_str(), of_iin, now))
        .map_err(Problem::too_many_entries)?;
    let earlier = limited::flow(&headers, state.config());
    let flow = state
        .ra(move |ra| ra.ask_entry(&iin, earlier.as_deref(), now))
        .await?;
    let next = Redirect::to(&format!("/{}/revoke/code", visit.language.tag()));
    let Some(flow) = flow else {
        return Ok(next.into_response());
    };
    let cookie = limited::flow_cookie(flow.expose(), state.config());
    Ok(([(SET_COOKIE, cookie)], next).into_response())
}

/// `GET /{lang}/revoke/code`
pub(crate) async fn code(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
) -> Response {
    if limited::flow(&headers, state.config()).is_none() {
        return start(&visit).into_response();
    }
    page(&state, &visit, "code", &[], context! {})
}

#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    code: String,
}

/// `POST /{lang}/revoke/code`
pub(crate) async fn answer(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Form(typed): Form<Answer>,
) -> Result<Response, Problem> {
    let Some(flow) = limited::flow(&headers, state.config()) else {
        return Ok(Redirect::to(&over(visit.language.tag())).into_response());
    };
    let (limits, now) = (state.config().limits(), state.now());
    state
        .limiter()
        .take(Limit::Code, &visit.network, limits.codes_per_minute, now)
        .map_err(Problem::too_many_answers)?;
    let origin = state.limiter().pseudonym(&visit.network);
    let answered = state
        .ra(move |ra| Ok::<_, Problem>(ra.answer_entry(&flow, &typed.code, now, &origin)))
        .await?;
    match answered {
        Ok(opened) => {
            let config = state.config();
            let cookies = AppendHeaders([
                (
                    SET_COOKIE,
                    limited::opening_cookie(opened.token.expose(), config),
                ),
                (SET_COOKIE, limited::flow_closing_cookie(config)),
            ]);
            Ok((cookies, start(&visit)).into_response())
        }
        Err(EntryError::Storage(error)) => Err(EntryError::Storage(error).into()),
        Err(error) => {
            let problem = Problem::from(error);
            let mistakes = [mistake("code", problem.sentence(state.catalogue(), &visit))];
            Ok(page(&state, &visit, "code", &mistakes, context! {}))
        }
    }
}

/// What was chosen: fields of a form of which one comes more than once.
#[derive(Debug, Default)]
struct Choice {
    serials: Vec<String>,
    event: String,
    sure: bool,
}

impl Choice {
    fn of(fields: Vec<(String, String)>) -> Self {
        let mut choice = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "serial" => choice.serials.push(value),
                "event" => choice.event = value,
                "sure" => choice.sure = true,
                _ => {}
            }
        }
        choice
    }
}

/// `POST /{lang}/revoke/certificates`
pub(crate) async fn revoke(
    State(state): State<CabinetState>,
    visit: Visit,
    limited: Limited,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let choice = Choice::of(fields);
    let mut mistakes = Vec::new();
    if choice.serials.is_empty() {
        mistakes.push(mistake("serials", state.text(&visit, "revoke-choose-none")));
    }
    if LifeEvent::from_name(&choice.event).is_none() {
        mistakes.push(mistake("event", state.text(&visit, "revoke-event-none")));
    }
    if !choice.sure {
        mistakes.push(mistake("sure", state.text(&visit, "revoke-tick")));
    }
    if !mistakes.is_empty() {
        return choose(&state, &visit, &limited, &choice, mistakes).await;
    }
    let (session, now) = (limited.session.clone(), state.now());
    let (serials, event) = (choice.serials.clone(), choice.event.clone());
    let done = state
        .ra(move |ra| {
            let before = ra.limited_certificates(&session, now)?;
            let done = ra.revoke_by_code(&session, &serials, &event, now);
            let left = ra.limited_certificates(&session, now)?;
            Ok::<_, Problem>(done.map(|revoked| (revoked, before, left)))
        })
        .await?;
    match done {
        Ok((revoked, mut before, left)) => {
            before.retain(|record| revoked.serials.contains(&record.serial));
            let lost = LifeEvent::from_name(&choice.event) == Some(LifeEvent::Lost);
            let remaining = state.words(&visit).remaining(&left, &before, lost);
            let serials: Vec<String> = revoked
                .serials
                .iter()
                .map(tanba_pki::SerialNumber::hex)
                .collect();
            let reason = state.text(&visit, &format!("reason-{}", revoked.reason.name()));
            let values = context! { serials, reason, remaining => Serde(remaining) };
            Ok(page(&state, &visit, "revoked", &[], values))
        }
        Err(error @ RevokeError::NotRevocable) => {
            let problem = Problem::from(error);
            let text = problem.sentence(state.catalogue(), &visit);
            choose(
                &state,
                &visit,
                &limited,
                &choice,
                vec![mistake("serials", text)],
            )
            .await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Sure {
    sure: Option<String>,
}

/// `POST /{lang}/revoke/freeze`
pub(crate) async fn freeze(
    State(state): State<CabinetState>,
    visit: Visit,
    limited: Limited,
    Form(form): Form<Sure>,
) -> Result<Response, Problem> {
    if form.sure.is_none() {
        let mistakes = vec![mistake(
            "freeze-sure",
            state.text(&visit, "keyless-freeze-tick"),
        )];
        return choose(&state, &visit, &limited, &Choice::default(), mistakes).await;
    }
    let (session, now) = (limited.session, state.now());
    let frozen = state
        .ra(move |ra| ra.freeze_by_code(&session, now).map_err(Problem::from))
        .await?;
    let serials: Vec<String> = frozen
        .serials
        .iter()
        .map(tanba_pki::SerialNumber::hex)
        .collect();
    let shown = page(&state, &visit, "frozen", &[], context! { serials });
    Ok((
        [(SET_COOKIE, limited::closing_cookie(state.config()))],
        shown,
    )
        .into_response())
}

/// `POST /{lang}/revoke/leave`
pub(crate) async fn leave(
    State(state): State<CabinetState>,
    visit: Visit,
    _limited: Limited,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let token = limited::token(&headers, state.config()).unwrap_or_default();
    let now = state.now();
    state.ra(move |ra| ra.end_limited(&token, now)).await?;
    let front = Redirect::to(&format!("/{}", visit.language.tag()));
    Ok((
        [(SET_COOKIE, limited::closing_cookie(state.config()))],
        front,
    )
        .into_response())
}

fn start(visit: &Visit) -> Redirect {
    Redirect::to(&format!("/{}/revoke", visit.language.tag()))
}

const fn mistake(field: &'static str, text: String) -> Mistake {
    Mistake { field, text }
}

async fn choose(
    state: &CabinetState,
    visit: &Visit,
    limited: &Limited,
    choice: &Choice,
    mistakes: Vec<Mistake>,
) -> Result<Response, Problem> {
    let (session, now) = (limited.session.clone(), state.now());
    let records = state
        .ra(move |ra| {
            ra.limited_certificates(&session, now)
                .map_err(Problem::from)
        })
        .await?;
    let values = context! {
        csrf => limited.session.csrf.as_str(),
        name => limited.person.full_name(),
        certificates => Serde(state.words(visit).certificates(&records)),
        events => LifeEvent::ALL.map(LifeEvent::name).to_vec(),
        chosen => choice.serials.clone(),
        event => choice.event.as_str(),
    };
    Ok(page(state, visit, "choose", &mistakes, values))
}

/// One stage of the page; with mistakes they stand at the top and beside what caused them.
fn page(
    state: &CabinetState,
    visit: &Visit,
    stage: &str,
    mistakes: &[Mistake],
    values: Value,
) -> Response {
    let at = |field: &str| {
        let found = mistakes.iter().find(|mistake| mistake.field == field);
        found.map(|mistake| mistake.text.clone())
    };
    let screen = Screen {
        has_errors: !mistakes.is_empty(),
        ..SCREEN
    };
    let values = context! {
        stage,
        errors => Serde(mistakes),
        error => context! {
            iin => at("iin"),
            code => at("code"),
            serials => at("serials"),
            event => at("event"),
            sure => at("sure"),
            freeze => at("freeze-sure"),
        },
        ..values
    };
    let status = if mistakes.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    (status, state.render(visit, None, &screen, values)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_may_be_chosen_more_than_once() {
        let fields = [
            ("serial", "a"),
            ("event", "lost"),
            ("serial", "b"),
            ("x", "y"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let choice = Choice::of(fields.to_vec());
        assert_eq!(choice.serials, ["a", "b"]);
        assert_eq!((choice.event.as_str(), choice.sure), ("lost", false));
    }
}
