//! The account's config documents: their dumps, the edits that wait for the swarm, and what is obsolete in it.
//!
//! Every change of a row that other devices must hear of is noted by a trigger of the schema as an *edit* (account and
//! field), whoever wrote it. The same transaction writes it into the document (`delivery::mirror`). Only an account that
//! waits for its documents keeps edits: they are made once the documents are here.

use std::collections::BTreeSet;
use std::fmt;

use rusqlite::Row;

use super::failure::StoreFault;
use super::{Change, ReadTx, WriteTx};
use crate::address::{Address, Namespace, Place, SwarmHash};
use crate::clock::Timestamp;
use crate::crypto::AccountId;
use crate::error::Result;

/// One config document as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct DumpRow {
    /// Which: the mailbox and the namespace that it lives in.
    pub place: Place,
    /// The document with everything it needs; opaque to the store.
    pub dump: Vec<u8>,
    /// Its sequence number; 0 while nothing was ever written into it.
    pub seqno: i64,
    /// Our swarm said what it has of it.
    pub fetched: bool,
    /// It has something that the swarm has not confirmed.
    pub unpushed: bool,
    /// Only some of the parts of a message have come.
    pub partial: bool,
    /// When the newest message of another device in it was stored (network time).
    pub applied_at: Timestamp,
    /// First edit since the last push (device time); zero for none.
    pub first_edit_at: Timestamp,
    /// Last edit since the last push (device time); zero for none.
    pub last_edit_at: Timestamp,
    /// Failed pushes in a row.
    pub attempts: u32,
    /// When the next push may be tried (device time).
    pub retry_at: Timestamp,
    /// It is larger than a swarm takes.
    pub oversized: bool,
}

impl DumpRow {
    /// A document that nothing was ever written into and that the swarm was not asked for.
    pub fn empty(place: Place) -> Self {
        Self {
            place,
            dump: Vec::new(),
            seqno: 0,
            fetched: false,
            unpushed: false,
            partial: false,
            applied_at: Timestamp::ZERO,
            first_edit_at: Timestamp::ZERO,
            last_edit_at: Timestamp::ZERO,
            attempts: 0,
            retry_at: Timestamp::ZERO,
            oversized: false,
        }
    }
}

/// Which fields of a row an edit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EditedField {
    /// *Approved* and *approved me* of a person.
    Approved,
    /// Whether a person is blocked.
    Blocked,
    /// A person's own name and picture; our own profile under our own Account ID.
    Profile,
    /// The name we gave a person.
    Nickname,
    /// Disappearing messages.
    Expiry,
    /// For what the conversation with a person makes itself heard.
    Mute,
    /// Whether there is a conversation, and its priority.
    Conversation,
    /// Up to where it was read, and the unread mark.
    Read,
    /// A person was deleted from the contacts.
    Gone,
    /// What was read of a person who was deleted from the contacts: [`Self::Gone`] for the other document.
    GoneRead,
    /// What this device had seen when it deleted or hid the conversation ([`super::partings`]).
    Parted,
}

impl EditedField {
    const ALL: [(Self, &'static str); 11] = [
        (Self::Approved, "approved"),
        (Self::Blocked, "blocked"),
        (Self::Profile, "profile"),
        (Self::Nickname, "nickname"),
        (Self::Expiry, "expiry"),
        (Self::Mute, "mute"),
        (Self::Conversation, "conversation"),
        (Self::Read, "read"),
        (Self::Gone, "gone"),
        (Self::GoneRead, "gone read"),
        (Self::Parted, "parted"),
    ];

    fn code(self) -> &'static str {
        Self::ALL.iter().find_map(|(field, code)| (*field == self).then_some(*code)).unwrap_or_default()
    }

    fn from_code(code: &str) -> Result<Self> {
        let found = Self::ALL.iter().find_map(|(field, known)| (*known == code).then_some(*field));
        found.ok_or_else(|| StoreFault::Value("config_edits.field").into())
    }
}

/// One edit that is not in its document yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// Whose row.
    pub account: AccountId,
    /// Which fields.
    pub field: EditedField,
}

