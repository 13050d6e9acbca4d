//! Issuing what was confirmed, however often it takes.

use tanba_model::application::{Application, ApplicationNumber, State};
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Channel, RevocationReason, Status};
use tanba_model::id::ApplicationId;
use tanba_model::message::MessageBody;
use tanba_model::person::Person;
use tanba_model::ports::{
    IssuanceError, IssuanceOrder, RequestFault, StorageError, UnitOfWork, is_signer_lost,
};
use tanba_pki::Timestamp;

use super::confirm::reject;
use super::identity::refused_for;
use crate::RegistrationAuthority;
use crate::authority::wrong_state;
use crate::codes;
use crate::error::{StepError, Unavailable, request_code};
use crate::evidence::{Evidence, application_object};
use crate::first::announce_issued;
use crate::holder::Holder;
use crate::notify::notify;

/// Why a confirmed application was not issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The application was refused at the last moment; a new one helps.
    #[error("the application was refused")]
    Refused(RequestFault),
    /// The authority cannot issue now. The application stays confirmed and is finished by itself as soon as it can:
    /// looking later helps.
    #[error("certificates were not issued yet")]
    Delayed(#[source] IssuanceError),
    /// What can go wrong in every step.
    #[error("certificates were not issued")]
    Step(#[from] StepError),
}

impl IssueError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(fault) => request_code(*fault),
            Self::Delayed(IssuanceError::Stopped) => codes::ISSUANCE_STOPPED,
            Self::Delayed(IssuanceError::Unfit(_)) => codes::AUTHORITY_UNFIT,
            Self::Delayed(_) => codes::ISSUANCE_DELAYED,
            Self::Step(error) => error.code(),
        }
    }
}

impl From<StorageError> for IssueError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

/// Certificates that are ready to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedCertificates {
    /// DER, in the order of the requests.
    pub certificates: Vec<Vec<u8>>,
    /// Certificates of the authority, DER, issuing first, root last.
    pub chain: Vec<Vec<u8>>,
}

impl RegistrationAuthority {
    /// The certificates of an application, once they are issued.
    ///
    /// # Errors
    /// [`StepError::WrongState`] before that.
    pub fn certificates(
        &self,
        holder: impl Into<Holder>,
        number: &ApplicationNumber,
    ) -> Result<IssuedCertificates, StepError> {
        let mut work = self.storage.snapshot()?;
        let (application, _) = Self::held(work.as_mut(), &holder.into(), number)?;
        if !matches!(
            application.state,
            State::Issued { .. } | State::Installed { .. }
        ) {
            return Err(wrong_state("download", &application));
        }
        let mut certificates = Vec::with_capacity(application.requests.len());
        for request in &application.requests {
            let damaged =
                || StorageError::Damaged(format!("application {}: certificate", application.id));
            let id = request.certificate.ok_or_else(damaged)?;
            let record = work.certificates().find(id)?.ok_or_else(damaged)?;
            certificates.push(record.der.ok_or_else(damaged)?);
        }
        Ok(IssuedCertificates {
            certificates,
            chain: self.issuance.chain(),
        })
    }

