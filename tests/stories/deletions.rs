//! A deletion takes what the deleter saw, on all devices, old and new, however short the time between the last letter and the
//! deletion; and what the deleter never saw is news everywhere.

use std::time::Duration;

use onionskin_core::Conversation;
use onionskin_network::{Fault, When};
use onionskin_tests::devices::{agree, pushes, settle};

use super::people::{Person, Story, World, befriend, days};

/// How somebody is rid of a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Conversation,
    Contact,
    Decline,
    BlockThenConversation,
    BlockThenContact,
}

const WAYS: [Way; 5] =
    [Way::Conversation, Way::Contact, Way::Decline, Way::BlockThenConversation, Way::BlockThenContact];

impl Way {
    async fn takes(self, chat: &Conversation) -> Story {
        match self {
            Self::Conversation => chat.delete().await?,
            Self::Contact => chat.delete_contact().await?,
            Self::Decline => chat.decline().await?,
            Self::BlockThenConversation => {
                chat.block().await?;
                chat.delete().await?;
            }
            Self::BlockThenContact => {
                chat.block().await?;
                chat.delete_contact().await?;
            }
        }
        Ok(())
    }

    fn is_block(self) -> bool {
        self == Self::BlockThenConversation
    }
}

/// Nothing of `other` stands anywhere on a device.
async fn knows_nothing_of(device: &Person<'_>, other: &Person<'_>, when: &str) -> Story {
    let lists = (device.conversations().await?, device.requests().await?, device.sees(other).await?);
    assert_eq!(lists, (vec![], vec![], vec![]), "{when}");
    Ok(())
}

/// A letter of a stranger, or of a friend, is on the phone; `after` it came it is taken away there.
async fn comes_and_goes(phone: &Person<'_>, bob: &Person<'_>, world: &World, after: u64, way: Way) -> Story {
    bob.writes(phone, "unwanted").await?;
    phone.polls().await?;
    world.clock.forward(Duration::from_secs(after));
    way.takes(&phone.with(bob)).await
}

const MOMENTS: [u64; 6] = [0, 5, 60, 110, 150, 600];

/// A device that was off, one that was on, and one that is new: the letter is on none of them.
async fn is_gone_everywhere(friend: bool, way: Way, moments: &[u64], errands_leave: bool) -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for after in moments {
        let when = format!("{way:?}, {after} s after the letter, a friend: {friend}, deleted there: {errands_leave}");
        let [phone, bob] = world.people(["Alice", "Bob"]).await?;
        if friend {
            befriend(&phone, &bob).await?;
        }
        let (off, on) = (phone.another_device("").await?, phone.another_device("").await?);
        settle(&[&phone, &off, &on]).await?;
        bob.writes(&phone, "unwanted").await?;
        phone.polls().await?;
        on.polls().await?;
        pushes(&phone).await?;
        pushes(&on).await?;
        world.clock.forward(Duration::from_secs(*after));
        way.takes(&phone.with(&bob)).await?;
        pushes(&phone).await?;
        if errands_leave {
            phone.sends().await?;
        }
        on.polls().await?;
        world.clock.forward(Duration::from_secs(3_600));
        off.polls().await?;
        let new = phone.another_device("").await?;
        new.polls_until_empty().await?;
        for device in [&phone, &off, &on, &new] {
            knows_nothing_of(device, &bob, &when).await?;
        }
        settle(&[&off, &on, &new, &phone]).await?;
        for device in [&phone, &off, &on, &new] {
            knows_nothing_of(device, &bob, &when).await?;
            let blocked = device.client().blocked().await?.len();
            assert_eq!(blocked, usize::from(way.is_block()), "{when}");
        }
        agree(&[&phone, &off, &on, &new]).await?;
        if way.is_block() {
            phone.with(&bob).unblock().await?;
            settle(&[&phone, &off, &on, &new]).await?;
        }
        bob.writes(&phone, "please").await?;
        for device in [&phone, &off, &on, &new] {
            device.polls().await?;
            assert_eq!(device.sees(&bob).await?, ["please"], "what is new is heard: {when}");
        }
        settle(&[&phone, &off, &on, &new]).await?;
        agree(&[&phone, &off, &on, &new]).await?;
    }
    Ok(())
}

/// The whole table for letters of strangers, before any node has deleted anything.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_strangers_letter_that_was_deleted_stays_away_on_all_devices_whenever_it_was_deleted() -> Story {
    for way in WAYS {
        is_gone_everywhere(false, way, &MOMENTS, false).await?;
    }
    Ok(())
}

/// The same once the swarm has deleted it.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_strangers_letter_that_the_swarm_deleted_stays_away_too() -> Story {
    for way in WAYS {
        is_gone_everywhere(false, way, &[5, 150], true).await?;
    }
    Ok(())
}

