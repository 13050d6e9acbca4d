//! Signing in at the desk: a challenge that names it, signed with a key of staff.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::login::{Challenge, ChallengePurpose};
use tanba_model::ports::{
    StaffSession, StorageError, TokenPurpose, UnitOfWork, certificate_object,
};
use tanba_model::staff::{Role, StaffMember};
use tanba_pki::{Certificate, Timestamp};

use super::Clerk;
use crate::RegistrationAuthority;
use crate::codes;
use crate::error::{Unavailable, storage_code};
use crate::evidence::Evidence;
use crate::signature::{Signature, SignatureFault};
use crate::token::{SessionKey, SessionToken};

/// A session that nobody used for so long is over: desks are left alone.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// A session is over after so long, used or not.
const LIFE: Duration = Duration::from_secs(8 * 60 * 60);
/// Use is remembered this often, not at each request.
const TOUCH: Duration = Duration::from_secs(60);

/// Why nobody was signed in at the desk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskLoginError {
    /// The signature or its certificate does not count; the fault says what helps.
    #[error("the signature does not count")]
    Signature(#[from] SignatureFault),
    /// The challenge is unknown, expired or used; trying again with a new one helps.
    #[error("the challenge cannot be answered any more")]
    ChallengeExpired,
    /// What was signed is not a challenge of this desk.
    #[error("something else was signed")]
    ChallengeForeign,
    /// The certificate is not one of staff.
    #[error("the certificate is not one of staff")]
    NotStaffKey,
    /// The certificate is a citizen's: it opens the cabinet.
    #[error("a citizen's key was used at the desk")]
    CitizenKey,
    /// The person does not work here now, or in a role that the certificate is not for.
    #[error("the person does not work here in that role")]
    NotStaff,
    /// The person's keys are frozen.
    #[error("the person is frozen")]
    Frozen,
    /// Storage did not answer; trying again helps.
    #[error("nobody was signed in")]
    Storage(#[from] StorageError),
}

impl DeskLoginError {
    /// The machine code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Signature(fault) => fault.code(),
            Self::ChallengeExpired => codes::CHALLENGE_EXPIRED,
            Self::ChallengeForeign => codes::CHALLENGE_FOREIGN,
            Self::NotStaffKey => codes::NOT_A_STAFF_KEY,
            Self::CitizenKey => codes::CITIZEN_KEY,
            Self::NotStaff => codes::NOT_STAFF,
            Self::Frozen => codes::PERSON_FROZEN,
            Self::Storage(error) => storage_code(error),
        }
    }
}

/// A session of the desk that was just opened.
#[derive(Debug)]
pub struct DeskOpened {
    /// The secret for the cookie; not stored anywhere.
    pub token: SessionToken,
    /// Whose it is.
    pub clerk: Clerk,
}

