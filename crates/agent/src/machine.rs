//! The agent on somebody's computer: which browsers trust it, and whether it starts with the session.
//!
//! What is done is a list of [`Step`]s, made for a system and then taken one by one: so people can be shown what will be
//! done, and what is done on systems that are not at hand can be looked at all the same.

mod browsers;
mod linux;
mod macos;
mod step;
mod windows;

use std::path::PathBuf;

pub(crate) use browsers::{databases, trusted};
pub(crate) use linux::{has_screen_target, starts};
pub use step::{Step, StepFault};

/// The name under which stores of certificates list the authority.
pub const NICKNAME: &str = "Tanba agent (this computer)";

/// A kind of system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum System {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    Macos,
}

impl System {
    /// The one that this program was made for.
    #[must_use]
    pub const fn own() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::Macos
        } else {
            Self::Linux
        }
    }
}

/// A computer as one of its users has it.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The system.
    pub system: System,
    /// The user's own folder.
    pub home: PathBuf,
    /// Where programs of the user keep their data; `XDG_DATA_HOME` or `~/.local/share`.
    pub data_home: PathBuf,
    /// Where they keep how they are set; `XDG_CONFIG_HOME` or `~/.config`.
    pub config_home: PathBuf,
    /// This program.
    pub program: PathBuf,
    /// What it is started with, before `run`.
    pub options: Vec<String>,
    /// The certificate of the authority, PEM.
    pub authority: PathBuf,
    /// SHA-1 of that certificate, hexadecimal; names it in stores.
    pub thumbprint: String,
    /// Whether systemd starts what belongs to the user's screen; only steps ask.
    pub systemd: bool,
    /// What asks for the rights of the administrator, when this user has them not: `sudo`, `pkexec`.
    pub elevate: Option<String>,
    /// Whether the store of the whole system is changed too, which only its administrator may do.
    pub system_store: bool,
}

impl Machine {
    /// What makes browsers trust the agent, and starts it with the session.
    #[must_use]
    pub fn install(&self) -> Vec<Step> {
        match self.system {
            System::Linux => linux::install(self),
            System::Windows => windows::install(self),
            System::Macos => macos::install(self),
        }
    }

    /// What takes all of that away.
    #[must_use]
    pub fn uninstall(&self) -> Vec<Step> {
        match self.system {
            System::Linux => linux::uninstall(self),
            System::Windows => windows::uninstall(self),
            System::Macos => macos::uninstall(self),
        }
    }

    /// The words that start the agent.
    fn command(&self) -> Vec<String> {
        let program = self.program.display().to_string();
        [vec![program], self.options.clone(), vec!["run".to_owned()]].concat()
    }
}

#[cfg(test)]
mod tests;
