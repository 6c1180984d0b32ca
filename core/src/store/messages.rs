//! Messages: written once for each (conversation, sender, sent time), read page by page, counted by nobody.

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use rusqlite::Row;

use super::failure::StoreFault;
use super::names::name_bytes;
use super::profile::account_at;
use super::{Change, ConversationId, Disappearing, Quoted, Reactions, ReadTx, Sending, WriteTx, quotes, reactions};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};

/// Names a message in this database. Never used again for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(i64);

impl MessageId {
    /// From a number that [`MessageId::as_i64`] gave, for screens that keep ids as text.
    pub const fn from_i64(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageKind {
    /// A text.
    Text,
    /// A line that says that the message request was accepted; `outgoing` says by whom.
    RequestAccepted,
    /// Something this version cannot show; its bytes are kept in [`NewMessage::raw`].
    NewerFormat,
    /// A line that says that its sender's messages disappear otherwise from now on: as [`MessageRow::disappearing`] says.
    TimerChanged,
    /// A line that says that its sender saved a file of ours.
    MediaSaved,
    /// A line that says that its sender called and nobody answered here: this version takes no calls.
    MissedCall,
    /// An invitation to a group, for a later version; its bytes are kept in [`NewMessage::raw`].
    GroupInvitation,
    /// An invitation to a community, for a later version; its bytes are kept in [`NewMessage::raw`].
    CommunityInvitation,
    /// A line that says that a message was deleted, on all our devices or for everyone; nothing of what was said is left.
    Deleted,
}

/// Where a message stands on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageState {
    /// It came in, or is a line of ours that goes nowhere.
    Received,
    /// Stored here; it will be sent.
    Pending,
    /// Half of the recipient's swarm, and two nodes at least, proved that they keep it (how many: [`MessageRow::sending`]),
    /// or it was sent by another device.
    Sent,
    /// An attempt failed, or too few nodes keep it (how many: [`MessageRow::sending`]); tried again.
    Retrying {
        /// When (device time).
        at: Timestamp,
    },
    /// It will not be sent unless a person says so.
    Failed(Failure),
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// The recipient's swarm refused it three times.
    Rejected,
    /// Fourteen days passed without a network.
    Expired,
    /// It is larger than a swarm takes.
    TooLarge,
    /// We blocked the recipient, or may not write there.
    NotAllowed,
    /// Our clock is wrong and the network's time could not be had.
    ClockWrong,
    /// Anything else.
    Other,
}

/// A message to be written.
#[derive(Clone, Copy)]
pub struct NewMessage<'a> {
    /// Where it stands; must exist ([`WriteTx::ensure_conversation`]).
    pub conversation: &'a ConversationId,
    /// Who wrote it.
    pub sender: &'a AccountId,
    /// Written by us, on whichever device.
    pub outgoing: bool,
    /// What it is.
    pub kind: MessageKind,
    /// The sender's time (network).
    pub sent_at: Timestamp,
    /// When it came here (network).
    pub received_at: Timestamp,
    /// Its text.
    pub body: &'a str,
    /// The opened bytes, when a later version can show more of them than this one; else empty.
    pub raw: &'a [u8],
    /// The hash our own swarm gave it; empty when unknown.
    pub swarm_hash: &'a str,
    /// When it was read; [`Timestamp::ZERO`] is unread. Pass `received_at` for lines and for what we wrote.
    pub read_at: Timestamp,
    /// Where it stands on its way.
    pub state: MessageState,
}

