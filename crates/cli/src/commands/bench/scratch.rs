//! An installation that is thrown away.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tanba_ca::{
    Authority, AuthorityNames, Cost, InitOptions, KeyChest, KeyVault, Parts, Profiles, Rules,
};
use tanba_crypto::Secret;
use tanba_model::audit::Actor;
use tanba_model::ports::RandomSource;
use tanba_pki::Timestamp;
use tanba_storage::{OpenError, SqliteStorage};

use super::Options;
use super::report::begun;
use super::timed::Timed;
use crate::context::Context;

/// A database in a folder of its own, and an authority on it.
pub(super) struct Scratch {
    pub(super) storage: Arc<Timed>,
    pub(super) database: Arc<SqliteStorage>,
    pub(super) authority: Arc<Authority>,
    pub(super) chest: Arc<dyn KeyChest>,
    /// When the authority was made.
    pub(super) made_at: Timestamp,
    /// When this installation was opened.
    opened: Instant,
    folder: Folder,
}

/// A folder that is removed with everything in it.
struct Folder(PathBuf);

impl Folder {
    fn database(&self) -> PathBuf {
        self.0.join("bench.sqlite")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Whatever cannot be removed lies in the folder for temporary things.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Scratch {
    pub(super) fn make(options: &Options, context: &Context) -> anyhow::Result<Self> {
        Self::over(options, context, SqliteStorage::open)
    }

    /// One that much is to be written into before it is measured: nothing is durable until it is opened anew.
    pub(super) fn make_for_filling(options: &Options, context: &Context) -> anyhow::Result<Self> {
        Self::over(options, context, SqliteStorage::make_throw_away)
    }

    fn over(
        options: &Options,
        context: &Context,
        open: fn(PathBuf) -> Result<SqliteStorage, OpenError>,
    ) -> anyhow::Result<Self> {
        let parent = options.folder.clone().unwrap_or_else(std::env::temp_dir);
        let random = context.random();
        let mut octets = [0; 8];
        random.fill(&mut octets);
        let folder =
            Folder(parent.join(format!("tanba-bench-{}", tanba_pki::hex::encode(&octets))));
        fs::create_dir(&folder.0)
            .with_context(|| format!("{} cannot be made", folder.0.display()))?;
        let database = open(folder.database()).context("the throw-away database cannot be made")?;
        let database = Arc::new(database);
        let storage = Arc::new(Timed::new(database.clone()));
        let passphrase = Secret::from("throw-away".to_owned());
        let vault = KeyVault::create(&passphrase, Cost::THROW_AWAY, random.as_ref())?;
        let chest: Arc<dyn KeyChest> = Arc::new(vault);
        let init = InitOptions {
            public_url: "http://bench.invalid".to_owned(),
            names: AuthorityNames::kazakh("(RSA) BENCH"),
            issuing_name: "bench".to_owned(),
            issuing_key: options.issuing_key(),
            shards: 16,
        };
        context.progress("making a throw-away authority");
        let made_at = context.now().minus(Duration::from_secs(24 * 3600));
        let parts = parts(&storage, &chest, random);
        let authority = tanba_ca::init(parts, &init, &Actor::System, made_at, &mut |_| {})?;
        storage.take();
        Ok(Self {
            storage,
            database,
            authority: Arc::new(authority),
            chest,
            made_at,
            opened: begun(),
            folder,
        })
    }

    /// The time in this installation: its clock goes on as everybody's does.
    pub(super) fn now(&self) -> Timestamp {
        self.made_at.plus(self.opened.elapsed())
    }

    /// Closes the database and opens it as a server does.
    pub(super) fn reopen(self, context: &Context) -> anyhow::Result<Self> {
        let Self {
            storage,
            database,
            authority,
            chest,
            made_at,
            folder,
            ..
        } = self;
        drop((authority, storage));
        let closed = Arc::into_inner(database).context("the database is still in use")?;
        drop(closed);
        context.progress("writing the database to the disk");
        fs::File::open(folder.database())?.sync_all()?;
        let database = Arc::new(SqliteStorage::open(folder.database())?);
        let storage = Arc::new(Timed::new(database.clone()));
        let authority = Authority::open(parts(&storage, &chest, context.random()))?;
        Ok(Self {
            storage,
            database,
            authority: Arc::new(authority),
            chest,
            made_at,
            opened: begun(),
            folder,
        })
    }
}

fn parts(storage: &Arc<Timed>, chest: &Arc<dyn KeyChest>, random: Arc<dyn RandomSource>) -> Parts {
    Parts {
        storage: storage.clone(),
        chest: Arc::clone(chest),
        random,
        profiles: Profiles::builtin(),
        rules: Rules::default(),
    }
}
