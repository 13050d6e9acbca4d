//! Status requests.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tanba_ca::IssuingKey;
use tanba_crypto::DigestAlgorithm;
use tanba_model::certificate::{CertificateRecord, RevocationReason};
use tanba_model::ports::{Clock, Issuance};
use tanba_pki::crl::Reason;
use tanba_pki::ocsp::{Issuer, Response, ResponseError, ResponseStatus, Status, request};
use tanba_pki::{Certificate, SerialNumber};

use crate::harness::{House, NOW};

fn issuer(house: &House) -> Certificate {
    Certificate::from_der(&house.authority.chain()[0]).unwrap()
}

fn id(house: &House, serial: &[u8]) -> Vec<u8> {
    Issuer::new(&issuer(house)).cert_id(DigestAlgorithm::Sha1, serial)
}

fn ask(house: &House, record: &CertificateRecord, nonce: Option<&[u8]>) -> Vec<u8> {
    request(&[id(house, record.serial.as_bytes())], nonce)
}

fn status(house: &House, body: &[u8], serial: &SerialNumber) -> Status {
    let now = house.clock.now();
    let response = Response::parse(body)
        .unwrap()
        .verify(&issuer(house), now, false)
        .unwrap();
    response.status(serial.as_bytes(), now).unwrap()
}

