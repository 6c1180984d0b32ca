//! The inbox: one page of messages from a swarm becomes rows.
//!
//! Opening is pure work and happens first, on a blocking thread, each message for itself: one that panics a parser costs
//! only itself. Then every message is applied in the order in which the node gave it, what was refused is recorded with its
//! reason, and every hash is marked as processed (also of what could not be opened), each in **one transaction** with its
//! message; the last of them moves the cursor. So a crash at any moment neither loses a message nor shows it twice. A large
//! page takes several transactions, one part after the other, so that a person who writes meanwhile does not wait for it.
//!
//! Should the ledger refuse a part for a reason that lies in one message (which would be a bug), what is left of the page is
//! stored message by message: the one is recorded as not stored, and its neighbours arrive.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::address::{Namespace, Place, SwarmHash};
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, ErrorKind, Result};
use crate::message::{self, Desk, Incoming, Outcome, Refusal};
use crate::onion::NodeKey;
use crate::people;
use crate::store::{ConversationId, CursorEpoch, Quota, WriteTx};
use crate::swarm::{RetrievedMessage, Unusable, UnusableReason};

use super::{Hall, Mailbox, reconcile};

/// A page as a node gave it.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it lay.
    pub namespace: Namespace,
    /// Who gave it: cursors belong to one node.
    pub node: NodeKey,
    /// The epoch of the cursors when the page was asked for.
    pub epoch: CursorEpoch,
    /// Messages in the node's order.
    pub messages: Vec<RetrievedMessage>,
    /// Items that are no messages: recorded, and their hashes never believed.
    pub unusable: Vec<Unusable>,
    /// Where the node's list ended, and when the node forgets that hash. Zero: it did not say.
    pub last: Option<(SwarmHash, Timestamp)>,
    /// Before that the node had nothing of it that is new (network time), whatever it says. Zero: nobody knows.
    pub not_before: Timestamp,
}

/// What became of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sorted {
    /// Messages that stand in a conversation now.
    pub shown: usize,
    /// Refused, and recorded with their reason.
    pub unreadable: usize,
    /// Seen before, or our own copies.
    pub known: usize,
    /// Applied without being messages themselves.
    pub applied: usize,
    /// Conversations in which something new stands.
    pub conversations: HashSet<ConversationId>,
    /// The cursors were cleared while the page was under way: nothing was stored.
    pub discarded: bool,
}

/// A message between opening and storing.
struct Letter {
    place: Place,
    hash: SwarmHash,
    data: Vec<u8>,
    opened: Result<Incoming, Refusal>,
}

/// Opens, applies and stores a page of a mailbox.
///
/// # Errors
/// Those of the ledger (a full disk, a closed store). What is left of the page is not stored then and comes again.
pub async fn sort(hall: &Hall, mailbox: &Mailbox, page: Page) -> Result<Sorted> {
    let Page { namespace, node, epoch, messages, unusable, last, not_before } = page;
    let place = Place { owner: mailbox.address(), namespace };
    let (known, letters) = open_new(hall, mailbox, place, messages, not_before).await?;
    let desk = hall.desk();
    let last = last.map(|(hash, expires)| (hash, kept_until(expires, &desk)));
    let opened = Arc::new(Opened { letters, place, node, epoch, unusable, last });
    let (mut sum, mut from) = (Sorted { known, ..Sorted::default() }, 0);
    loop {
        match file_part(hall, desk, &opened, from, MOST_IN_PART).await {
            Err(error) if error.kind() == ErrorKind::Bug => {
                tracing::error!(?error, "inbox could not store a page, storing it message by message");
                sum.add(one_by_one(hall, desk, &opened, from).await?);
                return Ok(sum);
            }
            other => {
                let (sorted, next) = other?;
                sum.add(sorted);
                let Some(next) = next else { return Ok(sum) };
                from = next;
            }
        }
    }
}

/// A page whose messages were opened.
struct Opened {
    /// Those that are new.
    letters: Vec<Letter>,
    place: Place,
    node: NodeKey,
    epoch: CursorEpoch,
    /// What in it was no message.
    unusable: Vec<Unusable>,
    /// Where the node's list ended.
    last: Option<(SwarmHash, Timestamp)>,
}

