//! Revoking one's own certificates: the page and the calls behind it.

use axum::http::StatusCode;
use serde_json::json;

use crate::browser::{Browser, base64};
use crate::world::World;

#[tokio::test]
async fn a_person_revokes_her_keys_and_the_list_says_why() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let lost = citizen.signature.certificate.serial_hex();
    let page = browser.get("/kk/cabinet/revoke").await;
    for part in [
        &format!("value=\"{lost}\""),
        "Кілтім жоғалды немесе ұрланды",
        "Кері шақыру түпкілікті",
        "Дербес компьютер",
        "куәландырушы орталықтың әкімшісі арқылы",
    ] {
        assert!(page.body.contains(part), "{part} is missing: {}", page.body);
    }
    let wish = json!({ "serials": [lost], "event": "lost" });
    let prepared = browser.post("/revocations", wish).await;
    assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
    let document = prepared.json()["document"].as_str().unwrap().to_owned();
    let page = browser.get("/kk/cabinet/revoke").await;
    assert!(
        page.body.contains(&format!("value=\"{lost}\"")),
        "only prepared"
    );
    let signature = base64(&citizen.signature.sign(&document));
    let path = "/revocations/signature";
    let done = browser.post(path, json!({ "signature": signature })).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let done = done.json();
    assert_eq!(done["revoked"], json!([lost]));
    assert_eq!(done["reason"], "keyCompromise");
    assert_eq!(done["signed_out"], false);
    let again = browser.post(path, json!({ "signature": signature })).await;
    assert_eq!(again.json(), done, "a lost answer is given again");
    let page = browser.get("/kk/cabinet/revoke").await;
    assert!(!page.body.contains(&format!("value=\"{lost}\"")));
    let keys = browser.get("/ru/cabinet/keys").await;
    assert!(keys.body.contains("причина: компрометация ключа"));
    assert!(
        world
            .mail()
            .iter()
            .any(|message| message.body.kind() == "revoked")
    );
}

#[tokio::test]
async fn a_revocation_needs_session_token_and_signing_key() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let serial = citizen.signature.certificate.serial_hex();
    let wish = json!({ "serials": [serial], "event": "lost" });
    let mut browser = Browser::new(&world);
    let stranger = browser.post("/revocations", wish.clone()).await;
    assert_eq!(stranger.code(), "session-required");
    browser.sign_in(&citizen).await;
    let token = std::mem::take(&mut browser.csrf);
    assert_eq!(
        browser.post("/revocations", wish.clone()).await.code(),
        "csrf"
    );
    browser.csrf = token;
    let nothing = json!({ "serials": [], "event": "lost" });
    let refused = browser.post("/revocations", nothing).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "no-certificate-chosen")
    );
    let prepared = browser.post("/revocations", wish).await.json();
    let document = prepared["document"].as_str().unwrap();
    let signature = base64(&citizen.authentication.sign(document));
    let refused = browser
        .post("/revocations/signature", json!({ "signature": signature }))
        .await;
    assert_eq!(refused.code(), "login-key-used");
}

#[tokio::test]
async fn whoever_revokes_the_key_she_signed_in_with_is_signed_out() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let serials =
        [&citizen.authentication, &citizen.signature].map(|key| key.certificate.serial_hex());
    let wish = json!({ "serials": serials, "event": "not-needed" });
    let prepared = browser.post("/revocations", wish).await.json();
    let signature = base64(
        &citizen
            .signature
            .sign(prepared["document"].as_str().unwrap()),
    );
    let done = browser
        .post("/revocations/signature", json!({ "signature": signature }))
        .await;
    assert_eq!(done.json()["signed_out"], true, "{}", done.body);
    let page = browser.get("/kk/cabinet").await;
    assert_eq!(page.location(), "/kk/enter?next=/kk/cabinet");
    let refused = browser.sign_in_with(&citizen.authentication).await;
    assert_eq!(refused.code(), "certificate-revoked");
}
