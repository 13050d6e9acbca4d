//! Asks with patience whether a key could sign: a device that hangs must not take along whoever looks.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::key_vault::KeyVaultError;

/// How long whoever looks waits for a device; twice that where others look at it, too.
const PATIENCE: Duration = Duration::from_secs(3);

/// Questions to one device, one at a time: those that hang do not add up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe(Arc<Asking>);

#[derive(Debug, Default)]
struct Asking {
    is_asked: Mutex<bool>,
    answered: Condvar,
}

/// The device does not say in time whether it could sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the device is busy or hangs: it does not answer in time; look at it and at its network, or restart it"
)]
struct Busy;

/// Held by the thread that asks, also when nobody waits for it any more.
struct Question(Arc<Asking>);

impl Drop for Question {
    fn drop(&mut self) {
        *self
            .0
            .is_asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = false;
        self.0.answered.notify_one();
    }
}

impl Probe {
    /// The answer, if it comes in time.
    pub(crate) fn ask(
        &self,
        question: impl FnOnce() -> Result<(), KeyVaultError> + Send + 'static,
    ) -> Result<(), KeyVaultError> {
        self.ask_within(PATIENCE, question)
    }

    fn ask_within(
        &self,
        patience: Duration,
        question: impl FnOnce() -> Result<(), KeyVaultError> + Send + 'static,
    ) -> Result<(), KeyVaultError> {
        let busy = || KeyVaultError::Device(Box::new(Busy));
        let asked = self
            .0
            .is_asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (mut asked, _) = self
            .0
            .answered
            .wait_timeout_while(asked, patience, |is_asked| *is_asked)
            .unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *asked, true) {
            return Err(busy());
        }
        drop(asked);
        let mine = Question(Arc::clone(&self.0));
        let (tell, told) = mpsc::sync_channel(1);
        let _ = std::thread::Builder::new()
            .name("key probe".to_owned())
            .spawn(move || {
                let answer = question();
                drop(mine);
                // Nobody may be waiting any more.
                let _ = tell.send(answer);
            })
            .map_err(|error| KeyVaultError::Device(Box::new(error)))?;
        told.recv_timeout(patience)
            .unwrap_or_else(|error| match error {
                RecvTimeoutError::Timeout => Err(busy()),
                RecvTimeoutError::Disconnected => Err(KeyVaultError::Cipher),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(3600);

    fn is_busy(answer: &Result<(), KeyVaultError>) -> bool {
        matches!(answer, Err(KeyVaultError::Device(_)))
    }

    #[test]
    fn a_device_that_hangs_is_told_as_busy_and_asked_again_when_it_answers() {
        let probe = Probe::default();
        assert!(probe.ask_within(LONG, || Ok(())).is_ok());
        let (let_go, waits) = mpsc::channel::<()>();
        let hangs = move || {
            let _ = waits.recv();
            Ok(())
        };
        assert!(is_busy(&probe.ask_within(SHORT, hangs)));
        let again = probe.ask_within(SHORT, || unreachable!("one question at a time"));
        assert!(is_busy(&again));
        drop(let_go);
        assert!(probe.ask_within(LONG, || Ok(())).is_ok());
        let away = probe.ask_within(LONG, || Err(KeyVaultError::Away));
        assert!(matches!(away, Err(KeyVaultError::Away)));
    }

    #[test]
    fn a_question_that_panics_is_answered() {
        let probe = Probe::default();
        let panics = || panic!("the module of the data centre caught fire");
        assert!(probe.ask_within(LONG, panics).is_err());
        assert!(probe.ask_within(LONG, || Ok(())).is_ok());
    }
}
