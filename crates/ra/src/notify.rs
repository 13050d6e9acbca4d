//! Notices: written with their cause, to the confirmed address and number and no other.

use rand_core::CryptoRng;
use tanba_crypto::sha256;
use tanba_model::audit::Actor;
use tanba_model::certificate::RevocationReason;
use tanba_model::id::PersonId;
use tanba_model::message::{AdministratorAct, LINK_LIFE, MessageBody, Recipient};
use tanba_model::person::{EmailAddress, Person};
use tanba_model::ports::{NewMessage, StorageError, TokenPurpose, UnitOfWork};
use tanba_pki::{SerialNumber, Timestamp};

use crate::RegistrationAuthority;
use crate::desk::on_hold;
use crate::evidence::{Evidence, person_object};
use crate::token::random_link;

impl RegistrationAuthority {
    /// Makes a link "it was not me" for this person and returns its path; only a digest of it is stored.
    pub(crate) fn not_me_path(
        &self,
        work: &mut dyn UnitOfWork,
        person: &Person,
        number: &str,
        now: Timestamp,
    ) -> Result<String, StorageError> {
        not_me_path(work, &mut self.random(), person.id, number, now)
    }

    /// Announces certificates that nobody applied for in the cabinet: whoever works at the command line cannot issue
    /// behind a person's back either. To be called in the unit of work of their intents, so that no crash leaves a
    /// certificate without its notice. A person without a confirmed address gets none.
    ///
    /// # Errors
    /// [`StorageError`]; then nothing may be signed.
    pub fn announce(
        &self,
        work: &mut dyn UnitOfWork,
        person: PersonId,
        serials: &[SerialNumber],
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let found = work.persons().find(person)?;
        let Some(person) =
            found.filter(|person| person.email.is_some() || !person.notice_phones(now).is_empty())
        else {
            return Ok(());
        };
        let body = MessageBody::CertificatesIssued {
            number: String::new(),
            serials: serials.iter().map(SerialNumber::hex).collect(),
            not_me_path: self.not_me_path(work, &person, "", now)?,
        };
        notify(work, &person, body, now)?;
        let evidence = Evidence {
            actor,
            action: "person.announce",
            object: person_object(person.id),
            detail: "",
        };
        evidence.record(work, now)
    }
}

fn not_me_path(
    work: &mut dyn UnitOfWork,
    random: &mut dyn CryptoRng,
    person: PersonId,
    number: &str,
    now: Timestamp,
) -> Result<String, StorageError> {
    let token = random_link(random);
    let digest = sha256(token.as_bytes());
    let until = now.plus(LINK_LIFE);
    work.secrets()
        .insert_token(TokenPurpose::NotMe, &digest, Some(person), number, until)?;
    Ok(format!("/not-me/{token}"))
}

/// Tells a person that an administrator released certificates, or without any that she may have new ones again. Whoever did
/// not ask for it freezes everything anew with the link in it. To be called in the unit of work of the change.
///
/// # Errors
/// [`StorageError`]; then nothing may be changed.
pub fn announce_release(
    work: &mut dyn UnitOfWork,
    random: &mut dyn CryptoRng,
    person: PersonId,
    serials: &[SerialNumber],
    now: Timestamp,
) -> Result<(), StorageError> {
    let Some(person) = work.persons().find(person)? else {
        return Ok(());
    };
    let act = if !serials.is_empty() {
        AdministratorAct::Released
    } else if on_hold(work, &person)?.is_empty() {
        AdministratorAct::NothingHeld
    } else {
        AdministratorAct::PersonReleased
    };
    let body = MessageBody::ByAdministrator {
        act,
        serials: serials.iter().map(SerialNumber::hex).collect(),
        reason: String::new(),
        not_me_path: not_me_path(work, random, person.id, "", now)?,
    };
    notify(work, &person, body, now)
}

/// Tells a person what else an administrator did to her certificates or to her. To be called in the unit of work of the
/// change, so that nobody works at the command line behind her back. A person without a confirmed address gets none.
///
/// # Errors
/// [`StorageError`]; then nothing may be changed.
pub fn announce_act(
    work: &mut dyn UnitOfWork,
    person: PersonId,
    act: AdministratorAct,
    serials: &[SerialNumber],
    reason: Option<RevocationReason>,
    now: Timestamp,
) -> Result<(), StorageError> {
    let Some(person) = work.persons().find(person)? else {
        return Ok(());
    };
    let body = MessageBody::ByAdministrator {
        act,
        serials: serials.iter().map(SerialNumber::hex).collect(),
        reason: reason.map_or_else(String::new, |reason| reason.name().to_owned()),
        not_me_path: String::new(),
    };
    notify(work, &person, body, now)
}

/// Puts a notice into the outbox, for each channel on which the person is known where it may have to be stopped; a person
/// who can be reached on none gets none. For a while after she changed her address or her number, the one of before gets it too.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a notice is made for this and for nothing else"
)]
pub(crate) fn notify(
    work: &mut dyn UnitOfWork,
    person: &Person,
    body: MessageBody,
    now: Timestamp,
) -> Result<(), StorageError> {
    if body.goes_to_every_channel() {
        for phone in person.notice_phones(now) {
            send(work, person, phone.clone().into(), body.clone(), now)?;
        }
    }
    for to in person.notice_addresses(now) {
        send_to(work, person, to.clone(), &body, now)?;
    }
    Ok(())
}

/// Puts a message to one address into the outbox.
pub(crate) fn send_to(
    work: &mut dyn UnitOfWork,
    person: &Person,
    to: EmailAddress,
    body: &MessageBody,
    now: Timestamp,
) -> Result<(), StorageError> {
    send(work, person, to.into(), body.clone(), now)?;
    Ok(())
}

/// Puts a message for a person into the outbox.
pub(crate) fn send(
    work: &mut dyn UnitOfWork,
    person: &Person,
    to: Recipient,
    body: MessageBody,
    now: Timestamp,
) -> Result<(), StorageError> {
    let message = NewMessage {
        person: person.id,
        to,
        language: person.language,
        body,
    };
    work.outbox().insert(&message, now).map(drop)
}
