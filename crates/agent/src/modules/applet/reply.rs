//! The envelope of the old interface.

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use tanba_pki::Timestamp;

use crate::sign::xml::SignXmlError;

const ZONE: &str = "Asia/Almaty";

/// `{"result":…,"secondResult":…,"errorCode":"NONE"}`. Sent.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply {
    result: Value,
    second_result: Value,
    error_code: &'static str,
}

impl Reply {
    const WRONG_PASSWORD: &str = "WRONG_PASSWORD";

    pub(super) fn done(text: impl Into<String>) -> Self {
        Self::of(Value::String(text.into()))
    }

    pub(super) const fn said(yes: bool) -> Self {
        Self::of(Value::Bool(yes))
    }

    const fn of(result: Value) -> Self {
        Self {
            result,
            second_result: Value::Null,
            error_code: "NONE",
        }
    }

    pub(super) const fn failed(code: &'static str) -> Self {
        Self {
            result: Value::Null,
            second_result: Value::Null,
            error_code: code,
        }
    }

    /// A wrong password: the tries left, or -1 where nobody knows.
    pub(super) fn wrong_password(tries_left: Option<u32>) -> Self {
        let tries = tries_left.map_or(-1, i64::from);
        Self {
            result: tries.into(),
            ..Self::failed(Self::WRONG_PASSWORD)
        }
    }

    pub(super) fn is_wrong_password(&self) -> bool {
        self.error_code == Self::WRONG_PASSWORD
    }

    /// Why XML is not signed.
    pub(super) const fn unsigned(error: &SignXmlError) -> Self {
        Self::failed(if matches!(error, SignXmlError::Document(_)) {
            "XML_PARSE_EXCEPTION"
        } else {
            "COMMON"
        })
    }

    /// `dd.MM.yyyy HH:mm:ss`
    pub(super) fn date(at: Timestamp) -> Self {
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        let text = jiff::Timestamp::from_second(at.unix()).map_or_else(
            |_| String::new(),
            |at| at.to_zoned(zone).strftime("%d.%m.%Y %H:%M:%S").to_string(),
        );
        Self::done(text)
    }

    pub(super) fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
