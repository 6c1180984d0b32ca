//! People whose nodes lie: what must hold of them however long they go on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::FutureExt as _;
use onionskin_core::{Clock as _, Event, Events};
use onionskin_network::{Fault, Journey, LocalNetwork, Trick};

use crate::people::{Fate as _, Person, Told, World, befriend};
use crate::soak::{Letters, Summary};

/// What was seen while nodes lied.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Letters, in times of the moved clock.
    pub letters: Summary,
    /// Texts shown more than once.
    pub doubled: Vec<String>,
    /// Requests that one poll or one sending made, at most.
    pub most_requests: u64,
    /// Requests of all polls and sendings together.
    pub requests: u64,
    /// Polls and sendings.
    pub turns: u64,
    /// Conversations and requests of the reader that nobody began.
    pub strange_conversations: usize,
    /// Rows in the reader's conversation that nobody wrote.
    pub strange_rows: usize,
    /// What the reader recorded as unusable.
    pub unreadable: usize,
    /// Different guards of the person who meets the liar.
    pub guards: usize,
    /// Of the paths of that person: how many there were, and how many of them went over the liar.
    pub paths: (usize, usize),
    /// So much of a hundred paths may go over the liar: what chance gives, and what a small number of paths adds to it.
    pub fair_share: usize,
}

impl Outcome {
    /// Nothing lost, nothing doubled, everything bounded, and the liar gains nothing.
    ///
    /// # Errors
    /// What does not hold.
    pub fn holds(&self) -> Told<()> {
        let (all, over) = self.paths;
        let rules = [
            (self.letters.seen == self.letters.sent && self.letters.waiting == 0, "a letter was lost or waits"),
            (self.doubled.is_empty(), "a letter was shown twice"),
            (self.most_requests <= MOST_REQUESTS, "one poll or sending made too many requests"),
            (self.requests <= self.turns * USUAL_REQUESTS, "polls make too many requests"),
            (self.strange_conversations + self.strange_rows == 0, "something is shown that nobody wrote"),
            (self.unreadable <= MOST_UNREADABLE, "rubbish fills the ledger"),
            (self.guards <= MOST_GUARDS, "guards were changed too often"),
            (over * 100 <= all * self.fair_share, "the liar has more than its share of the paths"),
        ];
        let broken: Vec<&str> = rules.iter().filter(|(holds, _)| !holds).map(|(_, rule)| *rule).collect();
        if broken.is_empty() { Ok(()) } else { Err(format!("{}: {self:?}", broken.join("; ")).into()) }
    }
}

/// A member of the reader's swarm tells lies of every kind while he polls so many times; every tenth poll somebody writes
/// to him.
///
/// # Errors
/// When a ledger fails, or something waits for ever.
pub async fn lying_member(world: &World, seed: u64, polls: usize) -> Told<Outcome> {
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let liar = world.network().swarm_of(&bob.id())[0];
    let mut watch = Watch::begins(world, &alice, &bob).await?;
    world.network().node(liar).fault(Fault::HostileMember { seed });
    for number in 0..polls {
        if number % 10 == 0 {
            watch.writes(number).await?;
        }
        watch.polls().await;
        world.clock.forward(BETWEEN_POLLS);
        watch.notes_journeys(liar, &bob);
    }
    watch.ends(liar, &bob).await
}

/// A guard of the writer drops and delays while she writes so many letters, one in eleven minutes.
///
/// # Errors
/// When a ledger fails, or something waits for ever.
pub async fn lying_guard(world: &World, seed: u64, trick: Trick, letters: usize) -> Told<Outcome> {
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let guard = guards_of(world.network(), &alice.id()).pop().ok_or("Alice has no guard")?;
    let mut watch = Watch::begins(world, &alice, &bob).await?;
    world.network().node(guard).fault(Fault::HostileGuard { seed, trick });
    for number in 0..letters {
        watch.writes(number).await?;
        // She polls as well, over the same guards.
        let _ = alice.polls().await;
        watch.polls().await;
        world.clock.forward(BETWEEN_LETTERS);
        watch.notes_journeys(guard, &alice);
    }
    watch.ends(guard, &alice).await
}

/// Guards over which an account was asked for its mail, the latest last.
fn guards_of(network: &LocalNetwork, account: &str) -> Vec<usize> {
    let own = network.journeys_of(account).into_iter().filter(is_poll);
    own.filter_map(|journey| journey.path().first().copied()).collect()
}

fn is_poll(journey: &Journey) -> bool {
    journey.methods.iter().any(|method| method == "retrieve")
}

/// Two people, and what is noted of them.
struct Watch<'s> {
    world: &'s World,
    alice: &'s Person<'s>,
    bob: &'s Person<'s>,
    /// Rows of their conversation before the first letter.
    rows: usize,
    letters: Letters,
    heard: Events,
    begun: Duration,
    outcome: Outcome,
    guards: BTreeSet<usize>,
    /// Paths of the person who meets the liar, and whether each goes over it.
    paths: BTreeMap<Vec<usize>, bool>,
}

