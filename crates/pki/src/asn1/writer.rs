//! Values in DER.

use der::Encode;
use tanba_crypto::ObjectIdentifier;

use super::tag;
use crate::Timestamp;

/// Tag, definite length in the fewest octets, content.
#[must_use]
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = Vec::with_capacity(length.saturating_add(6));
    out.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let significant: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
            // A length has at most eight octets.
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
            out.extend_from_slice(&significant);
        }
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE of complete values, in this order.
#[must_use]
pub fn sequence<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    tlv(tag::SEQUENCE, &concatenate(parts))
}

/// SET of complete values, in this order; for a SET with one value, or one already in order.
#[must_use]
pub fn set<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    tlv(tag::SET, &concatenate(parts))
}

/// SET OF complete values, sorted as DER asks (X.690, 11.6).
#[must_use]
pub fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    set(&parts)
}

/// `[number]`, constructed: EXPLICIT, or IMPLICIT over a constructed type's content.
#[must_use]
pub fn context(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(tag::context(number), content)
}

/// `[number]`, primitive: IMPLICIT over a primitive type's content.
#[must_use]
pub fn context_primitive(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(tag::context_primitive(number), content)
}

/// OBJECT IDENTIFIER
#[must_use]
pub fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    // An identifier that exists encodes: it is at most 39 octets.
    oid.to_der().unwrap_or_default()
}

/// INTEGER, not negative.
#[must_use]
pub fn integer(number: u64) -> Vec<u8> {
    integer_bytes(&number.to_be_bytes())
}

/// INTEGER, not negative, from big-endian octets with or without leading zeros.
#[must_use]
pub fn integer_bytes(magnitude: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = magnitude
        .iter()
        .copied()
        .skip_while(|octet| *octet == 0)
        .collect();
    if content.first().is_none_or(|first| *first >= 0x80) {
        content.insert(0, 0);
    }
    tlv(tag::INTEGER, &content)
}

/// ENUMERATED below 128.
#[must_use]
pub fn enumerated(number: u8) -> Vec<u8> {
    tlv(tag::ENUMERATED, &[number])
}

/// BOOLEAN
#[must_use]
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(tag::BOOLEAN, &[if value { 0xff } else { 0x00 }])
}

/// NULL
#[must_use]
pub fn null() -> Vec<u8> {
    tlv(tag::NULL, &[])
}

/// OCTET STRING
#[must_use]
pub fn octet_string(content: &[u8]) -> Vec<u8> {
    tlv(tag::OCTET_STRING, content)
}

/// BIT STRING of whole octets.
#[must_use]
pub fn bit_string(content: &[u8]) -> Vec<u8> {
    let mut with_unused = Vec::with_capacity(content.len().saturating_add(1));
    with_unused.push(0);
    with_unused.extend_from_slice(content);
    tlv(tag::BIT_STRING, &with_unused)
}

/// BIT STRING with named bits: bit 0 is the most significant of `bits`, trailing zeros are left out (X.690, 11.2.2).
#[must_use]
pub fn named_bits(bits: u16) -> Vec<u8> {
    let mut content: Vec<u8> = bits.to_be_bytes().to_vec();
    while content.last() == Some(&0) {
        content.pop();
    }
    let unused = content.last().map_or(0, |last| last.trailing_zeros());
    content.insert(0, u8::try_from(unused).unwrap_or(0));
    tlv(tag::BIT_STRING, &content)
}

/// UTF8String
#[must_use]
pub fn utf8_string(text: &str) -> Vec<u8> {
    tlv(tag::UTF8_STRING, text.as_bytes())
}

/// PrintableString; whether the text fits it is the caller's to know.
#[must_use]
pub fn printable_string(text: &str) -> Vec<u8> {
    tlv(tag::PRINTABLE_STRING, text.as_bytes())
}

/// IA5String; whether the text is ASCII is the caller's to know.
#[must_use]
pub fn ia5_string(text: &str) -> Vec<u8> {
    tlv(tag::IA5_STRING, text.as_bytes())
}

/// `Time`: UTCTime from 1950 to 2049, GeneralizedTime otherwise (RFC 5280, 4.1.2.5).
#[must_use]
pub fn time(at: Timestamp) -> Vec<u8> {
    if (1950..2050).contains(&at.civil().year) {
        utc_time(at)
    } else {
        generalized_time(at)
    }
}

/// UTCTime, `YYMMDDHHMMSSZ`.
#[must_use]
pub fn utc_time(at: Timestamp) -> Vec<u8> {
    let c = at.civil();
    let text = format!(
        "{:02}{:02}{:02}{:02}{:02}{:02}Z",
        c.year.rem_euclid(100),
        c.month,
        c.day,
        c.hour,
        c.minute,
        c.second
    );
    tlv(tag::UTC_TIME, text.as_bytes())
}

/// GeneralizedTime, `YYYYMMDDHHMMSSZ`.
#[must_use]
pub fn generalized_time(at: Timestamp) -> Vec<u8> {
    let c = at.civil();
    let text = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    );
    tlv(tag::GENERALIZED_TIME, text.as_bytes())
}

fn concatenate<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.as_ref().len()).sum());
    for part in parts {
        out.extend_from_slice(part.as_ref());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{integer, named_bits, tlv};

    #[test]
    fn lengths_take_the_fewest_octets() {
        assert_eq!(tlv(4, &[0; 127]).len(), 129);
        assert_eq!(tlv(4, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[0; 256])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn integers_keep_their_sign() {
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(127), [2, 1, 127]);
        assert_eq!(integer(128), [2, 2, 0, 128]);
    }

    #[test]
    fn named_bits_drop_trailing_zeros() {
        assert_eq!(named_bits(0xc000), [3, 2, 6, 0xc0]);
        assert_eq!(named_bits(0x0600), [3, 2, 1, 0x06]);
        assert_eq!(named_bits(0), [3, 1, 0]);
        assert_eq!(named_bits(0x0080), [3, 3, 7, 0, 0x80]);
    }
}
