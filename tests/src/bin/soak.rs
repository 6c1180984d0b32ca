//! `make soak`: how long letters take from writing to being shown, while nodes die, hang and come back.
//!
//! `soak [SCENARIO...] [PAIRS=n] [SECS=n] [GAP=ms] [TAIL=s] [SEED=n] [CLOCK=moved]`, also from the environment. Each scenario
//! ends in one line on standard output, `soak SCENARIO: sent=N seen=N p50=N p95=N max=N ms, waiting=N`; everything else goes
//! to standard error. A letter that was never shown counts with the time it was waited for. Without a scenario all run.
//!
//! The network is a local one (20 nodes in 5 swarms) in real time, with `CLOCK=moved` in time that passes while nothing
//! happens. With `NETWORK_FILE` it is that network: then faults come from outside, by the command in `SOAK_FAULTS`, called
//! with `break SCENARIO` and with `heal`; without it only `healthy` runs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)] // a test tool may panic

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use onionskin_core::{Clock as _, Draft};
use onionskin_network::{Fault, Options};
use onionskin_tests::liars::lying_member;
use onionskin_tests::people::{Fate as _, Person, Told, World, befriend};
use onionskin_tests::soak::{Letters, Pace, Pair, Summary, breaks, correspondence, spread, waiting};

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Breaks {
    Nothing,
    /// So many of a hundred nodes are killed.
    Killed(usize),
    /// So many of a hundred nodes are halted.
    Halted(usize),
    /// One member of each reader's swarm is killed.
    Member,
    /// The whole swarm of the first reader is killed.
    Swarm,
    /// One member of the reader's swarm lies.
    Truth,
}

/// What happens while people write.
#[derive(Clone, Copy, Debug)]
struct Scenario {
    name: &'static str,
    breaks: Breaks,
    /// Broken after a quarter of the writing and healed after half of it, instead of broken from the first letter on.
    heals: bool,
    burst: usize,
}

const fn scenario(name: &'static str, breaks: Breaks) -> Scenario {
    Scenario { name, breaks, heals: false, burst: 1 }
}

const SCENARIOS: [Scenario; 12] = [
    scenario("healthy", Breaks::Nothing),
    scenario("dead10", Breaks::Killed(10)),
    scenario("dead30", Breaks::Killed(30)),
    scenario("dead50", Breaks::Killed(50)),
    scenario("hanging10", Breaks::Halted(10)),
    scenario("hanging30", Breaks::Halted(30)),
    scenario("hanging50", Breaks::Halted(50)),
    Scenario { burst: 20, ..scenario("member", Breaks::Member) },
    Scenario { heals: true, ..scenario("swarm", Breaks::Swarm) },
    Scenario { heals: true, ..scenario("heal", Breaks::Killed(50)) },
    scenario(COLD, Breaks::Killed(30)),
    scenario("liar", Breaks::Truth),
];

