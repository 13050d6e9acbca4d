//! macOS: the user's keychain, or the system's, and launchd.

use std::path::PathBuf;

use super::{Machine, Step};

const LABEL: &str = "kz.tanba.agent";
const SYSTEM_KEYCHAIN: &str = "/Library/Keychains/System.keychain";

fn keychain(machine: &Machine) -> String {
    if machine.system_store {
        return SYSTEM_KEYCHAIN.to_owned();
    }
    let own = machine.home.join("Library/Keychains/login.keychain-db");
    own.display().to_string()
}

fn property_list(machine: &Machine) -> PathBuf {
    machine
        .home
        .join(format!("Library/LaunchAgents/{LABEL}.plist"))
}

pub(super) fn install(machine: &Machine) -> Vec<Step> {
    let (authority, keychain) = (machine.authority.display().to_string(), keychain(machine));
    let mut trust = vec!["security", "add-trusted-cert"];
    if machine.system_store {
        trust.push("-d");
    }
    // For TLS servers alone.
    trust.extend(["-r", "trustRoot", "-p", "ssl", "-k", &keychain, &authority]);
    let path = property_list(machine);
    let words: String = machine
        .command()
        .iter()
        .map(|word| format!("    <string>{}</string>\n", escaped(word)))
        .collect();
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  <string>{LABEL}</string>\n\
         \x20 <key>ProgramArguments</key>\n  <array>\n{words}  </array>\n  <key>RunAtLoad</key>\n  <true/>\n\
         \x20 <key>KeepAlive</key>\n  <dict>\n    <key>SuccessfulExit</key>\n    <false/>\n  </dict>\n</dict>\n</plist>\n"
    );
    let file = path.display().to_string();
    vec![
        Step::run("setup-browser", &trust),
        Step::Write {
            what: "setup-start",
            path,
            content,
        },
        Step::run("setup-start", &["launchctl", "load", "-w", &file]),
    ]
}

pub(super) fn uninstall(machine: &Machine) -> Vec<Step> {
    let path = property_list(machine);
    let file = path.display().to_string();
    let (authority, keychain) = (machine.authority.display().to_string(), keychain(machine));
    let forget = [
        "security",
        "delete-certificate",
        "-Z",
        &machine.thumbprint,
        &keychain,
    ];
    vec![
        Step::try_run("setup-no-start", &["launchctl", "unload", "-w", &file]),
        Step::Remove {
            what: "setup-no-start",
            path,
        },
        Step::try_run(
            "setup-browser-forget",
            &["security", "remove-trusted-cert", &authority],
        ),
        Step::try_run("setup-browser-forget", &forget),
    ]
}

fn escaped(word: &str) -> String {
    word.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
