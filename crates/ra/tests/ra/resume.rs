//! Crashes, lost answers, and what nobody went on with.

use std::sync::Barrier;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tanba_model::application::State;

use crate::world::{DAY, NOON, World, after};

#[test]
fn a_confirmation_whose_issuance_failed_is_finished_by_repeating_it() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    world.issuance.key_is_away.store(true, Ordering::SeqCst);
    let delayed = world
        .ra
        .confirm(&session, &draft.number, &code, after(1))
        .unwrap_err();
    assert_eq!(delayed.code(), "issuance-delayed");
    assert_eq!(
        world
            .ra
            .cancel(&session, &draft.number, after(1))
            .unwrap_err()
            .code(),
        "application-wrong-state"
    );
    assert_eq!(world.ra.resume(after(2)).unwrap().waiting, 1);
    world.issuance.key_is_away.store(false, Ordering::SeqCst);
    let application = world
        .ra
        .confirm(&session, &draft.number, "", after(3))
        .unwrap();
    assert!(matches!(application.state, State::Issued { .. }));
    assert_eq!(world.certificates(citizen.id).len(), 4);
}

#[test]
fn all_that_wait_have_their_turn_whatever_those_before_them_wait_for() {
    let world = World::new();
    world.issuance.key_is_away.store(true, Ordering::SeqCst);
    let mut numbers = Vec::new();
    for (place, name) in ["Aigerim", "Bolat", "Dana", "Erlan", "Gulnar"]
        .into_iter()
        .enumerate()
    {
        let citizen = world.citizen(name);
        let now = after(10 * u64::try_from(place).unwrap());
        let session = world.sign_in(&citizen, now).session;
        let draft = world.submit(&citizen, &session, now);
        let code = world.mailed_code(now);
        let delayed = world
            .ra
            .confirm(&session, &draft.number, &code, now)
            .unwrap_err();
        assert_eq!(delayed.code(), "issuance-delayed");
        numbers.push(draft.number.clone());
    }
    let states = || -> Vec<String> {
        let state = |number| world.status(number).unwrap().unwrap().state.to_owned();
        numbers.iter().map(state).collect()
    };
    let round = |now| {
        let resumed = world.ra.resume_some(after(now), 2).unwrap();
        (resumed.finished, resumed.waiting, resumed.more)
    };
    // Two, two, one, and again from the beginning; nothing is gained by hurrying.
    let rounds: Vec<_> = (100..104).map(round).collect();
    assert_eq!(
        rounds,
        [(0, 2, false), (0, 2, false), (0, 1, false), (0, 2, false)]
    );
    world.issuance.key_is_away.store(false, Ordering::SeqCst);
    // The third and the fourth are next, although the first two wait longer.
    assert_eq!(round(104), (2, 0, true));
    assert_eq!(
        states(),
        ["CONFIRMED", "CONFIRMED", "ISSUED", "ISSUED", "CONFIRMED"]
    );
    assert_eq!(round(105), (1, 0, false));
    assert_eq!(round(106), (2, 0, true));
    assert_eq!(round(107), (0, 0, false));
    assert_eq!(states(), ["ISSUED"; 5]);
}

#[test]
fn a_crash_between_issuance_and_its_record_is_finished_at_the_next_start() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    world.issuance.answer_is_lost.store(true, Ordering::SeqCst);
    world
        .ra
        .confirm(&session, &draft.number, &code, after(1))
        .unwrap_err();
    assert_eq!(
        world.certificates(citizen.id).len(),
        4,
        "they exist, and the application does not know"
    );
    let world = world.restart(after(60));
    assert_eq!(
        world.status(&draft.number).unwrap().unwrap().state,
        "CONFIRMED"
    );
    let resumed = world.ra.resume(after(60)).unwrap();
    assert_eq!((resumed.finished, resumed.waiting), (1, 0));
    assert_eq!(world.certificates(citizen.id).len(), 4, "issued twice");
    assert_eq!(world.mail(after(61)).len(), 1, "one notice");
    assert_eq!(world.new_keys(&session, &draft).len(), 2);
    assert_eq!(world.ra.resume(after(62)).unwrap().finished, 0);
}

