//! The registration authority and what its use cases share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tanba_crypto::Secret;
use tanba_model::application::{Application, ApplicationNumber, TransitionError};
use tanba_model::centre::Centres;
use tanba_model::id::ApplicationId;
use tanba_model::meter::Meters;
use tanba_model::person::Person;
use tanba_model::place::Gazetteer;
use tanba_model::ports::{
    AuthorityConsole, DocumentSeals, Issuance, PersonRegister, RandomSource, Session, SourceRng,
    Storage, UnitOfWork,
};

use tanba_pki::Timestamp;

use crate::config::{self, ConfigError, RaConfig, SecondFactorPolicy};
use crate::delivery::Rounds;
use crate::error::StepError;
use crate::first::{Metered, TableRegister, WorkDesk};
use crate::second_factor::{EmailCode, SecondFactor};
use crate::token::SessionKey;

/// How many issuances may run beside each other; those of one application never do.
const STRIPES: usize = 64;

/// How often the audit log is signed where nobody says otherwise.
const CHECKPOINTS_EVERY: Duration = Duration::from_secs(10 * 60);

/// Carries applications to a decision. Blocks; share it in an `Arc`.
///
/// No use case holds a unit of work while it asks the certification authority, which has units of its own.
#[derive(Debug)]
pub struct RegistrationAuthority {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) issuance: Arc<dyn Issuance>,
    pub(crate) config: RaConfig,
    pub(crate) second_factor: Option<Box<dyn SecondFactor>>,
    pub(crate) gazetteer: Gazetteer,
    pub(crate) centres: Centres,
    pub(crate) register: Arc<dyn PersonRegister>,
    pub(crate) work_desk: WorkDesk,
    pub(crate) seals: Option<Arc<dyn DocumentSeals>>,
    /// Whether somebody carries text messages away.
    pub(crate) text_messages: bool,
    /// The authority as its administrators see it.
    pub(crate) console: Option<Arc<dyn AuthorityConsole>>,
    /// Between two signed checkpoints of the audit log.
    pub(crate) checkpoints_every: Duration,
    /// What the program counts, if it does.
    pub(crate) meters: Option<Arc<Meters>>,
    pub(crate) session_key: SessionKey,
    random: Arc<dyn RandomSource>,
    stripes: [Mutex<()>; STRIPES],
    pub(crate) delivering: Rounds,
    /// The confirmed application that was tried last, while there are more behind it.
    pub(crate) resumed_to: Mutex<Option<(Timestamp, ApplicationId)>>,
}

impl RegistrationAuthority {
    /// Makes the authority with the second factor that the configuration names.
    ///
    /// # Errors
    /// [`ConfigError`] when the program lacks something that the configuration needs.
    pub fn new(
        storage: Arc<dyn Storage>,
        issuance: Arc<dyn Issuance>,
        config: RaConfig,
        random: Arc<dyn RandomSource>,
    ) -> Result<Self, ConfigError> {
        let gazetteer = config::gazetteer()?;
        let centres = config.centres()?;
        let second_factor: Option<Box<dyn SecondFactor>> = match config.second_factor() {
            SecondFactorPolicy::EmailCode => Some(Box::new(EmailCode)),
            SecondFactorPolicy::None => None,
        };
        let stripes = std::array::from_fn(|_| Mutex::new(()));
        let register = Arc::new(TableRegister::new(Arc::clone(&storage)));
        let work_desk = WorkDesk::new(random.as_ref(), config.first().work_bits);
        let delivering = Rounds::default();
        let mut key = vec![0; 32];
        random.fill(&mut key);
        Ok(Self {
            session_key: SessionKey::new(Secret::new(key)),
            register,
            work_desk,
            storage,
            issuance,
            config,
            second_factor,
            gazetteer,
            centres,
            seals: None,
            text_messages: false,
            console: None,
            checkpoints_every: CHECKPOINTS_EVERY,
            meters: None,
            random,
            stripes,
            delivering,
            resumed_to: Mutex::default(),
        })
    }

    /// The same authority with the key that vouches for sessions: they outlive a restart, and hold in every process that has
    /// it. Without, it is made for as long as the program runs.
    #[must_use]
    pub fn with_session_key(mut self, key: Secret) -> Self {
        self.session_key = SessionKey::new(key);
        self
    }

    /// The same authority with another second factor than those that ship.
    #[must_use]
    pub fn with_second_factor(mut self, factor: Box<dyn SecondFactor>) -> Self {
        self.second_factor = Some(factor);
        self
    }

    /// The same authority with another register of people than the table of persons.
    #[must_use]
    pub fn with_register(mut self, register: Arc<dyn PersonRegister>) -> Self {
        self.register = register;
        self
    }

    /// The same authority, which sends text messages, or does not: whether a number may be confirmed.
    #[must_use]
    pub const fn with_text_messages(mut self, sent: bool) -> Self {
        self.text_messages = sent;
        self
    }

    /// Whether text messages are sent here, so that people may confirm a number.
    #[must_use]
    pub const fn text_messages(&self) -> bool {
        self.text_messages
    }

    /// The same authority with a look at how long the register takes. To be called after the register is given.
    #[must_use]
    pub fn with_meters(mut self, meters: Arc<Meters>) -> Self {
        self.register = Arc::new(Metered::new(self.register, Arc::clone(&meters)));
        self.meters = Some(meters);
        self
    }

    /// The same authority with pages for the administrators of the certification authority.
    #[must_use]
    pub fn with_console(mut self, console: Arc<dyn AuthorityConsole>) -> Self {
        self.console = Some(console);
        self
    }

    /// The register of people that is believed. Ask it outside of any unit of work.
    #[must_use]
    pub fn register(&self) -> &dyn PersonRegister {
        self.register.as_ref()
    }

    /// How it decides.
    #[must_use]
    pub const fn config(&self) -> &RaConfig {
        &self.config
    }

    /// The regions and settlements that a form may name.
    #[must_use]
    pub const fn gazetteer(&self) -> &Gazetteer {
        &self.gazetteer
    }

    /// The registration centres that an applicant may choose.
    #[must_use]
    pub const fn centres(&self) -> &Centres {
        &self.centres
    }

    pub(crate) fn random(&self) -> SourceRng<'_> {
        SourceRng(self.random.as_ref())
    }

    /// Lets nobody else in this process issue for the application.
    pub(crate) fn issuing(&self, id: ApplicationId) -> Option<MutexGuard<'_, ()>> {
        let stripe = usize::try_from(id.0.unsigned_abs()).unwrap_or_default() % STRIPES;
        self.stripes
            .get(stripe)
            .map(|lock| lock.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The application of that number, if it is the session's person's; a stranger's is not there.
    pub(crate) fn own(
        work: &mut dyn UnitOfWork,
        session: &Session,
        number: &ApplicationNumber,
    ) -> Result<(Application, Person), StepError> {
        let application = work
            .applications()
            .find_by_number(number)?
            .ok_or(StepError::NotFound)?;
        if application.person != session.person {
            return Err(StepError::NotFound);
        }
        let person = work
            .persons()
            .find(session.person)?
            .ok_or(StepError::NotFound)?;
        Ok((application, person))
    }
}

/// The error of a step that the state does not allow.
pub(crate) const fn wrong_state(step: &'static str, application: &Application) -> StepError {
    StepError::WrongState(TransitionError {
        step,
        from: application.state.name(),
    })
}
