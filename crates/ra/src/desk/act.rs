//! Acts for a person who stands before a clerk: what is wanted, and the document that says so.

use std::collections::BTreeMap;

use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::decision::{Act, Step};
use tanba_model::id::PersonId;
use tanba_model::name::NamePart;
use tanba_model::person::{EmailAddress, Person};
use tanba_model::ports::{PersonFacts, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use super::application::reason_of;
use super::{Clerk, DeskError, identification, is_in_person, note};
use crate::RegistrationAuthority;
use crate::evidence::{Evidence, person_object};

/// Certificates of a person that are looked through.
pub(super) const ALL: u32 = 10_000;
/// Certificates that one document revokes.
const MOST: usize = 200;

/// What a clerk wants to do for a person.
#[derive(Clone, Debug, Default)]
pub struct ActWish {
    /// [`Act::name`].
    pub act: String,
    /// [`tanba_model::decision::DecisionReason::name`].
    pub reason: String,
    /// Words for the records; may be empty unless the reason is "something else".
    pub remark: String,
    /// [`tanba_model::decision::Identification::name`]; empty where nobody stood before the clerk.
    pub identification: String,
    /// Serial numbers of the certificates to revoke, hexadecimal.
    pub serials: Vec<String>,
    /// What changes, by the name of the field: `email`, or `surname`, `given_name`, `patronymic`.
    pub changes: BTreeMap<String, String>,
}

impl RegistrationAuthority {
    /// Makes the document of an act for a person, by her record. Where the policy asks for two signatures it only proposes.
    /// The document names her and her certificates, and a refusal says how it stands with her: asking is evidence, as
    /// opening her page is, whatever the answer and whether it is signed or not.
    ///
    /// # Errors
    /// [`DeskError`] by what helps.
    pub fn prepare_act(
        &self,
        clerk: &Clerk,
        person: PersonId,
        wish: &ActWish,
        now: Timestamp,
    ) -> Result<Vec<u8>, DeskError> {
        let centre = clerk.decides()?;
        let act = Act::from_name(&wish.act)
            .filter(|act| *act != Act::Application)
            .ok_or(DeskError::Change)?;
        let person = self.look_at(clerk, person, act, now)?;
        clerk.is_stranger_to(&person)?;
        let mut work = self.storage.snapshot()?;
        let mut document = self.blank(clerk, centre, &person, act, now);
        let second = self.config.desk().needs_second(act);
        let step = if second { Step::Propose } else { Step::Approve };
        document.step = step.name().to_owned();
        document.remark = note(&wish.remark)?;
        let reason = reason_of(act, &wish.reason, &document.remark)?;
        document.reason = Some(reason.name().to_owned());
        // A court may freeze or revoke without anybody standing here; whoever gets something back or new has to.
        if !wish.identification.is_empty() || !matches!(act, Act::Freeze | Act::Revoke) {
            let way = identification(&wish.identification)?;
            is_in_person(act, Some(way))?;
            document.identification = Some(way.oid().to_owned());
        }
        match act {
            Act::Application => return Err(DeskError::Change),
            Act::Freeze | Act::Release => {
                let frozen = person.frozen_at.is_some();
                let held = on_hold(work.as_mut(), &person)?;
                let freezes = act == Act::Freeze;
                if freezes && frozen || !freezes && !frozen && held.is_empty() {
                    return Err(DeskError::NothingToDo);
                }
                let about = if freezes {
                    valid(work.as_mut(), &person, now)?
                } else {
                    held
                };
                document.certificates = serials(&about);
            }
            Act::Revoke => {
                let chosen = revocable(work.as_mut(), &person, &wish.serials, now)?;
                document.certificates = serials(&chosen);
            }
            Act::Email => document.changes = email(&wish.changes, &person)?,
            Act::Names => document.changes = names(&wish.changes, &person)?,
        }
        let waiting = work.decisions().pending_of_person(person.id)?;
        if second && waiting.iter().any(|other| other.act == act) {
            return Err(DeskError::Waits);
        }
        drop(work);
        self.offer(&document, clerk, now)
    }

    /// The person of a record, looked at for an act.
    fn look_at(
        &self,
        clerk: &Clerk,
        person: PersonId,
        act: Act,
        now: Timestamp,
    ) -> Result<Person, DeskError> {
        let mut work = self.storage.begin()?;
        let person = work.persons().find(person)?.ok_or(DeskError::NoPerson)?;
        let evidence = Evidence {
            actor: Actor::Staff(clerk.member.id),
            action: "desk.look",
            object: person_object(person.id),
            detail: act.name(),
        };
        evidence.record(work.as_mut(), now)?;
        work.commit()?;
        Ok(person)
    }
}

pub(super) fn serials(records: &[CertificateRecord]) -> Vec<String> {
    records.iter().map(|record| record.serial.hex()).collect()
}

/// Certificates of a person that are on hold.
pub(crate) fn on_hold(
    work: &mut dyn UnitOfWork,
    person: &Person,
) -> Result<Vec<CertificateRecord>, StorageError> {
    let mut records = work.certificates().of_person(person.id, ALL)?;
    records.retain(|record| {
        matches!(
            record.status,
            Status::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            }
        )
    });
    Ok(records)
}