/// A friend's conversation with words of both.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_friends_conversation_that_was_deleted_stays_away_on_all_devices() -> Story {
    for way in [Way::Conversation, Way::Contact, Way::BlockThenConversation, Way::BlockThenContact] {
        is_gone_everywhere(true, way, &[0, 60, 150], false).await?;
        is_gone_everywhere(true, way, &[5], true).await?;
    }
    Ok(())
}

/// The swarm keeps nothing of what was deleted: no letter, and none of our own copies.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_is_deleted_is_deleted_from_our_swarm() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for way in WAYS {
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        if way == Way::Decline {
            bob.writes(&alice, "unwanted").await?;
            alice.polls().await?;
        } else {
            befriend(&alice, &bob).await?;
        }
        assert_ne!(kept(&world, &alice), 0);
        way.takes(&alice.with(&bob)).await?;
        alice.sends().await?;
        assert_eq!(kept(&world, &alice), 0, "{way:?}");
    }
    Ok(())
}

/// How many letters the swarm of somebody holds, at all members together.
fn kept(world: &World, person: &Person<'_>) -> usize {
    world.network().stored(&person.id(), 0).into_iter().map(|(_, messages)| messages.len()).sum()
}

/// A member that is down while something is deleted still has it afterwards; a device that asks that member gets it, and
/// knows better.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_member_that_missed_the_deletion_brings_nothing_back() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let off = alice.another_device("").await?;
    settle(&[&alice, &off]).await?;
    bob.writes(&alice, "unwanted").await?;
    alice.polls().await?;
    for node in world.network().nodes() {
        node.fault_when(Fault::status(500, "busy"), When::as_destination().method("delete"));
    }
    alice.with(&bob).delete_contact().await?;
    pushes(&alice).await?;
    alice.sends().await?;
    assert_ne!(kept(&world, &alice), 0);
    off.polls_until_empty().await?;
    let new = alice.another_device("").await?;
    new.polls_until_empty().await?;
    for device in [&off, &new] {
        knows_nothing_of(device, &bob, "no node deletes").await?;
    }
    world.comes_back();
    world.clock.forward(Duration::from_secs(600));
    alice.sends_all().await?;
    assert_eq!(kept(&world, &alice), 0, "it is tried again");
    settle(&[&alice, &off, &new]).await?;
    agree(&[&alice, &off, &new]).await
}

/// Somebody deletes without a network, and a letter comes before the others hear of it: it is news on all devices, and what
/// was deleted is not.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_came_between_deleting_and_telling_the_others_is_news_on_all_devices() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for (friend, way) in [(true, Way::Conversation), (true, Way::Contact), (false, Way::Decline), (false, Way::Contact)]
    {
        let when = format!("{way:?}, a friend: {friend}");
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        if friend {
            befriend(&alice, &bob).await?;
        }
        let (on, off) = (alice.another_device("").await?, alice.another_device("").await?);
        settle(&[&alice, &on, &off]).await?;
        comes_and_goes(&alice, &bob, &world, 5, way).await?;
        on.polls().await?;
        world.clock.forward(Duration::from_secs(3_600));
        bob.writes(&alice, "news").await?;
        on.polls().await?;
        world.clock.forward(Duration::from_secs(3_600));
        // The phone is back: it tells what it did before it reads what came.
        alice.client().push_configs_now().await?;
        settle(&[&on, &alice, &off]).await?;
        let new = alice.another_device("").await?;
        new.polls_until_empty().await?;
        settle(&[&new, &on, &alice, &off]).await?;
        for device in [&alice, &on, &off, &new] {
            assert_eq!(device.sees(&bob).await?, ["news"], "{when}");
        }
        agree(&[&alice, &on, &off, &new]).await?;
    }
    Ok(())
}

/// A device on which nothing of an old conversation is left deletes it: it is gone on the device that has all of it.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_device_that_never_had_the_old_letters_deletes_them_too() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for way in [Way::Conversation, Way::Contact] {
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&alice, &bob).await?;
        settle(&[&alice]).await?;
        world.clock.forward(days(20));
        settle(&[&alice]).await?;
        let new = alice.another_device("").await?;
        settle(&[&new, &alice]).await?;
        assert_eq!(new.sees(&bob).await?, Vec::<String>::new());
        way.takes(&new.with(&bob)).await?;
        settle(&[&new, &alice]).await?;
        for device in [&alice, &new] {
            knows_nothing_of(device, &bob, &format!("{way:?}")).await?;
        }
        agree(&[&alice, &new]).await?;
    }
    Ok(())
}

