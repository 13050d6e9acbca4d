//! `/{lang}/cabinet/reissue/confirm`: everything once more, the tick, the keys, the signature, the code.
//!
//! Keys and signature are made by script and sent to the API; the code works without script too.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use minijinja::context;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};
use tanba_model::application::{Application, State as Stage};
use tanba_model::person::EmailAddress;
use tanba_ra::{ConfirmError, IssueError, ResendError};

use crate::body::{Form, number};
use crate::places;
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::render::Screen;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::view::can_renew;
use crate::visit::Visit;

const SCREEN: Screen = Screen {
    places: true,
    ..Screen::new("cabinet/reissue/confirm.html", "confirm", "confirm-title").help(&[10, 11])
};

/// In place of a form for a code that could only be refused.
const ELSEWHERE: Screen = Screen::new(
    "cabinet/reissue/elsewhere.html",
    "elsewhere",
    "error-signed-elsewhere",
)
.help(&[11]);

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    number: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    csrf: String,
    number: String,
    code: String,
}

/// One line of the summary, in plain words.
#[derive(Debug, Serialize)]
struct Line {
    key: String,
    value: String,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let application = find(&state, &signed_in, &asked.number).await?;
    match application.state {
        Stage::Awaiting2fa { .. }
            if is_signed_elsewhere(&state, &signed_in, &application).await? =>
        {
            let page = elsewhere(&state, &visit, &signed_in, &application).await?;
            Ok(page.into_response())
        }
        Stage::Draft | Stage::Awaiting2fa { .. } => {
            Ok(page(&state, &visit, &signed_in, &application, &Note::None).into_response())
        }
        Stage::Submitted { .. }
        | Stage::Confirmed { .. }
        | Stage::Rejected { .. }
        | Stage::Expired { .. }
        | Stage::Issued { .. }
        | Stage::Installed { .. }
        | Stage::Cancelled { .. } => Ok(to_application(&visit, &application)),
    }
}

