//! The three languages are equal and complete, and Kazakh is Kazakh.

use std::collections::BTreeSet;

use super::*;
use crate::problem::OWN_CODES;

mod names;

/// Keys with their texts, selectors flattened, in the order of the file.
fn entries(source: &str) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for line in source
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
    {
        match line.split_once(" =").filter(|_| !line.starts_with(' ')) {
            Some((key, text)) => entries.push((key.to_owned(), text.trim().to_owned())),
            None => {
                let (_, text) = entries.last_mut().expect("a text begins with its key");
                text.push(' ');
                text.push_str(line.trim());
            }
        }
    }
    entries
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    let names = text.split('$').skip(1);
    names
        .filter_map(|rest| {
            rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .next()
        })
        .collect()
}

#[test]
fn the_three_languages_have_the_same_keys_in_the_same_order() {
    let [kk, ru, en] = SOURCES.map(|(_, source)| entries(source));
    for other in [&ru, &en] {
        for ((expected, _), (key, _)) in kk.iter().zip(other.iter()) {
            assert_eq!(expected, key);
        }
        assert_eq!(kk.len(), other.len());
    }
    let keys: BTreeSet<&String> = kk.iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), kk.len(), "a key stands twice");
}

#[test]
fn translations_fill_in_the_same_things() {
    let [kk, ru, en] = SOURCES.map(|(_, source)| entries(source));
    for ((kk, ru), en) in kk.iter().zip(&ru).zip(&en) {
        assert_eq!(placeholders(&kk.1), placeholders(&ru.1), "{}", kk.0);
        assert_eq!(placeholders(&kk.1), placeholders(&en.1), "{}", kk.0);
        assert!(
            !kk.1.is_empty() && !ru.1.is_empty() && !en.1.is_empty(),
            "{} is empty",
            kk.0
        );
    }
}

/// Names of products, and patterns without a word.
const NOT_TRANSLATED: [&str; 5] = [
    "language-",
    "keystore-",
    "form-email",
    "summary-email",
    "date-",
];

#[test]
fn kazakh_is_written_with_kazakh_letters() {
    let (_, source) = SOURCES[0];
    for wrong in ['\u{259}', '\u{18f}'] {
        assert!(
            !source.contains(wrong),
            "{wrong:?} is not a letter of Kazakh"
        );
    }
    for (key, text) in entries(source) {
        let words: String = text
            .split('{')
            .map(|part| part.rsplit('}').next().unwrap_or(part))
            .collect();
        let has_words = words.chars().any(char::is_alphabetic);
        let is_name = NOT_TRANSLATED.iter().any(|prefix| key.starts_with(prefix));
        let cyrillic = words
            .chars()
            .any(|letter| ('\u{400}'..='\u{4ff}').contains(&letter));
        assert!(
            !has_words || cyrillic || is_name,
            "{key} is not Kazakh: {text}"
        );
        // A Latin letter within a Cyrillic word looks right and cannot be searched for.
        for word in text.split(|letter: char| !letter.is_alphabetic()) {
            let latin = word.chars().any(|letter| letter.is_ascii_alphabetic());
            let cyrillic = word
                .chars()
                .any(|letter| ('\u{400}'..='\u{4ff}').contains(&letter));
            assert!(!(latin && cyrillic), "{key} mixes alphabets in {word}");
        }
    }
}

#[test]
fn kazakh_does_not_repeat_the_known_mistakes() {
    let kk = SOURCES[0].1.to_lowercase();
    for wrong in [
        "қанат белгі",
        "беделін түсір",
        "ебруге",
        "эцұ",
        "қодданылу",
        "ойлағыдай",
        "түпнұсқаға сәйкестендіру",
        "парол",
    ] {
        assert!(!kk.contains(wrong), "{wrong}");
    }
    let warning = "Назар аударыңыз! «Дербес компьютер» қоймасы қауіпсіз емес. ЭЦҚ кілттерінің құпиялылығы бұзылу қаупін \
                   азайту үшін кілттік ақпараттың қорғалған тасымалдағышын пайдалануды ұсынамыз.";
    assert!(SOURCES[0].1.contains(warning));
}

#[test]
fn russian_is_not_kazakh_and_english_is_latin() {
    // How a name has to be written is said in every language with the letters themselves.
    let letters = "kazakh-letters";
    for (key, text) in entries(SOURCES[1].1) {
        let kazakh = text
            .chars()
            .any(|letter| "әғқңөұүһіӘҒҚҢӨҰҮҺІ".contains(letter));
        assert!(
            !kazakh
                || key == letters
                || key == "product-name"
                || key == "language-kk"
                || text.contains("«Таңба»"),
            "{key}: {text}"
        );
    }
    for (key, text) in entries(SOURCES[2].1) {
        let cyrillic = text
            .chars()
            .any(|letter| ('\u{400}'..='\u{4ff}').contains(&letter));
        assert!(
            !cyrillic || key == letters || key.starts_with("language-"),
            "{key}: {text}"
        );
    }
}

