//! Forms and requests that are refused.

use std::process::Command;

use tanba_crypto::SoftwareKey;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::Session;
use tanba_pki::{CertificateRequest, DistinguishedNameBuilder, RequestAttributes};
use tanba_ra::{PrepareError, ProfileSet, RaSection, ReissueForm};

use crate::world::{Citizen, NOON, World, after, form, request};

fn begin(
    world: &World,
    session: &Session,
    change: impl FnOnce(&mut ReissueForm),
) -> Result<(), &'static str> {
    let mut form = form();
    change(&mut form);
    world
        .ra
        .begin_reissue(session, &form, NOON)
        .map(drop)
        .map_err(|error| error.code())
}

#[test]
fn each_field_of_the_form_is_checked() {
    let world = World::new();
    let session = world.sign_in(&world.citizen("Aigerim"), NOON).session;
    assert_eq!(
        begin(&world, &session, |form| form.email =
            Some("nobody".to_owned())),
        Err("email-invalid")
    );
    assert_eq!(
        begin(&world, &session, |form| form.region = "KZ-99".to_owned()),
        Err("place-unknown")
    );
    assert_eq!(
        begin(&world, &session, |form| form.settlement =
            "semey".to_owned()),
        Err("place-unknown")
    );
    assert_eq!(
        begin(&world, &session, |form| form.keystore = "JKS".to_owned()),
        Err("keystore-unknown")
    );
    let token = |form: &mut ReissueForm| form.keystore = "AKKaztokenStore".to_owned();
    assert_eq!(begin(&world, &session, token), Err("keystore-needs-agent"));
    assert_eq!(
        begin(&world, &session, |form| form.email = Some("  ".to_owned())),
        Ok(())
    );
    assert_eq!(begin(&world, &session, |form| form.email = None), Ok(()));
}

#[test]
fn only_the_confirmed_address_gets_into_certificates_unless_the_policy_is_looser() {
    let world = World::with(RaSection {
        profiles: ProfileSet::Neutral,
        ..RaSection::default()
    });
    let session = world.sign_in(&world.citizen("Aigerim"), NOON).session;
    assert_eq!(begin(&world, &session, |_| ()), Err("email-not-confirmed"));
    let confirmed = |form: &mut ReissueForm| form.email = Some("aigerim@example.kz".to_owned());
    assert_eq!(begin(&world, &session, confirmed), Ok(()));
}

/// Telephones write the first letter large; what gets into the certificate is what was confirmed.
#[test]
fn the_confirmed_address_is_known_whatever_the_case_of_its_letters() {
    let world = World::with(RaSection {
        profiles: ProfileSet::Neutral,
        ..RaSection::default()
    });
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    for typed in ["Aigerim@example.kz", "AIGERIM@EXAMPLE.KZ "] {
        let shouted = |form: &mut ReissueForm| form.email = Some(typed.to_owned());
        assert_eq!(begin(&world, &session, shouted), Ok(()), "{typed}");
        let draft = world.applications(citizen.id).remove(0);
        assert_eq!(draft.email.unwrap().as_str(), "aigerim@example.kz");
    }
    let other = |form: &mut ReissueForm| form.email = Some("Aigerim@example.org".to_owned());
    assert_eq!(begin(&world, &session, other), Err("email-not-confirmed"));
}

#[test]
fn a_person_whom_no_code_reaches_is_sent_to_a_registration_centre() {
    let world = World::new();
    let citizen = world.citizen_with("Erlan", None, NOON);
    let session = world.sign_in(&citizen, NOON).session;
    assert_eq!(begin(&world, &session, |_| ()), Err("no-confirmed-address"));
    assert!(world.applications(citizen.id).is_empty());
}

fn prepare(
    world: &World,
    session: &Session,
    requests: &[Vec<u8>],
) -> Result<Vec<u8>, PrepareError> {
    let number = world
        .ra
        .begin_reissue(session, &form(), NOON)
        .unwrap()
        .number;
    world.ra.prepare_document(session, &number, requests, NOON)
}

fn refusal(
    world: &World,
    session: &Session,
    requests: &[Vec<u8>],
) -> (&'static str, Option<usize>) {
    let error = prepare(world, session, requests).unwrap_err();
    let index = if let PrepareError::Request { index, .. } = &error {
        Some(*index)
    } else {
        None
    };
    (error.code(), index)
}

fn started() -> (World, Citizen, Session) {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    (world, citizen, session)
}

#[test]
fn a_request_is_held_to_what_its_keystore_can_make() {
    let world = World::with(RaSection {
        profiles: ProfileSet::Neutral,
        certificate_email: tanba_ra::CertificateEmail::AsTyped,
        keystores: KeystoreKind::ALL.into(),
        ..RaSection::default()
    });
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    // Keys on a curve: a file may hold them, no device of the list makes them.
    let requests = world.requests(&citizen, &[world.new_key(), world.new_key()]);
    for keystore in KeystoreKind::ALL {
        let form = ReissueForm {
            keystore: keystore.identifier().to_owned(),
            ..form()
        };
        let number = world
            .ra
            .begin_reissue(&session, &form, NOON)
            .unwrap()
            .number;
        let prepared = world
            .ra
            .prepare_document(&session, &number, &requests, NOON);
        if keystore == KeystoreKind::PersonalComputer {
            assert!(prepared.is_ok());
        } else {
            assert_eq!(prepared.unwrap_err().code(), "keystore-cannot");
        }
        let applications = world.applications(citizen.id);
        let draft = applications.iter().find(|one| one.number == number);
        let kept = draft.unwrap().requests.len();
        assert_eq!(kept == 2, keystore == KeystoreKind::PersonalComputer);
    }
}

