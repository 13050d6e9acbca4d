//! Signed data: foreign samples and OpenSSL.

use std::collections::BTreeMap;

use serde::Deserialize;
use tanba_crypto::Signer;
use tanba_pki::cms::{self, Message, SignOptions, SignatureFault, Trust, VerifyOptions};
use tanba_pki::{Certificate, Timestamp};

use crate::harness::{Authority, KEY_KINDS, fixtures, flips};

#[derive(Deserialize)]
struct Sample {
    content_type: Option<String>,
    parse: String,
    openssl36_verify_noverify: Option<String>,
    signers: Option<usize>,
}

fn options<'a>(
    at: Timestamp,
    trusted: &'a [Certificate],
    content: Option<&'a [u8]>,
) -> VerifyOptions<'a> {
    VerifyOptions {
        content,
        trusted,
        intermediates: &[],
        crls: &[],
        at,
        check_chain: !trusted.is_empty(),
        legacy_algorithms: true,
    }
}

#[test]
fn foreign_samples_get_their_verdicts() {
    let Some(folder) = fixtures("cms") else {
        return;
    };
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let samples: BTreeMap<String, Sample> = serde_json::from_str(&expected).unwrap();
    let at = Timestamp::parse_rfc3339("2010-01-01T00:00:00Z").unwrap();
    let mut wrong = Vec::new();
    for (name, sample) in &samples {
        let file = std::fs::read(folder.join(name)).unwrap();
        let message = Message::read(&file).ok();
        let kind = message
            .as_ref()
            .and_then(|message| cms::content_type(&message.octets).ok());
        if kind.is_some() != (sample.parse == "SUCCESS") {
            wrong.push(format!("{name}: read as {kind:?}"));
        }
        let signed = sample.content_type.as_deref() == Some("pkcs7-signedData");
        let Some(message) = message.filter(|_| signed) else {
            assert!(sample.openssl36_verify_noverify.is_none());
            continue;
        };
        let parsed = cms::SignedData::parse(&message.octets).unwrap();
        assert_eq!(Some(parsed.signers().len()), sample.signers, "{name}");
        let content = message.content.as_deref();
        let verdict = cms::verify_signed_data(&parsed, &options(at, &[], content));
        let valid = verdict.as_ref().is_ok_and(cms::Verdict::is_valid);
        if valid != (sample.openssl36_verify_noverify.as_deref() == Some("SUCCESS")) {
            wrong.push(format!("{name}: {verdict:?}"));
        }
    }
    println!("CMS samples: {} run, 0 skipped", samples.len());
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn old_signers_are_trusted_only_through_a_trusted_certificate() {
    let Some(folder) = fixtures("cms/rfc4134") else {
        return;
    };
    let at = Timestamp::parse_rfc3339("2010-01-01T00:00:00Z").unwrap();
    let rsa_root =
        Certificate::from_der(&std::fs::read(folder.join("CarlRSASelf.cer")).unwrap()).unwrap();
    let rsa = std::fs::read(folder.join("4.5.bin")).unwrap();
    let dsa = std::fs::read(folder.join("4.1.bin")).unwrap();
    let with_issuer = std::fs::read(folder.join("4.4.bin")).unwrap();
    let dsa_root = cms::SignedData::parse(&with_issuer)
        .unwrap()
        .certificates()
        .iter()
        .find(|certificate| certificate.is_self_issued() && **certificate != rsa_root)
        .unwrap()
        .clone();
    let judge = |message: &[u8], root: &Certificate, at| {
        cms::verify(message, &options(at, std::slice::from_ref(root), None))
            .unwrap()
            .is_valid()
    };
    assert!(judge(&rsa, &rsa_root, at));
    assert!(judge(&dsa, &dsa_root, at));
    assert!(!judge(&dsa, &rsa_root, at));
    assert!(!judge(&rsa, &dsa_root, at));
    assert!(!judge(
        &rsa,
        &rsa_root,
        Timestamp::parse_rfc3339("2040-01-01T00:00:00Z").unwrap()
    ));
    let strict = VerifyOptions {
        legacy_algorithms: false,
        ..options(at, &[], None)
    };
    let verdict = cms::verify(&rsa, &strict).unwrap();
    assert_eq!(verdict.signers[0].signature, Err(SignatureFault::TooWeak));
}

#[test]
fn openssl_accepts_what_we_sign() {
    for kind in KEY_KINDS {
        let authority = Authority::new(kind);
        let signer = authority.issue(
            "signer",
            kind,
            "77",
            "keyUsage=digitalSignature,nonRepudiation",
        );
        let desk = &authority.desk;
        let key = desk.key("signer.key");
        let content = b"Hello\r\n\0world";
        desk.write("content", content);
        for detached in [false, true] {
            let options = SignOptions {
                signing_time: Some(authority.now()),
                chain: std::slice::from_ref(&authority.root),
                detached,
                ..SignOptions::new(&signer)
            };
            desk.write("message", cms::sign(content, &key, &options).unwrap());
            let with = if detached { "-content content" } else { "" };
            let command = format!(
                "cms -verify -cades -binary -purpose any -inform DER -in message {with} -CAfile root.pem -out got"
            );
            desk.openssl(&command);
            assert_eq!(desk.read("got"), content);
            desk.write("content", "another");
            assert_eq!(desk.try_openssl(&command).0, !detached, "{kind}");
            desk.write("content", content);
        }
    }
}

#[test]
fn we_accept_what_openssl_signs() {
    for kind in KEY_KINDS {
        let authority = Authority::new(kind);
        authority.issue("signer", kind, "77", "keyUsage=digitalSignature");
        let desk = &authority.desk;
        let content = b"Hello\r\n\0world".repeat(1000);
        desk.write("content", &content);
        let trusted = std::slice::from_ref(&authority.root);
        for form in [
            "-nodetach",
            "",
            "-nodetach -stream",
            "-stream",
            "-nodetach -keyid",
            "-nodetach -noattr",
            "-nodetach -cades",
        ] {
            for encoding in ["DER", "PEM"] {
                desk.openssl(&format!(
                    "cms -sign -binary {form} -in content -signer signer.pem -inkey signer.key -md sha384 -outform {encoding} -out message"
                ));
                let message = Message::read(&desk.read("message")).unwrap().octets;
                let detached = cms::SignedData::parse(&message)
                    .unwrap()
                    .content()
                    .is_none();
                assert_eq!(detached, form.is_empty());
                let given = detached.then_some(content.as_slice());
                let verdict =
                    cms::verify(&message, &options(authority.now(), trusted, given)).unwrap();
                assert!(verdict.is_valid(), "{kind} {form} {encoding}: {verdict:?}");
                assert!(matches!(verdict.signers[0].trust, Trust::Trusted(_)));
                let other = cms::verify(
                    &message,
                    &options(authority.now(), trusted, Some(b"another")),
                )
                .unwrap();
                assert!(!other.is_valid(), "{kind} {form}");
                if given.is_some() {
                    let missing = cms::verify(&message, &options(authority.now(), trusted, None));
                    assert!(matches!(missing, Err(cms::CmsError::NoContent)));
                }
            }
        }
        desk.openssl("cms -sign -in content -signer signer.pem -inkey signer.key -text -outform SMIME -out mail -crlfeol");
        let mail = Message::read(&desk.read("mail")).unwrap();
        let verdict = cms::verify(
            &mail.octets,
            &options(authority.now(), trusted, mail.content.as_deref()),
        )
        .unwrap();
        assert!(verdict.is_valid(), "{kind}: {verdict:?}");
    }
}

#[test]
fn a_flipped_bit_anywhere_that_matters_is_refused() {
    let kind = KEY_KINDS[1];
    let authority = Authority::new(kind);
    let signer = authority.issue("signer", kind, "77", "keyUsage=digitalSignature");
    let key = authority.desk.key("signer.key");
    let options_for_signing = SignOptions {
        signing_time: Some(authority.now()),
        ..SignOptions::new(&signer)
    };
    let content = b"The content";
    let message = cms::sign(content, &key, &options_for_signing).unwrap();
    let trusted = std::slice::from_ref(&authority.root);
    let judge = |message: &[u8]| cms::verify(message, &options(authority.now(), trusted, None));
    assert!(judge(&message).unwrap().is_valid());
    let mut accepted = Vec::new();
    for (at, changed) in flips(&message) {
        if judge(&changed).is_ok_and(|verdict| verdict.is_valid()) {
            accepted.push(at);
        }
    }
    // What no signature covers: versions and digest hints before the content, and the algorithm's name at the end.
    let content_at = message
        .windows(content.len())
        .position(|window| window == content)
        .unwrap();
    assert!(
        accepted.iter().all(|at| *at < content_at),
        "{accepted:?} of {}",
        message.len()
    );
    assert!(accepted.len() < 16, "{accepted:?}");
}

#[test]
fn a_key_cannot_sign_with_the_certificate_of_another() {
    let authority = Authority::new(KEY_KINDS[1]);
    let other = authority.issue("other", KEY_KINDS[1], "78", "");
    let result = cms::sign(b"x", &authority.key, &SignOptions::new(&other));
    assert!(matches!(result, Err(cms::CmsError::KeyMismatch)));
    assert!(authority.key.public_key() == authority.root.public_key());
}

#[test]
fn a_signature_for_another_certificate_of_the_same_key_is_refused() {
    // RSA: both certificates have the same length.
    let kind = KEY_KINDS[0];
    let authority = Authority::new(kind);
    let signer = authority.issue("signer", kind, "77", "");
    // Same key, name and serial, but another certificate: what signingCertificateV2 is there to tell apart.
    authority.desk.openssl(
        "x509 -req -in signer.csr -CA root.pem -CAkey root.key -set_serial 77 -days 19 -extfile signer.ext -out twin.pem",
    );
    let twin = authority.desk.certificate("twin.pem");
    let key = authority.desk.key("signer.key");
    let prepared = cms::prepare(b"x", key.algorithm(), &SignOptions::new(&signer));
    let signature = key.sign(prepared.to_be_signed()).unwrap();
    let message = prepared.assemble(&signature);
    let at = message
        .windows(signer.der().len())
        .position(|window| window == signer.der())
        .unwrap();
    let mut swapped = message.clone();
    swapped.splice(at..at + signer.der().len(), twin.der().iter().copied());
    let verdict = cms::verify(&swapped, &options(authority.now(), &[], None)).unwrap();
    assert_eq!(
        verdict.signers[0].signature,
        Err(SignatureFault::OtherCertificate)
    );
    assert!(
        cms::verify(&message, &options(authority.now(), &[], None))
            .unwrap()
            .is_valid()
    );
}

#[test]
fn national_samples_are_read_and_their_algorithms_named() {
    let Some(folder) = fixtures("kz/cms") else {
        return;
    };
    let at = Timestamp::parse_rfc3339("2024-01-01T00:00:00Z").unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "cms") {
            continue;
        }
        let message = Message::read(&std::fs::read(&path).unwrap())
            .unwrap_or_else(|_| panic!("{}", path.display()));
        let attached = cms::SignedData::parse(&message.octets)
            .unwrap()
            .content()
            .is_some();
        let content = (!attached).then_some(&b"not at hand"[..]);
        let verdict = cms::verify(&message.octets, &options(at, &[], content)).unwrap();
        assert!(!verdict.signers.is_empty());
        for signer in verdict.signers {
            let national = signer
                .certificate
                .unwrap()
                .public_key()
                .algorithm()
                .is_err();
            match signer.signature {
                Ok(()) => assert!(attached && !national),
                Err(SignatureFault::Unsupported(named)) => {
                    assert!(national && named.name.is_some())
                }
                Err(fault) => {
                    assert_eq!((fault, attached), (SignatureFault::ContentChanged, false))
                }
            }
        }
    }
}
