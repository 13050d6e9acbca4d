//! What confirms an application besides its signature.

use std::fmt::Debug;

use rand_core::CryptoRng;
use tanba_model::application::Application;
use tanba_model::person::Person;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::Timestamp;

mod email_code;

pub(crate) use email_code::{EmailCode, LIFE_MINUTES as CODE_LIFE_MINUTES, draw as draw_code};

/// A second factor: something that a thief of key file and password has not got.
///
/// All of it happens inside the unit of work of the use case: what is asked, counted and decided becomes durable
/// together, before anybody gets an answer.
pub trait SecondFactor: Debug + Send + Sync {
    /// Whether this person can be asked at all.
    fn reaches(&self, person: &Person) -> bool;

    /// Asks for the first time, or again.
    ///
    /// # Errors
    /// [`AskError`] by what has to happen before she can be asked.
    fn ask(
        &self,
        work: &mut dyn UnitOfWork,
        application: &Application,
        person: &Person,
        random: &mut dyn CryptoRng,
        now: Timestamp,
    ) -> Result<(), AskError>;

    /// Judges an answer and counts it.
    ///
    /// # Errors
    /// [`StorageError`]; then the answer was not judged.
    fn check(
        &self,
        work: &mut dyn UnitOfWork,
        application: &Application,
        answer: &str,
        now: Timestamp,
    ) -> Result<Answer, StorageError>;

    /// How it stands; `None` before she was asked.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn standing(
        &self,
        work: &mut dyn UnitOfWork,
        application: &Application,
        person: &Person,
    ) -> Result<Option<SecondFactorStanding>, StorageError>;
}

/// Why a person is not asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// There is no confirmed channel to her.
    #[error("the person cannot be reached")]
    Unreachable,
    /// She was asked a moment ago.
    #[error("the last code was sent a moment ago")]
    TooEarly {
        /// Seconds to wait.
        wait_seconds: u32,
    },
    /// She was asked often enough for this application.
    #[error("no more codes for this application")]
    NoMore,
    /// Too many wrong or sent codes, over all her applications.
    #[error("codes are paused")]
    Paused {
        /// Until when.
        until: Timestamp,
    },
    /// Storage did not do it.
    #[error("nothing was sent")]
    Storage(#[from] StorageError),
}

/// The verdict on an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is right.
    Right,
    /// It is wrong.
    Wrong {
        /// Tries left, at least one.
        tries_left: u32,
    },
    /// It was the last wrong one.
    NoTriesLeft,
    /// It came too late; asking again helps.
    Expired,
    /// It cannot be an answer; no try was taken.
    Malformed,
    /// Too many wrong answers over all applications of the person; no try was taken.
    Paused {
        /// Until when.
        until: Timestamp,
    },
}

/// How the second factor of an application stands, for its owner's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactorStanding {
    /// Where the code went, mostly hidden: `a•••@example.kz`.
    pub hint: String,
    /// When the code stops being accepted.
    pub expires_at: Timestamp,
    /// When the last one was sent.
    pub sent_at: Timestamp,
    /// From when on another can be asked for.
    pub resend_at: Timestamp,
    /// How many more can be asked for.
    pub sends_left: u32,
    /// Wrong tries left.
    pub tries_left: u32,
}
