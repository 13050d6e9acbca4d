use tanba_model::audit::AuditRecord;

use crate::{contract, given};

contract! {
    fn events_are_chained_and_come_in_pages(storage) {
        for action in ["a", "b", "c"] {
            let mut unit = storage.begin().unwrap();
            unit.audit_log().append(&given::event(action)).unwrap();
            unit.commit().unwrap();
        }
        let mut unit = storage.snapshot().unwrap();
        let all = unit.audit_log().page(0, 10).unwrap();
        assert_eq!(all.len(), 3);
        let mut previous: Option<&AuditRecord> = None;
        for record in &all {
            record.verify(previous).unwrap();
            previous = Some(record);
        }
        assert_eq!(unit.audit_log().page(1, 1).unwrap(), all[1..2]);
        assert_eq!(unit.audit_log().page(3, 1).unwrap(), []);
    }

    fn several_events_of_one_unit_are_chained_too(storage) {
        let mut unit = storage.begin().unwrap();
        let first = unit.audit_log().append(&given::event("a")).unwrap();
        let second = unit.audit_log().append(&given::event("b")).unwrap();
        assert_eq!(second.verify(Some(&first)), Ok(()));
    }

    fn evidence_of_what_did_not_happen_is_not_kept(storage) {
        let mut unit = storage.begin().unwrap();
        unit.audit_log().append(&given::event("undone")).unwrap();
        drop(unit);
        let mut unit = storage.begin().unwrap();
        assert_eq!(unit.audit_log().append(&given::event("done")).unwrap().sequence, 1);
    }
}
