//! Triggers, indexes and definitions of tables against those that the migrations make: who may write to the file can drop or
//! change them, and what they keep is kept no more.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Row};
use tanba_model::audit::{Actor, AuditEvent, origin};
use tanba_model::ports::{AuditLog as _, SchemaFault, StorageError};
use tanba_pki::Timestamp;

use crate::error::{Mapped, storage_error};
use crate::migrate::{self, SCHEMA_VERSION};
use crate::sqlite::SqliteUnit;

/// What was not as this program makes it, in a sentence each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MendedSchema {
    /// What was made anew.
    pub made: Vec<String>,
    /// What was left as it is, and why.
    pub left: Vec<String>,
}

/// What is wrong with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Missing,
    Other,
    Unknown,
}

/// One that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    kind: String,
    name: String,
    wrong: Wrong,
    /// What makes it as it should be.
    right: Option<String>,
}

impl Fault {
    /// In words.
    pub(crate) fn sentence(&self) -> String {
        let said = match self.wrong {
            Wrong::Missing => "is not there",
            Wrong::Other => "is not the one that this program makes",
            Wrong::Unknown => "is none that this program makes",
        };
        format!("the {} {} {said}", self.kind, self.name)
    }

    fn is_table(&self) -> bool {
        self.kind == TABLE
    }

    /// Whether it is dropped before it is made, and its pages with it.
    fn gives_pages_back(&self) -> bool {
        self.kind == INDEX && self.wrong == Wrong::Other
    }

    /// Whether a newer program may have made it so.
    fn may_be_newer(&self) -> bool {
        self.wrong == Wrong::Unknown || self.is_table() && self.wrong == Wrong::Other
    }
}

/// Kind, name and text of what works by itself, and of tables, whose constraints do. What SQLite makes for a constraint has no
/// text, and what it makes for itself (its own tables, and those under the index of the guide) is its own.
type Schema = BTreeMap<(String, String), String>;

fn schema(connection: &Connection) -> rusqlite::Result<Schema> {
    let mut statement = connection.prepare(
        // Texts that are blobs work as well, and so do octets that are no text.
        "SELECT CAST(sql AS BLOB), coalesce(CAST(name AS BLOB), x''), coalesce(name LIKE 'sqlite\\_%' ESCAPE '\\'
             OR name IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'), 0)
         FROM sqlite_schema WHERE sql IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    let mut schema = Schema::new();
    while let Some(row) = rows.next()? {
        let (text, name, is_own) = (words(row, 0)?, words(row, 1)?, row.get(2)?);
        let kind = kind(&text);
        if is_own && kind == TABLE {
            continue;
        }
        // Two of one name are one of another text.
        let texts = schema.entry((kind, name)).or_default();
        if !texts.is_empty() {
            texts.push_str("; ");
        }
        texts.push_str(&text);
    }
    Ok(schema)
}

/// What is read as octets, as far as it is text.
fn words(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    let octets: Vec<u8> = row.get(column)?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

const TABLE: &str = "table";
const INDEX: &str = "index";

/// What a text makes. SQLite carries the text out, whatever kind whoever wrote it into the file put beside it.
fn kind(text: &str) -> String {
    let mut words = text.split_ascii_whitespace().map(str::to_ascii_lowercase);
    let said = words.find(|word| !["create", "unique", "virtual"].contains(&word.as_str()));
    said.unwrap_or_default()
}

/// A database as the migrations of this program make it.
fn made() -> Result<Connection, StorageError> {
    let mut connection = Connection::open_in_memory().mapped()?;
    migrate::migrate(&mut connection).map_err(|error| StorageError::Unavailable(error.into()))?;
    Ok(connection)
}

/// What the migrations of this program make.
fn right() -> Result<Schema, StorageError> {
    schema(&made()?).mapped()
}

/// What the file says of itself; whoever may write to it can make it say anything.
fn version(connection: &Connection) -> Result<i64, StorageError> {
    connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .mapped()
}

/// What is to be told. A newer program makes more than this one knows, and takes nothing away that keeps evidence: what is
/// unknown is then said not to have been judged, and what is missing or other is a fault all the same.
pub(crate) fn told(connection: &Connection) -> Result<Vec<SchemaFault>, StorageError> {
    let (version, faults) = (version(connection)?, faults(connection)?);
    let is_known = version == SCHEMA_VERSION;
    let (unknown, wrong): (Vec<Fault>, Vec<Fault>) =
        (faults.into_iter()).partition(|fault| !is_known && fault.may_be_newer());
    let mut told = Vec::new();
    if !is_known {
        let names: Vec<&str> = unknown.iter().map(|fault| fault.name.as_str()).collect();
        let unjudged = if names.is_empty() {
            String::new()
        } else {
            format!(
                "; what a newer program may have made so was not judged: {}",
                names.join(", ")
            )
        };
        told.push(SchemaFault::Version(format!(
            "the database says that it has schema {version}, and this program makes {SCHEMA_VERSION}, so that not everything could \
             be compared{unjudged}"
        )));
    }
    told.extend(wrong.iter().map(|fault| match fault.is_table() {
        true => SchemaFault::Table(fault.sentence()),
        false => SchemaFault::Other(fault.sentence()),
    }));
    let shared = shared(connection).mapped()?;
    told.extend(shared.into_iter().map(SchemaFault::Other));
    let judged = |table: &&String| {
        !wrong
            .iter()
            .any(|fault| fault.is_table() && fault.name == **table)
    };
    for table in numbered()?.iter().filter(judged) {
        told.extend(misnumbered(connection, table)?.map(SchemaFault::Number));
    }
    Ok(told)
}

/// Which pages `sqlite_schema` gives to several, in a sentence each: somebody wrote that into it, and what drops or makes anew the
/// one takes its pages from the other.
fn shared(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        // SQLite reads a number in a blob as well. The first page is its own.
        "SELECT coalesce(CAST(name AS BLOB), x''), CAST(CAST(rootpage AS TEXT) AS INTEGER) AS page FROM sqlite_schema WHERE page > 0
         UNION ALL SELECT CAST('sqlite_schema' AS BLOB), 1
         ORDER BY 2, 1",
    )?;
    let mut rows = statement.query([])?;
    let mut owners: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        owners.entry(row.get(1)?).or_default().push(words(row, 0)?);
    }
    owners.retain(|_, names| names.len() > 1);
    let sentence = |(page, names): (i64, Vec<String>)| {
        format!(
            "the page {page} is said to be the first one of each of these: {}",
            names.join(", ")
        )
    };
    Ok(owners.into_iter().map(sentence).collect())
}

