//! What arrived and could not be used: kept with its reason, bounded, so that nothing vanishes silently and nobody can
//! fill the disk.

use std::fmt;

use super::{ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::error::Result;

/// Something that could not be used.
#[derive(Clone, PartialEq, Eq)]
pub struct UnreadableRow {
    /// The namespace it came from.
    pub namespace: i16,
    /// Its swarm hash.
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
            "SELECT namespace, hash, reason, raw, received_at FROM unreadable ORDER BY id DESC LIMIT ?1",
            [limit],
            |row| {
                Ok(UnreadableRow {
                    namespace: row.get(0)?,
                    hash: row.get(1)?,
                    reason: row.get(2)?,
                    raw: row.get(3)?,
                    received_at: Timestamp::from_sql(row.get(4)?),
                })
            },
        )
    }

    /// How many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unreadable_count(&self) -> Result<u64> {
        let count = self.row("SELECT count(*) FROM unreadable", [], |row| Ok(row.get::<_, i64>(0)?))?;
        Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
    }
}

impl WriteTx<'_> {
    /// Records what could not be used. A hash that is recorded already stays as it is.
    ///
    /// # Errors
    /// When the database fails.
    pub fn insert_unreadable(
        &mut self,
        namespace: i16,
        hash: &str,
        reason: &'static str,
        raw: &[u8],
        received_at: Timestamp,
    ) -> Result<()> {
        let raw = raw.get(..MAX_RAW_BYTES).unwrap_or(raw);
        self.run(
            "INSERT INTO unreadable (namespace, hash, reason, raw, received_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (hash) DO NOTHING",
            (namespace, hash, reason, raw, received_at.to_sql()),
        )?;
        self.run(
            "DELETE FROM unreadable WHERE id <= (SELECT id FROM unreadable ORDER BY id DESC LIMIT 1 OFFSET ?1)",
            [MAX_ROWS],
        )?;
        Ok(())
    }
}

impl fmt::Debug for UnreadableRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnreadableRow").field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// What is kept of one: enough to see what it was. A swarm takes 76,800 bytes, so a hostile sender gets a twentieth.
pub const MAX_RAW_BYTES: usize = 4096;

/// How many are kept. With [`MAX_RAW_BYTES`] at most 4 MB; fewer would let a flood wash away the interesting one sooner.
pub const MAX_ROWS: u32 = 1_000;

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[tokio::test]
    async fn a_flood_keeps_its_newest_thousand_and_not_more_than_four_kilobytes_of_each() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("flood", |tx| {
            for number in 0..MAX_ROWS + 50 {
                tx.insert_unreadable(0, &format!("hash {number}"), "signature", &[7; 10_000], at(u64::from(number)))?;
            }
            tx.insert_unreadable(0, &format!("hash {}", MAX_ROWS + 49), "again", b"", at(1))?;
            assert_eq!(tx.unreadable_count()?, u64::from(MAX_ROWS));
            let newest = tx.unreadable(1)?;
            assert_eq!((newest[0].reason.as_str(), newest[0].raw.len()), ("signature", MAX_RAW_BYTES));
            assert_eq!(format!("{:?}", newest[0]), "UnreadableRow { reason: \"signature\", .. }");
            Ok(())
        });
        write.await.unwrap();
    }
}
