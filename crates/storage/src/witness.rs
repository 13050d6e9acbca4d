//! A small file outside the database that remembers how far the database had come.
//!
//! A backup that is restored looks sound, but numbers would run backwards: lists would get numbers that verifiers have seen
//! already, and certificates and revocations since then are unknown. Nothing in the database can tell; the witness can,
//! because it is not part of the backup.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use tanba_model::ports::StorageError;

use crate::error::damaged;
use crate::sqlite::{SqliteUnit, column};

/// How far a database had come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Testimony {
    /// The last event of the audit log; 0 where there is none.
    pub sequence: u64,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// Certificates issued.
    pub certificates: u64,
    /// The next CRL number of each issuer, by its short name.
    pub crl_numbers: BTreeMap<String, u64>,
}

/// Why a database is not to be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The database has not come as far as the witness remembers, or came another way.
    #[error("the database is older than its witness: {missing}")]
    Backwards {
        /// What is missing, as a sentence.
        missing: String,
        /// What the witness remembers.
        remembered: Box<Testimony>,
    },
    /// The database had a witness, which is gone.
    #[error("the witness of the database is not there")]
    Absent,
    /// The file is not a witness.
    #[error("the witness of the database cannot be read")]
    Unreadable,
    /// The file cannot be read or written.
    #[error("the witness of the database cannot be read or written")]
    File(#[source] io::Error),
    /// The database does not answer.
    #[error("the database does not answer")]
    Storage(#[from] StorageError),
}

/// The file, and what was last written into it.
#[derive(Debug)]
pub(crate) struct Witness {
    path: PathBuf,
    written: Mutex<Option<Testimony>>,
}

/// The row that says that there is a witness.
const MARK: &str = "INSERT OR IGNORE INTO tally (name, value) VALUES ('witness', 1)";
const MARKED: &str = "SELECT value FROM tally WHERE name = 'witness'";

impl Witness {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            written: Mutex::default(),
        }
    }

    /// Refuses a database that has not come as far as the witness remembers. `Ok(false)`: there is no witness yet.
    pub(crate) fn check(&self, unit: &SqliteUnit<'_>) -> Result<bool, WitnessError> {
        let Some(remembered) = self.remembered()? else {
            let marked = unit.one(MARKED, [], |row| column::<i64>(row, 0))?;
            return match marked {
                Some(_) => Err(WitnessError::Absent),
                None => Ok(false),
            };
        };
        match Testimony::of(unit)?.missing(&remembered, unit)? {
            None => Ok(true),
            Some(missing) => Err(WitnessError::Backwards {
                missing,
                remembered: Box::new(remembered),
            }),
        }
    }

    /// What the file says; `None` where there is none.
    pub(crate) fn remembered(&self) -> Result<Option<Testimony>, WitnessError> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Testimony::parse(&text)
                .map(Some)
                .ok_or(WitnessError::Unreadable),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(WitnessError::File(error)),
        }
    }

    /// Says in the database that there is a witness from now on.
    pub(crate) fn mark(unit: &SqliteUnit<'_>) -> Result<(), StorageError> {
        unit.execute(MARK, []).map(drop)
    }

    /// Writes down how far the database has come, if it went on since the last time.
    pub(crate) fn record(&self, unit: &SqliteUnit<'_>) -> Result<(), WitnessError> {
        let now = Testimony::of(unit)?;
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.as_ref() != Some(&now) {
            self.write(&now.text()).map_err(WitnessError::File)?;
            *written = Some(now);
        }
        drop(written);
        Ok(())
    }

    /// Whole or not at all: a power cut leaves the old file or the new one. The server and a command beside it write one
    /// after the other: the folder is locked meanwhile, so neither moves away what the other is writing.
    fn write(&self, text: &str) -> io::Result<()> {
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or_else(|| Path::new(".")))?;
        folder.lock()?;
        let beside = self.path.with_extension("witness-new");
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        folder.sync_all()
    }
}

impl Testimony {
    pub(crate) fn of(unit: &SqliteUnit<'_>) -> Result<Self, StorageError> {
        let head = unit.one(
            "SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1",
            [],
            |row| Ok((column::<i64>(row, 0)?, column::<[u8; 32]>(row, 1)?)),
        )?;
        let (sequence, hash) = head.map_or((0, String::new()), |(sequence, hash)| {
            (sequence, tanba_pki::hex::encode(&hash))
        });
        let certificates = unit.one(
            "SELECT value FROM tally WHERE name = 'certificates'",
            [],
            |row| column::<i64>(row, 0),
        )?;
        let numbers = unit.many(
            "/* whole: a handful of authorities */ SELECT name, next_crl_number FROM issuer ORDER BY id",
            [],
            |row| Ok((column::<String>(row, 0)?, column::<i64>(row, 1)?)),
        )?;
        let unsigned = |value: i64| u64::try_from(value).map_err(|_| damaged("tally.value"));
        Ok(Self {
            sequence: unsigned(sequence)?,
            hash,
            certificates: unsigned(certificates.unwrap_or_default())?,
            crl_numbers: numbers
                .into_iter()
                .map(|(name, number)| Ok((name, unsigned(number)?)))
                .collect::<Result<_, StorageError>>()?,
        })
    }

    /// What this database lacks of what the witness remembers.
    fn missing(
        &self,
        remembered: &Self,
        unit: &SqliteUnit<'_>,
    ) -> Result<Option<String>, StorageError> {
        if self.sequence < remembered.sequence {
            let events = remembered.sequence.saturating_sub(self.sequence);
            let certificates = remembered.certificates.saturating_sub(self.certificates);
            return Ok(Some(format!(
                "{events} events of the audit log and {certificates} certificates are missing"
            )));
        }
        let sequence =
            i64::try_from(remembered.sequence).map_err(|_| damaged("audit_log.sequence"))?;
        let hash = unit.one(
            "SELECT hash FROM audit_log WHERE sequence = ?1",
            [sequence],
            |row| column::<[u8; 32]>(row, 0),
        )?;
        if hash.map_or_else(String::new, |hash| tanba_pki::hex::encode(&hash)) != remembered.hash {
            return Ok(Some(format!(
                "event {sequence} of the audit log is another one: the database went on from an older state"
            )));
        }
        let behind = remembered
            .crl_numbers
            .iter()
            .find(|(name, number)| self.crl_numbers.get(*name).is_none_or(|own| own < *number));
        Ok(behind.map(|(name, number)| {
            format!("the revocation lists of {name} had reached the number {number}")
        }))
    }

    /// Stored: JSON; never rename a key.
    fn text(&self) -> String {
        let value = json!({
            "what": "how far the database of a Tanba installation had come; keep it out of the backups of the database",
            "audit_sequence": self.sequence,
            "audit_hash": self.hash,
            "certificates": self.certificates,
            "next_crl_numbers": self.crl_numbers,
        });
        format!("{value}\n")
    }

    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let numbers = value.get("next_crl_numbers")?.as_object()?;
        Some(Self {
            sequence: value.get("audit_sequence")?.as_u64()?,
            hash: value.get("audit_hash")?.as_str()?.to_owned(),
            certificates: value.get("certificates")?.as_u64()?,
            crl_numbers: numbers
                .iter()
                .map(|(name, number)| Some((name.clone(), number.as_u64()?)))
                .collect::<Option<_>>()?,
        })
    }
}
