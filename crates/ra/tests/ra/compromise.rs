//! Keys on the block list, and statements of whoever holds a key.

use std::sync::atomic::Ordering;

use tanba_crypto::Signer as _;
use tanba_model::application::State;
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Channel, RevocationReason, Status};
use tanba_model::id::PersonId;
use tanba_model::key::{BlockSource, BlockedKey};
use tanba_model::message::{AdministratorAct, MessageBody, OutboxMessage};
use tanba_model::ports::{Issuance as _, IssuanceOrder, IssuerKind, Storage as _};
use tanba_pki::{Certificate, CompromiseAttestation, Timestamp};
use tanba_ra::{AttestedError, KeyBlocked, block_key};

use crate::world::{Citizen, Draft, Meanwhile, NOON, World, after};

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
            MessageBody::ByAdministrator { act: AdministratorAct::KeyCompromised, serials, reason, .. }
                if *serials == [serial.clone()] && reason == "keyCompromise"
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
    let refused = world.ra.confirm(&session, &draft.number, &code, after(10));
    assert_eq!(refused.unwrap_err().code(), "request-blocked-key");
    assert_rejected(&world, citizen.id, "request-blocked-key");
    let told = not_issued(&world.mail(after(11)));
    let [(reason, revoked, link)] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((reason.as_str(), revoked.len()), ("request-blocked-key", 0));
    assert!(link.starts_with("/not-me/"));
    assert_eq!(
        world.certificates(citizen.id).len(),
        2,
        "the ones of before"
    );
}

#[test]
fn a_key_that_is_blocked_after_its_certificate_was_signed_revokes_it_and_what_belongs_to_it() {
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
    let refused = world.ra.confirm(&session, &draft.number, &code, after(10));
    assert_eq!(refused.unwrap_err().code(), "application-rejected");
    let (mut of_key, mut sibling) = (None, None);
    for record in world.certificates(citizen.id) {
        if record.public_key_sha256 == digest {
            of_key = Some(record);
        } else if record.application.is_some() {
            sibling = Some(record);
        }
    }
    let at = after(11);
    let revoked = |reason| Status::Revoked { at, reason };
    assert_eq!(of_key.unwrap().status, revoked(COMPROMISED));
    let sibling = sibling.unwrap();
    let not_needed = RevocationReason::CessationOfOperation;
    assert_eq!(sibling.status, revoked(not_needed), "half stayed issued");
    assert_rejected(&world, citizen.id, "request-blocked-key");
    let told = world.mail(after(12));
    assert_eq!(
        not_issued(&told),
        [(
            "request-blocked-key".to_owned(),
            vec![sibling.serial.hex()],
            String::new()
        )]
    );
    let compromised = told
        .iter()
        .filter(|mail| mail.body.kind() == "by_administrator");
    assert_eq!(compromised.count(), 1, "her key is known to others");
    assert_eq!(issued(&told), 0, "nothing was issued");
}

#[test]
fn a_key_that_is_blocked_between_intent_and_signature_leaves_nothing_issued_and_its_owner_told() {
    for which in [0, 1] {
        let world = World::new();
        let citizen = world.citizen("Aigerim");
        let session = world.sign_in(&citizen, NOON).session;
        let draft = world.submit(&citizen, &session, NOON);
        let code = world.mailed_code(NOON);
        let digest = draft.keys[which].public_key().sha256();
        let storage = world.storage.clone();
        *world.issuance.between.lock().unwrap() = Some(Meanwhile(Box::new(move || {
            block_in(storage.as_ref(), digest, after(11));
        })));
        let refused = world.ra.confirm(&session, &draft.number, &code, after(10));
        // The authority names what it looked at first: the key, or that the application ended with it.
        let code = ["request-blocked-key", "application-rejected"][which];
        assert_eq!(refused.unwrap_err().code(), code);
        assert_rejected(&world, citizen.id, "request-blocked-key");
        assert_eq!(answers(&world, citizen.id).len(), 2);
        assert_nothing_came_of_it(&world, citizen.id);
        let told = not_issued(&world.mail(after(12)));
        assert_eq!(told.len(), 1, "{told:?}");
    }
}

/// What an earlier program left: one of two was given up, the other issued, and nobody was told.
#[test]
fn what_was_issued_by_half_is_revoked_and_its_owner_told() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let draft = confirmed(&world, &citizen);
    let intents = intend(&world, &citizen, &draft);
    let mut work = world.storage.begin().unwrap();
    work.certificates().void(intents[0].id, after(20)).unwrap();
    let der = citizen.signature.certificate.der();
    let complete = work.certificates().complete(intents[1].id, der, after(20));
    complete.unwrap();
    work.commit().unwrap();
    block(&world, draft.keys[0].public_key().sha256(), after(21));
    // Where the application was refused with the key, this finds nothing to do.
    world.ra.resume(after(22)).unwrap();
    assert_rejected(&world, citizen.id, "request-blocked-key");
    assert_nothing_came_of_it(&world, citizen.id);
    let told = not_issued(&world.mail(after(23)));
    assert_eq!(told[0].1, [intents[1].serial.hex()]);
}

