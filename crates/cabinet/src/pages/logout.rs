//! `POST /{lang}/logout`: the session ends on the server and in the browser.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::body::Form;
use crate::pages::front::signed_out;
use crate::problem::Problem;
use crate::session::{MaybeSignedIn, closing_cookie, token};
use crate::state::CabinetState;
use crate::visit::Visit;

#[derive(Debug, Deserialize)]
pub(crate) struct Fields {
    csrf: String,
}

pub(crate) async fn submit(
    State(state): State<CabinetState>,
    visit: Visit,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<impl IntoResponse, Problem> {
    if let Some(signed_in) = signed_in {
        signed_in.check(&headers, &fields.csrf)?;
        let token = token(&headers, state.config()).unwrap_or_default();
        let now = state.now();
        state.ra(move |ra| ra.logout(&token, now)).await?;
    }
    let front = signed_out(visit.language);
    Ok(([(SET_COOKIE, closing_cookie(state.config()))], front))
}
