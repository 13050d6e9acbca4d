//! Mails that do not get through.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tanba_model::audit::Actor;
use tanba_model::iin::Iin;
use tanba_model::message::{MessageBody, MessageChannel};
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::{CarrierError, Storage as _};
use tanba_ra::{DeadLetterAct, Delivered};

use crate::world::{DAY, Mailbox, NOON, World, after};

#[test]
fn a_mail_server_that_is_down_is_tried_again_and_nothing_is_sent_twice() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    world.mailbox.is_down.store(true, Ordering::SeqCst);
    let deliver = |now| world.ra.deliver_outbox(&world.mailbox, now).unwrap();
    assert_eq!(
        deliver(NOON),
        Delivered {
            later: 2,
            ..Delivered::default()
        }
    );
    assert_eq!(deliver(after(9)), Delivered::default(), "too early");
    // Chance adds up to a quarter.
    assert_eq!(
        deliver(after(13)),
        Delivered {
            later: 2,
            ..Delivered::default()
        }
    );
    world.mailbox.is_down.store(false, Ordering::SeqCst);
    assert_eq!(deliver(after(32)), Delivered::default(), "too early");
    assert_eq!(
        deliver(after(38)),
        Delivered {
            sent: 2,
            ..Delivered::default()
        }
    );
    assert_eq!(deliver(after(39)), Delivered::default());
    let code = world.mailed_code(after(39));
    world
        .ra
        .confirm(&session, &draft.number, &code, after(39))
        .unwrap();
}

#[test]
fn a_code_that_nobody_can_use_any_more_is_not_sent() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    world.submit(&citizen, &session, NOON);
    let kinds: Vec<_> = world
        .mail(after(600))
        .iter()
        .map(|mail| mail.body.kind())
        .collect();
    assert_eq!(
        kinds,
        ["application_accepted"],
        "the notice counts however late it comes"
    );
}

#[test]
fn a_mail_with_a_code_and_the_link_that_freezes_is_sent_however_late() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let iin = Iin::parse(&citizen.subject.iin).unwrap();
    let _ = world.ra.ask_entry(&iin, None, NOON).unwrap();
    world.mailbox.is_down.store(true, Ordering::SeqCst);
    let outage = world.ra.deliver_outbox(&world.mailbox, NOON).unwrap();
    assert_eq!(outage.later, 1);
    world.mailbox.is_down.store(false, Ordering::SeqCst);
    let mails = world.mail(after(4 * DAY));
    let [MessageBody::EntryCode { not_me_path, .. }] =
        mails.iter().map(|mail| &mail.body).collect::<Vec<_>>()[..]
    else {
        panic!("the link counts for a week: {mails:?}")
    };
    let token = not_me_path.strip_prefix("/not-me/").unwrap();
    let frozen = world.ra.not_me(token, after(4 * DAY)).unwrap();
    assert_eq!(frozen.serials.len(), 2);
}

#[test]
fn a_mail_server_that_is_down_for_a_day_loses_no_notice_and_one_of_five_days_is_a_dead_letter() {
    let world = World::new();
    let (citizen, other) = (world.citizen("Aigerim"), world.citizen("Bolat"));
    let deliver = |now| world.ra.deliver_outbox(&world.mailbox, now).unwrap();
    let down = |is_down| world.mailbox.is_down.store(is_down, Ordering::SeqCst);
    down(true);
    world.submit(&citizen, &world.sign_in(&citizen, NOON).session, NOON);
    let mut now = 0;
    while now < DAY {
        assert_eq!(deliver(after(now)).dead, 0);
        now += 60;
    }
    down(false);
    // The longest wait is an hour and a quarter.
    let late: u64 = (0..75)
        .map(|minute| deliver(after(DAY + minute * 60)).sent)
        .sum();
    assert_eq!(late, 1, "the notice; the code is of no use any more");
    down(true);
    let begun = 2 * DAY;
    world.submit(
        &other,
        &world.sign_in(&other, after(begun)).session,
        after(begun),
    );
    let mut dead = 0;
    for hour in 0..6 * 24 {
        dead += deliver(after(begun + hour * 3600)).dead;
    }
    assert_eq!(dead, 1);
    down(false);
    let later = after(begun + 7 * DAY);
    assert_eq!(
        deliver(later),
        Delivered::default(),
        "nothing is sent unasked"
    );
    let letters = world.ra.dead_letters(None, 10).unwrap();
    assert_eq!(
        (letters[0].kind.as_str(), letters[0].cause.as_str()),
        ("application_accepted", "too old")
    );
    let settle = |act| {
        world
            .ra
            .settle_dead_letter(letters[0].id, act, Actor::System, later)
            .unwrap()
    };
    assert!(settle(DeadLetterAct::Retry));
    assert!(!settle(DeadLetterAct::Discard), "it is not dead any more");
    assert_eq!(deliver(later).sent, 1);
    assert_eq!(world.ra.count_dead_letters().unwrap(), 0);
    let audit = world.audit();
    assert_eq!(
        audit
            .iter()
            .filter(|event| *event == "message.retry")
            .count(),
        1
    );
}

