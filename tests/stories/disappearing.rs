//! Messages that disappear: after sending and after reading, on every device of both people within a minute of each other,
//! however late one is switched on, whatever its clock shows; and never seen again.

use std::time::Duration;

use onionskin_core::{Disappearing, Event, MessageKind, Timestamp};
use onionskin_tests::devices::{pushes, settle};

use super::people::{Person, Story, Told, World, befriend, days};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn after_sending(time: Duration) -> Disappearing {
    Disappearing::AfterSend(time)
}

fn after_reading(time: Duration) -> Disappearing {
    Disappearing::AfterRead(time)
}

/// Chooses a timer, and tells the other.
async fn chooses(who: &Person<'_>, with: &Person<'_>, wanted: Disappearing) -> Story {
    who.with(with).set_disappearing(wanted).await?;
    who.sends().await
}

/// When the letter of this text disappears on a device; zero while its time has not begun.
async fn end(on: &Person<'_>, with: &Person<'_>, text: &str) -> Told<Timestamp> {
    let rows = on.rows(&with.account_id()).await?;
    let row = rows.into_iter().find(|row| row.body == text).ok_or_else(|| format!("{} has no {text}", on.name()))?;
    Ok(row.expires_at)
}

/// The texts that a device shows once it has looked what is over.
async fn shows(on: &Person<'_>, with: &Person<'_>) -> Told<Vec<String>> {
    on.client().expire_now().await?;
    on.sees(with).await
}

/// The notices of changed timers: whether they are ours, and what they say.
async fn notices(on: &Person<'_>, with: &Person<'_>) -> Told<Vec<(bool, Disappearing)>> {
    let rows = on.rows(&with.account_id()).await?.into_iter().filter(|row| row.kind == MessageKind::TimerChanged);
    Ok(rows.map(|row| (row.outgoing, row.disappearing)).collect())
}

fn near(one: Timestamp, other: Timestamp) -> bool {
    one > Timestamp::ZERO && one.since(other).max(other.since(one)) <= MINUTE
}

const GREETINGS: [&str; 2] = ["hello", "hello yourself"];

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_disappears_after_sending_goes_on_all_devices_at_once_also_where_nobody_looked() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.second_device().await?;
    settle(&[&alice, &tablet]).await?;
    chooses(&alice, &bob, after_sending(12 * HOUR)).await?;
    alice.writes(&bob, "gone tonight").await?;
    bob.writes(&alice, "mine stays").await?;
    bob.polls().await?;
    tablet.polls().await?;
    alice.polls().await?;
    for on in [&alice, &tablet, &bob] {
        let with = if on.id() == bob.id() { &alice } else { &bob };
        let said = end(on, with, "gone tonight").await?;
        assert!(near(said, end(&alice, &bob, "gone tonight").await?), "{}", on.name());
        assert_eq!(notices(on, with).await?, [(on.id() == alice.id(), after_sending(12 * HOUR))]);
    }
    world.clock.forward(12 * HOUR - 2 * MINUTE);
    for (on, with) in [(&alice, &bob), (&tablet, &bob), (&bob, &alice)] {
        assert!(shows(on, with).await?.contains(&"gone tonight".to_owned()));
    }
    world.clock.forward(3 * MINUTE);
    for (on, with) in [(&alice, &bob), (&tablet, &bob), (&bob, &alice)] {
        assert!(!shows(on, with).await?.contains(&"gone tonight".to_owned()), "{}", on.name());
        assert!(shows(on, with).await?.contains(&"mine stays".to_owned()), "each side's setting is its own");
        assert_eq!(notices(on, with).await?, [], "the notice went as it said");
    }
    let new = alice.second_device().await?;
    new.polls_until_empty().await?;
    assert!(!new.sees(&bob).await?.contains(&"gone tonight".to_owned()), "not for a second");
    Ok(())
}

