//! What browsers themselves make of `install` and `uninstall`: the databases they look at, and what else is in those.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{run, text};
use crate::setup::{Home, Started};

/// Somebody's own authority, and a site of 127.0.0.1 that it vouches for.
struct Own {
    authority: PathBuf,
    key: PathBuf,
    certificate: PathBuf,
}

impl Own {
    fn made_in(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let path = |name: &str| folder.join(name);
        let openssl = |words: &[&str]| {
            let (done, said) = run("openssl", words);
            assert!(done, "{said}");
        };
        let new = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30";
        let made = |name: &str, more: &[&str]| {
            let (key, pem) = (path(&format!("{name}.key")), path(&format!("{name}.pem")));
            let subject = format!("/CN=own {name}");
            let mut words = vec!["req", "-x509"];
            words.extend(new.split(' '));
            words.extend(["-subj", &subject, "-keyout", text(&key), "-out", text(&pem)]);
            words.extend(more);
            openssl(&words);
            (key, pem)
        };
        let (authority_key, authority) = made("authority", &[]);
        let (key, certificate) = made(
            "site",
            &[
                "-CA",
                text(&authority),
                "-CAkey",
                text(&authority_key),
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ],
        );
        Self {
            authority,
            key,
            certificate,
        }
    }
}

fn certutil(folder: &Path, words: &[&str]) {
    let database = format!("sql:{}", text(folder));
    let (done, said) = run("certutil", &[&["-d", &database], words].concat());
    assert!(done, "{said}");
}

/// A database in which this authority is trusted.
fn database(folder: &Path, own: &Own) {
    std::fs::create_dir_all(folder).unwrap();
    certutil(folder, &["-N", "--empty-password"]);
    let add = ["-A", "-t", "C,,", "-n", "own", "-i", text(&own.authority)];
    certutil(folder, &add);
}

/// What Chromium opens in this home.
fn chromium(home: &Home, own: &Own) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/trust.mjs");
    let output = Command::new("node")
        .arg(script)
        .env("AGENT_PORT", home.port.to_string())
        .env("HOME_FOLDER", home.path(""))
        .env("KEY", &own.key)
        .env("CERTIFICATE", &own.certificate)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
    serde_json::from_slice(&output.stdout).unwrap()
}

const STRANGER: &str = "net::ERR_CERT_AUTHORITY_INVALID";

/// Whichever place it is, the person's own certificates are there before, during and after, and none is opened beside it.
fn keeps_what_is_in(place: &str, other: &str) {
    let home = Home::new();
    let own = Own::made_in(&home.path("own"));
    database(&home.path(place), &own);
    let agent = Started::new(&home);
    assert_eq!(
        chromium(&home, &own),
        json!({ "own": "opens", "agent": STRANGER })
    );
    let (done, words) = home.agent(&["install"]);
    assert!(done, "{words}");
    assert_eq!(
        chromium(&home, &own),
        json!({ "own": "opens", "agent": "opens" })
    );
    let (_, words) = home.agent(&["doctor"]);
    let named = format!(
        "✓ The browser trusts the agent: {}",
        text(&home.path(place))
    );
    assert!(words.contains(&named), "{words}");
    agent.end();
    let (done, words) = home.agent(&["uninstall"]);
    assert!(done, "{words}");
    // With a new identity, which nobody trusts.
    let agent = Started::new(&home);
    assert_eq!(
        chromium(&home, &own),
        json!({ "own": "opens", "agent": STRANGER })
    );
    agent.end();
    assert!(!home.path(other).exists(), "{other}");
}

#[test]
fn chromium_keeps_its_own_certificates_before_during_and_after() {
    keeps_what_is_in(".local/share/pki/nssdb", ".pki");
}

#[test]
fn chromium_of_the_old_place_keeps_its_own_certificates_too() {
    keeps_what_is_in(".pki/nssdb", ".local/share/pki");
}

#[test]
fn a_browser_that_was_never_started_trusts_the_agent_and_nothing_is_left_of_it() {
    let home = Home::new();
    let own = Own::made_in(&home.path("own"));
    let (done, words) = home.agent(&["install"]);
    assert!(done, "{words}");
    let agent = Started::new(&home);
    assert_eq!(
        chromium(&home, &own),
        json!({ "own": STRANGER, "agent": "opens" })
    );
    agent.end();
    let (done, words) = home.agent(&["uninstall"]);
    assert!(done, "{words}");
    for place in [".pki", ".local/share/pki"] {
        assert!(!home.path(place).exists(), "{place}");
    }
}

#[test]
fn a_database_that_was_made_for_the_agent_stays_when_somebody_keeps_something_in_it() {
    let home = Home::new();
    assert!(home.agent(&["install"]).0);
    let own = Own::made_in(&home.path("own"));
    let made = home.path(".local/share/pki/nssdb");
    let add = ["-A", "-t", "C,,", "-n", "own", "-i", text(&own.authority)];
    certutil(&made, &add);
    assert!(home.agent(&["uninstall"]).0);
    certutil(&made, &["-L", "-n", "own"]);
    assert!(Home::trust(&made).is_empty());
    // It is hers by now.
    certutil(&made, &["-D", "-n", "own"]);
    assert!(home.agent(&["uninstall"]).0);
    certutil(&made, &["-L"]);
}