#[test]
fn there_is_one_request_for_each_key_and_each_proves_possession() {
    let (world, citizen, session) = started();
    let requests = world.requests(&citizen, &[world.new_key(), world.new_key()]);
    assert_eq!(
        refusal(&world, &session, &requests[..1]),
        ("request-count", None)
    );
    assert_eq!(refusal(&world, &session, &[]), ("request-count", None));
    let garbage = vec![requests[0].clone(), b"not a request".to_vec()];
    assert_eq!(
        refusal(&world, &session, &garbage),
        ("request-malformed", Some(1))
    );
    let long = vec![vec![0x30; 20_000], requests[1].clone()];
    assert_eq!(
        refusal(&world, &session, &long),
        ("request-malformed", Some(0))
    );
    let mut tampered = requests.clone();
    let last = tampered[0].len() - 1;
    tampered[0][last] ^= 1;
    assert_eq!(
        refusal(&world, &session, &tampered),
        ("request-possession", Some(0))
    );
    assert!(prepare(&world, &session, &requests).is_ok());
}

#[test]
fn a_key_that_was_seen_before_is_refused_whoever_had_it() {
    let (world, citizen, session) = started();
    let (new, other) = (world.new_key(), world.new_key());
    let profiles = world.ra.config().profiles();
    let make = |key: &SoftwareKey, place: usize| request(key, profiles[place], &citizen.subject);
    assert_eq!(
        refusal(&world, &session, &[make(&new, 0), make(&new, 1)]),
        ("request-reused-key", Some(1))
    );
    let old = &citizen.authentication.software;
    assert_eq!(
        refusal(&world, &session, &[make(old, 0), make(&new, 1)]),
        ("request-reused-key", Some(0))
    );
    let stranger = world.citizen("Bolat");
    let hers = &stranger.signature.software;
    assert_eq!(
        refusal(&world, &session, &[make(&new, 0), make(hers, 1)]),
        ("request-reused-key", Some(1))
    );

    let strangers = world.sign_in(&stranger, NOON).session;
    let draft = world.prepare(&stranger, &strangers, NOON);
    let asked = [make(&other, 0), make(&draft.keys[1], 1)];
    assert_eq!(
        refusal(&world, &session, &asked).0,
        "request-reused-key",
        "another application asked for it"
    );
}

#[test]
fn a_request_names_its_person_or_nobody() {
    let (world, citizen, session) = started();
    let stranger = world.citizen("Bolat");
    let keys = [world.new_key(), world.new_key()];
    let profiles = world.ra.config().profiles();
    let good = request(&keys[0], profiles[0], &citizen.subject);
    let wrong = request(&keys[1], profiles[1], &stranger.subject);
    assert_eq!(
        refusal(&world, &session, &[good.clone(), wrong]),
        ("request-subject", Some(1))
    );
    let empty = DistinguishedNameBuilder::new().build().unwrap();
    let nameless =
        CertificateRequest::build(&empty, &keys[1], &RequestAttributes::default()).unwrap();
    let document = prepare(&world, &session, &[good, nameless]).unwrap();
    let number = world.applications(citizen.id)[0].number.clone();
    world
        .ra
        .submit(
            &session,
            &number,
            &citizen.signature.sign(&document, NOON),
            NOON,
        )
        .unwrap();
    world
        .ra
        .confirm(&session, &number, &world.mailed_code(NOON), NOON)
        .unwrap();
}

#[test]
fn a_weak_key_and_a_key_of_an_algorithm_that_is_not_allowed_are_refused() {
    let world = World::with(RaSection {
        certificate_email: tanba_ra::CertificateEmail::AsTyped,
        ..RaSection::default()
    });
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let good = world.requests(&citizen, &[world.new_key(), world.new_key()]);
    let made = |arguments: &[&str]| {
        let mut command = Command::new("openssl");
        command.args([
            "req",
            "-new",
            "-nodes",
            "-keyout",
            "/dev/null",
            "-outform",
            "DER",
            "-subj",
            "/",
        ]);
        let output = command
            .args(arguments)
            .output()
            .expect("openssl is installed");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    };
    for arguments in [
        &["-newkey", "rsa:1024"][..],
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        &["-newkey", "ed25519"],
    ] {
        let requests = [good[0].clone(), made(arguments)];
        assert_eq!(
            refusal(&world, &session, &requests),
            ("request-weak-key", Some(1)),
            "{arguments:?}"
        );
    }
    let exponent = ["-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3"];
    assert_eq!(
        refusal(&world, &session, &[made(&exponent), good[1].clone()]),
        ("request-weak-key", Some(0))
    );
    let foreign = made(&["-newkey", "rsa:2048"]);
    assert!(
        prepare(&world, &session, &[good[0].clone(), foreign]).is_ok(),
        "an empty subject is fine"
    );
}

#[test]
fn preparing_again_gives_the_same_document_and_other_keys_another() {
    let (world, citizen, session) = started();
    let draft = world.prepare(&citizen, &session, NOON);
    let again = world
        .ra
        .prepare_document(&session, &draft.number, &draft.requests, after(3600))
        .unwrap();
    assert_eq!(again, draft.document);
    let events = world
        .audit()
        .iter()
        .filter(|event| *event == "application.prepare")
        .count();
    assert_eq!(events, 1, "nothing changed the second time");
    let other = world.prepare_again(&citizen, &session, &draft.number, after(3600));
    assert_ne!(other.document, draft.document);
}