impl RegistrationAuthority {
    /// Makes a challenge for the desk: canonical JSON that has to be signed as it is, within five minutes, once.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn desk_challenge(&self, now: Timestamp) -> Result<Vec<u8>, Unavailable> {
        let mut work = self.storage.begin()?;
        let challenge = self.challenge(work.as_mut(), ChallengePurpose::Desk, None, now)?;
        work.commit()?;
        Ok(challenge)
    }

    /// Opens a session of the desk for whoever signed its challenge with a certificate of staff, and works here now. Her
    /// role is the lower of what the table and what the certificate says.
    ///
    /// As in the cabinet, what is wrong with a certificate is told only after the signature proved possession.
    ///
    /// # Errors
    /// [`DeskLoginError`] by what helps.
    pub fn desk_login(
        &self,
        message: &[u8],
        now: Timestamp,
        origin_digest: &str,
    ) -> Result<DeskOpened, DeskLoginError> {
        let signature = Signature::read(message, now)?;
        let challenge = Challenge::from_bytes(&signature.content)
            .map_err(|_| DeskLoginError::ChallengeForeign)?;
        if !self.is_ours(&challenge, ChallengePurpose::Desk, "") {
            return Err(DeskLoginError::ChallengeForeign);
        }
        let judged = self.judge(&signature, now)?;
        let mut work = self.storage.begin()?;
        let digest = sha256(&signature.content);
        let token = work
            .secrets()
            .take_token(TokenPurpose::DeskChallenge, &digest, now)?;
        if token.is_none() {
            return Err(DeskLoginError::ChallengeExpired);
        }
        let (record, admitted) = match judged {
            Ok(record) => {
                let admitted = admit(work.as_mut(), &record, now)?;
                (Some(record), admitted)
            }
            Err(refused) => (refused.record, Err(refused.fault.into())),
        };
        let outcome = match (record, admitted) {
            (Some(record), Ok((member, role))) => {
                Ok(self.open(work.as_mut(), &record, member, role, origin_digest, now)?)
            }
            (None, Ok(_)) => Err(DeskLoginError::NotStaffKey),
            (record, Err(error)) => {
                refuse(work.as_mut(), record.as_ref(), &error, origin_digest, now)?;
                Err(error)
            }
        };
        work.commit()?;
        match &outcome {
            Ok(opened) => tracing::info!(staff = %opened.clerk.member.id, "signed in at the desk"),
            Err(error) => tracing::info!(code = error.code(), "not signed in at the desk"),
        }
        outcome
    }

    fn open(
        &self,
        work: &mut dyn UnitOfWork,
        record: &CertificateRecord,
        member: StaffMember,
        role: Role,
        origin_digest: &str,
        now: Timestamp,
    ) -> Result<DeskOpened, DeskLoginError> {
        let person = work
            .persons()
            .find(member.person)?
            .ok_or(DeskLoginError::NotStaff)?;
        let token = SessionToken::random(&mut self.random());
        let mut session = StaffSession {
            token_sha256: token.sha256(),
            staff: member.id,
            certificate: record.id,
            role,
            csrf: String::new(),
            created_at: now,
            used_at: now,
            expires_at: now.plus(LIFE),
        };
        session.csrf = self.session_key.of_desk(&session);
        work.staff().open_session(&session)?;
        let evidence = Evidence {
            actor: Actor::Staff(member.id),
            action: "desk.open",
            object: certificate_object(record.issuer, &record.serial),
            detail: role.name(),
        };
        evidence.record_from(work, now, origin_digest)?;
        let clerk = Clerk {
            session,
            member,
            person,
        };
        Ok(DeskOpened { token, clerk })
    }

    /// Whoever sits at the desk with this cookie's secret; `None` when the session is over.
    ///
    /// It is over after 15 minutes without use, after 8 hours, when the work ended, when the person is frozen, and when the
    /// certificate that opened it does not count any more.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn desk_session(&self, token: &str, now: Timestamp) -> Result<Option<Clerk>, Unavailable> {
        let mut work = self.storage.snapshot()?;
        let Some(session) = work.staff().session(&sha256(token.as_bytes()))? else {
            return Ok(None);
        };
        if now >= session.expires_at || now >= session.used_at.plus(IDLE) {
            return Ok(None);
        }
        if !SessionKey::is_right(&session.csrf, &self.session_key.of_desk(&session)) {
            tracing::warn!(staff = %session.staff, "a session of staff was not opened by this program, or before its key was made: it does not count");
            return Ok(None);
        }
        let member = work.staff().find(session.staff)?;
        let Some(member) = member.filter(|member| member.works(now)) else {
            return Ok(None);
        };
        let person = work.persons().find(member.person)?;
        let Some(person) = person.filter(|person| person.frozen_at.is_none()) else {
            return Ok(None);
        };
        let record = work.certificates().find(session.certificate)?;
        let counts = |record: &CertificateRecord| {
            matches!(record.status, Status::Valid) && now <= record.not_after
        };
        if !record.as_ref().is_some_and(counts) {
            return Ok(None);
        }
        drop(work);
        let mut clerk = Clerk {
            session,
            member,
            person,
        };
        if now >= clerk.session.used_at.plus(TOUCH) {
            match self.touch_desk(&clerk.session, now) {
                Ok(()) => clerk.session.used_at = now,
                Err(error) => {
                    let cause: &dyn std::error::Error = &error;
                    tracing::warn!(error = cause, "the use of a session is not remembered");
                }
            }
        }
        Ok(Some(clerk))
    }

    fn touch_desk(&self, session: &StaffSession, now: Timestamp) -> Result<(), StorageError> {
        let mut work = self.storage.begin()?;
        work.staff().touch_session(&session.token_sha256, now)?;
        work.commit()
    }

    /// Ends the session of a cookie's secret; ending one that is not there is fine.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn desk_logout(&self, token: &str, now: Timestamp) -> Result<(), Unavailable> {
        let digest = sha256(token.as_bytes());
        let mut work = self.storage.begin()?;
        let Some(session) = work.staff().session(&digest)? else {
            return Ok(());
        };
        work.staff().delete_session(&digest)?;
        let evidence = Evidence {
            actor: Actor::Staff(session.staff),
            action: "desk.close",
            object: format!("staff:{}", session.staff),
            detail: "",
        };
        evidence.record(work.as_mut(), now)?;
        work.commit()?;
        Ok(())
    }
}

/// The role that a record's certificate speaks of; `None` for everybody else's.
pub(crate) fn staff_role(record: &CertificateRecord) -> Option<Role> {
    let certificate = Certificate::from_der(record.der.as_deref()?).ok()?;
    Role::of_certificate(&certificate)
}

/// Whether a certificate is one of staff.
pub(crate) fn is_staff_key(record: &CertificateRecord) -> bool {
    staff_role(record).is_some()
}

type Admitted = Result<(StaffMember, Role), DeskLoginError>;

/// Who signs in with this certificate, as what.
fn admit(
    work: &mut dyn UnitOfWork,
    record: &CertificateRecord,
    now: Timestamp,
) -> Result<Admitted, StorageError> {
    let said = match (staff_role(record), record.purpose.authenticates()) {
        (Some(said), true) => said,
        (None, true) if record.person.is_some() => return Ok(Err(DeskLoginError::CitizenKey)),
        (Some(_) | None, _) => return Ok(Err(DeskLoginError::NotStaffKey)),
    };
    let person = match record.person {
        Some(person) => work.persons().find(person)?,
        None => None,
    };
    let Some(person) = person else {
        return Ok(Err(DeskLoginError::NotStaffKey));
    };
    if person.frozen_at.is_some() {
        return Ok(Err(DeskLoginError::Frozen));
    }
    let mut members = work.staff().of_person(person.id)?.into_iter();
    let member = members.find(|member| member.works(now));
    Ok(member
        .and_then(|member| {
            let role = member.role.limited_by(said)?;
            Some((member, role))
        })
        .ok_or(DeskLoginError::NotStaff))
}

/// Leaves evidence of a key that was tried and refused.
fn refuse(
    work: &mut dyn UnitOfWork,
    record: Option<&CertificateRecord>,
    error: &DeskLoginError,
    origin_digest: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    let Some(record) = record else {
        return Ok(());
    };
    let evidence = Evidence {
        actor: record.person.map_or(Actor::System, Actor::Person),
        action: "desk.refuse",
        object: certificate_object(record.issuer, &record.serial),
        detail: error.code(),
    };
    evidence.record_from(work, now, origin_digest)
}
