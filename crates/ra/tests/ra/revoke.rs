//! Revoking one's own certificates.

use tanba_model::application::State;
use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::message::MessageBody;
use tanba_model::ports::{Session, Storage as _};
use tanba_model::revocation::{LifeEvent, RevocationDocument};

use crate::world::{Citizen, DAY, Key, NOON, World, after};

fn serials(keys: &[&Key]) -> Vec<String> {
    keys.iter()
        .map(|key| key.certificate.serial_hex())
        .collect()
}

fn prepare(world: &World, session: &Session, keys: &[&Key], event: &str) -> Vec<u8> {
    world
        .ra
        .prepare_revocation(session, &serials(keys), event, NOON)
        .unwrap()
}

fn status(world: &World, key: &Key) -> Status {
    let found = world
        .storage
        .snapshot()
        .unwrap()
        .certificates()
        .find(key.id)
        .unwrap();
    found.unwrap().status
}

fn signed_in(world: &World, name: &str) -> (Citizen, Session) {
    let citizen = world.citizen(name);
    let session = world.sign_in(&citizen, NOON).session;
    (citizen, session)
}

#[test]
fn each_event_revokes_with_its_reason_at_once_and_leaves_evidence() {
    for event in LifeEvent::ALL {
        let world = World::new();
        let (citizen, session) = signed_in(&world, "Aigerim");
        let document = prepare(&world, &session, &[&citizen.signature], event.name());
        assert!(
            status(&world, &citizen.signature).is_valid(),
            "only prepared"
        );
        let message = citizen.signature.sign(&document, after(1));
        let revoked = world.ra.revoke(&session, &message, after(2)).unwrap();
        assert_eq!(revoked.reason, event.reason());
        assert!(!revoked.signed_out);
        let expected = Status::Revoked {
            at: after(2),
            reason: event.reason(),
        };
        assert_eq!(status(&world, &citizen.signature), expected);
        assert!(status(&world, &citizen.authentication).is_valid());
        let kept = world
            .storage
            .snapshot()
            .unwrap()
            .revocations()
            .find(&tanba_crypto::sha256(&document))
            .unwrap()
            .unwrap();
        assert_eq!((kept.event, kept.signer), (event, citizen.signature.id));
        assert_eq!(kept.certificates, [citizen.signature.id]);
        assert_eq!((kept.document, kept.signature), (document, message));
        let audit = world.audit();
        assert!(audit.ends_with(&[
            "revocation.sign".to_owned(),
            "certificate.revoke".to_owned()
        ]));
        let mails = world.mail(after(3));
        assert!(
            mails.iter().any(|mail| matches!(
                &mail.body,
                MessageBody::Revoked { serials: told, reason, by_code: false, not_me_path }
                    if *told == serials(&[&citizen.signature])
                        && *reason == event.reason().name()
                        && not_me_path.starts_with("/not-me/")
            )),
            "{mails:?}"
        );
    }
}

#[test]
fn revocation_is_final_and_repeating_it_changes_nothing() {
    let world = World::new();
    let (citizen, session) = signed_in(&world, "Aigerim");
    let document = prepare(&world, &session, &[&citizen.signature], "not-needed");
    let message = citizen.signature.sign(&document, NOON);
    let first = world.ra.revoke(&session, &message, after(1)).unwrap();
    let events = world.audit().len();
    world.mail(after(1));
    assert_eq!(
        world.ra.revoke(&session, &message, after(2)).unwrap(),
        first
    );
    assert_eq!(world.audit().len(), events);
    assert!(world.mail(after(3)).is_empty(), "said twice");
    let again =
        world
            .ra
            .prepare_revocation(&session, &serials(&[&citizen.signature]), "lost", after(4));
    assert_eq!(again.unwrap_err().code(), "certificate-not-revocable");
    let other = prepare(&world, &session, &[&citizen.authentication], "lost");
    let signed = world.ra.revoke(
        &session,
        &citizen.signature.sign(&other, after(5)),
        after(5),
    );
    assert_eq!(signed.unwrap_err().code(), "certificate-revoked");
}

#[test]
fn only_a_signing_key_of_the_same_person_revokes() {
    let world = World::new();
    let (citizen, session) = signed_in(&world, "Aigerim");
    let (stranger, his_session) = signed_in(&world, "Bolat");
    let document = prepare(&world, &session, &[&citizen.authentication], "lost");
    let revoke = |session: &Session, key: &Key| {
        world
            .ra
            .revoke(session, &key.sign(&document, NOON), after(1))
            .unwrap_err()
            .code()
    };
    assert_eq!(revoke(&session, &citizen.authentication), "login-key-used");
    assert_eq!(revoke(&session, &stranger.signature), "other-persons-key");
    assert_eq!(
        revoke(&his_session, &citizen.signature),
        "other-persons-key"
    );
    assert_eq!(
        revoke(&his_session, &stranger.signature),
        "revocation-expired"
    );
    let foreign = World::foreign().citizen("Aigerim");
    assert_eq!(revoke(&session, &foreign.signature), "certificate-unknown");
    assert!(status(&world, &citizen.authentication).is_valid());
    assert!(!world.audit().contains(&"certificate.revoke".to_owned()));
}

