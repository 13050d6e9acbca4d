//! A small country: an authority on a temporary SQLite file, a person with keys, a clock that stands still.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use base64::Engine as _;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tanba_ca::{
    Authority, AuthorityNames, Cost, InitOptions, IssuingKey, KeyVault, Parts, Profiles, Rules,
    init,
};
use tanba_cabinet::{CabinetSection, CabinetState, LimitsSection, router};
use tanba_crypto::{KeyAlgorithm, Secret, SoftwareKey};
use tanba_model::audit::Actor;
use tanba_model::certificate::{Channel, RevocationReason};
use tanba_model::id::PersonId;
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::message::{MessageBody, MessageChannel, OutboxMessage};
use tanba_model::person::{EarlierEmail, EmailAddress, NewPerson};
use tanba_model::ports::{
    Carrier, CarrierError, Clock, Issuance as _, IssuanceOrder, IssuerKind, RandomSource,
    SharedRandom, SourceRng, Storage as _,
};
use tanba_model::staff::Role;
use tanba_pki::cms::{self, SignOptions};
use tanba_pki::profile::{Profile, Subject};
use tanba_pki::{
    Certificate, CertificateRequest, DistinguishedNameBuilder, RequestAttributes, Timestamp,
};
use tanba_print::Fonts;
use tanba_ra::{
    CertificateEmail, Employment, FirstSection, ProfileSet, RaSection, RegistrationAuthority,
    employ,
};
use tanba_storage::SqliteStorage;
use tempfile::TempDir;

pub(crate) const ORIGIN: &str = "https://cabinet.example";
/// 2026-11-24T06:00:00Z.
const NOON: i64 = 1_795_500_000;
const DAY: i64 = 24 * 60 * 60;

/// A clock that goes only when told.
#[derive(Debug)]
pub(crate) struct StandingClock(AtomicI64);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

impl StandingClock {
    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// Keeps what it is given, or refuses it for good.
#[derive(Debug, Default)]
struct Mailbox {
    messages: Mutex<Vec<OutboxMessage>>,
    refuses: AtomicBool,
}

impl Carrier for Mailbox {
    fn send(&self, message: &OutboxMessage, _: Timestamp) -> Result<(), CarrierError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(CarrierError::Refused("too large".into()));
        }
        self.messages.lock().unwrap().push(message.clone());
        Ok(())
    }
}

/// Keeps text messages.
#[derive(Debug, Default)]
struct Gateway(Mutex<Vec<OutboxMessage>>);

impl Carrier for Gateway {
    fn channel(&self) -> MessageChannel {
        MessageChannel::Sms
    }

    fn send(&self, message: &OutboxMessage, _: Timestamp) -> Result<(), CarrierError> {
        self.0.lock().unwrap().push(message.clone());
        Ok(())
    }
}

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
        let before = Timestamp::from_unix(NOON - 400 * DAY);
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

pub(crate) struct World {
    _folder: TempDir,
    pub(crate) storage: Arc<SqliteStorage>,
    authority: Arc<Authority>,
    ra: Arc<RegistrationAuthority>,
    mailbox: Mailbox,
    pub(crate) clock: Arc<StandingClock>,
    pub(crate) router: Router,
}

