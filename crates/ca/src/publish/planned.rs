//! A list whose number and times are decided beforehand: the list of a root that signs at ceremonies only.

use std::sync::Arc;

use tanba_crypto::{SignatureAlgorithm, Signer};
use tanba_model::audit::Actor;
use tanba_model::certificate::RevokedEntry;
use tanba_model::ports::{CrlKind, CrlRecord, UnitOfWork};
use tanba_pki::{Timestamp, hex};

use super::due::Due;
use super::{Intent, compose, numbers};
use crate::desk::{Desk, audit};
use crate::error::AuthorityError;
use crate::issuer::Issuer;

/// What somebody decided of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlannedList {
    /// CRLNumber.
    pub(crate) number: u64,
    /// When it is made.
    pub(crate) this_update: Timestamp,
    /// When the next one is there at the latest.
    pub(crate) next_update: Timestamp,
}

impl PlannedList {
    /// The bytes to be signed; `more` is revoked beside what storage knows.
    pub(crate) fn compose(
        &self,
        unit: &mut dyn UnitOfWork,
        issuer: &Issuer,
        algorithm: SignatureAlgorithm,
        more: &[RevokedEntry],
    ) -> Result<Vec<u8>, AuthorityError> {
        let due = self.due(unit, issuer, more)?;
        Ok(compose(
            issuer,
            &due,
            self.number,
            None,
            algorithm,
            self.this_update,
        ))
    }

    fn due(
        &self,
        unit: &mut dyn UnitOfWork,
        issuer: &Issuer,
        more: &[RevokedEntry],
    ) -> Result<Due, AuthorityError> {
        // As lists that are made by themselves: on at least one list after its expiry (RFC 5280, 3.3).
        let life = self.next_update.since(self.this_update);
        let valid_after = self.this_update.minus(life);
        let mut entries = unit.certificates().revoked(issuer.id, None, valid_after)?;
        for entry in more {
            if entries.iter().all(|known| known.serial != entry.serial) {
                entries.push(entry.clone());
            }
        }
        // One order whatever was known before: a rehearsal gives the same octets.
        entries.sort_by_key(|entry| entry.serial);
        Ok(Due {
            kind: CrlKind::Full,
            next_update: self.next_update,
            entries,
        })
    }
}

impl Desk {
    /// Publishes the planned list: number and digest are recorded, then it is signed, compared and stored. `None` when the
    /// number is not the next of this authority.
    pub(crate) fn publish_planned(
        &self,
        issuer: &Issuer,
        key: &Arc<dyn Signer>,
        planned: &PlannedList,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<CrlRecord>, AuthorityError> {
        let Some(taken) = self.is_taken(issuer, planned.number)? else {
            return Ok(None);
        };
        let mut unit = self.storage.begin()?;
        if !taken && unit.crls().next_number(issuer.id, 0)? != planned.number {
            return Ok(None);
        }
        let due = planned.due(unit.as_mut(), issuer, &[])?;
        let tbs = planned.compose(unit.as_mut(), issuer, key.algorithm(), &[])?;
        let intent = Intent {
            due,
            number: planned.number,
            tbs,
        };
        let detail = format!(
            "{} tbs sha256={}",
            numbers(std::slice::from_ref(&intent)),
            hex::encode(&tanba_crypto::sha256(&intent.tbs))
        );
        let object = format!("issuer:{}", issuer.id);
        audit(unit.as_mut(), actor, "crl.intend", object, detail, now)?;
        unit.commit()?;
        let (record, entries) = self.sign_list(issuer, key, intent, planned.this_update)?;
        let stored = self.store_lists(issuer, vec![(record.clone(), entries)], now)?;
        Ok((!stored.is_empty()).then_some(record))
    }

    /// Whether a number was taken by an interrupted try that published nothing; `None` when it is neither that nor the
    /// next.
    pub(crate) fn is_taken(
        &self,
        issuer: &Issuer,
        number: u64,
    ) -> Result<Option<bool>, AuthorityError> {
        let latest = self
            .storage
            .snapshot()?
            .crls()
            .latest(issuer.id, CrlKind::Full)?;
        let next = self.next_number(issuer)?;
        if next == number {
            return Ok(Some(false));
        }
        let unused = latest.is_none_or(|latest| latest.number < number);
        Ok((next == number.saturating_add(1) && unused).then_some(true))
    }

    /// The next number, which stays the next: nothing is committed.
    pub(crate) fn next_number(&self, issuer: &Issuer) -> Result<u64, AuthorityError> {
        let mut unit = self.storage.begin()?;
        Ok(unit.crls().next_number(issuer.id, 0)?)
    }
}
