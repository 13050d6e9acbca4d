//! Bags and their attributes (RFC 7292, 4.2).
//!
//! ```asn1
//! SafeContents ::= SEQUENCE OF SafeBag
//! SafeBag ::= SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT ANY, bagAttributes SET OF PKCS12Attribute OPTIONAL }
//! CertBag ::= SEQUENCE { certId OBJECT IDENTIFIER, certValue [0] EXPLICIT OCTET STRING }
//! EncryptedPrivateKeyInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }
//! ```

use std::fmt;

use der::asn1::ObjectIdentifier;
use tanba_crypto::Secret;

use crate::ber::{self, Element, Origin, Reader};
use crate::scheme::Scheme;
use crate::{KeyStoreError, encode, oid};

/// Bags inside bags that are followed.
const MAX_NESTING: u8 = 8;
/// Bags of one file that are read.
const MAX_BAGS: usize = 4096;

/// What a bag holds.
pub(crate) enum Bag {
    /// A private key (`PrivateKeyInfo`) that is not encrypted once more.
    Key(Secret),
    /// A private key with its own encryption.
    ShroudedKey(ShroudedKey),
    /// An X.509 certificate in DER.
    Certificate(Vec<u8>),
    /// Something else, kept as it is.
    Other {
        kind: ObjectIdentifier,
        whole: Vec<u8>,
    },
}

/// `EncryptedPrivateKeyInfo`.
pub(crate) struct ShroudedKey {
    /// The scheme, or why it cannot be used.
    pub(crate) scheme: Result<Scheme, KeyStoreError>,
    pub(crate) encrypted: Vec<u8>,
    /// The structure as it stands.
    pub(crate) whole: Vec<u8>,
}

/// The attributes of a bag.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) friendly_name: Option<String>,
    pub(crate) local_key_id: Option<Vec<u8>>,
    /// Attributes that other programs need, each as it was found.
    pub(crate) others: Vec<Vec<u8>>,
}

impl fmt::Debug for Attributes {
    /// Names of entries are often names of people.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Attributes(…)")
    }
}

/// Reads bags one after another into a list, those inside other bags too.
pub(crate) fn read(
    octets: &[u8],
    origin: Origin,
    bags: &mut Vec<(Bag, Attributes)>,
) -> Result<(), KeyStoreError> {
    let contents = Reader::new(octets, origin).expect(ber::SEQUENCE)?;
    read_contents(&contents, bags, 0)
}

fn read_contents(
    contents: &Element<'_>,
    bags: &mut Vec<(Bag, Attributes)>,
    nesting: u8,
) -> Result<(), KeyStoreError> {
    let mut elements = contents.inside()?;
    while let Some(element) = elements.next()? {
        if bags.len() >= MAX_BAGS {
            return Err(KeyStoreError::TooLarge {
                what: "entries in the file",
                found: bags.len() + 1,
                bound: MAX_BAGS,
            });
        }
        let mut fields = element.inside()?;
        let kind = fields.oid()?;
        let mut value = fields.expect(ber::context(0))?.inside()?;
        let attributes = match fields.optional(ber::SET)? {
            Some(set) => Attributes::read(&set)?,
            None => Attributes::default(),
        };
        if kind == oid::SAFE_CONTENTS_BAG {
            let inner = value.expect(ber::SEQUENCE)?;
            if nesting >= MAX_NESTING {
                return Err(inner.damaged());
            }
            read_contents(&inner, bags, nesting + 1)?;
        } else {
            bags.push((Bag::read(kind, &element, &mut value)?, attributes));
        }
    }
    Ok(())
}

impl Bag {
    fn read(
        kind: ObjectIdentifier,
        element: &Element<'_>,
        value: &mut Reader<'_>,
    ) -> Result<Self, KeyStoreError> {
        match kind {
            oid::KEY_BAG => Ok(Self::Key(Secret::new(
                value.expect(ber::SEQUENCE)?.whole.to_vec(),
            ))),
            oid::SHROUDED_KEY_BAG => {
                let info = value.expect(ber::SEQUENCE)?;
                let mut parts = info.inside()?;
                let identifier = parts.expect(ber::SEQUENCE)?;
                let encrypted = parts.octet_string()?.octets()?.0.into_owned();
                Ok(Self::ShroudedKey(ShroudedKey {
                    scheme: deferred(Scheme::read(&identifier))?,
                    encrypted,
                    whole: info.whole.to_vec(),
                }))
            }
            oid::CERTIFICATE_BAG => {
                let mut parts = value.expect(ber::SEQUENCE)?.inside()?;
                if parts.oid()? != oid::X509_CERTIFICATE {
                    return Ok(Self::other(kind, element));
                }
                let certificate = parts.expect(ber::context(0))?.inside()?.octet_string()?;
                Ok(Self::Certificate(certificate.octets()?.0.into_owned()))
            }
            _ => Ok(Self::other(kind, element)),
        }
    }

