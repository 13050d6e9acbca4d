//! Slices of DER.

use der::Decode;
use tanba_crypto::ObjectIdentifier;

use super::{Malformed, tag};
use crate::Timestamp;

/// One value: tag, content, and the whole with its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// What is inside.
    pub content: &'a [u8],
    /// Identifier, length and content as they stand in the input.
    pub der: &'a [u8],
}

/// Values one after another, definite lengths in the fewest octets, tag numbers below 31.
///
/// Each step names the structure for the error it may give.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    structure: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads `input`, called `structure` in errors.
    #[must_use]
    pub const fn new(input: &'a [u8], structure: &'static str) -> Self {
        Self {
            rest: input,
            structure,
        }
    }

    /// The error of this structure.
    #[must_use]
    pub const fn malformed(&self) -> Malformed {
        Malformed::new(self.structure)
    }

    /// Whether everything was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What was not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The tag of the next value.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value, whatever it is.
    ///
    /// # Errors
    /// [`Malformed`] when the input ends early or the header is not DER.
    pub fn next_value(&mut self) -> Result<Value<'a>, Malformed> {
        let value = split(self.rest).ok_or(self.malformed())?;
        self.rest = self.rest.get(value.der.len()..).unwrap_or_default();
        Ok(value)
    }

    /// The content of the next value, which must have this tag.
    ///
    /// # Errors
    /// [`Malformed`] when it has another.
    pub fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        self.expect_value(tag).map(|value| value.content)
    }

    /// The next value, which must have this tag.
    ///
    /// # Errors
    /// [`Malformed`] when it has another.
    pub fn expect_value(&mut self, tag: u8) -> Result<Value<'a>, Malformed> {
        let value = self.next_value()?;
        if value.tag == tag {
            Ok(value)
        } else {
            Err(self.malformed())
        }
    }

    /// The next value if it has this tag.
    ///
    /// # Errors
    /// [`Malformed`] when it has the tag and is not DER.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>, Malformed> {
        if self.peek() == Some(tag) {
            self.next_value().map(Some)
        } else {
            Ok(None)
        }
    }

    /// A reader of the next value's content, which must be a SEQUENCE.
    ///
    /// # Errors
    /// [`Malformed`] when it is not.
    pub fn sequence(&mut self) -> Result<Self, Malformed> {
        self.inside(tag::SEQUENCE)
    }

    /// A reader of the content of the next value, which must have this tag.
    ///
    /// # Errors
    /// [`Malformed`] when it has another.
    pub fn inside(&mut self, tag: u8) -> Result<Self, Malformed> {
        let structure = self.structure;
        self.expect(tag)
            .map(|content| Self::new(content, structure))
    }

    /// OBJECT IDENTIFIER
    ///
    /// # Errors
    /// [`Malformed`] when it is not, or is longer than any in use.
    pub fn oid(&mut self) -> Result<ObjectIdentifier, Malformed> {
        let value = self.expect_value(tag::OID)?;
        ObjectIdentifier::from_der(value.der).map_err(|_| self.malformed())
    }

    /// BOOLEAN: 00 or FF.
    ///
    /// # Errors
    /// [`Malformed`] when it is not.
    pub fn boolean(&mut self) -> Result<bool, Malformed> {
        match self.expect(tag::BOOLEAN)? {
            [0x00] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(self.malformed()),
        }
    }

    /// The content of an INTEGER in the fewest octets, sign octet included.
    ///
    /// # Errors
    /// [`Malformed`] when it is not.
    pub fn integer_bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let content = self.expect(tag::INTEGER)?;
        match content {
            [] => Err(self.malformed()),
            [0x00, second, ..] if *second < 0x80 => Err(self.malformed()),
            [0xff, second, ..] if *second >= 0x80 => Err(self.malformed()),
            _ => Ok(content),
        }
    }

    /// An INTEGER from 0 to 2⁶⁴−1.
    ///
    /// # Errors
    /// [`Malformed`] when it is not.
    pub fn integer(&mut self) -> Result<u64, Malformed> {
        let content = self.integer_bytes()?;
        if content.first().is_some_and(|first| *first >= 0x80) {
            return Err(self.malformed());
        }
        content
            .iter()
            .try_fold(0_u64, |number, octet| {
                Some(number.checked_mul(256)? | u64::from(*octet))
            })
            .ok_or(self.malformed())
    }

    /// The content of a BIT STRING of whole octets.
    ///
    /// # Errors
    /// [`Malformed`] when it is not.
    pub fn bit_string(&mut self) -> Result<&'a [u8], Malformed> {
        match self.expect(tag::BIT_STRING)?.split_first() {
            Some((0, octets)) => Ok(octets),
            _ => Err(self.malformed()),
        }
    }

    /// The first sixteen named bits of a BIT STRING, bit 0 most significant.
    ///
    /// # Errors
    /// [`Malformed`] when it is not one, or bits that are not used are set.
    pub fn named_bits(&mut self) -> Result<u16, Malformed> {
        let content = self.expect(tag::BIT_STRING)?;
        named_bits(content).ok_or(self.malformed())
    }

    /// UTCTime or GeneralizedTime, with seconds, in UTC, without fraction (RFC 5280, 4.1.2.5).
    ///
    /// # Errors
    /// [`Malformed`] when it is not.
    pub fn time(&mut self) -> Result<Timestamp, Malformed> {
        let value = self.next_value()?;
        Timestamp::from_der_value(value.tag, value.content).ok_or(self.malformed())
    }

    /// Makes sure that everything was read.
    ///
    /// # Errors
    /// [`Malformed`] when something is left.
    pub const fn finish(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.malformed())
        }
    }
}

