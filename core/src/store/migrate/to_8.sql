-- From version 7 to 8. What the columns mean stands in schema.sql.
ALTER TABLE contacts ADD COLUMN muted_for_ever INTEGER NOT NULL DEFAULT 0 CHECK (muted_for_ever IN (0, 1));
ALTER TABLE contacts ADD COLUMN muted_until INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER config_edit_mute AFTER UPDATE OF muted_for_ever, muted_until ON contacts
WHEN old.muted_for_ever <> new.muted_for_ever OR old.muted_until <> new.muted_until BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.account, 'mute') ON CONFLICT DO NOTHING;
END;

ALTER TABLE conversations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1));
ALTER TABLE conversations ADD COLUMN notice_content INTEGER CHECK (notice_content IN (1, 2, 3));
ALTER TABLE conversations ADD COLUMN draft_answers INTEGER REFERENCES messages (id) ON DELETE SET NULL;
ALTER TABLE conversations ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN came_at INTEGER NOT NULL DEFAULT 0;
UPDATE conversations SET came_at = created_at WHERE active_at > 0;
CREATE INDEX conversations_by_draft_answers ON conversations (draft_answers) WHERE draft_answers IS NOT NULL;

-- Whoever wrote last was heard of then, and no later than it came here.
UPDATE conversations SET heard_at = coalesce((
    SELECT min(max(m.ordered_at, m.stored_at), m.received_at) FROM messages m WHERE m.conversation = conversations.id AND m.outgoing = 0
    ORDER BY m.ordered_at DESC, m.sent_at DESC, m.sender DESC LIMIT 1), 0);

ALTER TABLE messages ADD COLUMN starred_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN again_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_starred ON messages (starred_at) WHERE starred_at > 0;
CREATE INDEX messages_letters ON messages (conversation, ordered_at, sent_at, sender)
    WHERE outgoing = 0 AND kind IN (1, 3, 7, 8);

DROP INDEX messages_by_moment;
CREATE UNIQUE INDEX messages_by_moment ON messages (conversation, sent_at, sender, msg_id);
