//! The methods of the module, found and checked as Java's reflection does.

use serde_json::Value;

use crate::consent::KeyKind;
use crate::protocol::Request;

/// A call that fits a method.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call {
    GetActiveTokens,
    ChangeLocale(String),
    ShowFileChooser { ending: String, folder: String },
    GetKeyInfo(String),
    Sign(Order),
}

/// Something to be signed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) storage: String,
    pub(super) kind: KeyKind,
    pub(super) what: What,
}

/// What is to be signed, and how.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum What {
    Xml {
        texts: Vec<String>,
        /// Whether the answer is a list.
        many: bool,
        signed: String,
        parent: String,
    },
    Base64 {
        data: String,
        attached: bool,
        stamped: bool,
    },
    File {
        path: String,
        attached: bool,
        stamped: bool,
    },
    Hash(String),
    /// A time stamp on a signature that exists.
    Stamp(String),
}

/// A call that fits none, in the words of Java.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch(pub(super) String);

/// The type of a parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Flag,
    Texts,
}

use Kind::{Flag, Text, Texts};

const METHODS: [(&str, &[Kind]); 12] = [
    ("getActiveTokens", &[]),
    ("getKeyInfo", &[Text]),
    ("signXml", &[Text, Text, Text, Text, Text]),
    ("signXmls", &[Text, Text, Texts, Text, Text]),
    ("createCAdESFromBase64", &[Text, Text, Text, Flag]),
    ("createCAdESFromFile", &[Text, Text, Text, Flag]),
    ("createCAdESFromBase64Hash", &[Text, Text, Text]),
    ("applyCAdEST", &[Text, Text, Text]),
    ("createCMSSignatureFromBase64", &[Text, Text, Text, Flag]),
    ("createCMSSignatureFromFile", &[Text, Text, Text, Flag]),
    ("showFileChooser", &[Text, Text]),
    ("changeLocale", &[Text]),
];

/// Arguments of the right number and types, taken one after another.
struct Arguments<'a>(std::slice::Iter<'a, Value>);

