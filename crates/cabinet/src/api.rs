//! `/api/v1`: what scripts and programs call. JSON; errors are problem details in the language of `X-Tanba-Language`.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use tanba_model::staff::Right;

use crate::doors::{Doors, Rule};

mod applications;
mod certificates;
mod compromised_keys;
mod desk;
mod first;
mod help;
mod installation;
mod keystores;
mod login;
mod orders;
mod report;
mod revocations;
mod sealed;
mod status;

/// The description that is served, kept by hand beside the code; a test compares its paths with the routes.
const OPENAPI: &str = include_str!("../openapi.json");

/// Calls of the API.
#[rustfmt::skip]
pub(crate) fn doors() -> Doors {
    use Rule::{Anybody, Applicant, Citizen};
    let [decide, administer] = [Right::Decide, Right::Administer].map(Rule::Staff);
    Doors::default()
        .post("/login/challenge", Anybody, login::challenge)
        .post("/login", Anybody, login::submit)
        .post("/logout", Citizen, login::logout)
        .get("/applications", Citizen, applications::list)
        .post("/applications", Citizen, applications::begin)
        .get("/applications/{number}", Citizen, applications::show)
        .post("/applications/{number}/requests", Citizen, applications::requests)
        .post("/applications/{number}/signature", Citizen, applications::signature)
        .post("/applications/{number}/code", Citizen, applications::code)
        .post("/applications/{number}/code/resend", Citizen, applications::resend)
        .post("/applications/{number}/cancel", Citizen, applications::cancel)
        .get("/applications/{number}/certificates", Applicant, installation::certificates)
        .post("/applications/{number}/installation/challenge", Applicant, installation::challenge)
        .post("/applications/{number}/installation", Applicant, installation::submit)
        .get("/applications/{number}/reminder.ics", Applicant, installation::reminder)
        .get("/certificates", Citizen, certificates::list)
        .get("/certificates/report.csv", Citizen, report::table)
        .get("/certificates/report.csv.p7s", Citizen, sealed::signature)
        .get("/certificates/report.pdf", Citizen, sealed::document)
        .get("/certificates/{file}", Citizen, certificates::file)
        .post("/compromised-keys", Anybody, compromised_keys::attest)
        .get("/keystores", Anybody, keystores::list)
        .post("/revocations", Citizen, revocations::prepare)
        .post("/revocations/signature", Citizen, revocations::sign)
        .post("/status", Anybody, status::prove)
        .get("/first/work", Anybody, first::work)
        .post("/first/requests", Anybody, first::requests)
        .post("/first/signature", Anybody, first::signature)
        .get("/help", Anybody, help::search)
        .post("/desk/login/challenge", Anybody, desk::challenge)
        .post("/desk/login", Anybody, desk::login)
        .post("/desk/verdicts", decide, desk::verdict)
        .post("/desk/acts", decide, desk::act)
        .post("/desk/answers", decide, desk::answer)
        .post("/desk/signature", decide, desk::sign)
        .post("/desk/orders", administer, orders::prepare)
        .post("/desk/orders/signature", administer, orders::sign)
        .get("/openapi.json", Anybody, description)
        .under("/api/v1")
}

async fn description() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")],
        OPENAPI,
    )
}

/// A body whose members do not matter: `{}`.
#[derive(Debug, serde::Deserialize)]
struct Nothing {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::doors::Verb;

    #[test]
    fn the_description_names_every_call() {
        let description: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let described: BTreeSet<String> = description["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, calls)| {
                let verbs = calls.as_object().unwrap().keys();
                let verbs = verbs.filter(|verb| *verb != "parameters");
                verbs.map(move |verb| format!("{verb} {path}"))
            })
            .collect();
        let there: BTreeSet<String> = doors()
            .list()
            .into_iter()
            .map(|door| match door.verb {
                Verb::Get => format!("get {}", door.path),
                Verb::Post => format!("post {}", door.path),
            })
            // The description does not describe itself.
            .filter(|call| call != "get /api/v1/openapi.json")
            .collect();
        assert_eq!(described, there);
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
