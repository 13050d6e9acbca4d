//! The desk of a registration centre: who may sit at it, what waits there, and what is decided.
//!
//! Whatever changes something is a document that the desk makes, its clerk reads and signs, and the records keep:
//! `prepare_…` makes it, [`RegistrationAuthority::sign_decision`] takes the signature. Nobody acts in an affair of her own,
//! and nobody sees another centre's queue.

use tanba_model::decision::{Act, DecisionDocument, Identification};
use tanba_model::document::Applicant;
use tanba_model::person::Person;
use tanba_model::ports::{StaffSession, StorageError};
use tanba_model::reason_line::looks_personal;
use tanba_model::staff::{Right, Role, StaffMember};
use tanba_model::unseen::is_deceptive;
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::codes;
use crate::error::StepError;
use crate::reissue::IssueError;
use crate::signature::SignatureFault;

mod access;
mod act;
mod administrator;
mod application;
mod audit;
mod carry_out;
mod console;
mod day;
mod health;
mod messages;
mod order;
mod pending;
mod person;
mod queue;
mod sign;
mod staff;

pub(crate) use access::is_staff_key;
pub use access::{DeskLoginError, DeskOpened};
pub use act::ActWish;
pub(crate) use act::on_hold;
pub use application::{DeskApplication, Verdict};
pub use audit::{AuditFilter, AuditPage, actor_text};
pub use console::{BlockedPage, BlockedView, IssuerLists, IssuerPage, IssuerView, Queues};
pub use health::{Check, Finding, Standing};
pub use messages::DeadLetterPage;
pub use order::Ordered;
pub use pending::PendingView;
pub use person::DeskPerson;
pub use queue::{Found, Mistyped, QueuePage, QueueWish, iin_in};
pub use sign::Outcome;
pub use staff::{Employment, StaffError, dismiss, employ, staff};

/// Letters of the words that a member of staff may add.
const REMARK: usize = 500;

/// Somebody who sits at the desk.
#[derive(Clone, Debug)]
pub struct Clerk {
    /// The session.
    pub session: StaffSession,
    /// The work that it belongs to.
    pub member: StaffMember,
    /// Who.
    pub person: Person,
}

impl Clerk {
    /// What she is in this session.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.session.role
    }

    /// Whether she may do that.
    #[must_use]
    pub const fn may(&self, right: Right) -> bool {
        self.session.role.may(right)
    }

    /// Code of the centre that she sees; `None` for those who read all of them.
    #[must_use]
    pub fn centre(&self) -> Option<&str> {
        if self.session.role.has_centre() {
            Some(self.member.centre.as_deref().unwrap_or_default())
        } else {
            None
        }
    }

    /// Whether what belongs to a centre is hers to see.
    #[must_use]
    pub fn sees(&self, centre: Option<&str>) -> bool {
        self.centre().is_none_or(|own| centre == Some(own))
    }

    fn decides(&self) -> Result<&str, DeskError> {
        match self.member.centre.as_deref() {
            Some(centre) if self.may(Right::Decide) => Ok(centre),
            _ => Err(DeskError::Forbidden),
        }
    }

    /// Refuses an affair of her own.
    fn is_stranger_to(&self, person: &Person) -> Result<(), DeskError> {
        if self.person.id == person.id {
            Err(DeskError::OwnAffair)
        } else {
            Ok(())
        }
    }
}