    /// Whether an administrator has stopped what people apply for here: what is confirmed meanwhile waits.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn is_issuance_stopped(&self) -> Result<bool, Unavailable> {
        let mut work = self.storage.snapshot()?;
        if work.issuers().stops()?.is_empty() {
            return Ok(false);
        }
        let chain = self.issuance.chain();
        let issuers = work.issuers().all()?;
        let Some(issuing) = issuers
            .iter()
            .find(|record| chain.first() == Some(&record.issuer.certificate))
        else {
            return Ok(false);
        };
        for profile in self.config.profiles() {
            if work.issuers().is_stopped(issuing.id, profile)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Brings a confirmed application to its end; every other one is returned as it is.
    ///
    /// Called after each confirmation, by every repetition of one, and for what a crash left behind. The certification
    /// authority returns what it issued for this application already, so nothing is issued twice.
    pub(crate) fn finish(
        &self,
        application: Application,
        now: Timestamp,
    ) -> Result<Application, IssueError> {
        if !matches!(application.state, State::Confirmed { .. }) {
            return Ok(application);
        }
        let _alone = self.issuing(application.id);
        let (application, person) = self.reread(&application)?;
        if !matches!(application.state, State::Confirmed { .. }) {
            return settled(application);
        }
        if person.frozen_at.is_some() {
            self.withhold(application.id, now)?;
            return Err(StepError::Frozen.into());
        }
        let refused = must_not_be_issued(self.storage.snapshot()?.as_mut(), &application, &person)?;
        if let Some(reason) = refused {
            return settled(self.refuse(application.id, reason, now)?);
        }
        let records = match self
            .issuance
            .issue(&self.orders(&application, &person), now)
        {
            Ok(records) => records,
            Err(error) => return self.not_issued(&application, error, now),
        };
        match self.conclude(&application, &records, now) {
            Ok(Conclusion::Settled(application)) => {
                tracing::info!(application = %application.id, state = application.state.name(), "brought to an end");
                settled(*application)
            }
            Ok(Conclusion::Refused(reason)) => settled(self.refuse(application.id, reason, now)?),
            Ok(Conclusion::Frozen) => {
                self.withhold(application.id, now)?;
                Err(StepError::Frozen.into())
            }
            // Another process was faster; what it wrote is the answer.
            Err(IssueError::Step(StepError::Storage(StorageError::Conflict))) => {
                settled(self.reread(&application)?.0)
            }
            Err(error) => Err(error),
        }
    }

    fn reread(&self, application: &Application) -> Result<(Application, Person), StepError> {
        let mut work = self.storage.snapshot()?;
        let application = work
            .applications()
            .find(application.id)?
            .ok_or(StepError::NotFound)?;
        let person = work
            .persons()
            .find(application.person)?
            .ok_or(StepError::NotFound)?;
        Ok((application, person))
    }

    fn orders(&self, application: &Application, person: &Person) -> Vec<IssuanceOrder> {
        let order = |request: &tanba_model::application::KeyRequest| IssuanceOrder {
            person: Some(person.id),
            application: Some(application.id),
            profile: request.profile.clone(),
            subject: self.subject(person),
            email: application
                .email
                .as_ref()
                .map(|email| email.as_str().to_owned()),
            keystore: application.keystore,
            request: request.request.clone(),
            channel: if application.first.is_some() {
                Channel::Centre
            } else {
                Channel::Cabinet
            },
            actor: Actor::Person(person.id),
        };
        application.requests.iter().map(order).collect()
    }

    /// Writes that certificates were issued, and announces it, unless something happened meanwhile.
    fn conclude(
        &self,
        application: &Application,
        records: &[CertificateRecord],
        now: Timestamp,
    ) -> Result<Conclusion, IssueError> {
        let mut work = self.storage.begin()?;
        let mut application = work
            .applications()
            .find(application.id)?
            .ok_or(StepError::NotFound)?;
        let person = work
            .persons()
            .find(application.person)?
            .ok_or(StepError::NotFound)?;
        if !matches!(application.state, State::Confirmed { .. }) {
            return Ok(Conclusion::Settled(Box::new(application)));
        }
        if person.frozen_at.is_some() {
            return Ok(Conclusion::Frozen);
        }
        if let Some(reason) = must_not_be_issued(work.as_mut(), &application, &person)? {
            return Ok(Conclusion::Refused(reason));
        }
        if records.len() != application.requests.len() {
            return Err(StorageError::Damaged(format!(
                "application {}: certificates",
                application.id
            ))
            .into());
        }
        for (request, record) in application.requests.iter_mut().zip(records) {
            request.certificate = Some(record.id);
        }
        application.state = application.state.issue(now).map_err(StepError::from)?;
        work.applications().update(&mut application)?;
        let evidence = Evidence {
            actor: Actor::Person(person.id),
            action: "application.issue",
            object: application_object(application.id),
            detail: "",
        };
        evidence.record(work.as_mut(), now)?;
        let number = application.number.as_str().to_owned();
        let serials: Vec<String> = records.iter().map(|record| record.serial.hex()).collect();
        if application.first.is_some() {
            announce_issued(self, work.as_mut(), &application, &person, &serials, now)?;
            work.commit()?;
            return Ok(Conclusion::Settled(Box::new(application)));
        }
        let not_me_path = self.not_me_path(work.as_mut(), &person, &number, now)?;
        notify(
            work.as_mut(),
            &person,
            MessageBody::CertificatesIssued {
                number,
                serials,
                not_me_path,
            },
            now,
        )?;
        work.commit()?;
        Ok(Conclusion::Settled(Box::new(application)))
    }

    /// Judges why the certification authority issued nothing.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever comes later, the application waits"
    )]
    fn not_issued(
        &self,
        application: &Application,
        error: IssuanceError,
        now: Timestamp,
    ) -> Result<Application, IssueError> {
        match error {
            IssuanceError::Request(fault) => {
                let ended = self.refuse(application.id, request_code(fault), now)?;
                match &ended.state {
                    State::Rejected { reason, .. } if *reason == request_code(fault) => {
                        Err(IssueError::Refused(fault))
                    }
                    _ => settled(ended),
                }
            }
            // The state says which of the two it was.
            IssuanceError::Ended => {
                settled(self.refuse(application.id, codes::KEY_REVOKED, now)?)
            }
            IssuanceError::Frozen => {
                self.withhold(application.id, now)?;
                Err(StepError::Frozen.into())
            }
            // Somebody meant it, and all who wait are looked at again every few seconds.
            IssuanceError::Stopped | IssuanceError::Unfit(_) => {
                tracing::debug!(application = %application.id, "a confirmed application waits until the authority may issue");
                Err(IssueError::Delayed(error))
            }
            // The authority said once why, and in its evidence; its own certificate or a profile has to be put right.
            IssuanceError::Lint(_) => {
                tracing::debug!(application = %application.id, "a confirmed application waits until its certificate would be right");
                Err(IssueError::Delayed(error))
            }
            error => {
                let cause: &dyn std::error::Error = &error;
                tracing::error!(application = %application.id, error = cause, "a confirmed application is not issued");
                Err(IssueError::Delayed(error))
            }
        }
    }

    /// Ends a confirmed application of a frozen person: whatever was issued for it is frozen too. While an intent is
    /// open the application stays as it is and is looked at again.
    pub(crate) fn withhold(&self, id: ApplicationId, now: Timestamp) -> Result<(), StepError> {
        let records = self.storage.snapshot()?.certificates().of_application(id)?;
        let mut open = false;
        for record in records {
            match record.status {
                Status::Valid => {
                    self.issuance.revoke(
                        record.id,
                        RevocationReason::CertificateHold,
                        Actor::System,
                        now,
                    )?;
                }
                Status::Intended => open = true,
                Status::Void | Status::Revoked { .. } => {}
            }
        }
        if open {
            return Ok(());
        }
        let mut work = self.storage.begin()?;
        let mut application = work.applications().find(id)?.ok_or(StepError::NotFound)?;
        if matches!(application.state, State::Confirmed { .. }) {
            reject(work.as_mut(), &mut application, codes::NOT_ME, now)?;
            work.commit()?;
        }
        Ok(())
    }
}

