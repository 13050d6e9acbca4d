//! Who may sit at the desk.

use tanba_model::audit::Actor;
use tanba_model::certificate::RevocationReason;
use tanba_model::iin::Iin;
use tanba_model::ports::Storage as _;
use tanba_model::staff::{Right, Role};
use tanba_ra::{
    AuditFilter, DeskError, DeskLoginError, Employment, LoginError, StaffError, dismiss, employ,
};

use super::scene::{ALMATY, centres, hire, iin, seat, staff_key};
use crate::world::{NOON, World, after};

#[test]
fn the_desk_opens_only_to_a_key_of_staff_whose_owner_works_here() {
    let world = World::new();
    let sits = |key: &crate::world::Key| {
        let challenge = world.ra.desk_challenge(NOON).unwrap();
        world
            .ra
            .desk_login(&key.sign(&challenge, NOON), NOON, "")
            .map(|opened| opened.clerk.role())
    };
    let bolat = world.citizen("Bolat");
    let key = staff_key(&world, &bolat, Role::Operator);
    assert!(matches!(sits(&key), Err(DeskLoginError::NotStaff)));
    hire(&world, &bolat, Role::Operator, ALMATY);
    assert!(matches!(
        sits(&bolat.authentication),
        Err(DeskLoginError::CitizenKey)
    ));
    assert_eq!(sits(&key).unwrap(), Role::Operator);
    // The lower of table and certificate, and nobody who decides by mistake.
    let senior = staff_key(&world, &bolat, Role::SeniorOperator);
    assert_eq!(sits(&senior).unwrap(), Role::Operator);
    let administrator = staff_key(&world, &bolat, Role::Administrator);
    assert!(matches!(
        sits(&administrator),
        Err(DeskLoginError::NotStaff)
    ));
    world.revoke(&key, RevocationReason::KeyCompromise, NOON);
    assert!(matches!(sits(&key), Err(DeskLoginError::Signature(_))));
}

#[test]
fn a_challenge_of_the_desk_opens_no_cabinet_and_a_key_of_staff_neither() {
    let world = World::new();
    let bolat = seat(&world, "Bolat", Role::Operator, ALMATY);
    let at_desk = world.ra.desk_challenge(NOON).unwrap();
    let in_cabinet = world.ra.login_challenge(NOON).unwrap();
    let login = |challenge: &[u8], key: &crate::world::Key| {
        world.ra.login(&key.sign(challenge, NOON), NOON, "")
    };
    assert!(matches!(
        login(&at_desk, &bolat.citizen.authentication),
        Err(LoginError::ChallengeForeign)
    ));
    assert!(matches!(
        login(&in_cabinet, &bolat.key),
        Err(LoginError::StaffKey)
    ));
    let foreign = bolat
        .key
        .sign(&world.ra.login_challenge(NOON).unwrap(), NOON);
    assert!(matches!(
        world.ra.desk_login(&foreign, NOON, ""),
        Err(DeskLoginError::ChallengeForeign)
    ));
    // Each challenge is answered once.
    let challenge = world.ra.desk_challenge(NOON).unwrap();
    let message = bolat.key.sign(&challenge, NOON);
    assert!(world.ra.desk_login(&message, NOON, "").is_ok());
    assert!(matches!(
        world.ra.desk_login(&message, NOON, ""),
        Err(DeskLoginError::ChallengeExpired)
    ));
}

#[test]
fn a_session_ends_with_idleness_with_the_day_with_the_work_and_with_the_key() {
    let world = World::new();
    let open = |name: &str| {
        let citizen = world.citizen(name);
        hire(&world, &citizen, Role::Operator, ALMATY);
        let key = staff_key(&world, &citizen, Role::Operator);
        let challenge = world.ra.desk_challenge(NOON).unwrap();
        let opened = world
            .ra
            .desk_login(&key.sign(&challenge, NOON), NOON, "")
            .unwrap();
        (citizen, key, opened.token)
    };
    let sits = |token: &tanba_ra::SessionToken, seconds| {
        let found = world.ra.desk_session(token.expose(), after(seconds));
        found.unwrap().is_some()
    };
    let (_, _, idle) = open("Idle");
    assert!(sits(&idle, 14 * 60));
    assert!(sits(&idle, 28 * 60), "use was not remembered");
    assert!(!sits(&idle, 44 * 60));
    let (gone, _, token) = open("Gone");
    let actor = Actor::Administrator("test".to_owned());
    dismiss(world.storage.as_ref(), &iin(&gone), &actor, NOON).unwrap();
    assert!(!sits(&token, 1));
    let (_, key, token) = open("Lost");
    world.revoke(&key, RevocationReason::CertificateHold, NOON);
    assert!(!sits(&token, 1));
    let (_, _, token) = open("Left");
    world.ra.desk_logout(token.expose(), NOON).unwrap();
    assert!(!sits(&token, 1));
}

