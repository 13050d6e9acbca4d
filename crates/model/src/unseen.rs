//! What is written and not seen: two texts that look the same are the same.

use unicode_normalization::char::is_combining_mark;

/// Combining marks that may follow one another: a letter of no living language in this register has more.
const MARKS: usize = 2;

/// Whether a text holds what a reader does not see: controls, Unicode's `Default_Ignorable_Code_Point` (joiners, marks of
/// direction, fillers, selectors, tags), or so many combining marks of any script on one letter that they cover what stands around it.
#[must_use]
pub fn is_deceptive(text: &str) -> bool {
    let mut marks: usize = 0;
    text.chars().any(|letter| {
        marks = if is_combining_mark(letter) {
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

/// Whether a combining mark stands in a name where no letter is under it: at its beginning or that of a word, or after a
/// hyphen, a dot or an apostrophe. It would be drawn over what stands before.
#[must_use]
pub fn has_stray_mark(name: &str) -> bool {
    let mut is_under = false;
    name.chars().any(|letter| {
        if is_combining_mark(letter) {
            return !is_under;
        }
        // The apostrophe that Unicode calls a letter is none that carries marks.
        is_under = letter.is_alphabetic() && letter != '\u{2bc}';
        false
    })
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

    #[test]
    fn marks_of_every_script_are_counted() {
        for mark in [
            '\u{301}',
            '\u{489}',
            '\u{902}',
            '\u{e34}',
            '\u{f71}',
            '\u{a66f}',
            '\u{11301}',
            '\u{1e8d0}',
        ] {
            let stacked = |count| format!("А{}", mark.to_string().repeat(count));
            assert!(is_deceptive(&stacked(3)), "{mark:?}");
            assert!(!is_deceptive(&stacked(2)), "{mark:?}");
        }
    }

    #[test]
    fn a_mark_needs_a_letter_under_it() {
        for stray in [
            "АХ-\u{301}-\u{302}",
            "\u{301}АХ",
            "АХ \u{e34}МЕТ",
            "А.\u{301}",
            "О’\u{301}НИЛ",
            "О\u{2bc}\u{301}НИЛ",
        ] {
            assert!(has_stray_mark(stray), "{stray}");
        }
        for right in [
            "Әи\u{306}герім",
            "Nguye\u{302}\u{303}n",
            "Анна-Мари\u{301}я",
            "สมศรี",
            "राधिका",
        ] {
            assert!(!has_stray_mark(right), "{right}");
        }
    }
}
