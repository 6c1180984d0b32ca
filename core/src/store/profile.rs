//! Ourselves: Account ID, seed, name, and the timestamps that messages may bear.

use std::fmt;
use std::time::Duration;

use super::failure::StoreFault;
use super::{Change, ReadTx, ReceivedProfile, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::{AccountId, AccountSeed};
use crate::error::{Error, ErrorKind, Result};

/// What a new account starts with.
pub struct NewProfile<'a> {
    /// Our Account ID.
    pub account: AccountId,
    /// The seed it follows from.
    pub seed: &'a AccountSeed,
    /// Our display name; the caller has checked its length.
    pub display_name: &'a str,
    /// When the profile was made; its seconds go out with messages.
    pub now: Timestamp,
}

/// Ourselves, as stored, without the seed ([`ReadTx::seed`]). Holds the key of our picture, so it is never printed.
#[derive(Clone)]
pub struct ProfileRow {
    /// Our Account ID.
    pub account: AccountId,
    /// Our name as others see it.
    pub display_name: String,
    /// When the profile last changed, in seconds since the epoch.
    pub updated_seconds: u64,
    /// Where our picture is; empty for none.
    pub picture_url: String,
    /// The 32-byte key of our picture; empty for none.
    pub picture_key: Vec<u8>,
    /// When this database was made (device time).
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "asked by tests and benches alone"))]
    pub created_at: Timestamp,
}

impl ReadTx<'_> {
    /// Ourselves; `None` in a database whose account was never finished.
    ///
    /// # Errors
    /// When the database fails.
    pub fn profile(&self) -> Result<Option<ProfileRow>> {
        self.row(
            "SELECT account, display_name, updated_seconds, picture_url, picture_key, created_at FROM profile",
            [],
            |row| {
                Ok(ProfileRow {
                    account: account_at(row, 0)?,
                    display_name: row.get(1)?,
                    updated_seconds: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
                    picture_url: row.get(3)?,
                    picture_key: row.get(4)?,
                    created_at: Timestamp::from_sql(row.get(5)?),
                })
            },
        )
    }

    /// The seed that all our keys follow from; `None` in a database whose account was never finished.
    ///
    /// # Errors
    /// When the database fails.
    pub fn seed(&self) -> Result<Option<AccountSeed>> {
        // Straight from SQLite's memory into the seed's own place.
        self.row("SELECT seed FROM account_seed", [], |row| {
            let seed = row.get_ref(0)?.as_blob().ok().and_then(AccountSeed::copy_of);
            seed.ok_or_else(|| StoreFault::Value("account_seed.seed").into())
        })
    }

    /// Our own Account ID.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] in a database whose account was never finished.
    pub fn own_account(&self) -> Result<AccountId> {
        self.row("SELECT account FROM profile", [], |row| account_at(row, 0))?
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "store holds no account"))
    }
}

