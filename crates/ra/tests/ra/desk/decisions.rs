//! Decisions about applications.

use std::sync::atomic::Ordering;

use tanba_model::application::State;
use tanba_model::audit::Actor;
use tanba_model::certificate::RevocationReason;
use tanba_model::decision::{DecisionDocument, Identification, Step};
use tanba_model::message::MessageBody;
use tanba_model::person::EmailAddress;
use tanba_model::ports::{PersonFacts, Storage as _};
use tanba_model::staff::Role;
use tanba_pki::cms::SignedData;
use tanba_ra::{
    CertificateEmail, DeskError, DeskSection, Found, Outcome, ProfileSet, QueueWish, RaSection,
    Verdict,
};

use super::scene::{ALMATY, SEMEY, TYPED, approval, refusal, seat, waiting, waiting_for};
use crate::world::{DAY, NOON, World, after};

#[test]
fn an_approval_is_signed_kept_as_evidence_and_issues() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let applicant = world.citizen("Aigerim");
    let number = waiting(&world, &applicant, ALMATY);
    let before = world.certificates(applicant.id).len();
    let outcome = operator.decide(&world, &number, &approval(), after(60));
    assert_eq!(outcome.unwrap(), Outcome::Issued(number.clone()));
    let shown = world
        .ra
        .desk_application(&operator.clerk, &number, after(61))
        .unwrap();
    assert!(matches!(shown.application.state, State::Issued { .. }));
    assert!(!shown.decidable);
    assert_eq!(world.certificates(applicant.id).len(), before + 2);
    let [decision] = shown.decisions.as_slice() else {
        panic!("{:?}", shown.decisions);
    };
    // The evidence says who, what, about which keys and how she was identified, and is signed by the operator.
    let kept = SignedData::parse(&decision.made.signature).unwrap();
    assert_eq!(kept.content(), Some(decision.made.document.as_slice()));
    assert_eq!(decision.made.signer, operator.key.id);
    let document = DecisionDocument::from_bytes(&decision.made.document).unwrap();
    assert_eq!(document.step(), Some(Step::Approve));
    assert_eq!(document.operator.iin, operator.citizen.subject.iin);
    assert_eq!(
        document.identification.as_deref(),
        Some(Identification::Operator.oid())
    );
    assert_eq!(document.application.unwrap().keys.len(), 2);
    assert!(
        document.changes.is_empty(),
        "one signature moves no address"
    );
    // She had an address, and one operator alone does not move it; it is told.
    let person = world.person(&applicant);
    assert_eq!(person.email.unwrap().as_str(), "aigerim@example.kz");
    let mails = world.mail(after(120));
    let old = |body: &MessageBody| matches!(body, MessageBody::CertificatesIssued { .. });
    let new = |body: &MessageBody| matches!(body, MessageBody::FirstIssued { .. });
    let told = |to: &str, kind: &dyn Fn(&MessageBody) -> bool| {
        let mut mails = mails.iter();
        mails.any(|mail| mail.to.as_str() == to && kind(&mail.body))
    };
    assert!(told("aigerim@example.kz", &old) && told("new-keys@example.kz", &new));
    let actions = world.audit();
    for action in ["decision.sign", "application.approve", "application.issue"] {
        assert!(actions.iter().any(|found| found == action), "{action}");
    }
}

/// Approves as somebody identified in a way.
fn identified(way: &str) -> Verdict {
    Verdict::Approve {
        identification: way.to_owned(),
        remark: String::new(),
    }
}

#[test]
fn whoever_has_keys_or_another_address_has_to_be_there_for_first_keys() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let known = world.citizen("Aigerim");
    let number = waiting(&world, &known, ALMATY);
    let before = world.certificates(known.id).len();
    for way in ["remote", "digital-id", "ai-platform"] {
        let refused = operator.decide(&world, &number, &identified(way), NOON);
        assert_eq!(refused.unwrap_err().code(), "identification-in-person");
    }
    assert_eq!(world.certificates(known.id).len(), before);
    let shown = world
        .ra
        .desk_application(&operator.clerk, &number, NOON)
        .unwrap();
    assert_eq!(shown.known.keys, 2);
    assert!(shown.known.other_address && !shown.known.moves_address);
    operator
        .decide(&world, &number, &approval(), after(1))
        .unwrap();
    assert_eq!(world.certificates(known.id).len(), before + 2);
}

