//! Codes for people, the sessions that they open, devices, and the address of before.

use tanba_model::person::{EarlierEmail, EmailAddress};
use tanba_model::ports::{EntryCount, EntryPurpose, LimitedSession, NewEntry};

use crate::{contract, given};

fn entry(flow: u8, person: Option<tanba_model::id::PersonId>) -> NewEntry {
    NewEntry {
        flow_sha256: [flow; 32],
        purpose: EntryPurpose::Revocation,
        person,
        subject: String::new(),
        digest: [flow; 32],
        salt: [flow; 16],
        expires_at: given::at(600),
        tries_left: 2,
        sent: person.is_some(),
    }
}

contract! {
    fn a_code_is_found_by_its_flow_counted_and_used_up(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        unit.entries().insert(&entry(1, Some(person)), given::at(0)).unwrap();
        unit.entries().insert(&entry(2, None), given::at(1)).unwrap();
        assert!(unit.entries().newest(EntryPurpose::Email, &[1; 32]).unwrap().is_none());
        let mine = unit.entries().newest(EntryPurpose::Revocation, &[1; 32]).unwrap().unwrap();
        assert_eq!((mine.person, mine.tries_left), (Some(person), 2));
        let nobodys = unit.entries().newest(EntryPurpose::Revocation, &[2; 32]).unwrap().unwrap();
        assert_eq!(nobodys.person, None);
        assert_eq!(unit.entries().take_try(mine.id).unwrap(), 1);
        let recent = |unit: &mut dyn tanba_model::ports::UnitOfWork, since| {
            unit.entries().recent(person, EntryPurpose::Revocation, given::at(since)).unwrap()
        };
        let one = EntryCount { sent: 1, wrong: 1, sent_at: Some(given::at(0)) };
        assert_eq!(recent(&mut *unit, -1), one);
        assert_eq!(recent(&mut *unit, 0), EntryCount::default());
        assert_eq!(unit.entries().take_try(mine.id).unwrap(), 0);
        assert!(unit.entries().take_try(mine.id).is_err());
        unit.entries().close(mine.id).unwrap();
        assert!(unit.entries().close(mine.id).is_err());
        assert_eq!(recent(&mut *unit, -1).wrong, 1, "the last try was right");
        assert_eq!(unit.entries().purge(given::at(601)).unwrap(), 2);
    }

    fn the_newest_code_of_a_flow_counts(storage) {
        let mut unit = storage.begin().unwrap();
        unit.entries().insert(&entry(1, None), given::at(0)).unwrap();
        unit.entries().insert(&NewEntry { digest: [9; 32], ..entry(1, None) }, given::at(5)).unwrap();
        let newest = unit.entries().newest(EntryPurpose::Revocation, &[1; 32]).unwrap().unwrap();
        assert_eq!((newest.digest, newest.created_at), ([9; 32], given::at(5)));
    }

    fn a_limited_session_is_found_touched_and_ended(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let session = LimitedSession {
            token_sha256: [1; 32],
            person,
            application: None,
            csrf: "0123456789abcdef".to_owned(),
            created_at: given::at(0),
            used_at: given::at(1),
            expires_at: given::at(100),
        };
        unit.limited_sessions().insert(&session).unwrap();
        assert_eq!(unit.limited_sessions().find(&[1; 32]).unwrap(), Some(session.clone()));
        assert!(unit.sessions().find(&[1; 32]).unwrap().is_none(), "not a session with a key");
        unit.limited_sessions().touch(&[1; 32], given::at(7)).unwrap();
        assert_eq!(unit.limited_sessions().of_person(person).unwrap()[0].used_at, given::at(7));
        unit.limited_sessions().delete(&[1; 32]).unwrap();
        assert!(unit.limited_sessions().find(&[1; 32]).unwrap().is_none());
        for token in [2, 3] {
            unit.limited_sessions().insert(&LimitedSession { token_sha256: [token; 32], ..session.clone() }).unwrap();
        }
        assert_eq!(unit.limited_sessions().purge(given::at(100)).unwrap(), 0);
        assert_eq!(unit.limited_sessions().purge(given::at(101)).unwrap(), 2);
        unit.limited_sessions().insert(&session).unwrap();
        unit.limited_sessions().delete_of_person(person).unwrap();
        assert!(unit.limited_sessions().of_person(person).unwrap().is_empty());
    }

    fn a_device_is_new_to_a_person_once(storage) {
        let mut unit = storage.begin().unwrap();
        let (hers, his) = (given::person(&mut *unit, 1), given::person(&mut *unit, 2));
        assert!(unit.devices().remember(hers, &[1; 32], given::at(0)).unwrap());
        assert!(!unit.devices().remember(hers, &[1; 32], given::at(9)).unwrap());
        assert!(unit.devices().remember(his, &[1; 32], given::at(9)).unwrap());
        assert_eq!(unit.devices().purge(given::at(9)).unwrap(), 0, "used since");
        assert_eq!(unit.devices().purge(given::at(10)).unwrap(), 2);
        assert!(unit.devices().remember(hers, &[1; 32], given::at(11)).unwrap());
    }

    fn the_address_of_before_is_kept_until_somebody_establishes_another(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let address = |text: &str| EmailAddress::parse(text).unwrap();
        let earlier = EarlierEmail { address: address("old@example.kz"), until: given::at(100) };
        unit.persons().change_email(person, &address("new@example.kz"), &earlier).unwrap();
        let found = unit.persons().find(person).unwrap().unwrap();
        assert_eq!(found.email, Some(address("new@example.kz")));
        assert_eq!(found.earlier_email, Some(earlier));
        assert_eq!(found.code_address(given::at(99)), Some(&address("old@example.kz")));
        assert_eq!(found.code_address(given::at(100)), Some(&address("new@example.kz")));
        assert_eq!(found.notice_addresses(given::at(99)).len(), 2);
        unit.persons().set_email(person, Some(&address("third@example.kz"))).unwrap();
        let found = unit.persons().find(person).unwrap().unwrap();
        assert_eq!((found.email, found.earlier_email), (Some(address("third@example.kz")), None));
    }
}
