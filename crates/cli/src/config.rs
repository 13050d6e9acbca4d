//! The configuration file: read, checked section by section, turned into values that can only be right.
//!
//! TOML; unknown keys are refused. A section is a struct of the crate that uses it; here are the root and the sections of
//! the program itself. Paths are relative to the folder of the file.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tanba_ca::{Profiles, Rules};
use tanba_cabinet::{CabinetConfig, CabinetSection};
use tanba_ra::{RaConfig, RaSection, SecondFactorPolicy};

mod example;
mod finding;
mod keys;
mod logging;
mod mail;
mod profiles;
mod register;
mod server;
mod sms;

pub(crate) use example::{Example, ExampleToken};
pub(crate) use finding::{Finding, Findings, Severity};
pub(crate) use keys::{Keys, OcspKeys, Passphrase};
pub(crate) use logging::{Format, Level, Logging};
pub(crate) use mail::{Mail, MailSecurity};
pub(crate) use register::Register;
pub(crate) use server::Server;
pub(crate) use sms::{Criterion as SmsCriterion, Sms, SmsMethod, Token as SmsToken};

/// The name of the file where none is given.
pub(crate) const FILE_NAME: &str = "tanba.toml";

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    server: server::Section,
    keys: keys::Section,
    #[serde(default)]
    database: DatabaseSection,
    tls: Option<TlsSection>,
    mail: Option<mail::Section>,
    register: Option<register::Section>,
    sms: Option<sms::Section>,
    #[serde(default)]
    logging: logging::Section,
    #[serde(default)]
    ca: tanba_ca::Config,
    #[serde(default)]
    ra: RaSection,
    #[serde(default)]
    cabinet: CabinetSection,
    #[serde(default)]
    responder: tanba_responder::Config,
}

/// The section `[database]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DatabaseSection {
    /// The SQLite file. Default `tanba.sqlite`.
    path: PathBuf,
    /// The file that remembers how far the database has come, so that a restored backup is found out. Default
    /// `tanba.witness`.
    witness: PathBuf,
}

impl Default for DatabaseSection {
    fn default() -> Self {
        Self {
            path: PathBuf::from("tanba.sqlite"),
            witness: PathBuf::from("tanba.witness"),
        }
    }
}

/// The section `[tls]`: files that are read again when they change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsSection {
    /// The server's certificate and those above it, PEM.
    certificate: PathBuf,
    /// Its private key, PEM.
    key: PathBuf,
}

/// Files with the server's certificate chain and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The server's certificate and those above it, PEM.
    pub(crate) certificate: PathBuf,
    /// Its private key, PEM.
    pub(crate) key: PathBuf,
}

/// A configuration that can work, as far as the file alone tells.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The SQLite file.
    pub(crate) database: PathBuf,
    /// The file that remembers how far it has come.
    pub(crate) witness: PathBuf,
    /// Addresses and URLs.
    pub(crate) server: Server,
    /// Files of the server's certificate, where it speaks TLS itself.
    pub(crate) tls: Option<TlsFiles>,
    /// Where the authority's keys are, and what opens them.
    pub(crate) keys: Keys,
    /// Where mails go.
    pub(crate) mail: Option<Mail>,
    /// The register of people that is asked; without one it is the table of persons.
    pub(crate) register: Option<Register>,
    /// Where text messages go.
    pub(crate) sms: Option<Sms>,
    /// What is logged, and how.
    pub(crate) logging: Logging,
    /// How often lists are renewed.
    pub(crate) ca: Rules,
    /// By which profiles is issued: those that ship, and the operator's own.
    pub(crate) profiles: Profiles,
    /// What is wrong with those of the operator by which nothing can be issued.
    pub(crate) unusable_profiles: Findings,
    /// How applications are decided.
    pub(crate) ra: RaConfig,
    /// How the cabinet is run.
    pub(crate) cabinet: CabinetConfig,
    /// How long answers to machines may be kept.
    pub(crate) responder: tanba_responder::Rules,
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// [`Findings`], all of them.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "kinds of errors are open-ended"
    )]
    pub(crate) fn load(path: &Path) -> Result<Self, Findings> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let what = match error.kind() {
                std::io::ErrorKind::NotFound => "does not exist",
                std::io::ErrorKind::PermissionDenied => "may not be read by this account",
                _ => "cannot be read as text",
            };
            let remedy = "name it with --config, or make one with `tanba init`";
            Finding::error(
                "config-file",
                format!("the configuration file {} {what}", path.display()),
                remedy,
            )
        })?;
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        Self::parse(&text, &folder)
    }

    /// Checks the text of a configuration file; `folder` is where relative paths start.
    ///
    /// # Errors
    /// [`Findings`], all of them.
    pub(crate) fn parse(text: &str, folder: &Path) -> Result<Self, Findings> {
        let written: Written =
            toml::from_str(text).map_err(|error| Finding::syntax(text, &error))?;
        written.check(folder)
    }
}

