//! An authority whose keys lie in a PKCS#11 token (SoftHSM2), and what happens when the token is away.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tanba_crypto::KeyAlgorithm;
use tempfile::TempDir;

use crate::citizen::new_key;
use crate::second_opinion::{ask, evidence_is_whole};
use crate::server::{Choice, Installation, environment, pause, run, text};

const PIN: &str = "kilt-2468";
const PROFILE: &str = "neutral-individual-signature";

/// A token in a folder, as an operator makes it.
pub(crate) struct SoftHsm {
    folder: TempDir,
    module: PathBuf,
}

impl SoftHsm {
    /// `None`, and said so, where SoftHSM2 is not installed; on a build server it has to be.
    pub(crate) fn make() -> Option<Self> {
        let module = [
            "/usr/lib/softhsm/libsofthsm2.so",
            "/usr/lib64/libsofthsm2.so",
        ]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists());
        let Some(module) = module else {
            assert!(
                environment("CI").is_none(),
                "SoftHSM2 is not installed: scripts/setup.sh test"
            );
            eprintln!("SKIPPED: SoftHSM2 is not installed; scripts/setup.sh test installs it");
            return None;
        };
        let folder = TempDir::new().expect("a folder");
        let token = Self { folder, module };
        fs::create_dir(token.path("tokens")).expect("a folder");
        let settings = format!(
            "directories.tokendir = {}\nlog.level = ERROR\n",
            token.path("tokens").display()
        );
        fs::write(token.path("softhsm2.conf"), settings).expect("a file");
        fs::write(token.path("pin"), format!("{PIN}\n")).expect("a file");
        run(Command::new("softhsm2-util")
            .envs([token.variable()])
            .args(["--init-token", "--free", "--label", "nca"])
            .args(["--so-pin", "13579246", "--pin", PIN]));
        Some(token)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn variable(&self) -> (&'static str, String) {
        (
            "SOFTHSM2_CONF",
            text(&self.path("softhsm2.conf")).to_owned(),
        )
    }

    fn uri(&self) -> &'static str {
        let (module, pin) = (self.module.display(), self.path("pin"));
        let uri = format!(
            "pkcs11:token=nca?module-path={module}&pin-source={}",
            pin.display()
        );
        uri.leak()
    }

    /// An installation with its keys in this token.
    pub(crate) fn installation(&self, further: &[&'static str]) -> Installation {
        Installation::make(&Choice {
            arguments: [&["--key-store", self.uri()], further].concat(),
            environment: vec![self.variable()],
            ..Choice::default()
        })
    }

    /// The same with the commands of ceremonies.
    pub(crate) fn site(&self, further: &[&str]) -> crate::installation::Installation {
        let arguments = [&["--key-store", self.uri()], further].concat();
        crate::installation::Installation::with_environment(&arguments, vec![self.variable()])
    }

    pub(crate) fn pull(&self) {
        fs::rename(self.path("tokens"), self.path("away")).expect("a token");
        fs::create_dir(self.path("tokens")).expect("a folder");
    }

    pub(crate) fn plug(&self) {
        fs::remove_dir(self.path("tokens")).expect("a folder");
        fs::rename(self.path("away"), self.path("tokens")).expect("a token");
    }

    /// What a tool of another project finds in the token.
    pub(crate) fn look(&self, kind: &str) -> String {
        run(Command::new("pkcs11-tool")
            .envs([self.variable()])
            .args(["--module", text(&self.module), "--token-label", "nca"])
            .args(["--login", "--pin", PIN, "--list-objects", "--type", kind]))
    }
}

fn readiness(house: &Installation) -> (u16, String) {
    let config = ureq::Agent::config_builder()
        .max_idle_connections(0)
        .http_status_as_error(false)
        .build();
    let mut answer = ureq::Agent::from(config)
        .get(format!("{}/health/ready", house.machines))
        .call()
        .expect("an answer");
    let said = answer.body_mut().read_to_string().expect("text");
    (answer.status().as_u16(), said.trim_end().to_owned())
}

/// Issues to a new person; the sentence when nothing was issued.
fn issue(house: &Installation, name: &str) -> Result<(), String> {
    let person = house.register(name, &format!("{name}@example.kz"));
    let request = house.request(&person, PROFILE, &new_key(KeyAlgorithm::EcP256));
    let output = house.path(&format!("{name}.pem"));
    let (done, said) = ask(house
        .command()
        .args(["certificate", "issue", "--person", &person.iin])
        .args(["--profile", PROFILE, "--request", text(&request)])
        .args(["--output", text(&output), "--config"])
        .arg(house.path("tanba.toml")));
    if done { Ok(()) } else { Err(said) }
}

