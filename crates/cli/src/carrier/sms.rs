//! Carries text messages to an HTTP gateway, as its operator described it in the configuration.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderMap, Request};
use jiff::fmt::rfc2822;
use serde_json::Value;
use tanba_model::message::{MessageChannel, OutboxMessage, Recipient};
use tanba_model::ports::{Carrier, CarrierError};
use tanba_pki::Timestamp;
use ureq::Agent;

use crate::config::{Sms, SmsCriterion, SmsMethod, SmsToken};
use crate::{outbound, password};

/// An answer is a few lines; whoever sends more is no gateway.
const LONGEST_ANSWER: u64 = 64 * 1024;
/// While a gateway wants patience and does not say how much.
const PATIENCE: Duration = Duration::from_secs(30);
/// While a gateway refuses us, whatever the message: somebody has to correct the configuration.
const REFUSED_PATIENCE: Duration = Duration::from_secs(60);

/// A gateway of text messages.
pub(crate) struct SmsCarrier {
    agent: Agent,
    sms: Sms,
    authorization: Option<HeaderValue>,
    origin: String,
}

impl SmsCarrier {
    /// Gets ready to send; nothing is connected yet. `origin` is where links in messages lead.
    pub(crate) fn new(sms: &Sms, origin: &str) -> anyhow::Result<Self> {
        Ok(Self {
            agent: outbound::agent(sms.trusted.as_deref(), sms.patience)?,
            sms: sms.clone(),
            authorization: sms.token.as_ref().map(authorization).transpose()?,
            origin: origin.to_owned(),
        })
    }

    fn request(&self, message: &OutboxMessage) -> anyhow::Result<Request<Vec<u8>>> {
        let Recipient::Sms(phone) = &message.to else {
            anyhow::bail!("the message goes by another channel");
        };
        let text = tanba_cabinet::sms::render(message, &self.origin)?;
        // The same for each try, so that a gateway can tell a repetition.
        let key = format!("tanba-{}-{}", message.id, message.created_at.unix());
        let values = [
            ("{phone}", phone.as_str()),
            ("{digits}", phone.as_str().trim_start_matches('+')),
            ("{id}", key.as_str()),
            // Last: what a person is told is not a template.
            ("{text}", text.as_str()),
        ];
        let body = serde_json::to_vec(&fill(&self.sms.body, &values))?;
        let method = match self.sms.method {
            SmsMethod::Post => "POST",
            SmsMethod::Put => "PUT",
        };
        let mut request = Request::builder()
            .method(method)
            .uri(&self.sms.url)
            .header(CONTENT_TYPE, "application/json")
            .header(&self.sms.idempotency_header, &key);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        for (name, value) in &self.sms.headers {
            request = request.header(name, value);
        }
        Ok(request.body(body)?)
    }

