//! Everyone we ever met: flags, names, profile pictures.
//!
//! The flags carry message requests (messages.md 7.1): *approved* means that we accept them, *approved me* that they
//! accept us. Names follow 1.4: a received profile counts only when it is newer than the stored one.

use std::fmt;

use rusqlite::Row;

use super::profile::account_at;
use super::{Change, ConversationId, Disappearing, Mute, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;
use crate::fold::sort_key;

/// One person.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Who it is.
    pub account: AccountId,
    /// We accept them.
    pub approved: bool,
    /// They accept us.
    pub approved_me: bool,
    /// What they send is dropped.
    pub blocked: bool,
    /// The name they gave themselves; empty while unknown.
    pub display_name: String,
    /// The name we gave them; empty for none.
    pub nickname: String,
    /// What we noted about them; only on this device.
    pub note: String,
    /// Where their profile picture is; empty for none.
    pub picture_url: String,
    /// The key of their profile picture; empty for none.
    pub picture_key: Vec<u8>,
    /// When their stored profile was written, in seconds since the epoch.
    pub updated_seconds: u64,
    /// Disappearing messages in the conversation with them.
    pub disappearing: Disappearing,
    /// Whether the conversation with them makes itself heard.
    pub mute: Mute,
    /// When we met them (device time).
    pub created_at: Timestamp,
}

/// A profile that came with a message.
#[derive(Clone, Copy)]
pub struct ReceivedProfile<'a> {
    /// The name; an empty one is not taken over.
    pub display_name: &'a str,
    /// Where the picture is; empty for none.
    pub picture_url: &'a str,
    /// Its key; empty for none.
    pub picture_key: &'a [u8],
    /// `lastUpdateSeconds`; 0 from old clients.
    pub updated_seconds: u64,
}

impl ContactRow {
    /// What to call them: the nickname, else their own name, else nothing (the screen shortens the Account ID).
    pub fn shown_name(&self) -> &str {
        if self.nickname.is_empty() { &self.display_name } else { &self.nickname }
    }
}

impl ReadTx<'_> {
    /// One person, if we ever met.
    ///
    /// # Errors
    /// When the database fails.
    pub fn contact(&self, account: &AccountId) -> Result<Option<ContactRow>> {
        self.row(&format!("SELECT {COLUMNS} FROM contacts WHERE account = ?1"), [account.to_string()], read)
    }

    /// Everyone we accepted and did not block, ourselves not included, by shown name as people sort ([`sort_key`]).
    ///
    /// # Errors
    /// When the database fails.
    pub fn contacts(&self) -> Result<Vec<ContactRow>> {
        let mut contacts = self.rows(
            &format!(
                "SELECT {COLUMNS} FROM contacts
                 WHERE approved = 1 AND blocked = 0 AND account NOT IN (SELECT account FROM profile) ORDER BY account"
            ),
            [],
            read,
        )?;
        contacts.sort_by_cached_key(|contact| sort_key(contact.shown_name()));
        Ok(contacts)
    }

    /// Everyone whom we stand in any relation to: accepted, accepting us, or blocked; ourselves not included.
    ///
    /// # Errors
    /// When the database fails.
    pub fn related_contacts(&self) -> Result<Vec<ContactRow>> {
        self.rows(
            &format!(
                "SELECT {COLUMNS} FROM contacts WHERE (approved = 1 OR approved_me = 1 OR blocked = 1)
                 AND account NOT IN (SELECT account FROM profile) ORDER BY id"
            ),
            [],
            read,
        )
    }

    /// Everyone we block.
    ///
    /// # Errors
    /// When the database fails.
    pub fn blocked_contacts(&self) -> Result<Vec<ContactRow>> {
        self.rows(&format!("SELECT {COLUMNS} FROM contacts WHERE blocked = 1 ORDER BY id"), [], read)
    }
}

