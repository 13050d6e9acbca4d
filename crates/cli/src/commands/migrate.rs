//! `tanba migrate`: brings the database to the schema of this program.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;
use tanba_storage::{MendedSchema, OpenError, SCHEMA_VERSION, SqliteStorage};

use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::wire;

/// Arguments of `tanba migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Before the schema is brought up to date, write a copy of the database into this folder; where it is, none is written
    #[arg(long, value_name = "FOLDER")]
    backup: Option<PathBuf>,
    /// Make triggers and indexes anew that somebody took away or changed, with a record of it. Look first into who did
    #[arg(long)]
    mend: bool,
}

#[derive(Debug, Serialize)]
struct Facts {
    from: i64,
    to: i64,
    /// The copy of before, where one was made.
    backup: Option<PathBuf>,
    /// Triggers and indexes that were not as this program makes them, and are.
    mended: Vec<String>,
    /// What is not as this program makes it, and why it was left so.
    left: Vec<String>,
}

/// Applies the migrations that are missing; nothing else is touched, unless triggers and indexes are to be mended.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let told = |error: OpenError| wire::storage_finding(&config, &error).into_error();
    let from = SqliteStorage::version(&config.database).map_err(told)?;
    // What is made anew takes pages and gives them back: whose they are must be sure.
    if args.mend && from > 0 {
        wire::glance(&config)?;
    }
    let mut backup = None;
    if from < SCHEMA_VERSION {
        // A new file needs none.
        if let Some(folder) = args.backup.as_ref().filter(|_| from > 0) {
            let digits: String = (context.now().to_string().chars())
                .filter(char::is_ascii_alphanumeric)
                .collect();
            let copy = folder.join(format!("tanba-schema-{from}-{digits}.sqlite"));
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
            SqliteStorage::copy(&config.database, &copy).with_context(|| {
                format!(
                    "{} cannot be written, so the database was left as it is",
                    copy.display()
                )
            })?;
            backup = Some(copy);
        }
        drop(SqliteStorage::open(&config.database).map_err(told)?);
    }
    let to = SqliteStorage::version(&config.database).map_err(told)?;
    // A newer program made what it needs; only what this one made is known here. The log grows by it, and so must not be that of
    // an old copy.
    let MendedSchema { made: mended, left } = if args.mend && to == SCHEMA_VERSION {
        wire::storage(&config)?.mend_schema(&context.administrator(), context.now())?
    } else {
        MendedSchema::default()
    };
    let mut text = if to > SCHEMA_VERSION {
        format!(
            "The database says that it has schema {to}, and this program makes {SCHEMA_VERSION}: nothing was changed. Where a newer \
             program was here before, that is as it should be, and it alone can mend; where there was none, follow \"The database \
             says something else than the log\" in docs/operator.md."
        )
    } else if from == to {
        format!("The database is up to date (schema {to}).")
    } else {
        format!("The database went from schema {from} to {to}.")
    };
    if let Some(copy) = &backup {
        text.push_str(&format!("\nAs it was before it is in {}.", copy.display()));
    }
    for sentence in &mended {
        text.push_str(&format!("\nMade anew, and recorded: {sentence}."));
    }
    for sentence in &left {
        text.push_str(&format!("\nLeft as it is: {sentence}."));
    }
    let rest = left.len();
    let facts = Facts {
        from,
        to,
        backup,
        mended,
        left,
    };
    context.print(&facts, text)?;
    Ok(match rest {
        0 => Outcome::Done,
        1 => Outcome::Refused(
            "one thing is not as this program makes it, and was left so".to_owned(),
        ),
        _ => Outcome::Refused(format!(
            "{rest} things are not as this program makes them, and were left so"
        )),
    })
}
