//! Somebody has the key files and their passwords, but not the mailbox.

use tanba_model::application::State;
use tanba_model::certificate::RevocationReason;
use tanba_model::language::Language;
use tanba_ra::ReissueForm;

use crate::world::{DAY, NOON, World, after, form};

#[test]
#[expect(clippy::too_many_lines, reason = "one walk from beginning to end")]
fn the_thief_gets_no_certificate_changes_no_address_and_stops_no_notice() {
    let world = World::new();
    let victim = world.citizen("Aigerim");
    let before = world.certificates(victim.id).len();
    let opened = world.sign_in(&victim, NOON);
    let session = &opened.session;

    // An address of his own on the form.
    let his = ReissueForm {
        email: Some("thief@example.kz".to_owned()),
        ..form()
    };
    let number = world.ra.begin_reissue(session, &his, NOON).unwrap().number;
    let draft = world.prepare_again(&victim, session, &number, NOON);
    let message = victim.signature.sign(&draft.document, NOON);
    world.ra.submit(session, &number, &message, NOON).unwrap();
    world.ra.set_language(session, Language::En, NOON).unwrap();

    // Past the second factor without a code.
    assert_eq!(
        world.ra.certificates(session, &number).unwrap_err().code(),
        "application-wrong-state"
    );
    assert_eq!(
        world
            .ra
            .installation_challenge(session, &number, NOON)
            .unwrap_err()
            .code(),
        "application-wrong-state"
    );
    assert_eq!(world.ra.resume(after(1)).unwrap().finished, 0);
    world
        .ra
        .submit(session, &number, &message, after(1))
        .unwrap();
    assert_eq!(
        world.status(&number).unwrap().unwrap().state,
        "AWAITING_2FA"
    );

    // Guessing for a week, in as many applications as he likes, as fast as the machine goes.
    let mut session = session.clone();
    for day in 0..7 {
        for minute in 0..30 {
            let now = after(day * DAY + minute * 60);
            if minute == 0 {
                session = world.sign_in(&victim, now).session;
            }
            let open: Vec<_> = world
                .applications(victim.id)
                .into_iter()
                .filter(|application| matches!(application.state, State::Awaiting2fa { .. }))
                .collect();
            for application in &open {
                let _ = world.ra.resend_code(&session, &application.number, now);
                for guess in 0..10 {
                    let guess = format!(
                        "{:06}",
                        100_000 * (guess % 10) + u32::try_from(minute).unwrap()
                    );
                    if world
                        .ra
                        .confirm(&session, &application.number, &guess, now)
                        .is_ok()
                    {
                        return; // Luck of less than one in ten thousand; not what is tested.
                    }
                }
            }
            if let Ok(draft) = world.ra.begin_reissue(&session, &form(), now) {
                let draft = world.prepare_again(&victim, &session, &draft.number, now);
                let message = victim.signature.sign(&draft.document, now);
                let _ = world.ra.submit(&session, &draft.number, &message, now);
            }
        }
        world.ra.expire_old(after(day * DAY + 3600)).unwrap();
    }
    let guesses = world
        .audit()
        .iter()
        .filter(|event| *event == "application.wrong-code")
        .count();
    assert!((60..=70).contains(&guesses), "{guesses} guesses in a week");
    assert_eq!(
        world.certificates(victim.id).len(),
        before,
        "he got a certificate"
    );

    // The victim heard of it, at her address, and ends it.
    let mails = world.mail(after(30));
    assert!(!mails.is_empty());
    assert!(
        mails
            .iter()
            .all(|mail| mail.to.as_str() == "aigerim@example.kz")
    );
    let notice = mails
        .iter()
        .find(|mail| mail.body.kind() == "application_accepted")
        .unwrap();
    let tanba_model::message::MessageBody::ApplicationAccepted { not_me_path, .. } = &notice.body
    else {
        panic!()
    };
    world
        .ra
        .not_me(not_me_path.strip_prefix("/not-me/").unwrap(), after(3600))
        .unwrap();
    assert!(
        world
            .certificates(victim.id)
            .iter()
            .all(|record| !record.status.is_valid())
    );
    let challenge = world.ra.login_challenge(after(7 * DAY)).unwrap();
    assert!(
        world
            .ra
            .login(
                &victim.authentication.sign(&challenge, NOON),
                after(7 * DAY),
                ""
            )
            .is_err()
    );
}

