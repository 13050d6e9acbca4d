//! Something that is wrong, and what to do.

use std::fmt;

use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// The server does not start, or somebody is turned away.
    Error,
    /// It works now, but not for long or not well.
    Warning,
    /// The database or its evidence is not what it should be. The server works, and somebody has to look into it.
    Evidence,
    /// Nothing is wrong, but something was not looked at.
    Note,
}

/// Something that is wrong with an installation: one sentence that says what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// A name for scripts.
    pub(crate) code: &'static str,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do.
    pub(crate) remedy: String,
}

impl Finding {
    /// Something that keeps the server from working.
    pub(crate) fn error(code: &'static str, what: String, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            what,
            remedy: remedy.into(),
        }
    }

    /// Something that will.
    pub(crate) fn warning(code: &'static str, what: String, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            code,
            what,
            remedy: remedy.into(),
        }
    }

    /// Something that somebody has to look into.
    pub(crate) fn evidence(code: &'static str, what: String, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Evidence,
            code,
            what,
            remedy: remedy.into(),
        }
    }

    /// Something that was not looked at.
    pub(crate) fn note(code: &'static str, what: String, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            code,
            what,
            remedy: remedy.into(),
        }
    }

    /// The finding as the end of a command.
    pub(crate) fn into_error(self) -> anyhow::Error {
        anyhow::Error::msg(self.to_string())
    }

    /// A file that is not TOML, or has a key that nobody knows.
    pub(super) fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let message = error
            .message()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let code = if message.starts_with("unknown field") {
            "config-unknown-key"
        } else {
            "config-syntax"
        };
        let place = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map_or_else(String::new, |before| {
                format!(
                    " in line {}",
                    before.matches('\n').count().saturating_add(1)
                )
            });
        Self::error(
            code,
            format!("the configuration is wrong{place}: {message}"),
            "correct or remove it",
        )
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.what, self.remedy)
    }
}

/// Everything that was found, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// One more.
    pub(crate) fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// The value, or a finding more.
    pub(crate) fn take<T>(&mut self, result: Result<T, Finding>) -> Option<T> {
        result.map_err(|finding| self.push(finding)).ok()
    }

    /// All of them.
    pub(crate) fn as_slice(&self) -> &[Finding] {
        &self.0
    }

    /// The value, if nothing was found.
    pub(super) fn into_result<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        self.0.extend(findings);
    }
}

impl From<Finding> for Findings {
    fn from(finding: Finding) -> Self {
        Self(vec![finding])
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentences: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&sentences.join(". "))
    }
}

impl std::error::Error for Findings {}
