//! What requests bring.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use tanba_model::application::ApplicationNumber;
use tanba_ra::{DeskError, StepError};

use crate::problem::Problem;

const FORM: &str = "application/x-www-form-urlencoded";

/// Octets of the largest request.
pub(crate) const LIMIT: usize = 512 * 1024;

/// A JSON body. Only with its media type, which no form of another site can send.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// The fields of a form.
#[derive(Debug)]
pub(crate) struct Form<T>(pub(crate) T);

fn media_type(headers: &HeaderMap) -> &str {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Whether the body is that of a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    media_type(headers) == FORM
}

/// The field `csrf` in the body of a form.
pub(crate) async fn token(form: &Bytes) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Token {
        csrf: String,
    }
    let request = Request::post("/")
        .header(CONTENT_TYPE, FORM)
        .body(Body::from(form.clone()));
    let axum::Form(Token { csrf }) = axum::Form::from_request(request.ok()?, &()).await.ok()?;
    Some(csrf)
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|_| Problem::too_large())
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if media_type(request.headers()) != "application/json" {
            return Err(Problem::bad_request());
        }
        serde_json::from_slice(&bytes(request, state).await?)
            .map(Self)
            .map_err(|_| Problem::bad_request())
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        axum::Form::from_request(request, state)
            .await
            .map(|axum::Form(form)| Self(form))
            .map_err(|refusal| match refusal.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
                _ => Problem::bad_request(),
            })
    }
}

/// Octets in base64 (RFC 4648, 4).
pub(crate) fn octets(text: &str) -> Result<Vec<u8>, Problem> {
    STANDARD.decode(text).map_err(|_| Problem::bad_request())
}

/// Base64 of octets (RFC 4648, 4).
pub(crate) fn base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// An application number in a path.
pub(crate) fn number(text: &str) -> Result<ApplicationNumber, Problem> {
    ApplicationNumber::parse(text).map_err(|_| Problem::application_not_found())
}

/// The same at the desk, where the application is a visitor's.
pub(crate) fn visitors_number(text: &str) -> Result<ApplicationNumber, Problem> {
    ApplicationNumber::parse(text).map_err(|_| DeskError::from(StepError::NotFound).into())
}
