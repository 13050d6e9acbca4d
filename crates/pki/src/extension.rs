//! Certificate extensions (RFC 5280, 4.2).

use tanba_crypto::ObjectIdentifier;

use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::oid;

/// One extension as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// What it is.
    pub oid: ObjectIdentifier,
    /// Whether who does not know it must refuse the certificate.
    pub critical: bool,
    /// The content of `extnValue`.
    pub value: Vec<u8>,
}

/// `KeyUsage`, bit 0 most significant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Nothing is allowed.
    pub const NONE: Self = Self(0);
    /// digitalSignature
    pub const DIGITAL_SIGNATURE: Self = Self(0x8000);
    /// nonRepudiation, also called contentCommitment
    pub const NON_REPUDIATION: Self = Self(0x4000);
    /// keyEncipherment
    pub const KEY_ENCIPHERMENT: Self = Self(0x2000);
    /// dataEncipherment
    pub const DATA_ENCIPHERMENT: Self = Self(0x1000);
    /// keyAgreement
    pub const KEY_AGREEMENT: Self = Self(0x0800);
    /// keyCertSign
    pub const KEY_CERT_SIGN: Self = Self(0x0400);
    /// cRLSign
    pub const CRL_SIGN: Self = Self(0x0200);
    /// encipherOnly
    pub const ENCIPHER_ONLY: Self = Self(0x0100);
    /// decipherOnly
    pub const DECIPHER_ONLY: Self = Self(0x0080);

    /// From the bits as [`bits`](Self::bits) gives them.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Bit 0 of the standard is the most significant one.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is allowed.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is allowed.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// `BasicConstraints`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a certification authority.
    pub ca: bool,
    /// How many intermediate authorities may follow.
    pub path_length: Option<u32>,
}

/// `PolicyInformation`: the policy and its qualifiers as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInformation {
    /// The policy.
    pub oid: ObjectIdentifier,
    /// Qualifier identifier and the DER of the qualifier.
    pub qualifiers: Vec<(ObjectIdentifier, Vec<u8>)>,
}

/// What the extensions that this project knows say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Option<Vec<ObjectIdentifier>>,
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) policies: Vec<PolicyInformation>,
    pub(crate) subject_key_id: Option<Vec<u8>>,
    pub(crate) authority_key_id: Option<Vec<u8>>,
    pub(crate) crl_distribution_points: Vec<String>,
    pub(crate) freshest_crl: Vec<String>,
    pub(crate) ocsp_urls: Vec<String>,
    pub(crate) ca_issuer_urls: Vec<String>,
    pub(crate) emails: Vec<String>,
    pub(crate) keystores: Vec<ObjectIdentifier>,
}

impl Known {
    pub(crate) fn read(extensions: &[Extension]) -> Result<Self, Malformed> {
        let mut known = Self::default();
        for extension in extensions {
            known.take(extension)?;
        }
        Ok(known)
    }

    fn take(&mut self, extension: &Extension) -> Result<(), Malformed> {
        let value = extension.value.as_slice();
        match extension.oid {
            oid::KEY_USAGE => self.key_usage = Some(key_usage(value)?),
            oid::EXTENDED_KEY_USAGE => {
                self.extended_key_usage = Some(oids(value, "extended key usage")?)
            }
            oid::BASIC_CONSTRAINTS => self.basic_constraints = Some(basic_constraints(value)?),
            oid::CERTIFICATE_POLICIES => self.policies = policies(value)?,
            oid::SUBJECT_KEY_IDENTIFIER => self.subject_key_id = Some(subject_key_id(value)?),
            oid::AUTHORITY_KEY_IDENTIFIER => self.authority_key_id = authority_key_id(value)?,
            oid::CRL_DISTRIBUTION_POINTS => {
                self.crl_distribution_points =
                    distribution_points(value, "CRL distribution points")?;
            }
            oid::FRESHEST_CRL => self.freshest_crl = distribution_points(value, "freshest CRL")?,
            oid::AUTHORITY_INFO_ACCESS => self.take_access(value)?,
            oid::SUBJECT_ALT_NAME => self.emails = general_names(value, 1)?,
            oid::KZ_KEYSTORE => self.keystores = keystores(value)?,
            _ => {}
        }
        Ok(())
    }

    /// `SEQUENCE OF SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation GeneralName }`
    fn take_access(&mut self, value: &[u8]) -> Result<(), Malformed> {
        let mut reader = parse_all(value, "authority information access")?;
        while !reader.is_empty() {
            let mut access = reader.sequence()?;
            let method = access.oid()?;
            let location = access.next_value()?;
            access.finish()?;
            if location.tag != URI {
                continue;
            }
            let url = ascii(location.content).ok_or(access.malformed())?;
            match method {
                oid::ACCESS_OCSP => self.ocsp_urls.push(url),
                oid::ACCESS_CA_ISSUERS => self.ca_issuer_urls.push(url),
                _ => {}
            }
        }
        Ok(())
    }
}

const URI: u8 = tag::context_primitive(6);

