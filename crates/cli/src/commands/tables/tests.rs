use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tanba_ca::{Profiles, Switch};
use tanba_crypto::{KeyAlgorithm, SoftwareKey};
use tanba_model::audit::Actor;
use tanba_model::audit::facts::{self, Fact};
use tanba_model::centre::Centres;
use tanba_model::iin::Iin;
use tanba_model::key::{BlockSource, BlockedKey, ListedKeys};
use tanba_model::language::Language;
use tanba_model::person::{EmailAddress, NewPerson};
use tanba_model::phone::PhoneNumber;
use tanba_model::place::Gazetteer;
use tanba_model::ports::{SourceRng, Storage};
use tanba_model::staff::Role;
use tanba_pki::{Certificate, CompromiseAttestation, Timestamp};
use tanba_ra::{Employment, block_key, dismiss, employ};
use tanba_storage::SqliteStorage;

use super::*;
use crate::commands::testing::{House, NOW};
use crate::context::Context;

mod apart;
mod far;
mod numbers;
mod repaired;
mod signed;
mod steps;
mod telephone;

fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn compared(storage: &dyn Storage) -> (Vec<&'static str>, Compared) {
    let in_shares_of = |size: i64| {
        let mut codes = Vec::new();
        let mut fault = |fault: Fault| codes.push(fault.code);
        let compared = in_shares(storage, size, &mut || true, &mut fault).unwrap();
        (codes, compared.unwrap())
    };
    let (whole, shares) = (in_shares_of(SHARE), in_shares_of(1));
    // What is put to somebody else's account is named in both shares.
    assert_eq!(
        (whole.0.is_empty(), whole.1),
        (shares.0.is_empty(), shares.1),
        "whether something is found does not depend on the share"
    );
    whole
}

fn event(storage: &dyn Storage, action: &str, object: String, detail: String, at: Timestamp) {
    let event = AuditEvent {
        at,
        actor: Actor::System,
        action: action.to_owned(),
        object,
        detail,
        origin: String::new(),
    };
    let mut unit = storage.begin().unwrap();
    let _ = unit.audit_log().append(&event).unwrap();
    unit.commit().unwrap();
}

fn iin(number: u32) -> Iin {
    (0..10)
        .find_map(|skip| Iin::complete(&format!("9001013{:04}", number * 10 + skip)))
        .unwrap()
}

/// Somebody with an address and a telephone.
fn her(number: u32) -> NewPerson {
    NewPerson {
        iin: iin(number),
        surname: "ТЕСТОВА".to_owned(),
        given_name: "ТЕСТ".to_owned(),
        patronymic: None,
        email: Some(EmailAddress::parse("her@example.kz").unwrap()),
        language: Language::Kk,
        phone: Some(PhoneNumber::parse("+77011234567").unwrap()),
    }
}

/// A house with somebody in each table that is compared.
fn house() -> House {
    let house = House::new();
    let storage = Arc::clone(&house.storage);
    let mut unit = storage.begin().unwrap();
    for number in 1..=3 {
        let id = unit.persons().insert(&her(number), NOW).unwrap();
        let event = AuditEvent {
            at: NOW,
            actor: Actor::System,
            action: "person.import".to_owned(),
            object: format!("person:{id}"),
            detail: facts::detail(unit.as_mut(), id, "address confirmed", &Fact::ALL).unwrap(),
            origin: String::new(),
        };
        let _ = unit.audit_log().append(&event).unwrap();
        if number == 3 {
            unit.persons().set_frozen(id, Some(NOW)).unwrap();
            let event = AuditEvent {
                action: "person.freeze".to_owned(),
                ..event
            };
            let _ = unit.audit_log().append(&event).unwrap();
        }
    }
    unit.commit().unwrap();
    let centres = Centres::kazakhstan(&Gazetteer::kazakhstan().unwrap()).unwrap();
    for number in 1..=2 {
        let work = Employment {
            role: Role::Auditor,
            centre: None,
            since: NOW,
            until: (number == 1).then(|| later(90)),
        };
        employ(
            storage.as_ref(),
            &centres,
            &iin(number),
            &work,
            &Actor::System,
            NOW,
        )
        .unwrap();
    }
    dismiss(storage.as_ref(), &iin(2), &Actor::System, later(5)).unwrap();
    let name = house.authority.issuers()[1].name.clone();
    let profiles = Profiles::builtin();
    let profile = Some("neutral-individual-signature");
    for profile in [None, profile] {
        let switch = Switch {
            issuer: &name,
            profile,
        };
        switch
            .stop(storage.as_ref(), &profiles, "a rumour", &Actor::System, NOW)
            .unwrap();
    }
    let switch = Switch {
        issuer: &name,
        profile,
    };
    switch
        .start(storage.as_ref(), "done", &Actor::System, later(1))
        .unwrap();
    block(&house);
    house
}

