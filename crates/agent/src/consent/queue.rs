//! One dialog at a time.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, MutexGuard, Notify};

use super::Withdrawal;
use crate::origin::{Origin, Site};

/// Sites whose question may wait while another is asked.
const WAITING: usize = 8;

/// The queue before the one dialog: first come, first asked, one place for each site.
#[derive(Debug, Default)]
pub(crate) struct DialogQueue {
    turn: Turn<()>,
    waiting: Mutex<HashSet<Site>>,
    left: Notify,
}

/// Why there is no place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// The site has a question waiting already, or too many sites have.
    Full,
    /// The question was withdrawn while it waited.
    Withdrawn,
}

/// A place in the queue; left when dropped, however the waiting ends.
struct Place<'a> {
    queue: &'a DialogQueue,
    site: Site,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.queue.places().remove(&self.site);
        self.queue.left.notify_waiters();
    }
}

impl DialogQueue {
    /// Waits for the turn of a question; the turn lasts as long as what is returned.
    pub(crate) async fn enter(
        &self,
        origin: &Origin,
        withdrawal: &Withdrawal,
    ) -> Result<MutexGuard<'_, ()>, NoTurn> {
        let place = self.place(origin).ok_or(NoTurn::Full)?;
        self.wait(place, withdrawal).await
    }

    /// As [`enter`](Self::enter), for a question that had its turn before: where there is no place it waits for one.
    pub(crate) async fn enter_again(
        &self,
        origin: &Origin,
        withdrawal: &Withdrawal,
    ) -> Result<MutexGuard<'_, ()>, NoTurn> {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            // Registered before looking, so that nobody leaves in between.
            left.as_mut().enable();
            if let Some(place) = self.place(origin) {
                return self.wait(place, withdrawal).await;
            }
            tokio::select! {
                () = left => {}
                () = withdrawal.withdrawn() => return Err(NoTurn::Withdrawn),
            }
        }
    }

    fn place(&self, origin: &Origin) -> Option<Place<'_>> {
        let mut waiting = self.places();
        let site = origin.site();
        if waiting.len() >= WAITING || !waiting.insert(site.clone()) {
            return None;
        }
        Some(Place { queue: self, site })
    }

    async fn wait(
        &self,
        place: Place<'_>,
        withdrawal: &Withdrawal,
    ) -> Result<MutexGuard<'_, ()>, NoTurn> {
        let turn = tokio::select! {
            turn = self.turn.lock() => Ok(turn),
            () = withdrawal.withdrawn() => Err(NoTurn::Withdrawn),
        };
        drop(place);
        turn
    }

    fn places(&self) -> std::sync::MutexGuard<'_, HashSet<Site>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DialogQueue, NoTurn};
    use crate::consent::Withdrawal;
    use crate::origin::Origin;

    fn site(number: u32) -> Origin {
        Origin::Site(format!("https://site{number}.example"))
    }

    #[tokio::test]
    async fn the_second_waits_and_a_third_of_the_same_site_does_not() {
        let queue = DialogQueue::default();
        let withdrawal = Withdrawal::default();
        let (one, two) = (site(1), site(2));
        let first = queue.enter(&one, &withdrawal).await.unwrap();
        let second = queue.enter(&two, &withdrawal);
        tokio::pin!(second);
        assert!(
            tokio::time::timeout(Duration::from_millis(5), &mut second)
                .await
                .is_err()
        );
        assert_eq!(
            queue.enter(&two, &withdrawal).await.err(),
            Some(NoTurn::Full)
        );
        let subdomain = Origin::Site("https://www.site2.example".to_owned());
        assert_eq!(
            queue.enter(&subdomain, &withdrawal).await.err(),
            Some(NoTurn::Full)
        );
        drop(first);
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn who_had_a_turn_before_waits_for_a_place_and_is_not_sent_away() {
        let queue = DialogQueue::default();
        let withdrawal = Withdrawal::default();
        let held = queue.enter(&site(0), &withdrawal).await.unwrap();
        let soon = Duration::from_millis(5);
        let (one, other) = (site(1), site(2));
        let first = queue.enter(&one, &withdrawal);
        tokio::pin!(first);
        assert!(tokio::time::timeout(soon, &mut first).await.is_err());
        let again = queue.enter_again(&one, &withdrawal);
        tokio::pin!(again);
        assert!(tokio::time::timeout(soon, &mut again).await.is_err());
        drop(held);
        drop(first.await);
        drop(again.await.unwrap());
        // Whoever leaves while it waits for a place ends the waiting.
        let gone = Withdrawal::default();
        let held = queue.enter(&site(0), &withdrawal).await.unwrap();
        let first = queue.enter(&other, &withdrawal);
        tokio::pin!(first);
        assert!(tokio::time::timeout(soon, &mut first).await.is_err());
        let again = queue.enter_again(&other, &gone);
        tokio::pin!(again);
        assert!(tokio::time::timeout(soon, &mut again).await.is_err());
        gone.withdraw();
        assert_eq!(again.await.err(), Some(NoTurn::Withdrawn));
        drop(held);
    }

    #[tokio::test]
    async fn whoever_leaves_the_queue_leaves_no_trace() {
        let queue = DialogQueue::default();
        let held = queue.enter(&site(0), &Withdrawal::default()).await.unwrap();
        for _ in 0..20 {
            let gone = Withdrawal::default();
            gone.withdraw();
            assert_eq!(
                queue.enter(&site(1), &gone).await.err(),
                Some(NoTurn::Withdrawn)
            );
        }
        drop(held);
        assert!(queue.enter(&site(1), &Withdrawal::default()).await.is_ok());
    }
}