/// A message as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Its number here.
    pub id: MessageId,
    /// Where it stands.
    pub conversation: ConversationId,
    /// Who wrote it.
    pub sender: AccountId,
    /// Written by us, on whichever device.
    pub outgoing: bool,
    /// What it is.
    pub kind: MessageKind,
    /// The sender's time (network): what is shown, and what names it on the wire.
    pub sent_at: Timestamp,
    /// When it came here (network).
    pub received_at: Timestamp,
    /// Where it stands (network): [`Self::sent_at`], but no later than [`AHEAD_OF_ARRIVAL`] after it came here.
    pub ordered_at: Timestamp,
    /// Its text.
    pub body: String,
    /// The hash our own swarm gave it; empty when unknown.
    pub swarm_hash: String,
    /// When it was read; [`Timestamp::ZERO`] is unread.
    pub read_at: Timestamp,
    /// Where it stands on its way.
    pub state: MessageState,
    /// How its last sending went that any node proved, when there was one.
    pub sending: Option<Sending>,
    /// Whether and how it disappears, as its sender chose.
    pub disappearing: Disappearing,
    /// When it disappears (network); [`Timestamp::ZERO`] while its time has not begun, and for what stays.
    pub expires_at: Timestamp,
    /// When the other person read what we wrote, as their receipt says (network); [`Timestamp::ZERO`] while none came.
    pub seen_at: Timestamp,
    /// What it answers, as far as that stands here.
    pub quote: Option<Quoted>,
    /// The emoji that people put on it; those that came first stand first.
    pub reactions: Vec<Reactions>,
    /// Somebody put a star on it, on this device.
    pub starred: bool,
}

/// Where a page ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// With the newest message.
    Latest,
    /// Just before this one.
    Message(MessageId),
}

