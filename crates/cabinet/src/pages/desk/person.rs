//! `/{lang}/desk/persons/{id}`: a person who stands before a clerk: her certificates, what was done, what can be done.
//! The address has her record, which says nothing elsewhere: addresses stay in histories and in the logs of proxies.

use axum::extract::{Path, Query, State};
use axum::response::Html;
use minijinja::context;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};
use tanba_model::decision::{Act, DecisionReason, Identification};
use tanba_model::id::{DecisionId, PersonId};

use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("desk/person.html", "desk-person", "desk-person-title");

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    /// What was just signed.
    done: Option<String>,
    act: Option<String>,
    /// Older decisions than this record.
    before: Option<i64>,
}

/// An act that is offered.
#[derive(Debug, Serialize)]
struct Offer {
    act: &'static str,
    reasons: Vec<&'static str>,
    /// Whether somebody else has to agree.
    second: bool,
    /// Whether it has to be said how the person was identified.
    identified: bool,
    /// How she may be identified for it.
    ways: Vec<&'static str>,
    /// Whether the same act waits already.
    waits: bool,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Path(id): Path<i64>,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    at_desk.looks(&state).await?;
    let (clerk, now) = (at_desk.0.clone(), state.now());
    let before = fields.before.map(DecisionId);
    let found = state
        .ra(move |ra| ra.desk_person(&clerk, PersonId(id), before, now))
        .await?;
    let words = state.words(&visit);
    let frozen = found.person.frozen_at.is_some();
    let policy = state.authority().config().desk();
    let waits = |act: Act| found.pending.iter().any(|waiting| waiting.act == act);
    let mut revocable = found.certificates.clone();
    revocable
        .retain(|record| (record.status.is_valid() && record.not_after >= now) || is_held(record));
    let offers: Vec<Offer> = [
        Act::Freeze,
        Act::Release,
        Act::Revoke,
        Act::Email,
        Act::Names,
    ]
    .into_iter()
    .filter(|act| match act {
        Act::Freeze => !frozen,
        Act::Release => frozen || found.certificates.iter().any(is_held),
        Act::Revoke => !revocable.is_empty(),
        Act::Application | Act::Email | Act::Names => true,
    })
    .map(|act| Offer {
        act: act.name(),
        reasons: DecisionReason::of(act)
            .iter()
            .map(|reason| reason.name())
            .collect(),
        second: policy.needs_second(act),
        identified: !matches!(act, Act::Freeze | Act::Revoke),
        ways: Identification::ALL
            .into_iter()
            .filter(|way| way.is_in_person() || !act.needs_presence())
            .map(Identification::name)
            .collect(),
        waits: waits(act),
    })
    .collect();
    let done = fields
        .done
        .filter(|done| ["done", "waits", "withdrawn", "rejected"].contains(&done.as_str()));
    let act = fields.act.as_deref().and_then(Act::from_name);
    // An address stays in the browser; what waited may have been agreed to or refused since.
    let done = done
        .zip(act)
        .filter(|(done, act)| done != "waits" || waits(*act));
    let values = context! {
        person => Serde(words.person(&found.person)),
        id => found.person.id.0, iin => found.person.iin.as_str(),
        email => found.person.email.as_ref().map(|email| email.as_str()),
        frozen => found.person.frozen_at.map(|at| words.date_time(at)),
        held => found.certificates.iter().any(is_held),
        certificates => Serde(words.certificates(&found.certificates)),
        more_certificates => found.more_certificates,
        revocable => Serde(words.certificates(&revocable)),
        applications => Serde(found.applications.iter().map(|one| words.application(one)).collect::<Vec<_>>()),
        pending => found.pending.iter().map(|waiting| context! {
            id => waiting.id.0, act => waiting.act.name(), asked => words.date_time(waiting.asked_at),
            expires => words.date_time(waiting.expires_at),
        }).collect::<Vec<_>>(),
        decisions => Serde(state.decisions(&visit, &found.decisions)),
        older => found.decisions.last().filter(|_| found.decisions.len() >= 50).map(|decision| decision.id.0),
        actable => found.actable,
        own => at_desk.0.person.id == found.person.id,
        offers => Serde(offers),
        done => done.map(|(done, act)| context! { how => done, act => act.name() }),
        errors => Vec::<String>::new(),
    };
    Ok(state.render_desk(&visit, &at_desk, &SCREEN, values))
}

fn is_held(record: &tanba_model::certificate::CertificateRecord) -> bool {
    use tanba_model::certificate::{RevocationReason, Status};
    matches!(
        record.status,
        Status::Revoked {
            reason: RevocationReason::CertificateHold,
            ..
        }
    )
}
