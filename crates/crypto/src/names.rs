//! What algorithms are called, including those that this crate cannot use.

use der::asn1::ObjectIdentifier;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// Names that a person should read. National identifiers: the registry of root.gov.kz.
const NAMES: &[(ObjectIdentifier, &str)] = &[
    (oid("1.2.398.3.10.1.1.1.1"), "GOST 34.310-2004"),
    (
        oid("1.2.398.3.10.1.1.1.2"),
        "GOST 34.310-2004 with GOST 34.311-95",
    ),
    (oid("1.2.398.3.10.1.1.2.1"), "GOST R 34.10-2015 (256)"),
    (oid("1.2.398.3.10.1.1.2.2"), "GOST R 34.10-2015"),
    (
        oid("1.2.398.3.10.1.1.2.3.1"),
        "GOST R 34.10-2015 (256) with GOST R 34.11-2015",
    ),
    (
        oid("1.2.398.3.10.1.1.2.3.2"),
        "GOST R 34.10-2015 with GOST R 34.11-2015",
    ),
    (oid("1.2.398.3.10.1.3.1"), "GOST 34.311-95"),
    (oid("1.2.398.3.10.1.3.2"), "GOST R 34.11-2015 (256)"),
    (oid("1.2.398.3.10.1.3.3"), "GOST R 34.11-2015 (512)"),
    (
        oid("1.2.398.3.10.1.4.1.1"),
        "GOST R 34.10-2015 key agreement (256)",
    ),
    (
        oid("1.2.398.3.10.1.4.1.2"),
        "GOST R 34.10-2015 key agreement",
    ),
    (oid("1.2.398.3.10.1.2.1"), "GOST 28147-89"),
    (oid("1.2.643.2.2.19"), "GOST R 34.10-2001"),
    (oid("1.2.643.2.2.20"), "GOST R 34.10-94"),
    (
        oid("1.2.643.2.2.3"),
        "GOST R 34.10-2001 with GOST R 34.11-94",
    ),
    (oid("1.2.643.2.2.4"), "GOST R 34.10-94 with GOST R 34.11-94"),
    (oid("1.2.643.2.2.9"), "GOST R 34.11-94"),
    (oid("1.2.643.7.1.1.1.1"), "GOST R 34.10-2012 (256)"),
    (oid("1.2.643.7.1.1.1.2"), "GOST R 34.10-2012 (512)"),
    (oid("1.2.643.7.1.1.2.2"), "GOST R 34.11-2012 (256)"),
    (oid("1.2.643.7.1.1.2.3"), "GOST R 34.11-2012 (512)"),
    (
        oid("1.2.643.7.1.1.3.2"),
        "GOST R 34.10-2012 (256) with GOST R 34.11-2012",
    ),
    (
        oid("1.2.643.7.1.1.3.3"),
        "GOST R 34.10-2012 (512) with GOST R 34.11-2012",
    ),
    (oid("1.3.6.1.4.1.6801.1.5.8"), "Tumar GOST 34.310-2004"),
    (oid("1.2.840.113549.1.1.1"), "RSA"),
    (oid("1.2.840.113549.1.1.2"), "RSA with MD2"),
    (oid("1.2.840.113549.1.1.4"), "RSA with MD5"),
    (oid("1.2.840.113549.1.1.5"), "RSA with SHA-1"),
    (oid("1.2.840.113549.1.1.7"), "RSAES-OAEP"),
    (oid("1.2.840.113549.1.1.10"), "RSASSA-PSS"),
    (oid("1.2.840.113549.1.1.11"), "RSA with SHA-256"),
    (oid("1.2.840.113549.1.1.12"), "RSA with SHA-384"),
    (oid("1.2.840.113549.1.1.13"), "RSA with SHA-512"),
    (oid("1.2.840.113549.1.1.14"), "RSA with SHA-224"),
    (oid("1.2.840.10040.4.1"), "DSA"),
    (oid("1.2.840.10040.4.3"), "DSA with SHA-1"),
    (oid("2.16.840.1.101.3.4.3.1"), "DSA with SHA-224"),
    (oid("2.16.840.1.101.3.4.3.2"), "DSA with SHA-256"),
    (oid("1.2.840.10046.2.1"), "Diffie-Hellman"),
    (oid("1.2.840.10045.2.1"), "EC"),
    (oid("1.2.840.10045.3.1.1"), "EC P-192"),
    (oid("1.2.840.10045.3.1.7"), "EC P-256"),
    (oid("1.3.132.0.33"), "EC P-224"),
    (oid("1.3.132.0.34"), "EC P-384"),
    (oid("1.3.132.0.35"), "EC P-521"),
    (oid("1.3.132.0.10"), "EC secp256k1"),
    (oid("1.3.36.3.3.2.8.1.1.7"), "EC brainpoolP256r1"),
    (oid("1.3.36.3.3.2.8.1.1.11"), "EC brainpoolP384r1"),
    (oid("1.3.36.3.3.2.8.1.1.13"), "EC brainpoolP512r1"),
    (oid("1.2.840.10045.4.1"), "ECDSA with SHA-1"),
    (oid("1.2.840.10045.4.3.1"), "ECDSA with SHA-224"),
    (oid("1.2.840.10045.4.3.2"), "ECDSA with SHA-256"),
    (oid("1.2.840.10045.4.3.3"), "ECDSA with SHA-384"),
    (oid("1.2.840.10045.4.3.4"), "ECDSA with SHA-512"),
    (oid("1.2.156.10197.1.301"), "SM2"),
    (oid("1.2.156.10197.1.501"), "SM2 with SM3"),
    (oid("1.3.101.110"), "X25519"),
    (oid("1.3.101.111"), "X448"),
    (oid("1.3.101.112"), "Ed25519"),
    (oid("1.3.101.113"), "Ed448"),
    (oid("2.16.840.1.101.3.4.3.17"), "ML-DSA-44"),
    (oid("2.16.840.1.101.3.4.3.18"), "ML-DSA-65"),
    (oid("2.16.840.1.101.3.4.3.19"), "ML-DSA-87"),
    (oid("2.16.840.1.101.3.4.3.20"), "SLH-DSA-SHA2-128s"),
    (oid("2.16.840.1.101.3.4.4.1"), "ML-KEM-512"),
    (oid("2.16.840.1.101.3.4.4.2"), "ML-KEM-768"),
    (oid("2.16.840.1.101.3.4.4.3"), "ML-KEM-1024"),
    (oid("1.2.840.113549.2.2"), "MD2"),
    (oid("1.2.840.113549.2.4"), "MD4"),
    (oid("1.2.840.113549.2.5"), "MD5"),
    (oid("1.3.14.3.2.26"), "SHA-1"),
    (oid("2.16.840.1.101.3.4.2.1"), "SHA-256"),
    (oid("2.16.840.1.101.3.4.2.2"), "SHA-384"),
    (oid("2.16.840.1.101.3.4.2.3"), "SHA-512"),
    (oid("2.16.840.1.101.3.4.2.4"), "SHA-224"),
    (oid("2.16.840.1.101.3.4.2.8"), "SHA3-256"),
    (oid("2.16.840.1.101.3.4.2.10"), "SHA3-512"),
];

/// The name of an algorithm, a curve or a digest by its identifier, such as `GOST R 34.10-2015`.
///
/// `None` when the identifier is not in the table; then the identifier itself is shown.
#[must_use]
pub fn algorithm_name(oid: ObjectIdentifier) -> Option<&'static str> {
    NAMES
        .iter()
        .find(|(entry, _)| *entry == oid)
        .map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{NAMES, algorithm_name, oid};

    #[test]
    fn no_identifier_has_two_names() {
        let unique: BTreeSet<String> = NAMES.iter().map(|(oid, _)| oid.to_string()).collect();
        assert_eq!(unique.len(), NAMES.len());
    }

    #[test]
    fn the_national_key_is_named() {
        assert_eq!(
            algorithm_name(oid("1.2.398.3.10.1.1.2.2")),
            Some("GOST R 34.10-2015")
        );
        assert_eq!(algorithm_name(oid("1.2.3.4")), None);
    }
}
