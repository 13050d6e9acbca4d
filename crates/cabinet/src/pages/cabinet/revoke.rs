//! `/{lang}/cabinet/revoke`: which keys, what happened, what follows. The document is signed by script and sent to the API.

use axum::extract::State;
use axum::response::Html;
use minijinja::context;
use minijinja::value::Serde;
use tanba_model::revocation::LifeEvent;

use crate::problem::Problem;
use crate::render::Screen;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("cabinet/revoke.html", "revoke", "menu-keys-revoke").help(&[8]);

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Html<String>, Problem> {
    let records = state.valid_certificates_of(&signed_in).await?;
    let newest = state.newest_of(&signed_in).await?;
    let words = state.words(&visit);
    let values = context! {
        certificates => Serde(words.certificates_beside(&records, &newest)),
        events => LifeEvent::ALL.map(LifeEvent::name).to_vec(),
        has_email => signed_in.person.email.is_some(),
        errors => Vec::<String>::new(),
    };
    Ok(state.render(&visit, Some(&signed_in), &SCREEN, values))
}
