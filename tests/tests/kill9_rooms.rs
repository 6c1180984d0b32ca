//! Kill -9 at every write point of what concerns whole conversations: receipts, sending again, timers, muting, laying aside, drafts,
//! declining. Each happens once, or not yet, and in the end on both sides and on the other device.
//!
//! Ana is a process (`headless`) that is killed at its n-th point, started again, and allowed to finish. Bob and Carol live here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::Path;

use onionskin_core::{AccountId, AccountKeys, AccountSeed, MessageKind, MessageRow, Mute, READ_RECEIPTS, Timestamp};
use onionskin_tests::crash::{Process, Round, compare, conversation, walk};
use onionskin_tests::people::{Person, Told, World};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_point_of_what_concerns_a_conversation_does_it_once() -> Told<()> {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [bob, carol] = world.people(["Bob", "Carol"]).await?;
    bob.client().set_setting(&READ_RECEIPTS, true).await?;
    let folder = tempfile::tempdir()?;
    let network = folder.path().join("network.json");
    std::fs::write(&network, world.description().to_json())?;
    let writes = [
        "marked read",
        "letter stored again",
        "timer chosen",
        "muted",
        "archived",
        "draft kept",
        "requests declined",
        "page received",
        "sending settled",
    ];
    walk(&writes, async || Talk::begin(&bob, &carol, &world, &network).await).await
}

/// One Ana, who has a letter of Bob's and a request of Carol's.
struct Talk<'w> {
    process: Process,
    world: &'w World,
    bob: &'w Person<'w>,
    carol: &'w Person<'w>,
    seed: [u8; 16],
    ana: AccountId,
}

impl<'w> Talk<'w> {
    async fn begin(bob: &'w Person<'w>, carol: &'w Person<'w>, world: &'w World, network: &Path) -> Told<Self> {
        let seed = AccountSeed::random();
        let ana = AccountKeys::from_seed(&seed).account_id();
        bob.writes_to_account(&ana, QUESTION).await?;
        carol.writes_to_account(&ana, "buy now").await?;
        let with = bob.id();
        let steps = vec![
            "signs".to_owned(),
            "poll".to_owned(),
            format!("accept:{with}"),
            "send".to_owned(),
            format!("read:{with}"),
            format!("write:{with}:{LETTER}"),
            "send".to_owned(),
            format!("again:{with}:{LETTER}"),
            format!("timer:{with}:{DAY}"),
            "send".to_owned(),
            format!("mute:{with}"),
            format!("archive:{with}"),
            format!("draft:{with}:{DRAFT}"),
            "decline-all".to_owned(),
            "push".to_owned(),
            "poll".to_owned(),
        ];
        let seed = *seed.half().ok_or("a seed of our own has 16 bytes")?;
        let process = Process::new(env!("CARGO_BIN_EXE_headless"), network, seed, "Ana", steps)?;
        Ok(Self { process, world, bob, carol, seed, ana })
    }
}

impl Round for Talk<'_> {
    fn process(&self) -> &Process {
        &self.process
    }

    /// Ana starts again and finishes; Bob and Ana's other device read; everybody must know the same.
    async fn finish(&self) -> Told<()> {
        let ana = self.process.runs().await?;
        let hers = conversation(&ana, &self.bob.id())?;
        let texts: Vec<&Value> = hers["messages"].as_array().unwrap().iter().map(|row| &row["text"]).collect();
        let texts: Vec<&&Value> = texts.iter().filter(|text| ***text != "").collect();
        compare("Ana's side", &json!(texts), &json!([QUESTION, LETTER]))?;
        let chosen = json!([hers["mute"], hers["archived"], hers["draft"], hers["timer"]]);
        compare("what Ana chose", &chosen, &json!([format!("{:?}", Mute::Forever), true, DRAFT, DAY]))?;
        assert!(conversation(&ana, &self.carol.id()).is_err(), "Carol was declined");

        self.bob.polls_until_empty().await?;
        let his = self.bob.rows(&self.ana).await?;
        compare("Bob's side", &said(&his), &json!([QUESTION, LETTER]))?;
        let read = his.iter().any(|row| row.outgoing && row.body == QUESTION && row.seen_at > Timestamp::ZERO);
        compare("what Bob heard of reading", &json!(read), &json!(true))?;
        let notices = his.iter().filter(|row| row.kind == MessageKind::TimerChanged).count();
        compare("Bob's notices of a timer", &json!(notices), &json!(1))?;

        let tablet = self.world.person_with_seed("Ana", self.seed).await?;
        tablet.polls_until_empty().await?;
        let row = tablet.with(self.bob).row().await?.ok_or("no conversation on Ana's other device")?;
        compare("Ana's other device", &json!([row.mute == Mute::Forever, row.archived]), &json!([true, false]))
    }
}

fn said(rows: &[MessageRow]) -> Value {
    rows.iter().filter(|row| !row.body.is_empty()).map(|row| json!(row.body)).collect()
}

const QUESTION: &str = "are you well?";
const LETTER: &str = "I am";
const DRAFT: &str = "and you";
/// Seconds after which what Ana writes disappears.
const DAY: u64 = 24 * 60 * 60;
