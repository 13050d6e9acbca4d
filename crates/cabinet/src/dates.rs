//! Dates as each language writes them, by the clocks of Kazakhstan.

use jiff::tz::TimeZone;
use jiff::{Timestamp as Moment, Zoned};
use tanba_model::language::Language;
use tanba_pki::Timestamp;

use crate::locale::Catalogue;

/// The clocks that dates are shown by.
pub(crate) const TIME_ZONE: &str = "Asia/Almaty";

fn local(at: Timestamp) -> Zoned {
    let moment = Moment::from_second(at.unix()).unwrap_or(Moment::UNIX_EPOCH);
    let zone = TimeZone::get(TIME_ZONE).unwrap_or(TimeZone::UTC);
    moment.to_zoned(zone)
}

/// `2026 жылғы 24 қараша`, `24 ноября 2026 г.`, `24 November 2026`.
pub(crate) fn date(catalogue: &Catalogue, language: Language, at: Timestamp) -> String {
    let local = local(at);
    let month = catalogue.text(language, &format!("month-{}", local.month()));
    let arguments = [
        // As texts: a year is not written with a separator of thousands.
        ("year", local.year().to_string().into()),
        ("month", month.into()),
        ("day", local.day().to_string().into()),
    ];
    catalogue.format(language, "date-long", &arguments)
}

/// The date with hours and minutes.
pub(crate) fn date_time(catalogue: &Catalogue, language: Language, at: Timestamp) -> String {
    let local = local(at);
    let time = format!("{:02}:{:02}", local.hour(), local.minute());
    let arguments = [
        ("date", date(catalogue, language, at).into()),
        ("time", time.into()),
    ];
    catalogue.format(language, "date-time", &arguments)
}

/// Days by the calendar from `from` to `to`; negative when it is over.
pub(crate) fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    let day = |at| local(at).date();
    day(from)
        .until(day(to))
        .map_or(0, |span| span.get_days().into())
}

/// When a day that is written as `2026-11-24` begins; `None` where it is no day.
pub(crate) fn day(text: &str) -> Option<Timestamp> {
    let zone = TimeZone::get(TIME_ZONE).unwrap_or(TimeZone::UTC);
    let text = text.trim();
    let date: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == 10)?;
    let begins = date.to_zoned(zone).ok()?;
    Some(Timestamp::from_unix(begins.timestamp().as_second()))
}

/// The local date as `20261124`, as calendars (RFC 5545) write it.
pub(crate) fn compact(at: Timestamp) -> String {
    let local = local(at);
    format!("{:04}{:02}{:02}", local.year(), local.month(), local.day())
}

/// The local date as `2026-11-24`.
pub(crate) fn iso(at: Timestamp) -> String {
    local(at).date().to_string()
}

/// The moment as `2026-11-24T04:30:00+05:00` (ISO 8601), by local clocks.
pub(crate) fn iso_with_zone(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_dates_in_its_own_way() {
        let catalogue = Catalogue::shipped().unwrap();
        // 23:30 UTC is the next day in Almaty.
        let at = Timestamp::parse_rfc3339("2026-11-23T23:30:00Z").unwrap();
        let date = |language| date_time(&catalogue, language, at);
        assert_eq!(date(Language::Kk), "2026 жылғы 24 қараша, 04:30");
        assert_eq!(date(Language::Ru), "24 ноября 2026 г., 04:30");
        assert_eq!(date(Language::En), "24 November 2026 at 04:30");
        assert_eq!(compact(at), "20261124");
        assert_eq!(iso_with_zone(at), "2026-11-24T04:30:00+05:00");
    }

    #[test]
    fn a_day_begins_at_midnight_by_the_clocks_of_kazakhstan() {
        let begins = day(" 2026-11-24 ").unwrap();
        assert_eq!(begins.rfc3339(), "2026-11-23T19:00:00Z");
        for text in ["", "24.11.2026", "2026-13-01", "2026-11-24T10:00"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted_by_the_calendar() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        assert_eq!(
            days_between(at("2026-11-24T01:00:00Z"), at("2026-12-14T23:00:00Z")),
            21
        );
        assert_eq!(
            days_between(at("2026-11-24T01:00:00Z"), at("2027-11-24T01:00:00Z")),
            365
        );
        assert_eq!(
            days_between(at("2026-11-24T01:00:00Z"), at("2026-11-22T01:00:00Z")),
            -2
        );
    }
}
