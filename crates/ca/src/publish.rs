//! Revocation lists: which are due, and making them.

use std::sync::Arc;

use tanba_crypto::{SignError, SignatureAlgorithm, Signer};
use tanba_model::audit::Actor;
use tanba_model::certificate::{RevocationReason, RevokedEntry};
use tanba_model::id::IssuerId;
use tanba_model::ports::{CrlKind, CrlRecord, StorageError, UnitOfWork};
use tanba_pki::crl::{self, Crl, CrlTemplate, CrlWriter, assemble_crl};
use tanba_pki::{Timestamp, hex};

use crate::desk::{Desk, audit};
use crate::error::AuthorityError;
use crate::issuer::{CLOCK_SLACK, Issuer};
use crate::key_place::KeyPlace;
use crate::rules::Rules;

mod due;
mod planned;

pub(crate) use due::Urgency;
pub(crate) use planned::PlannedList;

use due::{Due, due};

/// A list that was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Whose.
    pub issuer: IssuerId,
    /// Of what.
    pub kind: CrlKind,
    /// Its number.
    pub number: u64,
    /// How many entries it has.
    pub entries: usize,
}

/// Seconds that lists look back beyond their time of issue. A revocation takes its time before it waits for the
/// database, so one that is recorded after a base may say an earlier second; deltas reach back far enough to have it.
const OVERLAP: std::time::Duration = CLOCK_SLACK;

/// A list whose number is taken and whose bytes are logged.
struct Intent {
    due: Due,
    number: u64,
    tbs: Vec<u8>,
}

impl Desk {
    /// Makes the lists of an issuer that are due, or all of them.
    ///
    /// Like certificates: number and digest are recorded, then signed, then compared and stored.
    #[tracing::instrument(name = "ca.publish", skip_all)]
    pub(crate) fn publish(
        &self,
        issuer: &Issuer,
        rules: &Rules,
        urgency: Urgency,
        now: Timestamp,
    ) -> Result<Vec<Published>, AuthorityError> {
        // What signs at ceremonies only is not asked between them.
        if issuer.key_place() != KeyPlace::Here {
            return Ok(Vec::new());
        }
        let mut unit = self.storage.snapshot()?;
        let now = not_before_the_newest(unit.as_mut(), issuer, urgency, now)?;
        let due = due(unit.as_mut(), issuer, rules, urgency, now)?;
        drop(unit);
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let key = issuer.key(self.chest.as_ref())?;
        let intents = self.intend_lists(issuer, due, key.as_ref(), now)?;
        let signed = intents
            .into_iter()
            .map(|intent| self.sign_list(issuer, &key, intent, now))
            .collect::<Result<Vec<_>, _>>()?;
        self.store_lists(issuer, signed, now)
    }

    fn intend_lists(
        &self,
        issuer: &Issuer,
        due: Vec<Due>,
        key: &dyn Signer,
        now: Timestamp,
    ) -> Result<Vec<Intent>, AuthorityError> {
        let mut unit = self.storage.begin()?;
        let mut intents: Vec<Intent> = Vec::with_capacity(due.len());
        for due in due {
            let base_number = match due.kind {
                CrlKind::Delta(shard) => base_number(unit.as_mut(), issuer.id, shard, &intents)?,
                CrlKind::Full | CrlKind::Shard(_) => None,
            };
            // A delta that is issued together with its base has the same number (RFC 5280, 5.2.3).
            let number = match together(due.kind, &intents) {
                Some(number) => number,
                None => unit.crls().next_number(issuer.id, number_of(now))?,
            };
            let tbs = compose(issuer, &due, number, base_number, key.algorithm(), now);
            intents.push(Intent { due, number, tbs });
        }
        let digests: Vec<u8> = intents
            .iter()
            .flat_map(|intent| tanba_crypto::sha256(&intent.tbs))
            .collect();
        let detail = format!(
            "{} tbs sha256={}",
            numbers(&intents),
            hex::encode(&tanba_crypto::sha256(&digests))
        );
        audit(
            unit.as_mut(),
            &Actor::System,
            "crl.intend",
            format!("issuer:{}", issuer.id),
            detail,
            now,
        )?;
        unit.commit()?;
        Ok(intents)
    }

    /// Signs a list and compares what came out with what was logged.
    fn sign_list(
        &self,
        issuer: &Issuer,
        key: &Arc<dyn Signer>,
        intent: Intent,
        now: Timestamp,
    ) -> Result<(CrlRecord, usize), AuthorityError> {
        let Intent { due, number, tbs } = intent;
        let signature = self
            .signing
            .sign(key, &tbs)
            .map_err(AuthorityError::Signer)?;
        let der = assemble_crl(&tbs, key.algorithm(), &signature);
        let failed = || AuthorityError::Signer(SignError::Failed);
        let list = Crl::from_der(&der).map_err(|_| failed())?;
        if list.tbs_der() != tbs || list.verify(issuer.certificate.public_key()).is_err() {
            return Err(failed());
        }
        let record = CrlRecord {
            issuer: issuer.id,
            kind: due.kind,
            number,
            this_update: now,
            next_update: due.next_update,
            covers_until: now.minus(OVERLAP),
            entries: u32::try_from(due.entries.len()).ok(),
            der,
        };
        Ok((record, due.entries.len()))
    }

