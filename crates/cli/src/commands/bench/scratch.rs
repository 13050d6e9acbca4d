//! An installation that is thrown away.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tanba_ca::{Authority, AuthorityNames, Cost, InitOptions, KeyVault, Parts, Profiles, Rules};
use tanba_crypto::Secret;
use tanba_model::audit::Actor;
use tanba_pki::Timestamp;
use tanba_storage::SqliteStorage;

use super::Options;
use super::timed::Timed;
use crate::context::Context;

/// A database in a folder of its own, and an authority on it.
pub(super) struct Scratch {
    pub(super) storage: Arc<Timed>,
    pub(super) database: Arc<SqliteStorage>,
    pub(super) authority: Arc<Authority>,
    /// When the authority was made.
    pub(super) made_at: Timestamp,
    _folder: Folder,
}

/// A folder that is removed with everything in it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Whatever cannot be removed lies in the folder for temporary things.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Scratch {
    pub(super) fn make(options: &Options, context: &Context) -> anyhow::Result<Self> {
        let parent = options.folder.clone().unwrap_or_else(std::env::temp_dir);
        let random = context.random();
        let mut octets = [0; 8];
        random.fill(&mut octets);
        let folder =
            Folder(parent.join(format!("tanba-bench-{}", tanba_pki::hex::encode(&octets))));
        fs::create_dir(&folder.0)
            .with_context(|| format!("{} cannot be made", folder.0.display()))?;
        let database = Arc::new(
            SqliteStorage::open(folder.0.join("bench.sqlite"))
                .context("the throw-away database cannot be made")?,
        );
        let storage = Arc::new(Timed::new(database.clone()));
        let passphrase = Secret::from("throw-away".to_owned());
        let vault = KeyVault::create(&passphrase, Cost::THROW_AWAY, random.as_ref())?;
        let parts = Parts {
            storage: storage.clone(),
            chest: Arc::new(vault),
            random,
            profiles: Profiles::builtin(),
            rules: Rules::default(),
        };
        let init = InitOptions {
            public_url: "http://bench.invalid".to_owned(),
            names: AuthorityNames::kazakh("(RSA) BENCH"),
            issuing_name: "bench".to_owned(),
            issuing_key: options.issuing_key(),
            shards: 16,
        };
        context.progress("making a throw-away authority");
        let made_at = context.now().minus(Duration::from_secs(24 * 3600));
        let authority = tanba_ca::init(parts, &init, &Actor::System, made_at, &mut |_| {})?;
        storage.take();
        Ok(Self {
            storage,
            database,
            authority: Arc::new(authority),
            made_at,
            _folder: folder,
        })
    }
}
