//! The proof that new keys work, and the end of the old ones.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::application::{Application, ApplicationNumber, State};
use tanba_model::audit::Actor;
use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::id::CertificateId;
use tanba_model::login::{Challenge, ChallengePurpose};
use tanba_model::message::MessageBody;
use tanba_model::ports::{IssuanceError, StorageError, TokenPurpose, UnitOfWork};
use tanba_pki::{SerialNumber, Timestamp};

use crate::RegistrationAuthority;
use crate::authority::wrong_state;
use crate::codes;
use crate::error::StepError;
use crate::evidence::{Evidence, application_object};
use crate::holder::Holder;
use crate::notify::notify;
use crate::signature::{Signature, SignatureFault};

/// How long before the end of validity a calendar reminds.
const REMINDER: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Why an installation was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// A signature or its certificate does not count; the fault says what helps.
    #[error("a proof does not count")]
    Signature(#[from] SignatureFault),
    /// The challenge is unknown, expired or used; trying again with a new one helps.
    #[error("the challenge cannot be answered any more")]
    ChallengeExpired,
    /// What was signed is not a challenge of this site for this application.
    #[error("something else was signed")]
    ChallengeForeign,
    /// Not one proof for each new key.
    #[error("{expected} proofs are needed, one by each new key")]
    Count {
        /// How many are needed.
        expected: usize,
    },
    /// A proof is signed with a key that is not of this application; the new files help.
    #[error("a proof is of another key")]
    OtherKey,
    /// What can go wrong in every step.
    #[error("the installation was not taken")]
    Step(#[from] StepError),
}

impl InstallError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signature(fault) => fault.code(),
            Self::ChallengeExpired => codes::CHALLENGE_EXPIRED,
            Self::ChallengeForeign => codes::CHALLENGE_FOREIGN,
            Self::Count { .. } => codes::PROOF_COUNT,
            Self::OtherKey => codes::PROOF_OTHER_KEY,
            Self::Step(error) => error.code(),
        }
    }
}

impl From<StorageError> for InstallError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

/// An installation that is done.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The application, installed.
    pub application: Application,
    /// Serial numbers of the certificates that were revoked as superseded.
    pub superseded: Vec<SerialNumber>,
    /// When a calendar should remind of the next renewal: 30 days before the first new certificate ends.
    pub reminder: Timestamp,
}

impl RegistrationAuthority {
    /// Makes a challenge that each new key of an issued application has to sign, within five minutes, once.
    ///
    /// # Errors
    /// [`StepError::WrongState`] unless certificates are ready.
    pub fn installation_challenge(
        &self,
        holder: impl Into<Holder>,
        number: &ApplicationNumber,
        now: Timestamp,
    ) -> Result<Vec<u8>, StepError> {
        let mut work = self.storage.begin()?;
        let (application, _) = Self::held(work.as_mut(), &holder.into(), number)?;
        if !matches!(application.state, State::Issued { .. }) {
            return Err(wrong_state("install", &application));
        }
        let bound = Some((application.person, number.as_str()));
        let challenge =
            self.challenge(work.as_mut(), ChallengePurpose::Installation, bound, now)?;
        work.commit()?;
        Ok(challenge)
    }

    /// Takes one proof for each new key, CMS signed data over the same challenge, in any order. Then, if `revoke_old`,
    /// the certificates that signed in and signed for this reissue are revoked as superseded; no others.
    ///
    /// Old certificates are revoked before the application is installed: a crash between leaves an application whose
    /// installation can be repeated, and repeating an installation that is done returns what came of it.
    ///
    /// # Errors
    /// [`InstallError`] by what helps.
    pub fn installed(
        &self,
        holder: impl Into<Holder>,
        number: &ApplicationNumber,
        proofs: &[Vec<u8>],
        revoke_old: bool,
        now: Timestamp,
    ) -> Result<Installed, InstallError> {
        let holder = holder.into();
        let (application, _) = Self::held(self.storage.snapshot()?.as_mut(), &holder, number)?;
        match application.state {
            State::Issued { .. } => {}
            State::Installed { .. } => return Ok(self.done(application)?),
            State::Draft
            | State::Submitted { .. }
            | State::Awaiting2fa { .. }
            | State::Confirmed { .. }
            | State::Rejected { .. }
            | State::Expired { .. }
            | State::Cancelled { .. } => return Err(wrong_state("install", &application).into()),
        }
        let challenge = self.check_proofs(&application, proofs, now)?;
        let known = self.storage.snapshot()?.secrets().peek_token(
            TokenPurpose::InstallationChallenge,
            &challenge,
            now,
        )?;
        if known != Some((Some(application.person), number.as_str().to_owned())) {
            return Err(InstallError::ChallengeExpired);
        }
        if revoke_old {
            self.supersede(&application, now)?;
        }
        self.conclude_installation(&holder, number, &challenge, now)
    }

