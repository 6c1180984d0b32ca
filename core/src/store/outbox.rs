//! The out-tray: every intention that the network must hear of is a row until it is done. Such a row is an *errand*.
//!
//! An errand says **what** is done ([`What`]), **where** (an address, and a namespace where it matters), **until when** it is
//! worth trying (a deadline of its own), **after which** others, in which **lane**, and how **urgent** it is.
//!
//! **Order.** Errands of one lane begin in the order in which they were written and are under way together, because whoever
//! reads puts letters in the order of their moments; only behind one that *leads* (the answer to a request) the later ones
//! of its lane wait. Between lanes nobody waits for anybody, and without a lane an errand keeps no order.
//! **Dependence.** One that waits for others becomes ready when the last of them leaves; when one of them fails, it keeps
//! waiting, because a resend may still bring that on its way. Whoever waits or has failed gives its lane free.
//! **Sealing.** The plaintext is sealed once and the sealed bytes are kept, so that a retry after a crash stores the very same
//! bytes and the swarm answers with the very same hash. **Failing.** A failed errand stays, out of everybody's way, for the
//! person who presses *resend*.

use std::fmt;
use std::time::Duration;

use rusqlite::Row;

use super::failure::StoreFault;
use super::profile::FROM_A_WRONG_CLOCK;
use super::removal::list;
use super::{Change, ConversationId, MessageId, ReadTx, WriteTx};
use crate::address::{Address, Namespace, SwarmHash};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// Names an errand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrandId(i64);

impl ErrandId {
    /// From a number that [`ErrandId::as_i64`] gave.
    pub const fn from_i64(number: i64) -> Self {
        Self(number)
    }

    /// The number; larger ones were written later.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

/// What is done.
#[derive(Clone, PartialEq, Eq)]
pub enum What {
    /// Something is stored in a swarm.
    Store(Parcel),
    /// Messages are deleted from a swarm that we may delete in, by their names there.
    Delete(Vec<SwarmHash>),
    /// The lifetimes of messages become shorter in a swarm that we may delete in.
    Expire {
        /// Their names there.
        hashes: Vec<SwarmHash>,
        /// When it forgets them (network).
        end: Timestamp,
    },
}

/// Something to be stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Parcel {
    /// What it is to us.
    pub role: Role,
    /// Which namespace it goes to.
    pub namespace: Namespace,
    /// The unpadded plaintext Content; empty once sealed.
    pub content: Vec<u8>,
    /// The sealed bytes, once sealed.
    pub sealed: Option<Vec<u8>>,
    /// How long the swarm shall keep it.
    pub ttl: Duration,
    /// The timestamp inside (network).
    pub sent_at: Timestamp,
}

/// What a thing that is stored is to us: who hears of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A message for its recipient (Note to Self included): the message shows what becomes of it.
    Message,
    /// The copy of a message for our own devices.
    Copy,
    /// The answer to a message request.
    Answer,
    /// A message is withdrawn: told to its reader, and to our own devices.
    Unsend,
    /// A reaction, and its copy: the message is the one that it is put on.
    Reaction,
    /// Says that messages were read.
    Receipt,
    /// Says that we type: worth nothing once its deadline is past.
    Typing,
}

impl Role {
    /// How what is stored in this role is tried.
    pub fn kind(self) -> ErrandKind {
        match self {
            Self::Message | Self::Copy | Self::Answer => ErrandKind::Store,
            Self::Unsend | Self::Reaction | Self::Receipt | Self::Typing => ErrandKind::Notice,
        }
    }
}

/// What is done, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrandKind {
    /// [`What::Store`] of what a person can send again.
    Store,
    /// [`What::Store`] of something that shows nothing of its own and that nobody can send again.
    Notice,
    /// [`What::Delete`].
    Delete,
    /// [`What::Expire`].
    Expire,
}

/// Errands of one lane begin in the order in which they were written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Lane(String);

