//! What programs of others say of the same keys: badkeys, roca-detect and openssl.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{CLOSE, FACTOR, ROCA, SOUND, divisible_by, octets, repeated, sparse};
use rand::SeedableRng as _;

use crate::{KeyAlgorithm, PublicKey, Signer as _, SoftwareKey};

/// All checks of badkeys that need no list from the network.
const CHECKS: &str =
    "fermat,roca,rsainvalid,rsapoly,smalld,smallfactors,rsawarnings,rsabias,pattern,xzbackdoor";

fn programs() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin");
    if folder.join("badkeys").exists() && folder.join("roca-detect").exists() {
        return Some(folder);
    }
    assert!(
        !is_build_server(),
        "badkeys and roca-detect are not installed: scripts/setup.sh test"
    );
    eprintln!(
        "SKIPPED: badkeys and roca-detect are not installed; scripts/setup.sh test installs them"
    );
    None
}

fn is_build_server() -> bool {
    std::env::var_os("CI").is_some()
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..128 => vec![tag, u8::try_from(length).unwrap()],
        128..256 => vec![tag, 0x81, u8::try_from(length).unwrap()],
        _ => vec![
            tag,
            0x82,
            u8::try_from(length >> 8).unwrap(),
            u8::try_from(length & 0xff).unwrap(),
        ],
    };
    [head, content.to_vec()].concat()
}

fn integer(octets: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if octets[0] & 0x80 == 0 { &[] } else { &[0] };
    tlv(2, &[sign, octets].concat())
}

/// `SubjectPublicKeyInfo` of RSA.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let algorithm = tlv(0x30, &octets("06092a864886f70d0101010500"));
    let key = tlv(0x30, &[integer(modulus), integer(exponent)].concat());
    tlv(
        0x30,
        &[algorithm, tlv(3, &[vec![0], key].concat())].concat(),
    )
}

/// The generator of P-256, or a point beside the curve.
fn p256(on_curve: bool) -> Vec<u8> {
    let algorithm = tlv(0x30, &octets("06072a8648ce3d020106082a8648ce3d030107"));
    let mut point = octets(
        "00046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce\
         33576b315ececbb6406837bf51f5",
    );
    if !on_curve {
        *point.last_mut().unwrap() ^= 3;
    }
    tlv(0x30, &[algorithm, tlv(3, &point)].concat())
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}

struct Opinions {
    badkeys: bool,
    roca: bool,
    ours: bool,
}

fn ask(programs: &Path, folder: &Path, name: &str, der: &[u8]) -> Opinions {
    let file = folder.join(format!("{name}.pem"));
    std::fs::write(&file, pem(der)).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(programs.join("python"))
            .arg(programs.join(program))
            .args(arguments)
            .arg(&file)
            .output()
            .unwrap();
        let (out, log) = (output.stdout, output.stderr);
        String::from_utf8([out, log].concat()).unwrap()
    };
    let said = run("badkeys", &["-c", CHECKS, "-w", "-j", "-a"]);
    let badkeys = if said.contains("\"unparseable\"") {
        true
    } else {
        assert!(said.contains("\"results\""), "{name}: {said}");
        !said.contains("\"results\": {}")
    };
    let said = run("roca-detect", &["--file-pem"]);
    let ours = match PublicKey::from_spki_der(der) {
        Ok(key) => key.check_strength().is_err(),
        Err(_) => true,
    };
    Opinions {
        badkeys,
        roca: said.contains("Fingerprint found"),
        ours,
    }
}

#[test]
fn others_accuse_the_same_keys_and_no_sound_one() {
    let Some(programs) = programs() else { return };
    let folder = programs.join(format!("../../oracles-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let exponent = [1, 0, 1];
    let mut even = octets(SOUND);
    *even.last_mut().unwrap() &= 0xfe;
    // Name, key, whether badkeys accuses it, whether roca-detect does.
    let bad = [
        ("close", rsa(&octets(CLOSE), &exponent), true, false),
        ("factor", rsa(&octets(FACTOR), &exponent), true, false),
        ("even", rsa(&even, &exponent), true, false),
        ("10007", rsa(&divisible_by(10_007), &exponent), true, false),
        ("20011", rsa(&divisible_by(20_011), &exponent), true, false),
        ("65521", rsa(&divisible_by(65_521), &exponent), true, false),
        ("65537", rsa(&divisible_by(65_537), &exponent), true, false),
        ("sparse", rsa(&sparse(), &exponent), true, false),
        ("repeated", rsa(&repeated(0x41), &exponent), true, false),
        ("roca", rsa(&octets(ROCA), &exponent), true, true),
        ("three", rsa(&octets(SOUND), &[3]), true, false),
        ("one", rsa(&octets(SOUND), &[1]), true, false),
        ("off-curve", p256(false), true, false),
    ];
    for (name, der, badkeys, roca) in &bad {
        let opinions = ask(&programs, &folder, name, der);
        assert!(opinions.ours, "{name} is accepted here");
        assert_eq!(opinions.badkeys, *badkeys, "badkeys of {name}");
        assert_eq!(opinions.roca, *roca, "roca-detect of {name}");
    }
    let made = [
        KeyAlgorithm::Rsa { bits: 2048 },
        KeyAlgorithm::Rsa { bits: 3072 },
        KeyAlgorithm::EcP256,
        KeyAlgorithm::EcP384,
        KeyAlgorithm::Ed25519,
    ];
    let mut good: Vec<Vec<u8>> = made
        .into_iter()
        .map(|algorithm| {
            let mut random = rand::rngs::StdRng::seed_from_u64(7);
            let key = SoftwareKey::generate(algorithm, &mut random).unwrap();
            key.public_key().spki_der().to_vec()
        })
        .collect();
    good.push(rsa(&octets(SOUND), &exponent));
    good.push(rsa(&divisible_by(65_539), &exponent));
    good.push(p256(true));
    for (number, der) in good.iter().enumerate() {
        let opinions = ask(&programs, &folder, &format!("good-{number}"), der);
        let accused = (opinions.ours, opinions.badkeys, opinions.roca);
        assert_eq!(accused, (false, false, false), "good key {number}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
