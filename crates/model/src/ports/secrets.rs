//! Things that are used once: challenges, confirmation codes, links in mails. Only digests are stored.

use tanba_crypto::Secret;
use tanba_pki::Timestamp;

use super::StorageError;
use crate::id::{ApplicationId, PersonId};

/// What a single-use token opens. Stored: [`TokenPurpose::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenPurpose {
    /// Answering a login challenge.
    LoginChallenge,
    /// Answering an installation challenge.
    InstallationChallenge,
    /// Freezing by "it was not me".
    NotMe,
    /// Confirming an application by a code, in a session that signed it.
    Submission,
    /// Signing a revocation that was prepared.
    Revocation,
    /// Looking after an application without a session, by the link of a mail. Used as often as its holder likes.
    ApplicationLink,
    /// A proof of work that was redeemed: remembered so that it counts once.
    Work,
    /// Nothing: written so that finding nobody is as much work as finding somebody.
    Decoy,
    /// Answering a login challenge of the desk.
    DeskChallenge,
    /// Signing a decision that was prepared.
    Decision,
    /// Nothing: remembers how many people a member of staff opened, until they are given back.
    StaffLooks,
}

impl TokenPurpose {
    /// The name that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoginChallenge => "login-challenge",
            Self::InstallationChallenge => "installation-challenge",
            Self::NotMe => "not-me",
            Self::Submission => "submission",
            Self::Revocation => "revocation",
            Self::ApplicationLink => "application-link",
            Self::Work => "work",
            Self::Decoy => "decoy",
            Self::DeskChallenge => "desk-challenge",
            Self::Decision => "decision",
            Self::StaffLooks => "staff-looks",
        }
    }
}

/// A confirmation code that is being set for an application; it replaces an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCode {
    /// Of which application.
    pub application: ApplicationId,
    /// Salted digest of the code; see `ra`.
    pub digest: [u8; 32],
    /// Salt of the digest.
    pub salt: [u8; 16],
    /// When it stops being accepted.
    pub expires_at: Timestamp,
    /// How many tries are left; a code that replaces another does not bring tries back.
    pub tries_left: u32,
}

/// What is known of the code of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeCheck {
    /// Salted digest of the code.
    pub digest: [u8; 32],
    /// Salt of the digest.
    pub salt: [u8; 16],
    /// When it stops being accepted.
    pub expires_at: Timestamp,
    /// Tries left, this one not yet taken.
    pub tries_left: u32,
    /// How often a code was sent for this application.
    pub sent: u32,
    /// When the last one was sent.
    pub sent_at: Timestamp,
}

/// Single-use secrets.
pub trait Secrets {
    /// Remembers a token, by its SHA-256, bound to a person where there is one.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn insert_token(
        &mut self,
        purpose: TokenPurpose,
        token_sha256: &[u8; 32],
        person: Option<PersonId>,
        subject: &str,
        expires_at: Timestamp,
    ) -> Result<(), StorageError>;

    /// Looks at a token without using it up: person and subject, if it is there, unused and not expired.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn peek_token(
        &mut self,
        purpose: TokenPurpose,
        token_sha256: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<(Option<PersonId>, String)>, StorageError>;

    /// Uses a token up; the second time there is nothing.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn take_token(
        &mut self,
        purpose: TokenPurpose,
        token_sha256: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<(Option<PersonId>, String)>, StorageError>;

    /// Sets the code of an application and counts that one was sent.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_code(&mut self, code: &NewCode, now: Timestamp) -> Result<(), StorageError>;

    /// What is known of the code of an application.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn code(&mut self, application: ApplicationId) -> Result<Option<CodeCheck>, StorageError>;

    /// Takes one try away and says how many are left; committed before the answer is given.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when there is no code or no try left to take.
    fn take_try(&mut self, application: ApplicationId) -> Result<u32, StorageError>;

    /// Forgets the code of an application.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn delete_code(&mut self, application: ApplicationId) -> Result<(), StorageError>;

    /// A key of this installation; `None` until it is made.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn server_secret(&mut self, name: &str) -> Result<Option<Secret>, StorageError>;

    /// Keeps a key of this installation, 32 octets; it never changes.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when there is one already.
    fn keep_server_secret(&mut self, name: &str, value: &Secret) -> Result<(), StorageError>;

    /// Forgets tokens that expired before `tokens`, and codes that expired before `codes` (later, because wrong tries
    /// count for a day), but not how many tries were taken of a code that is still waited for.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn purge(&mut self, tokens: Timestamp, codes: Timestamp) -> Result<u64, StorageError>;
}
