//! A card in a reader: pcscd, the virtual reader of vsmartcard, OpenSC as the driver, and `card.py` for the card. It is pushed
//! in, signs, and is pulled out in the middle of a signature. That tokens come back is told by `tokens.rs`.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanba_agent::containers::{ContainerStore, KindRule, OpenFault, Storage, TokenStore};
use tanba_agent::{Doctor, Parts};
use tanba_crypto::Secret;

use crate::harness::{Running, run, text};
use crate::maker::{AIGUL, RSA, Root, key};

const DRIVER: &str = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so";
const READER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
const SERVICE: &str = "/run/pcscd/pcscd.comm";
const PIN: &str = "12345678";
/// Longer than the service takes to see a card on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The service of readers, and a card that may be in one.
struct Desk {
    folder: tempfile::TempDir,
    service: Child,
    card: Child,
    said: Lines<BufReader<ChildStdout>>,
}

fn in_ci() -> bool {
    std::env::var_os("CI").is_some()
}

/// Why there can be no such desk here: one service serves a computer, and only its administrator starts it.
fn hindrance() -> Option<String> {
    for part in [DRIVER, READER, "/usr/sbin/pcscd"] {
        if !Path::new(part).exists() {
            assert!(!in_ci(), "{part} is not there: scripts/setup.sh test");
            return Some(format!("{part} is not there"));
        }
    }
    if run("id", &["-u"]).1.trim() != "0" {
        return Some("this user may not start pcscd".to_owned());
    }
    let served = std::os::unix::net::UnixStream::connect(SERVICE).is_ok();
    served.then(|| "the service of this computer's readers runs already".to_owned())
}

fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin/python")
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Desk {
    /// A desk with a card of this root in nobody's reader yet.
    fn new(root: &Root) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (place, profile) in [
            ("9a", "neutral-individual-authentication"),
            ("9c", "neutral-individual-signature"),
        ] {
            let key = key(RSA);
            let certificate = root.issue(profile, &key, &AIGUL);
            let path = |ending: &str| folder.path().join(format!("{place}.{ending}"));
            std::fs::write(path("key"), key.pkcs8_der().expose()).unwrap();
            std::fs::write(path("cer"), certificate.der()).unwrap();
        }
        let port = free_port();
        let settings = folder.path().join("reader.conf");
        let reader = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{port:#06X}\nLIBPATH {READER}\nCHANNELID {port:#06X}\n"
        );
        std::fs::write(&settings, reader.replace("0X", "0x")).unwrap();
        let service = Command::new("/usr/sbin/pcscd")
            .args(["--foreground", "--error", "--config", text(&settings)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("the service listens", || {
            std::os::unix::net::UnixStream::connect(SERVICE).is_ok()
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent/card.py");
        let mut card = Command::new(python())
            .args([text(&script), &port.to_string(), text(folder.path())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(card.stdout.take().unwrap()).lines();
        Self {
            folder,
            service,
            card,
            said,
        }
    }

    /// Does something with the card: `in`, `out`, `pull`.
    fn card(&mut self, word: &str) {
        writeln!(self.card.stdin.as_mut().unwrap(), "{word}").unwrap();
        assert_eq!(self.says(), word);
    }

    fn says(&mut self) -> String {
        self.said.next().unwrap().unwrap()
    }

    /// The cards as the agent sees them.
    fn store() -> Arc<TokenStore> {
        let rule = KindRule {
            model: Some("PKCS#15".to_owned()),
            storage: Some(Storage::IdCard),
            ..KindRule::default()
        };
        Arc::new(TokenStore::new(&[PathBuf::from(DRIVER)], vec![rule]))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.card.kill();
        let _ = self.card.wait();
        // Ended in order, it takes its socket along.
        let _ = run("kill", &["-TERM", &self.service.id().to_string()]);
        let _ = self.service.wait();
        let _ = self.folder.path();
    }
}

/// The service looks at its readers a few times a second, so this is asked again until it holds.
#[expect(
    clippy::disallowed_methods,
    reason = "other programs take their time, and nobody waits for ever"
)]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::yield_now();
    }
}

/// What a site gets that has three documents signed.
fn sign(agent: &Running) -> Value {
    agent.page().basics(&json!({
        "allowedStorages": ["AKKZIDCardStore"], "format": "cms", "data": ["MQ==", "Mg==", "Mw=="],
        "signingParams": { "decode": true, "encapsulate": true },
        "signerParams": { "extKeyUsageOids": ["1.3.6.1.5.5.7.3.4"], "chain": [] },
    }))
}

/// Each signature is accepted by openssl.
fn accepted(agent: &Running, answer: &Value) {
    let signed = answer["body"]["result"].as_array();
    let signed = signed.unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(signed.len(), 3);
    let root = agent.root.pem(agent.folder.path());
    for signature in signed {
        let path = agent.path("signature");
        let pem = signature.as_str().unwrap();
        std::fs::write(&path, pem.replace(" CMS", " PKCS7")).unwrap();
        let verify = ["cms", "-verify", "-inform", "PEM", "-purpose", "any"];
        let files = ["-CAfile", text(&root), "-in", text(&path)];
        let (valid, words) = run("openssl", &[verify.as_slice(), &files].concat());
        assert!(valid, "{words}");
    }
}

#[test]
fn a_card_that_is_pushed_in_signs_and_pulled_out_meanwhile_signs_nothing() {
    if let Some(why) = hindrance() {
        eprintln!("SKIPPED: {why}");
        return;
    }
    let store = Desk::store();
    let more: Arc<dyn ContainerStore> = Arc::<TokenStore>::clone(&store);
    let looks = |parts: &mut Parts, _: &Path| {
        parts.doctor = Doctor {
            tokens: Some(TokenStore::clone(&store)),
            reader_service: Some(PathBuf::from(SERVICE)),
            ..Doctor::default()
        };
    };
    let agent = Running::made_of(vec![more], |_| {}, looks);
    let mut desk = Desk::new(&agent.root);
    let check = || {
        agent.http(&format!(
            "GET /?lang=en HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n",
            agent.port
        ))
    };
    let page = check();
    assert!(page.contains("The service of card readers runs"), "{page}");
    assert!(page.contains("no device is plugged in"), "{page}");
    assert!(store.kinds_present().is_empty());

    desk.card("in");
    until("the card is seen", || {
        store.kinds_present() == [Storage::IdCard]
    });
    let place = store.list(Storage::IdCard).remove(0).id;
    agent.owner.uses_token(Storage::IdCard, &place.place, PIN);
    accepted(&agent, &sign(&agent));
    assert_eq!(
        agent.owner.seen().len(),
        1,
        "one question for three documents"
    );

    let wrong = store.open(&place, &Secret::from("11111111".to_owned()));
    assert!(
        matches!(wrong, Err(OpenFault::WrongSecret { .. })),
        "{wrong:?}"
    );
    accepted(&agent, &sign(&agent));

    // Pulled out when the first signature is asked for: an error, no signature, and everything else goes on. What the driver
    // does after that is its own affair: OpenSC 0.23 locks itself up when such a card comes back (docs/divergences.md).
    desk.card("pull");
    let refused = sign(&agent);
    assert_eq!(desk.says(), "pulled");
    assert_eq!(refused["status"], false, "{refused}");
    assert!(refused.get("body").is_none(), "{refused}");
    let active = agent.page().common("getActiveTokens", &json!([]));
    assert_eq!(active["code"], "200", "{active}");
    assert!(check().starts_with("HTTP/1.1 200 OK"));
}
