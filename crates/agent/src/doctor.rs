//! What may keep the agent from helping, cause by cause, each with its repair: for `tanba-agent doctor` and for the page at
//! the agent's own address.
//!
//! Start reading at [`Doctor`]. What only a browser knows, its permission for a site and whether it trusts by itself, the
//! page finds out.

mod clock;
mod devices;
mod files;
pub(crate) mod port;
pub(crate) mod readers;
mod start;
mod trust;

use std::path::PathBuf;
use std::time::Duration;

use tanba_pki::Timestamp;

pub(crate) use self::clock::Reading;
use crate::containers::{Containers, Storage, TokenStore};
use crate::machine::Machine;
use crate::{Grants, Identity};

/// One thing that may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its configuration can be read.
    Config,
    /// The agent has its port, and its identity.
    Port,
    /// Browsers trust it.
    Trust,
    /// A site may reach it.
    Permission,
    /// The clock is right.
    Clock,
    /// Its files are for their owner alone.
    Files,
    /// It starts with the session.
    Start,
    /// Sites are remembered.
    Grants,
    /// Key files are found.
    Keys,
    /// Drivers of tokens work.
    Driver,
    /// Readers are seen.
    Reader,
}

/// How it stands with a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// As it should be.
    Good,
    /// As it may be.
    Note,
    /// Wrong.
    Bad,
}

/// What was found of one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) cause: Cause,
    pub(crate) state: State,
    /// The key of the sentence.
    pub(crate) text: &'static str,
    /// The key of a name that goes after the sentence.
    pub(crate) name: Option<&'static str>,
    /// A path, an address, a time: what is the same in every language.
    pub(crate) detail: String,
    /// The key of the sentence that says how to repair it.
    pub(crate) repair: Option<&'static str>,
}

/// Looks for what is wrong. What is left out is not looked at.
#[derive(Clone, Debug, Default)]
pub struct Doctor {
    /// This computer, as far as browsers and the session are concerned.
    pub machine: Option<Machine>,
    /// The agent's own folder.
    pub folder: Option<PathBuf>,
    /// Drivers of tokens.
    pub tokens: Option<TokenStore>,
    /// The socket of the service of card readers, where the system has one.
    pub reader_service: Option<PathBuf>,
}

/// What is looked at besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patient<'a> {
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) grants: &'a Grants,
    pub(crate) containers: &'a Containers,
    pub(crate) now: Timestamp,
}

impl Cause {
    /// Its name for programs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Port => "port",
            Self::Trust => "trust",
            Self::Permission => "permission",
            Self::Clock => "clock",
            Self::Files => "files",
            Self::Start => "start",
            Self::Grants => "grants",
            Self::Keys => "keys",
            Self::Driver => "driver",
            Self::Reader => "reader",
        }
    }

    /// The key of its title.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Config => "check-cause-config",
            Self::Port => "check-cause-port",
            Self::Trust => "check-cause-trust",
            Self::Permission => "check-cause-permission",
            Self::Clock => "check-cause-clock",
            Self::Files => "check-cause-files",
            Self::Start => "check-cause-start",
            Self::Grants => "check-cause-grants",
            Self::Keys => "check-cause-keys",
            Self::Driver => "check-cause-driver",
            Self::Reader => "check-cause-reader",
        }
    }
}

impl State {
    /// Its name for programs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Bad => "bad",
        }
    }
}

impl Finding {
    pub(crate) fn good(cause: Cause, text: &'static str, detail: impl Into<String>) -> Self {
        Self {
            cause,
            state: State::Good,
            text,
            name: None,
            detail: detail.into(),
            repair: None,
        }
    }

    pub(crate) fn note(cause: Cause, text: &'static str, detail: impl Into<String>) -> Self {
        Self {
            state: State::Note,
            ..Self::good(cause, text, detail)
        }
    }

    pub(crate) fn bad(
        cause: Cause,
        text: &'static str,
        detail: impl Into<String>,
        repair: &'static str,
    ) -> Self {
        Self {
            state: State::Bad,
            repair: Some(repair),
            ..Self::good(cause, text, detail)
        }
    }
}

impl Doctor {
    /// Looks at everything but the port. Blocks; drivers have this time.
    pub(crate) fn examine(&self, patient: &Patient<'_>, patience: Duration) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(machine) = &self.machine {
            findings.extend(trust::look(machine, patient.identity));
        }
        findings.push(clock::look(patient.now));
        if let Some(folder) = &self.folder {
            findings.push(files::look(folder));
        }
        if let Some(machine) = &self.machine {
            findings.extend(start::look(machine));
        }
        findings.push(grants(patient.grants));
        let files = patient.containers.list(Storage::Pkcs12);
        let count = files.len().to_string();
        findings.push(Finding::good(Cause::Keys, "doctor-key-files", count));
        if let Some(tokens) = &self.tokens {
            findings.extend(devices::look(tokens, patience));
        }
        if let Some(service) = &self.reader_service {
            findings.push(readers::look(service));
        }
        findings
    }
}

fn grants(grants: &Grants) -> Finding {
    match grants.list() {
        Ok(grants) => Finding::good(Cause::Grants, "doctor-grants", grants.len().to_string()),
        Err(error) => Finding::bad(
            Cause::Grants,
            "doctor-grants-broken",
            error.to_string(),
            "doctor-grants-repair",
        ),
    }
}
