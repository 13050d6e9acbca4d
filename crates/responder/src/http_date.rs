//! Dates of HTTP headers (RFC 9110, 5.6.7).

use tanba_pki::Timestamp;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `Tue, 24 Nov 2026 06:00:00 GMT`
pub(crate) fn http_date(time: Timestamp) -> String {
    let civil = time.civil();
    // 1 January 1970 was a Thursday.
    let weekday = usize::try_from(time.unix().div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    let day_name = DAYS.get(weekday).copied().unwrap_or_default();
    let month = MONTHS
        .get(usize::from(civil.month).saturating_sub(1))
        .copied()
        .unwrap_or_default();
    format!(
        "{day_name}, {:02} {month} {:04} {:02}:{:02}:{:02} GMT",
        civil.day, civil.year, civil.hour, civil.minute, civil.second
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_standard() {
        // The example of RFC 9110.
        assert_eq!(
            http_date(Timestamp::from_unix(784_111_777)),
            "Sun, 06 Nov 1994 08:49:37 GMT"
        );
        assert_eq!(
            http_date(Timestamp::from_unix(0)),
            "Thu, 01 Jan 1970 00:00:00 GMT"
        );
        assert_eq!(
            http_date(Timestamp::from_unix(1_795_500_000)),
            "Tue, 24 Nov 2026 06:00:00 GMT"
        );
    }
}
