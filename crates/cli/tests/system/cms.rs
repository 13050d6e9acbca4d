//! `tanba cms` on the samples of other implementations and on its own messages.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The folder of foreign samples; says so loudly when it is absent.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told where samples are by the environment"
)]
fn fixtures(folder: &str) -> Option<PathBuf> {
    let root = std::env::var("TANBA_FIXTURES").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let folder = root.join(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: fixtures folder absent: {}", folder.display());
    None
}

/// Exit code, standard output and standard error output.
struct Answer {
    code: i32,
    out: String,
    error: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|_| panic!("not JSON: {}{}", self.out, self.error))
    }
}

fn tanba(folder: &Path, arguments: &str) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_tanba"))
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    Answer {
        code: output.status.code().expect("the program was not killed"),
        out: text(&output.stdout),
        error: text(&output.stderr),
    }
}

fn openssl(folder: &Path, arguments: &str) -> String {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "openssl {arguments}\n{text}");
    text
}

#[test]
fn foreign_samples_get_their_verdicts() {
    let Some(folder) = fixtures("cms") else {
        return;
    };
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let samples: serde_json::Map<String, Value> = serde_json::from_str(&expected).unwrap();
    let mut wrong = Vec::new();
    for (name, sample) in &samples {
        let answer = tanba(
            &folder,
            &format!("cms verify {name} --time 2010-01-01T00:00:00Z --json"),
        );
        let facts = answer.json();
        let valid = sample["openssl36_verify_noverify"] == "SUCCESS";
        let parsed = sample["parse"] == "SUCCESS";
        let signers = sample["signers"].as_u64().unwrap_or_default();
        let counted = facts["signers"].as_array().map_or(0, Vec::len);
        let fits = answer.code == i32::from(!valid)
            && facts["valid"] == valid
            && facts["parsed"] == parsed
            && (facts["detached"] == true || u64::try_from(counted) == Ok(signers))
            && (valid == answer.error.is_empty())
            && answer.error.lines().count() <= 1;
        if !fits {
            wrong.push(format!(
                "{name}: {} {}{}",
                answer.code, answer.out, answer.error
            ));
        }
    }
    println!(
        "CMS samples through the command line: {} run, 0 skipped",
        samples.len()
    );
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn old_samples_are_trusted_only_through_their_issuer() {
    let Some(folder) = fixtures("cms/rfc4134") else {
        return;
    };
    let desk = tempfile::tempdir().unwrap();
    for name in [
        "4.1.bin",
        "4.4.bin",
        "4.5.bin",
        "4.7.bin",
        "4.8.eml",
        "4.11.bin",
        "CarlRSASelf.cer",
    ] {
        std::fs::copy(folder.join(name), desk.path().join(name)).unwrap();
    }
    let desk = desk.path();
    openssl(
        desk,
        "pkcs7 -inform DER -in 4.4.bin -print_certs -out all.pem",
    );
    let all = std::fs::read_to_string(desk.join("all.pem")).unwrap();
    let root = all
        .split("subject=")
        .find(|part| part.starts_with("CN = CarlDSS"))
        .expect("the issuer lies in the sample");
    std::fs::write(desk.join("CarlDSS.pem"), root).unwrap();
    let judge = |file: &str, trusted: &str| {
        let answer = tanba(
            desk,
            &format!("cms verify {file} --trusted {trusted} --time 2010-01-01T00:00:00Z --json"),
        );
        (
            answer.code,
            answer.json()["signers"][0]["trust"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let trusted = (0, "trusted".to_owned());
    let refused = (1, "refused".to_owned());
    for file in ["4.1.bin", "4.4.bin", "4.7.bin"] {
        assert_eq!(judge(file, "CarlDSS.pem"), trusted, "{file}");
        assert_eq!(judge(file, "CarlRSASelf.cer"), refused, "{file}");
    }
    assert_eq!(judge("4.5.bin", "CarlRSASelf.cer"), trusted);
    assert_eq!(judge("4.5.bin", "CarlDSS.pem"), refused);
    let late = tanba(
        desk,
        "cms verify 4.5.bin --trusted CarlRSASelf.cer --time 2040-01-01T00:00:00Z",
    );
    assert_eq!(late.code, 1);
    assert!(late.error.contains("expired"), "{}", late.error);
    let strict = tanba(desk, "cms verify 4.5.bin --strict");
    assert!(
        strict.code == 1 && strict.error.contains("too weak"),
        "{}",
        strict.error
    );
}

/// A root and a signer's key store with the password `Secret1`.
fn key_store(folder: &Path, kind: &str) {
    std::fs::write(folder.join("password"), "Secret1\n").unwrap();
    std::fs::write(
        folder.join("ext"),
        "keyUsage=digitalSignature,nonRepudiation\nauthorityKeyIdentifier=keyid\n",
    )
    .unwrap();
    openssl(
        folder,
        &format!(
            "req -x509 -newkey {kind} -nodes -keyout root.key -out root.pem -days 30 -subj /CN=Root"
        ),
    );
    openssl(
        folder,
        &format!("req -newkey {kind} -nodes -keyout signer.key -out signer.csr -subj /CN=Signer"),
    );
    openssl(
        folder,
        "x509 -req -in signer.csr -CA root.pem -CAkey root.key -set_serial 77 -days 20 -extfile ext -out signer.pem",
    );
    openssl(
        folder,
        "pkcs12 -export -in signer.pem -inkey signer.key -certfile root.pem -out signer.p12 -passout pass:Secret1",
    );
}

#[test]
fn signing_and_verifying_go_round_with_openssl() {
    for kind in [
        "rsa:2048",
        "ec -pkeyopt ec_paramgen_curve:P-256",
        "ec -pkeyopt ec_paramgen_curve:P-384",
    ] {
        let desk = tempfile::tempdir().unwrap();
        let desk = desk.path();
        key_store(desk, kind);
        std::fs::write(desk.join("file"), b"Hello\r\n\0world").unwrap();
        std::fs::write(desk.join("other"), b"Bye").unwrap();
        for detached in [false, true] {
            let form = if detached { "--detached --pem" } else { "" };
            let signed = tanba(
                desk,
                &format!(
                    "cms sign file --keystore signer.p12 --password-file password {form} --json"
                ),
            );
            assert_eq!(signed.code, 0, "{}", signed.error);
            assert_eq!(signed.json()["out"], "file.cms");
            let (form, content, ours) = if detached {
                ("PEM", "-content file", "--content file")
            } else {
                ("DER", "", "")
            };
            openssl(
                desk,
                &format!(
                    "cms -verify -cades -binary -inform {form} -in file.cms {content} -CAfile root.pem -purpose any -out got"
                ),
            );
            let judged = tanba(
                desk,
                &format!("cms verify file.cms {ours} --trusted root.pem --out got --json"),
            );
            assert_eq!(judged.code, 0, "{}", judged.error);
            assert_eq!(judged.json()["signers"][0]["trust"], "trusted");
            assert_eq!(
                std::fs::read(desk.join("got")).unwrap(),
                b"Hello\r\n\0world"
            );
            let other = tanba(
                desk,
                "cms verify file.cms --content other --trusted root.pem",
            );
            assert_eq!(other.code, 1, "{}", other.out);
            let stranger = tanba(
                desk,
                &format!("cms verify file.cms {ours} --trusted signer.csr"),
            );
            assert_eq!(stranger.code, 1);
        }
        for form in ["-nodetach", "-nodetach -stream", ""] {
            openssl(
                desk,
                &format!(
                    "cms -sign -binary {form} -in file -signer signer.pem -inkey signer.key -outform DER -out theirs"
                ),
            );
            let content = if form.is_empty() {
                "--content file"
            } else {
                ""
            };
            let judged = tanba(
                desk,
                &format!("cms verify theirs {content} --trusted root.pem"),
            );
            assert_eq!(judged.code, 0, "{kind} {form}: {}", judged.error);
            let mut octets = std::fs::read(desk.join("theirs")).unwrap();
            let last = octets.len() - if form.contains("stream") { 14 } else { 2 };
            octets[last] ^= 1;
            std::fs::write(desk.join("theirs"), octets).unwrap();
            let judged = tanba(
                desk,
                &format!("cms verify theirs {content} --trusted root.pem"),
            );
            assert_eq!(judged.code, 1, "{kind} {form}: {}", judged.out);
        }
    }
}

#[test]
fn what_goes_wrong_is_said_in_one_sentence() {
    let desk = tempfile::tempdir().unwrap();
    let desk = desk.path();
    key_store(desk, "rsa:2048");
    std::fs::write(desk.join("file"), b"Hello").unwrap();
    std::fs::write(desk.join("wrong"), b"Secret2").unwrap();
    let cases = [
        (
            "cms sign file --keystore signer.p12 --password-file wrong",
            1,
            "password",
        ),
        (
            "cms sign file --keystore file --password-file password",
            1,
            "not a key store",
        ),
        (
            "cms sign nothing --keystore signer.p12 --password-file password",
            1,
            "nothing",
        ),
        (
            "cms sign file --keystore signer.p12 --password-file password --key-id abcd",
            1,
            "no key abcd",
        ),
        ("cms verify file", 1, "neither a message nor signed mail"),
        ("cms verify nothing", 1, "nothing"),
        ("cms verify file --trusted file", 1, "file"),
        ("cms verify file --time yesterday", 2, ""),
        ("cms verify", 2, ""),
    ];
    for (arguments, code, words) in cases {
        let answer = tanba(desk, arguments);
        assert_eq!(
            answer.code, code,
            "{arguments}: {}{}",
            answer.out, answer.error
        );
        assert!(
            answer.error.contains(words),
            "{arguments}: {}",
            answer.error
        );
        assert!(
            code == 2 || answer.error.lines().count() == 1,
            "{arguments}: {}",
            answer.error
        );
    }
}

#[test]
fn a_key_for_signing_in_signs_with_a_warning() {
    let desk = tempfile::tempdir().unwrap();
    let desk = desk.path();
    key_store(desk, "rsa:2048");
    std::fs::write(desk.join("file"), b"Hello").unwrap();
    let sign = || {
        let answer = tanba(
            desk,
            "cms sign file --keystore signer.p12 --password-file password --json",
        );
        assert_eq!(answer.code, 0, "{}", answer.error);
        assert_eq!(answer.json()["out"], "file.cms");
        answer.error
    };
    assert_eq!(sign(), "");
    let usage = "keyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n";
    std::fs::write(desk.join("ext"), usage).unwrap();
    openssl(
        desk,
        "x509 -req -in signer.csr -CA root.pem -CAkey root.key -set_serial 78 -days 20 -extfile ext -out signer.pem",
    );
    openssl(
        desk,
        "pkcs12 -export -in signer.pem -inkey signer.key -certfile root.pem -out signer.p12 -passout pass:Secret1",
    );
    let warned = sign();
    assert!(
        warned.starts_with("warning:") && warned.contains("signing in"),
        "{warned}"
    );
}
