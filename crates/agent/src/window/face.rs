//! What the window shows, and what it does with what its owner says.
//!
//! One [`Step`] at a time: may this site ask at all, then the question itself. Nothing here reads the standard streams or
//! opens a window, so the same face is driven by tests.

mod documents;
mod entry;
mod file_list;
mod frame;
mod guard;
mod key_list;
mod opening;
mod secret_step;

use std::sync::Arc;

use eframe::egui::{Key, Modifiers, Ui};
use tanba_crypto::Secret;
use tanba_model::language::Language;

use super::style;
use super::wire::ToWindow;
use crate::Catalogue;
use crate::consent::{Answer, KeyCard, KeyQuestion, Purpose, Question, Show};
use crate::containers::{ContainerId, Storage};
use crate::origin::Use;
use file_list::FileList;
use frame::Pressed;
use guard::Guard;
use opening::Opening;
use secret_step::SecretStep;

/// What the window sends.
#[derive(Debug)]
pub(crate) enum Sent {
    /// The containers of this kind are wanted.
    List(Storage),
    /// This container is to be opened.
    Open(ContainerId, Secret),
    /// A new password is to be taken.
    Take(Secret),
    /// The end.
    Answer(Answer),
}

/// What is shown now.
enum Step {
    /// Whether this site may ask at all.
    FirstUse(Use),
    /// Which key, and may it.
    Key(Box<Opening>),
    /// May the key that the page opened by itself.
    Confirm,
    /// Which password.
    Secret(Box<SecretStep>),
    /// Which file or folder.
    File(FileList),
}

/// The face of one question.
pub(crate) struct Face {
    texts: Arc<Catalogue>,
    language: Language,
    question: Arc<Question>,
    step: Step,
    guard: Guard,
    sent: Vec<Sent>,
}

impl std::fmt::Debug for Face {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Face(…)")
    }
}

impl Face {
    pub(crate) fn new(texts: Arc<Catalogue>, question: Question, language: Language) -> Self {
        let first_use = match &question {
            Question::Key(question) => question.first_use,
            Question::Confirm(confirm) => confirm.question.first_use,
            Question::Secret(question) => question.first_use,
            Question::Site(question) => Some(question.usage),
            Question::File(_) => None,
        };
        let mut sent = Vec::new();
        let step = match first_use {
            Some(usage) => Step::FirstUse(usage),
            None => begin(&question, &mut sent),
        };
        Self {
            texts,
            language,
            question: Arc::new(question),
            step,
            guard: Guard::default(),
            sent,
        }
    }

    /// The title of the window: what is asked, and who asks.
    pub(crate) fn title(&self) -> String {
        let texts = Arc::clone(&self.texts);
        let show = Show::new(&texts, self.language);
        format!("{} — {}", self.heading(&show), self.origin())
    }

    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    /// What is to be sent since the last time.
    pub(crate) fn take_sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    /// Ends the question.
    pub(crate) fn answer(&mut self, answer: Answer) {
        self.sent.push(Sent::Answer(answer));
    }

    /// Takes what the agent said.
    pub(crate) fn hear(&mut self, message: ToWindow) {
        match (message, &mut self.step) {
            (ToWindow::Containers(storage, containers), step) => {
                if let Some(opening) = step.opening() {
                    opening.hear_containers(storage, containers);
                }
            }
            (ToWindow::Opened(opened), step) => {
                if let Some(opening) = step.opening() {
                    if opened.is_ok() {
                        // What is to be agreed to has just appeared.
                        self.guard.arm();
                    }
                    opening.hear_opened(opened);
                }
            }
            (ToWindow::Taken(taken), Step::Secret(step)) => {
                if step.hear_taken(taken) {
                    self.answer(Answer::Allowed);
                }
            }
            (ToWindow::Taken(_) | ToWindow::Ask(..), _) => {}
        }
    }