/// Leaves out what was processed before, and opens the rest. Gives how many were left out.
async fn open_new(
    hall: &Hall,
    mailbox: &Mailbox,
    place: Place,
    messages: Vec<RetrievedMessage>,
    not_before: Timestamp,
) -> Result<(usize, Vec<Letter>)> {
    let total = messages.len();
    let new = hall
        .read(move |tx| {
            let mut new = Vec::new();
            for message in messages {
                if !tx.is_seen(place, &message.hash)? {
                    new.push(message);
                }
            }
            Ok(new)
        })
        .await?;
    let known = total - new.len();
    let mailbox = mailbox.clone();
    let letters = tokio::task::spawn_blocking(move || {
        let open = |message: RetrievedMessage| Letter {
            place,
            opened: mailbox.open(place, message.hash.clone(), &message.data).map(|incoming| Incoming {
                stored_at: message.timestamp.max(not_before),
                swarm_end: message.expires,
                ..incoming
            }),
            hash: message.hash,
            data: message.data,
        };
        new.into_iter().map(open).collect::<Vec<_>>()
    })
    .await
    .map_err(|_| Error::bug("the thread that opens messages ended early"))?;
    Ok((known, letters))
}

/// Stores a part of a page, from the letter `from` on, in one transaction. Gives where the next part begins, if any is left.
async fn file_part(
    hall: &Hall,
    desk: Desk,
    page: &Arc<Opened>,
    from: usize,
    most: usize,
) -> Result<(Sorted, Option<usize>)> {
    let (page, clock) = (Arc::clone(page), Arc::clone(hall.clock()));
    hall.write("page received", move |tx| file_letters(tx, &desk, &page, from, most, &*clock)).await
}

fn file_letters(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    page: &Opened,
    from: usize,
    most: usize,
    clock: &dyn Clock,
) -> Result<(Sorted, Option<usize>)> {
    let mut sorted = Sorted::default();
    if tx.cursor_epoch()? != page.epoch {
        return Ok((Sorted { discarded: true, ..sorted }, None));
    }
    if from == 0 {
        sorted.unreadable += note_unusable(tx, desk, page.place, &page.node, &page.unusable)?;
    }
    let (began, mut next) = (clock.monotonic(), from);
    for letter in page.letters.iter().skip(from).take(most) {
        file(tx, desk, letter, &mut sorted)?;
        next += 1;
        if clock.monotonic().saturating_sub(began) >= LONGEST_PART {
            break;
        }
    }
    if next < page.letters.len() {
        return Ok((sorted, Some(next)));
    }
    if let Some((hash, expires)) = &page.last {
        tx.advance_cursor(page.epoch, page.place, &page.node.0, hash, *expires)?;
    }
    Ok((sorted, None))
}

/// Stores one message and marks its hash.
fn file(tx: &mut WriteTx<'_>, desk: &Desk, letter: &Letter, sorted: &mut Sorted) -> Result<()> {
    // Two pages with the same message may have been under way at once (two members after restoring).
    if !tx.mark_seen(letter.place, &letter.hash, remembered_until(desk))? {
        sorted.known += 1;
        return Ok(());
    }
    let by_other_device = match &letter.opened {
        Ok(incoming) => is_sign(tx, desk, incoming)?,
        Err(_) => false,
    };
    let outcome = match &letter.opened {
        Ok(incoming) => message::apply(tx, desk, incoming)?,
        Err(refusal) => Outcome::Refused(*refusal),
    };
    if is_of_strangers(tx, desk, letter)? {
        tx.seen_of_stranger(letter.place, &letter.hash)?;
    }
    // What was written and removed here, and is brought back by a node, is no device at work.
    let brought_back = outcome == Outcome::Refused(Refusal::Removed);
    if let (true, Ok(incoming)) = (by_other_device && !brought_back, &letter.opened) {
        reconcile::note_other_device(tx, incoming.sent_at.min(desk.network_now))?;
    }
    match outcome {
        Outcome::Shown { conversation, .. } => {
            sorted.shown += 1;
            sorted.conversations.insert(conversation);
        }
        Outcome::Applied => sorted.applied += 1,
        Outcome::Known => sorted.known += 1,
        Outcome::Refused(refusal) => record(tx, desk, letter, refusal, sorted)?,
    }
    Ok(())
}

