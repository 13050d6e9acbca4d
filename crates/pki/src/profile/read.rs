//! From the text of a profile to what it says, and everything that is wrong with it at once.

use std::ops::Range;

use extension::Fault;
use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ProfileError;
use super::specification::Specification;

mod extension;

/// Faults that are told; somebody who has more has another file in hand.
const MOST: usize = 50;

/// Reads a profile.
///
/// # Errors
/// [`ProfileError::Syntax`] with a sentence for each line that is wrong, [`ProfileError::Contradiction`] with a sentence for
/// each thing that no certificate could satisfy.
pub(super) fn read(text: &str) -> Result<Specification, ProfileError> {
    match toml::from_str::<Specification>(text) {
        Ok(specification) => {
            specification.check()?;
            Ok(specification)
        }
        Err(first) => Err(ProfileError::Syntax(faults(text, first).join("; "))),
    }
}

/// What is wrong, line by line. The reader stops at the first fault, so each faulty line is emptied and the rest read
/// again, for as long as it is TOML; what is then missing was said before.
fn faults(text: &str, first: toml::de::Error) -> Vec<String> {
    let mut rest = text.to_owned();
    let (mut faults, mut emptied) = (Vec::new(), String::new());
    let (mut error, mut extensions_told) = (first, false);
    while faults.len() < MOST {
        let message = words(error.message());
        if extensions_told && missing(&message) == Some("extension") {
            break;
        }
        let Some(span) = error.span() else {
            faults.push(message);
            break;
        };
        let theirs = (!extensions_told).then(|| of_extensions(&rest, &span));
        let mut next = rest.clone();
        if let Some(theirs) = theirs.flatten() {
            extensions_told = true;
            for (place, message) in theirs {
                faults.push(told(&rest, &place, &message));
                if missing(&message).is_none() && !is_head(&rest, &place) {
                    empty_lines(&mut next, &with_value(&rest, place), &mut emptied);
                }
            }
        } else {
            let is_head = is_head(&rest, &span);
            let was_said = match missing(&message) {
                Some(name) => emptied.contains(name),
                // What a table lacks may be what was emptied in it.
                None => is_head && !emptied.is_empty(),
            };
            if !was_said {
                faults.push(told(&rest, &span, &message));
            }
            // What is not there cannot be emptied, and a table without its head would be part of the one before.
            if missing(&message).is_some() || is_head {
                break;
            }
            empty_lines(&mut next, &with_value(&rest, span), &mut emptied);
            if next == rest {
                break;
            }
        }
        if toml::from_str::<toml::Table>(&next).is_err() {
            break;
        }
        rest = next;
        let again = match toml::from_str::<Specification>(&rest) {
            // What they lack may be what was emptied in them, and they would hide what is behind them.
            Err(_) if extensions_told => without_extensions(&rest),
            again => again,
        };
        match again {
            Ok(specification) => {
                faults.append(&mut specification.faults());
                break;
            }
            Err(next) => error = next,
        }
    }
    faults
}

/// What is wrong with the extensions, where a fault is one of theirs.
fn of_extensions(text: &str, place: &Range<usize>) -> Option<Vec<Fault>> {
    let (begins, faults) = extension::faults(text)?;
    let is_theirs = *place == begins || faults.iter().any(|(at, _)| at == place);
    (is_theirs && !faults.is_empty()).then_some(faults)
}

/// What is wrong beside the extensions; when nothing is, that there are none.
fn without_extensions(text: &str) -> Result<Specification, toml::de::Error> {
    let mut table = DeTable::parse(text)?;
    table.get_mut().remove("extension");
    Specification::deserialize(toml::Deserializer::from(table))
}

/// The place of a key together with its value, which may go on over several lines: what is left of it is no TOML. Any other
/// place as it is.
fn with_value(text: &str, place: Range<usize>) -> Range<usize> {
    let end = DeTable::parse(text)
        .ok()
        .and_then(|table| end_of_value(table.get_ref(), &place));
    let end = end.map_or(place.end, |end| end.max(place.end));
    place.start..end
}

fn end_of_value(table: &DeTable<'_>, place: &Range<usize>) -> Option<usize> {
    fn within(value: &Spanned<DeValue<'_>>, place: &Range<usize>) -> Option<usize> {
        let value = value.get_ref();
        if let Some(table) = value.as_table() {
            return end_of_value(table, place);
        }
        value
            .as_array()?
            .iter()
            .find_map(|item| within(item, place))
    }
    table.iter().find_map(|(key, value)| {
        if key.span() == *place {
            Some(value.span().end)
        } else {
            within(value, place)
        }
    })
}

