//! Reads the structures of RFC 5652.

use der::asn1::ObjectIdentifier;
use der::{Any, Decode as _};
use spki::AlgorithmIdentifierOwned;
use tanba_crypto::{DigestAlgorithm, SignatureAlgorithm, UnsupportedAlgorithm};

use super::CmsError;
use super::attribute::Attributes;
use crate::asn1::{Malformed, Reader, Value, parse_all, tag};
use crate::ber::{self, Limits};
use crate::{Certificate, DistinguishedName};

/// `id-data`.
pub const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// `id-signedData`.
pub const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// The name of a content type of RFC 5652 and its neighbours.
#[must_use]
pub fn content_type_name(oid: ObjectIdentifier) -> Option<&'static str> {
    const NAMES: [(ObjectIdentifier, &str); 10] = [
        (DATA, "data"),
        (SIGNED_DATA, "signed data"),
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3"),
            "enveloped data",
        ),
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.4"),
            "signed and enveloped data",
        ),
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.5"),
            "digested data",
        ),
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6"),
            "encrypted data",
        ),
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.2"),
            "authenticated data",
        ),
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4"),
            "time-stamp information",
        ),
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.9"),
            "compressed data",
        ),
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.23"),
            "authenticated enveloped data",
        ),
    ];
    NAMES
        .iter()
        .find(|(known, _)| *known == oid)
        .map(|(_, name)| *name)
}

/// What a `ContentInfo` says it holds (RFC 5652, 3), read from DER or BER.
///
/// # Errors
/// [`CmsError::Damaged`] or [`CmsError::Encoding`] when it is no `ContentInfo`.
pub fn content_type(message: &[u8]) -> Result<ObjectIdentifier, CmsError> {
    let der = ber::to_der(message, Limits::default())?;
    Ok(content_info(&der)?.0)
}

/// Type and content of a `ContentInfo`.
fn content_info(der: &[u8]) -> Result<(ObjectIdentifier, Value<'_>), Malformed> {
    let mut fields = parse_all(der, "ContentInfo")?;
    let kind = fields.oid()?;
    let mut content = fields.inside(tag::context(0))?;
    fields.finish()?;
    let value = content.next_value()?;
    content.finish()?;
    Ok((kind, value))
}

/// An `AlgorithmIdentifier`: the algorithm and its parameters as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Algorithm {
    pub(crate) oid: ObjectIdentifier,
    /// None when absent or NULL.
    pub(crate) parameters: Option<Vec<u8>>,
}

impl Algorithm {
    /// Reads the next value.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut fields = reader.sequence()?;
        let oid = fields.oid()?;
        let mut parameters = None;
        if !fields.is_empty() {
            let value = fields.next_value()?;
            parameters = (value.tag != tag::NULL).then(|| value.der.to_vec());
        }
        fields.finish()?;
        Ok(Self { oid, parameters })
    }

    /// The algorithm of a signature, with the parameters of RFC 4055 where it is RSASSA-PSS: as certificates are read.
    pub(crate) fn of_signature(&self) -> Result<SignatureAlgorithm, UnsupportedAlgorithm> {
        let parameters = self.parameters.as_deref().map(Any::from_der).transpose();
        SignatureAlgorithm::from_algorithm_identifier(&AlgorithmIdentifierOwned {
            oid: self.oid,
            parameters: parameters.map_err(|_| UnsupportedAlgorithm::new(self.oid))?,
        })
    }
}

/// How a signer is named (RFC 5652, 5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignerIdentifier {
    /// By the issuer of the certificate and its serial number.
    IssuerAndSerial {
        /// Name of the issuer.
        issuer: DistinguishedName,
        /// Contents of the serial's INTEGER.
        serial: Vec<u8>,
    },
    /// By the subject key identifier.
    SubjectKeyIdentifier(Vec<u8>),
}

impl SignerIdentifier {
    /// Whether the certificate is the one meant.
    #[must_use]
    pub fn matches(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                certificate.issuer() == issuer && certificate.serial_bytes() == serial.as_slice()
            }
            Self::SubjectKeyIdentifier(id) => certificate.subject_key_id() == Some(id.as_slice()),
        }
    }
}

/// `SignerInfo`: one signature and what it says about itself (RFC 5652, 5.3).
#[derive(Clone, Debug)]
pub struct SignerInfo {
    pub(crate) identifier: SignerIdentifier,
    pub(crate) digest_algorithm: Algorithm,
    pub(crate) signed_attributes: Option<Attributes>,
    pub(crate) signature_algorithm: Algorithm,
    pub(crate) signature: Vec<u8>,
    pub(crate) unsigned_attributes: Option<Attributes>,
}

impl SignerInfo {
    /// How the signer is named.
    #[must_use]
    pub const fn identifier(&self) -> &SignerIdentifier {
        &self.identifier
    }

    /// Identifier of the digest over the content.
    #[must_use]
    pub const fn digest_algorithm(&self) -> ObjectIdentifier {
        self.digest_algorithm.oid
    }

    /// Identifier of the signature algorithm, possibly that of the key alone.
    #[must_use]
    pub const fn signature_algorithm(&self) -> ObjectIdentifier {
        self.signature_algorithm.oid
    }

