//! The look over all keys that were ever certified: each alone, and all RSA keys against each other.
//!
//! It goes in steps of a second or so, each on a snapshot of its own, and remembers after each how far it has come: a stop
//! costs one chunk of comparisons at most. Nothing is revoked here: a finding is evidence, a metric and a line in the log,
//! and people decide.

use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::id::CertificateId;
use tanba_model::key::{KeyCheck, KeyFinding};
use tanba_model::ports::{StorageError, UnitOfWork, certificate_object};
use tanba_pki::{TbsCertificate, Timestamp};

use crate::Authority;
use crate::desk::audit;

mod compare;

use compare::Comparison;

/// RSA keys that are compared with all others at once. It bounds memory: some 30 MB for keys of 2048 bits.
const CHUNK: usize = 4_096;
/// Records that are read at once.
const PAGE: u32 = 512;
/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// A look over all keys on its way.
#[derive(Debug)]
pub struct KeyChecker {
    state: KeyCheck,
    chunk: usize,
    /// The RSA keys that are being compared with all earlier ones.
    comparison: Option<Comparison>,
}

/// What a step found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyCheckStep {
    /// Findings, those of earlier rounds again.
    pub findings: Vec<KeyFinding>,
    /// Whether this was the last step of the round.
    pub is_last: bool,
}

impl KeyChecker {
    /// A round that looks at everything, and compares everything with everything.
    #[must_use]
    pub const fn whole(now: Timestamp) -> Self {
        Self::go_on(KeyCheck::begin(CertificateId(0), now))
    }

    const fn go_on(state: KeyCheck) -> Self {
        Self {
            state,
            chunk: CHUNK,
            comparison: None,
        }
    }

    /// The same with another number of RSA keys that are compared at once.
    #[must_use]
    pub const fn with_chunk(mut self, chunk: usize) -> Self {
        self.chunk = chunk;
        self
    }

    /// How far it has come.
    #[must_use]
    pub const fn state(&self) -> &KeyCheck {
        &self.state
    }

    /// Goes one step further on what the unit sees.
    ///
    /// # Errors
    /// [`StorageError`]; the same step can be tried again.
    pub fn step(
        &mut self,
        unit: &mut dyn UnitOfWork,
        now: Timestamp,
    ) -> Result<KeyCheckStep, StorageError> {
        let mut step = KeyCheckStep::default();
        if self.comparison.is_none() {
            let records = unit.certificates().after(self.state.looked, PAGE)?;
            if let Some(last) = records.last() {
                for record in &records {
                    self.alone(unit, record, now, &mut step)?;
                }
                self.state.looked = last.id;
                return Ok(step);
            }
        }
        let comparison = match self.comparison.take() {
            Some(comparison) => comparison,
            None => match Comparison::begin(unit, self.state.compared, self.chunk)? {
                Some(comparison) => comparison,
                None => {
                    self.state.finished_at = Some(now);
                    step.is_last = true;
                    return Ok(step);
                }
            },
        };
        let mut comparison = comparison;
        if comparison.go_on(unit, self.chunk)? {
            self.comparison = Some(comparison);
        } else {
            self.state.compared = comparison.until();
            step.findings = comparison.finish(unit, self.chunk, now)?;
        }
        Ok(step)
    }

    /// What shows in one key alone. Keys of intents count too: they may be known to somebody.
    fn alone(
        &mut self,
        unit: &mut dyn UnitOfWork,
        record: &CertificateRecord,
        now: Timestamp,
        step: &mut KeyCheckStep,
    ) -> Result<(), StorageError> {
        self.state.keys = self.state.keys.saturating_add(1);
        let mut find = |code: &str, what: String| {
            step.findings.push(KeyFinding {
                certificate: record.id,
                code: code.to_owned(),
                what,
                found_at: now,
            });
        };
        match TbsCertificate::from_der(&record.to_be_signed) {
            Ok(certificate) => {
                let key = certificate.public_key();
                if key.rsa_modulus().is_some() {
                    self.state.rsa = self.state.rsa.saturating_add(1);
                }
                if let Err(weak) = key.check_strength() {
                    find("weak", weak.to_string());
                }
            }
            Err(_) => find("malformed", "the recorded bytes cannot be read".to_owned()),
        }
        let counts = !matches!(record.status, Status::Revoked { .. } | Status::Void);
        if counts && unit.keys().is_blocked(&record.public_key_sha256)? {
            find("blocked", "the key is on the block list".to_owned());
        }
        Ok(())
    }
}

