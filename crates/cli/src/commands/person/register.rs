//! A register of people as CSV (RFC 4180).

use std::collections::BTreeSet;
use std::fmt;

use tanba_model::iin::Iin;
use tanba_model::language::Language;
use tanba_model::person::{EmailAddress, NewPerson};

/// The columns, in any order; the last three may be absent.
const COLUMNS: [&str; 6] = [
    "iin",
    "surname",
    "given_name",
    "patronymic",
    "email",
    "language",
];
const REQUIRED: usize = 3;
/// Longest name in a certificate (RFC 5280, appendix A: ub-name).
const LONGEST: usize = 64;

/// Somebody who may be entered.
#[derive(Debug)]
pub(super) struct Entry(pub(super) NewPerson);

/// What is wrong with a line; nothing of the line's content is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    line: usize,
    what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.what)
    }
}

/// Reads everybody, or says what is wrong with each line.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, Vec<Fault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = records(text).map_err(|fault| vec![fault])?.into_iter();
    let header = records
        .next()
        .ok_or_else(|| vec![fault(1, "the file is empty")])?;
    let places = places(&header).map_err(|fault| vec![fault])?;
    let mut seen = BTreeSet::new();
    let (mut entries, mut faults) = (Vec::new(), Vec::new());
    for record in records {
        match person(&record, &places) {
            Ok(person) if !seen.insert(person.iin.clone()) => {
                faults.push(fault(record.line, "the same IIN stands in an earlier line"));
            }
            Ok(person) => entries.push(Entry(person)),
            Err(what) => faults.push(fault(record.line, &what)),
        }
    }
    if faults.is_empty() {
        Ok(entries)
    } else {
        Err(faults)
    }
}

fn fault(line: usize, what: &str) -> Fault {
    Fault {
        line,
        what: what.to_owned(),
    }
}

struct Record {
    line: usize,
    fields: Vec<String>,
}

/// Where each column stands.
fn places(header: &Record) -> Result<[Option<usize>; COLUMNS.len()], Fault> {
    let names: Vec<&str> = header.fields.iter().map(|name| name.trim()).collect();
    if let Some(unknown) = names.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(fault(
            header.line,
            &format!(
                "the column {unknown:?} is unknown; there are {}",
                COLUMNS.join(", ")
            ),
        ));
    }
    let places = COLUMNS.map(|column| names.iter().position(|name| *name == column));
    match COLUMNS
        .iter()
        .zip(places)
        .take(REQUIRED)
        .find(|(_, place)| place.is_none())
    {
        Some((column, _)) => Err(fault(
            header.line,
            &format!("the column {column} is missing"),
        )),
        None => Ok(places),
    }
}

fn person(record: &Record, places: &[Option<usize>; COLUMNS.len()]) -> Result<NewPerson, String> {
    let [iin, surname, given_name, patronymic, email, language] = places.map(|place| {
        let field = place.and_then(|place| record.fields.get(place));
        field
            .map(|field| field.trim().to_owned())
            .filter(|field| !field.is_empty())
    });
    let iin = Iin::parse(&iin.ok_or("the IIN is missing")?).map_err(|error| error.to_string())?;
    Ok(NewPerson {
        iin,
        surname: name(&surname.ok_or("the surname is missing")?)?,
        given_name: name(&given_name.ok_or("the given name is missing")?)?,
        patronymic: patronymic.as_deref().map(name).transpose()?,
        email: email
            .map(|text| EmailAddress::parse(&text))
            .transpose()
            .map_err(|error| error.to_string())?,
        language: match language {
            Some(tag) => Language::from_tag(&tag).ok_or("the language is not kk, ru or en")?,
            None => Language::default(),
        },
    })
}

/// A name as it stands in certificates: upper case.
fn name(text: &str) -> Result<String, String> {
    let text = text.to_uppercase();
    let fits = text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    if fits {
        Ok(text)
    } else {
        Err(format!(
            "a name is longer than {LONGEST} letters or holds control characters"
        ))
    }
}

/// Splits the text; a quoted field may hold commas, quotes (doubled) and line ends.
fn records(text: &str) -> Result<Vec<Record>, Fault> {
    let mut records = Vec::new();
    let (mut fields, mut field) = (Vec::new(), String::new());
    let (mut line, mut start, mut quoted) = (1_usize, 1_usize, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\n' {
            line = line.saturating_add(1);
        }
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                fields.push(std::mem::take(&mut field));
                records.push(Record {
                    line: start,
                    fields: std::mem::take(&mut fields),
                });
                start = line;
            }
            other => field.push(other),
        }
    }
    if quoted {
        return Err(fault(start, "a quotation mark is not closed"));
    }
    if !field.is_empty() || !fields.is_empty() {
        fields.push(field);
        records.push(Record {
            line: start,
            fields,
        });
    }
    records.retain(|record| record.fields.iter().any(|field| !field.trim().is_empty()));
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        read(text)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn iin(eleven: &str) -> String {
        Iin::complete(eleven).unwrap().as_str().to_owned()
    }

    #[test]
    fn people_are_read_whatever_the_order_and_the_quotes() {
        let text = format!(
            "\u{feff}surname,given_name,iin,email\r\n\"Серікқызы\",Әйгерім,{},aigerim@example.kz\r\n\r\n\"O\"\"Neil, Jr\",Ann,{},\n",
            iin("85010130012"),
            iin("90010130012")
        );
        let entries = read(&text).unwrap();
        let [Entry(first), Entry(second)] = entries.as_slice() else {
            panic!("two people")
        };
        assert_eq!(
            (first.surname.as_str(), first.given_name.as_str()),
            ("СЕРІКҚЫЗЫ", "ӘЙГЕРІМ")
        );
        assert_eq!(
            first.email.as_ref().map(EmailAddress::as_str),
            Some("aigerim@example.kz")
        );
        assert_eq!(
            (second.surname.as_str(), second.email.is_none()),
            ("O\"NEIL, JR", true)
        );
    }

    #[test]
    fn every_wrong_line_is_told_without_its_content() {
        let good = iin("85010130012");
        let text = format!(
            "iin,surname,given_name,email,language\n123,A,B,,\n{good},,B,,\n{good},A,B,nowhere,\n{good},A,B,,de\n{good},A,B,,\n{good},A,B,,\n"
        );
        let faults = faults(&text);
        assert_eq!(faults.len(), 5, "{faults:?}");
        assert!(faults[0].starts_with("line 2: an IIN has exactly 12 digits"));
        assert!(faults[4].starts_with("line 7: the same IIN"));
        assert!(
            faults
                .iter()
                .all(|fault| !fault.contains("nowhere") && !fault.contains(&good))
        );
    }

    #[test]
    fn a_file_that_is_something_else_is_refused_at_its_first_line() {
        assert_eq!(faults(""), ["line 1: the file is empty"]);
        assert!(faults("name,iin\n")[0].contains("\"name\" is unknown"));
        assert!(faults("iin,surname\n")[0].contains("given_name is missing"));
        assert!(faults("iin,surname,given_name\n\"85")[0].contains("not closed"));
    }
}