/// A look at the whole file: whether each page is of one alone, rows are as constraints want them, and indexes have as many entries.
pub(crate) const QUICK_LOOK: &str = "PRAGMA quick_check(1)";

/// Whether a look finds nothing.
pub(crate) fn is_sound(connection: &Connection, look: &str) -> Result<bool, StorageError> {
    connection
        .query_row(look, [], |row| {
            // It may name something that is no text.
            Ok(matches!(row.get_ref(0)?, ValueRef::Text(b"ok")))
        })
        .mapped()
}

/// Tables whose rows are numbered. The names are our own.
fn numbered() -> Result<Vec<String>, StorageError> {
    let connection = made()?;
    let mut statement = connection
        .prepare(
            "SELECT listed.name FROM pragma_table_list AS listed JOIN pragma_table_info(listed.name) AS column_of
             WHERE listed.schema = 'main' AND listed.type = 'table' AND NOT listed.wr AND column_of.name = 'id' AND column_of.pk = 1
                 AND column_of.type = 'INTEGER'
             ORDER BY listed.name",
        )
        .mapped()?;
    let names = statement.query_map([], |row| row.get(0)).mapped()?;
    names.collect::<rusqlite::Result<_>>().mapped()
}

/// No program comes so far; SQLite gives numbers by chance when the last one is taken.
const LAST: i64 = 1 << 53;

