//! Adds to messages that exist: one more signature, the time on one.
//!
//! Everything that is there stays as it is, octet for octet: other signatures were made over it.

use tanba_crypto::{DigestAlgorithm, ObjectIdentifier, SignatureAlgorithm, Signer};

use super::CmsError;
use super::attribute::attribute;
use super::sign::{SignOptions, digest_identifier, prepare, prepare_digest};
use super::signed_data::{SIGNED_DATA, SignedData};
use crate::Certificate;
use crate::asn1::{self, Malformed, Reader, parse_all, tag};
use crate::ber::{self, Limits};

/// `id-aa-signatureTimeStampToken` (RFC 3161, appendix A; ETSI EN 319 122-1, 5.3).
const SIGNATURE_TIME_STAMP: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");

/// What a further signature was made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// The content, which was at hand.
    Content,
    /// The digest that an earlier signature names; the content was not at hand.
    Digest,
}

/// Adds a signature beside those that a message has.
///
/// `content` is that of a detached message. Where it is not given, the digest that a signature of the message names is
/// signed, with the algorithm of the key that has this digest; the signer's own is preferred. Of the options, the certificates and the time count: content and
/// its type are the message's.
///
/// # Errors
/// [`CmsError`] when the message cannot be read; [`CmsError::NoContent`] when there is nothing to sign
/// that the key can sign; [`CmsError::KeyMismatch`] and [`CmsError::Sign`] as [`sign`](super::sign).
pub fn add_signature(
    message: &[u8],
    content: Option<&[u8]>,
    signer: &dyn Signer,
    options: &SignOptions<'_>,
) -> Result<(Vec<u8>, Added), CmsError> {
    if signer.public_key().spki_der() != options.certificate.public_key().spki_der() {
        return Err(CmsError::KeyMismatch);
    }
    let read = SignedData::parse(message)?;
    let der = ber::to_der(message, Limits::default())?;
    let mut parts = Parts::read(&der)?;
    let own = signer.algorithm();
    let options = SignOptions {
        content_type: read.content_type(),
        detached: true,
        ..options.clone()
    };
    let (prepared, algorithm, added) = match content.or(read.content()) {
        Some(content) => (prepare(content, own, &options), own, Added::Content),
        None => {
            let (algorithm, digest) = read
                .named_digests()
                .filter_map(|(kind, digest)| Some((with_digest(signer, kind)?, digest)))
                .min_by_key(|(algorithm, _)| *algorithm != own)
                .ok_or(CmsError::NoContent)?;
            let prepared = prepare_digest(digest, algorithm, &options);
            (prepared, algorithm, Added::Digest)
        }
    };
    let signature = signer.sign_as(algorithm, prepared.to_be_signed())?;
    parts.signers.push(prepared.signer_info(&signature));
    parts.add_digest(algorithm.digest());
    for certificate in std::iter::once(options.certificate).chain(options.chain) {
        parts.add_certificate(certificate);
    }
    Ok((parts.write(), added))
}

/// Puts a time stamp on the signature of this number, counted from 0, as an unsigned attribute.
///
/// That the token is about this signature is for the caller to check.
///
/// # Errors
/// [`CmsError`] when the message cannot be read; [`CmsError::NoSigner`] when there is no such signature.
pub fn add_time_stamp(message: &[u8], number: usize, token: &[u8]) -> Result<Vec<u8>, CmsError> {
    let der = ber::to_der(message, Limits::default())?;
    let mut parts = Parts::read(&der)?;
    let info = parts.signers.get_mut(number).ok_or(CmsError::NoSigner)?;
    *info = stamped(info, token)?;
    Ok(parts.write())
}

/// With what a key signs content that is known by this digest alone; `None` when it cannot, or nobody should (SHA-1).
#[must_use]
pub fn with_digest(signer: &dyn Signer, digest: DigestAlgorithm) -> Option<SignatureAlgorithm> {
    if signer.algorithm().digest() == digest {
        return Some(signer.algorithm());
    }
    let key = signer.public_key().algorithm().ok()?;
    // Algorithms that hash by themselves have one name for several digests, of which a message would name the first.
    SignatureAlgorithm::of(key, digest)
        .filter(|algorithm| algorithm.may_sign() && algorithm.digest() == digest)
}

