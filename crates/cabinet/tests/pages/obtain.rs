//! First keys, whose doors anybody may open: each form needs the token of its own applicant, and nobody finds anything of
//! another.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tanba_cabinet::{CabinetSection, LimitsSection, Verb, doors};
use tanba_crypto::{Signer as _, sha256};
use tanba_model::application::Application;
use tanba_model::iin::Iin;
use tanba_model::intake::{AGREEMENT, Intake};
use tanba_model::message::MessageBody;
use tanba_model::person::NewPerson;
use tanba_model::ports::Storage as _;

use crate::browser::{Answer, Browser, base64};
use crate::sheet::{ADDRESS, apply, arrive, solved, token};
use crate::world::{World, nameless_requests};

const COOKIE: &str = "__Host-tanba-first";

fn world() -> World {
    World::with(CabinetSection {
        limits: LimitsSection {
            codes_per_minute: 60_000,
            look_ups_per_minute: 60_000,
            look_ups_per_number_per_minute: 60_000,
            ..LimitsSection::default()
        },
        ..CabinetSection::default()
    })
}

/// Everything that is kept of an applicant.
#[derive(PartialEq)]
struct Kept {
    intake: Intake,
    application: Option<Application>,
}

fn kept(browser: &Browser<'_>) -> Kept {
    let secret = browser.cookies.get(COOKIE).unwrap();
    let mut work = browser.world.storage.snapshot().unwrap();
    let intake = work.intakes().find(&sha256(secret.as_bytes()));
    let intake = intake.unwrap().unwrap();
    let application = intake.number.as_ref().and_then(|number| {
        let found = work.applications().find_by_number(number);
        found.unwrap()
    });
    Kept {
        intake,
        application,
    }
}

/// Somebody whose every step is tried with wrong tokens before it is taken.
struct Applicant<'a> {
    browser: Browser<'a>,
    /// The token of another applicant.
    foreign: String,
    /// The doors that were tried, as the table names them.
    tried: BTreeSet<String>,
}

enum Sent<'s> {
    Form(&'s [(&'s str, &'s str)]),
    Call(Value),
}

impl Applicant<'_> {
    async fn send(&mut self, path: &str, sent: &Sent<'_>) -> Answer {
        match sent {
            Sent::Form(fields) => self.browser.submit(path, fields).await,
            Sent::Call(body) => self.browser.post(path, body.clone()).await,
        }
    }

    /// Takes a step at a door; `path` is where it stands.
    async fn step(&mut self, door: &str, path: &str, sent: Sent<'_>) -> Answer {
        let right = self.browser.csrf.clone();
        let wrong = [
            "0".repeat(64),
            String::new(),
            self.foreign.clone(),
            right.get(1..).unwrap_or_default().to_owned(),
        ];
        for token in wrong {
            self.browser.csrf.clone_from(&token);
            let before = kept(&self.browser);
            let answer = self.send(path, &sent).await;
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{door} with {token:?}: {}",
                answer.body
            );
            if matches!(sent, Sent::Call(_)) {
                assert_eq!(answer.code(), "csrf", "{door}");
            }
            assert!(kept(&self.browser) == before, "{door} with {token:?}");
            assert!(
                self.browser.world.mail().is_empty(),
                "{door} with {token:?}"
            );
        }
        self.browser.csrf = right;
        self.tried.insert(door.to_owned());
        self.send(path, &sent).await
    }

    async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let path = format!("/kk/obtain{path}");
        self.step(&path, &path, Sent::Form(fields)).await
    }

    async fn call(&mut self, path: &str, body: Value) -> Answer {
        let door = format!("/api/v1{path}");
        self.step(&door, path, Sent::Call(body)).await
    }
}

/// The address of the page that the mail of a submitted application links, without language.
fn link(world: &World) -> String {
    let link = world.mail().into_iter().find_map(|mail| {
        let MessageBody::FirstSubmitted { link_path, .. } = mail.body else {
            return None;
        };
        Some(link_path)
    });
    link.unwrap()
}

