//! What goes back over HTTP.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tanba_pki::Timestamp;

use crate::http_date::http_date;

/// A document of ours with what caches need to know of it.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// Without quotes.
    pub(crate) tag: String,
    pub(crate) modified: Timestamp,
    pub(crate) max_age: Duration,
    pub(crate) expires: Option<Timestamp>,
}

impl Document {
    /// The document, or 304 when the client has it (RFC 9110, 13.1; the tag decides where both are given).
    pub(crate) fn answer(self, request: &HeaderMap) -> Response {
        let tag = format!("\"{}\"", self.tag);
        let modified = http_date(self.modified);
        let text = |name: HeaderName| request.get(name).and_then(|value| value.to_str().ok());
        let known = match text(header::IF_NONE_MATCH) {
            Some(tags) => tags.split(',').any(|candidate| {
                let candidate = candidate.trim();
                candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag
            }),
            None => text(header::IF_MODIFIED_SINCE) == Some(modified.as_str()),
        };
        let mut headers = HeaderMap::new();
        let cache = format!(
            "public, no-transform, must-revalidate, max-age={}",
            self.max_age.as_secs()
        );
        put(&mut headers, header::CACHE_CONTROL, &cache);
        put(&mut headers, header::ETAG, &tag);
        put(&mut headers, header::LAST_MODIFIED, &modified);
        if let Some(expires) = self.expires {
            put(&mut headers, header::EXPIRES, &http_date(expires));
        }
        if known {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        put(&mut headers, header::CONTENT_TYPE, self.content_type);
        put(&mut headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        (headers, Body::from(self.body)).into_response()
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// An answer that nobody may keep.
pub(crate) fn fleeting(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body).into_response()
}

/// A sentence in plain text.
pub(crate) fn sentence(status: StatusCode, text: &str) -> Response {
    fleeting(
        status,
        "text/plain; charset=utf-8",
        format!("{text}\n").into_bytes(),
    )
}

pub(crate) fn not_found() -> Response {
    sentence(StatusCode::NOT_FOUND, "There is nothing here.")
}

pub(crate) fn unavailable() -> Response {
    sentence(StatusCode::SERVICE_UNAVAILABLE, "Please try again later.")
}
