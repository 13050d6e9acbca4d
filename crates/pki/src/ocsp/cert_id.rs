//! How a certificate is named in requests and responses (RFC 6960, 4.1.1).

use der::asn1::ObjectIdentifier;
use tanba_crypto::DigestAlgorithm;

use crate::Certificate;
use crate::asn1::{self, Malformed, Reader, Value, tag};

/// `CertID`, read in place so that it can be echoed octet for octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertId<'a> {
    der: &'a [u8],
    digest: ObjectIdentifier,
    issuer_name_hash: &'a [u8],
    issuer_key_hash: &'a [u8],
    serial: &'a [u8],
}

impl<'a> CertId<'a> {
    pub(super) fn read(value: Value<'a>) -> Result<Self, Malformed> {
        let mut fields = Reader::new(value.content, "CertID");
        let mut algorithm = fields.sequence()?;
        let digest = algorithm.oid()?;
        // Parameters are NULL or absent (RFC 5754, 2): nothing else may be echoed, and kept, at somebody else's expense.
        if !algorithm.is_empty() && !algorithm.expect(tag::NULL)?.is_empty() {
            return Err(Malformed::new("CertID"));
        }
        algorithm.finish()?;
        let read = Self {
            der: value.der,
            digest,
            issuer_name_hash: fields.expect(tag::OCTET_STRING)?,
            issuer_key_hash: fields.expect(tag::OCTET_STRING)?,
            serial: fields.integer_bytes()?,
        };
        fields.finish()?;
        Ok(read)
    }

    /// The octets, for the response.
    #[must_use]
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// Digest of the issuer's name.
    #[must_use]
    pub const fn issuer_name_hash(&self) -> &'a [u8] {
        self.issuer_name_hash
    }

    /// Digest of the issuer's key (contents of the BIT STRING).
    #[must_use]
    pub const fn issuer_key_hash(&self) -> &'a [u8] {
        self.issuer_key_hash
    }

    /// Contents of the serial's INTEGER.
    #[must_use]
    pub const fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// The digest that names the issuer; none when it cannot be computed.
    #[must_use]
    pub fn digest(&self) -> Option<DigestAlgorithm> {
        DigestAlgorithm::from_oid(self.digest).ok()
    }
}

/// An issuer as `CertID`s name it; its digests are computed once.
#[derive(Clone, Debug)]
pub struct Issuer {
    hashes: Vec<IssuerHashes>,
}

#[derive(Clone, Debug)]
struct IssuerHashes {
    digest: DigestAlgorithm,
    oid: ObjectIdentifier,
    name: Vec<u8>,
    key: Vec<u8>,
}

impl Issuer {
    /// The issuer with this certificate.
    #[must_use]
    pub fn new(certificate: &Certificate) -> Self {
        let name = certificate.subject().der();
        let key = certificate.public_key().subject_public_key();
        let hashes = DigestAlgorithm::ALL
            .into_iter()
            .map(|digest| IssuerHashes {
                digest,
                oid: digest.oid(),
                name: digest.digest(name),
                key: digest.digest(key),
            })
            .collect();
        Self { hashes }
    }

    /// Whether a certificate of this issuer is meant.
    #[must_use]
    pub fn matches(&self, id: &CertId<'_>) -> bool {
        self.hashes.iter().any(|hashes| {
            hashes.oid == id.digest
                && hashes.name == id.issuer_name_hash
                && hashes.key == id.issuer_key_hash
        })
    }

    /// `CertID` of the certificate with this serial (contents of its INTEGER).
    ///
    /// SHA-1 is what every responder understands (RFC 5019, 2.1.1); here it only names.
    #[must_use]
    pub fn cert_id(&self, digest: DigestAlgorithm, serial: &[u8]) -> Vec<u8> {
        let found = self.hashes.iter().find(|hashes| hashes.digest == digest);
        let (name, key) = found.map_or((&[][..], &[][..]), |hashes| (&hashes.name, &hashes.key));
        asn1::sequence(&[
            asn1::sequence(&[asn1::oid(digest.oid()), asn1::null()]),
            asn1::octet_string(name),
            asn1::octet_string(key),
            asn1::tlv(tag::INTEGER, serial),
        ])
    }
}
