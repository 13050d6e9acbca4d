//! Passwords at the command line: from a file, from the environment or from a prompt, never from an argument.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tanba_crypto::Secret;

use crate::context::environment;

/// Where a password comes from.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct PasswordArgs {
    /// File that holds the password; one final newline is not part of it, an empty file is the empty password
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    pub(crate) password_file: Option<PathBuf>,
    /// Name of an environment variable that holds the password
    #[arg(long, value_name = "NAME")]
    pub(crate) password_env: Option<String>,
}

impl PasswordArgs {
    /// The password; asks at the terminal where neither a file nor a variable is named.
    pub(crate) fn read(&self, prompt: &str) -> anyhow::Result<Secret> {
        from(
            self.password_file.as_deref(),
            self.password_env.as_deref(),
            prompt,
        )
    }
}

/// A password from a file, else from a variable of the environment, else from a prompt.
pub(crate) fn from(
    file: Option<&Path>,
    variable: Option<&str>,
    prompt: &str,
) -> anyhow::Result<Secret> {
    match (file, variable) {
        (Some(path), _) => from_file(path),
        (None, Some(name)) => from_environment(name),
        (None, None) => ask(prompt),
    }
}

/// The content of a password file without one final newline.
pub(crate) fn from_file(path: &Path) -> anyhow::Result<Secret> {
    let mut content = std::fs::read(path)
        .with_context(|| format!("the password file {} cannot be read", path.display()))?;
    if content.last() == Some(&b'\n') {
        content.pop();
        if content.last() == Some(&b'\r') {
            content.pop();
        }
    }
    Ok(Secret::new(content))
}

/// The value of an environment variable.
pub(crate) fn from_environment(name: &str) -> anyhow::Result<Secret> {
    match environment(name) {
        Some(value) => Ok(Secret::from(value)),
        None => bail!("the environment variable {name} with the password is not set"),
    }
}

/// Asks at the terminal, without echo.
pub(crate) fn ask(prompt: &str) -> anyhow::Result<Secret> {
    ask_or(
        prompt,
        "there is no terminal to ask for the password; use --password-file or --password-env",
    )
}

/// The same for another secret; what to do where there is no terminal.
pub(crate) fn ask_or(prompt: &str, without_terminal: &'static str) -> anyhow::Result<Secret> {
    rpassword::prompt_password(format!("{prompt}: "))
        .map(Secret::from)
        .context(without_terminal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_final_newline_is_not_part_of_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for (content, expected) in [
            ("Qwerty12\n", "Qwerty12"),
            ("Qwerty12\r\n", "Qwerty12"),
            ("Qwerty12\n\n", "Qwerty12\n"),
            ("Qwerty12 ", "Qwerty12 "),
            ("", ""),
            ("\n", ""),
        ] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(from_file(&path).unwrap().expose(), expected.as_bytes());
        }
    }

    #[test]
    fn an_absent_file_or_variable_is_named() {
        let text = from_file(Path::new("/no/such/file"))
            .unwrap_err()
            .to_string();
        assert!(text.contains("/no/such/file"));
        assert!(
            from_environment("TANBA_NO_SUCH_VARIABLE")
                .unwrap_err()
                .to_string()
                .contains("TANBA_NO_SUCH_VARIABLE")
        );
    }
}
