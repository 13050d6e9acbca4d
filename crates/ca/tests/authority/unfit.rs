//! An authority that counts no more issues nothing, whenever it comes; status is told on.

use std::sync::Arc;

use tanba_ca::{Authority, Profiles, Recovered};
use tanba_crypto::Signer as _;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::fitness::{Unfit, judge_all};
use tanba_model::key::{BlockSource, BlockedKey};
use tanba_model::ports::{
    CrlKind, Issuance, IssuanceError, IssuerKind, NewIssuer, RequestFault, Storage,
};
use tanba_pki::{Certificate, SerialNumber};
use tanba_storage::SqliteStorage;

use crate::harness::{Behaviour, House, NOW, administrator, folder, later, pair};

/// Half the life of a responder and more.
const RESPONDER_IS_DUE: u64 = 8 * 24 * 3600;
const HOLD: RevocationReason = RevocationReason::CertificateHold;
const COMPROMISE: RevocationReason = RevocationReason::KeyCompromise;

/// The record of the certificate of the issuing authority.
fn own(storage: &dyn Storage) -> CertificateRecord {
    let mut unit = storage.snapshot().unwrap();
    let issuers = unit.issuers().all().unwrap();
    let certificate = Certificate::from_der(&issuers[1].issuer.certificate).unwrap();
    let serial = SerialNumber::from_bytes(certificate.serial_bytes()).unwrap();
    unit.certificates()
        .find_by_serial(issuers[0].id, &serial)
        .unwrap()
        .unwrap()
}

/// Revokes or freezes the issuing authority behind the back of the program that issues.
pub(crate) fn disown(storage: &dyn Storage, reason: RevocationReason) {
    let record = own(storage);
    let to = Status::Revoked {
        at: later(1),
        reason,
    };
    let mut unit = storage.begin().unwrap();
    unit.certificates()
        .set_status(record.id, record.status, to, later(1))
        .unwrap();
    unit.commit().unwrap();
}

/// Blocks the key of the authority of this place: 0 is the root.
fn block(house: &House, place: usize) {
    let mut unit = house.storage.begin().unwrap();
    let issuers = unit.issuers().all().unwrap();
    let certificate = Certificate::from_der(&issuers[place].issuer.certificate).unwrap();
    let key = BlockedKey {
        public_key_sha256: certificate.public_key().sha256(),
        at: NOW,
        source: BlockSource::Administrator,
        reason: "it was seen on the web".to_owned(),
        attestation: None,
    };
    assert!(unit.keys().block(&key).unwrap());
    unit.commit().unwrap();
}

