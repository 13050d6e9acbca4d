//! The connector against a register that misbehaves in every way, over real HTTP on this computer.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Answers each connection with the next of its answers, the last one for ever; an empty answer hangs up.
struct Fake {
    url: String,
    asked: Arc<AtomicUsize>,
    seen: Arc<std::sync::Mutex<Vec<String>>>,
}

fn fake(answers: Vec<Vec<u8>>) -> Fake {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/person/{{iin}}", listener.local_addr().unwrap());
    let (asked, seen) = (Arc::new(AtomicUsize::new(0)), Arc::default());
    let fake = Fake {
        url,
        asked: Arc::clone(&asked),
        seen: Arc::clone(&seen),
    };
    drop(std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let turn = asked.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            let length = connection.read(&mut request).unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            seen.lock().unwrap().push(text);
            let answer = answers.get(turn).or(answers.last()).unwrap();
            if answer == b"hang" {
                // Held open without a word until the other side gives up.
                let _ = connection.read(&mut request);
                continue;
            }
            let _ = connection.write_all(answer);
        }
    }));
    fake
}

fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}

fn register(fake: &Fake, tries: u32) -> HttpRegister {
    let register = Register {
        url: fake.url.clone(),
        host: "register.example".to_owned(),
        token_file: None,
        trusted: None,
        patience: Duration::from_millis(300),
        tries,
    };
    HttpRegister::new(&register).unwrap()
}

fn iin() -> Iin {
    Iin::complete("85010130012").unwrap()
}

fn person(more: &str) -> String {
    format!(
        r#"{{"iin":"{}","surname":"Серікқызы","given_name":" Әйгерім "{more}}}"#,
        iin().as_str()
    )
}

fn persons(list: &[String]) -> String {
    format!(r#"{{"persons":[{}],"more":1}}"#, list.join(","))
}

#[test]
fn what_a_register_says_is_understood() {
    let facts = PersonFacts {
        surname: "СЕРІКҚЫЗЫ".to_owned(),
        given_name: "ӘЙГЕРІМ".to_owned(),
        patronymic: None,
    };
    let with_patronymic = PersonFacts {
        patronymic: Some("МАРАТҚЫЗЫ".to_owned()),
        ..facts.clone()
    };
    for (body, expected) in [
        (
            persons(&[person("")]),
            RegisterAnswer::Person(facts.clone()),
        ),
        (
            persons(&[person(r#","patronymic":"Маратқызы","deceased":false"#)]),
            RegisterAnswer::Person(with_patronymic),
        ),
        (
            persons(&[person(r#","patronymic":"","deceased":true"#)]),
            RegisterAnswer::Dead,
        ),
        (persons(&[]), RegisterAnswer::Unknown),
        (
            persons(&[person(""), person("")]),
            RegisterAnswer::Ambiguous(vec![facts.clone(), facts]),
        ),
    ] {
        let fake = fake(vec![http("200 OK", &body)]);
        assert_eq!(register(&fake, 1).look_up(&iin()), expected, "{body}");
    }
    let fake = fake(vec![http("404 Not Found", "")]);
    assert_eq!(register(&fake, 1).look_up(&iin()), RegisterAnswer::Unknown);
}

#[test]
fn whatever_else_a_register_does_is_no_answer() {
    let other = persons(&[person("")]).replace(iin().as_str(), "900101300145");
    let huge = persons(&[person(&format!(r#","note":"{}""#, "x".repeat(200_000)))]);
    for (what, answer) in [
        ("broken", http("500 Internal Server Error", "")),
        ("busy", http("429 Too Many Requests", "")),
        ("refuses us", http("401 Unauthorized", "")),
        ("elsewhere", http("302 Found", "")),
        ("garbage", http("200 OK", "<html>")),
        ("no list", http("200 OK", "{}")),
        ("another person", http("200 OK", &other)),
        ("huge", http("200 OK", &huge)),
        (
            "a name of control characters",
            http(
                "200 OK",
                &persons(&[person("").replace("Серікқызы", "\\u0007")]),
            ),
        ),
        (
            "a number in place of a name",
            http(
                "200 OK",
                &persons(&[person("").replace("\"Серікқызы\"", "7")]),
            ),
        ),
        ("not HTTP", b"hello".to_vec()),
        ("nothing", Vec::new()),
        ("slow", b"hang".to_vec()),
    ] {
        let fake = fake(vec![answer]);
        assert_eq!(
            register(&fake, 1).look_up(&iin()),
            RegisterAnswer::Unavailable,
            "{what}"
        );
    }
    let gone = Fake {
        url: {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            format!("http://{}/{{iin}}", listener.local_addr().unwrap())
        },
        asked: Arc::default(),
        seen: Arc::default(),
    };
    assert_eq!(
        register(&gone, 2).look_up(&iin()),
        RegisterAnswer::Unavailable
    );
}

#[test]
fn a_passing_fault_is_tried_again_and_a_lasting_one_is_not() {
    let good = http("200 OK", &persons(&[person("")]));
    let passing = fake(vec![http("503 Service Unavailable", ""), Vec::new(), good]);
    let answer = register(&passing, 3).look_up(&iin());
    assert!(matches!(answer, RegisterAnswer::Person(_)), "{answer:?}");
    assert_eq!(passing.asked.load(Ordering::SeqCst), 3);
    let lasting = fake(vec![http("403 Forbidden", "")]);
    assert_eq!(
        register(&lasting, 3).look_up(&iin()),
        RegisterAnswer::Unavailable
    );
    assert_eq!(lasting.asked.load(Ordering::SeqCst), 1);
}

#[test]
fn the_number_is_put_into_the_address_and_the_token_into_its_header() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "s3cret\n").unwrap();
    let fake = fake(vec![http("404 Not Found", "")]);
    let register = Register {
        url: fake.url.clone(),
        host: "register.example".to_owned(),
        token_file: Some(token),
        trusted: None,
        patience: Duration::from_secs(5),
        tries: 1,
    };
    let register = HttpRegister::new(&register).unwrap();
    assert_eq!(register.look_up(&iin()), RegisterAnswer::Unknown);
    let seen = fake.seen.lock().unwrap().join("").to_lowercase();
    assert!(
        seen.starts_with(&format!("get /person/{} http/1.1", iin().as_str())),
        "{seen}"
    );
    assert!(seen.contains("authorization: bearer s3cret"), "{seen}");
    assert!(!format!("{register:?}").contains("s3cret"));
}
