//! First keys from outside: the register over HTTP, the desk, the command line, and what comes between.

use std::time::Duration;

use serde_json::{Value, json};
use tanba_crypto::KeyAlgorithm;

use crate::applicant::{Applicant, CENTRE, easy_work, status_page};
use crate::citizen::{Citizen, Client, Pair, new_key};
use crate::registrar::{Registrar, Says, person};
use crate::second_opinion::evidence_is_whole;
use crate::server::{Choice, Installation, pause};

const SURNAME: &str = "Сағынтаева";
/// The contact centre of this installation, as it is read and as it is dialled.
const CONTACT: [&str; 2] = ["+7 (7172) 12-34-56", "tel:+77172123456"];

/// An installation that asks a register over HTTP.
fn house_with(registrar: &Registrar) -> Installation {
    let mut house = Installation::make(&Choice {
        edits: vec![
            easy_work(),
            ("#[register]", registrar.section()),
            (
                "#   contact_phone = \"1414\"",
                format!("contact_phone = \"{}\"", CONTACT[0]),
            ),
        ],
        ..Choice::default()
    });
    house.serve();
    house
}

/// Who signs at the desk.
struct Clerk {
    iin: String,
    client: Client,
    pair: Pair,
}

impl Clerk {
    /// Hires somebody for the centre of everybody and signs her in.
    fn hire(house: &Installation, name: &str) -> Self {
        let subject = house.register(name, "qyzmet@example.kz");
        let iin = subject.iin.clone();
        house.tanba(&[
            "operator", "add", &iin, "--role", "operator", "--centre", CENTRE,
        ]);
        let key = std::sync::Arc::new(new_key(KeyAlgorithm::Rsa { bits: 2048 }));
        let certificate = house.certify(&subject, "kz-operator", &key);
        let mut clerk = Self {
            iin,
            client: house.client(),
            pair: Pair { key, certificate },
        };
        let answer = clerk.sign_in();
        assert_eq!(answer, 200);
        clerk
    }

    fn sign_in(&mut self) -> u16 {
        let challenge = self
            .client
            .post("/api/v1/desk/login/challenge", &json!({}))
            .expect("a server")
            .expect_ok();
        let signature = self.pair.sign(&challenge.text("challenge"));
        let body = json!({ "signature": signature });
        let answer = self.client.post("/api/v1/desk/login", &body);
        let answer = answer.expect("a server");
        if answer.status == 200 {
            self.client.cookie.clone_from(&answer.cookie);
            self.client.csrf = Some(answer.text("csrf"));
        }
        answer.status
    }

    /// Prepares and signs an approval; the outcome, or the code of the refusal.
    fn approve(&self, number: &str) -> String {
        let wish = json!({ "number": number, "verdict": "approve", "identification": "operator" });
        self.prepare("/api/v1/desk/verdicts", &wish)
    }

    /// Prepares a document and signs it; the outcome, or the code of the refusal.
    fn prepare(&self, path: &str, wish: &Value) -> String {
        let prepared = self.client.post(path, wish).expect("a server");
        if prepared.status != 200 {
            return prepared.code().to_owned();
        }
        self.sign(&prepared.text("document"))
    }

    fn sign(&self, document: &str) -> String {
        let body = json!({ "signature": self.pair.sign(document) });
        let signed = self.client.post("/api/v1/desk/signature", &body);
        let signed = signed.expect("a server");
        match signed.body["outcome"].as_str() {
            Some(outcome) => outcome.to_owned(),
            None => signed.code().to_owned(),
        }
    }
}

/// Lets the wait of kept applications pass.
fn hurry(house: &Installation) {
    house.sql("UPDATE intake SET due_at = 0 WHERE stage = 'waiting'");
}

/// The state of an application, as its owner's proof shows it.
fn state(house: &Installation, number: &str, iin: &str) -> String {
    Applicant::status(house, number, iin).1.text("state")
}

