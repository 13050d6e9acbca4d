//! The dialog as a window, in a process of its own.
//!
//! The agent starts its own program again, as `tanba-agent dialog`, for each question, and ends it with the question: the
//! memory of the window and of its toolkit is not kept, a crash of a graphics driver takes no agent with it, and what was
//! typed is gone with the process. The window holds no key: it asks for containers to be opened, over [`wire`].

mod face;
mod fonts;
mod process;
mod style;
mod wire;

use std::io;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tanba_model::language::Language;

use crate::consent::{Answer, Dialog, Keys, Question, Withdrawal};
pub(crate) use process::run;
use wire::{FromWindow, Opened, ToWindow};

/// Between two looks at whether the question was withdrawn.
const GLANCE: Duration = Duration::from_millis(50);

/// How long a window that answered may take to close.
const CLOSING: Duration = Duration::from_secs(2);

/// The program that runs; where the system has a name for it, it is this very one after another version was installed in its
/// place, which would not understand the question.
fn program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok("/proc/self/exe".into());
    }
    std::env::current_exe()
}

/// Asks in a window.
#[derive(Debug)]
pub struct Window {
    /// This program.
    program: PathBuf,
    /// The language that the owner of the keys chose in the last window.
    chosen: Mutex<Option<Language>>,
    /// The file in which it is kept for the next start.
    kept: Option<PathBuf>,
}

impl Window {
    /// Uses the program that runs; the language that is chosen in a window is kept in this file.
    ///
    /// # Errors
    /// When the system does not tell where the program is.
    pub fn new(kept: Option<PathBuf>) -> io::Result<Self> {
        let read = |path| std::fs::read_to_string(path).ok();
        let tag = kept.as_ref().and_then(read);
        let chosen = tag.and_then(|tag| Language::from_tag(tag.trim()));
        Ok(Self {
            program: program()?,
            chosen: Mutex::new(chosen),
            kept,
        })
    }

    /// Whether a window has a place to appear in.
    #[must_use]
    pub fn has_screen() -> bool {
        let is_named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        !cfg!(all(unix, not(target_os = "macos")))
            || is_named("DISPLAY")
            || is_named("WAYLAND_DISPLAY")
    }

    fn hold(
        &self,
        question: &Question,
        keys: &mut dyn Keys,
        withdrawal: &Withdrawal,
    ) -> io::Result<Answer> {
        let mut child = Command::new(&self.program)
            .arg("dialog")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let child = Arc::new(Mutex::new(child));
        // A container that takes long to open must not keep a window open that nobody waits for any more.
        let (over, is_over) = mpsc::channel();
        let watched = (Arc::clone(&child), withdrawal.clone());
        std::thread::Builder::new()
            .name("window".to_owned())
            .spawn(move || watch(&watched.0, &watched.1, &is_over))?;
        let answer = self.talk(question, keys, input, output);
        drop(over);
        answer
    }

    fn talk(
        &self,
        question: &Question,
        keys: &mut dyn Keys,
        mut input: ChildStdin,
        mut output: ChildStdout,
    ) -> io::Result<Answer> {
        let language = self.chosen().unwrap_or_else(|| question.language());
        let ask = ToWindow::Ask(Box::new(question.clone()), language);
        wire::send(&mut input, &ask)?;
        while let Some(message) = wire::receive(&mut output)? {
            let reply = match message {
                FromWindow::List(storage) => {
                    ToWindow::Containers(storage, keys.containers(storage))
                }
                FromWindow::Open(container) => {
                    let secret = wire::receive_secret(&mut output)?;
                    let opened = keys.open(&container, &secret);
                    ToWindow::Opened(opened.map(|cards| Opened {
                        cards,
                        factory_secret: keys.is_factory_secret(),
                    }))
                }
                FromWindow::Take => {
                    let secret = wire::receive_secret(&mut output)?;
                    ToWindow::Taken(keys.take_secret(secret))
                }
                FromWindow::Answer(answer, left_in) => {
                    if left_in != language {
                        self.choose(left_in);
                    }
                    return Ok(answer);
                }
            };
            wire::send(&mut input, &reply)?;
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    fn choose(&self, language: Language) {
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = Some(language);
        let kept = self.kept.as_ref();
        let written = kept.map(|path| crate::trust::write_private(path, language.tag().as_bytes()));
        if let Some(Err(error)) = written {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "the language is not kept for the next start");
        }
    }

    fn chosen(&self) -> Option<Language> {
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dialog for Window {
    fn ask(&self, question: &Question, keys: &mut dyn Keys, withdrawal: &Withdrawal) -> Answer {
        match self.hold(question, keys, withdrawal) {
            Ok(answer) => answer,
            Err(_) if withdrawal.is_withdrawn() => Answer::Cancelled,
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(
                    error,
                    "the window was not shown or broke; nothing was signed, and the keys are safe. Without a screen: --ui terminal"
                );
                Answer::Unasked
            }
        }
    }
}

/// Ends the window when the question is withdrawn; else waits until the talk is over and the window closed itself.
fn watch(child: &Mutex<Child>, withdrawal: &Withdrawal, is_over: &mpsc::Receiver<()>) {
    loop {
        match is_over.recv_timeout(GLANCE) {
            Err(RecvTimeoutError::Timeout) if !withdrawal.is_withdrawn() => {}
            Err(RecvTimeoutError::Timeout) => break,
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                let looks = CLOSING.as_millis() / GLANCE.as_millis();
                for _ in 0..looks {
                    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
                    if matches!(child.try_wait(), Ok(Some(_))) {
                        return;
                    }
                    drop(child);
                    std::thread::park_timeout(GLANCE);
                }
                break;
            }
        }
    }
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use tanba_model::language::Language;

    use super::Window;

    #[test]
    fn the_language_that_was_chosen_is_the_one_of_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let window = || Window::new(Some(folder.path().join("language"))).unwrap();
        assert_eq!(window().chosen(), None);
        window().choose(Language::Ru);
        assert_eq!(window().chosen(), Some(Language::Ru));
        window().choose(Language::En);
        assert_eq!(window().chosen(), Some(Language::En));
        std::fs::write(folder.path().join("language"), "xx").unwrap();
        assert_eq!(window().chosen(), None);
    }
}
