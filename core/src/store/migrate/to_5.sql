-- From version 4 to 5. What the columns mean stands in schema.sql.

-- What was seen when a conversation was deleted or hidden, here or on another device of ours: it stays away, and what nobody
-- saw does not. As the Contacts document says it, and for the account as long. Owner: partings.rs.
CREATE TABLE partings (
    -- Whose conversation: 16 bytes of a hash (config/partings.rs), so that nobody can list who was deleted.
    person            BLOB    PRIMARY KEY CHECK (length(person) = 16),
    -- When the newest message that they wrote was sent (network ms) of those that were seen; 0 for none.
    theirs            INTEGER NOT NULL,
    -- The same of what we wrote.
    ours              INTEGER NOT NULL,
    -- The largest date of what was seen, where it lay ahead of the deletion (ms of whatever clock); 0 where none did.
    ahead             INTEGER NOT NULL,
    -- When the device that deleted first asked the network (network ms); 0 never.
    first_poll        INTEGER NOT NULL,
    -- The day of the deletion (days since the Unix epoch).
    day               INTEGER NOT NULL,
    -- When the document of another device that says so was stored (network ms); 0 while only this device says it.
    said_at           INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
