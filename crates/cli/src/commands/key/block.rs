//! `tanba key block`: one key, or all of a published list.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tanba_crypto::DigestAlgorithm;
use tanba_model::audit::{Actor, AuditEvent, origin};
use tanba_model::certificate::CertificateRecord;
use tanba_model::id::CertificateId;
use tanba_model::key::{BlockSource, BlockedKey, ListedKeys};
use tanba_model::ports::{Storage, UnitOfWork};
use tanba_model::reason_line::ReasonLine;
use tanba_pki::{Timestamp, hex};
use tanba_ra::{KeyBlocked, block_key};

use super::super::config_args::ConfigArgs;
use super::named;
use super::outcome::Told;
use crate::context::Context;
use crate::count::count;
use crate::outcome::{Outcome, usage};

/// Octets of the longest line of a list.
const LINE: usize = 4_096;
/// Certificates that are looked at in one go.
const PAGE: u32 = 1_000;
/// Keys of a list that share a commit, so that a server beside gets to write.
const BATCH: usize = 2_000;

/// Between two looks at the clock, which goes on by a second in less than so many.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 60;

/// Arguments of `tanba key block`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A certificate, request or public key (PEM or DER), or SHA-256 of a SubjectPublicKeyInfo in hexadecimal
    #[arg(value_name = "FILE|HASH", required_unless_present = "list")]
    key: Option<String>,
    /// A published list: one SHA-256 of a SubjectPublicKeyInfo in each line, what follows a space, comma or # is passed over
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    list: Option<PathBuf>,
    /// Why, in one line; it is recorded as evidence
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Runs the command.
pub(super) fn run(args: &Args, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    let reason = one_line(&args.reason)?;
    let (actor, now) = (context.administrator(), context.now());
    if let Some(path) = &args.list {
        let storage = config.storage()?;
        let imported = import(storage.as_ref(), path, reason, &actor, &|| context.now())?;
        context.print(&imported, &imported)?;
        return Ok(Outcome::Done);
    }
    let what = args.key.as_deref().unwrap_or_default();
    let digest = named::key(what)?;
    let storage = config.storage()?;
    let is_known = is_known(storage.as_ref(), &digest)?;
    if named::digest(what).is_some() && !is_known {
        // What openssl and every paper show is the digest of a certificate.
        if let Some(record) = certificate_of(storage.as_ref(), &digest)? {
            return Ok(Outcome::Refused(format!(
                "that is the fingerprint of a certificate (serial number {}), and not of its key, so nothing was blocked: to block \
                 its key, give {}",
                record.serial,
                hex::encode(&record.public_key_sha256)
            )));
        }
        context.warn(
            "no certificate of this installation has such a key; it is blocked all the same. If you meant one that is here, \
             give its file",
        );
    }
    let key = BlockedKey {
        public_key_sha256: digest,
        at: now,
        source: BlockSource::Administrator,
        reason: reason.to_owned(),
        attestation: None,
    };
    let mut work = storage.begin()?;
    let done = block_key(work.as_mut(), &key, &actor, &origin::here())?;
    work.commit()?;
    let told = Told::of(storage.snapshot()?.as_mut(), &done)?;
    context.print(&told, &told)?;
    Ok(Outcome::Done)
}

fn is_known(storage: &dyn Storage, digest: &[u8; 32]) -> anyhow::Result<bool> {
    let mut unit = storage.snapshot()?;
    Ok(unit.certificates().is_key_known(digest)?)
}

/// The certificate with this fingerprint. Nothing is kept by fingerprints, so all are looked at: seldom, and for a key that
/// would else stay valid.
fn certificate_of(
    storage: &dyn Storage,
    fingerprint: &[u8; 32],
) -> anyhow::Result<Option<CertificateRecord>> {
    let mut last = CertificateId(0);
    loop {
        let page = storage.snapshot()?.certificates().after(last, PAGE)?;
        let Some(end) = page.last() else {
            return Ok(None);
        };
        last = end.id;
        let found = page.into_iter().find(|record| {
            (record.der.as_ref()).is_some_and(|der| tanba_crypto::sha256(der) == *fingerprint)
        });
        if found.is_some() {
            return Ok(found);
        }
    }
}

fn one_line(reason: &str) -> anyhow::Result<&str> {
    let line = ReasonLine::parse(reason).map_err(|error| usage(error.to_string()))?;
    Ok(line.as_str())
}

/// What importing a list did.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(in super::super) struct Imported {
    /// Keys of the list.
    keys: u64,
    /// Those that were not blocked before.
    new: u64,
    /// Serial numbers of certificates that were revoked.
    revoked: Vec<String>,
    left_to_people: Vec<String>,
}

impl std::fmt::Display for Imported {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} in the list, {} of them not blocked before; {} revoked.",
            count(self.keys, "key"),
            self.new,
            count(self.revoked.len(), "certificate")
        )?;
        for serial in &self.revoked {
            write!(formatter, "\nRevoked with keyCompromise: {serial}")?;
        }
        for serial in &self.left_to_people {
            write!(
                formatter,
                "\nNot revoked, because it is the authority's own: {serial}; `tanba certificate show {serial}` says what it is, \
                 and `tanba doctor` what follows"
            )?;
        }
        Ok(())
    }
}

