-- From version 1 to 2: config documents, and the seed in a table of its own. What the columns mean stands in schema.sql.

CREATE TABLE account_seed (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    seed              BLOB    NOT NULL CHECK (length(seed) = 16)
) STRICT;
INSERT INTO account_seed (id, seed) SELECT id, seed FROM profile;
ALTER TABLE profile DROP COLUMN seed;
ALTER TABLE profile ADD COLUMN picture_url TEXT NOT NULL DEFAULT '';
ALTER TABLE profile ADD COLUMN picture_key BLOB NOT NULL DEFAULT x'';
ALTER TABLE profile ADD COLUMN awaits_configs INTEGER NOT NULL DEFAULT 0 CHECK (awaits_configs IN (0, 1));
ALTER TABLE contacts ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN expiry_mode INTEGER NOT NULL DEFAULT 0 CHECK (expiry_mode IN (0, 1, 2));
ALTER TABLE contacts ADD COLUMN expiry_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN read_up_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN marked_unread INTEGER NOT NULL DEFAULT 0 CHECK (marked_unread IN (0, 1));
ALTER TABLE conversations ADD COLUMN removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1));
ALTER TABLE conversations ADD COLUMN gone_at INTEGER NOT NULL DEFAULT 0;

CREATE TABLE dumps (
    namespace         INTEGER PRIMARY KEY,
    dump              BLOB    NOT NULL,
    seqno             INTEGER NOT NULL,
    fetched           INTEGER NOT NULL CHECK (fetched IN (0, 1)),
    unpushed          INTEGER NOT NULL CHECK (unpushed IN (0, 1)),
    partial           INTEGER NOT NULL CHECK (partial IN (0, 1)),
    applied_at        INTEGER NOT NULL DEFAULT 0,
    first_edit_at     INTEGER NOT NULL DEFAULT 0,
    last_edit_at      INTEGER NOT NULL DEFAULT 0,
    attempts          INTEGER NOT NULL DEFAULT 0,
    retry_at          INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE config_edits (
    account           TEXT    NOT NULL,
    field             TEXT    NOT NULL,
    PRIMARY KEY (account, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE config_obsolete (
    namespace         INTEGER NOT NULL,
    hash              TEXT    NOT NULL,
    PRIMARY KEY (namespace, hash)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER config_edit_profile AFTER UPDATE OF display_name, picture_url, picture_key ON profile
WHEN old.display_name <> new.display_name OR old.picture_url <> new.picture_url OR old.picture_key <> new.picture_key BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.account, 'profile') ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER config_edit_approved AFTER UPDATE OF approved, approved_me ON contacts
WHEN old.approved <> new.approved OR old.approved_me <> new.approved_me BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.account, 'approved') ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER config_edit_blocked AFTER UPDATE OF blocked ON contacts WHEN old.blocked <> new.blocked BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.account, 'blocked') ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER config_edit_contact AFTER UPDATE OF display_name, picture_url, picture_key, updated_seconds ON contacts
WHEN old.display_name <> new.display_name OR old.picture_url <> new.picture_url OR old.picture_key <> new.picture_key
  OR old.updated_seconds <> new.updated_seconds BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.account, 'profile') ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER config_edit_nickname AFTER UPDATE OF nickname ON contacts WHEN old.nickname <> new.nickname BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.account, 'nickname') ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER config_edit_expiry AFTER UPDATE OF expiry_mode, expiry_seconds ON contacts
WHEN old.expiry_mode <> new.expiry_mode OR old.expiry_seconds <> new.expiry_seconds BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.account, 'expiry') ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER config_edit_conversation_new AFTER INSERT ON conversations BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.address, 'conversation') ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER config_edit_conversation AFTER UPDATE OF priority ON conversations WHEN old.priority <> new.priority BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.address, 'conversation') ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER config_edit_conversation_gone AFTER DELETE ON conversations BEGIN
    INSERT INTO config_edits (account, field) VALUES (old.address, 'conversation') ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER config_edit_read AFTER UPDATE OF read_up_to, marked_unread ON conversations
WHEN old.read_up_to <> new.read_up_to OR old.marked_unread <> new.marked_unread BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.address, 'read') ON CONFLICT DO NOTHING;
END;

-- What was read is known message by message; the pointer stands before the oldest that was not.
UPDATE conversations SET read_up_to = coalesce(
    (SELECT min(m.sent_at) - 1 FROM messages m WHERE m.conversation = conversations.id AND m.outgoing = 0 AND m.read_at = 0),
    (SELECT max(m.sent_at) FROM messages m WHERE m.conversation = conversations.id AND m.outgoing = 0), 0);
-- Nothing of this account was ever pushed from here: whatever is not as a new row is an edit.
INSERT INTO config_edits (account, field) SELECT account, 'profile' FROM profile WHERE display_name <> '' ON CONFLICT DO NOTHING;
INSERT INTO config_edits (account, field) SELECT account, 'approved' FROM contacts WHERE approved = 1 OR approved_me = 1 ON CONFLICT DO NOTHING;
INSERT INTO config_edits (account, field) SELECT account, 'blocked' FROM contacts WHERE blocked = 1 ON CONFLICT DO NOTHING;
INSERT INTO config_edits (account, field) SELECT account, 'profile' FROM contacts WHERE display_name <> '' ON CONFLICT DO NOTHING;
INSERT INTO config_edits (account, field) SELECT account, 'nickname' FROM contacts WHERE nickname <> '' ON CONFLICT DO NOTHING;
INSERT INTO config_edits (account, field) SELECT address, 'conversation' FROM conversations WHERE true ON CONFLICT DO NOTHING;
INSERT INTO config_edits (account, field) SELECT address, 'read' FROM conversations WHERE read_up_to > 0 ON CONFLICT DO NOTHING;
