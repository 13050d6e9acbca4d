//! `tanba keystore …`: key files shown, changed, exported and made.

use std::path::Path;

use anyhow::Context as _;
use tanba_keystore::{Computing, Container, Password, PasswordRule, Profile, WritePlan};
use tanba_model::ports::SourceRng;

use crate::context::Context;
use crate::outcome::Outcome;

mod export;
mod file;
mod new;
mod passwd;
mod show;

/// Commands of `tanba keystore`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the keys and certificates in a key file
    Show(show::Args),
    /// Change the password of a key file
    Passwd(passwd::Args),
    /// Write the keys or certificates of a key file in another form
    Export(export::Args),
    /// Make a new key that waits for its certificate, and the request for it
    New(new::Args),
}

/// How a key file is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ProfileName {
    /// AES-256 and 600 000 iterations; the default
    Modern,
    /// As the national CA's programs write and read; weak
    Nca,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Modern => Self::Modern,
            ProfileName::Nca => Self::Nca,
        }
    }
}

/// Runs the command.
pub(crate) fn run(command: Command, context: &Context) -> anyhow::Result<Outcome> {
    match command {
        Command::Show(args) => show::run(&args, context),
        Command::Passwd(args) => passwd::run(&args, context),
        Command::Export(args) => export::run(&args, context),
        Command::New(args) => new::run(&args, context),
    }
}

/// Reads and opens a key file.
fn open(path: &Path, password: &Password) -> anyhow::Result<Container> {
    let bytes = file::read(path)?;
    Container::open(&bytes, password, &mut Computing).with_context(|| path.display().to_string())
}

/// Octets of a key file.
fn write(
    container: &Container,
    profile: Profile,
    password: &Password,
    context: &Context,
) -> anyhow::Result<Vec<u8>> {
    let plan = plan(container, profile, context);
    let bytes = container.write(&plan, password, &mut Computing)?;
    // What cannot be opened again must not replace what can.
    Container::open(&bytes, password, &mut Computing)
        .context("what was written does not open again")?;
    Ok(bytes)
}

fn plan(container: &Container, profile: Profile, context: &Context) -> WritePlan {
    container.plan(profile, &mut SourceRng(&*context.random()))
}

/// Refuses a new password that breaks the rule, in one sentence.
fn check_rules(password: &Password) -> Result<(), String> {
    let broken = password.broken_rules();
    if broken.is_empty() {
        return Ok(());
    }
    let wants: Vec<String> = broken
        .into_iter()
        .map(|rule| match rule {
            PasswordRule::LongEnough => format!("at least {} characters", PasswordRule::MIN_LENGTH),
            PasswordRule::ShortEnough => format!("at most {} characters", PasswordRule::MAX_LENGTH),
            PasswordRule::LowerCase => "a lower case Latin letter".to_owned(),
            PasswordRule::UpperCase => "an upper case Latin letter".to_owned(),
            PasswordRule::Digit => "a digit".to_owned(),
        })
        .collect();
    Err(format!("the new password needs {}", wants.join(", ")))
}
