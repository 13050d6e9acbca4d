//! What keeps strangers out.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use tanba_cabinet::{CabinetSection, LimitsSection};
use tanba_model::application::ApplicationNumber;
use tanba_model::intake::AGREEMENT;

use crate::browser::{Answer, Browser};
use crate::world::World;

#[tokio::test]
async fn every_answer_carries_the_strict_headers_and_a_request_id() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    for path in [
        "/kk",
        "/ru/enter",
        "/kk/nothing",
        "/api/v1/status/1",
        "/assets/nothing.js",
        "/kk/cabinet",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-inline"));
        assert!(
            answer
                .header("strict-transport-security")
                .contains("max-age="),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 16, "{path}");
    }
}

#[tokio::test]
async fn the_session_cookie_cannot_be_read_or_sent_from_elsewhere() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    let answer = browser.sign_in_with(&citizen.authentication).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-tanba="), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
}

#[tokio::test]
async fn a_change_needs_the_token_of_the_session() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let number = browser.begin().await;
    let right = std::mem::replace(&mut browser.csrf, "0".repeat(64));
    for csrf in ["0".repeat(64), String::new(), right[1..].to_owned()] {
        browser.csrf = csrf;
        let answer = browser
            .post(&format!("/applications/{number}/cancel"), json!({}))
            .await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::FORBIDDEN, "csrf")
        );
        let form = browser
            .submit(&format!("/kk/cabinet/applications/{number}/cancel"), &[])
            .await;
        assert_eq!(form.status, StatusCode::FORBIDDEN);
        assert_eq!(
            browser.submit("/kk/logout", &[]).await.status,
            StatusCode::FORBIDDEN
        );
    }
    browser.csrf = right;
    let answer = browser
        .post(&format!("/applications/{number}/cancel"), json!({}))
        .await;
    assert_eq!(answer.json()["state"], "CANCELLED", "{}", answer.body);
}

#[tokio::test]
async fn another_site_can_send_nothing() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let from = |name: &'static str, value: &'static str| {
        let request =
            Request::post("/api/v1/login/challenge").header("content-type", "application/json");
        request.header(name, value).body(Body::from("{}")).unwrap()
    };
    assert_eq!(
        browser
            .send(from("sec-fetch-site", "cross-site"))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        browser
            .send(from("origin", "https://evil.example"))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    // A page that hides where it is, in a browser that says nothing else.
    assert_eq!(
        browser.send(from("origin", "null")).await.status,
        StatusCode::FORBIDDEN
    );
    let form = Request::post("/api/v1/login/challenge")
        .header("content-type", "text/plain")
        .body(Body::from("{}"));
    assert_eq!(
        browser.send(form.unwrap()).await.status,
        StatusCode::BAD_REQUEST
    );
}

/// A number with a right check digit that nobody has.
fn nobodys_number() -> String {
    let mut numbers = (0..10).map(|last| format!("10000000000{last}"));
    let number = numbers.find(|number| ApplicationNumber::parse(number).is_ok());
    number.unwrap()
}

