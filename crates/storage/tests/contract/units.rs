//! What holds of units of work, whatever is in them.

use tanba_model::ports::StorageError;

use crate::{contract, given};

contract! {
    fn what_is_not_committed_did_not_happen(storage) {
        let mut unit = storage.begin().unwrap();
        given::person(&mut *unit, 1);
        drop(unit);
        let mut unit = storage.begin().unwrap();
        assert_eq!(unit.persons().find_by_iin(&given::iin(1)).unwrap(), None);
    }

    fn what_is_committed_is_seen_by_the_next(storage) {
        let mut unit = storage.begin().unwrap();
        given::person(&mut *unit, 1);
        unit.commit().unwrap();
        assert!(storage.snapshot().unwrap().persons().find_by_iin(&given::iin(1)).unwrap().is_some());
        assert!(storage.begin().unwrap().persons().find_by_iin(&given::iin(1)).unwrap().is_some());
    }

    fn a_snapshot_reads_beside_the_writer_and_stays_as_it_was(storage) {
        let mut before = storage.snapshot().unwrap();
        let mut unit = storage.begin().unwrap();
        given::person(&mut *unit, 1);
        assert_eq!(storage.snapshot().unwrap().persons().find_by_iin(&given::iin(1)).unwrap(), None);
        unit.commit().unwrap();
        assert_eq!(before.persons().find_by_iin(&given::iin(1)).unwrap(), None);
        assert!(storage.snapshot().unwrap().persons().find_by_iin(&given::iin(1)).unwrap().is_some());
    }

    fn a_snapshot_refuses_to_write(storage) {
        let mut unit = storage.snapshot().unwrap();
        let refused = unit.persons().insert(&given::new_person(1), given::at(0));
        assert!(matches!(refused, Err(StorageError::NotWritable(_))));
    }

    fn a_refused_statement_leaves_the_rest_of_the_unit(storage) {
        let mut unit = storage.begin().unwrap();
        given::person(&mut *unit, 1);
        assert!(unit.persons().insert(&given::new_person(1), given::at(0)).is_err());
        given::person(&mut *unit, 2);
        unit.commit().unwrap();
        let mut unit = storage.snapshot().unwrap();
        assert!(unit.persons().find_by_iin(&given::iin(1)).unwrap().is_some());
        assert!(unit.persons().find_by_iin(&given::iin(2)).unwrap().is_some());
    }

    fn writers_take_turns_and_none_is_lost(storage) {
        let mut unit = storage.begin().unwrap();
        let issuer = given::issuer(&mut *unit, "one");
        unit.commit().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let mut unit = storage.begin().unwrap();
                        unit.crls().next_number(issuer, 0).unwrap();
                        unit.audit_log().append(&given::event("number")).unwrap();
                        unit.commit().unwrap();
                        storage.snapshot().unwrap().audit_log().page(0, 1).unwrap();
                    }
                });
            }
        });
        assert_eq!(storage.begin().unwrap().crls().next_number(issuer, 0).unwrap(), 101);
        assert_eq!(storage.snapshot().unwrap().audit_log().page(0, 1000).unwrap().len(), 100);
    }
}
