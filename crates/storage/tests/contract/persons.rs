use tanba_model::id::PersonId;
use tanba_model::language::Language;
use tanba_model::person::{EarlierPhone, EmailAddress};
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::StorageError;

use crate::{contract, given};

contract! {
    fn a_person_is_found_by_record_and_by_iin(storage) {
        let mut unit = storage.begin().unwrap();
        let id = given::person(&mut *unit, 1);
        let found = unit.persons().find(id).unwrap().unwrap();
        assert_eq!(unit.persons().find_by_iin(&given::iin(1)).unwrap().as_ref(), Some(&found));
        assert_eq!((found.id, found.full_name().as_str()), (id, "СЕРІКҚЫЗЫ ӘЙГЕРІМ"));
        assert_eq!((found.email, found.language, found.frozen_at), (Some(given::address()), Language::Kk, None));
        assert_eq!(unit.persons().find_by_iin(&given::iin(2)).unwrap(), None);
        assert_eq!(unit.persons().find(PersonId(id.0 + 1)).unwrap(), None);
    }

    fn people_come_in_pages_by_record(storage) {
        let mut unit = storage.begin().unwrap();
        let ids = [1, 2, 3].map(|number| given::person(&mut *unit, number));
        let mut page = |after, limit| {
            let people = unit.persons().page(after, limit).unwrap();
            people.into_iter().map(|person| person.id).collect::<Vec<_>>()
        };
        assert_eq!(page(PersonId(0), 2), ids[..2]);
        assert_eq!(page(ids[1], 2), ids[2..]);
        assert_eq!(page(ids[2], 2), []);
    }

    fn an_iin_is_in_the_register_once(storage) {
        let mut unit = storage.begin().unwrap();
        given::person(&mut *unit, 1);
        let again = unit.persons().insert(&given::new_person(1), given::at(9));
        assert!(matches!(again, Err(StorageError::Conflict)));
    }

    fn address_language_and_freeze_can_change(storage) {
        let mut unit = storage.begin().unwrap();
        let (id, other) = (given::person(&mut *unit, 1), given::person(&mut *unit, 2));
        unit.persons().set_email(id, None).unwrap();
        unit.persons().set_language(id, Language::Ru).unwrap();
        unit.persons().set_frozen(id, Some(given::at(5))).unwrap();
        let changed = unit.persons().find(id).unwrap().unwrap();
        assert_eq!((changed.email, changed.language, changed.frozen_at), (None, Language::Ru, Some(given::at(5))));
        assert!(unit.persons().is_frozen(id).unwrap());
        assert!(!unit.persons().is_frozen(other).unwrap());
        assert!(!unit.persons().is_frozen(PersonId(other.0 + 1)).unwrap());
        unit.persons().set_frozen(id, None).unwrap();
        assert!(!unit.persons().is_frozen(id).unwrap());
        assert_eq!(unit.persons().find(id).unwrap().unwrap().frozen_at, None);
        assert_eq!(unit.persons().find(other).unwrap().unwrap().email, Some(given::address()));
    }

    fn reminders_are_wanted_until_they_are_not(storage) {
        let mut unit = storage.begin().unwrap();
        let (id, other) = (given::person(&mut *unit, 1), given::person(&mut *unit, 2));
        unit.persons().set_reminders(id, false).unwrap();
        assert!(!unit.persons().find(id).unwrap().unwrap().reminders);
        assert!(unit.persons().find(other).unwrap().unwrap().reminders);
        unit.persons().set_reminders(id, true).unwrap();
        assert!(unit.persons().find_by_iin(&given::iin(1)).unwrap().unwrap().reminders);
    }

    fn a_telephone_number_can_change_and_go(storage) {
        let mut unit = storage.begin().unwrap();
        let phone = PhoneNumber::parse("+77011234567").unwrap();
        let with = tanba_model::person::NewPerson { phone: Some(phone.clone()), ..given::new_person(1) };
        let id = unit.persons().insert(&with, given::at(0)).unwrap();
        assert_eq!(unit.persons().find(id).unwrap().unwrap().phone, Some(phone.clone()));
        let other = PhoneNumber::parse("+77012345678").unwrap();
        let seen = |unit: &mut dyn tanba_model::ports::UnitOfWork| {
            let person = unit.persons().find(id).unwrap().unwrap();
            (person.phone, person.phone_since, person.earlier_phone)
        };
        unit.persons().set_phone(id, Some(&other), Some(given::at(1))).unwrap();
        assert_eq!(seen(&mut *unit), (Some(other.clone()), Some(given::at(1)), None));
        let earlier = EarlierPhone { number: other.clone(), until: given::at(9) };
        unit.persons().change_phone(id, Some(&phone), &earlier, given::at(2)).unwrap();
        assert_eq!(seen(&mut *unit), (Some(phone), Some(given::at(2)), Some(earlier)));
        unit.persons().set_phone(id, Some(&other), None).unwrap();
        assert_eq!(seen(&mut *unit), (Some(other), None, None));
        unit.persons().set_phone(id, None, None).unwrap();
        assert_eq!(seen(&mut *unit).0, None);
    }

    fn an_address_that_takes_no_mail_is_remembered_until_it_does_or_another_takes_its_place(storage) {
        let mut unit = storage.begin().unwrap();
        let id = given::person(&mut *unit, 1);
        let refused = |unit: &mut dyn tanba_model::ports::UnitOfWork| {
            unit.persons().find(id).unwrap().unwrap().email_refused_at
        };
        let other = EmailAddress::parse("other@example.kz").unwrap();
        unit.persons().set_email_refused(id, &other, Some(given::at(1))).unwrap();
        assert_eq!(refused(&mut *unit), None, "not her address any more");
        unit.persons().set_email_refused(id, &given::address(), Some(given::at(2))).unwrap();
        unit.persons().set_email_refused(id, &given::address(), Some(given::at(3))).unwrap();
        assert_eq!(refused(&mut *unit), Some(given::at(2)), "since the first time");
        unit.persons().set_email(id, Some(&given::address())).unwrap();
        assert_eq!(refused(&mut *unit), Some(given::at(2)), "the same address is no better");
        unit.persons().set_email_refused(id, &given::address(), None).unwrap();
        assert_eq!(refused(&mut *unit), None);
        unit.persons().set_email_refused(id, &given::address(), Some(given::at(4))).unwrap();
        unit.persons().set_email(id, Some(&other)).unwrap();
        assert_eq!(refused(&mut *unit), None);
    }

    fn a_change_of_nobody_is_refused(storage) {
        let mut unit = storage.begin().unwrap();
        assert!(matches!(unit.persons().set_frozen(PersonId(7), None), Err(StorageError::Conflict)));
    }
}
