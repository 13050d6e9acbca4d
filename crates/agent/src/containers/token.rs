//! Tokens, behind the drivers of their makers.

mod calls;
mod drivers;
mod held;
mod kind;
mod patient;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tanba_crypto::{KeyAlgorithm, Secret, Signer};
use tanba_model::ports::{RandomSource, SourceRng};
use tanba_pki::Certificate;
use tanba_token::{CertificateParts, Driver, Opened, PinState, Plugged, TokenError};

use self::calls::Calls;
pub use self::drivers::DriverSearch;
pub use self::kind::KindRule;
use self::patient::Patient;
use super::Storage;
use super::manage::{Installed, MadeKey, ManageFault};
use super::patience::{Chance, own_random};
use super::store::{Container, ContainerId, ContainerStore, HeldKey, OpenFault};

/// How long a driver may look for tokens.
const LOOKING: Duration = Duration::from_secs(15);
/// How long a token may take to be opened and read; some have a key pad of their own for the PIN.
const OPENING: Duration = Duration::from_secs(90);
/// How long a token may take to make a key: minutes for long ones.
const MAKING: Duration = Duration::from_secs(600);

/// The tokens of this computer.
#[derive(Clone, Debug)]
pub struct TokenStore {
    drivers: Vec<Line>,
    rules: Vec<KindRule>,
}

/// A driver, and how many calls it has not answered yet.
#[derive(Clone, Debug)]
struct Line {
    driver: Driver,
    calls: Calls,
}

/// What a driver says when it is asked for tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriverReport {
    /// It works; it sees so many slots, and tokens of these names in them. A token of no known kind has none.
    Works {
        /// Readers and places for tokens.
        slots: usize,
        /// Tokens.
        tokens: Vec<(String, Option<Storage>)>,
    },
    /// It cannot be loaded: the reason in the words of the system.
    Broken(String),
    /// It does not answer.
    Silent,
}

impl Line {
    fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce(&Driver) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<Result<T, TokenError>, OpenFault> {
        self.calls.make(patience, {
            let driver = self.driver.clone();
            move || Ok(work(&driver))
        })
    }
}

impl TokenStore {
    /// Tokens behind these drivers, made kinds by these rules and what is known of makers.
    #[must_use]
    pub fn new(drivers: &[PathBuf], rules: Vec<KindRule>) -> Self {
        let line = |path: &PathBuf| Line {
            driver: Driver::new(path),
            calls: Calls::default(),
        };
        Self {
            drivers: drivers.iter().map(line).collect(),
            rules,
        }
    }

    /// What each driver says, for those who look for what is wrong.
    #[must_use]
    pub fn report(&self) -> Vec<(PathBuf, DriverReport)> {
        self.report_within(LOOKING)
    }

    /// As [`report`](Self::report), where each driver has this time. They are asked beside each other.
    #[must_use]
    pub fn report_within(&self, patience: Duration) -> Vec<(PathBuf, DriverReport)> {
        let ask = |line: &Line| {
            let said = line.ask(patience, |driver| {
                Ok((driver.tokens()?, driver.slot_count()?))
            });
            match said {
                Ok(Ok((tokens, slots))) => DriverReport::Works {
                    slots,
                    tokens: tokens
                        .iter()
                        .map(|token| (token.model().to_owned(), kind::kind(&self.rules, token)))
                        .collect(),
                },
                Ok(Err(error)) => DriverReport::Broken(chain_of(&error)),
                Err(_) => DriverReport::Silent,
            }
        };
        std::thread::scope(|scope| {
            let asked: Vec<_> = self
                .drivers
                .iter()
                .map(|line| (line, scope.spawn(|| ask(line))))
                .collect();
            asked
                .into_iter()
                .map(|(line, said)| {
                    let said = said.join().unwrap_or(DriverReport::Silent);
                    (line.driver.path().to_owned(), said)
                })
                .collect()
        })
    }