/// `POST …/confirm/code`: the code, without script.
pub(crate) async fn code(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    signed_in.check(&headers, &fields.csrf)?;
    let number = number(&fields.number)?;
    state.limit_codes(&visit, number.as_str())?;
    let (session, now, asked) = (signed_in.session.clone(), state.now(), number.clone());
    let tried = state
        .ra(move |ra| Ok::<_, Problem>(ra.confirm(&session, &asked, &fields.code, now)))
        .await?;
    match tried {
        Ok(application) => Ok(to_application(&visit, &application)),
        Err(
            error @ (ConfirmError::Wrong { .. } | ConfirmError::Malformed | ConfirmError::Expired),
        ) => {
            let application = find(&state, &signed_in, number.as_str()).await?;
            let sentence = Problem::from(error).sentence(state.catalogue(), &visit);
            let page = page(
                &state,
                &visit,
                &signed_in,
                &application,
                &Note::Mistake(sentence),
            );
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        // The code was right, and there is nothing to type any more: the application says what it waits for.
        Err(ConfirmError::Issue(IssueError::Delayed(_))) => {
            let application = find(&state, &signed_in, number.as_str()).await?;
            Ok(to_application(&visit, &application))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST …/confirm/resend`: another code, without script.
pub(crate) async fn resend(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    signed_in.check(&headers, &fields.csrf)?;
    let number = number(&fields.number)?;
    state.limit_codes(&visit, number.as_str())?;
    let (session, now, asked) = (signed_in.session.clone(), state.now(), number.clone());
    let sent = state
        .ra(move |ra| Ok::<_, Problem>(ra.resend_code(&session, &asked, now)))
        .await?;
    let note = match sent {
        Ok(_) => Note::Said(state.text(&visit, "code-resent")),
        Err(error @ (ResendError::TooEarly { .. } | ResendError::NoMore)) => {
            Note::Said(Problem::from(error).sentence(state.catalogue(), &visit))
        }
        Err(error) => return Err(error.into()),
    };
    let application = find(&state, &signed_in, number.as_str()).await?;
    Ok(page(&state, &visit, &signed_in, &application, &note).into_response())
}

async fn find(
    state: &CabinetState,
    signed_in: &SignedIn,
    asked: &str,
) -> Result<Application, Problem> {
    let (session, number) = (signed_in.session.clone(), number(asked)?);
    state.ra(move |ra| ra.application(&session, &number)).await
}

async fn is_signed_elsewhere(
    state: &CabinetState,
    signed_in: &SignedIn,
    application: &Application,
) -> Result<bool, Problem> {
    let (session, number, now) = (
        signed_in.session.clone(),
        application.number.clone(),
        state.now(),
    );
    state
        .ra(move |ra| ra.is_signed_elsewhere(&session, &number, now))
        .await
}

/// What to do about an application that another session signed.
async fn elsewhere(
    state: &CabinetState,
    visit: &Visit,
    signed_in: &SignedIn,
    application: &Application,
) -> Result<Html<String>, Problem> {
    let records = state.valid_certificates_of(signed_in).await?;
    let values = context! {
        application => Serde(state.words(visit).application(application)),
        renews => can_renew(&records, state.now()),
        errors => Vec::<String>::new(),
    };
    Ok(state.render(visit, Some(signed_in), &ELSEWHERE, values))
}

fn to_application(visit: &Visit, application: &Application) -> Response {
    let (lang, number) = (visit.language.tag(), &application.number);
    Redirect::to(&format!("/{lang}/cabinet/applications/{number}")).into_response()
}

/// What is said about the code.
enum Note {
    None,
    Mistake(String),
    Said(String),
}

fn page(
    state: &CabinetState,
    visit: &Visit,
    signed_in: &SignedIn,
    application: &Application,
    note: &Note,
) -> Html<String> {
    let (code_error, code_notice) = match note {
        Note::None => (None, None),
        Note::Mistake(text) => (Some(text), None),
        Note::Said(text) => (None, Some(text)),
    };
    // Wherever the form was sent to, this is the page that another language shows.
    let place = format!("/cabinet/reissue/confirm?number={}", application.number);
    let visit = &Visit {
        place,
        ..visit.clone()
    };
    let errors: Vec<_> = code_error
        .into_iter()
        .map(|text| context! { field => "code", text })
        .collect();
    let email = signed_in.person.email.as_ref();
    let values = context! {
        application => Serde(state.words(visit).application(application)),
        lines => Serde(lines(state, visit, signed_in, application)),
        made_before => application.state == Stage::Draft && !application.requests.is_empty(),
        code_address => email.map(EmailAddress::masked).unwrap_or_default(),
        code_error,
        code_notice,
        errors,
    };
    let screen = Screen {
        has_errors: code_error.is_some(),
        ..SCREEN
    };
    state.render(visit, Some(signed_in), &screen, values)
}

/// The application in plain words, in the order of the document that will be signed.
fn lines(
    state: &CabinetState,
    visit: &Visit,
    signed_in: &SignedIn,
    application: &Application,
) -> Vec<Line> {
    let person = &signed_in.person;
    let gazetteer = state.authority().gazetteer();
    let (region, settlement) = places::named(
        gazetteer,
        visit.language,
        &application.region,
        &application.settlement,
    );
    let none = || state.text(visit, "summary-none");
    let keystore = format!("keystore-{}", application.keystore.identifier());
    let kind = format!("summary-kind-{}", application.kind.name());
    [
        ("summary-kind", state.text(visit, &kind)),
        ("summary-origin", state.config().origin().to_owned()),
        ("summary-number", application.number.grouped()),
        ("summary-surname", person.surname.clone()),
        ("summary-given-name", person.given_name.clone()),
        (
            "summary-patronymic",
            person.patronymic.clone().unwrap_or_else(none),
        ),
        ("summary-iin", person.iin.as_str().to_owned()),
        ("summary-country", state.text(visit, "country-KZ")),
        (
            "summary-email",
            application
                .email
                .as_ref()
                .map_or_else(none, |email| email.as_str().to_owned()),
        ),
        ("summary-region", region),
        ("summary-settlement", settlement),
        ("summary-keystore", state.text(visit, &keystore)),
    ]
    .into_iter()
    .map(|(key, value)| Line {
        key: state.text(visit, key),
        value,
    })
    .collect()
}

impl CabinetState {
    /// Counts a try of a code, or a wish for one, for the network and for the application.
    pub(crate) fn limit_codes(&self, visit: &Visit, number: &str) -> Result<(), Problem> {
        let (limits, now) = (self.config().limits(), self.now());
        self.limiter()
            .take(Limited::Code, &visit.network, limits.codes_per_minute, now)?;
        Ok(self.limiter().take(
            Limited::ApplicationCode,
            &number,
            limits.codes_per_application_per_minute,
            now,
        )?)
    }
}
