//! The drivers of people's tokens: what is plugged in now, and how near to locked it is.

use std::path::Path;
use std::sync::Arc;

use cryptoki::context::{CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::{AuthPin, RawAuthPin};
use tanba_crypto::Secret;

use crate::connection::Connection;
use crate::error::TokenError;
use crate::module::Module;
use crate::opened::Opened;

/// Sessions that work at once, besides the one that keeps the login.
const SESSIONS: usize = 2;

/// The module of a maker of tokens, as it is installed on somebody's computer.
#[derive(Clone, Debug)]
pub struct Driver {
    module: Arc<Module>,
}

/// What a token tells about its PIN (PKCS#11, 3.2: token information flags).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinState {
    /// Nobody set a PIN yet.
    NotSet,
    /// Nothing is wrong, as far as the token tells.
    Fine,
    /// A wrong PIN was typed since the last right one.
    WasWrong,
    /// One more wrong PIN locks the token.
    LastTry,
    /// The token is locked.
    Locked,
}

/// A token that was plugged in when it was looked for.
#[derive(Clone, Debug)]
pub struct Plugged {
    module: Arc<Module>,
    label: String,
    serial: String,
    manufacturer: String,
    model: String,
    pin: PinState,
    pin_length: (usize, usize),
}

impl Driver {
    /// A driver; nothing is loaded before it is asked.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            module: Module::open(path, CInitializeFlags::OS_LOCKING_OK),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.module.path()
    }

    /// The tokens that are plugged in now.
    ///
    /// A driver without a single removable slot looks for tokens only when it starts, so it is started again, unless
    /// somebody works with one of its tokens.
    ///
    /// # Errors
    /// [`TokenError::Module`] when the driver cannot be loaded, [`TokenError::Lost`] when it does not answer.
    pub fn tokens(&self) -> Result<Vec<Plugged>, TokenError> {
        let (found, generation, looks_by_itself) = self.look()?;
        if looks_by_itself || !self.module.restart_if_idle(generation)? {
            return Ok(found);
        }
        Ok(self.look()?.0)
    }

    /// How many slots the driver has; a hardware driver without one sees no reader.
    ///
    /// # Errors
    /// As [`tokens`](Self::tokens).
    pub fn slot_count(&self) -> Result<usize, TokenError> {
        let started = self.module.started()?;
        let context = started.running()?;
        Ok(context.get_all_slots().map_err(TokenError::of)?.len())
    }

    fn look(&self) -> Result<(Vec<Plugged>, u64, bool), TokenError> {
        let started = self.module.started()?;
        let context = started.running()?;
        let mut removable = false;
        let mut found = Vec::new();
        for slot in context.get_all_slots().map_err(TokenError::of)? {
            // A slot that cannot tell what is in it has nothing for us.
            let Ok(facts) = context.get_slot_info(slot) else {
                continue;
            };
            removable |= facts.removable_device();
            if !facts.token_present() {
                continue;
            }
            let Ok(token) = context.get_token_info(slot) else {
                continue;
            };
            if token.token_initialized() {
                found.push(Plugged::new(&self.module, &token));
            }
        }
        Ok((found, started.generation, removable))
    }
}

impl PinState {
    pub(crate) fn of(info: &TokenInfo) -> Self {
        if info.user_pin_locked() {
            Self::Locked
        } else if !info.user_pin_initialized() {
            Self::NotSet
        } else if info.user_pin_final_try() {
            Self::LastTry
        } else if info.user_pin_count_low() {
            Self::WasWrong
        } else {
            Self::Fine
        }
    }
}

impl Plugged {
    fn new(module: &Arc<Module>, info: &TokenInfo) -> Self {
        let text = |padded: &str| padded.trim_end_matches([' ', '\0']).to_owned();
        let (least, most) = (info.min_pin_length(), info.max_pin_length());
        Self {
            module: Arc::clone(module),
            label: text(info.label()),
            serial: text(info.serial_number()),
            manufacturer: text(info.manufacturer_id()),
            model: text(info.model()),
            pin: PinState::of(info),
            pin_length: (least, most),
        }
    }

