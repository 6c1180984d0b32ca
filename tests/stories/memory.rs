//! What one device of an account changes, the others know: names, people, pins, what was read, and what was deleted.

use std::time::Duration;

use onionskin_core::{Disappearing, DocumentState};
use onionskin_network::{Fault, Stats, When};
use onionskin_tests::devices::{agree, held, pushes, settle};

use super::people::{Person, Story, World, befriend, days};

/// A new device has the account's name, people, blocks, pins and timers with its first look at the network, before any
/// message.
#[tokio::test]
async fn a_restored_account_knows_its_people_before_its_first_message() -> Story {
    let world = World::start().await?;
    let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
    befriend(&alice, &bob).await?;
    befriend(&alice, &carol).await?;
    alice.with(&bob).set_nickname("Bobby").await?;
    alice.with(&bob).set_pinned(true).await?;
    alice.with(&carol).block().await?;
    alice.client().set_display_name("Alicia").await?;
    let with_bob = bob.account_id();
    alice.client().store().write("timer", move |tx| tx.set_expiry(&with_bob, 2, 3_600)).await?;
    alice.with(&bob).mark_read().await?;
    pushes(&alice).await?;

    let tablet = alice.another_device("").await?;
    let before = tablet.client().sync_state().await?;
    assert!(before.restoring && before.contacts == DocumentState::Waiting);
    assert_eq!(tablet.client().display_name().await?, "");
    tablet.polls().await?;
    assert_eq!(tablet.client().display_name().await?, "Alicia");
    let row = tablet.with(&bob).row().await?.ok_or("no conversation with Bob")?;
    assert_eq!((row.name.as_str(), row.approved, row.approved_me), ("Bobby", true, true));
    assert!(row.priority > 0);
    assert_eq!(row.disappearing, Disappearing::AfterRead(Duration::from_secs(3_600)));
    let blocked = tablet.client().blocked().await?;
    assert_eq!(blocked.iter().map(|row| row.account).collect::<Vec<_>>(), [carol.account_id()]);
    let after = tablet.client().sync_state().await?;
    assert!(!after.restoring && !after.unsent, "{after:?}");
    assert_eq!((after.profile, after.contacts), (DocumentState::Here, DocumentState::Here));
    assert_eq!(tablet.client().other_device().await?, None, "what was there before is no sign of another device");
    agree(&[&alice, &tablet]).await
}

/// Changes travel both ways, and the swarm keeps one message for each document.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn two_devices_follow_each_other() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;

    tablet.with(&bob).set_nickname("Robert").await?;
    tablet.with(&bob).mark_unread().await?;
    settle(&[&tablet, &alice]).await?;
    let row = alice.with(&bob).row().await?.ok_or("no conversation")?;
    assert_eq!((row.name.as_str(), row.marked_unread), ("Robert", true));

    alice.with(&bob).mark_read().await?;
    alice.with(&bob).set_pinned(true).await?;
    alice.client().set_display_name("Alice Liddell").await?;
    settle(&[&alice, &tablet]).await?;
    let row = tablet.with(&bob).row().await?.ok_or("no conversation")?;
    assert!(!row.marked_unread && row.priority > 0);
    assert_eq!(tablet.client().display_name().await?, "Alice Liddell");
    agree(&[&alice, &tablet]).await?;

    let before = held(&world, &alice.id());
    for _ in 0..3 {
        settle(&[&alice, &tablet]).await?;
    }
    assert_eq!(held(&world, &alice.id()), before, "nobody pushes without a change");
    assert!(before <= 4, "{before} messages: obsolete ones are deleted");
    Ok(())
}

