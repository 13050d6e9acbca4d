use tanba_model::id::IssuerId;
use tanba_model::ports::{IssuerKind, NewIssuer, StorageError};

use crate::{contract, given};

contract! {
    fn issuers_come_in_the_order_of_their_entry(storage) {
        let mut unit = storage.begin().unwrap();
        let root = NewIssuer { kind: IssuerKind::Root, shards: 1, ..given::new_issuer("root") };
        let first = unit.issuers().insert(&root, given::at(0)).unwrap();
        let second = given::issuer(&mut *unit, "rsa-2026");
        let all = unit.issuers().all().unwrap();
        assert_eq!(all.iter().map(|record| record.id).collect::<Vec<_>>(), [first, second]);
        assert_eq!(all[0].issuer, root);
        assert_eq!((&all[0].responder_certificate, &all[0].responder_key), (&None, &None));
    }

    fn a_name_belongs_to_one_issuer(storage) {
        let mut unit = storage.begin().unwrap();
        given::issuer(&mut *unit, "root");
        assert!(matches!(unit.issuers().insert(&given::new_issuer("root"), given::at(1)), Err(StorageError::Conflict)));
    }

    fn the_responder_is_replaced(storage) {
        let mut unit = storage.begin().unwrap();
        let id = given::issuer(&mut *unit, "root");
        unit.issuers().set_responder(id, &[1], &[2]).unwrap();
        unit.issuers().set_responder(id, &[3], &[4]).unwrap();
        let record = unit.issuers().all().unwrap().remove(0);
        assert_eq!((record.responder_certificate, record.responder_key), (Some(vec![3]), Some(vec![4])));
        assert!(matches!(unit.issuers().set_responder(IssuerId(9), &[], &[]), Err(StorageError::Conflict)));
    }
}
