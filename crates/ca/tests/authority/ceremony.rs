//! Ceremonies that are interrupted at every call of a port, and tried again.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tanba_ca::Parts;
use tanba_ca::ceremony::{Artefact, CeremonyError, Materials, Plan, Room};
use tanba_model::certificate::Status;
use tanba_model::ports::{IssuerKind, Storage};
use tanba_pki::crl::Crl;
use tanba_pki::{Certificate, CertificateRequest, SerialNumber};
use tanba_storage::SqliteStorage;
use tempfile::TempDir;

use crate::harness::{Behaviour, Chest, House, NOW, administrator, key, later, random, request};
use crate::ports::{Fault, Faulty, Plan as Steps};

const ROOT_SERIAL: &str = "4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345";
const ISSUING_SERIAL: &str = "3e0a1b2c3d4e5f60718293a4b5c6d7e8f9054321";

fn plan(ceremony: &str, rest: &str) -> Plan {
    let text = format!(
        "schema = \"tanba.ceremony/1\"\nceremony = \"{ceremony}\"\ntitle = \"T\"\npresent = [{{ name = \"A\", role = \"witness\" }}]\n{rest}"
    );
    Plan::parse(&text).unwrap()
}

fn certificate(serial: &str, years: u16, name: &str) -> String {
    format!(
        "[certificate]\nserial = \"{serial}\"\nnot-before = \"{}\"\nnot-after = \"{}\"\nsubject = {{ common-name = \"{name}\", country = \"KZ\" }}\n",
        NOW.rfc3339(),
        NOW.plus_years(years).rfc3339()
    )
}

fn root() -> Plan {
    let rest = format!(
        "[authority]\nname = \"root\"\nkey = \"ed25519\"\n{}",
        certificate(ROOT_SERIAL, 20, "Root")
    );
    plan("root", &rest)
}

const SIGNED_BY: &str = "[signed-by]\nissuer = \"root\"\npublic-url = \"http://pki.example.kz\"\n";

fn issuing() -> Plan {
    let rest = format!(
        "[authority]\nname = \"ec\"\nkey = \"ec-p256\"\nshards = 2\n{SIGNED_BY}{}",
        certificate(ISSUING_SERIAL, 10, "Issuing")
    );
    plan("issuing", &rest)
}

/// The list that revokes the issuing authority.
fn list() -> Plan {
    let rest = format!(
        "[signed-by]\nissuer = \"root\"\n[list]\nnumber = 1\nthis-update = \"{}\"\nnext-update = \"{}\"\nrevoke = [{{ serial = \"{ISSUING_SERIAL}\", reason = \"cessationOfOperation\" }}]\n",
        NOW.rfc3339(),
        NOW.plus_years(1).rfc3339()
    );
    plan("crl", &rest)
}

/// The ceremonies that are interrupted, each with those that have to be held before.
fn stories() -> [(Vec<Plan>, Plan); 3] {
    [
        (vec![], root()),
        (vec![root()], issuing()),
        (vec![root(), issuing()], list()),
    ]
}

/// A copy of a database, in a folder of its own.
fn copy(template: &TempDir) -> TempDir {
    let folder = crate::harness::folder();
    let name = "tanba.sqlite";
    std::fs::copy(template.path().join(name), folder.path().join(name)).unwrap();
    folder
}

fn hold(house: &House, storage: Arc<dyn Storage>, plan: &Plan) -> Result<Artefact, CeremonyError> {
    let parts = Parts {
        storage,
        random: random(house.seed),
        ..house.parts()
    };
    Room::open(parts).hold(plan, &Materials::default(), &administrator(), later(60))
}

/// The ceremony over ports and keys that follow the steps.
fn interrupted(house: &House, plan: &Plan, steps: &Arc<Steps>) -> Result<Artefact, CeremonyError> {
    let storage = Faulty::new(Arc::clone(&house.storage), Arc::clone(steps));
    house.chest.controls.follow(steps);
    let outcome = hold(house, Arc::new(storage), plan);
    house.chest.controls.forget_plan();
    outcome
}

