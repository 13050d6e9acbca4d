//! `getKeyInfo`: what is in the certificate of a key that its owner chooses.

use std::sync::Arc;

use tanba_crypto::KeyAlgorithm;
use tanba_pki::{Certificate, DistinguishedName, oid};

use super::refused;
use crate::Agent;
use crate::consent::{Asking, Chosen, KeyFilter, Purpose, Withdrawal, ask_key};
use crate::containers::Storage;
use crate::modules::Caller;
use crate::protocol::Common;

pub(super) async fn answer(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    storage: Storage,
) -> Common {
    let asking = Asking {
        purpose: Purpose::KeyInformation,
        documents: Vec::new(),
        document_count: 0,
        storages: vec![storage],
        // A certificate is shown whether it is valid or not.
        filter: KeyFilter {
            allow_expired: true,
            ..KeyFilter::default()
        },
        language: caller.language(),
    };
    let asked = ask_key(agent, caller.origin(), withdrawal, asking, |chosen| {
        told(&chosen)
    });
    match asked.await {
        Ok(members) => Common::told(members),
        Err(reason) => refused(reason),
    }
}

/// What sites are told of a key, in the order of the real program. Sent: all values are strings.
fn told(chosen: &Chosen) -> Vec<(&'static str, String)> {
    let certificate = &chosen.certificate;
    // Since 1970.
    let milliseconds = |seconds: i64| seconds.saturating_mul(1000).to_string();
    let key_id = certificate.subject_key_id().map_or_else(
        || certificate.public_key().key_id().to_vec(),
        <[u8]>::to_vec,
    );
    let authority = certificate.authority_key_id();
    vec![
        ("alias", chosen.alias.clone()),
        ("keyId", tanba_pki::hex::encode(&key_id)),
        ("algorithm", algorithm(certificate)),
        (
            "subjectCn",
            certificate.subject().common_name().unwrap_or_default(),
        ),
        ("subjectDn", name(certificate.subject())),
        (
            "issuerCn",
            certificate.issuer().common_name().unwrap_or_default(),
        ),
        ("issuerDn", name(certificate.issuer())),
        ("serialNumber", certificate.serial_hex()),
        (
            "certNotBefore",
            milliseconds(certificate.not_before().unix()),
        ),
        ("certNotAfter", milliseconds(certificate.not_after().unix())),
        (
            "authorityKeyIdentifier",
            authority.map(tanba_pki::hex::encode).unwrap_or_default(),
        ),
        ("pem", certificate.to_pem()),
    ]
}

/// The name that Java has for the algorithm of a key.
fn algorithm(certificate: &Certificate) -> String {
    match certificate.public_key().algorithm() {
        Ok(KeyAlgorithm::Rsa { .. }) => "RSA".to_owned(),
        Ok(KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384) => "EC".to_owned(),
        Ok(_) | Err(_) => certificate.public_key().algorithm_label(),
    }
}

/// A name as sites know it: in the order of the encoding, commas without a space.
pub(in crate::modules) fn name(name: &DistinguishedName) -> String {
    let parts: Vec<String> = name
        .attributes()
        .into_iter()
        .map(|(kind, value)| format!("{}={}", short(kind), escaped(&value)))
        .collect();
    parts.join(",")
}

fn short(kind: tanba_crypto::ObjectIdentifier) -> String {
    let name = match kind {
        oid::COMMON_NAME => "CN",
        oid::SURNAME => "SURNAME",
        oid::SERIAL_NUMBER => "SERIALNUMBER",
        oid::COUNTRY => "C",
        oid::LOCALITY => "L",
        oid::STATE => "ST",
        oid::ORGANIZATION => "O",
        oid::ORGANIZATIONAL_UNIT => "OU",
        oid::GIVEN_NAME => "G",
        oid::USER_ID => "UID",
        oid::DOMAIN_COMPONENT => "DC",
        oid::EMAIL_ADDRESS => "E",
        other => return other.to_string(),
    };
    name.to_owned()
}

/// Characters that would end a value are marked.
fn escaped(value: &str) -> String {
    value.chars().fold(String::new(), |mut text, character| {
        if matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=') {
            text.push('\\');
        }
        text.push(character);
        text
    })
}
