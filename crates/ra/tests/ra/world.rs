//! A small country: an authority on a temporary SQLite file, people with keys, a mailbox.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tanba_ca::{
    Authority, AuthorityNames, Cost, InitOptions, IssuingKey, KeyVault, Parts, Profiles, Rules,
    init,
};
use tanba_crypto::{KeyAlgorithm, Secret, SignError, SoftwareKey};
use tanba_model::application::{Application, ApplicationNumber};
use tanba_model::audit::channels::Channels;
use tanba_model::audit::facts::{self, Fact, Known};
use tanba_model::audit::{Actor, AuditEvent, AuditRecord};
use tanba_model::certificate::{CertificateRecord, Channel, RevocationReason};
use tanba_model::id::{CertificateId, PersonId};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::message::{MessageBody, MessageChannel, OutboxMessage};
use tanba_model::person::{EmailAddress, NewPerson, Person};
use tanba_model::ports::{
    Carrier, CarrierError, Issuance, IssuanceError, IssuanceOrder, RandomSource, Session,
    SharedRandom, SourceRng, Storage, UnitOfWork,
};
use tanba_pki::cms::{self, SignOptions};
use tanba_pki::profile::{Profile, Subject};
use tanba_pki::{Certificate, CertificateRequest, RequestAttributes, Timestamp};
use tanba_ra::{
    CertificateEmail, LoggedIn, ProfileSet, RaSection, RegistrationAuthority, ReissueForm,
};
use tanba_storage::SqliteStorage;
use tempfile::TempDir;

pub(crate) const ORIGIN: &str = "https://cabinet.example";
/// 2026-11-24T06:00:00Z.
pub(crate) const NOON: Timestamp = Timestamp::from_unix(1_795_500_000);

pub(crate) fn after(seconds: u64) -> Timestamp {
    NOON.plus(Duration::from_secs(seconds))
}

pub(crate) const DAY: u64 = 24 * 60 * 60;

/// An authority that was made once; each test works on a copy.
struct Template {
    folder: TempDir,
    vault: Arc<KeyVault>,
}

fn random() -> Arc<dyn RandomSource> {
    static SEED: AtomicU64 = AtomicU64::new(1);
    Arc::new(SharedRandom::new(StdRng::seed_from_u64(
        SEED.fetch_add(1, Ordering::Relaxed),
    )))
}

fn parts(storage: &Arc<SqliteStorage>, vault: &Arc<KeyVault>) -> Parts {
    Parts {
        storage: storage.clone(),
        chest: vault.clone(),
        random: random(),
        profiles: Profiles::builtin(),
        rules: Rules::default(),
    }
}

impl Template {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Arc::new(SqliteStorage::open(folder.path().join("tanba.db")).unwrap());
        let passphrase = Secret::new(b"throw-away".to_vec());
        let vault =
            Arc::new(KeyVault::create(&passphrase, Cost::THROW_AWAY, random().as_ref()).unwrap());
        let options = InitOptions {
            public_url: "http://pki.example".to_owned(),
            names: AuthorityNames::kazakh("(RSA) TEST"),
            issuing_name: "rsa".to_owned(),
            issuing_key: IssuingKey::EcP256,
            shards: 4,
        };
        let before = NOON.minus(Duration::from_secs(400 * DAY));
        init(
            parts(&storage, &vault),
            &options,
            &Actor::System,
            before,
            &mut |_| {},
        )
        .unwrap();
        Self { folder, vault }
    }

    fn copy(&self, to: &Path) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// An authority that can be told to fail: its key not to answer, or its answer to be lost after everything was done.
#[derive(Debug)]
pub(crate) struct Flaky {
    pub(crate) authority: Arc<Authority>,
    pub(crate) key_is_away: AtomicBool,
    pub(crate) answer_is_lost: AtomicBool,
    /// Called between intents and signatures.
    pub(crate) between: Mutex<Option<Meanwhile>>,
    /// Called between the answer and its use.
    pub(crate) meanwhile: Mutex<Option<Meanwhile>>,
}