    fn other(kind: ObjectIdentifier, element: &Element<'_>) -> Self {
        Self::Other {
            kind,
            whole: element.whole.to_vec(),
        }
    }
}

/// An algorithm that is not supported concerns its key alone; any other error concerns the file.
fn deferred(
    scheme: Result<Scheme, KeyStoreError>,
) -> Result<Result<Scheme, KeyStoreError>, KeyStoreError> {
    match scheme {
        Err(unsupported @ KeyStoreError::Unsupported { .. }) => Ok(Err(unsupported)),
        Err(other) => Err(other),
        Ok(scheme) => Ok(Ok(scheme)),
    }
}

impl Attributes {
    fn read(set: &Element<'_>) -> Result<Self, KeyStoreError> {
        let mut attributes = Self::default();
        let mut elements = set.inside()?;
        while let Some(attribute) = elements.next()? {
            let mut fields = attribute.inside()?;
            let kind = fields.expect(ber::OID)?;
            let mut values = fields.expect(ber::SET)?.inside()?;
            // Some programs write a value twice; the first one counts.
            let value = values.next()?;
            if kind.contents == oid::FRIENDLY_NAME.as_bytes() {
                let name = value.and_then(|value| text(&value));
                attributes.friendly_name = attributes.friendly_name.or(name);
            } else if kind.contents == oid::LOCAL_KEY_ID.as_bytes() {
                if let Some(value) = value.filter(|_| attributes.local_key_id.is_none()) {
                    attributes.local_key_id = Some(value.octets()?.0.into_owned());
                }
            } else {
                attributes.others.push(attribute.whole.to_vec());
            }
        }
        Ok(attributes)
    }

    /// The `SET OF PKCS12Attribute` in DER; nothing when there are none.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let mut members = self.others.clone();
        if let Some(id) = &self.local_key_id {
            members.push(attribute(oid::LOCAL_KEY_ID, encode::octet_string(id)));
        }
        if let Some(name) = &self.friendly_name {
            members.push(attribute(oid::FRIENDLY_NAME, encode::bmp_string(name)));
        }
        if members.is_empty() {
            return Vec::new();
        }
        encode::set_of(members)
    }
}

fn attribute(kind: ObjectIdentifier, value: Vec<u8>) -> Vec<u8> {
    encode::sequence(&[&encode::oid(kind), &encode::set_of(vec![value])])
}

/// The text of a `BMPString`, or of another string type that programs write by mistake.
fn text(value: &Element<'_>) -> Option<String> {
    const UTF8_STRING: u8 = 0x0c;
    const PRINTABLE_STRING: u8 = 0x13;
    const IA5_STRING: u8 = 0x16;
    match value.tag {
        ber::BMP_STRING => {
            let units = value.contents.as_chunks::<2>().0.iter();
            let units: Vec<u16> = units.map(|pair| u16::from_be_bytes(*pair)).collect();
            let text = String::from_utf16_lossy(&units);
            Some(text.trim_end_matches('\0').to_owned())
        }
        UTF8_STRING | PRINTABLE_STRING | IA5_STRING => {
            Some(String::from_utf8_lossy(value.contents).into_owned())
        }
        _ => None,
    }
}

/// A bag in DER.
pub(crate) fn write(kind: ObjectIdentifier, value: &[u8], attributes: &Attributes) -> Vec<u8> {
    encode::sequence(&[
        &encode::oid(kind),
        &encode::explicit(0, value),
        &attributes.to_der(),
    ])
}

/// The value of a certificate bag.
pub(crate) fn certificate(der: &[u8]) -> Vec<u8> {
    encode::sequence(&[
        &encode::oid(oid::X509_CERTIFICATE),
        &encode::explicit(0, &encode::octet_string(der)),
    ])
}