impl Lane {
    /// The lane of everything that somebody, or a group, reads in order.
    pub fn to(address: impl Into<Address>) -> Self {
        Self(address.into().to_string())
    }
}

/// Which errands leave first, between lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// A person waits for it.
    Person,
    /// Nobody looks: copies, tidying up.
    Background,
}

/// An errand to be written.
#[derive(Clone)]
pub struct NewErrand {
    /// What is done.
    pub what: What,
    /// The message it carries, if it carries one: it goes with it.
    pub message: Option<MessageId>,
    /// Whose storage.
    pub address: Address,
    /// Now (device).
    pub created_at: Timestamp,
    /// Until when it is worth trying (device).
    pub deadline: Timestamp,
    /// The errands that must leave first.
    pub after: Vec<ErrandId>,
    /// Its lane; none keeps no order.
    pub lane: Option<Lane>,
    /// How urgent it is.
    pub urgency: Urgency,
}

/// Another date for something that was never sealed.
pub struct NewDate<'a> {
    /// The timestamp inside (network).
    pub sent_at: Timestamp,
    /// The Content that says so.
    pub content: &'a [u8],
    /// When it was written (device).
    pub created_at: Timestamp,
}

/// An errand as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Errand {
    /// Its number.
    pub id: ErrandId,
    /// What is done.
    pub what: What,
    /// The message it carries, if it carries one.
    pub message: Option<MessageId>,
    /// Whose storage.
    pub address: Address,
    /// When it was written, or a person last asked for it again (device).
    pub created_at: Timestamp,
    /// Until when it is worth trying (device).
    pub deadline: Timestamp,
    /// It waits for another errand.
    pub waits: bool,
    /// Its lane; none keeps no order.
    pub lane: Option<Lane>,
    /// How urgent it is.
    pub urgency: Urgency,
    /// Refused attempts so far.
    pub attempts: u32,
    /// Not before this moment (device).
    pub retry_at: Timestamp,
    /// Failed; waits for a person.
    pub failed: bool,
}

impl Errand {
    /// What is done, without its content.
    pub fn kind(&self) -> ErrandKind {
        match self.what {
            What::Store(ref parcel) => parcel.role.kind(),
            What::Delete(_) => ErrandKind::Delete,
            What::Expire { .. } => ErrandKind::Expire,
        }
    }

    /// What is stored; `None` for errands of other kinds.
    pub fn parcel(&self) -> Option<&Parcel> {
        if let What::Store(parcel) = &self.what { Some(parcel) } else { None }
    }

    /// What the thing that is stored is to us; `None` for errands of other kinds.
    pub fn role(&self) -> Option<Role> {
        self.parcel().map(|parcel| parcel.role)
    }
}

/// An errand that waits for nothing but time, in few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyErrand {
    /// Its number.
    pub id: ErrandId,
    /// What is done.
    pub kind: ErrandKind,
    /// Its lane.
    pub lane: Option<Lane>,
    /// Whose storage.
    pub address: Address,
    /// How urgent it is.
    pub urgency: Urgency,
    /// Later errands of its lane wait until it is done or has failed.
    pub leads: bool,
    /// Not before this moment (device).
    pub retry_at: Timestamp,
}