impl ReadTx<'_> {
    /// One message.
    ///
    /// # Errors
    /// When the database fails.
    pub fn message(&self, id: MessageId) -> Result<Option<MessageRow>> {
        self.row(&format!("{SELECT} WHERE m.id = ?1"), [id.0], read)
    }

    /// A page of at most `limit` messages that ends before `before`; oldest first, as they are read.
    ///
    /// A page before a message that is gone is empty. Costs the page, whatever the conversation's length.
    ///
    /// # Errors
    /// When the database fails.
    pub fn messages_before(
        &self,
        conversation: &ConversationId,
        before: Before,
        limit: u32,
    ) -> Result<Vec<MessageRow>> {
        let mut page = match (self.conversation_number(conversation)?, before) {
            (None, _) => return Ok(Vec::new()),
            (Some(number), Before::Latest) => self.rows(
                &format!("{SELECT} WHERE m.conversation = ?1 ORDER BY {NEWEST_FIRST} LIMIT ?2"),
                (number, limit),
                read,
            )?,
            (Some(number), Before::Message(id)) => self.rows(
                &format!(
                    "{SELECT} WHERE m.conversation = ?1
                       AND (m.ordered_at, m.sent_at, m.sender, m.id) <
                           (SELECT ordered_at, sent_at, sender, id FROM messages WHERE id = ?3 AND conversation = ?1)
                     ORDER BY {NEWEST_FIRST} LIMIT ?2"
                ),
                (number, limit, id.0),
                read,
            )?,
        };
        page.reverse();
        Ok(page)
    }

    /// A page of at most `limit` messages that begins after `after`, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn messages_after(
        &self,
        conversation: &ConversationId,
        after: MessageId,
        limit: u32,
    ) -> Result<Vec<MessageRow>> {
        let Some(number) = self.conversation_number(conversation)? else { return Ok(Vec::new()) };
        self.rows(
            &format!(
                "{SELECT} WHERE m.conversation = ?1
                   AND (m.ordered_at, m.sent_at, m.sender, m.id) >
                       (SELECT ordered_at, sent_at, sender, id FROM messages WHERE id = ?3 AND conversation = ?1)
                 ORDER BY m.ordered_at, m.sent_at, m.sender, m.id LIMIT ?2"
            ),
            (number, limit, after.0),
            read,
        )
    }

    /// The message that `sender` wrote in a conversation at `sent_at`, the first of those that came here.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub fn message_by_time(
        &self,
        conversation: &ConversationId,
        sender: &AccountId,
        sent_at: Timestamp,
    ) -> Result<Option<MessageRow>> {
        self.row(
            &format!("{SELECT} WHERE c.address = ?1 AND m.sent_at = ?2 AND s.account = ?3 ORDER BY m.id LIMIT 1"),
            (conversation.to_string(), sent_at.to_sql(), sender.to_string()),
            read,
        )
    }

    /// The message our own swarm keeps under this hash.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub fn message_by_hash(&self, swarm_hash: &str) -> Result<Option<MessageRow>> {
        self.row(&format!("{SELECT} WHERE m.swarm_hash = ?1 AND m.swarm_hash <> ''"), [swarm_hash], read)
    }

    /// In which conversation a message stands; `None` when it is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub fn conversation_of(&self, id: MessageId) -> Result<Option<ConversationId>> {
        self.row(
            "SELECT c.address FROM messages m JOIN conversations c ON c.id = m.conversation WHERE m.id = ?1",
            [id.0],
            |row| conversation_at(row, 0),
        )
    }

    /// Whether this account wrote something at `sent_at` that is here, or is still to be sent from here.
    ///
    /// # Errors
    /// When the database fails.
    pub fn wrote_at(&self, sent_at: Timestamp) -> Result<bool> {
        self.any(
            "SELECT 1 FROM messages WHERE outgoing = 1 AND sent_at = ?1 UNION SELECT 1 FROM outbox WHERE sent_at = ?1",
            [sent_at.to_sql()],
        )
    }

    /// Whether anybody but us ever wrote in a conversation.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub fn has_incoming(&self, conversation: &ConversationId) -> Result<bool> {
        self.any(
            "SELECT 1 FROM messages m JOIN conversations c ON c.id = m.conversation WHERE c.address = ?1 AND m.outgoing = 0",
            [conversation.to_string()],
        )
    }

    /// Whether `sender` has anything of this kind in a conversation: for lines that stand there once.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_message_of_kind(
        &self,
        conversation: &ConversationId,
        sender: &AccountId,
        kind: MessageKind,
    ) -> Result<bool> {
        self.any(
            "SELECT 1 FROM messages m JOIN conversations c ON c.id = m.conversation JOIN contacts s ON s.id = m.sender
             WHERE c.address = ?1 AND s.account = ?2 AND m.kind = ?3",
            (conversation.to_string(), sender.to_string(), kind.to_sql()),
        )
    }

    /// The bytes kept with a message of a newer format.
    ///
    /// # Errors
    /// When the database fails.
    pub fn message_raw(&self, id: MessageId) -> Result<Option<Vec<u8>>> {
        self.row("SELECT raw FROM messages WHERE id = ?1 AND raw <> x''", [id.0], |row| Ok(row.get(0)?))
    }

    /// Calls `each` with every message in the order in which they came here, until it breaks. For comparing and exporting.
    ///
    /// # Errors
    /// What `each` returns; when the database fails.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub fn each_message(&self, mut each: impl FnMut(MessageRow) -> Result<ControlFlow<()>>) -> Result<()> {
        let mut from = 0;
        loop {
            let page = self.rows(&format!("{SELECT} WHERE m.id > ?1 ORDER BY m.id LIMIT 500"), [from], read)?;
            let Some(last) = page.last() else { return Ok(()) };
            from = last.id.0;
            for message in page {
                if each(message)?.is_break() {
                    return Ok(());
                }
            }
        }
    }
}

