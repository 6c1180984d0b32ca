//! An account that comes back while its swarm is not as it should be: a push broke off, members hold configs back, a document
//! comes from the future, the line is slow. The account comes back as far as it can, says how far that is, and no letter is
//! lost or shown before it is known whose it is.

use std::time::Duration;

use onionskin_core::DocumentState;
use onionskin_core::crypto::blake2b_256;
use onionskin_core::ledger::DocumentKind;
use onionskin_network::{Fault, Role, When};
use onionskin_tests::devices::{agree, held_of, pushes, settle};

use super::hostile_configs::Thief;
use super::people::{Person, Story, Told, World, befriend, days};

const CONTACTS: DocumentKind = DocumentKind::Contacts;

async fn contacts(person: &Person<'_>) -> Told<DocumentState> {
    Ok(person.client().sync_state().await?.contacts)
}

async fn restoring(person: &Person<'_>) -> Told<bool> {
    Ok(person.client().sync_state().await?.restoring)
}

/// The first part of a message that nobody ever completes.
fn orphan(world: &World, thief: &Thief, of: &Person<'_>) {
    let part = thief.part(&blake2b_256(&[b"the whole"]), 0, 2, &[7; 100]);
    world.network().deposit(&of.id(), CONTACTS.namespace().number(), &part);
}

/// Another device's push broke off after its first part. A newer push is there, or comes: a restored account has its
/// people, and the part is forgotten.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_push_that_broke_off_keeps_no_account_from_coming_back() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [bob] = world.people(["Bob"]).await?;
    let (alice, thief) = Thief::of(&world, "Alice").await?;
    befriend(&alice, &bob).await?;
    settle(&[&alice]).await?;
    orphan(&world, &thief, &alice);
    world.clock.forward(Duration::from_secs(60));
    alice.with(&bob).set_nickname("Bobby").await?;
    settle(&[&alice]).await?;

    let tablet = alice.another_device("").await?;
    tablet.polls().await?;
    assert_eq!((contacts(&tablet).await?, restoring(&tablet).await?), (DocumentState::Here, false));
    assert_eq!(tablet.name_of(&bob).await?, "Bobby");
    assert!(tablet.polls().await?.messages == 0 && tablet.sees(&bob).await?.len() == 2, "letters came with them");
    agree(&[&alice, &tablet]).await?;

    for _ in 0..9 {
        world.clock.forward(days(5));
        for device in [&alice, &tablet] {
            device.polls().await?;
        }
    }
    assert_eq!(held_of(&world, &alice.id(), CONTACTS), 1, "nobody keeps the part alive for ever");
    Ok(())
}

/// The part is newer than everything else: for some minutes the rest may still come, then the account goes on without it.
/// Letters wait as long, so that nobody who is blocked is shown.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_message_that_is_on_its_way_is_waited_for_some_minutes() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [bob, carol] = world.people(["Bob", "Carol"]).await?;
    let (alice, thief) = Thief::of(&world, "Alice").await?;
    befriend(&alice, &bob).await?;
    befriend(&alice, &carol).await?;
    alice.with(&carol).block().await?;
    settle(&[&alice]).await?;
    carol.writes(&alice, "let me in").await?;
    world.clock.forward(Duration::from_secs(30 * 60));
    orphan(&world, &thief, &alice);

    let tablet = alice.another_device("").await?;
    assert!(tablet.polls().await?.letters_wait);
    assert_eq!(contacts(&tablet).await?, DocumentState::Partial);
    assert_eq!(tablet.sees(&bob).await?.len() + tablet.sees(&carol).await?.len(), 0);
    world.clock.forward(Duration::from_secs(6 * 60));
    assert!(!tablet.polls().await?.letters_wait);
    assert_eq!((contacts(&tablet).await?, restoring(&tablet).await?), (DocumentState::Here, false));
    assert_eq!(tablet.sees(&bob).await?.len(), 2, "the history is here, although the contacts are newer");
    assert!(!tablet.sees(&carol).await?.contains(&"let me in".to_owned()));
    Ok(())
}

/// Most members say of configs that there is more, and give none, but give letters. Nothing is refused as belonging to a
/// deleted conversation, and nothing is shown before it is known who is blocked.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn members_that_withhold_configs_cost_no_letter() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
    befriend(&alice, &bob).await?;
    befriend(&alice, &carol).await?;
    alice.with(&carol).block().await?;
    settle(&[&alice]).await?;
    world.clock.forward(Duration::from_secs(30 * 60));
    alice.with(&bob).set_nickname("Bobby").await?;
    settle(&[&alice]).await?;
    let swarm = world.network().swarm_of(&alice.id());
    for member in swarm.iter().skip(1) {
        world.network().node(*member).fault(Fault::WithholdConfigs);
    }
    let tablet = alice.another_device("").await?;
    for _ in 0..60 {
        let all_here = !tablet.polls().await?.letters_wait;
        assert!(!tablet.unreadable().await?.contains(&"conversation deleted".to_owned()));
        let known = contacts(&tablet).await? == DocumentState::Here;
        if known && all_here {
            break;
        }
        let shown = tablet.sees(&bob).await?.len() + tablet.sees(&carol).await?.len();
        assert!(known || shown == 0, "{shown} letters, and nobody knows yet who is blocked");
        world.clock.forward(Duration::from_secs(5));
    }
    assert_eq!((tablet.name_of(&bob).await?, tablet.sees(&bob).await?.len()), ("Bobby".to_owned(), 2));
    assert_eq!(tablet.client().blocked().await?.len(), 1);
    Ok(())
}

