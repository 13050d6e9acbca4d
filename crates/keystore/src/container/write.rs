//! Writes containers in one of two profiles.

use rand_core::CryptoRng;
use tanba_crypto::Secret;

use super::Container;
use super::bag::{self, Attributes};
use super::entry::{Entry, KeyState, StoredCertificate};
use crate::cipher::Cipher;
use crate::derive::Session;
use crate::scheme::{Pbkdf2, Scheme};
use crate::{Derive, Hash, KeyStoreError, Password, Pbkdf2Request, encode, mac, oid};

/// How a container is protected when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, check value with HMAC-SHA-256, [`Profile::MODERN_ITERATIONS`] each.
    ///
    /// One derivation opens keys and certificates. Opened by OpenSSL 3, NSS and Java 17.
    #[default]
    Modern,
    /// What the national CA's programs read and write: 3DES for keys, RC2-40 for certificates, SHA-1, 1024 iterations;
    /// no chain.
    ///
    /// Weak: whoever has the file tries passwords a thousand times as fast as with [`Profile::Modern`].
    Nca,
}

impl Profile {
    /// Iterations of [`Profile::Modern`], for the encryption as for the check value: the weaker one decides what a guess
    /// costs.
    pub const MODERN_ITERATIONS: u32 = 600_000;
    /// Iterations of [`Profile::Nca`].
    pub const NCA_ITERATIONS: u32 = 1024;

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Nca => "nca",
        }
    }

    const fn salt_size(self) -> usize {
        match self {
            Self::Modern => 16,
            Self::Nca => 20,
        }
    }
}

/// What is random in a file that will be written, chosen before the work begins.
///
/// Made by [`Container::plan`]; the same plan is given to each repetition of [`Container::write`]. A plan is for one file:
/// for another file or password make another.
#[derive(Debug)]
pub struct WritePlan {
    profile: Profile,
    keys: Vec<Scheme>,
    certificates: Scheme,
    mac_salt: Vec<u8>,
}

impl WritePlan {
    /// The one run of PBKDF2 that writing will ask for, so that a browser can start it at once; none for
    /// [`Profile::Nca`].
    #[must_use]
    pub fn derivation(&self, password: &Password) -> Option<Pbkdf2Request> {
        self.certificates.request(password.utf8())
    }
}

impl Container {
    /// Chooses salts and initial values for writing this container.
    #[must_use]
    pub fn plan(&self, profile: Profile, rng: &mut dyn CryptoRng) -> WritePlan {
        let shared = random(profile.salt_size(), rng);
        let mut scheme = |cipher: Cipher| match profile {
            Profile::Modern => Scheme::Pbes2 {
                cipher: Cipher::Aes256,
                iv: random(Cipher::Aes256.block_size(), rng),
                derivation: Pbkdf2 {
                    hash: Hash::Sha256,
                    salt: shared.clone(),
                    iterations: Profile::MODERN_ITERATIONS,
                    length: None,
                },
            },
            Profile::Nca => Scheme::Pkcs12 {
                cipher,
                salt: random(profile.salt_size(), rng),
                iterations: Profile::NCA_ITERATIONS,
            },
        };
        let keys = self.entries.iter().filter(|entry| entry.key.is_some());
        WritePlan {
            profile,
            keys: keys.map(|_| scheme(Cipher::TripleDes)).collect(),
            certificates: scheme(Cipher::Rc2Bits40),
            mac_salt: random(profile.salt_size(), rng),
        }
    }

    /// Writes the container as a PKCS#12 file in DER.
    ///
    /// Changing the password or the profile is opening with the old and writing with the new one. The
    /// [password rule](crate::PasswordRule) is the caller's to apply.
    ///
    /// # Errors
    /// [`KeyStoreError::Unsupported`] when something inside could not be kept; [`KeyStoreError::PlanDoesNotFit`];
    /// [`KeyStoreError::DerivationNeeded`] from a [`Derive`] that asks.
    pub fn write(
        &self,
        plan: &WritePlan,
        password: &Password,
        derive: &mut dyn Derive,
    ) -> Result<Vec<u8>, KeyStoreError> {
        let mut session = Session::new(password, derive);
        let mut safes = Vec::new();
        let keys = self.key_bags(plan, &mut session)?;
        if !keys.is_empty() {
            safes.push(data(&encode::sequence_of(&keys)));
        }
        let certificates = self.certificate_bags(plan.profile)?;
        if !certificates.is_empty() {
            let bags = encode::sequence_of(&certificates);
            let encrypted = plan.certificates.encrypt(&bags, &mut session)?;
            safes.push(encrypted_data(&plan.certificates, &encrypted));
        }
        let content = encode::sequence_of(&safes);
        let (hash, iterations) = match plan.profile {
            Profile::Modern => (Hash::Sha256, Profile::MODERN_ITERATIONS),
            Profile::Nca => (Hash::Sha1, Profile::NCA_ITERATIONS),
        };
        let mac = mac::write(hash, &plan.mac_salt, iterations, &content, &mut session)?;
        Ok(encode::sequence(&[
            &encode::unsigned(3),
            &data(&content),
            &mac,
        ]))
    }

