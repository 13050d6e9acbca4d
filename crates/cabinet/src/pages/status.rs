//! `/{lang}/status`: where an application stands, for whoever has its number and proves it: by the IIN of whoever applied, or
//! by the link of a mail. Opening shows; the button asks. From there the certificates are installed, without a session.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use tanba_model::application::{ApplicationNumber, ApplicationNumberError};
use tanba_model::iin::{Iin, IinError};
use tanba_ra::{Holder, NextStep, Proof, Proved, PublicStatus};

use crate::body::Form;
use crate::limited::{self, MaybeLimited};
use crate::pages::obtain::come::Come;
use crate::pages::obtain::sheet::{self, SHEET};
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::render::Screen;
use crate::session::MaybeSignedIn;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("status.html", "status", "menu-keys-status").help(&[12, 13, 14]);

#[derive(Debug, Serialize)]
struct Mistake {
    field: &'static str,
    text: String,
}

/// What stands in the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    number: String,
    iin: Option<String>,
    secret: Option<String>,
}

/// What was typed, once it can be asked about.
enum Typed {
    Iin(Iin),
    Secret(String),
}

/// `GET /{lang}/status`: nothing is looked up by opening a page.
pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Query(fields): Query<Fields>,
) -> Response {
    let fields = Fields {
        number: fields.number,
        ..Fields::default()
    };
    form(&state, &visit, signed_in.as_ref(), &fields, &[])
}

/// `GET /{lang}/status/{number}/{secret}`: the link of a mail. Mail scanners follow links, so it only shows the button.
pub(crate) async fn link(
    State(state): State<CabinetState>,
    visit: Visit,
    Path((number, secret)): Path<(String, String)>,
) -> Response {
    let fields = Fields {
        number,
        iin: None,
        secret: Some(secret),
    };
    form(&state, &visit, None, &fields, &[])
}

/// `POST /{lang}/status`
pub(crate) async fn prove(
    State(state): State<CabinetState>,
    visit: Visit,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let number = match ApplicationNumber::parse(&fields.number) {
        Ok(number) => number,
        Err(error) => {
            let key = match error {
                _ if fields.number.trim().is_empty() => "status-number-missing",
                ApplicationNumberError::CheckDigit => "status-number-check",
                ApplicationNumberError::Form | _ => "status-number-form",
            };
            let mistakes = [mistake("number", state.text(&visit, key))];
            return Ok(form(&state, &visit, signed_in.as_ref(), &fields, &mistakes));
        }
    };
    // Her own application she sees without a second proof; a stranger's is nothing to her session.
    if let Some(signed_in) = &signed_in {
        let (session, asked) = (signed_in.session.clone(), number.clone());
        let own = state
            .ra(move |ra| Ok::<_, Problem>(ra.application(&session, &asked)))
            .await?;
        if own.is_ok() {
            let lang = visit.language.tag();
            let next = Redirect::to(&format!("/{lang}/cabinet/applications/{number}"));
            return Ok(next.into_response());
        }
    }
    let typed = match typed(&state, &visit, &fields) {
        Ok(Some(typed)) => typed,
        // The front page asks for the number alone.
        Ok(None) => return Ok(form(&state, &visit, signed_in.as_ref(), &fields, &[])),
        Err(mistake) => {
            return Ok(form(
                &state,
                &visit,
                signed_in.as_ref(),
                &fields,
                &[mistake],
            ));
        }
    };
    let found = match &typed {
        Typed::Iin(iin) => {
            state
                .prove(&visit, number.clone(), Given::Iin(iin.clone()))
                .await?
        }
        Typed::Secret(secret) => {
            state
                .prove(&visit, number.clone(), Given::Secret(secret.clone()))
                .await?
        }
    };
    let Some(Proved { status, opened }) = found else {
        let (key, fields) = match typed {
            Typed::Iin(_) => ("status-unknown", fields),
            // The form asks for what she can type: nobody mends a link.
            Typed::Secret(_) => (
                "status-link-unknown",
                Fields {
                    secret: None,
                    ..fields
                },
            ),
        };
        let mistakes = [mistake("number", state.text(&visit, key))];
        return Ok(form(&state, &visit, signed_in.as_ref(), &fields, &mistakes));
    };
    let Some(opened) = opened else {
        return Ok(kept(&state, &visit, &status));
    };
    let cookie = limited::opening_cookie(opened.token.expose(), state.config());
    let next = Redirect::to(&format!("/{}/status/{number}", visit.language.tag()));
    Ok(([(SET_COOKIE, cookie)], next).into_response())
}

/// What is no application yet: shown at once, for there is nothing that could be done with it.
fn kept(state: &CabinetState, visit: &Visit, status: &PublicStatus) -> Response {
    let words = state.words(visit);
    let kept = context! {
        number => status.number.as_str(),
        grouped => status.number.grouped(),
        waits => status.next == NextStep::WaitForRegister,
        state => status.state,
        next => status.next.key(),
        created => words.date_time(status.since),
        keystore => status.keystore.identifier(),
    };
    let values = context! { kept, errors => Vec::<String>::new() };
    state.render(visit, None, &SCREEN, values).into_response()
}

