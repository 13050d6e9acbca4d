//! `tanba audit …`: evidence.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use tanba_model::audit::{AuditRecord, ChainError};
use tanba_model::ports::Storage;
use tanba_pki::hex;

use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::Outcome;

/// Records that are read at once.
const PAGE: u32 = 1000;

/// Commands of `tanba audit`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check that no record was changed, removed or inserted, in the database or in an exported file
    Verify {
        /// An exported file instead of the database; nothing else is needed then
        file: Option<PathBuf>,
        /// Hash of the last record as it was noted earlier: it must still be in the chain
        #[arg(long, value_name = "HEX")]
        expect: Option<String>,
    },
    /// Write all records, one JSON object on each line
    Export {
        /// File to write to; else the standard output
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Arguments of `tanba audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

/// A record as it is exported. Sent: never rename a field.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sequence: u64,
    /// The event exactly as hashed: canonical JSON, as text.
    event: String,
    previous_hash: String,
    hash: String,
}

#[derive(Debug, Serialize)]
struct Verdict {
    valid: bool,
    records: u64,
    last_hash: Option<String>,
    fault: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Verify { file, expect } => {
            let expect = expect.as_deref().map(hash).transpose()?;
            let mut chain = Chain {
                expect,
                ..Chain::default()
            };
            let fault = match file {
                Some(path) => chain.check_file(path)?,
                None => chain.check_storage(args.config.storage()?.as_ref())?,
            };
            report(&chain, fault, context)
        }
        Command::Export { output } => {
            let storage = args.config.storage()?;
            match output {
                Some(path) => {
                    let file = File::create(path).with_context(|| {
                        format!("the file {} cannot be written", path.display())
                    })?;
                    export(storage.as_ref(), file)?;
                }
                None => export(storage.as_ref(), io::stdout().lock())?,
            }
            Ok(Outcome::Done)
        }
    }
}

fn report(chain: &Chain, fault: Option<ChainError>, context: &Context) -> anyhow::Result<Outcome> {
    let last_hash = chain.last.as_ref().map(|record| hex::encode(&record.hash));
    let missing = fault.is_none() && chain.expect.is_some() && !chain.met;
    let fault = match fault {
        Some(fault) => Some(fault.to_string()),
        None if missing => Some(
            "the expected hash is not in the audit chain: its end was cut off or rewritten"
                .to_owned(),
        ),
        None => None,
    };
    let verdict = Verdict {
        valid: fault.is_none(),
        records: chain.records,
        last_hash,
        fault: fault.clone(),
    };
    let last = verdict.last_hash.as_deref().unwrap_or("none");
    let text = match &fault {
        None => format!(
            "The audit chain is whole: {} records, last hash {last}.",
            chain.records
        ),
        Some(_) => format!("{} records fit, last hash {last}.", chain.records),
    };
    context.print(&verdict, text)?;
    Ok(fault.map_or(Outcome::Done, Outcome::Refused))
}

/// The chain as far as it was followed.
#[derive(Debug, Default)]
struct Chain {
    records: u64,
    last: Option<AuditRecord>,
    expect: Option<[u8; 32]>,
    met: bool,
}

impl Chain {
    fn follow(&mut self, record: AuditRecord) -> Result<(), ChainError> {
        record.verify(self.last.as_ref())?;
        self.met |= self.expect == Some(record.hash);
        self.records = record.sequence;
        self.last = Some(record);
        Ok(())
    }

    fn check_storage(&mut self, storage: &dyn Storage) -> anyhow::Result<Option<ChainError>> {
        let mut unit = storage.snapshot()?;
        loop {
            let page = unit.audit_log().page(self.records, PAGE)?;
            if page.is_empty() {
                return Ok(None);
            }
            for record in page {
                if let Err(fault) = self.follow(record) {
                    return Ok(Some(fault));
                }
            }
        }
    }

    fn check_file(&mut self, path: &Path) -> anyhow::Result<Option<ChainError>> {
        let file = File::open(path)
            .with_context(|| format!("the file {} cannot be read", path.display()))?;
        for (number, line) in (1_u64..).zip(BufReader::new(file).lines()) {
            let line =
                line.with_context(|| format!("the file {} cannot be read", path.display()))?;
            let record =
                parse(&line).with_context(|| format!("line {number} is not an audit record"))?;
            if let Err(fault) = self.follow(record) {
                return Ok(Some(fault));
            }
        }
        Ok(None)
    }
}

fn parse(line: &str) -> anyhow::Result<AuditRecord> {
    let line: Line = serde_json::from_str(line)?;
    Ok(AuditRecord {
        sequence: line.sequence,
        event: line.event.into_bytes(),
        previous_hash: hash(&line.previous_hash)?,
        hash: hash(&line.hash)?,
    })
}

fn hash(text: &str) -> anyhow::Result<[u8; 32]> {
    match hex::decode(text).map(<[u8; 32]>::try_from) {
        Some(Ok(hash)) => Ok(hash),
        _ => bail!("{text:?} is not a hash of 64 hexadecimal digits"),
    }
}

fn export(storage: &dyn Storage, output: impl Write) -> anyhow::Result<()> {
    let mut output = BufWriter::new(output);
    let mut unit = storage.snapshot()?;
    let mut after = 0;
    loop {
        let page = unit.audit_log().page(after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for record in &page {
            let line = Line {
                sequence: record.sequence,
                event: String::from_utf8(record.event.clone())
                    .context("an audit record is not text")?,
                previous_hash: hex::encode(&record.previous_hash),
                hash: hex::encode(&record.hash),
            };
            writeln!(output, "{}", serde_json::to_string(&line)?)
                .context("the records cannot be written")?;
        }
    }
    output.flush().context("the records cannot be written")
}
