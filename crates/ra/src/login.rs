//! Signing in: a challenge signed with the authentication key.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::audit::Actor;
use tanba_model::certificate::CertificateRecord;
use tanba_model::login::{CHALLENGE_LIFE_SECONDS, Challenge, ChallengePurpose};
use tanba_model::message::MessageBody;
use tanba_model::person::Person;
use tanba_model::ports::{Session, StorageError, TokenPurpose, UnitOfWork, certificate_object};
use tanba_pki::{Purpose, Timestamp};

use crate::RegistrationAuthority;
use crate::codes;
use crate::error::{Unavailable, storage_code};
use crate::evidence::Evidence;
use crate::notify::notify;
use crate::session::LIFE;
use crate::signature::{Signature, SignatureFault};
use crate::token::{SessionToken, random_hex};

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The signature or its certificate does not count; the fault says what helps.
    #[error("the signature does not count")]
    Signature(#[from] SignatureFault),
    /// The challenge is unknown, expired or used; trying again with a new one helps.
    #[error("the challenge cannot be answered any more")]
    ChallengeExpired,
    /// What was signed is not a challenge of this site for signing in.
    #[error("something else was signed")]
    ChallengeForeign,
    /// The signing key was used; the file with the authentication key helps.
    #[error("a signing key was used to sign in")]
    SigningKey,
    /// The certificate is nobody's key for signing in.
    #[error("the certificate is not for signing in")]
    NotForLogin,
    /// The certificate is one of staff: it opens the desk.
    #[error("a key of staff was used to sign in")]
    StaffKey,
    /// The person's keys are frozen; only a registration centre helps.
    #[error("the person is frozen")]
    Frozen,
    /// Storage did not answer; trying again helps.
    #[error("nobody was signed in")]
    Storage(#[from] StorageError),
}

impl LoginError {
    /// The machine code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Signature(fault) => fault.code(),
            Self::ChallengeExpired => codes::CHALLENGE_EXPIRED,
            Self::ChallengeForeign => codes::CHALLENGE_FOREIGN,
            Self::SigningKey => codes::SIGNING_KEY_USED,
            Self::NotForLogin => codes::NOT_A_LOGIN_KEY,
            Self::StaffKey => codes::STAFF_KEY,
            Self::Frozen => codes::PERSON_FROZEN,
            Self::Storage(error) => storage_code(error),
        }
    }
}

/// The program that signs in, as far as it tells. Whoever brings no secret is new every time.
#[derive(Clone, Default)]
pub struct Device {
    /// The secret of the browser's own cookie, which lives long; empty where it brought none.
    pub secret: String,
    /// The kind of program, coarse enough to name no one device: `firefox-linux`.
    pub kind: String,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Device({})", self.kind)
    }
}

/// A session that was just opened.
#[derive(Debug)]
pub struct LoggedIn {
    /// The secret for the cookie; not stored anywhere.
    pub token: SessionToken,
    /// The session, with its secret against cross-site requests.
    pub session: Session,
    /// Whose it is.
    pub person: Person,
}

