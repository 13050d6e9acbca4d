//! Judges signed data (RFC 5652, 5.6).

use der::asn1::ObjectIdentifier;
use tanba_crypto::{DigestAlgorithm, KeyAlgorithm, SignatureAlgorithm, UnsupportedAlgorithm};

use super::CmsError;
use super::attribute::{
    AttributeFault, Attributes, CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2, SIGNING_TIME,
};
use super::signed_data::{Algorithm, DATA, SignedData, SignerIdentifier, SignerInfo};
use crate::crl::Crl;
use crate::path::{self, PathError, PathOptions, Revocation};
use crate::{Certificate, KeyUsage, Timestamp};

/// With what a message is judged.
#[derive(Clone, Debug)]
pub struct VerifyOptions<'a> {
    /// The content of a detached signature.
    pub content: Option<&'a [u8]>,
    /// Certificates that are believed as they are.
    pub trusted: &'a [Certificate],
    /// Further certificates to find the way with.
    pub intermediates: &'a [Certificate],
    /// Revocation lists to look signers and their issuers up in.
    pub crls: &'a [Crl],
    /// Time at which the certificates must be valid.
    pub at: Timestamp,
    /// Whether the signer must lead to a trusted certificate.
    pub check_chain: bool,
    /// Whether SHA-1 is good enough, in the message and in certificates. The verdict names it anyway.
    pub legacy_algorithms: bool,
}

/// The verdict on a message.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Type of the content.
    pub content_type: ObjectIdentifier,
    /// One verdict for each signature.
    pub signers: Vec<SignerVerdict>,
}

impl Verdict {
    /// Whether somebody signed and no signature has a fault.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.signers.is_empty() && self.signers.iter().all(SignerVerdict::is_valid)
    }
}

/// The verdict on one signature.
#[derive(Clone, Debug)]
pub struct SignerVerdict {
    /// How the message names the signer.
    pub identifier: SignerIdentifier,
    /// The signer's certificate, if it was found.
    pub certificate: Option<Certificate>,
    /// Time the signer claims; not evidence.
    pub signing_time: Option<Timestamp>,
    /// The algorithm, when it is known.
    pub algorithm: Option<SignatureAlgorithm>,
    /// Whether content type, digest and the signer's certificate are named in what is signed, each in its attribute: the
    /// baseline of `CAdES` (ETSI EN 319 122-1, 6.3). Worth nothing unless the signature holds.
    pub cades_baseline: bool,
    /// Whether an algorithm is used that nobody should sign with today.
    pub legacy: bool,
    /// Whether the signature is that certificate's over that content.
    pub signature: Result<(), SignatureFault>,
    /// Whether the certificate is to be believed.
    pub trust: Trust,
}

impl SignerVerdict {
    /// Whether the signature holds and the signer is not refused.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.signature.is_ok() && !matches!(self.trust, Trust::Refused(_))
    }
}

/// Whether a signer is to be believed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Trust {
    /// Nobody asked, or the signature itself has a fault.
    NotChecked,
    /// A way leads to a trusted certificate; from the signer's to that one.
    Trusted(Vec<Certificate>),
    /// No way leads there.
    Refused(PathError),
}

/// What is wrong with a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureFault {
    /// The signer's certificate is neither in the message nor given.
    #[error("the signer's certificate is missing")]
    NoCertificate,
    /// The algorithm cannot be used.
    #[error("the signature algorithm cannot be checked")]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// SHA-1 was excluded.
    #[error("the signature algorithm is too weak")]
    TooWeak,
    /// The attributes break a rule.
    #[error("the signature's attributes break the rules")]
    Attributes(#[from] AttributeFault),
    /// The digest of the content and that of the signature differ (RFC 5652, 5.3 and RFC 5754 allow one).
    #[error("two digests are named where there is one")]
    DigestsDisagree,
    /// The attributes name another certificate.
    #[error("the signature names another certificate")]
    OtherCertificate,
    /// The message holds other content than what was given.
    #[error("the message holds other content than the file given")]
    OtherContent,
    /// The content is not what was signed.
    #[error("the content was changed after signing")]
    ContentChanged,
    /// The signature value is not this key's over these octets.
    #[error("the signature does not match")]
    Mismatch,
}

