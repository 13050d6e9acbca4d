//! The clock of this computer, as far as it can be judged without another one.

use tanba_pki::Timestamp;

use super::{Cause, Finding};

/// The program is younger than this moment: a clock that stands before it is wrong.
const PROGRAM: Timestamp = Timestamp::from_unix(1_790_000_000);
/// No program of this kind is in use for longer: a clock that stands so far behind the program is wrong by years too.
const YEARS: u16 = 10;

/// What the clock says, judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It may be right.
    Possible,
    /// It stands before the program was made.
    Behind,
    /// It stands where nobody uses this program any more.
    Ahead,
}

impl Reading {
    /// Judges a time.
    pub(crate) fn of(now: Timestamp) -> Self {
        if now < PROGRAM {
            Self::Behind
        } else if now > PROGRAM.plus_years(YEARS) {
            Self::Ahead
        } else {
            Self::Possible
        }
    }

    /// Whether the validity of keys cannot be judged by it.
    pub(crate) fn is_wrong(self) -> bool {
        self != Self::Possible
    }
}

pub(super) fn look(now: Timestamp) -> Finding {
    let detail = now.rfc3339();
    match Reading::of(now) {
        Reading::Possible => Finding::good(Cause::Clock, "doctor-clock", detail),
        Reading::Behind => Finding::bad(
            Cause::Clock,
            "doctor-clock-behind",
            detail,
            "doctor-clock-repair",
        ),
        Reading::Ahead => Finding::bad(
            Cause::Clock,
            "doctor-clock-ahead",
            detail,
            "doctor-clock-repair",
        ),
    }
}

#[cfg(test)]
mod tests {
    use tanba_pki::Timestamp;

    use super::look;
    use crate::doctor::State;

    #[test]
    fn a_clock_wrong_by_years_is_told_in_both_directions() {
        for (time, text, state) in [
            ("1970-01-01T00:00:00Z", "doctor-clock-behind", State::Bad),
            ("2019-06-01T00:00:00Z", "doctor-clock-behind", State::Bad),
            ("2026-11-29T00:00:00Z", "doctor-clock", State::Good),
            ("2035-01-01T00:00:00Z", "doctor-clock", State::Good),
            ("2038-01-19T03:14:08Z", "doctor-clock-ahead", State::Bad),
        ] {
            let found = look(Timestamp::parse_rfc3339(time).unwrap());
            assert_eq!((found.text, found.state), (text, state), "{time}");
            assert_eq!(found.repair.is_some(), state == State::Bad);
        }
    }
}
