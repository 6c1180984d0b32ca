//! Kill -9 at every write point of pushing and reconciling: no change is lost, none is made twice, nothing stays behind.
//!
//! Ana's account lives on a tablet (here) and on a phone, a process (`headless`) that is killed at its n-th point and
//! started again. While the phone lies dead, the tablet goes on. In the end both must have the same documents, byte for
//! byte, and the swarm one message of each.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::{Path, PathBuf};

use onionskin_core::ledger::DocumentKind;
use onionskin_core::{AccountId, AccountKeys, AccountSeed};
use onionskin_tests::crash::{Process, Round, compare, conversation, walk};
use onionskin_tests::devices::{documents, held_of, pushes};
use onionskin_tests::people::{Person, Told, World};
use serde_json::json;
use tempfile::TempDir;

/// The phone gets the account, learns what the tablet wrote, changes it, pushes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_device_killed_at_any_point_loses_no_change_and_leaves_nothing_behind() -> Told<()> {
    let Some(world) = World::local().await? else { return Ok(()) };
    let (_folder, network) = described(&world)?;
    let writes = ["account made", "configs merged", "configs pushed", "configs confirmed", "obsolete configs deleted"];
    walk(&writes, async || {
        let pair = Pair::begin(&world, &network, ["poll", "rename", "nickname", "pin", "push", "poll"]).await?;
        Ok(pair)
    })
    .await
}

/// Both devices have changed the same documents: the phone merges its own change with the tablet's, and pushes what that
/// came to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_killed_at_any_point_of_a_conflict_ends_it_all_the_same() -> Told<()> {
    let Some(world) = World::local().await? else { return Ok(()) };
    let (_folder, network) = described(&world)?;
    let writes = ["configs merged", "configs pushed", "configs confirmed", "obsolete configs deleted"];
    walk(&writes, async || {
        let pair = Pair::begin(&world, &network, ["rename", "nickname", "pin", "poll", "push", "poll"]).await?;
        pair.phone.prepares(&["poll", "push"]).await?;
        pair.tablet_names("Caro").await?;
        Ok(pair)
    })
    .await
}

/// The phone is rid of three people: their words go from the phone, from the swarm and from the other devices, old and new.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_killed_at_any_point_of_a_deletion_takes_all_of_it_from_everywhere() -> Told<()> {
    let Some(world) = World::local().await? else { return Ok(()) };
    let (_folder, network) = described(&world)?;
    let people = world.people(["Bob", "Carol", "Dan"]).await?;
    let writes = [
        "conversation deleted",
        "contact deleted",
        "request declined",
        "contact blocked",
        "configs pushed",
        "configs confirmed",
        "sending settled",
    ];
    walk(&writes, async || Farewell::begin(&world, &network, &people).await).await
}

/// Three people wrote to an account with a tablet that is on, and a phone.
struct Farewell<'w> {
    world: &'w World,
    tablet: Person<'w>,
    phone: Process,
    people: &'w [Person<'w>; 3],
}

impl<'w> Farewell<'w> {
    async fn begin(world: &'w World, network: &Path, people: &'w [Person<'w>; 3]) -> Told<Self> {
        let seed = AccountSeed::random();
        let ana = AccountKeys::from_seed(&seed).account_id();
        let tablet = world.person_with_seed("", *seed.half().ok_or("made of 16 bytes")?).await?;
        tablet.polls().await?;
        let [bob, carol, dan] = people;
        tablet.writes(bob, "who are you?").await?;
        for person in people {
            person.writes_to_account(&ana, "buy my book").await?;
        }
        tablet.polls().await?;
        pushes(&tablet).await?;
        let steps = [
            "poll".to_owned(),
            format!("block:{}", bob.id()),
            format!("delete:{}", bob.id()),
            format!("forget:{}", carol.id()),
            format!("decline:{}", dan.id()),
            "push".to_owned(),
            "send".to_owned(),
            "poll".to_owned(),
        ];
        let phone = Process::new(
            env!("CARGO_BIN_EXE_headless"),
            network,
            *seed.half().ok_or("made of 16 bytes")?,
            "",
            steps.into(),
        )?;
        phone.prepares(&["poll"]).await?;
        Ok(Self { world, tablet, phone, people })
    }
}

impl Round for Farewell<'_> {
    fn process(&self) -> &Process {
        &self.phone
    }

