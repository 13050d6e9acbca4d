//! Nobody who is in the records is named by a log or a number: looked for after every test of this suite, whatever it did.
//!
//! Each installation is searched when its test ends: everybody in its database, by number, names, addresses, telephones and what
//! she typed, in everything that its server wrote and in its last numbers.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::citizen::{Citizen, NewKeys};
use crate::renewal::{applied, renewed};
use crate::server::{Choice, Installation};

/// Where people's data stand. A table that is added with people in it belongs here; the test below compares with the schema.
const PLACES: [(&str, &[&str]); 4] = [
    (
        "person",
        &[
            "iin",
            "surname",
            "given_name",
            "patronymic",
            "email",
            "earlier_email",
            "phone",
        ],
    ),
    ("application", &["email"]),
    ("message", &["recipient"]),
    ("first_application", &["email"]),
];

/// What tells of somebody in the text of an application that is being filled in.
const TELLING: [&str; 7] = [
    "iin",
    "surname",
    "given_name",
    "patronymic",
    "email",
    "address",
    "phone",
];

/// Everything that would tell who somebody is, with what it is.
pub(crate) fn people(database: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Ok(database) = rusqlite::Connection::open(database) else {
        return found;
    };
    let texts = |sql: &str| -> Vec<String> {
        let Ok(mut statement) = database.prepare(sql) else {
            return Vec::new();
        };
        let rows = statement.query_map([], |row| row.get::<_, String>(0));
        rows.map(|rows| rows.flatten().collect())
            .unwrap_or_default()
    };
    for (table, columns) in PLACES {
        for column in columns {
            let sql = format!("SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL");
            for value in texts(&sql) {
                note(&mut found, &value, &format!("{table}.{column}"));
            }
        }
    }
    for content in texts("SELECT content FROM intake") {
        let content: Value = serde_json::from_str(&content).unwrap_or_default();
        look_within(&mut found, "", &content);
    }
    // What is so short stands everywhere.
    found.retain(|value, _| value.chars().count() >= 4);
    found
}

/// Words of the logs themselves: the mailbox of an office has such a name, and tells of nobody without what follows.
const OURS: [&str; 4] = ["staff", "person", "operator", "administrator"];

fn note(found: &mut BTreeMap<String, String>, value: &str, what: &str) {
    if let Some((local, _)) = value.split_once('@')
        && !OURS.contains(&local)
    {
        found.insert(local.to_lowercase(), what.to_owned());
    }
    found.insert(value.to_lowercase(), what.to_owned());
}

