//! Certificate profiles: what a certificate looks like, as data that an auditor can read.
//!
//! A profile is a TOML text; unknown keys are refused. It decides every octet of a certificate except names, key,
//! time, serial number and addresses: [`Profile::prepare`] gives the bytes to be signed, and
//! [`lint_certificate`](crate::lint::lint_certificate) reads them again against the same profile.

mod builtin;
mod check;
mod claim;
mod encode;
mod extension_name;
mod key_kind;
mod read;
mod specification;
mod subject;
mod validity;

use std::time::Duration;

use tanba_crypto::{KeyAlgorithm, ObjectIdentifier, PublicKey, SignatureAlgorithm, WeakKey};

pub use claim::{Claim, Standard};
pub use key_kind::KeySpecification;
pub use specification::{
    Access, AlternativeName, AttributeSpecification, ExtensionSpecification, PolicySpecification,
};
pub use subject::Subject;
pub use validity::Validity;

use crate::{DistinguishedName, NameError, Purpose, SerialNumber, Timestamp, oid};
use specification::Specification;

/// A checked certificate profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    specification: Specification,
    source: String,
}

/// Why a profile is not usable, or a certificate by it cannot be prepared. The text is a sentence for an operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The text is not TOML, has a key that no profile has, or lacks one.
    #[error("the profile cannot be read: {0}")]
    Syntax(String),
    /// The profile contradicts itself.
    #[error("the profile {name} is contradictory: {reason}")]
    Contradiction {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Something that the profile needs was not given.
    #[error("the profile {name} needs {what}")]
    Missing {
        /// Its name.
        name: String,
        /// What was not given.
        what: String,
    },
    /// An attribute of the name cannot be written.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The key is not of the kinds that the profile allows.
    #[error("the profile {name} does not allow keys of the kind {key}")]
    Key {
        /// Its name.
        name: String,
        /// What the key is.
        key: String,
    },
    /// The key is of an allowed kind and weak.
    #[error(transparent)]
    WeakKey(#[from] WeakKey),
    /// The e-mail address cannot be written as rfc822Name.
    #[error("the e-mail address cannot be written in a certificate")]
    Email,
    /// The common name of a server is not the name of a host.
    #[error(
        "{0:?} is not a host name: letters, digits and hyphens in at least two parts are needed, IDNs as A-labels"
    )]
    HostName(String),
    /// An address is not a plain HTTP address in ASCII.
    #[error(
        "{0:?} is not an address that a certificate may name: http:// and printable ASCII are needed"
    )]
    Url(String),
    /// The store of the key is not in the national register.
    #[error("{0} does not name a store of keys")]
    Keystore(ObjectIdentifier),
}

/// Where verifiers find what they need about an issuer; plain HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssuerUrls {
    /// The issuer's certificate, DER.
    pub ca_issuers: Option<String>,
    /// The status service.
    pub ocsp: Option<String>,
    /// The revocation list of the certificate's shard.
    pub crl: Option<String>,
    /// The delta list of the same scope.
    pub freshest_crl: Option<String>,
}

/// Everything of a certificate that its profile does not decide. No personal data are in its `Debug`.
#[derive(Clone, Copy)]
pub struct TbsInput<'a> {
    /// The serial number, never used before.
    pub serial: SerialNumber,
    /// The issuer's subject name, octet by octet.
    pub issuer_name: &'a DistinguishedName,
    /// The issuer's subject key identifier.
    pub issuer_key_id: &'a [u8],
    /// How the issuer will sign.
    pub signature_algorithm: SignatureAlgorithm,
    /// The first second of validity.
    pub not_before: Timestamp,
    /// The last second of validity.
    pub not_after: Timestamp,
    /// Whose certificate; see [`Profile::subject_name`].
    pub subject: &'a DistinguishedName,
    /// The key to be certified.
    pub public_key: &'a PublicKey,
    /// The e-mail address for subjectAltName, where the profile has it.
    pub email: Option<&'a str>,
    /// The store of the key, where the profile names it.
    pub keystore: Option<ObjectIdentifier>,
    /// Where the issuer publishes.
    pub urls: &'a IssuerUrls,
}