/// Whether a row has a number that is none of those that count from 1. Rows are read by number, from the first one on.
fn misnumbered(connection: &Connection, table: &str) -> Result<Option<String>, StorageError> {
    let ends = format!("SELECT (SELECT min(id) FROM {table}), (SELECT max(id) FROM {table})");
    let (least, greatest): (Option<i64>, Option<i64>) = connection
        .query_row(&ends, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .mapped()?;
    let wrong = [least.filter(|id| *id < 1), greatest.filter(|id| *id > LAST)];
    Ok(wrong.into_iter().flatten().next().map(|id| {
        format!("the table {table} has a row with the number {id}, which no program gives: rows of such numbers are not compared")
    }))
}

/// Compares.
fn faults(connection: &Connection) -> Result<Vec<Fault>, StorageError> {
    let (mut found, mut faults) = (schema(connection).mapped()?, Vec::new());
    for ((kind, name), right) in right()? {
        let wrong = match found.remove(&(kind.clone(), name.clone())) {
            Some(sql) if sql == right => continue,
            Some(_) => Wrong::Other,
            None => Wrong::Missing,
        };
        faults.push(Fault {
            kind,
            name,
            wrong,
            right: Some(right),
        });
    }
    // A table that nobody here knows does nothing by itself, and programs that copy the database make some.
    found.retain(|(kind, _), _| kind != TABLE);
    faults.extend(found.into_keys().map(|(kind, name)| Fault {
        kind,
        name,
        wrong: Wrong::Unknown,
        right: None,
    }));
    Ok(faults)
}

/// Makes triggers and indexes that are missing or others as they should be, and records who had it done. What is unknown stays,
/// for somebody has to look at it; so do tables, for what is in them would be lost. What another program made is left to it.
pub(crate) fn mend(
    unit: &mut SqliteUnit<'_>,
    actor: &Actor,
    now: Timestamp,
) -> Result<MendedSchema, StorageError> {
    let mut mended = MendedSchema::default();
    let connection = unit.connection()?;
    if version(connection)? != SCHEMA_VERSION {
        return Ok(mended);
    }
    let faults = faults(connection)?;
    let shared = shared(connection).mapped()?;
    let doubt = doubt(connection, &faults, !shared.is_empty())?;
    let backup = |sentence: String| format!("{sentence}: go back to a backup of before");
    mended.left.extend(shared.into_iter().map(backup));
    for fault in faults {
        let why = match doubt {
            Some(why) if fault.gives_pages_back() => Some(why.to_owned()),
            _ => anew(connection, &fault)?,
        };
        match why {
            None => mended.made.push(fault.sentence()),
            Some(why) => mended.left.push(format!("{}: {why}", fault.sentence())),
        }
    }
    if !mended.made.is_empty() {
        let event = AuditEvent {
            at: now,
            actor: actor.clone(),
            action: "database.mend".to_owned(),
            object: "database".to_owned(),
            detail: mended.made.join("; "),
            origin: origin::here(),
        };
        let _ = unit.append(&event)?;
    }
    Ok(mended)
}

/// Why nothing may be dropped that has pages: they could be those of something else, which would be lost.
fn doubt(
    connection: &Connection,
    faults: &[Fault],
    is_shared: bool,
) -> Result<Option<&'static str>, StorageError> {
    if !faults.iter().any(Fault::gives_pages_back) {
        return Ok(None);
    }
    let is_gone = |fault: &Fault| fault.is_table() && fault.wrong == Wrong::Missing;
    Ok(if is_shared {
        Some(
            "a page is said to be of several, and what is in another would be lost with it: go back to a backup of before",
        )
    } else if faults.iter().any(is_gone) {
        Some(
            "a table is not there, and its pages may be said to be of this: go back to a backup of before",
        )
    } else if is_sound(connection, QUICK_LOOK)? {
        None
    } else {
        Some(
            "the file fails its integrity check, and what is in another could be lost with it: follow \"A damaged database\" in docs/operator.md",
        )
    })
}

/// Makes one anew, or says why not; then it is as it was.
fn anew(connection: &Connection, fault: &Fault) -> Result<Option<String>, StorageError> {
    let Some(right) = &fault.right else {
        return Ok(Some("read it, and drop it with `sqlite3`".to_owned()));
    };
    if fault.is_table() {
        let why = "a table is not made anew, for what is in it would be lost: go back to a backup of before";
        return Ok(Some(why.to_owned()));
    }
    let drop = match fault.wrong {
        // The name is one of our own.
        Wrong::Other => format!("DROP {} {};", fault.kind, fault.name),
        Wrong::Missing | Wrong::Unknown => String::new(),
    };
    connection.execute_batch("SAVEPOINT anew").mapped()?;
    let made = connection.execute_batch(&format!("{drop}{right}"));
    // SQLite drops a row of its own making alone: one that says another kind stays, and nobody could open the file any more.
    let is_right = made.is_ok()
        && schema(connection)
            .mapped()?
            .get(&(fault.kind.clone(), fault.name.clone()))
            == Some(right);
    let end = match is_right {
        true => "RELEASE anew",
        false => "ROLLBACK TO anew; RELEASE anew",
    };
    let undone = connection.execute_batch(end);
    if is_right {
        undone.mapped()?;
        return Ok(None);
    }
    let Err(error) = made else {
        undone.mapped()?;
        let why =
            "its row in `sqlite_schema` is not as SQLite writes it: go back to a backup of before";
        return Ok(Some(why.to_owned()));
    };
    let stands_in_the_way = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::Unknown | ErrorCode::ConstraintViolation)
    );
    if !stands_in_the_way {
        return Err(storage_error(&error));
    }
    undone.mapped()?;
    let other: Option<String> = connection
        .query_row(
            "SELECT CAST(type AS BLOB) FROM sqlite_schema WHERE name = ?1 AND type <> ?2 ORDER BY type LIMIT 1",
            [&fault.name, &fault.kind],
            |row| words(row, 0),
        )
        .optional()
        .mapped()?;
    Ok(Some(match other {
        Some(kind) => format!("a {kind} has its name: read it, drop it with `sqlite3`, and mend again"),
        None => "the rows, or the table, that it is for are not as they should be: put them right first, and mend again".to_owned(),
    }))
}

#[cfg(test)]
mod tests;
