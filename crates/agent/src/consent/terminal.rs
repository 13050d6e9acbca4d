//! The dialog at a terminal.

mod console;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tanba_crypto::Secret;

use self::console::{Console, Standard};
use super::question::{
    Answer, ConfirmQuestion, FileQuestion, KeyCard, KeyQuestion, Question, SecretPurpose,
    SecretQuestion, SiteQuestion,
};
use super::show::Show;
use super::{Dialog, Keys, Withdrawal};
use crate::containers::{ContainerId, Storage};
use crate::locale::Catalogue;

/// Asks at the terminal where the agent runs.
pub struct Terminal {
    texts: Arc<Catalogue>,
    console: Mutex<Box<dyn Console>>,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Terminal(…)")
    }
}

impl Terminal {
    /// Uses the terminal of this process.
    #[must_use]
    pub fn new(texts: Arc<Catalogue>) -> Self {
        Self::over(texts, Box::new(Standard::default()))
    }

    fn over(texts: Arc<Catalogue>, console: Box<dyn Console>) -> Self {
        Self {
            texts,
            console: Mutex::new(console),
        }
    }
}

impl Dialog for Terminal {
    fn ask(&self, question: &Question, keys: &mut dyn Keys, withdrawal: &Withdrawal) -> Answer {
        let mut console = self.console.lock().unwrap_or_else(PoisonError::into_inner);
        if !console.is_there() {
            tracing::error!(
                "there is no terminal to ask at, so nothing was signed, and the keys are safe; start the agent where \
                 somebody sits, or with --ui window where there is a screen"
            );
            return Answer::Unasked;
        }
        let mut talk = Talk {
            show: Show::new(&self.texts, question.language()),
            console: &mut **console,
            withdrawal,
            keys,
        };
        let answer = match question {
            Question::Key(question) => talk.key(question),
            Question::Confirm(question) => talk.confirm(question),
            Question::Secret(question) => talk.secret(question),
            Question::File(question) => talk.file(question),
            Question::Site(question) => talk.site(question),
        };
        if withdrawal.is_withdrawn() {
            talk.say("ask-withdrawn");
            return Answer::Cancelled;
        }
        if answer.is_none() {
            talk.say("ask-cancelled");
        }
        answer.unwrap_or(Answer::Cancelled)
    }
}

/// One question at the terminal. Whatever gives `None` was cancelled.
struct Talk<'a> {
    show: Show<'a>,
    console: &'a mut dyn Console,
    withdrawal: &'a Withdrawal,
    keys: &'a mut dyn Keys,
}

