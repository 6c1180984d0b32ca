//! The real interface without a renderer: its edits build a small page, events go in by the id or the role of an element,
//! and a test waits until the page says what it should.
//!
//! ```ignore
//! let device = Device::new();
//! let mut interface = device.start().await;
//! interface.click("create").await;
//! interface.input("name", "Ana").await;
//! interface.submit("name").await;
//! interface.until_says("Onionskin").await;
//! ```
#![allow(dead_code)] // each test target uses its own part of it

mod clock;
mod page;
mod scripts;

use std::any::Any;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use dioxus::core::{Event, ScopeId};
use dioxus::document::Document;
use dioxus::html::{PlatformEventData, SerializedFormData, SerializedHtmlEventConverter, SerializedMouseData};
use dioxus::prelude::*;
use onionskin::options::Options;
use onionskin::platform::{FakeAutostart, FakeClipboard, FakeFiles, FakeHaptics, FakeLinks, FakeNotify, Platform};
use onionskin::shell::Shell;
use onionskin::views::{App, AppProps};
use tempfile::TempDir;

pub use clock::MovedClock;
pub use page::{Found, Page};
pub use scripts::Scripts;

/// A device without a network: a folder, a key, and capabilities that note what they are asked to do.
pub struct Device {
    folder: TempDir,
    options: Options,
    has_key: bool,
    /// What was copied.
    pub clipboard: FakeClipboard,
    /// What was saved.
    pub files: FakeFiles,
    /// What was opened.
    pub links: FakeLinks,
    /// What was notified.
    pub notify: FakeNotify,
    /// What the hand felt.
    pub haptics: FakeHaptics,
    /// Whether it is a telephone.
    pub phone: bool,
    /// What starts at login.
    pub autostart: FakeAutostart,
    /// Its clock, which a test may move.
    pub clock: MovedClock,
}

impl Device {
    /// An empty one that speaks English. Its network has no nodes, so it knows at once that it is offline, and no test ever
    /// asks the real one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), [7; 32]).unwrap();
        let network = folder.path().join("nowhere.json");
        std::fs::write(&network, NOWHERE).unwrap();
        let options = Options {
            language: Some("en".to_owned()),
            network: Some(network),
            ..Options::in_folder(folder.path().join("data"))
        };
        Self {
            folder,
            options,
            has_key: true,
            clipboard: FakeClipboard::default(),
            files: FakeFiles::default(),
            links: FakeLinks::default(),
            notify: FakeNotify::default(),
            haptics: FakeHaptics::default(),
            phone: false,
            autostart: FakeAutostart::default(),
            clock: MovedClock::default(),
        }
    }

    /// The same device with other options.
    pub fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    /// The same device with a clock that stands still until it is moved.
    pub fn with_a_standing_clock(self) -> Self {
        Self { clock: MovedClock::standing(), ..self }
    }

    /// The same device, where nobody hands over a key.
    pub fn without_key(self) -> Self {
        Self { has_key: false, ..self }
    }

    /// Where its files lie.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// What outlives the interface, opened.
    pub async fn shell(&self) -> Shell {
        let key = std::fs::File::open(self.folder.path().join("key")).unwrap();
        let key_fd = self.has_key.then(|| key.as_raw_fd());
        let options = Options { key_fd, ..self.options.clone() };
        let platform = Platform {
            clipboard: Some(std::sync::Arc::new(self.clipboard.clone())),
            files: Some(std::sync::Arc::new(self.files.clone())),
            links: Some(std::sync::Arc::new(self.links.clone())),
            haptics: Some(std::sync::Arc::new(self.haptics.clone())),
            notify: Some(std::sync::Arc::new(self.notify.clone())),
            key_store: None,
            phone: self.phone,
            autostart: Some(std::sync::Arc::new(self.autostart.clone())),
            has_background: true,
        };
        let shell = Shell::with_clock(options, platform, self.clock.shared()).unwrap();
        shell.open().await;
        shell
    }

    /// The interface over this device.
    pub async fn start(&self) -> Interface {
        Interface::new(self.shell().await)
    }
}

/// The whole interface over a shell, on a page of its own.
pub struct Interface {
    dom: VirtualDom,
    page: Page,
    /// What the page was asked to run; tells the interface what the page would.
    pub scripts: Scripts,
    shell: Shell,
}

