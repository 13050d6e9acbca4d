//! Algorithms as PKCS#11 names them.

use cryptoki::mechanism::dsa::{HedgeType, SignAdditionalContext};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, MlDsaParameterSetType};
use der::Encode;
use tanba_crypto::{
    DigestAlgorithm, KeyAlgorithm, ObjectIdentifier, SignatureAlgorithm, ecdsa_der_of_numbers,
};

/// What is handed to the token, by which mechanism.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    pub(crate) mechanism: Mechanism<'a>,
    pub(crate) data: Vec<u8>,
}

/// How a message is signed. `None` when the token offers nothing fit.
///
/// RSA: the token pads a `DigestInfo` that we made, so that a list of megabytes does not travel to it; modules that
/// refuse that hash by themselves. ECDSA: the digest. Ed25519 and ML-DSA: the message.
pub(crate) fn input(
    algorithm: SignatureAlgorithm,
    message: &[u8],
    offered: &[MechanismType],
) -> Option<Input<'static>> {
    use SignatureAlgorithm as S;
    let digest = || algorithm.digest().digest(message);
    let whole = |mechanism: Mechanism<'static>| Input {
        mechanism,
        data: message.to_vec(),
    };
    let input = match algorithm {
        S::RsaSha256 | S::RsaSha384 | S::RsaSha512 => {
            if offered.contains(&MechanismType::RSA_PKCS) {
                Input {
                    mechanism: Mechanism::RsaPkcs,
                    data: digest_info(algorithm.digest(), &digest())?,
                }
            } else {
                whole(match algorithm.digest() {
                    DigestAlgorithm::Sha384 => Mechanism::Sha384RsaPkcs,
                    DigestAlgorithm::Sha512 => Mechanism::Sha512RsaPkcs,
                    DigestAlgorithm::Sha1 | DigestAlgorithm::Sha256 | _ => Mechanism::Sha256RsaPkcs,
                })
            }
        }
        S::EcdsaSha256 | S::EcdsaSha384 | S::EcdsaSha512 => Input {
            mechanism: Mechanism::Ecdsa,
            data: digest(),
        },
        S::Ed25519 => whole(Mechanism::Eddsa(EddsaParams::new(
            EddsaSignatureScheme::Ed25519,
        ))),
        S::MlDsa44 | S::MlDsa65 => whole(Mechanism::MlDsa(SignAdditionalContext::new(
            HedgeType::Preferred,
            None,
        ))),
        S::RsaSha1 | S::DsaSha1 | S::RsaPssSha256 | S::RsaPssSha384 | S::RsaPssSha512 | _ => {
            return None;
        }
    };
    offered
        .contains(&input.mechanism.mechanism_type())
        .then_some(input)
}

/// How a message is signed by a token that hashes it.
pub(crate) fn hashing(algorithm: SignatureAlgorithm) -> Option<Mechanism<'static>> {
    use SignatureAlgorithm as S;
    Some(match algorithm {
        S::RsaSha256 => Mechanism::Sha256RsaPkcs,
        S::RsaSha384 => Mechanism::Sha384RsaPkcs,
        S::RsaSha512 => Mechanism::Sha512RsaPkcs,
        S::EcdsaSha256 => Mechanism::EcdsaSha256,
        S::EcdsaSha384 => Mechanism::EcdsaSha384,
        S::EcdsaSha512 => Mechanism::EcdsaSha512,
        S::RsaSha1
        | S::DsaSha1
        | S::RsaPssSha256
        | S::RsaPssSha384
        | S::RsaPssSha512
        | S::Ed25519
        | S::MlDsa44
        | S::MlDsa65
        | _ => return None,
    })
}

/// The algorithm of a curve, named as CKA_EC_PARAMS does.
pub(crate) fn curve(parameters: &[u8]) -> Option<KeyAlgorithm> {
    let is = |oid: ObjectIdentifier| oid.to_der().is_ok_and(|der| der == parameters);
    if is(const_oid::db::rfc5912::SECP_256_R_1) {
        Some(KeyAlgorithm::EcP256)
    } else if is(const_oid::db::rfc5912::SECP_384_R_1) {
        Some(KeyAlgorithm::EcP384)
    } else {
        None
    }
}