    /// What is plugged in, each token once even where two drivers see it.
    fn present(&self) -> Vec<(Storage, Plugged, Calls)> {
        let mut present: Vec<(Storage, Plugged, Calls)> = Vec::new();
        for line in &self.drivers {
            let tokens = match line.ask(LOOKING, Driver::tokens) {
                Ok(Ok(tokens)) => tokens,
                Ok(Err(error)) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::debug!(error, driver = %line.driver.path().display(), "no tokens");
                    continue;
                }
                Err(_) => continue,
            };
            for token in tokens {
                let Some(storage) = kind::kind(&self.rules, &token) else {
                    continue;
                };
                let is_known = present.iter().any(|(_, other, _)| {
                    other.serial() == token.serial() && other.label() == token.label()
                });
                if !is_known {
                    present.push((storage, token, line.calls.clone()));
                }
            }
        }
        present
    }

    /// The token of a place: label and serial number, or the label alone where one token bears it.
    fn find(&self, id: &ContainerId) -> Result<(Plugged, Calls), OpenFault> {
        let mut of_kind = self.present();
        of_kind.retain(|(storage, ..)| *storage == id.storage);
        let exact = |(_, token, _): &(Storage, Plugged, _)| place(token) == id.place;
        let labelled = |(_, token, _): &(Storage, Plugged, _)| token.label() == id.place;
        let position = of_kind.iter().position(exact).or_else(|| {
            let unique = of_kind.iter().filter(|found| labelled(found)).count() == 1;
            unique.then(|| of_kind.iter().position(labelled)).flatten()
        });
        let found = position.map(|position| of_kind.swap_remove(position));
        found
            .map(|(_, token, calls)| (token, calls))
            .ok_or(OpenFault::Absent)
    }

    /// Opens a token and works with it, on a thread of its own: a token that stops answering holds nobody, whatever it was
    /// asked last. It is locked again when what came of the work is dropped. Work that changes the token takes the chance first.
    fn entered<T: Send + 'static>(
        &self,
        id: &ContainerId,
        pin: &Secret,
        patience: Duration,
        work: impl FnOnce(&Arc<Opened>, &Calls, &Chance) -> T + Send + 'static,
    ) -> Result<T, OpenFault> {
        let (token, calls) = self.find(id)?;
        let (pin, theirs) = (pin.clone(), calls.clone());
        calls.make_unless(patience, move |chance| {
            let opened = token.open(&pin).map_err(|error| fault(&error, &token))?;
            if !chance.goes_on() {
                return Err(OpenFault::Slow);
            }
            Ok(work(&Arc::new(opened), &theirs, chance))
        })
    }
}

impl ContainerStore for TokenStore {
    fn serves(&self, storage: Storage) -> bool {
        storage.is_token()
    }

