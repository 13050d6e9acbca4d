//! A key of a token that may stop answering at any time.

use std::sync::Arc;
use std::time::Duration;

use tanba_crypto::{PublicKey, SignError, SignatureAlgorithm, Signer};

use super::calls::Calls;
use crate::containers::patience::patiently;
use crate::containers::store::OpenFault;

/// How long a token may take to sign; some have a key pad of their own on which each signature is confirmed.
const SIGNING: Duration = Duration::from_secs(90);
/// How long a token may take to be locked again.
const CLOSING: Duration = Duration::from_secs(15);

/// A key whose signatures are waited for with patience, and not for ever.
#[derive(Debug)]
pub(super) struct Patient<S: Signer + 'static> {
    /// None only while it is dropped.
    key: Option<Arc<S>>,
    public_key: PublicKey,
    algorithm: SignatureAlgorithm,
    calls: Calls,
    patience: Duration,
}

impl<S: Signer> Patient<S> {
    pub(super) fn new(key: S, calls: &Calls) -> Self {
        Self {
            public_key: key.public_key().clone(),
            algorithm: key.algorithm(),
            key: Some(Arc::new(key)),
            calls: calls.clone(),
            patience: SIGNING,
        }
    }
}

impl<S: Signer> Signer for Patient<S> {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_as(self.algorithm, message)
    }

    fn sign_as(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let key = self.key.clone().ok_or(SignError::Failed)?;
        let message = message.to_vec();
        self.calls
            .make(self.patience, move || Ok(key.sign_as(algorithm, &message)))
            .unwrap_or_else(|slow: OpenFault| Err(SignError::Unavailable(slow.into())))
    }
}

impl<S: Signer> Drop for Patient<S> {
    /// The last key of a token locks it, which is a call too.
    fn drop(&mut self) {
        if let Some(last) = self.key.take().and_then(Arc::into_inner) {
            let _ = patiently(CLOSING, move || {
                drop(last);
                Ok(())
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};
    use std::time::Duration;

    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use tanba_crypto::{
        KeyAlgorithm, PublicKey, SignError, SignatureAlgorithm, Signer, SoftwareKey,
    };

    use super::Patient;
    use crate::containers::token::calls::Calls;

    /// A key in a token that answers when it is told to.
    #[derive(Debug)]
    struct Hanging {
        key: SoftwareKey,
        go: Mutex<mpsc::Receiver<()>>,
    }

    impl Signer for Hanging {
        fn public_key(&self) -> &PublicKey {
            self.key.public_key()
        }

        fn algorithm(&self) -> SignatureAlgorithm {
            self.key.algorithm()
        }

        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
            let _ = self.go.lock().unwrap().recv();
            self.key.sign(message)
        }
    }

    #[test]
    fn a_token_that_hangs_in_a_signature_holds_nobody() {
        let mut rng = StdRng::seed_from_u64(1);
        let key = SoftwareKey::generate(KeyAlgorithm::EcP256, &mut rng).unwrap();
        let (answer, go) = mpsc::channel();
        let go = Mutex::new(go);
        let mut key = Patient::new(Hanging { key, go }, &Calls::default());
        answer.send(()).unwrap();
        let value = key.sign(b"1").unwrap();
        let public = key.public_key().clone();
        public.verify(key.algorithm(), b"1", &value).unwrap();
        key.patience = Duration::from_millis(1);
        let hung = key.sign(b"2");
        assert!(matches!(hung, Err(SignError::Unavailable(_))), "{hung:?}");
        // What hangs keeps the key; whoever let go of it goes on.
        drop(key);
        drop(answer);
    }
}
