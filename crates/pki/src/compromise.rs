//! "This key is compromised": a statement that only whoever holds the private key can make.
//!
//! It is a certification request (PKCS#10, RFC 2986) whose subject has exactly two attributes: a fixed text as common name,
//! and as serialNumber the SHA-256 fingerprint of a certificate of the authority that is addressed. Every program that
//! makes requests can make it:
//!
//! ```text
//! openssl req -new -key leaked.pem -subj "/CN=This key is compromised. Revoke its certificates./serialNumber=<64 digits>"
//! ```
//!
//! The text keeps a request that somebody made for a certificate from being sent in as a statement, and a statement from
//! being sent in as a request: no profile has such a subject. The fingerprint keeps a statement that was made for one
//! authority from being carried to another. Proving it by a signature and not by sending the key is what ACME does, too
//! (RFC 8555, 7.6).

use tanba_crypto::{PublicKey, Signer};

use crate::{
    Certificate, CertificateRequest, DistinguishedNameBuilder, NameError, RequestAttributes,
    RequestError, StringKind, hex, oid, pem,
};

/// A statement that was read and verified.
#[derive(Clone, Debug)]
pub struct CompromiseAttestation {
    request: CertificateRequest,
}

/// Why a statement counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// Not a request, or of a kind of key that is not known.
    #[error("this is not a certification request (PKCS#10) in DER or PEM")]
    Form,
    /// It says something else: a request for a certificate is no statement.
    #[error(
        "the subject of this request is not the statement: it must have the common name \"{}\", then serialNumber, and nothing else",
        CompromiseAttestation::TEXT
    )]
    Statement,
    /// It was made for another authority.
    #[error(
        "this statement is addressed to another authority: serialNumber must be the SHA-256 fingerprint of a certificate of this one"
    )]
    OtherAuthority,
    /// Whoever made it does not hold the key.
    #[error(
        "this statement is not signed with the key that it names, so it proves nothing about it"
    )]
    Possession,
}

/// Why no statement could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// The key did not sign.
    #[error("the statement could not be signed")]
    Request(#[from] RequestError),
    /// The subject cannot be written, which no authority causes.
    #[error("the statement could not be written")]
    Name(#[from] NameError),
}

impl CompromiseAttestation {
    /// The common name. Sent: never change it.
    pub const TEXT: &'static str = "This key is compromised. Revoke its certificates.";

    /// Makes the statement for the authority of a certificate: DER.
    ///
    /// # Errors
    /// [`AttestError`]
    pub fn make(signer: &dyn Signer, authority: &Certificate) -> Result<Vec<u8>, AttestError> {
        let subject = DistinguishedNameBuilder::new()
            .push(oid::COMMON_NAME, StringKind::Utf8, Self::TEXT)
            .push(
                oid::SERIAL_NUMBER,
                StringKind::Printable,
                &address(authority.der()),
            )
            .build()?;
        Ok(CertificateRequest::build(
            &subject,
            signer,
            &RequestAttributes::default(),
        )?)
    }

    /// Reads and verifies a statement, DER or PEM, that is addressed to one of these certificates (DER).
    ///
    /// # Errors
    /// [`AttestationError`] with the first thing that is wrong.
    pub fn read<'a>(
        octets: &[u8],
        authorities: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, AttestationError> {
        let der = bare(octets).ok_or(AttestationError::Form)?;
        let request = CertificateRequest::from_der(&der).map_err(|_| AttestationError::Form)?;
        let attributes = request.subject().attributes();
        let [(first, text), (second, to)] = attributes.as_slice() else {
            return Err(AttestationError::Statement);
        };
        if *first != oid::COMMON_NAME || text != Self::TEXT || *second != oid::SERIAL_NUMBER {
            return Err(AttestationError::Statement);
        }
        if !authorities
            .into_iter()
            .any(|certificate| address(certificate).eq_ignore_ascii_case(to))
        {
            return Err(AttestationError::OtherAuthority);
        }
        request
            .verify_possession()
            .map_err(|_| AttestationError::Possession)?;
        Ok(Self { request })
    }

    /// The key that is compromised.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        self.request.public_key()
    }

    /// The statement, DER: evidence.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.request.der()
    }
}

/// How a certificate is named in a statement.
fn address(certificate: &[u8]) -> String {
    hex::encode(&tanba_crypto::sha256(certificate))
}

/// DER, taken out of PEM where it is in one: a single block.
fn bare(octets: &[u8]) -> Option<Vec<u8>> {
    if !octets.starts_with(b"\x30") {
        let blocks = pem::decode_all(octets).ok()?;
        let [block] = blocks.as_slice() else {
            return None;
        };
        return block
            .label
            .ends_with("CERTIFICATE REQUEST")
            .then(|| block.der.clone());
    }
    Some(octets.to_vec())
}

#[cfg(test)]
mod tests;
