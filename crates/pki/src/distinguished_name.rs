//! Distinguished names.

use std::fmt;

use tanba_crypto::ObjectIdentifier;

use crate::asn1::{self, Malformed, Reader, parse_all, tag};
use crate::oid as names;

/// A `Name` (RFC 5280, 4.1.2.4), kept as DER.
///
/// Names are equal when their DER is: the names of one certificate chain are copied, not typed again.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DistinguishedName {
    der: Vec<u8>,
}

/// String types that this project writes into names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringKind {
    /// UTF8String
    Utf8,
    /// PrintableString
    Printable,
    /// IA5String
    Ia5,
}

/// One attribute of a name as it was written; its text is not in its `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct NameAttribute {
    /// What it is.
    pub oid: ObjectIdentifier,
    /// The tag of its string type.
    pub tag: u8,
    /// Its text; a value that is no string is `#` and its DER in hexadecimal (RFC 4514, 2.4).
    pub value: String,
    /// Whether it begins a new RDN (nearly always).
    pub starts_rdn: bool,
}

/// The text of an attribute cannot be written in its string type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Empty text in a name is not allowed (RFC 5280, appendix A: SIZE (1..ub)).
    #[error("attribute {0} of the name is empty")]
    Empty(ObjectIdentifier),
    /// A character that the string type does not have.
    #[error("attribute {0} of the name has a character that its string type does not allow")]
    Character(ObjectIdentifier),
    /// Longer than the standard's upper bound.
    #[error("attribute {oid} of the name is longer than {limit} characters")]
    TooLong {
        /// Which attribute.
        oid: ObjectIdentifier,
        /// The upper bound of RFC 5280, appendix A.1.
        limit: usize,
    },
}

impl DistinguishedName {
    /// Reads a `Name`.
    ///
    /// # Errors
    /// [`Malformed`] when it is not one in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        read(der)?;
        Ok(Self { der: der.to_vec() })
    }

    /// The name as it was read.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether verifiers take both for one: case, spaces and string types do not matter (RFC 5280, 7.1).
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        crate::path::name::same_name(self, other)
    }

    /// Whether there is no attribute in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.der == [0x30, 0x00]
    }

    /// The attributes in the order of the encoding, with identifier and text.
    #[must_use]
    pub fn attributes(&self) -> Vec<(ObjectIdentifier, String)> {
        self.detailed()
            .into_iter()
            .map(|attribute| (attribute.oid, attribute.value))
            .collect()
    }

    /// The attributes in the order of the encoding, with their string types.
    #[must_use]
    pub fn detailed(&self) -> Vec<NameAttribute> {
        read(&self.der).unwrap_or_default()
    }

    /// The first attribute of this type.
    #[must_use]
    pub fn first(&self, oid: ObjectIdentifier) -> Option<String> {
        self.detailed()
            .into_iter()
            .find(|attribute| attribute.oid == oid)
            .map(|attribute| attribute.value)
    }

    /// `CN`
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        self.first(names::COMMON_NAME)
    }

    /// `SN`, the surname.
    #[must_use]
    pub fn surname(&self) -> Option<String> {
        self.first(names::SURNAME)
    }

    /// `GN`; in national certificates it holds the patronymic.
    #[must_use]
    pub fn given_name(&self) -> Option<String> {
        self.first(names::GIVEN_NAME)
    }

    /// `serialNumber`; in national certificates `IIN` and twelve digits.
    #[must_use]
    pub fn serial_number(&self) -> Option<String> {
        self.first(names::SERIAL_NUMBER)
    }

    /// `C`
    #[must_use]
    pub fn country(&self) -> Option<String> {
        self.first(names::COUNTRY)
    }

    /// `O`
    #[must_use]
    pub fn organization(&self) -> Option<String> {
        self.first(names::ORGANIZATION)
    }

    /// `OU`
    #[must_use]
    pub fn organizational_unit(&self) -> Option<String> {
        self.first(names::ORGANIZATIONAL_UNIT)
    }

    /// The personal number in `serialNumber`: after `IIN` in national certificates, after `PNOKZ-` (two letters of
    /// any country; ETSI EN 319 412-1, 5.1.3) in the neutral ones.
    #[must_use]
    pub fn iin(&self) -> Option<String> {
        let text = self.serial_number()?;
        let number = match text.strip_prefix("PNO") {
            Some(rest) => rest.get(2..)?.strip_prefix('-')?,
            None => text.strip_prefix("IIN")?,
        };
        Some(number.to_owned())
    }

    /// The twelve digits after `BIN` in `OU`.
    #[must_use]
    pub fn bin(&self) -> Option<String> {
        self.organizational_unit()?
            .strip_prefix("BIN")
            .map(str::to_owned)
    }

    /// The text of RFC 4514: the last RDN first, as OpenSSL prints it.
    #[must_use]
    pub fn rfc4514(&self) -> String {
        let mut text = String::new();
        for attribute in self.detailed().into_iter().rev() {
            text.push_str(&short_name(attribute.oid));
            text.push('=');
            text.push_str(&escape(&attribute.value));
            text.push(if attribute.starts_rdn { ',' } else { '+' });
        }
        text.pop();
        text
    }
}

impl fmt::Debug for NameAttribute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NameAttribute({}, tag {})", self.oid, self.tag)
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DistinguishedName({} octets)", self.der.len())
    }
}

/// Builds a name attribute by attribute, one RDN each, in the order given.
#[derive(Debug, Clone, Default)]
pub struct DistinguishedNameBuilder {
    rdns: Vec<Vec<u8>>,
    error: Option<NameError>,
}

