//! `make screenshots`: every screen of the app as a picture. It shows the page, which only a debug build has.

#[cfg(debug_assertions)]
mod pictures;

#[cfg(debug_assertions)]
fn main() -> onionskin_tests::people::Told<()> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(pictures::make())
}

#[cfg(not(debug_assertions))]
fn main() -> std::process::ExitCode {
    eprintln!("screenshots are made by a debug build: release builds have no page");
    std::process::ExitCode::FAILURE
}
