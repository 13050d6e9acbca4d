//! The database and the authority in it: schema, passphrase, certificates, lists, clock.

use std::sync::Arc;
use std::time::Duration;

use tanba_ca::{Authority, IssuerSummary, KeyPlace};
use tanba_model::ports::{CrlKind, IssuerKind, Storage, StorageError, UnitOfWork};
use tanba_pki::{Certificate, Timestamp};
use tanba_storage::SqliteStorage;

use super::{Extent, evidence, fitness, issuance};
use crate::config::{Config, Finding, Findings};
use crate::context::Context;
use crate::outcome::{chain, sentence};
use crate::wire;

/// So long before its end the list of a root that signs at ceremonies is spoken of: people have to be brought together.
const CEREMONY_NOTICE: Duration = Duration::from_secs(45 * 24 * 60 * 60);
/// What to do about an authority that is awaited.
const IMPORT: &str = "let the root certify the request (`tanba ceremony run` with the same plan and --request), and take in what \
                      comes back: `tanba ceremony import`";
/// A clock that is behind the last evidence by more than this was set back.
const CLOCK_SLACK: Duration = Duration::from_secs(60);

pub(super) fn examine(config: &Config, extent: Extent, context: &Context, findings: &mut Findings) {
    let storage = match SqliteStorage::open_existing(&config.database) {
        Ok(storage) => storage,
        Err(error) => return findings.push(wire::storage_finding(config, &error)),
    };
    findings.extend(writable(config, &storage));
    let looked = if extent.thorough {
        storage.check()
    } else {
        storage.glance()
    };
    if let Err(error) = looked {
        findings.push(unusable(config, &error));
    }
    let issuers = match stored_issuers(&storage) {
        Ok(issuers) => issuers,
        Err(error) => return findings.push(unusable(config, &error)),
    };
    findings.extend(awaited(&storage, issuers.is_empty()));
    if issuers.is_empty() {
        return;
    }
    if let Err(error) = storage.check_witness(&config.witness) {
        findings.push(wire::witness_finding(config, &error));
    }
    findings.extend(witness_beside(config));
    let storage: Arc<dyn Storage> = Arc::new(storage);
    match fitness::examine(storage.as_ref(), &issuers, extent.now) {
        Ok(found) => findings.extend(found),
        Err(error) => return findings.push(unusable(config, &error)),
    }
    findings.extend(issuance::examine(
        storage.as_ref(),
        &config.profiles,
        extent.now,
    ));
    findings.extend(clock(storage.as_ref(), extent.now));
    findings.extend(evidence::examine(storage.as_ref(), extent));
    // Without a passphrase the files were told about already.
    if config
        .keys
        .passphrase
        .as_ref()
        .is_some_and(|passphrase| passphrase.read().is_err())
    {
        return;
    }
    if let Some(finding) = nobody_issues(storage.as_ref(), &issuers) {
        return findings.push(finding);
    }
    match wire::authority(
        &storage,
        &config.keys,
        (config.ca, &config.profiles),
        context,
    ) {
        Ok(authority) => {
            findings.extend(keys(&authority));
            findings.extend(public_url(config, authority.public_url()));
            findings.extend(lists(storage.as_ref(), &authority.issuers(), extent.now));
        }
        Err(error) => findings.push(Finding::error(
            "passphrase-wrong",
            sentence(&error),
            "give the passphrase that was used at `tanba init`, or restore a backup",
        )),
    }
}

/// The authorities whose certificates are awaited from elsewhere; where there is no other, nothing works until they come.
fn awaited(storage: &dyn Storage, is_empty: bool) -> Vec<Finding> {
    let awaited = storage
        .snapshot()
        .and_then(|mut unit| unit.issuers().awaited());
    // What cannot be read is told of elsewhere.
    let awaited = awaited.unwrap_or_default();
    if is_empty && awaited.is_empty() {
        return vec![Finding::error(
            "authority-absent",
            "the database has no certification authority".to_owned(),
            "run `tanba init` again with the same folder and passphrase, or hold the ceremony of its authority",
        )];
    }
    let finding = |name: &str| {
        let what = format!(
            "the authority {name} is awaited: its key was made here, and its certificate has not come"
        );
        if is_empty {
            Finding::error("authority-awaited", what, IMPORT)
        } else {
            Finding::note("authority-awaited", what, IMPORT)
        }
    };
    awaited.iter().map(|one| finding(&one.name)).collect()
}

