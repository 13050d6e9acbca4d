//! Applications, each with its key requests.

use rusqlite::{Row, params};
use tanba_model::application::{
    Application, ApplicationKind, ApplicationNumber, FirstIssuance, KeyRequest, SignedDocument,
    State,
};
use tanba_model::id::{ApplicationId, CertificateId, PersonId};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::person::EmailAddress;
use tanba_model::ports::{
    Applications, Backlog, NewApplication, QueueEntry, QueuePlace, StorageError,
};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time};
use crate::error::{damaged, of_number, of_record};

/// All columns, in the order in which [`read`] takes them.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, number, person_id, kind, state, state_at, state_reason, created_at, email, region, settlement,
                    keystore, login_certificate_id, version, signer_certificate_id, document, signature
             FROM application ",
            $rest
        )
    };
}

pub(super) const OWNER: &str =
    "SELECT coalesce(max(id), 0), coalesce(max(person_id), 0) FROM application INDEXED BY application_owner
     WHERE number = ?1";

impl Applications for SqliteUnit<'_> {
    fn insert(
        &mut self,
        application: &NewApplication,
        now: Timestamp,
    ) -> Result<Application, StorageError> {
        let id = SqliteUnit::insert_row(
            self,
            "INSERT INTO application (number, person_id, kind, state, state_at, created_at, email, region, settlement,
                                      keystore, login_certificate_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                application.number.as_str(),
                application.person.0,
                application.kind.name(),
                State::Draft.name(),
                now.unix(),
                application.email.as_ref().map(EmailAddress::as_str),
                application.region,
                application.settlement,
                application.keystore.identifier(),
                application.login_certificate.map(|id| id.0),
            ],
        )?;
        Applications::find(self, ApplicationId(id))?.ok_or(StorageError::Conflict)
    }

    fn find(&mut self, id: ApplicationId) -> Result<Option<Application>, StorageError> {
        self.one(select!("WHERE id = ?1"), [id.0], read)?
            .map(|found| self.with_requests(found))
            .transpose()
    }

    fn find_by_number(
        &mut self,
        number: &ApplicationNumber,
    ) -> Result<Option<Application>, StorageError> {
        let found = self.one(select!("WHERE number = ?1"), [number.as_str()], read)?;
        found.map(|found| self.with_requests(found)).transpose()
    }

    fn page(
        &mut self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError> {
        let found = self.many(
            select!("WHERE id > ?1 ORDER BY id LIMIT ?2"),
            params![after.map_or(i64::MIN, |id| id.0), limit],
            read,
        )?;
        self.all_with_requests(found)
    }

    fn submit_first(
        &mut self,
        application: &mut Application,
        first: FirstIssuance,
    ) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE application SET centre = ?3, version = version + 1
             WHERE id = ?1 AND version = ?2 AND centre IS NULL",
            params![application.id.0, application.version, first.centre],
        )?;
        self.execute(
            "INSERT INTO first_application (application_id, email, language, appear_by, agreement, agreed_at, document,
                                            signature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                application.id.0,
                first.email.as_str(),
                first.language.tag(),
                first.appear_by.unix(),
                first.agreement,
                first.agreed_at.unix(),
                first.document,
                first.signature,
            ],
        )?;
        application.version = application.version.saturating_add(1);
        application.first = Some(first);
        Ok(())
    }

    fn owner(
        &mut self,
        number: &ApplicationNumber,
    ) -> Result<Option<(ApplicationId, PersonId)>, StorageError> {
        // An aggregate, so that there is one row to be read in any case.
        let found = self.one(OWNER, [number.as_str()], |row| {
            Ok((ApplicationId(column(row, 0)?), PersonId(column(row, 1)?)))
        })?;
        Ok(found.filter(|(id, _)| id.0 != 0))
    }

    fn of_person(
        &mut self,
        person: PersonId,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError> {
        let found = self.many(
            select!("WHERE person_id = ?1 ORDER BY id DESC LIMIT ?2"),
            params![person.0, limit],
            read,
        )?;
        self.all_with_requests(found)
    }

    fn reissues_of(
        &mut self,
        person: PersonId,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError> {
        let found = self.many(
            select!("WHERE person_id = ?1 AND kind = ?3 ORDER BY id DESC LIMIT ?2"),
            params![person.0, limit, ApplicationKind::Reissue.name()],
            read,
        )?;
        self.all_with_requests(found)
    }

    fn page_of_person(
        &mut self,
        person: PersonId,
        before: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError> {
        let found = self.many(
            select!("WHERE person_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"),
            params![person.0, before.map_or(i64::MAX, |id| id.0), limit],
            read,
        )?;
        self.all_with_requests(found)
    }

    fn queue(
        &mut self,
        centre: Option<&str>,
        state: &str,
        newest_first: bool,
        after: Option<QueuePlace>,
        limit: u32,
    ) -> Result<Vec<QueueEntry>, StorageError> {
        self.queue_page(centre, state, newest_first, after, limit)
    }

    fn count_in_state(&mut self, state: &str) -> Result<Backlog, StorageError> {
        let found = self.one(
            "SELECT count(*), min(state_at) FROM application WHERE state = ?1",
            [state],
            super::backlog,
        )?;
        Ok(found.unwrap_or_default())
    }

    fn queue_entry(&mut self, id: ApplicationId) -> Result<Option<QueueEntry>, StorageError> {
        self.queue_one(id)
    }

    fn steps(&mut self, id: ApplicationId) -> Result<Vec<(State, Timestamp)>, StorageError> {
        self.many(
            "SELECT state, at FROM application_step WHERE application_id = ?1 ORDER BY id",
            [id.0],
            |row| {
                let at = time(row, 1)?;
                let state = State::from_parts(&column::<String>(row, 0)?, at, None)
                    .ok_or_else(|| damaged("application_step.state"))?;
                Ok((state, at))
            },
        )
    }

    fn in_state(
        &mut self,
        name: &str,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError> {
        let found = self.many(
            select!("WHERE state = ?1 AND state_at < ?2 ORDER BY state_at, id LIMIT ?3"),
            params![name, before.unix(), limit],
            read,
        )?;
        self.all_with_requests(found)
    }

    fn in_state_after(
        &mut self,
        name: &str,
        place: Option<(Timestamp, ApplicationId)>,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError> {
        let (at, id) = place.map_or((i64::MIN, 0), |(at, id)| (at.unix(), id.0));
        let found = self.many(
            select!(
                "WHERE state = ?1 AND (state_at, id) > (?2, ?3) ORDER BY state_at, id LIMIT ?4"
            ),
            params![name, at, id, limit],
            read,
        )?;
        self.all_with_requests(found)
    }

    fn update(&mut self, application: &mut Application) -> Result<(), StorageError> {
        let state = &application.state;
        let reason = if let State::Rejected { reason, .. } = state {
            Some(reason)
        } else {
            None
        };
        let signed = application.signed.as_ref();
        self.change_one(
            "UPDATE application SET
                 state = ?3, state_at = ?4, state_reason = ?5, email = ?6, region = ?7, settlement = ?8, keystore = ?9,
                 login_certificate_id = ?10, signer_certificate_id = ?11, document = ?12, signature = ?13,
                 version = version + 1
             WHERE id = ?1 AND version = ?2",
            params![
                application.id.0,
                application.version,
                state.name(),
                state.since().unwrap_or(application.created_at).unix(),
                reason,
                application.email.as_ref().map(EmailAddress::as_str),
                application.region,
                application.settlement,
                application.keystore.identifier(),
                application.login_certificate.map(|id| id.0),
                signed.map(|signed| signed.signer.0),
                signed.map(|signed| &signed.document),
                signed.map(|signed| &signed.signature),
            ],
        )?;
        self.replace_requests(application)?;
        application.version = application.version.saturating_add(1);
        Ok(())
    }
}

impl SqliteUnit<'_> {
    /// Each of these with the requests of its keys.
    fn all_with_requests(&self, found: Vec<Application>) -> Result<Vec<Application>, StorageError> {
        found
            .into_iter()
            .map(|found| self.with_requests(found))
            .collect()
    }

    fn with_requests(&self, application: Application) -> Result<Application, StorageError> {
        let id = application.id.0;
        self.completed(application)
            .map_err(|error| of_number(error, "application", id))
    }

    fn completed(&self, mut application: Application) -> Result<Application, StorageError> {
        application.requests = self.many(
            "SELECT profile, request, public_key_sha256, certificate_id
             FROM key_request WHERE application_id = ?1 ORDER BY position",
            [application.id.0],
            read_request,
        )?;
        if application.kind == ApplicationKind::First {
            application.first = self.first(application.id)?;
        }
        Ok(application)
    }

    /// The part of a submitted first issuance.
    fn first(&self, id: ApplicationId) -> Result<Option<FirstIssuance>, StorageError> {
        self.one(
            "SELECT first_application.email, language, appear_by, agreement, agreed_at, first_application.document,
                    first_application.signature, centre
             FROM first_application JOIN application ON application.id = application_id WHERE application_id = ?1",
            [id.0],
            read_first,
        )
    }

    fn replace_requests(&self, application: &Application) -> Result<(), StorageError> {
        self.execute(
            "DELETE FROM key_request WHERE application_id = ?1",
            [application.id.0],
        )?;
        for (position, request) in (0_u32..).zip(&application.requests) {
            self.refuse_foreign_key(application.id, &request.public_key_sha256)?;
            self.execute(
                "INSERT INTO key_request (application_id, position, profile, public_key_sha256, certificate_id, request)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    application.id.0,
                    position,
                    request.profile,
                    request.public_key_sha256,
                    request.certificate.map(|id| id.0),
                    request.request,
                ],
            )?;
        }
        Ok(())
    }

    /// Refuses a key of a certificate that this application did not ask for.
    fn refuse_foreign_key(
        &self,
        id: ApplicationId,
        public_key_sha256: &[u8; 32],
    ) -> Result<(), StorageError> {
        // Two lookups, one for each partial index; a single condition would read the whole table.
        let strangers = self.one(
            "SELECT (SELECT count(*) FROM certificate
                     WHERE public_key_sha256 = ?1 AND person_id IS NOT NULL AND application_id IS NOT ?2)
                  + (SELECT count(*) FROM certificate WHERE public_key_sha256 = ?1 AND person_id IS NULL)",
            params![public_key_sha256, id.0],
            |row| column::<i64>(row, 0),
        )?;
        if strangers == Some(0) {
            Ok(())
        } else {
            Err(StorageError::Conflict)
        }
    }
}

fn read(row: &Row<'_>) -> Result<Application, StorageError> {
    of_record(read_columns(row), "application", row, 0)
}

fn read_columns(row: &Row<'_>) -> Result<Application, StorageError> {
    let state = State::from_parts(&column::<String>(row, 4)?, time(row, 5)?, column(row, 6)?);
    let kind = ApplicationKind::from_name(&column::<String>(row, 3)?);
    let keystore = KeystoreKind::from_identifier(&column::<String>(row, 11)?);
    let email: Option<String> = column(row, 8)?;
    Ok(Application {
        id: ApplicationId(column(row, 0)?),
        number: ApplicationNumber::parse(&column::<String>(row, 1)?)
            .map_err(|_| damaged("application.number"))?,
        person: PersonId(column(row, 2)?),
        kind: kind.ok_or_else(|| damaged("application.kind"))?,
        state: state.ok_or_else(|| damaged("application.state"))?,
        created_at: time(row, 7)?,
        email: email
            .map(|text| EmailAddress::parse(&text))
            .transpose()
            .map_err(|_| damaged("application.email"))?,
        region: column(row, 9)?,
        settlement: column(row, 10)?,
        keystore: keystore.ok_or_else(|| damaged("application.keystore"))?,
        login_certificate: column::<Option<i64>>(row, 12)?.map(CertificateId),
        requests: Vec::new(),
        signed: read_signed(row)?,
        first: None,
        version: column(row, 13)?,
    })
}

fn read_signed(row: &Row<'_>) -> Result<Option<SignedDocument>, StorageError> {
    let Some(signer) = column::<Option<i64>>(row, 14)? else {
        return Ok(None);
    };
    Ok(Some(SignedDocument {
        document: column(row, 15)?,
        signature: column(row, 16)?,
        signer: CertificateId(signer),
    }))
}

fn read_first(row: &Row<'_>) -> Result<FirstIssuance, StorageError> {
    Ok(FirstIssuance {
        email: EmailAddress::parse(&column::<String>(row, 0)?)
            .map_err(|_| damaged("first_application.email"))?,
        language: Language::from_tag(&column::<String>(row, 1)?)
            .ok_or_else(|| damaged("first_application.language"))?,
        appear_by: time(row, 2)?,
        agreement: column(row, 3)?,
        agreed_at: time(row, 4)?,
        document: column(row, 5)?,
        signature: column(row, 6)?,
        centre: column(row, 7)?,
    })
}

fn read_request(row: &Row<'_>) -> Result<KeyRequest, StorageError> {
    Ok(KeyRequest {
        profile: column(row, 0)?,
        request: column(row, 1)?,
        public_key_sha256: column(row, 2)?,
        certificate: column::<Option<i64>>(row, 3)?.map(CertificateId),
    })
}
