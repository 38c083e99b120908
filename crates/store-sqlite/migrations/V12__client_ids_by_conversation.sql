-- A client id names an entry of one sender in one conversation, so that no key spans all conversations.
-- topic, expires_at, origin: what the sender said of a message beside its body, see hongyan_store::Header.
CREATE TABLE entries_anew (
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
    topic       TEXT,
    expires_at  INTEGER,
    origin      TEXT,
    mentions    BLOB,
    body_type   INTEGER,
    body        TEXT,
    UNIQUE (conv_id, seq),
    UNIQUE (conv_id, sender_id, client_id)
) STRICT;
INSERT INTO entries_anew
    SELECT id, conv_id, seq, sender_id, kind, at, messages, digest, target, reply_to, edited_by, recalled_by,
           client_id, NULL, NULL, NULL, mentions, body_type, body
    FROM entries ORDER BY id;
DROP TABLE entries;
ALTER TABLE entries_anew RENAME TO entries;
CREATE INDEX entries_recalled ON entries (conv_id, seq) WHERE kind = 1 AND recalled_by IS NOT NULL;
CREATE INDEX entries_edits ON entries (conv_id, target) WHERE kind = 2;
