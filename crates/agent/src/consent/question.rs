//! Questions and answers, as they travel to a dialog and back.
//!
//! Sent to a dialog in a process of its own: plain data, no key and no open container in it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tanba_model::language::Language;

use crate::containers::{Container, Storage};
use crate::origin::Use;

/// What is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Question {
    /// Which key may be used, and may it.
    Key(Box<KeyQuestion>),
    /// Whether a key that the page opened by itself may be used; only the old interface asks so.
    Confirm(Box<ConfirmQuestion>),
    /// Which password: for keys that are made, for one that is installed, or a new one for a container.
    Secret(SecretQuestion),
    /// Which file or folder the page may know the name of.
    File(FileQuestion),
    /// Whether a site may ask at all that names a file; the file is read after that.
    Site(SiteQuestion),
}

impl Question {
    /// The language of the dialog.
    #[must_use]
    pub const fn language(&self) -> Language {
        match self {
            Self::Key(question) => question.language,
            Self::Confirm(question) => question.question.language,
            Self::Secret(question) => question.language,
            Self::File(question) => question.language,
            Self::Site(question) => question.language,
        }
    }
}

/// Whether a key that the page opened by itself may be used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConfirmQuestion {
    /// For what.
    pub question: KeyQuestion,
    /// The key.
    pub key: KeyCard,
    /// Whether the page typed a wrong PIN before: a token that hears more of them locks itself.
    pub pin_was_wrong: bool,
}

/// Which key may be used, and for what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyQuestion {
    /// The language of the dialog.
    pub language: Language,
    /// The site, as the browser names it.
    pub origin: String,
    /// What the site was never granted before; the dialog asks about that first.
    pub first_use: Option<Use>,
    /// What the key is wanted for.
    pub purpose: Purpose,
    /// What is to be signed; the first ones when there are many.
    pub documents: Vec<Document>,
    /// How many documents there are.
    pub document_count: usize,
    /// Kinds of containers that the site accepts and that are here, at least one.
    pub storages: Vec<Storage>,
    /// Whether the clock of this computer stands before this program was made, so that validity cannot be judged.
    pub clock_is_wrong: bool,
}

/// What a key is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Purpose {
    /// Signing in.
    Login,
    /// Signing documents.
    Signature,
    /// Telling the site what is in the certificate.
    KeyInformation,
    /// Putting the time on a signature that exists.
    TimeStamp,
}

impl Purpose {
    /// What has to be granted for it.
    #[must_use]
    pub const fn usage(self) -> Use {
        match self {
            Self::Login | Self::KeyInformation => Use::Login,
            Self::Signature | Self::TimeStamp => Use::Signature,
        }
    }

    /// The key of its title in the texts.
    #[must_use]
    pub const fn text_key(self) -> &'static str {
        match self {
            Self::Login => "ask-title-login",
            Self::Signature => "ask-title-signature",
            Self::KeyInformation => "ask-title-key-information",
            Self::TimeStamp => "ask-title-time-stamp",
        }
    }
}

/// One document, as far as a person can judge it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it is.
    pub form: Form,
    /// The path of the file, when it is one.
    pub file: Option<String>,
    /// Its size in octets; of a digest, that of the digest.
    pub size_octets: u64,
    /// SHA-256 in lower-case hexadecimal digits; the digest itself when nothing else is known.
    pub sha256: String,
    /// The text, or its beginning. Control characters are replaced.
    pub text: Option<String>,
    /// Whether `text` is only the beginning.
    pub is_cut: bool,
    /// Our own application documents in plain words: the key of a text, and the value.
    pub summary: Vec<(String, String)>,
}

impl Document {
    /// Whether it is a digest that is none: as long as no digest is, so that nobody could check its signature.
    #[must_use]
    pub fn is_unusual_digest(&self) -> bool {
        self.form == Form::Digest && ![32, 48, 64].contains(&self.size_octets)
    }
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Form {
    /// Text.
    Text,
    /// XML.
    Xml,
    /// Octets that are no text.
    Binary,
    /// A digest alone: what was hashed is known to the site only.
    Digest,
    /// A signature that exists, to which another is added.
    Signature,
    /// A signature over something that did not come with it, to which another is added: of the content the digest alone
    /// is known.
    DetachedSignature,
    /// An application document of the cabinet.
    Application,
}

impl Form {
    /// The key of its name in the texts.
    #[must_use]
    pub const fn text_key(self) -> &'static str {
        match self {
            Self::Text => "ask-form-text",
            Self::Xml => "ask-form-xml",
            Self::Binary => "ask-form-binary",
            Self::Digest => "ask-form-digest",
            Self::Signature => "ask-form-signature",
            Self::DetachedSignature => "ask-form-detached-signature",
            Self::Application => "ask-form-application",
        }
    }

