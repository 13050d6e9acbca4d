//! `/{lang}/obtain/confirm`: everything once more, the tick, the keys, the signature. Keys and signature are made by script.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use tanba_model::application::ApplicationNumber;
use tanba_ra::FirstStep;

use super::{Applicant, elsewhere, path};
use crate::places;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen {
    places: true,
    ..Screen::new("obtain/confirm.html", "obtain", "first-confirm-title").help(&[10])
};

/// One line of the summary, and the step where it is changed.
#[derive(Debug, Serialize)]
struct Line {
    key: String,
    value: String,
    change: Option<&'static str>,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    if let Some(elsewhere) = elsewhere(&visit, &applicant, FirstStep::Confirm) {
        return Ok(elsewhere);
    }
    let intake = &applicant.view.intake;
    let values = context! {
        number => intake.number.as_ref().map(ApplicationNumber::as_str),
        keystore => intake.content.keystore.as_deref(),
        lines => Serde(lines(&state, &visit, &applicant)),
        made_before => !intake.content.keys.is_empty(),
    };
    let page = state.render_first(&visit, &applicant, &SCREEN, &[], values);
    Ok(page.into_response())
}

/// The application in plain words, in the order of the document that will be signed.
fn lines(state: &CabinetState, visit: &Visit, applicant: &Applicant) -> Vec<Line> {
    let content = &applicant.view.intake.content;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let Some(claim) = &content.claim else {
        return Vec::new();
    };
    let authority = state.authority();
    let (region, settlement) = places::named(
        authority.gazetteer(),
        visit.language,
        &text(&content.region),
        &text(&content.settlement),
    );
    let none = || state.text(visit, "summary-none");
    let code = text(&content.centre);
    let centre = authority.centres().find(&code).map_or(code, |centre| {
        let (name, address) = (centre.name(visit.language), centre.address(visit.language));
        format!("{name}, {address}")
    });
    let number = applicant.view.intake.number.as_ref();
    let keystore = format!("keystore-{}", text(&content.keystore));
    let (person, place) = (Some(path(FirstStep::Person)), Some(path(FirstStep::Place)));
    let at_centre = Some(path(FirstStep::Centre));
    [
        (
            "summary-kind",
            state.text(visit, "summary-kind-first"),
            None,
        ),
        ("summary-origin", state.config().origin().to_owned(), None),
        (
            "summary-number",
            number.map(ApplicationNumber::grouped).unwrap_or_default(),
            None,
        ),
        ("summary-surname", claim.surname.clone(), person),
        ("summary-given-name", claim.given_name.clone(), person),
        (
            "summary-patronymic",
            claim.patronymic.clone().unwrap_or_else(none),
            person,
        ),
        ("summary-iin", claim.iin.clone(), person),
        (
            "summary-email",
            text(&content.email),
            Some("/obtain/address?other=yes"),
        ),
        ("summary-region", region, place),
        ("summary-settlement", settlement, place),
        ("summary-centre", centre, at_centre),
        ("summary-keystore", state.text(visit, &keystore), at_centre),
    ]
    .into_iter()
    .map(|(key, value, change)| Line {
        key: state.text(visit, key),
        value,
        change,
    })
    .collect()
}
