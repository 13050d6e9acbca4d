//! `/{lang}/cabinet/profile/phone`: the number for short notices, confirmed by a code that goes there. Works without script.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use tanba_ra::PhoneChangeError;

use super::profile::{Fields, Saved, back, refused};
use crate::body::Form;
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

/// The part of the page.
const PART: &str = "phone-title";

/// `POST /{lang}/cabinet/profile/phone`: sends a code to a number.
pub(crate) async fn ask(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (limits, now) = (state.config().limits(), state.now());
    state
        .limiter()
        .take(Limited::Code, &visit.network, limits.codes_per_minute, now)?;
    let (session, network) = (signed_in.session.clone(), visit.network.to_string());
    let typed = fields.phone.clone();
    let asked = state
        .ra(move |ra| Ok::<_, Problem>(ra.ask_phone_change(&session, &typed, &network, now)))
        .await?;
    match asked {
        Ok(_) => Ok(back(visit.language, PART).into_response()),
        Err(PhoneChangeError::Step(error)) => Err(error.into()),
        Err(error) => refused(&state, &visit, &signed_in, ("phone", fields.phone), error).await,
    }
}

/// `POST /{lang}/cabinet/profile/phone/code`
pub(crate) async fn confirm(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (limits, now) = (state.config().limits(), state.now());
    state
        .limiter()
        .take(Limited::Code, &visit.network, limits.codes_per_minute, now)?;
    let session = signed_in.session.clone();
    let confirmed = state
        .ra(move |ra| Ok::<_, Problem>(ra.confirm_phone_change(&session, &fields.code, now)))
        .await?;
    let field = match &confirmed {
        Err(PhoneChangeError::NoTriesLeft) => "phone",
        _ => "phone-code",
    };
    match confirmed {
        Ok(()) => Ok(Saved::Phone.told(visit.language).into_response()),
        Err(PhoneChangeError::Step(error)) => Err(error.into()),
        Err(error) => refused(&state, &visit, &signed_in, (field, String::new()), error).await,
    }
}

/// `POST /{lang}/cabinet/profile/phone/remove`
pub(crate) async fn remove(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    let (session, now) = (signed_in.session.clone(), state.now());
    let removed = state
        .ra(move |ra| Ok::<_, Problem>(ra.remove_phone(&session, now)))
        .await?;
    match removed {
        // Removed already, in another tab: it is as she wanted it.
        Ok(()) | Err(PhoneChangeError::NoneYet) => {
            Ok(Saved::PhoneRemoved.told(visit.language).into_response())
        }
        Err(PhoneChangeError::Step(error)) => Err(error.into()),
        Err(error) => refused(&state, &visit, &signed_in, ("phone", String::new()), error).await,
    }
}