/// How much of one document is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentState {
    /// Our swarm was not asked yet, or could not be.
    Waiting,
    /// Some of it has come, and more is on its way.
    Partial,
    /// Our swarm has one that this version does not understand. Nothing is pushed over it: it settles when it is understood
    /// (by another version, or because another device wrote anew) or when the swarm has forgotten it.
    NotUnderstood,
    /// Our swarm has none, and nothing was written into it here.
    Absent,
    /// It is here.
    Here,
}

impl DocumentState {
    /// Whether our swarm has said what it has of it.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Absent | Self::Here)
    }
}

/// How far the account's memory and its swarm agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SyncState {
    /// The account was restored here, and not all documents have come or were found not to exist.
    pub restoring: bool,
    /// Our name and picture.
    pub profile: DocumentState,
    /// People: names, approvals, blocks, pins, timers.
    pub contacts: DocumentState,
    /// Groups and communities.
    pub groups: DocumentState,
    /// What was read.
    pub read_state: DocumentState,
    /// A change that was made here has not reached the swarm yet, also one that waits for its document. The name that was
    /// typed while restoring is none: it gives way to the one that the account has.
    pub unsent: bool,
    /// A document is larger than a swarm takes. Everything else works; what changes in it stays on this device until it is
    /// smaller, and is tried again at growing intervals up to an hour.
    pub oversized: bool,
}

