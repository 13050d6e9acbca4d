//! A browser: keeps cookies and the token, sends what ours send.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{Citizen, Key, ORIGIN, World};

pub(crate) struct Browser<'a> {
    pub(crate) world: &'a World,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) csrf: String,
    pub(crate) language: &'static str,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The body as it came.
    pub(crate) octets: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.header(LOCATION.as_str())
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The value of `name="value"` of the first element that has it.
    pub(crate) fn attribute(&self, before: &str) -> String {
        let rest = self
            .body
            .split_once(before)
            .unwrap_or_else(|| panic!("no {before} in {}", self.body))
            .1;
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

pub(crate) fn base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// A serial number as pages show it.
pub(crate) fn grouped(serial: &str) -> String {
    let groups: Vec<&str> = serial
        .as_bytes()
        .chunks(4)
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect();
    groups.join(" ")
}

impl<'a> Browser<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self {
            world,
            cookies: BTreeMap::new(),
            csrf: String::new(),
            language: "kk",
        }
    }

    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        if !self.cookies.is_empty() && !request.headers().contains_key(COOKIE) {
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request
                .headers_mut()
                .insert(COOKIE, pairs.join("; ").parse().unwrap());
        }
        let response = self.world.router.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 4 << 20).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            octets: body.to_vec(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path).header("x-tanba-language", self.language);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answer {
        let request = Request::post(format!("/api/v1{path}"))
            .header("content-type", "application/json")
            .header("sec-fetch-site", "same-origin")
            .header("x-tanba-language", self.language)
            .header("x-csrf-token", self.csrf.clone());
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// A form, as a page without script sends it.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let fields: Vec<String> = [("csrf", csrf.as_str())]
            .iter()
            .chain(fields)
            .map(|(name, value)| {
                let value = value.replace('+', "%2B").replace('@', "%40");
                format!("{name}={}", value.replace(' ', "+"))
            })
            .collect();
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("origin", ORIGIN);
        self.send(request.body(Body::from(fields.join("&"))).unwrap())
            .await
    }

    pub(crate) async fn challenge(&mut self) -> String {
        let answer = self.post("/login/challenge", json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()["challenge"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn sign_in_with(&mut self, key: &Key) -> Answer {
        let challenge = self.challenge().await;
        let answer = self
            .post(
                "/login",
                json!({ "signature": base64(&key.sign(&challenge)) }),
            )
            .await;
        if answer.status == StatusCode::OK {
            self.csrf = answer.json()["csrf"].as_str().unwrap().to_owned();
        }
        answer
    }

    pub(crate) async fn sign_in(&mut self, citizen: &Citizen) {
        let answer = self.sign_in_with(&citizen.authentication).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }

    /// Signs in at the desk of a registration centre.
    pub(crate) async fn sit_down(&mut self, key: &Key) {
        let answer = self.post("/desk/login/challenge", json!({})).await;
        let challenge = answer.json()["challenge"].as_str().unwrap().to_owned();
        let signature = base64(&key.sign(&challenge));
        let answer = self
            .post("/desk/login", json!({ "signature": signature }))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        self.csrf = answer.json()["csrf"].as_str().unwrap().to_owned();
    }

    /// A draft begun by the form without script; its number.
    pub(crate) async fn begin(&mut self) -> String {
        let fields = [
            ("email", "new@example.kz"),
            ("region", "KZ-75"),
            ("settlement", "almaty"),
            ("keystore", "PKCS12"),
        ];
        let path = format!("/{}/cabinet/reissue", self.language);
        let answer = self.submit(&path, &fields).await;
        answer.location().rsplit_once('=').unwrap().1.to_owned()
    }

    /// A draft that is signed and waits for its code; number and new keys.
    pub(crate) async fn apply(
        &mut self,
        citizen: &Citizen,
    ) -> (String, Vec<tanba_crypto::SoftwareKey>) {
        let number = self.begin().await;
        let (keys, requests) = self.world.requests(citizen);
        let requests: Vec<String> = requests.iter().map(|request| base64(request)).collect();
        let prepared = self
            .post(
                &format!("/applications/{number}/requests"),
                json!({ "requests": requests }),
            )
            .await;
        assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
        let document = prepared.json()["document"].as_str().unwrap().to_owned();
        let signature = base64(&citizen.signature.sign(&document));
        let path = format!("/applications/{number}/signature");
        let signed = self.post(&path, json!({ "signature": signature })).await;
        assert_eq!(signed.json()["state"], "AWAITING_2FA", "{}", signed.body);
        (number, keys)
    }
}
