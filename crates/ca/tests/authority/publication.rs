//! When lists are made, and what they say.

use tanba_ca::AuthorityError;
use tanba_model::certificate::RevocationReason;
use tanba_model::id::IssuerId;
use tanba_model::ports::{CrlKind, Issuance, IssuanceError, Storage as _};
use tanba_pki::crl::{Crl, Reason};
use tanba_storage::SqliteStorage;

use crate::harness::{House, NOW, administrator, later, pair};

const HOUR: u64 = 3600;

fn list(house: &House, issuer: IssuerId, kind: CrlKind) -> (u64, Crl) {
    let record = house
        .storage
        .snapshot()
        .unwrap()
        .crls()
        .latest(issuer, kind)
        .unwrap()
        .unwrap();
    (record.number, Crl::from_der(&record.der).unwrap())
}

#[test]
fn nothing_is_published_while_nothing_is_due() {
    let (_house, authority) = House::with_authority(3);
    assert_eq!(authority.publish_due(later(60)).unwrap(), []);
    assert_eq!(
        authority.maintain(later(60)).unwrap(),
        tanba_ca::Maintained::default()
    );
    let deltas = authority.publish_due(later(HOUR)).unwrap();
    assert_eq!(
        deltas.iter().map(|list| list.kind).collect::<Vec<_>>(),
        [0, 1, 2].map(CrlKind::Delta)
    );
    let daily = authority.publish_due(later(24 * HOUR)).unwrap();
    assert_eq!(daily.len(), 1 + 2 * 3);
    assert_eq!(
        authority.publish_all(later(24 * HOUR + 1)).unwrap().len(),
        1 + 1 + 2 * 3
    );
}

#[test]
fn a_revocation_is_in_the_delta_of_its_shard_at_once_and_a_release_too() {
    let (house, authority) = House::with_authority(3);
    let person = house.person("80010130012");
    let record = authority
        .issue(&pair(person, None, 1), NOW)
        .unwrap()
        .swap_remove(0);
    let serial = record.serial.as_bytes();
    let (base, delta) = (CrlKind::Shard(record.shard), CrlKind::Delta(record.shard));
    authority
        .revoke(
            record.id,
            RevocationReason::CertificateHold,
            administrator(),
            later(10),
        )
        .unwrap();
    let published = authority.publish_due(later(12)).unwrap();
    assert_eq!(
        published.iter().map(|list| list.kind).collect::<Vec<_>>(),
        [delta]
    );
    assert_eq!(
        authority.publish_due(later(13)).unwrap(),
        [],
        "what is said need not be said again"
    );

    let (base_number, base_list) = list(&house, record.issuer, base);
    let (delta_number, delta_list) = list(&house, record.issuer, delta);
    assert!(delta_number > base_number);
    assert!(base_list.find(serial).is_none());
    let entry = delta_list.find(serial).unwrap();
    assert_eq!(
        (entry.at, entry.reason),
        (later(10), Reason::CertificateHold)
    );
    assert_eq!(
        delta_list.scope(),
        base_list.scope(),
        "a delta has its base's scope"
    );
    assert_eq!(delta_list.base_number(), base_list.number());
    assert_eq!(delta_list.authority_key_id(), base_list.authority_key_id());

    // The next base has it, the delta after it says when it is lifted.
    authority.publish_due(later(24 * HOUR)).unwrap();
    assert!(list(&house, record.issuer, base).1.find(serial).is_some());
    assert!(
        list(&house, record.issuer, CrlKind::Full)
            .1
            .find(serial)
            .is_some()
    );
    assert!(list(&house, record.issuer, delta).1.is_empty());
    authority
        .release(record.id, administrator(), later(25 * HOUR))
        .unwrap();
    authority.publish_due(later(25 * HOUR + 1)).unwrap();
    assert_eq!(
        list(&house, record.issuer, delta)
            .1
            .find(serial)
            .unwrap()
            .reason,
        Reason::RemoveFromCrl
    );
    authority.publish_due(later(49 * HOUR)).unwrap();
    assert!(list(&house, record.issuer, base).1.is_empty());
    house.audit();
}

#[test]
fn a_revocation_that_waited_for_the_database_while_a_base_was_made_is_in_the_delta() {
    let (house, authority) = House::with_authority(1);
    let person = house.person("80010130012");
    let record = authority
        .issue(&pair(person, None, 1), NOW)
        .unwrap()
        .swap_remove(0);
    authority.publish_all(later(100)).unwrap();
    // It looked at the clock before the base was made.
    authority
        .revoke(
            record.id,
            RevocationReason::KeyCompromise,
            administrator(),
            later(98),
        )
        .unwrap();
    authority.publish_due(later(101)).unwrap();
    assert!(
        list(&house, record.issuer, CrlKind::Delta(0))
            .1
            .find(record.serial.as_bytes())
            .is_some()
    );
}

#[test]
fn an_expired_certificate_leaves_the_lists_after_one_more() {
    let (house, authority) = House::with_authority(1);
    let person = house.person("80010130012");
    let record = authority
        .issue(&pair(person, None, 1), NOW)
        .unwrap()
        .swap_remove(0);
    authority
        .revoke(
            record.id,
            RevocationReason::Superseded,
            administrator(),
            later(1),
        )
        .unwrap();
    let there = |hours_after: u64| {
        let now = record
            .not_after
            .plus(std::time::Duration::from_secs(hours_after * HOUR));
        authority.publish_all(now).unwrap();
        list(&house, record.issuer, CrlKind::Shard(0))
            .1
            .find(record.serial.as_bytes())
            .is_some()
    };
    assert!(there(24), "on at least one list after its expiry");
    assert!(!there(24 * 5));
}

