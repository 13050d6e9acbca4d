//! A log that should have been signed and was not: somebody took checkpoints away, or nobody signs.

use std::time::Duration;

use tanba_model::audit::{AuditRecord, Checkpoint};
use tanba_model::ports::{AuditLog, Storage, StorageError};
use tanba_pki::Timestamp;

/// The server signs every ten minutes or so; whatever waits for a day waits for somebody.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How the event of a new seal begins; events are canonical JSON.
pub(super) const SEAL: &[u8] = b"{\"action\":\"issuer.seal\"";
/// Records that are read at once.
const PAGE: u32 = 1_000;

/// Why the checkpoints are not those that there should be, if so: `last` is when the newest was signed, `next` the first
/// record after it, and `newest` the last one. A server that stands still signs nothing, and is no fault: what counts is for how
/// long somebody wrote.
pub(super) fn fault(
    has_seal: bool,
    last: Option<Timestamp>,
    next: Option<&AuditRecord>,
    newest: Option<&AuditRecord>,
) -> Option<String> {
    const REMEDY: &str = "if you have one that was kept, give it as --checkpoint; then run `tanba audit checkpoint`, or start \
                          the server, which signs the log";
    let Some(last) = last else {
        return has_seal.then(|| {
            format!(
                "the authority has a seal, and there is no checkpoint: it was never signed, or somebody took the checkpoints away; \
                 {REMEDY}"
            )
        });
    };
    let since = next.and_then(AuditRecord::read)?.at;
    let newest = newest.and_then(AuditRecord::read)?.at;
    let is_late = |time: Timestamp| newest > time.plus(DAY);
    (is_late(last) && is_late(since)).then(|| {
        format!(
            "records from {since} to {newest} are not signed, the newest checkpoint is of {last}: nobody signs, or somebody took newer \
             ones away; {REMEDY}"
        )
    })
}

/// Whether the log says that a seal was made: whoever takes checkpoints away can take it from its authority's row, too. It is
/// one of the first records.
fn was_sealed(log: &mut dyn AuditLog) -> Result<bool, StorageError> {
    let mut after = 0;
    loop {
        let records = log.page(after, PAGE)?;
        let Some(last) = records.last() else {
            return Ok(false);
        };
        after = last.sequence;
        if records.iter().any(|record| record.event.starts_with(SEAL)) {
            return Ok(true);
        }
    }
}

/// The same of a database, without reading the log, but where nothing is signed.
///
/// # Errors
/// When it does not answer.
pub(crate) fn of_storage(storage: &dyn Storage) -> anyhow::Result<Option<String>> {
    let mut unit = storage.snapshot()?;
    let Some(last) = unit.audit_log().last_checkpoint()? else {
        let has_seal = was_sealed(unit.audit_log())?;
        return Ok(fault(has_seal, None, None, None));
    };
    // One that cannot be read is told of by `tanba audit verify`.
    let Ok(at) = Checkpoint::from_bytes(&last.document).map(|last| last.at) else {
        return Ok(None);
    };
    let next = unit.audit_log().page(last.size, 1)?;
    let before = unit.audit_log().size()?.saturating_sub(1);
    let newest = unit.audit_log().page(before, 1)?;
    Ok(fault(true, Some(at), next.first(), newest.first()))
}

#[cfg(test)]
mod tests {
    use tanba_model::audit::{Actor, AuditEvent};

    use super::*;

    #[test]
    fn a_log_that_waits_for_its_signature_for_more_than_a_day_is_told() {
        let now = Timestamp::from_unix(1_795_500_000);
        let ago = |hours: u64| now.minus(Duration::from_secs(hours * 60 * 60));
        let record = |at: Timestamp| {
            let event = AuditEvent {
                at,
                actor: Actor::System,
                action: "person.import".to_owned(),
                object: "person:1".to_owned(),
                detail: String::new(),
                origin: String::new(),
            };
            AuditRecord::chain(None, &event).unwrap()
        };
        let (old, fresh) = (record(ago(25)), record(ago(23)));
        let (start, newest) = (record(ago(0)), Some(&record(ago(0))));
        assert_eq!(fault(false, None, Some(&old), newest), None);
        assert!(fault(true, None, Some(&fresh), newest).is_some());
        assert!(fault(true, Some(ago(25)), Some(&old), newest).is_some());
        assert_eq!(fault(true, Some(ago(25)), None, newest), None);
        // The server stood still, and somebody gave a command just now; or the record has an earlier day by itself.
        assert_eq!(fault(true, Some(ago(25)), Some(&start), newest), None);
        assert_eq!(fault(true, Some(ago(25)), Some(&fresh), newest), None);
        assert_eq!(fault(true, Some(ago(23)), Some(&old), newest), None);
        // It was ended between two checkpoints, and nothing has been written for a weekend.
        assert_eq!(
            fault(
                true,
                Some(ago(60)),
                Some(&record(ago(59))),
                Some(&record(ago(59)))
            ),
            None
        );
    }
}
