//! Revoking one's own certificates: what happened in life, and the document that its owner reads and signs.

use serde::{Deserialize, Serialize};
use tanba_pki::Timestamp;

use crate::canonical::{self, DocumentError};
use crate::certificate::RevocationReason;
use crate::document::{Applicant, SummaryLine};
use crate::id::{CertificateId, PersonId};

/// The value of `schema` in the first version of the document.
pub const SCHEMA: &str = "tanba.revocation/1";

/// What happened to a key, as people say it. Stored and sent: [`LifeEvent::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeEvent {
    /// Lost or stolen, or somebody may know it.
    Lost,
    /// The owner's name or other data changed.
    DataChanged,
    /// Not needed any more.
    NotNeeded,
    /// Replaced by newer keys.
    Replaced,
}

impl LifeEvent {
    /// All events, in the order in which pages offer them.
    pub const ALL: [Self; 4] = [
        Self::Lost,
        Self::DataChanged,
        Self::NotNeeded,
        Self::Replaced,
    ];

    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::DataChanged => "data-changed",
            Self::NotNeeded => "not-needed",
            Self::Replaced => "replaced",
        }
    }

    /// The event of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }

    /// What verifiers are told (RFC 5280, 5.3.1).
    #[must_use]
    pub const fn reason(self) -> RevocationReason {
        match self {
            Self::Lost => RevocationReason::KeyCompromise,
            Self::DataChanged => RevocationReason::AffiliationChanged,
            Self::NotNeeded => RevocationReason::CessationOfOperation,
            Self::Replaced => RevocationReason::Superseded,
        }
    }
}

/// Stands in evidence between the reason of a revocation and the instant since which it counts, where that is not the
/// instant of the evidence. Stored: never change it.
pub const AS_OF: &str = " as of ";

/// What a person signs when she revokes certificates of hers. Stored and sent: never rename a field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationDocument {
    /// [`SCHEMA`].
    pub schema: String,
    /// The origin of the cabinet it is made for.
    pub origin: String,
    /// 32 random octets, lower-case hexadecimal: the document is used once.
    pub nonce: String,
    /// When the cabinet made the document.
    pub created: Timestamp,
    /// Whose certificates they are.
    pub owner: Applicant,
    /// [`LifeEvent::name`].
    pub event: String,
    /// [`RevocationReason::name`] of that event, so that the signer sees what verifiers will.
    pub reason: String,
    /// The certificates.
    pub certificates: Vec<RevokedCertificate>,
}

/// One certificate of a revocation document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokedCertificate {
    /// Its serial number, lower-case hexadecimal.
    pub serial: String,
    /// `authentication`, `signature`, `both` or `other`.
    pub purpose: String,
    /// [`crate::keystore_kind::KeystoreKind::identifier`]; `null` where it is not known.
    pub keystore: Option<String>,
    /// When it would have ended by itself.
    pub not_after: Timestamp,
}

impl RevocationDocument {
    /// The bytes to be signed: canonical JSON (RFC 8785), UTF-8.
    ///
    /// # Errors
    /// [`DocumentError::Form`], which no document of this type can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DocumentError> {
        canonical::to_bytes(self)
    }

    /// Reads a document and insists on its canonical form, and on the reason being that of the event.
    ///
    /// # Errors
    /// [`DocumentError`] with what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DocumentError> {
        canonical::from_bytes(bytes, |document: &Self| {
            let reason = document.event().map(|event| event.reason().name());
            document.schema == SCHEMA && reason == Some(document.reason.as_str())
        })
    }

    /// What happened.
    #[must_use]
    pub fn event(&self) -> Option<LifeEvent> {
        LifeEvent::from_name(&self.event)
    }

    /// The document in plain words, line by line, in the order in which pages show it.
    #[must_use]
    pub fn summary(&self) -> Vec<SummaryLine> {
        let mut lines = Vec::new();
        let mut line = |key: &'static str, value: &str| {
            lines.push(SummaryLine {
                key,
                value: value.to_owned(),
            })
        };
        line("summary-kind", "revocation");
        line("summary-origin", &self.origin);
        line("summary-created", &self.created.rfc3339());
        line("summary-surname", &self.owner.surname);
        line("summary-given-name", &self.owner.given_name);
        line(
            "summary-patronymic",
            self.owner.patronymic.as_deref().unwrap_or_default(),
        );
        line("summary-iin", &self.owner.iin);
        line("summary-event", &self.event);
        line("summary-reason", &self.reason);
        for certificate in &self.certificates {
            line("summary-certificate", &certificate.purpose);
            line("summary-serial", &certificate.serial);
            line(
                "summary-kept-in",
                certificate.keystore.as_deref().unwrap_or_default(),
            );
            line("summary-until", &certificate.not_after.rfc3339());
        }
        lines
    }
}