impl Written {
    fn check(mut self, folder: &Path) -> Result<Config, Findings> {
        let mut findings = Findings::default();
        let server = findings.take(self.server.check());
        let keys = findings.take(self.keys.check(folder));
        let mail = findings.take(self.mail.map(|section| section.check(folder)).transpose());
        let register = self
            .register
            .map(|section| section.check(folder))
            .transpose();
        let register = findings.take(register);
        let sms = findings.take(self.sms.map(|section| section.check(folder)).transpose());
        let logging = self.logging.check();
        let own = self.ca.profiles.take().map(|path| folder.join(path));
        let (profiles, unusable_profiles) = profiles::read(own.as_deref());
        let ca = findings.take(self.ca.check().map_err(|error| section_error("ca", &error)));
        let responder = findings.take(
            self.responder
                .check()
                .map_err(|error| section_error("responder", &error)),
        );
        let tls = self.tls.map(|section| TlsFiles {
            certificate: folder.join(section.certificate),
            key: folder.join(section.key),
        });
        // Without a right origin these sections can only repeat that it is wrong.
        let origin = server.as_ref().map_or("https://localhost", Server::origin);
        if let Some(server) = &server {
            findings.extend(server.contradictions(tls.is_some()));
            self.cabinet.trusted_proxies.extend(server.trusted_proxy());
        }
        let centres = self.ra.centres.take().map(|path| folder.join(path));
        let ra = findings.take(
            self.ra
                .check(origin)
                .map_err(|error| section_error("ra", &error))
                .and_then(|ra| with_centres(ra, centres.as_deref())),
        );
        let cabinet = findings.take(
            self.cabinet
                .check(origin, false)
                .map_err(|error| section_error("cabinet", &error)),
        );
        if let (Some(ra), Some(None)) = (&ra, &mail)
            && ra.second_factor() == SecondFactorPolicy::EmailCode
        {
            findings.push(no_mail());
        }
        let complete = || {
            Some(Config {
                database: folder.join(self.database.path),
                witness: folder.join(self.database.witness),
                server: server?,
                tls,
                keys: keys?,
                mail: mail?,
                register: register?,
                sms: sms?,
                logging,
                ca: ca?,
                profiles,
                unusable_profiles,
                ra: ra?,
                cabinet: cabinet?,
                responder: responder?,
            })
        };
        findings.into_result(complete())
    }
}

/// Reads the list of registration centres, where the configuration names one.
fn with_centres(ra: RaConfig, path: Option<&Path>) -> Result<RaConfig, Finding> {
    let Some(path) = path else {
        return Ok(ra);
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Finding::error(
            "centres-file",
            format!(
                "the list of registration centres {} cannot be read: {error}",
                path.display()
            ),
            "name a file that this account may read as ra.centres, or leave it out for the examples that ship",
        )
    })?;
    ra.with_centres(&text)
        .map_err(|error| section_error("ra", &error))
}

fn section_error(section: &str, error: &dyn std::error::Error) -> Finding {
    Finding::error(
        "config-value",
        format!("the section [{section}] of the configuration is wrong: {error}"),
        "correct the value",
    )
}

fn no_mail() -> Finding {
    Finding::error(
        "mail-absent",
        "confirmation codes go by mail, but the configuration has no section [mail]".to_owned(),
        "add it, or set second_factor = \"none\" in [ra]",
    )
}

impl Config {
    /// Why there is no profile of this name, where those that cannot be used may be the reason.
    pub(crate) fn why_no_profile(&self, name: &str) -> Option<String> {
        let unusable = &self.unusable_profiles;
        let is_missing = self.profiles.find(name).is_none() && !unusable.as_slice().is_empty();
        is_missing.then(|| format!("there is no profile {name:?} that can be used: {unusable}"))
    }

    /// The proxy in front, where the server relies on one.
    pub(crate) const fn trusted_proxy(&self) -> Option<IpAddr> {
        self.server.trusted_proxy()
    }

    /// Where browsers are listened to, then where machines are.
    pub(crate) const fn addresses(&self) -> [SocketAddr; 2] {
        [self.server.listen(), self.server.machines()]
    }
}

#[cfg(test)]
mod tests;
