//! How help is looked for: what counts as the same word in three languages.
//!
//! An article and a question are both turned into terms: small letters, Kazakh letters as their Russian look-alikes (so
//! that «кілт» is found by whoever types «килт»), ё as е, and without endings. Whoever indexes and whoever asks use the
//! same [`terms`].

use crate::language::Language;

mod stem;

/// Letters of a question that are looked at.
const LONGEST: usize = 300;
/// Words of a question that count.
const MOST: usize = 12;
/// Letters of a word that count.
const LONGEST_TERM: usize = 24;

/// A question, ready to be looked up: 1 to 12 terms of letters and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpQuery {
    language: Language,
    terms: Vec<String>,
}

impl HelpQuery {
    /// Reads a question as people type it; `None` when there is no word in it.
    #[must_use]
    pub fn parse(language: Language, question: &str) -> Option<Self> {
        let question: String = question.chars().take(LONGEST).collect();
        let all = words(&question);
        let telling: Vec<&String> = all
            .iter()
            .filter(|word| !stem::is_filler(language, word))
            .collect();
        // Of a question in small words only, the small words are what there is.
        let chosen: Vec<&String> = if telling.is_empty() {
            all.iter().collect()
        } else {
            telling
        };
        let mut terms: Vec<String> = Vec::new();
        for word in chosen {
            let term = stem::stem(language, word);
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        terms.truncate(MOST);
        (!terms.is_empty()).then_some(Self { language, terms })
    }

    /// In which language the answer is wanted.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The terms: letters and digits only, nothing that means something to a database.
    #[must_use]
    pub fn terms(&self) -> &[String] {
        &self.terms
    }

    /// The starts that a term is looked for by, the better first: the term, and where it is long, most of it, because
    /// endings that are not known here hide the word.
    #[must_use]
    pub fn starts(term: &str) -> Vec<String> {
        let count = term.chars().count();
        let mut starts = vec![term.to_owned()];
        if count >= 6 {
            starts.push(term.chars().take((count * 7).div_ceil(10)).collect());
        }
        starts
    }

    /// Whether a word of a text is one that was asked for.
    #[must_use]
    pub fn matches(&self, word: &str) -> bool {
        let Some(folded) = words(word).into_iter().next() else {
            return false;
        };
        let term = stem::stem(self.language, &folded);
        self.terms.iter().any(|asked| {
            let start = Self::starts(asked).pop().unwrap_or_default();
            term.starts_with(asked.as_str()) || (term.len() >= 6 && term.starts_with(&start))
        })
    }
}

/// An article in one language as an index keeps it: terms, separated by spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpEntry {
    /// Its language.
    pub language: Language,
    /// Name of the article, the same in all languages.
    pub article: String,
    /// Terms of its title.
    pub title: String,
    /// Terms that people use for what it is about.
    pub keywords: String,
    /// Terms of its text.
    pub body: String,
}

impl HelpEntry {
    /// What tells one set of entries from another: a digest of all of them.
    #[must_use]
    pub fn version_of(entries: &[Self]) -> String {
        let mut octets = Vec::new();
        for entry in entries {
            for part in [
                entry.language.tag(),
                &entry.article,
                &entry.title,
                &entry.keywords,
                &entry.body,
            ] {
                octets.extend_from_slice(part.as_bytes());
                octets.push(0);
            }
        }
        tanba_pki::hex::encode(&tanba_crypto::sha256(&octets))
    }
}

/// The terms of a text, in order, separated by spaces.
#[must_use]
pub fn terms(language: Language, text: &str) -> String {
    let terms: Vec<String> = words(text)
        .iter()
        .map(|word| stem::stem(language, word))
        .collect();
    terms.join(" ")
}

/// The folded words of a text: letters and digits only.
fn words(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphanumeric() && !is_joined(character))
        .map(fold)
        .filter(|word| !word.is_empty())
        .collect()
}

