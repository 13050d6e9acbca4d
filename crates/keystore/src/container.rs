//! PKCS#12 containers (RFC 7292): opened, looked into, changed.

use tanba_crypto::{Secret, SoftwareKey};
use tanba_pki::Certificate;

use crate::ber::{self, Origin, Reader};
use crate::derive::Session;
use crate::{Derive, KeyStoreError, Password, Pbkdf2Request};

mod bag;
mod entry;
mod file_name;
mod gather;
mod pfx;
mod write;

use bag::{Attributes, Bag, ShroudedKey};
pub use entry::{Entry, KeyEntry, Note};
use entry::{KeyState, StoredCertificate};
pub use file_name::file_name;
use pfx::{Pfx, Safe};
pub use write::{Profile, WritePlan};

/// Private keys of one file that are read; each is checked, which takes a while for large ones.
const MAX_KEYS: usize = 128;

/// An open key store.
///
/// Holds its private keys in memory; drop it soon.
#[derive(Debug, Default)]
pub struct Container {
    entries: Vec<Entry>,
    /// Bags of other kinds, as they were found.
    others: Vec<Other>,
    protection: Protection,
}

#[derive(Debug)]
struct Other {
    kind: der::asn1::ObjectIdentifier,
    whole: Vec<u8>,
}

/// How a file that was opened is protected, in words for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protection {
    /// The check value; nothing when the file has none, so that changes to it go unnoticed.
    pub mac: Option<String>,
    /// Each encryption once, in the order of the file; none when anybody can read it.
    pub encryption: Vec<String>,
}

impl Protection {
    /// Whether nothing but the schemes of the national CA's programs was met, with their number of iterations.
    fn is_national(&self) -> bool {
        let national = |label: &String| {
            label.contains("PKCS#12 derivation with SHA-1") && label.ends_with(" 1024 iterations")
        };
        self.mac.as_ref().is_some_and(national) && self.encryption.iter().all(national)
    }

    fn add(&mut self, label: String) {
        if !self.encryption.contains(&label) {
            self.encryption.push(label);
        }
    }
}

impl Container {
    /// A container without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a PKCS#12 file.
    ///
    /// A key of an unsupported algorithm is a [`Note`] in its entry, not an error. The work for one file is bounded.
    ///
    /// # Errors
    /// [`KeyStoreError::NotAKeyStore`], [`KeyStoreError::WrongPassword`], [`KeyStoreError::Damaged`],
    /// [`KeyStoreError::Unsupported`], [`KeyStoreError::TooManyIterations`], [`KeyStoreError::TooLarge`]; and
    /// [`KeyStoreError::DerivationNeeded`] from a [`Derive`] that asks.
    pub fn open(
        bytes: &[u8],
        password: &Password,
        derive: &mut dyn Derive,
    ) -> Result<Self, KeyStoreError> {
        let pfx = Pfx::read(bytes)?;
        let safes = pfx.safes()?;
        let mut session = Session::new(password, derive);
        let mut opening = Opening::default();
        if let Some(mac) = &pfx.mac {
            mac.verify(&pfx.content, &mut session)?;
            opening.protection.mac = Some(mac.label());
            opening.checked = true;
        }
        for safe in &safes {
            opening.read(safe, &mut session)?;
        }
        opening.finish(&mut session)
    }

    /// The runs of PBKDF2 that opening this file will ask for, as far as it shows without being decrypted.
    ///
    /// A browser starts these at once, while the check value is computed, instead of waiting for
    /// [`KeyStoreError::DerivationNeeded`].
    ///
    /// # Errors
    /// As [`Container::open`], but for the password.
    pub fn derivations(
        bytes: &[u8],
        password: &Password,
    ) -> Result<Vec<Pbkdf2Request>, KeyStoreError> {
        let pfx = Pfx::read(bytes)?;
        let mut requests: Vec<Pbkdf2Request> = Vec::new();
        let mut add = |request: Option<Pbkdf2Request>| {
            requests.extend(request.filter(|request| !requests.contains(request)));
        };
        let password = password.utf8();
        add(pfx.mac.as_ref().and_then(|mac| mac.request(password)));
        for safe in pfx.safes()? {
            match safe {
                Safe::Encrypted { scheme, .. } => add(scheme.request(password)),
                Safe::Plain { octets, origin } => {
                    let mut bags = Vec::new();
                    bag::read(&octets, origin, &mut bags)?;
                    for (bag, _) in bags {
                        if let Bag::ShroudedKey(ShroudedKey {
                            scheme: Ok(scheme), ..
                        }) = bag
                        {
                            add(scheme.request(password));
                        }
                    }
                }
            }
        }
        Ok(requests)
    }

