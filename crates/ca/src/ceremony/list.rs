//! The complete revocation list of a root.

use std::time::Duration;

use tanba_model::audit::Actor;
use tanba_model::certificate::{RevokedEntry, Status};
use tanba_model::ports::{CrlKind, StorageError};
use tanba_pki::Timestamp;

use super::plan::ListPlan;
use super::{Artefact, ArtefactKind, CeremonyError, Room, must_be_root};
use crate::issuer::Issuer;
use crate::publish::PlannedList;

impl Room {
    pub(super) fn rehearse_list(
        &self,
        issuer: &str,
        list: &ListPlan,
    ) -> Result<Artefact, CeremonyError> {
        let issuer = self.issuer(issuer)?;
        must_be_root(&issuer)?;
        self.check_list(&issuer, list)?;
        let algorithm = issuer.algorithm()?;
        let more: Vec<RevokedEntry> = list
            .revoke
            .iter()
            .map(|entry| RevokedEntry {
                serial: entry.serial,
                at: list.this_update,
                reason: Some(entry.reason),
            })
            .collect();
        let mut unit = self.desk.storage.snapshot()?;
        let tbs = planned(list).compose(unit.as_mut(), &issuer, algorithm, &more)?;
        Ok(Artefact {
            name: issuer.name.clone(),
            kind: ArtefactKind::List,
            der: tanba_pki::crl::assemble_crl(&tbs, algorithm, &[0; 8]),
        })
    }

    /// The planned list, if it is published.
    pub(super) fn listed_already(
        &self,
        issuer: &str,
        list: &ListPlan,
    ) -> Result<Option<Artefact>, CeremonyError> {
        let issuer = self.issuer(issuer)?;
        let latest = self
            .desk
            .storage
            .snapshot()?
            .crls()
            .latest(issuer.id, CrlKind::Full)?;
        let same = latest.filter(|latest| {
            latest.number == list.number
                && latest.this_update == list.this_update
                && latest.next_update == list.next_update
        });
        Ok(same.map(|latest| Artefact {
            name: issuer.name.clone(),
            kind: ArtefactKind::List,
            der: latest.der,
        }))
    }

    pub(super) fn hold_list(
        &self,
        issuer: &str,
        list: &ListPlan,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Artefact, CeremonyError> {
        let issuer = self.issuer(issuer)?;
        // Opened first: without the key nothing is revoked.
        let key = issuer.key(self.desk.chest.as_ref())?;
        for entry in &list.revoke {
            let mut unit = self.desk.storage.snapshot()?;
            let found = unit
                .certificates()
                .find_by_serial(issuer.id, &entry.serial)?;
            let id = found.ok_or(StorageError::Conflict)?.id;
            drop(unit);
            let (reason, as_of) = (entry.reason, list.this_update);
            self.desk
                .revoke_as_of(id, (reason, ""), as_of, actor, now, &mut |_, _| Ok(()))?;
        }
        let published = self
            .desk
            .publish_planned(&issuer, &key, &planned(list), actor, now)?;
        Ok(Artefact {
            name: issuer.name.clone(),
            kind: ArtefactKind::List,
            der: published.ok_or_else(|| other_number(list, None))?.der,
        })
    }

    /// Whether the list ends in time, the number is the next, the time later than the last list's, and what is revoked was issued.
    fn check_list(&self, issuer: &Issuer, list: &ListPlan) -> Result<(), CeremonyError> {
        ends_in_time(issuer, list.this_update, list.next_update).map_err(CeremonyError::Plan)?;
        if self.desk.is_taken(issuer, list.number)?.is_none() {
            let next = self.desk.next_number(issuer)?;
            return Err(other_number(list, Some(next)));
        }
        let mut unit = self.desk.storage.snapshot()?;
        let latest = unit.crls().latest(issuer.id, CrlKind::Full)?;
        if latest.is_some_and(|latest| latest.this_update > list.this_update) {
            return Err(CeremonyError::Plan(
                "the list would be of an earlier time than the one that is published".to_owned(),
            ));
        }
        for entry in &list.revoke {
            let record = unit
                .certificates()
                .find_by_serial(issuer.id, &entry.serial)?;
            let fits = record.is_some_and(|record| match record.status {
                Status::Valid => true,
                Status::Revoked { reason, .. } => reason == entry.reason,
                Status::Intended | Status::Void => false,
            });
            if !fits {
                return Err(CeremonyError::Plan(format!(
                    "{} cannot be revoked as planned: the authority issued no such certificate, or revoked it for another reason",
                    entry.serial
                )));
            }
        }
        Ok(())
    }
}

/// What a list is good for at most. Whoever holds an old one back shows it as long as it lasts, and so long nobody is
/// reminded of the next one.
const LONGEST_LIFE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Refuses a list that would be current for too long, or longer than its issuer.
pub(super) fn ends_in_time(
    issuer: &Issuer,
    this_update: Timestamp,
    next_update: Timestamp,
) -> Result<(), String> {
    if next_update > this_update.plus(LONGEST_LIFE) {
        return Err(format!(
            "the list would be current until {}: a list of a root is for 400 days at most, so that an old one cannot be shown for long",
            next_update.rfc3339()
        ));
    }
    if next_update > issuer.certificate.not_after() {
        return Err(format!(
            "the list would be current until {}, and its root ends at {}",
            next_update.rfc3339(),
            issuer.certificate.not_after().rfc3339()
        ));
    }
    Ok(())
}

fn planned(list: &ListPlan) -> PlannedList {
    PlannedList {
        number: list.number,
        this_update: list.this_update,
        next_update: list.next_update,
    }
}

fn other_number(list: &ListPlan, next: Option<u64>) -> CeremonyError {
    let next = next.map_or_else(
        || "another number is the next".to_owned(),
        |next| format!("the next number is {next}"),
    );
    CeremonyError::Plan(format!(
        "the list cannot have the number {}: {next}",
        list.number
    ))
}
