use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::fitness::Worth;
use tanba_model::id::IssuerId;
use tanba_model::key::{BlockSource, BlockedKey};
use tanba_model::ports::{AwaitedIssuer, IssuanceStop, IssuerKind, NewIssuer, StorageError};
use tanba_pki::SerialNumber;

use crate::{contract, given};

fn stop(issuer: IssuerId, profile: Option<&str>, seconds: i64) -> IssuanceStop {
    IssuanceStop {
        issuer,
        profile: profile.map(str::to_owned),
        since: given::at(seconds),
        reason: format!("хабар түсті, {seconds}"),
    }
}

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

    fn an_authority_is_awaited_once_and_until_it_arrives(storage) {
        let mut unit = storage.begin().unwrap();
        let one = AwaitedIssuer { name: "rsa-2027".to_owned(), shards: 3, request: vec![0x30, 1], key: vec![7] };
        let two = AwaitedIssuer { name: "ec-2027".to_owned(), key: vec![8], ..one.clone() };
        assert_eq!(unit.issuers().awaited().unwrap(), []);
        unit.issuers().expect(&one, given::at(1)).unwrap();
        unit.issuers().expect(&two, given::at(2)).unwrap();
        assert!(matches!(unit.issuers().expect(&one, given::at(3)), Err(StorageError::Conflict)));
        unit.commit().unwrap();
        let mut unit = storage.begin().unwrap();
        assert_eq!(unit.issuers().awaited().unwrap(), [two, one.clone()]);
        unit.issuers().arrived("ec-2027").unwrap();
        assert!(matches!(unit.issuers().arrived("ec-2027"), Err(StorageError::Conflict)));
        assert_eq!(unit.issuers().awaited().unwrap(), [one]);
    }

    fn what_is_stopped_is_listed_by_authority_and_the_whole_authority_first(storage) {
        let mut unit = storage.begin().unwrap();
        let (one, two) = (given::issuer(&mut *unit, "one"), given::issuer(&mut *unit, "two"));
        assert_eq!(unit.issuers().stops().unwrap(), []);
        let stops = [stop(one, None, 3), stop(one, Some("a"), 2), stop(one, Some("b"), 1), stop(two, Some("a"), 0)];
        for stop in stops.iter().rev() {
            unit.issuers().stop(stop).unwrap();
        }
        unit.commit().unwrap();
        assert_eq!(storage.snapshot().unwrap().issuers().stops().unwrap(), stops);
    }

    fn an_authority_is_stopped_with_all_its_profiles_and_a_profile_alone(storage) {
        let mut unit = storage.begin().unwrap();
        let (one, two) = (given::issuer(&mut *unit, "one"), given::issuer(&mut *unit, "two"));
        let stopped = |unit: &mut dyn tanba_model::ports::UnitOfWork| {
            [(one, "a"), (one, "b"), (two, "a")].map(|(issuer, profile)| unit.issuers().is_stopped(issuer, profile).unwrap())
        };
        assert_eq!(stopped(&mut *unit), [false, false, false]);
        unit.issuers().stop(&stop(one, Some("a"), 1)).unwrap();
        assert_eq!(stopped(&mut *unit), [true, false, false]);
        unit.issuers().stop(&stop(one, None, 2)).unwrap();
        assert_eq!(stopped(&mut *unit), [true, true, false]);
        unit.issuers().start(one, None).unwrap();
        assert_eq!(stopped(&mut *unit), [true, false, false]);
        unit.issuers().start(one, Some("a")).unwrap();
        assert_eq!(stopped(&mut *unit), [false, false, false]);
    }

    fn what_is_stopped_is_not_stopped_again_and_what_is_not_is_not_started(storage) {
        let mut unit = storage.begin().unwrap();
        let one = given::issuer(&mut *unit, "one");
        for profile in [None, Some("a")] {
            assert!(matches!(unit.issuers().start(one, profile), Err(StorageError::Conflict)));
            unit.issuers().stop(&stop(one, profile, 1)).unwrap();
            assert!(matches!(unit.issuers().stop(&stop(one, profile, 2)), Err(StorageError::Conflict)));
            assert!(matches!(unit.issuers().start(one, Some("b")), Err(StorageError::Conflict)));
        }
        assert_eq!(unit.issuers().stops().unwrap(), [stop(one, None, 1), stop(one, Some("a"), 1)]);
        unit.issuers().start(one, None).unwrap();
        assert!(matches!(unit.issuers().start(one, None), Err(StorageError::Conflict)));
    }

    fn a_stop_is_of_an_authority_that_there_is_and_is_gone_with_its_unit(storage) {
        let mut unit = storage.begin().unwrap();
        let one = given::issuer(&mut *unit, "one");
        unit.commit().unwrap();
        let mut unit = storage.begin().unwrap();
        unit.issuers().stop(&stop(one, None, 1)).unwrap();
        drop(unit);
        assert!(!storage.snapshot().unwrap().issuers().is_stopped(one, "a").unwrap());
        let mut unit = storage.begin().unwrap();
        assert!(unit.issuers().stop(&stop(IssuerId(9), None, 1)).is_err());
    }

    fn the_worth_of_an_authority_is_its_status_above_and_whether_its_key_is_blocked(storage) {
        let mut unit = storage.begin().unwrap();
        let root = given::issuer(&mut *unit, "root");
        let id = given::certificate(&mut *unit, &given::new_certificate(root, None, 1));
        let record = unit.certificates().find(id).unwrap().unwrap();
        let (serial, key) = (record.serial, record.public_key_sha256);
        let worth = |unit: &mut dyn tanba_model::ports::UnitOfWork, above, serial: &SerialNumber| {
            unit.issuers().worth(above, Some(serial), &key).unwrap()
        };
        let fine = Worth { is_recorded: true, ..Worth::default() };
        assert_eq!(worth(&mut *unit, Some(root), &serial), fine);
        assert_eq!(worth(&mut *unit, None, &serial), Worth::default());
        assert_eq!(unit.issuers().worth(Some(root), None, &key).unwrap(), Worth::default());
        let reason = RevocationReason::CertificateHold;
        let held = Status::Revoked { at: given::at(9), reason };
        unit.certificates().set_status(record.id, Status::Valid, held, given::at(9)).unwrap();
        assert_eq!(worth(&mut *unit, Some(root), &serial), Worth { revoked: Some(reason), ..fine });
        let blocked = BlockedKey { public_key_sha256: key, at: given::at(9), source: BlockSource::List, reason: "x".to_owned(), attestation: None };
        unit.keys().block(&blocked).unwrap();
        assert_eq!(worth(&mut *unit, Some(root), &serial), Worth { revoked: Some(reason), is_blocked: true, ..fine });
        assert!(worth(&mut *unit, None, &serial).is_blocked);
    }
}
