//! `tanba certificate check`: reads everything that was ever issued again, and judges it without the code that issued it.

use std::fmt;

use anyhow::Context as _;
use serde::Serialize;
use tanba_ca::Profiles;
use tanba_model::fitness::{judge_all, needed};
use tanba_model::id::CertificateId;
use tanba_model::ports::{IssuerRecord, Storage};
use tanba_pki::{SerialNumber, Timestamp};

use super::super::config_args::ConfigArgs;
use super::super::tables::{self, Fault};
use crate::context::Context;
use crate::count::count;
use crate::outbound;
use crate::outcome::{Outcome, usage};
use crate::wire;
use evidence::Evidence;
use issuer::Issuer;
use keys::Keys;
use replaced::Disowned;
use status::Responder;

mod evidence;
mod issuer;
mod judge;
mod keys;
mod replaced;
mod status;

/// Records that are in memory at once.
const PAGE: u32 = 500;
/// Findings that are told one by one.
const TOLD: usize = 1_000;
/// Between two lines about how far it has come.
const TOLD_EVERY: u64 = 100_000;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    /// The certificate that it is about; empty where it is about something else.
    #[serde(skip_serializing_if = "String::is_empty")]
    serial: String,
    /// What else it is about, as the audit log names it.
    #[serde(skip_serializing_if = "String::is_empty")]
    object: String,
    /// A name for scripts.
    code: &'static str,
    what: String,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    certificates: u64,
    given_up: u64,
    open_intents: u64,
    revoked: u64,
    lists: u64,
    /// Certificates that a responder was asked about.
    asked: u64,
    /// People whose record was compared with the audit log.
    people: u64,
    /// Those of whom the log says nothing yet of where codes go, because their events are of before it did.
    not_comparable: u64,
    /// Employments of which the log says the role alone.
    by_role: u64,
    /// Those of whom the log says nothing yet of who they are.
    unnamed: u64,
    /// Applications of which the log has no digest of what was signed, because it had none when they were submitted.
    undigested: u64,
    /// Authorities that have neither issued nor signed a list yet: a server that runs knows them after its restart.
    idle: Vec<String>,
    /// How many there are; the first thousand are told.
    faults: u64,
    findings: Vec<Finding>,
    /// What is as it should be, and has to be known.
    notes: Vec<String>,
}

impl Report {
    fn fault(&mut self, serial: &SerialNumber, code: &'static str, what: impl Into<String>) {
        self.find(Finding {
            serial: serial.hex(),
            object: String::new(),
            code,
            what: what.into(),
        });
    }

    fn find(&mut self, finding: Finding) {
        self.faults = self.faults.saturating_add(1);
        if self.findings.len() < TOLD {
            self.findings.push(finding);
        }
    }

    /// Takes in what is wrong with a table beside certificates.
    fn fault_of(&mut self, fault: Fault) {
        self.find(Finding {
            serial: String::new(),
            object: fault.object,
            code: fault.code,
            what: fault.what,
        });
    }

    const fn read(&self) -> u64 {
        self.certificates
            .saturating_add(self.given_up)
            .saturating_add(self.open_intents)
    }
}

/// Arguments of `tanba certificate check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Every certificate there is
    #[arg(long)]
    all: bool,
    /// Also ask this OCSP responder about each, http://127.0.0.1:8080/ocsp for instance
    #[arg(long, value_name = "URL")]
    ocsp: Option<String>,
}

/// Runs the command.
pub(super) fn run(args: &Args, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    if !args.all {
        return Err(usage(
            "say --all: every certificate that was ever issued is read, which takes a minute for each hundred thousand",
        ));
    }
    let config = config.load()?;
    let storage = wire::storage(&config)?;
    let agent = outbound::agent(None, std::time::Duration::from_secs(20))?;
    let ask = |url: &str, request: &[u8]| -> anyhow::Result<Vec<u8>> {
        let mut response = agent
            .post(url)
            .header("content-type", "application/ocsp-request")
            .send(request)
            .with_context(|| format!("{url} does not answer"))?;
        Ok(response.body_mut().read_to_vec()?)
    };
    // Certificates of these are told one by one; here is why.
    for finding in config.unusable_profiles.as_slice() {
        context.warn(finding);
    }
    let now = context.now();
    let mut responder = args.ocsp.as_ref().map(|url| Responder {
        now,
        ask: Box::new(|request: &[u8]| ask(url, request)),
    });
    let mut told = TOLD_EVERY;
    let mut progress = |read: u64| {
        if read >= told {
            context.progress(count(read, "certificate"));
            told = read.saturating_add(TOLD_EVERY);
        }
    };
    let report = check(
        &storage,
        &config.profiles,
        (responder.as_mut(), now),
        &mut progress,
    )?;
    context.print(&report, &report)?;
    Ok(match report.faults {
        0 => Outcome::Done,
        1 => Outcome::Refused("one thing is not as it should be".to_owned()),
        count => Outcome::Refused(format!("{count} things are not as they should be")),
    })
}

