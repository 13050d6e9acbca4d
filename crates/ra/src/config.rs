//! How this registration authority decides.

use std::path::PathBuf;

use serde::Deserialize;
use tanba_model::capability::Capability;
use tanba_model::centre::{Centres, CentresError};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::place::Gazetteer;
use tanba_pki::profile::Profile;

mod desk;
mod first;
mod texts;

pub use desk::{DeskPolicy, DeskSection};
pub use first::FirstSection;
pub use texts::TextsSection;

/// The section `[ra]` of the configuration file, as written. Every field may be absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RaSection {
    /// What confirms an application besides its signature: `email-code` or `none`.
    pub second_factor: SecondFactorPolicy,
    /// Which certificate profiles people get: `kz` or `neutral`.
    pub profiles: ProfileSet,
    /// Keystores that new keys may live in, by identifier. A token's certificate is valid longer, so a token belongs
    /// here only when something vouches that the key is in it.
    pub keystores: Vec<KeystoreKind>,
    /// Which e-mail address may stand in a certificate: `as-typed` or `confirmed`.
    pub certificate_email: CertificateEmail,
    /// Country of the people, ISO 3166-1 alpha-2.
    pub country: String,
    /// File that lists the registration centres; absent for the examples that ship. Whoever reads the configuration reads
    /// it too, and hands its text to [`RaConfig::with_centres`].
    pub centres: Option<PathBuf>,
    /// How first keys are applied for.
    pub first: FirstSection,
    /// What needs a second signature at a registration centre.
    pub desk: DeskSection,
    /// To which telephones codes are sent, and how many.
    pub texts: TextsSection,
}

impl Default for RaSection {
    fn default() -> Self {
        Self {
            second_factor: SecondFactorPolicy::EmailCode,
            profiles: ProfileSet::Kz,
            keystores: vec![KeystoreKind::PersonalComputer],
            certificate_email: CertificateEmail::Confirmed,
            country: "KZ".to_owned(),
            centres: None,
            first: FirstSection::default(),
            desk: DeskSection::default(),
            texts: TextsSection::default(),
        }
    }
}

/// What confirms an application besides its signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactorPolicy {
    /// A code sent to the address that was confirmed earlier.
    #[default]
    EmailCode,
    /// Nothing: the signature alone. Whoever has file and password can then renew.
    None,
}

/// A pair of certificate profiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileSet {
    /// As the national authority of Kazakhstan issues them.
    #[default]
    Kz,
    /// For other organisations.
    Neutral,
}

/// Which e-mail address may stand in a certificate. Codes and notices go to the confirmed one whatever this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateEmail {
    /// The one on the form, as the applicant signs it.
    AsTyped,
    /// The confirmed one or none: an authority vouches for what it certifies.
    #[default]
    Confirmed,
}

/// One key that a person gets, in the order of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyRole {
    /// Name of the profile.
    pub(crate) profile: &'static str,
    /// The word for it in the application document.
    pub(crate) purpose: &'static str,
}

impl ProfileSet {
    pub(crate) const fn roles(self) -> [KeyRole; 2] {
        let (authentication, signature) = match self {
            Self::Kz => (
                "kz-individual-authentication-rsa",
                "kz-individual-signature-rsa",
            ),
            Self::Neutral => (
                "neutral-individual-authentication",
                "neutral-individual-signature",
            ),
        };
        [
            KeyRole {
                profile: authentication,
                purpose: "authentication",
            },
            KeyRole {
                profile: signature,
                purpose: "signature",
            },
        ]
    }
}

