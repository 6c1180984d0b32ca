//! Three devices of one account and a swarm in which pushes are late, come in another order, come again after they were
//! deleted, or reach some members only much later. In the end all devices have the same documents, and nobody goes on
//! pushing.

use std::collections::BTreeSet;
use std::time::Duration;

use onionskin_core::ledger::DocumentKind;
use onionskin_network::Fault;
use onionskin_tests::devices::{agree, documents, held, pushes, settle};

use super::people::{Person, Story, Told, World, befriend};

/// Pushes that are on their way: taken out of the swarm, to be put back whenever a story likes.
struct Road<'w> {
    world: &'w World,
    account: String,
    taken: Vec<(DocumentKind, Vec<u8>)>,
}

impl<'w> Road<'w> {
    fn of(world: &'w World, person: &Person<'_>) -> Self {
        Self { world, account: person.id(), taken: Vec::new() }
    }

    /// What the swarm holds has not arrived yet.
    fn takes(&mut self) {
        let mut hashes = BTreeSet::new();
        for kind in DocumentKind::SYNCED {
            for (_, messages) in self.world.network().stored(&self.account, kind.namespace().number()) {
                for message in messages {
                    if hashes.insert(message.hash) && !self.taken.iter().any(|(_, data)| *data == message.data) {
                        self.taken.push((kind, message.data));
                    }
                }
            }
        }
        self.world.network().drop_messages(&self.account);
    }

    /// Something arrives, or comes again.
    fn gives(&self, number: usize) {
        let (kind, data) = &self.taken[number];
        self.world.network().deposit(&self.account, kind.namespace().number(), data);
    }

    /// Everything arrives, the newest first.
    fn gives_all_backwards(&self) {
        (0..self.taken.len()).rev().for_each(|number| self.gives(number));
    }
}

/// Six pushes that nobody heard of arrive at once and backwards. What did not collide is all there; what did is the same
/// everywhere. The same pushes once more, and a device that sees old and new together, change nothing.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn pushes_that_come_late_and_backwards_and_twice_come_to_the_same() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol, dave] = world.people(["Alice", "Bob", "Carol", "Dave"]).await?;
    for friend in [&bob, &carol, &dave] {
        befriend(&alice, friend).await?;
    }
    let (tablet, laptop) = (alice.another_device("").await?, alice.another_device("").await?);
    let devices = [&alice, &tablet, &laptop];
    settle(&devices).await?;
    let mut road = Road::of(&world, &alice);
    for round in 0..2 {
        for (device, friend) in devices.into_iter().zip([&bob, &carol, &dave]) {
            device.with(friend).set_nickname(&format!("{} the {round}", friend.name())).await?;
            device.client().set_display_name(&format!("Alice {round} of {}", friend.name())).await?;
            pushes(device).await?;
            road.takes();
        }
    }
    assert!(road.taken.len() >= 12, "each push is another message: {}", road.taken.len());
    road.gives_all_backwards();
    settle(&devices).await?;
    agree(&devices).await?;
    let name = alice.client().display_name().await?;
    for device in devices {
        for friend in [&bob, &carol, &dave] {
            assert_eq!(device.name_of(friend).await?, format!("{} the 1", friend.name()));
        }
        assert_eq!(device.client().display_name().await?, name);
        assert_eq!(device.unreadable().await?, Vec::<String>::new());
    }
    assert!(name.starts_with("Alice 1 of "), "{name}");

    let before = documents(alice.client()).await?;
    road.gives_all_backwards();
    let late = alice.another_device("").await?;
    settle(&[&late, &alice, &tablet, &laptop]).await?;
    agree(&[&alice, &tablet, &laptop, &late]).await?;
    assert_eq!(documents(alice.client()).await?, before, "nothing old is new again");
    assert_eq!(late.client().display_name().await?, name);
    Ok(())
}

