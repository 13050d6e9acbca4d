//! A throw-away authority: a temporary database, seeded randomness, keys that fail on demand.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};

use rand::SeedableRng;
use rand::rngs::StdRng;
use tanba_ca::{
    Authority, AuthorityNames, Cost, InitOptions, IssuingKey, KeyChest, KeyVault, KeyVaultError,
    Parts, Profiles, Rules,
};
use tanba_crypto::{
    KeyAlgorithm, PublicKey, Secret, SignError, SignatureAlgorithm, Signer, SoftwareKey,
};
use tanba_model::application::{ApplicationKind, ApplicationNumber};
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Channel};
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::person::NewPerson;
use tanba_model::ports::{
    IssuanceOrder, NewApplication, RandomSource, SharedRandom, SourceRng, Storage,
};
use tanba_pki::profile::Subject;
use tanba_pki::{
    CertificateRequest, DistinguishedName, DistinguishedNameBuilder, RequestAttributes, Timestamp,
};
use tanba_storage::SqliteStorage;

use crate::ports::Plan;

/// 24 November 2026, 06:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_795_500_000);
pub(crate) const URL: &str = "http://pki.example.kz";

pub(crate) fn later(seconds: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

pub(crate) fn random(seed: u64) -> Arc<dyn RandomSource> {
    Arc::new(SharedRandom::new(StdRng::seed_from_u64(seed)))
}

/// A folder that is gone in the end. In memory where the system has such a place: hundreds of databases are made, and what
/// they wait for a disk proves nothing, since a process that is killed does not take what it wrote from the system.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// What the signing keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Sound,
    Fails,
    SignsSomethingElse,
    SignsWrongly,
    Hangs,
    Panics,
    /// Somebody stops the authority while it signs.
    IsStopped,
    /// Somebody revokes the authority while it signs.
    IsDisowned,
}

#[derive(Debug)]
pub(crate) struct Controls {
    pub(crate) behaviour: Mutex<Behaviour>,
    pub(crate) signatures: AtomicU32,
    /// Keys that may still be made.
    pub(crate) keys_left: AtomicU32,
    /// Whose steps the signatures and new keys are.
    plan: Mutex<Option<Arc<Plan>>>,
    /// Signatures of keys that hang wait here.
    pub(crate) released: (Mutex<bool>, Condvar),
    /// Where the authority is stopped by keys that do so.
    pub(crate) switched: Mutex<Option<Arc<dyn Storage>>>,
}

impl Controls {
    pub(crate) fn set(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    pub(crate) fn follow(&self, plan: &Arc<Plan>) {
        *self.plan.lock().unwrap() = Some(Arc::clone(plan));
    }

    pub(crate) fn forget_plan(&self) {
        *self.plan.lock().unwrap() = None;
    }

    /// Lets the keys that hang go on.
    pub(crate) fn release(&self) {
        *self.released.0.lock().unwrap() = true;
        self.released.1.notify_all();
    }
}

#[derive(Debug)]
struct Temperamental {
    key: Arc<dyn Signer>,
    controls: Arc<Controls>,
}

impl Signer for Temperamental {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.controls.signatures.fetch_add(1, Ordering::SeqCst);
        let behaviour = *self.controls.behaviour.lock().unwrap();
        let plan = self.controls.plan.lock().unwrap().clone();
        match behaviour {
            Behaviour::Sound => match plan {
                Some(plan) => {
                    plan.step("signature", || SignError::Failed, || self.key.sign(message))
                }
                None => self.key.sign(message),
            },
            Behaviour::Hangs => {
                let (released, changed) = &self.controls.released;
                let released = released.lock().unwrap();
                drop(changed.wait_while(released, |released| !*released).unwrap());
                self.key.sign(message)
            }
            Behaviour::SignsWrongly => {
                let mut signature = self.key.sign(message)?;
                let last = signature.last_mut().ok_or(SignError::Failed)?;
                *last ^= 1;
                Ok(signature)
            }
            Behaviour::IsStopped => {
                // Once: whoever stops what is stopped is told so.
                if let Some(storage) = self.controls.switched.lock().unwrap().take() {
                    crate::switch::stop(storage.as_ref(), None);
                }
                self.key.sign(message)
            }
            Behaviour::IsDisowned => {
                if let Some(storage) = self.controls.switched.lock().unwrap().take() {
                    let reason = tanba_model::certificate::RevocationReason::KeyCompromise;
                    crate::unfit::disown(storage.as_ref(), reason);
                }
                self.key.sign(message)
            }
            Behaviour::Fails => Err(SignError::Failed),
            Behaviour::SignsSomethingElse => self.key.sign(&[message, b"!"].concat()),
            Behaviour::Panics => panic!("the module of the data centre caught fire"),
        }
    }
}

