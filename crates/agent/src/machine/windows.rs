//! Windows: the user's own store of roots, which Edge, Chrome and Firefox read, and the Run key.

use super::{Machine, Step};

const RUN_KEY: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";
const VALUE: &str = "TanbaAgent";

pub(super) fn install(machine: &Machine) -> Vec<Step> {
    let authority = machine.authority.display().to_string();
    let command: Vec<String> = machine
        .command()
        .iter()
        .map(|word| {
            // Words of an option never need quotes; paths may.
            if word.contains(' ') {
                format!("\"{word}\"")
            } else {
                word.clone()
            }
        })
        .collect();
    let command = command.join(" ");
    let store = if machine.system_store {
        vec!["certutil", "-addstore", "-f", "Root", &authority]
    } else {
        vec!["certutil", "-user", "-addstore", "-f", "Root", &authority]
    };
    vec![
        Step::run("setup-browser", &store),
        Step::run(
            "setup-start",
            &[
                "reg", "add", RUN_KEY, "/v", VALUE, "/t", "REG_SZ", "/d", &command, "/f",
            ],
        ),
    ]
}

pub(super) fn uninstall(machine: &Machine) -> Vec<Step> {
    let thumbprint = machine.thumbprint.as_str();
    let store = if machine.system_store {
        vec!["certutil", "-delstore", "Root", thumbprint]
    } else {
        vec!["certutil", "-user", "-delstore", "Root", thumbprint]
    };
    vec![
        Step::try_run(
            "setup-no-start",
            &["reg", "delete", RUN_KEY, "/v", VALUE, "/f"],
        ),
        Step::try_run("setup-browser-forget", &store),
    ]
}
