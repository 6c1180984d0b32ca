//! Where we stand in each service node's list, and which hashes were processed (transport.md 5.3).

use super::failure::StoreFault;
use super::{ReadTx, WriteTx};
use crate::address::{Address, Place, SwarmHash};
use crate::clock::Timestamp;
use crate::error::Result;

/// Counts how often the cursors were cleared. A poll that started under another epoch than it ends in is discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorEpoch(i64);

impl ReadTx<'_> {
    /// The last hash that `node` gave us of a place and that it has not forgotten by `now` (network time); `None` asks for
    /// everything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cursor(&self, place: Place, node: &[u8; 32], now: Timestamp) -> Result<Option<SwarmHash>> {
        let hash = self.row(
            "SELECT hash FROM cursors WHERE owner = ?1 AND namespace = ?2 AND node = ?3 AND expires_at > ?4
             ORDER BY id DESC LIMIT 1",
            (place.owner, place.namespace, node.as_slice(), now.to_sql()),
            |row| Ok(SwarmHash::parse(row.get_ref(0)?.as_str().unwrap_or_default())),
        )?;
        Ok(hash.flatten())
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
    pub fn is_seen(&self, place: Place, hash: &SwarmHash) -> Result<bool> {
        self.any(
            "SELECT 1 FROM seen_hashes WHERE owner = ?1 AND namespace = ?2 AND hash = ?3",
            (place.owner, place.namespace, hash),
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
        place: Place,
        node: &[u8; 32],
        hash: &SwarmHash,
        expires: Timestamp,
    ) -> Result<bool> {
        if self.cursor_epoch()? != epoch {
            return Ok(false);
        }
        self.insert(
            "INSERT INTO cursors (owner, namespace, node, hash, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            (place.owner, place.namespace, node.as_slice(), hash, expires.to_sql()),
        )?;
        self.run(
            "DELETE FROM cursors WHERE owner = ?1 AND namespace = ?2 AND node = ?3 AND id <= (
                 SELECT id FROM cursors WHERE owner = ?1 AND namespace = ?2 AND node = ?3 ORDER BY id DESC LIMIT 1 OFFSET ?4)",
            (place.owner, place.namespace, node.as_slice(), MAX_CURSORS),
        )?;
        Ok(true)
    }

    /// A message was deleted from the swarm: cursors that stood on it fall back to the hash before.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_cursor(&mut self, hash: &SwarmHash) -> Result<()> {
        self.run("DELETE FROM cursors WHERE hash = ?1", [hash])?;
        Ok(())
    }

    /// The swarm forgets a message earlier than it said, at `end` (network time): cursors that stand on it are good until then.
    ///
    /// # Errors
    /// When the database fails.
    pub fn shorten_cursor(&mut self, hash: &SwarmHash, end: Timestamp) -> Result<()> {
        self.run("UPDATE cursors SET expires_at = min(expires_at, ?2) WHERE hash = ?1", (hash, end.to_sql()))
            .map(|_| ())
    }

    /// Forgets all cursors of a mailbox: the next poll asks for everything, and a poll under way is discarded. Seen
    /// hashes stay, so nothing comes twice.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub fn clear_cursors(&mut self, owner: impl Into<Address>, now: Timestamp) -> Result<()> {
        let CursorEpoch(epoch) = self.cursor_epoch()?;
        self.run("DELETE FROM cursors WHERE owner = ?1", [owner.into()])?;
        self.set_network_state("cursor epoch", &(epoch + 1).to_le_bytes(), now)
    }

    /// Marks a hash as processed until `expires` (network time). After processing, also when that failed. Says whether it
    /// was new.
    ///
    /// # Errors
    /// When the database fails.
    pub fn mark_seen(&mut self, place: Place, hash: &SwarmHash, expires: Timestamp) -> Result<bool> {
        // The later expiry counts: a swarm that extended a message will show it longer.
        let new = !self.is_seen(place, hash)?;
        self.run(
            "INSERT INTO seen_hashes (owner, namespace, hash, expires_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (owner, namespace, hash) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)",
            (place.owner, place.namespace, hash, expires.to_sql()),
        )?;
        Ok(new)
    }

    /// What was seen under this hash is of a kind that anybody can leave: it could not be opened, or came from somebody whom we
    /// did not accept. Of these hashes the newest [`MAX_SEEN_OF_STRANGERS`] stay. What is forgotten and comes again is only
    /// processed again: a letter that is shown or was removed is known by its moment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn seen_of_stranger(&mut self, place: Place, hash: &SwarmHash) -> Result<()> {
        self.run(
            "UPDATE seen_hashes SET stranger = 1 WHERE owner = ?1 AND namespace = ?2 AND hash = ?3",
            (place.owner, place.namespace, hash),
        )?;
        self.record_seen_of_stranger();
        Ok(())
    }

    /// Keeps the bound on hashes of strangers. What came with one page goes together.
    pub(super) fn cut_seen_of_strangers(&mut self) -> Result<()> {
        self.run(
            "DELETE FROM seen_hashes WHERE stranger = 1 AND expires_at < (
                 SELECT expires_at FROM seen_hashes WHERE stranger = 1 ORDER BY expires_at DESC LIMIT 1 OFFSET ?1)",
            [MAX_SEEN_OF_STRANGERS],
        )?;
        Ok(())
    }

    /// What was seen under this hash is not done with: it comes again with the next list.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_seen(&mut self, place: Place, hash: &SwarmHash) -> Result<()> {
        self.run(
            "DELETE FROM seen_hashes WHERE owner = ?1 AND namespace = ?2 AND hash = ?3",
            (place.owner, place.namespace, hash),
        )?;
        Ok(())
    }

    /// Forgets the cursors of one place: all members are asked for it from the beginning.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_cursors(&mut self, place: Place) -> Result<()> {
        self.run("DELETE FROM cursors WHERE owner = ?1 AND namespace = ?2", (place.owner, place.namespace))?;
        Ok(())
    }

    /// Forgets cursors and seen hashes that every swarm has forgotten by `now` (network time), a part of them at a time. Gives
    /// how many rows went; none when nothing is left to forget.
    ///
    /// # Errors
    /// When the database fails.
    pub fn purge_expired_hashes(&mut self, now: Timestamp) -> Result<usize> {
        let cursors = self.run(
            "DELETE FROM cursors WHERE id IN (SELECT id FROM cursors WHERE expires_at <= ?1 LIMIT ?2)",
            (now.to_sql(), PURGED_AT_ONCE),
        )?;
        let hashes = self.run(
            "DELETE FROM seen_hashes WHERE (owner, namespace, hash) IN (
                 SELECT owner, namespace, hash FROM seen_hashes WHERE expires_at <= ?1 LIMIT ?2)",
            (now.to_sql(), PURGED_AT_ONCE),
        )?;
        Ok(cursors + hashes)
    }
}