fn cabinet(
    ra: &Arc<RegistrationAuthority>,
    section: CabinetSection,
    clock: &Arc<StandingClock>,
    fonts: Option<Fonts>,
) -> Router {
    let config = section.check(ORIGIN, false).unwrap();
    let state = CabinetState::new(ra.clone(), config, clock.clone(), random()).unwrap();
    let state = state.with_fonts(fonts);
    let peer = ConnectInfo(SocketAddr::from(([203, 0, 113, 7], 4711)));
    router(state).layer(axum::Extension(peer))
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(CabinetSection::default())
    }

    /// A country where things may be tried so often.
    pub(crate) fn limited(limits: LimitsSection) -> Self {
        Self::with(CabinetSection {
            limits,
            ..CabinetSection::default()
        })
    }

    pub(crate) fn with(section: CabinetSection) -> Self {
        Self::start(section, None, false)
    }

    /// One that can print.
    pub(crate) fn printing() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/print-fonts");
        let [regular, bold] = ["regular.ttf", "bold.ttf"].map(|name| {
            let font = std::fs::read(folder.join(name));
            font.unwrap_or_else(|_| panic!("the typeface: run scripts/build-assets.sh"))
        });
        let fonts = Fonts::new(regular.into(), bold.into()).unwrap();
        Self::start(CabinetSection::default(), Some(fonts), false)
    }

    /// One that sends text messages.
    pub(crate) fn texting() -> Self {
        Self::start(CabinetSection::default(), None, true)
    }

    fn start(section: CabinetSection, fonts: Option<Fonts>, texts: bool) -> Self {
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        let template = TEMPLATE.get_or_init(Template::make);
        let folder = tempfile::tempdir().unwrap();
        template.copy(folder.path());
        let storage = Arc::new(SqliteStorage::open(folder.path().join("tanba.db")).unwrap());
        let authority = Arc::new(Authority::open(parts(&storage, &template.vault)).unwrap());
        // Neutral profiles and P-256 keys, because they are quick.
        let rules = RaSection {
            profiles: ProfileSet::Neutral,
            certificate_email: CertificateEmail::AsTyped,
            first: FirstSection {
                work_bits: 4,
                ..FirstSection::default()
            },
            ..RaSection::default()
        };
        let rules = rules.check(ORIGIN).unwrap();
        let ra = RegistrationAuthority::new(storage.clone(), authority.clone(), rules, random())
            .unwrap();
        let ra = ra.with_text_messages(texts).with_console(authority.clone());
        let ra = Arc::new(ra);
        let clock = Arc::new(StandingClock(AtomicI64::new(NOON)));
        let router = cabinet(&ra, section, &clock, fonts);
        Self {
            _folder: folder,
            storage,
            authority,
            ra,
            mailbox: Mailbox::default(),
            clock,
            router,
        }
    }

    /// The cabinet is started anew, on the same storage.
    pub(crate) fn restart(&mut self, section: CabinetSection) {
        self.router = cabinet(&self.ra, section, &self.clock, None);
    }

    /// A person with keys that expire in 20 days.
    pub(crate) fn citizen(&self, name: &str, email: Option<&str>) -> Citizen {
        let issued = Timestamp::from_unix(NOON - 345 * DAY);
        let digits: u64 = name
            .bytes()
            .fold(0, |sum, octet| (sum * 31 + u64::from(octet)) % 10_000);
        let iin = (0..10)
            .find_map(|last| Iin::complete(&format!("850101{digits:04}{last}")))
            .unwrap();
        let person = NewPerson {
            iin: iin.clone(),
            surname: name.to_uppercase(),
            given_name: "ӘЙГЕРІМ".to_owned(),
            patronymic: None,
            email: email.map(|email| EmailAddress::parse(email).unwrap()),
            language: Language::Kk,
            phone: None,
        };
        let mut work = self.storage.begin().unwrap();
        let id = work.persons().insert(&person, issued).unwrap();
        work.commit().unwrap();
        let subject = Subject {
            surname: person.surname,
            given_name: person.given_name,
            iin: iin.as_str().to_owned(),
            country: "KZ".to_owned(),
            ..Subject::default()
        };
        let how = (Channel::Administrator, KeystoreKind::PersonalComputer);
        let [authentication, signature] = self.pair(id, &subject, how, issued);
        Citizen {
            subject,
            authentication,
            signature,
        }
    }

    /// A newer pair of somebody, from a registration centre.
    pub(crate) fn newer_pair(&self, citizen: &Citizen) -> [Key; 2] {
        let how = (Channel::Centre, KeystoreKind::PersonalComputer);
        self.pair(self.id(citizen), &citizen.subject, how, self.clock.now())
    }

    /// How often the audit log tells of an action.
    pub(crate) fn events(&self, action: &str) -> usize {
        let mut work = self.storage.snapshot().unwrap();
        let records = work.audit_log().page(0, 10_000).unwrap();
        let events = records.iter().filter_map(|record| record.read());
        events.filter(|event| event.action == action).count()
    }

    /// The confirmed address is another one since now, and the one of before still counts.
    pub(crate) fn changed_address(&self, citizen: &Citizen, to: &str) {
        let id = self.id(citizen);
        let mut work = self.storage.begin().unwrap();
        let person = work.persons().find(id).unwrap().unwrap();
        let earlier = EarlierEmail {
            address: person.email.unwrap(),
            until: self.clock.now().plus(Duration::from_secs(7 * 86_400)),
        };
        let address = EmailAddress::parse(to).unwrap();
        work.persons().change_email(id, &address, &earlier).unwrap();
        work.commit().unwrap();
    }

    fn id(&self, citizen: &Citizen) -> PersonId {
        let iin = Iin::parse(&citizen.subject.iin).unwrap();
        let mut work = self.storage.snapshot().unwrap();
        work.persons().id_by_iin(&iin).unwrap().unwrap()
    }

    fn pair(
        &self,
        person: PersonId,
        subject: &Subject,
        (channel, keystore): (Channel, KeystoreKind),
        issued: Timestamp,
    ) -> [Key; 2] {
        self.ra.config().profiles().map(|profile| {
            let software = new_key();
            let order = IssuanceOrder {
                person: Some(person),
                application: None,
                profile: profile.to_owned(),
                subject: subject.clone(),
                email: None,
                keystore,
                request: request(&software, profile, subject),
                channel,
                actor: Actor::Administrator("test".to_owned()),
            };
            let record = self.authority.issue(&[order], issued).unwrap().remove(0);
            let certificate = Certificate::from_der(record.der.as_deref().unwrap()).unwrap();
            Key {
                software,
                certificate,
            }
        })
    }

    /// Revokes a certificate, or freezes it, as an administrator does.
    pub(crate) fn revoke(&self, key: &Key, reason: RevocationReason) {
        let found = self.authority.find_certificate(key.certificate.der());
        let record = found.unwrap().unwrap();
        let actor = Actor::Administrator("test".to_owned());
        self.authority
            .revoke(record.id, reason, actor, self.clock.now())
            .unwrap();
    }

    /// Another pair for a person who has one, for keys that live elsewhere or here; issued now.
    pub(crate) fn another_pair(&self, citizen: &Citizen, keystore: KeystoreKind) -> [Key; 2] {
        let how = (Channel::Administrator, keystore);
        self.pair(self.id(citizen), &citizen.subject, how, self.clock.now())
    }

    /// Somebody who works for the authority, at the first centre of Almaty where the role has one: her key for the desk.
    pub(crate) fn staff(&self, name: &str, role: Role) -> Key {
        let citizen = self.citizen(name, Some("staff@example.kz"));
        let now = Timestamp::from_unix(NOON);
        let iin = Iin::parse(&citizen.subject.iin).unwrap();
        let employment = Employment {
            role,
            centre: role.has_centre().then(|| "kz-75-almaty-1".to_owned()),
            since: now,
            until: None,
        };
        let actor = Actor::Administrator("test".to_owned());
        let centres = self.ra.config().centres().unwrap();
        employ(
            self.storage.as_ref(),
            &centres,
            &iin,
            &employment,
            &actor,
            now,
        )
        .unwrap();
        let person = self.storage.snapshot().unwrap();
        let mut person = person;
        let person = person.persons().find_by_iin(&iin).unwrap().unwrap();
        let profile = format!("neutral-{}", role.name());
        let software = new_key();
        let order = IssuanceOrder {
            person: Some(person.id),
            application: None,
            profile: profile.clone(),
            subject: citizen.subject.clone(),
            email: None,
            keystore: KeystoreKind::PersonalComputer,
            request: request(&software, &profile, &citizen.subject),
            channel: Channel::Administrator,
            actor,
        };
        let record = self.authority.issue(&[order], now).unwrap().remove(0);
        let certificate = Certificate::from_der(record.der.as_deref().unwrap()).unwrap();
        Key {
            software,
            certificate,
        }
    }

    /// Requests for two new keys, and the keys.
    pub(crate) fn requests(&self, citizen: &Citizen) -> (Vec<SoftwareKey>, Vec<Vec<u8>>) {
        let keys = vec![new_key(), new_key()];
        let profiles = self.ra.config().profiles();
        let requests = keys
            .iter()
            .zip(profiles)
            .map(|(key, profile)| request(key, profile, &citizen.subject));
        let requests = requests.collect();
        (keys, requests)
    }

    /// Somebody whom the register knows, without keys and without an address.
    pub(crate) fn newcomer(&self) -> NewPerson {
        let person = NewPerson {
            iin: Iin::complete("85010130012").unwrap(),
            surname: "СЕРІКҚЫЗЫ".to_owned(),
            given_name: "ӘЙГЕРІМ".to_owned(),
            patronymic: None,
            email: None,
            language: Language::Kk,
            phone: None,
        };
        let mut work = self.storage.begin().unwrap();
        work.persons()
            .insert(&person, Timestamp::from_unix(NOON))
            .unwrap();
        work.commit().unwrap();
        person
    }

    /// Tries to deliver what is due; the server of the mails refuses all of it for good.
    pub(crate) fn refuse_mail(&self) {
        self.mailbox.refuses.store(true, Ordering::SeqCst);
        assert!(self.mail().is_empty());
        self.mailbox.refuses.store(false, Ordering::SeqCst);
    }

    /// Signs the audit log as it stands.
    pub(crate) fn seal_log(&self) {
        let now = self.clock.now();
        self.authority.maintain(now).unwrap();
        self.authority.checkpoint(now).unwrap().unwrap();
    }

    /// The certificate of the root, PEM.
    pub(crate) fn root(&self) -> String {
        let issuers = self.storage.snapshot().unwrap().issuers().all().unwrap();
        let root = issuers
            .iter()
            .find(|issuer| issuer.issuer.kind == IssuerKind::Root)
            .unwrap();
        Certificate::from_der(&root.issuer.certificate)
            .unwrap()
            .to_pem()
    }

    /// Delivers the text messages that are due.
    pub(crate) fn texts(&self) -> Vec<OutboxMessage> {
        let gateway = Gateway::default();
        self.ra.deliver_outbox(&gateway, self.clock.now()).unwrap();
        gateway.0.into_inner().unwrap()
    }

    /// Delivers what is due and empties the mailbox.
    pub(crate) fn mail(&self) -> Vec<OutboxMessage> {
        self.ra
            .deliver_outbox(&self.mailbox, self.clock.now())
            .unwrap();
        std::mem::take(&mut self.mailbox.messages.lock().unwrap())
    }

    /// The newest code and "it was not me" link that were mailed.
    pub(crate) fn mailed(&self) -> (Option<String>, Option<String>) {
        let (mut newest_code, mut newest_link) = (None, None);
        for message in self.mail() {
            if let MessageBody::ConfirmationCode { code, .. } = message.body {
                newest_code = Some(code);
            } else if let MessageBody::ApplicationAccepted { not_me_path, .. }
            | MessageBody::CertificatesIssued { not_me_path, .. } = message.body
            {
                newest_link = Some(not_me_path);
            }
        }
        (newest_code, newest_link)
    }
}

