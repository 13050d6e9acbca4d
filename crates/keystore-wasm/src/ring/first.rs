//! First issuance: the new signing key signs the application, and the browser proves that it worked.

use tanba_crypto::{Signer, sha256};
use tanba_model::application::ApplicationKind;
use tanba_pki::Purpose;
use wasm_bindgen::prelude::wasm_bindgen;

use super::KeyRing;
use crate::Failure;
use crate::document::check_document;
use crate::fresh::Fresh;

#[wasm_bindgen]
impl KeyRing {
    /// Signs a first application that names exactly the new keys `keys`, in this order, by the signing key among them:
    /// the signature alone.
    ///
    /// # Errors
    /// `document-changed`, `document-unreadable`; what is wrong with the key.
    pub fn sign_first(
        &self,
        document: &[u8],
        keys: &[u32],
        number: &str,
        origin: &str,
    ) -> Result<Vec<u8>, Failure> {
        let fresh: Vec<&Fresh> = keys
            .iter()
            .map(|id| self.new_key(*id))
            .collect::<Result<_, _>>()?;
        let application = check_document(document, &fresh, number, origin)?;
        // A reissue is signed by a key that has a certificate; this door is for those who have none.
        if application.kind != ApplicationKind::First.name() {
            return Err(Failure::new("document-changed").with("field", "summary-kind"));
        }
        let signing = fresh
            .into_iter()
            .find(|key| key.purpose == Purpose::Signature)
            .ok_or_else(|| Failure::new("signed-in-again"))?;
        signing
            .key()?
            .sign(document)
            .map_err(|_| Failure::new("file-key-damaged"))
    }

    /// Looks for the number that solves a proof of work among `count` numbers from `from` on; an empty text when it is
    /// none of them.
    ///
    /// # Errors
    /// `server-error` when the challenge cannot be read.
    pub fn solve_work(&self, challenge: &str, from: u32, count: u32) -> Result<String, Failure> {
        let bits: u32 = challenge
            .split('.')
            .nth(1)
            .and_then(|bits| bits.parse().ok())
            .ok_or_else(|| Failure::new("server-error"))?;
        let solves = |number: &u32| {
            let digest = sha256(format!("{challenge}:{number}").as_bytes());
            leading_zeros(&digest) >= bits
        };
        let found = (from..from.saturating_add(count)).find(solves);
        Ok(found.map(|number| number.to_string()).unwrap_or_default())
    }
}

fn leading_zeros(digest: &[u8; 32]) -> u32 {
    let mut bits = 0u32;
    for octet in digest {
        bits = bits.saturating_add(octet.leading_zeros());
        if *octet != 0 {
            break;
        }
    }
    bits
}
