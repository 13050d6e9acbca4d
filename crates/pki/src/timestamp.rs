//! Time as certificates know it: whole seconds, UTC.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::asn1::tag;

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds; years 0 to 9999.
///
/// Nothing here asks a clock. Sent and stored as RFC 3339 text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A moment by the proleptic Gregorian calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Year.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59.
    pub second: u8,
}

/// The text is not a moment in RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time such as 2026-11-24T06:00:00Z")]
pub struct TimestampError;

const DAY: i64 = 86_400;
const FIRST: i64 = -62_167_219_200;
const LAST: i64 = 253_402_300_799;

impl Timestamp {
    /// The last moment that a certificate can name, 9999-12-31T23:59:59Z: "no well-defined end" (RFC 5280, 4.1.2.5).
    pub const MAX: Self = Self(LAST);

    /// From seconds since 1970, held within the years 0 to 9999.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        if seconds < FIRST {
            Self(FIRST)
        } else if seconds > LAST {
            Self(LAST)
        } else {
            Self(seconds)
        }
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// Later by whole seconds; never past [`Self::MAX`].
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// Earlier by whole seconds; never before the year 0.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self::from_unix(self.0.saturating_sub(seconds))
    }

    /// How long after `earlier`; zero when it is not after.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The same date and time of day some years later; 29 February becomes 28 where there is none.
    #[must_use]
    pub fn plus_years(self, years: u16) -> Self {
        let mut civil = self.civil();
        civil.year = civil.year.saturating_add(i64::from(years));
        if civil.day > days_in_month(civil.year, civil.month) {
            civil.day = days_in_month(civil.year, civil.month);
        }
        Self::from_civil(civil).unwrap_or(Self::MAX)
    }

    /// From calendar parts; `None` when they name no moment of the years 0 to 9999.
    #[must_use]
    pub fn from_civil(civil: Civil) -> Option<Self> {
        let valid = (0..=9999).contains(&civil.year)
            && (1..=12).contains(&civil.month)
            && (1..=days_in_month(civil.year, civil.month)).contains(&civil.day)
            && civil.hour < 24
            && civil.minute < 60
            && civil.second < 60;
        let seconds =
            i64::from(civil.hour) * 3600 + i64::from(civil.minute) * 60 + i64::from(civil.second);
        valid.then(|| Self(days_from_civil(civil.year, civil.month, civil.day) * DAY + seconds))
    }

    /// The calendar parts.
    #[must_use]
    pub fn civil(self) -> Civil {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let seconds = self.0.rem_euclid(DAY);
        let part = |value: i64| u8::try_from(value).unwrap_or(0);
        Civil {
            year,
            month,
            day,
            hour: part(seconds / 3600),
            minute: part(seconds / 60 % 60),
            second: part(seconds % 60),
        }
    }

    /// `2026-11-24T06:00:00Z`
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.to_string()
    }

    /// Reads `2026-11-24T06:00:00Z`; a fraction is cut off, an offset is taken into account.
    ///
    /// # Errors
    /// [`TimestampError`] when the text is something else.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimestampError> {
        parse_rfc3339(text).ok_or(TimestampError)
    }

    /// From the tag and the content of UTCTime (`YYMMDDHHMMSSZ`) or GeneralizedTime (`YYYYMMDDHHMMSSZ`).
    #[must_use]
    pub fn from_der_value(tag: u8, content: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
        let (year, rest) = match (tag, text.len()) {
            (tag::UTC_TIME, 12) => {
                let year = number(text.get(..2)?)?;
                (
                    if year < 50 { year + 2000 } else { year + 1900 },
                    text.get(2..)?,
                )
            }
            (tag::GENERALIZED_TIME, 14) => (number(text.get(..4)?)?, text.get(4..)?),
            _ => return None,
        };
        let part = |from: usize| u8::try_from(number(rest.get(from..from + 2)?)?).ok();
        Self::from_civil(Civil {
            year,
            month: part(0)?,
            day: part(2)?,
            hour: part(4)?,
            minute: part(6)?,
            second: part(8)?,
        })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil();
        write!(
            formatter,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            c.year, c.month, c.day, c.hour, c.minute, c.second
        )
    }
}

impl std::str::FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        Self::parse_rfc3339(text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_rfc3339(&text).map_err(de::Error::custom)
    }
}