    /// The label that its owner or its maker gave it.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its serial number.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Who made it.
    #[must_use]
    pub fn manufacturer(&self) -> &str {
        &self.manufacturer
    }

    /// What its maker calls this kind.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What it told about its PIN when it was found.
    #[must_use]
    pub const fn pin(&self) -> PinState {
        self.pin
    }

    /// Octets that a PIN has at least and at most.
    #[must_use]
    pub const fn pin_length(&self) -> (usize, usize) {
        self.pin_length
    }

    /// What it tells about its PIN now; `None` when it is not there any more.
    #[must_use]
    pub fn pin_now(&self) -> Option<PinState> {
        let started = self.module.started().ok()?;
        let (_, info) = self.find(started.running().ok()?).ok()?;
        Some(PinState::of(&info))
    }

    /// Enters the PIN that its owner typed, once. The token stays open for as long as the value lives.
    ///
    /// # Errors
    /// [`TokenError::WrongPin`], [`TokenError::PinLocked`], [`TokenError::PinNotSet`], [`TokenError::Absent`] and others.
    pub fn open(&self, pin: &Secret) -> Result<Opened, TokenError> {
        let user = self.module.user();
        let started = self.module.started()?;
        let context = started.running()?;
        let (slot, info) = self.find(context)?;
        let session = context.open_ro_session(slot).map_err(TokenError::of)?;
        enter(&session, &info, pin)?;
        let mechanisms = context.get_mechanism_list(slot).map_err(TokenError::of)?;
        let connection = Connection::new(started.generation, slot, mechanisms, session, SESSIONS);
        let key_pad = info.protected_authentication_path();
        Ok(Opened::new(&self.module, user, connection, pin, key_pad))
    }

    /// Changes the PIN.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`TokenError::NewPinRefused`] when the token does not take the new one. The old one holds
    /// then, as it does with [`TokenError::GivenUp`]: `goes_on`, which is asked when the token is open, said no.
    pub fn change_pin(
        &self,
        old: &Secret,
        new: &Secret,
        goes_on: impl FnOnce() -> bool,
    ) -> Result<(), TokenError> {
        let _user = self.module.user();
        let started = self.module.started()?;
        let context = started.running()?;
        let (slot, info) = self.find(context)?;
        let session = context.open_rw_session(slot).map_err(TokenError::of)?;
        enter(&session, &info, old)?;
        let text = |pin: &Secret| {
            String::from_utf8(pin.expose().to_vec())
                .map(|text| AuthPin::new(text.into()))
                .map_err(|_| TokenError::NewPinRefused)
        };
        let (old, new) = (text(old)?, text(new)?);
        if !goes_on() {
            return Err(TokenError::GivenUp);
        }
        match session.set_pin(&old, &new) {
            Ok(()) => Ok(()),
            Err(Error::Pkcs11(RvError::PinLenRange | RvError::PinInvalid, _)) => {
                Err(TokenError::NewPinRefused)
            }
            Err(Error::Pkcs11(RvError::PinIncorrect, _)) => Err(TokenError::WrongPin),
            Err(Error::Pkcs11(RvError::PinLocked, _)) => Err(TokenError::PinLocked),
            Err(error) => Err(TokenError::of(error)),
        }
    }

    /// Identifiers of keys that have no certificate yet, as far as the token tells without its PIN.
    ///
    /// # Errors
    /// [`TokenError`]
    pub fn waiting(&self) -> Result<Vec<Vec<u8>>, TokenError> {
        let _user = self.module.user();
        let started = self.module.started()?;
        let context = started.running()?;
        let (slot, _) = self.find(context)?;
        let session = context.open_ro_session(slot).map_err(TokenError::of)?;
        let certified = identifiers(&session, ObjectClass::CERTIFICATE)?;
        let mut keys = identifiers(&session, ObjectClass::PUBLIC_KEY)?;
        keys.retain(|key| !certified.contains(key));
        Ok(keys)
    }

