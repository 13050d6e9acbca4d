//! How often something may be tried.
//!
//! A generic cell rate algorithm: per key one number, the time at which its bucket would be full again. Keys are hashes
//! made with a secret of this process, so nothing here tells an address or a number.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use tanba_pki::Timestamp;

/// Keys that are remembered before those that are full again are dropped.
const REMEMBERED: usize = 100_000;

/// Milliseconds between two sweeps.
const SWEEP_EVERY: i64 = 10_000;

/// Milliseconds of a minute.
const MINUTE: i64 = 60_000;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Limited {
    /// Signing in, by address.
    SignIn,
    /// Trying a code or asking for one, by address.
    Code,
    /// Trying a code or asking for one, by application.
    ApplicationCode,
    /// Requests, signatures and proofs of new keys, by person.
    Step,
    /// Reports of one's certificates, by person.
    Report,
    /// Changing what one wishes of mails and pages, by person.
    Setting,
    /// Looking up a number, by address.
    LookUp,
    /// Beginning an application for first keys and the steps of it that nobody signed, by address.
    First,
    /// Asking for a challenge to sign in with, by address.
    Challenge,
    /// Printing an application, by address.
    Print,
    /// Looking for what a visitor brings along, by member of staff.
    Find,
    /// Opening the page of a person or preparing an act for one, by member of staff.
    Look,
    /// Opening a link that is none of ours, by address.
    Link,
    /// Looking up a number, by number.
    Number,
    /// Opening an application by its right link, by number.
    NumberByLink,
    /// Saying that a key is compromised, by address.
    Attestation,
    /// Asking for a code without a key, by address.
    Entry,
    /// Asking for a code without a key, by the number of a person.
    EntryOf,
}

/// Too many; how long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    /// Seconds after which one more is allowed.
    pub(crate) wait_seconds: u32,
}

/// Buckets in memory.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    secret: RandomState,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    /// Milliseconds since 1970 at which each bucket is full again.
    full_again: HashMap<u64, i64>,
    /// When those that are full again were dropped last.
    swept: i64,
}

impl Buckets {
    /// Drops what is full again, when there is much of it and not too often.
    fn sweep(&mut self, now: i64) {
        if self.full_again.len() >= REMEMBERED && now.saturating_sub(self.swept) >= SWEEP_EVERY {
            self.full_again.retain(|_, full_again| *full_again > now);
            self.swept = now;
        }
    }
}

impl RateLimiter {
    /// Takes one of `per_minute`, all of which may come at once.
    pub(crate) fn take(
        &self,
        limited: Limited,
        key: &impl Hash,
        per_minute: u32,
        now: Timestamp,
    ) -> Result<(), TooMany> {
        let most = i64::from(per_minute.max(1));
        let interval = MINUTE / most;
        let now = now.unix().saturating_mul(1000);
        let latest = now.saturating_add(interval.saturating_mul(most - 1));
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.sweep(now);
        let full_again = buckets
            .full_again
            .entry(self.digest(limited, key))
            .or_insert(now);
        *full_again = (*full_again).max(now);
        if *full_again > latest {
            let wait = full_again.saturating_sub(latest).saturating_add(999) / 1000;
            return Err(TooMany {
                wait_seconds: u32::try_from(wait).unwrap_or(60).max(1),
            });
        }
        *full_again = full_again.saturating_add(interval);
        Ok(())
    }

    /// A name for an address that nobody outside this process can turn back; for the audit log.
    pub(crate) fn pseudonym(&self, key: &impl Hash) -> String {
        format!("{:016x}", self.secret.hash_one(key))
    }

    fn digest(&self, limited: Limited, key: &impl Hash) -> u64 {
        self.secret.hash_one((limited, self.secret.hash_one(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_last_one_must_wait_and_then_goes_on() {
        let limiter = RateLimiter::default();
        let at = |seconds: i64| Timestamp::from_unix(1_800_000_000 + seconds);
        for _ in 0..6 {
            assert_eq!(limiter.take(Limited::Code, &"a", 6, at(0)), Ok(()));
        }
        assert_eq!(
            limiter.take(Limited::Code, &"a", 6, at(0)),
            Err(TooMany { wait_seconds: 10 })
        );
        assert_eq!(
            limiter.take(Limited::Code, &"b", 6, at(0)),
            Ok(()),
            "another key has its own bucket"
        );
        assert_eq!(
            limiter.take(Limited::LookUp, &"a", 6, at(0)),
            Ok(()),
            "another thing has its own bucket"
        );
        assert_eq!(limiter.take(Limited::Code, &"a", 6, at(10)), Ok(()));
        assert_eq!(
            limiter.take(Limited::Code, &"a", 6, at(11)),
            Err(TooMany { wait_seconds: 9 })
        );
    }
}