/// All members withhold configs. Letters do not wait until they expire: after some minutes they are shown, and the account
/// says that it still waits. When the contacts come at last, they are as they were.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn letters_do_not_wait_for_ever_for_contacts() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    alice.with(&bob).set_nickname("Bobby").await?;
    settle(&[&alice]).await?;
    for node in world.network().nodes() {
        node.fault(Fault::WithholdConfigs);
    }
    let tablet = alice.another_device("").await?;
    for _ in 0..10 {
        assert!(tablet.polls().await?.letters_wait);
        world.clock.forward(Duration::from_secs(61));
    }
    let report = tablet.polls().await?;
    assert!(!report.letters_wait && report.messages > 0);
    assert_eq!((contacts(&tablet).await?, restoring(&tablet).await?), (DocumentState::Waiting, true));
    assert_eq!(tablet.sees(&bob).await?.len(), 2);
    world.comes_back();
    world.clock.forward(Duration::from_secs(60 * 60));
    settle(&[&tablet, &alice]).await?;
    assert!(!restoring(&tablet).await?);
    for device in [&alice, &tablet] {
        assert_eq!(device.name_of(&bob).await?, "Bobby");
    }
    agree(&[&alice, &tablet]).await
}

/// All that the swarm has of the contacts is from a newer version. Nothing is pushed over it and it is not asked for all the
/// time; what is done here waits, until the swarm has forgotten it or a device writes something that is understood.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_document_that_this_version_does_not_understand_is_left_alone_and_settles_later() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [bob] = world.people(["Bob"]).await?;
    for forgotten in [true, false] {
        let (alice, thief) = Thief::of(&world, "Alice").await?;
        befriend(&alice, &bob).await?;
        settle(&[&alice]).await?;
        let kept =
            |kind: DocumentKind| world.network().stored(&alice.id(), kind.namespace().number())[0].1[0].data.clone();
        let (profile, people) = (kept(DocumentKind::UserProfile), kept(CONTACTS));
        world.network().drop_messages(&alice.id());
        world.network().deposit(&alice.id(), DocumentKind::UserProfile.namespace().number(), &profile);
        world.network().deposit(&alice.id(), CONTACTS.namespace().number(), &thief.contacts(b"d1:\"1:new revision!e"));

        let tablet = alice.another_device("").await?;
        tablet.polls().await?;
        assert_eq!((contacts(&tablet).await?, restoring(&tablet).await?), (DocumentState::NotUnderstood, true));
        assert_eq!(tablet.client().display_name().await?, "Alice", "the rest is here");
        tablet.with(&bob).set_nickname("Bobby").await?;
        tablet.writes(&bob, "it is me, from the tablet").await?;
        world.network().clear_log();
        for _ in 0..3 {
            tablet.polls().await?;
            pushes(&tablet).await?;
        }
        let asked = world.network().journeys_of(&alice.id()).len();
        assert!(asked <= 6, "{asked} requests: not all members every time");
        assert_eq!(held_of(&world, &alice.id(), CONTACTS), 1, "nothing is pushed over it");

        if forgotten {
            world.network().drop_messages(&alice.id());
        } else {
            world.network().deposit(&alice.id(), CONTACTS.namespace().number(), &people);
        }
        world.clock.forward(Duration::from_secs(60 * 60));
        settle(&[&tablet]).await?;
        assert_eq!((contacts(&tablet).await?, restoring(&tablet).await?), (DocumentState::Here, false));
        let laptop = alice.another_device("").await?;
        laptop.polls().await?;
        assert_eq!(laptop.name_of(&bob).await?, "Bobby", "what was done meanwhile is not lost");
    }
    Ok(())
}

/// Over a slow line the answers of all members at once do not come in time. The poll goes on all the same, and the account
/// comes back.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn an_account_comes_back_over_a_line_that_is_too_slow_for_all_members_at_once() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    settle(&[&alice]).await?;
    let tablet = alice.another_device("").await?;
    for member in world.network().swarm_of(&alice.id()) {
        // The first question to each.
        let first = When::always().role(Role::Destination).method("batch").next(1);
        world.network().node(member).fault_when(Fault::Hang, first);
    }
    let report = tablet.polls().await?;
    assert!(!report.letters_wait);
    world.comes_back();
    tablet.polls().await?;
    assert_eq!((contacts(&tablet).await?, restoring(&tablet).await?), (DocumentState::Here, false));
    assert_eq!(tablet.sees(&bob).await?.len(), 2);
    Ok(())
}
