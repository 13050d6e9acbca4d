//! The application document: what a person reads and signs.
//!
//! A canonical JSON document (RFC 8785, JSON Canonicalization Scheme) that the cabinet makes, the page shows in plain
//! words ([`ApplicationDocument::summary`]) and the signing key signs as CMS. The page derives the words from the very
//! bytes that it signs, so what is seen is what is signed.

use serde::{Deserialize, Serialize};
use tanba_pki::{Timestamp, hex};

use crate::application::Application;
use crate::canonical;
pub use crate::canonical::{DocumentError, canonical_json};
use crate::ports::PersonFacts;

/// The value of `schema` in the first version of the document.
pub const SCHEMA: &str = "tanba.application/1";

/// What a person signs when she applies for new keys. Stored and sent: never rename a field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationDocument {
    /// [`SCHEMA`].
    pub schema: String,
    /// [`crate::application::ApplicationKind::name`].
    pub kind: String,
    /// The origin of the cabinet it is made for, `https://cabinet.example`: a document signed for another site is worth
    /// nothing here.
    pub origin: String,
    /// The application number; with the origin it makes the document usable once.
    pub number: String,
    /// When the cabinet made the document.
    pub created: Timestamp,
    /// Who applies, as in the certificate that signed in.
    pub applicant: Applicant,
    /// E-mail for the certificate; `null` where there is none.
    pub email: Option<String>,
    /// Code of the region.
    pub region: String,
    /// Code of the settlement.
    pub settlement: String,
    /// [`crate::keystore_kind::KeystoreKind::identifier`].
    pub keystore: String,
    /// Code of the registration centre that is to establish the identity; only in a first application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<String>,
    /// Version of the user agreement that was accepted; only in a first application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    /// One for each key, in the order of the requests.
    pub keys: Vec<DocumentKey>,
}

/// The person of an application document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applicant {
    /// Individual identification number, 12 digits.
    pub iin: String,
    /// Surname.
    pub surname: String,
    /// Given name.
    pub given_name: String,
    /// Patronymic; `null` where there is none.
    pub patronymic: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
}

impl Applicant {
    /// The names, as a register has them.
    #[must_use]
    pub fn facts(&self) -> PersonFacts {
        PersonFacts {
            surname: self.surname.clone(),
            given_name: self.given_name.clone(),
            patronymic: self.patronymic.clone(),
        }
    }
}

/// One key of an application document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentKey {
    /// Name of the certificate profile.
    pub profile: String,
    /// `authentication` or `signature`.
    pub purpose: String,
    /// Name of the key's algorithm, `RSA-2048`.
    pub algorithm: String,
    /// SHA-256 of the SubjectPublicKeyInfo, DER, 64 lower-case hexadecimal digits.
    pub public_key_sha256: String,
    /// SHA-256 of the PKCS#10 request, DER, 64 lower-case hexadecimal digits.
    pub request_sha256: String,
}

/// One line of the plain-words summary: a message key and its value as written in the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SummaryLine {
    /// Message key, `summary-surname`; its text exists in every language.
    pub key: &'static str,
    /// The value; codes (region, settlement, keystore, purpose) are looked up by the page.
    pub value: String,
}

impl ApplicationDocument {
    /// The bytes to be signed: canonical JSON, UTF-8.
    ///
    /// # Errors
    /// [`DocumentError::Form`], which no document of this type can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DocumentError> {
        canonical::to_bytes(self)
    }

    /// Reads a document and insists on its canonical form.
    ///
    /// # Errors
    /// [`DocumentError`] with what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DocumentError> {
        canonical::from_bytes(bytes, |document: &Self| document.schema == SCHEMA)
    }

    /// Whether a record says what was signed, in all that is kept beside the document as well: number, kind, address, place,
    /// keystore, keys with their requests, and of a first application centre and agreement. Who applies is for the caller to
    /// compare.
    #[must_use]
    pub fn is_of(&self, application: &Application) -> bool {
        self.is_of_but_for_requests(application) && self.names_requests_of(application)
    }

    /// The same without the keys and their requests.
    #[must_use]
    pub fn is_of_but_for_requests(&self, application: &Application) -> bool {
        let email = application.email.as_ref().map(|email| email.as_str());
        let same_form = self.number == application.number.as_str()
            && self.kind == application.kind.name()
            && self.email.as_deref() == email
            && self.region == application.region
            && self.settlement == application.settlement
            && self.keystore == application.keystore.identifier();
        let same_first = application.first.as_ref().is_none_or(|first| {
            self.email.as_deref() == Some(first.email.as_str())
                && self.centre.as_deref() == Some(first.centre.as_str())
                && self.agreement.as_deref() == Some(first.agreement.as_str())
        });
        same_form && same_first
    }

    fn names_requests_of(&self, application: &Application) -> bool {
        self.keys.len() == application.requests.len()
            && (self.keys.iter().zip(&application.requests)).all(|(key, request)| {
                key.profile == request.profile
                    && key.public_key_sha256 == hex::encode(&request.public_key_sha256)
                    // The certificate is made of the request, not of the digest that is recorded beside it.
                    && key.request_sha256 == hex::encode(&tanba_crypto::sha256(&request.request))
            })
    }

    /// The document in plain words, line by line, in the order in which pages show it. Every field of the document that
    /// a person can judge is in it; digests are there too, for those who compare.
    #[must_use]
    pub fn summary(&self) -> Vec<SummaryLine> {
        let mut lines = Vec::new();
        let mut line = |key: &'static str, value: &str| {
            lines.push(SummaryLine {
                key,
                value: value.to_owned(),
            })
        };
        line("summary-kind", &self.kind);
        line("summary-origin", &self.origin);
        line("summary-number", &self.number);
        line("summary-created", &self.created.rfc3339());
        line("summary-surname", &self.applicant.surname);
        line("summary-given-name", &self.applicant.given_name);
        line(
            "summary-patronymic",
            self.applicant.patronymic.as_deref().unwrap_or_default(),
        );
        line("summary-iin", &self.applicant.iin);
        line("summary-country", &self.applicant.country);
        line("summary-email", self.email.as_deref().unwrap_or_default());
        line("summary-region", &self.region);
        line("summary-settlement", &self.settlement);
        line("summary-keystore", &self.keystore);
        if let Some(centre) = &self.centre {
            line("summary-centre", centre);
        }
        if let Some(agreement) = &self.agreement {
            line("summary-agreement", agreement);
        }
        for key in &self.keys {
            line("summary-key-purpose", &key.purpose);
            line("summary-key-algorithm", &key.algorithm);
            line("summary-key-digest", &key.public_key_sha256);
        }
        lines
    }
}

impl std::fmt::Debug for ApplicationDocument {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ApplicationDocument")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Applicant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Applicant(…)")
    }
}

impl std::fmt::Debug for DocumentKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DocumentKey")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
