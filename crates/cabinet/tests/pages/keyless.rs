//! Revoking and freezing without a key, by pages alone; and the status of an application with a second proof.

use axum::http::StatusCode;
use serde_json::json;
use tanba_cabinet::LimitsSection;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::message::MessageBody;

use crate::browser::{Answer, Browser, base64, grouped};
use crate::world::{Citizen, Key, World};

fn entry_code(world: &World) -> Option<String> {
    let codes = world.mail().into_iter().filter_map(|mail| {
        if let MessageBody::EntryCode { code, .. } = mail.body {
            Some(code)
        } else {
            None
        }
    });
    codes.collect::<Vec<_>>().pop()
}

/// The token in the first form of a page without a session.
fn token(page: &Answer) -> String {
    page.attribute("name=\"csrf\" value=\"")
}

pub(crate) async fn enter(browser: &mut Browser<'_>, citizen: &Citizen) -> Answer {
    let asked = browser
        .submit("/kk/revoke", &[("iin", &citizen.iin())])
        .await;
    assert_eq!(asked.location(), "/kk/revoke/code");
    let code = entry_code(browser.world).unwrap();
    let answered = browser.submit("/kk/revoke/code", &[("code", &code)]).await;
    assert_eq!(answered.location(), "/kk/revoke");
    browser.get("/kk/revoke").await
}

#[tokio::test]
async fn a_lost_key_is_revoked_by_a_code_without_script() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    let page = enter(&mut browser, &citizen).await;
    let serial = citizen.signature.certificate.serial_hex();
    for part in [
        &serial,
        "Қол қою кілті",
        "Дербес компьютер",
        "Кері шақыру түпкілікті",
        "AIGERIM",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    browser.csrf = token(&page);
    let path = "/kk/revoke/certificates";
    let nothing = browser.submit(path, &[]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    for mistake in ["Кері шақырылатын кілтті белгілеңіз", "Не болғанын таңдаңыз"]
    {
        assert!(nothing.body.contains(mistake), "{}", nothing.body);
    }
    let fields = [
        ("serial", serial.as_str()),
        ("event", "lost"),
        ("sure", "yes"),
    ];
    let right = std::mem::replace(&mut browser.csrf, "0".repeat(64));
    let stale = browser.submit(path, &fields).await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN);
    browser.csrf = right;
    let done = browser.submit(path, &fields).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert!(done.body.contains(&grouped(&serial)) && done.body.contains("Кілттер кері шақырылды"));
    let page = browser.get("/kk/revoke").await;
    assert!(!page.body.contains(&serial) && !page.body.contains(&grouped(&serial)));
    assert!(
        world
            .mail()
            .iter()
            .any(|mail| mail.body.kind() == "revoked")
    );
    let refused = Browser::new(&world).sign_in_with(&citizen.signature).await;
    assert_eq!(refused.code(), "certificate-revoked");
}

#[tokio::test]
async fn what_is_left_is_named_and_above_all_the_other_key_of_a_lost_file() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    // Of one day, and not issued together.
    let earlier = world.another_pair(&citizen, KeystoreKind::PersonalComputer);
    world.clock.forward(2 * 3600);
    let later = world.another_pair(&citizen, KeystoreKind::PersonalComputer);
    let mut browser = Browser::new(&world);
    let page = enter(&mut browser, &citizen).await;
    for clock in ["қараша, 11:00", "қараша, 13:00"] {
        assert!(page.body.contains(clock), "{clock}: {}", page.body);
    }
    browser.csrf = token(&page);
    let serials = |keys: &[&Key]| -> Vec<String> {
        let serials = keys.iter().map(|key| key.certificate.serial_hex());
        serials.collect()
    };
    let left = |page: &Answer, keys: &[&Key]| {
        for serial in serials(keys) {
            assert!(page.body.contains(&grouped(&serial)), "{}", page.body);
        }
        page.body
            .matches(" – кері шақырылған кілтпен бірге")
            .count()
    };
    let (again, renew, obtain) = (
        "бірге шығарылған кілт әлі жарамды",
        "жаңасын өзіңіз шығара аласыз",
        "Жаңа кілт алу үшін осы сайтта",
    );
    let [authentication, signature] = &later;
    for (key, event, told, twins) in [
        (&citizen.signature, "lost", again, 1),
        (&citizen.authentication, "not-needed", renew, 0),
        (&earlier[0], "lost", again, 1),
        (&earlier[1], "lost", renew, 0),
        (signature, "not-needed", obtain, 1),
        (authentication, "lost", obtain, 0),
    ] {
        let serial = key.certificate.serial_hex();
        let fields = [
            ("serial", serial.as_str()),
            ("event", event),
            ("sure", "yes"),
        ];
        let done = browser.submit("/kk/revoke/certificates", &fields).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        for sentence in [again, renew, obtain] {
            let is_told = done.body.contains(sentence);
            assert_eq!(is_told, sentence == told, "{event}: {}", done.body);
        }
        assert_eq!(left(&done, &[key]), twins);
        if key.certificate.serial_hex() == serials(&[&earlier[0]])[0] {
            left(&done, &[&earlier[1], authentication, signature]);
        }
    }
}

