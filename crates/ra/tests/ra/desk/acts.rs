//! Acts for a person, and who has to agree to them.

use std::collections::BTreeMap;

use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::message::{AdministratorAct, MessageBody};
use tanba_model::ports::Storage as _;
use tanba_model::staff::Role;
use tanba_ra::{ActWish, DeskError, Outcome, ProfileSet, RaSection};

use super::scene::{ALMATY, SEMEY, Seat, seat};
use crate::world::{Citizen, DAY, NOON, World, after};

pub(super) fn wish(act: &str, reason: &str) -> ActWish {
    ActWish {
        act: act.to_owned(),
        reason: reason.to_owned(),
        identification: "operator".to_owned(),
        ..ActWish::default()
    }
}

pub(super) fn act(
    world: &World,
    seat: &Seat,
    citizen: &Citizen,
    wish: &ActWish,
) -> Result<Outcome, DeskError> {
    let document = world.ra.prepare_act(&seat.clerk, citizen.id, wish, NOON)?;
    seat.sign(world, &document, NOON)
}

/// Answers the only act that waits.
pub(super) fn answer(world: &World, seat: &Seat, agrees: bool) -> Result<Outcome, DeskError> {
    let waiting = world.ra.desk_pending(&seat.clerk, None)?;
    let one = waiting.first().ok_or(DeskError::NothingWaits)?;
    let document = world
        .ra
        .prepare_answer(&seat.clerk, one.waiting.id, agrees, "", NOON)?;
    seat.sign(world, &document, NOON)
}

pub(super) fn held(world: &World, citizen: &Citizen) -> usize {
    let on_hold = |status| {
        matches!(
            status,
            Status::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            }
        )
    };
    let records = world.certificates(citizen.id);
    records.iter().filter(|one| on_hold(one.status)).count()
}

#[test]
fn a_freeze_is_done_at_once_and_released_only_by_two() {
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let elsewhere = seat(&world, "Serik", Role::SeniorOperator, SEMEY);
    let citizen = world.citizen("Aigerim");
    let freeze = wish("freeze", "key-lost");
    assert!(matches!(
        act(&world, &first, &citizen, &freeze),
        Ok(Outcome::Done(..))
    ));
    assert_eq!(held(&world, &citizen), 2);
    assert!(matches!(
        act(&world, &first, &citizen, &freeze),
        Err(DeskError::NothingToDo)
    ));
    let release = wish("release", "alarm-over");
    assert!(matches!(
        act(&world, &first, &citizen, &release),
        Ok(Outcome::Waits(..))
    ));
    assert_eq!(held(&world, &citizen), 2, "released by one alone");
    assert!(matches!(
        act(&world, &second, &citizen, &release),
        Err(DeskError::Waits)
    ));
    assert!(matches!(
        answer(&world, &first, true),
        Err(DeskError::Second)
    ));
    assert!(matches!(
        answer(&world, &elsewhere, true),
        Err(DeskError::NothingWaits)
    ));
    assert!(matches!(
        answer(&world, &second, true),
        Ok(Outcome::Done(..))
    ));
    assert_eq!(held(&world, &citizen), 0);
    assert!(matches!(
        answer(&world, &second, true),
        Err(DeskError::NothingWaits)
    ));
    let shown = world
        .ra
        .desk_person(&first.clerk, citizen.id, None, NOON)
        .unwrap();
    assert!(shown.person.frozen_at.is_none() && shown.pending.is_empty());
    assert_eq!(shown.decisions.len(), 3, "each act is signed and kept");
    let told: Vec<AdministratorAct> = world
        .mail(NOON)
        .into_iter()
        .filter_map(|mail| {
            let MessageBody::ByAdministrator { act, .. } = mail.body else {
                return None;
            };
            Some(act)
        })
        .collect();
    assert_eq!(told, [AdministratorAct::Held, AdministratorAct::Released]);
}

#[test]
fn what_the_link_of_a_mail_froze_is_released_only_here() {
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    let opened = world.sign_in(&citizen, NOON);
    world.submit(&citizen, &opened.session, NOON);
    let link = world
        .mail(NOON)
        .into_iter()
        .find_map(|mail| {
            let MessageBody::ApplicationAccepted { not_me_path, .. } = mail.body else {
                return None;
            };
            Some(not_me_path)
        })
        .unwrap();
    let token = link.rsplit('/').next().unwrap();
    world.ra.not_me(token, NOON).unwrap();
    assert_eq!(held(&world, &citizen), 2);
    act(&world, &first, &citizen, &wish("release", "alarm-over")).unwrap();
    answer(&world, &second, true).unwrap();
    assert_eq!(held(&world, &citizen), 0);
    assert!(world.ra.login_challenge(NOON).is_ok());
    world.sign_in(&citizen, NOON);
}

