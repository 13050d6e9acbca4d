//! A person's token after its PIN was entered: the keys and certificates in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::RawAuthPin;
use rand_core::CryptoRng;
use tanba_crypto::{KeyAlgorithm, PublicKey, Secret};

use crate::connection::Connection;
use crate::error::TokenError;
use crate::keys::{self, Label};
use crate::module::Module;
use crate::opened_key::OpenedKey;
use crate::public_key;
use crate::reference::hex;

/// A token whose PIN was entered. It is locked again when the last value that uses it goes.
///
/// It is never logged in to again by itself: a token that was pulled out has to be opened anew by its owner.
#[derive(Debug)]
pub struct Opened {
    module: Arc<Module>,
    connection: Connection,
    pin: Secret,
    /// Whether the PIN is typed at the token itself.
    key_pad: bool,
    /// A PIN that was refused for a signature is not offered again: tokens count.
    refused: AtomicBool,
    _user: Arc<()>,
}

/// A key in an open token.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// CKA_ID.
    pub id: Vec<u8>,
    /// CKA_LABEL.
    pub label: String,
    /// The certificates with the same identifier, DER, as they lie in the token.
    pub certificates: Vec<Vec<u8>>,
    /// The public half, where it is of an algorithm of ours and the token shows it.
    pub public_key: Option<PublicKey>,
    /// What the token calls the kind of key.
    pub kind: String,
    /// Whether the token wants its PIN before each signature (CKA_ALWAYS_AUTHENTICATE).
    pub pin_each_time: bool,
}

/// The parts of a certificate that a token stores beside it, DER.
#[derive(Clone, Copy, Debug)]
pub struct CertificateParts<'a> {
    /// The certificate.
    pub certificate: &'a [u8],
    /// Its subject.
    pub subject: &'a [u8],
    /// Its issuer.
    pub issuer: &'a [u8],
    /// Its serial number, an INTEGER.
    pub serial: &'a [u8],
}

impl Opened {
    pub(crate) fn new(
        module: &Arc<Module>,
        user: Arc<()>,
        connection: Connection,
        pin: &Secret,
        key_pad: bool,
    ) -> Self {
        Self {
            module: Arc::clone(module),
            connection,
            pin: pin.clone(),
            key_pad,
            refused: AtomicBool::new(false),
            _user: user,
        }
    }

    /// Enters the PIN for the operation that was just begun, as keys want that bear CKA_ALWAYS_AUTHENTICATE.
    ///
    /// It is the PIN that the owner typed for this use of the token. Where such keys have a PIN of their own it is wrong,
    /// and is then entered once, however many documents wait.
    pub(crate) fn enter_again(&self, session: &Session) -> Result<(), TokenError> {
        if self.refused.load(Ordering::Acquire) {
            return Err(TokenError::WrongPin);
        }
        let entered = if self.key_pad {
            session.login(UserType::ContextSpecific, None)
        } else {
            let raw = RawAuthPin::new(Box::new(self.pin.expose().to_vec()));
            session.login_with_raw(UserType::ContextSpecific, &raw)
        };
        match entered {
            Ok(()) => Ok(()),
            Err(Error::Pkcs11(
                RvError::PinIncorrect | RvError::PinLenRange | RvError::PinInvalid,
                _,
            )) => {
                self.refused.store(true, Ordering::Release);
                Err(TokenError::WrongPin)
            }
            Err(Error::Pkcs11(RvError::PinLocked, _)) => {
                self.refused.store(true, Ordering::Release);
                Err(TokenError::PinLocked)
            }
            Err(error) => Err(TokenError::of(error)),
        }
    }

    /// Works with the token; a token that went away stays away.
    pub(crate) fn work<T>(
        &self,
        work: impl FnOnce(&Pkcs11, &Connection) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let started = self.module.started()?;
        if started.generation != self.connection.generation {
            return Err(TokenError::Lost("the driver was started again".into()));
        }
        work(started.running()?, &self.connection)
    }

    /// The private keys inside, each with its certificates, and the certificates that belong to none.
    ///
    /// # Errors
    /// [`TokenError`]
    pub fn content(&self) -> Result<(Vec<StoredKey>, Vec<Vec<u8>>), TokenError> {
        self.work(|context, connection| connection.with_session(context, read_content))
    }

    /// A key of [`content`](Self::content), ready to sign.
    #[must_use]
    pub fn key(self: &Arc<Self>, stored: &StoredKey, public_key: PublicKey) -> OpenedKey {
        OpenedKey::new(
            Arc::clone(self),
            stored.id.clone(),
            public_key,
            stored.pin_each_time,
        )
    }

