//! `/ca/{issuer}.cer` (RFC 5280, 4.2.2.1; RFC 2585, 3).

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use tanba_pki::hex;

use crate::reply::{Document, not_found, unavailable};
use crate::router::App;

const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

pub(crate) async fn get(
    State(app): State<App>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(name) = file.strip_suffix(".cer").map(str::to_owned) else {
        return not_found();
    };
    let found = app
        .service
        .run(move |service| {
            service.issuer(&name).map(|issuer| Document {
                content_type: "application/pkix-cert",
                body: issuer.certificate.der().to_vec(),
                tag: hex::encode(&tanba_crypto::sha256(issuer.certificate.der())),
                modified: issuer.certificate.not_before(),
                max_age: MAX_AGE,
                expires: None,
            })
        })
        .await;
    match found {
        Ok(Some(document)) => document.answer(&headers),
        Ok(None) => not_found(),
        Err(_) => unavailable(),
    }
}
