//! Going on with a restored backup: an act of an administrator, with evidence, after which no number comes twice.

use tanba_model::audit::{Actor, AuditEvent, origin};
use tanba_model::ports::{AuditLog as _, StorageError, UnitOfWork as _};
use tanba_pki::Timestamp;

use crate::damage::Damage;
use crate::open::SqliteStorage;
use crate::sqlite::SqliteUnit;
use crate::witness::{Testimony, Witness, WitnessError};
use crate::writer::{Company, Writer};

/// CRL numbers that are left out after a restored backup: what was published after the witness last wrote is below that.
const MARGIN: i64 = 1_000;
/// The same where there is no witness to say how far the numbers had come.
const MARGIN_WITHOUT_WITNESS: i64 = 1_000_000;

/// What an administrator accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedRestore {
    /// How far the restored database has come.
    pub restored: Testimony,
    /// How far the one before it had come, where the witness remembers.
    pub remembered: Option<Testimony>,
}

impl SqliteStorage {
    /// Goes on with a database that its witness refuses: lifts the CRL numbers above all that may have been published,
    /// records who accepted it and why, and lets the witness start anew. The server must not run.
    ///
    /// # Errors
    /// [`WitnessError`]; then nothing was changed, or the witness alone could not be written. Either way it can be accepted
    /// again.
    pub fn accept_restored(
        &self,
        witness: &std::path::Path,
        actor: &Actor,
        reason: &str,
        now: Timestamp,
    ) -> Result<AcceptedRestore, WitnessError> {
        let accepted = (actor, reason, now);
        self.accept_restored_watched(witness, accepted, &mut |_| Ok(()))
    }

    /// The same, asking before each step of it: for tests, in which each of them fails, or is the last.
    ///
    /// # Errors
    /// As [`SqliteStorage::accept_restored`], and what was answered.
    pub fn accept_restored_watched(
        &self,
        witness: &std::path::Path,
        (actor, reason, now): (&Actor, &str, Timestamp),
        before: &mut dyn FnMut(&'static str) -> Result<(), StorageError>,
    ) -> Result<AcceptedRestore, WitnessError> {
        let (writer, damage): (&Writer, &Damage) = self.parts();
        let witness = Witness::new(witness);
        // One that cannot be read helps as much as none.
        let remembered = match witness.remembered() {
            Err(WitnessError::Unreadable) => None,
            other => other?,
        };
        before("begin")?;
        let mut unit = SqliteUnit::write(writer, Company::Alone, damage)?;
        let restored = Testimony::of(&unit)?;
        for (name, number) in &restored.crl_numbers {
            let known = remembered
                .as_ref()
                .and_then(|known| known.crl_numbers.get(name));
            let margin = if known.is_some() {
                MARGIN
            } else {
                MARGIN_WITHOUT_WITNESS
            };
            let from = known.copied().unwrap_or_default().max(*number);
            let next = i64::try_from(from)
                .ok()
                .and_then(|from| from.checked_add(margin));
            let next =
                next.ok_or_else(|| StorageError::Damaged("issuer.next_crl_number".to_owned()))?;
            before("numbers")?;
            unit.execute(
                "UPDATE issuer SET next_crl_number = ?2 WHERE name = ?1",
                rusqlite::params![name, next],
            )?;
        }
        let known = remembered.as_ref().map_or_else(
            || "no witness".to_owned(),
            |known| {
                format!(
                    "witness sequence={} hash={} certificates={}",
                    known.sequence, known.hash, known.certificates
                )
            },
        );
        let event = AuditEvent {
            at: now,
            actor: actor.clone(),
            action: "database.accept-restored".to_owned(),
            object: "database".to_owned(),
            detail: format!(
                "{known}; restored sequence={} certificates={}; reason: {reason}",
                restored.sequence, restored.certificates
            ),
            origin: origin::here(),
        };
        before("evidence")?;
        let _ = unit.append(&event)?;
        before("mark")?;
        Witness::mark(&unit)?;
        before("commit")?;
        Box::new(unit).commit()?;
        before("witness")?;
        witness.record(&SqliteUnit::write(writer, Company::Alone, damage)?)?;
        before("end")?;
        Ok(AcceptedRestore {
            restored,
            remembered,
        })
    }
}
