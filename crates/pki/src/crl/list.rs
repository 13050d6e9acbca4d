//! Reads lists.

use der::asn1::ObjectIdentifier;
use tanba_crypto::{PublicKey, SignatureAlgorithm, UnsupportedAlgorithm};

use super::Reason;
use super::writer::{
    AUTHORITY_KEY_IDENTIFIER, CRL_NUMBER, DELTA_INDICATOR, FRESHEST_CRL,
    ISSUING_DISTRIBUTION_POINT, REASON_CODE,
};
use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::cms::Algorithm;
use crate::{DistinguishedName, Timestamp};

const STRUCTURE: &str = "CertificateList";

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

/// What a list is about (RFC 5280, 5.2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    /// URLs under which the list is published.
    pub urls: Vec<String>,
    /// Whether the point has a name of another kind.
    pub other_name: bool,
    /// Only certificates that are not an authority's.
    pub only_user_certificates: bool,
    /// Only certificates of authorities.
    pub only_authority_certificates: bool,
    /// Only attribute certificates.
    pub only_attribute_certificates: bool,
    /// Only some of the reasons.
    pub only_some_reasons: bool,
    /// Certificates of other issuers too.
    pub indirect: bool,
}

/// An entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedCertificate<'a> {
    /// Contents of the serial's INTEGER.
    pub serial: &'a [u8],
    /// Time of revocation.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
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
    /// Entries by serial.
    entries: Vec<Span>,
    extensions: Extensions,
}

/// A place in the encoding; four octets each, because lists have millions of entries.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Clone, Debug, Default)]
struct Extensions {
    number: Option<Vec<u8>>,
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
        let entries = match fields.optional(tag::SEQUENCE)? {
            Some(list) => read_entries(der, list.content)?,
            None => Vec::new(),
        };
        let extensions = match fields.optional(tag::context(0))? {
            Some(list) if version_2 => Extensions::read(list.content)?,
            Some(_) => return Err(fields.malformed().into()),
            None => Extensions::default(),
        };
        fields.finish()?;
        Ok(Self {
            tbs: Span::of(der, tbs.der)?,
            signature: Span::of(der, signature)?,
            algorithm,
            der: der.to_vec(),
            issuer,
            this_update,
            next_update,
            entries,
            extensions,
        })
    }

    /// Reads a list in DER or, from its first block, in PEM (`X509 CRL`).
    ///
    /// # Errors
    /// As [`Crl::from_der`].
    pub fn from_der_or_pem(file: &[u8]) -> Result<Self, CrlError> {
        const DAMAGED: Malformed = Malformed::new(STRUCTURE);
        if file.first() == Some(&tag::SEQUENCE) {
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
        if self.algorithm.parameters.is_some() {
            return Err(UnsupportedAlgorithm::new(self.algorithm.oid));
        }
        SignatureAlgorithm::from_oid(self.algorithm.oid)
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

    /// Number of entries.
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
        read_entry(parse_all(span.of_list(&self.der), STRUCTURE).ok()?).ok()
    }
}

impl Span {
    fn of(list: &[u8], part: &[u8]) -> Result<Self, Malformed> {
        let place = || {
            // Where a part begins is the distance of two addresses; `get` then proves that it lies inside.
            let start = part.as_ptr().addr().checked_sub(list.as_ptr().addr())?;
            let end = start.checked_add(part.len())?;
            list.get(start..end)?;
            Some(Self {
                start: u32::try_from(start).ok()?,
                end: u32::try_from(end).ok()?,
            })
        };
        place().ok_or(Malformed::new(STRUCTURE))
    }

    fn of_list(self, list: &[u8]) -> &[u8] {
        let range = usize::try_from(self.start)
            .ok()
            .zip(usize::try_from(self.end).ok());
        range
            .and_then(|(start, end)| list.get(start..end))
            .unwrap_or_default()
    }
}

