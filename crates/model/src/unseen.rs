//! What is written and not seen: two texts that look the same are the same.

/// Combining marks that may follow one another: a letter of no living language in this register has more.
const MARKS: usize = 2;

/// Whether a text holds what a reader does not see: controls, Unicode's `Default_Ignorable_Code_Point` (joiners, marks of
/// direction, fillers, selectors, tags), or so many combining marks on one letter that they cover what stands around it.
#[must_use]
pub fn is_deceptive(text: &str) -> bool {
    let mut marks: usize = 0;
    text.chars().any(|letter| {
        marks = if is_mark(letter) {
            marks.saturating_add(1)
        } else {
            0
        };
        letter.is_control() || is_ignorable(letter) || marks > MARKS
    })
}

/// `Default_Ignorable_Code_Point` (Unicode 16, `DerivedCoreProperties.txt`).
#[must_use]
pub const fn is_ignorable(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Combining marks of the blocks that stand on letters of any script, and of Arabic, Hebrew and Cyrillic.
const fn is_mark(letter: char) -> bool {
    matches!(
        letter,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5bd}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{6d6}'..='\u{6dc}'
            | '\u{6df}'..='\u{6e4}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_found_wherever_it_stands() {
        for letter in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180e}',
            '\u{200b}',
            '\u{200f}',
            '\u{202e}',
            '\u{2060}',
            '\u{206a}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff8}',
            '\u{1bca0}',
            '\u{1d17a}',
            '\u{e0001}',
            '\u{e01ef}',
            '\u{7}',
        ] {
            for text in [
                format!("{letter}Ахметов"),
                format!("Ахм{letter}етов"),
                format!("Ахметов{letter}"),
            ] {
                assert!(is_deceptive(&text), "{letter:?}");
            }
        }
    }

    #[test]
    fn what_people_write_is_let_through() {
        for text in [
            "Әлия Қыз-Жібек О’Нил",
            "Әи\u{306}герім",
            "Nguye\u{302}\u{303}n",
            "«Құжат» – №7, 24.11.2026",
            "محمّد",
        ] {
            assert!(!is_deceptive(text), "{text}");
        }
        assert!(is_deceptive("Nguye\u{302}\u{303}\u{301}n"));
    }
}
