//! "It was not me."

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use tanba_model::application::State;
use tanba_model::audit::Actor;
use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::message::{MessageBody, OutboxMessage};
use tanba_model::ports::{Issuance, Storage};
use tanba_pki::SerialNumber;

use crate::world::{DAY, Meanwhile, NOON, World, after};

/// Tokens of the links of these mails.
fn links(mails: &[OutboxMessage]) -> Vec<String> {
    let path = |mail: &OutboxMessage| {
        if let MessageBody::ApplicationAccepted { not_me_path, .. }
        | MessageBody::CertificatesIssued { not_me_path, .. } = &mail.body
        {
            Some(not_me_path.strip_prefix("/not-me/").unwrap().to_owned())
        } else {
            None
        }
    };
    mails.iter().filter_map(path).collect()
}

const HELD: RevocationReason = RevocationReason::CertificateHold;

#[test]
fn the_page_shows_and_the_button_freezes_once() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let opened = world.sign_in(&citizen, NOON);
    let draft = world.submit(&citizen, &opened.session, NOON);
    let [link] = links(&world.mail(NOON)).try_into().unwrap();
    assert_eq!(link.len(), 22);
    for _ in 0..2 {
        let page = world.ra.not_me_page(&link, after(60)).unwrap();
        let application = page.application.unwrap();
        assert_eq!(
            (application.number, page.serials.len(), application.state),
            (draft.number.clone(), 2, "AWAITING_2FA")
        );
    }
    assert!(
        world
            .ra
            .session(opened.token.expose(), after(61))
            .unwrap()
            .is_some(),
        "looking did something"
    );

    let frozen = world.ra.not_me(&link, after(62)).unwrap();
    assert_eq!(frozen.serials.len(), 2);
    for key in [&citizen.authentication, &citizen.signature] {
        assert_eq!(
            world.record(key.id).status,
            Status::Revoked {
                at: after(62),
                reason: HELD
            }
        );
    }
    assert!(
        world
            .ra
            .session(opened.token.expose(), after(63))
            .unwrap()
            .is_none()
    );
    let status = world.status(&draft.number).unwrap().unwrap();
    assert_eq!(status.state, "REJECTED");
    assert_eq!(
        world
            .mail(after(63))
            .iter()
            .map(|mail| mail.body.kind())
            .collect::<Vec<_>>(),
        ["frozen"]
    );
    for used in [
        world.ra.not_me(&link, after(64)).unwrap_err(),
        world.ra.not_me_page(&link, after(64)).unwrap_err(),
    ] {
        assert_eq!(used.code(), "link-expired");
    }
    let challenge = world.ra.login_challenge(after(65)).unwrap();
    let login = world.ra.login(
        &citizen.authentication.sign(&challenge, NOON),
        after(65),
        "",
    );
    assert_eq!(login.unwrap_err().code(), "certificate-frozen");
    let audit = world.audit();
    assert_eq!(
        world.details("certificate.hold"),
        ["certificateHold: not-me", "certificateHold: not-me"]
    );
    assert!(audit.contains(&"person.freeze".to_owned()));
}

#[test]
fn a_frozen_person_gets_nothing_even_with_a_certificate_that_was_released() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let (code, links) = world.mailed_code_and_links(NOON);
    world.ra.not_me(&links[0], after(1)).unwrap();
    for key in [&citizen.authentication, &citizen.signature] {
        world
            .issuance
            .release(key.id, Actor::System, after(2))
            .unwrap();
    }
    let challenge = world.ra.login_challenge(after(3)).unwrap();
    let login = world
        .ra
        .login(&citizen.authentication.sign(&challenge, NOON), after(3), "");
    assert_eq!(login.unwrap_err().code(), "person-frozen");
    // The thief kept the session's record.
    let begun = world
        .ra
        .begin_reissue(&session, &crate::world::form(), after(4));
    assert_eq!(begun.unwrap_err().code(), "person-frozen");
    assert_eq!(
        world
            .ra
            .confirm(&session, &draft.number, &code, after(4))
            .unwrap_err()
            .code(),
        "person-frozen"
    );
    assert_eq!(
        world
            .ra
            .resend_code(&session, &draft.number, after(100))
            .unwrap_err()
            .code(),
        "person-frozen"
    );
}

