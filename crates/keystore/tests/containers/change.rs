//! Writing, changing the password, converting, installing.

use rand::SeedableRng;
use rand::rngs::StdRng;
use tanba_keystore::{
    Computing, Container, Derive, KeyStoreError, Note, Pbkdf2Request, Prefetched, Profile,
};
use tanba_pki::Purpose;

use crate::material::{certificate, chain, container, key, open, password, write};

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn both_profiles_come_back_complete() {
    for profile in [Profile::Modern, Profile::Nca] {
        for text in ["Qwerty12", "Құпия-Сөз1", ""] {
            let bytes = write(&container(&["rsa", "ec"]), profile, text);
            let again = open(&bytes, text);
            assert_eq!(again.entries().len(), 2);
            for (entry, name) in again.entries().iter().zip(["rsa", "ec"]) {
                let (key, leaf) = entry.signer().unwrap();
                assert_eq!(leaf.der(), certificate(name).der());
                assert!(key.matches(leaf.public_key()));
                let id = leaf.subject_key_id().unwrap();
                assert_eq!(entry.local_key_id(), Some(id));
                assert_eq!(entry.friendly_name(), Some(hex(id).as_str()));
                assert!(entry.notes().is_empty());
                let above = if profile == Profile::Nca { 0 } else { 2 };
                assert_eq!(entry.certificates().count(), 1 + above);
            }
            let wrong = Container::open(&bytes, &password("qwerty12"), &mut Computing);
            assert!(matches!(wrong, Err(KeyStoreError::WrongPassword)));
        }
    }
}

#[test]
fn the_national_profile_uses_the_algorithms_of_the_national_files() {
    let bytes = write(&container(&["rsa"]), Profile::Nca, "Qwerty12");
    let opened = open(&bytes, "Qwerty12");
    assert_eq!(opened.profile(), Profile::Nca);
    let protection = opened.protection().clone();
    assert_eq!(
        protection.mac.as_deref(),
        Some("HMAC SHA-1, PKCS#12 derivation with SHA-1, 1024 iterations")
    );
    assert_eq!(
        protection.encryption,
        [
            "RC2-40-CBC, PKCS#12 derivation with SHA-1, 1024 iterations",
            "3DES-CBC, PKCS#12 derivation with SHA-1, 1024 iterations"
        ]
    );
}

/// Counts the work.
#[derive(Default)]
struct Counting(Vec<Pbkdf2Request>);

impl Derive for Counting {
    fn pbkdf2(&mut self, request: &Pbkdf2Request) -> Result<tanba_crypto::Secret, KeyStoreError> {
        self.0.push(request.clone());
        Ok(request.compute())
    }
}

#[test]
fn one_derivation_opens_keys_and_certificates() {
    let bytes = write(&container(&["rsa", "ec"]), Profile::Modern, "Qwerty12");
    let mut derive = Counting::default();
    Container::open(&bytes, &password("Qwerty12"), &mut derive).unwrap();
    assert_eq!(derive.0.len(), 1);
    assert!(derive.0[0].iterations >= 600_000);
    assert_eq!(
        Container::derivations(&bytes, &password("Qwerty12")).unwrap(),
        derive.0
    );
}

#[test]
fn a_browser_supplies_derivations_and_gets_the_same_file() {
    let secret = password("Qwerty12");
    let container = container(&["rsa", "ec"]);
    let plan = container.plan(Profile::Modern, &mut StdRng::seed_from_u64(7));
    let mut derive = Prefetched::new(2000);
    let Err(KeyStoreError::DerivationNeeded(request)) =
        container.write(&plan, &secret, &mut derive)
    else {
        panic!("nothing was asked for");
    };
    assert_eq!(Some(&*request), plan.derivation(&secret).as_ref());
    let key = request.compute();
    derive.supply(*request, key);
    let bytes = container.write(&plan, &secret, &mut derive).unwrap();
    assert_eq!(bytes, write(&container, Profile::Modern, "Qwerty12"));
    // The same password and salt: everything is known already.
    Container::open(&bytes, &secret, &mut derive).unwrap();
    // National files ask for nothing.
    let national = write(&container, Profile::Nca, "Qwerty12");
    assert!(
        Container::derivations(&national, &secret)
            .unwrap()
            .is_empty()
    );
    Container::open(&national, &secret, &mut Prefetched::new(0)).unwrap();
}

