//! The section `[sms]`: the HTTP gateway that takes our text messages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use super::finding::Finding;
use crate::outbound;

/// What may stand in a template.
const PLACEHOLDERS: [&str; 4] = ["phone", "digits", "text", "id"];

/// The section as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    /// Where requests go: `https://sms.example.kz/v1/messages`; plain `http` only to this computer.
    url: String,
    /// `POST` or `PUT`. Default `POST`.
    #[serde(default)]
    method: SmsMethod,
    /// The JSON that is sent. In its texts `{phone}` stands for the number (`+77011234567`), `{digits}` for the number
    /// without its plus sign, `{text}` for the message and `{id}` for the key that is the same for each try.
    body: String,
    /// Further headers.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// File with a token, sent as `Authorization: Bearer …`.
    token_file: Option<PathBuf>,
    /// Environment variable with the token.
    token_env: Option<String>,
    /// Header of the key that is the same for each try. Default `Idempotency-Key`.
    idempotency_header: Option<String>,
    /// Statuses that mean that the message was taken. Default: 200 to 299.
    success_status: Option<Vec<u16>>,
    /// Where in the answer's JSON stands whether the message was taken (RFC 6901), `/status`; absent: only the status of HTTP
    /// counts.
    success_pointer: Option<String>,
    /// What has to stand there. Default: `true`, `"ok"` and `"accepted"`.
    success_values: Option<Vec<Value>>,
    /// What stands there when the gateway will never take this message, for example because there is no such number.
    #[serde(default)]
    refusal_values: Vec<Value>,
    /// How long a request may take, 1 to 120 seconds. Default 15.
    timeout_seconds: Option<u64>,
    /// Certificates of authorities to trust instead of the public ones, PEM.
    trusted: Option<PathBuf>,
}

/// How a request is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum SmsMethod {
    /// As most gateways want it.
    #[default]
    Post,
    /// To a resource.
    Put,
}

/// The gateway that takes our text messages.
#[derive(Clone, Debug)]
pub(crate) struct Sms {
    /// Where requests go.
    pub(crate) url: String,
    /// How.
    pub(crate) method: SmsMethod,
    /// What is sent, with placeholders in its texts.
    pub(crate) body: Value,
    /// Further headers.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Where the token is.
    pub(crate) token: Option<Token>,
    /// Header of the key that is the same for each try.
    pub(crate) idempotency_header: HeaderName,
    /// Statuses that mean success; empty: 200 to 299.
    pub(crate) success_status: Vec<u16>,
    /// What else success is.
    pub(crate) criterion: Option<Criterion>,
    /// How long a request may take.
    pub(crate) patience: Duration,
    /// File with certificates of authorities to trust.
    pub(crate) trusted: Option<PathBuf>,
}

/// Where the token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// In a file.
    File(PathBuf),
    /// In a variable of the environment.
    Environment(String),
}

/// What the JSON of an answer says about success.
#[derive(Clone, Debug)]
pub(crate) struct Criterion {
    /// Where (RFC 6901).
    pub(crate) pointer: String,
    /// Taken.
    pub(crate) success: Vec<Value>,
    /// Never taken.
    pub(crate) refusal: Vec<Value>,
}

impl Section {
    pub(super) fn check(self, folder: &Path) -> Result<Sms, Finding> {
        if !outbound::is_protected(&self.url) {
            return Err(wrong(
                "sms-url",
                "sms.url is not an address that keeps messages secret",
                "write an https:// address; http:// is for a gateway on this computer",
            ));
        }
        let body: Value = serde_json::from_str(&self.body).map_err(|_| {
            wrong(
                "sms-body",
                "sms.body is not JSON",
                "write for example body = '{\"to\": \"{phone}\", \"text\": \"{text}\"}'",
            )
        })?;
        check_template(&body)?;
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                (Ok(name), Ok(value)) => headers.push((name, value)),
                _ => {
                    return Err(wrong(
                        "sms-header",
                        "a name or value in sms.headers cannot be a header",
                        "use ASCII letters, digits and hyphens for names; one line of ASCII for values",
                    ));
                }
            }
        }
        let idempotency_header = self.idempotency_header.as_deref();
        let idempotency_header = idempotency_header.unwrap_or("Idempotency-Key");
        let idempotency_header = HeaderName::try_from(idempotency_header).map_err(|_| {
            wrong(
                "sms-header",
                "sms.idempotency_header cannot be a header",
                "leave it out for Idempotency-Key",
            )
        })?;
        let token = match (self.token_file, self.token_env) {
            (None, None) => None,
            (Some(path), None) => Some(Token::File(folder.join(path))),
            (None, Some(name)) => Some(Token::Environment(name)),
            (Some(_), Some(_)) => {
                return Err(wrong(
                    "sms-token",
                    "sms.token_file and sms.token_env are both given",
                    "give one of them",
                ));
            }
        };
        let criterion = criterion(
            self.success_pointer,
            self.success_values,
            self.refusal_values,
        )?;
        let seconds = self.timeout_seconds.unwrap_or(15);
        if !(1..=120).contains(&seconds) {
            return Err(wrong(
                "sms-timeout",
                "sms.timeout_seconds is not from 1 to 120",
                "leave it out for 15",
            ));
        }
        Ok(Sms {
            url: self.url,
            method: self.method,
            body,
            headers,
            token,
            idempotency_header,
            success_status: self.success_status.unwrap_or_default(),
            criterion,
            patience: Duration::from_secs(seconds),
            trusted: self.trusted.map(|path| folder.join(path)),
        })
    }
}

