//! Codes: how often, how long, how many.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tanba_model::application::{ApplicationKind, ApplicationNumber, State};
use tanba_model::id::PersonId;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::message::MessageBody;
use tanba_model::ports::{NewApplication, Storage as _};

use crate::world::{DAY, NOON, World, after, form};

/// A code that is not the right one.
fn wrong(code: &str) -> String {
    if code == "000000" {
        "000001".to_owned()
    } else {
        "000000".to_owned()
    }
}

#[test]
fn five_wrong_codes_end_the_application_and_the_right_one_comes_too_late() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    let enter = |code: &str| world.ra.confirm(&session, &draft.number, code, after(60));
    for malformed in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
        assert_eq!(
            enter(malformed).unwrap_err().code(),
            "code-malformed",
            "{malformed}"
        );
    }
    for left in (1..5).rev() {
        let error = enter(&wrong(&code)).unwrap_err();
        assert!(
            matches!(error, tanba_ra::ConfirmError::Wrong { tries_left } if tries_left == left),
            "{error:?}"
        );
    }
    assert_eq!(enter(&wrong(&code)).unwrap_err().code(), "too-many-codes");
    assert_eq!(enter(&code).unwrap_err().code(), "too-many-codes");
    let application = world.ra.application(&session, &draft.number).unwrap();
    assert_eq!(
        application.state,
        State::Rejected {
            at: after(60),
            reason: "too-many-codes".to_owned()
        }
    );
    assert_eq!(
        world.certificates(citizen.id).len(),
        2,
        "something was issued"
    );
    let audit = world.audit();
    assert_eq!(
        audit
            .iter()
            .filter(|event| *event == "application.wrong-code")
            .count(),
        5
    );
    assert!(audit.contains(&"application.reject".to_owned()));
}

#[test]
fn a_code_may_be_typed_in_groups_and_counts_for_ten_minutes() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    let late = world
        .ra
        .confirm(&session, &draft.number, &code, after(600))
        .unwrap_err();
    assert_eq!(late.code(), "code-expired");
    let typed = format!(" {} {} ", &code[..3], &code[3..]);
    let application = world
        .ra
        .confirm(&session, &draft.number, &typed, after(599))
        .unwrap();
    assert!(matches!(application.state, State::Issued { .. }));
}

#[test]
fn a_lost_mail_is_sent_again_a_minute_later_and_five_times_in_all() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let first = world.mailed_code(NOON);
    let again = |now| world.ra.resend_code(&session, &draft.number, now);
    let early = again(after(59)).unwrap_err();
    assert!(
        matches!(early, tanba_ra::ResendError::TooEarly { wait_seconds: 1 }),
        "{early:?}"
    );
    world
        .ra
        .confirm(&session, &draft.number, &wrong(&first), after(59))
        .unwrap_err();
    let standing = again(after(60)).unwrap().unwrap();
    assert_eq!(
        (standing.sends_left, standing.tries_left),
        (3, 4),
        "tries came back"
    );
    let second = world.mailed_code(after(60));
    if first != second {
        assert_eq!(
            world
                .ra
                .confirm(&session, &draft.number, &first, after(61))
                .unwrap_err()
                .code(),
            "wrong-code"
        );
    }
    for minute in 2..5 {
        again(after(minute * 60)).unwrap();
    }
    assert_eq!(again(after(3600)).unwrap_err().code(), "no-more-codes");
    let last = world.mailed_code(after(300));
    world
        .ra
        .confirm(&session, &draft.number, &last, after(300))
        .unwrap();
    assert_eq!(
        again(after(4000)).unwrap_err().code(),
        "application-wrong-state"
    );
}

#[test]
fn a_new_application_does_not_bring_unlimited_tries() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let mut tried = 0;
    for hour in 0..2 {
        let draft = world.submit(&citizen, &session, after(hour * 3600));
        let code = world.mailed_code(after(hour * 3600));
        while world
            .ra
            .confirm(&session, &draft.number, &wrong(&code), after(hour * 3600))
            .unwrap_err()
            .code()
            == "wrong-code"
        {
            tried += 1;
        }
        tried += 1;
    }
    assert_eq!(tried, 10);
    let draft = world.prepare(&citizen, &session, after(3 * 3600));
    let message = citizen.signature.sign(&draft.document, NOON);
    let paused = world
        .ra
        .submit(&session, &draft.number, &message, after(3 * 3600))
        .unwrap_err();
    assert!(
        matches!(paused, tanba_ra::SubmitError::CodesPaused { until } if until == after(DAY)),
        "{paused:?}"
    );
    assert_eq!(
        world.ra.application(&session, &draft.number).unwrap().state,
        State::Draft,
        "nothing is lost"
    );
    world.ra.expire_old(after(12 * 3600)).unwrap();
    assert_eq!(
        world
            .ra
            .submit(&session, &draft.number, &message, after(12 * 3600))
            .unwrap_err()
            .code(),
        "codes-paused",
        "cleaning up brought the tries back"
    );
    world
        .ra
        .submit(&session, &draft.number, &message, after(DAY + 3600))
        .unwrap();
}

