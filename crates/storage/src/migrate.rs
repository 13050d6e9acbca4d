//! Brings a database file to the schema of this program, step by step.
//!
//! A step is never edited once it is merged, and old programs must run on the new schema. The number of the last step
//! stands in SQLite's `user_version`; `application_id` says that the file is Tanba's.

use rusqlite::{Connection, TransactionBehavior};

use crate::open::OpenError;

/// The number of the last migration that this program knows.
pub const SCHEMA_VERSION: i64 = 25;

/// "TANB": SQLite's `application_id` of our files.
const APPLICATION_ID: i64 = 0x5441_4E42;

const MIGRATIONS: [(i64, &str); 25] = [
    (1, include_str!("../migrations/sqlite/0001_initial.sql")),
    (2, include_str!("../migrations/sqlite/0002_revocation.sql")),
    (
        3,
        include_str!("../migrations/sqlite/0003_application_step.sql"),
    ),
    (4, include_str!("../migrations/sqlite/0004_reminder.sql")),
    (
        5,
        include_str!("../migrations/sqlite/0005_evidence_stays.sql"),
    ),
    (6, include_str!("../migrations/sqlite/0006_audit_tree.sql")),
    (
        7,
        include_str!("../migrations/sqlite/0007_first_issuance.sql"),
    ),
    (
        8,
        include_str!("../migrations/sqlite/0008_without_a_key.sql"),
    ),
    (9, include_str!("../migrations/sqlite/0009_help.sql")),
    (10, include_str!("../migrations/sqlite/0010_desk.sql")),
    (
        11,
        include_str!("../migrations/sqlite/0011_notifications.sql"),
    ),
    (
        12,
        include_str!("../migrations/sqlite/0012_limited_session_of_application.sql"),
    ),
    (
        13,
        include_str!("../migrations/sqlite/0013_proof_of_issue.sql"),
    ),
    (
        14,
        include_str!("../migrations/sqlite/0014_issuance_stop.sql"),
    ),
    (
        15,
        include_str!("../migrations/sqlite/0015_blocked_key.sql"),
    ),
    (
        16,
        include_str!("../migrations/sqlite/0016_awaited_issuer.sql"),
    ),
    (
        17,
        include_str!("../migrations/sqlite/0017_administration.sql"),
    ),
    (
        18,
        include_str!("../migrations/sqlite/0018_owner_of_number.sql"),
    ),
    (19, include_str!("../migrations/sqlite/0019_key_check.sql")),
    (
        20,
        include_str!("../migrations/sqlite/0020_earlier_phone.sql"),
    ),
    (
        21,
        include_str!("../migrations/sqlite/0021_issue_of_certificate.sql"),
    ),
    (
        22,
        include_str!("../migrations/sqlite/0022_phone_since.sql"),
    ),
    (
        23,
        include_str!("../migrations/sqlite/0023_channels_key.sql"),
    ),
    (
        24,
        include_str!("../migrations/sqlite/0024_person_stays.sql"),
    ),
    (
        25,
        include_str!("../migrations/sqlite/0025_certificates_by_generation.sql"),
    ),
];

/// The schema of a file: 0 where it is new and empty.
pub(crate) fn version(connection: &Connection) -> Result<i64, OpenError> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    match (application, tables) {
        (APPLICATION_ID, _) => Ok(version),
        (0, 0) => Ok(0),
        _ => Err(OpenError::Foreign),
    }
}