fn criterion(
    pointer: Option<String>,
    success: Option<Vec<Value>>,
    refusal: Vec<Value>,
) -> Result<Option<Criterion>, Finding> {
    let Some(pointer) = pointer else {
        return if success.is_none() && refusal.is_empty() {
            Ok(None)
        } else {
            Err(wrong(
                "sms-success",
                "sms.success_values or sms.refusal_values is given without sms.success_pointer",
                "say where they stand in the answer, for example success_pointer = \"/status\"",
            ))
        };
    };
    if !pointer.starts_with('/') {
        return Err(wrong(
            "sms-success",
            "sms.success_pointer is not a JSON pointer",
            "begin it with a slash, for example /status or /result/code",
        ));
    }
    let usual = || vec![Value::Bool(true), "ok".into(), "accepted".into()];
    Ok(Some(Criterion {
        pointer,
        success: success.unwrap_or_else(usual),
        refusal,
    }))
}

/// A template needs the text and the number, and nothing that is unknown.
fn check_template(body: &Value) -> Result<(), Finding> {
    let mut found = Vec::new();
    gather(body, &mut found);
    let has = |name: &str| found.iter().any(|found| found == name);
    if let Some(unknown) = found
        .iter()
        .find(|name| !PLACEHOLDERS.contains(&name.as_str()))
    {
        return Err(wrong(
            "sms-body",
            &format!("sms.body has the unknown placeholder {{{unknown}}}"),
            "there are {phone}, {digits}, {text} and {id}",
        ));
    }
    if !has("text") || !(has("phone") || has("digits")) {
        return Err(wrong(
            "sms-body",
            "sms.body names no number or no text",
            "put {phone} or {digits}, and {text}, into texts of the JSON",
        ));
    }
    Ok(())
}

fn gather(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let parts = text.split('{').skip(1);
            let names = parts.filter_map(|part| part.split_once('}'));
            found.extend(names.map(|(name, _)| name.to_owned()));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn wrong(code: &'static str, what: &str, remedy: &str) -> Finding {
    Finding::error(code, what.to_owned(), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Sms, Finding> {
        let section: Section = toml::from_str(text).unwrap();
        section.check(Path::new("/etc/tanba"))
    }

    const URL: &str = "url = \"https://sms.example.kz/v1\"\n";
    const BODY: &str = "body = '{\"to\": \"{phone}\", \"text\": \"{text}\"}'\n";

    #[test]
    fn two_lines_are_enough() {
        let sms = check(&format!("{URL}{BODY}")).unwrap();
        assert_eq!(sms.method, SmsMethod::Post);
        assert_eq!(sms.idempotency_header, "idempotency-key");
        assert_eq!(sms.patience, Duration::from_secs(15));
        assert!(sms.token.is_none() && sms.criterion.is_none());
        let sms = check(&format!(
            "{URL}{BODY}token_file = \"t\"\nsuccess_pointer = \"/s\"\n"
        ))
        .unwrap();
        assert_eq!(sms.token, Some(Token::File(PathBuf::from("/etc/tanba/t"))));
        assert_eq!(sms.criterion.unwrap().success.len(), 3);
    }

    #[test]
    fn what_cannot_work_is_told_by_its_key() {
        let code = |text: &str| check(text).unwrap_err().code;
        let url = |url: &str| format!("url = \"{url}\"\n{BODY}");
        let body = |body: &str| format!("{URL}body = '{body}'\n");
        let more = |more: &str| format!("{URL}{BODY}{more}\n");
        for (expected, text) in [
            ("sms-url", url("http://sms.example.kz/")),
            ("sms-url", url("sms.example.kz")),
            ("sms-body", body("{phone} {text}")),
            ("sms-body", body("{\"to\": \"{phone}\"}")),
            ("sms-body", body("{\"text\": \"{text}\"}")),
            (
                "sms-body",
                body("{\"to\": \"{phone}\", \"text\": \"{txet} {text}\"}"),
            ),
            ("sms-timeout", more("timeout_seconds = 0")),
            ("sms-header", more("headers = { \"a b\" = \"c\" }")),
            ("sms-token", more("token_file = \"a\"\ntoken_env = \"B\"")),
            ("sms-success", more("success_pointer = \"status\"")),
            ("sms-success", more("success_values = [1]")),
        ] {
            assert_eq!(code(&text), expected, "{text}");
        }
    }
}