impl ReadTx<'_> {
    /// One document.
    ///
    /// # Errors
    /// When the database fails.
    pub fn dump(&self, place: Place) -> Result<Option<DumpRow>> {
        let sql = format!("SELECT {COLUMNS} FROM dumps WHERE owner = ?1 AND namespace = ?2");
        self.row(&sql, (place.owner, place.namespace), read)
    }

    /// When the newest message of another device in a document was stored (network time); `None` for none, and while the
    /// document is not known: rows do not follow it then, so it says nothing about them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn applied_at(&self, place: Place) -> Result<Option<Timestamp>> {
        let at = self.row(
            "SELECT applied_at FROM dumps WHERE owner = ?1 AND namespace = ?2 AND fetched = 1 AND applied_at > 0",
            (place.owner, place.namespace),
            |row| Ok(Timestamp::from_sql(row.get(0)?)),
        )?;
        Ok(at)
    }

    /// Whether our swarm said what it has of a document.
    ///
    /// # Errors
    /// When the database fails.
    pub fn is_fetched(&self, place: Place) -> Result<bool> {
        let sql = "SELECT 1 FROM dumps WHERE owner = ?1 AND namespace = ?2 AND fetched = 1";
        self.any(sql, (place.owner, place.namespace))
    }

    /// All documents of a mailbox, by namespace.
    ///
    /// # Errors
    /// When the database fails.
    pub fn dumps(&self, owner: impl Into<Address>) -> Result<Vec<DumpRow>> {
        self.rows(&format!("SELECT {COLUMNS} FROM dumps WHERE owner = ?1 ORDER BY namespace"), [owner.into()], read)
    }

    /// How far the account's own memory and its swarm agree.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sync_state(&self) -> Result<SyncState> {
        let rows = self.rows(
            &format!("SELECT namespace, seqno, fetched, unpushed, partial FROM dumps WHERE {OWN}"),
            [],
            |row| {
                let facts =
                    (row.get::<_, i64>(1)?, row.get::<_, bool>(2)?, row.get::<_, bool>(3)?, row.get::<_, bool>(4)?);
                Ok((row.get::<_, Namespace>(0)?, facts))
            },
        )?;
        let restoring = self.any("SELECT 1 FROM profile WHERE awaits_configs = 1", [])?;
        // Under a name of its own stands what is no message at all: one member can make that up.
        let refused: Vec<Namespace> = if restoring {
            let sql = format!("SELECT DISTINCT namespace FROM unreadable WHERE {OWN} AND hash NOT LIKE 'unnamed %'");
            self.rows(&sql, [], |row| Ok(row.get(0)?))?
        } else {
            Vec::new()
        };
        let state = |namespace: Namespace| match rows.iter().find(|(number, _)| *number == namespace) {
            Some((_, (1.., true, _, _))) => DocumentState::Here,
            Some((_, (_, true, _, _))) => DocumentState::Absent,
            Some((_, (1.., _, _, _) | (_, _, _, true))) => DocumentState::Partial,
            _ if refused.contains(&namespace) => DocumentState::NotUnderstood,
            _ => DocumentState::Waiting,
        };
        Ok(SyncState {
            restoring,
            profile: state(Namespace::USER_PROFILE),
            contacts: state(Namespace::CONTACTS),
            groups: state(Namespace::USER_GROUPS),
            read_state: state(Namespace::CONVO_INFO),
            unsent: rows.iter().any(|(_, (_, _, unpushed, _))| *unpushed) || self.has_waiting_changes()?,
            oversized: self.any(&format!("SELECT 1 FROM dumps WHERE {OWN} AND oversized = 1"), [])?,
        })
    }

    /// Whether edits wait that somebody made: not the name with which restoring began, and no flags of our own row, which
    /// are in no document.
    fn has_waiting_changes(&self) -> Result<bool> {
        self.any(
            "SELECT 1 FROM config_edits e WHERE NOT EXISTS (
                 SELECT 1 FROM profile p WHERE p.account = e.account
                   AND (e.field NOT IN ('profile', 'conversation', 'expiry', 'read')
                        OR (e.field = 'profile' AND p.awaits_configs = 1 AND p.updated_seconds <= 1)))",
            [],
        )
    }

    /// Edits that are not in their documents yet.
    ///
    /// # Errors
    /// When the database fails.
    pub fn config_edits(&self) -> Result<BTreeSet<Edit>> {
        let rows = self.rows("SELECT account, field FROM config_edits", [], |row| {
            let account = AccountId::parse(row.get_ref(0)?.as_str().unwrap_or_default())
                .map_err(|_| StoreFault::Value("config_edits.account"))?;
            Ok(Edit { account, field: EditedField::from_code(row.get_ref(1)?.as_str().unwrap_or_default())? })
        })?;
        Ok(rows.into_iter().collect())
    }

    /// Whether there are any. One step into a table that is nearly always empty.
    ///
    /// # Errors
    /// When the database fails.
    pub fn has_config_edits(&self) -> Result<bool> {
        self.any("SELECT 1 FROM config_edits", [])
    }

    /// At most `limit` messages of a mailbox that newer ones replaced.
    ///
    /// # Errors
    /// When the database fails.
    pub fn obsolete_configs(&self, owner: impl Into<Address>, limit: u32) -> Result<Vec<(Namespace, SwarmHash)>> {
        let rows = self.rows(
            "SELECT namespace, hash FROM config_obsolete WHERE owner = ?1 LIMIT ?2",
            (owner.into(), limit),
            |row| Ok((row.get(0)?, SwarmHash::parse(row.get_ref(1)?.as_str().unwrap_or_default()))),
        )?;
        Ok(rows.into_iter().filter_map(|(namespace, hash)| Some((namespace, hash?))).collect())
    }
}

