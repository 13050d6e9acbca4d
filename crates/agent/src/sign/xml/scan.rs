//! What is counted before a document is read.
//!
//! The reader compares each attribute of an element with all others of it, and gives each element that declares a namespace a
//! list of all that hold there: with enough of either a few megabytes would keep it at work for hours.

use super::XmlFault;

/// Attributes of one element at most.
const ATTRIBUTES: usize = 512;
/// Steps at most in which the reader makes all those lists, where it compares what an element declares with what holds above
/// it: many elements that declare a little are common, lists that add up are not.
const NAMESPACES: usize = 8_000_000;
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
    let mut scopes = Scopes::default();
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
            scopes.leave();
            find(text, begin, ">")
        } else if rest.starts_with("<!") {
            // A document type, which is refused.
            return Ok(());
        } else {
            let tag = Tag::read(rest);
            scopes.enter(&tag);
            let reason = if tag.attributes > ATTRIBUTES {
                format!(
                    "Element \"{}\" has more than {ATTRIBUTES} attributes.",
                    tag.name
                )
            } else if let Some(prefix) = tag.unbound {
                // Namespaces in XML 1.0, 5: a prefix is never bound to nothing. What is signed all the same verifies nowhere.
                format!(
                    "The value of the attribute \"{prefix}\" is invalid. Prefixed namespace bindings may not be empty."
                )
            } else if scopes.steps > NAMESPACES {
                "The document has too many namespace declarations inside of each other.".to_owned()
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

/// Whether the start tag that a text begins with declares namespaces. One that only looks like it is counted as one that does.
pub(super) fn declares_namespaces(text: &str) -> bool {
    Tag::read(text).namespaces > 0
}

/// The elements that are open, as far as they declare namespaces.
#[derive(Default)]
struct Scopes {
    depth: usize,
    /// Depth, and how many declarations hold there; those that are declared anew count again.
    open: Vec<(usize, usize)>,
    /// For the lists of all elements so far.
    steps: usize,
}

impl Scopes {
    fn enter(&mut self, tag: &Tag<'_>) {
        let above = self.open.last().map_or(0, |(_, hold)| *hold);
        self.depth = self.depth.saturating_add(1);
        if tag.namespaces > 0 {
            let hold = above.saturating_add(tag.namespaces);
            let compared = above.saturating_mul(tag.namespaces);
            self.steps = self.steps.saturating_add(compared).saturating_add(hold);
            self.open.push((self.depth, hold));
        }
        if tag.is_empty {
            self.leave();
        }
    }

    fn leave(&mut self) {
        self.open.pop_if(|(depth, _)| *depth == self.depth);
        self.depth = self.depth.saturating_sub(1);
    }
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
    /// The declaration that binds a prefix to nothing, if there is one.
    unbound: Option<&'a str>,
    /// Whether it is the end of its element as well.
    is_empty: bool,
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
            unbound: None,
            is_empty: false,
        };
        // Each attribute has one value in quotation marks, and before it stands its name.
        let (mut at, mut between) = (name, name);
        while let Some(octet) = octets.get(at) {
            match octet {
                b'>' => {
                    tag.length = at;
                    let last = at.checked_sub(1).and_then(|last| octets.get(last));
                    tag.is_empty = last == Some(&b'/');
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
                    if length == 0 {
                        let name = text.get(between..at).unwrap_or_default();
                        let name = name.trim().trim_end_matches('=').trim();
                        tag.unbound = tag
                            .unbound
                            .or_else(|| name.starts_with("xmlns:").then_some(name));
                    }
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
    fn a_prefix_is_bound_to_something() {
        for text in ["<a xmlns:p=\"\"/>", "<a><b c='' xmlns:p = ''/></a>"] {
            let fault = parse(text).unwrap_err().to_string();
            let words = "The value of the attribute \"xmlns:p\" is invalid. Prefixed namespace bindings may not be empty.";
            assert!(fault.contains(words), "{fault}");
        }
        assert!(parse("<a xmlns=\"\" b=\"\"/>").is_ok());
        assert!(parse("<a b=\"xmlns:p=''\"/>").is_ok());
    }

    #[test]
    fn more_than_anybody_writes_is_refused_and_what_only_looks_like_it_is_not() {
        assert!(parse(&format!("<a{}/>", attributes("b", 512))).is_ok());
        let fault = parse(&format!("<a>\n<c{}/></a>", attributes("b", 513))).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "org.xml.sax.SAXParseException; lineNumber: 2; columnNumber: 1; Element \"c\" has more than 512 attributes."
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

    /// What programs write that declare the namespace of each element where they use it.
    #[test]
    fn many_elements_may_declare_namespaces_and_not_without_end_inside_of_each_other() {
        let schema = "xmlns:i='http://www.w3.org/2001/XMLSchema-instance'";
        let flat = format!("<c {schema} i:nil='true'/><d xmlns=''>/</d>").repeat(100_000);
        assert!(parse(&format!("<a xmlns='u' {schema}>{flat}</a>")).is_ok());
        let deep = |depth| {
            let open: String = (0..depth)
                .map(|number| format!("<c xmlns:b{number}='u'>"))
                .collect();
            format!("{open}{}", "</c>".repeat(depth))
        };
        assert!(parse(&deep(1_000)).is_ok());
        // None of them holds beside another.
        assert!(parse(&format!("<a>{}</a>", deep(500).repeat(20))).is_ok());
        let told = "The document has too many namespace declarations inside of each other.";
        let fault = parse(&deep(3_000)).unwrap_err().to_string();
        assert!(fault.ends_with(told), "{fault}");
        let wide = format!("<c{}/>", attributes("xmlns:c", 500).replace('>', "u")).repeat(40);
        let wide = format!(
            "<a{}>{wide}</a>",
            attributes("xmlns:b", 512).replace('>', "u")
        );
        let fault = parse(&wide).unwrap_err().to_string();
        assert!(fault.ends_with(told), "{fault}");
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