    fn store_lists(
        &self,
        issuer: &Issuer,
        signed: Vec<(CrlRecord, usize)>,
        now: Timestamp,
    ) -> Result<Vec<Published>, AuthorityError> {
        let mut unit = self.storage.begin()?;
        let mut published = Vec::with_capacity(signed.len());
        for (record, entries) in signed {
            match unit.crls().publish(&record) {
                Ok(()) => {}
                // Another process published a later one in the meantime.
                Err(StorageError::Conflict) => continue,
                Err(error) => return Err(error.into()),
            }
            published.push(Published {
                issuer: issuer.id,
                kind: record.kind,
                number: record.number,
                entries,
            });
        }
        let list: Vec<String> = published.iter().map(|crl| crl.number.to_string()).collect();
        let detail = format!("numbers {}", list.join(" "));
        audit(
            unit.as_mut(),
            &Actor::System,
            "crl.publish",
            format!("issuer:{}", issuer.id),
            detail,
            now,
        )?;
        unit.commit()?;
        issuer.listed(now);
        tracing::info!(issuer = %issuer.id, lists = published.len(), "revocation lists published");
        Ok(published)
    }
}

/// The time of new lists: a list never says that it was made before one that is out already. A clock that is set back by
/// little waits at the newest; one that is far behind is wrong, or was ahead before: only an administrator can tell, who
/// then publishes by hand.
fn not_before_the_newest(
    unit: &mut dyn UnitOfWork,
    issuer: &Issuer,
    urgency: Urgency,
    now: Timestamp,
) -> Result<Timestamp, AuthorityError> {
    let newest = unit.crls().latest(issuer.id, CrlKind::Full)?;
    let Some(newest) = newest.map(|list| list.this_update) else {
        return Ok(now);
    };
    issuer.listed(newest);
    if !issuer.is_clock_behind(now) {
        return Ok(now.max(newest));
    }
    match urgency {
        Urgency::All => Ok(now),
        Urgency::Due => Err(AuthorityError::ClockBehind {
            newest: newest.rfc3339(),
        }),
    }
}

/// The number of a list that is made now, unless a higher one was there: milliseconds since 1970. Numbers never run backwards,
/// even when everything that knew how far they had come was put back to an older state (RFC 5280, 5.2.3, asks for growing
/// numbers of at most 20 octets). Lists would have to be made a thousand times a second to overtake the clock.
fn number_of(now: Timestamp) -> u64 {
    u64::try_from(now.unix()).map_or(0, |seconds| seconds.saturating_mul(1000))
}

/// The number of the base of a delta, if it is made in this batch.
fn together(kind: CrlKind, intents: &[Intent]) -> Option<u64> {
    let CrlKind::Delta(shard) = kind else {
        return None;
    };
    let base = CrlKind::Shard(shard);
    let intent = intents.iter().find(|intent| intent.due.kind == base)?;
    Some(intent.number)
}

/// The number of the base that a delta builds on: the one of this batch, or the published one.
fn base_number(
    unit: &mut dyn UnitOfWork,
    issuer: IssuerId,
    shard: u16,
    intents: &[Intent],
) -> Result<Option<u64>, StorageError> {
    if let Some(number) = together(CrlKind::Delta(shard), intents) {
        return Ok(Some(number));
    }
    Ok(unit
        .crls()
        .latest(issuer, CrlKind::Shard(shard))?
        .map(|record| record.number))
}

fn compose(
    issuer: &Issuer,
    due: &Due,
    number: u64,
    base_number: Option<u64>,
    algorithm: SignatureAlgorithm,
    now: Timestamp,
) -> Vec<u8> {
    let url = |kind| issuer.urls.as_ref().map(|urls| urls.crl(kind));
    let (point, freshest) = match due.kind {
        CrlKind::Full => (None, None),
        CrlKind::Shard(shard) => (url(CrlKind::Shard(shard)), url(CrlKind::Delta(shard))),
        CrlKind::Delta(shard) => (url(CrlKind::Shard(shard)), None),
    };
    let mut writer = CrlWriter::new(&CrlTemplate {
        issuer: issuer.certificate.subject(),
        issuer_key_id: &issuer.key_id,
        algorithm,
        number,
        this_update: now,
        next_update: due.next_update,
        distribution_point: point.as_deref(),
        kind: match base_number {
            Some(base_number) => crl::CrlKind::Delta { base_number },
            None => crl::CrlKind::Complete {
                freshest: freshest.as_deref(),
            },
        },
    });
    for entry in &due.entries {
        writer.push(entry.serial.as_bytes(), entry.at, reason(entry));
    }
    writer.finish()
}

fn reason(entry: &RevokedEntry) -> crl::Reason {
    match entry.reason {
        None => crl::Reason::RemoveFromCrl,
        Some(RevocationReason::Unspecified) => crl::Reason::Unspecified,
        Some(RevocationReason::KeyCompromise) => crl::Reason::KeyCompromise,
        Some(RevocationReason::CaCompromise) => crl::Reason::CaCompromise,
        Some(RevocationReason::AffiliationChanged) => crl::Reason::AffiliationChanged,
        Some(RevocationReason::Superseded) => crl::Reason::Superseded,
        Some(RevocationReason::CessationOfOperation) => crl::Reason::CessationOfOperation,
        Some(RevocationReason::CertificateHold) => crl::Reason::CertificateHold,
    }
}

fn numbers(intents: &[Intent]) -> String {
    let list: Vec<String> = intents
        .iter()
        .map(|intent| intent.number.to_string())
        .collect();
    format!("numbers {}", list.join(" "))
}