impl Authority {
    /// The look over all keys that is due: one that was interrupted, or a new one, once a day from the hour of the
    /// configuration on. RSA keys that were compared in an earlier round are not compared again with each other.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    pub fn key_check_due(&self, now: Timestamp) -> Result<Option<KeyChecker>, StorageError> {
        let state = self.desk().storage.snapshot()?.keys().check()?;
        Ok(match state {
            None => Some(KeyChecker::whole(now)),
            Some(state) if state.finished_at.is_none() => Some(KeyChecker::go_on(state)),
            Some(state) if state.begun_at < last(self.rules().key_check_hour, now) => {
                Some(KeyChecker::go_on(KeyCheck::begin(state.compared, now)))
            }
            Some(_) => None,
        })
    }

    /// When the last night began, for what is looked over once a night: at the hour of the configuration.
    #[must_use]
    pub fn last_night(&self, now: Timestamp) -> Timestamp {
        last(self.rules().key_check_hour, now)
    }

    /// Goes one step further, and remembers how far it came and what it found, with evidence, in one commit. Whether there
    /// is more to do.
    ///
    /// # Errors
    /// [`StorageError`]; then nothing was remembered, and the round is to be begun again by [`Authority::key_check_due`].
    #[tracing::instrument(name = "ca.check_keys", skip_all)]
    pub fn check_keys_further(
        &self,
        checker: &mut KeyChecker,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let storage = &self.desk().storage;
        let step = checker.step(storage.snapshot()?.as_mut(), now)?;
        let mut unit = storage.begin()?;
        unit.keys().set_check(&checker.state)?;
        let mut told = Vec::new();
        for finding in &step.findings {
            if !unit.keys().find(finding)? {
                continue;
            }
            let Some(record) = unit.certificates().find(finding.certificate)? else {
                continue;
            };
            let object = certificate_object(record.issuer, &record.serial);
            let detail = format!("{}: {}", finding.code, finding.what);
            audit(
                unit.as_mut(),
                &Actor::System,
                "key.finding",
                object,
                detail,
                now,
            )?;
            told.push((record, finding.code.as_str()));
        }
        unit.commit()?;
        for (record, code) in told {
            let serial = record.serial;
            if record.status.is_valid() && record.not_after > now {
                tracing::error!(%serial, code, "the key of a valid certificate must not be used; somebody has to decide");
            } else {
                tracing::warn!(%serial, code, "the key of a certificate that does not count any more must not be used");
            }
        }
        Ok(!step.is_last)
    }
}

/// The last instant at which this hour began, in UTC.
fn last(hour: u32, now: Timestamp) -> Timestamp {
    let offset = i64::from(hour).saturating_mul(60 * 60);
    let days = now.unix().saturating_sub(offset).div_euclid(DAY);
    Timestamp::from_unix(days.saturating_mul(DAY).saturating_add(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_instant_of_an_hour_is_today_or_yesterday() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        for (now, expected) in [
            ("2026-11-29T19:59:59Z", "2026-11-28T20:00:00Z"),
            ("2026-11-29T20:00:00Z", "2026-11-29T20:00:00Z"),
            ("2026-11-30T03:00:00Z", "2026-11-29T20:00:00Z"),
        ] {
            assert_eq!(last(20, at(now)), at(expected));
        }
        assert_eq!(
            last(0, at("2026-11-29T00:00:00Z")),
            at("2026-11-29T00:00:00Z")
        );
    }
}