/// Up to the keys, and the first of the applications that follow.
async fn submit_with_wrong_tokens(applicant: &mut Applicant<'_>, person: &NewPerson) {
    let world = applicant.browser.world;
    let (challenge, solution) = solved(&mut applicant.browser).await;
    let claim = [
        ("iin", person.iin.as_str()),
        ("surname", &person.surname),
        ("given_name", &person.given_name),
        ("challenge", &challenge),
        ("solution", &solution),
    ];
    let answer = applicant.form("/person", &claim).await;
    assert_eq!(answer.location(), "/kk/obtain/address");
    applicant.form("/address", &[("email", ADDRESS)]).await;
    let code = world.mail().into_iter().find_map(|mail| {
        let MessageBody::AddressCode { code, .. } = mail.body else {
            return None;
        };
        Some(code)
    });
    let code = code.unwrap();
    let answer = applicant.form("/address/code", &[("code", &code)]).await;
    assert_eq!(answer.location(), "/kk/obtain/place");
    let place = [("region", "KZ-75"), ("settlement", "almaty")];
    let answer = applicant.form("/place", &place).await;
    assert_eq!(answer.location(), "/kk/obtain/centre");
    let centre = [("centre", "kz-75-almaty-1"), ("keystore", "PKCS12")];
    let answer = applicant.form("/centre", &centre).await;
    assert_eq!(answer.location(), "/kk/obtain/confirm");
    let (keys, requests) = nameless_requests();
    let requests: Vec<String> = requests.iter().map(|request| base64(request)).collect();
    let sent = json!({ "requests": requests });
    let prepared = applicant.call("/first/requests", sent).await;
    let document = prepared.json()["document"].as_str().unwrap().to_owned();
    let signature = base64(&keys[1].sign(document.as_bytes()).unwrap());
    let sent = json!({ "signature": signature });
    let answer = applicant.call("/first/signature", sent).await;
    assert_eq!(answer.json()["state"], "SUBMITTED", "{}", answer.body);
}

#[tokio::test]
async fn no_step_is_taken_without_the_token_of_its_applicant() {
    let world = world();
    let person = world.newcomer();
    let [mut browser, mut other] = [Browser::new(&world), Browser::new(&world)];
    for somebody in [&mut browser, &mut other] {
        let begun = somebody.submit("/kk/obtain", &[("accepted", AGREEMENT)]);
        assert_eq!(begun.await.location(), "/kk/obtain/person");
        token(somebody, "/kk/obtain/person").await;
    }
    let mut applicant = Applicant {
        browser,
        foreign: other.csrf,
        tried: BTreeSet::new(),
    };
    submit_with_wrong_tokens(&mut applicant, &person).await;

    // Withdrawing, by the cookie and by the link of the mail, whose page has a token of its own.
    let linked = link(&world);
    let path = format!("/kk{linked}/cancel");
    let own = applicant.browser.csrf.clone();
    token(&mut applicant.browser, &format!("/kk{linked}")).await;
    assert_ne!(applicant.browser.csrf, own);
    let door = "/kk/obtain/application/{secret}/cancel";
    let sure = [("sure", "yes")];
    let answer = applicant.step(door, &path, Sent::Form(&sure)).await;
    assert_eq!(answer.location(), format!("/kk{linked}"));
    applicant.browser.csrf = own;
    assert!(!world.mail().is_empty(), "a withdrawal is told");
    let before = kept(&applicant.browser);
    applicant.form("/application/cancel", &sure).await;
    assert!(kept(&applicant.browser) == before, "withdrawn twice");
    let lazy = applicant.form("/again", &[]).await;
    assert!(
        lazy.body.contains("Браузер тексеруден өтпеді"),
        "{}",
        lazy.body
    );
    assert!(
        kept(&applicant.browser) == before,
        "begun again without work"
    );
    let (challenge, solution) = solved(&mut applicant.browser).await;
    let fields = [
        ("challenge", challenge.as_str()),
        ("solution", solution.as_str()),
    ];
    let answer = applicant.form("/again", &fields).await;
    assert!(answer.location().starts_with("/kk/obtain/"));
    assert!(kept(&applicant.browser) != before);

    let all: BTreeSet<String> = doors()
        .into_iter()
        .filter(|door| door.verb == Verb::Post)
        .map(|door| door.path)
        .filter(|path| path.starts_with("/kk/obtain/") || path.starts_with("/api/v1/first/"))
        .collect();
    assert_eq!(applicant.tried, all);
}

#[tokio::test]
async fn a_first_application_is_withdrawn_only_by_whoever_says_that_she_means_it() {
    let world = world();
    let person = world.newcomer();
    let mut browser = Browser::new(&world);
    let (number, linked) = apply(&mut browser, &person).await;
    let linked = format!("/kk{}", &linked[3..]);
    for page in ["/kk/obtain/application", linked.as_str()] {
        token(&mut browser, page).await;
        let asked = browser.submit(&format!("{page}/cancel"), &[]).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            asked.body.contains("href=\"#cancel-sure\""),
            "{}",
            asked.body
        );
        assert!(asked.body.contains("Әзірге ештеңе өзгерген жоқ"));
        let shown = browser.get(page).await;
        assert!(shown.body.contains(&number.grouped()));
        assert!(shown.body.contains("data-state=\"SUBMITTED\""), "{page}");
    }
    let path = format!("{linked}/cancel");
    let withdrawn = browser.submit(&path, &[("sure", "yes")]).await;
    let shown = browser.get(withdrawn.location()).await;
    assert!(
        shown.body.contains("data-state=\"CANCELLED\""),
        "{}",
        shown.body
    );
}

