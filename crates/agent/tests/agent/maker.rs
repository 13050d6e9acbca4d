//! Keys, certificates and key files of our own.

use std::path::{Path, PathBuf};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use tanba_crypto::{KeyAlgorithm, PublicKey, Signer as _, SoftwareKey};
use tanba_keystore::{Computing, Container, Password, Profile as FileProfile};
use tanba_pki::profile::{IssuerUrls, Profile, Subject, TbsInput};
use tanba_pki::{
    Certificate, CertificateRequest, DistinguishedName, SerialNumber, Timestamp,
    assemble_certificate, pem,
};

pub(crate) const PASSWORD: &str = "Qwerty12";
pub(crate) const RSA: KeyAlgorithm = KeyAlgorithm::Rsa { bits: 2048 };

/// A root that issues everything in these tests.
pub(crate) struct Root {
    key: SoftwareKey,
    pub(crate) certificate: Certificate,
}

/// Who and until when.
pub(crate) struct Person {
    pub(crate) iin: &'static str,
    pub(crate) given_name: &'static str,
    pub(crate) not_after: &'static str,
}

pub(crate) const AIGUL: Person = Person {
    iin: "900101400017",
    given_name: "АЙГҮЛ",
    not_after: "2046-01-01T00:00:00Z",
};

fn time(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn generator() -> StdRng {
    StdRng::try_from_rng(&mut rand::rngs::SysRng).unwrap()
}

pub(crate) fn key(algorithm: KeyAlgorithm) -> SoftwareKey {
    SoftwareKey::generate(algorithm, &mut generator()).unwrap()
}

impl Root {
    pub(crate) fn new() -> Self {
        let key = key(KeyAlgorithm::EcP384);
        let profile = Profile::builtin("root-ca").unwrap();
        let name = profile
            .subject_name(&Subject::service("ТЕСТ НЕГІЗГІ КО", None, "KZ"))
            .unwrap();
        let certificate = certify(
            &profile,
            &name,
            key.public_key(),
            &name,
            &key,
            "2046-01-01T00:00:00Z",
        );
        Self { key, certificate }
    }

    pub(crate) fn pem(&self, folder: &Path) -> PathBuf {
        let path = folder.join("root.pem");
        std::fs::write(&path, self.certificate.to_pem()).unwrap();
        path
    }

    /// A certificate for a key by the profile of this name.
    pub(crate) fn issue(&self, profile: &str, key: &SoftwareKey, person: &Person) -> Certificate {
        self.issue_for(profile, key.public_key(), person)
    }

    pub(crate) fn issue_for(&self, profile: &str, key: &PublicKey, person: &Person) -> Certificate {
        let profile = Profile::builtin(profile).unwrap();
        let subject = Subject {
            iin: person.iin.into(),
            country: "KZ".into(),
            surname: "ТЕСТОВА".into(),
            given_name: person.given_name.into(),
            ..Subject::default()
        };
        let name = profile.subject_name(&subject).unwrap();
        certify(
            &profile,
            &name,
            key,
            self.certificate.subject(),
            &self.key,
            person.not_after,
        )
    }

    /// A certificate for a key that the agent made, of which `made` tells.
    pub(crate) fn issue_requested(&self, made: &Value) -> Certificate {
        let request = made["csr"].as_str().unwrap_or_else(|| panic!("{made}"));
        let block = pem::decode_all(request.as_bytes()).unwrap().remove(0);
        let request = CertificateRequest::from_der(&block.der).unwrap();
        self.issue_for("neutral-individual-signature", request.public_key(), &AIGUL)
    }

    /// A key file with a key for signing in and one for signing.
    pub(crate) fn key_file(&self, path: &Path, algorithm: KeyAlgorithm, person: &Person) {
        let mut container = Container::new();
        for profile in [
            "neutral-individual-authentication",
            "neutral-individual-signature",
        ] {
            let key = key(algorithm);
            let certificate = self.issue(profile, &key, person);
            container.add_key(key);
            container.install(&certificate, &[]).unwrap();
        }
        write(path, &container);
    }
}

pub(crate) fn write(path: &Path, container: &Container) {
    let password = Password::new(PASSWORD.to_owned());
    // The national form opens a hundred times as fast, and these tests open it often.
    let plan = container.plan(FileProfile::Nca, &mut generator());
    let octets = container.write(&plan, &password, &mut Computing).unwrap();
    std::fs::write(path, octets).unwrap();
}

fn certify(
    profile: &Profile,
    subject: &DistinguishedName,
    key: &PublicKey,
    issuer_name: &DistinguishedName,
    issuer: &SoftwareKey,
    not_after: &str,
) -> Certificate {
    let urls = IssuerUrls {
        ca_issuers: Some("http://pki.example.kz/ca/test.cer".into()),
        ocsp: Some("http://pki.example.kz/ocsp".into()),
        crl: Some("http://pki.example.kz/crl/test/0.crl".into()),
        freshest_crl: Some("http://pki.example.kz/crl/test/0-delta.crl".into()),
    };
    let tbs = profile
        .prepare(&TbsInput {
            serial: SerialNumber::random(&mut generator()),
            issuer_name,
            issuer_key_id: &issuer.public_key().key_id(),
            signature_algorithm: issuer.algorithm(),
            not_before: time("2026-01-01T00:00:00Z"),
            not_after: time(not_after),
            subject,
            public_key: key,
            email: None,
            keystore: None,
            urls: &urls,
        })
        .unwrap();
    let signature = issuer.sign(&tbs).unwrap();
    Certificate::from_der(&assemble_certificate(&tbs, issuer.algorithm(), &signature)).unwrap()
}
