//! What an approval of a first application means for somebody who is known already.
//!
//! First keys are for people who have none. Where somebody has valid keys, or another confirmed address, an application for
//! first keys may be a stranger's, and an approval would be the shortest way to move her address: shorter than the act that
//! the policy of the desk guards.

use std::collections::BTreeMap;

use tanba_model::application::Application;
use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::decision::{Act, DecisionDocument, Step};
use tanba_model::person::Person;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;

/// Certificates of a person that are looked through.
const ALL: u32 = 10_000;

/// What is known of the person of a first application, apart from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Certificates that she has already and that are valid or on hold: what is on hold can count again any day.
    pub keys: usize,
    /// Whether her confirmed address is another one than that of the application.
    pub other_address: bool,
    /// Whether an approval makes the address of the application the confirmed one.
    pub moves_address: bool,
}

impl Known {
    /// Whether she has to stand before the operator, with a document.
    #[must_use]
    pub const fn needs_presence(&self) -> bool {
        self.keys > 0 || self.other_address
    }

    /// What an approval changes of the person, as its document says it.
    pub(crate) fn changes(
        &self,
        application: &Application,
        person: &Person,
    ) -> BTreeMap<String, String> {
        let mut changes = BTreeMap::new();
        let Some(first) = application.first.as_ref().filter(|_| self.moves_address) else {
            return changes;
        };
        changes.insert("email".to_owned(), first.address().as_str().to_owned());
        if let Some(before) = &person.email {
            changes.insert("email_before".to_owned(), before.as_str().to_owned());
        }
        changes
    }
}

/// Whether a certificate counts or can count again.
const fn is_alive(status: Status) -> bool {
    matches!(
        status,
        Status::Valid
            | Status::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            }
    )
}

impl RegistrationAuthority {
    /// What is known of the person of a first application. Where she is known and the policy asks for two signatures under a
    /// change of the address, an approval, which one operator signs, leaves her address alone.
    pub(crate) fn known(
        &self,
        work: &mut dyn UnitOfWork,
        application: &Application,
        person: &Person,
        now: Timestamp,
    ) -> Result<Known, StorageError> {
        let Some(first) = &application.first else {
            return Ok(Known::default());
        };
        let mut records = work.certificates().of_person(person.id, ALL)?;
        records.retain(|record| {
            is_alive(record.status)
                && record.not_after >= now
                && record.application != Some(application.id)
        });
        let (confirmed, typed) = (person.email.as_ref(), first.address());
        let mut known = Known {
            keys: records.len(),
            other_address: confirmed.is_some_and(|address| *address != typed),
            moves_address: false,
        };
        let needs_second = known.needs_presence() && self.config.desk().needs_second(Act::Email);
        known.moves_address = confirmed != Some(&typed) && !needs_second;
        Ok(known)
    }

    /// Whether the address of an issued application becomes the confirmed one: where it was approved at the desk, only if
    /// the operator signed so. What changed between approval and issue never moves an address about which nobody was asked.
    pub(super) fn is_address_moved(
        &self,
        work: &mut dyn UnitOfWork,
        application: &Application,
        person: &Person,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let known = self.known(work, application, person, now)?;
        let decisions = work.decisions().of_application(application.id)?;
        let approval = decisions
            .iter()
            .rfind(|decision| decision.made.step == Step::Approve);
        let is_signed = approval.is_none_or(|decision| {
            DecisionDocument::from_bytes(&decision.made.document)
                .is_ok_and(|document| document.changes == known.changes(application, person))
        });
        Ok(known.moves_address && is_signed)
    }
}
