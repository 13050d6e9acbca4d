//! How many people a member of staff opens in a day. It is kept in storage, so that a restart gives nothing back.

use tanba_crypto::sha256;
use tanba_model::ports::TokenPurpose;
use tanba_pki::Timestamp;

use super::Clerk;
use crate::RegistrationAuthority;
use crate::error::Unavailable;

/// Milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// What is left of a day, by a generic cell rate algorithm: all of a day may come at once, and comes back evenly within a
/// day. It is one number, the time at which nothing is used up any more, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OfDay(i64);

impl OfDay {
    /// After one more; the seconds to wait where there is none left.
    fn and_one(self, per_day: u32, now: Timestamp) -> Result<Self, u32> {
        let most = i64::from(per_day.max(1));
        let interval = DAY / most;
        let now = now.unix().saturating_mul(1000);
        let latest = now.saturating_add(interval.saturating_mul(most - 1));
        let full_again = self.0.max(now);
        if full_again > latest {
            let wait = full_again.saturating_sub(latest).saturating_add(999) / 1000;
            return Err(u32::try_from(wait).unwrap_or(u32::MAX).max(1));
        }
        Ok(Self(full_again.saturating_add(interval)))
    }
}

impl RegistrationAuthority {
    /// Counts that a clerk opens a person, or prepares an act for one; the seconds to wait where she opened as many as a day
    /// has.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer: then nobody is opened either.
    pub fn desk_looks(
        &self,
        clerk: &Clerk,
        per_day: u32,
        now: Timestamp,
    ) -> Result<Option<u32>, Unavailable> {
        let purpose = TokenPurpose::StaffLooks;
        let name = sha256(format!("{} {}", purpose.name(), clerk.member.id).as_bytes());
        // Also what is over and not yet swept away, which would stand in the way.
        let ever = Timestamp::from_unix(0);
        let mut work = self.storage.begin()?;
        let kept = work.secrets().take_token(purpose, &name, ever)?;
        let used = kept.and_then(|(_, used)| used.parse().ok()).map(OfDay);
        let left = match used.unwrap_or(OfDay(0)).and_one(per_day, now) {
            Ok(left) => left,
            // Nothing is written: what was taken out stays where it was.
            Err(wait) => return Ok(Some(wait)),
        };
        let over = Timestamp::from_unix(left.0 / 1000 + 1);
        work.secrets()
            .insert_token(purpose, &name, None, &left.0.to_string(), over)?;
        work.commit()?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_day_may_come_at_once_and_comes_back_evenly() {
        let at = |seconds: i64| Timestamp::from_unix(1_800_000_000 + seconds);
        let mut used = OfDay(0);
        for _ in 0..288 {
            used = used.and_one(288, at(0)).unwrap();
        }
        assert_eq!(used.and_one(288, at(0)), Err(300));
        used = used.and_one(288, at(300)).unwrap();
        assert_eq!(used.and_one(288, at(599)), Err(1));
        for _ in 0..288 {
            used = used.and_one(288, at(300 + 86_400)).unwrap();
        }
        assert_eq!(used.and_one(288, at(300 + 86_400)), Err(300));
    }
}
