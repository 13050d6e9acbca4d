//! Reissue for somebody who died, or is named otherwise than her keys say.

use std::sync::{Arc, Mutex};

use tanba_model::application::{Application, State};
use tanba_model::message::MessageBody;
use tanba_model::person::EmailAddress;
use tanba_model::ports::{PersonFacts, RegisterAnswer, Storage as _};

use crate::first::Told;
use crate::world::{Citizen, NOON, World, after, form};

/// What `tanba person import --update` does.
fn record(world: &World, citizen: &Citizen, surname: &str, deceased: bool) {
    let mut work = world.storage.begin().unwrap();
    let facts = facts(citizen, surname);
    work.persons()
        .set_identity(citizen.id, &facts, "table", deceased)
        .unwrap();
    work.commit().unwrap();
}

fn facts(citizen: &Citizen, surname: &str) -> PersonFacts {
    PersonFacts {
        surname: surname.to_owned(),
        given_name: citizen.subject.given_name.clone(),
        patronymic: citizen.subject.patronymic.clone(),
    }
}

/// The reason of the newest application, and what its person was told last.
fn refused(world: &World, citizen: &Citizen, seconds: u64) -> String {
    let applications = world.applications(citizen.id);
    let reason = applications
        .iter()
        .find_map(|application| {
            let State::Rejected { reason, .. } = &application.state else {
                return None;
            };
            Some(reason.clone())
        })
        .unwrap();
    let told = world.mail(after(seconds));
    assert!(
        told.iter().any(|mail| matches!(
            &mail.body,
            MessageBody::NotIssued { reason: told, .. } if *told == reason
        )),
        "nobody was told"
    );
    let old = [citizen.authentication.id, citizen.signature.id];
    assert!(
        world
            .certificates(citizen.id)
            .iter()
            .all(|record| old.contains(&record.id) || !record.status.is_valid()),
        "something of it is valid"
    );
    reason
}

#[test]
fn nothing_is_begun_prepared_or_signed_for_somebody_who_died() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.prepare(&citizen, &session, NOON);
    let surname = citizen.subject.surname.clone();
    record(&world, &citizen, &surname, true);
    let begun = world.ra.begin_reissue(&session, &form(), after(1));
    assert_eq!(begun.unwrap_err().code(), "person-died");
    let prepared = world
        .ra
        .prepare_document(&session, &draft.number, &draft.requests, after(1));
    assert_eq!(prepared.unwrap_err().code(), "person-died");
    let message = citizen.signature.sign(&draft.document, after(1));
    let signed = world.ra.submit(&session, &draft.number, &message, after(1));
    assert_eq!(signed.unwrap_err().code(), "person-died");
    // It was a mistake, and was mended: nothing of the draft is lost.
    record(&world, &citizen, &surname, false);
    world
        .ra
        .submit(&session, &draft.number, &message, after(2))
        .unwrap();
}

#[test]
fn a_death_between_signature_and_code_ends_the_application() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    record(&world, &citizen, &citizen.subject.surname.clone(), true);
    let confirmed = world.ra.confirm(&session, &draft.number, &code, after(1));
    assert_eq!(confirmed.unwrap_err().code(), "person-died");
    assert_eq!(refused(&world, &citizen, 1), "person-died");
    let again = world.ra.confirm(&session, &draft.number, &code, after(2));
    assert_eq!(again.unwrap_err().code(), "application-rejected");
}

#[test]
fn a_new_name_between_signature_and_code_ends_the_application() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    record(&world, &citizen, "ӘБІШЕВА", false);
    let confirmed = world.ra.confirm(&session, &draft.number, &code, after(1));
    assert_eq!(confirmed.unwrap_err().code(), "data-changed");
    assert_eq!(refused(&world, &citizen, 1), "data-changed");
}

/// Changes the record of a signed application as somebody with the database would, and lets its owner type her code.
fn confirmed_after(change: impl FnOnce(&World, &Citizen, &mut Application)) -> String {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let code = world.mailed_code(NOON);
    let mut application = world.applications(citizen.id).remove(0);
    change(&world, &citizen, &mut application);
    let mut work = world.storage.begin().unwrap();
    work.applications().update(&mut application).unwrap();
    work.commit().unwrap();
    let confirmed = world.ra.confirm(&session, &draft.number, &code, after(1));
    assert_eq!(confirmed.unwrap_err().code(), "application-rejected");
    refused(&world, &citizen, 1)
}

