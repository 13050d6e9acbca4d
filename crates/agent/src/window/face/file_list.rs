//! Files and folders of this computer, to choose one.

use std::path::{Component, Path, PathBuf, Prefix};
use std::sync::mpsc::{self, Receiver, TryRecvError};

use eframe::egui::{Button, Label, RichText, ScrollArea, Spinner, TextEdit, Ui};

use crate::consent::{FileQuestion, Show, clean};
use crate::window::style;

/// Of the list before it scrolls, in points.
const TALLEST: f32 = 220.0;

/// Entries of a folder that are shown; whoever has more types the path.
const MOST: usize = 2000;

/// A folder, and what is chosen in it.
pub(super) struct FileList {
    folder: PathBuf,
    /// The ending that is wanted, in lower case.
    ending: Option<String>,
    content: Content,
    /// The path in the field.
    path: String,
    /// Whether the path may be typed here, or only chosen.
    is_typed: bool,
    picked: Option<PathBuf>,
    typed: Typed,
}

/// A path that was typed, and whether it is there.
struct Typed {
    path: PathBuf,
    is_there: Presence,
}

enum Presence {
    Asked(Receiver<bool>),
    Known(bool),
}

impl Typed {
    fn look_for(path: PathBuf) -> Self {
        if !path.is_absolute() {
            return Self {
                path,
                is_there: Presence::Known(false),
            };
        }
        let (sender, receiver) = mpsc::channel();
        let looked_for = path.clone();
        let looking = std::thread::Builder::new().name("file".to_owned());
        // Without a thread nothing is ever sent, and the path counts as absent.
        let _ = looking.spawn(move || {
            let _ = sender.send(looked_for.exists());
        });
        Self {
            path,
            is_there: Presence::Asked(receiver),
        }
    }
}

enum Content {
    /// Being read, by a thread: a network drive may never answer.
    Reading(Receiver<Option<Vec<Entry>>>),
    Read(Vec<Entry>),
    /// The system does not let it be read.
    Closed,
}

struct Entry {
    name: String,
    path: PathBuf,
    is_folder: bool,
}

impl FileList {
    /// For a page that wants the name of a file or folder.
    pub(super) fn for_question(question: &FileQuestion) -> Self {
        let folder = question.folder.as_ref().map(PathBuf::from);
        let folder = folder.filter(|folder| is_local(folder));
        Self::at(
            folder.unwrap_or_else(home),
            question.ending.as_deref(),
            true,
        )
    }

    /// For key files that are in none of the usual folders.
    pub(super) fn for_key_files() -> Self {
        Self::at(home(), None, false)
    }

    fn at(folder: PathBuf, ending: Option<&str>, is_typed: bool) -> Self {
        Self {
            content: read(&folder),
            path: String::new(),
            ending: ending.map(str::to_lowercase),
            folder,
            is_typed,
            picked: None,
            typed: Typed::look_for(PathBuf::new()),
        }
    }

    /// The file or folder that is chosen and is there.
    pub(super) fn chosen(&self) -> Option<PathBuf> {
        if !self.is_typed {
            return self.picked.clone();
        }
        let path = PathBuf::from(self.path.trim());
        let is_there = self.picked.as_ref() == Some(&path)
            || (self.typed.path == path && matches!(self.typed.is_there, Presence::Known(true)));
        is_there.then_some(path)
    }

    /// Asks whether what is typed is there, by a thread: the window goes on being drawn while a drive does not answer.
    fn look_for_typed(&mut self) {
        let path = PathBuf::from(self.path.trim());
        if self.typed.path != path {
            self.typed = Typed::look_for(path);
        }
        if let Presence::Asked(receiver) = &self.typed.is_there {
            match receiver.try_recv() {
                Ok(is_there) => self.typed.is_there = Presence::Known(is_there),
                Err(TryRecvError::Disconnected) => self.typed.is_there = Presence::Known(false),
                Err(TryRecvError::Empty) => {}
            }
        }
    }

