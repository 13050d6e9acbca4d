//! Reads and judges responses (RFC 6960, 3.2).

use std::time::Duration;

use tanba_crypto::{DigestAlgorithm, UnsupportedAlgorithm};

use super::cert_id::{CertId, Issuer};
use super::request::{Nonce, read_extensions};
use super::{BASIC, OCSP_SIGNING, ResponseStatus, Status};
use crate::asn1::{Malformed, Reader, Value, parse_all, tag};
use crate::cms::Algorithm;
use crate::crl::Reason;
use crate::{Certificate, Timestamp};

/// Clocks differ; this much is forgiven.
const SKEW: Duration = Duration::from_secs(300);

/// Why a response says nothing that can be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// The octets are not a response.
    #[error("the response is damaged")]
    Damaged(#[from] Malformed),
    /// The responder gave no answer.
    #[error("the responder gave no answer")]
    NoAnswer(ResponseStatus),
    /// The signer is neither the issuer nor somebody the issuer let answer.
    #[error("the response is signed by somebody who may not answer for the issuer")]
    Signer,
    /// The signature algorithm cannot be used.
    #[error("the response is signed with an algorithm that cannot be checked")]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// SHA-1 was excluded.
    #[error("the response is signed with an algorithm that is too weak")]
    TooWeak,
    /// The signature does not match.
    #[error("the response's signature does not match")]
    Signature,
    /// The response is about certificates of another issuer.
    #[error("the response is about another issuer's certificates")]
    OtherIssuer,
    /// The certificate asked about is not in the response.
    #[error("the response is about another certificate")]
    OtherCertificate,
    /// The answer is not from now.
    #[error("the response is too old or from the future")]
    NotCurrent,
}

/// `OCSPResponse`, read in place and not believed yet.
#[derive(Clone, Debug)]
pub struct Response<'a> {
    tbs: &'a [u8],
    responder: ResponderId<'a>,
    produced_at: Timestamp,
    singles: Vec<SingleResponse<'a>>,
    nonce: Option<Nonce<'a>>,
    algorithm: Algorithm,
    signature: &'a [u8],
    certificates: Vec<Certificate>,
}

#[derive(Clone, Copy, Debug)]
enum ResponderId<'a> {
    Name(&'a [u8]),
    Key(&'a [u8]),
}

/// What a response says about one certificate.
#[derive(Clone, Debug)]
pub struct SingleResponse<'a> {
    /// Which certificate.
    pub cert_id: CertId<'a>,
    /// Its status.
    pub status: Status,
    /// Time at which the status is known to be right.
    pub this_update: Timestamp,
    /// Time by which newer information is there; none if it always is.
    pub next_update: Option<Timestamp>,
}

impl SingleResponse<'_> {
    fn is_current(&self, at: Timestamp) -> bool {
        self.this_update <= at.plus(SKEW)
            && self.next_update.is_none_or(|next| at <= next.plus(SKEW))
    }
}

impl<'a> Response<'a> {
    /// Reads a response in DER.
    ///
    /// # Errors
    /// [`ResponseError::NoAnswer`] when it only says why there is none; [`ResponseError::Damaged`].
    pub fn parse(der: &'a [u8]) -> Result<Self, ResponseError> {
        let mut outer = parse_all(der, "OCSPResponse")?;
        let status = match outer.expect(tag::ENUMERATED)? {
            [code] => ResponseStatus::from_code(*code).ok_or(outer.malformed())?,
            _ => return Err(outer.malformed().into()),
        };
        let bytes = outer.optional(tag::context(0))?;
        outer.finish()?;
        let Some(bytes) = bytes.filter(|_| status == ResponseStatus::Successful) else {
            return Err(ResponseError::NoAnswer(status));
        };
        let mut bytes = parse_all(bytes.content, "ResponseBytes")?;
        if bytes.oid()? != BASIC {
            return Err(bytes.malformed().into());
        }
        let basic = bytes.expect(tag::OCTET_STRING)?;
        bytes.finish()?;
        Self::basic(basic)
    }

    /// Reads `BasicOCSPResponse`.
    fn basic(der: &'a [u8]) -> Result<Self, ResponseError> {
        let mut fields = parse_all(der, "BasicOCSPResponse")?;
        let tbs = fields.expect_value(tag::SEQUENCE)?;
        let algorithm = Algorithm::read(&mut fields)?;
        let signature = fields.bit_string()?;
        let mut certificates = Vec::new();
        if let Some(list) = fields.optional(tag::context(0))? {
            let mut list = parse_all(list.content, "BasicOCSPResponse")?;
            while !list.is_empty() {
                certificates.extend(Certificate::from_der(list.next_value()?.der));
            }
        }
        fields.finish()?;
        let mut data = Reader::new(tbs.content, "ResponseData");
        if let Some(version) = data.optional(tag::context(0))?
            && version.content != [tag::INTEGER, 1, 0]
        {
            return Err(data.malformed().into());
        }
        let responder = ResponderId::read(data.next_value()?)?;
        let produced_at = data.time()?;
        let mut list = data.sequence()?;
        let nonce = match data.optional(tag::context(1))? {
            Some(extensions) => read_extensions(extensions).map_err(|_| data.malformed())?,
            None => None,
        };
        data.finish()?;
        let mut singles = Vec::new();
        while !list.is_empty() {
            singles.push(read_single(list.sequence()?)?);
        }
        Ok(Self {
            tbs: tbs.der,
            responder,
            produced_at,
            singles,
            nonce,
            algorithm,
            signature,
            certificates,
        })
    }