#[test]
fn a_refused_mail_is_a_dead_letter_at_once_and_can_be_laid_to_rest() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    world.submit(&citizen, &world.sign_in(&citizen, NOON).session, NOON);
    world
        .mailbox
        .answer_with(Some(|| CarrierError::Refused("too large".into())));
    let deliver = |now| world.ra.deliver_outbox(&world.mailbox, now).unwrap();
    assert_eq!(
        deliver(NOON),
        Delivered {
            dead: 2,
            ..Delivered::default()
        }
    );
    assert_eq!(deliver(after(DAY)), Delivered::default());
    assert_eq!(
        world.person(&citizen).email_refused_at,
        None,
        "the address is not at fault"
    );
    for letter in world.ra.dead_letters(None, 10).unwrap() {
        let settle = |act| {
            world
                .ra
                .settle_dead_letter(letter.id, act, Actor::System, NOON)
                .unwrap()
        };
        assert!(settle(DeadLetterAct::Discard));
        assert!(!settle(DeadLetterAct::Retry), "what it said is wiped");
    }
    assert_eq!(world.ra.dead_letters(None, 10).unwrap(), []);
}

#[test]
fn an_address_that_bounces_is_marked_until_it_takes_a_mail() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let deliver = |now| world.ra.deliver_outbox(&world.mailbox, now).unwrap();
    world
        .mailbox
        .answer_with(Some(|| CarrierError::Bounced("no such mailbox".into())));
    assert_eq!(deliver(after(1)).dead, 2);
    assert_eq!(world.person(&citizen).email_refused_at, Some(after(1)));
    world.mailbox.answer_with(None);
    world
        .ra
        .resend_code(&session, &draft.number, after(90))
        .unwrap();
    assert_eq!(deliver(after(90)).sent, 1);
    assert_eq!(world.person(&citizen).email_refused_at, None);
    let audit = world.audit();
    let told: Vec<_> = audit
        .iter()
        .filter(|event| event.starts_with("person.email"))
        .collect();
    assert_eq!(told, ["person.email.refused", "person.email.accepted"]);
}

#[test]
fn a_server_that_cannot_be_reached_is_not_asked_once_for_each_message() {
    let world = World::new();
    let deliver = |now| world.ra.deliver_outbox(&world.mailbox, now).unwrap();
    for name in ["Aigerim", "Bolat", "Gulnar"] {
        let citizen = world.citizen(name);
        world.submit(&citizen, &world.sign_in(&citizen, NOON).session, NOON);
    }
    world
        .mailbox
        .answer_with(Some(|| CarrierError::Unreachable("no route".into())));
    assert_eq!(deliver(NOON).later, 1);
    assert_eq!(deliver(after(4)), Delivered::default(), "the channel rests");
    assert_eq!(deliver(after(5)).later, 1);
    world.mailbox.answer_with(Some(|| CarrierError::Busy {
        pause: Duration::from_secs(300),
        source: "slow down".into(),
    }));
    assert_eq!(deliver(after(10)).later, 1);
    world.mailbox.answer_with(None);
    assert_eq!(
        deliver(after(309)),
        Delivered::default(),
        "it was asked to wait"
    );
    assert_eq!(deliver(after(310)).sent, 6);
}

#[test]
fn security_notices_go_to_the_telephone_too_and_codes_do_not() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let phone = PhoneNumber::parse("+77011234567").unwrap();
    let mut work = world.storage.begin().unwrap();
    work.persons()
        .set_phone(citizen.id, Some(&phone), None)
        .unwrap();
    work.commit().unwrap();
    let session = world.sign_in(&citizen, NOON).session;
    world.submit(&citizen, &session, NOON);
    let gateway = Mailbox::of(MessageChannel::Sms);
    assert_eq!(world.ra.deliver_outbox(&gateway, NOON).unwrap().sent, 1);
    let texts = gateway.messages.lock().unwrap().clone();
    assert_eq!(texts[0].to, phone.into());
    assert_eq!(texts[0].body.kind(), "application_accepted");
    assert_eq!(
        world.ra.deliver_outbox(&world.mailbox, NOON).unwrap().sent,
        2,
        "mails go beside"
    );
}

#[test]
fn an_installation_without_a_gateway_keeps_no_text_messages_for_the_day_it_gets_one() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let phone = PhoneNumber::parse("+77011234567").unwrap();
    let mut work = world.storage.begin().unwrap();
    work.persons()
        .set_phone(citizen.id, Some(&phone), None)
        .unwrap();
    work.commit().unwrap();
    world.submit(&citizen, &world.sign_in(&citizen, NOON).session, NOON);
    assert_eq!(
        world.ra.close_channel(MessageChannel::Sms, NOON).unwrap(),
        1
    );
    let gateway = Mailbox::of(MessageChannel::Sms);
    assert_eq!(
        world.ra.deliver_outbox(&gateway, after(DAY)).unwrap(),
        Delivered::default()
    );
    assert_eq!(world.ra.dead_letters(None, 10).unwrap(), []);
}