    /// Whether this certificate (DER) lies beside its key, as far as the token tells without its PIN.
    ///
    /// # Errors
    /// [`TokenError`]
    pub fn has_certificate(&self, certificate: &[u8]) -> Result<bool, TokenError> {
        let _user = self.module.user();
        let started = self.module.started()?;
        let context = started.running()?;
        let (slot, _) = self.find(context)?;
        let session = context.open_ro_session(slot).map_err(TokenError::of)?;
        let keys = identifiers(&session, ObjectClass::PUBLIC_KEY)?;
        let wanted = [
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::Token(true),
        ];
        let wanted_facts = [AttributeType::Id, AttributeType::Value];
        for object in session.find_objects(&wanted).map_err(TokenError::of)? {
            let facts = session
                .get_attributes(object, &wanted_facts)
                .map_err(TokenError::of)?;
            let is_it = facts
                .iter()
                .any(|fact| matches!(fact, Attribute::Value(value) if value == certificate));
            let has_key = facts
                .iter()
                .any(|fact| matches!(fact, Attribute::Id(id) if keys.contains(id)));
            if is_it && has_key {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn find(&self, context: &Pkcs11) -> Result<(Slot, TokenInfo), TokenError> {
        let is_it = |info: &TokenInfo| {
            let other = Self::new(&self.module, info);
            info.token_initialized()
                && (&other.label, &other.serial, &other.manufacturer)
                    == (&self.label, &self.serial, &self.manufacturer)
        };
        context
            .get_slots_with_token()
            .map_err(TokenError::of)?
            .into_iter()
            .filter_map(|slot| Some((slot, context.get_token_info(slot).ok()?)))
            .find(|(_, info)| is_it(info))
            .ok_or_else(|| TokenError::Absent {
                wanted: format!("the token \"{}\"", self.label),
                present: "others or none".to_owned(),
            })
    }
}

fn identifiers(session: &Session, class: ObjectClass) -> Result<Vec<Vec<u8>>, TokenError> {
    let objects = session
        .find_objects(&[Attribute::Class(class), Attribute::Token(true)])
        .map_err(TokenError::of)?;
    let mut found = Vec::new();
    for object in objects {
        let said = session
            .get_attributes(object, &[AttributeType::Id])
            .map_err(TokenError::of)?;
        found.extend(said.into_iter().filter_map(|attribute| {
            if let Attribute::Id(id) = attribute {
                Some(id).filter(|id| !id.is_empty())
            } else {
                None
            }
        }));
    }
    Ok(found)
}

/// One try, no more: tokens count.
fn enter(session: &Session, info: &TokenInfo, pin: &Secret) -> Result<(), TokenError> {
    match PinState::of(info) {
        PinState::Locked => return Err(TokenError::PinLocked),
        PinState::NotSet => return Err(TokenError::PinNotSet),
        PinState::Fine | PinState::WasWrong | PinState::LastTry => {}
    }
    let raw = RawAuthPin::new(Box::new(pin.expose().to_vec()));
    let log_in = || {
        if info.protected_authentication_path() {
            session.login(UserType::User, None)
        } else {
            session.login_with_raw(UserType::User, &raw)
        }
    };
    let entered = match log_in() {
        // Somebody of this process is in already; that must not let a wrong PIN pass.
        Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
            session.logout().map_err(TokenError::of)?;
            log_in()
        }
        entered => entered,
    };
    match entered {
        Ok(()) => Ok(()),
        Err(Error::Pkcs11(
            RvError::PinIncorrect | RvError::PinLenRange | RvError::PinInvalid,
            _,
        )) => Err(TokenError::WrongPin),
        Err(Error::Pkcs11(RvError::PinLocked, _)) => Err(TokenError::PinLocked),
        Err(Error::Pkcs11(RvError::UserPinNotInitialized, _)) => Err(TokenError::PinNotSet),
        Err(error) => Err(TokenError::of(error)),
    }
}
