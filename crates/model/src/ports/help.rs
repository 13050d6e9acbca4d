//! Where help is looked up.

use super::StorageError;
use crate::help::{HelpEntry, HelpQuery};

/// The index of the guide. It holds nothing that is not in the program, so losing it loses nothing.
pub trait HelpIndex {
    /// What was indexed last, as its maker named it; `None` when nothing was.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn version(&mut self) -> Result<Option<String>, StorageError>;

    /// Indexes these entries in place of all others.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer or cannot be written.
    fn replace(&mut self, entries: &[HelpEntry], version: &str) -> Result<(), StorageError>;

    /// The names of the articles that answer a question, the best first. An article that has only some of the words
    /// counts too, behind those that have more.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn search(&mut self, query: &HelpQuery, limit: u32) -> Result<Vec<String>, StorageError>;
}
