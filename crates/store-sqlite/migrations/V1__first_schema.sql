-- "Hong" in ASCII: by this number a database is known to be Hongyan's.
PRAGMA application_id = 0x486F6E67;

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    login         TEXT    NOT NULL COLLATE NOCASE UNIQUE,
    name          TEXT    NOT NULL,
    avatar        TEXT,
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

-- AUTOINCREMENT: a session's id names it for ever, so an ended one's is never given again.
CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    device     TEXT    NOT NULL,
    client     TEXT,
    token_hash BLOB    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (user_id, device)
) STRICT;

-- head, messages and last_message repeat what the log says, so that an append reads no entry:
-- the last seq, how many entries are messages, and the seq of the last message (0: none).
CREATE TABLE conversations (
    id           INTEGER PRIMARY KEY,
    kind         INTEGER NOT NULL,
    head         INTEGER NOT NULL,
    messages     INTEGER NOT NULL,
    last_message INTEGER NOT NULL
) STRICT;

-- One 1:1 conversation for each pair of users.
CREATE TABLE direct_conversations (
    low_user  INTEGER NOT NULL REFERENCES users (id),
    high_user INTEGER NOT NULL REFERENCES users (id),
    conv_id   INTEGER NOT NULL UNIQUE REFERENCES conversations (id),
    PRIMARY KEY (low_user, high_user),
    CHECK (low_user < high_user)
) STRICT, WITHOUT ROWID;

-- version: the number of the conversation's last change, the same for all of its members.
-- unseen: whether any message stands after read_seq (1) or none does (0).
CREATE TABLE members (
    conv_id       INTEGER NOT NULL REFERENCES conversations (id),
    user_id       INTEGER NOT NULL REFERENCES users (id),
    read_seq      INTEGER NOT NULL,
    delivered_seq INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    unseen        INTEGER NOT NULL,
    PRIMARY KEY (conv_id, user_id)
) STRICT, WITHOUT ROWID;

-- A sync walks one user's changes, newest first.
CREATE INDEX members_by_version ON members (user_id, version);
-- The total of unread messages looks only where there are some.
CREATE INDEX members_unseen ON members (user_id, conv_id) WHERE unseen = 1;

-- The logs. kind: 1 message, 2 edit, 3 recall.
-- messages: how many entries of kind message the log holds up to and including this one.
-- Columns that change in place stand before the long ones, so that reading them needs no overflow page.
CREATE TABLE entries (
    id          INTEGER PRIMARY KEY,
    conv_id     INTEGER NOT NULL REFERENCES conversations (id),
    seq         INTEGER NOT NULL,
    sender_id   INTEGER NOT NULL,
    kind        INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    messages    INTEGER NOT NULL,
    digest      INTEGER NOT NULL,
    target      INTEGER,
    reply_to    INTEGER,
    edited_by   INTEGER,
    recalled_by INTEGER,
    client_id   TEXT    NOT NULL,
    mentions    BLOB,
    body        TEXT,
    UNIQUE (conv_id, seq),
    UNIQUE (sender_id, client_id)
) STRICT;

-- Recalled messages do not count as unread.
CREATE INDEX entries_recalled ON entries (conv_id, seq) WHERE kind = 1 AND recalled_by IS NOT NULL;
-- The edits of a message, to be blanked.
CREATE INDEX entries_edits ON entries (conv_id, target) WHERE kind = 2;

-- Numbers that only grow. version: the last one given to a change. user: where the search for a free id starts.
-- probe: written to prove that writing works.
CREATE TABLE counters (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name, value) VALUES ('version', 0), ('user', 1000), ('probe', 0);
