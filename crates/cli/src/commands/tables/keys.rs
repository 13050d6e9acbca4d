//! The block list.

use std::collections::{BTreeMap, BTreeSet};

use tanba_model::audit::AuditEvent;
use tanba_model::key::{BlockSource, BlockedKey, ListedKeys, key_object};
use tanba_model::ports::UnitOfWork;

use tanba_pki::{CompromiseAttestation, Timestamp, hex};

use super::listed::{Later, List};
use super::{Fault, PAGE, another};

/// What the log says of the block list.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Keys that have an event of their own, the last one: since when, and why. One that was taken away is blocked again.
    blocked: BTreeMap<[u8; 32], (Timestamp, String)>,
    /// Keys of which somebody stated later that they are compromised.
    attested: BTreeSet<[u8; 32]>,
    /// Published lists, by when and why: a part for each commit.
    lists: BTreeMap<(Timestamp, String), List>,
}

impl Said {
    pub(super) fn take(&mut self, event: &AuditEvent) {
        if event.action == "key.block-list" {
            if let Some(listed) = ListedKeys::said(&event.detail) {
                let named = (event.at, listed.reason.clone());
                self.lists.entry(named).or_default().parts.push(listed);
            }
            return;
        }
        let digest = event.object.strip_prefix("key:").and_then(hex::decode);
        let Some(digest) = digest.and_then(|digest| <[u8; 32]>::try_from(digest).ok()) else {
            return;
        };
        if event.action == "key.block" {
            let said = (event.at, event.detail.clone());
            let _ = self.blocked.insert(digest, said);
        } else {
            let _ = self.attested.insert(digest);
        }
    }

    pub(super) fn judge(
        mut self,
        unit: &mut dyn UnitOfWork,
        go_on: &mut dyn FnMut() -> bool,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<()> {
        let issuers = unit.issuers().all()?;
        let authorities: Vec<&[u8]> = issuers
            .iter()
            .map(|record| record.issuer.certificate.as_slice())
            .collect();
        let mut later = Vec::new();
        let mut after = None;
        loop {
            let rows = unit.keys().blocked_after(after.as_ref(), PAGE)?;
            let Some(last) = rows.last() else {
                break;
            };
            after = Some(last.public_key_sha256);
            another(go_on)?;
            for row in &rows {
                later.push(Later {
                    at: row.at,
                    is_listed: row.source == BlockSource::List,
                    digest: row.public_key_sha256,
                });
                if let Some((code, what)) = self.entry(row, &authorities) {
                    fault(Fault::new(key_object(&row.public_key_sha256), code, what));
                }
            }
        }
        self.missing(&later, fault);
        Ok(())
    }

    /// What is wrong with an entry.
    fn entry(
        &mut self,
        row: &BlockedKey,
        authorities: &[&[u8]],
    ) -> Option<(&'static str, &'static str)> {
        const UNKNOWN: (&str, &str) = (
            "blocked-unknown",
            "the key is on the block list, and the audit log does not say so",
        );
        let digest = row.public_key_sha256;
        let _ = self.attested.remove(&digest);
        let said = self.blocked.remove(&digest);
        if row.source == BlockSource::List {
            match self.lists.get_mut(&(row.at, row.reason.clone())) {
                Some(list) => list.found.push(digest),
                None => return Some(UNKNOWN),
            }
        } else if said.is_none() {
            return Some(UNKNOWN);
        }
        // A key that was taken away may have come back with a list.
        let is_back = |at: Timestamp| row.source == BlockSource::List && at < row.at;
        if said.is_some_and(|said| said != (row.at, row.evidence()) && !is_back(said.0)) {
            return Some((
                "blocked-other",
                "the key is on the block list since another instant, or for another reason, than the audit log says",
            ));
        }
        let is_stated = |der: &Vec<u8>| {
            let read = CompromiseAttestation::read(der, authorities.iter().copied());
            let key = read.map(|read| read.public_key().in_usual_encoding());
            matches!(key, Ok(Ok(key)) if key.sha256() == digest)
        };
        (!row.attestation.as_ref().is_none_or(is_stated)).then_some((
            "blocked-attestation",
            "the statement for which the key is on the block list does not prove that it is compromised",
        ))
    }

    /// What the log says and the list does not.
    fn missing(self, rows: &[Later], fault: &mut dyn FnMut(Fault)) {
        let gone: BTreeSet<[u8; 32]> = self.blocked.into_keys().chain(self.attested).collect();
        for digest in gone {
            fault(Fault::new(
                key_object(&digest),
                "blocked-missing",
                "the audit log says that the key is blocked, and it is not on the block list: block it again",
            ));
        }
        // Each stands for the keys of one list.
        let mut used = BTreeSet::new();
        for ((at, reason), list) in &self.lists {
            let later =
                || -> Vec<Later> { rows.iter().filter(|row| row.at > *at).copied().collect() };
            let mut imports = self.lists.iter().filter(|((then, _), _)| then > at);
            let mut is_put_back = || {
                let import = imports
                    .find(|(named, import)| !used.contains(named) && list.is_put_back_by(import));
                import.is_some_and(|(named, _)| used.insert(named))
            };
            if !list.is_whole(&[]) && !list.is_whole(&later()) && !is_put_back() {
                let what = format!(
                    "the keys of the published list that was imported on {at} ({reason}) are not those that the audit log says: \
                     import it again"
                );
                fault(Fault::new("keys", "blocked-list", what));
            }
        }
    }
}
