-- The ledger of one account: every table and column, its unit, who writes it, and why it exists.
--
-- One file is one account; nothing in it speaks of another account of the same person. The whole file is encrypted
-- (SQLCipher, raw key), so columns hold plain values. This text is what a new database is made from; an older one
-- reaches the same shape through the numbered steps in migrate.rs, and a test compares both.
--
-- Habits: a column called owner names the mailbox (the address whose storage it is, 66 hex digits); STRICT tables; NOT NULL except for references that may be absent; moments are milliseconds since the Unix
-- epoch and 0 means "not yet" or "never"; durations end in _ms; booleans are 0 or 1; enumerations are small integers
-- whose meaning stands beside the column and in the Rust file of the same name. Ids are AUTOINCREMENT: a number that
-- was ever shown to a screen is never used for something else.

-- Ourselves. Exactly one row, written when the account is made. Owner: profile.rs.
CREATE TABLE profile (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    -- Our Account ID, 66 lower-case hex digits. Kept although it follows from the seed: opening checks one against the other.
    account           TEXT    NOT NULL CHECK (length(account) = 66),
    -- Our display name as others see it; at most 100 bytes of UTF-8 (checked where a person types it).
    display_name      TEXT    NOT NULL,
    -- When our profile last changed, in SECONDS since the epoch: the unit of LokiProfile.lastUpdateSeconds on the wire.
    updated_seconds   INTEGER NOT NULL,
    -- The newest sent timestamp (network ms) ever handed out. The next is at least 2 ms later: official clients drop a
    -- second message with the same millisecond.
    newest_sent_at    INTEGER NOT NULL DEFAULT 0,
    -- When this database was made (device ms).
    created_at        INTEGER NOT NULL,
    -- Where our profile picture is, and the 32-byte key for it; both empty for no picture.
    picture_url       TEXT    NOT NULL DEFAULT '',
    picture_key       BLOB    NOT NULL DEFAULT x'',
    -- 1 from restoring the account here until all its config documents came in, or were found not to exist.
    awaits_configs    INTEGER NOT NULL DEFAULT 0 CHECK (awaits_configs IN (0, 1))
) STRICT;

-- The seed alone: one row that is written once and read once per opening. In a row that changes, every change would leave
-- another copy of it in memory that SQLite gave back. Owner: profile.rs.
CREATE TABLE account_seed (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    -- The account seed, from which all keys follow; the recovery password is these bytes in words. 16 bytes, or the whole 32
    -- of the Ed25519 seed where the second half is not zero.
    seed              BLOB    NOT NULL CHECK (length(seed) IN (16, 32))
) STRICT;

-- Every account we ever met, ourselves included, so that messages name their sender by a small number. Owner: contacts.rs.
CREATE TABLE contacts (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Account ID, 66 lower-case hex digits.
    account           TEXT    NOT NULL UNIQUE CHECK (length(account) = 66),
    -- We accept them: we wrote first, answered or pressed accept.
    approved          INTEGER NOT NULL DEFAULT 0 CHECK (approved IN (0, 1)),
    -- They accept us: anything arrived from them.
    approved_me       INTEGER NOT NULL DEFAULT 0 CHECK (approved_me IN (0, 1)),
    -- What they send is dropped unread.
    blocked           INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1)),
    -- The name they gave themselves; '' while none is known.
    display_name      TEXT    NOT NULL DEFAULT '',
    -- The name we gave them; '' for none. Shown before the display name, never sent to them.
    nickname          TEXT    NOT NULL DEFAULT '',
    -- Where their profile picture is, and the 32-byte key for it; both empty for no picture.
    picture_url       TEXT    NOT NULL DEFAULT '',
    picture_key       BLOB    NOT NULL DEFAULT x'',
    -- LokiProfile.lastUpdateSeconds of what is stored above, in SECONDS: only a newer profile replaces it.
    updated_seconds   INTEGER NOT NULL DEFAULT 0,
    -- When we met them (device ms).
    created_at        INTEGER NOT NULL,
    -- What we noted about them. Stays on this device: it is in no config and in no message.
    note              TEXT    NOT NULL DEFAULT '',
    -- Disappearing messages in the conversation with them: 0 off, 1 after sending, 2 after reading; and after how long,
    -- in SECONDS: the units of the Contacts config. Off is 0 and 0.
    expiry_mode       INTEGER NOT NULL DEFAULT 0 CHECK (expiry_mode IN (0, 1, 2)),
    expiry_seconds    INTEGER NOT NULL DEFAULT 0,
    -- When that was last chosen, as far as a notice of ours said (network ms); 0: no notice did. An older one changes nothing.
    expiry_set_at     INTEGER NOT NULL DEFAULT 0,
    -- The conversation with them never makes itself heard: notifications 2 (disabled) of the Contacts config.
    muted_for_ever    INTEGER NOT NULL DEFAULT 0 CHECK (muted_for_ever IN (0, 1)),
    -- Until when it does not, in SECONDS since the epoch: the unit of the Contacts config. 0 not muted so. May have passed.
    muted_until       INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Where messages stand together. Owner: conversations.rs.
