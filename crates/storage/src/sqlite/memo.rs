//! What a unit of work was asked already.
//!
//! Callers who share a unit ask the same of it again and again: whether issuing is stopped, what the authority's own
//! certificate is worth, how the audit log ends. Nobody else changes anything while a unit goes on, since it has the turn of
//! writing or sees one state of the file; so what was read once is true until the unit itself writes it or takes something
//! back. The triggers of the audit log refuse a row that does not follow the last one, whatever is remembered here.

use tanba_model::fitness::Worth;
use tanba_model::id::IssuerId;
use tanba_pki::SerialNumber;

/// Answers of each kind at most; there are a few authorities and profiles.
const MOST: usize = 32;

/// Which authority's certificate, and its key.
pub(super) type Asked = (Option<IssuerId>, Option<SerialNumber>, [u8; 32]);

/// The answers.
#[derive(Debug, Default)]
pub(super) struct Memo {
    worth: Vec<(Asked, Worth)>,
    stopped: Vec<(IssuerId, String, bool)>,
    last_record: Option<(u64, [u8; 32])>,
}

impl Memo {
    /// Something was taken back, or changed that several answers depend on.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn worth(&self, asked: &Asked) -> Option<Worth> {
        let known = self.worth.iter().find(|(other, _)| other == asked);
        known.map(|(_, worth)| *worth)
    }

    pub(super) fn keep_worth(&mut self, asked: Asked, worth: Worth) {
        if self.worth.len() < MOST {
            self.worth.push((asked, worth));
        }
    }

    /// A certificate of this number is on record now.
    pub(super) fn forget_worth_of(&mut self, serial: &SerialNumber) {
        self.worth
            .retain(|((_, asked, _), _)| asked.as_ref() != Some(serial));
    }

    pub(super) fn is_stopped(&self, issuer: IssuerId, profile: &str) -> Option<bool> {
        let known = self
            .stopped
            .iter()
            .find(|(other, name, _)| *other == issuer && name == profile);
        known.map(|(_, _, stopped)| *stopped)
    }

    pub(super) fn keep_stopped(&mut self, issuer: IssuerId, profile: &str, stopped: bool) {
        if self.stopped.len() < MOST {
            self.stopped.push((issuer, profile.to_owned(), stopped));
        }
    }

    /// Number and digest of the last record of the audit log. Whoever writes the next one keeps that one, if it was written.
    pub(super) const fn take_last_record(&mut self) -> Option<(u64, [u8; 32])> {
        self.last_record.take()
    }

    pub(super) const fn keep_last_record(&mut self, sequence: u64, hash: [u8; 32]) {
        self.last_record = Some((sequence, hash));
    }
}
