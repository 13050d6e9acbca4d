//! What is told of a certificate. Names and numbers of people are in the certificate itself and in `tanba person show`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::id::IssuerId;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_pki::{Purpose, Timestamp};

/// What is told of a certificate.
#[derive(Debug, Serialize)]
pub(crate) struct CertificateFacts {
    serial: String,
    issuer: String,
    profile: String,
    purpose: &'static str,
    keystore: Option<&'static str>,
    channel: &'static str,
    not_before: Timestamp,
    not_after: Timestamp,
    shard: u16,
    status: &'static str,
    revoked_at: Option<Timestamp>,
    reason: Option<&'static str>,
    public_key_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pem: Option<String>,
}

impl CertificateFacts {
    /// The facts of a record.
    pub(crate) fn of(record: &CertificateRecord, issuers: &BTreeMap<IssuerId, String>) -> Self {
        let (status, revoked) = match record.status {
            Status::Intended => ("intended", None),
            Status::Void => ("void", None),
            Status::Valid => ("valid", None),
            Status::Revoked {
                at,
                reason: reason @ RevocationReason::CertificateHold,
            } => ("frozen", Some((at, reason))),
            Status::Revoked { at, reason } => ("revoked", Some((at, reason))),
        };
        Self {
            serial: record.serial.hex(),
            issuer: issuers
                .get(&record.issuer)
                .cloned()
                .unwrap_or_else(|| record.issuer.to_string()),
            profile: record.profile.clone(),
            purpose: purpose(record.purpose),
            keystore: record.keystore.map(KeystoreKind::identifier),
            channel: record.channel.name(),
            not_before: record.not_before,
            not_after: record.not_after,
            shard: record.shard,
            status,
            revoked_at: revoked.map(|(at, _)| at),
            reason: revoked.map(|(_, reason)| reason.name()),
            public_key_sha256: tanba_pki::hex::encode(&record.public_key_sha256),
            pem: record
                .der
                .as_deref()
                .map(|der| tanba_pki::pem::encode("CERTIFICATE", der)),
        }
    }

    /// All facts, a line for each.
    pub(crate) fn details(&self) -> String {
        let mut text = format!(
            "{self}\n  issuer    {}\n  purpose   {}\n  from      {}\n  until     {}\n  keystore  {}\n  channel   {}\n  CRL part  {}\n",
            self.issuer,
            self.purpose,
            self.not_before.rfc3339(),
            self.not_after.rfc3339(),
            self.keystore.unwrap_or("none"),
            self.channel,
            self.shard,
        );
        if let (Some(at), Some(reason)) = (self.revoked_at, self.reason) {
            text.push_str(&format!(
                "  {:<8}  {} ({reason})\n",
                self.status,
                at.rfc3339()
            ));
        }
        text.push_str(self.pem.as_deref().unwrap_or_default());
        text
    }
}

impl fmt::Display for CertificateFacts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}  {:<8}  until {}  {}",
            self.serial,
            self.status,
            self.not_after.rfc3339(),
            self.profile
        )?;
        self.reason
            .map_or(Ok(()), |reason| write!(formatter, "  {reason}"))
    }
}

const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Authentication => "authentication",
        Purpose::Signature => "signature",
        Purpose::Both => "both",
        Purpose::CertificationAuthority => "certification-authority",
        Purpose::Other => "other",
    }
}
