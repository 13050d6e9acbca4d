//! `/api/v1`: what scripts and programs call. JSON; errors are problem details in the language of `X-Tanba-Language`.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{any, get, post};

use crate::problem::Problem;
use crate::state::CabinetState;

mod applications;
mod certificates;
mod installation;
mod login;
mod report;
mod revocations;
mod status;

/// The description that is served, kept by hand beside the code; a test compares its paths with the routes.
const OPENAPI: &str = include_str!("../openapi.json");

/// The paths of the API, for the test of its description.
#[cfg(test)]
pub(crate) const PATHS: [&str; 20] = [
    "/api/v1/applications",
    "/api/v1/applications/{number}",
    "/api/v1/applications/{number}/cancel",
    "/api/v1/applications/{number}/certificates",
    "/api/v1/applications/{number}/code",
    "/api/v1/applications/{number}/code/resend",
    "/api/v1/applications/{number}/installation",
    "/api/v1/applications/{number}/installation/challenge",
    "/api/v1/applications/{number}/reminder.ics",
    "/api/v1/applications/{number}/requests",
    "/api/v1/applications/{number}/signature",
    "/api/v1/certificates",
    "/api/v1/certificates/report.csv",
    "/api/v1/certificates/{file}",
    "/api/v1/login",
    "/api/v1/login/challenge",
    "/api/v1/logout",
    "/api/v1/revocations",
    "/api/v1/revocations/signature",
    "/api/v1/status/{number}",
];

pub(crate) fn routes() -> Router<CabinetState> {
    Router::new()
        .route("/api/v1/login/challenge", post(login::challenge))
        .route("/api/v1/login", post(login::submit))
        .route("/api/v1/logout", post(login::logout))
        .route(
            "/api/v1/applications",
            get(applications::list).post(applications::begin),
        )
        .route("/api/v1/applications/{number}", get(applications::show))
        .route(
            "/api/v1/applications/{number}/requests",
            post(applications::requests),
        )
        .route(
            "/api/v1/applications/{number}/signature",
            post(applications::signature),
        )
        .route(
            "/api/v1/applications/{number}/code",
            post(applications::code),
        )
        .route(
            "/api/v1/applications/{number}/code/resend",
            post(applications::resend),
        )
        .route(
            "/api/v1/applications/{number}/cancel",
            post(applications::cancel),
        )
        .route(
            "/api/v1/applications/{number}/certificates",
            get(installation::certificates),
        )
        .route(
            "/api/v1/applications/{number}/installation/challenge",
            post(installation::challenge),
        )
        .route(
            "/api/v1/applications/{number}/installation",
            post(installation::submit),
        )
        .route(
            "/api/v1/applications/{number}/reminder.ics",
            get(installation::reminder),
        )
        .route("/api/v1/certificates", get(certificates::list))
        .route("/api/v1/certificates/report.csv", get(report::table))
        .route("/api/v1/certificates/{file}", get(certificates::file))
        .route("/api/v1/revocations", post(revocations::prepare))
        .route("/api/v1/revocations/signature", post(revocations::sign))
        .route("/api/v1/status/{number}", get(status::show))
        .route("/api/v1/openapi.json", get(description))
        .route("/api/{*rest}", any(missing))
}

async fn description() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")],
        OPENAPI,
    )
}

async fn missing() -> Problem {
    Problem::page_not_found()
}

/// A body whose members do not matter: `{}`.
#[derive(Debug, serde::Deserialize)]
struct Nothing {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_description_names_every_path() {
        let description: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let described: BTreeSet<&str> = description["paths"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(described, PATHS.into_iter().collect());
        let source: String = include_str!("api.rs").split_whitespace().collect();
        for path in PATHS {
            assert!(
                source.contains(&format!("route(\"{path}\"")),
                "{path} has no route"
            );
        }
        let codes = &description["components"]["schemas"]["NextStep"]["enum"];
        let steps: Vec<&str> = codes
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|code| code.as_str())
            .collect();
        assert_eq!(steps, tanba_ra::codes::NEXT_STEPS);
    }
}
