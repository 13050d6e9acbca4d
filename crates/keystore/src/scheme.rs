//! Password-based encryption: PBES1 in the forms of RFC 7292 C, and PBES2 (RFC 8018, 6.2).

use std::borrow::Cow;

use der::asn1::ObjectIdentifier;
use tanba_crypto::Secret;

use crate::ber::{self, Element, Reader};
use crate::cipher::Cipher;
use crate::derive::{MAX_SALT, Pkcs12Run, Session};
use crate::password::Form;
use crate::{Hash, KeyPurpose, KeyStoreError, Pbkdf2Request, encode, oid};

/// How octets are encrypted under a password.
#[derive(Debug, Clone)]
pub(crate) enum Scheme {
    /// Key and initial value from RFC 7292 B with SHA-1.
    Pkcs12 {
        cipher: Cipher,
        salt: Vec<u8>,
        iterations: u32,
    },
    /// The key from PBKDF2, the initial value as it stands.
    Pbes2 {
        cipher: Cipher,
        iv: Vec<u8>,
        derivation: Pbkdf2,
    },
}

/// `PBKDF2-params` (RFC 8018, A.2).
///
/// ```asn1
/// PBKDF2-params ::= SEQUENCE {
///     salt CHOICE { specified OCTET STRING, otherSource AlgorithmIdentifier },
///     iterationCount INTEGER, keyLength INTEGER OPTIONAL,
///     prf AlgorithmIdentifier DEFAULT hmacWithSHA1 }
/// ```
#[derive(Debug, Clone)]
pub(crate) struct Pbkdf2 {
    pub(crate) hash: Hash,
    pub(crate) salt: Vec<u8>,
    pub(crate) iterations: u32,
    pub(crate) length: Option<usize>,
}

/// What is done with the octets that a password seems to decrypt.
pub(crate) type Accept<'f, T> = &'f dyn Fn(&Secret) -> Option<T>;

impl Scheme {
    /// Reads an `AlgorithmIdentifier`.
    pub(crate) fn read(identifier: &Element<'_>) -> Result<Self, KeyStoreError> {
        let mut fields = identifier.inside()?;
        let algorithm = fields.oid()?;
        let cipher = match algorithm {
            oid::PBES2 => return Self::read_pbes2(&mut fields),
            oid::PBE_3DES => Cipher::TripleDes,
            oid::PBE_2DES => Cipher::DoubleDes,
            oid::PBE_RC2_128 => Cipher::Rc2Bits128,
            oid::PBE_RC2_40 => Cipher::Rc2Bits40,
            other => return Err(oid::unsupported(other)),
        };
        let mut parameters = fields.expect(ber::SEQUENCE)?.inside()?;
        Ok(Self::Pkcs12 {
            cipher,
            salt: salt(&mut parameters)?,
            iterations: iterations(&mut parameters)?,
        })
    }

    fn read_pbes2(fields: &mut Reader<'_>) -> Result<Self, KeyStoreError> {
        let mut parameters = fields.expect(ber::SEQUENCE)?.inside()?;
        let mut derivation = parameters.expect(ber::SEQUENCE)?.inside()?;
        let function = derivation.oid()?;
        if function != oid::PBKDF2 {
            return Err(oid::unsupported(function));
        }
        let derivation = Pbkdf2::read(&derivation.expect(ber::SEQUENCE)?)?;
        let encryption = parameters.expect(ber::SEQUENCE)?;
        let mut fields = encryption.inside()?;
        let cipher = match fields.oid()? {
            oid::AES_128_CBC => Cipher::Aes128,
            oid::AES_192_CBC => Cipher::Aes192,
            oid::AES_256_CBC => Cipher::Aes256,
            oid::DES_EDE3_CBC => Cipher::TripleDes,
            other => return Err(oid::unsupported(other)),
        };
        let iv = fields.octet_string()?.octets()?.0.into_owned();
        if iv.len() != cipher.block_size()
            || derivation
                .length
                .is_some_and(|length| length != cipher.key_size())
        {
            return Err(encryption.damaged());
        }
        Ok(Self::Pbes2 {
            cipher,
            iv,
            derivation,
        })
    }

    /// The run of PBKDF2 that decrypting begins with, if it does.
    pub(crate) fn request(&self, password: &Secret) -> Option<Pbkdf2Request> {
        match self {
            Self::Pkcs12 { .. } => None,
            Self::Pbes2 {
                cipher, derivation, ..
            } => Some(derivation.request(password, cipher.key_size())),
        }
    }

