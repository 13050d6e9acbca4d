//! Revoking and freezing without a key: for a password forgotten, a file lost, a computer stolen.
//!
//! IIN, then a code to the address that was confirmed earlier; that opens a session that may revoke and freeze and nothing
//! else. Revocation is final; only a registration centre releases a freeze.

use tanba_crypto::sha256;
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::id::PersonId;
use tanba_model::iin::Iin;
use tanba_model::message::MessageBody;
use tanba_model::ports::{
    EntryPurpose, LimitedSession, StorageError, TokenPurpose, UnitOfWork, certificate_object,
};
use tanba_model::revocation::LifeEvent;
use tanba_pki::{SerialNumber, Timestamp};

use super::{LIFE_MINUTES, PAUSE, Sending, Verdict, answer, may_send};
use crate::RegistrationAuthority;
use crate::codes;
use crate::error::{StepError, Unavailable, storage_code};
use crate::evidence::Evidence;
use crate::limited::LimitedOpened;
use crate::not_me::{Frozen, NotMeError, freeze_all};
use crate::notify::{notify, send_to};
use crate::revoke::{MOST, RevokeError, Revoked, refuse_applications};
use crate::taken_back::TakenBack;
use crate::token::{SessionToken, hex};

/// Certificates of a person that are looked through.
const ALL: u32 = 10_000;
/// What the audit log calls the proof.
const BY_CODE: &str = "email-code";

/// Why no session was opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The code is wrong, or its time is over; typing the newest one, or asking again, helps.
    #[error("the code is wrong or its time is over")]
    Wrong {
        /// Tries left.
        tries_left: u32,
    },
    /// No tries are left; asking for another code helps.
    #[error("no tries are left")]
    NoTriesLeft,
    /// Not six digits; no try was taken.
    #[error("it is not a code")]
    Malformed,
    /// Storage did not answer; trying again helps.
    #[error("no session was opened")]
    Storage(#[from] StorageError),
}

impl EntryError {
    /// The machine code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wrong { .. } => codes::ENTRY_CODE_WRONG,
            Self::NoTriesLeft => codes::ENTRY_CODE_SPENT,
            Self::Malformed => codes::CODE_MALFORMED,
            Self::Storage(error) => storage_code(error),
        }
    }
}

impl RegistrationAuthority {
    /// Sends a code to the person of an IIN, if there is one with a confirmed address to whom one may be sent now. The
    /// answer is the same whether or not: the secret without which no code can be entered. `None` where whoever asks did so
    /// for the same IIN a moment ago, with the secret `earlier`: a second click must not make the code of the first useless.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn ask_entry(
        &self,
        iin: &Iin,
        earlier: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<SessionToken>, Unavailable> {
        let flow = SessionToken::random(&mut self.random());
        let mut work = self.storage.begin()?;
        if let Some(earlier) = earlier.map(|flow| sha256(flow.as_bytes()))
            && let Some(entry) = work.entries().newest(EntryPurpose::Revocation, &earlier)?
            && entry.subject == asked_for(&earlier, iin)
            && entry.tries_left > 0
            && now < entry.created_at.plus(PAUSE)
        {
            return Ok(None);
        }
        let found = work.persons().find_by_iin(iin)?;
        let sending = may_send(
            work.as_mut(),
            found.as_ref().map(|person| person.id),
            EntryPurpose::Revocation,
            now,
        )?;
        // Whoever asks in another browser, or has spoilt her code, is in haste: her code goes out at once. How many go out
        // is bounded by the day, and by the requests for one IIN.
        let reached = found.filter(|person| {
            !matches!(sending, Sending::Paused) && person.code_address(now).is_some()
        });
        let code = self.set_entry(
            work.as_mut(),
            &flow.sha256(),
            EntryPurpose::Revocation,
            reached.as_ref().map(|person| person.id),
            &asked_for(&flow.sha256(), iin),
            now,
        )?;
        if let Some(person) = &reached
            && let Some(to) = person.code_address(now).cloned()
        {
            let body = MessageBody::EntryCode {
                code,
                minutes: LIFE_MINUTES,
                not_me_path: self.not_me_path(work.as_mut(), person, "", now)?,
                takes_back: TakenBack::by_link(person, None, now).is_any(),
            };
            send_to(work.as_mut(), person, to, &body, now)?;
        } else {
            // As much work as a message and its link are: two rows with an index that are forgotten at their time.
            for _ in 0..2 {
                let decoy = SessionToken::random(&mut self.random());
                work.secrets().insert_token(
                    TokenPurpose::Decoy,
                    &decoy.sha256(),
                    None,
                    &code.repeat(16),
                    now,
                )?;
            }
        }
        work.commit()?;
        Ok(Some(flow))
    }

    /// Opens a limited session for whoever holds the secret of [`RegistrationAuthority::ask_entry`] and the code.
    ///
    /// # Errors
    /// [`EntryError`] by what helps; it says nothing about whether there is such a person.
    pub fn answer_entry(
        &self,
        flow: &str,
        code: &str,
        now: Timestamp,
        origin_digest: &str,
    ) -> Result<LimitedOpened, EntryError> {
        let mut work = self.storage.begin()?;
        let flow = sha256(flow.as_bytes());
        let verdict = answer(work.as_mut(), &flow, EntryPurpose::Revocation, code, now)?;
        let opened = match verdict {
            Verdict::Malformed => return Err(EntryError::Malformed),
            Verdict::Wrong { tries_left: 0 } => Err(EntryError::NoTriesLeft),
            Verdict::Wrong { tries_left } => Err(EntryError::Wrong { tries_left }),
            Verdict::Right(entry) => match entry.person {
                Some(person) => {
                    Ok(self.open_limited(work.as_mut(), person, None, origin_digest, now)?)
                }
                None => Err(EntryError::NoTriesLeft),
            },
        };
        work.commit()?;
        opened
    }

