//! Messages to people, through the whole program: a gateway for text messages, crashes on the way, dead letters, and the
//! one click that stops reminders.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::citizen::Citizen;
use crate::server::{Choice, Installation, now};

const PATIENCE: Duration = Duration::from_secs(40);

/// A gateway for text messages that answers when it is told to, and how: head and body of each request come out, a status
/// goes in.
struct Gateway {
    port: u16,
    requests: Receiver<(String, Value)>,
    answers: Sender<&'static str>,
}

impl Gateway {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (tell, requests) = channel();
        let (answers, told) = channel::<&str>();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if reader.read_line(&mut head).unwrap_or(0) == 0 {
                        break;
                    }
                }
                let lower = head.to_lowercase();
                let length = lower
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
                let Some(length) = length else { continue };
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() {
                    continue;
                }
                let body = serde_json::from_slice(&body).expect("JSON");
                if tell.send((lower, body)).is_err() {
                    return;
                }
                let Ok(answer) = told.recv() else { return };
                // Whoever was killed does not listen any more.
                let _sent = write!(
                    stream,
                    "HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                );
            }
        });
        Self {
            port,
            requests,
            answers,
        }
    }

    fn request(&self) -> (String, Value) {
        self.requests.recv_timeout(PATIENCE).expect("a request")
    }

    fn answer(&self, status: &'static str) {
        self.answers.send(status).expect("a gateway");
    }
}

/// The key that is the same for each try.
fn key(head: &str) -> &str {
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("idempotency-key:"));
    line.expect("a key").trim()
}

fn house_with(gateway: &Gateway) -> Installation {
    Installation::make(&Choice {
        edits: vec![(
            "#[sms]",
            format!(
                "[sms]\nurl = \"http://127.0.0.1:{}/send\"\nbody = '{{\"to\": \"{{phone}}\", \"text\": \"{{text}}\"}}'",
                gateway.port
            ),
        )],
        ..Choice::default()
    })
}

/// Somebody with a telephone, whom nothing waits for.
fn citizen(house: &Installation) -> Citizen {
    let citizen = house.citizen("Aigerim", "aigerim@example.kz");
    house.sql("UPDATE person SET phone = '+77011234567'");
    house.sql("DELETE FROM message");
    citizen
}

#[test]
fn a_crash_on_the_way_loses_no_text_message_and_a_repetition_can_be_told() {
    let gateway = Gateway::open();
    let mut house = house_with(&gateway);
    let citizen = citizen(&house);
    let serial = citizen.signature.certificate.serial_hex();
    // Committed by the command line while no server runs.
    house.tanba(&["certificate", "hold", &serial, "--reason", "lost"]);
    house.serve();
    let (head, body) = gateway.request();
    assert_eq!(body["to"], "+77011234567");
    let text = body["text"].as_str().expect("a text");
    assert!(text.contains("тоқтатты"), "{text}");
    assert!(
        !text.replace(' ', "").contains(&serial) && !text.contains("ӘЙГЕРІМ"),
        "{text}"
    );
    let first = key(&head).to_owned();
    // The gateway took it, and the server dies before it hears so.
    house.kill();
    gateway.answer("200 OK");
    house.serve();
    let (head, _) = gateway.request();
    assert_eq!(key(&head), first, "the same message");
    // A gateway that wants patience gets it.
    gateway.answer("429 Too Many Requests\r\nretry-after: 1");
    let (head, _) = gateway.request();
    assert_eq!(key(&head), first, "the same message");
    gateway.answer("202 Accepted");
    house.tanba(&[
        "certificate",
        "release",
        &serial,
        "--reason",
        "a false alarm",
    ]);
    let (head, _) = gateway.request();
    assert_ne!(key(&head), first, "another message");
    gateway.answer("200 OK");
    // The crash may have sent the first mail twice, so the number of mails does not tell that all have gone.
    let left = || house.count("SELECT count(*) FROM message WHERE sent_at IS NULL");
    for _ in 0..400 {
        if left() == 0 {
            break;
        }
        crate::server::pause(Duration::from_millis(100));
    }
    assert_eq!(left(), 0);
    house.mailbox.wait("aigerim@example.kz", |mails| {
        (mails.len() >= 2).then_some(())
    });
    house.stop();
    let log = house.log();
    assert!(!log.contains("+7701") && !log.contains("aigerim"), "{log}");
}

