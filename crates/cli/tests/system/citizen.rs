//! A citizen without a browser: the same calls as the pages make, with real keys and signatures.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tanba_crypto::{KeyAlgorithm, Signer, SoftwareKey};
use tanba_pki::cms::{self, SignOptions};
use tanba_pki::{Certificate, CertificateRequest, RequestAttributes, Timestamp};

use crate::server::{now, random};

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) cookie: Option<String>,
}

impl Answer {
    /// The machine code of a problem, or an empty text.
    pub(crate) fn code(&self) -> &str {
        self.body
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub(crate) fn text(&self, key: &str) -> String {
        self.body
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {key} in {} {}", self.status, self.body))
            .to_owned()
    }

    pub(crate) fn expect_ok(self) -> Self {
        assert!(
            (200..300).contains(&self.status),
            "{} {}",
            self.status,
            self.body
        );
        self
    }
}

/// What went wrong on the way to the server: it was killed, or is not there yet.
pub(crate) type Broken = String;

/// Calls of the JSON interface with whatever cookie and token one has.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
    url: String,
    origin: String,
    pub(crate) cookie: Option<String>,
    pub(crate) csrf: Option<String>,
}

impl Client {
    /// `url` is where the server is reached, `origin` what a browser would call it.
    pub(crate) fn new(url: &str, origin: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(0)
            .timeout_global(Some(std::time::Duration::from_secs(20)))
            .build();
        Self {
            agent: config.into(),
            url: url.to_owned(),
            origin: origin.to_owned(),
            cookie: None,
            csrf: None,
        }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer, Broken> {
        self.send("POST", path, body, &[])
    }

    /// Any request; `headers` replace those of a browser.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Result<Answer, Broken> {
        self.send_text(method, path, &body.to_string(), headers)
    }

