//! Documents as they are signed, hashed and sent: canonical JSON (RFC 8785, JSON Canonicalization Scheme).
//!
//! Every document of ours that somebody signs goes through here, on its way out and on its way back: what is read must be
//! the very bytes that writing would make.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A document that is not canonical, not of its schema, or not JSON at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not JSON of this shape.
    #[error("not a document of this kind")]
    Form(#[source] serde_json::Error),
    /// Another `schema` than the one of this kind of document.
    #[error("unknown schema of the document")]
    Schema,
    /// The bytes are not the canonical form of their content.
    #[error("the document is not in canonical form")]
    NotCanonical,
}

/// The bytes of a document: canonical JSON, UTF-8.
///
/// # Errors
/// [`DocumentError::Form`] for what JSON cannot hold, which none of our documents is.
pub fn to_bytes(document: &impl Serialize) -> Result<Vec<u8>, DocumentError> {
    let value = serde_json::to_value(document).map_err(DocumentError::Form)?;
    Ok(canonical_json(&value).into_bytes())
}

/// Reads a document, asks `is_of_its_kind` about its content, and insists on its canonical form.
///
/// # Errors
/// [`DocumentError`] with what is wrong.
pub fn from_bytes<T: Serialize + DeserializeOwned>(
    bytes: &[u8],
    is_of_its_kind: impl FnOnce(&T) -> bool,
) -> Result<T, DocumentError> {
    let document: T = serde_json::from_slice(bytes).map_err(DocumentError::Form)?;
    if !is_of_its_kind(&document) {
        return Err(DocumentError::Schema);
    }
    if to_bytes(&document)? != bytes {
        return Err(DocumentError::NotCanonical);
    }
    Ok(document)
}

/// Canonical JSON (RFC 8785) of a value: no white space, members sorted by UTF-16 code units, shortest escapes.
///
/// Numbers: only integers are used in our documents; they are written as they are.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (place, name) in names.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_string(name, out);
                out.push(':');
                write_canonical(members.get(name).unwrap_or(&Value::Null), out);
            }
            out.push('}');
        }
    }
}

/// RFC 8785, 3.2.2.2: two-character escapes where JSON has them, `\u00xx` for other controls, the rest as it is.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{9}' => out.push_str("\\t"),
            '\u{a}' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\u{d}' => out.push_str("\\r"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}
