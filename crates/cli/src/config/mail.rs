//! The section `[mail]`: the server that takes our mails.

use std::path::{Path, PathBuf};

use lettre::message::Mailbox;
use serde::Deserialize;

use super::finding::Finding;

/// The section as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    /// Name of the server, as in its certificate.
    server: String,
    /// Port. Default 587 for `starttls`, 465 for `tls`, 25 for `none`.
    port: Option<u16>,
    /// `starttls`, `tls` or `none` (only for a server on this computer). Default `starttls`.
    #[serde(default)]
    security: MailSecurity,
    /// Sender: `Tanba <noreply@example.kz>`.
    from: String,
    /// Account at the server; absent: none.
    user: Option<String>,
    /// File with the password of the account.
    password_file: Option<PathBuf>,
    /// Environment variable with the password of the account.
    password_env: Option<String>,
    /// Certificates of authorities to trust instead of the public ones, PEM.
    trusted: Option<PathBuf>,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MailSecurity {
    /// TLS after a plain greeting; refused when the server does not offer it.
    #[default]
    Starttls,
    /// TLS from the first octet.
    Tls,
    /// Not at all.
    None,
}

/// The server that takes our mails.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    /// Name of the server.
    pub(crate) server: String,
    /// Its port.
    pub(crate) port: u16,
    /// How the connection is protected.
    pub(crate) security: MailSecurity,
    /// Sender.
    pub(crate) from: Mailbox,
    /// Account and where its password is.
    pub(crate) account: Option<Account>,
    /// File with certificates of authorities to trust.
    pub(crate) trusted: Option<PathBuf>,
}

/// An account at the mail server.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Its name.
    pub(crate) user: String,
    /// File with its password.
    pub(crate) password_file: Option<PathBuf>,
    /// Environment variable with its password.
    pub(crate) password_env: Option<String>,
}

impl Section {
    pub(super) fn check(self, folder: &Path) -> Result<Mail, Finding> {
        let from: Mailbox = self.from.parse().map_err(|_| {
            wrong(
                "mail-sender",
                "mail.from is not a mail address",
                "write it as Tanba <noreply@example.kz>",
            )
        })?;
        if self.server.trim().is_empty() {
            return Err(wrong(
                "mail-server",
                "mail.server is empty",
                "name the server that takes mails",
            ));
        }
        let local = ["localhost", "127.0.0.1", "::1"].contains(&self.server.as_str());
        if self.security == MailSecurity::None && (!local || self.user.is_some()) {
            return Err(wrong(
                "mail-security",
                "mail.security = \"none\" would send codes and passwords in the clear",
                "use \"starttls\" or \"tls\"; \"none\" is for a server on this computer, without an account",
            ));
        }
        let account = match (self.user, self.password_file, self.password_env) {
            (None, None, None) => None,
            (Some(user), Some(path), None) => Some(Account {
                user,
                password_file: Some(folder.join(path)),
                password_env: None,
            }),
            (Some(user), None, Some(name)) => Some(Account {
                user,
                password_file: None,
                password_env: Some(name),
            }),
            _ => {
                return Err(wrong(
                    "mail-account",
                    "the account of the mail server is incomplete",
                    "give mail.user and one of mail.password_file and mail.password_env, or none of them",
                ));
            }
        };
        let port = self.port.unwrap_or(match self.security {
            MailSecurity::Starttls => 587,
            MailSecurity::Tls => 465,
            MailSecurity::None => 25,
        });
        let trusted = self.trusted.map(|path| folder.join(path));
        Ok(Mail {
            server: self.server,
            port,
            security: self.security,
            from,
            account,
            trusted,
        })
    }
}

fn wrong(code: &'static str, what: &str, remedy: &str) -> Finding {
    Finding::error(code, what.to_owned(), remedy)
}
