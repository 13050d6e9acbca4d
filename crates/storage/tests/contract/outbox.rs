use tanba_model::id::{MessageId, PersonId};
use tanba_model::language::Language;
use tanba_model::message::{MessageBody, MessageChannel, Recipient};
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::{NewMessage, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::{contract, given};

fn message(person: PersonId, code: &str) -> NewMessage {
    NewMessage {
        person,
        to: given::address().into(),
        language: Language::Ru,
        body: MessageBody::ConfirmationCode {
            number: "123456789012".to_owned(),
            code: code.to_owned(),
            minutes: 10,
        },
    }
}

fn notice(person: PersonId) -> NewMessage {
    NewMessage {
        body: MessageBody::Frozen {
            serials: vec!["{\"kind\":\"confirmation_code\"".to_owned()],
            by_code: false,
        },
        ..message(person, "")
    }
}

fn phone() -> Recipient {
    PhoneNumber::parse("+77011234567").unwrap().into()
}

fn due(unit: &mut dyn UnitOfWork, channel: MessageChannel, now: i64, limit: u32) -> Vec<MessageId> {
    let due = unit.outbox().due(channel, given::at(now), limit).unwrap();
    due.iter().map(|message| message.id).collect()
}

fn mails(unit: &mut dyn UnitOfWork, now: i64, limit: u32) -> Vec<MessageId> {
    due(unit, MessageChannel::Mail, now, limit)
}

contract! {
    fn what_waits_is_counted_by_channel_with_the_time_of_the_oldest(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let backlog = |unit: &mut dyn UnitOfWork, channel| {
            let backlog = unit.outbox().backlog(channel).unwrap();
            (backlog.waiting, backlog.oldest)
        };
        assert_eq!(backlog(&mut *unit, MessageChannel::Mail), (0, None));
        let first = unit.outbox().insert(&message(person, "000001"), given::at(1)).unwrap();
        let second = unit.outbox().insert(&message(person, "000002"), given::at(5)).unwrap();
        let text = NewMessage { to: phone(), ..notice(person) };
        unit.outbox().insert(&text, given::at(7)).unwrap();
        assert_eq!(backlog(&mut *unit, MessageChannel::Mail), (2, Some(given::at(1))));
        assert_eq!(backlog(&mut *unit, MessageChannel::Sms), (1, Some(given::at(7))));
        unit.outbox().failed(first, given::at(900), "later").unwrap();
        assert_eq!(backlog(&mut *unit, MessageChannel::Mail), (2, Some(given::at(1))));
        unit.outbox().sent(first, given::at(10)).unwrap();
        unit.outbox().give_up(second, given::at(11), "refused").unwrap();
        assert_eq!(backlog(&mut *unit, MessageChannel::Mail), (0, None));
    }

    fn due_messages_come_oldest_first(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let late = unit.outbox().insert(&message(person, "000002"), given::at(5)).unwrap();
        let early = unit.outbox().insert(&message(person, "000001"), given::at(1)).unwrap();
        assert_eq!(mails(&mut *unit, 0, 9), []);
        assert_eq!(mails(&mut *unit, 1, 9), [early]);
        assert_eq!(mails(&mut *unit, 9, 9), [early, late]);
        assert_eq!(mails(&mut *unit, 9, 1), [early]);
        let first = unit.outbox().due(MessageChannel::Mail, given::at(9), 1).unwrap().remove(0);
        let expected = message(person, "000001");
        assert_eq!((first.to, first.language, first.body), (expected.to, expected.language, expected.body));
        assert_eq!((first.person, first.created_at, first.tries), (Some(person), given::at(1), 0));
    }

    fn a_code_does_not_wait_behind_notices_nor_a_notice_behind_reminders(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let reminder = NewMessage {
            body: MessageBody::Reminder { serials: Vec::new(), ends: Timestamp::from_unix(0), unsubscribe_path: String::new() },
            ..message(person, "")
        };
        let reminder = unit.outbox().insert(&reminder, given::at(0)).unwrap();
        let notices: Vec<_> = (1..=3).map(|at| unit.outbox().insert(&notice(person), given::at(at)).unwrap()).collect();
        let code = unit.outbox().insert(&message(person, "000001"), given::at(9)).unwrap();
        assert_eq!(mails(&mut *unit, 9, 3), [code, notices[0], notices[1]]);
        assert_eq!(mails(&mut *unit, 9, 9), [code, notices[0], notices[1], notices[2], reminder]);
    }

    fn each_channel_has_its_own_messages(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let text = NewMessage { to: phone(), ..notice(person) };
        let text = unit.outbox().insert(&text, given::at(1)).unwrap();
        let mail = unit.outbox().insert(&notice(person), given::at(2)).unwrap();
        assert_eq!(mails(&mut *unit, 9, 9), [mail]);
        assert_eq!(due(&mut *unit, MessageChannel::Sms, 9, 9), [text]);
        let found = unit.outbox().due(MessageChannel::Sms, given::at(9), 9).unwrap().remove(0);
        assert_eq!(found.to, phone());
        unit.outbox().failed(text, given::at(60), "no answer").unwrap();
        assert_eq!(due(&mut *unit, MessageChannel::Sms, 59, 9), []);
        assert_eq!(mails(&mut *unit, 99, 9), [mail], "a text message never turns into a mail");
        assert_eq!(due(&mut *unit, MessageChannel::Sms, 60, 9), [text]);
        unit.outbox().sent(text, given::at(61)).unwrap();
        assert_eq!(due(&mut *unit, MessageChannel::Sms, 99, 9), []);
    }

    fn a_sent_message_never_comes_again(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let id = unit.outbox().insert(&message(person, "000001"), given::at(1)).unwrap();
        unit.outbox().sent(id, given::at(2)).unwrap();
        assert_eq!(mails(&mut *unit, 9, 9), []);
        assert!(matches!(unit.outbox().failed(id, given::at(3), "late"), Err(StorageError::Conflict)));
        assert!(matches!(unit.outbox().give_up(id, given::at(3), "late"), Err(StorageError::Conflict)));
        assert!(matches!(unit.outbox().dropped(id, "late"), Err(StorageError::Conflict)));
        assert!(matches!(unit.outbox().revive(id, given::at(3)), Err(StorageError::Conflict)));
        assert_eq!(mails(&mut *unit, 9, 9), []);
    }

    fn a_failed_message_waits_for_its_next_try(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let id = unit.outbox().insert(&message(person, "000001"), given::at(1)).unwrap();
        unit.outbox().failed(id, given::at(60), "no answer").unwrap();
        assert_eq!(mails(&mut *unit, 59, 9), []);
        let again = unit.outbox().due(MessageChannel::Mail, given::at(60), 9).unwrap();
        assert_eq!((again[0].id, again[0].tries), (id, 1));
        unit.outbox().dropped(id, "stale").unwrap();
        assert_eq!(mails(&mut *unit, 1_000_000, 9), []);
        assert_eq!(unit.outbox().dead(None, 9).unwrap(), []);
    }

    fn a_centre_has_the_dead_letters_of_its_applications_alone(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let mut letters = Vec::new();
        for (at, centre) in [(1, Some("here")), (2, Some("there")), (3, None)] {
            let number = given::application_at(&mut *unit, person, at, centre).as_str().to_owned();
            let body = MessageBody::ApplicationRejected { number, reason: "x".to_owned() };
            let id = unit.outbox().insert(&NewMessage { body, ..notice(person) }, given::at(at)).unwrap();
            letters.push(id);
        }
        letters.push(unit.outbox().insert(&notice(person), given::at(4)).unwrap());
        let of = |unit: &mut dyn UnitOfWork, centre: &str, before| -> Vec<MessageId> {
            let page = unit.outbox().dead_of_centre(centre, before, 9).unwrap();
            page.iter().map(|dead| dead.id).collect()
        };
        assert_eq!(of(&mut *unit, "here", None), [], "it still waits");
        for id in &letters {
            unit.outbox().give_up(*id, given::at(50), "refused").unwrap();
        }
        assert_eq!(of(&mut *unit, "here", None), [letters[0]]);
        assert_eq!(of(&mut *unit, "there", None), [letters[1]]);
        assert_eq!(of(&mut *unit, "there", Some(letters[1])), []);
        assert_eq!(of(&mut *unit, "elsewhere", None), []);
        assert_eq!(unit.outbox().dead(None, 9).unwrap().len(), 4);
    }

    fn what_was_given_up_is_kept_until_somebody_decides(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let [first, second, third] = [1, 2, 3].map(|at| unit.outbox().insert(&notice(person), given::at(at)).unwrap());
        let text = unit.outbox().insert(&NewMessage { to: phone(), ..notice(person) }, given::at(4)).unwrap();
        for id in [first, second, text] {
            unit.outbox().give_up(id, given::at(50), "refused").unwrap();
        }
        assert!(matches!(unit.outbox().give_up(first, given::at(51), "refused"), Err(StorageError::Conflict)));
        assert_eq!(mails(&mut *unit, 1_000_000, 9), [third]);
        assert_eq!(unit.outbox().count_dead().unwrap(), 3);
        let page = |unit: &mut dyn UnitOfWork, before, limit| -> Vec<MessageId> {
            unit.outbox().dead(before, limit).unwrap().iter().map(|dead| dead.id).collect()
        };
        assert_eq!(page(&mut *unit, None, 2), [text, second]);
        assert_eq!(page(&mut *unit, Some(second), 2), [first]);
        let dead = unit.outbox().find_dead(text).unwrap().unwrap();
        assert_eq!((dead.to, dead.kind.as_str(), dead.cause.as_str(), dead.tries), (phone(), "frozen", "refused", 1));
        assert_eq!((dead.created_at, dead.dead_at, dead.person), (given::at(4), given::at(50), Some(person)));
        assert_eq!(unit.outbox().find_dead(third).unwrap(), None);
        unit.outbox().revive(second, given::at(60)).unwrap();
        unit.outbox().revive(text, given::at(60)).unwrap();
        unit.outbox().discard(first).unwrap();
        assert_eq!(unit.outbox().count_dead().unwrap(), 0);
        assert_eq!(page(&mut *unit, None, 9), []);
        assert_eq!(mails(&mut *unit, 60, 9), [third, second]);
        assert_eq!(due(&mut *unit, MessageChannel::Sms, 60, 9), [text]);
        assert!(matches!(unit.outbox().revive(first, given::at(61)), Err(StorageError::Conflict)));
        assert!(matches!(unit.outbox().discard(second), Err(StorageError::Conflict)));
    }
}
