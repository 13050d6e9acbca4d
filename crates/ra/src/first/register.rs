//! The register of people: the table of persons, unless another one is configured.

use std::sync::Arc;

use tanba_model::iin::Iin;
use tanba_model::person::Person;
use tanba_model::ports::{PersonFacts, PersonRegister, RegisterAnswer, Storage, StorageError};

use super::name::same_person;
use crate::RegistrationAuthority;

/// The table of persons as a register: whoever was entered by `tanba person import`.
#[derive(Debug)]
pub(crate) struct TableRegister(Arc<dyn Storage>);

impl TableRegister {
    /// Stored as the source of a person.
    pub(crate) const NAME: &'static str = "table";

    pub(crate) fn new(storage: Arc<dyn Storage>) -> Self {
        Self(storage)
    }

    fn entry(&self, iin: &Iin) -> Result<Option<(PersonFacts, bool)>, StorageError> {
        self.0.snapshot()?.persons().register_entry(iin)
    }
}

impl PersonRegister for TableRegister {
    fn look_up(&self, iin: &Iin) -> RegisterAnswer {
        match self.entry(iin) {
            Ok(Some((_, true))) => RegisterAnswer::Dead,
            Ok(Some((facts, false))) => RegisterAnswer::Person(facts),
            Ok(None) => RegisterAnswer::Unknown,
            Err(error) => {
                let cause: &dyn std::error::Error = &error;
                tracing::error!(error = cause, "the register of people cannot be read");
                RegisterAnswer::Unavailable
            }
        }
    }

    fn name(&self) -> &str {
        Self::NAME
    }
}

/// What the register says now of somebody whose name is known here: what an operator has to know before she decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Register {
    /// The same name as here.
    Agrees,
    /// Another name: it changed since, or was wrong.
    Renamed(PersonFacts),
    /// Nobody has the number.
    Unknown,
    /// The person died; nothing may be issued.
    Dead,
    /// The number stands in it more than once.
    Ambiguous,
    /// It does not answer; asking later may help.
    Unavailable,
}

impl RegistrationAuthority {
    /// Compares a person with the register. Not to be called inside of a unit of work: it may take seconds.
    #[must_use]
    pub fn compare_with_register(&self, person: &Person) -> Register {
        let here = PersonFacts {
            surname: person.surname.clone(),
            given_name: person.given_name.clone(),
            patronymic: person.patronymic.clone(),
        };
        match self.register().look_up(&person.iin) {
            RegisterAnswer::Person(facts) if same_person(&facts, &here) => Register::Agrees,
            RegisterAnswer::Person(facts) => Register::Renamed(facts),
            RegisterAnswer::Unknown => Register::Unknown,
            RegisterAnswer::Dead => Register::Dead,
            RegisterAnswer::Ambiguous(_) => Register::Ambiguous,
            RegisterAnswer::Unavailable => Register::Unavailable,
        }
    }
}
