//! Rows whose other half is lost: they get a fitting one where there is one, and go where there is none.

use rusqlite::Transaction;

use crate::crypto::{AccountKeys, AccountSeed};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ReadTx, WriteTx};

/// What of the lost is mended by others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    /// What the account's other devices know: it is asked for anew.
    pub(super) known_elsewhere: bool,
    /// A config document: it begins again.
    pub(super) documents: bool,
}

/// Makes a ledger consistent in which rows are missing.
pub(super) fn mend(transaction: &Transaction<'_>, lost: Lost) -> Result<()> {
    mend_profile(transaction)?;
    transaction.execute_batch(PEOPLE)?;
    for _ in 0..ROUNDS {
        if drop_orphans(transaction)? == 0 {
            break;
        }
    }
    transaction.execute_batch(COUNTS)?;
    if lost.known_elsewhere {
        transaction.execute_batch(ASK_AGAIN)?;
    }
    if lost.documents {
        // Else the first document that is written would hold nobody, and delete everybody elsewhere.
        WriteTx::new(transaction).edit_everything()?;
    }
    Ok(())
}

/// Ourselves follow from the seed; our name comes back with the documents.
fn mend_profile(transaction: &Transaction<'_>) -> Result<()> {
    let tx = ReadTx::new(transaction);
    let seed: Option<AccountSeed> = tx.seed()?;
    let seed = seed.ok_or_else(|| Error::new(ErrorKind::SeedUnreadable, "fresh ledger has no seed"))?;
    let account = AccountKeys::from_seed(&seed).account_id().to_string();
    transaction.execute(
        "INSERT OR IGNORE INTO profile (id, account, display_name, updated_seconds, newest_sent_at, created_at)
         VALUES (1, ?1, '', 1, (SELECT ifnull(max(sent_at), 0) FROM messages WHERE outgoing = 1),
                 (SELECT ifnull(min(received_at), 0) FROM messages))",
        [&account],
    )?;
    // Our own row among the people, under the number that our messages name.
    transaction.execute(
        "INSERT OR IGNORE INTO contacts (id, account, approved, approved_me, created_at)
         SELECT (SELECT sender FROM messages WHERE outgoing = 1 AND sender NOT IN (SELECT id FROM contacts) LIMIT 1),
                account, 1, 1, created_at FROM profile",
        [],
    )?;
    Ok(())
}

/// Takes out what names a row that is lost: the name, where it may be absent, else the row. Says how many rows it touched.
fn drop_orphans(transaction: &Transaction<'_>) -> Result<usize> {
    let mut statement = transaction.prepare(
        "SELECT t.name, f.\"from\", f.\"table\", ifnull(f.\"to\", 'id'), i.\"notnull\" OR i.pk > 0
         FROM pragma_table_list AS t, pragma_foreign_key_list(t.name) AS f, pragma_table_info(t.name) AS i
         WHERE t.schema = 'main' AND t.type = 'table' AND i.name = f.\"from\"",
    )?;
    let found = statement.query_map([], |row| {
        let text = |at| row.get::<_, String>(at);
        Ok((text(0)?, text(1)?, text(2)?, text(3)?, row.get::<_, bool>(4)?))
    })?;
    let found = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut touched = 0;
    for (table, from, parent, to, needed) in found {
        let orphan = format!("\"{from}\" IS NOT NULL AND \"{from}\" NOT IN (SELECT \"{to}\" FROM \"{parent}\")");
        touched += transaction.execute(
            &if needed {
                format!("DELETE FROM \"{table}\" WHERE {orphan}")
            } else {
                format!("UPDATE \"{table}\" SET \"{from}\" = NULL WHERE {orphan}")
            },
            [],
        )?;
    }
    Ok(touched)
}

/// More than there are tables that name each other in a row.
const ROUNDS: usize = 8;

/// People of whom only a conversation is left, and conversations of which only letters are. Whom we wrote to we accepted, and
/// who wrote to us accepts us. Letters of ours that nobody answered are to whom their errand goes; those that name nobody are
/// notes, which is better than none.
const PEOPLE: &str = "
    INSERT OR IGNORE INTO contacts (id, account, approved, approved_me, created_at)
        SELECT c.contact, c.address,
               EXISTS (SELECT 1 FROM messages WHERE conversation = c.id AND outgoing = 1),
               EXISTS (SELECT 1 FROM messages WHERE conversation = c.id AND outgoing = 0), c.created_at
        FROM conversations AS c WHERE c.kind = 1 AND c.contact IS NOT NULL AND length(c.address) = 66;
    INSERT OR IGNORE INTO conversations (id, address, kind, contact, active_at, created_at)
        SELECT m.conversation, p.account, 1, p.id, max(m.ordered_at), min(m.received_at)
        FROM messages AS m JOIN contacts AS p ON p.id = m.sender
        WHERE m.outgoing = 0 AND m.conversation NOT IN (SELECT id FROM conversations) GROUP BY m.conversation;
    INSERT OR IGNORE INTO conversations (id, address, kind, contact, active_at, created_at)
        SELECT m.conversation, p.account, 1, p.id, max(m.ordered_at), min(m.received_at)
        FROM messages AS m JOIN contacts AS p ON p.account = ifnull(
            (SELECT o.address FROM outbox AS o JOIN messages AS x ON x.id = o.message
             WHERE x.conversation = m.conversation AND o.role = 1 LIMIT 1), (SELECT account FROM profile))
        WHERE m.conversation NOT IN (SELECT id FROM conversations) GROUP BY m.conversation;
    UPDATE OR IGNORE messages
        SET conversation = (SELECT c.id FROM conversations AS c, profile WHERE c.address = profile.account)
        WHERE outgoing = 1 AND conversation NOT IN (SELECT id FROM conversations)
          AND EXISTS (SELECT 1 FROM conversations AS c, profile WHERE c.address = profile.account);
    UPDATE conversations SET contact = (SELECT id FROM contacts WHERE account = address)
        WHERE kind = 1 AND (contact IS NULL OR contact NOT IN (SELECT id FROM contacts));
    UPDATE OR IGNORE messages SET sender = (SELECT contact FROM conversations WHERE id = messages.conversation)
        WHERE outgoing = 0 AND sender NOT IN (SELECT id FROM contacts)
          AND EXISTS (SELECT 1 FROM conversations WHERE id = messages.conversation AND contact IS NOT NULL);
    UPDATE OR IGNORE messages SET sender = (SELECT p.id FROM contacts AS p, profile WHERE p.account = profile.account)
        WHERE outgoing = 1 AND sender NOT IN (SELECT id FROM contacts);
";

/// What is counted, and letters whose errand is lost: they say that they were not sent, and can be sent again. That a conversation
/// was written down is no edit of it: what the documents say of it stays.
const COUNTS: &str = "
    UPDATE conversations SET unread_count = (
        SELECT count(*) FROM messages WHERE conversation = conversations.id AND outgoing = 0 AND read_at = 0);
    UPDATE messages SET state = 4, retry_at = 0, failure = 'other'
        WHERE state IN (1, 3) AND id NOT IN (SELECT message FROM outbox WHERE message IS NOT NULL);
    DELETE FROM config_edits WHERE (SELECT awaits_configs FROM profile) = 0;
";

/// As after restoring the account: its documents are fetched anew, and until then nothing is pushed. Once they are there the rows
/// follow them again, also those of a document that nothing happened to. Letters that are fetched twice are known by their moment.
const ASK_AGAIN: &str = "
    UPDATE profile SET awaits_configs = 1;
    UPDATE dumps SET fetched = 0;
    DELETE FROM cursors;
    DELETE FROM seen_hashes;
";
