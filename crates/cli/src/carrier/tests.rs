//! Mails to a server of another maker, and text messages to a gateway: real sockets, real TLS.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tanba_model::id::{MessageId, PersonId};
use tanba_model::language::Language;
use tanba_model::message::{MessageBody, OutboxMessage, Recipient};
use tanba_model::person::EmailAddress;
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::{Carrier as _, CarrierError};
use tanba_pki::Timestamp;

use super::*;
use crate::config::{Config, Mail};

const NOW: Timestamp = Timestamp::from_unix(1_795_500_000);
const ORIGIN: &str = "https://cabinet.example";

fn message(to: Recipient, body: MessageBody) -> OutboxMessage {
    OutboxMessage {
        id: MessageId(7),
        person: Some(PersonId(1)),
        to,
        language: Language::Kk,
        body,
        created_at: NOW,
        tries: 0,
    }
}

fn frozen() -> MessageBody {
    MessageBody::Frozen {
        serials: vec!["00ff".to_owned()],
        by_code: false,
    }
}

fn mail_to(address: &str) -> OutboxMessage {
    message(EmailAddress::parse(address).unwrap().into(), frozen())
}

#[test]
fn a_reminder_brings_its_calendar_and_its_way_out_and_other_mails_bring_none() {
    let carrier = SmtpCarrier {
        transport: SmtpTransport::unencrypted_localhost(),
        from: "Tanba <tanba@example.kz>".parse().unwrap(),
        origin: ORIGIN.to_owned(),
    };
    let mail = |body| {
        let to = EmailAddress::parse("a@example.kz").unwrap();
        let mail = carrier.message(&message(to.into(), body), NOW).unwrap();
        String::from_utf8(mail.formatted()).unwrap()
    };
    let reminder = mail(MessageBody::Reminder {
        serials: vec!["00ff".to_owned()],
        ends: NOW,
        unsubscribe_path: "/unsubscribe/token".to_owned(),
    });
    assert!(reminder.contains("Content-Type: text/calendar; charset=utf-8"));
    assert!(reminder.contains("filename=\"tanba.ics\""));
    assert!(
        reminder.contains("List-Unsubscribe: <https://cabinet.example/kk/unsubscribe/token>\r\n")
    );
    assert!(reminder.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    let notice = mail(frozen());
    assert!(!notice.contains("text/calendar") && !notice.contains("List-Unsubscribe"));
    let again = mail(frozen());
    let id = |mail: &str| {
        let lines: Vec<String> = mail.lines().map(str::to_owned).collect();
        lines
            .into_iter()
            .find(|line| line.starts_with("Message-ID:"))
    };
    assert_eq!(id(&notice), id(&again), "a repetition can be told");
    assert!(id(&notice).is_some());
}

/// `None`, and said so, where the other maker's server is not installed. On a build server it has to be.
fn python() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join("target/venv/bin/python");
    let installed = Command::new(&python)
        .args(["-c", "import aiosmtpd"])
        .stderr(Stdio::null())
        .status();
    if installed.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    assert!(
        crate::context::environment("CI").is_none(),
        "aiosmtpd is not installed: scripts/setup.sh test"
    );
    let said = writeln!(
        std::io::stderr(),
        "SKIPPED: aiosmtpd is not installed; scripts/setup.sh test installs it"
    );
    said.unwrap();
    None
}

fn certificate(folder: &Path, name: &str) -> [PathBuf; 2] {
    let [pem, key] = ["pem", "key"].map(|kind| folder.join(format!("{name}.{kind}")));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", &format!("/CN={name}")])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        // A server is no authority, and rustls says so.
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&pem)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    [pem, key]
}

