//! A profile as it is written.

use serde::{Deserialize, Deserializer, de};
use tanba_crypto::{KeyAlgorithm, ObjectIdentifier};

use super::claim::Claim;
use super::key_kind::KeySpecification;
use super::validity::Validity;
use crate::extension::KeyUsage;
use crate::{Purpose, StringKind, oid};

/// The whole text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Specification {
    pub(crate) name: String,
    pub(crate) description: Description,
    pub(crate) purpose: PurposeName,
    pub(crate) keys: Vec<KeySpecification>,
    pub(crate) validity: Validity,
    pub(crate) subject: Vec<AttributeSpecification>,
    /// Whether the name was made by somebody else and is taken over as it stands, in its own order and string types.
    #[serde(default)]
    pub(crate) foreign_subject: bool,
    #[serde(rename = "claim", default)]
    pub(crate) claims: Vec<Claim>,
    #[serde(rename = "extension")]
    pub(crate) extensions: Vec<ExtensionSpecification>,
}

/// One sentence on what a profile is for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Description {
    /// In one language, whoever reads it.
    One(String),
    /// In the languages of the pages.
    Each(Translated),
}

/// A sentence in each language.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Translated {
    kk: String,
    ru: String,
    en: String,
}

impl Description {
    /// The sentence in a language, by its tag: `kk`, `ru`, and English for whatever else.
    pub(crate) fn text(&self, language: &str) -> &str {
        match self {
            Self::One(text) => text,
            Self::Each(texts) => match language {
                "kk" => &texts.kk,
                "ru" => &texts.ru,
                _ => &texts.en,
            },
        }
    }
}

/// The names of purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PurposeName {
    Authentication,
    Signature,
    Both,
    CertificationAuthority,
    Other,
}

impl PurposeName {
    pub(crate) const fn purpose(self) -> Purpose {
        match self {
            Self::Authentication => Purpose::Authentication,
            Self::Signature => Purpose::Signature,
            Self::Both => Purpose::Both,
            Self::CertificationAuthority => Purpose::CertificationAuthority,
            Self::Other => Purpose::Other,
        }
    }
}

/// One attribute of the subject's name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AttributeSpecification {
    /// Its type.
    #[serde(rename = "type", deserialize_with = "attribute_type")]
    pub oid: ObjectIdentifier,
    /// Its string type.
    #[serde(deserialize_with = "string_kind")]
    pub string: StringKind,
    /// Its text with `{surname}`, `{given-name}`, `{patronymic}`, `{iin}`, `{country}`, `{organization}`, `{bin}`,
    /// `{common-name}` in place of what differs.
    pub value: String,
    /// Whether it is left out when something in braces is not given.
    #[serde(default)]
    pub optional: bool,
    /// Whether it is written in capitals.
    #[serde(default)]
    pub upper_case: bool,
}

/// One extension. Those without `critical` are never critical.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    tag = "type",
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
#[non_exhaustive]
pub enum ExtensionSpecification {
    /// Basic constraints with `cA` TRUE.
    BasicConstraints {
        /// Must be so for authorities (RFC 5280, 4.2.1.9).
        critical: bool,
        /// Intermediate authorities that may follow.
        #[serde(default)]
        path_length: Option<u8>,
    },
    /// Key usage.
    KeyUsage {
        /// Should be so (RFC 5280, 4.2.1.3).
        critical: bool,
        /// The bits.
        #[serde(deserialize_with = "key_usage")]
        allow: KeyUsage,
        /// Those that RSA keys have besides: keys of other kinds cannot do what they can.
        #[serde(default, deserialize_with = "some_key_usage")]
        allow_rsa: Option<KeyUsage>,
        /// Whether certificates of RSA keys may lack those that were made before the profile had them; they are always
        /// written.
        #[serde(default)]
        rsa_optional: bool,
    },
    /// Extended key usage, in this order.
    ExtendedKeyUsage {
        /// Whether it is critical.
        #[serde(default)]
        critical: bool,
        /// Names such as `client-auth`, or identifiers.
        #[serde(deserialize_with = "extended_key_usage")]
        allow: Vec<ObjectIdentifier>,
        /// Whether certificates may lack it that were made before the profile had it; it is always written.
        #[serde(default)]
        optional: bool,
    },
    /// The issuer's key identifier, nothing else.
    AuthorityKeyIdentifier {},
    /// SHA-1 of the public key (RFC 5280, 4.2.1.2, method 1).
    SubjectKeyIdentifier {},
    /// The e-mail address, left out when there is none; or the host name of a server.
    SubjectAlternativeName {
        /// Which of them.
        #[serde(default)]
        holds: AlternativeName,
    },
    /// Certificate policies, in this order.
    CertificatePolicies {
        /// The policies.
        policies: Vec<PolicySpecification>,
    },
    /// One distribution point with one address.
    CrlDistributionPoints {
        /// Whether it is left out when the issuer has no list.
        #[serde(default)]
        optional: bool,
    },
    /// One distribution point with one address.
    FreshestCrl {
        /// Whether it is left out when the issuer has no delta list.
        #[serde(default)]
        optional: bool,
    },
    /// Where issuer and status are, in this order; those without address are left out when optional.
    AuthorityInformationAccess {
        /// Whether parts without address, or all of it, are left out.
        #[serde(default)]
        optional: bool,
        /// The parts.
        access: Vec<Access>,
    },
    /// The status of this responder need not be asked (RFC 6960, 4.2.2.2.1).
    OcspNoCheck {},
    /// The store of the key, 1.2.398.3.3.5.
    Keystore {},
}