#[tokio::test]
async fn the_answer_is_the_same_for_a_number_that_nobody_has() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let silent = world.citizen("Bolat", None);
    let mut answers = Vec::new();
    for iin in [citizen.iin(), silent.iin(), "900101300027".to_owned()] {
        let mut browser = Browser::new(&world);
        let asked = browser.submit("/ru/revoke", &[("iin", &iin)]).await;
        assert_eq!(asked.location(), "/ru/revoke/code", "{iin}");
        let page = browser.get("/ru/revoke/code").await;
        let wrong = browser
            .submit("/ru/revoke/code", &[("code", "000000")])
            .await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        answers.push((
            page.status,
            without_ids(&page.body),
            without_ids(&wrong.body),
        ));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let mistyped = Browser::new(&world)
        .submit("/ru/revoke", &[("iin", "850101300120")])
        .await;
    assert_eq!(mistyped.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// A page without what differs from request to request.
fn without_ids(page: &str) -> String {
    let lines = page.lines().filter(|line| !line.contains("request"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_session_by_code_opens_nothing_else_and_a_freeze_ends_it() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    let page = enter(&mut browser, &citizen).await;
    assert_eq!(
        browser.get("/kk/cabinet").await.location(),
        "/kk/enter?next=/kk/cabinet"
    );
    assert_eq!(
        browser.get("/api/v1/certificates").await.code(),
        "session-required"
    );
    browser.csrf = token(&page);
    let unsure = browser.submit("/kk/revoke/freeze", &[]).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = browser
        .submit("/kk/revoke/freeze", &[("sure", "yes")])
        .await;
    assert!(
        done.body.contains("Кілттеріңіз тоқтатылды"),
        "{}",
        done.body
    );
    let refused = browser
        .submit("/kk/revoke/freeze", &[("sure", "yes")])
        .await;
    assert_eq!(refused.location(), "/kk/revoke?over=yes");
    let refused = Browser::new(&world)
        .sign_in_with(&citizen.authentication)
        .await;
    assert_eq!(refused.code(), "certificate-frozen");
}

#[tokio::test]
async fn whoever_presses_a_button_after_the_session_is_told_that_it_did_nothing() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let serial = citizen.signature.certificate.serial_hex();
    let mut browser = Browser::new(&world);
    let page = enter(&mut browser, &citizen).await;
    browser.csrf = token(&page);
    world.clock.forward(11 * 60);
    let revocation = [
        ("serial", serial.as_str()),
        ("event", "lost"),
        ("sure", "yes"),
    ];
    for (path, fields) in [
        ("revoke/certificates", &revocation[..]),
        ("revoke/freeze", &[("sure", "yes")]),
        // Whoever waited until the code was forgotten has revoked nothing either.
        ("revoke/code", &[("code", "123456")]),
    ] {
        for (language, said) in [
            (
                "kk",
                "БІРДЕ-БІР кілт кері шақырылған жоқ, тоқтатылған да жоқ",
            ),
            ("ru", "НИ ОДИН ключ не отозван и не приостановлен"),
            ("en", "NO key was revoked and none was frozen"),
        ] {
            let late = browser.submit(&format!("/{language}/{path}"), fields).await;
            let page = browser.get(late.location()).await;
            assert_eq!(page.status, StatusCode::OK);
            let summary = page.body.split("id=\"error-summary\"").nth(1).unwrap();
            let summary = summary.split("</ul>").next().unwrap();
            assert!(summary.contains(said), "{path}: {summary}");
            // It may be somebody else who ends her sessions: what helps against that is said beside it.
            assert!(summary.contains("1414"), "{path}: {summary}");
            assert!(page.body.contains("id=\"iin\""), "{}", page.body);
        }
    }
    // Whoever only opens the page, or leaves it, did not press anything that could have done something.
    let left = browser.submit("/kk/revoke/leave", &[]).await;
    assert_eq!(left.location(), "/kk/revoke");
    let opened = browser.get("/kk/revoke").await;
    assert!(!opened.body.contains("БІРДЕ-БІР"), "{}", opened.body);
    let kept = Browser::new(&world).sign_in_with(&citizen.signature).await;
    assert_ne!(kept.code(), "certificate-revoked");
}

#[tokio::test]
async fn asking_for_codes_is_limited_before_anybody_is_looked_for() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    for _ in 0..3 {
        let asked = browser
            .submit("/kk/revoke", &[("iin", "900101300027")])
            .await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER);
    }
    let asked = browser
        .submit("/kk/revoke", &[("iin", "900101300027")])
        .await;
    assert_eq!(asked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!asked.header("retry-after").is_empty());
    // Whoever comes here may have lost her key: she is told what helps at once, and not that it is safe.
    assert!(asked.body.contains("1414 нөміріне қоңырау шалыңыз"));
    assert!(asked.body.contains("тіркеу орталығына барыңыз"));
    assert!(!asked.body.contains("Кілттеріңіз қауіпсіз"));
}

#[tokio::test]
async fn a_code_that_came_too_soon_after_others_was_not_looked_at_and_still_counts() {
    let world = World::limited(LimitsSection {
        codes_per_minute: 2,
        ..LimitsSection::default()
    });
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    let asked = [("iin", citizen.iin())];
    let asked: Vec<(&str, &str)> = asked.iter().map(|(a, b)| (*a, b.as_str())).collect();
    browser.submit("/kk/revoke", &asked).await;
    let code = entry_code(&world).unwrap();
    let mut neighbour = Browser::new(&world);
    neighbour.submit("/kk/revoke", &asked).await;
    for _ in 0..2 {
        neighbour
            .submit("/kk/revoke/code", &[("code", "000000")])
            .await;
    }
    for (language, said) in [
        ("kk", "кодыңыз тексерілген жоқ"),
        ("ru", "ваш код не проверялся"),
        ("en", "yours was not looked at"),
    ] {
        let path = format!("/{language}/revoke/code");
        let answer = browser.submit(&path, &[("code", &code)]).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(!answer.header("retry-after").is_empty());
        assert!(answer.body.contains(said), "{}", answer.body);
        assert!(answer.body.contains("1414"), "{}", answer.body);
    }
    world.clock.forward(30);
    let answer = browser.submit("/kk/revoke/code", &[("code", &code)]).await;
    assert_eq!(answer.location(), "/kk/revoke");
}

#[tokio::test]
async fn the_page_that_freezes_says_what_else_its_button_takes_back() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let taken_back = [
        ("kk", "a•••@example.kz мекенжайы қайтадан"),
        ("ru", "адрес a•••@example.kz снова"),
        ("en", "a•••@example.kz is the confirmed one again"),
    ];
    let mut browser = Browser::new(&world);
    let mut pages = async || {
        let asked = [("iin", citizen.iin())];
        let asked: Vec<(&str, &str)> = asked.iter().map(|(a, b)| (*a, b.as_str())).collect();
        browser.submit("/kk/revoke", &asked).await;
        let letter = world
            .mail()
            .into_iter()
            .find(|mail| mail.body.kind() == "entry_code")
            .unwrap();
        let MessageBody::EntryCode { not_me_path, .. } = &letter.body else {
            unreachable!()
        };
        let text = tanba_cabinet::mail::render(&letter, "https://cabinet.example")
            .unwrap()
            .text;
        let mut bodies = Vec::new();
        for (language, _) in taken_back {
            bodies.push(browser.get(&format!("/{language}{not_me_path}")).await.body);
        }
        (bodies, text)
    };
    let (before, letter) = pages().await;
    for (body, (language, said)) in before.iter().zip(taken_back) {
        assert!(!body.contains(said), "{language}: {body}");
    }
    let also = "соңғы жеті күндегі өзгерістерін де";
    assert!(!letter.contains(also), "{letter}");
    world.changed_address(&citizen, "thief@example.kz");
    world.clock.forward(60);
    let (after, letter) = pages().await;
    for (body, (language, said)) in after.iter().zip(taken_back) {
        assert!(body.contains(said), "{language}: {body}");
    }
    assert!(letter.contains(also), "{letter}");
}

