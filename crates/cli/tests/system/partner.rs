//! Authorities that are made with openssl: a root of one's own, or a partner whom the root cross-certified.

use crate::ceremony::{Plan, words};
use crate::installation::Installation;

/// Writes a key and a certificate for it (`NAME.key`, `NAME.pem`) with these extensions, signed by `by`; by itself without.
pub(crate) fn certify(
    site: &Installation,
    name: &str,
    subject: &str,
    extensions: &str,
    by: Option<&str>,
) {
    std::fs::write(site.path("extensions"), extensions).expect("written");
    site.openssl(&words(&format!(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj {subject} -keyout {name}.key -out {name}.csr"
    )));
    let signer = match by {
        Some(by) => format!("-CA {by}.pem -CAkey {by}.key"),
        None => format!("-signkey {name}.key"),
    };
    site.openssl(&words(&format!(
        "x509 -req -in {name}.csr -days 300 -extfile extensions -out {name}.pem {signer}"
    )));
}

pub(crate) const AUTHORITY: &str = "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n\
    subjectKeyIdentifier = hash\n";
pub(crate) const DOCUMENTS: &str = "basicConstraints = CA:FALSE\nkeyUsage = critical, digitalSignature, nonRepudiation\n\
    extendedKeyUsage = 1.3.6.1.5.5.7.3.36\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n";

/// Lets the root of an installation cross-certify an authority (`partner.pem`, `partner.key`); the cross-certificate is in
/// `cross/cross-by-root.pem`.
pub(crate) fn cross_certified(site: &Installation) {
    certify(
        site,
        "partner",
        "/C=KZ/O=PARTNER/CN=PARTNER",
        AUTHORITY,
        None,
    );
    let path = plan(site, "partner");
    site.facts(&words(&format!(
        "ceremony run {path} --subject partner.pem --output cross"
    )));
}

/// A plan to cross-certify `NAME.pem`; its path.
pub(crate) fn plan(site: &Installation, name: &str) -> String {
    let digits = site.openssl(&words(&format!(
        "x509 -in {name}.pem -noout -fingerprint -sha256"
    )));
    let digits = digits.trim().rsplit('=').next().expect("digits");
    Plan::new(site, "cross")
        .with("64 HEXADECIMAL DIGITS", &digits.replace(':', ""))
        .at(site, &format!("{name}.toml"))
}

/// Signs a file detached, with the certificate and key of `by` and further certificates in the message.
pub(crate) fn sign(site: &Installation, file: &str, by: &str, more: &str, output: &str) {
    site.openssl(&words(&format!(
        "cms -sign -binary -cades -in {file} -signer {by}.pem -inkey {by}.key -certfile {more} -outform DER -out {output}"
    )));
}
