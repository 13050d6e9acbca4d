//! Signatures of the authority: each intent by one caller at a time, by devices that nobody waits for for ever, counted.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tanba_crypto::{Devices, Late, SignError, Signer};
use tanba_model::id::CertificateId;
use tanba_model::meter::{Meters, Stopwatch};

/// Signatures that may be under way at devices; more than that means that one hangs.
const MOST: usize = 255;

/// The signatures that are under way.
#[derive(Clone, Debug)]
pub(crate) struct Signing {
    patience: Duration,
    devices: Devices,
    under_way: Arc<UnderWay>,
    meters: Arc<Meters>,
}

#[derive(Debug, Default)]
struct UnderWay {
    intents: Mutex<BTreeSet<CertificateId>>,
    left: Condvar,
}

/// Somebody else has the intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this very signature is still under way")]
struct Taken;

/// The right to have an intent signed, which one caller has at a time, until the certificate is stored.
#[derive(Debug)]
pub(crate) struct Claim {
    under_way: Arc<UnderWay>,
    intent: CertificateId,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.under_way.lock().remove(&self.intent);
        self.under_way.left.notify_all();
    }
}

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<CertificateId>> {
        self.intents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signing {
    /// `patience` is how long a device may take for a signature.
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            patience,
            devices: Devices::new(patience, MOST),
            under_way: Arc::default(),
            meters: Arc::default(),
        }
    }

    /// What counts signatures and issuances.
    pub(crate) const fn meters(&self) -> &Arc<Meters> {
        &self.meters
    }

    /// Whether somebody has an intent signed now.
    pub(crate) fn is_claimed(&self, intent: CertificateId) -> bool {
        self.under_way.lock().contains(&intent)
    }

    /// Claims an intent; waits for whoever has it. `true`: somebody had it, and may have completed it.
    pub(crate) fn claim(&self, intent: CertificateId) -> Result<(Arc<Claim>, bool), SignError> {
        let intents = self.under_way.lock();
        let waits = intents.contains(&intent);
        let (mut intents, _) = self
            .under_way
            .left
            .wait_timeout_while(intents, self.patience, |intents| intents.contains(&intent))
            .unwrap_or_else(PoisonError::into_inner);
        if !intents.insert(intent) {
            return Err(SignError::Unavailable(Box::new(Taken)));
        }
        drop(intents);
        let claim = Claim {
            under_way: Arc::clone(&self.under_way),
            intent,
        };
        Ok((Arc::new(claim), waits))
    }

    /// Signs something that is made anew when the signature does not come: a list.
    pub(crate) fn sign(&self, key: &Arc<dyn Signer>, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.timed("list", || self.devices.sign(key, message))
    }

    /// Signs; a signature that comes when nobody waits for it any more goes to `late`.
    pub(crate) fn sign_or_later(
        &self,
        key: &Arc<dyn Signer>,
        message: &[u8],
        late: impl FnOnce() -> Late,
    ) -> Result<Vec<u8>, SignError> {
        self.timed("certificate", || {
            self.devices.sign_or_later(key, message, late)
        })
    }

    fn timed(
        &self,
        what: &'static str,
        sign: impl FnOnce() -> Result<Vec<u8>, SignError>,
    ) -> Result<Vec<u8>, SignError> {
        let watch = Stopwatch::start();
        let signature = sign();
        match &signature {
            Ok(_) => self.meters.signing.observe([what], watch.elapsed()),
            Err(_) => self.meters.signing_failures.add([what]),
        }
        signature
    }
}
