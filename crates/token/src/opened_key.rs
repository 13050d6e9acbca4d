//! A key of an open token as everything else knows keys.

use std::sync::Arc;

use cryptoki::session::{Session, UserType};
use cryptoki::types::RawAuthPin;
use tanba_crypto::{PublicKey, SignError, SignatureAlgorithm, Signer};

use crate::connection::Connection;
use crate::error::TokenError;
use crate::keys::sign_with;
use crate::mechanism;
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
        message: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let key = connection.key(session, &self.id)?;
        if !self.pin_each_time {
            return sign_with(session, connection, key, self.algorithm, message);
        }
        // The PIN goes between the begin of an operation and its end, so the token has to hash by itself.
        let unsupported = || TokenError::Unsupported {
            what: self.algorithm.label().to_owned(),
        };
        let mechanism = mechanism::hashing(self.algorithm).ok_or_else(unsupported)?;
        if !connection.mechanisms.contains(&mechanism.mechanism_type()) {
            return Err(unsupported());
        }
        session.sign_init(&mechanism, key).map_err(TokenError::of)?;
        let pin = RawAuthPin::new(Box::new(self.token.pin().expose().to_vec()));
        session
            .login_with_raw(UserType::ContextSpecific, &pin)
            .map_err(TokenError::of)?;
        session.sign_update(message).map_err(TokenError::of)?;
        let made = session.sign_final().map_err(TokenError::of)?;
        mechanism::value(self.algorithm, made).ok_or(TokenError::Wrong("a signature"))
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
        let signed = self.token.work(|context, connection| {
            connection.with_session(context, |session| {
                self.sign_in_session(session, connection, message)
            })
        });
        signed.map_err(SignError::from)
    }
}