/// Whether a letter shows that another device of ours is at work: we signed it, and it does not come from here. Whether it
/// is shown then, or refused (a reaction, a conversation that is gone), makes no difference.
fn is_sign(tx: &WriteTx<'_>, desk: &Desk, incoming: &Incoming) -> Result<bool> {
    Ok(incoming.sender == desk.me
        && reconcile::is_since_first_poll(tx, incoming.sent_at)?
        && !tx.wrote_at(incoming.sent_at)?)
}

/// Whose room a letter takes in what is bounded.
fn quota(tx: &WriteTx<'_>, desk: &Desk, letter: &Letter) -> Result<Quota> {
    let Ok(incoming) = &letter.opened else { return Ok(Quota::Unopened) };
    let friend = people::is_friend(tx, desk, &incoming.sender)?;
    Ok(if friend { Quota::Friend } else { Quota::Stranger })
}

/// Whether anybody can make more of such letters, as many as they like.
fn is_of_strangers(tx: &WriteTx<'_>, desk: &Desk, letter: &Letter) -> Result<bool> {
    Ok(quota(tx, desk, letter)? != Quota::Friend)
}

fn record(tx: &mut WriteTx<'_>, desk: &Desk, letter: &Letter, refusal: Refusal, sorted: &mut Sorted) -> Result<()> {
    let raw = match &letter.opened {
        Ok(incoming) => incoming.kept(refusal),
        Err(_) if refusal.keeps_bytes() => &letter.data,
        Err(_) => &[],
    };
    let quota = quota(tx, desk, letter)?;
    tx.insert_unreadable(letter.place, letter.hash.as_str(), refusal.code(), raw, desk.network_now, quota)?;
    sorted.unreadable += 1;
    Ok(())
}

async fn one_by_one(hall: &Hall, desk: Desk, page: &Arc<Opened>, from: usize) -> Result<Sorted> {
    let (mut sum, mut from) = (Sorted::default(), from);
    loop {
        let (sorted, next) = match file_part(hall, desk, page, from, 1).await {
            Err(error) if error.kind() == ErrorKind::Bug => {
                tracing::error!(?error, "inbox could not store a message");
                let one = Arc::clone(page);
                let noted =
                    hall.write("message not stored", move |tx| not_stored(tx, &desk, one.letters.get(from))).await?;
                sum.add(noted);
                // Known now, so that what follows it, or the cursor alone, is stored.
                from += 1;
                if from < page.letters.len() {
                    continue;
                }
                file_part(hall, desk, page, from, 0).await?
            }
            other => other?,
        };
        sum.add(sorted);
        let Some(next) = next else { return Ok(sum) };
        from = next;
    }
}

fn not_stored(tx: &mut WriteTx<'_>, desk: &Desk, letter: Option<&Letter>) -> Result<Sorted> {
    let mut sorted = Sorted::default();
    let Some(letter) = letter else { return Ok(sorted) };
    tx.mark_seen(letter.place, &letter.hash, remembered_until(desk))?;
    record(tx, desk, letter, Refusal::NotStored, &mut sorted)?;
    Ok(sorted)
}

/// How long to remember a hash: as long as any node could keep it. What one node says about that is not believed: a lie
/// would bring back a message that was deleted here.
fn remembered_until(desk: &Desk) -> Timestamp {
    desk.network_now + message::ttl::LONGEST_TTL
}