/// Bob's letter is on Alice's phone and on her tablet; the phone reads it, and the tablet is switched on so much later.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn the_time_runs_from_reading_whichever_device_looks_first_and_however_late_another_is_switched_on() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for (later, config_came) in [(1, true), (1, false), (20, true), (50, true), (70, true), (24 * 60, true)] {
        let [phone, bob] = world.people(["Alice", "Bob"]).await?;
        befriend(&phone, &bob).await?;
        let tablet = phone.second_device().await?;
        settle(&[&phone, &tablet]).await?;
        chooses(&bob, &phone, after_reading(HOUR)).await?;
        bob.writes(&phone, "read and gone").await?;
        for on in [&phone, &tablet] {
            on.polls().await?;
            assert_eq!(end(on, &bob, "read and gone").await?, Timestamp::ZERO, "nobody has read it");
        }
        world.clock.forward(3 * HOUR);
        phone.with(&bob).mark_read().await?;
        phone.sends().await?;
        let (ends, when) = (end(&phone, &bob, "read and gone").await?, format!("{later} minutes later"));
        if config_came {
            pushes(&phone).await?;
        }
        world.clock.forward(MINUTE * later);
        tablet.polls().await?;
        if !config_came {
            tablet.with(&bob).mark_read().await?;
        }
        tablet.sends().await?;
        if later < 60 {
            assert!(near(end(&tablet, &bob, "read and gone").await?, ends), "{when}");
            world.clock.forward(HOUR);
        }
        for on in [&phone, &tablet] {
            assert_eq!(shows(on, &bob).await?, GREETINGS, "{when}");
        }
        let new = phone.second_device().await?;
        new.polls_until_empty().await?;
        assert!(!new.sees(&bob).await?.contains(&"read and gone".to_owned()), "{when}");
    }
    Ok(())
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_new_device_does_not_begin_the_time_again() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [phone, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&phone, &bob).await?;
    chooses(&bob, &phone, after_reading(HOUR)).await?;
    bob.writes(&phone, "read and gone").await?;
    phone.polls().await?;
    phone.with(&bob).mark_read().await?;
    phone.sends().await?;
    pushes(&phone).await?;
    let ends = end(&phone, &bob, "read and gone").await?;
    world.clock.forward(40 * MINUTE);
    let new = phone.second_device().await?;
    new.polls_until_empty().await?;
    new.sends().await?;
    assert!(near(end(&new, &bob, "read and gone").await?, ends));
    world.clock.forward(21 * MINUTE);
    assert!(!shows(&new, &bob).await?.contains(&"read and gone".to_owned()));
    Ok(())
}

/// What ends while a program is closed is gone when it opens, before anything else happens.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_timer_runs_while_the_program_is_closed_and_without_a_network() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    chooses(&alice, &bob, after_reading(5 * MINUTE)).await?;
    alice.writes(&bob, "read and gone").await?;
    bob.polls().await?;
    bob.with(&alice).mark_read().await?;
    world.goes_offline();
    let bob = bob.restarts().await?;
    assert_eq!(bob.sees(&alice).await?, ["hello", "hello yourself", "read and gone"], "its time is not over");
    world.clock.forward(6 * MINUTE);
    let (bob, alice) = (bob.restarts().await?, alice.restarts().await?);
    assert_eq!(
        (bob.sees(&alice).await?, alice.sees(&bob).await?),
        (GREETINGS.map(str::to_owned).to_vec(), { GREETINGS.map(str::to_owned).to_vec() })
    );
    // What the swarm keeps of it goes too, although its moment is past.
    world.comes_back();
    bob.sends_all().await?;
    let new = bob.second_device().await?;
    new.polls_until_empty().await?;
    assert!(!new.sees(&alice).await?.contains(&"read and gone".to_owned()));
    Ok(())
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_device_that_was_away_for_ten_days_shows_nothing_that_has_disappeared() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [phone, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&phone, &bob).await?;
    let tablet = phone.second_device().await?;
    settle(&[&phone, &tablet]).await?;
    chooses(&bob, &phone, after_reading(days(1))).await?;
    bob.writes(&phone, "seen by both").await?;
    phone.polls().await?;
    tablet.polls().await?;
    bob.writes(&phone, "never seen by the tablet").await?;
    chooses(&bob, &phone, after_sending(days(1))).await?;
    bob.writes(&phone, "gone tomorrow").await?;
    phone.polls().await?;
    phone.with(&bob).mark_read().await?;
    phone.sends().await?;
    pushes(&phone).await?;
    world.clock.forward(days(10));
    let tablet = tablet.restarts().await?;
    tablet.polls_until_empty().await?;
    tablet.sends().await?;
    for on in [&tablet, &phone] {
        assert_eq!(shows(on, &bob).await?, GREETINGS);
    }
    Ok(())
}