#[test]
fn an_authority_in_a_token_issues_and_its_keys_never_leave_it() {
    let Some(token) = SoftHsm::make() else { return };
    let mut house = token.installation(&["--issuing-key", "ec-p256"]);
    house.serve();
    assert_eq!(readiness(&house), (200, "ready".to_owned()));
    let person = house.register("Tokenova", "tokenova@example.kz");
    let certificate = house.certify(&person, PROFILE, &new_key(KeyAlgorithm::EcP256));
    let (valid, said) = house.verify(&certificate);
    assert!(valid, "{said}");
    assert_eq!(house.ocsp(&[&certificate]), ["good"]);

    let said = token.look("privkey");
    for name in ["tanba root", "tanba nca-ec"] {
        assert!(said.contains(name), "{said}");
    }
    assert_eq!(
        said.matches("sensitive, always sensitive, never extractable")
            .count(),
        2
    );
    // The identifier is the key identifier of the certificate.
    let pem = fs::read(house.path("root.pem")).expect("a file");
    let root = tanba_pki::Certificate::from_pem(&pem).expect("a certificate");
    let id = tanba_pki::hex::encode(root.subject_key_id().expect("an identifier"));
    assert!(said.contains(&id), "{id}: {said}");
    // What the database has is no key.
    assert_eq!(
        house.count(
            "SELECT count(*) FROM issuer WHERE substr(key, 1, 9) = CAST('tanba-tok' AS BLOB)"
        ),
        2
    );
    evidence_is_whole(&house);
}

#[test]
fn a_server_outlives_its_token_and_starts_without_it() {
    let Some(token) = SoftHsm::make() else { return };
    let mut house = token.installation(&["--issuing-key", "ec-p256"]);
    house.serve();
    let person = house.register("Erlanova", "erlanova@example.kz");
    let certificate = house.certify(&person, PROFILE, &new_key(KeyAlgorithm::EcP256));
    // Lists and the issuer's certificate are fetched while everything is there.
    assert!(house.verify(&certificate).0);

    token.pull();
    let (status, said) = readiness(&house);
    assert_eq!(status, 503, "{said}");
    assert!(said.contains("its keys are safe"), "{said}");
    let said = issue(&house, "Awayova").unwrap_err();
    assert!(said.contains("\"nca\" is not there"), "{said}");
    let (healthy, said) = ask(house
        .command()
        .args(["doctor", "--offline", "--json", "--config"])
        .arg(house.path("tanba.toml")));
    assert!(!healthy && said.contains("\"token-unavailable\""), "{said}");
    // The key of the responder is under the passphrase.
    assert_eq!(house.ocsp(&[&certificate]), ["good"]);

    token.plug();
    assert_eq!(readiness(&house).0, 200);
    issue(&house, "Backova").expect("a certificate");

    house.stop();
    token.pull();
    house.serve();
    assert_eq!(house.ocsp(&[&certificate]), ["good"]);
    assert_eq!(readiness(&house).0, 503);
    token.plug();
    assert_eq!(readiness(&house).0, 200);
    // Whatever was begun meanwhile is completed or given up by itself.
    let open = "SELECT count(*) FROM certificate WHERE status = 'intended'";
    for _ in 0..60 {
        if house.count(open) == 0 {
            break;
        }
        pause(std::time::Duration::from_secs(1));
    }
    assert_eq!(house.count(open), 0);
    evidence_is_whole(&house);
}

