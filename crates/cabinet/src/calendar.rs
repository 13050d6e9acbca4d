//! A day in a calendar (RFC 5545).

use tanba_pki::Timestamp;

use crate::dates;

/// An all-day event with an alarm in the morning. `name` tells it from other events for ever.
pub(crate) fn event(name: &str, at: Timestamp, now: Timestamp, title: &str, text: &str) -> String {
    let stamp: String = now
        .rfc3339()
        .chars()
        .filter(|character| !"-:".contains(*character))
        .collect();
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Tanba//Cabinet//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{name}@tanba"),
        format!("DTSTAMP:{stamp}"),
        format!("DTSTART;VALUE=DATE:{}", dates::compact(at)),
        format!("SUMMARY:{}", escape(title)),
        format!("DESCRIPTION:{}", escape(text)),
        "BEGIN:VALARM".to_owned(),
        "ACTION:DISPLAY".to_owned(),
        "TRIGGER:PT9H".to_owned(),
        format!("DESCRIPTION:{}", escape(title)),
        "END:VALARM".to_owned(),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines
        .iter()
        .map(|line| format!("{}\r\n", fold(line)))
        .collect()
}

/// RFC 5545, 3.3.11.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace('\n', "\\n")
}

/// Lines of at most 75 octets, continued by a space (RFC 5545, 3.1); no character is cut.
fn fold(line: &str) -> String {
    let mut folded = String::new();
    let mut octets = 0;
    for character in line.chars() {
        if octets + character.len_utf8() > 74 {
            folded.push_str("\r\n ");
            octets = 1;
        }
        folded.push(character);
        octets += character.len_utf8();
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_and_read_back() {
        let line = format!("DESCRIPTION:{}", "Кілттеріңіздің мерзімі ".repeat(9));
        let folded = fold(&line);
        assert!(folded.split("\r\n").all(|part| part.len() <= 75));
        assert_eq!(folded.replace("\r\n ", ""), line);
    }

    #[test]
    fn separators_are_escaped() {
        assert_eq!(escape("a, b; c\\d"), "a\\, b\\; c\\\\d");
    }
}
