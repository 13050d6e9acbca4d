//! Signing with patience: a device in a data centre can hang as well as fail, and nobody waits for it for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SendError, SyncSender};
use std::time::Duration;

use crate::{SignError, Signer};

/// What to do with a signature that comes when nobody waits for it any more.
pub type Late = Box<dyn FnOnce(Vec<u8>) + Send>;

/// Signing devices, each signature by a thread of its own. Keys that cannot hang ([`Signer::may_hang`]) sign at once.
#[derive(Clone, Debug)]
pub struct Devices {
    patience: Duration,
    most: usize,
    /// Threads that are at a device, also those that nobody waits for any more; clones count together.
    under_way: Arc<AtomicUsize>,
}

/// A place at the devices; it is free again when this is dropped.
#[derive(Debug)]
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Why there is no signature yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum NotYet {
    #[error("the device did not sign in time; what it may still sign is kept when it comes")]
    Hangs,
    #[error("the device has too many signatures under way")]
    Crowded,
    #[error("a thread for the device cannot be started")]
    NoThread,
}

fn not_yet(why: NotYet) -> SignError {
    SignError::Unavailable(Box::new(why))
}

impl Devices {
    /// `patience` is how long a device may take for a signature; `most` is how many signatures may be under way at once.
    #[must_use]
    pub fn new(patience: Duration, most: usize) -> Self {
        Self {
            patience,
            most,
            under_way: Arc::default(),
        }
    }

    fn place(&self) -> Option<Place> {
        let free =
            |under_way: usize| (under_way < self.most).then_some(under_way.saturating_add(1));
        self.under_way
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, free)
            .ok()?;
        Some(Place(Arc::clone(&self.under_way)))
    }

    /// Signs something that is made anew when the signature does not come.
    ///
    /// # Errors
    /// [`SignError::Unavailable`] when the device hangs or has too much to do, else what the key says.
    pub fn sign(&self, key: &Arc<dyn Signer>, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_or_later(key, message, || Box::new(drop))
    }

    /// Signs; a signature that comes when nobody waits for it any more goes to `late`.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn sign_or_later(
        &self,
        key: &Arc<dyn Signer>,
        message: &[u8],
        late: impl FnOnce() -> Late,
    ) -> Result<Vec<u8>, SignError> {
        if !key.may_hang() {
            return key.sign(message);
        }
        let place = self.place().ok_or_else(|| not_yet(NotYet::Crowded))?;
        let (answer, answered) = mpsc::sync_channel(0);
        let (key, message, late) = (Arc::clone(key), message.to_vec(), late());
        let _ = std::thread::Builder::new()
            .name("signature".to_owned())
            .spawn(move || {
                hand_over(&answer, key.sign(&message), late);
                drop(place);
            })
            .map_err(|_| not_yet(NotYet::NoThread))?;
        // The channel has no room: either it is taken here, or the thread knows that nobody did.
        answered
            .recv_timeout(self.patience)
            .unwrap_or_else(|error| match error {
                RecvTimeoutError::Timeout => Err(not_yet(NotYet::Hangs)),
                RecvTimeoutError::Disconnected => Err(SignError::Failed),
            })
    }
}

fn hand_over(
    answer: &SyncSender<Result<Vec<u8>, SignError>>,
    signature: Result<Vec<u8>, SignError>,
    late: Late,
) {
    if let Err(SendError(Ok(signature))) = answer.send(signature) {
        late(signature);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use super::*;
    use crate::{PublicKey, SignatureAlgorithm};

    const MOST: usize = 12;

    /// A device that signs when it is let go.
    #[derive(Debug, Default)]
    struct Hanging {
        is_free: Mutex<bool>,
        freed: Condvar,
    }

    impl Signer for Hanging {
        fn algorithm(&self) -> SignatureAlgorithm {
            SignatureAlgorithm::EcdsaSha256
        }

        fn public_key(&self) -> &PublicKey {
            unreachable!("nobody asks")
        }

        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
            let free = self.is_free.lock().unwrap();
            drop(self.freed.wait_while(free, |free| !*free).unwrap());
            Ok(message.to_vec())
        }
    }

    #[test]
    fn a_device_that_hangs_is_given_up_and_asked_no_more_until_it_answers() {
        let device = Arc::new(Hanging::default());
        let key: Arc<dyn Signer> = device.clone();
        let devices = Devices::new(Duration::from_millis(1), MOST);
        let (sender, late) = mpsc::channel();
        for _ in 0..MOST {
            let sender = sender.clone();
            let keep = || -> Late { Box::new(move |signature| sender.send(signature).unwrap()) };
            let given_up = devices.sign_or_later(&key, b"message", keep);
            assert!(
                given_up
                    .unwrap_err()
                    .to_string()
                    .contains("does not answer")
            );
        }
        // A long time, which the refusal does not take.
        let patient = Devices {
            patience: Duration::from_secs(3600),
            ..devices.clone()
        };
        assert!(patient.sign(&key, b"message").is_err());
        *device.is_free.lock().unwrap() = true;
        device.freed.notify_all();
        for _ in 0..MOST {
            assert_eq!(late.recv().unwrap(), b"message");
        }
        // A thread that has handed over is on its way out, and still counts.
        while devices.under_way.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
        assert_eq!(patient.sign(&key, b"message").unwrap(), b"message");
    }
}