impl WriteTx<'_> {
    /// Writes a message without a msgId: [`Self::insert_named_message`].
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the conversation does not exist.
    pub fn insert_message(&mut self, new: &NewMessage<'_>) -> Result<Option<MessageId>> {
        self.insert_named_message(new, None)
    }

    /// Writes a message. `None` when the sender has a message of that millisecond and that msgId in this conversation
    /// already: it is the same one, and nothing changes.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the conversation does not exist.
    pub fn insert_named_message(&mut self, new: &NewMessage<'_>, msg_id: Option<u64>) -> Result<Option<MessageId>> {
        let conversation = self
            .conversation_number(new.conversation)?
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "conversation does not exist"))?;
        let sender = self.contact_number(new.sender, new.received_at)?;
        let (state, retry_at, failure) = new.state.to_sql();
        let (ordered_at, name) = (ordered_at(new.sent_at, new.received_at), name_bytes(msg_id));
        let touched = self.run(
            "INSERT INTO messages (conversation, sender, outgoing, kind, sent_at, received_at, body, raw, swarm_hash, read_at,
                                   state, retry_at, failure, ordered_at, msg_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             ON CONFLICT (conversation, sent_at, sender, msg_id) DO NOTHING",
            (
                conversation,
                sender,
                new.outgoing,
                new.kind.to_sql(),
                new.sent_at.to_sql(),
                new.received_at.to_sql(),
                new.body,
                new.raw,
                new.swarm_hash,
                new.read_at.to_sql(),
                state,
                retry_at,
                failure,
                ordered_at.to_sql(),
                &name,
            ),
        )?;
        if touched == 0 {
            return Ok(None);
        }
        let id = self
            .row(
                "SELECT id FROM messages WHERE conversation = ?1 AND sent_at = ?2 AND sender = ?3 AND msg_id = ?4",
                (conversation, new.sent_at.to_sql(), sender, &name),
                |row| Ok(MessageId(row.get(0)?)),
            )?
            .ok_or_else(|| Error::bug("message just written is not there"))?;
        self.run(
            "UPDATE conversations SET active_at = max(active_at, ?2) WHERE id = ?1",
            (conversation, ordered_at.to_sql()),
        )?;
        self.record(Change::MessageAdded(id));
        self.record_answers_changed(new.conversation, new.sender, new.sent_at)?;
        self.record(Change::ConversationChanged(new.conversation.clone()));
        Ok(Some(id))
    }

    /// Puts what a person wrote here just now (`now`: network time) below everything that stands in its conversation, as the
    /// clocks of others may be a little ahead of ours. What stands further ahead was put there by a wrong clock of our own,
    /// and is passed by.
    ///
    /// # Errors
    /// When the database fails.
    pub fn stand_last(&mut self, id: MessageId, now: Timestamp) -> Result<()> {
        let last = self.row(
            "SELECT max(o.ordered_at) FROM messages o JOIN messages m ON o.conversation = m.conversation
             WHERE m.id = ?1 AND o.id <> ?1 AND o.ordered_at >= m.ordered_at AND o.ordered_at <= ?2",
            (id.0, ordered_at(NEVER, now).to_sql()),
            |row| Ok(row.get::<_, Option<i64>>(0)?),
        )?;
        let Some(last) = last.flatten() else { return Ok(()) };
        self.run("UPDATE messages SET ordered_at = ?2 WHERE id = ?1", (id.0, last.saturating_add(1)))?;
        self.run(
            "UPDATE conversations SET active_at = max(active_at, ?2)
             WHERE id = (SELECT conversation FROM messages WHERE id = ?1)",
            (id.0, last.saturating_add(1)),
        )?;
        Ok(())
    }

    /// Moves a message to another state. Says whether that changed anything; `false` also when it is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_message_state(&mut self, id: MessageId, state: MessageState) -> Result<bool> {
        let (state, retry_at, failure) = state.to_sql();
        let touched = self.run(
            "UPDATE messages SET state = ?2, retry_at = ?3, failure = ?4
             WHERE id = ?1 AND (state <> ?2 OR retry_at <> ?3 OR failure <> ?4)",
            (id.0, state, retry_at, failure),
        )?;
        if touched > 0 {
            self.record_message_changed(id)?;
        }
        Ok(touched > 0)
    }

    /// Keeps the hash that our own swarm gave a message.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_swarm_hash(&mut self, id: MessageId, swarm_hash: &str) -> Result<()> {
        self.run("UPDATE messages SET swarm_hash = ?2 WHERE id = ?1", (id.0, swarm_hash))?;
        Ok(())
    }

    /// Records that a message and, because it may be the preview, its conversation look different now.
    pub(super) fn record_message_changed(&mut self, id: MessageId) -> Result<()> {
        self.record(Change::MessageChanged(id));
        if let Some(conversation) = self.conversation_of(id)? {
            self.record(Change::ConversationChanged(conversation));
        }
        Ok(())
    }
}