impl DistinguishedNameBuilder {
    /// Starts with no attribute.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an attribute; what is wrong with it is told by [`build`](Self::build).
    #[must_use]
    pub fn push(mut self, oid: ObjectIdentifier, kind: StringKind, text: &str) -> Self {
        match attribute(oid, kind, text) {
            Ok(der) => self.rdns.push(asn1::set(&[der])),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// The name.
    ///
    /// # Errors
    /// [`NameError`] of the first attribute that cannot be written.
    pub fn build(self) -> Result<DistinguishedName, NameError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(DistinguishedName {
                der: asn1::sequence(&self.rdns),
            }),
        }
    }
}

/// `AttributeTypeAndValue` in DER.
fn attribute(oid: ObjectIdentifier, kind: StringKind, text: &str) -> Result<Vec<u8>, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty(oid));
    }
    if let Some(limit) = upper_bound(oid)
        && text.chars().count() > limit
    {
        return Err(NameError::TooLong { oid, limit });
    }
    let allowed = match kind {
        StringKind::Utf8 => !text.contains('\0'),
        StringKind::Printable => text.bytes().all(is_printable),
        StringKind::Ia5 => text.is_ascii() && !text.contains('\0'),
    };
    if !allowed {
        return Err(NameError::Character(oid));
    }
    let value = match kind {
        StringKind::Utf8 => asn1::utf8_string(text),
        StringKind::Printable => asn1::printable_string(text),
        StringKind::Ia5 => asn1::ia5_string(text),
    };
    Ok(asn1::sequence(&[asn1::oid(oid), value]))
}

/// Upper bounds of RFC 5280, appendix A.1, in characters.
pub(crate) fn upper_bound(oid: ObjectIdentifier) -> Option<usize> {
    match oid {
        names::COMMON_NAME
        | names::ORGANIZATION
        | names::ORGANIZATIONAL_UNIT
        | names::SERIAL_NUMBER => Some(64),
        names::COUNTRY => Some(2),
        names::LOCALITY | names::STATE => Some(128),
        _ => None,
    }
}

/// The characters of PrintableString (X.680, 41.4).
pub(crate) const fn is_printable(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(
            octet,
            b' ' | b'\'' | b'(' | b')' | b'+' | b',' | b'-' | b'.' | b'/' | b':' | b'=' | b'?'
        )
}

/// `Name ::= SEQUENCE OF SET SIZE (1..MAX) OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }`
fn read(der: &[u8]) -> Result<Vec<NameAttribute>, Malformed> {
    let mut rdns = parse_all(der, "Name")?;
    let mut attributes = Vec::new();
    while !rdns.is_empty() {
        let mut rdn = rdns.inside(tag::SET)?;
        let mut starts_rdn = true;
        if rdn.is_empty() {
            return Err(rdns.malformed());
        }
        while !rdn.is_empty() {
            attributes.push(read_attribute(rdn.sequence()?, starts_rdn)?);
            starts_rdn = false;
        }
    }
    Ok(attributes)
}

fn read_attribute(mut reader: Reader<'_>, starts_rdn: bool) -> Result<NameAttribute, Malformed> {
    let oid = reader.oid()?;
    let value = reader.next_value()?;
    reader.finish()?;
    let text = text(value.tag, value.content)
        .unwrap_or_else(|| format!("#{}", crate::hex::encode(value.der)));
    Ok(NameAttribute {
        oid,
        tag: value.tag,
        value: text,
        starts_rdn,
    })
}

/// The text of a string value; `None` when the octets are not of its type.
fn text(tag: u8, content: &[u8]) -> Option<String> {
    match tag {
        tag::UTF8_STRING => std::str::from_utf8(content).ok().map(str::to_owned),
        tag::PRINTABLE_STRING | tag::IA5_STRING | tag::NUMERIC_STRING | tag::VISIBLE_STRING => {
            content
                .is_ascii()
                .then(|| content.iter().copied().map(char::from).collect())
        }
        tag::TELETEX_STRING => Some(content.iter().copied().map(char::from).collect()),
        tag::BMP_STRING => {
            let units: Option<Vec<u16>> = content
                .chunks(2)
                .map(|pair| pair.try_into().ok().map(u16::from_be_bytes))
                .collect();
            String::from_utf16(&units?).ok()
        }
        tag::UNIVERSAL_STRING => content
            .chunks(4)
            .map(|four| {
                four.try_into()
                    .ok()
                    .map(u32::from_be_bytes)
                    .and_then(char::from_u32)
            })
            .collect(),
        _ => None,
    }
}

fn short_name(oid: ObjectIdentifier) -> String {
    let name = match oid {
        names::COMMON_NAME => "CN",
        names::SURNAME => "SN",
        names::SERIAL_NUMBER => "serialNumber",
        names::COUNTRY => "C",
        names::LOCALITY => "L",
        names::STATE => "ST",
        names::ORGANIZATION => "O",
        names::ORGANIZATIONAL_UNIT => "OU",
        names::GIVEN_NAME => "GN",
        names::USER_ID => "UID",
        names::DOMAIN_COMPONENT => "DC",
        names::EMAIL_ADDRESS => "emailAddress",
        names::BUSINESS_CATEGORY => "businessCategory",
        _ => return oid.to_string(),
    };
    name.to_owned()
}

/// RFC 4514, 2.4.
fn escape(value: &str) -> String {
    if value.starts_with('#')
        && value.len() > 1
        && crate::hex::decode(value.get(1..).unwrap_or_default()).is_some()
    {
        return value.to_owned();
    }
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (index, character) in value.chars().enumerate() {
        let at_edge =
            (index == 0 && matches!(character, ' ' | '#')) || (index == last && character == ' ');
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\0' => out.push_str("\\00"),
            _ => {
                if at_edge {
                    out.push('\\');
                }
                out.push(character);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
