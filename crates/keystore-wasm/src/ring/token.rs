//! What a token on the person's computer makes and signs: the page talks to it, the ring checks what it is given to sign.

use wasm_bindgen::prelude::wasm_bindgen;

use super::{KeyRing, purpose_of};
use crate::Failure;
use crate::document::check_challenge;
use crate::fresh::Fresh;

#[wasm_bindgen]
impl KeyRing {
    /// Takes the request (PKCS#10 in DER) of a key that was made in a token; its name in the ring.
    ///
    /// # Errors
    /// `agent-failed`
    pub fn add_request(&mut self, request: &[u8], purpose: &str) -> Result<u32, Failure> {
        let purpose = purpose_of(purpose).ok_or_else(|| Failure::new("server-error"))?;
        let id = self.next_id();
        self.fresh.push(Fresh::elsewhere(id, request, purpose)?);
        Ok(id)
    }

    /// Whether an application names exactly the new keys `keys`, in this order, before a token signs it.
    ///
    /// # Errors
    /// `document-changed`, `document-unreadable`
    pub fn check_document(
        &self,
        document: &[u8],
        keys: &[u32],
        number: &str,
        origin: &str,
    ) -> Result<(), Failure> {
        self.named(document, keys, number, origin).map(drop)
    }

    /// Refuses a challenge of another site, purpose or subject, before a token signs it.
    ///
    /// # Errors
    /// `document-changed`, `document-unreadable`
    pub fn check_challenge(
        &self,
        challenge: &[u8],
        purpose: &str,
        subject: &str,
        origin: &str,
    ) -> Result<(), Failure> {
        check_challenge(challenge, purpose, subject, origin)
    }
}
