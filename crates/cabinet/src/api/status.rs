//! `GET /api/v1/status/{number}`: where an application stands, for whoever has its number.

use axum::Json as Answer;
use axum::extract::{Path, State};
use serde::Serialize;

use crate::body::number;
use crate::problem::Problem;
use crate::state::CabinetState;
use crate::visit::Visit;

#[derive(Debug, Serialize)]
pub(super) struct View {
    number: String,
    kind: &'static str,
    state: &'static str,
    since: String,
    keystore: &'static str,
    next: &'static str,
}

pub(super) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    Path(asked): Path<String>,
) -> Result<Answer<View>, Problem> {
    let found = state
        .look_up(&visit, number(&asked)?)
        .await?
        .ok_or_else(Problem::application_not_found)?;
    Ok(Answer(View {
        number: found.number.as_str().to_owned(),
        kind: found.kind,
        state: found.state,
        since: found.since.rfc3339(),
        keystore: found.keystore.identifier(),
        next: found.next.key(),
    }))
}
