//! A field for a password or PIN.

use std::ops::Range;

use eframe::egui::text::{ByteIndex, CharIndex};
use eframe::egui::{Align2, Button, Event, Key, RichText, TextBuffer, TextEdit, Ui, Vec2};
use tanba_crypto::Secret;
use zeroize::Zeroizing;

use crate::consent::Show;
use crate::window::style;

/// Octets that can be typed. Reserved at once, so that what is typed never moves and leaves nothing behind.
const LONGEST: usize = 1024;

/// What is typed, and what the person should know about her keyboard.
pub(super) struct Entry {
    typed: Typed,
    is_visible: bool,
    caps_lock: bool,
    other_layout: bool,
    /// Whether the keyboard should come to this field.
    wants_focus: bool,
}

impl Entry {
    pub(super) fn new(wants_focus: bool) -> Self {
        Self {
            typed: Typed::default(),
            is_visible: false,
            caps_lock: false,
            other_layout: false,
            wants_focus,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.typed.0.is_empty()
    }

    /// Brings the keyboard here.
    pub(super) const fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// What was typed; the field is empty then.
    pub(super) fn take(&mut self) -> Secret {
        self.other_layout = false;
        let mut typed = std::mem::take(&mut self.typed);
        Secret::from(std::mem::take(&mut *typed.0))
    }

    pub(super) fn clear(&mut self) {
        drop(self.take());
    }

    /// Shows the field under its name; whether Enter was pressed in it. Until it `is_open` it takes nothing; the keyboard comes
    /// here when it is.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        show: &Show<'_>,
        (name, is_open): (&str, bool),
    ) -> bool {
        let label = ui.label(style::bold(name).color(style::INK));
        let (toggle, width) = if self.is_visible {
            ("window-hide", 110.0)
        } else {
            ("window-show", 110.0)
        };
        let mut entered = false;
        ui.horizontal(|ui| {
            let id = ui.make_persistent_id(("entry", name));
            if !is_open {
                // A field that takes nothing loses the keyboard.
                self.wants_focus |= ui.memory(|memory| memory.has_focus(id));
            }
            let output = TextEdit::singleline(&mut self.typed)
                .id(id)
                .interactive(is_open)
                .password(!self.is_visible)
                .desired_width((ui.available_width() - width - 24.0).max(80.0))
                .min_size(Vec2::new(0.0, style::HEIGHT))
                .align(Align2::LEFT_CENTER)
                .show(ui);
            // What can be undone is kept in copies that nobody wipes.
            let mut state = output.state;
            state.clear_undoer();
            state.store(ui.ctx(), id);
            let response = output.response.response.labelled_by(label.id);
            if is_open && std::mem::take(&mut self.wants_focus) {
                response.request_focus();
                ui.ctx().request_repaint();
            }
            if response.has_focus() {
                self.look_at_keyboard(ui);
            }
            entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            // Enter that opened nothing leaves the keyboard here.
            self.wants_focus |= entered;
            let text = RichText::new(show.text(toggle)).small();
            let button = Button::new(text).min_size(Vec2::new(width, style::HEIGHT));
            if ui.add(button).clicked() {
                self.is_visible = !self.is_visible;
                self.wants_focus = true;
            }
        });
        for (is_on, key) in [
            (self.caps_lock, "window-caps-lock"),
            (self.other_layout, "window-other-layout"),
        ] {
            if is_on {
                style::warning().show(ui, |ui| {
                    ui.label(RichText::new(show.text(key)).small().color(style::WARN));
                });
            }
        }
        entered
    }

    /// The toolkit tells of no Caps Lock: letters whose case contradicts Shift do.
    fn look_at_keyboard(&mut self, ui: &Ui) {
        ui.input(|input| {
            let mut shift = input.modifiers.shift;
            for event in &input.events {
                if let Event::Key { modifiers, .. } = event {
                    shift = modifiers.shift;
                }
                let Event::Text(text) = event else { continue };
                let mut letters = text.chars();
                let (Some(letter), None) = (letters.next(), letters.next()) else {
                    continue;
                };
                if letter.is_uppercase() || letter.is_lowercase() {
                    self.caps_lock = letter.is_uppercase() != shift;
                }
                self.other_layout = !letter.is_ascii();
            }
        });
    }
}

/// A text that is wiped, in a place that does not move.
struct Typed(Zeroizing<String>);

impl Default for Typed {
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(LONGEST)))
    }
}

impl TextBuffer for Typed {
    fn is_mutable(&self) -> bool {
        true
    }

    fn as_str(&self) -> &str {
        &self.0
    }

    fn insert_text(&mut self, text: &str, char_index: CharIndex) -> usize {
        if self.0.len() + text.len() > LONGEST {
            return 0;
        }
        self.0.insert_text(text, char_index)
    }

    fn delete_char_range(&mut self, char_range: Range<CharIndex>) {
        self.0.delete_char_range(char_range);
    }

    fn byte_index_from_char_index(&self, char_index: CharIndex) -> ByteIndex {
        self.0.byte_index_from_char_index(char_index)
    }

    fn clear(&mut self) {
        *self = Self::default();
    }

    fn replace_with(&mut self, text: &str) {
        self.clear();
        let _ = self.insert_text(text, CharIndex(0));
    }

    fn type_id(&self) -> std::any::TypeId {
        std::any::TypeId::of::<Self>()
    }
}
