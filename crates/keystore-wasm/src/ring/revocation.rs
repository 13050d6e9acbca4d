//! Reading and signing a revocation.

use tanba_model::revocation::RevocationDocument;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{KeyRing, to_json};
use crate::Failure;

#[wasm_bindgen]
impl KeyRing {
    /// The revocation in plain words, from the octets that will be signed: `[{"key", "value"}, …]`.
    ///
    /// # Errors
    /// `document-unreadable`
    pub fn revocation_summary(&self, document: &[u8]) -> Result<String, Failure> {
        to_json(&RevocationDocument::from_bytes(document)?.summary())
    }

    /// Signs a revocation of exactly the certificates that were chosen (serial numbers with spaces between them), for
    /// the event that was chosen: CMS in DER.
    ///
    /// # Errors
    /// `document-changed`, `document-unreadable`, `key-for-authentication`, `key-other-person`; what is wrong with the key.
    pub fn sign_revocation(
        &self,
        entry: u32,
        document: &[u8],
        serials: &str,
        event: &str,
        origin: &str,
        now: u32,
    ) -> Result<Vec<u8>, Failure> {
        let owner = check(document, serials, event, origin)?;
        let (_, certificate) = self.opened_key(entry)?.entry.signer()?;
        if !certificate.purpose().signs() {
            return Err(Failure::new("key-for-authentication"));
        }
        if certificate.subject().iin().is_some_and(|iin| iin != owner) {
            return Err(Failure::new("key-other-person"));
        }
        self.sign(entry, document, now)
    }

    /// Refuses a revocation of other certificates than the chosen ones, for another event or of another site, before a
    /// token signs it.
    ///
    /// # Errors
    /// `document-changed`, `document-unreadable`
    pub fn check_revocation(
        &self,
        document: &[u8],
        serials: &str,
        event: &str,
        origin: &str,
    ) -> Result<(), Failure> {
        check(document, serials, event, origin).map(drop)
    }
}

/// Refuses a revocation of another site, for another event, or of other certificates; the IIN of their owner.
fn check(document: &[u8], serials: &str, event: &str, origin: &str) -> Result<String, Failure> {
    let document = RevocationDocument::from_bytes(document)?;
    let changed = |field: &str| Failure::new("document-changed").with("field", field);
    if document.origin != origin {
        return Err(changed("summary-origin"));
    }
    if document.event != event {
        return Err(changed("summary-event"));
    }
    let mut wanted: Vec<&str> = serials.split_whitespace().collect();
    let mut named: Vec<&str> = document
        .certificates
        .iter()
        .map(|certificate| certificate.serial.as_str())
        .collect();
    wanted.sort_unstable();
    named.sort_unstable();
    if wanted != named {
        return Err(changed("summary-certificate"));
    }
    Ok(document.owner.iin)
}

#[cfg(test)]
mod tests {
    use tanba_model::document::Applicant;
    use tanba_model::revocation::{RevokedCertificate, SCHEMA};
    use tanba_pki::Timestamp;

    use super::*;

    fn document() -> Vec<u8> {
        let certificate = |serial: &str| RevokedCertificate {
            serial: serial.to_owned(),
            purpose: "signature".to_owned(),
            keystore: None,
            not_after: Timestamp::from_unix(1_810_000_000),
        };
        let document = RevocationDocument {
            schema: SCHEMA.to_owned(),
            origin: "https://cabinet.example".to_owned(),
            nonce: "00".repeat(32),
            created: Timestamp::from_unix(1_800_000_000),
            owner: Applicant {
                iin: "850101300121".to_owned(),
                surname: "ҚҰНАНБАЙ".to_owned(),
                given_name: "АБАЙ".to_owned(),
                patronymic: None,
                country: "KZ".to_owned(),
            },
            event: "replaced".to_owned(),
            reason: "superseded".to_owned(),
            certificates: vec![certificate("0b"), certificate("0a")],
        };
        document.to_bytes().unwrap()
    }

    #[test]
    fn only_what_was_chosen_is_signed() {
        let origin = "https://cabinet.example";
        let field = |serials: &str, event: &str, origin: &str| {
            let failure = check(&document(), serials, event, origin).unwrap_err();
            assert_eq!(failure.code, "document-changed");
            failure.values["field"].clone()
        };
        assert_eq!(
            check(&document(), "0a 0b", "replaced", origin).as_deref(),
            Ok("850101300121")
        );
        assert_eq!(field("0a", "replaced", origin), "summary-certificate");
        assert_eq!(field("0a 0b 0c", "replaced", origin), "summary-certificate");
        assert_eq!(field("0a 0b", "lost", origin), "summary-event");
        assert_eq!(
            field("0a 0b", "replaced", "https://evil.example"),
            "summary-origin"
        );
    }
}
