//! Ed25519 and ML-DSA: keys that hash by themselves.

use aws_lc_rs::encoding::AsRawBytes;
use aws_lc_rs::signature::{
    Ed25519KeyPair, KeyPair, ML_DSA_44_SIGNING, ML_DSA_65_SIGNING, PqdsaKeyPair,
    PqdsaSigningAlgorithm,
};

use crate::{KeyAlgorithm, Secret};

/// What a private key of these algorithms is made of.
#[derive(Debug)]
pub(crate) enum PureForm {
    /// 32 octets from which everything else is derived (RFC 8032, 5.1.5; FIPS 204, algorithm 6).
    Seed(Secret),
    /// The expanded key of ML-DSA (FIPS 204, algorithm 24); its seed is not known.
    Expanded(Secret),
    /// Both, which have to belong together (RFC 9881, 6).
    Both(Secret, Secret),
}

/// A key of Ed25519 or ML-DSA.
#[derive(Debug)]
pub(crate) enum PureKey {
    Ed25519(Ed25519KeyPair),
    MlDsa(PqdsaKeyPair),
}

impl PureKey {
    /// `None` when the octets are not such a key, or do not belong together.
    pub(crate) fn new(algorithm: KeyAlgorithm, form: &PureForm) -> Option<Self> {
        let Some(signing) = ml_dsa(algorithm) else {
            return match form {
                PureForm::Seed(seed) => Ed25519KeyPair::from_seed_unchecked(seed.expose())
                    .ok()
                    .map(Self::Ed25519),
                PureForm::Expanded(_) | PureForm::Both(..) => None,
            };
        };
        let pair = match form {
            PureForm::Seed(seed) | PureForm::Both(seed, _) => {
                PqdsaKeyPair::from_seed(signing, seed.expose())
            }
            PureForm::Expanded(key) => PqdsaKeyPair::from_raw_private_key(signing, key.expose()),
        }
        .ok()?;
        if let PureForm::Both(_, expanded) = form {
            let derived = pair.private_key().as_raw_bytes().ok()?;
            if Secret::new(derived.as_ref().to_vec()) != *expanded {
                return None;
            }
        }
        Some(Self::MlDsa(pair))
    }

    pub(crate) fn public_key(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Self::MlDsa(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Ed25519(pair) => Some(pair.try_sign(message).ok()?.as_ref().to_vec()),
            Self::MlDsa(pair) => {
                let mut signature = vec![0; pair.algorithm().signature_len()];
                let length = pair.sign(message, &mut signature).ok()?;
                signature.truncate(length);
                Some(signature)
            }
        }
    }
}

const fn ml_dsa(algorithm: KeyAlgorithm) -> Option<&'static PqdsaSigningAlgorithm> {
    match algorithm {
        KeyAlgorithm::MlDsa44 => Some(&ML_DSA_44_SIGNING),
        KeyAlgorithm::MlDsa65 => Some(&ML_DSA_65_SIGNING),
        KeyAlgorithm::Rsa { .. }
        | KeyAlgorithm::EcP256
        | KeyAlgorithm::EcP384
        | KeyAlgorithm::Ed25519 => None,
    }
}