/// What stands inside of words and is dropped: a stress mark, a soft hyphen, an apostrophe.
const fn is_joined(character: char) -> bool {
    matches!(character, '\u{301}' | '\u{ad}' | '\'' | '’')
}

fn fold(word: &str) -> String {
    let lower: String = word
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|character| character.is_alphanumeric())
        .take(LONGEST_TERM)
        .collect();
    // A Latin letter in a Cyrillic word was typed with the wrong keyboard.
    let cyrillic = lower.chars().any(|c| ('\u{400}'..='\u{52f}').contains(&c));
    lower
        .chars()
        .map(|character| look_alike(character, cyrillic))
        .collect()
}

const fn look_alike(character: char, cyrillic: bool) -> char {
    match character {
        'ё' => 'е',
        'і' | 'ї' => 'и',
        'қ' => 'к',
        'ә' | '\u{259}' => 'а',
        'ғ' => 'г',
        'ң' => 'н',
        'ө' => 'о',
        'ұ' | 'ү' => 'у',
        'һ' => 'х',
        'a' if cyrillic => 'а',
        'c' if cyrillic => 'с',
        'e' if cyrillic => 'е',
        'h' if cyrillic => 'н',
        'i' if cyrillic => 'и',
        'k' if cyrillic => 'к',
        'm' if cyrillic => 'м',
        'o' if cyrillic => 'о',
        'p' if cyrillic => 'р',
        't' if cyrillic => 'т',
        'x' if cyrillic => 'х',
        'y' if cyrillic => 'у',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(language: Language, question: &str) -> Vec<String> {
        HelpQuery::parse(language, question).map_or_else(Vec::new, |query| query.terms)
    }

    #[test]
    fn look_alikes_and_endings_do_not_matter() {
        for (language, one, other) in [
            (Language::Kk, "құпиясөзді", "купиясоз"),
            (Language::Kk, "кілттерімді", "килт"),
            (Language::Kk, "ТІРКЕУ", "тиркеу"),
            (Language::Ru, "отчётом", "отчет"),
            (Language::Ru, "ключами", "ключ"),
            (Language::En, "keys", "key"),
            (Language::En, "Revoked", "revoke"),
        ] {
            assert_eq!(
                asked(language, one),
                asked(language, other),
                "{one} {other}"
            );
        }
        // A Latin o and c in a Russian word.
        assert_eq!(asked(Language::Ru, "парoль"), asked(Language::Ru, "пароль"));
    }

    #[test]
    fn small_words_count_only_when_there_are_no_others() {
        assert_eq!(
            asked(Language::Ru, "как мне сменить пароль"),
            asked(Language::Ru, "сменить пароль")
        );
        assert!(!asked(Language::Ru, "что это").is_empty());
    }

    #[test]
    fn whatever_is_typed_terms_are_letters_and_digits() {
        for question in [
            "\"кілт\" OR * NEAR(a b) -x ^y {z}: (",
            "'; DROP TABLE help; --",
            "\u{0}\u{202e}key",
            "a\"b*c",
        ] {
            for term in asked(Language::Kk, question) {
                assert!(term.chars().all(char::is_alphanumeric), "{term}");
            }
        }
        for nothing in ["", "   ", "?!…", "\u{0}", "👩\u{200d}👩"] {
            assert_eq!(HelpQuery::parse(Language::En, nothing), None, "{nothing:?}");
        }
        let long = "пароль ключ ".repeat(100_000);
        assert!(asked(Language::Ru, &long).len() <= MOST);
        let word = "қ".repeat(100_000);
        assert_eq!(asked(Language::Kk, &word)[0].chars().count(), LONGEST_TERM);
    }

    #[test]
    fn a_word_of_a_text_is_recognised() {
        let query = HelpQuery::parse(Language::Ru, "забыл пароль").unwrap();
        assert!(query.matches("Пароль,"));
        assert!(query.matches("паролем"));
        assert!(!query.matches("ключ"));
    }
}