/// Why something was not done at the desk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// The role does not allow it.
    #[error("the role does not allow it")]
    Forbidden,
    /// It is about the clerk herself; somebody else has to do it.
    #[error("nobody acts in an affair of her own")]
    OwnAffair,
    /// She decided about the person whom a message is for; another member of staff helps.
    #[error("a member of staff does not lay to rest what may tell of her own act")]
    OwnAct,
    /// Nothing says in one line why a message is laid to rest; saying so helps.
    #[error("it is not said why")]
    Why,
    /// Words for the records hold what looks like personal data; writing them without helps.
    #[error(
        "words that are kept as evidence hold no mail address and no number of nine digits or more; say it without them"
    )]
    Personal,
    /// Words are too long or hold marks that are not seen; writing them plainly helps.
    #[error("a remark has at most {REMARK} letters and no marks that are not seen")]
    Remark,
    /// It belongs to another registration centre.
    #[error("it belongs to another registration centre")]
    OtherCentre,
    /// No such person, or no such number at all.
    #[error("there is nobody of that number")]
    NoPerson,
    /// What was asked for is not there.
    #[error("nothing waits under that number")]
    NothingWaits,
    /// The register says that the person died.
    #[error("the register says that the person died")]
    RegisterDead,
    /// The register names the person otherwise than the application does.
    #[error("the register names the person otherwise")]
    RegisterDiffers,
    /// What is recorded of the application is not what was signed; refusing it helps, or whoever runs the database.
    #[error("what is recorded of the application is not what was signed")]
    RecordDiffers,
    /// The register does not know the person, or twice.
    #[error("the register does not know exactly one person of that number")]
    RegisterUnknown,
    /// The register does not answer; trying later helps.
    #[error("the register does not answer")]
    RegisterUnavailable,
    /// A reason has to be chosen, and described where it is "something else".
    #[error("a reason is missing")]
    Reason,
    /// An order of an administrator needs words that say why.
    #[error("the reason of an order is missing")]
    OrderReason,
    /// The person has to stand before the clerk, with a document.
    #[error("the person has to be there")]
    InPerson,
    /// How the person was identified has to be said.
    #[error("the way of identification is missing")]
    Identification,
    /// What is to change is not given, or cannot be so.
    #[error("what is to change cannot be so")]
    Change,
    /// The new address is none; writing it rightly helps.
    #[error("the new address is none")]
    Address,
    /// There is nothing to do: it is so already.
    #[error("it is so already")]
    NothingToDo,
    /// The same act waits for its second signature already.
    #[error("the same act waits already")]
    Waits,
    /// The second signature has to be somebody else's, in the role that the policy names.
    #[error("somebody else has to agree")]
    Second,
    /// More was put on hold since the release was asked for; asking for it anew helps.
    #[error("more is on hold than was asked to be released")]
    Outdated,
    /// Who proposed it works here no more, or the key that signed the proposal counts no more; proposing it anew helps.
    #[error("the first signature counts no more")]
    ProposerLost,
    /// The document is not one that was prepared for this clerk, or its time is over; preparing it again helps.
    #[error("the decision was not prepared, or too long ago")]
    NotPrepared,
    /// The signature or its certificate does not count; the fault says what helps.
    #[error("the signature does not count")]
    Signature(#[from] SignatureFault),
    /// Another key than the clerk's own for the desk was used.
    #[error("the key is not the clerk's for the desk")]
    OtherKey,
    /// What can go wrong in every step.
    #[error("nothing was decided")]
    Step(#[from] StepError),
    /// It was approved, but the certificates were not issued.
    #[error("the certificates were not issued")]
    Issue(#[source] IssueError),
}

impl DeskError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Forbidden => codes::DESK_FORBIDDEN,
            Self::OwnAffair => codes::OWN_AFFAIR,
            Self::OwnAct => codes::OWN_ACT,
            Self::Why => codes::WHY_MISSING,
            Self::Personal => codes::WHY_PERSONAL,
            Self::Remark => codes::REMARK_INVALID,
            Self::OtherCentre => codes::OTHER_CENTRE,
            Self::NoPerson => codes::PERSON_UNKNOWN,
            Self::NothingWaits => codes::NOTHING_WAITS,
            Self::RegisterDead => codes::REGISTER_DEAD,
            Self::RegisterDiffers => codes::REGISTER_DIFFERS,
            Self::RecordDiffers => codes::RECORD_DIFFERS,
            Self::RegisterUnknown => codes::REGISTER_UNKNOWN,
            Self::RegisterUnavailable => codes::REGISTER_UNAVAILABLE,
            Self::Reason => codes::REASON_MISSING,
            Self::OrderReason => codes::ORDER_REASON_MISSING,
            Self::InPerson => codes::IDENTIFICATION_IN_PERSON,
            Self::Identification => codes::IDENTIFICATION_MISSING,
            Self::Change => codes::CHANGE_INVALID,
            Self::Address => codes::ADDRESS_INVALID,
            Self::NothingToDo => codes::NOTHING_TO_DO,
            Self::Waits => codes::ACT_WAITS,
            Self::Second => codes::SECOND_NEEDED,
            Self::Outdated => codes::ACT_OUTDATED,
            Self::ProposerLost => codes::PROPOSER_LOST,
            Self::NotPrepared => codes::DECISION_EXPIRED,
            Self::Signature(fault) => fault.code(),
            Self::OtherKey => codes::NOT_A_STAFF_KEY,
            Self::Step(error) => step_code(error),
            Self::Issue(_) => codes::DESK_NOT_ISSUED,
        }
    }
}