#[test]
fn while_the_token_is_away_certificates_are_revoked_and_it_is_said_that_lists_follow() {
    let Some(token) = SoftHsm::make() else { return };
    let mut house = token.installation(&["--issuing-key", "ec-p256"]);
    house.serve();
    let [first, second] = ["Erlanova", "Marlanova"].map(|name| {
        let person = house.register(name, &format!("{name}@example.kz"));
        house.certify(&person, PROFILE, &new_key(KeyAlgorithm::EcP256))
    });
    assert_eq!(house.ocsp(&[&first, &second]), ["good", "good"]);
    token.pull();
    let serial = first.serial_hex();
    let change = |words: &[&str]| {
        let output = house
            .command()
            .args(["certificate", "--json"])
            .args(words)
            .arg("--config")
            .arg(house.path("tanba.toml"))
            .output()
            .expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {said}");
        let facts: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (facts, said)
    };
    for (words, status, answer) in [
        (&["hold", &serial, "--reason", "x"][..], "frozen", "revoked"),
        (&["release", &serial, "--reason", "x"], "valid", "good"),
        (
            &["revoke", &serial, "--reason", "keyCompromise"],
            "revoked",
            "revoked",
        ),
    ] {
        let (facts, said) = change(words);
        assert_eq!(facts["status"], status, "{facts}");
        assert_eq!(facts["lists_published"], false, "{facts}");
        let why = facts["lists_fault"].as_str().expect("a sentence");
        assert!(why.contains("\"nca\" is not there"), "{why}");
        assert!(said.contains("it is recorded and holds"), "{said}");
        assert!(said.contains("Do not repeat this command"), "{said}");
        // The key of the responder is under the passphrase.
        assert!(house.ocsp(&[&first])[0].starts_with(answer), "{words:?}");
    }
    // A key is blocked without any key of the authority.
    let key = tanba_pki::hex::encode(&tanba_crypto::sha256(second.public_key().spki_der()));
    let blocked = house.facts(&["key", "block", &key, "--reason", "x"]);
    assert_eq!(blocked["revoked"][0], second.serial_hex());
    assert!(house.ocsp(&[&second])[0].starts_with("revoked"));
    token.plug();
    house.wait_for_the_lists(&first);
    house.wait_for_the_lists(&second);
    let (facts, _) = change(&["show", &serial]);
    assert_eq!(facts["status"], "revoked");
    evidence_is_whole(&house);
}

#[test]
fn a_restored_database_is_accepted_while_the_token_is_away() {
    let Some(token) = SoftHsm::make() else { return };
    let mut house = token.installation(&["--issuing-key", "ec-p256"]);
    let database = house.path("tanba.sqlite");
    let backup = house.path("backup.sqlite");
    fs::copy(&database, &backup).expect("a backup");
    house.serve();
    house.register("Erlanova", "erlanova@example.kz");
    house.stop();
    for more in ["tanba.sqlite-wal", "tanba.sqlite-shm"] {
        let _: std::io::Result<()> = fs::remove_file(house.path(more));
    }
    fs::copy(&backup, &database).expect("the backup");
    token.pull();
    let restore = || {
        house
            .command()
            .args(["restore", "accept", "--json", "--reason", "a backup"])
            .arg("--config")
            .arg(house.path("tanba.toml"))
            .output()
            .expect("the program runs")
    };
    let output = restore();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let facts: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(facts["lists_published"], false, "{facts}");
    let why = facts["lists_fault"].as_str().expect("a sentence");
    assert!(why.contains("\"nca\" is not there"), "{why}");
    assert!(said.contains("tanba crl publish"), "{said}");
    // It is done: nothing is left to accept.
    assert_eq!(restore().status.code(), Some(1));
    token.plug();
    house.facts(&["crl", "publish"]);
    evidence_is_whole(&house);
}

#[test]
fn a_wrong_pin_and_a_wrong_token_are_told_in_a_sentence() {
    let Some(token) = SoftHsm::make() else { return };
    let house = token.installation(&["--issuing-key", "ec-p256"]);
    let edit = |file: &Path, from: &str, to: &str| {
        let content = fs::read_to_string(file).expect("a file");
        assert!(content.contains(from), "{content}");
        fs::write(file, content.replace(from, to)).expect("a file");
    };
    let pin = token.path("pin");
    edit(&pin, PIN, "0000");
    let said = house.refusal(&["crl", "publish"]);
    assert!(
        said.contains("refused the PIN; it is not tried again"),
        "{said}"
    );
    edit(&pin, "0000", PIN);
    let configuration = house.path("tanba.toml");
    edit(&configuration, "label = \"nca\"", "label = \"other\"");
    let said = house.refusal(&["crl", "publish"]);
    assert!(
        said.contains("\"other\" is not there (there: \"nca\")"),
        "{said}"
    );
    edit(&configuration, "label = \"other\"", "label = \"nca\"");
    edit(&configuration, "libsofthsm2.so", "no-such-module.so");
    let said = house.refusal(&["crl", "publish"]);
    assert!(said.contains("no-such-module.so cannot be used"), "{said}");
}
