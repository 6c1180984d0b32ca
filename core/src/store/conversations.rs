//! Conversations: their names, flags and drafts, and the list with preview and unread count in one pass.

use std::fmt;
use std::time::Duration;

use rusqlite::Row;

use super::failure::StoreFault;
use super::{
    Change, ConversationId, Failure, MessageId, MessageKind, MessageState, Mute, NoticeContent, ReadTx, WriteTx,
};
use crate::clock::Timestamp;
use crate::crypto::clean_name;
use crate::error::Result;

/// What kind of conversation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// With one other person.
    Private,
    /// With ourselves.
    NoteToSelf,
}

/// A conversation as the list shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Its name in the program.
    pub id: ConversationId,
    /// What kind it is.
    pub kind: Kind,
    /// Below 0 hidden, 0 normal, above 0 pinned.
    pub priority: i32,
    /// What was typed and not sent.
    pub draft: String,
    /// Unread incoming messages.
    pub unread: u32,
    /// Where the newest message that ever stood here stood ([`MessageRow::ordered_at`](super::MessageRow::ordered_at)), or when
    /// a letter came that was late; [`Timestamp::ZERO`] when none did.
    pub active_at: Timestamp,
    /// We accept the person.
    pub approved: bool,
    /// They accept us.
    pub approved_me: bool,
    /// What they send is dropped.
    pub blocked: bool,
    /// The nickname, else the person's own name, else empty.
    pub name: String,
    /// A message of ours here failed and waits for a person.
    pub failed: bool,
    /// The newest message, for the preview; a letter that came late and is unread goes before it.
    pub newest: Option<Preview>,
    /// Marked as unread by hand.
    pub marked_unread: bool,
    /// Disappearing messages.
    pub disappearing: Disappearing,
    /// Whether it makes itself heard, as of when the row was read: its time may be over since ([`Self::is_muted`]).
    pub mute: Mute,
    /// Laid aside on this device, until something new comes or is written.
    pub archived: bool,
    /// What its notifications show on this device; `None`: as those of all others.
    pub notice_content: Option<NoticeContent>,
    /// What the draft answers, if that stands here.
    pub draft_answers: Option<MessageId>,
    /// When the message request came that waits, or did last (device time); [`Timestamp::ZERO`] when none did.
    pub came_at: Timestamp,
    /// Of a message request, how many letters stand in it, [`MOST_COUNTED`] at most; otherwise 0.
    pub letters: u32,
    /// Of a message request, its first letter.
    pub first: Option<Preview>,
}

/// A conversation with somebody whom we did not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Which.
    pub id: ConversationId,
    /// When the message request came, or did last (device time).
    pub came_at: Timestamp,
    /// It waits for us; otherwise it was declined or deleted.
    pub waits: bool,
}

/// The list on which a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listing {
    /// The main list.
    Main,
    /// Message requests that wait for us.
    Requests,
    /// What was laid aside on this device.
    Archive,
}

/// Whether and when messages of a conversation disappear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Disappearing {
    /// They stay.
    #[default]
    Off,
    /// So long after they were sent.
    AfterSend(Duration),
    /// So long after they were read.
    AfterRead(Duration),
}

impl Disappearing {
    /// From the mode and the seconds of the configs.
    pub(super) fn from_sql(mode: i64, seconds: i64) -> Result<Self> {
        let after = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        match mode {
            0 => Ok(Self::Off),
            1 => Ok(Self::AfterSend(after)),
            2 => Ok(Self::AfterRead(after)),
            _ => Err(StoreFault::Value("contacts.expiry_mode").into()),
        }
    }

    /// As the configs spell it: mode and seconds.
    pub fn to_config(self) -> (u8, u64) {
        match self {
            Self::Off => (0, 0),
            Self::AfterSend(after) => (1, after.as_secs()),
            Self::AfterRead(after) => (2, after.as_secs()),
        }
    }
}

