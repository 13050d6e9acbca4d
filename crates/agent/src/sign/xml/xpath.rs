//! The paths that sites name elements with: a small part of XPath 1.0.
//!
//! Steps of child (`/a`) and descendant (`//a`) elements, names with or without prefix or `*`, and conditions on position
//! (`[2]`), attributes (`[@Id]`, `[@Id='x']`) and local name (`[local-name()='a']`). A prefix means what it means at
//! the root element; a name without prefix matches elements of no namespace, and in a document whose root has a default
//! namespace also that one, which is what people who write such paths expect.

use roxmltree::{Document, Node};

/// Steps of a path at most, and conditions of all of them.
const STEPS: usize = 64;
const CONDITIONS: usize = 64;

/// A path that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("javax.xml.xpath.XPathExpressionException: the path is not supported")]
pub struct PathFault;

#[derive(Debug)]
struct Step<'a> {
    anywhere: bool,
    prefix: Option<&'a str>,
    name: &'a str,
    conditions: Vec<Condition<'a>>,
}

#[derive(Debug)]
enum Condition<'a> {
    Position(usize),
    HasAttribute(&'a str),
    Attribute(&'a str, &'a str),
    LocalName(&'a str),
}

/// The first element that the path names.
pub(super) fn find<'a, 'input>(
    document: &'a Document<'input>,
    path: &str,
) -> Result<Option<Node<'a, 'input>>, PathFault> {
    let mut found = vec![document.root()];
    let root = document.root_element();
    for step in steps(path)? {
        // Positions count among the children of one parent, `//` or not.
        let parents = if step.anywhere {
            all_within(&found)
        } else {
            found
        };
        let test = step.test(root);
        let mut next: Vec<Node<'a, 'input>> = Vec::new();
        for parent in parents {
            let matching = parent.children().filter(|node| test.matches(*node));
            next.extend(step.select(matching.collect()));
        }
        next.sort_by_key(|node| node.id().get());
        next.dedup_by_key(|node| node.id());
        found = next;
    }
    Ok(found.into_iter().next().filter(Node::is_element))
}

/// The nodes, which stand in the order of the document, and all that is in them, each once.
fn all_within<'a, 'input>(nodes: &[Node<'a, 'input>]) -> Vec<Node<'a, 'input>> {
    let mut all: Vec<Node<'a, 'input>> = Vec::new();
    for node in nodes {
        // What is in a node follows it, so that a node before the last one that was met is one of those.
        let is_known = all
            .last()
            .is_some_and(|last| node.id().get() <= last.id().get());
        if !is_known {
            all.extend(node.descendants());
        }
    }
    all
}

/// The name in a step, with what it means in this document.
struct Test<'a> {
    is_any: bool,
    name: &'a str,
    /// Namespaces that match; one that is not declared matches nothing.
    spaces: Vec<Option<&'a str>>,
}

impl Test<'_> {
    fn matches(&self, node: Node<'_, '_>) -> bool {
        if !node.is_element() || self.is_any {
            return node.is_element();
        }
        let tag = node.tag_name();
        (self.name == "*" || tag.name() == self.name) && self.spaces.contains(&tag.namespace())
    }
}

impl<'path> Step<'path> {
    fn test<'a>(&'a self, root: Node<'a, 'a>) -> Test<'a> {
        let spaces = match self.prefix {
            Some(prefix) => {
                let space = root.lookup_namespace_uri(Some(prefix));
                space.map(Some).into_iter().collect()
            }
            None => vec![None, root.default_namespace()],
        };
        Test {
            is_any: self.name == "*" && self.prefix.is_none(),
            name: self.name,
            spaces,
        }
    }

    /// Conditions one after another; positions count what is left of the siblings.
    fn select<'a, 'input>(&self, candidates: Vec<Node<'a, 'input>>) -> Vec<Node<'a, 'input>> {
        let mut left = candidates;
        for condition in &self.conditions {
            left = match condition {
                Condition::Position(number) => left
                    .into_iter()
                    .nth(number.saturating_sub(1))
                    .into_iter()
                    .collect(),
                Condition::HasAttribute(name) => {
                    left.retain(|node| node.attribute(*name).is_some());
                    left
                }
                Condition::Attribute(name, value) => {
                    left.retain(|node| node.attribute(*name) == Some(*value));
                    left
                }
                Condition::LocalName(name) => {
                    left.retain(|node| node.tag_name().name() == *name);
                    left
                }
            };
        }
        left
    }
}

