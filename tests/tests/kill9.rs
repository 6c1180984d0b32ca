//! Kill -9 at every write point of receiving, answering and sending: nothing is lost, nothing is doubled.
//!
//! Ana is a process (`headless`) that is killed at its n-th point, started again, and allowed to finish. Bob lives here.
//! Before each round Bob has written to a fresh Ana: she polls, accepts, answers twice, keeps a note to herself, and
//! polls again. Then both databases are compared with what two people must have said, and a second device of Ana's must
//! see the same.
//!
//! And Eve, who writes before anybody told her the time, with a date that is wrong by twenty minutes: whenever she dies, her
//! letters leave with one date each, and the right one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::collections::BTreeSet;
use std::path::Path;

use onionskin_core::{AccountId, AccountKeys, AccountSeed, Clock as _, MessageRow};
use onionskin_tests::crash::{Process, Round, compare, conversation, walk};
use onionskin_tests::people::{Person, Told, World};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_point_loses_nothing_and_doubles_nothing() -> Told<()> {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [bob] = world.people(["Bob"]).await?;
    let folder = tempfile::tempdir()?;
    let network = folder.path().join("network.json");
    std::fs::write(&network, world.description().to_json())?;
    let writes =
        ["account made", "page received", "request accepted", "message written", "message sealed", "sending settled"];
    walk(&writes, async || Talk::begin(&bob, &world, &network).await).await
}

/// One Ana, from Bob's first words to the comparison.
struct Talk<'w> {
    process: Process,
    world: &'w World,
    bob: &'w Person<'w>,
    seed: [u8; 16],
    ana: AccountId,
}

impl<'w> Talk<'w> {
    /// Bob writes twice to an Ana who does not exist yet.
    async fn begin(bob: &'w Person<'w>, world: &'w World, network: &Path) -> Told<Self> {
        let seed = AccountSeed::random();
        let ana = AccountKeys::from_seed(&seed).account_id();
        for text in FROM_BOB {
            bob.writes_to_account(&ana, text).await?;
        }
        let with = bob.id();
        let mut steps = vec!["poll".to_owned(), format!("accept:{with}")];
        steps.extend(FROM_ANA.map(|text| format!("write:{with}:{text}")));
        steps.extend([format!("write:{ana}:{NOTE}"), "send".to_owned(), "poll".to_owned()]);
        let seed = *seed.half().ok_or("a seed of our own has 16 bytes")?;
        let process = Process::new(env!("CARGO_BIN_EXE_headless"), network, seed, "Ana", steps)?;
        Ok(Self { process, world, bob, seed, ana })
    }
}

impl Round for Talk<'_> {
    fn process(&self) -> &Process {
        &self.process
    }

    /// Ana starts again and finishes; Bob and Ana's other device read; everybody must know the same.
    async fn finish(&self) -> Told<()> {
        let (bob, me) = (self.bob, self.ana.to_string());
        let ana = self.process.runs().await?;
        compare("Ana's conversations", &partners(&ana), &json!(BTreeSet::from([&bob.id(), &me])))?;
        let with_bob = conversation(&ana, &bob.id())?;
        compare("Ana's side", &texts(with_bob), &spoken(true))?;
        compare("her sendings", &states(with_bob), &json!(["Sent", "Sent"]))?;
        compare("her note", &texts(conversation(&ana, &me)?), &json!([[NOTE, true]]))?;
        compare("what she could not read", &ana["unreadable"], &json!([]))?;
        compare(
            "her trust",
            &json!([with_bob["approved"], with_bob["approved_me"], with_bob["name"]]),
            &json!([true, true, "Bob"]),
        )?;

        bob.polls_until_empty().await?;
        let rows = bob.rows(&self.ana).await?;
        let heard: Vec<_> =
            rows.iter().filter(|row| !row.body.is_empty()).map(|row| json!([row.body, row.outgoing])).collect();
        compare("Bob's side", &json!(heard), &spoken(false))?;
        compare("what Bob could not use", &json!(bob.unreadable().await?), &json!([]))?;
        compare("Bob's trust", &json!(bob.is_accepted_by_account(&self.ana).await?), &json!(true))?;

        let tablet = self.world.person_with_seed("Ana", self.seed).await?;
        tablet.polls_until_empty().await?;
        let mut copies: Vec<_> =
            tablet.rows(&bob.account_id()).await?.into_iter().filter(|row| !row.body.is_empty()).collect();
        copies.sort_by_key(|row| row.sent_at);
        let copies: Vec<_> = copies.iter().map(|row| json!([row.body, row.outgoing])).collect();
        compare("Ana's other device", &json!(copies), &spoken(true))
    }
}