#[tokio::test]
async fn whoever_has_no_keys_yet_is_told_of_what_she_typed_and_how_names_are_written() {
    let world = world();
    let person = world.newcomer();
    let mut browser = Browser::new(&world);
    browser
        .submit("/kk/obtain", &[("accepted", AGREEMENT)])
        .await;
    token(&mut browser, "/kk/obtain/person").await;
    let form = browser.get("/kk/obtain/person").await;
    assert!(
        form.body
            .contains("кирилл әріптерімен; ә, ғ, қ, ң, ө, ұ, ү, һ, і")
    );
    let claim = |surname: String| {
        [
            ("iin", person.iin.as_str().to_owned()),
            ("surname", surname),
            ("given_name", person.given_name.clone()),
        ]
    };
    for (surname, confirmed) in [("БАСҚА".to_owned(), false), (person.surname.clone(), true)] {
        let (challenge, solution) = solved(&mut browser).await;
        let claim = claim(surname);
        let mut fields: Vec<(&str, &str)> = claim
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        fields.extend([("challenge", challenge.as_str()), ("solution", &solution)]);
        let answer = browser.submit("/kk/obtain/person", &fields).await;
        assert_eq!(answer.status == StatusCode::SEE_OTHER, confirmed);
        let told = answer
            .body
            .contains("әріптерін ауыстырмай; куәлікте әкеңіздің аты болса");
        assert_eq!(told, !confirmed, "{}", answer.body);
        // The register's own words are shown to nobody.
        assert!(confirmed || !answer.body.contains(&person.surname));
    }
    browser
        .submit("/kk/obtain/address", &[("email", ADDRESS)])
        .await;
    let early = browser
        .submit("/kk/obtain/address", &[("email", ADDRESS)])
        .await;
    let wrong = browser
        .submit("/kk/obtain/address/code", &[("code", "000000")])
        .await;
    world.clock.forward(11 * 60);
    let late = browser
        .submit("/kk/obtain/address/code", &[("code", "000000")])
        .await;
    for (answer, told) in [
        (early, "Код жаңа ғана жіберілді."),
        (wrong, "Код қате. Енгізгеніңіз сақталды."),
        (late, "Кодтың мерзімі өтті."),
    ] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
        assert!(!answer.body.contains("Кілттеріңіз қауіпсіз"));
    }
}

#[tokio::test]
async fn keys_that_were_made_and_not_signed_with_are_told_of() {
    let world = world();
    let mut browser = Browser::new(&world);
    arrive(&mut browser, &world.newcomer()).await;
    let place = [("region", "KZ-75"), ("settlement", "almaty")];
    browser.submit("/ru/obtain/place", &place).await;
    let centre = [("centre", "kz-75-almaty-1"), ("keystore", "PKCS12")];
    browser.submit("/ru/obtain/centre", &centre).await;
    let before = browser.get("/ru/obtain/confirm").await;
    let (_, requests) = nameless_requests();
    let requests: Vec<String> = requests.iter().map(|request| base64(request)).collect();
    let requests = json!({ "requests": requests });
    browser.post("/first/requests", requests).await;
    let after = browser.get("/ru/obtain/confirm").await;
    let told = "Ничего не подписано и не выпущено";
    assert!(!before.body.contains(told) && after.body.contains(told));
}

#[tokio::test]
async fn a_damaged_link_is_not_another_browser_and_whoever_has_no_application_is_led_to_one() {
    let world = world();
    let person = world.newcomer();
    let mut browser = Browser::new(&world);
    let (_, linked) = apply(&mut browser, &person).await;
    let cut = linked.get(..linked.len() - 4).unwrap().to_owned();
    let strange = format!("/ru/obtain/application/{}", "A".repeat(22));
    for damaged in [cut, strange] {
        let answer = browser.get(&damaged).await;
        assert_eq!(answer.status, StatusCode::GONE);
        assert!(answer.body.contains("Эта ссылка не открывает заявку"));
        assert!(!answer.body.contains("Она начата в другом браузере"));
    }
    let answer = Browser::new(&world).get("/ru/obtain/person").await;
    assert_eq!(answer.status, StatusCode::GONE);
    let way = "href=\"/ru/obtain\"";
    assert!(answer.body.contains(way), "{}", answer.body);
}

