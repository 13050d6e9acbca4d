//! Judges a signed checkpoint.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tanba_model::audit::Checkpoint as Statement;
use tanba_model::audit::tree::TreeHead;
use tanba_pki::cms::{self, SignatureFault, Trust, VerifyOptions};
use tanba_pki::{Certificate, Timestamp, hex};

use super::line::Checkpoint;
use crate::commands::revocation::{Lists, Worth};
use crate::commands::standing::{
    can_be_revoked, direct_issuer, is_for_documents_alone, is_issuing,
};

/// With what the signatures of checkpoints are judged.
#[derive(Debug)]
pub(super) struct Judge {
    trusted: Vec<Certificate>,
    /// Authorities whose seals count; without any, those of every issuing authority directly below what is trusted.
    authorities: Vec<Certificate>,
    lists: Lists,
}

/// A checkpoint whose signature holds.
#[derive(Debug)]
pub(super) struct Stated {
    /// The tree that it states.
    pub(super) head: TreeHead,
    /// Whose log it says that it is.
    pub(super) log: String,
    /// When it says that it was signed.
    pub(super) at: Timestamp,
    /// Who signed it.
    pub(super) signer: Certificate,
    /// Whether somebody else may have the key of the seal, or of the authority above it.
    pub(super) is_compromised: bool,
}

/// Whether a certificate is that of a seal, of the log that it seals: its lists are published where that log says.
fn is_seal(certificate: &Certificate, log: &str) -> bool {
    let lists = format!("{log}/crl/");
    is_for_documents_alone(certificate)
        && can_be_revoked(certificate)
        && (certificate.crl_distribution_points().iter()).all(|point| point.starts_with(&lists))
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
    /// Believes these certificates instead; without any, only the signatures themselves are judged.
    pub(super) fn trusting(self, trusted: Vec<Certificate>) -> Self {
        Self { trusted, ..self }
    }

    /// Believes the certificates of these files (PEM or DER), and seals of these authorities.
    pub(super) fn of_files(trusted: &[PathBuf], authorities: &[PathBuf]) -> anyhow::Result<Self> {
        let read = |paths: &[PathBuf]| -> anyhow::Result<Vec<Certificate>> {
            paths.iter().map(|path| read_certificate(path)).collect()
        };
        Ok(Self {
            trusted: read(trusted)?,
            authorities: read(authorities)?,
            lists: Lists::default(),
        })
    }

    /// Looks seals up in these lists, if there are any.
    pub(super) fn looking_up(self, lists: Lists) -> Self {
        Self { lists, ..self }
    }

    /// Of when the oldest list is in which seals are looked up; `None` where they are not.
    pub(super) fn lists(&self) -> Option<Timestamp> {
        self.lists.since()
    }

    /// SHA-256 of what is believed.
    pub(super) fn fingerprints(&self) -> Vec<String> {
        let trusted = self.trusted.iter();
        trusted.map(|root| hex::encode(&root.sha256())).collect()
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
        if !is_seal(&certificate, &statement.log) {
            return Ok(Err(format!(
                "the checkpoint of {size} records was not sealed by the authority: the key of certificate {} is for \
                 something else",
                certificate.serial_hex()
            )));
        }
        // And whoever was cross-certified makes as many seals below the root as he pleases.
        if let Trust::Trusted(way) = &signer.trust
            && !self.is_ours(way)
        {
            return Ok(Err(format!(
                "the checkpoint of {size} records was not sealed by an authority directly below the root, or not by the \
                 one that was named: {} certified the key",
                certificate.issuer().rfc4514()
            )));
        }
        let mut worth = Worth::default();
        if let Trust::Trusted(way) = &signer.trust
            && !self.lists.is_empty()
        {
            worth = match self.lists.of_way(way) {
                Ok(worth) => worth,
                Err(fault) => return Ok(Err(fault)),
            };
        }
        if let Some(until) = worth.until.filter(|until| statement.at > *until) {
            return Ok(Err(format!(
                "the checkpoint of {size} records, of {}, was sealed after the seal, or the authority above it, was revoked ({until})",
                statement.at
            )));
        }
        Ok(Ok(Stated {
            head,
            log: statement.log,
            at: statement.at,
            signer: certificate,
            is_compromised: worth.is_compromised,
        }))
    }

    /// Whether an issuing authority certified the first of a way, directly below what is trusted, or trusted itself.
    fn is_ours(&self, way: &[Certificate]) -> bool {
        direct_issuer(way).is_some_and(|issuer| {
            is_issuing(issuer) && (self.authorities.is_empty() || self.authorities.contains(issuer))
        })
    }
}
