//! The end of a PDF that was just written here: where its objects are (ISO 32000-1, 7.5). Reads plain cross-reference
//! tables only, which is what the writer makes; anything else is refused, not guessed at.

use std::collections::BTreeMap;

/// The cross-reference table and the trailer of a file.
#[derive(Debug)]
pub(crate) struct Tail<'a> {
    file: &'a [u8],
    offsets: BTreeMap<u32, usize>,
    trailer: &'a str,
    /// Where the table begins.
    pub(crate) start: usize,
}

impl<'a> Tail<'a> {
    pub(crate) fn read(file: &'a [u8]) -> Option<Self> {
        let end = text_of(file, last(file, b"startxref")?..file.len())?;
        let start: usize = end.split_ascii_whitespace().nth(1)?.parse().ok()?;
        let trailer_at = last(file, b"trailer")?;
        let table = text_of(file, start..trailer_at)?;
        let trailer = text_of(file, trailer_at..last(file, b"startxref")?)?;
        Some(Self {
            file,
            offsets: offsets(table)?,
            trailer,
            start,
        })
    }

    /// The number of objects, the free one included.
    pub(crate) fn size(&self) -> Option<u32> {
        let rest = value(self.trailer, "/Size")?;
        rest.split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()
    }

    /// The object that the trailer's entry refers to.
    pub(crate) fn reference(&self, key: &str) -> Option<u32> {
        reference(value(self.trailer, key)?)
    }

    /// The file identifier as it is written, brackets included.
    pub(crate) fn identifier(&self) -> Option<&'a str> {
        let at = self.trailer.find("/ID")?;
        let rest = self.trailer.get(at + 3..)?.trim_start();
        // Hexadecimal or literal, both without brackets inside as the writer makes them.
        rest.get(..=rest.find(']')?)
    }

    /// The inside of a dictionary object, without its outer `<<` and `>>`.
    pub(crate) fn dictionary(&self, number: u32) -> Option<&'a str> {
        let at = *self.offsets.get(&number)?;
        let rest = self.file.get(at..)?;
        let end = find(rest, b"endobj")?;
        let object = text_of(self.file, at..at + end)?;
        let head = format!("{number} 0 obj");
        let body = object.trim_start().strip_prefix(head.as_str())?.trim();
        body.strip_prefix("<<")?.strip_suffix(">>")
    }

    /// The object number of the first page below a node of the page tree.
    pub(crate) fn first_page(&self, node: u32) -> Option<u32> {
        let mut node = node;
        // A tree of a thousand levels is no tree of ours.
        for _ in 0..1000 {
            let dictionary = self.dictionary(node)?;
            let Some(kids) = value(dictionary, "/Kids") else {
                return Some(node);
            };
            node = reference(kids.strip_prefix('[')?)?;
        }
        None
    }
}

/// What follows a key of a dictionary; the key is followed by something that cannot be part of it.
pub(crate) fn value<'a>(dictionary: &'a str, key: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let rest = dictionary.get(from..)?;
        let at = rest.find(key)?;
        let after = rest.get(at + key.len()..)?;
        if !after.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Some(after.trim_start());
        }
        from += at + key.len();
    }
}

/// `12 0 R` as 12.
pub(crate) fn reference(text: &str) -> Option<u32> {
    let mut words = text.split_ascii_whitespace();
    let number = words.next()?.parse().ok()?;
    (words.next()? == "0" && words.next()?.starts_with('R')).then_some(number)
}

/// The offsets of the objects in use.
fn offsets(table: &str) -> Option<BTreeMap<u32, usize>> {
    let mut lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    if lines.next()? != "xref" {
        return None;
    }
    let mut offsets = BTreeMap::new();
    let mut next = 0_u32;
    for line in lines {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            [first, _count] => next = first.parse().ok()?,
            [offset, _generation, kind] => {
                if *kind == "n" {
                    let _ = offsets.insert(next, offset.parse().ok()?);
                }
                next = next.checked_add(1)?;
            }
            _ => return None,
        }
    }
    Some(offsets)
}

fn text_of(file: &[u8], range: std::ops::Range<usize>) -> Option<&str> {
    std::str::from_utf8(file.get(range)?).ok()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

fn last(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .rposition(|window| window == needle)
}
