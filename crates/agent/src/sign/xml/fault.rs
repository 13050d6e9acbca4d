//! What is wrong with a document, in the words of the parser that sites know.

use roxmltree::Error;

/// A document that is not well-formed, or is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("org.xml.sax.SAXParseException; lineNumber: {line}; columnNumber: {column}; {reason}")]
pub struct XmlFault {
    line: u32,
    column: u32,
    reason: String,
}

impl XmlFault {
    pub(super) fn of(error: &Error, text: &str) -> Self {
        let at = error.pos();
        let fault = |reason: &str| Self {
            line: at.row,
            column: at.col,
            reason: reason.to_owned(),
        };
        if text.trim().is_empty() {
            return Self {
                line: 1,
                column: 1,
                reason: "Premature end of file.".to_owned(),
            };
        }
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "errors of the library are many, and sites tell these apart at most"
        )]
        match error {
            Error::UnclosedRootNode | Error::UnexpectedEndOfStream => Self::at_end(text),
            Error::DtdDetected => fault(
                "DOCTYPE is disallowed when the feature \
                 \"http://apache.org/xml/features/disallow-doctype-decl\" set to true.",
            ),
            Error::UnexpectedCloseTag(expected, ..) => fault(&format!(
                "The element type \"{expected}\" must be terminated by the matching end-tag \"</{expected}>\"."
            )),
            // An element whose tag never ends.
            Error::NoRootNode if text.trim_start().starts_with('<') => Self::at_end(text),
            Error::NoRootNode => fault("Content is not allowed in prolog."),
            Error::UnknownEntityReference(name, _) => fault(&format!(
                "The entity \"{name}\" was referenced, but not declared."
            )),
            Error::UnknownNamespace(prefix, _) => {
                fault(&format!("The prefix \"{prefix}\" is not bound."))
            }
            Error::DuplicatedAttribute(name, _) => fault(&format!(
                "Attribute \"{name}\" was already specified for this element."
            )),
            Error::NodesLimitReached => fault("The document is too large."),
            _ if !text.trim_start().starts_with('<') => fault("Content is not allowed in prolog."),
            _ => fault("The markup in the document must be well-formed."),
        }
    }

    /// What is more than anybody writes, at this octet of the text.
    pub(super) fn too_much(text: &str, offset: usize, reason: String) -> Self {
        let before = text.get(..offset).unwrap_or_default();
        let lines = before.matches('\n').count();
        let last = before.rsplit('\n').next().unwrap_or_default();
        let number = |count: usize| u32::try_from(count.saturating_add(1)).unwrap_or(u32::MAX);
        Self {
            line: number(lines),
            column: number(last.chars().count()),
            reason,
        }
    }

    /// The document ends inside an element: the place is just behind its last character.
    fn at_end(text: &str) -> Self {
        let line = text.lines().count().max(1);
        let last = text.rsplit('\n').next().unwrap_or_default();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            line: number(line),
            column: number(last.chars().count().saturating_add(1)),
            reason: "XML document structures must start and end within the same entity.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sign::xml::parse;

    #[test]
    fn faults_are_told_as_sites_know_them() {
        for (text, message) in [
            (
                "<this>is not a valid XML",
                "org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 25; XML document structures must start and \
                 end within the same entity.",
            ),
            (
                "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
                "org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 1; DOCTYPE is disallowed when the feature \
                 \"http://apache.org/xml/features/disallow-doctype-decl\" set to true.",
            ),
            (
                "",
                "org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 1; Premature end of file.",
            ),
            (
                "<a",
                "org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 3; XML document structures must start and \
                 end within the same entity.",
            ),
            (
                "text",
                "org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 1; Content is not allowed in prolog.",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
        let fault = parse("<a><b></a>").unwrap_err().to_string();
        assert!(fault.contains("The element type \"b\" must be"), "{fault}");
    }
}