    /// Whether each new key signed the same challenge of this application; returns the challenge's digest.
    fn check_proofs(
        &self,
        application: &Application,
        proofs: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<[u8; 32], InstallError> {
        let expected = application.requests.len();
        if proofs.len() != expected {
            return Err(InstallError::Count { expected });
        }
        let mut missing: Vec<CertificateId> = application
            .requests
            .iter()
            .filter_map(|request| request.certificate)
            .collect();
        let mut content: Option<Vec<u8>> = None;
        for proof in proofs {
            let signature = Signature::read(proof, now)?;
            let challenge = Challenge::from_bytes(&signature.content)
                .map_err(|_| InstallError::ChallengeForeign)?;
            if !self.is_ours(
                &challenge,
                ChallengePurpose::Installation,
                application.number.as_str(),
            ) || content
                .as_ref()
                .is_some_and(|content| *content != signature.content)
            {
                return Err(InstallError::ChallengeForeign);
            }
            let record = self
                .judge(&signature, now)?
                .map_err(|refused| refused.fault)?;
            let place = missing
                .iter()
                .position(|id| *id == record.id)
                .ok_or(InstallError::OtherKey)?;
            missing.swap_remove(place);
            content = Some(signature.content);
        }
        content
            .map(|content| sha256(&content))
            .ok_or(InstallError::Count { expected })
    }

    /// Revokes the pair that signed this reissue; one that is revoked already stays as it is.
    fn supersede(&self, application: &Application, now: Timestamp) -> Result<(), StepError> {
        for id in signed_with(application) {
            let actor = Actor::Person(application.person);
            match self
                .issuance
                .revoke(id, RevocationReason::Superseded, actor, now)
            {
                Ok(()) | Err(IssuanceError::AlreadyRevoked) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn conclude_installation(
        &self,
        holder: &Holder,
        number: &ApplicationNumber,
        challenge: &[u8; 32],
        now: Timestamp,
    ) -> Result<Installed, InstallError> {
        let mut work = self.storage.begin()?;
        let (mut application, person) = Self::held(work.as_mut(), holder, number)?;
        if matches!(application.state, State::Installed { .. }) {
            drop(work);
            return Ok(self.done(application)?);
        }
        if work
            .secrets()
            .take_token(TokenPurpose::InstallationChallenge, challenge, now)?
            .is_none()
        {
            return Err(InstallError::ChallengeExpired);
        }
        let superseded: Vec<String> = superseded(work.as_mut(), &application)?
            .iter()
            .map(SerialNumber::hex)
            .collect();
        if !superseded.is_empty() {
            holder.end_other_sessions(work.as_mut(), &person)?;
        }
        application.state = application.state.install(now).map_err(StepError::from)?;
        work.applications().update(&mut application)?;
        let evidence = Evidence {
            actor: Actor::Person(person.id),
            action: "application.install",
            object: application_object(application.id),
            detail: "",
        };
        evidence.record(work.as_mut(), now)?;
        let body = MessageBody::Installed {
            number: number.as_str().to_owned(),
            superseded,
            first: application.first.is_some(),
            not_me_path: self.not_me_path(work.as_mut(), &person, number.as_str(), now)?,
        };
        notify(work.as_mut(), &person, body, now)?;
        work.commit()?;
        tracing::info!(application = %application.id, "installed");
        Ok(self.done(application)?)
    }

    /// What came of an installation, from the records.
    fn done(&self, application: Application) -> Result<Installed, StorageError> {
        let mut work = self.storage.snapshot()?;
        let superseded = superseded(work.as_mut(), &application)?;
        let mut ends: Option<Timestamp> = None;
        for id in application
            .requests
            .iter()
            .filter_map(|request| request.certificate)
        {
            if let Some(record) = work.certificates().find(id)? {
                ends = Some(ends.map_or(record.not_after, |earlier| earlier.min(record.not_after)));
            }
        }
        let ends = ends.ok_or_else(|| {
            StorageError::Damaged(format!("application {}: certificate", application.id))
        })?;
        Ok(Installed {
            application,
            superseded,
            reminder: ends.minus(REMINDER),
        })
    }

    /// When a calendar should remind of the next renewal; `None` before certificates are issued.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is no such application for the holder.
    pub fn reminder(
        &self,
        holder: impl Into<Holder>,
        number: &ApplicationNumber,
    ) -> Result<Option<Timestamp>, StepError> {
        let mut work = self.storage.snapshot()?;
        let (application, _) = Self::held(work.as_mut(), &holder.into(), number)?;
        if !matches!(
            application.state,
            State::Issued { .. } | State::Installed { .. }
        ) {
            return Ok(None);
        }
        drop(work);
        Ok(Some(self.done(application)?.reminder))
    }
}

/// The certificates that signed in and signed for an application, without its own.
fn signed_with(application: &Application) -> Vec<CertificateId> {
    let signer = application.signed.as_ref().map(|signed| signed.signer);
    let mut pair: Vec<CertificateId> = application
        .login_certificate
        .into_iter()
        .chain(signer)
        .collect();
    pair.dedup();
    pair.retain(|id| {
        !application
            .requests
            .iter()
            .any(|request| request.certificate == Some(*id))
    });
    pair
}

fn superseded(
    work: &mut dyn UnitOfWork,
    application: &Application,
) -> Result<Vec<SerialNumber>, StorageError> {
    let mut serials = Vec::new();
    for id in signed_with(application) {
        if let Some(record) = work.certificates().find(id)?
            && matches!(
                record.status,
                Status::Revoked {
                    reason: RevocationReason::Superseded,
                    ..
                }
            )
        {
            serials.push(record.serial);
        }
    }
    Ok(serials)
}
