//! `tanba audit export`.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::bail;
use serde::Serialize;
use tanba_model::audit::SignedCheckpoint;
use tanba_model::audit::kept::recompute;
use tanba_model::ports::{Storage, UnitOfWork};

use super::line::{Checkpoint, End, Line, Record, Start};
use super::write_to;
use crate::context::Context;
use crate::count::count;
use crate::outcome::Outcome;

/// Rows that are read at once.
const PAGE: u32 = 1000;

/// Writes what came after `since`; where the log was `sealed` just now, up to the checkpoint that was made then.
pub(super) fn run(
    storage: &dyn Storage,
    since: u64,
    sealed: bool,
    output: Option<&PathBuf>,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let mut unit = storage.snapshot()?;
    let start = start(unit.as_mut(), since)?;
    let last = unit.audit_log().last_checkpoint()?;
    // What came after the signature waits for the next export: an end that nothing proves is worth nothing.
    let until = match last {
        Some(ref last) if sealed && last.size >= since => last.size,
        _ => unit.audit_log().size()?,
    };
    let mut fault = None;
    write_to(output, |file| {
        if let Some(start) = &start {
            line(file, start)?;
        }
        all(unit.as_mut(), since, until, file).or_else(|error| {
            match error.downcast::<io::Error>() {
                Ok(error) => Err(error),
                Err(error) => {
                    fault = Some(error);
                    Ok(())
                }
            }
        })
    })?;
    if let Some(fault) = fault {
        return Err(fault);
    }
    // On the standard output stand the records themselves.
    if output.is_some() {
        let facts = Facts {
            records: until.saturating_sub(since),
            signed: last.map_or(0, |last| last.size),
        };
        let text = format!(
            "Written: {}; the newest checkpoint states {}.",
            count(facts.records, "record"),
            count(facts.signed, "record")
        );
        context.print(&facts, text)?;
    }
    Ok(Outcome::Done)
}

/// What was written into a file.
#[derive(Debug, Serialize)]
struct Facts {
    records: u64,
    /// Records under the newest checkpoint.
    signed: u64,
}

fn start(unit: &mut dyn UnitOfWork, since: u64) -> anyhow::Result<Option<Line>> {
    if since == 0 {
        return Ok(None);
    }
    let size = unit.audit_log().size()?;
    if since > size {
        bail!("there are only {size} records");
    }
    let Some(hash) = unit.audit_log().hashes(since - 1, 1)?.first().copied() else {
        bail!("record {since} is missing");
    };
    let frontier = recompute(unit.audit_log(), since)?;
    Ok(Some(Line::Start(Start::of(since, &hash, &frontier))))
}

fn all(
    unit: &mut dyn UnitOfWork,
    since: u64,
    until: u64,
    file: &mut dyn Write,
) -> anyhow::Result<()> {
    // With nothing after `since`, the checkpoint over what is left out is all that can be shown.
    let shown = if since == until {
        since.saturating_sub(1)
    } else {
        since
    };
    let (mut after, mut signed) = (since, Checkpoints::after(shown));
    let mut is_signed = checkpoint(unit, &mut signed, after, file)?;
    let mut hash = [0; 32];
    if let Some(before) = since.checked_sub(1)
        && let Some(found) = unit.audit_log().hashes(before, 1)?.first()
    {
        hash = *found;
    }
    while after < until {
        let page = unit.audit_log().page(after, PAGE)?;
        if page.is_empty() {
            break;
        }
        for record in page {
            if record.sequence > until {
                break;
            }
            (after, hash) = (record.sequence, record.hash);
            line(file, &Line::Record(Record::of(record)?))?;
            is_signed = checkpoint(unit, &mut signed, after, file)?;
        }
    }
    if !is_signed {
        line(file, &Line::End(End::of(after, &hash)))?;
    }
    Ok(())
}

/// Writes the checkpoint of this size, if there is one.
fn checkpoint(
    unit: &mut dyn UnitOfWork,
    signed: &mut Checkpoints,
    size: u64,
    file: &mut dyn Write,
) -> anyhow::Result<bool> {
    let Some(checkpoint) = signed.of(unit, size)? else {
        return Ok(false);
    };
    line(file, &Line::Checkpoint(Checkpoint::of(checkpoint)?))?;
    Ok(true)
}

/// Checkpoints in the order of their sizes.
pub(super) struct Checkpoints {
    read: VecDeque<SignedCheckpoint>,
    after: u64,
    ended: bool,
}

impl Checkpoints {
    pub(super) const fn after(after: u64) -> Self {
        Self {
            read: VecDeque::new(),
            after,
            ended: false,
        }
    }

    /// The checkpoint of this size, where there is one. To be asked for growing sizes.
    pub(super) fn of(
        &mut self,
        unit: &mut dyn UnitOfWork,
        size: u64,
    ) -> anyhow::Result<Option<SignedCheckpoint>> {
        if self.read.is_empty() && !self.ended {
            self.read = unit.audit_log().checkpoints(self.after, PAGE)?.into();
            match self.read.back() {
                Some(last) => self.after = last.size,
                None => self.ended = true,
            }
        }
        Ok(self.read.pop_front_if(|next| next.size == size))
    }
}

fn line(file: &mut dyn Write, line: &Line) -> io::Result<()> {
    writeln!(file, "{}", serde_json::to_string(line)?)
}
