//! Keys on the block list, and statements of whoever holds a key.

use tanba_crypto::Signer as _;
use tanba_model::audit::Actor;
use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::key::{BlockSource, BlockedKey};
use tanba_model::message::MessageBody;
use tanba_model::ports::{IssuerKind, Storage as _};
use tanba_pki::{Certificate, CompromiseAttestation, Timestamp};
use tanba_ra::{AttestedError, KeyBlocked, block_key};

use crate::world::{Meanwhile, NOON, World, after};

const COMPROMISED: RevocationReason = RevocationReason::KeyCompromise;

fn block(world: &World, digest: [u8; 32], at: Timestamp) -> KeyBlocked {
    block_in(world.storage.as_ref(), digest, at)
}

fn block_in(
    storage: &dyn tanba_model::ports::Storage,
    public_key_sha256: [u8; 32],
    at: Timestamp,
) -> KeyBlocked {
    let key = BlockedKey {
        public_key_sha256,
        at,
        source: BlockSource::Administrator,
        reason: "it was published".to_owned(),
        attestation: None,
    };
    let mut work = storage.begin().unwrap();
    let done = block_key(work.as_mut(), &key, &Actor::System, "").unwrap();
    work.commit().unwrap();
    done
}

fn authority(world: &World, kind: IssuerKind) -> Certificate {
    let issuers = world.storage.snapshot().unwrap().issuers().all().unwrap();
    let issuer = issuers.iter().find(|issuer| issuer.issuer.kind == kind);
    Certificate::from_der(&issuer.unwrap().issuer.certificate).unwrap()
}

#[test]
fn blocking_a_key_revokes_its_certificate_ends_the_sessions_and_tells_the_owner() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let opened = world.sign_in(&citizen, NOON);
    let _ = world.mail(NOON);
    let digest = citizen.authentication.certificate.public_key().sha256();
    let done = block(&world, digest, after(60));
    assert!(done.is_new);
    assert_eq!(done.revoked.len(), 1);
    let revoked = Status::Revoked {
        at: after(60),
        reason: COMPROMISED,
    };
    assert_eq!(world.record(citizen.authentication.id).status, revoked);
    assert_eq!(
        world.record(citizen.signature.id).status,
        Status::Valid,
        "her other key is another key"
    );
    let token = opened.token.expose();
    assert!(world.ra.session(token, after(61)).unwrap().is_none());
    let told = world.mail(after(61));
    let serial = citizen.authentication.certificate.serial_hex();
    assert!(
        told.iter().any(|mail| matches!(
            &mail.body,
            MessageBody::ByAdministrator { serials, reason, .. } if *serials == [serial.clone()] && reason == "keyCompromise"
        )),
        "nobody told her"
    );
    let audit = world.audit();
    for event in ["key.block", "certificate.revoke"] {
        let times = audit.iter().filter(|action| *action == event).count();
        assert_eq!(times, 1, "{event}");
    }
    let again = block(&world, digest, after(90));
    assert!(!again.is_new && again.revoked.is_empty());
    assert_eq!(world.record(citizen.authentication.id).status, revoked);
}

#[test]
fn a_frozen_certificate_of_a_blocked_key_ended_when_it_was_frozen() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let held = RevocationReason::CertificateHold;
    world.revoke(&citizen.signature, held, after(10));
    block(
        &world,
        citizen.signature.certificate.public_key().sha256(),
        after(60),
    );
    let status = world.record(citizen.signature.id).status;
    let (at, reason) = (after(10), COMPROMISED);
    assert_eq!(status, Status::Revoked { at, reason });
}

#[test]
fn new_keys_that_are_blocked_are_refused_when_they_are_asked_for() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let number = world
        .ra
        .begin_reissue(&session, &crate::world::form(), NOON)
        .unwrap()
        .number;
    let keys = [world.new_key(), world.new_key()];
    block(&world, keys[1].public_key().sha256(), NOON);
    let requests = world.requests(&citizen, &keys);
    let refused = world
        .ra
        .prepare_document(&session, &number, &requests, NOON);
    assert_eq!(refused.unwrap_err().code(), "request-blocked-key");
}