/// What the configs say of a conversation, whether or not it is on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Below 0 hidden, 0 normal, above 0 pinned.
    pub priority: i32,
    /// Emptied and taken off the list here.
    pub removed: bool,
    /// Incoming messages sent until then were read.
    pub read_up_to: Timestamp,
    /// Marked as unread by hand.
    pub marked_unread: bool,
    /// What was sent before stays away. Zero when it was never deleted or hidden; at least 1 ms when it was.
    pub gone_at: Timestamp,
    /// What was sent until then is not shown any more, on the list or not. Zero while never so much was removed at once.
    pub cleared_until: Timestamp,
    /// Until when another device of ours says that it has read ([`MessageRow::ordered_at`](super::MessageRow::ordered_at)).
    pub read_elsewhere: Timestamp,
    /// When it said so.
    pub read_elsewhere_at: Timestamp,
}

/// The newest message of a conversation, shortened.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    /// What kind it is.
    pub kind: MessageKind,
    /// Written by us.
    pub outgoing: bool,
    /// The beginning of its text, at most 200 characters.
    pub text: String,
    /// Its sent time.
    pub sent_at: Timestamp,
    /// Its state.
    pub state: MessageState,
}

impl ConversationRow {
    /// A stranger's message that waits for our answer (messages.md 7.1).
    pub fn is_request(&self) -> bool {
        self.kind == Kind::Private
            && self.approved_me
            && !self.approved
            && !self.blocked
            && self.priority >= 0
            && self.active_at > Timestamp::ZERO
    }

    /// On which list it stands, as [`ReadTx::conversations`], [`ReadTx::requests`] and [`ReadTx::archived`] have it; `None` on
    /// none: it is hidden, or of a stranger who was blocked or has not written yet.
    pub fn listing(&self) -> Option<Listing> {
        match (self.approved, self.blocked) {
            _ if self.priority < 0 => None,
            (false, true) => None,
            (false, false) if self.approved_me => (self.active_at > Timestamp::ZERO).then_some(Listing::Requests),
            _ if self.archived => Some(Listing::Archive),
            (false, false) | (true, _) => Some(Listing::Main),
        }
    }
}

