//! Certification requests (PKCS#10, RFC 2986).

use std::fmt;
use std::net::IpAddr;

use spki::AlgorithmIdentifierOwned;
use tanba_crypto::{
    DigestAlgorithm, ObjectIdentifier, PublicKey, SignError, SignatureAlgorithm, Signer,
    UnsupportedAlgorithm, VerifyError,
};

use crate::asn1::{self, Malformed, Reader, Value, parse_all, tag};
use crate::certificate::{Certificate, algorithm_identifier};
use crate::extension::{Extension, Known, read_extensions};
use crate::{DistinguishedName, assemble, oid};

/// A request for a certificate, kept as it came.
///
/// ```text
/// CertificationRequestInfo ::= SEQUENCE {
///     version INTEGER, subject Name, subjectPKInfo SubjectPublicKeyInfo, attributes [0] IMPLICIT SET OF Attribute }
/// ```
#[derive(Clone)]
pub struct CertificateRequest {
    der: Vec<u8>,
    info: Vec<u8>,
    subject: DistinguishedName,
    public_key: PublicKey,
    known: Known,
    asks_for_more: bool,
    /// The alternative names asked for, as they came.
    names: Vec<u8>,
    algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
}

/// What a request asks for besides name and key. The address is not in its `Debug`.
#[derive(Clone, Copy, Default)]
pub struct RequestAttributes<'a> {
    /// E-mail address for the certificate.
    pub email: Option<&'a str>,
    /// The store of the key (`1.2.398.3.3.5.*`).
    pub keystore: Option<ObjectIdentifier>,
}

/// Why bytes are not an acceptable request, or none could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Longer than any honest request.
    #[error("the certificate request is longer than {limit} octets")]
    TooLarge {
        /// The bound, [`CertificateRequest::MAX_LENGTH`].
        limit: usize,
    },
    /// Not a request in DER.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The e-mail address cannot be written as rfc822Name.
    #[error("the e-mail address cannot be written in a certificate")]
    Email,
    /// The key did not sign.
    #[error("the certificate request could not be signed")]
    Sign(#[from] SignError),
}

impl fmt::Debug for RequestAttributes<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestAttributes")
            .field("keystore", &self.keystore)
            .finish_non_exhaustive()
    }
}

impl CertificateRequest {
    /// Octets of the longest request that is read.
    pub const MAX_LENGTH: usize = 16 * 1024;

    /// Reads a request in DER; trailing bytes are refused. The signature is not verified here.
    ///
    /// # Errors
    /// [`RequestError::TooLarge`], [`RequestError::Malformed`].
    pub fn from_der(der: &[u8]) -> Result<Self, RequestError> {
        if der.len() > Self::MAX_LENGTH {
            return Err(RequestError::TooLarge {
                limit: Self::MAX_LENGTH,
            });
        }
        let mut reader = parse_all(der, "certificate request")?;
        let info = reader.expect_value(tag::SEQUENCE)?;
        let algorithm = algorithm_identifier(&mut reader)?;
        let signature = reader.bit_string()?.to_vec();
        reader.finish()?;

        let mut inner = Reader::new(info.content, "certificate request");
        if inner.integer()? != 0 {
            return Err(inner.malformed().into());
        }
        let subject = DistinguishedName::from_der(inner.expect_value(tag::SEQUENCE)?.der)?;
        let public_key = PublicKey::from_spki_der(inner.expect_value(tag::SEQUENCE)?.der)
            .map_err(|_| Malformed::new("public key of the certificate request"))?;
        // Some writers leave empty attributes out, against the standard.
        let extensions = match inner.optional(tag::context(0))? {
            Some(attributes) => requested_extensions(attributes.content)?,
            None => Vec::new(),
        };
        inner.finish()?;
        let known = Known::read(&extensions)?;
        let is_used = |extension: &Extension| {
            [oid::SUBJECT_ALT_NAME, oid::KZ_KEYSTORE].contains(&extension.oid)
        };
        let asks_for_more = !extensions.iter().all(is_used);
        let names = extensions
            .into_iter()
            .find(|extension| extension.oid == oid::SUBJECT_ALT_NAME)
            .map_or_else(Vec::new, |extension| extension.value);
        Ok(Self {
            der: der.to_vec(),
            info: info.der.to_vec(),
            subject,
            public_key,
            known,
            asks_for_more,
            names,
            algorithm,
            signature,
        })
    }

