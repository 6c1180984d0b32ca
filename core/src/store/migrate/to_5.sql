-- From version 4 to 5. What the columns mean stands in schema.sql.

-- A seed may have 32 bytes.
ALTER TABLE account_seed RENAME TO account_seed_4;
CREATE TABLE account_seed (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    seed              BLOB    NOT NULL CHECK (length(seed) IN (16, 32))
) STRICT;
INSERT INTO account_seed (id, seed) SELECT id, seed FROM account_seed_4;
DROP TABLE account_seed_4;

-- What is read, and where a late letter stands.
ALTER TABLE messages ADD COLUMN stored_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN read_elsewhere INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN read_elsewhere_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN removed_theirs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN removed_ours INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_unread_by_arrival ON messages (conversation, stored_at) WHERE outgoing = 0 AND read_at = 0;

-- Moments that wait for the network's time.
CREATE TABLE unsettled (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    sent_at           INTEGER NOT NULL UNIQUE,
    run               INTEGER NOT NULL,
    monotonic_ms      INTEGER NOT NULL,
    written_at        INTEGER NOT NULL,
    known             INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The index of words is another one: folded and cut by the program. It is filled after opening, newest letters first.
DROP TRIGGER message_words_new;
DROP TRIGGER message_words_gone;
DROP TRIGGER message_words_changed;
DROP TABLE message_words;
CREATE VIRTUAL TABLE message_words USING fts5 (
    words, content = '', detail = none, columnsize = 0, tokenize = 'ascii tokenchars ''#*'''
);
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
INSERT INTO message_words (message_words, rank) VALUES ('pgsz', 3900);

CREATE TABLE search_state (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    folding           INTEGER NOT NULL,
    indexed_from      INTEGER NOT NULL,
    begun_at          INTEGER NOT NULL
) STRICT;
INSERT INTO search_state (id, folding, indexed_from, begun_at) VALUES (1, 0, 0, 0);

CREATE TRIGGER message_words_new AFTER INSERT ON messages WHEN new.body <> '' BEGIN
    INSERT INTO message_words (rowid, words) VALUES (new.id, search_words(new.body));
END;
CREATE TRIGGER message_words_gone AFTER DELETE ON messages
WHEN old.body <> '' AND old.id >= (SELECT indexed_from FROM search_state) BEGIN
    INSERT INTO message_words (message_words, rowid, words) VALUES ('delete', old.id, search_words(old.body));
END;
CREATE TRIGGER message_words_changed AFTER UPDATE OF body ON messages
WHEN old.body <> new.body AND old.id >= (SELECT indexed_from FROM search_state) BEGIN
    INSERT INTO message_words (message_words, rowid, words)
        SELECT 'delete', old.id, search_words(old.body) WHERE old.body <> '';
    INSERT INTO message_words (rowid, words) SELECT new.id, search_words(new.body) WHERE new.body <> '';
END;

-- What was seen when a conversation was deleted or hidden.
CREATE TABLE partings (
    person            BLOB    PRIMARY KEY CHECK (length(person) = 16),
    theirs            INTEGER NOT NULL,
    ours              INTEGER NOT NULL,
    ahead             INTEGER NOT NULL,
    first_poll        INTEGER NOT NULL,
    deleted_at        INTEGER NOT NULL,
    said_at           INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
