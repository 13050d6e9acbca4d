//! Whether the tables say what the audit log says, and whether the log is signed.

use tanba_model::ports::Storage;

use super::super::audit::late;
use super::super::tables::Tables;
use super::Extent;
use crate::config::Finding;

/// A log of so many records is read within a second or two.
const SMALL: u64 = 200_000;
/// Findings that are told one by one; `certificate check --all` tells all.
const TOLD: usize = 20;

/// All of it.
///
/// # Errors
/// When something cannot be read.
pub(super) fn examine(storage: &dyn Storage, extent: Extent) -> anyhow::Result<Vec<Finding>> {
    const REMEDY: &str = "find out who changed the database: `tanba certificate check --all` tells everything that is not as the \
                          audit log says, and `docs/operator.md`, \"The database says something else than the log\", what to do";
    let mut findings = Vec::new();
    if let Some(what) = late::of_storage(storage)? {
        let remedy = "where checkpoints were taken away, keep the database as it is for whoever looks into it";
        findings.push(Finding::evidence("checkpoint-late", what, remedy));
    }
    let mut unit = storage.snapshot()?;
    if !extent.thorough && unit.audit_log().size()? > SMALL {
        return Ok(findings);
    }
    let tables = Tables::read(unit.as_mut())?;
    let _ = tables.judge(unit.as_mut(), &mut |fault| {
        if findings.len() < TOLD {
            let what = format!("{}: {}", fault.object, fault.what);
            findings.push(Finding::evidence(fault.code, what, REMEDY));
        }
    })?;
    Ok(findings)
}