#[track_caller]
fn assert_unfit<T>(result: Result<T, IssuanceError>, authority: &str, why: Unfit) {
    match result.map(drop) {
        Err(IssuanceError::Unfit(unfit)) => {
            assert_eq!((unfit.authority.as_str(), unfit.why), (authority, why));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_recorded_or_signed_whatever_it_is_that_the_authority_lost_its_right_by() {
    type Change = fn(&House);
    let cases: [(Change, &str, Unfit); 4] = [
        (
            |house| disown(house.storage.as_ref(), COMPROMISE),
            "test",
            Unfit::Revoked,
        ),
        (
            |house| disown(house.storage.as_ref(), HOLD),
            "test",
            Unfit::Held,
        ),
        (|house| block(house, 1), "test", Unfit::KeyBlocked),
        (|house| block(house, 0), "root", Unfit::KeyBlocked),
    ];
    for (change, authority_name, why) in cases {
        let (house, authority) = House::with_authority(2);
        let person = house.person("80010130012");
        let orders = pair(person, Some(house.application(person, 1)), 1);
        let alone = pair(person, None, 2);
        change(&house);
        let (before, records) = (house.signatures(), house.certificates().len());
        for _ in 0..3 {
            assert_unfit(authority.issue(&orders, later(2)), authority_name, why);
        }
        assert_unfit(authority.prepare(&alone, later(2)), authority_name, why);
        assert_eq!(house.certificates().len(), records, "a serial was reserved");
        assert_eq!(house.signatures(), before);
        // An application that waits is asked about every few seconds; what nobody repeats leaves evidence each time.
        assert_eq!(house.audit()["certificate.refuse"], 2);
        assert_eq!(authority.unfitness(later(2)).unwrap().unwrap().why, why);
    }
}

#[test]
fn lists_revocations_and_responders_go_on_and_no_seal_is_made() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let issued = authority.issue(&pair(person, None, 1), NOW).unwrap();
    disown(house.storage.as_ref(), COMPROMISE);
    authority
        .revoke(issued[0].id, COMPROMISE, administrator(), later(2))
        .unwrap();
    let published = authority.publish_due(later(3)).unwrap();
    assert!(
        published
            .iter()
            .any(|list| matches!(list.kind, CrlKind::Delta(_)))
    );
    let kept_up = authority.maintain(later(RESPONDER_IS_DUE)).unwrap();
    assert_eq!(kept_up.responders.len(), 1, "status is told on");
    let two_years = authority.maintain(later(2 * 365 * 24 * 3600)).unwrap();
    assert_eq!((two_years.seals.len(), two_years.responders.len()), (0, 1));
}

/// Whoever asks the root about the authority is told at once, and not when the root's next list is due by its rhythm.
#[test]
fn the_list_of_the_root_says_at_once_that_an_authority_was_revoked() {
    let (house, authority) = House::with_authority(2);
    let record = own(house.storage.as_ref());
    authority
        .revoke(record.id, COMPROMISE, administrator(), later(2))
        .unwrap();
    let published = authority.publish_due(later(3)).unwrap();
    let of_root: Vec<_> = published
        .iter()
        .filter(|list| list.issuer == record.issuer)
        .collect();
    assert_eq!(of_root.len(), 1);
    assert_eq!(of_root[0].entries, 1);
    assert!(authority.publish_due(later(4)).unwrap().is_empty());
}

#[test]
fn revoked_between_intent_and_signature_the_intents_are_given_up_with_evidence() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let orders = pair(person, Some(house.application(person, 1)), 1);
    let prepared = authority.prepare(&orders, NOW).unwrap();
    let before = house.signatures();
    disown(house.storage.as_ref(), COMPROMISE);
    assert_unfit(prepared.issue(later(2)), "test", Unfit::Revoked);
    assert_eq!(house.signatures(), before, "the key was asked");
    let states = house.of_people().into_iter().map(|record| record.status);
    assert_eq!(states.collect::<Vec<_>>(), [Status::Void, Status::Void]);
    assert_eq!(house.audit()["certificate.void"], 2);
    // Its keys are used up, so its owner is told to apply with new ones and waits for nothing.
    assert!(matches!(
        authority.issue(&orders, later(3)),
        Err(IssuanceError::Request(RequestFault::ReusedKey))
    ));
}

#[test]
fn revoked_while_the_key_signs_the_signature_is_dropped_and_the_intents_are_given_up() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let orders = pair(person, Some(house.application(person, 1)), 1);
    *house.chest.controls.switched.lock().unwrap() = Some(Arc::clone(&house.storage));
    house.chest.controls.set(Behaviour::IsDisowned);
    let before = house.signatures();
    assert_unfit(authority.issue(&orders, later(2)), "test", Unfit::Revoked);
    assert!(house.signatures() > before, "the key was not asked");
    for record in house.of_people() {
        assert_eq!((record.status, record.der), (Status::Void, None));
    }
    assert_eq!(house.of_people().len(), 2);
}

