//! A token: found by label or serial number, logged in to, found again when it was away.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::RawAuthPin;
use tanba_crypto::Secret;

use crate::connection::Connection;
use crate::error::TokenError;
use crate::module::Module;

/// Where the PIN comes from; asked at each login, so that a corrected PIN needs no restart.
pub trait PinSource: Send + Sync {
    /// The PIN.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn pin(&self) -> Result<Secret, Box<dyn StdError + Send + Sync>>;
}

/// Which token, and how its module is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSettings {
    /// The module of the token's maker, a shared library.
    pub module: PathBuf,
    /// Label of the token.
    pub label: Option<String>,
    /// Serial number of the token; with both, both must fit.
    pub serial: Option<String>,
    /// Sessions that sign beside each other, at least 1. Each waits for its own signature.
    pub sessions: usize,
    /// Whether the module may lock by means of the operating system (CKF_OS_LOCKING_OK). Where it may not, it is called by
    /// one thread at a time.
    pub os_locking: bool,
    /// Whether the module may start threads of its own.
    pub own_threads: bool,
}

/// A token. Calls block for as long as it takes to answer.
pub struct Token {
    module: Arc<Module>,
    settings: TokenSettings,
    pin: Box<dyn PinSource>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connection: Option<Arc<Connection>>,
    /// The PIN that was refused.
    refused: Option<Secret>,
}