CREATE TABLE conversations (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The name by which the rest of the program knows it; for a person the Account ID (our own one: Note to Self).
    address           TEXT    NOT NULL UNIQUE,
    -- 1 with one person, Note to Self included. Later kinds: groups, communities.
    kind              INTEGER NOT NULL,
    -- The person, for kind 1.
    contact           INTEGER REFERENCES contacts (id),
    -- Below 0 hidden, 0 normal, above 0 pinned: the values of the Contacts config.
    priority          INTEGER NOT NULL DEFAULT 0,
    -- What was typed and not sent.
    draft             TEXT    NOT NULL DEFAULT '',
    -- Incoming messages with read_at = 0. Kept by the triggers below and by nobody else, so that the list never counts.
    unread_count      INTEGER NOT NULL DEFAULT 0 CHECK (unread_count >= 0),
    -- Newest ordered_at of a message that ever stood here (network ms), or when a letter came that is late; orders the list, 0
    -- while nothing was ever written.
    active_at         INTEGER NOT NULL DEFAULT 0,
    -- When the conversation was made (device ms).
    created_at        INTEGER NOT NULL,
    -- Incoming messages sent until then (network ms) were read, on whichever device. Never goes back.
    read_up_to        INTEGER NOT NULL DEFAULT 0,
    -- Marked as unread by hand; reading takes the mark away.
    marked_unread     INTEGER NOT NULL DEFAULT 0 CHECK (marked_unread IN (0, 1)),
    -- Emptied and taken off the list here; the row stays for what the configs say about it, and the next message
    -- brings it back.
    removed           INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    -- Until when everything went that was sent, when it was last deleted or hidden (network ms): here until the newest message
    -- that was seen, elsewhere until the config that says so. What was sent before stays away. 0: it never went.
    gone_at           INTEGER NOT NULL DEFAULT 0,
    -- Until when (network ms) nothing that was sent is shown any more, whether or not the conversation is back on the list: so
    -- much was removed at once that only the newest of it left tombstones. 0 while that never happened.
    cleared_until     INTEGER NOT NULL DEFAULT 0,
    -- Until when another device of ours says that it has read (network ms, an ordered_at); 0 while none said anything.
    read_elsewhere    INTEGER NOT NULL DEFAULT 0,
    -- When it said so (network ms): it cannot have read what our swarm did not have by then.
    read_elsewhere_at INTEGER NOT NULL DEFAULT 0,
    -- When the newest was sent (ms by the sender's clock, where that is not far ahead) that they wrote and that was removed here,
    -- alone or with everything; 0 for none.
    removed_theirs    INTEGER NOT NULL DEFAULT 0,
    -- The same of what we wrote, if it left.
    removed_ours      INTEGER NOT NULL DEFAULT 0,
    -- Laid aside by hand: off the list until something new comes or is written. Stays on this device.
    archived          INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1)),
    -- What its notifications show, if that differs from what is chosen for all: 1 name and text, 2 the name, 3 neither. Stays on
    -- this device.
    notice_content    INTEGER CHECK (notice_content IN (1, 2, 3)),
    -- The message that the draft answers; absent when it answers none, or the message is gone.
    draft_answers     INTEGER REFERENCES messages (id) ON DELETE SET NULL,
    -- When anything at all last came from the person, and opened (network ms); 0 never.
    heard_at          INTEGER NOT NULL DEFAULT 0,
    -- When the person's message request came that waits, or did last (device ms); 0 never.
    came_at           INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The conversation list, newest first.
