//! Somebody has the victim's key files and their passwords, but not her mailbox. He tries everything there is.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use crate::citizen::{Answer, NewKeys, request};
use crate::renewal::applied;

mod scene;

use scene::{GUESSES, HIS, SENDS, Scene, doors, loot};

fn said(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.code()),
        (status, code),
        "{}",
        answer.body
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one walk from beginning to end")]
fn every_path_in_any_order_gives_him_nothing() {
    let scene = Scene::start();
    let house = &scene.house;
    let description = house
        .client()
        .get("/api/v1/openapi.json")
        .expect("a server")
        .expect_ok();
    let paths: Vec<String> = description.body["paths"]
        .as_object()
        .expect("paths")
        .keys()
        .cloned()
        .collect();
    assert!(paths.len() >= 16, "{paths:?}");
    let (_, own_number, _, _) = applied(house, &scene.thief);
    let mut random = StdRng::seed_from_u64(20_261_124);
    let mut ways = doors(&scene);
    let mut number = ways[0]
        .0
        .begin()
        .expect("a server")
        .expect_ok()
        .text("number");
    let mut document = String::from("{}");
    let mut answered = BTreeSet::new();
    for _round in 0..2 {
        let keys = NewKeys::make(&scene.victim.signature.certificate);
        let mut attempts = Vec::new();
        for path in &paths {
            for method in ["POST", "GET", "PUT", "PATCH", "DELETE"] {
                // Methods that nothing has are not tried through every door.
                let doors = if ["POST", "GET"].contains(&method) {
                    ways.len()
                } else {
                    2
                };
                for door in 0..doors {
                    attempts.push((path, method, door));
                }
            }
        }
        attempts.shuffle(&mut random);
        for (turn, (path, method, door)) in attempts.into_iter().enumerate() {
            // Now and then he does what the pages would do, as far as the code.
            if turn % 120 == 0 {
                ways = doors(&scene);
                number = scene.submitted(&ways[0].0).unwrap_or(number);
            }
            let (client, headers) = &ways[door];
            let target = if random.random_ratio(1, 8) {
                &own_number
            } else {
                &number
            };
            let file = format!("{}.cer", scene.victim.signature.certificate.serial_hex());
            let path = path.replace("{number}", target).replace("{file}", &file);
            let code = scene.guess(&mut random);
            let body = loot(&scene, &keys, &document, &code);
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let answer = client
                .send(method, &path, &body, &headers)
                .expect("a server");
            assert!(
                answer.status < 500,
                "{method} {path}: {} {}",
                answer.status,
                answer.body
            );
            answered.insert((answer.status, answer.code().to_owned()));
            // What revokes is another document, and ends what he has.
            if let Some(text) = answer.body["document"]
                .as_str()
                .filter(|_| path.contains(&number))
            {
                document = text.to_owned();
            }
            if path == "/api/v1/applications"
                && method == "POST"
                && answer.status == 200
                && door != 2
            {
                number = answer.text("number");
            }
            if door == 0 && answer.status == 401 {
                ways = doors(&scene);
            }
        }
        house.sql("UPDATE confirmation_code SET sent_at = sent_at - 61");
    }
    for (status, code) in [
        (422, "wrong-code"),
        (403, "csrf"),
        (401, "session-required"),
    ] {
        assert!(
            answered.contains(&(status, code.to_owned())),
            "{code} never came: {answered:?}"
        );
    }
    scene.ends_well();
}

#[test]
fn guessing_codes_ends_after_ten_tries_a_day_however_it_is_spread() {
    let scene = Scene::start();
    let house = &scene.house;
    let mut random = StdRng::seed_from_u64(6);
    let mut codes = BTreeSet::new();
    let mut begun = 0;
    loop {
        let client = scene.signed_in();
        let keys = NewKeys::make(&scene.victim.signature.certificate);
        let begin = client.begin().expect("a server");
        if begin.status != 200 {
            said(&begin, 429, "too-many-applications");
            break;
        }
        begun += 1;
        let number = begin.text("number");
        let document = client
            .step(&number, "requests", &keys.body())
            .expect("a server");
        let body = scene.victim.submission(&document.text("document"));
        let submitted = client.step(&number, "signature", &body).expect("a server");
        codes.insert(submitted.code().to_owned());
        // Twelve at once, from two sessions; a code counts only where the same was signed.
        let second = scene.signed_in();
        second.step(&number, "signature", &body).expect("a server");
        let guesses: Vec<String> = (0..12).map(|_| scene.guess(&mut random)).collect();
        std::thread::scope(|scope| {
            for (guess, client) in guesses.iter().zip([&client, &second].into_iter().cycle()) {
                let number = &number;
                scope.spawn(move || client.step(number, "code", &json!({ "code": guess })));
            }
        });
        let resent = client
            .step(&number, "code/resend", &json!({}))
            .expect("a server");
        assert_ne!(resent.status, 200, "{}", resent.body);
        if client.state(&number).expect("a server") != "REJECTED" {
            client
                .step(&number, "cancel", &json!({}))
                .expect("a server")
                .expect_ok();
        }
    }
    assert!(begun >= 3, "{begun} applications");
    assert!(codes.contains("codes-paused"), "{codes:?}");
    let log = house.path("audit.jsonl");
    house.tanba(&["audit", "export", "--output", crate::server::text(&log)]);
    let log = std::fs::read_to_string(log).expect("an export");
    let guesses = log.matches("application.wrong-code").count();
    assert_eq!(guesses, GUESSES, "wrong codes in a day");
    scene.ends_well();
}

