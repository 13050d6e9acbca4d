//! `--config`, as every command of an installation takes it.

use std::path::PathBuf;
use std::sync::Arc;

use tanba_ca::Authority;
use tanba_model::ports::Storage;

use crate::config::{Config, FILE_NAME};
use crate::context::{Context, environment};
use crate::wire;

/// Where the configuration file may be without being named.
const SYSTEM_FILE: &str = "/etc/tanba/tanba.toml";

/// Which installation is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigArgs {
    /// Configuration file; else the one that TANBA_CONFIG names, ./tanba.toml, or /etc/tanba/tanba.toml
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

impl ConfigArgs {
    /// The file.
    pub(crate) fn path(&self) -> PathBuf {
        let here = PathBuf::from(FILE_NAME);
        match (&self.config, environment("TANBA_CONFIG")) {
            (Some(path), _) => path.clone(),
            (None, Some(path)) => PathBuf::from(path),
            (None, None) if here.exists() => here,
            (None, None) => PathBuf::from(SYSTEM_FILE),
        }
    }

    /// Its checked content.
    pub(crate) fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(&self.path())?)
    }

    /// Its checked content; `None` where none was named and there is none.
    pub(crate) fn load_if_there(&self) -> anyhow::Result<Option<Config>> {
        let named = self.config.is_some() || environment("TANBA_CONFIG").is_some();
        if !named && !self.path().exists() {
            return Ok(None);
        }
        self.load().map(Some)
    }

    /// The database of the installation.
    pub(crate) fn storage(&self) -> anyhow::Result<Arc<dyn Storage>> {
        Ok(Arc::new(wire::storage(&self.load()?)?))
    }

    /// The same, looked at for damaged pages before anything is signed or recorded.
    pub(crate) fn sound_storage(&self) -> anyhow::Result<Arc<dyn Storage>> {
        Ok(Arc::new(wire::sound_storage(&self.load()?)?))
    }

    /// Database and authority of the installation, with its keys.
    pub(crate) fn installation(
        &self,
        context: &Context,
    ) -> anyhow::Result<(Arc<dyn Storage>, Authority)> {
        wire::installation(&self.load()?, context)
    }
}
