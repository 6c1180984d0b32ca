//! Deleting for everyone and on all our devices, from hand to hand; and what hostile people make of it.

use super::super::testing::{NOON, Person, at};
use super::*;
use crate::address::SwarmHash;
use crate::people::remove;
use crate::store::{Change, MessageState, What};

async fn deletes(who: &Person, with: &Person, message: MessageId, reach: Reach, now: u64) {
    let (desk, with) = (who.desk(now), ConversationId::from(with.id));
    who.does(move |tx| write(tx, &desk, &with, message, reach)).await;
}

/// What is to be deleted from somebody's own swarm.
async fn to_delete(who: &Person) -> Vec<SwarmHash> {
    let names = |what| if let What::Delete(names) = what { names } else { Vec::new() };
    who.outbox().await.into_iter().flat_map(|row| names(row.what)).collect()
}

/// A request of `from` to `to` about what `author` wrote at `sent_at`.
async fn asks(from: &Person, to: &Person, author: &Person, sent_at: u64, now: u64) -> Outcome {
    let of = MessageName { author: author.id, sent_at: at(sent_at), msg_id: None };
    to.gets(&from.letter(to, &compose(at(now), &of)), now).await
}

/// When the letter of [`bob_has_a_letter`] was sent: her answer to his request went before it.
const SENT: u64 = NOON + 2;

/// Alice and Bob know each other, and Bob has a letter of hers that he has not read.
async fn bob_has_a_letter() -> (Person, Person, MessageId) {
    let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
    bob.writes(&alice, "hello", NOON - 1_000).await.unwrap();
    for letter in bob.hands_over(&alice).await {
        alice.gets(&letter, NOON - 900).await;
    }
    bob.hands_over(&bob).await;
    let message = alice.writes(&bob, "the code is 4711", NOON).await.unwrap();
    for letter in alice.hands_over(&bob).await {
        bob.gets(&letter, NOON + 10).await;
    }
    assert_eq!(bob.chat(&alice).await.unwrap().unread, 1);
    (alice, bob, message)
}

/// The last row of a conversation.
async fn last(who: &Person, with: &Person) -> MessageRow {
    who.sees(with).await.pop().unwrap()
}

#[tokio::test]
async fn what_is_deleted_for_everyone_leaves_a_line_on_both_sides_and_nothing_in_either_swarm() {
    let (alice, bob, message) = bob_has_a_letter().await;
    let phone = Person::new(1, "Alice").await;
    let copies = alice.hands_over(&alice).await;
    for copy in &copies {
        phone.gets(copy, NOON + 10).await;
        alice.gets(copy, NOON + 10).await;
    }
    deletes(&alice, &bob, message, Reach::Everyone, NOON + 5_000).await;
    assert_eq!(to_delete(&alice).await, copies.iter().map(|copy| alice.inbox().name(copy)).collect::<Vec<_>>());
    let theirs = SwarmHash::parse(&last(&bob, &alice).await.swarm_hash).unwrap();
    for request in alice.hands_over(&bob).await {
        assert_eq!(bob.gets(&request, NOON + 5_010).await, Outcome::Applied);
    }
    for request in alice.hands_over(&alice).await {
        assert_eq!(phone.gets(&request, NOON + 5_010).await, Outcome::Applied);
    }
    assert_eq!(to_delete(&bob).await, [theirs]);
    for (who, with) in [(&alice, &bob), (&phone, &bob), (&bob, &alice)] {
        let line = last(who, with).await;
        assert_eq!((line.kind, line.body.as_str(), line.sent_at), (MessageKind::Deleted, "", at(SENT)));
        let found = who.store.read(|tx| tx.search("4711", None, None, 10)).await.unwrap();
        assert!(found.is_empty());
        assert_eq!(who.store.read(move |tx| tx.message_raw(line.id)).await.unwrap(), None);
    }
    let chat = bob.chat(&alice).await.unwrap();
    assert_eq!((chat.unread, chat.newest.unwrap().kind), (0, MessageKind::Deleted), "nobody can read it any more");
}