impl Talk<'_> {
    fn key(&mut self, question: &KeyQuestion) -> Option<Answer> {
        self.begin(question)?;
        let storage = self.storage(&question.storages)?;
        loop {
            let container = self.container(storage)?;
            let secret = self
                .console
                .secret(&self.show.secret_prompt(storage), self.withdrawal)?;
            let cards = match self.keys.open(&container, &secret) {
                Ok(cards) => cards,
                Err(fault) => {
                    let text = self.show.fault(&fault);
                    self.console.say(&text);
                    continue;
                }
            };
            let text = self.show.keys(&cards);
            self.console.say(&text);
            if cards.iter().all(|card| card.unusable.is_some()) {
                self.say("ask-no-usable-key");
                continue;
            }
            return self.choice(question, &cards);
        }
    }

    /// Who asks and for what; a site that asks for the first time is decided about first.
    fn begin(&mut self, question: &KeyQuestion) -> Option<()> {
        let text = self.show.question(question);
        self.console.say(&text);
        if let Some(usage) = question.first_use {
            let text = self.show.first_use(&question.origin, usage);
            self.console.say(&text);
            self.yes("ask-allow-site")?;
        }
        Some(())
    }

    fn confirm(&mut self, confirm: &ConfirmQuestion) -> Option<Answer> {
        self.begin(&confirm.question)?;
        self.say("ask-password-from-page");
        if confirm.pin_was_wrong {
            self.say("ask-pin-was-wrong");
        }
        let text = self.show.keys(std::slice::from_ref(&confirm.key));
        self.console.say(&text);
        let text = self.show.final_question(&confirm.question, &confirm.key);
        self.console.say(&text);
        self.yes("ask-yes-or-no")?;
        Some(Answer::Allowed)
    }

    fn choice(&mut self, question: &KeyQuestion, cards: &[KeyCard]) -> Option<Answer> {
        loop {
            let line = self.line("ask-choose-key")?;
            let chosen = if line.is_empty() {
                Some(1)
            } else {
                line.parse().ok()
            };
            let card = chosen
                .and_then(|number: usize| cards.get(number.checked_sub(1)?))
                .filter(|card| card.unusable.is_none());
            let Some(card) = card else {
                self.say("ask-no-such-choice");
                continue;
            };
            let text = self.show.final_question(question, card);
            self.console.say(&text);
            self.yes("ask-yes-or-no")?;
            return Some(Answer::Key(card.number));
        }
    }

    fn storage(&mut self, storages: &[Storage]) -> Option<Storage> {
        if let [only] = storages {
            return Some(*only);
        }
        let text = self.show.storages(storages);
        self.console.say(&text);
        loop {
            let line = self.line("ask-choose-storage")?;
            let number: Option<usize> = if line.is_empty() {
                Some(1)
            } else {
                line.parse().ok()
            };
            let chosen = number.and_then(|number| storages.get(number.checked_sub(1)?));
            if let Some(storage) = chosen {
                return Some(*storage);
            }
            self.say("ask-no-such-choice");
        }
    }

    /// A container of the list by its number, or a file by its path.
    fn container(&mut self, storage: Storage) -> Option<ContainerId> {
        loop {
            let containers = self.keys.containers(storage);
            let text = self.show.containers(&containers);
            self.console.say(&text);
            let prompt = if storage.is_token() {
                "ask-choose-token"
            } else {
                "ask-choose-file"
            };
            let line = self.line(prompt)?;
            let listed = line
                .parse::<usize>()
                .ok()
                .and_then(|number| containers.get(number.checked_sub(1)?));
            match listed {
                Some(container) => return Some(container.id.clone()),
                // An empty line lists them once more.
                None if line.is_empty() => {}
                None if !storage.is_token() => {
                    return Some(ContainerId {
                        storage,
                        place: line,
                    });
                }
                None => self.say("ask-no-such-choice"),
            }
        }
    }

    /// A password for keys as such; a new one is typed twice and keeps the rules.
    fn secret(&mut self, question: &SecretQuestion) -> Option<Answer> {
        let text = self.show.secret_question(question);
        self.console.say(&text);
        if let Some(usage) = question.first_use {
            let text = self.show.first_use(&question.origin, usage);
            self.console.say(&text);
            self.yes("ask-allow-site")?;
        }
        if question.purpose == SecretPurpose::Change {
            self.opened(question.storage)?;
            if self.keys.is_factory_secret() {
                self.say("ask-factory-pin");
            }
        } else if question.storage.is_token() {
            self.opened(question.storage)?;
            self.say("ask-final-keys");
            self.yes("ask-yes-or-no")?;
            return Some(Answer::Allowed);
        }
        loop {
            let secret = self.typed(question)?;
            match self.keys.take_secret(secret) {
                Ok(()) => break,
                Err(fault) => {
                    let text = self.show.secret_fault(&fault);
                    self.console.say(&text);
                }
            }
        }
        self.say("ask-final-keys");
        self.yes("ask-yes-or-no")?;
        Some(Answer::Allowed)
    }

    /// Opens a container with the password that it has.
    fn opened(&mut self, storage: Storage) -> Option<()> {
        loop {
            let container = self.container(storage)?;
            let prompt = self.show.secret_prompt(storage);
            let secret = self.console.secret(&prompt, self.withdrawal)?;
            match self.keys.open(&container, &secret) {
                Ok(cards) => {
                    if !cards.is_empty() {
                        let text = self.show.keys(&cards);
                        self.console.say(&text);
                    }
                    return Some(());
                }
                Err(fault) => {
                    let text = self.show.fault(&fault);
                    self.console.say(&text);
                }
            }
        }
    }

    fn typed(&mut self, question: &SecretQuestion) -> Option<Secret> {
        if question.purpose == SecretPurpose::Install {
            let prompt = self.show.text("ask-password-chosen");
            return self.console.secret(&prompt, self.withdrawal);
        }
        loop {
            let (new, again) = if question.storage.is_token() {
                ("ask-pin-new", "ask-pin-again")
            } else {
                ("ask-password-new", "ask-password-again")
            };
            let prompt = self.show.text(new);
            let once = self.console.secret(&prompt, self.withdrawal)?;
            let prompt = self.show.text(again);
            let again = self.console.secret(&prompt, self.withdrawal)?;
            if once == again {
                return Some(once);
            }
            self.say("ask-password-differs");
        }
    }

    fn file(&mut self, question: &FileQuestion) -> Option<Answer> {
        let text = self.show.file_question(question);
        self.console.say(&text);
        loop {
            let line = self.line("ask-file-path")?;
            let path = PathBuf::from(&line);
            if path.is_absolute() && path.exists() {
                return Some(Answer::File(path));
            }
            self.say("ask-no-such-file");
        }
    }

    fn site(&mut self, question: &SiteQuestion) -> Option<Answer> {
        let text = self.show.site_question(question);
        self.console.say(&text);
        self.yes("ask-allow-site")?;
        Some(Answer::Allowed)
    }

    /// Goes on only after a clear yes.
    fn yes(&mut self, prompt: &str) -> Option<()> {
        loop {
            let line = self.line(prompt)?;
            let line = line.to_lowercase();
            if self.show.is_word("ask-word-yes", &line) {
                return Some(());
            }
            if line.is_empty() || self.show.is_word("ask-word-no", &line) {
                return None;
            }
        }
    }

    /// A line without the spaces around it; the word for cancelling is no line.
    fn line(&mut self, prompt: &str) -> Option<String> {
        let prompt = self.show.text(prompt);
        let line = self.console.line(&prompt, self.withdrawal)?;
        let line = line.trim().to_owned();
        (!self.show.is_word("ask-word-cancel", &line.to_lowercase())).then_some(line)
    }

    fn say(&mut self, key: &str) {
        let text = self.show.text(key);
        self.console.say(&text);
    }
}

#[cfg(test)]
mod tests;
