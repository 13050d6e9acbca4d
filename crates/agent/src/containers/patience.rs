//! Work with things that may never answer: network drives, drivers of tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tanba_model::ports::{RandomSource, SharedRandom};

use super::store::OpenFault;

/// The one chance that either the work takes its last step or whoever waits gives it up: nothing is changed behind the back of
/// somebody who was told that nothing was.
#[derive(Clone, Debug, Default)]
pub(super) struct Chance(Arc<AtomicBool>);

impl Chance {
    /// Takes it; whether it was still there.
    pub(super) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// Does something on a thread of its own, so that what never answers holds up nobody.
///
/// # Errors
/// [`OpenFault::Slow`] after the time, and what the work says.
pub(super) fn patiently<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, OpenFault> + Send + 'static,
) -> Result<T, OpenFault> {
    patiently_unless(patience, move |_| work())
}

/// As [`patiently`], where the work changes something: it takes the chance before it does, and leaves it where it has none.
pub(super) fn patiently_unless<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce(&Chance) -> Result<T, OpenFault> + Send + 'static,
) -> Result<T, OpenFault> {
    let (send, receive) = mpsc::channel();
    let chance = Chance::default();
    let theirs = chance.clone();
    std::thread::Builder::new()
        .name("drive".to_owned())
        .spawn(move || send.send(work(&theirs)))
        .map_err(|_| OpenFault::Forbidden)?;
    if let Ok(done) = receive.recv_timeout(patience) {
        return done;
    }
    if chance.take() {
        return Err(OpenFault::Slow);
    }
    // It is at its last step.
    receive
        .recv_timeout(patience)
        .map_err(|_| OpenFault::Slow)?
}

/// A source of random octets for work on another thread.
pub(super) fn own_random(random: &dyn RandomSource) -> SharedRandom<StdRng> {
    let mut seed = [0; 32];
    random.fill(&mut seed);
    SharedRandom::new(StdRng::from_seed(seed))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::patiently_unless;
    use crate::containers::store::OpenFault;

    #[test]
    fn what_was_given_up_changes_nothing_any_more() {
        let (go, wait) = mpsc::channel::<()>();
        let (told, tells) = mpsc::channel();
        let slow = patiently_unless::<()>(Duration::ZERO, move |chance| {
            let _ = wait.recv();
            told.send(chance.take()).unwrap();
            Ok(())
        });
        assert_eq!(slow, Err(OpenFault::Slow));
        drop(go);
        assert_eq!(tells.recv(), Ok(false));
        let done = patiently_unless(Duration::from_secs(60), |chance| Ok(chance.take()));
        assert_eq!(done, Ok(true));
    }
}
