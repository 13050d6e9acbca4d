//! The check value over a key store (RFC 7292, 4; PBMAC1: RFC 9579).

use subtle::ConstantTimeEq;

use crate::ber::{self, Element, Reader};
use crate::derive::{Pkcs12Run, Session};
use crate::password::Form;
use crate::scheme::{self, Pbkdf2};
use crate::{Hash, KeyPurpose, KeyStoreError, Pbkdf2Request, encode, oid};

/// `MacData`.
///
/// ```asn1
/// MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
/// ```
#[derive(Debug, Clone)]
pub(crate) struct MacData {
    algorithm: Algorithm,
    value: Vec<u8>,
}

/// How the check value is computed.
#[derive(Debug, Clone)]
pub(crate) enum Algorithm {
    /// HMAC under a key of RFC 7292 B.
    Hmac {
        hash: Hash,
        salt: Vec<u8>,
        iterations: u32,
    },
    /// HMAC under a key of PBKDF2.
    Pbmac1 {
        hash: Hash,
        derivation: Pbkdf2,
        length: usize,
    },
}

impl MacData {
    /// Reads the structure.
    pub(crate) fn read(data: &Element<'_>) -> Result<Self, KeyStoreError> {
        let mut fields = data.inside()?;
        let mut digest_info = fields.expect(ber::SEQUENCE)?.inside()?;
        let mut identifier = digest_info.expect(ber::SEQUENCE)?.inside()?;
        let value = digest_info.octet_string()?.octets()?.0.into_owned();
        let algorithm = match identifier.oid()? {
            oid::PBMAC1 => Algorithm::read_pbmac1(&mut identifier)?,
            other => Algorithm::Hmac {
                hash: Hash::from_oid(other).ok_or_else(|| oid::unsupported(other))?,
                salt: scheme::salt(&mut fields)?,
                iterations: match fields.peek() {
                    Some(ber::INTEGER) => scheme::iterations(&mut fields)?,
                    _ => 1,
                },
            },
        };
        if value.is_empty() {
            return Err(data.damaged());
        }
        Ok(Self { algorithm, value })
    }

    /// Checks the value over the content; remembers which form of the password fits.
    ///
    /// # Errors
    /// [`KeyStoreError::WrongPassword`] when none does.
    pub(crate) fn verify(
        &self,
        content: &[u8],
        session: &mut Session<'_>,
    ) -> Result<(), KeyStoreError> {
        for (attempt, form) in session.forms().into_iter().enumerate() {
            let value = match self.algorithm.compute(content, form, session) {
                Err(KeyStoreError::TooManyIterations { .. }) if attempt > 0 => break,
                other => other?,
            };
            if bool::from(value.ct_eq(&self.value)) {
                session.form = Some(form);
                return Ok(());
            }
            if matches!(self.algorithm, Algorithm::Pbmac1 { .. }) {
                break;
            }
        }
        Err(KeyStoreError::WrongPassword)
    }

    /// The run of PBKDF2 that verifying begins with, if it does.
    pub(crate) fn request(&self, session_password: &tanba_crypto::Secret) -> Option<Pbkdf2Request> {
        match &self.algorithm {
            Algorithm::Hmac { .. } => None,
            Algorithm::Pbmac1 {
                derivation, length, ..
            } => Some(derivation.request(session_password, *length)),
        }
    }

    pub(crate) fn label(&self) -> String {
        match &self.algorithm {
            Algorithm::Hmac {
                hash, iterations, ..
            } => format!(
                "HMAC {}, PKCS#12 derivation with {}, {iterations} iterations",
                hash.label(),
                hash.label()
            ),
            Algorithm::Pbmac1 {
                hash, derivation, ..
            } => format!(
                "HMAC {}, PBKDF2 with HMAC {}, {} iterations",
                hash.label(),
                derivation.hash.label(),
                derivation.iterations
            ),
        }
    }
}

impl Algorithm {
    /// ```asn1
    /// PBMAC1-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, messageAuthScheme AlgorithmIdentifier }
    /// ```
    fn read_pbmac1(identifier: &mut Reader<'_>) -> Result<Self, KeyStoreError> {
        let whole = identifier.expect(ber::SEQUENCE)?;
        let mut parameters = whole.inside()?;
        let mut function = parameters.expect(ber::SEQUENCE)?.inside()?;
        let name = function.oid()?;
        if name != oid::PBKDF2 {
            return Err(oid::unsupported(name));
        }
        let derivation = Pbkdf2::read(&function.expect(ber::SEQUENCE)?)?;
        let hash = scheme::prf_hash(&parameters.expect(ber::SEQUENCE)?)?;
        // The length of the key must be stated, else the check value could be forged (RFC 9579, 4).
        let length = derivation.length.ok_or_else(|| whole.damaged())?;
        Ok(Self::Pbmac1 {
            hash,
            derivation,
            length,
        })
    }

    /// The check value over the content.
    fn compute(
        &self,
        content: &[u8],
        form: Form,
        session: &mut Session<'_>,
    ) -> Result<Vec<u8>, KeyStoreError> {
        let (hash, key) = match self {
            Self::Hmac {
                hash,
                salt,
                iterations,
            } => {
                let run = Pkcs12Run {
                    hash: *hash,
                    purpose: KeyPurpose::Mac,
                    salt,
                    iterations: *iterations,
                    length: hash.size(),
                };
                (*hash, session.pkcs12(form, &run)?)
            }
            Self::Pbmac1 {
                hash,
                derivation,
                length,
            } => {
                let request = derivation.request(session.password.utf8(), *length);
                (*hash, session.pbkdf2(&request)?)
            }
        };
        Ok(hash.hmac(key.expose(), content))
    }
}

/// Writes `MacData` with HMAC under a key of RFC 7292 B.
pub(crate) fn write(
    hash: Hash,
    salt: &[u8],
    iterations: u32,
    content: &[u8],
    session: &mut Session<'_>,
) -> Result<Vec<u8>, KeyStoreError> {
    let algorithm = Algorithm::Hmac {
        hash,
        salt: salt.to_vec(),
        iterations,
    };
    let value = algorithm.compute(content, Form::Bmp, session)?;
    let identifier = encode::sequence(&[&encode::oid(hash.oid()), &encode::null()]);
    let digest_info = encode::sequence(&[&identifier, &encode::octet_string(&value)]);
    Ok(encode::sequence(&[
        &digest_info,
        &encode::octet_string(salt),
        &encode::unsigned(iterations),
    ]))
}
