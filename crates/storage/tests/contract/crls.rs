use tanba_model::id::IssuerId;
use tanba_model::ports::{CrlKind, CrlRecord, StorageError};

use crate::{contract, given};

fn list(issuer: IssuerId, kind: CrlKind, number: u64) -> CrlRecord {
    CrlRecord {
        issuer,
        kind,
        number,
        this_update: given::at(10),
        next_update: given::at(100),
        covers_until: given::at(9),
        entries: Some(3),
        der: number.to_be_bytes().to_vec(),
    }
}

contract! {
    fn lists_are_told_of_without_being_read(storage) {
        let mut unit = storage.begin().unwrap();
        let issuer = given::issuer(&mut *unit, "one");
        let other = given::issuer(&mut *unit, "other");
        for (number, kind) in [(1, CrlKind::Delta(1)), (2, CrlKind::Shard(1)), (3, CrlKind::Shard(0)), (4, CrlKind::Full)] {
            unit.crls().publish(&list(issuer, kind, number)).unwrap();
        }
        let uncounted = CrlRecord { entries: None, ..list(other, CrlKind::Full, 9) };
        unit.crls().publish(&uncounted).unwrap();
        let facts = unit.crls().facts(issuer).unwrap();
        let kinds: Vec<_> = facts.iter().map(|facts| facts.kind).collect();
        assert_eq!(kinds, [CrlKind::Full, CrlKind::Shard(0), CrlKind::Shard(1), CrlKind::Delta(1)]);
        assert_eq!((facts[0].number, facts[0].entries, facts[0].size_octets), (4, Some(3), 8));
        assert_eq!((facts[0].this_update, facts[0].next_update), (given::at(10), given::at(100)));
        assert_eq!(unit.crls().facts(other).unwrap()[0].entries, None);
        assert_eq!(unit.crls().facts(IssuerId(99)).unwrap(), []);
    }

    fn numbers_grow_for_each_issuer_alone(storage) {
        let mut unit = storage.begin().unwrap();
        let (one, other) = (given::issuer(&mut *unit, "one"), given::issuer(&mut *unit, "other"));
        let mut take = |issuer| unit.crls().next_number(issuer, 0).unwrap();
        assert_eq!([take(one), take(one), take(other), take(one)], [1, 2, 1, 3]);
        // Never below what the clock says, and never back when the clock goes back.
        assert_eq!(unit.crls().next_number(other, 1_000).unwrap(), 1_000);
        assert_eq!(unit.crls().next_number(other, 1_000).unwrap(), 1_001);
        assert_eq!(unit.crls().next_number(other, 7).unwrap(), 1_002);
        assert_eq!(unit.crls().next_number(one, 0).unwrap(), 4);
        assert!(matches!(unit.crls().next_number(IssuerId(99), 0), Err(StorageError::Conflict)));
    }

    fn a_number_stays_taken_after_commit(storage) {
        let mut unit = storage.begin().unwrap();
        let issuer = given::issuer(&mut *unit, "one");
        unit.crls().next_number(issuer, 0).unwrap();
        unit.commit().unwrap();
        assert_eq!(storage.begin().unwrap().crls().next_number(issuer, 0).unwrap(), 2);
    }

    fn a_newer_list_takes_the_place_of_its_kind_and_shard(storage) {
        let mut unit = storage.begin().unwrap();
        let issuer = given::issuer(&mut *unit, "one");
        let kinds = [CrlKind::Full, CrlKind::Shard(0), CrlKind::Shard(3), CrlKind::Delta(3)];
        for (number, kind) in (1..).zip(kinds) {
            unit.crls().publish(&list(issuer, kind, number)).unwrap();
        }
        unit.crls().publish(&list(issuer, CrlKind::Shard(3), 9)).unwrap();
        for (number, kind) in [1, 2, 9, 4].into_iter().zip(kinds) {
            assert_eq!(unit.crls().latest(issuer, kind).unwrap(), Some(list(issuer, kind, number)));
        }
        assert_eq!(unit.crls().latest(issuer, CrlKind::Delta(0)).unwrap(), None);
    }

    fn an_older_list_is_refused(storage) {
        let mut unit = storage.begin().unwrap();
        let issuer = given::issuer(&mut *unit, "one");
        unit.crls().publish(&list(issuer, CrlKind::Full, 5)).unwrap();
        for number in [4, 5] {
            let refused = unit.crls().publish(&list(issuer, CrlKind::Full, number));
            assert!(matches!(refused, Err(StorageError::Conflict)));
        }
        assert_eq!(unit.crls().latest(issuer, CrlKind::Full).unwrap().unwrap().number, 5);
    }
}