/// A `SignerInfo` with one more unsigned attribute.
fn stamped(info: &[u8], token: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut fields = parse_all(info, "SignerInfo")?;
    let mut kept = Vec::new();
    let mut unsigned = Vec::new();
    while !fields.is_empty() {
        let field = fields.next_value()?;
        if field.tag == tag::context(1) {
            let mut members = Reader::new(field.content, "Attributes");
            while !members.is_empty() {
                unsigned.push(members.next_value()?.der.to_vec());
            }
        } else {
            kept.push(field.der.to_vec());
        }
    }
    unsigned.push(attribute(SIGNATURE_TIME_STAMP, token.to_vec()));
    unsigned.sort();
    kept.push(asn1::context(1, &unsigned.concat()));
    Ok(asn1::sequence(&kept))
}

/// `SignedData` in pieces that are kept as they came.
struct Parts {
    version: Vec<u8>,
    digests: Vec<Vec<u8>>,
    encapsulated: Vec<u8>,
    certificates: Vec<Vec<u8>>,
    lists: Vec<u8>,
    signers: Vec<Vec<u8>>,
}

impl Parts {
    fn read(message: &[u8]) -> Result<Self, Malformed> {
        let mut outer = parse_all(message, "ContentInfo")?;
        outer.oid()?;
        let mut explicit = outer.inside(tag::context(0))?;
        let mut fields = explicit.sequence()?;
        let version = fields.expect_value(tag::INTEGER)?.der.to_vec();
        let digests = members(fields.inside(tag::SET)?)?;
        let encapsulated = fields.expect_value(tag::SEQUENCE)?.der.to_vec();
        let certificates = match fields.optional(tag::context(0))? {
            Some(set) => members(Reader::new(set.content, "CertificateSet"))?,
            None => Vec::new(),
        };
        let lists = fields
            .optional(tag::context(1))?
            .map(|lists| lists.der.to_vec())
            .unwrap_or_default();
        let signers = members(fields.inside(tag::SET)?)?;
        fields.finish()?;
        Ok(Self {
            version,
            digests,
            encapsulated,
            certificates,
            lists,
            signers,
        })
    }

    /// Names a digest at the front, unless it is named in either of its two forms (RFC 5754, 2).
    fn add_digest(&mut self, digest: DigestAlgorithm) {
        let with_null = asn1::sequence(&[asn1::oid(digest.oid()), asn1::null()]);
        let plain = digest_identifier(digest);
        if !self.digests.contains(&plain) && !self.digests.contains(&with_null) {
            self.digests.push(plain);
            self.digests.sort();
        }
    }

    fn add_certificate(&mut self, certificate: &Certificate) {
        let der = certificate.der().to_vec();
        if !self.certificates.contains(&der) {
            self.certificates.push(der);
            self.certificates.sort();
        }
    }

    fn write(mut self) -> Vec<u8> {
        self.signers.sort();
        let certificates = if self.certificates.is_empty() {
            Vec::new()
        } else {
            asn1::context(0, &self.certificates.concat())
        };
        let signed_data = asn1::sequence(&[
            self.version,
            asn1::set(&self.digests),
            self.encapsulated,
            certificates,
            self.lists,
            asn1::set(&self.signers),
        ]);
        asn1::sequence(&[asn1::oid(SIGNED_DATA), asn1::context(0, &signed_data)])
    }
}

fn members(mut set: Reader<'_>) -> Result<Vec<Vec<u8>>, Malformed> {
    let mut members = Vec::new();
    while !set.is_empty() {
        members.push(set.next_value()?.der.to_vec());
    }
    Ok(members)
}

#[cfg(test)]
mod tests;