#[test]
fn another_address_in_the_record_between_signature_and_code_ends_the_application() {
    let reason = confirmed_after(|_, _, application| {
        application.email = EmailAddress::parse("minister@example.kz").ok();
    });
    assert_eq!(reason, "record-differs");
}

#[test]
fn another_request_behind_the_same_digest_ends_the_application() {
    let reason = confirmed_after(|world, citizen, application| {
        let thief = [world.new_key(), world.new_key()];
        let request = &mut application.requests[1];
        request.request = world.requests(citizen, &thief).remove(1);
    });
    assert_eq!(reason, "record-differs");
}

#[test]
fn nothing_is_issued_for_a_draft_that_nobody_signed_and_somebody_made_a_confirmed_one() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    world.prepare(&citizen, &session, NOON);
    let mut application = world.applications(citizen.id).remove(0);
    application.state = State::Confirmed { at: after(1) };
    let mut work = world.storage.begin().unwrap();
    work.applications().update(&mut application).unwrap();
    work.commit().unwrap();
    let _ = world.ra.resume(after(2)).unwrap();
    assert_eq!(refused(&world, &citizen, 2), "record-differs");
}

#[test]
fn a_new_name_sends_to_the_centre_before_anything_is_filled_in() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.prepare(&citizen, &session, NOON);
    record(&world, &citizen, "ӘБІШЕВА", false);
    let begun = world.ra.begin_reissue(&session, &form(), after(1));
    assert_eq!(begun.unwrap_err().code(), "data-changed");
    // Her document of before, and one with the new name: neither is signed by a key that has it.
    let message = citizen.signature.sign(&draft.document, after(1));
    let signed = world.ra.submit(&session, &draft.number, &message, after(1));
    assert_eq!(signed.unwrap_err().code(), "data-changed");
    // Revoking and looking are hers all the same.
    assert_eq!(world.ra.applications(&session).unwrap().len(), 1);
}

#[test]
fn another_register_is_asked_and_its_silence_holds_nobody_up() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let register = Arc::new(Told(Mutex::new(RegisterAnswer::Dead)));
    let ra = world.second_process().with_register(register.clone());
    let session = world.sign_in(&citizen, NOON).session;
    let answer = |answer: RegisterAnswer| *register.0.lock().unwrap() = answer;
    let begin = || ra.begin_reissue(&session, &form(), after(1));
    assert_eq!(begin().unwrap_err().code(), "person-died");
    answer(RegisterAnswer::Person(facts(&citizen, "ӘБІШЕВА")));
    assert_eq!(begin().unwrap_err().code(), "data-changed");
    for silent in [RegisterAnswer::Unavailable, RegisterAnswer::Unknown] {
        answer(silent);
        begin().unwrap();
    }
    let surname = citizen.subject.surname.clone();
    answer(RegisterAnswer::Person(facts(&citizen, &surname)));
    let number = begin().unwrap().number;
    let draft = world.prepare_again(&citizen, &session, &number, after(2));
    let message = citizen.signature.sign(&draft.document, after(2));
    answer(RegisterAnswer::Dead);
    let signed = ra.submit(&session, &number, &message, after(2));
    assert_eq!(signed.unwrap_err().code(), "person-died");
    answer(RegisterAnswer::Unavailable);
    ra.submit(&session, &number, &message, after(3)).unwrap();
    let code = world.mailed_code(after(3));
    answer(RegisterAnswer::Person(facts(&citizen, "ӘБІШЕВА")));
    let confirmed = ra.confirm(&session, &number, &code, after(4));
    assert_eq!(confirmed.unwrap_err().code(), "data-changed");
    // No try was taken.
    answer(RegisterAnswer::Unavailable);
    let confirmed = ra.confirm(&session, &number, &code, after(5)).unwrap();
    assert!(matches!(confirmed.state, State::Issued { .. }));
}
