//! Queues of registration centres. Each statement walks an index from the place where the last page ended.

use rusqlite::{Row, params};
use tanba_model::application::{ApplicationNumber, State};
use tanba_model::id::ApplicationId;
use tanba_model::ports::{QueueEntry, QueuePlace, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time, time_or_none};
use crate::error::damaged;

macro_rules! select {
    ($from:literal, $rest:literal) => {
        concat!(
            "SELECT application.id, number, surname, given_name, state, state_at, appear_by, centre
             FROM ",
            $from,
            "
             JOIN person ON person.id = application.person_id
             LEFT JOIN first_application ON first_application.application_id = application.id
             WHERE ",
            $rest
        )
    };
}

/// Of one centre, the oldest first.
pub(crate) const OF_CENTRE: &str = select!(
    "application",
    "centre = ?1 AND state = ?2 AND (state_at, application.id) > (?3, ?4)
     ORDER BY state_at, application.id LIMIT ?5"
);
/// Of one centre, the newest first.
pub(crate) const OF_CENTRE_NEWEST: &str = select!(
    "application",
    "centre = ?1 AND state = ?2 AND (state_at, application.id) < (?3, ?4)
     ORDER BY state_at DESC, application.id DESC LIMIT ?5"
);
/// Of all centres, the oldest first.
pub(crate) const OF_ALL: &str = select!(
    "application INDEXED BY application_queue_everywhere",
    "centre IS NOT NULL AND state = ?1 AND (state_at, application.id) > (?2, ?3)
     ORDER BY state_at, application.id LIMIT ?4"
);
/// Of all centres, the newest first.
pub(crate) const OF_ALL_NEWEST: &str = select!(
    "application INDEXED BY application_queue_everywhere",
    "centre IS NOT NULL AND state = ?1 AND (state_at, application.id) < (?2, ?3)
     ORDER BY state_at DESC, application.id DESC LIMIT ?4"
);
/// One.
pub(crate) const ONE: &str = select!("application", "application.id = ?1 AND centre IS NOT NULL");

impl SqliteUnit<'_> {
    pub(super) fn queue_page(
        &self,
        centre: Option<&str>,
        state: &str,
        newest_first: bool,
        after: Option<QueuePlace>,
        limit: u32,
    ) -> Result<Vec<QueueEntry>, StorageError> {
        let edge = if newest_first {
            (i64::MAX, i64::MAX)
        } else {
            (i64::MIN, i64::MIN)
        };
        let (at, id) = after.map_or(edge, |QueuePlace(at, id)| (at.unix(), id.0));
        match (centre, newest_first) {
            (Some(centre), false) => {
                self.many(OF_CENTRE, params![centre, state, at, id, limit], read)
            }
            (Some(centre), true) => self.many(
                OF_CENTRE_NEWEST,
                params![centre, state, at, id, limit],
                read,
            ),
            (None, false) => self.many(OF_ALL, params![state, at, id, limit], read),
            (None, true) => self.many(OF_ALL_NEWEST, params![state, at, id, limit], read),
        }
    }

    pub(super) fn queue_one(&self, id: ApplicationId) -> Result<Option<QueueEntry>, StorageError> {
        self.one(ONE, [id.0], read)
    }
}

fn read(row: &Row<'_>) -> Result<QueueEntry, StorageError> {
    let since: Timestamp = time(row, 5)?;
    let state = State::from_parts(&column::<String>(row, 4)?, since, None);
    let (surname, given_name): (String, String) = (column(row, 2)?, column(row, 3)?);
    Ok(QueueEntry {
        id: ApplicationId(column(row, 0)?),
        number: ApplicationNumber::parse(&column::<String>(row, 1)?)
            .map_err(|_| damaged("application.number"))?,
        name: format!("{surname} {given_name}"),
        state: state.ok_or_else(|| damaged("application.state"))?.name(),
        since,
        appear_by: time_or_none(row, 6)?,
        centre: column(row, 7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::SqliteStorage;

    #[test]
    fn a_page_of_a_queue_walks_an_index_and_sorts_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tanba.sqlite");
        drop(SqliteStorage::open(&path).unwrap());
        let connection = rusqlite::Connection::open(path).unwrap();
        for (sql, index) in [
            (OF_CENTRE, "application_queue"),
            (OF_CENTRE_NEWEST, "application_queue"),
            (OF_ALL, "application_queue_everywhere"),
            (OF_ALL_NEWEST, "application_queue_everywhere"),
        ] {
            let mut statement = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap();
            let asked = statement.parameter_count();
            let nothing = vec![rusqlite::types::Null; asked];
            let plan: Vec<String> = statement
                .query_map(rusqlite::params_from_iter(nothing), |row| row.get(3))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let plan = plan.join("; ");
            assert!(
                plan.contains(&format!("SEARCH application USING INDEX {index} (")),
                "{plan}"
            );
            // As a pair or as its first part, by version of SQLite: either way the page starts in the middle.
            assert!(plan.contains("state_at"), "{plan}");
            assert!(
                !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"),
                "{plan}"
            );
        }
    }
}
