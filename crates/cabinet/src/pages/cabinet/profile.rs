//! `/{lang}/cabinet/profile`: what the register knows, address, language, reminders, open sessions. Works without script.

use axum::extract::{Path, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use tanba_model::language::Language;
use tanba_model::phone::PhoneNumber;
use tanba_ra::{EmailChangeError, OpenSession, PendingAddress, PendingPhone};

use crate::body::Form;
use crate::device;
use crate::pages::front::signed_out;
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::render::Screen;
use crate::session::{SignedIn, closing_cookie};
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen =
    Screen::new("cabinet/profile.html", "profile", "menu-name-profile").help(&[8]);

/// What a form of the page brings; each of them uses its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    csrf: String,
    language: String,
    reminders: Option<String>,
    email: String,
    pub(super) phone: String,
    pub(super) code: String,
}

/// What was wrong with a form of the page.
#[derive(Debug, Serialize)]
struct Mistake {
    field: &'static str,
    text: String,
    /// What was typed there, to be corrected.
    #[serde(skip)]
    typed: String,
}

/// What a form of the page brought about, said where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Saved {
    Address,
    Phone,
    PhoneRemoved,
    Language,
    Reminders,
    Session,
}

impl Saved {
    /// As it stands in the address, and in the key of its text.
    const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Phone => "phone",
            Self::PhoneRemoved => "phone-removed",
            Self::Language => "language",
            Self::Reminders => "reminders",
            Self::Session => "session",
        }
    }

    /// The part of the page.
    const fn part(self) -> &'static str {
        match self {
            Self::Address => "email-title",
            Self::Phone | Self::PhoneRemoved => "phone-title",
            Self::Language => "language",
            Self::Reminders => "notices",
            Self::Session => "sessions",
        }
    }

    /// Back to the page, which says so.
    pub(super) fn told(self, language: Language) -> Redirect {
        let (lang, name, part) = (language.tag(), self.name(), self.part());
        Redirect::to(&format!("/{lang}/cabinet/profile?saved={name}#{part}"))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    saved: String,
}

impl Asked {
    /// Anything else in the address says nothing.
    fn saved(&self) -> Option<Saved> {
        let known = [
            Saved::Address,
            Saved::Phone,
            Saved::PhoneRemoved,
            Saved::Language,
            Saved::Reminders,
            Saved::Session,
        ];
        known.into_iter().find(|one| one.name() == self.saved)
    }
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    page(&state, &visit, &signed_in, Told::Saved(asked.saved())).await
}

/// What the page says besides what it shows.
enum Told {
    Saved(Option<Saved>),
    Mistake(Mistake),
}

/// What the page needs from the records besides the person.
struct Standing {
    open: Vec<OpenSession>,
    address: Option<PendingAddress>,
    phone: Option<PendingPhone>,
    texts: bool,
}

async fn standing(state: &CabinetState, signed_in: &SignedIn) -> Result<Standing, Problem> {
    let (session, now) = (signed_in.session.clone(), state.now());
    state
        .ra(move |ra| {
            Ok::<_, Problem>(Standing {
                open: ra.sessions(&session, now)?,
                address: ra.pending_email(&session, now)?,
                phone: ra.pending_phone(&session, now)?,
                texts: ra.text_messages(),
            })
        })
        .await
}

async fn page(
    state: &CabinetState,
    visit: &Visit,
    signed_in: &SignedIn,
    told: Told,
) -> Result<Html<String>, Problem> {
    let (saved, mistake) = match told {
        Told::Saved(saved) => (saved, None),
        Told::Mistake(mistake) => (None, Some(mistake)),
    };
    let Standing {
        open,
        address,
        phone,
        texts,
    } = standing(state, signed_in).await?;
    let now = state.now();
    let words = state.words(visit);
    let sessions: Vec<Value> = open
        .iter()
        .map(|open| {
            context! {
                name => open.name.as_str(),
                serial => open.serial.as_ref().map(tanba_pki::SerialNumber::hex),
                opened => words.date_time(open.created_at),
                used => words.date_time(open.used_at),
                device => device::name(state.catalogue(), visit.language, &open.device),
                is_this => open.is_this,
            }
        })
        .collect();
    let person = &signed_in.person;
    let wrong = |field: &str| mistake.as_ref().filter(|mistake| mistake.field == field);
    let error = |field: &str| wrong(field).map(|mistake| mistake.text.as_str());
    let typed = |field: &str| wrong(field).map(|mistake| mistake.typed.as_str());
    let earlier = person.earlier(now).map(|address| {
        let until = person.earlier_email.as_ref().map(|earlier| earlier.until);
        context! {
            address => address.masked(),
            until => until.map(|until| words.date(until)),
        }
    });
    let earlier_phone = person.phone_before(now).map(|number| {
        let until = person.earlier_phone.as_ref().map(|earlier| earlier.until);
        context! {
            number => number.masked(),
            until => until.map(|until| words.date(until)),
        }
    });
    let values = context! {
        person => Serde(words.person(person)),
        reminders => person.reminders,
        earlier,
        pending => address.map(|pending| pending.address.as_str().to_owned()),
        typed => typed("email"),
        email_error => error("email"),
        code_error => error("code"),
        texts,
        earlier_phone,
        phone => person.phone.as_ref().map(PhoneNumber::masked),
        phone_settled => tanba_ra::is_phone_settled(person, now),
        pending_phone => phone.map(|pending| pending.phone.as_str().to_owned()),
        typed_phone => typed("phone"),
        phone_error => error("phone"),
        phone_code_error => error("phone-code"),
        saved => saved.map(|saved| context! { name => saved.name(), part => saved.part() }),
        errors => Serde(mistake.iter().collect::<Vec<_>>()),
        sessions,
    };
    let screen = Screen {
        has_errors: mistake.is_some(),
        ..SCREEN
    };
    Ok(state.render(visit, Some(signed_in), &screen, values))
}