pub(crate) struct Meanwhile(pub(crate) Box<dyn FnOnce() + Send>);

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Meanwhile")
    }
}

impl Issuance for Flaky {
    fn issue(
        &self,
        orders: &[IssuanceOrder],
        now: Timestamp,
    ) -> Result<Vec<CertificateRecord>, IssuanceError> {
        if self.key_is_away.load(Ordering::SeqCst) {
            return Err(IssuanceError::Signer(SignError::Failed));
        }
        let issued = self.authority.prepare(orders, now).and_then(|prepared| {
            if let Some(Meanwhile(act)) = self.between.lock().unwrap().take() {
                act();
            }
            prepared.issue(now)
        });
        if let Some(Meanwhile(act)) = self.meanwhile.lock().unwrap().take() {
            act();
        }
        if self.answer_is_lost.load(Ordering::SeqCst) {
            return Err(IssuanceError::Signer(SignError::Failed));
        }
        issued
    }

    fn revoke(
        &self,
        certificate: CertificateId,
        reason: RevocationReason,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), IssuanceError> {
        self.authority.revoke(certificate, reason, actor, now)
    }

    fn release(
        &self,
        certificate: CertificateId,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), IssuanceError> {
        self.authority.release(certificate, actor, now)
    }

    fn find_certificate(&self, der: &[u8]) -> Result<Option<CertificateRecord>, IssuanceError> {
        self.authority.find_certificate(der)
    }

    fn chain(&self) -> Vec<Vec<u8>> {
        self.authority.chain()
    }
}

/// Keeps what it is given, or answers with an error.
#[derive(Debug)]
pub(crate) struct Mailbox {
    channel: MessageChannel,
    pub(crate) messages: Mutex<Vec<OutboxMessage>>,
    pub(crate) is_down: AtomicBool,
    answer: Mutex<Option<fn() -> CarrierError>>,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::of(MessageChannel::Mail)
    }
}

impl Mailbox {
    pub(crate) fn of(channel: MessageChannel) -> Self {
        Self {
            channel,
            messages: Mutex::default(),
            is_down: AtomicBool::new(false),
            answer: Mutex::new(None),
        }
    }

    /// Answers every message so from now on; `None`: takes it.
    pub(crate) fn answer_with(&self, answer: Option<fn() -> CarrierError>) {
        *self.answer.lock().unwrap() = answer;
    }
}

impl Carrier for Mailbox {
    fn channel(&self) -> MessageChannel {
        self.channel
    }

    fn send(&self, message: &OutboxMessage, _: Timestamp) -> Result<(), CarrierError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(CarrierError::Later("the server does not answer".into()));
        }
        if let Some(answer) = *self.answer.lock().unwrap() {
            return Err(answer());
        }
        self.messages.lock().unwrap().push(message.clone());
        Ok(())
    }
}

pub(crate) struct World {
    folder: TempDir,
    vault: Arc<KeyVault>,
    section: RaSection,
    pub(crate) storage: Arc<SqliteStorage>,
    pub(crate) issuance: Arc<Flaky>,
    pub(crate) ra: Arc<RegistrationAuthority>,
    pub(crate) mailbox: Mailbox,
}

impl World {
    /// Neutral profiles and P-256 keys, because they are quick; otherwise as configured by default.
    pub(crate) fn new() -> Self {
        Self::with(RaSection {
            profiles: ProfileSet::Neutral,
            certificate_email: CertificateEmail::AsTyped,
            ..RaSection::default()
        })
    }

    pub(crate) fn with(section: RaSection) -> Self {
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        Self::on(TEMPLATE.get_or_init(Template::make), section)
    }

