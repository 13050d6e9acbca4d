//! Every step of issuing, revoking, publishing and recovering fails, or is the last thing that the process does: nothing
//! is lost, nothing is unknown, no serial number is there twice, the evidence is whole, and asking again works.
//!
//! Steps are counted in a clean run, and then each of them has its turn with each fault; none is left to chance.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tanba_ca::{Authority, AuthorityError, CheckpointError, Prepared, Profiles, Switch};
use tanba_model::audit::Checkpoint;
use tanba_model::audit::kept::recompute;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::key::{BlockSource, BlockedKey};
use tanba_model::language::Language;
use tanba_model::message::{MessageBody, MessageChannel};
use tanba_model::person::EmailAddress;
use tanba_model::ports::{
    CrlKind, Issuance, IssuanceError, IssuerKind, NewMessage, Storage, StorageError, SwitchError,
    UnitOfWork,
};
use tanba_pki::{Certificate, SerialNumber};
use tanba_ra::block_key;
use tanba_storage::SqliteStorage;
use tempfile::TempDir;

use crate::harness::{Chest, House, NOW, administrator, later, pair, random};
use crate::ports::{Fault, Faulty, Plan};

mod restore;
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
    /// A certificate is frozen, announced.
    Hold,
    /// One that is frozen counts again.
    Release,
    /// A key is blocked, and the certificate of it revoked.
    Block,
    /// Issuance is stopped and started again.
    Switch,
    /// A new seal, and the log signed with it.
    Seal,
    /// An old copy of the database is accepted in place of the one that the witness remembers, and its lists are published.
    Restore,
}

const SCENARIOS: [Scenario; 13] = [
    Scenario::Application,
    Scenario::Together,
    Scenario::Counter,
    Scenario::Revocation,
    Scenario::Publication,
    Scenario::Responder,
    Scenario::Recovery,
    Scenario::Hold,
    Scenario::Release,
    Scenario::Block,
    Scenario::Switch,
    Scenario::Seal,
    Scenario::Restore,
];

/// Half the life of a responder and more.
const RESPONDER_IS_DUE: u64 = 8 * 24 * 3600;
/// Half the life of a seal and more.
const SEAL_IS_DUE: u64 = 366 * 24 * 3600;
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
        let issued = authority.issue(&pair(person, None, 50), NOW).unwrap();
        if scenario == Scenario::Release {
            let hold = RevocationReason::CertificateHold;
            let frozen = authority.revoke(issued[0].id, hold, administrator(), NOW);
            frozen.unwrap();
        }
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
        let folder = house.close();
        if scenario == Scenario::Restore {
            restore::put_back(&folder);
        }
        Self {
            folder,
            person,
            application,
        }
    }

    fn copy(&self) -> TempDir {
        let folder = crate::harness::folder();
        for name in ["tanba.sqlite", restore::WITNESS, restore::PUBLISHED] {
            let from = self.folder.path().join(name);
            if from.exists() {
                std::fs::copy(from, folder.path().join(name)).unwrap();
            }
        }
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

/// Where the database of a house lies; the one that is killed has another's.
fn place(house: &House) -> PathBuf {
    match orders() {
        Some(orders) => orders.splitn(6, ' ').nth(5).unwrap().into(),
        None => house.folder.path().to_owned(),
    }
}

/// What the one that is killed has to do.
#[expect(
    clippy::disallowed_methods,
    reason = "a test cannot give its other process arguments"
)]
fn orders() -> Option<String> {
    std::env::var(VICTIM).ok()
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
    let storage: Arc<dyn Storage> =
        Arc::new(Faulty::new(Arc::clone(&house.storage), Arc::clone(plan)));
    if scenario == Scenario::Restore {
        restore::accept(&place(house), Some(plan))?;
    }
    plan.pause(true);
    parts.storage = Arc::clone(&storage);
    let authority = Authority::open(parts)?;
    plan.pause(false);
    house.chest.controls.follow(plan);
    let result = if scenario == Scenario::Together {
        together::issue(&authority, house, (person, application), plan)
    } else {
        ask(
            scenario,
            (&authority, storage.as_ref()),
            house,
            person,
            application,
        )
    };
    house.chest.controls.forget_plan();
    result
}

