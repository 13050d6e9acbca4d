//! Who works for the authority, and their sessions at the desk.

use rusqlite::{Row, params};
use tanba_model::id::{CertificateId, PersonId, StaffId};
use tanba_model::ports::{NewStaffMember, Staff, StaffSession, StorageError};
use tanba_model::staff::{Role, StaffMember};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time, time_or_none};
use crate::error::{damaged, of_record};

impl Staff for SqliteUnit<'_> {
    fn insert(&mut self, member: &NewStaffMember) -> Result<StaffId, StorageError> {
        let id = self.insert_row(
            "INSERT INTO staff (person_id, role, centre, since, until) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                member.person.0,
                member.role.name(),
                member.centre,
                member.since.unix(),
                member.until.map(Timestamp::unix),
            ],
        )?;
        Ok(StaffId(id))
    }

    fn find(&mut self, id: StaffId) -> Result<Option<StaffMember>, StorageError> {
        self.one(
            "SELECT id, person_id, role, centre, since, until FROM staff WHERE id = ?1",
            [id.0],
            read,
        )
    }

    fn of_person(&mut self, person: PersonId) -> Result<Vec<StaffMember>, StorageError> {
        self.many(
            "SELECT id, person_id, role, centre, since, until FROM staff WHERE person_id = ?1 ORDER BY id DESC",
            [person.0],
            read,
        )
    }

    fn page(
        &mut self,
        after: Option<StaffId>,
        limit: u32,
    ) -> Result<Vec<StaffMember>, StorageError> {
        self.many(
            "SELECT id, person_id, role, centre, since, until FROM staff WHERE id > ?1 ORDER BY id LIMIT ?2",
            params![after.map_or(0, |id| id.0), limit],
            read,
        )
    }

    fn end(&mut self, id: StaffId, until: Timestamp) -> Result<(), StorageError> {
        self.execute("DELETE FROM staff_session WHERE staff_id = ?1", [id.0])?;
        self.change_one(
            "UPDATE staff SET until = ?2 WHERE id = ?1",
            params![id.0, until.unix()],
        )
    }

    fn open_session(&mut self, session: &StaffSession) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO staff_session (token_sha256, staff_id, certificate_id, role, csrf, created_at, used_at,
                                        expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                session.token_sha256,
                session.staff.0,
                session.certificate.0,
                session.role.name(),
                session.csrf,
                session.created_at.unix(),
                session.used_at.unix(),
                session.expires_at.unix(),
            ],
        )
    }

    fn session(&mut self, token_sha256: &[u8; 32]) -> Result<Option<StaffSession>, StorageError> {
        self.one(
            "SELECT token_sha256, staff_id, certificate_id, role, csrf, created_at, used_at, expires_at
             FROM staff_session WHERE token_sha256 = ?1",
            [token_sha256],
            read_session,
        )
    }

    fn touch_session(
        &mut self,
        token_sha256: &[u8; 32],
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.execute(
            "UPDATE staff_session SET used_at = ?2 WHERE token_sha256 = ?1",
            params![token_sha256, now.unix()],
        )?;
        Ok(())
    }

    fn delete_session(&mut self, token_sha256: &[u8; 32]) -> Result<(), StorageError> {
        self.execute(
            "DELETE FROM staff_session WHERE token_sha256 = ?1",
            [token_sha256],
        )?;
        Ok(())
    }

    fn purge_sessions(&mut self, now: Timestamp) -> Result<u64, StorageError> {
        let gone = self.execute(
            "DELETE FROM staff_session WHERE expires_at < ?1",
            [now.unix()],
        )?;
        Ok(u64::try_from(gone).unwrap_or(u64::MAX))
    }
}

fn role(name: &str) -> Result<Role, StorageError> {
    Role::from_name(name).ok_or_else(|| damaged("staff.role"))
}

fn read(row: &Row<'_>) -> Result<StaffMember, StorageError> {
    of_record(read_columns(row), "staff", row, 0)
}

fn read_columns(row: &Row<'_>) -> Result<StaffMember, StorageError> {
    Ok(StaffMember {
        id: StaffId(column(row, 0)?),
        person: PersonId(column(row, 1)?),
        role: role(&column::<String>(row, 2)?)?,
        centre: column(row, 3)?,
        since: time(row, 4)?,
        until: time_or_none(row, 5)?,
    })
}

fn read_session(row: &Row<'_>) -> Result<StaffSession, StorageError> {
    Ok(StaffSession {
        token_sha256: column(row, 0)?,
        staff: StaffId(column(row, 1)?),
        certificate: CertificateId(column(row, 2)?),
        role: role(&column::<String>(row, 3)?)?,
        csrf: column(row, 4)?,
        created_at: time(row, 5)?,
        used_at: time(row, 6)?,
        expires_at: time(row, 7)?,
    })
}
