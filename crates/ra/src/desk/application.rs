//! An application at the desk: what was applied for beside what the register says, and the document that decides it.

use tanba_crypto::sha256;
use tanba_model::application::{Application, ApplicationNumber, FirstIssuance, State};
use tanba_model::audit::Actor;
use tanba_model::decision::{
    Act, DecidedApplication, Decision, DecisionReason, Identification, Step,
};
use tanba_model::document::ApplicationDocument;
use tanba_model::person::Person;
use tanba_model::ports::{PersonFacts, RegisterAnswer, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use super::{Clerk, DeskError, identification, note, remark};
use crate::RegistrationAuthority;
use crate::authority::wrong_state;
use crate::error::StepError;
use crate::evidence::{Evidence, application_object, person_object};
use crate::first::{Known, same_person};
use crate::token::hex;

/// An application as a clerk sees it.
#[derive(Debug)]
pub struct DeskApplication {
    /// The application.
    pub application: Application,
    /// Whose it is, as the records name her.
    pub person: Person,
    /// The states that it entered and when.
    pub steps: Vec<(State, Timestamp)>,
    /// What was signed; `None` where it cannot be read.
    pub document: Option<ApplicationDocument>,
    /// Whether the record says something else than what was signed: somebody changed it behind the program.
    pub altered: bool,
    /// What the register says now.
    pub register: RegisterAnswer,
    /// What staff signed about it, oldest first.
    pub decisions: Vec<Decision>,
    /// Whether this clerk may decide it now.
    pub decidable: bool,
    /// What is known of the person already, and what an approval changes of it.
    pub known: Known,
}

/// What a clerk wants to decide.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Approve.
    Approve {
        /// [`tanba_model::decision::Identification::name`].
        identification: String,
        /// Words for the records; may be empty.
        remark: String,
    },
    /// Refuse.
    Reject {
        /// [`DecisionReason::name`].
        reason: String,
        /// Words for the applicant; may be empty unless the reason is "something else".
        remark: String,
    },
}

impl RegistrationAuthority {
    /// An application of the clerk's centre, beside what the register says now. It shows as much of its person as her page
    /// does, so that it was opened is evidence.
    ///
    /// # Errors
    /// [`DeskError`] by what helps.
    pub fn desk_application(
        &self,
        clerk: &Clerk,
        number: &ApplicationNumber,
        now: Timestamp,
    ) -> Result<DeskApplication, DeskError> {
        let mut work = self.storage.begin()?;
        let (application, person) = seen(work.as_mut(), clerk, number)?;
        looked(work.as_mut(), clerk, &application, now)?;
        let steps = work.applications().steps(application.id)?;
        let decisions = work.decisions().of_application(application.id)?;
        let known = self.known(work.as_mut(), &application, &person, now)?;
        work.commit()?;
        // The register may take seconds; nothing is held meanwhile.
        let register = self.register.look_up(&person.iin);
        let signed = application.first.as_ref().map(|first| &first.document);
        let signed = signed.or(application.signed.as_ref().map(|signed| &signed.document));
        let document = signed.and_then(|bytes| ApplicationDocument::from_bytes(bytes).ok());
        let altered = document.as_ref().is_some_and(|document| {
            !document.is_of(&application) || document.applicant.iin != person.iin.as_str()
        });
        let decidable = clerk.decides().is_ok()
            && clerk.is_stranger_to(&person).is_ok()
            && waits(&application, now).is_ok();
        Ok(DeskApplication {
            application,
            person,
            steps,
            document,
            altered,
            register,
            decisions,
            decidable,
            known,
        })
    }

