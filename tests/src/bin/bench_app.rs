//! `make bench-app`: the app's window against an empty window of the same build.
//!
//! Prints ratios of start and memory, the size of the program, and how long page and event loop stand still while 10,000
//! messages arrive. Absolute figures stand beside a calibration loop. `bench_app LETTERS BURST` takes smaller numbers.
//! The same program is what is measured: `bench_app empty` is a window with nothing in it, `bench_app app FOLDER ..` the app;
//! both beat (see `beat.js`) and say so on their output.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)] // a benchmark may panic

use std::io::{BufRead as _, BufReader};
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use dioxus::prelude::*;
use onionskin::launch::desktop;
use onionskin::options::Options;
use onionskin::platform::Platform;
use onionskin::route::Screen as Place;
use onionskin::shell::Shell;
use onionskin::views::App;
use onionskin_core::{AccountId, AccountKeys, AccountSeed, Before, Client, ConversationId, Timestamp};
use onionskin_tests::letters;
use onionskin_tests::people::Told;
use onionskin_tests::processes::tree;
use onionskin_tests::screen::Screen;
use onionskin_tests::town::{Town, app_program};
use tokio::runtime::Runtime;

#[allow(dead_code, reason = "only the calibration is used here")]
#[path = "../../benches/ratio/mod.rs"]
mod ratio;

/// Starts of each window; the median counts.
const STARTS: usize = 3;

/// The interface should never stand still for longer.
const TARGET: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    // As the program does, before there is a thread.
    if std::env::args().nth(1).as_deref() == Some("app") {
        onionskin::launch::painting::choose();
    }
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["empty"] => dioxus_desktop::launch::launch_virtual_dom(
            VirtualDom::new(Empty),
            dioxus_desktop::Config::new().with_menu(None),
        ),
        ["app", folder, description, key, conversation] => show_app(&runtime, folder, description, key, conversation),
        _ => {
            let number = |at: usize, default| arguments.get(at).map_or(default, |text| text.parse().unwrap());
            match measure(&runtime, number(0, 300_000), number(1, 10_000)) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("{error}");
                    ExitCode::FAILURE
                }
            }
        }
    }
}

fn measure(runtime: &Runtime, letters: u64, burst: u64) -> Told<()> {
    if cfg!(debug_assertions) {
        println!("a DEBUG build: these figures only show that the measuring works");
    }
    let screen = Screen::start();
    let friend = AccountKeys::from_seed(&AccountSeed::random());
    let (town, arguments, account) = runtime.block_on(at_home(&friend, letters))?;
    let calibration = median((0..5).map(|_| timed(ratio::calibration)).collect());
    measure_start(&screen, &arguments, letters, calibration);
    let size = std::fs::metadata(app_program()?)?.len();
    println!("size of the program: {:.1} MB", size as f64 / 1e6);
    let laid = || arrives(&town, &account, &friend, burst);
    measure_burst(&screen, &arguments, burst, laid, calibration)?;
    runtime.block_on(town.close());
    Ok(())
}

/// A town, the arguments of a window on an account with that many letters, and the account.
async fn at_home(friend: &AccountKeys, letters: u64) -> Told<(Town, Vec<String>, AccountId)> {
    let town = Town::start().await?;
    let home = town.home("Ana")?;
    let accounts = home.open().await?;
    let client = accounts.create("Ana").await?;
    fill(&client, &friend.account_id(), letters).await?;
    let account = client.account_id();
    accounts.close().await?;
    std::fs::write(home.folder().join("key"), home.key())?;
    let path = |path: &Path| path.display().to_string();
    let arguments = vec![
        "app".to_owned(),
        path(home.folder()),
        path(&town.description()),
        path(&home.folder().join("key")),
        friend.account_id().to_string(),
    ];
    Ok((town, arguments, account))
}

