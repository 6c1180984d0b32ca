//! The page of a component test: a tree of nodes that the interface's edits build, with the ids it gave its elements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dioxus::core::{AttributeValue, ElementId, Template, TemplateAttribute, TemplateNode, WriteMutations};

/// A node of the page: an element, a text, or the place of nothing (no tag, no text).
#[derive(Clone, Debug, Default)]
struct Node {
    tag: &'static str,
    text: String,
    attributes: BTreeMap<&'static str, String>,
    listeners: BTreeSet<&'static str>,
    parent: Option<usize>,
    children: Vec<usize>,
    id: Option<ElementId>,
}

/// An element that was found; holds until the next edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found(usize);

/// The tree, and the stack that edits work on.
#[derive(Debug)]
pub struct Page {
    nodes: Vec<Node>,
    ids: HashMap<ElementId, usize>,
    stack: Vec<usize>,
    edits: usize,
}

impl Default for Page {
    fn default() -> Self {
        let root = Node { tag: "body", id: Some(ElementId(0)), ..Node::default() };
        Self { nodes: vec![root], ids: HashMap::from([(ElementId(0), 0)]), stack: Vec::new(), edits: 0 }
    }
}

impl Page {
    /// How much of it was made, moved or written until now.
    pub fn edits(&self) -> usize {
        self.edits
    }

    /// The element with this `id`.
    pub fn by_id(&self, id: &str) -> Option<Found> {
        self.find(|page, node| page.attribute(node, "id") == Some(id))
    }

    /// The element with this role (its own or its tag's) and this name.
    pub fn by_role(&self, role: &str, name: &str) -> Option<Found> {
        self.find(|page, node| page.role(node) == role && page.name(node) == name)
    }

    /// All elements with this role, in the order of the page.
    pub fn all_with_role(&self, role: &str) -> Vec<Found> {
        self.all().into_iter().filter(|node| self.role(*node) == role).collect()
    }

    /// The first element, in the order of the page, of which this is true.
    pub fn find(&self, is: impl Fn(&Self, Found) -> bool) -> Option<Found> {
        self.all().into_iter().find(|node| is(self, *node))
    }

    /// All elements, in the order of the page.
    pub fn all(&self) -> Vec<Found> {
        let (mut found, mut waiting) = (Vec::new(), vec![0]);
        while let Some(node) = waiting.pop() {
            if !self.nodes[node].tag.is_empty() {
                found.push(Found(node));
            }
            waiting.extend(self.nodes[node].children.iter().rev());
        }
        found
    }

