//! CAdES-BES (ETSI EN 319 122-1) as national verifiers expect it: one certificate, the time, the signer's certificate named.

use tanba_crypto::DigestAlgorithm;
use tanba_pki::cms::{self, CmsError, SignOptions};
use tanba_pki::pem;

use super::SigningKey;

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

/// The digest is one that this key's signatures do not use: the signature would hold nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this key signs digests made with {wanted}, and this is one of another kind; nothing was signed"
)]
pub struct OtherDigest {
    wanted: &'static str,
}

impl SigningKey {
    /// Whether a digest of that length can be this key's. What is as long as no digest is signed as it is: sites send such
    /// things to try whether somebody signs, and its owner is warned.
    ///
    /// # Errors
    /// [`OtherDigest`]
    pub fn judge_digest(&self, digest: &[u8]) -> Result<(), OtherDigest> {
        let wanted = self.signer.algorithm().digest();
        let is_of = |kind: DigestAlgorithm| kind.length() == digest.len();
        if !is_of(wanted) && DigestAlgorithm::ALL.into_iter().any(is_of) {
            return Err(OtherDigest {
                wanted: wanted.label(),
            });
        }
        Ok(())
    }

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
                let prepared = cms::prepare_digest(digest, self.signer.algorithm(), &options);
                let signature = self.signer.sign(prepared.to_be_signed())?;
                Ok(prepared.assemble(&signature))
            }
            Content::Message(message) => {
                let (message, _) = cms::add_signature(message, None, &*self.signer, &options)?;
                Ok(message)
            }
        }
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
