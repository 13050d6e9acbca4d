//! The plan of a ceremony: one TOML file, which is reviewed before anybody meets.

use std::fmt;

use serde::Deserialize;
use tanba_crypto::KeyAlgorithm;
use tanba_model::certificate::RevocationReason;
use tanba_pki::profile::Subject;
use tanba_pki::{SerialNumber, Timestamp};

use super::written::Written;
use check::Check;

/// The value of `schema` in the first version of plans.
pub const PLAN_SCHEMA: &str = "tanba.ceremony/1";

/// A checked plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is called in the transcript.
    pub title: String,
    /// Who has to be there.
    pub present: Vec<Witness>,
    /// What is done.
    pub act: Act,
    /// SHA-256 of the file, octet by octet.
    pub sha256: [u8; 32],
}

/// Somebody who is there. Names of people are in plans and transcripts, not in logs: nothing of it is in `Debug`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Witness {
    /// Her name.
    pub name: String,
    /// What she is there for.
    pub role: String,
}

impl fmt::Debug for Witness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Witness(…)")
    }
}

/// What a ceremony does.
#[derive(Clone, Debug)]
pub enum Act {
    /// A root comes into being: its key is made and signs itself.
    Root {
        /// The root.
        authority: NewAuthority,
        /// Under how many shares its key lies; `None`: under the passphrase of the installation, or in its token.
        shares: Option<Quorum>,
        /// Its certificate.
        certificate: CertificatePlan,
    },
    /// An issuing authority comes into being, beside the one that it replaces or without.
    Issuing {
        /// The authority.
        authority: NewAuthority,
        /// Short name of the one that it replaces, at a rollover. That one goes on to serve lists and OCSP.
        replaces: Option<String>,
        /// Who signs.
        signed_by: SignedBy,
        /// Its certificate.
        certificate: CertificatePlan,
    },
    /// Another authority's key is certified under its own name.
    Cross {
        /// SHA-256 of the certificate that it has already.
        subject_sha256: [u8; 32],
        /// Who signs.
        signed_by: SignedBy,
        /// Serial number and times; the name is that of the other certificate.
        certificate: CertificatePlan,
    },
    /// An OCSP responder or a time-stamping authority gets a certificate.
    Signer {
        /// Which of them.
        service: Service,
        /// The kind of key where it is made in the ceremony, `None` where a request is brought.
        key: Option<KeyAlgorithm>,
        /// Who signs.
        signed_by: SignedBy,
        /// Its certificate.
        certificate: CertificatePlan,
    },
    /// The complete revocation list of an authority, a root's most of all.
    List {
        /// Short name of the authority.
        issuer: String,
        /// The list.
        list: ListPlan,
    },
}

/// A service whose key is certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Answers about certificates (RFC 6960).
    Ocsp,
    /// Stamps times (RFC 3161).
    TimeStamping,
}

impl Service {
    /// The profile of its certificates.
    #[must_use]
    pub const fn profile(self) -> &'static str {
        match self {
            Self::Ocsp => "ocsp-responder",
            Self::TimeStamping => "time-stamping-authority",
        }
    }
}

/// An authority that comes into being.
#[derive(Clone, Debug)]
pub struct NewAuthority {
    /// Short name, in URLs.
    pub name: String,
    /// The kind of its key.
    pub key: KeyAlgorithm,
    /// Number of CRL shards; 1 for a root.
    pub shards: u16,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Shares that open the key.
    pub needed: u8,
    /// Shares that there are.
    pub of: u8,
}

/// Who signs.
#[derive(Clone, Debug)]
pub struct SignedBy {
    /// Short name of the authority.
    pub issuer: String,
    /// What stands before `/ca/…` and `/crl/…` in what a root signs.
    pub public_url: Option<String>,
}

/// What of a certificate no profile decides.
#[derive(Clone, Debug)]
pub struct CertificatePlan {
    /// Its serial number.
    pub serial: SerialNumber,
    /// First second of validity.
    pub not_before: Timestamp,
    /// Last second of validity.
    pub not_after: Timestamp,
    /// Its name; empty for a cross-certificate.
    pub subject: Subject,
    /// SHA-256 of the request that has to be brought, where the plan names it.
    pub request_sha256: Option<[u8; 32]>,
}