/// Certificates of a person that count now.
pub(super) fn valid(
    work: &mut dyn UnitOfWork,
    person: &Person,
    now: Timestamp,
) -> Result<Vec<CertificateRecord>, StorageError> {
    let mut records = work.certificates().of_person(person.id, ALL)?;
    records.retain(|record| record.status.is_valid() && record.not_after >= now);
    Ok(records)
}

/// The certificates of these serial numbers, if each of them is the person's and can still be revoked: those on hold too.
pub(super) fn revocable(
    work: &mut dyn UnitOfWork,
    person: &Person,
    wanted: &[String],
    now: Timestamp,
) -> Result<Vec<CertificateRecord>, DeskError> {
    let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() || wanted.len() > MOST {
        return Err(DeskError::Change);
    }
    let mut records = valid(work, person, now)?;
    records.extend(on_hold(work, person)?);
    records.retain(|record| wanted.binary_search(&record.serial.hex().as_str()).is_ok());
    if records.len() == wanted.len() {
        Ok(records)
    } else {
        Err(DeskError::Change)
    }
}

type Changes = BTreeMap<String, String>;

/// The new address, if it is one and another one.
fn email(wished: &Changes, person: &Person) -> Result<Changes, DeskError> {
    let text = wished.get("email").map(String::as_str).unwrap_or_default();
    let address = EmailAddress::parse(text).map_err(|_| DeskError::Address)?;
    if person.email.as_ref() == Some(&address) {
        return Err(DeskError::NothingToDo);
    }
    Ok(BTreeMap::from([(
        "email".to_owned(),
        address.as_str().to_owned(),
    )]))
}

/// The whole name as it is to be; an empty patronymic says that there is none.
fn names(wished: &Changes, person: &Person) -> Result<Changes, DeskError> {
    let written = |part: NamePart| {
        wished
            .get(part.field())
            .map(String::as_str)
            .unwrap_or_default()
    };
    let PersonFacts {
        surname,
        given_name,
        patronymic,
    } = PersonFacts::read(
        written(NamePart::Surname),
        written(NamePart::GivenName),
        written(NamePart::Patronymic),
    )
    .map_err(|_| DeskError::Change)?;
    let patronymic = patronymic.unwrap_or_default();
    let same = surname == person.surname
        && given_name == person.given_name
        && patronymic == person.patronymic.as_deref().unwrap_or_default();
    if same {
        return Err(DeskError::NothingToDo);
    }
    Ok(BTreeMap::from([
        ("surname".to_owned(), surname),
        ("given_name".to_owned(), given_name),
        ("patronymic".to_owned(), patronymic),
    ]))
}
