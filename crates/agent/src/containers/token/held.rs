//! What lies in an open token, as keys of a container.

use std::sync::Arc;

use tanba_crypto::{PublicKey, Signer};
use tanba_pki::Certificate;
use tanba_token::{Opened, StoredKey};

use super::calls::Calls;
use super::patient::Patient;
use crate::containers::store::{HeldKey, KeyNote};

/// The longest path of certificates that is put together.
const LONGEST_CHAIN: usize = 8;

/// The keys, once for each certificate. Certificates that belong to no key are issuers, where they fit.
pub(super) fn keys(
    (token, calls): (&Arc<Opened>, &Calls),
    stored: &[StoredKey],
    others: &[Vec<u8>],
) -> Vec<HeldKey> {
    let read = |der: &Vec<u8>| Certificate::from_der(der).ok();
    let issuers: Vec<Certificate> = others.iter().filter_map(read).collect();
    let mut held = Vec::new();
    for key in stored {
        let certificates = key.certificates.iter().filter_map(read).filter(|found| {
            // A certificate of another key under the same identifier would sign nothing that anybody accepts.
            key.public_key
                .as_ref()
                .is_none_or(|public| public.is_same_key(found.public_key()))
        });
        let before = held.len();
        for certificate in certificates {
            let chain = chain(&certificate, &issuers);
            let public = certificate.public_key().clone();
            held.push(one(
                (token, calls),
                key,
                Some((certificate, chain)),
                Some(public),
            ));
        }
        if held.len() == before {
            held.push(one((token, calls), key, None, key.public_key.clone()));
        }
    }
    held
}

fn one(
    (token, calls): (&Arc<Opened>, &Calls),
    key: &StoredKey,
    certified: Option<(Certificate, Vec<Certificate>)>,
    public: Option<PublicKey>,
) -> HeldKey {
    let (certificate, chain) = certified.map_or((None, Vec::new()), |(certificate, chain)| {
        (Some(certificate), chain)
    });
    let usable = public.filter(|public| public.algorithm().is_ok());
    let note = usable.is_none().then(|| KeyNote::Unsupported {
        algorithm: certificate.as_ref().map_or_else(
            || key.kind.clone(),
            |certificate| certificate.public_key().algorithm_label(),
        ),
    });
    HeldKey {
        certificate,
        chain,
        signer: usable.map(|public| -> Arc<dyn Signer> {
            Arc::new(Patient::new(token.key(key, public), calls))
        }),
        alias: if key.label.is_empty() {
            tanba_pki::hex::encode(&key.id)
        } else {
            key.label.clone()
        },
        note,
    }
}

fn chain(certificate: &Certificate, issuers: &[Certificate]) -> Vec<Certificate> {
    let mut chain: Vec<Certificate> = Vec::new();
    let mut above = certificate;
    while chain.len() < LONGEST_CHAIN && !above.is_self_issued() {
        let next = issuers.iter().find(|issuer| {
            issuer.is_ca()
                && issuer.subject() == above.issuer()
                && above.verify_signed_by(issuer.public_key()).is_ok()
        });
        let Some(next) = next else { break };
        chain.push(next.clone());
        above = next;
    }
    chain
}
