//! Kill -9 at every write point of receiving, answering and sending: nothing is lost, nothing is doubled.
//!
//! Ana is a process (`headless`) that is killed at its n-th point, started again, and allowed to finish. Bob lives here.
//! Before each round Bob has written to a fresh Ana: she polls, accepts, answers twice, keeps a note to herself, and
//! polls again. Then both databases are compared with what two people must have said, and a second device of Ana's must
//! see the same. A first, undisturbed round counts the points; every one of them must be reached by a round of its own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use onionskin_core::crypto::{AccountKeys, AccountSeed};
use onionskin_tests::people::{Person, Told, World};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

/// With fewer points than this the walk would prove little.
const FEWEST_POINTS: usize = 20;

/// Every one of these must be on the walk, before and after its commit: else it would not be the walk it claims to be.
const EXPECTED_WRITES: [&str; 6] =
    ["account made", "page received", "request accepted", "message written", "message sealed", "sending settled"];

/// Rounds that may miss a point because the walk was shorter this time.
const TRIES: usize = 3;

/// Rounds at the same time.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_point_loses_nothing_and_doubles_nothing() -> Told<()> {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [bob] = world.people(["Bob"]).await?;
    let folder = tempfile::tempdir()?;
    let network = folder.path().join("network.json");
    std::fs::write(&network, world.description().to_json())?;

    // A loaded machine adds a hedged request now and then; the shortest of three walks is what every walk passes.
    let mut walks = Vec::new();
    for number in 0..3 {
        let log = folder.path().join(format!("points-{number}"));
        let undisturbed = Round::begin(&bob, &network).await?;
        undisturbed.run_logged(&log).await?;
        undisturbed.finish(&bob, &world).await?;
        walks.push(std::fs::read_to_string(&log)?.lines().map(str::to_owned).collect::<Vec<_>>());
    }
    let points = walks.into_iter().min_by_key(Vec::len).unwrap();
    assert!(points.len() >= FEWEST_POINTS, "only {} write points: {points:#?}", points.len());
    let kinds: BTreeSet<&str> = points.iter().filter_map(|line| line.split_once(' ')).map(|(_, name)| name).collect();
    println!("{} points of {} kinds: {kinds:?}", points.len(), kinds.len());
    for write in EXPECTED_WRITES {
        for side in ["before", "after"] {
            assert!(kinds.contains(format!("{side} {write}").as_str()), "no point {side} {write}: {kinds:?}");
        }
    }

    stream::iter(1..=points.len())
        .map(|point| {
            let (bob, world, network, points) = (&bob, &world, &network, &points);
            async move {
                let round = Round::is_killed_at(point, points, bob, network).await?;
                round
                    .finish(bob, world)
                    .await
                    .map_err(|trouble| format!("killed at {}: {trouble}", points[point - 1]).into())
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await
}

/// One Ana, from Bob's first words to the comparison.
struct Round<'n> {
    folder: TempDir,
    network: &'n Path,
    seed: [u8; 16],
    id: String,
    bob: String,
}

impl<'n> Round<'n> {
    /// Bob writes twice to an Ana who does not exist yet.
    async fn begin(bob: &Person<'_>, network: &'n Path) -> Told<Self> {
        let seed = AccountSeed::random();
        let id = AccountKeys::from_seed(&seed).account_id();
        for text in FROM_BOB {
            bob.writes_to_account(&id, text).await?;
        }
        let (seed, id) = (*seed.as_bytes(), id.to_string());
        Ok(Self { folder: tempfile::tempdir()?, network, seed, id, bob: bob.id() })
    }

    /// Ana's process with her steps; the same before and after the crash.
    fn ana(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headless"));
        command.arg(self.folder.path()).arg(self.network).arg(hex::encode(self.seed)).arg("Ana").arg("poll");
        command.arg(format!("accept:{}", self.bob));
        for text in FROM_ANA {
            command.arg(format!("write:{}:{text}", self.bob));
        }
        command.arg(format!("write:{}:{NOTE}", self.id)).arg("send").arg("poll");
        command
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .env_remove("ONIONSKIN_KILL_AT")
            .env_remove("ONIONSKIN_KILL_LOG");
        command
    }

    async fn run_logged(&self, log: &Path) -> Told<()> {
        let output = self.ana().env("ONIONSKIN_KILL_LOG", log).output().await?;
        read(&output).map(|_| ())
    }

    /// A fresh Ana who died at this point.
    async fn is_killed_at(point: usize, points: &[String], bob: &Person<'_>, network: &'n Path) -> Told<Self> {
        let mut last = String::new();
        for _ in 0..TRIES {
            let round = Self::begin(bob, network).await?;
            let output = round.ana().env("ONIONSKIN_KILL_AT", point.to_string()).output().await?;
            if output.status.signal() == Some(9) {
                return Ok(round);
            }
            last = format!("{:?} {}", output.status, said(&output));
        }
        Err(format!("point {} was never reached: {last}", points[point - 1]).into())
    }

    /// Ana starts again and finishes; Bob and Ana's other device read; everybody must know the same.
    async fn finish(&self, bob: &Person<'_>, world: &World) -> Told<()> {
        let ana = read(&self.ana().output().await?)?;
        compare("Ana's conversations", &partners(&ana), &json!(BTreeSet::from([&self.bob, &self.id])))?;
        let with_bob = conversation(&ana, &self.bob)?;
        compare("Ana's side", &texts(with_bob), &spoken(true))?;
        compare("her sendings", &states(with_bob), &json!(["Sent", "Sent"]))?;
        compare("her note", &texts(conversation(&ana, &self.id)?), &json!([[NOTE, true]]))?;
        compare("what she could not read", &ana["unreadable"], &json!([]))?;
        compare(
            "her trust",
            &json!([with_bob["approved"], with_bob["approved_me"], with_bob["name"]]),
            &json!([true, true, "Bob"]),
        )?;

        bob.polls_until_empty().await?;
        let id = onionskin_core::crypto::AccountId::parse(&self.id)?;
        let rows = bob.rows(&id).await?;
        let heard: Vec<_> =
            rows.iter().filter(|row| !row.body.is_empty()).map(|row| json!([row.body, row.outgoing])).collect();
        compare("Bob's side", &json!(heard), &spoken(false))?;
        compare("what Bob could not use", &json!(bob.unreadable().await?), &json!([]))?;
        compare("Bob's trust", &json!(bob.is_accepted_by_account(&id).await?), &json!(true))?;

        let tablet = world.person_with_seed("Ana", self.seed).await?;
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

fn compare(what: &str, found: &Value, expected: &Value) -> Told<()> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found} instead of {expected}").into()) }
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

fn conversation<'a>(told: &'a Value, with: &str) -> Told<&'a Value> {
    let found: Vec<_> = told["conversations"].as_array().unwrap().iter().filter(|chat| chat["with"] == with).collect();
    if found.len() == 1 { Ok(found[0]) } else { Err(format!("{} conversations with {with}", found.len()).into()) }
}

fn texts(chat: &Value) -> Value {
    let rows = chat["messages"].as_array().unwrap().iter().filter(|row| row["kind"] == "Text");
    rows.map(|row| json!([row["text"], row["ours"]])).collect()
}

fn states(chat: &Value) -> Value {
    let rows = chat["messages"].as_array().unwrap().iter().filter(|row| row["kind"] == "Text" && row["ours"] == true);
    rows.map(|row| row["state"].clone()).collect()
}

fn read(output: &Output) -> Told<Value> {
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout)?);
    }
    Err(format!("Ana did not finish: {:?} {}", output.status, said(output)).into())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const FROM_BOB: [&str; 2] = ["are you Ana?", "we met on the train"];
const FROM_ANA: [&str; 2] = ["I am", "of course I remember"];
const NOTE: &str = "call Bob";