/// `POST /{lang}/cabinet/profile/email`: sends a code to a new address.
pub(crate) async fn ask_address(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (session, now) = (signed_in.session.clone(), state.now());
    let typed = fields.email.clone();
    let asked = state
        .ra(move |ra| Ok::<_, Problem>(ra.ask_email_change(&session, &typed, now)))
        .await?;
    match asked {
        Ok(_) => Ok(back(visit.language, "email-title").into_response()),
        Err(EmailChangeError::Step(error)) => Err(error.into()),
        Err(error) => refused(&state, &visit, &signed_in, ("email", fields.email), error).await,
    }
}

/// `POST /{lang}/cabinet/profile/email/code`
pub(crate) async fn confirm_address(
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
        .ra(move |ra| Ok::<_, Problem>(ra.confirm_email_change(&session, &fields.code, now)))
        .await?;
    match confirmed {
        Ok(_) => Ok(Saved::Address.told(visit.language).into_response()),
        Err(EmailChangeError::Step(error)) => Err(error.into()),
        Err(error @ EmailChangeError::NoTriesLeft) => {
            refused(&state, &visit, &signed_in, ("email", String::new()), error).await
        }
        Err(error) => refused(&state, &visit, &signed_in, ("code", String::new()), error).await,
    }
}

/// The page with the sentence of an error at its field, where what was typed still stands.
pub(super) async fn refused(
    state: &CabinetState,
    visit: &Visit,
    signed_in: &SignedIn,
    (field, typed): (&'static str, String),
    error: impl Into<Problem>,
) -> Result<Response, Problem> {
    let text = error.into().sentence(state.catalogue(), visit);
    let mistake = Mistake { field, text, typed };
    let page = page(state, visit, signed_in, Told::Mistake(mistake)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// `POST /{lang}/cabinet/profile/sessions/end`: signs out everywhere, here too.
pub(crate) async fn end_all(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    let now = state.now();
    state
        .ra(move |ra| ra.end_all_sessions(&signed_in.session, now))
        .await?;
    let front = signed_out(visit.language);
    Ok(([(SET_COOKIE, closing_cookie(state.config()))], front).into_response())
}

/// `POST /{lang}/cabinet/profile/language`: of pages (the browser remembers it) and of mails.
pub(crate) async fn language(
    State(state): State<CabinetState>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Redirect, Problem> {
    signed_in.check(&headers, &fields.csrf)?;
    state.limit_settings(signed_in.session.person)?;
    let language = Language::from_tag(&fields.language).ok_or_else(Problem::bad_request)?;
    let now = state.now();
    state
        .ra(move |ra| ra.set_language(&signed_in.session, language, now))
        .await?;
    // The page behind sets the cookie of its own language.
    Ok(Saved::Language.told(language))
}

/// `POST /{lang}/cabinet/profile/reminders`
pub(crate) async fn reminders(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Redirect, Problem> {
    signed_in.check(&headers, &fields.csrf)?;
    state.limit_settings(signed_in.session.person)?;
    let (wanted, now) = (fields.reminders.is_some(), state.now());
    state
        .ra(move |ra| ra.set_reminders(&signed_in.session, wanted, now))
        .await?;
    Ok(Saved::Reminders.told(visit.language))
}

/// `POST /{lang}/cabinet/profile/sessions/{name}/end`
pub(crate) async fn end_session(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    Path(name): Path<String>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    signed_in.check(&headers, &fields.csrf)?;
    let now = state.now();
    let ended_this = state
        .ra(move |ra| {
            let open = ra.sessions(&signed_in.session, now)?;
            ra.end_session(&signed_in.session, &name, now)?;
            let this = open.iter().find(|open| open.is_this);
            Ok::<_, Problem>(this.is_some_and(|this| this.name == name))
        })
        .await?;
    if ended_this {
        let front = signed_out(visit.language);
        return Ok(([(SET_COOKIE, closing_cookie(state.config()))], front).into_response());
    }
    Ok(Saved::Session.told(visit.language).into_response())
}

pub(super) fn back(language: Language, part: &str) -> Redirect {
    Redirect::to(&format!("/{}/cabinet/profile#{part}", language.tag()))
}
