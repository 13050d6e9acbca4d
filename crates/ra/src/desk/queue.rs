//! The queue of a centre, page by page, and finding what a person brings along.

use tanba_model::application::ApplicationNumber;
use tanba_model::audit::Actor;
use tanba_model::id::{DecisionId, PersonId};
use tanba_model::iin::Iin;
use tanba_model::ports::{QueueEntry, QueuePlace};
use tanba_pki::{SerialNumber, Timestamp};

use super::{Clerk, DeskError};
use crate::RegistrationAuthority;
use crate::evidence::{Evidence, person_object};

/// Numbers in one text that are looked for: what a scanner types holds one or two.
const NUMBERS: usize = 4;

/// Applications of one page.
const PAGE: u32 = 50;

/// Which part of the queue is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueWish {
    /// [`tanba_model::application::State::name`]; applications that wait for a decision are `SUBMITTED`.
    pub state: String,
    /// The newest first, instead of the oldest.
    pub newest_first: bool,
    /// After this entry; `None` for the first page.
    pub after: Option<QueuePlace>,
}

/// A page of the queue.
#[derive(Clone, Debug)]
pub struct QueuePage {
    /// The applications.
    pub entries: Vec<QueueEntry>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<QueuePlace>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An application.
    Application(ApplicationNumber),
    /// A person.
    Person(PersonId),
}

impl RegistrationAuthority {
    /// A page of the clerk's queue; of all centres for those who read everything.
    ///
    /// # Errors
    /// [`DeskError::Step`] when storage does not answer.
    pub fn desk_queue(&self, clerk: &Clerk, wish: &QueueWish) -> Result<QueuePage, DeskError> {
        let mut work = self.storage.snapshot()?;
        let mut entries = work.applications().queue(
            clerk.centre(),
            &wish.state,
            wish.newest_first,
            wish.after,
            PAGE.saturating_add(1),
        )?;
        let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let more = entries.len() > shown;
        entries.truncate(shown);
        let next = entries
            .last()
            .filter(|_| more)
            .map(|entry| QueuePlace(entry.since, entry.id));
        Ok(QueuePage { entries, next })
    }

    /// What the clerk herself decided, newest first, after a record of hers; with where the next page starts.
    ///
    /// # Errors
    /// [`DeskError::Step`] when storage does not answer.
    pub fn desk_decided(
        &self,
        clerk: &Clerk,
        before: Option<DecisionId>,
    ) -> Result<(Vec<QueueEntry>, Option<DecisionId>), DeskError> {
        let mut work = self.storage.snapshot()?;
        let mut decided = work.decisions().applications_of_staff(
            clerk.member.id,
            before,
            PAGE.saturating_add(1),
        )?;
        let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let more = decided.len() > shown;
        decided.truncate(shown);
        let next = decided.last().filter(|_| more).map(|(id, _)| *id);
        let mut entries = Vec::with_capacity(decided.len());
        for (_, application) in decided {
            entries.extend(work.applications().queue_entry(application)?);
        }
        Ok((entries, next))
    }

    /// Finds by what a person says or shows: a number with or without spaces, an IIN, or the address that the QR code on the
    /// printed application holds. That an IIN was looked for is evidence.
    ///
    /// # Errors
    /// [`DeskError::NoPerson`] when it is none of these, or nothing of the clerk's.
    pub fn desk_find(&self, clerk: &Clerk, text: &str, now: Timestamp) -> Result<Found, DeskError> {
        let mut elsewhere = false;
        for digits in twelve_digits(text) {
            let mut work = self.storage.snapshot()?;
            if let Ok(number) = ApplicationNumber::parse(&digits)
                && let Some(application) = work.applications().find_by_number(&number)?
                && let Some(first) = &application.first
            {
                if clerk.sees(Some(&first.centre)) {
                    return Ok(Found::Application(number));
                }
                elsewhere = true;
            }
            drop(work);
            if let Ok(iin) = Iin::parse(&digits)
                && let Some(person) = self.seek_person(clerk, &iin, now)?
            {
                return Ok(Found::Person(person));
            }
        }
        Err(if elsewhere {
            DeskError::OtherCentre
        } else {
            DeskError::NoPerson
        })
    }

    /// The record of whoever has an IIN. Whether somebody is known is data of hers, too: the question is evidence, whatever
    /// the answer.
    pub(super) fn seek_person(
        &self,
        clerk: &Clerk,
        iin: &Iin,
        now: Timestamp,
    ) -> Result<Option<PersonId>, DeskError> {
        let mut work = self.storage.begin()?;
        let found = work.persons().find_by_iin(iin)?.map(|person| person.id);
        let evidence = Evidence {
            actor: Actor::Staff(clerk.member.id),
            action: "desk.find",
            object: found.map_or_else(|| format!("staff:{}", clerk.member.id), person_object),
            detail: found.map_or(DeskError::NoPerson.code(), |_| ""),
        };
        evidence.record(work.as_mut(), now)?;
        work.commit()?;
        Ok(found)
    }
}