#[test]
fn whoever_has_keys_on_hold_is_known_and_whoever_has_revoked_ones_is_not() {
    for (reason, is_known) in [
        (RevocationReason::CertificateHold, true),
        (RevocationReason::KeyCompromise, false),
    ] {
        let world = World::new();
        let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
        let held = world.citizen_with("Aigerim", None, NOON);
        for key in [&held.authentication, &held.signature] {
            world.revoke(key, reason, NOON);
        }
        let number = waiting(&world, &held, ALMATY);
        let refused = operator.decide(&world, &number, &identified("remote"), NOON);
        assert_eq!(refused.is_err(), is_known, "{reason:?}: {refused:?}");
        if is_known {
            assert_eq!(refused.unwrap_err().code(), "identification-in-person");
        }
    }
}

#[test]
fn opening_an_application_is_evidence_about_its_person() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let known = world.citizen("Aigerim");
    let number = waiting(&world, &known, ALMATY);
    let looks = || {
        let log = world
            .storage
            .snapshot()
            .unwrap()
            .audit_log()
            .page(0, 10_000);
        let events = log.unwrap().into_iter().filter_map(|record| record.read());
        let looks = events.filter(|event| event.action == "desk.look");
        looks.map(|event| event.object).collect::<Vec<_>>()
    };
    let elsewhere = seat(&world, "Dana", Role::Operator, SEMEY);
    let _ = world.ra.desk_application(&elsewhere.clerk, &number, NOON);
    assert!(looks().is_empty(), "nothing was shown");
    let _ = world
        .ra
        .desk_application(&operator.clerk, &number, NOON)
        .unwrap();
    assert_eq!(looks(), [format!("person:{}", known.id)]);
}

#[test]
fn an_address_that_was_confirmed_meanwhile_makes_the_signed_approval_worthless() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let known = world.citizen_with("Aigerim", None, NOON);
    for key in [&known.authentication, &known.signature] {
        world.revoke(key, RevocationReason::Superseded, NOON);
    }
    let number = waiting(&world, &known, ALMATY);
    let prepared = world
        .ra
        .prepare_verdict(&operator.clerk, &number, &identified("remote"), NOON)
        .unwrap();
    let document = DecisionDocument::from_bytes(&prepared).unwrap();
    assert_eq!(document.changes["email"], "new-keys@example.kz");
    let address = EmailAddress::parse("hers@example.kz").unwrap();
    let mut work = world.storage.begin().unwrap();
    work.persons().set_email(known.id, Some(&address)).unwrap();
    work.commit().unwrap();
    let refused = operator.sign(&world, &prepared, after(1));
    assert!(matches!(refused, Err(DeskError::InPerson)), "{refused:?}");
    assert_eq!(world.person(&known).email, Some(address));
}

#[test]
fn one_operator_gives_somebody_without_keys_and_address_both_and_signs_so() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let newcomer = world.citizen_with("Aigerim", None, NOON);
    for key in [&newcomer.authentication, &newcomer.signature] {
        world.revoke(key, RevocationReason::Superseded, NOON);
    }
    let number = waiting(&world, &newcomer, ALMATY);
    let outcome = operator.decide(&world, &number, &identified("remote"), after(1));
    assert_eq!(outcome.unwrap(), Outcome::Issued(number));
    let address = world.person(&newcomer).email.unwrap();
    assert_eq!(address.as_str(), "new-keys@example.kz");
}

#[test]
fn where_the_policy_leaves_the_address_to_one_the_approval_names_both_addresses() {
    let world = World::with(RaSection {
        desk: DeskSection {
            second_operator: vec!["release".to_owned()],
            ..DeskSection::default()
        },
        profiles: ProfileSet::Neutral,
        certificate_email: CertificateEmail::AsTyped,
        ..RaSection::default()
    });
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let known = world.citizen("Aigerim");
    let number = waiting(&world, &known, ALMATY);
    let prepared = world
        .ra
        .prepare_verdict(&operator.clerk, &number, &approval(), NOON)
        .unwrap();
    let document = DecisionDocument::from_bytes(&prepared).unwrap();
    assert_eq!(document.changes["email"], "new-keys@example.kz");
    assert_eq!(document.changes["email_before"], "aigerim@example.kz");
    operator.sign(&world, &prepared, after(1)).unwrap();
    let person = world.person(&known);
    assert_eq!(person.email.unwrap().as_str(), "new-keys@example.kz");
    assert!(
        person.earlier_email.is_some(),
        "the one before still counts"
    );
}

