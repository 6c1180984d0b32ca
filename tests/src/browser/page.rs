//! A page: finding by id, by role and name, by what it says; touching; waiting.

use std::time::Instant;

use serde_json::{Value, json};

use super::driver::Session;
use super::element::ELEMENT;
use super::{Browser, Element, LONGEST, POLL, Size};

/// A page in a browser. Everything waits until it can be done, and panics with what the page says when it never can.
pub struct Page {
    browser: Browser,
    session: Session,
}

impl Page {
    pub(super) fn new(browser: Browser, session: Session) -> Self {
        Self { browser, session }
    }

    /// Which browser shows it.
    pub fn browser(&self) -> Browser {
        self.browser
    }

    /// Shows an address.
    pub async fn goto(&self, url: &str) {
        self.ask("POST", "/url", Some(json!({"url": url}))).await;
        self.until("the interface joins", "return document.getElementById('main')?.childElementCount > 0").await;
    }

    /// Loads the page anew: the interface leaves and joins again.
    pub async fn reload(&self) {
        self.ask("POST", "/refresh", Some(json!({}))).await;
        self.until("the interface joins", "return document.getElementById('main')?.childElementCount > 0").await;
    }

    /// Gives the page this size.
    pub async fn resize(&self, (width, height): Size) {
        match self.browser {
            Browser::Chromium => {
                let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
                let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics});
                self.ask("POST", "/goog/cdp/execute", Some(command)).await;
                self.until(
                    "the page has its size",
                    &format!("return innerWidth === {width} && innerHeight === {height}"),
                )
                .await;
            }
            Browser::WebKit => {
                self.ask("POST", "/window/rect", Some(json!({"width": width, "height": height}))).await;
            }
        }
    }

    /// Runs a script in the page and gives what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.run_with(script, Vec::new()).await
    }

    /// As [`Self::run`], with `arguments`.
    pub async fn run_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.ask("POST", "/execute/sync", Some(json!({"script": script, "args": arguments}))).await
    }

    /// Runs a script that tells its result to its last argument, a function.
    pub async fn run_until_told(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.ask("POST", "/execute/async", Some(json!({"script": script, "args": arguments}))).await
    }

    /// Waits until this script returns something true, and gives it.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        self.until_with(what, script, Vec::new()).await
    }

    /// As [`Self::until`], with `arguments`.
    pub async fn until_with(&self, what: &str, script: &str, arguments: Vec<Value>) -> Value {
        let start = Instant::now();
        let body = json!({"script": script, "args": arguments});
        loop {
            // While a page loads its scripts cannot run: that is not yet, not never.
            let told = self.session.ask("POST", "/execute/sync", Some(body.clone())).await;
            if let Ok(value) = &told
                && !matches!(value, Value::Null | Value::Bool(false))
            {
                return value.clone();
            }
            if start.elapsed() > LONGEST {
                self.give_up(what, &format!("{told:?}")).await;
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until the page says this.
    pub async fn says(&self, text: &str) {
        self.until_with(
            text,
            "return document.body.innerText.replace(/[\\u2068\\u2069]/g, '').includes(arguments[0])",
            vec![text.into()],
        )
        .await;
    }

    /// Waits until the page does not say this (any more).
    pub async fn says_not(&self, text: &str) {
        self.until_with(
            text,
            "return !document.body.innerText.replace(/[\\u2068\\u2069]/g, '').includes(arguments[0])",
            vec![text.into()],
        )
        .await;
    }

    /// Everything that can be read.
    pub async fn text(&self) -> String {
        self.run("return document.body.innerText.replace(/[\\u2068\\u2069]/g, '')")
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The title of the window.
    pub async fn title(&self) -> String {
        self.ask("GET", "/title", None).await.as_str().unwrap_or_default().to_owned()
    }

    /// The whole page as markup.
    pub async fn html(&self) -> String {
        self.run("return document.documentElement.outerHTML").await.as_str().unwrap_or_default().to_owned()
    }

    /// The element with this id, as soon as it can be seen.
    pub async fn id(&self, id: &str) -> Element<'_> {
        self.element(id, "return seen([document.getElementById(arguments[0])])[0]", vec![id.into()]).await
    }

    /// The element for this selector, as soon as it can be seen.
    pub async fn css(&self, selector: &str) -> Element<'_> {
        self.element(selector, "return seen(document.querySelectorAll(arguments[0]))[0]", vec![selector.into()]).await
    }

    /// The element with this role and this name, as soon as it can be seen.
    pub async fn role(&self, role: &str, name: &str) -> Element<'_> {
        let script = "return seen(document.querySelectorAll('*')).find((node) => role(node) === arguments[0] && name(node) === arguments[1])";
        self.element(&format!("{role} {name:?}"), script, vec![role.into(), name.into()]).await
    }

    /// All elements that a script returns, now.
    pub async fn all(&self, script: &str) -> Vec<Element<'_>> {
        let found = self.run(script).await;
        let found = found.as_array().cloned().unwrap_or_default();
        let ids = found.iter().filter_map(|element| element[ELEMENT].as_str().map(str::to_owned));
        ids.map(|id| Element { page: self, id }).collect()
    }

    /// Whether there is an element for this selector that can be seen, now.
    pub async fn has(&self, selector: &str) -> bool {
        let script = format!("{FIND} return seen(document.querySelectorAll(arguments[0])).length > 0");
        self.run_with(&script, vec![selector.into()]).await == Value::Bool(true)
    }

    /// How many elements there are for this selector, now.
    pub async fn count(&self, selector: &str) -> u64 {
        let script = "return document.querySelectorAll(arguments[0]).length";
        self.run_with(script, vec![selector.into()]).await.as_u64().unwrap_or_default()
    }

    async fn element(&self, what: &str, script: &str, arguments: Vec<Value>) -> Element<'_> {
        let found = self.until_with(what, &format!("{FIND} {script}"), arguments).await;
        let id = found[ELEMENT].as_str().expect("an element has an id").to_owned();
        Element { page: self, id }
    }

    /// Clicks the element with this id.
    pub async fn click(&self, id: &str) {
        self.click_where(&format!("[id=\"{id}\"]")).await;
    }

    /// Clicks the element for this selector, as soon as that can be done.
    pub async fn click_where(&self, selector: &str) {
        let start = Instant::now();
        loop {
            let element = self.css(selector).await;
            if self.try_click(&element, start, selector).await {
                return;
            }
        }
    }

    /// Clicks the element with this role and this name.
    pub async fn click_role(&self, role: &str, name: &str) {
        let start = Instant::now();
        loop {
            let element = self.role(role, name).await;
            if self.try_click(&element, start, name).await {
                return;
            }
        }
    }

    /// An element may be drawn anew, covered or on its way for a moment; then it is looked for again.
    async fn try_click(&self, element: &Element<'_>, start: Instant, what: &str) -> bool {
        let path = format!("/element/{}/click", element.id);
        let told = self.session.ask("POST", &path, Some(json!({}))).await;
        if let Err((error, message)) = &told {
            if start.elapsed() > LONGEST {
                self.give_up(what, &format!("{error}: {message}")).await;
            }
            tokio::time::sleep(POLL).await;
        }
        told.is_ok()
    }

    /// Types into the field with this id.
    pub async fn write(&self, id: &str, text: &str) {
        self.id(id).await.keys(text).await;
    }

    /// Types with so many milliseconds from key to key, wherever the keyboard is.
    pub async fn type_at_pace(&self, text: &str, pace: u64) {
        let mut steps = Vec::new();
        for key in text.chars() {
            steps.push(json!({"type": "keyDown", "value": key.to_string()}));
            steps.push(json!({"type": "keyUp", "value": key.to_string()}));
            steps.push(json!({"type": "pause", "duration": pace}));
        }
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": steps});
        self.ask("POST", "/actions", Some(json!({"actions": [keyboard]}))).await;
    }

    /// Presses one key, wherever the keyboard is: a letter, or a code of the protocol such as [`Self::ESCAPE`].
    pub async fn press(&self, key: char) {
        self.type_at_pace(&key.to_string(), 0).await;
    }

    /// The Escape key.
    pub const ESCAPE: char = '\u{e00c}';
    /// The Enter key.
    pub const ENTER: char = '\u{e007}';

    /// What the page wrote to its console, for tests that nothing was refused in silence.
    pub async fn console(&self) -> Vec<String> {
        let told = self.session.ask("POST", "/se/log", Some(json!({"type": "browser"}))).await.unwrap_or_default();
        let lines = told.as_array().cloned().unwrap_or_default();
        lines.iter().filter_map(|line| line["message"].as_str().map(str::to_owned)).collect()
    }

    /// A picture of the page, PNG as base64.
    pub async fn picture(&self) -> String {
        self.ask("GET", "/screenshot", None).await.as_str().unwrap_or_default().to_owned()
    }

    pub(super) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        match self.session.ask(method, path, body).await {
            Ok(value) => value,
            Err((error, message)) => self.give_up(path, &format!("{error}: {message}")).await,
        }
    }

    /// As [`Self::ask`]; `None` when the element it is about is gone.
    pub(super) async fn try_ask(&self, method: &str, path: &str, body: Option<Value>) -> Option<Value> {
        match self.session.ask(method, path, body).await {
            Ok(value) => Some(value),
            Err((error, _)) if error == "stale element reference" => None,
            Err((error, message)) => self.give_up(path, &format!("{error}: {message}")).await,
        }
    }

    async fn give_up(&self, what: &str, why: &str) -> ! {
        let said = self.session.ask(
            "POST",
            "/execute/sync",
            Some(json!({"script": "return document.body.innerText", "args": []})),
        );
        let said = said.await.unwrap_or_default();
        let console = self.console().await;
        panic!(
            "not on the page: {what}\n{why}\nthe page says:\n{}\nconsole: {console:?}",
            said.as_str().unwrap_or_default()
        );
    }
}

/// What scripts that look for elements begin with.
const FIND: &str = r"
const seen = (nodes) => [...nodes].filter((node) => node && (node.type === 'file' || node.getClientRects().length > 0));
const role = (node) => node.getAttribute('role') || ({ BUTTON: 'button', A: 'link', TEXTAREA: 'textbox', NAV: 'navigation', MAIN: 'main',
  H1: 'heading', H2: 'heading', H3: 'heading', UL: 'list', LI: 'listitem', INPUT: { checkbox: 'checkbox', radio: 'radio' }[node.type] || 'textbox' })[node.tagName];
const name = (node) => (node.getAttribute('aria-label')
  || (node.getAttribute('aria-labelledby') || '').split(' ').map((id) => document.getElementById(id)?.textContent || '').join(' ').trim()
  || (node.labels && node.labels[0] && node.labels[0].textContent)
  || node.textContent).replace(/[\u2068\u2069]/g, '').replace(/\s+/g, ' ').trim();
";
