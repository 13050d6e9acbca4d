//! Certificates and lists put together by hand, for what no tool makes at will.

use tanba_crypto::{ObjectIdentifier, Signer, SoftwareKey};
use tanba_pki::crl::Crl;
use tanba_pki::{Certificate, DistinguishedName, DistinguishedNameBuilder, StringKind, Timestamp};
use tanba_pki::{asn1, assemble_certificate, oid, pem};

pub(crate) const FROM: i64 = 1_700_000_000;

/// A moment at which all that is made here is valid.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(FROM + 1_000)
}

/// One of the keys of `tests/data`.
pub(crate) fn key(name: &str) -> SoftwareKey {
    let path = format!("{}/tests/data/{name}.key.pem", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(path).unwrap();
    SoftwareKey::from_pkcs8_der(&pem::decode_all(&text).unwrap()[0].der).unwrap()
}

pub(crate) fn name(text: &str) -> DistinguishedName {
    DistinguishedNameBuilder::new()
        .push(oid::COMMON_NAME, StringKind::Utf8, text)
        .build()
        .unwrap()
}

/// `Extension`
pub(crate) fn extension(kind: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical {
        asn1::boolean(true)
    } else {
        Vec::new()
    };
    asn1::sequence(&[asn1::oid(kind), flag, asn1::octet_string(value)])
}

/// Critical basic constraints of an authority.
pub(crate) fn authority() -> Vec<u8> {
    let value = asn1::sequence(&[asn1::boolean(true)]);
    extension(oid::BASIC_CONSTRAINTS, true, &value)
}

/// The certificate of `subject`'s key, signed by `issuer`'s.
pub(crate) fn certificate(
    serial: u8,
    (issuer, issuer_key): (&str, &SoftwareKey),
    (subject, subject_key): (&str, &SoftwareKey),
    extensions: &[Vec<u8>],
) -> Certificate {
    let algorithm = issuer_key.algorithm();
    let validity = [0, 1_000_000_000].map(|after| asn1::time(Timestamp::from_unix(FROM + after)));
    let list = asn1::sequence(extensions);
    let extensions = if extensions.is_empty() {
        Vec::new()
    } else {
        asn1::context(3, &list)
    };
    let tbs = asn1::sequence(&[
        asn1::context(0, &asn1::integer(2)),
        asn1::integer(serial.into()),
        algorithm.algorithm_identifier_der(),
        name(issuer).der().to_vec(),
        asn1::sequence(&validity),
        name(subject).der().to_vec(),
        subject_key.public_key().spki_der().to_vec(),
        extensions,
    ]);
    let signature = issuer_key.sign(&tbs).unwrap();
    Certificate::from_der(&assemble_certificate(&tbs, algorithm, &signature)).unwrap()
}

/// A list with these complete entries and extensions.
pub(crate) fn list(
    issuer: (&str, &SoftwareKey),
    entries: &[Vec<u8>],
    extensions: &[Vec<u8>],
) -> Crl {
    Crl::from_der(&list_der(issuer, entries, extensions)).unwrap()
}

/// The same, whether it makes sense or not.
pub(crate) fn list_der(
    issuer: (&str, &SoftwareKey),
    entries: &[Vec<u8>],
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    list_der_at(issuer, entries, extensions, 0)
}

/// The same, so many seconds later.
pub(crate) fn list_der_at(
    issuer: (&str, &SoftwareKey),
    entries: &[Vec<u8>],
    extensions: &[Vec<u8>],
    after: i64,
) -> Vec<u8> {
    list_der_numbered(issuer, entries, extensions, (after, 1))
}

/// The same with this number.
pub(crate) fn list_der_numbered(
    (issuer, key): (&str, &SoftwareKey),
    entries: &[Vec<u8>],
    extensions: &[Vec<u8>],
    (after, number): (i64, u64),
) -> Vec<u8> {
    let algorithm = key.algorithm();
    let time = |after| asn1::time(Timestamp::from_unix(FROM + after));
    let entries = if entries.is_empty() {
        Vec::new()
    } else {
        asn1::sequence(entries)
    };
    let number = extension(
        ObjectIdentifier::new_unwrap("2.5.29.20"),
        false,
        &asn1::integer(number),
    );
    let all = [&[number], extensions].concat();
    let tbs = asn1::sequence(&[
        asn1::integer(1),
        algorithm.algorithm_identifier_der(),
        name(issuer).der().to_vec(),
        time(after),
        time(1_000_000),
        entries,
        asn1::context(0, &asn1::sequence(&all)),
    ]);
    let signature = key.sign(&tbs).unwrap();
    tanba_pki::crl::assemble_crl(&tbs, algorithm, &signature)
}

/// An entry of a list.
pub(crate) fn entry(serial: u8, extensions: &[Vec<u8>]) -> Vec<u8> {
    let list = if extensions.is_empty() {
        Vec::new()
    } else {
        asn1::sequence(extensions)
    };
    let at = asn1::time(Timestamp::from_unix(FROM));
    asn1::sequence(&[asn1::integer(serial.into()), at, list])
}
