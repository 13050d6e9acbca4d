//! What is around the signed part of a certificate.

use spki::AlgorithmIdentifierOwned;
use tanba_crypto::{SignatureAlgorithm, Verifier, VerifyError};

use super::algorithm_identifier;
use crate::asn1::{Malformed, parse_all, tag};

/// A certificate as the house that signs it compares it: the signed part as octets, its number, and the signature.
///
/// What the signed part says of its holder is not read. That is for octets that were read before, whole, and are compared
/// with these; whoever meets a certificate for the first time reads a [`Certificate`](crate::Certificate).
#[derive(Debug)]
pub struct Envelope<'a> {
    tbs: &'a [u8],
    serial: &'a [u8],
    inner: AlgorithmIdentifierOwned,
    outer: AlgorithmIdentifierOwned,
    signature: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Reads `SEQUENCE { signed part, AlgorithmIdentifier, BIT STRING }` and the beginning of the signed part (RFC 5280,
    /// 4.1); trailing octets are refused.
    ///
    /// # Errors
    /// [`Malformed`] names the part that is not as it should be.
    pub fn from_der(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = parse_all(der, "certificate")?;
        let tbs = reader.expect_value(tag::SEQUENCE)?.der;
        let outer = algorithm_identifier(&mut reader)?;
        let signature = reader.bit_string()?;
        reader.finish()?;
        let mut reader = parse_all(tbs, "certificate")?;
        reader.optional(tag::context(0))?;
        let serial = reader.integer_bytes()?;
        let inner = algorithm_identifier(&mut reader)?;
        Ok(Self {
            tbs,
            serial,
            inner,
            outer,
            signature,
        })
    }

    /// The signed bytes.
    #[must_use]
    pub const fn tbs_der(&self) -> &'a [u8] {
        self.tbs
    }

    /// The content of the INTEGER as it was written, sign octet included.
    #[must_use]
    pub const fn serial_bytes(&self) -> &'a [u8] {
        self.serial
    }

    /// Verifies that the key made the signature.
    ///
    /// # Errors
    /// [`VerifyError`]; also invalid when the signed part names another algorithm than the certificate
    /// (RFC 5280, 4.1.1.2).
    pub fn verify_signed_by(&self, issuer: &Verifier) -> Result<(), VerifyError> {
        let algorithm = SignatureAlgorithm::from_algorithm_identifier(&self.outer)?;
        if self.inner != self.outer {
            return Err(VerifyError::Invalid);
        }
        issuer.verify(algorithm, self.tbs, self.signature)
    }
}

#[cfg(test)]
mod tests {
    use tanba_crypto::{PublicKey, Signer as _};

    use super::*;
    use crate::asn1;
    use crate::testing::authority;

    #[test]
    fn it_reads_what_the_whole_certificate_says() {
        let (certificate, key) = authority();
        let envelope = Envelope::from_der(certificate.der()).unwrap();
        assert_eq!(envelope.tbs_der(), certificate.tbs_der());
        assert_eq!(envelope.serial_bytes(), certificate.serial_bytes());
        let (_, root) = crate::testing::root();
        let verify = |key: &PublicKey| envelope.verify_signed_by(&Verifier::new(key.clone()));
        verify(root.public_key()).unwrap();
        certificate.verify_signed_by(root.public_key()).unwrap();
        assert_eq!(verify(key.public_key()), Err(VerifyError::Invalid));
    }

    #[test]
    fn octets_after_it_another_algorithm_and_a_changed_part_are_refused() {
        let (certificate, _) = authority();
        let (_, root) = crate::testing::root();
        let verifier = Verifier::new(root.public_key().clone());
        let longer = [certificate.der(), &[0]].concat();
        assert!(Envelope::from_der(&longer).is_err());
        // The signature fits the key and the octets; only the algorithm outside is not the one inside.
        let other = SignatureAlgorithm::RsaSha512;
        let signature = root.sign(certificate.tbs_der()).unwrap();
        let der = asn1::sequence(&[
            certificate.tbs_der(),
            &other.algorithm_identifier_der(),
            &asn1::bit_string(&signature),
        ]);
        let envelope = Envelope::from_der(&der).unwrap();
        let verified = envelope.verify_signed_by(&verifier);
        assert_eq!(verified, Err(VerifyError::Invalid));
        let mut changed = certificate.der().to_vec();
        let place = changed.len() / 2;
        changed[place] ^= 1;
        let verified = Envelope::from_der(&changed)
            .is_ok_and(|envelope| envelope.verify_signed_by(&verifier).is_ok());
        assert!(!verified);
    }
}
