//! Reactions from hand to hand, in whatever order, and what hostile people make of them.

use super::super::testing::{NOON, Person, at};
use super::super::{open, unsend};
use super::*;
use crate::message::Draft;
use crate::store::statements;

/// When the letter of [`friends`] was sent: her answer to his request went before it.
const SENT: u64 = NOON + 2;

/// Alice and Bob accept each other; Bob has her letter of [`SENT`]. Its numbers here and there.
async fn friends() -> (Person, Person, MessageId, MessageId) {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    bob.writes(&alice, "hello", NOON - 1_000).await.unwrap();
    bring(&bob, &alice, NOON - 900).await;
    let hers = alice.writes(&bob, "dinner?", NOON).await.unwrap();
    bring(&alice, &bob, NOON + 10).await;
    alice.hands_over(&alice).await;
    bob.hands_over(&bob).await;
    let his = bob.sees(&alice).await.into_iter().find(|row| row.body == "dinner?").unwrap().id;
    (alice, bob, hers, his)
}

async fn bring(from: &Person, to: &Person, now: u64) {
    for letter in from.hands_over(to).await {
        to.gets(&letter, now).await;
    }
}

async fn reacts(
    who: &Person,
    with: &Person,
    message: MessageId,
    emoji: &'static str,
    given: bool,
    now: u64,
) -> Result<()> {
    let (desk, with) = (who.desk(now), ConversationId::from(with.id));
    who.store.write("reaction", move |tx| write(tx, &desk, &with, message, emoji, given)).await.map(|_| ())
}

/// The emoji on the message of [`SENT`] in a conversation, with how many people put each there.
async fn shown(who: &Person, with: &Person) -> Vec<(String, usize)> {
    let row = who.sees(with).await.into_iter().find(|row| row.sent_at == at(SENT));
    row.map(|row| row.reactions.into_iter().map(|one| (one.emoji, one.people.len())).collect()).unwrap_or_default()
}

fn one(emoji: &str, people: usize) -> Vec<(String, usize)> {
    vec![(emoji.to_owned(), people)]
}

/// A reaction of `from` to what `author` wrote at `sent_at`, as it lies in a swarm.
fn letter(from: &Person, to: &Person, author: &Person, sent_at: u64, emoji: &str, given: bool, now: u64) -> Vec<u8> {
    let of = MessageName { author: author.id, sent_at: at(sent_at), msg_id: None };
    let profile = OwnProfile { display_name: "x".to_owned(), updated_seconds: 1, picture: Default::default() };
    from.letter(to, &compose(at(now), &of, emoji, given, &profile))
}

#[tokio::test]
async fn a_reaction_reaches_the_other_person_and_our_devices_and_is_taken_away_again() {
    let (alice, bob, _, his) = friends().await;
    let tablet = Person::new(2, "Bob").await;
    let phone = Person::new(1, "Alice").await;
    alice.writes(&bob, "and you?", NOON + 50).await.unwrap();
    bring(&alice, &bob, NOON + 60).await;
    alice.hands_over(&alice).await;
    reacts(&bob, &alice, his, "😂", true, NOON + 100).await.unwrap();
    reacts(&bob, &alice, his, "😂", true, NOON + 110).await.unwrap();
    let roles: Vec<_> =
        bob.outbox().await.iter().map(|row| (row.role().unwrap(), row.address == alice.id.into())).collect();
    assert_eq!(roles, [(Role::Reaction, true), (Role::Reaction, false)], "the same twice is one");
    bring(&bob, &alice, NOON + 120).await;
    let copies = bob.hands_over(&bob).await;
    for copy in &copies {
        assert_eq!(tablet.gets(copy, NOON + 120).await, Outcome::Applied, "it waits for its message there");
    }
    assert_eq!((shown(&bob, &alice).await, shown(&alice, &bob).await), (one("😂", 1), one("😂", 1)));
    let row = alice.sees(&bob).await.into_iter().find(|row| row.sent_at == at(SENT)).unwrap();
    assert_eq!((row.reactions[0].people.clone(), row.reactions[0].ours), (vec![bob.id], false));
    assert!(bob.sees(&alice).await.iter().any(|row| row.reactions.iter().any(|one| one.ours)));
    assert_eq!(shown(&phone, &bob).await, []);

    reacts(&bob, &alice, his, "😂", false, NOON + 200).await.unwrap();
    reacts(&bob, &alice, his, "😂", false, NOON + 210).await.unwrap();
    bring(&bob, &alice, NOON + 220).await;
    assert_eq!((shown(&bob, &alice).await, shown(&alice, &bob).await), (vec![], vec![]));
    assert_eq!(alice.chat(&bob).await.unwrap().newest.unwrap().text, "and you?", "no line of its own");
}

