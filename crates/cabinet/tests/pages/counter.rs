//! Looking for people at the desk: what stands in addresses, what is left as evidence, how often it may be done.

use axum::http::StatusCode;
use serde_json::json;
use tanba_cabinet::{CabinetSection, LimitsSection};
use tanba_model::iin::Iin;
use tanba_model::ports::Storage as _;
use tanba_model::staff::Role;

use crate::browser::{Answer, Browser, base64};
use crate::sheet::apply;
use crate::world::World;

/// An IIN with a right check digit that nobody has.
fn nobody() -> String {
    let iin = (0..10).find_map(|last| Iin::complete(&format!("9901014000{last}")));
    iin.unwrap().as_str().to_owned()
}

/// Where links and forms of a page lead.
fn addresses(page: &Answer) -> Vec<&str> {
    let of = |mark| page.body.split(mark).skip(1);
    of(" href=\"")
        .chain(of(" action=\""))
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

async fn seat<'a>(world: &'a World, name: &str, role: Role) -> (Browser<'a>, crate::world::Key) {
    let key = world.staff(name, role);
    let mut seat = Browser::new(world);
    seat.sit_down(&key).await;
    (seat, key)
}

#[tokio::test]
async fn no_address_of_the_desk_has_an_iin() {
    let world = World::new();
    let person = world.newcomer();
    let iin = person.iin.as_str();
    let (number, _) = apply(&mut Browser::new(&world), &person).await;
    let (mut operator, key) = seat(&world, "Bolat", Role::Operator).await;
    let record = world.record_of(iin);
    let found = operator.submit("/kk/desk/find", &[("what", iin)]).await;
    assert_eq!(found.location(), format!("/kk/desk/persons/{record}"));
    // What stays after an act leads to the same address, and so does what waits.
    let wish = json!({
        "person": record.0, "act": "names", "reason": "data-changed", "identification": "operator",
        "surname": "ЖАҢАЕВА", "given_name": person.given_name,
    });
    let prepared = operator.post("/desk/acts", wish).await.json();
    let signature = base64(&key.sign(prepared["document"].as_str().unwrap()));
    let signed = json!({ "signature": signature });
    let signed = operator.post("/desk/signature", signed).await.json();
    let next = signed["next"].as_str().unwrap();
    assert_eq!(
        next,
        format!("/kk/desk/persons/{record}?done=waits&act=names")
    );
    let of_application = format!("/kk/desk/applications/{number}");
    for path in [next, &of_application, "/kk/desk/pending/1"] {
        let page = operator.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
        let links = addresses(&page);
        assert!(links.iter().all(|link| !link.contains(iin)), "{links:?}");
        let person = format!("/kk/desk/persons/{record}");
        let is_own = path == next;
        assert!(is_own || links.contains(&person.as_str()), "{links:?}");
    }
    // An address with an IIN, out of an old history, opens nobody.
    let old = operator.get(&format!("/kk/desk/persons/{iin}")).await;
    assert_eq!(old.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_log_is_searched_for_a_person_without_her_iin_in_an_address() {
    let world = World::limited(LimitsSection {
        look_ups_per_minute: 100,
        ..LimitsSection::default()
    });
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let (mut auditor, _) = seat(&world, "Serik", Role::Auditor).await;
    let (iin, nobody) = (citizen.iin(), nobody());
    for (language, unknown) in [
        ("kk", "табылмады"),
        ("ru", "не найдены"),
        ("en", "No such person"),
    ] {
        let path = format!("/{language}/desk/audit");
        let page = auditor.get(&path).await;
        let form = format!("<form method=\"post\" action=\"{path}\"");
        assert!(page.body.contains(&form), "{}", page.body);
        let asked = [("object", iin.as_str()), ("action", "")];
        let found = auditor.submit(&path, &asked).await;
        let object = format!("person%3A{}", world.record_of(&iin));
        assert_eq!(found.location(), format!("{path}?object={object}"));
        // However it is written.
        for gap in [
            " ", "-", "\u{a0}", ".", "/", "_", "\u{2212}", "\u{ad}", "\u{200b}",
        ] {
            let grouped = format!("{}{gap}{}", &iin[..6], &iin[6..]);
            let found = auditor.submit(&path, &[("object", &grouped)]).await;
            assert_eq!(found.location(), format!("{path}?object={object}"));
        }
        // In a field where no IIN is looked for it stays out of the address, too.
        for field in ["actor", "action"] {
            let asked = [(field, iin.as_str()), ("object", "person:1")];
            let answer = auditor.submit(&path, &asked).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
            let error = format!("href=\"#{field}\"");
            assert!(answer.body.contains(&error), "{}", answer.body);
            assert!(addresses(&answer).iter().all(|link| !link.contains(&iin)));
        }
        let answer = auditor.submit(&path, &[("object", &nobody)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{unknown}");
        assert!(answer.body.contains(unknown), "{}", answer.body);
        assert!(
            addresses(&answer)
                .iter()
                .all(|link| !link.contains(&nobody))
        );
    }
}

#[tokio::test]
async fn the_log_is_searched_for_an_application_by_the_number_that_people_know() {
    let world = World::new();
    let person = world.newcomer();
    let (number, _) = apply(&mut Browser::new(&world), &person).await;
    let (number, grouped) = (number.as_str(), number.grouped());
    let (mut auditor, _) = seat(&world, "Serik", Role::Auditor).await;
    for typed in [number.to_owned(), grouped, format!("application:{number}")] {
        let asked = [("object", typed.as_str())];
        let found = auditor.submit("/kk/desk/audit", &asked).await;
        assert_eq!(found.location(), "/kk/desk/audit?object=application%3A1");
    }
    let page = auditor.get("/kk/desk/audit?object=application%3A1").await;
    assert!(
        page.body.contains("<code>application.submit</code>"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn the_log_is_searched_by_what_its_table_shows() {
    let world = World::new();
    let (mut first, _) = seat(&world, "Bolat", Role::Operator).await;
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let path = format!("/kk/desk/persons/{}", world.record_of(&citizen.iin()));
    first.get(&path).await;
    let (mut auditor, _) = seat(&world, "Serik", Role::Auditor).await;
    for (language, act, part, staff, all) in [
        (
            "kk",
            "Адамның жазбасы ашылды",
            "ЖАЗБАСЫ ашыл",
            "қызметкер № 1",
            "қызметкер",
        ),
        (
            "ru",
            "Открыта запись человека",
            "открыта запись",
            "Сотрудник № 1",
            "сотрудник",
        ),
        (
            "en",
            "A person’s record was opened",
            "RECORD was opened",
            "staff no. 1",
            "staff no",
        ),
    ] {
        for (field, typed, found, not) in [
            ("action", act, "desk.look", "desk.open"),
            ("action", part, "desk.look", "desk.open"),
            ("action", "DESK.LOOK", "desk.look", "desk.open"),
            ("actor", staff, "staff:1", "staff:2"),
            ("actor", "staff:1", "staff:1", "staff:2"),
            ("actor", all, "staff:2", "system"),
        ] {
            let answer = auditor
                .submit(&format!("/{language}/desk/audit"), &[(field, typed)])
                .await;
            let page = auditor.get(answer.location()).await;
            let has = |code: &str| page.body.contains(&format!("<code>{code}</code>"));
            assert!(has(found), "{typed}: {}", page.body);
            assert!(!has(not), "{typed}: {}", page.body);
        }
        let nothing = auditor
            .get(&format!("/{language}/desk/audit?action=xyz&actor=xyz"))
            .await;
        assert!(!nothing.body.contains("<table"), "{}", nothing.body);
        let offered = format!("<option value=\"{act}\">");
        assert!(nothing.body.contains(&offered), "{}", nothing.body);
    }
}

#[tokio::test]
async fn days_in_the_wrong_order_are_told_and_do_not_read_as_if_nothing_had_happened() {
    let world = World::new();
    let (mut auditor, _) = seat(&world, "Serik", Role::Auditor).await;
    for (language, said, nothing) in [
        ("kk", "Соңғы күн бірінші күннен бұрын", "Ештеңе табылмады"),
        ("ru", "Последний день раньше первого", "Ничего не найдено"),
        (
            "en",
            "The last day is before the first",
            "Nothing was found",
        ),
    ] {
        let path = format!("/{language}/desk/audit?from=2026-11-30&to=2026-11-01");
        let page = auditor.get(&path).await;
        assert!(page.body.contains(said), "{}", page.body);
        assert!(!page.body.contains(nothing), "{}", page.body);
        let same = format!("/{language}/desk/audit?from=1999-01-01&to=1999-01-01");
        let page = auditor.get(&same).await;
        assert!(page.body.contains(nothing), "{}", page.body);
    }
}

#[tokio::test]
async fn a_number_that_was_typed_wrongly_is_told_as_exactly_as_to_citizens() {
    let world = World::new();
    let (mut operator, _) = seat(&world, "Bolat", Role::Operator).await;
    let (mut auditor, _) = seat(&world, "Serik", Role::Auditor).await;
    let mut wrong = nobody().into_bytes();
    wrong[4] = b'9';
    let wrong = String::from_utf8(wrong).unwrap();
    for (language, missing, form, check, unknown) in [
        (
            "kk",
            "енгізіңіз: 12 цифр",
            "дәл 12 цифрдан",
            "бір цифры қате",
            "табылмады",
        ),
        (
            "ru",
            "или ИИН: 12 цифр",
            "ровно из 12 цифр",
            "набрана неверно",
            "не найдены",
        ),
        (
            "en",
            "or an IIN: 12 digits",
            "exactly 12 digits",
            "is wrong",
            "No such person",
        ),
    ] {
        let find = format!("/{language}/desk/find");
        for (typed, said) in [
            ("", missing),
            ("123", form),
            (wrong.as_str(), check),
            (&nobody(), unknown),
        ] {
            let answer = operator.submit(&find, &[("what", typed)]).await;
            let right = said == unknown;
            assert_eq!(answer.status == StatusCode::NOT_FOUND, right, "{typed}");
            let (_, error) = answer.body.split_once("id=\"what-error\"").unwrap();
            let (error, _) = error.split_once("</p>").unwrap();
            assert!(error.contains(said), "{typed}: {error}");
        }
        let answer = auditor
            .submit(&format!("/{language}/desk/audit"), &[("object", &wrong)])
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(check), "{}", answer.body);
        assert!(addresses(&answer).iter().all(|link| !link.contains(&wrong)));
        assert!(!answer.body.contains("<table"));
    }
}

#[tokio::test]
async fn whoever_brings_the_number_of_a_renewal_is_to_be_looked_for_by_iin() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let (number, _) = browser.apply(&citizen).await;
    let (mut operator, _) = seat(&world, "Bolat", Role::Operator).await;
    for (language, said) in [
        ("kk", "адамды ЖСН бойынша іздеңіз"),
        ("ru", "ищите человека по ИИН"),
        ("en", "look for the person by IIN"),
    ] {
        let find = format!("/{language}/desk/find");
        let answer = operator.submit(&find, &[("what", &number)]).await;
        let (_, error) = answer.body.split_once("id=\"what-error\"").unwrap();
        let (error, _) = error.split_once("</p>").unwrap();
        assert!(error.contains(said), "{error}");
    }
}

#[tokio::test]
async fn whoever_is_looked_for_by_iin_is_on_record_and_only_so_often() {
    let world = World::limited(LimitsSection {
        look_ups_per_minute: 3,
        ..LimitsSection::default()
    });
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let (mut operator, key) = seat(&world, "Bolat", Role::Operator).await;
    let (iin, nobody) = (citizen.iin(), nobody());
    let found = |events: &[(String, String)]| -> Vec<String> {
        let finds = events.iter().filter(|(action, _)| action == "desk.find");
        finds.map(|(_, object)| object.clone()).collect()
    };
    for what in [iin.as_str(), nobody.as_str(), "anything"] {
        let answer = operator.submit("/ru/desk/find", &[("what", what)]).await;
        assert_ne!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{what}");
    }
    let evidence = found(&log(&world));
    assert_eq!(evidence.len(), 2, "{evidence:?}");
    assert_eq!(evidence[0], format!("person:{}", world.record_of(&iin)));
    assert!(evidence[1].starts_with("staff:"), "{evidence:?}");
    // Another seat of hers is no other person; somebody else's is.
    let mut again = Browser::new(&world);
    again.sit_down(&key).await;
    let answer = again.submit("/ru/desk/find", &[("what", &iin)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(found(&log(&world)).len(), 2);
    let (mut other, _) = seat(&world, "Dana", Role::SeniorOperator).await;
    let answer = other.submit("/ru/desk/find", &[("what", &iin)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_act_that_is_prepared_and_never_signed_is_on_record_and_counted() {
    let world = World::limited(LimitsSection {
        persons_per_staff_per_minute: 3,
        ..LimitsSection::default()
    });
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let record = world.record_of(&citizen.iin());
    let (mut operator, _) = seat(&world, "Bolat", Role::Operator).await;
    let looks = || -> Vec<String> {
        let events = log(&world).into_iter();
        let looks = events.filter(|(action, _)| action == "desk.look");
        looks.map(|(_, object)| object).collect()
    };
    let wish =
        |person: i64, act: &str| json!({ "person": person, "act": act, "reason": "key-lost" });
    let by_iin = json!({ "iin": citizen.iin(), "act": "freeze", "reason": "key-lost" });
    let refused = operator.post("/desk/acts", by_iin).await;
    assert_eq!(refused.code(), "bad-request", "{}", refused.body);
    assert_eq!(looks().len(), 0);
    let prepared = operator.post("/desk/acts", wish(record.0, "freeze")).await;
    assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
    assert_eq!(prepared.json()["about"], citizen.iin());
    assert_eq!(looks(), [format!("person:{record}")]);
    // A refusal says how it stands with her, too.
    let refused = operator.post("/desk/acts", wish(record.0, "release")).await;
    assert_ne!(refused.status, StatusCode::OK);
    assert_eq!(looks().len(), 2);
    let unknown = operator.post("/desk/acts", wish(999_999, "freeze")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    // Three are counted, pages and acts alike.
    let path = format!("/ru/desk/persons/{record}");
    let page = operator.get(&path).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    let another = operator.post("/desk/acts", wish(record.0, "freeze")).await;
    assert_eq!(another.code(), "too-many-persons");
    assert_eq!(looks().len(), 2);
}

#[tokio::test]
async fn a_clerk_opens_a_few_persons_in_a_minute_and_no_more_than_a_day_has() {
    let world = World::limited(LimitsSection {
        persons_per_staff_per_minute: 2,
        persons_per_staff_per_day: 5,
        ..LimitsSection::default()
    });
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let path = format!("/ru/desk/persons/{}", world.record_of(&citizen.iin()));
    let (mut operator, key) = seat(&world, "Bolat", Role::Operator).await;
    let mut opened = 0;
    for minute in 0..4 {
        let mut pages = Vec::new();
        for _ in 0..3 {
            pages.push(operator.get(&path).await);
        }
        let now = pages.iter().filter(|page| page.status == StatusCode::OK);
        let now = now.count();
        assert!(now <= 2, "{now} in minute {minute}");
        opened += now;
        world.clock.forward(60);
    }
    assert_eq!(opened, 5, "a day has no more");
    // Another seat of hers is no other person; somebody else's is.
    let mut again = Browser::new(&world);
    again.sit_down(&key).await;
    let answer = again.get(&path).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let (mut other, _) = seat(&world, "Dana", Role::SeniorOperator).await;
    assert_eq!(other.get(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_restart_gives_a_clerk_no_new_day() {
    let limits = || CabinetSection {
        limits: LimitsSection {
            persons_per_staff_per_day: 5,
            ..LimitsSection::default()
        },
        ..CabinetSection::default()
    };
    let mut world = World::with(limits());
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let record = world.record_of(&citizen.iin());
    let path = format!("/ru/desk/persons/{record}");
    let key = world.staff("Bolat", Role::Operator);
    let act = json!({ "person": record.0, "act": "freeze", "reason": "key-lost" });
    {
        let mut operator = Browser::new(&world);
        operator.sit_down(&key).await;
        for _ in 0..4 {
            assert_eq!(operator.get(&path).await.status, StatusCode::OK);
        }
        let prepared = operator.post("/desk/acts", act.clone()).await;
        assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
    }
    world.restart(limits());
    {
        let mut operator = Browser::new(&world);
        operator.sit_down(&key).await;
        let refused = operator.get(&path).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        let wait: u32 = refused.header("retry-after").parse().unwrap();
        assert!((17_000..=17_280).contains(&wait), "{wait}");
        let refused = operator.post("/desk/acts", act).await;
        assert_eq!(refused.code(), "too-many-persons");
    }
    // What is over was not swept away yet; a day later all of it is back, and is again no more than a day.
    world.clock.forward(24 * 60 * 60);
    world.restart(limits());
    let mut operator = Browser::new(&world);
    operator.sit_down(&key).await;
    for _ in 0..5 {
        assert_eq!(operator.get(&path).await.status, StatusCode::OK);
    }
    let refused = operator.get(&path).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn an_application_and_an_act_that_waits_are_opened_on_record_and_counted() {
    let world = World::limited(LimitsSection {
        persons_per_staff_per_minute: 4,
        ..LimitsSection::default()
    });
    let person = world.newcomer();
    let (number, _) = apply(&mut Browser::new(&world), &person).await;
    let record = world.record_of(person.iin.as_str());
    let (mut operator, key) = seat(&world, "Bolat", Role::Operator).await;
    let looks = || -> usize {
        let about = format!("person:{record}");
        let events = log(&world).into_iter();
        let looks = events.filter(|event| *event == ("desk.look".to_owned(), about.clone()));
        looks.count()
    };
    let verdict =
        json!({ "number": number.as_str(), "verdict": "approve", "identification": "operator" });
    let wish = json!({
        "person": record.0, "act": "names", "reason": "data-changed", "identification": "operator",
        "surname": "ЖАҢАЕВА", "given_name": person.given_name,
    });
    let prepared = operator.post("/desk/acts", wish).await.json();
    let signature = base64(&key.sign(prepared["document"].as_str().unwrap()));
    let signed = json!({ "signature": signature });
    let signed = operator.post("/desk/signature", signed).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
    assert_eq!(looks(), 1);
    // The document of a verdict names the applicant as her page does, and so does what waits, each of them once.
    let prepared = operator.post("/desk/verdicts", verdict.clone()).await;
    assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
    assert_eq!(looks(), 2);
    let page = operator.get("/ru/desk/pending/1").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(looks(), 3);
    let answer = json!({ "act": 1, "agrees": false });
    let prepared = operator.post("/desk/answers", answer.clone()).await;
    assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
    assert_eq!(prepared.json()["about"], person.iin.as_str());
    assert_eq!(looks(), 4);
    for path in [
        format!("/ru/desk/applications/{number}"),
        "/ru/desk/pending/1".to_owned(),
    ] {
        let page = operator.get(&path).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        // A visitor waits before her: what she is told is for her.
        assert!(page.body.contains("принять коллега"), "{}", page.body);
    }
    for (call, wish) in [("/desk/verdicts", verdict), ("/desk/answers", answer)] {
        let refused = operator.post(call, wish).await;
        assert_eq!(refused.code(), "too-many-persons", "{call}");
    }
    assert_eq!(looks(), 4);
}

#[tokio::test]
async fn a_page_of_another_site_opens_nobody_in_the_name_of_a_clerk() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let path = format!("/ru/desk/persons/{}", world.record_of(&citizen.iin()));
    let (mut operator, _) = seat(&world, "Bolat", Role::Operator).await;
    let looks = || {
        let events = log(&world).into_iter();
        events.filter(|(action, _)| action == "desk.look").count()
    };
    for site in ["same-site", "cross-site"] {
        for dest in ["image", "empty", "iframe"] {
            let headers = [("sec-fetch-site", site), ("sec-fetch-dest", dest)];
            let answer = operator.get_with(&path, &headers).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{site} {dest}");
        }
    }
    assert_eq!(looks(), 0);
    // She herself: by a link that she follows, an address that she types, our own script.
    for (site, dest) in [
        ("same-site", "document"),
        ("none", "document"),
        ("same-origin", "empty"),
    ] {
        let headers = [("sec-fetch-site", site), ("sec-fetch-dest", dest)];
        let answer = operator.get_with(&path, &headers).await;
        assert_eq!(answer.status, StatusCode::OK, "{site} {dest}");
    }
    assert_eq!(looks(), 3);
}

/// What was done to what, by the log.
fn log(world: &World) -> Vec<(String, String)> {
    let mut work = world.storage.snapshot().unwrap();
    let records = work.audit_log().page(0, 10_000).unwrap();
    let events = records.iter().filter_map(|record| record.read());
    events.map(|event| (event.action, event.object)).collect()
}