    /// Keys in the order of the file, then certificates that belong to none of them.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries, to take keys out of them.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// The entries with a private key.
    ///
    /// # Errors
    /// [`KeyStoreError::NoKey`] when there is none.
    pub fn keys(&self) -> Result<Vec<&Entry>, KeyStoreError> {
        let keys: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| entry.key.is_some())
            .collect();
        if keys.is_empty() {
            return Err(KeyStoreError::NoKey);
        }
        Ok(keys)
    }

    /// How the file was protected.
    #[must_use]
    pub const fn protection(&self) -> &Protection {
        &self.protection
    }

    /// The profile to write this container in, so that whoever read it before reads it again: [`Profile::Nca`] for a file
    /// with the protection of the national CA's programs, else [`Profile::Modern`].
    #[must_use]
    pub fn profile(&self) -> Profile {
        if self.protection.is_national() {
            Profile::Nca
        } else {
            Profile::Modern
        }
    }

    /// Names of bags that are neither keys nor certificates, such as secret keys of a Java program.
    #[must_use]
    pub fn other_contents(&self) -> Vec<String> {
        self.others
            .iter()
            .map(|other| crate::oid::label(other.kind))
            .collect()
    }

    /// Adds a key that has no certificate yet.
    ///
    /// Its name and identifier are those of the national CA's files: the key identifier, in hexadecimal and as octets.
    pub fn add_key(&mut self, key: SoftwareKey) {
        use tanba_crypto::Signer;

        let attributes = Attributes::of_key_id(&key.public_key().key_id());
        self.entries.push(Entry {
            attributes,
            key: Some(KeyEntry {
                state: KeyState::Usable(Box::new(key)),
            }),
            certificates: Vec::new(),
            notes: vec![Note::KeyWithoutCertificate],
        });
    }

    /// Gives a certificate, with the chain above it, to the key that it was issued for.
    ///
    /// An older certificate of the same key is replaced.
    ///
    /// # Errors
    /// [`KeyStoreError::NoKey`] when there is no key; [`KeyStoreError::CertificateOfAnotherKey`] when it belongs to none
    /// that is here.
    pub fn install(
        &mut self,
        certificate: &Certificate,
        chain: &[Certificate],
    ) -> Result<(), KeyStoreError> {
        self.keys()?;
        let fits = |entry: &&mut Entry| {
            let key = entry.key.as_ref();
            key.and_then(|key| key.is_key_of(certificate)) == Some(true)
        };
        let Some(entry) = self.entries.iter_mut().find(fits) else {
            return Err(KeyStoreError::CertificateOfAnotherKey);
        };
        entry.certificates = std::iter::once(certificate)
            .chain(chain)
            .map(StoredCertificate::of)
            .collect();
        entry.notes.retain(|note| match note {
            Note::KeyWithoutCertificate | Note::CertificateOfAnotherKey => false,
            Note::UnsupportedAlgorithm { .. }
            | Note::KeyUnderAnotherPassword
            | Note::KeyDamaged
            | Note::CertificateUnreadable => true,
        });
        if let Some(id) = entry.key_id() {
            entry.attributes = Attributes::of_key_id(&id);
        }
        Ok(())
    }

    /// Keeps the entries that `wanted` accepts, for writing them to a file of their own.
    pub fn retain(&mut self, wanted: impl FnMut(&Entry) -> bool) {
        self.entries.retain(wanted);
    }
}