#[tokio::test]
async fn a_reaction_waits_for_its_message_and_for_those_before_it() {
    let (alice, bob, _, _) = friends().await;
    let message = alice.writes(&bob, "late", NOON + 50).await.unwrap();
    reacts(&alice, &bob, message, "😂", true, NOON + 60).await.unwrap();
    reacts(&alice, &bob, message, "😂", false, NOON + 70).await.unwrap();
    let rows = alice.outbox().await;
    let to_bob: Vec<_> = rows.iter().filter(|row| row.address == bob.id.into()).map(|row| row.id).collect();
    let awaited =
        alice.store.read(move |tx| to_bob.iter().map(|id| Ok((*id, tx.awaited_by(*id)?))).collect::<Result<Vec<_>>>());
    let awaited = awaited.await.unwrap();
    let [(letter, first), (given, second), (_, third)] = &awaited[..] else { panic!("{awaited:?}") };
    assert_eq!((first.len(), second, third), (0, &vec![*letter], &vec![*letter, *given]));
    // Who takes the message back takes what hangs on it along.
    let (desk, with) = (alice.desk(NOON + 80), ConversationId::from(bob.id));
    alice.does(move |tx| unsend::write(tx, &desk, &with, message, unsend::Reach::Everyone)).await;
    assert_eq!(alice.outbox().await, []);
}

#[tokio::test]
async fn a_reaction_that_comes_before_its_message_is_on_it_when_that_comes() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    bob.writes(&alice, "hello", NOON - 1_000).await.unwrap();
    bring(&bob, &alice, NOON - 900).await;
    let message = alice.writes(&bob, "dinner?", NOON).await.unwrap();
    let late = alice.hands_over(&bob).await;
    reacts(&alice, &bob, message, "😂", true, NOON + 20).await.unwrap();
    reacts(&alice, &bob, message, "👍", true, NOON + 30).await.unwrap();
    reacts(&alice, &bob, message, "👍", false, NOON + 40).await.unwrap();
    let mut words = alice.hands_over(&bob).await;
    words.reverse();
    for word in &words {
        assert_eq!(bob.gets(word, NOON + 50).await, Outcome::Applied);
    }
    for letter in &late {
        bob.gets(letter, NOON + 60).await;
    }
    assert_eq!(shown(&bob, &alice).await, one("😂", 1), "the later word counts");
}

