//! Reads lists.

use der::asn1::ObjectIdentifier;
use tanba_crypto::{PublicKey, SignatureAlgorithm, UnsupportedAlgorithm};

use super::entry::{
    RevokedCertificate, Span, entry_serial, for_each_extension, read_entries, read_entry,
};
use super::scope::IssuingDistributionPoint;
use super::writer::{
    AUTHORITY_KEY_IDENTIFIER, CRL_NUMBER, DELTA_INDICATOR, FRESHEST_CRL, ISSUING_DISTRIBUTION_POINT,
};
use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::cms::Algorithm;
use crate::{DistinguishedName, Timestamp, oid};

pub(super) const STRUCTURE: &str = "CertificateList";

/// Why a list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CrlError {
    /// The octets are not a list.
    #[error("the revocation list is damaged")]
    Damaged(#[from] Malformed),
    /// The list says something critical that is not understood (RFC 5280, 5.2, 5.3).
    #[error("the revocation list has a critical extension that is not understood: {0}")]
    UnknownCritical(ObjectIdentifier),
    /// The algorithm of the signature cannot be used.
    #[error("the revocation list is signed with an algorithm that cannot be checked")]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// The signature is not the issuer's.
    #[error("the revocation list's signature does not match")]
    Signature,
}

/// `CertificateList` (RFC 5280, 5.1), checked down to the last entry when it is read.
#[derive(Clone)]
pub struct Crl {
    der: Vec<u8>,
    tbs: Span,
    issuer: DistinguishedName,
    algorithm: Algorithm,
    signature: Span,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// Entries about the issuer's own certificates, by serial.
    entries: Vec<Span>,
    /// Entries about others' certificates, with the name that each stands under.
    foreign: Vec<(Span, DistinguishedName)>,
    extensions: Extensions,
}

#[derive(Clone, Debug, Default)]
struct Extensions {
    number: Option<Vec<u8>>,
    number_is_critical: bool,
    base_number: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    scope: Option<IssuingDistributionPoint>,
}

impl std::fmt::Debug for Crl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Crl")
            .field("this_update", &self.this_update)
            .field("entries", &self.entries.len())
            .field("extensions", &self.extensions)
            .finish_non_exhaustive()
    }
}

