//! A throw-away authority with a responder in front of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tanba_ca::{
    Authority, AuthorityNames, Cost, InitOptions, IssuingKey, KeyChest, KeyVault, KeyVaultError,
    Parts, Profiles, Rules,
};
use tanba_crypto::{
    KeyAlgorithm, PublicKey, Secret, SignError, SignatureAlgorithm, Signer, SoftwareKey,
};
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Channel, RevocationReason};
use tanba_model::id::CertificateId;
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::person::NewPerson;
use tanba_model::ports::{Clock, Issuance, IssuanceOrder, RandomSource, SharedRandom, Storage};
use tanba_pki::profile::Subject;
use tanba_pki::{CertificateRequest, DistinguishedNameBuilder, RequestAttributes, Timestamp};
use tanba_storage::SqliteStorage;
use tower::ServiceExt;

/// 24 November 2026, 06:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_795_500_000);

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct StandingClock(Mutex<Timestamp>);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Keys as the vault has them, but each RSA root of the tests has the same one: making it takes seconds. They are in a device
/// where there is a switch for it.
#[derive(Debug)]
struct Chest {
    vault: KeyVault,
    is_away: Option<Arc<AtomicBool>>,
}

/// A key in a device that can be away.
#[derive(Debug)]
struct InDevice {
    key: Arc<dyn Signer>,
    is_away: Arc<AtomicBool>,
}

impl Signer for InDevice {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(SignError::Failed);
        }
        self.key.sign(message)
    }
}

impl Chest {
    fn place(&self, key: Arc<dyn Signer>) -> Arc<dyn Signer> {
        match &self.is_away {
            Some(is_away) => Arc::new(InDevice {
                key,
                is_away: Arc::clone(is_away),
            }),
            None => key,
        }
    }
}

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
        Ok(self.place(self.vault.open_key(stored)?))
    }

    fn make_key(
        &self,
        algorithm: KeyAlgorithm,
        random: &dyn RandomSource,
    ) -> Result<(Vec<u8>, Arc<dyn Signer>), KeyVaultError> {
        if algorithm == (KeyAlgorithm::Rsa { bits: 4096 }) {
            let stored = self.vault.seal(root_key(), random)?;
            return Ok((stored.clone(), self.open_key(&stored)?));
        }
        let (stored, key) = self.vault.make_key(algorithm, random)?;
        Ok((stored, self.place(key)))
    }
}

pub(crate) struct House {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) clock: Arc<StandingClock>,
    pub(crate) router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl House {
    pub(crate) fn new(key: IssuingKey, now: Timestamp) -> Self {
        Self::make(key, now, None)
    }

    /// A house whose keys are in a device, and the switch that takes it away.
    pub(crate) fn with_device(key: IssuingKey, now: Timestamp) -> (Self, Arc<AtomicBool>) {
        let is_away = Arc::new(AtomicBool::new(false));
        (Self::make(key, now, Some(Arc::clone(&is_away))), is_away)
    }

    fn make(key: IssuingKey, now: Timestamp, is_away: Option<Arc<AtomicBool>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage: Arc<dyn Storage> =
            Arc::new(SqliteStorage::open(folder.path().join("tanba.sqlite")).unwrap());
        let random: Arc<dyn RandomSource> = Arc::new(SharedRandom::new(StdRng::seed_from_u64(1)));
        let passphrase = Secret::from("passphrase".to_owned());
        let parts = Parts {
            storage: Arc::clone(&storage),
            chest: Arc::new(Chest {
                vault: KeyVault::create(&passphrase, Cost::THROW_AWAY, random.as_ref()).unwrap(),
                is_away,
            }),
            random,
            profiles: Profiles::builtin(),
            rules: Rules::default(),
        };
        let options = InitOptions {
            public_url: "http://pki.example.kz".to_owned(),
            names: AuthorityNames::neutral("Example", "KZ"),
            issuing_name: "test".to_owned(),
            issuing_key: key,
            shards: 2,
        };
        let authority =
            Arc::new(tanba_ca::init(parts, &options, &Actor::System, now, &mut |_| {}).unwrap());
        let clock = Arc::new(StandingClock(Mutex::new(now)));
        let router = tanba_responder::router(tanba_responder::Parts {
            storage: Arc::clone(&storage),
            signers: authority.clone(),
            clock: clock.clone(),
            rules: tanba_responder::Rules::default(),
        })
        .unwrap();
        Self {
            folder,
            storage,
            authority,
            clock,
            router,
        }
    }

    /// Issues one certificate, to a new person.
    pub(crate) fn certificate(&self, seed: u64) -> CertificateRecord {
        let iin = Iin::complete(&format!("800101300{seed:02}")).unwrap();
        let mut unit = self.storage.begin().unwrap();
        let new = NewPerson {
            iin: iin.clone(),
            surname: "ҚҰНАНБАЙ".to_owned(),
            given_name: "АБАЙ".to_owned(),
            patronymic: None,
            email: None,
            language: Language::Kk,
            phone: None,
        };
        let now = self.clock.now();
        let person = unit.persons().insert(&new, now).unwrap();
        unit.commit().unwrap();
        let key =
            SoftwareKey::generate(KeyAlgorithm::EcP256, &mut StdRng::seed_from_u64(seed)).unwrap();
        let nobody = DistinguishedNameBuilder::new().build().unwrap();
        let order = IssuanceOrder {
            person: Some(person),
            application: None,
            profile: "neutral-individual-signature".to_owned(),
            subject: Subject {
                surname: "ҚҰНАНБАЙ".to_owned(),
                given_name: "АБАЙ".to_owned(),
                iin: iin.as_str().to_owned(),
                country: "KZ".to_owned(),
                ..Subject::default()
            },
            email: None,
            keystore: KeystoreKind::PersonalComputer,
            request: CertificateRequest::build(&nobody, &key, &RequestAttributes::default())
                .unwrap(),
            channel: Channel::Administrator,
            actor: Actor::System,
        };
        self.authority.issue(&[order], now).unwrap().swap_remove(0)
    }

    pub(crate) fn revoke(&self, id: CertificateId, reason: RevocationReason) {
        self.authority
            .revoke(id, reason, Actor::System, self.clock.now())
            .unwrap();
    }

    pub(crate) fn wait(&self, seconds: u64) {
        let mut now = self.clock.0.lock().unwrap();
        *now = now.plus(Duration::from_secs(seconds));
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: to_bytes(response.into_body(), 1 << 20).await.unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn get_if(&self, path: &str, header: &str, value: &str) -> Answer {
        self.send(
            Request::get(path)
                .header(header, value)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    pub(crate) async fn post(&self, path: &str, body: Vec<u8>) -> Answer {
        let request = Request::post(path).header("content-type", "application/ocsp-request");
        self.send(request.body(Body::from(body)).unwrap()).await
    }
}
