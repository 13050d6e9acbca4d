//! The switch by which an administrator stops an authority, or one profile of it, at once and without its keys.
//!
//! It is a row in storage and no state of a program: whoever issues asks for it in the unit of work that records the
//! intent, before the key signs, and in the unit that stores the certificate. So a running server obeys from the next
//! commit on, and a restart changes nothing.

use tanba_model::audit::Actor;
use tanba_model::id::{IssuerId, PersonId};
use tanba_model::ports::{IssuanceStop, IssuerKind, Storage, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::desk::{Profiles, audit};

/// What is switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch<'a> {
    /// Short name of the authority.
    pub issuer: &'a str,
    /// One profile of it; `None` for all that it issues to people.
    pub profile: Option<&'a str>,
}

/// Why nothing was switched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SwitchError {
    /// There is no such authority.
    #[error("there is no authority {0}; see `tanba issuer list`")]
    NoIssuer(String),
    /// A root issues nothing to people.
    #[error("{0} is a root: it issues nothing to people, so there is nothing to stop")]
    Root(String),
    /// There is no such profile, or it is one of the authority's own.
    #[error(
        "there is no profile {0} that is issued to people; responders, seals and lists go on, so that status can be told"
    )]
    NoProfile(String),
    /// Evidence says why.
    #[error("say why in one line: the reason is recorded as evidence")]
    NoReason,
    /// It is stopped already.
    #[error("this is stopped already; nothing changed")]
    Stopped,
    /// It is not stopped.
    #[error(
        "this is not stopped; nothing changed. The authority and each profile are started apart: see `tanba issuer list`"
    )]
    NotStopped,
    /// Storage did not do it.
    #[error("storage did not answer, so nothing changed")]
    Storage(#[from] StorageError),
}

impl Switch<'_> {
    /// Stops, with evidence in the same commit. When this returns, no certificate of the kind is issued any more.
    ///
    /// # Errors
    /// [`SwitchError`]; then nothing changed.
    pub fn stop(
        &self,
        storage: &dyn Storage,
        profiles: &Profiles,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<IssuanceStop, SwitchError> {
        let reason = one_line(reason)?;
        if let Some(name) = self.profile
            && !profiles
                .find(name)
                .is_some_and(tanba_pki::profile::Profile::is_for_persons)
        {
            return Err(SwitchError::NoProfile(name.to_owned()));
        }
        let mut unit = storage.begin()?;
        let stop = IssuanceStop {
            issuer: self.issuer(unit.as_mut())?,
            profile: self.profile.map(str::to_owned),
            since: now,
            reason: reason.to_owned(),
        };
        if self.is_set(unit.as_mut(), stop.issuer)? {
            return Err(SwitchError::Stopped);
        }
        unit.issuers().stop(&stop)?;
        self.record(unit.as_mut(), "issuer.stop", reason, actor, now)?;
        unit.commit()?;
        tracing::warn!(
            issuer = self.issuer,
            profile = self.profile,
            "issuance is stopped"
        );
        Ok(stop)
    }

    /// Starts again, with evidence in the same commit. What waited is issued when it is looked at next.
    ///
    /// # Errors
    /// [`SwitchError`]; then nothing changed.
    pub fn start(
        &self,
        storage: &dyn Storage,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), SwitchError> {
        let reason = one_line(reason)?;
        let mut unit = storage.begin()?;
        let issuer = self.issuer(unit.as_mut())?;
        if !self.is_set(unit.as_mut(), issuer)? {
            return Err(SwitchError::NotStopped);
        }
        unit.issuers().start(issuer, self.profile)?;
        self.record(unit.as_mut(), "issuer.start", reason, actor, now)?;
        unit.commit()?;
        tracing::warn!(
            issuer = self.issuer,
            profile = self.profile,
            "issuance is started"
        );
        Ok(())
    }

    fn issuer(&self, unit: &mut dyn UnitOfWork) -> Result<IssuerId, SwitchError> {
        let records = unit.issuers().all()?;
        let record = records
            .into_iter()
            .find(|record| record.issuer.name == self.issuer)
            .ok_or_else(|| SwitchError::NoIssuer(self.issuer.to_owned()))?;
        match record.issuer.kind {
            IssuerKind::Root => Err(SwitchError::Root(record.issuer.name)),
            IssuerKind::Issuing => Ok(record.id),
        }
    }

    fn is_set(&self, unit: &mut dyn UnitOfWork, issuer: IssuerId) -> Result<bool, StorageError> {
        let stops = unit.issuers().stops()?;
        Ok(stops
            .iter()
            .any(|stop| stop.issuer == issuer && stop.profile.as_deref() == self.profile))
    }

    fn record(
        &self,
        unit: &mut dyn UnitOfWork,
        action: &str,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let object = self.profile.map_or_else(
            || format!("issuer/{}", self.issuer),
            |profile| format!("issuer/{}/{profile}", self.issuer),
        );
        audit(unit, actor, action, object, reason.to_owned(), now)
    }
}

/// Whether what would be issued is stopped. The authority's own helpers never are: status must be told in an incident
/// more than ever.
pub(crate) fn is_stopped(
    unit: &mut dyn UnitOfWork,
    person: Option<PersonId>,
    issuer: IssuerId,
    profile: &str,
) -> Result<bool, StorageError> {
    match person {
        Some(_) => unit.issuers().is_stopped(issuer, profile),
        None => Ok(false),
    }
}

fn one_line(reason: &str) -> Result<&str, SwitchError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > 500 || reason.contains(char::is_control) {
        return Err(SwitchError::NoReason);
    }
    Ok(reason)
}
