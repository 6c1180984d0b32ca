//! `make story-demo`: two people write to each other over a local network, and the terminal shows what each sees and the way
//! each message took.
//!
//! The network (12 service nodes in 3 swarms, real HTTP on loopback) runs in this process; Ana, Bob and Ana's tablet are
//! three devices with an encrypted database each, in a folder that is gone afterwards. Ends by itself; Ctrl-C ends it
//! earlier. Colours only on a terminal, and never with `NO_COLOR`. With `NETWORK_FILE` it runs on that network instead,
//! without the part that needs faults.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)] // a demonstration may panic

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use onionskin_core::{MessageId, MessageKind};
use onionskin_network::Fault;
use onionskin_tests::people::{Fate as _, Person, Told, World};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let stage = Stage::new();
    let shown = tokio::select! {
        shown = show(&stage) => shown,
        _ = tokio::signal::ctrl_c() => {
            stage.line("");
            stage.line("  Ended early. Nothing was kept.");
            Ok(())
        }
    };
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("The demo did not work: {trouble:?}");
            ExitCode::FAILURE
        }
    }
}

async fn show(stage: &Stage) -> Told<()> {
    stage.line("");
    stage.line(&format!("  {}   a conversation without a screen", stage.bold("Onionskin")));
    stage.line("");
    let world = World::start().await?;
    stage.opens(&world);
    let [ana, bob] = world.people(["Ana", "Bob"]).await?;
    stage.note("Two people with a device each: an encrypted database, a set of paths, nothing shared.");
    stage.line("");
    for person in [&ana, &bob] {
        stage.line(&format!("      {}  {}", stage.name(person.name()), stage.faint(&person.id())));
    }
    a_stranger_writes(stage, &world, &ana, &bob).await?;
    if world.is_local() {
        a_tunnel(stage, &world, &ana, &bob).await?;
    }
    a_second_device(stage, &world, &ana, &bob).await?;
    if world.is_local() {
        stage.scene("What the network saw");
        let stats = world.network().stats();
        stage.note(&format!(
            "{} onion requests, {} messages stored, {} mailboxes opened.",
            stats.onions, stats.stores, stats.retrieves
        ));
        let secret = [ana.id(), bob.id(), "night train".to_owned(), "Good night".to_owned()];
        let visible = secret.iter().filter(|text| world.network().was_seen_outside(text.as_bytes())).count();
        stage.note(&format!("Account IDs, names or words visible outside the onion: {visible}."));
    }
    stage.line("");
    Ok(())
}

async fn a_stranger_writes(stage: &Stage, world: &World, ana: &Person<'_>, bob: &Person<'_>) -> Told<()> {
    stage.scene("A stranger writes");
    let hello = ana.writes(bob, "Hello Bob! We met on the night train.").await?;
    stage.sent(world, ana, bob, hello).await?;
    bob.polls().await?;
    let requests = bob.requests().await?.len();
    stage.sees(bob, ana, &format!("{requests} message request, from {}", short(&ana.id()))).await?;

    stage.scene("The answer accepts");
    let answer = bob.writes(ana, "The one that was four hours late? 🚂").await?;
    stage.sent(world, bob, ana, answer).await?;
    ana.polls().await?;
    stage.sees(ana, bob, "Bob accepted").await
}

async fn a_tunnel(stage: &Stage, world: &World, ana: &Person<'_>, bob: &Person<'_>) -> Told<()> {
    stage.scene("A tunnel");
    world.goes_offline();
    stage.note("Every node and the seed stop answering.");
    let tunnel = ana.writes(bob, "I am in a tunnel, this one will wait.").await?;
    stage.waits(ana, bob, tunnel).await?;
    world.comes_back();
    put_some_way_off(world);
    stage.note("The network is back; a minute passes.");
    world.clock.forward(Duration::from_secs(61));
    ana.sends_all().await?;
    stage.sent(world, ana, bob, tunnel).await?;
    bob.polls().await?;
    stage.sees(bob, ana, "").await
}

async fn a_second_device(stage: &Stage, world: &World, ana: &Person<'_>, bob: &Person<'_>) -> Told<()> {
    stage.scene("A second device");
    stage.note("Ana types the thirteen words of her recovery password into a tablet.");
    let tablet = ana.second_device().await?;
    tablet.polls().await?;
    stage.sees(&tablet, bob, "Ana's tablet: the same account").await?;
    let late = tablet.writes(bob, "Now from my tablet. Good night!").await?;
    stage.sent(world, &tablet, bob, late).await?;
    bob.polls().await?;
    ana.polls().await?;
    stage.sees(bob, ana, "").await?;
    stage.sees(ana, bob, "Ana's phone").await
}

