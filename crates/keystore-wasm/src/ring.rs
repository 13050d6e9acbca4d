//! The one object that the worker holds.

use serde::Serialize;
use serde_json::json;
use tanba_crypto::{Secret, Signer, SoftwareKey};
use tanba_keystore::{Container, KeyStoreError, Password, Profile};
use tanba_model::document::ApplicationDocument;
use tanba_pki::asn1::Reader;
use tanba_pki::cms::{self, SignOptions};
use tanba_pki::{Certificate, Timestamp, hex};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::Failure;
use crate::derivation::{Attempt, Derivations};
use crate::document::{check_challenge, check_document};
use crate::entry::{Opened, keys_of, purpose_name, purpose_of};
use crate::fresh::Fresh;

mod decision;
mod first;
mod password;
mod revocation;
mod token;

/// Opened keys and new keys, in memory until they are forgotten.
///
/// Times are seconds since 1970. Methods that open or write files answer `{"derive": {hash, iterations, length}}` while a
/// derivation is missing: read [`derivation_password`](Self::derivation_password) and
/// [`derivation_salt`](Self::derivation_salt), [`supply`](Self::supply) the result and call again with the same
/// arguments. At the end call [`drop_derivations`](Self::drop_derivations). Files come out of
/// [`output`](Self::output).
#[wasm_bindgen]
#[derive(Debug)]
pub struct KeyRing {
    browser_derives: bool,
    last_id: u32,
    opened: Vec<Opened>,
    fresh: Vec<Fresh>,
    derivations: Derivations,
    output: Vec<u8>,
}