#[test]
fn an_application_whose_key_is_blocked_before_its_issue_is_rejected_and_says_why() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    block(&world, draft.keys[0].public_key().sha256(), after(5));
    let _refused = world.ra.confirm(&session, &draft.number, &code, after(10));
    let standing = world.status(&draft.number).unwrap().unwrap();
    assert_eq!(standing.state, "REJECTED");
    let reason = world.applications(citizen.id)[0].state.clone();
    assert!(
        format!("{reason:?}").contains("request-blocked-key"),
        "{reason:?}"
    );
    assert_eq!(
        world.certificates(citizen.id).len(),
        2,
        "the ones of before"
    );
}

#[test]
fn a_key_that_is_blocked_after_its_certificate_was_signed_revokes_it() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    let digest = draft.keys[0].public_key().sha256();
    let storage = world.storage.clone();
    *world.issuance.meanwhile.lock().unwrap() = Some(Meanwhile(Box::new(move || {
        let done = block_in(storage.as_ref(), digest, after(11));
        assert_eq!(done.revoked.len(), 1);
    })));
    let _ = world.ra.confirm(&session, &draft.number, &code, after(10));
    let records = world.certificates(citizen.id);
    let of_key = records
        .iter()
        .find(|record| record.public_key_sha256 == digest);
    let reason = COMPROMISED;
    let at = after(11);
    assert_eq!(of_key.unwrap().status, Status::Revoked { at, reason });
}

#[test]
fn whoever_holds_a_key_has_its_certificate_revoked_and_the_statement_is_kept() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    for (kind, key) in [
        (IssuerKind::Root, &citizen.signature),
        (IssuerKind::Issuing, &citizen.authentication),
    ] {
        let statement =
            CompromiseAttestation::make(&key.software, &authority(&world, kind)).unwrap();
        let done = world
            .ra
            .attest_compromise(&statement, "0011", after(5))
            .unwrap();
        assert_eq!(done.revoked.len(), 1);
        let (at, reason) = (after(5), COMPROMISED);
        assert_eq!(world.record(key.id).status, Status::Revoked { at, reason });
        let mut unit = world.storage.snapshot().unwrap();
        let kept = unit.keys().blocked(&done.public_key_sha256).unwrap();
        let kept = kept.unwrap();
        assert_eq!(kept.attestation, Some(statement.clone()));
        assert_eq!(kept.source, BlockSource::Attestation);
        drop(unit);
        // Sent again, by the same or by somebody who saw it.
        let replayed = world.ra.attest_compromise(&statement, "2233", after(9));
        assert!(
            matches!(replayed, Err(AttestedError::Already)),
            "{replayed:?}"
        );
    }
    let told = world.mail(after(10));
    let by_administrator = |mail: &&tanba_model::message::OutboxMessage| {
        matches!(mail.body, MessageBody::ByAdministrator { .. })
    };
    assert_eq!(told.iter().filter(by_administrator).count(), 2);
}

#[test]
fn statements_that_prove_nothing_change_nothing() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let before = world.audit().len();
    let root = authority(&world, IssuerKind::Root);
    let foreign = authority(&World::foreign(), IssuerKind::Root);
    let key = &citizen.signature.software;
    let stranger = world.new_key();
    let mut broken = CompromiseAttestation::make(key, &root).unwrap();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    for (statement, code) in [
        (Vec::new(), "attestation-malformed"),
        (b"garbage".to_vec(), "attestation-malformed"),
        (
            world.requests(&citizen, &[world.new_key(), world.new_key()])[0].clone(),
            "attestation-statement",
        ),
        (
            CompromiseAttestation::make(key, &foreign).unwrap(),
            "attestation-elsewhere",
        ),
        (broken, "attestation-possession"),
        (
            CompromiseAttestation::make(&stranger, &root).unwrap(),
            "key-unknown",
        ),
    ] {
        let refused = world.ra.attest_compromise(&statement, "", after(1));
        assert_eq!(refused.unwrap_err().code(), code);
    }
    assert_eq!(world.audit().len(), before);
    assert_eq!(world.record(citizen.signature.id).status, Status::Valid);
    let mut unit = world.storage.snapshot().unwrap();
    assert_eq!(unit.keys().blocked_after(None, 10).unwrap(), []);
}

#[test]
fn a_certificate_of_the_authority_itself_is_left_to_people() {
    let world = World::new();
    let issuing = authority(&world, IssuerKind::Issuing);
    let done = block(&world, issuing.public_key().sha256(), after(5));
    assert!(done.is_new && done.revoked.is_empty());
    let serials: Vec<String> = done.own.iter().map(|serial| serial.hex()).collect();
    assert_eq!(serials, [issuing.serial_hex()]);
}
