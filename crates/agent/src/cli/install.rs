//! `tanba-agent install` and `uninstall`: browsers trust the agent, and it starts with the session; or no longer.

use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::bail;
use tanba_crypto::DigestAlgorithm;

use super::said::{self, Said};
use super::{Setting, print, start, user_systemd};
use crate::Identity;
use crate::doctor::port::{self, PortState};
use crate::machine::{Machine, Step, StepFault, System};

#[derive(Debug, clap::Args)]
pub(super) struct InstallArguments {
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Show it for another system (only with --dry-run)
    #[arg(long, value_name = "SYSTEM", requires = "dry_run")]
    system: Option<System>,
    /// Change the store of the whole system too; for its administrator
    #[arg(long)]
    system_store: bool,
    /// Wait for Enter at the end, for those whose terminal closes then
    #[arg(long)]
    wait: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Install,
    Uninstall,
}

pub(super) fn run(
    setting: &Setting,
    arguments: &InstallArguments,
    direction: Direction,
) -> anyhow::Result<()> {
    let done = take_steps(setting, arguments, direction);
    if !arguments.wait {
        return done;
    }
    let (texts, language) = (&setting.texts, setting.language);
    if let Err(error) = &done {
        say(&said::sentence(error, texts, language));
    }
    say(&texts.text(language, "setup-press-enter"));
    let _ = std::io::stdin().read_line(&mut String::new());
    done
}

/// Prints a line. Whoever reads no further does not stop what is begun.
fn say(line: &str) {
    let _ = print(line);
}

fn take_steps(
    setting: &Setting,
    arguments: &InstallArguments,
    direction: Direction,
) -> anyhow::Result<()> {
    let (texts, language) = (&setting.texts, setting.language);
    if let Some(user) = borrowed_rights() {
        // The identity of root would be trusted in place of the one that this person's agent has.
        return Err(Said::about("setup-not-with-sudo", "user", user).into());
    }
    let machine = machine(setting, arguments, direction)?;
    let steps = match direction {
        Direction::Install => machine.install(),
        Direction::Uninstall => {
            let mut steps = machine.uninstall();
            // Once no browser trusts it any more.
            steps.extend(
                Identity::files(&setting.places.identity()).map(|path| Step::Remove {
                    what: "setup-no-identity",
                    path,
                }),
            );
            steps
        }
    };
    if arguments.dry_run {
        for step in &steps {
            print(&step.written())?;
        }
        return Ok(());
    }
    let before = Identity::look(&setting.places.identity()).ok();
    let mut failed = 0_usize;
    for step in &steps {
        let what = texts.text(language, step.what());
        let mut taken = step.take();
        if matches!(taken, Err(StepFault::Locked)) && std::io::stdin().is_terminal() {
            say(&format!(
                "{}\n{}",
                texts.text(language, "setup-password-asked"),
                step.written()
            ));
            taken = step.take_at_terminal();
        }
        match taken {
            Ok(()) => say(&format!("✓ {what}: {}", step.written())),
            Err(fault) => {
                failed = failed.saturating_add(1);
                say(&format!("✗ {what}: {}", step.written()));
                let advice = advice(step, &fault);
                say(&format!("  {}", texts.text(language, advice)));
                let fault: &dyn std::error::Error = &fault;
                tracing::warn!(error = fault, step = step.written(), "a step was not taken");
            }
        }
    }
    if failed > 0 {
        bail!("{}", texts.text(language, "setup-incomplete"));
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, setting.config.port));
    let page = [("address", format!("https://{address}/").into())];
    match direction {
        Direction::Install => {
            let authority = Identity::look(&setting.places.identity()).ok();
            let authority = authority.as_ref().map(Identity::authority);
            // Where systemd starts it, it does so just now.
            let runs = machine.systemd || port::look(address, authority) == PortState::Ours;
            let key = if runs {
                "setup-done"
            } else {
                "setup-done-start"
            };
            say(&texts.format(language, key, &page));
        }
        Direction::Uninstall => {
            say(&texts.text(language, "setup-undone"));
            if port::look(address, before.as_ref().map(Identity::authority)) == PortState::Ours {
                say(&texts.text(language, "setup-still-runs"));
            }
        }
    }
    Ok(())
}