impl WriteTx<'_> {
    /// Keeps a document.
    ///
    /// # Errors
    /// When the database fails.
    pub fn save_dump(&mut self, row: &DumpRow) -> Result<()> {
        self.run(
            &format!(
                "INSERT OR REPLACE INTO dumps ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
            ),
            (
                row.place.owner,
                row.place.namespace,
                &row.dump,
                row.seqno,
                row.fetched,
                row.unpushed,
                row.partial,
                row.applied_at.to_sql(),
                row.first_edit_at.to_sql(),
                row.last_edit_at.to_sql(),
                row.attempts,
                row.retry_at.to_sql(),
                row.oversized,
            ),
        )?;
        self.record(Change::SyncChanged);
        Ok(())
    }

    /// Sets the edits to exactly `edits`: rows that were written *from* the documents are none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_config_edits(&mut self, edits: &BTreeSet<Edit>) -> Result<()> {
        self.clear_config_edits()?;
        for edit in edits {
            self.run(
                "INSERT INTO config_edits (account, field) VALUES (?1, ?2)",
                (edit.account.to_string(), edit.field.code()),
            )?;
        }
        if !edits.is_empty() {
            // They may be the first that wait.
            self.record(Change::SyncChanged);
        }
        Ok(())
    }

    /// Makes an edit of everything that differs from what a new row holds: a document begins again, and what it lost is
    /// here. Not that a conversation is deleted or hidden: another device may have brought it back since.
    ///
    /// # Errors
    /// When the database fails.
    pub fn edit_everything(&mut self) -> Result<()> {
        for sql in [
            "SELECT account, 'profile' FROM profile WHERE display_name <> ''",
            "SELECT account, 'approved' FROM contacts WHERE approved = 1 OR approved_me = 1",
            "SELECT account, 'blocked' FROM contacts WHERE blocked = 1",
            "SELECT account, 'profile' FROM contacts WHERE display_name <> ''",
            "SELECT account, 'nickname' FROM contacts WHERE nickname <> ''",
            "SELECT account, 'expiry' FROM contacts WHERE expiry_mode <> 0",
            "SELECT account, 'mute' FROM contacts WHERE muted_for_ever = 1 OR muted_until > 0",
            "SELECT address, 'conversation' FROM conversations WHERE priority >= 0 OR gone_at = 0",
            "SELECT address, 'read' FROM conversations WHERE read_up_to > 0 OR marked_unread = 1",
        ] {
            // The WHERE of the outer statement keeps ON CONFLICT from being read as part of a join.
            let sql = format!(
                "INSERT INTO config_edits (account, field) SELECT * FROM ({sql}) WHERE true ON CONFLICT DO NOTHING"
            );
            self.run(&sql, [])?;
        }
        Ok(())
    }

    /// Notes that a person was deleted from the contacts: their entries go.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn edit_gone(&mut self, account: &AccountId) -> Result<()> {
        self.run(
            "INSERT INTO config_edits (account, field) VALUES (?1, 'gone'), (?1, 'gone read') ON CONFLICT DO NOTHING",
            [account.to_string()],
        )?;
        Ok(())
    }

    /// Forgets all edits: they are in their documents, or the rows were written *from* the documents, which is no edit.
    ///
    /// # Errors
    /// When the database fails.
    pub fn clear_config_edits(&mut self) -> Result<()> {
        self.run("DELETE FROM config_edits", [])?;
        Ok(())
    }

    /// The network came back: what waits for its next attempt goes at once.
    ///
    /// # Errors
    /// When the database fails.
    pub fn hurry_configs(&mut self) -> Result<()> {
        if self.run("UPDATE dumps SET retry_at = 0 WHERE retry_at > 0", [])? > 0 {
            self.record(Change::SyncChanged);
        }
        Ok(())
    }

    /// Notes a message of our swarm that a newer one replaced.
    ///
    /// # Errors
    /// When the database fails.
    pub fn add_obsolete_config(&mut self, place: Place, hash: &SwarmHash) -> Result<()> {
        self.run(
            "INSERT OR IGNORE INTO config_obsolete (owner, namespace, hash) VALUES (?1, ?2, ?3)",
            (place.owner, place.namespace, hash),
        )?;
        Ok(())
    }

    /// Forgets a message that is deleted, or that is no longer obsolete.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_obsolete_config(&mut self, place: Place, hash: &SwarmHash) -> Result<()> {
        self.run(
            "DELETE FROM config_obsolete WHERE owner = ?1 AND namespace = ?2 AND hash = ?3",
            (place.owner, place.namespace, hash),
        )?;
        Ok(())
    }

    /// Makes an account one that was restored here and waits for its documents.
    #[cfg(test)]
    pub(crate) fn await_configs(&mut self) -> Result<()> {
        // Whatever name was typed, the one that the account has elsewhere is newer.
        self.run("UPDATE profile SET awaits_configs = 1, updated_seconds = min(updated_seconds, 1)", [])?;
        self.run(
            "INSERT INTO config_edits (account, field) SELECT account, 'profile' FROM profile WHERE display_name <> ''
             ON CONFLICT DO NOTHING",
            [],
        )?;
        self.record(Change::SyncChanged);
        Ok(())
    }

    /// All documents came in, or were found not to exist.
    ///
    /// # Errors
    /// When the database fails.
    pub fn configs_have_come(&mut self) -> Result<()> {
        if self.run("UPDATE profile SET awaits_configs = 0 WHERE awaits_configs = 1", [])? > 0 {
            self.record(Change::SyncChanged);
        }
        Ok(())
    }
}

