//! Who works for the authority: entered and ended at the command line, because whoever could do it at the desk could make
//! herself anything.

use tanba_model::audit::Actor;
use tanba_model::centre::Centres;
use tanba_model::iin::Iin;
use tanba_model::person::Person;
use tanba_model::ports::{NewStaffMember, Storage, StorageError};
use tanba_model::staff::{Role, StaffMember};
use tanba_pki::Timestamp;

use crate::evidence::Evidence;

/// Why the staff did not change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StaffError {
    /// The register has nobody of that number.
    #[error("there is nobody with this IIN in the register; enter the person first")]
    NoPerson,
    /// The role needs a centre, or must not have one.
    #[error(
        "an operator or senior operator needs a registration centre, and no other role has one"
    )]
    Centre,
    /// No such centre.
    #[error("there is no registration centre {0:?}")]
    UnknownCentre(String),
    /// The person works already, or will.
    #[error("the person works here already as {}; end that first", .0.name())]
    Works(Role),
    /// The person does not work here.
    #[error("the person does not work here")]
    WorksNot,
    /// The end is not after the beginning.
    #[error("the work would end before it begins")]
    Times,
    /// Storage did not do it.
    #[error("the staff was not changed")]
    Storage(#[from] StorageError),
}

/// What somebody is to be.
#[derive(Clone, Debug)]
pub struct Employment {
    /// As what.
    pub role: Role,
    /// Code of the registration centre, for roles that have one.
    pub centre: Option<String>,
    /// From when on.
    pub since: Timestamp,
    /// Until when; `None` where no end is known.
    pub until: Option<Timestamp>,
}

/// Enters somebody into the staff, with evidence.
///
/// # Errors
/// [`StaffError`] by what helps.
pub fn employ(
    storage: &dyn Storage,
    centres: &Centres,
    iin: &Iin,
    employment: &Employment,
    actor: &Actor,
    now: Timestamp,
) -> Result<StaffMember, StaffError> {
    if employment.role.has_centre() != employment.centre.is_some() {
        return Err(StaffError::Centre);
    }
    if let Some(code) = &employment.centre
        && centres.find(code).is_none()
    {
        return Err(StaffError::UnknownCentre(code.clone()));
    }
    if employment
        .until
        .is_some_and(|until| until <= employment.since)
    {
        return Err(StaffError::Times);
    }
    let mut work = storage.begin()?;
    let person = work
        .persons()
        .find_by_iin(iin)?
        .ok_or(StaffError::NoPerson)?;
    let earlier = work.staff().of_person(person.id)?;
    let overlaps =
        |member: &&StaffMember| member.until.is_none_or(|until| until > employment.since);
    if let Some(member) = earlier.iter().find(overlaps) {
        return Err(StaffError::Works(member.role));
    }
    let id = work.staff().insert(&NewStaffMember {
        person: person.id,
        role: employment.role,
        centre: employment.centre.clone(),
        since: employment.since,
        until: employment.until,
    })?;
    let member = work.staff().find(id)?.ok_or(StorageError::Conflict)?;
    let evidence = Evidence {
        actor: actor.clone(),
        action: "staff.add",
        object: format!("staff:{id}"),
        detail: &member.evidence(),
    };
    evidence.record(work.as_mut(), now)?;
    work.commit()?;
    Ok(member)
}

/// Ends somebody's work now, and her sessions at the desk, with evidence of what it was: whatever somebody put into the table
/// is closed by that.
///
/// # Errors
/// [`StaffError::WorksNot`] when there is none to end.
pub fn dismiss(
    storage: &dyn Storage,
    iin: &Iin,
    actor: &Actor,
    now: Timestamp,
) -> Result<StaffMember, StaffError> {
    let mut work = storage.begin()?;
    let person = work
        .persons()
        .find_by_iin(iin)?
        .ok_or(StaffError::NoPerson)?;
    let members = work.staff().of_person(person.id)?;
    let member = members
        .into_iter()
        .find(|member| member.until.is_none_or(|until| until > now))
        .ok_or(StaffError::WorksNot)?;
    work.staff().end(member.id, now)?;
    let evidence = Evidence {
        actor: actor.clone(),
        action: "staff.remove",
        object: format!("staff:{}", member.id),
        detail: &member.evidence(),
    };
    evidence.record(work.as_mut(), now)?;
    work.commit()?;
    Ok(StaffMember {
        until: Some(now),
        ..member
    })
}

/// Everybody who works or worked here, by record.
///
/// # Errors
/// [`StorageError`] when storage does not answer.
pub fn staff(storage: &dyn Storage) -> Result<Vec<(StaffMember, Person)>, StorageError> {
    const CHUNK: u32 = 500;
    let mut work = storage.snapshot()?;
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = work.staff().page(after, CHUNK)?;
        let Some(last) = page.last() else {
            return Ok(all);
        };
        after = Some(last.id);
        for member in page {
            if let Some(person) = work.persons().find(member.person)? {
                all.push((member, person));
            }
        }
    }
}
