//! Calls of one driver that are under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::containers::patience::{Chance, patiently_unless};
use crate::containers::store::OpenFault;

/// Calls of one driver that may be under way.
const MOST: usize = 4;

/// Calls of one driver that it has not answered yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls(Arc<AtomicUsize>);

/// A call that is under way, until it returns or fails in whatever manner: a driver that panics has answered.
struct Underway(Arc<AtomicUsize>);

impl Calls {
    /// Calls the driver on a thread of its own. A driver that hangs is not called again and again.
    ///
    /// # Errors
    /// [`OpenFault::Slow`] when it does not answer in this time, or has not answered too many calls; what the work says.
    pub(super) fn make<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce() -> Result<T, OpenFault> + Send + 'static,
    ) -> Result<T, OpenFault> {
        self.make_unless(patience, move |_| work())
    }

    /// As [`make`](Self::make), where the call changes something: it takes the chance before it does.
    pub(super) fn make_unless<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce(&Chance) -> Result<T, OpenFault> + Send + 'static,
    ) -> Result<T, OpenFault> {
        let underway = self.begin().ok_or(OpenFault::Slow)?;
        patiently_unless(patience, move |chance| {
            let _underway = underway;
            work(chance)
        })
    }

    fn begin(&self) -> Option<Underway> {
        let underway = Underway(Arc::clone(&self.0));
        (self.0.fetch_add(1, Ordering::AcqRel) < MOST).then_some(underway)
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::{Calls, MOST};
    use crate::containers::store::OpenFault;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_driver_that_panics_is_called_again() {
        let calls = Calls::default();
        for _ in 0..2 * MOST {
            let failed = calls.make::<()>(LONG, || panic!("a driver that fails"));
            assert_eq!(failed, Err(OpenFault::Slow));
        }
        assert_eq!(calls.make(LONG, || Ok(1)), Ok(1));
    }

    #[test]
    fn a_driver_that_hangs_is_not_called_without_end_and_is_when_it_answers() {
        let calls = Calls::default();
        let mut hanging = Vec::new();
        for _ in 0..MOST {
            let (answer, wait) = mpsc::channel::<()>();
            let slow = calls.make(Duration::ZERO, move || {
                let _ = wait.recv();
                Ok(())
            });
            assert_eq!(slow, Err(OpenFault::Slow));
            hanging.push(answer);
        }
        // The work is not even begun.
        let refused = calls.make::<()>(LONG, || Err(OpenFault::Empty));
        assert_eq!(refused, Err(OpenFault::Slow));
        drop(hanging);
        while calls.make(LONG, || Ok(())) == Err(OpenFault::Slow) {
            std::thread::yield_now();
        }
    }
}