#[tokio::test]
async fn certificates_are_installed_by_number_and_iin_without_a_session() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let other = world.citizen("Bolat", Some("bolat@example.kz"));
    let mut owner = Browser::new(&world);
    owner.sign_in(&citizen).await;
    let (number, keys) = owner.apply(&citizen).await;
    let code = world.mailed().0.unwrap();
    let path = format!("/applications/{number}/code");
    let issued = owner.post(&path, json!({ "code": code })).await;
    assert_eq!(issued.json()["state"], "ISSUED", "{}", issued.body);

    let mut stranger = Browser::new(&world);
    let bare = stranger.submit("/kk/status", &[("number", &number)]).await;
    assert_eq!(bare.status, StatusCode::OK);
    assert!(
        !bare.body.contains("шығарылды"),
        "a number alone says nothing"
    );
    let foreign = [("number", number.as_str()), ("iin", &other.iin())];
    let foreign = stranger.submit("/kk/status", &foreign).await;
    let nobodys = [("number", unknown_number()), ("iin", other.iin())];
    let nobodys: Vec<(&str, &str)> = nobodys.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let unknown = stranger.submit("/kk/status", &nobodys).await;
    for answer in [&foreign, &unknown] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("өтінім табылмады"), "{}", answer.body);
    }
    let path = format!("/api/v1/applications/{number}/certificates");
    assert_eq!(stranger.get(&path).await.code(), "session-required");

    let own = [("number", number.as_str()), ("iin", &citizen.iin())];
    let proved = stranger.submit("/kk/status", &own).await;
    assert_eq!(proved.location(), format!("/kk/status/{number}"));
    let page = stranger.get(&format!("/kk/status/{number}")).await;
    assert!(
        page.body.contains("id=\"install-section\""),
        "{}",
        page.body
    );
    assert!(!page.body.contains("AIGERIM") && !page.body.contains("example.kz"));
    stranger.csrf = page.attribute("name=\"csrf\" content=\"");
    let certificates = stranger.get(&path).await.json();
    assert_eq!(certificates["certificates"].as_array().unwrap().len(), 2);
    let path = format!("/applications/{number}/installation/challenge");
    let right = std::mem::replace(&mut stranger.csrf, "0".repeat(64));
    assert_eq!(stranger.post(&path, json!({})).await.code(), "csrf");
    stranger.csrf = right;
    let challenge = stranger.post(&path, json!({})).await.json();
    let challenge = challenge["challenge"].as_str().unwrap();
    let proofs: Vec<String> = certificates["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .zip(keys)
        .map(|(der, key)| base64(&crate::world::proof(der.as_str().unwrap(), key, challenge)))
        .collect();
    let path = format!("/applications/{number}/installation");
    let sent = json!({ "proofs": proofs, "revoke_old": true });
    let done = stranger.post(&path, sent).await;
    assert_eq!(done.json()["state"], "INSTALLED", "{}", done.body);
    assert_eq!(done.json()["superseded"].as_array().unwrap().len(), 2);
    let cancel = format!("/applications/{number}/cancel");
    let refused = stranger.post(&cancel, json!({})).await;
    assert_eq!(
        refused.code(),
        "session-required",
        "the proof is for looking and installing"
    );
    let signed_out = owner.get("/kk/cabinet").await;
    assert_eq!(signed_out.status, StatusCode::SEE_OTHER);
}

