//! Linux: NSS for Chromium and Firefox, the store of the system, systemd or XDG for the start.

use std::path::{Path, PathBuf};

use super::browsers::{database, databases, databases_to_be, has_database, hear};
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

const UNIT: &str = "tanba-agent.service";
/// What units that belong to a screen are started by; not every desktop starts it.
const SCREEN: &str = "graphical-session.target";
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
        let script = "install -m 0644 \"$0\" \"$1\" && \"$2\"";
        let words = as_administrator(machine, script, &[&authority, path, update]);
        steps.push(Step::run("setup-system", &words));
    }
    steps.extend(start_with_session(machine));
    steps
}

pub(super) fn uninstall(machine: &Machine) -> Vec<Step> {
    let mut steps = Vec::new();
    if machine.systemd || unit(machine).exists() {
        let stop = ["systemctl", "--user", "disable", "--now", UNIT];
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
    let (path, update) = system_store();
    if machine.system_store || is_same(Path::new(path), &machine.authority) {
        let words = as_administrator(machine, "rm -f \"$0\" && \"$1\"", &[path, update]);
        steps.push(Step::run("setup-system-forget", &words));
    }
    steps
}

fn forget(database: &str) -> Step {
    let words = ["certutil", "-d", database, "-D", "-n", NICKNAME];
    Step::try_run("setup-browser-forget", &words)
}

/// A script of the shell with its arguments, for whoever may change the store of the system; one question for all of it.
fn as_administrator<'a>(
    machine: &'a Machine,
    script: &'a str,
    arguments: &[&'a str],
) -> Vec<&'a str> {
    let elevate = machine.elevate.iter().map(String::as_str);
    let words = ["sh", "-c", script].into_iter();
    elevate
        .chain(words)
        .chain(arguments.iter().copied())
        .collect()
}

/// Whether the system trusts this very authority, and not that of another user.
fn is_same(stored: &Path, authority: &Path) -> bool {
    let read = |path| std::fs::read(path).ok();
    read(stored).is_some_and(|stored| Some(stored) == read(authority))
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
    let mut steps = Vec::new();
    if !machine.systemd {
        // One that an earlier installation left would be started by nobody, or a second time.
        if unit(machine).exists() {
            let disable = ["systemctl", "--user", "disable", UNIT];
            steps.push(Step::try_run("setup-start", &disable));
            steps.push(Step::Remove {
                what: "setup-start",
                path: unit(machine),
            });
        }
        steps.push(Step::Write {
            what: "setup-start",
            path: desktop(machine),
            content: format!(
                "[Desktop Entry]\nType=Application\nName=Tanba agent\nName[kk]=Таңба агенті\nName[ru]=Агент «Таңба»\n\
                 Exec={command}\nTerminal=false\nNoDisplay=true\nX-GNOME-Autostart-enabled=true\n"
            ),
        });
        return steps;
    }
    if desktop(machine).exists() {
        steps.push(Step::Remove {
            what: "setup-start",
            path: desktop(machine),
        });
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
    let enable = ["systemctl", "--user", "enable", "--now", UNIT];
    steps.extend([unit_file, reload, Step::run("setup-start", &enable)]);
    steps
}

/// Whether systemd starts what belongs to the screen of this session: only then a unit of that kind is ever started again.
pub(crate) fn has_screen_target() -> bool {
    hear("systemctl", &["--user", "is-active", SCREEN]).is_ok_and(|said| said.is_some())
}

/// Whether the agent starts with the session: a unit counts where it is enabled, and where its kind is started at all.
pub(crate) fn starts(machine: &Machine) -> bool {
    let is_enabled =
        || hear("systemctl", &["--user", "is-enabled", UNIT]).is_ok_and(|said| said.is_some());
    desktop(machine).is_file() || (has_screen_target() && is_enabled())
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
