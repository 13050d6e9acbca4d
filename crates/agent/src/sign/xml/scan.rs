//! What is counted before a document is read.
//!
//! The reader compares each attribute of an element with all others of it, and gives each element that declares a namespace a
//! list of all that hold there: with enough of either a few megabytes would keep it at work for hours.

use super::XmlFault;

/// Attributes of one element at most.
const ATTRIBUTES: usize = 512;
/// Declarations of namespaces in a document at most.
const NAMESPACES: usize = 4096;
/// `<` and `=` in a document at most: room for an element or an attribute is made for each, whatever it is.
const MARKS: usize = 8_000_000;

/// Looks over the tags of a document. What is not well-formed is left to the reader, which stops there.
///
/// # Errors
/// [`XmlFault`] where there is more than anybody writes.
pub(super) fn look_over(text: &str) -> Result<(), XmlFault> {
    let marks = text.bytes().filter(|octet| matches!(octet, b'<' | b'='));
    if marks.count() > MARKS {
        let reason = "The document is too large.".to_owned();
        return Err(XmlFault::too_much(text, 0, reason));
    }
    let mut namespaces = 0_usize;
    let mut at = 0;
    while let Some(begin) = find(text, at, "<") {
        let rest = text.get(begin..).unwrap_or_default();
        let end = if rest.starts_with("<!--") {
            find(text, begin.saturating_add(4), "-->")
        } else if rest.starts_with("<![CDATA[") {
            find(text, begin.saturating_add(9), "]]>")
        } else if rest.starts_with("<?") {
            find(text, begin.saturating_add(2), "?>")
        } else if rest.starts_with("</") {
            find(text, begin, ">")
        } else if rest.starts_with("<!") {
            // A document type, which is refused.
            return Ok(());
        } else {
            let tag = Tag::read(rest);
            namespaces = namespaces.saturating_add(tag.namespaces);
            let reason = if tag.attributes > ATTRIBUTES {
                format!(
                    "Element \"{}\" has more than {ATTRIBUTES} attributes.",
                    tag.name
                )
            } else if namespaces > NAMESPACES {
                format!("The document has more than {NAMESPACES} namespace declarations.")
            } else {
                at = begin.saturating_add(tag.length);
                continue;
            };
            return Err(XmlFault::too_much(text, begin, reason));
        };
        let Some(end) = end else { return Ok(()) };
        at = end;
    }
    Ok(())
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    let found = text.get(from..)?.find(what)?;
    Some(from.saturating_add(found))
}

/// A start tag.
struct Tag<'a> {
    name: &'a str,
    length: usize,
    attributes: usize,
    namespaces: usize,
}

impl<'a> Tag<'a> {
    /// Reads what begins with `<`, up to the `>` behind its attributes or the end of the text.
    fn read(text: &'a str) -> Self {
        let end = |octet: &u8| octet.is_ascii_whitespace() || matches!(octet, b'/' | b'>');
        let octets = text.as_bytes();
        let name = octets.iter().position(end).unwrap_or(octets.len());
        let mut tag = Self {
            name: text.get(1..name).unwrap_or_default(),
            length: octets.len(),
            attributes: 0,
            namespaces: 0,
        };
        // Each attribute has one value in quotation marks, and before it stands its name.
        let (mut at, mut between) = (name, name);
        while let Some(octet) = octets.get(at) {
            match octet {
                b'>' => {
                    tag.length = at;
                    break;
                }
                b'"' | b'\'' => {
                    tag.attributes = tag.attributes.saturating_add(1);
                    let before = octets.get(between..at).unwrap_or_default();
                    if before.windows(5).any(|name| name == b"xmlns") {
                        tag.namespaces = tag.namespaces.saturating_add(1);
                    }
                    let value = octets.get(at.saturating_add(1)..).unwrap_or_default();
                    let Some(length) = value.iter().position(|other| other == octet) else {
                        break;
                    };
                    at = at.saturating_add(length).saturating_add(2);
                    between = at;
                }
                _ => at = at.saturating_add(1),
            }
        }
        tag
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::sign::xml::parse;

    fn attributes(name: &str, count: usize) -> String {
        (0..count).fold(String::new(), |mut text, number| {
            let _ = write!(text, " {name}{number}='>'");
            text
        })
    }

    #[test]
    fn more_than_anybody_writes_is_refused_and_what_only_looks_like_it_is_not() {
        assert!(parse(&format!("<a{}/>", attributes("b", 512))).is_ok());
        let fault = parse(&format!("<a>\n<c{}/></a>", attributes("b", 513))).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "org.xml.sax.SAXParseException; lineNumber: 2; columnNumber: 1; Element \"c\" has more than 512 attributes."
        );
        let spaces = |count| {
            let declared: String = (0..count)
                .map(|number| format!("<c xmlns:b{number}='u{number}' xmlns = 'd'/>"))
                .collect();
            format!("<a>{declared}</a>")
        };
        assert!(parse(&spaces(2048)).is_ok());
        let fault = parse(&spaces(2049)).unwrap_err().to_string();
        assert!(
            fault.ends_with("The document has more than 4096 namespace declarations."),
            "{fault}"
        );
        let hidden = attributes("xmlns:b", 5000);
        for (open, close) in [
            ("<!--", "-->"),
            ("<![CDATA[<c", "/>]]>"),
            ("<?c", "?>"),
            ("", ""),
        ] {
            let text = format!("<a>{open}{hidden}{close}</a>").replace("'>'", "'x'");
            assert!(parse(&text).is_ok(), "{open}");
            // What comes behind is looked at again.
            let more = format!("<a>{open}{hidden}{close}<b{}/></a>", attributes("b", 513));
            let more = more.replace("'>'", "'x'");
            assert!(parse(&more).is_err(), "{open}");
        }
        assert!(parse(&format!("<a>{}</a>", "=".repeat(8_000_001))).is_err());
    }

    #[test]
    fn whatever_is_not_well_formed_comes_to_an_end() {
        for text in [
            "<",
            "<a",
            "<a b",
            "<a b='",
            "<!",
            "<!--",
            "<![CDATA[",
            "<?",
            "</",
            "<a b='>",
            "<ә ә='ә'",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