/// A number with a right check digit that nobody has.
fn unknown_number() -> String {
    let numbers = (0..10).map(|last| format!("10000000000{last}"));
    let right =
        |number: &String| tanba_model::application::ApplicationNumber::parse(number).is_ok();
    numbers.into_iter().find(right).unwrap()
}

#[tokio::test]
async fn the_api_tells_the_status_for_number_and_proof() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut owner = Browser::new(&world);
    owner.sign_in(&citizen).await;
    let number = owner.begin().await;
    let mut program = Browser::new(&world);
    let ask = json!({ "number": number, "iin": citizen.iin() });
    let found = program.post("/status", ask).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.body);
    assert_eq!(found.json()["state"], "DRAFT");
    for wrong in [
        json!({ "number": number, "iin": "900101300027" }),
        json!({ "number": number, "secret": "AAAAAAAAAAAAAAAAAAAAAA" }),
        json!({ "number": unknown_number(), "iin": citizen.iin() }),
    ] {
        let refused = program.post("/status", wrong).await;
        assert_eq!(refused.code(), "application-not-found");
    }
    let bare = program.post("/status", json!({ "number": number })).await;
    assert_eq!(bare.status, StatusCode::BAD_REQUEST);
    let keystores = program.get("/api/v1/keystores").await.json();
    assert_eq!(keystores["keystores"][0]["taken"], true);
    assert_eq!(keystores["keystores"][4]["default_pin"], "12345678");
}
