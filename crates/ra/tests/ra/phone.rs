//! The telephone number for short notices.

use tanba_model::audit::channels::Channels;
use tanba_model::audit::facts::KEY;
use tanba_model::message::{MessageBody, MessageChannel, OutboxMessage};
use tanba_model::ports::Storage as _;
use tanba_pki::Timestamp;

use crate::world::{Citizen, DAY, Mailbox, NOON, World, after};

const NUMBER: &str = "+77011234567";
const NETWORK: &str = "192.0.2.1";

fn world() -> World {
    World::new().with_text_messages()
}

/// Text messages that are due.
fn texts(world: &World, now: Timestamp) -> Vec<OutboxMessage> {
    let gateway = Mailbox::of(MessageChannel::Sms);
    world.ra.deliver_outbox(&gateway, now).unwrap();
    gateway.messages.into_inner().unwrap()
}

fn code(texts: &[OutboxMessage], number: &str) -> String {
    assert_eq!(texts.len(), 1, "{texts:?}");
    let code = texts.iter().find_map(|text| {
        assert_eq!(text.to.as_str(), number);
        if let MessageBody::PhoneChangeCode { code, .. } = &text.body {
            Some(code.clone())
        } else {
            None
        }
    });
    code.expect("a code was texted")
}

fn number(world: &World, citizen: &Citizen) -> Option<String> {
    let phone = world.person(citizen).phone;
    phone.map(|phone| phone.as_str().to_owned())
}

/// What stands in the link "it was not me" of the first message that has one.
fn link(messages: &[OutboxMessage]) -> String {
    let link = messages.iter().find_map(|message| {
        let (MessageBody::ApplicationAccepted { not_me_path, .. }
        | MessageBody::PhoneChanged { not_me_path, .. }) = &message.body
        else {
            return None;
        };
        not_me_path.strip_prefix("/not-me/")
    });
    link.expect("a link").to_owned()
}

/// Confirms a number; what is mailed and what is texted for it.
fn confirmed(
    world: &World,
    citizen: &Citizen,
    typed: &str,
    now: Timestamp,
) -> (Vec<OutboxMessage>, Vec<OutboxMessage>) {
    let session = world.sign_in(citizen, now).session;
    world.mail(now);
    texts(world, now);
    world
        .ra
        .ask_phone_change(&session, typed, NETWORK, now)
        .unwrap();
    assert!(
        world.mail(now).is_empty(),
        "the code goes to the number alone"
    );
    let code = code(&texts(world, now), typed);
    world.ra.confirm_phone_change(&session, &code, now).unwrap();
    (world.mail(now), texts(world, now))
}

/// A number that has been the citizen's for a week.
fn settled(world: &World, citizen: &Citizen, typed: &str) {
    let long_ago = Timestamp::from_unix(NOON.unix() - 7 * 24 * 60 * 60);
    let phone = tanba_model::phone::PhoneNumber::parse(typed).unwrap();
    let mut work = world.storage.begin().unwrap();
    work.persons()
        .set_phone(citizen.id, Some(&phone), Some(long_ago))
        .unwrap();
    work.commit().unwrap();
}

#[test]
fn a_number_counts_once_its_code_came_back_and_the_address_is_told() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    let (mails, texts) = confirmed(&world, &citizen, NUMBER, NOON);
    assert_eq!(number(&world, &citizen).as_deref(), Some(NUMBER));
    let [mail] = mails.as_slice() else {
        panic!("{mails:?}")
    };
    assert_eq!(mail.to.as_str(), "aigerim@example.kz");
    assert!(matches!(
        &mail.body,
        MessageBody::PhoneChanged { hint, not_me_path } if hint == "+7•••67" && !not_me_path.is_empty()
    ));
    assert!(texts.is_empty(), "there was no number to be told of it");
    for action in ["person.phone-ask", "person.phone-change"] {
        assert!(world.audit().contains(&action.to_owned()), "{action}");
    }
}

#[test]
fn the_number_of_before_is_told_of_another_and_of_its_end() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    confirmed(&world, &citizen, NUMBER, NOON);
    let (mails, told) = confirmed(&world, &citizen, "+77017654321", after(DAY));
    let to = |messages: &[OutboxMessage]| -> Vec<String> {
        let to = messages.iter().map(|told| told.to.as_str().to_owned());
        to.collect()
    };
    assert_eq!(
        (to(&mails), to(&told)),
        (
            vec!["aigerim@example.kz".to_owned()],
            vec![NUMBER.to_owned()]
        )
    );
    let now = after(9 * DAY);
    let session = world.sign_in(&citizen, now).session;
    world.mail(now);
    texts(&world, now);
    world.ra.remove_phone(&session, now).unwrap();
    assert_eq!(number(&world, &citizen), None);
    let (mails, told) = (world.mail(now), texts(&world, now));
    assert_eq!(
        (to(&mails), to(&told)),
        (
            vec!["aigerim@example.kz".to_owned()],
            vec!["+77017654321".to_owned()]
        )
    );
    assert!(matches!(
        &mails[0].body,
        MessageBody::PhoneChanged { hint, .. } if hint.is_empty()
    ));
    let again = world.ra.remove_phone(&session, now).unwrap_err();
    assert_eq!(again.code(), "phone-none-yet");
    assert!(world.audit().contains(&"person.phone-remove".to_owned()));
}

