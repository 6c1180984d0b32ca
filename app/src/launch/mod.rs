//! The launchers: a window ([`desktop`]), or a page on 127.0.0.1 ([`browser`], left out of release builds).

#[cfg(feature = "desktop")]
mod background;
#[cfg(all(feature = "browser", debug_assertions))]
pub mod browser;
#[cfg(feature = "desktop")]
pub mod desktop;
#[cfg(target_os = "linux")]
pub mod memory;
#[cfg(feature = "desktop")]
pub mod painting;
#[cfg(feature = "desktop")]
pub mod reach;
#[cfg(feature = "desktop")]
pub mod single;
#[cfg(all(feature = "desktop", target_os = "linux"))]
mod tray;

use std::process::ExitCode;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::options::Options;

/// Runs the interface until it is closed.
pub fn run(options: Options) -> ExitCode {
    // A crash must not write keys and letters to a disk; a program that cannot promise it runs all the same.
    #[cfg(target_os = "linux")]
    if let Err(error) = memory::keep_out_of_dumps() {
        eprintln!("onionskin: memory may be written to a file when the program crashes: {error}");
    }
    log();
    #[cfg(feature = "desktop")]
    painting::choose();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("onionskin: {error}");
            return ExitCode::FAILURE;
        }
    };
    let _inside = runtime.enter();
    #[cfg(all(feature = "browser", debug_assertions))]
    if options.browser.is_some() || cfg!(not(feature = "desktop")) {
        return browser::run(&runtime, options);
    }
    #[cfg(feature = "desktop")]
    return desktop::run(&runtime, options);
    #[cfg(not(feature = "desktop"))]
    {
        eprintln!("onionskin: this build has no launcher");
        ExitCode::FAILURE
    }
}

/// Writes what goes wrong to the terminal, and what `RUST_LOG` asks for (`onionskin_core=info,warn`): targets with
/// levels, which is all of its form that anybody uses, and none of the weight of the rest.
fn log() {
    let usual = Targets::new().with_default(LevelFilter::WARN);
    let wanted = std::env::var("RUST_LOG").ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let _ = tracing_subscriber::registry().with(lines).with(wanted).try_init();
}

/// Waits until the system or a terminal asks the program to end.
#[cfg(any(feature = "desktop", all(feature = "browser", debug_assertions)))]
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut end), Ok(mut away)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = end.recv() => {}
                _ = away.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
