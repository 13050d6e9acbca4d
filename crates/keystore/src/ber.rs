//! A reader of BER that knows where it is (X.690).
//!
//! Key stores mix DER with indefinite lengths and octet strings in pieces, and a person is told at which offset
//! a file is damaged. So nothing is converted first: elements are slices of the input, each with its offset.

use std::borrow::Cow;

use der::asn1::ObjectIdentifier;

use crate::KeyStoreError;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
const CONSTRUCTED: u8 = 0x20;

/// Levels of elements inside elements that are followed.
const MAX_DEPTH: u8 = 40;

/// Context-specific constructed tag.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Context-specific primitive tag.
pub(crate) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// Where octets come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin {
    /// They are a slice of the file that begins at this offset.
    At(usize),
    /// They were joined or decrypted out of the element at this offset.
    Within(usize),
}

impl Origin {
    /// Offset in the file that stands for `position` in the octets.
    pub(crate) const fn offset(self, position: usize) -> usize {
        match self {
            Self::At(start) => start.saturating_add(position),
            Self::Within(offset) => offset,
        }
    }

    const fn advance(self, position: usize) -> Self {
        match self {
            Self::At(start) => Self::At(start.saturating_add(position)),
            Self::Within(offset) => Self::Within(offset),
        }
    }
}

/// Elements one after another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    origin: Origin,
    depth: u8,
}

/// One element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    /// Identifier octet; for large tag numbers only the first one.
    pub(crate) tag: u8,
    /// What is inside, without the end-of-contents octets.
    pub(crate) contents: &'a [u8],
    /// The element with its header and end.
    pub(crate) whole: &'a [u8],
    /// Offset in the file.
    pub(crate) offset: usize,
    origin: Origin,
    depth: u8,
}

struct Header {
    tag: u8,
    length: Option<usize>,
    size: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8], origin: Origin) -> Self {
        Self {
            bytes,
            position: 0,
            origin,
            depth: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.position >= self.bytes.len()
    }

    /// The error for what stands at the current position.
    pub(crate) const fn damaged(&self) -> KeyStoreError {
        KeyStoreError::Damaged {
            offset: self.origin.offset(self.position),
        }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    /// The next element, or nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Element<'a>>, KeyStoreError> {
        if self.is_empty() {
            return Ok(None);
        }
        let element = self.element().ok_or_else(|| self.damaged())?;
        self.position += element.whole.len();
        Ok(Some(element))
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'a>, KeyStoreError> {
        if self.peek() != Some(tag) {
            return Err(self.damaged());
        }
        self.next()?.ok_or_else(|| self.damaged())
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, KeyStoreError> {
        if self.peek() == Some(tag) {
            self.next()
        } else {
            Ok(None)
        }
    }

    /// An `OBJECT IDENTIFIER`.
    pub(crate) fn oid(&mut self) -> Result<ObjectIdentifier, KeyStoreError> {
        let element = self.expect(OID)?;
        ObjectIdentifier::from_bytes(element.contents).map_err(|_| element.damaged())
    }

    /// An `INTEGER` from 0 to 2³²-1.
    pub(crate) fn unsigned(&mut self) -> Result<u32, KeyStoreError> {
        let element = self.expect(INTEGER)?;
        element.unsigned().ok_or_else(|| element.damaged())
    }

    /// An `OCTET STRING`, joined if it comes in pieces.
    pub(crate) fn octet_string(&mut self) -> Result<Element<'a>, KeyStoreError> {
        if self.peek() == Some(OCTET_STRING | CONSTRUCTED) {
            return self.expect(OCTET_STRING | CONSTRUCTED);
        }
        self.expect(OCTET_STRING)
    }

    fn element(&self) -> Option<Element<'a>> {
        let rest = self.bytes.get(self.position..)?;
        let header = header(rest)?;
        let body = rest.get(header.size..)?;
        let (contents, end) = match header.length {
            Some(length) => (body.get(..length)?, 0),
            None => (body.get(..indefinite_length(body)?)?, 2),
        };
        let whole = rest.get(..header.size + contents.len() + end)?;
        Some(Element {
            tag: header.tag,
            contents,
            whole,
            offset: self.origin.offset(self.position),
            origin: self.origin.advance(self.position + header.size),
            depth: self.depth,
        })
    }
}

impl<'a> Element<'a> {
    /// The error for this element.
    pub(crate) const fn damaged(&self) -> KeyStoreError {
        KeyStoreError::Damaged {
            offset: self.offset,
        }
    }

    /// The elements inside.
    pub(crate) fn inside(&self) -> Result<Reader<'a>, KeyStoreError> {
        if self.tag & CONSTRUCTED == 0 || self.depth >= MAX_DEPTH {
            return Err(self.damaged());
        }
        Ok(Reader {
            bytes: self.contents,
            position: 0,
            origin: self.origin,
            depth: self.depth + 1,
        })
    }

    /// Whether this element begins with the tag of a constructed one.
    pub(crate) const fn is_constructed(&self) -> bool {
        self.tag & CONSTRUCTED != 0
    }

    /// The octets of a string, whatever its outer tag, joined if it comes in pieces; and where they come from.
    pub(crate) fn octets(&self) -> Result<(Cow<'a, [u8]>, Origin), KeyStoreError> {
        if !self.is_constructed() {
            return Ok((Cow::Borrowed(self.contents), self.origin));
        }
        let mut joined = Vec::with_capacity(self.contents.len());
        self.join(&mut joined)?;
        Ok((Cow::Owned(joined), Origin::Within(self.offset)))
    }

    fn join(&self, joined: &mut Vec<u8>) -> Result<(), KeyStoreError> {
        let mut pieces = self.inside()?;
        while !pieces.is_empty() {
            let piece = pieces.octet_string()?;
            if piece.is_constructed() {
                piece.join(joined)?;
            } else {
                joined.extend_from_slice(piece.contents);
            }
        }
        Ok(())
    }

    /// The value of an `INTEGER` from 0 to 2³²-1.
    fn unsigned(&self) -> Option<u32> {
        let first = self.contents.first()?;
        if *first >= 0x80 {
            return None;
        }
        self.contents.iter().try_fold(0_u32, |sum, octet| {
            sum.checked_mul(256)?.checked_add(u32::from(*octet))
        })
    }
}