    /// Decrypts and accepts: the first form of the password whose result is accepted wins.
    ///
    /// Nothing is returned when no form fits. Padding alone fits one wrong key of 256; `accept` looks at the structure.
    pub(crate) fn decrypt<T>(
        &self,
        octets: &[u8],
        session: &mut Session<'_>,
        accept: Accept<'_, T>,
    ) -> Result<Option<T>, KeyStoreError> {
        match self {
            Self::Pkcs12 { .. } => {
                for (attempt, form) in session.forms().into_iter().enumerate() {
                    let result = self.decrypt_in_form(octets, session, form);
                    if let Some(accepted) = tried(attempt, result)?.and_then(|plain| accept(&plain))
                    {
                        session.form = session.form.or(Some(form));
                        return Ok(Some(accepted));
                    }
                }
                Ok(None)
            }
            Self::Pbes2 {
                cipher,
                iv,
                derivation,
            } => {
                let unusual = session.password.unusual_for_pbkdf2();
                let usual = session.password.utf8().clone();
                for (attempt, password) in std::iter::once(usual).chain(unusual).enumerate() {
                    // Without a proof that the password is right, its rare forms are tried for rare passwords only.
                    if attempt > 0
                        && session.form.is_none()
                        && session.password.utf8().expose().is_ascii()
                    {
                        break;
                    }
                    let key = session.pbkdf2(&derivation.request(&password, cipher.key_size()));
                    let Some(key) = tried(attempt, key.map(Some))? else {
                        break;
                    };
                    let plain = cipher.decrypt(&key, iv, octets);
                    if let Some(accepted) = plain.and_then(|plain| accept(&plain)) {
                        return Ok(Some(accepted));
                    }
                }
                Ok(None)
            }
        }
    }

    fn decrypt_in_form(
        &self,
        octets: &[u8],
        session: &mut Session<'_>,
        form: Form,
    ) -> Result<Option<Secret>, KeyStoreError> {
        let Some((cipher, key, iv)) = self.key_and_iv(session, form)? else {
            return Ok(None);
        };
        Ok(cipher.decrypt(&key, &iv, octets))
    }

    fn key_and_iv(
        &self,
        session: &mut Session<'_>,
        form: Form,
    ) -> Result<Option<(Cipher, Secret, Vec<u8>)>, KeyStoreError> {
        let Self::Pkcs12 {
            cipher,
            salt,
            iterations,
        } = self
        else {
            return Ok(None);
        };
        let mut run = Pkcs12Run {
            hash: Hash::Sha1,
            purpose: KeyPurpose::Key,
            salt,
            iterations: *iterations,
            length: cipher.key_size(),
        };
        let key = session.pkcs12(form, &run)?;
        run.purpose = KeyPurpose::Iv;
        run.length = cipher.block_size();
        let iv = session.pkcs12(form, &run)?;
        Ok(Some((*cipher, key, iv.expose().to_vec())))
    }

    /// Encrypts under the standard form of the password.
    pub(crate) fn encrypt(
        &self,
        octets: &[u8],
        session: &mut Session<'_>,
    ) -> Result<Vec<u8>, KeyStoreError> {
        let (cipher, key, iv) = match self {
            Self::Pkcs12 { .. } => self
                .key_and_iv(session, Form::Bmp)?
                .ok_or(KeyStoreError::PlanDoesNotFit)?,
            Self::Pbes2 {
                cipher,
                iv,
                derivation,
            } => {
                let request = derivation.request(session.password.utf8(), cipher.key_size());
                (*cipher, session.pbkdf2(&request)?, iv.clone())
            }
        };
        cipher
            .encrypt(&key, &iv, octets)
            .ok_or(KeyStoreError::PlanDoesNotFit)
    }

