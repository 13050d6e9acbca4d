//! Signing with patience: a device in a data centre can fail to answer, and nobody waits for it for ever.

use std::collections::BTreeSet;
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tanba_crypto::{SignError, Signer};
use tanba_model::id::CertificateId;
use tanba_model::meter::{Meters, Stopwatch};

/// Signatures that may be under way at devices; more than that means that one hangs.
const MOST: usize = 256;

/// What to do with a signature that comes when nobody waits for it any more.
pub(crate) type Late = Box<dyn FnOnce(Vec<u8>) + Send>;

/// The signatures that are under way.
#[derive(Clone, Debug)]
pub(crate) struct Signing {
    patience: Duration,
    under_way: Arc<UnderWay>,
    meters: Arc<Meters>,
}

#[derive(Debug, Default)]
struct UnderWay {
    intents: Mutex<BTreeSet<CertificateId>>,
    left: Condvar,
    /// One for each thread at a device.
    threads: Arc<()>,
}

/// Why there is no signature yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum NotYet {
    #[error("the device did not sign in time; what it may still sign is kept when it comes")]
    Hangs,
    #[error("this very signature is still under way")]
    UnderWay,
    #[error("the device has too many signatures under way")]
    Crowded,
    #[error("a thread for the device cannot be started")]
    NoThread,
}

fn not_yet(why: NotYet) -> SignError {
    SignError::Unavailable(Box::new(why))
}

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
            under_way: Arc::default(),
            meters: Arc::default(),
        }
    }

    /// What counts signatures and issuances.
    pub(crate) const fn meters(&self) -> &Arc<Meters> {
        &self.meters
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
            return Err(not_yet(NotYet::UnderWay));
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
        self.timed("list", || self.ask(key, message, || Box::new(drop)))
    }

    /// Signs; a signature that comes when nobody waits for it any more goes to `late`.
    pub(crate) fn sign_or_later(
        &self,
        key: &Arc<dyn Signer>,
        message: &[u8],
        late: impl FnOnce() -> Late,
    ) -> Result<Vec<u8>, SignError> {
        self.timed("certificate", || self.ask(key, message, late))
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

    fn ask(
        &self,
        key: &Arc<dyn Signer>,
        message: &[u8],
        late: impl FnOnce() -> Late,
    ) -> Result<Vec<u8>, SignError> {
        if !key.may_hang() {
            return key.sign(message);
        }
        let thread = Arc::clone(&self.under_way.threads);
        if Arc::strong_count(&thread) > MOST {
            return Err(not_yet(NotYet::Crowded));
        }
        let (answer, answered) = mpsc::sync_channel(0);
        let (key, message, late) = (Arc::clone(key), message.to_vec(), late());
        let _ = std::thread::Builder::new()
            .name("signature".to_owned())
            .spawn(move || {
                hand_over(&answer, key.sign(&message), late);
                drop(thread);
            })
            .map_err(|_| not_yet(NotYet::NoThread))?;
        // The channel has no room: either it is taken here, or the thread knows that nobody did.
        answered
            .recv_timeout(self.patience)
            .unwrap_or_else(|error| match error {
                mpsc::RecvTimeoutError::Timeout => Err(not_yet(NotYet::Hangs)),
                mpsc::RecvTimeoutError::Disconnected => Err(SignError::Failed),
            })
    }
}

fn hand_over(
    answer: &SyncSender<Result<Vec<u8>, SignError>>,
    signature: Result<Vec<u8>, SignError>,
    late: Late,
) {
    if let Err(mpsc::SendError(Ok(signature))) = answer.send(signature) {
        late(signature);
    }
}