#[test]
fn the_link_of_the_second_notice_freezes_the_new_certificates_too() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    world.issue(&citizen, &session, NOON);
    let [link] = links(&world.mail(NOON)).try_into().unwrap();
    assert_eq!(
        world
            .ra
            .not_me_page(&link, after(7 * DAY))
            .unwrap_err()
            .code(),
        "link-expired"
    );
    assert_eq!(
        world.ra.not_me(&link, after(7 * DAY)).unwrap_err().code(),
        "link-expired"
    );
    assert_eq!(
        world
            .ra
            .not_me(&link, after(7 * DAY - 1))
            .unwrap()
            .serials
            .len(),
        4
    );
    assert!(
        world
            .certificates(citizen.id)
            .iter()
            .all(|record| !record.status.is_valid())
    );
}

#[test]
fn who_freezes_while_certificates_are_being_issued_wins() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let (code, links) = world.mailed_code_and_links(NOON);
    let (ra, storage, link, person) = (
        world.ra.clone(),
        world.storage.clone(),
        links[0].clone(),
        citizen.id,
    );
    let freezing = Arc::new(Mutex::new(None));
    let started = freezing.clone();
    // Between signature and record the link is used; that call waits for this issuance, which has to go on meanwhile.
    let act = move || {
        *started.lock().unwrap() = Some(std::thread::spawn(move || {
            ra.not_me(&link, after(2)).unwrap()
        }));
        while storage
            .snapshot()
            .unwrap()
            .persons()
            .find(person)
            .unwrap()
            .unwrap()
            .frozen_at
            .is_none()
        {
            std::thread::yield_now();
        }
    };
    *world.issuance.meanwhile.lock().unwrap() = Some(Meanwhile(Box::new(act)));
    let confirmed = world.ra.confirm(&session, &draft.number, &code, after(1));
    assert_eq!(confirmed.unwrap_err().code(), "person-frozen");
    let frozen = freezing.lock().unwrap().take().unwrap().join().unwrap();
    assert_eq!(frozen.serials.len(), 4);
    assert!(
        world
            .certificates(citizen.id)
            .iter()
            .all(|record| !record.status.is_valid()),
        "one got away"
    );
    let application = &world.applications(citizen.id)[0];
    assert!(matches!(&application.state, State::Rejected { reason, .. } if reason == "not-me"));
}

#[test]
fn what_was_confirmed_and_not_issued_never_is() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let draft = world.submit(&citizen, &session, NOON);
    let (code, links) = world.mailed_code_and_links(NOON);
    world.issuance.key_is_away.store(true, Ordering::SeqCst);
    world
        .ra
        .confirm(&session, &draft.number, &code, after(1))
        .unwrap_err();
    world.ra.not_me(&links[0], after(2)).unwrap();
    world.issuance.key_is_away.store(false, Ordering::SeqCst);
    let world = world.restart(after(3));
    assert_eq!(world.ra.resume(after(3)).unwrap().waiting, 0);
    assert_eq!(
        world.status(&draft.number).unwrap().unwrap().state,
        "REJECTED"
    );
    assert_eq!(world.certificates(citizen.id).len(), 2);
}

impl World {
    fn mailed_code_and_links(&self, now: tanba_pki::Timestamp) -> (String, Vec<String>) {
        let mails = self.mail(now);
        let code = mails.iter().find_map(|mail| {
            if let MessageBody::ConfirmationCode { code, .. } = &mail.body {
                Some(code.clone())
            } else {
                None
            }
        });
        (code.unwrap(), links(&mails))
    }
}

#[test]
fn what_an_administrator_issues_is_announced_with_a_link_that_freezes() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let serials: Vec<SerialNumber> = world
        .certificates(citizen.id)
        .iter()
        .map(|record| record.serial)
        .collect();
    let mut work = world.storage.begin().unwrap();
    let administrator = Actor::Administrator("root".to_owned());
    world
        .ra
        .announce(work.as_mut(), citizen.id, &serials, administrator, NOON)
        .unwrap();
    work.commit().unwrap();
    let mails = world.mail(after(1));
    let [link] = links(&mails).try_into().unwrap();
    let MessageBody::CertificatesIssued {
        number,
        serials: told,
        ..
    } = &mails[0].body
    else {
        panic!("{:?}", mails[0].body)
    };
    assert!(number.is_empty());
    assert_eq!(told.len(), 2);
    let page = world.ra.not_me_page(&link, after(2)).unwrap();
    assert_eq!((page.application, page.serials.len()), (None, 2));
    assert_eq!(world.ra.not_me(&link, after(3)).unwrap().serials.len(), 2);
    assert!(world.audit().contains(&"person.announce".to_owned()));
}