#[test]
fn half_of_an_application_whose_other_half_was_given_up_is_revoked_when_it_is_resumed() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let draft = confirmed(&world, &citizen);
    let intents = intend(&world, &citizen, &draft);
    let mut work = world.storage.begin().unwrap();
    work.certificates().void(intents[1].id, after(20)).unwrap();
    let der = citizen.signature.certificate.der();
    let complete = work.certificates().complete(intents[0].id, der, after(20));
    complete.unwrap();
    work.commit().unwrap();
    world.issuance.key_is_away.store(false, Ordering::SeqCst);
    assert_eq!(world.ra.resume(after(22)).unwrap().finished, 1);
    assert_rejected(&world, citizen.id, "request-reused-key");
    assert_nothing_came_of_it(&world, citizen.id);
    let told = not_issued(&world.mail(after(23)));
    assert_eq!(told[0].1, [intents[0].serial.hex()]);
    assert!(told[0].2.starts_with("/not-me/"), "{told:?}");
}

#[test]
fn what_a_key_signed_is_not_issued_once_the_key_is_blocked() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let draft = confirmed(&world, &citizen);
    let lost = citizen.signature.certificate.public_key().sha256();
    block(&world, lost, after(20));
    assert_rejected(&world, citizen.id, "key-revoked");
    assert_eq!(not_issued(&world.mail(after(21))).len(), 1);
    world.issuance.key_is_away.store(false, Ordering::SeqCst);
    let world = world.restart(after(30));
    assert_eq!(world.ra.resume(after(31)).unwrap().finished, 0);
    assert_eq!(
        world.certificates(citizen.id).len(),
        2,
        "the ones of before"
    );
    drop(draft);
}

/// Somebody else than the registration authority revokes: the command line, or another process.
#[test]
fn what_a_key_signed_is_not_issued_after_its_certificate_was_revoked_or_frozen() {
    for reason in [COMPROMISED, RevocationReason::CertificateHold] {
        let world = World::new();
        let citizen = world.citizen("Aigerim");
        confirmed(&world, &citizen);
        world.revoke(&citizen.signature, reason, after(20));
        world.issuance.key_is_away.store(false, Ordering::SeqCst);
        assert_eq!(world.ra.resume(after(31)).unwrap().finished, 1);
        assert_rejected(&world, citizen.id, "key-revoked");
        assert_eq!(world.certificates(citizen.id).len(), 2, "{reason:?}");
        let told = not_issued(&world.mail(after(32)));
        assert_eq!(told.len(), 1, "{told:?}");
    }
}

#[test]
fn a_start_gives_up_what_a_key_signed_that_was_revoked_meanwhile() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let draft = confirmed(&world, &citizen);
    assert_eq!(intend(&world, &citizen, &draft).len(), 2);
    world.revoke(&citizen.signature, COMPROMISED, after(20));
    let world = world.restart(after(30));
    assert_nothing_came_of_it(&world, citizen.id);
    assert_eq!(world.ra.resume(after(31)).unwrap().finished, 1);
    assert_rejected(&world, citizen.id, "key-revoked");
    assert_eq!(not_issued(&world.mail(after(32))).len(), 1);
}

#[test]
fn a_key_that_is_revoked_while_what_it_signed_is_being_issued_gets_nothing() {
    for late in [false, true] {
        let world = World::new();
        let citizen = world.citizen("Aigerim");
        let session = world.sign_in(&citizen, NOON).session;
        let draft = world.submit(&citizen, &session, NOON);
        let code = world.mailed_code(NOON);
        let (authority, id) = (world.issuance.authority.clone(), citizen.signature.id);
        let revoke = Meanwhile(Box::new(move || {
            authority
                .revoke(id, COMPROMISED, Actor::System, after(11))
                .unwrap();
        }));
        let place = if late {
            &world.issuance.meanwhile
        } else {
            &world.issuance.between
        };
        *place.lock().unwrap() = Some(revoke);
        let refused = world.ra.confirm(&session, &draft.number, &code, after(10));
        assert_eq!(refused.unwrap_err().code(), "application-rejected");
        assert_rejected(&world, citizen.id, "key-revoked");
        assert_nothing_came_of_it(&world, citizen.id);
        let mails = world.mail(after(12));
        let told = not_issued(&mails);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].1.len(), if late { 2 } else { 0 });
        assert_eq!(issued(&mails), 0);
    }
}

#[test]
fn an_owner_who_says_that_her_key_is_lost_ends_what_it_signed_and_was_confirmed() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    confirmed(&world, &citizen);
    let session = world.sign_in(&citizen, after(20)).session;
    let serial = citizen.signature.certificate.serial_hex();
    let document = world
        .ra
        .prepare_revocation(&session, &[serial], "lost", after(20))
        .unwrap();
    let message = citizen.signature.sign(&document, after(20));
    world.ra.revoke(&session, &message, after(21)).unwrap();
    assert_rejected(&world, citizen.id, "key-revoked");
    world.issuance.key_is_away.store(false, Ordering::SeqCst);
    assert_eq!(world.ra.resume(after(30)).unwrap().finished, 0);
    assert_eq!(world.certificates(citizen.id).len(), 2);
    assert_eq!(not_issued(&world.mail(after(31))).len(), 1);
}

