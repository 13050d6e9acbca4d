//! What a person may read of her own.

use tanba_model::application::{Application, ApplicationKind, ApplicationNumber, State};
use tanba_model::certificate::CertificateRecord;
use tanba_model::decision::Step;
use tanba_model::ports::{CertificateFilter, Session, Standing, StorageError, UnitOfWork};
use tanba_pki::{SerialNumber, Timestamp};

use crate::RegistrationAuthority;
use crate::error::{StepError, Unavailable};
use crate::reissue::is_signed_here;
use crate::second_factor::SecondFactorStanding;

/// Entries that are looked at where no page is asked for.
const LIMIT: u32 = 200;

/// An application and how it went.
#[derive(Clone, Debug)]
pub struct History {
    /// The application.
    pub application: Application,
    /// The states that it entered and when, the draft first. Reasons are not told.
    pub steps: Vec<(State, Timestamp)>,
    /// How staff decided it, signature by signature, the oldest first. What was decided without one was decided at the
    /// command line.
    pub signed: Vec<Step>,
}

impl History {
    pub(crate) fn of(
        work: &mut dyn UnitOfWork,
        application: Application,
    ) -> Result<Self, StorageError> {
        let steps = work.applications().steps(application.id)?;
        // Staff decides about first keys alone.
        let decisions = match application.kind {
            ApplicationKind::First => work.decisions().of_application(application.id)?,
            ApplicationKind::Reissue => Vec::new(),
        };
        let signed = decisions.iter().map(|one| one.made.step).collect();
        Ok(Self {
            application,
            steps,
            signed,
        })
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it, newest first.
    pub items: Vec<T>,
    /// Whether there is another page: ask for what comes after the last of these.
    pub more: bool,
}

impl<T> Page<T> {
    /// A page of so many at most, made of what was found when one more was asked for.
    fn of(mut items: Vec<T>, size: u32) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        Self { items, more }
    }
}

impl RegistrationAuthority {
    /// Certificates of the session's person that pass a filter, newest first, after the one with this serial number: how
    /// each came about and whether it counts. An unknown serial number begins at the beginning.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn certificate_page(
        &self,
        session: &Session,
        filter: &CertificateFilter,
        after: Option<&SerialNumber>,
        size: u32,
    ) -> Result<Page<CertificateRecord>, Unavailable> {
        let mut work = self.storage.snapshot()?;
        let before = match after {
            Some(serial) => work
                .certificates()
                .of_person_by_serial(session.person, serial)?
                .map(|record| record.id),
            None => None,
        };
        let found = work.certificates().page_of_person(
            session.person,
            filter,
            before,
            size.saturating_add(1),
        )?;
        Ok(Page::of(found, size))
    }

    /// The certificates of the session's person that count now, newest first: all that pages show at once.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn valid_certificates(
        &self,
        session: &Session,
        now: Timestamp,
    ) -> Result<Vec<CertificateRecord>, Unavailable> {
        let filter = CertificateFilter {
            standing: Some(Standing::Valid(now)),
            purpose: None,
        };
        Ok(self.certificate_page(session, &filter, None, LIMIT)?.items)
    }

    /// A certificate of the session's person; `None` when she has none with this serial number.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn own_certificate(
        &self,
        session: &Session,
        serial: &SerialNumber,
    ) -> Result<Option<CertificateRecord>, Unavailable> {
        Ok(self
            .storage
            .snapshot()?
            .certificates()
            .of_person_by_serial(session.person, serial)?)
    }

    /// The newest applications of the session's person.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn applications(&self, session: &Session) -> Result<Vec<Application>, Unavailable> {
        Ok(self
            .storage
            .snapshot()?
            .applications()
            .of_person(session.person, LIMIT)?)
    }

    /// Applications of the session's person, newest first, after the one with this number, each with the states that it
    /// entered and when. An unknown number begins at the beginning.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn history_page(
        &self,
        session: &Session,
        after: Option<&ApplicationNumber>,
        size: u32,
    ) -> Result<Page<History>, Unavailable> {
        let mut work = self.storage.snapshot()?;
        let before = match after {
            Some(number) => work
                .applications()
                .owner(number)?
                .filter(|(_, owner)| *owner == session.person)
                .map(|(id, _)| id),
            None => None,
        };
        let asked = size.saturating_add(1);
        let found = work
            .applications()
            .page_of_person(session.person, before, asked)?;
        let mut histories = Vec::new();
        for application in found {
            histories.push(History::of(work.as_mut(), application)?);
        }
        Ok(Page::of(histories, size))
    }

    /// One application of the session's person, with the states that it entered and when.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is none of hers with this number.
    pub fn history(
        &self,
        session: &Session,
        number: &ApplicationNumber,
    ) -> Result<History, StepError> {
        let mut work = self.storage.snapshot()?;
        let (application, _) = Self::own(work.as_mut(), session, number)?;
        Ok(History::of(work.as_mut(), application)?)
    }

    /// One application of the session's person.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is none of hers with this number.
    pub fn application(
        &self,
        session: &Session,
        number: &ApplicationNumber,
    ) -> Result<Application, StepError> {
        let mut work = self.storage.snapshot()?;
        Ok(Self::own(work.as_mut(), session, number)?.0)
    }

    /// Whether an application of the session's person waits for a code that this session cannot give, because another
    /// session signed it, and perhaps somebody else.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is none of hers with this number.
    pub fn is_signed_elsewhere(
        &self,
        session: &Session,
        number: &ApplicationNumber,
        now: Timestamp,
    ) -> Result<bool, StepError> {
        let mut work = self.storage.snapshot()?;
        let (application, _) = Self::own(work.as_mut(), session, number)?;
        Ok(matches!(application.state, State::Awaiting2fa { .. })
            && !is_signed_here(work.as_mut(), session, &application, now)?)
    }

    /// How the second factor of an application of the session's person stands; `None` when nothing was asked.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is none of hers with this number.
    pub fn second_factor_standing(
        &self,
        session: &Session,
        number: &ApplicationNumber,
    ) -> Result<Option<SecondFactorStanding>, StepError> {
        let mut work = self.storage.snapshot()?;
        let (application, person) = Self::own(work.as_mut(), session, number)?;
        let Some(factor) = &self.second_factor else {
            return Ok(None);
        };
        Ok(factor.standing(work.as_mut(), &application, &person)?)
    }
}
