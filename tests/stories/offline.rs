//! No network at the moment of writing, restarts in the middle, and what becomes of messages meanwhile.

use std::time::Duration;

use onionskin_core::Failure;

use super::people::{Fate as _, Story, World, befriend, days};

/// Eight messages written in a tunnel go out afterwards, once each, and stand in order.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_is_written_offline_goes_out_later_in_order_and_once() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let before = bob.sees(&alice).await?.len();
    world.goes_offline();
    let texts = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
    let mut written = Vec::new();
    for text in texts {
        written.push(alice.writes(&bob, text).await?);
    }
    for id in &written {
        assert!(alice.row(&bob, *id).await?.is_waiting(), "still here, not failed");
    }
    assert!(bob.polls().await.is_err(), "nobody can poll either");
    world.comes_back();
    world.clock.forward(Duration::from_secs(60));
    alice.sends_all().await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?[before..], texts);
    let stored = world.network().stored(&bob.id(), 0)[0].1.len();
    alice.sends_all().await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?.len(), before + texts.len());
    assert_eq!(world.network().stored(&bob.id(), 0)[0].1.len(), stored, "nothing went twice");
    Ok(())
}

/// The program ends between writing and sending; the next start sends.
#[tokio::test]
async fn a_restart_between_writing_and_sending_loses_nothing() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    alice.notes(&bob, "before the restart").await?;
    let alice = alice.restarts().await?;
    assert_eq!(alice.sees(&bob).await?, ["before the restart"]);
    alice.sends_all().await?;
    let bob = bob.restarts().await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?, ["before the restart"]);
    let bob = bob.restarts().await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?, ["before the restart"], "read once, however often the program starts");
    bob.writes(&alice, "after it").await?;
    alice.polls().await?;
    assert_eq!(alice.sees(&bob).await?, ["before the restart", "after it"]);
    Ok(())
}

/// Two weeks without any network: the message says why it failed, and goes when asked to again.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn after_two_weeks_offline_a_message_has_failed_and_can_be_sent_again() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    world.goes_offline();
    let id = alice.writes(&bob, "late").await?;
    assert!(alice.row(&bob, id).await?.is_waiting());
    world.clock.forward(days(14) + Duration::from_secs(60));
    alice.sends().await?;
    assert_eq!(alice.row(&bob, id).await?.failure(), Some(Failure::Expired));
    world.comes_back();
    alice.with(&bob).resend(id).await?;
    alice.sends_all().await?;
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?, ["late"]);
    assert!(alice.row(&bob, id).await?.taken_by().is_some());
    Ok(())
}

/// A swarm keeps a message for 14 days: who polls on the thirteenth reads it, who polls on the fifteenth does not.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_message_waits_two_weeks_in_the_swarm_and_no_longer() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
    alice.writes(&bob, "back from holiday?").await?;
    alice.writes(&carol, "back from holiday?").await?;
    world.clock.forward(days(13));
    bob.polls().await?;
    assert_eq!(bob.sees(&alice).await?, ["back from holiday?"]);
    world.clock.forward(days(2));
    carol.polls().await?;
    assert_eq!(carol.sees(&alice).await?, Vec::<String>::new());
    Ok(())
}
