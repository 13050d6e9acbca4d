//! What the pages of administrators ask of the certification authority.

use std::fmt::Debug;

use tanba_pki::Timestamp;
use tanba_pki::profile::Profile;

use super::{StorageError, UnitOfWork};
use crate::administration::{AdministrativeAct, IssuanceScope};
use crate::audit::Actor;
use crate::id::IssuerId;
use crate::reason_line::ReasonLineError;

/// Where a key lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the database, encrypted under the passphrase.
    Database,
    /// In a token or module, which it never leaves.
    Token,
}

impl KeyPlace {
    /// The word that texts know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Token => "token",
        }
    }
}

/// How a key of the authority stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStanding {
    /// Whose.
    pub issuer: IssuerId,
    /// Where it is.
    pub place: KeyPlace,
    /// Whether it could sign now; a root's key is asked only where that needs nobody.
    pub available: bool,
}

/// Why nothing was switched.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// There is no such authority.
    #[error("there is no authority {0}; see `tanba issuer list`")]
    NoIssuer(String),
    /// A root issues nothing to people.
    #[error("{0} is a root: it issues nothing to people, so there is nothing to stop")]
    Root(String),
    /// There is no such profile, or it is one of the authority's own.
    #[error(
        "there is no profile {0} that is issued to people; responders, seals and lists go on, so that status can be told"
    )]
    NoProfile(String),
    /// Evidence says why.
    #[error("say why in one line: the reason is recorded as evidence")]
    NoReason,
    /// Evidence names nobody; saying why without mail addresses and long numbers helps.
    #[error("{}", ReasonLineError::Personal)]
    Personal,
    /// It is stopped already.
    #[error("this is stopped already; nothing changed")]
    Stopped,
    /// It is not stopped.
    #[error(
        "this is not stopped; nothing changed. The authority and each profile are started apart: see `tanba issuer list`"
    )]
    NotStopped,
    /// Storage did not do it.
    #[error("storage did not answer, so nothing changed")]
    Storage(#[from] StorageError),
}

/// The certification authority as its administrators see it. Blocks.
pub trait AuthorityConsole: Debug + Send + Sync {
    /// How the keys of the authorities stand, in the order in which the authorities were made.
    fn keys(&self) -> Vec<KeyStanding>;

    /// The profiles that are issued by, by name.
    fn profiles(&self) -> Vec<&Profile>;

    /// Stops or starts within a piece of work, with its event in the audit log; the caller commits.
    ///
    /// # Errors
    /// [`SwitchError`]; then nothing of the piece of work may be kept.
    fn switch(
        &self,
        work: &mut dyn UnitOfWork,
        act: AdministrativeAct,
        scope: &IssuanceScope,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), SwitchError>;
}