/// The same plan once more, after an interruption: it is carried out once, and whole.
fn assert_completed(house: &House, plan: &Plan, context: &str) {
    let again = hold(house, Arc::clone(&house.storage), plan);
    let artefact = again.unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_whole(house, plan, &artefact, context);
}

fn held(house: &House, plan: &Plan) -> Artefact {
    hold(house, Arc::clone(&house.storage), plan).unwrap()
}

/// Leaves a database behind in which these ceremonies were held.
fn template(plans: &[Plan]) -> TempDir {
    let house = House::empty();
    for plan in plans {
        drop(held(&house, plan));
    }
    house.close()
}

/// Exactly one of everything, signed by whom it should be, and nothing is left open.
fn assert_whole(house: &House, plan: &Plan, artefact: &Artefact, context: &str) {
    let mut unit = house.storage.snapshot().unwrap();
    let issuers = unit.issuers().all().unwrap();
    let root = issuers
        .iter()
        .find(|record| record.issuer.kind == IssuerKind::Root)
        .unwrap();
    let root_key = Certificate::from_der(&root.issuer.certificate).unwrap();
    let names: Vec<&str> = issuers
        .iter()
        .map(|record| record.issuer.name.as_str())
        .collect();
    assert_eq!(unit.issuers().awaited().unwrap(), [], "{context}");
    assert!(
        unit.certificates()
            .open_intents(None, 9)
            .unwrap()
            .is_empty(),
        "{context}"
    );
    let record = |unit: &mut dyn tanba_model::ports::UnitOfWork, serial: &str| {
        let serial = SerialNumber::parse_hex(serial).unwrap();
        unit.certificates()
            .find_by_serial(root.id, &serial)
            .unwrap()
    };
    match plan.act.name() {
        "root" => {
            assert_eq!(names, ["root"], "{context}");
            assert_eq!(artefact.der, root.issuer.certificate, "{context}");
            root_key.verify_signed_by(root_key.public_key()).unwrap();
        }
        "issuing" => {
            assert_eq!(names, ["root", "ec"], "{context}");
            let record = record(unit.as_mut(), ISSUING_SERIAL).unwrap();
            assert_eq!(record.status, Status::Valid, "{context}");
            assert_eq!(
                record.der.as_deref(),
                Some(artefact.der.as_slice()),
                "{context}"
            );
            let made = Certificate::from_der(&artefact.der).unwrap();
            made.verify_signed_by(root_key.public_key()).unwrap();
            let key = house.chest.as_ref();
            let key = tanba_ca::KeyChest::open_key(key, &issuers[1].issuer.key).unwrap();
            assert!(key.public_key().is_same_key(made.public_key()), "{context}");
        }
        _ => {
            let list = Crl::from_der(&artefact.der).unwrap();
            list.verify(root_key.public_key()).unwrap();
            assert_eq!(
                (list.len(), list.number()),
                (1, Some([1].as_slice())),
                "{context}"
            );
            let record = record(unit.as_mut(), ISSUING_SERIAL).unwrap();
            assert!(
                matches!(record.status, Status::Revoked { at, .. } if at == NOW),
                "{context}"
            );
        }
    }
}

#[test]
fn a_ceremony_that_fails_at_any_call_is_completed_by_the_same_plan() {
    for (before, plan) in stories() {
        let template = template(&before);
        let attempt = |steps: &Arc<Steps>| {
            let house = crate::faults::house(copy(&template), 1);
            let outcome = interrupted(&house, &plan, steps);
            (house, outcome)
        };
        let clean = Steps::clean();
        let (house, outcome) = attempt(&clean);
        assert_whole(&house, &plan, &outcome.unwrap(), "without a fault");
        let names = clean.steps();
        assert!(names.len() > 15, "{names:?}");
        let mut failures = 0;
        for (at, name) in names.iter().enumerate() {
            for fault in Fault::ERRORS {
                if !fault.differs_at(name) {
                    continue;
                }
                let context = format!("{} {fault:?} at {at} ({name})", plan.act.name());
                let steps = Steps::new(at, fault);
                let (mut house, outcome) = attempt(&steps);
                assert!(steps.was_reached(), "{context}");
                failures += usize::from(outcome.is_err());
                // As after a restart: another generator, another key chest.
                house.seed += 1;
                house.chest = Arc::new(Chest::new());
                assert_completed(&house, &plan, &context);
            }
        }
        assert!(failures > names.len() / 2, "{failures} of {}", names.len());
    }
}

