//! When something was said: devices with a wrong date, letters that come late, and dates that lie ahead.

use std::time::Duration;

use onionskin_core::{AccountKeys, AccountSeed, Clock as _, Event, MessageKind, MessageRow, Timestamp};

use super::people::{Fate as _, Person, Story, Told, World, befriend};
use onionskin_tests::devices::{pushes, settle};
use onionskin_tests::letters::{deposit, sealed, text};

const MINUTE: Duration = Duration::from_secs(60);
const TWENTY_MINUTES: i64 = 20 * 60 * 1000;
const TEN_YEARS: i64 = 10 * 365 * 24 * 60 * 60 * 1000;
/// By how much the date of a device is wrong.
const WRONG: [i64; 4] = [-TWENTY_MINUTES, TWENTY_MINUTES, -TEN_YEARS, TEN_YEARS];

/// What everybody can agree on, whatever their own clocks show.
fn now(world: &World) -> Timestamp {
    world.clock.core().now()
}

async fn dates(person: &Person<'_>, other: &Person<'_>) -> Told<Vec<Timestamp>> {
    Ok(person.rows(&other.account_id()).await?.iter().map(|row| row.sent_at).collect())
}

fn dated(row: &MessageRow, when: Timestamp, why: &str) {
    let apart = row.sent_at.as_millis().abs_diff(when.as_millis());
    assert!(apart < 60_000, "{why}: dated {apart} ms away");
}

/// (a) and a note: written without a network, by a device that never asked for the time. All of it is dated by how long
/// ago it was, and the same on the recipient's and on the own second device.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_was_written_without_a_network_under_a_wrong_date_is_dated_when_it_leaves() -> Story {
    for wrong in WRONG {
        let Some(world) = World::local().await? else { return Ok(()) };
        let [bob] = world.people(["Bob"]).await?;
        let alice = world.person_with_clock_wrong_by("Alice", wrong).await?;
        let tablet = alice.second_device().await?;
        world.goes_offline();
        alice.writes(&bob, "from the cellar").await?;
        alice.writes(&alice, "call Bob").await?;
        let written = now(&world);
        assert!(alice.last(&bob).await?.is_waiting());
        world.clock.forward(9 * MINUTE);
        world.comes_back();
        alice.sends_all().await?;
        bob.polls().await?;
        tablet.polls().await?;
        let why = format!("clock wrong by {wrong}");
        let rows = [alice.last(&bob).await?, bob.last(&alice).await?, tablet.last(&bob).await?];
        let notes = [alice.last(&alice).await?, tablet.last(&alice).await?];
        for row in rows.iter().chain(&notes) {
            dated(row, written, &why);
        }
        assert!(rows.iter().all(|row| row.sent_at == rows[0].sent_at) && notes[0].sent_at == notes[1].sent_at);
    }
    Ok(())
}

/// (b): written right after the start, before anybody was asked for the time.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn the_first_letter_of_a_device_with_a_wrong_date_arrives_with_the_right_one() -> Story {
    for wrong in WRONG {
        let Some(world) = World::local().await? else { return Ok(()) };
        let [bob] = world.people(["Bob"]).await?;
        let alice = world.person_with_clock_wrong_by("Alice", wrong).await?;
        let tablet = alice.second_device().await?;
        for text in ["hello", "it is me"] {
            alice.writes(&bob, text).await?;
        }
        bob.polls().await?;
        tablet.polls().await?;
        assert_eq!(dates(&tablet, &bob).await?, dates(&bob, &alice).await?);
        assert_eq!(bob.sees(&alice).await?, ["hello", "it is me"]);
        for row in bob.rows(&alice.account_id()).await? {
            dated(&row, now(&world), &format!("clock wrong by {wrong}"));
        }
        assert_eq!(bob.with(&alice).row().await?.unwrap().unread, 2);
    }
    Ok(())
}

/// (c): an account on a new device, whose first act is a letter to somebody who has read newer ones.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn the_first_letter_of_a_restored_device_with_a_slow_clock_is_the_newest() -> Story {
    for wrong in WRONG {
        let Some(world) = World::local().await? else { return Ok(()) };
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&alice, &bob).await?;
        alice.writes(&bob, "from the phone").await?;
        bob.polls().await?;
        bob.with(&alice).mark_read().await?;
        world.clock.forward(MINUTE);
        let laptop = alice.second_device_with_clock_wrong_by(wrong).await?;
        laptop.writes(&bob, "please answer").await?;
        bob.polls().await?;
        let row = bob.last(&alice).await?;
        assert_eq!(row.body, "please answer", "{wrong}");
        dated(&row, now(&world), &format!("clock wrong by {wrong}"));
        assert_eq!(bob.with(&alice).row().await?.unwrap().unread, 1, "{wrong}");
    }
    Ok(())
}