#[wasm_bindgen]
impl KeyRing {
    /// An empty ring; `browser_derives` tells whether the worker can do PBKDF2.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(browser_derives: bool) -> Self {
        Self {
            browser_derives,
            last_id: 0,
            opened: Vec::new(),
            fresh: Vec::new(),
            derivations: Derivations::new(browser_derives),
            output: Vec::new(),
        }
    }

    /// Wipes every key and password.
    pub fn forget(&mut self) {
        *self = Self {
            last_id: self.last_id,
            ..Self::new(self.browser_derives)
        };
    }

    /// Wipes the new keys.
    pub fn forget_new(&mut self) {
        self.fresh.clear();
    }

    /// The password of the derivation that was asked for, in octets.
    #[must_use]
    pub fn derivation_password(&self) -> Vec<u8> {
        self.derivations.asked_password()
    }

    /// The salt of the derivation that was asked for.
    #[must_use]
    pub fn derivation_salt(&self) -> Vec<u8> {
        self.derivations.asked_salt()
    }

    /// Takes the derivation that was asked for.
    pub fn supply(&mut self, key: Vec<u8>) {
        self.derivations.supply(Secret::new(key));
    }

    /// Wipes the derivations of the last call.
    pub fn drop_derivations(&mut self) {
        self.derivations = Derivations::new(self.browser_derives);
    }

    /// The file that the last call made; it is handed over once.
    #[must_use]
    pub fn output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Asks for the derivation that opening a file will need, so that the browser does it while the check value is
    /// computed here: `{"derive": …}`, or `{}` where nothing can be done beforehand.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn anticipate(&mut self, bytes: &[u8], password: String) -> Result<String, Failure> {
        let asked = self
            .derivations
            .anticipate(bytes, &Password::new(password))?;
        Ok(asked.unwrap_or_else(|| "{}".to_owned()))
    }

    /// Opens a file and keeps its keys: `{"entries": […]}`.
    ///
    /// # Errors
    /// What is wrong with the file, or the password.
    pub fn open(&mut self, name: &str, bytes: &[u8], password: String) -> Result<String, Failure> {
        let container = match self.derivations.open(bytes, &Password::new(password))? {
            Attempt::Done(container) => container,
            Attempt::Needed(derivation) => return Ok(derivation),
        };
        container.keys()?;
        let keys = keys_of(container, name, &mut self.last_id);
        let views: Vec<_> = keys.iter().map(Opened::view).collect();
        self.opened.retain(|other| other.file != name);
        self.opened.extend(keys);
        to_json(&json!({ "entries": views }))
    }

    /// All opened keys: `[…]`.
    ///
    /// # Errors
    /// None in practice.
    pub fn entries(&self) -> Result<String, Failure> {
        to_json(&self.opened.iter().map(Opened::view).collect::<Vec<_>>())
    }

    /// What the password rule says: `{"broken": [key…], "strength": key}`.
    ///
    /// # Errors
    /// None in practice.
    pub fn check_password(&self, password: String) -> Result<String, Failure> {
        let password = Password::new(password);
        let broken: Vec<_> = password
            .broken_rules()
            .into_iter()
            .map(|rule| rule.key())
            .collect();
        to_json(&json!({ "broken": broken, "strength": password.strength().key() }))
    }

    /// Signs a challenge of this origin for this purpose and subject: CMS in DER.
    ///
    /// # Errors
    /// `document-changed` when the challenge is for something else; what is wrong with the key.
    pub fn sign_challenge(
        &self,
        entry: u32,
        challenge: &[u8],
        purpose: &str,
        subject: &str,
        origin: &str,
        now: u32,
    ) -> Result<Vec<u8>, Failure> {
        check_challenge(challenge, purpose, subject, origin)?;
        self.sign(entry, challenge, now)
    }

    /// The application in plain words, from the octets that will be signed: `[{"key", "value"}, …]`.
    ///
    /// # Errors
    /// `document-unreadable`
    pub fn summary(&self, document: &[u8]) -> Result<String, Failure> {
        to_json(&ApplicationDocument::from_bytes(document)?.summary())
    }

    /// Signs an application that names exactly the new keys `keys`, in this order: CMS in DER.
    ///
    /// # Errors
    /// `document-changed`, `document-unreadable`, `key-for-authentication`, `key-other-person`; what is wrong with the key.
    pub fn sign_document(
        &self,
        entry: u32,
        document: &[u8],
        keys: &[u32],
        number: &str,
        origin: &str,
        now: u32,
    ) -> Result<Vec<u8>, Failure> {
        let application = self.named(document, keys, number, origin)?;
        let (_, certificate) = self.opened_key(entry)?.entry.signer()?;
        if !certificate.purpose().signs() {
            return Err(Failure::new("key-for-authentication"));
        }
        if certificate
            .subject()
            .iin()
            .is_some_and(|iin| iin != application.applicant.iin)
        {
            return Err(Failure::new("key-other-person"));
        }
        self.sign(entry, document, now)
    }

    /// Takes a private key that the browser made (PKCS#8); its name in the ring.
    ///
    /// # Errors
    /// `file-key-damaged`
    pub fn add_key(&mut self, pkcs8: Vec<u8>, purpose: &str) -> Result<u32, Failure> {
        let pkcs8 = Secret::new(pkcs8);
        let key = SoftwareKey::from_pkcs8_der(pkcs8.expose())
            .map_err(|_| Failure::new("file-key-damaged"))?;
        let purpose = purpose_of(purpose).ok_or_else(|| Failure::new("server-error"))?;
        let id = self.next_id();
        self.fresh.push(Fresh::new(id, key, purpose));
        Ok(id)
    }

    /// The certification request of a new key: PKCS#10 in DER.
    ///
    /// # Errors
    /// What is wrong with the key.
    pub fn request(&mut self, key: u32, keystore: &str) -> Result<Vec<u8>, Failure> {
        let fresh = self.fresh.iter_mut().find(|fresh| fresh.id == key);
        fresh.ok_or_else(no_new_key)?.request(keystore)
    }

    /// Writes new keys without certificates under the password, to be kept until the certificates come:
    /// `{"keys": [{"purpose", "publicKey"}, …]}` and [`output`](Self::output).
    ///
    /// # Errors
    /// What is wrong with the keys.
    pub fn lock(&mut self, keys: &[u32], password: String) -> Result<String, Failure> {
        let fresh: Vec<&Fresh> = keys
            .iter()
            .map(|id| self.new_key(*id))
            .collect::<Result<_, _>>()?;
        let mut container = Container::new();
        let mut facts = Vec::new();
        for key in fresh {
            container.add_key(copy(key.key()?)?);
            facts.push(json!({ "purpose": purpose_name(key.purpose), "publicKey": key.public_key_digest()? }));
        }
        match self
            .derivations
            .write(&container, Profile::Modern, &Password::new(password))?
        {
            Attempt::Needed(derivation) => Ok(derivation),
            Attempt::Done(bytes) => {
                self.output = bytes;
                to_json(&json!({ "keys": facts }))
            }
        }
    }

    /// Opens what [`lock`](Self::lock) wrote: `{"ids": […]}`. `purposes` are those that it told, in its order,
    /// separated by spaces.
    ///
    /// # Errors
    /// What is wrong with the file, or the password.
    pub fn unlock(
        &mut self,
        bytes: &[u8],
        password: String,
        purposes: &str,
    ) -> Result<String, Failure> {
        let container = match self.derivations.open(bytes, &Password::new(password))? {
            Attempt::Done(container) => container,
            Attempt::Needed(derivation) => return Ok(derivation),
        };
        let mut ids = Vec::new();
        for (entry, purpose) in container.keys()?.into_iter().zip(purposes.split(' ')) {
            let key = entry.key().ok_or_else(|| Failure::new("file-no-key"))?;
            let purpose = purpose_of(purpose).ok_or_else(|| Failure::new("server-error"))?;
            let id = self.next_id();
            self.fresh
                .push(Fresh::new(id, copy(key.software_key()?)?, purpose));
            ids.push(id);
        }
        to_json(&json!({ "ids": ids }))
    }

    /// The file that a certificate will get: `{"name", "purpose", "publicKey", "serial"}`.
    ///
    /// # Errors
    /// `document-unreadable` when it is no certificate.
    pub fn plan_file(&self, certificate: &[u8]) -> Result<String, Failure> {
        let certificate = read(certificate)?;
        let name = tanba_keystore::file_name(&certificate)
            .ok_or_else(|| Failure::new("document-unreadable"))?;
        to_json(&json!({
            "name": name,
            "purpose": purpose_name(certificate.purpose()),
            "publicKey": hex::encode(&certificate.public_key().sha256()),
            "serial": certificate.serial_hex(),
        }))
    }

    /// Puts a certificate to the new key it was issued for and writes the finished file: `{"name", "purpose"}` and
    /// [`output`](Self::output). Whole certificates follow each other in `chain`.
    ///
    /// # Errors
    /// `install-not-matching` when the key is not here.
    pub fn install(
        &mut self,
        certificate: &[u8],
        chain: &[u8],
        password: String,
    ) -> Result<String, Failure> {
        let certificate = read(certificate)?;
        let chain = read_chain(chain)?;
        let own = self
            .fresh
            .iter_mut()
            .find(|fresh| fresh.is_key_of(&certificate));
        let fresh = own.ok_or_else(|| Failure::new("install-not-matching"))?;
        fresh.container.install(&certificate, &chain)?;
        match self
            .derivations
            .write(&fresh.container, Profile::Modern, &Password::new(password))?
        {
            Attempt::Needed(derivation) => Ok(derivation),
            Attempt::Done(bytes) => {
                self.output = bytes;
                to_json(
                    &json!({ "name": fresh.file_name()?, "purpose": purpose_name(certificate.purpose()) }),
                )
            }
        }
    }

    /// Opens a finished file as it lies on the disk, checks that key and certificate belong together and that the key
    /// signs, and keeps it: `{"entry"}`.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn verify(
        &mut self,
        name: &str,
        bytes: &[u8],
        password: String,
        now: u32,
    ) -> Result<String, Failure> {
        let container = match self.derivations.open(bytes, &Password::new(password))? {
            Attempt::Done(container) => container,
            Attempt::Needed(derivation) => return Ok(derivation),
        };
        let keys = keys_of(container, name, &mut self.last_id);
        let [opened]: [Opened; 1] = keys.try_into().map_err(|_| Failure::new("file-no-key"))?;
        let (key, certificate) = opened.entry.signer()?;
        if !key.matches(certificate.public_key()) {
            return Err(KeyStoreError::CertificateOfAnotherKey.into());
        }
        let probe = format!("{name} {now}");
        let signature = key
            .sign(probe.as_bytes())
            .map_err(|_| Failure::new("file-key-damaged"))?;
        let verified =
            certificate
                .public_key()
                .verify(key.algorithm(), probe.as_bytes(), &signature);
        verified.map_err(|_| KeyStoreError::CertificateOfAnotherKey)?;
        let view = opened.view();
        self.opened.retain(|other| other.file != name);
        self.opened.push(opened);
        to_json(&json!({ "entry": view }))
    }
}

