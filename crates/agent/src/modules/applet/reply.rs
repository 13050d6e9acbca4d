//! The envelope of the old interface.

use serde::Serialize;
use serde_json::Value;

/// `{"result":…,"secondResult":…,"errorCode":"NONE"}`. Sent.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply {
    result: Value,
    second_result: Value,
    error_code: &'static str,
}

impl Reply {
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
            ..Self::failed("WRONG_PASSWORD")
        }
    }

    pub(super) fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
