//! Derivations that were done elsewhere.

use tanba_crypto::Secret;

use super::{Derive, Pbkdf2Request, Pkcs12Request};
use crate::{Hash, KeyStoreError};

/// Answers from what was supplied, and asks for what was not.
///
/// Large runs of PBKDF2 are answered with [`KeyStoreError::DerivationNeeded`]; the caller does them (in a browser with
/// `crypto.subtle.deriveBits`), calls [`supply`](Self::supply) and repeats the call that failed. Everything else is
/// computed here once and remembered, so that a repeated call costs nothing. Keep one value for one password and drop
/// it with the password: it holds derived keys (wiped when dropped).
#[derive(Debug, Default)]
pub struct Prefetched {
    at_once: u32,
    pbkdf2: Vec<(Pbkdf2Request, Secret)>,
    pkcs12: Vec<(Pkcs12Request, Secret)>,
}

impl Prefetched {
    /// Asks for runs of more than `at_once` iterations; shorter ones are not worth the way and are computed here.
    #[must_use]
    pub fn new(at_once: u32) -> Self {
        Self {
            at_once,
            ..Self::default()
        }
    }

    /// Takes the result of a request; one of another length than asked for is ignored.
    pub fn supply(&mut self, request: Pbkdf2Request, key: Secret) {
        if key.len() == request.length {
            self.pbkdf2.push((request, key));
        }
    }

    /// Whether the result of a request is here already.
    #[must_use]
    pub fn has(&self, request: &Pbkdf2Request) -> bool {
        self.pbkdf2.iter().any(|(known, _)| known == request)
    }
}

/// WebCrypto has these digests and no other.
const fn platform_has(hash: Hash) -> bool {
    match hash {
        Hash::Sha1 | Hash::Sha256 | Hash::Sha384 | Hash::Sha512 => true,
        Hash::Sha224 | Hash::Sha512Over224 | Hash::Sha512Over256 => false,
    }
}

impl Derive for Prefetched {
    fn pbkdf2(&mut self, request: &Pbkdf2Request) -> Result<Secret, KeyStoreError> {
        if let Some((_, key)) = self.pbkdf2.iter().find(|(known, _)| known == request) {
            return Ok(key.clone());
        }
        if request.iterations > self.at_once && platform_has(request.hash) {
            return Err(KeyStoreError::DerivationNeeded(Box::new(request.clone())));
        }
        let key = request.compute();
        self.pbkdf2.push((request.clone(), key.clone()));
        Ok(key)
    }

    fn pkcs12(&mut self, request: &Pkcs12Request) -> Result<Secret, KeyStoreError> {
        if let Some((_, key)) = self.pkcs12.iter().find(|(known, _)| known == request) {
            return Ok(key.clone());
        }
        let key = request.compute();
        self.pkcs12.push((request.clone(), key.clone()));
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use tanba_crypto::Secret;

    use super::Prefetched;
    use crate::{Derive, Hash, KeyStoreError, Pbkdf2Request};

    fn request(hash: Hash, iterations: u32) -> Pbkdf2Request {
        Pbkdf2Request {
            hash,
            password: Secret::from("Qwerty12".to_owned()),
            salt: vec![7; 8],
            iterations,
            length: 32,
        }
    }

    #[test]
    fn large_runs_are_asked_for_and_taken() {
        let mut derive = Prefetched::new(1000);
        let wanted = request(Hash::Sha256, 1001);
        let Err(KeyStoreError::DerivationNeeded(asked)) = derive.pbkdf2(&wanted) else {
            panic!("the run was not asked for");
        };
        assert_eq!(*asked, wanted);
        derive.supply((*asked).clone(), Secret::new(vec![1; 31]));
        assert!(
            !derive.has(&wanted),
            "a result of the wrong length was taken"
        );
        derive.supply(*asked, Secret::new(vec![1; 32]));
        assert_eq!(derive.pbkdf2(&wanted).unwrap(), Secret::new(vec![1; 32]));
    }

    #[test]
    fn short_runs_and_rare_digests_are_computed() {
        let mut derive = Prefetched::new(1000);
        for request in [request(Hash::Sha256, 1000), request(Hash::Sha224, 5000)] {
            assert_eq!(derive.pbkdf2(&request).unwrap(), request.compute());
        }
    }
}
