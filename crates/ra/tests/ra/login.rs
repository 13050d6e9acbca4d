//! Signing in, and what is refused.

use std::process::Command;
use std::time::Duration;

use tanba_model::certificate::RevocationReason;
use tanba_model::login::{Challenge, ChallengePurpose};
use tanba_model::ports::Storage;

use crate::world::{DAY, Key, NOON, ORIGIN, World, after};

fn refused(world: &World, message: &[u8], now: tanba_pki::Timestamp) -> &'static str {
    world.ra.login(message, now, "").unwrap_err().code()
}

#[test]
fn the_authentication_key_opens_a_session_that_lasts() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let opened = world.sign_in(&citizen, NOON);
    assert_eq!(opened.person.id, citizen.id);
    let token = opened.token.expose();
    assert_eq!(token.len(), 64);
    assert_eq!(format!("{opened:?}").matches(token).count(), 0);
    let (session, person) = world.ra.session(token, after(29 * 60)).unwrap().unwrap();
    assert_eq!((session.csrf, person.id), (opened.session.csrf, citizen.id));
    assert!(
        world.ra.session(token, after(58 * 60)).unwrap().is_some(),
        "use did not keep it alive"
    );
    assert!(
        world
            .ra
            .session(token, after(58 * 60 + 30 * 60))
            .unwrap()
            .is_none(),
        "it is idle"
    );
    assert!(world.ra.session("0000", NOON).unwrap().is_none());
    for minute in (0..48).map(|step| 58 + step * 9) {
        world.ra.session(token, after(minute * 60)).unwrap();
    }
    assert!(
        world.ra.session(token, after(8 * 3600)).unwrap().is_none(),
        "eight hours are the end"
    );
}

#[test]
fn signing_out_ends_the_session_and_doing_it_twice_is_fine() {
    let world = World::new();
    let opened = world.sign_in(&world.citizen("Aigerim"), NOON);
    for _ in 0..2 {
        world.ra.logout(opened.token.expose(), after(1)).unwrap();
        assert!(
            world
                .ra
                .session(opened.token.expose(), after(2))
                .unwrap()
                .is_none()
        );
    }
}

#[test]
fn a_revoked_certificate_ends_its_session_but_a_superseded_one_does_not() {
    let world = World::new();
    for (name, reason, stays) in [
        ("Aigerim", RevocationReason::KeyCompromise, false),
        ("Bolat", RevocationReason::CertificateHold, false),
        ("Dana", RevocationReason::Superseded, true),
    ] {
        let citizen = world.citizen(name);
        let opened = world.sign_in(&citizen, NOON);
        world.revoke(&citizen.authentication, reason, after(1));
        assert_eq!(
            world
                .ra
                .session(opened.token.expose(), after(2))
                .unwrap()
                .is_some(),
            stays,
            "{reason:?}"
        );
    }
}

#[test]
fn a_challenge_is_answered_once_in_time_and_only_if_it_is_ours() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let challenge = world.ra.login_challenge(NOON).unwrap();
    let message = citizen.authentication.sign(&challenge, NOON);
    world.ra.login(&message, after(299), "").unwrap();
    assert_eq!(
        refused(&world, &message, after(299)),
        "challenge-expired",
        "it was used"
    );

    let late = citizen
        .authentication
        .sign(&world.ra.login_challenge(NOON).unwrap(), NOON);
    assert_eq!(refused(&world, &late, after(300)), "challenge-expired");

    let mut forged = Challenge::from_bytes(&world.ra.login_challenge(NOON).unwrap()).unwrap();
    forged.expires = after(30 * DAY);
    let message = citizen
        .authentication
        .sign(&forged.to_bytes().unwrap(), NOON);
    assert_eq!(
        refused(&world, &message, after(1)),
        "challenge-expired",
        "nobody made this one"
    );

    forged.origin = "https://cabinet.example.evil".to_owned();
    let message = citizen
        .authentication
        .sign(&forged.to_bytes().unwrap(), NOON);
    assert_eq!(refused(&world, &message, after(1)), "challenge-foreign");

    forged.origin = ORIGIN.to_owned();
    forged.purpose = ChallengePurpose::Installation;
    let message = citizen
        .authentication
        .sign(&forged.to_bytes().unwrap(), NOON);
    assert_eq!(refused(&world, &message, after(1)), "challenge-foreign");

    let message = citizen.authentication.sign(b"{\"a\":1}", NOON);
    assert_eq!(refused(&world, &message, after(1)), "challenge-foreign");
}

#[test]
fn the_signing_key_is_told_apart() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let challenge = world.ra.login_challenge(NOON).unwrap();
    assert_eq!(
        refused(&world, &citizen.signature.sign(&challenge, NOON), after(1)),
        "signing-key-used"
    );
    let message = citizen.authentication.sign(&challenge, NOON);
    assert_eq!(
        refused(&world, &message, after(2)),
        "challenge-expired",
        "a refused key uses the challenge up too"
    );
    assert!(world.audit().contains(&"session.refuse".to_owned()));
}