impl ReadTx<'_> {
    /// One conversation, hidden or not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn conversation(&self, id: &ConversationId) -> Result<Option<ConversationRow>> {
        self.row(&format!("{LIST} WHERE c.address = ?1 AND c.removed = 0"), [id.to_string()], read)
    }

    /// The conversations of the main list: neither hidden, nor requests, nor laid aside; pinned first, then newest first.
    /// Blocked people stay in the list, as what was said stays; but not strangers who were blocked without ever being accepted,
    /// who are found among the blocked contacts only.
    ///
    /// # Errors
    /// When the database fails.
    pub fn conversations(&self) -> Result<Vec<ConversationRow>> {
        self.main_list(false)
    }

    /// What was laid aside: it would stand on the main list otherwise, and is ordered as that is.
    ///
    /// # Errors
    /// When the database fails.
    pub fn archived(&self) -> Result<Vec<ConversationRow>> {
        self.main_list(true)
    }

    fn main_list(&self, archived: bool) -> Result<Vec<ConversationRow>> {
        self.rows(
            &format!(
                "{LIST} WHERE c.priority >= 0 AND c.removed = 0 AND c.archived = ?1 AND NOT {REQUEST} AND NOT {BLOCKED_STRANGER}
                 ORDER BY c.priority DESC, c.active_at DESC, c.id DESC"
            ),
            [archived],
            read,
        )
    }

    /// Message requests that wait for us, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn requests(&self) -> Result<Vec<ConversationRow>> {
        self.rows(
            &format!(
                "{LIST} WHERE c.priority >= 0 AND c.removed = 0 AND c.active_at > 0 AND p.blocked = 0 AND {REQUEST}
                 ORDER BY c.active_at DESC, c.id DESC"
            ),
            [],
            read,
        )
    }

    /// When each message request that waits for us came (device time).
    ///
    /// # Errors
    /// When the database fails.
    pub fn requests_came(&self) -> Result<Vec<(ConversationId, Timestamp)>> {
        self.rows(
            &format!(
                "SELECT c.address, c.came_at FROM conversations c JOIN contacts p ON p.id = c.contact
                 WHERE c.priority >= 0 AND c.removed = 0 AND c.active_at > 0 AND {REQUEST}"
            ),
            [],
            |row| Ok((address(row)?, Timestamp::from_sql(row.get(1)?))),
        )
    }

    /// Whether a conversation stands here, hidden or not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_conversation(&self, id: &ConversationId) -> Result<bool> {
        self.any("SELECT 1 FROM conversations WHERE address = ?1 AND removed = 0", [id.to_string()])
    }

    /// Whether a message request waits for us here: [`ConversationRow::is_request`] without reading the row.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_request(&self, id: &ConversationId) -> Result<bool> {
        self.any(
            &format!(
                "SELECT 1 FROM conversations c JOIN contacts p ON p.id = c.contact
                 WHERE c.address = ?1 AND c.priority >= 0 AND c.removed = 0 AND c.active_at > 0 AND {REQUEST}
                   AND NOT EXISTS (SELECT 1 FROM profile me WHERE me.account = c.address)"
            ),
            [id.to_string()],
        )
    }

    /// Unread messages of the main list together, without requests, archive and blocked people: the number on the icon.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unread_total(&self) -> Result<u32> {
        let total = self.row(
            &format!(
                "SELECT coalesce(sum(c.unread_count), 0) FROM conversations c LEFT JOIN contacts p ON p.id = c.contact
                 WHERE c.priority >= 0 AND c.archived = 0 AND coalesce(p.blocked, 0) = 0 AND NOT {REQUEST}"
            ),
            [],
            |row| Ok(row.get::<_, i64>(0)?),
        )?;
        Ok(u32::try_from(total.unwrap_or(0)).unwrap_or(u32::MAX))
    }

    /// What the configs say of a conversation, also of one that is not on the list; `None` when there never was one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn standing(&self, id: &ConversationId) -> Result<Option<Standing>> {
        self.row(
            "SELECT priority, removed, read_up_to, marked_unread, gone_at, cleared_until, read_elsewhere, read_elsewhere_at
             FROM conversations WHERE address = ?1",
            [id.to_string()],
            |row| {
                Ok(Standing {
                    priority: row.get(0)?,
                    removed: row.get(1)?,
                    read_up_to: Timestamp::from_sql(row.get(2)?),
                    marked_unread: row.get(3)?,
                    gone_at: Timestamp::from_sql(row.get(4)?),
                    cleared_until: Timestamp::from_sql(row.get(5)?),
                    read_elsewhere: Timestamp::from_sql(row.get(6)?),
                    read_elsewhere_at: Timestamp::from_sql(row.get(7)?),
                })
            },
        )
    }

    /// Every conversation that has a row, on the list or not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all_conversations(&self) -> Result<Vec<ConversationId>> {
        self.rows("SELECT address FROM conversations ORDER BY id", [], address)
    }

    /// Conversations with strangers, on the list or declined, those in which nothing happened for longest first. What a person
    /// had a hand in (a nickname, a note, a draft) is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn strangers(&self) -> Result<Vec<Stranger>> {
        self.rows(
            "SELECT c.address, c.came_at, c.priority >= 0 AND c.removed = 0 AND c.active_at > 0
             FROM conversations c JOIN contacts p ON p.id = c.contact
             WHERE p.approved = 0 AND p.approved_me = 1 AND p.blocked = 0 AND c.priority <= 0
               AND p.nickname = '' AND p.note = '' AND c.draft = ''
             ORDER BY c.active_at, c.id",
            [],
            |row| Ok(Stranger { id: address(row)?, came_at: Timestamp::from_sql(row.get(1)?), waits: row.get(2)? }),
        )
    }

    /// Whether we wrote anything in a conversation that stands here.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_outgoing(&self, id: &ConversationId) -> Result<bool> {
        self.any(
            "SELECT 1 FROM messages m JOIN conversations c ON c.id = m.conversation WHERE c.address = ?1 AND m.outgoing = 1",
            [id.to_string()],
        )
    }

    /// The largest priority: what is pinned next stands before it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn largest_priority(&self) -> Result<i32> {
        let largest = self.row("SELECT coalesce(max(priority), 0) FROM conversations", [], |row| Ok(row.get(0)?))?;
        Ok(largest.unwrap_or(0))
    }

    /// The row number of a conversation.
    pub(super) fn conversation_number(&self, id: &ConversationId) -> Result<Option<i64>> {
        self.row("SELECT id FROM conversations WHERE address = ?1", [id.to_string()], |row| Ok(row.get(0)?))
    }
}

