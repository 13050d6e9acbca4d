//! Signatures of devices, for which nobody waits for ever.
//!
//! A device in a data centre can hang as well as fail. The threads that answer requests are few, and the cabinet's pages are
//! served by the same, so a hanging device must not take them.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use tanba_crypto::Signer;

/// How long a device may take for a response; verifiers give up after some fifteen seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Signatures that a device has under way at most: fewer than the threads that answer requests.
const MOST: usize = 12;

/// The threads at signing devices.
#[derive(Debug)]
pub(crate) struct Devices {
    /// One for each thread at a device, and one more.
    threads: Arc<()>,
    patience: Duration,
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            threads: Arc::default(),
            patience: PATIENCE,
        }
    }
}

impl Devices {
    /// The signature, unless the key refuses, hangs or has too much to do.
    pub(crate) fn sign(&self, key: &Arc<dyn Signer>, message: &[u8]) -> Option<Vec<u8>> {
        if !key.may_hang() {
            return key.sign(message).ok();
        }
        let thread = Arc::clone(&self.threads);
        // This one, the one that is kept here, and those under way.
        if Arc::strong_count(&thread) > MOST.saturating_add(1) {
            return None;
        }
        let (answer, answered) = mpsc::sync_channel(1);
        let (key, message) = (Arc::clone(key), message.to_vec());
        std::thread::Builder::new()
            .name("ocsp-signature".to_owned())
            .spawn(move || {
                // Whoever asked may be gone; a response that nobody waits for is worth nothing.
                let _ = answer.send(key.sign(&message).ok());
                drop(thread);
            })
            .ok()?;
        answered.recv_timeout(self.patience).ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use tanba_crypto::{PublicKey, SignError, SignatureAlgorithm};

    use super::*;

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

        fn may_hang(&self) -> bool {
            true
        }
    }

    #[test]
    fn a_device_that_hangs_is_given_up_and_asked_no_more_until_it_answers() {
        let device = Arc::new(Hanging::default());
        let key: Arc<dyn Signer> = device.clone();
        let devices = Devices {
            patience: Duration::from_millis(1),
            ..Devices::default()
        };
        for _ in 0..MOST {
            assert_eq!(devices.sign(&key, b"response"), None);
        }
        // A long time, which the refusal does not take.
        let crowded = Devices {
            threads: Arc::clone(&devices.threads),
            patience: Duration::from_secs(3600),
        };
        assert_eq!(crowded.sign(&key, b"response"), None);
        *device.is_free.lock().unwrap() = true;
        device.freed.notify_all();
        // The threads end; one that is on its way out still counts.
        while Arc::strong_count(&devices.threads) > 2 {
            std::thread::yield_now();
        }
        assert_eq!(crowded.sign(&key, b"response"), Some(b"response".to_vec()));
    }
}