    /// Makes a key that signs and never leaves the token. Identifier and label are the key identifier of its certificates
    /// (RFC 5280, 4.2.1.2), the label in hexadecimal digits.
    ///
    /// # Errors
    /// [`TokenError`]; a key that was made and is not right was removed.
    pub fn make_key(
        self: &Arc<Self>,
        algorithm: KeyAlgorithm,
        rng: &mut dyn CryptoRng,
    ) -> Result<OpenedKey, TokenError> {
        let mut provisional = [0; 20];
        rng.fill_bytes(&mut provisional);
        let again = |session: &Session| self.enter_again(session);
        let (made, pin_each_time) = self.work(|context, connection| {
            let label = Label::KeyId;
            let made = keys::make(
                context,
                connection,
                algorithm,
                label,
                provisional,
                Some(&again),
            )?;
            // Some tokens want the PIN each time whatever they were told when the key was made.
            let each_time = connection.with_session(context, |session| {
                let key = connection.key(session, &made.id)?;
                Ok(keys::wants_pin_each_time(session, key))
            });
            Ok((made, each_time.unwrap_or(false)))
        })?;
        Ok(OpenedKey::new(
            Arc::clone(self),
            made.id,
            made.public_key,
            pin_each_time,
        ))
    }

    /// Removes a key that was just made, both halves. One that is not there is no fault.
    ///
    /// # Errors
    /// [`TokenError`]
    pub fn remove_key(&self, key: &OpenedKey) -> Result<(), TokenError> {
        self.work(|context, connection| keys::remove(context, connection, key.id()))
    }

    /// Puts a certificate beside its key, and reads it back. One that is there already is left as it is.
    ///
    /// # Errors
    /// [`TokenError::NoKey`] when its key is not in this token; [`TokenError::Wrong`] when the key does not sign for it or
    /// the certificate does not come back as it was; [`TokenError::GivenUp`] where `goes_on`, which is asked before anything
    /// is written, says no.
    pub fn install(
        &self,
        parts: &CertificateParts<'_>,
        public_key: &PublicKey,
        goes_on: impl FnOnce() -> bool,
    ) -> Result<(), TokenError> {
        self.work(|context, connection| {
            let session = context
                .open_rw_session(connection.slot)
                .map_err(TokenError::of)?;
            let (id, key) = private_half(&session, public_key)?;
            let again = |session: &Session| self.enter_again(session);
            keys::try_out(&session, connection, key, public_key, Some(&again))?;
            if is_there(&session, &id, parts.certificate)? {
                return Ok(());
            }
            if !goes_on() {
                return Err(TokenError::GivenUp);
            }
            let template = [
                Attribute::Class(ObjectClass::CERTIFICATE),
                Attribute::CertificateType(CertificateType::X_509),
                Attribute::Token(true),
                Attribute::Private(false),
                Attribute::Label(hex(&public_key.key_id()).into_bytes()),
                Attribute::Id(id.clone()),
                Attribute::Subject(parts.subject.to_vec()),
                Attribute::Issuer(parts.issuer.to_vec()),
                Attribute::SerialNumber(parts.serial.to_vec()),
                Attribute::Value(parts.certificate.to_vec()),
            ];
            let made = session.create_object(&template).map_err(TokenError::of)?;
            if is_there(&session, &id, parts.certificate)? {
                return Ok(());
            }
            let _ = session.destroy_object(made);
            Err(TokenError::Wrong("a certificate"))
        })
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // After a restart of the driver the numbers of our sessions may be others'.
        let same = self
            .module
            .started()
            .is_ok_and(|started| started.generation == self.connection.generation);
        if !same {
            self.connection.abandon();
        }
    }
}

/// The private key of a public one: by its identifier, else by the public half beside it.
fn private_half(
    session: &Session,
    public_key: &PublicKey,
) -> Result<(Vec<u8>, ObjectHandle), TokenError> {
    let private = |id: &[u8]| {
        let wanted = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Id(id.to_vec()),
        ];
        let found = session.find_objects(&wanted).map_err(TokenError::of)?;
        Ok::<_, TokenError>(found.first().copied())
    };
    let id = public_key.key_id().to_vec();
    if let Some(key) = private(&id)? {
        return Ok((id, key));
    }
    for half in objects(session, ObjectClass::PUBLIC_KEY)? {
        let is_it =
            public_key::read_any(session, half)?.is_some_and(|found| found.is_same_key(public_key));
        let facts = Facts::read(session, half)?;
        if is_it && let Some(key) = private(&facts.id)? {
            return Ok((facts.id, key));
        }
    }
    Err(TokenError::NoKey { id: hex(&id) })
}

