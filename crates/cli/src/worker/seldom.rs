//! What is tried every two seconds and fails for hours is told once, and then every hour.

use std::mem::Discriminant;
use std::time::Duration;

use tanba_ca::CheckpointError;
use tanba_model::audit::SignedCheckpoint;
use tanba_pki::Timestamp;

use super::complain;

/// Between two words about the same thing.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// What was told last, and when.
#[derive(Debug, Default)]
pub(super) struct Seldom(Option<(Discriminant<CheckpointError>, Timestamp)>);

impl Seldom {
    /// Tells what became of signing the log.
    pub(super) fn tell(
        &mut self,
        signed: Result<Option<SignedCheckpoint>, CheckpointError>,
        now: Timestamp,
    ) {
        match signed {
            Ok(checkpoint) => {
                if let Some(checkpoint) = checkpoint {
                    tracing::debug!(records = checkpoint.size, "audit checkpoint signed");
                }
                self.forget();
            }
            Err(error) if !self.tells(&error, now) => {}
            Err(error) => complain("the audit log was not signed", &error),
        }
    }

    /// Whether this has to be told: it is another thing than the last time, or an hour has gone by. A clock that was set
    /// back starts anew.
    fn tells(&mut self, error: &CheckpointError, now: Timestamp) -> bool {
        let kind = std::mem::discriminant(error);
        let is_known = self
            .0
            .is_some_and(|(last, at)| last == kind && at <= now && now < at.plus(HOUR));
        if !is_known {
            self.0 = Some((kind, now));
        }
        !is_known
    }

    /// It went well.
    fn forget(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_failing_is_told_every_hour_and_what_is_new_at_once() {
        let at =
            |seconds: u64| Timestamp::from_unix(1_795_500_000).plus(Duration::from_secs(seconds));
        let unsealed = |seconds| CheckpointError::Unsealed(at(seconds));
        let behind = CheckpointError::ClockBehind(at(0));
        let mut seldom = Seldom::default();
        let told: Vec<u64> = (0..3_700)
            .step_by(2)
            .filter(|seconds| seldom.tells(&unsealed(*seconds), at(*seconds)))
            .collect();
        assert_eq!(told, [0, 3_600]);
        assert!(seldom.tells(&behind, at(3_702)));
        assert!(!seldom.tells(&behind, at(3_704)));
        assert!(seldom.tells(&behind, at(3_000)), "the clock was set back");
        seldom.forget();
        assert!(seldom.tells(&behind, at(3_002)));
    }
}
