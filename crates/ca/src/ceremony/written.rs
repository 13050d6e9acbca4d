//! A plan as it is written.

use serde::Deserialize;
use tanba_pki::profile::KeySpecification;
use tanba_pki::{SerialNumber, Timestamp};

use super::plan::Witness;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    pub(super) schema: String,
    pub(super) ceremony: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) present: Vec<Witness>,
    pub(super) authority: Option<Authority>,
    pub(super) shares: Option<Shares>,
    pub(super) subject: Option<CrossSubject>,
    pub(super) signer: Option<Signer>,
    pub(super) signed_by: Option<SignedBy>,
    pub(super) certificate: Option<Certificate>,
    pub(super) list: Option<List>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Authority {
    pub(super) name: String,
    pub(super) key: KeySpecification,
    pub(super) shards: Option<u16>,
    pub(super) replaces: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Shares {
    pub(super) needed: u8,
    pub(super) of: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CrossSubject {
    pub(super) certificate_sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Signer {
    pub(super) key: Option<KeySpecification>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SignedBy {
    pub(super) issuer: String,
    pub(super) public_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Certificate {
    pub(super) serial: SerialNumber,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) subject: Option<Name>,
    pub(super) request_sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Name {
    pub(super) common_name: String,
    pub(super) organization: Option<String>,
    pub(super) country: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct List {
    pub(super) number: u64,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Timestamp,
    #[serde(default)]
    pub(super) revoke: Vec<Revocation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Revocation {
    pub(super) serial: SerialNumber,
    pub(super) reason: String,
}

/// A section that some kinds of ceremony have and others have not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Authority,
    Shares,
    Subject,
    Signer,
    SignedBy,
    Certificate,
    List,
}

impl Section {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Shares => "shares",
            Self::Subject => "subject",
            Self::Signer => "signer",
            Self::SignedBy => "signed-by",
            Self::Certificate => "certificate",
            Self::List => "list",
        }
    }
}

impl Written {
    /// The sections that there are.
    pub(super) fn sections(&self) -> Vec<Section> {
        [
            (self.authority.is_some(), Section::Authority),
            (self.shares.is_some(), Section::Shares),
            (self.subject.is_some(), Section::Subject),
            (self.signer.is_some(), Section::Signer),
            (self.signed_by.is_some(), Section::SignedBy),
            (self.certificate.is_some(), Section::Certificate),
            (self.list.is_some(), Section::List),
        ]
        .into_iter()
        .filter_map(|(there, section)| there.then_some(section))
        .collect()
    }
}