/// `GET /{lang}/status/{number}`: for whoever proved it; everybody else is asked to.
pub(crate) async fn one(
    State(state): State<CabinetState>,
    visit: Visit,
    Path(asked): Path<String>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    MaybeLimited(limited): MaybeLimited,
) -> Result<Response, Problem> {
    let again = Fields {
        number: asked.clone(),
        ..Fields::default()
    };
    let (Ok(number), Some(limited)) = (ApplicationNumber::parse(&asked), limited) else {
        return Ok(form(&state, &visit, signed_in.as_ref(), &again, &[]));
    };
    let holder = Holder::from(&limited.session);
    let (held, now_asked) = (holder.clone(), number.clone());
    let found = state
        .ra(move |ra| Ok::<_, Problem>(ra.held_history(held, &now_asked)))
        .await?;
    let Ok(history) = found else {
        return Ok(form(&state, &visit, signed_in.as_ref(), &again, &[]));
    };
    let printable = sheet::is_offered(&history.application) && state.fonts().is_some();
    let lang = visit.language.tag();
    let sheet = printable.then(|| format!("/{lang}/status/{number}{SHEET}"));
    let reminder = state
        .ra(move |ra| ra.reminder(holder, &number).map_err(Problem::from))
        .await?;
    let words = state.words(&visit);
    let is_stopped = state.is_issuance_stopped().await?;
    let shown = words.history(&history.application, &history.steps, &history.signed);
    let values = context! {
        come => Serde(Come::of(&state, &visit, &history.application)),
        application => Serde(shown.while_stopped(is_stopped)),
        by_proof => true,
        sheet,
        reminder => reminder.map(|at| words.date(at)),
        errors => Vec::<String>::new(),
    };
    let page = state.render_with_token(&visit, &limited.session.csrf, &SCREEN, values);
    Ok(page.into_response())
}

/// What was typed as the second proof; `None` where nobody was asked for it yet.
fn typed(state: &CabinetState, visit: &Visit, fields: &Fields) -> Result<Option<Typed>, Mistake> {
    if let Some(secret) = &fields.secret {
        return Ok(Some(Typed::Secret(secret.clone())));
    }
    let Some(iin) = &fields.iin else {
        return Ok(None);
    };
    let iin: String = iin.split_whitespace().collect();
    let key = match Iin::parse(&iin) {
        Ok(iin) => return Ok(Some(Typed::Iin(iin))),
        Err(_) if iin.is_empty() => "keyless-iin-missing",
        Err(IinError::CheckDigit) => "keyless-iin-check",
        Err(_) => "keyless-iin-form",
    };
    Err(mistake("iin", state.text(visit, key)))
}

const fn mistake(field: &'static str, text: String) -> Mistake {
    Mistake { field, text }
}

fn form(
    state: &CabinetState,
    visit: &Visit,
    signed_in: Option<&crate::session::SignedIn>,
    fields: &Fields,
    mistakes: &[Mistake],
) -> Response {
    let at = |field: &str| {
        let found = mistakes.iter().find(|mistake| mistake.field == field);
        found.map(|mistake| mistake.text.clone())
    };
    let values: Value = context! {
        number_value => fields.number.as_str(),
        grouped => ApplicationNumber::parse(&fields.number).map(|number| number.grouped()).unwrap_or_else(|_| fields.number.clone()),
        iin_value => fields.iin.as_deref().unwrap_or_default(),
        secret => fields.secret.as_deref(),
        number_error => at("number"),
        iin_error => at("iin"),
        errors => Serde(mistakes),
    };
    let screen = Screen {
        has_errors: !mistakes.is_empty(),
        ..SCREEN
    };
    let status = if mistakes.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    (status, state.render(visit, signed_in, &screen, values)).into_response()
}

/// A second proof that can be carried to another thread.
pub(crate) enum Given {
    /// The IIN of whoever applied.
    Iin(Iin),
    /// The secret of a mail's link.
    Secret(String),
}

impl CabinetState {
    /// Asks for an application by its number and a second proof, as often as the limits allow. Links of mails wait for nobody's
    /// look-ups, because nobody guesses 128 bits: those that are wrong are counted by address, and right ones by number, which
    /// only whoever has the link can use up; each of them writes to the log. A number that nobody has, a
    /// stranger's and a wrong proof get the same answer after the same work.
    pub(crate) async fn prove(
        &self,
        visit: &Visit,
        number: ApplicationNumber,
        given: Given,
    ) -> Result<Option<Proved>, Problem> {
        let (limits, now) = (self.config().limits(), self.now());
        let by_link = matches!(given, Given::Secret(_));
        if !by_link {
            self.limiter().take(
                Limited::LookUp,
                &visit.network,
                limits.look_ups_per_minute,
                now,
            )?;
            self.limiter().take(
                Limited::Number,
                &number.as_str(),
                limits.look_ups_per_number_per_minute,
                now,
            )?;
        }
        let origin = self.limiter().pseudonym(&visit.network);
        let asked = number.clone();
        let right = self
            .ra(move |ra| {
                let proof = match &given {
                    Given::Iin(iin) => Proof::Iin(iin),
                    Given::Secret(secret) => Proof::Secret(secret),
                };
                ra.right(&asked, proof, now)
            })
            .await?;
        let Some(right) = right else {
            if by_link {
                visit.count(self, Limited::Link)?;
            }
            return Ok(None);
        };
        if by_link {
            self.limiter().take(
                Limited::NumberByLink,
                &number.as_str(),
                limits.look_ups_per_number_per_minute,
                now,
            )?;
        }
        self.ra(move |ra| ra.open_right(right, now, &origin)).await
    }
}