    /// Everything that can be read in an element, words apart.
    pub fn text(&self, node: Found) -> String {
        let mut words = Vec::new();
        self.collect(node.0, &mut words);
        seen(&words.join(" ").split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn collect(&self, node: usize, words: &mut Vec<String>) {
        words.push(self.nodes[node].text.clone());
        for child in &self.nodes[node].children {
            self.collect(*child, words);
        }
    }

    /// Everything that can be read on the page.
    pub fn says(&self) -> String {
        self.text(Found(0))
    }

    /// An attribute; `true` and `false` are written out.
    pub fn attribute(&self, node: Found, name: &str) -> Option<&str> {
        self.nodes[node.0].attributes.get(name).map(String::as_str)
    }

    /// The tag.
    pub fn tag(&self, node: Found) -> &'static str {
        self.nodes[node.0].tag
    }

    /// The element above.
    pub fn parent(&self, node: Found) -> Option<Found> {
        self.nodes[node.0].parent.map(Found)
    }

    /// The role as a screen reader hears it; empty when it hears none.
    pub fn role(&self, node: Found) -> &str {
        if let Some(role) = self.attribute(node, "role") {
            return role;
        }
        match (self.tag(node), self.attribute(node, "type")) {
            ("button", _) => "button",
            ("a", _) => "link",
            ("input", Some("checkbox")) => "checkbox",
            ("input", Some("radio")) => "radio",
            ("input" | "textarea", _) => "textbox",
            ("h1" | "h2" | "h3", _) => "heading",
            ("ul" | "ol", _) => "list",
            ("nav", _) => "navigation",
            ("main", _) => "main",
            _ => "",
        }
    }

    /// The name as a screen reader hears it: `aria-label`, else the label that points here, else the words inside.
    pub fn name(&self, node: Found) -> String {
        if let Some(label) = self.attribute(node, "aria-label") {
            return seen(label);
        }
        let label = self.attribute(node, "id").and_then(|id| {
            self.find(|page, label| page.tag(label) == "label" && page.attribute(label, "for") == Some(id))
        });
        self.text(label.unwrap_or(node))
    }

    /// Whether it cannot be used.
    pub fn is_disabled(&self, node: Found) -> bool {
        self.attribute(node, "disabled").is_some_and(|disabled| disabled != "false")
    }

    /// The number that the interface knows this element by, or the nearest one around it that hears anything: the only ones
    /// whose events a real page hands over.
    pub fn element(&self, node: Found) -> ElementId {
        let mut here = node.0;
        loop {
            match (self.nodes[here].id, self.nodes[here].parent) {
                (Some(id), _) if !self.nodes[here].listeners.is_empty() => return id,
                (_, Some(parent)) => here = parent,
                (_, None) => return ElementId(0),
            }
        }
    }

    /// Whether it, or something around it, hears this event.
    pub fn hears(&self, node: Found, event: &str) -> bool {
        let mut here = Some(node.0);
        while let Some(at) = here {
            if self.nodes[at].listeners.contains(event) {
                return true;
            }
            here = self.nodes[at].parent;
        }
        false
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn copy(&mut self, template: &TemplateNode) -> usize {
        let TemplateNode::Element { tag, attrs, children, .. } = template else {
            let text = if let TemplateNode::Text { text } = template { *text } else { "" };
            return self.add(Node { text: text.to_owned(), ..Node::default() });
        };
        let attributes = attrs.iter().filter_map(|attribute| match attribute {
            TemplateAttribute::Static { name, value, .. } => Some((*name, (*value).to_owned())),
            TemplateAttribute::Dynamic { .. } => None,
        });
        let node = self.add(Node { tag, attributes: attributes.collect(), ..Node::default() });
        for child in *children {
            let child = self.copy(child);
            self.nodes[child].parent = Some(node);
            self.nodes[node].children.push(child);
        }
        node
    }

    fn at(&self, path: &[u8], root: usize) -> usize {
        path.iter().fold(root, |node, step| self.nodes[node].children[usize::from(*step)])
    }

    fn give(&mut self, node: usize, id: ElementId) {
        self.ids.insert(id, node);
        self.nodes[node].id = Some(id);
    }

    fn known(&self, id: ElementId) -> usize {
        *self.ids.get(&id).expect("an element of the page")
    }

    fn take(&mut self, count: usize) -> Vec<usize> {
        self.stack.split_off(self.stack.len() - count)
    }

    fn detach(&mut self, node: usize) {
        if let Some(parent) = self.nodes[node].parent.take() {
            self.nodes[parent].children.retain(|child| *child != node);
        }
    }

    /// Puts nodes beside `mark`: before it, or after it.
    fn put(&mut self, mark: usize, after: bool, new: Vec<usize>) {
        self.edits += 1;
        for node in &new {
            self.detach(*node);
        }
        let parent = self.nodes[mark].parent.expect("a node of the tree");
        let place = self.nodes[parent].children.iter().position(|child| *child == mark).expect("a child of its parent");
        for (offset, node) in new.into_iter().enumerate() {
            self.nodes[node].parent = Some(parent);
            self.nodes[parent].children.insert(place + usize::from(after) + offset, node);
        }
    }

    fn replace(&mut self, old: usize, new: Vec<usize>) {
        self.put(old, false, new);
        self.detach(old);
    }
}

impl WriteMutations for Page {
    fn append_children(&mut self, id: ElementId, count: usize) {
        let (parent, new) = (self.known(id), self.take(count));
        for node in new {
            self.detach(node);
            self.nodes[node].parent = Some(parent);
            self.nodes[parent].children.push(node);
        }
    }

    fn assign_node_id(&mut self, path: &'static [u8], id: ElementId) {
        let node = self.at(path, *self.stack.last().expect("a template was loaded"));
        self.give(node, id);
    }

    fn create_placeholder(&mut self, id: ElementId) {
        self.create_text_node("", id);
    }

    fn create_text_node(&mut self, value: &str, id: ElementId) {
        self.edits += 1;
        let node = self.add(Node { text: value.to_owned(), ..Node::default() });
        self.give(node, id);
        self.stack.push(node);
    }

    fn load_template(&mut self, template: Template, index: usize, id: ElementId) {
        self.edits += 1;
        let node = self.copy(&template.roots[index]);
        self.give(node, id);
        self.stack.push(node);
    }

    fn replace_node_with(&mut self, id: ElementId, count: usize) {
        let (old, new) = (self.known(id), self.take(count));
        self.replace(old, new);
    }

    fn replace_placeholder_with_nodes(&mut self, path: &'static [u8], count: usize) {
        let new = self.take(count);
        let old = self.at(path, *self.stack.last().expect("a template was loaded"));
        self.replace(old, new);
    }

    fn insert_nodes_after(&mut self, id: ElementId, count: usize) {
        let (mark, new) = (self.known(id), self.take(count));
        self.put(mark, true, new);
    }

    fn insert_nodes_before(&mut self, id: ElementId, count: usize) {
        let (mark, new) = (self.known(id), self.take(count));
        self.put(mark, false, new);
    }

    fn set_attribute(&mut self, name: &'static str, _: Option<&'static str>, value: &AttributeValue, id: ElementId) {
        self.edits += 1;
        let node = self.known(id);
        let text = match value {
            AttributeValue::Text(text) => text.clone(),
            AttributeValue::Float(number) => number.to_string(),
            AttributeValue::Int(number) => number.to_string(),
            AttributeValue::Bool(truth) => truth.to_string(),
            _ => {
                self.nodes[node].attributes.remove(name);
                return;
            }
        };
        self.nodes[node].attributes.insert(name, text);
    }

    fn set_node_text(&mut self, value: &str, id: ElementId) {
        self.edits += 1;
        let node = self.known(id);
        value.clone_into(&mut self.nodes[node].text);
    }

    fn create_event_listener(&mut self, name: &'static str, id: ElementId) {
        let node = self.known(id);
        self.nodes[node].listeners.insert(name);
    }

    fn remove_event_listener(&mut self, name: &'static str, id: ElementId) {
        let node = self.known(id);
        self.nodes[node].listeners.remove(name);
    }

    fn remove_node(&mut self, id: ElementId) {
        let node = self.known(id);
        self.detach(node);
    }

    fn push_root(&mut self, id: ElementId) {
        let node = self.known(id);
        self.stack.push(node);
    }
}

/// A text as a person reads it: the marks that isolate names are not seen.
fn seen(text: &str) -> String {
    text.replace(['\u{2068}', '\u{2069}'], "")
}
