//! Browsers and their drivers: started once, a session for each test, gone when the tests are.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::Instant;

use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{LONGEST, POLL, Page, wire};

/// A browser that is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// Headless Chromium.
    Chromium,
    /// The engine of the desktop's window, in its own small browser. Needs a display.
    WebKit,
}

/// Width and height of the page, in its own pixels.
pub type Size = (u32, u32);

/// A telephone.
pub const PHONE: Size = (390, 844);

impl Browser {
    /// A session of its own with an empty page of this size.
    ///
    /// # Panics
    /// When the browser does not start.
    pub async fn open(self, size: Size) -> Page {
        // First the browser's own turn: who waits for it keeps nobody else waiting.
        let own = match self {
            Self::Chromium => None,
            Self::WebKit => Some(WEBKIT_TURN.acquire().await.expect("turns are never closed")),
        };
        let turn = TURNS.acquire().await.expect("turns are never closed");
        let driver = self.driver();
        let start = Instant::now();
        let wanted = json!({"capabilities": {"alwaysMatch": self.capabilities(size)}});
        let session = loop {
            match wire::ask(driver.address, "POST", "/session", &[], Some(&wanted.to_string())).await {
                Ok(answer) if answer.status == 200 => {
                    let told: Value = serde_json::from_slice(&answer.body).expect("a driver speaks JSON");
                    break told["value"]["sessionId"].as_str().expect("a session has an id").to_owned();
                }
                Ok(answer) => panic!("{self:?} does not start: {}", answer.text()),
                // The driver itself is still starting.
                Err(error) => assert!(start.elapsed() < LONGEST, "the driver of {self:?} does not answer: {error}"),
            }
            tokio::time::sleep(POLL).await;
        };
        let page = Page::new(self, Session { address: driver.address, id: session, _turns: (turn, own) });
        page.resize(size).await;
        page
    }

    fn driver(self) -> &'static Driver {
        static CHROMIUM: OnceLock<Driver> = OnceLock::new();
        static WEBKIT: OnceLock<Driver> = OnceLock::new();
        match self {
            Self::Chromium => CHROMIUM.get_or_init(|| Driver::start("exec chromedriver --port=$PORT")),
            Self::WebKit => WEBKIT.get_or_init(|| Driver::start(WEBKIT_SCRIPT)),
        }
    }

    fn capabilities(self, (width, height): Size) -> Value {
        match self {
            Self::Chromium => json!({
                "goog:chromeOptions": {
                    "args": [
                        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                        "--disable-background-networking", "--disable-component-update", "--disable-sync",
                        "--disable-dev-shm-usage", "--disable-extensions", "--mute-audio", "--lang=en",
                        "--hide-scrollbars", format!("--window-size={width},{height}"),
                    ],
                },
                "goog:loggingPrefs": {"browser": "ALL"},
            }),
            Self::WebKit => json!({"webkitgtk:browserOptions": {"binary": mini_browser(), "args": ["--automation"]}}),
        }
    }
}

/// A session at a driver; given back when it is dropped.
pub(super) struct Session {
    address: SocketAddr,
    id: String,
    _turns: (SemaphorePermit<'static>, Option<SemaphorePermit<'static>>),
}

impl Session {
    /// One command of the protocol; the value, or the error's name and message.
    pub(super) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, (String, String)> {
        let path = format!("/session/{}{path}", self.id);
        let body = body.map(|body| body.to_string());
        let answer = wire::ask(self.address, method, &path, &[], body.as_deref()).await;
        let answer = answer.unwrap_or_else(|error| panic!("the driver went away: {error}"));
        let told: Value = serde_json::from_slice(&answer.body).expect("a driver speaks JSON");
        if answer.status == 200 {
            return Ok(told["value"].clone());
        }
        let text = |name: &str| told["value"][name].as_str().unwrap_or_default().to_owned();
        Err((text("error"), text("message")))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = wire::ask_now(self.address, "DELETE", &format!("/session/{}", self.id));
    }
}

/// A driver process. It ends with this process even when that is killed, because its shell then reads the end of its input.
struct Driver {
    address: SocketAddr,
    /// Keeps the port from everybody else: bound, never listening. Drivers allow that an address is used again.
    _reserved: TcpSocket,
    _process: Child,
    _input: ChildStdin,
}

impl Driver {
    fn start(script: &str) -> Self {
        let reserved = TcpSocket::new_v4().expect("a socket");
        reserved.set_reuseaddr(true).expect("a socket that shares its address");
        reserved.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        let address = reserved.local_addr().expect("a port");
        let watch =
            format!("setsid sh -c '{script}' >/dev/null 2>&1 &\necho started\ncat >/dev/null\nkill -TERM -$!\n");
        let mut process = Command::new("sh")
            .args(["-c", &watch])
            .env("PORT", address.port().to_string())
            // Out of reach of the signal that ends the tests: it has to end the driver first.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("a shell");
        let input = process.stdin.take().expect("an input");
        let mut told = String::new();
        let _ = BufReader::new(process.stdout.take().expect("an output")).read_line(&mut told);
        Self { address, _reserved: reserved, _process: process, _input: input }
    }
}

/// So many sessions at once: each is a browser, and tests run on two cores.
static TURNS: Semaphore = Semaphore::const_new(3);

/// The driver of WebKit has one session at a time.
static WEBKIT_TURN: Semaphore = Semaphore::const_new(1);

/// WebKit's browser is a window, so it has a display of its own unless there is one.
const WEBKIT_SCRIPT: &str = "\
    if [ -z \"$DISPLAY\" ]; then exec xvfb-run -a WebKitWebDriver --port=$PORT; else exec WebKitWebDriver --port=$PORT; fi";

/// The small browser of WebKit, which stands on no path: each system keeps it in a folder of its libraries.
fn mini_browser() -> PathBuf {
    let libraries = ["/usr/lib", "/usr/lib64", "/usr/libexec"].map(Path::new);
    let inside = libraries.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let folders = libraries.iter().map(|folder| folder.to_path_buf()).chain(inside.map(|entry| entry.path()));
    let mut browsers = folders.map(|folder| folder.join("webkit2gtk-4.1/MiniBrowser"));
    browsers.find(|path| path.is_file()).expect("WebKit's small browser is installed (package webkit2gtk-driver)")
}