    /// Shows the whole window.
    pub(crate) fn show(&mut self, ui: &mut Ui) {
        self.guard.look(ui.ctx());
        let texts = Arc::clone(&self.texts);
        let show = Show::new(&texts, self.language);
        let heading = self.heading(&show);
        if let Some(language) = frame::header(ui, &show, &heading, self.origin()) {
            self.language = language;
            return;
        }
        let is_open = self.guard.is_open();
        let foot = self.foot(&show);
        let (pressed, entered) = frame::footer(ui, &foot, is_open, |ui| match &mut self.step {
            Step::Key(opening) => opening.show_entry(ui, &show, is_open),
            Step::Secret(step) => step.show_entry(ui, &show, is_open),
            Step::FirstUse(_) | Step::Confirm | Step::File(_) => false,
        });
        let question = Arc::clone(&self.question);
        frame::body(ui, |ui| self.body(ui, &show, &question));
        let escaped = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        match pressed {
            _ if escaped => self.answer(Answer::Cancelled),
            Some(Pressed::Cancel) => self.answer(Answer::Cancelled),
            Some(Pressed::Go) => self.go(&question),
            None if entered && is_open && self.is_ready() => self.go(&question),
            None => {}
        }
    }

    /// The middle of the window.
    fn body(&mut self, ui: &mut Ui, show: &Show<'_>, question: &Question) {
        match &mut self.step {
            Step::FirstUse(usage) => {
                let text = show.first_use(question.origin(), *usage);
                style::warning().show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.label(style::bold(text).color(style::WARN));
                });
                if let Question::Site(question) = question {
                    ui.label(show.named_file(question));
                }
                ui.label(show.text("window-new-site-note"));
                if let Some(question) = question.key() {
                    documents::show(ui, show, question);
                }
            }
            Step::Key(opening) => {
                if let Some(question) = question.key() {
                    documents::show(ui, show, question);
                }
                opening.show(ui, show, &mut self.sent);
            }
            Step::Confirm => {
                if let Question::Confirm(confirm) = question {
                    documents::show(ui, show, &confirm.question);
                    style::warning().show(ui, |ui| {
                        ui.set_width(ui.available_width());
                        ui.label(show.text("ask-password-from-page"));
                    });
                    if confirm.pin_was_wrong {
                        opening::wrong(ui, &show.text("ask-pin-was-wrong"));
                    }
                    key_list::show_one(ui, show, &confirm.key);
                }
            }
            Step::Secret(step) => step.show(ui, show, &mut self.sent),
            Step::File(files) => {
                files.show(ui, show);
            }
        }
    }

    /// What stands at the foot: the last sentence, the button that goes on, and whether it may be pressed.
    fn foot(&self, show: &Show<'_>) -> frame::Foot {
        let (sentence, go) = match (&self.step, &*self.question) {
            (Step::FirstUse(_), _) => (None, "window-allow"),
            (Step::Key(opening), question) => match (opening.chosen(), question.key()) {
                (Some(card), Some(question)) => (
                    Some(show.final_question(question, card)),
                    verb(question.purpose),
                ),
                (None, Some(question)) if opening.is_open() => (None, verb(question.purpose)),
                (Some(_) | None, _) => (None, "window-open"),
            },
            (Step::Confirm, Question::Confirm(confirm)) => (
                Some(show.final_question(&confirm.question, &confirm.key)),
                verb(confirm.question.purpose),
            ),
            (Step::Confirm, _) => (None, "window-go"),
            (Step::Secret(step), _) => (None, step.verb()),
            (Step::File(_), _) => (None, "window-choose"),
        };
        let cancel = match self.step {
            Step::FirstUse(_) => "window-deny",
            Step::Key(_) | Step::Confirm | Step::Secret(_) | Step::File(_) => "window-cancel",
        };
        frame::Foot {
            sentence,
            go: show.text(go),
            cancel: show.text(cancel),
            is_ready: self.is_ready(),
            // Where a password was typed, Enter goes on; elsewhere it is the refusal that is at hand.
            focus: match &self.step {
                Step::FirstUse(_) | Step::Confirm => Some(Pressed::Cancel),
                Step::Key(opening) if opening.chosen().is_some() => Some(Pressed::Go),
                Step::Secret(step) if step.is_opened_token() => Some(Pressed::Go),
                Step::Key(_) | Step::Secret(_) | Step::File(_) => None,
            },
        }
    }

    fn is_ready(&self) -> bool {
        match &self.step {
            Step::FirstUse(_) | Step::Confirm => true,
            Step::Key(opening) if opening.is_open() => opening.chosen().is_some(),
            Step::Key(opening) => opening.is_ready(),
            Step::Secret(step) => step.is_ready(),
            Step::File(files) => files.chosen().is_some(),
        }
    }

    /// The button that goes on.
    fn go(&mut self, question: &Question) {
        match &mut self.step {
            Step::FirstUse(_) if matches!(question, Question::Site(_)) => {
                self.answer(Answer::Allowed);
            }
            Step::FirstUse(_) => {
                self.step = begin(question, &mut self.sent);
                self.guard.arm();
            }
            Step::Key(opening) => match opening.chosen().map(|card| card.number) {
                Some(number) => self.answer(Answer::Key(number)),
                None => opening.open(&mut self.sent),
            },
            Step::Confirm => self.answer(Answer::Allowed),
            Step::Secret(step) => {
                if step.go(&mut self.sent) {
                    self.answer(Answer::Allowed);
                }
            }
            Step::File(files) => {
                if let Some(path) = files.chosen() {
                    self.answer(Answer::File(path));
                }
            }
        }
    }

    fn heading(&self, show: &Show<'_>) -> String {
        if matches!(self.step, Step::FirstUse(_)) {
            return show.text("window-new-site");
        }
        show.text(match &*self.question {
            Question::Key(question) => question.purpose.text_key(),
            Question::Confirm(confirm) => confirm.question.purpose.text_key(),
            Question::Secret(question) => question.purpose.text_key(),
            Question::File(_) => "ask-title-file",
            Question::Site(_) => "window-new-site",
        })
    }

    fn origin(&self) -> &str {
        self.question.origin()
    }
}

