//! A token that was found and logged in to, and the sessions that work with it.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::MechanismType;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use cryptoki::slot::Slot;

use crate::error::TokenError;
use crate::keys::wants_pin_each_time;
use crate::reference::hex;

/// Logged in for as long as it lives: the login is the token's, and ends with the last session.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The start of the module that it belongs to.
    pub(crate) generation: u64,
    pub(crate) slot: Slot,
    pub(crate) mechanisms: Vec<MechanismType>,
    limit: usize,
    pool: Mutex<Pool>,
    freed: Condvar,
    handles: Mutex<HashMap<Vec<u8>, ObjectHandle>>,
    /// Whether the key of an identifier wants the PIN before each signature.
    pin_each_time: Mutex<HashMap<Vec<u8>, bool>>,
}

#[derive(Debug)]
struct Pool {
    /// Keeps the login; works with nothing.
    login: Option<Session>,
    idle: Vec<Session>,
    open: usize,
}

impl Connection {
    pub(crate) fn new(
        generation: u64,
        slot: Slot,
        mechanisms: Vec<MechanismType>,
        login: Session,
        limit: usize,
    ) -> Self {
        Self {
            generation,
            slot,
            mechanisms,
            limit,
            pool: Mutex::new(Pool {
                login: Some(login),
                idle: Vec::new(),
                open: 0,
            }),
            freed: Condvar::new(),
            handles: Mutex::default(),
            pin_each_time: Mutex::default(),
        }
    }

    /// Works with a session of the pool; waits for one when all are at work.
    pub(crate) fn with_session<T>(
        &self,
        context: &Pkcs11,
        work: impl FnOnce(&Session) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let session = self.take(context)?;
        let done = work(&session);
        let mut pool = self.pool();
        match &done {
            // An operation that was begun and failed may still stand in the session.
            Err(_) => {
                pool.open = pool.open.saturating_sub(1);
                drop(pool);
                drop(session);
            }
            Ok(_) => {
                pool.idle.push(session);
                drop(pool);
            }
        }
        self.freed.notify_one();
        done
    }

    fn take(&self, context: &Pkcs11) -> Result<Session, TokenError> {
        let mut pool = self.pool();
        loop {
            if let Some(session) = pool.idle.pop() {
                return Ok(session);
            }
            if pool.open < self.limit {
                pool.open = pool.open.saturating_add(1);
                drop(pool);
                let session = context.open_ro_session(self.slot);
                return session.map_err(|error| {
                    let mut pool = self.pool();
                    pool.open = pool.open.saturating_sub(1);
                    drop(pool);
                    self.freed.notify_one();
                    TokenError::of(error)
                });
            }
            pool = self
                .freed
                .wait(pool)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The private key of an identifier; looked for once.
    pub(crate) fn key(&self, session: &Session, id: &[u8]) -> Result<ObjectHandle, TokenError> {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = handles.get(id) {
            return Ok(*handle);
        }
        let wanted = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Id(id.to_vec()),
        ];
        let found = session.find_objects(&wanted).map_err(TokenError::of)?;
        let handle = *found
            .first()
            .ok_or_else(|| TokenError::NoKey { id: hex(id) })?;
        let _ = handles.insert(id.to_vec(), handle);
        Ok(handle)
    }

    /// Whether the token wants its PIN before each signature of a key; asked once.
    pub(crate) fn wants_pin_each_time(
        &self,
        session: &Session,
        id: &[u8],
        key: ObjectHandle,
    ) -> bool {
        let known = || {
            self.pin_each_time
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(wants) = known().get(id) {
            return *wants;
        }
        let wants = wants_pin_each_time(session, key);
        let _ = known().insert(id.to_vec(), wants);
        wants
    }

    /// Forgets where a key is.
    pub(crate) fn forget(&self, id: &[u8]) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = handles.remove(id);
    }

    /// Gives sessions up without closing them: after a restart of the module their numbers may be others'.
    pub(crate) fn abandon(&self) {
        let mut pool = self.pool();
        let login = pool.login.take();
        for session in pool.idle.drain(..).chain(login) {
            std::mem::forget(session);
        }
    }
}
