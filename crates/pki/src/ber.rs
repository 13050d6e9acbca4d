//! BER in, DER out: what streaming writers produce becomes what strict readers accept.
//!
//! Indefinite lengths become definite, lengths become as short as possible, strings in pieces are joined
//! (X.690, 8.1.3.6, 8.7.3). Nothing else is touched: members of sets keep their order and values keep their octets,
//! because signatures were made over them.

use std::borrow::Cow;

use crate::asn1::tag;

/// Bit of the identifier octet that marks a constructed encoding.
const CONSTRUCTED: u8 = 0x20;

/// What a hostile input may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Levels of elements inside elements.
    pub depth: u8,
    /// Octets of input.
    pub octets: usize,
}

impl Default for Limits {
    /// 32 levels and 64 MiB.
    fn default() -> Self {
        Self {
            depth: 32,
            octets: 64 * 1024 * 1024,
        }
    }
}

/// Why octets are not BER that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BerError {
    /// The input is longer than allowed.
    #[error("more than {0} octets")]
    TooLarge(usize),
    /// Elements lie inside elements deeper than allowed.
    #[error("more than {0} levels of nesting")]
    TooDeep(u8),
    /// The input ends in the middle of an element.
    #[error("the end is missing")]
    Truncated,
    /// The input is not BER; the offset of the element that breaks a rule.
    #[error("damaged at offset {0}")]
    Damaged(usize),
    /// There is something after the outermost element; its offset.
    #[error("something follows the end at offset {0}")]
    TrailingData(usize),
}

/// The one element in `input` with definite, shortest lengths and strings in one piece.
///
/// Input that already is so is borrowed, not copied.
///
/// # Errors
/// [`BerError`] says which rule or limit is broken.
pub fn to_der(input: &[u8], limits: Limits) -> Result<Cow<'_, [u8]>, BerError> {
    if input.len() > limits.octets {
        return Err(BerError::TooLarge(limits.octets));
    }
    let mut converter = Converter {
        input,
        at: 0,
        limits,
        out: Vec::new(),
    };
    if converter.is_definite(limits.depth)? {
        return Ok(Cow::Borrowed(input));
    }
    converter.at = 0;
    converter.out.reserve(input.len());
    converter.element(limits.depth)?;
    converter.end()?;
    Ok(Cow::Owned(converter.out))
}

struct Converter<'a> {
    input: &'a [u8],
    at: usize,
    limits: Limits,
    out: Vec<u8>,
}

/// Tag and length of one element, with where its contents begin.
struct Header {
    start: usize,
    first: u8,
    tag_end: usize,
    /// Length of the contents; none if indefinite.
    length: Option<usize>,
    contents: usize,
    shortest: bool,
}

impl Header {
    const fn is_constructed(&self) -> bool {
        self.first & CONSTRUCTED != 0
    }

    /// Universal string types, which BER may cut into pieces.
    const fn is_string(&self) -> bool {
        self.first & 0xc0 == 0 && matches!(self.first & 0x1f, 3 | 4 | 12 | 18..=30)
    }
}

