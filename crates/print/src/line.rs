//! Lines of glyphs: shaping, and where a text may be broken.

use std::ops::Range;

use rustybuzz::{Direction, Face, UnicodeBuffer};

/// A glyph at its place; lengths in parts of the font size.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) id: u32,
    pub(crate) advance: f32,
    pub(crate) x_offset: f32,
    pub(crate) y_offset: f32,
    /// The octets of the text that it shows.
    pub(crate) range: Range<usize>,
}

/// One line of text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) glyphs: Vec<Glyph>,
    /// In parts of the font size.
    pub(crate) width: f32,
}

impl Line {
    /// Shapes a text that is on one line, left to right: letters of other directions were replaced before.
    pub(crate) fn of(face: &Face<'_>, text: &str) -> Self {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let shaped = rustybuzz::shape(face, &[], buffer);
        let em = 1.0 / narrow(face.units_per_em());
        let starts: Vec<usize> = shaped
            .glyph_infos()
            .iter()
            .map(|info| usize::try_from(info.cluster).unwrap_or(text.len()))
            .collect();
        let mut glyphs = Vec::with_capacity(starts.len());
        let mut width = 0.0;
        for (place, (info, position)) in shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .enumerate()
        {
            let start = starts.get(place).copied().unwrap_or(text.len());
            let later = starts.get(place..).unwrap_or_default();
            let end = later
                .iter()
                .copied()
                .find(|next| *next > start)
                .unwrap_or(text.len());
            let advance = narrow(position.x_advance) * em;
            width += advance;
            glyphs.push(Glyph {
                id: info.glyph_id,
                advance,
                x_offset: narrow(position.x_offset) * em,
                y_offset: narrow(position.y_offset) * em,
                range: start..end,
            });
        }
        Self {
            text: text.to_owned(),
            glyphs,
            width,
        }
    }

    /// Breaks a text into lines no wider than `width`, in parts of the font size. A word that is wider than a line is
    /// broken where the line ends.
    pub(crate) fn broken(face: &Face<'_>, text: &str, width: f32) -> Vec<Self> {
        let space = Self::of(face, " ").width;
        let mut lines: Vec<Self> = Vec::new();
        let mut current = String::new();
        let mut used = 0.0;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let mut word = word;
            let mut measure = Self::of(face, word).width;
            if !current.is_empty() && used + space + measure > width {
                lines.push(Self::of(face, &std::mem::take(&mut current)));
            }
            while current.is_empty() && measure > width {
                let (start, rest) = word.split_at(longest_start(face, word, width));
                lines.push(Self::of(face, start));
                word = rest;
                measure = Self::of(face, word).width;
            }
            if word.is_empty() {
                continue;
            }
            if current.is_empty() {
                used = measure;
            } else {
                current.push(' ');
                used += space + measure;
            }
            current.push_str(word);
        }
        if !current.is_empty() {
            lines.push(Self::of(face, &current));
        }
        lines
    }
}

/// The octets of the longest start of a word that fits; one letter with its marks at least.
fn longest_start(face: &Face<'_>, word: &str, width: f32) -> usize {
    let line = Line::of(face, word);
    let mut used = 0.0;
    let mut end = 0;
    for glyph in &line.glyphs {
        used += glyph.advance;
        if used > width && end > 0 {
            break;
        }
        // After a cluster a break is fine, inside of it is not.
        end = glyph.range.end;
    }
    if end == 0 || !word.is_char_boundary(end) {
        word.chars().next().map_or(word.len(), char::len_utf8)
    } else {
        end
    }
}

/// Font units are small numbers, which a float holds exactly.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "font units are below 2^24"
)]
pub(crate) const fn narrow(units: i32) -> f32 {
    units as f32
}