/// The program ends between writing and leaving. The date is as wrong as it was, or was set right meanwhile.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_restart_between_writing_and_leaving_costs_no_date() -> Story {
    for wrong in WRONG {
        for corrected in [false, true] {
            let Some(world) = World::local().await? else { return Ok(()) };
            let [bob] = world.people(["Bob"]).await?;
            let alice = world.person_with_clock_wrong_by("Alice", wrong).await?;
            let tablet = alice.second_device().await?;
            world.goes_offline();
            alice.writes(&bob, "from the cellar").await?;
            let written = now(&world);
            world.clock.forward(7 * MINUTE);
            let alice = alice.restarts_with_clock_wrong_by(if corrected { 0 } else { wrong }).await?;
            // Still without a network: the row must not fail because a clock says that it is years old.
            alice.sends().await?;
            assert!(alice.last(&bob).await?.is_waiting(), "{wrong} {corrected}");
            world.comes_back();
            alice.sends_all().await?;
            bob.polls().await?;
            tablet.polls().await?;
            let row = bob.last(&alice).await?;
            assert_eq!(dates(&tablet, &bob).await?, [row.sent_at]);
            assert!(row.sent_at <= now(&world), "{wrong} {corrected}: in the future");
            if !corrected {
                dated(&row, written, &format!("clock wrong by {wrong}"));
            } else {
                // Nobody can know better than to within the error of the clock.
                assert!(written.since(row.sent_at) <= 21 * MINUTE, "{wrong}: dated {}", row.sent_at);
            }
        }
    }
    Ok(())
}

/// The date was set while the program was closed, which knew the network's time before: what it believes is wrong now.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn an_acceptance_and_a_letter_under_a_date_that_was_set_meanwhile_are_dated_right() -> Story {
    for wrong in WRONG {
        let Some(world) = World::local().await? else { return Ok(()) };
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        bob.writes(&alice, "do you know me?").await?;
        alice.polls().await?;
        let alice = alice.restarts_with_clock_wrong_by(wrong).await?;
        alice.with(&bob).accept().await?;
        alice.writes(&bob, "I do").await?;
        bob.polls().await?;
        let why = format!("clock wrong by {wrong}");
        for person in [&alice, &bob] {
            let other = if person.name() == "Alice" { &bob } else { &alice };
            let rows = person.rows(&other.account_id()).await?;
            let kinds: Vec<_> = rows.iter().map(|row| row.kind).collect();
            assert_eq!(kinds, [MessageKind::Text, MessageKind::RequestAccepted, MessageKind::Text], "{why}");
            for row in rows {
                dated(&row, now(&world), &why);
            }
        }
    }
    Ok(())
}

/// A read pointer that is noted under a wrong date is no older and no newer than what was read.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_is_read_under_a_wrong_date_is_read_on_the_other_device() -> Story {
    for wrong in WRONG {
        let Some(world) = World::local().await? else { return Ok(()) };
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&alice, &bob).await?;
        let tablet = alice.second_device().await?;
        settle(&[&alice, &tablet]).await?;
        world.clock.forward(MINUTE);
        bob.writes(&alice, "read me").await?;
        alice.polls().await?;
        tablet.polls().await?;
        let alice = alice.restarts_with_clock_wrong_by(wrong).await?;
        assert!(unread(&tablet, &bob).await? > 0);
        alice.with(&bob).mark_read().await?;
        settle(&[&alice, &tablet]).await?;
        assert_eq!(unread(&tablet, &bob).await?, 0, "clock wrong by {wrong}");
    }
    Ok(())
}

async fn unread(person: &Person<'_>, other: &Person<'_>) -> Told<u32> {
    Ok(person.with(other).row().await?.map_or(0, |row| row.unread))
}

/// What the list says of a conversation: unread, preview, and when it was last active.
async fn listed(person: &Person<'_>, other: &Person<'_>) -> Told<(u32, String, Timestamp)> {
    let row = person.with(other).row().await?.ok_or("nothing was said yet")?;
    Ok((row.unread, row.newest.map(|newest| newest.text).unwrap_or_default(), row.active_at))
}