fn read(row: &Row<'_>) -> Result<DumpRow> {
    Ok(DumpRow {
        place: Place { owner: row.get(0)?, namespace: row.get(1)? },
        dump: row.get(2)?,
        seqno: row.get(3)?,
        fetched: row.get(4)?,
        unpushed: row.get(5)?,
        partial: row.get(6)?,
        applied_at: Timestamp::from_sql(row.get(7)?),
        first_edit_at: Timestamp::from_sql(row.get(8)?),
        last_edit_at: Timestamp::from_sql(row.get(9)?),
        attempts: row.get(10)?,
        retry_at: Timestamp::from_sql(row.get(11)?),
        oversized: row.get(12)?,
    })
}

impl fmt::Debug for DumpRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DumpRow")
            .field("namespace", &self.place.namespace)
            .field("seqno", &self.seqno)
            .field("fetched", &self.fetched)
            .field("unpushed", &self.unpushed)
            .finish_non_exhaustive()
    }
}

/// Rows of the account's own mailbox.
const OWN: &str = "owner = (SELECT account FROM profile)";

const COLUMNS: &str = "owner, namespace, dump, seqno, fetched, unpushed, partial, applied_at, first_edit_at, last_edit_at, \
                       attempts, retry_at, oversized";

#[cfg(test)]
mod tests {
    use super::super::Quota;
    use super::super::testing::*;
    use super::*;

    fn own(namespace: Namespace) -> Place {
        place(alice(), namespace)
    }
    use crate::store::ConversationId;

    fn fields(edits: &BTreeSet<Edit>, of: AccountId) -> Vec<EditedField> {
        edits.iter().filter(|edit| edit.account == of).map(|edit| edit.field).collect()
    }

