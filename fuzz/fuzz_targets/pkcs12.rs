//! Opens any octets as a key store; what opens is written and opens again with the same contents.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_crypto::Secret;
use tanba_keystore::{Container, Derive, KeyStoreError, Password, Pbkdf2Request, Pkcs12Request, Profile};

/// Makes keys without work, so that the fuzzer spends its time on structures. Such a key opens nothing that was encrypted
/// elsewhere, but what this target writes it also opens.
struct Instant;

impl Derive for Instant {
    fn pbkdf2(&mut self, request: &Pbkdf2Request) -> Result<Secret, KeyStoreError> {
        Ok(Secret::new(request.salt.iter().copied().chain([7; 64]).cycle().take(request.length).collect()))
    }

    fn pkcs12(&mut self, request: &Pkcs12Request) -> Result<Secret, KeyStoreError> {
        Ok(Secret::new(request.salt.iter().copied().chain([9; 64]).cycle().take(request.length).collect()))
    }
}

/// Counts instead of guessing: the same input gives the same file.
struct Counter(u8);

impl rand_core::TryRng for Counter {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.0 = self.0.wrapping_add(1);
        Ok(u32::from(self.0))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.try_next_u32().map(u64::from)
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Self::Error> {
        for octet in octets {
            self.0 = self.0.wrapping_add(1);
            *octet = self.0;
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counter {}

fuzz_target!(|octets: &[u8]| {
    let password = Password::new("Qwerty12".to_owned());
    let _ = Container::derivations(octets, &password);
    let Ok(container) = Container::open(octets, &password, &mut Instant) else { return };
    let plan = container.plan(Profile::Modern, &mut Counter(0));
    let Ok(written) = container.write(&plan, &password, &mut Instant) else { return };
    let again = Container::open(&written, &password, &mut Instant).expect("what was written opens");
    let keys = |container: &Container| container.entries().iter().filter(|entry| entry.key().is_some()).count();
    assert_eq!(keys(&container), keys(&again));
});