/// Bob writes on his phone, which has no network, and half an hour later on his laptop, which has one. Alice reads that on
/// all her devices; half an hour later the phone's letter leaves. Gives Bob's phone and laptop.
async fn a_letter_waits_while_newer_ones_are_read<'w>(
    world: &World,
    bob: Person<'w>,
    alice: &[&Person<'_>],
) -> Told<(Person<'w>, Person<'w>)> {
    let laptop = bob.second_device().await?;
    laptop.polls().await?;
    bob.notes(alice[0], "please call me back today").await?;
    world.clock.forward(30 * MINUTE);
    laptop.writes(alice[0], "the train is late").await?;
    world.clock.forward(MINUTE);
    alice[0].polls().await?;
    alice[0].with(&bob).mark_read().await?;
    settle(alice).await?;
    world.clock.forward(30 * MINUTE);
    bob.sends_all().await?;
    Ok((bob, laptop))
}

/// A late letter is unread, rings and is found in the list, and stands where it was said; also after a restart.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_letter_that_comes_late_is_unread_and_what_the_list_shows() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob, carol] = world.people(["Alice", "Bob", "Carol"]).await?;
    befriend(&alice, &bob).await?;
    befriend(&alice, &carol).await?;
    let (bob, _laptop) = a_letter_waits_while_newer_ones_are_read(&world, bob, &[&alice]).await?;
    carol.writes(&alice, "hi").await?;
    let mut events = alice.client().events();
    alice.polls().await?;
    let rings = |event: Event| matches!(event, Event::MessageAdded(row) if row.read_at == Timestamp::ZERO && row.body.starts_with("please"));
    assert!(std::iter::from_fn(|| events.try_next()).any(rings), "nobody is told of it");
    let texts = ["hello", "hello yourself", "please call me back today", "the train is late"];
    let late = alice.rows(&bob.account_id()).await?.into_iter().find(|row| row.body == texts[2]).unwrap();
    let alice = alice.restarts().await?;
    assert_eq!(alice.sees(&bob).await?, texts);
    let (unread, preview, active_at) = listed(&alice, &bob).await?;
    assert_eq!((unread, preview.as_str()), (1, texts[2]));
    assert!(now(&world).since(active_at) < MINUTE && active_at <= now(&world), "as active as its arrival");
    assert_eq!(alice.with(&bob).first_unread().await?, Some(late.id), "the line of what is new stands above it");
    alice.with(&bob).mark_read().await?;
    let (unread, preview, _) = listed(&alice, &bob).await?;
    assert_eq!((unread, preview.as_str()), (0, texts[3]));
    Ok(())
}

/// Reading on one device with the late letter there marks it read on the other; reading before it came does not.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_late_letter_is_unread_on_both_devices_until_one_of_them_has_read_it() -> Story {
    for reads_on_the_tablet in [true, false] {
        let Some(world) = World::local().await? else { return Ok(()) };
        let [alice, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&alice, &bob).await?;
        let tablet = alice.second_device().await?;
        settle(&[&alice, &tablet]).await?;
        let (bob, _laptop) = a_letter_waits_while_newer_ones_are_read(&world, bob, &[&alice, &tablet]).await?;
        for device in [&alice, &tablet] {
            device.polls().await?;
            assert_eq!(unread(device, &bob).await?, 1);
        }
        let (reads, other) = if reads_on_the_tablet { (&tablet, &alice) } else { (&alice, &tablet) };
        world.clock.forward(MINUTE);
        reads.with(&bob).mark_read().await?;
        settle(&[reads, other]).await?;
        assert_eq!(unread(other, &bob).await?, 0);
        // A device that is restored now finds it read, as it was there when that was said.
        let third = alice.second_device().await?;
        third.polls_until_empty().await?;
        assert_eq!(unread(&third, &bob).await?, 0);
    }
    Ok(())
}

/// What another device read is read here too, when it comes only then: it was there when that was said.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_another_device_has_read_is_born_read_here() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.second_device().await?;
    settle(&[&alice, &tablet]).await?;
    for text in ["one", "two"] {
        bob.writes(&alice, text).await?;
    }
    tablet.polls().await?;
    tablet.with(&bob).mark_read().await?;
    pushes(&tablet).await?;
    alice.polls().await?;
    assert_eq!((alice.sees(&bob).await?.len(), unread(&alice, &bob).await?), (4, 0));
    Ok(())
}