/// The scenario in which nobody has run before.
const COLD: &str = "cold30";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match run(std::env::args().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("soak: {trouble}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = String>) -> Told<()> {
    let settings = Settings::read(arguments)?;
    for scenario in &settings.scenarios {
        if !settings.can(scenario) {
            eprintln!("soak {}: left out (it needs a local network or SOAK_FAULTS)", scenario.name);
            continue;
        }
        let stage = Stage { world: settings.world().await?, scenario: *scenario, settings: &settings };
        // Liars are met on a clock that is moved in any case.
        let passes = settings.moved && scenario.breaks != Breaks::Truth;
        let summary = if passes { stage.world.passing(stage.plays()).await? } else { stage.plays().await? };
        println!("soak {}: {summary}", scenario.name);
    }
    Ok(())
}

/// What was asked for.
struct Settings {
    scenarios: Vec<Scenario>,
    numbers: BTreeMap<String, u64>,
    moved: bool,
    foreign: bool,
    /// Breaks and heals a network from outside.
    faults: Option<String>,
}

impl Settings {
    fn read(arguments: impl Iterator<Item = String>) -> Told<Self> {
        let mut given: BTreeMap<String, String> = std::env::vars().collect();
        let mut names: Vec<String> =
            given.get("SCENARIO").into_iter().flat_map(|all| all.split_whitespace()).map(str::to_owned).collect();
        for argument in arguments {
            match argument.split_once('=') {
                Some((name, value)) => drop(given.insert(name.to_owned(), value.to_owned())),
                None => names.push(argument),
            }
        }
        let find = |name: &String| {
            let known = || SCENARIOS.map(|scenario| scenario.name).join(" ");
            let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
            found.copied().ok_or_else(|| format!("no scenario {name:?}; there are {}", known()))
        };
        let scenarios =
            if names.is_empty() { SCENARIOS.to_vec() } else { names.iter().map(find).collect::<Result<_, _>>()? };
        let mut numbers = BTreeMap::new();
        for name in ["PAIRS", "SECS", "GAP", "TAIL", "SEED", "LIAR_POLLS"] {
            if let Some(text) = given.get(name) {
                numbers.insert(name.to_owned(), text.parse().map_err(|_| format!("{name}={text} is not a number"))?);
            }
        }
        let foreign = given.contains_key("NETWORK_FILE");
        let moved = given.get("CLOCK").is_some_and(|clock| clock == "moved");
        if moved && foreign {
            return Err("only the clock of a local network can be moved".into());
        }
        Ok(Self { scenarios, numbers, moved, foreign, faults: given.remove("SOAK_FAULTS") })
    }

    fn number(&self, name: &str, usual: u64) -> u64 {
        self.numbers.get(name).copied().unwrap_or(usual)
    }

    fn pace(&self, scenario: &Scenario) -> Pace {
        let (pairs, gap) = if scenario.burst > 1 { (1, 12_000) } else { (4, 500) };
        Pace {
            pairs: usize::try_from(self.number("PAIRS", pairs)).unwrap_or(1),
            writing: Duration::from_secs(self.number("SECS", 40)),
            gap: Duration::from_millis(self.number("GAP", gap)),
            tail: Duration::from_secs(self.number("TAIL", 30)),
            burst: scenario.burst,
        }
    }

    fn can(&self, scenario: &Scenario) -> bool {
        match scenario.breaks {
            Breaks::Nothing => true,
            Breaks::Truth => !self.foreign,
            _ => !self.foreign || self.faults.is_some(),
        }
    }

    async fn world(&self) -> Told<World> {
        if self.foreign { World::start().await } else { World::with(local()).await }
    }
}

/// Swarms of four, of which two may go.
fn local() -> Options {
    Options { nodes: 20, swarms: 5, ..Options::default() }
}

/// One scenario in its world.
struct Stage<'s> {
    world: World,
    scenario: Scenario,
    settings: &'s Settings,
}

