//! What a keystore can do: the matrix that pages show before an application is made, and that requests are held to.

use serde::Serialize;

use crate::keystore_kind::KeystoreKind;

/// What may be chosen as the secret of a keystore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretRule {
    /// A password of 6 to 32 characters with lower and upper case Latin letters and digits; nobody can restore it.
    Password,
    /// Four digits, set when the card is given out; three wrong tries block the card.
    FourDigits,
    /// A PIN by the rules of the device; wrong tries are counted by the device.
    DevicePin,
}

/// What one keystore can do. Sent: the names of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Capability {
    /// [`KeystoreKind::identifier`].
    pub keystore: &'static str,
    /// Kinds of keys that it makes, as `PublicKey::algorithm_label` of the `crypto` crate names them.
    pub algorithms: &'static [&'static str],
    /// Years of validity of a certificate whose key lives here.
    pub validity_years: u32,
    /// Whether a program on the person's computer (the agent) has to run.
    pub needs_agent: bool,
    /// Whether the key never leaves the device.
    pub never_leaves: bool,
    /// What its secret may be.
    pub secret: SecretRule,
    /// The secret that everybody knows because the maker published it, where the device is sold with one.
    pub default_pin: Option<&'static str>,
}

/// The browser makes these and keeps them in a file; RSA is what the authority's profiles for people ask for.
const FILE: &[&str] = &["RSA-2048", "RSA-3072", "RSA-4096", "EC P-256", "EC P-384"];
/// What all devices of the list can make.
const DEVICE: &[&str] = &["RSA-2048"];

/// One line for each keystore, in the order of [`KeystoreKind::ALL`].
pub const MATRIX: [Capability; 5] = [
    Capability {
        keystore: KeystoreKind::PersonalComputer.identifier(),
        algorithms: FILE,
        validity_years: KeystoreKind::PersonalComputer.validity_years(),
        needs_agent: false,
        never_leaves: false,
        secret: SecretRule::Password,
        default_pin: None,
    },
    device(KeystoreKind::IdCard, SecretRule::FourDigits, None),
    device(
        KeystoreKind::EToken72K,
        SecretRule::DevicePin,
        Some("1234567890"),
    ),
    device(
        KeystoreKind::JaCarta,
        SecretRule::DevicePin,
        Some("1234567890"),
    ),
    device(
        KeystoreKind::Kaztoken,
        SecretRule::DevicePin,
        Some("12345678"),
    ),
];

const fn device(
    kind: KeystoreKind,
    secret: SecretRule,
    default_pin: Option<&'static str>,
) -> Capability {
    Capability {
        keystore: kind.identifier(),
        algorithms: DEVICE,
        validity_years: kind.validity_years(),
        needs_agent: true,
        never_leaves: true,
        secret,
        default_pin,
    }
}

impl Capability {
    /// What a keystore can do.
    #[must_use]
    pub const fn of(kind: KeystoreKind) -> Self {
        let [file, card, etoken, jacarta, kaztoken] = MATRIX;
        match kind {
            KeystoreKind::PersonalComputer => file,
            KeystoreKind::IdCard => card,
            KeystoreKind::EToken72K => etoken,
            KeystoreKind::JaCarta => jacarta,
            KeystoreKind::Kaztoken => kaztoken,
        }
    }

    /// Whether a key of this kind can have been made in the keystore.
    #[must_use]
    pub fn makes(&self, algorithm: &str) -> bool {
        self.algorithms.contains(&algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_keystore_has_the_line_of_its_own() {
        for (kind, line) in KeystoreKind::ALL.into_iter().zip(MATRIX) {
            assert_eq!(Capability::of(kind), line);
            assert_eq!(line.keystore, kind.identifier());
            assert_eq!(line.never_leaves, kind.is_token());
            assert_eq!(line.validity_years, if kind.is_token() { 3 } else { 1 });
        }
    }

    #[test]
    fn a_device_makes_no_key_that_only_a_file_can_hold() {
        assert!(Capability::of(KeystoreKind::PersonalComputer).makes("EC P-256"));
        assert!(!Capability::of(KeystoreKind::IdCard).makes("EC P-256"));
        assert!(Capability::of(KeystoreKind::Kaztoken).makes("RSA-2048"));
        assert!(!Capability::of(KeystoreKind::Kaztoken).makes("RSA-1024"));
    }
}