#[tokio::test]
async fn what_is_deleted_on_all_my_devices_the_other_person_keeps() {
    let (alice, bob, _) = bob_has_a_letter().await;
    let tablet = Person::new(2, "Bob").await;
    alice.writes(&bob, "again", NOON + 2).await.unwrap();
    for letter in alice.hands_over(&bob).await {
        bob.gets(&letter, NOON + 10).await;
        tablet.gets(&letter, NOON + 10).await;
    }
    deletes(&bob, &alice, last(&bob, &alice).await.id, Reach::OurDevices, NOON + 5_000).await;
    assert!(bob.hands_over(&alice).await.is_empty(), "Alice hears nothing");
    assert_eq!(to_delete(&bob).await.len(), 1);
    for request in bob.hands_over(&bob).await {
        assert_eq!(tablet.gets(&request, NOON + 5_010).await, Outcome::Applied);
    }
    for device in [&bob, &tablet] {
        assert_eq!(last(device, &alice).await.kind, MessageKind::Deleted);
    }
    assert_eq!(last(&alice, &bob).await.body, "again");
}

#[tokio::test]
async fn nobody_deletes_for_everyone_what_somebody_else_wrote_and_no_line_that_nobody_wrote() {
    let (alice, bob, _) = bob_has_a_letter().await;
    let rows = bob.sees(&alice).await;
    let theirs = rows.iter().find(|row| !row.outgoing).unwrap().id;
    let lines = alice.sees(&bob).await;
    let line = lines.iter().find(|row| row.kind == MessageKind::RequestAccepted).unwrap().id;
    for (who, with, message, reach) in [
        (&bob, &alice, theirs, Reach::Everyone),
        (&alice, &bob, line, Reach::Everyone),
        (&alice, &bob, line, Reach::OurDevices),
    ] {
        let (desk, with) = (who.desk(NOON + 9), ConversationId::from(with.id));
        let error = who.store.write("t", move |tx| write(tx, &desk, &with, message, reach)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAllowed, "{reach:?}");
    }
    let (desk, notes) = (bob.desk(NOON + 9), ConversationId::from(bob.id));
    let error = bob.store.write("t", move |tx| write(tx, &desk, &notes, theirs, Reach::OurDevices)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "it stands in another conversation");
}

#[tokio::test]
async fn a_letter_that_never_left_goes_without_a_trace_and_one_that_may_have_left_is_withdrawn() {
    let (alice, bob, _) = bob_has_a_letter().await;
    alice.hands_over(&alice).await;
    let message = alice.writes(&bob, "I quit", NOON + 100).await.unwrap();
    deletes(&alice, &bob, message, Reach::Everyone, NOON + 200).await;
    assert_eq!((alice.outbox().await.len(), last(&alice, &bob).await.body), (0, "the code is 4711".to_owned()));

    let message = alice.writes(&bob, "I quit", NOON + 300).await.unwrap();
    let letter = alice.outbox().await[0].id;
    let seal = move |tx: &mut WriteTx<'_>| {
        tx.seal_errand(letter, b"sealed")?;
        tx.set_message_state(message, MessageState::Retrying { at: at(NOON + 900) })
    };
    alice.does(seal).await;
    deletes(&alice, &bob, message, Reach::Everyone, NOON + 400).await;
    let roles: Vec<_> = alice.outbox().await.iter().map(|row| (row.role(), row.address == bob.id.into())).collect();
    assert_eq!(roles, [(Some(Role::Unsend), true), (Some(Role::Unsend), false)], "the letter itself does not go again");
    assert_eq!(last(&alice, &bob).await.kind, MessageKind::Deleted);
}

#[tokio::test]
async fn a_note_to_self_goes_with_its_line_on_all_devices_and_does_not_come_back() {
    let (laptop, phone) = (Person::new(1, "Alice").await, Person::new(1, "Alice").await);
    let note = laptop.writes(&laptop, "the safe is behind the picture", NOON).await.unwrap();
    let copies = laptop.hands_over(&laptop).await;
    phone.gets(&copies[0], NOON + 1).await;
    deletes(&laptop, &laptop, note, Reach::Everyone, NOON + 100).await;
    let requests = laptop.hands_over(&laptop).await;
    assert_eq!(requests.len(), 1, "one request, to ourselves");
    assert_eq!(phone.gets(&requests[0], NOON + 200).await, Outcome::Applied);
    for device in [&laptop, &phone] {
        assert_eq!(device.sees(&laptop).await, []);
        assert_eq!(device.gets(&copies[0], NOON + 300).await, Outcome::Refused(Refusal::Removed));
    }
    assert_eq!(to_delete(&phone).await, [phone.inbox().name(&copies[0])]);
}