    /// A form, as a page without script sends it. The cookie of the answer is kept: pages without a key have one at a time.
    pub(crate) fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, Broken> {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace('@', "%40")))
            .collect();
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        let answer = self.send_text("POST", path, &fields.join("&"), &kind)?;
        if let Some(cookie) = answer
            .cookie
            .as_ref()
            .filter(|cookie| !cookie.starts_with("tanba-language"))
        {
            self.cookie = Some(cookie.clone());
        }
        Ok(answer)
    }

    fn send_text(
        &self,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Result<Answer, Broken> {
        let cookie = self.cookie.as_deref().map(|cookie| ("cookie", cookie));
        let csrf = self.csrf.as_deref().map(|csrf| ("x-csrf-token", csrf));
        let usual = [
            Some(("content-type", "application/json")),
            Some(("origin", self.origin.as_str())),
            Some(("x-tanba-language", "en")),
            cookie,
            csrf,
        ];
        let replaced = |name: &str| headers.iter().any(|(other, _)| *other == name);
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        for (name, value) in usual
            .into_iter()
            .flatten()
            .filter(|(name, _)| !replaced(name))
        {
            request = request.header(name, value);
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let whole = |request: ureq::http::request::Builder| request.body(body.to_owned());
        answer(if ["POST", "PUT", "PATCH"].contains(&method) {
            self.agent.run(whole(request).expect("a request"))
        } else {
            self.agent.run(request.body(()).expect("a request"))
        })
    }

    /// Signs in with a key, whichever it is.
    pub(crate) fn sign_in(&mut self, pair: &Pair) -> Result<Answer, Broken> {
        let challenge = self
            .post("/api/v1/login/challenge", &json!({}))?
            .expect_ok();
        let body = json!({ "signature": pair.sign(&challenge.text("challenge")) });
        self.open(&body)
    }

    /// Signs in with a challenge that was answered.
    pub(crate) fn open(&mut self, body: &Value) -> Result<Answer, Broken> {
        let answer = self.post("/api/v1/login", body)?;
        if answer.status == 200 {
            self.cookie = answer.cookie.clone();
            self.csrf = Some(answer.text("csrf"));
        }
        Ok(answer)
    }

    /// Sends the form.
    pub(crate) fn begin(&self) -> Result<Answer, Broken> {
        let form = json!({
            "email": null, "region": "KZ-75", "settlement": "almaty", "keystore": "PKCS12",
        });
        self.post("/api/v1/applications", &form)
    }

    /// Takes a step of an application.
    pub(crate) fn step(&self, number: &str, step: &str, body: &Value) -> Result<Answer, Broken> {
        self.post(&format!("/api/v1/applications/{number}/{step}"), body)
    }

    /// Where an application stands.
    pub(crate) fn state(&self, number: &str) -> Result<String, Broken> {
        Ok(self
            .get(&format!("/api/v1/applications/{number}"))?
            .expect_ok()
            .text("state"))
    }

    /// The certificates of an application.
    pub(crate) fn certificates(&self, number: &str) -> Result<[Certificate; 2], Broken> {
        let answer = self
            .get(&format!("/api/v1/applications/{number}/certificates"))?
            .expect_ok();
        Ok(certificates(&answer.body))
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer, Broken> {
        self.send("GET", path, &Value::Null, &[])
    }
}

/// The two certificates of an answer.
pub(crate) fn certificates(body: &Value) -> [Certificate; 2] {
    let list = body["certificates"].as_array().expect("certificates");
    let read = |text: &Value| {
        let der = BASE64.decode(text.as_str().expect("text")).expect("Base64");
        Certificate::from_der(&der).expect("a certificate")
    };
    let certificates: Vec<Certificate> = list.iter().map(read).collect();
    certificates.try_into().expect("two certificates")
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, Broken> {
    let mut response = result.map_err(|error| error.to_string())?;
    let cookie = response
        .headers()
        .get("set-cookie")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(str::to_owned);
    let status = response.status().as_u16();
    let octets = response
        .body_mut()
        .read_to_vec()
        .map_err(|error| error.to_string())?;
    let whole = || Value::String(String::from_utf8_lossy(&octets).into_owned());
    let body = serde_json::from_slice(&octets).unwrap_or_else(|_| whole());
    Ok(Answer {
        status,
        body,
        cookie,
    })
}

/// A key with its certificate.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) key: Arc<SoftwareKey>,
    pub(crate) certificate: Certificate,
}

impl Pair {
    /// Signs as CMS with the content inside, Base64.
    pub(crate) fn sign(&self, content: &str) -> String {
        self.sign_at(content, now())
    }

    /// The same on a computer whose clock says something else.
    pub(crate) fn sign_at(&self, content: &str, clock: Timestamp) -> String {
        let mut options = SignOptions::new(&self.certificate);
        options.signing_time = Some(clock);
        let message =
            cms::sign(content.as_bytes(), self.key.as_ref(), &options).expect("the key signs");
        BASE64.encode(message)
    }
}

/// The two key pairs of a person.
#[derive(Debug)]
pub(crate) struct Citizen {
    pub(crate) iin: String,
    pub(crate) email: String,
    pub(crate) authentication: Pair,
    pub(crate) signature: Pair,
}

/// New keys with their requests, made on the citizen's side.
#[derive(Debug)]
pub(crate) struct NewKeys {
    pub(crate) keys: [Arc<SoftwareKey>; 2],
    pub(crate) requests: [Vec<u8>; 2],
}

impl NewKeys {
    /// Makes two RSA-2048 keys; the requests carry the subject of the certificate.
    pub(crate) fn make(certificate: &Certificate) -> Self {
        let make = || Arc::new(new_key(KeyAlgorithm::Rsa { bits: 2048 }));
        let keys = [make(), make()];
        let requests = keys
            .each_ref()
            .map(|key| request(certificate, key.as_ref()));
        Self { keys, requests }
    }

    pub(crate) fn body(&self) -> Value {
        json!({ "requests": self.requests.iter().map(|der| BASE64.encode(der)).collect::<Vec<_>>() })
    }
}

/// A key, made on the citizen's side.
pub(crate) fn new_key(algorithm: KeyAlgorithm) -> SoftwareKey {
    SoftwareKey::generate(algorithm, &mut random()).expect("a key is made")
}

/// A PKCS#10 request with the subject of a certificate.
pub(crate) fn request(certificate: &Certificate, key: &dyn Signer) -> Vec<u8> {
    CertificateRequest::build(certificate.subject(), key, &RequestAttributes::default())
        .expect("a request is made")
}

impl Citizen {
    /// Answers a login challenge; the client has a session afterwards.
    pub(crate) fn login(&self, client: &mut Client) -> Result<(), Broken> {
        client.sign_in(&self.authentication)?.expect_ok();
        Ok(())
    }

    /// Applies and signs; returns the number of an application that awaits its code.
    pub(crate) fn apply(&self, client: &Client, keys: &NewKeys) -> Result<String, Broken> {
        let number = client.begin()?.expect_ok().text("number");
        let document = client.step(&number, "requests", &keys.body())?.expect_ok();
        client
            .step(
                &number,
                "signature",
                &self.submission(&document.text("document")),
            )?
            .expect_ok();
        Ok(number)
    }

    /// The body that submits a document.
    pub(crate) fn submission(&self, document: &str) -> Value {
        json!({ "signature": self.signature.sign(document) })
    }

    /// The owner of what an application gave.
    pub(crate) fn renewed(
        &self,
        certificates: [Certificate; 2],
        keys: [Arc<SoftwareKey>; 2],
    ) -> Self {
        let [first, second] = certificates;
        let [authentication, signature] = keys;
        Self {
            iin: self.iin.clone(),
            email: self.email.clone(),
            authentication: Pair {
                key: authentication,
                certificate: first,
            },
            signature: Pair {
                key: signature,
                certificate: second,
            },
        }
    }

    /// The body that proves that both keys work.
    pub(crate) fn proofs(&self, challenge: &str) -> Value {
        let proofs = [&self.authentication, &self.signature].map(|pair| pair.sign(challenge));
        json!({ "proofs": proofs, "revoke_old": true })
    }

    /// Fetches the certificates, proves the new keys and becomes their owner.
    pub(crate) fn install(
        &self,
        client: &Client,
        number: &str,
        keys: NewKeys,
    ) -> Result<Self, Broken> {
        let new = self.renewed(client.certificates(number)?, keys.keys);
        let challenge = client
            .step(number, "installation/challenge", &json!({}))?
            .expect_ok();
        let proofs = new.proofs(&challenge.text("challenge"));
        client.step(number, "installation", &proofs)?.expect_ok();
        Ok(new)
    }
}