impl Converter<'_> {
    /// Whether the outermost element needs no conversion; checks the structure down to `depth` on the way.
    fn is_definite(&mut self, depth: u8) -> Result<bool, BerError> {
        let header = self.header()?;
        let definite = header.length.is_some() && header.shortest;
        if !definite || (header.is_constructed() && header.is_string()) {
            return Ok(false);
        }
        let end = self.contents_end(&header)?;
        self.at = header.contents;
        if header.is_constructed() {
            let depth = self.deeper(depth)?;
            while self.at < end {
                if !self.is_definite(depth)? {
                    return Ok(false);
                }
            }
            if self.at != end {
                return Err(BerError::Damaged(header.start));
            }
        }
        self.at = end;
        if header.start == 0 {
            self.end()?;
        }
        Ok(true)
    }

    fn end(&self) -> Result<(), BerError> {
        if self.at < self.input.len() {
            return Err(BerError::TrailingData(self.at));
        }
        Ok(())
    }

    fn deeper(&self, depth: u8) -> Result<u8, BerError> {
        depth
            .checked_sub(1)
            .ok_or(BerError::TooDeep(self.limits.depth))
    }

    /// Converts the element at the current place.
    fn element(&mut self, depth: u8) -> Result<(), BerError> {
        let header = self.header()?;
        self.at = header.contents;
        let begin = self.out.len();
        let joins = header.is_constructed() && header.is_string();
        if joins {
            self.pieces(&header, depth)?;
        } else if header.is_constructed() {
            let depth = self.deeper(depth)?;
            while self.has_more(&header)? {
                self.element(depth)?;
            }
        } else {
            let end = self.contents_end(&header)?;
            self.copy(header.contents, end)?;
        }
        self.insert_header(&header, begin, joins)
    }

    /// Joins the pieces of a string, which may be in pieces themselves.
    fn pieces(&mut self, header: &Header, depth: u8) -> Result<(), BerError> {
        let depth = self.deeper(depth)?;
        let bits = header.first & 0x1f == tag::BIT_STRING;
        let begin = self.out.len();
        if bits {
            self.out.push(0);
        }
        while self.has_more(header)? {
            let piece = self.header()?;
            let damaged = BerError::Damaged(piece.start);
            if piece.first & !CONSTRUCTED != header.first & !CONSTRUCTED {
                return Err(damaged);
            }
            self.at = piece.contents;
            let piece_begin = self.out.len();
            if piece.is_constructed() {
                self.pieces(&piece, depth)?;
            } else {
                let end = self.contents_end(&piece)?;
                self.copy(piece.contents, end)?;
            }
            if bits {
                self.join_bits(begin, piece_begin).ok_or(damaged)?;
            }
        }
        Ok(())
    }

    /// Moves the count of unused bits of the piece at `piece` to the front; only the last piece may have any.
    fn join_bits(&mut self, begin: usize, piece: usize) -> Option<()> {
        if piece >= self.out.len() {
            return None;
        }
        let unused = self.out.remove(piece);
        let count = self.out.get_mut(begin)?;
        if *count != 0 || unused > 7 {
            return None;
        }
        *count = unused;
        Some(())
    }

    /// Whether a constructed element has another element inside; steps over the end-of-contents octets.
    fn has_more(&mut self, header: &Header) -> Result<bool, BerError> {
        if header.length.is_some() {
            let end = self.contents_end(header)?;
            if self.at > end {
                return Err(BerError::Damaged(header.start));
            }
            return Ok(self.at < end);
        }
        match self.input.get(self.at..) {
            Some([0, 0, ..]) => {
                self.at += 2;
                Ok(false)
            }
            Some([_, ..]) => Ok(true),
            _ => Err(BerError::Truncated),
        }
    }

    /// Puts tag and length in front of what was written since `begin`.
    fn insert_header(
        &mut self,
        header: &Header,
        begin: usize,
        joined: bool,
    ) -> Result<(), BerError> {
        let length = self.out.len() - begin;
        let tag = self
            .input
            .get(header.start..header.tag_end)
            .ok_or(BerError::Truncated)?;
        let form = if joined { CONSTRUCTED } else { 0 };
        let mut octets = vec![header.first & !form];
        octets.extend(tag.iter().skip(1));
        write_length(&mut octets, length);
        self.out.splice(begin..begin, octets);
        Ok(())
    }

    fn copy(&mut self, from: usize, to: usize) -> Result<(), BerError> {
        let contents = self.input.get(from..to).ok_or(BerError::Truncated)?;
        self.out.extend_from_slice(contents);
        self.at = to;
        Ok(())
    }

    fn contents_end(&self, header: &Header) -> Result<usize, BerError> {
        let length = header.length.ok_or(BerError::Damaged(header.start))?;
        header
            .contents
            .checked_add(length)
            .filter(|end| *end <= self.input.len())
            .ok_or(BerError::Truncated)
    }

    /// Reads tag and length at the current place without moving.
    fn header(&self) -> Result<Header, BerError> {
        let start = self.at;
        let octet = |at: usize| self.input.get(at).copied().ok_or(BerError::Truncated);
        let first = octet(start)?;
        let mut tag_end = start + 1;
        if first & 0x1f == 0x1f {
            while octet(tag_end)? & 0x80 != 0 {
                tag_end += 1;
            }
            tag_end += 1;
            if tag_end - start > 5 {
                return Err(BerError::Damaged(start));
            }
        }
        let length = octet(tag_end)?;
        let mut header = Header {
            start,
            first,
            tag_end,
            length: Some(usize::from(length)),
            contents: tag_end + 1,
            shortest: true,
        };
        // A tag of zero is the end-of-contents mark, which only belongs where `has_more` looks for it.
        if first == 0 || length == 0xff || (length == 0x80 && !header.is_constructed()) {
            return Err(BerError::Damaged(start));
        }
        if length == 0x80 {
            header.length = None;
        } else if length > 0x80 {
            let digits = usize::from(length & 0x7f);
            let mut sum = 0_usize;
            for at in 0..digits {
                sum = sum
                    .checked_mul(256)
                    .and_then(|sum| sum.checked_add(usize::from(octet(header.contents + at).ok()?)))
                    .ok_or(BerError::Truncated)?;
            }
            header.shortest = sum >= 0x80 && octet(header.contents)? != 0;
            header.length = Some(sum);
            header.contents += digits;
        }
        Ok(header)
    }
}