    /// The certificates that a limited session may revoke: those that count, and those that are frozen.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for a session of another purpose.
    pub fn limited_certificates(
        &self,
        session: &LimitedSession,
        now: Timestamp,
    ) -> Result<Vec<CertificateRecord>, StepError> {
        let mut work = self.storage.snapshot()?;
        may_revoke(session)?;
        Ok(revocable(work.as_mut(), session.person, now)?)
    }

    /// Revokes certificates of the session's person for good, by serial number, after one of the events of [`LifeEvent`].
    ///
    /// Certificates, audit events and the notice are one unit of work, so OCSP answers accordingly when this returns.
    /// Whoever lost a key is signed out everywhere, and applications signed with it are refused.
    ///
    /// # Errors
    /// [`RevokeError`] by what helps.
    pub fn revoke_by_code(
        &self,
        session: &LimitedSession,
        serials: &[String],
        event: &str,
        now: Timestamp,
    ) -> Result<Revoked, RevokeError> {
        may_revoke(session)?;
        let event = LifeEvent::from_name(event).ok_or(RevokeError::Event)?;
        let mut work = self.storage.begin()?;
        let person = work
            .persons()
            .find(session.person)?
            .ok_or(StepError::NotFound)?;
        let chosen = chosen(work.as_mut(), person.id, serials, now)?;
        let reason = event.reason();
        // Readers of the log take the standard's word from the front.
        let detail = format!("{}: {BY_CODE}:{}", reason.name(), event.name());
        for record in &chosen {
            let ended = record.status.revoked(reason, now);
            work.certificates()
                .set_status(record.id, record.status, ended, now)?;
            let evidence = Evidence {
                actor: Actor::Person(person.id),
                action: "certificate.revoke",
                object: certificate_object(record.issuer, &record.serial),
                detail: &detail,
            };
            evidence.record(work.as_mut(), now)?;
        }
        if event == LifeEvent::Lost {
            work.sessions().delete_of_person(person.id)?;
            let lost: Vec<_> = chosen.iter().map(|record| record.id).collect();
            refuse_applications(work.as_mut(), person.id, &lost, now)?;
        }
        let serials: Vec<SerialNumber> = chosen.into_iter().map(|record| record.serial).collect();
        let body = MessageBody::Revoked {
            serials: serials.iter().map(SerialNumber::hex).collect(),
            reason: reason.name().to_owned(),
            by_code: true,
            not_me_path: self.not_me_path(work.as_mut(), &person, "", now)?,
        };
        notify(work.as_mut(), &person, body, now)?;
        work.commit()?;
        tracing::info!(person = %person.id, certificates = serials.len(), reason = reason.name(), "revoked by a code");
        Ok(Revoked {
            serials,
            reason,
            at: now,
            signed_out: false,
        })
    }

    /// Freezes everything of the session's person, as the link of a notice does, and ends the session: only a registration
    /// centre releases it.
    ///
    /// # Errors
    /// [`NotMeError`] by what helps.
    pub fn freeze_by_code(
        &self,
        session: &LimitedSession,
        now: Timestamp,
    ) -> Result<Frozen, NotMeError> {
        may_revoke(session).map_err(|_| NotMeError::LinkExpired)?;
        let mut work = self.storage.begin()?;
        let person = work
            .persons()
            .find(session.person)?
            .ok_or(NotMeError::LinkExpired)?;
        let frozen = freeze_all(
            work.as_mut(),
            &person,
            &Actor::Person(person.id),
            BY_CODE,
            now,
        )?;
        let body = MessageBody::Frozen {
            serials: frozen.serials.iter().map(SerialNumber::hex).collect(),
            by_code: true,
        };
        notify(work.as_mut(), &person, body, now)?;
        work.commit()?;
        tracing::warn!(person = %person.id, certificates = frozen.serials.len(), "frozen by a code");
        self.withhold_all(&frozen.confirmed, now);
        self.frozen_now(person.id)
    }
}

/// Which IIN was asked for, for whoever asked and for nobody else.
fn asked_for(flow: &[u8; 32], iin: &Iin) -> String {
    hex(&sha256(
        &[flow.as_slice(), iin.as_str().as_bytes()].concat(),
    ))
}

/// A session of another purpose may not.
const fn may_revoke(session: &LimitedSession) -> Result<(), StepError> {
    match session.application {
        None => Ok(()),
        Some(_) => Err(StepError::NotFound),
    }
}

fn revocable(
    work: &mut dyn UnitOfWork,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<CertificateRecord>, StorageError> {
    let mut records = work.certificates().of_person(person, ALL)?;
    records.retain(|record| record.not_after >= now && is_revocable(record.status));
    Ok(records)
}

const fn is_revocable(status: Status) -> bool {
    matches!(
        status,
        Status::Valid
            | Status::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            }
    )
}

fn chosen(
    work: &mut dyn UnitOfWork,
    person: PersonId,
    serials: &[String],
    now: Timestamp,
) -> Result<Vec<CertificateRecord>, RevokeError> {
    if serials.is_empty() {
        return Err(RevokeError::NothingChosen);
    }
    if serials.len() > MOST {
        return Err(RevokeError::NotRevocable);
    }
    let mut wanted: Vec<&str> = serials.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut records = revocable(work, person, now)?;
    records.retain(|record| wanted.binary_search(&record.serial.hex().as_str()).is_ok());
    if records.len() == wanted.len() {
        Ok(records)
    } else {
        Err(RevokeError::NotRevocable)
    }
}