/// When an import is: its second and its reason tell its keys from those of another, so no two share both. That is asked by
/// whoever writes, for another import may be at it this moment.
fn own_second<'a>(
    storage: &'a dyn Storage,
    reason: &str,
    clock: &dyn Fn() -> Timestamp,
) -> anyhow::Result<(Box<dyn UnitOfWork + 'a>, Timestamp)> {
    for _ in 0..LOOKS {
        let mut work = storage.begin()?;
        let now = clock();
        if !is_taken(work.as_mut(), reason, now)? {
            return Ok((work, now));
        }
        drop(work);
        std::thread::park_timeout(LOOK);
    }
    bail!(
        "another list was imported for the same reason in this second, and the clock does not go on; nothing was blocked: look at \
         the clock, or give another reason"
    )
}

/// Whether a list was imported in this second for this reason.
fn is_taken(unit: &mut dyn UnitOfWork, reason: &str, now: Timestamp) -> anyhow::Result<bool> {
    let before = unit.audit_log().size()?.saturating_sub(u64::from(PAGE));
    let records = unit.audit_log().page(before, PAGE)?;
    let mut events = records.iter().filter_map(|record| record.read());
    Ok(events.any(|event| {
        event.at == now
            && event.action == "key.block-list"
            && ListedKeys::said(&event.detail).is_some_and(|listed| listed.reason == reason)
    }))
}

/// Blocks every key of a list, in commits of bounded size and in the order of the digests, so that evidence of each commit
/// can be compared with the entries. A list that is not one is refused before anything is blocked; repeating an import that
/// was interrupted is fine.
pub(in super::super) fn import(
    storage: &dyn Storage,
    path: &Path,
    reason: &str,
    actor: &Actor,
    clock: &dyn Fn() -> Timestamp,
) -> anyhow::Result<Imported> {
    let name = path.display();
    let mut digests = Vec::new();
    each(path, &mut |digest| {
        digests.push(digest);
        Ok(())
    })?;
    if digests.is_empty() {
        bail!("{name} names no key; nothing was blocked");
    }
    digests.sort_unstable();
    let mut imported = Imported::default();
    let mut since = None;
    for batch in digests.chunks(BATCH) {
        let (mut work, now) = match since {
            Some(now) => (storage.begin()?, now),
            None => own_second(storage, reason, clock)?,
        };
        let before = imported.new;
        block(work.as_mut(), batch, (reason, now), actor, &mut imported)?;
        work.commit()?;
        // The second is taken by the first event.
        since = (imported.new > before).then_some(now).or(since);
    }
    Ok(imported)
}

fn block(
    work: &mut dyn UnitOfWork,
    digests: &[[u8; 32]],
    (reason, now): (&str, Timestamp),
    actor: &Actor,
    imported: &mut Imported,
) -> anyhow::Result<()> {
    let (mut keys, mut new) = (0_u64, 0_u64);
    let mut hasher = DigestAlgorithm::Sha256.hasher();
    for digest in digests {
        keys = keys.saturating_add(1);
        let key = BlockedKey {
            public_key_sha256: *digest,
            at: now,
            source: BlockSource::List,
            reason: reason.to_owned(),
            attestation: None,
        };
        // One row of evidence for the batch, and one for each key that somebody has a certificate of.
        let done = if work.certificates().of_key(digest)?.is_empty() {
            KeyBlocked {
                is_new: work.keys().block(&key)?,
                ..KeyBlocked::default()
            }
        } else {
            block_key(work, &key, actor, &origin::here())?
        };
        if done.is_new {
            new = new.saturating_add(1);
            hasher.update(digest);
        }
        let hex = |serials: Vec<tanba_pki::SerialNumber>| serials.into_iter().map(|one| one.hex());
        imported.revoked.extend(hex(done.revoked));
        imported.left_to_people.extend(hex(done.own));
    }
    if new > 0 {
        let listed = ListedKeys {
            read: keys,
            new,
            sha256: hasher.finish().try_into().ok(),
            reason: reason.to_owned(),
        };
        record(work, listed.evidence(), actor, now)?;
    }
    imported.keys = imported.keys.saturating_add(keys);
    imported.new = imported.new.saturating_add(new);
    Ok(())
}

fn record(
    work: &mut dyn UnitOfWork,
    detail: String,
    actor: &Actor,
    now: Timestamp,
) -> anyhow::Result<()> {
    let event = AuditEvent {
        at: now,
        actor: actor.clone(),
        action: "key.block-list".to_owned(),
        object: "keys".to_owned(),
        detail,
        origin: origin::here(),
    };
    let _ = work.audit_log().append(&event)?;
    Ok(())
}

/// Shows each digest of a list; a line that holds none is an error, since a key that was passed over would be certified.
fn each(path: &Path, show: &mut dyn FnMut([u8; 32]) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
    let mut reader = BufReader::new(file);
    let mut line = String::new();
    let mut number = 0_u64;
    loop {
        line.clear();
        number = number.saturating_add(1);
        let limit = u64::try_from(LINE).unwrap_or(u64::MAX);
        let read = reader
            .by_ref()
            .take(limit)
            .read_line(&mut line)
            .with_context(|| format!("{name} is not a text, in line {number}"))?;
        if read == 0 {
            return Ok(());
        }
        if read == LINE {
            bail!("line {number} of {name} is longer than any digest; nothing of it was blocked");
        }
        let word = line
            .trim_start_matches('\u{feff}')
            .split([' ', '\t', ',', ';', '#', '\r', '\n'])
            .next()
            .unwrap_or_default();
        if word.is_empty() {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            bail!("line {number} of {name} begins with no digest");
        }
        match named::digest(word) {
            Some(digest) => show(digest)?,
            None => bail!(
                "line {number} of {name} does not begin with a SHA-256 digest of 64 hexadecimal digits"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
