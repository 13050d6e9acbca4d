//! Changing the confirmed address, and signing in from devices.

use tanba_model::message::{MessageBody, OutboxMessage};
use tanba_model::person::Person;
use tanba_model::ports::Storage as _;
use tanba_pki::Timestamp;
use tanba_ra::Device;

use crate::world::{Citizen, DAY, NOON, World, after};

const NEW: &str = "new@example.kz";

fn person(world: &World, citizen: &Citizen) -> Person {
    let mut work = world.storage.snapshot().unwrap();
    work.persons().find(citizen.id).unwrap().unwrap()
}

fn code(mails: &[OutboxMessage]) -> String {
    let found = mails.iter().find_map(|mail| {
        if let MessageBody::EmailChangeCode { code, .. } = &mail.body {
            assert_eq!(mail.to.as_str(), NEW);
            Some(code.clone())
        } else {
            None
        }
    });
    found.expect("a code was mailed")
}

fn changed(world: &World, citizen: &Citizen, now: Timestamp) -> Vec<OutboxMessage> {
    let session = world.sign_in(citizen, now).session;
    world.ra.ask_email_change(&session, NEW, now).unwrap();
    let code = code(&world.mail(now));
    world.ra.confirm_email_change(&session, &code, now).unwrap();
    world.mail(now)
}

#[test]
fn the_code_goes_to_the_new_address_and_both_are_told() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let told = changed(&world, &citizen, NOON);
    let addresses: Vec<&str> = told.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(addresses, [NEW, "aigerim@example.kz"]);
    for mail in &told {
        assert!(matches!(
            &mail.body,
            MessageBody::AddressChanged { hint, until, not_me_path, at_desk: false }
                if hint == "n•••@example.kz" && *until == after(7 * DAY) && !not_me_path.is_empty()
        ));
    }
    assert_eq!(person(&world, &citizen).email.unwrap().as_str(), NEW);
    assert!(world.audit().contains(&"person.email-change".to_owned()));
}

#[test]
fn a_thief_who_changed_the_address_gets_no_code_for_a_week() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    changed(&world, &citizen, NOON);
    let code_goes_to = |now: Timestamp| {
        let session = world.sign_in(&citizen, now).session;
        let draft = world.submit(&citizen, &session, now);
        let mails = world.mail(now);
        let found = mails
            .iter()
            .filter(|mail| mail.body.kind() == "confirmation_code")
            .map(|mail| mail.to.as_str().to_owned());
        let found: Vec<String> = found.collect();
        world.ra.cancel(&session, &draft.number, now).unwrap();
        found
    };
    assert_eq!(code_goes_to(after(60)), ["aigerim@example.kz"]);
    assert_eq!(code_goes_to(after(7 * DAY - 1)), ["aigerim@example.kz"]);
    assert_eq!(code_goes_to(after(7 * DAY)), [NEW]);
}

#[test]
fn the_owner_of_the_address_of_before_takes_it_back_with_one_button() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let told = changed(&world, &citizen, NOON);
    let MessageBody::AddressChanged { not_me_path, .. } = &told[1].body else {
        panic!("{told:?}")
    };
    let token = not_me_path.strip_prefix("/not-me/").unwrap();
    world.ra.not_me(token, after(60)).unwrap();
    let person = person(&world, &citizen);
    assert_eq!(person.email.unwrap().as_str(), "aigerim@example.kz");
    assert!(person.earlier_email.is_none() && person.frozen_at.is_some());
    let told = world.mail(after(61));
    assert!(
        told.iter()
            .all(|mail| mail.to.as_str() == "aigerim@example.kz")
    );
}

#[test]
fn what_is_no_new_address_is_refused() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let silent = world.citizen_with("Bolat", None, NOON);
    let session = world.sign_in(&citizen, NOON).session;
    let ask = |typed: &str, now| world.ra.ask_email_change(&session, typed, now);
    assert_eq!(
        ask("no address", NOON).unwrap_err().code(),
        "address-invalid"
    );
    let same = ask("aigerim@example.kz", NOON);
    assert_eq!(same.unwrap_err().code(), "address-same");
    let his = world.sign_in(&silent, NOON).session;
    let first = world.ra.ask_email_change(&his, NEW, NOON);
    assert_eq!(first.unwrap_err().code(), "address-none-yet");
    ask(NEW, NOON).unwrap();
    assert_eq!(ask(NEW, after(59)).unwrap_err().code(), "resend-too-early");
    let pending = world.ra.pending_email(&session, after(59)).unwrap();
    assert_eq!(pending.unwrap().address.as_str(), NEW);
    let code = code(&world.mail(NOON));
    let elsewhere = world.sign_in(&citizen, after(60)).session;
    let refused = world.ra.confirm_email_change(&elsewhere, &code, after(60));
    assert_eq!(
        refused.unwrap_err().code(),
        "entry-code-spent",
        "another session"
    );
    let late = world.ra.confirm_email_change(&session, &code, after(600));
    assert_eq!(late.unwrap_err().code(), "entry-code-wrong");
    assert!(
        world
            .ra
            .pending_email(&session, after(600))
            .unwrap()
            .is_none()
    );
    ask(NEW, after(700)).unwrap();
    let code = self::code(&world.mail(after(700)));
    world
        .ra
        .confirm_email_change(&session, &code, after(701))
        .unwrap();
    let twice = ask("third@example.kz", after(800));
    assert_eq!(twice.unwrap_err().code(), "address-recent");
}

#[test]
fn a_device_is_announced_once_and_a_program_that_brings_nothing_always() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let sign_in = |secret: &str, now| {
        let device = Device {
            secret: secret.to_owned(),
            kind: "firefox-linux".to_owned(),
        };
        let challenge = world.ra.login_challenge(now).unwrap();
        let message = citizen.authentication.sign(&challenge, now);
        let opened = world.ra.login_from(&message, &device, now, "").unwrap();
        assert_eq!(opened.session.device, "firefox-linux");
        let told = world.mail(now);
        told.iter()
            .filter(|mail| mail.body.kind() == "new_device")
            .count()
    };
    assert_eq!(sign_in("secret", NOON), 1);
    assert_eq!(sign_in("secret", after(1)), 0);
    assert_eq!(sign_in("another", after(2)), 1);
    assert_eq!(sign_in("", after(3)), 1);
    assert_eq!(sign_in("", after(4)), 1);
}

#[test]
fn signing_out_everywhere_ends_every_session() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let (one, two) = (world.sign_in(&citizen, NOON), world.sign_in(&citizen, NOON));
    world.ra.end_all_sessions(&one.session, after(1)).unwrap();
    for opened in [&one, &two] {
        let found = world.ra.session(opened.token.expose(), after(1)).unwrap();
        assert!(found.is_none());
    }
}

#[test]
fn nobody_begins_what_no_key_of_hers_can_sign() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let reason = tanba_model::certificate::RevocationReason::KeyCompromise;
    world.revoke(&citizen.signature, reason, after(1));
    let begun = world
        .ra
        .begin_reissue(&session, &crate::world::form(), after(2));
    assert_eq!(begun.unwrap_err().code(), "no-signing-key");
    assert!(world.applications(citizen.id).is_empty());
}
