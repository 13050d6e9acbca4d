//! `POST /api/v1/status`: where an application stands, for whoever has its number and proves it.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse};
use serde::{Deserialize, Serialize};
use tanba_model::iin::Iin;

use crate::body::{Json, number};
use crate::limited;
use crate::pages::status::Given;
use crate::problem::Problem;
use crate::state::CabinetState;
use crate::visit::Visit;

/// A number with one proof.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    number: String,
    /// The IIN of whoever applied.
    iin: Option<String>,
    /// The secret of a mail's link.
    secret: Option<String>,
}

#[derive(Debug, Serialize)]
struct View {
    number: String,
    kind: &'static str,
    state: &'static str,
    since: String,
    keystore: &'static str,
    next: &'static str,
    /// For calls that install what was issued, with the cookie that comes with this answer; empty, and no cookie, while the
    /// application waits for the register of people.
    csrf: String,
}

pub(super) async fn prove(
    State(state): State<CabinetState>,
    visit: Visit,
    Json(asked): Json<Asked>,
) -> Result<impl IntoResponse, Problem> {
    let given = match (asked.iin, asked.secret) {
        (Some(iin), None) => {
            Given::Iin(Iin::parse(&iin).map_err(|_| Problem::application_not_found())?)
        }
        (None, Some(secret)) => Given::Secret(secret),
        _ => return Err(Problem::bad_request()),
    };
    let proved = state
        .prove(&visit, number(&asked.number)?, given)
        .await?
        .ok_or_else(Problem::application_not_found)?;
    let found = proved.status;
    let cookie = proved
        .opened
        .as_ref()
        .map(|opened| limited::opening_cookie(opened.token.expose(), state.config()));
    let view = View {
        number: found.number.as_str().to_owned(),
        kind: found.kind,
        state: found.state,
        since: found.since.rfc3339(),
        keystore: found.keystore.identifier(),
        next: found.next.key(),
        csrf: proved
            .opened
            .map_or_else(String::new, |opened| opened.session.csrf),
    };
    let cookie = cookie.map(|cookie| [(SET_COOKIE, cookie)]);
    Ok((cookie.map(AppendHeaders), Answer(view)))
}
