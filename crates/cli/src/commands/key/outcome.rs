//! What is told after keys were blocked.

use std::fmt;

use serde::Serialize;
use tanba_model::ports::UnitOfWork;
use tanba_pki::{SerialNumber, hex};
use tanba_ra::KeyBlocked;

use super::super::certificate::advice;

/// What blocking a key did.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    public_key_sha256: String,
    /// Whether it was not on the list before.
    is_new: bool,
    revoked: Vec<String>,
    /// Certificates of the authority itself.
    left_to_people: Vec<String>,
    /// What to do about each of those.
    advice: Vec<String>,
}

impl Told {
    pub(super) fn of(unit: &mut dyn UnitOfWork, done: &KeyBlocked) -> anyhow::Result<Self> {
        let hex = |serials: &[SerialNumber]| serials.iter().map(SerialNumber::hex).collect();
        let advice = done.own.iter().map(|serial| advice(unit, serial));
        Ok(Self {
            advice: advice.collect::<anyhow::Result<_>>()?,
            public_key_sha256: hex::encode(&done.public_key_sha256),
            is_new: done.is_new,
            revoked: hex(&done.revoked),
            left_to_people: hex(&done.own),
        })
    }
}

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_new {
            "Blocked"
        } else {
            "Blocked before"
        };
        write!(formatter, "{state}: {}", self.public_key_sha256)?;
        for serial in &self.revoked {
            write!(formatter, "\nRevoked with keyCompromise: {serial}")?;
        }
        if self.revoked.is_empty() {
            write!(formatter, "\nNo certificate of a person had to be revoked.")?;
        } else {
            write!(
                formatter,
                "\nThe running server publishes the lists within a minute; where none runs, say `tanba crl publish`."
            )?;
        }
        for advice in &self.advice {
            write!(
                formatter,
                "\nThe authority itself has this key, and its certificate was not revoked: {advice}."
            )?;
        }
        Ok(())
    }
}
