//! Truncated, changed and malicious files.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tanba_crypto::Secret;
use tanba_keystore::{Computing, Container, Derive, KeyStoreError, Pbkdf2Request, Profile};

use crate::material::{container, password, write};

/// Refuses work that would make the test slow; the bound of the crate itself is tested apart.
struct Impatient;

impl Derive for Impatient {
    fn pbkdf2(&mut self, request: &Pbkdf2Request) -> Result<Secret, KeyStoreError> {
        if request.iterations > 5_000 {
            return Err(KeyStoreError::WrongPassword);
        }
        Ok(request.compute())
    }

    fn pkcs12(&mut self, request: &tanba_keystore::Pkcs12Request) -> Result<Secret, KeyStoreError> {
        if request.iterations > 5_000 {
            return Err(KeyStoreError::WrongPassword);
        }
        Ok(request.compute())
    }
}

fn samples() -> Vec<Vec<u8>> {
    let national = write(&container(&["ec"]), Profile::Nca, "Qwerty12");
    let mut samples = vec![national, crate::material::file("plain.p12")];
    if let Some(folder) = crate::fixtures::folder() {
        for name in [
            "kz/p12/sdk-2020/rsa-individual-auth-valid-86f61c04.p12",
            "p12/go/rfc9579-a1.p12",
            "p12/rustcrypto/example5.pfx",
            "p12/pyca/name-unicode-no-pwd.p12",
        ] {
            samples.push(std::fs::read(folder.join(name)).unwrap());
        }
    }
    samples
}

fn attempt(bytes: &[u8]) -> Result<Container, KeyStoreError> {
    Container::open(bytes, &password("Qwerty12"), &mut Impatient)
}

#[test]
fn a_file_cut_at_any_offset_is_damaged() {
    for bytes in samples() {
        // Every offset of the structure's ends; the insides of ciphertexts are alike.
        let step = (bytes.len() / 1500).max(1);
        for length in (1..bytes.len())
            .step_by(step)
            .chain(bytes.len() - 300..bytes.len())
        {
            match attempt(&bytes[..length]) {
                Err(KeyStoreError::Damaged { offset }) => {
                    assert!(offset <= length, "{offset} of {length}")
                }
                other => panic!("{length} of {}: {other:?}", bytes.len()),
            }
        }
    }
}

#[test]
fn a_changed_bit_is_never_overlooked_where_there_is_a_check_value() {
    let bytes = write(&container(&["ec"]), Profile::Nca, "Qwerty12");
    let whole = attempt(&bytes).unwrap();
    let original = whole.entries()[0].certificate().unwrap().der();
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..1500 {
        let mut changed = bytes.clone();
        let at = random.random_range(0..changed.len());
        changed[at] ^= 1 << random.random_range(0..8_u32);
        if let Ok(container) = attempt(&changed) {
            // Bits that mean nothing: parameters of the digest, for instance.
            assert_eq!(
                container.entries()[0].certificate().unwrap().der(),
                original,
                "{at}"
            );
        }
    }
}

#[test]
fn mutated_files_never_panic() {
    let mut random = StdRng::seed_from_u64(2);
    let samples = samples();
    for round in 0..12_000 {
        let mut bytes = samples[round % samples.len()].clone();
        for _ in 0..random.random_range(1..6) {
            mutate(&mut bytes, &mut random);
        }
        drop(attempt(&bytes));
        drop(Container::derivations(&bytes, &password("Qwerty12")));
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut StdRng) {
    if bytes.len() < 2 {
        return;
    }
    // Headers are near the ends of the file; that is where changes hurt.
    let near = random.random_range(0..bytes.len().min(120));
    let at = match random.random_range(0..3) {
        0 => near,
        1 => bytes.len() - 1 - near,
        _ => random.random_range(0..bytes.len()),
    };
    match random.random_range(0..5) {
        0 => bytes[at] = random.random(),
        1 => {
            bytes[at] = [0x00, 0x80, 0x30, 0x24, 0xa0, 0xff, 0x04, 0x84][random.random_range(0..8)]
        }
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, random.random()),
        _ => bytes.truncate(at),
    }
}

/// A national file with another number of iterations for the check value.
fn with_iterations(iterations: [u8; 4]) -> Vec<u8> {
    let bytes = write(&container(&["ec"]), Profile::Nca, "Qwerty12");
    let (start, end) = bytes.split_at(bytes.len() - 4);
    assert_eq!(end, [2, 2, 4, 0]);
    // The outer length stays right when the salt gives two octets to the number.
    let mut changed = start.to_vec();
    let salt = changed.len() - 22;
    assert_eq!(changed[salt..salt + 2], [4, 20]);
    changed[salt + 1] = 18;
    changed.truncate(changed.len() - 2);
    changed.extend([2, 4]);
    changed.extend(iterations);
    changed
}

#[test]
fn iterations_are_bounded_and_the_bound_is_named() {
    let hostile = with_iterations([0x7f, 0xff, 0xff, 0xff]);
    let error = Container::open(&hostile, &password("Qwerty12"), &mut Computing).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file asks for 2147483647 iterations of key derivation, more than the bound of 10000000"
    );
    let zero = Container::open(
        &with_iterations([0, 0, 0, 0]),
        &password("Qwerty12"),
        &mut Computing,
    );
    assert!(matches!(zero, Err(KeyStoreError::Damaged { .. })));
}

#[test]
fn size_is_bounded() {
    let mut huge = vec![0x30, 0x83, 0x60, 0, 0, 2, 1, 3];
    huge.resize(0x0060_0000, 0x30);
    let error = Container::open(&huge, &password(""), &mut Computing).unwrap_err();
    assert!(matches!(error, KeyStoreError::TooLarge { .. }), "{error}");
    let mut many = Container::new();
    for _ in 0..129 {
        many.add_key(crate::material::key("ec"));
    }
    let error = attempt(&write(&many, Profile::Nca, "Qwerty12")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "keys in the file: 129, more than the bound of 128"
    );
}
