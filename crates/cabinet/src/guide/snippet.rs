//! The part of a text that answers a question, with the words that were asked for marked.

use serde::Serialize;
use tanba_model::help::HelpQuery;

/// Letters of an answer at most.
const LONGEST: usize = 220;

/// Words of an answer. They are data, not markup: whoever shows them escapes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// Whether it was asked for.
    pub(crate) marked: bool,
}

/// The line in which most of what was asked for stands, the first of them; cut to a length that is read at a glance.
pub(crate) fn snippet(lines: &[String], query: &HelpQuery) -> Vec<Piece> {
    let score = |line: &String| {
        let mut words: Vec<&str> = words(line).filter(|word| query.matches(word)).collect();
        words.sort_unstable();
        words.dedup();
        words.len()
    };
    // The first of equals: `max_by_key` takes the last one.
    let best = lines.iter().rev().max_by_key(|line| score(line));
    best.map_or_else(Vec::new, |line| pieces(line, query))
}

fn pieces(line: &str, query: &HelpQuery) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut length = 0;
    for (place, word) in line.split(' ').enumerate() {
        length += word.chars().count() + 1;
        if length > LONGEST {
            add(&mut pieces, " …", false);
            break;
        }
        if place > 0 {
            add(&mut pieces, " ", false);
        }
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        if core.is_empty() || !query.matches(core) {
            add(&mut pieces, word, false);
            continue;
        }
        let (before, after) = word.split_once(core).unwrap_or(("", ""));
        add(&mut pieces, before, false);
        add(&mut pieces, core, true);
        add(&mut pieces, after, false);
    }
    pieces
}

fn add(pieces: &mut Vec<Piece>, text: &str, marked: bool) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some(last) if last.marked == marked => last.text.push_str(text),
        _ => pieces.push(Piece {
            text: text.to_owned(),
            marked,
        }),
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(' ')
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use tanba_model::language::Language;

    use super::*;

    #[test]
    fn the_best_line_is_shown_with_its_words_marked() {
        let lines = [
            "Кілт туралы.".to_owned(),
            "«Құпиясөзді» ұмытсаңыз, <b>кілтті</b> кері шақырыңыз.".to_owned(),
        ];
        let query = HelpQuery::parse(Language::Kk, "купиясозимди умыттым").unwrap();
        let found = snippet(&lines, &query);
        let marked: Vec<&str> = found
            .iter()
            .filter(|piece| piece.marked)
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(marked, ["Құпиясөзді", "ұмытсаңыз"]);
        let whole: String = found.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, lines[1]);
    }

    #[test]
    fn a_long_line_is_cut() {
        let query = HelpQuery::parse(Language::En, "key").unwrap();
        let found = snippet(&["key word ".repeat(200)], &query);
        let whole: String = found.iter().map(|piece| piece.text.as_str()).collect();
        assert!(whole.chars().count() <= LONGEST + 2, "{whole}");
        assert!(whole.ends_with('…'));
    }
}
