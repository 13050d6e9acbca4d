//! `tanba keystore show`.

use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;
use tanba_keystore::{Computing, Container, Entry, Password, Protection};
use tanba_pki::{Certificate, Purpose, Timestamp, hex};

use super::file;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::password::PasswordArgs;

/// Arguments of `tanba keystore show`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The key file
    file: PathBuf,
    #[command(flatten)]
    password: PasswordArgs,
}

/// Runs the command.
pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    // Nobody types a password for a file that is not there.
    let octets = file::read(&args.file)?;
    let password = Password::from_secret(args.password.read("Password of the key file")?)?;
    let container = Container::open(&octets, &password, &mut Computing)
        .with_context(|| args.file.display().to_string())?;
    let shown = Shown::of(&container, context.now());
    context.print(&shown, &shown)?;
    Ok(Outcome::Done)
}

/// Sent: what `--json` prints.
#[derive(Debug, Serialize)]
struct Shown {
    entries: Vec<ShownEntry>,
    protection: ShownProtection,
    /// Contents that are neither keys nor certificates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_contents: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ShownEntry {
    key: Option<ShownKey>,
    certificates: Vec<ShownCertificate>,
    purpose: Option<&'static str>,
    friendly_name: Option<String>,
    local_key_id: Option<String>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ShownKey {
    algorithm: Option<String>,
    /// Whether this program can sign with it.
    usable: bool,
    key_id: Option<String>,
}

#[derive(Debug, Serialize)]
struct ShownCertificate {
    /// The common name of the subject.
    owner: Option<String>,
    subject: Option<String>,
    issuer: Option<String>,
    serial: Option<String>,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    /// `valid`, `expired` or `not yet valid`, by the clock of this computer; revocation is not looked at.
    validity: Option<&'static str>,
    algorithm: Option<String>,
    signature_algorithm: Option<String>,
    purpose: Option<&'static str>,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct ShownProtection {
    mac: Option<String>,
    encryption: Vec<String>,
}

impl Shown {
    fn of(container: &Container, now: Timestamp) -> Self {
        let Protection { mac, encryption } = container.protection().clone();
        Self {
            entries: container
                .entries()
                .iter()
                .map(|entry| ShownEntry::of(entry, now))
                .collect(),
            protection: ShownProtection { mac, encryption },
            other_contents: container.other_contents(),
        }
    }
}

impl ShownEntry {
    fn of(entry: &Entry, now: Timestamp) -> Self {
        let readable = entry
            .certificates()
            .map(|certificate| ShownCertificate::of(certificate, now));
        let unreadable = entry
            .unreadable_certificates()
            .map(ShownCertificate::unreadable);
        Self {
            key: entry.key().map(|key| ShownKey {
                algorithm: key.algorithm(),
                usable: key.software_key().is_ok(),
                key_id: entry.key_id().map(|id| hex::encode(&id)),
            }),
            certificates: readable.chain(unreadable).collect(),
            purpose: entry.purpose().map(word),
            friendly_name: entry.friendly_name().map(str::to_owned),
            local_key_id: entry.local_key_id().map(hex::encode),
            notes: entry.notes().iter().map(ToString::to_string).collect(),
        }
    }
}

impl ShownCertificate {
    fn of(certificate: &Certificate, now: Timestamp) -> Self {
        let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
        let validity = if now < not_before {
            "not yet valid"
        } else if now > not_after {
            "expired"
        } else {
            "valid"
        };
        Self {
            owner: certificate.subject().common_name(),
            subject: Some(certificate.subject().rfc4514()),
            issuer: Some(certificate.issuer().rfc4514()),
            serial: Some(certificate.serial_hex()),
            not_before: Some(not_before),
            not_after: Some(not_after),
            validity: Some(validity),
            algorithm: Some(certificate.public_key().algorithm_label()),
            signature_algorithm: Some(certificate.signature_algorithm_label()),
            purpose: Some(word(certificate.purpose())),
            sha256: hex::encode(&certificate.sha256()),
            note: None,
        }
    }

    fn unreadable(der: &[u8]) -> Self {
        Self {
            owner: None,
            subject: None,
            issuer: None,
            serial: None,
            not_before: None,
            not_after: None,
            validity: None,
            algorithm: None,
            signature_algorithm: None,
            purpose: None,
            sha256: hex::encode(&tanba_crypto::DigestAlgorithm::Sha256.digest(der)),
            note: Some("this certificate cannot be read"),
        }
    }
}

/// Sent: the words for what a key may do.
const fn word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Authentication => "authentication",
        Purpose::Signature => "signing",
        Purpose::Both => "both",
        Purpose::CertificationAuthority => "certification authority",
        Purpose::Other => "other",
    }
}

impl Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.entries.is_empty() {
            writeln!(formatter, "There is nothing inside.")?;
        }
        for entry in &self.entries {
            entry.fmt(formatter)?;
        }
        for other in &self.other_contents {
            writeln!(formatter, "Also inside: {other}")?;
        }
        let encryption = self.protection.encryption.join("; ");
        let encryption = if encryption.is_empty() {
            "none"
        } else {
            &encryption
        };
        writeln!(formatter, "Encryption: {encryption}")?;
        let mac = self.protection.mac.as_deref();
        writeln!(
            formatter,
            "Check value: {}",
            mac.unwrap_or("none, so changes to the file go unnoticed")
        )
    }
}

impl Display for ShownEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let purpose = self
            .purpose
            .map(|purpose| format!(", {purpose}"))
            .unwrap_or_default();
        match &self.key {
            Some(key) => {
                let algorithm = key.algorithm.as_deref().unwrap_or("of an unknown kind");
                writeln!(formatter, "Key {algorithm}{purpose}")?;
                line(formatter, "key id", key.key_id.as_ref())?;
            }
            None => writeln!(formatter, "Certificate{purpose}")?,
        }
        line(formatter, "name", self.friendly_name.as_ref())?;
        for (depth, certificate) in self.certificates.iter().enumerate() {
            if depth > 0 {
                line(formatter, "issued by", certificate.subject.as_ref())?;
                continue;
            }
            line(
                formatter,
                "owner",
                certificate.owner.as_ref().or(certificate.subject.as_ref()),
            )?;
            if let (Some(from), Some(to), Some(state)) = (
                certificate.not_before,
                certificate.not_after,
                certificate.validity,
            ) {
                writeln!(
                    formatter,
                    "  valid       {} to {} ({state})",
                    from.rfc3339(),
                    to.rfc3339()
                )?;
            }
            line(formatter, "serial", certificate.serial.as_ref())?;
            line(formatter, "issuer", certificate.issuer.as_ref())?;
            line(formatter, "algorithm", certificate.algorithm.as_ref())?;
            line(
                formatter,
                "signed with",
                certificate.signature_algorithm.as_ref(),
            )?;
        }
        for note in &self.notes {
            line(formatter, "note", Some(note))?;
        }
        writeln!(formatter)
    }
}

/// One fact; control characters that a file brings are not for the terminal.
fn line(formatter: &mut fmt::Formatter<'_>, label: &str, value: Option<&String>) -> fmt::Result {
    let Some(value) = value else { return Ok(()) };
    let value: String = value
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    writeln!(formatter, "  {label:<11} {value}")
}