#[test]
fn whoever_has_nothing_on_hold_any_more_is_told_so_when_she_is_released() {
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    act(&world, &first, &citizen, &wish("freeze", "key-lost")).unwrap();
    let records = world.certificates(citizen.id);
    let revoke = ActWish {
        serials: records.iter().map(|record| record.serial.hex()).collect(),
        ..wish("revoke", "key-lost")
    };
    let revoked = act(&world, &first, &citizen, &revoke).unwrap();
    assert!(matches!(revoked, Outcome::Done(..)), "{revoked:?}");
    assert_eq!(held(&world, &citizen), 0);
    let release = wish("release", "endangered-revoked");
    act(&world, &first, &citizen, &release).unwrap();
    answer(&world, &second, true).unwrap();
    let told = world.mail(NOON).into_iter().rev().find_map(|mail| {
        let MessageBody::ByAdministrator {
            act, not_me_path, ..
        } = mail.body
        else {
            return None;
        };
        Some((act, not_me_path))
    });
    let (act, link) = told.unwrap();
    assert_eq!(act, AdministratorAct::NothingHeld);
    assert!(link.starts_with("/not-me/"), "{link}");
}

#[test]
fn whoever_did_not_ask_for_a_release_freezes_anew_with_its_letter() {
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    act(&world, &first, &citizen, &wish("freeze", "key-lost")).unwrap();
    act(&world, &first, &citizen, &wish("release", "alarm-over")).unwrap();
    answer(&world, &second, true).unwrap();
    assert_eq!(held(&world, &citizen), 0);
    let links: Vec<(AdministratorAct, String)> = world
        .mail(NOON)
        .into_iter()
        .filter_map(|mail| {
            let MessageBody::ByAdministrator {
                act, not_me_path, ..
            } = mail.body
            else {
                return None;
            };
            Some((act, not_me_path))
        })
        .collect();
    // What is frozen needs no link that freezes.
    let [
        (AdministratorAct::Held, none),
        (AdministratorAct::Released, link),
    ] = links.as_slice()
    else {
        panic!("{links:?}");
    };
    assert!(none.is_empty());
    let token = link.strip_prefix("/not-me/").unwrap();
    world.ra.not_me(token, after(60)).unwrap();
    assert_eq!(held(&world, &citizen), 2);
}

#[test]
fn the_second_one_is_not_the_subject_and_has_the_role_that_the_policy_names() {
    let mut section = RaSection {
        profiles: ProfileSet::Neutral,
        ..RaSection::default()
    };
    section.desk.second_role = "senior-operator".to_owned();
    let world = World::with(section);
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let senior = seat(&world, "Serik", Role::SeniorOperator, ALMATY);
    let mut email = wish("email", "own-wish");
    email.changes = BTreeMap::from([("email".to_owned(), "new@example.kz".to_owned())]);
    assert!(matches!(
        act(&world, &first, &first.citizen, &email),
        Err(DeskError::OwnAffair)
    ));
    act(&world, &first, &senior.citizen, &email).unwrap();
    assert!(matches!(
        answer(&world, &senior, true),
        Err(DeskError::OwnAffair)
    ));
    assert!(matches!(
        answer(&world, &second, true),
        Err(DeskError::Second)
    ));
    assert!(matches!(
        answer(&world, &second, false),
        Ok(Outcome::Refused(..))
    ));
    act(&world, &first, &second.citizen, &email).unwrap();
    assert!(matches!(
        answer(&world, &senior, true),
        Ok(Outcome::Done(..))
    ));
    let person = world.storage.snapshot().unwrap();
    let mut person = person;
    let found = person.persons().find(second.citizen.id).unwrap().unwrap();
    assert_eq!(found.email.as_ref().unwrap().as_str(), "new@example.kz");
    drop(person);
    // As after a change of her own: for a week the address of before counts, is told, and takes it back.
    let code_address = |now| found.code_address(now).unwrap().as_str().to_owned();
    assert_eq!(code_address(after(7 * DAY - 1)), "dana@example.kz");
    assert_eq!(code_address(after(7 * DAY)), "new@example.kz");
    let told = told_of_another_address(&world);
    let to: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["new@example.kz", "dana@example.kz"]);
    let token = told[1].1.strip_prefix("/not-me/").unwrap();
    world.ra.not_me(token, after(60)).unwrap();
    let mut person = world.storage.snapshot().unwrap();
    let found = person.persons().find(second.citizen.id).unwrap().unwrap();
    assert_eq!(found.email.unwrap().as_str(), "dana@example.kz");
}

