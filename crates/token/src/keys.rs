//! Making keys in a token, and removing them.

use std::sync::Arc;

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};
use cryptoki::session::Session;
use rand_core::CryptoRng;
use tanba_crypto::{KeyAlgorithm, PublicKey, SignatureAlgorithm};

use crate::connection::Connection;
use crate::error::TokenError;
use crate::reference::{KeyReference, hex};
use crate::signer::TokenKey;
use crate::token::Token;
use crate::{mechanism, public_key};

/// What a new key is tried on.
const TRIAL: &[u8] = b"tanba: a trial of a new key";

/// What a new key is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Label<'a> {
    /// This.
    Text(&'a str),
    /// Its key identifier in hexadecimal digits.
    KeyId,
}

/// Enters the PIN once more, for the operation that was just begun in this session.
pub(crate) type Again<'a> = &'a dyn Fn(&Session) -> Result<(), TokenError>;

/// Identifier until the real one, which needs the public key, is known.
type Provisional = [u8; 20];

impl Token {
    /// Makes a key that signs and never leaves the token; its identifier is the key identifier of its certificates
    /// (RFC 5280, 4.2.1.2). It is tried once before it is believed.
    ///
    /// # Errors
    /// [`TokenError`]; a key that was made and is not right was removed.
    pub fn make_key(
        self: &Arc<Self>,
        algorithm: KeyAlgorithm,
        label: &str,
        rng: &mut dyn CryptoRng,
    ) -> Result<TokenKey, TokenError> {
        let mut provisional = [0; 20];
        rng.fill_bytes(&mut provisional);
        let reference = self.work(&|context, connection| {
            make(
                context,
                connection,
                algorithm,
                Label::Text(label),
                provisional,
                Some(&|session| self.enter_again(context, connection, session)),
            )
        })?;
        Ok(TokenKey::new(Arc::clone(self), reference))
    }

    /// Removes a key that is no longer needed, both halves. One that is not there is no fault.
    ///
    /// # Errors
    /// [`TokenError`]
    pub fn remove_key(&self, reference: &KeyReference) -> Result<(), TokenError> {
        self.work(&|context, connection| remove(context, connection, &reference.id))
    }
}

/// Removes everything of this identifier.
pub(crate) fn remove(
    context: &Pkcs11,
    connection: &Connection,
    id: &[u8],
) -> Result<(), TokenError> {
    connection.forget(id);
    let session = context
        .open_rw_session(connection.slot)
        .map_err(TokenError::of)?;
    let halves = session
        .find_objects(&[Attribute::Id(id.to_vec())])
        .map_err(TokenError::of)?;
    for half in halves {
        session.destroy_object(half).map_err(TokenError::of)?;
    }
    Ok(())
}

pub(crate) fn make(
    context: &Pkcs11,
    connection: &Connection,
    algorithm: KeyAlgorithm,
    label: Label<'_>,
    provisional: Provisional,
    again: Option<Again<'_>>,
) -> Result<KeyReference, TokenError> {
    let unsupported = || TokenError::Unsupported {
        what: algorithm.label(),
    };
    let (mechanism, forms) = mechanism::generation(algorithm).ok_or_else(unsupported)?;
    if !connection.mechanisms.contains(&mechanism.mechanism_type()) {
        return Err(unsupported());
    }
    let session = context
        .open_rw_session(connection.slot)
        .map_err(TokenError::of)?;
    let first = match label {
        Label::Text(label) => label.to_owned(),
        Label::KeyId => hex(&provisional),
    };
    let (public, private) = generate(&session, &mechanism, &forms, &first, provisional)?;
    let finished = public_key::read(&session, public, algorithm).and_then(|key| {
        let id = rename(&session, [public, private], &key, provisional);
        if matches!(label, Label::KeyId) {
            // A label that stays the provisional one is no fault: keys are found by their identifiers.
            let label = Attribute::Label(hex(&id).into_bytes());
            for half in [public, private] {
                let _ = session.update_attributes(half, std::slice::from_ref(&label));
            }
        }
        try_out(&session, connection, private, &key, again)?;
        is_kept(&session, private)?;
        Ok(KeyReference {
            id,
            public_key: key,
        })
    });
    if finished.is_err() {
        // What cannot be removed bears the label, so that people find it.
        let _ = session.destroy_object(public);
        let _ = session.destroy_object(private);
    }
    finished
}