#[tokio::test]
async fn nobody_can_delete_what_somebody_else_wrote() {
    let (alice, bob, _) = bob_has_a_letter().await;
    let mallory = Person::new(3, "Mallory").await;
    mallory.writes(&bob, "hi", NOON + 20).await.unwrap();
    for letter in mallory.hands_over(&bob).await {
        bob.gets(&letter, NOON + 30).await;
    }
    bob.writes(&alice, "mine", NOON + 40).await.unwrap();
    let mine = last(&bob, &alice).await.sent_at.as_millis();
    for (from, author, sent_at) in
        [(&mallory, &alice, SENT), (&mallory, &bob, mine), (&alice, &bob, mine), (&alice, &mallory, NOON + 20)]
    {
        assert_eq!(asks(from, &bob, author, sent_at, NOON + 50).await, Outcome::Refused(Refusal::NotTheirs));
    }
    assert!(bob.sees(&alice).await.iter().chain(&bob.sees(&mallory).await).all(|row| row.kind != MessageKind::Deleted));
}

#[tokio::test]
async fn a_request_that_comes_before_its_message_is_applied_when_that_comes() {
    let (alice, bob, _) = bob_has_a_letter().await;
    alice.hands_over(&alice).await;
    let message = alice.writes(&bob, "forget it", NOON + 100).await.unwrap();
    let (letter, copy) = (alice.hands_over(&bob).await.remove(0), alice.hands_over(&alice).await.remove(0));
    deletes(&alice, &bob, message, Reach::Everyone, NOON + 200).await;
    let (request, to_us) = (alice.hands_over(&bob).await.remove(0), alice.hands_over(&alice).await.remove(0));
    let phone = Person::new(1, "Alice").await;
    for (who, with, first, then) in [(&bob, &alice, request, letter), (&phone, &bob, to_us, copy)] {
        let unread = async || who.chat(with).await.map_or(0, |chat| chat.unread);
        let before = unread().await;
        assert_eq!(who.gets(&first, NOON + 300).await, Outcome::Applied);
        assert!(matches!(who.gets(&then, NOON + 400).await, Outcome::Shown { .. }));
        let line = last(who, with).await;
        assert_eq!((line.kind, line.body.as_str(), line.sent_at), (MessageKind::Deleted, "", at(NOON + 100)));
        assert_eq!(unread().await, before);
        assert_eq!(to_delete(who).await.last(), Some(&who.inbox().name(&then)), "and our swarm is rid of it");
        let again = who.gets(&then, NOON + 500).await;
        assert!(matches!(again, Outcome::Refused(Refusal::Duplicate) | Outcome::Known), "{again:?}");
        assert_eq!(last(who, with).await.kind, MessageKind::Deleted, "it does not come back");
    }
}

#[tokio::test]
async fn deleting_twice_changes_nothing_and_what_was_deleted_here_alone_stays_away() {
    let (alice, bob, _) = bob_has_a_letter().await;
    assert_eq!(
        asks(&alice, &bob, &alice, NOON, NOON + 90).await,
        Outcome::Applied,
        "her answer to the request is no message"
    );
    assert!(bob.sees(&alice).await.iter().all(|row| row.kind != MessageKind::Deleted));
    assert_eq!(asks(&alice, &bob, &alice, SENT, NOON + 100).await, Outcome::Applied);
    let (line, errands) = (last(&bob, &alice).await, bob.outbox().await.len());
    assert_eq!(asks(&alice, &bob, &alice, SENT, NOON + 200).await, Outcome::Refused(Refusal::NoTarget));
    assert_eq!((last(&bob, &alice).await, bob.outbox().await.len()), (line.clone(), errands));
    let (desk, with) = (bob.desk(NOON + 300), ConversationId::from(alice.id));
    bob.does(move |tx| remove::delete_message(tx, &desk, &with, line.id)).await;
    assert_eq!(asks(&alice, &bob, &alice, SENT, NOON + 400).await, Outcome::Applied);
    assert!(bob.sees(&alice).await.iter().all(|row| row.kind != MessageKind::Deleted));
}

