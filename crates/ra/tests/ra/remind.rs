//! Reminders, and time that passes.

use std::time::Duration;

use tanba_model::certificate::RevocationReason;
use tanba_model::ports::Storage as _;
use tanba_ra::Reminded;

use crate::world::{DAY, NOON, World, after};

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
    let mails = world.mail(after(60 * DAY));
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