    fn kinds_present(&self) -> Vec<Storage> {
        let mut kinds: Vec<Storage> = self
            .present()
            .into_iter()
            .map(|(storage, ..)| storage)
            .collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    fn list(&self, storage: Storage) -> Vec<Container> {
        self.present()
            .into_iter()
            .filter(|(kind, ..)| *kind == storage)
            .map(|(storage, token, _)| Container {
                id: ContainerId {
                    storage,
                    place: place(&token),
                },
                name: format!("{} ({})", token.label(), token.serial()),
                tries_left: tries(token.pin()),
                pin_was_wrong: token.pin() == PinState::WasWrong,
            })
            .collect()
    }

    fn open(&self, container: &ContainerId, secret: &Secret) -> Result<Vec<HeldKey>, OpenFault> {
        self.entered(container, secret, OPENING, |token, calls, _| {
            let (keys, others) = token.content().map_err(|error| reading(&error))?;
            if keys.is_empty() {
                return Err(OpenFault::Empty);
            }
            Ok(held::keys((token, calls), &keys, &others))
        })?
    }

    fn waiting(&self, storage: Storage) -> Vec<String> {
        self.present()
            .into_iter()
            .filter(|(kind, ..)| *kind == storage)
            .filter_map(|(_, token, calls)| {
                calls.make(LOOKING, move || Ok(token.waiting())).ok()?.ok()
            })
            .flatten()
            .map(|id| tanba_pki::hex::encode(&id))
            .collect()
    }

    fn is_installed(
        &self,
        storage: Storage,
        certificate: &Certificate,
        _secret: &Secret,
    ) -> Result<bool, ManageFault> {
        let mut present = self.present();
        present.retain(|(kind, ..)| *kind == storage);
        Ok(present.into_iter().any(|(_, token, calls)| {
            let der = certificate.der().to_vec();
            let has = calls.make(LOOKING, move || Ok(token.has_certificate(&der)));
            matches!(has, Ok(Ok(true)))
        }))
    }

    fn make_keys(
        &self,
        place: Option<&ContainerId>,
        algorithms: &[KeyAlgorithm],
        secret: &Secret,
        random: &dyn RandomSource,
    ) -> Result<Vec<MadeKey>, ManageFault> {
        let place = place.ok_or(OpenFault::Absent)?;
        let (algorithms, random) = (algorithms.to_vec(), own_random(random));
        let count = u32::try_from(algorithms.len()).unwrap_or(u32::MAX);
        let patience = MAKING.saturating_mul(count);
        let made = self.entered(place, secret, patience, move |token, calls, chance| {
            if !chance.take() {
                return Err(TokenError::GivenUp);
            }
            let mut made = Vec::new();
            let mut made_all = || {
                for algorithm in &algorithms {
                    chance.still_goes_on()?;
                    made.push(token.make_key(*algorithm, &mut SourceRng(&random))?);
                }
                chance.still_goes_on()
            };
            if let Err(error) = made_all() {
                // Of several keys all are made or none: nobody would have the others certified, and a token has little room.
                for key in &made {
                    if let Err(error) = token.remove_key(key) {
                        let error: &dyn std::error::Error = &error;
                        tracing::warn!(error, "a key that nobody needs stays in its token");
                    }
                }
                return Err(error);
            }
            let made = made.into_iter().map(|key| MadeKey {
                key_id: tanba_pki::hex::encode(&key.public_key().key_id()),
                signer: Arc::new(Patient::new(key, calls)),
            });
            Ok(made.collect::<Vec<MadeKey>>())
        })?;
        made.map_err(|error| managing(&error))
    }

    fn install(
        &self,
        place: Option<&ContainerId>,
        certificate: &Certificate,
        _chain: &[Certificate],
        secret: &Secret,
        _random: &dyn RandomSource,
    ) -> Result<Installed, ManageFault> {
        let place = place.ok_or(OpenFault::Absent)?;
        let serial = integer(certificate.serial_bytes()).ok_or(ManageFault::NotWritten)?;
        let installed = certificate.clone();
        let put = self.entered(place, secret, OPENING, move |token, _, chance| {
            let parts = CertificateParts {
                certificate: installed.der(),
                subject: installed.subject().der(),
                issuer: installed.issuer().der(),
                serial: &serial,
            };
            token.install(&parts, installed.public_key(), || chance.take())
        })?;
        put.map_err(|error| managing(&error))?;
        let key_id = certificate.public_key().key_id();
        Ok(Installed {
            key_id: certificate
                .subject_key_id()
                .map_or_else(|| tanba_pki::hex::encode(&key_id), tanba_pki::hex::encode),
            place: place.place.clone(),
        })
    }

    fn change_secret(
        &self,
        container: &ContainerId,
        old: &Secret,
        new: &Secret,
        _random: &dyn RandomSource,
    ) -> Result<(), ManageFault> {
        let (token, calls) = self.find(container)?;
        let (old, new) = (old.clone(), new.clone());
        let changed = calls.make_unless(OPENING, move |chance| {
            Ok(token.change_pin(&old, &new, || chance.take()))
        })?;
        changed.map_err(|error| managing(&error))
    }
}

impl Chance {
    /// An error where nobody waits any more.
    fn still_goes_on(&self) -> Result<(), TokenError> {
        if self.goes_on() {
            Ok(())
        } else {
            Err(TokenError::GivenUp)
        }
    }
}

fn place(token: &Plugged) -> String {
    format!("{}#{}", token.label(), token.serial())
}

/// Of a PIN, as far as PKCS#11 tells: nothing but the last try.
const fn tries(pin: PinState) -> Option<u32> {
    match pin {
        PinState::LastTry => Some(1),
        PinState::Locked => Some(0),
        PinState::NotSet | PinState::Fine | PinState::WasWrong => None,
    }
}

/// INTEGER of a serial number.
fn integer(serial: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(serial.len()).ok().filter(|l| *l < 0x80)?;
    Some([&[0x02, length], serial].concat())
}

/// Why a token did not open, in the words of containers.
fn fault(error: &TokenError, token: &Plugged) -> OpenFault {
    if !matches!(error, TokenError::WrongPin) {
        return reading(error);
    }
    match token.pin_now() {
        Some(PinState::Locked) => OpenFault::Blocked,
        Some(state) => OpenFault::WrongSecret {
            tries_left: tries(state),
        },
        None => OpenFault::Absent,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "errors of tokens are open-ended"
)]
fn reading(error: &TokenError) -> OpenFault {
    match error {
        TokenError::WrongPin => OpenFault::WrongSecret { tries_left: None },
        TokenError::PinLocked => OpenFault::Blocked,
        TokenError::GivenUp => OpenFault::Slow,
        TokenError::Absent { .. } | TokenError::Lost(_) => OpenFault::Absent,
        other => OpenFault::Unsupported {
            reason: other.to_string(),
        },
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "errors of tokens are open-ended"
)]
fn managing(error: &TokenError) -> ManageFault {
    match error {
        TokenError::NoKey { .. } => ManageFault::NoSuchKey,
        TokenError::NewPinRefused => ManageFault::SecretRefused,
        TokenError::Unsupported { .. } => ManageFault::NotSupported,
        TokenError::Wrong(_) => ManageFault::NotMade,
        other => ManageFault::Open(reading(other)),
    }
}

fn chain_of(error: &TokenError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
