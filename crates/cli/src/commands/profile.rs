//! `tanba profile …`: certificate profiles.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;
use tanba_ca::Profiles;
use tanba_pki::Certificate;
use tanba_pki::lint::{Finding, RULES, Rule, Severity, lint_certificate};
use tanba_pki::profile::{Profile, Standard};

use super::config_args::ConfigArgs;
use crate::config::Finding as Fault;
use crate::context::Context;
use crate::count::count;
use crate::outcome::Outcome;

mod sample;

/// Commands of `tanba profile`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Say what is wrong with a profile, or with a certificate that was made by it
    Lint {
        /// Name of a profile, or a TOML file
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
    /// Show the text of a profile
    Show {
        /// Its name; without one, as `list` does
        name: Option<String>,
    },
    /// List the profiles that this installation issues by: those that ship for it, its own, and the authority's
    List {
        /// Those that ship for other installations, too
        #[arg(long)]
        all: bool,
    },
}

/// Arguments of `tanba profile`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Serialize)]
struct Summary {
    name: String,
    description: String,
    /// `shipped` or `own`.
    source: &'static str,
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
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Show { name: Some(name) } => {
            let profile = open(name, &args.config)?;
            let source = serde_json::json!({ "name": profile.name(), "source": profile.source() });
            context.print(&source, profile.source())?;
            Ok(Outcome::Done)
        }
        Command::Show { name: None } => names(&args.config, false, context),
        Command::List { all } => names(&args.config, *all, context),
        Command::Lint {
            profile,
            certificate,
            issuer,
            rules,
        } => {
            let profile = open(profile, &args.config)?;
            match certificate {
                Some(certificate) => judge(&profile, certificate, issuer.as_deref(), context),
                None if *rules => list(&profile, context),
                None => rehearse(&profile, context),
            }
        }
    }
}

/// The names of the profiles; with a configuration only of those that its people, its staff and its authorities get, unless
/// all are asked for.
fn names(config: &ConfigArgs, all: bool, context: &Context) -> anyhow::Result<Outcome> {
    // Profiles are looked at on machines without an installation, too.
    let config = config.load_if_there()?;
    let known = config
        .as_ref()
        .map_or_else(Profiles::builtin, |config| config.profiles.clone());
    let unusable = config
        .iter()
        .flat_map(|config| config.unusable_profiles.as_slice());
    unusable.for_each(|finding| context.warn(finding));
    let of_another = (config.as_ref().filter(|_| !all)).map(|config| config.ra.other_profiles());
    let applies = |profile: &&Profile| {
        let name = profile.name();
        !of_another.is_some_and(|prefix| {
            Profile::builtin_names().contains(&name) && name.starts_with(prefix)
        })
    };
    let all: Vec<Summary> = known
        .all()
        .filter(applies)
        .map(|profile| Summary {
            name: profile.name().to_owned(),
            description: profile.description("en").to_owned(),
            source: if Profile::builtin_names().contains(&profile.name()) {
                "shipped"
            } else {
                "own"
            },
        })
        .collect();
    let mut lines: Vec<String> = all
        .iter()
        .map(|facts| {
            let own = if facts.source == "own" {
                "  (your own)"
            } else {
                ""
            };
            format!("{}{own}\n    {}", facts.name, facts.description)
        })
        .collect();
    let left_out = known.all().count().saturating_sub(all.len());
    if left_out > 0 {
        lines.push(format!(
            "{left_out} profiles that ship for other installations are left out; `tanba profile list --all` lists them."
        ));
    }
    context.print(&all, lines.join("\n"))?;
    Ok(Outcome::Done)
}

