//! How many connections are held at once, and who gives way when there are more.
//!
//! Whoever has said nothing yet holds a seat only until somebody else wants it: a program that opens connections and
//! leaves them idle keeps no page out. Nor do sites that keep sockets they do not use: where all are seated, the site with the
//! most of them gives the one that has been idle longest.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::origin::Site;

/// Sockets that were asked to leave and have not left yet, at most: more than that many newcomers find no seat.
const LEAVING: usize = 8;

/// The seats, by number in the order in which they were taken.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// Of the next seat, and of the next moment at which a socket becomes idle.
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
    /// A socket that is being answered.
    Busy(Site),
    /// A socket whose site asks for nothing, and since when; told when the seat is wanted.
    Idle(Site, u64, Arc<Notify>),
    /// A socket that was told so.
    Leaving,
}

/// A seat; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    number: u64,
    wanted: Arc<Notify>,
    asked_to_leave: Arc<Notify>,
}

impl Seats {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: Mutex::default(),
        })
    }

    /// A seat for a newcomer, if need be that of whoever stands longest, or of an idle socket; `None` when all are needed.
    pub(super) fn take(self: &Arc<Self>) -> Option<Seat> {
        let mut taken = self.taken();
        let leaving = |holder: &&Holder| matches!(holder, Holder::Leaving);
        let leaving = taken.seats.values().filter(leaving).count();
        if taken.seats.len().saturating_sub(leaving) >= self.most {
            taken.make_room(leaving)?;
        }
        let number = taken.tick();
        let wanted = Arc::new(Notify::new());
        let holder = Holder::Standing(Arc::clone(&wanted));
        taken.seats.insert(number, holder);
        Some(Seat {
            seats: Arc::clone(self),
            number,
            wanted,
            asked_to_leave: Arc::default(),
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    const fn tick(&mut self) -> u64 {
        let now = self.next;
        self.next = self.next.saturating_add(1);
        now
    }

    /// Has somebody give way; `None` when nobody can.
    fn make_room(&mut self, leaving: usize) -> Option<()> {
        let standing = |(number, holder): (&u64, &Holder)| match holder {
            Holder::Standing(wanted) => Some((*number, Arc::clone(wanted))),
            Holder::Seated | Holder::Busy(_) | Holder::Idle(..) | Holder::Leaving => None,
        };
        if let Some((number, wanted)) = self.seats.iter().find_map(standing) {
            self.seats.remove(&number);
            wanted.notify_one();
            return Some(());
        }
        if leaving >= LEAVING {
            return None;
        }
        let number = self.idle_longest()?;
        if let Some(Holder::Idle(_, _, asked)) = self.seats.insert(number, Holder::Leaving) {
            asked.notify_one();
        }
        Some(())
    }

    /// Of the sites that have an idle socket the one with the most, and of its idle sockets the longest idle.
    fn idle_longest(&self) -> Option<u64> {
        let mut sockets: HashMap<&Site, usize> = HashMap::new();
        for holder in self.seats.values() {
            if let Holder::Busy(site) | Holder::Idle(site, ..) = holder {
                let count = sockets.entry(site).or_default();
                *count = count.saturating_add(1);
            }
        }
        let idle = self.seats.iter().filter_map(|(number, holder)| {
            let Holder::Idle(site, since, _) = holder else {
                return None;
            };
            let count = sockets.get(site).copied().unwrap_or_default();
            Some((count, std::cmp::Reverse(*since), *number))
        });
        idle.max().map(|(_, _, number)| number)
    }
}

impl Seat {
    /// Keeps the seat from now on: a whole request was read. One that was given away stays given away.
    pub(super) fn keep(&self) {
        self.change(|_| Holder::Seated);
    }

    /// A socket of this site is answered.
    pub(super) fn work(&self, site: Site) {
        self.change(|_| Holder::Busy(site));
    }

    /// The socket waits for what its site asks next.
    pub(super) fn rest(&self, site: Site) {
        let asked = Arc::clone(&self.asked_to_leave);
        self.change(|now| Holder::Idle(site, now, asked));
    }

    /// Waits until the seat was given to somebody else.
    pub(super) async fn is_given_away(&self) {
        self.wanted.notified().await;
    }

    /// Waits until an idle socket is asked to give way.
    pub(super) async fn is_asked_to_leave(&self) {
        self.asked_to_leave.notified().await;
    }

    fn change(&self, holder: impl FnOnce(u64) -> Holder) {
        let mut taken = self.seats.taken();
        let now = taken.tick();
        let held = taken.seats.get_mut(&self.number);
        if let Some(held) = held.filter(|held| !matches!(held, Holder::Leaving)) {
            *held = holder(now);
        }
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

    use super::{LEAVING, Seat, Seats};
    use crate::origin::{Origin, Site};

    fn gives_way(seat: &Seat) -> bool {
        seat.is_given_away().now_or_never().is_some()
    }

    fn is_asked(seat: &Seat) -> bool {
        seat.is_asked_to_leave().now_or_never().is_some()
    }

    fn site(name: &str) -> Site {
        Origin::Site(format!("https://{name}.example")).site()
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

    #[test]
    fn the_longest_idle_socket_of_the_site_with_the_most_gives_way() {
        let seats = Seats::new(5);
        let [lone, busy, first, second, plain] = [(); 5].map(|()| {
            let seat = seats.take().unwrap();
            seat.keep();
            seat
        });
        lone.rest(site("lone"));
        busy.work(site("many"));
        first.rest(site("many"));
        second.rest(site("many"));
        // It was heard of since.
        first.work(site("many"));
        first.rest(site("many"));
        let newcomer = seats.take().unwrap();
        assert!(is_asked(&second));
        assert!(![&lone, &busy, &first, &plain].into_iter().any(is_asked));
        // A newcomer who says nothing costs no second one.
        let next = seats.take().unwrap();
        assert!(gives_way(&newcomer) && !is_asked(&first));
        next.keep();
        next.work(site("other"));
        // What is late changes nothing, and who is busy stays.
        second.rest(site("many"));
        let last = seats.take().unwrap();
        assert!(is_asked(&first) && !is_asked(&second));
        last.keep();
        assert!(seats.take().is_some() && is_asked(&lone));
        drop([first, second, lone]);
        assert!(seats.take().is_some());
        assert!(!gives_way(&busy) && !gives_way(&plain));
    }

    #[test]
    fn those_who_do_not_leave_when_asked_are_few() {
        let seats = Seats::new(2 * LEAVING);
        let sit = || {
            let seat = seats.take()?;
            seat.rest(site("slow"));
            Some(seat)
        };
        let held: Vec<Seat> = std::iter::from_fn(sit).collect();
        assert_eq!(held.len(), 3 * LEAVING);
        assert_eq!(held.iter().filter(|seat| is_asked(seat)).count(), LEAVING);
    }
}
