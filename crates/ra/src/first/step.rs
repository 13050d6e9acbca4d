//! What every step of first issuance shares: finding the intake, saying which step comes next, and errors.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::application::{Application, ApplicationNumber};
use tanba_model::audit::Actor;
use tanba_model::intake::{AGREEMENT, Intake, IntakeContent, IntakeStage, Standing};
use tanba_model::language::Language;
use tanba_model::ports::{NewIntake, RequestFault, StorageError, TokenPurpose, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::codes;
use crate::error::{StepError, Unavailable, request_code, storage_code};
use crate::evidence::Evidence;
use crate::token::FirstSecret;

/// How long an intake waits for its next step.
pub(super) const LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The step that an applicant takes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FirstStep {
    /// Say who she is.
    Person,
    /// Type and confirm an address.
    Address,
    /// Choose region and settlement.
    Place,
    /// Choose registration centre and keystore.
    Centre,
    /// Check everything, make keys, sign.
    Confirm,
    /// Nothing: it is submitted, or ended.
    Done,
}

/// What the pages of an applicant show.
#[derive(Clone, Debug)]
pub struct FirstView {
    /// What was filled in.
    pub intake: Intake,
    /// The application, once there is one.
    pub application: Option<Application>,
    /// What comes next.
    pub step: FirstStep,
}

/// Why a step of first issuance was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FirstError {
    /// What was filled in is not kept any more, or never was; beginning anew helps.
    #[error("there is no such intake")]
    Ended,
    /// An earlier step is missing; taking it helps.
    #[error("an earlier step is missing")]
    Incomplete(FirstStep),
    /// Region or settlement are not of the list; choosing again helps.
    #[error("there is no such place")]
    Place,
    /// The registration centre is not of that place; choosing again helps.
    #[error("there is no such registration centre")]
    Centre,
    /// There is no such keystore; choosing again helps.
    #[error("there is no such keystore")]
    Keystore,
    /// This installation issues nothing for that keystore; choosing another helps.
    #[error("keys of this keystore are not taken here")]
    KeystoreNeedsAgent,
    /// Not one request for each key.
    #[error("{expected} requests are needed")]
    Count {
        /// How many are needed.
        expected: usize,
    },
    /// The keystore makes no keys of this kind; the keystore they were made in helps.
    #[error("the keystore makes no keys of this kind")]
    KeystoreCannot,
    /// A request is refused; making new keys helps.
    #[error("a request is refused")]
    Request(RequestFault),
    /// No keys were made yet, or others since; making them helps.
    #[error("the application has no keys yet")]
    KeysMissing,
    /// The signature is not that of the new signing key over the prepared document; preparing again helps.
    #[error("the signature does not hold")]
    Signature,
    /// The register did not confirm the person; correcting what was typed helps.
    #[error("the register did not confirm the person")]
    NotConfirmed,
    /// The register has the number more than once; only people can help.
    #[error("the register has the number more than once")]
    Ambiguous,
    /// The proof of work does not count; making another helps.
    #[error("the proof of work does not count")]
    Work,
    /// Too many applications for this number or from this network; waiting helps.
    #[error("too many applications in a day")]
    TooMany,
    /// What is kept of the application is not what was signed: only the operator of this installation can help.
    #[error("what is recorded is not what was signed")]
    RecordDiffers,
    /// What can go wrong in every step.
    #[error("the step was not taken")]
    Step(#[from] StepError),
}

impl FirstError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ended => codes::INTAKE_ENDED,
            Self::Incomplete(_) => codes::INTAKE_INCOMPLETE,
            Self::Place => codes::PLACE_UNKNOWN,
            Self::Centre => codes::CENTRE_UNKNOWN,
            Self::Keystore => codes::KEYSTORE_UNKNOWN,
            Self::KeystoreNeedsAgent => codes::KEYSTORE_NEEDS_AGENT,
            Self::Count { .. } => codes::REQUEST_COUNT,
            Self::KeystoreCannot => codes::KEYSTORE_CANNOT,
            Self::Request(fault) => request_code(*fault),
            Self::KeysMissing => codes::KEYS_MISSING,
            Self::Signature => codes::SIGNATURE_INVALID,
            Self::NotConfirmed => codes::PERSON_NOT_CONFIRMED,
            Self::Ambiguous => codes::REGISTER_AMBIGUOUS,
            Self::Work => codes::WORK_INVALID,
            Self::TooMany => codes::TOO_MANY_FIRST,
            Self::RecordDiffers => codes::RECORD_DIFFERS,
            Self::Step(StepError::Storage(error)) => storage_code(error),
            Self::Step(error) => error.code(),
        }
    }
}

impl From<StorageError> for FirstError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

impl FirstStep {
    /// The next step of an intake.
    pub(super) fn of(intake: &Intake) -> Self {
        let content = &intake.content;
        match intake.stage {
            IntakeStage::Open => {}
            IntakeStage::Waiting
            | IntakeStage::Submitted
            | IntakeStage::Refused
            | IntakeStage::Cancelled => return Self::Done,
        }
        if content.claim.is_none() || content.standing == Standing::Unconfirmed {
            Self::Person
        } else if !content.email_confirmed {
            Self::Address
        } else if content.region.is_none() || content.settlement.is_none() {
            Self::Place
        } else if content.centre.is_none() || content.keystore.is_none() {
            Self::Centre
        } else {
            Self::Confirm
        }
    }
}

