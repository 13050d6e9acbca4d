//! Searching the audit log: newest first, page by page.

use tanba_model::application::ApplicationNumber;
use tanba_model::audit::{Actor, AuditEvent};
use tanba_pki::Timestamp;

use super::queue::{iin_in, is_serial, twelve_digits};
use super::{Clerk, DeskError, Right};
use crate::RegistrationAuthority;
use crate::evidence::{Evidence, application_object, person_object};

/// Records of one page.
const PAGE: usize = 50;
/// Records that are read in one go.
const CHUNK: u32 = 500;
/// So many chunks one request reads at most; whoever searches further goes on from there.
const CHUNKS: u32 = 40;

/// What is searched for; everything that is given has to fit.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Part of who acted: `administrator`, `system`; with a record, as `staff:3`, that one alone.
    pub actor: String,
    /// Who may have acted instead, where `actor` is what pages call them: `staff:3`, or `staff:` for all of them.
    pub actors: Vec<String>,
    /// Part of what was done: `application`, `certificate.revoke`.
    pub action: String,
    /// What may have been done instead, where `action` is what pages call it; with hyphens for dots, as keys of texts have it.
    pub actions: Vec<String>,
    /// What it was done to: `application:17`, `person:3`, or part of a serial number.
    pub object: String,
}

/// A page of the log.
#[derive(Debug)]
pub struct AuditPage {
    /// What was found, newest first.
    pub events: Vec<(u64, AuditEvent)>,
    /// Where the search goes on; `None` when it reached the beginning of the log or the time that was asked for.
    pub next: Option<u64>,
}

impl RegistrationAuthority {
    /// What the log calls what somebody searches for: the record of an application where it is the number that people know it
    /// by, that of a person where it is an IIN, which stands in no address; anything else as it is.
    ///
    /// # Errors
    /// [`DeskError::NoPerson`] when nobody has that IIN; [`DeskError::Forbidden`] for roles that may not.
    pub fn desk_audit_object(
        &self,
        clerk: &Clerk,
        text: &str,
        now: Timestamp,
    ) -> Result<String, DeskError> {
        if !clerk.may(Right::Audit) {
            return Err(DeskError::Forbidden);
        }
        for digits in numbers(text) {
            if let Ok(number) = ApplicationNumber::parse(&digits)
                && let Some(application) = self
                    .storage
                    .snapshot()?
                    .applications()
                    .find_by_number(&number)?
            {
                return Ok(application_object(application.id));
            }
        }
        let Some(iin) = iin_in(text) else {
            return Ok(text.to_owned());
        };
        let person = self.seek_person(clerk, &iin, now)?;
        Ok(person_object(person.ok_or(DeskError::NoPerson)?))
    }

    /// Searches the log before a record, or from its end. That it was searched is evidence too.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not.
    pub fn desk_audit(
        &self,
        clerk: &Clerk,
        filter: &AuditFilter,
        before: Option<u64>,
        now: Timestamp,
    ) -> Result<AuditPage, DeskError> {
        if !clerk.may(Right::Audit) {
            return Err(DeskError::Forbidden);
        }
        let mut work = self.storage.snapshot()?;
        let mut page = AuditPage {
            events: Vec::new(),
            next: None,
        };
        let mut at = before;
        for _ in 0..CHUNKS {
            let records = work.audit_log().before(at, CHUNK)?;
            if records.is_empty() {
                return self.searched(clerk, page, now);
            }
            for record in records {
                at = Some(record.sequence);
                let Some(event) = record.read() else {
                    continue;
                };
                if filter.from.is_some_and(|from| event.at < from) {
                    return self.searched(clerk, page, now);
                }
                if fits(filter, &event) {
                    page.events.push((record.sequence, event));
                }
                if page.events.len() == PAGE {
                    page.next = Some(record.sequence).filter(|sequence| *sequence > 1);
                    return self.searched(clerk, page, now);
                }
            }
        }
        page.next = at.filter(|at| *at > 1);
        drop(work);
        self.searched(clerk, page, now)
    }

    fn searched(
        &self,
        clerk: &Clerk,
        page: AuditPage,
        now: Timestamp,
    ) -> Result<AuditPage, DeskError> {
        let mut work = self.storage.begin()?;
        let evidence = Evidence {
            actor: Actor::Staff(clerk.member.id),
            action: "audit.search",
            object: format!("staff:{}", clerk.member.id),
            detail: "",
        };
        evidence.record(work.as_mut(), now)?;
        work.commit()?;
        Ok(page)
    }
}

/// What may be the number of an application in what is searched for; nothing in a serial number.
fn numbers(text: &str) -> Vec<String> {
    if is_serial(text) {
        return Vec::new();
    }
    twelve_digits(text)
}

fn fits(filter: &AuditFilter, event: &AuditEvent) -> bool {
    let object = filter.object.trim();
    // `person:1` is not `person:17`.
    let about = object.is_empty()
        || event.object == object
        || (!object.contains(':') && event.object.contains(object));
    filter.until.is_none_or(|until| event.at < until)
        && about
        && is_done(filter, &event.action)
        && is_by(filter, &actor_text(&event.actor).to_lowercase())
}

fn is_done(filter: &AuditFilter, action: &str) -> bool {
    let wanted = filter.action.trim().to_lowercase();
    action.contains(&wanted) || filter.actions.contains(&action.replace('.', "-"))
}

fn is_by(filter: &AuditFilter, actor: &str) -> bool {
    let wanted = filter.actor.trim().to_lowercase();
    // `staff:1` is not `staff:17`.
    let whole = wanted.ends_with(|last: char| last.is_ascii_digit()) && wanted.contains(':');
    let named = |one: &String| {
        if one.ends_with(':') {
            actor.starts_with(one)
        } else {
            actor == one
        }
    };
    (if whole {
        actor == wanted
    } else {
        actor.contains(&wanted)
    }) || filter.actors.iter().any(named)
}

/// Who acted, in one word with its record.
#[must_use]
pub fn actor_text(actor: &Actor) -> String {
    match actor {
        Actor::Person(id) => format!("person:{id}"),
        Actor::LinkHolder(id) => format!("link-holder:{id}"),
        Actor::KeyHolder => "key-holder".to_owned(),
        Actor::Applicant(id) => format!("applicant:{id}"),
        Actor::Staff(id) => format!("staff:{id}"),
        Actor::Administrator(name) => format!("administrator:{name}"),
        Actor::System => "system".to_owned(),
    }
}