/// How long until the window shows something, and what it takes, beside an empty one.
fn measure_start(screen: &Screen, arguments: &[String], letters: u64, calibration: Duration) {
    let (mut ours, mut empty) = (Vec::new(), Vec::new());
    let (mut our_memory, mut empty_memory) = (Vec::new(), Vec::new());
    let (mut our_stages, mut empty_stages) = (Vec::new(), Vec::new());
    let mut switches = Vec::new();
    for _ in 0..STARTS {
        for (arguments, times, memory, stages) in [
            (&["empty".to_owned()][..], &mut empty, &mut empty_memory, &mut empty_stages),
            (arguments, &mut ours, &mut our_memory, &mut our_stages),
        ] {
            let window = Window::opens(screen, arguments);
            times.push(window.shown);
            stages.push(window.stages.clone());
            if !window.switches.is_empty() {
                switches.push(window.switches.clone());
            }
            window.beats(Duration::from_secs(3), |_| false);
            memory.push(window.memory());
        }
    }
    let (ours, empty) = (median(ours), median(empty));
    println!(
        "start to first page with {letters} messages: ratio {:.2}; app {ours:?}, empty window {empty:?}, calibration loop {calibration:?}",
        ours.as_secs_f64() / empty.as_secs_f64()
    );
    println!("  milliseconds from one conversation to another: {switches:?}; target {TARGET:?}");
    println!(
        "  milliseconds until the page began, was joined, held it, was painted: app {our_stages:?}, empty {empty_stages:?}"
    );
    let (ours, empty) = (median(our_memory), median(empty_memory));
    println!(
        "memory with {letters} messages: ratio {:.2}; app {ours} kB, empty window {empty} kB (PSS with the webview)",
        ours as f64 / empty as f64
    );
}

/// For how long the window stands still while letters come in that `laid` puts into the swarm.
fn measure_burst(
    screen: &Screen,
    arguments: &[String],
    burst: u64,
    laid: impl FnOnce(),
    calibration: Duration,
) -> Told<()> {
    let window = Window::opens(screen, arguments);
    let still = window.beats(Duration::from_secs(5), |_| false);
    let last = format!("burst {}", burst - 1);
    laid();
    let start = Instant::now();
    let moving = window.beats(Duration::from_secs(600), |beat| beat.newest == last);
    println!(
        "{burst} messages arrive in {:?}: page stands still for {:?} at most (idle {:?}), event loop for {:?} (idle {:?}); target {TARGET:?}, calibration loop {calibration:?}",
        start.elapsed(),
        moving.page,
        still.page,
        moving.event_loop,
        still.event_loop
    );
    if moving.newest == last { Ok(()) } else { Err(format!("only {:?} arrived", moving.newest).into()) }
}

/// A window in a process of its own that beats.
struct Window {
    process: Child,
    beats: Receiver<Beat>,
    shown: Duration,
    /// Milliseconds after the start: the page began, the interface joined it, what was waited for was on it, and painted.
    stages: Vec<u64>,
    /// Milliseconds from one conversation to another, each.
    switches: String,
}

/// The longest standstills since the beat before.
#[derive(Clone, Debug, Default)]
struct Beat {
    page: Duration,
    event_loop: Duration,
    newest: String,
}

