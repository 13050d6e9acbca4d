//! Stopping an authority or a profile, whenever it comes: nothing is issued, nothing is lost, and what was recorded is
//! signed octet for octet after the start.

use std::sync::Arc;

use tanba_ca::{Authority, Profiles, Recovered, Switch, SwitchError};
use tanba_model::audit::AuditEvent;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::ports::{Issuance, IssuanceError, IssuanceOrder, Storage};
use tanba_pki::Certificate;

use crate::harness::{
    Behaviour, House, NOW, administrator, key, later, options, order, pair, request,
};

const SIGNATURE: &str = "neutral-individual-signature";
const AUTHENTICATION: &str = "neutral-individual-authentication";
const REASON: &str = "кілт жоғалды деген хабар";
/// Half the life of a responder and more.
const RESPONDER_IS_DUE: u64 = 8 * 24 * 3600;

const fn switch(profile: Option<&str>) -> Switch<'_> {
    Switch {
        issuer: "test",
        profile,
    }
}

pub(crate) fn stop(storage: &dyn Storage, profile: Option<&str>) {
    let profiles = Profiles::builtin();
    switch(profile)
        .stop(storage, &profiles, REASON, &administrator(), later(1))
        .unwrap();
}

fn start(house: &House, profile: Option<&str>) {
    switch(profile)
        .start(
            house.storage.as_ref(),
            "it was a rumour",
            &administrator(),
            later(2),
        )
        .unwrap();
}

#[track_caller]
fn assert_stopped(result: Result<Vec<CertificateRecord>, IssuanceError>) {
    assert!(
        matches!(result, Err(IssuanceError::Stopped)),
        "{:?}",
        result.map(|records| records.len())
    );
}

/// Two intents are open and nothing of them was signed.
#[track_caller]
fn assert_two_wait(house: &House) -> Vec<CertificateRecord> {
    let waiting = house.of_people();
    assert_eq!(waiting.len(), 2);
    for record in &waiting {
        assert_eq!((record.status, &record.der), (Status::Intended, &None));
    }
    waiting
}

/// What waited is there, with the serial numbers and the octets that were recorded, and there is nothing else.
#[track_caller]
fn assert_signed_as_recorded(house: &House, waiting: &[CertificateRecord]) {
    let signed = house.of_people();
    assert_eq!(signed.len(), waiting.len());
    for (signed, recorded) in signed.iter().zip(waiting) {
        assert_eq!((signed.id, signed.serial), (recorded.id, recorded.serial));
        assert_eq!(signed.to_be_signed, recorded.to_be_signed);
        assert_eq!(signed.status, Status::Valid);
        let certificate = Certificate::from_der(signed.der.as_deref().unwrap()).unwrap();
        assert_eq!(certificate.tbs_der(), recorded.to_be_signed);
    }
    let audit = house.audit();
    assert_eq!(audit.get("certificate.void"), None);
    assert_eq!(audit["certificate.intend"], audit["certificate.issue"]);
}

fn applied(house: &House) -> Vec<IssuanceOrder> {
    let person = house.person("80010130012");
    pair(person, Some(house.application(person, 1)), 1)
}

#[test]
fn stopped_before_the_intent_nothing_is_recorded_and_nothing_signed() {
    let (house, authority) = House::with_authority(2);
    let orders = applied(&house);
    let before = house.signatures();
    stop(house.storage.as_ref(), None);
    assert_stopped(authority.issue(&orders, later(1)));
    assert!(matches!(
        authority.prepare(&orders, later(1)).map(drop),
        Err(IssuanceError::Stopped)
    ));
    assert_eq!(house.of_people().len(), 0);
    assert_eq!(house.signatures(), before);
    start(&house, None);
    // The keys are not used up by having been refused.
    assert_eq!(authority.issue(&orders, later(2)).unwrap().len(), 2);
    assert_eq!(house.signatures(), before + 2);
}

