use std::collections::BTreeSet;

use tanba_model::language::Language;

use super::{Catalogue, SOURCES};

fn keys(source: &str) -> BTreeSet<&str> {
    source
        .lines()
        .filter_map(|line| line.split_once(" ="))
        .map(|(key, _)| key)
        .filter(|key| !key.starts_with([' ', '#']))
        .collect()
}

#[test]
fn every_text_exists_in_every_language() {
    let [kk, ru, en] = SOURCES;
    assert_eq!(keys(kk.1), keys(en.1));
    assert_eq!(keys(ru.1), keys(en.1));
    let texts = Catalogue::shipped().unwrap();
    for key in keys(en.1) {
        for language in Language::ALL {
            assert!(texts.has(language, key), "{key} in {}", language.tag());
        }
    }
}

/// Placeholders are the same in all languages, or a translation lost one.
#[test]
fn every_placeholder_exists_in_every_language() {
    let placeholders = |source: &str| -> BTreeSet<(String, String)> {
        let mut key = String::new();
        let mut found = BTreeSet::new();
        for line in source.lines() {
            if let Some((name, _)) = line
                .split_once(" =")
                .filter(|(name, _)| !name.starts_with(' '))
            {
                key = name.to_owned();
            }
            for part in line.split("{ $").skip(1) {
                let name: String = part
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '-')
                    .collect();
                found.insert((key.clone(), name));
            }
        }
        found
    };
    let [kk, ru, en] = SOURCES;
    assert_eq!(placeholders(kk.1), placeholders(en.1));
    assert_eq!(placeholders(ru.1), placeholders(en.1));
}

/// Every key that the code names has a text.
#[test]
fn every_key_in_the_code_has_a_text() {
    let texts = Catalogue::shipped().unwrap();
    let prefixes = [
        "check-",
        "ask-",
        "key-",
        "fault-",
        "summary-",
        "storage-",
        "say-",
        "doctor-",
        "unusable-",
        "window-",
        "cli-",
        "setup-",
    ];
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![folder];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.ends_with("tests.rs") {
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            for literal in source.split('"').skip(1).step_by(2) {
                let is_key = prefixes.iter().any(|prefix| literal.starts_with(prefix))
                    && literal
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                    && !literal.ends_with('-');
                if is_key {
                    seen += 1;
                    assert!(
                        texts.has(Language::En, literal),
                        "{literal} of {}",
                        path.display()
                    );
                }
            }
        }
    }
    assert!(seen > 3);
}
