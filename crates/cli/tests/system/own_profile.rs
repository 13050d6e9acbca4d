//! Profiles of an operator: issued by, listed, checked, refused with a sentence.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tanba_crypto::KeyAlgorithm;
use tanba_pki::Certificate;
use tanba_pki::profile::Profile;

use crate::citizen::new_key;
use crate::second_opinion::evidence_is_whole;
use crate::server::{Choice, Installation, environment, program, run, text};

const SHIPPED: &str = "neutral-individual-signature";

/// The text of the operator's profile: for documents alone, for two years.
fn clerk() -> String {
    let shipped = Profile::builtin(SHIPPED).expect("a profile");
    let text = shipped.source().replace(SHIPPED, "bank-clerk");
    for part in ["file-years = 1", "\"email-protection\", "] {
        assert!(text.contains(part), "{text}");
    }
    text.replace("file-years = 1", "file-years = 2").replace(
        "allow = [\"email-protection\", \"document-signing\"]",
        "allow = [\"email-protection\"]",
    )
}

fn house() -> Installation {
    let choice = Choice {
        edits: vec![("#profiles = \"profiles\"", "profiles = \"own\"".to_owned())],
        ..Choice::default()
    };
    let house = Installation::make(&choice);
    fs::create_dir(house.path("own")).expect("a folder");
    house
}

