//! What staff signed, and acts that wait for a second signature.

use rusqlite::{Row, params};
use tanba_model::administration::{Administration, AdministrativeAct, NewAdministration};
use tanba_model::decision::{Act, Decision, NewDecision, PendingAct, Step};
use tanba_model::id::{
    ActId, AdministrationId, ApplicationId, CertificateId, DecisionId, PersonId, StaffId,
};
use tanba_model::ports::{ActEnd, Decisions, NewPendingAct, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time};
use crate::error::{damaged, of_record};

macro_rules! decisions {
    ($rest:literal) => {
        concat!(
            "SELECT id, staff_id, person_id, application_id, pending_act_id, act, step, at, signer_certificate_id,
                    document, signature
             FROM decision ",
            $rest
        )
    };
}

macro_rules! pending {
    ($rest:literal) => {
        concat!(
            "SELECT pending_act.id, act, pending_act.person_id, pending_act.centre, staff_id, staff.person_id, asked_at,
                    expires_at, document
             FROM pending_act JOIN staff ON staff.id = staff_id WHERE ended IS NULL AND ",
            $rest
        )
    };
}

impl Decisions for SqliteUnit<'_> {
    fn insert(&mut self, decision: &NewDecision) -> Result<DecisionId, StorageError> {
        let id = self.insert_row(
            "INSERT INTO decision (staff_id, person_id, application_id, pending_act_id, act, step, at,
                                   signer_certificate_id, document_sha256, document, signature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                decision.staff.0,
                decision.person.0,
                decision.application.map(|id| id.0),
                decision.pending.map(|id| id.0),
                decision.act.name(),
                decision.step.name(),
                decision.at.unix(),
                decision.signer.0,
                decision.document_sha256(),
                decision.document,
                decision.signature,
            ],
        )?;
        Ok(DecisionId(id))
    }

    fn of_document(&mut self, sha256: &[u8; 32]) -> Result<Option<Decision>, StorageError> {
        self.one(decisions!("WHERE document_sha256 = ?1"), [sha256], read)
    }

    fn page(
        &mut self,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Vec<Decision>, StorageError> {
        self.many(
            decisions!("WHERE id > ?1 ORDER BY id LIMIT ?2"),
            params![after.map_or(i64::MIN, |id| id.0), limit],
            read,
        )
    }

    fn of_application(
        &mut self,
        application: ApplicationId,
    ) -> Result<Vec<Decision>, StorageError> {
        self.many(
            decisions!("WHERE application_id = ?1 ORDER BY id"),
            [application.0],
            read,
        )
    }

    fn of_person(
        &mut self,
        person: PersonId,
        before: Option<DecisionId>,
        limit: u32,
    ) -> Result<Vec<Decision>, StorageError> {
        self.many(
            decisions!("WHERE person_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"),
            params![person.0, before.map_or(i64::MAX, |id| id.0), limit],
            read,
        )
    }

    fn applications_of_staff(
        &mut self,
        staff: StaffId,
        before: Option<DecisionId>,
        limit: u32,
    ) -> Result<Vec<(DecisionId, ApplicationId)>, StorageError> {
        self.many(
            "SELECT id, application_id FROM decision
             WHERE staff_id = ?1 AND application_id IS NOT NULL AND id < ?2 ORDER BY id DESC LIMIT ?3",
            params![staff.0, before.map_or(i64::MAX, |id| id.0), limit],
            |row| Ok((DecisionId(column(row, 0)?), ApplicationId(column(row, 1)?))),
        )
    }

    fn ask(&mut self, act: &NewPendingAct) -> Result<ActId, StorageError> {
        let id = self.insert_row(
            "INSERT INTO pending_act (act, person_id, centre, staff_id, asked_at, expires_at, document)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                act.act.name(),
                act.person.0,
                act.centre,
                act.first.0,
                act.asked_at.unix(),
                act.expires_at.unix(),
                act.document,
            ],
        )?;
        Ok(ActId(id))
    }

    fn pending(&mut self, id: ActId) -> Result<Option<PendingAct>, StorageError> {
        self.one(pending!("pending_act.id = ?1"), [id.0], read_pending)
    }

    fn asked_document(&mut self, id: ActId) -> Result<Option<Vec<u8>>, StorageError> {
        self.one(
            "SELECT document FROM pending_act WHERE id = ?1",
            [id.0],
            |row| column(row, 0),
        )
    }

    fn pending_at(
        &mut self,
        centre: Option<&str>,
        after: Option<ActId>,
        limit: u32,
    ) -> Result<Vec<PendingAct>, StorageError> {
        let after = after.map_or(0, |id| id.0);
        match centre {
            Some(centre) => self.many(
                pending!(
                    "pending_act.centre = ?1 AND pending_act.id > ?2 ORDER BY pending_act.id LIMIT ?3"
                ),
                params![centre, after, limit],
                read_pending,
            ),
            None => self.many(
                pending!("pending_act.id > ?1 ORDER BY pending_act.id LIMIT ?2"),
                params![after, limit],
                read_pending,
            ),
        }
    }

    fn pending_of_person(&mut self, person: PersonId) -> Result<Vec<PendingAct>, StorageError> {
        self.many(
            pending!("pending_act.person_id = ?1 ORDER BY pending_act.id"),
            [person.0],
            read_pending,
        )
    }

    fn overdue(&mut self, now: Timestamp, limit: u32) -> Result<Vec<PendingAct>, StorageError> {
        self.many(
            pending!("expires_at < ?1 ORDER BY expires_at LIMIT ?2"),
            params![now.unix(), limit],
            read_pending,
        )
    }

    fn end(&mut self, id: ActId, how: ActEnd, now: Timestamp) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE pending_act SET ended = ?2, ended_at = ?3 WHERE id = ?1 AND ended IS NULL",
            params![id.0, how.name(), now.unix()],
        )
    }

    fn insert_administration(
        &mut self,
        order: &NewAdministration,
    ) -> Result<AdministrationId, StorageError> {
        let id = self.insert_row(
            "INSERT INTO administration (staff_id, act, object, at, signer_certificate_id, document_sha256, document,
                                         signature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                order.staff.0,
                order.act.name(),
                order.object,
                order.at.unix(),
                order.signer.0,
                order.document_sha256(),
                order.document,
                order.signature,
            ],
        )?;
        Ok(AdministrationId(id))
    }

    fn administrations(
        &mut self,
        object: &str,
        limit: u32,
    ) -> Result<Vec<Administration>, StorageError> {
        self.many(
            "SELECT id, staff_id, act, object, at, signer_certificate_id, document, signature FROM administration
             WHERE object = ?1 ORDER BY id DESC LIMIT ?2",
            params![object, limit],
            read_administration,
        )
    }

    fn administrations_after(
        &mut self,
        after: Option<AdministrationId>,
        limit: u32,
    ) -> Result<Vec<Administration>, StorageError> {
        self.many(
            "SELECT id, staff_id, act, object, at, signer_certificate_id, document, signature FROM administration
             WHERE id > ?1 ORDER BY id LIMIT ?2",
            params![after.map_or(i64::MIN, |id| id.0), limit],
            read_administration,
        )
    }
}

