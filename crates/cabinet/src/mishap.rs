//! A mistake of ours in one request is that request's alone.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// The program made a mistake; where, was reported there.
#[derive(Debug, thiserror::Error)]
#[error("the program made a mistake")]
pub(crate) struct Mishap;

/// What comes of a future, unless it panics. Else a panic would hang up on everybody who shares the connection: a reverse
/// proxy sends the requests of many people through one.
pub(crate) async fn unless_it_panics<T>(work: impl Future<Output = T>) -> Result<T, Mishap> {
    let mut work = pin!(work);
    poll_fn(|context| {
        // Whatever it broke is dropped with it, and is never polled again.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(Err(Mishap)),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_of_the_one_who_panicked() {
        assert_eq!(unless_it_panics(async { 1 }).await.unwrap(), 1);
        let waits_first = async {
            tokio::task::yield_now().await;
            2
        };
        assert_eq!(unless_it_panics(waits_first).await.unwrap(), 2);
        let panics = async {
            tokio::task::yield_now().await;
            panic!("a mistake")
        };
        let outcome: Result<(), Mishap> = unless_it_panics(panics).await;
        assert!(outcome.is_err());
    }
}
