//! What an administrator of the authority reads and signs: an order that concerns no person.

use std::fmt;

use serde::{Deserialize, Serialize};
use tanba_pki::Timestamp;

use crate::document::{Applicant, DocumentError, SummaryLine, canonical_json};
use crate::id::{AdministrationId, CertificateId, StaffId};

/// The value of `schema` in the first version of the document.
pub const SCHEMA: &str = "tanba.administration/1";

/// What an administrator orders. Stored and sent: [`AdministrativeAct::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdministrativeAct {
    /// An authority, or one profile of it, issues nothing more to people.
    StopIssuance,
    /// What was stopped issues again.
    StartIssuance,
}

impl AdministrativeAct {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::StopIssuance, Self::StartIssuance];

    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StopIssuance => "stop-issuance",
            Self::StartIssuance => "start-issuance",
        }
    }

    /// The act of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

/// What an order about issuance concerns: an authority, or one profile of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuanceScope {
    /// Short name of the authority.
    pub issuer: String,
    /// One profile; `None` for all that the authority issues to people.
    pub profile: Option<String>,
}

impl IssuanceScope {
    /// The name in events and documents: `issuer/{authority}` or `issuer/{authority}/{profile}`.
    #[must_use]
    pub fn object(&self) -> String {
        match &self.profile {
            None => format!("issuer/{}", self.issuer),
            Some(profile) => format!("issuer/{}/{profile}", self.issuer),
        }
    }

    /// The scope of such a name.
    #[must_use]
    pub fn from_object(object: &str) -> Option<Self> {
        let rest = object.strip_prefix("issuer/")?;
        let (issuer, profile) = match rest.split_once('/') {
            Some((issuer, profile)) => (issuer, Some(profile)),
            None => (rest, None),
        };
        let named = |name: &str| {
            !name.is_empty() && !name.contains('/') && !name.contains(char::is_control)
        };
        (named(issuer) && profile.is_none_or(named)).then(|| Self {
            issuer: issuer.to_owned(),
            profile: profile.map(str::to_owned),
        })
    }
}

/// What an administrator signs. Stored and sent: never rename a field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdministrationDocument {
    /// [`SCHEMA`].
    pub schema: String,
    /// The origin of the desk it is made for.
    pub origin: String,
    /// 32 random octets, lower-case hexadecimal: the document is used once.
    pub nonce: String,
    /// When the desk made the document.
    pub created: Timestamp,
    /// Who orders.
    pub administrator: Applicant,
    /// [`crate::staff::Role::name`] of who orders.
    pub role: String,
    /// [`AdministrativeAct::name`].
    pub act: String,
    /// What it concerns, as events name it: [`IssuanceScope::object`].
    pub object: String,
    /// Why, in the administrator's words. Never empty.
    pub reason: String,
}

impl AdministrationDocument {
    /// The bytes to be signed: canonical JSON (RFC 8785), UTF-8.
    ///
    /// # Errors
    /// [`DocumentError::Form`], which no document of this type can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DocumentError> {
        let value = serde_json::to_value(self).map_err(DocumentError::Form)?;
        Ok(canonical_json(&value).into_bytes())
    }

    /// Reads a document and insists on its canonical form and on words that mean something.
    ///
    /// # Errors
    /// [`DocumentError`] with what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DocumentError> {
        let document: Self = serde_json::from_slice(bytes).map_err(DocumentError::Form)?;
        if document.schema != SCHEMA
            || document.act().is_none()
            || document.scope().is_none()
            || document.reason.is_empty()
        {
            return Err(DocumentError::Schema);
        }
        if document.to_bytes()? != bytes {
            return Err(DocumentError::NotCanonical);
        }
        Ok(document)
    }

    /// What is ordered.
    #[must_use]
    pub fn act(&self) -> Option<AdministrativeAct> {
        AdministrativeAct::from_name(&self.act)
    }

    /// What it concerns.
    #[must_use]
    pub fn scope(&self) -> Option<IssuanceScope> {
        IssuanceScope::from_object(&self.object)
    }

    /// The document in plain words, line by line, in the order in which pages show it.
    #[must_use]
    pub fn summary(&self) -> Vec<SummaryLine> {
        let scope = self.scope();
        let profile = scope.as_ref().and_then(|scope| scope.profile.clone());
        let names = [
            Some(self.administrator.surname.as_str()),
            Some(self.administrator.given_name.as_str()),
            self.administrator.patronymic.as_deref(),
        ];
        let names: Vec<&str> = names.into_iter().flatten().collect();
        let line = |key: &'static str, value: String| SummaryLine { key, value };
        vec![
            line("summary-act", self.act.clone()),
            line(
                "summary-issuer",
                scope.map_or_else(|| self.object.clone(), |scope| scope.issuer),
            ),
            line("summary-profile", profile.unwrap_or_default()),
            line("summary-order-reason", self.reason.clone()),
            line("summary-origin", self.origin.clone()),
            line("summary-created", self.created.rfc3339()),
            line("summary-operator", names.join(" ")),
            line("summary-role", self.role.clone()),
        ]
    }
}