impl WriteTx<'_> {
    /// Writes ourselves into a new database.
    ///
    /// # Errors
    /// [`ErrorKind::Bug`] when the database has an account already.
    pub fn create_profile(&mut self, new: &NewProfile<'_>) -> Result<()> {
        self.insert_profile(new, new.now.to_sql() / 1000, false)
    }

    /// Writes ourselves into the database of an account that was restored here: it waits for its documents, and whatever name
    /// was typed is older than the one that it has elsewhere.
    ///
    /// # Errors
    /// As [`Self::create_profile`].
    pub fn create_restored_profile(&mut self, new: &NewProfile<'_>) -> Result<()> {
        self.insert_profile(new, 1, true)?;
        self.edit_everything()?;
        self.record(Change::SyncChanged);
        Ok(())
    }

    fn insert_profile(&mut self, new: &NewProfile<'_>, updated_seconds: i64, awaits_configs: bool) -> Result<()> {
        self.insert(
            "INSERT INTO profile (id, account, display_name, updated_seconds, created_at, awaits_configs)
             VALUES (1, ?1, ?2, ?3, ?4, ?5)",
            (new.account.to_string(), new.display_name, updated_seconds, new.now.to_sql(), awaits_configs),
        )?;
        self.insert("INSERT INTO account_seed (id, seed) VALUES (1, ?1)", [new.seed.as_bytes()])?;
        self.insert(
            "INSERT INTO contacts (account, approved, approved_me, created_at) VALUES (?1, 1, 1, ?2)",
            (new.account.to_string(), new.now.to_sql()),
        )?;
        self.record(Change::ProfileChanged);
        Ok(())
    }

    /// Gives us another display name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_display_name(&mut self, name: &str, now: Timestamp) -> Result<()> {
        // Strictly newer than before, or others would not take it: they compare whole seconds.
        self.run(
            "UPDATE profile SET display_name = ?1, updated_seconds = max(?2, updated_seconds + 1) WHERE display_name <> ?1",
            (name, now.to_sql() / 1000),
        )?;
        self.record(Change::ProfileChanged);
        Ok(())
    }

    /// Takes over what another device of ours made of our profile. Says whether anything changed.
    ///
    /// # Errors
    /// When the database fails.
    pub fn apply_own_profile(&mut self, profile: &ReceivedProfile<'_>) -> Result<bool> {
        let seconds = i64::try_from(profile.updated_seconds).unwrap_or(i64::MAX);
        // Others take only what is strictly newer than what they saw from this device.
        let touched = self.run(
            "UPDATE profile SET display_name = iif(?1 = '', display_name, ?1), picture_url = ?2, picture_key = ?3,
                    updated_seconds = max(?4, updated_seconds + 1)
             WHERE (?1 <> '' AND display_name <> ?1) OR picture_url <> ?2 OR picture_key <> ?3",
            (profile.display_name, profile.picture_url, profile.picture_key, seconds),
        )?;
        self.run("UPDATE profile SET updated_seconds = max(?1, updated_seconds)", [seconds])?;
        if touched > 0 {
            self.record(Change::ProfileChanged);
        }
        Ok(touched > 0)
    }

    /// A sent timestamp that no message of ours bears: `now` (network time), or 2 ms after the newest one. A newest one
    /// more than [`FROM_A_WRONG_CLOCK`] ahead of `now` was made by a clock that was wrong; it counts no more.
    ///
    /// Call it once for everything that is a message of its own; a sync copy repeats the timestamp of what it copies.
    /// Official clients drop a second message with the same millisecond.
    ///
    /// # Errors
    /// When the database fails.
    pub fn next_sent_at(&mut self, now: Timestamp) -> Result<Timestamp> {
        let newest = self.row("SELECT newest_sent_at FROM profile", [], |row| Ok(row.get::<_, i64>(0)?))?;
        let newest = newest.ok_or_else(|| Error::new(ErrorKind::NotFound, "store holds no account"))?;
        let now = now.to_sql();
        let ahead = i64::try_from(FROM_A_WRONG_CLOCK.as_millis()).unwrap_or(i64::MAX);
        let next = if newest.saturating_sub(now) > ahead { now } else { now.max(newest.saturating_add(2)) };
        // What was written under another clock may stand exactly here.
        let next = self.free_moment(Timestamp::from_sql(next))?;
        self.run("UPDATE profile SET newest_sent_at = ?1", [next.to_sql()])?;
        Ok(next)
    }

    /// The next moment from `at` on (network time) that nothing of ours bears.
    ///
    /// # Errors
    /// When the database fails.
    pub fn free_moment(&self, at: Timestamp) -> Result<Timestamp> {
        let mut next = at.to_sql();
        while self.is_taken(next)? {
            next = next.saturating_add(2);
        }
        Ok(Timestamp::from_sql(next))
    }

    /// Something of ours bears `at` now. What was given out until now and lies ahead of `now` (network time) was put aside.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_sent_at(&mut self, at: Timestamp, now: Timestamp) -> Result<()> {
        self.run(
            "UPDATE profile SET newest_sent_at = iif(newest_sent_at > ?2, ?1, max(newest_sent_at, ?1))",
            [at.to_sql(), now.to_sql()],
        )?;
        Ok(())
    }

    /// Whether something of ours bears this millisecond or one beside it.
    fn is_taken(&self, sent_at: i64) -> Result<bool> {
        // One step into the index of each conversation.
        let written = self.any(
            "SELECT 1 FROM conversations c WHERE EXISTS (
                 SELECT 1 FROM messages m
                 WHERE m.conversation = c.id AND m.sent_at BETWEEN ?1 - 1 AND ?1 + 1 AND m.outgoing = 1)",
            [sent_at],
        )?;
        Ok(written || self.any("SELECT 1 FROM outbox WHERE sent_at BETWEEN ?1 - 1 AND ?1 + 1", [sent_at])?)
    }
}

impl fmt::Debug for ProfileRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProfileRow(..)")
    }
}

/// An Account ID from a column.
pub(super) fn account_at(row: &rusqlite::Row<'_>, column: usize) -> Result<AccountId> {
    let text = row.get_ref(column)?.as_str().map_err(|_| StoreFault::Value("account"))?;
    AccountId::parse(text).map_err(|_| StoreFault::Value("account").into())
}