/// An application that is confirmed, signed by the citizen's key, and waits for the authority's key.
fn confirmed(world: &World, citizen: &Citizen) -> Draft {
    let session = world.sign_in(citizen, NOON).session;
    let draft = world.submit(citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    world.issuance.key_is_away.store(true, Ordering::SeqCst);
    let delayed = world.ra.confirm(&session, &draft.number, &code, after(10));
    assert_eq!(delayed.unwrap_err().code(), "issuance-delayed");
    draft
}

/// Its intents, as a crash leaves them.
fn intend(world: &World, citizen: &Citizen, draft: &Draft) -> Vec<CertificateRecord> {
    let application = world.applications(citizen.id).remove(0);
    let orders: Vec<IssuanceOrder> = draft
        .requests
        .iter()
        .zip(world.ra.config().profiles())
        .map(|(request, profile)| IssuanceOrder {
            person: Some(citizen.id),
            application: Some(application.id),
            profile: profile.to_owned(),
            subject: citizen.subject.clone(),
            email: None,
            keystore: application.keystore,
            request: request.clone(),
            channel: Channel::Cabinet,
            actor: Actor::Person(citizen.id),
        })
        .collect();
    drop(
        world
            .issuance
            .authority
            .prepare(&orders, after(15))
            .unwrap(),
    );
    let records = answers(world, citizen.id);
    assert!(records.iter().all(|one| one.status == Status::Intended));
    records
}

/// What was recorded for the newest application, in its order.
fn answers(world: &World, person: PersonId) -> Vec<CertificateRecord> {
    let application = world.applications(person).remove(0).id;
    let mut work = world.storage.snapshot().unwrap();
    work.certificates().of_application(application).unwrap()
}

#[track_caller]
fn assert_rejected(world: &World, person: PersonId, why: &str) {
    let state = world.applications(person).remove(0).state;
    let is_rejected = matches!(&state, State::Rejected { reason, .. } if reason == why);
    assert!(is_rejected, "{state:?}");
}

/// No certificate of an application counts or may still come.
#[track_caller]
fn assert_nothing_came_of_it(world: &World, person: PersonId) {
    for record in answers(world, person) {
        let over = matches!(record.status, Status::Void)
            || matches!(
                record.status,
                Status::Revoked { reason, .. } if reason != RevocationReason::CertificateHold
            );
        assert!(over, "{:?}", record.status);
    }
}

/// Reason, serial numbers and link of each notice that nothing was issued.
fn not_issued(mails: &[OutboxMessage]) -> Vec<(String, Vec<String>, String)> {
    let told = mails.iter().filter_map(|mail| {
        let MessageBody::NotIssued {
            reason,
            serials,
            not_me_path,
            ..
        } = &mail.body
        else {
            return None;
        };
        Some((reason.clone(), serials.clone(), not_me_path.clone()))
    });
    told.collect()
}

fn issued(mails: &[OutboxMessage]) -> usize {
    let told = mails.iter().map(|mail| mail.body.kind());
    told.filter(|kind| *kind == "certificates_issued").count()
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
    let by_administrator = |mail: &&OutboxMessage| {
        let act = AdministratorAct::KeyCompromised;
        matches!(mail.body, MessageBody::ByAdministrator { act: told, .. } if told == act)
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
    let citizen = world.citizen("Aigerim");
    let done = block(&world, issuing.public_key().sha256(), after(5));
    assert!(done.is_new && done.revoked.is_empty());
    let serials: Vec<String> = done.own.iter().map(|serial| serial.hex()).collect();
    assert_eq!(serials, [issuing.serial_hex()]);
    let found = world.issuance.find_certificate(issuing.der()).unwrap();
    assert_eq!(found.unwrap().status, Status::Valid);
    assert!(!world.audit().contains(&"certificate.revoke".to_owned()));
    // What it issued counts until people decide; that it issues nothing more has its own tests.
    assert_eq!(world.record(citizen.signature.id).status, Status::Valid);
}

/// Strangers must not have everybody wait: what proves nothing is refused beside somebody who writes.
#[test]
fn a_statement_is_read_before_anybody_has_to_wait_for_it() {
    let world = World::new();
    let (answer, answered) = std::sync::mpsc::channel();
    let writing = world.storage.begin().unwrap();
    let ra = world.ra.clone();
    let stranger = std::thread::spawn(move || {
        let refused = ra.attest_compromise(b"garbage", "", after(1));
        answer.send(refused.unwrap_err().code()).unwrap();
    });
    // Far longer than it takes; without an answer the writer is what it waits for.
    let code = answered.recv_timeout(std::time::Duration::from_secs(20));
    drop(writing);
    stranger.join().unwrap();
    assert_eq!(code.ok(), Some("attestation-malformed"));
}