impl std::fmt::Debug for RevocationDocument {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RevocationDocument")
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RevokedCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RevokedCertificate")
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

/// A revocation by the owner, with its evidence.
#[derive(Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Whose certificates.
    pub person: PersonId,
    /// What happened.
    pub event: LifeEvent,
    /// When.
    pub at: Timestamp,
    /// The revoked certificates.
    pub certificates: Vec<CertificateId>,
    /// Canonical JSON of [`RevocationDocument`].
    pub document: Vec<u8>,
    /// CMS SignedData (RFC 5652), CAdES-BES, with the document inside.
    pub signature: Vec<u8>,
    /// The certificate that made the signature.
    pub signer: CertificateId,
}

impl Revocation {
    /// SHA-256 of the document, which names the revocation.
    #[must_use]
    pub fn document_sha256(&self) -> [u8; 32] {
        tanba_crypto::sha256(&self.document)
    }
}

impl std::fmt::Debug for Revocation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Revocation")
            .field("event", &self.event)
            .field("certificates", &self.certificates)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> RevocationDocument {
        RevocationDocument {
            schema: SCHEMA.to_owned(),
            origin: "https://cabinet.example".to_owned(),
            nonce: "00".repeat(32),
            created: Timestamp::from_unix(1_800_000_000),
            owner: Applicant {
                iin: "850101300121".to_owned(),
                surname: "ҚҰНАНБАЙ".to_owned(),
                given_name: "АБАЙ".to_owned(),
                patronymic: None,
                country: "KZ".to_owned(),
            },
            event: "lost".to_owned(),
            reason: "keyCompromise".to_owned(),
            certificates: vec![RevokedCertificate {
                serial: "0a".repeat(20),
                purpose: "signature".to_owned(),
                keystore: Some("PKCS12".to_owned()),
                not_after: Timestamp::from_unix(1_810_000_000),
            }],
        }
    }

    #[test]
    fn a_document_survives_the_way_to_the_signer_and_back() {
        let bytes = document().to_bytes().unwrap();
        assert_eq!(RevocationDocument::from_bytes(&bytes).unwrap(), document());
        let spaced = [bytes.as_slice(), b" "].concat();
        assert!(RevocationDocument::from_bytes(&spaced).is_err());
    }

    #[test]
    fn a_reason_that_is_not_the_events_is_refused() {
        let mut other = document();
        other.reason = "superseded".to_owned();
        assert!(RevocationDocument::from_bytes(&other.to_bytes().unwrap()).is_err());
        other.event = "replaced".to_owned();
        assert!(RevocationDocument::from_bytes(&other.to_bytes().unwrap()).is_ok());
        other.event = "stolen".to_owned();
        assert!(RevocationDocument::from_bytes(&other.to_bytes().unwrap()).is_err());
    }

    #[test]
    fn each_event_has_a_reason_of_its_own_and_none_of_them_can_be_undone() {
        let reasons = LifeEvent::ALL.map(LifeEvent::reason);
        for (place, reason) in reasons.iter().enumerate() {
            assert!(!reasons[..place].contains(reason));
            assert_ne!(*reason, RevocationReason::CertificateHold);
        }
        for event in LifeEvent::ALL {
            assert_eq!(LifeEvent::from_name(event.name()), Some(event));
        }
    }

    #[test]
    fn the_summary_names_every_certificate_and_what_verifiers_are_told() {
        let lines = document().summary();
        let value = |key: &str| {
            lines
                .iter()
                .find(|line| line.key == key)
                .map(|line| line.value.as_str())
        };
        assert_eq!(value("summary-reason"), Some("keyCompromise"));
        assert_eq!(value("summary-serial"), Some("0a".repeat(20).as_str()));
        assert_eq!(value("summary-certificate"), Some("signature"));
        assert_eq!(value("summary-kept-in"), Some("PKCS12"));
    }
}