CREATE INDEX conversations_by_activity ON conversations (active_at DESC, id DESC);
-- From a message that goes to the draft that answers it.
CREATE INDEX conversations_by_draft_answers ON conversations (draft_answers) WHERE draft_answers IS NOT NULL;

-- What was said. Owner: messages.rs.
CREATE TABLE messages (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation      INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    -- Who wrote it; our own row in contacts for what we wrote, on whichever device.
    sender            INTEGER NOT NULL REFERENCES contacts (id),
    -- 0 came in, 1 written by us (here or on another device of ours).
    outgoing          INTEGER NOT NULL CHECK (outgoing IN (0, 1)),
    -- 1 text; 2 line "message request accepted"; 3 placeholder for a message of a newer format, bytes in raw; 4 line "the timer
    -- of disappearing messages was changed", to what stands in expiry_mode and expiry_seconds; 5 line "media was saved"; 6 line
    -- "missed call"; 7 and 8 placeholders for an invitation to a group and to a community, bytes in raw; 10 line
    -- "message deleted", of which nothing else is left.
    kind              INTEGER NOT NULL,
    -- The sender's timestamp (network ms): shown, and with the sender it names the message on the wire.
    sent_at           INTEGER NOT NULL,
    -- When it came to this device, or was written here (network ms).
    received_at       INTEGER NOT NULL,
    -- The text; '' where the kind has none. Indexed for search.
    body              TEXT    NOT NULL DEFAULT '',
    -- The opened bytes of a message this version cannot show, kept so that a later version can; empty otherwise.
    raw               BLOB    NOT NULL DEFAULT x'',
    -- The hash our own swarm gave it (the sync copy's, for what we sent): needed to delete it there or change its expiry.
    swarm_hash        TEXT    NOT NULL DEFAULT '',
    -- When it was read here (network ms); 0 is unread. Lines and our own messages are born read.
    read_at           INTEGER NOT NULL DEFAULT 0,
    -- 0 received; 1 stored here, waits to be sent; 2 sent; 3 an attempt failed, tried again at retry_at; 4 failed.
    state             INTEGER NOT NULL,
    -- For state 3: when it is tried again (device ms); 0 otherwise.
    retry_at          INTEGER NOT NULL DEFAULT 0,
    -- For state 4: why, as a short code (messages.rs, Failure); '' otherwise.
    failure           TEXT    NOT NULL DEFAULT '',
    -- Where it stands (network ms): sent_at, but no later than a minute after it came here, since a sender may write any
    -- date into a letter. Orders the conversation, its preview, the list and what counts as read.
    ordered_at        INTEGER NOT NULL DEFAULT 0,
    -- When our swarm got it, as far as is known, and no later than it came here (network ms): of what came in. 0: it was always
    -- there.
    stored_at         INTEGER NOT NULL DEFAULT 0,
    -- The msgId that its sender gave it, 8 bytes as they stand on the wire: what refers to it bears it too. Empty for none.
    msg_id            BLOB    NOT NULL DEFAULT x'',
    -- How it disappears, as its sender said: 0 not, 1 after sending, 2 after reading; and after how long, in SECONDS, as on the
    -- wire. Not is 0 and 0. Owner: expiries.rs.
    expiry_mode       INTEGER NOT NULL DEFAULT 0 CHECK (expiry_mode IN (0, 1, 2)),
    expiry_seconds    INTEGER NOT NULL DEFAULT 0,
    -- When it disappears (network ms); 0: never, or its time has not begun.
    expires_at        INTEGER NOT NULL DEFAULT 0,
    -- When our own swarm forgets it, as far as it said or was asked for (network ms); 0: unknown.
    swarm_expires_at  INTEGER NOT NULL DEFAULT 0,
    -- When the other person read what we wrote, as their receipt says (network ms); 0: no receipt came. Owner: receipts.rs.
    seen_at           INTEGER NOT NULL DEFAULT 0,
    -- When a star was put on it here (network ms); 0: none. Stays on this device.
    starred_at        INTEGER NOT NULL DEFAULT 0,
    -- When it was last sent again before its 14 days were over (network ms), of what we wrote; 0 never.
    again_at          INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The rule against doubles in a conversation: a sender has one message at one millisecond, or several with a msgId each.
CREATE UNIQUE INDEX messages_by_moment ON messages (conversation, sent_at, sender, msg_id);
-- Order of a conversation.
CREATE INDEX messages_in_order ON messages (conversation, ordered_at, sent_at, sender);
-- What a "mark read" has to touch.
CREATE INDEX messages_unread ON messages (conversation, ordered_at) WHERE outgoing = 0 AND read_at = 0;
-- The unread letter that came last, for the preview.
CREATE INDEX messages_unread_by_arrival ON messages (conversation, stored_at) WHERE outgoing = 0 AND read_at = 0;
-- The red mark in the conversation list.
CREATE INDEX messages_failed ON messages (conversation) WHERE state = 4;
-- From a swarm hash to the message (delete, expiry).
CREATE INDEX messages_by_hash ON messages (swarm_hash) WHERE swarm_hash <> '';
-- Lets the database check that a contact about to go wrote nothing that stays.
CREATE INDEX messages_by_sender ON messages (sender);
-- Which message disappears next.
CREATE INDEX messages_by_end ON messages (expires_at) WHERE expires_at > 0;
-- Letters that were read and that our swarm still keeps for longer: nearly always empty.
CREATE INDEX messages_kept_too_long ON messages (expires_at)
    WHERE outgoing = 0 AND expiry_mode = 2 AND expires_at > 0 AND swarm_hash <> ''
      AND (swarm_expires_at = 0 OR swarm_expires_at > expires_at);
-- The notices of changed timers, of which only the newest of each person stays.
CREATE INDEX messages_timer_notices ON messages (conversation, sender, sent_at) WHERE kind = 4;
-- The letters of a message request: how many, and the first.
CREATE INDEX messages_letters ON messages (conversation, ordered_at, sent_at, sender)
    WHERE outgoing = 0 AND kind IN (1, 3, 7, 8);
-- What has a star, nearly always few.
CREATE INDEX messages_starred ON messages (starred_at) WHERE starred_at > 0;

CREATE TRIGGER messages_count_new AFTER INSERT ON messages WHEN new.outgoing = 0 AND new.read_at = 0 BEGIN
    UPDATE conversations SET unread_count = unread_count + 1 WHERE id = new.conversation;
END;
CREATE TRIGGER messages_count_read AFTER UPDATE OF read_at ON messages
WHEN new.outgoing = 0 AND (old.read_at = 0) <> (new.read_at = 0) BEGIN
    UPDATE conversations SET unread_count = unread_count + iif(new.read_at = 0, 1, -1) WHERE id = new.conversation;
END;
CREATE TRIGGER messages_count_gone AFTER DELETE ON messages WHEN old.outgoing = 0 AND old.read_at = 0 BEGIN
    UPDATE conversations SET unread_count = unread_count - 1 WHERE id = old.conversation;
END;

-- Emoji on messages: a row for each of each person. Owner: reactions.rs.
CREATE TABLE reactions (
    message           INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    -- Who put it there.
    contact           INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    -- One emoji, in the signs of whoever sent it; without blanks.
    emoji             TEXT    NOT NULL,
    -- When the last word about it was said (network ms, by the sender's clock): an earlier one changes nothing.
    said_at           INTEGER NOT NULL,
    -- 1 it was taken away: the row remembers since when.
    removed           INTEGER NOT NULL CHECK (removed IN (0, 1)),
    -- Since when it stands there (as said_at): orders what is shown.
    since             INTEGER NOT NULL,
    PRIMARY KEY (message, contact, emoji)
) STRICT, WITHOUT ROWID;

-- Lets the database find what goes with a contact.
CREATE INDEX reactions_by_contact ON reactions (contact);

-- Which message a message answers; the quoted line is looked up in the same conversation whenever it is shown. Owner: quotes.rs.
CREATE TABLE quotes (
    message           INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    -- Who wrote what is quoted: an id of 66 lower-case hex digits, of an account or blinded.
    author            TEXT    NOT NULL,
    -- Its sent timestamp (network ms).
    sent_at           INTEGER NOT NULL,
    -- Its msgId, 8 bytes; empty for none.
    msg_id            BLOB    NOT NULL,
    -- What old clients say it said, for when it does not stand here; '' mostly. Emptied when that message goes.
    fallback          TEXT    NOT NULL
) STRICT;

-- From a message to the answers to it.
CREATE INDEX quotes_by_moment ON quotes (sent_at, author);

-- What came before the message that it is about: that it is withdrawn, or reacted to. It waits for that message. Of one person, of strangers
-- together and in all only the newest stay (early.rs). Owner: early.rs.
CREATE TABLE early (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Whose word it is.
    contact           INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    -- The conversation (its address) in which the message counts; '' for any, as our own devices withdraw.
    conversation      TEXT    NOT NULL,
    -- What names the message: its author (Account ID), its sent timestamp (network ms) and its msgId (8 bytes; empty for none).
    author            TEXT    NOT NULL,
    -- See author.
    sent_at           INTEGER NOT NULL,
    -- See author.
    msg_id            BLOB    NOT NULL,
    -- When the row may go (network ms): by then no swarm has the message.
    forgotten_at      INTEGER NOT NULL,
    -- 1 of somebody whom we did not accept.
    stranger          INTEGER NOT NULL CHECK (stranger IN (0, 1)),
    -- 1 it is withdrawn; an emoji is put on it (2) or taken away (3).
    kind              INTEGER NOT NULL,
    -- Kinds 2 and 3: which; '' otherwise.
    emoji             TEXT    NOT NULL,
    -- Kinds 2 and 3: when that was said (network ms): the later word counts; 0 otherwise.
    said_at           INTEGER NOT NULL
) STRICT;

-- From a message that comes to what came before it.
CREATE UNIQUE INDEX early_by_moment ON early (sent_at, author, conversation, contact, msg_id, emoji);
CREATE INDEX early_by_contact ON early (contact, id);
CREATE INDEX early_of_strangers ON early (id) WHERE stranger = 1;
CREATE INDEX early_by_end ON early (forgotten_at);

-- What was removed here and must not come back: any node that kept the sealed bytes of a letter can put them into another
-- envelope. Nothing in it can be read: without tombstone_key a hash tells neither the conversation nor the sender nor the
-- moment, and with it only whether a letter at hand is the one. Owner: tombstones.rs.
CREATE TABLE tombstones (
    -- BLAKE2b of 16 bytes, keyed, over sender, moment and conversation.
    hash              BLOB    PRIMARY KEY CHECK (length(hash) = 16),
    -- When the row may go (network ms, whole days): 45 days after the removal what was sent before it is too old anyway.
    forgotten_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tombstones_by_end ON tombstones (forgotten_at);

-- The key of the hashes above, random, made with the first of them. At most one row. Owner: tombstones.rs.
CREATE TABLE tombstone_key (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    -- 32 random bytes of this ledger alone.
    key               BLOB    NOT NULL CHECK (length(key) = 32)
) STRICT;

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
    -- When it was deleted (network ms), or the latest moment that the device which deleted was sure of.
    deleted_at        INTEGER NOT NULL,
    -- When the document of another device that says so was stored (network ms); 0 while only this device says it.
    said_at           INTEGER NOT NULL DEFAULT 0,
    -- When Note to Self was last deleted and not only hidden (network ms, as deleted_at); 0 never, and for everybody else.
    notes_deleted_at  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Words of message texts, folded and cut by words.rs, which is what search_words() calls; the tokenizer only parts them at
-- blanks. Holds no text (content = ''), no order of words (detail = none: the text says it) and no lengths. Owner: search.rs.
CREATE VIRTUAL TABLE message_words USING fts5 (
    words, content = '', detail = none, columnsize = 0, tokenize = 'ascii tokenchars ''#*'''
);
-- Deleted words leave the index at once instead of waiting for a merge.
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
-- A leaf of the index fits into a page of the file, of which encryption takes 80 bytes; the default needs two pages for each.
INSERT INTO message_words (message_words, rank) VALUES ('pgsz', 3900);

-- How far the index is. Exactly one row. Owner: search.rs.
CREATE TABLE search_state (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    -- Which folding the words were made by (words.rs, FOLDING); by another one the index is made anew. 0: none yet.
    folding           INTEGER NOT NULL,
    -- Messages with this id and above are in the index; those below wait for it. 0 when all are.
    indexed_from      INTEGER NOT NULL,
    -- Where indexed_from stood when making the index began.
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

-- How the last sending of a message went: what "sent" means in numbers, and the detail sheet. Owner: sendings.rs.
CREATE TABLE sendings (
    message           INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    -- Nodes of the recipient's swarm that proved that they keep it, of how many that our node list names.
    accepted          INTEGER NOT NULL,
    asked             INTEGER NOT NULL,
    -- The nodes that accepted: JSON list of Ed25519 keys in hex.
    nodes             TEXT    NOT NULL,
    -- The way it took: JSON list of {key, ip}, guard first, without the destination.
    hops              TEXT    NOT NULL,
    -- The swarm node that was asked, Ed25519 key in hex; '' when unknown.
    destination       TEXT    NOT NULL,
    -- From asking to answer, in ms; and how many tries that took.
    latency_ms        INTEGER NOT NULL,
    attempts          INTEGER NOT NULL,
    -- When the answer came (network ms).
    finished_at       INTEGER NOT NULL
) STRICT;

-- Receipts that came before their message: another device of ours sent it, and its copy is still to come. Owner: receipts.rs.
CREATE TABLE receipts (
    -- Who read it.
    reader            INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    -- The moment of the message (network ms), which names it.
    sent_at           INTEGER NOT NULL,
    -- When it was read (network ms).
    read_at           INTEGER NOT NULL,
    -- When the receipt is worth nothing any more (network ms): its swarm forgets it then.
    forgotten_at      INTEGER NOT NULL,
    PRIMARY KEY (reader, sent_at)
) STRICT, WITHOUT ROWID;

-- Which go when there are too many.
CREATE INDEX receipts_by_end ON receipts (forgotten_at);

-- Calls of which a line was written, or that another device of ours took: one call is one line. Owner: calls.rs.
CREATE TABLE calls (
    -- BLAKE2b of 16 bytes over the name that its caller gave the call.
    call              BLOB    PRIMARY KEY CHECK (length(call) = 16),
    -- Its line; absent where there is none.
    message           INTEGER REFERENCES messages (id) ON DELETE SET NULL,
    -- When the row may go (network ms): later nothing of the call comes any more.
    forgotten_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX calls_by_end ON calls (forgotten_at);
CREATE INDEX calls_by_message ON calls (message);

-- Errands: every intention that the network must hear of. A row leaves when it is done; a crash leaves it. Owner: outbox.rs.
CREATE TABLE outbox (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What is done: 1 store something in a swarm, 2 delete something there, 3 shorten lifetimes there.
    kind              INTEGER NOT NULL,
    -- What a thing that is stored is to us: 1 message, 2 copy for our own devices, 3 answer to a message request, 4 receipt,
    -- 5 typing, 10 that a message is withdrawn, 11 a reaction; 0 nothing that anybody waits to hear of.
    role              INTEGER NOT NULL,
    -- The message it carries, if it carries one: deleting the message takes the intention with it.
    message           INTEGER REFERENCES messages (id) ON DELETE CASCADE,
    -- Where: whose storage, an address of 66 hex digits; and for kind 1 which namespace of it.
    address           TEXT    NOT NULL CHECK (length(address) = 66),
    namespace         INTEGER NOT NULL,
    -- Kind 1: the unpadded plaintext Content; emptied once sealed.
    content           BLOB    NOT NULL,
    -- Kind 1: the sealed bytes, made once and kept: storing the same bytes again gives the same hash, so a retry after a
    -- crash cannot double a message. Empty until sealed.
    sealed            BLOB    NOT NULL DEFAULT x'',
    -- Kinds 2 and 3: the swarm's names of what it is about, 43 characters each, with a space between two.
    hashes            TEXT    NOT NULL DEFAULT '',
    -- Kind 1: how long the swarm shall keep it.
    ttl_ms            INTEGER NOT NULL,
    -- Kind 1: the timestamp inside (network ms), which the envelope repeats.
    sent_at           INTEGER NOT NULL,
    -- When the intention was written, or a person last asked for it again (device ms).
    created_at        INTEGER NOT NULL,
    -- Until when it is worth trying (device ms); then it fails. Its own: 14 days for a letter.
    deadline          INTEGER NOT NULL,
    -- Rows of one lane begin in the order of their ids and are under way together; one that leads (an answer to a request)
    -- goes alone. Those that wait for another row hold up nobody. '' keeps no order.
    lane              TEXT    NOT NULL,
    -- Smaller leaves first between lanes: 0 what a person waits for, 1 what nobody looks at.
    urgency           INTEGER NOT NULL,
    -- Refused attempts. Being offline is none.
    attempts          INTEGER NOT NULL DEFAULT 0,
    -- Not before this moment (device ms).
    retry_at          INTEGER NOT NULL DEFAULT 0,
    -- 0 to be done; 1 failed, waits for a person to say "resend".
    state             INTEGER NOT NULL DEFAULT 0,
    -- Kind 3: when the lifetimes end (network ms).
    new_end           INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX outbox_in_order ON outbox (urgency, id) WHERE state = 0;
CREATE INDEX outbox_lanes ON outbox (lane, id) WHERE state = 0 AND lane <> '';
CREATE INDEX outbox_by_message ON outbox (message);

-- Which errand waits for which others, many to one: a sync copy for the recipient's copy, a letter for its uploads. A pair
-- goes when the one that is waited for leaves. While that one has failed, the other goes on waiting. Owner: outbox.rs.
CREATE TABLE outbox_waits (
    -- The one that waits.
    errand            INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    -- The one that must leave first.
    awaits            INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    PRIMARY KEY (errand, awaits)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_waits_by_awaited ON outbox_waits (awaits);

-- Moments (messages.sent_at, outbox.sent_at) that were given out before the network's time was certain: dated once more before
-- anything that bears them leaves. Owner: unsettled.rs.
CREATE TABLE unsettled (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The moment as it was given out (network ms, as far as it was known).
    sent_at           INTEGER NOT NULL UNIQUE,
    -- Of which run of the program the reading is: a number drawn when the account was opened.
    run               INTEGER NOT NULL,
    -- The monotonic reading then; means something within its run.
    monotonic_ms      INTEGER NOT NULL,
    -- When it was given out (device ms): for another run.
    written_at        INTEGER NOT NULL,
    -- 1 when an offset was known then: it may turn out to have been right.
    known             INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Where we stand in the list of each service node. Each node has an order of its own, so a cursor belongs to one node.
-- The whole history until expiry is kept: when the newest hash is deleted from the swarm, the one before it serves.
-- Owner: cursors.rs.
CREATE TABLE cursors (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The mailbox: the address whose storage it is, 66 hex digits.
    owner             TEXT    NOT NULL,
    namespace         INTEGER NOT NULL,
    -- Ed25519 key of the node, 32 bytes.
    node              BLOB    NOT NULL CHECK (length(node) = 32),
    -- The last hash of a list the node gave us.
    hash              TEXT    NOT NULL,
    -- When the node forgets that hash (network ms) and would send everything again.
    expires_at        INTEGER NOT NULL
) STRICT;

CREATE INDEX cursors_newest ON cursors (owner, namespace, node, id);
CREATE INDEX cursors_by_hash ON cursors (hash);
CREATE INDEX cursors_by_expiry ON cursors (expires_at);

-- Hashes that were processed, opened or not, so that another node's list brings nothing twice. Owner: cursors.rs.
CREATE TABLE seen_hashes (
    owner             TEXT    NOT NULL,
    namespace         INTEGER NOT NULL,
    hash              TEXT    NOT NULL,
    -- When the swarm forgets it (network ms); then this row may go.
    expires_at        INTEGER NOT NULL,
    -- 1 for what anybody can leave: it could not be opened, or came from somebody whom we did not accept. Of these only the
    -- newest stay (cursors.rs, MAX_SEEN_OF_STRANGERS).
    stranger          INTEGER NOT NULL DEFAULT 0 CHECK (stranger IN (0, 1)),
    PRIMARY KEY (owner, namespace, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX seen_hashes_by_expiry ON seen_hashes (expires_at);
CREATE INDEX seen_hashes_of_strangers ON seen_hashes (expires_at) WHERE stranger = 1;

-- What arrived and could not be used, with its reason: nothing vanishes silently. Owner: unreadable.rs.
CREATE TABLE unreadable (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    owner             TEXT    NOT NULL,
    namespace         INTEGER NOT NULL,
    hash              TEXT    NOT NULL,
    -- A short code of ours ("signature", "sync copy from a stranger"); never foreign text.
    reason            TEXT    NOT NULL,
    -- The bytes as the swarm gave them, cut at unreadable.rs MAX_RAW_BYTES; of each quota only the newest MAX_ROWS stay.
    raw               BLOB    NOT NULL,
    received_at       INTEGER NOT NULL,
    -- Whose room it takes: 0 could not be opened, 1 a stranger's, 2 ours or of somebody we accepted, 3 of a document.
    quota             INTEGER NOT NULL DEFAULT 0,
    UNIQUE (owner, hash)
) STRICT;

-- Choices of the person. Owner: settings.rs.
CREATE TABLE settings (
    -- The name of the Setting constant.
    key               TEXT    PRIMARY KEY,
    -- JSON.
    value             TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- What the account knows about the network: guards, swarm cache, clock offset. In here and not in a plain file because
-- it would link accounts and tell whom we write to. Written by client, opaque to the store. Owner: settings.rs.
CREATE TABLE network_state (
    -- 'paths', 'swarms', 'clock'; and 'cursor epoch', which counts how often cursors were cleared.
    name              TEXT    PRIMARY KEY,
    -- JSON of the client's, except the epoch (8 bytes, little-endian).
    value             BLOB    NOT NULL,
    -- Device ms.
    saved_at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Config documents (config/document.rs), which all devices of an account merge: its own, and those of other mailboxes.
-- Owner: dumps.rs.
CREATE TABLE dumps (
    owner             TEXT    NOT NULL,
    -- Which document: the namespace that it lives in.
    namespace         INTEGER NOT NULL,
    -- The document with everything it needs: state, message, hashes, incomplete parts.
    dump              BLOB    NOT NULL,
    -- Its sequence number: 0 while nothing was ever written into it.
    seqno             INTEGER NOT NULL,
    -- 1 once our swarm said what it has of it. Before that nothing is pushed, and edits wait in config_edits.
    fetched           INTEGER NOT NULL CHECK (fetched IN (0, 1)),
    -- 1 while it has something that the swarm has not confirmed.
    unpushed          INTEGER NOT NULL CHECK (unpushed IN (0, 1)),
    -- 1 while only some of the parts of a message have come.
    partial           INTEGER NOT NULL CHECK (partial IN (0, 1)),
    -- When the newest message of another device that it contains was stored (network ms).
    applied_at        INTEGER NOT NULL DEFAULT 0,
    -- First and last edit since the last push (device ms), 0 for none: a push waits for a quiet moment.
    first_edit_at     INTEGER NOT NULL DEFAULT 0,
    last_edit_at      INTEGER NOT NULL DEFAULT 0,
    -- Failed pushes in a row, and when the next may be tried (device ms).
    attempts          INTEGER NOT NULL DEFAULT 0,
    retry_at          INTEGER NOT NULL DEFAULT 0,
    -- 1 while it is larger than a swarm takes, so that other devices do not hear of changes in it.
    oversized         INTEGER NOT NULL DEFAULT 0 CHECK (oversized IN (0, 1)),
    PRIMARY KEY (owner, namespace)
) STRICT;

-- What was changed here and is not in its config document yet, field by field: written by the triggers below, taken by
-- delivery/mirror.rs in the same write. Edits stay only while an account that was restored waits for its documents.
-- Owner: dumps.rs.
CREATE TABLE config_edits (
    -- Whose row: Account ID, our own for the profile and Note to Self.
    account           TEXT    NOT NULL,
    -- Which fields: 'approved', 'blocked', 'profile', 'nickname', 'expiry', 'mute', 'conversation', 'read', 'gone',
    -- 'gone read', 'parted'.
    field             TEXT    NOT NULL,
    PRIMARY KEY (account, field)
) STRICT, WITHOUT ROWID;

-- Config messages in a swarm that newer ones replaced. Deleted there once the newer one is stored. Owner: dumps.rs.
CREATE TABLE config_obsolete (
    owner             TEXT    NOT NULL,
    namespace         INTEGER NOT NULL,
    -- The swarm's name for the message.
    hash              TEXT    NOT NULL,
    PRIMARY KEY (owner, namespace, hash)
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
CREATE TRIGGER config_edit_mute AFTER UPDATE OF muted_for_ever, muted_until ON contacts
WHEN old.muted_for_ever <> new.muted_for_ever OR old.muted_until <> new.muted_until BEGIN
    INSERT INTO config_edits (account, field) VALUES (new.account, 'mute') ON CONFLICT DO NOTHING;
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