impl fmt::Debug for AdministrationDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AdministrationDocument")
            .field("act", &self.act)
            .field("object", &self.object)
            .finish_non_exhaustive()
    }
}

/// A signed order that is being recorded.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAdministration {
    /// Who ordered.
    pub staff: StaffId,
    /// What.
    pub act: AdministrativeAct,
    /// What it concerns, as events name it.
    pub object: String,
    /// When.
    pub at: Timestamp,
    /// The certificate that made the signature.
    pub signer: CertificateId,
    /// Canonical JSON of [`AdministrationDocument`].
    pub document: Vec<u8>,
    /// CMS SignedData (RFC 5652), CAdES-BES, with the document inside.
    pub signature: Vec<u8>,
}

/// A signed order as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Administration {
    /// The record.
    pub id: AdministrationId,
    /// What is known of it apart from its record.
    pub made: NewAdministration,
}

impl NewAdministration {
    /// SHA-256 of the document: a document is signed once.
    #[must_use]
    pub fn document_sha256(&self) -> [u8; 32] {
        tanba_crypto::sha256(&self.document)
    }
}

impl fmt::Debug for NewAdministration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewAdministration")
            .field("act", &self.act)
            .field("object", &self.object)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Administration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Administration")
            .field("id", &self.id)
            .field("made", &self.made)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> AdministrationDocument {
        AdministrationDocument {
            schema: SCHEMA.to_owned(),
            origin: "https://cabinet.example".to_owned(),
            nonce: "00".repeat(32),
            created: Timestamp::from_unix(1_800_000_000),
            administrator: Applicant {
                iin: "850101300121".to_owned(),
                surname: "ҚҰНАНБАЙ".to_owned(),
                given_name: "АБАЙ".to_owned(),
                patronymic: None,
                country: "KZ".to_owned(),
            },
            role: "administrator".to_owned(),
            act: "stop-issuance".to_owned(),
            object: "issuer/rsa-2026/kz-individual-rsa".to_owned(),
            reason: "a key is doubted".to_owned(),
        }
    }

    #[test]
    fn only_the_canonical_form_of_a_meaningful_order_is_read() {
        let bytes = document().to_bytes().unwrap();
        assert_eq!(
            AdministrationDocument::from_bytes(&bytes).unwrap(),
            document()
        );
        let spaced = [bytes.as_slice(), b" "].concat();
        assert!(AdministrationDocument::from_bytes(&spaced).is_err());
        let changes: [fn(&mut AdministrationDocument); 5] = [
            |order| order.schema = "tanba.decision/1".to_owned(),
            |order| order.act = "issue-everything".to_owned(),
            |order| order.object = "issuer/".to_owned(),
            |order| order.object = "person:1".to_owned(),
            |order| order.reason.clear(),
        ];
        for change in changes {
            let mut order = document();
            change(&mut order);
            let bytes = order.to_bytes().unwrap();
            assert!(
                AdministrationDocument::from_bytes(&bytes).is_err(),
                "{order:?}"
            );
        }
    }

    #[test]
    fn what_is_signed_says_in_plain_words_what_stops_and_why() {
        let summary = document().summary();
        let value = |key: &str| {
            let line = summary.iter().find(|line| line.key == key).unwrap();
            line.value.clone()
        };
        assert_eq!(value("summary-issuer"), "rsa-2026");
        assert_eq!(value("summary-profile"), "kz-individual-rsa");
        assert_eq!(value("summary-order-reason"), "a key is doubted");
        assert_eq!(value("summary-operator"), "ҚҰНАНБАЙ АБАЙ");
    }

    #[test]
    fn the_name_of_a_scope_leads_back_to_it() {
        for (object, issuer, profile) in [
            ("issuer/rsa", "rsa", None),
            ("issuer/rsa/kz-operator", "rsa", Some("kz-operator")),
        ] {
            let scope = IssuanceScope::from_object(object).unwrap();
            assert_eq!(
                (scope.issuer.as_str(), scope.profile.as_deref()),
                (issuer, profile)
            );
            assert_eq!(scope.object(), object);
        }
        for wrong in [
            "issuer/",
            "issuer/a/",
            "issuer/a/b/c",
            "key/00",
            "issuer//a",
        ] {
            assert_eq!(IssuanceScope::from_object(wrong), None, "{wrong}");
        }
    }
}
