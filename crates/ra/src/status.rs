//! What anybody may learn who knows a number and proves it: by the IIN of whoever applied, or by the secret of a mail's link.
//!
//! What waits for the register of people is no application yet, and is told of all the same.
//!
//! Whatever is wrong, the same is looked up and the same is answered: a number alone says nothing, not even that it exists.

use tanba_crypto::sha256;
use tanba_model::application::{Application, ApplicationKind, ApplicationNumber, State};
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::iin::Iin;
use tanba_model::intake::{Intake, IntakeStage};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::TokenPurpose;
use tanba_pki::Timestamp;

use crate::error::{StepError, Unavailable};
use crate::{History, Holder, LimitedOpened, RegistrationAuthority};

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

/// What whoever proved a number gets.
#[derive(Debug)]
pub struct Proved {
    /// Where the application stands.
    pub status: PublicStatus,
    /// What acts for it; `None` while it waits for the register of people, and where it never got to an operator.
    pub opened: Option<LimitedOpened>,
}

/// That a number and a proof belong together. Nothing was opened and nothing written yet: whoever calls may still say that it
/// was too often.
#[derive(Debug)]
pub struct Right(Of);

#[derive(Debug)]
enum Of {
    Application(ApplicationId, PersonId),
    /// What is no application yet, or never became one.
    Intake(ApplicationNumber),
}

/// What proves that a number is one's own.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    /// The IIN of whoever applied.
    Iin(&'a Iin),
    /// The secret in the link of a mail.
    Secret(&'a str),
}

impl std::fmt::Debug for Proof<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Iin(_) => "Proof(iin)",
            Self::Secret(_) => "Proof(secret)",
        })
    }
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

    /// Of what is no application yet, or never became one; `None` while it is being filled in.
    fn of_intake(intake: &Intake) -> Option<Self> {
        let (state, next) = match intake.stage {
            IntakeStage::Waiting => (State::Draft.name(), NextStep::WaitForRegister),
            IntakeStage::Refused => ("REJECTED", NextStep::BeginAgain),
            IntakeStage::Cancelled => ("CANCELLED", NextStep::BeginAgain),
            IntakeStage::Open | IntakeStage::Submitted => return None,
        };
        let keystore = intake.content.keystore.as_deref();
        Some(Self {
            number: intake.number.clone()?,
            state,
            since: intake.created_at,
            kind: ApplicationKind::First.name(),
            keystore: keystore
                .and_then(KeystoreKind::from_identifier)
                .unwrap_or(KeystoreKind::PersonalComputer),
            next,
        })
    }
}

impl RegistrationAuthority {
    /// [`RegistrationAuthority::right`] and [`RegistrationAuthority::open_right`] at once.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn prove(
        &self,
        number: &ApplicationNumber,
        proof: Proof<'_>,
        now: Timestamp,
        origin_digest: &str,
    ) -> Result<Option<Proved>, Unavailable> {
        match self.right(number, proof, now)? {
            Some(right) => self.open_right(right, now, origin_digest),
            None => Ok(None),
        }
    }

    /// Whether a number and a proof belong together. `None` when nobody has that number or the proof is not its own: then the
    /// same statements were run, each of which read one row. Whoever calls limits how often.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn right(
        &self,
        number: &ApplicationNumber,
        proof: Proof<'_>,
        now: Timestamp,
    ) -> Result<Option<Right>, Unavailable> {
        let mut work = self.storage.snapshot()?;
        let owner = work.applications().owner(number)?;
        let claimant = work.intakes().claimant(number)?;
        let (proved, waits) = match proof {
            Proof::Iin(iin) => {
                let person = work.persons().id_by_iin(iin)?;
                let proved = owner.filter(|(_, owner)| person == Some(*owner));
                (
                    proved,
                    claimant.is_some_and(|claimant| claimant == iin.as_str()),
                )
            }
            Proof::Secret(secret) => {
                let digest = sha256(secret.as_bytes());
                let link =
                    work.secrets()
                        .peek_token(TokenPurpose::ApplicationLink, &digest, now)?;
                let is_of_it = link.is_some_and(|(_, subject)| subject == number.as_str());
                (owner.filter(|_| is_of_it), is_of_it && claimant.is_some())
            }
        };
        let of = match proved {
            Some((id, person)) => Some(Of::Application(id, person)),
            None => waits.then(|| Of::Intake(number.clone())),
        };
        Ok(of.map(Right))
    }

    /// Where an application stands, with a limited session for it, which is evidence: each time a row of the log, so whoever
    /// calls limits how often. It is no secret here any more that the number is right.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn open_right(
        &self,
        right: Right,
        now: Timestamp,
        origin_digest: &str,
    ) -> Result<Option<Proved>, Unavailable> {
        let (id, person) = match right.0 {
            Of::Application(id, person) => (id, person),
            Of::Intake(number) => return self.kept(&number),
        };
        let mut work = self.storage.begin()?;
        let Some(application) = work.applications().find(id)? else {
            return Ok(None);
        };
        let opened = self.open_limited(work.as_mut(), person, Some(id), origin_digest, now)?;
        work.commit()?;
        Ok(Some(Proved {
            status: PublicStatus::of(&application),
            opened: Some(opened),
        }))
    }

    fn kept(&self, number: &ApplicationNumber) -> Result<Option<Proved>, Unavailable> {
        let found = self.storage.snapshot()?.intakes().find_by_number(number)?;
        let status = found.as_ref().and_then(PublicStatus::of_intake);
        Ok(status.map(|status| Proved {
            status,
            opened: None,
        }))
    }

    /// How an application stands and went, for whoever may act for it.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is none of this number for the holder.
    pub fn held_history(
        &self,
        holder: impl Into<Holder>,
        number: &ApplicationNumber,
    ) -> Result<History, StepError> {
        let mut work = self.storage.snapshot()?;
        let (application, _) = Self::held(work.as_mut(), &holder.into(), number)?;
        Ok(History::of(work.as_mut(), application)?)
    }
}
