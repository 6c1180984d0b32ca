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
pub mod reach;
#[cfg(feature = "desktop")]
pub mod single;
#[cfg(all(feature = "desktop", target_os = "linux"))]
mod tray;

use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::options::Options;

/// Runs the interface until it is closed.
pub fn run(options: Options) -> ExitCode {
    // A crash must not write keys and letters to a disk; a program that cannot promise it runs all the same.
    #[cfg(target_os = "linux")]
    if let Err(error) = memory::keep_out_of_dumps() {
        eprintln!("onionskin: memory may be written to a file when the program crashes: {error}");
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
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
