//! What went wrong, in sentences of each language.

use std::error::Error as StdError;
use std::path::Path;

use tanba_model::language::Language;

use crate::config::ConfigError;
use crate::consent::clean;
use crate::locale::Argument;
use crate::{Catalogue, GrantError, ListenError, TrustError};

/// A fault of a command: the key of its sentence, and what goes into it.
#[derive(Debug, thiserror::Error)]
#[error("{key}")]
pub(super) struct Said {
    key: &'static str,
    arguments: Vec<(&'static str, String)>,
    #[source]
    because: Option<Box<dyn StdError + Send + Sync>>,
}

impl Said {
    pub(super) const fn new(key: &'static str) -> Self {
        Self {
            key,
            arguments: Vec::new(),
            because: None,
        }
    }

    pub(super) fn about(key: &'static str, name: &'static str, what: impl Into<String>) -> Self {
        Self {
            arguments: vec![(name, what.into())],
            ..Self::new(key)
        }
    }

    pub(super) fn of_file(key: &'static str, path: &Path) -> Self {
        Self::about(key, "path", path.display().to_string())
    }

    pub(super) fn because(self, error: impl StdError + Send + Sync + 'static) -> Self {
        Self {
            because: Some(Box::new(error)),
            ..self
        }
    }
}

/// The sentence of a fault and of what caused it. What the system says stays as the system says it.
pub(super) fn sentence(error: &anyhow::Error, texts: &Catalogue, language: Language) -> String {
    error
        .chain()
        .map(|fault| told(fault, texts, language))
        .collect::<Vec<_>>()
        .join(": ")
}

/// The sentence of a fault alone.
pub(super) fn told(
    fault: &(dyn StdError + 'static),
    texts: &Catalogue,
    language: Language,
) -> String {
    match known(fault) {
        Some((key, arguments)) => texts.format(language, key, &arguments),
        None => fault.to_string(),
    }
}

type Known = (&'static str, Vec<(&'static str, Argument)>);

/// The key of a fault that the command line knows, and what goes into its sentence.
fn known(fault: &(dyn StdError + 'static)) -> Option<Known> {
    let path = |path: &Path| vec![("path", Argument::Text(path.display().to_string()))];
    if let Some(said) = fault.downcast_ref::<Said>() {
        let text = |(name, value): &(&'static str, String)| (*name, Argument::Text(value.clone()));
        return Some((said.key, said.arguments.iter().map(text).collect()));
    }
    if let Some(fault) = fault.downcast_ref::<ConfigError>() {
        return Some(match fault {
            ConfigError::File { path: file, .. } => ("cli-config-unread", path(file)),
            ConfigError::TimeStampUrl { path: file } => ("cli-config-stamps", path(file)),
            ConfigError::Mistake {
                path: file,
                line,
                written,
                reason,
            } => {
                let mut arguments = path(file);
                arguments.push(("line", Argument::from(*line)));
                arguments.push(("written", Argument::Text(clean(written))));
                // The parser speaks English alone; the names that it tells are the same everywhere.
                let mut names = reason.split('`').skip(1).step_by(2);
                let unknown = reason.strip_prefix("unknown field ").and(names.next());
                let Some(unknown) = unknown else {
                    return Some(("cli-config-mistake", arguments));
                };
                let known = names.collect::<Vec<_>>().join(", ");
                arguments.push(("name", Argument::Text(clean(unknown))));
                arguments.push(("known", Argument::Text(known)));
                ("cli-config-unknown", arguments)
            }
        });
    }
    if let Some(fault) = fault.downcast_ref::<GrantError>() {
        return Some(match fault {
            GrantError::File { path: file, .. } => ("cli-grants-unread", path(file)),
            GrantError::Damaged { path: file } => ("cli-grants-damaged", path(file)),
        });
    }
    if let Some(fault) = fault.downcast_ref::<ListenError>() {
        let number = |port: &u16| vec![("port", Argument::Text(port.to_string()))];
        return Some(match fault {
            ListenError::Taken { port } => ("cli-port-taken", number(port)),
            ListenError::Refused { port, .. } => ("cli-port-refused", number(port)),
        });
    }
    Some(match fault.downcast_ref::<TrustError>()? {
        TrustError::File { path: file, .. } => ("cli-identity-unread", path(file)),
        TrustError::Damaged { path: file } => ("cli-identity-damaged", path(file)),
        TrustError::ClockBehind { now } => {
            let now = Argument::Text(now.clone());
            ("cli-identity-clock", vec![("now", now)])
        }
        TrustError::Key(_) | TrustError::Certificate(_) | TrustError::Tls(_) => {
            ("cli-identity-unmade", Vec::new())
        }
    })
}
