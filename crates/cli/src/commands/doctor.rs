//! `tanba doctor`: says what is wrong with an installation, a sentence for each thing, and what to do.

use serde::Serialize;
use tanba_pki::Timestamp;

use super::config_args::ConfigArgs;
use crate::config::{Config, Finding, Findings, Severity};
use crate::context::Context;
use crate::outcome::Outcome;

mod authority;
mod evidence;
mod files;
mod fitness;
mod issuance;
mod network;

/// Arguments of `tanba doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Do not connect to the mail server and do not try the ports
    #[arg(long)]
    offline: bool,
    /// Read the whole database, look for damage, and compare it with the audit log; takes seconds for each gigabyte. A small
    /// one is compared in any case
    #[arg(long)]
    thorough: bool,
    /// Take warnings as seriously as errors: a mail server that cannot be reached, a certificate that ends soon
    #[arg(long)]
    strict: bool,
}

/// What to look at beyond the files.
#[derive(Clone, Copy, Debug)]
struct Extent {
    network: bool,
    thorough: bool,
    now: Timestamp,
}

#[derive(Debug, Serialize)]
struct Facts<'a> {
    healthy: bool,
    findings: &'a [Finding],
}

/// Looks at everything and tells what was found; exit code 1 when the server could not work, or when evidence is not whole.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let extent = Extent {
        network: !args.offline,
        thorough: args.thorough,
        now: context.now(),
    };
    let findings = match Config::load(&args.config.path()) {
        Ok(config) => examine(&config, extent, context),
        Err(findings) => findings,
    };
    let found = findings.as_slice();
    let of = |severity: Severity| {
        found
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let (errors, evidence) = (of(Severity::Error), of(Severity::Evidence));
    let told = if args.strict {
        found.len().saturating_sub(of(Severity::Note))
    } else {
        errors.saturating_add(evidence)
    };
    let lines: Vec<String> = found.iter().map(line).collect();
    let text = if lines.is_empty() {
        "Nothing is wrong.".to_owned()
    } else {
        lines.join("\n")
    };
    context.print(
        &Facts {
            healthy: told == 0,
            findings: found,
        },
        text,
    )?;
    Ok(match (errors, evidence) {
        _ if told == 0 => Outcome::Done,
        _ if args.strict => Outcome::Refused(format!("{told} things are not as they should be")),
        (0, _) => Outcome::Refused(
            "the server works, and the database or the signatures of its log are not as they should be: somebody has to look into it"
                .to_owned(),
        ),
        (1, _) => Outcome::Refused("one thing keeps the server from working".to_owned()),
        _ => Outcome::Refused(format!("{errors} things keep the server from working")),
    })
}

fn line(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Evidence => "evidence",
        Severity::Note => "note",
    };
    format!("{severity}: {finding}.")
}

fn examine(config: &Config, extent: Extent, context: &Context) -> Findings {
    let mut findings = config.unusable_profiles.clone();
    findings.extend(files::secrets(&config.keys));
    if let Some(tls) = &config.tls {
        findings.extend(files::tls(tls, extent.now));
    }
    match super::profile::faults(&config.profiles, context) {
        Ok(faults) => findings.extend(faults),
        Err(error) => findings.push(Finding::error(
            "profile-faulty",
            crate::outcome::sentence(&error),
            "look at the folder of profiles",
        )),
    }
    authority::examine(config, extent, context, &mut findings);
    if extent.network {
        findings.extend(network::ports(config));
        findings.extend(network::restart(config));
        findings.extend(config.mail.as_ref().and_then(network::mail));
    }
    findings
}

#[cfg(test)]
mod tests;
