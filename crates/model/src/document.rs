//! The application document: what a person reads and signs.
//!
//! A canonical JSON document (RFC 8785, JSON Canonicalization Scheme) that the cabinet makes, the page shows in plain
//! words ([`ApplicationDocument::summary`]) and the signing key signs as CMS. The page derives the words from the very
//! bytes that it signs, so what is seen is what is signed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tanba_pki::Timestamp;

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

/// A document that is not canonical, not of this schema, or not JSON at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not JSON of this shape.
    #[error("not an application document")]
    Form(#[source] serde_json::Error),
    /// Another `schema` than [`SCHEMA`].
    #[error("unknown schema of the application document")]
    Schema,
    /// The bytes are not the canonical form of their content.
    #[error("the application document is not in canonical form")]
    NotCanonical,
}

impl ApplicationDocument {
    /// The bytes to be signed: canonical JSON, UTF-8.
    ///
    /// # Errors
    /// [`DocumentError::Form`], which no document of this type can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DocumentError> {
        let value = serde_json::to_value(self).map_err(DocumentError::Form)?;
        Ok(canonical_json(&value).into_bytes())
    }

    /// Reads a document and insists on its canonical form.
    ///
    /// # Errors
    /// [`DocumentError`] with what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DocumentError> {
        let document: Self = serde_json::from_slice(bytes).map_err(DocumentError::Form)?;
        if document.schema != SCHEMA {
            return Err(DocumentError::Schema);
        }
        if document.to_bytes()? != bytes {
            return Err(DocumentError::NotCanonical);
        }
        Ok(document)
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

/// Canonical JSON (RFC 8785) of a value: no white space, members sorted by UTF-16 code units, shortest escapes.
///
/// Numbers: only integers are used in our documents; they are written as they are.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (place, name) in names.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_string(name, out);
                out.push(':');
                write_canonical(members.get(name).unwrap_or(&Value::Null), out);
            }
            out.push('}');
        }
    }
}

/// RFC 8785, 3.2.2.2: two-character escapes where JSON has them, `\u00xx` for other controls, the rest as it is.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{9}' => out.push_str("\\t"),
            '\u{a}' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\u{d}' => out.push_str("\\r"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests;
