//! How this cabinet is run.

use std::net::IpAddr;

use serde::Deserialize;

use crate::names::AuthoritySection;

/// The section `[cabinet]` of the configuration file, as written. Every field may be absent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CabinetSection {
    /// Addresses of the proxies in front; only these are believed about `X-Forwarded-For`.
    pub trusted_proxies: Vec<IpAddr>,
    /// How often things may be tried.
    pub limits: LimitsSection,
    /// What the authority and its contact centre are called.
    pub authority: AuthoritySection,
    /// The port on people's own computers at which pages look for the agent; 13579 when nothing is written.
    pub agent_port: Option<u16>,
}

/// Where sites look for the program that holds people's tokens.
const AGENT_PORT: u16 = 13579;

/// How often things may be tried from one network address, and for one account or number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSection {
    /// Sign-ins from one address in a minute.
    pub sign_ins_per_minute: u32,
    /// Codes tried or asked for from one address in a minute.
    pub codes_per_minute: u32,
    /// Codes tried or asked for in one application in a minute, wherever from.
    pub codes_per_application_per_minute: u32,
    /// Signed steps of one person in a minute, in whatever sessions: requests, signatures, proofs of new keys. Revoking is
    /// not among them, because whoever shares her key must not keep her from it. As many reports, and as many changes of language
    /// and reminders, each counted for themselves.
    pub steps_per_person_per_minute: u32,
    /// Persons whom one member of staff opens in a minute: by their page, an application or an act that waits, or by preparing a
    /// document about them.
    pub persons_per_staff_per_minute: u32,
    /// The same at once, after which as many come back in a day.
    pub persons_per_staff_per_day: u32,
    /// Look-ups of numbers from one address in a minute. Each counted for itself, as many wrong links, challenges, steps of
    /// first applications and sheets to be printed from there, and searches of one member of staff.
    pub look_ups_per_minute: u32,
    /// Look-ups of one number in a minute, wherever from; for themselves, as many by the right link of its mails.
    pub look_ups_per_number_per_minute: u32,
    /// Statements that a key is compromised from one address in a minute.
    pub attestations_per_minute: u32,
    /// Codes asked for without a key from one address in a minute.
    pub entries_per_minute: u32,
    /// Codes asked for without a key for one person in a minute, wherever from; whether there is such a person or not.
    pub entries_per_iin_per_minute: u32,
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self {
            sign_ins_per_minute: 30,
            codes_per_minute: 20,
            codes_per_application_per_minute: 10,
            steps_per_person_per_minute: 60,
            persons_per_staff_per_minute: 60,
            persons_per_staff_per_day: 300,
            look_ups_per_minute: 20,
            look_ups_per_number_per_minute: 20,
            attestations_per_minute: 10,
            entries_per_minute: 10,
            entries_per_iin_per_minute: 3,
        }
    }
}

/// How this cabinet is run, checked.
#[derive(Clone, Debug)]
pub struct CabinetConfig {
    origin: String,
    secure: bool,
    demo: bool,
    section: CabinetSection,
}

/// Why a configuration cannot work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The origin is not `scheme://host[:port]`.
    #[error("public_url has to be https://host or http://host without a path, not {0:?}")]
    Origin(String),
    /// A limit of nothing would close the cabinet.
    #[error("cabinet.limits: {0} must not be 0")]
    Limit(&'static str),
    /// A name that cannot stand in a sentence.
    #[error("cabinet.authority: {0:?} has to be one line of 1 to 200 letters")]
    Name(String),
    /// A number that cannot be dialled.
    #[error(
        "cabinet.authority: contact_phone has to be 2 to 20 digits, spaces, + - ( ), not {0:?}"
    )]
    Phone(String),
    /// An address that nobody can follow.
    #[error("cabinet.authority: agent_address has to be an https address, not {0:?}")]
    AgentAddress(String),
}

impl CabinetSection {
    /// Checks the section. `origin` is the cabinet as browsers see it, `https://cabinet.example`; over `http://` cookies
    /// are not marked secure, which only a demonstration on this machine should want. `demo` shows a banner.
    ///
    /// # Errors
    /// [`ConfigError`] with the first thing that cannot work.
    pub fn check(self, origin: &str, demo: bool) -> Result<CabinetConfig, ConfigError> {
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        if !host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' '])) {
            return Err(ConfigError::Origin(origin.to_owned()));
        }
        let limits = &self.limits;
        for (name, value) in [
            ("sign_ins_per_minute", limits.sign_ins_per_minute),
            ("codes_per_minute", limits.codes_per_minute),
            (
                "codes_per_application_per_minute",
                limits.codes_per_application_per_minute,
            ),
            (
                "steps_per_person_per_minute",
                limits.steps_per_person_per_minute,
            ),
            (
                "persons_per_staff_per_minute",
                limits.persons_per_staff_per_minute,
            ),
            (
                "persons_per_staff_per_day",
                limits.persons_per_staff_per_day,
            ),
            ("look_ups_per_minute", limits.look_ups_per_minute),
            (
                "look_ups_per_number_per_minute",
                limits.look_ups_per_number_per_minute,
            ),
            ("attestations_per_minute", limits.attestations_per_minute),
            ("entries_per_minute", limits.entries_per_minute),
            (
                "entries_per_iin_per_minute",
                limits.entries_per_iin_per_minute,
            ),
        ] {
            if value == 0 {
                return Err(ConfigError::Limit(name));
            }
        }
        self.authority.check()?;
        Ok(CabinetConfig {
            secure: origin.starts_with("https://"),
            origin: origin.to_owned(),
            demo,
            section: self,
        })
    }
}

impl CabinetConfig {
    /// The cabinet as browsers see it, without a final slash.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether browsers reach it over HTTPS.
    #[must_use]
    pub const fn secure(&self) -> bool {
        self.secure
    }

    /// Whether it is a demonstration, whose keys count for nothing.
    #[must_use]
    pub const fn demo(&self) -> bool {
        self.demo
    }

    /// Where pages look for the agent of the person who reads them: `127.0.0.1:13579`.
    #[must_use]
    pub(crate) fn agent(&self) -> String {
        format!(
            "127.0.0.1:{}",
            self.section.agent_port.unwrap_or(AGENT_PORT)
        )
    }

    pub(crate) fn trusted_proxies(&self) -> &[IpAddr] {
        &self.section.trusted_proxies
    }

    pub(crate) const fn authority(&self) -> &AuthoritySection {
        &self.section.authority
    }

    pub(crate) const fn limits(&self) -> &LimitsSection {
        &self.section.limits
    }
}
