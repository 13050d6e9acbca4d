//! Makes signed data in the CAdES-BES form (ETSI EN 319 122-1, 6; RFC 5652).

use der::asn1::ObjectIdentifier;
use tanba_crypto::{DigestAlgorithm, SignatureAlgorithm, Signer};

use super::CmsError;
use super::attribute::{
    CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2, SIGNING_TIME, attribute,
};
use super::signed_data::{DATA, SIGNED_DATA};
use crate::asn1::{self, tag};
use crate::{Certificate, Timestamp};

/// What a signature says beside the content.
#[derive(Clone, Debug)]
pub struct SignOptions<'a> {
    /// The signer's certificate; it is named inside what is signed and put into the message.
    pub certificate: &'a Certificate,
    /// Further certificates for the message, usually the issuers without the root.
    pub chain: &'a [Certificate],
    /// Claimed time of signing.
    pub signing_time: Option<Timestamp>,
    /// Whether the content stays outside of the message.
    pub detached: bool,
    /// Type of the content.
    pub content_type: ObjectIdentifier,
}

impl<'a> SignOptions<'a> {
    /// Plain data, attached, without further certificates and without a time.
    #[must_use]
    pub const fn new(certificate: &'a Certificate) -> Self {
        Self {
            certificate,
            chain: &[],
            signing_time: None,
            detached: false,
            content_type: DATA,
        }
    }
}

/// Signs `content`.
///
/// # Errors
/// [`CmsError::KeyMismatch`] when the signer has another key than the certificate; [`CmsError::Sign`] when the
/// signer fails.
pub fn sign(
    content: &[u8],
    signer: &dyn Signer,
    options: &SignOptions<'_>,
) -> Result<Vec<u8>, CmsError> {
    if signer.public_key().spki_der() != options.certificate.public_key().spki_der() {
        return Err(CmsError::KeyMismatch);
    }
    let prepared = prepare(content, signer.algorithm(), options);
    let signature = signer.sign(prepared.to_be_signed())?;
    Ok(prepared.assemble(&signature))
}

/// A message that lacks nothing but its signature.
///
/// For signers that cannot be called, such as the browser's: sign [`Prepared::to_be_signed`], then
/// [`Prepared::assemble`].
#[derive(Clone, Debug)]
pub struct Prepared {
    algorithm: SignatureAlgorithm,
    attributes: Vec<u8>,
    /// Everything of `SignedData` before the signers.
    before: Vec<u8>,
    signer_identifier: Vec<u8>,
}

/// Prepares a signature over `content` with the given algorithm.
#[must_use]
pub fn prepare(
    content: &[u8],
    algorithm: SignatureAlgorithm,
    options: &SignOptions<'_>,
) -> Prepared {
    let digest = algorithm.digest().digest(content);
    let content = (!options.detached).then_some(content);
    prepare_with(&digest, content, algorithm, options)
}

/// Prepares a detached signature over content of which only the digest is known, computed with the digest of
/// `algorithm`. Whether it is one is for the caller to know.
#[must_use]
pub fn prepare_digest(
    digest: &[u8],
    algorithm: SignatureAlgorithm,
    options: &SignOptions<'_>,
) -> Prepared {
    prepare_with(digest, None, algorithm, options)
}

fn prepare_with(
    digest: &[u8],
    content: Option<&[u8]>,
    algorithm: SignatureAlgorithm,
    options: &SignOptions<'_>,
) -> Prepared {
    let content_type = asn1::oid(options.content_type);
    let mut attributes = vec![
        attribute(CONTENT_TYPE, content_type.clone()),
        attribute(MESSAGE_DIGEST, asn1::octet_string(digest)),
        attribute(
            SIGNING_CERTIFICATE_V2,
            signing_certificate(options.certificate),
        ),
    ];
    if let Some(time) = options.signing_time {
        attributes.push(attribute(SIGNING_TIME, asn1::time(time)));
    }
    Prepared {
        algorithm,
        attributes: asn1::set_of(attributes),
        before: before_signers(content, content_type, algorithm.digest(), options),
        signer_identifier: issuer_and_serial(options.certificate),
    }
}

impl Prepared {
    /// What has to be signed: the signed attributes as a SET (RFC 5652, 5.4).
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.attributes
    }

    /// The finished message.
    #[must_use]
    pub fn assemble(mut self, signature: &[u8]) -> Vec<u8> {
        let before = std::mem::take(&mut self.before);
        let info = self.signer_info(signature);
        let signed_data = asn1::sequence(&[before, asn1::set(&[info])]);
        asn1::sequence(&[asn1::oid(SIGNED_DATA), asn1::context(0, &signed_data)])
    }

    /// The finished `SignerInfo` alone, for a message that exists.
    pub(super) fn signer_info(self, signature: &[u8]) -> Vec<u8> {
        let mut attributes = self.attributes;
        if let Some(tag) = attributes.first_mut() {
            *tag = tag::context(0);
        }
        asn1::sequence(&[
            asn1::integer(1),
            self.signer_identifier,
            digest_identifier(self.algorithm.digest()),
            attributes,
            self.algorithm.algorithm_identifier_der(),
            asn1::octet_string(signature),
        ])
    }
}

/// Version, digests, content and certificates.
fn before_signers(
    content: Option<&[u8]>,
    content_type: Vec<u8>,
    digest: DigestAlgorithm,
    options: &SignOptions<'_>,
) -> Vec<u8> {
    // Version 3 as soon as the content is something else than data (RFC 5652, 5.1).
    let version = if options.content_type == DATA { 1 } else { 3 };
    let mut encapsulated = vec![content_type];
    if let Some(content) = content {
        encapsulated.push(asn1::context(0, &asn1::octet_string(content)));
    }
    let mut certificates = vec![options.certificate.der()];
    certificates.extend(options.chain.iter().map(Certificate::der));
    certificates.sort_unstable();
    certificates.dedup();
    [
        asn1::integer(version),
        asn1::set(&[digest_identifier(digest)]),
        asn1::sequence(&encapsulated),
        asn1::context(0, &certificates.concat()),
    ]
    .concat()
}

/// `SigningCertificateV2` with the default digest, SHA-256 (RFC 5035, 3).
fn signing_certificate(certificate: &Certificate) -> Vec<u8> {
    let hash = asn1::octet_string(&DigestAlgorithm::Sha256.digest(certificate.der()));
    let directory_name = asn1::context(4, certificate.issuer().der());
    let names = asn1::sequence(&[directory_name]);
    let serial = asn1::tlv(tag::INTEGER, certificate.serial_bytes());
    let identifier = asn1::sequence(&[hash, asn1::sequence(&[names, serial])]);
    asn1::sequence(&[asn1::sequence(&[identifier])])
}

fn issuer_and_serial(certificate: &Certificate) -> Vec<u8> {
    let serial = asn1::tlv(tag::INTEGER, certificate.serial_bytes());
    asn1::sequence(&[certificate.issuer().der(), &serial])
}

/// `AlgorithmIdentifier` of a digest, without parameters (RFC 5754, 2).
pub(super) fn digest_identifier(digest: DigestAlgorithm) -> Vec<u8> {
    asn1::sequence(&[asn1::oid(digest.oid())])
}
