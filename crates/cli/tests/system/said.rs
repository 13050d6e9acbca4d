//! What commands say when nothing comes of them: which check refused a key, that nothing had to be done.

use serde_json::Value;

use crate::ceremony::words;
use crate::installation::{Installation, text};

const PROFILE: &str = "kz-individual-signature-rsa";

fn issue(site: &Installation, iin: &str, profile: &str, request: &str) -> String {
    let line =
        format!("certificate issue --profile {profile} --person {iin} --request {request}.csr");
    site.refusal(&words(&line))
}

#[test]
fn a_refused_key_is_told_by_the_check_that_refused_it() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let [iin, _] = site.import_people();
    let before = site.facts(&["certificate", "list"]);
    for (name, key, sentence) in [
        ("short", "rsa:1024", "the RSA key has 1024 bits"),
        (
            "curve",
            "ec -pkeyopt ec_paramgen_curve:P-256",
            "it is EC P-256, and the profile",
        ),
        (
            "three",
            "rsa -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3",
            "exponent is not 65537",
        ),
    ] {
        site.openssl(&words(&format!(
            "req -new -newkey {key} -nodes -subj / -keyout {name}.key -out {name}.csr"
        )));
        let said = issue(&site, &iin, PROFILE, name);
        assert!(
            said.contains(sentence) && said.contains("nothing was issued"),
            "{name}: {said}"
        );
    }
    site.openssl(&words(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -nodes -subj / -keyout k1.key -out k1.csr",
    ));
    let said = issue(&site, &iin, PROFILE, "k1");
    assert!(said.contains("1.3.132.0.10"), "{said}");
    let said = issue(&site, &iin, "kz-individual-signatur", "short");
    assert!(
        said.contains("no profile \"kz-individual-signatur\"")
            && said.contains("tanba profile list"),
        "{said}"
    );
    let said = issue(&site, &iin, "root-ca", "short");
    assert!(said.contains("root-ca is not for people"), "{said}");
    assert_eq!(site.facts(&["certificate", "list"]), before);
}

#[test]
fn what_has_not_to_be_done_is_not_said_to_be_done() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let [iin, _] = site.import_people();
    site.openssl(&words(
        "req -new -newkey rsa:2048 -nodes -subj / -keyout one.key -out one.csr",
    ));
    let line = format!("certificate issue --profile {PROFILE} --person {iin} --request one.csr");
    site.facts(&[&words(&line)[..], &["-o", "one.pem"]].concat());
    let list = site.facts(&["certificate", "list"]);
    let list = list.as_array().expect("certificates");
    let one = list.iter().find(|one| one["profile"] == PROFILE);
    let serial = one.expect("a certificate")["serial"]
        .as_str()
        .expect("digits");
    let said = site.refusal(&["certificate", "release", serial, "--reason", "nothing"]);
    assert!(said.contains("is not frozen"), "{said}");
    let said = site.refusal(&["restore", "accept", "--reason", "nothing was restored"]);
    assert!(said.contains("nothing has to be accepted"), "{said}");
    let verdict: Value = site.facts(&["audit", "verify"]);
    assert_eq!(verdict["valid"], true);
    // What is missing is named in full, and an option twice is no fault.
    let output = site.tanba(&["audit", "prove"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("--record") && said.contains("--from"),
        "{said}"
    );
    assert!(
        site.tanba(&["issuer", "list", "--json", "--json"])
            .status
            .success()
    );
}

/// A key that is away comes back by itself; anything else that keeps lists away is a fault, though the database is accepted.
#[test]
fn a_restored_database_whose_lists_cannot_be_stored_is_accepted_and_that_is_a_fault() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let (database, backup) = (site.path("tanba.sqlite"), site.path("backup.sqlite"));
    std::fs::copy(&database, &backup).expect("a backup");
    site.import_people();
    for more in ["tanba.sqlite-wal", "tanba.sqlite-shm"] {
        let _: std::io::Result<()> = std::fs::remove_file(site.path(more));
    }
    std::fs::copy(&backup, &database).expect("the backup");
    let sql = |sql: &str| {
        let database = rusqlite::Connection::open(&database).expect("a database");
        database.execute_batch(sql).expect("it is done");
    };
    sql("CREATE TRIGGER refused BEFORE INSERT ON crl \
         WHEN NEW.issuer_id <> (SELECT id FROM issuer WHERE kind = 'root') \
         BEGIN SELECT RAISE(ABORT, 'no room'); END");
    let output = site.tanba(&["restore", "accept", "--json", "--reason", "a backup"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("is accepted, but its lists were not published")
            && said.contains("tanba crl publish"),
        "{said}"
    );
    // What is lost is told now or never, and so is what was published all the same.
    let facts: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(facts["lists_published"], false, "{facts}");
    assert_eq!(facts["published_lists"], 1, "{facts}");
    assert!(facts["lost_events"].as_u64() > Some(0), "{facts}");
    let again = site.refusal(&["restore", "accept", "--reason", "a backup"]);
    assert!(again.contains("nothing has to be accepted"), "{again}");
    sql("DROP TRIGGER refused");
    site.facts(&["crl", "publish"]);
}

#[test]
fn a_name_that_a_request_asks_for_in_vain_is_told() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let [iin, _] = site.import_people();
    let said = |name: &str, names: &str| {
        let request = format!(
            "req -new -newkey rsa:2048 -nodes -subj / -keyout {name}.key -out {name}.csr -addext subjectAltName={names}"
        );
        site.openssl(&words(&request));
        let line = format!(
            "certificate issue --profile {PROFILE} --person {iin} --request {name}.csr -o {name}.pem"
        );
        let output = site.tanba(&words(&line));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    };
    let asked = said(
        "more",
        "DNS:evil.kz,email:evil@x.kz,email:aigerim@example.kz,IP:10.0.0.1,URI:http://evil.kz",
    );
    assert!(
        asked.contains("dns:evil.kz, email:evil@x.kz, ip:10.0.0.1, uri:http://evil.kz"),
        "{asked}"
    );
    assert!(!asked.contains("aigerim"), "{asked}");
    // Her own address is what she gets.
    let asked = said("own", "email:aigerim@example.kz");
    assert!(!asked.contains("alternative names"), "{asked}");
}

#[test]
fn an_installation_without_an_authority_or_with_a_wrong_address_says_where_to_read_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let init = |name: &str, url: &str| {
        std::process::Command::new(env!("CARGO_BIN_EXE_tanba"))
            .args(["init", "--without-authority", "--folder", name])
            .args([
                "--origin",
                "https://cabinet.example.kz",
                "--public-url",
                url,
            ])
            .args(["--passphrase-file", &format!("{name}/passphrase")])
            .current_dir(folder.path())
            .output()
            .expect("the program runs")
    };
    let done = init("one", "http://pki.example.kz");
    let said = text(&done.stdout);
    assert!(
        said.contains("docs/ceremonies.md") && said.contains("ceremony plan issuing"),
        "{said}"
    );
    let refused = init("two", "https://pki.example.kz");
    assert!(!refused.status.success());
    let said = text(&refused.stderr);
    assert!(
        said.contains("plain http") && said.contains("certificates first"),
        "{said}"
    );
}