/// What was said, in order, as the one who is Ana (or Bob) sees it: text, and whether it is one's own.
fn spoken(as_ana: bool) -> Value {
    let from_bob = FROM_BOB.iter().map(|text| json!([text, !as_ana]));
    from_bob.chain(FROM_ANA.iter().map(|text| json!([text, as_ana]))).collect()
}

fn partners(told: &Value) -> Value {
    json!(
        told["conversations"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|chat| chat["with"].as_str())
            .collect::<BTreeSet<_>>()
    )
}

fn texts(chat: &Value) -> Value {
    let rows = chat["messages"].as_array().unwrap().iter().filter(|row| row["kind"] == "Text");
    rows.map(|row| json!([row["text"], row["ours"]])).collect()
}

fn states(chat: &Value) -> Value {
    let rows = chat["messages"].as_array().unwrap().iter().filter(|row| row["kind"] == "Text" && row["ours"] == true);
    rows.map(|row| row["state"].clone()).collect()
}

const FROM_BOB: [&str; 2] = ["are you Ana?", "we met on the train"];
const FROM_ANA: [&str; 2] = ["I am", "of course I remember"];
const NOTE: &str = "call Bob";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_before_it_knew_the_time_dates_everything_once_and_right() -> Told<()> {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [bob] = world.people(["Bob"]).await?;
    let folder = tempfile::tempdir()?;
    let network = folder.path().join("network.json");
    std::fs::write(&network, world.description().to_json())?;
    walk(&["message written", "moments dated", "message sealed"], async || Early::begin(&bob, &world, &network).await)
        .await
}

/// One Eve, who knows no time.
struct Early<'w> {
    process: Process,
    world: &'w World,
    bob: &'w Person<'w>,
    seed: [u8; 16],
    eve: AccountId,
}

impl<'w> Early<'w> {
    async fn begin(bob: &'w Person<'w>, world: &'w World, network: &Path) -> Told<Self> {
        let seed = AccountSeed::random();
        let eve = AccountKeys::from_seed(&seed).account_id();
        let mut steps = vec!["clock:1200000".to_owned()];
        steps.extend(FROM_ANA.map(|text| format!("write:{}:{text}", bob.id())));
        steps.extend([format!("write:{eve}:{NOTE}"), "send".to_owned(), "poll".to_owned()]);
        let seed = *seed.half().ok_or("made of 16 bytes")?;
        let process = Process::new(env!("CARGO_BIN_EXE_headless"), network, seed, "Eve", steps)?;
        Ok(Self { process, world, bob, seed, eve })
    }
}

impl Round for Early<'_> {
    fn process(&self) -> &Process {
        &self.process
    }

    /// Eve starts again and finishes; Bob and Eve's other device read: one date for each letter, and the right one.
    async fn finish(&self) -> Told<()> {
        let eve = self.process.runs().await?;
        let (with_bob, notes) = (conversation(&eve, &self.bob.id())?, conversation(&eve, &self.eve.to_string())?);
        compare("her sendings", &states(with_bob), &json!(["Sent", "Sent"]))?;
        self.bob.polls_until_empty().await?;
        let tablet = self.world.person_with_seed("Eve", self.seed).await?;
        tablet.polls_until_empty().await?;
        let hers = dates(with_bob);
        compare("Bob's dates", &told(self.bob.rows(&self.eve).await?), &hers)?;
        compare("her other device's", &told(tablet.rows(&self.bob.account_id()).await?), &hers)?;
        compare("her notes", &told(tablet.rows(&self.eve).await?), &dates(notes))?;
        let now = self.world.clock.core().now().as_millis();
        let all = hers.as_array().unwrap().iter().chain(notes["messages"].as_array().unwrap());
        let stamps: Vec<u64> = all.filter_map(|row| row[1].as_u64().or(row["sent_at"].as_u64())).collect();
        match stamps.iter().all(|at| *at <= now && now - at < 10 * 60 * 1_000) && stamps.len() == 3 {
            true => Ok(()),
            false => Err(format!("{stamps:?} at {now}").into()),
        }
    }
}

/// Texts with their dates.
fn dates(chat: &Value) -> Value {
    chat["messages"].as_array().unwrap().iter().map(|row| json!([row["text"], row["sent_at"]])).collect()
}

fn told(rows: Vec<MessageRow>) -> Value {
    rows.iter().map(|row| json!([row.body, row.sent_at.as_millis()])).collect()
}