/// What to do about a step that was not taken.
fn advice(step: &Step, fault: &StepFault) -> &'static str {
    match fault {
        _ if step.what().starts_with("setup-system") => "setup-administrator",
        StepFault::Missing(program) if program == "certutil" => "setup-no-certutil",
        StepFault::Missing(_) => "setup-missing",
        StepFault::Locked => "setup-locked",
        StepFault::Failed(_) | StepFault::File(_) => "setup-failed",
    }
}

/// This computer, as far as the steps need to know it.
fn machine(
    setting: &Setting,
    arguments: &InstallArguments,
    direction: Direction,
) -> anyhow::Result<Machine> {
    let folder = setting.places.identity();
    let only_looks = arguments.dry_run || direction == Direction::Uninstall;
    let mut machine = if only_looks && !Identity::is_in(&folder) {
        machine_without_identity(setting)?
    } else {
        own_machine(setting, &start::identity(setting)?)?
    };
    machine.system = arguments.system.unwrap_or(machine.system);
    machine.system_store = arguments.system_store;
    machine.systemd = user_systemd();
    Ok(machine)
}

/// This computer, for those who only look.
pub(super) fn own_machine(setting: &Setting, identity: &Identity) -> anyhow::Result<Machine> {
    let digest = DigestAlgorithm::Sha1.digest(identity.authority().der());
    let thumbprint = tanba_pki::hex::encode(&digest);
    machine_with(setting, identity.authority_file(), thumbprint)
}

/// This computer before there is an identity: nothing is made for somebody who looks or leaves.
pub(super) fn machine_without_identity(setting: &Setting) -> anyhow::Result<Machine> {
    let authority = Identity::authority_file_in(&setting.places.identity());
    machine_with(setting, authority, "SHA1".to_owned())
}

fn machine_with(
    setting: &Setting,
    authority: PathBuf,
    thumbprint: String,
) -> anyhow::Result<Machine> {
    let program =
        std::env::current_exe().map_err(|error| Said::new("cli-no-system").because(error))?;
    let home = setting.home.clone().ok_or(Said::new("cli-no-home"))?;
    let folder = |set: &Option<PathBuf>, usual| set.clone().unwrap_or_else(|| home.join(usual));
    Ok(Machine {
        system: System::own(),
        data_home: folder(&setting.data_home, ".local/share"),
        config_home: folder(&setting.config_home, ".config"),
        home,
        program,
        options: setting.options.clone(),
        authority,
        thumbprint,
        systemd: false,
        elevate: elevate(),
        system_store: false,
    })
}

/// Who called `sudo`, when this is run with the rights of the administrator and for somebody else.
fn borrowed_rights() -> Option<String> {
    // Elsewhere the store of the system is changed by these rights or not at all.
    #[cfg(target_os = "linux")]
    if is_administrator() {
        let user = std::env::var_os("SUDO_USER")?.into_string().ok()?;
        return (!user.is_empty() && user != "root").then_some(user);
    }
    None
}

#[cfg(unix)]
fn is_administrator() -> bool {
    rustix::process::geteuid().is_root()
}

/// What asks for the rights of the administrator: at a terminal `sudo`, else in a window of the system.
fn elevate() -> Option<String> {
    #[cfg(unix)]
    if is_administrator() {
        return None;
    }
    let path = std::env::var_os("PATH")?;
    let has = |name: &&str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    let order = if std::io::stdin().is_terminal() {
        ["sudo", "pkexec"]
    } else {
        ["pkexec", "sudo"]
    };
    let found = order.into_iter().find(has);
    // What is not there is told as what would be typed.
    cfg!(target_os = "linux").then(|| found.unwrap_or("sudo").to_owned())
}
