//! `/{lang}/cabinet/keys`: all certificates of the person, however they came about, page by page.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Html;
use minijinja::context;
use minijinja::value::Serde;
use serde::Deserialize;
use tanba_model::ports::{CertificateFilter, Standing};
use tanba_pki::{Purpose, SerialNumber, Timestamp};
use tanba_ra::ProofStanding;

use crate::problem::Problem;
use crate::render::Screen;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("cabinet/keys.html", "keys", "menu-keys-list").help(&[8]);

/// Certificates of one page.
pub(crate) const PAGE: u32 = 50;

/// What the filter offers, in the order of its lists.
const STANDINGS: [&str; 4] = ["valid", "expired", "frozen", "revoked"];
const PURPOSES: [&str; 3] = ["authentication", "signature", "both"];

/// Which certificates are asked for; what is no filter filters nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    status: String,
    purpose: String,
    after: String,
}

impl Wanted {
    pub(crate) fn filter(&self, now: Timestamp) -> CertificateFilter {
        CertificateFilter {
            standing: match self.status.as_str() {
                "valid" => Some(Standing::Valid(now)),
                "expired" => Some(Standing::Expired(now)),
                "frozen" => Some(Standing::Frozen),
                "revoked" => Some(Standing::Revoked),
                _ => None,
            },
            purpose: match self.purpose.as_str() {
                "authentication" => Some(Purpose::Authentication),
                "signature" => Some(Purpose::Signature),
                "both" => Some(Purpose::Both),
                _ => None,
            },
        }
    }

    /// Where the page before ended.
    pub(crate) fn after(&self) -> Option<SerialNumber> {
        serial(&self.after)
    }
}

/// A serial number as pages and addresses write it.
pub(crate) fn serial(text: &str) -> Option<SerialNumber> {
    let octets = tanba_pki::hex::decode(text)?;
    SerialNumber::from_bytes(&octets).ok()
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Problem> {
    let session = signed_in.session.clone();
    let (filter, after) = (wanted.filter(state.now()), wanted.after());
    let page = state
        .ra(move |ra| ra.certificate_page(&session, &filter, after.as_ref(), PAGE))
        .await?;
    let next = page
        .items
        .last()
        .filter(|_| page.more)
        .map(|record| record.serial.hex());
    let (session, items, now) = (signed_in.session.clone(), page.items.clone(), state.now());
    let standings = state
        .ra(move |ra| ra.proof_standings(&session, &items, now))
        .await?;
    let newest = state.newest_of(&signed_in).await?;
    let words = state.words(&visit);
    let proofs: BTreeMap<String, _> = page
        .items
        .iter()
        .zip(standings)
        .map(|(record, standing)| {
            let (standing, due) = match standing {
                ProofStanding::Signed => ("signed", String::new()),
                ProofStanding::Due(at) => ("due", words.date_time(at)),
                ProofStanding::Missing | _ => ("missing", String::new()),
            };
            (record.serial.hex(), context! { standing, due })
        })
        .collect();
    let values = context! {
        proofs,
        certificates => Serde(words.certificates_beside(&page.items, &newest)),
        next,
        standings => STANDINGS.to_vec(),
        purposes => PURPOSES.to_vec(),
        status => wanted.status,
        purpose => wanted.purpose,
        is_first => wanted.after.is_empty(),
    };
    Ok(state.render(&visit, Some(&signed_in), &SCREEN, values))
}
