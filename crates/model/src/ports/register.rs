//! The register of people that an authority believes: a table of its own, or the state's over the network.

use std::fmt::{self, Debug};

use crate::iin::Iin;

/// What a register knows of somebody. Personal data: `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonFacts {
    /// Surname, upper case as in certificates.
    pub surname: String,
    /// Given name, upper case as in certificates.
    pub given_name: String,
    /// Patronymic, upper case, where the person has one.
    pub patronymic: Option<String>,
}

impl Debug for PersonFacts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PersonFacts(…)")
    }
}

/// What a register says of an individual identification number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterAnswer {
    /// A living person.
    Person(PersonFacts),
    /// Nobody has this number.
    Unknown,
    /// The person died; nothing may be issued.
    Dead,
    /// The number stands in it more than once; only people can sort that out.
    Ambiguous(Vec<PersonFacts>),
    /// It does not answer, or not so that one could rely on it; asking later may help.
    Unavailable,
}

/// A register of people. Blocks.
///
/// Ask it before a step that depends on the answer, never from inside of a unit of work: it may take seconds.
pub trait PersonRegister: Debug + Send + Sync {
    /// What the register says now. Whatever goes wrong is [`RegisterAnswer::Unavailable`]; the cause is in the log.
    fn look_up(&self, iin: &Iin) -> RegisterAnswer;

    /// The name of the register, for evidence and for operators: `table`, or the host that is asked.
    fn name(&self) -> &str;
}
