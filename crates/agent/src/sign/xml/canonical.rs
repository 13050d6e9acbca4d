//! Canonical XML: 1.0 (W3C Recommendation of 15 March 2001) and exclusive 1.0 (of 18 July 2002).
//!
//! The input is a tree whose namespaces, character references and line ends the parser has resolved; names keep the
//! prefixes that stand in the text.

use std::collections::{HashMap, HashSet};

use roxmltree::{Attribute, Node, NodeId, NodeType};

use super::scan::declares_namespaces;

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
        holding: Scoped::default(),
        written: Scoped::default(),
        is_behind_root: false,
    };
    writer.node(node);
    writer.out
}

struct Writer<'a> {
    form: Canonical,
    out: String,
    /// Namespaces that hold.
    holding: Scoped<'a>,
    /// Namespaces that were written.
    written: Scoped<'a>,
    /// Whether the root element was passed.
    is_behind_root: bool,
}

/// Namespaces by prefix (empty for the default one), as they are in the elements that are open: what an element does not change
/// it shares with those around it.
#[derive(Default)]
struct Scoped<'a> {
    now: HashMap<&'a str, Vec<&'a str>>,
    /// The prefixes that each open element changed.
    changed: Vec<Vec<&'a str>>,
}

impl<'a> Scoped<'a> {
    /// The namespace of a prefix; the empty default one is what holds where nothing is declared.
    fn get(&self, prefix: &str) -> Option<&'a str> {
        let known = self.now.get(prefix).and_then(|all| all.last());
        known.copied().or(prefix.is_empty().then_some(""))
    }

    fn open(&mut self) {
        self.changed.push(Vec::new());
    }

    /// Changes a prefix for the innermost element; whether it meant something else before.
    fn set(&mut self, prefix: &'a str, namespace: &'a str) -> bool {
        let is_new = self.get(prefix) != Some(namespace);
        if is_new && let Some(changed) = self.changed.last_mut() {
            changed.push(prefix);
            self.now.entry(prefix).or_default().push(namespace);
        }
        is_new
    }

    fn close(&mut self) {
        for prefix in self.changed.pop().unwrap_or_default() {
            self.now.get_mut(prefix).and_then(Vec::pop);
        }
    }
}

/// A step of the walk; the tree may be deeper than the stack.
enum Step<'a, 'input> {
    Enter(Node<'a, 'input>),
    Leave(&'a str),
}

impl<'a> Writer<'a> {
    fn node<'input>(&mut self, apex: Node<'a, 'input>) {
        let mut steps = vec![Step::Enter(apex)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Leave(name) => {
                    self.out.push_str("</");
                    self.out.push_str(name);
                    self.out.push('>');
                    self.holding.close();
                    self.written.close();
                }
                Step::Enter(node) => self.enter(node, node.id() == apex.id(), &mut steps),
            }
        }
    }

    fn enter<'input>(
        &mut self,
        node: Node<'a, 'input>,
        is_apex: bool,
        steps: &mut Vec<Step<'a, 'input>>,
    ) {
        let outside_root = node.parent().is_some_and(|parent| parent.is_root());
        match node.node_type() {
            NodeType::Root => push_children(node, steps),
            NodeType::Element => {
                self.is_behind_root |= outside_root;
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
                self.apart(outside_root, &format!("<!--{}-->", carriage(text)));
            }
            NodeType::PI => {
                let Some(instruction) = node.pi() else { return };
                let value = instruction.value.unwrap_or_default();
                let space = if value.is_empty() { "" } else { " " };
                let text = format!("<?{}{space}{}?>", instruction.target, carriage(value));
                self.apart(outside_root, &text);
            }
        }
    }

    /// Comments and instructions outside the root element stand on lines of their own (2.1 of Canonical XML).
    fn apart(&mut self, outside_root: bool, text: &str) {
        let behind = outside_root && self.is_behind_root;
        if behind {
            self.out.push('\n');
        }
        self.out.push_str(text);
        if outside_root && !behind {
            self.out.push('\n');
        }
    }

    fn start<'input>(&mut self, node: Node<'a, 'input>, name: &'a str, is_apex: bool) {
        let mut attributes: Vec<Attribute<'a, 'input>> = node.attributes().collect();
        if is_apex && !self.form.exclusive {
            inherit(node, &mut attributes);
        }
        attributes.sort_by(|a, b| (a.namespace(), a.name()).cmp(&(b.namespace(), b.name())));
        let names: Vec<&'a str> = attributes
            .iter()
            .map(|attribute| attribute_name(node, attribute))
            .collect();
        self.out.push('<');
        self.out.push_str(name);
        let changed = self.hold(node, is_apex);
        for prefix in self.declared(changed, name, &names) {
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(prefix);
            }
            self.out.push_str("=\"");
            let namespace = self.written.get(prefix).unwrap_or_default();
            escape_attribute(namespace, &mut self.out);
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

    /// Opens the scope of an element; the prefixes that mean something else in it.
    fn hold(&mut self, node: Node<'a, '_>, is_apex: bool) -> Vec<&'a str> {
        self.holding.open();
        // The reader gives the namespaces that hold, those from above included: of most elements they are the same.
        if !is_apex && !declares_namespaces(tag(node)) {
            return Vec::new();
        }
        let mut changed = Vec::new();
        let mut has_default = false;
        for namespace in node.namespaces() {
            let prefix = namespace.name().unwrap_or_default();
            has_default |= prefix.is_empty();
            if prefix != "xml" && self.holding.set(prefix, namespace.uri()) {
                changed.push(prefix);
            }
        }
        if !has_default && self.holding.set("", "") {
            changed.push("");
        }
        changed
    }

    /// The prefixes that an element is written with.
    fn declared(
        &mut self,
        changed: Vec<&'a str>,
        name: &'a str,
        attributes: &[&'a str],
    ) -> Vec<&'a str> {
        let mut prefixes = changed;
        if self.form.exclusive {
            let prefix = |name: &'a str| name.split_once(':').map(|(prefix, _)| prefix);
            prefixes = attributes.iter().copied().filter_map(prefix).collect();
            prefixes.push(prefix(name).unwrap_or_default());
        }
        prefixes.sort_unstable();
        prefixes.dedup();
        self.written.open();
        prefixes.retain(|prefix| {
            let namespace = self.holding.get(prefix);
            namespace.is_some_and(|namespace| self.written.set(prefix, namespace))
        });
        prefixes
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
    let is_xml = |attribute: &Attribute<'_, '_>| attribute.namespace() == Some(XML);
    let own = attributes.iter().filter(|attribute| is_xml(attribute));
    let mut known: HashSet<&'a str> = own.map(Attribute::name).collect();
    for above in node.ancestors().skip(1).filter(Node::is_element) {
        let inherited = above.attributes().filter(is_xml);
        attributes.extend(inherited.filter(|attribute| known.insert(attribute.name())));
    }
}

/// What the text of an element begins with: its start tag.
fn tag<'a>(node: Node<'a, '_>) -> &'a str {
    let text = node.document().input_text();
    text.get(node.range().start..).unwrap_or_default()
}

/// The name as it stands in the text, with its prefix.
pub(super) fn element_name<'a>(node: Node<'a, '_>) -> &'a str {
    let tag = tag(node);
    let rest = tag.strip_prefix('<').unwrap_or(tag);
    let end = rest
        .find(|character: char| character.is_ascii_whitespace() || matches!(character, '/' | '>'))
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn attribute_name<'a>(node: Node<'a, '_>, attribute: &Attribute<'_, '_>) -> &'a str {
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
