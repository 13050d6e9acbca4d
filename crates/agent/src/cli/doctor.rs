//! `tanba-agent doctor`: what works, what does not, and how to repair it, cause by cause.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use serde::Serialize;
use serde_json::json;
use tanba_model::ports::Clock as _;

use super::{Setting, install, print, said, start};
use crate::clock::SystemClock;
use crate::containers::Containers;
use crate::doctor::port;
use crate::doctor::{Cause, Finding, Patient, State};
use crate::locale::Argument;
use crate::{Grants, Identity};

/// How long drivers of tokens may look.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Debug, clap::Args)]
pub(super) struct DoctorArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A finding as programs read it. Sent: never rename a member.
#[derive(Serialize)]
struct Told {
    cause: &'static str,
    state: &'static str,
    /// Names the sentence, whatever the language.
    code: &'static str,
    sentence: String,
    detail: String,
    repair: Option<String>,
}

pub(super) fn run(setting: &Setting, arguments: &DoctorArguments) -> anyhow::Result<()> {
    let say = |key| setting.texts.text(setting.language, key);
    let findings = findings(setting);
    let bad = |finding: &&Finding| finding.state == State::Bad;
    let broken = findings.iter().filter(bad).count();
    let told = findings.into_iter().map(|finding| Told {
        cause: finding.cause.name(),
        state: finding.state.name(),
        code: finding.text,
        sentence: match finding.name {
            Some(name) => format!("{} {}", say(finding.text), say(name)),
            None => say(finding.text),
        },
        detail: finding.detail,
        repair: finding.repair.map(say),
    });
    if arguments.json {
        let findings: Vec<Told> = told.collect();
        let language = setting.language.tag();
        print(
            &json!({ "works": broken == 0, "language": language, "findings": findings })
                .to_string(),
        )?;
    } else {
        for told in told {
            print_line(&told)?;
        }
    }
    if broken > 0 {
        let broken = Argument::from(broken);
        let sentence =
            setting
                .texts
                .format(setting.language, "doctor-broken", &[("count", broken)]);
        bail!("{sentence}");
    }
    Ok(())
}

fn print_line(told: &Told) -> anyhow::Result<()> {
    let mark = match told.state {
        "good" => '✓',
        "bad" => '✗',
        _ => '•',
    };
    print(format!("{mark} {} {}", told.sentence, told.detail).trim_end())?;
    match &told.repair {
        Some(repair) => print(&format!("  → {repair}")),
        None => Ok(()),
    }
}

/// The identity as it lies there; nothing is made for somebody who looks.
fn identity(setting: &Setting, findings: &mut Vec<Finding>) -> Option<Identity> {
    let folder = setting.places.identity();
    let detail = folder.display().to_string();
    if !Identity::is_in(&folder) {
        let (text, repair) = ("doctor-identity-absent", "doctor-identity-absent-repair");
        findings.push(Finding::bad(Cause::Port, text, detail, repair));
        return None;
    }
    match Identity::look(&folder) {
        Ok(identity) => {
            let file = identity.authority_file().display().to_string();
            findings.push(Finding::good(Cause::Port, "doctor-identity", file));
            Some(identity)
        }
        Err(error) => {
            let (text, repair) = ("doctor-identity-broken", "doctor-identity-repair");
            let error = said::sentence(&error.into(), &setting.texts, setting.language);
            findings.push(Finding::bad(Cause::Port, text, error, repair));
            None
        }
    }
}

fn findings(setting: &Setting) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(fault) = &setting.config_fault {
        let told = said::told(fault, &setting.texts, setting.language);
        let (text, repair) = ("doctor-config-broken", "doctor-config-repair");
        findings.push(Finding::bad(Cause::Config, text, told, repair));
    }
    let identity = identity(setting, &mut findings);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, setting.config.port));
    let answers = port::look(address, identity.as_ref().map(Identity::authority));
    findings.push(port::finding(answers, address));
    let permission = Finding::note(Cause::Permission, "doctor-permission", "");
    findings.push(permission);
    let containers = Containers::new(vec![Arc::new(start::file_store(setting))]);
    let patient = Patient {
        identity: identity.as_ref(),
        grants: &Grants::at(setting.places.grants()),
        containers: &containers,
        now: SystemClock.now(),
    };
    let mut doctor = start::doctor(setting, identity.as_ref());
    if !Identity::is_in(&setting.places.identity()) {
        doctor.machine = install::machine_without_identity(setting).ok();
    }
    findings.extend(doctor.examine(&patient, PATIENCE));
    findings
}
