//! Whether an authority may issue: what its own certificate and those above it are worth now.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use tanba_pki::crl::{Crl, Reason};
use tanba_pki::{Certificate, SerialNumber, Timestamp};

use crate::certificate::{RevocationReason, Status};
use crate::id::IssuerId;
use crate::ports::{CrlKind, IssuerKind, IssuerRecord, StorageError, UnitOfWork};

/// Why an authority may issue nothing, although its key could sign: no verifier would accept what it signs (RFC 5280,
/// 6.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unfit {
    /// The key is on the block list: somebody else may have it.
    KeyBlocked,
    /// The certificate was revoked.
    Revoked,
    /// The certificate is frozen, and may be released again.
    Held,
    /// The certificate has ended.
    Ended,
    /// The certificate has not begun.
    NotBegun,
}

impl Unfit {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::KeyBlocked,
        Self::Revoked,
        Self::Held,
        Self::Ended,
        Self::NotBegun,
    ];

    /// The name for scripts and texts. Stored in evidence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeyBlocked => "key-blocked",
            Self::Revoked => "revoked",
            Self::Held => "held",
            Self::Ended => "ended",
            Self::NotBegun => "not-begun",
        }
    }

    /// Whether it stays so for ever: what waits for this authority waits for nothing.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::KeyBlocked | Self::Revoked | Self::Ended => true,
            Self::Held | Self::NotBegun => false,
        }
    }

    /// Whether the authority goes on telling the status of what it issued: whoever has such a certificate must go on
    /// learning what became of it.
    #[must_use]
    pub const fn leaves_status(self) -> bool {
        match self {
            Self::KeyBlocked | Self::Revoked | Self::Held => true,
            Self::Ended | Self::NotBegun => false,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::KeyBlocked => "its key is on the block list",
            Self::Revoked => "its certificate is revoked",
            Self::Held => "its certificate is frozen",
            Self::Ended => "its certificate has ended",
            Self::NotBegun => "its certificate has not begun",
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.sentence())
    }
}

/// An authority that may not issue, and whose fault that is: its own or one above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfitness {
    /// Short name of the authority whose certificate or key it is.
    pub authority: String,
    /// What it is.
    pub why: Unfit,
}

impl fmt::Display for Unfitness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.authority, self.why)
    }
}

/// What storage says of the certificate of an authority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// Whether it is among the certificates that are on record here; the authority above it may sign elsewhere.
    pub is_recorded: bool,
    /// Why it was revoked or frozen, where it was.
    pub revoked: Option<RevocationReason>,
    /// Whether its key is on the block list.
    pub is_blocked: bool,
}

/// The way from an authority up to its root, as far as this installation knows it.
#[derive(Debug)]
pub struct AuthorityPath(Vec<Step>);

#[derive(Debug)]
struct Step {
    id: IssuerId,
    name: String,
    above: Option<IssuerId>,
    is_root: bool,
    serial: Vec<u8>,
    key_sha256: [u8; 32],
    not_before: Timestamp,
    not_after: Timestamp,
    /// What the list with this number says of it.
    listed: Mutex<Option<(u64, Option<Unfit>)>>,
}

impl AuthorityPath {
    /// The way up from an authority; `known` are all authorities of the installation. What cannot be read ends it.
    #[must_use]
    pub fn of(record: &IssuerRecord, known: &[IssuerRecord]) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        let mut next = Some(record);
        while let Some(record) = next
            && steps.len() <= known.len()
            && let Ok(certificate) = Certificate::from_der(&record.issuer.certificate)
        {
            let is_root = certificate.is_self_issued();
            let above = if is_root {
                Some(record)
            } else {
                known.iter().find(|other| is_above(other, &certificate))
            };
            steps.push(Step {
                id: record.id,
                name: record.issuer.name.clone(),
                above: above.map(|above| above.id),
                is_root,
                serial: certificate.serial_bytes().to_vec(),
                key_sha256: certificate.public_key().sha256(),
                not_before: certificate.not_before(),
                not_after: certificate.not_after(),
                listed: Mutex::new(None),
            });
            next = above.filter(|_| !is_root);
        }
        Self(steps)
    }

    /// Whether the dates alone keep the authority from issuing; asks nobody.
    #[must_use]
    pub fn is_outside(&self, now: Timestamp) -> bool {
        self.0
            .iter()
            .any(|step| now > step.not_after || now < step.not_before)
    }

    /// The first thing on the way up that keeps the authority from issuing; its own before those above it.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    pub fn judge(
        &self,
        unit: &mut dyn UnitOfWork,
        now: Timestamp,
    ) -> Result<Option<Unfitness>, StorageError> {
        for step in &self.0 {
            if let Some(why) = step.judge(unit, now)? {
                return Ok(Some(Unfitness {
                    authority: step.name.clone(),
                    why,
                }));
            }
        }
        Ok(None)
    }

    /// Since when no verifier accepts what the authority signs, because it or one above it was revoked or frozen, or has a
    /// blocked key: the first of these instants. `None` where nothing of that is so.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    pub fn disowned_since(
        &self,
        unit: &mut dyn UnitOfWork,
    ) -> Result<Option<Timestamp>, StorageError> {
        let mut first: Option<Timestamp> = None;
        for step in &self.0 {
            for since in step.disowned_since(unit)?.into_iter().flatten() {
                first = Some(first.map_or(since, |first| first.min(since)));
            }
        }
        Ok(first)
    }
}

