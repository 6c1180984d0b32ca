//! Somebody who is away for so long that their swarm forgets what was written to them; and the letter that is sent again.

use std::time::Duration;

use onionskin_tests::devices::settle;

use super::people::{Story, World, befriend, days};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn a_letter_sent_again_reaches_who_was_away_and_stands_once_on_all_devices() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let tablet = alice.second_device().await?;
    settle(&[&alice, &tablet]).await?;
    let letter = alice.writes(&bob, "are you well?").await?;
    alice.polls().await?;
    tablet.polls().await?;
    let before = alice.sees(&bob).await?;

    world.clock.forward(days(13) - MINUTE);
    alice.polls().await?;
    assert_eq!(alice.with(&bob).unanswered().await?, None, "not yet");
    world.clock.forward(MINUTE * 3);
    let said = alice.with(&bob).unanswered().await?.ok_or("nothing is said of it")?;
    assert_eq!(said.message, letter);
    alice.with(&bob).send_again(letter).await?;
    alice.sends_all().await?;
    assert_eq!(alice.with(&bob).unanswered().await?, None);

    // The first one is gone by now, and the second is not.
    world.clock.forward(days(10));
    bob.polls_until_empty().await?;
    assert_eq!(bob.sees(&alice).await?.iter().filter(|text| *text == "are you well?").count(), 1);
    for device in [&alice, &tablet] {
        device.polls_until_empty().await?;
        assert_eq!(device.sees(&bob).await?, before, "{}", device.name());
    }
    Ok(())
}

#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn who_has_it_does_not_get_it_twice_and_any_sign_of_them_ends_the_silence() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    befriend(&alice, &bob).await?;
    let letter = alice.writes(&bob, "are you well?").await?;
    bob.polls().await?;
    world.clock.forward(days(13) + MINUTE);
    alice.polls().await?;
    assert!(alice.with(&bob).unanswered().await?.is_some(), "Bob read it and said nothing");
    alice.with(&bob).send_again(letter).await?;
    alice.sends_all().await?;
    bob.polls_until_empty().await?;
    assert_eq!(bob.sees(&alice).await?.iter().filter(|text| *text == "are you well?").count(), 1);

    world.clock.forward(days(13) + MINUTE);
    alice.polls().await?;
    assert!(alice.with(&bob).unanswered().await?.is_some());
    let question = bob.rows(&alice.account_id()).await?.pop().ok_or("nothing was said")?;
    bob.with(&alice).react(question.id, "👍", true).await?;
    bob.sends().await?;
    alice.polls_until_empty().await?;
    assert_eq!(alice.with(&bob).unanswered().await?, None, "a reaction is a sign");
    Ok(())
}
