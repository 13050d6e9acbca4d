//! X.509 certificates (RFC 5280, 4.1).

mod envelope;
mod tbs;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use der::Decode;
use spki::AlgorithmIdentifierOwned;
use tanba_crypto::{
    DigestAlgorithm, ObjectIdentifier, PublicKey, SignatureAlgorithm, UnsupportedAlgorithm,
    VerifyError, algorithm_name,
};

use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::pem::{self, PemError};

pub use envelope::Envelope;
pub use tbs::TbsCertificate;

/// A certificate, read strictly and kept as it was; cloning is cheap.
///
/// What the signed part says is reached directly: `certificate.subject()`. Reading proves nothing: see
/// [`verify_signed_by`](Self::verify_signed_by) and the `path` module.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    tbs: TbsCertificate,
    algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
}

/// Why bytes are not a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not a certificate in DER.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Not a certificate in PEM.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// No certificate in the text.
    #[error("there is no certificate in the file")]
    Absent,
}

impl Certificate {
    /// Reads a certificate in DER; trailing bytes are refused.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`] names the part that is not as it should be.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let mut reader = parse_all(der, "certificate")?;
        let tbs = TbsCertificate::from_der(reader.expect_value(tag::SEQUENCE)?.der)?;
        let algorithm = algorithm_identifier(&mut reader)?;
        let signature = reader.bit_string()?.to_vec();
        reader.finish()?;
        Ok(Self(Arc::new(Inner {
            der: der.to_vec(),
            tbs,
            algorithm,
            signature,
        })))
    }

    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// [`CertificateError`]
    pub fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        Self::pem_many(text)?
            .into_iter()
            .next()
            .ok_or(CertificateError::Absent)
    }

    /// Reads all certificates of a PEM text, in their order; other blocks are passed over.
    ///
    /// # Errors
    /// [`CertificateError`] when a block is damaged.
    pub fn pem_many(text: &[u8]) -> Result<Vec<Self>, CertificateError> {
        let found = pem::find_all(text);
        if found.iter().any(|block| block.der.is_none()) {
            return Err(PemError.into());
        }
        found
            .into_iter()
            .filter(pem::Found::is_certificate)
            .filter_map(pem::Found::into_der)
            .map(|der| Self::from_der(&der))
            .collect()
    }

    /// Reads certificates from a file's content, PEM or DER.
    ///
    /// # Errors
    /// [`CertificateError`]; [`CertificateError::Absent`] when a PEM text has none.
    pub fn from_pem_or_der(content: &[u8]) -> Result<Vec<Self>, CertificateError> {
        if pem::is_der(content) {
            return Self::from_der(content).map(|one| vec![one]);
        }
        let certificates = Self::pem_many(content)?;
        if certificates.is_empty() {
            Err(CertificateError::Absent)
        } else {
            Ok(certificates)
        }
    }

    /// The certificate as it was read.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificate as PEM text.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", self.der())
    }

    /// The signed part.
    #[must_use]
    pub fn tbs(&self) -> &TbsCertificate {
        &self.0.tbs
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.0.signature
    }

    /// The identifier of the signature algorithm.
    #[must_use]
    pub fn signature_algorithm_oid(&self) -> ObjectIdentifier {
        self.0.algorithm.oid
    }

    /// The signature algorithm.
    ///
    /// # Errors
    /// [`UnsupportedAlgorithm`] names one that cannot be verified.
    pub fn signature_algorithm(&self) -> Result<SignatureAlgorithm, UnsupportedAlgorithm> {
        SignatureAlgorithm::from_algorithm_identifier(&self.0.algorithm)
    }

    /// What people call the signature algorithm, supported or not.
    #[must_use]
    pub fn signature_algorithm_label(&self) -> String {
        let oid = self.0.algorithm.oid;
        algorithm_name(oid).map_or_else(|| oid.to_string(), str::to_owned)
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let mut out = [0; 32];
        for (to, from) in out
            .iter_mut()
            .zip(DigestAlgorithm::Sha256.digest(self.der()))
        {
            *to = from;
        }
        out
    }

    /// Verifies that the key made the signature. Names, validity and the right to issue are not looked at.
    ///
    /// # Errors
    /// [`VerifyError`]; also invalid when the signed part names another algorithm than the certificate
    /// (RFC 5280, 4.1.1.2).
    pub fn verify_signed_by(&self, issuer: &PublicKey) -> Result<(), VerifyError> {
        let algorithm = self.signature_algorithm()?;
        if *self.0.tbs.tbs_signature_algorithm() != self.0.algorithm {
            return Err(VerifyError::Invalid);
        }
        issuer.verify(algorithm, self.tbs_der(), &self.0.signature)
    }
}

impl Deref for Certificate {
    type Target = TbsCertificate;

    fn deref(&self) -> &TbsCertificate {
        &self.0.tbs
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl std::hash::Hash for Certificate {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.der.hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Certificate(serial {}, {})",
            self.serial_hex(),
            self.public_key().algorithm_label()
        )
    }
}

/// Reads `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }`.
pub(crate) fn algorithm_identifier(
    reader: &mut Reader<'_>,
) -> Result<AlgorithmIdentifierOwned, Malformed> {
    let value = reader.expect_value(tag::SEQUENCE)?;
    AlgorithmIdentifierOwned::from_der(value.der)
        .map_err(|_| Malformed::new("algorithm identifier"))
}
