//! Requests that change something must come from our own pages.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use subtle::ConstantTimeEq as _;

use crate::body;
use crate::problem::Problem;
use crate::state::CabinetState;

const TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");

/// Refuses what the browser itself says comes from another site, whether somebody is signed in or not.
pub(crate) async fn same_origin(
    State(state): State<CabinetState>,
    request: Request,
    next: Next,
) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if safe || is_ours(request.headers(), state.config().origin()) {
        return next.run(request).await;
    }
    Problem::csrf().into_response()
}

/// `Sec-Fetch-Site` where the browser sends it, else `Origin`, which our own forms bring under our referrer policy: `null` is
/// somebody else's page that hides where it is.
fn is_ours(headers: &HeaderMap, origin: &str) -> bool {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (value("sec-fetch-site"), value("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(from)) => from == origin,
        (None, None) => true,
    }
}

/// Refuses what a page of another site embeds or fetches. Opening a page of the desk is evidence in the name of who sits there,
/// and counted; a sibling of our host brings her cookie along, though she sees nothing of it.
pub(crate) fn not_embedded(headers: &HeaderMap) -> Result<(), Problem> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let elsewhere = matches!(value("sec-fetch-site"), Some("same-site" | "cross-site"));
    if elsewhere && value("sec-fetch-dest") != Some("document") {
        return Err(Problem::csrf());
    }
    Ok(())
}

/// Compares the token of a form field, or else of the header, with the session's, in constant time.
pub(crate) fn check(right: &str, headers: &HeaderMap, field: Option<&str>) -> Result<(), Problem> {
    let sent = field
        .or_else(|| headers.get(TOKEN)?.to_str().ok())
        .unwrap_or_default();
    if bool::from(sent.as_bytes().ct_eq(right.as_bytes())) {
        Ok(())
    } else {
        Err(Problem::csrf())
    }
}

fn one_of(right: &[&str], headers: &HeaderMap, field: Option<&str>) -> Result<(), Problem> {
    if right
        .iter()
        .any(|token| check(token, headers, field).is_ok())
    {
        Ok(())
    } else {
        Err(Problem::csrf())
    }
}

/// The request again if it changes nothing, or brings the token of its session: in the header, or in the field `csrf` of a
/// form. The body of a form is read for that and put back.
///
/// `right` are the tokens of the sessions that may pass, one of which has to be brought.
pub(crate) async fn checked(request: Request, right: &[&str]) -> Result<Request, Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(request);
    }
    let headers = request.headers();
    if headers.contains_key(TOKEN) || !body::is_form(headers) {
        one_of(right, headers, None)?;
        return Ok(request);
    }
    let (parts, sent) = request.into_parts();
    let sent = to_bytes(sent, body::LIMIT)
        .await
        .map_err(|_| Problem::too_large())?;
    one_of(right, &parts.headers, body::token(&sent).await.as_deref())?;
    Ok(Request::from_parts(parts, Body::from(sent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn another_site_is_refused_however_it_says_so() {
        let ask = |pairs: &[(&'static str, &'static str)]| {
            let headers: HeaderMap = pairs
                .iter()
                .map(|(name, value)| {
                    (
                        HeaderName::from_static(name),
                        HeaderValue::from_static(value),
                    )
                })
                .collect();
            is_ours(&headers, "https://cabinet.example")
        };
        assert!(ask(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "null")
        ]));
        assert!(ask(&[("origin", "https://cabinet.example")]));
        assert!(!ask(&[("sec-fetch-site", "cross-site")]));
        assert!(!ask(&[("sec-fetch-site", "same-site")]));
        assert!(!ask(&[("origin", "https://evil.example")]));
        assert!(!ask(&[("origin", "null")]));
    }
}