/// Both change the same things while neither hears of the other; in the end all three have one memory.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn conflicting_changes_on_three_devices_end_in_one_memory() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
    befriend(&alice, &bob).await?;
    befriend(&alice, &carol).await?;
    let (tablet, laptop) = (alice.another_device("").await?, alice.another_device("").await?);
    let devices = [&alice, &tablet, &laptop];
    settle(&devices).await?;
    for (number, device) in devices.iter().enumerate() {
        device.with(&bob).set_nickname(&format!("Bob of device {number}")).await?;
        device.client().set_display_name(&format!("Alice {number}")).await?;
    }
    alice.with(&carol).block().await?;
    tablet.with(&carol).set_nickname("Caro").await?;
    laptop.with(&carol).set_pinned(true).await?;
    // All push without having heard of each other; then they hear, in another order.
    for device in devices {
        pushes(device).await?;
    }
    settle(&[&laptop, &alice, &tablet]).await?;
    agree(&devices).await?;
    let name = alice.client().display_name().await?;
    let bobs = alice.name_of(&bob).await?;
    for device in devices {
        assert_eq!(device.client().display_name().await?, name);
        assert_eq!(device.name_of(&bob).await?, bobs);
        let row = device.with(&carol).row().await?.ok_or("no conversation")?;
        assert_eq!((row.blocked, row.name.as_str(), row.priority > 0), (true, "Caro", true), "what did not collide");
    }
    Ok(())
}

/// A swarm that refuses, then loses the answer: the change is not forgotten and is not made twice.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_push_that_is_refused_or_whose_answer_is_lost_is_made_again() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    settle(&[&alice]).await?;
    alice.with(&bob).set_nickname("Bobby").await?;
    let stores = || When::as_destination().method("sequence");
    for fault in [Fault::status(500, "busy"), Fault::Garbage] {
        for node in world.network().nodes() {
            node.fault_when(fault.clone(), stores());
        }
        world.patiently(pushes(&alice)).await?;
        assert!(alice.client().sync_state().await?.unsent);
        world.comes_back();
    }
    let alice = alice.restarts().await?;
    assert!(alice.client().sync_state().await?.unsent, "also after a restart");
    pushes(&alice).await?;
    assert!(!alice.client().sync_state().await?.unsent);
    let tablet = alice.another_device("").await?;
    tablet.polls().await?;
    assert_eq!(tablet.name_of(&bob).await?, "Bobby");
    Ok(())
}

/// Whoever is asked to store waits for a member that is away, once for storing and once for deleting. The push waits with
/// it, is confirmed at the first try, and blames nobody.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_push_has_time_for_a_member_of_the_swarm_that_is_away() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    settle(&[&alice]).await?;
    alice.with(&bob).set_nickname("Bobby").await?;
    let network = world.network();
    for node in network.nodes() {
        node.fault_when(Fault::Slow(Duration::from_secs(12)), When::as_destination().method("sequence"));
    }
    let asked = |stats: &Stats| stats.nodes.iter().map(|node| node.as_destination).sum::<u64>();
    // A slow path is probed meanwhile, which names nobody.
    let pushes = |stats: &Stats| stats.methods.get("sequence").copied().unwrap_or_default();
    let (before, pushes_before) = (asked(&network.stats()), pushes(&network.stats()));
    let later = async {
        network.wait_until(|stats| asked(stats) > before).await?;
        world.clock.forward(Duration::from_secs(12));
        Ok(())
    };
    let (pushed, waited): (_, Story) = tokio::join!(alice.client().push_configs_now(), later);
    waited?;
    assert_eq!(pushed?.confirmed, 1);
    assert_eq!(pushes(&network.stats()), pushes_before + 1);
    assert!(!alice.client().sync_state().await?.unsent);
    Ok(())
}

/// The swarm stored a push and its answer never came: the next look at the swarm is the confirmation.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_push_whose_answer_is_lost_is_confirmed_by_what_the_swarm_holds() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    settle(&[&alice]).await?;
    let held_before = held(&world, &alice.id());
    alice.with(&bob).set_nickname("Bobby").await?;
    for node in world.network().nodes() {
        node.fault_when(Fault::Garbage, When::as_destination().method("sequence"));
    }
    world.patiently(pushes(&alice)).await?;
    assert!(alice.client().sync_state().await?.unsent);
    let alice = alice.restarts().await?;
    alice.polls().await?;
    assert!(!alice.client().sync_state().await?.unsent, "nothing was pushed again");
    world.comes_back();
    settle(&[&alice]).await?;
    assert_eq!(held(&world, &alice.id()), held_before, "and what it replaced is gone");
    let tablet = alice.another_device("").await?;
    tablet.polls().await?;
    assert_eq!(tablet.name_of(&bob).await?, "Bobby");
    Ok(())
}