#[test]
fn stopped_between_intent_and_signature_the_key_does_not_sign_and_the_intents_wait() {
    let (house, authority) = House::with_authority(2);
    let orders = applied(&house);
    let prepared = authority.prepare(&orders, NOW).unwrap();
    let before = house.signatures();
    stop(house.storage.as_ref(), None);
    assert_stopped(prepared.issue(later(1)));
    assert_stopped(authority.issue(&orders, later(1)));
    let waiting = assert_two_wait(&house);
    assert_eq!(house.signatures(), before);
    start(&house, None);
    authority.issue(&orders, later(2)).unwrap();
    assert_signed_as_recorded(&house, &waiting);
}

#[test]
fn stopped_while_the_key_signs_the_signature_is_dropped_and_the_intents_wait() {
    let (house, authority) = House::with_authority(2);
    let orders = applied(&house);
    let before = house.signatures();
    let storage = Arc::clone(&house.storage);
    *house.chest.controls.switched.lock().unwrap() = Some(storage);
    house.chest.controls.set(Behaviour::IsStopped);
    assert_stopped(authority.issue(&orders, later(1)));
    assert!(house.signatures() > before, "the key was not asked");
    let waiting = assert_two_wait(&house);
    house.chest.controls.set(Behaviour::Sound);
    let asked = house.signatures();
    assert_stopped(authority.issue(&orders, later(1)));
    assert_eq!(house.signatures(), asked);
    start(&house, None);
    authority.issue(&orders, later(2)).unwrap();
    assert_signed_as_recorded(&house, &waiting);
}

#[test]
fn a_stopped_profile_stops_no_other_and_is_started_apart_from_the_authority() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let one = |profile, seed| [order(person, None, profile, request(&key(seed)))];
    stop(house.storage.as_ref(), Some(SIGNATURE));
    assert_stopped(authority.issue(&one(SIGNATURE, 1), later(1)));
    // What belongs together is issued together or not at all.
    assert_stopped(authority.issue(&pair(person, None, 2), later(1)));
    assert_eq!(house.of_people().len(), 0);
    authority.issue(&one(AUTHENTICATION, 3), later(1)).unwrap();

    stop(house.storage.as_ref(), None);
    assert_stopped(authority.issue(&one(AUTHENTICATION, 4), later(1)));
    start(&house, None);
    authority.issue(&one(AUTHENTICATION, 4), later(2)).unwrap();
    assert_stopped(authority.issue(&one(SIGNATURE, 1), later(2)));
    start(&house, Some(SIGNATURE));
    authority.issue(&one(SIGNATURE, 1), later(3)).unwrap();
    assert_eq!(house.of_people().len(), 3);
}

#[test]
fn a_stop_outlives_the_process_and_recovery_lets_what_waits_stand() {
    let (mut house, authority) = House::with_authority(2);
    let orders = applied(&house);
    drop(authority.prepare(&orders, NOW).unwrap());
    stop(house.storage.as_ref(), None);
    drop(authority);
    let authority = house.reopen();
    let waiting = assert_two_wait(&house);
    let before = house.signatures();
    for _ in 0..2 {
        let recovered = authority.recover(later(1)).unwrap();
        assert_eq!(
            recovered,
            Recovered {
                waiting: waiting.iter().map(|record| record.serial).collect(),
                ..Recovered::default()
            }
        );
        assert_eq!(assert_two_wait(&house), waiting);
    }
    assert_stopped(authority.issue(&orders, later(1)));
    assert_eq!(house.signatures(), before);
    start(&house, None);
    let recovered = authority.recover(later(2)).unwrap();
    assert_eq!((recovered.completed.len(), recovered.waiting.len()), (2, 0));
    assert_signed_as_recorded(&house, &waiting);
}