#[test]
fn a_refusal_tells_the_applicant_why_and_needs_a_reason() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let applicant = world.citizen("Aigerim");
    let number = waiting(&world, &applicant, ALMATY);
    for (reason, words) in [
        ("", ""),
        ("alarm-over", "not a reason of a refusal"),
        ("other", " "),
    ] {
        let refused = operator.decide(&world, &number, &refusal(reason, words), NOON);
        assert!(matches!(refused, Err(DeskError::Reason)), "{reason}");
    }
    let verdict = refusal("data-differs", "Туған күні\u{7} басқа");
    let refused = operator.decide(&world, &number, &verdict, NOON);
    assert!(matches!(refused, Err(DeskError::Remark)));
    let verdict = refusal("data-differs", "Туған  күні\nбасқа");
    let outcome = operator.decide(&world, &number, &verdict, NOON).unwrap();
    assert_eq!(outcome, Outcome::Rejected(number));
    let [application] = world.applications(applicant.id).try_into().ok().unwrap();
    let State::Rejected { reason, .. } = application.state else {
        panic!("{:?}", application.state);
    };
    assert_eq!(
        tanba_ra::codes::desk_reason(&reason),
        Some(("data-differs", "Туған күні басқа"))
    );
    let told = world.mail(NOON).into_iter().any(|mail| {
        matches!(&mail.body, MessageBody::ApplicationRejected { reason: told, .. } if *told == reason)
    });
    assert!(told, "the applicant was not told");
}

#[test]
fn nobody_decides_about_herself_elsewhere_or_without_the_role() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let elsewhere = seat(&world, "Serik", Role::SeniorOperator, SEMEY);
    let own = waiting(&world, &operator.citizen, ALMATY);
    assert!(matches!(
        operator.decide(&world, &own, &approval(), NOON),
        Err(DeskError::OwnAffair)
    ));
    let applicant = world.citizen("Aigerim");
    let number = waiting(&world, &applicant, ALMATY);
    assert!(matches!(
        elsewhere.decide(&world, &number, &approval(), NOON),
        Err(DeskError::OtherCentre)
    ));
    assert!(matches!(
        world.ra.desk_application(&elsewhere.clerk, &number, NOON),
        Err(DeskError::OtherCentre)
    ));
    for role in [Role::Administrator, Role::Auditor] {
        let reader = seat(&world, role.name(), role, "");
        assert!(matches!(
            reader.decide(&world, &number, &approval(), NOON),
            Err(DeskError::Forbidden)
        ));
        assert!(
            world
                .ra
                .desk_application(&reader.clerk, &number, NOON)
                .is_ok()
        );
    }
    // A document that was prepared for one is worth nothing with another's signature.
    let prepared = world
        .ra
        .prepare_verdict(&operator.clerk, &number, &approval(), NOON)
        .unwrap();
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    assert!(matches!(
        second.sign(&world, &prepared, NOON),
        Err(DeskError::NotPrepared)
    ));
    let borrowed = second.key.sign(&prepared, NOON);
    assert!(matches!(
        world.ra.sign_decision(&operator.clerk, &borrowed, NOON),
        Err(DeskError::OtherKey)
    ));
    let personal = operator.citizen.signature.sign(&prepared, NOON);
    assert!(matches!(
        world.ra.sign_decision(&operator.clerk, &personal, NOON),
        Err(DeskError::OtherKey)
    ));
    // Nor after ten minutes.
    assert!(matches!(
        operator.sign(&world, &prepared, after(11 * 60)),
        Err(DeskError::NotPrepared)
    ));
    assert!(operator.sign(&world, &prepared, after(9 * 60)).is_ok());
}

#[test]
fn of_two_who_decide_at_once_one_is_heard_and_the_other_is_told() {
    let world = World::new();
    let first = seat(&world, "Bolat", Role::Operator, ALMATY);
    let second = seat(&world, "Dana", Role::Operator, ALMATY);
    let applicant = world.citizen("Aigerim");
    let number = waiting(&world, &applicant, ALMATY);
    let approve = world
        .ra
        .prepare_verdict(&first.clerk, &number, &approval(), NOON)
        .unwrap();
    let reject = refusal("data-differs", "");
    let reject = world
        .ra
        .prepare_verdict(&second.clerk, &number, &reject, NOON)
        .unwrap();
    assert!(first.sign(&world, &approve, NOON).is_ok());
    let late = second.sign(&world, &reject, NOON).unwrap_err();
    assert_eq!(late.code(), "desk-application-decided");
    let shown = world
        .ra
        .desk_application(&second.clerk, &number, NOON)
        .unwrap();
    assert_eq!(shown.decisions.len(), 1);
}