impl Token {
    /// A token that will be looked for when it is needed; nothing is loaded yet.
    #[must_use]
    pub fn new(settings: TokenSettings, pin: Box<dyn PinSource>) -> Self {
        let mut flags = CInitializeFlags::empty();
        flags.set(CInitializeFlags::OS_LOCKING_OK, settings.os_locking);
        flags.set(
            CInitializeFlags::LIBRARY_CANT_CREATE_OS_THREADS,
            !settings.own_threads,
        );
        Self {
            module: Module::open(&settings.module, flags),
            settings,
            pin,
            state: Mutex::default(),
        }
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.settings.label, &self.settings.serial) {
            (Some(label), Some(serial)) => format!("the token \"{label}\" ({serial})"),
            (Some(label), None) => format!("the token \"{label}\""),
            (None, Some(serial)) => format!("the token with the serial number {serial}"),
            (None, None) => "a token".to_owned(),
        }
    }

    /// Finds the token and logs in, unless that was done.
    ///
    /// # Errors
    /// [`TokenError`]: what keeps it from being used.
    pub fn check(&self) -> Result<(), TokenError> {
        self.work(&|context, connection| {
            let info = context
                .get_token_info(connection.slot)
                .map_err(TokenError::of)?;
            // Somebody else may have put another token into the same slot.
            if self.is_wanted(&info) {
                Ok(())
            } else {
                Err(TokenError::Lost("another token is in its place".into()))
            }
        })
    }

    /// Enters the PIN for the operation that was just begun, as keys want that bear CKA_ALWAYS_AUTHENTICATE (PKCS#11,
    /// CKU_CONTEXT_SPECIFIC). A PIN that was refused is not entered again before it was corrected.
    pub(crate) fn enter_again(
        &self,
        context: &Pkcs11,
        connection: &Connection,
        session: &Session,
    ) -> Result<(), TokenError> {
        let info = context
            .get_token_info(connection.slot)
            .map_err(TokenError::of)?;
        let mut state = self.state();
        self.enter(
            session,
            UserType::ContextSpecific,
            &info,
            &mut state.refused,
        )
    }

    /// Works with the token. When it was away, it is found once more and the work is done again.
    pub(crate) fn work<T>(
        &self,
        work: &dyn Fn(&Pkcs11, &Connection) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        match self.try_work(work) {
            Err((error, Some(generation))) if error.is_lost() => {
                self.disconnect(generation);
                self.try_work(work)
                    .or_else(|(error, _)| self.retry_after_restart(error, generation, work))
            }
            Err((error @ TokenError::Absent { .. }, Some(generation))) => {
                self.retry_after_restart(error, generation, work)
            }
            done => done.map_err(|(error, _)| error),
        }
    }

    /// Some modules look for tokens only when they start.
    fn retry_after_restart<T>(
        &self,
        error: TokenError,
        generation: u64,
        work: &dyn Fn(&Pkcs11, &Connection) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        if !error.is_lost() && !matches!(error, TokenError::Absent { .. }) {
            return Err(error);
        }
        self.disconnect(generation);
        self.module.restart(generation)?;
        self.try_work(work).map_err(|(error, _)| error)
    }

    /// An error comes with the start of the module that it happened in.
    fn try_work<T>(
        &self,
        work: &dyn Fn(&Pkcs11, &Connection) -> Result<T, TokenError>,
    ) -> Result<T, (TokenError, Option<u64>)> {
        let started = self.module.started().map_err(|error| (error, None))?;
        let generation = started.generation;
        let fault = |error| (error, Some(generation));
        let context = started.context.as_ref().ok_or((
            TokenError::Lost("the module was stopped".into()),
            Some(generation),
        ))?;
        let connection = self.connect(context, generation).map_err(fault)?;
        work(context, &connection).map_err(fault)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn disconnect(&self, generation: u64) {
        // Sessions that are dropped here are closed by the module.
        let _turn = self.module.turn();
        let mut state = self.state();
        if let Some(connection) = state.connection.take()
            && connection.generation != generation
        {
            connection.abandon();
        }
    }

    fn connect(&self, context: &Pkcs11, generation: u64) -> Result<Arc<Connection>, TokenError> {
        let mut state = self.state();
        if let Some(connection) = &state.connection {
            if connection.generation == generation {
                return Ok(Arc::clone(connection));
            }
            connection.abandon();
            state.connection = None;
        }
        let (slot, info) = self.find(context)?;
        let session = context.open_ro_session(slot).map_err(TokenError::of)?;
        if info.login_required() {
            self.enter(&session, UserType::User, &info, &mut state.refused)?;
        }
        let mechanisms = context.get_mechanism_list(slot).map_err(TokenError::of)?;
        let limit = self.settings.sessions.max(1);
        let connection = Connection::new(generation, slot, mechanisms, session, limit);
        let connection = Arc::new(connection);
        state.connection = Some(Arc::clone(&connection));
        Ok(connection)
    }

    fn is_wanted(&self, info: &TokenInfo) -> bool {
        let fits = |wanted: &Option<String>, is: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.trim_end() == is.trim_end())
        };
        info.token_initialized()
            && fits(&self.settings.label, info.label())
            && fits(&self.settings.serial, info.serial_number())
    }

    fn find(&self, context: &Pkcs11) -> Result<(Slot, TokenInfo), TokenError> {
        let slots = context.get_slots_with_token().map_err(TokenError::of)?;
        // A slot that cannot tell what is in it has nothing for us.
        let mut infos = slots
            .into_iter()
            .filter_map(|slot| Some((slot, context.get_token_info(slot).ok()?)));
        let (fit, others): (Vec<_>, Vec<_>) =
            infos.by_ref().partition(|(_, info)| self.is_wanted(info));
        let mut fit = fit.into_iter();
        match (fit.next(), fit.next()) {
            (Some(found), None) => Ok(found),
            (Some((_, info)), Some(_)) => Err(TokenError::Ambiguous {
                label: info.label().trim_end().to_owned(),
            }),
            (None, _) => {
                let names: Vec<String> = others
                    .iter()
                    .filter(|(_, info)| info.token_initialized())
                    .map(|(_, info)| format!("\"{}\"", info.label().trim_end()))
                    .collect();
                Err(TokenError::Absent {
                    wanted: self.name(),
                    present: if names.is_empty() {
                        "none".to_owned()
                    } else {
                        names.join(", ")
                    },
                })
            }
        }
    }

    fn enter(
        &self,
        session: &Session,
        user: UserType,
        info: &TokenInfo,
        refused: &mut Option<Secret>,
    ) -> Result<(), TokenError> {
        if info.user_pin_locked() {
            return Err(TokenError::PinLocked);
        }
        if !info.user_pin_initialized() {
            return Err(TokenError::PinNotSet);
        }
        let entered = if info.protected_authentication_path() {
            session.login(user, None)
        } else {
            let pin = self.pin.pin().map_err(TokenError::NoPin)?;
            if refused.as_ref() == Some(&pin) {
                return Err(TokenError::WrongPin);
            }
            if info.user_pin_final_try() {
                return Err(TokenError::LastTry);
            }
            let raw = RawAuthPin::new(Box::new(pin.expose().to_vec()));
            let entered = session.login_with_raw(user, &raw);
            if matches!(
                entered,
                Err(Error::Pkcs11(
                    RvError::PinIncorrect | RvError::PinLenRange | RvError::PinInvalid,
                    _
                ))
            ) {
                *refused = Some(pin);
                return Err(TokenError::WrongPin);
            }
            entered
        };
        match entered {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
                *refused = None;
                Ok(())
            }
            Err(Error::Pkcs11(RvError::PinLocked, _)) => Err(TokenError::PinLocked),
            Err(Error::Pkcs11(RvError::UserPinNotInitialized, _)) => Err(TokenError::PinNotSet),
            Err(error) => Err(TokenError::of(error)),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
