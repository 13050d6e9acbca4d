//! A key on the block list, whenever it gets there: nothing is issued for it.

use std::sync::atomic::Ordering;

use tanba_model::application::State;
use tanba_model::certificate::Status;
use tanba_model::key::{BlockSource, BlockedKey};
use tanba_model::ports::{Issuance, IssuanceError, RequestFault};

use crate::harness::{House, NOW, key, later, order, pair, request};

pub(crate) fn block(house: &House, seed: u64) {
    use tanba_crypto::Signer as _;
    let mut unit = house.storage.begin().unwrap();
    let blocked = BlockedKey {
        public_key_sha256: key(seed).public_key().sha256(),
        at: NOW,
        source: BlockSource::Administrator,
        reason: "it was published".to_owned(),
        attestation: None,
    };
    assert!(unit.keys().block(&blocked).unwrap());
    unit.commit().unwrap();
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: &Result<T, IssuanceError>) {
    assert!(
        matches!(
            result,
            Err(IssuanceError::Request(RequestFault::BlockedKey))
        ),
        "{result:?}"
    );
}

#[test]
fn a_blocked_key_gets_no_intent_and_no_signature() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    block(&house, 7);
    let before = house.chest.controls.signatures.load(Ordering::SeqCst);
    let profile = "neutral-individual-signature";
    assert_refused(&authority.issue(&[order(person, None, profile, request(&key(7)))], NOW));
    // What belongs together is issued together or not at all.
    assert_refused(&authority.issue(&pair(person, None, 7), NOW));
    let people = |house: &House| {
        let records = house.certificates();
        records.iter().filter(|one| one.person.is_some()).count()
    };
    assert_eq!(people(&house), 0);
    assert_eq!(
        house.chest.controls.signatures.load(Ordering::SeqCst),
        before
    );
    authority.issue(&pair(person, None, 8), NOW).unwrap();
    assert_eq!(people(&house), 2);
}

#[test]
fn a_key_that_is_blocked_between_intent_and_signature_is_given_up_with_evidence() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let prepared = authority.prepare(&pair(person, None, 7), NOW).unwrap();
    block(&house, 7);
    assert_refused(&prepared.issue(later(1)));
    let states: Vec<Status> = house
        .certificates()
        .into_iter()
        .filter(|record| record.person.is_some())
        .map(|record| record.status)
        .collect();
    assert_eq!(states, [Status::Void, Status::Void], "half was issued");
    let audit = house.audit();
    assert_eq!(audit["certificate.void"], 2);
    assert_eq!(
        audit.get("certificate.issue"),
        house_itself(&house).get("certificate.issue")
    );
}

/// What the making of an authority leaves in the log.
fn house_itself(like: &House) -> std::collections::BTreeMap<String, usize> {
    let (house, _authority) = House::with_authority(2);
    assert_ne!(house.folder.path(), like.folder.path());
    house.audit()
}

/// Intents of an application that ended before the signatures came are given up, all of them.
#[test]
fn what_answers_an_application_that_ended_is_given_up() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let application = house.application(person, 1);
    let prepared = authority
        .prepare(&pair(person, Some(application), 7), NOW)
        .unwrap();
    let mut unit = house.storage.begin().unwrap();
    let mut ended = unit.applications().find(application).unwrap().unwrap();
    ended.state = State::Cancelled { at: later(1) };
    unit.applications().update(&mut ended).unwrap();
    unit.commit().unwrap();
    let refused = prepared.issue(later(2));
    assert!(matches!(refused, Err(IssuanceError::Ended)), "{refused:?}");
    let people = house.certificates().into_iter();
    let mut people = people.filter(|record| record.person.is_some());
    assert!(people.all(|record| record.status == Status::Void));
    assert_eq!(house.audit()["certificate.void"], 2);
}

#[test]
fn recovery_gives_up_what_is_open_for_a_blocked_key() {
    let (mut house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let _open = authority.prepare(&pair(person, None, 7), NOW).unwrap();
    block(&house, 7);
    let authority = house.reopen();
    let recovered = authority.recover(later(1)).unwrap();
    // These two answer no application, so that nothing says that they belong together.
    assert_eq!((recovered.completed.len(), recovered.voided.len()), (1, 1));
}

#[test]
fn recovery_gives_up_all_intents_of_an_application_with_one_blocked_key() {
    for blocked in [7, 1_000_007] {
        let (mut house, authority) = House::with_authority(2);
        let person = house.person("80010130012");
        let application = Some(house.application(person, 1));
        let other = Some(house.application(person, 2));
        drop(
            authority
                .prepare(&pair(person, application, 7), NOW)
                .unwrap(),
        );
        drop(authority.prepare(&pair(person, other, 8), NOW).unwrap());
        block(&house, blocked);
        let authority = house.reopen();
        let recovered = authority.recover(later(1)).unwrap();
        assert_eq!((recovered.completed.len(), recovered.voided.len()), (2, 2));
        for record in house.certificates() {
            let expected = if record.application == application {
                Status::Void
            } else {
                Status::Valid
            };
            if record.person.is_some() {
                assert_eq!(record.status, expected);
            }
        }
        // Nothing is left to do, and the keys of what was given up stay used.
        let again = authority.issue(&pair(person, application, 7), later(2));
        assert!(matches!(again, Err(IssuanceError::Request(_))), "{again:?}");
    }
}