/// What was deleted on one device is gone on the other, and old messages that the swarm still has do not bring it back.
/// A new message does.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_deleted_conversation_does_not_come_back_by_an_old_message() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    bob.writes(&alice, "an old story").await?;
    alice.polls().await?;
    world.clock.forward(Duration::from_secs(10 * 60));
    alice.with(&bob).delete().await?;
    pushes(&alice).await?;
    tablet.polls().await?;
    assert_eq!(tablet.sees(&bob).await?, Vec::<String>::new(), "hidden before its old message came");
    assert_eq!(tablet.conversations().await?, Vec::<String>::new());
    assert!(tablet.unreadable().await?.contains(&"conversation deleted".to_owned()), "and said so");
    let laptop = alice.another_device("").await?;
    laptop.polls_until_empty().await?;
    assert_eq!(laptop.conversations().await?, Vec::<String>::new());

    bob.writes(&alice, "are you there?").await?;
    for device in [&alice, &tablet, &laptop] {
        device.polls().await?;
        assert_eq!(device.sees(&bob).await?, ["are you there?"]);
    }
    settle(&[&alice, &tablet, &laptop]).await
}

/// A deleted contact is a stranger on all devices; what they write next is a request.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_deleted_contact_is_a_stranger_everywhere() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    alice.with(&bob).set_nickname("Bobby").await?;
    alice.with(&bob).set_note("met on the train").await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    assert_eq!(tablet.client().contact(&bob.account_id()).await?.ok_or("no contact")?.note, "", "notes stay here");
    tablet.with(&bob).delete_contact().await?;
    settle(&[&tablet, &alice]).await?;
    for device in [&alice, &tablet] {
        assert_eq!(device.client().contacts().await?.len(), 0);
        assert_eq!(device.conversations().await?, Vec::<String>::new());
        let row = device.client().contact(&bob.account_id()).await?.ok_or("no row")?;
        assert_eq!((row.nickname.as_str(), row.note.as_str(), row.approved), ("", "", false));
    }
    bob.writes(&alice, "hello?").await?;
    for device in [&alice, &tablet] {
        device.polls().await?;
        assert_eq!(device.requests().await?.len(), 1);
    }
    settle(&[&alice, &tablet]).await?;
    agree(&[&alice, &tablet]).await
}

/// Somebody who lay in a drawer for 40 days: what they changed before is not lost, and what others changed wins nothing
/// back that is newer.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_device_that_was_away_for_forty_days_comes_back_without_losing_anything() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
    befriend(&alice, &bob).await?;
    befriend(&alice, &carol).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    // Never pushed: the tablet was switched off right after.
    tablet.with(&bob).set_nickname("Bob from the tablet").await?;
    for day in 0..8 {
        world.clock.forward(days(5));
        alice.with(&carol).set_nickname(&format!("Carol {day}")).await?;
        alice.polls().await?;
        pushes(&alice).await?;
    }
    settle(&[&tablet, &alice]).await?;
    for device in [&alice, &tablet] {
        assert_eq!(device.name_of(&bob).await?, "Bob from the tablet");
        assert_eq!(device.name_of(&carol).await?, "Carol 7");
    }
    agree(&[&alice, &tablet]).await
}

/// The swarm forgets configs after 30 days unless somebody asks it not to; a device that is there does.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn configs_live_as_long_as_a_device_of_the_account_does() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    settle(&[&alice]).await?;
    for _ in 0..3 {
        world.clock.forward(days(20));
        alice.polls().await?;
    }
    let tablet = alice.another_device("").await?;
    tablet.polls().await?;
    assert_eq!(tablet.conversations().await?.len(), 1);

    // And when the swarm lost them all the same, it gets them again.
    world.network().drop_messages(&alice.id());
    world.clock.forward(days(1));
    alice.polls().await?;
    let laptop = alice.another_device("").await?;
    laptop.polls().await?;
    assert_eq!(laptop.conversations().await?.len(), 1);
    Ok(())
}