/// Two new keys with requests that name nobody, as an applicant's browser makes them.
pub(crate) fn nameless_requests() -> ([SoftwareKey; 2], Vec<Vec<u8>>) {
    let keys = [new_key(), new_key()];
    let name = DistinguishedNameBuilder::new().build().unwrap();
    let requests = keys
        .iter()
        .map(|key| CertificateRequest::build(&name, key, &RequestAttributes::default()).unwrap());
    let requests = requests.collect();
    (keys, requests)
}

fn new_key() -> SoftwareKey {
    SoftwareKey::generate(KeyAlgorithm::EcP256, &mut SourceRng(random().as_ref())).unwrap()
}

fn request(key: &SoftwareKey, profile: &str, subject: &Subject) -> Vec<u8> {
    let name = Profile::builtin(profile)
        .unwrap()
        .subject_name(subject)
        .unwrap();
    CertificateRequest::build(&name, key, &RequestAttributes::default()).unwrap()
}

/// The proof of a new key with its certificate, DER in base64, over a challenge.
pub(crate) fn proof(certificate: &str, software: SoftwareKey, challenge: &str) -> Vec<u8> {
    let der = base64::engine::general_purpose::STANDARD
        .decode(certificate)
        .unwrap();
    let certificate = Certificate::from_der(&der).unwrap();
    let key = Key {
        software,
        certificate,
    };
    key.sign(challenge)
}

/// What a person has on her computer.
pub(crate) struct Citizen {
    pub(crate) subject: Subject,
    pub(crate) authentication: Key,
    pub(crate) signature: Key,
}

impl World {
    /// The record of a person, as addresses of the desk have it.
    pub(crate) fn record_of(&self, iin: &str) -> PersonId {
        let iin = Iin::parse(iin).unwrap();
        let mut work = self.storage.snapshot().unwrap();
        work.persons().find_by_iin(&iin).unwrap().unwrap().id
    }
}

impl Citizen {
    pub(crate) fn iin(&self) -> String {
        self.subject.iin.clone()
    }
}

pub(crate) struct Key {
    pub(crate) software: SoftwareKey,
    pub(crate) certificate: Certificate,
}

impl Key {
    /// CMS signed data with the content inside.
    pub(crate) fn sign(&self, content: &str) -> Vec<u8> {
        let mut options = SignOptions::new(&self.certificate);
        options.signing_time = Some(Timestamp::from_unix(NOON));
        cms::sign(content.as_bytes(), &self.software, &options).unwrap()
    }
}
