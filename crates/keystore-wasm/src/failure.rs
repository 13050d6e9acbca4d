//! Errors as the worker hands them to pages: the key of a text, and values for it.

use std::collections::BTreeMap;

use serde::Serialize;
use tanba_keystore::{FileType, KeyStoreError, Note};
use tanba_model::document::DocumentError;
use tanba_pki::RequestError;
use tanba_pki::cms::CmsError;
use wasm_bindgen::JsValue;

/// Why a call failed. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The key of the text. Sent.
    pub code: &'static str,
    /// Values for the placeholders of the text. A value may itself be the key of a text.
    pub values: BTreeMap<&'static str, String>,
}

impl Failure {
    /// A failure whose text has no placeholders.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self {
            code,
            values: BTreeMap::new(),
        }
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &(impl ToString + ?Sized)) -> Self {
        self.values.insert(name, value.to_string());
        self
    }

    /// The note of a key that cannot be used.
    pub(crate) fn of_note(note: &Note) -> Self {
        match note {
            Note::UnsupportedAlgorithm { algorithm } => {
                Self::new("key-unsupported").with("algorithm", algorithm)
            }
            Note::KeyWithoutCertificate => Self::new("key-no-certificate"),
            Note::CertificateOfAnotherKey => Self::new("file-certificate-of-another-key"),
            Note::KeyUnderAnotherPassword => Self::new("file-key-under-another-password"),
            Note::KeyDamaged | Note::CertificateUnreadable | _ => Self::new("file-key-damaged"),
        }
    }
}

/// The key of the text for what a file looks like; kinds that people need not tell apart share one.
const fn found_key(found: FileType) -> &'static str {
    match found {
        FileType::Empty => "found-empty",
        FileType::Certificate | FileType::PemCertificate => "found-certificate",
        FileType::PrivateKey | FileType::PemPrivateKey => "found-private-key",
        FileType::Cms => "found-cms",
        FileType::Pem => "found-pem",
        FileType::Jks | FileType::Jceks => "found-jks",
        FileType::Pdf => "found-document",
        FileType::Zip | FileType::Rar | FileType::SevenZip | FileType::Gzip => "found-archive",
        FileType::Picture => "found-picture",
        FileType::Markup => "found-markup",
        FileType::Program => "found-program",
        FileType::Text => "found-text",
        FileType::Pkcs12 | FileType::Unknown | _ => "found-unknown",
    }
}

impl From<&KeyStoreError> for Failure {
    fn from(error: &KeyStoreError) -> Self {
        match error {
            KeyStoreError::NotAKeyStore { found } => {
                Self::new("file-not-a-key-store").with("found", found_key(*found))
            }
            KeyStoreError::WrongPassword => Self::new("file-wrong-password"),
            KeyStoreError::Damaged { offset } => Self::new("file-damaged").with("offset", offset),
            KeyStoreError::Unsupported { algorithm } => {
                Self::new("file-unsupported").with("algorithm", algorithm)
            }
            KeyStoreError::NoKey => Self::new("file-no-key"),
            KeyStoreError::KeyWithoutCertificate => Self::new("file-key-without-certificate"),
            KeyStoreError::CertificateOfAnotherKey => Self::new("file-certificate-of-another-key"),
            KeyStoreError::KeyUnderAnotherPassword => Self::new("file-key-under-another-password"),
            KeyStoreError::KeyDamaged => Self::new("file-key-damaged"),
            KeyStoreError::TooManyIterations { found, bound } => {
                Self::new("file-too-many-iterations")
                    .with("found", found)
                    .with("bound", bound)
            }
            KeyStoreError::TooLarge { .. } => Self::new("file-too-large"),
            KeyStoreError::PasswordNotText
            | KeyStoreError::DerivationNeeded(_)
            | KeyStoreError::PlanDoesNotFit
            | _ => Self::new("server-error"),
        }
    }
}

impl From<KeyStoreError> for Failure {
    fn from(error: KeyStoreError) -> Self {
        Self::from(&error)
    }
}

impl From<CmsError> for Failure {
    fn from(_: CmsError) -> Self {
        Self::new("file-key-damaged")
    }
}

impl From<RequestError> for Failure {
    fn from(_: RequestError) -> Self {
        Self::new("server-error")
    }
}

impl From<DocumentError> for Failure {
    fn from(_: DocumentError) -> Self {
        Self::new("document-unreadable")
    }
}

impl From<serde_json::Error> for Failure {
    fn from(_: serde_json::Error) -> Self {
        Self::new("server-error")
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        Self::from_str(&serde_json::to_string(&failure).unwrap_or_default())
    }
}
