//! `tanba audit prove`, and how its proofs are verified.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;
use tanba_model::audit::tree::{TreeHash, TreeHead, includes, leaf};
use tanba_model::audit::{Checkpoint as Statement, LogProof, Proved};
use tanba_model::ports::Storage;

use super::line;
use super::statement::Judge;
use super::write_to;
use crate::context::Context;
use crate::outcome::Outcome;

/// Arguments of `tanba audit prove`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Prove that the record of this number is in the log
    #[arg(long, value_name = "NUMBER", required_unless_present = "from")]
    record: Option<u64>,
    /// Prove that the log only grew since it had this many records
    #[arg(long, value_name = "NUMBER", conflicts_with = "record")]
    from: Option<u64>,
    /// File to write to; else the standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Verdict {
    valid: bool,
    /// Number of records under the checkpoint.
    signed: u64,
    fault: Option<String>,
}

/// Writes a proof.
pub(super) fn run(storage: &dyn Storage, args: &Args) -> anyhow::Result<Outcome> {
    let mut unit = storage.snapshot()?;
    let Some(last) = unit.audit_log().last_checkpoint()? else {
        return Ok(Outcome::Refused(
            "nothing is signed yet: run `tanba audit checkpoint` first".to_owned(),
        ));
    };
    let log = unit.audit_log();
    let (number, proof) = match (args.record, args.from) {
        (Some(number), _) => {
            let index = number.checked_sub(1).context("records count from 1")?;
            let proof = match log.page(index, 1)?.pop() {
                Some(record) => LogProof::of_record(log, record)?,
                None => None,
            };
            (number, proof)
        }
        (None, from) => {
            let from = from.unwrap_or_default();
            (from, LogProof::of_earlier(log, from)?)
        }
    };
    let Some(proof) = proof else {
        return Ok(unsigned(number, last.size));
    };
    let text = serde_json::to_string(&proof)?;
    write_to(args.output.as_ref(), |file| writeln!(file, "{text}"))?;
    Ok(Outcome::Done)
}

fn unsigned(number: u64, size: u64) -> Outcome {
    Outcome::Refused(format!(
        "the newest checkpoint states {size} records, {number} is not among them"
    ))
}

/// Judges a proof.
pub(super) fn verify(path: &Path, judge: &Judge, context: &Context) -> anyhow::Result<Outcome> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the file {} cannot be read", path.display()))?;
    let Ok(proof) = serde_json::from_str::<LogProof>(&text) else {
        bail!("{} is not a proof", path.display());
    };
    let hashes = proof
        .path
        .iter()
        .map(|text| line::hash(text))
        .collect::<Result<Vec<TreeHash>, _>>()?;
    let stated = judge.judge(&proof.under)?;
    let signed = Statement::from_bytes(proof.under.checkpoint.as_bytes())
        .map(|statement| statement.size)
        .unwrap_or_default();
    let (said, fault) = match (stated, proof.what) {
        (Err(fault), _) => (String::new(), Some(fault)),
        (Ok(stated), Proved::Record(record)) => {
            let record = record.read()?;
            let number = record.sequence;
            let index = number.checked_sub(1).context("records count from 1")?;
            let whole = record.is_itself();
            let there = includes(
                &hashes,
                &leaf(&record.hash),
                index,
                stated.head.size,
                &stated.head.root,
            );
            (
                format!("Record {number} is in the log of {signed} records."),
                (!(whole && there)).then(|| "the record is not in the signed log".to_owned()),
            )
        }
        (Ok(stated), Proved::Earlier { size, root }) => {
            let earlier = TreeHead {
                size,
                root: line::hash(&root)?,
            };
            (
                format!("The log of {signed} records continues that of {size}."),
                (!stated.head.continues(&earlier, &hashes))
                    .then(|| "the log was rewritten".to_owned()),
            )
        }
    };
    let verdict = Verdict {
        valid: fault.is_none(),
        signed,
        fault: fault.clone(),
    };
    if fault.is_none() || context.json() {
        context.print(&verdict, said)?;
    }
    Ok(fault.map_or(Outcome::Done, Outcome::Refused))
}
