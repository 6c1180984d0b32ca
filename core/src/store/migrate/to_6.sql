-- From version 5 to 6. What the columns mean stands in schema.sql.
ALTER TABLE partings ADD COLUMN notes_deleted_at INTEGER NOT NULL DEFAULT 0;
