//! A person at the desk: found before, with what was issued to her and what staff did.

use tanba_model::application::Application;
use tanba_model::audit::Actor;
use tanba_model::certificate::CertificateRecord;
use tanba_model::decision::{Decision, PendingAct};
use tanba_model::id::{DecisionId, PersonId};
use tanba_model::person::Person;
use tanba_pki::Timestamp;

use super::{Clerk, DeskError};
use crate::RegistrationAuthority;
use crate::evidence::{Evidence, person_object};

/// Certificates and decisions of one page.
const PAGE: u32 = 50;

/// A person as a clerk sees her.
#[derive(Debug)]
pub struct DeskPerson {
    /// The person.
    pub person: Person,
    /// Her certificates, newest first.
    pub certificates: Vec<CertificateRecord>,
    /// Whether there are older certificates than those.
    pub more_certificates: bool,
    /// Her applications that the clerk may see, newest first.
    pub applications: Vec<Application>,
    /// What waits for a second signature.
    pub pending: Vec<PendingAct>,
    /// What staff signed about her, newest first.
    pub decisions: Vec<Decision>,
    /// Whether this clerk may act for her.
    pub actable: bool,
}

impl RegistrationAuthority {
    /// A person by her record. That she was looked at is evidence, because it is her data.
    ///
    /// # Errors
    /// [`DeskError::NoPerson`] when there is no such record.
    pub fn desk_person(
        &self,
        clerk: &Clerk,
        id: PersonId,
        before: Option<DecisionId>,
        now: Timestamp,
    ) -> Result<DeskPerson, DeskError> {
        let mut work = self.storage.begin()?;
        let person = work.persons().find(id)?.ok_or(DeskError::NoPerson)?;
        let mut certificates = work
            .certificates()
            .of_person(person.id, PAGE.saturating_add(1))?;
        let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let more_certificates = certificates.len() > shown;
        certificates.truncate(shown);
        let mut applications = work.applications().of_person(person.id, PAGE)?;
        applications.retain(|application| {
            application
                .first
                .as_ref()
                .is_some_and(|first| clerk.sees(Some(&first.centre)))
        });
        let pending = work.decisions().pending_of_person(person.id)?;
        let decisions = work.decisions().of_person(person.id, before, PAGE)?;
        let evidence = Evidence {
            actor: Actor::Staff(clerk.member.id),
            action: "desk.look",
            object: person_object(person.id),
            detail: "",
        };
        evidence.record(work.as_mut(), now)?;
        work.commit()?;
        let actable = clerk.decides().is_ok() && clerk.is_stranger_to(&person).is_ok();
        Ok(DeskPerson {
            person,
            certificates,
            more_certificates,
            applications,
            pending,
            decisions,
            actable,
        })
    }
}