impl MessageKind {
    /// Whether somebody said it: no line that only tells what happened.
    pub fn is_said(self) -> bool {
        match self {
            Self::Text | Self::NewerFormat | Self::GroupInvitation | Self::CommunityInvitation => true,
            Self::RequestAccepted | Self::TimerChanged | Self::MediaSaved | Self::MissedCall | Self::Deleted => false,
        }
    }

    pub(super) fn to_sql(self) -> i64 {
        match self {
            Self::Text => 1,
            Self::RequestAccepted => 2,
            Self::NewerFormat => 3,
            Self::TimerChanged => 4,
            Self::MediaSaved => 5,
            Self::MissedCall => 6,
            Self::GroupInvitation => 7,
            Self::CommunityInvitation => 8,
            Self::Deleted => 10,
        }
    }

    pub(super) fn from_sql(number: i64) -> Result<Self> {
        match number {
            1 => Ok(Self::Text),
            2 => Ok(Self::RequestAccepted),
            3 => Ok(Self::NewerFormat),
            4 => Ok(Self::TimerChanged),
            5 => Ok(Self::MediaSaved),
            6 => Ok(Self::MissedCall),
            7 => Ok(Self::GroupInvitation),
            8 => Ok(Self::CommunityInvitation),
            10 => Ok(Self::Deleted),
            _ => Err(StoreFault::Value("messages.kind").into()),
        }
    }
}

impl MessageState {
    fn to_sql(self) -> (i64, i64, &'static str) {
        match self {
            Self::Received => (0, 0, ""),
            Self::Pending => (1, 0, ""),
            Self::Sent => (2, 0, ""),
            Self::Retrying { at } => (3, at.to_sql(), ""),
            Self::Failed(failure) => (4, 0, failure.code()),
        }
    }

    pub(super) fn from_sql(state: i64, retry_at: i64, failure: impl FnOnce() -> Result<Failure>) -> Result<Self> {
        Ok(match state {
            0 => Self::Received,
            1 => Self::Pending,
            2 => Self::Sent,
            3 => Self::Retrying { at: Timestamp::from_sql(retry_at) },
            4 => Self::Failed(failure()?),
            _ => return Err(StoreFault::Value("messages.state").into()),
        })
    }
}

impl Failure {
    fn code(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::TooLarge => "too large",
            Self::NotAllowed => "not allowed",
            Self::ClockWrong => "clock wrong",
            Self::Other => "other",
        }
    }

    pub(super) fn from_code(code: &str) -> Self {
        [Self::Rejected, Self::Expired, Self::TooLarge, Self::NotAllowed, Self::ClockWrong]
            .into_iter()
            .find(|failure| failure.code() == code)
            .unwrap_or(Self::Other)
    }
}

