//! What arrived and could not be used: kept with its reason, bounded, so that nothing vanishes silently and nobody can
//! fill the disk.
//!
//! What comes with bytes waits for a later version that can read it, and has room of its own: rubbish, which is recorded
//! without bytes, cannot wash it away.

use std::fmt;

use super::{ReadTx, WriteTx};
use crate::address::Place;
use crate::clock::Timestamp;
use crate::error::Result;

/// Something that could not be used.
#[derive(Clone, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Where it lay.
    pub place: Place,
    /// Its swarm hash; a name of our own for what had none, or claimed a wrong one.
    pub hash: String,
    /// A short code of ours that says why; never foreign text.
    pub reason: String,
    /// Its bytes, at most [`MAX_RAW_BYTES`].
    pub raw: Vec<u8>,
    /// When it came (network time).
    pub received_at: Timestamp,
}

impl ReadTx<'_> {
    /// What could not be used, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unreadable(&self, limit: u32) -> Result<Vec<UnreadableRow>> {
        self.rows(
            "SELECT owner, namespace, hash, reason, raw, received_at FROM unreadable ORDER BY id DESC LIMIT ?1",
            [limit],
            |row| {
                Ok(UnreadableRow {
                    place: Place { owner: row.get(0)?, namespace: row.get(1)? },
                    hash: row.get(2)?,
                    reason: row.get(3)?,
                    raw: row.get(4)?,
                    received_at: Timestamp::from_sql(row.get(5)?),
                })
            },
        )
    }

    /// How many there are.
    ///
    /// # Errors
    /// When the database fails.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub fn unreadable_count(&self) -> Result<u64> {
        let count = self.row("SELECT count(*) FROM unreadable", [], |row| Ok(row.get::<_, i64>(0)?))?;
        Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
    }
}

impl WriteTx<'_> {
    /// Records what could not be used. A hash that is recorded already for this mailbox stays as it is.
    ///
    /// # Errors
    /// When the database fails.
    pub fn insert_unreadable(
        &mut self,
        place: Place,
        hash: &str,
        reason: &'static str,
        raw: &[u8],
        received_at: Timestamp,
    ) -> Result<()> {
        let raw = raw.get(..MAX_RAW_BYTES).unwrap_or(raw);
        self.run(
            "INSERT INTO unreadable (owner, namespace, hash, reason, raw, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (owner, hash) DO NOTHING",
            (place.owner, place.namespace, hash, reason, raw, received_at.to_sql()),
        )?;
        if raw.is_empty() {
            self.run(
                "DELETE FROM unreadable WHERE length(raw) = 0 AND id <= (
                     SELECT id FROM unreadable WHERE length(raw) = 0 ORDER BY id DESC LIMIT 1 OFFSET ?1)",
                [MAX_ROWS],
            )?;
        } else {
            self.run(
                "DELETE FROM unreadable WHERE id IN (
                     SELECT id FROM (SELECT id, sum(length(raw)) OVER newer AS bytes, count(*) OVER newer AS rows
                                     FROM unreadable WHERE length(raw) > 0 WINDOW newer AS (ORDER BY id DESC))
                     WHERE bytes > ?1 OR rows > ?2)",
                (MAX_KEPT_BYTES, MAX_ROWS),
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for UnreadableRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnreadableRow").field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// What is kept of one: everything, since a swarm takes no more. Half a message could never be read later.
pub const MAX_RAW_BYTES: usize = 76_800;

/// How many are kept with their bytes, and how many without. Fewer would let a flood wash away the interesting one sooner.
pub const MAX_ROWS: u32 = 1_000;

/// How many bytes are kept together; then the oldest go. More than two hundred of the largest messages; a hostile sender
/// must not get more of our disk.
pub const MAX_KEPT_BYTES: u32 = 16_000_000;

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::address::Namespace;

    #[tokio::test]
    async fn a_flood_of_rubbish_keeps_its_newest_thousand_and_washes_away_nothing_that_can_be_read_later() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("flood", |tx| {
            tx.insert_unreadable(
                place(alice(), Namespace::DIRECT),
                "newer",
                "newer format",
                &[7; MAX_RAW_BYTES + 1],
                at(1),
            )?;
            for number in 0..MAX_ROWS + 50 {
                tx.insert_unreadable(
                    place(alice(), Namespace::DIRECT),
                    &format!("hash {number}"),
                    "signature",
                    &[],
                    at(u64::from(number)),
                )?;
            }
            tx.insert_unreadable(
                place(alice(), Namespace::DIRECT),
                &format!("hash {}", MAX_ROWS + 49),
                "again",
                b"",
                at(1),
            )?;
            assert_eq!(tx.unreadable_count()?, u64::from(MAX_ROWS) + 1);
            let rows = tx.unreadable(MAX_ROWS + 1)?;
            assert_eq!(rows.last().map(|row| (row.hash.as_str(), row.raw.len())), Some(("newer", MAX_RAW_BYTES)));
            assert_eq!(format!("{:?}", rows[0]), "UnreadableRow { reason: \"signature\", .. }");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn what_waits_for_a_later_version_has_a_budget_and_the_oldest_goes_first() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("flood", |tx| {
            let fits = MAX_KEPT_BYTES as usize / MAX_RAW_BYTES;
            for number in 0..fits + 5 {
                tx.insert_unreadable(
                    place(alice(), Namespace::DIRECT),
                    &format!("hash {number}"),
                    "newer format",
                    &[7; MAX_RAW_BYTES],
                    at(1),
                )?;
            }
            let rows = tx.unreadable(MAX_ROWS)?;
            assert_eq!((rows.len(), rows[fits - 1].hash.as_str()), (fits, "hash 5"));
            Ok(())
        });
        write.await.unwrap();
    }
}
