//! Every step of issuing, revoking, publishing and recovering fails, or is the last thing that the process does: nothing
//! is lost, nothing is unknown, no serial number is there twice, the evidence is whole, and asking again works.
//!
//! Steps are counted in a clean run, and then each of them has its turn with each fault; none is left to chance.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tanba_ca::{Authority, AuthorityError, Prepared};
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::language::Language;
use tanba_model::message::{MessageBody, MessageChannel};
use tanba_model::person::EmailAddress;
use tanba_model::ports::{
    CrlKind, Issuance, IssuanceError, IssuerKind, NewMessage, StorageError, UnitOfWork,
};
use tanba_pki::{Certificate, SerialNumber};
use tanba_storage::SqliteStorage;
use tempfile::TempDir;

use crate::harness::{Chest, House, NOW, administrator, later, pair, random};
use crate::ports::{Fault, Faulty, Plan};

mod together;

/// Who come at once.
const CALLERS: u64 = 3;

/// What is under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Two certificates of an application, announced.
    Application,
    /// Two certificates that nobody applied for.
    Counter,
    /// The same for three who come at once, whose intents and certificates share commits; the first of them meets the
    /// fault.
    Together,
    /// The end of a certificate, announced.
    Revocation,
    /// All lists.
    Publication,
    /// A new OCSP responder, and the lists that are due then.
    Responder,
    /// The start after a crash that left two intents.
    Recovery,
}

const SCENARIOS: [Scenario; 7] = [
    Scenario::Application,
    Scenario::Together,
    Scenario::Counter,
    Scenario::Revocation,
    Scenario::Publication,
    Scenario::Responder,
    Scenario::Recovery,
];

/// Half the life of a responder and more.
const RESPONDER_IS_DUE: u64 = 8 * 24 * 3600;
/// What the process that is killed finds in its environment.
const VICTIM: &str = "TANBA_TEST_VICTIM";

/// A database with an authority, a person, an application, a certificate to be revoked and two intents to be recovered.
pub(crate) struct Template {
    pub(crate) folder: TempDir,
    pub(crate) person: PersonId,
    pub(crate) application: ApplicationId,
}

impl Template {
    pub(crate) fn make(scenario: Scenario) -> Self {
        let (house, authority) = House::with_authority(2);
        let person = house.person("80010130012");
        let application = house.application(person, 1);
        authority.issue(&pair(person, None, 50), NOW).unwrap();
        if scenario == Scenario::Together {
            for seed in 2..=CALLERS {
                house.application(person, seed);
            }
        }
        if scenario == Scenario::Recovery {
            let left = authority.prepare(&pair(person, Some(application), 51), NOW);
            drop(left.unwrap());
        }
        drop(authority);
        Self {
            folder: house.close(),
            person,
            application,
        }
    }

    fn copy(&self) -> TempDir {
        let folder = crate::harness::folder();
        std::fs::copy(
            self.folder.path().join("tanba.sqlite"),
            folder.path().join("tanba.sqlite"),
        )
        .unwrap();
        folder
    }
}

/// A house over a folder that is there.
pub(crate) fn house(folder: TempDir, seed: u64) -> House {
    House {
        storage: Arc::new(
            SqliteStorage::open_existing(folder.path().join("tanba.sqlite")).unwrap(),
        ),
        folder,
        chest: Arc::new(Chest::new()),
        seed,
    }
}

/// Does what the scenario is about, over ports that follow the plan.
pub(crate) fn act(
    scenario: Scenario,
    house: &House,
    (person, application): (PersonId, ApplicationId),
    plan: &Arc<Plan>,
) -> Result<(), AuthorityError> {
    let mut parts = house.parts();
    parts.random = random(1000);
    // Opening is not part of it: nothing is written there.
    let storage = Faulty::new(Arc::clone(&house.storage), Arc::clone(plan));
    storage.plan.pause(true);
    parts.storage = Arc::new(storage);
    let authority = Authority::open(parts)?;
    plan.pause(false);
    house.chest.controls.follow(plan);
    let result = if scenario == Scenario::Together {
        together::issue(&authority, house, (person, application), plan)
    } else {
        ask(scenario, &authority, house, person, application)
    };
    house.chest.controls.forget_plan();
    result
}

fn ask(
    scenario: Scenario,
    authority: &Authority,
    house: &House,
    person: PersonId,
    application: ApplicationId,
) -> Result<(), AuthorityError> {
    let issue = |application, seed| -> Result<(), IssuanceError> {
        prepare(authority, person, application, seed)?
            .issue(later(2))
            .map(drop)
    };
    match scenario {
        Scenario::Application => issue(Some(application), 60)?,
        Scenario::Together => {
            for caller in 0..CALLERS {
                issue(Some(together::of(application, caller)), 60 + caller)?;
            }
        }
        Scenario::Counter => issue(None, 70)?,
        Scenario::Revocation => {
            let target = house.certificates();
            let target = target
                .iter()
                .find(|record| record.person.is_some())
                .unwrap();
            authority.revoke_announced(
                target.id,
                RevocationReason::Superseded,
                &administrator(),
                later(1),
                &mut |unit, serials| announce(unit, person, serials),
            )?;
        }
        Scenario::Publication => {
            authority.publish_all(later(1))?;
        }
        Scenario::Responder => {
            authority.maintain(later(RESPONDER_IS_DUE))?;
        }
        Scenario::Recovery => {
            authority.recover(later(1))?;
        }
    }
    Ok(())
}

