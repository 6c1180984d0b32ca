//! Measuring how prompt delivery is: pairs of people who live by themselves write to each other, and each letter's way
//! from writing to being shown is timed on the clock of their world.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use onionskin_core::{Clock as _, ConversationId, Draft, Event};
use onionskin_network::{Fault, LocalNetwork};

use crate::clock::WorldClock;
use crate::people::{Fate as _, Person, Told};

/// How much is written, and how long is waited for the rest. Times are on the clock of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Pairs of people.
    pub pairs: usize,
    /// How long they write.
    pub writing: Duration,
    /// From one letter (or burst) of a person to the next.
    pub gap: Duration,
    /// How long is waited for what is not yet shown when the last letter is written.
    pub tail: Duration,
    /// Letters written at once. More than one: only the first of each pair writes.
    pub burst: usize,
}

/// One letter, times on the monotonic clock of the world.
#[derive(Clone, Copy, Debug)]
struct Letter {
    written: Duration,
    shown: Option<Duration>,
    times: u32,
}

/// All letters of a measurement, by their text.
pub struct Letters {
    clock: WorldClock,
    by_text: Mutex<BTreeMap<String, Letter>>,
}

impl Letters {
    /// None yet.
    pub fn new(clock: &WorldClock) -> Self {
        Self { clock: clock.clone(), by_text: Mutex::default() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Letter>) -> T) -> T {
        work(&mut self.by_text.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A letter is written now.
    pub fn written(&self, text: &str) {
        let letter = Letter { written: self.clock.monotonic(), shown: None, times: 0 };
        self.with(|letters| letters.insert(text.to_owned(), letter));
    }

    /// A letter is shown to its reader now; what nobody wrote here is passed over.
    pub fn shown(&self, text: &str) {
        let now = self.clock.monotonic();
        self.with(|letters| {
            if let Some(letter) = letters.get_mut(text) {
                letter.shown.get_or_insert(now);
                letter.times += 1;
            }
        });
    }

    /// A letter stands on the screen of its reader, who may have been shown it before.
    pub fn on_screen(&self, text: &str) {
        if self.with(|letters| letters.get(text).is_some_and(|letter| letter.shown.is_none())) {
            self.shown(text);
        }
    }

    /// Letters that nobody was shown yet.
    pub fn open(&self) -> usize {
        self.with(|letters| letters.values().filter(|letter| letter.shown.is_none()).count())
    }

    /// Texts that were shown more than once.
    pub fn doubled(&self) -> Vec<String> {
        self.with(|letters| {
            letters.iter().filter(|(_, letter)| letter.times > 1).map(|(text, _)| text.clone()).collect()
        })
    }

    /// The times of all letters written from this moment of the world's monotonic clock on. A letter that was never shown
    /// counts with the time for which it was waited.
    pub fn summary(&self, from: Duration) -> Summary {
        let now = self.clock.monotonic();
        let letters: Vec<Letter> = self.with(|letters| letters.values().copied().collect());
        let letters: Vec<Letter> = letters.into_iter().filter(|letter| letter.written >= from).collect();
        let times = letters.iter().map(|letter| letter.shown.unwrap_or(now).saturating_sub(letter.written)).collect();
        let seen = letters.iter().filter(|letter| letter.shown.is_some()).count();
        Summary::of(times, seen)
    }
}

/// Milliseconds from writing to being shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Letters written.
    pub sent: usize,
    /// Letters shown to their readers.
    pub seen: usize,
    /// Half of the letters took at most this.
    pub p50: u128,
    /// 95 of 100 letters took at most this.
    pub p95: u128,
    /// The slowest letter.
    pub max: u128,
    /// Rows that wait to be sent at the end.
    pub waiting: usize,
}

impl Summary {
    fn of(mut times: Vec<Duration>, seen: usize) -> Self {
        times.sort();
        // The smallest time that so many of a hundred do not exceed.
        let at = |percent: usize| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(place).map_or(0, Duration::as_millis)
        };
        Self { sent: times.len(), seen, p50: at(50), p95: at(95), max: at(100), waiting: 0 }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, seen, p50, p95, max, waiting } = self;
        write!(f, "sent={sent} seen={seen} p50={p50} p95={p95} max={max} ms, waiting={waiting}")
    }
}

/// Two people who know each other.
pub type Pair<'w> = [Person<'w>; 2];

