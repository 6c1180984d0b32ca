//! Devices of one account that were apart: what none of them could know of the other is not lost.

use std::time::{Duration, Instant};

use onionskin_core::Failure;
use onionskin_network::{Fault, When};
use onionskin_tests::WAIT_LIMIT;
use onionskin_tests::devices::{agree, held, pushes, settle};

use super::people::{Fate, Story, World, befriend, days};

/// A new message brings a deleted conversation back to the list, on all devices.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_deleted_conversation_is_on_the_list_again_with_a_new_message() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    alice.with(&bob).delete().await?;
    settle(&[&alice, &tablet]).await?;
    for device in [&alice, &tablet] {
        assert_eq!(device.conversations().await?, Vec::<String>::new());
    }
    world.clock.forward(Duration::from_secs(10 * 60));
    bob.writes(&alice, "are you there?").await?;
    for device in [&alice, &tablet] {
        device.polls().await?;
        assert_eq!(device.conversations().await?, [bob.id()]);
        assert_eq!(device.client().unread_total().await?, 1);
    }
    settle(&[&alice, &tablet]).await?;
    alice.with(&bob).delete().await?;
    alice.writes(&bob, "here I am").await?;
    assert_eq!(alice.conversations().await?, [bob.id()], "writing brings it back too");
    settle(&[&alice, &tablet]).await?;
    assert_eq!(tablet.conversations().await?, [bob.id()]);
    agree(&[&alice, &tablet]).await
}

/// What the swarm has is deleted only when its replacement is there, however often storing fails.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn the_old_config_stays_until_the_new_one_is_stored() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    settle(&[&alice]).await?;
    assert_eq!(held(&world, &alice.id()), 2, "profile and contacts");
    alice.with(&bob).set_nickname("Bobby").await?;
    for node in world.network().nodes() {
        node.fault_when(Fault::status(500, "busy"), When::as_destination().method("store"));
    }
    for _ in 0..3 {
        let report = alice.client().push_configs_now().await?;
        assert_eq!((report.confirmed, report.deleted), (0, 0));
        assert_eq!(held(&world, &alice.id()), 2);
        world.clock.forward(Duration::from_secs(10 * 60));
    }
    world.comes_back();
    settle(&[&alice]).await?;
    assert_eq!(held(&world, &alice.id()), 2, "and what it replaced is gone");
    let tablet = alice.another_device("").await?;
    tablet.polls().await?;
    assert_eq!(tablet.name_of(&bob).await?, "Bobby");
    Ok(())
}

/// A device that comes back asks before it pushes: its change goes on top of what the others have now.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_device_that_comes_back_polls_before_it_pushes() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
    befriend(&alice, &bob).await?;
    befriend(&alice, &carol).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    tablet.with(&bob).set_nickname("Bob from the tablet").await?;
    for number in 0..9 {
        world.clock.forward(days(1));
        alice.with(&carol).set_nickname(&format!("Carol {number}")).await?;
        pushes(&alice).await?;
    }
    let tablet = tablet.restarts().await?;
    pushes(&tablet).await?;
    settle(&[&alice, &tablet]).await?;
    for device in [&alice, &tablet] {
        assert_eq!(device.name_of(&bob).await?, "Bob from the tablet");
        assert_eq!(device.name_of(&carol).await?, "Carol 8");
    }
    agree(&[&alice, &tablet]).await
}

/// What waits to be sent, and what came after the deletion, survives that another device deleted the conversation.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_conversation_deleted_elsewhere_keeps_what_that_device_could_not_know() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
    befriend(&alice, &bob).await?;
    befriend(&alice, &carol).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    tablet.notes(&bob, "written before I heard").await?;
    tablet.notes(&carol, "this one too").await?;
    world.clock.forward(Duration::from_secs(60));
    alice.with(&bob).delete().await?;
    alice.with(&carol).delete_contact().await?;
    pushes(&alice).await?;
    tablet.polls().await?;
    assert!(tablet.sees(&bob).await?.contains(&"written before I heard".to_owned()));
    tablet.sends_all().await?;
    settle(&[&tablet, &alice]).await?;
    for (person, text) in [(&bob, "written before I heard"), (&carol, "this one too")] {
        person.polls().await?;
        assert_eq!(person.last(&tablet).await?.body, text);
        assert!(alice.conversations().await?.contains(&person.id()), "{text}");
    }
    agree(&[&alice, &tablet]).await
}

