//! Where we stand in each service node's list, and which hashes were processed (transport.md 5.3).

use super::failure::StoreFault;
use super::{ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// Counts how often the cursors were cleared. A poll that started under another epoch than it ends in is discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorEpoch(i64);

impl ReadTx<'_> {
    /// The last hash that `node` gave us for an account and namespace and that it has not forgotten by `now` (network
    /// time); `None` asks for everything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cursor(
        &self,
        account: &AccountId,
        namespace: i16,
        node: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<String>> {
        self.row(
            "SELECT hash FROM cursors WHERE account = ?1 AND namespace = ?2 AND node = ?3 AND expires_at > ?4
             ORDER BY id DESC LIMIT 1",
            (account.to_string(), namespace, node.as_slice(), now.to_sql()),
            |row| Ok(row.get(0)?),
        )
    }

    /// The epoch of the cursors; read it before a poll and hand it to [`WriteTx::advance_cursor`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn cursor_epoch(&self) -> Result<CursorEpoch> {
        let value = self.row("SELECT value FROM network_state WHERE name = 'cursor epoch'", [], |row| {
            let bytes: [u8; 8] = row.get(0).map_err(|_| StoreFault::Value("network_state.value"))?;
            Ok(i64::from_le_bytes(bytes))
        })?;
        Ok(CursorEpoch(value.unwrap_or(0)))
    }

    /// Whether a hash was processed before, opened or not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn is_seen(&self, account: &AccountId, namespace: i16, hash: &str) -> Result<bool> {
        self.any(
            "SELECT 1 FROM seen_hashes WHERE account = ?1 AND namespace = ?2 AND hash = ?3",
            (account.to_string(), namespace, hash),
        )
    }
}

impl WriteTx<'_> {
    /// Moves a node's cursor to `hash`, the last of its list, which the node forgets at `expires` (network time). In the
    /// same write as the messages. `false`, and nothing moves, when the cursors were cleared since `epoch`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn advance_cursor(
        &mut self,
        epoch: CursorEpoch,
        account: &AccountId,
        namespace: i16,
        node: &[u8; 32],
        hash: &str,
        expires: Timestamp,
    ) -> Result<bool> {
        if self.cursor_epoch()? != epoch {
            return Ok(false);
        }
        self.insert(
            "INSERT INTO cursors (account, namespace, node, hash, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            (account.to_string(), namespace, node.as_slice(), hash, expires.to_sql()),
        )?;
        Ok(true)
    }

    /// A message was deleted from the swarm: cursors that stood on it fall back to the hash before.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_cursor(&mut self, hash: &str) -> Result<()> {
        self.run("DELETE FROM cursors WHERE hash = ?1", [hash])?;
        Ok(())
    }

    /// Forgets all cursors of an account: the next poll asks for everything, and a poll under way is discarded. Seen
    /// hashes stay, so nothing comes twice.
    ///
    /// # Errors
    /// When the database fails.
    pub fn clear_cursors(&mut self, account: &AccountId, now: Timestamp) -> Result<()> {
        let CursorEpoch(epoch) = self.cursor_epoch()?;
        self.run("DELETE FROM cursors WHERE account = ?1", [account.to_string()])?;
        self.set_network_state("cursor epoch", &(epoch + 1).to_le_bytes(), now)
    }

    /// Marks a hash as processed until `expires` (network time). After processing, also when that failed. Says whether it
    /// was new.
    ///
    /// # Errors
    /// When the database fails.
    pub fn mark_seen(&mut self, account: &AccountId, namespace: i16, hash: &str, expires: Timestamp) -> Result<bool> {
        // The later expiry counts: a swarm that extended a message will show it longer.
        let new = !self.is_seen(account, namespace, hash)?;
        self.run(
            "INSERT INTO seen_hashes (account, namespace, hash, expires_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account, namespace, hash) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)",
            (account.to_string(), namespace, hash, expires.to_sql()),
        )?;
        Ok(new)
    }

    /// Forgets cursors and seen hashes that every swarm has forgotten by `now` (network time). Gives how many rows went.
    ///
    /// # Errors
    /// When the database fails.
    pub fn purge_expired_hashes(&mut self, now: Timestamp) -> Result<usize> {
        let cursors = self.run("DELETE FROM cursors WHERE expires_at <= ?1", [now.to_sql()])?;
        Ok(cursors + self.run("DELETE FROM seen_hashes WHERE expires_at <= ?1", [now.to_sql()])?)
    }
}
