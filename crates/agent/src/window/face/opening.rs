//! Choosing a container, opening it, and choosing a key in it.

use eframe::egui::{ComboBox, Label, RadioButton, RichText, Spinner, TextEdit, Ui};

use super::entry::Entry;
use super::file_list::FileList;
use super::frame::part;
use super::{Sent, is_usable, key_list};
use crate::consent::{ContainerCard, KeyCard, OpenFault, Show, clean};
use crate::containers::{ContainerId, Storage};
use crate::window::style;
use crate::window::wire::Opened;

/// Which container is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The one at this place of the list.
    Listed(usize),
    /// The file at the path that is typed.
    Typed,
}

/// From the kinds of containers to a key.
pub(super) struct Opening {
    storages: Vec<Storage>,
    storage: Storage,
    /// None until the agent said which are here.
    containers: Option<Vec<ContainerCard>>,
    place: Place,
    path: String,
    files: Option<FileList>,
    entry: Entry,
    fault: Option<OpenFault>,
    /// Whether the agent is opening a container now.
    is_waiting: bool,
    opened: Option<Opened>,
    /// Whether its keys have not been shown yet: they come into sight by themselves, once.
    is_new: bool,
    key: Option<usize>,
}

impl Opening {
    pub(super) fn new(storages: Vec<Storage>, sent: &mut Vec<Sent>) -> Self {
        let storage = storages.first().copied().unwrap_or(Storage::Pkcs12);
        sent.push(Sent::List(storage));
        Self {
            storages,
            storage,
            containers: None,
            place: Place::Listed(0),
            path: String::new(),
            files: None,
            entry: Entry::new(true),
            fault: None,
            is_waiting: false,
            opened: None,
            is_new: false,
            key: None,
        }
    }

    /// Takes a list of containers; one of another kind came too late.
    pub(super) fn hear_containers(&mut self, storage: Storage, containers: Vec<ContainerCard>) {
        if storage != self.storage {
            return;
        }
        let is_listed = matches!(self.place, Place::Listed(place) if place < containers.len());
        let is_typed = self.place == Place::Typed && !self.path.is_empty();
        if !is_listed && !is_typed {
            self.place = if containers.is_empty() && !storage.is_token() {
                Place::Typed
            } else {
                Place::Listed(0)
            };
        }
        self.containers = Some(containers);
    }

    pub(super) fn hear_opened(&mut self, opened: Result<Opened, OpenFault>) {
        self.is_waiting = false;
        match opened {
            Ok(opened) => {
                self.key = opened.cards.iter().position(is_usable);
                self.opened = Some(opened);
                self.is_new = true;
            }
            Err(fault) => {
                self.fault = Some(fault);
                self.entry.focus();
            }
        }
    }

    /// The key that is chosen.
    pub(super) fn chosen(&self) -> Option<&KeyCard> {
        self.opened.as_ref()?.cards.get(self.key?)
    }

    /// Whether a container is open.
    pub(super) const fn is_open(&self) -> bool {
        self.opened.is_some()
    }

    /// Whether the container opened with a PIN that everybody knows.
    pub(super) fn has_factory_secret(&self) -> bool {
        self.opened
            .as_ref()
            .is_some_and(|opened| opened.factory_secret)
    }

    /// Whether there is something to open, and what to open it with.
    pub(super) fn is_ready(&self) -> bool {
        !self.is_waiting && !self.entry.is_empty() && self.container().is_some()
    }

    /// Has the container opened.
    pub(super) fn open(&mut self, sent: &mut Vec<Sent>) {
        let Some(container) = self.container().filter(|_| self.is_ready()) else {
            return;
        };
        self.fault = None;
        self.is_waiting = true;
        sent.push(Sent::Open(container, self.entry.take()));
    }

    fn container(&self) -> Option<ContainerId> {
        match self.place {
            Place::Listed(place) => Some(self.containers.as_ref()?.get(place)?.id.clone()),
            Place::Typed => {
                let place = self.path.trim();
                (!place.is_empty()).then(|| ContainerId {
                    storage: self.storage,
                    place: place.to_owned(),
                })
            }
        }
    }

    /// Shows what can be chosen, and what is in it once it is open.
    pub(super) fn show(&mut self, ui: &mut Ui, show: &Show<'_>, sent: &mut Vec<Sent>) {
        self.storage(ui, show, sent);
        ui.add_enabled_ui(!self.is_waiting, |ui| self.containers(ui, show, sent));
        if self.is_waiting {
            ui.horizontal(|ui| {
                ui.add(Spinner::new().color(style::BRAND));
                ui.label(show.text("window-opening"));
            });
        }
        if let Some(opened) = self
            .opened
            .as_ref()
            .filter(|opened| !opened.cards.is_empty())
        {
            part(ui, show.text("window-keys"));
            if self.key.is_none() {
                wrong(ui, &show.text("ask-no-usable-key"));
            }
            let is_new = std::mem::take(&mut self.is_new);
            key_list::show(ui, show, &opened.cards, (&mut self.key, is_new));
        }
    }

