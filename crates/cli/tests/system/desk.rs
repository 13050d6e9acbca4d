//! A member of staff at the desk, without a browser.

use std::sync::Arc;

use serde_json::{Value, json};
use tanba_crypto::KeyAlgorithm;
use tanba_pki::profile::Subject;

use crate::citizen::{Answer, Client, Pair, new_key};
use crate::server::Installation;

/// The centre of those whose role has one.
const CENTRE: &str = "kz-75-almaty-1";

/// Somebody who works for the authority, and sits at the desk.
pub(crate) struct Seat {
    pub(crate) client: Client,
    pub(crate) subject: Subject,
    pair: Pair,
    /// Where the pages take her after signing in.
    home: String,
}

impl Installation {
    /// The record of whoever has an IIN.
    pub(crate) fn record_of(&self, iin: &str) -> i64 {
        self.count(&format!("SELECT id FROM person WHERE iin = '{iin}'"))
    }

    /// Hires somebody in a role, gives her a key and signs her in.
    pub(crate) fn seat(&self, name: &str, email: &str, role: &str) -> Seat {
        let subject = self.register(name, email);
        let mut hire = vec!["operator", "add", &subject.iin, "--role", role];
        if role.ends_with("operator") {
            hire.extend(["--centre", CENTRE]);
        }
        self.tanba(&hire);
        let key = Arc::new(new_key(KeyAlgorithm::Rsa { bits: 2048 }));
        let certificate = self.certify(&subject, &format!("kz-{role}"), &key);
        let pair = Pair { key, certificate };
        let mut client = self.client();
        let challenge = client
            .post("/api/v1/desk/login/challenge", &json!({}))
            .expect("a server")
            .expect_ok();
        let body = json!({ "signature": pair.sign(&challenge.text("challenge")) });
        let opened = client
            .post("/api/v1/desk/login", &body)
            .expect("a server")
            .expect_ok();
        client.csrf = Some(opened.text("csrf"));
        let home = opened.text("next");
        client.cookie = opened.cookie;
        Seat {
            client,
            subject,
            pair,
            home,
        }
    }
}

impl Seat {
    /// Prepares a document at an address and signs it.
    pub(crate) fn sign(&self, address: &str, wish: &Value, signature: &str) -> Answer {
        let prepared = self.client.post(address, wish).expect("a server");
        if prepared.status != 200 {
            return prepared;
        }
        let body = json!({ "signature": self.pair.sign(&prepared.text("document")) });
        self.client.post(signature, &body).expect("a server")
    }

    /// An act for the person of a record.
    pub(crate) fn act(&self, person: i64, act: &str, reason: &str) -> Answer {
        let wish = json!({
            "person": person, "act": act, "reason": reason, "identification": "operator",
        });
        self.sign("/api/v1/desk/acts", &wish, "/api/v1/desk/signature")
    }

    /// An order of an administrator.
    pub(crate) fn order(&self, act: &str, object: &str) -> Answer {
        let wish =
            json!({ "act": act, "object": object, "reason": "a report is being looked into" });
        self.sign(
            "/api/v1/desk/orders",
            &wish,
            "/api/v1/desk/orders/signature",
        )
    }
}

#[test]
fn each_role_begins_where_its_work_is() {
    let house = Installation::start();
    for (name, role, home) in [
        ("Aigerim", "operator", "/en/desk"),
        ("Bolat", "senior-operator", "/en/desk"),
        ("Dana", "administrator", "/en/desk/admin"),
        ("Serik", "auditor", "/en/desk/audit"),
    ] {
        let email = format!("{}@example.kz", name.to_lowercase());
        let seat = house.seat(name, &email, role);
        assert_eq!(seat.home, home);
        assert_eq!(
            seat.client.get(&seat.home).expect("a page").status,
            200,
            "{role}"
        );
    }
}
