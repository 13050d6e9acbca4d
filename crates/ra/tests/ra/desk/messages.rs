//! Messages that nobody took, at the desk: who sees them, who decides, and what is left of it.

use tanba_model::audit::{Actor, AuditEvent};
use tanba_model::id::MessageId;
use tanba_model::ports::{CarrierError, Storage as _};
use tanba_model::staff::Role;
use tanba_ra::{DeadLetterAct, DeskError};

use super::scene::{ALMATY, SEMEY, Seat, refusal, seat, waiting};
use crate::world::{Citizen, NOON, World};

/// The notice of an application that the server of a citizen's mails refused.
fn dead_letter(world: &World, citizen: &Citizen) -> MessageId {
    world.mail(NOON);
    world.submit(citizen, &world.sign_in(citizen, NOON).session, NOON);
    let refuse: fn() -> CarrierError = || CarrierError::Refused("too large".into());
    world.mailbox.answer_with(Some(refuse));
    world.mail(NOON);
    world.mailbox.answer_with(None);
    let letters = world.ra.dead_letters(None, 10).unwrap();
    let notice = letters
        .iter()
        .find(|letter| letter.kind == "application_accepted" && letter.person == Some(citizen.id));
    notice.unwrap().id
}

fn settle(
    world: &World,
    seat: &Seat,
    id: MessageId,
    act: DeadLetterAct,
) -> Result<bool, DeskError> {
    world
        .ra
        .desk_settle_dead_letter(&seat.clerk, id, (act, "nobody is there"), NOON)
}

fn is_dead(world: &World, id: MessageId) -> bool {
    let mut work = world.storage.snapshot().unwrap();
    work.outbox().find_dead(id).unwrap().is_some()
}

/// Events about a message: who did what.
fn evidence(world: &World, id: MessageId) -> Vec<(Actor, String)> {
    let mut work = world.storage.snapshot().unwrap();
    let records = work.audit_log().page(0, 10_000).unwrap();
    records
        .iter()
        .map(|record| serde_json::from_slice::<AuditEvent>(&record.event).unwrap())
        .filter(|event| event.object == format!("message:{id}"))
        .map(|event| (event.actor, event.action))
        .collect()
}

#[test]
fn whoever_reads_everything_sees_every_dead_letter_and_auditors_decide_about_none() {
    let world = World::new();
    let id = dead_letter(&world, &world.citizen("Aigerim"));
    for role in Role::ALL {
        let seat = seat(&world, role.name(), role, ALMATY);
        let seen = world.ra.desk_dead_letters(&seat.clerk, None);
        let page = seen.unwrap();
        if role == Role::Operator {
            // It is about what she renews by herself, at no centre.
            assert!(page.letters.is_empty() && page.total.is_none(), "{page:?}");
        } else {
            assert!(page.letters.iter().any(|letter| letter.id == id));
            assert_eq!(page.total, u64::try_from(page.letters.len()).ok());
            assert_eq!(page.next, None);
        }
        if matches!(role, Role::Operator | Role::Auditor) {
            for act in [DeadLetterAct::Retry, DeadLetterAct::Discard] {
                let refused = settle(&world, &seat, id, act);
                assert!(matches!(refused, Err(DeskError::Forbidden)), "{role:?}");
            }
        }
    }
    assert!(is_dead(&world, id));
    assert_eq!(evidence(&world, id), []);
}

#[test]
fn an_operator_sees_what_did_not_arrive_about_applications_of_her_centre_and_settles_nothing() {
    let world = World::new();
    let almaty = seat(&world, "Bolat", Role::Operator, ALMATY);
    let semey = seat(&world, "Serik", Role::Operator, SEMEY);
    let senior = seat(&world, "Dana", Role::SeniorOperator, SEMEY);
    let applicant = world.citizen("Aigerim");
    let number = waiting(&world, &applicant, ALMATY);
    world.mail(NOON);
    let refuse: fn() -> CarrierError = || CarrierError::Refused("too large".into());
    world.mailbox.answer_with(Some(refuse));
    almaty
        .decide(&world, &number, &refusal("data-differs", ""), NOON)
        .unwrap();
    world.submit(&applicant, &world.sign_in(&applicant, NOON).session, NOON);
    world.mail(NOON);
    world.mailbox.answer_with(None);
    let kinds = |seat: &Seat| -> Vec<String> {
        let page = world.ra.desk_dead_letters(&seat.clerk, None).unwrap();
        page.letters.into_iter().map(|letter| letter.kind).collect()
    };
    assert_eq!(kinds(&almaty), ["application_rejected"]);
    assert!(kinds(&semey).is_empty());
    assert!(kinds(&senior).len() > 1);
    let page = world.ra.desk_dead_letters(&almaty.clerk, None).unwrap();
    let id = page.letters[0].id;
    for act in [DeadLetterAct::Retry, DeadLetterAct::Discard] {
        assert!(matches!(
            settle(&world, &almaty, id, act),
            Err(DeskError::Forbidden)
        ));
    }
    assert!(is_dead(&world, id));
}

