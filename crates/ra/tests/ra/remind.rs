//! Reminders, and time that passes.

use std::time::Duration;

use tanba_model::certificate::RevocationReason;
use tanba_model::message::{MessageBody, MessageChannel};
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::Storage as _;
use tanba_ra::{Reminded, ReminderRound};

use crate::world::{DAY, Mailbox, NOON, World, after};

/// Days on which mails were sent, with the number of mails and certificates, while `days` days pass hour by hour.
fn diary(world: &World, days: u64) -> Vec<(u64, u64, u64)> {
    let mut diary = Vec::new();
    for hour in 0..days * 24 {
        let Reminded {
            mails,
            certificates,
        } = world.ra.remind(after(hour * 3600)).unwrap();
        if mails > 0 {
            diary.push((hour / 24, mails, certificates));
        }
    }
    diary
}

#[test]
fn a_person_is_reminded_thirty_fourteen_and_seven_days_before_the_end() {
    let world = World::new();
    let issued = NOON.minus(Duration::from_secs(325 * DAY));
    let citizen = world.citizen_with("Aigerim", Some("aigerim@example.kz"), issued);
    // Forty days from now; both keys end together.
    assert_eq!(diary(&world, 60), [(10, 1, 2), (26, 1, 2), (33, 1, 2)]);
    let mails = world.mail(after(39 * DAY));
    assert_eq!(mails.len(), 3);
    for mail in mails {
        assert_eq!(
            (mail.body.kind(), mail.person),
            ("reminder", Some(citizen.id))
        );
        assert_eq!(mail.to.as_str(), "aigerim@example.kz");
    }
}

#[test]
fn whoever_gave_a_number_is_reminded_once_by_a_text_message_ten_days_before_the_end() {
    let world = World::new();
    let issued = NOON.minus(Duration::from_secs(325 * DAY));
    let citizen = world.citizen_with("Aigerim", Some("aigerim@example.kz"), issued);
    let phone = PhoneNumber::parse("+77011234567").unwrap();
    let mut work = world.storage.begin().unwrap();
    work.persons()
        .set_phone(citizen.id, Some(&phone), None)
        .unwrap();
    work.commit().unwrap();
    assert_eq!(
        diary(&world, 60),
        [(10, 1, 2), (26, 1, 2), (30, 1, 2), (33, 1, 2)]
    );
    let gateway = Mailbox::of(MessageChannel::Sms);
    let at = after(39 * DAY);
    assert_eq!(world.ra.deliver_outbox(&gateway, at).unwrap().sent, 1);
    let text = gateway.messages.lock().unwrap().remove(0);
    assert_eq!((text.body.kind(), text.to), ("reminder", phone.into()));
    assert_eq!(world.mail(at).len(), 3, "mails go as before");
}

#[test]
fn a_reminder_of_a_day_that_is_past_is_not_sent() {
    let world = World::new();
    world.citizen("Aigerim");
    assert_eq!(world.ra.remind(NOON).unwrap().mails, 1);
    let late = world
        .ra
        .deliver_outbox(&world.mailbox, after(21 * DAY))
        .unwrap();
    assert_eq!((late.sent, late.dropped), (0, 1));
}

#[test]
fn a_round_that_is_killed_in_its_middle_goes_on_and_reminds_nobody_twice() {
    let world = World::new();
    let names = ["Aigerim", "Bolat", "Gulnar", "Daniyar"];
    for name in names {
        world.citizen(name);
    }
    // One step of a round is done, and then the process is gone.
    let mut round = ReminderRound::new(NOON);
    while round.reminded().mails == 0 {
        assert!(world.ra.remind_some(&mut round).unwrap());
    }
    let world = world.restart(after(60));
    assert_eq!(world.ra.remind(after(61)).unwrap(), Reminded::default());
    assert_eq!(world.mail(after(62)).len(), names.len());
}