impl<'s> Watch<'s> {
    async fn begins(world: &'s World, alice: &'s Person<'s>, bob: &'s Person<'s>) -> Told<Self> {
        let clock = world.clock.core();
        Ok(Self {
            rows: bob.rows(&alice.account_id()).await?.len(),
            world,
            alice,
            bob,
            letters: Letters::new(clock),
            heard: bob.client().events(),
            begun: clock.monotonic(),
            outcome: Outcome::default(),
            guards: BTreeSet::new(),
            paths: BTreeMap::new(),
        })
    }

    async fn writes(&mut self, number: usize) -> Told<()> {
        let text = format!("letter {number}");
        self.letters.written(&text);
        self.alice.notes(self.bob, &text).await?;
        let before = self.asked();
        self.alice.sends().await?;
        self.counts(before);
        Ok(())
    }

    /// One poll, which may fail; what it brought is noted.
    async fn polls(&mut self) {
        let before = self.asked();
        let _ = self.bob.polls().await;
        self.counts(before);
        while let Some(Some(event)) = self.heard.next().now_or_never() {
            if let Event::MessageAdded(row) = event
                && !row.outgoing
            {
                self.letters.shown(&row.body);
            }
        }
    }

    /// Requests about the reader's account, whose swarm both ask.
    fn asked(&self) -> u64 {
        self.world.network().stats().accounts.get(&self.bob.id()).map_or(0, |traffic| traffic.requests)
    }

    fn counts(&mut self, before: u64) {
        let made = self.asked() - before;
        self.outcome.most_requests = self.outcome.most_requests.max(made);
        self.outcome.requests += made;
        self.outcome.turns += 1;
    }

    /// Notes the paths of `who` since the last time, and empties the log.
    fn notes_journeys(&mut self, liar: usize, who: &Person<'_>) {
        let network = self.world.network();
        for journey in network.journeys_of(&who.id()).into_iter().filter(is_poll) {
            let path = journey.path().to_vec();
            self.guards.extend(path.first());
            let over = path.contains(&liar);
            // A path that never answers is no path.
            if journey.status == Some(200) {
                self.paths.insert(path, over);
            }
        }
        network.clear_log();
    }

    async fn ends(mut self, liar: usize, who: &Person<'_>) -> Told<Outcome> {
        self.alice.sends_all().await?;
        for _ in 0..LAST_POLLS {
            if self.letters.open() == 0 {
                break;
            }
            self.polls().await;
            self.world.clock.forward(BETWEEN_POLLS);
        }
        self.notes_journeys(liar, who);
        let rows = self.bob.rows(&self.alice.account_id()).await?;
        let (network, letters) = (self.world.network(), self.letters.summary(self.begun));
        let waiting = self.alice.rows(&self.bob.account_id()).await?.iter().filter(|row| row.is_waiting()).count();
        // A guard begins one path of two at most; whoever is no guard stands on one of three places.
        let chance = if who.id() == self.alice.id() { 50 } else { 300 / network.nodes().count() };
        Ok(Outcome {
            strange_conversations: self.bob.requests().await?.len() + self.bob.conversations().await?.len() - 1,
            strange_rows: rows.len().saturating_sub(letters.seen + self.rows),
            unreadable: self.bob.unreadable().await?.len(),
            doubled: self.letters.doubled(),
            guards: self.guards.len(),
            paths: (self.paths.len(), self.paths.values().filter(|over| **over).count()),
            fair_share: if self.paths.len() < FEW_PATHS { 100 } else { chance + BAD_LUCK },
            letters: Summary { waiting, ..letters },
            ..self.outcome
        })
    }
}

/// The pace of a person who looks at the screen.
const BETWEEN_POLLS: Duration = Duration::from_secs(5);

/// Long enough that paths rotate between two letters.
const BETWEEN_LETTERS: Duration = Duration::from_secs(11 * 60);

/// After the last letter everything is shown within so many polls: every member is asked in that time.
const LAST_POLLS: usize = 150;

/// Requests of one poll or one sending: some pages of one member, another member, a retry.
const MOST_REQUESTS: u64 = 40;

/// Requests for one poll or sending on average.
const USUAL_REQUESTS: u64 = 8;

/// What the ledger records of unusable messages at most.
const MOST_UNREADABLE: usize = 1_000;

/// Guards in ten days.
const MOST_GUARDS: usize = 6;

/// Fewer paths say nothing about shares.
const FEW_PATHS: usize = 30;

/// What chance may add to a share of so few paths, in per cent: more than twice its deviation.
const BAD_LUCK: usize = 20;