#[test]
fn one_of_another_centre_sends_again_and_a_second_decision_changes_nothing() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let id = dead_letter(&world, &citizen);
    let first = seat(&world, "Serik", Role::SeniorOperator, SEMEY);
    let second = seat(&world, "Dana", Role::Administrator, "");
    world.mail(NOON);
    assert!(settle(&world, &first, id, DeadLetterAct::Retry).unwrap());
    for act in [DeadLetterAct::Retry, DeadLetterAct::Discard] {
        assert!(!settle(&world, &second, id, act).unwrap());
    }
    let sent = world.mail(NOON);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body.kind(), "application_accepted");
    assert_eq!(sent[0].to.as_str(), "aigerim@example.kz");
    assert!(!settle(&world, &second, id, DeadLetterAct::Discard).unwrap());
    let who = Actor::Staff(first.clerk.member.id);
    assert_eq!(evidence(&world, id), [(who, "message.retry".to_owned())]);
}

#[test]
fn a_letter_that_was_laid_to_rest_says_nothing_any_more() {
    let world = World::new();
    let id = dead_letter(&world, &world.citizen("Aigerim"));
    let seat = seat(&world, "Dana", Role::Administrator, "");
    world.mail(NOON);
    let before = world.ra.count_dead_letters().unwrap();
    assert!(settle(&world, &seat, id, DeadLetterAct::Discard).unwrap());
    assert!(!settle(&world, &seat, id, DeadLetterAct::Retry).unwrap());
    assert_eq!(world.mail(NOON), []);
    assert_eq!(world.ra.count_dead_letters().unwrap(), before - 1);
    let who = Actor::Staff(seat.clerk.member.id);
    assert_eq!(evidence(&world, id), [(who, "message.discard".to_owned())]);
}

#[test]
fn nobody_decides_about_a_message_to_herself() {
    let world = World::new();
    let own = seat(&world, "Serik", Role::SeniorOperator, ALMATY);
    let other = seat(&world, "Dana", Role::SeniorOperator, ALMATY);
    let id = dead_letter(&world, &own.citizen);
    for act in [DeadLetterAct::Retry, DeadLetterAct::Discard] {
        let refused = settle(&world, &own, id, act);
        assert!(matches!(refused, Err(DeskError::OwnAffair)));
    }
    assert!(is_dead(&world, id));
    assert_eq!(evidence(&world, id), []);
    assert!(settle(&world, &other, id, DeadLetterAct::Discard).unwrap());
}

#[test]
fn evidence_says_what_was_laid_to_rest_and_to_whom_it_did_not_come() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let id = dead_letter(&world, &citizen);
    let dana = seat(&world, "Dana", Role::Administrator, "");
    let silent =
        world
            .ra
            .desk_settle_dead_letter(&dana.clerk, id, (DeadLetterAct::Discard, " "), NOON);
    assert!(matches!(silent, Err(DeskError::Why)), "{silent:?}");
    assert!(settle(&world, &dana, id, DeadLetterAct::Discard).unwrap());
    let mut work = world.storage.snapshot().unwrap();
    let records = work.audit_log().page(0, 10_000).unwrap();
    let details: Vec<String> = records
        .iter()
        .map(|record| serde_json::from_slice::<AuditEvent>(&record.event).unwrap())
        .filter(|event| event.action == "message.discard")
        .map(|event| event.detail)
        .collect();
    let person = citizen.id;
    assert_eq!(
        details,
        [format!(
            "application_accepted person:{person} nobody is there"
        )]
    );
}

#[test]
fn what_is_kept_as_evidence_names_nobody() {
    let world = World::new();
    let citizen = world.citizen("Aigerim");
    let id = dead_letter(&world, &citizen);
    let dana = seat(&world, "Dana", Role::Administrator, "");
    for why in [
        "asked by aigerim@example.kz",
        "IIN 850101 300124",
        "called 8 (701) 123-45-67",
    ] {
        let refused =
            world
                .ra
                .desk_settle_dead_letter(&dana.clerk, id, (DeadLetterAct::Discard, why), NOON);
        assert!(matches!(refused, Err(DeskError::Personal)), "{why}");
    }
    assert!(is_dead(&world, id));
    assert_eq!(evidence(&world, id), []);
    assert_eq!(DeskError::Personal.code(), "why-personal");
}

#[test]
fn of_several_letters_all_are_settled_or_none() {
    let world = World::new();
    let one = dead_letter(&world, &world.citizen("Aigerim"));
    let other = dead_letter(&world, &world.citizen("Bolat"));
    let act = (DeadLetterAct::Discard, "nobody is there");
    let settle = |ids: &[MessageId]| {
        tanba_ra::settle_dead_letters(world.storage.as_ref(), ids, act, &Actor::System, NOON)
    };
    let unknown = MessageId(999_999);
    assert_eq!(settle(&[one, other, unknown]).unwrap(), Err(unknown));
    assert!(is_dead(&world, one) && is_dead(&world, other));
    assert_eq!(evidence(&world, one), []);
    assert_eq!(settle(&[one, other]).unwrap(), Ok(()));
    assert!(!is_dead(&world, one) && !is_dead(&world, other));
    assert_eq!(evidence(&world, other).len(), 1);
}