/// The authority that issues: the newest, which replaced those before it. `known` are all, as they are stored.
#[must_use]
pub fn issuing(known: &[IssuerRecord]) -> Option<&IssuerRecord> {
    known
        .iter()
        .rfind(|record| record.issuer.kind == IssuerKind::Issuing)
}

/// The authorities without which nothing new could be issued: the newest that issues, and those above it. Where none issues,
/// as where only roots are kept, all of them. Of the others only lists and answers about what they issued are wanted.
#[must_use]
pub fn needed(known: &[IssuerRecord]) -> Vec<IssuerId> {
    issuing(known).map_or_else(
        || known.iter().map(|record| record.id).collect(),
        |newest| {
            let path = AuthorityPath::of(newest, known);
            // What cannot be read has no way up, and is needed all the same.
            let above = path.0.iter().map(|step| step.id);
            std::iter::once(newest.id).chain(above).collect()
        },
    )
}

/// What keeps each of the authorities from issuing, in the order in which they were made.
///
/// # Errors
/// [`StorageError`] when storage does not answer.
pub fn judge_all(
    unit: &mut dyn UnitOfWork,
    now: Timestamp,
) -> Result<Vec<(IssuerRecord, Option<Unfitness>)>, StorageError> {
    let known = unit.issuers().all()?;
    let mut judged = Vec::with_capacity(known.len());
    for record in &known {
        let unfit = AuthorityPath::of(record, &known).judge(unit, now)?;
        judged.push((record.clone(), unfit));
    }
    Ok(judged)
}

fn is_above(candidate: &IssuerRecord, certificate: &Certificate) -> bool {
    let Ok(above) = Certificate::from_der(&candidate.issuer.certificate) else {
        return false;
    };
    above.subject() == certificate.issuer()
        && match (certificate.authority_key_id(), above.subject_key_id()) {
            (Some(asked), Some(own)) => asked == own,
            _ => true,
        }
}

impl Step {
    fn judge(
        &self,
        unit: &mut dyn UnitOfWork,
        now: Timestamp,
    ) -> Result<Option<Unfit>, StorageError> {
        let serial = SerialNumber::from_bytes(&self.serial).ok();
        let worth = unit
            .issuers()
            .worth(self.above, serial.as_ref(), &self.key_sha256)?;
        if worth.is_blocked {
            return Ok(Some(Unfit::KeyBlocked));
        }
        let disowned = match (worth.revoked, self.above) {
            (Some(RevocationReason::CertificateHold), _) => Some(Unfit::Held),
            (Some(_), _) => Some(Unfit::Revoked),
            // A root cannot disown itself: whoever doubts its key does not believe its list either (RFC 5280, 6.1).
            (None, Some(above)) if !worth.is_recorded && !self.is_root => {
                self.on_list(unit, above)?
            }
            (None, _) => None,
        };
        Ok(disowned.or_else(|| {
            if now > self.not_after {
                Some(Unfit::Ended)
            } else if now < self.not_before {
                Some(Unfit::NotBegun)
            } else {
                None
            }
        }))
    }

    /// Since when the certificate is revoked or frozen, and since when its key is blocked.
    fn disowned_since(
        &self,
        unit: &mut dyn UnitOfWork,
    ) -> Result<[Option<Timestamp>; 2], StorageError> {
        let blocked = unit.keys().blocked(&self.key_sha256)?.map(|key| key.at);
        let (Some(above), Ok(serial)) = (self.above, SerialNumber::from_bytes(&self.serial)) else {
            return Ok([None, blocked]);
        };
        let recorded = unit.certificates().find_by_serial(above, &serial)?;
        let revoked = match recorded.map(|record| record.status) {
            Some(Status::Revoked { at, .. }) => Some(at),
            None if !self.is_root => {
                let record = unit.crls().latest(above, CrlKind::Full)?;
                let list = record.map(|record| Crl::from_der(&record.der)).transpose();
                let list =
                    list.map_err(|_| StorageError::Damaged("a published list".to_owned()))?;
                list.and_then(|list| list.find(&self.serial).map(|entry| entry.at))
            }
            Some(_) | None => None,
        };
        Ok([revoked, blocked])
    }

    /// What the newest list of an authority that signs elsewhere says. Each list is read once.
    fn on_list(
        &self,
        unit: &mut dyn UnitOfWork,
        above: IssuerId,
    ) -> Result<Option<Unfit>, StorageError> {
        let facts = unit.crls().facts(above)?;
        let Some(newest) = facts.iter().find(|list| list.kind == CrlKind::Full) else {
            return Ok(None);
        };
        let known = *self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((number, found)) = known
            && number == newest.number
        {
            return Ok(found);
        }
        let Some(record) = unit.crls().latest(above, CrlKind::Full)? else {
            return Ok(None);
        };
        let list = Crl::from_der(&record.der)
            .map_err(|_| StorageError::Damaged("a published list".to_owned()))?;
        let found = list.find(&self.serial).map(|entry| {
            if entry.reason == Reason::CertificateHold {
                Unfit::Held
            } else {
                Unfit::Revoked
            }
        });
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = Some((record.number, found));
        Ok(found)
    }
}
