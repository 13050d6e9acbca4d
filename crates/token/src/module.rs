//! The library of a token's maker, loaded once in a process.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, Weak};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use crate::error::TokenError;

/// `C_Initialize` is for the whole process, so those who name the same file share it.
static LOADED: Mutex<Vec<Weak<Module>>> = Mutex::new(Vec::new());

/// A module, started when it is first needed.
#[derive(Debug)]
pub(crate) struct Module {
    path: PathBuf,
    flags: CInitializeFlags,
    started: RwLock<Started>,
    /// A module that may not use locks of the operating system was promised calls of one thread at a time (PKCS#11, 5.4,
    /// `C_Initialize`), so whoever works with it takes this first.
    turn: Option<Mutex<()>>,
    /// Held by everybody who works with a token of people.
    users: Arc<()>,
}

/// Whoever uses the module holds this for reading, so that it is not stopped under somebody's feet.
#[derive(Debug, Default)]
pub(crate) struct Started {
    pub(crate) context: Option<Pkcs11>,
    /// How often it was started; sessions of an earlier start are void, and their numbers may belong to others now.
    pub(crate) generation: u64,
}

/// The running module, which is not stopped while this is held, and used by nobody else where it cannot bear that.
pub(crate) struct Running<'a> {
    started: RwLockReadGuard<'a, Started>,
    _turn: Option<MutexGuard<'a, ()>>,
}

impl Deref for Running<'_> {
    type Target = Started;

    fn deref(&self) -> &Started {
        &self.started
    }
}

impl Started {
    /// The module, which may have been stopped.
    pub(crate) fn running(&self) -> Result<&Pkcs11, TokenError> {
        self.context
            .as_ref()
            .ok_or_else(|| TokenError::Lost("the module was stopped".into()))
    }
}

impl Module {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// While it is held, the module is not started again for the sake of looking.
    pub(crate) fn user(&self) -> Arc<()> {
        Arc::clone(&self.users)
    }

    /// Starts it again when nobody works with it; says whether it was.
    pub(crate) fn restart_if_idle(&self, generation: u64) -> Result<bool, TokenError> {
        let _turn = self.turn();
        let mut started = self.started.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::strong_count(&self.users) > 1 {
            return Ok(false);
        }
        self.start_locked(&mut started, Some(generation))?;
        Ok(true)
    }

    pub(crate) fn open(path: &Path, flags: CInitializeFlags) -> Arc<Self> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.retain(|module| module.strong_count() > 0);
        if let Some(module) = loaded
            .iter()
            .filter_map(Weak::upgrade)
            .find(|module| module.path == path)
        {
            return module;
        }
        let module = Arc::new(Self {
            path: path.to_owned(),
            flags,
            started: RwLock::default(),
            turn: (!flags.contains(CInitializeFlags::OS_LOCKING_OK)).then(Mutex::default),
            users: Arc::default(),
        });
        loaded.push(Arc::downgrade(&module));
        module
    }

    /// The running module.
    pub(crate) fn started(&self) -> Result<Running<'_>, TokenError> {
        loop {
            let turn = self.turn();
            let started = self.started.read().unwrap_or_else(PoisonError::into_inner);
            if started.context.is_some() {
                return Ok(Running {
                    started,
                    _turn: turn,
                });
            }
            drop(started);
            drop(turn);
            self.start(None)?;
        }
    }

    /// The turn to call the module, where only one thread at a time may; for whoever holds no [`Running`].
    pub(crate) fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        let turn = self.turn.as_ref()?;
        Some(turn.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stops and starts it again: some modules look for tokens only then. Does nothing when somebody did it meanwhile.
    pub(crate) fn restart(&self, generation: u64) -> Result<(), TokenError> {
        self.start(Some(generation))
    }

    fn start(&self, generation: Option<u64>) -> Result<(), TokenError> {
        // Before the lock, as whoever works with the module does.
        let _turn = self.turn();
        let mut started = self.started.write().unwrap_or_else(PoisonError::into_inner);
        self.start_locked(&mut started, generation)
    }

    fn start_locked(
        &self,
        started: &mut Started,
        generation: Option<u64>,
    ) -> Result<(), TokenError> {
        let is_wanted = match generation {
            None => started.context.is_none(),
            Some(generation) => started.generation == generation,
        };
        if !is_wanted {
            return Ok(());
        }
        if let Some(context) = started.context.take() {
            // A module that does not stop is started anyhow; it will say so.
            let _ = context.finalize();
        }
        let fault = |source: Error| TokenError::Module {
            path: self.path.clone(),
            source: Box::new(source),
        };
        let context = Pkcs11::new(&self.path).map_err(fault)?;
        match context.initialize(CInitializeArgs::new(self.flags)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(fault(error)),
        }
        started.context = Some(context);
        started.generation = started.generation.wrapping_add(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_module_without_locks_is_called_by_one_thread_at_a_time_and_another_by_all() {
        let locks = Module::open(Path::new("/with"), CInitializeFlags::OS_LOCKING_OK);
        assert!(locks.turn().is_none());
        let module = Module::open(Path::new("/without"), CInitializeFlags::empty());
        let (tell, told) = mpsc::channel();
        std::thread::scope(|scope| {
            let turn = module.turn();
            assert!(turn.is_some());
            let (module, theirs) = (&module, tell.clone());
            scope.spawn(move || {
                let turn = module.turn();
                theirs.send("the other").unwrap();
                drop(turn);
            });
            tell.send("the first").unwrap();
            drop(turn);
        });
        drop(tell);
        let order: Vec<_> = told.iter().collect();
        assert_eq!(order, ["the first", "the other"]);
    }

    #[test]
    fn a_module_without_locks_is_not_started_again_while_somebody_calls_it() {
        let module = Module::open(Path::new("/none-without-locks"), CInitializeFlags::empty());
        let (tell, told) = mpsc::channel();
        std::thread::scope(|scope| {
            let turn = module.turn();
            for restarts in [true, false] {
                let (module, tell) = (&module, tell.clone());
                scope.spawn(move || {
                    let failed = if restarts {
                        module.restart(0).is_err()
                    } else {
                        module.restart_if_idle(0).is_err()
                    };
                    tell.send(failed).unwrap();
                });
            }
            let early = told.recv_timeout(std::time::Duration::from_millis(100));
            assert!(early.is_err(), "somebody else calls it now");
            drop(turn);
            assert_eq!([told.recv(), told.recv()], [Ok(true), Ok(true)]);
        });
    }
}
