//! Opened keys, and how pages see them.

use std::collections::BTreeMap;

use serde::Serialize;
use tanba_keystore::{Container, Entry, Note};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_pki::{Certificate, DistinguishedName, Purpose};

use crate::Failure;

/// A key of an opened file.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) id: u32,
    /// The name of the file.
    pub(crate) file: String,
    pub(crate) entry: Entry,
}

/// What pages are told of a key. Sent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryView {
    id: u32,
    file: String,
    owner: String,
    iin: Option<String>,
    purpose: Option<&'static str>,
    not_before: Option<i64>,
    not_after: Option<i64>,
    serial: Option<String>,
    issuer: Option<String>,
    algorithm: String,
    keystore: Option<&'static str>,
    problem: Option<&'static str>,
    values: BTreeMap<&'static str, String>,
}

/// Takes the keys out of a container.
pub(crate) fn keys_of(container: Container, file: &str, next_id: &mut u32) -> Vec<Opened> {
    let keys = container
        .into_entries()
        .into_iter()
        .filter(|entry| entry.key().is_some());
    keys.map(|entry| {
        *next_id = next_id.wrapping_add(1);
        Opened {
            id: *next_id,
            file: file.to_owned(),
            entry,
        }
    })
    .collect()
}

impl Opened {
    pub(crate) fn view(&self) -> EntryView {
        let certificate = self.entry.certificate();
        let (not_before, not_after) = certificate
            .map(|certificate| {
                (
                    certificate.not_before().unix(),
                    certificate.not_after().unix(),
                )
            })
            .unzip();
        let problem = self.problem();
        let algorithm = self.entry.key().and_then(|key| key.algorithm());
        EntryView {
            id: self.id,
            file: self.file.clone(),
            owner: certificate
                .map(|certificate| owner(certificate.subject()))
                .unwrap_or_default(),
            iin: certificate.and_then(|certificate| certificate.subject().iin()),
            purpose: self.entry.purpose().map(purpose_name),
            not_before,
            not_after,
            serial: certificate.map(|certificate| certificate.serial_hex()),
            issuer: certificate.map(|certificate| owner(certificate.issuer())),
            algorithm: algorithm.unwrap_or_default(),
            keystore: certificate.and_then(keystore),
            problem: problem.as_ref().map(|failure| failure.code),
            values: problem.map(|failure| failure.values).unwrap_or_default(),
        }
    }

    /// Why the key cannot be used at all.
    fn problem(&self) -> Option<Failure> {
        let notes = self.entry.notes();
        let named = notes
            .iter()
            .find(|note| matches!(note, Note::UnsupportedAlgorithm { .. }));
        if let Some(note) = named {
            return Some(Failure::of_note(note));
        }
        match self.entry.signer() {
            Ok(_) => None,
            Err(error) => Some(
                notes
                    .first()
                    .map_or_else(|| Failure::from(&error), Failure::of_note),
            ),
        }
    }
}

/// The name for people: that of the person, else the whole distinguished name.
fn owner(name: &DistinguishedName) -> String {
    let common = name.common_name().filter(|common| !common.is_empty());
    let Some(common) = common else {
        return name.rfc4514();
    };
    // In national certificates the patronymic stands in the attribute for given names, and the common name lacks it.
    match name.given_name() {
        Some(patronymic) if name.iin().is_some() && !common.contains(&patronymic) => {
            format!("{common} {patronymic}")
        }
        Some(_) | None => common,
    }
}

fn keystore(certificate: &Certificate) -> Option<&'static str> {
    let oid = certificate.keystore_oid()?;
    KeystoreKind::from_oid(&oid.to_string()).map(KeystoreKind::identifier)
}

/// The name of a purpose. Sent.
pub(crate) const fn purpose_name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Authentication => "authentication",
        Purpose::Signature => "signature",
        Purpose::Both => "both",
        Purpose::CertificationAuthority => "certification-authority",
        Purpose::Other => "other",
    }
}

/// The purpose of a name.
pub(crate) fn purpose_of(name: &str) -> Option<Purpose> {
    use Purpose::{Authentication, Both, CertificationAuthority, Other, Signature};
    [
        Authentication,
        Signature,
        Both,
        CertificationAuthority,
        Other,
    ]
    .into_iter()
    .find(|purpose| purpose_name(*purpose) == name)
}