/// Checks the entries and sorts their places by serial.
fn read_entries(der: &[u8], list: &[u8]) -> Result<Vec<Span>, CrlError> {
    let mut reader = Reader::new(list, STRUCTURE);
    let mut entries = Vec::with_capacity(list.len() / 48);
    while !reader.is_empty() {
        let entry = reader.expect_value(tag::SEQUENCE)?;
        read_entry(Reader::new(entry.content, STRUCTURE))?;
        entries.push(Span::of(der, entry.der)?);
    }
    entries.sort_by_key(|entry| entry_serial(entry.of_list(der)));
    Ok(entries)
}

fn entry_serial(entry: &[u8]) -> &[u8] {
    parse_all(entry, STRUCTURE)
        .and_then(|mut fields| fields.integer_bytes())
        .unwrap_or_default()
}

fn read_entry(mut fields: Reader<'_>) -> Result<RevokedCertificate<'_>, CrlError> {
    let serial = fields.integer_bytes()?;
    let at = fields.time()?;
    let mut reason = Reason::Unspecified;
    if !fields.is_empty() {
        for_each_extension(fields.sequence()?, |oid, mut value| {
            if oid != REASON_CODE {
                // Dates of invalidity and hold instructions change nothing for us.
                return Ok(false);
            }
            reason = match value.expect(tag::ENUMERATED)? {
                [code] => Reason::from_code(*code).ok_or(value.malformed())?,
                _ => return Err(value.malformed()),
            };
            Ok(true)
        })?;
    }
    fields.finish()?;
    Ok(RevokedCertificate { serial, at, reason })
}

impl Extensions {
    fn read(list: &[u8]) -> Result<Self, CrlError> {
        let mut read = Self::default();
        let mut outer = Reader::new(list, STRUCTURE);
        let list = outer.sequence()?;
        outer.finish()?;
        for_each_extension(list, |oid, mut value| {
            match oid {
                CRL_NUMBER => read.number = Some(number(&mut value)?),
                DELTA_INDICATOR => read.base_number = Some(number(&mut value)?),
                AUTHORITY_KEY_IDENTIFIER => read.authority_key_id = key_id(value.sequence()?)?,
                ISSUING_DISTRIBUTION_POINT => {
                    read.scope = Some(IssuingDistributionPoint::read(value.sequence()?)?);
                }
                FRESHEST_CRL => {}
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(read)
    }
}

/// Calls `take` for each extension; it says whether it understood.
fn for_each_extension<'a>(
    mut list: Reader<'a>,
    mut take: impl FnMut(ObjectIdentifier, Reader<'a>) -> Result<bool, Malformed>,
) -> Result<(), CrlError> {
    while !list.is_empty() {
        let mut fields = list.sequence()?;
        let oid = fields.oid()?;
        let critical = fields.peek() == Some(tag::BOOLEAN) && fields.boolean()?;
        let value = fields.expect(tag::OCTET_STRING)?;
        fields.finish()?;
        if !take(oid, Reader::new(value, STRUCTURE))? && critical {
            return Err(CrlError::UnknownCritical(oid));
        }
    }
    Ok(())
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

impl IssuingDistributionPoint {
    fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        let mut read = Self::default();
        while !fields.is_empty() {
            let field = fields.next_value()?;
            let yes = field.content != [0];
            match field.tag {
                0xa0 => read.read_name(Reader::new(field.content, STRUCTURE))?,
                0x81 => read.only_user_certificates = yes,
                0x82 => read.only_authority_certificates = yes,
                0x83 => read.only_some_reasons = true,
                0x84 => read.indirect = yes,
                0x85 => read.only_attribute_certificates = yes,
                _ => return Err(fields.malformed()),
            }
        }
        Ok(read)
    }

    fn read_name(&mut self, mut choice: Reader<'_>) -> Result<(), Malformed> {
        let Some(names) = choice.optional(tag::context(0))? else {
            self.other_name = true;
            return Ok(());
        };
        let mut names = Reader::new(names.content, STRUCTURE);
        while !names.is_empty() {
            let name = names.next_value()?;
            match str::from_utf8(name.content) {
                Ok(url) if name.tag == tag::context_primitive(6) => self.urls.push(url.to_owned()),
                _ => self.other_name = true,
            }
        }
        Ok(())
    }
}