fn header(bytes: &[u8]) -> Option<Header> {
    let tag = *bytes.first()?;
    let mut size = 1;
    if tag & 0x1f == 0x1f {
        while *bytes.get(size)? & 0x80 != 0 {
            size += 1;
        }
        size += 1;
        if size > 6 {
            return None;
        }
    }
    let first = *bytes.get(size)?;
    size += 1;
    let length = match first {
        0x80 if tag & CONSTRUCTED != 0 => None,
        0x00..0x80 => Some(usize::from(first)),
        0x81..=0x88 => {
            let digits = usize::from(first & 0x7f);
            let octets = bytes.get(size..size + digits)?;
            size += digits;
            Some(octets.iter().try_fold(0_usize, |sum, octet| {
                sum.checked_mul(256)?.checked_add(usize::from(*octet))
            })?)
        }
        _ => return None,
    };
    // Tag 0 is the end-of-contents mark, which is not an element.
    (tag != 0).then_some(Header { tag, length, size })
}

/// Length of the contents of an element of indefinite length, up to its end-of-contents octets.
///
/// Walks without recursion: what lies inside an element of definite length is not looked at.
fn indefinite_length(body: &[u8]) -> Option<usize> {
    let mut position = 0_usize;
    let mut open = 1_u8;
    loop {
        let rest = body.get(position..)?;
        if let [0, 0, ..] = rest {
            open -= 1;
            if open == 0 {
                return Some(position);
            }
            position += 2;
            continue;
        }
        let header = header(rest)?;
        position = position.checked_add(header.size)?;
        match header.length {
            Some(length) => position = position.checked_add(length)?,
            None if open < MAX_DEPTH => open += 1,
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{INTEGER, OCTET_STRING, Origin, Reader, SEQUENCE};
    use crate::KeyStoreError;

    fn reader(bytes: &[u8]) -> Reader<'_> {
        Reader::new(bytes, Origin::At(100))
    }

    fn offset<T: std::fmt::Debug>(result: Result<T, KeyStoreError>) -> usize {
        match result {
            Err(KeyStoreError::Damaged { offset }) => offset,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn indefinite_lengths_and_pieces_are_read_as_one() {
        let bytes = [
            0x30, 0x80, 0x24, 0x80, 4, 2, 1, 2, 0x24, 3, 4, 1, 3, 4, 0, 0, 0, 2, 1, 5, 0, 0, 0xff,
        ];
        let mut outer = reader(&bytes);
        let sequence = outer.expect(SEQUENCE).unwrap();
        assert_eq!(sequence.whole.len(), bytes.len() - 1);
        let mut inside = sequence.inside().unwrap();
        let string = inside.octet_string().unwrap();
        assert_eq!(string.offset, 102);
        assert_eq!(string.octets().unwrap().0.as_ref(), [1, 2, 3]);
        assert_eq!(inside.unsigned().unwrap(), 5);
        assert!(inside.is_empty());
    }

    #[test]
    fn damage_is_found_where_it_is() {
        assert_eq!(offset(reader(&[0x30, 3, 2, 1]).next()), 100);
        assert_eq!(offset(reader(&[0x30, 0x80, 2, 1, 1]).next()), 100);
        assert_eq!(offset(reader(&[4, 0x80, 0, 0]).next()), 100);
        assert_eq!(offset(reader(&[4, 0xff, 0, 0]).next()), 100);
        let bytes = [0x30, 4, 2, 1, 5, 4];
        let mut inside = reader(&bytes).expect(SEQUENCE).unwrap().inside().unwrap();
        inside.expect(INTEGER).unwrap();
        assert_eq!(offset(inside.next()), 105);
        let mixed = [0x24, 3, 2, 1, 1];
        assert_eq!(offset(reader(&mixed).octet_string().unwrap().octets()), 102);
    }

    #[test]
    fn numbers_are_bounded() {
        assert_eq!(
            reader(&[2, 5, 0, 0xff, 0xff, 0xff, 0xff])
                .unsigned()
                .unwrap(),
            u32::MAX
        );
        assert_eq!(offset(reader(&[2, 5, 1, 0, 0, 0, 0]).unsigned()), 100);
        assert_eq!(offset(reader(&[2, 1, 0x80]).unsigned()), 100);
        assert_eq!(offset(reader(&[2, 0]).unsigned()), 100);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = [0x30, 0x80].repeat(200_000);
        assert_eq!(offset(reader(&deep).next()), 100);
        let mut bytes = vec![4, 0];
        for _ in 0..60 {
            let length = u8::try_from(bytes.len()).unwrap();
            let mut outer = vec![0x24];
            if length >= 0x80 {
                outer.push(0x81);
            }
            outer.push(length);
            outer.append(&mut bytes);
            bytes = outer;
        }
        assert!(reader(&bytes).octet_string().unwrap().octets().is_err());
        assert!(reader(&bytes).expect(OCTET_STRING).is_err());
    }
}