/// To whom the change of an address at the desk is told, with the link of each.
fn told_of_another_address(world: &World) -> Vec<(String, String)> {
    let mails = world.mail(NOON).into_iter();
    let told = mails.filter_map(|mail| {
        let MessageBody::AddressChanged {
            not_me_path,
            at_desk: true,
            until,
            ..
        } = mail.body
        else {
            return None;
        };
        assert_eq!(until, after(7 * DAY));
        Some((mail.to.as_str().to_owned(), not_me_path))
    });
    told.collect()
}

#[test]
fn an_address_that_a_thief_confirmed_gains_nothing_by_a_change_at_the_counter() {
    let world = World::new();
    let owner = world.citizen("Aigerim");
    let session = world.sign_in(&owner, NOON).session;
    world.mail(NOON);
    world
        .ra
        .ask_email_change(&session, "thief@example.kz", NOON)
        .unwrap();
    let code = world.mail(NOON).into_iter().find_map(|mail| {
        if let MessageBody::EmailChangeCode { code, .. } = mail.body {
            Some(code)
        } else {
            None
        }
    });
    world
        .ra
        .confirm_email_change(&session, &code.unwrap(), NOON)
        .unwrap();
    world.mail(NOON);
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let mut email = wish("email", "own-wish");
    email.changes = BTreeMap::from([("email".to_owned(), "new@example.kz".to_owned())]);
    act(&world, &first, &owner, &email).unwrap();
    assert!(matches!(
        answer(&world, &second, true),
        Ok(Outcome::Done(..))
    ));
    let told = told_of_another_address(&world);
    let to: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(
        to,
        ["thief@example.kz", "new@example.kz", "aigerim@example.kz"]
    );
    let mut person = world.storage.snapshot().unwrap();
    let found = person.persons().find(owner.id).unwrap().unwrap();
    let code_address = found.code_address(after(DAY)).unwrap();
    assert_eq!(code_address.as_str(), "aigerim@example.kz");
}

#[test]
fn whoever_has_no_address_gets_the_first_one_at_the_counter_at_once() {
    let world = World::new();
    let silent = world.citizen_with("Silent", None, NOON);
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let mut email = wish("email", "own-wish");
    email.changes = BTreeMap::from([("email".to_owned(), "new@example.kz".to_owned())]);
    act(&world, &first, &silent, &email).unwrap();
    assert!(matches!(
        answer(&world, &second, true),
        Ok(Outcome::Done(..))
    ));
    let mut person = world.storage.snapshot().unwrap();
    let found = person.persons().find(silent.id).unwrap().unwrap();
    let code_address = found.code_address(NOON).unwrap();
    assert_eq!(code_address.as_str(), "new@example.kz");
    drop(person);
    let mails = world.mail(NOON);
    let told = mails.iter().find(|mail| {
        matches!(
            mail.body,
            MessageBody::ByAdministrator {
                act: AdministratorAct::EmailChanged,
                ..
            }
        )
    });
    assert_eq!(told.unwrap().to.as_str(), "new@example.kz");
}