fn steps(path: &str) -> Result<Vec<Step<'_>>, PathFault> {
    let mut rest = path.trim();
    let mut steps = Vec::new();
    let mut count = 0_usize;
    if !rest.starts_with('/') {
        return Err(PathFault);
    }
    while !rest.is_empty() {
        let anywhere = rest.starts_with("//");
        rest = rest
            .strip_prefix("//")
            .or_else(|| rest.strip_prefix('/'))
            .ok_or(PathFault)?;
        let end = rest.find(['/', '[']).unwrap_or(rest.len());
        let (test, tail) = rest.split_at(end);
        rest = tail;
        let (prefix, name) = match test.split_once(':') {
            Some((prefix, name)) => (Some(prefix), name),
            None => (None, test),
        };
        if !is_name(name) || prefix.is_some_and(|prefix| !is_name(prefix)) {
            return Err(PathFault);
        }
        let mut conditions = Vec::new();
        while let Some(tail) = rest.strip_prefix('[') {
            let (inside, tail) = tail.split_once(']').ok_or(PathFault)?;
            conditions.push(condition(inside.trim())?);
            rest = tail;
            count = count.saturating_add(1);
        }
        steps.push(Step {
            anywhere,
            prefix,
            name,
            conditions,
        });
        if steps.len() > STEPS || count > CONDITIONS {
            return Err(PathFault);
        }
    }
    Ok(steps)
}

fn condition(text: &str) -> Result<Condition<'_>, PathFault> {
    if let Ok(number) = text.parse() {
        return Ok(Condition::Position(number));
    }
    if let Some(value) = text.strip_prefix("local-name()") {
        return Ok(Condition::LocalName(literal(value)?));
    }
    let attribute = text.strip_prefix('@').ok_or(PathFault)?;
    match attribute.split_once('=') {
        None if is_name(attribute) => Ok(Condition::HasAttribute(attribute)),
        Some((name, value)) if is_name(name.trim()) => {
            Ok(Condition::Attribute(name.trim(), quoted(value)?))
        }
        _ => Err(PathFault),
    }
}

/// `= 'text'`
fn literal(text: &str) -> Result<&str, PathFault> {
    quoted(text.trim_start().strip_prefix('=').ok_or(PathFault)?)
}

fn quoted(text: &str) -> Result<&str, PathFault> {
    let text = text.trim();
    ['\'', '"']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .ok_or(PathFault)
}

fn is_name(text: &str) -> bool {
    text == "*"
        || (!text.is_empty()
            && text.chars().all(|character| {
                character.is_alphanumeric() || matches!(character, '_' | '-' | '.')
            }))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::find;
    use crate::sign::xml::parse;

    const TEXT: &str =
        "<r xmlns:n=\"u\" xmlns=\"d\"><a Id=\"1\"/><a Id=\"2\"><n:b/></a><c xmlns=\"e\"/></r>";

    fn found(path: &str) -> Option<String> {
        let document = parse(TEXT).unwrap();
        let node = find(&document, path).unwrap()?;
        Some(format!(
            "{}{}",
            node.tag_name().name(),
            node.attribute("Id").unwrap_or_default()
        ))
    }

    #[test]
    fn paths_lead_to_elements() {
        for (path, expected) in [
            ("/r", Some("r")),
            ("/r/a", Some("a1")),
            ("/r/a[2]", Some("a2")),
            ("//a[@Id='2']", Some("a2")),
            ("//a[@Id=\"2\"]/n:b", Some("b")),
            ("//n:b", Some("b")),
            ("//*[local-name()='c']", Some("c")),
            ("//*[@Id]", Some("a1")),
            ("//c", None),
            ("//m:b", None),
            ("/a", None),
            ("//a[3]", None),
        ] {
            assert_eq!(found(path).as_deref(), expected, "{path}");
        }
    }

    /// Each step looks at each node once: these would take minutes otherwise, and hours in a document of megabytes.
    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "minutes are told from milliseconds"
    )]
    fn a_deep_document_is_walked_through_once_for_each_step() {
        let text = format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000));
        let document = parse(&text).unwrap();
        let begun = Instant::now();
        let path = "//a".repeat(64);
        assert_eq!(
            find(&document, &path).unwrap().unwrap().range().start,
            3 * 63
        );
        assert!(find(&document, &format!("{path}[@Id]")).unwrap().is_none());
        assert!(begun.elapsed() < Duration::from_secs(60));
        assert!(find(&document, &"//a".repeat(65)).is_err());
        assert!(find(&document, &format!("//a{}", "[1]".repeat(65))).is_err());
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let document = parse(TEXT).unwrap();
        for path in [
            "",
            "r",
            "/",
            "/r/",
            "//a[",
            "//a[last()]",
            "/r|/a",
            "//a[@Id=2]",
            "id('x')",
        ] {
            assert!(find(&document, path).is_err(), "{path}");
        }
    }
}
