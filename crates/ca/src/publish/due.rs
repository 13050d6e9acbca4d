//! Which lists are due.

use std::collections::BTreeMap;
use std::time::Duration;

use tanba_model::certificate::RevokedEntry;
use tanba_model::ports::{CrlKind, CrlRecord, IssuerKind, StorageError, UnitOfWork};
use tanba_pki::Timestamp;
use tanba_pki::crl::Crl;

use super::{OVERLAP, reason};
use crate::issuer::Issuer;
use crate::rules::Rules;

/// Whether only what is due is made, or everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    Due,
    All,
}

/// A list to be made, with its entries.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) kind: CrlKind,
    pub(super) next_update: Timestamp,
    pub(super) entries: Vec<RevokedEntry>,
}

/// The lists of an issuer that are to be made now; a delta follows its base.
pub(super) fn due(
    unit: &mut dyn UnitOfWork,
    issuer: &Issuer,
    rules: &Rules,
    urgency: Urgency,
    now: Timestamp,
) -> Result<Vec<Due>, StorageError> {
    let mut lists = Vec::new();
    let root = issuer.kind == IssuerKind::Root;
    let (every, life) = if root {
        (rules.root_life / 2, rules.root_life)
    } else {
        (rules.base_every, rules.base_life)
    };
    // A revoked certificate stands on at least one list after its expiry (RFC 5280, 3.3).
    let valid_after = now.minus(life);
    let complete =
        |unit: &mut dyn UnitOfWork, kind: CrlKind| -> Result<Option<Due>, StorageError> {
            let latest = unit.crls().latest(issuer.id, kind)?;
            let fresh = latest.filter(|crl| urgency == Urgency::Due && is_fresh(crl, every, now));
            // A root has no deltas: what there is to say of its few authorities is said at once.
            if fresh.is_some() && !root {
                return Ok(None);
            }
            let entries = unit
                .certificates()
                .revoked(issuer.id, kind.shard(), valid_after)?;
            if fresh.is_some_and(|crl| says(&crl, &entries)) {
                return Ok(None);
            }
            Ok(Some(Due {
                kind,
                next_update: now.plus(life),
                entries,
            }))
        };
    lists.extend(complete(unit, CrlKind::Full)?);
    if root {
        return Ok(lists);
    }
    for shard in 0..issuer.shards {
        let base = complete(unit, CrlKind::Shard(shard))?;
        let delta = delta(unit, issuer, rules, urgency, shard, base.is_some(), now)?;
        lists.extend(base);
        lists.extend(delta);
    }
    Ok(lists)
}

/// A delta is due after its base, when it is old, and when it does not say what there is to say.
fn delta(
    unit: &mut dyn UnitOfWork,
    issuer: &Issuer,
    rules: &Rules,
    urgency: Urgency,
    shard: u16,
    new_base: bool,
    now: Timestamp,
) -> Result<Option<Due>, StorageError> {
    let kind = CrlKind::Delta(shard);
    let since = if new_base {
        now.minus(OVERLAP)
    } else {
        let base = unit.crls().latest(issuer.id, CrlKind::Shard(shard))?;
        base.map_or_else(|| now.minus(OVERLAP), |base| base.covers_until)
    };
    let latest = unit.crls().latest(issuer.id, kind)?;
    let fresh = latest.filter(|crl| {
        !new_base && urgency == Urgency::Due && is_fresh(crl, rules.delta_every, now)
    });
    let entries = unit.certificates().changed(issuer.id, Some(shard), since)?;
    if fresh.is_some_and(|crl| says(&crl, &entries)) {
        return Ok(None);
    }
    Ok(Some(Due {
        kind,
        next_update: now.plus(rules.delta_life),
        entries,
    }))
}

/// Not old, and not from a future that a wrong clock believed in.
fn is_fresh(list: &CrlRecord, every: Duration, now: Timestamp) -> bool {
    now < list.this_update.plus(every) && list.this_update <= now.plus(OVERLAP)
}

/// Whether a published delta has exactly these entries.
fn says(published: &CrlRecord, entries: &[RevokedEntry]) -> bool {
    let Ok(list) = Crl::from_der(&published.der) else {
        return false;
    };
    let there: BTreeMap<&[u8], _> = list
        .entries()
        .map(|entry| (entry.serial, (entry.at, entry.reason)))
        .collect();
    there.len() == entries.len()
        && entries.iter().all(|entry| {
            there
                .get(entry.serial.as_bytes().as_slice())
                .is_some_and(|(at, why)| *at == entry.at && *why == reason(entry))
        })
}
