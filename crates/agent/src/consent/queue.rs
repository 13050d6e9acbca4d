//! One dialog at a time.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, MutexGuard};

use super::Withdrawal;
use crate::origin::{Origin, Site};

/// Sites whose question may wait while another is asked.
const WAITING: usize = 8;

/// The queue before the one dialog: first come, first asked, one place for each site.
#[derive(Debug, Default)]
pub(crate) struct DialogQueue {
    turn: Turn<()>,
    waiting: Mutex<HashSet<Site>>,
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
    }
}

impl DialogQueue {
    /// Waits for the turn of a question; the turn lasts as long as what is returned.
    pub(crate) async fn enter(
        &self,
        origin: &Origin,
        withdrawal: &Withdrawal,
    ) -> Result<MutexGuard<'_, ()>, NoTurn> {
        let place = {
            let mut waiting = self.places();
            let site = origin.site();
            if waiting.len() >= WAITING || !waiting.insert(site.clone()) {
                return Err(NoTurn::Full);
            }
            Place { queue: self, site }
        };
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