    /// The private keys alone, each as `EncryptedPrivateKeyInfo` in DER (RFC 5958, 3), in the order of
    /// [`Container::keys`]; what PEM calls `ENCRYPTED PRIVATE KEY`.
    ///
    /// # Errors
    /// As [`Container::write`].
    pub fn encrypted_keys(
        &self,
        plan: &WritePlan,
        password: &Password,
        derive: &mut dyn Derive,
    ) -> Result<Vec<Vec<u8>>, KeyStoreError> {
        let mut session = Session::new(password, derive);
        let keys = self.shrouded_keys(plan, &mut session)?;
        Ok(keys.into_iter().map(|(_, shrouded)| shrouded).collect())
    }

    fn key_bags(
        &self,
        plan: &WritePlan,
        session: &mut Session<'_>,
    ) -> Result<Vec<Vec<u8>>, KeyStoreError> {
        let keys = self.shrouded_keys(plan, session)?;
        let bag = |(entry, key): (&Entry, Vec<u8>)| {
            bag::write(oid::SHROUDED_KEY_BAG, &key, &linked(entry))
        };
        Ok(keys.into_iter().map(bag).collect())
    }

    fn shrouded_keys(
        &self,
        plan: &WritePlan,
        session: &mut Session<'_>,
    ) -> Result<Vec<(&Entry, Vec<u8>)>, KeyStoreError> {
        let entries = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry, entry.key.as_ref()?)));
        let mut schemes = plan.keys.iter();
        let mut keys = Vec::new();
        for (entry, key) in entries {
            let scheme = schemes.next().ok_or(KeyStoreError::PlanDoesNotFit)?;
            let shrouded = match &key.state {
                KeyState::Usable(key) => shroud(&key.pkcs8_der(), scheme, session)?,
                KeyState::Unsupported { pkcs8, .. } | KeyState::Damaged { pkcs8 } => {
                    shroud(pkcs8, scheme, session)?
                }
                // Its own password stays what it is.
                KeyState::Locked { shrouded } => shrouded.clone(),
                KeyState::UnsupportedProtection { algorithm } => {
                    return Err(KeyStoreError::Unsupported {
                        algorithm: algorithm.clone(),
                    });
                }
            };
            keys.push((entry, shrouded));
        }
        if schemes.next().is_some() {
            return Err(KeyStoreError::PlanDoesNotFit);
        }
        Ok(keys)
    }

    /// Each certificate once: those of keys with the identifier of their key, then chains, then the rest.
    fn certificate_bags(&self, profile: Profile) -> Result<Vec<Vec<u8>>, KeyStoreError> {
        let mut written: Vec<&[u8]> = Vec::new();
        let mut bags = Vec::new();
        let mut add = |stored: &'_ StoredCertificate, attributes: &Attributes| {
            bags.push(bag::write(
                oid::CERTIFICATE_BAG,
                &bag::certificate(&stored.der),
                attributes,
            ));
        };
        for entry in &self.entries {
            for (depth, stored) in entry.certificates.iter().enumerate() {
                let above = entry.key.is_some() && depth > 0;
                if above && (profile == Profile::Nca || written.contains(&stored.der.as_slice())) {
                    continue;
                }
                if entry.key.is_some() && depth == 0 {
                    let mut attributes = linked(entry);
                    attributes.others.clone_from(&stored.attributes.others);
                    add(stored, &attributes);
                } else {
                    add(stored, &stored.attributes);
                }
                written.push(&stored.der);
            }
        }
        for other in &self.others {
            // Secrets are encrypted under the old password, and what is unknown may be.
            if other.kind != oid::CRL_BAG && other.kind != oid::CERTIFICATE_BAG {
                return Err(oid::unsupported(other.kind));
            }
            bags.push(other.whole.clone());
        }
        Ok(bags)
    }
}

/// The attributes of an entry with an identifier that ties key and certificate together.
fn linked(entry: &Entry) -> Attributes {
    let mut attributes = entry.attributes.clone();
    if attributes.local_key_id.is_none() {
        attributes.local_key_id = entry.key_id();
    }
    attributes
}

fn shroud(
    pkcs8: &Secret,
    scheme: &Scheme,
    session: &mut Session<'_>,
) -> Result<Vec<u8>, KeyStoreError> {
    let encrypted = scheme.encrypt(pkcs8.expose(), session)?;
    Ok(encode::sequence(&[
        &scheme.to_der(),
        &encode::octet_string(&encrypted),
    ]))
}

fn random(size: usize, rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut octets = vec![0; size];
    rng.fill_bytes(&mut octets);
    octets
}

/// `ContentInfo` of type data.
fn data(octets: &[u8]) -> Vec<u8> {
    let content = encode::explicit(0, &encode::octet_string(octets));
    encode::sequence(&[&encode::oid(oid::DATA), &content])
}

/// `ContentInfo` of type encryptedData.
fn encrypted_data(scheme: &Scheme, octets: &[u8]) -> Vec<u8> {
    let content = encode::sequence(&[
        &encode::oid(oid::DATA),
        &scheme.to_der(),
        &encode::element(crate::ber::context_primitive(0), &[octets]),
    ]);
    let data = encode::sequence(&[&encode::unsigned(0), &content]);
    encode::sequence(&[
        &encode::oid(oid::ENCRYPTED_DATA),
        &encode::explicit(0, &data),
    ])
}
