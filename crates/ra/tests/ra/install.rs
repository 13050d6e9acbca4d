//! The proof of new keys, and the end of old ones.

use tanba_model::certificate::Status;
use tanba_model::login::Challenge;

use crate::world::{NOON, World, after};

#[test]
fn each_new_key_proves_itself_with_the_challenge_of_its_application() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let (draft, keys) = world.issue(&citizen, &session, NOON);
    let install = |proofs: &[Vec<u8>], now| {
        world
            .ra
            .installed(&session, &draft.number, proofs, true, now)
            .unwrap_err()
            .code()
    };

    let proofs = world.proofs(&session, &draft, &keys, NOON);
    assert_eq!(install(&proofs[..1], NOON), "proof-count");
    assert_eq!(
        install(&[proofs[0].clone(), proofs[0].clone()], NOON),
        "proof-other-key"
    );
    let challenge = world
        .ra
        .installation_challenge(&session, &draft.number, NOON)
        .unwrap();
    let by_old = [
        citizen.authentication.sign(&challenge, NOON),
        citizen.signature.sign(&challenge, NOON),
    ];
    assert_eq!(install(&by_old, NOON), "proof-other-key");
    let mixed = [keys[0].sign(&challenge, NOON), proofs[1].clone()];
    assert_eq!(install(&mixed, NOON), "challenge-foreign", "two challenges");
    let login = world.ra.login_challenge(NOON).unwrap();
    let by_login: Vec<_> = keys.iter().map(|key| key.sign(&login, NOON)).collect();
    assert_eq!(install(&by_login, NOON), "challenge-foreign");
    assert_eq!(install(&proofs, after(300)), "challenge-expired");
    let mut forged = Challenge::from_bytes(&challenge).unwrap();
    forged.nonce = "00".repeat(32);
    let forged = forged.to_bytes().unwrap();
    let by_forged: Vec<_> = keys.iter().map(|key| key.sign(&forged, NOON)).collect();
    assert_eq!(install(&by_forged, NOON), "challenge-expired");
    for old in [&citizen.authentication, &citizen.signature] {
        assert_eq!(
            world.record(old.id).status,
            Status::Valid,
            "revoked without a proof"
        );
    }

    let reversed: Vec<_> = proofs.into_iter().rev().collect();
    let installed = world
        .ra
        .installed(&session, &draft.number, &reversed, true, after(1))
        .unwrap();
    let again = world
        .ra
        .installed(&session, &draft.number, &reversed, true, after(2))
        .unwrap();
    assert_eq!(installed.superseded, again.superseded);
    assert_eq!(
        installed.application.state, again.application.state,
        "a second click changed something"
    );
    assert_eq!(
        world
            .audit()
            .iter()
            .filter(|event| *event == "application.install")
            .count(),
        1
    );
}

#[test]
fn the_tick_decides_over_the_old_pair_and_other_keys_are_left_alone() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let profiles = world.ra.config().profiles();
    let spare = world.key(citizen.id, &citizen.subject, profiles[1], NOON);
    let session = world.sign_in(&citizen, NOON).session;
    let (draft, keys) = world.issue(&citizen, &session, NOON);
    let proofs = world.proofs(&session, &draft, &keys, NOON);
    let installed = world
        .ra
        .installed(&session, &draft.number, &proofs, false, NOON)
        .unwrap();
    assert!(installed.superseded.is_empty());
    assert_eq!(world.record(citizen.signature.id).status, Status::Valid);

    let (draft, keys) = world.issue(&citizen, &session, after(60));
    let proofs = world.proofs(&session, &draft, &keys, after(60));
    let installed = world
        .ra
        .installed(&session, &draft.number, &proofs, true, after(60))
        .unwrap();
    assert_eq!(installed.superseded.len(), 2);
    assert_eq!(world.record(spare.id).status, Status::Valid);
    let valid = world
        .certificates(citizen.id)
        .iter()
        .filter(|record| record.status.is_valid())
        .count();
    assert_eq!(valid, 5, "the spare key and two pairs");
}

#[test]
fn the_old_keys_take_their_other_sessions_with_them() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let hers = world.sign_in(&citizen, NOON);
    let thiefs = world.sign_in(&citizen, NOON);
    let (draft, keys) = world.issue(&citizen, &hers.session, NOON);
    let proofs = world.proofs(&hers.session, &draft, &keys, NOON);
    world
        .ra
        .installed(&hers.session, &draft.number, &proofs, true, NOON)
        .unwrap();
    assert!(
        world
            .ra
            .session(hers.token.expose(), after(1))
            .unwrap()
            .is_some(),
        "she was signed out"
    );
    assert!(
        world
            .ra
            .session(thiefs.token.expose(), after(1))
            .unwrap()
            .is_none()
    );
}

#[test]
fn nothing_is_installed_or_handed_out_before_it_is_issued() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = "application-wrong-state";
    assert_eq!(
        world
            .ra
            .certificates(&session, &draft.number)
            .unwrap_err()
            .code(),
        code
    );
    assert_eq!(
        world
            .ra
            .installation_challenge(&session, &draft.number, NOON)
            .unwrap_err()
            .code(),
        code
    );
    assert_eq!(
        world
            .ra
            .installed(&session, &draft.number, &[], true, NOON)
            .unwrap_err()
            .code(),
        code
    );
}
