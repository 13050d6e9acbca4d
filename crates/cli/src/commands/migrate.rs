//! `tanba migrate`: brings the database to the schema of this program.

use serde::Serialize;
use tanba_storage::{OpenError, SCHEMA_VERSION, SqliteStorage};

use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::wire;

/// Arguments of `tanba migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Serialize)]
struct Facts {
    from: i64,
    to: i64,
}

/// Applies the migrations that are missing; nothing else is touched.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let told = |error: OpenError| wire::storage_finding(&config, &error).into_error();
    let from = SqliteStorage::version(&config.database).map_err(told)?;
    if from < SCHEMA_VERSION {
        drop(SqliteStorage::open(&config.database).map_err(told)?);
    }
    let to = SqliteStorage::version(&config.database).map_err(told)?;
    let text = if from == to {
        format!("The database is up to date (schema {to}).")
    } else {
        format!("The database went from schema {from} to {to}.")
    };
    context.print(&Facts { from, to }, text)?;
    Ok(Outcome::Done)
}