#[test]
fn a_certificate_that_does_not_count_is_named_for_what_it_is() {
    let world = World::new();
    let sign_in = |citizen: &crate::world::Citizen, now| {
        let challenge = world.ra.login_challenge(now).unwrap();
        refused(&world, &citizen.authentication.sign(&challenge, now), now)
    };
    let expired = world.citizen_with("Expired", None, NOON.minus(Duration::from_secs(366 * DAY)));
    assert_eq!(sign_in(&expired, NOON), "certificate-expired");
    let early = world.citizen_with("Early", None, after(3600));
    assert_eq!(sign_in(&early, NOON), "certificate-not-yet-valid");
    let revoked = world.citizen("Revoked");
    world.revoke(
        &revoked.authentication,
        RevocationReason::KeyCompromise,
        NOON,
    );
    assert_eq!(sign_in(&revoked, after(1)), "certificate-revoked");
    let held = world.citizen("Held");
    world.revoke(
        &held.authentication,
        RevocationReason::CertificateHold,
        NOON,
    );
    assert_eq!(sign_in(&held, after(1)), "certificate-frozen");
    let frozen = world.citizen("Frozen");
    let mut work = world.storage.begin().unwrap();
    work.persons().set_frozen(frozen.id, Some(NOON)).unwrap();
    work.commit().unwrap();
    assert_eq!(sign_in(&frozen, after(1)), "person-frozen");
    let stranger = World::foreign().citizen("Aigerim");
    assert_eq!(sign_in(&stranger, NOON), "certificate-unknown");
}

#[test]
fn without_the_key_nothing_is_told_about_a_certificate() {
    let world = World::new();
    let citizen = world.citizen("Revoked");
    let other = world.citizen("Other");
    world.revoke(
        &citizen.authentication,
        RevocationReason::KeyCompromise,
        NOON,
    );
    let challenge = world.ra.login_challenge(NOON).unwrap();
    // Signed with another key under the victim's certificate.
    let forged = tanba_pki::cms::prepare(
        &challenge,
        tanba_crypto::Signer::algorithm(&other.authentication.software),
        &tanba_pki::cms::SignOptions::new(&citizen.authentication.certificate),
    );
    let signature =
        tanba_crypto::Signer::sign(&other.authentication.software, forged.to_be_signed()).unwrap();
    assert_eq!(
        refused(&world, &forged.assemble(&signature), after(1)),
        "signature-invalid"
    );
    world
        .ra
        .login(&other.authentication.sign(&challenge, NOON), after(1), "")
        .unwrap();
}

/// The content signed by OpenSSL, one of the ways in which it can.
fn by_openssl(key: &Key, content: &[u8], form: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, octets: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, octets).unwrap();
        path
    };
    let pem = |label: &str, der: &[u8]| tanba_pki::pem::encode(label, der).into_bytes();
    let output = Command::new("openssl")
        .args(["cms", "-sign", "-binary", "-nodetach", "-outform", "DER"])
        .args(["-md", "sha256"])
        .args(form)
        .arg("-in")
        .arg(file("content", content))
        .arg("-signer")
        .arg(file(
            "signer.pem",
            &pem("CERTIFICATE", key.certificate.der()),
        ))
        .arg("-inkey")
        .arg(file(
            "key.pem",
            &pem("PRIVATE KEY", key.software.pkcs8_der().expose()),
        ))
        .output()
        .expect("openssl is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

#[test]
fn only_a_signature_that_names_its_certificate_in_what_is_signed_counts() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let key = &citizen.authentication;
    let challenge = world.ra.login_challenge(NOON).unwrap();
    for form in [&["-noattr"][..], &[]] {
        let message = by_openssl(key, &challenge, form);
        assert_eq!(
            refused(&world, &message, after(1)),
            "signature-unreadable",
            "{form:?}"
        );
    }
    let message = by_openssl(key, &challenge, &["-cades"]);
    world.ra.login(&message, after(1), "").unwrap();
    // The application as well.
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.prepare(&citizen, &session, NOON);
    let submit = |form: &[&str]| {
        let message = by_openssl(&citizen.signature, &draft.document, form);
        world.ra.submit(&session, &draft.number, &message, NOON)
    };
    assert_eq!(submit(&[]).unwrap_err().code(), "signature-unreadable");
    submit(&["-cades"]).unwrap();
}

#[test]
fn no_flipped_bit_signs_in_and_none_panics() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let message = citizen
        .authentication
        .sign(&world.ra.login_challenge(NOON).unwrap(), NOON);
    // What stands before the content (the list of digests) is signed by nobody and says nothing.
    let content = message
        .windows(9)
        .position(|window| window == b"{\"expires")
        .unwrap();
    for place in (content..message.len()).step_by(3) {
        let mut flipped = message.clone();
        flipped[place] ^= 1 << (place % 8);
        assert!(
            world.ra.login(&flipped, after(1), "").is_err(),
            "octet {place}"
        );
        assert!(
            world.ra.login(&message[..place], after(1), "").is_err(),
            "cut at {place}"
        );
    }
    assert_eq!(refused(&world, b"", after(1)), "signature-unreadable");
    assert_eq!(
        refused(&world, &vec![0x30; 300_000], after(1)),
        "signature-unreadable"
    );
    world.ra.login(&message, after(2), "").unwrap();
}

#[test]
fn a_clock_of_the_client_that_is_off_by_a_day_does_not_matter() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    for wrong in [NOON.minus(Duration::from_secs(DAY)), after(DAY)] {
        let challenge = world.ra.login_challenge(NOON).unwrap();
        let session = world
            .ra
            .login(&citizen.authentication.sign(&challenge, wrong), NOON, "")
            .unwrap()
            .session;
        let draft = world.prepare(&citizen, &session, NOON);
        world
            .ra
            .submit(
                &session,
                &draft.number,
                &citizen.signature.sign(&draft.document, wrong),
                NOON,
            )
            .unwrap();
    }
}
