//! `tanba audit prove`, and how its proofs are verified.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;
use tanba_model::audit::tree::{TreeHash, TreeHead, includes, leaf};
use tanba_model::audit::{Checkpoint as Statement, LogProof, Proved};
use tanba_model::ports::Storage;
use tanba_pki::hex;

use super::line;
use super::statement::{Judge, read_certificate};
use super::write_to;
use crate::context::Context;
use crate::count::count;
use crate::outcome::{Outcome, sentence, usage};

/// Arguments of `tanba audit prove`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Prove that the record of this number is in the log
    #[arg(long, value_name = "NUMBER")]
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
    /// Number of the record that is proved.
    record: Option<u64>,
    /// The event that is proved, as it was recorded.
    event: Option<serde_json::Value>,
    /// SHA-256 of the certificate whose issue is proved, where one was given.
    certificate: Option<String>,
    fault: Option<String>,
}

/// What a proof says, once its seal holds.
#[derive(Debug, Default)]
struct Said {
    text: String,
    record: Option<u64>,
    event: Option<serde_json::Value>,
    fault: Option<String>,
}

/// Writes a proof.
pub(super) fn run(storage: &dyn Storage, args: &Args) -> anyhow::Result<Outcome> {
    if args.record.is_none() && args.from.is_none() {
        return Err(usage(
            "say what is to be proved: --record NUMBER, that a record is in the log, or --from NUMBER, that the log only grew since",
        ));
    }
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

/// Judges a proof; with a certificate, whether it proves the issue of that one.
pub(super) fn verify(
    path: &Path,
    certificate: Option<&Path>,
    judge: &Judge,
    context: &Context,
) -> anyhow::Result<Outcome> {
    // Here 1 is a verdict about a proof.
    let unjudged = |error: anyhow::Error| usage(sentence(&error));
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the file {} cannot be read", path.display()))
        .map_err(unjudged)?;
    let Ok(proof) = serde_json::from_str::<LogProof>(&text) else {
        return Err(usage(format_args!("{} is not a proof", path.display())));
    };
    let certificate = (certificate.map(fingerprint).transpose()).map_err(unjudged)?;
    let signed = Statement::from_bytes(proof.under.checkpoint.as_bytes())
        .map(|statement| statement.size)
        .unwrap_or_default();
    let mut said = match judge.judge(&proof.under)? {
        Err(fault) => Said {
            fault: Some(fault),
            ..Said::default()
        },
        Ok(stated) if stated.is_compromised => Said {
            fault: Some(
                "the seal's key may be in other hands, so nothing is proved: ask for a proof under a newer checkpoint".to_owned(),
            ),
            ..Said::default()
        },
        Ok(stated) => says(proof, &stated.head)?,
    };
    if let (Some(fingerprint), None) = (&certificate, &said.fault) {
        said.fault = (!tells_of_issue(said.event.as_ref(), fingerprint))
            .then(|| "this is not the record of the issue of that certificate".to_owned());
    }
    let verdict = Verdict {
        valid: said.fault.is_none(),
        signed,
        record: said.record,
        event: said.event,
        certificate,
        fault: said.fault.clone(),
    };
    if said.fault.is_none() || context.json() {
        if judge.lists().is_none() {
            said.text.push_str(
                "\nWhether the seal was revoked was not looked at: give the lists with --crl.",
            );
        }
        if verdict.certificate.is_some() {
            said.text
                .push_str("\nIt is the record of the issue of that certificate.");
        }
        context.print(&verdict, said.text)?;
    }
    Ok(said.fault.map_or(Outcome::Done, Outcome::Refused))
}

fn says(proof: LogProof, head: &TreeHead) -> anyhow::Result<Said> {
    let hashes = proof
        .path
        .iter()
        .map(|text| line::hash(text))
        .collect::<Result<Vec<TreeHash>, _>>()?;
    let signed = head.size;
    match proof.what {
        Proved::Record(record) => {
            let record = record.read()?;
            let number = record.sequence;
            let index = number.checked_sub(1).context("records count from 1")?;
            let there = record.is_itself()
                && includes(&hashes, &leaf(&record.hash), index, signed, &head.root);
            let mut text = format!(
                "Record {number} is in the log of {}.",
                count(signed, "record")
            );
            if let Some(event) = record.read() {
                let (at, action) = (event.at, &event.action);
                text.push_str(&format!(
                    "\n{at} {action} {} {}",
                    event.object, event.detail
                ));
            }
            Ok(Said {
                text,
                record: Some(number),
                event: serde_json::from_slice(&record.event).ok(),
                fault: (!there).then(|| "the record is not in the signed log".to_owned()),
            })
        }
        Proved::Earlier { size, root } => {
            let root = line::hash(&root)?;
            let earlier = TreeHead { size, root };
            Ok(Said {
                text: format!("The log of {signed} records continues that of {size}."),
                fault: (!head.continues(&earlier, &hashes))
                    .then(|| "the log was rewritten".to_owned()),
                ..Said::default()
            })
        }
    }
}

/// Whether an event is the issue of the certificate with this digest.
fn tells_of_issue(event: Option<&serde_json::Value>, fingerprint: &str) -> bool {
    event.is_some_and(|event| {
        event["action"] == "certificate.issue" && event["detail"] == format!("sha256={fingerprint}")
    })
}

/// SHA-256 of a certificate in a file (PEM or DER), hexadecimal.
fn fingerprint(path: &Path) -> anyhow::Result<String> {
    let certificate = read_certificate(path)?;
    Ok(hex::encode(&tanba_crypto::sha256(certificate.der())))
}