/// What the process that is killed finds in its environment.
const VICTIM: &str = "TANBA_TEST_CEREMONY";

#[test]
fn a_ceremony_that_is_killed_at_any_call_is_completed_by_the_same_plan() {
    for (number, (before, plan)) in stories().iter().enumerate() {
        let template = template(before);
        let clean = Steps::clean();
        drop(interrupted(&crate::faults::house(copy(&template), 1), plan, &clean).unwrap());
        for (at, name) in clean.steps().iter().enumerate() {
            for fault in Fault::KILLS {
                if !fault.differs_at(name) {
                    continue;
                }
                let context = format!("{} {fault:?} at {at} ({name})", plan.act.name());
                let folder = copy(&template);
                let orders = format!("{number} {at} {fault:?} {}", folder.path().display());
                let output = Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "ceremony::the_one_that_is_killed", "--nocapture"])
                    .env(VICTIM, orders)
                    .output()
                    .unwrap();
                assert_eq!(output.status.signal(), Some(9), "{context}: {output:?}");
                assert_completed(&crate::faults::house(folder, 2), plan, &context);
            }
        }
    }
}

/// Does nothing in a run of the tests; it is the process that the test above kills.
#[test]
fn the_one_that_is_killed() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test cannot give its other process arguments"
    )]
    let Ok(orders) = std::env::var(VICTIM) else {
        return;
    };
    let orders: Vec<&str> = orders.splitn(4, ' ').collect();
    let number: usize = orders[0].parse().unwrap();
    let (_, plan) = &stories()[number];
    let steps = Steps::new(
        orders[1].parse().unwrap(),
        Fault::from_name(orders[2]).unwrap(),
    );
    let storage = SqliteStorage::open_existing(Path::new(orders[3]).join("tanba.sqlite")).unwrap();
    let house = House {
        folder: crate::harness::folder(),
        storage: Arc::new(storage),
        chest: Arc::new(Chest::new()),
        seed: 1,
    };
    let done = interrupted(&house, plan, &steps);
    panic!("step was not reached: {done:?}, {:?}", steps.steps());
}

/// A place at which the authority is awaited, with what its root made elsewhere beside the database.
fn awaiting() -> TempDir {
    let (online, vault) = (House::empty(), House::empty());
    let request = Room::open(online.parts()).request(&issuing(), &administrator(), later(60));
    drop(held(&vault, &root()));
    let materials = Materials {
        request: Some(CertificateRequest::from_der(&request.unwrap()).unwrap()),
        ..Materials::default()
    };
    let room = Room::open(vault.parts());
    let made = room.hold(&issuing(), &materials, &administrator(), later(60));
    let above = vault.storage.snapshot().unwrap().issuers().all().unwrap();
    let folder = online.close();
    std::fs::write(folder.path().join("made.der"), made.unwrap().der).unwrap();
    let above = &above[0].issuer.certificate;
    std::fs::write(folder.path().join("root.der"), above).unwrap();
    folder
}

fn take_in(house: &House, storage: Arc<dyn Storage>, material: &Path) -> Result<(), CeremonyError> {
    let read = |name: &str| std::fs::read(material.join(name)).unwrap();
    let above = Certificate::from_der(&read("root.der")).unwrap();
    let parts = Parts {
        storage,
        random: random(house.seed),
        ..house.parts()
    };
    let room = Room::open(parts);
    room.take_in(
        &issuing(),
        &read("made.der"),
        Some(&above),
        &administrator(),
        later(90),
    )
}

