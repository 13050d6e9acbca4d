//! How a command ended.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use serde::Serialize;

/// How a command ended. The exit codes are stable: scripts rely on them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Done: exit code 0.
    Done,
    /// Refused, failed or not valid, with one clear sentence: exit code 1.
    Refused(String),
    /// Used wrongly in a way that the argument parser cannot see: exit code 2.
    Usage(String),
}

impl Outcome {
    /// 0, 1 or 2.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Refused(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
        }
    }

    /// The sentence, where something was not done.
    pub(crate) fn sentence(&self) -> Option<&str> {
        match self {
            Self::Done => None,
            Self::Refused(sentence) | Self::Usage(sentence) => Some(sentence),
        }
    }

    /// Writes the sentence to the standard error output.
    pub(crate) fn report(&self) {
        let Some(sentence) = self.sentence() else {
            return;
        };
        if !sentence.is_empty() {
            // Nobody is left to tell when even this output is closed.
            let _: io::Result<()> = writeln!(io::stderr(), "tanba: {sentence}");
        }
    }
}

/// What is printed with `--json` where a command ended without facts. Its shape is stable: scripts rely on it.
#[derive(Debug, Serialize)]
pub(crate) struct NotDone<'a> {
    /// Null of a command that judges: it judged nothing. Others have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid: Option<Option<bool>>,
    error: &'a str,
}

impl<'a> NotDone<'a> {
    pub(crate) fn new(judges: bool, error: &'a str) -> Self {
        Self {
            valid: judges.then_some(None),
            error,
        }
    }
}

/// What was asked for cannot be meant: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// The error of a command that was used wrongly in a way that the argument parser cannot see.
pub(crate) fn usage(what: impl fmt::Display) -> anyhow::Error {
    anyhow::Error::new(UsageError(what.to_string()))
}

impl From<anyhow::Error> for Outcome {
    fn from(error: anyhow::Error) -> Self {
        let what = sentence(&error);
        if error.is::<UsageError>() {
            Self::Usage(what)
        } else {
            Self::Refused(what)
        }
    }
}

/// An error and its causes as one sentence on one line.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    join(error.chain())
}

/// The same for an error that is nobody's yet.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    join(std::iter::successors(Some(error), |error| error.source()))
}

fn join<'a>(causes: impl Iterator<Item = &'a (dyn std::error::Error + 'static)>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in causes {
        let text = cause
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        // Some libraries repeat the text of the cause in their own.
        if !parts.iter().any(|earlier| earlier.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn wrong_usage_is_told_from_a_refusal() {
        let outcome = Outcome::from(usage("no such state"));
        assert_eq!(outcome, Outcome::Usage("no such state".to_owned()));
        let outcome = Outcome::from(anyhow::anyhow!("no such person"));
        assert_eq!(outcome, Outcome::Refused("no such person".to_owned()));
    }

    #[test]
    fn an_error_is_one_sentence_on_one_line_without_repetition() {
        let error = Err::<(), _>(io::Error::other("no room\n on the disk"))
            .context("the list was not written")
            .unwrap_err();
        assert_eq!(
            sentence(&error),
            "the list was not written: no room on the disk"
        );
        let repeated =
            anyhow::Error::new(io::Error::other("no room")).context("writing failed: no room");
        assert_eq!(sentence(&repeated), "writing failed: no room");
    }
}
