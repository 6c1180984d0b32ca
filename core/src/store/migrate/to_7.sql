-- From version 6 to 7. What the columns mean stands in schema.sql.
ALTER TABLE messages ADD COLUMN msg_id BLOB NOT NULL DEFAULT x'';

CREATE TABLE early (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    contact           INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    conversation      TEXT    NOT NULL,
    author            TEXT    NOT NULL,
    sent_at           INTEGER NOT NULL,
    msg_id            BLOB    NOT NULL,
    forgotten_at      INTEGER NOT NULL,
    stranger          INTEGER NOT NULL CHECK (stranger IN (0, 1)),
    kind              INTEGER NOT NULL,
    emoji             TEXT    NOT NULL,
    said_at           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX early_by_moment ON early (sent_at, author, conversation, contact, msg_id, emoji);
CREATE INDEX early_by_contact ON early (contact, id);
CREATE INDEX early_of_strangers ON early (id) WHERE stranger = 1;
CREATE INDEX early_by_end ON early (forgotten_at);

-- Disappearing messages.
ALTER TABLE contacts ADD COLUMN expiry_set_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN expiry_mode INTEGER NOT NULL DEFAULT 0 CHECK (expiry_mode IN (0, 1, 2));
ALTER TABLE messages ADD COLUMN expiry_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN swarm_expires_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN new_end INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_by_end ON messages (expires_at) WHERE expires_at > 0;
CREATE INDEX messages_kept_too_long ON messages (expires_at)
    WHERE outgoing = 0 AND expiry_mode = 2 AND expires_at > 0 AND swarm_hash <> ''
      AND (swarm_expires_at = 0 OR swarm_expires_at > expires_at);
CREATE INDEX messages_timer_notices ON messages (conversation, sender, sent_at) WHERE kind = 4;

CREATE TABLE quotes (
    message           INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    author            TEXT    NOT NULL,
    sent_at           INTEGER NOT NULL,
    msg_id            BLOB    NOT NULL,
    fallback          TEXT    NOT NULL
) STRICT;
CREATE INDEX quotes_by_moment ON quotes (sent_at, author);

CREATE TABLE reactions (
    message           INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    contact           INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    emoji             TEXT    NOT NULL,
    said_at           INTEGER NOT NULL,
    removed           INTEGER NOT NULL CHECK (removed IN (0, 1)),
    since             INTEGER NOT NULL,
    PRIMARY KEY (message, contact, emoji)
) STRICT, WITHOUT ROWID;
CREATE INDEX reactions_by_contact ON reactions (contact);

-- Receipts.
ALTER TABLE messages ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
CREATE TABLE receipts (
    reader            INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    sent_at           INTEGER NOT NULL,
    read_at           INTEGER NOT NULL,
    forgotten_at      INTEGER NOT NULL,
    PRIMARY KEY (reader, sent_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_by_end ON receipts (forgotten_at);

-- Missed calls.
CREATE TABLE calls (
    call              BLOB    PRIMARY KEY CHECK (length(call) = 16),
    message           INTEGER REFERENCES messages (id) ON DELETE SET NULL,
    forgotten_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX calls_by_end ON calls (forgotten_at);
CREATE INDEX calls_by_message ON calls (message);
