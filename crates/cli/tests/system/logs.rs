//! Neither the log nor the evidence tells who a person is, or any of her secrets.

use std::collections::BTreeMap;
use std::fs;

use serde_json::json;

use crate::citizen::{Citizen, Client, NewKeys};
use crate::renewal::{applied, renewed};
use crate::server::{Choice, Installation, text};

/// What must not be found, by what it is.
#[derive(Default)]
struct Secrets(BTreeMap<String, String>);

impl Secrets {
    fn add(&mut self, what: &str, value: &str) {
        assert!(value.len() >= 4, "{what} is too short to be looked for");
        self.0.insert(value.to_lowercase(), what.to_owned());
    }

    fn add_session(&mut self, client: &Client) {
        let cookie = client.cookie.clone().unwrap_or_default();
        let (_, token) = cookie.split_once('=').expect("a cookie");
        self.add("session", token);
        self.add("csrf", client.csrf.as_deref().unwrap_or_default());
    }

    fn absent_from(&self, place: &str, content: &str) {
        let content = content.to_lowercase();
        for (value, what) in &self.0 {
            let line = content.lines().find(|line| contains(line, value));
            assert!(line.is_none(), "{place} tells a {what}: {line:?}");
        }
    }
}

/// Whether a value stands there by itself: six digits inside of a longer number are not a code.
fn contains(content: &str, value: &str) -> bool {
    content.match_indices(value).any(|(start, _)| {
        let part = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        let before = part(content[..start].chars().next_back());
        let after = part(content[start + value.len()..].chars().next());
        !before && !after
    })
}

#[test]
fn neither_log_nor_evidence_knows_the_person_or_her_secrets() {
    for format in ["text", "json"] {
        let mut house = Installation::make(&Choice {
            edits: vec![
                ("#level = \"info\"", "level = \"debug\"".to_owned()),
                ("#format = \"text\"", format!("format = \"{format}\"")),
            ],
            ..Choice::default()
        });
        house.serve();
        let mut secrets = Secrets::default();
        walk(&house, &mut secrets);
        house.kill();
        house.serve();
        house.stop();

        let log = house.log();
        assert!(
            log.contains("answered"),
            "there is nothing to look at:\n{log}"
        );
        for said in [
            "a request was refused",
            "a message waits",
            "a message is a dead letter",
        ] {
            assert!(log.contains(said), "{said} is not in the log:\n{log}");
        }
        secrets.absent_from("the log", &log);
        let export = house.path("audit.jsonl");
        house.tanba(&["audit", "export", "--output", text(&export)]);
        let export = fs::read_to_string(export).expect("an export");
        assert!(export.contains("session.open") && export.contains("application.submit"));
        secrets.absent_from("the evidence", &export);
    }
}

/// Right and wrong steps, so that errors are logged as well.
fn walk(house: &Installation, secrets: &mut Secrets) {
    let email = "aigerim.serikova@example.kz";
    let citizen = house.citizen("Serikova", email);
    for (what, value) in [
        ("IIN", citizen.iin.as_str()),
        ("address", email),
        ("local part of the address", "aigerim.serikova"),
        ("surname", "SERIKOVA"),
        ("given name", "ӘЙГЕРІМ"),
        ("patronymic", "БОЛАТҚЫЗЫ"),
        ("typed address", "typed@example.org"),
        ("settlement", "almaty"),
    ] {
        secrets.add(what, value);
    }
    let passphrase = fs::read_to_string(house.path("passphrase")).expect("a passphrase");
    secrets.add("passphrase", passphrase.trim());

    go_wrong(house, &citizen, secrets);
    go_well(house, &citizen, secrets);
}

/// Steps that are refused, and mails.
fn go_wrong(house: &Installation, citizen: &Citizen, secrets: &mut Secrets) {
    // Everything that is refused.
    let mut wrong = house.client();
    wrong.sign_in(&citizen.signature).expect("a server");
    wrong
        .sign_in(&citizen.authentication)
        .expect("a server")
        .expect_ok();
    secrets.add_session(&wrong);
    let form = json!({
        "email": "typed@example.org", "region": "KZ-75", "settlement": "almaty", "keystore": "PKCS12",
    });
    let number = wrong
        .post("/api/v1/applications", &form)
        .expect("a server")
        .text("number");
    let broken = json!({ "requests": ["AAAA", "AAAA"], "signature": "AAAA", "code": "271828" });
    for step in [
        "requests",
        "signature",
        "code",
        "code/resend",
        "installation",
        "nothing",
    ] {
        wrong.step(&number, step, &broken).expect("a server");
    }
    wrong
        .step(&number, "cancel", &json!({}))
        .expect("a server")
        .expect_ok();
    for page in [
        "/en/cabinet/profile",
        "/kk/cabinet/reissue",
        "/ru/status?number=1",
        "/en/not-me/abc",
    ] {
        wrong.get(page).expect("a server");
    }
    // A mail server that refuses quotes the address in its answer, for now or for good.
    for refusal in [452, 550] {
        house.mailbox.refuse(Some(refusal));
        let mut client = house.client();
        citizen.login(&mut client).expect("a server");
        let keys = NewKeys::make(&citizen.signature.certificate);
        let number = citizen.apply(&client, &keys).expect("a server");
        house.mailbox.wait_for_a_refusal();
        client
            .step(&number, "cancel", &json!({}))
            .expect("a server")
            .expect_ok();
    }
    house.mailbox.refuse(None);

    let (client, number, _, code) = applied(house, citizen);
    secrets.add_session(&client);
    secrets.add("code", &code);
    secrets.add("wrong code", "271828");
    client
        .step(&number, "code", &json!({ "code": "271828" }))
        .expect("a server");
    client
        .step(&number, "cancel", &json!({}))
        .expect("a server")
        .expect_ok();
}

/// A whole renewal, and the link in the last mail.
fn go_well(house: &Installation, citizen: &Citizen, secrets: &mut Secrets) {
    let email = &citizen.email;
    let new = renewed(house, citizen);
    let links = house.mailbox.wait(email, |mails| {
        let links: Vec<String> = mails
            .iter()
            .filter_map(crate::mailbox::Mail::not_me)
            .collect();
        (links.len() >= 3).then_some(links)
    });
    for mail in house.mailbox.to(email) {
        if let Some(code) = mail.code() {
            secrets.add("code", &code);
        }
    }
    for link in &links {
        secrets.add("link", link.rsplit('/').next().unwrap_or_default());
    }
    house.client().get(&links[0]).expect("a server");
    let frozen = house
        .client()
        .post(&links[0], &json!({}))
        .expect("a server");
    assert_eq!(frozen.status, 200, "{}", frozen.body);
    house
        .client()
        .sign_in(&new.authentication)
        .expect("a server");
}
