//! An element of a page.

use serde_json::{Value, json};

use super::Page;

/// The key under which the protocol names an element.
pub(super) const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// An element that was found. A person could be quicker than the page: what is gone by now says so as a panic.
pub struct Element<'p> {
    pub(super) page: &'p Page,
    pub(super) id: String,
}

impl Element<'_> {
    /// The same element as an argument of a script.
    pub fn argument(&self) -> Value {
        json!({ ELEMENT: self.id })
    }

    /// What a person reads in it.
    pub async fn text(&self) -> String {
        seen(&self.get("text").await)
    }

    /// What a field holds now.
    pub async fn value(&self) -> String {
        self.get("property/value").await
    }

    /// The name that a screen reader says; `None` when the element is gone by now.
    pub async fn label(&self) -> Option<String> {
        let told = self.page.try_ask("GET", &format!("/element/{}/computedlabel", self.id), None).await?;
        Some(seen(told.as_str().unwrap_or_default()))
    }

    /// The role that a screen reader says.
    pub async fn role(&self) -> String {
        self.get("computedrole").await
    }

    /// Types into it, or hands a file's path to a field for files.
    pub async fn keys(&self, text: &str) {
        let path = format!("/element/{}/value", self.id);
        self.page.ask("POST", &path, Some(json!({"text": text}))).await;
    }

    async fn get(&self, what: &str) -> String {
        let value = self.page.ask("GET", &format!("/element/{}/{what}", self.id), None).await;
        value.as_str().unwrap_or_default().to_owned()
    }
}

/// A text as a person reads it: the marks that isolate names are not seen.
fn seen(text: &str) -> String {
    text.replace(['\u{2068}', '\u{2069}'], "")
}