#[test]
fn cancelling_and_signing_out_do_not_take_notices_back() {
    let world = World::new();
    let victim = world.citizen("Aigerim");
    let opened = world.sign_in(&victim, NOON);
    let draft = world.submit(&victim, &opened.session, NOON);
    world
        .ra
        .cancel(&opened.session, &draft.number, NOON)
        .unwrap();
    world.ra.logout(opened.token.expose(), NOON).unwrap();
    let kinds: Vec<_> = world
        .mail(after(1))
        .iter()
        .map(|mail| mail.body.kind())
        .collect();
    assert_eq!(kinds, ["application_accepted"]);
}

#[test]
fn only_the_login_key_was_stolen() {
    let world = World::new();
    let victim = world.citizen("Aigerim");
    let session = world.sign_in(&victim, NOON).session;
    let draft = world.prepare(&victim, &session, NOON);
    let accomplice = world.citizen("Bolat");
    for message in [
        victim.authentication.sign(&draft.document, NOON),
        accomplice.signature.sign(&draft.document, NOON),
    ] {
        world
            .ra
            .submit(&session, &draft.number, &message, NOON)
            .unwrap_err();
    }
    let his = world.sign_in(&accomplice, NOON).session;
    let message = victim.authentication.sign(&draft.document, NOON);
    assert_eq!(
        world
            .ra
            .submit(&his, &draft.number, &message, NOON)
            .unwrap_err()
            .code(),
        "application-not-found"
    );
    assert_eq!(world.applications(victim.id)[0].state, State::Draft);
}

#[test]
fn a_code_confirms_only_what_the_session_signed_that_enters_it() {
    let world = World::new();
    let victim = world.citizen("Aigerim");
    let hers = world.sign_in(&victim, NOON).session;
    let his = world.sign_in(&victim, NOON).session;
    // She prepares and reads; he shares her draft, puts keys of his own into it and is quicker to sign.
    let draft = world.prepare(&victim, &hers, NOON);
    let trap = world.prepare_again(&victim, &his, &draft.number, NOON);
    let message = victim.signature.sign(&trap.document, NOON);
    world
        .ra
        .submit(&his, &draft.number, &message, NOON)
        .unwrap();
    let message = victim.signature.sign(&draft.document, NOON);
    let refused = world.ra.submit(&hers, &draft.number, &message, NOON);
    assert_eq!(refused.unwrap_err().code(), "already-signed");
    for (session, elsewhere) in [(&hers, true), (&his, false)] {
        let known = world
            .ra
            .is_signed_elsewhere(session, &draft.number, NOON)
            .unwrap();
        assert_eq!(known, elsewhere);
    }
    // The mail names her number and is at her address: she types the code.
    let code = world.mailed_code(NOON);
    let refused = world.ra.confirm(&hers, &draft.number, &code, after(1));
    assert_eq!(refused.unwrap_err().code(), "signed-elsewhere");
    let refused = world.ra.resend_code(&hers, &draft.number, after(61));
    assert_eq!(refused.unwrap_err().code(), "signed-elsewhere");
    assert_eq!(
        world.certificates(victim.id).len(),
        2,
        "his keys got certificates"
    );
}

#[test]
fn signing_the_same_again_in_a_new_session_lets_the_code_in() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    let later = world.sign_in(&citizen, after(1)).session;
    let refused = world.ra.confirm(&later, &draft.number, &code, after(1));
    assert_eq!(refused.unwrap_err().code(), "signed-elsewhere");
    let message = citizen.signature.sign(&draft.document, after(2));
    for _ in 0..2 {
        world
            .ra
            .submit(&later, &draft.number, &message, after(2))
            .unwrap();
    }
    let issued = world
        .ra
        .confirm(&later, &draft.number, &code, after(3))
        .unwrap();
    assert!(matches!(issued.state, State::Issued { .. }));
}

#[test]
fn a_key_that_was_revoked_while_the_code_was_on_its_way_brings_no_certificate() {
    for reason in [
        RevocationReason::KeyCompromise,
        RevocationReason::CertificateHold,
    ] {
        let world = World::new();
        let citizen = world.citizen("Aigerim");
        let session = world.sign_in(&citizen, NOON).session;
        let draft = world.submit(&citizen, &session, NOON);
        let code = world.mailed_code(NOON);
        world.revoke(&citizen.signature, reason, after(1));
        let refused = world.ra.confirm(&session, &draft.number, &code, after(2));
        assert_eq!(refused.unwrap_err().code(), "application-rejected");
        assert_eq!(world.certificates(citizen.id).len(), 2);
        assert!(matches!(
            &world.applications(citizen.id)[0].state,
            State::Rejected { reason, .. } if reason == "key-revoked"
        ));
    }
}
