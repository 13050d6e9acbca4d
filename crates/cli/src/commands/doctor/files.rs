//! Files beside the database: the passphrase, the server's certificate and its key.

use std::path::Path;
use std::time::Duration;

use tanba_pki::{Certificate, Timestamp};

use crate::config::{Finding, Keys, Passphrase, TlsFiles};
use crate::outcome::chain;
use crate::tls::{Tls, TlsError};

/// From this long before its end on, a server's certificate is spoken of.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Whether passphrase and PIN are there and nobody else can read them.
pub(super) fn secrets(keys: &Keys) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(source) = &keys.passphrase {
        findings.extend(passphrase(source));
    }
    if let Some(token) = &keys.token {
        if let Err(error) = token.pin.read() {
            findings.push(Finding::error(
                "pin-unreadable",
                format!(
                    "the PIN of the token cannot be read: {}",
                    crate::outcome::sentence(&error)
                ),
                "correct keys.token.pin_file or pin_env, or let the server's account read it",
            ));
        }
        if let Passphrase::File(path) = &token.pin {
            findings.extend(exposed(path, "pin-exposed", "the PIN file"));
        }
    }
    findings
}

/// Whether the passphrase is there and nobody else can read it; whether it is right, the authority's keys tell.
fn passphrase(passphrase: &Passphrase) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(error) = passphrase.read() {
        let (code, remedy) = match passphrase {
            Passphrase::File(path) if !path.exists() => (
                "passphrase-absent",
                "correct keys.passphrase_file, or restore the file from where its copy is kept",
            ),
            Passphrase::File(_) => ("passphrase-unreadable", "let the server's account read it"),
            Passphrase::Variable(_) => (
                "passphrase-absent",
                "set it in the environment of the server",
            ),
        };
        findings.push(Finding::error(
            code,
            crate::outcome::sentence(&error),
            remedy,
        ));
    }
    if let Passphrase::File(path) = passphrase {
        findings.extend(exposed(path, "passphrase-exposed", "the passphrase file"));
    }
    findings
}

/// Whether the certificate is there, fits the key, and is valid for a while.
pub(super) fn tls(files: &TlsFiles, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(error) = Tls::open(files) {
        let (code, remedy) = match &error {
            TlsError::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => (
                "tls-absent",
                "correct tls.certificate and tls.key, or put the files there",
            ),
            TlsError::Mismatch => ("tls-mismatch", "put certificate and key of one pair there"),
            TlsError::File { .. }
            | TlsError::NoCertificate(_)
            | TlsError::NoKey(_)
            | TlsError::Unusable(_) => (
                "tls-unusable",
                "put a PEM certificate chain and its unencrypted PEM key there",
            ),
        };
        findings.push(Finding::error(code, chain(&error), remedy));
    }
    findings.extend(validity(&files.certificate, now));
    findings.extend(exposed(&files.key, "tls-key-exposed", "the TLS key"));
    findings
}

fn validity(path: &Path, now: Timestamp) -> Option<Finding> {
    let certificates = Certificate::from_pem_or_der(&std::fs::read(path).ok()?).ok()?;
    let certificate = certificates.first()?;
    let (start, end) = (certificate.not_before(), certificate.not_after());
    let remedy = "put a renewed one there; it is read without a restart";
    if now > end {
        return Some(Finding::error(
            "tls-expired",
            format!("the TLS certificate ended on {}", end.rfc3339()),
            remedy,
        ));
    }
    if now < start {
        let what = format!("the TLS certificate begins only on {}", start.rfc3339());
        return Some(Finding::error(
            "tls-not-yet-valid",
            what,
            "look at the clock of this computer",
        ));
    }
    let soon = now.plus(SOON) > end;
    soon.then(|| {
        Finding::warning(
            "tls-expiring",
            format!("the TLS certificate ends on {}", end.rfc3339()),
            remedy,
        )
    })
}

/// A secret file that others may read.
#[cfg(unix)]
fn exposed(path: &Path, code: &'static str, what: &str) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    let sentence = format!(
        "{what} {} may be read by every account of this computer",
        path.display()
    );
    (mode & 0o004 != 0).then(|| {
        Finding::error(
            code,
            sentence,
            format!("run chmod o-rwx {}", path.display()),
        )
    })
}

/// A secret file that others may read.
#[cfg(not(unix))]
fn exposed(_: &Path, _: &'static str, _: &str) -> Option<Finding> {
    None
}
