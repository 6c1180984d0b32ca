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
    stranger          INTEGER NOT NULL CHECK (stranger IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX early_by_moment ON early (sent_at, author, conversation, contact, msg_id);
CREATE INDEX early_by_contact ON early (contact, id);
CREATE INDEX early_of_strangers ON early (id) WHERE stranger = 1;
CREATE INDEX early_by_end ON early (forgotten_at);
