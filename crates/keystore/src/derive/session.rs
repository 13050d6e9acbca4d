//! The derivations of one key store: bounded together, each done once.

use tanba_crypto::Secret;

use super::{Derive, Pbkdf2Request, Pkcs12Request};
use crate::password::Form;
use crate::{Hash, KeyPurpose, KeyStoreError, Password};

/// Runs of the compression function that one file may cost.
///
/// As many as 5 000 000 iterations of PBKDF2 with one block of output, which Java bounds itself to; programs write at most
/// 1 000 000. Measured: 0.9 s of SHA-256 natively and 3 s of SHA-512, in a browser without WebCrypto 3 s and 4 s.
const MAX_WORK: u64 = 10_000_000;

/// Octets of salt that are read; programs write 8 to 64.
pub(crate) const MAX_SALT: usize = 1024;

/// Everything that is needed to derive keys while one file is opened or written.
pub(crate) struct Session<'a> {
    pub(crate) password: &'a Password,
    /// The form that the check value proved; none as long as nothing did.
    pub(crate) form: Option<Form>,
    derive: &'a mut dyn Derive,
    work: u64,
    pbkdf2: Vec<(Pbkdf2Request, Secret)>,
    pkcs12: Vec<(Pkcs12Request, Secret)>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(password: &'a Password, derive: &'a mut dyn Derive) -> Self {
        Self {
            password,
            form: None,
            derive,
            work: 0,
            pbkdf2: Vec::new(),
            pkcs12: Vec::new(),
        }
    }

    /// The forms of the password to try for RFC 7292, the proven one first.
    pub(crate) fn forms(&self) -> Vec<Form> {
        let others = self.password.forms().iter().copied();
        let rest = others.filter(|form| Some(*form) != self.form);
        self.form.into_iter().chain(rest).collect()
    }

    pub(crate) fn pbkdf2(&mut self, request: &Pbkdf2Request) -> Result<Secret, KeyStoreError> {
        if let Some((_, key)) = self.pbkdf2.iter().find(|(known, _)| known == request) {
            return Ok(key.clone());
        }
        let work = self.charged(request.iterations, request.cost_per_iteration())?;
        let key = self.derive.pbkdf2(request)?;
        self.work = work;
        self.pbkdf2.push((request.clone(), key.clone()));
        Ok(key)
    }

    pub(crate) fn pkcs12(
        &mut self,
        form: Form,
        run: &Pkcs12Run<'_>,
    ) -> Result<Secret, KeyStoreError> {
        let request = Pkcs12Request {
            hash: run.hash,
            purpose: run.purpose,
            password: self.password.in_form(form),
            salt: run.salt.to_vec(),
            iterations: run.iterations,
            length: run.length,
        };
        if let Some((_, key)) = self.pkcs12.iter().find(|(known, _)| *known == request) {
            return Ok(key.clone());
        }
        let work = self.charged(request.iterations, request.cost_per_iteration())?;
        let key = self.derive.pkcs12(&request)?;
        self.work = work;
        self.pkcs12.push((request, key.clone()));
        Ok(key)
    }

    /// The work done after one more derivation.
    fn charged(&self, iterations: u32, cost: u64) -> Result<u64, KeyStoreError> {
        let left = MAX_WORK.saturating_sub(self.work);
        let found = u64::from(iterations);
        let bound = left / cost.max(1);
        if found > bound {
            return Err(KeyStoreError::TooManyIterations { found, bound });
        }
        Ok(self.work + found * cost)
    }
}

/// A run of RFC 7292 B without the password.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pkcs12Run<'a> {
    pub(crate) hash: Hash,
    pub(crate) purpose: KeyPurpose,
    pub(crate) salt: &'a [u8],
    pub(crate) iterations: u32,
    pub(crate) length: usize,
}
