//! Reading and signing a decision at the desk of a registration centre.

use tanba_model::administration::{self, AdministrationDocument};
use tanba_model::decision::DecisionDocument;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{KeyRing, to_json};
use crate::Failure;

#[wasm_bindgen]
impl KeyRing {
    /// The decision in plain words, from the octets that will be signed: `[{"key", "value"}, …]`.
    ///
    /// # Errors
    /// `document-unreadable`
    pub fn decision_summary(&self, document: &[u8]) -> Result<String, Failure> {
        let summary = match Signable::read(document)? {
            Signable::Decision(decision) => decision.summary(),
            Signable::Order(order) => order.summary(),
        };
        to_json(&summary)
    }

    /// Signs a decision about this application or person, or an order of an administrator about this object, made for the
    /// owner of the key: CMS in DER.
    ///
    /// # Errors
    /// `document-changed`, `document-unreadable`, `key-for-authentication`, `key-other-person`; what is wrong with the key.
    pub fn sign_decision(
        &self,
        entry: u32,
        document: &[u8],
        about: &str,
        origin: &str,
        now: u32,
    ) -> Result<Vec<u8>, Failure> {
        let operator = check(document, about, origin)?;
        let (_, certificate) = self.opened_key(entry)?.entry.signer()?;
        if !certificate.purpose().signs() {
            return Err(Failure::new("key-for-authentication"));
        }
        if certificate
            .subject()
            .iin()
            .is_some_and(|iin| iin != operator)
        {
            return Err(Failure::new("key-other-person"));
        }
        self.sign(entry, document, now)
    }

    /// Refuses a decision of another site or about something else, before a token signs it.
    ///
    /// # Errors
    /// `document-changed`, `document-unreadable`
    pub fn check_decision(
        &self,
        document: &[u8],
        about: &str,
        origin: &str,
    ) -> Result<(), Failure> {
        check(document, about, origin).map(drop)
    }
}

/// Refuses a decision of another site or about something else; the IIN of who decides.
fn check(document: &[u8], about: &str, origin: &str) -> Result<String, Failure> {
    let document = Signable::read(document)?;
    let (its_origin, its_object, key) = match &document {
        Signable::Decision(decision) => (&decision.origin, decision.about(), "summary-person"),
        Signable::Order(order) => (&order.origin, order.object.as_str(), "summary-issuer"),
    };
    let changed = |field: &str| Failure::new("document-changed").with("field", field);
    if its_origin != origin {
        return Err(changed("summary-origin"));
    }
    if its_object != about {
        return Err(changed(key));
    }
    Ok(match document {
        Signable::Decision(decision) => decision.operator.iin,
        Signable::Order(order) => order.administrator.iin,
    })
}

/// What is signed at the desk.
enum Signable {
    Decision(Box<DecisionDocument>),
    Order(Box<AdministrationDocument>),
}

impl Signable {
    /// Reads a document by what it says that it is.
    fn read(document: &[u8]) -> Result<Self, Failure> {
        let schema = format!("\"schema\":\"{}\"", administration::SCHEMA);
        let is_order = document
            .windows(schema.len())
            .any(|part| part == schema.as_bytes());
        // Whichever is tried insists on its own schema.
        Ok(if is_order {
            Self::Order(Box::new(AdministrationDocument::from_bytes(document)?))
        } else {
            Self::Decision(Box::new(DecisionDocument::from_bytes(document)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tanba_model::document::Applicant;
    use tanba_pki::Timestamp;

    use super::*;

    fn person(iin: &str) -> Applicant {
        Applicant {
            iin: iin.to_owned(),
            surname: "ҚҰНАНБАЙ".to_owned(),
            given_name: "АБАЙ".to_owned(),
            patronymic: None,
            country: "KZ".to_owned(),
        }
    }

    #[test]
    fn only_what_the_form_was_about_is_signed() {
        let origin = "https://cabinet.example";
        let document = DecisionDocument {
            schema: tanba_model::decision::SCHEMA.to_owned(),
            origin: origin.to_owned(),
            nonce: "00".repeat(32),
            created: Timestamp::from_unix(1_800_000_000),
            operator: person("850101300121"),
            role: "operator".to_owned(),
            centre: "kz-75-almaty-1".to_owned(),
            act: "freeze".to_owned(),
            step: "approve".to_owned(),
            person: person("900312400131"),
            application: None,
            certificates: Vec::new(),
            changes: BTreeMap::new(),
            identification: None,
            reason: Some("own-wish".to_owned()),
            remark: String::new(),
            first: None,
        };
        let document = document.to_bytes().unwrap();
        let field = |about: &str, origin: &str| {
            check(&document, about, origin).unwrap_err().values["field"].clone()
        };
        assert_eq!(
            check(&document, "900312400131", origin).as_deref(),
            Ok("850101300121")
        );
        assert_eq!(field("850101300121", origin), "summary-person");
        assert_eq!(
            field("900312400131", "https://evil.example"),
            "summary-origin"
        );
    }

    #[test]
    fn an_order_is_read_signed_and_refused_as_decisions_are() {
        let origin = "https://cabinet.example";
        let order = AdministrationDocument {
            schema: administration::SCHEMA.to_owned(),
            origin: origin.to_owned(),
            nonce: "00".repeat(32),
            created: Timestamp::from_unix(1_800_000_000),
            administrator: person("850101300121"),
            role: "administrator".to_owned(),
            act: "stop-issuance".to_owned(),
            object: "issuer/rsa".to_owned(),
            // Whatever stands in a text stays a text.
            reason: "\"schema\":\"tanba.decision/1\"".to_owned(),
        };
        let order = order.to_bytes().unwrap();
        assert_eq!(
            check(&order, "issuer/rsa", origin).as_deref(),
            Ok("850101300121")
        );
        let refused = check(&order, "issuer/other", origin).unwrap_err();
        assert_eq!(refused.values["field"], "summary-issuer");
        assert!(check(&order, "issuer/rsa", "https://evil.example").is_err());
    }
}