    /// The nonce, which must be the request's.
    #[must_use]
    pub const fn nonce(&self) -> Option<Nonce<'a>> {
        self.nonce
    }

    /// Time of answering.
    #[must_use]
    pub const fn produced_at(&self) -> Timestamp {
        self.produced_at
    }

    /// Makes sure that the response comes from the issuer, or from somebody the issuer let answer (RFC 6960,
    /// 4.2.2.2), and is about the issuer's certificates only.
    ///
    /// A delegated responder's certificate must be directly from the issuer, valid at `at` and made for this.
    ///
    /// # Errors
    /// [`ResponseError`] says what does not hold.
    pub fn verify(
        self,
        issuer: &Certificate,
        at: Timestamp,
        legacy_algorithms: bool,
    ) -> Result<VerifiedResponse<'a>, ResponseError> {
        let algorithm = self.algorithm.of_signature()?;
        if algorithm.digest() == DigestAlgorithm::Sha1 && !legacy_algorithms {
            return Err(ResponseError::TooWeak);
        }
        let names = Issuer::new(issuer);
        if self.singles.is_empty()
            || !self
                .singles
                .iter()
                .all(|single| names.matches(&single.cert_id))
        {
            return Err(ResponseError::OtherIssuer);
        }
        let signer = self.signer(issuer, at).ok_or(ResponseError::Signer)?;
        signer
            .public_key()
            .verify(algorithm, self.tbs, self.signature)
            .map_err(|_| ResponseError::Signature)?;
        Ok(VerifiedResponse(self))
    }

    fn signer<'s>(&'s self, issuer: &'s Certificate, at: Timestamp) -> Option<&'s Certificate> {
        if self.responder.is(issuer) {
            return Some(issuer);
        }
        self.certificates.iter().find(|certificate| {
            self.responder.is(certificate)
                && certificate.issuer() == issuer.subject()
                && certificate.extended_key_usage().contains(&OCSP_SIGNING)
                && certificate.is_valid_at(at)
                && certificate.verify_signed_by(issuer.public_key()).is_ok()
        })
    }
}

/// A response that may be believed.
#[derive(Clone, Debug)]
pub struct VerifiedResponse<'a>(Response<'a>);

impl VerifiedResponse<'_> {
    /// The status of the certificate with this serial (contents of its INTEGER).
    ///
    /// # Errors
    /// [`ResponseError::OtherCertificate`] when the response does not mention it, [`ResponseError::NotCurrent`] when
    /// the answer is not one for this time; clocks may be five minutes apart.
    pub fn status(&self, serial: &[u8], at: Timestamp) -> Result<Status, ResponseError> {
        let single = self
            .0
            .singles
            .iter()
            .find(|single| single.cert_id.serial() == serial)
            .ok_or(ResponseError::OtherCertificate)?;
        if !single.is_current(at) {
            return Err(ResponseError::NotCurrent);
        }
        Ok(single.status)
    }

    /// Everything the response says.
    #[must_use]
    pub fn singles(&self) -> &[SingleResponse<'_>] {
        &self.0.singles
    }
}

impl<'a> ResponderId<'a> {
    fn read(value: Value<'a>) -> Result<Self, Malformed> {
        let mut inside = Reader::new(value.content, "ResponderID");
        let id = match value.tag {
            0xa1 => Self::Name(inside.expect_value(tag::SEQUENCE)?.der),
            0xa2 => Self::Key(inside.expect(tag::OCTET_STRING)?),
            _ => return Err(inside.malformed()),
        };
        inside.finish()?;
        Ok(id)
    }

    fn is(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Name(name) => certificate.subject().der() == *name,
            Self::Key(key) => certificate.public_key().key_id() == *key,
        }
    }
}

fn read_single(mut fields: Reader<'_>) -> Result<SingleResponse<'_>, Malformed> {
    let cert_id = CertId::read(fields.expect_value(tag::SEQUENCE)?)?;
    let status = fields.next_value()?;
    let status = match (status.tag, status.content) {
        (0x80, []) => Status::Good,
        (0x82, []) => Status::Unknown,
        (0xa1, info) => read_revoked(Reader::new(info, "RevokedInfo"))?,
        _ => return Err(fields.malformed()),
    };
    let this_update = fields.time()?;
    let next_update = match fields.optional(tag::context(0))? {
        Some(time) => Some(Reader::new(time.content, "SingleResponse").time()?),
        None => None,
    };
    fields.optional(tag::context(1))?;
    fields.finish()?;
    Ok(SingleResponse {
        cert_id,
        status,
        this_update,
        next_update,
    })
}

fn read_revoked(mut info: Reader<'_>) -> Result<Status, Malformed> {
    let at = info.time()?;
    let reason = match info.optional(tag::context(0))? {
        None => None,
        Some(reason) => match Reader::new(reason.content, "RevokedInfo").expect(tag::ENUMERATED)? {
            [code] => Some(Reason::from_code(*code).ok_or(info.malformed())?),
            _ => return Err(info.malformed()),
        },
    };
    info.finish()?;
    Ok(Status::Revoked { at, reason })
}