#[test]
fn names_are_corrected_by_two_and_certificates_revoked_on_paper_by_one() {
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    let mut names = wish("names", "data-changed");
    assert!(matches!(
        act(&world, &first, &citizen, &names),
        Err(DeskError::Change)
    ));
    names.changes = [
        ("surname", "құнанбаева"),
        ("given_name", "әйгерім"),
        ("patronymic", ""),
    ]
    .map(|(field, name)| (field.to_owned(), name.to_owned()))
    .into();
    act(&world, &first, &citizen, &names).unwrap();
    answer(&world, &second, true).unwrap();
    let shown = |world: &World| {
        world
            .ra
            .desk_person(&first.clerk, citizen.id, None, NOON)
            .unwrap()
    };
    assert_eq!(shown(&world).person.full_name(), "ҚҰНАНБАЕВА ӘЙГЕРІМ");
    let serial = world.record(citizen.signature.id).serial.hex();
    let mut revoke = wish("revoke", "data-changed");
    assert!(matches!(
        act(&world, &first, &citizen, &revoke),
        Err(DeskError::Change)
    ));
    revoke.serials = vec![serial];
    assert!(matches!(
        act(&world, &first, &citizen, &revoke),
        Ok(Outcome::Done(..))
    ));
    assert!(matches!(
        world.record(citizen.signature.id).status,
        Status::Revoked {
            reason: RevocationReason::AffiliationChanged,
            ..
        }
    ));
    assert!(world.record(citizen.authentication.id).status.is_valid());
    assert!(matches!(
        act(&world, &first, &citizen, &revoke),
        Err(DeskError::Change)
    ));
}

#[test]
fn what_opens_everything_else_needs_the_person_at_the_counter() {
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    act(&world, &first, &citizen, &wish("freeze", "key-lost")).unwrap();
    let changes = |fields: &[(&str, &str)]| {
        let fields = fields.iter();
        let owned = fields.map(|(field, value)| ((*field).to_owned(), (*value).to_owned()));
        owned.collect::<BTreeMap<_, _>>()
    };
    for (name, reason, changed) in [
        ("release", "alarm-over", changes(&[])),
        ("email", "own-wish", changes(&[("email", "new@example.kz")])),
        (
            "names",
            "data-changed",
            changes(&[("surname", "B"), ("given_name", "C"), ("patronymic", "")]),
        ),
    ] {
        for way in ["remote", "digital-id", "ai-platform"] {
            let mut wanted = wish(name, reason);
            wanted.changes.clone_from(&changed);
            wanted.identification = way.to_owned();
            let refused = act(&world, &first, &citizen, &wanted);
            assert!(
                matches!(refused, Err(DeskError::InPerson)),
                "{name} {way}: {refused:?}"
            );
        }
        let mut wanted = wish(name, reason);
        wanted.changes.clone_from(&changed);
        assert!(
            matches!(
                act(&world, &first, &citizen, &wanted),
                Ok(Outcome::Waits(..))
            ),
            "{name}"
        );
    }
    // What makes safer is done for whoever calls.
    let other = world.citizen("Dinara");
    let mut freeze = wish("freeze", "key-lost");
    freeze.identification = "remote".to_owned();
    assert!(matches!(
        act(&world, &first, &other, &freeze),
        Ok(Outcome::Done(..))
    ));
}

#[test]
fn a_release_that_was_proposed_without_the_person_is_not_carried_out() {
    use tanba_model::decision::{Act, DecisionDocument, Identification, NewDecision, Step};
    use tanba_model::ports::NewPendingAct;
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    act(&world, &first, &citizen, &wish("freeze", "key-lost")).unwrap();
    // As an earlier program would have let it wait.
    let release = wish("release", "alarm-over");
    let prepared = world
        .ra
        .prepare_act(&first.clerk, citizen.id, &release, NOON);
    let mut document = DecisionDocument::from_bytes(&prepared.unwrap()).unwrap();
    document.identification = Some(Identification::Remote.oid().to_owned());
    let asked = NewPendingAct {
        act: Act::Release,
        person: citizen.id,
        centre: ALMATY.to_owned(),
        first: first.clerk.member.id,
        asked_at: NOON,
        expires_at: after(DAY),
        document: document.to_bytes().unwrap(),
    };
    let mut work = world.storage.begin().unwrap();
    let id = work.decisions().ask(&asked).unwrap();
    let decision = NewDecision {
        staff: first.clerk.member.id,
        person: citizen.id,
        application: None,
        pending: Some(id),
        act: Act::Release,
        step: Step::Propose,
        at: NOON,
        signer: first.key.id,
        signature: first.key.sign(&asked.document, NOON),
        document: asked.document,
    };
    let _ = work.decisions().insert(&decision).unwrap();
    work.commit().unwrap();
    let refused = answer(&world, &second, true);
    assert!(matches!(refused, Err(DeskError::InPerson)), "{refused:?}");
    assert_eq!(held(&world, &citizen), 2);
    assert!(matches!(
        answer(&world, &second, false),
        Ok(Outcome::Refused(..))
    ));
}