    pub(super) fn show(&mut self, ui: &mut Ui, show: &Show<'_>) {
        if self.is_typed {
            if let Some(ending) = &self.ending {
                let ending = [("ending", clean(ending).into())];
                ui.label(show.format("ask-file-ending", &ending));
            }
            let label = ui.label(style::quiet(show.text("window-path")));
            let field = TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY);
            ui.add(field).labelled_by(label.id);
            self.look_for_typed();
            let is_asked = matches!(self.typed.is_there, Presence::Asked(_));
            if is_asked {
                ui.ctx().request_repaint_after_secs(0.05);
            }
            let is_absent = !self.path.trim().is_empty() && !is_asked && self.chosen().is_none();
            if is_absent {
                let text = RichText::new(show.text("ask-no-such-file")).small();
                ui.label(text.color(style::BAD));
            }
        }
        let folder = clean(&self.folder.display().to_string());
        ui.add(Label::new(style::quiet(folder)).wrap());
        self.take_content();
        let mut next = None;
        if let Some(above) = self.folder.parent()
            && ui.button(show.text("window-folder-up")).clicked()
        {
            next = Some((above.to_owned(), true));
        }
        match &self.content {
            Content::Reading(_) => {
                ui.add(Spinner::new().color(style::BRAND));
            }
            Content::Closed => {
                ui.label(RichText::new(show.text("window-folder-closed")).color(style::BAD));
            }
            Content::Read(entries) => {
                ScrollArea::vertical()
                    .id_salt("files")
                    .max_height(TALLEST)
                    .auto_shrink([false, true])
                    .show(ui, |ui| {
                        for entry in entries.iter().filter(|entry| self.fits(entry)) {
                            let is_chosen = self.picked.as_ref() == Some(&entry.path);
                            let mark = if entry.is_folder { "/" } else { "" };
                            let name = format!("{}{mark}", clean(&entry.name));
                            let button = Button::selectable(is_chosen, name);
                            if ui.add(button).clicked() {
                                next = Some((entry.path.clone(), entry.is_folder));
                            }
                        }
                    });
            }
        }
        if let Some((path, is_folder)) = next {
            self.path = path.display().to_string();
            if is_folder {
                self.content = read(&path);
                self.folder = path;
            } else {
                self.picked = Some(path);
            }
        }
        if matches!(self.content, Content::Reading(_)) {
            ui.ctx().request_repaint_after_secs(0.05);
        }
    }

    fn take_content(&mut self) {
        let Content::Reading(receiver) = &self.content else {
            return;
        };
        self.content = match receiver.try_recv() {
            Ok(Some(entries)) => Content::Read(entries),
            Ok(None) | Err(TryRecvError::Disconnected) => Content::Closed,
            Err(TryRecvError::Empty) => return,
        };
    }

    fn fits(&self, entry: &Entry) -> bool {
        let Some(ending) = &self.ending else {
            return true;
        };
        entry.is_folder || entry.name.to_lowercase().ends_with(&format!(".{ending}"))
    }
}

/// Whether a folder that a page names lies on a drive of this computer: another one would be told who sits here by the mere
/// look (`\\\\server\\share` makes Windows sign in there).
fn is_local(folder: &Path) -> bool {
    let is_disk = |prefix: Prefix<'_>| matches!(prefix, Prefix::Disk(_));
    let is_plain = match folder.components().next() {
        Some(Component::Prefix(prefix)) => is_disk(prefix.kind()),
        _ => true,
    };
    is_plain && folder.is_absolute()
}

fn home() -> PathBuf {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    std::env::var_os(name).map_or_else(|| PathBuf::from("/"), PathBuf::from)
}

fn read(folder: &Path) -> Content {
    let (sender, receiver) = mpsc::channel();
    let folder = folder.to_owned();
    let reader = std::thread::Builder::new().name("folder".to_owned());
    // Without a thread nothing is ever sent, and the folder counts as closed.
    let _ = reader.spawn(move || {
        let _ = sender.send(entries(&folder));
    });
    Content::Reading(receiver)
}

/// What is in a folder, folders first; what is hidden is left out.
fn entries(folder: &Path) -> Option<Vec<Entry>> {
    let mut entries: Vec<Entry> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| Entry {
            name: entry.file_name().to_string_lossy().into_owned(),
            is_folder: entry.path().is_dir(),
            path: entry.path(),
        })
        .filter(|entry| !entry.name.starts_with('.'))
        .collect();
    entries.sort_by_key(|entry| (!entry.is_folder, entry.name.to_lowercase()));
    entries.truncate(MOST);
    Some(entries)
}
