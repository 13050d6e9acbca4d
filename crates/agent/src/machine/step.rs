//! One thing that is done to a computer.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// One thing that is done to a computer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// A program of the system is run.
    Run {
        /// The key of the text that says what for.
        what: &'static str,
        /// Program and arguments.
        words: Vec<String>,
        /// Whether it matters when it fails: what is removed may never have been there.
        must_succeed: bool,
    },
    /// A file is written.
    Write {
        /// The key of the text that says what for.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What is in it.
        content: String,
    },
    /// A file is removed, if it is there.
    Remove {
        /// The key of the text that says what for.
        what: &'static str,
        /// Which.
        path: PathBuf,
    },
    /// A folder is made, for its owner alone.
    Folder {
        /// The key of the text that says what for.
        what: &'static str,
        /// Which.
        path: PathBuf,
    },
}

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepFault {
    /// The program is not installed.
    #[error("{0} is not installed")]
    Missing(String),
    /// The program did not do it.
    #[error("{0}")]
    Failed(String),
    /// The file cannot be written or removed.
    #[error("the file cannot be written or removed")]
    File(#[source] io::Error),
}

impl Step {
    pub(super) fn run(what: &'static str, words: &[&str]) -> Self {
        Self::Run {
            what,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            must_succeed: true,
        }
    }

    /// As [`run`](Self::run), where nothing is wrong when there was nothing to do.
    pub(super) fn try_run(what: &'static str, words: &[&str]) -> Self {
        Self::Run {
            what,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            must_succeed: false,
        }
    }

    /// The key of the text that says what it is for.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Run { what, .. }
            | Self::Write { what, .. }
            | Self::Remove { what, .. }
            | Self::Folder { what, .. } => what,
        }
    }

    /// The step as somebody would type it.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Run { words, .. } => words
                .iter()
                .map(|word| quoted(word))
                .collect::<Vec<String>>()
                .join(" "),
            Self::Write { path, .. } => format!("> {}", path.display()),
            Self::Remove { path, .. } => format!("rm {}", path.display()),
            Self::Folder { path, .. } => format!("mkdir {}", path.display()),
        }
    }

    /// Takes the step.
    ///
    /// # Errors
    /// [`StepFault`]; the steps before stay taken.
    pub fn take(&self) -> Result<(), StepFault> {
        match self {
            Self::Run {
                words,
                must_succeed,
                ..
            } => match run(words) {
                Err(StepFault::Failed(_)) if !must_succeed => Ok(()),
                done => done,
            },
            Self::Write { path, content, .. } => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(StepFault::File)?;
                }
                std::fs::write(path, content).map_err(StepFault::File)
            }
            Self::Remove { path, .. } => match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(StepFault::File(error))
                }
                _ => Ok(()),
            },
            Self::Folder { path, .. } => crate::trust::make_folder(path).map_err(StepFault::File),
        }
    }
}

fn run(words: &[String]) -> Result<(), StepFault> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| StepFault::Failed(String::new()))?;
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                StepFault::Missing(program.clone())
            } else {
                StepFault::Failed(error.to_string())
            }
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(StepFault::Failed(said.trim().to_owned()))
}

fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "-_./:=,@\\".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{word}'")
    }
}