#[tokio::test]
async fn a_strangers_request_leaves_no_row_and_a_blocked_persons_is_not_heard() {
    let (mallory, bob) = (Person::new(3, "Mallory").await, Person::new(2, "Bob").await);
    assert_eq!(asks(&mallory, &bob, &mallory, NOON, NOON + 1).await, Outcome::Refused(Refusal::NoTarget));
    assert_eq!(bob.chat(&mallory).await, None);
    assert_eq!(bob.store.read(move |tx| tx.contact(&mallory.id)).await.unwrap(), None);

    let (alice, bob, _) = bob_has_a_letter().await;
    let (desk, hers) = (bob.desk(NOON + 50), alice.id);
    bob.does(move |tx| people::block(tx, &desk, &hers)).await;
    assert_eq!(asks(&alice, &bob, &alice, SENT, NOON + 100).await, Outcome::Refused(Refusal::Blocked));
    assert_eq!(last(&bob, &alice).await.kind, MessageKind::Text);
}

/// Three letters of Alice's that left, with a copy in her own swarm each; Bob has them.
async fn three_letters() -> (Person, Person, Vec<MessageId>) {
    let (alice, bob, first) = bob_has_a_letter().await;
    let mut all = vec![first];
    for number in 1..3 {
        all.push(alice.writes(&bob, "more of it", NOON + 10 * number).await.unwrap());
    }
    for letter in alice.hands_over(&bob).await {
        bob.gets(&letter, NOON + 100).await;
    }
    for copy in alice.hands_over(&alice).await {
        alice.gets(&copy, NOON + 100).await;
    }
    (alice, bob, all)
}

#[tokio::test]
async fn several_are_deleted_for_everyone_in_one_write_that_asks_our_swarm_once() {
    let (alice, bob, all) = three_letters().await;
    let (desk, with) = (alice.desk(NOON + 5_000), ConversationId::from(bob.id));
    let gone = MessageId::from_i64(4_711);
    let named = [all[0], gone, all[1], all[0]];
    let stood = alice.does(move |tx| write_all(tx, &desk, &with, &named, Reach::Everyone)).await;
    assert_eq!(stood, 2, "each once, and what is gone is passed over");
    let deletions: Vec<_> =
        alice.outbox().await.into_iter().filter(|row| matches!(row.what, What::Delete(_))).collect();
    assert_eq!((deletions.len(), to_delete(&alice).await.len()), (1, 2));
    let requests = alice.hands_over(&bob).await;
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!(bob.gets(&request, NOON + 5_010).await, Outcome::Applied);
    }
    for (who, whose) in [(&alice, &bob), (&bob, &alice)] {
        let lines = who.sees(whose).await.into_iter().filter(|row| row.kind == MessageKind::Deleted).count();
        assert_eq!(lines, 2);
    }
}

#[tokio::test]
async fn where_one_of_several_may_not_be_deleted_so_none_is() {
    let (alice, bob, all) = three_letters().await;
    let theirs = alice.sees(&bob).await.into_iter().find(|row| !row.outgoing && row.kind.is_said()).unwrap().id;
    let (desk, with, named) = (alice.desk(NOON + 5_000), ConversationId::from(bob.id), [all[0], theirs]);
    let tried = alice.store.write("several", move |tx| write_all(tx, &desk, &with, &named, Reach::Everyone)).await;
    assert_eq!(tried.unwrap_err().kind(), ErrorKind::NotAllowed);
    assert!(alice.sees(&bob).await.iter().all(|row| row.kind != MessageKind::Deleted));
    assert!(alice.outbox().await.is_empty());
}

#[tokio::test]
async fn several_are_deleted_here_alone_and_each_is_told() {
    let (alice, bob, all) = three_letters().await;
    let (desk, with) = (alice.desk(NOON + 5_000), ConversationId::from(bob.id));
    let (elsewhere, named) = (ConversationId::from(alice.id), all.clone());
    let (gone, changes) = alice
        .store
        .write("several", move |tx| {
            assert_eq!(remove::delete_messages(tx, &desk, &elsewhere, &named)?, 0, "of another conversation none");
            remove::delete_messages(tx, &desk, &with, &[named.as_slice(), &named].concat())
        })
        .await
        .unwrap();
    assert_eq!(gone, all.len());
    for message in all {
        let told = |change: &Change| matches!(change, Change::MessageRemoved { message: told, .. } if *told == message);
        assert_eq!(changes.iter().filter(|change| told(change)).count(), 1);
    }
    assert!(alice.outbox().await.is_empty(), "nobody hears of it");
}
