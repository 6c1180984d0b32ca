-- From version 4 to 5. What the columns mean stands in schema.sql.

-- A seed may have 32 bytes.
ALTER TABLE account_seed RENAME TO account_seed_4;
CREATE TABLE account_seed (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    seed              BLOB    NOT NULL CHECK (length(seed) IN (16, 32))
) STRICT;
INSERT INTO account_seed (id, seed) SELECT id, seed FROM account_seed_4;
DROP TABLE account_seed_4;