fn generate(
    session: &Session,
    mechanism: &Mechanism<'_>,
    forms: &[Vec<Attribute>],
    label: &str,
    id: Provisional,
) -> Result<(ObjectHandle, ObjectHandle), TokenError> {
    let common = || {
        vec![
            Attribute::Token(true),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Id(id.to_vec()),
        ]
    };
    let mut private = common();
    private.extend([
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ]);
    // A key of an authority signs and does nothing else; modules allow more unless they are told.
    let alone = [
        private.as_slice(),
        &[Attribute::Decrypt(false), Attribute::Unwrap(false)],
    ]
    .concat();
    let mut last = None;
    for form in forms {
        let mut public = common();
        public.extend([Attribute::Private(false), Attribute::Verify(true)]);
        public.extend(form.iter().cloned());
        // Some refuse the mention of what a kind of key never does.
        for private in [&alone, &private] {
            match session.generate_key_pair(mechanism, &public, private) {
                Ok(pair) => return Ok(pair),
                Err(error) => last = Some(TokenError::of(error)),
            }
        }
    }
    Err(last.unwrap_or(TokenError::Wrong("no key")))
}

/// Gives both halves their identifier; some modules keep the first one for ever, which is as good.
fn rename(
    session: &Session,
    halves: [ObjectHandle; 2],
    key: &PublicKey,
    provisional: Provisional,
) -> Vec<u8> {
    let id = key.key_id().to_vec();
    let set = |half| session.update_attributes(half, &[Attribute::Id(id.clone())]);
    let [public, private] = halves;
    match (set(private), set(public)) {
        (Ok(()), Ok(())) => id,
        (Ok(()), Err(_)) => id,
        (Err(_), _) => {
            // The public half must not be called otherwise than the private one.
            let _ = session.update_attributes(public, &[Attribute::Id(provisional.to_vec())]);
            provisional.to_vec()
        }
    }
}

/// Whether what the private half signs is accepted under the public one.
pub(crate) fn try_out(
    session: &Session,
    connection: &Connection,
    private: ObjectHandle,
    key: &PublicKey,
    again: Option<Again<'_>>,
) -> Result<(), TokenError> {
    let algorithm = key
        .algorithm()
        .map_err(|_| TokenError::Wrong("a public key"))?
        .default_signature();
    let signature = match again.filter(|_| wants_pin_each_time(session, private)) {
        Some(again) => sign_again(session, connection, private, algorithm, TRIAL, again)?,
        None => sign_with(session, connection, private, algorithm, TRIAL)?,
    };
    key.verify(algorithm, TRIAL, &signature)
        .map_err(|_| TokenError::Wrong("a signature"))
}

/// Whether the token says that the key stays in it.
fn is_kept(session: &Session, private: ObjectHandle) -> Result<(), TokenError> {
    let said = session
        .get_attributes(
            private,
            &[AttributeType::Sensitive, AttributeType::Extractable],
        )
        .map_err(TokenError::of)?;
    let kept =
        said.contains(&Attribute::Sensitive(true)) && said.contains(&Attribute::Extractable(false));
    if kept {
        Ok(())
    } else {
        Err(TokenError::Wrong("a key that could leave it, which"))
    }
}

/// Whether the token wants its PIN before each signature of the key (CKA_ALWAYS_AUTHENTICATE). Older modules do not know
/// the attribute, and have no such keys.
pub(crate) fn wants_pin_each_time(session: &Session, private: ObjectHandle) -> bool {
    session
        .get_attributes(private, &[AttributeType::AlwaysAuthenticate])
        .is_ok_and(|said| said.contains(&Attribute::AlwaysAuthenticate(true)))
}

/// Signs with a key that wants its PIN each time (PKCS#11, 5.13.1): the PIN goes between the begin of the operation and its
/// end, so the message goes in parts, and the token hashes it where it offers that.
pub(crate) fn sign_again(
    session: &Session,
    connection: &Connection,
    key: ObjectHandle,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    again: Again<'_>,
) -> Result<Vec<u8>, TokenError> {
    let offered =
        |mechanism: &Mechanism<'_>| connection.mechanisms.contains(&mechanism.mechanism_type());
    let input = mechanism::hashing(algorithm)
        .filter(offered)
        .map(|mechanism| mechanism::Input {
            mechanism,
            data: message.to_vec(),
        })
        .or_else(|| mechanism::input(algorithm, message, &connection.mechanisms))
        .ok_or_else(|| TokenError::Unsupported {
            what: algorithm.label().to_owned(),
        })?;
    session
        .sign_init(&input.mechanism, key)
        .map_err(TokenError::of)?;
    again(session)?;
    session.sign_update(&input.data).map_err(TokenError::of)?;
    let made = session.sign_final().map_err(TokenError::of)?;
    mechanism::value(algorithm, made).ok_or(TokenError::Wrong("a signature"))
}

pub(crate) fn sign_with(
    session: &Session,
    connection: &Connection,
    key: ObjectHandle,
    algorithm: SignatureAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>, TokenError> {
    let input = mechanism::input(algorithm, message, &connection.mechanisms).ok_or_else(|| {
        TokenError::Unsupported {
            what: algorithm.label().to_owned(),
        }
    })?;
    let made = session
        .sign(&input.mechanism, key, &input.data)
        .map_err(TokenError::of)?;
    mechanism::value(algorithm, made).ok_or(TokenError::Wrong("a signature"))
}