fn prepare(
    authority: &Authority,
    person: PersonId,
    application: Option<ApplicationId>,
    seed: u64,
) -> Result<Prepared, IssuanceError> {
    authority.prepare_announced(
        &pair(person, application, seed),
        later(1),
        Box::new(move |unit, serials| announce(unit, person, serials)),
    )
}

fn announce(
    unit: &mut dyn UnitOfWork,
    person: PersonId,
    serials: &[SerialNumber],
) -> Result<(), StorageError> {
    let message = NewMessage {
        person,
        to: EmailAddress::parse("abai@example.kz").unwrap().into(),
        language: Language::Kk,
        body: MessageBody::CertificatesIssued {
            number: String::new(),
            serials: serials.iter().map(SerialNumber::hex).collect(),
            not_me_path: String::new(),
        },
    };
    unit.outbox().insert(&message, NOW).map(drop)
}

/// Everything that must hold after a start, whatever happened before.
fn assert_whole(house: &House, context: &str) {
    let records = house.certificates();
    let serials: BTreeSet<_> = records
        .iter()
        .map(|record| (record.issuer, record.serial))
        .collect();
    assert_eq!(
        serials.len(),
        records.len(),
        "{context}: a serial number twice"
    );
    let keys: BTreeSet<_> = records
        .iter()
        .filter(|record| record.person.is_some())
        .map(|record| record.public_key_sha256)
        .collect();
    let people = records.iter().filter(|record| record.person.is_some());
    assert_eq!(keys.len(), people.count(), "{context}: a key twice");
    let mut unit = house.storage.snapshot().unwrap();
    let issuers: BTreeMap<_, _> = unit
        .issuers()
        .all()
        .unwrap()
        .into_iter()
        .map(|record| {
            let certificate = Certificate::from_der(&record.issuer.certificate).unwrap();
            (record.id, certificate)
        })
        .collect();
    let mut signed = 0;
    for record in &records {
        assert_ne!(record.status, Status::Intended, "{context}: an open intent");
        assert_eq!(record.der.is_some(), record.status != Status::Void);
        if let Some(der) = &record.der {
            signed += 1;
            let certificate = Certificate::from_der(der).unwrap();
            assert_eq!(certificate.tbs_der(), record.to_be_signed);
            let issuer = &issuers[&record.issuer];
            certificate.verify_signed_by(issuer.public_key()).unwrap();
        }
    }
    assert_eq!(
        unit.certificates().count().unwrap(),
        u64::try_from(signed).unwrap(),
        "{context}: a certificate that is not counted, or counted twice"
    );
    drop(unit);
    let audit = house.audit();
    let count = |action: &str| audit.get(action).copied().unwrap_or_default();
    // The root has an event of its own.
    assert_eq!(
        count("certificate.issue") + 1,
        signed,
        "{context}: {audit:?}"
    );
    assert_eq!(
        count("certificate.intend"),
        count("certificate.issue") + count("certificate.void"),
        "{context}: {audit:?}"
    );
    assert_told_once(house, &records, context);
}

/// Who got a certificate in these scenarios was told once, in the commit of the intent; who was refused was not.
fn assert_told_once(house: &House, records: &[CertificateRecord], context: &str) {
    let mut unit = house.storage.snapshot().unwrap();
    let messages = unit
        .outbox()
        .due(MessageChannel::Mail, later(10), 1000)
        .unwrap();
    let mut told: Vec<String> = messages
        .into_iter()
        .flat_map(|message| {
            let MessageBody::CertificatesIssued { serials, .. } = message.body else {
                panic!("{context}: {:?}", message.body);
            };
            serials
        })
        .collect();
    let count = told.len();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), count, "{context}: somebody was told twice");
    let known: BTreeSet<String> = records.iter().map(|record| record.serial.hex()).collect();
    assert!(
        told.iter().all(|serial| known.contains(serial)),
        "{context}"
    );
}

/// Numbers of the lists that are published.
fn numbers(house: &House) -> BTreeMap<(i64, String), u64> {
    let mut unit = house.storage.snapshot().unwrap();
    let mut numbers = BTreeMap::new();
    for issuer in unit.issuers().all().unwrap() {
        let shards = match issuer.issuer.kind {
            IssuerKind::Root => 0,
            IssuerKind::Issuing => issuer.issuer.shards,
        };
        let kinds = (0..shards).flat_map(|shard| [CrlKind::Shard(shard), CrlKind::Delta(shard)]);
        for kind in std::iter::once(CrlKind::Full).chain(kinds) {
            let list = unit.crls().latest(issuer.id, kind).unwrap().unwrap();
            numbers.insert((issuer.id.0, format!("{kind:?}")), list.number);
        }
    }
    numbers
}

