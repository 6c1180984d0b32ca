//! The interface without a renderer: a page that remembers which element is which, so that a test presses and types by id.

use std::any::Any;
use std::collections::HashMap;
use std::os::fd::AsRawFd as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use dioxus::core::{AttributeValue, ElementId, Event, Template, TemplateAttribute, TemplateNode, WriteMutations};
use dioxus::prelude::*;
use dioxus_html::{PlatformEventData, SerializedFormData, SerializedHtmlEventConverter, SerializedMouseData};
use onionskin::options::Options;
use onionskin::platform::Platform;
use onionskin::route::Screen;
use onionskin::shell::Shell;
use onionskin::views::{App, AppProps};

/// A program over a folder of its own, with one account, on a network where nobody answers.
pub struct Home {
    pub shell: Shell,
    _folder: tempfile::TempDir,
    _key: std::fs::File,
}

impl Home {
    pub async fn of(name: &str, platform: Platform) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (key_path, network) = (folder.path().join("key"), folder.path().join("nowhere.json"));
        std::fs::write(&key_path, [7; 32]).unwrap();
        std::fs::write(&network, NOWHERE).unwrap();
        let key = std::fs::File::open(&key_path).unwrap();
        let options = Options {
            key_fd: Some(key.as_raw_fd()),
            network: Some(network),
            ..Options::in_folder(folder.path().join("data"))
        };
        let shell = Shell::new(options, platform).unwrap();
        shell.change_preferences(|preferences| preferences.language = Some("en".to_owned())).unwrap();
        shell.open().await;
        shell.create(name).await.unwrap();
        Self { shell, _folder: folder, _key: key }
    }

    /// Opens the interface at this screen.
    pub async fn opens(&self, screen: Screen) -> Page {
        self.shell.remember_stack(vec![Screen::Home, Screen::Settings, screen]);
        dioxus_html::set_event_converter(Box::new(SerializedHtmlEventConverter));
        let mut dom = VirtualDom::new_with_props(App, AppProps { shell: self.shell.clone() });
        let mut elements = Elements::default();
        dom.rebuild(&mut elements);
        let mut page = Page { dom, elements };
        page.settles().await;
        page
    }
}

/// What a person sees and can touch.
pub struct Page {
    dom: VirtualDom,
    elements: Elements,
}

impl Page {
    /// What is on the page now, without the marks that isolate names, which nobody sees.
    pub fn html(&self) -> String {
        dioxus_ssr::render(&self.dom).replace(['\u{2068}', '\u{2069}'], "")
    }

    /// Lets everything happen that is ready to happen.
    pub async fn settles(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while tokio::time::timeout(Duration::from_millis(30), self.dom.wait_for_work()).await.is_ok() {
            self.dom.render_immediate(&mut self.elements);
            assert!(Instant::now() < deadline, "it never rests: {}", self.html());
        }
    }

    /// Waits until the page says so.
    pub async fn until(&mut self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let html = self.html();
            if is(&html) {
                return html;
            }
            assert!(Instant::now() < deadline, "{what}: {html}");
            let _ = tokio::time::timeout(Duration::from_millis(20), self.dom.wait_for_work()).await;
            self.dom.render_immediate(&mut self.elements);
        }
    }

    pub async fn shows(&mut self, text: &str) -> String {
        self.until(&format!("“{text}” is shown"), |html| html.contains(text)).await
    }

    pub async fn shows_no(&mut self, text: &str) -> String {
        self.until(&format!("“{text}” is gone"), |html| !html.contains(text)).await
    }

    pub async fn presses(&mut self, id: &str) {
        self.fires(id, "click", Box::new(SerializedMouseData::default())).await;
    }

    pub async fn types(&mut self, id: &str, text: &str) {
        self.fires(id, "input", Box::new(SerializedFormData::new(text.to_owned(), Vec::new()))).await;
    }

    /// Submits the form that holds this button.
    pub async fn submits(&mut self, class: &str) {
        let form = self.elements.classes.get(class).copied();
        let form = form.unwrap_or_else(|| panic!("no {class}: {}", self.html()));
        self.sends(form, "submit", Box::new(SerializedFormData::new(String::new(), Vec::new()))).await;
    }

    async fn fires(&mut self, id: &str, event: &str, data: Box<dyn Any>) {
        assert!(self.html().contains(&format!("id=\"{id}\"")), "no {id} on the page: {}", self.html());
        let element = self.elements.ids.get(id).copied();
        self.sends(element.unwrap_or_else(|| panic!("nothing listens at {id}")), event, data).await;
    }

    async fn sends(&mut self, element: ElementId, event: &str, data: Box<dyn Any>) {
        let data = Rc::new(PlatformEventData::new(data)) as Rc<dyn Any>;
        self.dom.runtime().handle_event(event, Event::new(data, true), element);
        self.dom.render_immediate(&mut self.elements);
        self.settles().await;
    }
}

