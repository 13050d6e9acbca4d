use tanba_model::id::{MessageId, PersonId};
use tanba_model::language::Language;
use tanba_model::message::MessageBody;
use tanba_model::ports::{NewMessage, StorageError};

use crate::{contract, given};

fn message(person: PersonId, code: &str) -> NewMessage {
    NewMessage {
        person,
        to: given::address(),
        language: Language::Ru,
        body: MessageBody::ConfirmationCode {
            number: "123456789012".to_owned(),
            code: code.to_owned(),
            minutes: 10,
        },
    }
}

contract! {
    fn due_messages_come_oldest_first(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let late = unit.outbox().insert(&message(person, "000002"), given::at(5)).unwrap();
        let early = unit.outbox().insert(&message(person, "000001"), given::at(1)).unwrap();
        let ids = |unit: &mut dyn tanba_model::ports::UnitOfWork, now, limit| -> Vec<MessageId> {
            unit.outbox().due(given::at(now), limit).unwrap().iter().map(|message| message.id).collect()
        };
        assert_eq!(ids(&mut *unit, 0, 9), []);
        assert_eq!(ids(&mut *unit, 1, 9), [early]);
        assert_eq!(ids(&mut *unit, 9, 9), [early, late]);
        assert_eq!(ids(&mut *unit, 9, 1), [early]);
        let first = unit.outbox().due(given::at(9), 1).unwrap().remove(0);
        let expected = message(person, "000001");
        assert_eq!((first.to, first.language, first.body), (expected.to, expected.language, expected.body));
        assert_eq!((first.person, first.created_at, first.tries), (Some(person), given::at(1), 0));
    }

    fn a_code_does_not_wait_behind_notices(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let notice = NewMessage {
            body: MessageBody::Frozen { serials: vec!["{\"kind\":\"confirmation_code\"".to_owned()], by_code: false },
            ..message(person, "")
        };
        let notices: Vec<_> = (1..=3).map(|at| unit.outbox().insert(&notice, given::at(at)).unwrap()).collect();
        let code = unit.outbox().insert(&message(person, "000001"), given::at(9)).unwrap();
        let due: Vec<_> = unit.outbox().due(given::at(9), 3).unwrap().iter().map(|message| message.id).collect();
        assert_eq!(due, [code, notices[0], notices[1]]);
    }

    fn a_sent_message_never_comes_again(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let id = unit.outbox().insert(&message(person, "000001"), given::at(1)).unwrap();
        unit.outbox().sent(id, given::at(2)).unwrap();
        assert_eq!(unit.outbox().due(given::at(9), 9).unwrap(), []);
        assert!(matches!(unit.outbox().failed(id, Some(given::at(3)), "late"), Err(StorageError::Conflict)));
        assert_eq!(unit.outbox().due(given::at(9), 9).unwrap(), []);
    }

    fn a_failed_message_waits_for_its_next_try(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let id = unit.outbox().insert(&message(person, "000001"), given::at(1)).unwrap();
        unit.outbox().failed(id, Some(given::at(60)), "no answer").unwrap();
        assert_eq!(unit.outbox().due(given::at(59), 9).unwrap(), []);
        assert_eq!(unit.outbox().due(given::at(60), 9).unwrap()[0].tries, 1);
        unit.outbox().failed(id, None, "refused").unwrap();
        assert_eq!(unit.outbox().due(given::at(1_000_000), 9).unwrap(), []);
    }
}