/// A database without an authority that issues: right where roots are kept and ceremonies are held, and nowhere else.
fn nobody_issues(storage: &dyn Storage, issuers: &[(String, Certificate)]) -> Option<Finding> {
    let records = storage.snapshot().ok()?.issuers().all().ok()?;
    if records
        .iter()
        .any(|record| record.issuer.kind == IssuerKind::Issuing)
    {
        return None;
    }
    let names: Vec<&str> = issuers.iter().map(|(name, _)| name.as_str()).collect();
    Some(Finding::warning(
        "issuing-absent",
        format!(
            "there is no authority that issues here, only {}: right for a vault where ceremonies are held, too little for a server",
            names.join(", ")
        ),
        "in a vault go on with `tanba ceremony`; a server needs the ceremony of an issuing authority (`tanba ceremony plan issuing`, then `tanba ceremony import` here)",
    ))
}

/// Whoever puts back the folder of the database puts back the witness, too, if it lies there.
fn witness_beside(config: &Config) -> Option<Finding> {
    let folder = |path: &std::path::Path| {
        // Of a name alone the parent is empty, which is nowhere; it is here.
        let folder = path.parent()?;
        let here = std::path::Path::new(".");
        std::fs::canonicalize(if folder.as_os_str().is_empty() {
            here
        } else {
            folder
        })
        .ok()
    };
    let beside = folder(&config.database)? == folder(&config.witness)?;
    beside.then(|| {
        Finding::warning(
            "witness-beside",
            format!(
                "{}, which remembers how far the database has come, lies in the folder of the database: an old copy of the whole folder would not be noticed",
                config.witness.display()
            ),
            "stop the server, move the file to another disk or to a folder that backups leave out, and name it as database.witness",
        )
    })
}

fn unusable(config: &Config, error: &StorageError) -> Finding {
    let what = format!(
        "the database {} cannot be used: {}",
        config.database.display(),
        chain(error)
    );
    wire::damaged(what)
}

/// Whether something could be written: begins a change and gives it up.
fn writable(config: &Config, storage: &SqliteStorage) -> Option<Finding> {
    let mut unit = match storage.begin() {
        Ok(unit) => unit,
        Err(error) => return Some(not_writable(config, &error)),
    };
    // Anything that changes a row will do; without a commit nothing of it stays.
    unit.sessions()
        .purge(Timestamp::from_unix(0))
        .err()
        .map(|error| not_writable(config, &error))
}

fn not_writable(config: &Config, error: &StorageError) -> Finding {
    let what = format!(
        "the database {} cannot be written: {}",
        config.database.display(),
        chain(error)
    );
    Finding::error(
        "database-unwritable",
        what,
        "give file and folder to the server's account, and look for room on the disk",
    )
}

fn stored_issuers(storage: &dyn Storage) -> Result<Vec<(String, Certificate)>, StorageError> {
    let records = storage.snapshot()?.issuers().all()?;
    let open = |der: &[u8], name: &str| {
        Certificate::from_der(der)
            .map_err(|_| StorageError::Damaged(format!("the certificate of {name}")))
    };
    records
        .into_iter()
        .map(|record| {
            Ok((
                record.issuer.name.clone(),
                open(&record.issuer.certificate, &record.issuer.name)?,
            ))
        })
        .collect()
}

/// Whether the clock is behind what was recorded already.
fn clock(storage: &dyn Storage, now: Timestamp) -> Option<Finding> {
    let latest = latest_event(storage.snapshot().ok()?.as_mut())?;
    let behind = latest > now.plus(CLOCK_SLACK);
    let what = format!(
        "the clock says {}, but the last evidence is of {}",
        now.rfc3339(),
        latest.rfc3339()
    );
    behind.then(|| Finding::error("clock-behind", what, "set the clock of this computer"))
}

