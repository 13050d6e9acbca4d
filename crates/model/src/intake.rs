//! What somebody without keys fills in, before it is an application.
//!
//! There is nobody yet whom an application could belong to: the register has not confirmed a name, the address is not
//! confirmed, no key exists. All of that gathers here, and becomes an application with the same number in one step.

use std::fmt;

use serde::{Deserialize, Serialize};
use tanba_pki::Timestamp;

use crate::application::ApplicationNumber;
use crate::id::IntakeId;
use crate::iin::Iin;
use crate::language::Language;
use crate::ports::StorageError;

/// The version of the user agreement that is accepted now. Stored and signed; the texts of the pages follow it.
pub const AGREEMENT: &str = "2026-11";

/// Where an intake stands. Stored: [`IntakeStage::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntakeStage {
    /// Being filled in.
    Open,
    /// Signed and kept; the register of people did not answer yet.
    Waiting,
    /// It is an application now.
    Submitted,
    /// The register did not confirm the person.
    Refused,
    /// Withdrawn by the applicant.
    Cancelled,
}

impl IntakeStage {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Waiting,
        Self::Submitted,
        Self::Refused,
        Self::Cancelled,
    ];

    /// The name that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Submitted => "submitted",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    /// The stage of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// What the applicant typed of herself, and the register's spelling once it confirmed it.
///
/// Personal data: no `Debug` of the content. Stored in [`IntakeContent`]; never rename a field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Individual identification number, 12 digits.
    pub iin: String,
    /// Surname.
    pub surname: String,
    /// Given name.
    pub given_name: String,
    /// Patronymic; `None` where there is none.
    pub patronymic: Option<String>,
}

impl Claim {
    /// The number, which was checked before it was kept.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when what is stored is none.
    pub fn parsed_iin(&self) -> Result<Iin, StorageError> {
        Iin::parse(&self.iin).map_err(|_| StorageError::Damaged("intake.claim.iin".to_owned()))
    }
}

/// What the register of people said of a claim. Stored in [`IntakeContent`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It was not asked, or did not confirm.
    #[default]
    Unconfirmed,
    /// It confirmed number and name together.
    Confirmed,
    /// It did not answer; it is asked again.
    Unavailable,
}

/// The code that confirms the address. Stored in [`IntakeContent`]; only a digest of the code is in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressCheck {
    /// Salted digest of the code, hexadecimal.
    pub digest: String,
    /// Salt of the digest, hexadecimal.
    pub salt: String,
    /// When it stops being accepted.
    pub expires_at: Timestamp,
    /// Tries left.
    pub tries_left: u32,
    /// How often a code was sent to this address.
    pub sent: u32,
    /// When the last one was sent.
    pub sent_at: Timestamp,
}

/// One key that was made. Stored in [`IntakeContent`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeKey {
    /// Name of the certificate profile.
    pub profile: String,
    /// PKCS#10 request, DER, hexadecimal.
    pub request: String,
}

/// Everything that was filled in so far. Stored as JSON; never rename a field.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IntakeContent {
    /// Version of the user agreement.
    pub agreement: String,
    /// When it was accepted, seconds since 1970.
    pub agreed_at: i64,
    /// Who she says she is.
    pub claim: Option<Claim>,
    /// What the register said of that.
    pub standing: Standing,
    /// The address.
    pub email: Option<String>,
    /// Whether a code confirmed it.
    pub email_confirmed: bool,
    /// The code that is waited for.
    pub check: Option<AddressCheck>,
    /// Code of the region.
    pub region: Option<String>,
    /// Code of the settlement.
    pub settlement: Option<String>,
    /// Code of the registration centre.
    pub centre: Option<String>,
    /// [`crate::keystore_kind::KeystoreKind::identifier`].
    pub keystore: Option<String>,
    /// The keys that were made, in the order of requests.
    pub keys: Vec<IntakeKey>,
    /// The document that was signed, while the register is waited for.
    pub document: Option<String>,
    /// The signature over it, hexadecimal.
    pub signature: Option<String>,
    /// How often the register was asked in vain.
    pub asked: u32,
}

/// An intake.
#[derive(Clone, PartialEq, Eq)]
pub struct Intake {
    /// The record.
    pub id: IntakeId,
    /// SHA-256 of the cookie's secret.
    pub secret_sha256: [u8; 32],
    /// The number that the application has or will have, once keys were made.
    pub number: Option<ApplicationNumber>,
    /// Where it stands.
    pub stage: IntakeStage,
    /// The language of its pages and mails.
    pub language: Language,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When something happens by itself: forgetting it, or asking the register again.
    pub due_at: Timestamp,
    /// What was filled in.
    pub content: IntakeContent,
    /// Increases with each change; a writer that read an older one is refused.
    pub version: i64,
}

impl fmt::Debug for Intake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Intake")
            .field("id", &self.id)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

macro_rules! hidden {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

hidden!(Claim, AddressCheck, IntakeKey, IntakeContent);