    /// The key of the text before its digest: SHA-256 of what is signed, or a digest of a kind that the site chose.
    #[must_use]
    pub const fn digest_key(self) -> &'static str {
        match self {
            Self::Digest | Self::DetachedSignature => "ask-digest-only",
            Self::Text | Self::Xml | Self::Binary | Self::Signature | Self::Application => {
                "ask-digest"
            }
        }
    }
}

/// Which password: for keys that are made, for one that is installed, or a new one for a container.
///
/// The dialog gives it to [`Keys::take_secret`](super::Keys::take_secret), for a change after it opened the container,
/// and answers [`Answer::Allowed`]. A new one is typed twice. Keys are made and certificates installed in a token that the
/// dialog [opened](super::Keys::open) with its PIN; there is no new secret then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecretQuestion {
    /// The language of the dialog.
    pub language: Language,
    /// The site, as the browser names it.
    pub origin: String,
    /// What the site was never granted before; the dialog asks about that first.
    pub first_use: Option<Use>,
    /// What for.
    pub purpose: SecretPurpose,
    /// Kind of the container.
    pub storage: Storage,
    /// Algorithms of the keys that are made, or owners of the certificates that are installed.
    pub items: Vec<String>,
}

/// What a password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SecretPurpose {
    /// A new one, for keys that are made.
    NewKeys,
    /// The one that was chosen for keys that wait for certificates.
    Install,
    /// A new one, for a container that has one.
    Change,
}

impl SecretPurpose {
    /// The key of its title in the texts.
    #[must_use]
    pub const fn text_key(self) -> &'static str {
        match self {
            Self::NewKeys => "ask-title-new-keys",
            Self::Install => "ask-title-install",
            Self::Change => "ask-title-change",
        }
    }
}

/// Which file or folder the page may know the name of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileQuestion {
    /// The language of the dialog.
    pub language: Language,
    /// The site, as the browser names it.
    pub origin: String,
    /// The ending that the site wants, without a dot; none for any file.
    pub ending: Option<String>,
    /// Where to begin.
    pub folder: Option<String>,
}

/// Whether a site that names a file may ask at all. The question itself follows, when the file was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SiteQuestion {
    /// The language of the dialog.
    pub language: Language,
    /// The site, as the browser names it.
    pub origin: String,
    /// What the site was never granted before.
    pub usage: Use,
    /// The path of the file, as the site wrote it.
    pub file: String,
}

/// A container as it is offered.
pub type ContainerCard = Container;

/// A key of an open container, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCard {
    /// Its place in the container, for [`Answer::Key`].
    pub number: usize,
    /// The owner's name.
    pub owner: String,
    /// The whole name in the certificate.
    pub owner_name: String,
    /// First second of validity, seconds since 1970.
    pub not_before: i64,
    /// Last second of validity.
    pub not_after: i64,
    /// Serial number in lower-case hexadecimal digits.
    pub serial: String,
    /// The issuer's name.
    pub issuer: String,
    /// What people call the algorithm.
    pub algorithm: String,
    /// Why it cannot be used for this question, if it cannot.
    pub unusable: Option<Unusable>,
}

/// Why a key cannot be used for what is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unusable {
    /// The certificate ended.
    Expired,
    /// The certificate has not begun.
    NotYetValid,
    /// It is for something else.
    OtherPurpose,
    /// The site wants the key of somebody else.
    OtherOwner,
    /// The site wants another certificate.
    OtherCertificate,
    /// The site wants a certificate of another authority.
    OtherIssuer,
    /// The key waits for its certificate.
    NoCertificate,
    /// The algorithm is known by name at most.
    Unsupported,
    /// The key is encrypted under a password of its own.
    OtherPassword,
    /// The key is damaged.
    Damaged,
}

impl Unusable {
    /// The key of its text.
    #[must_use]
    pub const fn text_key(&self) -> &'static str {
        match self {
            Self::Expired => "unusable-expired",
            Self::NotYetValid => "unusable-not-yet-valid",
            Self::OtherPurpose => "unusable-other-purpose",
            Self::OtherOwner => "unusable-other-owner",
            Self::OtherCertificate => "unusable-other-certificate",
            Self::OtherIssuer => "unusable-other-issuer",
            Self::NoCertificate => "unusable-no-certificate",
            Self::Unsupported => "unusable-unsupported",
            Self::OtherPassword => "unusable-other-password",
            Self::Damaged => "unusable-damaged",
        }
    }
}

/// What its owner said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Answer {
    /// No.
    Cancelled,
    /// Yes, as asked.
    Allowed,
    /// Yes, with the key of this number in the container that was opened last.
    Key(usize),
    /// This file or folder.
    File(PathBuf),
    /// The question could not be shown.
    Unasked,
}
