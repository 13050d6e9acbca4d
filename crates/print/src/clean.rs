//! Makes any text printable: what cannot be seen or would move other text goes, what the typeface lacks is replaced.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Letters of one text at most; beyond it an ellipsis stands. No page is meant for more.
const LONGEST: usize = 2000;
/// Marks on one letter at most; a tower of them would run over the lines above.
const MARKS: usize = 2;

/// The text as it is printed. `has` says what the typeface has, `replacement` is what stands for the rest.
pub(crate) fn clean(text: &str, has: impl Fn(char) -> bool, replacement: char) -> String {
    let mut cleaned = String::with_capacity(text.len().min(LONGEST * 2));
    let mut count = 0;
    let mut marks = 0;
    let mut pending_space = false;
    let mut replaced = false;
    for character in text.nfc() {
        if character.is_whitespace() {
            // A no-break space keeps its meaning.
            if character == '\u{a0}' && !cleaned.is_empty() && !pending_space {
                cleaned.push(character);
            } else {
                pending_space = !cleaned.is_empty();
            }
            replaced = false;
            continue;
        }
        if is_unseen(character) {
            continue;
        }
        if is_combining_mark(character) {
            marks += 1;
            let on_a_letter =
                !pending_space && cleaned.chars().next_back().is_some_and(|c| c != '\u{a0}');
            if marks <= MARKS && on_a_letter && !replaced && has(character) {
                cleaned.push(character);
            }
            continue;
        }
        marks = 0;
        if count >= LONGEST {
            cleaned.push('…');
            break;
        }
        count += 1;
        if std::mem::take(&mut pending_space) {
            cleaned.push(' ');
        }
        if has(character) {
            cleaned.push(character);
            replaced = false;
        } else if !std::mem::replace(&mut replaced, true) {
            // One sign for a whole run: the pieces of an emoji, a word in a foreign script.
            cleaned.push(replacement);
        }
    }
    cleaned
}

/// Controls, marks of direction, joiners, selectors, tags, and what is for private use or for nobody.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{180b}'..='\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{fffe}'..='\u{ffff}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{1f3fb}'..='\u{1f3ff}'
                | '\u{e0000}'..='\u{10ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> String {
        clean(text, |c| ('\u{20}'..='\u{52f}').contains(&c), '?')
    }

    #[test]
    fn kazakh_letters_stay_as_they_are() {
        let text = "Әбілқасым Ғалымжанұлы Құрманғазы, Ңөұүһі №";
        assert_eq!(clean(text, |_| true, '?'), text);
    }

    #[test]
    fn what_cannot_be_seen_goes() {
        assert_eq!(
            cleaned("a\u{0}b\u{7}c\u{202e}d\u{200b}e\u{feff}f"),
            "abcdef"
        );
        assert_eq!(cleaned("  a \t\r\n b  "), "a b");
        assert_eq!(cleaned("\u{202e}\u{2066}"), "");
    }

    #[test]
    fn what_the_typeface_lacks_is_one_sign_for_each_run() {
        assert_eq!(
            cleaned("א ב and 👩\u{200d}👩\u{200d}👧 and 漢字"),
            "? ? and ? and ?"
        );
    }

    #[test]
    fn a_tower_of_marks_is_two_marks() {
        let tower = format!("q{}w", "\u{327}".repeat(40));
        assert_eq!(cleaned(&tower), "q\u{327}\u{327}w");
        assert_eq!(cleaned("\u{301}\u{301}a"), "a");
    }

    #[test]
    fn a_text_has_an_end() {
        let long = "Ж".repeat(100_000);
        assert_eq!(cleaned(&long).chars().count(), LONGEST + 1);
    }
}