/// Reads a row of [`SELECT`].
pub(super) fn read(row: &Row<'_>) -> Result<MessageRow> {
    Ok(MessageRow {
        id: MessageId(row.get(0)?),
        conversation: conversation_at(row, 1)?,
        sender: account_at(row, 2)?,
        outgoing: row.get(3)?,
        kind: MessageKind::from_sql(row.get(4)?)?,
        sent_at: Timestamp::from_sql(row.get(5)?),
        received_at: Timestamp::from_sql(row.get(6)?),
        body: row.get(7)?,
        swarm_hash: row.get(8)?,
        read_at: Timestamp::from_sql(row.get(9)?),
        state: MessageState::from_sql(row.get(10)?, row.get(11)?, || {
            Ok(Failure::from_code(&row.get::<_, String>(12)?))
        })?,
        sending: Sending::read(row, 18)?,
        ordered_at: Timestamp::from_sql(row.get(13)?),
        disappearing: Disappearing::from_sql(row.get(14)?, row.get(15)?)?,
        expires_at: Timestamp::from_sql(row.get(16)?),
        seen_at: Timestamp::from_sql(row.get(17)?),
        quote: quotes::read(row, QUOTE_COLUMN)?,
        reactions: reactions::read(row, REACTIONS_COLUMN)?,
        starred: row.get(STARRED_COLUMN)?,
    })
}

pub(super) fn conversation_at(row: &Row<'_>, column: usize) -> Result<ConversationId> {
    let text = row.get_ref(column)?.as_str().map_err(|_| StoreFault::Value("conversations.address"))?;
    ConversationId::parse(text).map_err(|_| StoreFault::Value("conversations.address").into())
}

impl fmt::Debug for MessageRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageRow").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

impl fmt::Debug for NewMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewMessage(..)")
    }
}

/// Where a letter stands that was sent and came here at these moments. A sender may write any date into it; one who is a little
/// ahead of us keeps the order of what they wrote.
pub fn ordered_at(sent_at: Timestamp, received_at: Timestamp) -> Timestamp {
    sent_at.min(received_at + AHEAD_OF_ARRIVAL)
}

/// How far ahead of its arrival a letter may stand. Clocks of honest devices differ by seconds: nodes refuse requests that
/// are more than a minute off.
pub const AHEAD_OF_ARRIVAL: Duration = Duration::from_secs(60);

const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// The order of a conversation from its end. An index answers it; what has one moment stands as it came here.
const NEWEST_FIRST: &str = "m.ordered_at DESC, m.sent_at DESC, m.sender DESC, m.id DESC";

/// A message with its names, its last sending, what it answers (`q`, and in the same conversation `t`), and as one text its
/// reactions: a line each with since when, whether it is ours, whose, and the emoji, which has no blank in it.
pub(super) const SELECT: &str = "
    SELECT m.id, c.address, s.account, m.outgoing, m.kind, m.sent_at, m.received_at, m.body, m.swarm_hash, m.read_at, m.state,
           m.retry_at, m.failure, m.ordered_at, m.expiry_mode, m.expiry_seconds, m.expires_at, m.seen_at,
           w.accepted, w.asked, w.nodes, w.hops, w.destination, w.latency_ms, w.attempts, w.finished_at,
           q.author, q.sent_at, q.fallback, t.id, t.kind, t.outgoing, substr(t.body, 1, 200),
           (SELECT group_concat(r.since || ' ' || (p.account = (SELECT account FROM profile)) || ' ' || p.account || ' ' || r.emoji,
                                char(10))
            FROM reactions r JOIN contacts p ON p.id = r.contact WHERE r.message = m.id AND r.removed = 0),
           m.starred_at > 0
    FROM messages m
    JOIN conversations c ON c.id = m.conversation
    JOIN contacts s ON s.id = m.sender
    LEFT JOIN sendings w ON w.message = m.id
    LEFT JOIN quotes q ON q.message = m.id
    LEFT JOIN messages t ON t.id = (
        SELECT min(x.id) FROM messages x WHERE x.conversation = m.conversation AND x.sent_at = q.sent_at
            AND x.sender = (SELECT id FROM contacts WHERE account = q.author) AND q.msg_id IN (x'', x.msg_id))";

/// Where the columns of the quote begin in [`SELECT`].
const QUOTE_COLUMN: usize = 26;
/// Where the reactions stand in [`SELECT`].
const REACTIONS_COLUMN: usize = 33;
/// Where it stands whether there is a star.
const STARRED_COLUMN: usize = 34;

#[cfg(test)]
mod tests;