#[tokio::test]
async fn what_is_about_deleted_or_foreign_messages_or_comes_from_strangers_is_ignored() {
    let (alice, bob, hers, his) = friends().await;
    let mallory = Person::new(3, "Mallory").await;
    mallory.writes(&bob, "hi", NOON + 20).await.unwrap();
    bring(&mallory, &bob, NOON + 30).await;
    for (from, author, sent_at, refusal, why) in [
        (&mallory, &mallory, NOON + 20, Refusal::NotAccepted, "a request takes none"),
        (&alice, &mallory, NOON + 20, Refusal::NoTarget, "it stands in another conversation"),
        (&alice, &mallory, NOON + 22, Refusal::NoTarget, "nobody else speaks here"),
    ] {
        let word = letter(from, &bob, author, sent_at, "😂", true, NOON + 40);
        assert_eq!(bob.gets(&word, NOON + 50).await, Outcome::Refused(refusal), "{why}");
    }
    reacts(&bob, &alice, his, "😂", true, NOON + 60).await.unwrap();
    let (desk, with) = (alice.desk(NOON + 70), ConversationId::from(bob.id));
    alice.does(move |tx| unsend::write(tx, &desk, &with, hers, unsend::Reach::Everyone)).await;
    bring(&bob, &alice, NOON + 80).await;
    bring(&alice, &bob, NOON + 80).await;
    assert_eq!((shown(&alice, &bob).await, shown(&bob, &alice).await), (vec![], vec![]));
    let word = letter(&alice, &bob, &alice, SENT, "😂", true, NOON + 90);
    assert_eq!(bob.gets(&word, NOON + 90).await, Outcome::Refused(Refusal::NoTarget));
    assert_eq!(reacts(&bob, &alice, his, "😂", true, NOON + 95).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_reaction_that_is_no_emoji_is_refused_here_and_there() {
    let (alice, bob, _, his) = friends().await;
    for text in ["lol", "", "😂😂", "\u{202e}😂"] {
        let word = letter(&alice, &bob, &alice, SENT, text, true, NOON + 40);
        assert_eq!(bob.gets(&word, NOON + 50).await, Outcome::Refused(Refusal::Nothing), "{text:?}");
    }
    let error = reacts(&bob, &alice, his, "lol", true, NOON + 60).await.unwrap_err();
    assert_eq!((error.kind(), error.hint()), (ErrorKind::InvalidInput, Some(&Hint::Field("emoji"))));
}

#[tokio::test]
async fn nobody_reacts_while_the_conversation_is_a_request_and_a_note_takes_our_own() {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    let asked = bob.writes(&alice, "hello", NOON).await.unwrap();
    bring(&bob, &alice, NOON + 10).await;
    let request = alice.sees(&bob).await[0].id;
    for (who, with, message) in [(&alice, &bob, request), (&bob, &alice, asked)] {
        let error = reacts(who, with, message, "😂", true, NOON + 20).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAllowed);
    }
    let note = alice.writes(&alice, "milk", NOON + 30).await.unwrap();
    alice.hands_over(&alice).await;
    reacts(&alice, &alice, note, "👍", true, NOON + 40).await.unwrap();
    assert_eq!(alice.outbox().await.len(), 1);
}

#[tokio::test]
async fn twenty_a_minute_and_the_next_when_the_first_is_a_minute_old() {
    let (alice, bob, _, his) = friends().await;
    for number in 0..20 {
        reacts(&bob, &alice, his, "😂", number % 2 == 0, NOON + 1_000 * number).await.unwrap();
    }
    let error = reacts(&bob, &alice, his, "😂", true, NOON + 30_000).await.unwrap_err();
    assert_eq!(error.hint(), Some(&Hint::RetryAfter(Duration::from_secs(30))));
    reacts(&bob, &alice, his, "😂", true, NOON + 60_000).await.unwrap();
    // A clock that was set back by a day shuts nobody out.
    reacts(&bob, &alice, his, "👍", true, NOON - 86_400_000).await.unwrap();
}

#[tokio::test]
async fn the_bar_shows_what_was_used_last_and_six_in_all() {
    let (alice, bob, _, his) = friends().await;
    let bar_of = async || bob.store.read(|tx| Ok(bar(&tx.setting(&OWN_REACTIONS)?.recent))).await.unwrap();
    assert_eq!(bar_of().await, DEFAULTS);
    for (number, emoji) in ["🧅", "😢", "🧅"].into_iter().enumerate() {
        reacts(&bob, &alice, his, emoji, true, NOON + number as u64).await.unwrap();
        reacts(&bob, &alice, his, emoji, false, NOON + number as u64).await.unwrap();
    }
    assert_eq!(bar_of().await, ["🧅", "😢", "😂", "🥰", "😡", "😮"]);
}

#[tokio::test]
async fn a_reaction_to_what_was_written_before_the_time_was_known_names_it_by_its_right_date() {
    use crate::message::dating;
    use crate::store::{Reading, Uncertain};
    let (alice, bob, _, _) = friends().await;
    let (run, wrong) = (Reading { run: 1, monotonic: Duration::ZERO }, at(NOON + 40 * 60_000));
    let lost = Desk {
        network_now: wrong,
        device_now: wrong,
        unsettled: Some(Uncertain { reading: run, known: false }),
        ..alice.desk(0)
    };
    let to = bob.id;
    alice
        .does(move |tx| {
            let message = text::write(tx, &lost, &to, &Draft::text("late"))?;
            write(tx, &lost, &ConversationId::from(to), message, "😂", true)?;
            dating::settle(tx, &Desk { network_now: at(NOON + 60_000), unsettled: None, ..lost }, run)
        })
        .await;
    bring(&alice, &bob, NOON + 70_000).await;
    let row = bob.sees(&alice).await.into_iter().find(|row| row.body == "late").unwrap();
    assert!(row.sent_at <= at(NOON + 60_000) && row.reactions.len() == 1, "{row:?}");
}

#[tokio::test]
async fn a_hundred_thousand_reactions_of_a_friend_leave_few_rows() {
    let (alice, bob, _, _) = friends().await;
    let (from, desk) = (alice.id, bob.desk(NOON + 100));
    let sample = letter(&alice, &bob, &alice, SENT, "😂", true, NOON + 50);
    let sample = open(&bob.keys, bob.inbox(), bob.inbox().name(&sample), &sample).unwrap();
    let flood = move |tx: &mut WriteTx<'_>| {
        let with = ConversationId::from(from);
        for number in 0..100_000_u64 {
            // To what never was, to what is there, and taken away again.
            let sent_at = at(if number % 3 == 0 { SENT } else { NOON + 1_000 + number });
            let emoji = char::from_u32(0x1f600 + u32::try_from(number % 60).unwrap_or(0)).unwrap().to_string();
            let reference = Reaction {
                id: Some(sent_at.as_millis()),
                author: Some(from.to_string()),
                emoji: Some(emoji),
                action: Some(i32::from(number % 7 == 0)),
            };
            let content = Content {
                data_message: Some(DataMessage { reaction: Some(reference.clone().into()), ..DataMessage::default() }),
                ..Content::default()
            };
            let incoming = Incoming { sent_at: at(NOON + number), content, ..sample.clone() };
            apply(tx, &desk, &incoming, &with, &reference.into())?;
        }
        Ok(())
    };
    bob.does(flood).await;
    let rows = bob.sees(&alice).await;
    let shown: usize = rows.iter().map(|row| row.reactions.len()).sum();
    assert!(shown <= crate::store::MOST_REACTIONS_OF_ONE as usize, "{shown}");
    let kept = bob.store.read(|tx| tx.count_early()).await.unwrap();
    assert!(kept <= crate::store::MOST_EARLY_OF_ONE, "{kept}");
}