    /// Another authority of the same names.
    pub(crate) fn foreign() -> Self {
        Self::on(
            &Template::make(),
            RaSection {
                profiles: ProfileSet::Neutral,
                certificate_email: CertificateEmail::AsTyped,
                ..RaSection::default()
            },
        )
    }

    fn on(template: &Template, section: RaSection) -> Self {
        let folder = tempfile::tempdir().unwrap();
        template.copy(folder.path());
        Self::start(folder, template.vault.clone(), section, Mailbox::default())
    }

    fn start(folder: TempDir, vault: Arc<KeyVault>, section: RaSection, mailbox: Mailbox) -> Self {
        let storage = Arc::new(SqliteStorage::open(folder.path().join("tanba.db")).unwrap());
        let authority = Arc::new(Authority::open(parts(&storage, &vault)).unwrap());
        let issuance = Arc::new(Flaky {
            authority: authority.clone(),
            key_is_away: AtomicBool::new(false),
            answer_is_lost: AtomicBool::new(false),
            between: Mutex::new(None),
            meanwhile: Mutex::new(None),
        });
        let config = section.clone().check(ORIGIN).unwrap();
        let ra = RegistrationAuthority::new(storage.clone(), issuance.clone(), config, random())
            .unwrap()
            .with_session_key(authority.session_key())
            .with_meters(authority.meters())
            .with_console(authority);
        Self {
            folder,
            vault,
            section,
            storage,
            issuance,
            ra: Arc::new(ra),
            mailbox,
        }
    }

    /// The same country where text messages are sent.
    pub(crate) fn with_text_messages(mut self) -> Self {
        let ra = Arc::into_inner(self.ra).expect("nobody else holds it yet");
        self.ra = Arc::new(ra.with_text_messages(true));
        self
    }

    /// A second server process over the same database.
    pub(crate) fn second_process(&self) -> RegistrationAuthority {
        let storage = Arc::new(SqliteStorage::open(self.folder.path().join("tanba.db")).unwrap());
        let authority = Arc::new(Authority::open(parts(&storage, &self.vault)).unwrap());
        let config = self.section.clone().check(ORIGIN).unwrap();
        let key = authority.session_key();
        RegistrationAuthority::new(storage, authority, config, random())
            .unwrap()
            .with_session_key(key)
    }

    /// The server is started again on the same database.
    pub(crate) fn restart(self, now: Timestamp) -> Self {
        let Self {
            folder,
            vault,
            section,
            storage,
            issuance,
            ra,
            mailbox,
        } = self;
        drop((ra, issuance, storage));
        let world = Self::start(folder, vault, section, mailbox);
        world.issuance.authority.recover(now).unwrap();
        world
    }

    /// What the register knows of a person.
    pub(crate) fn person(&self, citizen: &Citizen) -> Person {
        let mut work = self.storage.snapshot().unwrap();
        let person = work.persons().find(citizen.id).unwrap().unwrap();
        assert_told(work.as_mut(), &person);
        person
    }

    /// A person with keys that were issued 345 days ago and expire in 20 days.
    pub(crate) fn citizen(&self, name: &str) -> Citizen {
        self.citizen_with(
            name,
            Some(&format!("{}@example.kz", name.to_lowercase())),
            NOON.minus(Duration::from_secs(345 * DAY)),
        )
    }