impl WriteTx<'_> {
    /// Makes sure that a person has a row; all flags of a new one are off.
    ///
    /// # Errors
    /// When the database fails.
    pub fn ensure_contact(&mut self, account: &AccountId, now: Timestamp) -> Result<()> {
        self.contact_number(account, now).map(|_| ())
    }

    /// Sets *approved*. Says whether that changed anything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_approved(&mut self, account: &AccountId, approved: bool) -> Result<bool> {
        self.set_flag("UPDATE contacts SET approved = ?2 WHERE account = ?1 AND approved <> ?2", account, approved)
    }

    /// Sets *approved me*. Says whether that changed anything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_approved_me(&mut self, account: &AccountId, approved_me: bool) -> Result<bool> {
        self.set_flag(
            "UPDATE contacts SET approved_me = ?2 WHERE account = ?1 AND approved_me <> ?2",
            account,
            approved_me,
        )
    }

    /// Blocks or unblocks. Says whether that changed anything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_blocked(&mut self, account: &AccountId, blocked: bool) -> Result<bool> {
        self.set_flag("UPDATE contacts SET blocked = ?2 WHERE account = ?1 AND blocked <> ?2", account, blocked)
    }

    /// Gives a person a nickname; an empty one takes it away.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_nickname(&mut self, account: &AccountId, nickname: &str) -> Result<()> {
        self.run("UPDATE contacts SET nickname = ?2 WHERE account = ?1", (account.to_string(), nickname))?;
        self.record(Change::ConversationChanged(ConversationId::Account(*account)));
        Ok(())
    }

    /// Keeps what we noted about a person; empty takes it away.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_note(&mut self, account: &AccountId, note: &str) -> Result<()> {
        self.run("UPDATE contacts SET note = ?2 WHERE account = ?1", (account.to_string(), note))?;
        self.record(Change::ConversationChanged(ConversationId::Account(*account)));
        Ok(())
    }

    /// Sets disappearing messages with a person, as the Contacts config spells them: mode 0, 1 or 2, and seconds.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_expiry(&mut self, account: &AccountId, mode: u8, seconds: u64) -> Result<()> {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let (mode, seconds) = if mode == 0 || mode > 2 || seconds <= 0 { (0, 0) } else { (mode, seconds) };
        let touched = self.run(
            "UPDATE contacts SET expiry_mode = ?2, expiry_seconds = ?3
             WHERE account = ?1 AND (expiry_mode <> ?2 OR expiry_seconds <> ?3)",
            (account.to_string(), mode, seconds),
        )?;
        if touched > 0 {
            self.record(Change::ConversationChanged(ConversationId::Account(*account)));
        }
        Ok(())
    }

    /// Forgets what we know and think of a person: approvals, block, nickname, note, timer, mute. The row stays, because
    /// messages in other conversations may name it; the name and picture that they gave themselves stay with it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_contact(&mut self, account: &AccountId) -> Result<()> {
        let touched = self.run(
            "UPDATE contacts SET approved = 0, approved_me = 0, blocked = 0, nickname = '', note = '', expiry_mode = 0,
                    expiry_seconds = 0, muted_for_ever = 0, muted_until = 0
             WHERE account = ?1",
            [account.to_string()],
        )?;
        if touched > 0 {
            self.edit_gone(account)?;
            self.record(Change::ConversationChanged(ConversationId::Account(*account)));
        }
        Ok(())
    }

    /// Takes over a received profile when it is newer than the stored one (strictly; two zeros count as newer, because
    /// old clients send none). Says whether anything changed.
    ///
    /// # Errors
    /// When the database fails.
    pub fn apply_profile(&mut self, account: &AccountId, profile: &ReceivedProfile<'_>) -> Result<bool> {
        self.take_profile(account, profile, false)
    }

    /// [`Self::apply_profile`] for what our own devices agreed on: also when it is as new as the stored one, so that all
    /// show the same.
    ///
    /// # Errors
    /// When the database fails.
    pub fn follow_profile(&mut self, account: &AccountId, profile: &ReceivedProfile<'_>) -> Result<bool> {
        self.take_profile(account, profile, true)
    }

    fn take_profile(&mut self, account: &AccountId, profile: &ReceivedProfile<'_>, or_as_new: bool) -> Result<bool> {
        // A url without a key, or the other way round, is no picture.
        let whole = !profile.picture_url.is_empty() && !profile.picture_key.is_empty();
        let (url, key) = if whole { (profile.picture_url, profile.picture_key) } else { ("", [].as_slice()) };
        let seconds = i64::try_from(profile.updated_seconds).unwrap_or(i64::MAX);
        let touched = self.run(
            "UPDATE contacts SET display_name = iif(?2 = '', display_name, ?2), picture_url = ?3, picture_key = ?4,
                    updated_seconds = ?5
             WHERE account = ?1 AND (?5 > updated_seconds OR (?5 = updated_seconds AND (?5 = 0 OR ?6 = 1)))
               AND ((?2 <> '' AND display_name <> ?2) OR picture_url <> ?3 OR picture_key <> ?4 OR updated_seconds <> ?5)",
            (account.to_string(), profile.display_name, url, key, seconds, or_as_new),
        )?;
        if touched > 0 {
            self.record(Change::ConversationChanged(ConversationId::Account(*account)));
        }
        Ok(touched > 0)
    }

    /// The row number of a person, made when new.
    pub(super) fn contact_number(&mut self, account: &AccountId, now: Timestamp) -> Result<i64> {
        let text = account.to_string();
        if let Some(number) = self.row("SELECT id FROM contacts WHERE account = ?1", [&text], |row| Ok(row.get(0)?))? {
            return Ok(number);
        }
        self.insert("INSERT INTO contacts (account, created_at) VALUES (?1, ?2)", (text, now.to_sql()))
    }

    fn set_flag(&mut self, sql: &str, account: &AccountId, on: bool) -> Result<bool> {
        let touched = self.run(sql, (account.to_string(), on))?;
        if touched > 0 {
            self.record(Change::ConversationChanged(ConversationId::Account(*account)));
        }
        Ok(touched > 0)
    }
}