#[test]
fn wrong_tries_of_applications_beside_each_other_add_up() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let drafts: Vec<_> = (0..3)
        .map(|_| world.submit(&citizen, &session, NOON))
        .collect();
    let outcome = |place: usize| {
        world
            .ra
            .confirm(&session, &drafts[place].number, "000000", NOON)
    };
    let mut codes = Vec::new();
    for place in [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2] {
        match outcome(place) {
            Ok(_) => return, // One in a million.
            Err(error) => codes.push(error.code()),
        }
    }
    assert_eq!(
        codes.iter().filter(|code| **code == "wrong-code").count(),
        10
    );
    assert_eq!(
        codes.iter().filter(|code| **code == "codes-paused").count(),
        2
    );
}

#[test]
fn nobody_is_flooded_with_codes_or_begins_applications_all_day() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let mut sent = 0;
    let mut codes = Vec::new();
    for _ in 0..4 {
        let draft = world.prepare(&citizen, &session, NOON);
        let message = citizen.signature.sign(&draft.document, NOON);
        match world
            .ra
            .submit(&session, &draft.number, &message, after(sent * 60))
        {
            Ok(_) => sent += 1,
            Err(error) => {
                codes.push(error.code());
                continue;
            }
        }
        while world
            .ra
            .resend_code(&session, &draft.number, after(sent * 60))
            .is_ok()
        {
            sent += 1;
        }
        world
            .ra
            .cancel(&session, &draft.number, after(sent * 60))
            .unwrap();
    }
    assert_eq!((sent, codes.as_slice()), (15, &["codes-paused"][..]));
    let begun = loop {
        match world.ra.begin_reissue(&session, &form(), after(2 * 3600)) {
            Ok(draft) => drop(
                world
                    .ra
                    .cancel(&session, &draft.number, after(2 * 3600))
                    .unwrap(),
            ),
            Err(error) => {
                assert_eq!(error.code(), "too-many-applications");
                break world.applications(citizen.id).len();
            }
        }
    };
    assert_eq!(begun, 20);
    assert!(
        world
            .ra
            .begin_reissue(&session, &form(), after(DAY + 3 * 3600))
            .is_ok()
    );
}

/// First applications, as anybody can file them who knows IIN and name.
fn strangers_file(world: &World, person: PersonId, count: u32) {
    let mut work = world.storage.begin().unwrap();
    let mut random = StdRng::seed_from_u64(77);
    for _ in 0..count {
        let new = NewApplication {
            number: ApplicationNumber::random(&mut random),
            person,
            kind: ApplicationKind::First,
            email: None,
            region: "KZ-75".to_owned(),
            settlement: "almaty".to_owned(),
            keystore: KeystoreKind::PersonalComputer,
            login_certificate: None,
        };
        work.applications().insert(&new, after(1)).unwrap();
    }
    work.commit().unwrap();
}

#[test]
fn what_strangers_file_neither_ends_the_pause_of_codes_nor_uses_up_the_renewals_of_a_day() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let drafts: Vec<_> = (0..3)
        .map(|_| world.submit(&citizen, &session, NOON))
        .collect();
    let enter = |place: usize| {
        let entered = world
            .ra
            .confirm(&session, &drafts[place].number, "000000", NOON);
        entered.map_or_else(|error| error.code(), |_| "one in a million")
    };
    for place in [0, 0, 0, 0, 1, 1, 1, 1, 2, 2] {
        if enter(place) != "wrong-code" {
            return; // One in a million.
        }
    }
    assert_eq!(enter(2), "codes-paused");
    strangers_file(&world, citizen.id, 70);
    assert_eq!(enter(2), "codes-paused", "they lift the pause");
    let begun = world.ra.begin_reissue(&session, &form(), after(2));
    assert!(begun.is_ok(), "they lock her out: {begun:?}");
}

#[test]
fn a_code_goes_to_the_confirmed_address_whatever_the_form_says() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    world.submit(&citizen, &session, NOON);
    for mail in world.mail(NOON) {
        assert_eq!(mail.to.as_str(), "aigerim@example.kz");
        assert!(
            !matches!(&mail.body, MessageBody::ConfirmationCode { code, .. } if code.len() != 6)
        );
    }
}
