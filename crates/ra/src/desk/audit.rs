//! Searching the audit log: newest first, page by page.

use tanba_model::audit::{Actor, AuditEvent};
use tanba_pki::Timestamp;

use super::queue::iin_in;
use super::{Clerk, DeskError, Right};
use crate::RegistrationAuthority;
use crate::evidence::{Evidence, person_object};

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
    /// Part of who acted: `staff:3`, `administrator`, `system`.
    pub actor: String,
    /// Part of what was done: `application`, `certificate.revoke`.
    pub action: String,
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
    /// What the log calls what somebody searches for: the record of a person where it is an IIN, which stands in no address;
    /// anything else as it is.
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

fn fits(filter: &AuditFilter, event: &AuditEvent) -> bool {
    let part = |wanted: &str, text: &str| wanted.trim().is_empty() || text.contains(wanted.trim());
    let object = filter.object.trim();
    // `person:1` is not `person:17`.
    let about = object.is_empty()
        || event.object == object
        || (!object.contains(':') && event.object.contains(object));
    filter.until.is_none_or(|until| event.at < until)
        && about
        && part(&filter.action, &event.action)
        && part(&filter.actor, &actor_text(&event.actor))
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