/// A revocation list.
#[derive(Clone, Debug)]
pub struct ListPlan {
    /// CRLNumber, the next of the authority.
    pub number: u64,
    /// When it is made.
    pub this_update: Timestamp,
    /// When the next one is there at the latest.
    pub next_update: Timestamp,
    /// What is revoked by this ceremony.
    pub revoke: Vec<PlannedRevocation>,
}

/// A certificate that a ceremony revokes.
#[derive(Clone, Copy, Debug)]
pub struct PlannedRevocation {
    /// Its serial number.
    pub serial: SerialNumber,
    /// Why.
    pub reason: RevocationReason,
}

/// What is wrong with a plan: a sentence for each fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan is not usable: {}", .0.join("; "))]
pub struct PlanError(pub Vec<String>);

impl Act {
    /// Its name in plans and transcripts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Root { .. } => "root",
            Self::Issuing { replaces: None, .. } => "issuing",
            Self::Issuing {
                replaces: Some(_), ..
            } => "rollover",
            Self::Cross { .. } => "cross",
            Self::Signer {
                service: Service::Ocsp,
                ..
            } => "ocsp-signer",
            Self::Signer {
                service: Service::TimeStamping,
                ..
            } => "tsa-signer",
            Self::List { .. } => "crl",
        }
    }

    /// The authority whose key signs, by its short name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match self {
            Self::Root { authority, .. } => &authority.name,
            Self::Issuing { signed_by, .. }
            | Self::Cross { signed_by, .. }
            | Self::Signer { signed_by, .. } => &signed_by.issuer,
            Self::List { issuer, .. } => issuer,
        }
    }

    /// The authority that another takes the place of, by its short name.
    #[must_use]
    pub fn replaces(&self) -> Option<&str> {
        match self {
            Self::Issuing { replaces, .. } => replaces.as_deref(),
            Self::Root { .. } | Self::Cross { .. } | Self::Signer { .. } | Self::List { .. } => {
                None
            }
        }
    }

    /// What the thing that comes out is called, without ending.
    #[must_use]
    pub fn artefact_name(&self) -> String {
        match self {
            Self::Root { authority, .. } | Self::Issuing { authority, .. } => {
                authority.name.clone()
            }
            Self::Cross { signed_by, .. } => format!("cross-by-{}", signed_by.issuer),
            Self::Signer { signed_by, .. } => format!("{}-of-{}", self.name(), signed_by.issuer),
            Self::List { issuer, .. } => issuer.clone(),
        }
    }

    /// The instant that what is signed begins at.
    #[must_use]
    pub const fn begins(&self) -> Timestamp {
        match self {
            Self::Root { certificate, .. }
            | Self::Issuing { certificate, .. }
            | Self::Cross { certificate, .. }
            | Self::Signer { certificate, .. } => certificate.not_before,
            Self::List { list, .. } => list.this_update,
        }
    }
}

impl Plan {
    /// Reads and checks a plan.
    ///
    /// # Errors
    /// [`PlanError`] with a sentence for each fault.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let written: Written = toml::from_str(text)
            .map_err(|error| PlanError(vec![error.to_string().trim().replace('\n', " ")]))?;
        let mut check = Check::default();
        check.that(
            written.schema == PLAN_SCHEMA,
            format!("schema must be \"{PLAN_SCHEMA}\""),
        );
        check.text("title", &written.title);
        check.that(
            !written.present.is_empty(),
            "at least one [[present]] must say who is there",
        );
        for witness in &written.present {
            check.text("a name of [[present]]", &witness.name);
            check.text("a role of [[present]]", &witness.role);
        }
        let (title, present) = (written.title.clone(), written.present.clone());
        let act = check.act(written);
        match act {
            Some(act) if check.faults.is_empty() => Ok(Self {
                title,
                present,
                act,
                sha256: tanba_crypto::sha256(text.as_bytes()),
            }),
            Some(_) | None => Err(PlanError(check.faults)),
        }
    }
}

mod check;
mod sections;

#[cfg(test)]
mod tests;
