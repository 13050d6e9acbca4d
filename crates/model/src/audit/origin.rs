//! From where the work of this thread was asked for, as evidence says it.
//!
//! Whoever lets work in says it once, at the door: the command line the name of its computer, the cabinet a digest of the
//! network address. Everything that is recorded below has it, without each use case handing it on. What the program does by
//! itself comes from nowhere.

use std::cell::RefCell;

thread_local! {
    static HERE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Puts back what was said before, also when the work panics.
struct Back(String);

impl Drop for Back {
    fn drop(&mut self) {
        HERE.with_borrow_mut(|here| *here = std::mem::take(&mut self.0));
    }
}

/// From where the work of this thread comes; empty where nobody said.
#[must_use]
pub fn here() -> String {
    HERE.with_borrow(Clone::clone)
}

/// Does work that comes from there: `host NAME` for a command, a digest for a visitor. On this thread only;
/// [`durably_together`](crate::ports::Storage#method.durably_together) carries it to whoever does the work.
pub fn within<T>(origin: &str, work: impl FnOnce() -> T) -> T {
    let before = HERE.replace(origin.to_owned());
    let _back = Back(before);
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_holds_for_the_work_and_no_longer() {
        assert_eq!(here(), "");
        within("host a", || {
            assert_eq!(here(), "host a");
            within("b", || assert_eq!(here(), "b"));
            assert_eq!(here(), "host a");
            let elsewhere = std::thread::spawn(here).join().unwrap();
            assert_eq!(elsewhere, "");
        });
        let panicked = std::panic::catch_unwind(|| within("c", || panic!("work that fails")));
        assert!(panicked.is_err());
        assert_eq!(here(), "");
    }
}
