//! Whether the tables say what the audit log says, and whether the log is signed.

use tanba_model::ports::{SchemaFault, Storage, StorageError};

use super::super::audit::late;
use super::super::tables::compare;
use super::Extent;
use crate::config::Finding;
use crate::outcome::sentence;

/// A log of so many records is read within a second or two.
const SMALL: u64 = 200_000;
/// Findings that are told one by one; `certificate check --all` tells all.
const TOLD: usize = 20;

/// All of it.
pub(super) fn examine(storage: &dyn Storage, extent: Extent) -> Vec<Finding> {
    up_to(storage, extent, SMALL)
}

/// Compares a log of that many records at most, unless everything is wanted. What was found before something that cannot be
/// read is told.
fn up_to(storage: &dyn Storage, extent: Extent, small: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(error) = look(storage, extent, small, &mut findings) {
        findings.push(unreadable(&error));
    }
    findings
}

fn unreadable(error: &anyhow::Error) -> Finding {
    const REMEDY: &str = "run `tanba audit verify`, and `tanba doctor --thorough`";
    // The server works with what is damaged; it does not where nothing answers.
    let tell = match error.downcast_ref() {
        Some(StorageError::Damaged(_)) => Finding::evidence,
        _ => Finding::error,
    };
    tell("evidence-unreadable", sentence(error), REMEDY)
}