#[test]
fn the_password_is_changed_and_the_profile_converted() {
    let old = write(&container(&["rsa"]), Profile::Nca, "Qwerty12");
    let new = write(&open(&old, "Qwerty12"), Profile::Modern, "Жаңа-Пароль7");
    let again = open(&new, "Жаңа-Пароль7");
    assert_eq!(
        again.entries()[0].certificate().unwrap().der(),
        certificate("rsa").der()
    );
    let old_password = Container::open(&new, &password("Qwerty12"), &mut Computing);
    assert!(matches!(old_password, Err(KeyStoreError::WrongPassword)));
    let back = write(&again, Profile::Nca, "Qwerty12");
    assert_eq!(
        back, old,
        "converting forth and back with the same random numbers"
    );
}

#[test]
fn a_key_waits_for_its_certificate() {
    let mut pending = Container::new();
    pending.add_key(key("ec"));
    let bytes = write(&pending, Profile::Modern, "Qwerty12");
    let mut again = open(&bytes, "Qwerty12");
    let entry = &again.entries()[0];
    assert_eq!(entry.notes(), [Note::KeyWithoutCertificate]);
    assert!(matches!(
        entry.signer(),
        Err(KeyStoreError::KeyWithoutCertificate)
    ));
    let id = hex(&entry.key_id().unwrap());
    assert_eq!(
        entry.file_name(Some(Purpose::Authentication)),
        Some(format!("AUTH_EC384_{id}.p12"))
    );
    assert!(matches!(
        again.install(&certificate("rsa"), &chain()),
        Err(KeyStoreError::CertificateOfAnotherKey)
    ));
    again.install(&certificate("ec"), &chain()).unwrap();
    let entry = &again.entries()[0];
    assert!(entry.signer().is_ok());
    assert_eq!(entry.purpose(), Some(Purpose::Signature));
    assert_eq!(entry.file_name(None), Some(format!("EC384_{id}.p12")));
    assert!(matches!(
        Container::new().install(&certificate("rsa"), &[]),
        Err(KeyStoreError::NoKey)
    ));
}

#[test]
fn files_are_named_as_the_national_ones() {
    let container = container(&["rsa"]);
    let entry = &container.entries()[0];
    let id = hex(certificate("rsa").subject_key_id().unwrap());
    assert_eq!(entry.file_name(None), Some(format!("AUTH_RSA256_{id}.p12")));
}

#[test]
fn a_plan_is_for_the_container_that_made_it() {
    let plan = container(&["rsa", "ec"]).plan(Profile::Nca, &mut StdRng::seed_from_u64(7));
    let result = container(&["rsa"]).write(&plan, &password(""), &mut Computing);
    assert!(matches!(result, Err(KeyStoreError::PlanDoesNotFit)));
}

#[test]
fn other_files_are_named() {
    for (bytes, name) in [
        (
            &b"%PDF-1.4"[..],
            "this is not a key store but a PDF document",
        ),
        (b"", "this is not a key store but an empty file"),
        (
            b"-----BEGIN CERTIFICATE-----",
            "this is not a key store but a certificate as text (PEM)",
        ),
    ] {
        let error = Container::open(bytes, &password(""), &mut Computing).unwrap_err();
        assert_eq!(error.to_string(), name);
    }
    let error =
        Container::open(certificate("rsa").der(), &password(""), &mut Computing).unwrap_err();
    assert_eq!(
        error.to_string(),
        "this is not a key store but a certificate without its key"
    );
}