impl KeyRing {
    /// The application, if it names exactly these new keys.
    fn named(
        &self,
        document: &[u8],
        keys: &[u32],
        number: &str,
        origin: &str,
    ) -> Result<ApplicationDocument, Failure> {
        let fresh: Vec<&Fresh> = keys
            .iter()
            .map(|id| self.new_key(*id))
            .collect::<Result<_, _>>()?;
        check_document(document, &fresh, number, origin)
    }

    fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }

    fn opened_key(&self, id: u32) -> Result<&Opened, Failure> {
        self.opened
            .iter()
            .find(|opened| opened.id == id)
            .ok_or_else(|| Failure::new("signed-in-again"))
    }

    fn new_key(&self, id: u32) -> Result<&Fresh, Failure> {
        self.fresh
            .iter()
            .find(|fresh| fresh.id == id)
            .ok_or_else(no_new_key)
    }

    fn sign(&self, entry: u32, content: &[u8], now: u32) -> Result<Vec<u8>, Failure> {
        let (key, certificate) = self.opened_key(entry)?.entry.signer()?;
        let options = SignOptions {
            signing_time: Some(Timestamp::from_unix(i64::from(now))),
            ..SignOptions::new(certificate)
        };
        Ok(cms::sign(content, key, &options)?)
    }
}

/// Another container's own copy of a key.
fn copy(key: &SoftwareKey) -> Result<SoftwareKey, Failure> {
    SoftwareKey::from_pkcs8_der(key.pkcs8_der().expose())
        .map_err(|_| Failure::new("file-key-damaged"))
}

const fn no_new_key() -> Failure {
    Failure::new("signed-in-again")
}

fn to_json<T: Serialize>(value: &T) -> Result<String, Failure> {
    Ok(serde_json::to_string(value)?)
}

fn read(certificate: &[u8]) -> Result<Certificate, Failure> {
    Certificate::from_der(certificate).map_err(|_| Failure::new("document-unreadable"))
}

/// Certificates that follow each other.
fn read_chain(mut octets: &[u8]) -> Result<Vec<Certificate>, Failure> {
    let mut chain = Vec::new();
    while !octets.is_empty() {
        let mut reader = Reader::new(octets, "certificates");
        let one = reader
            .next_value()
            .map_err(|_| Failure::new("document-unreadable"))?;
        chain.push(read(one.der)?);
        octets = reader.rest();
    }
    Ok(chain)
}