/// A profile by its name, or one from a file. The installation is asked for its own alone: whoever makes the first of them has
/// a broken one meanwhile.
fn open(name: &str, config: &ConfigArgs) -> anyhow::Result<Profile> {
    if let Some(profile) = Profile::builtin(name) {
        return Ok(profile);
    }
    let path = Path::new(name);
    let config = match config.load_if_there() {
        // A file is read where nothing else works, too.
        Err(_) if path.exists() => None,
        loaded => loaded?,
    };
    if let Some(profile) = config
        .as_ref()
        .and_then(|config| config.profiles.find(name))
    {
        return Ok(profile.clone());
    }
    if !path.exists() {
        if let Some(why) = config.and_then(|config| config.why_no_profile(name)) {
            bail!(why);
        }
        bail!(
            "there is no profile {name:?} and no such file; `tanba profile list --all` lists them"
        );
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the file {name} cannot be read as text"))?;
    Profile::from_toml(&text).with_context(|| format!("the file {name} is no profile"))
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
    let mut lines = vec![format!(
        "Certificates of the profile {} are read before they are signed. One is not signed when any of these is true of it \
         (a warning is logged, and it is signed):",
        profile.name()
    )];
    lines.extend(facts.iter().map(|rule| {
        let warning = if rule.severity == Severity::Warning.name() {
            ", a warning"
        } else {
            ""
        };
        let place = reference(rule.standard, rule.section);
        format!("{}  ({place}){warning}\n    {}", rule.code, rule.sentence)
    }));
    context.print(&facts, lines.join("\n"))?;
    Ok(Outcome::Done)
}

/// Where a rule comes from, so that a reader finds it: of several standards each with its own section.
fn reference(standard: &str, section: &str) -> String {
    let one = |standard: &str, section: &str| {
        let word = if standard.starts_with("ETSI") || standard.starts_with("ITU") {
            "clause"
        } else {
            "section"
        };
        format!("{standard}, {word} {section}")
    };
    if standard == "profile" {
        return format!("the profile itself: {section}");
    }
    let (standards, sections): (Vec<&str>, Vec<&str>) = (
        standard.split(", ").collect(),
        section.split("; ").collect(),
    );
    if standards.len() > 1 && standards.len() == sections.len() {
        let pairs = standards.into_iter().zip(sections);
        return pairs.map(|(a, b)| one(a, b)).collect::<Vec<_>>().join("; ");
    }
    one(standard, section)
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
            "The profile {} is consistent: {} kept all {} rules.",
            profile.name(),
            count(samples.len(), "sample certificate"),
            kept(profile).count()
        ));
    }
    context.print(&facts, lines.join("\n"))?;
    if findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
    {
        return Ok(Outcome::Refused(format!(
            "no certificate of the profile {} would be signed: {}",
            profile.name(),
            broken(findings.iter().copied())
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
    let mut findings = lint_certificate(certificate.tbs().tbs_der(), profile, issuer.as_ref());
    // Only a root is its own issuer.
    let left_out = issuer.is_none() && !certificate.is_self_issued();
    if left_out {
        findings.retain(|finding| !OF_ISSUER.contains(&finding.code));
        context.warn(format_args!(
            "it was not compared with the certificate of its issuer, which --issuer names; left out: {}",
            OF_ISSUER.join(", ")
        ));
    }
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
            "the certificate is not as the profile {} says: {}",
            profile.name(),
            broken(&findings)
        )));
    }
    Ok(Outcome::Done)
}

/// The names of the rules that keep a certificate from being signed, each once.
fn broken<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> String {
    let errors = findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error);
    let names: BTreeSet<&str> = errors.map(|finding| finding.code).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// Rules that compare a certificate with its issuer's, which is not always at hand.
const OF_ISSUER: [&str; 6] = [
    "issuer.self",
    "issuer.name",
    "issuer.ca",
    "validity.issuer",
    "signature.key",
    "authority-key-identifier.issuer",
];

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

/// What is wrong with samples, each fault once; where it is not that of every kind of key, with those that have it.
fn once(samples: &[sample::Sample]) -> Vec<String> {
    let mut faults: Vec<(String, Vec<String>)> = Vec::new();
    for one in samples {
        for finding in &one.findings {
            if finding.severity != Severity::Error {
                continue;
            }
            let (said, kind) = (finding.to_string(), one.key.to_string());
            match faults.iter_mut().find(|(known, _)| *known == said) {
                Some((_, kinds)) if kinds.contains(&kind) => {}
                Some((_, kinds)) => kinds.push(kind),
                None => faults.push((said, vec![kind])),
            }
        }
    }
    let sentence = |(said, kinds): (String, Vec<String>)| {
        if kinds.len() == samples.len() {
            said
        } else {
            format!("{said} ({})", kinds.join(", "))
        }
    };
    faults.into_iter().map(sentence).collect()
}

/// What is wrong with the operator's own profiles beyond their texts: samples of each are made and read as before a
/// signature, so that nobody applies for what would then be refused.
pub(super) fn faults(profiles: &Profiles, context: &Context) -> anyhow::Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for profile in profiles.own() {
        let name = profile.name();
        let sentences = match sample::samples(profile, context) {
            Ok(samples) => once(&samples),
            Err(error) => vec![crate::outcome::sentence(&error)],
        };
        if !sentences.is_empty() {
            faults.push(Fault::error(
                "profile-faulty",
                format!(
                    "no certificate of the profile {name} would be signed: {}",
                    sentences.join("; ")
                ),
                format!("correct it; `tanba profile lint {name}` says the same"),
            ));
        }
    }
    Ok(faults)
}
