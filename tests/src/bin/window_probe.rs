//! A window like the app's that tries to get out: `window_probe FOLDER PICTURE` opens it with the same configuration and doors, runs
//! `probe.js` in the page and prints what came back as one line of JSON. The test `desktop` judges it.

use std::process::ExitCode;

use dioxus::prelude::*;
use onionskin::launch::{desktop, reach};
use onionskin::options::Options;
use onionskin::platform::Platform;
use onionskin::shell::Shell;
use onionskin::views::App;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else { return ExitCode::from(2) };
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    let _inside = runtime.enter();
    let Ok(shell) = Shell::new(Options::in_folder(folder), Platform::default()) else { return ExitCode::FAILURE };
    let opening = shell.clone();
    runtime.spawn(async move { opening.open().await });
    let dom = VirtualDom::new_with_props(Probed, ProbedProps { shell: shell.clone() });
    desktop::show(dom, &shell, runtime.handle().clone())
}

#[component]
fn Probed(shell: Shell) -> Element {
    rsx! {
        desktop::Window { shell: shell.clone(),
            App { shell }
            Probe {}
        }
    }
}

#[component]
fn Probe() -> Element {
    let inspector = desktop::has_inspector();
    // The way of every click: an event that the page sends to Rust must still arrive.
    let mut clicked = use_signal(|| false);
    use_future(move || async move {
        let picture = std::env::args().nth(2).unwrap_or_default();
        let hidden = picture.replacen("/t", "/%74", 1);
        let script = include_str!("probe.js").replace("PICTURE_ENCODED", &hidden).replace("PICTURE", &picture);
        let found = document::eval(&script).await;
        let found = found.unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }));
        let told = serde_json::json!({ "found": found, "inspector": inspector, "clicked": *clicked.peek(),
            "wants_inspector": reach::wants_inspector() });
        println!("{told}");
        std::process::exit(0);
    });
    rsx! {
        button { id: "probe", onclick: move |_| clicked.set(true), "probe" }
    }
}
