use tanba_model::certificate::{NewCertificate, RevocationReason, RevokedEntry, Status};
use tanba_model::id::CertificateId;
use tanba_model::ports::{Storage, StorageError, UnitOfWork};

use crate::{contract, given};

const HOLD: RevocationReason = RevocationReason::CertificateHold;

fn revoked(seconds: i64, reason: RevocationReason) -> Status {
    Status::Revoked {
        at: given::at(seconds),
        reason,
    }
}

fn revoke(unit: &mut dyn UnitOfWork, id: CertificateId, seconds: i64, reason: RevocationReason) {
    unit.certificates()
        .set_status(
            id,
            Status::Valid,
            revoked(seconds, reason),
            given::at(seconds),
        )
        .unwrap();
}

fn release(unit: &mut dyn UnitOfWork, id: CertificateId, held_at: i64, seconds: i64) {
    unit.certificates()
        .set_status(
            id,
            revoked(held_at, HOLD),
            Status::Valid,
            given::at(seconds),
        )
        .unwrap();
}

fn entry(number: u8, seconds: i64, reason: Option<RevocationReason>) -> RevokedEntry {
    RevokedEntry {
        serial: given::serial(number),
        at: given::at(seconds),
        reason,
    }
}

/// An issuer with a person's certificates of these keys; keys 0, 4, 8 … are in shard 0, 1, 5, 9 … in shard 1.
fn certificates(
    storage: &dyn Storage,
    keys: &[u8],
) -> (tanba_model::id::IssuerId, Vec<CertificateId>) {
    let mut unit = storage.begin().unwrap();
    let person = given::person(&mut *unit, 1);
    let issuer = given::issuer(&mut *unit, "one");
    let made = |key: &u8| {
        given::certificate(
            &mut *unit,
            &given::new_certificate(issuer, Some(person), *key),
        )
    };
    let ids = keys.iter().map(made).collect();
    unit.commit().unwrap();
    (issuer, ids)
}