impl ReadTx<'_> {
    /// One errand.
    ///
    /// # Errors
    /// When the database fails.
    pub fn errand(&self, id: ErrandId) -> Result<Option<Errand>> {
        self.row(&format!("SELECT {COLUMNS} FROM outbox o WHERE o.id = ?1"), [id.0], read)
    }

    /// Errands that wait for nothing but time and, perhaps, one that leads their lane: urgent ones first, then in the order
    /// in which they were written.
    ///
    /// # Errors
    /// When the database fails.
    pub fn errands_ready(&self) -> Result<Vec<ReadyErrand>> {
        let sql = format!("SELECT {READY_COLUMNS} FROM outbox o WHERE {READY} ORDER BY o.urgency, o.id");
        self.rows(&sql, [], |row| {
            Ok(ReadyErrand {
                id: ErrandId(row.get(0)?),
                kind: ErrandKind::from_sql(row.get(1)?, row.get(6)?)?,
                lane: lane(row.get(2)?),
                retry_at: Timestamp::from_sql(row.get(3)?),
                address: row.get(4)?,
                urgency: Urgency::from_sql(row.get(5)?),
                leads: row.get::<_, i64>(6)? == Role::Answer.to_sql(),
            })
        })
    }

    /// The errands that one waits for.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub fn awaited_by(&self, id: ErrandId) -> Result<Vec<ErrandId>> {
        self.rows("SELECT awaits FROM outbox_waits WHERE errand = ?1 ORDER BY awaits", [id.0], |row| {
            Ok(ErrandId(row.get(0)?))
        })
    }

    /// What is to be stored that bears this moment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn errands_stamped(&self, sent_at: Timestamp) -> Result<Vec<Errand>> {
        self.rows(
            &format!("SELECT {COLUMNS} FROM outbox o WHERE o.kind = 1 AND o.sent_at = ?1 ORDER BY o.id"),
            [sent_at.to_sql()],
            read,
        )
    }

    /// The errands that carry a message.
    ///
    /// # Errors
    /// When the database fails.
    pub fn errands_of_message(&self, message: MessageId) -> Result<Vec<Errand>> {
        self.errands_of_messages(&[message])
    }

    /// The errands that carry one of these messages.
    ///
    /// # Errors
    /// When the database fails.
    pub fn errands_of_messages(&self, messages: &[MessageId]) -> Result<Vec<Errand>> {
        self.rows(
            &format!(
                "SELECT {COLUMNS} FROM outbox o WHERE o.message IN (SELECT value FROM json_each(?1)) ORDER BY o.id"
            ),
            [list(messages.iter().copied())],
            read,
        )
    }

    /// The errands that carry messages of a conversation. Costs the outbox, whatever the conversation's length.
    ///
    /// # Errors
    /// When the database fails.
    pub fn errands_of_conversation(&self, conversation: &ConversationId) -> Result<Vec<Errand>> {
        self.rows(
            &format!(
                "SELECT {COLUMNS} FROM outbox o
                 WHERE (SELECT c.address FROM messages m JOIN conversations c ON c.id = m.conversation
                        WHERE m.id = o.message) = ?1 ORDER BY o.id"
            ),
            [conversation.to_string()],
            read,
        )
    }

    /// Whether something of a conversation waits to be sent that nobody who deleted it at `gone_at` can have known: it
    /// still leaves by itself, or it was written later (all network time; a moment well after `now` is that of a wrong
    /// clock and says nothing). What failed before then does not count, and neither does its copy, which waits for it. Nor does
    /// a letter that goes out again: it had left before.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_unsent(&self, conversation: &ConversationId, gone_at: Timestamp, now: Timestamp) -> Result<bool> {
        self.any(
            "SELECT 1 FROM outbox o JOIN messages m ON m.id = o.message JOIN conversations c ON c.id = m.conversation
             WHERE c.address = ?1 AND o.kind = 1
               AND ((o.sent_at > ?2 AND o.sent_at <= ?3)
                    OR (o.state = 0 AND NOT (m.again_at > 0 AND o.role IN (1, 2))
                        AND NOT EXISTS (SELECT 1 FROM outbox_waits w JOIN outbox f ON f.id = w.awaits
                                        WHERE w.errand = o.id AND f.state = 1)))",
            (conversation.to_string(), gone_at.to_sql(), (now + FROM_A_WRONG_CLOCK).to_sql()),
        )
    }

    /// All errands in the order in which they were written, for comparing and for tests.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub fn errands(&self) -> Result<Vec<Errand>> {
        self.rows(&format!("SELECT {COLUMNS} FROM outbox o ORDER BY o.id"), [], read)
    }
}