fn is_there(session: &Session, id: &[u8], certificate: &[u8]) -> Result<bool, TokenError> {
    let wanted = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::Id(id.to_vec()),
    ];
    for object in session.find_objects(&wanted).map_err(TokenError::of)? {
        if Facts::read(session, object)?.value == certificate {
            return Ok(true);
        }
    }
    Ok(false)
}

fn objects(session: &Session, class: ObjectClass) -> Result<Vec<ObjectHandle>, TokenError> {
    session
        .find_objects(&[Attribute::Class(class), Attribute::Token(true)])
        .map_err(TokenError::of)
}

fn read_content(session: &Session) -> Result<(Vec<StoredKey>, Vec<Vec<u8>>), TokenError> {
    let mut certificates = Vec::new();
    for object in objects(session, ObjectClass::CERTIFICATE)? {
        let facts = Facts::read(session, object)?;
        if !facts.value.is_empty() {
            certificates.push((facts.id, facts.value));
        }
    }
    let mut keys = Vec::new();
    for object in objects(session, ObjectClass::PRIVATE_KEY)? {
        let facts = Facts::read(session, object)?;
        // A key without an identifier cannot be told from others.
        if facts.id.is_empty() {
            continue;
        }
        keys.push(StoredKey {
            public_key: public_half(session, &facts.id, object)?,
            certificates: certificates
                .iter()
                .filter(|(id, _)| *id == facts.id)
                .map(|(_, value)| value.clone())
                .collect(),
            id: facts.id,
            label: facts.label,
            kind: facts.kind,
            pin_each_time: facts.pin_each_time,
        });
    }
    let others = certificates
        .into_iter()
        .filter(|(id, _)| keys.iter().all(|key| key.id != *id))
        .map(|(_, value)| value)
        .collect();
    Ok((keys, others))
}

/// From the public object beside the private one, or from what the private one tells.
fn public_half(
    session: &Session,
    id: &[u8],
    private: ObjectHandle,
) -> Result<Option<PublicKey>, TokenError> {
    let wanted = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::Id(id.to_vec()),
    ];
    let found = session.find_objects(&wanted).map_err(TokenError::of)?;
    for half in found.into_iter().chain([private]) {
        if let Some(key) = public_key::read_any(session, half)? {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// What an object tells about itself.
#[derive(Default)]
struct Facts {
    id: Vec<u8>,
    label: String,
    kind: String,
    value: Vec<u8>,
    pin_each_time: bool,
}

impl Facts {
    fn read(session: &Session, object: ObjectHandle) -> Result<Self, TokenError> {
        let wanted = [
            AttributeType::Class,
            AttributeType::Id,
            AttributeType::Label,
        ];
        let mut facts = Self::default();
        let mut class = None;
        for attribute in session
            .get_attributes(object, &wanted)
            .map_err(TokenError::of)?
        {
            facts.take(attribute, &mut class);
        }
        // What does not fit the class of an object is an error with some modules.
        let more: &[AttributeType] = match class {
            Some(ObjectClass::CERTIFICATE) => &[AttributeType::Value],
            Some(ObjectClass::PRIVATE_KEY) => {
                &[AttributeType::KeyType, AttributeType::AlwaysAuthenticate]
            }
            _ => &[],
        };
        for wanted in more {
            // Older modules do not know the last one.
            for attribute in session
                .get_attributes(object, &[*wanted])
                .unwrap_or_default()
            {
                facts.take(attribute, &mut class);
            }
        }
        Ok(facts)
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "of a hundred attributes these were asked for"
    )]
    fn take(&mut self, attribute: Attribute, class: &mut Option<ObjectClass>) {
        match attribute {
            Attribute::Class(found) => *class = Some(found),
            Attribute::Id(id) => self.id = id,
            Attribute::Label(label) => self.label = String::from_utf8_lossy(&label).into_owned(),
            Attribute::Value(value) => self.value = value,
            Attribute::KeyType(kind) => self.kind = kind.to_string(),
            Attribute::AlwaysAuthenticate(always) => self.pin_each_time = always,
            _ => {}
        }
    }
}
