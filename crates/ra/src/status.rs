//! What anybody may learn who knows a number.

use tanba_model::application::{Application, ApplicationNumber, State};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::Unavailable;

/// Where an application stands, without anything about its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicStatus {
    /// The number that was asked for.
    pub number: ApplicationNumber,
    /// [`State::name`].
    pub state: &'static str,
    /// When it got there.
    pub since: Timestamp,
    /// [`tanba_model::application::ApplicationKind::name`].
    pub kind: &'static str,
    /// Where the new keys will live.
    pub keystore: KeystoreKind,
    /// What its owner does next.
    pub next: NextStep,
}

/// What the owner of an application does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Check the draft and sign it.
    Confirm,
    /// Enter the code from the mail.
    EnterCode,
    /// Wait until the register of people answers.
    WaitForRegister,
    /// Go to the registration centre, and wait for an operator.
    WaitForOperator,
    /// Wait a moment: certificates are being issued.
    Wait,
    /// Sign in and install the certificates.
    Install,
    /// Nothing: it is done.
    Done,
    /// Begin a new application.
    BeginAgain,
}

impl NextStep {
    /// Message key of the sentence; see [`crate::codes::NEXT_STEPS`].
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Confirm => "next-confirm",
            Self::EnterCode => "next-enter-code",
            Self::WaitForRegister => "next-wait-register",
            Self::WaitForOperator => "next-wait-operator",
            Self::Wait => "next-wait",
            Self::Install => "next-install",
            Self::Done => "next-done",
            Self::BeginAgain => "next-begin-again",
        }
    }

    /// The next step of a state.
    #[must_use]
    pub const fn of(state: &State) -> Self {
        match state {
            State::Draft => Self::Confirm,
            State::Submitted { .. } => Self::WaitForOperator,
            State::Awaiting2fa { .. } => Self::EnterCode,
            State::Confirmed { .. } => Self::Wait,
            State::Issued { .. } => Self::Install,
            State::Installed { .. } => Self::Done,
            State::Rejected { .. } | State::Expired { .. } | State::Cancelled { .. } => {
                Self::BeginAgain
            }
        }
    }
}

impl PublicStatus {
    fn of(application: &Application) -> Self {
        Self {
            number: application.number.clone(),
            state: application.state.name(),
            since: application.state.since().unwrap_or(application.created_at),
            kind: application.kind.name(),
            keystore: application.keystore,
            next: NextStep::of(&application.state),
        }
    }
}

impl RegistrationAuthority {
    /// The public status of an application; `None` when nobody has that number. Whoever calls limits how often.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn status(&self, number: &ApplicationNumber) -> Result<Option<PublicStatus>, Unavailable> {
        let found = self
            .storage
            .snapshot()?
            .applications()
            .find_by_number(number)?;
        Ok(found.as_ref().map(PublicStatus::of))
    }
}