impl WriteTx<'_> {
    /// Writes an errand.
    ///
    /// # Errors
    /// When the database fails.
    pub fn insert_errand(&mut self, new: &NewErrand) -> Result<ErrandId> {
        let columns = Columns::of(&new.what);
        let id = ErrandId(self.insert(
            "INSERT INTO outbox (kind, role, message, address, namespace, content, sealed, hashes, ttl_ms, sent_at, created_at,
                                 deadline, lane, urgency, new_end)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            rusqlite::params![
                columns.kind.to_sql(),
                columns.role,
                new.message.map(MessageId::as_i64),
                new.address,
                columns.namespace,
                columns.content,
                columns.sealed,
                columns.hashes,
                i64::try_from(columns.ttl.as_millis()).unwrap_or(i64::MAX),
                columns.sent_at.to_sql(),
                new.created_at.to_sql(),
                new.deadline.to_sql(),
                new.lane.as_ref().map_or("", |lane| &lane.0),
                new.urgency.to_sql(),
                columns.new_end.to_sql(),
            ],
        )?);
        for awaited in &new.after {
            // One that has left already is not waited for.
            self.run(
                "INSERT INTO outbox_waits (errand, awaits) SELECT ?1, id FROM outbox WHERE id = ?2",
                (id.0, awaited.0),
            )?;
        }
        self.record(Change::OutboxChanged(id));
        Ok(id)
    }

    /// Keeps the sealed bytes and drops the plaintext. The first sealing counts: when there is one already, nothing
    /// changes. Gives the bytes that count, or `None` when the errand is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub fn seal_errand(&mut self, id: ErrandId, sealed: &[u8]) -> Result<Option<Vec<u8>>> {
        self.run("UPDATE outbox SET sealed = ?2, content = x'' WHERE id = ?1 AND sealed = x''", (id.0, sealed))?;
        self.row("SELECT sealed FROM outbox WHERE id = ?1", [id.0], |row| Ok(row.get(0)?))
    }

    /// It is done: the errand leaves, and what waited for it alone becomes ready. Says whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub fn finish_errand(&mut self, id: ErrandId) -> Result<bool> {
        let touched = self.run("DELETE FROM outbox WHERE id = ?1", [id.0])?;
        if touched > 0 {
            self.record(Change::OutboxChanged(id));
        }
        Ok(touched > 0)
    }

    /// Tries again at `retry_at` (device). `refused` counts the attempt; being offline does not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn postpone_errand(&mut self, id: ErrandId, retry_at: Timestamp, refused: bool) -> Result<()> {
        self.run(
            "UPDATE outbox SET retry_at = ?2, attempts = attempts + ?3 WHERE id = ?1",
            (id.0, retry_at.to_sql(), i64::from(refused)),
        )?;
        self.record(Change::OutboxChanged(id));
        Ok(())
    }

    /// Gives up until a person says otherwise.
    ///
    /// # Errors
    /// When the database fails.
    pub fn fail_errand(&mut self, id: ErrandId) -> Result<()> {
        self.run("UPDATE outbox SET state = 1 WHERE id = ?1", [id.0])?;
        self.record(Change::OutboxChanged(id));
        Ok(())
    }

    /// *Resend*: the errands of a message start again at once, with as much time as they had. Says whether there were any.
    ///
    /// # Errors
    /// When the database fails.
    pub fn revive_errands(&mut self, message: MessageId, now: Timestamp) -> Result<bool> {
        let sql = format!("UPDATE outbox SET {BEGIN_AGAIN} WHERE message = ?1 RETURNING id");
        self.touch(&sql, (message.as_i64(), now.to_sql())).map(|touched| touched > 0)
    }

    /// Answers to the request of `recipient` that failed start again at once. Says whether there were any.
    ///
    /// # Errors
    /// When the database fails.
    pub fn revive_answers(&mut self, recipient: &AccountId, now: Timestamp) -> Result<bool> {
        let sql = format!(
            "UPDATE outbox SET {BEGIN_AGAIN} WHERE address = ?1 AND kind = 1 AND role = 3 AND state = 1 RETURNING id"
        );
        self.touch(&sql, (Address::from(recipient), now.to_sql())).map(|touched| touched > 0)
    }

    /// Takes back answers to the request of `recipient` that did not leave yet: whoever accepted thinks better of it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn withdraw_answers(&mut self, recipient: &AccountId) -> Result<()> {
        let sql = "DELETE FROM outbox WHERE address = ?1 AND kind = 1 AND role = 3 RETURNING id";
        self.touch(sql, [Address::from(recipient)]).map(|_| ())
    }

    /// Takes back what says to `recipient` that we type and did not leave yet.
    ///
    /// # Errors
    /// When the database fails.
    pub fn withdraw_typing(&mut self, recipient: &AccountId) -> Result<()> {
        let sql = "DELETE FROM outbox WHERE address = ?1 AND kind = 1 AND role = 5 RETURNING id";
        self.touch(sql, [Address::from(recipient)]).map(|_| ())
    }

    /// The network is back: every errand that waits for time becomes ready now, except after a refusal: a swarm that is in
    /// trouble gets its time. Gives how many did.
    ///
    /// # Errors
    /// When the database fails.
    pub fn hurry_errands(&mut self) -> Result<usize> {
        self.touch("UPDATE outbox SET retry_at = 0 WHERE state = 0 AND retry_at > 0 AND attempts = 0 RETURNING id", [])
    }

    /// Runs a statement that gives the errands it touched.
    fn touch(&mut self, sql: &str, params: impl rusqlite::Params) -> Result<usize> {
        let ids = self.rows(sql, params, |row| Ok(ErrandId(row.get(0)?)))?;
        for id in &ids {
            self.record(Change::OutboxChanged(*id));
        }
        Ok(ids.len())
    }
}