/// The kinds of what the applicant was mailed at the address of her application since somebody looked last.
fn told(world: &World, now: tanba_pki::Timestamp) -> Vec<&'static str> {
    let mails = world.mail(now).into_iter();
    mails
        .filter(|mail| mail.to.as_str() == "new-keys@example.kz")
        .map(|mail| mail.body.kind())
        .collect()
}

#[test]
fn what_is_over_cannot_be_decided_and_an_absent_key_loses_nothing() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let applicant = world.citizen("Aigerim");
    let number = waiting(&world, &applicant, ALMATY);
    let expired = operator
        .decide(&world, &number, &approval(), after(30 * DAY))
        .unwrap_err();
    assert_eq!(expired.code(), "desk-application-expired");
    world.issuance.key_is_away.store(true, Ordering::SeqCst);
    let outcome = operator.decide(&world, &number, &approval(), NOON).unwrap();
    assert_eq!(outcome, Outcome::Approved(number.clone()));
    // The applicant is told that she is approved and waits; looking again tells her nothing, and the end is told once.
    assert_eq!(told(&world, NOON), ["first_approved"]);
    world.ra.resume(after(30)).unwrap();
    assert!(told(&world, after(30)).is_empty());
    world.issuance.key_is_away.store(false, Ordering::SeqCst);
    world.ra.resume(after(60)).unwrap();
    assert_eq!(told(&world, after(60)), ["first_issued"]);
    world.ra.resume(after(90)).unwrap();
    assert!(told(&world, after(90)).is_empty());
    let again = operator
        .decide(&world, &number, &approval(), after(61))
        .unwrap_err();
    assert_eq!(again.code(), "desk-application-decided");
    let [application] = world.applications(applicant.id).try_into().ok().unwrap();
    assert!(matches!(application.state, State::Issued { .. }));
}

#[test]
fn whoever_died_or_has_another_name_by_now_gets_no_keys() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let applicant = world.citizen("Aigerim");
    let number = waiting(&world, &applicant, ALMATY);
    let says = |surname: &str, deceased: bool| {
        let facts = PersonFacts {
            surname: surname.to_owned(),
            given_name: applicant.subject.given_name.clone(),
            patronymic: None,
        };
        let mut work = world.storage.begin().unwrap();
        work.persons()
            .set_identity(applicant.id, &facts, "table", deceased)
            .unwrap();
        work.commit().unwrap();
    };
    let prepared = world
        .ra
        .prepare_verdict(&operator.clerk, &number, &approval(), NOON)
        .unwrap();
    says("ҚҰНАНБАЕВА", false);
    assert!(matches!(
        operator.sign(&world, &prepared, NOON),
        Err(DeskError::RegisterDiffers)
    ));
    assert!(matches!(
        operator.decide(&world, &number, &approval(), NOON),
        Err(DeskError::RegisterDiffers)
    ));
    says(&applicant.subject.surname, true);
    assert!(matches!(
        operator.decide(&world, &number, &approval(), NOON),
        Err(DeskError::RegisterDead)
    ));
    // Refusing is possible whatever the register says.
    let refused = operator.decide(&world, &number, &refusal("register-differs", ""), NOON);
    assert!(matches!(refused, Ok(Outcome::Rejected(_))));
}

/// Whoever writes to the database can change what stands beside the signed document, and codes would go there.
#[test]
fn a_record_that_was_changed_after_the_signature_is_shown_and_not_approved() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let applicant = world.citizen("Aigerim");
    let number = waiting_for(&world, &applicant, ALMATY, "thief@example.kz");
    let seen = world.ra.desk_application(&operator.clerk, &number, NOON);
    let seen = seen.unwrap();
    assert!(seen.altered);
    assert_eq!(seen.document.unwrap().email.as_deref(), Some(TYPED));
    let refused = operator.decide(&world, &number, &approval(), NOON);
    assert_eq!(refused.unwrap_err().code(), "record-differs");
    // Another one, changed between the making of the decision and its signature.
    let second = world.citizen("Saule");
    let number = waiting(&world, &second, ALMATY);
    let seen = world.ra.desk_application(&operator.clerk, &number, NOON);
    assert!(!seen.unwrap().altered);
    let ra = &world.ra;
    let prepared = ra.prepare_verdict(&operator.clerk, &number, &approval(), NOON);
    let mut work = world.storage.begin().unwrap();
    let found = work.applications().find_by_number(&number).unwrap();
    let mut application = found.unwrap();
    application.email = EmailAddress::parse("thief@example.kz").ok();
    work.applications().update(&mut application).unwrap();
    work.commit().unwrap();
    let refused = operator.sign(&world, &prepared.unwrap(), NOON);
    assert_eq!(refused.unwrap_err().code(), "record-differs");
    // It waits as before, and can be refused.
    let refused = operator.decide(&world, &number, &refusal("document-invalid", ""), NOON);
    assert!(matches!(refused, Ok(Outcome::Rejected(_))), "{refused:?}");
}