    async fn finish(&self) -> Told<()> {
        let phone = self.phone.runs().await?;
        compare("the phone's conversations", &phone["conversations"], &json!([]))?;
        let new = self.tablet.second_device().await?;
        new.polls_until_empty().await?;
        self.tablet.polls().await?;
        for device in [&self.tablet, &new] {
            let lists = [device.conversations().await?, device.requests().await?];
            compare("what another device lists", &json!(lists), &json!([[], []]))?;
            for person in self.people {
                compare("what another device has", &json!(device.sees(person).await?), &json!([]))?;
            }
            compare("whom it blocks", &json!(device.client().blocked().await?.len()), &json!(1))?;
            compare("its documents", &documents(device.client()).await?, &phone["documents"])?;
        }
        let mut letters = 0;
        for (_, messages) in self.world.network().stored(&self.tablet.id(), 0) {
            letters += messages.len();
        }
        compare("letters in the swarm", &json!(letters), &json!(0))
    }
}

fn described(world: &World) -> Told<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let network = folder.path().join("network.json");
    std::fs::write(&network, world.description().to_json())?;
    Ok((folder, network))
}

/// Two devices of one account, and people it knows.
struct Pair<'w> {
    world: &'w World,
    tablet: Person<'w>,
    phone: Process,
    bob: AccountId,
    carol: AccountId,
}

impl<'w> Pair<'w> {
    /// The tablet gives the account a name and two people; the phone does not exist yet.
    async fn begin(world: &'w World, network: &Path, steps: [&str; 6]) -> Told<Self> {
        let [seed, bob, carol] = [(); 3].map(|()| AccountSeed::random());
        let [bob, carol] = [bob, carol].map(|seed| AccountKeys::from_seed(&seed).account_id());
        let seed = *seed.half().ok_or("a seed of our own has 16 bytes")?;
        let tablet = world.person_with_seed("", seed).await?;
        tablet.polls().await?;
        tablet.client().set_display_name("Ana of the tablet").await?;
        for (person, name) in [(&bob, "Bob of the tablet"), (&carol, "Carol")] {
            tablet.writes_to_account(person, "hello").await?;
            tablet.with_account(person).set_nickname(name).await?;
        }
        pushes(&tablet).await?;
        let steps = steps.map(|step| match step {
            "rename" => format!("rename:{NAME}"),
            "nickname" => format!("nickname:{bob}:{NICKNAME}"),
            "pin" => format!("pin:{bob}"),
            other => other.to_owned(),
        });
        let phone = Process::new(env!("CARGO_BIN_EXE_headless"), network, seed, "", steps.into())?;
        Ok(Self { world, tablet, phone, bob, carol })
    }

    /// The tablet pushes a change without looking at what there is.
    async fn tablet_names(&self, name: &str) -> Told<()> {
        self.tablet.with_account(&self.carol).set_nickname(name).await?;
        pushes(&self.tablet).await
    }
}

impl Round for Pair<'_> {
    fn process(&self) -> &Process {
        &self.phone
    }

    async fn finish(&self) -> Told<()> {
        let (bob, carol) = (self.bob.to_string(), self.carol.to_string());
        self.tablet_names("Carolina").await?;
        let phone = self.phone.runs().await?;
        compare("the name", &phone["name"], &json!(NAME))?;
        let with_bob = conversation(&phone, &bob)?;
        compare("Bob's name", &with_bob["name"], &json!(NICKNAME))?;
        compare("Bob's pin", &json!(with_bob["priority"].as_i64() > Some(0)), &json!(true))?;
        compare("Carol's name", &conversation(&phone, &carol)?["name"], &json!("Carolina"))?;
        compare("what could not be read", &phone["unreadable"], &json!([]))?;
        compare("what is unsent or obsolete", &json!([phone["unsent"], phone["obsolete"]]), &json!([false, 0]))?;
        // Before the tablet tidies up.
        for kind in [DocumentKind::UserProfile, DocumentKind::Contacts] {
            let held = held_of(self.world, &self.tablet.id(), kind);
            compare(&format!("{kind:?} in the swarm"), &json!(held), &json!(1))?;
        }

        self.tablet.polls().await?;
        let report = self.tablet.client().push_configs_now().await?;
        compare("what the tablet pushes", &json!([report.confirmed, report.retrying]), &json!([0, 0]))?;
        compare("the tablet's documents", &documents(self.tablet.client()).await?, &phone["documents"])?;
        compare("the name on the tablet", &json!(self.tablet.client().display_name().await?), &json!(NAME))?;
        let row = self.tablet.with_account(&self.bob).row().await?.ok_or("no conversation with Bob")?;
        compare("Bob on the tablet", &json!([row.name, row.priority > 0]), &json!([NICKNAME, true]))
    }
}

const NAME: &str = "Anastasia";
const NICKNAME: &str = "Bobby";
