//! Signatures over applications, and what is refused.

use std::sync::Barrier;

use tanba_model::application::State;
use tanba_model::certificate::RevocationReason;
use tanba_model::document::ApplicationDocument;

use crate::world::{NOON, World, after, form};

#[test]
fn only_the_signing_key_of_the_same_person_counts() {
    let world = World::new();
    let (citizen, stranger) = (world.citizen("Aigerim"), world.citizen("Bolat"));
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.prepare(&citizen, &session, NOON);
    let submit = |message: &[u8]| {
        world
            .ra
            .submit(&session, &draft.number, message, NOON)
            .unwrap_err()
            .code()
    };
    assert_eq!(
        submit(&citizen.authentication.sign(&draft.document, NOON)),
        "login-key-used"
    );
    assert_eq!(
        submit(&stranger.signature.sign(&draft.document, NOON)),
        "other-persons-key"
    );
    let foreign = World::foreign().citizen("Aigerim");
    assert_eq!(
        submit(&foreign.signature.sign(&draft.document, NOON)),
        "certificate-unknown"
    );
    assert_eq!(submit(b"nothing"), "signature-unreadable");
    world.revoke(&citizen.signature, RevocationReason::KeyCompromise, NOON);
    assert_eq!(
        submit(&citizen.signature.sign(&draft.document, NOON)),
        "certificate-revoked"
    );
    assert_eq!(world.applications(citizen.id)[0].state, State::Draft);
    assert!(
        world.mail(after(1)).is_empty(),
        "something was sent for an application that was not taken"
    );
}

#[test]
fn every_octet_of_the_document_counts() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.prepare(&citizen, &session, NOON);
    let submit = |content: &[u8]| {
        let message = citizen.signature.sign(content, NOON);
        world
            .ra
            .submit(&session, &draft.number, &message, NOON)
            .unwrap_err()
            .code()
    };
    let changes: [fn(&mut ApplicationDocument); 7] = [
        |document| document.origin = "https://evil.example".to_owned(),
        |document| document.email = Some("thief@example.kz".to_owned()),
        |document| document.settlement = "other".to_owned(),
        |document| document.keystore = "AKKaztokenStore".to_owned(),
        |document| document.created = after(1),
        |document| document.keys[0].public_key_sha256 = "00".repeat(32),
        |document| document.applicant.surname = "НАЗАРБАЕВА".to_owned(),
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let mut document = ApplicationDocument::from_bytes(&draft.document).unwrap();
        change(&mut document);
        assert_eq!(
            submit(&document.to_bytes().unwrap()),
            "document-changed",
            "change {place}"
        );
    }
    let mut spaced = draft.document.clone();
    spaced.push(b'\n');
    assert_eq!(submit(&spaced), "document-changed");
    assert_eq!(submit(b""), "document-changed");
    let message = citizen.signature.sign(&draft.document, NOON);
    let content = message
        .windows(11)
        .position(|window| window == b"{\"applicant")
        .unwrap();
    for place in (content..message.len()).step_by(7) {
        let mut flipped = message.clone();
        flipped[place] ^= 0x10;
        assert!(
            world
                .ra
                .submit(&session, &draft.number, &flipped, NOON)
                .is_err(),
            "octet {place}"
        );
    }
    world
        .ra
        .submit(&session, &draft.number, &message, NOON)
        .unwrap();
}

#[test]
fn the_other_tab_signed_what_is_no_longer_prepared() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let first = world.prepare(&citizen, &session, NOON);
    let second = world.prepare(&citizen, &session, after(1));
    assert_eq!(first.number, second.number);
    let submit = |document: &[u8]| {
        world.ra.submit(
            &session,
            &first.number,
            &citizen.signature.sign(document, NOON),
            after(2),
        )
    };
    assert_eq!(
        submit(&first.document).unwrap_err().code(),
        "document-changed"
    );
    submit(&second.document).unwrap();
    assert_eq!(
        submit(&first.document).unwrap_err().code(),
        "already-signed"
    );
    let late = world
        .ra
        .prepare_document(&session, &first.number, &first.requests, after(3));
    assert_eq!(late.unwrap_err().code(), "application-wrong-state");
}

#[test]
fn a_changed_form_needs_its_keys_prepared_again() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.prepare(&citizen, &session, NOON);
    let mut changed = form();
    changed.email = None;
    world
        .ra
        .begin_reissue(&session, &changed, after(1))
        .unwrap();
    let message = citizen.signature.sign(&draft.document, NOON);
    assert_eq!(
        world
            .ra
            .submit(&session, &draft.number, &message, after(2))
            .unwrap_err()
            .code(),
        "keys-missing"
    );
    let again = world
        .ra
        .prepare_document(&session, &draft.number, &draft.requests, after(3))
        .unwrap();
    world
        .ra
        .submit(
            &session,
            &draft.number,
            &citizen.signature.sign(&again, NOON),
            after(4),
        )
        .unwrap();
}

#[test]
fn a_double_click_submits_once_and_sends_one_code() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.prepare(&citizen, &session, NOON);
    let messages = [
        citizen.signature.sign(&draft.document, NOON),
        citizen.signature.sign(&draft.document, after(1)),
    ];
    let barrier = Barrier::new(2);
    std::thread::scope(|scope| {
        for message in &messages {
            scope.spawn(|| {
                barrier.wait();
                let application = world
                    .ra
                    .submit(&session, &draft.number, message, after(2))
                    .unwrap();
                assert!(matches!(application.state, State::Awaiting2fa { .. }));
            });
        }
    });
    assert_eq!(world.mail(after(3)).len(), 2, "one notice, one code");
    assert_eq!(
        world
            .audit()
            .iter()
            .filter(|event| *event == "application.submit")
            .count(),
        1
    );
}

#[test]
fn an_application_that_ended_takes_no_signature() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    world.ra.cancel(&session, &draft.number, after(1)).unwrap();
    world.ra.cancel(&session, &draft.number, after(2)).unwrap();
    let message = citizen.signature.sign(&draft.document, NOON);
    let submitted = world.ra.submit(&session, &draft.number, &message, after(3));
    assert_eq!(submitted.unwrap_err().code(), "application-cancelled");
    let confirmed = world
        .ra
        .confirm(&session, &draft.number, "123456", after(3));
    assert_eq!(confirmed.unwrap_err().code(), "application-cancelled");
    assert!(
        world
            .mail(after(4))
            .iter()
            .all(|mail| mail.body.kind() != "confirmation_code"),
        "the code is of no use"
    );
}