/// One snapshot: what is issued meanwhile is judged next time.
fn check(
    storage: &dyn Storage,
    profiles: &Profiles,
    (mut responder, now): (Option<&mut Responder<'_>>, Timestamp),
    progress: &mut dyn FnMut(u64),
) -> anyhow::Result<Report> {
    let mut unit = storage.snapshot()?;
    let mut report = Report::default();
    let (evidence, tables) = Evidence::read(unit.as_mut(), &mut report)?;
    let compared = tables.judge(unit.as_mut(), &mut || true, &mut |fault| {
        report.fault_of(fault)
    })?;
    (report.people, report.not_comparable) = (compared.people, compared.not_comparable);
    (report.unnamed, report.by_role) = (compared.unnamed, compared.by_role);
    report.undigested = compared.undigested;
    let mut keys = Keys::default();
    let judged = judge_all(unit.as_mut(), now)?;
    let known: Vec<IssuerRecord> = judged.iter().map(|(record, _)| record.clone()).collect();
    let needed = needed(&known);
    for (issuer_record, unfit) in judged {
        let is_at_work = evidence.is_at_work(issuer_record.id);
        let issuer = Issuer::read(unit.as_mut(), &issuer_record, is_at_work, &mut report)?;
        let mut disowned = Disowned::read(unit.as_mut(), &issuer_record, &known, now)?;
        let mut after: Option<CertificateId> = None;
        let mut serials: Vec<[u8; SerialNumber::LENGTH]> = Vec::new();
        let mut on_lists = 0_usize;
        loop {
            let records = unit.certificates().page(issuer.id, after, PAGE)?;
            let Some(last) = records.last() else {
                break;
            };
            after = Some(last.id);
            for record in &records {
                serials.push(*record.serial.as_bytes());
                if let Some(certificate) = judge::judge(record, &issuer, profiles, &mut report) {
                    keys.add(record, &certificate);
                    judge::owner(unit.as_mut(), record, &certificate, profiles, &mut report)?;
                    evidence.judge(unit.as_mut(), &issuer, record, &mut report)?;
                }
                if record.der.is_none() {
                    evidence.judge_unsigned(record, &mut report);
                }
                disowned.judge(record, &mut report);
                let last = evidence.last_change(record);
                on_lists = on_lists.saturating_add(issuer.lists.judge(record, last, &mut report));
            }
            if let Some(responder) = responder.as_mut() {
                responder.judge(storage, &issuer, &records, &mut report)?;
            }
            progress(report.read());
        }
        twice(&mut serials, &mut report);
        let serial = SerialNumber::from_bytes(issuer.certificate.serial_bytes())?;
        if let Some(unfit) = unfit {
            let is_needed = needed.contains(&issuer.id);
            disowned.tell(&issuer_record, &serial, &unfit, is_needed, &mut report);
        }
        // A root that signs elsewhere revokes what is below it on other machines, too.
        if on_lists < issuer.lists.entries() && !issuer.is_elsewhere {
            report.fault(
                &serial,
                "list-unknown",
                "the lists of this issuer have entries of certificates that are not known",
            );
        }
    }
    keys.judge(unit.as_mut(), &mut report)?;
    tables::beside(storage, &mut |fault| report.fault_of(fault))?;
    Ok(report)
}

fn twice(serials: &mut [[u8; SerialNumber::LENGTH]], report: &mut Report) {
    serials.sort_unstable();
    for pair in serials.windows(2) {
        if let [first, second] = pair
            && first == second
            && let Ok(serial) = SerialNumber::from_bytes(first)
        {
            report.fault(&serial, "serial-twice", "the serial number is there twice");
        }
    }
}

/// When something was so, as texts have it.
fn at(time: Timestamp) -> String {
    time.rfc3339()
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} read ({} of them revoked), {} given up, {} open, {}.",
            count(self.certificates, "certificate"),
            self.revoked,
            count(self.given_up, "intent"),
            self.open_intents,
            count(self.lists, "list")
        )?;
        if self.asked > 0 {
            write!(formatter, " A responder was asked about {}.", self.asked)?;
        }
        write!(
            formatter,
            " Compared with the audit log besides: people ({}), the block list, staff, authorities, what is stopped, what was signed.",
            self.people
        )?;
        if self.not_comparable > 0 {
            write!(
                formatter,
                " Of {} of them the audit log does not say where codes go: it did not when they were entered.",
                self.not_comparable
            )?;
        }
        if self.unnamed > 0 {
            write!(
                formatter,
                " Of {} it does not say who they are, for the same reason.",
                self.unnamed
            )?;
        }
        if self.by_role > 0 {
            write!(
                formatter,
                " Of {} it says the role alone: whose they are, where and until when was not compared.",
                count(self.by_role, "employment")
            )?;
        }
        if self.undigested > 0 {
            write!(
                formatter,
                " Of {} it has no digest of what was signed, for the same reason.",
                count(self.undigested, "application")
            )?;
        }
        for name in &self.idle {
            write!(
                formatter,
                " The authority {name} has issued nothing and signed no list yet: restart the server, which knows it from then on."
            )?;
        }
        for finding in &self.findings {
            write!(
                formatter,
                "\n{}{}: {} ({})",
                finding.serial, finding.object, finding.what, finding.code
            )?;
        }
        for note in &self.notes {
            write!(formatter, "\nNote: {note}.")?;
        }
        if self.faults == 0 {
            write!(formatter, "\nEverything is as it should be.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
