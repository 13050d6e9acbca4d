//! Identifiers that occur in key stores, and the names of those that are refused.

use der::asn1::ObjectIdentifier;

use crate::KeyStoreError;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

pub(crate) const DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.1");
pub(crate) const SIGNED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.2");
pub(crate) const ENVELOPED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.3");
pub(crate) const ENCRYPTED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.6");

pub(crate) const KEY_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.1");
pub(crate) const SHROUDED_KEY_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.2");
pub(crate) const CERTIFICATE_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.3");
pub(crate) const CRL_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.4");
pub(crate) const SECRET_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.5");
pub(crate) const SAFE_CONTENTS_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.6");
pub(crate) const X509_CERTIFICATE: ObjectIdentifier = oid("1.2.840.113549.1.9.22.1");

pub(crate) const RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
pub(crate) const EC: ObjectIdentifier = oid("1.2.840.10045.2.1");

pub(crate) const FRIENDLY_NAME: ObjectIdentifier = oid("1.2.840.113549.1.9.20");
pub(crate) const LOCAL_KEY_ID: ObjectIdentifier = oid("1.2.840.113549.1.9.21");

pub(crate) const PBE_3DES: ObjectIdentifier = oid("1.2.840.113549.1.12.1.3");
pub(crate) const PBE_2DES: ObjectIdentifier = oid("1.2.840.113549.1.12.1.4");
pub(crate) const PBE_RC2_128: ObjectIdentifier = oid("1.2.840.113549.1.12.1.5");
pub(crate) const PBE_RC2_40: ObjectIdentifier = oid("1.2.840.113549.1.12.1.6");

pub(crate) const PBKDF2: ObjectIdentifier = oid("1.2.840.113549.1.5.12");
pub(crate) const PBES2: ObjectIdentifier = oid("1.2.840.113549.1.5.13");
pub(crate) const PBMAC1: ObjectIdentifier = oid("1.2.840.113549.1.5.14");
pub(crate) const AES_128_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.2");
pub(crate) const AES_192_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.22");
pub(crate) const AES_256_CBC: ObjectIdentifier = oid("2.16.840.1.101.3.4.1.42");
pub(crate) const DES_EDE3_CBC: ObjectIdentifier = oid("1.2.840.113549.3.7");

pub(crate) const SHA_1: ObjectIdentifier = oid("1.3.14.3.2.26");
pub(crate) const SHA_224: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.4");
pub(crate) const SHA_256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
pub(crate) const SHA_384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
pub(crate) const SHA_512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");
pub(crate) const SHA_512_224: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.5");
pub(crate) const SHA_512_256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.6");
pub(crate) const HMAC_SHA_1: ObjectIdentifier = oid("1.2.840.113549.2.7");
pub(crate) const HMAC_SHA_224: ObjectIdentifier = oid("1.2.840.113549.2.8");
pub(crate) const HMAC_SHA_256: ObjectIdentifier = oid("1.2.840.113549.2.9");
pub(crate) const HMAC_SHA_384: ObjectIdentifier = oid("1.2.840.113549.2.10");
pub(crate) const HMAC_SHA_512: ObjectIdentifier = oid("1.2.840.113549.2.11");
pub(crate) const HMAC_SHA_512_224: ObjectIdentifier = oid("1.2.840.113549.2.12");
pub(crate) const HMAC_SHA_512_256: ObjectIdentifier = oid("1.2.840.113549.2.13");

/// Schemes, ciphers and functions that are refused, by name. Keys and digests are named in `tanba_crypto`.
const REFUSED: &[(ObjectIdentifier, &str)] = &[
    (SIGNED_DATA, "key store protected by a signature"),
    (ENVELOPED_DATA, "key store encrypted to a certificate"),
    (SECRET_BAG, "secret entry"),
    (oid("1.2.840.113549.1.12.1.1"), "pbeWithSHAAnd128BitRC4"),
    (oid("1.2.840.113549.1.12.1.2"), "pbeWithSHAAnd40BitRC4"),
    (oid("1.2.840.113549.1.5.1"), "pbeWithMD2AndDES-CBC"),
    (oid("1.2.840.113549.1.5.3"), "pbeWithMD5AndDES-CBC"),
    (oid("1.2.840.113549.1.5.4"), "pbeWithMD2AndRC2-CBC"),
    (oid("1.2.840.113549.1.5.6"), "pbeWithMD5AndRC2-CBC"),
    (oid("1.2.840.113549.1.5.10"), "pbeWithSHA1AndDES-CBC"),
    (oid("1.2.840.113549.1.5.11"), "pbeWithSHA1AndRC2-CBC"),
    (oid("1.3.6.1.4.1.11591.4.11"), "scrypt"),
    (oid("1.2.840.113549.2.6"), "HMAC with MD5"),
    (oid("1.2.840.113549.3.2"), "RC2-CBC"),
    (oid("1.2.840.113549.3.4"), "RC4"),
    (oid("1.2.840.113549.3.9"), "RC5-CBC"),
    (oid("1.3.14.3.2.7"), "DES-CBC"),
    (oid("1.2.643.2.2.21"), "GOST 28147-89"),
    (oid("1.2.643.2.2.10"), "HMAC with GOST R 34.11-94"),
    (
        oid("1.2.643.7.1.1.4.1"),
        "HMAC with GOST R 34.11-2012 (256)",
    ),
    (
        oid("1.2.643.7.1.1.4.2"),
        "HMAC with GOST R 34.11-2012 (512)",
    ),
    (oid("1.2.643.7.1.1.5.1.1"), "Magma CTR-ACPKM"),
    (oid("1.2.643.7.1.1.5.2.1"), "Kuznyechik CTR-ACPKM"),
    (oid("1.2.392.200011.61.1.1.1.2"), "Camellia-128-CBC"),
    (oid("1.2.392.200011.61.1.1.1.4"), "Camellia-256-CBC"),
    (oid("2.16.840.1.101.3.4.1.6"), "AES-128-GCM"),
    (oid("2.16.840.1.101.3.4.1.46"), "AES-256-GCM"),
    (oid("1.3.6.1.4.1.1722.12.2.1.16"), "BLAKE2b-512"),
];

/// Name and identifier of an algorithm, such as `RC4 (1.2.840.113549.3.4)`.
pub(crate) fn label(oid: ObjectIdentifier) -> String {
    let own = REFUSED
        .iter()
        .find(|(entry, _)| *entry == oid)
        .map(|(_, name)| *name);
    own.or_else(|| tanba_crypto::algorithm_name(oid))
        .map_or_else(|| oid.to_string(), |name| format!("{name} ({oid})"))
}

/// The error that names an algorithm.
pub(crate) fn unsupported(oid: ObjectIdentifier) -> KeyStoreError {
    KeyStoreError::Unsupported {
        algorithm: label(oid),
    }
}