/// Loopback takes no time; real nodes are some way off.
fn put_some_way_off(world: &World) {
    for node in world.network().nodes() {
        node.fault(Fault::Slow(Duration::from_millis(2 + 3 * (node.number() as u64 % 4))));
    }
}

/// The terminal.
struct Stage {
    colours: bool,
    pause: Duration,
}

impl Stage {
    fn new() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let colours = terminal && std::env::var_os("NO_COLOR").is_none();
        // A reader needs a moment for each line, a pipe does not.
        Self { colours, pause: if terminal { Duration::from_millis(120) } else { Duration::ZERO } }
    }

    fn line(&self, text: &str) {
        // A closed pipe (`make demo | head`) is no reason to panic.
        let _ = writeln!(std::io::stdout(), "{text}");
        std::thread::sleep(self.pause);
    }

    fn scene(&self, title: &str) {
        self.line("");
        self.line(&format!("  {}", self.bold(title)));
        self.line("");
    }

    fn note(&self, text: &str) {
        self.line(&format!("  {}", self.faint(text)));
    }

    /// Which network it is.
    fn opens(&self, world: &World) {
        self.note(&match world.is_local() {
            true => format!(
                "A network on this machine: {} service nodes in {} swarms, a seed, a file server.",
                world.network().nodes().count(),
                world.network().swarms().len()
            ),
            false => format!("The network {}.", world.description().name),
        });
        if world.is_local() {
            put_some_way_off(world);
            self.note("Each node takes 2 to 11 ms, as if it stood somewhere else.");
        }
    }

    /// A message that left, and the way it took.
    async fn sent(&self, world: &World, from: &Person<'_>, to: &Person<'_>, id: MessageId) -> Told<()> {
        let row = from.row(to, id).await?;
        self.line(&format!("  {}  writes  {}", self.name(from.name()), row.body));
        if let (Some(sending), Some((taken, of))) = (&row.sending, row.taken_by()) {
            let node = |key: &str| node_name(world, key);
            let hops: Vec<_> = sending.hops.iter().map(|hop| node(&hop.key)).collect();
            self.line(&format!(
                "          {}",
                self.faint(&format!("{} → {} → {}", from.name(), hops.join(" → "), node(&sending.destination)))
            ));
            let keepers: Vec<_> = sending.nodes.iter().map(|key| node(key)).collect();
            self.line(&format!(
                "          {} {}",
                self.good(&format!("sent in {} ms, kept by {taken} of {of} nodes", sending.latency.as_millis())),
                self.faint(&format!("({})", keepers.join(", ")))
            ));
        }
        Ok(())
    }

    /// A message that could not leave yet.
    async fn waits(&self, from: &Person<'_>, to: &Person<'_>, id: MessageId) -> Told<()> {
        let row = from.row(to, id).await?;
        self.line(&format!("  {}  writes  {}", self.name(from.name()), row.body));
        let state = if row.is_waiting() { "stored here; goes out when the network is back" } else { "sent" };
        self.line(&format!("          {}", self.warn(state)));
        Ok(())
    }

    /// The conversation as one of the two sees it.
    async fn sees(&self, who: &Person<'_>, other: &Person<'_>, remark: &str) -> Told<()> {
        self.line("");
        let remark = if remark.is_empty() { String::new() } else { format!("   {}", self.good(remark)) };
        self.line(&format!("  {}  sees{remark}", self.name(who.name())));
        let rows = who.rows(&other.account_id()).await?;
        if rows.len() > SHOWN {
            self.line(&format!("          {}", self.faint("│ …")));
        }
        for row in rows.iter().skip(rows.len().saturating_sub(SHOWN)) {
            let speaker = if row.outgoing { who.name() } else { other.name() };
            match row.kind {
                MessageKind::Text => self.line(&format!("          {} {speaker:<4} {}", self.faint("│"), row.body)),
                _ => self.line(&format!("          {}", self.faint("│ — the request was accepted —"))),
            }
        }
        Ok(())
    }

    fn name(&self, text: &str) -> String {
        self.paint("1;35", &format!("{text:<6}"))
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn faint(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn good(&self, text: &str) -> String {
        self.paint("32", text)
    }

    fn warn(&self, text: &str) -> String {
        self.paint("33", text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// What to call a node: its number on the local network, else the ends of its key.
fn node_name(world: &World, key: &str) -> String {
    let number = world.is_local().then(|| world.network().node_by_key(key)).flatten().map(|node| node.number());
    number.map_or_else(|| short(key), |number| format!("node {number}"))
}

/// The ends of a key, enough to tell two apart.
fn short(key: &str) -> String {
    match (key.get(..6), key.get(key.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if key.len() > 12 => format!("{head}…{tail}"),
        _ => key.to_owned(),
    }
}

/// Newest lines of a conversation that are shown.
const SHOWN: usize = 4;