/// Records what a node gave in a namespace of configs that is no message. Gives how many there were.
///
/// # Errors
/// Those of the ledger.
pub(super) async fn record_unusable(
    hall: &Hall,
    mailbox: &Mailbox,
    namespace: Namespace,
    node: NodeKey,
    unusable: Vec<Unusable>,
) -> Result<usize> {
    let (desk, place) = (hall.desk(), Place { owner: mailbox.address(), namespace });
    hall.write("unusable recorded", move |tx| note_unusable(tx, &desk, place, &node, &unusable)).await
}

fn note_unusable(
    tx: &mut WriteTx<'_>,
    desk: &Desk,
    place: Place,
    node: &NodeKey,
    unusable: &[Unusable],
) -> Result<usize> {
    let items = unusable.iter().take(MAX_UNUSABLE);
    let count = items.len();
    for (number, item) in items.enumerate() {
        // Never under the very name it claims: a liar could occupy the name of a message that is to come.
        let (code, node) = (unusable_code(item.reason), node.to_string());
        let which = item.claimed.as_ref().map_or_else(|| number.to_string(), |hash| hash.as_str().to_owned());
        let name = format!("unnamed {} {code} {which}", node.get(..8).unwrap_or_default());
        tx.insert_unreadable(place, &name, code, &[], desk.network_now, Quota::Unopened)?;
    }
    Ok(count)
}

/// How long a cursor is good: until the node forgets its hash, or as long as it could keep it when it did not say.
pub(super) fn kept_until(expires: Timestamp, desk: &Desk) -> Timestamp {
    let latest = remembered_until(desk);
    if expires == Timestamp::ZERO { latest } else { expires.min(latest) }
}

/// The code under which an item that is no message is recorded.
fn unusable_code(reason: UnusableReason) -> &'static str {
    match reason {
        UnusableReason::NoHash => "no hash",
        UnusableReason::NoData => "no data",
        UnusableReason::TooLarge => Refusal::TooLarge.code(),
        UnusableReason::NotBase64 => "not base64",
        UnusableReason::WrongHash => "wrong hash",
    }
}

/// Letters that one transaction takes at most, and how long it goes on with them. Longer would be felt by whoever writes
/// meanwhile; shorter costs a commit each.
const MOST_IN_PART: usize = 200;
const LONGEST_PART: Duration = Duration::from_millis(50);

/// Items of one page that are no messages and are recorded. Honest nodes have none.
const MAX_UNUSABLE: usize = 100;

impl Sorted {
    /// Adds what became of another page.
    pub fn add(&mut self, other: Self) {
        self.shown += other.shown;
        self.unreadable += other.unreadable;
        self.known += other.known;
        self.applied += other.applied;
        self.conversations.extend(other.conversations);
        self.discarded |= other.discarded;
    }

    /// How much of it is new to us and of use.
    pub(super) fn news(&self) -> usize {
        self.shown + self.applied
    }
}

#[cfg(test)]
mod tests {
    use super::super::reconcile::FIRST_POLL;
    use super::*;
    use crate::address::Address;
    use crate::clock::SystemClock;
    use crate::crypto::AccountId;
    use crate::event::OTHER_DEVICE;
    use crate::message::testing::{NOON, Person, at};
    use crate::network::Network;
    use crate::onion::{Onion, Roads};
    use crate::store::UnreadableRow;
    use crate::swarm::Swarms;
    use crate::wire::content::{Content, UnsendRequest};

    const NODE: NodeKey = NodeKey([9; 32]);

    fn hall(person: &Person) -> Hall {
        let clock = SystemClock::shared();
        let roads = Roads::open(&Network::testnet(), None, clock.clone()).unwrap();
        let swarms = Swarms::new(Onion::new(roads, None), clock.clone());
        Hall::new(person.keys.clone(), person.store.clone(), swarms, clock)
    }

    fn in_swarm_of(person: &Person, data: Vec<u8>) -> RetrievedMessage {
        let owner = Address::parse(&person.id.to_string()).unwrap();
        let hash = SwarmHash::of(&owner, Namespace::DIRECT, &data);
        let expires = SystemClock::shared().now() + message::ttl::MESSAGE_TTL;
        RetrievedMessage { hash, timestamp: at(NOON), expires, data }
    }

