//! Doing what was signed: records, audit events and notices in one unit of work.

use tanba_model::audit::Actor;
use tanba_model::audit::facts::Fact;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::decision::{Act, DecisionReason, Identification};
use tanba_model::id::ApplicationId;
use tanba_model::message::{AdministratorAct, MessageBody};
use tanba_model::person::{EmailAddress, Person};
use tanba_model::ports::{PersonFacts, StorageError, UnitOfWork, certificate_object};
use tanba_pki::{SerialNumber, Timestamp};

use super::act::{on_hold, revocable, serials};
use super::sign::Signed;
use super::{DeskError, is_in_person};
use crate::RegistrationAuthority;
use crate::codes;
use crate::evidence::{Evidence, person_object};
use crate::not_me::{NotMeError, freeze_all};
use crate::notify::{announce_release, notify};
use crate::revoke::refuse_applications;

impl RegistrationAuthority {
    /// Does what was signed, and first asked for at that time. Returns the applications that were being issued when a person
    /// was frozen: see [`Self::withhold_all`].
    pub(super) fn carry_out(
        &self,
        work: &mut dyn UnitOfWork,
        (signed, asked_at): (&Signed<'_>, Timestamp),
        person: &Person,
        now: Timestamp,
    ) -> Result<Vec<ApplicationId>, DeskError> {
        let actor = Actor::Staff(signed.clerk.member.id);
        let reason = signed.document.reason.as_deref();
        let reason = reason
            .and_then(DecisionReason::from_name)
            .ok_or(DeskError::Reason)?;
        // Also of what waited for its second signature since before this was asked for.
        let way = signed.document.identification.as_deref();
        is_in_person(signed.act(), way.and_then(Identification::from_oid))?;
        match signed.act() {
            Act::Application => Err(DeskError::NotPrepared),
            Act::Freeze => freeze(work, &actor, person, reason, now),
            Act::Release => {
                let held = release(work, (signed, asked_at), &actor, person, now)?;
                announce_release(work, &mut self.random(), person.id, &held, now)?;
                Ok(Vec::new())
            }
            Act::Revoke => revoke(work, signed, &actor, person, reason, now).map(|()| Vec::new()),
            Act::Email => {
                let text = signed.document.changes.get("email");
                let address = text.and_then(|text| EmailAddress::parse(text).ok());
                let address = address.ok_or(DeskError::Change)?;
                let moved = self.replace_address(work, person, &address, now)?;
                let evidence = Evidence {
                    actor,
                    action: "person.email",
                    object: person_object(person.id),
                    detail: "",
                };
                evidence.record_facts(work, person.id, &[Fact::Address], now)?;
                if moved.earlier_email.is_none() {
                    tell(work, &moved, AdministratorAct::EmailChanged, &[], None, now)?;
                }
                Ok(Vec::new())
            }
            Act::Names => rename(work, signed, &actor, person, now).map(|()| Vec::new()),
        }
    }
}

fn did(
    work: &mut dyn UnitOfWork,
    actor: &Actor,
    action: &'static str,
    object: String,
    detail: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    let evidence = Evidence {
        actor: actor.clone(),
        action,
        object,
        detail,
    };
    evidence.record(work, now)
}

fn tell(
    work: &mut dyn UnitOfWork,
    person: &Person,
    act: AdministratorAct,
    about: &[CertificateRecord],
    reason: Option<RevocationReason>,
    now: Timestamp,
) -> Result<(), StorageError> {
    let body = MessageBody::ByAdministrator {
        act,
        serials: serials(about),
        reason: reason.map_or_else(String::new, |reason| reason.name().to_owned()),
        not_me_path: String::new(),
    };
    notify(work, person, body, now)
}

fn freeze(
    work: &mut dyn UnitOfWork,
    actor: &Actor,
    person: &Person,
    reason: DecisionReason,
    now: Timestamp,
) -> Result<Vec<ApplicationId>, DeskError> {
    if person.frozen_at.is_some() {
        return Err(DeskError::NothingToDo);
    }
    let frozen =
        freeze_all(work, person, actor, codes::AT_DESK, now).map_err(|error| match error {
            NotMeError::LinkExpired => DeskError::NothingToDo,
            NotMeError::Storage(error) => error.into(),
        })?;
    did(
        work,
        actor,
        "desk.freeze",
        person_object(person.id),
        reason.name(),
        now,
    )?;
    let body = MessageBody::ByAdministrator {
        act: AdministratorAct::Held,
        serials: frozen.serials.iter().map(SerialNumber::hex).collect(),
        reason: String::new(),
        not_me_path: String::new(),
    };
    notify(work, person, body, now)?;
    Ok(frozen.confirmed)
}

/// Releases what was named and no more, and says what that was: whatever was put on hold since then, was for a reason that nobody here has read.
fn release(
    work: &mut dyn UnitOfWork,
    (signed, asked_at): (&Signed<'_>, Timestamp),
    actor: &Actor,
    person: &Person,
    now: Timestamp,
) -> Result<Vec<SerialNumber>, DeskError> {
    let held = on_hold(work, person)?;
    if person.frozen_at.is_none() && held.is_empty() {
        return Err(DeskError::NothingToDo);
    }
    let named = &signed.document.certificates;
    let is_later = |record: &CertificateRecord| {
        let since = match record.status {
            Status::Revoked { at, .. } => Some(at),
            Status::Intended | Status::Void | Status::Valid => None,
        };
        !named.contains(&record.serial.hex()) || since.is_some_and(|since| since > asked_at)
    };
    if held.iter().any(is_later) || person.frozen_at.is_some_and(|since| since > asked_at) {
        return Err(DeskError::Outdated);
    }
    for record in &held {
        work.certificates()
            .set_status(record.id, record.status, Status::Valid, now)?;
        let object = certificate_object(record.issuer, &record.serial);
        did(work, actor, "certificate.release", object, "", now)?;
    }
    work.persons().set_frozen(person.id, None)?;
    did(
        work,
        actor,
        "person.release",
        person_object(person.id),
        "",
        now,
    )?;
    Ok(held.into_iter().map(|record| record.serial).collect())
}

fn revoke(
    work: &mut dyn UnitOfWork,
    signed: &Signed<'_>,
    actor: &Actor,
    person: &Person,
    reason: DecisionReason,
    now: Timestamp,
) -> Result<(), DeskError> {
    let chosen = revocable(work, person, &signed.document.certificates, now)?;
    let why = reason.revocation();
    for record in &chosen {
        let to = record.status.revoked(why, now);
        work.certificates()
            .set_status(record.id, record.status, to, now)?;
        let object = certificate_object(record.issuer, &record.serial);
        did(work, actor, "certificate.revoke", object, why.name(), now)?;
    }
    if why == RevocationReason::KeyCompromise {
        // Whoever has the lost key must not stay signed in with it, nor go on with what it began.
        work.sessions().delete_of_person(person.id)?;
        work.limited_sessions().delete_of_person(person.id)?;
        let lost: Vec<_> = chosen.iter().map(|record| record.id).collect();
        refuse_applications(work, person.id, &lost, now)?;
    }
    Ok(tell(
        work,
        person,
        AdministratorAct::Revoked,
        &chosen,
        Some(why),
        now,
    )?)
}

fn rename(
    work: &mut dyn UnitOfWork,
    signed: &Signed<'_>,
    actor: &Actor,
    person: &Person,
    now: Timestamp,
) -> Result<(), DeskError> {
    let changes = &signed.document.changes;
    let (Some(surname), Some(given_name), Some(patronymic)) = (
        changes.get("surname"),
        changes.get("given_name"),
        changes.get("patronymic"),
    ) else {
        return Err(DeskError::Change);
    };
    let facts = PersonFacts {
        surname: surname.clone(),
        given_name: given_name.clone(),
        patronymic: Some(patronymic.clone()).filter(|name| !name.is_empty()),
    };
    // Where she comes from stays as it was: the table goes on being believed about whom it was believed about.
    let (source, deceased) = work
        .persons()
        .source(person.id)?
        .ok_or(DeskError::NoPerson)?;
    work.persons()
        .set_identity(person.id, &facts, &source, deceased)?;
    let evidence = Evidence {
        actor: actor.clone(),
        action: "person.names",
        object: person_object(person.id),
        detail: "",
    };
    let set = [Fact::Number, Fact::Names];
    evidence.record_facts(work, person.id, &set, now)?;
    Ok(tell(
        work,
        person,
        AdministratorAct::NamesChanged,
        &[],
        None,
        now,
    )?)
}