/// Follows the edits of a renderer far enough to know which element has which id and class.
#[derive(Default)]
struct Elements {
    ids: HashMap<String, ElementId>,
    classes: HashMap<String, ElementId>,
    stack: Vec<Option<&'static TemplateNode>>,
}

impl Elements {
    fn learn(&mut self, node: &TemplateNode, id: ElementId) {
        let TemplateNode::Element { attrs, .. } = node else { return };
        for attribute in *attrs {
            if let TemplateAttribute::Static { name, value, .. } = attribute {
                self.note(name, value, id);
            }
        }
    }

    fn note(&mut self, name: &str, value: &str, id: ElementId) {
        match name {
            "id" => drop(self.ids.insert(value.to_owned(), id)),
            "class" => drop(self.classes.insert(value.to_owned(), id)),
            _ => (),
        }
    }

    fn pop(&mut self, count: usize) {
        self.stack.truncate(self.stack.len().saturating_sub(count));
    }
}

impl WriteMutations for Elements {
    fn append_children(&mut self, _: ElementId, m: usize) {
        self.pop(m);
    }

    fn assign_node_id(&mut self, path: &'static [u8], id: ElementId) {
        let mut node = self.stack.last().copied().flatten();
        for step in path {
            node = match node {
                Some(TemplateNode::Element { children, .. }) => children.get(usize::from(*step)),
                _ => None,
            };
        }
        if let Some(node) = node {
            self.learn(node, id);
        }
    }

    fn create_placeholder(&mut self, _: ElementId) {
        self.stack.push(None);
    }

    fn create_text_node(&mut self, _: &str, _: ElementId) {
        self.stack.push(None);
    }

    fn load_template(&mut self, template: Template, index: usize, id: ElementId) {
        let root = &template.roots[index];
        self.learn(root, id);
        self.stack.push(Some(root));
    }

    fn replace_node_with(&mut self, _: ElementId, m: usize) {
        self.pop(m);
    }

    fn replace_placeholder_with_nodes(&mut self, _: &'static [u8], m: usize) {
        self.pop(m);
    }

    fn insert_nodes_after(&mut self, _: ElementId, m: usize) {
        self.pop(m);
    }

    fn insert_nodes_before(&mut self, _: ElementId, m: usize) {
        self.pop(m);
    }

    fn set_attribute(&mut self, name: &'static str, _: Option<&'static str>, value: &AttributeValue, id: ElementId) {
        if let AttributeValue::Text(value) = value {
            self.note(name, value, id);
        }
    }

    fn set_node_text(&mut self, _: &str, _: ElementId) {}

    fn create_event_listener(&mut self, _: &'static str, _: ElementId) {}

    fn remove_event_listener(&mut self, _: &'static str, _: ElementId) {}

    fn remove_node(&mut self, _: ElementId) {}

    fn push_root(&mut self, _: ElementId) {
        self.stack.push(None);
    }
}

const NOWHERE: &str = r#"{"version":1,"name":"nowhere","seeds":[],"min_pool":4,"subnet_rule":false,
    "file_server":{"url":"http://127.0.0.1:9","ed25519":"0000000000000000000000000000000000000000000000000000000000000000"}}"#;
