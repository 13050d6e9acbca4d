//! `/api/v1/desk`: signing in at the desk; decisions, prepared and signed.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use tanba_model::application::ApplicationNumber;
use tanba_model::decision::{Act, DecisionDocument};
use tanba_model::id::{ActId, PersonId};
use tanba_model::language::Language;
use tanba_model::staff::Role;
use tanba_ra::{ActWish, Outcome, Verdict};

use super::Nothing;
use super::login::text;
use crate::body::{Json, octets, visitors_number};
use crate::clerk::{AtDesk, opening_cookie, token};
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::state::CabinetState;
use crate::visit::Visit;

#[derive(Debug, Serialize)]
pub(super) struct Challenge {
    /// Canonical JSON, to be signed as it is.
    challenge: String,
}

/// `POST /api/v1/desk/login/challenge`
pub(super) async fn challenge(
    State(state): State<CabinetState>,
    visit: Visit,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Answer<Challenge>, Problem> {
    limit(&state, &visit, Limited::Challenge)?;
    let now = state.now();
    let bytes = state.ra(move |ra| ra.desk_challenge(now)).await?;
    Ok(Answer(Challenge {
        challenge: text(bytes)?,
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    /// CMS signed data with the document inside, base64.
    signature: String,
}

#[derive(Debug, Serialize)]
struct Opened {
    csrf: String,
    next: String,
}

/// `POST /api/v1/desk/login`
pub(super) async fn login(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
    Json(signed): Json<Signed>,
) -> Result<impl IntoResponse, Problem> {
    limit(&state, &visit, Limited::SignIn)?;
    let message = octets(&signed.signature)?;
    let now = state.now();
    let origin = state.limiter().pseudonym(&visit.network);
    let earlier = token(&headers, state.config());
    let opened = state
        .ra(move |ra| ra.desk_login(&message, now, &origin))
        .await?;
    let cookie = opening_cookie(opened.token.expose(), state.config());
    if let Some(earlier) = earlier {
        let ended = state.ra(move |ra| ra.desk_logout(&earlier, now)).await;
        if let Err(problem) = ended {
            tracing::warn!(id = %visit.request_id, code = problem.code(), "an earlier session of the desk goes on");
        }
    }
    let next = home(visit.language, opened.clerk.role());
    let answer = Opened {
        csrf: opened.clerk.session.csrf,
        next,
    };
    Ok(([(SET_COOKIE, cookie)], Answer(answer)))
}

/// Where somebody in this role begins: who decides at the queue, the others at what they are there for.
fn home(language: Language, role: Role) -> String {
    let page = match role {
        Role::Operator | Role::SeniorOperator => "",
        Role::Administrator => "/admin",
        Role::Auditor => "/audit",
    };
    format!("/{}/desk{page}", language.tag())
}

#[derive(Debug, Serialize)]
pub(super) struct Document {
    /// Canonical JSON, to be signed as it is.
    document: String,
    /// What the document is about: the application's number, or the person's IIN.
    about: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct VerdictWish {
    /// Number of the application.
    number: String,
    /// `approve` or `reject`.
    verdict: String,
    /// How the person was identified, for an approval.
    #[serde(default)]
    identification: String,
    /// Why, for a refusal.
    #[serde(default)]
    reason: String,
    #[serde(default)]
    remark: String,
}

/// `POST /api/v1/desk/verdicts`
pub(super) async fn verdict(
    State(state): State<CabinetState>,
    at_desk: AtDesk,
    Json(wish): Json<VerdictWish>,
) -> Result<Answer<Document>, Problem> {
    at_desk.looks(&state).await?;
    let (asked, now) = (visitors_number(&wish.number)?, state.now());
    let about = asked.as_str().to_owned();
    let verdict = match wish.verdict.as_str() {
        "approve" => Verdict::Approve {
            identification: wish.identification,
            remark: wish.remark,
        },
        "reject" => Verdict::Reject {
            reason: wish.reason,
            remark: wish.remark,
        },
        _ => return Err(Problem::bad_request()),
    };
    let document = state
        .ra(move |ra| ra.prepare_verdict(&at_desk.0, &asked, &verdict, now))
        .await?;
    Ok(Answer(Document {
        document: text(document)?,
        about,
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct ActOrder {
    /// Whom it is about: her record, as the address of her page has it.
    person: i64,
    act: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    remark: String,
    #[serde(default)]
    identification: String,
    /// Certificates to revoke, serial numbers.
    #[serde(default)]
    serials: Vec<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    surname: Option<String>,
    #[serde(default)]
    given_name: Option<String>,
    #[serde(default)]
    patronymic: Option<String>,
}

/// `POST /api/v1/desk/acts`
pub(super) async fn act(
    State(state): State<CabinetState>,
    at_desk: AtDesk,
    Json(asked): Json<ActOrder>,
) -> Result<Answer<Document>, Problem> {
    // The document says as much of a person as her page does.
    at_desk.looks(&state).await?;
    let changes = [
        ("email", asked.email),
        ("surname", asked.surname),
        ("given_name", asked.given_name),
        ("patronymic", asked.patronymic),
    ];
    let wish = ActWish {
        act: asked.act,
        reason: asked.reason,
        remark: asked.remark,
        identification: asked.identification,
        serials: asked.serials,
        changes: changes
            .into_iter()
            .filter_map(|(field, value)| Some((field.to_owned(), value?)))
            .collect(),
    };
    let (person, now) = (PersonId(asked.person), state.now());
    let document = state
        .ra(move |ra| ra.prepare_act(&at_desk.0, person, &wish, now))
        .await?;
    about_person(document)
}

/// A document with the IIN that it is about.
fn about_person(document: Vec<u8>) -> Result<Answer<Document>, Problem> {
    let about = DecisionDocument::from_bytes(&document)
        .map_err(|error| Problem::internal(&error))?
        .person
        .iin;
    Ok(Answer(Document {
        document: text(document)?,
        about,
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct AnswerWish {
    /// Number of the act that waits.
    act: i64,
    agrees: bool,
    #[serde(default)]
    remark: String,
}

/// `POST /api/v1/desk/answers`
pub(super) async fn answer(
    State(state): State<CabinetState>,
    at_desk: AtDesk,
    Json(wish): Json<AnswerWish>,
) -> Result<Answer<Document>, Problem> {
    at_desk.looks(&state).await?;
    let (act, now) = (ActId(wish.act), state.now());
    let document = state
        .ra(move |ra| ra.prepare_answer(&at_desk.0, act, wish.agrees, &wish.remark, now))
        .await?;
    about_person(document)
}

#[derive(Debug, Serialize)]
pub(super) struct Signing {
    /// `issued`, `approved`, `rejected`, `done`, `waits` or `withdrawn`.
    outcome: &'static str,
    /// Where to look at it.
    next: String,
}

/// `POST /api/v1/desk/signature`
pub(super) async fn sign(
    State(state): State<CabinetState>,
    AtDesk(clerk): AtDesk,
    visit: Visit,
    Json(signed): Json<Signed>,
) -> Result<Answer<Signing>, Problem> {
    let (message, now) = (octets(&signed.signature)?, state.now());
    let outcome = state
        .ra(move |ra| ra.sign_decision(&clerk, &message, now))
        .await?;
    let language = visit.language.tag();
    let application = |number: &ApplicationNumber, outcome: &'static str| {
        let next = format!("/{language}/desk/applications/{number}?done={outcome}");
        (outcome, next)
    };
    let of_person = |act: Act, id: PersonId, outcome: &'static str| {
        let act = act.name();
        let next = format!("/{language}/desk/persons/{id}?done={outcome}&act={act}");
        (outcome, next)
    };
    let (outcome, next) = match &outcome {
        Outcome::Issued(number) => application(number, "issued"),
        Outcome::Approved(number) => application(number, "approved"),
        Outcome::Rejected(number) => application(number, "rejected"),
        Outcome::Done(act, id) => of_person(*act, *id, "done"),
        Outcome::Waits(act, id) => of_person(*act, *id, "waits"),
        Outcome::Withdrawn(act, id) => of_person(*act, *id, "withdrawn"),
        Outcome::Refused(act, id) => of_person(*act, *id, "rejected"),
    };
    Ok(Answer(Signing { outcome, next }))
}

fn limit(state: &CabinetState, visit: &Visit, limited: Limited) -> Result<(), Problem> {
    let per_minute = state.config().limits().sign_ins_per_minute;
    Ok(state
        .limiter()
        .take(limited, &("desk", visit.network), per_minute, state.now())?)
}
