//! A process that kills itself at a chosen moment, to prove that a crash loses nothing.
//!
//! Around every database commit, and wherever else a crash would be unkind, stands a [`point`]. Without the cargo
//! feature `kill-points` it is nothing. With it, the process counts the points it passes and
//! - sends itself SIGKILL at the one whose number (from 1) stands in `ONIONSKIN_KILL_AT`: no destructor runs, no buffer
//!   is flushed, nothing is rolled back by politeness;
//! - appends `number name` of each point to the file named by `ONIONSKIN_KILL_LOG`, before it kills.
//!
//! The feature is for tests; no shipped program has it.

/// A moment worth dying at. `name` says where, for the log.
#[cfg(not(feature = "kill-points"))]
#[inline(always)]
pub fn point(_name: &str) {}

/// The moment just "before" or "after" the commit of the write called `label`.
#[cfg(not(feature = "kill-points"))]
#[inline(always)]
pub fn commit_point(_moment: &str, _label: &str) {}

/// The moment just "before" or "after" the commit of the write called `label`.
///
/// # Panics
/// As [`point`] does.
#[cfg(feature = "kill-points")]
pub fn commit_point(moment: &str, label: &str) {
    point(&format!("{moment} {label}"));
}

/// A moment worth dying at. `name` says where, for the log.
///
/// # Panics
/// When the log cannot be written: a test that cannot see its points proves nothing.
#[cfg(feature = "kill-points")]
pub fn point(name: &str) {
    use std::io::Write as _;
    use std::sync::{Mutex, OnceLock, PoisonError};

    struct Orders {
        at: Option<u64>,
        log: Option<std::fs::File>,
        reached: u64,
    }
    static ORDERS: OnceLock<Mutex<Orders>> = OnceLock::new();
    let orders = ORDERS.get_or_init(|| {
        let at = std::env::var("ONIONSKIN_KILL_AT").ok().and_then(|text| text.parse().ok());
        let log = std::env::var_os("ONIONSKIN_KILL_LOG").map(|path| {
            std::fs::OpenOptions::new().create(true).append(true).open(path).expect("the kill log can be opened")
        });
        Mutex::new(Orders { at, log, reached: 0 })
    });
    // Held over the kill: no other thread passes a point in between, so numbers are the order of the log.
    let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    orders.reached += 1;
    let reached = orders.reached;
    if let Some(log) = &mut orders.log {
        log.write_all(format!("{reached} {name}\n").as_bytes()).expect("the kill log can be written");
    }
    if orders.at == Some(reached) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        // The signal is on its way; this thread does nothing more.
        loop {
            std::thread::park();
        }
    }
}
