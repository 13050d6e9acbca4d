//! The application on paper: for whoever applied, for the link of her mail, and for whoever proves the number.

use std::process::Command;

use axum::http::StatusCode;
use serde_json::json;
use tanba_crypto::Signer as _;
use tanba_model::application::ApplicationNumber;
use tanba_model::intake::AGREEMENT;
use tanba_model::message::MessageBody;
use tanba_model::person::NewPerson;

use crate::browser::{Answer, Browser, base64};
use crate::world::{World, nameless_requests};

pub(crate) const ADDRESS: &str = "new-keys@example.kz";
const BY_COOKIE: &str = "/ru/obtain/application/sheet.pdf";

/// The token of the page that stands at an address.
pub(crate) async fn token(browser: &mut Browser<'_>, path: &str) {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    browser.csrf = page.attribute("name=\"csrf\" content=\"");
}

pub(crate) async fn solved(browser: &mut Browser<'_>) -> (String, String) {
    let work = browser.get("/api/v1/first/work").await.json();
    let challenge = work["challenge"].as_str().unwrap().to_owned();
    let solves = |number: &u64| {
        let digest = tanba_crypto::sha256(format!("{challenge}:{number}").as_bytes());
        digest[0] < 16
    };
    let number = (0..).find(solves).unwrap();
    (challenge, number.to_string())
}

/// From the agreement to the choice of a place.
pub(crate) async fn arrive(browser: &mut Browser<'_>, person: &NewPerson) {
    let world = browser.world;
    let begun = browser.submit("/ru/obtain", &[("accepted", AGREEMENT)]);
    assert_eq!(begun.await.location(), "/ru/obtain/person");
    token(browser, "/ru/obtain/person").await;
    let (challenge, solution) = solved(browser).await;
    let fields = [
        ("iin", person.iin.as_str()),
        ("surname", &person.surname),
        ("given_name", &person.given_name),
        ("challenge", &challenge),
        ("solution", &solution),
    ];
    let claimed = browser.submit("/ru/obtain/person", &fields).await;
    assert_eq!(claimed.location(), "/ru/obtain/address");
    browser
        .submit("/ru/obtain/address", &[("email", ADDRESS)])
        .await;
    let code = world.mail().into_iter().find_map(|mail| {
        let MessageBody::AddressCode { code, .. } = mail.body else {
            return None;
        };
        Some(code)
    });
    let fields = [("code", code.unwrap())];
    let fields = fields.each_ref().map(|(name, code)| (*name, code.as_str()));
    let confirmed = browser.submit("/ru/obtain/address/code", &fields).await;
    assert_eq!(confirmed.location(), "/ru/obtain/place");
}

/// An application for first keys by the pages; its number and the address of the page that the mail links.
pub(crate) async fn apply(
    browser: &mut Browser<'_>,
    person: &NewPerson,
) -> (ApplicationNumber, String) {
    let world = browser.world;
    arrive(browser, person).await;
    let place = [("region", "KZ-75"), ("settlement", "almaty")];
    let placed = browser.submit("/ru/obtain/place", &place).await;
    assert_eq!(placed.location(), "/ru/obtain/centre");
    let centre = [("centre", "kz-75-almaty-1"), ("keystore", "PKCS12")];
    let chosen = browser.submit("/ru/obtain/centre", &centre).await;
    assert_eq!(chosen.location(), "/ru/obtain/confirm");
    let (keys, requests) = nameless_requests();
    let requests: Vec<String> = requests.iter().map(|request| base64(request)).collect();
    let sent = browser
        .post("/first/requests", json!({ "requests": requests }))
        .await;
    let document = sent.json()["document"].as_str().unwrap().to_owned();
    let signature = keys[1].sign(document.as_bytes()).unwrap();
    let sent = json!({ "signature": base64(&signature) });
    let sent = browser.post("/first/signature", sent).await;
    assert_eq!(sent.json()["state"], "SUBMITTED", "{}", sent.body);
    let number = sent.json()["number"].as_str().unwrap().to_owned();
    let link = world.mail().into_iter().find_map(|mail| {
        let MessageBody::FirstSubmitted { link_path, .. } = mail.body else {
            return None;
        };
        Some(link_path)
    });
    (
        ApplicationNumber::parse(&number).unwrap(),
        format!("/ru{}", link.unwrap()),
    )
}