#[test]
fn a_restart_in_mid_wizard_loses_nothing() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let opened = world.sign_in(&citizen, NOON);
    let challenge = world.ra.login_challenge(NOON).unwrap();
    let draft = world.prepare(&citizen, &opened.session, NOON);
    let world = world.restart(after(10));
    world
        .ra
        .login(
            &citizen.authentication.sign(&challenge, NOON),
            after(11),
            "",
        )
        .unwrap();
    let (session, _) = world
        .ra
        .session(opened.token.expose(), after(11))
        .unwrap()
        .unwrap();
    let message = citizen.signature.sign(&draft.document, NOON);
    world
        .ra
        .submit(&session, &draft.number, &message, after(12))
        .unwrap();
    let world = world.restart(after(20));
    let code = world.mailed_code(after(21));
    world
        .ra
        .confirm(&session, &draft.number, &code, after(22))
        .unwrap();
    let world = world.restart(after(30));
    let keys = world.new_keys(&session, &draft);
    let proofs = world.proofs(&session, &draft, &keys, after(31));
    let world = world.restart(after(40));
    world
        .ra
        .installed(&session, &draft.number, &proofs, true, after(41))
        .unwrap();
    assert_eq!(world.certificates(citizen.id).len(), 4);
}

#[test]
fn confirming_from_two_tabs_at_once_issues_once() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                let application = world
                    .ra
                    .confirm(&session, &draft.number, &code, after(1))
                    .unwrap();
                assert!(
                    matches!(application.state, State::Issued { .. }),
                    "{:?}",
                    application.state
                );
            });
        }
    });
    assert_eq!(world.certificates(citizen.id).len(), 4);
    assert_eq!(world.mail(after(2)).len(), 1, "one notice");
    assert_eq!(
        world
            .audit()
            .iter()
            .filter(|event| *event == "application.issue")
            .count(),
        1
    );
}

#[test]
fn two_processes_over_one_database_issue_once() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    for round in 0..5 {
        let now = after(round * 120);
        let draft = world.submit(&citizen, &session, now);
        let code = world.mailed_code(now);
        let other = world.second_process();
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            for ra in [world.ra.as_ref(), &other, world.ra.as_ref(), &other] {
                let (session, draft, code, barrier) = (&session, &draft, &code, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    match ra.confirm(session, &draft.number, code, now) {
                        Ok(application) => {
                            assert!(matches!(application.state, State::Issued { .. }))
                        }
                        Err(error) => assert_eq!(error.code(), "changed-meanwhile"),
                    }
                });
            }
        });
        world.ra.resume(now).unwrap();
        assert_eq!(
            world.status(&draft.number).unwrap().unwrap().state,
            "ISSUED"
        );
        assert_eq!(
            world.certificates(citizen.id).len(),
            4 + 2 * usize::try_from(round).unwrap()
        );
    }
    assert_eq!(
        world
            .audit()
            .iter()
            .filter(|event| *event == "application.issue")
            .count(),
        5
    );
}

#[test]
fn what_nobody_goes_on_with_expires() {
    let world = World::new();
    let (citizen, other) = (world.citizen("Aigerim"), world.citizen("Bolat"));
    let session = world.sign_in(&citizen, NOON).session;
    let waiting = world.submit(&citizen, &session, NOON);
    let drafts = world.sign_in(&other, NOON).session;
    let draft = world.prepare(&other, &drafts, NOON);
    assert_eq!(world.ra.expire_old(after(DAY)).unwrap().applications, 0);
    assert_eq!(world.ra.expire_old(after(DAY + 1)).unwrap().applications, 1);
    assert_eq!(
        world.status(&waiting.number).unwrap().unwrap().state,
        "EXPIRED"
    );
    assert_eq!(
        world
            .ra
            .expire_old(after(7 * DAY + 1))
            .unwrap()
            .applications,
        1
    );
    assert_eq!(
        world.status(&draft.number).unwrap().unwrap().state,
        "EXPIRED"
    );
    let code = world
        .ra
        .resend_code(&session, &waiting.number, after(2 * DAY))
        .unwrap_err()
        .code();
    assert_eq!(code, "application-expired");
    assert_eq!(
        world
            .audit()
            .iter()
            .filter(|event| *event == "application.expire")
            .count(),
        2
    );
}

#[test]
fn issued_certificates_wait_for_installation_as_long_as_it_takes() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let (draft, keys) = world.issue(&citizen, &session, NOON);
    world.ra.expire_old(after(60 * DAY)).unwrap();
    // Her old keys have expired meanwhile; the new ones open the cabinet.
    let mut citizen = citizen;
    let [authentication, signature] = keys.try_into().ok().unwrap();
    citizen.authentication = authentication;
    let late = NOON.plus(Duration::from_secs(60 * DAY));
    let session = world.sign_in(&citizen, late).session;
    let proofs = world.proofs(&session, &draft, &[citizen.authentication, signature], late);
    world
        .ra
        .installed(&session, &draft.number, &proofs, true, late)
        .unwrap();
}
