//! What is said about the judgement.

use std::fmt::Write as _;

use serde::Serialize;
use tanba_pki::path::{Path, Refusal};
use tanba_pki::{Certificate, Timestamp};

use super::Material;
use crate::outcome;

/// Sent: scripts rely on the names.
#[derive(Debug, Serialize)]
pub(super) struct Facts {
    valid: bool,
    /// Why not, in one word.
    reason: Option<&'static str>,
    /// Why not, in one sentence.
    error: Option<String>,
    /// The certificate that the reason is about; absent when it cannot be read.
    certificate: Option<CertificateFacts>,
    /// From the certificate to the trusted one.
    path: Vec<CertificateFacts>,
    /// Acceptable policies for which the path is valid; `2.5.29.32.0` is each.
    policies: Vec<String>,
    unreadable: Unreadable,
}

/// What was given and cannot be used.
#[derive(Debug, Serialize)]
struct Unreadable {
    trusted: usize,
    untrusted: usize,
    crls: usize,
}

#[derive(Debug, Serialize)]
struct CertificateFacts {
    /// `leaf`, `untrusted` or `trusted`.
    role: &'static str,
    subject: String,
    issuer: String,
    serial: String,
    not_before: Timestamp,
    not_after: Timestamp,
    sha256: String,
}

impl CertificateFacts {
    fn of(certificate: &Certificate, material: &Material) -> Self {
        let leaf = material.leaf.as_ref().ok();
        Self {
            role: if leaf == Some(certificate) {
                "leaf"
            } else if material.trusted.certificates.contains(certificate) {
                "trusted"
            } else {
                "untrusted"
            },
            subject: certificate.subject().rfc4514(),
            issuer: certificate.issuer().rfc4514(),
            serial: certificate.serial_hex(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            sha256: tanba_pki::hex::encode(&certificate.sha256()),
        }
    }
}

impl Facts {
    pub(super) fn of(verdict: &Result<Path, Refusal>, material: &Material) -> Self {
        let about = |certificate| CertificateFacts::of(certificate, material);
        match verdict {
            Ok(path) => Self {
                valid: true,
                path: path.certificates().iter().map(about).collect(),
                policies: path.policies().iter().map(ToString::to_string).collect(),
                ..Self::empty(material)
            },
            Err(refusal) => Self {
                reason: Some(refusal.error.code()),
                error: Some(outcome::chain(&refusal.error)),
                certificate: Some(about(&refusal.certificate)),
                ..Self::empty(material)
            },
        }
    }

    /// About a certificate that cannot be read.
    pub(super) fn damaged(damage: &str, material: &Material) -> Self {
        Self {
            reason: Some("damaged"),
            error: Some(damage.to_owned()),
            ..Self::empty(material)
        }
    }

    const fn empty(material: &Material) -> Self {
        Self {
            valid: false,
            reason: None,
            error: None,
            certificate: None,
            path: Vec::new(),
            policies: Vec::new(),
            unreadable: Unreadable {
                trusted: material.trusted.unreadable,
                untrusted: material.untrusted.unreadable,
                crls: material.unreadable_lists,
            },
        }
    }

    /// Why the certificate is not valid and which one is meant: one that cannot be read by its file.
    pub(super) fn sentence(&self, leaf: &std::path::Path) -> Option<String> {
        let error = self.error.as_ref()?;
        Some(match &self.certificate {
            Some(about) => format!("not valid: {error} ({}: {})", about.role, about.subject),
            None => format!("not valid: {error} (leaf: {})", leaf.display()),
        })
    }

    pub(super) fn text(&self) -> String {
        let mut out = String::from(if self.valid { "Valid" } else { "Not valid" });
        for (number, certificate) in (1..).zip(&self.path) {
            // Writing into a String does not fail.
            let _ = write!(out, "\n{number}. {}", certificate.subject);
        }
        if !self.policies.is_empty() {
            let _ = write!(out, "\nPolicies: {}", self.policies.join(", "));
        }
        let Unreadable {
            trusted,
            untrusted,
            crls,
        } = self.unreadable;
        if trusted.saturating_add(untrusted).saturating_add(crls) > 0 {
            let _ = write!(
                out,
                "\nNot readable and not used: {trusted} trusted, {untrusted} untrusted, {crls} lists"
            );
        }
        out
    }
}