#[test]
fn no_code_that_confirms_an_application_goes_to_a_telephone() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    confirmed(&world, &citizen, NUMBER, NOON);
    let now = after(60);
    let session = world.sign_in(&citizen, now).session;
    world.submit(&citizen, &session, now);
    let kinds: Vec<&str> = texts(&world, now)
        .iter()
        .map(|text| text.body.kind())
        .collect();
    assert!(kinds.contains(&"application_accepted"), "{kinds:?}");
    assert!(!kinds.contains(&"confirmation_code"), "{kinds:?}");
}

#[test]
fn whoever_says_it_was_not_me_takes_the_new_number_away() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    let (mails, _) = confirmed(&world, &citizen, NUMBER, NOON);
    let link = link(&mails);
    let page = world.ra.not_me_page(&link, after(60)).unwrap();
    assert!(page.application.is_none() && page.serials.len() == 2);
    world.ra.not_me(&link, after(60)).unwrap();
    assert_eq!(number(&world, &citizen), None);
    assert!(world.person(&citizen).frozen_at.is_some());
    let stranger = texts(&world, after(61));
    assert!(
        stranger.iter().all(|text| text.body.kind() != "frozen"),
        "{stranger:?}"
    );
}

#[test]
fn what_is_no_new_number_is_refused() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    let silent = world.citizen_with("Bolat", None, NOON);
    let session = world.sign_in(&citizen, NOON).session;
    let ask = |typed: &str, now| world.ra.ask_phone_change(&session, typed, NETWORK, now);
    for typed in ["", "77011234567", "+7 701", "no number"] {
        assert_eq!(ask(typed, NOON).unwrap_err().code(), "phone-invalid");
    }
    let his = world.sign_in(&silent, NOON).session;
    let unheard = world
        .ra
        .ask_phone_change(&his, NUMBER, NETWORK, NOON)
        .unwrap_err();
    assert_eq!(unheard.code(), "phone-needs-address");
    ask(NUMBER, NOON).unwrap();
    assert_eq!(
        ask(NUMBER, after(59)).unwrap_err().code(),
        "resend-too-early"
    );
    let pending = world.ra.pending_phone(&session, after(59)).unwrap();
    assert_eq!(pending.unwrap().phone.as_str(), NUMBER);
    let sent = texts(&world, NOON);
    let sent: Vec<_> = sent
        .into_iter()
        .filter(|text| text.body.kind() == "phone_change_code")
        .collect();
    let code = code(&sent, NUMBER);
    let confirm = |session, code: &str, now| world.ra.confirm_phone_change(session, code, now);
    let elsewhere = world.sign_in(&citizen, after(60)).session;
    let refused = confirm(&elsewhere, &code, after(60)).unwrap_err();
    assert_eq!(refused.code(), "entry-code-spent", "another session");
    let malformed = confirm(&session, "12", after(60)).unwrap_err();
    assert_eq!(malformed.code(), "code-malformed");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = confirm(&session, wrong, after(60)).unwrap_err();
    assert_eq!(refused.code(), "entry-code-wrong");
    let late = confirm(&session, &code, after(600)).unwrap_err();
    assert_eq!(late.code(), "entry-code-wrong");
    assert_eq!(number(&world, &citizen), None);
    assert!(
        world
            .ra
            .pending_phone(&session, after(600))
            .unwrap()
            .is_none()
    );
    let phone = tanba_model::phone::PhoneNumber::parse(NUMBER).unwrap();
    let mut work = world.storage.begin().unwrap();
    work.persons()
        .set_phone(citizen.id, Some(&phone), None)
        .unwrap();
    work.commit().unwrap();
    let same = ask("+7 (701) 123-45-67", after(700)).unwrap_err();
    assert_eq!(same.code(), "phone-same");
}

#[test]
fn ten_codes_a_day_are_sent_and_no_more() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    for minute in 0..10 {
        let number = format!("+770112345{minute:02}");
        let now = after(60 * minute);
        world
            .ra
            .ask_phone_change(&session, &number, NETWORK, now)
            .unwrap();
    }
    let more = world
        .ra
        .ask_phone_change(&session, NUMBER, NETWORK, after(660));
    assert_eq!(more.unwrap_err().code(), "codes-paused");
}

