//! A register of people as CSV (RFC 4180), read line by line: a million lines take no more memory than one.

use std::fmt;
use std::io::{BufRead, Read as _};

use serde::Serialize;
use tanba_model::iin::Iin;
use tanba_model::language::Language;
use tanba_model::person::{EmailAddress, NewPerson};
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::PersonFacts;

/// The columns, in any order; those after the first three may be absent.
pub(super) const COLUMNS: [&str; 8] = [
    "iin",
    "surname",
    "given_name",
    "patronymic",
    "email",
    "phone",
    "language",
    "deceased",
];
const REQUIRED: usize = 3;
/// Octets of the longest line that is read, quoted line ends included.
const LONGEST_LINE: usize = 64 * 1024;

/// Somebody who may be entered.
#[derive(Debug)]
pub(super) struct Entry {
    /// The line where she stands.
    pub(super) line: usize,
    /// Who she is.
    pub(super) person: NewPerson,
    /// Whether she died.
    pub(super) deceased: bool,
}

/// What is wrong with a line; nothing of the line's content is repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fault {
    line: usize,
    /// The column that is wrong; `None` where it is the line as a whole.
    column: Option<&'static str>,
    what: String,
}

impl Fault {
    pub(super) fn new(line: usize, what: &str) -> Self {
        Self {
            line,
            column: None,
            what: what.to_owned(),
        }
    }

    /// The same, of one column.
    pub(super) fn of(mut self, column: &'static str) -> Self {
        self.column = Some(column);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.what)
    }
}

/// The people of a file, one after the other; a wrong line does not keep those after it from being read, unless nobody can
/// tell where it ends.
pub(super) struct Entries<R> {
    records: Records<R>,
    places: [Option<usize>; COLUMNS.len()],
    /// How many cells a line has at most.
    width: usize,
}

impl<R: BufRead> Entries<R> {
    /// Reads the first line, which names the columns.
    pub(super) fn new(file: R) -> Result<Self, Fault> {
        let mut records = Records {
            file,
            line: 1,
            ended: false,
        };
        let header = records
            .next()
            .ok_or_else(|| Fault::new(1, "the file is empty"))??;
        let (places, width) = (places(&header)?, header.fields.len());
        Ok(Self {
            records,
            places,
            width,
        })
    }
}

impl<R: BufRead> Iterator for Entries<R> {
    type Item = Result<Entry, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = match self.records.next()? {
            Ok(record) => record,
            Err(fault) => return Some(Err(fault)),
        };
        // What stands in no column would be lost without a word: most often a comma that should be in quotation marks.
        if record.fields.len() > self.width {
            let what = format!(
                "the line has {} cells and the first line {}: a comma inside of a cell needs the cell in quotation marks",
                record.fields.len(),
                self.width
            );
            return Some(Err(Fault::new(record.line, &what)));
        }
        Some(entry(&record, &self.places))
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
        let known = COLUMNS.join(", ");
        let what = format!("the column {unknown:?} is unknown; there are {known}");
        return Err(Fault::new(header.line, &what));
    }
    for column in COLUMNS {
        if names.iter().filter(|name| **name == column).count() > 1 {
            let what =
                format!("the column {column} stands there twice; only one of them can count");
            return Err(Fault::new(header.line, &what).of(column));
        }
    }
    let places = COLUMNS.map(|column| names.iter().position(|name| *name == column));
    let missing = COLUMNS.iter().zip(places).take(REQUIRED);
    match missing.into_iter().find(|(_, place)| place.is_none()) {
        Some((column, _)) => {
            let what = format!("the column {column} is missing");
            Err(Fault::new(header.line, &what).of(column))
        }
        None => Ok(places),
    }
}

