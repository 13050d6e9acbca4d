//! What happens by itself in time. `cli` calls these in its worker loop, and `resume` once at start-up after the
//! certification authority's own recovery.

use std::time::Duration;

use tanba_model::application::State;
use tanba_model::audit::Actor;
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::{StepError, Unavailable};
use crate::evidence::{Evidence, application_object};
use crate::limits::WINDOW;
use crate::reissue::IssueError;

/// Drafts wait for so long.
const DRAFT_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Applications wait for their second factor for so long.
const SECOND_FACTOR_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Applications wait for an operator for so long: 30 calendar days.
const OPERATOR_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Applications of one round.
const BATCH: u32 = 200;

/// What expired in a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Applications.
    pub applications: u64,
    /// Challenges, codes and links that were forgotten.
    pub secrets: u64,
    /// Sessions that were forgotten.
    pub sessions: u64,
}

/// What became of confirmed applications in a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resumed {
    /// Brought to an end: issued, or refused.
    pub finished: u64,
    /// Still confirmed; they are tried again.
    pub waiting: u64,
}

impl RegistrationAuthority {
    /// Expires what nobody goes on with, and forgets secrets and sessions of the past. Codes are kept for a day, because
    /// wrong tries of a day count.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer; then nothing of this round happened.
    pub fn expire_old(&self, now: Timestamp) -> Result<Expired, Unavailable> {
        let mut expired = Expired::default();
        let mut work = self.storage.begin()?;
        for (state, life) in [
            ("DRAFT", DRAFT_LIFE),
            ("AWAITING_2FA", SECOND_FACTOR_LIFE),
            ("SUBMITTED", OPERATOR_LIFE),
        ] {
            for mut application in work
                .applications()
                .in_state(state, now.minus(life), BATCH)?
            {
                let Ok(next) = application.state.expire(now) else {
                    continue;
                };
                application.state = next;
                work.applications().update(&mut application)?;
                let evidence = Evidence {
                    actor: Actor::System,
                    action: "application.expire",
                    object: application_object(application.id),
                    detail: state,
                };
                evidence.record(work.as_mut(), now)?;
                expired.applications = expired.applications.saturating_add(1);
            }
        }
        expired.secrets = work.secrets().purge(now, now.minus(WINDOW))?;
        expired.sessions = work.sessions().purge(now)?;
        work.commit()?;
        Ok(expired)
    }

    /// Finishes applications that were confirmed and not issued: after a crash, or while the authority's key did not
    /// answer.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer at all; what goes wrong with one application does not stop the
    /// others.
    pub fn resume(&self, now: Timestamp) -> Result<Resumed, Unavailable> {
        let later = now.plus(Duration::from_secs(1));
        let waiting =
            self.storage
                .snapshot()?
                .applications()
                .in_state("CONFIRMED", later, BATCH)?;
        let mut resumed = Resumed::default();
        for application in waiting {
            let id = application.id;
            let ended = match self.finish(application, now) {
                Ok(application) => !matches!(application.state, State::Confirmed { .. }),
                Err(
                    IssueError::Refused(_)
                    | IssueError::Step(StepError::Frozen | StepError::WrongState(_)),
                ) => true,
                Err(IssueError::Delayed(_)) => false,
                Err(IssueError::Step(error)) => {
                    let cause: &dyn std::error::Error = &error;
                    tracing::warn!(application = %id, error = cause, "a confirmed application waits");
                    false
                }
            };
            if ended {
                resumed.finished = resumed.finished.saturating_add(1);
            } else {
                resumed.waiting = resumed.waiting.saturating_add(1);
            }
        }
        Ok(resumed)
    }
}