    /// The signature value, which time stamps are made over.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        version(&mut fields, &[1, 3])?;
        let identifier = match fields.optional(tag::context_primitive(0))? {
            Some(id) => SignerIdentifier::SubjectKeyIdentifier(id.content.to_vec()),
            None => issuer_and_serial(fields.sequence()?)?,
        };
        let info = Self {
            identifier,
            digest_algorithm: Algorithm::read(&mut fields)?,
            signed_attributes: Attributes::read(fields.optional(tag::context(0))?)?,
            signature_algorithm: Algorithm::read(&mut fields)?,
            signature: fields.expect(tag::OCTET_STRING)?.to_vec(),
            unsigned_attributes: Attributes::read(fields.optional(tag::context(1))?)?,
        };
        fields.finish()?;
        Ok(info)
    }
}

fn issuer_and_serial(mut fields: Reader<'_>) -> Result<SignerIdentifier, Malformed> {
    let issuer = DistinguishedName::from_der(fields.expect_value(tag::SEQUENCE)?.der)?;
    let serial = fields.expect(tag::INTEGER)?.to_vec();
    fields.finish()?;
    Ok(SignerIdentifier::IssuerAndSerial { issuer, serial })
}

fn version(fields: &mut Reader<'_>, known: &[u64]) -> Result<(), Malformed> {
    if known.contains(&fields.integer()?) {
        Ok(())
    } else {
        Err(fields.malformed())
    }
}

/// `SignedData` (RFC 5652, 5.1).
#[derive(Clone, Debug)]
pub struct SignedData {
    content_type: ObjectIdentifier,
    content: Option<Vec<u8>>,
    certificates: Vec<Certificate>,
    signers: Vec<SignerInfo>,
}

impl SignedData {
    /// Reads a `ContentInfo` with signed data, in DER or BER.
    ///
    /// Certificates that are not X.509, or that cannot be read, are left out: a signature by one of them then has no
    /// certificate. Revocation lists inside are not used.
    ///
    /// # Errors
    /// [`CmsError::NotSigned`] names what the message holds instead; [`CmsError::Damaged`] and
    /// [`CmsError::Encoding`] say what is wrong with it.
    pub fn parse(message: &[u8]) -> Result<Self, CmsError> {
        let der = ber::to_der(message, Limits::default())?;
        let (kind, content) = content_info(&der)?;
        if kind != SIGNED_DATA {
            return Err(CmsError::NotSigned { content_type: kind });
        }
        Ok(Self::read(parse_all(content.der, "SignedData")?)?)
    }

    fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        version(&mut fields, &[1, 3, 4, 5])?;
        let mut digests = fields.inside(tag::SET)?;
        while !digests.is_empty() {
            Algorithm::read(&mut digests)?;
        }
        let (content_type, content) = encapsulated(fields.sequence()?)?;
        let mut certificates = Vec::new();
        if let Some(set) = fields.optional(tag::context(0))? {
            let mut choices = Reader::new(set.content, "CertificateSet");
            while !choices.is_empty() {
                let choice = choices.next_value()?;
                if choice.tag == tag::SEQUENCE {
                    certificates.extend(Certificate::from_der(choice.der));
                }
            }
        }
        fields.optional(tag::context(1))?;
        let mut infos = fields.inside(tag::SET)?;
        fields.finish()?;
        let mut signers = Vec::new();
        while !infos.is_empty() {
            signers.push(SignerInfo::read(infos.sequence()?)?);
        }
        Ok(Self {
            content_type,
            content,
            certificates,
            signers,
        })
    }

    /// Type of what was signed, usually [`DATA`].
    #[must_use]
    pub const fn content_type(&self) -> ObjectIdentifier {
        self.content_type
    }

    /// What was signed; none when the signature is detached.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }

    /// The certificates that came along.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The signatures.
    #[must_use]
    pub fn signers(&self) -> &[SignerInfo] {
        &self.signers
    }

    /// The digests of the content as the signatures name them, each with its kind. What is no digest of ours is left out.
    pub fn named_digests(&self) -> impl Iterator<Item = (DigestAlgorithm, &[u8])> {
        self.signers.iter().filter_map(|info| {
            let kind = DigestAlgorithm::from_oid(info.digest_algorithm()).ok()?;
            let digest = info.signed_attributes.as_ref()?.message_digest();
            Some((kind, digest.ok().flatten()?))
        })
    }
}

/// `EncapsulatedContentInfo`. Content of PKCS#7 times may be another type than an octet string; what is hashed is
/// its value without tag and length (RFC 5652, 5.2.1).
fn encapsulated(mut fields: Reader<'_>) -> Result<(ObjectIdentifier, Option<Vec<u8>>), Malformed> {
    let kind = fields.oid()?;
    let content = match fields.optional(tag::context(0))? {
        None => None,
        Some(wrapper) => {
            let mut inside = Reader::new(wrapper.content, "EncapsulatedContentInfo");
            let value = inside.next_value()?;
            inside.finish()?;
            Some(value.content.to_vec())
        }
    };
    fields.finish()?;
    Ok((kind, content))
}
