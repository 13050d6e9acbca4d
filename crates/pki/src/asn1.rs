//! DER as this project writes and reads it (X.690).
//!
//! Writing is concatenation: each function gives one complete value, and nothing is sorted, left out or added behind
//! the caller's back, so a to-be-signed structure is exactly what the code says. Reading hands out slices of the
//! input, so that foreign bytes are kept and never encoded again.

mod reader;
mod writer;

pub use reader::{Reader, Value, parse_all};
pub use writer::{
    bit_string, boolean, context, context_primitive, enumerated, generalized_time, ia5_string,
    integer, integer_bytes, named_bits, null, octet_string, oid, printable_string, sequence, set,
    set_of, time, tlv, utc_time, utf8_string,
};

/// Tags of the universal class, constructed where the type is.
pub mod tag {
    /// BOOLEAN
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER
    pub const OID: u8 = 0x06;
    /// ENUMERATED
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String
    pub const UTF8_STRING: u8 = 0x0c;
    /// NumericString
    pub const NUMERIC_STRING: u8 = 0x12;
    /// PrintableString
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TeletexString, read as Latin-1
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5String
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// VisibleString
    pub const VISIBLE_STRING: u8 = 0x1a;
    /// UniversalString, UTF-32
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    /// BMPString, UTF-16
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE and SEQUENCE OF
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF
    pub const SET: u8 = 0x31;

    /// `[number]`, constructed; numbers up to 30.
    #[must_use]
    pub const fn context(number: u8) -> u8 {
        0xa0 | (number & 0x1f)
    }

    /// `[number]`, primitive; numbers up to 30.
    #[must_use]
    pub const fn context_primitive(number: u8) -> u8 {
        0x80 | (number & 0x1f)
    }
}

/// The bytes are not the structure they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{structure} is malformed")]
pub struct Malformed {
    /// What was being read, in the words of its standard.
    pub structure: &'static str,
}

impl Malformed {
    /// Names the structure.
    #[must_use]
    pub const fn new(structure: &'static str) -> Self {
        Self { structure }
    }
}