impl Arguments<'_> {
    fn text(&mut self) -> String {
        self.0
            .next()
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    fn flag(&mut self) -> bool {
        self.0.next().and_then(Value::as_bool).unwrap_or_default()
    }

    fn texts(&mut self) -> Vec<String> {
        let list = self.0.next().and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    fn kind(&mut self) -> KeyKind {
        match self.0.next().and_then(Value::as_str) {
            Some("SIGNATURE") => KeyKind::Signature,
            Some("AUTHENTICATION") => KeyKind::Authentication,
            _ => KeyKind::Any,
        }
    }
}

impl Call {
    /// Finds the method and checks the arguments.
    pub(super) fn read(request: &Request) -> Result<Self, Mismatch> {
        let name = match request.member("method") {
            Some(Value::String(name)) => name.as_str(),
            Some(_) => {
                return Err(Mismatch(
                    "JSONObject[\"method\"] is not a string.".to_owned(),
                ));
            }
            None => return Err(Mismatch("JSONObject[\"method\"] not found.".to_owned())),
        };
        let given = request.positional();
        let kinds = METHODS
            .iter()
            .find(|(known, kinds)| *known == name && kinds.len() == given.len())
            .map(|(_, kinds)| *kinds)
            .ok_or_else(|| Mismatch(format!("NoSuchMethodException {name}")))?;
        for (kind, value) in kinds.iter().zip(given) {
            check(*kind, value, name)?;
        }
        let arguments = Arguments(given.iter());
        Self::of(name, arguments).ok_or_else(|| Mismatch(format!("NoSuchMethodException {name}")))
    }

    fn of(name: &str, mut arguments: Arguments<'_>) -> Option<Self> {
        Some(match name {
            "getActiveTokens" => Self::GetActiveTokens,
            "changeLocale" => Self::ChangeLocale(arguments.text()),
            "showFileChooser" => Self::ShowFileChooser {
                ending: arguments.text(),
                folder: arguments.text(),
            },
            "getKeyInfo" => Self::GetKeyInfo(arguments.text()),
            _ => {
                let storage = arguments.text();
                let kind = arguments.kind();
                let what = What::of(name, &mut arguments)?;
                Self::Sign(Order {
                    storage,
                    kind,
                    what,
                })
            }
        })
    }
}

impl What {
    fn of(name: &str, arguments: &mut Arguments<'_>) -> Option<Self> {
        let stamped = name.starts_with("createCMSSignature");
        Some(match name {
            "signXml" => Self::Xml {
                texts: vec![arguments.text()],
                many: false,
                signed: arguments.text(),
                parent: arguments.text(),
            },
            "signXmls" => Self::Xml {
                texts: arguments.texts(),
                many: true,
                signed: arguments.text(),
                parent: arguments.text(),
            },
            "createCAdESFromBase64" | "createCMSSignatureFromBase64" => Self::Base64 {
                data: arguments.text(),
                attached: arguments.flag(),
                stamped,
            },
            "createCAdESFromFile" | "createCMSSignatureFromFile" => Self::File {
                path: arguments.text(),
                attached: arguments.flag(),
                stamped,
            },
            "createCAdESFromBase64Hash" => Self::Hash(arguments.text()),
            "applyCAdEST" => Self::Stamp(arguments.text()),
            _ => return None,
        })
    }
}

fn check(kind: Kind, value: &Value, method: &str) -> Result<(), Mismatch> {
    let fits = match (kind, value) {
        (Texts, Value::Array(members)) => {
            return match members.iter().position(|member| !member.is_string()) {
                Some(place) => Err(Mismatch(format!("JSONArray[{place}] is not a string."))),
                None => Ok(()),
            };
        }
        (Text, Value::String(_)) | (Flag, Value::Bool(_)) => true,
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(Mismatch(format!(
            "java.lang.IllegalArgumentException: argument type mismatch. Method: {method}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, KeyKind, METHODS, Mismatch, Order, What};
    use crate::protocol::Frame;

    fn read(text: &str) -> Result<Call, Mismatch> {
        let Frame::Request(request) = Frame::read(text) else {
            panic!("{text}");
        };
        Call::read(&request)
    }

    fn message(text: &str) -> String {
        read(text).unwrap_err().0
    }

    #[test]
    fn methods_are_found_by_name_and_number_of_arguments() {
        assert_eq!(
            message(r#"{"method":"getKeyInfo"}"#),
            "NoSuchMethodException getKeyInfo"
        );
        assert_eq!(
            message(r#"{"method":"getKeyInfo","args":["PKCS12","x"]}"#),
            "NoSuchMethodException getKeyInfo"
        );
        assert_eq!(message(r#"{"method":""}"#), "NoSuchMethodException ");
        assert_eq!(message("{}"), "JSONObject[\"method\"] not found.");
        assert_eq!(
            read(r#"{"method":"getActiveTokens","args":{"a":1}}"#),
            Ok(Call::GetActiveTokens)
        );
    }

    #[test]
    fn types_are_compared_and_null_is_of_none() {
        for arguments in ["[null]", "[1]", "[true]", "[{}]", "[[]]"] {
            assert_eq!(
                message(&format!(r#"{{"method":"getKeyInfo","args":{arguments}}}"#)),
                "java.lang.IllegalArgumentException: argument type mismatch. Method: getKeyInfo"
            );
        }
        assert!(
            message(r#"{"method":"createCAdESFromBase64","args":["PKCS12","","",1]}"#)
                .ends_with("mismatch. Method: createCAdESFromBase64")
        );
        assert_eq!(
            message(r#"{"method":"signXmls","args":["PKCS12","",["a",1],"",""]}"#),
            "JSONArray[1] is not a string."
        );
    }

    #[test]
    fn every_method_of_the_table_can_be_called() {
        for (name, kinds) in METHODS {
            let arguments: Vec<&str> = kinds
                .iter()
                .map(|kind| match kind {
                    super::Kind::Text => r#""x""#,
                    super::Kind::Flag => "true",
                    super::Kind::Texts => r#"["x"]"#,
                })
                .collect();
            let text = format!(r#"{{"method":"{name}","args":[{}]}}"#, arguments.join(","));
            assert!(read(&text).is_ok(), "{name}");
        }
        assert_eq!(
            read(
                r#"{"method":"createCMSSignatureFromFile","args":["PKCS12","SIGNATURE","/a",true]}"#
            ),
            Ok(Call::Sign(Order {
                storage: "PKCS12".to_owned(),
                kind: KeyKind::Signature,
                what: What::File {
                    path: "/a".to_owned(),
                    attached: true,
                    stamped: true
                }
            }))
        );
    }
}
