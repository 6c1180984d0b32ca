//! The demo: a network on this machine, and Alice and Bob, who know each other, each with an Onionskin of their own.
//!
//! With a display two windows open side by side. Without one, two pages are served on 127.0.0.1 and their addresses are
//! printed; `--pages` asks for that. Ctrl-C, or closing both windows, ends everything; nothing is kept.

use std::process::{ExitCode, Stdio};
use std::time::Duration;

use onionskin_tests::people::Told;
use onionskin_tests::town::{Home, Town, app_program, converse};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let mut terminated = match signal(SignalKind::terminate()) {
        Ok(terminated) => terminated,
        Err(error) => return trouble(&error),
    };
    let mut running = Running::default();
    let ended = tokio::select! {
        shown = show(&mut running) => shown,
        _ = tokio::signal::ctrl_c() => Ok(()),
        _ = terminated.recv() => Ok(()),
    };
    running.end().await;
    match ended {
        Ok(()) => {
            say("\n  Ended. Nothing was kept.");
            ExitCode::SUCCESS
        }
        Err(error) => trouble(&error),
    }
}

/// What must be ended, in this order: an app that still runs would write into a folder that is gone.
#[derive(Default)]
struct Running {
    apps: Vec<Child>,
    town: Option<Town>,
}

impl Running {
    async fn end(mut self) {
        for app in &mut self.apps {
            end(app).await;
        }
        if let Some(town) = self.town {
            town.close().await;
        }
    }
}

async fn show(running: &mut Running) -> Told<()> {
    let program = app_program()?;
    say("\n  Onionskin   a network on this machine, Alice and Bob\n");
    let town = running.town.insert(Town::start().await?);
    let (nodes, swarms) = (town.network().nodes().count(), town.network().swarms().len());
    say(&format!("  {nodes} service nodes in {swarms} swarms, a seed and a file server run on 127.0.0.1."));
    town.put_some_way_off();
    let homes = [town.home("Alice")?, town.home("Bob")?];
    get_to_know(&homes).await?;
    say("  Alice and Bob have written to each other. What one writes now reaches the other.\n");
    let pages = std::env::args().any(|argument| argument == "--pages");
    let windows = if pages { None } else { open_windows(&program, &homes).await? };
    match windows {
        Some(windows) => {
            say("  Two windows are open. Close both, or press Ctrl-C here, and everything ends.");
            running.apps.extend(windows);
        }
        None => {
            for home in &homes {
                let (app, address) = serve_page(&program, home).await?;
                running.apps.push(app);
                say(&format!("      {:<6} {address}", home.name()));
            }
            say("\n  No display: open the two pages in a browser on this machine. Ctrl-C ends everything.");
        }
    }
    for app in &mut running.apps {
        app.wait().await?;
    }
    Ok(())
}

/// Two accounts and a short conversation between them, over the network.
async fn get_to_know(homes: &[Home; 2]) -> Told<()> {
    let [alice, bob] = homes;
    let (alices, bobs) = (alice.open().await?, bob.open().await?);
    let (alice, bob) = (alices.create(alice.name()).await?, bobs.create(bob.name()).await?);
    converse(&alice, &bob, CONVERSATION).await?;
    alices.close().await?;
    bobs.close().await?;
    Ok(())
}

/// A window each, side by side; `None` when the display does not open.
async fn open_windows(program: &std::path::Path, homes: &[Home; 2]) -> Told<Option<Vec<Child>>> {
    if ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty())) {
        return Ok(None);
    }
    let mut windows = Vec::new();
    for (home, geometry) in homes.iter().zip(GEOMETRIES) {
        let mut command = home.app(program);
        command.args(["--title", home.name(), "--geometry", geometry]);
        let mut app = home.start(&mut command)?;
        // The app says at once when it finds no display.
        match tokio::time::timeout(DISPLAY_OPENS, app.wait()).await {
            Ok(Ok(status)) if status.code() == Some(NO_DISPLAY) => return Ok(None),
            Ok(_) => return Err(format!("the window of {} closed at once", home.name()).into()),
            Err(_) => windows.push(app),
        }
    }
    Ok(Some(windows))
}

/// A page on a free port, and its address.
async fn serve_page(program: &std::path::Path, home: &Home) -> Told<(Child, String)> {
    let mut command = home.app(program);
    command.arg("--browser=0").stdout(Stdio::piped());
    let mut app = home.start(&mut command)?;
    let output = app.stdout.take().ok_or("the page server has no output")?;
    let address = BufReader::new(output).lines().next_line().await?;
    Ok((app, address.ok_or("the page server ended")?))
}

/// Asks the app to end, and ends it when it does not.
async fn end(app: &mut Child) {
    let id = app.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(id) = id {
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(PATIENCE, app.wait()).await.is_err() {
        let _ = app.kill().await;
    }
}

fn say(text: &str) {
    use std::io::Write as _;
    // A closed pipe is no reason to panic.
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn trouble(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("The demo did not work: {error}");
    ExitCode::FAILURE
}

/// Left and right on a screen of 1280 x 800 or more.
const GEOMETRIES: [&str; 2] = ["600x740+20+20", "600x740+640+20"];

/// What the app ends with when it finds no display.
const NO_DISPLAY: i32 = 3;

/// An app without a display ends within this.
const DISPLAY_OPENS: Duration = Duration::from_millis(1500);

/// How long an app may take to end.
const PATIENCE: Duration = Duration::from_secs(4);

/// `true` is Alice.
const CONVERSATION: &[(bool, &str)] = &[
    (true, "Hi Bob! It's Alice, from the night train. You said this one asks for no phone number?"),
    (false, "Alice! Right: a name, and that's it. How far did you get after Lyon?"),
    (true, "All the way to Turin, four hours late. The coffee at the station made up for it."),
    (false, "Ha. Then we both saw the sunrise over the Alps."),
    (false, "Shall we meet on Saturday? The book market is on again."),
    (true, "Saturday is good. Ten o'clock at the bridge?"),
];
