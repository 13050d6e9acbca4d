//! Mails that do not get through.

use std::sync::atomic::Ordering;

use tanba_ra::Delivered;

use crate::world::{DAY, NOON, World, after};

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
    assert_eq!(
        deliver(after(10)),
        Delivered {
            later: 2,
            ..Delivered::default()
        }
    );
    world.mailbox.is_down.store(false, Ordering::SeqCst);
    assert_eq!(deliver(after(29)), Delivered::default(), "too early");
    assert_eq!(
        deliver(after(30)),
        Delivered {
            sent: 2,
            ..Delivered::default()
        }
    );
    assert_eq!(deliver(after(31)), Delivered::default());
    let code = world.mailed_code(after(31));
    world
        .ra
        .confirm(&session, &draft.number, &code, after(31))
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
fn a_refused_mail_and_one_of_three_days_are_given_up() {
    let world = World::new();
    let (citizen, other) = (world.citizen("Aigerim"), world.citizen("Bolat"));
    world.submit(&citizen, &world.sign_in(&citizen, NOON).session, NOON);
    world.mailbox.refuses.store(true, Ordering::SeqCst);
    let deliver = |now| world.ra.deliver_outbox(&world.mailbox, now).unwrap();
    assert_eq!(
        deliver(NOON),
        Delivered {
            dropped: 2,
            ..Delivered::default()
        }
    );
    assert_eq!(deliver(after(DAY)), Delivered::default());
    world.mailbox.refuses.store(false, Ordering::SeqCst);
    world.mailbox.is_down.store(true, Ordering::SeqCst);
    world.submit(&other, &world.sign_in(&other, NOON).session, NOON);
    let mut now = 0;
    while now < 4 * DAY {
        deliver(after(now));
        now += 1800;
    }
    world.mailbox.is_down.store(false, Ordering::SeqCst);
    assert_eq!(
        deliver(after(5 * DAY)),
        Delivered::default(),
        "nothing is left"
    );
}