/// The same once more: it is there once, with its root, and nothing is awaited.
fn assert_taken_in(house: &House, material: &Path, context: &str) {
    let again = take_in(house, Arc::clone(&house.storage), material);
    let mut unit = house.storage.snapshot().unwrap();
    let names: Vec<String> = (unit.issuers().all().unwrap().into_iter())
        .map(|record| record.issuer.name)
        .collect();
    assert_eq!(names, ["root", "ec"], "{context}: {again:?}");
    assert_eq!(unit.issuers().awaited().unwrap(), [], "{context}");
    let events = house.events();
    let imported = events
        .iter()
        .filter(|event| event.action == "issuer.create");
    assert_eq!(imported.count(), 1, "{context}");
}

#[test]
fn an_import_that_fails_or_is_killed_at_any_call_is_completed_by_another_one() {
    let template = awaiting();
    let material = template.path();
    let attempt = |steps: &Arc<Steps>| {
        let house = crate::faults::house(copy(&template), 1);
        let storage = Faulty::new(Arc::clone(&house.storage), Arc::clone(steps));
        house.chest.controls.follow(steps);
        let outcome = take_in(&house, Arc::new(storage), material);
        house.chest.controls.forget_plan();
        (house, outcome)
    };
    let clean = Steps::clean();
    let (house, outcome) = attempt(&clean);
    outcome.unwrap();
    assert_taken_in(&house, material, "without a fault");
    let names = clean.steps();
    assert!(names.len() > 8, "{names:?}");
    for (at, name) in names.iter().enumerate() {
        for fault in Fault::ERRORS
            .into_iter()
            .filter(|fault| fault.differs_at(name))
        {
            let context = format!("import {fault:?} at {at} ({name})");
            let steps = Steps::new(at, fault);
            let (mut house, _) = attempt(&steps);
            assert!(steps.was_reached(), "{context}");
            house.chest = Arc::new(Chest::new());
            assert_taken_in(&house, material, &context);
        }
        for fault in Fault::KILLS
            .into_iter()
            .filter(|fault| fault.differs_at(name))
        {
            let context = format!("import {fault:?} at {at} ({name})");
            let folder = copy(&template);
            let paths = (material.display(), folder.path().display());
            let orders = format!("import {at} {fault:?} {} {}", paths.0, paths.1);
            let output = Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "ceremony::the_import_that_is_killed",
                    "--nocapture",
                ])
                .env(VICTIM, orders)
                .output()
                .unwrap();
            assert_eq!(output.status.signal(), Some(9), "{context}: {output:?}");
            assert_taken_in(&crate::faults::house(folder, 2), material, &context);
        }
    }
}

/// Does nothing in a run of the tests; it is the process that the test above kills.
#[test]
fn the_import_that_is_killed() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test cannot give its other process arguments"
    )]
    let Ok(orders) = std::env::var(VICTIM) else {
        return;
    };
    let orders: Vec<&str> = orders.splitn(5, ' ').collect();
    let fault = Fault::from_name(orders[2]).unwrap();
    let steps = Steps::new(orders[1].parse().unwrap(), fault);
    let storage = SqliteStorage::open_existing(Path::new(orders[4]).join("tanba.sqlite")).unwrap();
    let house = House {
        folder: crate::harness::folder(),
        storage: Arc::new(storage),
        chest: Arc::new(Chest::new()),
        seed: 1,
    };
    let storage = Faulty::new(Arc::clone(&house.storage), Arc::clone(&steps));
    house.chest.controls.follow(&steps);
    let done = take_in(&house, Arc::new(storage), Path::new(orders[3]));
    panic!("step was not reached: {done:?}, {:?}", steps.steps());
}

