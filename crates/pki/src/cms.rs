//! Signed data (RFC 5652) in the CAdES-BES form: made, read and judged.
//!
//! [`sign`] makes a message, [`prepare`] does so for signers that cannot be called; [`add_signature`] puts one more
//! signature into a message that exists, [`add_time_stamp`] the time on one (CAdES-T); [`verify`] judges one, and
//! [`Message::read`] takes it out of PEM or S/MIME. Evidence for the long term is not handled.

mod attribute;
mod extend;
mod message;
mod sign;
mod signed_data;
mod verify;

use der::asn1::ObjectIdentifier;
use tanba_crypto::SignError;

pub use attribute::{AttributeFault, digest_to_be_signed};
pub use extend::{Added, add_signature, add_time_stamp, with_digest};
pub use message::{Message, MessageError};
pub use sign::{Prepared, SignOptions, prepare, prepare_digest, sign};
pub(crate) use signed_data::Algorithm;
pub use signed_data::{
    DATA, SIGNED_DATA, SignedData, SignerIdentifier, SignerInfo, content_type, content_type_name,
};
pub use verify::{
    SignatureFault, SignerVerdict, Trust, Verdict, VerifyOptions, verify, verify_signed_data,
};

use crate::asn1::Malformed;
use crate::ber::BerError;

/// Why a message cannot be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CmsError {
    /// The octets are not BER.
    #[error("the message is damaged")]
    Encoding(#[from] BerError),
    /// The octets are not the structure of RFC 5652.
    #[error("the message is damaged")]
    Damaged(#[from] Malformed),
    /// The message holds something that is not signed.
    #[error("the message holds no signed data but {}", content_type_name(*content_type).unwrap_or("something else"))]
    NotSigned {
        /// What it holds.
        content_type: ObjectIdentifier,
    },
    /// There is no signature of this number.
    #[error("the message has no such signature")]
    NoSigner,
    /// The content is elsewhere and has to be given.
    #[error("the signature is detached: the content has to be given")]
    NoContent,
    /// The key makes no signature over content that is known by such a digest alone.
    #[error("the key makes no signatures with {digest}")]
    UnusableDigest {
        /// What people call the digest.
        digest: &'static str,
    },
    /// The key is not the certificate's.
    #[error("the key belongs to another certificate")]
    KeyMismatch,
    /// The signer failed.
    #[error("the signer failed")]
    Sign(#[from] SignError),
}
