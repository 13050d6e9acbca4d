use tanba_model::application::FirstIssuance;
use tanba_model::intake::{Claim, IntakeContent, IntakeStage};
use tanba_model::language::Language;
use tanba_model::message::MessageBody;
use tanba_model::ports::{ApplicantMessage, NewIntake, StorageError};

use crate::{contract, given};

fn new_intake(secret: u8) -> NewIntake {
    NewIntake {
        secret_sha256: [secret; 32],
        language: Language::Ru,
        due_at: given::at(100),
        content: IntakeContent::default(),
    }
}

contract! {
    fn an_intake_is_found_by_its_secret_and_by_its_number(storage) {
        let mut unit = storage.begin().unwrap();
        let mut intake = unit.intakes().insert(&new_intake(1), given::at(0)).unwrap();
        assert_eq!((intake.stage, intake.language, intake.number.clone()), (IntakeStage::Open, Language::Ru, None));
        intake.number = Some(given::number("12345678901"));
        intake.content.claim = Some(Claim {
            iin: given::iin(1).as_str().to_owned(),
            surname: "ӘБДІҚАДЫРОВА".to_owned(),
            given_name: "B".to_owned(),
            patronymic: None,
        });
        unit.intakes().update(&mut intake).unwrap();
        assert!(unit.intakes().find(&[1; 32]).unwrap().as_ref() == Some(&intake));
        assert!(unit.intakes().find_by_number(&given::number("12345678901")).unwrap().as_ref() == Some(&intake));
        assert!(unit.intakes().find(&[2; 32]).unwrap().is_none());
    }

    fn whoever_read_an_older_intake_writes_nothing(storage) {
        let mut unit = storage.begin().unwrap();
        let mut intake = unit.intakes().insert(&new_intake(1), given::at(0)).unwrap();
        let mut older = intake.clone();
        unit.intakes().update(&mut intake).unwrap();
        assert!(matches!(unit.intakes().update(&mut older), Err(StorageError::Conflict)));
    }

    fn what_waits_is_asked_about_and_what_is_left_is_forgotten(storage) {
        let mut unit = storage.begin().unwrap();
        let mut waiting = unit.intakes().insert(&new_intake(1), given::at(0)).unwrap();
        waiting.stage = IntakeStage::Waiting;
        unit.intakes().update(&mut waiting).unwrap();
        unit.intakes().insert(&new_intake(2), given::at(0)).unwrap();
        assert!(unit.intakes().waiting(given::at(99), 9).unwrap().is_empty());
        assert_eq!(unit.intakes().waiting(given::at(100), 9).unwrap().len(), 1);
        assert_eq!(unit.intakes().purge(given::at(99), 9).unwrap(), 0);
        assert_eq!(unit.intakes().purge(given::at(100), 9).unwrap(), 1);
        assert!(unit.intakes().find(&[1; 32]).unwrap().is_some());
    }

    fn whoever_typed_a_number_is_told_of_what_is_no_application_and_of_nothing_else(storage) {
        let mut unit = storage.begin().unwrap();
        let number = given::number("12345678901");
        let mut intake = unit.intakes().insert(&new_intake(1), given::at(0)).unwrap();
        intake.number = Some(number.clone());
        intake.content.claim = Some(Claim {
            iin: given::iin(1).as_str().to_owned(),
            surname: "A".to_owned(),
            given_name: "B".to_owned(),
            patronymic: None,
        });
        for stage in IntakeStage::ALL {
            intake.stage = stage;
            unit.intakes().update(&mut intake).unwrap();
            let told = unit.intakes().claimant(&number).unwrap();
            let ended = [IntakeStage::Waiting, IntakeStage::Refused, IntakeStage::Cancelled];
            let expected = ended.contains(&stage).then(|| given::iin(1).as_str().to_owned());
            assert_eq!(told, expected, "{}", stage.name());
        }
        assert_eq!(unit.intakes().claimant(&given::number("12345678902")).unwrap(), None);
    }

    fn tries_are_counted_by_day_and_by_whoever_tries(storage) {
        let mut unit = storage.begin().unwrap();
        for expected in 1..4 {
            assert_eq!(unit.intakes().count_attempt("claim", &[1; 32], 7).unwrap(), expected);
        }
        assert_eq!(unit.intakes().count_attempt("claim", &[2; 32], 7).unwrap(), 1);
        assert_eq!(unit.intakes().count_attempt("code", &[1; 32], 7).unwrap(), 1);
        assert_eq!(unit.intakes().count_attempt("claim", &[1; 32], 8).unwrap(), 1);
        assert_eq!(unit.intakes().purge_attempts(8).unwrap(), 3);
        assert_eq!(unit.intakes().attempts("claim", &[1; 32], 7).unwrap(), 0);
        assert_eq!(unit.intakes().attempts("claim", &[1; 32], 8).unwrap(), 1);
    }

    fn a_message_may_be_for_somebody_who_is_not_in_the_records(storage) {
        let mut unit = storage.begin().unwrap();
        let message = ApplicantMessage {
            to: given::address(),
            language: Language::En,
            body: MessageBody::FirstExpired { number: "1".to_owned() },
        };
        unit.outbox().insert_for_applicant(&message, given::at(0)).unwrap();
        let due = unit.outbox().due(tanba_model::message::MessageChannel::Mail, given::at(1), 9).unwrap();
        assert_eq!((due[0].person, due[0].language), (None, Language::En));
    }

    fn what_was_submitted_for_first_keys_is_evidence(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let mut new = given::new_application(person, "12345678901");
        new.kind = tanba_model::application::ApplicationKind::First;
        let mut application = unit.applications().insert(&new, given::at(0)).unwrap();
        let first = FirstIssuance {
            centre: "kz-75-almaty-1".to_owned(),
            email: given::address(),
            language: Language::Kk,
            appear_by: given::at(99),
            agreement: "2026-11".to_owned(),
            agreed_at: given::at(0),
            document: b"{}".to_vec(),
            signature: vec![1],
        };
        unit.applications().submit_first(&mut application, first.clone()).unwrap();
        let found = unit.applications().find(application.id).unwrap().unwrap();
        assert!(found.first.as_ref() == Some(&first));
        let again = unit.applications().submit_first(&mut application, first);
        assert!(matches!(again, Err(StorageError::Conflict)), "once");
    }
}
