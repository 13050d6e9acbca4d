//! Whatever breaks between intent and certificate: nothing is lost, nothing is unknown, no serial is used twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use tanba_ca::{Authority, AuthorityError, IssuingKey, Rules};
use tanba_model::certificate::{CertificateRecord, NewCertificate, Status};
use tanba_model::ports::{
    Applications, AuditLog, Certificates, Crls, Decisions, Devices, Entries, HelpIndex, Issuance,
    IssuanceError, Issuers, LimitedSessions, Outbox, Persons, Revocations, Secrets, Sessions,
    Staff, Storage, StorageError, UnitOfWork,
};

use crate::harness::{Behaviour, House, NOW, administrator, later, options, pair};

fn open_intents(house: &House) -> usize {
    house
        .storage
        .snapshot()
        .unwrap()
        .certificates()
        .open_intents(None, 100)
        .unwrap()
        .len()
}

fn assert_every_certificate_once(house: &House, applicants: usize) {
    let records = house.certificates();
    let serials: BTreeSet<_> = records
        .iter()
        .map(|record| (record.issuer, record.serial))
        .collect();
    assert_eq!(
        serials.len(),
        records.len(),
        "a serial number was used twice"
    );
    let issued = records
        .iter()
        .filter(|record| record.person.is_some() && record.status == Status::Valid);
    assert_eq!(issued.count(), applicants * 2);
    assert_eq!(open_intents(house), 0);
    let audit = house.audit();
    let voided = audit.get("certificate.void").copied().unwrap_or_default();
    assert_eq!(
        audit["certificate.intend"],
        audit["certificate.issue"] + voided
    );
}

#[test]
fn a_key_that_fails_or_signs_something_else_leaves_intents_that_the_next_call_completes() {
    for behaviour in [
        Behaviour::Fails,
        Behaviour::SignsSomethingElse,
        Behaviour::SignsWrongly,
    ] {
        let (house, authority) = House::with_authority(2);
        let person = house.person("80010130012");
        let orders = pair(person, Some(house.application(person, 1)), 1);
        house.chest.controls.set(behaviour);
        let failed = authority.issue(&orders, NOW);
        assert!(
            matches!(failed, Err(IssuanceError::Signer(_))),
            "{failed:?}"
        );
        assert_eq!(open_intents(&house), 2);
        let intended: Vec<_> = house
            .certificates()
            .into_iter()
            .filter(|record| record.person.is_some())
            .collect();
        assert!(intended.iter().all(|record| record.der.is_none()));
        house.chest.controls.set(Behaviour::Sound);
        let issued = authority.issue(&orders, later(5)).unwrap();
        let serials = |records: &[CertificateRecord]| {
            records
                .iter()
                .map(|record| record.serial)
                .collect::<Vec<_>>()
        };
        assert_eq!(serials(&issued), serials(&intended));
        assert_every_certificate_once(&house, 1);
    }
}

#[test]
fn a_key_that_hangs_is_not_waited_for_and_signs_nothing_twice() {
    let (house, authority) = House::with_authority(2);
    drop(authority);
    let mut parts = house.parts();
    parts.random = crate::harness::random(77);
    parts.rules = Rules::default().with_signing_patience(Duration::from_millis(20));
    let authority = Authority::open(parts).unwrap();
    let person = house.person("80010130012");
    let orders = pair(person, Some(house.application(person, 1)), 1);
    let signatures = || house.chest.controls.signatures.load(Ordering::SeqCst);
    let before = signatures();
    house.chest.controls.set(Behaviour::Hangs);
    for _ in 0..3 {
        let failed = authority.issue(&orders, NOW);
        assert!(
            matches!(failed, Err(IssuanceError::Signer(_))),
            "{failed:?}"
        );
        assert_eq!(open_intents(&house), 2);
    }
    assert_eq!(signatures() - before, 1, "given to the device once");
    house.chest.controls.release();
    // What the device signed after all is kept by itself.
    while open_intents(&house) > 1 {
        std::thread::yield_now();
    }
    house.chest.controls.set(Behaviour::Sound);
    while authority.issue(&orders, later(5)).is_err() {
        std::thread::yield_now();
    }
    assert_eq!(signatures() - before, 2);
    assert_every_certificate_once(&house, 1);
}

