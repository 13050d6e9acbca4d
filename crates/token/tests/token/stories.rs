use std::fs;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tanba_crypto::{KeyAlgorithm, SignError, Signer};
use tanba_token::{KeyReference, TokenError, TokenKey};

use crate::bench::{LABEL, Maker, PIN, Scene, stage};

const MESSAGE: &[u8] = b"what is signed";

fn make(scene: &Scene, algorithm: KeyAlgorithm) -> Result<TokenKey, TokenError> {
    let mut random = StdRng::seed_from_u64(1);
    scene.token().make_key(algorithm, "a key", &mut random)
}

/// Makes a key, forgets everything but what is stored, and signs.
fn makes_and_signs(scene: &Scene, algorithm: KeyAlgorithm) {
    let made = make(scene, algorithm).unwrap_or_else(|error| panic!("{algorithm}: {error:?}"));
    let stored = made.reference().to_bytes();
    drop(made);
    let reference = KeyReference::from_bytes(&stored).unwrap();
    assert_eq!(
        reference.id_hex(),
        hex(&reference.public_key().key_id()),
        "{algorithm}"
    );
    let key = TokenKey::open(&scene.token(), reference);
    assert_eq!(key.public_key().algorithm(), Ok(algorithm));
    key.check().unwrap();
    let signature = key.sign(MESSAGE).unwrap();
    key.public_key()
        .verify(key.algorithm(), MESSAGE, &signature)
        .unwrap();
    key.public_key().check_strength().unwrap();
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn softhsm_signs_with_every_algorithm_that_it_has() {
    stage(
        Maker::SoftHsm,
        "stories::softhsm_signs_with_every_algorithm_that_it_has",
        |scene| {
            for algorithm in [
                KeyAlgorithm::Rsa { bits: 2048 },
                KeyAlgorithm::EcP256,
                KeyAlgorithm::EcP384,
                KeyAlgorithm::Ed25519,
            ] {
                makes_and_signs(scene, algorithm);
            }
            let refused = make(scene, KeyAlgorithm::MlDsa65).unwrap_err();
            assert_eq!(
                refused.to_string(),
                "the token cannot make or use ML-DSA-65 keys"
            );
        },
    );
}

#[test]
fn kryoptic_signs_with_every_algorithm_of_ours() {
    stage(
        Maker::Kryoptic,
        "stories::kryoptic_signs_with_every_algorithm_of_ours",
        |scene| {
            for algorithm in KeyAlgorithm::ALL {
                // Larger RSA keys are only slower.
                if !matches!(algorithm, KeyAlgorithm::Rsa { bits: 3072 | 4096 }) {
                    makes_and_signs(scene, algorithm);
                }
            }
        },
    );
}

#[test]
fn a_wrong_pin_is_tried_once_and_a_corrected_one_helps() {
    stage(
        Maker::SoftHsm,
        "stories::a_wrong_pin_is_tried_once_and_a_corrected_one_helps",
        |scene| {
            let token = scene.token();
            scene.enter_pin("0000");
            for _ in 0..20 {
                assert!(matches!(token.check(), Err(TokenError::WrongPin)));
            }
            scene.enter_pin(PIN);
            token.check().unwrap();
        },
    );
}

#[test]
fn a_locked_token_says_so_and_that_its_keys_are_safe() {
    stage(
        Maker::Kryoptic,
        "stories::a_locked_token_says_so_and_that_its_keys_are_safe",
        |scene| {
            let token = scene.token();
            let mut last = None;
            // Each wrong PIN is another one: the same would not be tried again.
            for number in 0..20 {
                scene.enter_pin(&format!("wrong-{number}"));
                last = token.check().err();
                if matches!(last, Some(TokenError::PinLocked | TokenError::LastTry)) {
                    break;
                }
            }
            let said = last.unwrap().to_string();
            assert!(said.contains("lock"), "{said}");
            // Nor does the right one help, or is it tried.
            scene.enter_pin(PIN);
            assert!(token.check().is_err());
        },
    );
}

#[test]
fn the_last_try_is_the_operators_and_a_locked_pin_is_not_tried() {
    stage(
        Maker::Loose,
        "stories::the_last_try_is_the_operators_and_a_locked_pin_is_not_tried",
        |scene| {
            let token = scene.token();
            for wrong in ["wrong-1", "wrong-2"] {
                scene.enter_pin(wrong);
                assert!(matches!(token.check(), Err(TokenError::WrongPin)));
            }
            // One try is left: neither a wrong PIN nor the right one is spent on it.
            for entered in ["wrong-3", PIN] {
                scene.enter_pin(entered);
                assert!(matches!(token.check(), Err(TokenError::LastTry)));
            }
            fs::write(scene.folder.join("locked"), "").unwrap();
            let locked = token.check().unwrap_err();
            assert!(matches!(locked, TokenError::PinLocked));
            let said = locked.to_string();
            assert!(said.contains("lock") && said.contains("safe"), "{said}");
            let tried = fs::read(scene.folder.join("wrong-pins")).unwrap();
            assert_eq!(tried.len(), 2, "a PIN was tried that nobody asked for");
        },
    );
}

#[test]
fn a_token_that_was_away_is_found_again() {
    stage(
        Maker::SoftHsm,
        "stories::a_token_that_was_away_is_found_again",
        |scene| {
            let key = make(scene, KeyAlgorithm::EcP256).unwrap();
            let (here, away) = (scene.folder.join("tokens"), scene.folder.join("away"));
            for _ in 0..2 {
                key.sign(MESSAGE).unwrap();
                fs::rename(&here, &away).unwrap();
                fs::create_dir(&here).unwrap();
                let Err(SignError::Unavailable(cause)) = key.sign(MESSAGE) else {
                    panic!("a token that is away signed");
                };
                assert!(cause.to_string().contains("its keys are safe"), "{cause}");
                fs::remove_dir(&here).unwrap();
                fs::rename(&away, &here).unwrap();
                let signature = key.sign(MESSAGE).unwrap();
                key.public_key()
                    .verify(key.algorithm(), MESSAGE, &signature)
                    .unwrap();
            }
        },
    );
}

/// Eight threads sign by one key, beside each other.
fn many_sign(key: &TokenKey) {
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            scope.spawn(move || {
                for round in 0..25_u8 {
                    let message = [thread, round];
                    let signature = key.sign(&message).unwrap();
                    key.public_key()
                        .verify(key.algorithm(), &message, &signature)
                        .unwrap();
                }
            });
        }
    });
}

