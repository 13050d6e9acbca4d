//! `/{lang}/desk/applications/{number}`: what was applied for, beside the requests and the register.

use axum::extract::{Path, Query, State};
use axum::response::Html;
use minijinja::context;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};
use tanba_model::decision::{
    Act, Decision, DecisionDocument, DecisionReason, Identification, Step,
};
use tanba_model::person::EmailAddress;
use tanba_model::ports::RegisterAnswer;
use tanba_pki::CertificateRequest;
use tanba_ra::DeskApplication;

use crate::body::visitors_number;
use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new(
    "desk/application.html",
    "desk-application",
    "desk-application-title",
);

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    /// What was just signed.
    done: Option<String>,
}

/// One thing in the application, the requests and the register, side by side.
#[derive(Debug, Serialize)]
struct Compared {
    key: &'static str,
    applied: String,
    requested: String,
    registered: String,
    /// Whether they differ.
    differs: bool,
}

/// A decision as pages show it.
#[derive(Debug, Serialize)]
pub(crate) struct DecisionView {
    act: &'static str,
    step: &'static str,
    at: String,
    operator: String,
    role: String,
    centre: String,
    reason: Option<String>,
    identification: Option<&'static str>,
    remark: String,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Path(asked): Path<String>,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    at_desk.looks(&state).await?;
    let (clerk, number, now) = (at_desk.0.clone(), visitors_number(&asked)?, state.now());
    let found = state
        .ra(move |ra| ra.desk_application(&clerk, &number, now))
        .await?;
    // Before it is decided: the applicant stands there and can be told.
    let stopped = found.decidable && state.is_issuance_stopped().await?;
    let words = state.words(&visit);
    let first = found.application.first.as_ref();
    let register = match &found.register {
        RegisterAnswer::Person(_) => "person",
        RegisterAnswer::Unknown => "unknown",
        RegisterAnswer::Dead => "dead",
        RegisterAnswer::Ambiguous(_) => "ambiguous",
        RegisterAnswer::Unavailable => "unavailable",
    };
    let compared = compared(&found);
    let agrees = register == "person" && compared.iter().all(|line| !line.differs);
    let appear_by =
        first.map(|first| words.date(tanba_pki::Timestamp::from_unix(first.appear_by.unix() - 1)));
    let signed: Vec<Step> = found.decisions.iter().map(|one| one.made.step).collect();
    let values = context! {
        application => Serde(words.history(&found.application, &found.steps, &signed)),
        person => Serde(words.person(&found.person)),
        person_id => found.person.id.0,
        compared => Serde(compared),
        register, agrees,
        frozen => found.person.frozen_at.map(|at| words.date_time(at)),
        appear_by,
        centre => first.map(|first| state.centre(&visit, &first.centre)),
        decidable => found.decidable,
        stopped,
        // What was signed, not what stands beside it.
        typed => first.map(|first| first.address().as_str().to_owned()),
        altered => found.altered,
        present => found.person.email.as_ref().map(EmailAddress::as_str),
        known => context! {
            keys => found.known.keys,
            other => found.known.other_address,
            moves => found.known.moves_address,
            there => found.known.needs_presence(),
        },
        own => at_desk.0.person.id == found.person.id,
        // Whoever is known has to be there: no other way is offered.
        identifications => Identification::ALL
            .into_iter()
            .filter(|way| !found.known.needs_presence() || way.is_in_person())
            .map(Identification::name)
            .collect::<Vec<_>>(),
        reasons => DecisionReason::of(Act::Application).iter().map(|reason| reason.name()).collect::<Vec<_>>(),
        decisions => Serde(state.decisions(&visit, &found.decisions)),
        done => fields.done.filter(|done| match done.as_str() {
            // Until its certificates are there, which the page of an old address would deny.
            "approved" => found.application.state.name() == "CONFIRMED",
            done => ["issued", "rejected"].contains(&done),
        }),
        errors => Vec::<String>::new(),
    };
    Ok(state.render_desk(&visit, &at_desk, &SCREEN, values))
}

/// Application, requests and register side by side.
fn compared(found: &DeskApplication) -> Vec<Compared> {
    let requests: Vec<_> = found
        .application
        .requests
        .iter()
        .filter_map(|request| CertificateRequest::from_der(&request.request).ok())
        .collect();
    // The requests of one application say the same or are shown one after the other.
    let of_requests = |part: &dyn Fn(&CertificateRequest) -> Option<String>| {
        let mut said: Vec<String> = requests.iter().filter_map(part).collect();
        said.dedup();
        said.join(" / ")
    };
    let facts = if let RegisterAnswer::Person(facts) = &found.register {
        Some(facts)
    } else {
        None
    };
    let applicant = found.document.as_ref().map(|document| &document.applicant);
    let mut lines = Vec::new();
    let mut line = |key: &'static str, applied: &str, requested: &str, registered: Option<&str>| {
        let plain = |text: &str| text.to_uppercase();
        let differs = registered.is_some_and(|registered| plain(registered) != plain(applied))
            || (!requested.is_empty() && !plain(requested).contains(&plain(applied)));
        lines.push(Compared {
            key,
            applied: applied.to_owned(),
            requested: requested.to_owned(),
            registered: registered.unwrap_or_default().to_owned(),
            differs,
        });
    };
    let Some(applicant) = applicant else {
        return lines;
    };
    line(
        "summary-iin",
        &applicant.iin,
        &of_requests(&|request| request.subject().iin()),
        facts.map(|_| found.person.iin.as_str()),
    );
    line(
        "summary-surname",
        &applicant.surname,
        &of_requests(&|request| request.subject().surname()),
        facts.map(|facts| facts.surname.as_str()),
    );
    line(
        "summary-given-name",
        &applicant.given_name,
        "",
        facts.map(|facts| facts.given_name.as_str()),
    );
    line(
        "summary-patronymic",
        applicant.patronymic.as_deref().unwrap_or_default(),
        "",
        facts.map(|facts| facts.patronymic.as_deref().unwrap_or_default()),
    );
    lines
}

impl CabinetState {
    /// Decisions as pages show them, from the very documents that were signed.
    pub(crate) fn decisions(&self, visit: &Visit, decisions: &[Decision]) -> Vec<DecisionView> {
        let words = self.words(visit);
        let view = |decision: &Decision| {
            let made = &decision.made;
            let document = DecisionDocument::from_bytes(&made.document).ok()?;
            let way = document
                .identification
                .as_deref()
                .and_then(Identification::from_oid);
            Some(DecisionView {
                act: made.act.name(),
                step: made.step.name(),
                at: words.date_time(made.at),
                operator: format!(
                    "{} {}",
                    document.operator.surname, document.operator.given_name
                ),
                role: document.role,
                centre: self.centre(visit, &document.centre),
                reason: document.reason,
                identification: way.map(Identification::name),
                remark: document.remark,
            })
        };
        decisions.iter().filter_map(view).collect()
    }
}
