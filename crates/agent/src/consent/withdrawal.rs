//! A question that nobody waits for any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Tells a dialog that its question was withdrawn: the page closed its socket.
#[derive(Clone, Debug, Default)]
pub struct Withdrawal(Arc<State>);

#[derive(Debug, Default)]
struct State {
    withdrawn: AtomicBool,
    notify: Notify,
}

impl Withdrawal {
    /// Withdraws the question.
    pub fn withdraw(&self) {
        self.0.withdrawn.store(true, Ordering::Release);
        self.0.notify.notify_waiters();
    }

    /// Whether the question was withdrawn.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.0.withdrawn.load(Ordering::Acquire)
    }

    /// Waits until the question is withdrawn.
    pub(crate) async fn withdrawn(&self) {
        loop {
            let notified = self.0.notify.notified();
            tokio::pin!(notified);
            // Registered before looking, so that nothing is missed between looking and waiting.
            notified.as_mut().enable();
            if self.is_withdrawn() {
                return;
            }
            notified.await;
        }
    }
}
