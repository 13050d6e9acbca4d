//! Who waits for whom: connections that say nothing, pages that do not wait for answers, files on drives that stall.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tanba_agent::Use;
use tanba_agent::consent::Question;
use tanba_crypto::DigestAlgorithm;

use crate::harness::{Client, Decision, Running, text};

const SIGN: &str = r#"{"module":"kz.gov.pki.knca.commonUtils","method":"createCAdESFromBase64","args":["PKCS12","SIGNATURE","MTEK",false]}"#;
const TOKENS: &str = r#"{"module":"kz.gov.pki.knca.commonUtils","method":"getActiveTokens"}"#;

/// More connections than there are seats: a page finds one all the same, and what is being answered keeps its own.
#[test]
fn idle_connections_keep_no_page_out() {
    let agent = Running::start();
    agent.owner.will([Decision::Hold]);
    let mut first = agent.page();
    first.send(SIGN);
    agent.owner.is_asked();
    let idle: Vec<_> = (0..200)
        .map(|_| TcpStream::connect(("127.0.0.1", agent.port)).unwrap())
        .collect();
    assert_eq!(agent.page().ask(TOKENS)["code"], "200");
    agent.owner.decide();
    assert!(first.receive().contains("\"200\""));
    // Whoever says nothing is hung up on before anybody loses patience.
    for mut connection in idle {
        let patience = Some(Duration::from_secs(8));
        connection.set_read_timeout(patience).unwrap();
        let end = connection.read(&mut [0]);
        assert!(end.as_ref().is_ok_and(|read| *read == 0) || reset(&end));
    }
}

/// Sites that keep as many sockets as they may keep no other out: the one that is idle longest gives way, and is told to come
/// back later.
#[test]
fn sockets_that_nobody_uses_keep_no_page_out() {
    let agent = Running::start();
    agent.owner.will([Decision::Hold]);
    let mut busy = agent.page_of("https://site0.example");
    busy.send(SIGN);
    agent.owner.is_asked();
    let of_site = |number| (0..32).map(move |_| format!("https://site{number}.example"));
    let sites = (0..4).flat_map(of_site).skip(1);
    let mut idle: Vec<Client> = sites.map(|site| agent.page_of(&site)).collect();
    // What a page was asked last makes it one that is used.
    assert_eq!(idle[0].ask(TOKENS)["code"], "200");
    assert_eq!(
        agent.page_of("https://new.example").ask(TOKENS)["code"],
        "200"
    );
    assert_eq!(idle[1].hung_up_with(), Some(1013));
    assert_eq!(idle[0].ask(TOKENS)["code"], "200");
    agent.owner.decide();
    assert!(busy.receive().contains("\"200\""));
}

/// Documents that a page begins and never finishes take the room of its own site alone, and for a while.
#[test]
fn documents_that_are_never_finished_keep_no_other_site_out() {
    let agent = Running::start();
    // A frame of 96 MiB, of which the end does not come.
    let mut beginning = vec![0x81, 0xff];
    beginning.extend_from_slice(&(96_u64 << 20).to_be_bytes());
    beginning.extend_from_slice(&[0; 4]);
    let (told, sent) = mpsc::channel();
    let mut begun = Vec::new();
    for _ in 0..4 {
        let mut page = agent.page_of("https://many.example");
        let (told, beginning) = (told.clone(), beginning.clone());
        begun.push(std::thread::spawn(move || {
            let mut goes_on = page.try_send_bare(&beginning);
            for _ in 0..85 {
                goes_on = goes_on && page.try_send_bare(&[b'x'; 1 << 20]);
                let _ = told.send(());
            }
            page
        }));
    }
    let moves = || sent.recv_timeout(Duration::from_secs(5)).ok();
    let taken = std::iter::from_fn(moves).count();
    // Two of the largest, and what the system keeps for the others.
    assert!((180..250).contains(&taken), "{taken} MiB");
    let large = |size: usize| format!("{{\"module\":\"x\",\"a\":\"{}\"}}", "x".repeat(size << 20));
    let mut other = agent.page_of("https://other.example");
    other.send(&large(60));
    assert!(other.receive().contains("MODULE_NOT_FOUND"));
    let mut own = agent.page_of("https://many.example");
    assert_eq!(own.ask(TOKENS)["code"], "200");
    // What does not go on is closed, one after another, and then there is room.
    own.send(&large(10));
    assert!(own.receive().contains("MODULE_NOT_FOUND"));
    let codes = begun
        .into_iter()
        .map(|page| page.join().unwrap().hung_up_with());
    let codes: Vec<_> = codes.collect();
    assert!(codes.contains(&Some(1008)), "{codes:?}");
}

