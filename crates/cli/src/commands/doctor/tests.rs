//! Broken installations, and what is said of each.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use clap::Parser as _;
use tanba_model::audit::{Actor, AuditEvent};
use tanba_model::ports::CrlKind;
use tempfile::TempDir;

use super::*;
use crate::commands::Tanba;
use crate::wire;

mod open;
mod restored;
mod stops;

const DAY: u64 = 24 * 60 * 60;

struct Installation {
    folder: TempDir,
}

/// The files of an installation as `init` makes them; made once, because the root's key takes a second.
fn template() -> &'static [(&'static str, Vec<u8>)] {
    static TEMPLATE: OnceLock<Vec<(&str, Vec<u8>)>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (folder_name, passphrase) = (at("."), at("passphrase"));
        let arguments = [
            "tanba init --json --public-url http://pki.example.kz --origin https://cabinet.example.kz",
            "--trusted-proxy 127.0.0.1 --issuing-key ec-p256 --shards 2",
        ];
        let arguments = arguments.into_iter().flat_map(|line| line.split(' '));
        let arguments = arguments.chain(["--folder", &folder_name, "--passphrase-file", &passphrase]);
        assert_eq!(Tanba::try_parse_from(arguments).unwrap().run().unwrap(), Outcome::Done);
        let names = ["tanba.toml", "tanba.sqlite", "tanba.witness", "passphrase"];
        names.map(|name| (name, std::fs::read(at(name)).unwrap())).to_vec()
    })
}

