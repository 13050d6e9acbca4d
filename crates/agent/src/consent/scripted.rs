//! A user that answers from a file, for tests: in builds with the feature `scripted` alone.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use serde::Deserialize;
use tanba_crypto::Secret;

use super::question::{Answer, Question, SecretPurpose, SecretQuestion};
use super::{Dialog, Keys, Withdrawal};
use crate::containers::{ContainerId, Storage};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    /// Path of a key file, or the place of a token.
    container: String,
    #[serde(default = "file")]
    storage: Storage,
    password: String,
    /// The password that is chosen where a new one is asked for.
    #[serde(default)]
    new_password: Option<String>,
    /// What is said to each question in turn.
    #[serde(default)]
    decisions: VecDeque<Decision>,
    /// What is said after that.
    then: Decision,
}

const fn file() -> Storage {
    Storage::Pkcs12
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Decision {
    Choose,
    Cancel,
}

/// Answers as a file says.
#[derive(Debug)]
pub struct Scripted {
    container: ContainerId,
    secret: Secret,
    new_secret: Secret,
    decisions: Mutex<VecDeque<Decision>>,
    then: Decision,
}

impl Scripted {
    /// Reads the file: JSON with `container`, `password`, `decisions` and `then`.
    ///
    /// # Errors
    /// When it cannot be read or is something else.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let content = std::fs::read(path).context("the script cannot be read")?;
        let written: Written =
            serde_json::from_slice(&content).context("the script has a mistake")?;
        Ok(Self {
            container: ContainerId {
                storage: written.storage,
                place: written.container,
            },
            new_secret: Secret::from(
                written
                    .new_password
                    .unwrap_or_else(|| written.password.clone()),
            ),
            secret: Secret::from(written.password),
            decisions: Mutex::new(written.decisions),
            then: written.then,
        })
    }
}

impl Scripted {
    fn secret(&self, question: &SecretQuestion, keys: &mut dyn Keys) -> Answer {
        let is_token = question.storage.is_token();
        if (is_token || question.purpose == SecretPurpose::Change)
            && keys.open(&self.container, &self.secret).is_err()
        {
            return Answer::Cancelled;
        }
        if is_token && question.purpose != SecretPurpose::Change {
            return Answer::Allowed;
        }
        match keys.take_secret(self.new_secret.clone()) {
            Ok(()) => Answer::Allowed,
            Err(_) => Answer::Cancelled,
        }
    }
}

impl Dialog for Scripted {
    fn ask(&self, question: &Question, keys: &mut dyn Keys, _: &Withdrawal) -> Answer {
        let decision = self
            .decisions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
            .unwrap_or(self.then);
        match (decision, question) {
            (Decision::Cancel, _) => Answer::Cancelled,
            (Decision::Choose, Question::File(_)) => {
                Answer::File(PathBuf::from(&self.container.place))
            }
            (Decision::Choose, Question::Secret(question)) => self.secret(question, keys),
            (Decision::Choose, Question::Confirm(_)) => Answer::Allowed,
            (Decision::Choose, Question::Key(_)) => keys
                .open(&self.container, &self.secret)
                .ok()
                .and_then(|cards| cards.into_iter().find(|card| card.unusable.is_none()))
                .map_or(Answer::Cancelled, |card| Answer::Key(card.number)),
        }
    }
}