/// A vault whose RSA keys are made once for all tests, and whose keys do as they are told.
#[derive(Debug)]
pub(crate) struct Chest {
    vault: KeyVault,
    pub(crate) controls: Arc<Controls>,
}

impl Chest {
    pub(crate) fn new() -> Self {
        let passphrase = Secret::from("passphrase".to_owned());
        Self {
            vault: KeyVault::create(&passphrase, Cost::THROW_AWAY, random(7).as_ref()).unwrap(),
            controls: Arc::new(Controls {
                behaviour: Mutex::new(Behaviour::Sound),
                signatures: AtomicU32::new(0),
                keys_left: AtomicU32::new(u32::MAX),
                plan: Mutex::default(),
                released: (Mutex::new(false), Condvar::new()),
                switched: Mutex::default(),
            }),
        }
    }

    fn wrap(&self, key: Arc<dyn Signer>) -> Arc<dyn Signer> {
        Arc::new(Temperamental {
            key,
            controls: Arc::clone(&self.controls),
        })
    }
}

/// RSA-4096 takes seconds; every root of the tests has the same key.
fn root_key() -> &'static Secret {
    static KEY: OnceLock<Secret> = OnceLock::new();
    KEY.get_or_init(|| {
        let algorithm = KeyAlgorithm::Rsa { bits: 4096 };
        SoftwareKey::generate(algorithm, &mut StdRng::seed_from_u64(1))
            .unwrap()
            .pkcs8_der()
    })
}

impl KeyChest for Chest {
    fn open_key(&self, stored: &[u8]) -> Result<Arc<dyn Signer>, KeyVaultError> {
        Ok(self.wrap(self.vault.open_key(stored)?))
    }

    fn make_key(
        &self,
        algorithm: KeyAlgorithm,
        random: &dyn RandomSource,
    ) -> Result<(Vec<u8>, Arc<dyn Signer>), KeyVaultError> {
        let left = self.controls.keys_left.load(Ordering::SeqCst);
        if left == 0 {
            return Err(KeyVaultError::Cipher);
        }
        self.controls.keys_left.store(left - 1, Ordering::SeqCst);
        let plan = self.controls.plan.lock().unwrap().clone();
        if let Some(plan) = plan {
            plan.step("new key", || KeyVaultError::Cipher, || Ok(()))?;
        }
        if algorithm == (KeyAlgorithm::Rsa { bits: 4096 }) {
            let stored = self.vault.seal(root_key(), random)?;
            return Ok((stored.clone(), self.open_key(&stored)?));
        }
        let (stored, key) = self.vault.make_key(algorithm, random)?;
        Ok((stored, self.wrap(key)))
    }
}

pub(crate) struct House {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) chest: Arc<Chest>,
    pub(crate) seed: u64,
}

pub(crate) fn options(key: IssuingKey, shards: u16) -> InitOptions {
    InitOptions {
        public_url: URL.to_owned(),
        names: AuthorityNames::kazakh("(RSA) TEST"),
        issuing_name: "test".to_owned(),
        issuing_key: key,
        shards,
    }
}

impl House {
    pub(crate) fn empty() -> Self {
        let folder = folder();
        let storage = Arc::new(SqliteStorage::open(folder.path().join("tanba.sqlite")).unwrap());
        Self {
            folder,
            storage,
            chest: Arc::new(Chest::new()),
            seed: 1,
        }
    }

    /// Closes the database, which is one whole file then: a thread that signed may hold it for a moment longer.
    pub(crate) fn close(self) -> tempfile::TempDir {
        while Arc::strong_count(&self.storage) > 1 {
            std::thread::yield_now();
        }
        drop(self.storage);
        self.folder
    }

    /// A house with an authority (P-256) in it.
    pub(crate) fn with_authority(shards: u16) -> (Self, Authority) {
        let house = Self::empty();
        let authority = house.init(&options(IssuingKey::EcP256, shards));
        (house, authority)
    }

    pub(crate) fn parts(&self) -> Parts {
        Parts {
            storage: Arc::clone(&self.storage),
            chest: self.chest.clone(),
            random: random(self.seed),
            profiles: Profiles::builtin(),
            rules: Rules::default(),
        }
    }

    pub(crate) fn init(&self, options: &InitOptions) -> Authority {
        tanba_ca::init(self.parts(), options, &administrator(), NOW, &mut |_| {}).unwrap()
    }

    /// What a restart does: everything of the process is forgotten.
    pub(crate) fn reopen(&mut self) -> Authority {
        self.seed += 1;
        self.storage =
            Arc::new(SqliteStorage::open(self.folder.path().join("tanba.sqlite")).unwrap());
        self.chest.controls.set(Behaviour::Sound);
        Authority::open(self.parts()).unwrap()
    }