/// Applies what is missing, each step in a transaction of its own; safe while another process does the same.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    for (number, sql) in MIGRATIONS {
        if version(connection)? >= number {
            continue;
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if version(&transaction)? < number {
            transaction.execute_batch(sql)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", number)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_gaps_and_end_at_the_version() {
        let numbers: Vec<i64> = MIGRATIONS.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..=SCHEMA_VERSION).collect::<Vec<_>>());
    }

    const PERSON: &str =
        "INSERT INTO person (iin, surname, given_name, patronymic, email, language, created_at)
        VALUES (?1, 'A', 'B', NULL, NULL, 'kk', 1)";
    const APPLICATION: &str =
        "INSERT INTO application (number, person_id, kind, state, state_at, created_at, email,
            region, settlement, keystore, login_certificate_id)
        VALUES (?1, 1, 'reissue', 'DRAFT', 1, 1, NULL, 'KZ-75', 'almaty', 'PKCS12', NULL)";
    const MOVE: &str =
        "UPDATE application SET state = 'AWAITING_2FA', state_at = 5 WHERE number = ?1";

    #[test]
    fn an_old_file_is_brought_up_to_date_and_an_old_program_goes_on_writing() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0].1).unwrap();
        let write = |number: &str| {
            connection.execute(PERSON, [number]).unwrap();
            connection.execute(APPLICATION, [number]).unwrap();
            connection.execute(MOVE, [number]).unwrap();
        };
        write("1");
        for (_, sql) in &MIGRATIONS[1..] {
            connection.execute_batch(sql).unwrap();
        }
        write("2");
        let steps: String = connection
            .query_row(
                "SELECT group_concat(application_id || state || at, ' ') FROM (SELECT * FROM application_step ORDER BY id)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(steps, "1DRAFT1 1AWAITING_2FA5 2DRAFT1 2AWAITING_2FA5");
        let wanted: i64 = connection
            .query_row("SELECT sum(reminders) FROM person", [], |row| row.get(0))
            .unwrap();
        assert_eq!(wanted, 2);
    }

    const ISSUER: &str = "INSERT INTO issuer (name, kind, shards, created_at, certificate, key) VALUES ('one', 'issuing', 1, 1, x'30', x'31')";
    const CERTIFICATE: &str = "INSERT INTO certificate (issuer_id, serial, profile, purpose, channel, public_key_sha256, shard, not_before,
            not_after, created_at, status, to_be_signed)
        VALUES (1, ?1, 'p', 'both', 'authority', zeroblob(32), 1, 1, 2, 1, 'intended', x'30')";
    const EVENT: &str = "INSERT INTO audit_log (sequence, previous_hash, hash, event)
        SELECT count(*) + 1, zeroblob(32), zeroblob(32), CAST(?1 AS BLOB) FROM audit_log";

    #[test]
    fn records_of_issues_are_found_that_were_written_before_and_after_they_had_a_table() {
        let connection = Connection::open_in_memory().unwrap();
        let (before, after) = MIGRATIONS.split_at(20);
        for (_, sql) in before {
            connection.execute_batch(sql).unwrap();
        }
        connection.execute(ISSUER, []).unwrap();
        let write = |serial: u8| {
            connection
                .execute(CERTIFICATE, [vec![0xAB, serial]])
                .unwrap();
            for action in [
                "certificate.intend",
                "certificate.issue",
                "certificate.issue",
                "certificate.revoke",
            ] {
                let event = format!(
                    r#"{{"action":"{action}","actor":{{"kind":"system"}},"at":"x","detail":"","object":"certificate:1:ab{serial:02x}","origin":""}}"#
                );
                connection.execute(EVENT, [event]).unwrap();
            }
            // Whoever writes what is no record of an issue is not kept from it.
            for odd in [
                r#"{"action":"certificate.issue",oh"#,
                r#"{"action":"certificate.issue","object":"certificate:7:zz"}"#,
            ] {
                connection.execute(EVENT, [odd]).unwrap();
            }
        };
        write(1);
        write(0xCD);
        for (_, sql) in after {
            connection.execute_batch(sql).unwrap();
        }
        write(0xEF);
        let mut statement = connection
            .prepare(
                "SELECT certificate_id, sequence FROM certificate_issue ORDER BY certificate_id",
            )
            .unwrap();
        let found = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        let found: Vec<(i64, i64)> = found.map(Result::unwrap).collect();
        assert_eq!(found, [(1, 2), (2, 8), (3, 14)]);
    }
}
