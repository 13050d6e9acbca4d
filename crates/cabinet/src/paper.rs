//! What is printed: documents in the words of the catalogue, as PDF.
//!
//! Layout and seal are the work of `tanba-print`; here stands what the documents say.

mod application;
mod report;
#[cfg(test)]
mod tests;

pub(crate) use report::{file_name, report};

pub use application::{Applicant, Edition, PrintedApplication, PrintedCentre};

use tanba_model::language::Language;

use crate::locale::{Argument, Catalogue};

/// Words for paper in one language.
#[derive(Clone, Copy)]
pub(crate) struct PaperWords<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) language: Language,
}

impl PaperWords<'_> {
    pub(crate) fn text(&self, key: &str) -> String {
        self.catalogue.text(self.language, key)
    }

    pub(crate) fn format(&self, key: &str, arguments: &[(&str, Argument)]) -> String {
        self.catalogue.format(self.language, key, arguments)
    }
}