#[tokio::test]
async fn a_reaction_to_nothing_costs_as_much_after_thousands_as_the_first() {
    let (alice, bob, ..) = friends().await;
    let (desk, me) = (bob.desk(NOON + 5_000), alice.id);
    let letters: Vec<_> = (0..2_000_u64)
        .map(|number| {
            let of = MessageName { author: me, sent_at: at(NOON - 100_000 + number), msg_id: None };
            let said_at = at(NOON + 1_000 + number);
            let profile =
                OwnProfile { display_name: "Alice".to_owned(), updated_seconds: 1, picture: Default::default() };
            let letter = alice.letter(&bob, &compose(said_at, &of, "😂", true, &profile));
            open(&bob.keys, bob.inbox(), bob.inbox().name(&letter), &letter).unwrap()
        })
        .collect();
    bob.does(move |tx| {
        let mut cost = Vec::new();
        for letter in &letters {
            let before = statements();
            assert_eq!(super::super::apply(tx, &desk, letter)?, Outcome::Applied);
            cost.push(statements() - before);
        }
        let (first, most) = (cost[0], cost.iter().max().unwrap());
        assert!(*most <= first && first <= 40, "{first} at first, {most} at most");
        Ok(())
    })
    .await;
    assert_eq!(bob.does(|tx| tx.count_early()).await, crate::store::MOST_EARLY_OF_ONE);
}
