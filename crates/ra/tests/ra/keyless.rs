//! Revoking and freezing without a key.

use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::iin::Iin;
use tanba_model::message::MessageBody;
use tanba_model::ports::{LimitedSession, Storage as _};
use tanba_pki::Timestamp;
use tanba_ra::Proof;

use crate::world::{Citizen, Key, NOON, World, after};

fn iin(citizen: &Citizen) -> Iin {
    Iin::parse(&citizen.subject.iin).unwrap()
}

fn status(world: &World, key: &Key) -> Status {
    let mut work = world.storage.snapshot().unwrap();
    work.certificates().find(key.id).unwrap().unwrap().status
}

fn codes(world: &World, now: Timestamp) -> Vec<String> {
    let mails = world.mail(now);
    let code = |body| {
        if let MessageBody::EntryCode { code, .. } = body {
            Some(code)
        } else {
            None
        }
    };
    mails
        .into_iter()
        .filter_map(|mail| code(mail.body))
        .collect()
}

fn enter(world: &World, citizen: &Citizen, now: Timestamp) -> LimitedSession {
    let flow = world.ra.ask_entry(&iin(citizen), None, now).unwrap();
    let flow = flow.unwrap();
    let code = codes(world, now).pop().expect("a code was mailed");
    let opened = world
        .ra
        .answer_entry(flow.expose(), &code, now, "")
        .unwrap();
    let found = world.ra.limited_session(opened.token.expose(), now);
    assert_eq!(found.unwrap().unwrap().0, opened.session);
    opened.session
}

fn wrong(code: &str) -> String {
    let last = if code.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &code[..5])
}

#[test]
fn a_lost_key_is_revoked_with_a_code_and_everybody_is_signed_out() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON);
    world.submit(&citizen, &session.session, NOON);
    world.mail(NOON);
    let limited = enter(&world, &citizen, after(1));
    let certificates = world.ra.limited_certificates(&limited, after(2)).unwrap();
    assert_eq!(certificates.len(), 2);
    let serial = citizen.signature.certificate.serial_hex();
    let revoked = world
        .ra
        .revoke_by_code(&limited, std::slice::from_ref(&serial), "lost", after(3))
        .unwrap();
    assert_eq!(revoked.reason, RevocationReason::KeyCompromise);
    let ended = Status::Revoked {
        at: after(3),
        reason: RevocationReason::KeyCompromise,
    };
    assert_eq!(status(&world, &citizen.signature), ended);
    assert_eq!(
        world.details("certificate.revoke"),
        ["keyCompromise: email-code:lost"],
        "the standard's word comes first"
    );
    assert!(status(&world, &citizen.authentication).is_valid());
    let found = world.ra.session(session.token.expose(), after(3)).unwrap();
    assert!(found.is_none(), "whoever holds the key is signed out");
    assert_eq!(world.applications(citizen.id)[0].state.name(), "REJECTED");
    let mails = world.mail(after(4));
    assert!(mails.iter().any(|mail| matches!(
        &mail.body,
        MessageBody::Revoked { serials, by_code: true, not_me_path, .. }
            if *serials == [serial.clone()] && !not_me_path.is_empty()
    )));
    let again = world
        .ra
        .revoke_by_code(&limited, &[serial], "lost", after(5));
    assert_eq!(again.unwrap_err().code(), "certificate-not-revocable");
}

#[test]
fn a_stranger_learns_nothing_and_no_answer_is_right_for_nobody() {
    let world = World::new();
    let citizen = world.citizen_with("Aigerim", None, NOON);
    let unknown = Iin::complete("90010130012").unwrap();
    for (number, iin) in [unknown, iin(&citizen)].into_iter().enumerate() {
        let now = after(u64::try_from(number).unwrap() * 1000);
        let flow = world.ra.ask_entry(&iin, None, now).unwrap().unwrap();
        assert!(world.mail(now).is_empty());
        for tries_left in (1..5).rev() {
            let refused = world.ra.answer_entry(flow.expose(), "123456", now, "");
            let error = refused.unwrap_err();
            assert!(
                matches!(error, tanba_ra::EntryError::Wrong { tries_left: left } if left == tries_left),
                "{error:?}"
            );
        }
        let refused = world.ra.answer_entry(flow.expose(), "123456", now, "");
        assert_eq!(refused.unwrap_err().code(), "entry-code-spent");
    }
    let refused = world.ra.answer_entry("no such flow", "123456", NOON, "");
    assert_eq!(refused.unwrap_err().code(), "entry-code-spent");
    let refused = world.ra.answer_entry("no such flow", "12345", NOON, "");
    assert_eq!(refused.unwrap_err().code(), "code-malformed");
}

