//! Statements that a key is compromised, as strangers send them.

use axum::http::StatusCode;
use serde_json::json;
use tanba_cabinet::{CabinetSection, LimitsSection};
use tanba_pki::{Certificate, CompromiseAttestation, pem};

use crate::browser::{Browser, base64};
use crate::world::World;

#[tokio::test]
async fn a_stranger_who_holds_a_key_has_its_certificate_revoked() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let root = Certificate::from_pem(world.root().as_bytes()).unwrap();
    let mut browser = Browser::new(&world);
    let _ = world.mail();
    let der = CompromiseAttestation::make(&citizen.signature.software, &root).unwrap();
    let sent = json!({ "attestation": base64(&der) });
    let done = browser.post("/compromised-keys", sent.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let serial = citizen.signature.certificate.serial_hex();
    assert_eq!(done.json()["revoked"], json!([serial]));
    assert_eq!(done.json()["left_to_people"], json!([]));
    assert_eq!(world.mail().len(), 1, "she was not told once");
    let again = browser.post("/compromised-keys", sent).await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (StatusCode::CONFLICT, "key-blocked-already")
    );

    // As PEM, in another language, and with what is wrong said in it.
    browser.language = "ru";
    let der = CompromiseAttestation::make(&citizen.authentication.software, &root).unwrap();
    let text = pem::encode("CERTIFICATE REQUEST", &der);
    let torn = json!({ "attestation": text.replace("-----END", "-----FIN") });
    let refused = browser.post("/compromised-keys", torn).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "attestation-malformed")
    );
    assert_eq!(refused.json()["title"], "Заявление не удалось прочитать");
    let done = browser
        .post("/compromised-keys", json!({ "attestation": text }))
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let refused = browser
        .post("/compromised-keys", json!({ "attestation": "жоқ" }))
        .await;
    assert_eq!(refused.code(), "bad-request");
}

#[tokio::test]
async fn statements_from_one_address_are_limited() {
    let world = World::with(CabinetSection {
        limits: LimitsSection {
            attestations_per_minute: 3,
            ..LimitsSection::default()
        },
        ..CabinetSection::default()
    });
    let mut browser = Browser::new(&world);
    for _ in 0..3 {
        let refused = browser
            .post("/compromised-keys", json!({ "attestation": "MAA=" }))
            .await;
        assert_eq!(refused.code(), "attestation-malformed");
    }
    let refused = browser
        .post("/compromised-keys", json!({ "attestation": "MAA=" }))
        .await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    world.clock.forward(60);
    let refused = browser
        .post("/compromised-keys", json!({ "attestation": "MAA=" }))
        .await;
    assert_eq!(refused.code(), "attestation-malformed");
}