#[test]
fn threads_share_the_sessions_of_a_token() {
    stage(
        Maker::SoftHsm,
        "stories::threads_share_the_sessions_of_a_token",
        |scene| many_sign(&make(scene, KeyAlgorithm::EcP256).unwrap()),
    );
}

#[test]
fn a_module_that_is_started_without_locks_and_threads_serves_many_threads() {
    stage(
        Maker::SoftHsm,
        "stories::a_module_that_is_started_without_locks_and_threads_serves_many_threads",
        |scene| {
            scene.enter_pin(PIN);
            let token = scene.token_of(tanba_token::TokenSettings {
                sessions: 4,
                os_locking: false,
                own_threads: false,
                ..scene.settings()
            });
            let mut random = StdRng::seed_from_u64(1);
            let made = token.make_key(KeyAlgorithm::EcP256, "a key", &mut random);
            many_sign(&made.unwrap());
            token.check().unwrap();
        },
    );
}

#[test]
fn what_is_not_there_is_named() {
    stage(
        Maker::SoftHsm,
        "stories::what_is_not_there_is_named",
        |scene| {
            let check = |change: &dyn Fn(&mut tanba_token::TokenSettings)| -> String {
                scene.enter_pin(PIN);
                let mut settings = scene.settings();
                change(&mut settings);
                scene.token_of(settings).check().unwrap_err().to_string()
            };
            let said = check(&|settings| settings.label = Some("another".to_owned()));
            assert!(
                said.contains("\"another\"") && said.contains(LABEL),
                "{said}"
            );
            let said = check(&|settings| settings.module = "/no/such/module.so".into());
            assert!(said.contains("/no/such/module.so"), "{said}");
            let said = check(&|settings| settings.serial = Some("0000".to_owned()));
            assert!(said.contains("0000"), "{said}");
        },
    );
}

#[test]
fn a_removed_key_is_missed_by_its_identifier() {
    stage(
        Maker::SoftHsm,
        "stories::a_removed_key_is_missed_by_its_identifier",
        |scene| {
            let token = scene.token();
            let mut random = StdRng::seed_from_u64(1);
            let key = token
                .make_key(KeyAlgorithm::EcP256, "a key", &mut random)
                .unwrap();
            key.sign(MESSAGE).unwrap();
            token.remove_key(key.reference()).unwrap();
            token.remove_key(key.reference()).unwrap();
            let Err(SignError::Refused { reason }) = key.sign(MESSAGE) else {
                panic!("a key that is gone signed");
            };
            assert!(reason.contains(&key.reference().id_hex()), "{reason}");
        },
    );
}

