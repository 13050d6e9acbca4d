//! `/{lang}/obtain/place` and `/{lang}/obtain/centre`: where she will come, and where her keys will live.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Html, Response};
use minijinja::context;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};
use tanba_model::centre::Centre;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_ra::{FirstError, FirstStep};

use super::{Applicant, Mistake, answer, elsewhere, field, path, to_step};
use crate::body::Form;
use crate::places;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const PLACE: Screen = Screen::new("obtain/place.html", "obtain", "first-place-title").help(&[1]);
const CENTRE: Screen = Screen::new("obtain/centre.html", "obtain", "first-centre-title").help(&[1]);

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct PlaceFields {
    csrf: String,
    region: String,
    settlement: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct CentreFields {
    csrf: String,
    centre: String,
    keystore: String,
}

/// A registration centre in the reader's language.
#[derive(Debug, Serialize)]
pub(super) struct CentreView {
    code: String,
    name: String,
    settlement: String,
    address: String,
    hours: String,
}

impl CentreView {
    pub(super) fn of(state: &CabinetState, visit: &Visit, centre: &Centre) -> Self {
        let language = visit.language;
        let gazetteer = state.authority().gazetteer();
        let (_, settlement) =
            places::named(gazetteer, language, &centre.region, &centre.settlement);
        Self {
            code: centre.code.clone(),
            name: centre.name(language).to_owned(),
            settlement,
            address: centre.address(language).to_owned(),
            hours: centre.hours.text(language),
        }
    }
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    if let Some(elsewhere) = elsewhere(&visit, &applicant, FirstStep::Place) {
        return Ok(elsewhere);
    }
    let content = &applicant.view.intake.content;
    let fields = PlaceFields {
        csrf: String::new(),
        region: content.region.clone().unwrap_or_default(),
        settlement: content.settlement.clone().unwrap_or_default(),
    };
    let page = place_page(&state, &visit, &applicant, &fields, &[]);
    Ok(answer(&[], page))
}

pub(crate) async fn submit(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Form(fields): Form<PlaceFields>,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    applicant.check(&headers, &fields.csrf)?;
    let gazetteer = state.authority().gazetteer();
    let known = gazetteer
        .regions
        .iter()
        .any(|region| region.code == fields.region);
    let (name, key) = if known {
        ("settlement", "field-settlement")
    } else {
        ("region", "field-region")
    };
    let secret = Arc::clone(&applicant.secret);
    let (region, settlement, now) = (
        fields.region.clone(),
        fields.settlement.clone(),
        state.now(),
    );
    let chosen = state
        .ra(move |ra| Ok::<_, Problem>(ra.choose_place(&secret, &region, &settlement, now)))
        .await?;
    match chosen {
        Ok(()) => Ok(to_step(&visit, FirstStep::Centre)),
        Err(FirstError::Place) => {
            let mistakes = vec![Mistake {
                field: name,
                text: state.text(&visit, key),
            }];
            let page = place_page(&state, &visit, &applicant, &fields, &mistakes);
            Ok(answer(&mistakes, page))
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn show_centre(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    if let Some(elsewhere) = elsewhere(&visit, &applicant, FirstStep::Centre) {
        return Ok(elsewhere);
    }
    let content = &applicant.view.intake.content;
    let file = KeystoreKind::PersonalComputer.identifier().to_owned();
    let fields = CentreFields {
        csrf: String::new(),
        centre: content.centre.clone().unwrap_or_default(),
        keystore: content.keystore.clone().unwrap_or(file),
    };
    let page = centre_page(&state, &visit, &applicant, &fields, &[]);
    Ok(answer(&[], page))
}

pub(crate) async fn submit_centre(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Form(fields): Form<CentreFields>,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    applicant.check(&headers, &fields.csrf)?;
    let secret = Arc::clone(&applicant.secret);
    let (centre, keystore, now) = (fields.centre.clone(), fields.keystore.clone(), state.now());
    let chosen = state
        .ra(move |ra| Ok::<_, Problem>(ra.choose_centre(&secret, &centre, &keystore, now)))
        .await?;
    let mistake = match chosen {
        Ok(()) => return Ok(to_step(&visit, FirstStep::Confirm)),
        Err(FirstError::Centre) => Mistake {
            field: "centre",
            text: state.text(&visit, "field-centre"),
        },
        Err(error @ (FirstError::Keystore | FirstError::KeystoreNeedsAgent)) => Mistake {
            field: "keystore",
            text: Problem::from(error).sentence(state.catalogue(), &visit),
        },
        Err(error) => return Err(error.into()),
    };
    let mistakes = vec![mistake];
    let page = centre_page(&state, &visit, &applicant, &fields, &mistakes);
    Ok(answer(&mistakes, page))
}

fn place_page(
    state: &CabinetState,
    visit: &Visit,
    applicant: &Applicant,
    fields: &PlaceFields,
    mistakes: &[Mistake],
) -> Html<String> {
    let visit = &Visit {
        place: path(FirstStep::Place).to_owned(),
        ..visit.clone()
    };
    let values = context! {
        regions => Serde(places::regions(state.authority().gazetteer(), visit.language)),
        fields => context! {
            region => field(&fields.region, mistakes, "region"),
            settlement => field(&fields.settlement, mistakes, "settlement"),
        },
    };
    state.render_first(visit, applicant, &PLACE, mistakes, values)
}

fn centre_page(
    state: &CabinetState,
    visit: &Visit,
    applicant: &Applicant,
    fields: &CentreFields,
    mistakes: &[Mistake],
) -> Html<String> {
    let visit = &Visit {
        place: path(FirstStep::Centre).to_owned(),
        ..visit.clone()
    };
    let content = &applicant.view.intake.content;
    let near = state.authority().centres().near(
        content.region.as_deref().unwrap_or_default(),
        content.settlement.as_deref().unwrap_or_default(),
    );
    let centres: Vec<CentreView> = near
        .into_iter()
        .map(|centre| CentreView::of(state, visit, centre))
        .collect();
    let values = context! {
        centres => Serde(centres),
        capabilities => Serde(state.capabilities()),
        fields => context! {
            centre => field(&fields.centre, mistakes, "centre"),
            keystore => field(&fields.keystore, mistakes, "keystore"),
        },
    };
    state.render_first(visit, applicant, &CENTRE, mistakes, values)
}