impl Crl {
    /// Reads a list in DER.
    ///
    /// # Errors
    /// [`CrlError::Damaged`] or [`CrlError::UnknownCritical`].
    pub fn from_der(der: &[u8]) -> Result<Self, CrlError> {
        let mut outer = parse_all(der, STRUCTURE)?;
        let tbs = outer.expect_value(tag::SEQUENCE)?;
        let algorithm = Algorithm::read(&mut outer)?;
        let signature = outer.bit_string()?;
        outer.finish()?;
        let mut fields = Reader::new(tbs.content, STRUCTURE);
        let version_2 = fields.peek() == Some(tag::INTEGER);
        if version_2 && fields.integer()? != 1 {
            return Err(fields.malformed().into());
        }
        // The algorithm stands in two places and is the same (RFC 5280, 5.1.1.2), but for a NULL: the national
        // authority writes it in one of them only.
        if Algorithm::read(&mut fields)? != algorithm {
            return Err(fields.malformed().into());
        }
        let issuer = DistinguishedName::from_der(fields.expect_value(tag::SEQUENCE)?.der)?;
        let this_update = fields.time()?;
        let next_update = match fields.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(fields.time()?),
            _ => None,
        };
        let (entries, foreign) = match fields.optional(tag::SEQUENCE)? {
            Some(list) => read_entries(der, list.content)?,
            None => (Vec::new(), Vec::new()),
        };
        let extensions = match fields.optional(tag::context(0))? {
            Some(list) if version_2 => Extensions::read(list.content)?,
            Some(_) => return Err(fields.malformed().into()),
            None => Extensions::default(),
        };
        fields.finish()?;
        let indirect = extensions.scope.as_ref().is_some_and(|s| s.indirect);
        if !foreign.is_empty() && !indirect {
            return Err(CrlError::UnknownCritical(oid::CERTIFICATE_ISSUER));
        }
        Ok(Self {
            tbs: Span::of(der, tbs.der)?,
            signature: Span::of(der, signature)?,
            algorithm,
            der: der.to_vec(),
            issuer,
            this_update,
            next_update,
            entries,
            foreign,
            extensions,
        })
    }

    /// Reads a list in DER or, from its first block, in PEM (`X509 CRL`).
    ///
    /// # Errors
    /// As [`Crl::from_der`].
    pub fn from_der_or_pem(file: &[u8]) -> Result<Self, CrlError> {
        const DAMAGED: Malformed = Malformed::new(STRUCTURE);
        if crate::pem::is_der(file) {
            return Self::from_der(file);
        }
        let text = str::from_utf8(file).map_err(|_| DAMAGED)?;
        let begin = text.find("-----BEGIN X509 CRL-----").ok_or(DAMAGED)?;
        let block = text.get(begin..).ok_or(DAMAGED)?;
        const END: &str = "-----END X509 CRL-----";
        let end = block.find(END).ok_or(DAMAGED)?;
        let block = block.get(..end + END.len()).ok_or(DAMAGED)?;
        let (_, der) = der::pem::decode_vec(block.as_bytes()).map_err(|_| DAMAGED)?;
        Self::from_der(&der)
    }

    /// The list as it was read.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What was signed.
    #[must_use]
    pub fn tbs_der(&self) -> &[u8] {
        self.tbs.of_list(&self.der)
    }

    /// Name of the issuer.
    #[must_use]
    pub const fn issuer(&self) -> &DistinguishedName {
        &self.issuer
    }

    /// Time of issue.
    #[must_use]
    pub const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// Time by which the next list is issued.
    #[must_use]
    pub const fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// Number of the list, big-endian without leading zeros.
    #[must_use]
    pub fn number(&self) -> Option<&[u8]> {
        self.extensions.number.as_deref()
    }

    /// Of a delta: number of the complete list it builds on.
    #[must_use]
    pub fn base_number(&self) -> Option<&[u8]> {
        self.extensions.base_number.as_deref()
    }

    /// Whether this is a delta.
    #[must_use]
    pub const fn is_delta(&self) -> bool {
        self.extensions.base_number.is_some()
    }

    /// Key identifier of the issuer.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.extensions.authority_key_id.as_deref()
    }

    /// What the list is about; none means every certificate of the issuer.
    #[must_use]
    pub const fn scope(&self) -> Option<&IssuingDistributionPoint> {
        self.extensions.scope.as_ref()
    }

    /// The signature algorithm.
    ///
    /// # Errors
    /// [`UnsupportedAlgorithm`] names the algorithm that cannot be used.
    pub fn signature_algorithm(&self) -> Result<SignatureAlgorithm, UnsupportedAlgorithm> {
        self.algorithm.of_signature()
    }

    /// Checks the issuer's signature.
    ///
    /// # Errors
    /// [`CrlError::Unsupported`] or [`CrlError::Signature`].
    pub fn verify(&self, issuer: &PublicKey) -> Result<(), CrlError> {
        let algorithm = self.signature_algorithm()?;
        issuer
            .verify(algorithm, self.tbs_der(), self.signature.of_list(&self.der))
            .map_err(|_| CrlError::Signature)
    }

    /// The entry of a certificate, by the contents of its serial's INTEGER.
    #[must_use]
    pub fn find(&self, serial: &[u8]) -> Option<RevokedCertificate<'_>> {
        let at = self
            .entries
            .binary_search_by_key(&serial, |entry| entry_serial(entry.of_list(&self.der)))
            .ok()?;
        self.entry(*self.entries.get(at)?)
    }

    /// Entries of an indirect list about this serial of other issuers, each with the issuer (RFC 5280, 5.3.3).
    pub fn find_foreign(
        &self,
        serial: &[u8],
    ) -> impl Iterator<Item = (&DistinguishedName, RevokedCertificate<'_>)> {
        self.foreign.iter().filter_map(move |(span, issuer)| {
            let entry = self.entry(*span)?;
            (entry.serial == serial).then_some((issuer, entry))
        })
    }

    /// What RFC 5280 asks of those who make lists and this one does not keep: a next update (5.1.2.5), a number that
    /// is not critical (5.2.3), one entry for one certificate.
    #[must_use]
    pub fn departure(&self) -> Option<&'static str> {
        let twice = || {
            let serials = self
                .entries
                .iter()
                .map(|entry| entry_serial(entry.of_list(&self.der)));
            let next = serials.clone().skip(1);
            serials.zip(next).any(|(one, next)| one == next)
        };
        if self.next_update.is_none() {
            Some("the list does not say when the next one comes")
        } else if self.extensions.number.is_none() {
            Some("the list has no number")
        } else if self.extensions.number_is_critical {
            Some("the number of the list is critical")
        } else if twice() {
            Some("the list has two entries for one certificate")
        } else {
            None
        }
    }

    /// Number of entries about the issuer's own certificates.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries by serial.
    pub fn entries(&self) -> impl Iterator<Item = RevokedCertificate<'_>> {
        self.entries.iter().filter_map(|entry| self.entry(*entry))
    }

    /// Entries were checked when the list was read, so this finds one.
    fn entry(&self, span: Span) -> Option<RevokedCertificate<'_>> {
        let fields = parse_all(span.of_list(&self.der), STRUCTURE).ok()?;
        read_entry(fields).ok().map(|(entry, _)| entry)
    }
}

impl Extensions {
    fn read(list: &[u8]) -> Result<Self, CrlError> {
        let mut read = Self::default();
        let mut outer = Reader::new(list, STRUCTURE);
        let list = outer.sequence()?;
        outer.finish()?;
        for_each_extension(list, |oid, critical, value| {
            match oid {
                CRL_NUMBER => {
                    read.number = Some(number(value)?);
                    read.number_is_critical = critical;
                }
                DELTA_INDICATOR => read.base_number = Some(number(value)?),
                AUTHORITY_KEY_IDENTIFIER => read.authority_key_id = key_id(value.sequence()?)?,
                ISSUING_DISTRIBUTION_POINT => {
                    read.scope = Some(IssuingDistributionPoint::read(value.sequence()?)?);
                }
                FRESHEST_CRL => {
                    value.sequence()?;
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(read)
    }
}

/// A number that is not negative, without leading zeros.
fn number(value: &mut Reader<'_>) -> Result<Vec<u8>, Malformed> {
    match value.integer_bytes()? {
        [0, rest @ ..] => Ok(rest.to_vec()),
        octets @ [first, ..] if *first < 0x80 => Ok(octets.to_vec()),
        _ => Err(value.malformed()),
    }
}

fn key_id(mut fields: Reader<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    Ok(fields
        .optional(tag::context_primitive(0))?
        .map(|id| id.content.to_vec()))
}