    /// The request as it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The name asked for.
    #[must_use]
    pub const fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// The key to be certified.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The first e-mail address asked for.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.known.emails.first().map(String::as_str)
    }

    /// The store of the key, as the requester names it.
    #[must_use]
    pub fn keystore_oid(&self) -> Option<ObjectIdentifier> {
        self.known.keystores.first().copied()
    }

    /// Whether it asks for extensions that no request has a say in: usages, constraints, policies. Profiles decide on them.
    #[must_use]
    pub const fn asks_for_more(&self) -> bool {
        self.asks_for_more
    }

    /// The alternative names asked for that the certificate does not have, in words: the profile and the register decide which it
    /// gets.
    ///
    /// # Errors
    /// [`Malformed`] when either is no list of names.
    pub fn names_left_out(&self, certificate: &Certificate) -> Result<Vec<String>, Malformed> {
        let given = certificate.extension(oid::SUBJECT_ALT_NAME);
        let given = values(given.map_or(&[], |given| given.value.as_slice()))?;
        let mut asked = values(&self.names)?;
        asked.retain(|name| !given.iter().any(|given| given.der == name.der));
        Ok(asked.iter().map(in_words).collect())
    }

    /// Whether it is signed with SHA-1, which [`Self::verify_possession`] refuses.
    #[must_use]
    pub fn is_signed_with_sha1(&self) -> bool {
        SignatureAlgorithm::from_algorithm_identifier(&self.algorithm)
            .is_ok_and(|algorithm| algorithm.digest() == DigestAlgorithm::Sha1)
    }

    /// Verifies that the requester has the private key: the request is signed with it.
    ///
    /// # Errors
    /// [`VerifyError`]; [`VerifyError::Unsupported`] for SHA-1, of which whoever makes two documents with one digest signs the
    /// one and shows the other (ETSI TS 119 312, NIST SP 800-131A).
    pub fn verify_possession(&self) -> Result<(), VerifyError> {
        let algorithm = SignatureAlgorithm::from_algorithm_identifier(&self.algorithm)?;
        if self.is_signed_with_sha1() {
            return Err(UnsupportedAlgorithm::new(self.algorithm.oid).into());
        }
        self.public_key
            .verify(algorithm, &self.info, &self.signature)
    }

    /// Makes and signs a request.
    ///
    /// # Errors
    /// [`RequestError::Email`], [`RequestError::Sign`].
    pub fn build(
        subject: &DistinguishedName,
        signer: &dyn Signer,
        attributes: &RequestAttributes<'_>,
    ) -> Result<Vec<u8>, RequestError> {
        let info = Self::prepare(subject, signer.public_key(), attributes)?;
        let signature = signer.sign(&info)?;
        Ok(Self::assemble(&info, signer.algorithm(), &signature))
    }

    /// The bytes to be signed, for keys that sign elsewhere (WebCrypto).
    ///
    /// # Errors
    /// [`RequestError::Email`]
    pub fn prepare(
        subject: &DistinguishedName,
        public_key: &PublicKey,
        attributes: &RequestAttributes<'_>,
    ) -> Result<Vec<u8>, RequestError> {
        let mut extensions = Vec::new();
        if let Some(email) = attributes.email {
            let name = rfc822_name(email).ok_or(RequestError::Email)?;
            extensions.push(extension(
                oid::SUBJECT_ALT_NAME,
                false,
                &asn1::sequence(&[name]),
            ));
        }
        if let Some(keystore) = attributes.keystore {
            extensions.push(extension(
                oid::KZ_KEYSTORE,
                false,
                &asn1::sequence(&[asn1::oid(keystore)]),
            ));
        }
        let attributes = if extensions.is_empty() {
            Vec::new()
        } else {
            let values = asn1::set(&[asn1::sequence(&extensions)]);
            asn1::sequence(&[asn1::oid(oid::EXTENSION_REQUEST), values])
        };
        Ok(asn1::sequence(&[
            asn1::integer(0),
            subject.der().to_vec(),
            public_key.spki_der().to_vec(),
            asn1::context(0, &attributes),
        ]))
    }

    /// Puts the signature to the prepared bytes.
    #[must_use]
    pub fn assemble(info: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
        assemble::signed(info, algorithm, signature)
    }
}

