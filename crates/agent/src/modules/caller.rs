//! Who is at the other end of a socket, and what the socket remembers.

use tanba_model::language::Language;

use crate::origin::Origin;

/// The site behind a socket, with the language it chose for dialogs.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    origin: Origin,
    language: Language,
}

impl Caller {
    pub(crate) const fn new(origin: Origin, language: Language) -> Self {
        Self { origin, language }
    }

    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    /// Changes the language of the dialogs of this socket; names that are no language change nothing.
    pub(crate) fn change_language(&mut self, name: &str) {
        self.language = language(name).unwrap_or(self.language);
    }
}

/// The language that a site means: `kz` is what many write for Kazakh.
pub(crate) fn language(name: &str) -> Option<Language> {
    if name == "kz" {
        return Some(Language::Kk);
    }
    Language::from_tag(name)
}
