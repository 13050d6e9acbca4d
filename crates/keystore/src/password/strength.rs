//! A hint how well a password resists guessing.

/// How well a password resists guessing, for a hint beside the field; it refuses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// On every list of passwords, or guessed in minutes.
    Weak,
    /// Holds against a casual thief.
    Fair,
    /// Holds against somebody who has the file and rents machines.
    Strong,
}

/// What millions chose, in lower case and with digits for letters undone.
const COMMON: &[&str] = &[
    "password",
    "passw",
    "parol",
    "qwerty",
    "qazwsx",
    "asdfgh",
    "zxcvbn",
    "abcdef",
    "admin",
    "welcome",
    "letmein",
    "iloveyou",
    "monkey",
    "dragon",
    "master",
    "secret",
    "kazakhstan",
    "qazaqstan",
    "almaty",
    "astana",
    "ncalayer",
    "пароль",
    "құпия",
    "йцукен",
];

/// Tenths of a bit that a guesser pays at least for a fair password.
const FAIR: usize = 400;
/// Tenths of a bit that a guesser pays at least for a strong password.
const STRONG: usize = 650;

impl Strength {
    /// Estimates from length, kinds of characters, repetitions, sequences and common words.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let bits = tenths_of_bits(text);
        if bits < FAIR {
            Self::Weak
        } else if bits < STRONG {
            Self::Fair
        } else {
            Self::Strong
        }
    }

    /// The key of its translated text.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Weak => "password-weak",
            Self::Fair => "password-fair",
            Self::Strong => "password-strong",
        }
    }
}

fn tenths_of_bits(text: &str) -> usize {
    let has = |kind: fn(&char) -> bool| text.chars().any(|character| kind(&character));
    let kinds = [
        has(char::is_ascii_lowercase),
        has(char::is_ascii_uppercase),
        has(char::is_ascii_digit),
        text.chars()
            .any(|character| !character.is_ascii_alphanumeric()),
    ];
    let per_character = match kinds.iter().filter(|kind| **kind).count() {
        0 | 1 if has(char::is_ascii_digit) => 33,
        0 | 1 => 45,
        2 => 52,
        3 => 58,
        _ => 63,
    };
    surprising_characters(text).saturating_mul(per_character)
}

/// Characters that do not follow from the one before; a common word counts for two.
fn surprising_characters(text: &str) -> usize {
    let plain: String = text.to_lowercase().chars().map(undisguised).collect();
    let mut count = 0_usize;
    let mut previous: Option<u32> = None;
    for character in text.chars() {
        let code = u32::from(character);
        if previous.is_none_or(|before| before.abs_diff(code) > 1) {
            count += 1;
        }
        previous = Some(code);
    }
    let common = COMMON
        .iter()
        .filter(|word| plain.contains(**word))
        .map(|word| word.chars().count())
        .max()
        .unwrap_or(0);
    count.saturating_sub(common.saturating_sub(2))
}

/// Undoes the usual disguises of letters.
const fn undisguised(character: char) -> char {
    match character {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::Strength;

    #[test]
    fn the_hint_orders_passwords_as_a_guesser_would() {
        for (text, expected) in [
            ("", Strength::Weak),
            ("Qwerty12", Strength::Weak),
            ("Aa123456", Strength::Weak),
            ("P@ssw0rd2026", Strength::Weak),
            ("aaaaaaaaaaaaaaaaaaaa", Strength::Weak),
            ("tR7kbXw2", Strength::Fair),
            ("Jazda kun shuaqty 7", Strength::Strong),
            ("t7Kq!mZ2vR9x", Strength::Strong),
        ] {
            assert_eq!(Strength::of(text), expected, "{text}");
        }
    }
}
