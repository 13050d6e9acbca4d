use tanba_model::application::{Application, SignedDocument, State};
use tanba_model::id::ApplicationId;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::StorageError;

use crate::{contract, given};

contract! {
    fn all_applications_come_by_record_with_their_requests(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let mut all = Vec::new();
        for (key, number) in [(1, "00000000001"), (2, "00000000002")] {
            let new = given::new_application(person, number);
            let mut application = unit.applications().insert(&new, given::at(1)).unwrap();
            application.requests = vec![given::request(key)];
            unit.applications().update(&mut application).unwrap();
            all.push(application);
        }
        assert_eq!(unit.applications().page(None, 9).unwrap(), all);
        assert_eq!(unit.applications().page(Some(all[0].id), 9).unwrap(), all[1..]);
        assert_eq!(unit.applications().page(None, 1).unwrap(), all[..1]);
    }

    fn a_draft_is_found_as_it_was_begun(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let begun = given::application(&mut *unit, person, "12345678901");
        assert_eq!((&begun.state, begun.created_at, begun.person), (&State::Draft, given::at(0), person));
        assert_eq!((begun.region.as_str(), begun.settlement.as_str()), ("KZ-75", "almaty"));
        assert_eq!((begun.requests.len(), begun.signed.is_none()), (0, true));
        assert_eq!(unit.applications().find(begun.id).unwrap().as_ref(), Some(&begun));
        assert_eq!(unit.applications().find_by_number(&begun.number).unwrap().as_ref(), Some(&begun));
        assert_eq!(unit.applications().find(ApplicationId(99)).unwrap(), None);
        assert_eq!(unit.applications().find_by_number(&given::number("99999999999")).unwrap(), None);
    }

    fn a_number_belongs_to_one_application(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        given::application(&mut *unit, person, "12345678901");
        let again = unit.applications().insert(&given::new_application(person, "12345678901"), given::at(1));
        assert!(matches!(again, Err(StorageError::Conflict)));
    }

    fn applications_of_a_person_come_newest_first(storage) {
        let mut unit = storage.begin().unwrap();
        let (hers, his) = (given::person(&mut *unit, 1), given::person(&mut *unit, 2));
        let first = given::application(&mut *unit, hers, "10000000001");
        given::application(&mut *unit, his, "10000000002");
        let second = given::application(&mut *unit, hers, "10000000003");
        assert_eq!(unit.applications().of_person(hers, 9).unwrap(), [second.clone(), first]);
        assert_eq!(unit.applications().of_person(hers, 1).unwrap(), [second]);
    }

    fn each_state_is_remembered_once_with_its_time(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let mut application = given::application(&mut *unit, person, "12345678901");
        application.region = "KZ-71".to_owned();
        unit.applications().update(&mut application).unwrap();
        application.state = State::Awaiting2fa { at: given::at(4) };
        unit.applications().update(&mut application).unwrap();
        application.state = State::Rejected { at: given::at(4), reason: "not-me".to_owned() };
        unit.applications().update(&mut application).unwrap();
        let steps = unit.applications().steps(application.id).unwrap();
        let steps: Vec<_> = steps.iter().map(|(state, at)| (state.name(), *at)).collect();
        assert_eq!(steps, [("DRAFT", given::at(0)), ("AWAITING_2FA", given::at(4)), ("REJECTED", given::at(4))]);
        assert_eq!(unit.applications().steps(ApplicationId(99)).unwrap(), []);
    }

    fn everything_that_can_change_is_written(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let issuer = given::issuer(&mut *unit, "one");
        let signer = given::certificate(&mut *unit, &given::new_certificate(issuer, Some(person), 50));
        let mut application = given::application(&mut *unit, person, "12345678901");
        application.state = State::Awaiting2fa { at: given::at(4) };
        application.email = None;
        application.region = "KZ-71".to_owned();
        application.settlement = "astana".to_owned();
        application.keystore = KeystoreKind::IdCard;
        application.login_certificate = Some(signer);
        application.requests = vec![given::request(2), given::request(1)];
        application.signed = Some(SignedDocument { document: b"{}".to_vec(), signature: vec![0x30, 0x80], signer });
        unit.applications().update(&mut application).unwrap();
        assert_eq!(unit.applications().find(application.id).unwrap(), Some(application.clone()));
        application.requests = vec![given::request(3)];
        unit.applications().update(&mut application).unwrap();
        assert_eq!(unit.applications().find(application.id).unwrap(), Some(application));
    }

    fn what_was_signed_stays_while_the_application_goes_on(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let issuer = given::issuer(&mut *unit, "one");
        let [signer, other] = [50, 51].map(|key| {
            given::certificate(&mut *unit, &given::new_certificate(issuer, Some(person), key))
        });
        let mut application = given::application(&mut *unit, person, "12345678901");
        let signed = SignedDocument { document: b"{}".to_vec(), signature: vec![0x30, 0x80], signer };
        application.signed = Some(signed.clone());
        unit.applications().update(&mut application).unwrap();
        for forged in [
            None,
            Some(SignedDocument { document: b"{ }".to_vec(), ..signed.clone() }),
            Some(SignedDocument { signature: vec![0x30], ..signed.clone() }),
            Some(SignedDocument { signer: other, ..signed }),
        ] {
            let mut changed = Application { signed: forged, ..application.clone() };
            unit.applications().update(&mut changed).unwrap_err();
            assert_eq!(unit.applications().find(application.id).unwrap().as_ref(), Some(&application));
        }
        application.state = State::Awaiting2fa { at: given::at(4) };
        unit.applications().update(&mut application).unwrap();
        assert_eq!(unit.applications().find(application.id).unwrap(), Some(application));
    }

    fn every_state_is_read_as_it_was_written(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let mut application = given::application(&mut *unit, person, "12345678901");
        let at = given::at(3);
        let rejected = State::Rejected { at, reason: "too-many-codes".to_owned() };
        for state in [
            State::Submitted { at },
            State::Awaiting2fa { at },
            State::Confirmed { at },
            rejected,
            State::Expired { at },
            State::Issued { at },
            State::Installed { at },
            State::Cancelled { at },
            State::Draft,
        ] {
            application.state = state.clone();
            unit.applications().update(&mut application).unwrap();
            assert_eq!(unit.applications().find(application.id).unwrap().unwrap().state, state);
        }
    }

    fn who_read_an_older_version_is_refused(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let mut mine = given::application(&mut *unit, person, "12345678901");
        let mut theirs = mine.clone();
        theirs.region = "KZ-71".to_owned();
        unit.applications().update(&mut theirs).unwrap();
        mine.region = "KZ-10".to_owned();
        assert!(matches!(unit.applications().update(&mut mine), Err(StorageError::Conflict)));
        assert_eq!(unit.applications().find(mine.id).unwrap().unwrap().region, "KZ-71");
        unit.applications().update(&mut theirs).unwrap();
        assert!(theirs.version > mine.version);
    }

    fn applications_that_wait_too_long_are_found(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let draft = given::application(&mut *unit, person, "10000000001");
        let wait = |application: &mut Application, seconds| {
            application.state = State::Awaiting2fa { at: given::at(seconds) };
        };
        let mut late = given::application(&mut *unit, person, "10000000002");
        wait(&mut late, 20);
        let mut early = given::application(&mut *unit, person, "10000000003");
        wait(&mut early, 10);
        unit.applications().update(&mut late).unwrap();
        unit.applications().update(&mut early).unwrap();
        let mut waiting = |before, limit| unit.applications().in_state("AWAITING_2FA", given::at(before), limit).unwrap();
        assert_eq!(waiting(10, 9), []);
        assert_eq!(waiting(11, 9), [early.clone()]);
        assert_eq!(waiting(21, 9), [early.clone(), late]);
        assert_eq!(waiting(21, 1), [early]);
        assert_eq!(unit.applications().in_state("DRAFT", given::at(1), 9).unwrap(), [draft]);
        assert_eq!(unit.applications().in_state("DRAFT", given::at(0), 9).unwrap(), []);
    }

    fn applications_of_a_state_are_gone_through_from_place_to_place(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let mut all = Vec::new();
        // The second and the third entered the state in the same second.
        for (number, seconds) in [("10000000001", 20), ("10000000002", 10), ("10000000003", 10), ("10000000004", 5)] {
            let mut application = given::application(&mut *unit, person, number);
            application.state = State::Confirmed { at: given::at(seconds) };
            unit.applications().update(&mut application).unwrap();
            all.push((given::at(seconds), application.id));
        }
        all.sort_unstable();
        for limit in 1..=5 {
            let (mut seen, mut place) = (Vec::new(), None);
            loop {
                let page = unit.applications().in_state_after("CONFIRMED", place, limit).unwrap();
                let Some(last) = page.last() else { break };
                place = all.iter().copied().find(|(_, id)| *id == last.id);
                seen.extend(page.iter().map(|application| application.id));
            }
            assert_eq!(seen, all.iter().map(|(_, id)| *id).collect::<Vec<_>>(), "{limit}");
        }
        assert_eq!(unit.applications().in_state_after("DRAFT", None, 9).unwrap(), []);
    }

    fn a_key_of_another_application_is_refused(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let mut first = given::application(&mut *unit, person, "10000000001");
        first.requests = vec![given::request(1)];
        unit.applications().update(&mut first).unwrap();
        let mut second = given::application(&mut *unit, person, "10000000002");
        second.requests = vec![given::request(1)];
        assert!(matches!(unit.applications().update(&mut second), Err(StorageError::Conflict)));
    }

    fn two_requests_of_an_application_have_two_keys(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let mut application = given::application(&mut *unit, person, "10000000001");
        application.requests = vec![given::request(1), given::request(1)];
        assert!(matches!(unit.applications().update(&mut application), Err(StorageError::Conflict)));
    }

    fn a_key_of_a_certificate_is_refused_unless_the_application_asked_for_it(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let issuer = given::issuer(&mut *unit, "one");
        given::certificate(&mut *unit, &given::new_certificate(issuer, Some(person), 1));
        given::certificate(&mut *unit, &given::new_certificate(issuer, None, 2));
        let mut application = given::application(&mut *unit, person, "10000000001");
        for key in [1, 2] {
            let mut tried = application.clone();
            tried.requests = vec![given::request(key)];
            assert!(matches!(unit.applications().update(&mut tried), Err(StorageError::Conflict)));
            // The unit of a refused step is given up; here the version shows that only its row was written.
            application = unit.applications().find(application.id).unwrap().unwrap();
            application.requests.clear();
        }
        application.requests = vec![given::request(3)];
        unit.applications().update(&mut application).unwrap();
        let own = given::new_certificate(issuer, Some(person), 3);
        application.requests[0].certificate = Some(given::intent_of(&mut *unit, &own, application.id));
        unit.applications().update(&mut application).unwrap();
        assert_eq!(unit.applications().find(application.id).unwrap(), Some(application));
    }
}