fn look_within(found: &mut BTreeMap<String, String>, key: &str, value: &Value) {
    match value {
        Value::String(text) if TELLING.contains(&key) => note(found, text, "intake"),
        Value::Object(members) => {
            for (key, value) in members {
                look_within(found, key, value);
            }
        }
        Value::Array(items) => {
            for item in items {
                look_within(found, key, item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The first line that tells of somebody, and what it tells.
pub(crate) fn betrayal<'a>(
    people: &'a BTreeMap<String, String>,
    text: &str,
) -> Option<(&'a str, String)> {
    text.lines().find_map(|line| {
        let lower = line.to_lowercase();
        let (_, what) = people.iter().find(|(value, _)| stands(&lower, value))?;
        Some((what.as_str(), line.to_owned()))
    })
}

/// Whether a value stands there by itself: twelve digits within a longer number are nobody's.
fn stands(line: &str, value: &str) -> bool {
    line.match_indices(value).any(|(start, _)| {
        let part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line
            .get(start + value.len()..)
            .and_then(|text| text.chars().next());
        !part(before) && !part(after)
    })
}

#[test]
fn whoever_is_named_is_found() {
    let house = Installation::start();
    house.register("Sarsenbayeva", "sarsenbayeva.a@example.kz");
    house.register("Tulegenova", "staff@example.kz");
    house.sql("UPDATE person SET phone = '+77017654321'");
    let people = people(&house.path("tanba.sqlite"));
    for line in [
        "a mail to sarsenbayeva.a@example.kz was refused",
        "sarsenbayeva.a has no mailbox",
        "{\"name\":\"SARSENBAYEVA\"}",
        "ӘЙГЕРІМ signed in",
        "to=+77017654321",
        "a mail to staff@example.kz was refused",
    ] {
        assert!(betrayal(&people, line).is_some(), "{line}");
    }
    assert_eq!(
        betrayal(&people, "person=1 serial=00ff actor=staff:2"),
        None
    );
    assert!(people.len() >= 6, "{people:?}");
}

/// Columns that may hold what tells who somebody is; a new one has to be looked at.
#[test]
fn no_column_with_people_in_it_is_forgotten() {
    let house = Installation::make(&Choice::default());
    let database = rusqlite::Connection::open(house.path("tanba.sqlite")).expect("a database");
    let mut statement = database
        .prepare(
            "SELECT m.name, p.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'",
        )
        .expect("SQL");
    let columns: Vec<(String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("SQL")
        .flatten()
        .collect();
    let telling = [
        "iin",
        "surname",
        "given_name",
        "patronymic",
        "email",
        "phone",
        "recipient",
    ];
    for (table, column) in columns {
        if !telling.contains(&column.as_str()) {
            continue;
        }
        let known = PLACES
            .iter()
            .any(|(name, columns)| *name == table && columns.contains(&column.as_str()));
        assert!(known, "{table}.{column} is not looked for in the logs");
    }
}

#[test]
fn every_kind_of_flow_names_nobody_even_when_it_goes_wrong() {
    for format in ["text", "json"] {
        let mut house = Installation::make(&Choice {
            edits: vec![
                ("#level = \"info\"", "level = \"debug\"".to_owned()),
                ("#format = \"text\"", format!("format = \"{format}\"")),
            ],
            ..Choice::default()
        });
        house.serve();
        let first = house.citizen("Baimukhanova", "baimukhanova@example.kz");
        let second = house.citizen("Iskakova", "iskakova@example.kz");
        let new = renewed(&house, &first);
        at_the_desk(&house, &second.iin);
        without_a_key(&house, &second.iin);
        with_a_mail_server_that_quotes(&house, &new);
        // A crash, and everything that a start looks at.
        let (_client, _number, _keys, _code) = applied(&house, &new);
        house.kill();
        house.serve();
        let people = people(&house.path("tanba.sqlite"));
        assert!(people.len() > 20, "{people:?}");
        // The log knows nothing of the telephones above, and the doctor would tell.
        house.sql("UPDATE person SET phone = NULL");
        for arguments in [&["doctor", "--offline"][..], &["issuer", "list"]] {
            let said = house.tanba(arguments);
            assert_eq!(betrayal(&people, &said), None, "{arguments:?}");
        }
        let log = house.log();
        for said in [
            "signed at the desk",
            "answered",
            "a message is a dead letter",
        ] {
            assert!(log.contains(said), "{said} is not in the log:\n{log}");
        }
        house.names_nobody();
    }
}

/// What staff does, rightly and wrongly.
fn at_the_desk(house: &Installation, iin: &str) {
    let operator = house.seat("Kenzhebekova", "kenzhebekova@example.kz", "operator");
    let senior = house.seat("Nurpeisova", "nurpeisova@example.kz", "senior-operator");
    let administrator = house.seat("Abdrakhmanova", "abdrakhmanova@example.kz", "administrator");
    house.sql("UPDATE person SET phone = '+7701' || (1000000 + id)");
    let record = house.record_of(iin);
    let frozen = operator.act(record, "freeze", "key-lost");
    assert_eq!(frozen.text("outcome"), "done", "{}", frozen.body);
    let released = operator.act(record, "release", "alarm-over");
    assert_eq!(released.text("outcome"), "waits", "{}", released.body);
    operator.act(house.record_of(&operator.subject.iin), "freeze", "key-lost");
    operator.act(999_999, "freeze", "nonsense");
    senior.act(record, "email", "own-wish");
    administrator.order("stop-issuance", "issuer/nobody");
    for seat in [&operator, &senior, &administrator] {
        for page in [
            "",
            "/pending",
            "/messages",
            "/audit",
            "/admin",
            "/admin/health",
            "/admin/queues",
            &format!("/persons/{record}"),
        ] {
            let path = format!("/ru/desk{page}");
            seat.client.get(&path).expect("a server");
        }
    }
}

/// Codes in place of keys, and first keys, for somebody whom the records know and for nobody.
fn without_a_key(house: &Installation, iin: &str) {
    let mut stranger = house.client();
    for iin in [iin, "850101300999"] {
        let fields = [
            ("iin", iin),
            ("surname", "Baimukhanova"),
            ("given_name", "Anything"),
            ("work", "0"),
        ];
        for (path, fields) in [
            ("/en/revoke", &[("iin", iin)][..]),
            ("/en/revoke/code", &[("code", "123456")]),
            ("/kk/obtain", &[]),
            ("/kk/obtain/person", &fields),
        ] {
            stranger.form(path, fields).expect("a server");
        }
    }
}

/// Mails that are refused for now and for good, with the address in the refusal.
fn with_a_mail_server_that_quotes(house: &Installation, citizen: &Citizen) {
    for refusal in [451, 550] {
        house.mailbox.refuse(Some(refusal));
        let mut client = house.client();
        citizen.login(&mut client).expect("a server");
        let keys = NewKeys::make(&citizen.signature.certificate);
        let number = citizen.apply(&client, &keys).expect("a server");
        house.mailbox.wait_for_a_refusal();
        let wrong = json!({ "code": "000000" });
        client.step(&number, "code", &wrong).expect("a server");
        client
            .step(&number, "cancel", &json!({}))
            .expect("a server");
    }
    house.mailbox.refuse(None);
}