fn refusal(body: &[u8]) -> ResponseStatus {
    match Response::parse(body) {
        Err(ResponseError::NoAnswer(status)) => status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_revocation_is_visible_in_the_next_answer() {
    for key in [IssuingKey::EcP256, IssuingKey::Rsa2048] {
        let house = House::new(key, NOW);
        let record = house.certificate(1);
        let ask = ask(&house, &record, Some(b"0123456789abcdef"));
        let good = house.post("/ocsp", ask.clone()).await;
        assert_eq!(
            (good.status, good.header("content-type")),
            (StatusCode::OK, "application/ocsp-response")
        );
        assert_eq!(good.header("cache-control"), "no-store");
        assert_eq!(status(&house, &good.body, &record.serial), Status::Good);
        assert_eq!(
            Response::parse(&good.body)
                .unwrap()
                .nonce()
                .unwrap()
                .octets(),
            b"0123456789abcdef"
        );
        house.wait(1);
        house.revoke(record.id, RevocationReason::KeyCompromise);
        let revoked = house.post("/ocsp", ask).await;
        let expected = Status::Revoked {
            at: house.clock.now(),
            reason: Some(Reason::KeyCompromise),
        };
        assert_eq!(status(&house, &revoked.body, &record.serial), expected);
    }
}

#[tokio::test]
async fn a_serial_number_that_was_never_issued_is_unknown_and_so_is_an_intent() {
    let house = House::new(IssuingKey::EcP256, NOW);
    let serial = SerialNumber::from_bytes(&[7; 20]).unwrap();
    let answer = house
        .post("/ocsp", request(&[id(&house, serial.as_bytes())], None))
        .await;
    assert_eq!(status(&house, &answer.body, &serial), Status::Unknown);
    // A serial number of another form cannot be ours.
    let short = house
        .post("/ocsp", request(&[id(&house, &[1, 2, 3])], None))
        .await;
    let now = house.clock.now();
    let response = Response::parse(&short.body)
        .unwrap()
        .verify(&issuer(&house), now, false)
        .unwrap();
    assert_eq!(response.status(&[1, 2, 3], now).unwrap(), Status::Unknown);
}

#[tokio::test]
async fn several_certificates_are_answered_in_one_response() {
    let house = House::new(IssuingKey::EcP256, NOW);
    let (first, second) = (house.certificate(1), house.certificate(2));
    house.revoke(second.id, RevocationReason::Unspecified);
    let ids = [&first, &second].map(|record| id(&house, record.serial.as_bytes()));
    let answer = house.post("/ocsp/", request(&ids, None)).await;
    assert_eq!(status(&house, &answer.body, &first.serial), Status::Good);
    let revoked = Status::Revoked {
        at: house.clock.now(),
        reason: None,
    };
    assert_eq!(
        status(&house, &answer.body, &second.serial),
        revoked,
        "unspecified is said by saying nothing"
    );
}

#[tokio::test]
async fn a_request_by_get_may_be_cached_briefly_unless_it_has_a_nonce() {
    let house = House::new(IssuingKey::EcP256, NOW);
    let record = house.certificate(1);
    let text = STANDARD.encode(ask(&house, &record, None));
    let escaped = text
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    for path in [
        format!("/ocsp/{text}"),
        format!("/ocsp/{escaped}"),
        format!("/ocsp/{}", text.trim_end_matches('=')),
    ] {
        let answer = house.get(&path).await;
        assert_eq!(
            status(&house, &answer.body, &record.serial),
            Status::Good,
            "{path}"
        );
        assert_eq!(
            answer.header("cache-control"),
            "public, no-transform, must-revalidate, max-age=1"
        );
        assert_eq!(
            answer.header("last-modified"),
            "Tue, 24 Nov 2026 06:00:00 GMT"
        );
        assert_eq!(answer.header("expires"), "Tue, 24 Nov 2026 06:00:01 GMT");
        assert!(answer.header("etag").starts_with('"'));
    }
    let with_nonce = STANDARD.encode(ask(&house, &record, Some(&[1; 16])));
    let answer = house.get(&format!("/ocsp/{with_nonce}")).await;
    assert_eq!(status(&house, &answer.body, &record.serial), Status::Good);
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn what_is_not_a_request_and_what_is_not_ours_is_told_apart() {
    let house = House::new(IssuingKey::EcP256, NOW);
    assert_eq!(
        refusal(&house.post("/ocsp", b"hello".to_vec()).await.body),
        ResponseStatus::MalformedRequest
    );
    assert_eq!(
        refusal(&house.get("/ocsp/***").await.body),
        ResponseStatus::MalformedRequest
    );
    assert_eq!(
        refusal(&house.get("/ocsp/aGVsbG8=").await.body),
        ResponseStatus::MalformedRequest
    );
    let root = Certificate::from_der(&house.authority.chain()[1]).unwrap();
    let of_root = request(
        &[Issuer::new(&root).cert_id(DigestAlgorithm::Sha256, &[7; 20])],
        None,
    );
    assert_eq!(
        refusal(&house.post("/ocsp", of_root).await.body),
        ResponseStatus::Unauthorized
    );
    let large = house.post("/ocsp", vec![0; 17 * 1024]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        house.get("/ocsp").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn a_responder_whose_certificate_has_ended_says_try_later_until_it_is_renewed() {
    let house = House::new(IssuingKey::EcP256, NOW);
    let record = house.certificate(1);
    house.wait(20 * 86_400);
    let ask = ask(&house, &record, None);
    assert_eq!(
        refusal(&house.post("/ocsp", ask.clone()).await.body),
        ResponseStatus::TryLater
    );
    assert_eq!(
        house.get("/health/ready").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    house.authority.maintain(house.clock.now()).unwrap();
    assert_eq!(
        status(&house, &house.post("/ocsp", ask).await.body, &record.serial),
        Status::Good
    );
    assert_eq!(house.get("/health/ready").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stop_of_the_authority_stops_no_answer() {
    let house = House::new(IssuingKey::EcP256, NOW);
    let record = house.certificate(1);
    let switch = tanba_ca::Switch {
        issuer: "test",
        profile: None,
    };
    let (storage, profiles) = (house.storage.as_ref(), tanba_ca::Profiles::builtin());
    let actor = tanba_model::audit::Actor::System;
    switch
        .stop(storage, &profiles, "a test", &actor, NOW)
        .unwrap();
    let ask = ask(&house, &record, None);
    let answer = house.post("/ocsp", ask.clone()).await;
    assert_eq!(status(&house, &answer.body, &record.serial), Status::Good);
    house.revoke(record.id, RevocationReason::KeyCompromise);
    let answer = house.post("/ocsp", ask).await;
    assert!(matches!(
        status(&house, &answer.body, &record.serial),
        Status::Revoked { .. }
    ));
}

#[tokio::test]
async fn while_the_device_is_away_what_it_signed_before_is_given_until_its_end() {
    let (house, is_away) = House::with_device(IssuingKey::EcP256, NOW);
    let (asked, other) = (house.certificate(1), house.certificate(2));
    let first = house
        .post("/ocsp", ask(&house, &asked, Some(&[1; 16])))
        .await;
    assert_eq!(status(&house, &first.body, &asked.serial), Status::Good);

    is_away.store(true, Ordering::SeqCst);
    house.wait(299);
    for nonce in [None, Some([2; 16])] {
        let nonce = nonce.as_ref().map(<[u8; 16]>::as_slice);
        let answer = house.post("/ocsp", ask(&house, &asked, nonce)).await;
        assert_eq!(status(&house, &answer.body, &asked.serial), Status::Good);
        // Nobody else's nonce is given, and nothing may keep it longer.
        assert!(Response::parse(&answer.body).unwrap().nonce().is_none());
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    // What was never signed is not made up, and a response about two is not put together from two.
    let answer = house.post("/ocsp", ask(&house, &other, None)).await;
    assert_eq!(refusal(&answer.body), ResponseStatus::TryLater);
    let both = [&asked, &other].map(|record| id(&house, record.serial.as_bytes()));
    let answer = house.post("/ocsp", request(&both, None)).await;
    assert_eq!(refusal(&answer.body), ResponseStatus::TryLater);
    house.wait(1);
    let answer = house.post("/ocsp", ask(&house, &asked, None)).await;
    assert_eq!(
        refusal(&answer.body),
        ResponseStatus::TryLater,
        "its nextUpdate is over"
    );

    is_away.store(false, Ordering::SeqCst);
    let answer = house.post("/ocsp", ask(&house, &asked, None)).await;
    assert_eq!(status(&house, &answer.body, &asked.serial), Status::Good);
}

#[tokio::test]
async fn a_response_that_says_good_is_not_given_any_more_once_the_certificate_is_revoked() {
    let (house, is_away) = House::with_device(IssuingKey::EcP256, NOW);
    let record = house.certificate(1);
    let good = house.post("/ocsp", ask(&house, &record, None)).await;
    assert_eq!(status(&house, &good.body, &record.serial), Status::Good);
    house.wait(1);
    house.revoke(record.id, RevocationReason::CertificateHold);
    is_away.store(true, Ordering::SeqCst);
    let answer = house.post("/ocsp", ask(&house, &record, None)).await;
    assert_eq!(refusal(&answer.body), ResponseStatus::TryLater);
}