/// A letter that waits for its network does not run out of time, and its time begins when it leaves.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_waits_to_be_sent_has_all_its_time() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    chooses(&alice, &bob, after_sending(HOUR)).await?;
    world.goes_offline();
    alice.writes(&bob, "from the train").await?;
    world.clock.forward(5 * HOUR);
    assert!(shows(&alice, &bob).await?.contains(&"from the train".to_owned()));
    world.comes_back();
    alice.sends_all().await?;
    bob.polls().await?;
    let ends = end(&alice, &bob, "from the train").await?;
    assert!(near(end(&bob, &alice, "from the train").await?, ends));
    assert!(near(ends, world.clock.core().shared().now() + HOUR));
    Ok(())
}

/// Bob's clock is an hour wrong, ahead or behind.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_clock_that_is_an_hour_wrong_makes_no_difference() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    for wrong in [3_600_000, -3_600_000] {
        let [alice] = world.people(["Alice"]).await?;
        let bob = world.person_with_clock_wrong_by("Bob", wrong).await?;
        befriend(&alice, &bob).await?;
        for (one, other) in [(&alice, &bob), (&bob, &alice)] {
            chooses(one, other, after_sending(12 * HOUR)).await?;
            one.writes(other, one.name()).await?;
            other.polls().await?;
            let ends = end(one, other, one.name()).await?;
            assert!(near(end(other, one, one.name()).await?, ends), "{wrong}");
            assert!(near(ends, world.clock.core().shared().now() + 12 * HOUR), "{wrong}");
            chooses(one, other, after_reading(HOUR)).await?;
            one.writes(other, "read").await?;
            other.polls().await?;
            other.with(one).mark_read().await?;
            assert!(near(end(other, one, "read").await?, world.clock.core().shared().now() + HOUR), "{wrong}");
        }
        world.clock.forward(12 * HOUR + MINUTE);
        assert_eq!(shows(&bob, &alice).await?, GREETINGS, "{wrong}");
        assert_eq!(shows(&alice, &bob).await?, GREETINGS, "{wrong}");
    }
    Ok(())
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_setting_survives_a_new_installation_and_is_followed_by_who_wants_the_same() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let chosen = after_sending(days(7));
    chooses(&alice, &bob, chosen).await?;
    alice.with(&alice).set_disappearing(after_sending(days(1))).await?;
    alice.sends().await?;
    pushes(&alice).await?;
    let new = alice.second_device().await?;
    new.polls_until_empty().await?;
    for (with, expected) in [(&bob, chosen), (&alice, after_sending(days(1)))] {
        let known = new.client().contact(&with.account_id()).await?.ok_or("no contact")?;
        assert_eq!(known.disappearing, expected, "{}", with.name());
    }
    new.writes(&bob, "from the new one").await?;
    bob.polls().await?;
    assert!(end(&bob, &alice, "from the new one").await? > Timestamp::ZERO);
    let rows = bob.rows(&alice.account_id()).await?;
    let notice = rows.iter().find(|row| row.kind == MessageKind::TimerChanged).ok_or("no notice")?;
    bob.with(&alice).follow(notice.id).await?;
    bob.writes(&alice, "so do mine").await?;
    alice.polls().await?;
    assert!(end(&alice, &bob, "so do mine").await? > Timestamp::ZERO);
    let row = alice.with(&bob).row().await?.ok_or("no conversation")?;
    assert_eq!(row.disappearing, chosen, "what the other follows changes nothing here");
    Ok(())
}

/// Nobody asks for it: the programs run, and what is over goes by itself.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn what_is_over_goes_by_itself_while_the_program_runs() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    chooses(&alice, &bob, after_sending(10 * MINUTE)).await?;
    let id = alice.writes(&bob, "soon gone").await?;
    let mut heard = alice.client().events();
    alice.client().start();
    let gone = async {
        while let Some(event) = heard.next().await {
            if matches!(event, Event::MessageRemoved { message, .. } if message == id) {
                return Ok::<_, super::people::Trouble>(());
            }
        }
        Err("the account was closed".into())
    };
    world.passing(gone).await?;
    assert_eq!(alice.sees(&bob).await?, GREETINGS);
    Ok(())
}