#[test]
fn an_operators_own_profile_is_listed_issued_by_stopped_and_read_again() {
    let mut house = house();
    fs::write(house.path("own/bank-clerk.toml"), clerk()).expect("a profile");
    fs::write(house.path("own/README"), "not a profile").expect("a file");
    let names = |house: &Installation, arguments: &[&str]| {
        let listed = house.facts(arguments);
        let listed = listed.as_array().expect("profiles").iter();
        listed
            .map(|one| one["name"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    let here = names(&house, &["profile", "list"]);
    assert!(here.iter().any(|name| name == "bank-clerk"));
    assert!(here.iter().any(|name| name == "kz-operator"));
    // Those of other installations are listed when they are asked for.
    assert!(!here.iter().any(|name| name.starts_with("neutral-")));
    assert!(
        names(&house, &["profile", "list", "--all"])
            .iter()
            .any(|name| name == SHIPPED)
    );
    assert_eq!(
        house.tanba(&["profile", "show", "bank-clerk"]).trim(),
        clerk().trim()
    );
    house.tanba(&["profile", "lint", "bank-clerk"]);

    house.serve();
    let person = house.register("Temirova", "temirova@example.kz");
    let key = new_key(KeyAlgorithm::EcP256);
    let request = house.request(&person, SHIPPED, &key);
    let output = house.path("clerk.pem");
    let issue = [
        "certificate",
        "issue",
        "--person",
        &person.iin,
        "--profile",
        "bank-clerk",
        "--request",
        text(&request),
        "--output",
        text(&output),
    ];
    let issued = house.facts(&issue);
    assert_eq!(issued["profile"], "bank-clerk");
    let chain = Certificate::pem_many(&fs::read(&output).expect("a chain")).expect("certificates");
    let certificate = chain.first().expect("a certificate");
    assert_eq!(
        certificate.not_after(),
        certificate.not_before().plus_years(2)
    );
    let (verified, said) = house.verify(certificate);
    assert!(verified, "{said}");
    house.tanba(&["certificate", "check", "--all"]);
    house.tanba(&["doctor", "--offline"]);

    let list = house.facts(&["issuer", "list"]);
    let list = list.as_array().expect("authorities");
    let issuing = list.iter().find(|one| one["kind"] == "issuing");
    let name = issuing
        .and_then(|one| one["name"].as_str())
        .expect("a name");
    house.facts(&[
        "issuer",
        "stop",
        name,
        "--profile",
        "bank-clerk",
        "--reason",
        "x",
    ]);
    // Into the same file, for a key that was not used.
    house.request(&person, SHIPPED, &new_key(KeyAlgorithm::EcP256));
    let said = house.refusal(&issue);
    assert!(said.contains("stopped"), "{said}");
    evidence_is_whole(&house);
}

/// The commands of the handbook after this heading, as they stand there, for this installation.
fn recipe(heading: &str, house: &Installation) -> Vec<String> {
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operator.md");
    let text = fs::read_to_string(handbook).expect("a handbook");
    let section = text.split(heading).nth(1).expect("a section");
    let block = section.split("```sh\n").nth(1).expect("commands");
    let block = block.split("```").next().expect("an end");
    let here = block.replace("/var/lib/tanba", text_of(&house.path("")));
    here.lines().map(str::to_owned).collect()
}

fn text_of(path: &Path) -> &str {
    text(path).trim_end_matches('/')
}

#[test]
fn the_recipe_of_the_handbook_works_as_it_stands() {
    let choice = Choice {
        edits: vec![(
            "#profiles = \"profiles\"",
            "profiles = \"profiles\"".to_owned(),
        )],
        ..Choice::default()
    };
    let house = Installation::make(&choice);
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(program(), folder.path().join("tanba")).expect("a link");
    let path = format!(
        "{}:{}",
        folder.path().display(),
        environment("PATH").unwrap_or_default()
    );
    let commands = recipe("### Profiles of your own", &house);
    for command in commands.iter().take(4) {
        let mut shell = Command::new("sh");
        shell
            .envs([("PATH", path.as_str())])
            .envs([("TANBA_CONFIG", text(&house.path("tanba.toml")))])
            .args(["-ec", command]);
        let _ = run(&mut shell);
    }
    let made = fs::read_to_string(house.path("profiles/bank-clerk.toml")).expect("a profile");
    assert!(made.contains("name = \"bank-clerk\""), "{made}");
    house.tanba(&["doctor", "--offline"]);
}

#[test]
fn a_profile_that_cannot_be_used_keeps_nobody_from_revoking_and_stopping() {
    let mut house = house();
    house.serve();
    let person = house.register("Temirova", "temirova@example.kz");
    let certificate = house.certify(&person, SHIPPED, &new_key(KeyAlgorithm::EcP256));
    let broken = house.path("own/bank-clerk.toml");
    fs::write(&broken, "name = ").expect("a file");
    // What looks at profiles tells what is wrong with it, and shows the others.
    assert!(house.tanba(&["profile", "show", SHIPPED]).contains(SHIPPED));
    for arguments in [
        &["profile", "lint", text(&broken)][..],
        &["profile", "lint", "bank-clerk"],
        &["profile", "show", "bank-clerk"],
        &["doctor", "--offline"],
    ] {
        let output = house
            .command()
            .args(arguments)
            .arg("--config")
            .arg(house.path("tanba.toml"))
            .output()
            .expect("the program runs");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("line 1"), "{arguments:?}: {said}");
    }
    assert!(house.tanba(&["profile", "list"]).contains("kz-operator"));

    // Nothing is issued by it, and the sentence says why.
    let request = house.request(&person, SHIPPED, &new_key(KeyAlgorithm::EcP256));
    let mut issue = [
        "certificate",
        "issue",
        "--person",
        &person.iin,
        "--request",
        text(&request),
        "--profile",
        "bank-clerk",
    ];
    let said = house.refusal(&issue);
    assert!(
        said.contains("bank-clerk.toml cannot be used") && said.contains("line 1"),
        "{said}"
    );
    issue[7] = SHIPPED;
    house.facts(&issue);

    let serial = certificate.serial_hex();
    for change in [
        &["certificate", "hold", &serial, "--reason", "x"][..],
        &["certificate", "release", &serial, "--reason", "x"],
        &["certificate", "revoke", &serial, "--reason", "superseded"],
        &["crl", "publish"],
        &[
            "issuer",
            "stop",
            "nca-rsa",
            "--profile",
            "bank-clerk",
            "--reason",
            "x",
        ],
        &["issuer", "stop", "nca-rsa", "--reason", "x"],
        &["issuer", "start", "nca-rsa", "--reason", "x"],
        &["audit", "verify"],
        &["certificate", "check", "--all"],
    ] {
        house.facts(change);
    }
    assert!(house.ocsp(&[&certificate])[0].starts_with("revoked"));
    // The server that runs is not disturbed; the next one does not start.
    house.stop();
    let said = house.refusal(&["serve"]);
    assert!(said.contains("bank-clerk.toml cannot be used"), "{said}");
    fs::remove_file(&broken).expect("removed");
    // A folder that is away is told, and no more of a hindrance.
    fs::remove_dir(house.path("own")).expect("removed");
    house.facts(&["issuer", "stop", "nca-rsa", "--reason", "x"]);
    let said = house.refusal(&["serve"]);
    assert!(said.contains("folder of profiles"), "{said}");
}

#[test]
fn a_profile_that_cannot_be_issued_by_keeps_the_server_from_starting_and_is_named() {
    let house = house();
    let broken = [
        (
            "unknown.toml",
            format!("colour = 1\n{}", clerk()),
            "unknown.toml cannot be used: the profile cannot be read: line 1",
        ),
        (
            "kz-operator.toml",
            clerk().replace("bank-clerk", "kz-operator"),
            "ships with the program",
        ),
        ("other.toml", clerk(), "bank-clerk.toml"),
    ];
    for (file, content, _) in &broken {
        fs::write(house.path(&format!("own/{file}")), content).expect("a file");
    }
    let doctor = |house: &Installation| -> Vec<String> {
        let output = house
            .command()
            .args(["doctor", "--offline", "--json", "--config"])
            .arg(house.path("tanba.toml"))
            .output()
            .expect("the program runs");
        assert_eq!(output.status.code(), Some(1));
        let facts: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let findings = facts["findings"].as_array().expect("findings").iter();
        findings
            .filter(|one| one["severity"] == "error")
            .map(|one| one["what"].as_str().expect("a sentence").to_owned())
            .collect()
    };
    let said = doctor(&house);
    assert_eq!(said.len(), 3, "a sentence for each: {said:?}");
    for (_, _, word) in &broken {
        assert!(
            said.iter().any(|one| one.contains(word)),
            "{word}: {said:?}"
        );
    }
    let refused = house.refusal(&["serve"]);
    assert!(refused.contains("unknown.toml"), "{refused}");

    // Well written, and no certificate of it would be signed.
    for (file, _, _) in &broken {
        fs::remove_file(house.path(&format!("own/{file}"))).expect("removed");
    }
    let faulty = clerk().replace(
        "\"digital-signature\"",
        "\"digital-signature\", \"key-cert-sign\"",
    );
    fs::write(house.path("own/bank-clerk.toml"), faulty).expect("a file");
    let said = doctor(&house);
    assert!(
        said[0].contains("no certificate of the profile bank-clerk would be signed"),
        "{said:?}"
    );
    let refused = house.refusal(&["serve"]);
    assert!(refused.contains("bank-clerk"), "{refused}");
    // Every kind of key has the fault: it is told once.
    let mut faults: Vec<&str> = said[0].split("; ").collect();
    let told = faults.len();
    faults.sort_unstable();
    faults.dedup();
    assert_eq!(faults.len(), told, "{said:?}");
}
