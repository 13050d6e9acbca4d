//! What a unit leaves when the disk or the file fails, with and without company.

use std::sync::Barrier;

use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::*;
use crate::open::SqliteStorage;

struct Scene {
    _folder: TempDir,
    writer: Writer,
    damage: Damage,
}

const INSERT: &str = "INSERT INTO tally (name, value) VALUES (?1, ?2)";

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tanba.sqlite");
        drop(SqliteStorage::open(&path).unwrap());
        Self {
            writer: Writer::new(&path),
            damage: Damage::default(),
            _folder: folder,
        }
    }

    fn unit(&self, company: Company) -> Box<SqliteUnit<'_>> {
        Box::new(SqliteUnit::write(&self.writer, company, &self.damage).unwrap())
    }

    /// Pages that the file may have at most.
    fn bound(&self, pages: u32) {
        let unit = self.unit(Company::Alone);
        let connection: &Connection = unit.connection().unwrap();
        let sql = format!("PRAGMA max_page_count = {pages}");
        connection.query_row(&sql, [], |_| Ok(())).unwrap();
    }

    fn names(&self) -> Vec<String> {
        let sql = "/* whole: a few */ SELECT name FROM tally\n             WHERE name NOT IN ('certificates', 'dead_messages') ORDER BY name";
        self.unit(Company::Welcome)
            .many(sql, [], |row| column(row, 0))
            .unwrap()
    }

    /// Runs pieces of work that are sure to meet in one transaction: the first holds the connection until all wait.
    fn together(
        &self,
        works: &[&(dyn Fn(&SqliteUnit<'_>) -> bool + Sync)],
    ) -> Vec<Result<(), StorageError>> {
        let held = Barrier::new(2);
        std::thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let unit = self.unit(Company::Welcome);
                let done = unit.execute(INSERT, params!["holder", 0]);
                let _ = held.wait();
                while self.writer.waiting() < works.len() {
                    std::thread::yield_now();
                }
                done.and_then(|_| unit.commit())
            });
            let _ = held.wait();
            let threads: Vec<_> = works
                .iter()
                .map(|work| {
                    scope.spawn(|| {
                        let unit = self.unit(Company::Welcome);
                        if work(&unit) { unit.commit() } else { Ok(()) }
                    })
                })
                .collect();
            let mut results = vec![holder.join().unwrap()];
            results.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
            results
        })
    }
}

fn insert(unit: &SqliteUnit<'_>, name: &str) -> bool {
    unit.execute(INSERT, params![name, 0]).is_ok()
}

fn fill(unit: &SqliteUnit<'_>) -> bool {
    insert(unit, &"x".repeat(200_000))
}

#[test]
fn a_full_disk_undoes_the_unit_and_writing_goes_on_once_there_is_room() {
    let scene = Scene::new();
    scene.bound(60);
    let unit = scene.unit(Company::Welcome);
    let full = unit.execute(INSERT, params!["x".repeat(200_000), 0]);
    assert!(matches!(full, Err(StorageError::NotWritable(_))));
    drop(unit);
    scene.bound(1_000_000);
    let unit = scene.unit(Company::Welcome);
    assert!(fill(&unit));
    unit.commit().unwrap();
}

#[test]
fn units_that_meet_share_a_commit_and_one_that_gives_up_takes_only_its_own_back() {
    let scene = Scene::new();
    let gives_up = |unit: &SqliteUnit<'_>| {
        assert!(insert(unit, "never"));
        false
    };
    let conflicts = |unit: &SqliteUnit<'_>| {
        assert!(!insert(unit, "certificates"));
        insert(unit, "after a conflict")
    };
    let sound = |unit: &SqliteUnit<'_>| insert(unit, "sound");
    let commits = scene.writer.commits();
    for result in scene.together(&[&gives_up, &conflicts, &sound]) {
        result.unwrap();
    }
    assert_eq!(scene.names(), ["after a conflict", "holder", "sound"]);
    assert_eq!(scene.writer.commits() - commits, 1);
}

