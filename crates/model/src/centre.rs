//! Registration centres: the places where an operator compares a person with her document.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::language::Language;
use crate::place::Gazetteer;

/// A registration centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Centre {
    /// Code, unique among all centres: `kz-75-almaty-1`. Stored and signed.
    pub code: String,
    /// Code of its region, see [`crate::place`].
    pub region: String,
    /// Code of its settlement within the region, see [`crate::place`].
    pub settlement: String,
    /// When it is open, by local time.
    pub hours: OpeningHours,
    name: Texts,
    address: Texts,
}

/// When a centre is open: spans of weekdays, each with a time from which and until which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningHours(Vec<Span>);

/// Consecutive weekdays with the same hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first weekday, 0 for Monday.
    pub first: u8,
    /// The last weekday, not before the first one.
    pub last: u8,
    /// Minutes after midnight at which it opens.
    pub opens: u16,
    /// Minutes after midnight at which it closes.
    pub closes: u16,
}

/// All registration centres, in the order in which pages offer them.
#[derive(Clone, Debug)]
pub struct Centres(Vec<Centre>);

/// Why a list of centres cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CentresError {
    /// Not TOML of this form.
    #[error("not a list of registration centres")]
    Form(#[source] toml::de::Error),
    /// Hours that no clock or calendar knows, or a name of hours that is not in the file.
    #[error("the opening hours {0:?} cannot be read")]
    Hours(String),
    /// Two centres of one code.
    #[error("the code {0:?} is given to two registration centres")]
    Twice(String),
    /// A place that the list of regions and settlements does not have.
    #[error("the registration centre {0:?} is in no known region and settlement")]
    Place(String),
    /// Nobody could be identified anywhere.
    #[error("there is no registration centre in the list")]
    Empty,
}

impl Centre {
    /// Its name in a language.
    #[must_use]
    pub fn name(&self, language: Language) -> &str {
        self.name.pick(language)
    }

    /// Street and house in a language.
    #[must_use]
    pub fn address(&self, language: Language) -> &str {
        self.address.pick(language)
    }
}

impl Centres {
    /// Reads a list and checks it against the gazetteer.
    ///
    /// # Errors
    /// [`CentresError`] with the first thing that cannot be used.
    pub fn from_toml(text: &str, gazetteer: &Gazetteer) -> Result<Self, CentresError> {
        let file: File = toml::from_str(text).map_err(CentresError::Form)?;
        let mut hours = BTreeMap::new();
        for (name, spans) in &file.hours {
            let spans: Option<Vec<Span>> = spans.iter().map(WrittenSpan::read).collect();
            let spans = spans.ok_or_else(|| CentresError::Hours(name.clone()))?;
            let _ = hours.insert(name.as_str(), OpeningHours(spans));
        }
        let mut centres: Vec<Centre> = Vec::with_capacity(file.centre.len());
        for written in file.centre {
            let hours = hours
                .get(written.hours.as_str())
                .ok_or(CentresError::Hours(written.hours))?;
            if centres.iter().any(|other| other.code == written.code) {
                return Err(CentresError::Twice(written.code));
            }
            if gazetteer
                .find(&written.region, &written.settlement)
                .is_none()
            {
                return Err(CentresError::Place(written.code));
            }
            centres.push(Centre {
                code: written.code,
                region: written.region,
                settlement: written.settlement,
                hours: hours.clone(),
                name: written.name,
                address: written.address,
            });
        }
        if centres.is_empty() {
            return Err(CentresError::Empty);
        }
        Ok(Self(centres))
    }

    /// The centres of Kazakhstan that ship with the program, as examples.
    ///
    /// # Errors
    /// Never with the shipped gazetteer, as a test shows.
    pub fn kazakhstan(gazetteer: &Gazetteer) -> Result<Self, CentresError> {
        Self::from_toml(include_str!("../data/centres.toml"), gazetteer)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Centre> {
        self.0.iter()
    }

    /// The centre of a code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&Centre> {
        self.iter().find(|centre| centre.code == code)
    }

    /// The centres of a settlement, or of its whole region where the settlement has none; none for an unknown region.
    #[must_use]
    pub fn near(&self, region: &str, settlement: &str) -> Vec<&Centre> {
        let in_region = || self.iter().filter(|centre| centre.region == region);
        let here: Vec<&Centre> = in_region()
            .filter(|centre| centre.settlement == settlement)
            .collect();
        if here.is_empty() {
            in_region().collect()
        } else {
            here
        }
    }
}

impl OpeningHours {
    /// The spans, in the order of the week.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// The hours in words: `дс–жм 09:00–18:00, сб 09:00–13:00`.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let spans: Vec<String> = self.0.iter().map(|span| span.text(language)).collect();
        spans.join(", ")
    }
}

