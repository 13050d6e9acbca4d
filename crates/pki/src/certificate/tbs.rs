//! The signed part of a certificate.

use std::fmt;

use spki::AlgorithmIdentifierOwned;
use tanba_crypto::{ObjectIdentifier, PublicKey};

use super::algorithm_identifier;
use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::extension::{
    BasicConstraints, Extension, KeyUsage, Known, PolicyInformation, read_extensions,
};
use crate::{DistinguishedName, Purpose, Timestamp};

/// The part of a certificate that is signed.
///
/// ```text
/// TBSCertificate ::= SEQUENCE {
///     version [0] INTEGER DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier, issuer Name,
///     validity SEQUENCE { notBefore Time, notAfter Time }, subject Name, subjectPublicKeyInfo,
///     issuerUniqueID [1] OPTIONAL, subjectUniqueID [2] OPTIONAL, extensions [3] Extensions OPTIONAL }
/// ```
#[derive(Clone)]
pub struct TbsCertificate {
    der: Vec<u8>,
    version: u8,
    serial: Vec<u8>,
    signature: AlgorithmIdentifierOwned,
    issuer: DistinguishedName,
    not_before: Timestamp,
    not_after: Timestamp,
    subject: DistinguishedName,
    public_key: PublicKey,
    extensions: Vec<Extension>,
    known: Known,
}

impl TbsCertificate {
    /// Reads the signed part.
    ///
    /// # Errors
    /// [`Malformed`] names the part that is not as it should be.
    pub fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        let mut reader = parse_all(der, "certificate")?;
        let version = match reader.optional(tag::context(0))? {
            Some(version) => {
                let mut version = Reader::new(version.content, "certificate version");
                let number = version.integer()?;
                version.finish()?;
                u8::try_from(number)
                    .ok()
                    .filter(|number| *number <= 2)
                    .ok_or(version.malformed())?
            }
            None => 0,
        };
        let serial = reader.integer_bytes()?.to_vec();
        let signature = algorithm_identifier(&mut reader)?;
        let issuer = DistinguishedName::from_der(reader.expect_value(tag::SEQUENCE)?.der)?;
        let mut validity = reader.sequence()?;
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        validity.finish()?;
        let subject = DistinguishedName::from_der(reader.expect_value(tag::SEQUENCE)?.der)?;
        let public_key = PublicKey::from_spki_der(reader.expect_value(tag::SEQUENCE)?.der)
            .map_err(|_| Malformed::new("public key of the certificate"))?;
        reader.optional(tag::context_primitive(1))?;
        reader.optional(tag::context_primitive(2))?;
        let extensions = match reader.optional(tag::context(3))? {
            Some(list) if version == 2 => {
                let mut list = Reader::new(list.content, "extensions");
                let extensions = read_extensions(list.sequence()?)?;
                list.finish()?;
                extensions
            }
            Some(_) => return Err(Malformed::new("extensions, which only version 3 has,")),
            None => Vec::new(),
        };
        reader.finish()?;
        let known = Known::read(&extensions)?;
        Ok(Self {
            der: der.to_vec(),
            version,
            serial,
            signature,
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            extensions,
            known,
        })
    }

    /// The signed bytes.
    #[must_use]
    pub fn tbs_der(&self) -> &[u8] {
        &self.der
    }

    /// 1, 2 or 3.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version.saturating_add(1)
    }

    /// The content of the INTEGER as it was written, sign octet included.
    #[must_use]
    pub fn serial_bytes(&self) -> &[u8] {
        &self.serial
    }

    /// The serial number in lower-case hexadecimal digits, without a sign octet.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        let magnitude = match self.serial.as_slice() {
            [0, rest @ ..] if !rest.is_empty() => rest,
            all => all,
        };
        crate::hex::encode(magnitude)
    }

    /// Who issued it.
    #[must_use]
    pub const fn issuer(&self) -> &DistinguishedName {
        &self.issuer
    }

    /// Whose key it is.
    #[must_use]
    pub const fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// The first second of validity.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last second of validity.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether the moment lies within the validity, both ends included.
    #[must_use]
    pub fn is_valid_at(&self, moment: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&moment)
    }

    /// The certified key.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The signature algorithm that the signed part names.
    #[must_use]
    pub const fn tbs_signature_algorithm(&self) -> &AlgorithmIdentifierOwned {
        &self.signature
    }

    /// Whether issuer and subject are the same name.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// All extensions in their order.
    pub fn extensions(&self) -> impl Iterator<Item = &Extension> {
        self.extensions.iter()
    }

    /// The extension of this type.
    #[must_use]
    pub fn extension(&self, oid: ObjectIdentifier) -> Option<&Extension> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == oid)
    }

    /// What the key may do; `None` when nothing is said.
    #[must_use]
    pub const fn key_usage(&self) -> Option<KeyUsage> {
        self.known.key_usage
    }

    /// What the key is for; empty when nothing is said.
    #[must_use]
    pub fn extended_key_usage(&self) -> Vec<ObjectIdentifier> {
        self.known.extended_key_usage.clone().unwrap_or_default()
    }

    /// The certificate policies.
    #[must_use]
    pub fn policies(&self) -> Vec<ObjectIdentifier> {
        self.known
            .policies
            .iter()
            .map(|policy| policy.oid)
            .collect()
    }

    /// The certificate policies with their qualifiers.
    #[must_use]
    pub fn policy_information(&self) -> &[PolicyInformation] {
        &self.known.policies
    }

    /// Whether it is an authority's; `None` when nothing is said.
    #[must_use]
    pub const fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.known.basic_constraints
    }

    /// Whether basic constraints say that it is an authority's.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.known
            .basic_constraints
            .is_some_and(|constraints| constraints.ca)
    }

    /// The identifier of the certified key; old authorities write four octets.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.known.subject_key_id.as_deref()
    }

    /// The identifier of the issuer's key.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.known.authority_key_id.as_deref()
    }

    /// Where the revocation lists are.
    #[must_use]
    pub fn crl_distribution_points(&self) -> Vec<String> {
        self.known.crl_distribution_points.clone()
    }

    /// Where the delta lists are.
    #[must_use]
    pub fn freshest_crl(&self) -> Vec<String> {
        self.known.freshest_crl.clone()
    }

    /// Where to ask about the status.
    #[must_use]
    pub fn ocsp_urls(&self) -> Vec<String> {
        self.known.ocsp_urls.clone()
    }

    /// Where the issuer's certificate is.
    #[must_use]
    pub fn ca_issuer_urls(&self) -> Vec<String> {
        self.known.ca_issuer_urls.clone()
    }

    /// The e-mail addresses among the alternative names.
    #[must_use]
    pub fn emails(&self) -> Vec<String> {
        self.known.emails.clone()
    }

    /// The store of the key, as the national extension 1.2.398.3.3.5 names it.
    #[must_use]
    pub fn keystore_oid(&self) -> Option<ObjectIdentifier> {
        self.known.keystores.first().copied()
    }

    /// What the key may be used for in this project; see [`Purpose`].
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        Purpose::of(self)
    }
}

impl fmt::Debug for TbsCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "TbsCertificate(serial {}, {})",
            self.serial_hex(),
            self.public_key.algorithm_label()
        )
    }
}
