//! Orders of administrators: who gives them, what they stop, and what stays as evidence.

use std::time::Duration;

use tanba_model::administration::{AdministrationDocument, AdministrativeAct};
use tanba_model::audit::{Actor, AuditEvent};
use tanba_model::certificate::{CertificateRecord, Channel};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::{Issuance as _, IssuanceError, IssuanceOrder, IssuerKind, Storage as _};
use tanba_model::staff::Role;
use tanba_pki::cms::SignedData;
use tanba_ra::{Check, DeskError, Ordered, Standing};

use super::scene::{ALMATY, Seat, seat};
use crate::world::{Citizen, NOON, World, after, request};

const REASON: &str = "кілт туралы хабар тексерілуде";

fn authority(world: &World) -> String {
    let records = world.storage.snapshot().unwrap().issuers().all().unwrap();
    let issuing = records
        .into_iter()
        .find(|record| record.issuer.kind == IssuerKind::Issuing);
    issuing.unwrap().issuer.name
}

fn prepare(world: &World, seat: &Seat, act: &str, object: &str) -> Result<Vec<u8>, DeskError> {
    world
        .ra
        .prepare_order(&seat.clerk, act, object, REASON, NOON)
}

fn order(world: &World, seat: &Seat, act: &str, object: &str) -> Result<Ordered, DeskError> {
    let document = prepare(world, seat, act, object)?;
    let message = seat.key.sign(&document, NOON);
    world.ra.sign_order(&seat.clerk, &message, NOON)
}

fn is_stopped(world: &World, profile: &str) -> bool {
    let mut work = world.storage.snapshot().unwrap();
    let records = work.issuers().all().unwrap();
    let issuing = records
        .iter()
        .find(|record| record.issuer.kind == IssuerKind::Issuing);
    let id = issuing.unwrap().id;
    work.issuers().is_stopped(id, profile).unwrap()
}

fn issue(
    world: &World,
    citizen: &Citizen,
    profile: &str,
) -> Result<Vec<CertificateRecord>, IssuanceError> {
    let order = IssuanceOrder {
        person: Some(citizen.id),
        application: None,
        profile: profile.to_owned(),
        subject: citizen.subject.clone(),
        email: None,
        keystore: KeystoreKind::PersonalComputer,
        request: request(&world.new_key(), profile, &citizen.subject),
        channel: Channel::Administrator,
        actor: Actor::System,
    };
    world.issuance.authority.issue(&[order], NOON)
}

fn events(world: &World, action: &str) -> Vec<AuditEvent> {
    let records = world.storage.snapshot().unwrap().audit_log().page(0, 1000);
    let events = records
        .unwrap()
        .into_iter()
        .filter_map(|record| record.read());
    events.filter(|event| event.action == action).collect()
}

#[test]
fn an_administrator_stops_and_starts_by_a_signed_document_that_is_kept() {
    let world = World::new();
    let seat = seat(&world, "Dana", Role::Administrator, ALMATY);
    let object = format!("issuer/{}", authority(&world));
    let profile = world.ra.config().profiles()[0];
    assert!(!is_stopped(&world, profile));
    let done = order(&world, &seat, "stop-issuance", &object).unwrap();
    assert_eq!(done.act, AdministrativeAct::StopIssuance);
    assert!(is_stopped(&world, profile));
    assert!(matches!(
        order(&world, &seat, "stop-issuance", &object),
        Err(DeskError::NothingToDo)
    ));
    order(&world, &seat, "start-issuance", &object).unwrap();
    assert!(!is_stopped(&world, profile));
    let actor = Actor::Staff(seat.clerk.member.id);
    for action in ["issuer.stop", "issuer.start"] {
        let events = events(&world, action);
        assert_eq!(events.len(), 1, "{action}");
        assert_eq!(
            (&events[0].actor, events[0].object.as_str()),
            (&actor, object.as_str())
        );
        assert_eq!(events[0].detail, REASON);
    }
    let kept = world
        .storage
        .snapshot()
        .unwrap()
        .decisions()
        .administrations(&object, 10)
        .unwrap();
    let acts: Vec<_> = kept.iter().map(|order| order.made.act).collect();
    assert_eq!(
        acts,
        [
            AdministrativeAct::StartIssuance,
            AdministrativeAct::StopIssuance
        ]
    );
    let digests: Vec<String> = events(&world, "administration.sign")
        .into_iter()
        .map(|event| event.detail)
        .collect();
    for order in kept.iter().rev() {
        let document = AdministrationDocument::from_bytes(&order.made.document).unwrap();
        assert_eq!(document.reason, REASON);
        assert_eq!(document.administrator.iin, seat.citizen.subject.iin);
        assert!(digests.contains(&tanba_pki::hex::encode(&order.made.document_sha256())));
        // Anybody can check the signature that was kept.
        let message = SignedData::parse(&order.made.signature).unwrap();
        assert_eq!(message.content(), Some(order.made.document.as_slice()));
    }
}

