//! One frame, read.

use serde_json::{Map, Value};

use super::HEARTBEAT;

/// Objects in a request at most.
const OBJECTS: usize = 1000;
/// Members of all its objects and lists at most.
const MEMBERS: usize = 50_000;

/// What a frame is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Frame {
    /// A sign of life.
    Heartbeat,
    /// A request, for a module or for the old interface.
    Request(Request),
    /// Text that is not a JSON object, or nested too deeply.
    Malformed,
}

/// A JSON object that asks for something.
#[derive(Clone, PartialEq)]
pub struct Request {
    module: Option<String>,
    members: Map<String, Value>,
}

impl std::fmt::Debug for Request {
    /// Says nothing about what is to be signed.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Request({} members)", self.members.len())
    }
}

impl Frame {
    /// Reads the text of a frame.
    #[must_use]
    pub fn read(text: &str) -> Self {
        if text == HEARTBEAT {
            return Self::Heartbeat;
        }
        if !is_reasonable(text) {
            return Self::Malformed;
        }
        let Ok(Value::Object(members)) = serde_json::from_str(text) else {
            return Self::Malformed;
        };
        let module = members
            .get("module")
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
            .map(str::to_owned);
        Self::Request(Request { module, members })
    }
}

/// Whether a text can be read as JSON without taking many times its size: a document of megabytes is one text in it, and
/// requests have few members, whereas each `[]` of a list of nothing else takes as much as a short text.
fn is_reasonable(text: &str) -> bool {
    let (mut objects, mut members) = (0_usize, 0_usize);
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        match octet {
            b'"' => {
                while let Some(inside) = octets.find(|octet| matches!(octet, b'"' | b'\\')) {
                    if inside == b'"' {
                        break;
                    }
                    octets.next();
                }
            }
            b'{' => objects = objects.saturating_add(1),
            b'[' | b',' => members = members.saturating_add(1),
            _ => {}
        }
    }
    objects <= OBJECTS && members <= MEMBERS
}

impl Request {
    /// The module asked; none for the old interface.
    #[must_use]
    pub fn module(&self) -> Option<&str> {
        self.module.as_deref()
    }

    /// The method, if it is named by a string.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.text("method")
    }

    /// A member that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    /// Any member.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// The arguments by position; none if they are not an array.
    #[must_use]
    pub fn positional(&self) -> &[Value] {
        match self.members.get("args") {
            Some(Value::Array(arguments)) => arguments,
            _ => &[],
        }
    }

    /// The arguments by name, if they are an object.
    #[must_use]
    pub fn named(&self) -> Option<&Map<String, Value>> {
        self.members.get("args").and_then(Value::as_object)
    }
}

#[cfg(test)]
mod tests {
    use super::Frame;

    #[test]
    fn what_is_no_object_is_malformed() {
        for text in [
            "",
            "1",
            "[]",
            "{",
            "null",
            "--heartbeat--\n",
            "{\"module\":}",
            &"[".repeat(100_000),
            &"{\"a\":".repeat(100_000),
        ] {
            assert_eq!(Frame::read(text), Frame::Malformed);
        }
        assert_eq!(Frame::read("--heartbeat--"), Frame::Heartbeat);
    }

    #[test]
    fn what_would_take_many_times_its_size_is_not_read() {
        let request = |member: &str, count: usize| {
            let members = vec![member; count].join(",");
            Frame::read(&format!(r#"{{"module":"a","args":[{members}]}}"#))
        };
        // Many documents, and whatever is in them, are one text each.
        let text = format!(r#""{}\\\"{}""#, "{".repeat(5000), "[,".repeat(5000));
        for (member, count) in [(r#""MTEK""#, 40_000), (text.as_str(), 1000), ("{}", 900)] {
            assert!(
                matches!(request(member, count), Frame::Request(_)),
                "{count}"
            );
        }
        for (member, count) in [
            ("{}", 1000),
            ("[]", 30_000),
            ("0", 60_000),
            (r#""""#, 60_000),
        ] {
            assert_eq!(request(member, count), Frame::Malformed, "{member}");
        }
    }

    #[test]
    fn a_module_is_a_name_or_nothing() {
        for (text, module) in [
            (r#"{"module":"a"}"#, Some("a")),
            (r#"{"module":""}"#, None),
            (r#"{"module":1}"#, None),
            (r#"{}"#, None),
        ] {
            let Frame::Request(request) = Frame::read(text) else {
                panic!("{text}");
            };
            assert_eq!(request.module(), module);
            assert!(request.positional().is_empty());
        }
    }
}