impl RegistrationAuthority {
    /// Begins an application for first keys after the user agreement was accepted; the secret goes into a cookie.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn begin_first(
        &self,
        language: Language,
        now: Timestamp,
    ) -> Result<FirstSecret, Unavailable> {
        let secret = FirstSecret::random(&mut self.random());
        let content = IntakeContent {
            agreement: AGREEMENT.to_owned(),
            agreed_at: now.unix(),
            ..IntakeContent::default()
        };
        let new = NewIntake {
            secret_sha256: secret.sha256(),
            language,
            due_at: now.plus(LIFE),
            content,
        };
        let mut work = self.storage.begin()?;
        let intake = work.intakes().insert(&new, now)?;
        evidence(&intake, "first.begin", AGREEMENT).record(work.as_mut(), now)?;
        work.commit()?;
        Ok(secret)
    }

    /// What was filled in under a secret, and the application that came of it.
    ///
    /// # Errors
    /// [`FirstError::Ended`] when it is not kept any more.
    pub fn first(&self, secret: &FirstSecret) -> Result<FirstView, FirstError> {
        let mut work = self.storage.snapshot()?;
        let intake = work
            .intakes()
            .find(&secret.sha256())?
            .ok_or(FirstError::Ended)?;
        view(work.as_mut(), intake)
    }

    /// What the link of a mail opens: the application, or what is kept of it while the register does not answer.
    ///
    /// # Errors
    /// [`FirstError::Ended`] when the link cannot be used.
    pub fn first_by_link(
        &self,
        secret: &FirstSecret,
        now: Timestamp,
    ) -> Result<FirstView, FirstError> {
        let mut work = self.storage.snapshot()?;
        let intake = linked(work.as_mut(), secret, now)?;
        view(work.as_mut(), intake)
    }

    /// Remembers the language that the applicant reads now.
    ///
    /// # Errors
    /// [`FirstError::Ended`] when the intake is not kept any more.
    pub fn set_first_language(
        &self,
        secret: &FirstSecret,
        language: Language,
        now: Timestamp,
    ) -> Result<(), FirstError> {
        let mut work = self.storage.begin()?;
        let mut intake = open(work.as_mut(), secret, now)?;
        if intake.language != language {
            intake.language = language;
            work.intakes().update(&mut intake)?;
            work.commit()?;
        }
        Ok(())
    }
}

/// The intake that a link is about.
pub(super) fn linked(
    work: &mut dyn UnitOfWork,
    secret: &FirstSecret,
    now: Timestamp,
) -> Result<Intake, FirstError> {
    let found = work
        .secrets()
        .peek_token(TokenPurpose::ApplicationLink, &secret.sha256(), now)?;
    let number = found.and_then(|(_, number)| ApplicationNumber::parse(&number).ok());
    let number = number.ok_or(FirstError::Ended)?;
    work.intakes()
        .find_by_number(&number)?
        .ok_or(FirstError::Ended)
}

fn view(work: &mut dyn UnitOfWork, intake: Intake) -> Result<FirstView, FirstError> {
    let application = match (&intake.number, intake.stage) {
        (Some(number), IntakeStage::Submitted) => work.applications().find_by_number(number)?,
        (_, IntakeStage::Open | IntakeStage::Waiting | IntakeStage::Submitted)
        | (_, IntakeStage::Refused | IntakeStage::Cancelled) => None,
    };
    Ok(FirstView {
        step: FirstStep::of(&intake),
        intake,
        application,
    })
}

/// The intake of a secret, while it is being filled in; each step keeps it for longer.
pub(super) fn open(
    work: &mut dyn UnitOfWork,
    secret: &FirstSecret,
    now: Timestamp,
) -> Result<Intake, FirstError> {
    let mut intake = work
        .intakes()
        .find(&secret.sha256())?
        .filter(|intake| intake.stage == IntakeStage::Open)
        .ok_or(FirstError::Ended)?;
    intake.due_at = now.plus(LIFE);
    Ok(intake)
}

/// Refuses a step that comes too early.
pub(super) fn require(intake: &Intake, step: FirstStep) -> Result<(), FirstError> {
    let next = FirstStep::of(intake);
    if next < step {
        return Err(FirstError::Incomplete(next));
    }
    Ok(())
}

/// Evidence of a step that an applicant took.
pub(super) fn evidence<'a>(intake: &Intake, action: &'static str, detail: &'a str) -> Evidence<'a> {
    Evidence {
        actor: Actor::Applicant(intake.id),
        action,
        object: format!("intake:{}", intake.id),
        detail,
    }
}

/// What counts tries: a digest, so that neither number nor address stands in the table.
pub(super) fn who(text: &str) -> [u8; 32] {
    sha256(text.as_bytes())
}