impl fmt::Debug for CertificateRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "CertificateRequest({})",
            self.public_key.algorithm_label()
        )
    }
}

/// `Extension` in DER; FALSE is left out (X.690, 11.5).
pub(crate) fn extension(oid: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![asn1::oid(oid)];
    if critical {
        parts.push(asn1::boolean(true));
    }
    parts.push(asn1::octet_string(value));
    asn1::sequence(&parts)
}

/// `rfc822Name` of a plausible ASCII address; `None` for anything else.
pub(crate) fn rfc822_name(email: &str) -> Option<Vec<u8>> {
    is_rfc822_name(email).then(|| asn1::context_primitive(1, email.as_bytes()))
}

/// Whether the text has the form of an address that certificates hold: printable ASCII, one `@`, a domain of labels.
pub(crate) fn is_rfc822_name(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let local_is_right = (1..=64).contains(&local.len())
        && local
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && !b"@\"(),:;<>[\\]".contains(&octet));
    local_is_right && domain.len() <= 255 && domain.split('.').all(is_label)
}

/// Whether the text is the full name of one host (RFC 1123, 2.1): no address, no wildcard, no bare label.
pub(crate) fn is_host_name(name: &str) -> bool {
    let ends_with_letters = name
        .rsplit('.')
        .next()
        .is_some_and(|last| last.starts_with(|first: char| first.is_ascii_alphabetic()));
    name.len() <= 64 && name.contains('.') && name.split('.').all(is_label) && ends_with_letters
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// The values of a `GeneralNames`; none of no octets.
fn values(list: &[u8]) -> Result<Vec<Value<'_>>, Malformed> {
    let mut values = Vec::new();
    if !list.is_empty() {
        let mut reader = parse_all(list, "subject alternative name")?;
        while !reader.is_empty() {
            values.push(reader.next_value()?);
        }
    }
    Ok(values)
}

/// A `GeneralName` as a person reads it; what a terminal would act on is escaped.
fn in_words(name: &Value<'_>) -> String {
    let text = || {
        let text = String::from_utf8_lossy(name.content);
        text.escape_debug().to_string()
    };
    let four = <[u8; 4]>::try_from(name.content).map(IpAddr::from);
    let address = four.or_else(|_| <[u8; 16]>::try_from(name.content).map(IpAddr::from));
    match (name.tag, address) {
        (0x81, _) => format!("email:{}", text()),
        (0x82, _) => format!("dns:{}", text()),
        (0x86, _) => format!("uri:{}", text()),
        (0x87, Ok(address)) => format!("ip:{address}"),
        _ => "a name of another kind".to_owned(),
    }
}

/// The extensions of the extensionRequest attribute; other attributes are passed over.
fn requested_extensions(attributes: &[u8]) -> Result<Vec<Extension>, Malformed> {
    let mut reader = Reader::new(attributes, "attributes of the certificate request");
    let mut extensions = Vec::new();
    while !reader.is_empty() {
        let mut attribute = reader.sequence()?;
        let oid = attribute.oid()?;
        let mut values = attribute.inside(tag::SET)?;
        attribute.finish()?;
        if oid == oid::EXTENSION_REQUEST {
            if !extensions.is_empty() {
                return Err(reader.malformed());
            }
            extensions = read_extensions(values.sequence()?)?;
            values.finish()?;
        }
    }
    Ok(extensions)
}

#[cfg(test)]
mod tests;
