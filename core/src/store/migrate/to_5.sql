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
CREATE INDEX messages_unread_by_arrival ON messages (conversation, stored_at) WHERE outgoing = 0 AND read_at = 0;

-- Moments that wait for the network's time.
CREATE TABLE unsettled (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    sent_at           INTEGER NOT NULL UNIQUE,
    run               INTEGER NOT NULL,
    monotonic_ms      INTEGER NOT NULL,
    written_at        INTEGER NOT NULL
) STRICT;
