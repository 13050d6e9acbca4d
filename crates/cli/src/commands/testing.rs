//! What the tests of commands share.

use std::path::PathBuf;
use std::sync::Arc;

use tanba_ca::{
    Authority, AuthorityNames, Cost, InitOptions, IssuingKey, KeyVault, Parts, Profiles, Rules,
};
use tanba_crypto::Secret;
use tanba_model::audit::Actor;
use tanba_model::ports::Storage;
use tanba_pki::Timestamp;
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
        Self {
            _folder: folder,
            path,
            storage,
            authority,
        }
    }

    /// Changes what is stored behind the program's back.
    pub(super) fn sql(&self, statement: &str) {
        let connection = rusqlite::Connection::open(&self.path).unwrap();
        assert!(
            connection.execute(statement, []).unwrap() > 0,
            "{statement}"
        );
    }
}