/// Judges a message: each signature, and each signer if asked to.
///
/// # Errors
/// [`CmsError`] when the message cannot be read, or when its content is detached and was not given. A signature
/// that does not hold is a verdict, not an error.
pub fn verify(message: &[u8], options: &VerifyOptions<'_>) -> Result<Verdict, CmsError> {
    verify_signed_data(&SignedData::parse(message)?, options)
}

/// Judges a message that was parsed.
///
/// # Errors
/// [`CmsError::NoContent`] when the content is detached and was not given.
pub fn verify_signed_data(
    message: &SignedData,
    options: &VerifyOptions<'_>,
) -> Result<Verdict, CmsError> {
    let content = match (message.content(), options.content) {
        (Some(content), _) | (None, Some(content)) => content,
        (None, None) if message.signers().is_empty() => &[],
        (None, None) => return Err(CmsError::NoContent),
    };
    let judge = Judge {
        message,
        content,
        options,
    };
    Ok(Verdict {
        content_type: message.content_type(),
        signers: message
            .signers()
            .iter()
            .map(|info| judge.signer(info))
            .collect(),
    })
}

struct Judge<'a> {
    message: &'a SignedData,
    content: &'a [u8],
    options: &'a VerifyOptions<'a>,
}

impl Judge<'_> {
    fn signer(&self, info: &SignerInfo) -> SignerVerdict {
        let certificate = self.certificate_of(info);
        let algorithm = algorithm(info);
        let signature = self.signature(info, certificate, algorithm.as_ref());
        let trust = match certificate {
            Some(certificate) if signature.is_ok() && self.options.check_chain => {
                self.trust(certificate)
            }
            _ => Trust::NotChecked,
        };
        let algorithm = algorithm.ok();
        SignerVerdict {
            identifier: info.identifier.clone(),
            certificate: certificate.cloned(),
            signing_time: info
                .signed_attributes
                .as_ref()
                .and_then(|attributes| attributes.signing_time().ok().flatten()),
            algorithm,
            cades_baseline: info.signed_attributes.as_ref().is_some_and(|attributes| {
                CADES_BASELINE.into_iter().all(|kind| attributes.has(kind))
            }),
            legacy: algorithm.is_some_and(|algorithm| algorithm.digest() == DigestAlgorithm::Sha1),
            signature,
            trust,
        }
    }

    fn certificate_of(&self, info: &SignerInfo) -> Option<&Certificate> {
        self.message
            .certificates()
            .iter()
            .chain(self.options.intermediates)
            .chain(self.options.trusted)
            .find(|certificate| info.identifier.matches(certificate))
    }

    fn signature(
        &self,
        info: &SignerInfo,
        certificate: Option<&Certificate>,
        algorithm: Result<&SignatureAlgorithm, &SignatureFault>,
    ) -> Result<(), SignatureFault> {
        let algorithm = *algorithm.map_err(Clone::clone)?;
        if algorithm.digest() == DigestAlgorithm::Sha1 && !self.options.legacy_algorithms {
            return Err(SignatureFault::TooWeak);
        }
        if self
            .options
            .content
            .is_some_and(|given| given != self.content)
        {
            return Err(SignatureFault::OtherContent);
        }
        let certificate = certificate.ok_or(SignatureFault::NoCertificate)?;
        check_unsigned(info.unsigned_attributes.as_ref())?;
        let signed = match &info.signed_attributes {
            Some(attributes) => {
                self.check_signed(attributes, algorithm.digest())?;
                if !attributes.names(certificate)? {
                    return Err(SignatureFault::OtherCertificate);
                }
                attributes.signed_octets()
            }
            None if self.message.content_type() == DATA => self.content,
            None => return Err(AttributeFault::Missing.into()),
        };
        certificate
            .public_key()
            .verify(algorithm, signed, &info.signature)
            .map_err(|_| SignatureFault::Mismatch)
    }

    /// The rules of RFC 5652, 5.3 and 11.1 to 11.3.
    fn check_signed(
        &self,
        attributes: &Attributes,
        digest: DigestAlgorithm,
    ) -> Result<(), SignatureFault> {
        let kind = attributes.content_type()?.ok_or(AttributeFault::Missing)?;
        if kind != self.message.content_type() {
            return Err(AttributeFault::OtherContentType.into());
        }
        attributes.signing_time()?;
        let expected = attributes
            .message_digest()?
            .ok_or(AttributeFault::Missing)?;
        if expected != digest.digest(self.content) {
            return Err(SignatureFault::ContentChanged);
        }
        Ok(())
    }

    fn trust(&self, certificate: &Certificate) -> Trust {
        let intermediates: Vec<Certificate> = self
            .message
            .certificates()
            .iter()
            .chain(self.options.intermediates)
            .cloned()
            .collect();
        let options = PathOptions {
            intermediates: &intermediates,
            crls: self.options.crls,
            revocation: if self.options.crls.is_empty() {
                Revocation::Ignored
            } else {
                Revocation::Required
            },
            legacy_algorithms: self.options.legacy_algorithms,
            nested_purposes: true,
            key_usage: KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::NON_REPUDIATION),
            ..PathOptions::new(self.options.trusted, self.options.at)
        };
        match path::validate(certificate, &options) {
            Ok(path) => Trust::Trusted(path.into_certificates()),
            Err(error) => Trust::Refused(error),
        }
    }
}