    pub(crate) fn citizen_with(
        &self,
        name: &str,
        email: Option<&str>,
        issued: Timestamp,
    ) -> Citizen {
        let digits: u64 = name
            .bytes()
            .fold(0, |sum, octet| (sum * 31 + u64::from(octet)) % 10_000);
        let iin = (0..10)
            .find_map(|last| Iin::complete(&format!("850101{digits:04}{last}")))
            .unwrap();
        let mut work = self.storage.begin().unwrap();
        let new = NewPerson {
            iin: iin.clone(),
            surname: name.to_uppercase(),
            given_name: "ӘЙГЕРІМ".to_owned(),
            patronymic: None,
            email: email.map(|email| EmailAddress::parse(email).unwrap()),
            language: Language::Kk,
            phone: None,
        };
        let id = work.persons().insert(&new, issued).unwrap();
        work.commit().unwrap();
        let subject = Subject {
            surname: new.surname,
            given_name: new.given_name,
            iin: iin.as_str().to_owned(),
            country: "KZ".to_owned(),
            ..Subject::default()
        };
        let [authentication, signature] = self.ra.config().profiles();
        let authentication = self.key(id, &subject, authentication, issued);
        let signature = self.key(id, &subject, signature, issued);
        Citizen {
            id,
            subject,
            authentication,
            signature,
        }
    }

    /// A key of a person, certified at the counter.
    pub(crate) fn key(
        &self,
        person: PersonId,
        subject: &Subject,
        profile: &str,
        now: Timestamp,
    ) -> Key {
        let software = self.new_key();
        let order = IssuanceOrder {
            person: Some(person),
            application: None,
            profile: profile.to_owned(),
            subject: subject.clone(),
            email: None,
            keystore: KeystoreKind::PersonalComputer,
            request: request(&software, profile, subject),
            channel: Channel::Administrator,
            actor: Actor::Administrator("test".to_owned()),
        };
        let record = self
            .issuance
            .authority
            .issue(&[order], now)
            .unwrap()
            .remove(0);
        Key {
            certificate: Certificate::from_der(record.der.as_deref().unwrap()).unwrap(),
            id: record.id,
            software,
        }
    }

    pub(crate) fn new_key(&self) -> SoftwareKey {
        let algorithm = match self.section.profiles {
            ProfileSet::Kz => KeyAlgorithm::Rsa { bits: 2048 },
            ProfileSet::Neutral => KeyAlgorithm::EcP256,
        };
        SoftwareKey::generate(algorithm, &mut SourceRng(random().as_ref())).unwrap()
    }

    pub(crate) fn record(&self, id: CertificateId) -> CertificateRecord {
        self.storage
            .snapshot()
            .unwrap()
            .certificates()
            .find(id)
            .unwrap()
            .unwrap()
    }

    pub(crate) fn applications(&self, person: PersonId) -> Vec<Application> {
        self.storage
            .snapshot()
            .unwrap()
            .applications()
            .of_person(person, 100)
            .unwrap()
    }

    /// Where an application stands; `None` when nobody has that number.
    #[expect(clippy::unnecessary_wraps, reason = "reads like a use case")]
    pub(crate) fn status(&self, number: &ApplicationNumber) -> Result<Option<Standing>, ()> {
        let mut work = self.storage.snapshot().unwrap();
        let found = work.applications().find_by_number(number).unwrap();
        Ok(found.map(|application| Standing {
            state: application.state.name(),
            next: tanba_ra::NextStep::of(&application.state),
        }))
    }

    pub(crate) fn certificates(&self, person: PersonId) -> Vec<CertificateRecord> {
        self.storage
            .snapshot()
            .unwrap()
            .certificates()
            .of_person(person, 100)
            .unwrap()
    }

    pub(crate) fn revoke(&self, key: &Key, reason: RevocationReason, now: Timestamp) {
        self.issuance
            .authority
            .revoke(key.id, reason, Actor::System, now)
            .unwrap();
    }

    /// Delivers what is due and empties the mailbox.
    pub(crate) fn mail(&self, now: Timestamp) -> Vec<OutboxMessage> {
        self.ra.deliver_outbox(&self.mailbox, now).unwrap();
        std::mem::take(&mut self.mailbox.messages.lock().unwrap())
    }

    /// The newest code that was mailed; also empties the mailbox.
    pub(crate) fn mailed_code(&self, now: Timestamp) -> String {
        let codes = self.mail(now).into_iter().filter_map(|message| {
            if let MessageBody::ConfirmationCode { code, .. } = message.body {
                Some(code)
            } else {
                None
            }
        });
        codes.collect::<Vec<_>>().pop().expect("a code was mailed")
    }