#[test]
fn a_rehearsal_needs_no_key_and_leaves_nothing_and_the_signature_comes_after_the_record() {
    let house = House::empty();
    drop(held(&house, &root()));
    let before = house.certificates().len();
    let room = Room::for_rehearsal(
        Arc::clone(&house.storage),
        random(5),
        tanba_ca::Profiles::builtin(),
    );
    drop(
        room.rehearse(&issuing(), &Materials::default(), NOW)
            .unwrap(),
    );
    assert_eq!(house.certificates().len(), before);
    // A key that signs wrongly: the intent is there, its certificate is not, and the same plan completes it.
    house.chest.controls.set(Behaviour::SignsSomethingElse);
    let refused = hold(&house, Arc::clone(&house.storage), &issuing());
    assert!(matches!(
        refused,
        Err(CeremonyError::Issuance(_) | CeremonyError::Authority(_))
    ));
    let mut unit = house.storage.snapshot().unwrap();
    assert_eq!(unit.issuers().all().unwrap().len(), 1);
    drop(unit);
    house.chest.controls.set(Behaviour::Sound);
    let made = held(&house, &issuing());
    assert_whole(&house, &issuing(), &made, "after a wrong signature");
}

#[test]
fn a_plan_of_another_day_or_with_a_used_serial_number_is_refused() {
    let house = House::empty();
    let refused = |plan: &Plan, now| {
        let room = Room::open(house.parts());
        match room.hold(plan, &Materials::default(), &administrator(), now) {
            Err(CeremonyError::Plan(said)) => said,
            other => panic!("{other:?}"),
        }
    };
    assert!(
        refused(&root(), NOW.minus(std::time::Duration::from_secs(1))).contains("in the future")
    );
    assert!(refused(&root(), later(3 * 24 * 3600)).contains("two days"));
    assert!(refused(&issuing(), later(60)).contains("does not have"));
    drop(held(&house, &root()));
    let again = plan(
        "issuing",
        &format!(
            "[authority]\nname = \"ec\"\nkey = \"ec-p256\"\n{SIGNED_BY}{}",
            certificate(ROOT_SERIAL, 10, "Issuing")
        ),
    );
    assert!(refused(&again, later(60)).contains("was used for another certificate"));
    let foreign = issuing();
    assert!(refused(&list(), later(60)).contains("cannot be revoked as planned"));
    drop(held(&house, &foreign));
    drop(held(&house, &list()));
    let events = house.events();
    let ended = events
        .iter()
        .find(|event| event.action == "certificate.revoke");
    assert_eq!(
        ended.unwrap().detail,
        format!("cessationOfOperation as of {}", NOW.rfc3339()),
        "the list of the plan says another instant than the evidence"
    );
    let second = plan(
        "crl",
        &format!(
            "[signed-by]\nissuer = \"root\"\n[list]\nnumber = 7\nthis-update = \"{}\"\nnext-update = \"{}\"\n",
            NOW.rfc3339(),
            NOW.plus_years(1).rfc3339()
        ),
    );
    assert!(refused(&second, later(60)).contains("the next number is 2"));
}

/// An intent is signed whenever its plan is carried out again, so its name is taken as if it were.
#[test]
fn a_name_is_taken_from_the_intent_on() {
    let house = House::empty();
    drop(held(&house, &root()));
    let brought = |seed: u64| {
        let request = request(&key(seed));
        Materials {
            request: Some(CertificateRequest::from_der(&request).unwrap()),
            ..Materials::default()
        }
    };
    let room = Room::open(house.parts());
    let hold = |plan: &Plan, materials: &Materials| {
        room.hold(plan, materials, &administrator(), later(60))
    };
    house.chest.controls.set(Behaviour::SignsSomethingElse);
    assert!(hold(&issuing(), &brought(11)).is_err());
    house.chest.controls.set(Behaviour::Sound);
    let rest = format!(
        "[authority]\nname = \"other\"\nkey = \"ec-p256\"\nshards = 2\n{SIGNED_BY}{}",
        certificate("2d0a1b2c3d4e5f60718293a4b5c6d7e8f9054321", 10, "issuing")
    );
    match hold(&plan("issuing", &rest), &brought(12)) {
        Err(CeremonyError::Plan(said)) => assert!(said.contains("another name"), "{said}"),
        other => panic!("{other:?}"),
    }
    drop(hold(&issuing(), &brought(11)).unwrap());
}