#[test]
fn many_open_intents_are_closed_by_one_start() {
    let (mut house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let frozen = house.person("81010130017");
    for seed in 0..350 {
        let whose = if seed % 7 == 0 { frozen } else { person };
        drop(authority.prepare(&pair(whose, None, seed), NOW).unwrap());
    }
    let mut unit = house.storage.begin().unwrap();
    unit.persons().set_frozen(frozen, Some(NOW)).unwrap();
    unit.commit().unwrap();
    drop(authority);
    let recovered = house.reopen().recover(later(60)).unwrap();
    assert_eq!(
        (recovered.completed.len(), recovered.voided.len()),
        (600, 100)
    );
    assert_every_certificate_once(&house, 300);
}

/// What was recorded before the signature of such a certificate.
fn intent_of(record: CertificateRecord) -> NewCertificate {
    NewCertificate {
        issuer: record.issuer,
        serial: record.serial,
        person: record.person,
        application: record.application,
        profile: record.profile,
        purpose: record.purpose,
        keystore: record.keystore,
        channel: record.channel,
        public_key_sha256: record.public_key_sha256,
        to_be_signed: record.to_be_signed,
        shard: record.shard,
        not_before: record.not_before,
        not_after: record.not_after,
        created_at: NOW,
    }
}

#[test]
fn what_somebody_left_is_closed_beside_a_running_server_and_what_is_being_signed_is_not() {
    let (mut house, authority) = House::with_authority(2);
    let [left, busy] = ["80010130012", "81010130017"].map(|iin| house.person(iin));
    drop(authority.prepare(&pair(left, None, 1), NOW).unwrap());
    // The authority's own: its key is in the memory of a program that may still run.
    let mut own = house
        .certificates()
        .into_iter()
        .find(|record| record.profile == "document-seal")
        .unwrap();
    own.serial = tanba_pki::SerialNumber::from_bytes(&[0x11; 20]).unwrap();
    let mut unit = house.storage.begin().unwrap();
    unit.certificates().intend(&intent_of(own)).unwrap();
    unit.commit().unwrap();
    let server = house.reopen();
    let busy = server.prepare(&pair(busy, None, 2), later(50)).unwrap();
    assert_eq!(
        server.recover_left(later(59)).unwrap(),
        tanba_ca::Recovered::default()
    );
    let recovered = server.recover_left(later(60)).unwrap();
    assert_eq!((recovered.completed.len(), recovered.voided.len()), (2, 0));
    let serials: Vec<_> = busy.serials().collect();
    assert!(recovered.completed.iter().all(|one| !serials.contains(one)));
    // The one that was busy goes on as if nothing were.
    assert_eq!(busy.issue(later(61)).unwrap().len(), 2);
    let waiting = server.recover_waiting(later(62)).unwrap();
    assert_eq!(waiting, tanba_ca::Recovered::default());
    let recovered = server.recover_left(later(60 * 60)).unwrap();
    assert_eq!((recovered.completed.len(), recovered.voided.len()), (0, 1));
    house.audit();
}

#[test]
fn what_was_left_is_closed_in_parts() {
    let (mut house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    for seed in 0..75 {
        drop(authority.prepare(&pair(person, None, seed), NOW).unwrap());
    }
    drop(authority);
    let server = house.reopen();
    let parts: Vec<(usize, bool)> = (0..3)
        .map(|_| {
            let recovered = server.recover_left(later(60)).unwrap();
            (recovered.completed.len(), recovered.more)
        })
        .collect();
    assert_eq!(parts, [(100, true), (50, false), (0, false)]);
    assert_every_certificate_once(&house, 75);
}

#[test]
fn one_that_cannot_be_signed_keeps_no_other_from_it() {
    let (mut house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let issued = authority.issue(&pair(person, None, 1), NOW).unwrap();
    let torn = NewCertificate {
        serial: tanba_pki::SerialNumber::from_bytes(&[0x11; 20]).unwrap(),
        public_key_sha256: [0x11; 32],
        to_be_signed: vec![0x30, 0x00],
        ..intent_of(issued[0].clone())
    };
    let mut unit = house.storage.begin().unwrap();
    unit.certificates().intend(&torn).unwrap();
    unit.commit().unwrap();
    for (round, seed) in [2, 3].into_iter().enumerate() {
        drop(authority.prepare(&pair(person, None, seed), NOW).unwrap());
        assert_eq!(open_intents(&house), 3);
        let recovered = if round == 0 {
            house.reopen().recover(later(60))
        } else {
            house.reopen().recover_left(later(60))
        };
        assert!(
            matches!(recovered, Err(IssuanceError::Signer(_))),
            "{recovered:?}"
        );
        assert_eq!(open_intents(&house), 1, "the one that is torn");
    }
}

#[test]
fn a_key_that_panics_leaves_intents_that_the_next_start_completes() {
    let (mut house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let application = house.application(person, 1);
    let orders = pair(person, Some(application), 1);
    house.chest.controls.set(Behaviour::Panics);
    let failed = authority.issue(&orders, NOW);
    assert!(
        matches!(failed, Err(IssuanceError::Signer(_))),
        "{failed:?}"
    );
    drop(authority);
    let authority = house.reopen();
    let recovered = authority.recover(later(60)).unwrap();
    assert_eq!((recovered.completed.len(), recovered.voided.len()), (2, 0));
    assert_eq!(
        authority.recover(later(61)).unwrap(),
        tanba_ca::Recovered::default()
    );
    let issued = authority.issue(&orders, later(62)).unwrap();
    assert_eq!(
        issued
            .iter()
            .map(|record| record.serial)
            .collect::<Vec<_>>(),
        recovered.completed
    );
    assert_every_certificate_once(&house, 1);
}

#[test]
fn intents_that_nobody_can_use_any_more_are_given_up() {
    let (mut house, authority) = House::with_authority(2);
    let frozen = house.person("80010130012");
    let late = house.person("81010130017");
    drop(authority.prepare(&pair(frozen, None, 1), NOW).unwrap());
    drop(authority.prepare(&pair(late, None, 2), NOW).unwrap());
    let mut unit = house.storage.begin().unwrap();
    unit.persons().set_frozen(frozen, Some(NOW)).unwrap();
    unit.commit().unwrap();
    let authority = house.reopen();
    let recovered = authority.recover(later(60)).unwrap();
    assert_eq!((recovered.completed.len(), recovered.voided.len()), (2, 2));
    drop(authority.prepare(&pair(late, None, 3), NOW).unwrap());
    let recovered = house.reopen().recover(later(3 * 366 * 86_400)).unwrap();
    assert_eq!((recovered.completed.len(), recovered.voided.len()), (0, 2));
    house.audit();
}

/// Storage that dies at a commit: before it, or after it but before anybody hears of it.
#[derive(Debug)]
struct Dying {
    inner: Arc<dyn Storage>,
    commits_left: AtomicI32,
    heard: bool,
}

struct DyingUnit<'a> {
    inner: Box<dyn UnitOfWork + 'a>,
    storage: &'a Dying,
}

fn gone() -> StorageError {
    StorageError::Unavailable("power cut".into())
}

impl Dying {
    fn alive(&self) -> Result<(), StorageError> {
        if self.commits_left.load(Ordering::SeqCst) < 0 {
            Err(gone())
        } else {
            Ok(())
        }
    }
}

impl Storage for Dying {
    fn begin(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        self.alive()?;
        Ok(Box::new(DyingUnit {
            inner: self.inner.begin()?,
            storage: self,
        }))
    }

    fn snapshot(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        self.alive()?;
        self.inner.snapshot()
    }
}

impl UnitOfWork for DyingUnit<'_> {
    fn persons(&mut self) -> &mut dyn Persons {
        self.inner.persons()
    }
    fn applications(&mut self) -> &mut dyn Applications {
        self.inner.applications()
    }
    fn intakes(&mut self) -> &mut dyn tanba_model::ports::Intakes {
        self.inner.intakes()
    }
    fn certificates(&mut self) -> &mut dyn Certificates {
        self.inner.certificates()
    }
    fn issuers(&mut self) -> &mut dyn Issuers {
        self.inner.issuers()
    }
    fn keys(&mut self) -> &mut dyn tanba_model::ports::Keys {
        self.inner.keys()
    }
    fn revocations(&mut self) -> &mut dyn Revocations {
        self.inner.revocations()
    }
    fn crls(&mut self) -> &mut dyn Crls {
        self.inner.crls()
    }
    fn audit_log(&mut self) -> &mut dyn AuditLog {
        self.inner.audit_log()
    }
    fn sessions(&mut self) -> &mut dyn Sessions {
        self.inner.sessions()
    }
    fn limited_sessions(&mut self) -> &mut dyn LimitedSessions {
        self.inner.limited_sessions()
    }

    fn entries(&mut self) -> &mut dyn Entries {
        self.inner.entries()
    }

    fn devices(&mut self) -> &mut dyn Devices {
        self.inner.devices()
    }

    fn secrets(&mut self) -> &mut dyn Secrets {
        self.inner.secrets()
    }
    fn help(&mut self) -> &mut dyn HelpIndex {
        self.inner.help()
    }
    fn staff(&mut self) -> &mut dyn Staff {
        self.inner.staff()
    }
    fn decisions(&mut self) -> &mut dyn Decisions {
        self.inner.decisions()
    }
    fn outbox(&mut self) -> &mut dyn Outbox {
        self.inner.outbox()
    }
    fn commit(self: Box<Self>) -> Result<(), StorageError> {
        let left = self.storage.commits_left.fetch_sub(1, Ordering::SeqCst);
        if left > 0 {
            return self.inner.commit();
        }
        if self.storage.heard {
            self.inner.commit()?;
        }
        Err(gone())
    }
}

#[test]
fn a_power_cut_at_any_commit_loses_nothing_and_doubles_nothing() {
    let (mut house, authority) = House::with_authority(2);
    drop(authority);
    let mut applicants = 0;
    let mut deaths = 0;
    for commits in 0..3 {
        for heard in [false, true] {
            applicants += 1;
            let person = house.person(&format!("800101300{applicants:02}"));
            let seed = u64::try_from(applicants).unwrap();
            let orders = pair(person, Some(house.application(person, seed)), seed);
            let mut parts = house.parts();
            parts.random = crate::harness::random(1000 + seed);
            parts.storage = Arc::new(Dying {
                inner: Arc::clone(&house.storage),
                commits_left: AtomicI32::new(commits),
                heard,
            });
            if Authority::open(parts).unwrap().issue(&orders, NOW).is_err() {
                deaths += 1;
            }
            let authority = house.reopen();
            authority.recover(later(1)).unwrap();
            let issued = authority.issue(&orders, later(2)).unwrap();
            assert_eq!(issued.len(), 2);
            assert!(authority.issue(&orders, later(3)).unwrap() == issued);
            assert_every_certificate_once(&house, applicants);
        }
    }
    assert_eq!(
        deaths, 4,
        "issuing takes two commits, so the third is never reached"
    );
}

#[test]
fn a_power_cut_at_any_commit_of_making_an_authority_is_taken_up_and_leaves_one_issuing_authority() {
    let mut died = 0;
    for commits in 0..14 {
        for heard in [false, true] {
            let house = House::empty();
            let mut parts = house.parts();
            parts.storage = Arc::new(Dying {
                inner: Arc::clone(&house.storage),
                commits_left: AtomicI32::new(commits),
                heard,
            });
            let options = options(IssuingKey::EcP256, 2);
            let first = tanba_ca::init(parts, &options, &administrator(), NOW, &mut |_| {});
            died += i32::from(first.is_err());
            let mut parts = house.parts();
            parts.random = crate::harness::random(99);
            let authority =
                match tanba_ca::init(parts, &options, &administrator(), later(60), &mut |_| {}) {
                    Ok(authority) => authority,
                    // The issuing authority was there already; what is missing is made by and by.
                    Err(AuthorityError::Exists) => {
                        let mut parts = house.parts();
                        parts.random = crate::harness::random(100);
                        let authority = Authority::open(parts).unwrap();
                        authority.recover(later(60)).unwrap();
                        authority.maintain(later(60)).unwrap();
                        authority
                    }
                    Err(other) => panic!("{commits} {heard}: {other:?}"),
                };
            assert_eq!(authority.issuers().len(), 2);
            assert!(authority.issuers()[1].responder_not_after.is_some());
            let records = house.certificates();
            let count = |profile: &str| {
                records
                    .iter()
                    .filter(|record| record.profile == profile && record.status == Status::Valid)
                    .count()
            };
            assert_eq!(
                (count("root-ca"), count("issuing-ca")),
                (1, 1),
                "{commits} {heard}"
            );
            assert_eq!(open_intents(&house), 0);
            house.audit();
        }
    }
    assert!(died > 10, "{died}");
}
