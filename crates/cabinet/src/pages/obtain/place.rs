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
    let mistakes = wrong_places(&state, &visit, &fields);
    if !mistakes.is_empty() {
        let page = place_page(&state, &visit, &applicant, &fields, &mistakes);
        return Ok(answer(&mistakes, page));
    }
    let secret = Arc::clone(&applicant.secret);
    let (region, settlement, now) = (
        fields.region.clone(),
        fields.settlement.clone(),
        state.now(),
    );
    state
        .ra(move |ra| ra.choose_place(&secret, &region, &settlement, now))
        .await?;
    Ok(to_step(&visit, FirstStep::Centre))
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
    let mistakes = wrong_choices(&state, &visit, &applicant, &fields);
    if !mistakes.is_empty() {
        let page = centre_page(&state, &visit, &applicant, &fields, &mistakes);
        return Ok(answer(&mistakes, page));
    }
    let secret = Arc::clone(&applicant.secret);
    let (centre, keystore, now) = (fields.centre.clone(), fields.keystore.clone(), state.now());
    state
        .ra(move |ra| ra.choose_centre(&secret, &centre, &keystore, now))
        .await?;
    Ok(to_step(&visit, FirstStep::Confirm))
}

/// All that is wrong with the place, as the form of a renewal tells it.
fn wrong_places(state: &CabinetState, visit: &Visit, fields: &PlaceFields) -> Vec<Mistake> {
    let gazetteer = state.authority().gazetteer();
    let (region, settlement) = (fields.region.as_str(), fields.settlement.as_str());
    let known = gazetteer.regions.iter().any(|known| known.code == region);
    let found = gazetteer.find(region, settlement).is_some();
    let wrong = |is_wrong: bool, field: &'static str, key: &str| {
        let text = is_wrong.then(|| state.text(visit, key))?;
        Some(Mistake { field, text })
    };
    [
        wrong(!known, "region", "field-region"),
        // Whether a settlement is of a region that was not chosen nobody can say.
        wrong(
            (known || settlement.is_empty()) && !found,
            "settlement",
            "field-settlement",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// All that is wrong with centre and keystore.
fn wrong_choices(
    state: &CabinetState,
    visit: &Visit,
    applicant: &Applicant,
    fields: &CentreFields,
) -> Vec<Mistake> {
    let centres = centres(state, applicant);
    let centre = (!centres.iter().any(|centre| centre.code == fields.centre)).then(|| Mistake {
        field: "centre",
        text: state.text(visit, "field-centre"),
    });
    let taken = state.authority().config().keystores();
    let refused = match KeystoreKind::from_identifier(&fields.keystore) {
        None => Some(FirstError::Keystore),
        Some(kind) if !taken.contains(&kind) => Some(FirstError::KeystoreNeedsAgent),
        Some(_) => None,
    };
    let keystore = refused.map(|error| Mistake {
        field: "keystore",
        text: Problem::from(error).sentence(state.catalogue(), visit),
    });
    centre.into_iter().chain(keystore).collect()
}

/// The registration centres near the place that was chosen.
fn centres<'a>(state: &'a CabinetState, applicant: &Applicant) -> Vec<&'a Centre> {
    let content = &applicant.view.intake.content;
    state.authority().centres().near(
        content.region.as_deref().unwrap_or_default(),
        content.settlement.as_deref().unwrap_or_default(),
    )
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
    let centres: Vec<CentreView> = centres(state, applicant)
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
