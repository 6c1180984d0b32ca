//! What arrived and could not be used: kept with its reason, bounded, so that nothing vanishes silently and nobody can
//! fill the disk.
//!
//! What comes with bytes waits for a later version that can read it, and has room of its own: rubbish, which is recorded
//! without bytes, cannot wash it away. And each [`Quota`] has a room of its own: what a stranger may send, or any node make
//! up, never pushes out what somebody sent whom we accepted.

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

/// Whose room something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quota {
    /// It could not be opened, so that anybody can have made it.
    Unopened,
    /// Somebody wrote it whom we did not accept.
    Stranger,
    /// Somebody wrote it whom we accepted, or another device of ours.
    Friend,
    /// It lay where a config document lies.
    Document,
}

impl Quota {
    #[cfg(test)]
    const ALL: [Self; 4] = [Self::Unopened, Self::Stranger, Self::Friend, Self::Document];

    fn to_sql(self) -> i64 {
        match self {
            Self::Unopened => 0,
            Self::Stranger => 1,
            Self::Friend => 2,
            Self::Document => 3,
        }
    }

    /// How many bytes are kept together; then the oldest go. Of friends more than two hundred of the largest messages; a
    /// hostile sender must not get more of our disk than is of use to anybody.
    const fn max_kept_bytes(self) -> u32 {
        match self {
            Self::Friend => MAX_KEPT_BYTES,
            Self::Unopened | Self::Stranger | Self::Document => MAX_KEPT_BYTES / 2,
        }
    }
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
        quota: Quota,
    ) -> Result<()> {
        let raw = raw.get(..MAX_RAW_BYTES).unwrap_or(raw);
        let row = (place.owner, place.namespace, hash, reason, raw, received_at.to_sql(), quota.to_sql());
        self.run(
            "INSERT INTO unreadable (owner, namespace, hash, reason, raw, received_at, quota)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (owner, hash) DO NOTHING",
            row,
        )?;
        self.record_unreadable(quota);
        Ok(())
    }

    /// Keeps the bounds of one quota. Once for all that one write brought: each look costs the whole table.
    pub(super) fn cut_unreadable(&mut self, quota: Quota) -> Result<()> {
        self.run(
            "DELETE FROM unreadable WHERE quota = ?1 AND length(raw) = 0 AND id <= (
                 SELECT id FROM unreadable WHERE quota = ?1 AND length(raw) = 0 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            (quota.to_sql(), MAX_ROWS),
        )?;
        self.run(
            "DELETE FROM unreadable WHERE id IN (
                 SELECT id FROM (SELECT id, sum(length(raw)) OVER newer AS bytes, count(*) OVER newer AS rows
                                 FROM unreadable WHERE quota = ?1 AND length(raw) > 0 WINDOW newer AS (ORDER BY id DESC))
                 WHERE bytes > ?2 OR rows > ?3)",
            (quota.to_sql(), quota.max_kept_bytes(), MAX_ROWS),
        )?;
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

/// How many of one quota are kept with their bytes, and how many without. Fewer would let a flood wash away the interesting one sooner.
pub const MAX_ROWS: u32 = 1_000;

/// How many bytes are kept together of friends ([`Quota`]). Of all others half as many.
pub const MAX_KEPT_BYTES: u32 = 16_000_000;

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::address::Namespace;

    static WHOLE: [u8; MAX_RAW_BYTES] = [7; MAX_RAW_BYTES];

    /// Records one in Alice's inbox.
    fn record(tx: &mut WriteTx<'_>, hash: &str, raw: &[u8], quota: Quota) {
        tx.insert_unreadable(place(alice(), Namespace::DIRECT), hash, "newer format", raw, at(1), quota).unwrap();
    }

    async fn left(ledger: &Ledger) -> Vec<UnreadableRow> {
        ledger.store.read(|tx| tx.unreadable(10_000)).await.unwrap()
    }

    #[tokio::test]
    async fn a_flood_of_rubbish_keeps_its_newest_thousand_and_washes_away_nothing_that_can_be_read_later() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("flood", |tx| {
            record(tx, "newer", &[7; MAX_RAW_BYTES + 1], Quota::Unopened);
            (0..MAX_ROWS + 50).for_each(|number| record(tx, &format!("hash {number}"), &[], Quota::Unopened));
            record(tx, &format!("hash {}", MAX_ROWS + 49), b"", Quota::Unopened);
            Ok(())
        });
        write.await.unwrap();
        let rows = left(&ledger).await;
        assert_eq!(rows.len(), MAX_ROWS as usize + 1);
        assert_eq!(rows.last().map(|row| (row.hash.as_str(), row.raw.len())), Some(("newer", MAX_RAW_BYTES)));
        assert_eq!(format!("{:?}", rows[0]), "UnreadableRow { reason: \"newer format\", .. }");
    }

    #[tokio::test]
    async fn what_waits_for_a_later_version_has_a_budget_and_the_oldest_goes_first() {
        let ledger = Ledger::new().await;
        let fits = MAX_KEPT_BYTES as usize / MAX_RAW_BYTES;
        let write = ledger.store.write("flood", move |tx| {
            (0..fits + 5).for_each(|number| record(tx, &format!("hash {number}"), &WHOLE, Quota::Friend));
            Ok(())
        });
        write.await.unwrap();
        let rows = left(&ledger).await;
        assert_eq!((rows.len(), rows[fits - 1].hash.as_str()), (fits, "hash 5"));
    }

    #[tokio::test]
    async fn no_flood_of_one_quota_pushes_out_what_another_left() {
        for flood in Quota::ALL {
            let ledger = Ledger::new().await;
            let write = ledger.store.write("flood", move |tx| {
                for quota in Quota::ALL {
                    record(tx, &format!("{quota:?}"), &[1; 200], quota);
                    record(tx, &format!("{quota:?} without bytes"), &[], quota);
                }
                (0..230).for_each(|number| record(tx, &format!("large {number}"), &WHOLE, flood));
                (0..MAX_ROWS + 1).for_each(|number| record(tx, &format!("small {number}"), &[], flood));
                Ok(())
            });
            write.await.unwrap();
            let hashes: Vec<_> = left(&ledger).await.into_iter().map(|row| row.hash).collect();
            for quota in Quota::ALL {
                for name in [format!("{quota:?}"), format!("{quota:?} without bytes")] {
                    assert_eq!(hashes.contains(&name), quota != flood, "{name} beside a flood of {flood:?}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_stranger_cannot_wash_away_what_waits_for_a_later_version() {
        let ledger = Ledger::new().await;
        let friend = |tx: &mut WriteTx<'_>| {
            record(tx, "from a friend", &[1; 200], Quota::Friend);
            Ok(())
        };
        ledger.store.write("friend", friend).await.unwrap();
        for number in 0..230 {
            let stranger = move |tx: &mut WriteTx<'_>| {
                record(tx, &format!("{number}"), &WHOLE, Quota::Unopened);
                Ok(())
            };
            ledger.store.write("stranger", stranger).await.unwrap();
        }
        assert!(left(&ledger).await.iter().any(|row| row.hash == "from a friend"));
    }
}
