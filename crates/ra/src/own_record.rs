//! What a person changes of her own record, an address or a number, by a code that goes to the new one.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::audit::Actor;
use tanba_model::person::Person;
use tanba_model::ports::{Entry, EntryPurpose, Session, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::entry::LIFE_MINUTES;
use crate::error::{StepError, Unavailable};
use crate::evidence::{Evidence, person_object};

impl RegistrationAuthority {
    /// The code for which a flow waits, while it can be answered.
    pub(crate) fn open_entry(
        &self,
        flow: &[u8; 32],
        purpose: EntryPurpose,
        now: Timestamp,
    ) -> Result<Option<Entry>, Unavailable> {
        let found = self.storage.snapshot()?.entries().newest(purpose, flow)?;
        Ok(found.filter(|entry| now < entry.expires_at && entry.tries_left > 0))
    }
}

/// Whose session it is.
pub(crate) fn of(work: &mut dyn UnitOfWork, session: &Session) -> Result<Person, StepError> {
    let found = work.persons().find(session.person)?;
    found.ok_or(StepError::NotFound)
}

/// The code counts in the session that asked for it and in no other. `what` is what is changed.
pub(crate) fn flow(session: &Session, what: &[u8]) -> [u8; 32] {
    sha256(&[session.token_sha256.as_slice(), what].concat())
}

/// When a code that is sent now stops being accepted.
pub(crate) fn expiry(now: Timestamp) -> Timestamp {
    now.plus(Duration::from_secs(u64::from(LIFE_MINUTES) * 60))
}

/// Evidence of what the person did to her own record.
pub(crate) fn did(person: &Person, action: &'static str) -> Evidence<'static> {
    Evidence {
        actor: Actor::Person(person.id),
        action,
        object: person_object(person.id),
        detail: "",
    }
}