/// Hashes that are remembered of what strangers left: more than the largest page of rubbish brings, and about 5 MB.
pub const MAX_SEEN_OF_STRANGERS: u32 = 50_000;

/// Cursors that are kept of one node in one place: as many of its newest messages may be deleted before its list begins anew.
const MAX_CURSORS: u32 = 16;

/// Rows that one write forgets of each table; more would keep waiting whoever writes meanwhile.
const PURGED_AT_ONCE: u32 = 1_000;

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::address::Namespace;

    const NODE: [u8; 32] = [1; 32];
    const OTHER: [u8; 32] = [2; 32];

    /// Alice's messages, Alice's profile, and the messages of a group.
    fn places() -> [Place; 3] {
        let (direct, profile) = (Namespace::DIRECT, Namespace::USER_PROFILE);
        let group = Place { owner: Address::from_bytes([3; 33]), namespace: direct };
        [place(alice(), direct), place(alice(), profile), group]
    }

    #[tokio::test]
    async fn every_node_has_a_cursor_of_its_own_and_a_forgotten_hash_is_not_used() {
        let ledger = Ledger::new().await;
        let [direct, profile, group] = places();
        let write = ledger.store.write("cursors", move |tx| {
            let epoch = tx.cursor_epoch()?;
            assert!(tx.advance_cursor(epoch, direct, &NODE, &name("a"), at(100))?);
            assert!(tx.advance_cursor(epoch, direct, &NODE, &name("b"), at(50))?);
            assert!(tx.advance_cursor(epoch, profile, &NODE, &name("c"), at(100))?);
            assert_eq!(tx.cursor(direct, &NODE, at(10))?, Some(name("b")));
            assert_eq!(tx.cursor(direct, &NODE, at(50))?, Some(name("a")), "b has expired at the node");
            assert_eq!(tx.cursor(direct, &NODE, at(100))?, None);
            assert_eq!(tx.cursor(direct, &OTHER, at(10))?, None);
            assert_eq!(tx.cursor(profile, &NODE, at(10))?, Some(name("c")));
            assert_eq!(tx.cursor(group, &NODE, at(10))?, None, "another mailbox at the same node");
            tx.forget_cursor(&name("b"))?;
            assert_eq!(tx.cursor(direct, &NODE, at(10))?, Some(name("a")), "the newest was deleted");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_node_has_no_more_than_sixteen_cursors_and_takes_nobody_elses() {
        let ledger = Ledger::new().await;
        let [direct, profile, _] = places();
        let write = ledger.store.write("cursors", move |tx| {
            let epoch = tx.cursor_epoch()?;
            tx.advance_cursor(epoch, direct, &OTHER, &name("other"), at(100))?;
            tx.advance_cursor(epoch, profile, &NODE, &name("profile"), at(100))?;
            for number in 0..50 {
                tx.advance_cursor(epoch, direct, &NODE, &name(&format!("n{number}")), at(100))?;
            }
            let count = tx.row("SELECT count(*) FROM cursors", [], |row| Ok(row.get::<_, u32>(0)?))?;
            assert_eq!(count, Some(MAX_CURSORS + 2));
            assert_eq!(tx.cursor(direct, &NODE, at(10))?, Some(name("n49")));
            assert_eq!(tx.cursor(direct, &OTHER, at(10))?, Some(name("other")));
            assert_eq!(tx.cursor(profile, &NODE, at(10))?, Some(name("profile")));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn hashes_are_forgotten_a_part_at_a_time() {
        let ledger = Ledger::new().await;
        let [direct, ..] = places();
        let write = ledger.store.write("hashes", move |tx| {
            for number in 0..u64::from(PURGED_AT_ONCE) + 5 {
                tx.mark_seen(direct, &name(&format!("h{number}")), at(100))?;
            }
            let purged: Vec<usize> = (0..3).map(|_| tx.purge_expired_hashes(at(150))).collect::<Result<_>>()?;
            assert_eq!(purged, [PURGED_AT_ONCE as usize, 5, 0]);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_poll_under_way_while_the_cursors_are_cleared_is_discarded() {
        let ledger = Ledger::new().await;
        let [direct, _, group] = places();
        let write = ledger.store.write("cursors", move |tx| {
            let before = tx.cursor_epoch()?;
            assert!(tx.advance_cursor(before, group, &NODE, &name("g"), at(100))?);
            tx.clear_cursors(alice(), at(1))?;
            assert!(!tx.advance_cursor(before, direct, &NODE, &name("a"), at(100))?);
            assert_eq!(tx.cursor(direct, &NODE, at(10))?, None);
            assert_eq!(tx.cursor(group, &NODE, at(10))?, Some(name("g")), "another mailbox keeps its own");
            let now = tx.cursor_epoch()?;
            assert!(tx.advance_cursor(now, direct, &NODE, &name("a"), at(100))?);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_hash_is_seen_once_until_every_swarm_forgot_it() {
        let ledger = Ledger::new().await;
        let [direct, profile, group] = places();
        let write = ledger.store.write("hashes", move |tx| {
            assert!(tx.mark_seen(direct, &name("a"), at(100))?);
            assert!(!tx.mark_seen(direct, &name("a"), at(200))?, "and the later expiry counts");
            assert!(tx.mark_seen(profile, &name("a"), at(100))?, "another namespace");
            assert!(tx.mark_seen(group, &name("a"), at(300))?, "another mailbox");
            assert_eq!(tx.purge_expired_hashes(at(150))?, 1);
            assert!(tx.is_seen(direct, &name("a"))?);
            assert!(!tx.is_seen(profile, &name("a"))?);
            tx.clear_cursors(alice(), at(1))?;
            assert!(tx.is_seen(direct, &name("a"))?);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_strangers_leave_pushes_out_its_own_hashes_and_no_others() {
        let ledger = Ledger::new().await;
        let [direct, ..] = places();
        let rubbish = u64::from(MAX_SEEN_OF_STRANGERS) + 100;
        let write = ledger.store.write("hashes", move |tx| {
            tx.mark_seen(direct, &name("friend"), at(1))?;
            for number in 0..rubbish {
                let hash = name(&format!("rubbish{number}x"));
                tx.mark_seen(direct, &hash, at(1_000 + number))?;
                tx.seen_of_stranger(direct, &hash)?;
            }
            Ok(())
        });
        write.await.unwrap();
        let left = ledger.store.read(move |tx| {
            let count = |sql: &str| tx.row(sql, [], |row| Ok(row.get::<_, u32>(0)?)).map(Option::unwrap);
            let strangers = count("SELECT count(*) FROM seen_hashes WHERE stranger = 1")?;
            let newest = tx.is_seen(direct, &name(&format!("rubbish{}x", rubbish - 1)))?;
            Ok((strangers, newest, tx.is_seen(direct, &name("rubbish0x"))?, tx.is_seen(direct, &name("friend"))?))
        });
        assert_eq!(left.await.unwrap(), (MAX_SEEN_OF_STRANGERS + 1, true, false, true));
    }
}
