//! `/{lang}/obtain/address`: the e-mail address, and the code that confirms it.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{Html, Response};
use minijinja::context;
use serde::Deserialize;
use tanba_model::intake::Standing;
use tanba_ra::{AddressError, FirstStep, codes};

use super::{Applicant, Mistake, answer, elsewhere, field, path, to_step};
use crate::body::Form;
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen =
    Screen::new("obtain/address.html", "obtain", "first-address-title").help(&[1]);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Whether another address is wanted than the one that a code was sent to.
    other: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    csrf: String,
    email: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct CodeFields {
    csrf: String,
    code: String,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    if let Some(elsewhere) = elsewhere(&visit, &applicant, FirstStep::Address) {
        return Ok(elsewhere);
    }
    let email = applicant.view.intake.content.email.clone();
    let other = !asked.other.is_empty();
    let page = page(
        &state,
        &visit,
        &applicant,
        &email.unwrap_or_default(),
        other,
        &[],
    );
    Ok(answer(&[], page))
}

/// `POST …/address`: sends a code.
pub(crate) async fn submit(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    applicant.check(&headers, &fields.csrf)?;
    state.limit_first_codes(&visit)?;
    let (secret, network) = (Arc::clone(&applicant.secret), visit.network.to_string());
    let (email, language, now) = (fields.email.clone(), visit.language, state.now());
    let sent = state
        .ra(move |ra| {
            ra.set_first_language(&secret, language, now)?;
            Ok::<_, Problem>(ra.set_address(&secret, &email, &network, now))
        })
        .await?;
    match sent {
        Ok(()) => {
            let applicant = state.applicant(&headers).await?;
            Ok(to_step(&visit, applicant.view.step))
        }
        Err(error) => {
            // A code is under way: it belongs beside the field for the code.
            let waits = matches!(error, AddressError::TooEarly { .. });
            let name = if waits { "code" } else { "email" };
            let mistakes = vec![placed(&state, &visit, name, error)?];
            let page = page(&state, &visit, &applicant, &fields.email, !waits, &mistakes);
            Ok(answer(&mistakes, page))
        }
    }
}

/// `POST …/address/code`: tries the code.
pub(crate) async fn code(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Form(fields): Form<CodeFields>,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    applicant.check(&headers, &fields.csrf)?;
    state.limit_first_codes(&visit)?;
    let (secret, now) = (Arc::clone(&applicant.secret), state.now());
    let tried = state
        .ra(move |ra| Ok::<_, Problem>(ra.confirm_address(&secret, &fields.code, now)))
        .await?;
    match tried {
        Ok(()) => {
            let applicant = state.applicant(&headers).await?;
            Ok(to_step(&visit, applicant.view.step))
        }
        Err(error) => {
            let mistakes = vec![placed(&state, &visit, "code", error)?];
            let email = applicant.view.intake.content.email.clone();
            let page = page(
                &state,
                &visit,
                &applicant,
                &email.unwrap_or_default(),
                false,
                &mistakes,
            );
            Ok(answer(&mistakes, page))
        }
    }
}

/// A refusal beside its field, unless the whole page is of no use.
fn placed(
    state: &CabinetState,
    visit: &Visit,
    field: &'static str,
    error: AddressError,
) -> Result<Mistake, Problem> {
    // Whoever applies for first keys has none that could be safe.
    let own = match &error {
        AddressError::Email => Some("field-email"),
        AddressError::Wrong { .. } => Some("first-code-wrong"),
        AddressError::Expired => Some("first-code-expired"),
        AddressError::TooEarly { .. } => Some("first-code-early"),
        AddressError::TooMany { .. }
        | AddressError::Malformed
        | AddressError::NoTriesLeft
        | AddressError::First(_)
        | _ => None,
    };
    let problem = Problem::from(error);
    if !problem.status().is_client_error() || problem.code() == codes::INTAKE_ENDED {
        return Err(problem);
    }
    let text = own.map_or_else(
        || problem.sentence(state.catalogue(), visit),
        |key| problem.with_tries_after(state.text(visit, key), state.catalogue(), visit),
    );
    Ok(Mistake { field, text })
}

fn page(
    state: &CabinetState,
    visit: &Visit,
    applicant: &Applicant,
    email: &str,
    other: bool,
    mistakes: &[Mistake],
) -> Html<String> {
    let visit = &Visit {
        place: path(FirstStep::Address).to_owned(),
        ..visit.clone()
    };
    let content = &applicant.view.intake.content;
    let sent_to = content.check.as_ref().and(content.email.as_deref());
    let values = context! {
        sent_to,
        other,
        silent => content.standing == Standing::Unavailable,
        fields => context! {
            email => field(email, mistakes, "email"),
            code => field("", mistakes, "code"),
        },
    };
    state.render_first(visit, applicant, &SCREEN, mistakes, values)
}

impl CabinetState {
    fn limit_first_codes(&self, visit: &Visit) -> Result<(), Problem> {
        let limit = self.config().limits().codes_per_minute;
        Ok(self
            .limiter()
            .take(Limited::Code, &visit.network, limit, self.now())?)
    }
}
