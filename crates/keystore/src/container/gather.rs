//! Puts keys and certificates together.

use tanba_pki::Certificate;

use super::bag::Attributes;
use super::entry::{Entry, KeyEntry, Note, StoredCertificate};

/// Certificates from a key up to its root that are followed.
const MAX_CHAIN: usize = 16;

/// Entries of the keys in the order of the file, then those of certificates that belong to none.
///
/// A certificate belongs to a key when its public key says so. Only where that cannot be seen, for keys that cannot
/// be used, the identifiers and names count that the file assigns; and they are wrong often enough.
pub(super) fn entries(
    keys: Vec<(KeyEntry, Attributes)>,
    certificates: &[StoredCertificate],
) -> Vec<Entry> {
    let mut used: Vec<&[u8]> = Vec::new();
    let alone = keys.len() == 1;
    let mut entries: Vec<Entry> = Vec::with_capacity(keys.len());
    for (key, attributes) in keys {
        let mut notes: Vec<Note> = key.note().into_iter().collect();
        let leaf = leaf(&key, &attributes, certificates, alone);
        let mut chain = Vec::new();
        match leaf {
            Leaf::Found(index) => chain = chain_from(index, certificates),
            Leaf::OfAnotherKey => notes.push(Note::CertificateOfAnotherKey),
            Leaf::Missing => notes.push(Note::KeyWithoutCertificate),
        }
        let chain: Vec<&StoredCertificate> = chain
            .iter()
            .filter_map(|index| certificates.get(*index))
            .collect();
        used.extend(chain.iter().map(|stored| stored.der.as_slice()));
        let attributes = completed(attributes, chain.first().copied());
        entries.push(Entry {
            attributes,
            key: Some(key),
            certificates: chain.into_iter().cloned().collect(),
            notes,
        });
    }
    // The same certificate may lie in the file several times, once for each chain.
    let rest = certificates
        .iter()
        .filter(|stored| !used.contains(&stored.der.as_slice()));
    entries.extend(rest.map(|stored| alone_entry(stored.clone())));
    entries
}

enum Leaf {
    Found(usize),
    OfAnotherKey,
    Missing,
}

fn leaf(
    key: &KeyEntry,
    attributes: &Attributes,
    certificates: &[StoredCertificate],
    alone: bool,
) -> Leaf {
    let position = |fits: &dyn Fn(&StoredCertificate) -> bool| certificates.iter().position(fits);
    let assigned = |stored: &StoredCertificate| {
        attributes.local_key_id.is_some()
            && stored.attributes.local_key_id == attributes.local_key_id
    };
    // Keys are renewed with the same key pair now and then: the assigned certificate goes first, if it fits.
    let proven = |stored: &StoredCertificate| {
        let certificate = stored.certificate.as_ref();
        certificate.and_then(|certificate| key.is_key_of(certificate)) == Some(true)
    };
    if let Some(index) =
        position(&|stored| assigned(stored) && proven(stored)).or_else(|| position(&proven))
    {
        return Leaf::Found(index);
    }
    let readable: Option<&Certificate> = certificates
        .iter()
        .find_map(|stored| stored.certificate.as_ref());
    let usable = readable.is_some_and(|certificate| key.is_key_of(certificate).is_some());
    if usable {
        return if position(&assigned).is_some() {
            Leaf::OfAnotherKey
        } else {
            Leaf::Missing
        };
    }
    let named = |stored: &StoredCertificate| {
        attributes.friendly_name.is_some()
            && stored.attributes.friendly_name == attributes.friendly_name
    };
    let only = (alone && certificates.len() == 1).then_some(0);
    let found = position(&assigned).or_else(|| position(&named)).or(only);
    found.map_or(Leaf::Missing, Leaf::Found)
}

/// The certificate and its issuers, as far as they are in the file.
fn chain_from(leaf: usize, certificates: &[StoredCertificate]) -> Vec<usize> {
    let mut chain = vec![leaf];
    let at = |index: usize| {
        certificates
            .get(index)
            .and_then(|stored| stored.certificate.as_ref())
    };
    let mut current = at(leaf);
    while let Some(certificate) = current.filter(|_| chain.len() < MAX_CHAIN) {
        if certificate.subject() == certificate.issuer() {
            break;
        }
        let met = |candidate: &Certificate| {
            chain
                .iter()
                .filter_map(|index| at(*index))
                .any(|met| met == candidate)
        };
        let issuer = (0..certificates.len()).find(|index| {
            at(*index).is_some_and(|issuer| is_issuer(issuer, certificate) && !met(issuer))
        });
        chain.extend(issuer);
        current = issuer.and_then(at);
    }
    chain
}

/// Whether the name and, where both state it, the key identifier of the issuer fit.
fn is_issuer(issuer: &Certificate, certificate: &Certificate) -> bool {
    let identifiers = (issuer.subject_key_id(), certificate.authority_key_id());
    let keys_fit = !matches!(identifiers, (Some(own), Some(wanted)) if own != wanted);
    issuer.subject() == certificate.issuer() && keys_fit
}

/// Fills gaps in the attributes of a key from its certificate.
fn completed(mut attributes: Attributes, leaf: Option<&StoredCertificate>) -> Attributes {
    if let Some(leaf) = leaf {
        let name = leaf.attributes.friendly_name.clone();
        attributes.friendly_name = attributes.friendly_name.or(name);
    }
    attributes
}

fn alone_entry(stored: StoredCertificate) -> Entry {
    let unreadable = stored.certificate.is_none();
    Entry {
        attributes: stored.attributes.clone(),
        key: None,
        notes: unreadable
            .then_some(Note::CertificateUnreadable)
            .into_iter()
            .collect(),
        certificates: vec![stored],
    }
}