#[test]
fn asking_for_codes_again_and_again_is_bounded_and_reaches_only_her() {
    let scene = Scene::start();
    let house = &scene.house;
    let mut sent = 0;
    for _ in 0..6 {
        let client = scene.signed_in();
        let number = client.begin().expect("a server").expect_ok().text("number");
        let keys = NewKeys::make(&scene.victim.signature.certificate);
        let document = client
            .step(&number, "requests", &keys.body())
            .expect("a server");
        let body = scene.victim.submission(&document.text("document"));
        let submitted = client.step(&number, "signature", &body).expect("a server");
        if submitted.status != 200 {
            said(&submitted, 429, "codes-paused");
            client
                .step(&number, "cancel", &json!({}))
                .expect("a server")
                .expect_ok();
            continue;
        }
        sent += 1;
        loop {
            house.sql("UPDATE confirmation_code SET sent_at = sent_at - 61");
            let resent = client
                .step(&number, "code/resend", &json!({}))
                .expect("a server");
            if resent.status != 200 {
                assert!(
                    ["no-more-codes", "codes-paused"].contains(&resent.code()),
                    "{}",
                    resent.body
                );
                break;
            }
            sent += 1;
        }
        client
            .step(&number, "cancel", &json!({}))
            .expect("a server")
            .expect_ok();
    }
    assert_eq!(sent, SENDS, "codes in a day");
    scene.ends_well();
}

#[test]
#[expect(clippy::too_many_lines, reason = "one walk from beginning to end")]
fn his_own_rights_open_nothing_of_hers() {
    let scene = Scene::start();
    let Scene {
        house,
        victim,
        thief,
    } = &scene;
    // His application waits for a code that he can read; hers for one that he cannot.
    let (his, own_number, _, own_code) = applied(house, thief);
    let (as_her, number, _, _) = applied(house, victim);
    let own = json!({ "code": own_code });
    said(
        &as_her.step(&number, "code", &own).expect("a server"),
        422,
        "wrong-code",
    );
    said(
        &his.step(&number, "code", &own).expect("a server"),
        404,
        "application-not-found",
    );
    said(
        &as_her.step(&own_number, "code", &own).expect("a server"),
        404,
        "application-not-found",
    );
    his.step(&own_number, "code", &own)
        .expect("a server")
        .expect_ok();
    for path in ["", "/certificates", "/reminder.ics"] {
        let path = format!("/api/v1/applications/{number}{path}");
        said(
            &his.get(&path).expect("a server"),
            404,
            "application-not-found",
        );
    }
    for step in ["certificates", "installation/challenge", "installation"] {
        let body = json!({ "proofs": [], "revoke_old": true });
        let answer = as_her.send(
            "POST",
            &format!("/api/v1/applications/{number}/{step}"),
            &body,
            &[],
        );
        assert!(
            [405, 409].contains(&answer.expect("a server").status),
            "{step}"
        );
    }

    // Her name on his application, with keys of his.
    let second = his.begin().expect("a server").expect_ok().text("number");
    let keys = NewKeys::make(&victim.signature.certificate);
    said(
        &his.step(&second, "requests", &keys.body())
            .expect("a server"),
        422,
        "request-subject",
    );
    let mut requests = keys.requests.clone();
    for (der, key) in requests.iter_mut().zip(&keys.keys) {
        *der = request(&thief.signature.certificate, key.as_ref());
    }
    let body = json!({ "requests": requests.map(|der| BASE64.encode(der)) });
    let document = his
        .step(&second, "requests", &body)
        .expect("a server")
        .expect_ok();
    let body = victim.submission(&document.text("document"));
    said(
        &his.step(&second, "signature", &body).expect("a server"),
        422,
        "other-persons-key",
    );

    // Pages and forms know no other way; a language of his changes nothing but the words.
    for (method, page) in [
        ("POST", "/en/cabinet/profile"),
        ("POST", "/en/cabinet/password"),
        ("PUT", "/en/cabinet/profile"),
        ("DELETE", "/en/cabinet/applications"),
    ] {
        let body = json!({ "email": HIS });
        assert_eq!(
            as_her
                .send(method, page, &body, &[])
                .expect("a server")
                .status,
            405,
            "{page}"
        );
    }
    let token = format!("/en/not-me/{}", "ab".repeat(32));
    assert_eq!(
        house
            .client()
            .post(&token, &json!({}))
            .expect("a server")
            .status,
        410
    );
    let russian = house.client();
    let challenge = russian
        .post("/api/v1/login/challenge", &json!({}))
        .expect("a server");
    let body = json!({ "signature": victim.authentication.sign(&challenge.text("challenge")) });
    let opened = russian.send(
        "POST",
        "/api/v1/login",
        &body,
        &[("x-tanba-language", "ru")],
    );
    opened.expect("a server").expect_ok();
    as_her
        .step(&number, "cancel", &json!({}))
        .expect("a server")
        .expect_ok();
    as_her
        .post("/api/v1/logout", &json!({}))
        .expect("a server")
        .expect_ok();
    scene.ends_well();
}