/// How what was issued found its application.
enum Conclusion {
    /// It is issued now, or somebody else brought it to an end.
    Settled(Box<Application>),
    /// Its person was frozen meanwhile.
    Frozen,
    /// It must not be issued any more, for this reason of [`codes::REASONS`].
    Refused(&'static str),
}

/// Why a confirmed application must not be issued any more.
fn must_not_be_issued(
    work: &mut dyn UnitOfWork,
    application: &Application,
    person: &Person,
) -> Result<Option<&'static str>, StorageError> {
    if is_signer_lost(work, application)? {
        return Ok(Some(codes::KEY_REVOKED));
    }
    refused_for(work, application, person)
}

/// What somebody who asked for issuance is told when somebody else brought the application to an end.
fn settled(application: Application) -> Result<Application, IssueError> {
    match &application.state {
        State::Issued { .. } | State::Installed { .. } => Ok(application),
        State::Confirmed { .. } => Err(StorageError::Conflict.into()),
        // Applying again does not help here, and what does is said at once.
        State::Rejected { reason, .. } if reason == codes::PERSON_DIED => {
            Err(StepError::Died.into())
        }
        State::Rejected { reason, .. } if reason == codes::DATA_CHANGED => {
            Err(StepError::DataChanged.into())
        }
        State::Draft
        | State::Submitted { .. }
        | State::Awaiting2fa { .. }
        | State::Rejected { .. }
        | State::Expired { .. }
        | State::Cancelled { .. } => Err(wrong_state("issue", &application).into()),
    }
}
