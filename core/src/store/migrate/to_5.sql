-- From version 4 to 5. What the columns mean stands in schema.sql.

-- The index of words is another one: folded and cut by the program. It is filled after opening, newest letters first.
DROP TRIGGER message_words_new;
DROP TRIGGER message_words_gone;
DROP TRIGGER message_words_changed;
DROP TABLE message_words;
CREATE VIRTUAL TABLE message_words USING fts5 (
    words, content = '', detail = none, columnsize = 0, tokenize = 'ascii tokenchars ''#*'''
);
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
INSERT INTO message_words (message_words, rank) VALUES ('pgsz', 3900);

CREATE TABLE search_state (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    folding           INTEGER NOT NULL,
    indexed_from      INTEGER NOT NULL,
    begun_at          INTEGER NOT NULL
) STRICT;
INSERT INTO search_state (id, folding, indexed_from, begun_at) VALUES (1, 0, 0, 0);

CREATE TRIGGER message_words_new AFTER INSERT ON messages WHEN new.body <> '' BEGIN
    INSERT INTO message_words (rowid, words) VALUES (new.id, search_words(new.body));
END;
CREATE TRIGGER message_words_gone AFTER DELETE ON messages
WHEN old.body <> '' AND old.id >= (SELECT indexed_from FROM search_state) BEGIN
    INSERT INTO message_words (message_words, rowid, words) VALUES ('delete', old.id, search_words(old.body));
END;
CREATE TRIGGER message_words_changed AFTER UPDATE OF body ON messages
WHEN old.body <> new.body AND old.id >= (SELECT indexed_from FROM search_state) BEGIN
    INSERT INTO message_words (message_words, rowid, words)
        SELECT 'delete', old.id, search_words(old.body) WHERE old.body <> '';
    INSERT INTO message_words (rowid, words) SELECT new.id, search_words(new.body) WHERE new.body <> '';
END;