#[expect(clippy::too_many_lines, reason = "an arm for each scenario")]
fn ask(
    scenario: Scenario,
    (authority, storage): (&Authority, &dyn Storage),
    house: &House,
    person: PersonId,
    application: ApplicationId,
) -> Result<(), AuthorityError> {
    let target = || {
        let mut people = house.of_people().into_iter();
        people.next().unwrap()
    };
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
            authority.revoke_announced(
                target().id,
                RevocationReason::Superseded,
                &administrator(),
                later(1),
                &mut |unit, serials| announce(unit, person, serials),
            )?;
        }
        Scenario::Hold => {
            authority.revoke_announced(
                target().id,
                RevocationReason::CertificateHold,
                &administrator(),
                later(1),
                &mut |unit, serials| announce(unit, person, serials),
            )?;
        }
        Scenario::Release => {
            authority.release_announced(
                target().id,
                "found again",
                &administrator(),
                later(1),
                &mut |unit, serials| announce(unit, person, serials),
            )?;
        }
        Scenario::Block => {
            let key = BlockedKey {
                public_key_sha256: target().public_key_sha256,
                at: later(1),
                source: BlockSource::Administrator,
                reason: "published".to_owned(),
                attestation: None,
            };
            let mut unit = storage.begin()?;
            let _ = block_key(unit.as_mut(), &key, &administrator(), "")?;
            unit.commit()?;
        }
        Scenario::Switch => {
            let switch = Switch {
                issuer: "test",
                profile: None,
            };
            let (profiles, who) = (Profiles::builtin(), administrator());
            let stopped = switch.stop(storage, &profiles, "a rumour", &who, later(1));
            done_before(stopped.map(drop), &SwitchError::Stopped)?;
            let started = switch.start(storage, "it was none", &who, later(2));
            done_before(started, &SwitchError::NotStopped)?;
        }
        Scenario::Seal => {
            authority.maintain(later(SEAL_IS_DUE))?;
            match authority.checkpoint(later(SEAL_IS_DUE)) {
                Ok(_) => {}
                Err(CheckpointError::Storage(error)) => return Err(error.into()),
                Err(other) => return Err(AuthorityError::Options(other.to_string())),
            }
        }
        Scenario::Publication | Scenario::Restore => {
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

/// Whoever asks again is told that it is so already, which is what he wanted.
fn done_before(
    result: Result<(), SwitchError>,
    already: &SwitchError,
) -> Result<(), AuthorityError> {
    match result {
        Err(error) if std::mem::discriminant(&error) == std::mem::discriminant(already) => Ok(()),
        Err(SwitchError::Storage(error)) => Err(error.into()),
        Err(other) => Err(AuthorityError::Options(other.to_string())),
        Ok(()) => Ok(()),
    }
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
    let storage = house.storage.as_ref();
    if scenario == Scenario::Restore {
        restore::accept(house.folder.path(), None).unwrap();
    }
    let again = ask(scenario, (&authority, storage), &house, person, application);
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
    let latest = RESPONDER_IS_DUE.max(if scenario == Scenario::Seal {
        SEAL_IS_DUE
    } else {
        0
    });
    authority.publish_all(later(latest + 10)).unwrap();
    for (list, number) in numbers(&house) {
        assert!(number > before[&list], "{context}: {list:?} has {number}");
    }
    assert_whole(&house, context);
    assert_done(scenario, &house, context);
    let records = house.certificates();
    let of_person = |status: fn(Status) -> bool| {
        let mine = records.iter().filter(|record| record.person.is_some());
        mine.filter(|record| status(record.status)).count()
    };
    let expected = match scenario {
        Scenario::Application | Scenario::Counter | Scenario::Recovery => (4, 0),
        Scenario::Together => (8, 0),
        Scenario::Revocation | Scenario::Hold | Scenario::Block => (1, 1),
        Scenario::Publication
        | Scenario::Responder
        | Scenario::Release
        | Scenario::Switch
        | Scenario::Seal
        | Scenario::Restore => (2, 0),
    };
    let found = (
        of_person(|status| status == Status::Valid),
        of_person(|status| matches!(status, Status::Revoked { .. })),
    );
    assert_eq!(found, expected, "{context}");
}

/// What is said of it was done, once, and nothing else.
fn assert_done(scenario: Scenario, house: &House, context: &str) {
    let audit = house.audit();
    let count = |action: &str| audit.get(action).copied().unwrap_or_default();
    let mut unit = house.storage.snapshot().unwrap();
    match scenario {
        Scenario::Hold => assert_eq!(count("certificate.hold"), 1, "{context}"),
        Scenario::Release => assert_eq!(count("certificate.release"), 1, "{context}"),
        Scenario::Block => {
            let blocked = unit.keys().blocked_after(None, 9).unwrap();
            assert_eq!(blocked.len(), 1, "{context}");
            let said = (count("key.block"), count("certificate.revoke"));
            assert_eq!(said, (1, 1), "{context}");
        }
        Scenario::Switch => {
            assert_eq!(unit.issuers().stops().unwrap(), [], "{context}");
            let (stops, starts) = (count("issuer.stop"), count("issuer.start"));
            assert!(
                stops == starts && (1..=2).contains(&stops),
                "{context}: {audit:?}"
            );
        }
        Scenario::Seal => {
            let signed = unit.audit_log().checkpoints(0, 9).unwrap();
            assert!(!signed.is_empty(), "{context}");
            for checkpoint in signed {
                let stated = Checkpoint::from_bytes(&checkpoint.document).unwrap();
                let tree = recompute(unit.audit_log(), checkpoint.size).unwrap();
                assert_eq!(tree.head(), stated.head().unwrap(), "{context}");
            }
            let seal = unit.issuers().all().unwrap().remove(1).seal_certificate;
            let seal = Certificate::from_der(&seal.unwrap()).unwrap();
            assert!(
                seal.not_before() > NOW,
                "{context}: the seal is the old one"
            );
        }
        Scenario::Application
        | Scenario::Counter
        | Scenario::Together
        | Scenario::Revocation
        | Scenario::Publication
        | Scenario::Responder
        | Scenario::Recovery => {}
        Scenario::Restore => restore::assert_accepted(house, context),
    }
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
    let Some(orders) = orders() else {
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
