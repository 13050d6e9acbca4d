//! Who is at the other end of a socket, and what the socket remembers.

use tanba_model::language::Language;

use crate::consent::FileQuestion;
use crate::origin::Origin;

/// Octets of the ending and of the folder that a site proposes for a file at most; longer ones are no proposal.
const LONGEST_ENDING: usize = 32;
const LONGEST_FOLDER: usize = 4096;

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

    /// The question for a file or folder, with what the site proposes.
    pub(super) fn file_question(&self, ending: String, folder: String) -> FileQuestion {
        let proposed = |text: String, longest: usize| {
            Some(text).filter(|text| !text.is_empty() && text.len() <= longest)
        };
        FileQuestion {
            language: self.language,
            origin: self.origin.as_str().to_owned(),
            ending: proposed(ending, LONGEST_ENDING).filter(|ending| ending != "ALL"),
            folder: proposed(folder, LONGEST_FOLDER),
        }
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

#[cfg(test)]
mod tests {
    use tanba_model::language::Language;

    use super::Caller;
    use crate::origin::Origin;

    #[test]
    fn what_a_site_proposes_for_a_file_is_short() {
        let caller = Caller::new(Origin::Program, Language::En);
        let asked = |ending: &str, folder: String| {
            let question = caller.file_question(ending.to_owned(), folder);
            (question.ending, question.folder)
        };
        let (p12, home) = (Some("p12".to_owned()), Some("/home".to_owned()));
        assert_eq!(asked("p12", "/home".to_owned()), (p12, home));
        assert_eq!(asked("ALL", String::new()), (None, None));
        assert_eq!(asked(&"a".repeat(33), "a".repeat(4097)), (None, None));
    }
}
