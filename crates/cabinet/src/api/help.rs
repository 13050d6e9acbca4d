//! `GET /api/v1/help`: what the guide says to a question.

use axum::Json as Answer;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use tanba_model::language::Language;

use crate::pages::guide::Answer as Found;
use crate::problem::Problem;
use crate::state::CabinetState;
use crate::visit::Visit;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    q: String,
    lang: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Answers {
    language: &'static str,
    answers: Vec<Found>,
}

pub(super) async fn search(
    State(state): State<CabinetState>,
    visit: Visit,
    fields: Result<Query<Fields>, QueryRejection>,
) -> Result<Answer<Answers>, Problem> {
    let Query(fields) = fields.map_err(|_| Problem::bad_request())?;
    let language = match fields.lang {
        Some(tag) => Language::from_tag(&tag).ok_or_else(Problem::bad_request)?,
        None => visit.language,
    };
    Ok(Answer(Answers {
        language: language.tag(),
        answers: state.answers(language, &fields.q).await?,
    }))
}
