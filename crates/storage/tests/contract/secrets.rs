use tanba_model::id::ApplicationId;
use tanba_model::ports::{NewCode, StorageError, TokenPurpose, UnitOfWork};

use crate::{contract, given};

fn code(application: ApplicationId, tries_left: u32) -> NewCode {
    NewCode {
        application,
        digest: [7; 32],
        salt: [8; 16],
        expires_at: given::at(600),
        tries_left,
    }
}

fn waiting_application(unit: &mut dyn UnitOfWork) -> ApplicationId {
    let person = given::person(unit, 1);
    let mut application = given::application(unit, person, "12345678901");
    application.state = application.state.await_second_factor(given::at(1)).unwrap();
    unit.applications().update(&mut application).unwrap();
    application.id
}

contract! {
    fn a_key_of_the_server_is_made_once(storage) {
        let mut unit = storage.begin().unwrap();
        let key = |octet| tanba_crypto::Secret::new(vec![octet; 32]);
        assert!(unit.secrets().server_secret("links").unwrap().is_none());
        unit.secrets().keep_server_secret("links", &key(1)).unwrap();
        assert!(matches!(unit.secrets().keep_server_secret("links", &key(2)), Err(StorageError::Conflict)));
        unit.secrets().keep_server_secret("others", &key(3)).unwrap();
        assert_eq!(unit.secrets().server_secret("links").unwrap().unwrap().expose(), [1; 32]);
    }

    fn a_token_is_taken_once(storage) {
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let (purpose, token) = (TokenPurpose::NotMe, [1; 32]);
        unit.secrets().insert_token(purpose, &token, Some(person), "123456789012", given::at(10)).unwrap();
        let expected = Some((Some(person), "123456789012".to_owned()));
        assert_eq!(unit.secrets().peek_token(purpose, &token, given::at(1)).unwrap(), expected);
        assert_eq!(unit.secrets().take_token(purpose, &token, given::at(1)).unwrap(), expected);
        assert_eq!(unit.secrets().take_token(purpose, &token, given::at(1)).unwrap(), None);
        assert_eq!(unit.secrets().peek_token(purpose, &token, given::at(1)).unwrap(), None);
    }

    fn a_token_of_one_purpose_opens_nothing_else(storage) {
        let mut unit = storage.begin().unwrap();
        unit.secrets().insert_token(TokenPurpose::LoginChallenge, &[1; 32], None, "", given::at(10)).unwrap();
        let taken = unit.secrets().take_token(TokenPurpose::InstallationChallenge, &[1; 32], given::at(1)).unwrap();
        assert_eq!(taken, None);
        let taken = unit.secrets().take_token(TokenPurpose::LoginChallenge, &[1; 32], given::at(1)).unwrap();
        assert_eq!(taken, Some((None, String::new())));
    }

    fn an_expired_token_opens_nothing_and_is_forgotten(storage) {
        let mut unit = storage.begin().unwrap();
        let purpose = TokenPurpose::LoginChallenge;
        unit.secrets().insert_token(purpose, &[1; 32], None, "", given::at(10)).unwrap();
        unit.secrets().insert_token(purpose, &[2; 32], None, "", given::at(20)).unwrap();
        assert_eq!(unit.secrets().peek_token(purpose, &[1; 32], given::at(10)).unwrap(), None);
        assert_eq!(unit.secrets().take_token(purpose, &[1; 32], given::at(10)).unwrap(), None);
        assert_eq!(unit.secrets().purge(given::at(11), given::at(0)).unwrap(), 1);
        assert!(unit.secrets().take_token(purpose, &[2; 32], given::at(11)).unwrap().is_some());
    }

    fn a_token_is_remembered_once(storage) {
        let mut unit = storage.begin().unwrap();
        let mut again = || unit.secrets().insert_token(TokenPurpose::NotMe, &[1; 32], None, "", given::at(10));
        again().unwrap();
        assert!(matches!(again(), Err(StorageError::Conflict)));
    }

    fn tries_run_out_and_a_new_code_does_not_bring_them_back(storage) {
        let mut unit = storage.begin().unwrap();
        let id = waiting_application(&mut *unit);
        unit.secrets().set_code(&code(id, 3), given::at(2)).unwrap();
        assert_eq!(unit.secrets().take_try(id).unwrap(), 2);
        unit.secrets().set_code(&NewCode { digest: [9; 32], ..code(id, 3) }, given::at(62)).unwrap();
        let known = unit.secrets().code(id).unwrap().unwrap();
        assert_eq!((known.digest, known.salt, known.tries_left), ([9; 32], [8; 16], 2));
        assert_eq!((known.sent, known.sent_at, known.expires_at), (2, given::at(62), given::at(600)));
        assert_eq!(unit.secrets().take_try(id).unwrap(), 1);
        assert_eq!(unit.secrets().take_try(id).unwrap(), 0);
        assert!(matches!(unit.secrets().take_try(id), Err(StorageError::Conflict)));
        assert_eq!(unit.secrets().code(id).unwrap().unwrap().tries_left, 0);
    }

    fn a_deleted_code_is_gone(storage) {
        let mut unit = storage.begin().unwrap();
        let id = waiting_application(&mut *unit);
        unit.secrets().set_code(&code(id, 3), given::at(2)).unwrap();
        unit.secrets().delete_code(id).unwrap();
        assert_eq!(unit.secrets().code(id).unwrap(), None);
        assert!(matches!(unit.secrets().take_try(id), Err(StorageError::Conflict)));
    }

    fn purging_does_not_bring_tries_back_while_the_application_waits(storage) {
        let mut unit = storage.begin().unwrap();
        let id = waiting_application(&mut *unit);
        unit.secrets().set_code(&code(id, 3), given::at(2)).unwrap();
        unit.secrets().take_try(id).unwrap();
        assert_eq!(unit.secrets().purge(given::at(10_000), given::at(10_000)).unwrap(), 0);
        assert_eq!(unit.secrets().code(id).unwrap().unwrap().tries_left, 2);
        let mut application = unit.applications().find(id).unwrap().unwrap();
        application.state = application.state.expire(given::at(10_000)).unwrap();
        unit.applications().update(&mut application).unwrap();
        assert_eq!(unit.secrets().purge(given::at(10_000), given::at(600)).unwrap(), 0);
        assert_eq!(unit.secrets().purge(given::at(10_000), given::at(601)).unwrap(), 1);
    }
}