fn read(row: &Row<'_>) -> Result<ContactRow> {
    Ok(ContactRow {
        account: account_at(row, 0)?,
        approved: row.get(1)?,
        approved_me: row.get(2)?,
        blocked: row.get(3)?,
        display_name: row.get(4)?,
        nickname: row.get(5)?,
        picture_url: row.get(6)?,
        picture_key: row.get(7)?,
        updated_seconds: u64::try_from(row.get::<_, i64>(8)?).unwrap_or(0),
        note: row.get(9)?,
        disappearing: Disappearing::from_sql(row.get(10)?, row.get(11)?)?,
        created_at: Timestamp::from_sql(row.get(12)?),
        mute: Mute::from_sql(row.get(13)?, row.get(14)?),
    })
}

impl fmt::Debug for ContactRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactRow").field("account", &self.account).finish_non_exhaustive()
    }
}

const COLUMNS: &str = "account, approved, approved_me, blocked, display_name, nickname, picture_url, picture_key, updated_seconds, note, \
     expiry_mode, expiry_seconds, created_at, muted_for_ever, muted_until";

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn received(name: &str, seconds: u64) -> ReceivedProfile<'_> {
        ReceivedProfile { display_name: name, picture_url: "", picture_key: &[], updated_seconds: seconds }
    }

    #[tokio::test]
    async fn only_a_newer_profile_replaces_the_stored_one_and_two_zeros_count_as_newer() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("profiles", |tx| {
            tx.ensure_contact(&bob(), at(1))?;
            let mut taken = Vec::new();
            for (name, seconds) in
                [("old client", 0), ("still old", 0), ("Bob", 5), ("older", 4), ("same", 5), ("", 6), ("zero", 0)]
            {
                let changed = tx.apply_profile(&bob(), &received(name, seconds))?;
                taken.push((changed, tx.contact(&bob())?.map(|contact| contact.display_name).unwrap_or_default()));
            }
            Ok(taken)
        });
        let names = ["old client", "still old", "Bob", "Bob", "Bob", "Bob", "Bob"];
        let taken = [true, true, true, false, false, true, false];
        let expected: Vec<_> = taken.into_iter().zip(names.map(str::to_owned)).collect();
        assert_eq!(write.await.unwrap().0, expected);
    }

    #[tokio::test]
    async fn a_picture_needs_both_its_place_and_its_key() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("pictures", |tx| {
            tx.ensure_contact(&bob(), at(1))?;
            let mut urls = Vec::new();
            for (url, key, seconds) in
                [("http://f/1", [1; 32].as_slice(), 1), ("http://f/2", &[], 2), ("", &[1; 32], 3)]
            {
                let profile = ReceivedProfile {
                    display_name: "Bob",
                    picture_url: url,
                    picture_key: key,
                    updated_seconds: seconds,
                };
                tx.apply_profile(&bob(), &profile)?;
                urls.extend(tx.contact(&bob())?.map(|contact| (contact.picture_url, contact.picture_key.len())));
            }
            Ok(urls)
        });
        assert_eq!(write.await.unwrap().0, [("http://f/1".to_owned(), 32), (String::new(), 0), (String::new(), 0)]);
    }

    #[tokio::test]
    async fn flags_say_whether_they_changed_and_lists_follow_them() {
        let ledger = Ledger::new().await;
        let (_, changes) = ledger
            .store
            .write("flags", |tx| {
                for contact in [bob(), carol()] {
                    tx.ensure_contact(&contact, at(1))?;
                    assert!(tx.set_approved(&contact, true)?);
                    assert!(!tx.set_approved(&contact, true)?);
                }
                tx.set_nickname(&carol(), "aaa")?;
                tx.apply_profile(&bob(), &received("Bob", 1))?;
                assert!(!tx.set_approved(&person(99), true)?, "nobody is made by a flag");
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(changes.len(), 2);
        let names = |rows: Vec<ContactRow>| rows.iter().map(|row| row.shown_name().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            names(ledger.store.read(|tx| tx.contacts()).await.unwrap()),
            ["aaa", "Bob"],
            "we are not our contact"
        );
        ledger.store.write("block", |tx| tx.set_blocked(&bob(), true)).await.unwrap();
        assert_eq!(names(ledger.store.read(|tx| tx.contacts()).await.unwrap()), ["aaa"]);
        assert_eq!(names(ledger.store.read(|tx| tx.blocked_contacts()).await.unwrap()), ["Bob"]);
    }

    #[tokio::test]
    async fn contacts_stand_in_the_order_of_their_letters_whatever_case_and_accents() {
        let ledger = Ledger::new().await;
        let sorted = ["amber", "Ärzte", "Éric", "eric B", "Łukasz", "Zoë", "žofie"];
        let write = ledger.store.write("contacts", move |tx| {
            for (number, name) in sorted.iter().enumerate() {
                let contact = person(90 - number as u8);
                tx.ensure_contact(&contact, at(1))?;
                tx.set_approved(&contact, true)?;
                tx.set_nickname(&contact, name)?;
            }
            Ok(tx.contacts()?.iter().map(|row| row.shown_name().to_owned()).collect::<Vec<_>>())
        });
        assert_eq!(write.await.unwrap().0, sorted);
    }
}
