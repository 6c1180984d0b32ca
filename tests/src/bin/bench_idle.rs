//! `make bench-idle`: what the app's window takes while nobody touches it, beside an empty window of the same build.
//!
//! Both stand on screens of their own for the same ten minutes: processor seconds, wake-ups, and what the app says to
//! its local network, whose nodes have nothing for it. `bench_idle SECONDS SETTLE` measures shorter; before that both
//! have SETTLE seconds to come to rest. Ends with a failure when a release build takes more than [`TARGET`].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)] // a benchmark may panic

use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use dioxus::prelude::*;
use onionskin_network::Traffic;
use onionskin_tests::people::Told;
use onionskin_tests::processes::{Meter, Used};
use onionskin_tests::screen::Screen;
use onionskin_tests::town::{Town, app_program, converse};
use tokio::runtime::Runtime;

/// Of one core, in per cent. A laptop's battery does not notice less.
const TARGET: f64 = 0.5;

/// Between two looks at what was used; each takes this program some milliseconds, and the measured ones none.
const LOOK: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["empty"] {
        show_empty();
    }
    let seconds = |at: usize, usual| arguments.get(at).map_or(usual, |text| text.parse().unwrap());
    let (long, settle) = (Duration::from_secs(seconds(0, 600)), Duration::from_secs(seconds(1, 30)));
    match Runtime::new().unwrap().block_on(measure(long, settle)) {
        Ok(share) if share > TARGET && !cfg!(debug_assertions) => {
            eprintln!("{share:.2} % of one core is more than {TARGET} %");
            ExitCode::FAILURE
        }
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Gives the share of one core that the app takes, in per cent.
async fn measure(long: Duration, settle: Duration) -> Told<f64> {
    if cfg!(debug_assertions) {
        println!("a DEBUG build: these figures only show that the measuring works");
    }
    let town = Town::start().await?;
    let (ana, bo) = (town.home("Ana")?, town.home("Bo")?);
    let (anas, bos) = (ana.open().await?, bo.open().await?);
    let (one, other) = (anas.create("Ana").await?, bos.create("Bo").await?);
    converse(&one, &other, &[(true, "hello"), (false, "hello yourself")]).await?;
    anas.close().await?;
    bos.close().await?;
    let (screen, other_screen) = (Screen::start(), Screen::start());
    let mut app = ana.app(&app_program()?);
    app.envs(screen.environment());
    let mut app = ana.start(&mut app)?;
    let empty = Empty(
        Command::new(std::env::current_exe()?)
            .arg("empty")
            .envs(other_screen.environment())
            .stdout(Stdio::null())
            .spawn()?,
    );
    tokio::task::block_in_place(|| (screen.window("Onionskin"), other_screen.window("empty")));
    tokio::time::sleep(settle).await;
    let before = town.network().stats().traffic;
    let meters = [Meter::of(app.id().ok_or("the app ended")?), Meter::of(empty.0.id())];
    let (took, [ours, theirs]) = stand(long, meters).await;
    let share = tell(took, ours, theirs, before, town.network().stats().traffic);
    app.kill().await?;
    drop(empty);
    town.close().await;
    Ok(share)
}

/// Lets both stand for so long.
async fn stand(long: Duration, mut meters: [Meter; 2]) -> (Duration, [Used; 2]) {
    let begun = Instant::now();
    loop {
        let left = long.saturating_sub(begun.elapsed());
        tokio::time::sleep(left.min(LOOK)).await;
        let used = meters.each_mut().map(Meter::look);
        if begun.elapsed() >= long {
            return (begun.elapsed(), used);
        }
    }
}

fn tell(took: Duration, ours: Used, theirs: Used, before: Traffic, after: Traffic) -> f64 {
    let share = |used: Used| 100.0 * used.processor.as_secs_f64() / took.as_secs_f64();
    let a_second = |used: Used| used.wakeups as f64 / took.as_secs_f64();
    println!("nobody touches it for {took:.0?}, one account:");
    println!(
        "processor: {:.2?}, {:.2} % of one core (target {TARGET} %); empty window {:.2?}, {:.2} %",
        ours.processor,
        share(ours),
        theirs.processor,
        share(theirs)
    );
    println!("wake-ups: {:.1} a second; empty window {:.1}", a_second(ours), a_second(theirs));
    println!(
        "network: {} onion requests, {} bytes sent, {} received",
        after.requests - before.requests,
        after.sent - before.sent,
        after.received - before.received
    );
    share(ours)
}

/// The empty window; ends with this.
struct Empty(Child);

impl Drop for Empty {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn show_empty() -> ! {
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    let window = dioxus_desktop::WindowBuilder::new().with_title("empty");
    let config = dioxus_desktop::Config::new().with_menu(None).with_window(window);
    dioxus_desktop::launch::launch_virtual_dom(VirtualDom::new(|| rsx! { p { "nothing" } }), config)
}
