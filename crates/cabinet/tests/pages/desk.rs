//! What an operator is shown of an application beside what the register says.

use axum::http::StatusCode;
use serde_json::json;
use tanba_model::person::EmailAddress;
use tanba_model::ports::{PersonFacts, Storage as _};
use tanba_model::staff::Role;

use crate::browser::{Browser, base64};
use crate::pages::stop_issuance;
use crate::sheet::{ADDRESS, apply};
use crate::world::{Key, World};

/// What the register says from now on, of somebody whom it knows.
fn registered(world: &World, iin: &tanba_model::iin::Iin, facts: &PersonFacts, deceased: bool) {
    let mut work = world.storage.begin().unwrap();
    let person = work.persons().find_by_iin(iin).unwrap().unwrap();
    let (source, _) = work.persons().source(person.id).unwrap().unwrap();
    let persons = work.persons();
    persons
        .set_identity(person.id, facts, &source, deceased)
        .unwrap();
    work.commit().unwrap();
}

/// The row of the comparison that begins with a text.
fn row<'p>(page: &'p str, title: &str) -> &'p str {
    let (_, table) = page.split_once("id=\"compared\"").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let mut rows = table.split("<tr ");
    rows.find(|row| row.contains(title)).unwrap()
}

#[tokio::test]
async fn an_operator_is_shown_the_address_that_an_approval_confirms_and_the_one_that_it_leaves() {
    let world = World::new();
    let person = world.newcomer();
    let (number, _) = apply(&mut Browser::new(&world), &person).await;
    let mut seat = Browser::new(&world);
    seat.sit_down(&world.staff("Bolat", Role::Operator)).await;
    let words = [
        (
            "kk",
            "Мақұлдасаңыз",
            "мекенжай өзгермейді",
            "пошта",
            "remote",
        ),
        (
            "ru",
            "подтверждённым адресом",
            "останется прежним",
            "почты",
            "remote",
        ),
        (
            "en",
            "becomes the confirmed",
            "stays what it is",
            "e-mail",
            "remote",
        ),
    ];
    for (language, moves, _, _, remote) in words {
        let path = format!("/{language}/desk/applications/{number}");
        let page = seat.get(&path).await.body;
        let (_, said) = page.split_once("id=\"address-moves\"").unwrap();
        let (said, _) = said.split_once("</p>").unwrap();
        assert!(said.contains(moves) && said.contains(ADDRESS), "{said}");
        assert!(page.contains(&format!("<option value=\"{remote}\"")));
        assert!(!page.contains("id=\"address-stays\""));
    }
    let hers = EmailAddress::parse("hers@example.kz").unwrap();
    let mut work = world.storage.begin().unwrap();
    let id = work.persons().find_by_iin(&person.iin).unwrap().unwrap().id;
    work.persons().set_email(id, Some(&hers)).unwrap();
    work.commit().unwrap();
    for (language, _, stays, warned, remote) in words {
        let path = format!("/{language}/desk/applications/{number}");
        let page = seat.get(&path).await.body;
        let (before, said) = page.split_once("id=\"address-stays\"").unwrap();
        assert!(said.contains(stays), "{said}");
        assert!(before.contains(ADDRESS) && before.contains(hers.as_str()));
        let (_, warning) = before.split_once("govuk-warning-text").unwrap();
        assert!(warning.contains(warned), "{warning}");
        assert!(!page.contains(&format!("<option value=\"{remote}\"")));
    }
    let wish =
        json!({ "number": number.as_str(), "verdict": "approve", "identification": "remote" });
    let refused = seat.post("/desk/verdicts", wish).await;
    assert_eq!(refused.code(), "identification-in-person");
}

#[tokio::test]
async fn no_reason_of_an_act_is_chosen_beforehand_and_none_is_taken_for_it() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let record = world.record_of(&citizen.iin()).0;
    let mut seat = Browser::new(&world);
    seat.sit_down(&world.staff("Bolat", Role::Operator)).await;
    let page = seat.get(&format!("/kk/desk/persons/{record}")).await;
    for act in ["freeze", "revoke", "email", "names"] {
        let (_, choice) = page
            .body
            .split_once(&format!("id=\"{act}-reason\""))
            .unwrap();
        let (choice, _) = choice.split_once("</select>").unwrap();
        let (tag, options) = choice.split_once('>').unwrap();
        assert!(tag.contains("required"), "{act}: {tag}");
        assert!(
            options.trim().starts_with("<option value=\"\">"),
            "{options}"
        );
    }
    let serial = citizen.signature.certificate.serial_hex();
    for act in ["freeze", "revoke"] {
        let wish = json!({
            "person": record, "iin": citizen.iin(), "act": act, "reason": "", "identification": "", "serials": [serial],
        });
        let refused = seat.post("/desk/acts", wish).await;
        assert_eq!(refused.code(), "reason-missing", "{}", refused.body);
    }
}