/// A reader of the content of `input`, which must be one SEQUENCE and nothing more.
///
/// # Errors
/// [`Malformed`] when it is not.
pub fn parse_all<'a>(input: &'a [u8], structure: &'static str) -> Result<Reader<'a>, Malformed> {
    let mut outer = Reader::new(input, structure);
    let inner = outer.sequence()?;
    outer.finish()?;
    Ok(inner)
}

fn split(input: &[u8]) -> Option<Value<'_>> {
    let (&tag, rest) = input.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    let (length, header) = if first < 0x80 {
        (usize::from(first), 2_usize)
    } else {
        let count = usize::from(first & 0x7f);
        // 0x80 is the indefinite length of BER; nobody needs more than four octets.
        if !(1..=4).contains(&count) {
            return None;
        }
        let octets = rest.get(..count)?;
        if octets.first() == Some(&0) {
            return None;
        }
        let length = octets
            .iter()
            .fold(0_usize, |length, octet| (length << 8) | usize::from(*octet));
        if length < 0x80 {
            return None;
        }
        (length, count.checked_add(2)?)
    };
    let end = header.checked_add(length)?;
    let der = input.get(..end)?;
    Some(Value {
        tag,
        content: der.get(header..)?,
        der,
    })
}

fn named_bits(content: &[u8]) -> Option<u16> {
    let (&unused, octets) = content.split_first()?;
    if unused > 7 || (octets.is_empty() && unused != 0) {
        return None;
    }
    let last = octets.last().copied().unwrap_or(0);
    if u32::from(unused) > last.trailing_zeros() && !octets.is_empty() {
        return None;
    }
    let first = u16::from(octets.first().copied().unwrap_or(0));
    let second = u16::from(octets.get(1).copied().unwrap_or(0));
    Some((first << 8) | second)
}

#[cfg(test)]
mod tests {
    use super::{Reader, parse_all};

    fn reader(input: &[u8]) -> Reader<'_> {
        Reader::new(input, "test")
    }

    #[test]
    fn lengths_that_are_not_der_are_refused() {
        for input in [
            &[4, 0x81, 1, 0][..],
            &[0x30, 0x80, 0, 0],
            &[4, 2, 0],
            &[4],
            &[0x1f, 0x81, 1, 0],
            &[4, 0x82, 0, 128],
        ] {
            assert!(reader(input).next_value().is_err(), "{input:02x?}");
        }
    }

    #[test]
    fn numbers_in_too_many_octets_are_refused() {
        assert_eq!(reader(&[2, 2, 0, 0x80]).integer(), Ok(128));
        assert!(reader(&[2, 2, 0, 0x7f]).integer().is_err());
        assert!(reader(&[2, 0]).integer().is_err());
        assert!(reader(&[2, 1, 0x80]).integer().is_err());
    }

    #[test]
    fn unused_bits_must_be_zero() {
        assert_eq!(reader(&[3, 2, 6, 0xc0]).named_bits(), Ok(0xc000));
        assert!(reader(&[3, 2, 7, 0xc0]).named_bits().is_err());
        assert!(reader(&[3, 1, 1]).named_bits().is_err());
    }

    #[test]
    fn nothing_may_follow_the_sequence() {
        assert!(parse_all(&[0x30, 0], "test").is_ok());
        assert!(parse_all(&[0x30, 0, 0], "test").is_err());
    }
}
