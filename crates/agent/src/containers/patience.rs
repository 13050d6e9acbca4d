//! Work with things that may never answer: network drives, drivers of tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tanba_model::ports::{RandomSource, SharedRandom};

use super::store::OpenFault;

/// The one chance that either the work takes its last step or whoever waits gives it up: nothing is changed behind the back of
/// somebody who was told that nothing was.
#[derive(Clone, Debug, Default)]
pub(super) struct Chance(Arc<AtomicU8>);

/// The work began to change something.
const TAKEN: u8 = 1;
/// Whoever waits has lost patience.
const GIVEN_UP: u8 = 2;

impl Chance {
    /// Takes it; whether it was still there.
    pub(super) fn take(&self) -> bool {
        self.0.fetch_or(TAKEN, Ordering::AcqRel) == 0
    }

    /// Whether somebody still waits: looked at before each further step of work that has several.
    pub(super) fn goes_on(&self) -> bool {
        self.0.load(Ordering::Acquire) & GIVEN_UP == 0
    }

    /// Ends the work before its next step; whether it changed nothing, and never will.
    fn give_up(&self) -> bool {
        self.0.fetch_or(GIVEN_UP, Ordering::AcqRel) & TAKEN == 0
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
    if chance.give_up() {
        return Err(OpenFault::Slow);
    }
    // It is at a step that is its last one now.
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

    #[test]
    fn work_of_several_steps_ends_at_the_one_where_patience_ran_out() {
        let steps = patiently_unless(Duration::from_secs(1), |chance| {
            assert!(chance.take() && chance.goes_on());
            let mut steps = 1;
            while chance.goes_on() {
                std::thread::yield_now();
                steps = 2;
            }
            Ok(steps)
        });
        assert!(matches!(steps, Ok(2..)), "{steps:?}");
    }
}
