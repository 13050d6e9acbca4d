//! The Debian package: made, installed in a root of its own, run, and taken away without a trace.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::harness::{program, run, text, visit};
use crate::setup::{Home, Started};

/// The package with the program of these tests in it.
fn package(folder: &Path) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/package.sh");
    // Packed lightly: whether it is packed hard is of no matter here, and takes a minute.
    let made = Command::new(script)
        .args([&program(), text(folder)])
        .env("TANBA_PACKAGE_LEVEL", "0")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{words}");
    PathBuf::from(String::from_utf8(made.stdout).unwrap().trim())
}

/// All files and folders below one, without what the manager of packages keeps for itself.
fn tree(root: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("var/lib/dpkg") || path.ends_with("var/log") {
                continue;
            }
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.insert(path);
        }
    }
    found
}

/// `dpkg` in a root of its own: as root, or as one who is root in a name space of her own.
fn dpkg(root: &Path, words: &[&str]) -> (bool, String) {
    let option = format!("--root={}", text(root));
    // What the package depends on is not in this root, and the system's own programs are not either.
    let mut all = vec!["dpkg", &option, "--force-depends", "--log=/dev/null"];
    all.extend(words);
    let is_root = run("id", &["-u"]).1.trim() == "0";
    if is_root {
        run("dpkg", &all[1..])
    } else {
        run("unshare", &[&["--map-root-user"], all.as_slice()].concat())
    }
}

#[test]
fn the_package_installs_starts_answers_and_goes_without_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let package = package(folder.path());
    let root = folder.path().join("root");
    let state = root.join("var/lib/dpkg");
    for name in ["info", "updates", "triggers"] {
        std::fs::create_dir_all(state.join(name)).unwrap();
    }
    std::fs::write(state.join("status"), "").unwrap();
    let before = tree(&root);
    let (installed, words) = dpkg(&root, &["--install", text(&package)]);
    assert!(installed, "{words}");
    for name in [
        "bin/tanba-agent",
        "share/applications/tanba-agent.desktop",
        "share/icons/hicolor/scalable/apps/tanba-agent.svg",
        "share/man/man1/tanba-agent.1.gz",
        "share/doc/tanba-agent/copyright",
        "share/doc/tanba-agent/changelog.gz",
        "lib/systemd/user/tanba-agent.service",
    ] {
        assert!(root.join("usr").join(name).is_file(), "{name}");
    }
    serves_a_user(root.join("usr/bin/tanba-agent"));
    let (removed, words) = dpkg(&root, &["--purge", "tanba-agent"]);
    assert!(removed, "{words}");
    assert_eq!(tree(&root), before);
    assert!(
        !std::fs::read_to_string(state.join("status"))
            .unwrap()
            .contains("tanba")
    );
}

/// One user's days with it: she sets it up, a page finds it, she takes it away.
fn serves_a_user(program: PathBuf) {
    let home = Home::of(program);
    let (done, words) = home.agent(&["install"]);
    assert!(done, "{words}");
    for database in home.databases() {
        assert_eq!(Home::trust(&database), ["C,,"]);
    }
    let agent = Started::new(&home);
    let authority = home.path(".local/share/tanba-agent/identity/authority.pem");
    let mut page = visit(home.port, &authority, "https://egov.example");
    let answer = page.common("getActiveTokens", &json!([]));
    assert_eq!(answer["code"], "200", "{answer}");
    let (_, told) = home.agent(&["doctor"]);
    assert!(told.contains(&format!("127.0.0.1:{}", home.port)), "{told}");
    page.hang_up();
    agent.end();
    let (done, words) = home.agent(&["uninstall"]);
    assert!(done, "{words}");
    for database in home.databases() {
        assert!(Home::trust(&database).is_empty());
    }
    assert!(!home.path(".config/autostart/tanba-agent.desktop").exists());
}

#[test]
fn the_manual_names_every_command() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/agent/tanba-agent.1");
    let manual = std::fs::read_to_string(manual).unwrap();
    let (_, help) = run(&program(), &["--lang", "en", "--help"]);
    let commands = help.split("Commands:").nth(1).unwrap();
    let commands = commands.split("Options:").next().unwrap();
    let mut seen = 0;
    for line in commands.lines() {
        let Some(name) = line
            .strip_prefix("  ")
            .and_then(|line| line.split(' ').next())
        else {
            continue;
        };
        if name.is_empty() || name == "help" {
            continue;
        }
        seen += 1;
        let is_named = [format!(".B {name}\n"), format!(".BR {name} ")]
            .iter()
            .any(|words| manual.contains(words.as_str()));
        assert!(is_named, "{name}");
    }
    assert!(seen >= 6, "{help}");
    assert!(!commands.contains("dialog"), "{help}");
}