    #[tokio::test]
    async fn every_change_that_other_devices_must_hear_of_is_an_edit_and_nothing_else_is() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("edits", |tx| {
            tx.clear_config_edits()?;
            tx.ensure_contact(&bob(), at(1))?;
            tx.set_note(&bob(), "met at the harbour")?;
            tx.set_blocked(&bob(), false)?;
            assert!(!tx.has_config_edits()?, "a person that we only met, a note, and what was so before");
            tx.set_approved(&bob(), true)?;
            assert_eq!(fields(&tx.config_edits()?, bob()), [EditedField::Approved]);
            tx.set_blocked(&bob(), true)?;
            tx.set_nickname(&bob(), "Bobby")?;
            tx.set_expiry(&bob(), 2, 60)?;
            let chat = ConversationId::from(bob());
            tx.ensure_conversation(&chat, at(1))?;
            tx.set_draft(&chat, "draft", None)?;
            tx.set_read_up_to(&chat, at(5))?;
            tx.set_display_name("Alicia", at(5_000))?;
            let edits = tx.config_edits()?;
            assert_eq!(
                fields(&edits, bob()),
                [
                    EditedField::Approved,
                    EditedField::Blocked,
                    EditedField::Nickname,
                    EditedField::Expiry,
                    EditedField::Conversation,
                    EditedField::Read
                ]
            );
            assert_eq!(fields(&edits, alice()), [EditedField::Profile]);
            tx.clear_config_edits()?;
            tx.set_nickname(&bob(), "Bobby")?;
            assert!(!tx.has_config_edits()?, "the same again is no edit");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn the_state_of_each_document_follows_from_what_is_known_of_it() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("documents", |tx| {
            tx.save_dump(&DumpRow { fetched: true, ..DumpRow::empty(own(Namespace::USER_PROFILE)) })?;
            tx.save_dump(&DumpRow {
                fetched: true,
                seqno: 3,
                unpushed: true,
                ..DumpRow::empty(own(Namespace::CONTACTS))
            })?;
            tx.save_dump(&DumpRow { partial: true, ..DumpRow::empty(own(Namespace::CONVO_INFO)) })?;
            tx.await_configs()?;
            let states = |tx: &ReadTx<'_>| -> Result<_> {
                let state = tx.sync_state()?;
                Ok([state.profile, state.contacts, state.read_state, state.groups])
            };
            use DocumentState::{Absent, Here, NotUnderstood, Partial, Waiting};
            assert_eq!(states(tx)?, [Absent, Here, Partial, Waiting]);
            for namespace in [2, 3, 4].map(Namespace) {
                tx.insert_unreadable(
                    own(namespace),
                    &format!("hash {namespace}"),
                    "malformed",
                    &[],
                    at(1),
                    Quota::Document,
                )?;
            }
            tx.insert_unreadable(
                own(Namespace::USER_GROUPS),
                "unnamed 09090909 no data 0",
                "no data",
                &[],
                at(1),
                Quota::Document,
            )?;
            assert_eq!(states(tx)?, [Absent, Here, Partial, Waiting]);
            tx.insert_unreadable(own(Namespace::USER_GROUPS), "hash", "malformed", &[], at(1), Quota::Document)?;
            assert_eq!(states(tx)?, [Absent, Here, Partial, NotUnderstood]);
            let state = tx.sync_state()?;
            assert!(state.unsent && state.restoring);
            assert_eq!(tx.profile()?.map(|row| row.updated_seconds), Some(1), "a real profile is newer");
            tx.configs_have_come()?;
            assert!(!tx.sync_state()?.restoring);
            assert_eq!(tx.dump(own(Namespace::CONTACTS))?.map(|row| row.seqno), Some(3));
            assert_eq!(tx.dumps(alice())?.len(), 3);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn obsolete_messages_are_noted_once_and_forgotten_when_deleted() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("obsolete", |tx| {
            let contacts = own(Namespace::CONTACTS);
            for hash in ["a", "b", "a"] {
                tx.add_obsolete_config(contacts, &name(hash))?;
            }
            assert_eq!(tx.obsolete_configs(alice(), 10)?.len(), 2);
            assert_eq!(tx.obsolete_configs(bob(), 10)?, [], "another mailbox");
            tx.forget_obsolete_config(contacts, &name("a"))?;
            assert_eq!(tx.obsolete_configs(alice(), 10)?, [(Namespace::CONTACTS, name("b"))]);
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn changes_that_wait_for_their_documents_are_unsent_and_a_name_typed_while_restoring_is_none() {
        let unsent = |tx: &ReadTx<'_>| tx.sync_state().unwrap().unsent;
        let ledger = Ledger::new().await;
        let write = ledger.store.write("an account of an older version", move |tx| {
            tx.clear_config_edits()?;
            assert!(!unsent(tx));
            tx.edit_everything()?;
            assert!(unsent(tx), "its name was never told to anybody");
            tx.clear_config_edits()?;
            tx.await_configs()?;
            tx.edit_everything()?;
            assert!(!unsent(tx), "it gives way to the name that the account has");
            tx.ensure_contact(&bob(), at(1))?;
            tx.set_note(&bob(), "met at the harbour")?;
            assert!(!unsent(tx));
            tx.set_nickname(&bob(), "Bobby")?;
            assert!(unsent(tx), "a person did this");
            tx.clear_config_edits()?;
            tx.set_display_name("Alicia", at(5_000))?;
            assert!(unsent(tx), "and this");
            Ok(())
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn a_restored_account_begins_with_nothing_unsent() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::Store::create(&folder.path().join("onionskin.db"), &key()).await.unwrap();
        let (state, _) = store
            .write("restored", |tx| {
                let seed = crate::crypto::AccountSeed::from_bytes([7; 16]);
                let display_name = "typed while restoring";
                let new = crate::store::NewProfile { account: alice(), seed: &seed, display_name, now: at(1_000) };
                tx.create_restored_profile(&new)?;
                tx.sync_state()
            })
            .await
            .unwrap();
        assert!(state.restoring && !state.unsent);
    }
}
