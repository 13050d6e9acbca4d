//! Reading what others issued.

use std::path::Path;

use tanba_crypto::DigestAlgorithm;
use tanba_pki::{
    Certificate, CertificateRequest, DistinguishedNameBuilder, Purpose, RequestAttributes,
    StringKind, oid,
};

use crate::harness::{Authority, Desk, KEY_KINDS, fixtures, flips};

fn visit(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "cer" || extension == "crt")
        {
            found.push(path);
        }
    }
}

/// Every certificate of the national authority and of its test keys is read, and the RSA ones verify.
#[test]
fn national_certificates_are_read() {
    let Some(folder) = fixtures("kz") else { return };
    let mut paths = Vec::new();
    visit(&folder, &mut paths);
    let certificates: Vec<Certificate> = paths
        .iter()
        .flat_map(|path| {
            Certificate::from_pem_or_der(&std::fs::read(path).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
        .collect();
    assert!(certificates.len() >= 20, "only {}", certificates.len());
    let mut verified = 0;
    for certificate in certificates
        .iter()
        .filter(|one| one.signature_algorithm().is_ok())
    {
        let issuers = certificates
            .iter()
            .filter(|one| one.is_ca() && one.subject() == certificate.issuer());
        verified += issuers
            .filter(|issuer| certificate.verify_signed_by(issuer.public_key()).is_ok())
            .count();
    }
    assert!(verified >= 4, "only {verified} verified");
    for certificate in &certificates {
        let key = certificate.public_key();
        let label = key.algorithm_label();
        let Some(id) = certificate
            .subject_key_id()
            .filter(|_| !certificate.is_ca())
        else {
            continue;
        };
        if label.starts_with("GOST R 34.10-2015") {
            assert_eq!(id, key.key_id(), "{certificate:?}");
        } else if label == "RSA-2048" && id.len() == 20 {
            assert_eq!(
                id,
                DigestAlgorithm::Sha1.digest(key.spki_der()),
                "{certificate:?}"
            );
        }
    }
    let gost = certificates
        .iter()
        .find(|one| {
            one.public_key()
                .algorithm_label()
                .starts_with("GOST R 34.10-2015")
        })
        .expect("a key of the national algorithm");
    let error = gost.public_key().algorithm().unwrap_err();
    assert_eq!(error.name, Some("GOST R 34.10-2015"));
}

/// What the national keys are for, by the names of their files.
#[test]
fn national_keys_have_their_purpose() {
    let Some(folder) = fixtures("kz") else { return };
    let mut paths = Vec::new();
    visit(&folder, &mut paths);
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let expected = if name.starts_with("test-") || name.starts_with("prod-") {
            Purpose::CertificationAuthority
        } else if name.starts_with("gost2015-") {
            Purpose::Both
        } else if name.contains("-auth-") {
            Purpose::Authentication
        } else {
            Purpose::Signature
        };
        let certificate = Certificate::from_der(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(certificate.purpose(), expected, "{name}");
    }
}

/// A request of ours is accepted by OpenSSL, and one of OpenSSL by us.
#[test]
fn requests_are_understood_in_both_directions() {
    let desk = Desk::new();
    for kind in KEY_KINDS {
        desk.write(
            "request.cnf",
            "[req]\ndistinguished_name=dn\nreq_extensions=v3\nprompt=no\nutf8=yes\nstring_mask=utf8only\n\
             [dn]\nCN=ТЕСТОВ\n[v3]\nsubjectAltName=email:test@example.kz\n",
        );
        desk.openssl(&format!(
            "req -newkey {kind} -nodes -keyout key.pem -outform DER -out request.der -config request.cnf"
        ));
        let request = CertificateRequest::from_der(&desk.read("request.der")).unwrap();
        request.verify_possession().unwrap();
        assert_eq!(request.email(), Some("test@example.kz"));
        assert_eq!(request.subject().common_name().unwrap(), "ТЕСТОВ");

        let name = DistinguishedNameBuilder::new()
            .push(oid::COMMON_NAME, StringKind::Utf8, "ТЕСТОВ")
            .push(oid::COUNTRY, StringKind::Printable, "KZ")
            .build()
            .unwrap();
        let attributes = RequestAttributes {
            email: Some("ours@example.kz"),
            keystore: Some(oid::KZ_KEYSTORE_PKCS12),
        };
        desk.write(
            "ours.der",
            CertificateRequest::build(&name, &desk.key("key.pem"), &attributes).unwrap(),
        );
        let text = desk.openssl("req -inform DER -in ours.der -noout -verify -text -nameopt utf8");
        assert!(text.contains("verify OK"), "{text}");
        assert!(text.contains("email:ours@example.kz"), "{text}");
        assert!(text.contains("1.2.398.3.3.5"), "{text}");
    }
}

/// Names of every string type, in one RDN or many, come out as OpenSSL prints them.
#[test]
fn names_are_printed_as_openssl_prints_them() {
    let desk = Desk::new();
    for (subject, mask) in [
        ("/C=KZ/O=Таңба, \"ЖШС\"/CN=А \\+ Б;<В>", "utf8only"),
        ("/C=KZ/O=Tanba/CN=Plain", "default"),
        ("/C=KZ/O=Zürich/CN=Plain", "nombstr"),
        ("/C=KZ/O=Таңба/CN=Қазақ", "MASK:0x802"),
        ("/CN=a+SN=b/O=#hash", "utf8only"),
    ] {
        desk.write(
            "name.cnf",
            format!("[req]\ndistinguished_name=dn\nstring_mask={mask}\nutf8=yes\n[dn]\n"),
        );
        let output = std::process::Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-utf8",
            ])
            .args([
                "-multivalue-rdn",
                "-keyout",
                "key.pem",
                "-out",
                "name.pem",
                "-config",
                "name.cnf",
                "-subj",
                subject,
            ])
            .current_dir(desk.path("."))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let expected =
            desk.openssl("x509 -in name.pem -noout -subject -nameopt RFC2253,-esc_msb,utf8");
        let expected = expected.trim().strip_prefix("subject=").unwrap();
        assert_eq!(desk.certificate("name.pem").subject().rfc4514(), expected);
    }
}

/// Whoever can make two documents of one SHA-1 shows another one than the owner of the key signed.
#[test]
fn a_request_that_is_signed_with_sha_1_proves_nothing() {
    let desk = Desk::new();
    for (digest, proves) in [("sha1", false), ("sha256", true)] {
        desk.openssl(&format!(
            "req -newkey rsa:2048 -nodes -{digest} -keyout key.pem -outform DER -out request.der -subj /CN=x"
        ));
        let request = CertificateRequest::from_der(&desk.read("request.der")).unwrap();
        let said = request.verify_possession();
        assert_eq!(said.is_ok(), proves, "{digest}: {said:?}");
    }
}

/// A request with any single bit flipped is refused, or proves no possession.
#[test]
fn a_damaged_request_proves_nothing() {
    let desk = Desk::new();
    desk.openssl(
        "req -newkey rsa:2048 -nodes -keyout key.pem -outform DER -out request.der -subj /CN=x",
    );
    let request = desk.read("request.der");
    CertificateRequest::from_der(&request)
        .unwrap()
        .verify_possession()
        .unwrap();
    for (at, changed) in flips(&request) {
        let proven = CertificateRequest::from_der(&changed)
            .is_ok_and(|request| request.verify_possession().is_ok());
        assert!(!proven, "octet {at}");
    }
}

/// A certificate with any single bit flipped is refused, or not signed by its issuer.
#[test]
fn a_damaged_certificate_is_not_signed() {
    let authority = Authority::new(KEY_KINDS[0]);
    let key = authority.root.public_key();
    authority.root.verify_signed_by(key).unwrap();
    for (at, changed) in flips(authority.root.der()) {
        let signed = Certificate::from_der(&changed)
            .is_ok_and(|changed| changed.verify_signed_by(key).is_ok());
        assert!(!signed, "octet {at}");
    }
}