#[test]
fn the_staff_is_entered_once_with_a_centre_only_where_the_role_has_one() {
    let world = World::new();
    let bolat = world.citizen("Bolat");
    let enter = |role, centre: Option<&str>, since| {
        let employment = Employment {
            role,
            centre: centre.map(str::to_owned),
            since,
            until: None,
        };
        let actor = Actor::Administrator("test".to_owned());
        employ(
            world.storage.as_ref(),
            &centres(&world),
            &iin(&bolat),
            &employment,
            &actor,
            NOON,
        )
    };
    assert!(matches!(
        enter(Role::Operator, None, NOON),
        Err(StaffError::Centre)
    ));
    assert!(matches!(
        enter(Role::Auditor, Some(ALMATY), NOON),
        Err(StaffError::Centre)
    ));
    assert!(matches!(
        enter(Role::Operator, Some("nowhere"), NOON),
        Err(StaffError::UnknownCentre(_))
    ));
    assert!(enter(Role::Operator, Some(ALMATY), NOON).is_ok());
    assert!(matches!(
        enter(Role::Auditor, None, after(1)),
        Err(StaffError::Works(Role::Operator))
    ));
    let actor = Actor::Administrator("test".to_owned());
    dismiss(world.storage.as_ref(), &iin(&bolat), &actor, after(1)).unwrap();
    assert!(enter(Role::Auditor, None, after(1)).is_ok());
    let actions = world.audit();
    let count = |action: &str| actions.iter().filter(|found| *found == action).count();
    assert_eq!((count("staff.add"), count("staff.remove")), (2, 1));
}

#[test]
fn the_log_is_searched_by_those_who_may_and_that_leaves_evidence_too() {
    let world = World::new();
    let bolat = seat(&world, "Bolat", Role::Operator, ALMATY);
    let search = |seat: &super::scene::Seat, filter: &AuditFilter| {
        world.ra.desk_audit(&seat.clerk, filter, None, NOON)
    };
    assert!(matches!(
        search(&bolat, &AuditFilter::default()),
        Err(DeskError::Forbidden)
    ));
    for role in [Role::Administrator, Role::Auditor] {
        let reader = seat(&world, role.name(), role, "");
        assert!(reader.clerk.may(Right::Audit) && !reader.clerk.may(Right::Decide));
        let filter = AuditFilter {
            action: "desk.open".to_owned(),
            actor: format!("staff:{}", bolat.clerk.member.id),
            ..AuditFilter::default()
        };
        let found = search(&reader, &filter).unwrap();
        assert_eq!(found.events.len(), 1);
        assert!(found.next.is_none());
        let object = |text: &str| world.ra.desk_audit_object(&reader.clerk, text, NOON);
        let person = object(&bolat.citizen.subject.iin).unwrap();
        assert_eq!(person, format!("person:{}", bolat.citizen.id));
        assert_eq!(object("issuer/nca").unwrap(), "issuer/nca");
        let nobody = (0..10).find_map(|last| Iin::complete(&format!("9901014000{last}")));
        assert!(matches!(
            object(nobody.unwrap().as_str()),
            Err(DeskError::NoPerson)
        ));
        let by_person = AuditFilter {
            object: person,
            ..AuditFilter::default()
        };
        assert!(!search(&reader, &by_person).unwrap().events.is_empty());
        let later = AuditFilter {
            from: Some(after(60)),
            ..AuditFilter::default()
        };
        assert!(search(&reader, &later).unwrap().events.is_empty());
    }
    let searched = world
        .audit()
        .into_iter()
        .filter(|action| action == "audit.search");
    assert_eq!(searched.count(), 6);
    // Whether somebody is known is asked, too, whatever the answer; an object that is no IIN asks nothing.
    let found = world.audit().into_iter();
    assert_eq!(found.filter(|action| action == "desk.find").count(), 4);
    assert!(matches!(
        world
            .ra
            .desk_audit_object(&bolat.clerk, &bolat.citizen.subject.iin, NOON),
        Err(DeskError::Forbidden)
    ));
}

#[test]
fn a_session_that_somebody_wrote_into_the_database_opens_no_desk() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let own = operator.clerk.session;
    for (cookie, role) in [("ab", own.role), ("cd", Role::Administrator)] {
        let forged = tanba_model::ports::StaffSession {
            token_sha256: tanba_crypto::sha256(cookie.as_bytes()),
            role,
            ..own.clone()
        };
        let mut work = world.storage.begin().unwrap();
        work.staff().open_session(&forged).unwrap();
        work.commit().unwrap();
        assert!(world.ra.desk_session(cookie, after(1)).unwrap().is_none());
    }
}
