//! PKCS#8 of Ed25519 and ML-DSA.
//!
//! ```text
//! CurvePrivateKey ::= OCTET STRING                                   -- RFC 8410, 7
//! ML-DSA-65-PrivateKey ::= CHOICE {                                  -- RFC 9881, 6
//!     seed        [0] OCTET STRING (SIZE (32)),
//!     expandedKey OCTET STRING (SIZE (4032)),
//!     both        SEQUENCE { seed OCTET STRING (SIZE (32)), expandedKey OCTET STRING (SIZE (4032)) } }
//! ```

use der::asn1::OctetStringRef;
use der::{Decode, Encode, Reader, SliceReader};
use pkcs8::PrivateKeyInfoRef;
use spki::AlgorithmIdentifierRef;

use super::KeyError;
use crate::native::PureForm;
use crate::{KeyAlgorithm, Secret};

const SEED_LENGTH: usize = 32;
/// Tag and length of the choice `seed`.
const SEED: [u8; 2] = [0x80, 0x20];
const OCTET_STRING: u8 = 0x04;

/// Reads what the OCTET STRING of a `PrivateKeyInfo` contains.
pub(super) fn read(algorithm: KeyAlgorithm, key: &[u8]) -> Result<PureForm, KeyError> {
    let form = if algorithm == KeyAlgorithm::Ed25519 {
        octets(key).map(PureForm::Seed)
    } else if let Some(seed) = key.strip_prefix(&SEED) {
        Some(PureForm::Seed(Secret::new(seed.to_vec())))
    } else if key.first() == Some(&OCTET_STRING) {
        octets(key).map(PureForm::Expanded)
    } else {
        both(key)
    };
    match form {
        Some(PureForm::Seed(seed) | PureForm::Both(seed, _)) if seed.len() != SEED_LENGTH => {
            Err(KeyError::Malformed)
        }
        Some(form) => Ok(form),
        None => Err(KeyError::Malformed),
    }
}

fn octets(der: &[u8]) -> Option<Secret> {
    let octets = <&OctetStringRef>::from_der(der).ok()?;
    Some(Secret::new(octets.as_bytes().to_vec()))
}

fn both(der: &[u8]) -> Option<PureForm> {
    let mut reader = SliceReader::new(der).ok()?;
    let form = reader.sequence(|reader| {
        let seed = <&OctetStringRef>::decode(reader)?;
        let expanded = <&OctetStringRef>::decode(reader)?;
        Ok::<_, der::Error>(PureForm::Both(
            Secret::new(seed.as_bytes().to_vec()),
            Secret::new(expanded.as_bytes().to_vec()),
        ))
    });
    let form = form.ok()?;
    reader.finish().ok()?;
    Some(form)
}

/// The `PrivateKeyInfo`: of the seed wherever it is known (RFC 9881, 6).
pub(super) fn write(algorithm: KeyAlgorithm, form: &PureForm) -> Option<Secret> {
    let inner = match form {
        PureForm::Seed(seed) if algorithm == KeyAlgorithm::Ed25519 => wrapped(seed)?,
        PureForm::Seed(seed) | PureForm::Both(seed, _) => {
            Secret::new([&SEED, seed.expose()].concat())
        }
        PureForm::Expanded(key) => wrapped(key)?,
    };
    let identifier = AlgorithmIdentifierRef {
        oid: algorithm.default_signature().oid(),
        parameters: None,
    };
    let key = OctetStringRef::new(inner.expose()).ok()?;
    PrivateKeyInfoRef::new(identifier, key)
        .to_der()
        .ok()
        .map(Secret::new)
}

fn wrapped(octets: &Secret) -> Option<Secret> {
    let der = OctetStringRef::new(octets.expose()).ok()?.to_der().ok()?;
    Some(Secret::new(der))
}

#[cfg(test)]
mod tests;