impl Stage<'_> {
    async fn plays(&self) -> Told<Summary> {
        let summary = match self.scenario.breaks {
            Breaks::Truth => self.lies().await?,
            _ if self.scenario.name == COLD => self.first_letters().await?,
            _ => self.conversations().await?,
        };
        self.heal().await?;
        Ok(summary)
    }

    /// People who know each other write and read.
    async fn conversations(&self) -> Told<Summary> {
        let pace = self.settings.pace(&self.scenario);
        let mut pairs: Vec<Pair<'_>> = Vec::new();
        for _ in 0..pace.pairs {
            let pair = self.world.people(["Ada", "Ben"]).await?;
            befriend(&pair[0], &pair[1]).await?;
            pairs.push(pair);
        }
        let letters = Letters::new(self.world.clock.core());
        let begun = self.now();
        if !self.scenario.heals {
            self.break_down(&pairs).await?;
        }
        correspondence(&pairs, pace, &letters, self.meanwhile(&pairs, pace, &letters)).await?;
        let summary = Summary { waiting: waiting(&pairs).await?, ..letters.summary(begun) };
        let doubled = letters.doubled();
        self.close(pairs.iter().flatten()).await?;
        if doubled.is_empty() { Ok(summary) } else { Err(format!("shown more than once: {doubled:?}").into()) }
    }

    /// What happens to the network while people write.
    async fn meanwhile(&self, pairs: &[Pair<'_>], pace: Pace, letters: &Letters) -> Told<()> {
        if !self.scenario.heals {
            return Ok(());
        }
        self.sleep(pace.writing / 4).await;
        self.break_down(pairs).await?;
        self.sleep(pace.writing / 4).await;
        self.heal().await?;
        let healed = self.now();
        self.sleep(pace.writing / 2 + pace.tail).await;
        let name = self.scenario.name;
        eprintln!("soak {name}: written after healing: {}", letters.summary(healed));
        eprintln!("soak {name}: written 5 s and more after healing: {}", letters.summary(healed + SOON));
        Ok(())
    }

    /// Newcomers on new devices write their first letter to somebody who has been here for long.
    async fn first_letters(&self) -> Told<Summary> {
        let pace = self.settings.pace(&self.scenario);
        let [reader] = self.world.people(["Ada"]).await?;
        reader.polls().await?;
        reader.client().set_screen(true, None);
        reader.client().start();
        self.break_down(&[]).await?;
        let (letters, begun) = (Letters::new(self.world.clock.core()), self.now());
        let mut still = 0;
        for number in 0..pace.pairs * 2 {
            let text = format!("first letter {number}");
            letters.written(&text);
            let [newcomer] = self.world.people(["Ben"]).await?;
            newcomer.client().set_screen(true, None);
            newcomer.client().start();
            newcomer.with(&reader).send(Draft::text(text.as_str())).await?;
            if self.shows(&reader, &newcomer, pace.tail).await? {
                letters.shown(&text);
            }
            still += self.still_waits(&newcomer, &reader, pace.tail).await?;
            self.close([&newcomer]).await?;
        }
        self.close([&reader]).await?;
        Ok(Summary { waiting: still, ..letters.summary(begun) })
    }

    /// Ends the programs of some people; one that does not end is told of.
    async fn close<'p, 'w: 'p>(&self, people: impl IntoIterator<Item = &'p Person<'w>>) -> Told<()> {
        for person in people {
            match tokio::time::timeout(CLOSING, person.client().close()).await {
                Ok(closed) => closed?,
                Err(_) => eprintln!("soak {}: a program did not end within {CLOSING:?}", self.scenario.name),
            }
        }
        Ok(())
    }

    /// How many rows of a newcomer wait when none does any more, or when the time is over.
    async fn still_waits(&self, newcomer: &Person<'_>, reader: &Person<'_>, limit: Duration) -> Told<usize> {
        let end = self.now() + limit;
        loop {
            let rows = newcomer.rows(&reader.account_id()).await?;
            let waiting = rows.iter().filter(|row| row.is_waiting()).count();
            if waiting == 0 || self.now() >= end {
                return Ok(waiting);
            }
            self.sleep(GLANCE).await;
        }
    }

    /// Whether somebody sees anything from a newcomer in time.
    async fn shows(&self, reader: &Person<'_>, newcomer: &Person<'_>, limit: Duration) -> Told<bool> {
        let end = self.now() + limit;
        while self.now() < end {
            if !reader.sees(newcomer).await?.is_empty() {
                return Ok(true);
            }
            self.sleep(GLANCE).await;
        }
        Ok(false)
    }

    /// Somebody polls a swarm with a liar in it, on a clock that is moved.
    async fn lies(&self) -> Told<Summary> {
        let polls = usize::try_from(self.settings.number("LIAR_POLLS", 10_000))?;
        let outcome = lying_member(&self.world, self.settings.number("SEED", 1), polls).await?;
        eprintln!("soak liar: {outcome:?}");
        outcome.holds()?;
        Ok(outcome.letters)
    }

    async fn break_down(&self, pairs: &[Pair<'_>]) -> Told<()> {
        if self.settings.foreign {
            return self.command(&["break", self.scenario.name]).await;
        }
        let (network, seed) = (self.world.network(), self.settings.number("SEED", 1));
        let swarm_of = |reader: &Person<'_>| network.swarm_of(&reader.id());
        let (nodes, fault) = match self.scenario.breaks {
            Breaks::Nothing | Breaks::Truth => return Ok(()),
            Breaks::Killed(percent) => (spread(network, percent, seed), Fault::Refuse),
            Breaks::Halted(percent) => (spread(network, percent, seed), Fault::Frozen),
            Breaks::Member => (pairs.iter().map(|[_, reader]| swarm_of(reader)[0]).collect(), Fault::Refuse),
            Breaks::Swarm => (pairs.first().map(|[_, reader]| swarm_of(reader)).unwrap_or_default(), Fault::Refuse),
        };
        breaks(network, &nodes, &fault);
        eprintln!("soak {}: {fault:?} at {} of {} nodes", self.scenario.name, nodes.len(), network.nodes().count());
        Ok(())
    }

    async fn heal(&self) -> Told<()> {
        match (self.settings.foreign, self.scenario.breaks) {
            (_, Breaks::Nothing) => Ok(()),
            (true, _) => self.command(&["heal"]).await,
            (false, _) => {
                self.world.comes_back();
                Ok(())
            }
        }
    }

    /// Lets the command of whoever runs the network do something.
    async fn command(&self, words: &[&str]) -> Told<()> {
        let Some(command) = &self.settings.faults else { return Ok(()) };
        let line = format!("{command} {}", words.join(" "));
        let status = tokio::process::Command::new("sh").arg("-c").arg(&line).status().await?;
        if status.success() { Ok(()) } else { Err(format!("{line:?} failed: {status}").into()) }
    }

    fn now(&self) -> Duration {
        self.world.clock.core().monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.world.clock.core().sleep_until(self.now() + duration).await;
    }
}

/// After healing everything is normal within this time.
const SOON: Duration = Duration::from_secs(5);

/// A program that is closed ends within this time, in real time.
const CLOSING: Duration = Duration::from_secs(10);

/// How often is looked whether a newcomer's letter is shown.
const GLANCE: Duration = Duration::from_millis(50);
