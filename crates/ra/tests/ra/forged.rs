//! Rows of sessions that somebody wrote into the database, who does not have the key that vouches for them.

use tanba_crypto::sha256;
use tanba_model::ports::{LimitedSession, Session, Storage as _, UnitOfWork};

use crate::world::{DAY, NOON, World, after};

const COOKIE: &str = "abababababababababababababababababababababababababababababababab";

fn write(world: &World, write: impl FnOnce(&mut dyn UnitOfWork)) {
    let mut work = world.storage.begin().unwrap();
    write(work.as_mut());
    work.commit().unwrap();
}

#[test]
fn a_session_counts_only_for_whom_and_until_when_it_was_opened() {
    let world = World::new();
    let (thief, owner) = (world.citizen("Bolat"), world.citizen("Aigerim"));
    let opened = world.sign_in(&thief, NOON);
    let (cookie, own) = (opened.token.expose(), opened.session);
    let opens = |cookie: &str| world.ra.session(cookie, after(1)).unwrap().is_some();
    assert!(opens(cookie));
    let changed: [&dyn Fn(&mut Session); 4] = [
        &|session| session.person = owner.id,
        &|session| session.certificate = owner.authentication.id,
        &|session| session.expires_at = after(DAY),
        &|session| session.csrf = "00".repeat(32),
    ];
    for (number, change) in changed.into_iter().enumerate() {
        let mut forged = own.clone();
        change(&mut forged);
        write(&world, |work| {
            work.sessions().delete(&own.token_sha256).unwrap();
            work.sessions().insert(&forged).unwrap();
        });
        assert!(!opens(cookie), "change {number}");
    }
    let copied = Session {
        token_sha256: sha256(COOKIE.as_bytes()),
        ..own.clone()
    };
    write(&world, |work| {
        work.sessions().insert(&copied).unwrap();
        work.sessions().delete(&own.token_sha256).unwrap();
        work.sessions().insert(&own).unwrap();
    });
    assert!(!opens(COOKIE));
    // As it was it counts, in every process of the installation and after a restart.
    assert!(opens(cookie));
    let second = world.second_process();
    assert!(second.session(cookie, after(1)).unwrap().is_some());
    let world = world.restart(after(2));
    assert!(world.ra.session(cookie, after(3)).unwrap().is_some());
}

#[test]
fn a_limited_session_that_no_code_opened_freezes_nobody() {
    let world = World::new();
    let owner = world.citizen("Aigerim");
    let forged = LimitedSession {
        token_sha256: sha256(COOKIE.as_bytes()),
        person: owner.id,
        application: None,
        csrf: "00".repeat(32),
        created_at: NOON,
        used_at: NOON,
        expires_at: after(600),
    };
    write(&world, |work| {
        work.limited_sessions().insert(&forged).unwrap();
    });
    assert!(
        world
            .ra
            .limited_session(COOKIE, after(1))
            .unwrap()
            .is_none()
    );
}
