//! Derivations that the browser does while one file is opened or written.

use std::fmt;

use serde::Serialize;
use tanba_crypto::Secret;
use tanba_keystore::{
    Container, KeyStoreError, Password, Pbkdf2Request, Prefetched, Profile, WritePlan,
};

use crate::Failure;
use crate::random::random;

/// Iterations up to which asking the browser costs more than computing here.
const AT_ONCE: u32 = 2_000;

/// What must outlive the repetitions of one call.
pub(crate) struct Derivations {
    browser_derives: bool,
    prefetched: Prefetched,
    asked: Option<Box<Pbkdf2Request>>,
    /// Holds what is random in the file that is being written.
    plan: Option<WritePlan>,
}

/// What the worker reads when a derivation is missing. Sent.
#[derive(Serialize)]
struct Needed {
    derive: NeededDerivation,
}

#[derive(Serialize)]
struct NeededDerivation {
    hash: &'static str,
    iterations: u32,
    length: usize,
}

/// The result of one attempt: done, or the JSON that asks for a derivation.
pub(crate) enum Attempt<T> {
    Done(T),
    Needed(String),
}

impl Derivations {
    pub(crate) fn new(browser_derives: bool) -> Self {
        let at_once = if browser_derives { AT_ONCE } else { u32::MAX };
        Self {
            browser_derives,
            prefetched: Prefetched::new(at_once),
            asked: None,
            plan: None,
        }
    }

    pub(crate) fn open(
        &mut self,
        bytes: &[u8],
        password: &Password,
    ) -> Result<Attempt<Container>, Failure> {
        let outcome = Container::open(bytes, password, &mut self.prefetched);
        self.attempt(outcome)
    }

    pub(crate) fn write(
        &mut self,
        container: &Container,
        profile: Profile,
        password: &Password,
    ) -> Result<Attempt<Vec<u8>>, Failure> {
        let plan = match self.plan.take() {
            Some(plan) => plan,
            None => container.plan(profile, &mut random()),
        };
        let outcome = container.write(&plan, password, &mut self.prefetched);
        self.plan = Some(plan);
        self.attempt(outcome)
    }

    fn attempt<T>(&mut self, outcome: Result<T, KeyStoreError>) -> Result<Attempt<T>, Failure> {
        match outcome {
            Ok(done) => Ok(Attempt::Done(done)),
            Err(KeyStoreError::DerivationNeeded(request)) => {
                Ok(Attempt::Needed(self.ask(request)?))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn ask(&mut self, request: Box<Pbkdf2Request>) -> Result<String, Failure> {
        let derive = NeededDerivation {
            hash: request.hash.label(),
            iterations: request.iterations,
            length: request.length,
        };
        self.asked = Some(request);
        Ok(serde_json::to_string(&Needed { derive })?)
    }

    /// Asks for what opening the file will need, before the check value is computed; nothing where it does not show.
    pub(crate) fn anticipate(
        &mut self,
        bytes: &[u8],
        password: &Password,
    ) -> Result<Option<String>, Failure> {
        if !self.browser_derives {
            return Ok(None);
        }
        let requests = Container::derivations(bytes, password)?;
        let large = requests
            .into_iter()
            .find(|request| request.iterations > AT_ONCE);
        large.map(|request| self.ask(Box::new(request))).transpose()
    }

    pub(crate) fn asked_password(&self) -> Vec<u8> {
        self.asked
            .as_ref()
            .map(|request| request.password.expose().to_vec())
            .unwrap_or_default()
    }

    pub(crate) fn asked_salt(&self) -> Vec<u8> {
        self.asked
            .as_ref()
            .map(|request| request.salt.clone())
            .unwrap_or_default()
    }

    pub(crate) fn supply(&mut self, key: Secret) {
        if let Some(request) = self.asked.take() {
            self.prefetched.supply(*request, key);
        }
    }
}

impl fmt::Debug for Derivations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Derivations(…)")
    }
}