#[tokio::test]
async fn an_operator_is_shown_both_names_where_the_register_has_another_and_that_somebody_died() {
    let world = World::new();
    let person = world.newcomer();
    let (number, _) = apply(&mut Browser::new(&world), &person).await;
    let operator = world.staff("Bolat", Role::Operator);
    let mut seat = Browser::new(&world);
    seat.sit_down(&operator).await;
    let facts = |surname: &str| PersonFacts {
        surname: surname.to_owned(),
        given_name: person.given_name.clone(),
        patronymic: None,
    };
    let words = [
        (
            "kk",
            "Тегі",
            "өзгеше",
            "Деректер сәйкес келмейді",
            "бұл адам қайтыс болған",
        ),
        (
            "ru",
            "Фамилия",
            "отличается",
            "Данные не совпадают",
            "этот человек умер",
        ),
        (
            "en",
            "Surname",
            "differs",
            "The data differ",
            "this person has died",
        ),
    ];
    for (language, surname, differs, sentence, died) in words {
        let path = format!("/{language}/desk/applications/{number}");
        registered(&world, &person.iin, &facts(&person.surname), false);
        let page = seat.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let same = row(&page.body, surname);
        assert_eq!(same.matches(person.surname.as_str()).count(), 2, "{same}");
        assert!(!same.contains(differs), "{same}");
        for part in [sentence, died] {
            assert!(!page.body.contains(part), "{language}: {part}");
        }

        registered(&world, &person.iin, &facts("ЖАҢАЕВА"), false);
        let page = seat.get(&path).await;
        assert!(page.body.contains(sentence), "{}", page.body);
        let other = row(&page.body, surname);
        for part in [person.surname.as_str(), "ЖАҢАЕВА", differs] {
            assert!(other.contains(part), "{language}: {part} in {other}");
        }
        assert_eq!(page.body.matches("tanba-wide__differs").count(), 1);

        registered(&world, &person.iin, &facts(&person.surname), true);
        let page = seat.get(&path).await;
        assert!(page.body.contains(died), "{}", page.body);
        assert!(!page.body.contains(sentence), "{}", page.body);
    }
}

#[tokio::test]
async fn whoever_gives_the_second_signature_sees_both_addresses_and_refuses_by_that_name() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let record = world.record_of(&citizen.iin()).0;
    let keys = [
        world.staff("Bolat", Role::Operator),
        world.staff("Dana", Role::SeniorOperator),
    ];
    let mut first = Browser::new(&world);
    first.sit_down(&keys[0]).await;
    let mut second = Browser::new(&world);
    second.sit_down(&keys[1]).await;
    let wish = |address: &str| json!({ "person": record, "act": "email", "reason": "own-wish", "identification": "operator", "email": address });
    for wrong in ["bad@", "", "bad address@example.kz"] {
        let refused = first.post("/desk/acts", wish(wrong)).await;
        assert_eq!(refused.code(), "address-invalid", "{wrong}");
    }
    let prepared = first
        .post("/desk/acts", wish("new@example.kz"))
        .await
        .json();
    let signature = base64(&keys[0].sign(prepared["document"].as_str().unwrap()));
    let asked = first.post("/desk/signature", json!({ "signature": signature }));
    assert_eq!(asked.await.json()["outcome"], "waits");
    for (language, present, back, refuse, refused) in [
        (
            "kk",
            "Қазіргі электрондық пошта",
            "Қайтарып алып",
            "Ұсынысты қабылдамай",
            "бас тартылды",
        ),
        (
            "ru",
            "Нынешняя электронная почта",
            "Отозвать предложение",
            "Отклонить",
            "отказано",
        ),
        (
            "en",
            "Present e-mail address",
            "Take it back",
            "Refuse and",
            "refused",
        ),
    ] {
        let path = format!("/{language}/desk/pending/1");
        for (seat, named, not) in [(&mut first, back, refuse), (&mut second, refuse, back)] {
            let page = seat.get(&path).await.body;
            let (_, row) = page.split_once(present).unwrap();
            let (row, rest) = row.split_once("</dd>").unwrap();
            assert!(row.contains("aigerim@example.kz"), "{row}");
            assert!(rest.contains("new@example.kz"));
            let (_, form) = page.split_once("id=\"withdraw-act\"").unwrap();
            let (button, _) = form.split_once("</button>").unwrap();
            assert!(button.contains(named) && !button.contains(not), "{button}");
        }
        let done = format!("/{language}/desk/persons/{record}?done=rejected&act=email");
        let page = second.get(&done).await.body;
        let (_, said) = page.split_once("id=\"desk-done\"").unwrap();
        let (said, _) = said.split_once("</p>").unwrap();
        assert!(said.contains(refused), "{said}");
    }
    refuses(&world, &mut second, &keys[1]).await;
    let again = second.post("/desk/acts", wish("new@example.kz")).await;
    assert_eq!(
        again.status,
        StatusCode::OK,
        "it waits no more: {}",
        again.body
    );
}

