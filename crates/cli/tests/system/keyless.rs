//! Revoking and freezing without a key, with real mails, and what verifiers are told right afterwards.

use crate::citizen::Citizen;
use crate::mailbox::Mail;
use crate::server::Installation;

const ADDRESS: &str = "qyzmet@example.kz";

/// The code in the newest mail that opens a session without a key.
fn code(house: &Installation, citizen: &Citizen, count: usize) -> String {
    house.mailbox.wait(&citizen.email, |mails: &[Mail]| {
        let codes: Vec<String> = mails
            .iter()
            .filter(|mail| {
                mail.text.contains("revoking or freezing")
                    || mail.text.contains("кері шақыру немесе тоқтату")
            })
            .filter_map(|mail| six_digits(&mail.text))
            .collect();
        (codes.len() >= count)
            .then(|| codes.last().cloned())
            .flatten()
    })
}

fn six_digits(text: &str) -> Option<String> {
    let words = text.split_whitespace();
    words
        .filter(|word| word.len() == 6 && word.bytes().all(|octet| octet.is_ascii_digit()))
        .map(str::to_owned)
        .next()
}

/// The token in the first form of a page.
fn token(page: &str) -> String {
    let (_, rest) = page
        .split_once("name=\"csrf\" value=\"")
        .expect("a form with a token");
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[test]
fn ocsp_says_revoked_and_frozen_on_the_next_answer_after_a_code() {
    let house = Installation::start();
    let citizen = house.citizen("Nurlanova", ADDRESS);
    let certificates = [
        &citizen.authentication.certificate,
        &citizen.signature.certificate,
    ];
    assert_eq!(house.ocsp(&certificates), ["good", "good"]);

    let mut client = house.client();
    let asked = client
        .form("/en/revoke", &[("iin", &citizen.iin)])
        .expect("a server");
    assert_eq!(asked.status, 303);
    let code_typed = code(&house, &citizen, 1);
    let answered = client
        .form("/en/revoke/code", &[("code", &code_typed)])
        .expect("a server");
    assert_eq!(answered.status, 303, "{}", answered.body);
    let page = client.get("/en/revoke").expect("a server");
    let csrf = token(page.body.as_str().expect("a page"));
    let serial = citizen.signature.certificate.serial_hex();
    let fields = [
        ("csrf", csrf.as_str()),
        ("serial", &serial),
        ("event", "lost"),
        ("sure", "yes"),
    ];
    let revoked = client
        .form("/en/revoke/certificates", &fields)
        .expect("a server");
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    assert_eq!(
        house.ocsp(&certificates),
        ["good", "revoked (keyCompromise)"]
    );

    let fields = [("csrf", csrf.as_str()), ("sure", "yes")];
    let frozen = client.form("/en/revoke/freeze", &fields).expect("a server");
    assert_eq!(frozen.status, 200, "{}", frozen.body);
    assert_eq!(
        house.ocsp(&certificates),
        ["revoked (certificateHold)", "revoked (keyCompromise)"]
    );
    house.mailbox.wait(&citizen.email, |mails| {
        let links = mails.iter().filter(|mail| mail.names_certificate(&serial));
        (links.count() >= 1).then_some(())
    });
    // Neither the number of a person nor a code nor an address is in the log.
    let log = house.log();
    for secret in [citizen.iin.as_str(), ADDRESS, &code_typed] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn nobody_gets_a_mail_and_nobody_learns_it() {
    let house = Installation::start();
    let mut client = house.client();
    let unknown = unknown_iin();
    let asked = client
        .form("/en/revoke", &[("iin", &unknown)])
        .expect("a server");
    assert_eq!(asked.status, 303);
    let refused = client
        .form("/en/revoke/code", &[("code", "123456")])
        .expect("a server");
    assert_eq!(refused.status, 422);
    assert_eq!(
        house.count("SELECT count(*) FROM message WHERE body LIKE '%entry_code%'"),
        0
    );
}

/// A number with a right check digit that nobody in the installation has.
fn unknown_iin() -> String {
    (0..10)
        .find_map(|last| tanba_model::iin::Iin::complete(&format!("9001013000{last}")))
        .expect("a number")
        .as_str()
        .to_owned()
}
