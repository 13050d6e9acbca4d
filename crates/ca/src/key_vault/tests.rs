use rand::SeedableRng;
use rand::rngs::StdRng;
use tanba_model::ports::SharedRandom;

use super::*;

fn random() -> SharedRandom<StdRng> {
    SharedRandom::new(StdRng::seed_from_u64(1))
}

fn passphrase(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

fn vault() -> KeyVault {
    KeyVault::create(&passphrase("correct horse"), Cost::THROW_AWAY, &random()).unwrap()
}

#[test]
fn a_sealed_key_opens_with_its_passphrase_and_with_no_other() {
    let (stored, key) = vault().make_key(KeyAlgorithm::EcP256, &random()).unwrap();
    let opened = KeyVault::open(&passphrase("correct horse"), &stored)
        .unwrap()
        .open_key(&stored)
        .unwrap();
    assert_eq!(opened.public_key(), key.public_key());
    assert!(matches!(
        KeyVault::open(&passphrase("Correct horse"), &stored),
        Err(KeyVaultError::WrongPassphrase)
    ));
    assert!(matches!(
        KeyVault::open(&passphrase(""), &stored),
        Err(KeyVaultError::WrongPassphrase)
    ));
}

#[test]
fn a_key_of_another_vault_is_not_called_damaged() {
    let other = KeyVault::create(&passphrase("other"), Cost::THROW_AWAY, &random()).unwrap();
    let stored = other.seal(&Secret::new(vec![1; 48]), &random()).unwrap();
    assert!(matches!(
        vault().unseal(&stored),
        Err(KeyVaultError::WrongPassphrase)
    ));
}

#[test]
fn every_flipped_bit_and_every_cut_is_found_and_called_damage() {
    let vault = vault();
    let stored = vault.seal(&Secret::new(vec![7; 32]), &random()).unwrap();
    for position in 0..stored.len() {
        let mut flipped = stored.clone();
        flipped[position] ^= 1;
        assert!(
            matches!(vault.unseal(&flipped), Err(KeyVaultError::Damaged)),
            "octet {position}"
        );
        assert!(
            matches!(
                vault.unseal(&stored[..position]),
                Err(KeyVaultError::Damaged)
            ),
            "cut at {position}"
        );
    }
}

#[test]
fn a_forged_checksum_does_not_hide_a_changed_key() {
    let vault = vault();
    let stored = vault.seal(&Secret::new(vec![7; 32]), &random()).unwrap();
    let mut envelope = Envelope::parse(&stored).unwrap();
    envelope.sealed[0] ^= 1;
    assert!(matches!(
        vault.unseal(&envelope.to_bytes()),
        Err(KeyVaultError::Damaged)
    ));
}

#[test]
fn a_newer_format_and_a_hostile_cost_are_named() {
    let vault = vault();
    let stored = vault.seal(&Secret::new(vec![7; 32]), &random()).unwrap();
    let mut envelope = Envelope::parse(&stored).unwrap();
    envelope.cost.memory_kib = u32::MAX;
    let hostile = envelope.to_bytes();
    assert!(matches!(
        KeyVault::open(&passphrase("x"), &hostile),
        Err(KeyVaultError::Cost {
            memory_kib: u32::MAX,
            ..
        })
    ));
    let mut newer = stored[..stored.len() - 8].to_vec();
    newer[9] = 2;
    let checksum = tanba_crypto::sha256(&newer);
    newer.extend(&checksum[..8]);
    assert!(matches!(
        vault.unseal(&newer),
        Err(KeyVaultError::Version(2))
    ));
}

#[test]
fn the_secret_is_not_in_the_stored_octets() {
    let secret = [0xA5_u8; 32];
    let stored = vault()
        .seal(&Secret::new(secret.to_vec()), &random())
        .unwrap();
    assert!(!stored.windows(8).any(|window| window == &secret[..8]));
    assert_eq!(format!("{:?}", vault()), "KeyVault(…)");
}
