//! Everything goes well.

use tanba_model::application::{ApplicationNumber, State};
use tanba_model::certificate::{Channel, RevocationReason, Status};
use tanba_model::document::ApplicationDocument;
use tanba_model::message::MessageBody;
use tanba_pki::{Certificate, Purpose};
use tanba_ra::{NextStep, ProfileSet, RaSection, SecondFactorPolicy};

use crate::world::{DAY, NOON, World, after, form};

#[test]
#[expect(clippy::too_many_lines, reason = "one walk from beginning to end")]
fn a_person_renews_her_keys_with_the_national_profiles() {
    let world = World::with(RaSection {
        certificate_email: tanba_ra::CertificateEmail::AsTyped,
        ..RaSection::default()
    });
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;

    let draft = world.prepare(&citizen, &session, after(60));
    let document = ApplicationDocument::from_bytes(&draft.document).unwrap();
    assert_eq!(document.number, draft.number.as_str());
    assert_eq!(
        document.email.as_deref(),
        Some("typed-on-the-form@example.kz")
    );
    assert_eq!(
        document
            .keys
            .iter()
            .map(|key| key.purpose.as_str())
            .collect::<Vec<_>>(),
        ["authentication", "signature"]
    );
    assert!(document.keys.iter().all(|key| key.algorithm == "RSA-2048"));
    assert_eq!(
        world.status(&draft.number).unwrap().unwrap().next,
        NextStep::Confirm
    );

    let message = citizen.signature.sign(&draft.document, after(120));
    let application = world
        .ra
        .submit(&session, &draft.number, &message, after(120))
        .unwrap();
    assert!(matches!(application.state, State::Awaiting2fa { .. }));
    assert_eq!(application.signed.as_ref().unwrap().signature, message);
    let standing = world
        .ra
        .second_factor_standing(&session, &draft.number)
        .unwrap()
        .unwrap();
    assert_eq!(
        (standing.hint.as_str(), standing.tries_left),
        ("a•••@example.kz", 5)
    );

    let mails = world.mail(after(121));
    assert!(
        mails
            .iter()
            .all(|mail| mail.to.as_str() == "aigerim@example.kz"),
        "a mail went elsewhere"
    );
    assert_eq!(
        mails
            .iter()
            .map(|mail| mail.body.kind())
            .collect::<Vec<_>>(),
        ["application_accepted", "confirmation_code"]
    );
    let Some(MessageBody::ConfirmationCode { code, .. }) =
        mails.into_iter().map(|mail| mail.body).next_back()
    else {
        panic!("no code")
    };

    let application = world
        .ra
        .confirm(&session, &draft.number, &code, after(180))
        .unwrap();
    assert!(matches!(application.state, State::Issued { .. }));
    let issued = world.mail(after(181));
    assert_eq!(
        issued
            .iter()
            .map(|mail| mail.body.kind())
            .collect::<Vec<_>>(),
        ["certificates_issued"]
    );

    let certificates = world.ra.certificates(&session, &draft.number).unwrap();
    assert_eq!(certificates.chain.len(), 2);
    let purposes: Vec<Purpose> = certificates
        .certificates
        .iter()
        .map(|der| Certificate::from_der(der).unwrap().purpose())
        .collect();
    assert_eq!(purposes, [Purpose::Authentication, Purpose::Signature]);

    let keys = world.new_keys(&session, &draft);
    let proofs = world.proofs(&session, &draft, &keys, after(240));
    let installed = world
        .ra
        .installed(&session, &draft.number, &proofs, true, after(240))
        .unwrap();
    assert!(matches!(
        installed.application.state,
        State::Installed { .. }
    ));
    assert_eq!(installed.superseded.len(), 2);
    for old in [&citizen.authentication, &citizen.signature] {
        let expected = Status::Revoked {
            at: after(240),
            reason: RevocationReason::Superseded,
        };
        assert_eq!(world.record(old.id).status, expected);
    }
    assert_eq!(
        installed.reminder,
        keys[0]
            .certificate
            .not_after()
            .minus(std::time::Duration::from_secs(30 * DAY))
    );
    assert_eq!(world.mail(after(241)).len(), 1);
    assert_eq!(
        world.status(&draft.number).unwrap().unwrap().next,
        NextStep::Done
    );
    let records = world
        .ra
        .certificate_page(
            &session,
            &tanba_model::ports::CertificateFilter::default(),
            None,
            100,
        )
        .unwrap()
        .items;
    assert_eq!(
        records
            .iter()
            .filter(|record| record.channel == Channel::Cabinet)
            .count(),
        2
    );

    let audit = world.audit();
    for action in [
        "session.open",
        "application.begin",
        "application.prepare",
        "application.submit",
        "application.confirm",
        "certificate.intend",
        "certificate.issue",
        "application.issue",
        "certificate.revoke",
        "application.install",
    ] {
        assert!(
            audit.iter().any(|event| event == action),
            "{action} left no evidence"
        );
    }
}

