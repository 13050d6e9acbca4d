//! Writes DER (X.690, 10).

use der::asn1::ObjectIdentifier;

use crate::ber;

/// One element made of `parts`.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    let digits = length.to_be_bytes();
    let skip = digits.iter().take_while(|digit| **digit == 0).count();
    let digits = digits.get(skip..).unwrap_or_default();
    match digits {
        [] => out.push(0),
        [digit] if *digit < 0x80 => out.push(*digit),
        _ => {
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            out.extend_from_slice(digits);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(ber::SEQUENCE, parts)
}

/// A sequence of elements that are already encoded.
pub(crate) fn sequence_of(members: &[Vec<u8>]) -> Vec<u8> {
    let parts: Vec<&[u8]> = members.iter().map(Vec::as_slice).collect();
    sequence(&parts)
}

/// A `SET OF` with its members in DER order (X.690, 11.6).
pub(crate) fn set_of(mut members: Vec<Vec<u8>>) -> Vec<u8> {
    members.sort_unstable();
    let parts: Vec<&[u8]> = members.iter().map(Vec::as_slice).collect();
    element(ber::SET, &parts)
}

pub(crate) fn octet_string(bytes: &[u8]) -> Vec<u8> {
    element(ber::OCTET_STRING, &[bytes])
}

pub(crate) fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    element(ber::OID, &[oid.as_bytes()])
}

pub(crate) fn null() -> Vec<u8> {
    element(ber::NULL, &[])
}

/// An `INTEGER` that is not negative.
pub(crate) fn unsigned(value: u32) -> Vec<u8> {
    let digits = value.to_be_bytes();
    let skip = digits
        .iter()
        .take_while(|digit| **digit == 0)
        .count()
        .min(3);
    let digits = digits.get(skip..).unwrap_or_default();
    let sign: &[u8] = if digits.first().is_some_and(|first| *first >= 0x80) {
        &[0]
    } else {
        &[]
    };
    element(ber::INTEGER, &[sign, digits])
}

/// A `BMPString`; characters outside the basic plane become surrogate pairs, as other programs write them.
pub(crate) fn bmp_string(text: &str) -> Vec<u8> {
    let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    element(ber::BMP_STRING, &[&octets])
}

/// An element inside an explicit context tag.
pub(crate) fn explicit(number: u8, inner: &[u8]) -> Vec<u8> {
    element(ber::context(number), &[inner])
}

#[cfg(test)]
mod tests {
    use super::{bmp_string, element, set_of, unsigned};

    #[test]
    fn lengths_and_numbers_are_as_short_as_possible() {
        assert_eq!(element(4, &[]), [4, 0]);
        assert_eq!(element(4, &[&[7; 200]])[..3], [4, 0x81, 200]);
        assert_eq!(element(4, &[&[7; 600]])[..4], [4, 0x82, 2, 88]);
        assert_eq!(unsigned(0), [2, 1, 0]);
        assert_eq!(unsigned(1024), [2, 2, 4, 0]);
        assert_eq!(unsigned(600_000), [2, 3, 9, 0x27, 0xc0]);
        assert_eq!(unsigned(0xffff_ffff), [2, 5, 0, 0xff, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn strings_and_sets_are_as_the_standard_says() {
        assert_eq!(bmp_string("Ә"), [0x1e, 2, 4, 0xd8]);
        assert_eq!(
            set_of(vec![vec![4, 1, 2], vec![2, 1, 9]]),
            [0x31, 6, 2, 1, 9, 4, 1, 2]
        );
    }
}