#[test]
fn a_commit_that_fails_fails_for_everybody_in_it_and_leaves_nothing() {
    let scene = Scene::new();
    scene.bound(60);
    let full = |unit: &SqliteUnit<'_>| fill(unit);
    let sound = |unit: &SqliteUnit<'_>| insert(unit, "sound");
    let results = scene.together(&[&full, &sound]);
    // The holder shared a transaction with the one that filled the disk, or did not: never half.
    let names = scene.names();
    assert_eq!(names.contains(&"holder".to_owned()), results[0].is_ok());
    assert_eq!(names.contains(&"sound".to_owned()), results[2].is_ok());
    assert!(results[0].is_err(), "{results:?}");
    scene.bound(1_000_000);
    let unit = scene.unit(Company::Alone);
    assert!(insert(&unit, "holder"));
    unit.commit().unwrap();
}

#[test]
fn whoever_is_alone_shares_no_commit() {
    let scene = Scene::new();
    let commits = scene.writer.commits();
    let held = Barrier::new(2);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            let unit = scene.unit(Company::Welcome);
            assert!(insert(&unit, "first"));
            let _ = held.wait();
            while scene.writer.waiting() < 1 {
                std::thread::yield_now();
            }
            unit.commit()
        });
        let second = scope.spawn(|| {
            let _ = held.wait();
            let unit = scene.unit(Company::Alone);
            assert!(insert(&unit, "second"));
            unit.commit()
        });
        first.join().unwrap().unwrap();
        second.join().unwrap().unwrap();
    });
    assert_eq!(scene.writer.commits() - commits, 2);
    assert_eq!(scene.names(), ["first", "second"]);
}

#[test]
fn a_file_that_was_replaced_is_not_written() {
    let scene = Scene::new();
    let unit = scene.unit(Company::Welcome);
    assert!(insert(&unit, "before"));
    unit.commit().unwrap();
    let path = scene._folder.path().join("tanba.sqlite");
    let other = scene._folder.path().join("other.sqlite");
    std::fs::copy(&path, &other).unwrap();
    std::fs::rename(&other, &path).unwrap();
    let refused = SqliteUnit::write(&scene.writer, Company::Welcome, &scene.damage);
    assert!(
        matches!(refused, Err(StorageError::Damaged(_))),
        "{refused:?}"
    );
}

/// Whoever asks for a number is to cost the same whether somebody has it or nobody: no row of a table is read for one only.
#[test]
fn the_owner_of_a_number_is_read_from_indexes_alone() {
    let scene = Scene::new();
    let unit = scene.unit(Company::Alone);
    for (sql, index) in [
        (applications::OWNER, "application_owner"),
        (intakes::CLAIMANT, "intake_claimant"),
        (persons::ID_BY_IIN, "sqlite_autoindex_person_1"),
    ] {
        let mut plan = unit
            .connection()
            .unwrap()
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let steps: Vec<String> = plan
            .query_map(["1"], |row| row.get(3))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        let [step] = steps.as_slice() else {
            panic!("{steps:?}")
        };
        let wanted = format!("USING COVERING INDEX {index} ");
        assert!(step.contains(&wanted), "{step}");
    }
}

#[test]
fn a_statement_is_planned_once_whatever_its_parameters_are() {
    use rusqlite::StatementStatus;

    let scene = Scene::new();
    let unit = scene.unit(Company::Alone);
    let connection = unit.connection().unwrap();
    let sql = "SELECT name FROM tally WHERE name > ?1 ORDER BY name LIMIT ?2";
    let mut statement = connection.prepare(sql).unwrap();
    for limit in 1..10 {
        let mut rows = statement.query(params!["a", limit]).unwrap();
        while rows.next().unwrap().is_some() {}
    }
    assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
}
