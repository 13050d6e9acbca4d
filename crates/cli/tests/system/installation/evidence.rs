//! Signed checkpoints, proofs, and what a verifier that knows nothing of the server makes of them.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use tanba_model::audit::tree::{Frontier, leaf};

use super::{Installation, get_as, issue, request, text, words};
use crate::partner;
use crate::server::{now, pause};

/// An installation with records, two checkpoints among them, and an export that a third one ends.
fn signed() -> Installation {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let done = |arguments: &[&str]| {
        let output = installation.tanba(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    done(&["audit", "checkpoint", "-o", "first.json"]);
    installation.import_people();
    done(&["audit", "checkpoint", "-o", "second.json"]);
    done(&["crl", "publish"]);
    done(&["audit", "export", "-o", "audit.jsonl"]);
    installation
}

fn lines(installation: &Installation, name: &str) -> Vec<String> {
    let content = std::fs::read_to_string(installation.path(name)).expect("text");
    content.lines().map(str::to_owned).collect()
}

fn write(installation: &Installation, name: &str, lines: &[String]) {
    std::fs::write(installation.path(name), lines.join("\n")).expect("written");
}

/// The verifier in Python and openssl.
fn second_opinion(installation: &Installation, file: &str) -> bool {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/verify-audit.py");
    let output = Command::new("python3")
        .arg(script)
        .args([installation.path(file), installation.path("root.pem")])
        .output()
        .expect("python3");
    output.status.success()
}

#[test]
fn any_edited_removed_inserted_or_reordered_line_is_found_without_the_server() {
    let installation = signed();
    let verify = ["audit", "verify", "audit.jsonl", "--trusted", "root.pem"];
    let verdict = installation.facts(&verify);
    assert_eq!(verdict["checkpoints"], 3, "{verdict}");
    assert_eq!(verdict["signed"], verdict["records"], "{verdict}");
    assert_eq!(verdict["unsigned"], 0, "{verdict}");
    assert_eq!(installation.facts(&["audit", "verify"]), verdict);
    assert!(second_opinion(&installation, "audit.jsonl"));

    let whole = lines(&installation, "audit.jsonl");
    let refused = |lines: Vec<String>, what: &str| {
        write(&installation, "changed.jsonl", &lines);
        let arguments = ["audit", "verify", "changed.jsonl", "--trusted", "root.pem"];
        let ours = installation.tanba(&arguments);
        assert_eq!(ours.status.code(), Some(1), "{what}");
        assert!(!second_opinion(&installation, "changed.jsonl"), "{what}");
    };
    let last = whole.len() - 1;
    assert!(whole[last].contains("checkpoint/1"));
    for index in 0..=last {
        let mut removed = whole.clone();
        let line = removed.remove(index);
        // Whoever leaves a statement among others out hides nothing.
        if !line.contains("checkpoint/1") || index == last {
            refused(removed, &format!("line {index} removed"));
        }
        let mut doubled = whole.clone();
        doubled.insert(index, line.clone());
        refused(doubled, &format!("line {index} doubled"));
        let mut edited = whole.clone();
        edited[index] = line.replacen("1", "2", 1);
        if edited[index] != line {
            refused(edited, &format!("line {index} edited"));
        }
        if index < last {
            let mut swapped = whole.clone();
            swapped.swap(index, index + 1);
            refused(swapped, &format!("line {index} swapped"));
        }
    }
}

/// What somebody makes who has the records and a text editor, and no seal: the chain anew, without what he regrets.
fn made_anew(whole: &[String], regretted: &str) -> Vec<String> {
    let (mut previous, mut sequence, mut forged) = ([0_u8; 32], 0_u64, Vec::new());
    for line in whole {
        let mut record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let Some(event) = record["event"].as_str().map(str::to_owned) else {
            continue;
        };
        if event.contains(regretted) {
            continue;
        }
        sequence += 1;
        let message = [
            previous.as_slice(),
            &sequence.to_be_bytes(),
            event.as_bytes(),
        ]
        .concat();
        let hash = tanba_crypto::sha256(&message);
        record["sequence"] = sequence.into();
        record["previous_hash"] = tanba_pki::hex::encode(&previous).into();
        record["hash"] = tanba_pki::hex::encode(&hash).into();
        previous = hash;
        forged.push(record.to_string());
    }
    forged
}

#[test]
fn a_log_without_a_seal_under_its_end_proves_nothing() {
    let installation = signed();
    let whole = lines(&installation, "audit.jsonl");
    let mut forged = made_anew(&whole, "\"person.");
    assert!(forged.len() + 3 < whole.len(), "something was left out");
    let verify = ["audit", "verify", "forged.jsonl", "--trusted", "root.pem"];
    let plain = ["audit", "verify", "forged.jsonl"];
    for with_end in [false, true] {
        if with_end {
            let last: serde_json::Value =
                serde_json::from_str(forged.last().expect("a record")).expect("JSON");
            let end = serde_json::json!({"end": last["sequence"], "hash": last["hash"]});
            forged.push(end.to_string());
        }
        write(&installation, "forged.jsonl", &forged);
        let refused = installation.refusal(&verify);
        assert!(refused.contains("there is no checkpoint"), "{refused}");
        assert!(!second_opinion(&installation, "forged.jsonl"));
        let said = installation.tanba(&plain);
        assert!(
            text(&said.stdout).contains("Nothing proves it"),
            "{}",
            text(&said.stdout)
        );
        let verdict = installation.facts(&plain);
        assert_eq!(verdict["unsigned"], verdict["records"]);
    }
    // The records after the checkpoint before the last, without the last one: each fits, and some may be missing.
    let mut cut = whole;
    let _ = cut.pop();
    let _ = cut.pop();
    write(&installation, "forged.jsonl", &cut);
    let refused = installation.refusal(&verify);
    assert!(refused.contains("after the last checkpoint"), "{refused}");
    assert!(!second_opinion(&installation, "forged.jsonl"));
}

#[test]
fn where_the_key_is_away_the_export_says_that_nothing_proves_its_end() {
    let installation = signed();
    std::fs::rename(
        installation.path("passphrase"),
        installation.path("elsewhere"),
    )
    .expect("moved");
    // Stopping needs no key.
    let stop = ["issuer", "stop", "nca-rsa", "--reason", "a rumour"];
    assert!(installation.tanba(&stop).status.success());
    let output = installation.tanba(&["audit", "export", "-o", "unsigned.jsonl"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("cannot be signed"),
        "{}",
        text(&output.stderr)
    );
    let exported = lines(&installation, "unsigned.jsonl");
    assert!(exported.last().expect("a line").contains("\"end\""));
    let verify = ["audit", "verify", "unsigned.jsonl"];
    let verdict = installation.facts(&verify);
    assert!(verdict["unsigned"].as_u64() > Some(0), "{verdict}");
    assert!(!second_opinion(&installation, "unsigned.jsonl"));
    // An end that fell off by accident is seen without any key.
    let records = (0..exported.len()).filter(|index| exported[*index].contains("\"event\""));
    for lost in records.rev().take(2) {
        let mut cut = exported.clone();
        let _ = cut.remove(lost);
        write(&installation, "unsigned.jsonl", &cut);
        installation.refusal(&verify);
    }
}

#[test]
fn a_chain_that_was_made_anew_betrays_itself_by_its_checkpoints() {
    let installation = signed();
    let other = signed();
    // Records of one log under the statements of another: what somebody would forge who has the database but no seal.
    let foreign = lines(&other, "audit.jsonl");
    let mut own = lines(&installation, "audit.jsonl");
    for (line, theirs) in own.iter_mut().zip(foreign) {
        if line.contains("\"event\"") {
            *line = theirs;
        }
    }
    write(&installation, "forged.jsonl", &own);
    let arguments = ["audit", "verify", "forged.jsonl", "--trusted", "root.pem"];
    assert!(
        installation
            .refusal(&arguments)
            .contains("other records than there are")
    );
    // A whole log of somebody else holds, but not under our root.
    std::fs::copy(other.path("audit.jsonl"), installation.path("other.jsonl")).expect("copied");
    let arguments = ["audit", "verify", "other.jsonl", "--trusted", "root.pem"];
    let refused = installation.tanba(&arguments);
    assert!(text(&refused.stderr).contains("not trusted"));
    let said = text(&refused.stdout);
    assert!(
        said.contains("does not count") && !said.contains("there is no checkpoint"),
        "{said}"
    );
    // Nor does it continue what was kept of ours.
    let arguments = [
        "audit",
        "verify",
        "other.jsonl",
        "--checkpoint",
        "first.json",
    ];
    assert!(
        installation
            .refusal(&arguments)
            .contains("the checkpoint that was kept")
    );
    let kept = ["audit", "verify", "--checkpoint", "first.json"];
    assert_eq!(installation.facts(&kept)["valid"], true);
    // An end that was cut off behind the kept checkpoint.
    let cut = lines(&installation, "audit.jsonl");
    write(&installation, "cut.jsonl", &cut[..5]);
    let arguments = [
        "audit",
        "verify",
        "cut.jsonl",
        "--checkpoint",
        "second.json",
    ];
    assert!(installation.refusal(&arguments).contains("cut off"));
}

#[test]
fn a_later_part_of_the_log_is_checked_by_itself() {
    let installation = signed();
    let size = installation.facts(&["audit", "verify"])["records"].clone();
    let first: serde_json::Value =
        serde_json::from_str(&lines(&installation, "first.json")[0]).expect("JSON");
    let first: serde_json::Value =
        serde_json::from_str(first["checkpoint"].as_str().expect("text")).expect("JSON");
    let since = first["size"].to_string();
    let export = ["audit", "export", "--since", &since, "-o", "part.jsonl"];
    assert!(installation.tanba(&export).status.success());
    let verify = [
        "audit",
        "verify",
        "part.jsonl",
        "--trusted",
        "root.pem",
        "--checkpoint",
        "first.json",
    ];
    let verdict = installation.facts(&verify);
    assert_eq!(verdict["records"], size);
    assert_eq!(verdict["since"].to_string(), since);
    assert_eq!(verdict["checkpoints"], 2);
    assert!(second_opinion(&installation, "part.jsonl"));
    // The first record that is there was made of the last one that is not.
    let start: serde_json::Value =
        serde_json::from_str(&lines(&installation, "part.jsonl")[0]).expect("JSON");
    let before = start["hash"].as_str().expect("a hash");
    let expect = ["audit", "verify", "part.jsonl", "--expect", before];
    assert_eq!(installation.facts(&expect)["valid"], true);
    let mut part = lines(&installation, "part.jsonl");
    let hash = part[0].find("\"hash\":\"").expect("a hash") + 8;
    part[0].replace_range(hash..hash + 4, "0000");
    write(&installation, "changed.jsonl", &part);
    installation.refusal(&["audit", "verify", "changed.jsonl"]);
    // Nothing came since: the checkpoint says so.
    let export = [
        "audit",
        "export",
        "--since",
        &size.to_string(),
        "-o",
        "part.jsonl",
    ];
    assert!(installation.tanba(&export).status.success());
    let verify = ["audit", "verify", "part.jsonl", "--trusted", "root.pem"];
    assert_eq!(installation.facts(&verify)["signed"], size);
    assert!(second_opinion(&installation, "part.jsonl"));
    // Here none was made of it: whoever writes the file writes what is expected.
    let mut part = lines(&installation, "part.jsonl");
    let hash = part[0].find("\"hash\":\"").expect("a hash") + 8;
    let wanted = "5a".repeat(32);
    part[0].replace_range(hash..hash + 64, &wanted);
    write(&installation, "changed.jsonl", &part);
    let expect = ["audit", "verify", "changed.jsonl", "--expect", &wanted];
    assert!(
        installation
            .refusal(&expect)
            .contains("not in the audit chain")
    );
    let beyond = ["audit", "export", "--since", "100000", "-o", "none.jsonl"];
    assert!(installation.refusal(&beyond).contains("there are only"));
}

#[test]
fn a_proof_shows_one_record_or_a_longer_log_and_nothing_else() {
    let installation = signed();
    for (arguments, said) in [
        (["--record", "3"], "Record 3 is in the log"),
        (["--from", "4"], "continues that of 4"),
    ] {
        let prove = [&["audit", "prove", "-o", "proof.json"][..], &arguments].concat();
        assert!(installation.tanba(&prove).status.success());
        let verify = [
            "audit",
            "verify",
            "--proof",
            "proof.json",
            "--trusted",
            "root.pem",
        ];
        let output = installation.tanba(&verify);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains(said));
        let proof = std::fs::read_to_string(installation.path("proof.json")).expect("text");
        for (from, to) in [
            ("\"sequence\":3", "\"sequence\":2"),
            ("system", "sistem"),
            ("\"size\":4", "\"size\":3"),
            ("\"path\":[\"", "\"path\":[\"00"),
        ] {
            let forged = proof.replacen(from, to, 1);
            if forged == proof {
                continue;
            }
            std::fs::write(installation.path("proof.json"), forged).expect("written");
            assert_eq!(installation.tanba(&verify).status.code(), Some(1), "{to}");
        }
    }
    let beyond = ["audit", "prove", "--record", "100000"];
    assert!(installation.refusal(&beyond).contains("not among them"));
    let untrusted = installation.tanba(&["audit", "verify", "--proof", "proof.json"]);
    assert_eq!(
        untrusted.status.code(),
        Some(2),
        "a proof without a root proves nothing"
    );
}

#[test]
fn a_proof_of_issue_is_that_of_one_certificate() {
    let installation = Installation::new(&[]);
    let [iin, other] = installation.import_people();
    let issued = [("first", &iin), ("second", &other)].map(|(name, iin)| {
        request(&installation, "signature");
        let facts = installation.facts(&issue(iin));
        std::fs::rename(installation.path("signature.pem"), installation.path(name))
            .expect("moved");
        facts["serial"]
            .as_str()
            .expect("a serial number")
            .to_owned()
    });
    assert!(
        installation
            .tanba(&["audit", "checkpoint", "-o", "sealed.json"])
            .status
            .success()
    );
    let output = installation.tanba(&["audit", "export", "-o", "audit.jsonl"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let of_the_first = lines(&installation, "audit.jsonl")
        .into_iter()
        .find(|line| line.contains("certificate.issue") && line.contains(&issued[0]))
        .expect("a record of issue");
    let record: serde_json::Value = serde_json::from_str(&of_the_first).expect("JSON");
    let number = record["sequence"].to_string();
    let prove = ["audit", "prove", "--record", &number, "-o", "proof.json"];
    assert!(installation.tanba(&prove).status.success());
    let of = |certificate: &'static str| {
        let mut verify = words("audit verify --proof proof.json --trusted root.pem --certificate");
        verify.push(certificate);
        verify
    };
    let proved = installation.facts(&of("first"));
    assert_eq!(proved["event"]["action"], "certificate.issue");
    assert_eq!(proved["record"].to_string(), number);
    let refused = installation.refusal(&of("second"));
    assert!(refused.contains("that certificate"), "{refused}");
    let said = installation.tanba(&of("first"));
    assert!(text(&said.stdout).contains("certificate.issue"));
}

#[test]
fn a_checkpoint_that_a_person_signed_is_no_checkpoint() {
    let installation = Installation::new(&[]);
    let [iin, _] = installation.import_people();
    request(&installation, "signature");
    installation.facts(&issue(&iin));
    for arguments in [
        ["audit", "checkpoint", "-o", "sealed.json"],
        ["audit", "export", "-o", "audit.jsonl"],
    ] {
        let output = installation.tanba(&arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let chain = std::fs::read_to_string(installation.path("signature.pem")).expect("text");
    let (_, above) = chain
        .split_once("-----END CERTIFICATE-----\n")
        .expect("a chain");
    std::fs::write(installation.path("chain.pem"), above).expect("written");
    // Who has the database and a key of his own under the root makes the whole log anew and signs it. What was signed before he
    // had that key he leaves out.
    let mut log = lines(&installation, "audit.jsonl");
    let last = log.len() - 1;
    let mut number = 0..;
    log.retain(|line| number.next() == Some(last) || !line.contains("\"checkpoint\""));
    for line in &mut log {
        let mut parts: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let Some(content) = parts["checkpoint"].as_str() else {
            continue;
        };
        std::fs::write(installation.path("content"), content).expect("written");
        installation.openssl(&words(
            "cms -sign -binary -in content -signer signature.pem -inkey signature.key -certfile chain.pem \
             -outform DER -out signature.der -cades",
        ));
        let signature = std::fs::read(installation.path("signature.der")).expect("octets");
        parts["signature"] = STANDARD.encode(signature).into();
        *line = parts.to_string();
    }
    write(&installation, "signed.jsonl", &log);
    let arguments = ["audit", "verify", "signed.jsonl", "--trusted", "root.pem"];
    let refused = installation.refusal(&arguments);
    assert!(refused.contains("not sealed by the authority"), "{refused}");
    assert!(second_opinion(&installation, "audit.jsonl"));
    assert!(!second_opinion(&installation, "signed.jsonl"));
}

#[test]
fn a_log_that_a_cross_certified_authority_sealed_is_not_ours() {
    let installation = Installation::new(&["--issuing-key", "ec-p384"]);
    partner::cross_certified(&installation);
    let export = installation.tanba(&["audit", "export", "-o", "audit.jsonl"]);
    assert!(export.status.success(), "{}", text(&export.stderr));
    // A seal as ours are, by the partner, and what he needs to show that our root stands above him.
    let seal = format!(
        "{}crlDistributionPoints = URI:http://pki.example.kz/crl/nca-ec/0.crl\n",
        partner::DOCUMENTS
    );
    let below = partner::AUTHORITY.replace("CA:TRUE", "CA:TRUE, pathlen:0");
    partner::certify(
        &installation,
        "below",
        "/CN=BELOW/C=KZ",
        &below,
        Some("partner"),
    );
    let read = |name: &str| std::fs::read_to_string(installation.path(name)).expect("text");
    let cross = read("cross/cross-by-root.pem");
    for by in ["partner", "below"] {
        partner::certify(
            &installation,
            "seal",
            "/CN=DOCUMENT_SEAL/C=KZ",
            &seal,
            Some(by),
        );
        std::fs::write(installation.path("more.pem"), read("below.pem") + &cross).expect("written");
        let mut forged = made_anew(&lines(&installation, "audit.jsonl"), "ceremony.");
        let (mut hashes, mut size) = (Frontier::default(), 0);
        for line in &forged {
            let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let hash = tanba_pki::hex::decode(record["hash"].as_str().expect("text"));
            hashes.push(leaf(&hash.expect("hex").try_into().expect("a hash")));
            size += 1;
        }
        let head = hashes.head();
        assert_eq!(head.size, size);
        let statement =
            tanba_model::audit::Checkpoint::of(&head, "http://pki.example.kz".to_owned(), now());
        let content = statement.to_bytes().expect("a statement");
        std::fs::write(installation.path("content"), &content).expect("written");
        partner::sign(
            &installation,
            "content",
            "seal",
            "more.pem",
            "signature.der",
        );
        let signature = std::fs::read(installation.path("signature.der")).expect("octets");
        let checkpoint = serde_json::json!({
            "checkpoint": text(&content), "signature": STANDARD.encode(signature),
        });
        forged.push(checkpoint.to_string());
        write(&installation, "forged.jsonl", &forged);
        let refused = installation.refusal(&words("audit verify forged.jsonl --trusted root.pem"));
        assert!(
            refused.contains("directly below the root") || refused.contains("is not trusted"),
            "{by}: {refused}"
        );
        assert!(!second_opinion(&installation, "forged.jsonl"), "{by}");
    }
    assert!(second_opinion(&installation, "audit.jsonl"));
}

#[test]
fn a_file_without_records_or_with_something_else_is_no_log() {
    let installation = Installation::new(&[]);
    let export = installation.tanba(&["audit", "export", "-o", "audit.jsonl"]);
    assert!(export.status.success(), "{}", text(&export.stderr));
    let whole = lines(&installation, "audit.jsonl");
    for (content, sentence) in [
        (Vec::new(), "no record"),
        (vec!["0".to_owned()], "line 1 is not a line"),
        (
            [&whole[..1], &["{}".to_owned()]].concat(),
            "line 2 is not a line",
        ),
    ] {
        write(&installation, "other.jsonl", &content);
        let verify = ["--json", "audit", "verify", "other.jsonl"];
        let output = installation.tanba(&verify);
        assert_eq!(output.status.code(), Some(1), "{sentence}");
        let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(verdict["valid"], false, "{verdict}");
        let fault = verdict["fault"].as_str().expect("a fault");
        assert!(fault.contains(sentence), "{fault}");
    }
    // Which root was believed that only the database knows.
    let said = text(&installation.tanba(&["audit", "verify"]).stdout);
    let pem = std::fs::read(installation.path("root.pem")).expect("a file");
    let root = tanba_pki::Certificate::from_pem(&pem).expect("a root");
    assert!(
        said.contains(&tanba_pki::hex::encode(&root.sha256())),
        "{said}"
    );
}

#[test]
fn a_log_may_be_asked_to_be_sealed_by_one_authority() {
    let installation = signed();
    let mine = text(&installation.tanba(&["issuer", "list", "--json"]).stdout);
    assert!(mine.contains("nca-rsa"), "{mine}");
    let database =
        rusqlite::Connection::open(installation.path("tanba.sqlite")).expect("a database");
    let sql = "SELECT certificate FROM issuer WHERE kind = 'issuing'";
    let der: Vec<u8> = database.query_row(sql, [], |row| row.get(0)).expect("it");
    let pem = tanba_pki::pem::encode("CERTIFICATE", &der);
    std::fs::write(installation.path("issuing.pem"), pem).expect("written");
    for (authority, right) in [("issuing.pem", true), ("root.pem", false)] {
        let line = format!("audit verify audit.jsonl --trusted root.pem --authority {authority}");
        let output = installation.tanba(&words(&line));
        assert_eq!(output.status.success(), right, "{}", text(&output.stderr));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/verify-audit.py");
        let second = Command::new("python3")
            .arg(script)
            .arg("--authority")
            .args([authority, "audit.jsonl", "root.pem"].map(|name| installation.path(name)))
            .status()
            .expect("python3");
        assert_eq!(second.success(), right);
    }
    let verdict = installation.facts(&words("audit verify audit.jsonl --trusted root.pem"));
    assert_eq!(verdict["log"], "http://pki.example.kz", "{verdict}");
}

#[test]
fn what_was_changed_beside_the_log_is_named_by_every_command_that_looks() {
    let installation = signed();
    let change = |sql: &str| {
        let database = rusqlite::Connection::open(installation.path("tanba.sqlite"));
        database
            .expect("a database")
            .execute_batch(sql)
            .expect("changed");
    };
    let verify = ["audit", "verify"];
    let check = ["certificate", "check", "--all"];
    let doctor = ["doctor", "--offline"];
    let stop = ["issuer", "stop", "nca-rsa", "--reason", "a rumour"];
    for whole in [&verify[..], &check, &stop] {
        let output = installation.tanba(whole);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    for (sql, code) in [
        ("DELETE FROM issuance_stop", "stop-missing"),
        (
            "UPDATE person SET email = 'thief@example.kz' WHERE id = 1",
            "person-channels",
        ),
        (
            "DROP TRIGGER audit_checkpoint_stays; DELETE FROM audit_checkpoint",
            "checkpoint-late",
        ),
    ] {
        change(sql);
        for command in [&check[..], &doctor] {
            let output = installation.tanba(&[command, &["--json"]].concat());
            assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
            assert!(
                text(&output.stdout).contains(code),
                "{}",
                text(&output.stdout)
            );
        }
    }
    let refused = installation.refusal(&doctor);
    assert!(
        refused.contains("the server works") && !refused.contains("keeps the server from"),
        "{refused}"
    );
    let refused = installation.refusal(&verify);
    assert!(refused.contains("there is no checkpoint"), "{refused}");
}

#[test]
fn lists_that_are_imported_one_after_the_other_for_one_reason_stay_apart() {
    let installation = signed();
    for number in 0..4 {
        let keys = (1..4).map(|key| format!("{key:032x}{:032x}\n", number ^ key));
        std::fs::write(installation.path("list.txt"), keys.collect::<String>()).expect("written");
        let block = ["key", "block", "--list", "list.txt", "--reason", "weak"];
        let output = installation.tanba(&block);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    installation.facts(&["certificate", "check", "--all"]);
    let database = rusqlite::Connection::open(installation.path("tanba.sqlite"));
    let seconds: i64 = database
        .expect("a database")
        .query_row("SELECT count(DISTINCT at) FROM blocked_key", [], |row| {
            row.get(0)
        })
        .expect("a number");
    assert_eq!(seconds, 4);
}

#[test]
fn a_checkpoint_of_before_is_not_handed_out_as_that_of_now() {
    let installation = signed();
    let database = rusqlite::Connection::open(installation.path("tanba.sqlite"));
    // As after a rollover, before the server made a seal.
    let changed = database
        .expect("a database")
        .execute(
            "UPDATE issuer SET seal_certificate = NULL, seal_key = NULL",
            [],
        )
        .expect("changed");
    assert!(changed > 0);
    let refused = installation.refusal(&["audit", "checkpoint", "-o", "last.json"]);
    assert!(
        refused.contains("no seal yet") && refused.contains("newest checkpoint states"),
        "{refused}"
    );
    assert!(!installation.path("last.json").exists());
}

#[test]
fn a_server_signs_the_log_when_it_is_stopped() {
    let installation = signed();
    let server = installation.serve();
    let stop = ["issuer", "stop", "nca-rsa", "--reason", "a rumour"];
    assert!(installation.tanba(&stop).status.success());
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0), "{log}");
    let verdict = installation.facts(&["audit", "verify"]);
    assert_eq!(verdict["unsigned"], 0, "{verdict}");
}

#[test]
fn the_server_compares_by_itself_and_tells_what_it_found() {
    let installation = signed();
    let compared = || {
        let server = installation.serve();
        let number = |name: &str| -> i64 {
            let scrape = get_as(&server.machines, &server.machines, "/metrics", "");
            let line = scrape.lines().find_map(|line| line.strip_prefix(name));
            line.expect("a number").trim().parse().expect("a number")
        };
        let is_compared = (0..600).any(|_| {
            pause(std::time::Duration::from_millis(200));
            number("tanba_evidence_compared_seconds ") != 0
        });
        assert!(is_compared, "nobody compares");
        let faults = number("tanba_evidence_faults ");
        (faults, server.terminate().1)
    };
    let (faults, log) = compared();
    assert_eq!(faults, 0, "{log}");
    assert!(
        log.contains("the database was compared with the audit log"),
        "{log}"
    );
    let database = rusqlite::Connection::open(installation.path("tanba.sqlite"));
    let sql = "UPDATE person SET email = 'thief@example.kz' WHERE id = 1; DROP TRIGGER staff_stays";
    database
        .expect("a database")
        .execute_batch(sql)
        .expect("SQL");
    let (faults, log) = compared();
    assert_eq!(faults, 2, "{log}");
    for said in [
        "person-channels",
        "schema-other",
        "something else than the audit log",
    ] {
        assert!(log.contains(said), "{said}: {log}");
    }
    assert!(!log.contains("thief@"), "{log}");
    let mended = installation.facts(&["migrate", "--mend"]);
    assert_eq!(mended["mended"][0], "the trigger staff_stays is not there");
    assert_eq!(mended["left"].as_array().map(Vec::len), Some(0));
    let database = rusqlite::Connection::open(installation.path("tanba.sqlite"));
    let database = database.expect("a database");
    let last = || -> String {
        let sql = "SELECT CAST(event AS TEXT) FROM audit_log ORDER BY sequence DESC LIMIT 1";
        let event = database.query_row(sql, [], |row| row.get(0));
        event.expect("an event")
    };
    let event = last();
    for said in [
        "\"action\":\"database.mend\"",
        "the trigger staff_stays is not there",
        "administrator",
    ] {
        assert!(event.contains(said), "{said}: {event}");
    }
    // What has to be looked at is left, and said with the exit code, too.
    let sql = "CREATE TRIGGER divert AFTER INSERT ON message BEGIN SELECT 1; END";
    database.execute_batch(sql).expect("SQL");
    let refused = installation.refusal(&["migrate", "--mend"]);
    assert!(
        refused.contains("one thing is not as this program makes it"),
        "{refused}"
    );
    assert_eq!(last(), event);
    mending_takes_no_pages_of_others(&installation, &database);
    assert_eq!(last(), event);
    // Where nobody knows whether it is an old copy, the log does not grow.
    database
        .execute_batch("DROP TRIGGER staff_stays")
        .expect("SQL");
    let (witness, aside) = (
        installation.path("tanba.witness"),
        installation.path("aside"),
    );
    std::fs::rename(witness, aside).expect("moved");
    let refused = installation.refusal(&["migrate", "--mend"]);
    assert!(refused.contains("tanba.witness"), "{refused}");
    assert_eq!(last(), event);
}

/// An index that is said to begin on a page of people keeps everything from being mended.
fn mending_takes_no_pages_of_others(installation: &Installation, database: &rusqlite::Connection) {
    let page = |name: &str| -> i64 {
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        let page = database.query_row(sql, [name], |row| row.get(0));
        page.expect("a page")
    };
    let (own, persons) = (page("staff_person"), page("person"));
    let written = |page: i64, from: &str, to: &str| {
        format!(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET rootpage = {page}, sql = replace(sql, '{from}', '{to}') WHERE name = 'staff_person';
             PRAGMA writable_schema = RESET"
        )
    };
    let change = written(persons, " ON ", "  ON ");
    database.execute_batch(&change).expect("SQL");
    let refused = installation.refusal(&["migrate", "--mend"]);
    assert!(
        refused.contains("nothing was signed or changed") && refused.contains("integrity check"),
        "{refused}"
    );
    let doctor = installation.refusal(&["doctor"]);
    assert!(doctor.contains("keeps the server from working"), "{doctor}");
    let back = written(own, "  ON ", " ON ");
    database.execute_batch(&back).expect("SQL");
    let count = "SELECT count(*) FROM person";
    let people: i64 = (database.query_row(count, [], |row| row.get(0))).expect("people");
    assert!(people > 0);
}

/// Writes the newest full lists of root and issuing authority.
pub(crate) fn write_lists(installation: &Installation, names: [&str; 2]) {
    let database = rusqlite::Connection::open(installation.path("tanba.sqlite"));
    let database = database.expect("a database");
    let sql = "SELECT der FROM crl WHERE kind = 'full' ORDER BY issuer_id";
    let mut statement = database.prepare(sql).expect("SQL");
    let lists = statement.query_map([], |row| row.get(0)).expect("lists");
    for (name, list) in names.iter().zip(lists) {
        let list: Vec<u8> = list.expect("a list");
        std::fs::write(installation.path(name), list).expect("written");
    }
}

/// The independent verifier, which looks seals up in lists.
fn looked_up(installation: &Installation, lists: &[&str], rest: &[&str]) -> bool {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/verify-audit.py");
    let file = |name: &&str| match name.strip_prefix("--") {
        Some(_) => (*name).into(),
        None => installation.path(name),
    };
    let output = Command::new("python3")
        .arg(script)
        .args(lists.iter().map(file))
        .args(rest.iter().map(file))
        .output()
        .expect("python3");
    assert!(
        !text(&output.stderr).contains("Traceback"),
        "{}",
        text(&output.stderr)
    );
    output.status.success()
}

#[test]
fn what_a_revoked_seal_signed_counts_as_far_as_nobody_else_can_have_signed_it() {
    let installation = signed();
    let verify = |lists: &[&str]| {
        let mut arguments = vec!["audit", "verify", "audit.jsonl", "--trusted", "root.pem"];
        let lists: Vec<&str> = lists.iter().flat_map(|list| ["--crl", list]).collect();
        arguments.extend(&lists);
        let output = installation.tanba(&arguments);
        assert_eq!(
            looked_up(&installation, &lists, &["audit.jsonl", "root.pem"]),
            output.status.success(),
            "{lists:?}"
        );
        output
    };
    let refusal = |lists: &[&str]| {
        let output = verify(lists);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
        text(&output.stderr)
    };
    let done = |arguments: &[&str]| {
        let output = installation.tanba(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    write_lists(&installation, ["root.crl", "before.crl"]);
    let said = text(&verify(&[]).stdout);
    assert!(said.contains("revoked was not looked at"), "{said}");
    let said = text(&verify(&["root.crl", "before.crl"]).stdout);
    assert!(said.contains("looked up in lists"), "{said}");
    let refused = refusal(&["before.crl"]);
    assert!(refused.contains("no list that was given"), "{refused}");
    // Revoked an hour before it signed: as the list says it, whoever has the key may sign what he likes.
    let revoke = |reason: u8, earlier: u32| {
        let database = rusqlite::Connection::open(installation.path("tanba.sqlite"));
        let sql = format!(
            "UPDATE certificate SET status = 'revoked', reason = {reason}, revoked_at = unixepoch() + 5 - {earlier}
             WHERE profile = 'document-seal' AND id = (SELECT min(id) FROM certificate WHERE profile = 'document-seal')"
        );
        assert_eq!(
            database
                .expect("a database")
                .execute(&sql, [])
                .expect("SQL"),
            1
        );
        done(&["crl", "publish"]);
    };
    for (reason, name) in [(5, "left.crl"), (1, "stolen.crl")] {
        revoke(reason, 3_600);
        write_lists(&installation, ["root.crl", name]);
        let refused = refusal(&["root.crl", name]);
        assert!(refused.contains("was revoked"), "{refused}");
    }
    // Revoked after all that it signed.
    revoke(5, 0);
    write_lists(&installation, ["root.crl", "after.crl"]);
    assert!(verify(&["root.crl", "after.crl"]).status.success());
    // The same, for somebody else may have the key: the seal that came after it must confirm what it signed.
    revoke(1, 0);
    write_lists(&installation, ["root.crl", "after.crl"]);
    let refused = refusal(&["root.crl", "after.crl"]);
    assert!(refused.contains("no later seal confirms"), "{refused}");
    // The server makes another seal when it starts.
    let _ = installation.serve().terminate();
    done(&["audit", "export", "-o", "audit.jsonl"]);
    let output = verify(&["root.crl", "after.crl"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let proof = ["audit", "prove", "--record", "1", "-o", "proof.json"];
    done(&proof);
    let verify_proof =
        words("audit verify --proof proof.json --trusted root.pem --crl root.crl --crl after.crl");
    done(&verify_proof);
    for (lists, right) in [
        (&["--crl", "root.crl", "--crl", "after.crl"][..], true),
        (&["--crl", "root.crl"], false),
    ] {
        let proof = ["--proof", "proof.json", "root.pem"];
        assert_eq!(looked_up(&installation, lists, &proof), right, "{lists:?}");
    }
}

#[test]
fn whoever_calls_the_second_verifier_wrongly_is_told_how_to() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/verify-audit.py");
    for arguments in [&[][..], &["--crl"], &["--proof"], &["audit.jsonl"]] {
        let output = Command::new("python3")
            .arg(&script)
            .args(arguments)
            .output()
            .expect("python3");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = text(&output.stderr);
        assert!(
            said.contains("[--crl LIST]") && !said.contains("Traceback"),
            "{said}"
        );
    }
}
