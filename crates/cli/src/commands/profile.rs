//! `tanba profile …`: certificate profiles.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;
use tanba_pki::Certificate;
use tanba_pki::lint::{Severity, lint_certificate};
use tanba_pki::profile::Profile;

use crate::context::Context;
use crate::outcome::Outcome;

/// Commands of `tanba profile`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Say what is wrong with a profile, or with a certificate that was made by it
    Lint {
        /// Name of a shipped profile, or a TOML file
        profile: String,
        /// Certificate to be read against the profile, PEM or DER
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
        /// Certificate of its issuer, PEM or DER
        #[arg(long, value_name = "FILE", requires = "certificate")]
        issuer: Option<PathBuf>,
    },
    /// Show a shipped profile, or list their names
    Show {
        /// Its name
        name: Option<String>,
    },
}

#[derive(Debug, Serialize)]
struct Summary {
    name: String,
    description: String,
}

#[derive(Debug, Serialize)]
struct FindingFacts {
    severity: &'static str,
    code: &'static str,
    sentence: String,
}

/// Runs the command.
pub(crate) fn run(command: &Command, context: &Context) -> anyhow::Result<Outcome> {
    match command {
        Command::Show { name: Some(name) } => {
            let profile = open(name)?;
            let source = serde_json::json!({ "name": profile.name(), "source": profile.source() });
            context.print(&source, profile.source())?;
            Ok(Outcome::Done)
        }
        Command::Show { name: None } => {
            let summary = |profile: Profile| Summary {
                name: profile.name().to_owned(),
                description: profile.description().to_owned(),
            };
            let all: Vec<Summary> = Profile::builtin_names()
                .iter()
                .filter_map(|name| Profile::builtin(name))
                .map(summary)
                .collect();
            let lines: Vec<String> = all
                .iter()
                .map(|facts| format!("{}\n    {}", facts.name, facts.description))
                .collect();
            context.print(&all, lines.join("\n"))?;
            Ok(Outcome::Done)
        }
        Command::Lint {
            profile,
            certificate,
            issuer,
        } => lint(
            &open(profile)?,
            certificate.as_deref(),
            issuer.as_deref(),
            context,
        ),
    }
}

/// A shipped profile by its name, or one from a file.
fn open(name: &str) -> anyhow::Result<Profile> {
    if let Some(profile) = Profile::builtin(name) {
        return Ok(profile);
    }
    let path = Path::new(name);
    if !path.exists() {
        bail!(
            "there is no profile {name:?} and no such file; shipped are {}",
            Profile::builtin_names().join(", ")
        );
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the file {name} cannot be read as text"))?;
    Ok(Profile::from_toml(&text)?)
}

fn lint(
    profile: &Profile,
    certificate: Option<&Path>,
    issuer: Option<&Path>,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let Some(certificate) = certificate else {
        context.print(
            &Vec::<FindingFacts>::new(),
            format!("The profile {} is consistent.", profile.name()),
        )?;
        return Ok(Outcome::Done);
    };
    let certificate = read(certificate)?;
    let issuer = issuer.map(read).transpose()?;
    let findings = lint_certificate(certificate.tbs().tbs_der(), profile, issuer.as_ref());
    let facts: Vec<FindingFacts> = findings
        .iter()
        .map(|finding| FindingFacts {
            severity: match finding.severity {
                Severity::Notice => "notice",
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            code: finding.code,
            sentence: finding.sentence.clone(),
        })
        .collect();
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let text = if lines.is_empty() {
        "Nothing is wrong.".to_owned()
    } else {
        lines.join("\n")
    };
    context.print(&facts, text)?;
    if tanba_pki::lint::has_errors(&findings) {
        return Ok(Outcome::Refused(format!(
            "the certificate is not as the profile {} says",
            profile.name()
        )));
    }
    Ok(Outcome::Done)
}

/// The first certificate of a file.
fn read(path: &Path) -> anyhow::Result<Certificate> {
    let content = std::fs::read(path)
        .with_context(|| format!("the file {} cannot be read", path.display()))?;
    let certificates = Certificate::from_pem_or_der(&content)
        .with_context(|| format!("the file {} holds no certificate", path.display()))?;
    certificates
        .into_iter()
        .next()
        .with_context(|| format!("the file {} holds no certificate", path.display()))
}