#[test]
fn the_queue_is_read_page_by_page_and_only_of_the_own_centre() {
    let world = World::new();
    let operator = seat(&world, "Bolat", Role::Operator, ALMATY);
    let mut numbers = Vec::new();
    for place in 0..53 {
        let applicant = world.citizen_with(&format!("Applicant{place}"), None, NOON);
        numbers.push(waiting(&world, &applicant, ALMATY));
    }
    let elsewhere = world.citizen("Elsewhere");
    let foreign = waiting(&world, &elsewhere, SEMEY);
    let mut wish = QueueWish {
        state: "SUBMITTED".to_owned(),
        newest_first: false,
        after: None,
    };
    let mut seen = Vec::new();
    loop {
        let page = world.ra.desk_queue(&operator.clerk, &wish).unwrap();
        assert!(page.entries.len() <= 50);
        seen.extend(page.entries.into_iter().map(|entry| entry.number));
        wish.after = page.next;
        if wish.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, numbers);
    wish.newest_first = true;
    let newest = world.ra.desk_queue(&operator.clerk, &wish).unwrap();
    assert_eq!(
        newest.entries.first().map(|entry| &entry.number),
        numbers.last()
    );
    let all = seat(&world, "Reader", Role::Auditor, "");
    wish.newest_first = true;
    let page = world.ra.desk_queue(&all.clerk, &wish).unwrap();
    assert!(page.entries.iter().any(|entry| entry.number == foreign));
    // Found by number, by what a scanner types, and by IIN; not another centre's.
    let find = |text: &str| world.ra.desk_find(&operator.clerk, text, NOON);
    let first = numbers.first().unwrap();
    let url = format!("https://cabinet.example/kk/status/{first}");
    for text in [first.as_str(), &first.grouped(), &url] {
        assert_eq!(find(text).unwrap(), Found::Application(first.clone()));
    }
    assert_eq!(
        find(&elsewhere.subject.iin).unwrap(),
        Found::Person(elsewhere.id)
    );
    assert!(matches!(
        find(foreign.as_str()),
        Err(DeskError::OtherCentre)
    ));
    assert!(matches!(find("nobody"), Err(DeskError::NoPerson)));
    // What was decided is found by who decided it.
    let verdict: Verdict = refusal("own-wish", "");
    operator.decide(&world, first, &verdict, NOON).unwrap();
    let (decided, next) = world.ra.desk_decided(&operator.clerk, None).unwrap();
    assert_eq!(decided.len(), 1);
    assert!(next.is_none());
}

#[test]
fn an_administrator_decides_at_the_command_line_only_with_a_reason() {
    let world = World::new();
    let actor = Actor::Administrator("test".to_owned());
    let approved = waiting(&world, &world.citizen("Aigerim"), ALMATY);
    let refused = waiting(&world, &world.citizen("Daniyar"), ALMATY);
    let approve = |reason: &str| {
        world
            .ra
            .approve_without_desk(&approved, reason, &actor, NOON)
    };
    assert!(matches!(approve(" "), Err(DeskError::Reason)));
    assert!(matches!(
        approve("no operator can work"),
        Ok(Outcome::Issued(_))
    ));
    assert!(approve("no operator can work").is_err());
    let reject = |reason: &str| {
        world
            .ra
            .reject_without_desk(&refused, reason, "", &actor, NOON)
    };
    assert!(matches!(reject("whatever"), Err(DeskError::Reason)));
    assert!(matches!(
        reject("document-invalid"),
        Ok(Outcome::Rejected(_))
    ));
    assert!(reject("document-invalid").is_err());
}