    async fn page(hall: &Hall, messages: Vec<RetrievedMessage>) -> Page {
        let last = messages.last().map(|message| (message.hash.clone(), message.expires));
        let epoch = hall.read(|tx| tx.cursor_epoch()).await.unwrap();
        let not_before = Timestamp::ZERO;
        Page { namespace: Namespace::DIRECT, node: NODE, epoch, messages, unusable: Vec::new(), last, not_before }
    }

    async fn letters(from: &Person, to: &Person, texts: &[&str]) -> Vec<RetrievedMessage> {
        for text in texts {
            from.writes(to, text, SystemClock::shared().now().as_millis()).await.unwrap();
        }
        from.hands_over(to).await.into_iter().map(|data| in_swarm_of(to, data)).collect()
    }

    async fn cursor(hall: &Hall) -> Option<SwarmHash> {
        let now = hall.device_now();
        let place = Place { owner: Address::from(hall.account()), namespace: Namespace::DIRECT };
        hall.read(move |tx| tx.cursor(place, &NODE.0, now)).await.unwrap()
    }

    async fn unreadable(hall: &Hall) -> Vec<UnreadableRow> {
        hall.read(|tx| tx.unreadable(100)).await.unwrap()
    }

    #[tokio::test]
    async fn a_message_that_cannot_be_opened_does_not_stop_the_next_one() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let hall = hall(&bob);
        let mut messages = letters(&alice, &bob, &["one", "two"]).await;
        messages.insert(1, in_swarm_of(&bob, vec![0xff; 50]));
        messages.insert(2, in_swarm_of(&bob, vec![0, 1, 2]));
        let page = page(&hall, messages).await;
        let end = page.last.clone().map(|(hash, _)| hash);
        let sorted = sort(&hall, hall.mailbox(), page.clone()).await.unwrap();
        assert_eq!((sorted.shown, sorted.unreadable), (2, 2));
        assert_eq!(bob.reads(&alice).await, ["one", "two"]);
        assert_eq!(cursor(&hall).await, end);
        let recorded = unreadable(&hall).await;
        let reasons: Vec<_> = recorded.iter().map(|row| (row.reason.as_str(), row.raw.len())).collect();
        assert_eq!(reasons, [("newer wire format", 3), ("envelope", 0)], "what is merely new is kept");