/// The signature as certificates carry it.
pub(crate) fn value(algorithm: SignatureAlgorithm, made: Vec<u8>) -> Option<Vec<u8>> {
    if algorithm.is_ecdsa() {
        ecdsa_der_of_numbers(&made)
    } else {
        Some(made)
    }
}

/// `DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }` (RFC 8017, 9.2)
fn digest_info(digest: DigestAlgorithm, value: &[u8]) -> Option<Vec<u8>> {
    const NULL: [u8; 2] = [0x05, 0x00];
    let tagged = |tag: u8, content: &[u8]| -> Option<Vec<u8>> {
        let length = u8::try_from(content.len()).ok().filter(|l| *l < 0x80)?;
        Some([&[tag, length], content].concat())
    };
    let identifier = [digest.oid().to_der().ok()?.as_slice(), &NULL].concat();
    let identifier = tagged(0x30, &identifier)?;
    tagged(0x30, &[identifier, tagged(0x04, value)?].concat())
}

/// How keys are made: the mechanism and what the public half is told beyond the usual, in the order of trying.
pub(crate) fn generation(
    algorithm: KeyAlgorithm,
) -> Option<(Mechanism<'static>, Vec<Vec<Attribute>>)> {
    let curve = |oid: ObjectIdentifier| Some(Attribute::EcParams(oid.to_der().ok()?));
    Some(match algorithm {
        KeyAlgorithm::Rsa { bits } => (
            Mechanism::RsaPkcsKeyPairGen,
            vec![vec![
                Attribute::ModulusBits(u64::from(bits).into()),
                Attribute::PublicExponent(vec![1, 0, 1]),
            ]],
        ),
        KeyAlgorithm::EcP256 => (
            Mechanism::EccKeyPairGen,
            vec![vec![curve(const_oid::db::rfc5912::SECP_256_R_1)?]],
        ),
        KeyAlgorithm::EcP384 => (
            Mechanism::EccKeyPairGen,
            vec![vec![curve(const_oid::db::rfc5912::SECP_384_R_1)?]],
        ),
        // PKCS#11 3.0 lets the curve be named by its identifier or by its name; modules know one or the other.
        KeyAlgorithm::Ed25519 => (
            Mechanism::EccEdwardsKeyPairGen,
            vec![
                vec![curve(const_oid::db::rfc8410::ID_ED_25519)?],
                vec![Attribute::EcParams(EDWARDS25519.to_vec())],
            ],
        ),
        KeyAlgorithm::MlDsa44 => ml_dsa(MlDsaParameterSetType::ML_DSA_44),
        KeyAlgorithm::MlDsa65 => ml_dsa(MlDsaParameterSetType::ML_DSA_65),
        _ => return None,
    })
}

/// `PrintableString "edwards25519"`
const EDWARDS25519: [u8; 14] = *b"\x13\x0cedwards25519";

fn ml_dsa(set: MlDsaParameterSetType) -> (Mechanism<'static>, Vec<Vec<Attribute>>) {
    (
        Mechanism::MlDsaKeyPairGen,
        vec![vec![Attribute::ParameterSet(set.into())]],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_wrapped_as_rsa_wants_it() {
        let info = digest_info(DigestAlgorithm::Sha256, &[0xAA; 32]).unwrap();
        let prefix = [
            0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x01, 0x05, 0x00, 0x04, 0x20,
        ];
        assert_eq!(info[..19], prefix);
        assert_eq!(info[19..], [0xAA; 32]);
    }

    #[test]
    fn a_module_without_bare_padding_is_given_the_message() {
        let both = [MechanismType::RSA_PKCS, MechanismType::SHA256_RSA_PKCS];
        let bare = input(SignatureAlgorithm::RsaSha256, b"message", &both).unwrap();
        assert_eq!(bare.mechanism.mechanism_type(), MechanismType::RSA_PKCS);
        let whole = input(SignatureAlgorithm::RsaSha256, b"message", &both[1..]).unwrap();
        assert_eq!(whole.data, b"message");
        assert!(input(SignatureAlgorithm::RsaSha256, b"message", &[]).is_none());
        assert!(input(SignatureAlgorithm::RsaSha1, b"message", &both).is_none());
    }

    #[test]
    fn every_algorithm_of_ours_can_be_asked_for() {
        for algorithm in KeyAlgorithm::ALL {
            assert!(generation(algorithm).is_some(), "{algorithm}");
        }
    }
}
