//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use tanba_model::meter::{Meters, Stopwatch};

use crate::blocking::Blocking;
use crate::config::Rules;
use crate::metrics::Metrics;
use crate::reply::not_found;
use crate::service::{OpenError, Parts, Service};
use crate::{crl, health, issuer_certificate, ocsp};

/// A request about 64 certificates has less than 8 KiB.
const BODY_LIMIT: usize = 16 * 1024;

/// What handlers share.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) service: Blocking<Service>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) meters: Arc<Meters>,
    pub(crate) rules: Rules,
}

/// The routes of the responder, for a plain HTTP listener of its own:
///
/// `POST /ocsp`, `GET /ocsp/{base64}`, `/crl/{issuer}.crl`, `/crl/{issuer}/{shard}.crl`,
/// `/crl/{issuer}/{shard}-delta.crl`, `/ca/{issuer}.cer`, `/health/live`, `/health/ready`, `/metrics`.
///
/// Reads storage once, so it is called on a thread that may block.
///
/// # Errors
/// [`OpenError`] when the issuers cannot be read.
pub fn router(parts: Parts) -> Result<Router, OpenError> {
    metered_router(parts, Arc::default())
}

/// The same; `/metrics` tells what these meters counted elsewhere in the program, too.
///
/// # Errors
/// As there.
pub fn metered_router(parts: Parts, meters: Arc<Meters>) -> Result<Router, OpenError> {
    let rules = parts.rules;
    let app = App {
        service: Blocking::new(Service::open(parts)?),
        metrics: Arc::default(),
        meters: Arc::clone(&meters),
        rules,
    };
    Ok(Router::new()
        .route("/ocsp", post(ocsp::post))
        .route("/ocsp/", post(ocsp::post))
        .route("/ocsp/{*request}", get(ocsp::get))
        .route("/crl/{file}", get(crl::full))
        .route("/crl/{issuer}/{file}", get(crl::shard))
        .route("/ca/{file}", get(issuer_certificate::get))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(async || not_found())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(meters, measure))
        .with_state(app))
}

/// Counts answers by the template of their path.
async fn measure(State(meters): State<Arc<Meters>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let watch = Stopwatch::start();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    meters.answered(
        method.as_str(),
        route,
        response.status().as_u16(),
        watch.elapsed(),
    );
    response
}