/// `Extensions ::= SEQUENCE OF SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }`
pub(crate) fn read_extensions(mut reader: Reader<'_>) -> Result<Vec<Extension>, Malformed> {
    let mut extensions: Vec<Extension> = Vec::new();
    while !reader.is_empty() {
        let mut one = reader.sequence()?;
        let oid = one.oid()?;
        let critical = one.peek() == Some(tag::BOOLEAN) && one.boolean()?;
        let value = one.expect(tag::OCTET_STRING)?.to_vec();
        one.finish()?;
        if extensions.iter().any(|extension| extension.oid == oid) {
            return Err(Malformed::new("extensions, which name one twice,"));
        }
        extensions.push(Extension {
            oid,
            critical,
            value,
        });
    }
    Ok(extensions)
}

fn key_usage(value: &[u8]) -> Result<KeyUsage, Malformed> {
    let mut reader = Reader::new(value, "key usage");
    let bits = reader.named_bits()?;
    reader.finish()?;
    Ok(KeyUsage(bits))
}

fn oids(value: &[u8], structure: &'static str) -> Result<Vec<ObjectIdentifier>, Malformed> {
    let mut reader = parse_all(value, structure)?;
    let mut oids = Vec::new();
    while !reader.is_empty() {
        oids.push(reader.oid()?);
    }
    Ok(oids)
}

/// `SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }`
fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, Malformed> {
    let mut reader = parse_all(value, "basic constraints")?;
    let ca = reader.peek() == Some(tag::BOOLEAN) && reader.boolean()?;
    let path_length = if reader.is_empty() {
        None
    } else {
        // More than 2³² authorities are as many as one likes.
        Some(u32::try_from(reader.integer()?).unwrap_or(u32::MAX))
    };
    reader.finish()?;
    Ok(BasicConstraints { ca, path_length })
}

/// `SEQUENCE OF SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE OF SEQUENCE { id, qualifier ANY } OPTIONAL }`
fn policies(value: &[u8]) -> Result<Vec<PolicyInformation>, Malformed> {
    let mut reader = parse_all(value, "certificate policies")?;
    let mut policies = Vec::new();
    while !reader.is_empty() {
        let mut policy = reader.sequence()?;
        let oid = policy.oid()?;
        let mut qualifiers = Vec::new();
        if !policy.is_empty() {
            let mut list = policy.sequence()?;
            while !list.is_empty() {
                let mut qualifier = list.sequence()?;
                let id = qualifier.oid()?;
                qualifiers.push((id, qualifier.rest().to_vec()));
            }
        }
        policy.finish()?;
        policies.push(PolicyInformation { oid, qualifiers });
    }
    Ok(policies)
}

fn subject_key_id(value: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut reader = Reader::new(value, "subject key identifier");
    let id = reader.expect(tag::OCTET_STRING)?.to_vec();
    reader.finish()?;
    Ok(id)
}

/// `SEQUENCE { [0] keyIdentifier OPTIONAL, [1] authorityCertIssuer OPTIONAL, [2] authorityCertSerialNumber OPTIONAL }`
fn authority_key_id(value: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut reader = parse_all(value, "authority key identifier")?;
    let id = reader.optional(tag::context_primitive(0))?;
    reader.optional(tag::context(1))?;
    reader.optional(tag::context_primitive(2))?;
    reader.finish()?;
    Ok(id.map(|id| id.content.to_vec()))
}

/// The URIs of the full names of `CRLDistributionPoints`.
fn distribution_points(value: &[u8], structure: &'static str) -> Result<Vec<String>, Malformed> {
    let mut reader = parse_all(value, structure)?;
    let mut urls = Vec::new();
    while !reader.is_empty() {
        let mut point = reader.sequence()?;
        if let Some(name) = point.optional(tag::context(0))? {
            let mut name = Reader::new(name.content, structure);
            if let Some(full) = name.optional(tag::context(0))? {
                let mut names = Reader::new(full.content, structure);
                while !names.is_empty() {
                    let name = names.next_value()?;
                    if name.tag == URI {
                        urls.push(ascii(name.content).ok_or(names.malformed())?);
                    }
                }
            }
        }
    }
    Ok(urls)
}

/// The texts of the `GeneralName`s with this tag number.
fn general_names(value: &[u8], number: u8) -> Result<Vec<String>, Malformed> {
    let mut reader = parse_all(value, "subject alternative name")?;
    let mut texts = Vec::new();
    while !reader.is_empty() {
        let name = reader.next_value()?;
        if name.tag == tag::context_primitive(number) {
            texts.push(ascii(name.content).ok_or(reader.malformed())?);
        }
    }
    Ok(texts)
}

/// `SEQUENCE OF OBJECT IDENTIFIER`; national requests add a UTF8String with the folder, which is passed over.
fn keystores(value: &[u8]) -> Result<Vec<ObjectIdentifier>, Malformed> {
    let mut reader = parse_all(value, "key store extension")?;
    let mut keystores = Vec::new();
    while !reader.is_empty() {
        if reader.optional(tag::UTF8_STRING)?.is_none() {
            keystores.push(reader.oid()?);
        }
    }
    Ok(keystores)
}

fn ascii(octets: &[u8]) -> Option<String> {
    octets
        .is_ascii()
        .then(|| octets.iter().copied().map(char::from).collect())
}