#[test]
fn the_link_of_a_reminder_stops_reminders_and_nothing_else() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    world.ra.remind(NOON).unwrap();
    let mail = world.mail(after(1)).remove(0);
    let MessageBody::Reminder {
        unsubscribe_path, ..
    } = mail.body
    else {
        panic!("a reminder")
    };
    let token = unsubscribe_path.strip_prefix("/unsubscribe/").unwrap();
    assert_eq!(world.ra.reminders_by_link(token).unwrap(), Some(true));
    assert_eq!(world.ra.reminders_by_link("0").unwrap(), None);
    assert!(
        !world
            .ra
            .unsubscribe(&token.replace(token, "0"), after(2))
            .unwrap()
    );
    for _ in 0..2 {
        assert!(world.ra.unsubscribe(token, after(3)).unwrap());
        assert_eq!(world.ra.reminders_by_link(token).unwrap(), Some(false));
    }
    assert!(!world.person(&citizen).reminders);
    let audit = world.audit();
    let changes = audit.iter().filter(|event| *event == "person.reminders");
    assert_eq!(changes.count(), 1);
    world.submit(
        &citizen,
        &world.sign_in(&citizen, after(4)).session,
        after(4),
    );
    assert_eq!(world.mail(after(5)).len(), 2, "notices go on");
}

#[test]
fn after_a_pause_only_the_most_urgent_reminder_is_sent() {
    let world = World::new();
    world.citizen("Aigerim");
    assert_eq!(world.ra.remind(after(14 * DAY)).unwrap().mails, 1);
    assert_eq!(world.ra.remind(after(15 * DAY)).unwrap().mails, 0);
    assert_eq!(world.ra.remind(after(20 * DAY)).unwrap().mails, 0, "ended");
}

#[test]
fn a_second_process_and_a_restart_remind_nobody_twice() {
    let world = World::new();
    for name in ["Aigerim", "Bolat", "Gulnar"] {
        world.citizen(name);
    }
    let other = world.second_process();
    let mails = std::thread::scope(|scope| {
        let second = scope.spawn(|| other.remind(NOON).unwrap().mails);
        world.ra.remind(NOON).unwrap().mails + second.join().unwrap()
    });
    assert_eq!(mails, 3);
    drop(other);
    let world = world.restart(after(60));
    assert_eq!(world.ra.remind(after(61)).unwrap(), Reminded::default());
    assert_eq!(world.mail(after(62)).len(), 3);
}

#[test]
fn whoever_wants_none_gets_none_but_security_notices_all_the_same() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    world.ra.set_reminders(&session, false, NOON).unwrap();
    assert_eq!(world.ra.remind(after(1)).unwrap(), Reminded::default());
    world.submit(&citizen, &session, after(2));
    let kinds: Vec<_> = world
        .mail(after(3))
        .iter()
        .map(|mail| mail.body.kind())
        .collect();
    assert_eq!(kinds, ["application_accepted", "confirmation_code"]);
    world.ra.set_reminders(&session, true, after(4)).unwrap();
    world.ra.set_reminders(&session, true, after(4)).unwrap();
    assert_eq!(world.ra.remind(after(5)).unwrap().mails, 1);
    let changes = world.audit();
    let changes = changes.iter().filter(|event| *event == "person.reminders");
    assert_eq!(changes.count(), 2);
}

#[test]
fn nobody_is_reminded_of_what_was_renewed_revoked_or_cannot_be_reached() {
    let world = World::new();
    let renewed = world.citizen("Aigerim");
    let session = world.sign_in(&renewed, NOON).session;
    world.issue(&renewed, &session, NOON);
    let revoked = world.citizen("Bolat");
    world.revoke(&revoked.signature, RevocationReason::Superseded, NOON);
    world.revoke(
        &revoked.authentication,
        RevocationReason::KeyCompromise,
        NOON,
    );
    world.citizen_with("Gulnar", None, NOON.minus(Duration::from_secs(345 * DAY)));
    let frozen = world.citizen("Daniyar");
    let mut work = world.storage.begin().unwrap();
    work.persons().set_frozen(frozen.id, Some(NOON)).unwrap();
    work.commit().unwrap();
    assert_eq!(world.ra.remind(after(1)).unwrap(), Reminded::default());
}

#[test]
fn a_round_reaches_everybody_however_many_cannot_be_reminded() {
    let world = World::new();
    for number in 0..3 {
        world.citizen_with(
            &format!("Silent{number}"),
            None,
            NOON.minus(Duration::from_secs(345 * DAY)),
        );
        world.citizen_with(
            &format!("Heard{number}"),
            Some("heard@example.kz"),
            NOON.minus(Duration::from_secs((344 - number) * DAY)),
        );
    }
    assert_eq!(
        world.ra.remind(NOON).unwrap(),
        Reminded {
            mails: 3,
            certificates: 6
        }
    );
}