#[test]
fn every_code_reason_and_step_has_its_texts() {
    let catalogue = Catalogue::shipped().unwrap();
    let codes = tanba_ra::codes::ERRORS.iter().chain(&OWN_CODES);
    let errors = codes.flat_map(|code| [format!("error-{code}"), format!("error-{code}-detail")]);
    let reasons = tanba_ra::codes::REASONS
        .iter()
        .map(|code| format!("rejected-{code}"));
    let steps = tanba_ra::codes::NEXT_STEPS.iter().map(ToString::to_string);
    for key in errors.chain(reasons).chain(steps) {
        for language in Language::ALL {
            assert!(catalogue.has(language, &key), "{key} in {}", language.tag());
        }
    }
}

#[test]
fn every_text_of_the_scripts_is_there() {
    let catalogue = Catalogue::shipped().unwrap();
    let meanings: BTreeMap<String, String> = serde_json::from_str(SCRIPT_MESSAGES).unwrap();
    assert!(meanings.len() > 100);
    for language in Language::ALL {
        let messages = catalogue.script_messages(language);
        for (key, meaning) in &meanings {
            let text = messages
                .get(key.as_str())
                .unwrap_or_else(|| panic!("{key} in {}", language.tag()));
            assert_eq!(
                placeholders(text),
                placeholders(meaning),
                "{key} in {}",
                language.tag()
            );
        }
    }
}

#[test]
fn every_line_of_a_document_has_its_words() {
    let catalogue = Catalogue::shipped().unwrap();
    for key in [
        "summary-kind",
        "summary-origin",
        "summary-number",
        "summary-created",
        "summary-surname",
        "summary-given-name",
        "summary-patronymic",
        "summary-iin",
        "summary-country",
        "summary-email",
        "summary-region",
        "summary-settlement",
        "summary-keystore",
        "summary-key-purpose",
        "summary-key-algorithm",
        "summary-key-digest",
    ] {
        assert!(catalogue.has(Language::Kk, key), "{key}");
    }
}

#[test]
fn the_wanted_language_is_found() {
    assert_eq!(negotiate("ru-KZ, kk;q=0.9, en;q=0.8"), Some(Language::Ru));
    assert_eq!(negotiate("de, kk;q=0.3, en;q=0.8"), Some(Language::En));
    assert_eq!(negotiate("en;q=0, kk;q=0.1"), Some(Language::Kk));
    assert_eq!(negotiate("de, fr"), None);
    assert_eq!(negotiate(""), None);
}

#[test]
fn scripts_get_their_placeholders_back() {
    let catalogue = Catalogue::shipped().unwrap();
    for language in Language::ALL {
        let messages = catalogue.script_messages(language);
        assert!(
            messages["folder-chosen"].contains("{$folder}"),
            "{}",
            messages["folder-chosen"]
        );
        assert!(messages["folder-chosen"].contains("{$count}"));
    }
}

#[test]
fn plural_forms_are_chosen() {
    let catalogue = Catalogue::shipped().unwrap();
    let days = |language, days: i64| {
        catalogue.format(language, "days-left-count", &[("days", days.into())])
    };
    assert_eq!(days(Language::Ru, 21), "остался 21 день");
    assert_eq!(days(Language::Ru, 3), "осталось 3 дня");
    assert_eq!(days(Language::Ru, 20), "осталось 20 дней");
    assert_eq!(days(Language::Kk, 20), "20 күн қалды");
    assert_eq!(days(Language::En, 1), "1 day left");
    let text = |language, key: &str, name: &'static str, number: i64| {
        catalogue.format(language, key, &[(name, number.into())])
    };
    for (language, one, three, five) in [
        (Language::Kk, "1 жыл", "3 жыл", "5 жыл"),
        (Language::Ru, "1 год", "3 года", "5 лет"),
        (Language::En, "1 year", "3 years", "5 years"),
    ] {
        let years = [1, 3, 5].map(|years| text(language, "compare-years", "years", years));
        assert_eq!(years, [one, three, five]);
    }
    assert_eq!(
        text(Language::Ru, "profile-years-most", "years", 1),
        "не более 1 года"
    );
    assert_eq!(
        text(Language::Ru, "profile-years-most", "years", 25),
        "не более 25 лет"
    );
    let life = text(Language::Ru, "mail-code-life", "minutes", 10);
    assert!(life.starts_with("Код действует 10 минут "), "{life}");
}

/// In Russian and English the word after a number changes with it, so it has its forms or stands before: "Keys: 5".
#[test]
fn no_word_follows_a_number_without_its_forms() {
    for (language, source) in SOURCES {
        if language == Language::Kk {
            continue;
        }
        for (key, text) in entries(source) {
            // The number of files there is a constant.
            if text.contains("->") || key == "file-too-many" {
                continue;
            }
            for name in ["count", "days", "minutes", "seconds", "years", "tries"] {
                let word = text
                    .split_once(&format!("{{ ${name} }} "))
                    .map(|(_, rest)| rest);
                let letters = word.map_or(0, |rest| {
                    rest.chars().take_while(|c| c.is_alphabetic()).count()
                });
                assert!(letters <= 3, "{key}: {text}");
            }
        }
    }
}
