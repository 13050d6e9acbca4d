//! What happens by itself in time. `cli` calls these in its worker loop, and `resume` once at start-up after the
//! certification authority's own recovery.

use std::sync::PoisonError;
use std::time::Duration;

use tanba_model::application::{Application, State};
use tanba_model::audit::Actor;
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::{StepError, Unavailable};
use crate::evidence::{Evidence, application_object};
use crate::first::{announce_expired, appear_by};
use crate::limits::WINDOW;
use crate::reissue::IssueError;

/// Drafts wait for so long.
const DRAFT_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Applications wait for their second factor for so long.
const SECOND_FACTOR_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Applications that say no day themselves wait for an operator for so long.
const OPERATOR_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const DAY: u64 = 24 * 60 * 60;
/// Devices that nobody signed in from for so long are forgotten.
const DEVICE_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);
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
    /// Acts that nobody gave a second signature to in time.
    pub acts: u64,
    /// Things that people without keys filled in and left, forgotten.
    pub intakes: u64,
}

/// Whether an application that waits for an operator still may.
fn is_awaited(application: &Application, now: Timestamp) -> bool {
    let State::Submitted { at } = application.state else {
        return false;
    };
    now < appear_by(application).unwrap_or(at.plus(OPERATOR_LIFE))
}

/// What became of confirmed applications in a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resumed {
    /// Brought to an end: issued, or refused.
    pub finished: u64,
    /// Still confirmed; they are tried again.
    pub waiting: u64,
    /// Whether there are more behind them, and going on at once is worth it.
    pub more: bool,
}

impl RegistrationAuthority {
    /// Expires what nobody goes on with, and forgets secrets and sessions of the past. Codes are kept for a day, because
    /// wrong tries of a day count.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer; then nothing of this round happened.
    pub fn expire_old(&self, now: Timestamp) -> Result<Expired, Unavailable> {
        let mut expired = Expired::default();
        // The last day to appear never ends earlier than so long after the application.
        let appear = Duration::from_secs(u64::from(self.config.first().days_to_appear) * DAY);
        let mut work = self.storage.begin()?;
        for (state, life) in [
            ("DRAFT", DRAFT_LIFE),
            ("AWAITING_2FA", SECOND_FACTOR_LIFE),
            ("SUBMITTED", appear.min(OPERATOR_LIFE)),
        ] {
            for mut application in work
                .applications()
                .in_state(state, now.minus(life), BATCH)?
            {
                // A first application ends with a day of the calendar; until then it is left alone.
                if is_awaited(&application, now) {
                    continue;
                }
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
                announce_expired(work.as_mut(), &application, now)?;
                expired.applications = expired.applications.saturating_add(1);
            }
        }
        let secrets = work.secrets().purge(now, now.minus(WINDOW))?;
        let entries = work.entries().purge(now.minus(WINDOW))?;
        expired.secrets = secrets.saturating_add(entries);
        let sessions = work.sessions().purge(now)?;
        expired.sessions = sessions.saturating_add(work.limited_sessions().purge(now)?);
        let at_desk = work.staff().purge_sessions(now)?;
        expired.sessions = expired.sessions.saturating_add(at_desk);
        work.devices().purge(now.minus(DEVICE_LIFE))?;
        expired.intakes = work.intakes().purge(now, BATCH)?;
        let yesterday = now.minus(WINDOW).unix().div_euclid(24 * 60 * 60);
        let _ = work.intakes().purge_attempts(yesterday)?;
        work.commit()?;
        expired.acts = self.lapse_acts(now)?;
        Ok(expired)
    }

    /// Finishes applications that were confirmed and not issued: after a crash, or while the authority's key did not
    /// answer. Each call takes up where the last one ended and tries so many as do not keep others waiting, so that all have
    /// their turn, whatever those before them wait for.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer at all; what goes wrong with one application does not stop the
    /// others.
    pub fn resume(&self, now: Timestamp) -> Result<Resumed, Unavailable> {
        self.resume_some(now, BATCH)
    }

    /// The same with another number of tries.
    ///
    /// # Errors
    /// As there.
    pub fn resume_some(&self, now: Timestamp, tries: u32) -> Result<Resumed, Unavailable> {
        let mut place = self
            .resumed_to
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut work = self.storage.snapshot()?;
        let waiting = work
            .applications()
            .in_state_after("CONFIRMED", *place, tries)?;
        drop(work);
        let is_full = usize::try_from(tries).is_ok_and(|tries| waiting.len() == tries);
        // Behind the last one the first comes again.
        *place = waiting.last().filter(|_| is_full).and_then(|application| {
            let State::Confirmed { at } = application.state else {
                return None;
            };
            Some((at, application.id))
        });
        drop(place);
        let mut resumed = Resumed::default();
        for application in waiting {
            let id = application.id;
            let ended = match self.finish(application, now) {
                Ok(application) => !matches!(application.state, State::Confirmed { .. }),
                Err(
                    IssueError::Refused(_)
                    | IssueError::Step(
                        StepError::Frozen
                        | StepError::Died
                        | StepError::DataChanged
                        | StepError::WrongState(_),
                    ),
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
        resumed.more = is_full && resumed.finished > 0;
        Ok(resumed)
    }
}
