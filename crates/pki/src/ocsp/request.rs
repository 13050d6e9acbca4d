//! Requests (RFC 6960, 4.1).

use der::asn1::ObjectIdentifier;

use super::NONCE;
use super::cert_id::CertId;
use crate::asn1::{self, Malformed, Reader, Value, parse_all, tag};
use crate::crl::extension;

/// Certificates that one request may ask about.
pub const MAXIMUM_CERTIFICATES: usize = 64;
/// Octets of a nonce (RFC 9654, 2.1).
pub const MAXIMUM_NONCE: usize = 128;

/// Why a request is not answered: with `malformedRequest`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The octets are not a request.
    #[error("the request is damaged")]
    Damaged(#[from] Malformed),
    /// More certificates than [`MAXIMUM_CERTIFICATES`], or none.
    #[error("a request asks about 1 to {MAXIMUM_CERTIFICATES} certificates")]
    Count,
    /// A nonce that is empty or longer than [`MAXIMUM_NONCE`].
    #[error("a nonce has 1 to {MAXIMUM_NONCE} octets")]
    Nonce,
    /// A critical extension that is not understood.
    #[error("the request has a critical extension that is not understood: {0}")]
    UnknownCritical(ObjectIdentifier),
}

/// The value of a nonce extension, to be echoed as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce<'a>(&'a [u8]);

impl<'a> Nonce<'a> {
    /// `extnValue`'s contents. Old clients put the bare octets there; those are echoed as they came.
    fn read(value: &'a [u8]) -> Result<Self, RequestError> {
        let nonce = Self(value);
        if (1..=MAXIMUM_NONCE).contains(&nonce.octets().len()) {
            Ok(nonce)
        } else {
            Err(RequestError::Nonce)
        }
    }

    /// The nonce itself.
    #[must_use]
    pub fn octets(&self) -> &'a [u8] {
        let mut reader = Reader::new(self.0, "Nonce");
        match reader.expect(tag::OCTET_STRING) {
            Ok(octets) if reader.is_empty() => octets,
            _ => self.0,
        }
    }

    /// The extension with this nonce.
    pub(super) fn extension(&self) -> Vec<u8> {
        extension(NONCE, false, self.0)
    }
}

/// `OCSPRequest`, read in place. Signatures of requests are not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The certificates asked about, one to [`MAXIMUM_CERTIFICATES`].
    pub certificates: Vec<CertId<'a>>,
    /// The nonce, if any.
    pub nonce: Option<Nonce<'a>>,
}

impl<'a> Request<'a> {
    /// Reads a request in DER.
    ///
    /// # Errors
    /// [`RequestError`]; the answer to each is `malformedRequest`.
    pub fn parse(der: &'a [u8]) -> Result<Self, RequestError> {
        let mut outer = parse_all(der, "OCSPRequest")?;
        let mut fields = outer.sequence()?;
        outer.optional(tag::context(0))?;
        outer.finish()?;
        if let Some(version) = fields.optional(tag::context(0))?
            && version.content != [tag::INTEGER, 1, 0]
        {
            return Err(fields.malformed().into());
        }
        fields.optional(tag::context(1))?;
        let mut list = fields.sequence()?;
        let nonce = match fields.optional(tag::context(2))? {
            Some(extensions) => read_extensions(extensions)?,
            None => None,
        };
        fields.finish()?;
        let mut certificates = Vec::new();
        while !list.is_empty() {
            if certificates.len() == MAXIMUM_CERTIFICATES {
                return Err(RequestError::Count);
            }
            let mut single = list.sequence()?;
            certificates.push(CertId::read(single.expect_value(tag::SEQUENCE)?)?);
            if let Some(extensions) = single.optional(tag::context(0))? {
                read_extensions(extensions)?;
            }
            single.finish()?;
        }
        if certificates.is_empty() {
            return Err(RequestError::Count);
        }
        Ok(Self {
            certificates,
            nonce,
        })
    }
}

/// Reads `Extensions` under an explicit tag; gives the nonce.
pub(super) fn read_extensions(wrapper: Value<'_>) -> Result<Option<Nonce<'_>>, RequestError> {
    let mut list = parse_all(wrapper.content, "Extensions")?;
    let mut nonce = None;
    while !list.is_empty() {
        let mut fields = list.sequence()?;
        let oid = fields.oid()?;
        let critical = fields.peek() == Some(tag::BOOLEAN) && fields.boolean()?;
        let value = fields.expect(tag::OCTET_STRING)?;
        fields.finish()?;
        if oid == NONCE {
            nonce = Some(Nonce::read(value)?);
        } else if critical {
            return Err(RequestError::UnknownCritical(oid));
        }
    }
    Ok(nonce)
}

/// Makes a request about certificates that [`Issuer::cert_id`](super::Issuer::cert_id) named.
#[must_use]
pub fn request(certificates: &[Vec<u8>], nonce: Option<&[u8]>) -> Vec<u8> {
    let list: Vec<Vec<u8>> = certificates
        .iter()
        .map(|certificate| asn1::sequence(&[certificate]))
        .collect();
    let mut fields = vec![asn1::sequence(&list)];
    if let Some(nonce) = nonce {
        let extension = extension(NONCE, false, &asn1::octet_string(nonce));
        let extensions = asn1::sequence(&[extension]);
        fields.push(asn1::context(2, &extensions));
    }
    asn1::sequence(&[asn1::sequence(&fields)])
}