#[tokio::test]
async fn accepting_the_agreement_once_more_changes_nothing_of_what_was_begun() {
    let world = world();
    let person = world.newcomer();
    let mut browser = Browser::new(&world);
    apply(&mut browser, &person).await;
    let mut begun = Browser::new(&world);
    begun.submit("/kk/obtain", &[("accepted", AGREEMENT)]).await;
    let before = kept(&begun);
    let answer = begun.submit("/kk/obtain", &[("accepted", AGREEMENT)]).await;
    assert_eq!(answer.location(), "/kk/obtain/person");
    assert!(kept(&begun) == before);
}

#[tokio::test]
async fn with_another_applicants_cookie_nothing_of_hers_is_found_or_changed() {
    let world = world();
    let person = world.newcomer();
    let mut owner = Browser::new(&world);
    let (number, linked) = apply(&mut owner, &person).await;
    let before = kept(&owner);
    let mut stranger = Browser::new(&world);
    let begun = stranger.submit("/kk/obtain", &[("accepted", AGREEMENT)]);
    begun.await.location();
    token(&mut stranger, "/kk/obtain/person").await;
    let strangers_own = stranger.csrf.clone();
    let hers = [
        person.iin.as_str().to_owned(),
        person.surname.clone(),
        ADDRESS.to_owned(),
        number.as_str().to_owned(),
        number.grouped(),
    ];
    // Her secret is the proof that a mail carries; the stranger has only his own.
    let secret = stranger.cookies.get(COOKIE).unwrap().clone();
    let mut knocks = 0;
    for door in doors() {
        let obtains = door.path.starts_with("/kk/obtain");
        if !obtains && !door.path.starts_with("/api/v1/first/") {
            continue;
        }
        let path = door.path.replace("{secret}", &secret);
        for csrf in [&strangers_own, &owner.csrf] {
            stranger.csrf.clone_from(csrf);
            let answer = match door.verb {
                Verb::Post if obtains => stranger.submit(&path, &[("email", "x@example.kz")]).await,
                Verb::Post => {
                    let body = json!({ "requests": [], "signature": "" });
                    let path = path.strip_prefix("/api/v1").unwrap();
                    stranger.post(path, body).await
                }
                Verb::Get | _ => stranger.get(&path).await,
            };
            for part in &hers {
                assert!(!answer.body.contains(part.as_str()), "{path}: {part}");
            }
            assert!(!answer.status.is_server_error(), "{path}: {}", answer.body);
            let refused = *csrf == owner.csrf && door.verb == Verb::Post && path != "/kk/obtain";
            assert!(
                !refused || [403, 410].contains(&answer.status.as_u16()),
                "{path}: {} {}",
                answer.status,
                answer.body
            );
            knocks += 1;
        }
        assert!(kept(&owner) == before, "{path}");
    }
    assert!(knocks > 30, "only {knocks} knocks");
    // Her own link opens what no cookie of his does.
    assert!(stranger.get(&linked).await.body.contains(&number.grouped()));
}

#[tokio::test]
async fn what_a_stranger_filed_is_not_told_to_its_owner_as_her_own() {
    let world = world();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let her = {
        let mut work = world.storage.snapshot().unwrap();
        let iin = Iin::parse(&citizen.subject.iin).unwrap();
        work.persons().find_by_iin(&iin).unwrap().unwrap()
    };
    let typed = NewPerson {
        iin: her.iin,
        surname: her.surname,
        given_name: her.given_name,
        patronymic: her.patronymic,
        email: None,
        language: her.language,
        phone: None,
    };
    let mut stranger = Browser::new(&world);
    let (number, _) = apply(&mut stranger, &typed).await;
    let mut owner = Browser::new(&world);
    owner.sign_in(&citizen).await;
    // She is still urged to renew, and asked to finish nothing.
    let front = owner.get("/en/cabinet").await;
    assert!(!front.body.contains(number.as_str()), "{}", front.body);
    assert!(!front.body.contains("Unfinished application"));
    let page = owner
        .get(&format!("/en/cabinet/applications/{number}"))
        .await;
    for words in [
        "the applicant",
        "If it was not you",
        "Almaty",
        "cancel-form",
        "Bring your ID card",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("tanba-timeline__who\">you<"));
    let path = format!("/en/cabinet/applications/{number}/cancel");
    let cancelled = owner.submit(&path, &[]).await;
    let page = owner.get(cancelled.location()).await;
    assert!(
        page.body.contains("data-state=\"CANCELLED\""),
        "{}",
        page.body
    );
    assert!(!page.body.contains("If it was not you"));
}
