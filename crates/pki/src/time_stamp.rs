//! Time stamps (RFC 3161): asked for and judged.
//!
//! ```text
//! TimeStampReq ::= SEQUENCE { version INTEGER { v1(1) }, messageImprint MessageImprint, reqPolicy OPTIONAL,
//!     nonce INTEGER OPTIONAL, certReq BOOLEAN DEFAULT FALSE, extensions [0] OPTIONAL }
//! TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken ContentInfo OPTIONAL }
//! ```

use tanba_crypto::{DigestAlgorithm, ObjectIdentifier};

use crate::asn1::{self, Malformed, Reader, parse_all, tag};
use crate::cms::{self, CmsError, SignedData, VerifyOptions};
use crate::{Certificate, Timestamp, oid};

/// `id-ct-TSTInfo`
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// What a time stamp was asked for with; the answer is judged by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStampRequest {
    digest: DigestAlgorithm,
    imprint: Vec<u8>,
    nonce: Vec<u8>,
}

/// A time stamp that was judged: signed by an authority for time stamps, about what was asked.
#[derive(Clone, Debug)]
pub struct TimeStamp {
    token: Vec<u8>,
    at: Timestamp,
    authority: Certificate,
}

/// Why there is no time stamp.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimeStampError {
    /// The authority said no.
    #[error("the time-stamping authority refused (status {status})")]
    Refused {
        /// `PKIStatus`: 2 rejection, 3 waiting, 4 and 5 about revocation.
        status: u64,
    },
    /// The answer cannot be read.
    #[error("the answer of the time-stamping authority is damaged")]
    Damaged(#[from] Malformed),
    /// The token cannot be read.
    #[error("the time stamp is damaged")]
    Token(#[from] CmsError),
    /// The token is about something else, or is an old one.
    #[error("the time stamp is about something else than what was asked")]
    OtherContent,
    /// The signature of the token does not hold, or it is signed by a key that is not for time stamps.
    #[error("the time stamp is not signed by a time-stamping authority")]
    NotSigned,
}

impl TimeStampRequest {
    /// Asks about the octets, under a nonce of the caller's choice: eight random octets.
    #[must_use]
    pub fn new(octets: &[u8], nonce: [u8; 8]) -> Self {
        let digest = DigestAlgorithm::Sha256;
        Self {
            digest,
            imprint: digest.digest(octets),
            nonce: nonce.to_vec(),
        }
    }

    /// `TimeStampReq` in DER; the authority's certificate is asked for.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let algorithm = asn1::sequence(&[asn1::oid(self.digest.oid()), asn1::null()]);
        let imprint = asn1::sequence(&[algorithm, asn1::octet_string(&self.imprint)]);
        asn1::sequence(&[
            asn1::integer(1),
            imprint,
            asn1::integer_bytes(&self.nonce),
            asn1::boolean(true),
        ])
    }

    /// Judges the answer: status, signature, purpose of the key, imprint and nonce. Whether the authority is to be
    /// believed is for the caller to judge by its certificate.
    ///
    /// # Errors
    /// [`TimeStampError`]
    pub fn judge(&self, response: &[u8]) -> Result<TimeStamp, TimeStampError> {
        let mut fields = parse_all(response, "TimeStampResp")?;
        let status = fields.sequence()?.integer()?;
        if status > 1 {
            return Err(TimeStampError::Refused { status });
        }
        let token = fields.expect_value(tag::SEQUENCE)?.der;
        fields.finish()?;
        let signed = SignedData::parse(token)?;
        let content = signed.content().ok_or(TimeStampError::NotSigned)?;
        let info = Info::read(content)?;
        let same_nonce = info
            .nonce
            .is_some_and(|nonce| strip(&nonce) == strip(&self.nonce));
        if signed.content_type() != TST_INFO
            || info.digest != self.digest.oid()
            || info.imprint != self.imprint
            || !same_nonce
        {
            return Err(TimeStampError::OtherContent);
        }
        let verdict = cms::verify_signed_data(
            &signed,
            &VerifyOptions {
                content: None,
                trusted: &[],
                intermediates: &[],
                crls: &[],
                at: info.at,
                check_chain: false,
                legacy_algorithms: false,
            },
        )?;
        let [signer] = verdict.signers.as_slice() else {
            return Err(TimeStampError::NotSigned);
        };
        let authority = signer
            .certificate
            .clone()
            .filter(|certificate| signer.is_valid() && is_for_time_stamps(certificate, info.at))
            .ok_or(TimeStampError::NotSigned)?;
        Ok(TimeStamp {
            token: token.to_vec(),
            at: info.at,
            authority,
        })
    }
}

impl TimeStamp {
    /// The token, a `ContentInfo` in DER.
    #[must_use]
    pub fn token(&self) -> &[u8] {
        &self.token
    }

    /// The time that the authority vouches for.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Who vouches.
    #[must_use]
    pub const fn authority(&self) -> &Certificate {
        &self.authority
    }
}

/// RFC 3161, 2.3: the purpose is named, and nothing else is.
fn is_for_time_stamps(certificate: &Certificate, at: Timestamp) -> bool {
    certificate
        .extended_key_usage()
        .contains(&oid::TIME_STAMPING)
        && certificate.is_valid_at(at)
}

/// `TSTInfo`, as far as it is judged.
struct Info {
    digest: ObjectIdentifier,
    imprint: Vec<u8>,
    at: Timestamp,
    nonce: Option<Vec<u8>>,
}

impl Info {
    fn read(content: &[u8]) -> Result<Self, Malformed> {
        let mut fields = parse_all(content, "TSTInfo")?;
        fields.integer()?;
        fields.oid()?;
        let mut imprint = fields.sequence()?;
        let digest = imprint.sequence()?.oid()?;
        let octets = imprint.expect(tag::OCTET_STRING)?.to_vec();
        fields.integer_bytes()?;
        let at = generalized(&mut fields)?;
        // accuracy, ordering
        fields.optional(tag::SEQUENCE)?;
        fields.optional(tag::BOOLEAN)?;
        let nonce = match fields.peek() {
            Some(tag::INTEGER) => Some(fields.integer_bytes()?.to_vec()),
            _ => None,
        };
        Ok(Self {
            digest,
            imprint: octets,
            at,
            nonce,
        })
    }
}

/// GeneralizedTime, whose fraction of a second (RFC 3161, 2.4.2) is cut off.
fn generalized(fields: &mut Reader<'_>) -> Result<Timestamp, Malformed> {
    let content = fields.expect(tag::GENERALIZED_TIME)?;
    let whole = match content.iter().position(|octet| *octet == b'.') {
        Some(point) => {
            let mut whole = content.get(..point).unwrap_or_default().to_vec();
            whole.push(b'Z');
            whole
        }
        None => content.to_vec(),
    };
    Timestamp::from_der_value(tag::GENERALIZED_TIME, &whole).ok_or(fields.malformed())
}

fn strip(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    number.get(zeros..).unwrap_or_default()
}
