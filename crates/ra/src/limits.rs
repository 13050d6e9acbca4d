//! How much one person may try in a day, over all her applications.
//!
//! A thief with file and password can begin application after application, each with tries of its own. What bounds the
//! guessing is the person: ten wrong codes in any 24 hours, of a million, and then a pause.

use std::time::Duration;

use tanba_model::application::State;
use tanba_model::id::PersonId;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::Timestamp;

/// Wrong codes for one application; then it is refused.
pub(crate) const TRIES: u32 = 5;
/// Codes sent for one application.
pub(crate) const SENDS: u32 = 5;
/// Wrong codes of one person in a day.
const TRIES_A_DAY: u32 = 10;
/// Codes sent to one person in a day.
const SENDS_A_DAY: u32 = 15;
/// Applications begun by one person in a day.
const APPLICATIONS_A_DAY: u32 = 20;
/// What limits look back on. Codes are kept that long after they expire.
pub(crate) const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
/// Reissues that are looked at: more than three days of them. First applications, which strangers can make, are none.
const NEWEST: u32 = 64;

/// What a person did with her keys in the last 24 hours.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recent {
    wrong_tries: u32,
    sends: u32,
    begun: u32,
    oldest_code: Option<Timestamp>,
}

impl Recent {
    /// Counts.
    pub(crate) fn of(
        work: &mut dyn UnitOfWork,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Self, StorageError> {
        let since = now.minus(WINDOW);
        let mut recent = Self::default();
        for application in work.applications().reissues_of(person, NEWEST)? {
            if application.created_at > since {
                recent.begun = recent.begun.saturating_add(1);
            }
            let Some(code) = work
                .secrets()
                .code(application.id)?
                .filter(|code| code.sent_at > since)
            else {
                continue;
            };
            let right = match application.state {
                State::Confirmed { .. } | State::Issued { .. } | State::Installed { .. } => 1,
                State::Draft
                | State::Submitted { .. }
                | State::Awaiting2fa { .. }
                | State::Rejected { .. }
                | State::Expired { .. }
                | State::Cancelled { .. } => 0,
            };
            let wrong = TRIES.saturating_sub(code.tries_left).saturating_sub(right);
            recent.wrong_tries = recent.wrong_tries.saturating_add(wrong);
            recent.sends = recent.sends.saturating_add(code.sent);
            recent.oldest_code = Some(
                recent
                    .oldest_code
                    .map_or(code.sent_at, |oldest| oldest.min(code.sent_at)),
            );
        }
        Ok(recent)
    }

    /// Until when no code of this person is tried; `None` while she may.
    pub(crate) fn tries_paused(&self) -> Option<Timestamp> {
        (self.wrong_tries >= TRIES_A_DAY)
            .then(|| self.pause_end())
            .flatten()
    }

    /// Until when no code is sent to this person; `None` while one may be.
    pub(crate) fn sends_paused(&self) -> Option<Timestamp> {
        self.tries_paused().or_else(|| {
            (self.sends >= SENDS_A_DAY)
                .then(|| self.pause_end())
                .flatten()
        })
    }

    /// Whether this person may begin another application.
    pub(crate) const fn may_begin(&self) -> bool {
        self.begun < APPLICATIONS_A_DAY
    }

    fn pause_end(&self) -> Option<Timestamp> {
        self.oldest_code.map(|oldest| oldest.plus(WINDOW))
    }
}