impl StoredCertificate {
    fn of(certificate: &Certificate) -> Self {
        Self {
            der: certificate.der().to_vec(),
            certificate: Some(certificate.clone()),
            attributes: Attributes::default(),
        }
    }
}

/// A file while it is being opened.
#[derive(Default)]
struct Opening {
    checked: bool,
    bags: Vec<(Bag, Attributes)>,
    protection: Protection,
}

impl Opening {
    fn read(&mut self, safe: &Safe<'_>, session: &mut Session<'_>) -> Result<(), KeyStoreError> {
        match safe {
            Safe::Plain { octets, origin } => bag::read(octets, *origin, &mut self.bags),
            Safe::Encrypted {
                scheme,
                octets,
                offset,
            } => {
                let accept =
                    |plain: &Secret| is_whole_sequence(plain.expose()).then(|| plain.clone());
                let Some(plain) = scheme.decrypt(octets, session, &accept)? else {
                    // The password is known to be right when there is a check value: then the octets are not.
                    return Err(if self.checked {
                        KeyStoreError::Damaged { offset: *offset }
                    } else {
                        KeyStoreError::WrongPassword
                    });
                };
                self.protection.add(scheme.label());
                bag::read(plain.expose(), Origin::Within(*offset), &mut self.bags)
            }
        }
    }

    fn finish(mut self, session: &mut Session<'_>) -> Result<Container, KeyStoreError> {
        let is_key =
            |(bag, _): &&(Bag, Attributes)| matches!(bag, Bag::Key(_) | Bag::ShroudedKey(_));
        let found = self.bags.iter().filter(is_key).count();
        if found > MAX_KEYS {
            return Err(KeyStoreError::TooLarge {
                what: "keys in the file",
                found,
                bound: MAX_KEYS,
            });
        }
        let mut keys = Vec::new();
        let mut certificates = Vec::new();
        let mut others = Vec::new();
        for (bag, attributes) in std::mem::take(&mut self.bags) {
            match bag {
                Bag::Key(pkcs8) => keys.push((KeyEntry::from_pkcs8(pkcs8), attributes)),
                Bag::ShroudedKey(shrouded) => {
                    keys.push((self.unshroud(shrouded, session)?, attributes))
                }
                Bag::Certificate(der) => certificates.push(StoredCertificate {
                    certificate: Certificate::from_der(&der).ok(),
                    der,
                    attributes,
                }),
                Bag::Other { kind, whole } => others.push(Other { kind, whole }),
            }
        }
        Ok(Container {
            entries: gather::entries(keys, &certificates),
            others,
            protection: self.protection,
        })
    }

    fn unshroud(
        &mut self,
        shrouded: ShroudedKey,
        session: &mut Session<'_>,
    ) -> Result<KeyEntry, KeyStoreError> {
        let scheme = match shrouded.scheme {
            Ok(scheme) => scheme,
            Err(KeyStoreError::Unsupported { algorithm }) => {
                let state = KeyState::UnsupportedProtection { algorithm };
                return Ok(KeyEntry { state });
            }
            Err(other) => return Err(other),
        };
        let accept = |plain: &Secret| is_whole_sequence(plain.expose()).then(|| plain.clone());
        match scheme.decrypt(&shrouded.encrypted, session, &accept)? {
            Some(pkcs8) => {
                self.protection.add(scheme.label());
                Ok(KeyEntry::from_pkcs8(pkcs8))
            }
            None if self.checked => Ok(KeyEntry {
                state: KeyState::Locked {
                    shrouded: shrouded.whole,
                },
            }),
            None => Err(KeyStoreError::WrongPassword),
        }
    }
}

/// Whether decrypted octets are what they must be: one sequence of sequences or of a version, and nothing after it.
fn is_whole_sequence(octets: &[u8]) -> bool {
    let element = Reader::new(octets, Origin::Within(0)).expect(ber::SEQUENCE);
    element.is_ok_and(|element| {
        let first = element.contents.first();
        element.whole.len() == octets.len()
            && matches!(first, None | Some(&(ber::SEQUENCE | ber::INTEGER)))
    })
}

#[cfg(test)]
mod tests;