#[test]
fn one_profile_is_stopped_while_the_others_go_on() {
    let world = World::new();
    let seat = seat(&world, "Dana", Role::Administrator, ALMATY);
    let [stopped, other] = world.ra.config().profiles();
    let object = format!("issuer/{}/{stopped}", authority(&world));
    order(&world, &seat, "stop-issuance", &object).unwrap();
    assert!(is_stopped(&world, stopped) && !is_stopped(&world, other));
    let refused = issue(&world, &seat.citizen, stopped);
    assert!(
        matches!(refused, Err(IssuanceError::Stopped)),
        "{refused:?}"
    );
    issue(&world, &seat.citizen, other).unwrap();
    // The whole authority is another matter.
    let whole = format!("issuer/{}", authority(&world));
    assert!(matches!(
        order(&world, &seat, "start-issuance", &whole),
        Err(DeskError::NothingToDo)
    ));
}

#[test]
fn nobody_else_orders_and_nothing_else_is_ordered() {
    let world = World::new();
    let object = format!("issuer/{}", authority(&world));
    for role in [Role::Operator, Role::SeniorOperator, Role::Auditor] {
        let seat = seat(&world, role.name(), role, ALMATY);
        assert!(
            matches!(
                prepare(&world, &seat, "stop-issuance", &object),
                Err(DeskError::Forbidden)
            ),
            "{role:?}"
        );
    }
    let seat = seat(&world, "Dana", Role::Administrator, ALMATY);
    for (act, object) in [
        ("stop-everything", object.as_str()),
        ("stop-issuance", "issuer/nobody"),
        ("stop-issuance", "issuer/root"),
        ("stop-issuance", "person:1"),
    ] {
        assert!(
            matches!(prepare(&world, &seat, act, object), Err(DeskError::Change)),
            "{act} {object}"
        );
    }
    let own = format!("{object}/ocsp-responder");
    assert!(matches!(
        prepare(&world, &seat, "stop-issuance", &own),
        Err(DeskError::Change)
    ));
    let silent = world
        .ra
        .prepare_order(&seat.clerk, "stop-issuance", &object, " \n ", NOON);
    assert!(matches!(silent, Err(DeskError::OrderReason)));
    let personal = "asked for by +7 701 123 45 67";
    let named = world
        .ra
        .prepare_order(&seat.clerk, "stop-issuance", &object, personal, NOON);
    assert!(matches!(named, Err(DeskError::Personal)));
    assert!(!is_stopped(&world, world.ra.config().profiles()[0]));
}