#[test]
fn frozen_between_intent_and_signature_the_intents_wait_and_are_signed_as_recorded_after_the_release()
 {
    let (mut house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let orders = pair(person, Some(house.application(person, 1)), 1);
    drop(authority.prepare(&orders, NOW).unwrap());
    disown(house.storage.as_ref(), HOLD);
    assert_unfit(authority.issue(&orders, later(2)), "test", Unfit::Held);
    drop(authority);
    let authority = house.reopen();
    let waiting = house.of_people();
    let recovered = authority.recover(later(2)).unwrap();
    let expected = Recovered {
        waiting: waiting.iter().map(|record| record.serial).collect(),
        ..Recovered::default()
    };
    assert_eq!(recovered, expected);
    assert_unfit(authority.issue(&orders, later(3)), "test", Unfit::Held);
    let record = own(house.storage.as_ref());
    authority
        .release(record.id, administrator(), later(4))
        .unwrap();
    authority.issue(&orders, later(5)).unwrap();
    let signed = house.of_people();
    assert_eq!(signed.len(), 2);
    for (signed, recorded) in signed.iter().zip(&waiting) {
        assert_eq!(signed.to_be_signed, recorded.to_be_signed);
        assert_eq!(signed.status, Status::Valid);
    }
}

#[test]
fn recovery_gives_up_what_a_revoked_authority_left_open() {
    let (mut house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let orders = pair(person, Some(house.application(person, 1)), 1);
    drop(authority.prepare(&orders, NOW).unwrap());
    disown(house.storage.as_ref(), COMPROMISE);
    drop(authority);
    let authority = house.reopen();
    let before = house.signatures();
    let recovered = authority.recover(later(2)).unwrap();
    assert_eq!(
        (
            recovered.voided.len(),
            recovered.completed.len(),
            recovered.waiting.len()
        ),
        (2, 0, 0)
    );
    assert_eq!(house.signatures(), before);
}

#[test]
fn an_authority_that_has_ended_issues_nothing_and_its_upkeep_does_not_fail() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let eleven_years = later(11 * 366 * 24 * 3600);
    let orders = pair(person, None, 1);
    assert_unfit(authority.issue(&orders, eleven_years), "test", Unfit::Ended);
    let kept_up = authority.maintain(eleven_years).unwrap();
    assert_eq!((kept_up.responders.len(), kept_up.seals.len()), (0, 0));
    let root = judged(house.storage.as_ref(), 0, eleven_years);
    assert_eq!(root, None, "the root lives for twenty");
}

fn judged(storage: &dyn Storage, place: usize, at: tanba_pki::Timestamp) -> Option<Unfit> {
    let mut unit = storage.snapshot().unwrap();
    let judged = judge_all(unit.as_mut(), at).unwrap();
    judged[place].1.as_ref().map(|unfit| unfit.why)
}

/// Where the root signs elsewhere, nothing is on record here but its list.
#[test]
fn an_authority_that_the_list_of_a_root_elsewhere_names_may_not_issue() {
    let (theirs, authority) = House::with_authority(2);
    let folder = folder();
    let ours = SqliteStorage::open(folder.path().join("ours.sqlite")).unwrap();
    let records = theirs.storage.snapshot().unwrap().issuers().all().unwrap();
    let mut unit = ours.begin().unwrap();
    let mut ids = Vec::new();
    for record in &records {
        let key = match record.issuer.kind {
            IssuerKind::Root => b"elsewhere".to_vec(),
            IssuerKind::Issuing => record.issuer.key.clone(),
        };
        let new = NewIssuer {
            key,
            ..record.issuer.clone()
        };
        ids.push(unit.issuers().insert(&new, NOW).unwrap());
    }
    unit.commit().unwrap();
    let carry = |expected: Option<Unfit>| {
        let mut unit = theirs.storage.snapshot().unwrap();
        let mut list = unit
            .crls()
            .latest(records[0].id, CrlKind::Full)
            .unwrap()
            .unwrap();
        list.issuer = ids[0];
        let mut unit = ours.begin().unwrap();
        unit.crls().publish(&list).unwrap();
        unit.commit().unwrap();
        assert_eq!(judged(&ours, 1, later(10)), expected);
    };
    assert_eq!(judged(&ours, 1, later(10)), None, "before any list");
    carry(None);
    let id = own(theirs.storage.as_ref()).id;
    authority
        .revoke(id, HOLD, administrator(), later(2))
        .unwrap();
    authority.publish_due(later(3)).unwrap();
    carry(Some(Unfit::Held));
    authority.release(id, administrator(), later(4)).unwrap();
    authority.publish_due(later(5)).unwrap();
    carry(None);
    authority
        .revoke(id, COMPROMISE, administrator(), later(6))
        .unwrap();
    authority.publish_due(later(7)).unwrap();
    carry(Some(Unfit::Revoked));
    assert_eq!(judged(&ours, 0, later(10)), None);
}

/// A revoked service is replaced at once: its certificate says that nobody asks about it.
#[test]
fn a_revoked_responder_is_replaced_by_the_next_upkeep() {
    let (house, authority) = House::with_authority(2);
    let responder = |house: &House| {
        house
            .certificates()
            .into_iter()
            .rfind(|record| record.profile == "ocsp-responder")
            .unwrap()
    };
    let first = responder(&house);
    authority
        .revoke(first.id, COMPROMISE, administrator(), later(1))
        .unwrap();
    let kept_up = authority.maintain(later(2)).unwrap();
    assert_eq!(kept_up.responders.len(), 1);
    assert_ne!(responder(&house).public_key_sha256, first.public_key_sha256);
    assert!(authority.maintain(later(3)).unwrap().responders.is_empty());
}

#[test]
fn a_switch_that_is_started_does_not_give_the_right_back() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    disown(house.storage.as_ref(), COMPROMISE);
    crate::switch::stop(house.storage.as_ref(), None);
    let switch = tanba_ca::Switch {
        issuer: "test",
        profile: None,
    };
    let storage = house.storage.as_ref();
    switch
        .start(storage, "by mistake", &administrator(), later(2))
        .unwrap();
    assert!(Profiles::builtin().find("ocsp-responder").is_some());
    let issued = authority.issue(&pair(person, None, 1), later(3));
    assert_unfit(issued, "test", Unfit::Revoked);
}

/// The path is judged with what the program holds, so that no restart is needed.
#[test]
fn another_process_revokes_and_the_one_that_runs_obeys_at_the_next_certificate() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    authority.issue(&pair(person, None, 1), NOW).unwrap();
    let other = Authority::open(house.parts()).unwrap();
    let record = own(house.storage.as_ref());
    other
        .revoke(record.id, COMPROMISE, administrator(), later(1))
        .unwrap();
    let issued = authority.issue(&pair(person, None, 2), later(2));
    assert_unfit(issued, "test", Unfit::Revoked);
    assert_ne!(
        crate::harness::key(1).public_key().sha256(),
        record.public_key_sha256
    );
}
