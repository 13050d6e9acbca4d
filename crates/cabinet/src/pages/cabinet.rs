//! `/{lang}/cabinet`: keys, the application that waits, and what can be done.

use axum::extract::State;
use axum::response::Html;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;
use tanba_model::application::{Application, State as Stage};
use tanba_model::certificate::CertificateRecord;

use crate::problem::Problem;
use crate::render::Screen;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::view::{Newest, can_renew, waits_at_a_centre};
use crate::visit::Visit;

pub(crate) mod applications;
pub(crate) mod confirm;
pub(crate) mod keys;
pub(crate) mod password;
pub(crate) mod phone;
pub(crate) mod profile;
pub(crate) mod reissue;
pub(crate) mod revoke;

const SCREEN: Screen = Screen::new("cabinet.html", "cabinet", "cabinet-title").help(&[7, 8]);

/// The six items of «Менің ЭЦҚ кілттерім», in the order of the guide.
const MENU: [(&str, &str); 6] = [
    ("reissue", "/cabinet/reissue"),
    ("revoke", "/cabinet/revoke"),
    ("apps", "/cabinet/applications"),
    ("list", "/cabinet/keys"),
    ("status", "/status"),
    ("password", "/cabinet/password"),
];

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Html<String>, Problem> {
    let records = state.valid_certificates_of(&signed_in).await?;
    let session = signed_in.session.clone();
    let applications = state.ra(move |ra| ra.applications(&session)).await?;
    let mut waiting = waiting(&applications, &visit);
    if let Some(Waiting { state: shown, .. }) = &mut waiting
        && *shown == CONFIRMED
        && state.is_issuance_stopped().await?
    {
        *shown = "stopped";
    }
    let words = state.words(&visit);
    let menu: Vec<Value> = MENU
        .into_iter()
        .map(|(key, path)| context! { key, path })
        .collect();
    let values = context! {
        person => Serde(words.person(&signed_in.person)),
        waiting => waiting.map(Serde),
        keys_sentence => words.keys_sentence(&records, &applications),
        renews => can_renew(&records, words.now),
        certificates => Serde(words.certificates_beside(&records, &Newest::of(&records, &applications, words.now))),
        menu,
    };
    Ok(state.render(&visit, Some(&signed_in), &SCREEN, values))
}

/// An application that is not at its end, in the words of the start page.
#[derive(Debug, Serialize)]
struct Waiting {
    /// The end of the key of its sentence: the state, or `stopped`.
    state: &'static str,
    grouped: String,
    href: String,
}

/// The name of the state in which issuing is awaited.
const CONFIRMED: &str = "CONFIRMED";

/// The application that its owner has left half-way; the one that is nearest to its end first.
fn waiting(applications: &[Application], visit: &Visit) -> Option<Waiting> {
    let rank = |application: &&Application| match application.state {
        Stage::Issued { .. } => 0,
        Stage::Confirmed { .. } => 1,
        Stage::Awaiting2fa { .. } => 2,
        Stage::Submitted { .. } => 3,
        Stage::Draft => 4,
        Stage::Rejected { .. }
        | Stage::Expired { .. }
        | Stage::Installed { .. }
        | Stage::Cancelled { .. } => 9,
    };
    let found = applications
        .iter()
        .filter(|application| rank(application) < 9 && !waits_at_a_centre(application))
        .min_by_key(rank)?;
    let (number, lang) = (found.number.as_str(), visit.language.tag());
    let href = match found.state {
        Stage::Draft | Stage::Awaiting2fa { .. } => {
            format!("/{lang}/cabinet/reissue/confirm?number={number}")
        }
        Stage::Submitted { .. }
        | Stage::Confirmed { .. }
        | Stage::Rejected { .. }
        | Stage::Expired { .. }
        | Stage::Issued { .. }
        | Stage::Installed { .. }
        | Stage::Cancelled { .. } => format!("/{lang}/cabinet/applications/{number}"),
    };
    Some(Waiting {
        state: found.state.name(),
        grouped: found.number.grouped(),
        href,
    })
}

impl CabinetState {
    /// Whether nothing that people apply for is issued for the time being.
    pub(crate) async fn is_issuance_stopped(&self) -> Result<bool, Problem> {
        self.ra(|ra| ra.is_issuance_stopped().map_err(Problem::from))
            .await
    }

    /// Which keys of whoever is signed in are the newest of their kind.
    pub(crate) async fn newest_of(&self, signed_in: &SignedIn) -> Result<Newest, Problem> {
        let valid = self.valid_certificates_of(signed_in).await?;
        let session = signed_in.session.clone();
        let applications = self.ra(move |ra| ra.applications(&session)).await?;
        Ok(Newest::of(&valid, &applications, self.now()))
    }

    /// The certificates of whoever is signed in that count now, newest first.
    pub(crate) async fn valid_certificates_of(
        &self,
        signed_in: &SignedIn,
    ) -> Result<Vec<CertificateRecord>, Problem> {
        let (session, now) = (signed_in.session.clone(), self.now());
        self.ra(move |ra| ra.valid_certificates(&session, now))
            .await
    }
}
