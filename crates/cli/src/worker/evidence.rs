//! Whether the database says what the audit log says, after the start and each night.

use std::time::Duration;

use tanba_model::ports::StorageError;
use tanba_pki::Timestamp;

use super::stop::Stop;
use super::{Duties, guarded};
use crate::commands::tables::{Fault, compare_all};

/// Between the start and the first comparison: the log is signed first, or a new one would be told to be without a
/// checkpoint.
const START_PAUSE: Duration = Duration::from_secs(10);
/// Between two looks whether it is due.
const PAUSE: Duration = Duration::from_secs(60);
/// After each page of the log, so that it never takes a processor alone.
const BREATH: Duration = Duration::from_millis(2);
/// Findings that are told one by one; `tanba certificate check --all` tells all.
const TOLD: u64 = 20;

impl Duties {
    /// Compares after the start and each night, until it is asked to stop.
    pub(super) fn compare_nightly(&self, stop: &Stop) {
        let mut pause = START_PAUSE;
        while !stop.within(pause) {
            guarded("evidence", || self.compare(stop));
            pause = PAUSE;
        }
    }

    /// Compares when that is due. It reads on snapshots, beside whoever writes.
    fn compare(&self, stop: &Stop) {
        let now = self.clock.now();
        let meters = self.authority.meters();
        let last = meters.evidence.last();
        if !is_due(last, self.authority.last_night(now), now) {
            return;
        }
        let mut faults = 0_u64;
        let mut fault = |fault: Fault| {
            faults = faults.saturating_add(1);
            // Somebody is to hear of it now, however long the rest takes.
            meters.evidence.found(faults);
            if faults <= TOLD {
                let Fault { object, code, what } = fault;
                tracing::error!(object, code, what, "not as the audit log says");
            }
        };
        let compared = compare_all(
            self.storage.as_ref(),
            &mut || !stop.within(BREATH),
            &mut fault,
        );
        match compared {
            Ok(Some(compared)) => {
                meters.evidence.set(self.clock.now(), faults);
                told(faults, compared.people);
            }
            // Whoever stops the server does not wait for it.
            Ok(None) => {}
            Err(error) => {
                // What cannot be read is not as it should be either; while nobody answers, it is tried again.
                let is_busy = matches!(
                    error.downcast_ref::<StorageError>(),
                    Some(StorageError::Unavailable(_))
                );
                if !is_busy {
                    let at = self.clock.now();
                    meters.evidence.set(at, faults.saturating_add(1));
                }
                let error: &dyn std::error::Error = error.as_ref();
                tracing::error!(error, "the database was not compared with the audit log");
            }
        }
    }
}

/// Whether it is to be done. One that lies ahead was made while the clock was wrong, and says nothing of today.
fn is_due(last: Option<(Timestamp, u64)>, night: Timestamp, now: Timestamp) -> bool {
    last.is_none_or(|(at, _)| at < night || at > now)
}

fn told(faults: u64, people: u64) {
    if faults == 0 {
        tracing::info!(people, "the database was compared with the audit log");
    } else {
        tracing::error!(
            faults,
            people,
            "the database says something else than the audit log: see \"The database says something else than the log\" in docs/operator.md"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_compared_once_a_night_and_when_the_clock_that_was_ahead_is_set_right() {
        let (night, now) = (Timestamp::from_unix(1_000), Timestamp::from_unix(2_000));
        for (last, due) in [
            (None, true),
            (Some(999), true),
            (Some(1_000), false),
            (Some(2_000), false),
            (Some(2_001), true),
        ] {
            let ended = last.map(|at| (Timestamp::from_unix(at), 0));
            assert_eq!(is_due(ended, night, now), due, "{last:?}");
        }
    }
}
