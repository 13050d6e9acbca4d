//! Linux: NSS for Chromium and Firefox, the store of the system, systemd or XDG for the start.

use std::path::{Path, PathBuf};

use super::browsers::{database, databases, databases_to_be, has_database};
use super::{Machine, NICKNAME, Step};

/// Where the store of the whole system takes certificates from, and what reads them: Debian's way and Fedora's.
const SYSTEM_STORES: [(&str, &str); 2] = [
    (
        "/usr/local/share/ca-certificates/tanba-agent.crt",
        "update-ca-certificates",
    ),
    (
        "/etc/pki/ca-trust/source/anchors/tanba-agent.pem",
        "update-ca-trust",
    ),
];

/// Marks a database that `install` made, so that `uninstall` takes it away again.
const MARK: &str = "made-by-tanba-agent";

pub(super) fn install(machine: &Machine) -> Vec<Step> {
    let authority = machine.authority.display().to_string();
    let mut steps = Vec::new();
    for folder in databases_to_be(machine) {
        if !has_database(&folder) {
            steps.push(Step::Folder {
                what: "setup-browser",
                path: folder.clone(),
            });
            let make = [
                "certutil",
                "-d",
                &database(&folder),
                "-N",
                "--empty-password",
            ];
            steps.push(Step::run("setup-browser", &make));
            steps.push(Step::Write {
                what: "setup-browser",
                path: folder.join(MARK),
                content: String::new(),
            });
        }
        steps.push(Step::Trust {
            what: "setup-browser",
            folder,
            authority: machine.authority.clone(),
        });
    }
    if machine.system_store {
        let (path, update) = system_store();
        let copy = ["install", "-m", "0644", &authority, path];
        steps.push(Step::run("setup-system", &copy));
        steps.push(Step::run("setup-system", &[update]));
    }
    steps.extend(start_with_session(machine));
    steps
}

pub(super) fn uninstall(machine: &Machine) -> Vec<Step> {
    let mut steps = Vec::new();
    if machine.systemd {
        let stop = [
            "systemctl",
            "--user",
            "disable",
            "--now",
            "tanba-agent.service",
        ];
        steps.push(Step::try_run("setup-no-start", &stop));
    }
    for path in [unit(machine), desktop(machine)] {
        steps.push(Step::Remove {
            what: "setup-no-start",
            path,
        });
    }
    for folder in databases(machine) {
        if has_database(&folder) {
            steps.push(forget(&database(&folder)));
            if folder.join(MARK).exists() {
                steps.push(Step::Withdraw {
                    what: "setup-browser-database",
                    mark: folder.join(MARK),
                    folder,
                });
            }
        }
    }
    if machine.system_store {
        let (path, update) = system_store();
        steps.push(Step::Remove {
            what: "setup-system-forget",
            path: PathBuf::from(path),
        });
        steps.push(Step::try_run("setup-system-forget", &[update]));
    }
    steps
}

fn forget(database: &str) -> Step {
    let words = ["certutil", "-d", database, "-D", "-n", NICKNAME];
    Step::try_run("setup-browser-forget", &words)
}

/// Debian's way unless the folder of the other is there.
fn system_store() -> (&'static str, &'static str) {
    let [debian, fedora] = SYSTEM_STORES;
    if Path::new("/etc/pki/ca-trust/source/anchors").is_dir() {
        fedora
    } else {
        debian
    }
}

fn unit(machine: &Machine) -> PathBuf {
    machine.config_home.join("systemd/user/tanba-agent.service")
}

fn desktop(machine: &Machine) -> PathBuf {
    machine.config_home.join("autostart/tanba-agent.desktop")
}

fn start_with_session(machine: &Machine) -> Vec<Step> {
    let command: Vec<String> = machine
        .command()
        .iter()
        .map(|word| argument(word))
        .collect();
    let command = command.join(" ");
    if !machine.systemd {
        return vec![Step::Write {
            what: "setup-start",
            path: desktop(machine),
            content: format!(
                "[Desktop Entry]\nType=Application\nName=Tanba agent\nName[kk]=Таңба агенті\nName[ru]=Агент «Таңба»\n\
                 Exec={command}\nTerminal=false\nNoDisplay=true\nX-GNOME-Autostart-enabled=true\n"
            ),
        }];
    }
    let unit_file = Step::Write {
        what: "setup-start",
        path: unit(machine),
        content: format!(
            "[Unit]\nDescription=Tanba agent\nPartOf=graphical-session.target\nAfter=graphical-session.target\n\n\
             [Service]\nExecStart={command}\nRestart=on-failure\nNoNewPrivileges=yes\nLimitCORE=0\n\n\
             [Install]\nWantedBy=graphical-session.target\n"
        ),
    };
    let reload = Step::run("setup-start", &["systemctl", "--user", "daemon-reload"]);
    let enable = [
        "systemctl",
        "--user",
        "enable",
        "--now",
        "tanba-agent.service",
    ];
    vec![unit_file, reload, Step::run("setup-start", &enable)]
}

/// A word of a command line in a unit or a desktop entry: both take double quotes.
fn argument(word: &str) -> String {
    if word.contains([' ', '"', '\\', '$', '%', '`']) {
        let escaped = word
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('$', "\\$")
            .replace('`', "\\`")
            .replace('%', "%%");
        format!("\"{escaped}\"")
    } else {
        word.to_owned()
    }
}
