//! The profiles that ship with the program.

pub(super) const NAMES: &[&str] = &[
    "kz-individual-authentication-rsa",
    "kz-individual-signature-rsa",
    "neutral-individual-authentication",
    "neutral-individual-signature",
    "root-ca",
    "issuing-ca",
    "ocsp-responder",
    "document-seal",
];

pub(super) fn source(name: &str) -> Option<&'static str> {
    Some(match name {
        "kz-individual-authentication-rsa" => {
            include_str!("../../profiles/kz-individual-authentication-rsa.toml")
        }
        "kz-individual-signature-rsa" => {
            include_str!("../../profiles/kz-individual-signature-rsa.toml")
        }
        "neutral-individual-authentication" => {
            include_str!("../../profiles/neutral-individual-authentication.toml")
        }
        "neutral-individual-signature" => {
            include_str!("../../profiles/neutral-individual-signature.toml")
        }
        "root-ca" => include_str!("../../profiles/root-ca.toml"),
        "issuing-ca" => include_str!("../../profiles/issuing-ca.toml"),
        "ocsp-responder" => include_str!("../../profiles/ocsp-responder.toml"),
        "document-seal" => include_str!("../../profiles/document-seal.toml"),
        _ => return None,
    })
}