/// The other maker's server, until it is dropped.
struct Server {
    child: Child,
    lines: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    fn start(python: &Path, mode: &str, [pem, key]: &[PathBuf; 2], account: [&str; 2]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/smtp_server.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(mode)
            .args([pem, key])
            .args(account)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self {
            lines: BufReader::new(child.stdout.take().unwrap()),
            child,
            port: 0,
        };
        let port = server.next()["port"].as_u64().unwrap();
        server.port = u16::try_from(port).unwrap();
        server
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Ends it; whether it took nothing.
    fn took_nothing(mut self) -> bool {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        rest.is_empty()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The configuration of a mail server, as an operator writes it.
fn mail(folder: &Path, port: u16, rest: &str) -> Mail {
    let text = format!(
        "[server]\norigin = \"https://cabinet.example\"\npublic_url = \"http://pki.example\"\n\
         listen = \"127.0.0.1:8443\"\nmachines = \"127.0.0.1:8080\"\ntrusted_proxy = \"127.0.0.1\"\n\
         [keys]\npassphrase_env = \"X\"\n\
         [mail]\nserver = \"localhost\"\nport = {port}\nfrom = \"Tanba <tanba@example.kz>\"\n{rest}"
    );
    Config::parse(&text, folder).unwrap().mail.unwrap()
}

#[test]
fn mails_go_through_starttls_and_tls_with_an_account_and_to_nobody_else() {
    let Some(python) = python() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let own = certificate(folder, "own");
    let _other = certificate(folder, "other");
    std::fs::write(folder.join("right"), "s3cret\n").unwrap();
    std::fs::write(folder.join("wrong"), "guess\n").unwrap();
    let account = ["tanba", "s3cret"];
    let with = |security: &str, trusted: &str, password: &str| {
        format!(
            "security = \"{security}\"\ntrusted = \"{trusted}.pem\"\nuser = \"tanba\"\npassword_file = \"{password}\"\n"
        )
    };
    for mode in ["starttls", "tls"] {
        let mut server = Server::start(&python, mode, &own, account);
        let send = |rest: &str, to: &str| {
            let carrier = SmtpCarrier::new(&mail(folder, server.port, rest), ORIGIN).unwrap();
            carrier.send(&mail_to(to), NOW)
        };
        let right = with(mode, "own", "right");
        let answer = send(&with(mode, "other", "right"), "a@example.kz");
        assert!(
            matches!(answer, Err(CarrierError::Unreachable(_))),
            "a stranger in its place gets neither password nor mail: {answer:?}"
        );
        let answer = send(&with(mode, "own", "wrong"), "a@example.kz");
        assert!(
            matches!(answer, Err(CarrierError::Busy { .. })),
            "our account is at fault, not the mail: {answer:?}"
        );
        let answer = send(&right, "550-5.1.1@example.kz");
        assert!(
            matches!(answer, Err(CarrierError::Bounced(_))),
            "{answer:?}"
        );
        assert!(
            !format!("{answer:?}").contains("example.kz"),
            "the server's words are not ours to log"
        );
        let answer = send(&right, "550-5.7.1@example.kz");
        assert!(
            matches!(answer, Err(CarrierError::Refused(_))),
            "{answer:?}"
        );
        let answer = send(&right, "552@example.kz");
        assert!(
            matches!(answer, Err(CarrierError::Refused(_))),
            "{answer:?}"
        );
        let answer = send(&right, "452@example.kz");
        assert!(matches!(answer, Err(CarrierError::Later(_))), "{answer:?}");
        send(&right, "a@example.kz").unwrap();
        let taken = server.next();
        assert_eq!(taken["to"], json!(["a@example.kz"]));
        assert_eq!(taken["authenticated"], true);
        assert!(
            taken["content"]
                .as_str()
                .unwrap()
                .contains("Message-ID: <tanba-7-")
        );
        assert!(server.took_nothing(), "nothing else came through");
    }
    // A server that offers no TLS, or a man in the middle who takes the offer away.
    let server = Server::start(&python, "none", &own, ["-", "-"]);
    let settings = mail(
        folder,
        server.port,
        "security = \"starttls\"\ntrusted = \"own.pem\"\n",
    );
    let answer = SmtpCarrier::new(&settings, ORIGIN)
        .unwrap()
        .send(&mail_to("a@example.kz"), NOW);
    assert!(answer.is_err(), "nothing goes in the clear");
    assert!(server.took_nothing());
}

/// A gateway that answers each request with the next of these; what it was asked comes through the channel.
fn gateway(answers: Vec<String>) -> (u16, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(reader.read_line(&mut head).unwrap() > 0);
            }
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap();
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            tell.send((head, serde_json::from_slice(&body).unwrap()))
                .unwrap();
            if answer.is_empty() {
                // Silence until the client has gone.
                let _gone = reader.read(&mut [0]);
                continue;
            }
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (port, told)
}

fn answer(status: &str, more: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{more}\r\n{body}"
    )
}

/// The configuration of a gateway, as an operator writes it.
fn sms(folder: &Path, port: u16) -> SmsCarrier {
    let text = format!(
        "[server]\norigin = \"https://cabinet.example\"\npublic_url = \"http://pki.example\"\n\
         listen = \"127.0.0.1:8443\"\nmachines = \"127.0.0.1:8080\"\ntrusted_proxy = \"127.0.0.1\"\n\
         [keys]\npassphrase_env = \"X\"\n[ra]\nsecond_factor = \"none\"\n\
         [sms]\nurl = \"http://127.0.0.1:{port}/send\"\nmethod = \"PUT\"\ntoken_file = \"token\"\n\
         headers = {{ X-Account = \"tanba\" }}\n\
         body = '{{\"to\": \"{{digits}}\", \"text\": \"{{text}}\", \"ref\": \"t-{{id}}\"}}'\n\
         success_pointer = \"/result/status\"\nrefusal_values = [\"no-such-number\"]\ntimeout_seconds = 1\n"
    );
    std::fs::write(folder.join("token"), "t0ken\n").unwrap();
    let config = Config::parse(&text, folder).unwrap();
    SmsCarrier::new(&config.sms.unwrap(), ORIGIN).unwrap()
}

/// What gateways say, in the order in which the test below expects it.
fn answers() -> Vec<String> {
    let ok = "{\"result\": {\"status\": \"accepted\"}}";
    let status = |word: &str| format!("{{\"result\": {{\"status\": \"{word}\"}}}}");
    vec![
        answer("200 OK", "", ok),
        answer("500 Internal Server Error", "", ""),
        answer("429 Too Many Requests", "retry-after: 7\r\n", ""),
        answer("503 Service Unavailable", "", ""),
        answer("401 Unauthorized", "", ""),
        answer("302 Found", "location: http://127.0.0.1:1/\r\n", ""),
        answer("422 Unprocessable Content", "", ""),
        answer("200 OK", "", "<html>"),
        answer("200 OK", "", "{}"),
        answer("200 OK", "", &status("queue-full")),
        answer("200 OK", "", &status("no-such-number")),
        answer("200 OK", "", &"9".repeat(100_000)),
        String::new(),
        "nonsense\r\n\r\n".to_owned(),
    ]
}

#[test]
fn a_gateway_gets_the_template_filled_and_its_answers_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    let (port, told) = gateway(answers());
    let carrier = sms(folder.path(), port);
    let phone = PhoneNumber::parse("+77011234567").unwrap();
    let message = message(phone.into(), frozen());
    let send = || carrier.send(&message, NOW);
    send().unwrap();
    let (head, body) = told.recv().unwrap();
    assert!(head.starts_with("PUT /send HTTP/1.1\r\n"), "{head}");
    let head = head.to_lowercase();
    let key = format!("tanba-7-{}", NOW.unix());
    for line in [
        "authorization: bearer t0ken\r\n",
        "x-account: tanba\r\n",
        "content-type: application/json\r\n",
        &format!("idempotency-key: {key}\r\n"),
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    assert_eq!(body["to"], "77011234567");
    assert_eq!(body["ref"], format!("t-{key}"));
    assert!(
        body["text"]
            .as_str()
            .unwrap()
            .contains("ЭЦҚ кілттеріңіз тоқтатылды")
    );
    let pause = |answer: Result<(), CarrierError>| match answer {
        Err(CarrierError::Busy { pause, .. }) => pause,
        other => panic!("{other:?}"),
    };
    let is_later =
        |answer: &Result<(), CarrierError>| matches!(answer, Err(CarrierError::Later(_)));
    assert!(is_later(&send()), "500");
    assert_eq!(pause(send()), Duration::from_secs(7), "429");
    assert_eq!(pause(send()), Duration::from_secs(30), "503");
    assert_eq!(pause(send()), Duration::from_secs(60), "401");
    assert_eq!(
        pause(send()),
        Duration::from_secs(60),
        "302 is not followed"
    );
    assert!(matches!(send(), Err(CarrierError::Refused(_))), "422");
    assert!(is_later(&send()), "garbage");
    assert!(is_later(&send()), "nothing said");
    assert!(is_later(&send()), "no success");
    assert!(
        matches!(send(), Err(CarrierError::Bounced(_))),
        "no such number"
    );
    assert!(is_later(&send()), "too much");
    assert!(
        matches!(send(), Err(CarrierError::Unreachable(_))),
        "silence"
    );
    assert!(
        matches!(send(), Err(CarrierError::Unreachable(_))),
        "no HTTP"
    );
    assert!(
        matches!(send(), Err(CarrierError::Unreachable(_))),
        "nobody listens"
    );
    // Each try brought the same key.
    let mut heads = told.iter().map(|(head, _)| head.to_lowercase());
    assert!(heads.all(|head| head.contains(&key)));
}
