//! `/{lang}/guide`: the fifteen steps, searchable without script.

use axum::extract::{Query, State};
use axum::response::Html;
use minijinja::context;
use serde::Deserialize;

use crate::locale::Catalogue;
use crate::problem::Problem;
use crate::render::Screen;
use crate::session::MaybeSignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("guide.html", "guide", "guide-title");
const STEPS: std::ops::RangeInclusive<u8> = 1..=15;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    q: Option<String>,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let q: String = fields
        .q
        .unwrap_or_default()
        .trim()
        .chars()
        .take(60)
        .collect();
    let steps: Vec<u8> = STEPS
        .filter(|step| matches(state.catalogue(), &visit, *step, &q))
        .collect();
    Ok(state.render(&visit, signed_in.as_ref(), &SCREEN, context! { q, steps }))
}

/// Whether every word that is looked for stands in the step.
fn matches(catalogue: &Catalogue, visit: &Visit, step: u8, q: &str) -> bool {
    let part = |key: String| catalogue.text(visit.language, &key).to_lowercase();
    let text = format!(
        "{} {}",
        part(format!("guide-{step}")),
        part(format!("guide-{step}-text"))
    );
    q.to_lowercase()
        .split_whitespace()
        .all(|word| text.contains(word))
}