/// Members of the swarm that get their copies only half a minute later: devices that ask different ones see different
/// pasts, and change what they see.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_swarm_whose_members_lag_does_not_divide_three_devices() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol, dave] = world.people(["Alice", "Bob", "Carol", "Dave"]).await?;
    let friends = [&bob, &carol, &dave];
    for friend in friends {
        befriend(&alice, friend).await?;
    }
    let (tablet, laptop) = (alice.another_device("").await?, alice.another_device("").await?);
    let devices = [&alice, &tablet, &laptop];
    settle(&devices).await?;
    for number in world.network().swarm_of(&alice.id()) {
        world.network().node(number).fault(Fault::Lag(Duration::from_secs(30)));
    }
    for round in 0..4 {
        for (device, friend) in devices.into_iter().zip(friends) {
            device.with(friend).set_nickname(&format!("{} the {round}", friend.name())).await?;
            world.patiently(device.client().push_configs_now()).await?;
            device.polls().await?;
            world.clock.forward(Duration::from_secs(7));
        }
    }
    world.comes_back();
    world.clock.forward(Duration::from_secs(31));
    settle(&devices).await?;
    agree(&devices).await?;
    // A device that merges without a change of its own repeats everything that it knows, so a name may be an older one;
    // but it is one that was given, and the same one everywhere.
    for friend in friends {
        let name = alice.name_of(friend).await?;
        assert!((0..4).any(|round| name == format!("{} the {round}", friend.name())), "{name}");
        for device in devices {
            assert_eq!(device.name_of(friend).await?, name);
        }
    }
    for device in devices {
        assert_eq!(device.unreadable().await?, Vec::<String>::new());
    }
    quiet(&world, &devices).await
}

/// Whatever order edits, polls, pushes and arrivals come in: the end is one memory, and it is quiet.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn any_order_of_edits_polls_pushes_and_arrivals_ends_in_one_memory() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for seed in 1..=5 {
        let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
        befriend(&alice, &bob).await?;
        befriend(&alice, &carol).await?;
        let (tablet, laptop) = (alice.another_device("").await?, alice.another_device("").await?);
        let devices = [&alice, &tablet, &laptop];
        settle(&devices).await?;
        let mut road = Road::of(&world, &alice);
        let mut dice = Dice(seed);
        for step in 0..40 {
            let device = devices[dice.below(3)];
            match dice.below(8) {
                0 => device.client().set_display_name(&format!("Alice {step}")).await?,
                1 => device.with(&bob).set_nickname(&format!("Bob {step}")).await?,
                2 => device.with(&carol).set_pinned(dice.below(2) == 0).await?,
                3 => device.polls_until_empty().await?,
                4 | 5 => pushes(device).await?,
                6 => road.takes(),
                _ if road.taken.is_empty() => (),
                _ => road.gives(dice.below(road.taken.len())),
            }
        }
        road.gives_all_backwards();
        let ends = async { settle(&devices).await.and(agree(&devices).await) };
        ends.await.map_err(|trouble| format!("seed {seed}: {trouble}"))?;
        let rows = screens(&devices, &bob, &carol).await?;
        assert!(rows.iter().all(|row| *row == rows[0]), "seed {seed}: {rows:?}");
        quiet(&world, &devices).await?;
    }
    Ok(())
}

/// What the screens of the devices say.
async fn screens(devices: &[&Person<'_>], bob: &Person<'_>, carol: &Person<'_>) -> Told<Vec<(String, String, bool)>> {
    let mut rows = Vec::new();
    for device in devices {
        let pinned = device.with(carol).row().await?.ok_or("no conversation")?.priority > 0;
        rows.push((device.client().display_name().await?, device.name_of(bob).await?, pinned));
    }
    Ok(rows)
}

/// Devices that have heard everything push nothing more.
async fn quiet(world: &World, devices: &[&Person<'_>]) -> Story {
    let account = devices[0].id();
    let (before, told) = (held(world, &account), documents(devices[0].client()).await?);
    settle(devices).await?;
    settle(devices).await?;
    assert!(held(world, &account) <= before, "nobody pushes without a change");
    assert_eq!(documents(devices[0].client()).await?, told);
    agree(devices).await
}

/// The same throws every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}
