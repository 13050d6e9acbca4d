//! Errors as people and programs get them: problem details (RFC 9457) or a page, in the reader's language.
//!
//! A handler returns a [`Problem`]; how it is worded and shown is decided once, by [`show`], for every request. Causes
//! go to the log with the request id, never to the reader.

mod codes;

use std::error::Error as StdError;
use std::sync::{Arc, LazyLock};

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::doors::{Verb, page_above};
use crate::locale::{Argument, Catalogue};
use crate::mishap::unless_it_panics;
use crate::rate_limit::TooMany;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::{Visit, is_api};

/// Something that did not work, by its machine code.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    retry_after: Option<u32>,
    tries_left: Option<u32>,
    cause: Option<Arc<str>>,
}

impl Problem {
    pub(crate) const fn new(status: StatusCode, code: &'static str) -> Self {
        Self {
            status,
            code,
            retry_after: None,
            tries_left: None,
            cause: None,
        }
    }

    pub(crate) const fn page_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "page-not-found")
    }

    /// The program carries no typeface, or nobody gave it a seal.
    pub(crate) const fn no_printing() -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "printing-unavailable")
    }

    pub(crate) const fn application_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            tanba_ra::codes::APPLICATION_NOT_FOUND,
        )
    }

    /// The link of a mail is damaged, or what it led to is not kept any more.
    pub(crate) const fn application_link_unknown() -> Self {
        Self::new(StatusCode::GONE, "application-link-unknown")
    }

    pub(crate) const fn session_required() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "session-required")
    }

    /// The session that a code opened is over.
    pub(crate) const fn code_required() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "code-required")
    }

    pub(crate) const fn desk_session_required() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, DESK_SESSION_REQUIRED)
    }

    pub(crate) const fn desk_forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, tanba_ra::codes::DESK_FORBIDDEN)
    }

    pub(crate) const fn csrf() -> Self {
        Self::new(StatusCode::FORBIDDEN, "csrf")
    }

    pub(crate) const fn bad_request() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request")
    }

    /// An address that no link of ours leads to: reloading never helps.
    pub(crate) const fn bad_address() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-address")
    }

    pub(crate) const fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large")
    }

    /// A mistake of ours; the cause goes to the log.
    pub(crate) fn internal(cause: &dyn ToString) -> Self {
        Self {
            cause: Some(cause.to_string().into()),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
        }
    }

    /// The same with what caused it, for the log.
    pub(crate) fn because(mut self, error: &dyn StdError) -> Self {
        let mut chain = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            chain.push_str(": ");
            chain.push_str(&cause.to_string());
            source = cause.source();
        }
        self.cause = Some(chain.into());
        self
    }

    pub(crate) const fn after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(crate) const fn with_tries(mut self, tries: u32) -> Self {
        self.tries_left = Some(tries);
        self
    }

    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// What happened, in a few words.
    pub(crate) fn title(&self, catalogue: &Catalogue, visit: &Visit) -> String {
        catalogue.text(visit.language, &format!("error-{}", self.code))
    }

    /// Whether the key is safe, and what to do next.
    pub(crate) fn detail(&self, catalogue: &Catalogue, visit: &Visit) -> String {
        let arguments = [(
            "seconds",
            Argument::from(self.retry_after.unwrap_or(60).to_string()),
        )];
        let text = catalogue.format(
            visit.language,
            &format!("error-{}-detail", self.code),
            &arguments,
        );
        self.with_tries_after(text, catalogue, visit)
    }

    /// A text, and after it how many tries are left where they are counted.
    pub(crate) fn with_tries_after(
        &self,
        mut text: String,
        catalogue: &Catalogue,
        visit: &Visit,
    ) -> String {
        if let Some(tries) = self.tries_left {
            let arguments = [("tries", Argument::from(tries.to_string()))];
            text.push(' ');
            text.push_str(&catalogue.format(visit.language, "error-wrong-code-tries", &arguments));
        }
        text
    }

    /// The problem as one sentence after the other, for the place beside a field.
    pub(crate) fn sentence(&self, catalogue: &Catalogue, visit: &Visit) -> String {
        format!(
            "{}. {}",
            self.title(catalogue, visit),
            self.detail(catalogue, visit)
        )
    }

    fn log(&self, visit: &Visit) {
        let cause = self.cause.as_deref().unwrap_or_default();
        let (id, code) = (visit.request_id.as_str(), self.code);
        if self.status.is_server_error() {
            tracing::error!(id, code, cause, "a request failed");
        } else if self.status == StatusCode::TOO_MANY_REQUESTS {
            tracing::warn!(id, code, "too many requests");
        } else {
            tracing::debug!(id, code, cause, "a request was refused");
        }
    }
}

impl Problem {
    /// Too many at the door for those without a key: whoever stands there may have lost it, so nothing is said to be safe.
    pub(crate) fn too_many_entries(error: TooMany) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self::new(status, "too-many-entry-codes").after(error.wait_seconds)
    }

    /// The same where a code that came is typed: it was not looked at, and typing it again helps.
    pub(crate) fn too_many_answers(error: TooMany) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self::new(status, "too-many-entry-answers").after(error.wait_seconds)
    }

    /// Too many people before one member of staff, whose visitor waits.
    pub(crate) fn too_many_persons(error: TooMany) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self::new(status, "too-many-persons").after(error.wait_seconds)
    }
}