#[test]
fn a_code_counts_for_whoever_asked_for_ten_minutes_once() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let hers = world
        .ra
        .ask_entry(&iin(&citizen), None, NOON)
        .unwrap()
        .unwrap();
    let code = codes(&world, NOON).pop().unwrap();
    let his = world
        .ra
        .ask_entry(&iin(&citizen), None, after(1))
        .unwrap()
        .unwrap();
    let other = codes(&world, after(1))
        .pop()
        .expect("another browser, another code");
    let stolen = world.ra.answer_entry(his.expose(), &code, after(2), "");
    assert_eq!(stolen.unwrap_err().code(), "entry-code-wrong");
    world
        .ra
        .answer_entry(his.expose(), &other, after(3), "")
        .unwrap();
    let late = world.ra.answer_entry(hers.expose(), &code, after(601), "");
    assert_eq!(late.unwrap_err().code(), "entry-code-wrong");
    let hers = world
        .ra
        .ask_entry(&iin(&citizen), None, after(700))
        .unwrap()
        .unwrap();
    let code = codes(&world, after(700)).pop().unwrap();
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    world
        .ra
        .answer_entry(hers.expose(), &spaced, after(701), "")
        .unwrap();
    let twice = world.ra.answer_entry(hers.expose(), &code, after(702), "");
    assert_eq!(twice.unwrap_err().code(), "entry-code-spent");
}

#[test]
fn whoever_spoilt_her_code_gets_another_at_once_and_ten_in_a_day() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let ask = |earlier: Option<&str>, now| {
        let flow = world.ra.ask_entry(&iin(&citizen), earlier, now).unwrap();
        (flow, codes(&world, now).pop())
    };
    let (flow, code) = ask(None, NOON);
    let (flow, code) = (flow.unwrap(), code.unwrap());
    for _ in 0..5 {
        let answered = world
            .ra
            .answer_entry(flow.expose(), &wrong(&code), after(1), "");
        assert!(answered.is_err());
    }
    let (flow, code) = ask(Some(flow.expose()), after(2));
    let opened = world.ra.answer_entry(
        flow.unwrap().expose(),
        &code.expect("sent within the minute"),
        after(3),
        "",
    );
    opened.unwrap();
    let sent = (3..30).filter(|second| ask(None, after(*second)).1.is_some());
    assert_eq!(sent.count(), 8, "two were sent before");
}

#[test]
fn the_wrong_answers_of_a_stranger_say_nothing_about_the_code_of_the_owner() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    for round in 0..3 {
        let now = after(round * 100);
        let flow = world
            .ra
            .ask_entry(&iin(&citizen), None, now)
            .unwrap()
            .unwrap();
        let code = codes(&world, now).pop().expect("a code is sent");
        for _ in 0..5 {
            let _ = world.ra.answer_entry(flow.expose(), &wrong(&code), now, "");
        }
        let spent = world.ra.answer_entry(flow.expose(), &code, now, "");
        assert_eq!(
            spent.unwrap_err().code(),
            "entry-code-spent",
            "five of a flow"
        );
    }
    enter(&world, &citizen, after(1000));
}

#[test]
fn after_the_ten_codes_of_a_day_one_goes_out_in_an_hour() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    for second in 0..10 {
        let _ = world.ra.ask_entry(&iin(&citizen), None, after(second));
    }
    assert_eq!(codes(&world, after(9)).len(), 10);
    let asks = |now| {
        let flow = world.ra.ask_entry(&iin(&citizen), None, now).unwrap();
        (flow.unwrap(), codes(&world, now).pop())
    };
    assert!(asks(after(3608)).1.is_none(), "not within the hour");
    let (flow, code) = asks(after(3609));
    let code = code.expect("one an hour, to whoever asks first");
    assert!(asks(after(3700)).1.is_none(), "one");
    world
        .ra
        .answer_entry(flow.expose(), &code, after(3701), "")
        .unwrap();
}

#[test]
fn a_stranger_who_asks_in_her_name_hands_her_the_link_that_freezes() {
    for which in 0..10 {
        let world = World::new();
        let citizen = world.citizen("Aigerim");
        for second in 0..10 {
            let _ = world.ra.ask_entry(&iin(&citizen), None, after(second));
        }
        let hers = world.ra.ask_entry(&iin(&citizen), None, after(10)).unwrap();
        assert!(hers.is_some(), "the answer is the same");
        let links: Vec<String> = world
            .mail(after(10))
            .into_iter()
            .filter_map(|mail| {
                let MessageBody::EntryCode { not_me_path, .. } = mail.body else {
                    return None;
                };
                Some(not_me_path)
            })
            .collect();
        assert_eq!(links.len(), 10, "her own ask is one too many");
        let token = links[which].strip_prefix("/not-me/").expect("a link");
        // An hour later her codes are still the stranger's.
        let frozen = world.ra.not_me(token, after(3600)).unwrap();
        assert_eq!(frozen.serials.len(), 2);
        assert!(!status(&world, &citizen.signature).is_valid());
    }
}

