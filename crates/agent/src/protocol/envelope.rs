//! The envelopes of answers: three of them, as the clients know them.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// The answer where there is no such module. Sent.
#[derive(Serialize)]
struct Refusal<'a> {
    success: bool,
    #[serde(rename = "errorCode")]
    code: &'a str,
}

/// `{"success":false,"errorCode":…}`
pub(crate) fn refusal(code: &str) -> String {
    written(&Refusal {
        success: false,
        code,
    })
}

/// An answer of `commonUtils`: numbers as strings, members without a value left out. Sent.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Common {
    #[serde(rename = "responseObject", skip_serializing_if = "Option::is_none")]
    result: Option<Told>,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<String>,
}

/// What came of it.
#[derive(Debug, PartialEq)]
enum Told {
    Value(Value),
    Members(Vec<(&'static str, String)>),
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Members(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

impl Common {
    /// It worked; some methods have nothing to say.
    pub(crate) fn done(result: Option<Value>) -> Self {
        Self {
            result: result.map(Told::Value),
            code: "200",
            ..Self::default()
        }
    }

    /// It worked, and these members are told in this order, as the real program has them.
    pub(crate) fn told(members: Vec<(&'static str, String)>) -> Self {
        Self {
            result: Some(Told::Members(members)),
            code: "200",
            ..Self::default()
        }
    }

    /// It did not, for this reason.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self {
            code: "500",
            message: Some(message.into()),
            ..Self::default()
        }
    }

    /// It did not, and the real program says nothing more either.
    pub(crate) fn failed_silently() -> Self {
        Self {
            code: "500",
            ..Self::default()
        }
    }

    /// Puts the caller's mark on it; an empty one is none.
    pub(crate) fn marked(mut self, uuid: Option<String>) -> Self {
        self.uuid = uuid.filter(|mark| !mark.is_empty());
        self
    }

    /// As it is sent.
    pub(crate) fn written(&self) -> String {
        written(self)
    }
}

/// An answer of `basics` and of our own module. Sent.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Basics {
    /// It worked.
    Done {
        /// What came of it; without `result` when the user cancelled.
        body: Value,
        /// `true`
        status: bool,
    },
    /// It did not.
    Failed {
        /// `false`
        status: bool,
        /// Which kind of failure.
        code: &'static str,
        /// The kind in words.
        message: &'static str,
        /// What happened.
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<String>,
    },
}

impl Basics {
    pub(crate) fn done(result: &Value) -> Self {
        Self::Done {
            body: serde_json::json!({ "result": result }),
            status: true,
        }
    }

    pub(crate) fn cancelled() -> Self {
        Self::Done {
            body: serde_json::json!({}),
            status: true,
        }
    }

    pub(crate) fn general(details: impl Into<String>) -> Self {
        Self::failed("GENERAL_ERROR", "General error.", details)
    }

    /// What Java's exceptions become.
    pub(crate) fn exception(details: impl Into<String>) -> Self {
        Self::failed(
            "INVOCATION_ERROR",
            "An invoked method threw an exception.",
            details,
        )
    }

    pub(crate) fn failed(
        code: &'static str,
        message: &'static str,
        details: impl Into<String>,
    ) -> Self {
        Self::Failed {
            status: false,
            code,
            message,
            details: Some(details.into()),
        }
    }

    /// As it is sent.
    pub(crate) fn written(&self) -> String {
        written(self)
    }
}

/// Strings and booleans always become JSON; the fallback is what the real program has for when they do not.
fn written(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_else(|_| {
        r#"{"success": false, "code": "COMMON_JSON_WRAPPING_EXCEPTION"}"#.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Basics, Common, refusal};

    #[test]
    fn answers_are_written_as_clients_know_them() {
        assert_eq!(
            refusal("MODULE_NOT_FOUND"),
            r#"{"success":false,"errorCode":"MODULE_NOT_FOUND"}"#
        );
        assert_eq!(Common::done(None).written(), r#"{"code":"200"}"#);
        assert_eq!(
            Common::done(Some(json!(["AKKaztokenStore"]))).written(),
            r#"{"responseObject":["AKKaztokenStore"],"code":"200"}"#
        );
        assert_eq!(
            Common::told(vec![("b", "1".to_owned()), ("a", "2".to_owned())]).written(),
            r#"{"responseObject":{"b":"1","a":"2"},"code":"200"}"#
        );
        assert_eq!(
            Common::failed("action.canceled")
                .marked(Some("42".to_owned()))
                .written(),
            r#"{"code":"500","message":"action.canceled","uuid":"42"}"#
        );
        assert_eq!(Common::failed_silently().written(), r#"{"code":"500"}"#);
        assert_eq!(
            Basics::cancelled().written(),
            r#"{"body":{},"status":true}"#
        );
        assert_eq!(
            Basics::exception("x").written(),
            r#"{"status":false,"code":"INVOCATION_ERROR","message":"An invoked method threw an exception.","details":"x"}"#
        );
    }
}
