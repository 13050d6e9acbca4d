//! `/api/v1/desk/orders`: orders of administrators, prepared and signed.

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::login::text;
use crate::body::{Json, octets};
use crate::clerk::AtDesk;
use crate::problem::{Problem, encode};
use crate::state::CabinetState;
use crate::visit::Visit;

#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    /// `stop-issuance` or `start-issuance`.
    act: String,
    /// `issuer/{authority}` or `issuer/{authority}/{profile}`.
    object: String,
    /// Why, in words.
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Document {
    /// Canonical JSON, to be signed as it is.
    document: String,
    /// What the document is about.
    about: String,
}

/// `POST /api/v1/desk/orders`
pub(super) async fn prepare(
    State(state): State<CabinetState>,
    AtDesk(clerk): AtDesk,
    Json(wish): Json<Wish>,
) -> Result<Answer<Document>, Problem> {
    let now = state.now();
    let about = wish.object.clone();
    let document = state
        .ra(move |ra| ra.prepare_order(&clerk, &wish.act, &wish.object, &wish.reason, now))
        .await?;
    Ok(Answer(Document {
        document: text(document)?,
        about,
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    /// CMS signed data with the document inside, base64.
    signature: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Done {
    /// The act that was carried out.
    outcome: &'static str,
    /// Where to look at it.
    next: String,
}

/// `POST /api/v1/desk/orders/signature`
pub(super) async fn sign(
    State(state): State<CabinetState>,
    AtDesk(clerk): AtDesk,
    visit: Visit,
    Json(signed): Json<Signed>,
) -> Result<Answer<Done>, Problem> {
    let (message, now) = (octets(&signed.signature)?, state.now());
    let ordered = state
        .ra(move |ra| ra.sign_order(&clerk, &message, now))
        .await?;
    let (language, outcome) = (visit.language.tag(), ordered.act.name());
    let profile = ordered.scope.profile.map_or_else(String::new, |profile| {
        format!("&profile={}", encode(&profile))
    });
    let issuer = ordered.scope.issuer;
    let next = format!("/{language}/desk/admin/issuers/{issuer}?done={outcome}{profile}");
    Ok(Answer(Done { outcome, next }))
}