/// Of several messages that are named all are laid to rest or none, and what is kept as evidence names nobody.
fn all_or_none(house: &Installation, one: &str, other: &str) {
    for (another, why, told) in [
        (
            "999999",
            "the server was gone",
            "999999 is no message that was given up",
        ),
        (other, "aigerim@example.kz asked", "without mail addresses"),
        (other, "of IIN 850101 300124", "nine digits or more"),
    ] {
        let refused = std::process::Command::new(crate::server::program())
            .args(["message", "discard", one, another, "--why", why, "--config"])
            .arg(house.path("tanba.toml"))
            .output()
            .expect("the program runs");
        assert_eq!(refused.status.code(), Some(2));
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains(told) && !said.contains("850101"), "{said}");
    }
}

#[test]
fn what_nobody_takes_is_kept_until_an_operator_decides() {
    let mut house = Installation::make(&Choice::default());
    let citizen = house.citizen("Aigerim", "aigerim@example.kz");
    house.sql("DELETE FROM message");
    let serial = citizen.signature.certificate.serial_hex();
    house.mailbox.refuse(Some(550));
    house.serve();
    house.tanba(&["certificate", "hold", &serial, "--reason", "lost"]);
    house.tanba(&[
        "certificate",
        "release",
        &serial,
        "--reason",
        "a false alarm",
    ]);
    house.mailbox.wait_for_a_refusal();
    let mut listed = json!([]);
    for _ in 0..400 {
        listed = house.facts(&["message", "list"]);
        if listed.as_array().expect("a list").len() == 2 {
            break;
        }
        crate::server::pause(Duration::from_millis(100));
    }
    let [second, first] = listed.as_array().expect("a list").as_slice() else {
        panic!("{listed}");
    };
    assert_eq!(first["kind"], "by_administrator");
    assert_eq!(first["to"], "a•••@example.kz");
    assert_eq!(first["cause"], "no such recipient");
    assert!(
        !listed.to_string().contains(&serial),
        "nothing of what it says: {listed}"
    );
    let person = "SELECT count(*) FROM person WHERE email_refused_at IS NOT NULL";
    assert_eq!(house.count(person), 1);
    let machines = crate::citizen::Client::new(&house.machines, &house.machines);
    let metrics = machines
        .get("/metrics")
        .expect("an answer")
        .body
        .to_string();
    assert!(metrics.contains("tanba_dead_messages 2"), "{metrics}");
    house.mailbox.refuse(None);
    let number = |letter: &Value| letter["message"].as_i64().expect("a number").to_string();
    all_or_none(&house, &number(first), &number(second));
    assert_eq!(house.facts(&["message", "list"]), listed);
    house.tanba(&["message", "retry", &number(first)]);
    house.mailbox.wait("aigerim@example.kz", |mails| {
        (mails.len() == 1).then_some(())
    });
    house.tanba(&[
        "message",
        "discard",
        "--all",
        "--why",
        "the server was gone for a week",
    ]);
    assert_eq!(house.facts(&["message", "list"]), json!([]));
    let again = std::process::Command::new(crate::server::program())
        .args(["message", "retry", &number(second), "--config"])
        .arg(house.path("tanba.toml"))
        .output()
        .expect("the program runs");
    assert_eq!(again.status.code(), Some(2));
    for _ in 0..100 {
        if house.count(person) == 0 {
            return;
        }
        crate::server::pause(Duration::from_millis(100));
    }
    panic!("the address took a mail and is still marked");
}

