//! Judges a signed checkpoint.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tanba_model::audit::Checkpoint as Statement;
use tanba_model::audit::tree::TreeHead;
use tanba_pki::cms::{self, SignatureFault, Trust, VerifyOptions};
use tanba_pki::oid::DOCUMENT_SIGNING;
use tanba_pki::{Certificate, Timestamp};

use super::line::Checkpoint;

/// With what the signatures of checkpoints are judged.
#[derive(Debug)]
pub(super) struct Judge {
    trusted: Vec<Certificate>,
}

/// A checkpoint whose signature holds.
#[derive(Debug)]
pub(super) struct Stated {
    /// The tree that it states.
    pub(super) head: TreeHead,
    /// When it says that it was signed.
    pub(super) at: Timestamp,
    /// Who signed it.
    pub(super) signer: Certificate,
}

/// Whether a certificate is a seal's: document signing (RFC 9336) is all that its key is for. No profile of people may
/// have that alone, and checkpoints rest on it.
fn is_seal(certificate: &Certificate) -> bool {
    certificate.extended_key_usage() == [DOCUMENT_SIGNING]
}

/// A certificate in a file (PEM or DER).
pub(super) fn read_certificate(path: &Path) -> anyhow::Result<Certificate> {
    let bytes = std::fs::read(path)
        .with_context(|| format!("the file {} cannot be read", path.display()))?;
    Certificate::from_pem(&bytes)
        .or_else(|_| Certificate::from_der(&bytes))
        .with_context(|| format!("{} is not a certificate", path.display()))
}

impl Judge {
    /// Believes these certificates; without any, only the signatures themselves are judged.
    pub(super) const fn new(trusted: Vec<Certificate>) -> Self {
        Self { trusted }
    }

    /// Believes the certificates of these files (PEM or DER).
    pub(super) fn of_files(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let mut trusted = Vec::new();
        for path in paths {
            trusted.push(read_certificate(path)?);
        }
        Ok(Self::new(trusted))
    }

    /// Whether anything is believed.
    pub(super) const fn believes(&self) -> bool {
        !self.trusted.is_empty()
    }

    /// What a checkpoint states, if its signature holds; else why not, in a sentence.
    pub(super) fn judge(&self, line: &Checkpoint) -> anyhow::Result<Result<Stated, String>> {
        let Ok(statement) = Statement::from_bytes(line.checkpoint.as_bytes()) else {
            return Ok(Err("a checkpoint is damaged".to_owned()));
        };
        let head = statement.head()?;
        let size = head.size;
        let options = VerifyOptions {
            content: Some(line.checkpoint.as_bytes()),
            trusted: &self.trusted,
            intermediates: &[],
            crls: &[],
            at: statement.at,
            check_chain: self.believes(),
            legacy_algorithms: false,
        };
        let Ok(verdict) = cms::verify(&line.signature()?, &options) else {
            return Ok(Err(format!(
                "the signature of the checkpoint of {size} records is damaged"
            )));
        };
        let [signer] = verdict.signers.as_slice() else {
            return Ok(Err(format!(
                "the checkpoint of {size} records must have one signature"
            )));
        };
        if let Err(fault) = &signer.signature {
            let fault: &SignatureFault = fault;
            return Ok(Err(format!(
                "the signature of the checkpoint of {size} records does not hold: {fault}"
            )));
        }
        if let Trust::Refused(error) = &signer.trust {
            return Ok(Err(format!(
                "who signed the checkpoint of {size} records is not trusted: {error}"
            )));
        }
        let Some(certificate) = signer.certificate.clone() else {
            return Ok(Err(format!(
                "nobody signed the checkpoint of {size} records"
            )));
        };
        // Whoever writes to the database has a key of his own under the same root: it must be the authority's seal.
        if !is_seal(&certificate) {
            return Ok(Err(format!(
                "the checkpoint of {size} records was not sealed by the authority: the key of certificate {} is for \
                 something else",
                certificate.serial_hex()
            )));
        }
        Ok(Ok(Stated {
            head,
            at: statement.at,
            signer: certificate,
        }))
    }
}