impl Span {
    fn text(&self, language: Language) -> String {
        let day = |day: u8| {
            days(language)
                .get(usize::from(day))
                .copied()
                .unwrap_or_default()
        };
        let days = if self.first == self.last {
            day(self.first).to_owned()
        } else {
            format!("{}–{}", day(self.first), day(self.last))
        };
        format!("{days} {}–{}", clock(self.opens), clock(self.closes))
    }
}

/// The usual short names of the weekdays, Monday first.
const fn days(language: Language) -> [&'static str; 7] {
    match language {
        Language::Kk => ["дс", "сс", "ср", "бс", "жм", "сб", "жс"],
        Language::Ru => ["пн", "вт", "ср", "чт", "пт", "сб", "вс"],
        Language::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    }
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A text in every language.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    kk: String,
    ru: String,
    en: String,
}

impl Texts {
    fn pick(&self, language: Language) -> &str {
        match language {
            Language::Kk => &self.kk,
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.en, formatter)
    }
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hours: BTreeMap<String, Vec<WrittenSpan>>,
    centre: Vec<WrittenCentre>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCentre {
    code: String,
    region: String,
    settlement: String,
    #[serde(default = "common")]
    hours: String,
    name: Texts,
    address: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSpan {
    days: String,
    from: String,
    to: String,
}

fn common() -> String {
    "common".to_owned()
}

impl WrittenSpan {
    fn read(&self) -> Option<Span> {
        const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let day = |name: &str| {
            let place = DAYS.iter().position(|day| *day == name)?;
            u8::try_from(place).ok()
        };
        let (first, last) = self
            .days
            .split_once('-')
            .unwrap_or((self.days.as_str(), self.days.as_str()));
        let span = Span {
            first: day(first)?,
            last: day(last)?,
            opens: minutes(&self.from)?,
            closes: minutes(&self.to)?,
        };
        (span.first <= span.last && span.opens < span.closes).then_some(span)
    }
}

/// `09:30` as minutes after midnight.
fn minutes(clock: &str) -> Option<u16> {
    let (hours, minutes) = clock.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (clock.len() == 5 && minutes < 60 && hours * 60 + minutes <= 24 * 60)
        .then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> (Gazetteer, Centres) {
        let gazetteer = Gazetteer::kazakhstan().unwrap();
        let centres = Centres::kazakhstan(&gazetteer).unwrap();
        (gazetteer, centres)
    }

    #[test]
    fn every_settlement_has_a_centre_with_every_text_in_every_language() {
        let (gazetteer, centres) = shipped();
        for region in &gazetteer.regions {
            for settlement in &region.settlements {
                let near = centres.near(&region.code, &settlement.code);
                assert!(!near.is_empty(), "{} {}", region.code, settlement.code);
                let elsewhere = settlement.code == "other";
                let is_here = |centre: &&Centre| centre.settlement == settlement.code;
                assert!(elsewhere || near.iter().all(is_here));
            }
        }
        for centre in centres.iter() {
            for language in Language::ALL {
                assert!(!centre.name(language).is_empty() && !centre.address(language).is_empty());
                assert!(!centre.hours.text(language).is_empty());
            }
        }
        assert!(centres.near("KZ-00", "almaty").is_empty());
    }

    #[test]
    fn opening_hours_are_worded_as_each_language_writes_them() {
        let (_, centres) = shipped();
        let hours = &centres.find("kz-75-almaty-2").unwrap().hours;
        let texts = Language::ALL.map(|language| hours.text(language));
        assert_eq!(
            texts,
            [
                "дс–жм 09:00–18:00, сб 09:00–13:00",
                "пн–пт 09:00–18:00, сб 09:00–13:00",
                "Mon–Fri 09:00–18:00, Sat 09:00–13:00"
            ]
        );
    }

    #[test]
    fn a_list_that_cannot_be_used_is_refused() {
        let gazetteer = Gazetteer::kazakhstan().unwrap();
        let file = |code: &str, settlement: &str, from: &str| {
            let centre = |code: &str| {
                format!(
                    "[[centre]]\ncode = \"{code}\"\nregion = \"KZ-75\"\nsettlement = \"{settlement}\"\n\
                     name = {{ kk = \"a\", ru = \"b\", en = \"c\" }}\naddress = {{ kk = \"a\", ru = \"b\", en = \"c\" }}\n"
                )
            };
            let hours = format!(
                "[hours]\ncommon = [{{ days = \"mon\", from = \"{from}\", to = \"18:00\" }}]\n"
            );
            let text = format!("{hours}{}{}", centre("first"), centre(code));
            Centres::from_toml(&text, &gazetteer)
        };
        assert!(file("second", "almaty", "09:00").is_ok());
        assert!(matches!(
            file("first", "almaty", "09:00"),
            Err(CentresError::Twice(_))
        ));
        assert!(matches!(
            file("second", "semey", "09:00"),
            Err(CentresError::Place(_))
        ));
        for from in ["9:00", "18:00", "09:60", "25:00", "noon"] {
            assert!(
                matches!(file("second", "almaty", from), Err(CentresError::Hours(_))),
                "{from}"
            );
        }
    }
}
