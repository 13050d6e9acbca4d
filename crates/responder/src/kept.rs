//! OCSP responses that were signed while the signing device was there, for the time when it is not.
//!
//! A response may be given until its nextUpdate (RFC 6960, 4.2.2.1), and it is as long as the certificate's status is still
//! what it says: a revocation must be visible at once, so a response that storage contradicts is never given.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tanba_pki::Timestamp;
use tanba_pki::ocsp::Status;

/// Responses of a generation; there are two. A response has about two kilobytes with the certificate of the responder in it, and the
/// `CertID` of a request adds its digests and serial number.
const MOST: usize = 4_096;

/// A response as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// DER.
    pub(crate) body: Vec<u8>,
    /// What it says.
    pub(crate) status: Status,
    /// When it was signed.
    pub(crate) from: Timestamp,
    /// Its nextUpdate, or the end of the responder's certificate where that comes first.
    pub(crate) until: Timestamp,
}

/// The responses by the `CertID` that they answer, DER. Whoever asks about more and more certificates pushes the older
/// generation out, so memory is bounded.
#[derive(Debug, Default)]
pub(crate) struct KeptResponses(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Vec<u8>, Kept>,
    old: HashMap<Vec<u8>, Kept>,
}

impl KeptResponses {
    /// Whether there is none for this certificate that says this, or one of which half of this life is over.
    pub(crate) fn is_due(&self, id: &[u8], status: Status, life: Duration, now: Timestamp) -> bool {
        self.lock().find(id).is_none_or(|kept| {
            kept.status != status || now >= kept.from.plus(life / 2) || now < kept.from
        })
    }

    /// Keeps a response in place of the one before.
    pub(crate) fn keep(&self, id: &[u8], kept: Kept) {
        let mut generations = self.lock();
        if generations.young.len() >= MOST {
            generations.old = mem::take(&mut generations.young);
        }
        generations.young.insert(id.to_vec(), kept);
    }

    /// The response for this certificate, if it may still be given and says this.
    pub(crate) fn find(&self, id: &[u8], status: Status, now: Timestamp) -> Option<Vec<u8>> {
        self.lock()
            .find(id)
            .filter(|kept| kept.status == status && kept.from <= now && now < kept.until)
            .map(|kept| kept.body.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn find(&self, id: &[u8]) -> Option<&Kept> {
        self.young.get(id).or_else(|| self.old.get(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_795_500_000);

    fn later(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    fn good() -> Kept {
        Kept {
            body: vec![1],
            status: Status::Good,
            from: NOW,
            until: later(300),
        }
    }

    #[test]
    fn a_response_is_given_until_its_end_and_while_its_status_is_the_same() {
        let kept = KeptResponses::default();
        kept.keep(b"id", good());
        assert_eq!(kept.find(b"id", Status::Good, later(299)), Some(vec![1]));
        assert_eq!(kept.find(b"id", Status::Good, later(300)), None);
        let before = NOW.minus(Duration::from_secs(1));
        assert_eq!(kept.find(b"id", Status::Good, before), None);
        let revoked = Status::Revoked {
            at: NOW,
            reason: None,
        };
        assert_eq!(kept.find(b"id", revoked, later(1)), None);
        assert_eq!(kept.find(b"other", Status::Good, later(1)), None);
    }

    #[test]
    fn memory_is_bounded_and_the_youngest_stay() {
        let kept = KeptResponses::default();
        for number in 0..3 * MOST {
            kept.keep(&number.to_be_bytes(), good());
        }
        let generations = kept.lock();
        assert!(generations.young.len() + generations.old.len() <= 2 * MOST);
        drop(generations);
        let find = |number: usize| kept.find(&number.to_be_bytes(), Status::Good, NOW);
        assert_eq!(find(0), None);
        assert_eq!(find(3 * MOST - 1), Some(vec![1]));
    }

    #[test]
    fn a_response_is_made_anew_at_half_its_life() {
        let kept = KeptResponses::default();
        let life = Duration::from_secs(300);
        let is_due = |status, now| kept.is_due(b"id", status, life, now);
        assert!(is_due(Status::Good, NOW));
        kept.keep(b"id", good());
        assert!(!is_due(Status::Good, later(149)));
        assert!(is_due(Status::Good, later(150)));
        assert!(is_due(Status::Unknown, later(1)));
    }
}