/// What a `CAdES` baseline signature has signed beside the content. The time of signing, which the baseline wants too, is
/// the signer's claim and proves nothing.
const CADES_BASELINE: [ObjectIdentifier; 3] =
    [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2];

/// These three say nothing outside of what is signed (RFC 5652, 11.1 to 11.3).
fn check_unsigned(attributes: Option<&Attributes>) -> Result<(), AttributeFault> {
    let stray = attributes.is_some_and(|attributes| {
        [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME]
            .into_iter()
            .any(|kind| attributes.has(kind))
    });
    if stray {
        return Err(AttributeFault::NotSigned);
    }
    Ok(())
}

/// The algorithm meant by the digest and the signature algorithm together (RFC 5652, 5.3; RFC 5754, 3).
fn algorithm(info: &SignerInfo) -> Result<SignatureAlgorithm, SignatureFault> {
    const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
    const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
    let digest = supported(&info.digest_algorithm, DigestAlgorithm::from_oid)?;
    let unsupported = |algorithm: &Algorithm| UnsupportedAlgorithm::new(algorithm.oid).into();
    let named = &info.signature_algorithm;
    let algorithm = match (named.oid, digest) {
        (RSA, DigestAlgorithm::Sha1) => SignatureAlgorithm::RsaSha1,
        (RSA, DigestAlgorithm::Sha256) => SignatureAlgorithm::RsaSha256,
        (RSA, DigestAlgorithm::Sha384) => SignatureAlgorithm::RsaSha384,
        (RSA, DigestAlgorithm::Sha512) => SignatureAlgorithm::RsaSha512,
        (EC, DigestAlgorithm::Sha256) => SignatureAlgorithm::EcdsaSha256,
        (EC, DigestAlgorithm::Sha384) => SignatureAlgorithm::EcdsaSha384,
        (EC, DigestAlgorithm::Sha512) => SignatureAlgorithm::EcdsaSha512,
        // Key parameters may stand here; those of the certificate are used.
        (DSA, DigestAlgorithm::Sha1) => return Ok(SignatureAlgorithm::DsaSha1),
        _ => supported(named, SignatureAlgorithm::from_oid)?,
    };
    if named.parameters.is_some() {
        return Err(unsupported(named));
    }
    if algorithm.is_pure() {
        // The digest is of the content alone; what hashes by itself has no say in it beyond its strength.
        let fits = KeyAlgorithm::ALL.into_iter().any(|key| {
            algorithm.fits(key) && SignatureAlgorithm::of(key, digest) == Some(algorithm)
        });
        return if fits {
            Ok(algorithm)
        } else {
            Err(SignatureFault::DigestsDisagree)
        };
    }
    if algorithm.digest() != digest {
        return Err(SignatureFault::DigestsDisagree);
    }
    Ok(algorithm)
}

fn supported<T>(
    algorithm: &Algorithm,
    find: impl Fn(ObjectIdentifier) -> Result<T, UnsupportedAlgorithm>,
) -> Result<T, SignatureFault> {
    Ok(find(algorithm.oid)?)
}
