//! Where random octets come from.

use std::convert::Infallible;
use std::fmt::{self, Debug};
use std::sync::{Mutex, PoisonError};

use rand_core::{CryptoRng, TryCryptoRng, TryRng};

/// A source of random octets that services share. It is made in `cli`, and seeded in tests.
pub trait RandomSource: Debug + Send + Sync {
    /// Fills the octets so that nobody can guess them.
    fn fill(&self, octets: &mut [u8]);
}

/// A generator behind a lock.
pub struct SharedRandom<R>(Mutex<R>);

impl<R: CryptoRng + Send> SharedRandom<R> {
    /// Takes a generator over.
    pub const fn new(generator: R) -> Self {
        Self(Mutex::new(generator))
    }
}

impl<R> Debug for SharedRandom<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SharedRandom(…)")
    }
}

impl<R: CryptoRng + Send> RandomSource for SharedRandom<R> {
    fn fill(&self, octets: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(octets);
    }
}

/// A shared source as the generator that functions take: `&mut SourceRng(source)` is a `&mut dyn CryptoRng`.
#[derive(Debug)]
pub struct SourceRng<'a>(pub &'a dyn RandomSource);

impl TryRng for SourceRng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut octets = [0; 4];
        self.0.fill(&mut octets);
        Ok(u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        self.0.fill(&mut octets);
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(octets);
        Ok(())
    }
}

impl TryCryptoRng for SourceRng<'_> {}