impl WriteTx<'_> {
    /// Makes sure that a conversation and its person have rows. Says whether it is new.
    ///
    /// # Errors
    /// When the database fails.
    pub fn ensure_conversation(&mut self, id: &ConversationId, now: Timestamp) -> Result<bool> {
        if self.conversation_number(id)?.is_some() {
            let back =
                self.run("UPDATE conversations SET removed = 0 WHERE address = ?1 AND removed = 1", [id.to_string()])?;
            if back > 0 {
                self.record(Change::ConversationChanged(id.clone()));
            }
            return Ok(back > 0);
        }
        let ConversationId::Account(account) = id;
        let contact = self.contact_number(account, now)?;
        self.insert(
            "INSERT INTO conversations (address, kind, contact, created_at) VALUES (?1, 1, ?2, ?3)",
            (id.to_string(), contact, now.to_sql()),
        )?;
        self.record(Change::ConversationChanged(id.clone()));
        Ok(true)
    }

    /// Tells that somebody types, since then (network), or does not any more. Nothing is written.
    pub fn tell_typing(&mut self, conversation: &ConversationId, since: Option<Timestamp>) {
        self.record(Change::Typing { conversation: conversation.clone(), since });
    }

    /// Sets the priority: below 0 hides, 0 shows, above 0 pins. Says whether that changed anything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_priority(&mut self, id: &ConversationId, priority: i32) -> Result<bool> {
        let touched = self.run(
            "UPDATE conversations SET priority = ?2 WHERE address = ?1 AND priority <> ?2",
            (id.to_string(), priority),
        )?;
        if touched > 0 {
            self.record(Change::ConversationChanged(id.clone()));
        }
        Ok(touched > 0)
    }

    /// Notes that what came in until `at` (sent time) was read. Never goes back. Says whether that changed anything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_read_up_to(&mut self, id: &ConversationId, at: Timestamp) -> Result<bool> {
        let touched = self.run(
            "UPDATE conversations SET read_up_to = ?2 WHERE address = ?1 AND read_up_to < ?2",
            (id.to_string(), at.to_sql()),
        )?;
        Ok(touched > 0)
    }

    /// Marks a conversation as unread, or takes the mark away. Says whether that changed anything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_marked_unread(&mut self, id: &ConversationId, marked: bool) -> Result<bool> {
        let touched = self.run(
            "UPDATE conversations SET marked_unread = ?2 WHERE address = ?1 AND marked_unread <> ?2",
            (id.to_string(), marked),
        )?;
        if touched > 0 {
            self.record(Change::ConversationChanged(id.clone()));
        }
        Ok(touched > 0)
    }

    /// Notes that a conversation was deleted or hidden, and that what was sent before `at` (network time, not zero) stays
    /// away. Never goes back.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_gone_at(&mut self, id: &ConversationId, at: Timestamp) -> Result<()> {
        self.run(
            "UPDATE conversations SET gone_at = max(gone_at, ?2) WHERE address = ?1",
            (id.to_string(), at.to_sql()),
        )?;
        Ok(())
    }

    /// Gives a conversation in which nothing was written yet a place in the order of the list; a request came then.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_first_activity(&mut self, id: &ConversationId, at: Timestamp) -> Result<()> {
        let touched = self.run(
            "UPDATE conversations SET active_at = ?2, came_at = iif(came_at = 0, ?2, came_at)
             WHERE address = ?1 AND active_at = 0 AND ?2 > 0",
            (id.to_string(), at.to_sql()),
        )?;
        if touched > 0 {
            self.record(Change::ConversationChanged(id.clone()));
        }
        Ok(())
    }

    /// Keeps what was typed and not sent, and which message it answers: none where that does not stand here, or nothing is
    /// left of it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_draft(&mut self, id: &ConversationId, draft: &str, answers: Option<MessageId>) -> Result<()> {
        let of = match answers {
            Some(message) => self.answerable(id, message)?,
            None => None,
        };
        let touched = self.run(
            "UPDATE conversations SET draft = ?2, draft_answers = ?3
             WHERE address = ?1 AND (draft <> ?2 OR draft_answers IS NOT ?3)",
            (id.to_string(), draft, of),
        )?;
        if touched > 0 {
            self.record(Change::ConversationChanged(id.clone()));
        }
        Ok(())
    }

    /// The row of a message that a draft here can answer.
    fn answerable(&self, id: &ConversationId, message: MessageId) -> Result<Option<i64>> {
        self.row(
            "SELECT m.id FROM messages m JOIN conversations c ON c.id = m.conversation
             WHERE m.id = ?2 AND c.address = ?1 AND m.kind <> 10",
            (id.to_string(), message.as_i64()),
            |row| Ok(row.get(0)?),
        )
    }

    /// Notes when a message request came (device time).
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_came_at(&mut self, id: &ConversationId, at: Timestamp) -> Result<()> {
        let touched =
            self.run("UPDATE conversations SET came_at = ?2 WHERE address = ?1", (id.to_string(), at.to_sql()))?;
        if touched > 0 {
            self.record(Change::ConversationChanged(id.clone()));
        }
        Ok(())
    }

    /// Removes a conversation with its messages, intentions to send and draft from this device at `now` (network time), and
    /// takes it off the list; its messages leave tombstones. The person's row stays: flags and names outlive what was said;
    /// so does what the configs say of the conversation ([`ReadTx::standing`]). Says whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn remove_conversation(&mut self, id: &ConversationId, now: Timestamp) -> Result<bool> {
        let intentions = self.rows(
            "SELECT o.id FROM outbox o JOIN messages m ON m.id = o.message JOIN conversations c ON c.id = m.conversation
             WHERE c.address = ?1",
            [id.to_string()],
            |row| Ok(super::ErrandId::from_i64(row.get(0)?)),
        )?;
        let Some(number) = self.conversation_number(id)? else { return Ok(false) };
        if self.standing(id)?.is_some_and(|standing| standing.removed) {
            return Ok(false);
        }
        self.bury_conversation(number, id, now)?;
        self.note_removal(number)?;
        self.remove_many_messages(number)?;
        self.run("DELETE FROM messages WHERE conversation = ?1", [number])?;
        self.run(
            "UPDATE conversations SET removed = 1, draft = '', draft_answers = NULL, active_at = 0, marked_unread = 0,
                    unread_count = 0, archived = 0, notice_content = NULL
             WHERE id = ?1",
            [number],
        )?;
        for intention in intentions {
            self.record(Change::OutboxChanged(intention));
        }
        self.record_deletion();
        self.record(Change::ConversationRemoved(id.clone()));
        Ok(true)
    }

    /// Takes every trace of a stranger out of the ledger, to make room: messages, conversation, person. No tombstones: nobody
    /// wanted this to go, and strangers must not push out those of others.
    ///
    /// # Errors
    /// When the database fails.
    pub fn drop_stranger(&mut self, id: &ConversationId) -> Result<()> {
        let (Some(number), Some(account)) = (self.conversation_number(id)?, id.account()) else { return Ok(()) };
        self.remove_many_messages(number)?;
        self.run("DELETE FROM messages WHERE conversation = ?1", [number])?;
        // What is to be written of them into documents goes too; then the trigger notes that the conversation is gone.
        self.run("DELETE FROM config_edits WHERE account = ?1", [account.to_string()])?;
        self.run("DELETE FROM conversations WHERE id = ?1", [number])?;
        self.run(
            "DELETE FROM contacts WHERE account = ?1 AND NOT EXISTS (SELECT 1 FROM messages WHERE sender = contacts.id)",
            [account.to_string()],
        )?;
        self.record_deletion();
        self.record(Change::ConversationRemoved(id.clone()));
        Ok(())
    }

    /// Removes the messages of a conversation that is about to go, when they are so many that taking each out of the word
    /// index would hold up everybody else: then the index is made anew by and by.
    fn remove_many_messages(&mut self, conversation: i64) -> Result<()> {
        let gone = self.row("SELECT count(*) FROM messages WHERE conversation = ?1", [conversation], |row| {
            Ok(row.get::<_, i64>(0)?)
        })?;
        if gone.unwrap_or(0) < MANY {
            return Ok(());
        }
        self.without_triggers(|| self.run("DELETE FROM messages WHERE conversation = ?1", [conversation]))?;
        self.index_anew()
    }
}

