//! Calendar days by the clocks of the people.

use tanba_pki::Timestamp;

const DAY: i64 = 24 * 60 * 60;
/// All of Kazakhstan is five hours ahead of UTC, without summer time, since 1 March 2024.
const AHEAD: i64 = 5 * 60 * 60;

/// The day of an instant, days since 1970.
pub(super) const fn day(at: Timestamp) -> i64 {
    at.unix().saturating_add(AHEAD).div_euclid(DAY)
}

/// The end of the day that comes so many calendar days after the day of `now`.
pub(super) fn end_of_day_after(now: Timestamp, days: u16) -> Timestamp {
    let next = day(now).saturating_add(i64::from(days)).saturating_add(1);
    Timestamp::from_unix(next.saturating_mul(DAY).saturating_sub(AHEAD))
}

/// When the day of `now` ends: limits of a day begin anew then.
pub(super) fn end_of_day(now: Timestamp) -> Timestamp {
    end_of_day_after(now, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thirtieth_day_counts_whole_whatever_the_hour_of_the_first() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        // 29 November, a minute past midnight in Almaty, and a minute before the next one.
        for time in ["2026-11-28T19:01:00Z", "2026-11-29T18:59:00Z"] {
            assert_eq!(
                end_of_day_after(at(time), 30),
                at("2026-12-29T19:00:00Z"),
                "{time}"
            );
        }
        assert_eq!(
            end_of_day(at("2026-11-29T18:59:00Z")),
            at("2026-11-29T19:00:00Z")
        );
    }
}