/// A seed is dead and a member of the swarm says that there is nothing: the account comes back all the same.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn an_account_is_restored_although_a_seed_is_dead_and_a_member_withholds() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    settle(&[&alice]).await?;
    world.network().seed(0).fault(Fault::Refuse);
    let swarm = world.network().swarm_of(&alice.id());
    let nothing = r#"{"messages": [], "more": false, "hf": [19, 3], "t": 1}"#;
    world.network().node(swarm[0]).fault_when(Fault::status(200, nothing), When::as_destination().method("retrieve"));
    let tablet = alice.another_device("").await?;
    tablet.polls().await?;
    assert_eq!(tablet.client().display_name().await?, "Alice");
    assert_eq!(tablet.conversations().await?.len(), 1);
    Ok(())
}

/// Without a network a restored account says that it waits, keeps what is done meanwhile, and pushes nothing before it
/// knows what there is.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_restored_account_without_a_network_waits_and_overwrites_nothing() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
    befriend(&alice, &bob).await?;
    alice.with(&bob).set_nickname("Bobby").await?;
    settle(&[&alice]).await?;
    let tablet = alice.another_device("Somebody").await?;
    world.goes_offline();
    assert!(tablet.polls().await.is_err());
    tablet.with(&carol).set_nickname("Caro").await?;
    tablet.notes(&carol, "hello Carol").await?;
    pushes(&tablet).await?;
    let state = tablet.client().sync_state().await?;
    assert!(state.restoring && state.contacts == DocumentState::Waiting);
    world.comes_back();
    settle(&[&tablet, &alice]).await?;
    for device in [&tablet, &alice] {
        assert_eq!(device.client().display_name().await?, "Alice", "a name typed while restoring gives way");
        assert_eq!(device.name_of(&bob).await?, "Bobby");
        assert_eq!(device.name_of(&carol).await?, "Caro", "what was done meanwhile is kept");
    }
    Ok(())
}

/// The first device hears that another one acts, once.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_device_hears_of_another_one_that_acts_for_the_account() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    settle(&[&alice]).await?;
    assert_eq!(alice.client().other_device().await?, None);
    world.clock.forward(Duration::from_secs(60));
    let tablet = alice.another_device("").await?;
    tablet.polls().await?;
    alice.polls().await?;
    assert_eq!(alice.client().other_device().await?, None, "reading leaves no trace");
    tablet.writes(&bob, "from the tablet").await?;
    alice.polls().await?;
    assert!(alice.client().other_device().await?.ok_or("nothing was noticed")?.new);
    alice.client().acknowledge_other_device().await?;
    tablet.client().set_display_name("Alicia").await?;
    pushes(&tablet).await?;
    alice.polls().await?;
    let known = alice.client().other_device().await?.ok_or("forgotten")?;
    assert!(!known.new, "said once");
    Ok(())
}

/// Rubbish and forgeries in the place of configs are recorded, stop nothing, and are never believed.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn hostile_configs_are_recorded_and_the_good_ones_go_on() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, mallory] = world.people(["Alice", "Bob", "Mallory"]).await?;
    befriend(&alice, &bob).await?;
    befriend(&mallory, &bob).await?;
    settle(&[&alice]).await?;
    settle(&[&mallory]).await?;
    // Mallory's own configs, sealed for Mallory, in Alice's storage; Alice's in the wrong namespace; rubbish.
    let of = |person: &Person<'_>, namespace| world.network().stored(&person.id(), namespace)[0].1[0].data.clone();
    for (namespace, data) in [
        (2, of(&mallory, 2)),
        (3, of(&alice, 2)),
        (3, vec![0; 40]),
        (4, vec![0xff; 500]),
        (5, b"d1:#i1e1:&de1:<le1:=dee".to_vec()),
    ] {
        world.network().deposit(&alice.id(), namespace, &data);
    }
    let tablet = alice.another_device("").await?;
    for device in [&alice, &tablet] {
        device.polls().await?;
        assert_eq!(device.unreadable().await?.len(), 5, "{:?}", device.unreadable().await?);
        assert_eq!(device.client().display_name().await?, "Alice");
    }
    tablet.with(&bob).set_nickname("Bobby").await?;
    settle(&[&tablet, &alice]).await?;
    assert_eq!(alice.name_of(&bob).await?, "Bobby");
    agree(&[&alice, &tablet]).await
}
