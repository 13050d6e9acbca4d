//! A text of others as lines that can be seen: what would push the rest out of sight is told in words, and letters that show
//! as nothing, or make a text look like another, are shown as what they are not supposed to be.

use tanba_model::unseen::is_ignorable;

/// Empty lines one after the other, and blanks in one line, that a text may have without being told.
const EMPTY_LINES: usize = 2;
const BLANKS: usize = 40;
/// Rows that are read at a glance, and the letters that each of them has at least in the smallest window.
const ROWS: usize = 12;
const ROW: usize = 60;
/// In place of a letter that cannot be seen.
const UNSEEN: char = '\u{fffd}';

/// What is told in words instead of being shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Lines with nothing in them.
    Lines(usize),
    /// Blanks of whatever width.
    Blanks(usize),
}

/// Whether a letter shows as nothing, or turns the direction of those around it: what Unicode calls ignorable, ends of lines
/// that are no controls, the empty Braille pattern, and marks of annotations. Controls are the caller's.
pub(crate) const fn is_unseen(letter: char) -> bool {
    is_ignorable(letter)
        || matches!(
            letter,
            '\u{2028}' | '\u{2029}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}'
        )
}

/// A text of one line without what a terminal or a window acts on.
pub(crate) fn clean(text: &str) -> String {
    let seen = |letter: char| !letter.is_control() && !is_unseen(letter);
    text.chars()
        .map(|letter| if seen(letter) { letter } else { UNSEEN })
        .collect()
}

/// The lines of a text, with gaps in these words.
pub(crate) fn lines(text: &str, mut words: impl FnMut(Gap) -> String) -> Vec<String> {
    let mut shown = Vec::new();
    let mut empty = 0_usize;
    for line in text.lines().map(Some).chain([None]) {
        if line.is_some_and(|line| line.trim().is_empty()) {
            empty += 1;
            continue;
        }
        if empty > EMPTY_LINES {
            shown.push(words(Gap::Lines(empty)));
        } else {
            shown.extend(std::iter::repeat_n(String::new(), empty));
        }
        empty = 0;
        shown.extend(line.map(|line| written(line, &mut words)));
    }
    shown
}

fn written(line: &str, words: &mut impl FnMut(Gap) -> String) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (blank, after) = rest.split_at(rest.len() - rest.trim_start().len());
        match blank.chars().count() {
            count if count > BLANKS => shown.push_str(&words(Gap::Blanks(count))),
            _ => shown.push_str(&clean(&blank.replace('\t', "    "))),
        }
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let (word, left) = after.split_at(end);
        shown.push_str(&clean(word));
        rest = left;
    }
    shown
}

/// Whether a text is seen whole at a glance: few rows, no gaps, and no letter that cannot be seen.
pub(crate) fn is_plain(text: &str) -> bool {
    let mut has_gaps = false;
    let lines = lines(text, |_| {
        has_gaps = true;
        String::new()
    });
    let rows = |line: &String| line.chars().count().div_ceil(ROW).max(1);
    let is_short = lines.iter().map(rows).sum::<usize>() <= ROWS;
    is_short && !has_gaps && !lines.iter().any(|line| line.contains(UNSEEN))
}

#[cfg(test)]
mod tests {
    use super::{Gap, clean, is_plain, lines};

    fn told(text: &str) -> Vec<String> {
        lines(text, |gap| match gap {
            Gap::Lines(count) => format!("[{count} lines]"),
            Gap::Blanks(count) => format!("[{count} blanks]"),
        })
    }

    #[test]
    fn what_pushes_the_rest_out_of_sight_is_told() {
        assert_eq!(told("a\r\n\n \n\tb  c\n"), ["a", "", "", "    b  c"]);
        let far = format!("Log in{}I owe", "\n".repeat(2001));
        assert_eq!(told(&far), ["Log in", "[2000 lines]", "I owe"]);
        // Lines of blanks are as empty as any other.
        assert_eq!(told("a\n \n\u{3000}\n\t\nb"), ["a", "[3 lines]", "b"]);
        assert_eq!(told("a\n\n\n\n"), ["a", "[3 lines]"]);
        let wide = format!("a{}b", "\u{2003} \t".repeat(20));
        assert_eq!(told(&wide), ["a[60 blanks]b"]);
        for hidden in [far, wide] {
            assert!(!is_plain(&hidden), "{hidden}");
        }
    }

    #[test]
    fn letters_that_show_as_nothing_show_as_something() {
        for letter in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{180e}',
            '\u{200b}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2060}',
            '\u{2064}',
            '\u{2066}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{fffb}',
            '\u{e0000}',
            '\u{e0061}',
            '\u{e007f}',
            '\u{1b}',
        ] {
            let text = format!("a{letter}b");
            assert_eq!(clean(&text), "a\u{fffd}b", "{letter:?}");
            assert_eq!(told(&text).concat(), "a\u{fffd}b", "{letter:?}");
            assert!(!is_plain(&text), "{letter:?}");
        }
        assert_eq!(clean("Әліппе №1 – «ё» ї"), "Әліппе №1 – «ё» ї");
    }

    #[test]
    fn a_glance_takes_in_twelve_rows() {
        assert!(is_plain("<login>\n\n  <ticket>1</ticket>\n</login>\n"));
        assert!(is_plain(&"a\n".repeat(12)) && !is_plain(&"a\n".repeat(13)));
        assert!(is_plain(&"a".repeat(720)) && !is_plain(&"a".repeat(721)));
    }
}