/// Refuses the act that somebody else proposed, and looks at what is left of it.
async fn refuses(world: &World, second: &mut Browser<'_>, key: &Key) {
    let prepared = second.post("/desk/answers", json!({ "act": 1, "agrees": false }));
    let prepared = prepared.await.json();
    let document = prepared["document"].as_str().unwrap();
    let signature = base64(&key.sign(document));
    let signed = second.post("/desk/signature", json!({ "signature": signature }));
    let signed = signed.await.json();
    assert_eq!(signed["outcome"], "rejected", "{signed}");
    let page = second.get(signed["next"].as_str().unwrap()).await.body;
    assert!(page.contains("aigerim@example.kz") && !page.contains("new@example.kz"));
    let (mut auditor, path) = (Browser::new(world), "/kk/desk/audit?action=desk.decline");
    auditor.sit_down(&world.staff("Serik", Role::Auditor)).await;
    let page = auditor.get(path).await.body;
    assert!(page.contains("<code>desk.decline</code>"), "{page}");
}

#[tokio::test]
async fn a_release_may_say_that_the_endangered_keys_are_revoked() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let record = world.record_of(&citizen.iin()).0;
    let mut seat = Browser::new(&world);
    let key = world.staff("Bolat", Role::Operator);
    seat.sit_down(&key).await;
    let freeze = json!({ "person": record, "act": "freeze", "reason": "key-lost" });
    let prepared = seat.post("/desk/acts", freeze).await.json();
    let signature = base64(&key.sign(prepared["document"].as_str().unwrap()));
    let done = seat.post("/desk/signature", json!({ "signature": signature }));
    assert_eq!(done.await.json()["outcome"], "done");
    for (language, reason) in [
        ("kk", "Қауіп төнген кілттердің куәліктері кері шақырылды."),
        ("ru", "Свидетельства ключей, попавших под угрозу, отозваны."),
        ("en", "The certificates of the endangered keys are revoked."),
    ] {
        let page = seat
            .get(&format!("/{language}/desk/persons/{record}"))
            .await
            .body;
        let (_, choice) = page.split_once("id=\"release-reason\"").unwrap();
        let (choice, _) = choice.split_once("</select>").unwrap();
        let option = format!("<option value=\"endangered-revoked\">{reason}</option>");
        assert!(choice.contains(&option), "{choice}");
    }
    let wish = json!({
        "person": record, "act": "release", "reason": "endangered-revoked", "identification": "operator",
    });
    let prepared = seat.post("/desk/acts", wish).await;
    assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
}

