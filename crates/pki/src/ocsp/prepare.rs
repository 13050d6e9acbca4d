//! Makes responses (RFC 6960, 4.2).

use tanba_crypto::SignatureAlgorithm;

use super::request::Nonce;
use super::{BASIC, EXTENDED_REVOKE, ResponseStatus, Status};
use crate::asn1::{self, tag};
use crate::crl::extension;
use crate::{Certificate, Timestamp};

/// Who signs responses: the issuer itself, or somebody it gave a certificate for that.
///
/// What does not change from answer to answer is encoded once.
#[derive(Clone, Debug)]
pub struct Responder {
    /// `ResponderID` by key.
    id: Vec<u8>,
    algorithm: SignatureAlgorithm,
    algorithm_identifier: Vec<u8>,
    /// `certs [0]`, possibly nothing.
    certificates: Vec<u8>,
}

/// One certificate's status in an answer.
#[derive(Clone, Copy, Debug)]
pub struct Single<'a> {
    /// `CertID` as it came in the request.
    pub cert_id: &'a [u8],
    /// The status.
    pub status: Status,
    /// Time at which the status is known to be right.
    pub this_update: Timestamp,
    /// Time by which newer information is there; none if it always is.
    pub next_update: Option<Timestamp>,
}

/// What a responder answers.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// One entry for each certificate asked about.
    pub singles: &'a [Single<'a>],
    /// The request's nonce.
    pub nonce: Option<Nonce<'a>>,
    /// Time of answering.
    pub produced_at: Timestamp,
    /// Says that certificates never issued are answered as revoked (RFC 6960, 4.4.8).
    pub extended_revoke: bool,
}

impl Responder {
    /// A delegated responder, whose certificate goes along with each response.
    #[must_use]
    pub fn delegated(certificate: &Certificate, algorithm: SignatureAlgorithm) -> Self {
        let list = asn1::sequence(&[certificate.der()]);
        Self::with(certificate, algorithm, asn1::context(0, &list))
    }

    /// The issuer itself, whose certificate everybody has.
    #[must_use]
    pub fn issuer(certificate: &Certificate, algorithm: SignatureAlgorithm) -> Self {
        Self::with(certificate, algorithm, Vec::new())
    }

    fn with(
        certificate: &Certificate,
        algorithm: SignatureAlgorithm,
        certificates: Vec<u8>,
    ) -> Self {
        let key = asn1::octet_string(&certificate.public_key().key_id());
        Self {
            id: asn1::context(2, &key),
            algorithm,
            algorithm_identifier: algorithm.algorithm_identifier_der(),
            certificates,
        }
    }

    /// How the responses are signed.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// `ResponseData`: what has to be signed.
    #[must_use]
    pub fn prepare(&self, answer: &Answer<'_>) -> Vec<u8> {
        let singles: Vec<Vec<u8>> = answer.singles.iter().map(single).collect();
        let mut extensions = Vec::new();
        if let Some(nonce) = answer.nonce {
            extensions.push(nonce.extension());
        }
        if answer.extended_revoke {
            extensions.push(extension(EXTENDED_REVOKE, false, &asn1::null()));
        }
        let extensions = if extensions.is_empty() {
            Vec::new()
        } else {
            asn1::context(1, &asn1::sequence(&extensions))
        };
        asn1::sequence(&[
            self.id.as_slice(),
            &asn1::generalized_time(answer.produced_at),
            &asn1::sequence(&singles),
            &extensions,
        ])
    }

    /// The response, from what was signed and the signature over it.
    #[must_use]
    pub fn assemble(&self, tbs: &[u8], signature: &[u8]) -> Vec<u8> {
        let basic = asn1::sequence(&[
            tbs,
            &self.algorithm_identifier,
            &asn1::bit_string(signature),
            &self.certificates,
        ]);
        let bytes = asn1::sequence(&[asn1::oid(BASIC), asn1::octet_string(&basic)]);
        asn1::sequence(&[
            asn1::enumerated(ResponseStatus::Successful.code()),
            asn1::context(0, &bytes),
        ])
    }
}

/// A response that says why there is no answer; it is not signed.
#[must_use]
pub fn error_response(status: ResponseStatus) -> Vec<u8> {
    asn1::sequence(&[asn1::enumerated(status.code())])
}

fn single(single: &Single<'_>) -> Vec<u8> {
    let status = match single.status {
        Status::Good => asn1::context_primitive(0, &[]),
        Status::Unknown => asn1::context_primitive(2, &[]),
        Status::Revoked { at, reason } => {
            let reason = reason.map_or_else(Vec::new, |reason| {
                asn1::context(0, &asn1::enumerated(reason.code()))
            });
            asn1::tlv(
                tag::context(1),
                &[asn1::generalized_time(at), reason].concat(),
            )
        }
    };
    let next_update = single.next_update.map_or_else(Vec::new, |time| {
        asn1::context(0, &asn1::generalized_time(time))
    });
    asn1::sequence(&[
        single.cert_id,
        &status,
        &asn1::generalized_time(single.this_update),
        &next_update,
    ])
}