    /// What the audit log says beside an action, each time.
    pub(crate) fn details(&self, action: &str) -> Vec<String> {
        let mut work = self.storage.snapshot().unwrap();
        let records = work.audit_log().page(0, 10_000).unwrap();
        let events = records.iter().filter_map(|record| record.read());
        events
            .filter(|event| event.action == action)
            .map(|event| event.detail)
            .collect()
    }

    /// Actions of the audit log, and proof that its chain holds.
    pub(crate) fn audit(&self) -> Vec<String> {
        let records = self
            .storage
            .snapshot()
            .unwrap()
            .audit_log()
            .page(0, 10_000)
            .unwrap();
        let mut previous = None;
        for record in &records {
            record.verify(previous).unwrap();
            previous = Some(record);
        }
        let action = |event: &[u8]| {
            let text = std::str::from_utf8(event).unwrap();
            text.split("\"action\":\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
                .to_owned()
        };
        records.iter().map(|record| action(&record.event)).collect()
    }

    pub(crate) fn sign_in(&self, citizen: &Citizen, now: Timestamp) -> LoggedIn {
        let challenge = self.ra.login_challenge(now).unwrap();
        self.ra
            .login(&citizen.authentication.sign(&challenge, now), now, "")
            .unwrap()
    }

    /// A draft with keys, and the document to sign.
    pub(crate) fn prepare(&self, citizen: &Citizen, session: &Session, now: Timestamp) -> Draft {
        let application = self.ra.begin_reissue(session, &form(), now).unwrap();
        self.prepare_again(citizen, session, &application.number, now)
    }

    pub(crate) fn prepare_again(
        &self,
        citizen: &Citizen,
        session: &Session,
        number: &ApplicationNumber,
        now: Timestamp,
    ) -> Draft {
        let keys = [self.new_key(), self.new_key()];
        let requests = self.requests(citizen, &keys);
        let document = self
            .ra
            .prepare_document(session, number, &requests, now)
            .unwrap();
        Draft {
            number: number.clone(),
            keys,
            requests,
            document,
        }
    }

    pub(crate) fn requests(&self, citizen: &Citizen, keys: &[SoftwareKey; 2]) -> Vec<Vec<u8>> {
        let profiles = self.ra.config().profiles();
        keys.iter()
            .zip(profiles)
            .map(|(key, profile)| request(key, profile, &citizen.subject))
            .collect()
    }

    /// A draft that was signed and waits for its code.
    pub(crate) fn submit(&self, citizen: &Citizen, session: &Session, now: Timestamp) -> Draft {
        let draft = self.prepare(citizen, session, now);
        let message = citizen.signature.sign(&draft.document, now);
        self.ra
            .submit(session, &draft.number, &message, now)
            .unwrap();
        draft
    }

    /// An application whose certificates are ready, and the new keys.
    pub(crate) fn issue(
        &self,
        citizen: &Citizen,
        session: &Session,
        now: Timestamp,
    ) -> (Draft, Vec<Key>) {
        let draft = self.submit(citizen, session, now);
        let code = self.mailed_code(now);
        self.ra.confirm(session, &draft.number, &code, now).unwrap();
        let keys = self.new_keys(session, &draft);
        (draft, keys)
    }

    /// The new keys of an issued application with their certificates.
    pub(crate) fn new_keys(&self, session: &Session, draft: &Draft) -> Vec<Key> {
        let issued = self.ra.certificates(session, &draft.number).unwrap();
        let pair = issued.certificates.iter().zip(&draft.keys);
        pair.map(|(der, key)| {
            let id = self.issuance.find_certificate(der).unwrap().unwrap().id;
            let certificate = Certificate::from_der(der).unwrap();
            assert!(key.matches(certificate.public_key()));
            Key {
                software: copy(key),
                certificate,
                id,
            }
        })
        .collect()
    }

    pub(crate) fn proofs(
        &self,
        session: &Session,
        draft: &Draft,
        keys: &[Key],
        now: Timestamp,
    ) -> Vec<Vec<u8>> {
        let challenge = self
            .ra
            .installation_challenge(session, &draft.number, now)
            .unwrap();
        keys.iter().map(|key| key.sign(&challenge, now)).collect()
    }
}

/// Where an application stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: &'static str,
    pub(crate) next: tanba_ra::NextStep,
}