/// A browser asks its user whether a page may reach this computer when it is connected already.
#[test]
fn a_browser_may_ask_its_user_before_it_speaks() {
    let agent = Running::start();
    let mut early = agent.tls("127.0.0.1");
    // The handshake of TLS is done with the first octet that is written.
    early.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let longer_than_a_handshake = Some(Duration::from_secs(6));
    early
        .sock
        .set_read_timeout(longer_than_a_handshake)
        .unwrap();
    let silence = early.read(&mut [0]).unwrap_err();
    assert_eq!(silence.kind(), std::io::ErrorKind::WouldBlock);
    let patience = Some(Duration::from_secs(60));
    early.sock.set_read_timeout(patience).unwrap();
    let rest = format!("Host: 127.0.0.1:{}\r\n\r\n", agent.port);
    early.write_all(rest.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = early.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn reset(end: &std::io::Result<usize>) -> bool {
    let kind = end.as_ref().err().map(std::io::Error::kind);
    kind == Some(std::io::ErrorKind::ConnectionReset)
}

/// Whoever sends while a dialog is open waits at the socket; nothing is lost, and all is answered in order.
#[test]
fn a_page_that_does_not_wait_for_answers_is_held_back_and_answered() {
    let agent = Running::with(|config| config.limit_requests(1_000, 1_000));
    agent.owner.will([Decision::Hold]);
    let mut page = agent.page();
    page.send(SIGN);
    agent.owner.is_asked();
    // While there is room, a sign of life is answered by the next layer.
    assert!(page.is_alive());
    let (_, flood) = flood(page);
    let sent = flood.taken();
    // What does not fit into the buffers of the system alone is not taken: that is a few megabytes.
    assert!(sent < MOST, "the agent took everything");
    agent.owner.decide();
    let mut page = flood.page();
    assert!(page.receive().contains("\"200\""));
    for _ in 0..MOST {
        assert!(page.receive().contains("MODULE_NOT_FOUND"));
    }
    assert_eq!(page.ask(TOKENS)["code"], "200");
}

/// The dialog of a page that is gone closes, however much of it was never read.
#[test]
fn whoever_is_held_back_and_leaves_takes_the_dialog_along() {
    let agent = Running::with(|config| config.limit_requests(1_000, 1_000));
    agent.owner.will([Decision::Wait]);
    let mut page = agent.page();
    page.send(SIGN);
    agent.owner.is_asked();
    let (line, flood) = flood(page);
    assert!(flood.taken() < MOST);
    line.shutdown(Shutdown::Both).unwrap();
    assert_eq!(agent.page().ask(SIGN)["code"], "200");
}

/// Frames of a flood: more than the system keeps for two programs.
const MOST: usize = 100;

/// A page that sends without waiting, on a thread of its own.
struct Flood {
    sent: Receiver<()>,
    page: JoinHandle<Client>,
}

/// Sends frames until all are taken or the other side hangs up; the socket below is told.
fn flood(mut page: Client) -> (TcpStream, Flood) {
    let line = page.line();
    let big = format!("{{\"a\":\"{}\"}}", "x".repeat(300_000));
    let (told, sent) = mpsc::channel();
    let page = std::thread::spawn(move || {
        for _ in 0..MOST {
            if !page.try_send(&big) {
                break;
            }
            told.send(()).unwrap();
        }
        page
    });
    (line, Flood { sent, page })
}

impl Flood {
    /// How many frames were taken when nothing moves any more.
    fn taken(&self) -> usize {
        let moves = || self.sent.recv_timeout(Duration::from_secs(3)).ok();
        std::iter::from_fn(moves).count()
    }

    fn page(self) -> Client {
        for () in &self.sent {}
        self.page.join().unwrap()
    }
}

/// A drive that stalls until it is told to go on.
struct Drive {
    process: Child,
    says: BufReader<ChildStdout>,
}

impl Drive {
    /// Under a file, which nobody can open from now on.
    fn under(file: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent/lease.py");
        let mut process = Command::new("python3")
            .args([text(&script), text(file)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let says = BufReader::new(process.stdout.take().unwrap());
        let mut drive = Self { process, says };
        assert_eq!(drive.says(), "held\n");
        drive
    }

    /// What it says next; nothing at the end.
    fn says(&mut self) -> String {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        line
    }

    fn go_on(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn from_file(path: &Path) -> Value {
    json!(["PKCS12", "SIGNATURE", text(path), false])
}

#[test]
fn a_file_is_touched_only_after_its_site_was_allowed() {
    let agent = Running::start();
    let file = agent.path("шарт.txt");
    std::fs::write(&file, "Шарт").unwrap();
    let mut drive = Drive::under(&file);
    agent.owner.will([Decision::Cancel]);
    let mut page = agent.page();
    let refused = page.common("createCAdESFromFile", &from_file(&file));
    assert_eq!(refused["message"], "action.canceled", "{refused}");
    let seen = agent.owner.seen();
    let [Question::Site(question)] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    assert_eq!(question.usage, Use::Signature);
    assert_eq!(question.file, text(&file));
    drive.go_on();
    assert_eq!(drive.says(), "", "somebody opened the file");
    // Nor does a stranger learn which files there are.
    agent.owner.will([Decision::Cancel]);
    let absent = agent.path("absent");
    let refused = page.common("createCAdESFromFile", &from_file(&absent));
    assert_eq!(refused["message"], "action.canceled", "{refused}");
    assert!(agent.grants().list().unwrap().is_empty());
    // Once it is allowed the key is asked for, and not the same again.
    let signed = page.common("createCAdESFromFile", &from_file(&file));
    assert_eq!(signed["code"], "200", "{signed}");
    let seen = agent.owner.seen();
    let Some(Question::Key(question)) = seen.last() else {
        panic!("{seen:?}")
    };
    assert_eq!(question.first_use, None);
    assert_eq!(question.documents[0].text.as_deref(), Some("Шарт"));
    let asked = seen.len();
    let absent = page.common("createCAdESFromFile", &from_file(&absent));
    assert_eq!(absent["message"], "file.not_found", "{absent}");
    assert_eq!(agent.owner.seen().len(), asked);
}

#[test]
fn a_drive_that_stalls_holds_up_nobody_else() {
    let agent = Running::with(|config| config.legacy_applet = true);
    let file = agent.path("large");
    std::fs::write(&file, "large").unwrap();
    let mut first = agent.page();
    assert_eq!(first.ask(SIGN)["code"], "200");
    let mut drive = Drive::under(&file);
    let request = json!({
        "module": "kz.gov.pki.knca.commonUtils", "method": "createCAdESFromFile", "args": from_file(&file),
    });
    first.send(&request.to_string());
    assert_eq!(drive.says(), "wanted\n");
    let mut other = agent.page_of("https://other.example");
    assert_eq!(other.ask(SIGN)["code"], "200");
    // Whoever leaves is not waited for either.
    let mut gone = agent.page();
    gone.send(&request.to_string());
    gone.hang_up();
    assert_eq!(other.ask(SIGN)["code"], "200");
    // The old interface reads in the same way.
    let verify = json!({ "method": "verifyCMSSignatureFromFile", "args": ["MTEK", text(&file)] });
    let mut old = agent.page();
    old.send(&verify.to_string());
    assert_eq!(other.ask(SIGN)["code"], "200");
    drive.go_on();
    assert!(first.receive().contains("\"200\""));
    assert!(old.receive().contains("SIGNATURE_VALIDATION_ERROR"));
}

/// A question about a file waited for its turn, was counted and allowed: it waits for another when the drive was slow, whatever
/// its site asks meanwhile.
#[test]
fn a_file_from_a_slow_drive_is_signed_though_its_site_asks_more_meanwhile() {
    let agent = Running::start();
    let file = agent.path("large");
    std::fs::write(&file, "large").unwrap();
    let mut first = agent.page();
    assert_eq!(first.ask(SIGN)["code"], "200");
    agent.owner.is_asked();
    let mut drive = Drive::under(&file);
    let request = json!({
        "module": "kz.gov.pki.knca.commonUtils", "method": "createCAdESFromFile", "args": from_file(&file),
    });
    first.send(&request.to_string());
    assert_eq!(drive.says(), "wanted\n");
    agent.owner.will([Decision::Hold]);
    let mut other = agent.page_of("https://other.example");
    other.send(SIGN);
    agent.owner.is_asked();
    // Of two more questions of its site one waits and the other is sent away.
    let (told, tells) = mpsc::channel();
    for mut page in [agent.page(), agent.page()] {
        let told = told.clone();
        page.send(SIGN);
        std::thread::spawn(move || told.send(page.receive()));
    }
    let answer = || tells.recv().unwrap();
    assert!(answer().contains("too.many.requests"));
    drive.go_on();
    agent.owner.decide();
    let signed = first.receive();
    assert!(signed.contains("\"200\""), "{signed}");
    assert!(answer().contains("\"200\"") && other.receive().contains("\"200\""));
}

/// Nobody types a PIN for a signature that no key makes.
#[test]
fn a_digest_that_no_key_signs_is_refused_before_anybody_is_asked() {
    let agent = Running::start();
    let mut page = agent.page();
    let digest = STANDARD.encode(DigestAlgorithm::Sha1.digest(b"x"));
    for digest in [
        &digest,
        &STANDARD.encode([1; 16]),
        &STANDARD.encode([1; 28]),
    ] {
        let order = json!(["PKCS12", "SIGNATURE", digest]);
        let refused = page.common("createCAdESFromBase64Hash", &order);
        assert_eq!(refused["message"], "digest.unsupported", "{refused}");
        let refused = page.basics(&json!({
            "format": "cms", "data": digest, "signingParams": { "decode": true, "digested": true },
            "signerParams": { "extKeyUsageOids": [] },
        }));
        assert_eq!(refused["code"], "INVALID_SIGNING_PARAMS", "{refused}");
    }
    assert!(agent.owner.seen().is_empty());
}
