//! Real browsers for tests: the interface is served in this process, a browser shows it, a test reads and touches its page.
//!
//! ```ignore
//! let world = World::local().await?.unwrap();
//! let app = App::start(&world, "en").await;
//! let page = Browser::Chromium.open(PHONE).await;
//! page.goto(&app.url()).await;
//! page.click("create").await;
//! ```
//!
//! The protocol of WebDriver is a dozen requests of JSON over loopback, so it is spoken directly ([`wire`]). A driver process
//! runs once for a test binary and ends with it, whatever happens; each test has a session of its own, a few at a time.

mod app;
mod driver;
mod element;
mod hands;
mod page;
pub mod wire;

pub use app::App;
pub use driver::{Browser, PHONE, Size};
pub use element::Element;
pub use hands::{Finger, Point};
pub use page::Page;

use std::time::Duration;

/// How long a page may take for anything. Machines that build and test at once are slow.
pub const LONGEST: Duration = Duration::from_secs(40);

/// How often a page is asked whether something is so.
const POLL: Duration = Duration::from_millis(25);