/// What citizens are told of their own applications is not true of a visitor's.
fn step_code(error: &StepError) -> &'static str {
    match error {
        StepError::NotFound => codes::DESK_APPLICATION_NOT_FOUND,
        StepError::WrongState(error) => match error.from {
            "CANCELLED" => codes::DESK_APPLICATION_CANCELLED,
            "EXPIRED" => codes::DESK_APPLICATION_EXPIRED,
            _ => codes::DESK_APPLICATION_DECIDED,
        },
        StepError::Frozen => codes::DESK_PERSON_FROZEN,
        StepError::Storage(StorageError::Conflict) => codes::DESK_CHANGED_MEANWHILE,
        StepError::Died
        | StepError::DataChanged
        | StepError::Storage(_)
        | StepError::Issuance(_) => error.code(),
    }
}

impl From<StorageError> for DeskError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

impl From<IssueError> for DeskError {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Step(error) => Self::Step(error),
            error @ (IssueError::Refused(_) | IssueError::Delayed(_)) => Self::Issue(error),
        }
    }
}

impl RegistrationAuthority {
    /// A document of a clerk about a person, with nothing said yet of what is done.
    fn blank(
        &self,
        clerk: &Clerk,
        centre: &str,
        person: &Person,
        act: Act,
        now: Timestamp,
    ) -> DecisionDocument {
        DecisionDocument {
            schema: tanba_model::decision::SCHEMA.to_owned(),
            origin: self.config.origin().to_owned(),
            nonce: crate::token::random_hex(&mut self.random()),
            created: now,
            operator: self.applicant(&clerk.person),
            role: clerk.role().name().to_owned(),
            centre: centre.to_owned(),
            act: act.name().to_owned(),
            step: String::new(),
            person: self.applicant(person),
            application: None,
            certificates: Vec::new(),
            changes: std::collections::BTreeMap::new(),
            identification: None,
            reason: None,
            remark: String::new(),
            first: None,
        }
    }

    fn applicant(&self, person: &Person) -> Applicant {
        Applicant {
            iin: person.iin.as_str().to_owned(),
            surname: person.surname.clone(),
            given_name: person.given_name.clone(),
            patronymic: person.patronymic.clone(),
            country: self.config.country().to_owned(),
        }
    }
}

/// What a clerk adds in words, on one line and not without end. It is signed and shown, so nothing is left out of it
/// silently, and nothing in it can be read otherwise than it stands.
fn remark(text: &str) -> Result<String, DeskError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() > REMARK || is_deceptive(&line) {
        return Err(DeskError::Remark);
    }
    Ok(line)
}

/// The same for the records alone, which are kept for good: nobody is named there.
fn note(text: &str) -> Result<String, DeskError> {
    let line = remark(text)?;
    if looks_personal(&line) {
        return Err(DeskError::Personal);
    }
    Ok(line)
}

/// How the person was identified, as it was chosen.
fn identification(name: &str) -> Result<Identification, DeskError> {
    Identification::from_name(name).ok_or(DeskError::Identification)
}

/// Refuses an act that gives something back or away while nobody stands before the clerk.
fn is_in_person(act: Act, way: Option<Identification>) -> Result<(), DeskError> {
    if act.needs_presence() && !way.is_some_and(Identification::is_in_person) {
        return Err(DeskError::InPerson);
    }
    Ok(())
}