/// How a [`What`] stands in columns.
struct Columns<'a> {
    kind: ErrandKind,
    role: i64,
    namespace: Namespace,
    content: &'a [u8],
    sealed: &'a [u8],
    hashes: String,
    ttl: Duration,
    sent_at: Timestamp,
    new_end: Timestamp,
}

impl<'a> Columns<'a> {
    fn of(what: &'a What) -> Self {
        match what {
            What::Store(parcel) => Self {
                kind: parcel.role.kind(),
                role: parcel.role.to_sql(),
                namespace: parcel.namespace,
                content: &parcel.content,
                sealed: parcel.sealed.as_deref().unwrap_or_default(),
                hashes: String::new(),
                ttl: parcel.ttl,
                sent_at: parcel.sent_at,
                new_end: Timestamp::ZERO,
            },
            What::Delete(hashes) => Self::about(ErrandKind::Delete, hashes, Timestamp::ZERO),
            What::Expire { hashes, end } => Self::about(ErrandKind::Expire, hashes, *end),
        }
    }

    /// Of what lies in a swarm already.
    fn about(kind: ErrandKind, hashes: &[SwarmHash], new_end: Timestamp) -> Self {
        Self {
            kind,
            role: 0,
            namespace: Namespace::DIRECT,
            content: &[],
            sealed: &[],
            hashes: hashes.iter().map(SwarmHash::as_str).collect::<Vec<_>>().join(" "),
            ttl: Duration::ZERO,
            sent_at: Timestamp::ZERO,
            new_end,
        }
    }
}

impl Urgency {
    fn to_sql(self) -> i64 {
        i64::from(self == Self::Background)
    }

    fn from_sql(number: i64) -> Self {
        if number == 0 { Self::Person } else { Self::Background }
    }
}

impl ErrandKind {
    fn to_sql(self) -> i64 {
        match self {
            Self::Store | Self::Notice => 1,
            Self::Delete => 2,
            Self::Expire => 3,
        }
    }

    fn from_sql(number: i64, role: i64) -> Result<Self> {
        match number {
            1 => Ok(Role::from_sql(role)?.kind()),
            2 => Ok(Self::Delete),
            3 => Ok(Self::Expire),
            _ => Err(StoreFault::Value("outbox.kind").into()),
        }
    }
}