    /// Makes the document that decides an application; it is signed within ten minutes or worth nothing. It names the
    /// applicant: that it was asked for is evidence, whether it is signed or not.
    ///
    /// # Errors
    /// [`DeskError`] by what helps; an approval is refused while the register does not agree, and for somebody who has keys
    /// or another address unless she stands before the clerk.
    pub fn prepare_verdict(
        &self,
        clerk: &Clerk,
        number: &ApplicationNumber,
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<Vec<u8>, DeskError> {
        let centre = clerk.decides()?;
        let (application, person, known) = {
            let mut work = self.storage.begin()?;
            let (application, person) = seen(work.as_mut(), clerk, number)?;
            looked(work.as_mut(), clerk, &application, now)?;
            let known = self.known(work.as_mut(), &application, &person, now)?;
            work.commit()?;
            (application, person, known)
        };
        clerk.is_stranger_to(&person)?;
        let _ = waits(&application, now)?;
        let mut document = self.blank(clerk, centre, &person, Act::Application, now);
        match verdict {
            Verdict::Approve {
                identification: way,
                remark: words,
            } => {
                document.step = Step::Approve.name().to_owned();
                let way = identification(way)?;
                is_there(&known, Some(way))?;
                document.identification = Some(way.oid().to_owned());
                document.changes = known.changes(&application, &person);
                document.remark = note(words)?;
                if person.frozen_at.is_some() {
                    return Err(StepError::Frozen.into());
                }
                self.agreed(&application, &person)?;
            }
            Verdict::Reject {
                reason,
                remark: words,
            } => {
                document.step = Step::Reject.name().to_owned();
                document.remark = remark(words)?;
                let reason = reason_of(Act::Application, reason, &document.remark)?;
                document.reason = Some(reason.name().to_owned());
            }
        }
        document.application = Some(described(&application));
        self.offer(&document, clerk, now)
    }

    /// Refuses unless the record says what was signed, and the register names the applicant so.
    pub(super) fn agreed(
        &self,
        application: &Application,
        person: &Person,
    ) -> Result<(), DeskError> {
        let signed = application.first.as_ref().map(|first| &first.document);
        let document = signed.and_then(|bytes| ApplicationDocument::from_bytes(bytes).ok());
        let document = document.ok_or(DeskError::RegisterDiffers)?;
        let applicant = &document.applicant;
        // Number, keys and person of the record; certificates are made of it, and codes go where it says.
        if !document.is_of(application) || applicant.iin != person.iin.as_str() {
            return Err(DeskError::RecordDiffers);
        }
        match self.register.look_up(&person.iin) {
            RegisterAnswer::Person(facts) => {
                let applied = PersonFacts {
                    surname: applicant.surname.clone(),
                    given_name: applicant.given_name.clone(),
                    patronymic: applicant.patronymic.clone(),
                };
                // What is issued names the person as the records do.
                let recorded = PersonFacts {
                    surname: person.surname.clone(),
                    given_name: person.given_name.clone(),
                    patronymic: person.patronymic.clone(),
                };
                if same_person(&facts, &applied) && same_person(&facts, &recorded) {
                    Ok(())
                } else {
                    Err(DeskError::RegisterDiffers)
                }
            }
            RegisterAnswer::Dead => Err(DeskError::RegisterDead),
            RegisterAnswer::Unknown | RegisterAnswer::Ambiguous(_) => {
                Err(DeskError::RegisterUnknown)
            }
            RegisterAnswer::Unavailable => Err(DeskError::RegisterUnavailable),
        }
    }
}

/// Refuses to approve first keys from afar for somebody who has keys or another address.
pub(super) fn is_there(known: &Known, way: Option<Identification>) -> Result<(), DeskError> {
    if known.needs_presence() && !way.is_some_and(Identification::is_in_person) {
        return Err(DeskError::InPerson);
    }
    Ok(())
}

/// The application of a number and its person, if the clerk may see it.
pub(super) fn seen(
    work: &mut dyn UnitOfWork,
    clerk: &Clerk,
    number: &ApplicationNumber,
) -> Result<(Application, Person), DeskError> {
    let application = work
        .applications()
        .find_by_number(number)?
        .ok_or(StepError::NotFound)?;
    let centre = application
        .first
        .as_ref()
        .map(|first| first.centre.as_str());
    if !clerk.sees(centre) {
        return Err(match centre {
            Some(_) => DeskError::OtherCentre,
            // What its owner renews by herself is nobody's business here.
            None => StepError::NotFound.into(),
        });
    }
    let person = work
        .persons()
        .find(application.person)?
        .ok_or(StepError::NotFound)?;
    Ok((application, person))
}

/// Evidence that a clerk looked at whose an application is.
fn looked(
    work: &mut dyn UnitOfWork,
    clerk: &Clerk,
    application: &Application,
    now: Timestamp,
) -> Result<(), StorageError> {
    let evidence = Evidence {
        actor: Actor::Staff(clerk.member.id),
        action: "desk.look",
        object: person_object(application.person),
        detail: &application_object(application.id),
    };
    evidence.record(work, now)
}

/// What a first issuance that waits for a decision has.
pub(super) fn waits(
    application: &Application,
    now: Timestamp,
) -> Result<&FirstIssuance, DeskError> {
    let State::Submitted { .. } = application.state else {
        return Err(wrong_state("decide", application).into());
    };
    let first = application
        .first
        .as_ref()
        .ok_or_else(|| wrong_state("decide", application))?;
    if now >= first.appear_by {
        // The round that expires it has not come by yet.
        let expired = tanba_model::application::TransitionError {
            step: "decide",
            from: "EXPIRED",
        };
        return Err(StepError::WrongState(expired).into());
    }
    Ok(first)
}

/// The application as a decision names it.
pub(super) fn described(application: &Application) -> DecidedApplication {
    let signed = application.first.as_ref().map(|first| &first.document);
    DecidedApplication {
        number: application.number.as_str().to_owned(),
        document_sha256: signed.map(|document| hex(&sha256(document))),
        keys: application
            .requests
            .iter()
            .map(|request| hex(&request.public_key_sha256))
            .collect(),
    }
}

/// A reason that is offered for the act; "something else" has to be described.
pub(super) fn reason_of(act: Act, name: &str, remark: &str) -> Result<DecisionReason, DeskError> {
    DecisionReason::from_name(name)
        .filter(|reason| DecisionReason::of(act).contains(reason))
        .filter(|reason| *reason != DecisionReason::Other || !remark.is_empty())
        .ok_or(DeskError::Reason)
}