/// Starts again after a fault, looks at everything, and asks once more for what was asked.
pub(crate) fn restart_and_ask_again(
    scenario: Scenario,
    template: &Template,
    folder: TempDir,
    context: &str,
) {
    let house = house(folder, 5);
    let mut parts = house.parts();
    parts.random = random(2000);
    let authority = Authority::open(parts).unwrap();
    authority.recover(later(100)).unwrap();
    assert_whole(&house, context);
    let before = numbers(&house);
    let (person, application) = (template.person, template.application);
    let again = ask(scenario, &authority, &house, person, application);
    if scenario == Scenario::Counter && again.is_err() {
        // Its keys have certificates, or their intents were completed at the start: known, and not given twice.
        let known = house.certificates();
        let issued = known
            .iter()
            .filter(|record| record.status.is_valid() && record.person.is_some());
        assert_eq!(issued.count(), 4, "{context}");
    } else {
        again.unwrap();
    }
    authority.publish_all(later(RESPONDER_IS_DUE + 10)).unwrap();
    for (list, number) in numbers(&house) {
        assert!(number > before[&list], "{context}: {list:?} has {number}");
    }
    assert_whole(&house, context);
    let records = house.certificates();
    let of_person = |status: fn(Status) -> bool| {
        let mine = records.iter().filter(|record| record.person.is_some());
        mine.filter(|record| status(record.status)).count()
    };
    let expected = match scenario {
        Scenario::Application | Scenario::Counter | Scenario::Recovery => (4, 0),
        Scenario::Together => (8, 0),
        Scenario::Revocation => (1, 1),
        Scenario::Publication | Scenario::Responder => (2, 0),
    };
    let found = (
        of_person(|status| status == Status::Valid),
        of_person(|status| matches!(status, Status::Revoked { .. })),
    );
    assert_eq!(found, expected, "{context}");
}

/// The steps of a clean run.
fn steps(scenario: Scenario, template: &Template) -> Vec<&'static str> {
    let house = house(template.copy(), 4);
    let plan = Plan::clean();
    act(
        scenario,
        &house,
        (template.person, template.application),
        &plan,
    )
    .unwrap();
    let steps = plan.steps();
    assert!(steps.len() > 5, "{steps:?}");
    steps
}

#[test]
fn an_error_of_any_call_leaves_everything_whole_and_asking_again_works() {
    let mut runs = 0;
    for scenario in SCENARIOS {
        let template = Template::make(scenario);
        for (step, name) in steps(scenario, &template).into_iter().enumerate() {
            for fault in Fault::ERRORS
                .into_iter()
                .filter(|fault| fault.differs_at(name))
            {
                let context = format!("{scenario:?}, {fault:?} of step {step}, {name}");
                let house = house(template.copy(), 4);
                let plan = Plan::new(step, fault);
                // Whether it is an error to the caller depends on the step: a commit is tried twice.
                let _ = act(
                    scenario,
                    &house,
                    (template.person, template.application),
                    &plan,
                );
                assert!(plan.was_reached(), "{context}");
                let House {
                    folder, storage, ..
                } = house;
                drop(storage);
                restart_and_ask_again(scenario, &template, folder, &context);
                runs += 1;
            }
        }
    }
    assert!(runs > 150, "{runs}");
}

#[test]
fn a_kill_at_any_call_leaves_everything_whole_and_asking_again_works() {
    for scenario in SCENARIOS {
        let template = Template::make(scenario);
        for (step, name) in steps(scenario, &template).into_iter().enumerate() {
            for fault in Fault::KILLS
                .into_iter()
                .filter(|fault| fault.differs_at(name))
            {
                let context = format!("{scenario:?}, {fault:?} of step {step}, {name}");
                let folder = template.copy();
                let orders = format!(
                    "{scenario:?} {step} {fault:?} {} {} {}",
                    template.person.0,
                    template.application.0,
                    folder.path().display()
                );
                let output = Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "faults::the_one_that_is_killed", "--nocapture"])
                    .env(VICTIM, orders)
                    .output()
                    .unwrap();
                assert_eq!(output.status.signal(), Some(9), "{context}: {output:?}");
                restart_and_ask_again(scenario, &template, folder, &context);
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
    let orders: Vec<&str> = orders.splitn(6, ' ').collect();
    let scenario = SCENARIOS
        .into_iter()
        .find(|scenario| format!("{scenario:?}") == orders[0])
        .unwrap();
    let plan = Plan::new(
        orders[1].parse().unwrap(),
        Fault::from_name(orders[2]).unwrap(),
    );
    let person = PersonId(orders[3].parse().unwrap());
    let application = ApplicationId(orders[4].parse().unwrap());
    let storage = SqliteStorage::open_existing(Path::new(orders[5]).join("tanba.sqlite")).unwrap();
    let house = House {
        folder: crate::harness::folder(),
        storage: Arc::new(storage),
        chest: Arc::new(Chest::new()),
        seed: 4,
    };
    let done = act(scenario, &house, (person, application), &plan);
    panic!("step was not reached: {done:?}, {:?}", plan.steps());
}