impl Role {
    fn to_sql(self) -> i64 {
        match self {
            Self::Message => 1,
            Self::Copy => 2,
            Self::Answer => 3,
            Self::Receipt => 4,
            Self::Typing => 5,
            Self::Unsend => 10,
            Self::Reaction => 11,
        }
    }

    fn from_sql(number: i64) -> Result<Self> {
        match number {
            1 => Ok(Self::Message),
            2 => Ok(Self::Copy),
            3 => Ok(Self::Answer),
            4 => Ok(Self::Receipt),
            5 => Ok(Self::Typing),
            10 => Ok(Self::Unsend),
            11 => Ok(Self::Reaction),
            _ => Err(StoreFault::Value("outbox.role").into()),
        }
    }
}

fn lane(text: String) -> Option<Lane> {
    (!text.is_empty()).then_some(Lane(text))
}

fn read(row: &Row<'_>) -> Result<Errand> {
    Ok(Errand {
        id: ErrandId(row.get(0)?),
        what: read_what(row)?,
        message: row.get::<_, Option<i64>>(9)?.map(MessageId::from_i64),
        address: row.get(10)?,
        created_at: Timestamp::from_sql(row.get(11)?),
        deadline: Timestamp::from_sql(row.get(12)?),
        waits: row.get(13)?,
        lane: lane(row.get(14)?),
        attempts: row.get(15)?,
        retry_at: Timestamp::from_sql(row.get(16)?),
        failed: row.get(17)?,
        urgency: Urgency::from_sql(row.get(18)?),
    })
}

fn read_what(row: &Row<'_>) -> Result<What> {
    match ErrandKind::from_sql(row.get(1)?, row.get(2)?)? {
        ErrandKind::Store | ErrandKind::Notice => {
            let sealed: Vec<u8> = row.get(5)?;
            Ok(What::Store(Parcel {
                role: Role::from_sql(row.get(2)?)?,
                namespace: row.get(3)?,
                content: row.get(4)?,
                sealed: (!sealed.is_empty()).then_some(sealed),
                ttl: Duration::from_millis(u64::try_from(row.get::<_, i64>(7)?).unwrap_or(0)),
                sent_at: Timestamp::from_sql(row.get(8)?),
            }))
        }
        ErrandKind::Delete => Ok(What::Delete(hashes(row)?)),
        ErrandKind::Expire => Ok(What::Expire { hashes: hashes(row)?, end: Timestamp::from_sql(row.get(19)?) }),
    }
}

fn hashes(row: &Row<'_>) -> Result<Vec<SwarmHash>> {
    let text: String = row.get(6)?;
    Ok(text.split_whitespace().filter_map(SwarmHash::parse).collect())
}

impl fmt::Debug for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Errand").field("id", &self.id).field("role", &self.role()).finish_non_exhaustive()
    }
}

/// Whom we write to does not belong in logs.
impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lane(..)")
    }
}

const COLUMNS: &str = "o.id, o.kind, o.role, o.namespace, o.content, o.sealed, o.hashes, o.ttl_ms, o.sent_at, o.message, o.address,
     o.created_at, o.deadline, EXISTS (SELECT 1 FROM outbox_waits w WHERE w.errand = o.id), o.lane, o.attempts, o.retry_at, o.state,
     o.urgency, o.new_end";

const READY_COLUMNS: &str = "o.id, o.kind, o.lane, o.retry_at, o.address, o.urgency, o.role";

/// Waits for no other, and has not failed. Answered by the index `outbox_in_order`.
const READY: &str = "o.state = 0 AND NOT EXISTS (SELECT 1 FROM outbox_waits w WHERE w.errand = o.id)";