/// The pairs write to each other at this pace, everybody living by himself, until all is shown and no row waits any more, or
/// the tail is over.
/// `meanwhile` is what happens to the network.
///
/// # Errors
/// When a letter cannot be noted down, or `meanwhile` fails.
pub async fn correspondence(
    pairs: &[Pair<'_>],
    pace: Pace,
    letters: &Letters,
    meanwhile: impl Future<Output = Told<()>>,
) -> Told<()> {
    let listeners =
        join_all(pairs.iter().flat_map(|[one, other]| [listens(one, other, letters), listens(other, one, letters)]));
    let writing = async {
        let both = usize::from(pace.burst == 1) + 1;
        let writers = pairs.iter().enumerate().flat_map(|(number, [one, other])| {
            [(format!("{number}a"), one, other), (format!("{number}b"), other, one)].into_iter().take(both)
        });
        let written = try_join_all(writers.map(|(tag, from, to)| writes(tag, from, to, pace, letters)));
        let (_, ()) = tokio::try_join!(written, meanwhile)?;
        until_done(pairs, letters, pace.tail).await
    };
    tokio::select! {
        done = writing => done,
        _ = listeners => Err("the events ended".into()),
    }
}

/// Somebody opens the program and looks at the conversation: what is shown there is noted.
async fn listens(reader: &Person<'_>, from: &Person<'_>, letters: &Letters) {
    let mut events = reader.client().events();
    reader.client().set_screen(true, Some(ConversationId::from(from.account_id())));
    reader.client().start();
    while let Some(event) = events.next().await {
        match event {
            Event::MessageAdded(row) if !row.outgoing => letters.shown(&row.body),
            // Events were missed: the screen is read anew.
            Event::Resync => {
                reader.sees(from).await.unwrap_or_default().iter().for_each(|text| letters.on_screen(text))
            }
            _ => {}
        }
    }
}

async fn writes(tag: String, from: &Person<'_>, to: &Person<'_>, pace: Pace, letters: &Letters) -> Told<()> {
    let (clock, chat) = (letters.clock.clone(), from.with(to));
    let end = clock.monotonic() + pace.writing;
    let mut number = 0;
    while clock.monotonic() < end {
        for _ in 0..pace.burst {
            let text = format!("letter {tag} {number}");
            letters.written(&text);
            chat.send(Draft::text(text)).await?;
            number += 1;
        }
        let next = (clock.monotonic() + pace.gap).min(end);
        clock.sleep_until(next).await;
    }
    Ok(())
}

async fn until_done(pairs: &[Pair<'_>], letters: &Letters, tail: Duration) -> Told<()> {
    let end = letters.clock.monotonic() + tail;
    while letters.clock.monotonic() < end && (letters.open() > 0 || waiting(pairs).await? > 0) {
        letters.clock.sleep_until(letters.clock.monotonic() + GLANCE).await;
    }
    Ok(())
}

/// How many rows wait to be sent.
///
/// # Errors
/// When a ledger fails.
pub async fn waiting(pairs: &[Pair<'_>]) -> Told<usize> {
    let mut waiting = 0;
    for [one, other] in pairs {
        for (from, to) in [(one, other), (other, one)] {
            waiting += from.rows(&to.account_id()).await?.iter().filter(|row| row.outgoing && row.is_waiting()).count();
        }
    }
    Ok(waiting)
}

/// Nodes to break: so many of a hundred, the same ones for the same `seed`, leaving every swarm half of its members and at
/// least two.
pub fn spread(network: &LocalNetwork, percent: usize, seed: u64) -> Vec<usize> {
    let mut swarms: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for node in network.nodes() {
        swarms.entry(node.swarm().unwrap_or(u64::MAX)).or_default().push(node.number());
    }
    let mut chosen = Vec::new();
    let wanted = (network.nodes().count() * percent + 50) / 100;
    let mut dice = Dice(seed);
    for members in swarms.values_mut() {
        dice.shuffle(members);
        let stays = members.len().div_ceil(2).max(2);
        members.truncate(members.len().saturating_sub(stays));
    }
    // From each swarm in turn, so that few failures do not meet in one.
    while chosen.len() < wanted && swarms.values().any(|members| !members.is_empty()) {
        let mut turn: Vec<u64> = swarms.keys().copied().collect();
        dice.shuffle(&mut turn);
        for swarm in turn.into_iter().take(wanted - chosen.len()) {
            chosen.extend(swarms.get_mut(&swarm).and_then(Vec::pop));
        }
    }
    chosen
}

/// Switches a fault on at some nodes.
pub fn breaks(network: &LocalNetwork, nodes: &[usize], fault: &Fault) {
    for node in nodes {
        network.node(*node).fault(fault.clone());
    }
}

/// The same throws for the same seed.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides.max(1)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.below(place + 1));
        }
    }
}

/// How often is looked whether everything is shown.
const GLANCE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;
    use onionskin_network::Options;

    #[test]
    fn the_line_of_a_summary_says_what_letters_took() {
        let times = (1..=100).map(Duration::from_millis).collect();
        let line = Summary { waiting: 2, ..Summary::of(times, 99) }.to_string();
        assert_eq!(line, "sent=100 seen=99 p50=50 p95=95 max=100 ms, waiting=2");
        assert_eq!(Summary::of(vec![], 0).to_string(), "sent=0 seen=0 p50=0 p95=0 max=0 ms, waiting=0");
        assert_eq!(Summary::of(vec![Duration::from_millis(7)], 1).p95, 7);
    }

    #[test]
    fn a_letter_that_is_never_shown_counts_with_the_time_it_was_waited_for() {
        let clock = WorldClock::new();
        let letters = Letters::new(&clock);
        letters.written("shown");
        letters.written("lost");
        letters.shown("shown");
        letters.shown("written by nobody");
        clock.forward(Duration::from_secs(60));
        let summary = letters.summary(Duration::ZERO);
        assert_eq!((summary.sent, summary.seen, letters.open()), (2, 1, 1));
        assert!(summary.max >= 60_000 && summary.p50 < 60_000);
        letters.on_screen("shown");
        assert!(letters.doubled().is_empty(), "read anew, not shown again");
        letters.shown("shown");
        assert_eq!(letters.doubled(), ["shown"]);
        assert_eq!(letters.summary(clock.monotonic()).sent, 0, "nothing was written since");
    }

    #[tokio::test]
    async fn whatever_share_breaks_every_swarm_keeps_half_of_its_members_and_two() {
        let network = LocalNetwork::start(Options { nodes: 20, swarms: 5, ..Options::default() }).await.unwrap();
        for (percent, expected) in [(10, 2), (30, 6), (50, 10), (90, 10)] {
            for seed in 0..20 {
                let broken = spread(&network, percent, seed);
                assert_eq!(broken.len(), expected);
                assert_eq!(broken, spread(&network, percent, seed), "the same for the same seed");
                for swarm in network.swarms() {
                    let left =
                        network.nodes().filter(|node| node.swarm() == Some(swarm) && !broken.contains(&node.number()));
                    assert!(left.count() >= 2);
                }
            }
        }
    }
}