impl RegistrationAuthority {
    /// Makes a challenge: the canonical JSON that has to be signed as it is, within five minutes, once.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn login_challenge(&self, now: Timestamp) -> Result<Vec<u8>, Unavailable> {
        let mut work = self.storage.begin()?;
        let challenge = self.challenge(work.as_mut(), ChallengePurpose::Login, None, now)?;
        work.commit()?;
        Ok(challenge)
    }

    /// Opens a session for whoever signed a challenge with an authentication key of ours, as [`Self::login_from`] does, for
    /// a program that nobody needs to be told about.
    ///
    /// # Errors
    /// [`LoginError`] by what helps.
    pub fn login(
        &self,
        message: &[u8],
        now: Timestamp,
        origin_digest: &str,
    ) -> Result<LoggedIn, LoginError> {
        self.sign_in(message, None, now, origin_digest)
    }

    /// Opens a session for whoever signed a challenge with an authentication key of ours. A device that she did not sign in
    /// from before is announced to her, with a link that freezes everything.
    ///
    /// `message` is CMS signed data with the challenge inside. `origin_digest` is a digest of the network address, for
    /// the audit log. The order of checks gives nothing away to those who do not have the key: what is wrong with a
    /// certificate is told only after the signature proved possession and used the challenge up.
    ///
    /// # Errors
    /// [`LoginError`] by what helps.
    pub fn login_from(
        &self,
        message: &[u8],
        device: &Device,
        now: Timestamp,
        origin_digest: &str,
    ) -> Result<LoggedIn, LoginError> {
        self.sign_in(message, Some(device), now, origin_digest)
    }

    fn sign_in(
        &self,
        message: &[u8],
        device: Option<&Device>,
        now: Timestamp,
        origin_digest: &str,
    ) -> Result<LoggedIn, LoginError> {
        let signature = Signature::read(message, now)?;
        let challenge =
            Challenge::from_bytes(&signature.content).map_err(|_| LoginError::ChallengeForeign)?;
        if !self.is_ours(&challenge, ChallengePurpose::Login, "") {
            return Err(LoginError::ChallengeForeign);
        }
        let judged = self.judge(&signature, now)?;
        let mut work = self.storage.begin()?;
        let digest = sha256(&signature.content);
        if work
            .secrets()
            .take_token(TokenPurpose::LoginChallenge, &digest, now)?
            .is_none()
        {
            return Err(LoginError::ChallengeExpired);
        }
        let (record, admitted) = match judged {
            Ok(record) => {
                let admitted = Self::admit(work.as_mut(), &record)?;
                (Some(record), admitted)
            }
            Err(refused) => (refused.record, Err(LoginError::Signature(refused.fault))),
        };
        let outcome = match (record, admitted) {
            (Some(record), Ok(person)) => {
                if let Some(device) = device {
                    self.meet(work.as_mut(), &person, device, now)?;
                }
                let kind = device.map_or("", |device| device.kind.as_str());
                Ok(self.open_session(work.as_mut(), &record, person, (kind, origin_digest), now)?)
            }
            (None, Ok(_)) => Err(LoginError::NotForLogin),
            (record, Err(error)) => {
                refuse(work.as_mut(), record.as_ref(), &error, origin_digest, now)?;
                Err(error)
            }
        };
        work.commit()?;
        match &outcome {
            Ok(opened) => tracing::info!(person = %opened.person.id, "signed in"),
            Err(error) => tracing::info!(code = error.code(), "not signed in"),
        }
        outcome
    }

    /// Who signs in with this certificate.
    fn admit(
        work: &mut dyn UnitOfWork,
        record: &CertificateRecord,
    ) -> Result<Result<Person, LoginError>, StorageError> {
        match record.purpose {
            Purpose::Authentication | Purpose::Both => {}
            Purpose::Signature => return Ok(Err(LoginError::SigningKey)),
            Purpose::CertificationAuthority | Purpose::Other => {
                return Ok(Err(LoginError::NotForLogin));
            }
        }
        // A key of staff is for the desk: whoever steals it must not renew the keys of its owner.
        if crate::desk::is_staff_key(record) {
            return Ok(Err(LoginError::StaffKey));
        }
        let Some(person) = record.person else {
            return Ok(Err(LoginError::NotForLogin));
        };
        Ok(match work.persons().find(person)? {
            None => Err(LoginError::NotForLogin),
            Some(person) if person.frozen_at.is_some() => Err(LoginError::Frozen),
            Some(person) => Ok(person),
        })
    }

    /// Tells a person of a device that she did not sign in from before.
    fn meet(
        &self,
        work: &mut dyn UnitOfWork,
        person: &Person,
        device: &Device,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        // Bound to the person: nobody can tell from two records that two people use one device.
        let bound = [
            &person.id.0.to_be_bytes(),
            device.secret.as_bytes(),
            device.kind.as_bytes(),
        ];
        let is_new = device.secret.is_empty()
            || work
                .devices()
                .remember(person.id, &sha256(&bound.concat()), now)?;
        if !is_new {
            return Ok(());
        }
        let body = MessageBody::NewDevice {
            at: now,
            device: device.kind.clone(),
            not_me_path: self.not_me_path(work, person, "", now)?,
        };
        notify(work, person, body, now)
    }

    fn open_session(
        &self,
        work: &mut dyn UnitOfWork,
        record: &CertificateRecord,
        person: Person,
        (device, origin_digest): (&str, &str),
        now: Timestamp,
    ) -> Result<LoggedIn, StorageError> {
        let token = SessionToken::random(&mut self.random());
        let mut session = Session {
            token_sha256: token.sha256(),
            person: person.id,
            certificate: record.id,
            device: device.to_owned(),
            csrf: String::new(),
            created_at: now,
            used_at: now,
            expires_at: now.plus(LIFE),
        };
        session.csrf = self.session_key.of_session(&session);
        work.sessions().insert(&session)?;
        let evidence = Evidence {
            actor: Actor::Person(person.id),
            action: "session.open",
            object: certificate_object(record.issuer, &record.serial),
            detail: "",
        };
        evidence.record_from(work, now, origin_digest)?;
        Ok(LoggedIn {
            token,
            session,
            person,
        })
    }

    /// Makes a challenge and remembers its digest: another byte, another challenge.
    pub(crate) fn challenge(
        &self,
        work: &mut dyn UnitOfWork,
        purpose: ChallengePurpose,
        bound: Option<(tanba_model::id::PersonId, &str)>,
        now: Timestamp,
    ) -> Result<Vec<u8>, StorageError> {
        let expires = now.plus(Duration::from_secs(CHALLENGE_LIFE_SECONDS.unsigned_abs()));
        let subject = bound.map_or("", |(_, subject)| subject);
        let challenge = Challenge {
            schema: Challenge::SCHEMA.to_owned(),
            purpose,
            origin: self.config.origin().to_owned(),
            nonce: random_hex(&mut self.random()),
            subject: subject.to_owned(),
            issued: now,
            expires,
        };
        let bytes = challenge
            .to_bytes()
            .map_err(|error| StorageError::Damaged(error.to_string()))?;
        let token = match purpose {
            ChallengePurpose::Login => TokenPurpose::LoginChallenge,
            ChallengePurpose::Installation => TokenPurpose::InstallationChallenge,
            ChallengePurpose::Desk => TokenPurpose::DeskChallenge,
        };
        work.secrets().insert_token(
            token,
            &sha256(&bytes),
            bound.map(|(person, _)| person),
            subject,
            expires,
        )?;
        Ok(bytes)
    }

    /// Whether a challenge is one of this site for this purpose and subject.
    pub(crate) fn is_ours(
        &self,
        challenge: &Challenge,
        purpose: ChallengePurpose,
        subject: &str,
    ) -> bool {
        challenge.purpose == purpose
            && challenge.origin == self.config.origin()
            && challenge.subject == subject
    }
}

/// Leaves evidence of a key that was tried and refused.
fn refuse(
    work: &mut dyn UnitOfWork,
    record: Option<&CertificateRecord>,
    error: &LoginError,
    origin_digest: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    let Some(record) = record else {
        return Ok(());
    };
    let evidence = Evidence {
        actor: record.person.map_or(Actor::System, Actor::Person),
        action: "session.refuse",
        object: certificate_object(record.issuer, &record.serial),
        detail: error.code(),
    };
    evidence.record_from(work, now, origin_digest)
}
