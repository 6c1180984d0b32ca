-- From version 4 to 5. What the columns mean stands in schema.sql.

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
