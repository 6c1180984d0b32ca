-- From version 3 to 4: the order of a conversation is no longer the sender's alone, what is removed leaves a tombstone, and
-- strangers have rooms of their own. What the columns mean stands in schema.sql.

ALTER TABLE messages ADD COLUMN ordered_at INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET ordered_at = min(sent_at, received_at + 60000);
DROP INDEX messages_in_order;
DROP INDEX messages_unread;
CREATE UNIQUE INDEX messages_by_moment ON messages (conversation, sent_at, sender);
CREATE INDEX messages_in_order ON messages (conversation, ordered_at, sent_at, sender);
CREATE INDEX messages_unread ON messages (conversation, ordered_at) WHERE outgoing = 0 AND read_at = 0;
-- Where the newest was dated later than it came, the conversation moves to where that message stands. Later than anything ever
-- came here is a date of the future too, also when its message is gone.
UPDATE conversations
SET active_at = coalesce((SELECT max(m.ordered_at) FROM messages m WHERE m.conversation = conversations.id), created_at)
WHERE active_at > (SELECT coalesce(max(received_at), 9223372036854775807 - 60000) + 60000 FROM messages)
   OR EXISTS (SELECT 1 FROM messages m
              WHERE m.conversation = conversations.id AND m.sent_at = conversations.active_at AND m.ordered_at < m.sent_at);

ALTER TABLE conversations ADD COLUMN cleared_until INTEGER NOT NULL DEFAULT 0;
CREATE TABLE tombstones (
    hash              BLOB    PRIMARY KEY CHECK (length(hash) = 16),
    forgotten_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstones_by_end ON tombstones (forgotten_at);
CREATE TABLE tombstone_key (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    key               BLOB    NOT NULL CHECK (length(key) = 32)
) STRICT;

ALTER TABLE seen_hashes ADD COLUMN stranger INTEGER NOT NULL DEFAULT 0 CHECK (stranger IN (0, 1));
CREATE INDEX seen_hashes_of_strangers ON seen_hashes (expires_at) WHERE stranger = 1;

-- Who sent what was recorded before is not known any more. What could not even be opened says so itself; the rest may be a
-- friend's and keeps the friends' room. What lies outside of the inbox is of a document.
ALTER TABLE unreadable ADD COLUMN quota INTEGER NOT NULL DEFAULT 0;
UPDATE unreadable SET quota = CASE
    WHEN namespace <> 0 THEN 3
    WHEN reason IN ('kind not supported yet', 'newer format', 'conversation deleted', 'not stored') THEN 2
    ELSE 0 END;

ALTER TABLE dumps ADD COLUMN oversized INTEGER NOT NULL DEFAULT 0 CHECK (oversized IN (0, 1));