#[test]
fn nobody_revokes_what_is_not_hers_not_valid_or_not_chosen() {
    let world = World::new();
    let (citizen, session) = signed_in(&world, "Aigerim");
    let stranger = world.citizen("Bolat");
    let prepare = |serials: &[String], event: &str, now| {
        world
            .ra
            .prepare_revocation(&session, serials, event, now)
            .unwrap_err()
            .code()
    };
    let own = serials(&[&citizen.signature]);
    let not_revocable = "certificate-not-revocable";
    assert_eq!(prepare(&[], "lost", NOON), "no-certificate-chosen");
    assert_eq!(prepare(&own, "bored", NOON), "event-unknown");
    assert_eq!(prepare(&own, "certificateHold", NOON), "event-unknown");
    let both = serials(&[&citizen.signature, &stranger.signature]);
    assert_eq!(prepare(&both, "lost", NOON), not_revocable);
    assert_eq!(prepare(&["zz".to_owned()], "lost", NOON), not_revocable);
    assert_eq!(
        prepare(&own, "lost", after(30 * DAY)),
        not_revocable,
        "expired"
    );
    world.revoke(&citizen.signature, RevocationReason::Superseded, NOON);
    assert_eq!(prepare(&own, "lost", after(1)), not_revocable);
}

#[test]
fn what_is_signed_must_be_what_was_prepared_and_in_time() {
    let world = World::new();
    let (citizen, session) = signed_in(&world, "Aigerim");
    let document = prepare(&world, &session, &[&citizen.signature], "lost");
    let revoke = |content: &[u8], now| {
        world
            .ra
            .revoke(&session, &citizen.signature.sign(content, NOON), now)
            .unwrap_err()
            .code()
    };
    let mut changed = RevocationDocument::from_bytes(&document).unwrap();
    changed.certificates[0].serial = serials(&[&citizen.authentication]).remove(0);
    let changed = changed.to_bytes().unwrap();
    assert_eq!(revoke(&changed, after(1)), "revocation-expired");
    assert_eq!(revoke(b"{}", after(1)), "revocation-expired");
    assert_eq!(revoke(&document, after(600)), "revocation-expired");
    assert!(status(&world, &citizen.signature).is_valid());
}

#[test]
fn whoever_lost_a_key_is_signed_out_elsewhere_and_what_the_thief_began_ends() {
    let world = World::new();
    let (citizen, session) = signed_in(&world, "Aigerim");
    let thief = world.sign_in(&citizen, NOON);
    let begun = world.submit(&citizen, &thief.session, NOON);
    let both = [&citizen.authentication, &citizen.signature];
    let document = prepare(&world, &session, &both, "lost");
    let message = citizen.signature.sign(&document, NOON);
    let revoked = world.ra.revoke(&session, &message, after(1)).unwrap();
    assert!(revoked.signed_out);
    assert_eq!(revoked.serials.len(), 2);
    let token = thief.token.expose();
    assert!(world.ra.session(token, after(2)).unwrap().is_none());
    let ended = world
        .applications(citizen.id)
        .into_iter()
        .find(|application| application.number == begun.number)
        .unwrap();
    let reason = "key-revoked".to_owned();
    let at = after(1);
    assert_eq!(ended.state, State::Rejected { at, reason });
}

#[test]
fn other_events_leave_sessions_and_applications_alone() {
    let world = World::new();
    let (citizen, session) = signed_in(&world, "Aigerim");
    let elsewhere = world.sign_in(&citizen, NOON);
    let begun = world.submit(&citizen, &elsewhere.session, NOON);
    let document = prepare(&world, &session, &[&citizen.authentication], "replaced");
    let message = citizen.signature.sign(&document, NOON);
    let revoked = world.ra.revoke(&session, &message, after(1)).unwrap();
    assert!(
        !revoked.signed_out,
        "a session outlives the replacement of its key"
    );
    let token = elsewhere.token.expose();
    assert!(world.ra.session(token, after(2)).unwrap().is_some());
    let waits = world
        .applications(citizen.id)
        .into_iter()
        .find(|application| application.number == begun.number)
        .unwrap();
    assert!(matches!(waits.state, State::Awaiting2fa { .. }));
}

#[test]
fn a_frozen_person_revokes_nothing() {
    let world = World::new();
    let (citizen, session) = signed_in(&world, "Aigerim");
    let document = prepare(&world, &session, &[&citizen.signature], "lost");
    let mut work = world.storage.begin().unwrap();
    work.persons().set_frozen(citizen.id, Some(NOON)).unwrap();
    work.commit().unwrap();
    let message = citizen.signature.sign(&document, NOON);
    let revoked = world.ra.revoke(&session, &message, after(1));
    assert_eq!(revoked.unwrap_err().code(), "person-frozen");
}