/// Bob's client tells the swarm when the letter was written, not when it came; Alice reads on two devices. What her swarm did
/// not have when it was asked came later.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_late_letter_whose_sender_dates_its_arrival_back_is_unread_and_rings() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice] = world.people(["Alice"]).await?;
    let keys = AccountKeys::from_seed(&AccountSeed::from_bytes([9; 16]));
    let bob = world.person_with_seed("Bob", [9; 16]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.second_device().await?;
    settle(&[&alice, &tablet]).await?;
    let written = now(&world);
    world.clock.forward(10 * MINUTE);
    bob.writes(&alice, "the train is late").await?;
    tablet.polls().await?;
    tablet.with(&bob).mark_read().await?;
    settle(&[&tablet, &alice]).await?;
    // Every member is asked.
    for _ in 0..20 {
        world.clock.forward(MINUTE);
        alice.polls().await?;
    }
    assert_eq!(unread(&alice, &bob).await?, 0);
    let letter = sealed(&keys, &alice.account_id(), &text("call me", written), written);
    let (stored, expiry) = (written.as_millis(), now(&world).as_millis() + 86_400_000);
    world.network().deposit_at(&alice.id(), 0, &letter, stored, expiry);
    let mut events = alice.client().events();
    alice.polls().await?;
    let rings = |event: Event| matches!(event, Event::MessageAdded(row) if row.read_at == Timestamp::ZERO && row.body == "call me");
    assert!(std::iter::from_fn(|| events.try_next()).any(rings), "nobody is told of it");
    assert_eq!(unread(&alice, &bob).await?, 1);
    Ok(())
}

/// Bob's other client has a clock ten years ahead and writes once. The letter stands where it came in, and holds neither the
/// preview nor the place of its conversation.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn one_letter_of_the_future_holds_neither_the_end_of_the_talk_nor_the_top_of_the_list() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, carol] = world.people(["Alice", "Carol"]).await?;
    let keys = AccountKeys::from_seed(&AccountSeed::from_bytes([9; 16]));
    let bob = world.person_with_seed("Bob", [9; 16]).await?;
    befriend(&alice, &bob).await?;
    befriend(&alice, &carol).await?;
    let tablet = alice.second_device().await?;
    settle(&[&alice, &tablet]).await?;
    let future = now(&world).shifted(TEN_YEARS);
    let letter = sealed(&keys, &alice.account_id(), &text("from 2036", future), future);
    deposit(&world.swarms_of_a_stranger().await?, &alice.account_id(), [letter]).await?;
    for device in [&alice, &tablet] {
        device.polls().await?;
        device.with(&bob).mark_read().await?;
    }
    world.clock.forward(3 * MINUTE);
    bob.writes(&alice, "later").await?;
    alice.polls().await?;
    alice.writes(&bob, "my answer").await?;
    world.clock.forward(3 * MINUTE);
    carol.writes(&alice, "and I?").await?;
    for device in [&alice, &tablet] {
        device.polls().await?;
        let texts = device.sees(&bob).await?;
        assert_eq!(texts, ["hello", "hello yourself", "from 2036", "later", "my answer"]);
        let (_, preview, active_at) = listed(device, &bob).await?;
        assert_eq!(preview, "my answer");
        assert!(active_at <= now(&world));
        assert_eq!(device.conversations().await?, [carol.id(), bob.id()]);
    }
    // And what was read with it makes nothing read that came later.
    assert_eq!(unread(&tablet, &bob).await?, 1);
    Ok(())
}

/// A stranger cannot stand first among the requests for years.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_request_of_the_future_does_not_stay_the_first() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, dora] = world.people(["Alice", "Dora"]).await?;
    let mallory = AccountKeys::from_seed(&AccountSeed::from_bytes([8; 16]));
    let future = now(&world).shifted(TEN_YEARS);
    let letter = sealed(&mallory, &alice.account_id(), &text("boo", future), future);
    deposit(&world.swarms_of_a_stranger().await?, &alice.account_id(), [letter]).await?;
    alice.polls().await?;
    world.clock.forward(3 * MINUTE);
    dora.writes(&alice, "we met on the train").await?;
    alice.polls().await?;
    let requests = alice.requests().await?;
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], dora.id());
    Ok(())
}
