//! What the tests of commands share.

use std::path::PathBuf;
use std::sync::Arc;

use tanba_ca::{
    Authority, AuthorityNames, Cost, InitOptions, IssuingKey, KeyVault, Parts, Profiles, Rules,
};
use tanba_crypto::{KeyAlgorithm, Secret, SoftwareKey};
use tanba_model::audit::facts::{self, Fact};
use tanba_model::audit::{Actor, AuditEvent};
use tanba_model::certificate::{CertificateRecord, Channel};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::person::NewPerson;
use tanba_model::ports::{Issuance as _, IssuanceOrder, SourceRng, Storage};
use tanba_pki::profile::{Profile, Subject};
use tanba_pki::{CertificateRequest, RequestAttributes, Timestamp};
use tanba_storage::SqliteStorage;
use tempfile::TempDir;

use crate::context::Context;

/// When the authority was made.
pub(super) const NOW: Timestamp = Timestamp::from_unix(1_795_500_000);

/// An authority with its own certificates: root, issuing authority, responder and what else it needs.
pub(super) struct House {
    _folder: TempDir,
    path: PathBuf,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) authority: Authority,
}

impl House {
    pub(super) fn new() -> Self {
        let context = Context::new(true).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tanba.sqlite");
        let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(&path).unwrap());
        let passphrase = Secret::from("throw-away".to_owned());
        let random = context.random();
        let vault = KeyVault::create(&passphrase, Cost::THROW_AWAY, random.as_ref()).unwrap();
        let parts = Parts {
            storage: Arc::clone(&storage),
            chest: Arc::new(vault),
            random,
            profiles: Profiles::builtin(),
            rules: Rules::default(),
        };
        let options = InitOptions {
            public_url: "http://pki.example.kz".to_owned(),
            names: AuthorityNames::kazakh("(EC) TEST"),
            issuing_name: "test".to_owned(),
            issuing_key: IssuingKey::EcP256,
            shards: 2,
        };
        let authority = tanba_ca::init(parts, &options, &Actor::System, NOW, &mut |_| {}).unwrap();
        let _ = authority.checkpoint(NOW).unwrap();
        Self {
            _folder: folder,
            path,
            storage,
            authority,
        }
    }

    /// A person with a valid certificate.
    pub(super) fn certify(&self, number: u32) -> CertificateRecord {
        self.certify_with_key(number).0
    }

    /// The same, and her key.
    pub(super) fn certify_with_key(&self, number: u32) -> (CertificateRecord, SoftwareKey) {
        let iin = (0..10)
            .find_map(|skip| Iin::complete(&format!("8501013{:04}", number * 10 + skip)))
            .unwrap();
        let subject = Subject {
            surname: "ТЕСТОВА".to_owned(),
            given_name: "ТЕСТ".to_owned(),
            iin: iin.as_str().to_owned(),
            country: "KZ".to_owned(),
            ..Subject::default()
        };
        let person = NewPerson {
            iin,
            surname: subject.surname.clone(),
            given_name: subject.given_name.clone(),
            patronymic: None,
            email: None,
            language: Language::Kk,
            phone: None,
        };
        let mut unit = self.storage.begin().unwrap();
        let person = unit.persons().insert(&person, NOW).unwrap();
        let event = AuditEvent {
            at: NOW,
            actor: Actor::System,
            action: "person.import".to_owned(),
            object: format!("person:{person}"),
            detail: facts::detail(unit.as_mut(), person, "", &Fact::ALL).unwrap(),
            origin: String::new(),
        };
        let _ = unit.audit_log().append(&event).unwrap();
        unit.commit().unwrap();
        let random = Context::new(true).unwrap().random();
        let key =
            SoftwareKey::generate(KeyAlgorithm::EcP256, &mut SourceRng(random.as_ref())).unwrap();
        let profile = "neutral-individual-signature";
        let name = Profile::builtin(profile)
            .unwrap()
            .subject_name(&subject)
            .unwrap();
        let order = IssuanceOrder {
            person: Some(person),
            application: None,
            profile: profile.to_owned(),
            subject,
            email: None,
            keystore: KeystoreKind::PersonalComputer,
            request: CertificateRequest::build(&name, &key, &RequestAttributes::default()).unwrap(),
            channel: Channel::Administrator,
            actor: Actor::System,
        };
        (self.authority.issue(&[order], NOW).unwrap().remove(0), key)
    }

    /// A copy of the database in which something was changed behind the program's back.
    pub(super) fn copy(&self, number: usize, statements: &str) -> PathBuf {
        let path = self.path.with_file_name(format!("copy-{number}.sqlite"));
        let connection = rusqlite::Connection::open(&self.path).unwrap();
        connection
            .execute("VACUUM INTO ?1", [path.to_str().unwrap()])
            .unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection
            .pragma_update(None, "foreign_keys", false)
            .unwrap();
        connection.execute_batch(statements).unwrap();
        path
    }

    /// Changes what is stored behind the program's back.
    pub(super) fn sql(&self, statements: &str) {
        let connection = rusqlite::Connection::open(&self.path).unwrap();
        connection.execute_batch(statements).unwrap();
        assert!(connection.total_changes() > 0, "{statements}");
    }
}