fn address(row: &Row<'_>) -> Result<ConversationId> {
    let address = row.get_ref(0)?.as_str().map_err(|_| StoreFault::Value("conversations.address"))?;
    ConversationId::parse(address).map_err(|_| StoreFault::Value("conversations.address").into())
}

fn read(row: &Row<'_>) -> Result<ConversationRow> {
    let kind = match (row.get::<_, i64>(1)?, row.get::<_, bool>(2)?) {
        (1, false) => Kind::Private,
        (1, true) => Kind::NoteToSelf,
        _ => return Err(StoreFault::Value("conversations.kind").into()),
    };
    Ok(ConversationRow {
        id: address(row)?,
        kind,
        priority: row.get(3)?,
        draft: row.get(4)?,
        unread: row.get(5)?,
        active_at: Timestamp::from_sql(row.get(6)?),
        approved: row.get(7)?,
        approved_me: row.get(8)?,
        blocked: row.get(9)?,
        // What an earlier version kept was not cleaned.
        name: clean_name(&row.get::<_, String>(10)?).into_owned(),
        failed: row.get(11)?,
        newest: preview(row, 12)?,
        marked_unread: row.get(19)?,
        disappearing: Disappearing::from_sql(row.get(20)?, row.get(21)?)?,
        mute: Mute::from_sql(row.get(22)?, row.get(23)?),
        archived: row.get(24)?,
        notice_content: NoticeContent::from_sql(row.get(25)?)?,
        draft_answers: row.get::<_, Option<i64>>(26)?.map(MessageId::from_i64),
        came_at: Timestamp::from_sql(row.get(27)?),
        letters: row.get(28)?,
        first: preview(row, 29)?,
    })
}

