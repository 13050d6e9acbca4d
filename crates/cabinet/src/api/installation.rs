//! Fetching certificates, proving that the new keys work, and the next reminder.

use std::time::Duration;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use tanba_pki::SerialNumber;

use super::Nothing;
use super::login::text;
use crate::body::{Json, base64, number, octets};
use crate::calendar;
use crate::dates;
use crate::limited::ForApplication;
use crate::problem::Problem;
use crate::state::CabinetState;
use crate::visit::Visit;

/// How long before the end of the first new certificate a calendar should remind.
const REMIND_BEFORE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[derive(Debug, Serialize)]
pub(super) struct Certificates {
    /// DER, base64, in the order of the requests.
    certificates: Vec<String>,
    /// DER, base64, issuing authority first, root last.
    chain: Vec<String>,
}

/// `GET /api/v1/applications/{number}/certificates`
pub(super) async fn certificates(
    State(state): State<CabinetState>,
    ForApplication(holder): ForApplication,
    Path(asked): Path<String>,
) -> Result<Answer<Certificates>, Problem> {
    let number = number(&asked)?;
    let issued = state.ra(move |ra| ra.certificates(holder, &number)).await?;
    let all = |list: &[Vec<u8>]| list.iter().map(|der| base64(der)).collect();
    Ok(Answer(Certificates {
        certificates: all(&issued.certificates),
        chain: all(&issued.chain),
    }))
}

#[derive(Debug, Serialize)]
pub(super) struct Challenge {
    /// Canonical JSON, to be signed as it is by each new key.
    challenge: String,
}

/// `POST /api/v1/applications/{number}/installation/challenge`
pub(super) async fn challenge(
    State(state): State<CabinetState>,
    ForApplication(holder): ForApplication,
    Path(asked): Path<String>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Answer<Challenge>, Problem> {
    state.limit_steps_of(&holder)?;
    let (number, now) = (number(&asked)?, state.now());
    let bytes = state
        .ra(move |ra| ra.installation_challenge(holder, &number, now))
        .await?;
    Ok(Answer(Challenge {
        challenge: text(bytes)?,
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Proofs {
    /// CMS signed data over the challenge, base64, one by each new key.
    proofs: Vec<String>,
    revoke_old: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Installed {
    state: &'static str,
    superseded: Vec<String>,
    /// A local date, `2027-10-25`.
    reminder: String,
    ics: String,
}

/// `POST /api/v1/applications/{number}/installation`
pub(super) async fn submit(
    State(state): State<CabinetState>,
    ForApplication(holder): ForApplication,
    Path(asked): Path<String>,
    Json(sent): Json<Proofs>,
) -> Result<Answer<Installed>, Problem> {
    state.limit_steps_of(&holder)?;
    let (number, now) = (number(&asked)?, state.now());
    let proofs = sent
        .proofs
        .iter()
        .map(|proof| octets(proof))
        .collect::<Result<Vec<_>, _>>()?;
    let done = state
        .ra(move |ra| ra.installed(holder, &number, &proofs, sent.revoke_old, now))
        .await?;
    Ok(Answer(Installed {
        state: done.application.state.name(),
        superseded: done.superseded.iter().map(SerialNumber::hex).collect(),
        reminder: dates::iso(done.reminder),
        ics: format!(
            "/api/v1/applications/{}/reminder.ics",
            done.application.number
        ),
    }))
}

/// `GET /api/v1/applications/{number}/reminder.ics`: a day in the calendar (RFC 5545).
pub(super) async fn reminder(
    State(state): State<CabinetState>,
    visit: Visit,
    ForApplication(holder): ForApplication,
    Path(asked): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let number = number(&asked)?;
    let asked = number.clone();
    let at = state
        .ra(move |ra| ra.reminder(holder, &asked).map_err(Problem::from))
        .await?
        .ok_or_else(Problem::application_not_found)?;
    let end = state.words(&visit).date(at.plus(REMIND_BEFORE));
    let url = format!("{}/{}/enter", state.config().origin(), visit.language.tag());
    let text = state.catalogue().format(
        visit.language,
        "reminder-text",
        &[("date", end.into()), ("url", url.as_str().into())],
    );
    let event = calendar::event(
        number.as_str(),
        at,
        state.now(),
        &state.text(&visit, "reminder-title"),
        &text,
    );
    let name = format!("attachment; filename=\"tanba-{number}.ics\"");
    Ok((
        [
            (CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
            (CONTENT_DISPOSITION, name),
        ],
        event,
    ))
}
