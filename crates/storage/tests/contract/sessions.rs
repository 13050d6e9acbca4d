use tanba_model::ports::{Session, UnitOfWork};

use crate::{contract, given};

fn session(unit: &mut dyn UnitOfWork, token: u8) -> Session {
    let person = given::person(unit, token.into());
    let issuer = given::issuer(unit, &format!("issuer-{token}"));
    Session {
        token_sha256: [token; 32],
        person,
        certificate: given::certificate(unit, &given::new_certificate(issuer, Some(person), token)),
        device: "firefox-linux".to_owned(),
        csrf: "0123456789abcdef".to_owned(),
        created_at: given::at(0),
        used_at: given::at(1),
        expires_at: given::at(100 + i64::from(token)),
    }
}

contract! {
    fn a_session_is_found_touched_and_ended(storage) {
        let mut unit = storage.begin().unwrap();
        let session = session(&mut *unit, 1);
        unit.sessions().insert(&session).unwrap();
        assert_eq!(unit.sessions().find(&[1; 32]).unwrap(), Some(session));
        unit.sessions().touch(&[1; 32], given::at(7)).unwrap();
        assert_eq!(unit.sessions().find(&[1; 32]).unwrap().unwrap().used_at, given::at(7));
        unit.sessions().delete(&[1; 32]).unwrap();
        assert_eq!(unit.sessions().find(&[1; 32]).unwrap(), None);
        unit.sessions().delete(&[1; 32]).unwrap();
        unit.sessions().touch(&[1; 32], given::at(8)).unwrap();
    }

    fn all_sessions_of_a_person_end_and_no_others(storage) {
        let mut unit = storage.begin().unwrap();
        let (hers, his) = (session(&mut *unit, 1), session(&mut *unit, 2));
        for session in [&hers, &Session { token_sha256: [9; 32], ..hers.clone() }, &his] {
            unit.sessions().insert(session).unwrap();
        }
        assert_eq!(unit.sessions().of_person(hers.person).unwrap().len(), 2);
        assert_eq!(unit.sessions().of_person(his.person).unwrap(), std::slice::from_ref(&his));
        unit.sessions().delete_of_person(hers.person).unwrap();
        assert_eq!(unit.sessions().of_person(hers.person).unwrap(), []);
        assert_eq!(unit.sessions().find(&[1; 32]).unwrap(), None);
        assert_eq!(unit.sessions().find(&[9; 32]).unwrap(), None);
        assert_eq!(unit.sessions().find(&[2; 32]).unwrap(), Some(his));
    }

    fn ended_sessions_are_forgotten(storage) {
        let mut unit = storage.begin().unwrap();
        for token in [1, 2] {
            let session = session(&mut *unit, token);
            unit.sessions().insert(&session).unwrap();
        }
        assert_eq!(unit.sessions().purge(given::at(102)).unwrap(), 1);
        assert_eq!(unit.sessions().find(&[1; 32]).unwrap(), None);
        assert!(unit.sessions().find(&[2; 32]).unwrap().is_some());
    }
}
