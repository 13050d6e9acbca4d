//! `/{lang}/obtain/person`: who she is. The register only confirms; nothing of it is shown.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Html, Response};
use minijinja::context;
use serde::Deserialize;
use tanba_ra::{ClaimError, ClaimForm, FirstStep, Solution, codes};

use super::{Applicant, Mistake, answer, field, path, to_step};
use crate::body::Form;
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("obtain/person.html", "obtain", "first-person-title").help(&[1]);

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    csrf: String,
    iin: String,
    surname: String,
    given_name: String,
    patronymic: String,
    challenge: String,
    solution: String,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    if applicant.view.step == FirstStep::Done {
        return Ok(to_step(&visit, FirstStep::Done));
    }
    let claim = applicant.view.intake.content.claim.clone();
    let fields = claim.map_or_else(Fields::default, |claim| Fields {
        iin: claim.iin,
        surname: claim.surname,
        given_name: claim.given_name,
        patronymic: claim.patronymic.unwrap_or_default(),
        ..Fields::default()
    });
    Ok(answer(&[], page(&state, &visit, &applicant, &fields, &[])))
}

pub(crate) async fn submit(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    applicant.check(&headers, &fields.csrf)?;
    visit.count(&state, Limited::First)?;
    let now = state.now();
    let form = ClaimForm {
        iin: fields.iin.clone(),
        surname: fields.surname.clone(),
        given_name: fields.given_name.clone(),
        patronymic: fields.patronymic.clone(),
    };
    let mistakes: Vec<Mistake> = form
        .faults()
        .into_iter()
        .map(|name| mistake(&state, &visit, name, wrong(name)))
        .collect();
    if !mistakes.is_empty() {
        let page = page(&state, &visit, &applicant, &fields, &mistakes);
        return Ok(answer(&mistakes, page));
    }
    let solution = Solution {
        challenge: fields.challenge.clone(),
        number: fields.solution.clone(),
    };
    let (secret, network) = (Arc::clone(&applicant.secret), visit.network.to_string());
    let claimed = state
        .ra(move |ra| Ok::<_, Problem>(ra.claim(&secret, &form, &solution, &network, now)))
        .await?;
    let mistakes = match claimed {
        Ok(_) => {
            let applicant = state.applicant(&headers).await?;
            return Ok(to_step(&visit, applicant.view.step));
        }
        Err(ClaimError::Iin) => vec![mistake(&state, &visit, "iin", wrong("iin"))],
        Err(ClaimError::Name(name)) => vec![mistake(&state, &visit, name, wrong(name))],
        Err(error) => {
            let problem = Problem::from(error);
            if !problem.status().is_client_error() || problem.code() == codes::INTAKE_ENDED {
                return Err(problem);
            }
            vec![Mistake {
                field: "",
                text: problem.sentence(state.catalogue(), &visit),
            }]
        }
    };
    let page = page(&state, &visit, &applicant, &fields, &mistakes);
    Ok(answer(&mistakes, page))
}

/// What is said at a field that holds something else than it should.
fn wrong(field: &str) -> &'static str {
    match field {
        "iin" => "field-iin",
        "surname" => "field-surname",
        "given_name" => "field-given-name",
        _ => "field-patronymic",
    }
}

fn mistake(state: &CabinetState, visit: &Visit, field: &'static str, key: &str) -> Mistake {
    Mistake {
        field,
        text: state.text(visit, key),
    }
}

fn page(
    state: &CabinetState,
    visit: &Visit,
    applicant: &Applicant,
    fields: &Fields,
    mistakes: &[Mistake],
) -> Html<String> {
    // Wherever the form was sent to, this is the page that another language shows.
    let visit = &Visit {
        place: path(FirstStep::Person).to_owned(),
        ..visit.clone()
    };
    let values = context! {
        fields => context! {
            iin => field(&fields.iin, mistakes, "iin"),
            surname => field(&fields.surname, mistakes, "surname"),
            given_name => field(&fields.given_name, mistakes, "given_name"),
            patronymic => field(&fields.patronymic, mistakes, "patronymic"),
        },
    };
    state.render_first(visit, applicant, &SCREEN, mistakes, values)
}
