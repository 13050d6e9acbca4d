//! Canonical XML: 1.0 (W3C Recommendation of 15 March 2001) and exclusive 1.0 (of 18 July 2002).
//!
//! The input is a tree whose namespaces, character references and line ends the parser has resolved; names keep the
//! prefixes that stand in the text.

use std::collections::BTreeMap;

use roxmltree::{Attribute, Node, NodeId, NodeType};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Which form, and what is left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Canonical {
    /// Exclusive canonicalization: of the namespaces in scope, those that are used.
    pub exclusive: bool,
    /// Whether comments stay.
    pub comments: bool,
    /// An element that is left out with everything in it: the signature that is being made or judged.
    pub without: Option<NodeId>,
}

/// The canonical form of a whole document (its root node) or of one element.
#[must_use]
pub fn canonicalize(node: Node<'_, '_>, form: Canonical) -> String {
    let mut writer = Writer {
        form,
        out: String::new(),
        scopes: vec![BTreeMap::new()],
    };
    writer.node(node);
    writer.out
}

struct Writer<'input> {
    form: Canonical,
    out: String,
    /// Namespaces as they were written, innermost last: prefix (empty for the default) and name.
    scopes: Vec<BTreeMap<&'input str, String>>,
}

/// A step of the walk; the tree may be deeper than the stack.
enum Step<'a, 'input> {
    Enter(Node<'a, 'input>),
    Leave(&'input str),
}

impl<'input> Writer<'input> {
    fn node<'a>(&mut self, apex: Node<'a, 'input>) {
        let mut steps = vec![Step::Enter(apex)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Leave(name) => {
                    self.out.push_str("</");
                    self.out.push_str(name);
                    self.out.push('>');
                    self.scopes.pop();
                }
                Step::Enter(node) => self.enter(node, node.id() == apex.id(), &mut steps),
            }
        }
    }

    fn enter<'a>(
        &mut self,
        node: Node<'a, 'input>,
        is_apex: bool,
        steps: &mut Vec<Step<'a, 'input>>,
    ) {
        let outside_root = node.parent().is_some_and(|parent| parent.is_root());
        match node.node_type() {
            NodeType::Root => push_children(node, steps),
            NodeType::Element => {
                if self.form.without == Some(node.id()) {
                    return;
                }
                let name = element_name(node);
                self.start(node, name, is_apex);
                steps.push(Step::Leave(name));
                push_children(node, steps);
            }
            NodeType::Text => escape_text(node.text().unwrap_or_default(), &mut self.out),
            NodeType::Comment if !self.form.comments => {}
            NodeType::Comment => {
                let text = node.text().unwrap_or_default();
                self.apart(node, outside_root, &format!("<!--{}-->", carriage(text)));
            }
            NodeType::PI => {
                let Some(instruction) = node.pi() else { return };
                let value = instruction.value.unwrap_or_default();
                let space = if value.is_empty() { "" } else { " " };
                let text = format!("<?{}{space}{}?>", instruction.target, carriage(value));
                self.apart(node, outside_root, &text);
            }
        }
    }

    /// Comments and instructions outside the root element stand on lines of their own (2.1 of Canonical XML).
    fn apart(&mut self, node: Node<'_, '_>, outside_root: bool, text: &str) {
        let behind = outside_root && node.prev_siblings().any(|sibling| sibling.is_element());
        if behind {
            self.out.push('\n');
        }
        self.out.push_str(text);
        if outside_root && !behind {
            self.out.push('\n');
        }
    }

    fn start(&mut self, node: Node<'_, 'input>, name: &'input str, is_apex: bool) {
        let mut attributes: Vec<Attribute<'_, 'input>> = node.attributes().collect();
        if is_apex && !self.form.exclusive {
            inherit(node, &mut attributes);
        }
        attributes.sort_by(|a, b| (a.namespace(), a.name()).cmp(&(b.namespace(), b.name())));
        let names: Vec<&'input str> = attributes
            .iter()
            .map(|attribute| attribute_name(node, attribute))
            .collect();
        self.out.push('<');
        self.out.push_str(name);
        for (prefix, namespace) in self.namespaces(node, name, &names) {
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(prefix);
            }
            self.out.push_str("=\"");
            escape_attribute(&namespace, &mut self.out);
            self.out.push('"');
        }
        for (name, attribute) in names.iter().zip(&attributes) {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape_attribute(attribute.value(), &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// The declarations that this element is written with, by prefix; opens its scope.
    fn namespaces(
        &mut self,
        node: Node<'_, 'input>,
        name: &'input str,
        attributes: &[&'input str],
    ) -> Vec<(&'input str, String)> {
        let written = self.scopes.last().cloned().unwrap_or_default();
        let mut in_scope: BTreeMap<&'input str, String> = node
            .namespaces()
            .map(|namespace| {
                (
                    namespace.name().unwrap_or_default(),
                    namespace.uri().to_owned(),
                )
            })
            .filter(|(prefix, _)| *prefix != "xml")
            .collect();
        in_scope.entry("").or_default();
        if self.form.exclusive {
            let prefix = |name: &'input str| name.split_once(':').map(|(prefix, _)| prefix);
            let mut used: Vec<&str> = attributes.iter().copied().filter_map(prefix).collect();
            used.push(prefix(name).unwrap_or_default());
            in_scope.retain(|prefix, _| used.contains(prefix));
        }
        let mut scope = written.clone();
        let mut declared = Vec::new();
        for (prefix, namespace) in in_scope {
            let before = written.get(prefix);
            let same = match before {
                Some(before) => *before == namespace,
                // The empty default namespace is what holds where nothing is declared.
                None => prefix.is_empty() && namespace.is_empty(),
            };
            if !same {
                declared.push((prefix, namespace.clone()));
                scope.insert(prefix, namespace);
            }
        }
        self.scopes.push(scope);
        declared
    }
}

fn push_children<'a, 'input>(node: Node<'a, 'input>, steps: &mut Vec<Step<'a, 'input>>) {
    let mut child = node.last_child();
    while let Some(node) = child {
        steps.push(Step::Enter(node));
        child = node.prev_sibling();
    }
}

/// Attributes of the namespace `xml` come down to the apex from above (2.4 of Canonical XML).
fn inherit<'a, 'input>(node: Node<'a, 'input>, attributes: &mut Vec<Attribute<'a, 'input>>) {
    for above in node.ancestors().skip(1).filter(Node::is_element) {
        for attribute in above.attributes() {
            let is_xml = attribute.namespace() == Some(XML);
            let known = attributes
                .iter()
                .any(|own| own.namespace() == Some(XML) && own.name() == attribute.name());
            if is_xml && !known {
                attributes.push(attribute);
            }
        }
    }
}

/// The name as it stands in the text, with its prefix.
pub(super) fn element_name<'input>(node: Node<'_, 'input>) -> &'input str {
    let text = node.document().input_text();
    let rest = text.get(node.range().start..).unwrap_or_default();
    let rest = rest.strip_prefix('<').unwrap_or(rest);
    let end = rest
        .find(|character: char| character.is_ascii_whitespace() || matches!(character, '/' | '>'))
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn attribute_name<'input>(
    node: Node<'_, 'input>,
    attribute: &Attribute<'_, 'input>,
) -> &'input str {
    let text = node.document().input_text();
    text.get(attribute.range_qname()).unwrap_or_default()
}

fn escape_text(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
}

fn escape_attribute(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
}

fn carriage(text: &str) -> String {
    text.replace('\r', "&#xD;")
}

#[cfg(test)]
mod tests;
