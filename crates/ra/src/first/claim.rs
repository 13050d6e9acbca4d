//! Who the applicant says she is, and whether the register confirms it.

use tanba_model::iin::Iin;
use tanba_model::intake::{Claim, Standing};
use tanba_model::ports::{PersonFacts, RegisterAnswer, StorageError};
use tanba_pki::Timestamp;

use super::calendar::{day, end_of_day};
use super::name::same_person;
use super::step::{FirstError, evidence, open, who};
use super::work::Solution;
use crate::RegistrationAuthority;
use crate::codes;
use crate::error::StepError;
use crate::token::FirstSecret;

/// What the applicant typed of herself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ClaimForm {
    /// Individual identification number.
    pub iin: String,
    /// Surname.
    pub surname: String,
    /// Given name.
    pub given_name: String,
    /// Patronymic; an empty text where there is none.
    pub patronymic: String,
}

impl std::fmt::Debug for ClaimForm {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ClaimForm(…)")
    }
}

impl ClaimForm {
    /// The fields that hold something else than they should, all of them, so that nobody corrects them one by one.
    #[must_use]
    pub fn faults(&self) -> Vec<&'static str> {
        let number = iin(&self.iin).is_err().then_some("iin");
        let names = PersonFacts::faults(&self.surname, &self.given_name, &self.patronymic);
        let names = names.into_iter().map(|fault| fault.part().field());
        number.into_iter().chain(names).collect()
    }
}

/// Why a claim was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// Not a number, or its check digit does not fit; correcting it helps.
    #[error("the number is not one")]
    Iin,
    /// A name is empty, too long or holds what no name does; correcting it helps.
    #[error("a name is not one")]
    Name(&'static str),
    /// The proof of work does not count; making another helps.
    #[error("the proof of work does not count")]
    Work,
    /// Too many tries for this number or from this network; waiting helps.
    #[error("too many tries in a day")]
    TooMany {
        /// Until when.
        until: Timestamp,
    },
    /// Whatever else.
    #[error("the claim was not taken")]
    First(#[from] FirstError),
}

impl ClaimError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Iin => codes::IIN_INVALID,
            Self::Name(_) => codes::NAME_INVALID,
            Self::Work => codes::WORK_INVALID,
            Self::TooMany { .. } => codes::TOO_MANY_TRIES,
            Self::First(error) => error.code(),
        }
    }
}

impl From<StorageError> for ClaimError {
    fn from(error: StorageError) -> Self {
        Self::First(FirstError::Step(StepError::Storage(error)))
    }
}

/// A claim, once it can only hold what may be asked about.
struct Checked {
    iin: Iin,
    facts: PersonFacts,
}

impl RegistrationAuthority {
    /// Asks the register whether number and name belong together.
    ///
    /// An unknown number, a wrong name and a person who died get the same answer for the same work, so that nobody
    /// learns from it who exists. While the register does not answer the claim is kept unconfirmed, and the applicant
    /// goes on. `network` is whatever names the network that asks; only a digest of it is stored.
    ///
    /// # Errors
    /// [`ClaimError`] by what helps.
    pub fn claim(
        &self,
        secret: &FirstSecret,
        form: &ClaimForm,
        solution: &Solution,
        network: &str,
        now: Timestamp,
    ) -> Result<Standing, ClaimError> {
        let checked = check(form)?;
        let typed = checked.facts.clone();
        self.count_claim(secret, &checked, solution, network, now)?;
        // Outside of any unit of work: a register over the network may take seconds.
        let answer = self.register().look_up(&checked.iin);
        let confirmed = confirmed(&answer, &checked.facts);
        let mut work = self.storage.begin()?;
        let mut intake = open(work.as_mut(), secret, now)?;
        let standing = match (&answer, &confirmed) {
            (RegisterAnswer::Unavailable, _) => Standing::Unavailable,
            (_, Some(_)) => Standing::Confirmed,
            (_, None) => Standing::Unconfirmed,
        };
        let facts = confirmed.unwrap_or(checked.facts);
        let claim = Claim {
            iin: checked.iin.as_str().to_owned(),
            surname: facts.surname,
            given_name: facts.given_name,
            patronymic: facts.patronymic,
        };
        if intake.content.claim.as_ref() != Some(&claim) {
            intake.content.keys.clear();
        }
        intake.content.claim = Some(claim);
        intake.content.standing = standing;
        work.intakes().update(&mut intake)?;
        let said = match standing {
            Standing::Confirmed => "confirmed",
            Standing::Unconfirmed => "not confirmed",
            Standing::Unavailable => "no answer",
        };
        evidence(&intake, "first.claim", said).record(work.as_mut(), now)?;
        work.commit()?;
        if let RegisterAnswer::Ambiguous(people) = answer
            && people.iter().any(|facts| same_person(facts, &typed))
        {
            return Err(FirstError::Ambiguous.into());
        }
        if standing == Standing::Unconfirmed {
            return Err(FirstError::NotConfirmed.into());
        }
        Ok(standing)
    }

    /// Redeems the work and counts the try before anybody is asked, so that tries side by side count too.
    fn count_claim(
        &self,
        secret: &FirstSecret,
        checked: &Checked,
        solution: &Solution,
        network: &str,
        now: Timestamp,
    ) -> Result<(), ClaimError> {
        let limits = self.config.first();
        let mut work = self.storage.begin()?;
        open(work.as_mut(), secret, now)?;
        if !self.redeem(work.as_mut(), solution, now)? {
            return Err(ClaimError::Work);
        }
        let today = day(now);
        let mut count =
            |what: &str, key: &str| work.intakes().count_attempt(what, &who(key), today);
        let iin = checked.iin.as_str();
        let both = format!("{iin} {network}");
        let is_too_often = count("claim-network", network)? > limits.tries_per_network_a_day
            || count("claim-person-network", &both)? > limits.tries_per_person_and_network_a_day
            // Last: what is refused to a network takes nothing from whoever tries elsewhere.
            || count("claim-person", iin)? > limits.tries_per_person_a_day;
        work.commit()?;
        if is_too_often {
            return Err(ClaimError::TooMany {
                until: end_of_day(now),
            });
        }
        Ok(())
    }
}

/// The facts of the register, if they are those that were typed. A stand-in is compared where there are none.
fn confirmed(answer: &RegisterAnswer, typed: &PersonFacts) -> Option<PersonFacts> {
    let nobody = PersonFacts {
        surname: String::new(),
        given_name: String::new(),
        patronymic: None,
    };
    let (known, counts) = match answer {
        RegisterAnswer::Person(facts) => (facts, true),
        RegisterAnswer::Unknown
        | RegisterAnswer::Dead
        | RegisterAnswer::Ambiguous(_)
        | RegisterAnswer::Unavailable => (&nobody, false),
    };
    let same = same_person(known, typed);
    (same && counts).then(|| known.clone())
}

fn iin(typed: &str) -> Result<Iin, ClaimError> {
    let digits: String = typed.split_whitespace().collect();
    Iin::parse(&digits).map_err(|_| ClaimError::Iin)
}

fn check(form: &ClaimForm) -> Result<Checked, ClaimError> {
    let iin = iin(&form.iin)?;
    let facts = PersonFacts::read(&form.surname, &form.given_name, &form.patronymic)
        .map_err(|error| ClaimError::Name(error.part().field()))?;
    Ok(Checked { iin, facts })
}
