//! What may be signed: challenges of this site, and applications that name our new keys.

use tanba_crypto::DigestAlgorithm;
use tanba_model::document::ApplicationDocument;
use tanba_model::login::Challenge;
use tanba_pki::hex;

use crate::Failure;
use crate::entry::purpose_name;
use crate::fresh::Fresh;

/// Refuses a challenge of another site, for another purpose or another application: a signature is never lent.
pub(crate) fn check_challenge(
    text: &[u8],
    purpose: &str,
    subject: &str,
    origin: &str,
) -> Result<(), Failure> {
    let challenge = Challenge::from_bytes(text)?;
    if challenge.purpose.name() != purpose {
        return Err(changed("summary-kind"));
    }
    if challenge.origin != origin {
        return Err(changed("summary-origin"));
    }
    if challenge.subject != subject {
        return Err(changed("summary-number"));
    }
    Ok(())
}

/// Refuses an application of another site or number, and one that names other keys than those made here.
pub(crate) fn check_document(
    text: &[u8],
    keys: &[&Fresh],
    number: &str,
    origin: &str,
) -> Result<ApplicationDocument, Failure> {
    let document = ApplicationDocument::from_bytes(text)?;
    if document.origin != origin {
        return Err(changed("summary-origin"));
    }
    if document.number != number {
        return Err(changed("summary-number"));
    }
    if document.keys.len() != keys.len() {
        return Err(changed("summary-key-purpose"));
    }
    for (named, key) in document.keys.iter().zip(keys) {
        let request = key
            .request
            .as_deref()
            .ok_or_else(|| changed("summary-key-digest"))?;
        let digest = hex::encode(&DigestAlgorithm::Sha256.digest(request));
        if named.purpose != purpose_name(key.purpose) {
            return Err(changed("summary-key-purpose"));
        }
        if named.request_sha256 != digest || named.public_key_sha256 != key.public_key_digest()? {
            return Err(changed("summary-key-digest"));
        }
    }
    Ok(document)
}

fn changed(field: &'static str) -> Failure {
    Failure::new("document-changed").with("field", field)
}
