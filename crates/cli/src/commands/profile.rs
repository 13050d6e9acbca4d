//! `tanba profile …`: certificate profiles.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;
use tanba_pki::Certificate;
use tanba_pki::lint::{Finding, RULES, Rule, Severity, lint_certificate};
use tanba_pki::profile::{Profile, Standard};

use crate::context::Context;
use crate::outcome::Outcome;

mod sample;

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
        /// List the rules that certificates of the profile have to keep before they are signed
        #[arg(long, conflicts_with = "certificate")]
        rules: bool,
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
    standard: &'static str,
    section: &'static str,
    sentence: String,
}

impl From<&Finding> for FindingFacts {
    fn from(finding: &Finding) -> Self {
        Self {
            severity: finding.severity.name(),
            code: finding.code,
            standard: finding.standard,
            section: finding.section,
            sentence: finding.sentence.clone(),
        }
    }
}

/// Sent: a rule, as `--rules --json` prints it.
#[derive(Debug, Serialize)]
struct RuleFacts {
    severity: &'static str,
    code: &'static str,
    standard: &'static str,
    section: &'static str,
    sentence: &'static str,
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
            rules,
        } => {
            let profile = open(profile)?;
            match certificate {
                Some(certificate) => judge(&profile, certificate, issuer.as_deref(), context),
                None if *rules => list(&profile, context),
                None => rehearse(&profile, context),
            }
        }
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

/// The rules that certificates of the profile have to keep.
fn kept(profile: &Profile) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(|rule| {
        let claimable = Standard::ALL.iter().any(|one| one.name() == rule.standard);
        !claimable || profile.claims().iter().any(|claim| claim.includes(rule))
    })
}

fn list(profile: &Profile, context: &Context) -> anyhow::Result<Outcome> {
    let facts: Vec<RuleFacts> = kept(profile)
        .map(|rule| RuleFacts {
            severity: rule.severity.name(),
            code: rule.code,
            standard: rule.standard,
            section: rule.section,
            sentence: rule.sentence,
        })
        .collect();
    let lines: Vec<String> = facts
        .iter()
        .map(|rule| {
            let RuleFacts {
                code,
                standard,
                section,
                sentence,
                ..
            } = rule;
            format!("{code}  ({standard}, {section})\n    {sentence}")
        })
        .collect();
    context.print(&facts, lines.join("\n"))?;
    Ok(Outcome::Done)
}

/// Makes samples of the profile and says what is wrong with them.
fn rehearse(profile: &Profile, context: &Context) -> anyhow::Result<Outcome> {
    let samples = sample::samples(profile, context)?;
    let findings: Vec<&Finding> = samples.iter().flat_map(|one| &one.findings).collect();
    let facts: Vec<FindingFacts> = findings.iter().copied().map(FindingFacts::from).collect();
    let mut lines = Vec::new();
    for one in &samples {
        let kind = one.key;
        lines.extend(
            one.findings
                .iter()
                .map(|finding| format!("{kind}: {finding}")),
        );
    }
    if findings.is_empty() {
        lines.push(format!(
            "The profile {} is consistent: {} sample certificates keep all {} rules.",
            profile.name(),
            samples.len(),
            kept(profile).count()
        ));
    }
    context.print(&facts, lines.join("\n"))?;
    if findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
    {
        return Ok(Outcome::Refused(format!(
            "no certificate of the profile {} would be signed",
            profile.name()
        )));
    }
    Ok(Outcome::Done)
}

fn judge(
    profile: &Profile,
    certificate: &Path,
    issuer: Option<&Path>,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let certificate = read(certificate)?;
    let issuer = issuer.map(read).transpose()?;
    let findings = lint_certificate(certificate.tbs().tbs_der(), profile, issuer.as_ref());
    let facts: Vec<FindingFacts> = findings.iter().map(FindingFacts::from).collect();
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