/// Further ahead of the network's time than this no timestamp of ours can be by itself: thirty thousand messages within
/// one moment. With less, a burst could start again in its own middle; with more, a wrong clock sticks longer.
pub const FROM_A_WRONG_CLOCK: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{NewErrand, What};
    use super::*;

    #[tokio::test]
    async fn no_two_messages_of_ours_bear_timestamps_less_than_two_milliseconds_apart() {
        let ledger = Ledger::new().await;
        let (stamps, _) = ledger
            .store
            .write("timestamps", |tx| {
                // The clock stands, goes back, and goes on.
                [5_000, 5_000, 4_000, 5_001, 9_000, 9_001]
                    .into_iter()
                    .map(|now| tx.next_sent_at(at(now)))
                    .collect::<Result<Vec<_>>>()
            })
            .await
            .unwrap();
        assert_eq!(stamps, [5_000, 5_002, 5_004, 5_006, 9_000, 9_002].map(at));
    }

    #[tokio::test]
    async fn a_wrong_clock_does_not_stick_and_no_timestamp_is_used_twice() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("timestamps", |tx| {
            assert_eq!(tx.next_sent_at(at(9_000_000))?, at(9_000_000), "a day ahead");
            assert_eq!(tx.next_sent_at(at(5_000))?, at(5_000), "the network's time is known now");
            text(tx, bob(), alice(), 70_001, "written under another clock");
            assert_eq!(tx.next_sent_at(at(70_000))?, at(70_004), "less than two milliseconds beside a message of ours");
            assert_eq!(tx.next_sent_at(at(70_000))?, at(70_006));
            let mut new: NewErrand = intention(bob(), None);
            if let What::Store(parcel) = &mut new.what {
                parcel.sent_at = at(80_000);
            }
            tx.insert_errand(&new)?;
            assert_eq!(tx.next_sent_at(at(80_000))?, at(80_002));
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_timestamp_of_a_write_that_failed_is_free_again_and_one_that_was_used_survives_a_restart() {
        let ledger = Ledger::new().await;
        let failed = ledger.store.write("timestamp", |tx| {
            tx.next_sent_at(at(5_000))?;
            Err::<(), _>(Error::bug("on purpose"))
        });
        failed.await.unwrap_err();
        assert_eq!(ledger.store.write("timestamp", |tx| tx.next_sent_at(at(5_000))).await.unwrap().0, at(5_000));
        ledger.store.close().await.unwrap();
        let store = crate::store::Store::open(&ledger.path(), &key()).await.unwrap();
        assert_eq!(store.write("timestamp", |tx| tx.next_sent_at(at(5_000))).await.unwrap().0, at(5_002));
    }

    #[tokio::test]
    async fn a_new_name_is_newer_for_others_even_within_the_same_second() {
        let ledger = Ledger::new().await;
        ledger.store.write("name", |tx| tx.set_display_name("Alicia", at(1_200))).await.unwrap();
        let (profile, seed) = ledger.store.read(|tx| Ok((tx.profile()?.unwrap(), tx.seed()?.unwrap()))).await.unwrap();
        assert_eq!((profile.display_name.as_str(), profile.updated_seconds), ("Alicia", 2));
        assert_eq!(profile.account, alice());
        assert_eq!(seed.as_bytes(), &[7; 16]);
        assert_eq!(format!("{profile:?}"), "ProfileRow(..)");
    }

    #[tokio::test]
    async fn a_seed_has_16_bytes_or_32() {
        for bytes in [[7; 32], [0; 32]] {
            let folder = tempfile::tempdir().unwrap();
            let store = crate::store::Store::create(&folder.path().join("db"), &key()).await.unwrap();
            let seed = AccountSeed::copy_of(&bytes).unwrap();
            let account = crate::crypto::AccountKeys::from_seed(&seed).account_id();
            let kept = seed.clone();
            let new = move |tx: &mut WriteTx<'_>| {
                tx.create_profile(&NewProfile { account, seed: &seed, display_name: "Alice", now: at(1_000) })
            };
            store.write("account", new).await.unwrap();
            assert_eq!(store.read(|tx| tx.seed()).await.unwrap(), Some(kept));
            for length in [0, 15, 17, 31, 33] {
                let sql = format!("UPDATE account_seed SET seed = zeroblob({length})");
                store.write("seed", move |tx| tx.run(&sql, [])).await.unwrap_err();
            }
        }
    }

    #[tokio::test]
    async fn a_database_holds_one_account() {
        let ledger = Ledger::new().await;
        ledger.store.write("second account", create_alice).await.unwrap_err();
        let folder = tempfile::tempdir().unwrap();
        let empty = crate::store::Store::create(&folder.path().join("db"), &key()).await.unwrap();
        assert!(empty.read(|tx| tx.profile()).await.unwrap().is_none());
        assert_eq!(empty.read(|tx| tx.own_account()).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
}