impl std::fmt::Debug for TbsInput<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TbsInput")
            .field("serial", &self.serial)
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`ProfileError::Syntax`], [`ProfileError::Contradiction`].
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        Ok(Self {
            specification: read::read(text)?,
            source: text.to_owned(),
        })
    }

    /// A profile that ships with the program; `None` when there is none of this name.
    #[must_use]
    pub fn builtin(name: &str) -> Option<Self> {
        let source = builtin::source(name)?;
        Self::from_toml(source).ok()
    }

    /// The names of the profiles that ship with the program.
    #[must_use]
    pub const fn builtin_names() -> &'static [&'static str] {
        builtin::NAMES
    }

    /// The text it was read from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The name under which certificates remember their profile.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.specification.name
    }

    /// One sentence on what it is for, in the language of a tag: `kk` or `ru`, else English. A profile that is described in one
    /// language alone has the same sentence for all.
    #[must_use]
    pub fn description(&self, language: &str) -> &str {
        self.specification.description.text(language)
    }

    /// What the key is for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.specification.purpose.purpose()
    }

    /// How long certificates live.
    #[must_use]
    pub const fn validity(&self) -> &Validity {
        &self.specification.validity
    }

    /// Whether the subject is a person (else an authority or a service).
    #[must_use]
    pub const fn is_for_persons(&self) -> bool {
        matches!(self.specification.validity, Validity::Person { .. })
    }

    /// The kinds of keys that may be certified.
    #[must_use]
    pub fn keys(&self) -> &[KeySpecification] {
        &self.specification.keys
    }

    /// The same by their names in profiles and plans: `rsa-4096, ec-p384`.
    #[must_use]
    pub fn names_of_keys(&self) -> String {
        let names: Vec<&str> = self.keys().iter().map(|key| key.name()).collect();
        names.join(", ")
    }

    /// Whether the key is of a kind that may be certified; its strength is
    /// [`PublicKey::check_strength`]'s to say.
    #[must_use]
    pub fn allows_key(&self, key: &PublicKey) -> bool {
        key.algorithm()
            .is_ok_and(|algorithm| self.allows(algorithm))
    }

    /// Whether keys of this kind may be certified.
    #[must_use]
    pub fn allows(&self, algorithm: KeyAlgorithm) -> bool {
        self.specification
            .keys
            .iter()
            .any(|key| key.algorithm() == algorithm)
    }

    /// The end of validity: one period for keys in files, another for keys in devices; no store named counts as a file.
    ///
    /// For authorities and services, the longest period the profile allows.
    #[must_use]
    pub fn not_after(
        &self,
        not_before: Timestamp,
        keystore: Option<ObjectIdentifier>,
    ) -> Timestamp {
        let years = match &self.specification.validity {
            Validity::Person {
                file_years,
                token_years,
            } => {
                if keystore.is_none_or(oid::is_file_keystore) {
                    *file_years
                } else {
                    *token_years
                }
            }
            Validity::Service { years_at_most } => *years_at_most,
        };
        not_before.plus_years(years)
    }

    /// The earliest and the latest end of certificates that begin then, wherever their keys are.
    #[must_use]
    pub fn ends(&self, not_before: Timestamp) -> (Timestamp, Timestamp) {
        let (least, most) = match &self.specification.validity {
            Validity::Person {
                file_years,
                token_years,
            } => (file_years.min(token_years), file_years.max(token_years)),
            Validity::Service { years_at_most } => (years_at_most, years_at_most),
        };
        (not_before.plus_years(*least), not_before.plus_years(*most))
    }

    /// Whether certificates of this profile may live so long.
    #[must_use]
    pub(crate) fn allows_validity(&self, not_before: Timestamp, not_after: Timestamp) -> bool {
        let years = |years: u16| not_before.plus_years(years);
        match &self.specification.validity {
            Validity::Person {
                file_years,
                token_years,
            } => not_after == years(*file_years) || not_after == years(*token_years),
            Validity::Service { years_at_most } => {
                not_after > not_before.plus(Duration::ZERO) && not_after <= years(*years_at_most)
            }
        }
    }

    /// The name of a subject: order, string types and letter case as the profile has them.
    ///
    /// # Errors
    /// [`ProfileError::Missing`] when something of the subject that the name needs is empty; [`ProfileError::Name`].
    pub fn subject_name(&self, subject: &Subject) -> Result<DistinguishedName, ProfileError> {
        subject::name(self, subject)
    }

    /// The standards that certificates by it follow, as far as each claim goes.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.specification.claims
    }

    /// The attributes of the subject's name in their order.
    #[must_use]
    pub fn attributes(&self) -> &[AttributeSpecification] {
        &self.specification.subject
    }

    /// Whether the name is another authority's and is taken over as it stands; [`Profile::attributes`] are then what a name
    /// is made of where there is none yet.
    #[must_use]
    pub const fn has_foreign_subject(&self) -> bool {
        self.specification.foreign_subject
    }

    /// The extensions in their order.
    #[must_use]
    pub fn extensions(&self) -> &[ExtensionSpecification] {
        &self.specification.extensions
    }

    /// The bytes to be signed.
    ///
    /// # Errors
    /// [`ProfileError`]: a key that is not allowed or weak, something missing, an address or an e-mail that cannot be
    /// written. Nothing is left out silently except what the profile calls optional.
    pub fn prepare(&self, input: &TbsInput<'_>) -> Result<Vec<u8>, ProfileError> {
        encode::to_be_signed(self, input)
    }
}

#[cfg(test)]
mod tests;