#[test]
fn a_number_is_neither_asked_for_nor_coded_where_no_text_message_is_sent() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let asked = world.ra.ask_phone_change(&session, NUMBER, NETWORK, NOON);
    assert_eq!(asked.unwrap_err().code(), "phone-not-offered");
    assert!(texts(&world, NOON).is_empty());
}

/// Whoever has the key file alone must not be able to silence the telephone.
#[test]
fn a_number_that_was_removed_gets_notices_for_a_week_and_comes_back_by_the_link() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    settled(&world, &citizen, NUMBER);
    let now = after(60);
    let session = world.sign_in(&citizen, now).session;
    world.mail(now);
    texts(&world, now);
    world.ra.remove_phone(&session, now).unwrap();
    let removed = texts(&world, now);
    let link = link(&removed);
    world.mail(now);
    // What the thief does next is told there all the same.
    world.submit(&citizen, &session, now);
    let told = texts(&world, now);
    let accepted = told
        .iter()
        .find(|text| text.body.kind() == "application_accepted");
    assert_eq!(accepted.unwrap().to.as_str(), NUMBER);
    let his = world
        .ra
        .ask_phone_change(&session, "+77019999999", NETWORK, now);
    assert_eq!(his.unwrap_err().code(), "phone-recent");
    world.ra.not_me(&link, after(120)).unwrap();
    assert_eq!(number(&world, &citizen).as_deref(), Some(NUMBER));
    assert!(world.audit().contains(&"person.phone-back".to_owned()));
    let told = texts(&world, after(121));
    assert!(
        told.iter()
            .any(|text| text.body.kind() == "frozen" && text.to.as_str() == NUMBER)
    );
}

#[test]
fn a_number_that_was_replaced_comes_back_by_any_link_and_after_a_week_by_none() {
    for (late, expected) in [(6, NUMBER), (8, "+77017654321")] {
        let world = world();
        let citizen = world.citizen("Aigerim");
        settled(&world, &citizen, NUMBER);
        confirmed(&world, &citizen, "+77017654321", after(DAY));
        let now = after((1 + late) * DAY);
        let session = world.sign_in(&citizen, now).session;
        world.mail(now);
        texts(&world, now);
        world.submit(&citizen, &session, now);
        let told = texts(&world, now);
        let numbers: Vec<&str> = told
            .iter()
            .filter(|text| text.body.kind() == "application_accepted")
            .map(|text| text.to.as_str())
            .collect();
        assert_eq!(numbers.contains(&NUMBER), late == 6, "{numbers:?}");
        assert!(numbers.contains(&"+77017654321"));
        let link = link(&told);
        world.ra.not_me(&link, now).unwrap();
        assert_eq!(number(&world, &citizen).as_deref(), Some(expected));
    }
}

/// The thief gave a number of his own; she removed it on her profile before she read the notice.
#[test]
fn a_number_that_was_disowned_does_not_come_back_by_the_link_that_disowns_it() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    let (mails, _) = confirmed(&world, &citizen, NUMBER, NOON);
    let link = link(&mails);
    let session = world.sign_in(&citizen, after(60)).session;
    world.ra.remove_phone(&session, after(60)).unwrap();
    world.mail(after(60));
    texts(&world, after(60));
    world.ra.not_me(&link, after(120)).unwrap();
    assert_eq!(number(&world, &citizen), None);
    assert!(world.person(&citizen).earlier_phone.is_none());
    let his = texts(&world, after(121));
    assert!(his.is_empty(), "{his:?}");
}

/// Kinds of the text messages that go to a number.
fn kinds_to(world: &World, number: &str, now: Timestamp) -> Vec<String> {
    let told = texts(world, now);
    let to_it = told.iter().filter(|text| text.to.as_str() == number);
    to_it.map(|text| text.body.kind().to_owned()).collect()
}

#[test]
fn a_number_that_a_thief_added_hears_of_nothing_once_its_owner_removed_it() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    confirmed(&world, &citizen, NUMBER, NOON);
    let now = after(7 * DAY - 1);
    let session = world.sign_in(&citizen, now).session;
    texts(&world, now);
    world.ra.remove_phone(&session, now).unwrap();
    assert!(world.person(&citizen).earlier_phone.is_none());
    assert_eq!(kinds_to(&world, NUMBER, now), ["phone_changed"]);
    world.submit(&citizen, &session, now);
    assert_eq!(kinds_to(&world, NUMBER, now), [""; 0]);
    // Nothing of before counts, so she may give her own number at once.
    confirmed(&world, &citizen, "+77017654321", after(7 * DAY + 60));
    assert_eq!(kinds_to(&world, NUMBER, after(7 * DAY + 60)), [""; 0]);
}