/// What the alternative name is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlternativeName {
    /// The e-mail address (rfc822Name).
    #[default]
    Email,
    /// The common name as the name of a host (dNSName).
    HostName,
}

/// Parts of authority information access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// The issuer's certificate.
    CaIssuers,
    /// The status service.
    Ocsp,
}

/// One policy with its qualifiers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicySpecification {
    /// The policy.
    #[serde(deserialize_with = "identifier")]
    pub oid: ObjectIdentifier,
    /// Where the practice statement is.
    #[serde(default)]
    pub cps: Option<String>,
    /// The explicit text of a user notice.
    #[serde(default)]
    pub notice: Option<String>,
}

impl ExtensionSpecification {
    /// What it is.
    #[must_use]
    pub const fn oid(&self) -> ObjectIdentifier {
        match self {
            Self::BasicConstraints { .. } => oid::BASIC_CONSTRAINTS,
            Self::KeyUsage { .. } => oid::KEY_USAGE,
            Self::ExtendedKeyUsage { .. } => oid::EXTENDED_KEY_USAGE,
            Self::AuthorityKeyIdentifier {} => oid::AUTHORITY_KEY_IDENTIFIER,
            Self::SubjectKeyIdentifier {} => oid::SUBJECT_KEY_IDENTIFIER,
            Self::SubjectAlternativeName { .. } => oid::SUBJECT_ALT_NAME,
            Self::CertificatePolicies { .. } => oid::CERTIFICATE_POLICIES,
            Self::CrlDistributionPoints { .. } => oid::CRL_DISTRIBUTION_POINTS,
            Self::FreshestCrl { .. } => oid::FRESHEST_CRL,
            Self::AuthorityInformationAccess { .. } => oid::AUTHORITY_INFO_ACCESS,
            Self::OcspNoCheck {} => oid::OCSP_NO_CHECK,
            Self::Keystore {} => oid::KZ_KEYSTORE,
        }
    }

    /// The bits that certificates of a kind of key have, and those that they may have in their place; `None` where it is not key
    /// usage.
    pub(crate) fn key_usages(&self, key: Option<KeyAlgorithm>) -> Option<(KeyUsage, KeyUsage)> {
        let Self::KeyUsage {
            allow,
            allow_rsa,
            rsa_optional,
            ..
        } = self
        else {
            return None;
        };
        let more = allow_rsa.filter(|_| matches!(key, Some(KeyAlgorithm::Rsa { .. })));
        let written = more.map_or(*allow, |more| allow.with(more));
        Some((written, if *rsa_optional { *allow } else { written }))
    }

    /// Whether it is written as critical.
    #[must_use]
    pub const fn is_critical(&self) -> bool {
        match self {
            Self::BasicConstraints { critical, .. }
            | Self::KeyUsage { critical, .. }
            | Self::ExtendedKeyUsage { critical, .. } => *critical,
            Self::AuthorityKeyIdentifier {}
            | Self::SubjectKeyIdentifier {}
            | Self::SubjectAlternativeName { .. }
            | Self::CertificatePolicies { .. }
            | Self::CrlDistributionPoints { .. }
            | Self::FreshestCrl { .. }
            | Self::AuthorityInformationAccess { .. }
            | Self::OcspNoCheck {}
            | Self::Keystore {} => false,
        }
    }

