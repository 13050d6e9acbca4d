//! The walk of the main job by the API, and what is said when a step is refused.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tanba_pki::Certificate;

use crate::browser::{Browser, base64};
use crate::world::{Key, World};

#[tokio::test]
async fn a_person_renews_her_keys() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let (number, keys) = browser.apply(&citizen).await;

    let application = browser
        .get(&format!("/api/v1/applications/{number}"))
        .await
        .json();
    assert_eq!(application["email_hint"], "a•••@example.kz");
    assert_eq!(application["next"], "next-enter-code");
    let (code, _) = world.mailed();
    let confirmed = browser
        .post(
            &format!("/applications/{number}/code"),
            json!({ "code": code }),
        )
        .await;
    assert_eq!(confirmed.json()["state"], "ISSUED", "{}", confirmed.body);

    let issued = browser
        .get(&format!("/api/v1/applications/{number}/certificates"))
        .await
        .json();
    assert_eq!(issued["chain"].as_array().unwrap().len(), 2);
    let path = format!("/applications/{number}/installation");
    let challenge = browser
        .post(&format!("{path}/challenge"), json!({}))
        .await
        .json();
    let challenge = challenge["challenge"].as_str().unwrap();
    let proofs: Vec<String> = issued["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .zip(keys)
        .map(|(certificate, software)| {
            let der = STANDARD.decode(certificate.as_str().unwrap()).unwrap();
            let key = Key {
                software,
                certificate: Certificate::from_der(&der).unwrap(),
            };
            base64(&key.sign(challenge))
        })
        .collect();
    let installed = browser
        .post(&path, json!({ "proofs": proofs, "revoke_old": true }))
        .await;
    assert_eq!(installed.json()["state"], "INSTALLED", "{}", installed.body);
    assert_eq!(installed.json()["superseded"].as_array().unwrap().len(), 2);
    assert_eq!(installed.json()["reminder"], "2027-10-25");

    let ics = browser
        .get(&format!("/api/v1/applications/{number}/reminder.ics"))
        .await;
    assert!(
        ics.body.contains("DTSTART;VALUE=DATE:20271025\r\n"),
        "{}",
        ics.body
    );
    assert_eq!(ics.header("content-type"), "text/calendar; charset=utf-8");
    let own = browser.get("/api/v1/certificates").await.json();
    assert_eq!(own["certificates"].as_array().unwrap().len(), 4);

    for page in ["cabinet", "cabinet/keys", "cabinet/applications"] {
        let answer = browser.get(&format!("/kk/{page}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let page = browser
        .get(&format!("/kk/cabinet/applications/{number}"))
        .await;
    assert!(page.body.contains("ЭЦҚ кілттерін қайта шығару аяқталды."));
    assert!(page.body.contains("2027 жылғы 25 қазан"));
}

#[tokio::test]
async fn a_wrong_code_says_how_many_tries_are_left_in_the_readers_language() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.language = "ru";
    browser.sign_in(&citizen).await;
    let (number, _) = browser.apply(&citizen).await;
    let (code, _) = world.mailed();
    let wrong = if code.as_deref() == Some("000000") {
        "000001"
    } else {
        "000000"
    };
    let answer = browser
        .post(
            &format!("/applications/{number}/code"),
            json!({ "code": wrong }),
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["code"], "wrong-code");
    assert_eq!(problem["tries_left"], 4);
    assert_eq!(problem["title"], "Код неверен");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("Осталось попыток: 4."),
        "{problem}"
    );

    let resent = browser
        .post(&format!("/applications/{number}/code/resend"), json!({}))
        .await;
    assert_eq!(
        (resent.status, resent.code().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "resend-too-early")
    );
    assert_eq!(resent.header("retry-after"), "60");
    world.clock.forward(61);
    let resent = browser
        .post(&format!("/applications/{number}/code/resend"), json!({}))
        .await;
    assert_eq!(resent.json()["wait_seconds"], 60, "{}", resent.body);
}

#[tokio::test]
async fn the_wrong_key_is_told_which_file_is_right() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.language = "en";
    let answer = browser.sign_in_with(&citizen.signature).await;
    let problem = answer.json();
    assert_eq!(problem["code"], "signing-key-used");
    assert!(
        problem["detail"].as_str().unwrap().contains("AUTH_RSA256_"),
        "{problem}"
    );
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("Your key is safe"),
        "{problem}"
    );

    let challenge = browser.challenge().await;
    let signature = base64(&citizen.authentication.sign(&challenge));
    assert_eq!(
        browser
            .post("/login", json!({ "signature": signature }))
            .await
            .status,
        StatusCode::OK
    );
    let replayed = browser
        .post("/login", json!({ "signature": signature }))
        .await;
    assert_eq!(replayed.code(), "challenge-expired");
}

#[tokio::test]
async fn the_description_is_served() {
    let world = World::new();
    let answer = Browser::new(&world).get("/api/v1/openapi.json").await;
    assert_eq!(answer.json()["openapi"], "3.1.0");
    let missing = Browser::new(&world).get("/api/v1/nothing").await;
    assert_eq!(
        (missing.status, missing.code().as_str()),
        (StatusCode::NOT_FOUND, "page-not-found")
    );
}
