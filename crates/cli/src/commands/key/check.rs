//! `tanba key check`: looks at every key that was ever certified, each alone and all RSA keys together.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use tanba_ca::Authority;
use tanba_crypto::{ModulusTree, share_a_factor};
use tanba_model::audit::Actor;
use tanba_model::certificate::CertificateRecord;
use tanba_model::id::CertificateId;
use tanba_model::key::{BlockSource, BlockedKey};
use tanba_model::ports::Storage;
use tanba_pki::{TbsCertificate, Timestamp};
use tanba_ra::block_key;

use super::super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::Outcome;
use walk::{Key, Walk};

mod walk;

/// RSA keys whose product is in memory at once. Two chunks are, so this bounds memory: some 30 MB for keys of 2048 bits.
const CHUNK: usize = 4_096;
/// Keys among which pairs are looked for one by one: two million divisors, some seconds.
const NAMED: usize = 2_000;

/// A key that must not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    serial: String,
    /// A name for scripts.
    code: &'static str,
    what: String,
    /// Whether its certificate is valid now, so that somebody has to decide.
    valid: bool,
    /// Whether its certificate was revoked by this command.
    revoked: bool,
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
}

/// Runs the command.
pub(super) fn run(revoke: bool, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    context.progress("Every key that was ever certified is looked at");
    let now = context.now();
    let report = if revoke {
        let (storage, authority) = config.installation(context)?;
        let mut report = check(storage.as_ref(), CHUNK, now)?;
        let actor = context.administrator();
        revoke_found(&mut report, storage.as_ref(), &authority, &actor, now)?;
        report
    } else {
        check(config.storage()?.as_ref(), CHUNK, now)?
    };
    context.print(&report, &report)?;
    let open = report
        .findings
        .iter()
        .filter(|finding| finding.valid && !finding.revoked)
        .count();
    Ok(match open {
        0 => Outcome::Done,
        count => Outcome::Refused(format!(
            "{count} valid certificates have keys that must not be used; tell their owners to get new ones, then revoke \
             with tanba key check --revoke"
        )),
    })
}

/// One snapshot: what is issued meanwhile is looked at next time.
fn check(storage: &dyn Storage, chunk: usize, now: Timestamp) -> anyhow::Result<Report> {
    let mut unit = storage.snapshot()?;
    let mut report = Report::default();
    let mut sharing: BTreeMap<CertificateId, Key> = BTreeMap::new();
    let mut walk = Walk::start(unit.as_mut())?;
    let mut chunks_before = 0_usize;
    loop {
        let keys = walk.chunk(unit.as_mut(), chunk, &mut |record| {
            alone(record, now, &mut report);
        })?;
        if keys.is_empty() {
            break;
        }
        report.rsa = report.rsa.saturating_add(u64::try_from(keys.len())?);
        let tree = tree(&keys);
        keep(&mut sharing, &keys, &tree.sharing_inside());
        // Earlier chunks are read again and not kept: memory does not grow with the population.
        let mut earlier = Walk::start(unit.as_mut())?;
        for _ in 0..chunks_before {
            let others = earlier.chunk(unit.as_mut(), chunk, &mut |_| {})?;
            let other_tree = self::tree(&others);
            let found = tree.sharing_with(&other_tree);
            if !found.is_empty() {
                keep(&mut sharing, &keys, &found);
                keep(&mut sharing, &others, &other_tree.sharing_with(&tree));
            }
        }
        chunks_before = chunks_before.saturating_add(1);
    }
    together(&sharing, now, &mut report);
    Ok(report)
}

fn tree(keys: &[Key]) -> ModulusTree {
    ModulusTree::new(keys.iter().map(|key| key.modulus.as_slice()))
}

fn keep(sharing: &mut BTreeMap<CertificateId, Key>, keys: &[Key], positions: &[usize]) {
    for key in positions.iter().filter_map(|position| keys.get(*position)) {
        sharing.insert(key.certificate, key.clone());
    }
}

/// What shows in one key alone. Keys of intents count too: they may be known to somebody.
fn alone(record: &CertificateRecord, now: Timestamp, report: &mut Report) {
    report.keys = report.keys.saturating_add(1);
    let key = Key::of(record, Vec::new());
    match TbsCertificate::from_der(&record.to_be_signed) {
        Ok(certificate) => {
            if let Err(weak) = certificate.public_key().check_strength() {
                report.find(&key, now, "weak", weak.to_string());
            }
        }
        Err(_) => report.find(
            &key,
            now,
            "malformed",
            "the recorded bytes cannot be read".to_owned(),
        ),
    }
}

/// Names who shares with whom among those that were found.
fn together(sharing: &BTreeMap<CertificateId, Key>, now: Timestamp, report: &mut Report) {
    let keys: Vec<&Key> = sharing.values().collect();
    let named = keys.get(..NAMED).unwrap_or(&keys);
    for key in &keys {
        let others = || {
            named
                .iter()
                .filter(|other| other.certificate != key.certificate)
        };
        let shares = |other: &&&Key| share_a_factor(&key.modulus, &other.modulus);
        let again = |other: &&&Key| key.modulus == other.modulus;
        if let Some(other) = others().find(shares) {
            let what = format!(
                "the RSA key shares a prime factor with that of certificate {}: anybody can compute both private keys",
                other.serial
            );
            report.find(key, now, "shared-factor", what);
        } else if let Some(other) = others().find(again) {
            // The authority renews certificates of its own keys.
            if key.is_persons || other.is_persons {
                let what = format!("certificate {} is of the same key", other.serial);
                report.find(key, now, "same-key", what);
            }
        } else {
            let what = "the RSA key shares a prime factor with another: anybody can compute its private key";
            report.find(key, now, "shared-factor", what.to_owned());
        }
    }
}

impl Report {
    fn find(&mut self, key: &Key, now: Timestamp, code: &'static str, what: String) {
        self.findings.push(Finding {
            serial: key.serial.clone(),
            code,
            what,
            valid: key.status.is_valid() && key.not_after > now,
            revoked: false,
            certificate: key.certificate,
        });
    }
}

/// Blocks every key of a person that was found, as `tanba key block` does: certificates that are valid or frozen are revoked,
/// sessions end, owners are told, and nobody has such a key certified again. Certificates of the authority itself are left
/// to a person: without them nothing else can be verified.
fn revoke_found(
    report: &mut Report,
    storage: &dyn Storage,
    authority: &Authority,
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
        let done = block_key(work.as_mut(), &key, actor, "")?;
        work.commit()?;
        // Another certificate of the same key may have been found before.
        finding.revoked = finding.valid || done.revoked.contains(&record.serial);
    }
    // Lists do not wait for a server that may not be running.
    let _ = authority.publish_due(now)?;
    Ok(())
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} keys looked at, {} RSA keys compared with each other.",
            self.keys, self.rsa
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