#[tokio::test]
async fn numbers_cannot_be_tried_out() {
    let world = World::limited(LimitsSection {
        look_ups_per_minute: 3,
        ..LimitsSection::default()
    });
    let mut browser = Browser::new(&world);
    let number = nobodys_number();
    for _ in 0..3 {
        let asked = serde_json::json!({ "number": number, "iin": "900101300027" });
        let answer = browser.post("/status", asked).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::NOT_FOUND, "application-not-found")
        );
    }
    let asked = [("number", number.as_str()), ("iin", "900101300027")];
    let answer = browser.submit("/kk/status", &asked).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!answer.header("retry-after").is_empty());
    assert!(
        answer.body.contains("Сұраулар тым жиі келді"),
        "{}",
        answer.body
    );
    world.clock.forward(60);
    assert_eq!(
        browser.submit("/kk/status", &asked).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

/// A status question from somewhere behind the proxy.
async fn ask_from(browser: &mut Browser<'_>, address: &str, number: &str) -> Answer {
    let asked = json!({ "number": number, "iin": "900101300027" }).to_string();
    let request = Request::post("/api/v1/status")
        .header("content-type", "application/json")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", address)
        .body(Body::from(asked));
    browser.send(request.unwrap()).await
}

#[tokio::test]
async fn one_number_cannot_be_tried_out_from_many_places() {
    let limits = LimitsSection {
        look_ups_per_minute: 3,
        look_ups_per_number_per_minute: 3,
        ..LimitsSection::default()
    };
    let world = World::with(CabinetSection {
        limits,
        trusted_proxies: vec!["203.0.113.7".parse().unwrap()],
        ..CabinetSection::default()
    });
    let mut browser = Browser::new(&world);
    let mut numbers = (10_000_000_000_u64..)
        .flat_map(|front| (0..10).map(move |last| format!("{front}{last}")))
        .filter(|number| ApplicationNumber::parse(number).is_ok());
    let (number, other) = (numbers.next().unwrap(), numbers.next().unwrap());
    for place in 1..=3 {
        let answer = ask_from(&mut browser, &format!("198.51.100.{place}"), &number).await;
        assert_eq!(answer.code(), "application-not-found");
    }
    let answer = ask_from(&mut browser, "198.51.100.4", &number).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "too-many-requests")
    );
    assert!(!answer.header("retry-after").is_empty());
    // The link of a mail is not concerned, whatever is looked up; wrong links are counted by themselves. Nor is another number.
    let secret = [
        ("number", number.as_str()),
        ("secret", "AAAAAAAAAAAAAAAAAAAAAA"),
    ];
    for place in 0..4 {
        let answer = browser.submit("/kk/status", &secret).await;
        let told = answer.status == StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(told, place == 3, "{place}: {}", answer.body);
    }
    let answer = ask_from(&mut browser, "198.51.100.4", &other).await;
    assert_eq!(answer.code(), "application-not-found");
    world.clock.forward(60);
    let answer = ask_from(&mut browser, "198.51.100.4", &number).await;
    assert_eq!(answer.code(), "application-not-found");
}