/// One key by an administrator, one by a statement, and a published list of five thousand.
fn block(house: &House) {
    let storage = house.storage.as_ref();
    let random = Context::new(true).unwrap().random();
    let key = SoftwareKey::generate(KeyAlgorithm::EcP256, &mut SourceRng(random.as_ref())).unwrap();
    let records = storage.snapshot().unwrap().issuers().all().unwrap();
    let authority = Certificate::from_der(&records[1].issuer.certificate).unwrap();
    let statement = CompromiseAttestation::make(&key, &authority).unwrap();
    let attested = BlockedKey {
        public_key_sha256: tanba_crypto::Signer::public_key(&key).sha256(),
        at: NOW,
        source: BlockSource::Attestation,
        reason: "stated by its holder".to_owned(),
        attestation: Some(statement),
    };
    let named = BlockedKey {
        public_key_sha256: [7; 32],
        source: BlockSource::Administrator,
        attestation: None,
        ..attested.clone()
    };
    let mut unit = storage.begin().unwrap();
    for key in [attested, named] {
        let _ = block_key(unit.as_mut(), &key, &Actor::System, "").unwrap();
    }
    unit.commit().unwrap();
    import(storage, 0..5_000, "a list", later(3));
}

/// A published list, not in the order of the digests.
fn import(storage: &dyn Storage, numbers: Range<u32>, reason: &str, at: Timestamp) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    let lines = numbers.map(|number| format!("{:08x}{:056x}\n", number.reverse_bits(), 9));
    std::fs::write(&path, lines.collect::<String>()).unwrap();
    let actor = Actor::System;
    let _ = crate::commands::key::block::import(storage, &path, reason, &actor, &|| at).unwrap();
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of what can be changed")]
fn whatever_was_changed_beside_the_log_is_found_and_named() {
    let house = house();
    let (codes, whole) = compared(house.storage.as_ref());
    assert_eq!(codes, [""; 0]);
    assert_eq!(
        (whole.people, whole.not_comparable, whole.unnamed),
        (3, 0, 0)
    );
    let key = "DROP TRIGGER blocked_key_stays; DROP TRIGGER blocked_key_is_not_edited;";
    let staff = "DROP TRIGGER staff_stays; DROP TRIGGER staff_is_what_it_was;";
    let person = "WHERE id = (SELECT min(id) FROM person)";
    let listed = "source = 'list' AND public_key_sha256 =
        (SELECT public_key_sha256 FROM blocked_key WHERE source = 'list' LIMIT 1 OFFSET 3000)";
    let cases: [(String, &[&str]); 43] = [
        (
            format!("{key} DELETE FROM blocked_key"),
            &["blocked-missing", "blocked-missing", "blocked-list"],
        ),
        (
            format!("{key} DELETE FROM blocked_key WHERE source = 'administrator'"),
            &["blocked-missing"],
        ),
        (format!("{key} DELETE FROM blocked_key WHERE {listed}"), &["blocked-list"]),
        (
            // Another key in place of one of the list: as many as before.
            format!("{key} UPDATE blocked_key SET public_key_sha256 = zeroblob(32) WHERE {listed}"),
            &["blocked-list"],
        ),
        (
            "INSERT INTO blocked_key VALUES (zeroblob(32), 1, 'administrator', 'why not', NULL)".to_owned(),
            &["blocked-unknown"],
        ),
        (
            "INSERT INTO blocked_key VALUES (zeroblob(32), 1, 'list', 'why not', NULL)".to_owned(),
            &["blocked-unknown"],
        ),
        (
            format!("{key} UPDATE blocked_key SET at = at + 1 WHERE source = 'administrator'"),
            &["blocked-other"],
        ),
        (
            format!("{key} UPDATE blocked_key SET attestation = x'3000' WHERE source = 'attestation'"),
            &["blocked-attestation"],
        ),
        (
            format!("{staff} UPDATE staff SET role = 'administrator' WHERE until > {}", later(60).unix()),
            &["staff-other"],
        ),
        (format!("{staff} UPDATE staff SET person_id = person_id + 1"), &["staff-other"; 2]),
        (format!("{staff} UPDATE staff SET centre = 'almaty' WHERE id = 1"), &["staff-other"]),
        (format!("{staff} UPDATE staff SET since = since - 1 WHERE id = 1"), &["staff-other"]),
        ("UPDATE staff SET until = NULL WHERE id = 1".to_owned(), &["staff-other"]),
        ("UPDATE staff SET until = NULL WHERE id = 2".to_owned(), &["staff-other"]),
        (format!("{staff} DELETE FROM staff WHERE id = 1"), &["staff-missing"]),
        (
            "INSERT INTO staff (person_id, role, since) SELECT id, 'administrator', 1 FROM person LIMIT 1".to_owned(),
            &["staff-unknown"],
        ),
        ("DELETE FROM issuance_stop".to_owned(), &["stop-missing"]),
        ("UPDATE issuance_stop SET reason = 'another'".to_owned(), &["stop-other"]),
        (
            "UPDATE issuance_stop SET profile = 'neutral-individual-signature'".to_owned(),
            &["stop-unknown", "stop-missing"],
        ),
        (format!("UPDATE person SET email = 'thief@example.kz' {person}"), &["person-channels"]),
        (format!("UPDATE person SET email = NULL {person}"), &["person-channels"]),
        (
            format!("UPDATE person SET earlier_email = 'thief@example.kz', earlier_email_until = 9999999999 {person}"),
            &["person-channels"],
        ),
        (format!("UPDATE person SET phone = '+77010000000' {person}"), &["person-channels"]),
        (format!("UPDATE person SET phone_since = 1 {person}"), &["person-channels"]),
        (format!("UPDATE person SET surname = 'ЖАЛҒАН' {person}"), &["person-identity"]),
        (format!("UPDATE person SET patronymic = 'ЖАЛҒАН' {person}"), &["person-identity"]),
        (format!("UPDATE person SET deceased = 1 {person}"), &["person-identity"]),
        (format!("UPDATE person SET source = 'another' {person}"), &["person-identity"]),
        (
            format!("DROP TRIGGER person_is_who_she_is; UPDATE person SET iin = '{}' {person}", iin(8).as_str()),
            &["person-number"],
        ),
        (
            "UPDATE server_secret SET value = zeroblob(32) WHERE name = 'channels'".to_owned(),
            &["person-channels", "person-number", "person-identity"].repeat(3),
        ),
        ("DELETE FROM server_secret WHERE name = 'channels'".to_owned(), &["channels-key"]),
        ("UPDATE issuer SET kind = 'root' WHERE id = 2".to_owned(), &["issuer-other"]),
        ("UPDATE issuer SET shards = 1 WHERE id = 2".to_owned(), &["issuer-other"]),
        ("UPDATE issuer SET name = 'another' WHERE id = 1".to_owned(), &["issuer-other"]),
        ("UPDATE issuer SET seal_certificate = certificate WHERE id = 2".to_owned(), &["issuer-seal"]),
        // With the checkpoints away, too, nobody would miss them.
        (
            "DROP TRIGGER audit_checkpoint_stays; DELETE FROM audit_checkpoint;
             UPDATE issuer SET seal_certificate = NULL, seal_key = NULL WHERE id = 2".to_owned(),
            &["issuer-seal"],
        ),
        ("UPDATE issuer SET responder_certificate = NULL WHERE id = 2".to_owned(), &["issuer-responder"]),
        (
            "UPDATE issuer SET certificate = (SELECT certificate FROM issuer WHERE id = 1) WHERE id = 2".to_owned(),
            &["blocked-attestation", "issuer-certificate", "issuer-other"],
        ),
        (
            "INSERT INTO issuer (name, kind, shards, created_at, certificate, key)
             SELECT 'mine', 'issuing', 1, 1, certificate, key FROM issuer WHERE id = 2".to_owned(),
            &["issuer-unknown"],
        ),
        (
            "INSERT INTO awaited_issuer (name, shards, created_at, request, key) VALUES ('mine', 1, 1, x'00', x'00')".to_owned(),
            &["issuer-awaited"],
        ),
        ("UPDATE person SET frozen_at = NULL".to_owned(), &["person-frozen"]),
        (format!("DROP TRIGGER person_stays; DELETE FROM person {person}"), &["person-missing"]),
        (
            format!(
                "INSERT INTO person (iin, surname, given_name, language, created_at)
                 SELECT '{}', surname, given_name, language, created_at FROM person LIMIT 1",
                iin(9).as_str()
            ),
            &["person-unknown"],
        ),
    ];
    for (number, (sql, expected)) in cases.iter().enumerate() {
        let storage = SqliteStorage::open(house.copy(number, sql)).unwrap();
        let (codes, _) = compared(&storage);
        assert_eq!(codes, *expected, "{sql}");
    }
}

