//! Headers that every answer carries.

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::state::CabinetState;

/// Nothing from elsewhere but the agent on the reader's own computer, nothing inline, no text that becomes markup; WASM may
/// be compiled. The word `AGENT` stands for the agent's address.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
    style-src 'self'; img-src 'self' data:; connect-src 'self' wss://AGENT; font-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types tanba";

const PERMISSIONS_POLICY: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=(), serial=(), hid=()";

/// Nobody else learns an address of ours. Our own pages do, because browsers without `Sec-Fetch-Site` would send a form's
/// origin as `null` under `no-referrer`, like a foreign page that hides its own: see [`crate::csrf`].
const REFERRER_POLICY: &str = "same-origin";

const STRICT: [(&str, &str); 7] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", REFERRER_POLICY),
    ("permissions-policy", PERMISSIONS_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// Adds the strict headers; pages and the API are never kept by caches.
pub(crate) async fn strict(
    State(state): State<CabinetState>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in STRICT {
        let _ = headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    let policy = CONTENT_SECURITY_POLICY.replace("AGENT", &state.config().agent());
    // An address is always a header value; without the policy nothing is sent that could need it.
    let policy =
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let _ = headers.insert(HeaderName::from_static("content-security-policy"), policy);
    if state.config().secure() {
        let name = HeaderName::from_static("strict-transport-security");
        let _ = headers.insert(
            name,
            HeaderValue::from_static("max-age=63072000; includeSubDomains"),
        );
    }
    let _ = headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
