//! `tanba key check`: looks at every key that was ever certified, each alone and all RSA keys together.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::Context as _;
use serde::Serialize;
use tanba_ca::KeyChecker;
use tanba_model::audit::{Actor, origin};
use tanba_model::id::CertificateId;
use tanba_model::key::{BlockSource, BlockedKey, KeyFinding};
use tanba_model::ports::{Storage, UnitOfWork};
use tanba_pki::Timestamp;
use tanba_ra::block_key;

use super::super::certificate::advice;
use super::super::config_args::ConfigArgs;
use super::super::lists::Lists;
use crate::context::Context;
use crate::count::count;
use crate::outcome::Outcome;

/// Between two lines about how far it has come.
const TOLD_EVERY: u64 = 100_000;

/// A key that must not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    serial: String,
    /// A name for scripts.
    code: String,
    what: String,
    /// Whether its certificate is valid now, so that somebody has to decide.
    valid: bool,
    /// Whether its certificate was revoked by this command.
    revoked: bool,
    /// What to do about it, where it is of the authority itself: nothing revokes those but a person who means it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
    #[serde(skip)]
    certificate: CertificateId,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    /// Certificates and intents whose keys were looked at.
    keys: u64,
    /// RSA keys among them, each compared with each.
    rsa: u64,
    findings: Vec<Finding>,
    /// Whether the lists say what was revoked, where that was asked for.
    #[serde(flatten)]
    lists: Option<Lists>,
}

/// Runs the command.
pub(super) fn run(revoke: bool, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    context.progress("Every key that was ever certified is looked at");
    let now = context.now();
    let mut told = 0;
    let mut progress = |checker: &KeyChecker| {
        if checker.state().keys >= told {
            context.progress(count(checker.state().keys, "key"));
            told = told.saturating_add(TOLD_EVERY);
        }
    };
    let checker = KeyChecker::whole(now);
    let report = if revoke {
        let (storage, authority) = config.installation(context)?;
        let mut report = check(storage.as_ref(), checker, now, &mut progress)?;
        let actor = context.administrator();
        revoke_found(&mut report, storage.as_ref(), &actor, now)?;
        report.lists = Some(Lists::publish(&authority, now, context));
        report
    } else {
        check(config.storage()?.as_ref(), checker, now, &mut progress)?
    };
    context.print(&report, &report)?;
    Ok(left(&report).map_or(Outcome::Done, Outcome::Refused))
}

/// What is left to be done, in a sentence.
fn left(report: &Report) -> Option<String> {
    let (mut people, mut own) = (0_usize, Vec::new());
    let open = report.findings.iter();
    for finding in open.filter(|finding| finding.valid && !finding.revoked) {
        match &finding.advice {
            None => people = people.saturating_add(1),
            Some(advice) => own.push(advice.as_str()),
        }
    }
    own.dedup();
    let mut sentences = Vec::new();
    if people > 0 {
        sentences.push(format!(
            "valid certificates with keys that must not be used: {people}; tell their owners to get new ones, then revoke \
             with `tanba key check --revoke`"
        ));
    }
    if !own.is_empty() {
        sentences.push(format!(
            "keys of the authority itself must not be used, and `--revoke` never takes its certificates: {}",
            own.join("; ")
        ));
    }
    (!sentences.is_empty()).then(|| sentences.join(". "))
}

/// One snapshot: what is issued meanwhile is looked at next time.
fn check(
    storage: &dyn Storage,
    checker: KeyChecker,
    now: Timestamp,
    progress: &mut dyn FnMut(&KeyChecker),
) -> anyhow::Result<Report> {
    let mut unit = storage.snapshot()?;
    let mut checker = checker;
    let mut report = Report::default();
    let mut seen = BTreeSet::new();
    loop {
        let step = checker.step(unit.as_mut(), now)?;
        for finding in step.findings {
            if seen.insert((finding.certificate, finding.code.clone())) {
                report.find(unit.as_mut(), finding, now)?;
            }
        }
        progress(&checker);
        if step.is_last {
            break;
        }
    }
    report.keys = checker.state().keys;
    report.rsa = checker.state().rsa;
    Ok(report)
}

impl Report {
    fn find(
        &mut self,
        unit: &mut dyn UnitOfWork,
        finding: KeyFinding,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let record = unit.certificates().find(finding.certificate)?;
        let record = record.context("a certificate is gone")?;
        let valid = record.status.is_valid() && record.not_after > now;
        let own = valid && record.person.is_none();
        let advice = own.then(|| advice(unit, &record.serial)).transpose()?;
        self.findings.push(Finding {
            advice,
            serial: record.serial.hex(),
            code: finding.code,
            what: finding.what,
            valid,
            revoked: false,
            certificate: finding.certificate,
        });
        Ok(())
    }
}

/// Blocks every key of a person that was found, as `tanba key block` does: certificates that are valid or frozen are revoked,
/// sessions end, owners are told, and nobody has such a key certified again. Certificates of the authority itself are left
/// to a person: without them nothing else can be verified.
fn revoke_found(
    report: &mut Report,
    storage: &dyn Storage,
    actor: &Actor,
    now: Timestamp,
) -> anyhow::Result<()> {
    for finding in &mut report.findings {
        let record = storage
            .snapshot()?
            .certificates()
            .find(finding.certificate)?;
        let Some(record) = record.filter(|record| record.person.is_some()) else {
            continue;
        };
        let key = BlockedKey {
            public_key_sha256: record.public_key_sha256,
            at: now,
            source: BlockSource::Administrator,
            reason: format!("found by a check of all keys: {}", finding.code),
            attestation: None,
        };
        let mut work = storage.begin()?;
        let done = block_key(work.as_mut(), &key, actor, &origin::here())?;
        work.commit()?;
        // Another certificate of the same key may have been found before.
        finding.revoked = finding.valid || done.revoked.contains(&record.serial);
    }
    Ok(())
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} looked at, {} compared with each other.",
            count(self.keys, "key"),
            count(self.rsa, "RSA key")
        )?;
        for finding in &self.findings {
            let state = match (finding.valid, finding.revoked) {
                (_, true) => "revoked now",
                (true, false) => "valid",
                (false, false) => "not valid any more",
            };
            write!(
                formatter,
                "\n{}: {} ({}; {state})",
                finding.serial, finding.what, finding.code
            )?;
        }
        if self.findings.is_empty() {
            write!(formatter, "\nNothing is wrong with them.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