/// Prepares something at the desk and signs it; where the page after it is.
async fn signed(seat: &mut Browser<'_>, key: &Key, call: &str, wish: serde_json::Value) -> String {
    let prepared = seat.post(call, wish).await;
    assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
    let prepared = prepared.json();
    let signature = base64(&key.sign(prepared["document"].as_str().unwrap()));
    let body = json!({ "signature": signature });
    let signed = seat.post("/desk/signature", body).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
    signed.json()["next"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn while_nothing_is_issued_an_operator_knows_it_before_she_decides() {
    let world = World::new();
    let person = world.newcomer();
    let (number, _) = apply(&mut Browser::new(&world), &person).await;
    let key = world.staff("Bolat", Role::Operator);
    let mut seat = Browser::new(&world);
    seat.sit_down(&key).await;
    let path = |language: &str| format!("/{language}/desk/applications/{number}");
    let page = seat.get(&path("kk")).await.body;
    assert!(!page.contains("id=\"issuance-stopped\""), "{page}");
    stop_issuance(&world).await;
    for (language, said) in [
        ("kk", "уақытша тоқтатылған"),
        ("ru", "временно остановлен"),
        ("en", "being issued at present"),
    ] {
        let page = seat.get(&path(language)).await.body;
        let (_, told) = page.split_once("id=\"issuance-stopped\"").unwrap();
        let (told, _) = told.split_once("</div>").unwrap();
        assert!(told.contains(said), "{told}");
    }
    let wish =
        json!({ "number": number.as_str(), "verdict": "approve", "identification": "operator" });
    let next = signed(&mut seat, &key, "/desk/verdicts", wish).await;
    assert!(next.ends_with("?done=approved"), "{next}");
    // An order has stopped it: it is not the key that does not answer.
    for (language, said) in [
        ("kk", "шығаруды жалғастырған"),
        ("ru", "продолжит выпуск"),
        ("en", "goes on issuing"),
    ] {
        let page = seat.get(&format!("{}?done=approved", path(language))).await;
        let (_, told) = page.body.split_once("id=\"desk-done\"").unwrap();
        let (told, _) = told.split_once("</p>").unwrap();
        assert!(told.contains(said), "{told}");
        assert!(!page.body.contains("id=\"issuance-stopped\""));
    }
}

#[tokio::test]
async fn an_act_that_waits_no_more_is_not_said_to_wait() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let record = world.record_of(&citizen.iin()).0;
    let (first, second) = (
        world.staff("Bolat", Role::Operator),
        world.staff("Dana", Role::SeniorOperator),
    );
    let (mut seat, mut other) = (Browser::new(&world), Browser::new(&world));
    seat.sit_down(&first).await;
    other.sit_down(&second).await;
    let wish = json!({
        "person": record, "act": "names", "reason": "data-changed", "identification": "operator",
        "surname": "ЖАҢАЕВА", "given_name": "ӘЙГЕРІМ",
    });
    let next = signed(&mut seat, &first, "/desk/acts", wish).await;
    let page = seat.get(&next).await.body;
    assert!(page.contains("id=\"desk-done\""), "{page}");
    let answer = json!({ "act": 1, "agrees": true });
    let done = signed(&mut other, &second, "/desk/answers", answer).await;
    assert!(other.get(&done).await.body.contains("id=\"desk-done\""));
    let page = seat.get(&next).await.body;
    assert!(page.contains("ЖАҢАЕВА"), "{page}");
    assert!(!page.contains("id=\"desk-done\""), "{page}");
}

#[tokio::test]
async fn where_nothing_is_on_hold_a_release_is_not_said_to_make_anything_valid_again() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let record = world.record_of(&citizen.iin()).0;
    let key = world.staff("Bolat", Role::Operator);
    let mut seat = Browser::new(&world);
    seat.sit_down(&key).await;
    let freeze = json!({ "person": record, "act": "freeze", "reason": "key-lost" });
    let _ = signed(&mut seat, &key, "/desk/acts", freeze).await;
    let words = [
        ("kk", "қайтадан жарамды болады", "Тоқтатулы куәлі"),
        ("ru", "действующими", "Приостановленных свидетельств"),
        ("en", "valid again", "on hold"),
    ];
    for (language, valid, _) in words {
        let path = format!("/{language}/desk/persons/{record}");
        assert!(seat.get(&path).await.body.contains(valid), "{language}");
    }
    let serials = [&citizen.signature, &citizen.authentication];
    let serials = serials.map(|key| key.certificate.serial_hex());
    let revoke =
        json!({ "person": record, "act": "revoke", "reason": "key-lost", "serials": serials });
    let _ = signed(&mut seat, &key, "/desk/acts", revoke).await;
    for (language, valid, none) in words {
        let path = format!("/{language}/desk/persons/{record}");
        let page = seat.get(&path).await.body;
        assert!(!page.contains(valid), "{page}");
        assert_eq!(page.matches(none).count(), 2, "warning and hint: {page}");
        assert!(page.contains("<option value=\"endangered-revoked\">"));
    }
}