fn entry(record: &Record, places: &[Option<usize>; COLUMNS.len()]) -> Result<Entry, Fault> {
    let wrong =
        |column: &'static str| move |what: String| Fault::new(record.line, &what).of(column);
    let [
        iin,
        surname,
        given_name,
        patronymic,
        email,
        phone,
        language,
        deceased,
    ] = places.map(|place| {
        let field = place.and_then(|place| record.fields.get(place));
        field
            .map(|field| field.trim().to_owned())
            .filter(|field| !field.is_empty())
    });
    let iin = iin.ok_or_else(|| wrong("iin")("the IIN is missing".to_owned()))?;
    let iin = Iin::parse(&iin).map_err(|error| wrong("iin")(error.to_string()))?;
    let name = PersonFacts::read(
        &surname.unwrap_or_default(),
        &given_name.unwrap_or_default(),
        &patronymic.unwrap_or_default(),
    )
    .map_err(|error| wrong(error.part().field())(error.to_string()))?;
    let person = NewPerson {
        iin,
        surname: name.surname,
        given_name: name.given_name,
        patronymic: name.patronymic,
        email: email
            .map(|text| EmailAddress::parse(&text))
            .transpose()
            .map_err(|error| wrong("email")(error.to_string()))?,
        language: match language {
            Some(tag) => Language::from_tag(&tag)
                .ok_or_else(|| wrong("language")("the language is not kk, ru or en".to_owned()))?,
            None => Language::default(),
        },
        phone: phone
            .as_deref()
            .map(telephone)
            .transpose()
            .map_err(wrong("phone"))?,
    };
    let deceased = match deceased.as_deref() {
        None | Some("no" | "false" | "0") => false,
        Some("yes" | "true" | "1") => true,
        Some(_) => return Err(wrong("deceased")("deceased is not yes or no".to_owned())),
    };
    Ok(Entry {
        line: record.line,
        person,
        deceased,
    })
}

/// A telephone number. The country is not guessed: `8 701 …` is dialled so inside of several countries.
fn telephone(text: &str) -> Result<PhoneNumber, String> {
    PhoneNumber::parse(text).map_err(|error| {
        if text.starts_with('8') {
            "the telephone begins with 8: write it with the country, +7 701 … in place of 8 701 …"
                .to_owned()
        } else {
            format!("the telephone is {error}")
        }
    })
}

/// Splits the file; a quoted field may hold commas, quotes (doubled) and line ends.
struct Records<R> {
    file: R,
    line: usize,
    ended: bool,
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.read() {
                Ok(Some(record)) if record.fields.iter().all(|field| field.trim().is_empty()) => {}
                Ok(record) => return record.map(Ok),
                Err(fault) => return Some(Err(fault)),
            }
        }
        None
    }
}

impl<R: BufRead> Records<R> {
    /// The next record, also an empty one; `None` at the end.
    fn read(&mut self) -> Result<Option<Record>, Fault> {
        let (start, mut octets) = (self.line, Vec::new());
        loop {
            let room = LONGEST_LINE.saturating_sub(octets.len());
            let before = octets.len();
            let limit = u64::try_from(room).unwrap_or(0);
            let read = self
                .file
                .by_ref()
                .take(limit)
                .read_until(b'\n', &mut octets);
            if read.is_err() {
                return Err(self.end(start, "the file cannot be read any further"));
            }
            if octets.len() == before {
                if room == 0 {
                    return Err(self.end(
                        start,
                        "the line is too long, or a quotation mark is not closed",
                    ));
                }
                self.ended = true;
                if octets.is_empty() {
                    return Ok(None);
                }
                if is_open(&octets) {
                    return Err(Fault::new(start, "a quotation mark is not closed"));
                }
                break;
            }
            if octets.ends_with(b"\n") {
                self.line = self.line.saturating_add(1);
                if !is_open(&octets) {
                    break;
                }
            }
        }
        let text = String::from_utf8(octets)
            .map_err(|_| Fault::new(start, "the line is not UTF-8 text"))?;
        let text = text
            .strip_prefix('\u{feff}')
            .filter(|_| start == 1)
            .unwrap_or(&text);
        Ok(Some(Record {
            line: start,
            fields: fields(text),
        }))
    }

    /// A fault after which nobody can tell where the next line begins.
    fn end(&mut self, line: usize, what: &str) -> Fault {
        self.ended = true;
        Fault::new(line, what)
    }
}

/// Whether a quoted field goes on: doubled quotes do not change that.
fn is_open(octets: &[u8]) -> bool {
    octets.iter().filter(|octet| **octet == b'"').count() % 2 == 1
}

fn fields(text: &str) -> Vec<String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests;
