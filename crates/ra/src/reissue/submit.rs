//! The signature over the application.

use tanba_crypto::sha256;
use tanba_model::application::{Application, ApplicationNumber, SignedDocument, State, Submission};
use tanba_model::certificate::CertificateRecord;
use tanba_model::message::MessageBody;
use tanba_model::person::Person;
use tanba_model::ports::{Session, StorageError, TokenPurpose, UnitOfWork};
use tanba_pki::{Purpose, Timestamp};

use super::begin::evidence;
use super::identity::{alive, named_by};
use super::issue::IssueError;
use crate::RegistrationAuthority;
use crate::authority::wrong_state;
use crate::codes;
use crate::error::StepError;
use crate::evidence::Evidence;
use crate::notify::notify;
use crate::second_factor::AskError;
use crate::signature::{Signature, SignatureFault};

/// Why a signed application was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The signature or its certificate does not count; the fault says what helps.
    #[error("the signature does not count")]
    Signature(#[from] SignatureFault),
    /// The authentication key signed; the signing key helps.
    #[error("the authentication key signed the application")]
    LoginKey,
    /// The certificate is not for signing; the signing key helps.
    #[error("the certificate is not for signing")]
    NotForSigning,
    /// Another person's key signed; her own helps.
    #[error("the key is another person's")]
    OtherPerson,
    /// The keys were not made yet.
    #[error("the application has no keys yet")]
    KeysMissing,
    /// What was signed is not what was prepared; preparing and reading it again helps.
    #[error("something else was signed than what was prepared")]
    DocumentChanged,
    /// Another document of this application was signed already; looking at it helps.
    #[error("another document was signed already")]
    AlreadySigned,
    /// The second factor cannot reach her; only a registration centre helps.
    #[error("the person cannot be reached")]
    Unreachable,
    /// Too many codes of this person; waiting helps.
    #[error("codes are paused")]
    CodesPaused {
        /// Until when.
        until: Timestamp,
    },
    /// It was taken and needs no second factor, but was not issued yet.
    #[error("the application was taken")]
    Issue(#[from] IssueError),
    /// What can go wrong in every step.
    #[error("the application was not taken")]
    Step(#[from] StepError),
}

impl SubmitError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signature(fault) => fault.code(),
            Self::LoginKey => codes::LOGIN_KEY_USED,
            Self::NotForSigning => codes::NOT_A_SIGNING_KEY,
            Self::OtherPerson => codes::OTHER_PERSONS_KEY,
            Self::KeysMissing => codes::KEYS_MISSING,
            Self::DocumentChanged => codes::DOCUMENT_CHANGED,
            Self::AlreadySigned => codes::ALREADY_SIGNED,
            Self::Unreachable => codes::NO_CONFIRMED_ADDRESS,
            Self::CodesPaused { .. } => codes::CODES_PAUSED,
            Self::Issue(error) => error.code(),
            Self::Step(error) => error.code(),
        }
    }
}

impl From<StorageError> for SubmitError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

impl RegistrationAuthority {
    /// Takes the application, signed by the signing key of the session's person: CMS signed data with the prepared
    /// document inside. Then the second factor is asked, or, where the policy has none, certificates are issued.
    ///
    /// Repeating it with a signature over the same document sends nothing; in another session of the person it allows
    /// that session to enter the code.
    ///
    /// # Errors
    /// [`SubmitError`] by what helps.
    pub fn submit(
        &self,
        session: &Session,
        number: &ApplicationNumber,
        message: &[u8],
        now: Timestamp,
    ) -> Result<Application, SubmitError> {
        let signature = Signature::read(message, now)?;
        let judged = self.judge(&signature, now)?;
        self.ask_register(session)?;
        let mut work = self.storage.begin()?;
        let (mut application, person) = Self::own(work.as_mut(), session, number)?;
        if person.frozen_at.is_some() {
            return Err(StepError::Frozen.into());
        }
        let signer = judged.map_err(|refused| refused.fault)?;
        check_signer(&signer, &person)?;
        alive(work.as_mut(), &person)?;
        if let Some(der) = &signer.der {
            named_by(der, &person)?;
        }
        match application.state {
            State::Draft => {}
            State::Awaiting2fa { .. }
            | State::Confirmed { .. }
            | State::Issued { .. }
            | State::Installed { .. } => {
                let same = application
                    .signed
                    .as_ref()
                    .is_some_and(|signed| signed.document == signature.content);
                if !same {
                    return Err(SubmitError::AlreadySigned);
                }
                let waits = matches!(application.state, State::Awaiting2fa { .. });
                if waits && !is_signed_here(work.as_mut(), session, &application, now)? {
                    sign_here(work.as_mut(), session, &application)?;
                    evidence(session, "application.sign-again", &application)
                        .record(work.as_mut(), now)?;
                    work.commit()?;
                } else {
                    drop(work);
                }
                return Ok(self.finish(application, now)?);
            }
            State::Submitted { .. }
            | State::Rejected { .. }
            | State::Expired { .. }
            | State::Cancelled { .. } => {
                return Err(wrong_state("submit", &application).into());
            }
        }
        if application.requests.is_empty() {
            return Err(SubmitError::KeysMissing);
        }
        if self.document(&application, &person)? != signature.content {
            return Err(SubmitError::DocumentChanged);
        }
        application.login_certificate = Some(session.certificate);
        application.signed = Some(SignedDocument {
            document: signature.content,
            signature: message.to_vec(),
            signer: signer.id,
        });
        self.take(work.as_mut(), session, &mut application, &person, now)?;
        work.commit()?;
        tracing::info!(application = %application.id, state = application.state.name(), "submitted");
        Ok(self.finish(application, now)?)
    }

