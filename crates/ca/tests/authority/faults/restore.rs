//! An old copy of the database in place of the one that its witness remembers.

use std::path::Path;
use std::sync::Arc;

use tanba_ca::{Authority, AuthorityError};
use tanba_model::ports::StorageError;
use tanba_storage::{SqliteStorage, WitnessError};
use tempfile::TempDir;

use super::numbers;
use crate::harness::{Chest, House, administrator, later};
use crate::ports::{Plan, gone};

/// The file that remembers how far the database has come.
pub(super) const WITNESS: &str = "tanba.witness";
/// The highest number of a list that was published.
pub(super) const PUBLISHED: &str = "published";

/// Goes on with the database, and puts a copy of before back: whatever was published since is unknown to it.
pub(super) fn put_back(folder: &TempDir) {
    let [database, before, witness] =
        ["tanba.sqlite", "before.sqlite", WITNESS].map(|name| folder.path().join(name));
    std::fs::copy(&database, &before).unwrap();
    let storage = SqliteStorage::open_existing(&database).unwrap();
    let storage = storage.witnessed_by(&witness).unwrap();
    let going_on = House {
        folder: crate::harness::folder(),
        storage: Arc::new(storage),
        chest: Arc::new(Chest::new()),
        seed: 3,
    };
    let authority = Authority::open(going_on.parts()).unwrap();
    authority.publish_all(later(1)).unwrap();
    going_on.storage.testify().unwrap();
    let highest = numbers(&going_on).into_values().max().unwrap();
    std::fs::write(folder.path().join(PUBLISHED), highest.to_string()).unwrap();
    drop(authority);
    drop(going_on.close());
    std::fs::rename(&before, &database).unwrap();
}

/// Accepts it; each step of that is one of the plan's.
pub(super) fn accept(folder: &Path, plan: Option<&Arc<Plan>>) -> Result<(), AuthorityError> {
    let mut before = |name: &'static str| match plan {
        Some(plan) => plan.step(name, gone, || Ok(())),
        None => Ok(()),
    };
    let who = administrator();
    let storage = SqliteStorage::open_existing(folder.join("tanba.sqlite")).unwrap();
    let accepted = storage.accept_restored_watched(
        &folder.join(WITNESS),
        (&who, "a disk", later(1)),
        &mut before,
    );
    match accepted {
        Ok(_) => Ok(()),
        Err(WitnessError::Storage(error)) => Err(error.into()),
        Err(_) => Err(StorageError::Damaged("the witness".to_owned()).into()),
    }
}

/// Its witness believes it from now on, somebody said why, and every list has a number that was never used.
pub(super) fn assert_accepted(house: &House, context: &str) {
    let file = |name: &str| house.folder.path().join(name);
    let storage = SqliteStorage::open_existing(file("tanba.sqlite")).unwrap();
    storage.check_witness(&file(WITNESS)).unwrap();
    let said = house.audit().get("database.accept-restored").copied();
    assert!(matches!(said, Some(1 | 2)), "{context}: {said:?}");
    let published: u64 = std::fs::read_to_string(file(PUBLISHED))
        .unwrap()
        .parse()
        .unwrap();
    for (list, number) in numbers(house) {
        assert!(number > published, "{context}: {list:?} has {number}");
    }
}
