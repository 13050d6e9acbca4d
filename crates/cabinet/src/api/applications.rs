//! Applications, from the form to the code.

use axum::Json as Answer;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use tanba_model::application::{Application, ApplicationNumber, State as Stage};
use tanba_model::id::PersonId;
use tanba_ra::{Holder, NextStep, ReissueForm, SecondFactorStanding};

use super::Nothing;
use super::login::text;
use crate::body::{Json, number, octets};
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

/// An application as its owner's scripts see it.
#[derive(Debug, Serialize)]
pub(super) struct View {
    number: String,
    kind: &'static str,
    state: &'static str,
    since: String,
    created: String,
    keystore: &'static str,
    next: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resend_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_left: Option<u32>,
}

impl View {
    fn of(application: &Application, standing: Option<SecondFactorStanding>) -> Self {
        let asked = matches!(application.state, Stage::Awaiting2fa { .. });
        let standing = standing.filter(|_| asked);
        Self {
            number: application.number.as_str().to_owned(),
            kind: application.kind.name(),
            state: application.state.name(),
            since: application
                .state
                .since()
                .unwrap_or(application.created_at)
                .rfc3339(),
            created: application.created_at.rfc3339(),
            keystore: application.keystore.identifier(),
            next: NextStep::of(&application.state).key(),
            code_expires: standing
                .as_ref()
                .map(|standing| standing.expires_at.rfc3339()),
            resend_at: standing
                .as_ref()
                .map(|standing| standing.resend_at.rfc3339()),
            tries_left: standing.as_ref().map(|standing| standing.tries_left),
            email_hint: standing.map(|standing| standing.hint),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct List {
    applications: Vec<View>,
    /// What to ask for `after` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Applications of one page.
const PAGE: u32 = 50;

/// Where the page before ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    after: String,
}

/// `GET /api/v1/applications`
pub(super) async fn list(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Answer<List>, Problem> {
    let Query(wanted) = wanted.map_err(|_| Problem::bad_request())?;
    let after = ApplicationNumber::parse(&wanted.after).ok();
    let page = state
        .ra(move |ra| ra.history_page(&signed_in.session, after.as_ref(), PAGE))
        .await?;
    let last = page.items.last().filter(|_| page.more);
    Ok(Answer(List {
        applications: page
            .items
            .iter()
            .map(|history| View::of(&history.application, None))
            .collect(),
        next: last.map(|history| history.application.number.as_str().to_owned()),
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Begin {
    email: Option<String>,
    region: String,
    settlement: String,
    keystore: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Begun {
    number: String,
}

/// `POST /api/v1/applications`
pub(super) async fn begin(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    Json(begin): Json<Begin>,
) -> Result<Answer<Begun>, Problem> {
    let form = ReissueForm {
        email: begin.email,
        region: begin.region,
        settlement: begin.settlement,
        keystore: begin.keystore,
    };
    let now = state.now();
    let application = state
        .ra(move |ra| ra.begin_reissue(&signed_in.session, &form, now))
        .await?;
    Ok(Answer(Begun {
        number: application.number.as_str().to_owned(),
    }))
}

/// `GET /api/v1/applications/{number}`
pub(super) async fn show(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    Path(asked): Path<String>,
) -> Result<Answer<View>, Problem> {
    let number = number(&asked)?;
    let view = state.ra(move |ra| {
        let application = ra.application(&signed_in.session, &number)?;
        let standing = ra.second_factor_standing(&signed_in.session, &number)?;
        Ok::<_, Problem>(View::of(&application, standing))
    });
    Ok(Answer(view.await?))
}

#[derive(Debug, Deserialize)]
pub(super) struct Requests {
    /// PKCS#10, DER, base64: authentication, signature.
    requests: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Document {
    /// Canonical JSON, to be signed as it is.
    document: String,
}

/// `POST /api/v1/applications/{number}/requests`
pub(super) async fn requests(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    Path(asked): Path<String>,
    Json(sent): Json<Requests>,
) -> Result<Answer<Document>, Problem> {
    state.limit_steps(&signed_in)?;
    let number = number(&asked)?;
    let requests = sent
        .requests
        .iter()
        .map(|request| octets(request))
        .collect::<Result<Vec<_>, _>>()?;
    let now = state.now();
    let document = state
        .ra(move |ra| ra.prepare_document(&signed_in.session, &number, &requests, now))
        .await?;
    Ok(Answer(Document {
        document: text(document)?,
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    /// CMS signed data with the document inside, base64.
    signature: String,
}

/// `POST /api/v1/applications/{number}/signature`
pub(super) async fn signature(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    Path(asked): Path<String>,
    Json(signed): Json<Signed>,
) -> Result<Answer<View>, Problem> {
    state.limit_steps(&signed_in)?;
    let (number, message, now) = (number(&asked)?, octets(&signed.signature)?, state.now());
    let view = state.ra(move |ra| {
        let application = ra.submit(&signed_in.session, &number, &message, now)?;
        let standing = ra.second_factor_standing(&signed_in.session, &number)?;
        Ok::<_, Problem>(View::of(&application, standing))
    });
    Ok(Answer(view.await?))
}

#[derive(Debug, Deserialize)]
pub(super) struct Code {
    code: String,
}

/// `POST /api/v1/applications/{number}/code`
pub(super) async fn code(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Path(asked): Path<String>,
    Json(sent): Json<Code>,
) -> Result<Answer<View>, Problem> {
    let (number, now) = (number(&asked)?, state.now());
    state.limit_codes(&visit, number.as_str())?;
    let application = state
        .ra(move |ra| ra.confirm(&signed_in.session, &number, &sent.code, now))
        .await?;
    Ok(Answer(View::of(&application, None)))
}

#[derive(Debug, Serialize)]
pub(super) struct Resent {
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<String>,
    wait_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sends_left: Option<u32>,
}

/// `POST /api/v1/applications/{number}/code/resend`
pub(super) async fn resend(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Path(asked): Path<String>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Answer<Resent>, Problem> {
    let (number, now) = (number(&asked)?, state.now());
    state.limit_codes(&visit, number.as_str())?;
    let standing = state
        .ra(move |ra| ra.resend_code(&signed_in.session, &number, now))
        .await?;
    Ok(Answer(Resent {
        wait_seconds: standing
            .as_ref()
            .map_or(60, |standing| standing.resend_at.since(now).as_secs()),
        sends_left: standing.as_ref().map(|standing| standing.sends_left),
        sent_at: standing.map(|standing| standing.sent_at.rfc3339()),
    }))
}

/// `POST /api/v1/applications/{number}/cancel`
pub(super) async fn cancel(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    Path(asked): Path<String>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Answer<View>, Problem> {
    let (number, now) = (number(&asked)?, state.now());
    let application = state
        .ra(move |ra| ra.cancel(&signed_in.session, &number, now))
        .await?;
    Ok(Answer(View::of(&application, None)))
}

impl CabinetState {
    /// Counts a step that costs the server signatures or records, for the person.
    pub(super) fn limit_steps(&self, signed_in: &SignedIn) -> Result<(), Problem> {
        self.limit_steps_of_person(signed_in.person.id)
    }

    /// Counts a step of whoever acts for an application.
    pub(super) fn limit_steps_of(&self, holder: &Holder) -> Result<(), Problem> {
        let session = holder.session.as_ref().map(|session| session.person);
        let limited = holder.limited.as_ref().map(|session| session.person);
        session
            .or(limited)
            .map_or(Ok(()), |person| self.limit_steps_of_person(person))
    }

    /// Counts a step of a person, before anything is done for it.
    fn limit_steps_of_person(&self, person: PersonId) -> Result<(), Problem> {
        self.limit_of_person(Limited::Step, person)
    }

    /// Counts a report for a person, before it is made. Whoever has her key for signing in alone reads reports with it, and
    /// must not use up by that what she signs.
    pub(super) fn limit_reports(&self, person: PersonId) -> Result<(), Problem> {
        self.limit_of_person(Limited::Report, person)
    }

    /// Counts a change of what a person wishes, before it is made: each is a row of the log. With her key for signing in alone
    /// they are made, so they use up nothing else either.
    pub(crate) fn limit_settings(&self, person: PersonId) -> Result<(), Problem> {
        self.limit_of_person(Limited::Setting, person)
    }

    fn limit_of_person(&self, limited: Limited, person: PersonId) -> Result<(), Problem> {
        let per_minute = self.config().limits().steps_per_person_per_minute;
        Ok(self
            .limiter()
            .take(limited, &person.0, per_minute, self.now())?)
    }
}