#[tokio::test]
async fn the_right_link_of_an_application_writes_to_the_log_so_often_in_a_minute() {
    let world = World::limited(LimitsSection {
        look_ups_per_number_per_minute: 3,
        ..LimitsSection::default()
    });
    let mut applicant = Browser::new(&world);
    let (number, link) = crate::sheet::apply(&mut applicant, &world.newcomer()).await;
    let (number, secret) = (number.as_str(), link.rsplit('/').next().unwrap());
    let right = [("number", number), ("secret", secret)];
    let wrong = [("number", number), ("secret", "AAAAAAAAAAAAAAAAAAAAAA")];
    let mut browser = Browser::new(&world);
    // Whoever has only the number uses up nothing of those who have the link.
    for _ in 0..4 {
        let answer = browser.submit("/kk/status", &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    for _ in 0..3 {
        let answer = browser.submit("/kk/status", &right).await;
        assert_eq!(answer.location(), format!("/kk/status/{number}"));
    }
    let answer = browser.submit("/kk/status", &right).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!answer.header("retry-after").is_empty());
    let asked = json!({ "number": number, "secret": secret });
    let answer = browser.post("/status", asked).await;
    assert_eq!(answer.code(), "too-many-requests");
    assert_eq!(world.events("session.open-limited"), 3);
    world.clock.forward(60);
    let answer = browser.submit("/kk/status", &right).await;
    assert_eq!(answer.location(), format!("/kk/status/{number}"));
}

#[tokio::test]
async fn settings_are_changed_so_often_in_a_minute_and_use_up_no_signed_step() {
    let world = World::limited(LimitsSection {
        steps_per_person_per_minute: 4,
        ..LimitsSection::default()
    });
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    browser.get("/kk/cabinet/profile").await;
    for path in ["reminders", "language", "reminders", "language"] {
        let fields = [("language", "ru"), ("reminders", "yes")];
        let path = format!("/kk/cabinet/profile/{path}");
        let answer = browser.submit(&path, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    for path in ["reminders", "language"] {
        let path = format!("/kk/cabinet/profile/{path}");
        let answer = browser.submit(&path, &[("language", "kk")]).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    // Whoever has her key for signing in alone must not keep her by that from what she signs.
    browser.apply(&citizen).await;
}

#[tokio::test]
async fn codes_and_sign_ins_are_limited() {
    let world = World::limited(LimitsSection {
        codes_per_application_per_minute: 2,
        sign_ins_per_minute: 3,
        ..LimitsSection::default()
    });
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let (number, _) = browser.apply(&citizen).await;
    let path = format!("/applications/{number}/code");
    for _ in 0..2 {
        assert_ne!(
            browser.post(&path, json!({ "code": "x" })).await.status,
            StatusCode::TOO_MANY_REQUESTS
        );
    }
    let answer = browser.post(&path, json!({ "code": "x" })).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "too-many-requests")
    );
    for _ in 0..2 {
        browser.sign_in(&citizen).await;
    }
    let answer = browser.post("/login", json!({ "signature": "" })).await;
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn signed_steps_are_limited_by_person_whatever_the_session_and_revoking_is_not() {
    let world = World::limited(LimitsSection {
        steps_per_person_per_minute: 4,
        ..LimitsSection::default()
    });
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    // Requests and signature.
    let (number, _) = browser.apply(&citizen).await;
    let mut other = Browser::new(&world);
    other.sign_in(&citizen).await;
    let path = |step: &str| format!("/applications/{number}/{step}");
    let requests = other
        .post(&path("requests"), json!({ "requests": [] }))
        .await;
    assert_ne!(requests.status, StatusCode::TOO_MANY_REQUESTS);
    let challenge = other.post(&path("installation/challenge"), json!({})).await;
    assert_ne!(challenge.status, StatusCode::TOO_MANY_REQUESTS);
    for (step, body) in [
        ("requests", json!({ "requests": [] })),
        ("signature", json!({ "signature": "" })),
        ("installation/challenge", json!({})),
        ("installation", json!({ "proofs": [], "revoke_old": true })),
    ] {
        let answer = browser.post(&path(step), body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::TOO_MANY_REQUESTS, "too-many-requests"),
            "{step}"
        );
    }
    let serial = citizen.signature.certificate.serial_hex();
    let wish = json!({ "serials": [serial], "event": "lost" });
    let prepared = browser.post("/revocations", wish).await;
    assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
    let stranger = world.citizen("Bolat", Some("bolat@example.kz"));
    let mut stranger_browser = Browser::new(&world);
    stranger_browser.sign_in(&stranger).await;
    stranger_browser.apply(&stranger).await;
}

#[tokio::test]
async fn what_is_anothers_is_not_there() {
    let world = World::new();
    let owner = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let stranger = world.citizen("Bolat", Some("bolat@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&owner).await;
    let number = browser.begin().await;
    let mut other = Browser::new(&world);
    other.sign_in(&stranger).await;
    let answer = other.get(&format!("/api/v1/applications/{number}")).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::NOT_FOUND, "application-not-found")
    );
    assert_eq!(
        other
            .get(&format!("/kk/cabinet/applications/{number}"))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    let her = [("number", number.as_str()), ("iin", &stranger.iin())];
    let anybody = Browser::new(&world).submit("/kk/status", &her).await;
    assert_eq!(anybody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!anybody.body.contains("AIGERIM") && !anybody.body.contains("example.kz"));
}

#[tokio::test]
async fn a_signed_out_session_is_worth_nothing() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let kept = browser.cookies.clone();
    assert_eq!(
        browser.submit("/kk/logout", &[]).await.location(),
        "/kk?signed_out"
    );
    assert!(!browser.cookies.contains_key("__Host-tanba"));
    browser.cookies = kept;
    assert_eq!(
        browser.get("/kk/cabinet").await.location(),
        "/kk/enter?next=/kk/cabinet"
    );
    assert_eq!(
        browser.get("/api/v1/certificates").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn too_much_is_refused_in_words() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let answer = browser
        .post("/login", json!({ "signature": "A".repeat(600 * 1024) }))
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "too-large")
    );
}

#[tokio::test]
async fn a_link_that_freezes_opens_however_much_a_neighbour_looks_up() {
    let world = World::limited(LimitsSection {
        look_ups_per_minute: 3,
        ..LimitsSection::default()
    });
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let _ = browser.apply(&citizen).await;
    let link = world.mailed().1.unwrap();
    let link = browser.get(&link).await.location().to_owned();
    let number = nobodys_number();
    for _ in 0..3 {
        let asked = [("number", number.as_str()), ("iin", "900101300027")];
        let _ = browser.submit("/kk/status", &asked).await;
        let wrong = browser.get("/kk/not-me/0123456789abcdef").await;
        assert_eq!(wrong.status, StatusCode::GONE);
    }
    for path in ["/kk/not-me/0123456789abcdef", "/kk/unsubscribe/1-x"] {
        let wrong = browser.get(path).await;
        assert_eq!(wrong.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    let opened = browser.get(&link).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.body);
    let frozen = browser.submit(&link, &[]).await;
    assert_eq!(frozen.status, StatusCode::OK, "{}", frozen.body);
}

#[tokio::test]
async fn first_keys_and_look_ups_of_one_network_do_not_close_each_other() {
    let number = nobodys_number();
    let asked = [("number", number.as_str()), ("iin", "900101300027")];
    let begun = [("accepted", AGREEMENT)];
    for look_ups_first in [true, false] {
        let world = World::limited(LimitsSection {
            look_ups_per_minute: 3,
            ..LimitsSection::default()
        });
        for place in 0..4 {
            let mut neighbour = Browser::new(&world);
            let answer = if look_ups_first {
                neighbour.submit("/kk/status", &asked).await
            } else {
                neighbour.submit("/kk/obtain", &begun).await
            };
            let told = answer.status == StatusCode::TOO_MANY_REQUESTS;
            assert_eq!(told, place == 3, "{place}: {}", answer.status);
        }
        let mut browser = Browser::new(&world);
        let answer = if look_ups_first {
            browser.submit("/kk/obtain", &begun).await
        } else {
            browser.submit("/kk/status", &asked).await
        };
        assert_ne!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        let work = browser.get("/api/v1/first/work").await;
        let told = work.status == StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(told, !look_ups_first, "{}", work.body);
    }
}

#[tokio::test]
async fn reports_are_counted_before_they_are_made() {
    let world = World::limited(LimitsSection {
        steps_per_person_per_minute: 2,
        ..LimitsSection::default()
    });
    for kind in ["csv", "csv.p7s", "pdf"] {
        let mut browser = Browser::new(&world);
        browser
            .sign_in(&world.citizen(kind, Some("aigerim@example.kz")))
            .await;
        let path = format!("/api/v1/certificates/report.{kind}");
        for _ in 0..2 {
            // This world has no seal; whoever was counted is told so.
            let made = browser.get(&path).await.status;
            assert_ne!(made, StatusCode::TOO_MANY_REQUESTS, "{kind}");
        }
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{kind}");
        assert!(!answer.header("retry-after").is_empty());
        // What she signs is counted apart from them.
        let path = format!("/applications/{}/requests", nobodys_number());
        let requests = browser.post(&path, json!({ "requests": [] })).await;
        assert_ne!(requests.status, StatusCode::TOO_MANY_REQUESTS, "{kind}");
    }
}