    pub(crate) fn person(&self, eleven: &str) -> PersonId {
        let mut unit = self.storage.begin().unwrap();
        let person = NewPerson {
            iin: Iin::complete(eleven).unwrap(),
            surname: "ҚҰНАНБАЙ".to_owned(),
            given_name: "АБАЙ".to_owned(),
            patronymic: None,
            email: None,
            language: Language::Kk,
            phone: None,
        };
        let id = unit.persons().insert(&person, NOW).unwrap();
        unit.commit().unwrap();
        id
    }

    pub(crate) fn application(&self, person: PersonId, seed: u64) -> ApplicationId {
        let mut unit = self.storage.begin().unwrap();
        let application = NewApplication {
            number: ApplicationNumber::random(&mut SourceRng(random(seed).as_ref())),
            person,
            kind: ApplicationKind::Reissue,
            email: None,
            region: "KZ-75".to_owned(),
            settlement: "almaty".to_owned(),
            keystore: KeystoreKind::PersonalComputer,
            login_certificate: None,
        };
        let id = unit.applications().insert(&application, NOW).unwrap().id;
        unit.commit().unwrap();
        id
    }

    /// Every certificate of every issuer, intents included.
    pub(crate) fn certificates(&self) -> Vec<CertificateRecord> {
        let mut unit = self.storage.snapshot().unwrap();
        let issuers = unit.issuers().all().unwrap();
        issuers
            .iter()
            .flat_map(|issuer| unit.certificates().page(issuer.id, None, 1000).unwrap())
            .collect()
    }

    /// Those of people alone.
    pub(crate) fn of_people(&self) -> Vec<CertificateRecord> {
        let mut records = self.certificates();
        records.retain(|record| record.person.is_some());
        records
    }

    /// How often a key of the authority signed.
    pub(crate) fn signatures(&self) -> u32 {
        self.chest.controls.signatures.load(Ordering::SeqCst)
    }

    /// What the audit log says, oldest first.
    pub(crate) fn events(&self) -> Vec<tanba_model::audit::AuditEvent> {
        let mut unit = self.storage.snapshot().unwrap();
        let records = unit.audit_log().page(0, 10_000).unwrap();
        records.iter().filter_map(|record| record.read()).collect()
    }

    /// Checks the chain of evidence and counts the events by action.
    pub(crate) fn audit(&self) -> BTreeMap<String, usize> {
        let records = self
            .storage
            .snapshot()
            .unwrap()
            .audit_log()
            .page(0, 10_000)
            .unwrap();
        let mut counts = BTreeMap::new();
        let mut previous = None;
        for record in &records {
            record.verify(previous).unwrap();
            previous = Some(record);
            let event: tanba_model::audit::AuditEvent =
                serde_json::from_slice(&record.event).unwrap();
            *counts.entry(event.action).or_default() += 1;
        }
        counts
    }
}

pub(crate) fn administrator() -> Actor {
    Actor::Administrator("root".to_owned())
}

pub(crate) fn subject() -> Subject {
    Subject {
        surname: "Құнанбай".to_owned(),
        given_name: "Абай".to_owned(),
        iin: Iin::complete("80010130012")
            .map(|iin| iin.as_str().to_owned())
            .unwrap_or_else(|| "800101300123".to_owned()),
        country: "KZ".to_owned(),
        ..Subject::default()
    }
}

pub(crate) fn nobody() -> DistinguishedName {
    DistinguishedNameBuilder::new().build().unwrap()
}

pub(crate) fn key(seed: u64) -> SoftwareKey {
    SoftwareKey::generate(KeyAlgorithm::EcP256, &mut StdRng::seed_from_u64(seed)).unwrap()
}

pub(crate) fn request(key: &dyn Signer) -> Vec<u8> {
    CertificateRequest::build(&nobody(), key, &RequestAttributes::default()).unwrap()
}

pub(crate) fn order(
    person: PersonId,
    application: Option<ApplicationId>,
    profile: &str,
    request: Vec<u8>,
) -> IssuanceOrder {
    IssuanceOrder {
        person: Some(person),
        application,
        profile: profile.to_owned(),
        subject: subject(),
        email: None,
        keystore: KeystoreKind::PersonalComputer,
        request,
        channel: Channel::Cabinet,
        actor: Actor::Person(person),
    }
}

/// The two orders of a renewal, with keys of this seed.
pub(crate) fn pair(
    person: PersonId,
    application: Option<ApplicationId>,
    seed: u64,
) -> Vec<IssuanceOrder> {
    [
        "neutral-individual-authentication",
        "neutral-individual-signature",
    ]
    .into_iter()
    .zip([seed, seed + 1_000_000])
    .map(|(profile, seed)| order(person, application, profile, request(&key(seed))))
    .collect()
}