        let again = sort(&hall, hall.mailbox(), page).await.unwrap();
        assert_eq!((again.shown, again.unreadable, again.known), (0, 0, 4), "another node's list brings nothing twice");
    }

    /// Whoever deposits a letter says when the swarm got it, and may say when it was written.
    #[tokio::test]
    async fn what_a_node_did_not_have_when_it_was_asked_was_not_read_elsewhere_before() {
        for (asked_ago, unread) in [(None, 0), (Some(9), 1), (Some(30), 0)] {
            let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
            let hall = hall(&bob);
            let now = SystemClock::shared().now();
            let ago = move |minutes: u64| now - Duration::from_secs(60 * minutes);
            let chat = ConversationId::from(alice.id);
            alice.writes(&bob, "call me", ago(40).as_millis()).await.unwrap();
            alice.writes(&bob, "the train is late", ago(20).as_millis()).await.unwrap();
            let mut late: Vec<_> =
                alice.hands_over(&bob).await.into_iter().map(|data| in_swarm_of(&bob, data)).collect();
            let first = late.split_off(1);
            sort(&hall, hall.mailbox(), page(&hall, first).await).await.unwrap();
            let read = move |tx: &mut WriteTx<'_>| tx.mark_read_elsewhere(&chat, ago(20), ago(10), now);
            hall.write("read", read).await.unwrap();
            for message in &mut late {
                message.timestamp = ago(40);
            }
            let not_before = asked_ago.map_or(Timestamp::ZERO, ago);
            sort(&hall, hall.mailbox(), Page { not_before, ..page(&hall, late).await }).await.unwrap();
            let chat = ConversationId::from(alice.id);
            let row = hall.read(move |tx| tx.conversation(&chat)).await.unwrap().unwrap();
            assert_eq!(row.unread, unread, "{asked_ago:?}");
        }
    }

    #[tokio::test]
    async fn a_page_is_discarded_when_the_cursors_were_cleared_meanwhile() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let hall = hall(&bob);
        let page = page(&hall, letters(&alice, &bob, &["one"]).await).await;
        let me = bob.id;
        bob.does(move |tx| tx.clear_cursors(me, at(NOON))).await;
        assert!(sort(&hall, hall.mailbox(), page.clone()).await.unwrap().discarded);
        assert_eq!((bob.reads(&alice).await, cursor(&hall).await), (vec![], None));
        let epoch = hall.read(|tx| tx.cursor_epoch()).await.unwrap();
        assert_eq!(sort(&hall, hall.mailbox(), Page { epoch, ..page }).await.unwrap().shown, 1);
    }

    #[tokio::test]
    async fn a_lying_node_cannot_hide_a_message_by_giving_its_name_to_rubbish() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let hall = hall(&bob);
        let messages = letters(&alice, &bob, &["one"]).await;
        let claimed = messages.first().map(|message| message.hash.clone());
        let rubbish = Unusable { claimed, expires: at(NOON), reason: UnusableReason::WrongHash };
        let lying = Page { unusable: vec![rubbish], ..page(&hall, vec![]).await };
        assert_eq!(sort(&hall, hall.mailbox(), lying).await.unwrap().unreadable, 1);
        let honest = page(&hall, messages.clone()).await;
        assert_eq!(sort(&hall, hall.mailbox(), honest).await.unwrap().shown, 1);
        let recorded = unreadable(&hall).await;
        assert!(recorded.iter().all(|row| row.hash.starts_with("unnamed 09090909 wrong hash")), "{recorded:?}");
        assert_ne!(recorded[0].hash, messages[0].hash.as_str());
    }

    #[tokio::test]
    async fn a_message_that_a_node_calls_expired_is_remembered_all_the_same() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let hall = hall(&bob);
        let mut messages = letters(&alice, &bob, &["one"]).await;
        messages[0].expires = at(1);
        let (again, now) = (page(&hall, messages.clone()).await, hall.desk().network_now);
        assert_eq!(sort(&hall, hall.mailbox(), page(&hall, messages).await).await.unwrap().shown, 1);
        let message = bob.sees(&alice).await[0].id;
        bob.does(move |tx| {
            tx.remove_message(message, now)?;
            tx.purge_expired_hashes(now)
        })
        .await;
        assert_eq!(sort(&hall, hall.mailbox(), again).await.unwrap().known, 1);
        assert_eq!(bob.reads(&alice).await, [""; 0], "what was deleted stays deleted");
    }

    #[tokio::test]
    async fn hundreds_of_messages_come_in_order() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let hall = hall(&bob);
        let texts: Vec<String> = (0..300).map(|number| number.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let messages = letters(&alice, &bob, &texts).await;
        assert_eq!(sort(&hall, hall.mailbox(), page(&hall, messages).await).await.unwrap().shown, 300);
        assert_eq!(bob.reads(&alice).await.last().map(String::as_str), Some("299"));
        assert_eq!(bob.chat(&alice).await.unwrap().unread, 300);
    }

    /// 60,000 blobs are what fits into one answer.
    #[tokio::test]
    async fn a_page_of_rubbish_does_not_keep_people_from_writing() {
        let bob = Person::new(2, "Bob").await;
        let hall = hall(&bob);
        let blob = |number: u32| in_swarm_of(&bob, [&[8][..], &number.to_le_bytes()].concat());
        let page = page(&hall, (0..60_000).map(blob).collect()).await;
        let end = page.last.clone().map(|(hash, _)| hash);
        let sorter = hall.clone();
        let sorting = tokio::spawn(async move { sort(&sorter, sorter.mailbox(), page).await });
        let mut longest = Duration::ZERO;
        while !sorting.is_finished() {
            let asked = std::time::Instant::now();
            let to = AccountId::from_x25519([4; 32]).into();
            hall.write("a person writes", move |tx| tx.set_draft(&to, "x", None)).await.unwrap();
            longest = longest.max(asked.elapsed());
            tokio::task::yield_now().await;
        }
        assert_eq!(sorting.await.unwrap().unwrap().unreadable, 60_000);
        assert_eq!(cursor(&hall).await, end);
        println!("a person's write waited {longest:?} at most");
        // A tenth of a second on a machine that does nothing else.
        assert!(longest < Duration::from_secs(1), "a person's write waited {longest:?}");
    }

    #[tokio::test]
    async fn a_page_that_breaks_off_between_two_parts_comes_again_and_loses_nothing() {
        let (alice, bob) = (Person::new(1, "Alice").await, Person::new(2, "Bob").await);
        let hall = hall(&bob);
        let page = page(&hall, letters(&alice, &bob, &["one", "two", "three"]).await).await;
        let place = Place { owner: hall.mailbox().address(), namespace: page.namespace };
        let (_, letters) =
            open_new(&hall, hall.mailbox(), place, page.messages.clone(), Timestamp::ZERO).await.unwrap();
        let (node, epoch, last) = (page.node, page.epoch, page.last.clone());
        let opened = Arc::new(Opened { letters, place, node, epoch, unusable: Vec::new(), last });
        let (first, next) = file_part(&hall, hall.desk(), &opened, 0, 2).await.unwrap();
        assert_eq!((first.shown, next, cursor(&hall).await), (2, Some(2), None), "the cursor waits for the last part");
        let again = sort(&hall, hall.mailbox(), page).await.unwrap();
        assert_eq!((again.shown, again.known), (1, 2));
        assert_eq!(bob.reads(&alice).await, ["one", "two", "three"]);
        assert!(cursor(&hall).await.is_some());
    }

    #[tokio::test]
    async fn whatever_another_device_signs_shows_it_and_what_this_one_wrote_does_not() {
        let bob = Person::new(2, "Bob").await;
        let (phone, laptop) = (Person::new(1, "Alice").await, Person::new(1, "Alice").await);
        let hall = hall(&laptop);
        let other = || hall.read(|tx| tx.setting(&OTHER_DEVICE));
        laptop.does(|tx| tx.set_setting(&FIRST_POLL, &Some(at(NOON - 1)))).await;
        laptop.writes(&bob, "from here", NOON).await.unwrap();
        let own = laptop.hands_over(&laptop).await.into_iter().map(|data| in_swarm_of(&laptop, data)).collect();
        assert_eq!(sort(&hall, hall.mailbox(), page(&hall, own).await).await.unwrap().known, 1);
        assert_eq!(other().await.unwrap(), None, "under whatever hash it comes back");

        // Of a kind that is applied and not shown.
        let unsend = |sent_at| {
            let request = UnsendRequest { timestamp: Some(1), author: Some(laptop.id.to_string()) };
            let content =
                Content { unsend_request: Some(request.into()), sig_timestamp: Some(sent_at), ..Content::default() };
            in_swarm_of(&laptop, phone.letter(&laptop, &content))
        };
        for (sent_at, sign) in [(NOON - 1, false), (NOON + 1, true)] {
            let sorted = sort(&hall, hall.mailbox(), page(&hall, vec![unsend(sent_at)]).await).await.unwrap();
            assert_eq!((sorted.shown, sorted.applied), (0, 1));
            assert_eq!(other().await.unwrap().is_some(), sign, "{sent_at}");
        }
    }

    #[test]
    fn a_cursor_is_good_no_longer_than_any_node_keeps_anything() {
        let desk =
            Desk { me: AccountId::from_x25519([1; 32]), network_now: at(NOON), device_now: at(NOON), unsettled: None };
        let longest = at(NOON) + message::ttl::LONGEST_TTL;
        assert_eq!(kept_until(Timestamp::ZERO, &desk), longest);
        assert_eq!(kept_until(at(u64::MAX), &desk), longest);
        assert_eq!(kept_until(at(NOON + 5), &desk), at(NOON + 5));
    }
}
