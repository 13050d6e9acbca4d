//! A proof of work in place of a picture: it costs a browser a moment and a machine that tries numbers all day a lot.
//!
//! `challenge = expiry "." bits "." nonce "." MAC`; a solution is a number such that SHA-256 of `challenge ":" number`
//! begins with so many zero bits. Nothing is stored until one is redeemed; then its digest is, until it expires, so that
//! it counts once. The key of the MAC lives as long as the process: a challenge from before a restart is refused, and
//! pages ask for another by themselves.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use subtle::ConstantTimeEq as _;
use tanba_crypto::{Secret, hmac_sha256, sha256};
use tanba_model::ports::{RandomSource, StorageError, TokenPurpose, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::token::hex;

/// How long a challenge may be solved.
const LIFE: Duration = Duration::from_secs(10 * 60);
/// Challenges in a minute that make nothing harder.
const CALM: u32 = 60;
/// Bits that load adds at most: 64 times the work.
const MOST_ADDED: u8 = 6;
/// Octets of the longest challenge that is looked at.
const LONGEST: usize = 160;

/// A challenge with its solution, as a form brings them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Solution {
    /// The challenge, as it was given.
    pub challenge: String,
    /// The number that solves it, decimal.
    pub number: String,
}

/// Gives challenges and judges solutions.
pub(crate) struct WorkDesk {
    key: Secret,
    bits: u8,
    load: Mutex<Load>,
}

/// Challenges of this minute and of the one before.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    minute: i64,
    now: u32,
    before: u32,
}

impl std::fmt::Debug for WorkDesk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("WorkDesk")
            .field("bits", &self.bits)
            .finish_non_exhaustive()
    }
}

impl WorkDesk {
    pub(crate) fn new(random: &dyn RandomSource, bits: u8) -> Self {
        let mut key = vec![0; 32];
        random.fill(&mut key);
        Self {
            key: Secret::new(key),
            bits,
            load: Mutex::new(Load::default()),
        }
    }

    /// Counts one more challenge; how hard it has to be. Each doubling beyond the calm adds a bit.
    fn bits_now(&self, now: Timestamp) -> u8 {
        let mut load = self.load.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.unix().div_euclid(60);
        if minute != load.minute {
            load.before = if minute == load.minute.saturating_add(1) {
                load.now
            } else {
                0
            };
            load.now = 0;
            load.minute = minute;
        }
        load.now = load.now.saturating_add(1);
        let busiest = load.now.max(load.before);
        let added = (busiest / CALM).checked_ilog2().map_or(0, |log| {
            u8::try_from(log).unwrap_or(MOST_ADDED).saturating_add(1)
        });
        self.bits.saturating_add(added.min(MOST_ADDED))
    }

    fn mac(&self, body: &str) -> String {
        hex(&hmac_sha256(self.key.expose(), body.as_bytes()))
    }

    fn challenge(&self, nonce: [u8; 16], now: Timestamp) -> String {
        let body = format!(
            "{}.{}.{}",
            now.plus(LIFE).unix(),
            self.bits_now(now),
            hex(&nonce)
        );
        format!("{body}.{}", self.mac(&body))
    }

    /// When the challenge expires, if its solution is right.
    fn judge(&self, solution: &Solution, now: Timestamp) -> Option<Timestamp> {
        if solution.challenge.len() > LONGEST || solution.number.len() > 20 {
            return None;
        }
        let (body, mac) = solution.challenge.rsplit_once('.')?;
        if !bool::from(self.mac(body).as_bytes().ct_eq(mac.as_bytes())) {
            return None;
        }
        let (expires_at, rest) = body.split_once('.')?;
        let (bits, _) = rest.split_once('.')?;
        let expires_at = Timestamp::from_unix(expires_at.parse().ok()?);
        let bits: u32 = bits.parse().ok()?;
        let number: u64 = solution.number.parse().ok()?;
        let digest = sha256(format!("{}:{number}", solution.challenge).as_bytes());
        (now < expires_at && leading_zeros(&digest) >= bits).then_some(expires_at)
    }
}

fn leading_zeros(digest: &[u8; 32]) -> u32 {
    let mut bits = 0u32;
    for octet in digest {
        bits = bits.saturating_add(octet.leading_zeros());
        if *octet != 0 {
            break;
        }
    }
    bits
}

impl RegistrationAuthority {
    /// A challenge to be solved before the register is asked, within ten minutes, once.
    #[must_use]
    pub fn work_challenge(&self, now: Timestamp) -> String {
        let mut nonce = [0; 16];
        rand_core::Rng::fill_bytes(&mut self.random(), &mut nonce);
        self.work_desk.challenge(nonce, now)
    }

    /// Redeems a solution; whether it counts. The second time it does not.
    pub(super) fn redeem(
        &self,
        work: &mut dyn UnitOfWork,
        solution: &Solution,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let Some(expires_at) = self.work_desk.judge(solution, now) else {
            return Ok(false);
        };
        let digest = sha256(solution.challenge.as_bytes());
        let used = work
            .secrets()
            .peek_token(TokenPurpose::Work, &digest, now)?
            .is_some();
        if used {
            return Ok(false);
        }
        work.secrets()
            .insert_token(TokenPurpose::Work, &digest, None, "", expires_at)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Sevens;

    impl RandomSource for Sevens {
        fn fill(&self, octets: &mut [u8]) {
            octets.fill(7);
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_795_500_000 + seconds)
    }

    fn solved(challenge: &str, bits: u32) -> Solution {
        let number = (0u64..)
            .find(|number| {
                leading_zeros(&sha256(format!("{challenge}:{number}").as_bytes())) >= bits
            })
            .unwrap();
        Solution {
            challenge: challenge.to_owned(),
            number: number.to_string(),
        }
    }

    #[test]
    fn only_a_solved_challenge_of_ours_counts_and_only_in_time() {
        let desk = WorkDesk::new(&Sevens, 8);
        let challenge = desk.challenge([1; 16], at(0));
        let right = solved(&challenge, 8);
        assert_eq!(desk.judge(&right, at(1)), Some(at(600)));
        assert_eq!(desk.judge(&right, at(600)), None, "too late");
        let wrong = (0u64..)
            .map(|number| Solution {
                number: number.to_string(),
                ..right.clone()
            })
            .find(|solution| desk.judge(solution, at(1)).is_none());
        assert!(wrong.is_some(), "some numbers do not solve it");
        // Somebody makes it easier for himself, or longer.
        for (from, to) in [(".8.", ".0."), ("1795500600", "1895500600")] {
            let forged = challenge.replacen(from, to, 1);
            assert_ne!(forged, challenge);
            assert_eq!(desk.judge(&solved(&forged, 0), at(1)), None);
        }
        for text in ["", ".", "...", "1.2.3.4", &"9".repeat(500)] {
            let solution = Solution {
                challenge: text.to_owned(),
                number: "0".to_owned(),
            };
            assert_eq!(desk.judge(&solution, at(1)), None, "{text}");
        }
    }

    #[test]
    fn load_makes_it_harder_and_calm_easier_again() {
        let desk = WorkDesk::new(&Sevens, 10);
        let mut bits = 0;
        for _ in 0..CALM - 1 {
            bits = desk.bits_now(at(0));
        }
        assert_eq!(bits, 10);
        for _ in 0..CALM * 200 {
            bits = desk.bits_now(at(0));
        }
        assert_eq!(bits, 10 + MOST_ADDED);
        assert_eq!(
            desk.bits_now(at(60)),
            10 + MOST_ADDED,
            "the minute before counts"
        );
        assert_eq!(desk.bits_now(at(180)), 10);
    }
}
