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
    /// Other containers, for the kinds of keystores that they are of.
    #[serde(default)]
    others: Vec<WrittenContainer>,
    /// What is said to each question in turn.
    #[serde(default)]
    decisions: VecDeque<Decision>,
    /// What is said after that.
    then: Decision,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenContainer {
    container: String,
    storage: Storage,
    password: String,
    #[serde(default)]
    new_password: Option<String>,
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
    /// The last one is for all kinds that have none of their own.
    containers: Vec<Used>,
    decisions: Mutex<VecDeque<Decision>>,
    then: Decision,
}

/// A container, what opens it, and what is typed for a new password.
#[derive(Debug)]
struct Used {
    id: ContainerId,
    secret: Secret,
    new_secret: Secret,
}

impl From<WrittenContainer> for Used {
    fn from(written: WrittenContainer) -> Self {
        let new = written.new_password;
        Self {
            id: ContainerId {
                storage: written.storage,
                place: written.container,
            },
            new_secret: Secret::from(new.unwrap_or_else(|| written.password.clone())),
            secret: Secret::from(written.password),
        }
    }
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
        let last = WrittenContainer {
            container: written.container,
            storage: written.storage,
            password: written.password,
            new_password: written.new_password,
        };
        Ok(Self {
            containers: written
                .others
                .into_iter()
                .chain([last])
                .map(Used::from)
                .collect(),
            decisions: Mutex::new(written.decisions),
            then: written.then,
        })
    }
}

impl Scripted {
    /// The container for one of these kinds.
    fn used(&self, storages: &[Storage]) -> Option<&Used> {
        let is_of_kind = |used: &&Used| storages.contains(&used.id.storage);
        self.containers
            .iter()
            .find(is_of_kind)
            .or_else(|| self.containers.last())
    }

    fn secret(&self, question: &SecretQuestion, keys: &mut dyn Keys) -> Option<Answer> {
        let used = self.used(&[question.storage])?;
        let is_token = question.storage.is_token();
        if is_token || question.purpose == SecretPurpose::Change {
            let _ = keys.open(&used.id, &used.secret).ok()?;
        }
        if !is_token || question.purpose == SecretPurpose::Change {
            keys.take_secret(used.new_secret.clone()).ok()?;
        }
        Some(Answer::Allowed)
    }

    fn key(&self, storages: &[Storage], keys: &mut dyn Keys) -> Option<Answer> {
        let used = self.used(storages)?;
        let cards = keys.open(&used.id, &used.secret).ok()?;
        let card = cards.into_iter().find(|card| card.unusable.is_none())?;
        Some(Answer::Key(card.number))
    }

    fn file(&self) -> Option<Answer> {
        let used = self.containers.last()?;
        Some(Answer::File(PathBuf::from(&used.id.place)))
    }
}

impl Dialog for Scripted {
    fn ask(&self, question: &Question, keys: &mut dyn Keys, _: &Withdrawal) -> Answer {
        let mut decisions = self
            .decisions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // What is said to a question is said to the one before it too, whether the site may ask.
        let decision = match (question, decisions.front()) {
            (Question::Site(_), Some(Decision::Choose)) => Decision::Choose,
            _ => decisions.pop_front().unwrap_or(self.then),
        };
        drop(decisions);
        let answer = match (decision, question) {
            (Decision::Cancel, _) => None,
            (Decision::Choose, Question::File(_)) => self.file(),
            (Decision::Choose, Question::Secret(question)) => self.secret(question, keys),
            (Decision::Choose, Question::Confirm(_) | Question::Site(_)) => Some(Answer::Allowed),
            (Decision::Choose, Question::Key(question)) => self.key(&question.storages, keys),
        };
        answer.unwrap_or(Answer::Cancelled)
    }
}
