//! A key in a token as everything else knows keys: a [`Signer`].

use std::sync::Arc;

use cryptoki::session::Session;
use tanba_crypto::{PublicKey, SignError, SignatureAlgorithm, Signer};

use crate::error::TokenError;
use crate::keys::{sign_again, sign_with};
use crate::reference::KeyReference;
use crate::token::Token;

/// A key in a token. It can be held while the token is away; signing then says so.
#[derive(Debug)]
pub struct TokenKey {
    token: Arc<Token>,
    reference: KeyReference,
    algorithm: SignatureAlgorithm,
}

impl TokenKey {
    pub(crate) fn new(token: Arc<Token>, reference: KeyReference) -> Self {
        // A key of another algorithm than ours was never made by us; it refuses when it is used.
        let algorithm = reference
            .public_key
            .algorithm()
            .map_or(SignatureAlgorithm::RsaSha256, |key| key.default_signature());
        Self {
            token,
            reference,
            algorithm,
        }
    }

    /// A key that was stored; the token is not asked.
    #[must_use]
    pub fn open(token: &Arc<Token>, reference: KeyReference) -> Self {
        Self::new(Arc::clone(token), reference)
    }

    /// What is to be stored.
    #[must_use]
    pub const fn reference(&self) -> &KeyReference {
        &self.reference
    }

    /// Whether the key could sign now.
    ///
    /// # Errors
    /// [`TokenError`]: what keeps it from that.
    pub fn check(&self) -> Result<(), TokenError> {
        self.token.check()?;
        self.token.work(&|context, connection| {
            connection.with_session(context, |session| {
                connection.key(session, &self.reference.id).map(drop)
            })
        })
    }
}

impl Signer for TokenKey {
    fn public_key(&self) -> &PublicKey {
        &self.reference.public_key
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signed = self.token.work(&|context, connection| {
            connection.with_session(context, |session| {
                let id = &self.reference.id;
                let key = connection.key(session, id)?;
                if !connection.wants_pin_each_time(session, id, key) {
                    return sign_with(session, connection, key, self.algorithm, message);
                }
                let again =
                    |session: &Session| self.token.enter_again(context, connection, session);
                sign_again(session, connection, key, self.algorithm, message, &again)
            })
        });
        signed.map_err(SignError::from)
    }
}
