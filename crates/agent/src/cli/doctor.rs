//! `tanba-agent doctor`: what works, what does not, and how to repair it, cause by cause.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use tanba_model::ports::Clock as _;

use super::{Setting, print, start};
use crate::clock::SystemClock;
use crate::containers::Containers;
use crate::doctor::port;
use crate::doctor::{Cause, Finding, Patient, State};
use crate::locale::Argument;
use crate::{Catalogue, Grants, Identity};

/// How long drivers of tokens may look.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) fn run(setting: &Setting) -> anyhow::Result<()> {
    let texts = Catalogue::shipped()?;
    let language = setting.config.language;
    let mut broken = 0_i64;
    for finding in findings(setting) {
        let sentence = texts.text(language, finding.text);
        let name = finding.name.map(|name| texts.text(language, name));
        let words = [Some(sentence), name, Some(finding.detail)];
        let words: Vec<String> = words.into_iter().flatten().collect();
        let mark = match finding.state {
            State::Good => '✓',
            State::Note => '•',
            State::Bad => '✗',
        };
        print(&format!("{mark} {}", words.join(" ")))?;
        if let Some(repair) = finding.repair {
            print(&format!("  → {}", texts.text(language, repair)))?;
        }
        broken = broken.saturating_add(i64::from(finding.state == State::Bad));
    }
    if broken > 0 {
        let arguments = [("count", Argument::Number(broken))];
        bail!("{}", texts.format(language, "doctor-broken", &arguments));
    }
    Ok(())
}

fn findings(setting: &Setting) -> Vec<Finding> {
    let mut findings = Vec::new();
    let identity = match start::identity(setting) {
        Ok(identity) => {
            let file = identity.authority_file().display().to_string();
            findings.push(Finding::good(Cause::Port, "doctor-identity", file));
            Some(identity)
        }
        Err(error) => {
            findings.push(Finding::bad(
                Cause::Port,
                "doctor-identity-broken",
                format!("{error:#}"),
                "doctor-identity-repair",
            ));
            None
        }
    };
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
    let doctor = start::doctor(setting, identity.as_ref());
    findings.extend(doctor.examine(&patient, PATIENCE));
    findings
}
