//! Lists, certificates, health and counters.

use axum::http::StatusCode;
use tanba_ca::{IssuingKey, Profiles, Switch};
use tanba_model::audit::Actor;
use tanba_model::certificate::RevocationReason;
use tanba_model::ports::{Clock, Issuance};
use tanba_pki::crl::Crl;

use crate::harness::{House, NOW};

#[tokio::test]
async fn lists_are_found_where_certificates_say() {
    let house = House::new(IssuingKey::EcP256, NOW);
    for (path, age) in [
        ("/crl/root.crl", 600),
        ("/crl/test.crl", 600),
        ("/crl/test/0.crl", 600),
        ("/crl/test/1.crl", 600),
        ("/crl/test/0-delta.crl", 10),
        ("/crl/test/1-delta.crl", 10),
    ] {
        let answer = house.get(path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::OK, "application/pkix-crl"),
            "{path}"
        );
        assert_eq!(
            answer.header("cache-control"),
            format!("public, no-transform, must-revalidate, max-age={age}")
        );
        assert_eq!(
            answer.header("last-modified"),
            "Tue, 24 Nov 2026 06:00:00 GMT"
        );
        Crl::from_der(&answer.body).unwrap();
        let again = house
            .get_if(path, "if-none-match", answer.header("etag"))
            .await;
        assert_eq!(
            (again.status, again.body.len()),
            (StatusCode::NOT_MODIFIED, 0)
        );
        let again = house
            .get_if(path, "if-modified-since", answer.header("last-modified"))
            .await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        assert_eq!(
            house
                .get_if(path, "if-none-match", "\"other\"")
                .await
                .status,
            StatusCode::OK
        );
    }
    for path in [
        "/crl/test/2.crl",
        "/crl/test/00.crl",
        "/crl/other.crl",
        "/crl/test",
        "/crl/root/0.crl",
        "/crl/",
        "/nothing",
    ] {
        assert_eq!(
            house.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_revocation_is_in_the_delta_after_the_next_round_of_the_worker() {
    let house = House::new(IssuingKey::EcP256, NOW);
    let record = house.certificate(1);
    let path = format!("/crl/test/{}-delta.crl", record.shard);
    let before = house.get(&path).await;
    house.wait(10);
    house.revoke(record.id, RevocationReason::Superseded);
    house.authority.maintain(house.clock.now()).unwrap();
    let after = house
        .get_if(&path, "if-none-match", before.header("etag"))
        .await;
    assert_eq!(after.status, StatusCode::OK);
    assert!(
        Crl::from_der(&after.body)
            .unwrap()
            .find(record.serial.as_bytes())
            .is_some()
    );
}

#[tokio::test]
async fn certificates_of_the_authority_are_found_where_certificates_say() {
    let house = House::new(IssuingKey::EcP256, NOW);
    let chain = house.authority.chain();
    for (path, der) in [("/ca/test.cer", &chain[0]), ("/ca/root.cer", &chain[1])] {
        let answer = house.get(path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::OK, "application/pkix-cert")
        );
        assert_eq!(&answer.body[..], &der[..]);
    }
    for path in ["/ca/other.cer", "/ca/root", "/ca/root.crt"] {
        assert_eq!(
            house.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn health_and_counters_say_what_is_going_on() {
    let house = House::new(IssuingKey::EcP256, NOW);
    assert_eq!(house.get("/health/live").await.status, StatusCode::OK);
    let ready = house.get("/health/ready").await;
    assert_eq!(ready.status, StatusCode::OK, "{:?}", ready.body);
    house.post("/ocsp", b"hello".to_vec()).await;
    house.get("/crl/test.crl").await;
    let metrics = house.get("/metrics").await;
    let text = std::str::from_utf8(&metrics.body).unwrap();
    for line in [
        "tanba_ocsp_responses_total{outcome=\"malformed_request\"} 1",
        "tanba_ocsp_responses_total{outcome=\"good\"} 0",
        "tanba_crl_downloads_total{kind=\"full\"} 1",
        "tanba_certificates 4",
    ] {
        assert!(
            text.lines().any(|candidate| candidate == line),
            "{line} is missing in\n{text}"
        );
    }
    // Deltas end after two hours when nobody renews them.
    house.wait(3 * 3600);
    let late = house.get("/health/ready").await;
    assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        &late.body[..],
        b"test: a revocation list is missing or too old\n"
    );
}

/// Keys are opened at the start, so a new authority waits for the next one; that must not stay unnoticed.
#[tokio::test]
async fn an_authority_that_was_made_after_the_start_is_told_of_until_the_restart() {
    let house = House::new(IssuingKey::EcP256, NOW);
    let metrics = house.get("/metrics").await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(text.contains("tanba_restart_due 0\n"), "{text}");
    assert!(
        text.contains("tanba_authority_fit{issuer=\"test\"} 1\n"),
        "{text}"
    );
    let mut unit = house.storage.begin().unwrap();
    let mut new = unit.issuers().all().unwrap().remove(1).issuer;
    new.name = "test-2".to_owned();
    unit.issuers().insert(&new, NOW).unwrap();
    unit.commit().unwrap();
    let ready = house.get("/health/ready").await;
    assert_eq!(ready.status, StatusCode::OK);
    let expected = "ready\ntest-2: it was made after this server was started; restart the server\n";
    assert_eq!(std::str::from_utf8(&ready.body).unwrap(), expected);
    let metrics = house.get("/metrics").await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(text.contains("tanba_restart_due 1\n"), "{text}");
}

/// An alarm about an authority that another replaced would never end; about one that has to issue it is right.
#[tokio::test]
async fn an_authority_that_another_replaced_gives_no_alarm_when_it_has_ended() {
    let house = House::new(IssuingKey::EcP256, NOW);
    let eleven_years = 11 * 366 * 24 * 3600;
    let fitness = async || {
        let metrics = house.get("/metrics").await;
        let text = String::from_utf8(metrics.body.to_vec()).unwrap();
        let lines = text
            .lines()
            .filter(|line| line.starts_with("tanba_authority_fit{"));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let line = |name: &str, fit: u8| format!("tanba_authority_fit{{issuer=\"{name}\"}} {fit}");
    house.wait(eleven_years);
    assert_eq!(fitness().await, [line("root", 1), line("test", 0)]);

    let later = House::new(IssuingKey::EcP256, house.clock.now());
    let mut theirs = later.storage.snapshot().unwrap();
    let mut new = theirs.issuers().all().unwrap().remove(1).issuer;
    drop(theirs);
    new.name = "test-2".to_owned();
    let mut unit = house.storage.begin().unwrap();
    unit.issuers().insert(&new, house.clock.now()).unwrap();
    unit.commit().unwrap();
    assert_eq!(fitness().await, [line("root", 1), line("test-2", 1)]);

    house.wait(eleven_years);
    let needed = fitness().await;
    assert!(needed.contains(&line("test-2", 0)), "{needed:?}");
    assert!(!needed.contains(&line("test", 0)), "{needed:?}");
}

#[tokio::test]
async fn what_is_stopped_is_told_and_is_no_failure() {
    let house = House::new(IssuingKey::EcP256, NOW);
    let profiles = Profiles::builtin();
    let switch = |profile| Switch {
        issuer: "test",
        profile,
    };
    let stop = |profile| {
        let (storage, reason) = (house.storage.as_ref(), "not for everybody");
        switch(profile).stop(storage, &profiles, reason, &Actor::System, NOW)
    };
    let signature = "neutral-individual-signature";
    let lines = async |path: &str| {
        let answer = house.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        String::from_utf8(answer.body.to_vec()).unwrap()
    };
    let gauge = "tanba_issuance_stopped{issuer=\"test\",profile=";
    let metrics = lines("/metrics").await;
    assert!(metrics.contains(&format!("{gauge}\"\"}} 0\n")), "{metrics}");

    stop(Some(signature)).unwrap();
    let ready = lines("/health/ready").await;
    let expected = format!("ready\ntest: issuance by the profile {signature} is stopped\n");
    assert_eq!(ready, expected);
    stop(None).unwrap();
    let ready = lines("/health/ready").await;
    assert!(
        ready.starts_with("ready\ntest: issuance is stopped\n"),
        "{ready}"
    );
    let metrics = lines("/metrics").await;
    for line in [
        format!("{gauge}\"\"}} 1\n"),
        format!("{gauge}\"{signature}\"}} 1\n"),
    ] {
        assert!(metrics.contains(&line), "{metrics}");
    }
    assert_eq!(
        metrics
            .matches("# TYPE tanba_issuance_stopped gauge")
            .count(),
        1
    );
    assert!(!metrics.contains("not for everybody") && !ready.contains("not for everybody"));

    // What is out of order is told before what is stopped.
    house.wait(3 * 3600);
    let late = house.get("/health/ready").await;
    assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        late.body
            .starts_with(b"test: a revocation list is missing or too old\ntest: issuance")
    );
}