fn number(digits: &str) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let field = |from: usize, to: usize| number(text.get(from..to)?);
    let part = |from: usize| u8::try_from(field(from, from + 2)?).ok();
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let octets = text.as_bytes();
    if separators
        .iter()
        .any(|(at, mark)| octets.get(*at) != Some(mark))
        || !matches!(octets.get(10), Some(b'T' | b't' | b' '))
    {
        return None;
    }
    let local = Timestamp::from_civil(Civil {
        year: field(0, 4)?,
        month: part(5)?,
        day: part(8)?,
        hour: part(11)?,
        minute: part(14)?,
        second: part(17)?,
    })?;
    let mut zone = text.get(19..)?;
    if let Some(fraction) = zone.strip_prefix('.') {
        let end = fraction.find(|character: char| !character.is_ascii_digit())?;
        zone = fraction.get(end..).filter(|_| end > 0)?;
    }
    if zone == "Z" || zone == "z" {
        return Some(local);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60)
        .then(|| Timestamp::from_unix(local.0 - sign * (hours * 3600 + minutes * 60)))
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days before the first of the month, counted from 1 March so that the leap day comes last.
const fn days_before_month(month_from_march: i64) -> i64 {
    (153 * month_from_march + 2) / 5
}

fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let month = i64::from(month);
    let (year, from_march) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719 468 days lie between 0000-03-01 and 1970-01-01.
    365 * year + leap_days + days_before_month(from_march) + i64::from(day) - 1 - 719_468
}

fn civil_from_days(days: i64) -> (i64, u8, u8) {
    // 400 years have 146 097 days; one year less than the estimate is never too late.
    let mut year = 1969 + (days * 400).div_euclid(146_097);
    while days_from_civil(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut rest = days - days_from_civil(year, 1, 1);
    let mut month = 1;
    while rest >= i64::from(days_in_month(year, month)) {
        rest -= i64::from(days_in_month(year, month));
        month += 1;
    }
    (year, month, u8::try_from(rest + 1).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::{Civil, Timestamp};
    use crate::asn1::{Reader, generalized_time, time, utc_time};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn known_moments_have_their_seconds() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-24T06:00:00Z", 1_795_500_000),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("1969-12-31T23:59:59Z", -1),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
        ] {
            assert_eq!(at(text).unix(), seconds, "{text}");
            assert_eq!(Timestamp::from_unix(seconds).rfc3339(), text);
        }
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        let mut expected = Civil {
            year: 1900,
            month: 1,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
        };
        let mut moment = Timestamp::from_civil(expected).unwrap();
        for _ in 0..146_097 {
            assert_eq!(moment.civil(), expected);
            moment = Timestamp::from_unix(moment.unix() + 86_400);
            expected.day += 1;
            if expected.day > super::days_in_month(expected.year, expected.month) {
                expected.day = 1;
                expected.month += 1;
            }
            if expected.month > 12 {
                expected.month = 1;
                expected.year += 1;
            }
        }
    }

    #[test]
    fn years_keep_the_date() {
        assert_eq!(
            at("2026-11-24T06:00:00Z").plus_years(1),
            at("2027-11-24T06:00:00Z")
        );
        assert_eq!(
            at("2028-02-29T06:00:00Z").plus_years(3),
            at("2031-02-28T06:00:00Z")
        );
        assert_eq!(at("9999-01-01T00:00:00Z").plus_years(3), Timestamp::MAX);
    }

    #[test]
    fn offsets_and_fractions_are_understood() {
        assert_eq!(
            at("2026-11-24T11:00:00.25+05:00"),
            at("2026-11-24T06:00:00Z")
        );
        for text in [
            "2026-11-24",
            "2026-13-24T06:00:00Z",
            "2026-11-24T06:00:00",
            "2026-02-29T06:00:00Z",
            "жыл",
        ] {
            assert!(Timestamp::parse_rfc3339(text).is_err(), "{text}");
        }
    }

    #[test]
    fn der_turns_to_generalized_time_in_2050() {
        let last = at("2049-12-31T23:59:59Z");
        let first = at("2050-01-01T00:00:00Z");
        assert_eq!(time(last), utc_time(last));
        assert_eq!(time(first), generalized_time(first));
        for moment in [last, first, at("1950-01-01T00:00:00Z")] {
            assert_eq!(Reader::new(&time(moment), "Time").time(), Ok(moment));
        }
    }

    #[test]
    fn der_times_without_seconds_or_zone_are_refused() {
        for text in [
            "2611240600Z",
            "261124060000",
            "261124060000+0500",
            "261124066000Z",
        ] {
            assert_eq!(
                Timestamp::from_der_value(0x17, text.as_bytes()),
                None,
                "{text}"
            );
        }
    }
}
