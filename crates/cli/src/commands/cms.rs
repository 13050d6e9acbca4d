//! `tanba cms …`: signatures over files.

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use tanba_pki::{Certificate, Timestamp};

use crate::context::Context;
use crate::outcome::Outcome;

mod sign;
mod verify;

/// Commands of `tanba cms`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Sign a file with a key of a key store (CAdES-BES)
    Sign(sign::Args),
    /// Judge the signatures of a message: DER, BER, PEM, Base64 or S/MIME
    Verify(verify::Args),
}

impl Command {
    /// Whether it says of something that it is valid, or not.
    pub(crate) const fn judges(&self) -> bool {
        matches!(self, Self::Verify(_))
    }
}

/// Runs the command.
pub(crate) fn run(command: Command, context: &Context) -> anyhow::Result<Outcome> {
    match command {
        Command::Sign(args) => sign::run(&args, context),
        Command::Verify(args) => verify::run(&args, context),
    }
}

/// What is said about a certificate.
#[derive(Debug, Serialize)]
struct CertificateFacts {
    subject: String,
    issuer: String,
    serial: String,
    not_before: Timestamp,
    not_after: Timestamp,
    key: String,
}

impl CertificateFacts {
    fn of(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().rfc4514(),
            issuer: certificate.issuer().rfc4514(),
            serial: certificate.serial_hex(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            key: certificate.public_key().algorithm_label(),
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("the file {} cannot be read", path.display()))
}

fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, content)
        .with_context(|| format!("the file {} cannot be written", path.display()))
}