impl Step {
    fn opening(&mut self) -> Option<&mut Opening> {
        match self {
            Self::Key(opening) => Some(opening),
            Self::Secret(step) => step.opening(),
            Self::FirstUse(_) | Self::Confirm | Self::File(_) => None,
        }
    }
}

/// The step that answers the question, after the site was allowed to ask it.
fn begin(question: &Question, sent: &mut Vec<Sent>) -> Step {
    match question {
        Question::Key(question) => {
            Step::Key(Box::new(Opening::new(question.storages.clone(), sent)))
        }
        Question::Confirm(_) => Step::Confirm,
        Question::Secret(question) => Step::Secret(Box::new(SecretStep::new(question, sent))),
        Question::File(question) => Step::File(FileList::for_question(question)),
        Question::Site(question) => Step::FirstUse(question.usage),
    }
}

/// What the button says that uses the key.
const fn verb(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Login => "window-login",
        Purpose::Signature => "window-sign",
        Purpose::KeyInformation => "window-tell",
        Purpose::TimeStamp => "window-stamp",
    }
}

impl Question {
    /// The site that asks.
    fn origin(&self) -> &str {
        match self {
            Self::Key(question) => &question.origin,
            Self::Confirm(confirm) => &confirm.question.origin,
            Self::Secret(question) => &question.origin,
            Self::File(question) => &question.origin,
            Self::Site(question) => &question.origin,
        }
    }

    /// The question about a key in it.
    fn key(&self) -> Option<&KeyQuestion> {
        match self {
            Self::Key(question) => Some(question),
            Self::Confirm(confirm) => Some(&confirm.question),
            Self::Secret(_) | Self::File(_) | Self::Site(_) => None,
        }
    }
}

/// Whether a key may be chosen.
const fn is_usable(card: &KeyCard) -> bool {
    card.unusable.is_none()
}

#[cfg(test)]
mod tests;