/// What failed waits for a person, and a person deleted it: it does not bring back who was deleted elsewhere. And the mark on
/// the conversation goes from the account's memory too.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_deletion_is_not_undone_by_a_letter_that_failed_on_another_device() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    world.goes_offline();
    let letter = tablet.notes(&bob, "never arrived").await?;
    world.clock.forward(days(15));
    tablet.sends().await?;
    assert_eq!(tablet.row(&bob, letter).await?.failure(), Some(Failure::Expired));
    world.comes_back();
    alice.with(&bob).mark_unread().await?;
    settle(&[&alice, &tablet]).await?;
    alice.with(&bob).delete_contact().await?;
    settle(&[&alice, &tablet]).await?;
    for device in [&alice, &tablet] {
        assert_eq!(device.conversations().await?, Vec::<String>::new());
        assert_eq!(device.client().contacts().await?.len(), 0);
    }
    agree(&[&alice, &tablet]).await?;
    bob.writes(&alice, "hello?").await?;
    for device in [&alice, &tablet] {
        device.polls().await?;
        let row = device.with(&bob).row().await?.ok_or("no request")?;
        assert_eq!(
            (row.is_request(), row.marked_unread, device.sees(&bob).await?),
            (true, false, vec!["hello?".into()])
        );
    }
    Ok(())
}

/// Only one member answers while an account is restored, and something was written meanwhile: nothing of it goes.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_was_written_while_restoring_survives_a_swarm_that_hardly_answers() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
    befriend(&alice, &bob).await?;
    alice.with(&bob).set_nickname("Bobby").await?;
    settle(&[&alice]).await?;
    let tablet = alice.another_device("").await?;
    tablet.notes(&carol, "hello Carol").await?;
    tablet.with(&bob).block().await?;
    let swarm = world.network().swarm_of(&alice.id());
    for node in swarm.iter().skip(1) {
        world.network().node(*node).fault_when(Fault::status(500, "busy"), When::as_destination());
    }
    let _ = tablet.polls().await;
    assert_eq!(tablet.sees(&carol).await?, ["hello Carol"]);
    world.comes_back();
    tablet.sends_all().await?;
    settle(&[&tablet, &alice]).await?;
    carol.polls().await?;
    assert_eq!(carol.sees(&tablet).await?, ["hello Carol"]);
    for device in [&tablet, &alice] {
        let row = device.with(&bob).row().await?.ok_or("no conversation")?;
        assert_eq!((row.name.as_str(), row.blocked, row.approved), ("Bobby", true, true));
        assert!(device.conversations().await?.contains(&carol.id()));
    }
    agree(&[&alice, &tablet]).await
}

/// In the background everything happens by itself: a change here is a change there.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn devices_in_the_background_agree_without_being_asked() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    settle(&[&alice]).await?;
    let tablet = alice.another_device("").await?;
    for device in [&alice, &tablet] {
        device.client().set_screen(true, None);
        device.client().start();
    }
    let mut events = tablet.client().events();
    alice.with(&bob).set_nickname("Bobby").await?;
    // The clock moves on whenever nothing happens, so that quiet moments and polls come; slowly enough that what is on its
    // way arrives within the time a request has.
    let begun = Instant::now();
    while begun.elapsed() < WAIT_LIMIT {
        if tablet.with(&bob).row().await?.is_some_and(|row| row.name == "Bobby") {
            return Ok(());
        }
        if tokio::time::timeout(Duration::from_millis(20), events.next()).await.is_err() {
            world.clock.forward(Duration::from_millis(250));
        }
    }
    Err("the tablet never heard of it".into())
}