pub(crate) fn form() -> ReissueForm {
    ReissueForm {
        email: Some("typed-on-the-form@example.kz".to_owned()),
        region: "KZ-75".to_owned(),
        settlement: "almaty".to_owned(),
        keystore: "PKCS12".to_owned(),
    }
}

fn copy(key: &SoftwareKey) -> SoftwareKey {
    SoftwareKey::from_pkcs8_der(key.pkcs8_der().expose()).unwrap()
}

pub(crate) fn request(key: &SoftwareKey, profile: &str, subject: &Subject) -> Vec<u8> {
    let name = Profile::builtin(profile)
        .unwrap()
        .subject_name(subject)
        .unwrap();
    CertificateRequest::build(&name, key, &RequestAttributes::default()).unwrap()
}

/// What a person has on her computer.
pub(crate) struct Citizen {
    pub(crate) id: PersonId,
    pub(crate) subject: Subject,
    pub(crate) authentication: Key,
    pub(crate) signature: Key,
}

pub(crate) struct Key {
    pub(crate) software: SoftwareKey,
    pub(crate) certificate: Certificate,
    pub(crate) id: CertificateId,
}

impl Key {
    /// CMS signed data with the content inside.
    pub(crate) fn sign(&self, content: &[u8], now: Timestamp) -> Vec<u8> {
        let mut options = SignOptions::new(&self.certificate);
        options.signing_time = Some(now);
        cms::sign(content, &self.software, &options).unwrap()
    }
}

/// A draft with its keys.
pub(crate) struct Draft {
    pub(crate) number: ApplicationNumber,
    pub(crate) keys: [SoftwareKey; 2],
    pub(crate) requests: Vec<Vec<u8>>,
    pub(crate) document: Vec<u8>,
}

/// What was said last of where codes and notices go is what they are now, and no event says what it did not set, but for the
/// address beside a telephone.
fn assert_told(work: &mut dyn UnitOfWork, person: &Person) {
    let log = work.audit_log().page(0, 10_000).unwrap();
    let events = log.iter().filter_map(AuditRecord::read);
    let hers = |event: &AuditEvent| event.object == format!("person:{}", person.id);
    let events: Vec<AuditEvent> = events.filter(hers).collect();
    for event in &events {
        let said = [Fact::Address, Fact::Telephone].map(|fact| fact.said(&event.detail).is_some());
        let expected = match event.action.as_str() {
            "person.enter" => [true, true],
            "person.address" | "person.email" | "person.email-change" | "person.email-back" => {
                [true, false]
            }
            "person.phone-change" | "person.phone-back" | "person.phone-remove" => {
                // The address is beside what was recorded before, and counts with it alone.
                assert!(Channels::before(&event.detail).is_some());
                [true, true]
            }
            _ => [false, false],
        };
        assert_eq!(said, expected, "{}", event.action);
    }
    let key = work.secrets().server_secret(facts::KEY).unwrap().unwrap();
    let known = Known {
        person,
        source: "",
        deceased: false,
    };
    for fact in [Fact::Address, Fact::Telephone] {
        let mut said = events.iter().filter_map(|event| fact.said(&event.detail));
        if let Some(last) = said.next_back() {
            assert_eq!(last, fact.of(&key, &known), "{fact:?}");
        }
    }
}
