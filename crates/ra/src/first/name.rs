//! Whether two names are the same, however they were typed.

use subtle::ConstantTimeEq as _;
use tanba_crypto::sha256;
use tanba_model::ports::PersonFacts;
use tanba_model::unseen::is_ignorable;

/// Latin letters that look like Cyrillic ones, upper case. Passports and keyboards mix them up; a name does not.
const LOOK_ALIKES: [(char, char); 17] = [
    ('A', 'А'),
    ('B', 'В'),
    ('C', 'С'),
    ('E', 'Е'),
    ('H', 'Н'),
    ('I', 'І'),
    ('K', 'К'),
    ('M', 'М'),
    ('O', 'О'),
    ('P', 'Р'),
    ('T', 'Т'),
    ('X', 'Х'),
    ('Y', 'У'),
    ('Ə', 'Ә'),
    ('Ɵ', 'Ө'),
    ('Ï', 'Ї'),
    ('Ë', 'Е'),
];

/// Whether the two are named the same: case, spaces, kinds of hyphens and apostrophes, Ё for Е and look-alike Latin
/// letters do not matter. Takes the same time whatever the answer.
#[must_use]
pub fn same_person(one: &PersonFacts, other: &PersonFacts) -> bool {
    digest(one).ct_eq(&digest(other)).into()
}

/// Whether two parts of a name are the same, by the rules of [`same_person`].
#[must_use]
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

fn digest(facts: &PersonFacts) -> [u8; 32] {
    let parts = [
        facts.surname.as_str(),
        facts.given_name.as_str(),
        facts.patronymic.as_deref().unwrap_or_default(),
    ];
    sha256(parts.map(folded).join("\n").as_bytes())
}

/// A name as it is compared.
fn folded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for letter in name.to_uppercase().chars() {
        match letter {
            // Letters that arrive in two parts (Unicode, decomposed).
            '\u{306}' if out.ends_with('И') => replace_last(&mut out, 'Й'),
            '\u{308}' if out.ends_with('Е') => {}
            '\u{300}'..='\u{36f}' => {}
            unseen if is_ignorable(unseen) => {}
            'Ё' => out.push('Е'),
            '‐' | '‑' | '‒' | '–' | '—' | '−' => hyphen(&mut out),
            '-' => hyphen(&mut out),
            '’' | '‘' | 'ʼ' | '`' | '´' | '\'' => out.push('\''),
            space if space.is_whitespace() => {
                if !out.is_empty() && !out.ends_with([' ', '-']) {
                    out.push(' ');
                }
            }
            other => out.push(cyrillic(other)),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn hyphen(out: &mut String) {
    out.truncate(out.trim_end().len());
    out.push('-');
}

fn replace_last(out: &mut String, letter: char) {
    let _ = out.pop();
    out.push(letter);
}

fn cyrillic(letter: char) -> char {
    LOOK_ALIKES
        .iter()
        .find(|(latin, _)| *latin == letter)
        .map_or(letter, |(_, cyrillic)| *cyrillic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(surname: &str, given_name: &str, patronymic: Option<&str>) -> PersonFacts {
        PersonFacts {
            surname: surname.to_owned(),
            given_name: given_name.to_owned(),
            patronymic: patronymic.map(str::to_owned),
        }
    }

    #[test]
    fn how_a_name_is_typed_does_not_matter() {
        let register = named("СЕРІКҚЫЗЫ", "ӘЙГЕРІМ", Some("МАРАТҚЫЗЫ"));
        for (surname, given_name, patronymic) in [
            ("Серікқызы", " әйгерім ", "Маратқызы"),
            // Latin C, e, p, i; Latin M, a, p, a, T.
            ("Cepiкқызы", "Әйгepiм", "Mapaтқызы"),
            ("СЕРІКҚЫЗЫ\u{a0}", "Əйгерім", "маратқызы"),
            ("Серікқызы", "Әи\u{306}герім", "Маратқызы"),
        ] {
            assert!(
                same_person(&register, &named(surname, given_name, Some(patronymic))),
                "{surname} {given_name} {patronymic}"
            );
        }
        let doubled = named("ПЕТРОВА-ВОДКИНА", "АЛЁНА", None);
        assert!(same_person(
            &doubled,
            &named("Петрова – Водкина", "Алена", Some(" "))
        ));
    }

    #[test]
    fn another_name_is_another_name() {
        let register = named("СЕРІКҚЫЗЫ", "ӘЙГЕРІМ", Some("МАРАТҚЫЗЫ"));
        for other in [
            named("СЕРИККЫЗЫ", "ӘЙГЕРІМ", Some("МАРАТҚЫЗЫ")),
            named("СЕРІКҚЫЗЫ", "АЙГЕРІМ", Some("МАРАТҚЫЗЫ")),
            named("СЕРІКҚЫЗЫ", "ӘЙГЕРІМ", None),
            named("СЕРІКҚЫЗЫ ӘЙГЕРІМ", "", Some("МАРАТҚЫЗЫ")),
            named("ӘЙГЕРІМ", "СЕРІКҚЫЗЫ", Some("МАРАТҚЫЗЫ")),
            named("", "", None),
        ] {
            assert!(!same_person(&register, &other), "{}", other.surname);
        }
    }
}