contract! {
    fn an_intent_becomes_a_certificate(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let issuer = given::issuer(&mut *unit, "one");
        let new = given::new_certificate(issuer, Some(person), 1);
        let id = unit.certificates().intend(&new).unwrap();
        let intent = unit.certificates().find(id).unwrap().unwrap();
        assert_eq!((intent.status, &intent.der, &intent.to_be_signed), (Status::Intended, &None, &new.to_be_signed));
        assert_eq!(unit.certificates().open_intents(None, 9).unwrap(), [intent]);
        unit.certificates().complete(id, &[0x30, 0x01], given::at(3)).unwrap();
        let issued = unit.certificates().find_by_serial(issuer, &new.serial).unwrap().unwrap();
        assert_eq!((issued.status, issued.der.as_deref(), issued.id), (Status::Valid, Some(&[0x30, 0x01][..]), id));
        assert_eq!((issued.purpose, issued.keystore, issued.channel), (new.purpose, new.keystore, new.channel));
        assert_eq!((issued.shard, issued.not_before, issued.not_after), (new.shard, new.not_before, new.not_after));
        assert_eq!(unit.certificates().open_intents(None, 9).unwrap(), []);
    }

    fn open_intents_are_read_in_parts(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let issuer = given::issuer(&mut *unit, "one");
        let ids = [1, 2, 3, 4].map(|key| {
            unit.certificates().intend(&given::new_certificate(issuer, Some(person), key)).unwrap()
        });
        unit.certificates().void(ids[2], given::at(3)).unwrap();
        let mut read = |after, limit| -> Vec<_> {
            let open = unit.certificates().open_intents(after, limit).unwrap();
            open.into_iter().map(|record| record.id).collect()
        };
        assert_eq!(read(None, 2), [ids[0], ids[1]]);
        assert_eq!(read(Some(ids[1]), 2), [ids[3]]);
        assert_eq!(read(Some(ids[3]), 2), []);
    }

    fn an_intent_is_closed_once(storage) {
        let mut unit = storage.begin().unwrap();
        let issuer = given::issuer(&mut *unit, "one");
        let done = unit.certificates().intend(&given::new_certificate(issuer, None, 1)).unwrap();
        let given_up = unit.certificates().intend(&given::new_certificate(issuer, None, 2)).unwrap();
        unit.certificates().complete(done, &[1], given::at(3)).unwrap();
        unit.certificates().void(given_up, given::at(3)).unwrap();
        for id in [done, given_up, CertificateId(99)] {
            assert!(matches!(unit.certificates().complete(id, &[2], given::at(4)), Err(StorageError::Conflict)));
            assert!(matches!(unit.certificates().void(id, given::at(4)), Err(StorageError::Conflict)));
        }
        assert_eq!(unit.certificates().find(done).unwrap().unwrap().der, Some(vec![1]));
        assert_eq!(unit.certificates().find(given_up).unwrap().unwrap().status, Status::Void);
    }

    fn a_serial_number_is_used_once_by_an_issuer_even_if_given_up(storage) {
        let mut unit = storage.begin().unwrap();
        let (one, other) = (given::issuer(&mut *unit, "one"), given::issuer(&mut *unit, "other"));
        let id = unit.certificates().intend(&given::new_certificate(one, None, 1)).unwrap();
        unit.certificates().void(id, given::at(3)).unwrap();
        let again = NewCertificate { public_key_sha256: [9; 32], ..given::new_certificate(one, None, 1) };
        assert!(matches!(unit.certificates().intend(&again), Err(StorageError::Conflict)));
        unit.certificates().intend(&NewCertificate { issuer: other, ..again }).unwrap();
    }

    fn a_persons_key_is_used_once_for_ever_and_the_authoritys_may_be_renewed(storage) {
        let mut unit = storage.begin().unwrap();
        let (hers, his) = (given::person(&mut *unit, 1), given::person(&mut *unit, 2));
        let issuer = given::issuer(&mut *unit, "one");
        let id = unit.certificates().intend(&given::new_certificate(issuer, Some(hers), 1)).unwrap();
        unit.certificates().void(id, given::at(3)).unwrap();
        for person in [hers, his] {
            let again = NewCertificate { serial: given::serial(77), ..given::new_certificate(issuer, Some(person), 1) };
            assert!(matches!(unit.certificates().intend(&again), Err(StorageError::Conflict)));
        }
        unit.certificates().intend(&given::new_certificate(issuer, None, 2)).unwrap();
        let renewed = NewCertificate { serial: given::serial(78), ..given::new_certificate(issuer, None, 2) };
        unit.certificates().intend(&renewed).unwrap();
        let known = [1, 2, 3].map(|key| unit.certificates().is_key_known(&[key; 32]).unwrap());
        assert_eq!(known, [true, true, false]);
    }

    fn certificates_of_a_person_come_newest_first_without_intents(storage) {
        let (issuer, ids) = certificates(storage, &[1, 2]);
        let mut unit = storage.begin().unwrap();
        let person = unit.certificates().find(ids[0]).unwrap().unwrap().person.unwrap();
        unit.certificates().intend(&given::new_certificate(issuer, Some(person), 3)).unwrap();
        given::certificate(&mut *unit, &given::new_certificate(issuer, None, 4));
        revoke(&mut *unit, ids[0], 5, RevocationReason::Superseded);
        let found = unit.certificates().of_person(person, 9).unwrap();
        assert_eq!(found.iter().map(|record| record.id).collect::<Vec<_>>(), [ids[1], ids[0]]);
        assert_eq!(unit.certificates().of_person(person, 1).unwrap(), found[..1]);
    }

    fn certificates_of_an_application_come_in_order_with_intents(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let issuer = given::issuer(&mut *unit, "one");
        let application = given::application(&mut *unit, person, "12345678901").id;
        let ids = [2, 1].map(|key| {
            given::intent_of(&mut *unit, &given::new_certificate(issuer, Some(person), key), application)
        });
        unit.certificates().complete(ids[0], &[1], given::at(2)).unwrap();
        let found = unit.certificates().of_application(application).unwrap();
        assert_eq!(found.iter().map(|record| record.id).collect::<Vec<_>>(), ids);
    }

    fn everything_of_an_issuer_comes_in_pages(storage) {
        let (issuer, ids) = certificates(storage, &[1, 2, 3]);
        let mut unit = storage.begin().unwrap();
        let other = given::issuer(&mut *unit, "other");
        given::certificate(&mut *unit, &given::new_certificate(other, None, 4));
        let mut page = |after, limit| -> Vec<CertificateId> {
            unit.certificates().page(issuer, after, limit).unwrap().iter().map(|record| record.id).collect()
        };
        assert_eq!(page(None, 2), ids[..2]);
        assert_eq!(page(Some(ids[1]), 2), ids[2..]);
        assert_eq!(page(Some(ids[2]), 2), []);
    }

    fn a_status_changes_only_from_what_it_is(storage) {
        let (_, ids) = certificates(storage, &[1]);
        let mut unit = storage.begin().unwrap();
        revoke(&mut *unit, ids[0], 5, HOLD);
        let compromised = revoked(6, RevocationReason::KeyCompromise);
        for wrong in [Status::Valid, revoked(4, HOLD), revoked(5, RevocationReason::Superseded)] {
            let refused = unit.certificates().set_status(ids[0], wrong, compromised, given::at(6));
            assert!(matches!(refused, Err(StorageError::Conflict)), "{wrong:?}");
        }
        unit.certificates().set_status(ids[0], revoked(5, HOLD), compromised, given::at(6)).unwrap();
        assert_eq!(unit.certificates().find(ids[0]).unwrap().unwrap().status, compromised);
    }

    fn a_change_of_status_neither_opens_nor_closes_an_intent(storage) {
        let (issuer, ids) = certificates(storage, &[1]);
        let mut unit = storage.begin().unwrap();
        let intent = unit.certificates().intend(&given::new_certificate(issuer, None, 2)).unwrap();
        for (id, from, to) in [
            (intent, Status::Intended, Status::Valid),
            (intent, Status::Intended, Status::Void),
            (ids[0], Status::Valid, Status::Intended),
            (ids[0], Status::Valid, Status::Void),
        ] {
            assert!(matches!(unit.certificates().set_status(id, from, to, given::at(3)), Err(StorageError::Conflict)));
        }
    }

    fn a_full_list_has_what_is_revoked_by_serial_number_and_shard(storage) {
        let (issuer, ids) = certificates(storage, &[8, 1, 4, 5]);
        let mut unit = storage.begin().unwrap();
        revoke(&mut *unit, ids[0], 5, RevocationReason::Superseded);
        revoke(&mut *unit, ids[1], 6, HOLD);
        revoke(&mut *unit, ids[2], 7, RevocationReason::KeyCompromise);
        let (eighth, first, fourth) = (
            entry(8, 5, Some(RevocationReason::Superseded)),
            entry(1, 6, Some(HOLD)),
            entry(4, 7, Some(RevocationReason::KeyCompromise)),
        );
        let mut list = |shard, valid_after| unit.certificates().revoked(issuer, shard, given::at(valid_after)).unwrap();
        assert_eq!(list(Some(0), 9), [fourth.clone(), eighth.clone()]);
        assert_eq!(list(Some(1), 9), std::slice::from_ref(&first));
        assert_eq!(list(Some(2), 9), []);
        assert_eq!(list(None, 9), [first, fourth, eighth]);
    }

    fn an_expired_certificate_leaves_the_list_only_when_it_was_on_one_after_expiry(storage) {
        let (issuer, ids) = certificates(storage, &[4]);
        let mut unit = storage.begin().unwrap();
        revoke(&mut *unit, ids[0], 5, RevocationReason::Superseded);
        assert_eq!(unit.certificates().revoked(issuer, None, given::at(1_000_000)).unwrap().len(), 1);
        assert_eq!(unit.certificates().revoked(issuer, Some(0), given::at(1_000_001)).unwrap(), []);
    }

    fn a_delta_has_what_changed_since_and_says_what_was_released(storage) {
        let (issuer, ids) = certificates(storage, &[4, 8, 12, 16, 5]);
        let mut unit = storage.begin().unwrap();
        revoke(&mut *unit, ids[0], 10, HOLD);
        revoke(&mut *unit, ids[1], 20, RevocationReason::Superseded);
        revoke(&mut *unit, ids[2], 30, HOLD);
        release(&mut *unit, ids[0], 10, 40);
        release(&mut *unit, ids[2], 30, 45);
        revoke(&mut *unit, ids[4], 50, HOLD);
        let (released, superseded) = (entry(4, 40, None), entry(8, 20, Some(RevocationReason::Superseded)));
        let (both, other) = (entry(12, 45, None), entry(5, 50, Some(HOLD)));
        let mut delta = |shard, since| unit.certificates().changed(issuer, shard, given::at(since)).unwrap();
        assert_eq!(delta(Some(0), 20), [released.clone(), superseded.clone(), both.clone()]);
        assert_eq!(delta(Some(0), 21), [released.clone(), both.clone()]);
        assert_eq!(delta(Some(0), 46), []);
        assert_eq!(delta(None, 0), [released, other, superseded, both]);
    }

    fn a_delta_has_a_certificate_once_as_it_is_now(storage) {
        let (issuer, ids) = certificates(storage, &[4]);
        let mut unit = storage.begin().unwrap();
        revoke(&mut *unit, ids[0], 10, HOLD);
        release(&mut *unit, ids[0], 10, 11);
        revoke(&mut *unit, ids[0], 12, RevocationReason::KeyCompromise);
        let delta = unit.certificates().changed(issuer, Some(0), given::at(0)).unwrap();
        assert_eq!(delta, [entry(4, 12, Some(RevocationReason::KeyCompromise))]);
    }

    fn issued_certificates_are_counted_and_intents_are_not(storage) {
        let (issuer, ids) = certificates(storage, &[1, 2]);
        let mut unit = storage.begin().unwrap();
        unit.certificates().intend(&given::new_certificate(issuer, None, 3)).unwrap();
        let given_up = unit.certificates().intend(&given::new_certificate(issuer, None, 4)).unwrap();
        unit.certificates().void(given_up, given::at(1)).unwrap();
        revoke(&mut *unit, ids[0], 5, RevocationReason::Superseded);
        assert_eq!(unit.certificates().count().unwrap(), 2);
    }
}
