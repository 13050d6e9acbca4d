//! What every back end promises to the ports of the model. Each test runs on each back end of [`contract`].
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails there"
)]

mod applications;
mod audit_log;
mod certificates;
mod crls;
mod decisions;
mod given;
mod help;
mod intakes;
mod issuers;
mod keys;
mod outbox;
mod persons;
mod revocations;
mod secrets;
mod sessions;
mod sqlite;
mod units;
mod without_a_key;

/// Tests that take a storage; each becomes one test for each back end. A new back end is a module here.
macro_rules! contract {
    ($(fn $name:ident($storage:ident) $body:block)+) => {
        $(fn $name($storage: &dyn tanba_model::ports::Storage) $body)+

        mod on_sqlite {
            $(#[test]
            fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let storage = tanba_storage::SqliteStorage::open(folder.path().join("tanba.sqlite")).unwrap();
                super::$name(&storage);
            })+
        }
    };
}
use contract;