#[test]
fn what_nobody_agrees_to_in_time_lapses_and_readers_may_only_look() {
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    let mut email = wish("email", "own-wish");
    email.changes = BTreeMap::from([("email".to_owned(), "new@example.kz".to_owned())]);
    act(&world, &first, &citizen, &email).unwrap();
    for role in [Role::Administrator, Role::Auditor] {
        let reader = seat(&world, role.name(), role, "");
        let seen = world.ra.desk_pending(&reader.clerk, None).unwrap();
        assert!(seen.len() == 1 && !seen[0].confirmable && !seen[0].withdrawable);
        assert!(matches!(
            answer(&world, &reader, true),
            Err(DeskError::Forbidden)
        ));
        assert!(matches!(
            act(&world, &reader, &citizen, &wish("freeze", "own-wish")),
            Err(DeskError::Forbidden)
        ));
    }
    assert_eq!(world.ra.lapse_acts(after(2 * DAY)).unwrap(), 0);
    assert_eq!(world.ra.lapse_acts(after(4 * DAY)).unwrap(), 1);
    assert!(matches!(
        answer(&world, &second, true),
        Err(DeskError::NothingWaits)
    ));
    assert!(world.audit().iter().any(|action| action == "desk.lapse"));
}

#[test]
fn whoever_decided_about_a_person_does_not_lay_to_rest_what_tells_her_of_it() {
    use tanba_model::ports::CarrierError;
    use tanba_ra::DeadLetterAct;
    let world = World::new();
    let senior = seat(&world, "Serik", Role::SeniorOperator, ALMATY);
    let other = seat(&world, "Dana", Role::SeniorOperator, ALMATY);
    let citizen = world.citizen("Aigerim");
    world.mail(NOON);
    act(&world, &senior, &citizen, &wish("freeze", "key-lost")).unwrap();
    let refuse: fn() -> CarrierError = || CarrierError::Refused("too large".into());
    world.mailbox.answer_with(Some(refuse));
    world.mail(NOON);
    world.mailbox.answer_with(None);
    let letters = world.ra.dead_letters(None, 10).unwrap();
    let told = letters
        .iter()
        .find(|letter| letter.person == Some(citizen.id) && letter.kind == "by_administrator");
    let id = told.unwrap().id;
    let discard = (DeadLetterAct::Discard, "the address is wrong");
    let own = world
        .ra
        .desk_settle_dead_letter(&senior.clerk, id, discard, NOON);
    assert!(matches!(own, Err(DeskError::OwnAct)), "{own:?}");
    let settled = world
        .ra
        .desk_settle_dead_letter(&other.clerk, id, discard, NOON);
    assert!(settled.unwrap());
}

#[test]
fn a_remark_for_the_records_names_nobody_and_one_for_the_applicant_may() {
    let world = World::new();
    let seat = seat(&world, "Bolat", Role::Operator, ALMATY);
    let citizen = world.citizen("Aigerim");
    let freeze = ActWish {
        remark: "her brother, 850101300124, asked for it".to_owned(),
        ..wish("freeze", "other")
    };
    assert!(matches!(
        act(&world, &seat, &citizen, &freeze),
        Err(DeskError::Personal)
    ));
    let number = super::scene::waiting(&world, &citizen, ALMATY);
    let refuse = |verdict| {
        world
            .ra
            .prepare_verdict(&seat.clerk, &number, &verdict, NOON)
    };
    let approve = tanba_ra::Verdict::Approve {
        identification: "operator".to_owned(),
        remark: "document 012345678".to_owned(),
    };
    assert!(matches!(refuse(approve), Err(DeskError::Personal)));
    let reject = tanba_ra::Verdict::Reject {
        reason: "other".to_owned(),
        remark: "write to help@example.kz".to_owned(),
    };
    refuse(reject).unwrap();
    // Nothing of what is signed is left out silently, and nothing of it reads otherwise than it stands.
    for remark in [
        "ә".repeat(501),
        "refused \u{202e}devorppa".to_owned(),
        "stamp\u{3164}ed".to_owned(),
        "o\u{301}\u{301}\u{301}ther".to_owned(),
    ] {
        let reject = tanba_ra::Verdict::Reject {
            reason: "other".to_owned(),
            remark,
        };
        assert!(matches!(refuse(reject), Err(DeskError::Remark)));
    }
    let reject = tanba_ra::Verdict::Reject {
        reason: "other".to_owned(),
        remark: "ә".repeat(500),
    };
    refuse(reject).unwrap();
}