impl Interface {
    /// Mounts the interface. A second one over the same shell is what a reload is.
    pub fn new(shell: Shell) -> Self {
        dioxus::html::set_event_converter(Box::new(SerializedHtmlEventConverter));
        let mut dom = VirtualDom::new_with_props(App, AppProps { shell: shell.clone() });
        let scripts = Scripts::default();
        let document: Rc<dyn Document> = Rc::new(scripts.clone());
        dom.runtime().provide_context(ScopeId::ROOT, document);
        let mut page = Page::default();
        dom.rebuild(&mut page);
        Self { dom, page, scripts, shell }
    }

    /// What outlives it.
    pub fn shell(&self) -> &Shell {
        &self.shell
    }

    /// The page as it is now.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// The page as markup, for messages of failed tests and for looking at escapes.
    pub fn html(&self) -> String {
        dioxus_ssr::render(&self.dom)
    }

    /// Lets the interface work until `is` is true.
    ///
    /// # Panics
    /// When it is not after [`LONGEST`].
    pub async fn until(&mut self, what: &str, is: impl Fn(&Page) -> bool) {
        let start = Instant::now();
        while !is(&self.page) {
            assert!(start.elapsed() < LONGEST, "not so: {what}\n{}", self.page.says());
            self.turn().await;
        }
    }

    /// Waits for something outside the interface while that goes on working: it may hold what is waited for.
    ///
    /// # Panics
    /// When it is not done after [`LONGEST`].
    pub async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.turn() => assert!(start.elapsed() < LONGEST, "not done\n{}", self.page.says()),
            }
        }
    }

    /// Every account of the device is closed, as when the app ends.
    pub async fn close_accounts(&mut self) {
        let accounts = self.shell.accounts().unwrap();
        self.meanwhile(accounts.close()).await.unwrap();
    }

    /// Lets the interface work for a moment: for conditions that do not stand on the page.
    pub async fn turn(&mut self) {
        let _ = tokio::time::timeout(Duration::from_millis(20), self.dom.wait_for_work()).await;
        self.dom.render_immediate(&mut self.page);
    }

    /// Lets the interface work until the page says `text`.
    pub async fn until_says(&mut self, text: &str) {
        self.until(text, |page| page.says().contains(text)).await;
    }

    /// Lets the interface work until there is an element with this id.
    pub async fn until_id(&mut self, id: &str) -> Found {
        self.until(id, |page| page.by_id(id).is_some()).await;
        self.page.by_id(id).expect("it was there just now")
    }

    /// Clicks the element with this id, as soon as it is there.
    pub async fn click(&mut self, id: &str) {
        let found = self.until_id(id).await;
        self.fire("click", found, Box::new(SerializedMouseData::default()));
    }

    /// Clicks the element with this role and name, as soon as it is there.
    pub async fn click_role(&mut self, role: &str, name: &str) {
        self.until(name, |page| page.by_role(role, name).is_some()).await;
        let found = self.page.by_role(role, name).expect("it was there just now");
        self.fire("click", found, Box::new(SerializedMouseData::default()));
    }

    /// The field with this id now holds `text`.
    pub async fn input(&mut self, id: &str, text: &str) {
        let found = self.until_id(id).await;
        self.fire("input", found, Box::new(SerializedFormData::new(text.to_owned(), Vec::new())));
    }

    /// Submits the form around the element with this id.
    pub async fn submit(&mut self, id: &str) {
        let found = self.until_id(id).await;
        self.fire("submit", found, Box::new(SerializedFormData::new(String::new(), Vec::new())));
    }

    /// Sends an event of the page to an element.
    ///
    /// # Panics
    /// When nothing hears it, or the element cannot be used: a person could not do that either.
    pub fn fire(&mut self, name: &str, at: Found, data: Box<dyn Any>) {
        assert!(self.page.hears(at, name), "nothing hears {name} at {:?}", self.page.text(at));
        assert!(!self.page.is_disabled(at), "{:?} cannot be used", self.page.text(at));
        let event = Event::new(Rc::new(PlatformEventData::new(data)) as Rc<dyn Any>, true);
        self.dom.runtime().handle_event(name, event, self.page.element(at));
        self.dom.render_immediate(&mut self.page);
    }

    /// A key that means something everywhere, as the page tells it.
    pub fn press(&mut self, name: &str) {
        self.scripts.tell("onionskin.listen", serde_json::json!({"kind": "key", "name": name}));
    }
}

/// How long a test waits for anything.
pub const LONGEST: Duration = Duration::from_secs(30);

const NOWHERE: &str = r#"{"version":1,"name":"nowhere","seeds":[],"min_pool":4,"subnet_rule":false,
    "file_server":{"url":"http://127.0.0.1:9","ed25519":"0000000000000000000000000000000000000000000000000000000000000000"}}"#;