    fn judge(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<(), CarrierError> {
        let expected = &self.sms.success_status;
        let fine = if expected.is_empty() {
            (200..300).contains(&status)
        } else {
            expected.contains(&status)
        };
        let answer = Answer::Status(status);
        match status {
            _ if fine => {}
            429 | 503 => {
                let pause = headers
                    .get(RETRY_AFTER)
                    .and_then(|value| retry_after(value, now));
                return Err(busy(pause.unwrap_or(PATIENCE), answer));
            }
            // It speaks of us and not of the message, or of an address that is not the gateway's.
            300..=399 | 401..=405 | 407 | 415 => return Err(busy(REFUSED_PATIENCE, answer)),
            408 | 409 | 425 => return Err(CarrierError::Later(Box::new(answer))),
            400..=499 => return Err(CarrierError::Refused(Box::new(answer))),
            _ => return Err(CarrierError::Later(Box::new(answer))),
        }
        match &self.sms.criterion {
            None => Ok(()),
            Some(criterion) => criterion.judge(body.unwrap_or_default()),
        }
    }
}

impl SmsCriterion {
    fn judge(&self, body: &[u8]) -> Result<(), CarrierError> {
        let Ok(answer) = serde_json::from_slice::<Value>(body) else {
            return Err(CarrierError::Later(Box::new(Answer::Garbage)));
        };
        let Some(value) = answer.pointer(&self.pointer) else {
            return Err(CarrierError::Later(Box::new(Answer::Silent)));
        };
        if self.success.contains(value) {
            Ok(())
        } else if self.refusal.contains(value) {
            Err(CarrierError::Bounced(Box::new(Answer::Refusal)))
        } else {
            Err(CarrierError::Later(Box::new(Answer::Refusal)))
        }
    }
}

fn busy(pause: Duration, answer: Answer) -> CarrierError {
    CarrierError::Busy {
        pause,
        source: Box::new(answer),
    }
}

/// RFC 9110, 10.2.3: seconds or a date.
fn retry_after(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(text).ok()?.timestamp().as_second();
    let seconds = at.saturating_sub(now.unix());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

fn authorization(token: &SmsToken) -> anyhow::Result<HeaderValue> {
    let (file, variable) = match token {
        SmsToken::File(path) => (Some(path.as_path()), None),
        SmsToken::Environment(name) => (None, Some(name.as_str())),
    };
    let secret = password::from(file, variable, "Token of the gateway")?;
    ensure!(
        !secret.expose().is_empty(),
        "the token of the gateway for text messages is empty"
    );
    let octets = zeroize::Zeroizing::new([b"Bearer ", secret.expose()].concat());
    let mut value = HeaderValue::from_bytes(&octets)
        .context("the token of the gateway for text messages cannot be a header")?;
    value.set_sensitive(true);
    Ok(value)
}

/// The template with its placeholders filled, inside texts only, so that nothing can leave its quotation marks.
fn fill(template: &Value, values: &[(&str, &str)]) -> Value {
    match template {
        Value::String(text) => Value::String(fill_text(text, values)),
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, values)).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, field)| (name.clone(), fill(field, values)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => template.clone(),
    }
}

/// One pass from left to right: what was put in is not looked at again.
fn fill_text(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        filled.push_str(before);
        let known = values.iter().find_map(|(name, value)| {
            let after = from.strip_prefix(name)?;
            Some((*value, after))
        });
        let (value, after) = known.unwrap_or_else(|| ("{", from.get(1..).unwrap_or_default()));
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

impl Carrier for SmsCarrier {
    fn channel(&self) -> MessageChannel {
        MessageChannel::Sms
    }

    fn send(&self, message: &OutboxMessage, now: Timestamp) -> Result<(), CarrierError> {
        let request = self
            .request(message)
            .map_err(|error| CarrierError::Refused(error.into()))?;
        // A gateway that does not answer in time may still have taken the message: its key tells the repetition.
        let mut response = self
            .agent
            .run(request)
            .map_err(|error| CarrierError::Unreachable(Box::new(error)))?;
        let body = response
            .body_mut()
            .with_config()
            .limit(LONGEST_ANSWER)
            .read_to_vec();
        let status = response.status().as_u16();
        self.judge(status, response.headers(), body.as_deref().ok(), now)
    }
}

/// What a gateway answered, without its words: they may quote number and text.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Status(u16),
    Garbage,
    Silent,
    Refusal,
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "the gateway answered {status}"),
            Self::Garbage => formatter.write_str("the gateway's answer is not JSON"),
            Self::Silent => {
                formatter.write_str("the gateway's answer does not say whether it took the message")
            }
            Self::Refusal => formatter.write_str("the gateway did not take the message"),
        }
    }
}

impl std::error::Error for Answer {}

impl fmt::Debug for SmsCarrier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SmsCarrier(…)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_said_cannot_leave_its_quotation_marks_nor_be_a_template() {
        let template =
            json!({"to": ["{digits}"], "text": "KZ: {text} {", "n": 1, "id": "{id}{id}"});
        let values = [
            ("{digits}", "7701"),
            ("{id}", "k"),
            ("{text}", "\"},\"to\":\"{id}\n{text}"),
        ];
        assert_eq!(
            fill(&template, &values),
            json!({"to": ["7701"], "text": "KZ: \"},\"to\":\"{id}\n{text} {", "n": 1, "id": "kk"})
        );
    }

    #[test]
    fn a_gateway_may_ask_for_patience_in_seconds_or_by_a_date() {
        let now = Timestamp::parse_rfc3339("2026-11-24T06:00:00Z").unwrap();
        let wait = |text: &str| retry_after(&HeaderValue::from_str(text).unwrap(), now);
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            wait("Tue, 24 Nov 2026 06:05:00 GMT"),
            Some(Duration::from_secs(300))
        );
        assert_eq!(wait("Tue, 24 Nov 2026 05:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
    }
}
