//! Signed checkpoints, proofs, and what a verifier that knows nothing of the server makes of them.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Installation, issue, request, text, words};

/// An installation with records, two checkpoints among them and records after the last.
fn signed() -> Installation {
    let installation = Installation::new(&[]);
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
    assert_eq!(verdict["checkpoints"], 2, "{verdict}");
    let records = verdict["records"].as_u64().expect("a number");
    let signed = verdict["signed"].as_u64().expect("a number");
    assert!(signed < records, "records come after the last checkpoint");
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
    let last_checkpoint = whole
        .iter()
        .rposition(|line| line.contains("checkpoint/1"))
        .expect("a checkpoint");
    for index in 0..last_checkpoint {
        let mut removed = whole.clone();
        let line = removed.remove(index);
        if !line.contains("checkpoint/1") {
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
        let mut swapped = whole.clone();
        swapped.swap(index, index + 1);
        refused(swapped, &format!("line {index} swapped"));
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
    assert!(installation.refusal(&arguments).contains("not trusted"));
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
    assert_eq!(verdict["checkpoints"], 1);
    assert!(second_opinion(&installation, "part.jsonl"));
    let mut part = lines(&installation, "part.jsonl");
    let hash = part[0].find("\"hash\":\"").expect("a hash") + 8;
    part[0].replace_range(hash..hash + 4, "0000");
    write(&installation, "changed.jsonl", &part);
    installation.refusal(&["audit", "verify", "changed.jsonl"]);
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
    // Who has the database and a key of his own under the root makes the whole log anew and signs it.
    let mut log = lines(&installation, "audit.jsonl");
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