#[test]
fn a_number_that_counted_for_a_week_goes_on_being_told_for_another() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    confirmed(&world, &citizen, NUMBER, NOON);
    let now = after(7 * DAY);
    let session = world.sign_in(&citizen, now).session;
    world.ra.remove_phone(&session, now).unwrap();
    texts(&world, now);
    world.submit(&citizen, &session, now);
    assert_eq!(kinds_to(&world, NUMBER, now), ["application_accepted"]);
}

#[test]
fn a_new_number_goes_with_any_link_that_says_it_was_not_me_and_hears_of_nothing_more() {
    // With a number of before, which comes back, and without one.
    for before in [Some("+77017654321"), None] {
        let world = world();
        let citizen = world.citizen("Aigerim");
        if let Some(before) = before {
            settled(&world, &citizen, before);
        }
        confirmed(&world, &citizen, NUMBER, after(DAY));
        let now = after(2 * DAY);
        let session = world.sign_in(&citizen, now).session;
        world.mail(now);
        world.submit(&citizen, &session, now);
        texts(&world, now);
        let link = link(&world.mail(now));
        world.ra.not_me(&link, now).unwrap();
        assert_eq!(number(&world, &citizen).as_deref(), before);
        let later = after(2 * DAY + 1);
        let told = texts(&world, later);
        let numbers: Vec<&str> = told.iter().map(|text| text.to.as_str()).collect();
        assert_eq!(numbers, before.into_iter().collect::<Vec<_>>(), "{told:?}");
        let person = world.person(&citizen);
        assert!(person.earlier_phone.is_none());
        assert!(
            !person
                .notice_phones(later)
                .iter()
                .any(|one| one.as_str() == NUMBER)
        );
    }
}

#[test]
fn a_number_of_long_standing_stays_where_the_link_is_about_something_else() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    settled(&world, &citizen, NUMBER);
    let session = world.sign_in(&citizen, NOON).session;
    world.mail(NOON);
    world.submit(&citizen, &session, NOON);
    texts(&world, NOON);
    let link = link(&world.mail(NOON));
    world.ra.not_me(&link, NOON).unwrap();
    assert_eq!(number(&world, &citizen).as_deref(), Some(NUMBER));
    assert_eq!(kinds_to(&world, NUMBER, after(1)), ["frozen"]);
}

#[test]
fn codes_are_limited_by_number_and_network_and_go_to_no_other_country() {
    let world = world();
    let ask = |name: &str, typed: &str, network: &str| {
        let citizen = world.citizen(name);
        let session = world.sign_in(&citizen, NOON).session;
        let asked = world.ra.ask_phone_change(&session, typed, network, NOON);
        asked.map_err(|error| error.code())
    };
    // A number of satellites, whose owner shares in what a message costs.
    assert_eq!(ask("Bolat", "+882169876543", NETWORK), Err("phone-country"));
    let names = ["Aigerim", "Dana", "Serik", "Marat", "Asel"];
    for (place, name) in names.into_iter().enumerate() {
        ask(name, NUMBER, &format!("192.0.2.{place}")).unwrap();
    }
    assert_eq!(ask("Nurlan", NUMBER, "192.0.2.9"), Err("texts-paused"));
    ask("Saule", "+77010000001", "192.0.2.9").unwrap();
}

/// The log may have her address and telephone in one digest; whoever reads it can tell whether that is what was there until then.
#[test]
fn what_was_recorded_before_a_telephone_was_another_is_told_beside_it() {
    let world = world();
    let citizen = world.citizen("Aigerim");
    let key = world
        .storage
        .snapshot()
        .unwrap()
        .secrets()
        .server_secret(KEY);
    let key = key.unwrap().unwrap();
    let recorded = || Channels::of(&key, &world.person(&citizen));
    let told = |action: &str| Channels::before(world.details(action).last().unwrap());
    let before = recorded();
    confirmed(&world, &citizen, NUMBER, NOON);
    assert_eq!(told("person.phone-change"), Some(before));
    let before = recorded();
    let (_, now) = (
        confirmed(&world, &citizen, "+77017654321", after(9 * DAY)),
        after(10 * DAY),
    );
    assert_eq!(told("person.phone-change"), Some(before));
    let before = recorded();
    let session = world.sign_in(&citizen, now).session;
    world.mail(now);
    world.submit(&citizen, &session, now);
    world.ra.not_me(&link(&texts(&world, now)), now).unwrap();
    assert_eq!(told("person.phone-back"), Some(before));
    assert_ne!(recorded(), before);
}
