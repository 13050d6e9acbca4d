//! `/{lang}/desk/audit`: the audit log, for those who may read it.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use minijinja::context;
use serde::Deserialize;
use tanba_model::audit::Actor;
use tanba_pki::SerialNumber;
use tanba_ra::{AuditFilter, AuditPage, DeskError, Mistyped, actor_text, iin_in};

use crate::body::Form;
use crate::clerk::AtDesk;
use crate::dates::day;
use crate::problem::{Problem, encode};
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

mod names;

const SCREEN: Screen = Screen::new("desk/audit.html", "desk-audit", "desk-audit-title");

/// Kazakhstan has no summer time: each day is as long.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Fields {
    /// A day, `2026-11-24`.
    #[serde(default)]
    from: String,
    /// A day, the last one.
    #[serde(default)]
    to: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    object: String,
    /// Records before this one.
    before: Option<u64>,
}

impl Fields {
    fn filter(&self, state: &CabinetState, visit: &Visit) -> AuditFilter {
        AuditFilter {
            from: day(&self.from),
            until: day(&self.to).map(|to| to.plus(DAY)),
            actors: names::actors(state, visit, &self.actor),
            actor: self.actor.clone(),
            actions: names::actions(state, visit, &self.action),
            action: self.action.clone(),
            object: as_recorded(&self.object),
        }
    }

    /// Whether what should be a day is none.
    fn is_mistaken(&self) -> bool {
        let is = |text: &str| !text.is_empty() && day(text).is_none();
        is(&self.from) || is(&self.to)
    }

    /// Whether one digit of an IIN or of an application's number is wrong: nothing can be found, and that says nothing.
    fn is_mistyped(&self) -> bool {
        !self.object.chars().any(char::is_alphabetic)
            && Mistyped::of(&self.object) == Some(Mistyped::CheckDigit)
    }

    /// Where an IIN was typed that is not looked for there; it must not stand in an address because of that.
    fn is_misplaced(&self) -> Option<&'static str> {
        let fields = [("actor", &self.actor), ("action", &self.action)];
        let holds = |(field, text): (&'static str, &String)| iin_in(text).map(|_| field);
        fields.into_iter().find_map(holds)
    }

    /// Whether the last day is before the first: nothing can be found, which must not read as "nothing happened".
    fn is_backwards(&self) -> bool {
        matches!((day(&self.from), day(&self.to)), (Some(from), Some(to)) if to < from)
    }
}

/// A serial number as the log has it, where somebody copied it from a page; anything else as it was typed.
fn as_recorded(object: &str) -> String {
    let joined: String = object.split_whitespace().collect();
    let digits = joined.chars().all(|digit| digit.is_ascii_hexdigit());
    if digits && joined.len() == 2 * SerialNumber::LENGTH {
        joined
    } else {
        object.to_owned()
    }
}

/// `POST …/audit`: an IIN is searched for, too, and must not stand in an address; what the log calls its person may.
pub(crate) async fn search(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Form(mut fields): Form<Fields>,
) -> Result<Response, Problem> {
    fields.before = None;
    if fields.is_mistyped() || fields.is_misplaced().is_some() {
        // Nearly an IIN stands in no address either.
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok((status, page(&state, &visit, &at_desk, fields, None)).into_response());
    }
    if iin_in(&fields.object).is_some() {
        at_desk.finds(&state)?;
    }
    let (clerk, text, now) = (at_desk.0.clone(), fields.object.clone(), state.now());
    let object = state
        .ra(move |ra| Ok::<_, Problem>(ra.desk_audit_object(&clerk, &text, now)))
        .await?;
    match object {
        Ok(object) => fields.object = object,
        Err(error @ DeskError::NoPerson) => {
            let status = Problem::from(error).status();
            return Ok((status, page(&state, &visit, &at_desk, fields, None)).into_response());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Redirect::to(&address(&visit, &fields)).into_response())
}

/// The page that answers a search; where it goes on, if `before` says so.
fn address(visit: &Visit, fields: &Fields) -> String {
    let part = |name: &str, value: &str| {
        let empty = value.is_empty();
        (!empty).then(|| format!("{name}={}", encode(value)))
    };
    let before = fields.before.map(|before| before.to_string());
    let parts = [
        part("from", &fields.from),
        part("to", &fields.to),
        part("actor", &fields.actor),
        part("action", &fields.action),
        part("object", &fields.object),
        part("before", before.as_deref().unwrap_or_default()),
    ];
    let query: Vec<String> = parts.into_iter().flatten().collect();
    format!("/{}/desk/audit?{}", visit.language.tag(), query.join("&"))
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let filter = fields.filter(&state, &visit);
    let (clerk, now, before) = (at_desk.0.clone(), state.now(), fields.before);
    let found = state
        .ra(move |ra| ra.desk_audit(&clerk, &filter, before, now))
        .await?;
    Ok(page(&state, &visit, &at_desk, fields, Some(found)))
}

/// What was found, newest first; `None` where nothing has the number that was searched for.
fn page(
    state: &CabinetState,
    visit: &Visit,
    at_desk: &AtDesk,
    fields: Fields,
    found: Option<AuditPage>,
) -> Html<String> {
    let (backwards, mistyped) = (fields.is_backwards(), fields.is_mistyped());
    let misplaced = fields.is_misplaced();
    let unknown = found.is_none() && !mistyped && misplaced.is_none();
    let mistakes = [
        (fields.is_mistaken(), "from", "desk-audit-day"),
        (backwards, "from", "desk-audit-backwards"),
        (mistyped, "object", "desk-find-check"),
        (
            misplaced.is_some(),
            misplaced.unwrap_or_default(),
            "desk-audit-misplaced",
        ),
        (unknown, "object", "error-person-unknown"),
    ];
    let errors: Vec<_> = mistakes
        .into_iter()
        .filter(|(is_so, ..)| *is_so)
        .map(|(_, field, key)| context! { field, text => state.text(visit, key) })
        .collect();
    let (events, next) = found.map_or_else(Default::default, |found| (found.events, found.next));
    let words = state.words(visit);
    let events: Vec<_> = events
        .into_iter()
        .map(|(sequence, event)| {
            context! {
                sequence, at => words.date_time(event.at), actor => actor_text(&event.actor), who => names::who(state, visit, &event.actor),
                act => names::act(state, visit, &event.action), action => event.action,
                object => event.object, detail => event.detail, origin => event.origin, itself => event.actor == Actor::System,
            }
        })
        .collect();
    let next = next.map(|next| {
        let on = Fields {
            before: Some(next),
            ..fields.clone()
        };
        address(visit, &on)
    });
    let screen = Screen {
        has_errors: !errors.is_empty(),
        ..SCREEN
    };
    let values = context! {
        events, next, errors, futile => backwards || mistyped || misplaced.is_some(), names => names::all(state, visit),
        from => fields.from, to => fields.to, actor => fields.actor, action => fields.action, object => fields.object,
    };
    state.render_desk(visit, at_desk, &screen, values)
}

#[cfg(test)]
mod tests {
    use super::as_recorded;
    use crate::view::grouped_serial;

    #[test]
    fn a_serial_number_is_found_as_pages_show_it() {
        let serial = "0a1b2c3d4e".repeat(4);
        assert_eq!(as_recorded(&grouped_serial(&serial)), serial);
        assert_eq!(as_recorded(&serial), serial);
        for other in ["issuer/nca rsa", "85 01", "", "certificate 7"] {
            assert_eq!(as_recorded(other), other);
        }
    }
}
