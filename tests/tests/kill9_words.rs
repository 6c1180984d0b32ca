//! Kill -9 at every write point of answering, reacting and deleting for everyone: each happens once, or not yet, and in the end
//! on both sides and on the other device.
//!
//! Ana is a process (`headless`) that is killed at its n-th point, started again, and allowed to finish. Bob lives here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::Path;

use onionskin_core::{AccountId, AccountKeys, AccountSeed, MessageKind, MessageRow};
use onionskin_tests::crash::{Process, Round, compare, conversation, walk};
use onionskin_tests::people::{Person, Told, World};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_point_answers_reacts_and_deletes_once() -> Told<()> {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [bob] = world.people(["Bob"]).await?;
    let folder = tempfile::tempdir()?;
    let network = folder.path().join("network.json");
    std::fs::write(&network, world.description().to_json())?;
    let writes = ["message written", "reaction", "message deleted everywhere", "page received", "sending settled"];
    walk(&writes, async || Talk::begin(&bob, &world, &network).await).await
}

/// One Ana, who has a letter of Bob's.
struct Talk<'w> {
    process: Process,
    world: &'w World,
    bob: &'w Person<'w>,
    seed: [u8; 16],
    ana: AccountId,
}

impl<'w> Talk<'w> {
    async fn begin(bob: &'w Person<'w>, world: &'w World, network: &Path) -> Told<Self> {
        let seed = AccountSeed::random();
        let ana = AccountKeys::from_seed(&seed).account_id();
        bob.writes_to_account(&ana, QUESTION).await?;
        let with = bob.id();
        let steps = vec![
            "poll".to_owned(),
            format!("accept:{with}"),
            format!("answer:{with}:{QUESTION}={ANSWER}"),
            format!("react:{with}:{QUESTION}={EMOJI}"),
            format!("slip:{with}:{MISTAKE}"),
            "send".to_owned(),
            format!("unsend:{with}:{MISTAKE}"),
            "send".to_owned(),
            "poll".to_owned(),
        ];
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
        let ana = self.process.runs().await?;
        let hers = conversation(&ana, &self.bob.id())?["messages"].as_array().unwrap();
        let hers: Vec<Value> =
            hers.iter().filter(|row| row["kind"] != "RequestAccepted").map(|row| row["said"].clone()).collect();
        compare("Ana's side", &json!(hers), &expected())?;
        self.bob.polls_until_empty().await?;
        compare("Bob's side", &said(self.bob.rows(&self.ana).await?), &expected())?;
        compare("what Bob could not use", &json!(self.bob.unreadable().await?), &json!([]))?;
        let tablet = self.world.person_with_seed("Ana", self.seed).await?;
        tablet.polls_until_empty().await?;
        let on_tablet = said(tablet.rows(&self.bob.account_id()).await?);
        // What was deleted from the swarm before this device asked leaves no line.
        let without_line = json!(expected().as_array().unwrap().iter().take(2).collect::<Vec<_>>());
        if on_tablet == without_line { Ok(()) } else { compare("Ana's other device", &on_tablet, &expected()) }
    }
}

/// What stands in the conversation in the end: text, what it answers, and how many reacted.
fn expected() -> Value {
    json!([[QUESTION, null, 1], [ANSWER, QUESTION, 0], ["(deleted)", null, 0]])
}

fn said(rows: Vec<MessageRow>) -> Value {
    let lines = rows.iter().filter(|row| row.kind != MessageKind::RequestAccepted);
    lines
        .map(|row| {
            let text = if row.kind == MessageKind::Deleted { "(deleted)" } else { row.body.as_str() };
            let quoted = row.quote.as_ref().and_then(|quote| quote.line.as_ref()).map(|line| line.text.as_str());
            json!([text, quoted, row.reactions.iter().map(|one| one.people.len()).sum::<usize>()])
        })
        .collect()
}

const QUESTION: &str = "dinner at eight?";
const ANSWER: &str = "eight is fine";
const EMOJI: &str = "👍";
const MISTAKE: &str = "the code is 4711";
