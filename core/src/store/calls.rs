//! Calls that this device heard of: one call is one line, however many letters it takes to ring.

use super::{MessageId, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::blake2b_keyed_128;
use crate::error::{Error, Result};
use std::time::Duration;

impl ReadTx<'_> {
    /// The line of a call, if one stands here.
    ///
    /// # Errors
    /// When the database fails.
    pub fn call_line(&self, uuid: &str) -> Result<Option<MessageId>> {
        let found = self.row("SELECT message FROM calls WHERE call = ?1", [name(uuid)?.as_slice()], |row| {
            Ok(row.get::<_, Option<i64>>(0)?)
        })?;
        Ok(found.flatten().map(MessageId::from_i64))
    }
}

impl WriteTx<'_> {
    /// Notes at `now` (network) that a call was heard of. Says whether that is news.
    ///
    /// # Errors
    /// When the database fails.
    pub fn hear_of_call(&mut self, uuid: &str, now: Timestamp) -> Result<bool> {
        self.run("DELETE FROM calls WHERE forgotten_at <= ?1", [now.to_sql()])?;
        let touched = self.run(
            "INSERT INTO calls (call, forgotten_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            (name(uuid)?.as_slice(), (now + KEPT_FOR).to_sql()),
        )?;
        self.run(
            "DELETE FROM calls WHERE call IN (SELECT call FROM calls ORDER BY forgotten_at DESC LIMIT -1 OFFSET ?1)",
            [MOST_ROWS],
        )?;
        Ok(touched > 0)
    }

    /// The line of a call that was heard of.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_call_line(&mut self, uuid: &str, line: MessageId) -> Result<()> {
        self.run("UPDATE calls SET message = ?2 WHERE call = ?1", (name(uuid)?.as_slice(), line.as_i64())).map(|_| ())
    }
}

/// Callers name calls as they like; of a long name as little is kept as of a short one.
fn name(uuid: &str) -> Result<[u8; 16]> {
    blake2b_keyed_128(b"call", &[uuid.as_bytes()]).ok_or_else(|| Error::bug("key of calls has no length"))
}

/// As long as a call may last: what renews its connection bears its name too.
const KEPT_FOR: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Calls that are remembered: about 200 kB.
const MOST_ROWS: u32 = 2_000;
