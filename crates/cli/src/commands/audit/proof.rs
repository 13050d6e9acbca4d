//! `tanba audit prove`, and how its proofs are verified.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use tanba_model::audit::Checkpoint as Statement;
use tanba_model::audit::kept::{KeptTree, recompute};
use tanba_model::audit::tree::{
    TreeHash, TreeHead, includes, leaf, prove_consistency, prove_inclusion,
};
use tanba_model::ports::Storage;
use tanba_pki::hex;

use super::line::{self, Checkpoint, Record};
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

/// A proof. Sent: never rename a field.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    /// The checkpoint that it is under.
    under: Checkpoint,
    what: What,
    /// Hashes from the leaf to the root (RFC 9162, 2.1.3 and 2.1.4).
    path: Vec<String>,
}

/// What is proved.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum What {
    /// The log holds this record.
    Record(Record),
    /// The log continues this earlier one.
    Earlier {
        /// Number of records.
        size: u64,
        /// Hash of their tree.
        root: String,
    },
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
    let size = last.size;
    let (what, path) = match (args.record, args.from) {
        (Some(number), _) => {
            let index = number.checked_sub(1).context("records count from 1")?;
            let mut page = unit.audit_log().page(index, 1)?;
            let Some(record) = page.pop().filter(|record| record.sequence <= size) else {
                return Ok(unsigned(number, size));
            };
            let path = prove_inclusion(&mut KeptTree(unit.audit_log()), index, size)?;
            (What::Record(Record::of(record)?), path)
        }
        (None, from) => {
            let from = from.unwrap_or_default();
            let path = prove_consistency(&mut KeptTree(unit.audit_log()), from, size)?;
            if path.is_none() {
                return Ok(unsigned(from, size));
            }
            let root = hex::encode(&recompute(unit.audit_log(), from)?.head().root);
            (What::Earlier { size: from, root }, path)
        }
    };
    let path = path.context("there is no such record")?;
    let proof = Proof {
        under: Checkpoint::of(last)?,
        what,
        path: path.iter().map(|hash| hex::encode(hash)).collect(),
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
    let Ok(proof) = serde_json::from_str::<Proof>(&text) else {
        bail!("{} is not a proof", path.display());
    };
    let hashes = proof
        .path
        .iter()
        .map(|text| line::hash(text))
        .collect::<anyhow::Result<Vec<TreeHash>>>()?;
    let stated = judge.judge(&proof.under)?;
    let signed = Statement::from_bytes(proof.under.checkpoint.as_bytes())
        .map(|statement| statement.size)
        .unwrap_or_default();
    let (said, fault) = match (stated, proof.what) {
        (Err(fault), _) => (String::new(), Some(fault)),
        (Ok(stated), What::Record(record)) => {
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
        (Ok(stated), What::Earlier { size, root }) => {
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
