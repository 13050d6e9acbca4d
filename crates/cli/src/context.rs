//! What every command is given besides its arguments: the clock, the random generator and the way to say something.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};
use serde::Serialize;
use tanba_model::audit::Actor;
use tanba_model::ports::{Clock, RandomSource, SharedRandom};
use tanba_pki::Timestamp;

/// The clock of the operating system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the clock is read"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

/// What every command is given besides its arguments.
#[derive(Debug)]
pub(crate) struct Context {
    json: bool,
    /// Whether facts were printed.
    has_printed: AtomicBool,
    random: Arc<dyn RandomSource>,
}

impl Context {
    /// Makes the random generator, seeded by the operating system.
    pub(crate) fn new(json: bool) -> anyhow::Result<Self> {
        let generator = StdRng::try_from_rng(&mut SysRng)
            .context("the operating system gives no random numbers")?;
        Ok(Self {
            json,
            has_printed: AtomicBool::new(false),
            random: Arc::new(SharedRandom::new(generator)),
        })
    }

    /// The time now.
    #[expect(clippy::unused_self, reason = "whoever has no context has no clock")]
    pub(crate) fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// The clock, for those who live longer than a command.
    #[expect(clippy::unused_self, reason = "whoever has no context has no clock")]
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    /// The random generator; `&mut SourceRng(&*random)` is a `&mut dyn CryptoRng`.
    pub(crate) fn random(&self) -> Arc<dyn RandomSource> {
        Arc::clone(&self.random)
    }

    /// Whether facts are asked for as JSON.
    pub(crate) const fn json(&self) -> bool {
        self.json
    }

    /// Prints facts to the standard output: as one line of JSON with `--json`, else as text.
    pub(crate) fn print(&self, facts: &impl Serialize, text: impl Display) -> anyhow::Result<()> {
        let line = if self.json {
            serde_json::to_string(facts)?
        } else {
            text.to_string()
        };
        let line = line.trim_end_matches('\n');
        self.has_printed.store(true, Ordering::Relaxed);
        match writeln!(io::stdout().lock(), "{line}") {
            // Whoever reads has read enough: `tanba certificate list | head -1`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.context("the output cannot be written"),
        }
    }

    /// Whether facts were printed, so that whoever reads JSON has got some.
    pub(crate) fn has_printed(&self) -> bool {
        self.has_printed.load(Ordering::Relaxed)
    }

    /// Says on a terminal that something takes longer than a second; silent with `--json` and in scripts.
    pub(crate) fn progress(&self, text: impl Display) {
        if !self.json && io::stderr().is_terminal() {
            let _: io::Result<()> = writeln!(io::stderr(), "{text} …");
        }
    }

    /// Says on the standard error what is not as somebody would expect and does not keep the command from its work.
    #[expect(clippy::unused_self, reason = "whoever has no context tells nobody")]
    pub(crate) fn warn(&self, text: impl Display) {
        let _: io::Result<()> = writeln!(io::stderr(), "warning: {text}");
    }

    /// Who works at the command line, for evidence: the name of the account of the operating system.
    #[expect(clippy::unused_self, reason = "whoever has no context acts for nobody")]
    pub(crate) fn administrator(&self) -> Actor {
        Actor::Administrator(account().unwrap_or_else(|| "unknown".to_owned()))
    }
}

/// A variable of the environment; `None` where it is absent or not text.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the environment is read"
)]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The name of this computer, for evidence.
pub(crate) fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() {
        "unknown".to_owned()
    } else {
        name.to_owned()
    }
}

/// The name of the account, by its number: variables of the environment can be set to anything.
fn account() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let uid = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))?
        .split_whitespace()
        .next()?
        .to_owned();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number == uid).then(|| name.to_owned())
    });
    name.or(Some(uid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_contexts_draw_different_numbers() {
        let draw = || {
            let mut octets = [0; 16];
            Context::new(false).unwrap().random().fill(&mut octets);
            octets
        };
        assert_ne!(draw(), draw());
    }

    #[test]
    fn the_clock_is_later_than_this_line_was_written() {
        assert!(SystemClock.now() > Timestamp::parse_rfc3339("2026-11-24T00:00:00Z").unwrap());
    }
}
