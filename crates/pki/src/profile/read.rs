//! From the text of a profile to what it says, and everything that is wrong with it at once.

use std::ops::Range;

use super::ProfileError;
use super::specification::Specification;

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
    let mut error = first;
    while faults.len() < MOST {
        let words: Vec<&str> = error.message().split_whitespace().collect();
        let message = words.join(" ");
        let Some(span) = error.span().map(|span| named(&rest, span, &message)) else {
            faults.push(message);
            break;
        };
        let missing = message
            .strip_prefix("missing field `")
            .and_then(|name| name.split('`').next());
        let of_a_table = rest
            .get(span.clone())
            .is_some_and(|part| part.starts_with('['));
        let was_said = match missing {
            Some(name) => emptied.contains(name),
            // What a table lacks may be what was emptied in it.
            None => of_a_table && !emptied.is_empty(),
        };
        if !was_said {
            faults.push(format!("line {}: {message}", line_of(&rest, span.start)));
        }
        if missing.is_some() || of_a_table {
            // What is not there cannot be emptied, and a table without its head would be part of the one before.
            break;
        }
        let Some(next) = without_lines(&rest, &span, &mut emptied) else {
            break;
        };
        if toml::from_str::<toml::Table>(&next).is_err() {
            break;
        }
        rest = next;
        match toml::from_str::<Specification>(&rest) {
            Ok(specification) => {
                faults.append(&mut specification.faults());
                break;
            }
            Err(next) => error = next,
        }
    }
    faults
}

/// Where the key or word stands that a message is about. Tables that say by a `type` what they are, are read as a whole
/// first, so that the reader points to the beginning of all of them.
fn named(text: &str, place: Range<usize>, message: &str) -> Range<usize> {
    let quoted = |before: &str| message.strip_prefix(before)?.split('`').next();
    let (word, is_key) = match (quoted("unknown field `"), quoted("unknown variant `")) {
        (Some(key), _) => (key.to_owned(), true),
        (None, Some(word)) => (format!("\"{word}\""), false),
        (None, None) => return place,
    };
    let is_it = |line: &str| match line.trim_start().strip_prefix(word.as_str()) {
        Some(rest) if is_key => rest.trim_start().starts_with('='),
        _ => !is_key && line.contains(word.as_str()),
    };
    let mut at = text
        .get(..place.start)
        .map_or(0, |before| before.rfind('\n').map_or(0, |end| end + 1));
    for line in text.get(at..).unwrap_or_default().split_inclusive('\n') {
        if is_it(line) {
            return at..at.saturating_add(line.trim_end().len());
        }
        at = at.saturating_add(line.len());
    }
    place
}

/// The number of a line, from 1.
fn line_of(text: &str, place: usize) -> usize {
    let before = text.get(..place).unwrap_or(text);
    before.matches('\n').count().saturating_add(1)
}

/// The text with the lines of a place emptied, so that lines keep their numbers; `None` when nothing stood there.
fn without_lines(text: &str, place: &Range<usize>, emptied: &mut String) -> Option<String> {
    let begin = text.get(..place.start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text.get(place.end..)?.find('\n');
    let end = end.map_or(text.len(), |at| place.end.saturating_add(at));
    let lines = text.get(begin..end)?;
    if lines.trim().is_empty() {
        return None;
    }
    emptied.push_str(lines);
    emptied.push('\n');
    let blank: String = lines.chars().filter(|c| *c == '\n').collect();
    Some([text.get(..begin)?, &blank, text.get(end..)?].concat())
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
