//! `getKeyInfo`: what is in the certificate of a key that its owner chooses.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use tanba_crypto::KeyAlgorithm;
use tanba_pki::{Certificate, DistinguishedName, oid};

use super::refused;
use crate::Agent;
use crate::consent::{Asking, Chosen, KeyFilter, Purpose, Withdrawal, ask_key};
use crate::containers::Storage;
use crate::modules::Caller;
use crate::protocol::Common;

/// What sites are told of a key. Sent: all values are strings.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyInfo {
    alias: String,
    key_id: String,
    algorithm: String,
    subject_cn: String,
    subject_dn: String,
    issuer_cn: String,
    issuer_dn: String,
    serial_number: String,
    /// Milliseconds since 1970.
    cert_not_before: String,
    cert_not_after: String,
    authority_key_identifier: String,
    pem: String,
}

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
    let told = ask_key(agent, caller.origin(), withdrawal, asking, |chosen| {
        KeyInfo::of(&chosen)
    });
    match told.await {
        Ok(info) => Common::done(Some(json!(info))),
        Err(reason) => refused(reason),
    }
}

impl KeyInfo {
    fn of(chosen: &Chosen) -> Self {
        let certificate = &chosen.certificate;
        let milliseconds = |seconds: i64| seconds.saturating_mul(1000).to_string();
        let key_id = certificate.subject_key_id().map_or_else(
            || certificate.public_key().key_id().to_vec(),
            <[u8]>::to_vec,
        );
        Self {
            alias: chosen.alias.clone(),
            key_id: tanba_pki::hex::encode(&key_id),
            algorithm: algorithm(certificate),
            subject_cn: certificate.subject().common_name().unwrap_or_default(),
            subject_dn: name(certificate.subject()),
            issuer_cn: certificate.issuer().common_name().unwrap_or_default(),
            issuer_dn: name(certificate.issuer()),
            serial_number: certificate.serial_hex(),
            cert_not_before: milliseconds(certificate.not_before().unix()),
            cert_not_after: milliseconds(certificate.not_after().unix()),
            authority_key_identifier: certificate
                .authority_key_id()
                .map(tanba_pki::hex::encode)
                .unwrap_or_default(),
            pem: certificate.to_pem(),
        }
    }
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
