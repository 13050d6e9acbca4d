//! What a member of staff reads and signs: a decision about an application, or an act for a person.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use tanba_pki::Timestamp;

use crate::document::{Applicant, DocumentError, SummaryLine, canonical_json};
use crate::id::{ActId, ApplicationId, CertificateId, DecisionId, PersonId, StaffId};

mod act;
mod reason;

pub use act::{Act, Identification, Step};
pub use reason::DecisionReason;

/// The value of `schema` in the first version of the document.
pub const SCHEMA: &str = "tanba.decision/1";

/// What a member of staff signs. Stored and sent: never rename a field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionDocument {
    /// [`SCHEMA`].
    pub schema: String,
    /// The origin of the desk it is made for.
    pub origin: String,
    /// 32 random octets, lower-case hexadecimal: the document is used once.
    pub nonce: String,
    /// When the desk made the document.
    pub created: Timestamp,
    /// Who decides.
    pub operator: Applicant,
    /// [`crate::staff::Role::name`] of who decides.
    pub role: String,
    /// Code of the registration centre.
    pub centre: String,
    /// [`Act::name`].
    pub act: String,
    /// [`Step::name`].
    pub step: String,
    /// About whom, as the register of this authority names the person now.
    pub person: Applicant,
    /// The application that is decided; `null` where there is none.
    pub application: Option<DecidedApplication>,
    /// Serial numbers of the certificates that it is about, lower-case hexadecimal.
    pub certificates: Vec<String>,
    /// What changes, by the name of the field: `email`, `surname`, `given_name`, `patronymic`; beside `email` in an approval
    /// the address that was the confirmed one, `email_before`.
    pub changes: BTreeMap<String, String>,
    /// How the person was identified: [`Identification::oid`]; `null` where nobody stood before the operator.
    pub identification: Option<String>,
    /// [`DecisionReason::name`]; `null` for an approval.
    pub reason: Option<String>,
    /// What the operator adds in words; an empty text where there is nothing to add.
    pub remark: String,
    /// SHA-256 of the first operator's document, where this is the second one's answer to it; hexadecimal.
    pub first: Option<String>,
}

/// The application of a decision.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecidedApplication {
    /// Its number.
    pub number: String,
    /// SHA-256 of the document that the applicant signed, hexadecimal; `null` where nothing was signed.
    pub document_sha256: Option<String>,
    /// SHA-256 of each new public key, hexadecimal, in the order of the requests.
    pub keys: Vec<String>,
}

impl DecisionDocument {
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
        let known = |name: &Option<String>, is: fn(&str) -> bool| name.as_deref().is_none_or(is);
        if document.schema != SCHEMA
            || document.act().is_none()
            || document.step().is_none()
            || !known(&document.reason, |name| {
                DecisionReason::from_name(name).is_some()
            })
            || !known(&document.identification, |oid| {
                Identification::from_oid(oid).is_some()
            })
        {
            return Err(DocumentError::Schema);
        }
        if document.to_bytes()? != bytes {
            return Err(DocumentError::NotCanonical);
        }
        Ok(document)
    }

    /// What is done.
    #[must_use]
    pub fn act(&self) -> Option<Act> {
        Act::from_name(&self.act)
    }

    /// How far it goes.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        Step::from_name(&self.step)
    }

    /// What the document is about, in one word: the application's number, else the person's IIN.
    #[must_use]
    pub fn about(&self) -> &str {
        self.application
            .as_ref()
            .map_or(self.person.iin.as_str(), |application| {
                application.number.as_str()
            })
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
        line("summary-act", &self.act);
        line("summary-step", &self.step);
        line("summary-origin", &self.origin);
        line("summary-created", &self.created.rfc3339());
        if let Some(application) = &self.application {
            line("summary-number", &application.number);
        }
        line("summary-person", &full_name(&self.person));
        line("summary-iin", &self.person.iin);
        for (field, value) in &self.changes {
            line(change_key(field), value);
        }
        for serial in &self.certificates {
            line("summary-serial", serial);
        }
        if let Some(oid) = &self.identification {
            let way = Identification::from_oid(oid).map(Identification::name);
            line("summary-identification", way.unwrap_or(oid));
        }
        if let Some(reason) = &self.reason {
            line("summary-decision-reason", reason);
        }
        if !self.remark.is_empty() {
            line("summary-remark", &self.remark);
        }
        line("summary-operator", &full_name(&self.operator));
        line("summary-role", &self.role);
        line("summary-centre", &self.centre);
        if let Some(application) = &self.application {
            for digest in application.document_sha256.iter() {
                line("summary-document-digest", digest);
            }
            for digest in &application.keys {
                line("summary-key-digest", digest);
            }
        }
        if let Some(first) = &self.first {
            line("summary-first-digest", first);
        }
        lines
    }
}

fn full_name(person: &Applicant) -> String {
    let names = [
        Some(person.surname.as_str()),
        Some(person.given_name.as_str()),
        person.patronymic.as_deref(),
    ];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    names.join(" ")
}

fn change_key(field: &str) -> &'static str {
    match field {
        "email" => "summary-email",
        "email_before" => "summary-email-before",
        "surname" => "summary-surname",
        "given_name" => "summary-given-name",
        "patronymic" => "summary-patronymic",
        _ => "summary-change",
    }
}

impl fmt::Debug for DecisionDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DecisionDocument")
            .field("act", &self.act)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DecidedApplication {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DecidedApplication(…)")
    }
}

/// A signed decision as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Decision {
    /// The record.
    pub id: DecisionId,
    /// What is known of it apart from its record.
    pub made: NewDecision,
}

/// A decision that is being recorded.
#[derive(Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// Who decided.
    pub staff: StaffId,
    /// About whom.
    pub person: PersonId,
    /// About which application.
    pub application: Option<ApplicationId>,
    /// Which pending act it belongs to.
    pub pending: Option<ActId>,
    /// What.
    pub act: Act,
    /// How far.
    pub step: Step,
    /// When.
    pub at: Timestamp,
    /// The certificate that made the signature.
    pub signer: CertificateId,
    /// Canonical JSON of [`DecisionDocument`].
    pub document: Vec<u8>,
    /// CMS SignedData (RFC 5652), CAdES-BES, with the document inside.
    pub signature: Vec<u8>,
}

impl NewDecision {
    /// SHA-256 of the document: a document is signed once.
    #[must_use]
    pub fn document_sha256(&self) -> [u8; 32] {
        tanba_crypto::sha256(&self.document)
    }
}

impl fmt::Debug for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Decision")
            .field("id", &self.id)
            .field("act", &self.made.act)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewDecision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewDecision")
            .field("act", &self.act)
            .finish_non_exhaustive()
    }
}

/// An act that waits for a second member of staff.
#[derive(Clone, PartialEq, Eq)]
pub struct PendingAct {
    /// The record.
    pub id: ActId,
    /// What.
    pub act: Act,
    /// About whom.
    pub person: PersonId,
    /// Code of the registration centre where it was asked for.
    pub centre: String,
    /// Who asked for it.
    pub first: StaffId,
    /// The person behind that record: the second one must be somebody else, in whatever role.
    pub first_person: PersonId,
    /// When.
    pub asked_at: Timestamp,
    /// When it lapses.
    pub expires_at: Timestamp,
    /// The first document.
    pub document: Vec<u8>,
}

impl fmt::Debug for PendingAct {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PendingAct")
            .field("id", &self.id)
            .field("act", &self.act)
            .finish_non_exhaustive()
    }
}
