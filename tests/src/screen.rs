//! A screen and a session bus for one test, and hands to work with.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

/// A screen without a monitor, and a session bus beside it. Both end when this is dropped.
pub struct Screen {
    display: String,
    bus: String,
    servers: Vec<Child>,
}

impl Screen {
    /// Starts both.
    ///
    /// # Panics
    /// When they are not installed.
    pub fn start() -> Self {
        let mut x = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed (package xvfb; `make test` installs it)");
        let display = format!(":{}", first_line(&mut x));
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .env("DISPLAY", &display)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed (package dbus-daemon; `make test` installs it)");
        let address = first_line(&mut bus);
        Self { display, bus: address, servers: vec![bus, x] }
    }

    /// The environment of a program on this screen.
    pub fn environment(&self) -> [(&'static str, &str); 4] {
        [
            ("DISPLAY", &self.display),
            ("DBUS_SESSION_BUS_ADDRESS", &self.bus),
            ("WAYLAND_DISPLAY", ""),
            // The keys of a test are those of this layout, whatever the machine has.
            ("XKB_DEFAULT_LAYOUT", "us"),
        ]
    }

    /// The window whose title contains `title`, as soon as it is there, with the keyboard.
    pub fn window(&self, title: &str) -> String {
        let id = until(&format!("a window {title:?}"), || {
            let found = self.xdotool(&["search", "--onlyvisible", "--name", title]);
            found.lines().next().map(str::to_owned)
        });
        self.focus(&id);
        id
    }

    /// Gives this window the keyboard.
    pub fn focus(&self, window: &str) {
        self.xdotool(&["windowfocus", "--sync", window]);
    }

    /// The title of a window.
    pub fn title(&self, window: &str) -> String {
        self.xdotool(&["getwindowname", window]).trim().to_owned()
    }

    /// Presses keys, each named as X names them.
    pub fn press(&self, keys: &[&str]) {
        self.xdotool(&[&["key", "--delay", "15"], keys].concat());
    }

    /// Types a text, 15 ms a key.
    pub fn types(&self, text: &str) {
        self.xdotool(&["type", "--delay", "15", "--", text]);
    }

    /// How many windows are on the screen.
    pub fn windows(&self) -> usize {
        self.xdotool(&["search", "--onlyvisible", "--name", "."]).lines().count()
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        let output = Command::new("xdotool")
            .args(arguments)
            .envs(self.environment())
            .output()
            .expect("xdotool is installed (package xdotool; `make test` installs it)");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Everything that a screen reader finds in the app, or why it cannot be read now: the app may be starting, or may change
    /// while it is read.
    ///
    /// # Errors
    /// What the reading program says.
    pub fn tree(&self) -> Result<Vec<Thing>, String> {
        let output = Command::new(PYTHON)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/desktop/tree.py"))
            .envs(self.environment())
            .output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("reading the tree (packages at-spi2-core gir1.2-atspi-2.0 python3-gi): {said}"));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }

    /// The first thing in the tree that is `wanted`, as soon as it is there.
    pub fn thing(&self, what: &str, wanted: impl Fn(&Thing) -> bool) -> Thing {
        until_told(what, || {
            let all = self.tree()?;
            let count = all.len();
            all.into_iter().find(&wanted).ok_or_else(|| format!("it is none of the {count} things on the screen"))
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// One thing that a screen reader can name.
#[derive(Clone, Debug, Deserialize)]
pub struct Thing {
    /// Its role.
    pub role: String,
    /// Its name.
    pub name: String,
    /// What is true of it, in the words of the bus.
    pub states: Vec<String>,
    /// Its text.
    pub text: String,
}

impl Thing {
    /// Whether this is true of it.
    pub fn is(&self, state: &str) -> bool {
        self.states.iter().any(|one| one == state)
    }

    /// Whether a person acts on it, so that it must have a name.
    pub fn is_control(&self) -> bool {
        const ROLES: &[&str] = &[
            "push button",
            "button",
            "toggle button",
            "entry",
            "password text",
            "check box",
            "radio button",
            "link",
            "slider",
            "combo box",
            "switch",
            "menu item",
            "page tab",
            "list item",
            "spin button",
        ];
        ROLES.contains(&self.role.as_str()) && (self.role != "list item" || self.is("focusable"))
    }
}

/// Asks until there is an answer; gives up loudly.
///
/// # Panics
/// When there is none for a long time.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    until_told(what, || ask().ok_or_else(|| "it is not so".to_owned()))
}

/// As [`until`], with words for why there is no answer yet; the last ones are told when there never is.
///
/// # Panics
/// When there is none for a long time.
pub fn until_told<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(why) => assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}: {why}"),
        }
        // Each question starts a process; without a pause they would take the machine from the app that is waited for.
        std::thread::sleep(PAUSE);
    }
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(!line.trim().is_empty(), "a server did not say where it is");
    line.trim().to_owned()
}

/// The system's Python, which has the system's packages; another one may come first on the path.
pub const PYTHON: &str = "/usr/bin/python3";

/// Far more than a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(50);
