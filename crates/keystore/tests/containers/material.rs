//! Keys and certificates of our own (`tests/data/make.sh`) and containers made of them.

use rand::SeedableRng;
use rand::rngs::StdRng;
use tanba_crypto::SoftwareKey;
use tanba_keystore::{Computing, Container, Password, Profile};
use tanba_pki::Certificate;

pub(crate) fn key(name: &str) -> SoftwareKey {
    SoftwareKey::from_pkcs8_der(&file(&format!("{name}.p8"))).unwrap()
}

pub(crate) fn certificate(name: &str) -> Certificate {
    Certificate::from_der(&file(&format!("{name}.cer"))).unwrap()
}

pub(crate) fn chain() -> [Certificate; 2] {
    [certificate("issuing"), certificate("root")]
}

pub(crate) fn file(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    std::fs::read(path.join(name)).unwrap()
}

/// A container with these keys, their certificates and the chain.
pub(crate) fn container(names: &[&str]) -> Container {
    let mut container = Container::new();
    for name in names {
        container.add_key(key(name));
        container.install(&certificate(name), &chain()).unwrap();
    }
    container
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

pub(crate) fn write(container: &Container, profile: Profile, text: &str) -> Vec<u8> {
    let plan = container.plan(profile, &mut StdRng::seed_from_u64(7));
    container
        .write(&plan, &password(text), &mut Computing)
        .unwrap()
}

pub(crate) fn open(bytes: &[u8], text: &str) -> Container {
    Container::open(bytes, &password(text), &mut Computing).unwrap()
}
