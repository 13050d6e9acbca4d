//! The guide and its adviser: without script, in three languages, for questions as people ask them.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;
use tanba_cabinet::{Rule, Verb, doors};
use tanba_model::staff::Role;

use crate::browser::Browser;
use crate::world::World;

/// Questions and the article that answers each.
const KAZAKH: [(&str, &str); 20] = [
    ("құпиясөзді ұмытып қалдым", "lost-password"),
    ("купиясоз есимде жок", "lost-password"),
    ("кілтім ұрланды не істеймін", "lost-key"),
    ("флешкамды жоғалттым", "lost-key"),
    ("код келмейді", "code-not-coming"),
    ("кілтімді ұрлатып алдым", "lost-key"),
    ("кілттің мерзімі өтіп кетті", "expired"),
    ("ЭЦҚ қалай алуға болады бірінші рет", "first-keys"),
    ("тіркеу орталығына не алып барамын", "registration-centre"),
    ("ХҚКО құжаттар", "registration-centre"),
    ("мен өтінім бермедім алаяқ", "not-me"),
    ("kaztoken pin код", "tokens"),
    ("қай файлды таңдау керек AUTH_RSA", "sign-in"),
    ("тегім ауысты тұрмысқа шықтым", "data-changed"),
    ("кілт тоқтатылған қалай іске қосамын", "frozen"),
    ("құпиясөзді ауыстыру", "change-password"),
    ("өтінім мәртебесін қайдан көремін", "status"),
    ("сертификаттарды орнату", "install"),
    ("кілтсіз кері шақыру", "revoke-without-key"),
    ("OCSP деген не", "ocsp"),
];
const RUSSIAN: [(&str, &str); 20] = [
    ("забыл пароль от эцп", "lost-password"),
    ("как восстановить пароль", "lost-password"),
    ("украли ноутбук с ключами", "lost-key"),
    ("потерял флешку", "lost-key"),
    ("не приходит код", "code-not-coming"),
    ("письмо с кодом не пришло в спаме нет", "code-not-coming"),
    ("истёк срок действия ключа", "expired"),
    ("как получить эцп в первый раз", "first-keys"),
    ("что взять с собой в цон", "registration-centre"),
    ("часы работы центра регистрации", "registration-centre"),
    ("я не подавал заявку это мошенники", "not-me"),
    ("пин код казтокен по умолчанию", "tokens"),
    ("какой файл выбрать для входа", "sign-in"),
    ("сменила фамилию вышла замуж", "data-changed"),
    ("ключ приостановлен как разблокировать", "frozen"),
    ("поменять пароль на ключ", "change-password"),
    ("где посмотреть статус заявки", "status"),
    ("как установить сертификаты", "install"),
    ("отозвать ключ без ключа", "revoke-without-key"),
    ("проверить печать на отчёте pdf", "verify-report"),
];
const ENGLISH: [(&str, &str); 20] = [
    ("I forgot my password", "lost-password"),
    ("how do I reset the password", "lost-password"),
    ("my laptop was stolen", "lost-key"),
    ("lost flash drive with the key", "lost-key"),
    ("the code does not come", "code-not-coming"),
    ("no confirmation code in spam", "code-not-coming"),
    ("my keys have expired", "expired"),
    ("how to get keys for the first time", "first-keys"),
    (
        "what documents to bring to the centre",
        "registration-centre",
    ),
    ("opening hours", "registration-centre"),
    ("I did not apply, is this fraud", "not-me"),
    ("default pin of kaztoken", "tokens"),
    ("which file do I choose to sign in", "sign-in"),
    ("my surname changed after marriage", "data-changed"),
    ("key is frozen how to release it", "frozen"),
    ("change the password of my key", "change-password"),
    ("check application status", "status"),
    ("installing certificates", "install"),
    ("revoke without a key", "revoke-without-key"),
    ("openapi for developers", "api"),
];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn articles(browser: &mut Browser<'_>, language: &str, question: &str) -> Vec<String> {
    let path = format!("/api/v1/help?lang={language}&q={}", encoded(question));
    let answer = browser.get(&path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["language"], language);
    body["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["article"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn questions_as_people_ask_them_find_their_article() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let mut misses = Vec::new();
    for (language, questions) in [("kk", KAZAKH), ("ru", RUSSIAN), ("en", ENGLISH)] {
        let mut first = 0;
        for (question, expected) in questions {
            let found = articles(&mut browser, language, question).await;
            match found.iter().position(|article| article == expected) {
                Some(0) => first += 1,
                Some(1 | 2) => {}
                place => misses.push(format!(
                    "{language}: {question:?} has {expected} at {place:?}: {found:?}"
                )),
            }
        }
        if first < 16 {
            misses.push(format!("{language}: only {first} of 20 stand first"));
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[tokio::test]
async fn a_question_in_another_language_is_answered_in_the_readers() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    for (language, question, expected) in [
        ("kk", "отозвать ключ без ключа", "revoke-without-key"),
        ("en", "забыл пароль", "lost-password"),
        ("ru", "құпиясөзді ұмыттым", "lost-password"),
    ] {
        let found = articles(&mut browser, language, question).await;
        assert!(
            found.iter().take(3).any(|article| article == expected),
            "{question}: {found:?}"
        );
    }
}

#[tokio::test]
async fn the_guide_is_read_and_asked_without_script() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    for language in ["kk", "ru", "en"] {
        let contents = browser.get(&format!("/{language}/guide")).await;
        assert_eq!(contents.status, StatusCode::OK);
        let links: Vec<String> = contents
            .body
            .split("href=\"")
            .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
            .filter(|href| href.starts_with(&format!("/{language}/guide/")))
            .collect();
        assert!(links.len() > 25, "{} articles", links.len());
        for link in links {
            let article = browser.get(&link).await;
            assert_eq!(article.status, StatusCode::OK, "{link}");
            assert!(article.body.contains("<h1"), "{link}");
        }
    }
    let steps = browser.get("/kk/guide/renew").await;
    assert_eq!(steps.body.matches("tanba-guide__step").count(), 15);
    let missing = browser.get("/kk/guide/nothing").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let asked = browser
        .get(&format!("/kk/guide?q={}", encoded("купиясоз")))
        .await;
    assert!(asked.body.contains("<mark>"), "{}", asked.body);
    assert!(asked.body.contains("value=\"купиясоз\""), "{}", asked.body);
    let none = browser.get("/kk/guide?q=xyzzy").await;
    assert!(none.body.contains("tel:1414"), "{}", none.body);
    assert!(!none.body.contains("tanba-answers__item"));
}

#[tokio::test]
async fn whatever_is_asked_is_answered() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let long = "пароль ".repeat(500);
    for question in [
        "",
        "   ",
        "\"",
        "a OR b NEAR(c)",
        "title:*",
        "'; DROP TABLE help; --",
        "<script>alert(1)</script>",
        "\u{0}\u{202e}",
        long.as_str(),
    ] {
        let page = browser
            .get(&format!("/ru/guide?q={}", encoded(question)))
            .await;
        assert_eq!(page.status, StatusCode::OK, "{question:?}: {}", page.body);
        assert!(!page.body.contains("<script>alert"), "{}", page.body);
        let _ = articles(&mut browser, "ru", question).await;
    }
    let refused = browser.get("/api/v1/help?lang=xx&q=key").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn each_screen_helps_with_what_it_is_for() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    let enter = browser.get("/kk/enter").await;
    assert!(
        enter.body.contains("/kk/guide/lost-password"),
        "{}",
        enter.body
    );
    browser.sign_in(&citizen).await;
    for (page, article) in [
        ("", "cabinet"),
        ("/reissue", "reissue"),
        ("/keys", "key-list"),
        ("/revoke", "revoke"),
        ("/password", "change-password"),
        ("/profile", "profile"),
        ("/applications", "applications"),
    ] {
        let shown = browser.get(&format!("/ru/cabinet{page}")).await;
        let link = format!("/ru/guide/{article}\"");
        assert!(shown.body.contains(&link), "{page} lacks {link}");
    }
}

/// What stands in place of the names in the paths, for pages that are there; a page of a new name has to be found a place here.
fn filled(path: &str, named: &BTreeMap<&str, String>) -> String {
    let parts = path.split('/').map(|part| {
        let name = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'));
        name.map_or(part, |name| {
            let value = named.get(name);
            value.unwrap_or_else(|| panic!("say what stands for {name} in {path}"))
        })
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Every page of the table of doors, as somebody sees it who may: with its help, or it is the guide itself.
#[tokio::test]
async fn no_page_of_the_table_of_doors_is_without_help() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let person = world.newcomer();
    let mut applicant = Browser::new(&world);
    let (number, link) = crate::sheet::apply(&mut applicant, &person).await;
    let mut owner = Browser::new(&world);
    owner.sign_in(&citizen).await;
    let own = owner.begin().await;
    let mut operator = Browser::new(&world);
    operator
        .sit_down(&world.staff("Bolat", Role::Operator))
        .await;
    let mut administrator = Browser::new(&world);
    administrator
        .sit_down(&world.staff("Dana", Role::Administrator))
        .await;
    // What stands behind a link of a mail that is over says so, and helps as well.
    let mut named = BTreeMap::from([
        ("id", world.record_of(&citizen.iin()).to_string()),
        ("issuer", "rsa".to_owned()),
        ("name", "kz-individual-rsa".to_owned()),
        ("token", "AAAAAAAAAAAAAAAAAAAAAA".to_owned()),
        ("act", "1".to_owned()),
        ("article", "staff-queue".to_owned()),
        ("file", "nothing".to_owned()),
        ("secret", link.rsplit('/').next().unwrap().to_owned()),
        ("number", number.as_str().to_owned()),
    ]);
    let pages: BTreeMap<String, Rule> = doors()
        .into_iter()
        .filter(|door| door.verb == Verb::Get && door.path.starts_with("/kk"))
        .map(|door| (door.path, door.rule))
        .collect();
    let (mut seen, mut without) = (0, Vec::new());
    for (path, rule) in pages {
        let mut nobody = Browser::new(&world);
        let browser = match rule {
            Rule::Staff(right) if Role::Operator.may(right) => &mut operator,
            Rule::Staff(_) => &mut administrator,
            Rule::Citizen => &mut owner,
            _ if path.starts_with("/kk/obtain") => &mut applicant,
            Rule::Anybody | Rule::LimitedCitizen | Rule::Applicant => &mut nobody,
            other => panic!("say who sees {other:?}"),
        };
        let belongs = if rule == Rule::Citizen {
            own.as_str()
        } else {
            number.as_str()
        };
        named.insert("number", belongs.to_owned());
        let mut answer = browser.get(&filled(&path, &named)).await;
        // Who asks for a step that is not next is led to the one that is.
        if answer.status.is_redirection() {
            let to = answer.location().to_owned();
            answer = browser.get(&to).await;
        }
        if !answer.header("content-type").starts_with("text/html") {
            continue;
        }
        seen += 1;
        let helps = answer
            .body
            .contains("<details class=\"govuk-details\" id=\"help\">");
        if !helps && !path.starts_with("/kk/guide") {
            without.push(path);
        }
    }
    assert!(without.is_empty(), "without help: {without:?}");
    assert!(seen > 45, "only {seen} pages were seen");
}

#[tokio::test]
async fn members_of_staff_are_helped_where_they_are_and_find_it_by_asking() {
    let world = World::new();
    let mut operator = Browser::new(&world);
    operator
        .sit_down(&world.staff("Bolat", Role::SeniorOperator))
        .await;
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let person = format!("/persons/{}", world.record_of(&citizen.iin()));
    for (page, article) in [
        ("", "staff-queue"),
        ("/pending", "staff-second"),
        ("/messages", "staff-messages"),
        (person.as_str(), "staff-acts"),
    ] {
        let shown = operator.get(&format!("/ru/desk{page}")).await;
        let link = format!("/ru/guide/{article}\"");
        assert!(
            shown.body.contains(&link),
            "{page} lacks {link}: {}",
            shown.body
        );
    }
    let mut browser = Browser::new(&world);
    for (language, question, article) in [
        ("kk", "екінші қолтаңба", "staff-second"),
        ("kk", "жеткізілмеген хабарлар", "staff-messages"),
        ("ru", "вторая подпись", "staff-second"),
        ("ru", "недоставленные сообщения", "staff-messages"),
        ("ru", "роль оператора", "staff-roles"),
        ("en", "second signature", "staff-second"),
        ("en", "undelivered messages", "staff-messages"),
        ("en", "how to approve or refuse", "staff-decision"),
    ] {
        let found = articles(&mut browser, language, question).await;
        let place = found.iter().position(|found| found == article);
        assert!(
            place.is_some_and(|place| place < 3),
            "{language} {question:?}: {found:?}"
        );
    }
}