#[test]
fn a_reference_that_was_changed_is_no_reference() {
    let key =
        tanba_crypto::SoftwareKey::generate(KeyAlgorithm::EcP256, &mut StdRng::seed_from_u64(1))
            .unwrap();
    let stored = {
        // The octets of a reference as another program run would have stored them.
        let mut bytes = b"tanba-tok\x01\x02\xab\xcd".to_vec();
        bytes.extend_from_slice(key.public_key().spki_der());
        let checksum = tanba_crypto::sha256(&bytes);
        bytes.extend_from_slice(&checksum[..8]);
        bytes
    };
    let reference = KeyReference::from_bytes(&stored).unwrap();
    assert_eq!(reference.to_bytes(), stored);
    assert_eq!(reference.id_hex(), "abcd");
    for position in 0..stored.len() {
        let mut changed = stored.clone();
        changed[position] ^= 1;
        assert!(KeyReference::from_bytes(&changed).is_none(), "{position}");
        assert!(KeyReference::from_bytes(&stored[..position]).is_none());
    }
}

/// A key of a tool of another project that wants its PIN before each signature, as a reference of ours.
fn careful_key(scene: &Scene) -> KeyReference {
    let tool = |arguments: &[&str]| {
        let output = std::process::Command::new("pkcs11-tool")
            .arg("--module")
            .arg(&scene.module)
            .args(["--token-label", LABEL, "--login", "--pin", PIN])
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
    };
    let file = scene.folder.join("public.der");
    let label = ["--id", "0a0b", "--label", "careful"];
    tool(
        &[
            &["--keypairgen", "--key-type", "rsa:2048", "--always-auth"],
            &label[..],
        ]
        .concat(),
    );
    let read = ["--read-object", "--type", "pubkey", "--output-file"];
    tool(&[&read[..], &[file.to_str().unwrap()], &label].concat());
    let spki = fs::read(&file).unwrap();
    let mut stored = b"tanba-tok\x01\x02\x0a\x0b".to_vec();
    stored.extend_from_slice(&spki);
    let checksum = tanba_crypto::sha256(&stored);
    stored.extend_from_slice(&checksum[..8]);
    KeyReference::from_bytes(&stored).unwrap()
}

#[test]
fn a_key_of_the_authority_that_wants_its_pin_each_time_gets_it_each_time() {
    stage(
        Maker::SoftHsm,
        "stories::a_key_of_the_authority_that_wants_its_pin_each_time_gets_it_each_time",
        |scene| {
            let reference = careful_key(scene);
            let token = scene.token();
            let key = TokenKey::open(&token, reference);
            key.check().unwrap();
            for number in 0..3_u8 {
                let signature = key.sign(&[number]).unwrap();
                key.public_key()
                    .verify(key.algorithm(), &[number], &signature)
                    .unwrap();
            }
            // Threads sign beside each other, each with its own entry of the PIN.
            std::thread::scope(|scope| {
                let workers: Vec<_> = (0..4_u8)
                    .map(|number| {
                        scope.spawn({
                            let key = &key;
                            move || key.sign(&[number; 40]).unwrap()
                        })
                    })
                    .collect();
                for (number, worker) in (0_u8..).zip(workers) {
                    let signature = worker.join().unwrap();
                    key.public_key()
                        .verify(key.algorithm(), &[number; 40], &signature)
                        .unwrap();
                }
            });
            // A PIN that was changed behind our back is tried once; corrected, it helps without a restart.
            scene.enter_pin("0000");
            for _ in 0..20 {
                assert!(matches!(key.sign(MESSAGE), Err(SignError::Refused { .. })));
            }
            scene.enter_pin(PIN);
            key.sign(MESSAGE).unwrap();
        },
    );
}

#[test]
fn a_key_of_the_authority_signs_and_does_nothing_else() {
    stage(
        Maker::SoftHsm,
        "stories::a_key_of_the_authority_signs_and_does_nothing_else",
        |scene| {
            for algorithm in [KeyAlgorithm::Rsa { bits: 2048 }, KeyAlgorithm::EcP256] {
                make(scene, algorithm).unwrap();
            }
            let output = std::process::Command::new("pkcs11-tool")
                .arg("--module")
                .arg(&scene.module)
                .args(["--token-label", LABEL, "--login", "--pin", PIN])
                .args(["--list-objects", "--type", "privkey"])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let usages: Vec<&str> = said
                .lines()
                .filter_map(|line| line.trim().strip_prefix("Usage:"))
                .map(str::trim)
                .collect();
            assert_eq!(usages.len(), 2, "{said}");
            for usage in usages {
                assert!(usage.contains("sign"), "{said}");
                for other in ["decrypt", "unwrap"] {
                    assert!(!usage.contains(other), "{said}");
                }
            }
        },
    );
}
