//! `/{lang}`: what this is.

use axum::extract::{Query, State};
use axum::response::{Html, Redirect};
use minijinja::context;
use serde::Deserialize;
use tanba_model::language::Language;

use crate::problem::Problem;
use crate::render::Screen;
use crate::session::MaybeSignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("front.html", "front", "front-title").help(&[1]);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    signed_out: Option<String>,
}

/// To the page, which says that the session is over.
pub(super) fn signed_out(language: Language) -> Redirect {
    Redirect::to(&format!("/{}?signed_out", language.tag()))
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let signed_out = asked.signed_out.is_some() && signed_in.is_none();
    Ok(state.render(&visit, signed_in.as_ref(), &SCREEN, context! { signed_out }))
}
