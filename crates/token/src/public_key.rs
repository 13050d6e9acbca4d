//! Public keys as tokens give them.

use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectHandle};
use cryptoki::session::Session;
use der::Decode;
use der::asn1::OctetStringRef;
use tanba_crypto::{KeyAlgorithm, PublicKey};

use crate::error::TokenError;
use crate::mechanism;

const WRONG: TokenError = TokenError::Wrong("a public key");

/// Reads the public half of a key that was just made.
pub(crate) fn read(
    session: &Session,
    key: ObjectHandle,
    algorithm: KeyAlgorithm,
) -> Result<PublicKey, TokenError> {
    let wanted: &[AttributeType] = match algorithm {
        KeyAlgorithm::Rsa { .. } => &[AttributeType::Modulus, AttributeType::PublicExponent],
        KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 | KeyAlgorithm::Ed25519 => {
            &[AttributeType::EcPoint]
        }
        KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65 | _ => &[AttributeType::Value],
    };
    let attributes = session
        .get_attributes(key, wanted)
        .map_err(TokenError::of)?;
    let mut values = Values::default();
    for attribute in attributes {
        values.take(attribute);
    }
    let public = match algorithm {
        KeyAlgorithm::Rsa { .. } => {
            PublicKey::from_rsa_numbers(&values.modulus, &values.exponent).map_err(|_| WRONG)?
        }
        KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 | KeyAlgorithm::Ed25519 => {
            PublicKey::from_parts(algorithm, point(&values.point, algorithm)).map_err(|_| WRONG)?
        }
        KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65 | _ => {
            PublicKey::from_parts(algorithm, &values.value).map_err(|_| WRONG)?
        }
    };
    match public.algorithm() {
        Ok(read) if read == algorithm => Ok(public),
        _ => Err(WRONG),
    }
}

/// Reads what an object tells of a public key; `None` when it is of no algorithm of ours, or keeps it to itself.
pub(crate) fn read_any(
    session: &Session,
    key: ObjectHandle,
) -> Result<Option<PublicKey>, TokenError> {
    let kind = session
        .get_attributes(key, &[AttributeType::KeyType])
        .map_err(TokenError::of)?;
    let curves = || session.get_attributes(key, &[AttributeType::EcParams]);
    let algorithm = match kind.first() {
        Some(Attribute::KeyType(KeyType::RSA)) => {
            let wanted = [AttributeType::Modulus, AttributeType::PublicExponent];
            let mut values = Values::default();
            for attribute in session.get_attributes(key, &wanted).unwrap_or_default() {
                values.take(attribute);
            }
            return Ok(PublicKey::from_rsa_numbers(&values.modulus, &values.exponent).ok());
        }
        Some(Attribute::KeyType(KeyType::EC)) => match curves().unwrap_or_default().first() {
            Some(Attribute::EcParams(curve)) => mechanism::curve(curve),
            _ => None,
        },
        Some(Attribute::KeyType(KeyType::EC_EDWARDS)) => Some(KeyAlgorithm::Ed25519),
        _ => None,
    };
    Ok(algorithm.and_then(|algorithm| read(session, key, algorithm).ok()))
}

#[derive(Default)]
struct Values {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    point: Vec<u8>,
    value: Vec<u8>,
}

impl Values {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "of a hundred attributes these were asked for"
    )]
    fn take(&mut self, attribute: Attribute) {
        match attribute {
            Attribute::Modulus(octets) => self.modulus = octets,
            Attribute::PublicExponent(octets) => self.exponent = octets,
            Attribute::EcPoint(octets) => self.point = octets,
            Attribute::Value(octets) => self.value = octets,
            _ => {}
        }
    }
}

/// CKA_EC_POINT is an OCTET STRING around the point (PKCS#11, 6.3.3); some modules leave the wrapping out, and a bare
/// point may look like one.
fn point(attribute: &[u8], algorithm: KeyAlgorithm) -> &[u8] {
    let bare = [
        (KeyAlgorithm::EcP256, 65),
        (KeyAlgorithm::EcP384, 97),
        (KeyAlgorithm::Ed25519, 32),
    ];
    if bare.contains(&(algorithm, attribute.len())) {
        return attribute;
    }
    <&OctetStringRef>::from_der(attribute).map_or(attribute, |wrapped| wrapped.as_bytes())
}