impl Window {
    fn opens(screen: &Screen, arguments: &[String]) -> Self {
        let start = Instant::now();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .envs(screen.environment())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let began = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (shown, stages) = loop {
            let line = lines.next().expect("the window closed").unwrap();
            if let Some(moments) = line.strip_prefix("shown\t") {
                let stages = moments.split('\t').map(|moment| moment.parse::<u64>().unwrap().saturating_sub(began));
                break (start.elapsed(), stages.collect());
            }
        };
        let line = lines.next().expect("the window closed").unwrap();
        let switches = line.strip_prefix("switches\t").expect("how long switching took").to_owned();
        let (sender, beats) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut parts = line.splitn(4, '\t');
                if parts.next() != Some("beat") {
                    continue;
                }
                let mut millis = || Duration::from_millis(parts.next().unwrap().parse().unwrap());
                let (page, event_loop) = (millis(), millis());
                if sender.send(Beat { page, event_loop, newest: parts.next().unwrap_or_default().to_owned() }).is_err()
                {
                    return;
                }
            }
        });
        Self { process, beats, shown, stages, switches }
    }

    /// Listens until `enough` or that long; gives the longest standstills.
    fn beats(&self, longest: Duration, enough: impl Fn(&Beat) -> bool) -> Beat {
        let (start, mut all) = (Instant::now(), Beat::default());
        while let Some(left) = longest.checked_sub(start.elapsed()) {
            let Ok(beat) = self.beats.recv_timeout(left) else { break };
            all.page = all.page.max(beat.page);
            all.event_loop = all.event_loop.max(beat.event_loop);
            let done = enough(&beat);
            all.newest = beat.newest;
            if done {
                break;
            }
        }
        all
    }

    /// Kilobytes of the process and of the webview's processes, shared pages counted in parts.
    fn memory(&self) -> u64 {
        tree(self.process.id())
            .into_iter()
            .filter_map(|id| {
                let smaps = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
                let line = smaps.lines().find_map(|line| line.strip_prefix("Pss:"))?;
                line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()
            })
            .sum()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[component]
fn Empty() -> Element {
    rsx! {
        p { "nothing" }
        Beats { sign: "p" }
    }
}

fn show_app(runtime: &Runtime, folder: &str, description: &str, key: &str, conversation: &str) -> ExitCode {
    let key = std::fs::File::open(key).unwrap();
    let options = Options {
        network: Some(description.into()),
        key_fd: Some(key.as_raw_fd()),
        language: Some("en".to_owned()),
        ..Options::in_folder(folder)
    };
    let shell = Shell::new(options, Platform::default()).unwrap();
    let conversation = ConversationId::parse(conversation).unwrap();
    shell.remember_stack(vec![Place::Home, Place::Conversation(conversation)]);
    let opening = shell.clone();
    runtime.spawn(async move { opening.open().await });
    let dom = VirtualDom::new_with_props(Ours, OursProps { shell: shell.clone() });
    desktop::show(dom, &shell, runtime.handle().clone())
}

#[component]
fn Ours(shell: Shell) -> Element {
    rsx! {
        desktop::Window { shell: shell.clone(),
            App { shell: shell.clone() }
            Beats { sign: "#thread [data-row]", shell }
        }
    }
}

/// Says when `sign` is on the page, and then how long page and event loop stood still.
#[component]
fn Beats(sign: String, shell: Option<Shell>) -> Element {
    let mut worst = use_signal(|| Duration::ZERO);
    use_future(move || async move {
        loop {
            let start = Instant::now();
            tokio::time::sleep(TICK).await;
            let late = start.elapsed().saturating_sub(TICK);
            let before = *worst.peek();
            worst.set(before.max(late));
        }
    });
    use_future(move || {
        let (sign, shell) = (sign.clone(), shell.clone());
        async move {
            let mut page = document::eval(include_str!("beat.js"));
            page.send(sign).unwrap();
            let moments: [f64; 4] = page.recv().await.unwrap();
            println!("shown\t{}", moments.map(|moment| format!("{moment:.0}")).join("\t"));
            let switches: Vec<f64> = page.recv().await.unwrap();
            println!("switches\t{}", switches.iter().map(|time| format!("{time:.0}")).collect::<Vec<_>>().join(" "));
            while let Ok(gap) = page.recv::<f64>().await {
                let late = *worst.peek();
                worst.set(Duration::ZERO);
                let newest = newest(shell.as_ref()).await.unwrap_or_default();
                println!("beat\t{gap:.0}\t{}\t{newest}", late.as_millis());
            }
        }
    });
    VNode::empty()
}

/// The text of the newest message of the conversation on the screen.
async fn newest(shell: Option<&Shell>) -> Option<String> {
    let shell = shell?;
    let stack = shell.remembered_stack();
    let Some(Place::Conversation(id)) = stack.last() else { return None };
    let rows = shell.client()?.conversation(id).messages(Before::Latest, 1).await.ok()?;
    Some(rows.last()?.body.clone())
}

/// A conversation of that many letters, and 99 others.
async fn fill(client: &Client, friend: &AccountId, letters: u64) -> Told<()> {
    const BATCH: u64 = 5_000;
    let people: Vec<AccountId> = (0..100)
        .map(|number| if number == 0 { *friend } else { AccountKeys::from_seed(&AccountSeed::random()).account_id() })
        .collect();
    let now = Timestamp::from_millis(std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_millis().try_into()?).as_millis();
    for first in (0..letters).step_by(BATCH as usize) {
        let people = people.clone();
        let write = move |tx: &mut onionskin_core::ledger::WriteTx<'_>| {
            for number in first..(first + BATCH).min(letters) {
                // Every second letter is in the conversation on the screen.
                let sender = people[if number % 2 == 0 { 0 } else { (number / 2 % 100) as usize }];
                let at = Timestamp::from_millis(now - 1_000 * (letters - number + 60));
                let body = format!("word{} in letter number {number}, as long as a usual one is", number % 5_000);
                letters::lay(tx, &sender, at, &body)?;
            }
            Ok(())
        };
        client.store().write("letters", write).await?;
    }
    Ok(())
}

/// Puts that many letters of `friend` into the swarm at once.
fn arrives(town: &Town, to: &AccountId, friend: &AccountKeys, burst: u64) {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
    for number in 0..burst {
        let at = Timestamp::from_millis(now - burst + number);
        let content = letters::text(&format!("burst {number}"), at);
        town.network().deposit(&to.to_string(), 0, &letters::sealed(friend, to, &content, at));
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

/// How often the event loop is asked.
const TICK: Duration = Duration::from_millis(5);