/// The first IIN in a text, however its digits are grouped; none in a serial number, whose digits are hexadecimal.
#[must_use]
pub fn iin_in(text: &str) -> Option<Iin> {
    if is_serial(text) {
        return None;
    }
    let numbers = twelve_digits(text).into_iter();
    numbers.filter_map(|digits| Iin::parse(&digits).ok()).next()
}

/// Whether a text is a serial number of a certificate, as pages show it or as the log has it.
pub(super) fn is_serial(text: &str) -> bool {
    let joined: String = text.split_whitespace().collect();
    let is_long = joined.len() == 2 * SerialNumber::LENGTH;
    is_long && joined.chars().all(|digit| digit.is_ascii_hexdigit())
}

/// What is wrong with the number that somebody typed, which is why nothing can be found under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistyped {
    /// Nothing was typed.
    Missing,
    /// It has no twelve digits.
    Form,
    /// Its check digit is neither that of an IIN nor that of an application's number.
    CheckDigit,
}

impl Mistyped {
    /// What is wrong with a number; `None` where there may be somebody or something of that number.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self::Missing);
        }
        let numbers = twelve_digits(text);
        let is_one = |digits: &String| {
            Iin::parse(digits).is_ok() || ApplicationNumber::parse(digits).is_ok()
        };
        if numbers.is_empty() {
            Some(Self::Form)
        } else if numbers.iter().any(is_one) {
            None
        } else {
            Some(Self::CheckDigit)
        }
    }
}

/// Everything in the beginning of a text that is twelve digits, whatever stands between groups of them that is no letter:
/// spaces, hyphens, points, what is not seen. Wide digits of an input method are digits.
pub(super) fn twelve_digits(text: &str) -> Vec<String> {
    let text: String = text.chars().map(narrow).collect();
    let is_gap = |letter: char| !letter.is_alphanumeric();
    let apart = |letter: char| letter.is_alphanumeric() && !letter.is_ascii_digit();
    let mut found: Vec<String> = text
        .split(apart)
        .flat_map(|part| {
            let whole: String = part.chars().filter(char::is_ascii_digit).collect();
            let words = part.split(is_gap).map(str::to_owned);
            std::iter::once(whole).chain(words).collect::<Vec<_>>()
        })
        .filter(|digits| digits.len() == 12)
        .collect();
    // What stands alone is its own part and its own word.
    found.dedup();
    found.truncate(NUMBERS);
    found
}

/// A wide digit as the digit that it is.
fn narrow(letter: char) -> char {
    let offset = u32::from(letter).wrapping_sub(u32::from('０'));
    char::from_digit(offset, 10).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::{Mistyped, iin_in, twelve_digits};

    #[test]
    fn numbers_are_found_in_whatever_a_scanner_or_a_person_types() {
        for text in [
            "123456789012",
            " 1234 5678 9012 ",
            "1234-5678-9012",
            "1234\u{a0}5678\u{2011}9012",
            "https://cabinet.example/kk/status/123456789012?x=1",
            "№ 123456789012.",
            "123456.789012",
            "123456/789012",
            "123456_789012",
            "123456\u{2212}789012",
            "123456\u{ad}789012",
            "1234\u{200b}5678\u{feff}9012",
            "１２３４５６７８９０１２",
        ] {
            assert!(
                twelve_digits(text).contains(&"123456789012".to_owned()),
                "{text}"
            );
        }
        assert!(twelve_digits("1234567890123").is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_number_is_told_apart() {
        for (text, wrong) in [
            ("", Some(Mistyped::Missing)),
            (" \u{a0}", Some(Mistyped::Missing)),
            ("123", Some(Mistyped::Form)),
            ("9003124001311", Some(Mistyped::Form)),
            ("Әйгерім", Some(Mistyped::Form)),
            ("900312400132", Some(Mistyped::CheckDigit)),
            ("9003 1240 0132", Some(Mistyped::CheckDigit)),
            ("900312 400131", None),
            ("https://cabinet.example/kk/status/900312400131", None),
        ] {
            assert_eq!(Mistyped::of(text), wrong, "{text}");
        }
    }

    #[test]
    fn a_serial_number_holds_no_iin() {
        for text in [
            "900312 400131",
            "ЖСН 9003-12400131",
            "9003\u{a0}12400131",
            "900312.400131",
            "９００３１２４００１３１",
        ] {
            let iin = iin_in(text);
            assert_eq!(
                iin.as_ref().map(tanba_model::iin::Iin::as_str),
                Some("900312400131"),
                "{text}"
            );
        }
        let serial = format!("abcd {} {}", "9003 1240 0131", "abcd ".repeat(6));
        assert!(iin_in(&serial).is_none());
        assert!(iin_in("person:3").is_none());
    }
}