#[test]
fn many_that_wait_do_not_keep_recovery_from_the_others() {
    let (mut house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let frozen = house.person("81010130017");
    for seed in 0..350 {
        let whose = if seed % 7 == 0 { frozen } else { person };
        drop(authority.prepare(&pair(whose, None, seed), NOW).unwrap());
    }
    let mut unit = house.storage.begin().unwrap();
    unit.persons().set_frozen(frozen, Some(NOW)).unwrap();
    unit.commit().unwrap();
    stop(house.storage.as_ref(), Some(SIGNATURE));
    drop(authority);
    let authority = house.reopen();
    let counts = |authority: &Authority, seconds| {
        let recovered = authority.recover(later(seconds)).unwrap();
        (
            recovered.completed.len(),
            recovered.voided.len(),
            recovered.waiting.len(),
        )
    };
    assert_eq!(counts(&authority, 60), (300, 100, 300));
    assert_eq!(counts(&authority, 61), (0, 0, 300));
    start(&house, Some(SIGNATURE));
    assert_eq!(counts(&authority, 62), (300, 0, 0));
}

#[test]
fn what_is_behind_many_that_wait_is_closed_by_the_same_call() {
    let (mut house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let prepare = |profile, count: u64, first: u64| {
        for seed in first..first + count {
            let orders = [order(person, None, profile, request(&key(seed)))];
            drop(authority.prepare(&orders, NOW).unwrap());
        }
    };
    prepare(SIGNATURE, 250, 0);
    prepare(AUTHENTICATION, 3, 250);
    stop(house.storage.as_ref(), Some(SIGNATURE));
    drop(authority);
    let authority = house.reopen();
    let recovered = authority.recover_waiting(later(60)).unwrap();
    assert_eq!(
        (recovered.completed.len(), recovered.waiting.len()),
        (3, 250)
    );
    assert!(!recovered.more);
    start(&house, Some(SIGNATURE));
    let parts: Vec<_> = (0..3)
        .map(|_| {
            let recovered = authority.recover_waiting(later(61)).unwrap();
            (recovered.completed.len(), recovered.more)
        })
        .collect();
    assert_eq!(parts, [(100, true), (100, true), (50, false)]);
}

#[test]
fn what_answers_one_application_waits_together_and_is_given_up_together() {
    let (mut house, authority) = House::with_authority(2);
    let orders = applied(&house);
    drop(authority.prepare(&orders, NOW).unwrap());
    stop(house.storage.as_ref(), Some(SIGNATURE));
    drop(authority);
    let authority = house.reopen();
    let recovered = authority.recover(later(1)).unwrap();
    assert_eq!((recovered.completed.len(), recovered.waiting.len()), (0, 2));
    assert_two_wait(&house);
    crate::blocked::block(&house, 1);
    let recovered = authority.recover(later(2)).unwrap();
    assert_eq!((recovered.voided.len(), recovered.waiting.len()), (2, 0));
    for record in house.of_people() {
        assert_eq!(record.status, Status::Void);
    }
}

#[test]
fn revocations_lists_responders_and_seals_go_on_while_everything_is_stopped() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let issued = authority.issue(&pair(person, None, 1), NOW).unwrap();
    stop(house.storage.as_ref(), None);
    let (first, second) = (issued[0].id, issued[1].id);
    let hold = RevocationReason::CertificateHold;
    authority
        .revoke(
            first,
            RevocationReason::KeyCompromise,
            administrator(),
            later(1),
        )
        .unwrap();
    authority
        .revoke(second, hold, administrator(), later(1))
        .unwrap();
    authority
        .release(second, administrator(), later(2))
        .unwrap();
    assert!(!authority.publish_due(later(3)).unwrap().is_empty());
    assert_eq!(
        authority.publish_all(later(4)).unwrap().len(),
        1 + 1 + 2 * 2
    );
    let kept_up = authority.maintain(later(RESPONDER_IS_DUE)).unwrap();
    assert_eq!(kept_up.responders.len(), 1);
    // A seal is good for years; that the first one can be made is enough.
    let seal = authority.seal().unwrap();
    seal.sign(b"a report", later(RESPONDER_IS_DUE)).unwrap();
}

#[test]
fn an_authority_is_made_whole_while_it_is_stopped() {
    let house = House::empty();
    let authority = house.init(&options(tanba_ca::IssuingKey::EcP256, 2));
    stop(house.storage.as_ref(), None);
    drop(authority);
    let mut house = house;
    let authority = house.reopen();
    // Two years later everything of its own has ended.
    let kept_up = authority.maintain(later(2 * 365 * 24 * 3600)).unwrap();
    assert!(!kept_up.responders.is_empty() && !kept_up.lists.is_empty());
}

#[test]
fn who_stopped_what_and_why_is_evidence() {
    let (house, _authority) = House::with_authority(2);
    stop(house.storage.as_ref(), None);
    stop(house.storage.as_ref(), Some(SIGNATURE));
    start(&house, None);
    house.audit();
    let mut unit = house.storage.snapshot().unwrap();
    let records = unit.audit_log().page(0, 10_000).unwrap();
    let told: Vec<_> = records
        .iter()
        .map(|record| serde_json::from_slice::<AuditEvent>(&record.event).unwrap())
        .filter(|event| event.action.starts_with("issuer.st"))
        .map(|event| {
            assert_eq!(event.actor, administrator());
            (event.action, event.object, event.detail, event.at)
        })
        .collect();
    let profile = format!("issuer/test/{SIGNATURE}");
    let expected = [
        ("issuer.stop", "issuer/test", REASON, later(1)),
        ("issuer.stop", profile.as_str(), REASON, later(1)),
        ("issuer.start", "issuer/test", "it was a rumour", later(2)),
    ];
    assert_eq!(
        told,
        expected.map(|(action, object, detail, at)| {
            (action.to_owned(), object.to_owned(), detail.to_owned(), at)
        })
    );
}

#[test]
fn what_cannot_be_switched_is_told_and_changes_nothing() {
    let (house, authority) = House::with_authority(2);
    let (storage, profiles) = (house.storage.as_ref(), Profiles::builtin());
    let before = house.audit();
    let try_stop = |issuer, profile, reason| {
        Switch { issuer, profile }
            .stop(storage, &profiles, reason, &administrator(), later(1))
            .unwrap_err()
    };
    let long = "a".repeat(501);
    for reason in ["", " \t ", "two\nlines", long.as_str()] {
        let refused = try_stop("test", None, reason);
        assert!(matches!(refused, SwitchError::NoReason), "{refused:?}");
    }
    assert!(matches!(
        try_stop("nobody", None, "a reason"),
        SwitchError::NoIssuer(name) if name == "nobody"
    ));
    assert!(matches!(
        try_stop("root", None, "a reason"),
        SwitchError::Root(_)
    ));
    for profile in ["no-such-profile", "ocsp-responder", "issuing-ca", ""] {
        let refused = try_stop("test", Some(profile), "a reason");
        assert!(matches!(refused, SwitchError::NoProfile(_)), "{refused:?}");
    }
    let refused = switch(None).start(storage, "a reason", &administrator(), later(1));
    assert!(matches!(refused, Err(SwitchError::NotStopped)));
    assert_eq!(house.audit(), before);

    stop(storage, Some(SIGNATURE));
    let before = house.audit();
    assert!(matches!(
        try_stop("test", Some(SIGNATURE), "again"),
        SwitchError::Stopped
    ));
    let refused = switch(None).start(storage, "a reason", &administrator(), later(1));
    assert!(matches!(refused, Err(SwitchError::NotStopped)));
    let refused = switch(Some(SIGNATURE)).start(storage, " ", &administrator(), later(1));
    assert!(matches!(refused, Err(SwitchError::NoReason)));
    assert_eq!(house.audit(), before);
    let person = house.person("80010130012");
    assert_stopped(authority.issue(&pair(person, None, 1), later(2)));
}