/// When the last event was recorded. The chain has no gaps, so its end is found by halving.
fn latest_event(unit: &mut dyn UnitOfWork) -> Option<Timestamp> {
    let (mut low, mut high) = (0_u64, 1_u64);
    while !unit.audit_log().page(high, 1).ok()?.is_empty() {
        low = high;
        high = high.checked_mul(2)?;
    }
    while high.saturating_sub(low) > 1 {
        let middle = low.midpoint(high);
        if unit.audit_log().page(middle, 1).ok()?.is_empty() {
            high = middle;
        } else {
            low = middle;
        }
    }
    let last = unit.audit_log().page(low, 1).ok()?.into_iter().next()?;
    let event: serde_json::Value = serde_json::from_slice(&last.event).ok()?;
    Timestamp::parse_rfc3339(event.get("at")?.as_str()?).ok()
}

/// Whether the keys could sign now.
fn keys(authority: &Authority) -> Option<Finding> {
    let error = authority.check_keys().err()?;
    Some(Finding::error(
        "token-unavailable",
        chain(&error),
        "until then nothing is issued; what waits is issued by itself afterwards",
    ))
}

fn public_url(config: &Config, baked_in: Option<&str>) -> Option<Finding> {
    let written = config.server.public_url();
    let baked_in = baked_in.filter(|baked_in| *baked_in != written)?;
    let what = format!("server.public_url is {written}, but the certificates say {baked_in}");
    Some(Finding::error(
        "public-url-differs",
        what,
        "write the one in the certificates: verifiers ask there",
    ))
}

fn lists(storage: &dyn Storage, issuers: &[IssuerSummary], now: Timestamp) -> Vec<Finding> {
    issuers
        .iter()
        .filter_map(|issuer| match issuer.key {
            KeyPlace::Here => overdue(storage, issuer, now),
            KeyPlace::Shares(_) | KeyPlace::Elsewhere => by_ceremony(storage, issuer, now),
        })
        .collect()
}

/// The list of a root that signs at ceremonies only: people have to meet before it ends.
fn by_ceremony(storage: &dyn Storage, issuer: &IssuerSummary, now: Timestamp) -> Option<Finding> {
    // What has ended signs no list any more, and nobody waits for one.
    if now > issuer.certificate.not_after() {
        return None;
    }
    let mut unit = storage.snapshot().ok()?;
    let latest = unit.crls().latest(issuer.id, CrlKind::Full).ok()?;
    let end = latest.map(|list| list.next_update);
    if end.is_some_and(|end| now.plus(CEREMONY_NOTICE) < end) {
        return None;
    }
    let name = &issuer.name;
    let what = end.map_or_else(
        || format!("the revocation list of {name} is missing"),
        |end| format!("the revocation list of {name} ends on {}", end.rfc3339()),
    );
    let remedy = "hold the ceremony of its list (`tanba ceremony plan crl`) and take the list in with `tanba ceremony import --crl`";
    Some(Finding::warning("root-list-ending", what, remedy))
}

fn overdue(storage: &dyn Storage, issuer: &IssuerSummary, now: Timestamp) -> Option<Finding> {
    let mut unit = storage.snapshot().ok()?;
    let shards = match issuer.kind {
        IssuerKind::Root => 0,
        IssuerKind::Issuing => issuer.shards,
    };
    let kinds = (0..shards).flat_map(|shard| [CrlKind::Shard(shard), CrlKind::Delta(shard)]);
    let late = std::iter::once(CrlKind::Full).chain(kinds).filter(|kind| {
        let list = unit.crls().latest(issuer.id, *kind).ok().flatten();
        list.is_none_or(|list| list.next_update < now)
    });
    let count = late.count();
    let what = format!(
        "revocation lists of the authority {} that are missing or overdue: {count}",
        issuer.name
    );
    (count > 0).then(|| {
        Finding::warning(
            "crl-overdue",
            what,
            "start the server, which renews them, or run `tanba crl publish`",
        )
    })
}
