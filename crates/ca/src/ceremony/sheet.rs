//! What a certificate or a list says, line by line, for those who review it and those who watch.

use std::fmt::{self, Write as _};

use tanba_crypto::PublicKey;
use tanba_pki::crl::Crl;
use tanba_pki::{Certificate, Extension, KeyUsage, hex, oid};

use super::{Artefact, ArtefactKind};

/// The lines of an artefact: everything that it says but its signature.
#[must_use]
pub fn sheet(artefact: &Artefact) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = match artefact.kind {
        ArtefactKind::Certificate => Certificate::from_der(&artefact.der)
            .map_or(Ok(()), |certificate| describe(&certificate, &mut text)),
        ArtefactKind::List => {
            Crl::from_der(&artefact.der).map_or(Ok(()), |list| entries(&list, &mut text))
        }
    };
    text
}

fn describe(certificate: &Certificate, text: &mut String) -> fmt::Result {
    writeln!(text, "Certificate, version {}", certificate.version())?;
    writeln!(text, "  serial       {}", certificate.serial_hex())?;
    writeln!(
        text,
        "  signature    {}",
        certificate.signature_algorithm_label()
    )?;
    writeln!(text, "  issuer       {}", certificate.issuer().rfc4514())?;
    writeln!(
        text,
        "  not before   {}",
        certificate.not_before().rfc3339()
    )?;
    writeln!(text, "  not after    {}", certificate.not_after().rfc3339())?;
    writeln!(text, "  subject      {}", certificate.subject().rfc4514())?;
    key(certificate.public_key(), text)?;
    for extension in certificate.extensions() {
        let critical = if extension.critical {
            " (critical)"
        } else {
            ""
        };
        writeln!(text, "  {}{critical}", name(extension))?;
        for line in value(certificate, extension) {
            writeln!(text, "    {line}")?;
        }
    }
    let digest = tanba_crypto::sha256(certificate.tbs_der());
    writeln!(
        text,
        "  SHA-256 of what is signed  {}",
        hex::encode(&digest)
    )
}

fn key(key: &PublicKey, text: &mut String) -> fmt::Result {
    writeln!(text, "  key          {}", key.algorithm_label())?;
    writeln!(
        text,
        "    SHA-256 of the key (SPKI)  {}",
        hex::encode(&key.sha256())
    )
}

fn name(extension: &Extension) -> String {
    match extension.oid {
        oid::BASIC_CONSTRAINTS => "basic constraints",
        oid::KEY_USAGE => "key usage",
        oid::EXTENDED_KEY_USAGE => "extended key usage",
        oid::AUTHORITY_KEY_IDENTIFIER => "authority key identifier",
        oid::SUBJECT_KEY_IDENTIFIER => "subject key identifier",
        oid::CERTIFICATE_POLICIES => "certificate policies",
        oid::CRL_DISTRIBUTION_POINTS => "CRL distribution points",
        oid::FRESHEST_CRL => "freshest CRL",
        oid::AUTHORITY_INFO_ACCESS => "authority information access",
        oid::OCSP_NO_CHECK => "OCSP no check",
        other => return other.to_string(),
    }
    .to_owned()
}

fn value(certificate: &Certificate, extension: &Extension) -> Vec<String> {
    let identifier = |id: Option<&[u8]>| id.map(hex::encode).into_iter().collect();
    match extension.oid {
        oid::BASIC_CONSTRAINTS => certificate
            .basic_constraints()
            .map(|constraints| {
                let path = constraints
                    .path_length
                    .map_or_else(|| "no limit".to_owned(), |length| length.to_string());
                format!("authority: {}, path length: {path}", constraints.ca)
            })
            .into_iter()
            .collect(),
        oid::KEY_USAGE => certificate.key_usage().map(usages).unwrap_or_default(),
        oid::EXTENDED_KEY_USAGE => texts(&certificate.extended_key_usage()),
        oid::AUTHORITY_KEY_IDENTIFIER => identifier(certificate.authority_key_id()),
        oid::SUBJECT_KEY_IDENTIFIER => identifier(certificate.subject_key_id()),
        oid::CERTIFICATE_POLICIES => texts(&certificate.policies()),
        oid::CRL_DISTRIBUTION_POINTS => certificate.crl_distribution_points(),
        oid::FRESHEST_CRL => certificate.freshest_crl(),
        oid::AUTHORITY_INFO_ACCESS => {
            let issuers = certificate.ca_issuer_urls();
            let issuers = issuers.iter().map(|url| format!("issuer: {url}"));
            let ocsp = certificate.ocsp_urls();
            let ocsp = ocsp.iter().map(|url| format!("OCSP: {url}"));
            issuers.chain(ocsp).collect()
        }
        oid::OCSP_NO_CHECK => Vec::new(),
        _ => vec![hex::encode(&extension.value)],
    }
}

fn texts(items: &[tanba_crypto::ObjectIdentifier]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

fn usages(usage: KeyUsage) -> Vec<String> {
    [
        (KeyUsage::DIGITAL_SIGNATURE, "digitalSignature"),
        (KeyUsage::NON_REPUDIATION, "nonRepudiation"),
        (KeyUsage::KEY_ENCIPHERMENT, "keyEncipherment"),
        (KeyUsage::DATA_ENCIPHERMENT, "dataEncipherment"),
        (KeyUsage::KEY_AGREEMENT, "keyAgreement"),
        (KeyUsage::KEY_CERT_SIGN, "keyCertSign"),
        (KeyUsage::CRL_SIGN, "cRLSign"),
    ]
    .into_iter()
    .filter(|(bit, _)| usage.contains(*bit))
    .map(|(_, name)| name.to_owned())
    .collect()
}

fn entries(list: &Crl, text: &mut String) -> fmt::Result {
    writeln!(text, "Revocation list")?;
    writeln!(text, "  issuer       {}", list.issuer().rfc4514())?;
    let number = list.number().map(hex::encode).unwrap_or_default();
    writeln!(text, "  number       {number} (hexadecimal)")?;
    writeln!(text, "  this update  {}", list.this_update().rfc3339())?;
    if let Some(next) = list.next_update() {
        writeln!(text, "  next update  {}", next.rfc3339())?;
    }
    writeln!(text, "  entries      {}", list.len())?;
    for entry in list.entries() {
        let serial = hex::encode(entry.serial);
        writeln!(
            text,
            "    {serial}  {}  {:?}",
            entry.at.rfc3339(),
            entry.reason
        )?;
    }
    let digest = tanba_crypto::sha256(list.tbs_der());
    writeln!(
        text,
        "  SHA-256 of what is signed  {}",
        hex::encode(&digest)
    )
}