/// Whether a place is the head of a table.
fn is_head(text: &str, place: &Range<usize>) -> bool {
    text.get(place.clone())
        .is_some_and(|part| part.starts_with('['))
}

fn told(text: &str, place: &Range<usize>, message: &str) -> String {
    format!("line {}: {message}", line_of(text, place.start))
}

/// A message on one line.
fn words(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The name that a message quotes behind a beginning.
fn quoted<'a>(message: &'a str, beginning: &str) -> Option<&'a str> {
    message.strip_prefix(beginning)?.split('`').next()
}

/// The name of what is missing.
fn missing(message: &str) -> Option<&str> {
    quoted(message, "missing field `")
}

/// The number of a line, from 1.
fn line_of(text: &str, place: usize) -> usize {
    let before = text.get(..place).unwrap_or(text);
    before.matches('\n').count().saturating_add(1)
}

/// Empties the lines of a place, so that lines keep their numbers and other places stay where they are.
fn empty_lines(text: &mut String, place: &Range<usize>, emptied: &mut String) {
    let before = text.get(..place.start).unwrap_or_default();
    let begin = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let behind = text.get(place.end..).unwrap_or_default();
    let end = behind.find('\n').unwrap_or(behind.len());
    let end = place.end.saturating_add(end);
    let Some(lines) = text.get(begin..end) else {
        return;
    };
    emptied.push_str(lines);
    emptied.push('\n');
    let octets = lines.bytes();
    let blank: String = octets
        .map(|octet| if octet == b'\n' { '\n' } else { ' ' })
        .collect();
    text.replace_range(begin..end, &blank);
}

#[cfg(test)]
mod tests {
    use crate::profile::Profile;

