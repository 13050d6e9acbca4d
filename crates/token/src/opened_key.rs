//! A key of an open token as everything else knows keys.

use std::sync::Arc;

use cryptoki::session::Session;
use tanba_crypto::{PublicKey, SignError, SignatureAlgorithm, Signer};

use crate::connection::Connection;
use crate::error::TokenError;
use crate::keys::{sign_again, sign_with};
use crate::opened::Opened;

/// A key of a token whose owner entered the PIN.
#[derive(Debug)]
pub struct OpenedKey {
    token: Arc<Opened>,
    id: Vec<u8>,
    public_key: PublicKey,
    algorithm: SignatureAlgorithm,
    pin_each_time: bool,
}

impl OpenedKey {
    pub(crate) fn new(
        token: Arc<Opened>,
        id: Vec<u8>,
        public_key: PublicKey,
        pin_each_time: bool,
    ) -> Self {
        // A key of another algorithm than ours refuses when it is used.
        let algorithm = public_key
            .algorithm()
            .map_or(SignatureAlgorithm::RsaSha256, |key| key.default_signature());
        Self {
            token,
            id,
            public_key,
            algorithm,
            pin_each_time,
        }
    }

    /// CKA_ID.
    #[must_use]
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    fn sign_in_session(
        &self,
        session: &Session,
        connection: &Connection,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let key = connection.key(session, &self.id)?;
        if !self.pin_each_time {
            return sign_with(session, connection, key, algorithm, message);
        }
        let again = |session: &Session| self.token.enter_again(session);
        sign_again(session, connection, key, algorithm, message, &again)
    }
}

impl Signer for OpenedKey {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_as(self.algorithm, message)
    }

    fn sign_as(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let fits = algorithm == self.algorithm
            || (algorithm.may_sign()
                && self
                    .public_key
                    .algorithm()
                    .is_ok_and(|key| algorithm.fits(key)));
        if !fits {
            return Err(SignError::other_algorithm(algorithm));
        }
        let signed = self.token.work(|context, connection| {
            connection.with_session(context, |session| {
                self.sign_in_session(session, connection, algorithm, message)
            })
        });
        signed.map_err(SignError::from)
    }
}