    /// Writes the signed application, its evidence and its notices.
    fn take(
        &self,
        work: &mut dyn UnitOfWork,
        session: &Session,
        application: &mut Application,
        person: &Person,
        now: Timestamp,
    ) -> Result<(), SubmitError> {
        let number = application.number.as_str().to_owned();
        let not_me_path = self.not_me_path(work, person, &number, now)?;
        notify(
            work,
            person,
            MessageBody::ApplicationAccepted {
                number,
                not_me_path,
            },
            now,
        )?;
        application.state = match &self.second_factor {
            Some(factor) => {
                factor
                    .ask(work, application, person, &mut self.random(), now)
                    .map_err(|error| match error {
                        AskError::Unreachable => SubmitError::Unreachable,
                        AskError::Paused { until } => SubmitError::CodesPaused { until },
                        AskError::Storage(error) => error.into(),
                        // A draft was never asked for; if a factor says so all the same, nothing may be taken.
                        AskError::TooEarly { .. } | AskError::NoMore => {
                            StorageError::Conflict.into()
                        }
                    })?;
                sign_here(work, session, application)?;
                application
                    .state
                    .await_second_factor(now)
                    .map_err(StepError::from)?
            }
            None => application.state.confirm(now).map_err(StepError::from)?,
        };
        work.applications().update(application)?;
        // The log vouches for the very octets that are kept as evidence, and for whether somebody has to confirm them.
        let signed = application.signed.as_ref();
        let submission = signed.map(|signed| Submission {
            document_sha256: sha256(&signed.document),
            state: Some(application.state.clone()),
        });
        let detail = submission.map(|submission| submission.evidence());
        let evidence = Evidence {
            detail: detail.as_deref().unwrap_or_default(),
            ..evidence(session, "application.submit", application)
        };
        evidence.record(work, now)?;
        Ok(())
    }
}

/// What a session signed: whoever has the key files can sign in too, take the owner's draft and sign it with keys of his
/// own while she waits for her code. The code that she gets names her application; it must not confirm his keys.
fn signed_in(session: &Session, document: &[u8]) -> [u8; 32] {
    sha256(&[session.token_sha256, sha256(document)].concat())
}

/// Remembers that the session signed the application as it stands, for as long as the session may live.
fn sign_here(
    work: &mut dyn UnitOfWork,
    session: &Session,
    application: &Application,
) -> Result<(), StorageError> {
    let Some(signed) = &application.signed else {
        return Ok(());
    };
    work.secrets().insert_token(
        TokenPurpose::Submission,
        &signed_in(session, &signed.document),
        Some(session.person),
        application.number.as_str(),
        session.expires_at,
    )
}

/// Whether this session signed the very document that waits for its code.
pub(crate) fn is_signed_here(
    work: &mut dyn UnitOfWork,
    session: &Session,
    application: &Application,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let Some(signed) = &application.signed else {
        return Ok(false);
    };
    let found = work.secrets().peek_token(
        TokenPurpose::Submission,
        &signed_in(session, &signed.document),
        now,
    )?;
    Ok(found == Some((Some(session.person), application.number.as_str().to_owned())))
}

/// The signing key of the same person: the key that signed in is not enough.
fn check_signer(signer: &CertificateRecord, person: &Person) -> Result<(), SubmitError> {
    if signer.person != Some(person.id) {
        return Err(SubmitError::OtherPerson);
    }
    match signer.purpose {
        Purpose::Signature | Purpose::Both => Ok(()),
        Purpose::Authentication => Err(SubmitError::LoginKey),
        Purpose::CertificationAuthority | Purpose::Other => Err(SubmitError::NotForSigning),
    }
}