/// Snap and Flatpak give each program a home of its own.
#[test]
fn programs_with_homes_of_their_own_are_told_at_the_place_that_they_look_at() {
    let home = Home::new();
    let own = Own::made_in(&home.path("own"));
    let here = [
        "snap/chromium/current/.local/share/pki/nssdb",
        ".var/app/org.chromium.Chromium/.pki/nssdb",
        ".var/app/org.mozilla.firefox/config/mozilla/firefox/d4.default",
        "snap/firefox/common/.config/mozilla/firefox/e5.default",
    ];
    for place in here {
        database(&home.path(place), &own);
    }
    // Started once, with nothing of its own yet.
    let fresh = ".var/app/com.google.Chrome/data/pki/nssdb";
    std::fs::create_dir_all(home.path(".var/app/com.google.Chrome")).unwrap();
    let (done, words) = home.agent(&["install"]);
    assert!(done, "{words}");
    let (_, told) = home.agent(&["doctor"]);
    for place in here.into_iter().chain([fresh]) {
        let folder = home.path(place);
        assert_eq!(Home::trust(&folder), ["C,,"], "{place}");
        let named = format!("✓ The browser trusts the agent: {}", text(&folder));
        assert!(told.contains(&named), "{place}: {told}");
    }
    assert!(home.agent(&["uninstall"]).0);
    for place in here {
        assert!(Home::trust(&home.path(place)).is_empty(), "{place}");
        certutil(&home.path(place), &["-L", "-n", "own"]);
    }
    assert!(!home.path(".var/app/com.google.Chrome/data/pki").exists());
}

/// The environment moves the places of both browsers.
#[test]
fn places_that_the_environment_names_are_the_ones_that_are_used() {
    let home = Home::new();
    let own = Own::made_in(&home.path("own"));
    database(&home.path("config/mozilla/firefox/f6.default"), &own);
    let output = home
        .command(&["install"])
        .env("XDG_DATA_HOME", home.path("data"))
        .env("XDG_CONFIG_HOME", home.path("config"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    for place in ["data/pki/nssdb", "config/mozilla/firefox/f6.default"] {
        assert_eq!(Home::trust(&home.path(place)), ["C,,"], "{place}");
    }
    assert!(
        home.path("config/autostart/tanba-agent.desktop").is_file()
            && !home.path(".config/autostart").exists()
    );
}

/// Debian's of before looks at the old place alone, and makes nothing of the new one.
#[test]
fn an_old_chromium_finds_it_where_it_looks() {
    let home = Home::new();
    let programs = home.path("programs");
    std::fs::create_dir(&programs).unwrap();
    let chromium = programs.join("chromium");
    std::fs::write(&chromium, "#!/bin/sh\necho Chromium 120.0.6099.224\n").unwrap();
    assert!(run("chmod", &["755", text(&chromium)]).0);
    let certutil = run("sh", &["-c", "command -v certutil"]).1;
    std::os::unix::fs::symlink(certutil.trim(), programs.join("certutil")).unwrap();
    let output = home
        .command(&["install"])
        .env("PATH", text(&programs))
        .output();
    assert!(output.unwrap().status.success());
    assert_eq!(Home::trust(&home.path(".pki/nssdb")), ["C,,"]);
    assert!(!home.path(".local/share/pki").exists());
    assert!(home.agent(&["uninstall"]).0);
    assert!(!home.path(".pki").exists());
}

/// A profile of Firefox with a primary password.
fn locked(home: &Home) -> PathBuf {
    let profile = home.path(".mozilla/firefox/mp.default");
    std::fs::create_dir_all(&profile).unwrap();
    std::fs::write(home.path("password"), "Qwerty12\n").unwrap();
    certutil(&profile, &["-N", "-f", text(&home.path("password"))]);
    profile
}

#[test]
fn a_profile_with_a_primary_password_is_told_and_nothing_is_left_in_it() {
    let home = Home::new();
    let profile = locked(&home);
    // In a session of its own, with no terminal to ask at.
    let install = || {
        let mut command = Command::new("setsid");
        command.args(["--wait", &crate::harness::program(), "install"]);
        for (name, value) in home.command(&[]).get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), words)
    };
    let (done, words) = install();
    assert!(!done);
    assert!(words.contains("has a primary password"), "{words}");
    assert!(words.contains("Run tanba-agent install in a terminal"));
    assert!(Home::trust(&profile).is_empty());
    let (_, words) = home.agent(&["doctor"]);
    let named = |text_of: &str| format!("{text_of}: {}", text(&profile));
    let missing = named("✗ The browser does not trust the agent yet");
    assert!(words.contains(&missing), "{words}");

    // Whoever took the trust away by hand has the certificate, and nothing is well.
    let authority = home.path(".local/share/tanba-agent/identity/authority.pem");
    let password = home.path("password");
    let name = "Tanba agent (this computer)";
    let add = |flags| {
        certutil(
            &profile,
            &[
                "-A",
                "-t",
                flags,
                "-n",
                name,
                "-i",
                text(&authority),
                "-f",
                text(&password),
            ],
        );
    };
    add(",,");
    let (_, words) = home.agent(&["doctor"]);
    let untrusted = named("✗ The browser has the certificate of the agent and does not trust it");
    assert!(words.contains(&untrusted), "{words}");
    add("C,,");
    let (_, words) = home.agent(&["doctor"]);
    assert!(words.contains(&named("✓ The browser trusts the agent")));
    // Where it is trusted already no password is needed, and the trust stays.
    let (done, words) = install();
    assert!(done, "{words}");
    assert_eq!(Home::trust(&profile), ["C,,"]);
}
