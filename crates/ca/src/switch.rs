//! The switch by which an administrator stops an authority, or one profile of it, at once and without its keys.
//!
//! It is a row in storage and no state of a program: whoever issues asks for it in the unit of work that records the
//! intent, before the key signs, and in the unit that stores the certificate. So a running server obeys from the next
//! commit on, and a restart changes nothing.

use tanba_model::administration::IssuanceScope;
use tanba_model::audit::Actor;
use tanba_model::id::{IssuerId, PersonId};
use tanba_model::ports::{
    IssuanceStop, IssuerKind, Storage, StorageError, SwitchError, UnitOfWork,
};
use tanba_model::reason_line::{ReasonLine, ReasonLineError};
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
        let mut unit = storage.begin()?;
        let stop = self.stop_within(unit.as_mut(), profiles, reason, actor, now)?;
        unit.commit()?;
        self.say("issuance is stopped");
        Ok(stop)
    }

    /// The same within a piece of work, which the caller commits.
    ///
    /// # Errors
    /// [`SwitchError`]; then nothing of the piece of work may be kept.
    pub fn stop_within(
        &self,
        unit: &mut dyn UnitOfWork,
        profiles: &Profiles,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<IssuanceStop, SwitchError> {
        let reason = one_line(reason)?;
        if let Some(name) = self.profile
            && !profiles.may_be_stopped(name)
        {
            return Err(SwitchError::NoProfile(name.to_owned()));
        }
        let stop = IssuanceStop {
            issuer: self.issuer(unit)?,
            profile: self.profile.map(str::to_owned),
            since: now,
            reason: reason.to_owned(),
        };
        if self.is_set(unit, stop.issuer)? {
            return Err(SwitchError::Stopped);
        }
        unit.issuers().stop(&stop)?;
        self.record(unit, "issuer.stop", reason, actor, now)?;
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
        let mut unit = storage.begin()?;
        self.start_within(unit.as_mut(), reason, actor, now)?;
        unit.commit()?;
        self.say("issuance is started");
        Ok(())
    }

    /// The same within a piece of work, which the caller commits.
    ///
    /// # Errors
    /// [`SwitchError`]; then nothing of the piece of work may be kept.
    pub fn start_within(
        &self,
        unit: &mut dyn UnitOfWork,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), SwitchError> {
        let reason = one_line(reason)?;
        let issuer = self.issuer(unit)?;
        if !self.is_set(unit, issuer)? {
            return Err(SwitchError::NotStopped);
        }
        unit.issuers().start(issuer, self.profile)?;
        self.record(unit, "issuer.start", reason, actor, now)?;
        Ok(())
    }

    fn say(&self, what: &'static str) {
        tracing::warn!(issuer = self.issuer, profile = self.profile, "{what}");
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
        let scope = IssuanceScope {
            issuer: self.issuer.to_owned(),
            profile: self.profile.map(str::to_owned),
        };
        let object = scope.object();
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
    match ReasonLine::parse(reason) {
        Ok(line) => Ok(line.as_str()),
        Err(ReasonLineError::Personal) => Err(SwitchError::Personal),
        Err(_) => Err(SwitchError::NoReason),
    }
}
