//! `tanba keystore passwd`.

use std::path::PathBuf;

use serde::Serialize;
use tanba_keystore::{Password, Profile};

use super::{ProfileName, check_rules, file, open, write};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::password::{self, PasswordArgs};

/// Arguments of `tanba keystore passwd`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The key file; it is replaced in one step, unless --output is given
    file: PathBuf,
    #[command(flatten)]
    password: PasswordArgs,
    #[command(flatten)]
    new_password: NewPasswordArgs,
    /// Protection of the new file; without it, that of the old file
    #[arg(long, value_enum)]
    profile: Option<ProfileName>,
    /// Write here and leave the old file alone
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file of --output if it is there
    #[arg(long)]
    force: bool,
}

/// Where a new password comes from.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct NewPasswordArgs {
    /// File that holds the new password
    #[arg(long, value_name = "FILE", conflicts_with = "new_password_env")]
    new_password_file: Option<PathBuf>,
    /// Name of an environment variable that holds the new password
    #[arg(long, value_name = "NAME")]
    new_password_env: Option<String>,
}

impl NewPasswordArgs {
    /// Whether a new password was named at all.
    pub(super) const fn is_named(&self) -> bool {
        self.new_password_file.is_some() || self.new_password_env.is_some()
    }

    /// The new password; asked for twice at the terminal where neither file nor variable is named.
    pub(super) fn read(&self) -> anyhow::Result<Result<Password, String>> {
        let (file, variable) = (
            self.new_password_file.as_deref(),
            self.new_password_env.as_deref(),
        );
        read_new(
            || password::from(file, variable, "New password"),
            self.is_named(),
        )
    }
}

/// A new password that keeps the rule, or the sentence that refuses it.
pub(super) fn read_new(
    read: impl FnOnce() -> anyhow::Result<tanba_crypto::Secret>,
    named: bool,
) -> anyhow::Result<Result<Password, String>> {
    let secret = read()?;
    if !named && password::ask("The same once more")? != secret {
        return Ok(Err("the two passwords differ".to_owned()));
    }
    let password = Password::from_secret(secret)?;
    Ok(check_rules(&password).map(|()| password))
}

/// Sent: what `--json` prints.
#[derive(Debug, Serialize)]
struct Changed {
    file: String,
    profile: &'static str,
}

/// Runs the command.
pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let old = Password::from_secret(args.password.read("Password of the key file")?)?;
    let container = open(&args.file, &old)?;
    let new = match args.new_password.read()? {
        Ok(new) => new,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let profile = args
        .profile
        .map_or_else(|| container.profile(), Profile::from);
    let bytes = write(&container, profile, &new, context)?;
    let output = args.output.as_ref().unwrap_or(&args.file);
    file::write(output, &bytes, args.force || args.output.is_none())?;
    let file = output.display().to_string();
    let text = format!(
        "{file} opens with the new password ({} protection).",
        profile.name()
    );
    context.print(
        &Changed {
            file,
            profile: profile.name(),
        },
        text,
    )?;
    Ok(Outcome::Done)
}
