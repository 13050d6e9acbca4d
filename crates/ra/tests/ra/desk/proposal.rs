//! What becomes of a proposal when something happens before the second signature.

use tanba_model::application::State;
use tanba_model::audit::Actor;
use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::message::MessageBody;
use tanba_model::staff::Role;
use tanba_ra::{DeskError, Outcome, dismiss};

use super::acts::{act, answer, held, wish};
use super::scene::{ALMATY, iin, seat};
use crate::world::{NOON, World, after};

#[test]
fn only_what_was_named_is_released() {
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    let release = wish("release", "alarm-over");
    world.revoke(&citizen.signature, RevocationReason::CertificateHold, NOON);
    assert!(matches!(
        act(&world, &first, &citizen, &release),
        Ok(Outcome::Waits(..))
    ));
    // Put on hold by somebody else, for a reason that neither of the two has read.
    world.revoke(
        &citizen.authentication,
        RevocationReason::CertificateHold,
        after(1),
    );
    assert!(matches!(
        answer(&world, &second, true),
        Err(DeskError::Outdated)
    ));
    assert_eq!(held(&world, &citizen), 2);
    assert!(matches!(
        answer(&world, &second, false),
        Ok(Outcome::Refused(..))
    ));
    // Asked for anew, both are named; that one of them is on hold since a second after noon is no news then.
    let document = world
        .ra
        .prepare_act(&first.clerk, citizen.id, &release, after(2))
        .unwrap();
    assert!(matches!(
        first.sign(&world, &document, after(2)),
        Ok(Outcome::Waits(..))
    ));
    let waiting = world.ra.desk_pending(&second.clerk, None).unwrap();
    let id = waiting.first().unwrap().waiting.id;
    let document = world
        .ra
        .prepare_answer(&second.clerk, id, true, "", after(3))
        .unwrap();
    assert!(matches!(
        second.sign(&world, &document, after(3)),
        Ok(Outcome::Done(..))
    ));
    assert_eq!(held(&world, &citizen), 0);
}

#[test]
fn whoever_says_once_more_that_it_was_not_her_stops_a_release_that_waits() {
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    let release = wish("release", "alarm-over");
    for moment in [NOON, after(1)] {
        let _ = world.ra.ask_entry(&iin(&citizen), None, moment).unwrap();
    }
    let links: Vec<String> = world
        .mail(after(1))
        .into_iter()
        .filter_map(|mail| {
            let MessageBody::EntryCode { not_me_path, .. } = mail.body else {
                return None;
            };
            Some(not_me_path.strip_prefix("/not-me/")?.to_owned())
        })
        .collect();
    world.ra.not_me(&links[0], NOON).unwrap();
    assert!(matches!(
        act(&world, &first, &citizen, &release),
        Ok(Outcome::Waits(..))
    ));
    let again = world.ra.not_me(&links[1], after(1)).unwrap();
    assert_eq!(again.serials.len(), 2);
    assert!(matches!(
        answer(&world, &second, true),
        Err(DeskError::Outdated)
    ));
    assert_eq!(held(&world, &citizen), 2);
    let shown = world
        .ra
        .desk_person(&first.clerk, citizen.id, None, after(2))
        .unwrap();
    assert_eq!(shown.person.frozen_at, Some(after(1)));
}

#[test]
fn a_proposal_ends_with_whoever_made_it() {
    let world = World::new();
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    world.revoke(&citizen.signature, RevocationReason::CertificateHold, NOON);
    let release = wish("release", "alarm-over");
    let dismissed = seat(&world, "Bolat", Role::Operator, ALMATY);
    let robbed = seat(&world, "Serik", Role::Operator, ALMATY);
    let mut lost: [(_, Box<dyn Fn()>); 2] = [
        (
            &dismissed,
            Box::new(|| {
                let actor = Actor::Administrator("test".to_owned());
                dismiss(
                    world.storage.as_ref(),
                    &iin(&dismissed.citizen),
                    &actor,
                    NOON,
                )
                .unwrap();
            }),
        ),
        (
            &robbed,
            Box::new(|| world.revoke(&robbed.key, RevocationReason::KeyCompromise, NOON)),
        ),
    ];
    for (first, lose) in &mut lost {
        assert!(matches!(
            act(&world, first, &citizen, &release),
            Ok(Outcome::Waits(..))
        ));
        let waiting = world.ra.desk_pending(&second.clerk, None).unwrap();
        let id = waiting.first().unwrap().waiting.id;
        let prepared = world
            .ra
            .prepare_answer(&second.clerk, id, true, "", NOON)
            .unwrap();
        let is_lost = || {
            let seen = world.ra.desk_pending_act(&second.clerk, id, NOON);
            seen.unwrap().is_lost
        };
        assert!(!is_lost());
        lose();
        assert!(
            is_lost(),
            "the page offers no agreement that would be refused"
        );
        // Neither what was prepared before nor what would be prepared now.
        assert!(matches!(
            second.sign(&world, &prepared, NOON),
            Err(DeskError::ProposerLost)
        ));
        assert!(matches!(
            answer(&world, &second, true),
            Err(DeskError::ProposerLost)
        ));
        assert_eq!(held(&world, &citizen), 1);
        assert!(matches!(
            answer(&world, &second, false),
            Ok(Outcome::Refused(..))
        ));
    }
}

#[test]
fn a_key_that_is_revoked_on_paper_as_lost_ends_what_it_began() {
    let world = World::new();
    let clerk = seat(&world, "Bolat", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    let session = world.sign_in(&citizen, NOON).session;
    let _ = world.submit(&citizen, &session, NOON);
    let mut revoke = wish("revoke", "key-lost");
    revoke.serials = vec![world.record(citizen.authentication.id).serial.hex()];
    assert!(matches!(
        act(&world, &clerk, &citizen, &revoke),
        Ok(Outcome::Done(..))
    ));
    assert!(matches!(
        world.record(citizen.authentication.id).status,
        Status::Revoked { .. }
    ));
    // It was signed with the other key, which still counts, but it was begun with the lost one.
    let application = world.applications(citizen.id).remove(0);
    assert!(
        matches!(application.state, State::Rejected { .. }),
        "{:?}",
        application.state
    );
}
