//! One thing that is done to a computer.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tanba_pki::Certificate;

use super::NICKNAME;
use super::browsers::{database, trusted};

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
    /// A database of certificates trusts the authority, in place of one of an earlier installation.
    Trust {
        /// The key of the text that says what for.
        what: &'static str,
        /// The database.
        folder: PathBuf,
        /// The certificate, PEM.
        authority: PathBuf,
    },
    /// A database that was made for the authority is removed, unless somebody keeps something in it by now.
    Withdraw {
        /// The key of the text that says what for.
        what: &'static str,
        /// The database.
        folder: PathBuf,
        /// The file in it that says who made it.
        mark: PathBuf,
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
    /// The database has a password, which nobody was asked for.
    #[error("the database has a password of its own")]
    Locked,
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
            | Self::Folder { what, .. }
            | Self::Trust { what, .. }
            | Self::Withdraw { what, .. } => what,
        }
    }

    /// The step as somebody would type it.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Run { words, .. } => line(words),
            Self::Trust {
                folder, authority, ..
            } => line(&trust(folder, authority)),
            Self::Withdraw { folder, .. } => format!("rm -r {}", folder.display()),
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
            Self::Trust {
                folder, authority, ..
            } => make_trusted(folder, authority, false),
            Self::Withdraw { folder, mark, .. } => withdraw(folder, mark),
        }
    }

    /// Takes a step that [needs a password](StepFault::Locked), with somebody at the terminal who is asked for it.
    ///
    /// # Errors
    /// [`StepFault`]
    pub fn take_at_terminal(&self) -> Result<(), StepFault> {
        match self {
            Self::Trust {
                folder, authority, ..
            } => make_trusted(folder, authority, true),
            Self::Run { .. }
            | Self::Write { .. }
            | Self::Remove { .. }
            | Self::Folder { .. }
            | Self::Withdraw { .. } => self.take(),
        }
    }
}

/// What makes a database trust an authority to name servers.
fn trust(folder: &Path, authority: &Path) -> Vec<String> {
    let (database, authority) = (database(folder), authority.display().to_string());
    [
        "certutil", "-d", &database, "-A", "-t", "C,,", "-n", NICKNAME, "-i", &authority,
    ]
    .map(str::to_owned)
    .to_vec()
}

fn make_trusted(folder: &Path, authority: &Path, asks: bool) -> Result<(), StepFault> {
    let read = |pem: &[u8]| Certificate::from_pem_or_der(pem).ok()?.into_iter().next();
    let same = |pem: &[u8]| {
        let ours = read(&std::fs::read(authority).ok()?)?;
        Some(ours.der() == read(pem)?.der())
    };
    // A database with a password would ask for it once more.
    if let Ok(Some((pem, true))) = trusted(folder)
        && same(&pem) == Some(true)
    {
        return Ok(());
    }
    let forget = ["certutil", "-d", &database(folder), "-D", "-n", NICKNAME].map(str::to_owned);
    // An authority of an earlier installation would stay beside the new one.
    let _ = run(&forget);
    let mut words = trust(folder, authority);
    if !asks {
        // An empty file of passwords: certutil asks nobody, also where it could.
        words.extend(["-f".to_owned(), "/dev/null".to_owned()]);
    }
    run(&words).map_err(|fault| {
        // The certificate may be in by now, trusted for nothing.
        let _ = run(&forget);
        let is_locked =
            matches!(&fault, StepFault::Failed(said) if said.contains("SEC_ERROR_BAD_PASSWORD"));
        if is_locked { StepFault::Locked } else { fault }
    })
}

fn withdraw(folder: &Path, mark: &Path) -> Result<(), StepFault> {
    let gone = |done: io::Result<()>| match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StepFault::File(error)),
        _ => Ok(()),
    };
    let is_empty = is_empty(folder)?;
    gone(std::fs::remove_file(mark))?;
    if !is_empty {
        return Ok(());
    }
    for name in ["cert9.db", "key4.db", "pkcs11.txt"] {
        gone(std::fs::remove_file(folder.join(name)))?;
    }
    // What else is in there stays, and with it the folder.
    let above = folder.parent().into_iter();
    for folder in [folder].into_iter().chain(above) {
        let _ = std::fs::remove_dir(folder);
    }
    Ok(())
}

/// Whether a database holds neither certificates nor keys.
fn is_empty(folder: &Path) -> Result<bool, StepFault> {
    let database = database(folder);
    let words =
        |what: &str| ["certutil", "-d", &database, what, "-f", "/dev/null"].map(str::to_owned);
    let listed = output(&words("-L"))?;
    let certificates = String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter(|line| !line.trim().is_empty())
        // The two lines of its heading.
        .count()
        .saturating_sub(2);
    let keys = output(&words("-K"))?;
    let no_keys = String::from_utf8_lossy(&keys.stdout).contains("no keys found");
    Ok(listed.status.success() && certificates == 0 && no_keys)
}

fn line(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

fn run(words: &[String]) -> Result<(), StepFault> {
    let output = output(words)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(StepFault::Failed(said.trim().to_owned()))
}

fn output(words: &[String]) -> Result<Output, StepFault> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| StepFault::Failed(String::new()))?;
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                StepFault::Missing(program.clone())
            } else {
                StepFault::Failed(error.to_string())
            }
        })
}

fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "-_./:=,@\\".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{word}'")
    }
}