/// Why a configuration cannot work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The origin is not `scheme://host[:port]`.
    #[error("public_url has to be https://host or http://host without a path, not {0:?}")]
    Origin(String),
    /// The country is not two capital letters.
    #[error("ra.country has to be two capital letters, not {0:?}")]
    Country(String),
    /// Nobody could apply for anything.
    #[error("ra.keystores must not be empty")]
    NoKeystore,
    /// First issuance could not work.
    #[error("ra.first: {0}")]
    First(&'static str),
    /// The program lacks a profile.
    #[error("the profile {0} is missing")]
    Profile(&'static str),
    /// The program's list of places is damaged.
    #[error("the list of regions and settlements cannot be read")]
    Places(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The list of registration centres cannot be used.
    #[error("the list of registration centres cannot be used: {0}")]
    Centres(#[from] CentresError),
    /// The desk could not work.
    #[error("ra.desk: {0}")]
    Desk(&'static str),
    /// Nobody could confirm a telephone.
    #[error("ra.texts: {0}")]
    Texts(&'static str),
}

/// How this registration authority decides, checked.
#[derive(Clone, Debug)]
pub struct RaConfig {
    origin: String,
    second_factor: SecondFactorPolicy,
    profiles: ProfileSet,
    keystores: Vec<KeystoreKind>,
    certificate_email: CertificateEmail,
    country: String,
    centres: Option<Centres>,
    first: FirstSection,
    desk: DeskPolicy,
    texts: TextsSection,
}

impl RaSection {
    /// Checks the section; `origin` is that of the cabinet as browsers see it, `https://cabinet.example`.
    ///
    /// # Errors
    /// [`ConfigError`] with the first thing that cannot work.
    pub fn check(self, origin: &str) -> Result<RaConfig, ConfigError> {
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        if !host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' '])) {
            return Err(ConfigError::Origin(origin.to_owned()));
        }
        if self.country.len() != 2
            || !self
                .country
                .bytes()
                .all(|letter| letter.is_ascii_uppercase())
        {
            return Err(ConfigError::Country(self.country));
        }
        if self.keystores.is_empty() {
            return Err(ConfigError::NoKeystore);
        }
        for role in self.profiles.roles() {
            if Profile::builtin(role.profile).is_none() {
                return Err(ConfigError::Profile(role.profile));
            }
        }
        Ok(RaConfig {
            origin: origin.to_owned(),
            second_factor: self.second_factor,
            profiles: self.profiles,
            keystores: self.keystores,
            certificate_email: self.certificate_email,
            country: self.country,
            centres: None,
            first: self.first.check()?,
            desk: self.desk.check()?,
            texts: self.texts.check()?,
        })
    }
}

impl RaConfig {
    /// The same with the registration centres of a list, TOML as [`Centres::from_toml`] takes it.
    ///
    /// # Errors
    /// [`ConfigError::Centres`] when the list cannot be used.
    pub fn with_centres(mut self, text: &str) -> Result<Self, ConfigError> {
        self.centres = Some(Centres::from_toml(text, &gazetteer()?)?);
        Ok(self)
    }

    /// The registration centres: those of the configuration, else the examples that ship.
    ///
    /// # Errors
    /// [`ConfigError`] when what ships is damaged.
    pub fn centres(&self) -> Result<Centres, ConfigError> {
        match &self.centres {
            Some(centres) => Ok(centres.clone()),
            None => Ok(Centres::kazakhstan(&gazetteer()?)?),
        }
    }

    /// The origin of the cabinet, inside everything that is signed.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What confirms an application besides its signature.
    #[must_use]
    pub const fn second_factor(&self) -> SecondFactorPolicy {
        self.second_factor
    }

    /// Keystores that new keys may live in.
    #[must_use]
    pub fn keystores(&self) -> &[KeystoreKind] {
        &self.keystores
    }

    /// Kinds of keys that may be made in a keystore and that the profiles of this authority take.
    #[must_use]
    pub fn algorithms(&self, kind: KeystoreKind) -> Vec<&'static str> {
        let mut algorithms = Capability::of(kind).algorithms.to_vec();
        match self.profiles {
            ProfileSet::Kz => algorithms.retain(|algorithm| algorithm.starts_with("RSA-")),
            ProfileSet::Neutral => {}
        }
        algorithms
    }

    /// Names of the profiles of a reissue, in the order of requests: authentication, signature.
    #[must_use]
    pub fn profiles(&self) -> [&'static str; 2] {
        self.profiles.roles().map(|role| role.profile)
    }

    /// How the names of profiles begin that ship for other installations than this.
    #[must_use]
    pub const fn other_profiles(&self) -> &'static str {
        match self.profiles {
            ProfileSet::Kz => "neutral-",
            ProfileSet::Neutral => "kz-",
        }
    }

    pub(crate) const fn roles(&self) -> [KeyRole; 2] {
        self.profiles.roles()
    }

    pub(crate) const fn certificate_email(&self) -> CertificateEmail {
        self.certificate_email
    }

    /// To which telephones codes are sent, and how many.
    #[must_use]
    pub const fn texts(&self) -> &TextsSection {
        &self.texts
    }

    /// How first keys are applied for.
    #[must_use]
    pub const fn first(&self) -> &FirstSection {
        &self.first
    }

    /// What needs a second signature at a registration centre.
    #[must_use]
    pub const fn desk(&self) -> &DeskPolicy {
        &self.desk
    }

    /// Country of the people, ISO 3166-1 alpha-2.
    #[must_use]
    pub fn country(&self) -> &str {
        &self.country
    }
}

/// The regions and settlements that ship.
pub(crate) fn gazetteer() -> Result<Gazetteer, ConfigError> {
    Gazetteer::kazakhstan().map_err(|error| ConfigError::Places(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> Result<RaSection, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn an_absent_section_asks_for_a_code_and_takes_files_only() {
        let config = section("{}")
            .unwrap()
            .check("https://cabinet.example")
            .unwrap();
        assert_eq!(config.second_factor(), SecondFactorPolicy::EmailCode);
        assert_eq!(config.keystores(), [KeystoreKind::PersonalComputer]);
        assert_eq!(
            config.profiles(),
            [
                "kz-individual-authentication-rsa",
                "kz-individual-signature-rsa"
            ]
        );
    }

    #[test]
    fn a_word_that_is_none_and_a_key_that_is_unknown_are_refused() {
        assert!(section("{\"second_factor\":\"sms\"}").is_err());
        assert!(section("{\"second-factor\":\"none\"}").is_err());
        assert!(section("{\"keystores\":[\"JKS\"]}").is_err());
        assert_eq!(
            section("{\"second_factor\":\"none\"}")
                .unwrap()
                .second_factor,
            SecondFactorPolicy::None
        );
        assert_eq!(
            section("{\"profiles\":\"neutral\"}").unwrap().profiles,
            ProfileSet::Neutral
        );
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for origin in [
            "cabinet.example",
            "https://",
            "https://cabinet.example/",
            "ftp://cabinet.example",
            "https://a b",
        ] {
            let checked = RaSection::default().check(origin);
            assert!(matches!(checked, Err(ConfigError::Origin(_))), "{origin}");
        }
        let none = RaSection {
            keystores: Vec::new(),
            ..RaSection::default()
        };
        assert!(matches!(
            none.check("http://localhost:8080"),
            Err(ConfigError::NoKeystore)
        ));
        let country = RaSection {
            country: "Kazakhstan".to_owned(),
            ..RaSection::default()
        };
        assert!(matches!(
            country.check("http://localhost:8080"),
            Err(ConfigError::Country(_))
        ));
    }
}