#[test]
fn the_next_sign_in_is_with_the_new_key() {
    let world = World::new();
    let mut citizen = world.citizen("Dana");
    let session = world.sign_in(&citizen, NOON).session;
    let (draft, keys) = world.issue(&citizen, &session, after(60));
    let proofs = world.proofs(&session, &draft, &keys, after(120));
    world
        .ra
        .installed(&session, &draft.number, &proofs, true, after(120))
        .unwrap();
    let [authentication, signature] = keys.try_into().ok().unwrap();
    citizen.authentication = authentication;
    citizen.signature = signature;
    let session = world.sign_in(&citizen, after(3600)).session;
    world.submit(&citizen, &session, after(3700));
}

#[test]
fn without_a_second_factor_the_signature_issues() {
    let world = World::with(RaSection {
        second_factor: SecondFactorPolicy::None,
        profiles: ProfileSet::Neutral,
        certificate_email: tanba_ra::CertificateEmail::AsTyped,
        ..RaSection::default()
    });
    let citizen = world.citizen_with("Erlan", None, after(0));
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.prepare(&citizen, &session, NOON);
    let message = citizen.signature.sign(&draft.document, NOON);
    let application = world
        .ra
        .submit(&session, &draft.number, &message, NOON)
        .unwrap();
    assert!(matches!(application.state, State::Issued { .. }));
    let again = world
        .ra
        .submit(&session, &draft.number, &message, after(1))
        .unwrap();
    assert_eq!(again.state, application.state);
    assert_eq!(world.certificates(citizen.id).len(), 4);
}

#[test]
fn a_second_click_and_a_second_tab_get_the_same_application() {
    let world = World::new();
    let citizen = world.citizen("Gulnar");
    let session = world.sign_in(&citizen, NOON).session;
    let first = world.ra.begin_reissue(&session, &form(), NOON).unwrap();
    let second = world.ra.begin_reissue(&session, &form(), after(1)).unwrap();
    assert_eq!(
        (first.number, first.version),
        (second.number, second.version)
    );
    let mut changed = form();
    changed.settlement = "other".to_owned();
    let third = world
        .ra
        .begin_reissue(&session, &changed, after(2))
        .unwrap();
    assert_eq!((third.id, third.settlement.as_str()), (first.id, "other"));
    assert_eq!(world.applications(citizen.id).len(), 1);
}

#[test]
fn numbers_of_others_and_of_nobody_look_the_same() {
    let world = World::new();
    let (citizen, stranger) = (world.citizen("Aliya"), world.citizen("Bolat"));
    let session = world.sign_in(&citizen, NOON).session;
    let number = world
        .ra
        .begin_reissue(&session, &form(), NOON)
        .unwrap()
        .number;
    let other = world.sign_in(&stranger, NOON).session;
    let nobody: ApplicationNumber = [
        "123456789015",
        "123456789026",
        "123456789037",
        "123456789040",
    ]
    .iter()
    .chain(&[
        "123456789010",
        "123456789011",
        "123456789012",
        "123456789013",
        "123456789014",
        "123456789016",
    ])
    .find_map(|text| ApplicationNumber::parse(text).ok())
    .unwrap();
    for (session, number) in [(&other, &number), (&session, &nobody)] {
        assert_eq!(
            world.ra.application(session, number).unwrap_err().code(),
            "application-not-found"
        );
        assert_eq!(
            world.ra.cancel(session, number, NOON).unwrap_err().code(),
            "application-not-found"
        );
        assert_eq!(
            world.ra.certificates(session, number).unwrap_err().code(),
            "application-not-found"
        );
        let confirmed = world.ra.confirm(session, number, "123456", NOON);
        assert_eq!(confirmed.unwrap_err().code(), "application-not-found");
    }
    assert_eq!(world.status(&nobody).unwrap(), None);
}