#[test]
fn responders_are_renewed_before_they_end() {
    use tanba_model::ports::OcspSigners;
    let (mut house, authority) = House::with_authority(1);
    let issuer = authority.issuers()[1].id;
    let first = authority.of(issuer).unwrap().certificate;
    assert!(
        authority
            .maintain(later(6 * 24 * HOUR))
            .unwrap()
            .responders
            .is_empty()
    );
    assert_eq!(
        authority
            .maintain(later(7 * 24 * HOUR))
            .unwrap()
            .responders
            .len(),
        1
    );
    let second = authority.of(issuer).unwrap();
    assert_ne!(first, second.certificate);
    assert_eq!(
        house.reopen().of(issuer).unwrap().certificate,
        second.certificate
    );
    house.audit();
}

#[test]
fn lists_from_a_future_that_never_came_stay_until_an_administrator_publishes() {
    let (_house, authority) = House::with_authority(1);
    authority.publish_all(later(365 * 24 * HOUR)).unwrap();
    let refused = authority.publish_due(later(60));
    assert!(
        matches!(refused, Err(AuthorityError::ClockBehind { .. })),
        "{refused:?}"
    );
    assert_eq!(authority.publish_all(later(61)).unwrap().len(), 1 + 1 + 2);
    assert_eq!(authority.publish_due(later(62)).unwrap(), []);
}

#[test]
fn a_clock_that_jumps_takes_no_list_back_and_certifies_no_wrong_time() {
    let (house, authority) = House::with_authority(1);
    let issuer = authority.issuers()[1].id;
    let person = house.person("80010130012");
    let day = 24 * HOUR;
    authority.publish_all(later(3 * day)).unwrap();
    let made = || {
        let (number, list) = list(&house, issuer, CrlKind::Full);
        (number, list.this_update())
    };
    let newest = made();
    let records = house.certificates().len();
    // A day back: nothing is recorded, signed or published.
    let refused = authority.issue(&pair(person, None, 1), later(2 * day));
    assert!(
        matches!(refused, Err(IssuanceError::ClockBehind)),
        "{refused:?}"
    );
    authority.maintain(later(2 * day)).unwrap_err();
    assert_eq!((made(), house.certificates().len()), (newest, records));
    // A minute back: goes on, and no list says that it is older than the one before.
    authority
        .issue(&pair(person, None, 2), later(3 * day - 60))
        .unwrap();
    authority.publish_all(later(3 * day - 60)).unwrap();
    assert!(made().0 > newest.0);
    assert_eq!(made().1, newest.1);
    // Years ahead: nothing may outlive its issuer.
    let beyond = authority.issue(&pair(person, None, 3), later(11 * 366 * day));
    assert!(beyond.is_err());
    // Ahead and back again: numbers go on.
    authority.publish_all(later(30 * day)).unwrap();
    let ahead = made();
    authority.publish_all(later(4 * day)).unwrap();
    assert!(made().0 > ahead.0);
    authority
        .issue(&pair(person, None, 4), later(4 * day))
        .unwrap();
    house.audit();
}

#[test]
fn numbers_never_run_backwards_even_when_everything_was_put_back_to_an_older_state() {
    let (house, authority) = House::with_authority(1);
    let issuer = authority.issuers()[1].id;
    let source = house.folder.path().join("tanba.sqlite");
    let backup = house.folder.path().join("backup.sqlite");
    let connection = rusqlite::Connection::open(&source).unwrap();
    connection
        .execute("VACUUM INTO ?1", [backup.to_str().unwrap()])
        .unwrap();
    // Many lists in few seconds, as after many revocations.
    for second in 1..=20 {
        authority.publish_all(later(second)).unwrap();
    }
    let kinds = [CrlKind::Full, CrlKind::Shard(0), CrlKind::Delta(0)];
    let published = kinds.map(|kind| list(&house, issuer, kind).0);
    // The backup knows nothing of them; no file outside of it does either.
    let mut parts = house.parts();
    let storage = std::sync::Arc::new(SqliteStorage::open_existing(&backup).unwrap());
    parts.storage = storage.clone();
    let restored = tanba_ca::Authority::open(parts).unwrap();
    restored.publish_all(later(21)).unwrap();
    let mut unit = storage.snapshot().unwrap();
    for (kind, before) in kinds.into_iter().zip(published) {
        let number = unit.crls().latest(issuer, kind).unwrap().unwrap().number;
        assert!(number > before, "{kind:?}: {number} after {before}");
    }
}

#[test]
fn a_delta_that_comes_with_its_base_has_its_number() {
    let (house, authority) = House::with_authority(1);
    let issuer = authority.issuers()[1].id;
    for hours in [0, 1, 24] {
        authority.publish_all(later(hours * HOUR)).unwrap();
        let base = list(&house, issuer, CrlKind::Shard(0));
        let delta = list(&house, issuer, CrlKind::Delta(0));
        assert_eq!(base.0, delta.0);
        assert_eq!(base.1.number(), delta.1.number());
        assert_eq!(delta.1.base_number(), base.1.number());
    }
    house.audit();
}

#[test]
fn a_responder_that_cannot_be_renewed_keeps_no_list_from_being_made() {
    let (house, authority) = House::with_authority(1);
    let issuer = authority.issuers()[1].id;
    let before = list(&house, issuer, CrlKind::Shard(0)).0;
    house
        .chest
        .controls
        .keys_left
        .store(0, std::sync::atomic::Ordering::SeqCst);
    authority.maintain(later(7 * 24 * HOUR)).unwrap_err();
    assert!(list(&house, issuer, CrlKind::Shard(0)).0 > before);
}
