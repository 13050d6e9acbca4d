//! Looking things up in the guide.

use tanba_model::help::{HelpEntry, HelpQuery};

use crate::RegistrationAuthority;
use crate::error::Unavailable;

impl RegistrationAuthority {
    /// Indexes the guide, unless this version of it was indexed last. Whether it did.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer or cannot be written; the guide can still be read.
    pub fn index_help(&self, entries: &[HelpEntry], version: &str) -> Result<bool, Unavailable> {
        if self.storage.snapshot()?.help().version()?.as_deref() == Some(version) {
            return Ok(false);
        }
        let mut work = self.storage.begin()?;
        work.help().replace(entries, version)?;
        work.commit()?;
        Ok(true)
    }

    /// The names of the articles that answer a question, the best first.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn search_help(&self, query: &HelpQuery, limit: u32) -> Result<Vec<String>, Unavailable> {
        Ok(self.storage.snapshot()?.help().search(query, limit)?)
    }
}
