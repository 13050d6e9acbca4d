use tanba_model::audit::kept::{KeptTree, recompute};
use tanba_model::audit::tree::{
    Frontier, includes, leaf, prove_consistency, prove_inclusion, root,
};
use tanba_model::audit::{AuditEvent, AuditRecord, SignedCheckpoint};
use tanba_model::ports::{Storage, StorageError, certificate_object};

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

    fn hashes_of_records_come_in_order(storage) {
        append(storage, 3);
        let mut unit = storage.snapshot().unwrap();
        let records = unit.audit_log().page(0, 10).unwrap();
        let hashes: Vec<_> = records.iter().map(|record| record.hash).collect();
        assert_eq!(unit.audit_log().size().unwrap(), 3);
        assert_eq!(unit.audit_log().hashes(0, 10).unwrap(), hashes);
        assert_eq!(unit.audit_log().hashes(1, 1).unwrap(), hashes[1..2]);
    }

    fn the_kept_tree_is_that_of_the_records_and_proves_each_of_them(storage) {
        // Past one kept subtree of level 8, by steps that do not end where a subtree does.
        for count in [200, 400, 41] {
            append(storage, count);
            let mut unit = storage.begin().unwrap();
            let size = unit.audit_log().size().unwrap();
            KeptTree(unit.audit_log()).extend(size).unwrap();
            unit.commit().unwrap();
        }
        let mut unit = storage.snapshot().unwrap();
        assert_eq!(unit.audit_log().subtrees(8, 0, 10).unwrap().len(), 2);
        let size = unit.audit_log().size().unwrap();
        let frontier = recompute(unit.audit_log(), size).unwrap();
        let head = frontier.head();
        let hashes = unit.audit_log().hashes(0, 1000).unwrap();
        let mut tree = KeptTree(unit.audit_log());
        assert_eq!(root(&mut tree, size).unwrap(), head.root);
        assert_eq!(Frontier::read(&mut tree, size).unwrap(), frontier);
        for index in [0, 255, 256, 511, 512, 640] {
            let path = prove_inclusion(&mut tree, index, size).unwrap().unwrap();
            let own = leaf(&hashes[usize::try_from(index).unwrap()]);
            assert!(includes(&path, &own, index, size, &head.root), "{index}");
        }
        let earlier = recompute(tree.0, 600).unwrap().head();
        let path = prove_consistency(&mut KeptTree(unit.audit_log()), 600, size).unwrap().unwrap();
        assert!(head.continues(&earlier, &path));
    }

    fn the_record_of_an_issue_is_found_and_no_other(storage) {
        let mut unit = storage.begin().unwrap();
        let issuer = given::issuer(&mut *unit, "one");
        let new = given::new_certificate(issuer, None, 1);
        let other = given::new_certificate(issuer, None, 2);
        for certificate in [&new, &other] {
            given::certificate(&mut *unit, certificate);
        }
        let object = certificate_object(issuer, &new.serial);
        for action in ["certificate.intend", "certificate.issue", "certificate.issue", "certificate.revoke"] {
            let event = AuditEvent { object: object.clone(), ..given::event(action) };
            unit.audit_log().append(&event).unwrap();
        }
        unit.commit().unwrap();
        let mut unit = storage.snapshot().unwrap();
        let found = unit.audit_log().issue(&object).unwrap().unwrap();
        assert_eq!((found.sequence, found.is_itself()), (2, true));
        for none in [certificate_object(issuer, &other.serial), "certificate:1".to_owned(), "person:1:ab".to_owned()] {
            assert_eq!(unit.audit_log().issue(&none).unwrap(), None, "{none}");
        }
    }

    fn checkpoints_grow_with_the_log(storage) {
        append(storage, 5);
        let insert = |size| {
            let mut unit = storage.begin().unwrap();
            unit.audit_log().insert_checkpoint(&statement(size))?;
            unit.commit()
        };
        let mut unit = storage.snapshot().unwrap();
        assert_eq!(unit.audit_log().last_checkpoint().unwrap(), None);
        drop(unit);
        insert(2).unwrap();
        insert(4).unwrap();
        for refused in [4, 3, 6] {
            assert!(insert(refused).is_err(), "{refused}");
        }
        let mut unit = storage.snapshot().unwrap();
        assert_eq!(unit.audit_log().last_checkpoint().unwrap(), Some(statement(4)));
        assert_eq!(unit.audit_log().checkpoints(0, 10).unwrap(), [statement(2), statement(4)]);
        assert_eq!(unit.audit_log().checkpoints(2, 10).unwrap(), [statement(4)]);
    }

    fn a_subtree_is_kept_once(storage) {
        let mut unit = storage.begin().unwrap();
        unit.audit_log().insert_subtree(8, 0, &[1; 32]).unwrap();
        let again = unit.audit_log().insert_subtree(8, 0, &[2; 32]);
        assert!(matches!(again, Err(StorageError::Conflict)));
    }
}

fn append(storage: &dyn Storage, count: u32) {
    let mut unit = storage.begin().unwrap();
    for _ in 0..count {
        unit.audit_log().append(&given::event("a")).unwrap();
    }
    unit.commit().unwrap();
}

fn statement(size: u64) -> SignedCheckpoint {
    SignedCheckpoint {
        size,
        document: vec![1],
        signature: vec![2],
    }
}
