//! What is chosen for a conversation: what is muted is so on all devices, what is laid aside on one; and what strangers get.

use onionskin_core::{Mute, NoticeContent, Timestamp};
use onionskin_tests::devices::settle;

use super::people::{Story, World, befriend};

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn who_is_muted_on_one_device_is_so_on_all_and_what_is_laid_aside_stays_on_one() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.second_device().await?;
    settle(&[&alice, &tablet]).await?;
    for mute in [Mute::Until(Timestamp::from_millis(4_000_000_000_000)), Mute::Forever, Mute::Off] {
        alice.with(&bob).set_mute(mute).await?;
        settle(&[&alice, &tablet]).await?;
        let row = tablet.with(&bob).row().await?.ok_or("no conversation")?;
        assert_eq!(row.mute, mute);
    }
    alice.with(&bob).set_archived(true).await?;
    alice.with(&bob).set_notice_content(Some(NoticeContent::Nothing)).await?;
    settle(&[&alice, &tablet]).await?;
    let row = tablet.with(&bob).row().await?.ok_or("no conversation")?;
    assert_eq!((row.archived, row.notice_content), (false, None));
    assert!(alice.conversations().await?.is_empty());

    bob.writes(&alice, "are you there?").await?;
    alice.polls().await?;
    assert_eq!(alice.conversations().await?, [bob.id()], "a letter brings it back");
    Ok(())
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn requests_declined_together_go_from_all_devices_and_one_for_good_is_heard_no_more() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol, mallory] = world.people(["Alice", "Bob", "Carol", "Mallory"]).await?;
    let tablet = alice.second_device().await?;
    for stranger in [&bob, &carol, &mallory] {
        stranger.writes(&alice, "hello").await?;
    }
    alice.polls().await?;
    tablet.polls().await?;
    settle(&[&alice, &tablet]).await?;
    alice.with(&mallory).decline_and_block().await?;
    assert_eq!(alice.client().decline_all_requests().await?, 2);
    settle(&[&alice, &tablet]).await?;
    for device in [&alice, &tablet] {
        assert!(device.requests().await?.is_empty(), "{}", device.name());
    }
    mallory.writes(&alice, "you cannot hear me").await?;
    carol.writes(&alice, "it is me").await?;
    for device in [&alice, &tablet] {
        device.polls().await?;
        assert_eq!(device.requests().await?, [carol.id()], "who was only declined asks again");
    }
    Ok(())
}
