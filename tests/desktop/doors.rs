//! The page in the window reads no file of the machine, goes nowhere, and has no inspector.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use onionskin_tests::WAIT_LIMIT;
use onionskin_tests::screen::Screen;

/// A page that tries every way out finds each of them shut, and its own events still reach Rust.
#[tokio::test]
async fn the_page_reads_no_file_and_goes_nowhere() {
    let told = probe().await;
    assert_eq!(told["clicked"], true, "an event of the page reaches Rust: {told}");
    let tries = told["found"]["tries"].as_object().unwrap();
    assert!(tries.len() > 100, "only {} ways were tried", tries.len());
    let open: Vec<String> = tries
        .iter()
        .filter(|(_, outcome)| outcome.get("refused").is_none())
        .map(|(way, outcome)| format!("{way}: {outcome}"))
        .collect();
    assert!(open.is_empty(), "open doors:\n{}", open.join("\n"));
    assert_eq!(told["found"]["still"], "dioxus://index.html/", "the page is where it was");
}

#[tokio::test]
async fn the_inspector_is_switched_off() {
    let told = probe().await;
    assert_eq!((&told["inspector"], &told["wants_inspector"]), (&Value::Bool(false), &Value::Bool(false)));
}

async fn probe() -> Value {
    let screen = Screen::start();
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("picture.svg");
    std::fs::write(&picture, "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_window_probe"))
        .arg(folder.path().join("data"))
        .arg(&picture)
        .envs(screen.environment())
        .env("HOME", folder.path())
        // Nothing on this machine may open a link; whoever is asked leaves a trace.
        .env("BROWSER", "false")
        .env_remove("ONIONSKIN_DEVTOOLS")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(WAIT_LIMIT, output).await.expect("the probe ends").unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("the probe said {text:?} {}", String::from_utf8_lossy(&output.stderr)))
}
