//! What people look for in their letters, in any script and with any sign.

use onionskin_core::{Event, Events, SearchWords};

use super::people::{Person, Story, Told, World};

async fn finds(person: &Person<'_>, text: &str) -> Told<Vec<String>> {
    let found = person.client().search(text, None, None, 10).await?;
    Ok(found.into_iter().map(|found| found.message.body).collect())
}

/// Letters and notes are found by any part of a text without blanks, by any emoji, and however they are accented.
#[tokio::test]
async fn what_was_written_is_found_by_any_part_of_it_on_both_sides() -> Story {
    let world = World::start().await?;
    let [alice, bob] = world.people(["Alice", "Petr Šilhavý"]).await?;
    alice.notes(&alice, "我喜歡用這個程式").await?;
    alice.writes(&bob, "明日は東京タワーで会いましょう").await?;
    alice.writes(&bob, "🐽🎵 song").await?;
    alice.writes(&bob, "great 🎉 party in der Straße").await?;
    bob.polls().await?;
    for query in ["喜歡", "用"] {
        assert_eq!(finds(&alice, query).await?, ["我喜歡用這個程式"], "{query}");
    }
    for person in [&alice, &bob] {
        for query in ["東京", "東京タワー", "タワー"] {
            assert_eq!(finds(person, query).await?, ["明日は東京タワーで会いましょう"], "{query}");
        }
        assert_eq!(finds(person, "🎵").await?, ["🐽🎵 song"]);
        for query in ["🎉", "strasse", "STRASSE par"] {
            assert_eq!(finds(person, query).await?.len(), 1, "{query}");
        }
    }
    bob.writes(&alice, "Łukasz silhavy").await?;
    alice.polls().await?;
    let name = alice.name_of(&bob).await?;
    assert!(SearchWords::of("silh").stand_in_name(&name), "people are found as letters are");
    assert_eq!(finds(&alice, "lukasz šilh").await?, ["Łukasz silhavy"]);
    Ok(())
}

/// After an update that searches otherwise the index is filled beside everything else, and says how far it is.
#[tokio::test]
#[cfg_attr(foreign_network, ignore = "needs faults, a log or a moved clock")]
async fn an_index_that_is_made_anew_says_how_far_it_is_and_takes_new_letters_at_once() -> Story {
    let Some(world) = World::local().await? else { return Ok(()) };
    let [alice, bob] = world.people(["Alice", "Bob"]).await?;
    for number in 0..3 {
        alice.writes(&bob, &format!("harbour {number}")).await?;
    }
    bob.polls().await?;
    let mut events = bob.client().events();
    bob.client().store().write("search begins anew", |tx| tx.index_anew()).await?;
    assert_eq!((bob.client().search_percent().await?, finds(&bob, "harbour").await?.len()), (0, 0));
    alice.writes(&bob, "harbour now").await?;
    bob.polls().await?;
    assert_eq!(finds(&bob, "harbour").await?, ["harbour now"]);
    bob.client().fill_search_now().await?;
    assert_eq!((bob.client().search_percent().await?, finds(&bob, "harbour").await?.len()), (100, 4));
    assert_eq!(last_told(&mut events), Some(100));
    Ok(())
}

/// The newest progress that was told.
fn last_told(events: &mut Events) -> Option<u8> {
    std::iter::from_fn(|| events.try_next()).fold(None, |last, event| match event {
        Event::SearchChanged(percent) => Some(percent),
        _ => last,
    })
}