    /// The `AlgorithmIdentifier` in DER.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        match self {
            Self::Pkcs12 {
                cipher,
                salt,
                iterations,
            } => {
                let algorithm = match cipher {
                    Cipher::DoubleDes => oid::PBE_2DES,
                    Cipher::Rc2Bits40 => oid::PBE_RC2_40,
                    Cipher::Rc2Bits128 => oid::PBE_RC2_128,
                    Cipher::TripleDes | Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 => {
                        oid::PBE_3DES
                    }
                };
                let parameters = encode::sequence(&[
                    &encode::octet_string(salt),
                    &encode::unsigned(*iterations),
                ]);
                encode::sequence(&[&encode::oid(algorithm), &parameters])
            }
            Self::Pbes2 {
                cipher,
                iv,
                derivation,
            } => {
                let algorithm = match cipher {
                    Cipher::Aes128 => oid::AES_128_CBC,
                    Cipher::Aes192 => oid::AES_192_CBC,
                    Cipher::TripleDes => oid::DES_EDE3_CBC,
                    Cipher::Aes256 | Cipher::DoubleDes | Cipher::Rc2Bits40 | Cipher::Rc2Bits128 => {
                        oid::AES_256_CBC
                    }
                };
                let encryption =
                    encode::sequence(&[&encode::oid(algorithm), &encode::octet_string(iv)]);
                let parameters = encode::sequence(&[&derivation.to_der(), &encryption]);
                encode::sequence(&[&encode::oid(oid::PBES2), &parameters])
            }
        }
    }

    /// What to call it: `AES-256-CBC, PBKDF2 with HMAC SHA-256, 600000 iterations`.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Pkcs12 {
                cipher, iterations, ..
            } => {
                format!(
                    "{}, PKCS#12 derivation with SHA-1, {iterations} iterations",
                    cipher.label()
                )
            }
            Self::Pbes2 {
                cipher, derivation, ..
            } => format!(
                "{}, PBKDF2 with HMAC {}, {} iterations",
                cipher.label(),
                derivation.hash.label(),
                derivation.iterations
            ),
        }
    }
}

/// The result of an attempt; a rare form of the password that exceeds the bound is simply not tried.
fn tried<T>(
    attempt: usize,
    result: Result<Option<T>, KeyStoreError>,
) -> Result<Option<T>, KeyStoreError> {
    match result {
        Err(KeyStoreError::TooManyIterations { .. }) if attempt > 0 => Ok(None),
        other => other,
    }
}

impl Pbkdf2 {
    /// Reads the parameters.
    pub(crate) fn read(parameters: &Element<'_>) -> Result<Self, KeyStoreError> {
        let mut fields = parameters.inside()?;
        let salt = salt(&mut fields)?;
        let iterations = iterations(&mut fields)?;
        let length = match fields.peek() {
            Some(ber::INTEGER) => {
                let damaged = fields.damaged();
                let length = usize::try_from(fields.unsigned()?).ok();
                Some(
                    length
                        .filter(|length| (1..=128).contains(length))
                        .ok_or(damaged)?,
                )
            }
            _ => None,
        };
        let hash = match fields.optional(ber::SEQUENCE)? {
            Some(prf) => prf_hash(&prf)?,
            None => Hash::Sha1,
        };
        Ok(Self {
            hash,
            salt,
            iterations,
            length,
        })
    }

    pub(crate) fn request(&self, password: &Secret, length: usize) -> Pbkdf2Request {
        Pbkdf2Request {
            hash: self.hash,
            password: password.clone(),
            salt: self.salt.clone(),
            iterations: self.iterations,
            length,
        }
    }

    /// The `AlgorithmIdentifier` in DER.
    fn to_der(&self) -> Vec<u8> {
        let prf = encode::sequence(&[&encode::oid(self.hash.hmac_oid()), &encode::null()]);
        let parameters = encode::sequence(&[
            &encode::octet_string(&self.salt),
            &encode::unsigned(self.iterations),
            &prf,
        ]);
        encode::sequence(&[&encode::oid(oid::PBKDF2), &parameters])
    }
}

/// The digest of an HMAC `AlgorithmIdentifier`.
pub(crate) fn prf_hash(identifier: &Element<'_>) -> Result<Hash, KeyStoreError> {
    let function: ObjectIdentifier = identifier.inside()?.oid()?;
    Hash::from_hmac_oid(function).ok_or_else(|| oid::unsupported(function))
}

/// A salt within bounds.
pub(crate) fn salt(fields: &mut Reader<'_>) -> Result<Vec<u8>, KeyStoreError> {
    if fields.peek() == Some(ber::SEQUENCE) {
        let mut source = fields.expect(ber::SEQUENCE)?.inside()?;
        return Err(oid::unsupported(source.oid()?));
    }
    let salt: Cow<'_, [u8]> = fields.octet_string()?.octets()?.0;
    if salt.len() > MAX_SALT {
        return Err(KeyStoreError::TooLarge {
            what: "octets of salt",
            found: salt.len(),
            bound: MAX_SALT,
        });
    }
    Ok(salt.into_owned())
}

/// A number of iterations, at least one; whether it is within bounds is found when the work is charged.
pub(crate) fn iterations(fields: &mut Reader<'_>) -> Result<u32, KeyStoreError> {
    let damaged = fields.damaged();
    match fields.unsigned()? {
        0 => Err(damaged),
        iterations => Ok(iterations),
    }
}

#[cfg(test)]
mod vectors;