#[test]
fn whoever_signs_in_with_her_key_does_not_end_the_session_that_a_code_opened() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let limited = enter(&world, &citizen, NOON);
    let thief = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &thief, NOON);
    let proved = world
        .ra
        .prove(&draft.number, Proof::Iin(&iin(&citizen)), NOON, "");
    let by_number = proved.unwrap().unwrap().opened.unwrap().session;
    world.ra.end_all_sessions(&thief, after(1)).unwrap();
    let mut work = world.storage.snapshot().unwrap();
    let left = work.limited_sessions().of_person(citizen.id).unwrap();
    drop(work);
    assert_eq!(
        left.as_slice(),
        std::slice::from_ref(&limited),
        "and not {by_number:?}"
    );
    let serial = citizen.authentication.certificate.serial_hex();
    world
        .ra
        .revoke_by_code(&limited, &[serial], "lost", after(2))
        .unwrap();
    assert!(!status(&world, &citizen.authentication).is_valid());
}

#[test]
fn freezing_closes_everything_and_frozen_keys_can_still_be_revoked() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON);
    let limited = enter(&world, &citizen, NOON);
    let frozen = world.ra.freeze_by_code(&limited, after(1)).unwrap();
    assert_eq!(frozen.serials.len(), 2);
    assert!(
        world
            .ra
            .session(session.token.expose(), after(1))
            .unwrap()
            .is_none()
    );
    let mut work = world.storage.snapshot().unwrap();
    assert!(
        work.limited_sessions()
            .find(&limited.token_sha256)
            .unwrap()
            .is_none()
    );
    drop(work);
    let mails = world.mail(after(2));
    assert!(
        mails
            .iter()
            .any(|mail| matches!(&mail.body, MessageBody::Frozen { by_code: true, .. }))
    );
    let begun = world
        .ra
        .begin_reissue(&session.session, &crate::world::form(), after(2));
    assert_eq!(begun.unwrap_err().code(), "person-frozen");
    let again = enter(&world, &citizen, after(100));
    let serial = citizen.authentication.certificate.serial_hex();
    world
        .ra
        .revoke_by_code(&again, &[serial], "not-needed", after(101))
        .unwrap();
    let ended = Status::Revoked {
        at: after(1),
        reason: RevocationReason::CessationOfOperation,
    };
    assert_eq!(
        status(&world, &citizen.authentication),
        ended,
        "since it was frozen"
    );
    assert_eq!(
        world.details("certificate.hold"),
        ["certificateHold: email-code", "certificateHold: email-code"]
    );
    assert!(matches!(
        status(&world, &citizen.signature),
        Status::Revoked {
            reason: RevocationReason::CertificateHold,
            ..
        }
    ));
}

#[test]
fn a_limited_session_ends_by_itself_and_revokes_nobody_elses() {
    let world = World::new();
    let (citizen, other) = (world.citizen("Aigerim"), world.citizen("Bolat"));
    let limited = enter(&world, &citizen, NOON);
    let stranger = other.signature.certificate.serial_hex();
    let refused = world
        .ra
        .revoke_by_code(&limited, &[stranger], "lost", after(1));
    assert_eq!(refused.unwrap_err().code(), "certificate-not-revocable");
    assert!(status(&world, &other.signature).is_valid());
    let nothing = world.ra.revoke_by_code(&limited, &[], "lost", after(1));
    assert_eq!(nothing.unwrap_err().code(), "no-certificate-chosen");
    let flow = world
        .ra
        .ask_entry(&iin(&other), None, NOON)
        .unwrap()
        .unwrap();
    let code = codes(&world, NOON).pop().unwrap();
    let opened = world
        .ra
        .answer_entry(flow.expose(), &code, NOON, "")
        .unwrap();
    let token = opened.token.expose();
    assert!(
        world.ra.session(token, NOON).unwrap().is_none(),
        "no session with a key"
    );
    assert!(
        world
            .ra
            .limited_session(token, after(599))
            .unwrap()
            .is_some()
    );
    assert!(
        world
            .ra
            .limited_session(token, after(599 + 600))
            .unwrap()
            .is_none()
    );
    world.ra.end_limited(token, after(600)).unwrap();
    assert!(
        world
            .ra
            .limited_session(token, after(600))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_second_click_does_not_make_the_code_of_the_first_useless() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let other = world.citizen("Bolat");
    let flow = world.ra.ask_entry(&iin(&citizen), None, NOON).unwrap();
    let flow = flow.unwrap();
    let code = codes(&world, NOON).pop().unwrap();
    let again = |iin: &Iin, now| world.ra.ask_entry(iin, Some(flow.expose()), now).unwrap();
    assert!(again(&iin(&citizen), after(5)).is_none());
    assert!(again(&iin(&other), after(5)).is_some(), "another number");
    assert!(again(&iin(&citizen), after(61)).is_some(), "a minute later");
    world
        .ra
        .answer_entry(flow.expose(), &code, after(62), "")
        .unwrap();
}