    fn said(changes: &[(&str, &str)]) -> String {
        let mut text = Profile::builtin("kz-individual-signature-rsa")
            .unwrap()
            .source()
            .to_owned();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        Profile::from_toml(&text).unwrap_err().to_string()
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_line() {
        let said = said(&[
            ("purpose = \"signature\"", "purpose = \"boredom\""),
            ("file-years = 1", "file-year = 1"),
            ("critical = true", "critical = true\ncolour = \"red\""),
        ]);
        assert!(said.contains("line 4: unknown variant `boredom`"), "{said}");
        assert!(said.contains("file-year"), "{said}");
        assert!(said.contains("colour"), "{said}");
        // Each at its own line, also where the reader took in all the extensions first, and no others beside it.
        let profile = Profile::builtin("kz-individual-signature-rsa").unwrap();
        let line = |part: &str| {
            profile
                .source()
                .lines()
                .position(|line| line.contains(part))
                .unwrap()
                + 1
        };
        let told = |fault: String| assert!(said.contains(&fault), "{fault}: {said}");
        told(format!(
            "line {}: unknown field `file-year`",
            line("file-years = 1")
        ));
        told(format!(
            "line {}: unknown field `colour`",
            line("critical = true") + 1
        ));
        assert_eq!(said.matches("line ").count(), 3, "{said}");
        // What is missing because it was misspelt was told.
        assert!(!said.contains("missing field `file-years`"), "{said}");
        assert!(!said.contains('\n'), "{said}");
    }

    /// A key that is lawful in one extension and faulty in another is not looked for by its name: whoever follows the line would
    /// spoil what is right.
    #[test]
    fn a_fault_of_an_extension_is_told_at_its_own_line() {
        let profile = Profile::builtin("kz-individual-signature-rsa").unwrap();
        let line = |text: &str, part: &str| {
            let mut lines = text.lines();
            lines.position(|line| line.contains(part)).unwrap() + 1
        };
        let no_fields = "there are no fields";
        for (from, to, marked, fault) in [
            (
                "type = \"keystore\"",
                "type = \"keystore\"\nallow = [\"client-auth\"] # here",
                "# here",
                format!("unknown field `allow`, {no_fields}"),
            ),
            (
                "type = \"keystore\"",
                "type = \"keystore\"\naccess = [\"ocsp\"] # here",
                "# here",
                format!("unknown field `access`, {no_fields}"),
            ),
            (
                "type = \"subject-key-identifier\"",
                "type = \"subject-key-identifier\"\ncritical = true # here",
                "# here",
                format!("unknown field `critical`, {no_fields}"),
            ),
            (
                "\"non-repudiation\"]",
                "\"non-reputation\"] # here",
                "# here",
                "\"non-reputation\" is not a key usage".to_owned(),
            ),
            (
                "[\"ca-issuers\", \"ocsp\"]",
                "[\n\"ca-issuers\",\n\"ocps\", # here\n]",
                "# here",
                "unknown variant `ocps`".to_owned(),
            ),
            (
                "cps = \"http://pki.gov.kz/cps\"",
                "cpz = \"http://pki.gov.kz/cps\"",
                "cpz =",
                "unknown field `cpz`".to_owned(),
            ),
            (
                "type = \"freshest-crl\"",
                "type = \"freshest-list\" # here",
                "# here",
                "unknown variant `freshest-list`".to_owned(),
            ),
            (
                "access = [\"ca-issuers\", \"ocsp\"]",
                "# here",
                "[[extension]]\ntype = \"authority-information-access\"",
                "missing field `access`".to_owned(),
            ),
        ] {
            let text = profile.source().replacen(from, to, 1);
            let at = match text.find(marked) {
                Some(at) if marked.contains('\n') => text[..at].matches('\n').count() + 1,
                _ => line(&text, marked),
            };
            let told = said(&[(from, to)]);
            assert!(
                told.contains(&format!("line {at}: {fault}")),
                "{at}: {told}"
            );
            assert_eq!(told.matches("line ").count(), 1, "{told}");
        }
    }

    #[test]
    fn the_faults_of_several_extensions_are_told_with_those_around_them() {
        let told = said(&[
            ("critical = true", "critical = 3"),
            ("\"non-repudiation\"]", "\"non-reputation\"]"),
            ("type = \"keystore\"", "type = \"keystore\"\nallow = []"),
            ("file-years = 1", "file-year = 1"),
            ("upper-case = true }", "upper-case = 3 }"),
        ]);
        for fault in [
            "line 28: \"non-reputation\" is not a key usage",
            "line 27: invalid type: integer `3`, expected a boolean",
            "line 9: invalid type: integer `3`, expected a boolean",
            "unknown field `file-year`",
            "unknown field `allow`, there are no fields",
        ] {
            assert!(told.contains(fault), "{fault}: {told}");
        }
        assert_eq!(told.matches("line ").count(), 5, "{told}");
        // What one lacks hides nothing either, and what is said of one stands in the order of its lines.
        let told = said(&[
            ("critical = true\n", ""),
            ("file-years = 1", "file-year = 1"),
        ]);
        assert!(told.contains("line 25: missing field `critical`"), "{told}");
        assert!(told.contains("unknown field `file-year`"), "{told}");
    }

    #[test]
    fn a_value_over_several_lines_hides_nothing_behind_it() {
        for (at, key) in [
            ("type = \"keystore\"", "allow = [\n\"client-auth\",\n]"),
            ("file-years = 1", "colours = [\n\"red\", # ]\n]"),
            ("file-years = 1", "colours = \"\"\"\nred\n\"\"\""),
        ] {
            let told = said(&[
                (at, &format!("{at}\n{key}")),
                ("upper-case = true }", "upper-case = 3 }"),
                ("critical = true", "critical = 3"),
            ]);
            let name = key.split(' ').next().unwrap_or_default();
            assert!(told.contains(&format!("unknown field `{name}`")), "{told}");
            assert_eq!(told.matches("integer `3`").count(), 2, "{told}");
            assert_eq!(told.matches("line ").count(), 3, "{told}");
        }
        // The other one, which misses what was misspelt, too.
        let told = said(&[
            (
                "type = \"keystore\"",
                "type = \"keystore\"\nallow = [\n\"client-auth\",\n]",
            ),
            ("file-years = 1", "file-year = 1"),
        ]);
        for fault in ["unknown field `file-year`", "unknown field `allow`"] {
            assert!(told.contains(fault), "{fault}: {told}");
        }
        assert_eq!(told.matches("line ").count(), 2, "{told}");
    }

    #[test]
    fn contradictions_are_told_together_and_nonsense_is_one() {
        let said = said(&[
            ("file-years = 1", "file-years = 100"),
            ("{surname} {given-name}", "{nickname}"),
            (
                "type = \"subject-key-identifier\"",
                "type = \"key-usage\"\ncritical = true\nallow = [\"crl-sign\"]",
            ),
        ]);
        for fault in [
            "not between 1 and 10 years",
            "a part in braces",
            "an extension stands twice",
            "subject key identifier must be there",
        ] {
            assert!(said.contains(fault), "{fault}: {said}");
        }
    }

    #[test]
    fn a_text_that_is_no_toml_is_told_by_its_first_fault() {
        let said = said(&[("[validity]", "[validity")]);
        assert!(
            said.starts_with("the profile cannot be read: line "),
            "{said}"
        );
    }
}
