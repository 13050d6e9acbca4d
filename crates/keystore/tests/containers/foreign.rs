//! OpenSSL, NSS and Java as second opinions, in both directions.

use std::path::Path;
use std::process::{Command, Output};

use tanba_crypto::Signer;
use tanba_keystore::{Container, Profile};
use tempfile::TempDir;

use crate::material::{certificate, container, open, write};

const PASSWORDS: [&str; 3] = ["Qwerty12", "Құпия-Сөз1", ""];

/// Runs a program, or says loudly that it is not there.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Option<Output> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .output();
    if output.is_err() {
        crate::fixtures::say(&format!("SKIPPED: {program} is not installed"));
    }
    output.ok()
}

/// Runs a program that must succeed; its output.
fn succeed(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let output = run(program, arguments, folder)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {text}{errors}"
    );
    Some(text)
}

fn folder(password: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_password(folder.path(), password);
    folder
}

/// OpenSSL reads a line, which must be there even when it is empty.
fn write_password(folder: &Path, password: &str) {
    let line = if password.is_empty() { "\n" } else { password };
    std::fs::write(folder.join("password"), line).unwrap();
}

fn times(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn openssl_opens_what_we_write() {
    for profile in [Profile::Modern, Profile::Nca] {
        for password in PASSWORDS {
            let folder = folder(password);
            let bytes = write(&container(&["rsa", "ec"]), profile, password);
            std::fs::write(folder.path().join("ours.p12"), bytes).unwrap();
            let mut arguments = vec![
                "pkcs12",
                "-in",
                "ours.p12",
                "-passin",
                "file:password",
                "-nodes",
            ];
            if profile == Profile::Nca {
                arguments.push("-legacy");
            }
            let Some(text) = succeed("openssl", &arguments, folder.path()) else {
                return;
            };
            assert_eq!(times(&text, "BEGIN PRIVATE KEY"), 2, "{text}");
            let certificates = if profile == Profile::Nca { 2 } else { 4 };
            assert_eq!(times(&text, "BEGIN CERTIFICATE"), certificates, "{text}");
        }
    }
}

#[test]
fn nss_opens_what_we_write_and_we_open_what_it_writes() {
    for password in ["Qwerty12", "Құпия-Сөз1"] {
        for profile in [Profile::Modern, Profile::Nca] {
            let folder = folder(password);
            let path = folder.path();
            std::fs::write(
                path.join("ours.p12"),
                write(&container(&["rsa"]), profile, password),
            )
            .unwrap();
            if succeed("certutil", &["-N", "-d", "sql:.", "--empty-password"], path).is_none() {
                return;
            }
            let import = ["-i", "ours.p12", "-d", "sql:.", "-w", "password", "-K", ""];
            if succeed("pk12util", &import, path).is_none() {
                return;
            }
            let name = open(&std::fs::read(path.join("ours.p12")).unwrap(), password);
            let name = name.entries()[0].friendly_name().unwrap().to_owned();
            for options in [
                &[][..],
                &["-c", "AES-256-CBC", "-C", "AES-128-CBC"],
                &["-c", "DES-EDE3-CBC", "-C", "none"],
            ] {
                let mut arguments = vec![
                    "-o", "nss.p12", "-n", &name, "-d", "sql:.", "-w", "password", "-K", "",
                ];
                arguments.extend(options);
                succeed("pk12util", &arguments, path).unwrap();
                let theirs = open(&std::fs::read(path.join("nss.p12")).unwrap(), password);
                let (key, leaf) = theirs.keys().unwrap()[0].signer().unwrap();
                assert_eq!(leaf.der(), certificate("rsa").der());
                assert!(key.matches(leaf.public_key()));
            }
        }
    }
}

#[test]
fn java_opens_what_we_write_and_we_open_what_it_writes() {
    let folder = folder("Qwerty12");
    let path = folder.path();
    for profile in [Profile::Modern, Profile::Nca] {
        let bytes = write(&container(&["rsa", "ec"]), profile, "Qwerty12");
        std::fs::write(path.join("ours.p12"), bytes).unwrap();
        let list = [
            "-J-Duser.language=en",
            "-list",
            "-v",
            "-keystore",
            "ours.p12",
            "-storepass:file",
            "password",
        ];
        let Some(text) = succeed("keytool", &list, path) else {
            return;
        };
        assert_eq!(times(&text, "Entry type: PrivateKeyEntry"), 2, "{text}");
        let length = if profile == Profile::Modern { 3 } else { 1 };
        assert_eq!(
            times(&text, &format!("Certificate chain length: {length}")),
            2,
            "{text}"
        );
    }
    for option in ["-J-Da=b", "-J-Dkeystore.pkcs12.legacy"] {
        let arguments = [
            option,
            "-genkeypair",
            "-keystore",
            "java.p12",
            "-storepass:file",
            "password",
            "-keyalg",
            "EC",
            "-groupname",
            "secp384r1",
            "-dname",
            "CN=Әлия",
            "-alias",
            "кілт",
            "-storetype",
            "PKCS12",
        ];
        succeed("keytool", &arguments, path).unwrap();
        let theirs = open(&std::fs::read(path.join("java.p12")).unwrap(), "Qwerty12");
        let (key, leaf) = theirs.keys().unwrap()[0].signer().unwrap();
        assert_eq!(leaf.subject().common_name().as_deref(), Some("Әлия"));
        assert_eq!(key.public_key().algorithm_label(), "EC P-384");
        assert_eq!(theirs.entries()[0].friendly_name(), Some("кілт"));
        std::fs::remove_file(path.join("java.p12")).unwrap();
    }
}

/// Every protection that openssl can write.
const OPTIONS: [&[&str]; 16] = [
    &[],
    &["-legacy"],
    &["-legacy", "-descert"],
    &["-nomac"],
    &["-noiter", "-nomaciter"],
    &["-keypbe", "NONE", "-certpbe", "NONE"],
    &["-keypbe", "NONE", "-certpbe", "NONE", "-nomac"],
    &[
        "-keypbe",
        "AES-128-CBC",
        "-certpbe",
        "AES-192-CBC",
        "-macalg",
        "sha384",
    ],
    &[
        "-keypbe",
        "DES-EDE3-CBC",
        "-certpbe",
        "DES-EDE3-CBC",
        "-macalg",
        "sha512",
    ],
    &[
        "-legacy",
        "-keypbe",
        "PBE-SHA1-RC2-128",
        "-certpbe",
        "PBE-SHA1-RC2-40",
    ],
    &[
        "-legacy",
        "-keypbe",
        "PBE-SHA1-2DES",
        "-certpbe",
        "PBE-SHA1-3DES",
    ],
    &[
        "-keypbe",
        "PBE-SHA1-3DES",
        "-certpbe",
        "AES-256-CBC",
        "-macalg",
        "sha224",
    ],
    &["-macalg", "sha512-256"],
    &["-iter", "30000"],
    &["-name", "Менің кілтім"],
    &["-CSP", "Some Provider", "-caname", "issuing"],
];

#[test]
fn we_open_what_openssl_writes() {
    let own = folder("");
    let pem = write(&container(&["rsa"]), Profile::Modern, "");
    std::fs::write(own.path().join("own.p12"), pem).unwrap();
    let arguments = [
        "pkcs12",
        "-in",
        "own.p12",
        "-passin",
        "file:password",
        "-nodes",
        "-out",
        "all.pem",
    ];
    if succeed("openssl", &arguments, own.path()).is_none() {
        return;
    }
    for password in PASSWORDS {
        write_password(own.path(), password);
        for options in OPTIONS {
            let mut arguments = vec![
                "pkcs12",
                "-export",
                "-in",
                "all.pem",
                "-out",
                "theirs.p12",
                "-passout",
                "file:password",
            ];
            arguments.extend(options);
            succeed("openssl", &arguments, own.path()).unwrap();
            let theirs = open(
                &std::fs::read(own.path().join("theirs.p12")).unwrap(),
                password,
            );
            assert_is_the_key(&theirs, options);
        }
    }
}

fn assert_is_the_key(theirs: &Container, options: &[&str]) {
    let [entry] = theirs.entries() else {
        panic!("{options:?}: {} entries", theirs.entries().len());
    };
    let (_, leaf) = entry.signer().unwrap();
    assert_eq!(leaf.der(), certificate("rsa").der(), "{options:?}");
    assert_eq!(entry.certificates().count(), 3, "{options:?}");
}
