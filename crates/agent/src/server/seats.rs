//! How many connections are held at once, and who gives way when there are more.
//!
//! Whoever has said nothing yet holds a seat only until somebody else wants it: a program that opens connections and
//! leaves them idle keeps no page out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The seats, by number in the order in which they were taken.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    seats: BTreeMap<u64, Holder>,
}

/// Who holds a seat.
#[derive(Debug)]
enum Holder {
    /// Somebody of whom nothing is known yet; told when the seat is wanted.
    Standing(Arc<Notify>),
    /// Somebody whose request was read.
    Seated,
}

/// A seat; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    number: u64,
    wanted: Arc<Notify>,
}

impl Seats {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: Mutex::default(),
        })
    }

    /// A seat for a newcomer, if need be that of whoever stands longest; `None` when all are seated.
    pub(super) fn take(self: &Arc<Self>) -> Option<Seat> {
        let mut taken = self.taken();
        if taken.seats.len() >= self.most {
            let standing = |(number, holder): (&u64, &Holder)| match holder {
                Holder::Standing(wanted) => Some((*number, Arc::clone(wanted))),
                Holder::Seated => None,
            };
            let (number, wanted) = taken.seats.iter().find_map(standing)?;
            taken.seats.remove(&number);
            wanted.notify_one();
        }
        let number = taken.next;
        taken.next = taken.next.saturating_add(1);
        let wanted = Arc::new(Notify::new());
        let holder = Holder::Standing(Arc::clone(&wanted));
        taken.seats.insert(number, holder);
        Some(Seat {
            seats: Arc::clone(self),
            number,
            wanted,
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Keeps the seat from now on: a whole request was read. One that was given away stays given away.
    pub(super) fn keep(&self) {
        if let Some(holder) = self.seats.taken().seats.get_mut(&self.number) {
            *holder = Holder::Seated;
        }
    }

    /// Waits until the seat was given to somebody else.
    pub(super) async fn is_given_away(&self) {
        self.wanted.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken().seats.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::{Seat, Seats};

    fn gives_way(seat: &Seat) -> bool {
        seat.is_given_away().now_or_never().is_some()
    }

    #[test]
    fn whoever_stands_longest_gives_way_and_nobody_who_sits() {
        let seats = Seats::new(3);
        let [first, second, third] = [(); 3].map(|()| seats.take().unwrap());
        first.keep();
        let fourth = seats.take().unwrap();
        assert!(gives_way(&second));
        assert!(!gives_way(&first) && !gives_way(&third) && !gives_way(&fourth));
        third.keep();
        fourth.keep();
        assert!(seats.take().is_none());
        // Leaving late frees no seat that somebody else has.
        drop(second);
        assert!(seats.take().is_none());
        drop(third);
        assert!(seats.take().is_some());
    }
}
