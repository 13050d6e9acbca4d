//! Language, reminders and sessions of a person.

use axum::http::StatusCode;
use tanba_model::ports::Storage as _;

use crate::browser::Browser;
use crate::world::World;

#[tokio::test]
async fn the_chosen_language_is_remembered_by_browser_and_mails() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let path = "/kk/cabinet/profile/language";
    let answer = browser.submit(path, &[("language", "ru")]).await;
    assert_eq!(
        answer.location(),
        "/ru/cabinet/profile?saved=language#language"
    );
    let page = browser.get("/ru/cabinet/profile").await;
    assert!(
        page.body
            .contains("<option value=\"ru\" lang=\"ru\" selected>")
    );
    assert_eq!(browser.get("/").await.location(), "/ru");
    let number = browser.apply(&citizen).await.0;
    let mail = world.mail().remove(1);
    assert_eq!(
        mail.language,
        tanba_model::language::Language::Ru,
        "{number}"
    );
    let wrong = browser.submit(path, &[("language", "tlh")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn reminders_are_switched_off_and_on_and_security_notices_have_no_switch() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let checked = "aria-describedby=\"reminders-hint\" checked";
    let page = browser.get("/kk/cabinet/profile").await;
    assert!(page.body.contains(checked), "{}", page.body);
    assert!(page.body.contains("олардан бас тартуға болмайды"));
    let path = "/kk/cabinet/profile/reminders";
    let answer = browser.submit(path, &[]).await;
    assert_eq!(
        answer.location(),
        "/kk/cabinet/profile?saved=reminders#notices"
    );
    let page = browser.get("/kk/cabinet/profile").await;
    assert!(!page.body.contains(checked));
    browser.submit(path, &[("reminders", "yes")]).await;
    assert!(
        browser
            .get("/kk/cabinet/profile")
            .await
            .body
            .contains(checked)
    );
}

#[tokio::test]
async fn a_session_elsewhere_is_ended_and_a_strangers_is_not() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let stranger = world.citizen("Bolat", Some("bolat@example.kz"));
    let (mut here, mut elsewhere, mut his) = (
        Browser::new(&world),
        Browser::new(&world),
        Browser::new(&world),
    );
    elsewhere.sign_in(&citizen).await;
    world.clock.forward(60);
    here.sign_in(&citizen).await;
    his.sign_in(&stranger).await;
    let names = |body: &str| -> Vec<String> {
        body.split("/cabinet/profile/sessions/")
            .skip(1)
            .map(|rest| rest.split('/').next().unwrap().to_owned())
            .filter(|name| name.len() == 64)
            .collect()
    };
    let page = here.get("/kk/cabinet/profile").await;
    let [this, other]: [String; 2] = names(&page.body).try_into().unwrap();
    let end = |name: &str| format!("/kk/cabinet/profile/sessions/{name}/end");
    assert!(page.body.contains("осы сеанс"));
    let serial = citizen.authentication.certificate.serial_hex();
    let shown: String = page.body.split_whitespace().collect();
    assert_eq!(shown.matches(&serial).count(), 2, "the key of each");
    his.submit(&end(&other), &[]).await;
    assert_eq!(elsewhere.get("/kk/cabinet").await.status, StatusCode::OK);
    let token = std::mem::replace(&mut here.csrf, "0".repeat(64));
    assert_eq!(
        here.submit(&end(&other), &[]).await.status,
        StatusCode::FORBIDDEN
    );
    here.csrf = token;
    let answer = here.submit(&end(&other), &[]).await;
    assert_eq!(
        answer.location(),
        "/kk/cabinet/profile?saved=session#sessions"
    );
    assert_eq!(
        elsewhere.get("/kk/cabinet").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        names(&here.get("/kk/cabinet/profile").await.body),
        std::slice::from_ref(&this)
    );
    assert_eq!(
        here.submit(&end(&this), &[]).await.location(),
        "/kk?signed_out"
    );
    assert_eq!(here.get("/kk/cabinet").await.status, StatusCode::SEE_OTHER);
    assert_eq!(his.get("/kk/cabinet").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_address_is_changed_by_a_code_and_the_page_says_until_when_the_earlier_counts() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    world.mail();
    let ask = "/kk/cabinet/profile/email";
    let wrong = browser.submit(ask, &[("email", "no address")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.body.contains("value=\"no address\""),
        "what was typed is kept"
    );
    let asked = browser.submit(ask, &[("email", "new@example.kz")]).await;
    assert_eq!(asked.location(), "/kk/cabinet/profile#email-title");
    let mail = world.mail().remove(0);
    assert_eq!(mail.to.as_str(), "new@example.kz");
    let tanba_model::message::MessageBody::EmailChangeCode { code, .. } = mail.body else {
        panic!("{mail:?}")
    };
    let page = browser.get("/kk/cabinet/profile").await;
    assert!(page.body.contains("new@example.kz"), "{}", page.body);
    let confirm = "/kk/cabinet/profile/email/code";
    let stale = std::mem::replace(&mut browser.csrf, "0".repeat(64));
    let refused = browser.submit(confirm, &[("code", &code)]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    browser.csrf = stale;
    let wrong = browser.submit(confirm, &[("code", "12")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.submit(confirm, &[("code", &code)]).await;
    let page = browser.get("/kk/cabinet/profile").await;
    assert!(page.body.contains("n•••@example.kz"), "{}", page.body);
    assert!(
        page.body.contains("a•••@example.kz"),
        "the earlier one counts"
    );
}

#[tokio::test]
async fn signing_out_everywhere_ends_this_session_too() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let (mut here, mut elsewhere) = (Browser::new(&world), Browser::new(&world));
    here.sign_in(&citizen).await;
    elsewhere.sign_in(&citizen).await;
    let answer = here.submit("/kk/cabinet/profile/sessions/end", &[]).await;
    assert_eq!(answer.location(), "/kk?signed_out");
    for browser in [&mut here, &mut elsewhere] {
        assert_eq!(
            browser.get("/kk/cabinet").await.status,
            StatusCode::SEE_OTHER
        );
    }
}

#[tokio::test]
async fn a_browser_that_signed_in_before_is_not_announced_again() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let told = || {
        let mails = world.mail();
        mails
            .iter()
            .filter(|mail| mail.body.kind() == "new_device")
            .count()
    };
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    assert_eq!(told(), 1);
    browser.submit("/kk/logout", &[]).await;
    browser.sign_in(&citizen).await;
    assert_eq!(told(), 0);
    Browser::new(&world).sign_in(&citizen).await;
    assert_eq!(told(), 1);
}

#[tokio::test]
async fn a_number_is_confirmed_by_its_code_shown_half_hidden_and_removed() {
    let world = World::texting();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let (ask, confirm, remove) = (
        "/kk/cabinet/profile/phone",
        "/kk/cabinet/profile/phone/code",
        "/kk/cabinet/profile/phone/remove",
    );
    let wrong = browser.submit(ask, &[("phone", "701 123 45 67")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("value=\"701 123 45 67\""));
    assert!(wrong.body.contains("href=\"#phone\""), "{}", wrong.body);
    let asked = browser.submit(ask, &[("phone", "8 701 123 45 67")]).await;
    assert_eq!(asked.location(), "/kk/cabinet/profile#phone-title");
    let text = world.texts().remove(0);
    assert_eq!(text.to.as_str(), "+77011234567");
    let tanba_model::message::MessageBody::PhoneChangeCode { code, .. } = text.body else {
        panic!("{text:?}")
    };
    let page = browser.get("/kk/cabinet/profile").await;
    assert!(page.body.contains("+77011234567"), "{}", page.body);
    let stale = std::mem::replace(&mut browser.csrf, "0".repeat(64));
    for (path, field) in [(ask, "phone"), (confirm, "code"), (remove, "code")] {
        let refused = browser.submit(path, &[(field, &code)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    browser.csrf = stale;
    let wrong = browser.submit(confirm, &[("code", "12")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("href=\"#phone-code\""));
    browser.submit(confirm, &[("code", &code)]).await;
    for language in ["kk", "ru", "en"] {
        let page = browser.get(&format!("/{language}/cabinet/profile")).await;
        assert!(page.body.contains("+7•••67"), "{}", page.body);
        assert!(!page.body.contains("+77011234567"));
    }
    let page = browser.get("/kk/cabinet/profile").await;
    assert!(
        page.body.contains("нөміріне енді ештеңе келмейді"),
        "{}",
        page.body
    );
    let mails = world.mail();
    assert!(mails.iter().any(
        |mail| mail.body.kind() == "phone_changed" && mail.to.as_str() == "aigerim@example.kz"
    ));
    let removed = browser.submit(remove, &[]).await;
    assert_eq!(
        removed.location(),
        "/kk/cabinet/profile?saved=phone-removed#phone-title"
    );
    let twice = browser.submit(remove, &[]).await;
    assert_eq!(
        twice.location(),
        "/kk/cabinet/profile?saved=phone-removed#phone-title"
    );
    // It was confirmed a moment ago, so nothing of it is left, and she may give another one.
    let grace = "бұрынғы нөмірге де жіберіледі";
    let page = browser.get("/kk/cabinet/profile").await;
    assert!(!page.body.contains(grace) && page.body.contains("name=\"phone\""));
    // One that was hers for long goes on hearing of everything for a week, and nothing can be put in its place.
    let phone = tanba_model::phone::PhoneNumber::parse("+77011234567").unwrap();
    let iin = tanba_model::iin::Iin::parse(&citizen.iin()).unwrap();
    let mut work = world.storage.begin().unwrap();
    let person = work.persons().find_by_iin(&iin).unwrap().unwrap();
    work.persons()
        .set_phone(person.id, Some(&phone), None)
        .unwrap();
    work.commit().unwrap();
    let page = browser.get("/kk/cabinet/profile").await;
    assert!(page.body.contains("тағы бір апта келеді"), "{}", page.body);
    browser.submit(remove, &[]).await;
    let page = browser.get("/kk/cabinet/profile").await;
    assert!(page.body.contains(grace), "{}", page.body);
    assert!(!page.body.contains("name=\"phone\"") && !page.body.contains("/phone/remove"));
}

#[tokio::test]
async fn where_no_text_message_is_sent_the_page_says_so_and_has_no_field() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    for (language, sentence) in [
        ("kk", "SMS-хабарлама жібермейді"),
        ("ru", "не отправляет SMS"),
        ("en", "sends no text messages"),
    ] {
        let page = browser.get(&format!("/{language}/cabinet/profile")).await;
        assert!(page.body.contains(sentence), "{language}: {}", page.body);
        assert!(!page.body.contains("name=\"phone\""));
    }
    let number = [("phone", "+77011234567")];
    let asked = browser.submit("/kk/cabinet/profile/phone", &number).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.texts().is_empty());
}
