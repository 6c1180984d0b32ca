-- From version 2 to 3: rows of the outbox become errands, and what belongs to a mailbox says to which. What the columns mean
-- stands in schema.sql.

ALTER TABLE outbox RENAME TO outbox_2;
CREATE TABLE outbox (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    kind              INTEGER NOT NULL,
    role              INTEGER NOT NULL,
    message           INTEGER REFERENCES messages (id) ON DELETE CASCADE,
    address           TEXT    NOT NULL CHECK (length(address) = 66),
    namespace         INTEGER NOT NULL,
    content           BLOB    NOT NULL,
    sealed            BLOB    NOT NULL DEFAULT x'',
    hashes            TEXT    NOT NULL DEFAULT '',
    ttl_ms            INTEGER NOT NULL,
    sent_at           INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    deadline          INTEGER NOT NULL,
    lane              TEXT    NOT NULL,
    urgency           INTEGER NOT NULL,
    attempts          INTEGER NOT NULL DEFAULT 0,
    retry_at          INTEGER NOT NULL DEFAULT 0,
    state             INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE outbox_waits (
    errand            INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    awaits            INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    PRIMARY KEY (errand, awaits)
) STRICT, WITHOUT ROWID;
-- Every row was to be stored somewhere, tried for 14 days, and went in its recipient's lane unless it was a copy.
INSERT INTO outbox (id, kind, role, message, address, namespace, content, sealed, ttl_ms, sent_at, created_at, deadline, lane,
                    urgency, attempts, retry_at, state)
    SELECT id, 1, kind, message, recipient, namespace, content, sealed, ttl_ms, sent_at, created_at, created_at + 1209600000,
           iif(kind = 2, '', recipient), priority, attempts, retry_at, state FROM outbox_2;
INSERT INTO outbox_waits (errand, awaits) SELECT id, waits_for FROM outbox_2 WHERE waits_for IS NOT NULL;
-- A number that was ever used names nothing else, also when its row is long gone.
DELETE FROM sqlite_sequence WHERE name = 'outbox';
INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox', seq FROM sqlite_sequence WHERE name = 'outbox_2';
DROP TABLE outbox_2;
CREATE INDEX outbox_in_order ON outbox (urgency, id) WHERE state = 0;
CREATE INDEX outbox_lanes ON outbox (lane, id) WHERE state = 0 AND lane <> '';
CREATE INDEX outbox_by_message ON outbox (message);
CREATE INDEX outbox_waits_by_awaited ON outbox_waits (awaits);

ALTER TABLE cursors RENAME COLUMN account TO owner;
ALTER TABLE seen_hashes RENAME COLUMN account TO owner;

-- All that is here belongs to the account's own mailbox.
ALTER TABLE unreadable RENAME TO unreadable_2;
CREATE TABLE unreadable (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    owner             TEXT    NOT NULL,
    namespace         INTEGER NOT NULL,
    hash              TEXT    NOT NULL,
    reason            TEXT    NOT NULL,
    raw               BLOB    NOT NULL,
    received_at       INTEGER NOT NULL,
    UNIQUE (owner, hash)
) STRICT;
INSERT INTO unreadable (id, owner, namespace, hash, reason, raw, received_at)
    SELECT u.id, p.account, u.namespace, u.hash, u.reason, u.raw, u.received_at FROM unreadable_2 u, profile p;
DELETE FROM sqlite_sequence WHERE name = 'unreadable';
INSERT INTO sqlite_sequence (name, seq) SELECT 'unreadable', seq FROM sqlite_sequence WHERE name = 'unreadable_2';
DROP TABLE unreadable_2;

ALTER TABLE dumps RENAME TO dumps_2;
CREATE TABLE dumps (
    owner             TEXT    NOT NULL,
    namespace         INTEGER NOT NULL,
    dump              BLOB    NOT NULL,
    seqno             INTEGER NOT NULL,
    fetched           INTEGER NOT NULL CHECK (fetched IN (0, 1)),
    unpushed          INTEGER NOT NULL CHECK (unpushed IN (0, 1)),
    partial           INTEGER NOT NULL CHECK (partial IN (0, 1)),
    applied_at        INTEGER NOT NULL DEFAULT 0,
    first_edit_at     INTEGER NOT NULL DEFAULT 0,
    last_edit_at      INTEGER NOT NULL DEFAULT 0,
    attempts          INTEGER NOT NULL DEFAULT 0,
    retry_at          INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (owner, namespace)
) STRICT;
INSERT INTO dumps (owner, namespace, dump, seqno, fetched, unpushed, partial, applied_at, first_edit_at, last_edit_at, attempts,
                   retry_at)
    SELECT p.account, d.namespace, d.dump, d.seqno, d.fetched, d.unpushed, d.partial, d.applied_at, d.first_edit_at,
           d.last_edit_at, d.attempts, d.retry_at FROM dumps_2 d, profile p;
DROP TABLE dumps_2;

ALTER TABLE config_obsolete RENAME TO config_obsolete_2;
CREATE TABLE config_obsolete (
    owner             TEXT    NOT NULL,
    namespace         INTEGER NOT NULL,
    hash              TEXT    NOT NULL,
    PRIMARY KEY (owner, namespace, hash)
) STRICT, WITHOUT ROWID;
INSERT INTO config_obsolete (owner, namespace, hash) SELECT p.account, o.namespace, o.hash FROM config_obsolete_2 o, profile p;
DROP TABLE config_obsolete_2;
