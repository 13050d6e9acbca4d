//! CAdES-BES (ETSI EN 319 122-1) as national verifiers expect it: one certificate, the time, the signer's certificate named.

use std::collections::BTreeSet;

use tanba_crypto::{DigestAlgorithm, SignatureAlgorithm};
use tanba_pki::cms::{self, CmsError, SignOptions, SignedData};
use tanba_pki::pem;

use super::SigningKey;

/// Different digests that the signers of a detached message name at most, one for each algorithm that there is: of more nobody
/// could be shown which of them is signed.
pub(crate) const MOST_DIGESTS: usize = 8;

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// Octets; they come along or stay outside.
    Octets {
        /// What is signed.
        content: &'a [u8],
        /// Whether it stays outside.
        detached: bool,
    },
    /// A digest, taken as it is.
    Digest(&'a [u8]),
    /// A message to which one more signature is added.
    Message(&'a [u8]),
}

impl SigningKey {
    /// Signs; the message in DER.
    ///
    /// # Errors
    /// [`CmsError`]: the key failed, or is another certificate's, or the message cannot be extended.
    pub fn sign_cms(&self, content: Content<'_>) -> Result<Vec<u8>, CmsError> {
        let options = SignOptions {
            signing_time: Some(self.now),
            ..SignOptions::new(&self.certificate)
        };
        match content {
            Content::Octets { content, detached } => cms::sign(
                content,
                &*self.signer,
                &SignOptions {
                    detached,
                    ..options
                },
            ),
            Content::Digest(digest) => {
                let public = self.signer.public_key();
                if public.spki_der() != self.certificate.public_key().spki_der() {
                    return Err(CmsError::KeyMismatch);
                }
                let algorithm = self.algorithm_for(digest)?;
                let prepared = cms::prepare_digest(digest, algorithm, &options);
                let signature = self.signer.sign_as(algorithm, prepared.to_be_signed())?;
                Ok(prepared.assemble(&signature))
            }
            Content::Message(message) => {
                if names_too_many(&SignedData::parse(message)?) {
                    return Err(CmsError::NoContent);
                }
                let (message, _) = cms::add_signature(message, None, &*self.signer, &options)?;
                Ok(message)
            }
        }
    }
}

impl SigningKey {
    /// With what a digest is signed that a site made: of its kind, which its length tells, or nobody could check it.
    ///
    /// What is as long as no digest is signed as it is: sites send such things to try whether somebody signs, and the dialog
    /// says what becomes of it.
    fn algorithm_for(&self, digest: &[u8]) -> Result<SignatureAlgorithm, CmsError> {
        let own = self.signer.algorithm();
        let mut kinds = DigestAlgorithm::ALL.into_iter();
        let kind = kinds.find(|kind| kind.length() == digest.len());
        let kind = kind.unwrap_or(own.digest());
        cms::with_digest(&*self.signer, kind).ok_or(CmsError::UnusableDigest {
            digest: kind.label(),
        })
    }
}

fn names_too_many(message: &SignedData) -> bool {
    let digests = || message.named_digests().map(|(_, digest)| digest);
    message.content().is_none() && digests().collect::<BTreeSet<_>>().len() > MOST_DIGESTS
}

/// A message in DER, where the octets are its text form (RFC 7468, 9) and nothing else: `basics` gives messages so, and
/// sites give them back to have another signature added.
#[must_use]
pub fn without_armour(octets: Vec<u8>) -> Vec<u8> {
    let text = octets.trim_ascii();
    if !text.starts_with(b"-----BEGIN ") || !text.ends_with(b"-----") {
        return octets;
    }
    match pem::decode_all(text).as_deref() {
        Ok([block])
            if ["CMS", "PKCS7"].contains(&block.label.as_str()) && is_message(&block.der) =>
        {
            block.der.clone()
        }
        _ => octets,
    }
}

/// Whether the octets are signed data already.
#[must_use]
pub fn is_message(octets: &[u8]) -> bool {
    octets.first() == Some(&0x30)
        && cms::content_type(octets).is_ok_and(|kind| kind == cms::SIGNED_DATA)
}

/// The message as `basics` sends it.
#[must_use]
pub fn pem(message: &[u8]) -> String {
    pem::encode("CMS", message)
}