    /// Shows the field for the password, while there is something to open; whether Enter was pressed in it.
    pub(super) fn show_entry(&mut self, ui: &mut Ui, show: &Show<'_>, is_open: bool) -> bool {
        if self.is_waiting || self.opened.is_some() || self.container().is_none() {
            return false;
        }
        if let Some(fault) = &self.fault {
            wrong(ui, &show.fault(fault));
        }
        let name = show.secret_prompt(self.storage);
        let entered = self.entry.show(ui, show, (&name, is_open));
        ui.add(Label::new(style::quiet(show.text("window-password-stays"))).wrap());
        entered
    }

    fn storage(&mut self, ui: &mut Ui, show: &Show<'_>, sent: &mut Vec<Sent>) {
        part(ui, show.text("window-keystore"));
        if self.storages.len() < 2 {
            ui.label(show.text(self.storage.text_key()));
            return;
        }
        let before = self.storage;
        let label = ui.label(style::quiet(show.text("window-storage")));
        ComboBox::from_id_salt("storage")
            .selected_text(show.text(self.storage.text_key()))
            .width(260.0)
            .show_ui(ui, |ui| {
                for storage in &self.storages {
                    let name = show.text(storage.text_key());
                    ui.selectable_value(&mut self.storage, *storage, name);
                }
            })
            .response
            .labelled_by(label.id);
        if self.storage != before {
            self.containers = None;
            self.place = Place::Listed(0);
            self.forget();
            sent.push(Sent::List(self.storage));
        }
    }

    fn containers(&mut self, ui: &mut Ui, show: &Show<'_>, sent: &mut Vec<Sent>) {
        let before = (self.place, self.path.clone());
        match &self.containers {
            None => {
                ui.add(Spinner::new().color(style::BRAND));
            }
            Some(containers) => {
                if containers.is_empty() {
                    let text = if self.storage.is_token() {
                        "window-no-token"
                    } else {
                        "window-no-files"
                    };
                    style::hint().show(ui, |ui| {
                        ui.set_width(ui.available_width());
                        ui.label(show.text(text));
                    });
                }
                let is_open = self.opened.is_some();
                for (place, container) in containers.iter().enumerate() {
                    let is_chosen = self.place == Place::Listed(place);
                    // Of an open one the keys matter, and they should be in sight.
                    if is_open && !is_chosen {
                        continue;
                    }
                    ui.horizontal_wrapped(|ui| {
                        let radio = RadioButton::new(is_chosen, clean(&container.name));
                        if ui.add(radio).clicked() {
                            self.place = Place::Listed(place);
                        }
                        about(ui, show, container);
                    });
                }
            }
        }
        let is_other_open = self.opened.is_some() && self.place != Place::Typed;
        if !self.storage.is_token() && !is_other_open {
            self.typed(ui, show);
        }
        if ui.button(show.text("window-refresh")).clicked() {
            self.forget();
            sent.push(Sent::List(self.storage));
        }
        if (self.place, &self.path) != (before.0, &before.1) {
            self.forget();
        }
    }

    /// A file that is not in the list: by its path, or looked for in folders.
    fn typed(&mut self, ui: &mut Ui, show: &Show<'_>) {
        let is_chosen = self.place == Place::Typed;
        let other = RadioButton::new(is_chosen, show.text("window-other-file"));
        if ui.add(other).clicked() {
            self.place = Place::Typed;
        }
        if self.place != Place::Typed {
            return;
        }
        let label = ui.label(style::quiet(show.text("window-path")));
        let field = TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY);
        ui.add(field).labelled_by(label.id);
        match &mut self.files {
            None => {
                if ui.button(show.text("window-look-in-folders")).clicked() {
                    self.files = Some(FileList::for_key_files());
                }
            }
            Some(files) => {
                files.show(ui, show);
                if let Some(path) = files.chosen() {
                    self.path = path.display().to_string();
                    self.files = None;
                }
            }
        }
    }

    /// Another container: what was known of the last one does not count.
    fn forget(&mut self) {
        self.opened = None;
        self.key = None;
        self.fault = None;
        self.entry.clear();
        self.entry.focus();
    }
}

fn about(ui: &mut Ui, show: &Show<'_>, container: &ContainerCard) {
    if !container.id.storage.is_token() {
        ui.add(Label::new(style::quiet(clean(&container.id.place))).wrap());
    }
    if let Some(tries) = container.tries_left {
        let text = show.format("ask-tries-left", &[("count", tries.into())]);
        ui.label(style::quiet(text));
    }
    if container.pin_was_wrong {
        let text = RichText::new(show.text("ask-pin-was-wrong")).small();
        ui.add(Label::new(text.color(style::BAD)).wrap());
    }
}

/// Says what went wrong, whether the keys are safe, and what to do.
pub(super) fn wrong(ui: &mut Ui, text: &str) {
    style::bad().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(RichText::new(text).color(style::BAD)).wrap());
    });
}
