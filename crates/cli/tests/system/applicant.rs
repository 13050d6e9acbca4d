//! Somebody without keys who applies for the first ones, as her browser does it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use tanba_crypto::{KeyAlgorithm, Signer as _, SoftwareKey, sha256};
use tanba_model::iin::Iin;
use tanba_model::intake::AGREEMENT;
use tanba_pki::{CertificateRequest, DistinguishedNameBuilder, RequestAttributes};

use crate::citizen::{Answer, Client, NewKeys, new_key};
use crate::server::Installation;

/// The registration centre of everybody.
pub(crate) const CENTRE: &str = "kz-75-almaty-1";

/// An IIN of somebody who is not in the records, by three digits.
pub(crate) fn iin(digits: u16) -> String {
    (0..10)
        .find_map(|last| Iin::complete(&format!("9203124{digits:03}{last}")))
        .expect("a number")
        .as_str()
        .to_owned()
}

/// The token in the first form of a page.
pub(crate) fn token(page: &str) -> String {
    let (_, rest) = page
        .split_once("name=\"csrf\" value=\"")
        .unwrap_or_else(|| panic!("no form with a token: {page}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Somebody who applies.
pub(crate) struct Applicant {
    pub(crate) client: Client,
    pub(crate) iin: String,
    pub(crate) surname: String,
    pub(crate) email: String,
    csrf: String,
    pub(crate) keys: [Arc<SoftwareKey>; 2],
}

/// Makes the work of a challenge easy in a configuration.
pub(crate) fn easy_work() -> (&'static str, String) {
    ("#[ra.first]", "[ra.first]\nwork_bits = 0".to_owned())
}

impl Applicant {
    /// Accepts the agreement.
    pub(crate) fn new(house: &Installation, digits: u16, surname: &str) -> Self {
        let mut client = house.client();
        let begun = client
            .form("/kk/obtain", &[("accepted", AGREEMENT)])
            .expect("a server");
        assert_eq!(begun.status, 303, "{}", begun.body);
        let page = client.get("/kk/obtain/person").expect("a server");
        let csrf = token(page.body.as_str().expect("a page"));
        let key = || Arc::new(new_key(KeyAlgorithm::Rsa { bits: 2048 }));
        client.csrf = Some(csrf.clone());
        Self {
            client,
            iin: iin(digits),
            surname: surname.to_owned(),
            email: format!("{digits}@example.kz"),
            csrf,
            keys: [key(), key()],
        }
    }

    fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        self.client.form(path, &fields).expect("a server")
    }

    /// Says who she is.
    pub(crate) fn claim(&mut self) -> Answer {
        let work = self.client.get("/api/v1/first/work").expect("a server");
        let challenge = work.expect_ok().text("challenge");
        let solution = (0u64..)
            .find(|number| sha256(format!("{challenge}:{number}").as_bytes())[0] == 0)
            .expect("a solution")
            .to_string();
        let (iin, surname) = (self.iin.clone(), self.surname.clone());
        let fields = [
            ("iin", iin.as_str()),
            ("surname", &surname),
            ("given_name", "Әйгерім"),
            ("patronymic", "Болатқызы"),
            ("challenge", &challenge),
            ("solution", &solution),
        ];
        self.submit("/kk/obtain/person", &fields)
    }

    /// Goes on from there to the last page before the keys.
    pub(crate) fn fill_in(&mut self, house: &Installation) {
        let email = self.email.clone();
        let answer = self.submit("/kk/obtain/address", &[("email", &email)]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let code = house
            .mailbox
            .wait(&email, |mails| mails.last().and_then(|mail| mail.code()));
        for (path, fields) in [
            ("/kk/obtain/address/code", vec![("code", code.as_str())]),
            (
                "/kk/obtain/place",
                vec![("region", "KZ-75"), ("settlement", "almaty")],
            ),
            (
                "/kk/obtain/centre",
                vec![("centre", CENTRE), ("keystore", "PKCS12")],
            ),
        ] {
            let answer = self.submit(path, &fields);
            assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        }
    }

    /// Makes requests for her keys and signs what comes back; number and state.
    pub(crate) fn sign(&self) -> (String, String) {
        let name = DistinguishedNameBuilder::new().build().expect("a name");
        let requests = self.keys.each_ref().map(|key| {
            let attributes = RequestAttributes::default();
            let der = CertificateRequest::build(&name, key.as_ref(), &attributes);
            BASE64.encode(der.expect("a request"))
        });
        let body = json!({ "requests": requests });
        let prepared = self.client.post("/api/v1/first/requests", &body);
        let prepared = prepared.expect("a server").expect_ok();
        let document = prepared.text("document");
        let signature = self.keys[1].sign(document.as_bytes()).expect("a signature");
        let body = json!({ "signature": BASE64.encode(signature) });
        let signed = self.client.post("/api/v1/first/signature", &body);
        let signed = signed.expect("a server").expect_ok();
        (signed.text("number"), signed.text("state"))
    }

    /// All of it; the number of an application that was signed, and its state.
    pub(crate) fn apply(&mut self, house: &Installation) -> (String, String) {
        let claimed = self.claim();
        assert_eq!(claimed.status, 303, "{}", claimed.body);
        self.fill_in(house);
        self.sign()
    }

    /// Asks for the status by number and IIN; the session that it opens is the client's.
    pub(crate) fn status(house: &Installation, number: &str, iin: &str) -> (Client, Answer) {
        let mut client = house.client();
        let body = json!({ "number": number, "iin": iin });
        let answer = client.post("/api/v1/status", &body).expect("a server");
        client.cookie.clone_from(&answer.cookie);
        client.csrf = answer.body["csrf"].as_str().map(str::to_owned);
        (client, answer)
    }

    /// The keys with requests that name nobody.
    pub(crate) fn new_keys(&self) -> NewKeys {
        NewKeys {
            keys: self.keys.clone(),
            requests: [Vec::new(), Vec::new()],
        }
    }
}

/// The page of the status form, as it is shown after number and IIN.
pub(crate) fn status_page(house: &Installation, language: &str, number: &str, iin: &str) -> String {
    let mut client = house.client();
    let fields = [("number", number), ("iin", iin)];
    let path = format!("/{language}/status");
    let mut answer = client.form(&path, &fields).expect("a server");
    if answer.status == 303 {
        let path = format!("/{language}/status/{number}");
        answer = client.get(&path).expect("a server");
    }
    let page = answer.body.as_str();
    page.unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}