/// The message whose columns begin at `at`, if there is one.
fn preview(row: &Row<'_>, at: usize) -> Result<Option<Preview>> {
    let Some(kind) = row.get::<_, Option<i64>>(at)? else { return Ok(None) };
    Ok(Some(Preview {
        kind: MessageKind::from_sql(kind)?,
        outgoing: row.get(at + 1)?,
        text: row.get(at + 2)?,
        sent_at: Timestamp::from_sql(row.get(at + 3)?),
        state: MessageState::from_sql(row.get(at + 4)?, row.get(at + 5)?, || {
            Ok(Failure::from_code(&row.get::<_, String>(at + 6)?))
        })?,
    }))
}

impl fmt::Debug for ConversationRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConversationRow").field("id", &self.id).field("unread", &self.unread).finish_non_exhaustive()
    }
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Preview(..)")
    }
}

/// Fewer messages than this go one by one fast enough: taking one out of the word index takes a millisecond among 300,000, and
/// ten among a million (measured).
const MANY: i64 = 200;

/// One pass: the newest message is one step into the index of its conversation, and so is the unread letter that came last,
/// the red mark one probe of a partial index that is nearly always empty, the unread count a column. A letter that came so
/// much later than what stands at the end ([`LATE`](super::late::LATE)) is what is new. Of somebody whom we did not accept also
/// the first letter, and how many there are ([`MOST_COUNTED`]).
const LIST: &str = "
    SELECT c.address, c.kind, EXISTS (SELECT 1 FROM profile me WHERE me.account = c.address), c.priority, c.draft,
           c.unread_count, c.active_at, coalesce(p.approved, 1), coalesce(p.approved_me, 1), coalesce(p.blocked, 0),
           coalesce(iif(p.nickname <> '', p.nickname, p.display_name), ''),
           EXISTS (SELECT 1 FROM messages f WHERE f.conversation = c.id AND f.state = 4),
           m.kind, m.outgoing, substr(m.body, 1, 200), m.sent_at, m.state, m.retry_at, m.failure,
           c.marked_unread, coalesce(p.expiry_mode, 0), coalesce(p.expiry_seconds, 0),
           coalesce(p.muted_for_ever, 0), coalesce(p.muted_until, 0), c.archived, c.notice_content, c.draft_answers, c.came_at,
           iif(p.approved = 0, (SELECT count(*) FROM (SELECT 1 FROM messages n WHERE n.conversation = c.id AND n.outgoing = 0
                                                      AND n.kind IN (1, 3, 7, 8) LIMIT 100)), 0),
           o.kind, o.outgoing, substr(o.body, 1, 200), o.sent_at, o.state, o.retry_at, o.failure
    FROM conversations c
    LEFT JOIN contacts p ON p.id = c.contact
    LEFT JOIN messages e ON e.id = (SELECT n.id FROM messages n WHERE n.conversation = c.id
                                    ORDER BY n.ordered_at DESC, n.sent_at DESC, n.sender DESC LIMIT 1)
    LEFT JOIN messages u ON c.unread_count > 0 AND u.id = (
        SELECT n.id FROM messages n WHERE n.conversation = c.id AND n.outgoing = 0 AND n.read_at = 0
        ORDER BY n.stored_at DESC LIMIT 1)
    LEFT JOIN messages m ON m.id = iif(u.stored_at > max(e.stored_at, e.ordered_at) + 60000, u.id, e.id)
    LEFT JOIN messages o ON o.id = iif(p.approved = 0, (
        SELECT n.id FROM messages n WHERE n.conversation = c.id AND n.outgoing = 0 AND n.kind IN (1, 3, 7, 8)
        ORDER BY n.ordered_at, n.sent_at, n.sender LIMIT 1), NULL)";

/// So many letters of a request are counted. Nobody wants to know more of it; and each costs a look into the table, for each of
/// hundreds of strangers, whenever the requests are read.
pub const MOST_COUNTED: u32 = 100;

/// Whether a row of [`LIST`] is somebody whom we did not accept and who wrote to us.
const REQUEST: &str = "(coalesce(p.approved, 1) = 0 AND coalesce(p.approved_me, 1) = 1 AND p.blocked = 0)";

/// Whether a row of [`LIST`] is somebody whom we blocked and never accepted.
const BLOCKED_STRANGER: &str = "(coalesce(p.approved, 1) = 0 AND coalesce(p.blocked, 0) = 1)";

#[cfg(test)]
mod tests;
