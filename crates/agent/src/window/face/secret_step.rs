//! Passwords for keys as such: made, installed, locked anew.

use eframe::egui::{Label, RichText, Ui};

use super::Sent;
use super::entry::Entry;
use super::frame::part;
use super::opening::{Opening, wrong};
use crate::consent::{SecretFault, SecretPurpose, SecretQuestion, Show, clean};
use crate::window::style;

/// From a question about a password to what is typed.
pub(super) struct SecretStep {
    question: SecretQuestion,
    /// The container that has to be opened first: a token, or one whose password is changed.
    opening: Option<Opening>,
    new: Entry,
    again: Entry,
    fault: Option<Fault>,
    is_waiting: bool,
}

enum Fault {
    /// The two that were typed are not the same.
    Differ,
    /// What the agent said against it.
    Refused(SecretFault),
}

impl SecretStep {
    pub(super) fn new(question: &SecretQuestion, sent: &mut Vec<Sent>) -> Self {
        let is_change = question.purpose == SecretPurpose::Change;
        let is_opened = is_change || question.storage.is_token();
        Self {
            opening: is_opened.then(|| Opening::new(vec![question.storage], sent)),
            new: Entry::new(true),
            again: Entry::new(false),
            fault: None,
            is_waiting: false,
            question: question.clone(),
        }
    }

    pub(super) const fn opening(&mut self) -> Option<&mut Opening> {
        self.opening.as_mut()
    }

    /// Takes what the agent said of the new password; whether it was taken.
    pub(super) fn hear_taken(&mut self, taken: Result<(), SecretFault>) -> bool {
        self.is_waiting = false;
        match taken {
            Ok(()) => true,
            Err(fault) => {
                self.fault = Some(Fault::Refused(fault));
                self.new.focus();
                false
            }
        }
    }

    /// Whether a token is open, and nothing else is needed of its owner.
    pub(super) fn is_opened_token(&self) -> bool {
        !self.needs_password() && self.opening.as_ref().is_some_and(Opening::is_open)
    }

    /// Whether a password is typed beside the one that opens the container.
    fn needs_password(&self) -> bool {
        self.question.purpose == SecretPurpose::Change || !self.question.storage.is_token()
    }

    fn is_typed_twice(&self) -> bool {
        self.question.purpose != SecretPurpose::Install
    }

    /// Whether the container is still closed.
    fn is_closed(&self) -> bool {
        self.opening
            .as_ref()
            .is_some_and(|opening| !opening.is_open())
    }

    /// What the button says.
    pub(super) fn verb(&self) -> &'static str {
        if self.is_closed() {
            return "window-open";
        }
        match self.question.purpose {
            SecretPurpose::NewKeys => "window-make",
            SecretPurpose::Install => "window-install",
            SecretPurpose::Change => "window-change",
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        match &self.opening {
            Some(opening) if !opening.is_open() => opening.is_ready(),
            _ if !self.needs_password() => true,
            _ => {
                let is_typed =
                    !self.new.is_empty() && (!self.is_typed_twice() || !self.again.is_empty());
                is_typed && !self.is_waiting
            }
        }
    }

    /// Goes on; whether that was the end.
    pub(super) fn go(&mut self, sent: &mut Vec<Sent>) -> bool {
        if let Some(opening) = self.opening.as_mut().filter(|opening| !opening.is_open()) {
            opening.open(sent);
            return false;
        }
        if !self.needs_password() {
            return true;
        }
        let secret = self.new.take();
        if self.is_typed_twice() && secret != self.again.take() {
            self.fault = Some(Fault::Differ);
            self.new.focus();
            return false;
        }
        self.fault = None;
        self.is_waiting = true;
        sent.push(Sent::Take(secret));
        false
    }

    /// Shows what is made, installed or locked anew, and where.
    pub(super) fn show(&mut self, ui: &mut Ui, show: &Show<'_>, sent: &mut Vec<Sent>) {
        for item in &self.question.items {
            style::card().show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.add(Label::new(clean(item)).wrap());
            });
        }
        let Some(opening) = &mut self.opening else {
            part(ui, show.text("window-keystore"));
            ui.label(show.text(self.question.storage.text_key()));
            return;
        };
        opening.show(ui, show, sent);
        if opening.has_factory_secret() {
            style::warning().show(ui, |ui| {
                ui.set_width(ui.available_width());
                let text = RichText::new(show.text("ask-factory-pin"));
                ui.add(Label::new(text.color(style::WARN)).wrap());
            });
        }
    }

    /// Shows the fields for passwords; whether Enter was pressed in the last one.
    pub(super) fn show_entry(&mut self, ui: &mut Ui, show: &Show<'_>, is_open: bool) -> bool {
        if let Some(opening) = self.opening.as_mut().filter(|opening| !opening.is_open()) {
            return opening.show_entry(ui, show, is_open);
        }
        if !self.needs_password() {
            ui.label(show.text("ask-final-keys"));
            return false;
        }
        match &self.fault {
            Some(Fault::Differ) => wrong(ui, &show.text("ask-password-differs")),
            Some(Fault::Refused(fault)) => wrong(ui, &show.secret_fault(fault)),
            None => {}
        }
        self.fields(ui, show, is_open)
    }

    fn fields(&mut self, ui: &mut Ui, show: &Show<'_>, is_open: bool) -> bool {
        if !self.is_typed_twice() {
            let name = show.text("ask-password-chosen");
            return self.new.show(ui, show, (&name, is_open));
        }
        let (new, again) = if self.question.storage.is_token() {
            ("ask-pin-new", "ask-pin-again")
        } else {
            ("ask-password-new", "ask-password-again")
        };
        if self.new.show(ui, show, (&show.text(new), is_open)) {
            self.again.focus();
        }
        self.again.show(ui, show, (&show.text(again), is_open))
    }
}