#[test]
fn one_click_in_a_mail_program_stops_reminders_and_nothing_else() {
    let mut house = Installation::make(&Choice::default());
    let citizen = house.citizen("Aigerim", "aigerim@example.kz");
    house.sql("DELETE FROM message");
    let soon = now().plus(Duration::from_secs(5 * 24 * 3600)).unix();
    house.sql(&format!(
        "UPDATE certificate SET not_after = {soon} WHERE person_id IS NOT NULL"
    ));
    house.serve();
    let path = house.mailbox.wait(&citizen.email, |mails| {
        let text = mails
            .iter()
            .find(|mail| mail.text.contains("/unsubscribe/"))?;
        let line = text
            .text
            .lines()
            .find(|line| line.contains("/unsubscribe/"))?;
        let (_, rest) = line.trim().split_once("://")?;
        rest.find('/').map(|slash| rest[slash..].to_owned())
    });
    let wanted = || house.count("SELECT sum(reminders) FROM person");
    let client = house.client();
    let show = |path: &str| client.get(path).expect("an answer").status;
    assert_eq!(show(&path), 200);
    assert_eq!(wanted(), 1, "looking changes nothing");
    assert_eq!(show(&path.replace("/unsubscribe/", "/unsubscribe/0")), 404);
    // As a mail program's server does it (RFC 8058): no cookie, no origin.
    for _ in 0..2 {
        let answer = client.send(
            "POST",
            &path,
            &json!("List-Unsubscribe=One-Click"),
            &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("origin", ""),
            ],
        );
        assert_eq!(answer.expect("an answer").status, 200);
        assert_eq!(wanted(), 0);
    }
    let serial = citizen.signature.certificate.serial_hex();
    house.tanba(&["certificate", "hold", &serial, "--reason", "lost"]);
    house.mailbox.wait(&citizen.email, |mails| {
        mails
            .iter()
            .any(|mail| mail.names_certificate(&serial) && mail.text.contains("тоқтатты"))
            .then_some(())
    });
    assert!(house.tanba(&["audit", "verify"]).contains("whole"));
}

#[test]
fn a_number_is_confirmed_by_a_text_message_told_of_by_mail_and_removed() {
    let gateway = Gateway::open();
    let mut house = house_with(&gateway);
    let citizen = house.citizen("Aigerim", "aigerim@example.kz");
    house.sql("DELETE FROM message");
    house.serve();
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    let csrf = client.csrf.clone().expect("a token");
    let mut submit = |path: &str, name: &str, value: &str| {
        let path = format!("/kk/cabinet/profile/phone{path}");
        let session = client.cookie.clone();
        let fields = [("csrf", csrf.as_str()), (name, value)];
        let answer = client.form(&path, &fields).expect("a server");
        client.cookie = session;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    };
    submit("", "phone", "%2B7(701)123-45-67");
    let (_, body) = gateway.request();
    assert_eq!(body["to"], "+77011234567");
    let text = body["text"].as_str().expect("a text");
    let code: String = text.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(code.len(), 6, "{text}");
    gateway.answer("200 OK");
    let numbers = || house.count("SELECT count(*) FROM person WHERE phone = '+77011234567'");
    assert_eq!(numbers(), 0, "not before its code came back");
    submit("/code", "code", &code);
    assert_eq!(numbers(), 1);
    let told = |word: &str| {
        house.mailbox.wait("aigerim@example.kz", |mails| {
            let mut mails = mails.iter();
            mails
                .find(|mail| mail.text.contains(word))
                .and_then(|mail| mail.not_me())
        })
    };
    let link = told("+7•••67");
    assert!(link.contains("/not-me/"), "{link}");
    submit("/remove", "none", "");
    assert_eq!(numbers(), 0);
    let (_, body) = gateway.request();
    assert_eq!(body["to"], "+77011234567", "the removed number is told");
    gateway.answer("200 OK");
    // Her browser speaks English, and mails to her do so from then on.
    told("was removed");
    let log = house.log();
    assert!(!log.contains("7011234567") && !log.contains(&code), "{log}");
    assert!(house.tanba(&["audit", "verify"]).contains("whole"));
}