fn wait_for(house: &Installation, number: &str, iin: &str, wanted: &str) {
    for _ in 0..300 {
        if state(house, number, iin) == wanted {
            return;
        }
        pause(Duration::from_millis(100));
    }
    panic!("{number} is not {wanted}:\n{}", house.log());
}

#[test]
fn first_keys_from_the_agreement_to_the_installed_certificate() {
    let registrar = Registrar::open();
    let house = house_with(&registrar);
    let mut applicant = Applicant::new(&house, 101, SURNAME);
    // A fault that passes is asked through: the applicant notices nothing.
    registrar.says(Says::People(vec![person(&applicant.iin, SURNAME)]));
    registrar.first_says(Says::Status(503));
    let (number, submitted) = applicant.apply(&house);
    assert_eq!((submitted.as_str(), registrar.asked()), ("SUBMITTED", 2));
    let clerk = Clerk::hire(&house, "Bolatova");
    assert_eq!(clerk.approve(&number), "issued");
    assert_eq!(clerk.approve(&number), "desk-application-decided");

    let (client, status) = Applicant::status(&house, &number, &applicant.iin);
    assert_eq!(status.text("state"), "ISSUED");
    let nobody = Citizen {
        iin: applicant.iin.clone(),
        email: applicant.email.clone(),
        authentication: Pair {
            key: applicant.keys[0].clone(),
            certificate: clerk.pair.certificate.clone(),
        },
        signature: Pair {
            key: applicant.keys[1].clone(),
            certificate: clerk.pair.certificate,
        },
    };
    let new = nobody
        .install(&client, &number, applicant.new_keys())
        .expect("a server");
    let certificates = [&new.authentication.certificate, &new.signature.certificate];
    for certificate in certificates {
        let (holds, said) = house.verify(certificate);
        assert!(holds, "{said}");
    }
    assert_eq!(house.ocsp(&certificates), ["good", "good"]);
    let mut cabinet = house.client();
    new.login(&mut cabinet).expect("a server");
    for (language, centre) in [("kk", "тіркеу"), ("ru", "егистрац"), ("en", "egistration")]
    {
        let page = status_page(&house, language, &number, &applicant.iin);
        let who = took(&house, language, &number, &applicant.iin);
        let named = who.iter().any(|who| who.contains(centre));
        assert!(named, "no centre in the timeline: {who:?}");
        for part in CONTACT {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("tel:1414"), "{page}");
    }
    house.mailbox.wait(&applicant.email, |mails| {
        let told = mails.iter().any(|mail| mail.text.contains(CONTACT[0]));
        told.then_some(())
    });
    evidence_is_whole(&house);
    let log = house.log();
    for secret in [&applicant.iin, &applicant.email, SURNAME, "САҒЫНТАЕВА"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

/// Who took the steps of an application, as its page tells it.
fn took(house: &Installation, language: &str, number: &str, iin: &str) -> Vec<String> {
    let page = status_page(house, language, number, iin);
    let steps = page.split("tanba-timeline__who\">").skip(1);
    steps
        .map(|who| who.split('<').next().unwrap_or_default().to_owned())
        .collect()
}

/// What was decided at the command line is nobody's at a centre.
fn decided_by_an_administrator(house: &Installation, number: &str, iin: &str) {
    for (language, administrator, operator) in [
        ("kk", "куәландырушы орталықтың әкімшісі", "оператор"),
        ("ru", "администратор удостоверяющего центра", "оператор"),
        (
            "en",
            "an administrator of the certification authority",
            "operator",
        ),
    ] {
        let who = took(house, language, number, iin);
        assert!(who.iter().any(|who| who == administrator), "{who:?}");
        assert!(!who.iter().any(|who| who.contains(operator)), "{who:?}");
    }
}

#[test]
fn while_the_register_is_silent_an_application_is_kept_told_of_and_goes_on_by_itself() {
    let registrar = Registrar::open();
    let house = house_with(&registrar);
    let mut applicant = Applicant::new(&house, 201, SURNAME);
    registrar.says(Says::Nothing);
    let (number, kept) = applicant.apply(&house);
    assert_eq!(kept, "DRAFT");
    let (_, status) = Applicant::status(&house, &number, &applicant.iin);
    assert_eq!(
        (status.status, status.text("next")),
        (200, "next-wait-register".to_owned())
    );
    assert!(status.cookie.is_none(), "nothing can be done with it");
    for (language, sentence) in [
        ("kk", "Азаматтар тіркелімі қазір жауап бермей тұр"),
        ("ru", "Реестр граждан сейчас не отвечает"),
        ("en", "The register of people does not answer now"),
    ] {
        let page = status_page(&house, language, &number, &applicant.iin);
        assert!(page.contains(sentence), "{page}");
        assert!(page.contains("data-state=\"DRAFT\""), "{page}");
    }
    // A stranger learns nothing of it, and the command line decides nothing that is no application.
    let stranger = crate::applicant::iin(999);
    let (_, unknown) = Applicant::status(&house, &number, &stranger);
    assert_eq!(unknown.code(), "application-not-found");
    let refusal = house.refusal(&["application", "approve", &number, "--reason", "күтуде"]);
    assert!(refusal.contains("no such application"), "{refusal}");
    house.mailbox.wait(&applicant.email, |mails| {
        mails.iter().find(|mail| mail.is_about(&number)).map(|_| ())
    });

    hurry(&house);
    registrar.says(Says::People(vec![person(&applicant.iin, SURNAME)]));
    hurry(&house);
    wait_for(&house, &number, &applicant.iin, "SUBMITTED");
    // Approved at the command line while the register is away: kept, and nothing issued.
    registrar.says(Says::Status(503));
    let refusal = house.refusal(&["application", "approve", &number, "--reason", "күтуде"]);
    assert!(refusal.contains("does not answer"), "{refusal}");
    assert_eq!(state(&house, &number, &applicant.iin), "SUBMITTED");
    registrar.says(Says::People(vec![person(&applicant.iin, SURNAME)]));
    let done = house.facts(&["application", "approve", &number, "--reason", "жөнделді"]);
    assert_eq!(done["state"], "ISSUED");
    decided_by_an_administrator(&house, &number, &applicant.iin);
    evidence_is_whole(&house);
}

#[test]
fn a_register_that_does_not_know_contradicts_or_buries_somebody_refuses_alike() {
    let registrar = Registrar::open();
    let house = house_with(&registrar);
    let mut answers = Vec::new();
    for (digits, says) in [
        (301, vec![]),
        (302, vec![("Басқа", false)]),
        (303, vec![(SURNAME, true)]),
    ] {
        let mut applicant = Applicant::new(&house, digits, SURNAME);
        let people = says.into_iter().map(|(surname, deceased)| {
            let mut found = person(&applicant.iin, surname);
            found["deceased"] = Value::Bool(deceased);
            found
        });
        registrar.says(Says::People(people.collect()));
        let answer = applicant.claim();
        assert_eq!(answer.status, 422);
        let page = answer.body.as_str().expect("a page").to_owned();
        answers.push(summary(&page));
    }
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
    // Twice in the register: whoever types one of the names is told whom to ask; who does not learns nothing.
    let mut applicant = Applicant::new(&house, 304, SURNAME);
    let twice = [SURNAME, "Басқа"].map(|surname| person(&applicant.iin, surname));
    registrar.says(Says::People(twice.into()));
    let answer = applicant.claim();
    let page = answer.body.as_str().expect("a page");
    assert!(
        answer.status == 422 && summary(page) != answers[0],
        "{page}"
    );
    assert_eq!(house.count("SELECT count(*) FROM application"), 0);
}

/// What is said at the head of a page that refuses.
fn summary(page: &str) -> String {
    let (_, rest) = page
        .split_once("govuk-error-summary")
        .unwrap_or_else(|| panic!("no summary: {page}"));
    let (head, _) = rest.split_once("</ul>").expect("a list");
    head.to_owned()
}

#[test]
fn whoever_died_or_was_renamed_before_the_approval_gets_no_keys_and_corrects_what_she_typed() {
    let registrar = Registrar::open();
    let house = house_with(&registrar);
    let clerk = Clerk::hire(&house, "Bolatova");
    let issued = house.issued();
    let mut applicant = Applicant::new(&house, 401, SURNAME);
    registrar.says(Says::People(vec![person(&applicant.iin, SURNAME)]));
    let (number, _) = applicant.apply(&house);
    let mut dead = person(&applicant.iin, SURNAME);
    dead["deceased"] = Value::Bool(true);
    for (says, code, words) in [
        (Says::People(vec![dead]), "register-dead", "died"),
        (
            Says::People(vec![person(&applicant.iin, "Жаңаева")]),
            "register-differs",
            "otherwise",
        ),
        (Says::People(Vec::new()), "register-unknown", "register"),
        (Says::Status(500), "register-unavailable", "does not answer"),
    ] {
        registrar.says(says);
        assert_eq!(clerk.approve(&number), code);
        let refusal = house.refusal(&["application", "approve", &number, "--reason", "тексеру"]);
        assert!(refusal.contains(words), "{code}: {refusal}");
        assert_eq!(state(&house, &number, &applicant.iin), "SUBMITTED");
    }
    assert_eq!(house.issued(), issued);
    // Refused with words that she reads; then she applies again under her new name.
    let reason = ["--reason", "register-differs", "--remark", "тегі өзгерген"];
    house.tanba(&[&["application", "reject", &number][..], &reason[..]].concat());
    let page = status_page(&house, "kk", &number, &applicant.iin);
    assert!(page.contains("тегі өзгерген"), "{page}");
    decided_by_an_administrator(&house, &number, &applicant.iin);
    house.mailbox.wait(&applicant.email, |mails| {
        mails
            .iter()
            .find(|mail| mail.text.contains("тегі өзгерген"))
            .map(|_| ())
    });
    let again = house.refusal(&["application", "approve", &number, "--reason", "кеш"]);
    assert!(again.contains("REJECTED"), "{again}");
    let mut corrected = Applicant::new(&house, 401, "Жаңаева");
    registrar.says(Says::People(vec![person(&corrected.iin, "Жаңаева")]));
    let (number, state) = corrected.apply(&house);
    assert_eq!(state, "SUBMITTED");
    // The records still name her as before, and certificates name people as the records do: two operators correct that.
    assert_eq!(clerk.approve(&number), "register-differs");
    let second = Clerk::hire(&house, "Serikova");
    let names = json!({
        "person": house.record_of(&corrected.iin), "act": "names", "reason": "data-changed", "identification": "operator",
        "surname": "Жаңаева", "given_name": "Әйгерім", "patronymic": "Болатқызы",
    });
    assert_eq!(clerk.prepare("/api/v1/desk/acts", &names), "waits");
    let act = house.count("SELECT max(id) FROM pending_act");
    let answer = json!({ "act": act, "agrees": true });
    let alone = clerk.prepare("/api/v1/desk/answers", &answer);
    assert_eq!(alone, "second-needed");
    assert_eq!(second.prepare("/api/v1/desk/answers", &answer), "done");
    assert_eq!(clerk.approve(&number), "issued");
    evidence_is_whole(&house);
}

#[test]
fn of_two_operators_at_once_one_is_heard_and_nobody_approves_her_own_or_what_expired() {
    let registrar = Registrar::open();
    let mut house = house_with(&registrar);
    let [first, second] = ["Bolatova", "Serikova"].map(|name| Clerk::hire(&house, name));
    let mut applicant = Applicant::new(&house, 501, SURNAME);
    registrar.says(Says::People(vec![person(&applicant.iin, SURNAME)]));
    let (number, _) = applicant.apply(&house);
    let issued = house.issued();
    let outcomes = std::thread::scope(|scope| {
        let both = [&first, &second].map(|clerk| scope.spawn(|| clerk.approve(&number)));
        both.map(|thread| thread.join().expect("an outcome"))
    });
    let heard = outcomes.iter().filter(|said| *said == "issued").count();
    assert_eq!(heard, 1, "{outcomes:?}");
    let told = outcomes.iter().find(|said| *said != "issued");
    let told = told.expect("the other one").as_str();
    assert!(
        [
            "desk-changed-meanwhile",
            "desk-application-decided",
            "decision-expired"
        ]
        .contains(&told),
        "{told}"
    );
    assert_eq!(house.issued(), issued + 2);

    // Her own application, although she sits at the desk.
    let own = first.iin.clone();
    let mut herself = Applicant::new(&house, 502, "Bolatova");
    herself.iin.clone_from(&own);
    registrar.says(Says::People(vec![person(&own, "Bolatova")]));
    let (hers, _) = herself.apply(&house);
    assert_eq!(first.approve(&hers), "own-affair");
    assert_eq!(second.approve(&hers), "issued");

    // Nobody came in time.
    let mut late = Applicant::new(&house, 503, SURNAME);
    registrar.says(Says::People(vec![person(&late.iin, SURNAME)]));
    let (number, _) = late.apply(&house);
    house.sql("DROP TRIGGER first_application_is_not_edited");
    house.sql("UPDATE first_application SET appear_by = 1");
    house.sql("UPDATE application SET state_at = 1 WHERE state = 'SUBMITTED'");
    let code = first.approve(&number);
    assert!(
        ["desk-application-expired", "desk-application-decided"].contains(&code.as_str()),
        "{code}"
    );
    // What is over is looked for at the start, and once a minute.
    house.kill();
    house.serve();
    wait_for(&house, &number, &late.iin, "EXPIRED");
    let refusal = house.refusal(&["application", "approve", &number, "--reason", "кешікті"]);
    assert!(refusal.contains("EXPIRED"), "{refusal}");
}

#[test]
fn operators_are_entered_listed_and_dismissed_at_the_command_line() {
    let registrar = Registrar::open();
    let house = house_with(&registrar);
    let centres = house.facts(&["operator", "centres"]);
    let centres = centres.as_array().expect("centres");
    let ours = centres.iter().find(|centre| centre["code"] == CENTRE);
    assert_eq!(ours.expect("ours")["region"], "KZ-75");
    let mut clerk = Clerk::hire(&house, "Bolatova");
    let listed = house.facts(&["operator", "list", "--now"]);
    let [member] = listed.as_array().expect("a list").as_slice() else {
        panic!("{listed}")
    };
    let iin = member["iin"].as_str().expect("an IIN").to_owned();
    assert_eq!(
        (&member["role"], &member["centre"], &member["works"]),
        (&json!("operator"), &json!(CENTRE), &json!(true))
    );
    let other = house.register("Serikova", "serikova@example.kz").iin;
    for (arguments, word) in [
        (
            vec!["add", &iin, "--role", "operator", "--centre", CENTRE],
            "already",
        ),
        (vec!["add", &other, "--role", "operator"], "centre"),
        (
            vec![
                "add",
                &other,
                "--role",
                "operator",
                "--centre",
                "kz-00-nowhere-1",
            ],
            "centre",
        ),
        (
            vec!["add", &other, "--role", "auditor", "--centre", CENTRE],
            "centre",
        ),
        (vec!["remove", &other], "does not work"),
    ] {
        let refusal = house.refusal(&[vec!["operator"], arguments].concat());
        assert!(refusal.contains(word), "{word}: {refusal}");
    }
    assert_eq!(clerk.client.get("/kk/desk").expect("a server").status, 200);
    house.tanba(&["operator", "remove", &iin]);
    // Her session ended with her work, and her certificate opens no other.
    assert_eq!(clerk.client.get("/kk/desk").expect("a server").status, 303);
    assert_ne!(clerk.sign_in(), 200);
    assert_eq!(house.facts(&["operator", "list", "--now"]), json!([]));
    let all = house.facts(&["operator", "list"]);
    assert_eq!(all[0]["works"], false);
    assert!(house.tanba(&["audit", "verify"]).contains("whole"));
}
