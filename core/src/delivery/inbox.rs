//! The inbox: one page of messages from a swarm becomes rows.
//!
//! Opening is pure work and happens first, on a blocking thread, each message for itself: one that panics a parser costs
//! only itself. Then **one transaction** applies every message in the order in which the node gave it, records what was
//! refused with its reason, marks every hash as processed (also of what could not be opened) and moves the cursor. Either
//! all of it is in the ledger or none, so a crash at any moment neither loses a message nor shows it twice.
//!
//! Should the ledger refuse a page for a reason that lies in one message (which would be a bug), the page is stored again
//! message by message: the one is recorded as not stored, and its neighbours arrive.

use std::collections::HashSet;

use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::message::{self, Desk, INBOX, Incoming, Outcome, Refusal};
use crate::onion::NodeKey;
use crate::store::{ConversationId, CursorEpoch, WriteTx};
use crate::swarm::{RetrievedMessage, Unusable, UnusableReason};

use super::Hall;

/// A page as a node gave it.
#[derive(Clone, Debug)]
pub struct Page {
    /// Who gave it: cursors belong to one node.
    pub node: NodeKey,
    /// The epoch of the cursors when the page was asked for.
    pub epoch: CursorEpoch,
    /// Messages in the node's order.
    pub messages: Vec<RetrievedMessage>,
    /// Items that are no messages: recorded, and their hashes never believed.
    pub unusable: Vec<Unusable>,
    /// Where the node's list ended, and when the node forgets that hash. Zero: it did not say.
    pub last: Option<(String, Timestamp)>,
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
#[derive(Clone)]
struct Letter {
    hash: String,
    expires: Timestamp,
    data: Vec<u8>,
    opened: Result<Incoming, Refusal>,
}

/// Opens, applies and stores a page.
///
/// # Errors
/// Those of the ledger (a full disk, a closed store). The page is not stored then and comes again.
pub async fn sort(hall: &Hall, page: Page) -> Result<Sorted> {
    let Page { node, epoch, messages, unusable, last } = page;
    let (known, letters) = open_new(hall, messages).await?;
    let desk = hall.desk();
    let cursor = Cursor { node, epoch, unusable, last: last.map(|(hash, expires)| (hash, kept_until(expires, &desk))) };
    let whole = {
        let (letters, cursor) = (letters.clone(), cursor.clone());
        hall.write("page received", move |tx| file_page(tx, &desk, &letters, Some(&cursor))).await
    };
    let mut sorted = match whole {
        Err(error) if error.kind() == ErrorKind::Bug => {
            tracing::error!(?error, "inbox could not store a page, storing it message by message");
            one_by_one(hall, desk, letters, cursor).await?
        }
        other => other?,
    };
    sorted.known += known;
    Ok(sorted)
}

/// Where a node's list ended, and what in it was no message.
#[derive(Clone)]
struct Cursor {
    node: NodeKey,
    epoch: CursorEpoch,
    unusable: Vec<Unusable>,
    last: Option<(String, Timestamp)>,
}

/// Leaves out what was processed before, and opens the rest. Gives how many were left out.
async fn open_new(hall: &Hall, messages: Vec<RetrievedMessage>) -> Result<(usize, Vec<Letter>)> {
    let total = messages.len();
    let me = *hall.account();
    let new = hall
        .read(move |tx| {
            let mut new = Vec::new();
            for message in messages {
                if !tx.is_seen(&me, INBOX, message.hash.as_str())? {
                    new.push(message);
                }
            }
            Ok(new)
        })
        .await?;
    let known = total - new.len();
    let keys = hall.keys().clone();
    let letters = tokio::task::spawn_blocking(move || {
        let open = |message: RetrievedMessage| Letter {
            hash: message.hash.as_str().to_owned(),
            expires: message.expires,
            opened: message::open(&keys, &message.data),
            data: message.data,
        };
        new.into_iter().map(open).collect::<Vec<_>>()
    })
    .await
    .map_err(|_| Error::bug("the thread that opens messages ended early"))?;
    Ok((known, letters))
}

/// Stores a page in one transaction.
fn file_page(tx: &mut WriteTx<'_>, desk: &Desk, letters: &[Letter], cursor: Option<&Cursor>) -> Result<Sorted> {
    let mut sorted = Sorted::default();
    if let Some(Cursor { node, epoch, unusable, last }) = cursor {
        let moved = match last {
            Some((hash, expires)) => tx.advance_cursor(*epoch, &desk.me, INBOX, &node.0, hash, *expires)?,
            None => tx.cursor_epoch()? == *epoch,
        };
        if !moved {
            return Ok(Sorted { discarded: true, ..sorted });
        }
        for item in unusable {
            let name = item.claimed.as_ref().map_or(UNNAMED, |hash| hash.as_str());
            tx.insert_unreadable(INBOX, name, unusable_code(item.reason), &[], desk.network_now)?;
            sorted.unreadable += 1;
        }
    }
    for letter in letters {
        file(tx, desk, letter, &mut sorted)?;
    }
    Ok(sorted)
}

/// Stores one message and marks its hash.
fn file(tx: &mut WriteTx<'_>, desk: &Desk, letter: &Letter, sorted: &mut Sorted) -> Result<()> {
    // Two pages with the same message may have been under way at once (two members after restoring).
    if !tx.mark_seen(&desk.me, INBOX, &letter.hash, kept_until(letter.expires, desk))? {
        sorted.known += 1;
        return Ok(());
    }
    let outcome = match &letter.opened {
        Ok(incoming) => message::apply(tx, desk, incoming, &letter.hash)?,
        Err(refusal) => Outcome::Refused(*refusal),
    };
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

fn record(tx: &mut WriteTx<'_>, desk: &Desk, letter: &Letter, refusal: Refusal, sorted: &mut Sorted) -> Result<()> {
    let raw = match (&letter.opened, refusal.keeps_bytes()) {
        (_, false) => &[],
        (Ok(incoming), true) => incoming.plain.as_slice(),
        (Err(_), true) => letter.data.as_slice(),
    };
    tx.insert_unreadable(INBOX, &letter.hash, refusal.code(), raw, desk.network_now)?;
    sorted.unreadable += 1;
    Ok(())
}

async fn one_by_one(hall: &Hall, desk: Desk, letters: Vec<Letter>, cursor: Cursor) -> Result<Sorted> {
    let mut sum = Sorted::default();
    for letter in letters {
        let one = letter.clone();
        let stored =
            hall.write("message received", move |tx| file_page(tx, &desk, std::slice::from_ref(&one), None)).await;
        let stored = match stored {
            Err(error) if error.kind() == ErrorKind::Bug => {
                tracing::error!(?error, "inbox could not store a message");
                hall.write("message not stored", move |tx| not_stored(tx, &desk, &letter)).await?
            }
            other => other?,
        };
        sum.add(stored);
    }
    let moved = hall.write("page received", move |tx| file_page(tx, &desk, &[], Some(&cursor))).await?;
    sum.add(moved);
    Ok(sum)
}

fn not_stored(tx: &mut WriteTx<'_>, desk: &Desk, letter: &Letter) -> Result<Sorted> {
    let mut sorted = Sorted::default();
    tx.mark_seen(&desk.me, INBOX, &letter.hash, kept_until(letter.expires, desk))?;
    record(tx, desk, letter, Refusal::NotStored, &mut sorted)?;
    Ok(sorted)
}

/// How long to remember a hash: until the node forgets it, or as long as it could keep it at most when it did not say.
fn kept_until(expires: Timestamp, desk: &Desk) -> Timestamp {
    let latest = desk.network_now + message::ttl::LONGEST_TTL;
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

/// What an item without a name is recorded under.
const UNNAMED: &str = "unnamed";

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
}