#[test]
fn an_order_is_signed_once_in_time_by_the_very_administrator_with_her_key_of_staff() {
    let world = World::new();
    let first = seat(&world, "Dana", Role::Administrator, ALMATY);
    let second = seat(&world, "Serik", Role::Administrator, ALMATY);
    let object = format!("issuer/{}", authority(&world));
    let document = prepare(&world, &first, "stop-issuance", &object).unwrap();
    let stop = |seat: &Seat, message: &[u8], now| world.ra.sign_order(&seat.clerk, message, now);
    let personal = first.citizen.signature.sign(&document, NOON);
    assert!(matches!(
        stop(&first, &personal, NOON),
        Err(DeskError::OtherKey)
    ));
    let foreign = second.key.sign(&document, NOON);
    assert!(matches!(
        stop(&first, &foreign, NOON),
        Err(DeskError::OtherKey)
    ));
    assert!(matches!(
        stop(&second, &foreign, NOON),
        Err(DeskError::NotPrepared)
    ));
    // Another object than the one that was prepared.
    let text = String::from_utf8(document.clone()).unwrap();
    let forged = text.replace(&object, &format!("{object}/neutral-operator"));
    let forged = first.key.sign(forged.as_bytes(), NOON);
    assert!(matches!(
        stop(&first, &forged, NOON),
        Err(DeskError::NotPrepared)
    ));
    let late = after(601);
    let message = first.key.sign(&document, late);
    assert!(matches!(
        stop(&first, &message, late),
        Err(DeskError::NotPrepared)
    ));
    assert!(!is_stopped(&world, world.ra.config().profiles()[0]));
    let document = prepare(&world, &first, "stop-issuance", &object).unwrap();
    let message = first.key.sign(&document, NOON);
    stop(&first, &message, NOON).unwrap();
    assert!(matches!(
        stop(&first, &message, NOON),
        Err(DeskError::NotPrepared)
    ));
}

#[test]
fn the_console_is_read_by_administrators_and_auditors_alone() {
    let world = World::new();
    for role in Role::ALL {
        let seat = seat(&world, role.name(), role, ALMATY);
        let allowed = matches!(role, Role::Administrator | Role::Auditor);
        let clerk = &seat.clerk;
        assert_eq!(
            world.ra.console_issuers(clerk, NOON).is_ok(),
            allowed,
            "{role:?}"
        );
        assert_eq!(world.ra.console_issuer(clerk, "rsa", NOON).is_ok(), allowed);
        assert_eq!(world.ra.console_profiles(clerk).is_ok(), allowed);
        assert_eq!(world.ra.console_lists(clerk).is_ok(), allowed);
        assert_eq!(world.ra.console_queues(clerk).is_ok(), allowed);
        assert_eq!(world.ra.console_health(clerk, NOON).is_ok(), allowed);
    }
}

#[test]
fn health_says_what_is_stopped_what_is_late_and_what_nobody_took() {
    let world = World::new();
    let meters = world.issuance.authority.meters();
    let seat = seat(&world, "Dana", Role::Administrator, ALMATY);
    let name = authority(&world);
    let standing = |check: Check, now| {
        let findings = world.ra.console_health(&seat.clerk, now).unwrap();
        let found = findings
            .iter()
            .filter(|finding| finding.check == check)
            .filter(|finding| finding.issuer.as_ref().is_none_or(|issuer| *issuer == name));
        found.map(|finding| finding.standing).max().unwrap()
    };
    world.issuance.authority.maintain(NOON).unwrap();
    assert_eq!(standing(Check::Issuance, NOON), Standing::Good);
    assert_eq!(standing(Check::Lists, NOON), Standing::Good);
    assert_eq!(standing(Check::Key, NOON), Standing::Good);
    assert_eq!(standing(Check::Responder, NOON), Standing::Good);
    let object = format!("issuer/{name}");
    order(&world, &seat, "stop-issuance", &object).unwrap();
    assert_eq!(standing(Check::Issuance, NOON), Standing::Warning);
    let year = after(400 * 24 * 60 * 60);
    assert_eq!(standing(Check::Lists, year), Standing::Bad);
    assert_eq!(standing(Check::Responder, year), Standing::Bad);
    let before = NOON.minus(Duration::from_secs(2 * 60 * 60));
    assert_eq!(standing(Check::Clock, before), Standing::Bad);
    assert_eq!(standing(Check::Evidence, NOON), Standing::Warning);
    meters.evidence.set(NOON, 0);
    assert_eq!(standing(Check::Evidence, NOON), Standing::Good);
    assert_eq!(standing(Check::Evidence, year), Standing::Warning);
    meters.evidence.set(NOON, 1);
    assert_eq!(standing(Check::Evidence, NOON), Standing::Bad);
}
