//! What is told of a log.

use serde::Serialize;
use tanba_pki::{Timestamp, hex};

use super::{Args, Log};
use crate::context::Context;
use crate::count::count;
use crate::outcome::Outcome;

#[derive(Debug, Serialize)]
struct Verdict {
    valid: bool,
    records: u64,
    /// Records before the first that is there: they were left out, and nothing is said of them.
    since: u64,
    last_hash: Option<String>,
    /// Signed checkpoints among the records.
    checkpoints: u64,
    /// Number of records under the last of them.
    signed: u64,
    /// Whose log it says that it is: the public URL.
    log: Option<String>,
    /// When it was signed.
    signed_at: Option<Timestamp>,
    /// Serial number of the seal under it, hexadecimal.
    sealed_by: Option<String>,
    /// Records after it: nothing proves that they are all, or that they are as they were written.
    unsigned: u64,
    /// Whether it was looked up in lists whether the seals were revoked.
    revocation_checked: bool,
    fault: Option<String>,
}

impl Log<'_> {
    pub(super) fn report(
        &self,
        args: &Args,
        fault: Option<String>,
        context: &Context,
    ) -> anyhow::Result<Outcome> {
        // Nothing was made of the hash that a file without records begins with.
        let last = (self.last.as_ref()).filter(|record| record.sequence > self.since);
        let last_hash = last.map(|record| hex::encode(&record.hash));
        let records = self.records();
        let (size, stated) = match &self.signed {
            Some((size, stated)) => (*size, Some(stated)),
            None => (0, None),
        };
        let at = stated.map(|stated| stated.at);
        let verdict = Verdict {
            valid: fault.is_none(),
            records,
            since: self.since,
            last_hash,
            checkpoints: self.checkpoints,
            signed: size,
            log: stated.map(|stated| stated.log.clone()),
            signed_at: at,
            sealed_by: stated.map(|stated| stated.signer.serial_hex()),
            unsigned: self.unsigned(),
            revocation_checked: self.judge.lists().is_some(),
            fault: fault.clone(),
        };
        let last = verdict.last_hash.as_deref().unwrap_or("none");
        let mut text = match &fault {
            None => format!(
                "The audit chain is whole: {}, last hash {last}.",
                count(records, "record")
            ),
            Some(_) => format!("Records that fit: {records}, last hash {last}."),
        };
        if self.since > 0 {
            text.push_str(&format!(
                "\nIt begins after record {}: what came before is not here, and was not looked at.",
                self.since
            ));
        }
        if let Some(stated) = stated {
            text.push_str(&format!(
                "\n{}; the last one, of {}, states {} of the log of {}.",
                count(self.checkpoints, "signed checkpoint"),
                stated.at,
                count(size, "record"),
                stated.log
            ));
            if args.file.is_none() && args.trusted.is_empty() {
                text.push_str(&format!(
                    "\nThe root that was believed comes from this database: compare its fingerprint, {}, with the one that \
                     you keep, or name your own with --trusted.",
                    self.judge.fingerprints().join(", ")
                ));
            }
            text.push_str(&self.judge.lists().map_or_else(
                || {
                    "\nWhether a seal was revoked was not looked at: give the lists with --crl."
                        .to_owned()
                },
                |since| format!("\nSeals were looked up in lists, the oldest of {since}."),
            ));
            if !self.judge.believes() {
                text.push_str(
                    "\nWho signed them was not checked: name the root certificate with --trusted.",
                );
            }
        }
        match (verdict.unsigned, at) {
            (0, _) => {}
            (_, None) if self.was_refused => text.push_str(
                "\nNothing proves it: the checkpoint that states it does not count, and whoever can write a file can make \
                 such a chain anew.",
            ),
            (_, None) => text.push_str(
                "\nNothing proves it: there is no checkpoint, and whoever can write a file can make such a chain anew.",
            ),
            (after, Some(_)) => text.push_str(&format!(
                "\nNothing proves what came after the last checkpoint ({}), nor that no more came.",
                count(after, "record")
            )),
        }
        context.print(&verdict, text)?;
        Ok(fault.map_or(Outcome::Done, Outcome::Refused))
    }
}