    /// Whether certificates may lack it.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        match self {
            Self::SubjectAlternativeName { holds } => matches!(holds, AlternativeName::Email),
            Self::CrlDistributionPoints { optional }
            | Self::FreshestCrl { optional }
            | Self::ExtendedKeyUsage { optional, .. }
            | Self::AuthorityInformationAccess { optional, .. } => *optional,
            Self::BasicConstraints { .. }
            | Self::KeyUsage { .. }
            | Self::AuthorityKeyIdentifier {}
            | Self::SubjectKeyIdentifier {}
            | Self::CertificatePolicies { .. }
            | Self::OcspNoCheck {}
            | Self::Keystore {} => false,
        }
    }
}

fn identifier<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectIdentifier, D::Error> {
    let text = String::deserialize(deserializer)?;
    ObjectIdentifier::new(&text)
        .map_err(|_| de::Error::custom(format!("{text:?} is not an object identifier")))
}

fn attribute_type<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<ObjectIdentifier, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "common-name" => Ok(oid::COMMON_NAME),
        "surname" => Ok(oid::SURNAME),
        "given-name" => Ok(oid::GIVEN_NAME),
        "serial-number" => Ok(oid::SERIAL_NUMBER),
        "country" => Ok(oid::COUNTRY),
        "locality" => Ok(oid::LOCALITY),
        "state" => Ok(oid::STATE),
        "organization" => Ok(oid::ORGANIZATION),
        "organizational-unit" => Ok(oid::ORGANIZATIONAL_UNIT),
        _ => ObjectIdentifier::new(&text).map_err(|_| {
            de::Error::custom(format!(
                "{text:?} is neither an attribute's name nor an identifier"
            ))
        }),
    }
}

fn string_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StringKind, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "utf8" => Ok(StringKind::Utf8),
        "printable" => Ok(StringKind::Printable),
        "ia5" => Ok(StringKind::Ia5),
        _ => Err(de::Error::unknown_variant(
            &text,
            &["utf8", "printable", "ia5"],
        )),
    }
}

const USAGES: [(&str, KeyUsage); 7] = [
    ("digital-signature", KeyUsage::DIGITAL_SIGNATURE),
    ("non-repudiation", KeyUsage::NON_REPUDIATION),
    ("key-encipherment", KeyUsage::KEY_ENCIPHERMENT),
    ("data-encipherment", KeyUsage::DATA_ENCIPHERMENT),
    ("key-agreement", KeyUsage::KEY_AGREEMENT),
    ("key-cert-sign", KeyUsage::KEY_CERT_SIGN),
    ("crl-sign", KeyUsage::CRL_SIGN),
];

fn key_usage<'de, D: Deserializer<'de>>(deserializer: D) -> Result<KeyUsage, D::Error> {
    let mut all = KeyUsage::NONE;
    for name in Vec::<String>::deserialize(deserializer)? {
        let usage = USAGES
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| de::Error::custom(format!("{name:?} is not a key usage")))?;
        all = all.with(usage.1);
    }
    if all == KeyUsage::NONE {
        Err(de::Error::custom("a key usage without bits is not allowed"))
    } else {
        Ok(all)
    }
}

fn some_key_usage<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<KeyUsage>, D::Error> {
    key_usage(deserializer).map(Some)
}

fn extended_key_usage<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<ObjectIdentifier>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|name| match name.as_str() {
            "client-auth" => Ok(oid::CLIENT_AUTH),
            "server-auth" => Ok(oid::SERVER_AUTH),
            "email-protection" => Ok(oid::EMAIL_PROTECTION),
            "document-signing" => Ok(oid::DOCUMENT_SIGNING),
            "ocsp-signing" => Ok(oid::OCSP_SIGNING),
            "time-stamping" => Ok(oid::TIME_STAMPING),
            _ => ObjectIdentifier::new(name).map_err(|_| {
                de::Error::custom(format!(
                    "{name:?} is neither an extended key usage's name nor an identifier"
                ))
            }),
        })
        .collect()
}