impl Installation {
    /// A healthy one without TLS of its own and without a second factor, so that no mail server is needed.
    fn new() -> Self {
        let installation = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (name, content) in template() {
            std::fs::write(installation.path(name), content).unwrap();
            #[cfg(unix)]
            set_mode(&installation.path(name), 0o600);
        }
        std::fs::create_dir(installation.path("aside")).unwrap();
        std::fs::rename(
            installation.path("tanba.witness"),
            installation.path("aside/tanba.witness"),
        )
        .unwrap();
        installation.edit(
            "#witness = \"tanba.witness\"",
            "witness = \"aside/tanba.witness\"",
        );
        let text = installation.text();
        let passphrase = text
            .lines()
            .find(|line| line.starts_with("passphrase_file"))
            .unwrap();
        installation.edit(passphrase, "passphrase_file = \"passphrase\"");
        installation.edit(
            "#second_factor = \"email-code\"",
            "second_factor = \"none\"",
        );
        installation.edit("#listen = \"0.0.0.0:8443\"", "listen = \"127.0.0.1:0\"");
        installation.edit("#machines = \"0.0.0.0:8080\"", "machines = \"127.0.0.1:0\"");
        let text = installation.text();
        let (start, end) = (
            text.find("[mail]").unwrap(),
            text.find("[logging]").unwrap(),
        );
        installation.write(&format!("{}{}", &text[..start], &text[end..]));
        installation
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path("tanba.toml")).unwrap()
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path("tanba.toml"), text).unwrap();
    }

    fn edit(&self, from: &str, to: &str) {
        let text = self.text();
        assert!(text.contains(from), "{from}");
        self.write(&text.replace(from, to));
    }

    fn findings(&self, later: u64) -> Vec<Finding> {
        let context = Context::new(true).unwrap();
        let now = context.now().plus(std::time::Duration::from_secs(later));
        let extent = Extent {
            network: true,
            thorough: true,
            now,
        };
        let findings = match Config::load(&self.path("tanba.toml")) {
            Ok(config) => examine(&config, extent, &context),
            Err(findings) => findings,
        };
        findings.as_slice().to_vec()
    }

    /// The names of what is found; each must say what is wrong and what to do.
    fn codes(&self) -> Vec<&'static str> {
        self.codes_after(0)
    }

    fn codes_after(&self, later: u64) -> Vec<&'static str> {
        let findings = self.findings(later);
        for finding in &findings {
            assert!(
                !finding.remedy.is_empty() && !finding.what.contains('\n'),
                "{finding}"
            );
        }
        findings.iter().map(|finding| finding.code).collect()
    }

    /// With certificate and key of its own instead of the proxy.
    fn with_tls(&self, certificate: &str, key: &str) {
        self.edit("trusted_proxy = \"127.0.0.1\"", "");
        self.edit(
            "#[tls]",
            &format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}"),
        );
    }

    /// A self-signed certificate and its key, valid for so many days from now on, or until so many days ago.
    fn make_tls(&self, name: &str, days: &str) {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        let status = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args([
                "-subj",
                "/CN=cabinet.example.kz",
                "-days",
                days,
                "-keyout",
                &key,
                "-out",
                &certificate,
            ])
            .current_dir(self.folder.path())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_healthy_installation_has_no_findings() {
    assert_eq!(Installation::new().findings(0), []);
}

#[test]
fn a_configuration_that_cannot_be_read_is_told() {
    let installation = Installation::new();
    let good = installation.text();
    for (text, code) in [
        (format!("{good}\nlevel == 3"), "config-syntax"),
        (format!("{good}\n[serverr]\n"), "config-unknown-key"),
        (
            good.replace("[keys]", "[keys]\npassfrase = \"x\""),
            "config-unknown-key",
        ),
        (
            good.replace("machines = \"127.0.0.1:0\"", "machines = \"8080\""),
            "config-syntax",
        ),
    ] {
        installation.write(&text);
        assert_eq!(installation.codes(), [code]);
    }
    std::fs::remove_file(installation.path("tanba.toml")).unwrap();
    assert_eq!(installation.codes(), ["config-file"]);
}

#[test]
fn addresses_that_cannot_work_are_told() {
    let installation = Installation::new();
    let good = installation.text();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap();
    for (from, to, code) in [
        (
            "http://pki.example.kz",
            "http://pki.example.kz/path",
            "public-url-malformed",
        ),
        (
            "http://pki.example.kz",
            "https://pki.example.kz",
            "public-url-malformed",
        ),
        (
            "http://pki.example.kz",
            "http://other.example.kz",
            "public-url-differs",
        ),
        (
            "https://cabinet.example.kz",
            "https://cabinet.example.kz/kk",
            "origin-malformed",
        ),
        (
            "listen = \"127.0.0.1:0\"",
            &format!("listen = \"{port}\"\n"),
            "port-in-use",
        ),
        (
            "listen = \"127.0.0.1:0\"",
            "listen = \"192.0.2.1:8443\"",
            "address-absent",
        ),
        ("trusted_proxy = \"127.0.0.1\"", "", "tls-absent"),
    ] {
        installation.edit(from, to);
        assert_eq!(installation.codes(), [code], "{to}");
        installation.write(&good);
    }
    installation.edit("listen = \"127.0.0.1:0\"", "listen = \"127.0.0.1:7777\"");
    installation.edit("machines = \"127.0.0.1:0\"", "machines = \"0.0.0.0:7777\"");
    assert_eq!(installation.codes(), ["ports-equal"]);
}

#[test]
fn a_database_that_cannot_be_used_is_told() {
    let installation = Installation::new();
    let path = installation.path("tanba.sqlite");
    let good = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(installation.codes(), ["database-absent"]);
    std::fs::write(&path, "").unwrap();
    assert_eq!(installation.codes(), ["database-unmigrated"]);
    std::fs::write(&path, "a text file").unwrap();
    assert_eq!(installation.codes(), ["database-foreign"]);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(installation.codes(), ["database-unusable"]);
    std::fs::remove_dir(&path).unwrap();
    drop(tanba_storage::SqliteStorage::open(&path).unwrap());
    assert_eq!(installation.codes(), ["authority-absent"]);
    // The last pages gone, as after a copy that was cut off.
    std::fs::write(&path, &good[..good.len() / 2]).unwrap();
    let codes = installation.codes();
    assert!(codes.contains(&"database-unusable"), "{codes:?}");
}

#[cfg(unix)]
#[test]
fn a_passphrase_that_is_lost_wrong_or_open_to_all_is_told() {
    let installation = Installation::new();
    let path = installation.path("passphrase");
    set_mode(&path, 0o644);
    assert_eq!(installation.codes(), ["passphrase-exposed"]);
    set_mode(&path, 0o600);
    std::fs::write(&path, "a guess that is long enough").unwrap();
    assert_eq!(installation.codes(), ["passphrase-wrong"]);
    std::fs::write(&path, "\n").unwrap();
    assert_eq!(installation.codes(), ["passphrase-unreadable"]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(installation.codes(), ["passphrase-absent"]);
    installation.edit(
        "passphrase_file = \"passphrase\"",
        "passphrase_env = \"TANBA_TEST_NO_SUCH_VARIABLE\"",
    );
    assert_eq!(installation.codes(), ["passphrase-absent"]);
}

#[cfg(unix)]
#[test]
fn a_tls_certificate_that_cannot_serve_is_told() {
    let installation = Installation::new();
    installation.make_tls("one", "365");
    installation.make_tls("other", "365");
    installation.make_tls("short", "3");
    let good = installation.text();
    for (certificate, key, codes) in [
        ("one.pem", "one.key", &[][..]),
        ("absent.pem", "one.key", &["tls-absent"]),
        ("one.pem", "other.key", &["tls-mismatch"]),
        ("one.pem", "one.pem", &["tls-unusable", "tls-key-exposed"]),
        ("one.key", "one.key", &["tls-unusable"]),
        ("short.pem", "short.key", &["tls-expiring"]),
    ] {
        installation.with_tls(certificate, key);
        assert_eq!(installation.codes(), codes, "{certificate} {key}");
        installation.write(&good);
    }
    installation.with_tls("short.pem", "short.key");
    let codes = installation.codes_after(4 * DAY);
    assert!(codes.contains(&"tls-expired"), "{codes:?}");
    set_mode(&installation.path("short.key"), 0o604);
    assert_eq!(
        installation.codes(),
        ["tls-key-exposed", "tls-expiring"]
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
    );
}

#[test]
fn mail_that_cannot_be_sent_is_told() {
    let installation = Installation::new();
    let good = installation.text();
    installation.edit("second_factor = \"none\"", "second_factor = \"email-code\"");
    assert_eq!(installation.codes(), ["mail-absent"]);
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let section = format!(
        "\n[mail]\nserver = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"a@example.kz\"\n"
    );
    installation.write(&format!("{good}{section}"));
    assert_eq!(installation.codes(), ["mail-unreachable"]);
    installation.write(&format!(
        "{good}{}",
        section.replace("127.0.0.1\"", "mail.example.kz\"")
    ));
    assert_eq!(installation.codes(), ["mail-security"]);
}

#[test]
fn what_time_brings_is_told() {
    let installation = Installation::new();
    assert_eq!(installation.codes_after(4 * DAY), ["crl-overdue"]);
    // Keys in tokens are certified for three years, and that is spoken of half a year before it cannot be done any more.
    let long_enough = installation.codes_after(2300 * DAY);
    assert!(!long_enough.contains(&"issuer-ending"), "{long_enough:?}");
    for days in [2400, 2600, 3300] {
        let late = installation.codes_after(days * DAY);
        assert!(late.contains(&"issuer-ending"), "{days}: {late:?}");
        assert!(
            late.contains(&"crl-overdue") && (days == 3300) == late.contains(&"issuer-expiring"),
            "{days}: {late:?}"
        );
    }
    let after = installation.codes_after(3700 * DAY);
    assert!(after.contains(&"issuer-expired"), "{after:?}");
}

#[test]
fn a_clock_that_went_back_is_told() {
    let installation = Installation::new();
    let context = Context::new(true).unwrap();
    let config = Config::load(&installation.path("tanba.toml")).unwrap();
    let (storage, _) = wire::installation(&config, &context).unwrap();
    let event = AuditEvent {
        at: context.now().plus(std::time::Duration::from_secs(DAY)),
        actor: Actor::System,
        action: "test".to_owned(),
        object: String::new(),
        detail: String::new(),
        origin: String::new(),
    };
    let mut unit = storage.begin().unwrap();
    let _ = unit.audit_log().append(&event).unwrap();
    unit.commit().unwrap();
    assert_eq!(installation.codes(), ["clock-behind"]);
}
