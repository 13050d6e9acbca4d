//! `tanba serve`: the server of an installation.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use tanba_model::ports::Carrier;

use super::config_args::ConfigArgs;
use crate::carrier::{SmsCarrier, SmtpCarrier};
use crate::config::Config;
use crate::context::Context;
use crate::listen::{self, Listener};
use crate::outcome::Outcome;
use crate::tls::Tls;
use crate::wire::{self, Policies, Services};
use crate::worker::Worker;
use crate::{hosts, locked, proxy, telemetry};

/// Arguments of `tanba serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Answers until SIGTERM or SIGINT.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    telemetry::start(config.logging);
    // Before the first key is in memory.
    if let Err(error) = locked::lock_memory() {
        tracing::warn!(
            remedy = locked::REMEDY,
            "keys in memory may be written to swap: {error}"
        );
    }
    let _alone = alone(&config.database)?;
    let [people, machines] = config.addresses().map(listen::bind);
    let (people, machines) = (people?, machines?);
    let tls = config.tls.as_ref().map(Tls::open).transpose()?;
    let mut faults = config.unusable_profiles.clone();
    faults.extend(super::profile::faults(&config.profiles, context)?);
    if !faults.as_slice().is_empty() {
        return Err(faults.into());
    }
    let carriers = carriers(&config)?;
    let (storage, authority) = wire::installation(&config, context)?;
    warn_of_another_url(&config, authority.public_url());
    let policies = Policies {
        register: config.register.clone(),
        ra: config.ra.clone(),
        cabinet: config.cabinet.clone(),
        responder: config.responder,
    };
    let Services {
        cabinet,
        responder,
        duties,
    } = Services::new(storage, Arc::new(authority), policies, carriers, context)?;
    duties.recover()?;
    let cabinet = hosts::only(config.server.origin(), config.server.other_hosts(), cabinet);
    let cabinet = match config.trusted_proxy() {
        Some(address) => proxy::behind(address, config.server.origin(), cabinet),
        None => cabinet,
    };
    let (people_at, machines_at) = (people.local_addr()?, machines.local_addr()?);
    tracing::info!(origin = config.server.origin(), people = %people_at, machines = %machines_at, "serving");
    let worker = Worker::start(&duties)?;
    listen::serve(vec![
        Listener {
            socket: people,
            router: cabinet,
            tls,
        },
        Listener {
            socket: machines,
            router: responder,
            tls: None,
        },
    ])?;
    drop(worker);
    tracing::info!("ended");
    Ok(Outcome::Done)
}

/// A carrier for each channel that is configured.
fn carriers(config: &Config) -> anyhow::Result<Vec<Arc<dyn Carrier>>> {
    let origin = config.server.origin();
    let mut carriers: Vec<Arc<dyn Carrier>> = Vec::new();
    if let Some(mail) = &config.mail {
        carriers.push(Arc::new(SmtpCarrier::new(mail, origin)?));
    }
    if let Some(sms) = &config.sms {
        carriers.push(Arc::new(SmsCarrier::new(sms, origin)?));
    }
    Ok(carriers)
}

/// One server for one database: start-up completes what a crash left open, which a second server may be working on. The
/// lock goes with the process, however it ends.
pub(super) fn alone(database: &Path) -> anyhow::Result<File> {
    let path = database.with_extension("lock");
    let file = File::create(&path)
        .with_context(|| format!("the file {} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another server is running on the database {}",
            database.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("the file {} cannot be locked", path.display()))
        }
    }
}

fn warn_of_another_url(config: &Config, baked_in: Option<&str>) {
    let written = config.server.public_url();
    if let Some(baked_in) = baked_in
        && baked_in != written
    {
        tracing::warn!(
            baked_in,
            written,
            "server.public_url is not the one in the certificates, which stays"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::alone;

    #[test]
    fn a_second_server_on_a_database_is_refused_while_the_first_runs() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("tanba.sqlite");
        let first = alone(&database).unwrap();
        assert!(
            alone(&database)
                .unwrap_err()
                .to_string()
                .contains("another server")
        );
        drop(first);
        alone(&database).unwrap();
    }
}
