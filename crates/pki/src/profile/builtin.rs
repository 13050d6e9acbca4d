//! The profiles that ship with the program.

pub(super) const NAMES: &[&str] = &[
    "kz-individual-authentication-rsa",
    "kz-individual-signature-rsa",
    "kz-legal-head-authentication-rsa",
    "kz-legal-head-signature-rsa",
    "kz-legal-signatory-authentication-rsa",
    "kz-legal-signatory-signature-rsa",
    "kz-legal-employee-authentication-rsa",
    "kz-legal-employee-signature-rsa",
    "kz-individual-rsa",
    "time-stamping-authority",
    "kz-tls-server",
    "tls-server",
    "neutral-individual-authentication",
    "neutral-individual-signature",
    "kz-operator",
    "kz-senior-operator",
    "kz-administrator",
    "kz-auditor",
    "neutral-operator",
    "neutral-senior-operator",
    "neutral-administrator",
    "neutral-auditor",
    "root-ca",
    "issuing-ca",
    "ocsp-responder",
    "document-seal",
    "cross-ca",
    "ceremony-record",
];

pub(super) fn source(name: &str) -> Option<&'static str> {
    Some(match name {
        "kz-individual-authentication-rsa" => {
            include_str!("../../profiles/kz-individual-authentication-rsa.toml")
        }
        "kz-individual-signature-rsa" => {
            include_str!("../../profiles/kz-individual-signature-rsa.toml")
        }
        "kz-legal-head-authentication-rsa" => {
            include_str!("../../profiles/kz-legal-head-authentication-rsa.toml")
        }
        "kz-legal-head-signature-rsa" => {
            include_str!("../../profiles/kz-legal-head-signature-rsa.toml")
        }
        "kz-legal-signatory-authentication-rsa" => {
            include_str!("../../profiles/kz-legal-signatory-authentication-rsa.toml")
        }
        "kz-legal-signatory-signature-rsa" => {
            include_str!("../../profiles/kz-legal-signatory-signature-rsa.toml")
        }
        "kz-legal-employee-authentication-rsa" => {
            include_str!("../../profiles/kz-legal-employee-authentication-rsa.toml")
        }
        "kz-legal-employee-signature-rsa" => {
            include_str!("../../profiles/kz-legal-employee-signature-rsa.toml")
        }
        "kz-individual-rsa" => include_str!("../../profiles/kz-individual-rsa.toml"),
        "time-stamping-authority" => include_str!("../../profiles/time-stamping-authority.toml"),
        "kz-tls-server" => include_str!("../../profiles/kz-tls-server.toml"),
        "tls-server" => include_str!("../../profiles/tls-server.toml"),
        "neutral-individual-authentication" => {
            include_str!("../../profiles/neutral-individual-authentication.toml")
        }
        "neutral-individual-signature" => {
            include_str!("../../profiles/neutral-individual-signature.toml")
        }
        "kz-operator" => include_str!("../../profiles/kz-operator.toml"),
        "kz-senior-operator" => include_str!("../../profiles/kz-senior-operator.toml"),
        "kz-administrator" => include_str!("../../profiles/kz-administrator.toml"),
        "kz-auditor" => include_str!("../../profiles/kz-auditor.toml"),
        "neutral-operator" => include_str!("../../profiles/neutral-operator.toml"),
        "neutral-senior-operator" => include_str!("../../profiles/neutral-senior-operator.toml"),
        "neutral-administrator" => include_str!("../../profiles/neutral-administrator.toml"),
        "neutral-auditor" => include_str!("../../profiles/neutral-auditor.toml"),
        "root-ca" => include_str!("../../profiles/root-ca.toml"),
        "issuing-ca" => include_str!("../../profiles/issuing-ca.toml"),
        "ocsp-responder" => include_str!("../../profiles/ocsp-responder.toml"),
        "document-seal" => include_str!("../../profiles/document-seal.toml"),
        "cross-ca" => include_str!("../../profiles/cross-ca.toml"),
        "ceremony-record" => include_str!("../../profiles/ceremony-record.toml"),
        _ => return None,
    })
}