/// The text of a document, on one line.
fn text(answer: &Answer, number: &ApplicationNumber) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/pdf");
    assert_eq!(
        answer.header("content-disposition"),
        format!("attachment; filename=\"tanba-{number}.pdf\"")
    );
    assert!(answer.header("cache-control").contains("no-store"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &answer.octets).unwrap();
    let output = Command::new("pdftotext").arg(file.path()).arg("-").output();
    let output = output.unwrap_or_else(|_| panic!("pdftotext: scripts/setup.sh test installs it"));
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn whoever_applied_takes_the_sheet_by_cookie_by_link_and_by_proof() {
    let world = World::printing();
    let person = world.newcomer();
    let mut applicant = Browser::new(&world);
    let (number, link) = apply(&mut applicant, &person).await;
    let page = applicant.get("/ru/obtain/application").await;
    assert!(page.body.contains(BY_COOKIE), "{}", page.body);
    let by_cookie = text(&applicant.get(BY_COOKIE).await, &number);
    for part in [
        number.grouped().as_str(),
        "СЕРІКҚЫЗЫ",
        person.iin.as_str(),
        ADDRESS,
    ] {
        assert!(by_cookie.contains(part), "{part} is not in {by_cookie}");
    }

    let mut stranger = Browser::new(&world);
    assert_eq!(stranger.get(BY_COOKIE).await.status, StatusCode::GONE);
    let own = format!("/ru/status/{number}/sheet.pdf");
    assert_eq!(
        stranger.get(&own).await.location(),
        format!("/ru/status/{number}")
    );
    let page = stranger.get(&link).await;
    let by_link = format!("{link}/sheet.pdf");
    assert!(page.body.contains(&by_link), "{}", page.body);
    assert!(text(&stranger.get(&by_link).await, &number).contains(ADDRESS));
    let wrong = "/ru/obtain/application/AAAAAAAAAAAAAAAAAAAAAA/sheet.pdf";
    assert_eq!(stranger.get(wrong).await.status, StatusCode::GONE);

    let fields = [("number", number.as_str()), ("iin", person.iin.as_str())];
    let proved = stranger.submit("/ru/status", &fields).await;
    assert_eq!(proved.location(), format!("/ru/status/{number}"));
    let page = stranger.get(&format!("/ru/status/{number}")).await;
    assert!(page.body.contains(&own), "{}", page.body);
    let by_proof = text(&stranger.get(&own).await, &number);
    assert!(by_proof.contains(&number.grouped()) && !by_proof.contains("example.kz"));
    let other = "/ru/status/100000000007/sheet.pdf";
    assert_eq!(stranger.get(other).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nothing_is_printed_of_an_application_that_was_withdrawn() {
    let world = World::printing();
    let person = world.newcomer();
    let mut applicant = Browser::new(&world);
    let (number, link) = apply(&mut applicant, &person).await;
    let sure = [("sure", "yes")];
    let withdrawn = applicant
        .submit("/ru/obtain/application/cancel", &sure)
        .await;
    assert_eq!(withdrawn.location(), "/ru/obtain/application");
    let page = applicant.get("/ru/obtain/application").await;
    assert!(!page.body.contains("sheet.pdf"), "{}", page.body);
    assert_eq!(
        applicant.get(BY_COOKIE).await.location(),
        "/ru/obtain/application"
    );
    let by_link = format!("{link}/sheet.pdf");
    assert_eq!(applicant.get(&by_link).await.location(), link);
    let own = format!("/ru/status/{number}/sheet.pdf");
    assert_eq!(
        applicant.get(&own).await.location(),
        format!("/ru/status/{number}")
    );
}

#[tokio::test]
async fn without_a_typeface_no_sheet_is_offered_and_asking_for_one_says_so() {
    let world = World::new();
    let person = world.newcomer();
    let mut applicant = Browser::new(&world);
    apply(&mut applicant, &person).await;
    let page = applicant.get("/ru/obtain/application").await;
    assert!(!page.body.contains("sheet.pdf"), "{}", page.body);
    let refused = applicant.get(BY_COOKIE).await;
    assert_eq!(
        refused.status,
        StatusCode::NOT_IMPLEMENTED,
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn the_status_page_says_where_to_come_and_until_when() {
    let world = World::new();
    let person = world.newcomer();
    let (number, _) = apply(&mut Browser::new(&world), &person).await;
    let mut browser = Browser::new(&world);
    let proof = [("number", number.as_str()), ("iin", person.iin.as_str())];
    let proved = browser.submit("/en/status", &proof).await;
    assert_eq!(proved.location(), format!("/en/status/{number}"));
    for (language, next, day, place) in [
        (
            "kk",
            "Өтінімді өзіңіз берген болсаңыз",
            "2026 жылғы 24 желтоқсан",
            "Алматы",
        ),
        ("ru", "Если заявку подали вы", "24 декабря 2026", "Алматы"),
        (
            "en",
            "If it was you who applied",
            "24 December 2026",
            "Almaty",
        ),
    ] {
        let page = browser.get(&format!("/{language}/status/{number}")).await;
        let (_, below) = page.body.split_once(next).unwrap();
        let (_, come) = below.split_once("id=\"come-title\"").unwrap();
        let (come, _) = come.split_once("</section>").unwrap();
        assert!(
            come.contains(day) && come.contains(place),
            "{language}: {come}"
        );
    }
}