fn act(name: &str) -> Result<Act, StorageError> {
    Act::from_name(name).ok_or_else(|| damaged("decision.act"))
}

fn read(row: &Row<'_>) -> Result<Decision, StorageError> {
    of_record(read_columns(row), "decision", row, 0)
}

fn read_columns(row: &Row<'_>) -> Result<Decision, StorageError> {
    let step = Step::from_name(&column::<String>(row, 6)?);
    Ok(Decision {
        id: DecisionId(column(row, 0)?),
        made: NewDecision {
            staff: StaffId(column(row, 1)?),
            person: PersonId(column(row, 2)?),
            application: column::<Option<i64>>(row, 3)?.map(ApplicationId),
            pending: column::<Option<i64>>(row, 4)?.map(ActId),
            act: act(&column::<String>(row, 5)?)?,
            step: step.ok_or_else(|| damaged("decision.step"))?,
            at: time(row, 7)?,
            signer: CertificateId(column(row, 8)?),
            document: column(row, 9)?,
            signature: column(row, 10)?,
        },
    })
}

fn read_administration(row: &Row<'_>) -> Result<Administration, StorageError> {
    let act = AdministrativeAct::from_name(&column::<String>(row, 2)?);
    Ok(Administration {
        id: AdministrationId(column(row, 0)?),
        made: NewAdministration {
            staff: StaffId(column(row, 1)?),
            act: act.ok_or_else(|| damaged("administration.act"))?,
            object: column(row, 3)?,
            at: time(row, 4)?,
            signer: CertificateId(column(row, 5)?),
            document: column(row, 6)?,
            signature: column(row, 7)?,
        },
    })
}

fn read_pending(row: &Row<'_>) -> Result<PendingAct, StorageError> {
    Ok(PendingAct {
        id: ActId(column(row, 0)?),
        act: act(&column::<String>(row, 1)?)?,
        person: PersonId(column(row, 2)?),
        centre: column(row, 3)?,
        first: StaffId(column(row, 4)?),
        first_person: PersonId(column(row, 5)?),
        asked_at: time(row, 6)?,
        expires_at: time(row, 7)?,
        document: column(row, 8)?,
    })
}
