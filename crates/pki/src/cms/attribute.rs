//! Signed and unsigned attributes (RFC 5652, 11) and the rules about how often each may occur.

use der::asn1::ObjectIdentifier;
use tanba_crypto::DigestAlgorithm;

use super::signed_data::Algorithm;
use crate::asn1::{self, Malformed, Reader, Value, tag};
use crate::{Certificate, Timestamp};

/// `id-contentType`.
pub(crate) const CONTENT_TYPE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
/// `id-messageDigest`.
pub(crate) const MESSAGE_DIGEST: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
/// `id-signingTime`.
pub(crate) const SIGNING_TIME: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
/// `id-aa-signingCertificate` (RFC 2634, 5.4).
pub(crate) const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
/// `id-aa-signingCertificateV2` (RFC 5035, 3).
pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// `SET OF Attribute`, with the octets that were signed.
#[derive(Clone, Debug)]
pub(crate) struct Attributes {
    /// The set with its universal tag, members in the order they came in (RFC 5652, 5.4).
    signed_octets: Vec<u8>,
    list: Vec<Attribute>,
}

#[derive(Clone, Debug)]
struct Attribute {
    kind: ObjectIdentifier,
    /// Complete encodings of the values.
    values: Vec<Vec<u8>>,
}

/// An attribute that does not mean what it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeFault {
    /// The value is not the type it should be.
    #[error("an attribute's value is damaged")]
    Damaged,
    /// More than one attribute of a kind that may occur once.
    #[error("an attribute occurs twice")]
    Repeated,
    /// No value, or more than one, where there is exactly one.
    #[error("an attribute has not exactly one value")]
    NotSingle,
    /// A required attribute is missing: content type or message digest.
    #[error("a required attribute is not signed")]
    Missing,
    /// An attribute that says something only when it is signed is not.
    #[error("an attribute that must be signed is not")]
    NotSigned,
    /// The content type that was signed is not the message's.
    #[error("another content type was signed")]
    OtherContentType,
    /// The signer's certificate is named by a digest that cannot be computed.
    #[error("the signing certificate is named by an unknown digest")]
    UnknownDigest,
}

impl From<Malformed> for AttributeFault {
    fn from(_: Malformed) -> Self {
        Self::Damaged
    }
}

impl Attributes {
    /// Reads the set under its implicit tag, if it is there.
    pub(crate) fn read(set: Option<Value<'_>>) -> Result<Option<Self>, Malformed> {
        let Some(set) = set else { return Ok(None) };
        let mut members = Reader::new(set.content, "Attributes");
        let mut list = Vec::new();
        while !members.is_empty() {
            list.push(Attribute::read(members.sequence()?)?);
        }
        Ok(Some(Self {
            signed_octets: asn1::tlv(tag::SET, set.content),
            list,
        }))
    }

    /// The octets a signature over these attributes is made over.
    pub(crate) fn signed_octets(&self) -> &[u8] {
        &self.signed_octets
    }

    /// Whether there is an attribute of this kind.
    pub(crate) fn has(&self, kind: ObjectIdentifier) -> bool {
        self.list.iter().any(|attribute| attribute.kind == kind)
    }

    /// The one value of the one attribute of this kind; none if there is no such attribute.
    ///
    /// Attributes that verifiers act on occur once and have one value (RFC 5652, 11.1 to 11.3; RFC 5035, 3).
    fn single(&self, kind: ObjectIdentifier) -> Result<Option<Reader<'_>>, AttributeFault> {
        let mut found = self.list.iter().filter(|attribute| attribute.kind == kind);
        match (
            found.next().map(|attribute| attribute.values.as_slice()),
            found.next(),
        ) {
            (None, _) => Ok(None),
            (Some([value]), None) => Ok(Some(Reader::new(value, "AttributeValue"))),
            (Some(_), None) => Err(AttributeFault::NotSingle),
            (Some(_), Some(_)) => Err(AttributeFault::Repeated),
        }
    }

    /// `contentType`.
    pub(crate) fn content_type(&self) -> Result<Option<ObjectIdentifier>, AttributeFault> {
        let Some(mut value) = self.single(CONTENT_TYPE)? else {
            return Ok(None);
        };
        let kind = value.oid()?;
        value.finish()?;
        Ok(Some(kind))
    }

    /// `messageDigest`.
    pub(crate) fn message_digest(&self) -> Result<Option<&[u8]>, AttributeFault> {
        let Some(mut value) = self.single(MESSAGE_DIGEST)? else {
            return Ok(None);
        };
        let digest = value.expect(tag::OCTET_STRING)?;
        value.finish()?;
        Ok(Some(digest))
    }

    /// `signingTime`.
    pub(crate) fn signing_time(&self) -> Result<Option<Timestamp>, AttributeFault> {
        let Some(mut value) = self.single(SIGNING_TIME)? else {
            return Ok(None);
        };
        let time = value.time()?;
        value.finish()?;
        Ok(Some(time))
    }

    /// Whether the attributes name `certificate` as the signer's, or name none.
    ///
    /// Only the first identifier names the signer; the others are its issuers (RFC 5035, 3).
    pub(crate) fn names(&self, certificate: &Certificate) -> Result<bool, AttributeFault> {
        for kind in [SIGNING_CERTIFICATE_V2, SIGNING_CERTIFICATE] {
            let Some(mut value) = self.single(kind)? else {
                continue;
            };
            let mut first = value.sequence()?.sequence()?.sequence()?;
            let digest = if kind == SIGNING_CERTIFICATE {
                DigestAlgorithm::Sha1
            } else if first.peek() == Some(tag::SEQUENCE) {
                DigestAlgorithm::from_oid(Algorithm::read(&mut first)?.oid)
                    .map_err(|_| AttributeFault::UnknownDigest)?
            } else {
                DigestAlgorithm::Sha256
            };
            if first.expect(tag::OCTET_STRING)? != digest.digest(certificate.der()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Attribute {
    fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        let kind = fields.oid()?;
        let mut members = fields.inside(tag::SET)?;
        fields.finish()?;
        let mut values = Vec::new();
        while !members.is_empty() {
            values.push(members.next_value()?.der.to_vec());
        }
        Ok(Self { kind, values })
    }
}

/// The digest of the content in signed attributes as they are signed (RFC 5652, 5.4), if the octets are such: whoever signs
/// them bare signs the content, because a message can be put around the value afterwards.
#[must_use]
pub fn digest_to_be_signed(octets: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(octets, "SignedAttributes");
    let set = reader.optional(tag::SET).ok()?;
    reader.finish().ok()?;
    let attributes = Attributes::read(set).ok()??;
    attributes
        .message_digest()
        .ok()
        .flatten()
        .map(<[u8]>::to_vec)
}

/// An attribute with one value.
pub(crate) fn attribute(kind: ObjectIdentifier, value: Vec<u8>) -> Vec<u8> {
    asn1::sequence(&[asn1::oid(kind), asn1::set(&[value])])
}