impl From<TooMany> for Problem {
    fn from(error: TooMany) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests").after(error.wait_seconds)
    }
}

impl IntoResponse for Problem {
    /// The status alone; the words are put in by [`show`].
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let _ = response.extensions_mut().insert(self);
        response
    }
}

/// Puts problems, and errors of the router itself, into words.
pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Response {
    let (api, method) = (is_api(request.uri().path()), request.method().clone());
    let answered = unless_it_panics(next.run(request)).await;
    let mut response = answered.unwrap_or_else(|mishap| Problem::internal(&mishap).into_response());
    let problem = match (
        response.extensions_mut().remove::<Problem>(),
        response.status(),
    ) {
        (Some(problem), _) => problem,
        (None, StatusCode::METHOD_NOT_ALLOWED) => {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed")
        }
        (None, StatusCode::PAYLOAD_TOO_LARGE) => Problem::too_large(),
        // The router could not read what stands in the path or the query; its own words are for programmers.
        (None, StatusCode::BAD_REQUEST) => Problem::bad_address(),
        (None, _) => return response,
    };
    problem.log(&visit);
    let kept = response
        .headers_mut()
        .remove(axum::http::header::SET_COOKIE);
    let mut shown = if api {
        as_json(&state, &visit, &problem)
    } else {
        as_page(&state, &visit, &problem, &method)
    };
    let headers = shown.headers_mut();
    if let Some(seconds) = problem.retry_after {
        let _ = headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(cookie) = kept {
        let _ = headers.insert(axum::http::header::SET_COOKIE, cookie);
    }
    shown
}

fn as_json(state: &CabinetState, visit: &Visit, problem: &Problem) -> Response {
    let mut members = Map::new();
    let mut member = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    member("type", json!("about:blank"));
    member("title", json!(problem.title(state.catalogue(), visit)));
    member("status", json!(problem.status.as_u16()));
    member("code", json!(problem.code));
    member("detail", json!(problem.detail(state.catalogue(), visit)));
    if let Some(tries) = problem.tries_left {
        member("tries_left", json!(tries));
    }
    if let Some(seconds) = problem.retry_after {
        member("wait_seconds", json!(seconds));
    }
    let body = Value::Object(members).to_string();
    (
        problem.status,
        [(CONTENT_TYPE, "application/problem+json")],
        body,
    )
        .into_response()
}

/// Whoever has to sign in is shown where, and comes back afterwards.
fn as_page(state: &CabinetState, visit: &Visit, problem: &Problem, method: &Method) -> Response {
    let language = visit.language.tag();
    if problem.code == Problem::code_required().code {
        let address = if *method == Method::POST && visit.place != "/revoke/leave" {
            crate::pages::revoke::over(language)
        } else {
            format!("/{language}/revoke")
        };
        return (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response();
    }
    if problem.status == StatusCode::UNAUTHORIZED {
        let (door, home) = if problem.code == DESK_SESSION_REQUIRED {
            ("desk/enter", "/desk")
        } else {
            ("enter", "/cabinet")
        };
        let back = if *method == Method::GET {
            visit.place.as_str()
        } else {
            home
        };
        let next = encode(&format!("/{language}{back}"));
        let address = format!("/{language}/{door}?next={next}");
        return (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response();
    }
    if problem.status == StatusCode::METHOD_NOT_ALLOWED
        && [Method::GET, Method::HEAD].contains(method)
        && let Some(address) = page_of_form(visit)
    {
        return (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response();
    }
    let error = minijinja::context! {
        title => problem.title(state.catalogue(), visit),
        detail => problem.detail(state.catalogue(), visit),
        at_desk => visit.place.starts_with("/desk"),
        in_cabinet => visit.place.starts_with("/cabinet"),
        applies => visit.place.starts_with("/obtain"),
    };
    let screen = Screen {
        has_errors: true,
        ..Screen::new("error.html", "error", "error-title-prefix")
    };
    let page = state.render(visit, None, &screen, minijinja::context! { error });
    (problem.status, page).into_response()
}

/// Where the form stands that is sent to the address which somebody opened.
fn page_of_form(visit: &Visit) -> Option<String> {
    static PAGES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let doors = crate::router::doors().into_iter();
        let pages = doors.filter(|door| door.verb == Verb::Get);
        pages.map(|door| door.path).collect()
    });
    let address = format!("/{}{}", visit.language.tag(), visit.place);
    let (path, query) = address.split_once('?').unwrap_or((&address, ""));
    let page = page_above(&PAGES, path)?;
    Some(if query.is_empty() {
        page.to_owned()
    } else {
        format!("{page}?{query}")
    })
}

/// A text as the value of a query (RFC 3986, 2.1).
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

const DESK_SESSION_REQUIRED: &str = "desk-session-required";

/// The machine codes of this crate; each has a text in every language, as have those of `ra`.
#[cfg(test)]
pub(crate) const OWN_CODES: [&str; 16] = [
    "application-link-unknown",
    "bad-address",
    "bad-request",
    "code-required",
    "csrf",
    DESK_SESSION_REQUIRED,
    "internal",
    "method-not-allowed",
    "page-not-found",
    "printing-unavailable",
    "session-required",
    "too-large",
    "too-many-entry-answers",
    "too-many-entry-codes",
    "too-many-persons",
    "too-many-requests",
];