/// Writes a definite length in the fewest octets.
fn write_length(out: &mut Vec<u8>, length: usize) {
    let digits = length.to_be_bytes();
    let skip = digits.iter().take_while(|digit| **digit == 0).count();
    match (digits.get(skip..), u8::try_from(digits.len() - skip)) {
        (Some([digit]), _) if *digit < 0x80 => out.push(*digit),
        (Some(digits @ [_, ..]), Ok(count)) => {
            out.push(0x80 | count);
            out.extend_from_slice(digits);
        }
        _ => out.push(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(input: &[u8]) -> Result<Vec<u8>, BerError> {
        to_der(input, Limits::default()).map(Cow::into_owned)
    }

    #[test]
    fn der_is_borrowed() {
        let der = [0x30, 6, 2, 1, 5, 0x31, 1, 0];
        assert!(
            convert(&der).is_err(),
            "a set of one zero octet is not an element"
        );
        let der = [0x30, 5, 2, 1, 5, 0x31, 0];
        assert!(matches!(
            to_der(&der, Limits::default()),
            Ok(Cow::Borrowed(_))
        ));
    }

    #[test]
    fn indefinite_lengths_become_definite() {
        let ber = [0x30, 0x80, 0xa0, 0x80, 2, 0x81, 1, 5, 0, 0, 0, 0];
        assert_eq!(convert(&ber).unwrap(), [0x30, 5, 0xa0, 3, 2, 1, 5]);
    }

    #[test]
    fn strings_in_pieces_are_joined() {
        let ber = [0x24, 0x80, 4, 2, 1, 2, 0x24, 3, 4, 1, 3, 4, 0, 0, 0];
        assert_eq!(convert(&ber).unwrap(), [4, 3, 1, 2, 3]);
        let bits = [0x23, 9, 3, 2, 0, 0xaa, 3, 3, 4, 0xbb, 0xc0];
        assert_eq!(convert(&bits).unwrap(), [3, 4, 4, 0xaa, 0xbb, 0xc0]);
        let early = [0x23, 9, 3, 3, 4, 0xbb, 0xc0, 3, 2, 0, 0xaa];
        assert_eq!(convert(&early), Err(BerError::Damaged(7)));
    }

    #[test]
    fn context_tags_keep_their_form() {
        let ber = [0xa0, 0x80, 4, 1, 9, 0, 0];
        assert_eq!(convert(&ber).unwrap(), [0xa0, 3, 4, 1, 9]);
        let large_tag = [0xbf, 0x8f, 0x0f, 0x80, 5, 0, 0, 0];
        assert_eq!(convert(&large_tag).unwrap(), [0xbf, 0x8f, 0x0f, 2, 5, 0]);
    }

    #[test]
    fn broken_input_is_refused_exactly() {
        assert_eq!(convert(&[]), Err(BerError::Truncated));
        assert_eq!(convert(&[0x30, 0x80, 2, 1, 5]), Err(BerError::Truncated));
        assert_eq!(convert(&[0x30, 3, 2, 1]), Err(BerError::Truncated));
        assert_eq!(convert(&[0x30, 0, 0, 0]), Err(BerError::TrailingData(2)));
        assert_eq!(convert(&[4, 0x80, 0, 0]), Err(BerError::Damaged(0)));
        assert_eq!(
            convert(&[0x30, 2, 4, 4, 1, 1, 1, 1]),
            Err(BerError::Damaged(0))
        );
        assert_eq!(convert(&[0x24, 3, 2, 1, 5]), Err(BerError::Damaged(2)));
        assert_eq!(
            convert(&[4, 0x88, 255, 255, 255, 255, 255, 255, 255, 255]),
            Err(BerError::Truncated)
        );
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = |form: u8| [0x30, form].repeat(100);
        assert_eq!(convert(&deep(0x80)), Err(BerError::TooDeep(32)));
        let limits = Limits {
            depth: 3,
            octets: 8,
        };
        assert_eq!(to_der(&[0; 9], limits), Err(BerError::TooLarge(8)));
        let mut nested = vec![5, 0];
        for _ in 0..40 {
            nested = crate::asn1::sequence(&[nested]);
        }
        assert_eq!(convert(&nested), Err(BerError::TooDeep(32)));
    }

    #[test]
    fn random_input_never_panics_and_output_is_stable() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..20_000 {
            let octets: Vec<u8> = (0..24)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    let alphabet = [
                        0x30, 0x24, 0x23, 0x80, 0, 1, 2, 3, 4, 5, 0x31, 0x81, 0xa0, 0xff,
                    ];
                    alphabet[usize::try_from(state % 14).unwrap()]
                })
                .collect();
            if let Ok(der) = convert(&octets) {
                assert_eq!(convert(&der).unwrap(), der, "{octets:02x?}");
            }
        }
    }
}
