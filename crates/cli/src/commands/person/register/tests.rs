//! Files as people write them, line by line.

use super::*;

fn read(text: &str) -> (Vec<Entry>, Vec<String>) {
    let entries = match Entries::new(text.as_bytes()) {
        Ok(entries) => entries,
        Err(fault) => return (Vec::new(), vec![fault.to_string()]),
    };
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Ok(entry) => good.push(entry),
            Err(fault) => faults.push(fault.to_string()),
        }
    }
    (good, faults)
}

fn iin(eleven: &str) -> String {
    Iin::complete(eleven).unwrap().as_str().to_owned()
}

#[test]
fn people_are_read_whatever_the_order_and_the_quotes() {
    let text = format!(
        "\u{feff}surname,given_name,iin,email,deceased,phone\r\n\"Серікқызы\",Әйгерім,{},aigerim@example.kz,,+7 (701) 123-45-67\r\n\r\n\
         \"O'Neil Jr.\",Ann,{},,yes,\n\"Two\nlines\",Ann,{},,,",
        iin("85010130012"),
        iin("90010130012"),
        iin("91010130012")
    );
    let (entries, faults) = read(&text);
    // A line end inside of a name is a control character.
    assert_eq!(
        faults,
        [
            "line 5: the surname holds something else than letters, spaces, hyphens, apostrophes and dots"
        ]
    );
    let (_, faults) = read("iin,\"sur\"\"na,me\",given_name\n");
    assert!(faults[0].contains("sur\\\"na,me"), "{faults:?}");
    let [first, second] = entries.as_slice() else {
        panic!("two people")
    };
    assert_eq!(
        (
            first.person.surname.as_str(),
            first.person.given_name.as_str()
        ),
        ("СЕРІКҚЫЗЫ", "ӘЙГЕРІМ")
    );
    assert_eq!(
        first.person.email.as_ref().map(EmailAddress::as_str),
        Some("aigerim@example.kz")
    );
    assert_eq!(
        first.person.phone.as_ref().map(PhoneNumber::as_str),
        Some("+77011234567")
    );
    assert_eq!((first.line, first.deceased), (2, false));
    assert_eq!(
        (
            second.person.surname.as_str(),
            second.person.email.is_none()
        ),
        ("O'NEIL JR.", true)
    );
    assert_eq!((second.line, second.deceased), (4, true));
}

#[test]
fn every_wrong_line_is_told_without_its_content() {
    let good = iin("85010130012");
    let text = format!(
        "iin,surname,given_name,email,language,deceased,phone\n123,A,B,,,,\n{good},,B,,,,\n{good},A,B,nowhere,,,\n\
         {good},A,B,,de,,\n{good},A,B,,,maybe,\n{good},A,B,,,,87011234567\n\
         {good},A,B,,,,7029876543\n{good},A,B,,,,\n"
    );
    let (entries, faults) = read(&text);
    assert_eq!((entries.len(), faults.len()), (1, 7), "{faults:?}");
    assert!(faults[0].starts_with("line 2: an IIN has exactly 12 digits"));
    assert!(faults[4].starts_with("line 6: deceased is not yes or no"));
    assert!(
        faults[5].starts_with(
            "line 7: the telephone begins with 8: write it with the country, +7 701 …"
        )
    );
    assert!(
        faults[6]
            .starts_with("line 8: the telephone is not a telephone number in international form")
    );
    assert!(faults.iter().all(|fault| {
        ["nowhere", "8701", "7029876543", good.as_str()]
            .iter()
            .all(|part| !fault.contains(part))
    }));
}

#[test]
fn octets_that_are_no_text_and_lines_without_an_end_are_faults_of_their_line() {
    let good = iin("85010130012");
    let mut octets = b"iin,surname,given_name\n850101300124,\xff,B\n".to_vec();
    octets.extend(format!("{good},A,B\n{good},\"A,B\n").bytes());
    octets.extend(std::iter::repeat_n(b'x', 2 * LONGEST_LINE));
    let all: Vec<_> = Entries::new(octets.as_slice()).unwrap().collect();
    let told: Vec<String> = all
        .iter()
        .filter_map(|entry| entry.as_ref().err())
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "line 2: the line is not UTF-8 text",
            "line 4: the line is too long, or a quotation mark is not closed"
        ]
    );
    assert_eq!(all.len(), 3);
}

#[test]
fn a_file_that_is_something_else_is_refused_at_its_first_line() {
    let faults = |text: &str| read(text).1;
    assert_eq!(faults(""), ["line 1: the file is empty"]);
    assert!(faults("name,iin\n")[0].contains("\"name\" is unknown"));
    assert!(faults("iin,surname\n")[0].contains("given_name is missing"));
    assert!(faults("iin,surname,given_name\n\"85")[0].contains("not closed"));
    let doubled = "iin,surname,given_name,email,phone,email\n";
    assert_eq!(
        faults(doubled),
        ["line 1: the column email stands there twice; only one of them can count"]
    );
}

#[test]
fn a_cell_under_no_column_is_a_fault_of_its_line_and_not_dropped() {
    let (one, two) = (iin("85010130012"), iin("90010130012"));
    let text = format!(
        "iin,surname,given_name,email\n{one},A,B,a@example.kz,+77011234567\n{one},Smith, Jr,B,\n{two},\"Smith Jr.\",B\n"
    );
    let (entries, faults) = read(&text);
    let told = "the line has 5 cells and the first line 4: a comma inside of a cell needs the cell in quotation marks";
    assert_eq!(
        faults,
        [format!("line 2: {told}"), format!("line 3: {told}")]
    );
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].person.surname, "SMITH JR.");
}

#[test]
fn a_fault_names_the_column() {
    let good = iin("85010130012");
    let text = format!(
        "iin,surname,given_name,email,language\n123,A,B\n{good},,B\n{good},A,B,nowhere\n{good},A,B,,de\n{good},A,B,,,x\n"
    );
    let columns: Vec<_> = Entries::new(text.as_bytes())
        .unwrap()
        .map(|entry| entry.unwrap_err())
        .map(|fault| (fault.line, fault.column))
        .collect();
    let expected = [
        Some("iin"),
        Some("surname"),
        Some("email"),
        Some("language"),
        None,
    ];
    assert_eq!(columns, (2..).zip(expected).collect::<Vec<_>>());
}