/// Both devices have the letter and tell the others of it at the same time; one of them deletes it.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn devices_that_tell_of_a_letter_at_once_do_not_undo_its_deletion() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for way in WAYS {
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        let tablet = alice.another_device("").await?;
        settle(&[&alice, &tablet]).await?;
        bob.writes(&alice, "unwanted").await?;
        alice.polls().await?;
        tablet.polls().await?;
        tablet.with(&bob).mark_read().await?;
        // Neither has heard of the other.
        let (one, other) = (alice.client().push_configs_now(), tablet.client().push_configs_now());
        let (one, other) = tokio::join!(one, other);
        one?;
        other?;
        world.clock.forward(Duration::from_secs(5));
        way.takes(&alice.with(&bob)).await?;
        pushes(&alice).await?;
        pushes(&tablet).await?;
        settle(&[&tablet, &alice]).await?;
        for device in [&alice, &tablet] {
            knows_nothing_of(device, &bob, &format!("{way:?}")).await?;
        }
        agree(&[&alice, &tablet]).await?;
    }
    Ok(())
}

/// Notes that were hidden at once stay hidden, on a device that was off, too; a later note brings them back.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn notes_that_were_hidden_or_deleted_stay_so_on_all_devices_whenever_that_was() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for (after, deletes) in [(0, false), (5, false), (60, true), (110, false), (150, true), (600, false)] {
        let when = format!("{after} s after the note, deleted: {deletes}");
        let [alice] = world.people(["Alice"]).await?;
        let (off, on) = (alice.another_device("").await?, alice.another_device("").await?);
        settle(&[&alice, &off, &on]).await?;
        alice.writes(&alice, "milk").await?;
        pushes(&alice).await?;
        on.polls().await?;
        world.clock.forward(Duration::from_secs(after));
        let notes = alice.with(&alice);
        if deletes {
            notes.delete().await?
        } else {
            notes.hide().await?
        }
        pushes(&alice).await?;
        on.polls().await?;
        world.clock.forward(Duration::from_secs(3_600));
        off.polls().await?;
        let new = alice.another_device("").await?;
        settle(&[&off, &new, &on, &alice]).await?;
        for device in [&alice, &off, &on, &new] {
            assert_eq!(device.conversations().await?, Vec::<String>::new(), "{when}");
        }
        on.writes(&on, "bread").await?;
        for device in [&alice, &off, &new] {
            device.polls().await?;
            assert!(device.sees(&alice).await?.contains(&"bread".to_owned()), "{when}");
        }
        settle(&[&alice, &off, &on, &new]).await?;
        for device in [&alice, &off, &on, &new] {
            assert_eq!(device.conversations().await?, [alice.id()], "{when}");
            let notes = device.sees(&alice).await?;
            // What was only hidden stays where it was.
            assert!(!deletes || notes == ["bread"], "{when}: {notes:?}");
        }
        agree(&[&alice, &off, &on, &new]).await?;
    }
    Ok(())
}

/// Emptying a conversation is of one device: the others, and new ones, keep what they have.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_is_emptied_here_alone_stays_on_the_other_devices() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    let before = tablet.sees(&bob).await?;
    alice.with(&bob).clear().await?;
    alice.sends().await?;
    settle(&[&alice, &tablet]).await?;
    assert_eq!((alice.sees(&bob).await?, tablet.sees(&bob).await?), (vec![], before));
    assert_eq!(alice.conversations().await?, Vec::<String>::new());
    assert_ne!(kept(&world, &alice), 0);
    agree(&[&alice, &tablet]).await
}

/// What was said before a block stays, on every device, until it is deleted.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_was_said_before_a_block_stays_until_it_is_deleted() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.another_device("").await?;
    settle(&[&alice, &tablet]).await?;
    let before = tablet.sees(&bob).await?;
    alice.with(&bob).block().await?;
    alice.sends().await?;
    bob.writes(&alice, "you cannot hear me").await?;
    settle(&[&alice, &tablet]).await?;
    for device in [&alice, &tablet] {
        assert_eq!(device.sees(&bob).await?, before);
        assert_eq!(device.conversations().await?, [bob.id()]);
    }
    alice.with(&bob).delete().await?;
    settle(&[&alice, &tablet]).await?;
    let new = alice.another_device("").await?;
    new.polls_until_empty().await?;
    for device in [&alice, &tablet, &new] {
        knows_nothing_of(device, &bob, "blocked and deleted").await?;
        assert_eq!(device.client().blocked().await?.len(), 1);
    }
    Ok(())
}

/// Who writes right after a deletion is heard: no tolerance for clocks swallows it.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_letter_right_after_a_deletion_is_heard_on_all_devices() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    let (on, off) = (alice.another_device("").await?, alice.another_device("").await?);
    settle(&[&alice, &on, &off]).await?;
    comes_and_goes(&alice, &bob, &world, 5, Way::Contact).await?;
    pushes(&alice).await?;
    on.polls().await?;
    world.clock.forward(Duration::from_secs(1));
    bob.writes(&alice, "one more thing").await?;
    for device in [&on, &off, &alice] {
        device.polls().await?;
        assert_eq!(device.sees(&bob).await?, ["one more thing"]);
    }
    settle(&[&alice, &on, &off]).await?;
    agree(&[&alice, &on, &off]).await
}