fn look(
    storage: &dyn Storage,
    extent: Extent,
    small: u64,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<()> {
    const REMEDY: &str = "find out who changed the database: `tanba certificate check --all` tells everything that is not as the \
                          audit log says, and `docs/operator.md`, \"The database says something else than the log\", what to do";
    if let Some(what) = late::of_storage(storage)? {
        let remedy = "where checkpoints were taken away, keep the database as it is for whoever looks into it";
        findings.push(Finding::evidence("checkpoint-late", what, remedy));
    }
    findings.extend(storage.schema_faults()?.iter().map(|fault| {
        let remedy = match fault {
            SchemaFault::Other(_) => {
                "find out who changed the database; `tanba migrate --mend` makes triggers and indexes anew, and what is unknown \
                 has to be looked at"
            }
            SchemaFault::Table(_) => {
                "find out who changed the database, and go back to a backup of before: docs/operator.md, \"The database says something \
                 else than the log\""
            }
            SchemaFault::Number(_) => {
                "no program gives such a number: find out who wrote into the database, and go back to a backup of before"
            }
            SchemaFault::Version(_) => {
                "let the program of that schema look, or go back to it; where there never was one, somebody wrote the number into \
                 the file: docs/operator.md, \"The database says something else than the log\", says how it is put right"
            }
        };
        Finding::evidence(fault.code(), fault.sentence().to_owned(), remedy)
    }));
    let size = storage.snapshot()?.audit_log().size()?;
    if !extent.thorough && size > small {
        findings.push(not_compared(size));
        return Ok(());
    }
    let _ = compare(storage, &mut || true, &mut |fault| {
        if findings.len() < TOLD {
            let what = format!("{}: {}", fault.object, fault.what);
            findings.push(Finding::evidence(fault.code, what, REMEDY));
        }
    })?;
    Ok(())
}

fn not_compared(size: u64) -> Finding {
    Finding::note(
        "evidence-not-compared",
        format!("the database was not compared with the audit log, which has {size} records"),
        "the server compares by itself each night (`tanba_evidence_faults`); `tanba doctor --thorough` and `tanba certificate check --all` do at once",
    )
}

#[cfg(test)]
mod tests {
    use tanba_storage::SqliteStorage;

    use super::*;
    use crate::commands::testing::{House, NOW};
    use crate::config::Severity;

    fn codes(storage: &dyn Storage, thorough: bool, small: u64) -> Vec<&'static str> {
        let extent = Extent {
            network: false,
            thorough,
            now: NOW,
        };
        let found = up_to(storage, extent, small);
        found.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_log_that_is_too_long_to_be_compared_by_the_way_is_said_not_to_be() {
        let house = House::new();
        let _ = house.certify(1);
        let copy = house.copy(1, "UPDATE person SET surname = 'ЖАЛҒАН'");
        let storage = SqliteStorage::open(copy).unwrap();
        assert_eq!(codes(&storage, false, SMALL), ["person-identity"]);
        assert_eq!(codes(&storage, true, 1), ["person-identity"]);
        assert_eq!(codes(&storage, false, 1), ["evidence-not-compared"]);
        // That something was not looked at is nothing that is wrong.
        assert_eq!(not_compared(2).severity, Severity::Note);
    }

    #[test]
    fn what_cannot_be_read_takes_away_nothing_that_was_found_and_keeps_no_server_from_working() {
        let house = House::new();
        let _ = house.certify(1);
        let sql = "UPDATE person SET surname = 'ЖАЛҒАН';
            INSERT INTO application (id, number, person_id, kind, state, state_at, created_at, region, settlement, keystore)
            SELECT 250001, 'far', id, 'reissue', 'DRAFT', 1, 1, '75', 'almaty', 'nonsense' FROM person LIMIT 1";
        let storage = SqliteStorage::open(house.copy(1, sql)).unwrap();
        let extent = Extent {
            network: false,
            thorough: true,
            now: NOW,
        };
        let found = examine(&storage, extent);
        let told: Vec<_> = found
            .iter()
            .map(|finding| (finding.code, finding.severity))
            .collect();
        let expected = ["person-identity", "application-unreadable"];
        assert_eq!(told, expected.map(|code| (code, Severity::Evidence)));
        // The same of what has no number, and not of a database that does not answer.
        let damaged = StorageError::Damaged("a page".to_owned()).into();
        assert_eq!(unreadable(&damaged).severity, Severity::Evidence);
        let busy = StorageError::Unavailable("busy".into()).into();
        assert_eq!(unreadable(&busy).severity, Severity::Error);
    }

    #[test]
    fn a_schema_that_this_program_does_not_know_is_told() {
        let house = House::new();
        let sql = "PRAGMA user_version = 1000; DROP TRIGGER audit_log_stays";
        let storage = SqliteStorage::open_existing(house.copy(1, sql)).unwrap();
        let expected = ["schema-version", "schema-other"];
        assert_eq!(codes(&storage, false, SMALL), expected);
    }

    #[test]
    fn checkpoints_are_missed_though_the_seal_is_gone_too_and_however_long_the_log_is() {
        let house = House::new();
        let gone = "DROP TRIGGER audit_checkpoint_stays; DELETE FROM audit_checkpoint;";
        let seal = "UPDATE issuer SET seal_certificate = NULL, seal_key = NULL;";
        for (number, sql) in [gone.to_owned(), format!("{gone} {seal}")]
            .iter()
            .enumerate()
        {
            let storage = SqliteStorage::open(house.copy(number, sql)).unwrap();
            for small in [1, SMALL] {
                assert!(
                    codes(&storage, false, small).contains(&"checkpoint-late"),
                    "{sql}"
                );
            }
        }
    }

    #[test]
    fn a_trigger_that_was_dropped_is_told_however_long_the_log_is() {
        let house = House::new();
        for (number, sql) in ["DROP TRIGGER audit_log_stays", "DROP INDEX staff_person"]
            .into_iter()
            .enumerate()
        {
            let storage = SqliteStorage::open(house.copy(number, sql)).unwrap();
            for small in [1, SMALL] {
                assert!(
                    codes(&storage, false, small).contains(&"schema-other"),
                    "{sql}"
                );
            }
            let actor = tanba_model::audit::Actor::System;
            let mended = storage.mend_schema(&actor, NOW).unwrap();
            assert_eq!((mended.made.len(), mended.left.len()), (1, 0));
            assert!(
                !codes(&storage, false, SMALL).contains(&"schema-other"),
                "{sql}"
            );
        }
    }
}