/// As new, with as much time as it had.
const BEGIN_AGAIN: &str =
    "state = 0, attempts = 0, retry_at = 0, created_at = ?2, deadline = ?2 + max(deadline - created_at, 0)";

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    const FORTNIGHT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

    fn ready(tx: &ReadTx<'_>, now: u64) -> Vec<i64> {
        let due = |row: &ReadyErrand| (row.retry_at <= at(now)).then_some(row.id.0);
        tx.errands_ready().unwrap().iter().filter_map(due).collect()
    }

    /// When the next one is due.
    fn next(tx: &ReadTx<'_>) -> Option<Timestamp> {
        tx.errands_ready().unwrap().iter().map(|row| row.retry_at).min()
    }

    #[tokio::test]
    async fn rows_of_one_recipient_are_ready_together_in_order_and_one_that_waits_holds_up_nobody() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            let first = tx.insert_errand(&intention(bob(), None))?;
            let second = tx.insert_errand(&intention(bob(), None))?;
            let other = tx.insert_errand(&intention(carol(), None))?;
            assert_eq!(ready(tx, 0), [first.0, second.0, other.0]);
            tx.postpone_errand(first, at(500), true)?;
            assert_eq!(ready(tx, 499), [second.0, other.0], "moments tell the order where they are read");
            assert_eq!(next(tx), Some(Timestamp::ZERO));
            assert_eq!(ready(tx, 500), [first.0, second.0, other.0]);
            assert!(tx.finish_errand(other)?);
            tx.fail_errand(first)?;
            assert_eq!(ready(tx, 500), [second.0], "what failed is out of the way");
            tx.finish_errand(second)?;
            assert_eq!((ready(tx, 1_000), next(tx)), (vec![], None));
            assert!(!tx.finish_errand(second)?);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_sync_copy_waits_for_its_message_and_holds_up_nobody() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            let copy = |awaited| NewErrand {
                after: vec![awaited],
                lane: None,
                urgency: Urgency::Background,
                ..intention(alice(), None)
            };
            let to_bob = tx.insert_errand(&intention(bob(), None))?;
            let copy_of_bobs = tx.insert_errand(&copy(to_bob))?;
            let to_carol = tx.insert_errand(&intention(carol(), None))?;
            let copy_of_carols = tx.insert_errand(&copy(to_carol))?;
            let note = tx.insert_errand(&intention(alice(), None))?;
            assert_eq!(ready(tx, 0), [to_bob.0, to_carol.0, note.0]);
            tx.postpone_errand(to_bob, at(500), false)?;
            tx.finish_errand(to_carol)?;
            assert_eq!(ready(tx, 0), [note.0, copy_of_carols.0], "people first, then copies");
            tx.fail_errand(to_bob)?;
            assert!(tx.errand(copy_of_bobs)?.unwrap().waits, "a copy of what never left stays");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_waits_or_has_failed_gives_its_lane_free_and_leaves_after_the_last_it_waits_for() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            let upload = || NewErrand { lane: None, ..intention(alice(), None) };
            let (first, second) = (tx.insert_errand(&upload())?, tx.insert_errand(&upload())?);
            let picture = NewErrand { after: vec![first, second], ..intention(bob(), None) };
            let picture = tx.insert_errand(&picture)?;
            let text = tx.insert_errand(&intention(bob(), None))?;
            assert_eq!(tx.awaited_by(picture)?, [first, second]);
            assert_eq!(ready(tx, 0), [first.0, second.0, text.0], "the text does not wait for the picture's files");
            tx.finish_errand(first)?;
            assert_eq!(ready(tx, 0), [second.0, text.0]);
            tx.fail_errand(second)?;
            assert_eq!(ready(tx, 0), [text.0], "one of its files failed: the picture waits, nobody else does");
            tx.finish_errand(second)?;
            assert_eq!(ready(tx, 0), [picture.0, text.0], "and now it is the first of its lane again");
            let late = NewErrand { after: vec![first], ..intention(carol(), None) };
            let late = tx.insert_errand(&late)?;
            assert!(ready(tx, 0).contains(&late.0), "what has left already is not waited for");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn an_errand_is_read_as_it_was_written() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            let delete = What::Delete(vec![name("a"), name("b")]);
            let expire = What::Expire { hashes: vec![name("a")], end: at(77) };
            for what in [delete, expire, intention(bob(), None).what] {
                let new = NewErrand { what: what.clone(), urgency: Urgency::Background, ..intention(bob(), None) };
                let id = tx.insert_errand(&new)?;
                let row = tx.errand(id)?.unwrap();
                assert!(row.what == what && row.address == bob().into() && row.lane == new.lane && !row.waits);
                assert_eq!((row.created_at, row.deadline, row.attempts), (new.created_at, new.deadline, 0));
            }
            let kinds: Vec<_> = tx.errands_ready()?.iter().map(|row| (row.kind, row.urgency)).collect();
            assert_eq!(
                kinds,
                [ErrandKind::Delete, ErrandKind::Expire, ErrandKind::Store].map(|kind| (kind, Urgency::Background))
            );
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn the_first_sealing_counts_and_the_plaintext_leaves() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            let id = tx.insert_errand(&intention(bob(), None))?;
            assert_eq!(tx.errand(id)?.unwrap().parcel().unwrap().sealed, None);
            assert_eq!(tx.seal_errand(id, b"sealed")?, Some(b"sealed".to_vec()));
            assert_eq!(tx.seal_errand(id, b"sealed again")?, Some(b"sealed".to_vec()));
            let row = tx.errand(id)?.unwrap();
            let row = row.parcel().unwrap();
            assert_eq!((row.content.as_slice(), row.sealed.as_deref()), (b"".as_slice(), Some(b"sealed".as_slice())));
            tx.finish_errand(id)?;
            assert_eq!(tx.seal_errand(id, b"too late")?, None);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn resend_starts_a_failed_message_again_and_the_network_coming_back_hurries_all() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            let message = text(tx, bob(), alice(), 10, "hi").unwrap();
            let id = tx.insert_errand(&intention(bob(), Some(message)))?;
            tx.postpone_errand(id, at(900), false)?;
            assert_eq!(tx.errand(id)?.unwrap().attempts, 0, "being offline is no attempt");
            assert_eq!((tx.hurry_errands()?, tx.hurry_errands()?), (1, 0));
            assert_eq!(ready(tx, 0), [id.0]);
            tx.postpone_errand(id, at(500), true)?;
            assert_eq!((tx.hurry_errands()?, ready(tx, 0)), (0, vec![]), "a swarm that refused gets its time");
            tx.fail_errand(id)?;
            assert!(tx.errand(id)?.unwrap().failed);
            assert!(tx.revive_errands(message, at(2_000))?);
            let row = tx.errand(id)?.unwrap();
            assert_eq!((row.attempts, row.failed, row.created_at), (0, false, at(2_000)));
            assert_eq!(row.deadline, at(2_000) + FORTNIGHT, "with as much time as it had");
            tx.remove_message(message, at(99))?;
            assert_eq!(tx.errands()?, [], "a removed message takes its intention along");
            assert!(!tx.revive_errands(message, at(2_000))?);
            Ok(())
        });
        let ((), changes) = write.await.unwrap();
        assert!(changes.touches_outbox());
    }

    #[tokio::test]
    async fn a_thousand_rows_are_answered_in_order_by_an_index() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("outbox", |tx| {
            for _ in 0..1_000 {
                tx.insert_errand(&intention(bob(), None))?;
            }
            assert_eq!(ready(tx, 0).len(), 1_000);
            let sql = format!(
                "EXPLAIN QUERY PLAN SELECT {READY_COLUMNS} FROM outbox o WHERE {READY} ORDER BY o.urgency, o.id"
            );
            let plan = tx.rows(&sql, [], |row| Ok(row.get::<_, String>(3)?))?.join("; ");
            assert!(plan.contains("outbox_in_order") && !plan.contains("TEMP"), "{plan}");
            Ok(())
        });
        write.await.unwrap();
    }
}