#[test]
fn what_was_written_before_all_of_it_was_recorded_is_counted_and_no_fault() {
    let house = House::new();
    let storage = house.storage.as_ref();
    let person = NewPerson {
        phone: None,
        ..her(1)
    };
    let mut unit = storage.begin().unwrap();
    let id = unit.persons().insert(&person, NOW).unwrap();
    let digest = |number: u8| BlockedKey {
        public_key_sha256: [number; 32],
        at: NOW,
        source: BlockSource::List,
        reason: "old: a list".to_owned(),
        attestation: None,
    };
    for number in [3, 1, 2] {
        assert!(unit.keys().block(&digest(number)).unwrap());
    }
    unit.commit().unwrap();
    event(
        storage,
        "person.import",
        format!("person:{id}"),
        "address confirmed".to_owned(),
        NOW,
    );
    event(
        storage,
        "key.block-list",
        "keys".to_owned(),
        "9 read, 2 new: old: a list".to_owned(),
        NOW,
    );
    event(
        storage,
        "key.block-list",
        "keys".to_owned(),
        "1 read, 1 new: old: a list".to_owned(),
        NOW,
    );
    house.sql(&format!(
        "INSERT INTO staff (person_id, role, since) VALUES ({id}, 'auditor', 1)"
    ));
    event(
        storage,
        "staff.add",
        "staff:1".to_owned(),
        "auditor".to_owned(),
        NOW,
    );
    let (codes, compared_now) = compared(storage);
    assert_eq!(codes, [""; 0]);
    assert_eq!(
        (
            compared_now.people,
            compared_now.not_comparable,
            compared_now.unnamed,
            compared_now.by_role,
        ),
        (1, 1, 1, 1)
    );
    let sql =
        "DROP TRIGGER blocked_key_stays; DELETE FROM blocked_key WHERE public_key_sha256 > x'02';
        DROP TRIGGER staff_is_what_it_was; UPDATE staff SET role = 'administrator'";
    let storage = SqliteStorage::open(house.copy(1, sql)).unwrap();
    assert_eq!(compared(&storage).0, ["blocked-list", "staff-other"]);
}

#[test]
fn a_cell_that_cannot_be_read_is_named_with_whose_record_it_is() {
    let house = house();
    let sql = "UPDATE person SET email = 'evil@x' WHERE id = 2";
    let storage = SqliteStorage::open(house.copy(1, sql)).unwrap();
    let mut told = Vec::new();
    let mut fault = |fault: Fault| told.push((fault.object, fault.code));
    let _ = compare(&storage, &mut || true, &mut fault).unwrap();
    assert_eq!(told, [("person:2".to_owned(), "person-unreadable")]);
}

#[test]
fn what_an_event_says_of_a_list_is_read_as_it_was_written() {
    let listed = ListedKeys {
        read: 5,
        new: 3,
        sha256: Some([1; 32]),
        reason: "why: a new one".to_owned(),
    };
    assert_eq!(ListedKeys::said(&listed.evidence()), Some(listed));
    assert_eq!(ListedKeys::said("5 read, 3 new sha256=01: short"), None);
    assert_eq!(ListedKeys::said("nonsense"), None);
}
